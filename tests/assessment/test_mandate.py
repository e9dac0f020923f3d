"""Mandates: stakes outside the markets, threats, gains from one's own duties, and what governments may not see."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import worlds
from of_three import DIRECTED_DYADS, IMPORTER, N_BLOCS, N_DYADS, PAIR_OF, PARTNER

from model.assessment import mandate as m
from model.assessment import stakes as at_stake
from model.assessment.nodes import ANNOUNCE_NODE, ANSWER_NODES, GRID_NODES
from model.assessment.priors import mean_tension
from model.assessment.tables import assess
from model.market.learning import Learned
from model.numerics import same_bits
from model.rules import unilateral
from model.start.calibration import COLD_SWEEPS
from model.vocabulary import DYADS, THREE

CN, US, EU = range(3)


@pytest.fixture(scope="module")
def world() -> Any:
    return worlds.played("2026", replicate=0, quarters=10)


@pytest.fixture(scope="module")
def quiet(world: Any) -> at_stake.Stakes:
    """Stakes of a world without threats, at its present tension."""
    return stakes_of(world)


def learned_of(world: Any) -> tuple[Any, ...]:
    """Costs, deliveries, experience and output of a world, as ``technology_stakes`` takes them."""
    s = world.state
    known, made = (
        (s.experience, s.place_experience, s.car_experience),
        (s.cells.sum(axis=0), s.made.sum(axis=1), s.sold),
    )
    return s.cell_cost, s.car_cost, s.cells, Learned(*known), Learned(*made)


def stakes_of(world: Any, **changes: Any) -> at_stake.Stakes:
    economy, p, s = world.economy, world.parameters, world.start
    nothing = np.zeros((N_BLOCS, N_BLOCS))
    found = at_stake.Stakes(
        supply=at_stake.supply_stakes(economy, p, s, world.state.books.cell_imports, world.state.books.ev_built),
        technology=at_stake.technology_stakes(
            economy, p, *learned_of(world), world.state.books.ev_revenue, world.state.climate.effective
        ),
        brands_abroad=world.world.rules.brands_abroad,
        granted=nothing,
        security=world.agenda.security,
        tension=world.state.climate.effective,
        felt=world.state.climate.expected_worry,
        case_left=nothing,
        case_step=nothing,
        carry=nothing + 0.5,
    )  # fmt: skip
    return dataclasses.replace(found, **changes)


@pytest.fixture(scope="module")
def tables(world: Any) -> Any:
    return assess(world.economy, world.parameters, worlds.situation(world), None, COLD_SWEEPS)


def made(world: Any, tables: Any, stakes: at_stake.Stakes, **parameters: Any) -> m.Mandate:
    p = world.parameters.with_overrides(parameters)
    return m.make_mandate(world.economy, p, world.start, world.agenda, tables, stakes)


# --- M1 ---------------------------------------------------------------------------------------------------------


def test_a_batch_of_mandates_equals_one_at_a_time() -> None:
    moments = [worlds.played("2026", replicate=r, quarters=9 + 8 * r) for r in range(3)]
    first = moments[0]
    stakes = [stakes_of(w, case_left=np.full((3, 3), float(r))) for r, w in enumerate(moments)]
    found = [assess(w.economy, w.parameters, worlds.situation(w), None, COLD_SWEEPS) for w in moments]
    together = m.make_mandate(
        first.economy, first.parameters, first.start, first.agenda, worlds.stacked(found),
        worlds.stacked(stakes, once=("brands_abroad",)),
    )  # fmt: skip
    for r in range(3):
        alone = m.make_mandate(first.economy, first.parameters, first.start, first.agenda, found[r], stakes[r])
        for name in ("move_gain", "petition", "announce_own", "announce_joint"):
            assert same_bits(getattr(together, name)[r], getattr(alone, name)), name
        for d in range(N_DYADS):
            for side in (0, 1):
                for name in ("honoured", "own_lapse", "partner_lapse", "both_lapse", "table", "legislature"):
                    one, many = (getattr(x.flows[d][side], name) for x in (alone, together))
                    assert same_bits(np.broadcast_to(many, (3, *one.shape))[r], one), name


# --- supply and technology ----------------------------------------------------------------------------------------


def test_supply_stakes_follow_dependence(world: Any) -> None:
    economy, p, s = world.economy, world.parameters, world.start
    stakes = at_stake.supply_stakes(economy, p, s, world.state.books.cell_imports, world.state.books.ev_built)
    none = at_stake.supply_stakes(
        economy, p, s, np.zeros_like(world.state.books.cell_imports), world.state.books.ev_built
    )
    assert np.all(stakes >= none) and np.all(none >= 0)
    assert not np.any(stakes[~s.supply_assurance])
    # Without any dependence what is left is the output lost: share of time x severity x value added x cars.
    expected = p.supply_restricted_share * p.supply_severity * p.supply_value_added * economy.cars_built[US] / 4
    assert none[0, 0] == pytest.approx(expected)
    off = at_stake.supply_stakes(
        economy, p.with_overrides({"supply_scale": 0.0}), s, world.state.books.cell_imports, world.state.books.ev_built
    )
    assert not np.any(off)


def test_technology_is_wanted_by_whoever_is_behind(world: Any) -> None:
    stakes = stakes_of(world).technology
    assert stakes.shape == (N_DYADS, 2) and np.all(np.isfinite(stakes))
    # Sharing raises the same learning for both; China leads in cells and bears the security cost of sharing.
    p = world.parameters.with_overrides({"technology_security_cost": 0.0})
    free = at_stake.technology_stakes(
        world.economy, p, *learned_of(world), world.state.books.ev_revenue, world.state.climate.effective
    )  # fmt: skip
    assert np.all(free >= stakes - 1e-15) and free[0, 0] > stakes[0, 0]
    assert free[1, 1] == stakes[1, 1]  # the EU does not lead


def test_giver_pays_and_receiver_gains_outside_the_markets(world: Any) -> None:
    stakes = stakes_of(world)
    for d in range(N_DYADS):
        for side in (0, 1):
            other = at_stake.other_terms(
                world.economy, world.parameters, world.start, d, side, stakes.supply, stakes.technology,
                stakes.brands_abroad,
            )  # fmt: skip
            assert other.supply[side] <= 0 <= other.supply[1 - side]
            assert other.linkage[side] <= 0 <= other.linkage[1 - side]
            assert other.recognition[side] <= 0 <= other.recognition[1 - side]
    # Half as far, half the autonomy lost: the EU and the US have nearer rules (1.13).
    cost = [
        at_stake.other_terms(
            world.economy, world.parameters, world.start, d, 1, stakes.supply, stakes.technology,
            stakes.brands_abroad,
        ).recognition[1]
        for d in (1, 2)
    ]  # fmt: skip
    assert cost[1] == pytest.approx(0.5 * cost[0])


# --- threats, own duties ------------------------------------------------------------------------------------------


def test_gains_from_own_duties_count_the_answer(world: Any, tables: Any, quiet: at_stake.Stakes) -> None:
    found = made(world, tables, quiet)
    assert found.move_gain.shape == (6, 5) and not np.any(found.move_gain[:, 2]) and np.all(found.petition >= 0)
    payoff = found.executive
    for p, (i, j) in enumerate(DIRECTED_DYADS):
        assert (IMPORTER[p], PARTNER[p]) == (i, j)
        for point in range(5):
            gain = payoff.importer[p, GRID_NODES[point]] - payoff.importer[p, 0]
            if point > 2:
                back = PAIR_OF[j, i]
                gain += payoff.partner[back, ANSWER_NODES[point - 3]] - payoff.partner[back, 0]
            assert found.move_gain[p, point] == pytest.approx(gain, abs=1e-14)


def test_threats_weigh_on_deals_only_while_blocs_may_move_alone(
    world: Any, tables: Any, quiet: at_stake.Stakes
) -> None:
    running = np.zeros((3, 3))
    running[US, CN] = 3.0
    threatened = made(world, tables, dataclasses.replace(quiet, case_left=running))
    frozen = made(world, tables, dataclasses.replace(quiet, case_left=running), unilateral_duties=False)
    calm = made(world, tables, quiet, unilateral_duties=False)
    d = DYADS.index((CN, US))
    assert np.any(threatened.flows[d][0].honoured != calm.flows[d][0].honoured)
    for side in (0, 1):
        assert same_bits(frozen.flows[d][side].honoured, calm.flows[d][side].honoured)
    # With a case running, belief that threats are carried out is the risk; the other direction is not touched.
    risk, steps = m.rise_risks(
        THREE,
        world.parameters, world.agenda, dataclasses.replace(quiet, case_left=running, case_step=running / 3),
        threatened.move_gain, threatened.petition,
    )  # fmt: skip
    assert risk[US, CN] == 0.5 and steps[US, CN] == 1.0
    assert np.all((risk >= 0) & (risk <= 1)) and not np.any(np.diag(risk))


def test_without_slope_a_paying_duty_is_opened_half_as_often_as_can_be(
    world: Any, tables: Any, quiet: at_stake.Stakes
) -> None:
    found = made(world, tables, quiet)
    p = world.parameters.with_overrides(
        {"opening_slope": 0.0, "petition_weight": 0.0, "opening_tension_weight": 0.0, "duty_move_threshold": 0.0}
    )
    free = dataclasses.replace(world.agenda, opening_cost=np.zeros((3, 3)))
    risk, _ = m.rise_risks(THREE, p, free, quiet, found.move_gain, found.petition)
    for pair, (i, j) in enumerate(DIRECTED_DYADS):
        pays = found.move_gain[pair, 3:].max() > 0
        assert risk[i, j] == pytest.approx(0.5 * p.opening_hazard * 0.5 * pays)
    assert unilateral.carry_share(0.0, 0.0) == 0.5


def test_a_dearer_dependence_never_makes_a_rise_pay_less(world: Any, tables: Any, quiet: at_stake.Stakes) -> None:
    # Raising kS1 of a pair never lowers the gain from a higher duty on it (theory 1.6a, checks). Others' may fall:
    # imports are diverted to third blocs.
    less = made(world, tables, quiet)
    for p, (i, j) in enumerate(DIRECTED_DYADS):
        security = quiet.security.copy()
        security[:, i, j] = 1.5 * security[:, i, j] + 1.0
        more = made(world, tables, dataclasses.replace(quiet, security=security))
        assert np.all(more.move_gain[p, 3:] >= less.move_gain[p, 3:] - 1e-12)
        assert np.all(more.move_gain[p, :2] <= less.move_gain[p, :2] + 1e-12)


def test_announcements_are_worth_what_the_tables_say(world: Any, tables: Any, quiet: at_stake.Stakes) -> None:
    found = made(world, tables, quiet)
    for b in range(N_BLOCS):
        nodes = found.executive.importer[PAIR_OF[b, (b + 1) % 3]]
        assert found.announce_own[b] == pytest.approx(nodes[ANNOUNCE_NODE] - nodes[0])
        assert found.announce_joint[b, b] == 0.0


# --- executive and legislature --------------------------------------------------------------------------------------


def test_profits_weigh_for_executives_and_legislatures_apart(world: Any, tables: Any, quiet: at_stake.Stakes) -> None:
    same = made(world, tables, quiet, legislature_profit_weight=world.parameters.executive_profit_weight)
    apart = made(world, tables, quiet)
    for d in range(N_DYADS):
        for side in (0, 1):
            assert same_bits(same.flows[d][side].legislature, same.flows[d][side].honoured)
            assert same_bits(same.flows[d][side].honoured, apart.flows[d][side].honoured)
    # The executive's payoff is welfare plus its weight on profits, less security.
    none = m.payoffs(THREE, tables, np.zeros_like(tables.ev_share), 0.0)
    assert same_bits(none.importer, tables.welfare[..., 0]) and same_bits(none.partner, tables.welfare[..., 1])


def test_effective_tension_lies_between_now_and_usual(world: Any) -> None:
    p = world.parameters
    usual = mean_tension(p)
    for shift in (-2.0, 0.0, 3.0):
        level = at_stake.effective_tension(p, usual + shift)
        now, mean = 1 / (1 + np.exp(-(usual + shift))), 1 / (1 + np.exp(-usual))
        assert np.all(level >= np.minimum(now, mean) - 1e-12) and np.all(level <= np.maximum(now, mean) + 1e-12)
