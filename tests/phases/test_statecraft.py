"""Optional statecraft: a switch off is the core, a switch on is one model in one lane and many."""

from __future__ import annotations

import dataclasses
from typing import Any

import equality
import numpy as np
import pytest
import worlds
from of_three import N_DYADS, PAIR_OF
from thinned import one_in

from model.assessment.ahead import averaged, costs_ahead
from model.negotiation import NegotiationModel
from model.numerics import same_bits
from model.packages.part_cuts import duty_path, kept_share
from model.packages.sums import Grid
from model.parameters.checked import PARAMETERS
from model.phases import talks
from model.rules import compliance, trust
from model.telling.outcomes import COMPETING_END, TreatyEnd
from model.vocabulary import BLOCS, DYADS, EV

CN, US, EU = range(3)

#: Every switch on, with what makes it bite within a few runs.
ON: dict[str, dict[str, Any]] = {
    "foresight": {"foresight": True},
    "imitative_tactic": {"imitative_tactic": True, "imitation": 2.0},
    "trust_type": {"trust_type": True},
    "partial_compliance": {"partial_compliance": True},
    "subnational": {"subnational": True, "subnational_floor": 0.3},
    "track2": {"track2": True, "track2_rise": 0.2},
    "tension_in_subnational": {"subnational": True, "track2": True, "tension_in_subnational": False},
    "zev_coordination": {"zev_coordination": False},
    "grit": {"grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0},
    "turnover": {"turnover": True, "turnover_threshold": 0.3, "turnover_trust": 1.0, "turnover_profit_weight": 1.0},
    "contrite": {"retaliation_rule": "contrite"},
}
ALL: dict[str, Any] = {name: value for one in ON.values() for name, value in one.items()}

#: A mechanism's parameters, away from their defaults: with its switch off they mean nothing.
MUTED: dict[str, dict[str, Any]] = {
    "foresight": {"foresight_quarters": 20},
    "imitative_tactic": {"imitation": 2.0},
    "subnational": {"subnational_floor": 0.3, "subnational_breaks_above": 0.5, "tension_in_subnational": False},
    "track2": {"track2_rise": 0.2, "track2_on_perception": 1.0},
    "grit": {"gesture_hazard": 0.2, "gesture_trust": 1.0, "gesture_quarters": 12, "gesture_weight": 3.0},
    "turnover": {"turnover_profit_weight": 1.0, "turnover_threshold": 0.3, "turnover_trust": 1.0},
}


# --- off is the core; on is one model in one lane and many ------------------------------------------------------------


@pytest.mark.parametrize("switch", one_in(2, MUTED))
def test_a_switch_that_is_off_leaves_the_core_bit_identical(switch: str) -> None:
    assert PARAMETERS[switch].default is False
    plain = worlds.played("2026", replicate=1)
    assert worlds.same_record(plain, worlds.played("2026", replicate=1, **MUTED[switch])) == []


def test_partial_compliance_trust_by_type_and_contrition_have_no_say_when_off() -> None:
    world = worlds.played("2026", replicate=1)
    assert np.all(world.state.effort == 1.0)
    # Beliefs by type, standing and gestures are kept, and read by nobody.
    other = NegotiationModel("2026", root_seed=1, replicate=1, narrate=False)
    other.state.type_belief[...] = 0.5
    other.state.standing[...] = 0.0
    assert worlds.same_record(world, other.run()) == []


@pytest.mark.parametrize("name", one_in(3, ON))
def test_a_switch_alone_is_one_model_in_both_worlds(name: str) -> None:
    assert equality.faults("2026", [2], ON[name], n_quarters=24) == []


@pytest.mark.parametrize("scenario", one_in(2, ["2026", "symmetric"]))
def test_all_switches_together_are_one_model_in_both_worlds(scenario: str) -> None:
    assert equality.faults(scenario, [1], ALL) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", worlds.SCENARIOS)
@pytest.mark.parametrize("name", [*ON, "all"])
def test_switches_are_one_model_in_both_worlds_everywhere(scenario: str, name: str) -> None:
    harsh = {"false_alarm": 0.35, "missed_violation": 0.35, "tension_mean_cn_us": 1.0, "tension_volatility": 0.6}
    change = ALL if name == "all" else ON[name]
    assert equality.faults(scenario, range(8), change) == []
    assert equality.faults(scenario, range(8), {**harsh, **change}) == []


# --- foresight (1.7) ----------------------------------------------------------------------------------------------


def test_foresight_averages_two_assessments() -> None:
    world = worlds.played("2026", replicate=0, quarters=6)
    tables = world.state.insight.mandate.tables
    ahead = dataclasses.replace(tables, welfare=tables.welfare + 2.0, residual=tables.residual + 1.0)
    mean = averaged(tables, ahead)
    np.testing.assert_allclose(mean.welfare, tables.welfare + 1.0)
    np.testing.assert_array_equal(mean.profit, tables.profit)
    np.testing.assert_array_equal(mean.residual, tables.residual + 1.0)
    assert mean.markup is tables.markup


def test_suppliers_learn_on_the_way_and_a_look_at_today_is_todays() -> None:
    world = worlds.played("2026", replicate=0, quarters=6)
    state, p = world.world.state, world.parameters
    learned, output = world.world.learned()
    later = costs_ahead(world.economy, p, learned, output, state.cost_luck)
    assert np.all(later.cell < state.cell_cost) and np.all(later.cell > p.battery_cost_floor)
    assert np.all(later.car < state.car_cost)
    idle = costs_ahead(world.economy, p, learned, type(output)(*map(np.zeros_like, output)), state.cost_luck)
    np.testing.assert_allclose(idle.cell, state.cell_cost, rtol=1e-12)


def test_with_foresight_the_first_quarter_is_quiet_and_settled() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, foresight=True)
    world.step()
    assert not world.state.case_left.any()
    assert float(world.state.insight.mandate.tables.residual.max()) < 1e-8
    # What counts as cooperation, and how much, is the same in every arm of an experiment.
    plain = worlds.played("2026", replicate=0, quarters=1)
    for name in ("weights", "scale", "stakes", "active"):
        np.testing.assert_array_equal(getattr(world.agenda, name), getattr(plain.agenda, name))


# --- imitation (1.8) -----------------------------------------------------------------------------------------------


def test_an_imitator_answers_concessions_received() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, imitative_tactic=True)
    world.step()
    bloc, view = world.blocs[CN], worlds.view_of(world, CN, 1)
    moment = worlds.moment_of(world, CN, view, 0.2)
    hope = bloc.aspire(moment)

    def imitated(concession: float) -> float:
        return float(bloc.imitate(moment, hope, np.array([concession]))[0])

    (plain,) = hope.tolist()
    assert imitated(0.0) == plain
    assert imitated(-1.0) == plain
    room = plain - float(view.reservation)
    assert room > 0.0
    assert imitated(0.5 * room) == pytest.approx(plain - 0.5 * room)
    assert imitated(9.0 * room) == pytest.approx(float(view.reservation))


def test_a_session_remembers_the_last_two_offers_only() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, imitative_tactic=True)
    world.step()
    lane = np.array([0])
    session = talks.Session(world.world, 0, lane, np.array([1, 0, 0, 0]))
    for memory in (world.state.heard, world.state.received, world.state.concession):
        memory[0] = 0.0
    for gain, came in ((0.4, 0.0), (0.7, 0.3), (0.6, -0.1)):
        session._hear(1, lane, np.array([gain]))
        assert world.state.concession[0, 1] == pytest.approx(came)
    assert world.state.heard[0].tolist() == [0.0, 1.0]


# --- anticipation (1.9) ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_without_anticipation_negotiators_ignore_their_legislatures_and_lose_more_votes() -> None:
    strict = {f"ratification_threshold_{bloc}": 0.4 for bloc in ("cn", "us", "eu")}
    lost, barred = {}, {True: 0, False: 0}
    for anticipates in (True, False):
        lost[anticipates] = 0
        for replicate in range(12):
            world = NegotiationModel(
                "symmetric",
                root_seed=1,
                replicate=replicate,
                narrate=True,
                anticipate_ratification=anticipates,
                **strict,
            ).run()
            lost[anticipates] += sum(line.topic == "ratification" for line in world.story)
            views = [worlds.view_of(world, b, d) for d, pair in enumerate(DYADS) for b in pair]
            barred[anticipates] += sum(np.count_nonzero(view.keeps & ~view.admissible) for view in views)
    assert barred[True] > barred[False] == 0
    assert lost[False] > lost[True]


# --- channels beside the official one (1.9b, 1.12, 1.16) -------------------------------------------------------------


def test_subnational_contacts_keep_a_dialogue_alive_and_research_goes_on() -> None:
    tense = {"tension_mean_cn_us": 1.5, "subnational": True, "subnational_floor": 0.3, "track2": True}
    seen = {"shut": 0, "broken": 0}
    for replicate in range(3):
        world = worlds.played("2026", replicate=replicate, **tense)
        level, talks, research, is_open = (
            worlds.series(world, "dyad", name) for name in ("tension", "dialogue", "track2", "channel_open")
        )
        broken = level > world.parameters.subnational_breaks_above
        floor = np.where(broken, 0.15, 0.3)
        assert np.all(talks >= floor - 1e-15)
        before = np.concatenate([np.zeros((N_DYADS, 1)), research[:, :-1]], axis=1)
        np.testing.assert_allclose(research, np.where(broken, 0.5 * before, np.minimum(before + 0.05, 1.0)))
        seen["shut"] += int(np.sum(is_open == 0.0))
        seen["broken"] += int(np.sum(broken))
    assert seen["shut"] and seen["broken"]


def test_joint_research_clears_perception_and_leaves_monitoring_alone() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, track2=True)
    world.step()
    real = worlds.flows_of(world, 0, 0).honoured
    real = real - real[int(world.state.treaty[0])]
    gaps, errors = [], []
    for level in (0.0, 1.0):
        world.state.track2 = np.full(N_DYADS, level)
        view = worlds.view_of(world, CN, 0)
        gaps.append(float(np.abs(view.own[0] - real[view.packages]).mean()))
        errors.append(world.blocs[CN].errors(0))
    assert gaps[1] < gaps[0] and errors[0] == errors[1]


# --- conduct (1.10, 1.11) --------------------------------------------------------------------------------------------


def test_trust_by_type_follows_bayes_and_starts_from_the_treaties_record() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, trust_type=True)
    p = world.parameters
    for i, j in ((CN, EU), (EU, CN)):
        assert world.state.type_belief[i, j] == pytest.approx(p.trust_good[1] / (p.trust_good[1] + p.trust_bad[1]))
    assert world.state.type_belief[US, CN] > 0.99  # the truce's record
    world.step()
    belief, before = world.state.type_belief[CN, US], world.blocs[CN].trust(world.blocs[US])
    assert before == belief
    recorded = worlds.series(world, "directed", "trust")[:, -1]
    pairs = [(i, j) for pair in DYADS for i, j in (pair, pair[::-1])]
    np.testing.assert_array_equal(recorded, [world.state.type_belief[pair] for pair in pairs])
    fresh = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, trust_type=True)
    errors = fresh.blocs[CN].errors(0)
    first = fresh.state.type_belief[CN, US]
    odds = [float(compliance.bayes_type_update(first, signal, *errors)[0]) for signal in (0.0, 1.0)]
    assert min(odds) - 1e-3 <= belief <= max(odds) + 1e-3


@pytest.mark.parametrize("replicates", one_in(2, [2, 6]))
def test_a_side_keeps_the_largest_part_that_passes_its_test(replicates: int) -> None:
    found = 0
    for replicate in range(replicates):
        world = NegotiationModel("2026", root_seed=1, replicate=replicate, narrate=False, partial_compliance=True)
        while world.running:
            world.step()
            state = world.state
            for d, side in np.argwhere(state.effort < 1.0):
                found += 1
                assert state.honours[d, side] and state.treaty[d] > 0
                i, j = DYADS[d][side], DYADS[d][1 - side]
                free = world.start.mfn[state.quarter - 1, EV, i, j] + state.special[EV, i, j]
                assert state.duty[EV, i, j] <= free + 1e-12
    assert found > 0


def test_the_kept_part_is_where_the_test_is_just_met() -> None:
    world = worlds.played("2026", replicate=0, quarters=5)
    menu, s = world.agenda.menus[1], world.start
    package = int(np.flatnonzero(menu.coordinates[:, 1] == 4)[0])
    args = (world.economy, menu, EU, CN, package, s.mfn[4, EV, EU, CN], s.floor[4, EV, EU, CN], 0.3)
    path = duty_path(*args)
    assert path.positions.tolist() == [1, 2, 3, 4]
    assert menu.coordinates[path.packages][:, 1].tolist() == [1, 2, 3, 4]
    assert path.rates[0] == path.free and np.all(np.diff(path.rates) < 0.0)
    # A test that worsens evenly in ln(1 + duty) from 1 to -1 is met half way down in logs.
    logs = np.log1p(path.rates)
    slack = dict(zip(path.packages.tolist(), np.interp(logs, [logs[-1], logs[0]], [-1.0, 1.0]), strict=True))
    share, passes = kept_share(path, lambda one: np.asarray(slack[int(one)]))
    assert bool(passes) and np.log1p(path.rate_at(share)) == pytest.approx(0.5 * (logs[0] + logs[-1]))
    # Where nothing is bound there is one level only, and it is all or nothing.
    alone = duty_path(*args[:4], 0, *args[5:])
    assert set(alone.packages.tolist()) == {0} and kept_share(alone, lambda _: np.asarray(-1.0))[1] == np.False_


@pytest.mark.parametrize("replicate", one_in(4, range(4)))
def test_realised_value_of_a_part_lies_between_none_and_all(replicate: int) -> None:
    world = worlds.played("2026", replicate=replicate, partial_compliance=True)
    depth = worlds.series(world, "dyad", "depth")
    assert np.isfinite(worlds.series(world, "dyad", "joint_gain")).all()
    assert depth.min() >= 0.0 and depth.max() <= 1.0


def test_contrition_remembers_own_conduct_one_quarter_back() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, retaliation_rule="contrite")
    assert world.world.rules.punishment_horizon.of() == 1.0
    before = world.state.level.copy()
    while world.running:
        treaty = world.state.treaty.copy()
        world.step()
        kept = (world.state.standing < 1.0)[(treaty == 0) & (world.state.treaty == 0)]
        assert not kept.any()  # without an obligation nobody is in bad standing
        before = world.state.level.copy()
    assert before.shape == (N_DYADS, 2)


# --- new governments (1.17) ------------------------------------------------------------------------------------------


def test_governments_change_at_their_dates_and_no_others() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=True, turnover=True)
    usual = world.parameters.executive_profit_weight
    while world.running:
        t = world.state.quarter
        before = {
            name: getattr(world.state, name).copy() for name in ("profit_weight", "threshold_shift", "prior_good")
        }
        world.step()
        for b in range(3):
            for name, old in before.items():
                moved = not np.array_equal(getattr(world.state, name)[b], old[b])
                assert moved == bool(world.start.turnover[t, b]), (t, b, name)
    assert world.state.profit_weight[CN] == usual and np.all(world.state.profit_weight[[US, EU]] != usual)
    told = {line.label for line in world.story if line.topic == "government"}
    assert told == {"2029Q1", "2029Q4", "2033Q1", "2034Q4"}


def test_a_new_governments_payoffs_are_read_with_its_own_weights() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, **ON["turnover"])
    while world.state.quarter < 10:  # 2029Q1 is quarter 9
        world.step()
    tables, weight = world.state.insight.mandate.tables, world.state.profit_weight
    plain = world.state.insight.mandate.executive
    pair = PAIR_OF[CN, US]
    own = plain.partner[pair] - tables.welfare[pair, :, 1]
    np.testing.assert_allclose(own, weight[US] * tables.profit[pair, :, 1], rtol=1e-9, atol=1e-12)
    assert weight[US] != world.parameters.executive_profit_weight


def test_new_governments_end_treaties_and_are_counted_as_turnover() -> None:
    assert COMPETING_END[TreatyEnd.NEW_GOVERNMENT] == "turnover"
    [lanes] = equality.lane_world("2026", range(64), ON["turnover"])
    causes = {TreatyEnd(cause) for cause in lanes.state.first_end_cause.ravel()}
    assert TreatyEnd.NEW_GOVERNMENT in causes, causes


def test_trust_keeps_its_record_when_a_government_changes() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, **ON["turnover"])
    while world.state.quarter < 9:
        world.step()
    good, prior = world.state.good[US].copy(), world.state.prior_good[US].copy()
    world.world.see_events()
    shift = world.state.prior_good[US] - prior
    np.testing.assert_allclose(world.state.good[US], np.maximum(good + shift, trust.EVIDENCE_FLOOR))
    assert np.any(shift != 0.0) and same_bits(world.state.good[US, US], good[US])
    assert BLOCS[US] == "US" and isinstance(worlds.flows_of(world, 0, 0).kept, Grid)
