"""What mechanisms must do: harmony, deadlock, noise, switches and extremes (M14, M17, M18, M20, M21, M22)."""

from __future__ import annotations

import dataclasses
from typing import Any

import equality
import numpy as np
import pytest
import worlds
from of_three import N_DYADS
from thinned import one_in

from model import world as world_module
from model.assessment.priors import mean_tension
from model.assessment.values import Parts, issue_values, side_flows
from model.ensemble import Ensemble
from model.negotiation import NegotiationModel
from model.numerics import QUARTERS_PER_YEAR
from model.packages.menu import STANDARDS
from model.parameters.checked import PARAMETERS, Parameters
from model.rules import dialogue, packages, tension, trust
from model.rules.cooperation import LEAST_ATTAINABLE
from model.start.starting_point import known_scenario, starting_point
from model.state import climate_of
from model.vocabulary import RECOGNITION
from model.world import World

# --- M14: harmony and deadlock ------------------------------------------------------------------------------------


class Constructed(World):
    """A world whose packages are worth what a test says: to the giver and to the receiver of every commitment."""

    to_giver = 1.0
    to_receiver = 1.0

    def assess_impact(self) -> None:
        super().assess_impact()
        if not self.state.insight.is_new:
            return
        parts = tuple(tuple(self._parts(side) for side in (0, 1)) for _ in range(N_DYADS))
        flows = tuple(
            tuple(side_flows(self.agenda.menus[d], side, parts[d][side], parts[d][side]) for side in (0, 1))
            for d in range(N_DYADS)
        )
        mandate = dataclasses.replace(self.known(), parts=parts, home_parts=parts, flows=flows)
        self.state.insight = dataclasses.replace(self.state.insight, mandate=mandate)
        # Stakes and their scale are those of the constructed payoffs.
        stakes = np.abs([[issue_values(parts[d][side])[0] for side in (0, 1)] for d in range(N_DYADS)])
        whole = np.ones((N_DYADS, 2))
        self.agenda = dataclasses.replace(self.agenda, stakes=stakes, scale=whole, legislature_scale=whole)

    def _parts(self, side: int) -> Parts:
        worth = [self.to_giver if giver == side else self.to_receiver for giver in (0, 1)]
        joint = min(self.to_giver, self.to_receiver)
        lanes = np.zeros((self.n_lanes, 1))
        depth_of_position = np.array([0.0, 0.1, 1 / 3, 2 / 3, 1.0])[:, None] + np.zeros(
            (self.n_lanes, 1, len(STANDARDS))
        )
        standards = [worth[0] * first + worth[1] * second + joint * both for first, second, both in STANDARDS]
        # Punishment is worse than no treaty by as much as a duty cut is worth.
        return Parts(
            duty=(worth[0] * depth_of_position, worth[1] * depth_of_position),
            supply=np.array(worth) + lanes,
            linkage=np.zeros(2) + lanes,
            standards=np.array(standards) + lanes,
            technology=joint + lanes[:, 0],
            punish=-abs(self.to_receiver) + lanes[:, 0],
        )


class Harmony(Constructed):
    """Everybody gains from everything, given or received."""


class Deadlock(Constructed):
    """Giving costs more than receiving brings; what is joint costs both."""

    to_giver = -1.0
    to_receiver = 0.1


class Dilemma(Constructed):
    """Giving costs, receiving brings three times as much; what is joint costs both."""

    to_giver = -0.25
    to_receiver = 0.75


QUIET = {
    "perception_noise": 0.0, "false_alarm": 0.0, "missed_violation": 0.0, "repudiation_hazard": 0.0,
    "dialogue_ceiling": 0.0, "tension_closes_channel": False, "tension_in_emergency": False,
    "unilateral_duties": False, "ratification_slope": 12.0, "ratification_threshold_cn": -0.1,
    "ratification_threshold_us": -0.1, "ratification_threshold_eu": -0.1,
    "ratification_threshold_us_recognition": -0.1,
}  # fmt: skip


def played_by(kind: type[World], replicate: int, **parameters: Any) -> NegotiationModel:
    chosen = {**QUIET, **parameters}
    return NegotiationModel("symmetric", 1, replicate, narrate=False, world_type=kind, **chosen).run()


@pytest.mark.parametrize("replicate", range(4))
def test_harmony_ends_in_full_depth(replicate: int) -> None:
    world = played_by(Harmony, replicate)
    np.testing.assert_allclose(worlds.series(world, "dyad", "depth")[:, -1], 1.0, atol=1e-12)
    np.testing.assert_allclose(world.summary().final_depth, world.summary().depth_ceiling, atol=1e-12)
    assert not world.recorder.lapses.any()


@pytest.mark.parametrize("replicate", range(4))
def test_deadlock_has_no_treaty(replicate: int) -> None:
    world = played_by(Deadlock, replicate)
    assert not worlds.series(world, "dyad", "treaty").any()
    # Recognition that the giver dislikes is not given alone either.
    assert not world.state.recognises.any()


def test_a_dilemma_is_solved_by_a_patient_and_trusting_pair_only() -> None:
    trusting = {f"trust_good_{d}": 20.0 for d in ("cn_us", "cn_eu", "us_eu")}
    trusting |= {f"trust_bad_{d}": 0.1 for d in ("cn_us", "cn_eu", "us_eu")}
    wary = {name: (0.1 if "good" in name else 20.0) for name in trusting}
    deep = worlds.series(played_by(Dilemma, 0, **trusting), "dyad", "depth").mean()
    shallow = worlds.series(played_by(Dilemma, 0, **wary), "dyad", "depth").mean()
    assert deep > 0.3 and shallow == 0.0


@pytest.mark.slow
def test_noise_does_not_create_treaties_where_everyone_loses() -> None:
    # Trap 0.3: errors live on issues and beliefs are shrunk, so luck does not pile up into deals.
    worlds_seen = [played_by(Deadlock, r, perception_noise=0.5) for r in range(6)]
    assert np.mean([world.recorder.treaties_signed > 0 for world in worlds_seen]) < 0.25


# --- M17: errors make treaties shallower ----------------------------------------------------------------------------


MORE_ERROR = [{"false_alarm": 0.35, "missed_violation": 0.35}, {"perception_noise": 2.0}]


def assert_shallower(plain: np.ndarray, noisy: np.ndarray) -> None:
    rise = noisy - plain
    assert rise.mean() <= 2 * rise.std(ddof=1) / np.sqrt(rise.size), rise.mean()


def assert_errors_make_treaties_shallower(replicates: int) -> None:
    # Many lanes have the bits of single runs (tests/test_ensemble.py), many times as fast.
    table = Ensemble("2026", 1, replicates, [{}, *MORE_ERROR]).run().summary()
    depths = [arm.groupby("replicate")["mean_depth"].mean().to_numpy() for _, arm in table.groupby("design_point")]
    for noisy in depths[1:]:
        assert_shallower(depths[0], noisy)


@pytest.mark.slow
def test_errors_make_treaties_shallower() -> None:
    assert_errors_make_treaties_shallower(100)


@pytest.mark.slow
def test_errors_make_treaties_shallower_in_two_thousand_replicates() -> None:
    assert_errors_make_treaties_shallower(2000)


# --- M18: dialogue ------------------------------------------------------------------------------------------------


def test_dialogue_never_raises_noise_error_or_tension() -> None:
    levels = np.linspace(0, 1, 11)
    assert np.all(np.diff(packages.noise_scale(0.5, levels, 1.0)) < 0)
    assert np.all(np.diff(trust.monitoring_error(0.15, levels, 1.0)) < 0)
    assert np.all(np.diff(dialogue.dialogue_step(levels, True, 1.0, 0.1, 0.2)) >= 0)
    # In worlds: the same shocks, a higher ceiling, never more tension while nothing else feeds back.
    still = {"cooperation_on_tension": 0.0, "violation_on_tension": 0.0, **worlds.NO_PATHWAYS}
    low, high = (
        worlds.series(worlds.played("2026", dialogue_ceiling=c, **still), "dyad", "tension") for c in (0.0, 1.0)
    )
    assert np.all(high <= low + 1e-12) and np.any(high < low)


def test_without_its_effects_dialogue_is_only_talk() -> None:
    mute = {"dialogue_on_perception": 0.0, "dialogue_on_monitoring": 0.0, "dialogue_on_tension": 0.0}
    none, leaders = (worlds.played("2026", dialogue_ceiling=c, dialogue_rise=0.5, **mute) for c in (0.0, 1.0))
    # ZEV announcements are coordinated in dialogue (1.15); nothing else may differ.
    differ = worlds.same_record(none, leaders)
    if np.array_equal(worlds.series(none, "bloc", "announced"), worlds.series(leaders, "bloc", "announced")):
        assert differ == ["dyad.dialogue"]


# --- M20: a switch that is off is a mechanism that is absent --------------------------------------------------------

ABSENT = [
    ({"unilateral_duties": False}, {"opening_hazard": 0.0, "emergency_hazard": 0.0}),
    ({"tension_in_emergency": False}, {"emergency_hazard": 0.0}),
    ({"tension_in_opening": False}, {"opening_tension_weight": 0.0}),
    ({"tension_closes_channel": False}, {"channel_closes_above": 1.0}),
    ({"tension_in_exit": False, "repudiation_hazard": 0.0}, {"repudiation_hazard": 0.0}),
    (
        {"subnational": True, "track2": True, "tension_in_subnational": False},
        {"subnational": True, "track2": True, "subnational_breaks_above": 1.0},
    ),
    ({"imitative_tactic": False}, {"imitative_tactic": True, "imitation": 0.0}),
    ({"subnational": False}, {"subnational": True, "subnational_floor": 0.0}),
    ({"track2": False}, {"track2": True, "track2_rise": 0.0}),
    ({"grit": False}, {"grit": True, "gesture_hazard": 0.0}),
]


@pytest.mark.parametrize(("off", "zeroed"), one_in(3, ABSENT))
@pytest.mark.parametrize("scenario", one_in(2, ["2026", "symmetric"]))
def test_a_switch_that_is_off_is_a_mechanism_that_is_absent(
    scenario: str, off: dict[str, Any], zeroed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def same_parties(name: str, p: Parameters) -> Any:
        # Structure that is zeroed moves the calibration, a switch does not: both play the scenario's own parties.
        found, economy, opening, agenda = starting_point(name, known_scenario(name).parameters)
        return found, economy, opening, dataclasses.replace(agenda, security=agenda.security * p.security_scale)

    monkeypatch.setattr(world_module, "starting_point", same_parties)
    ((one,), (other,)) = (equality.lane_world(scenario, [0, 3], change) for change in (off, zeroed))
    assert worlds.same_record(one, other) == []


ISSUES_OFF = [
    ("tariff_issues", "duty_", 2),
    ("supply_issues", "supply_", 2),
    ("recognition_issues", "recognition_", 2),
    ("linkage_issues", "linkage_", 2),
    ("charging_issues", "charging", 1),
    ("technology_issues", "technology", 1),
]


@pytest.mark.parametrize("replicate", one_in(3, range(3)))
@pytest.mark.parametrize(("switch", "issue", "n"), one_in(2, ISSUES_OFF))
def test_an_issue_off_the_table_is_in_no_new_treaty(switch: str, issue: str, n: int, replicate: int) -> None:
    world = worlds.played("symmetric", replicate=replicate, **{switch: False})
    barred = np.flatnonzero(~np.array(world.world.rules.on_table.allowed[0]))
    assert barred.size == n
    held = worlds.series(world, "dyad", "package").astype(int)
    for d in range(N_DYADS):
        assert not np.any(world.agenda.menus[d].held[np.unique(held[d])][:, barred])
    assert np.all(worlds.series(world, "dyad", "depth").max(axis=1) <= world.summary().depth_ceiling + 1e-12)


#: Gestures as often as they may be.
BOLD: dict[str, Any] = {"grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0}
#: Switches that have a say only once another one is on.
CLUBS_FORM: dict[str, Any] = {
    "climate_club": True, "club_penalty": 0.25, "security_scale": 0.0, "security_convexity": 0.0
}  # fmt: skip
WITHIN: dict[str, dict[str, Any]] = {
    "tension_in_subnational": {"subnational": True, "track2": True},
    "climate_club": {"club_penalty": 0.25},
    "club_exclusive": CLUBS_FORM,
    "club_transfers": CLUBS_FORM,
    "club_carbon": CLUBS_FORM,
    "friendshoring": {"local_content": True},
    "carbon_dialogue": {"carbon_border": True},
}


#: Where some switches that seldom have a say are known to have one: they are tried there first.
SEEN_IN = {
    "grit": ("symmetric", 5), "zero_tariff_zone": ("symmetric", 4), "climate_club": ("symmetric", 0),
    "club_exclusive": ("symmetric", 0), "tension_in_exit": ("2026", 1), "tension_in_emergency": ("symmetric", 0),
}  # fmt: skip


@pytest.mark.slow
def test_every_switch_is_read_by_the_model() -> None:
    # A switch that moves nothing anywhere is no switch.
    addresses = [(s, r) for r in range(12) for s in ("2026", "2026-open-access", "symmetric")]
    for name, spec in PARAMETERS.items():
        if spec.kind == "bool":
            plain = WITHIN.get(name, {})
            turned = {**plain, name: not spec.default}
            first = [SEEN_IN[name]] if name in SEEN_IN else []
            moved = any(worlds.ever_differ(scenario, r, plain, turned) for scenario, r in (*first, *addresses))
            assert moved, f"{name} changes nothing"


# --- M21: tension -------------------------------------------------------------------------------------------------

LOUDER = [{"tension_volatility": 0.9}, {"tension_mean_cn_us": 1.5, "tension_mean_us_eu": 1.0}]


#: With the official channel always open only the joint research is there to be broken up.
SUBNATIONAL = {"subnational": True, "track2": True}


@pytest.mark.parametrize("replicate", one_in(3, range(3)))
@pytest.mark.parametrize("change", LOUDER)
def test_tension_without_pathways_is_only_a_number(change: dict[str, Any], replicate: int) -> None:
    deaf = {**worlds.NO_PATHWAYS, **SUBNATIONAL}
    calm = worlds.played("2026", replicate=replicate, **deaf)
    loud = worlds.played("2026", replicate=replicate, **deaf, **change)
    assert worlds.same_record(calm, loud) == ["dyad.tension"]


@pytest.mark.parametrize("pathway", ["tension_in_security", "tension_in_exit"])
def test_without_its_pathway_the_usual_tension_is_felt(pathway: str) -> None:
    world = World("2026", known_scenario("2026").parameters, 1, [0])
    usual = mean_tension(world.scenario.parameters)
    feels = {"tension_in_security": "worry", "tension_in_exit": "danger"}
    for shift in (-1.0, 0.0, 1.0):
        for on in (False, True):
            parameters = world.parameters.with_overrides({pathway: on})
            climate = climate_of(world.scenario, parameters, usual[None] + shift)
            felt = getattr(climate, feels[pathway]), getattr(climate, f"expected_{feels[pathway]}")
            for one, other in zip(felt, (climate.level, climate.effective), strict=True):
                assert np.array_equal(one, other if on else np.broadcast_to(tension.tension_level(usual), (1, 3)))


def test_arms_with_another_dialogue_begin_at_the_same_tension() -> None:
    played = [worlds.played("2026", quarters=1, dialogue_ceiling=c) for c in (0.0, 0.4, 1.0)]
    starts = [worlds.series(world, "dyad", "tension")[:, 0] for world in played]
    assert np.array_equal(starts[0], starts[1]) and np.array_equal(starts[1], starts[2])


def test_shocks_do_not_reach_exits_through_a_pathway_that_is_off() -> None:
    # The usual danger of repudiation stays; the quarter's tension does not come on top.
    deaf = worlds.NO_PATHWAYS
    calm, loud = (worlds.played("2026", **deaf, tension_volatility=v) for v in (0.0, 0.9))
    assert worlds.same_record(calm, loud) == ["dyad.tension"]


@pytest.mark.slow
def test_each_pathway_alone_lets_tension_in() -> None:
    deaf = {**worlds.NO_PATHWAYS, "emergency_hazard": 0.05, "repudiation_hazard": 0.08}

    def is_heard(**more: Any) -> bool:
        calm, tense = ({**deaf, **SUBNATIONAL, **more, "tension_volatility": level} for level in (0.0, 0.9))
        return any(worlds.ever_differ("2026", r, calm, tense, apart_from=("dyad.tension",)) for r in range(3))

    assert not is_heard()
    for pathway in worlds.NO_PATHWAYS:
        assert is_heard(**{pathway: True}), pathway


@pytest.mark.slow
def test_tension_shuts_channels_and_strikes() -> None:
    def mean(column: str, level: float, **more: Any) -> float:
        found = [
            worlds.series(worlds.played("2026", replicate=r, tension_mean_cn_us=level, **more), *column.split("."))
            for r in range(3)
        ]
        return float(np.mean([x[0].mean() for x in found]))

    only = dict(worlds.NO_PATHWAYS)
    shut = {**only, "tension_closes_channel": True}
    assert mean("dyad.channel_open", 2.0, **shut) < mean("dyad.channel_open", -3.0, **shut) == 1.0
    strikes = {**only, "tension_in_emergency": True, "emergency_hazard": 0.05, "opening_hazard": 0.0}
    assert mean("directed.special_ev", 3.0, **strikes) > mean("directed.special_ev", -3.0, **strikes)


# --- M22: extremes ------------------------------------------------------------------------------------------------


def corner(seed: int) -> dict[str, Any]:
    """Every parameter at one end of its range or the other."""
    rng = np.random.default_rng(seed)
    ends: dict[str, Any] = {}
    for name, spec in PARAMETERS.items():
        if spec.kind == "bool":
            ends[name] = bool(rng.random() < 0.5)
        elif spec.kind == "choice":
            ends[name] = str(rng.choice(spec.choices))
        else:
            end = (spec.low, spec.high)[rng.integers(2)]
            assert end is not None
            ends[name] = int(end) if spec.kind == "int" else float(end)
    return ends


def assert_sound(scenario: str, replicate: int, parameters: dict[str, Any]) -> None:
    world = NegotiationModel(scenario, root_seed=1, replicate=replicate, narrate=False, **parameters)
    while world.running:
        world.step()
        assert (
            float(world.state.market.residual.max()) < 1e-6
            and float(world.state.insight.mandate.tables.residual.max()) < 1e-6
        )
    for table, frame in world.tables().items():
        numbers = frame.select_dtypes("number")
        if table == "dyad":  # a share of next to nothing is not told
            told = numbers.pop("gain_share")
            assert np.array_equal(np.isnan(told), numbers["attainable_gain"] < LEAST_ATTAINABLE / QUARTERS_PER_YEAR)
        assert np.isfinite(numbers.to_numpy()).all(), table
    depth = worlds.series(world, "dyad", "depth")
    assert depth.min() >= 0 and depth.max() <= 1 + 1e-12
    shares = worlds.series(world, "bloc", "ev_share")
    assert shares.min() > 0 and shares.max() < 1
    trusted = worlds.series(world, "directed", "trust")
    assert trusted.min() > 0 and trusted.max() < 1
    assert worlds.series(world, "directed", "duty_ev").max() < 10
    summary = world.summary()
    told = summary.pop("gain_share")
    assert np.array_equal(np.isnan(told), summary["attainable_gain"] < LEAST_ATTAINABLE)
    assert not summary.isna().any().any()


@pytest.mark.parametrize("seed", one_in(3, range(12)))
def test_worlds_at_the_corners_of_all_ranges_are_sound(seed: int) -> None:
    assert_sound(("2018", "2026", "symmetric")[seed % 3], seed, corner(seed))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", worlds.SCENARIOS)
def test_many_corners_are_sound(scenario: str) -> None:
    for seed in range(100, 200):
        assert_sound(scenario, seed, corner(seed))


@pytest.mark.slow
def test_each_end_of_each_range_is_sound() -> None:
    for name, spec in PARAMETERS.items():
        ends = [True, False] if spec.kind == "bool" else list(spec.choices) or [spec.low, spec.high]
        for end in ends:
            assert_sound("2026", 0, {name: end})


def test_recognition_alone_is_harmony_not_a_concession() -> None:
    # 1.13: what a bloc grants for its own good is recorded, and is no part of contested depth.
    world = worlds.played("2026", replicate=0)
    granted = worlds.series(world, "directed", "recognises")
    assert granted.max() <= 1.0
    for d in range(N_DYADS):
        for side in (0, 1):
            if world.agenda.harmony[d, RECOGNITION + side]:
                assert world.agenda.contested_weights[d, RECOGNITION + side] == 0.0
