"""Sessions on situations: the ensemble's own offers, in another order of work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from of_three import N_DYADS

from experiments.league.sessions import (
    FIRST_REPLICATE,
    OUTCOMES,
    Player,
    _look_up,
    assessment_quarters,
    offers_of,
    play_sessions,
    situations,
)
from model.faults import InputFault
from model.parameters.checked import Parameters, make_parameters
from model.rules import bargaining
from model.scenario.scenario import load_scenario
from model.state import NOTHING_SIGNED
from model.vocabulary import DYADS
from model.world import World

# A world that stands still for eight quarters: no new assessment, dialogue and trust as they are.
STILL: dict[str, Any] = {
    "assessment_interval": 8, "dialogue_rise": 0.0, "dialogue_fall": 0.0, "tension_closes_channel": False,
    "tension_in_exit": False, "repudiation_hazard": 0.0, "dialogue_ceiling": 0.4, "linkage_issues": False,
    "supply_issues": False, "technology_issues": False,
    # One long session, and a vote in the quarter of the deal, as in a league.
    "session_quarters": 8, "agreement_lag_more": 0, "recognition_lag": 1, "recognition_lag_more": 0,
}  # fmt: skip


FIELDS = (("tactic", "tactic"), ("acceptance", "acceptance"), ("concession_exponent", "exponent"))


def parameters_of(scenario: str, **changes: Any) -> Parameters:
    return make_parameters({**load_scenario(scenario).parameters.changes(), **changes})


def first_deals(parameters: Parameters, root_seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(R, d) quarter and package of the first deal in eight quarters of the ensemble, and whether it passed."""
    numbers = np.arange(FIRST_REPLICATE, FIRST_REPLICATE + n)
    world = World("symmetric", parameters, root_seed, numbers)
    quarter, package = np.full((n, N_DYADS), -1), np.zeros((n, N_DYADS), dtype=np.int64)
    passed = np.zeros((n, N_DYADS), dtype=bool)
    for t in range(8):
        world.step()
        new = world.state.has_deal & (quarter < 0)
        quarter, package = np.where(new, t, quarter), np.where(new, world.state.deal, package)
        passed |= new & (world.state.signed != NOTHING_SIGNED)
    return quarter, package, passed


@pytest.mark.parametrize(
    "players",
    [
        [Player("late", exponent=0.3), Player("early", exponent=2.0)],
        [Player("matching", "matching", acceptance="deadline"), Player("late", "exponential", 0.4)],
    ],
    ids=("polynomial", "others"),
)
def test_a_session_is_the_ensembles_where_the_world_stands_still(players: list[Player]) -> None:
    n, seed = 12, 77
    ((lane, still),) = situations("symmetric", parameters_of("symmetric", **STILL), seed, [3], [0])
    assert not still.state.treaty.any()
    found = play_sessions(still, lane, players, seed, n)
    differences = 0
    for i, first in enumerate(players):
        for j, second in enumerate(players):
            seats = {"cn": first, "us": second, "eu": second}  # dyads CN-US and CN-EU: China is the first side
            chosen = {
                f"{what}_{bloc}": getattr(player, field)
                for bloc, player in seats.items()
                for what, field in (
                    ("tactic", "tactic"),
                    ("acceptance", "acceptance"),
                    ("concession_exponent", "exponent"),
                )
            }
            quarter, package, passed = first_deals(parameters_of("symmetric", **STILL, **chosen), seed, n)
            for d in (0, 1):
                mine = np.where(found["agreed"][d, i, j] > 0, found["quarters"][d, i, j], -1.0)
                # The session has a ninth quarter, which comes after the next assessment.
                mine = np.where(mine > 7, -1.0, mine)
                assert np.array_equal(mine, quarter[:, d]), (first, second, d)
                signed = np.where(mine >= 0, found["signed"][d, i, j], 0.0)
                assert np.array_equal(signed, passed[:, d] * 1.0)
                worth = still.known().flows[d][0].kept.over(still.agenda.menus[d], still.state.treaty[:, d])
                true = worth.spread(still.agenda.menus[d])[0][package[:, d]]
                paid = np.where(mine >= 0, 4.0 * true * still.parameters.discount_factor ** np.maximum(mine, 0.0), 0.0)
                same = np.where(mine >= 0, found["gain_first"][d, i, j], 0.0)
                assert np.allclose(same, paid * signed, rtol=1e-12)
                differences += int(np.count_nonzero(mine != mine[0]))
    assert differences > 0  # luck matters, so that the comparison means something


@given(st.integers(0, 10_000), st.integers(1, 40), st.booleans())
def test_looking_offers_up_is_choosing_them(seed: int, n_packages: int, with_ties: bool) -> None:
    luck = np.random.default_rng(seed)
    own, partner = luck.normal(size=(2, 5, n_packages))
    if with_ties:
        own, partner = np.round(own), np.round(partner)
    admissible = luck.random((5, n_packages)) < 0.6
    hopes = luck.normal(size=(7, 5))
    offer, exists = _look_up(offers_of(own, partner, admissible), hopes)
    for k in range(7):
        same, there = bargaining.choose_offer(own, partner, hopes[k][:, None], admissible)
        assert np.array_equal(exists[k], there)
        assert np.array_equal(offer[k][there], same[there])


def test_outcomes_hang_together() -> None:
    players = [Player("usual"), Player("hard", "hard_line"), Player("any", acceptance="any_gain")]
    for lane, world in situations("2026", parameters_of("2026"), 1, [0, 1], [0, 8]):
        found = play_sessions(world, lane, players, 5, 10)
        assert set(found) == set(OUTCOMES)
        assert all(values.shape == (3, 3, 3, 10) and np.all(np.isfinite(values)) for values in found.values())
        assert np.all(found["signed"] <= found["agreed"])
        for name in ("gain_first", "gain_second", "holds"):
            assert np.all(found[name][found["signed"] == 0] == 0.0)
        assert np.all((found["holds"] >= 0.0) & (found["holds"] <= 1.0))
        again = play_sessions(world, lane, players, 5, 10)
        assert all(np.array_equal(again[name], found[name]) for name in OUTCOMES)
        # A player's result does not depend on who else is in the league.
        alone = play_sessions(world, lane, players[:2], 5, 10)
        assert all(np.array_equal(alone[name], found[name][:, :2, :2]) for name in OUTCOMES)


def test_a_deal_holds_as_long_as_both_would_keep_it() -> None:
    """The share of trust that a deal survives is zero just where somebody would lapse at once."""
    from experiments.league.sessions import Table, held

    ((lane, world),) = situations("2026", parameters_of("2026"), 1, [0], [0])
    still = held(world, lane, 1)
    for d in range(N_DYADS):
        table = Table(still, d, [Player("usual")], np.array([False]))
        menu = still.agenda.menus[d]
        keeps = [
            still.blocs[b].slack(d, np.array([0]), still.known().flows[d][side]).spread(menu)[0] >= 0
            for side, b in enumerate(DYADS[d])
        ]
        assert np.all(table.holds[~(keeps[0] & keeps[1])] == 0.0) and np.any(table.holds > 0.0)


def test_quarters_of_situations() -> None:
    assert list(assessment_quarters(37, parameters_of("2026"))) == list(range(0, 29, 4))
    with pytest.raises(InputFault, match="no assessment quarter"):
        list(situations("2026", parameters_of("2026"), 1, [0], [3]))
