"""Truces, agreements that wait for their law, and reviews of duties, as they are played."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from model.ensemble import Ensemble
from model.negotiation import NegotiationModel
from model.phases import treaties
from model.rules.instruments import Instrument
from model.telling.outcomes import Obstacle, TreatyEnd
from model.world import World

R, QUARTERS = 24, 24
#: Nothing but duties, supply and linkage: what governments sign alone is within reach.
PLAIN: dict[str, Any] = dict.fromkeys(("recognition_issues", "charging_issues", "technology_issues"), False)


def world_of(scenario: str = "2026", **change: Any) -> World:
    ((_, world),) = Ensemble(scenario, 7, range(R), change, keep=range(R), lanes=R, n_quarters=QUARTERS).worlds()
    return world


def played(scenario: str = "2026", **change: Any) -> World:
    return world_of(scenario, **change).run()


def series(world: World, name: str) -> np.ndarray:
    return world.recorder.series("dyad", name)


@pytest.fixture(scope="module")
def usual() -> World:
    return played()


def test_what_is_signed_waits_as_long_as_its_instrument_does(usual: World) -> None:
    signed, package = series(usual, "signed") > 0, series(usual, "package")
    waits: dict[int, set[int]] = {}
    for r, d in np.ndindex(*signed.shape[:2]):
        run = 0
        for t in range(QUARTERS):
            if signed[r, d, t]:
                run += 1
            elif run:
                if package[r, d, t] != package[r, d, t - 1]:  # it entered into force, and did not fail
                    waits.setdefault(int(series(usual, "instrument")[r, d, t]), set()).add(run)
                run = 0
    p = usual.parameters
    assert waits[Instrument.AGREEMENT] == set(range(p.agreement_lag, p.agreement_lag + p.agreement_lag_more + 1))
    most = p.recognition_lag + p.recognition_lag_more
    assert waits[Instrument.RECOGNITION] <= set(range(p.recognition_lag, most + 1))


def test_nobody_talks_while_something_signed_waits(usual: World) -> None:
    # A session ends with the signature, and none opens before the vote.
    assert not ((series(usual, "signed") > 0) & (series(usual, "session") > 0)).any()


class Fickle(World.bloc_type):  # type: ignore[name-defined, misc]
    """Wants nothing any more of what it has signed."""

    def would_keep(self, dyad: int, package: np.ndarray) -> np.ndarray:
        return np.zeros(package.shape, dtype=bool)


def test_what_a_government_would_not_keep_any_more_it_does_not_bring_into_force(usual: World) -> None:
    world = type("Changing", (World,), {"bloc_type": Fickle})("2026", usual.parameters, 7, range(R), range(R), QUARTERS)
    world.run()
    package = series(world, "package")
    assert (series(world, "signed") > 0).any() and not world.state.n_signed.any()
    assert not ((package[..., 1:] != package[..., :-1]) & (package[..., 1:] > 0)).any()
    assert world.state.blocking[..., Obstacle.NOT_KEPT].sum() > usual.state.blocking[..., Obstacle.NOT_KEPT].sum()


def test_hardly_any_treaty_is_broken_in_its_first_quarter(usual: World) -> None:
    def broken(world: World) -> tuple[int, int]:
        package, kept = series(world, "package"), series(world, "kept")
        enters = (package[..., 1:] != package[..., :-1]) & (package[..., 1:] > 0)
        return int((enters & (kept[..., 1:] < 2)).sum()), int(enters.sum())

    class Stubborn(World.bloc_type):  # type: ignore[name-defined, misc]
        """Brings into force whatever it has signed."""

        def would_keep(self, dyad: int, package: np.ndarray) -> np.ndarray:
            return np.ones(package.shape, dtype=bool)

    kind = type("Bound", (World,), {"bloc_type": Stubborn})
    bound = kind("2026", usual.parameters, 7, range(R), range(R), QUARTERS).run()
    (few, entries), (many, _) = broken(usual), broken(bound)
    # What is left is news of the very quarter: an assessment, or a shock to tension.
    assert few < 0.6 * many and few < 0.12 * entries


def test_a_truce_that_nobody_renews_lasts_its_term() -> None:
    class Forgetful(World.bloc_type):  # type: ignore[name-defined, misc]
        """Renews nothing."""

        def renews(self, dyad: int) -> np.ndarray:
            return np.zeros(self.world.state.treaty.shape[0], dtype=bool)

    quiet = {**PLAIN, "repudiation_hazard": 0.0, "exit_cost": 1.0, "false_alarm": 0.0, "truce_renewal": 1.0}
    kind = type("Forgetting", (World,), {"bloc_type": Forgetful})
    for quarters in (2, 5):
        world = world_of(**quiet, truce_quarters=quarters)
        world = kind("2026", world.parameters, 7, range(R), range(R), QUARTERS).run()
        instrument, package = series(world, "instrument"), series(world, "package")
        # Beside the truce of the start, those signed in the run, to the next change of package.
        runs = []
        for r, d in np.ndindex(*instrument.shape[:2]):
            begins = [t for t in range(1, QUARTERS) if package[r, d, t] != package[r, d, t - 1]] + [QUARTERS]
            runs += [b - a for a, b in itertools.pairwise(begins) if instrument[r, d, a] == Instrument.TRUCE]
        # The last quarter of its term is recorded as its end.
        assert runs and max(runs) == quarters - 1
        causes = np.unique(world.state.first_end_cause[:, 0])
        assert TreatyEnd.EXPIRED in causes and TreatyEnd.SUNSET not in causes


def test_a_renewed_truce_is_one_state_of_cooperation(usual: World) -> None:
    renewed = usual.state.n_renewed[:, 0] > 0
    assert renewed.any()
    # The truce of the start runs to the second quarter; where it is renewed nothing ends there.
    treaty, instrument = (series(usual, name)[renewed, 0] for name in ("treaty", "instrument"))
    assert (treaty[:, :2] > 0).all() and (instrument[:, 1] == Instrument.TRUCE).all()
    assert (usual.state.first_end[renewed, 0] != 1).all() and (
        series(usual, "depth_inherited")[renewed, 0, 2] > 0
    ).any()


def test_a_truce_asks_no_legislature() -> None:
    """With executives alone at the table a hostile legislature keeps nothing from being signed."""
    hostile = {f"ratification_threshold_{who}": 0.4 for who in ("cn", "us", "eu")}
    usual, under = (played(**PLAIN, **change, anticipate_ratification=False) for change in ({}, hostile))
    truces = [(series(world, "instrument") == Instrument.TRUCE) for world in (usual, under)]
    assert truces[1].any()
    assert under.state.n_signed.sum() < usual.state.n_signed.sum()


def test_without_clocks_there_are_no_instruments() -> None:
    world = played(clocks=False)
    assert not series(world, "instrument").any() and not world.state.n_renewed[:, 1].any()
    # The old treaty enters into force in the quarter after it was signed.
    signed = series(world, "signed") > 0
    assert signed.any() and not (signed[..., 1:] & signed[..., :-1]).any()
    assert signed.sum() == world.state.n_signed.sum()


def test_lags_of_one_quarter_and_sure_renewal_leave_only_votes_and_terms() -> None:
    instant = {"agreement_lag_more": 0, "recognition_lag": 1, "recognition_lag_more": 0, "truce_renewal": 1.0}
    lives = world_of(**instant).rules.lives
    assert lives is not None and np.allclose(lives.instruments, 1.0)


def test_a_world_that_is_rewound_has_the_same_deal_waiting() -> None:
    model = NegotiationModel("2026", 7, 0, narrate=False)
    while not (model.world.state.entry[0] > model.world.state.quarter + 1).any():
        model.world.step()
    back = model.world.checkpoint()
    ahead = [model.world.step() or model.world.state.treaty.copy() for _ in range(8)]
    model.world.rewind(back)
    again = [model.world.step() or model.world.state.treaty.copy() for _ in range(8)]
    np.testing.assert_array_equal(ahead, again)
    assert (ahead[0] != ahead[-1]).any()


def test_a_signed_deal_binds_before_it_is_in_force() -> None:
    world = world_of()
    world.step()
    menu = world.agenda.menus[1]
    deal = int(np.flatnonzero(menu.duty_at[:, 1] > 0)[0])  # the EU binds its duty on cars from China
    cn, eu = world.parties.dyads[1]
    before = treaties.binds(world, eu, cn)
    world.state.signed[:, 1], world.state.entry[:, 1] = deal, world.state.quarter + 3.0
    assert not before.all() and treaties.binds(world, eu, cn).all()


def test_the_eus_duty_on_cars_from_china_is_reviewed_after_five_years() -> None:
    class Giving(World.bloc_type):  # type: ignore[name-defined, misc]
        """Renews no duty."""

        def renews_duty(self, other: Any) -> np.ndarray:
            return np.zeros(self.world.state.treaty.shape[0], dtype=bool)

    due, at = 12, (slice(None), 2, 0)  # 2029Q4
    parameters = world_of(opening_hazard=0.0, emergency_hazard=0.0, retaliation_ratio=0.0).parameters
    kinds = World, type("Theirs", (World,), {"bloc_type": Giving})
    specials = []
    for kind in kinds:
        world = kind("2026", parameters, 7, range(R), range(R), QUARTERS)
        before = world.state.special[:, 0][at].copy()
        while world.state.quarter <= due:
            world.step()
        specials.append((before, world.state.special[:, 0][at].copy(), world.state.review[at].copy()))
    (before, kept, review), (_, gone, never) = specials
    assert (before > 0.2).all() and (gone == 0.0).all() and (never > QUARTERS + due).all()
    assert (kept == before).all() and (review == due + parameters.review_quarters).all()


def test_who_repudiates_a_treaty_does_not_bring_the_next_one_into_force() -> None:
    """Where politics end whatever is in force, what was passed dies with it; nothing follows in the next quarter."""

    class Rash(World.bloc_type):  # type: ignore[name-defined, misc]
        """Repudiates every treaty in the quarter in which another one is passed."""

        def repudiates(self, dyad: int, u: np.ndarray) -> np.ndarray:
            state = self.world.state
            return (state.signed[:, dyad] >= 0) & (state.entry[:, dyad] == state.quarter + 1.0)

    kind, p = type("Hasty", (World,), {"bloc_type": Rash}), world_of().parameters
    package = series(kind("2026", p, 7, range(R), range(R), QUARTERS).run(), "package")
    before, after = package[..., :-1], package[..., 1:]
    assert (before > 0).any() and not ((before > 0) & (after > 0) & (after != before)).any()
