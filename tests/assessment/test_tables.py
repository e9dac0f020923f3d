"""Impact assessments: every node of the tables is what a whole market would do, and whole markets add up to it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import whole_markets
import worlds
from of_three import DIRECTED_DYADS, IMPORTER, N_DYADS, N_PAIRS, PAIR_OF, PARTNER, THIRD

from model.assessment import tables as assessment
from model.assessment.nodes import (
    ANNOUNCE_NODE,
    ANSWER_NODES,
    GRID_NODES,
    N_NODES,
    PUNISH_NODE,
    as_slice,
    blocks_of,
    nodes_of,
)
from model.assessment.tables import assess, security_flow
from model.market.access import Gates
from model.market.clearing import WARM_SWEEPS
from model.numerics import same_bits
from model.rules import welfare
from model.start.calibration import COLD_SWEEPS
from model.vocabulary import BATTERY, EV

LUCK = (0, 1, 2)


@pytest.fixture(scope="module")
def moments() -> list[Any]:
    return [worlds.played("2026", replicate=r, quarters=9 + 8 * r) for r in LUCK]


@pytest.fixture(scope="module")
def tables(moments: list[Any]) -> list[Any]:
    return [assess(w.economy, w.parameters, worlds.situation(w), None, COLD_SWEEPS) for w in moments]


def arrays_of(table: Any) -> list[str]:
    """The tables' names, without the list of nodes they belong to."""
    return [field.name for field in dataclasses.fields(table) if field.name != "nodes"]


# --- nodes ------------------------------------------------------------------------------------------------------


def test_pairs_are_importer_partner_and_the_third() -> None:
    for p, (i, j) in enumerate(DIRECTED_DYADS):
        assert (IMPORTER[p], PARTNER[p]) == (i, j) and PAIR_OF[i, j] == p
        assert {int(IMPORTER[p]), int(PARTNER[p]), int(THIRD[p])} == {0, 1, 2}
    assert len(DIRECTED_DYADS) == N_PAIRS


@pytest.mark.parametrize("r", LUCK)
def test_duties_at_the_nodes(moments: list[Any], r: int) -> None:
    world = moments[r]
    s, p = worlds.situation(world), world.parameters
    duty = worlds.node_duties(world)
    for pair, (i, j) in enumerate(DIRECTED_DYADS):

        def paid(good: int, rate: Any, at: tuple[int, int] = (i, j)) -> Any:
            return world.economy.charged(rate, s.mfn[EV][at], at) if good == EV else rate

        base = s.mfn[:, i, j] + s.special[:, i, j]
        np.testing.assert_allclose(duty[:, pair, 0], [paid(good, base[good]) for good in (EV, BATTERY)])
        for good in (EV, BATTERY):
            floor = min(s.floor[good, i, j], base[good])
            np.testing.assert_allclose(duty[good, pair, 12:16], paid(good, floor), atol=1e-15)
            cuts = base[good] - world.economy.cuts[good, i, j, [1, 2, 3, 4]] * (base[good] - floor)
            np.testing.assert_allclose(duty[good, pair, 0:16:4], paid(good, cuts), atol=1e-15)
        # Own grid of the vehicle duty: none, one step less, today's, one and two steps more.
        steps = np.maximum(s.special[EV, i, j] + p.duty_step * np.array([-np.inf, -1, 0, 1, 2]), 0.0)
        np.testing.assert_allclose(duty[EV, pair, list(GRID_NODES)], paid(EV, s.mfn[EV, i, j] + np.minimum(steps, 1.5)))
        # The answer to what the partner's own grid would add, which stops at 150 %.
        partner = s.special[EV, j, i]
        rises = np.minimum(partner + p.duty_step * np.array([1, 2]), max(1.5, partner)) - partner
        answers = s.special[EV, i, j] + p.retaliation_ratio * rises
        np.testing.assert_allclose(duty[EV, pair, list(ANSWER_NODES)], paid(EV, s.mfn[EV, i, j] + answers))
        punish = s.mfn[:, i, j] + s.special[:, i, j] * (1 + p.retaliation_ratio)
        np.testing.assert_allclose(duty[:, pair, PUNISH_NODE], [paid(good, punish[good]) for good in (EV, BATTERY)])
        assert duty[EV, pair, ANNOUNCE_NODE] == duty[EV, pair, 0]
    assert duty.shape == (2, N_PAIRS, N_NODES) and np.all(duty >= 0)


# --- the tables against whole markets ---------------------------------------------------------------------------


@pytest.mark.parametrize("pair", range(N_PAIRS))
@pytest.mark.parametrize("r", LUCK)
def test_a_change_of_policy_is_worth_what_whole_markets_say(
    moments: list[Any], tables: list[Any], r: int, pair: int
) -> None:
    whole_markets.agree(moments[r], tables[r], pair)


# --- bits, warm starts, residuals -------------------------------------------------------------------------------


def test_a_batch_of_worlds_equals_one_world_at_a_time(moments: list[Any], tables: list[Any]) -> None:
    first = moments[0]
    together = assess(
        first.economy,
        first.parameters,
        worlds.stacked([worlds.situation(w) for w in moments], once=("mfn", "floor")),
        None,
        COLD_SWEEPS,
    )
    for name in arrays_of(together):
        for r in LUCK:
            assert same_bits(getattr(together, name)[r], getattr(tables[r], name)), name


def test_last_years_markups_are_a_good_enough_start(moments: list[Any], tables: list[Any]) -> None:
    # The tables of one world started from those of another one, eight quarters and a treaty or two away.
    for world, table, other in zip(moments, tables, tables[1:] + tables[:1], strict=True):
        warm = assess(world.economy, world.parameters, worlds.situation(world), other.markup, WARM_SWEEPS)
        assert warm.residual.max() < 1e-9 and table.residual.max() < 1e-9
        np.testing.assert_allclose(warm.welfare, table.welfare, atol=1e-9)
        np.testing.assert_allclose(warm.markup, table.markup, atol=1e-8)


def test_small_blocks_of_nodes_hold_neighbours_and_leave_the_bits_alone(
    moments: list[Any], tables: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = nodes_of(moments[0].economy)
    for most in (1, 3, 4, 8, 1000):
        blocks = blocks_of(nodes, most)
        assert [q for block in blocks for q in range(block.start, block.stop)] == list(range(len(nodes.pair)))
        if most < len(nodes.pair):
            assert all(block.stop - block.start <= most for block in blocks)
            assert all(isinstance(as_slice(nodes.pair[block]), slice) for block in blocks)
            assert all(isinstance(as_slice(nodes.slot[block]), slice) for block in blocks)
    monkeypatch.setattr(assessment, "BLOCK", 40)
    for world, table in zip(moments, tables, strict=True):
        again = assess(world.economy, world.parameters, worlds.situation(world), None, COLD_SWEEPS)
        for name in arrays_of(again):
            assert same_bits(getattr(again, name), getattr(table, name)), name


def test_places_as_a_slice() -> None:
    assert as_slice(np.array([2, 2, 2])) == slice(2, 3)
    assert as_slice(np.array([4, 5, 6])) == slice(4, 7)
    for index in ([4, 6, 5], [3, 3, 4], [5, 4]):
        np.testing.assert_array_equal(as_slice(np.array(index)), index)


# --- security cost ----------------------------------------------------------------------------------------------


def test_security_cost_of_a_node_is_that_of_its_imports(moments: list[Any], tables: list[Any]) -> None:
    world, table = moments[1], tables[1]
    tension = np.array([0.2, 0.5, 0.8])
    security = np.random.default_rng(2).uniform(0, 30, (2, 3, 3))
    cost = security_flow(world.economy, world.parameters, table, security, tension)
    i, j, k = 1, 0, 2
    p = PAIR_OF[i, j]
    wanted = sum(
        welfare.security_cost(
            tension[d],
            world.economy.market_size[i],
            table.vehicle_share[p, 7, column],
            table.cell_share[p, 7, column],
            security[EV, i, whom],
            security[BATTERY, i, whom],
            world.parameters.security_convexity,
        )
        for column, whom, d in ((0, j, 0), (1, k, 2))
    )
    assert cost[p, 7] == pytest.approx(wanted, rel=1e-14)
    assert not np.any(security_flow(world.economy, world.parameters, table, security, np.zeros(N_DYADS)))
    assert np.all(cost >= 0)


# --- M22 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [1.5, 10.0])
def test_tables_of_extreme_duties_are_finite(moments: list[Any], rate: float) -> None:
    world = moments[0]
    s = worlds.situation(world)
    special = np.full_like(s.special, rate) * (1.0 - np.eye(3))
    table = assess(world.economy, world.parameters, dataclasses.replace(s, special=special), None, COLD_SWEEPS)
    for name in arrays_of(table):
        assert np.all(np.isfinite(getattr(table, name))), name
    assert table.residual.max() < 1e-6


def under_a_quota(world: Any, cars: float, closed: bool, pair: tuple[int, int] = (2, 0)) -> Any:
    """The situation of a world in which so many m cars a quarter may come at the usual duty from one partner."""
    importer, partner = pair
    size, origin = np.full(3, np.inf), np.arange(3)
    size[importer], origin[importer] = cars, partner
    nobody, usual = np.zeros((3, 3), dtype=bool), worlds.situation(world).mfn[EV, np.arange(3), origin]
    gates = Gates(nobody, nobody, nobody, size, origin, usual, np.full(3, float(closed)))
    return dataclasses.replace(worlds.situation(world), gates=gates)


def test_a_quota_binds_at_every_node_that_it_is_about_and_nowhere_else(moments: list[Any], tables: list[Any]) -> None:
    for world, free in zip(moments, tables, strict=True):
        p, pair, size = world.parameters, PAIR_OF[2, 0], world.economy.market_size[2]
        elsewhere = np.arange(N_PAIRS) != pair

        def found(cars: float, closed: bool, world: Any = world) -> Any:
            return assess(world.economy, world.parameters, under_a_quota(world, cars, closed), None, COLD_SWEEPS)

        imports = size * free.vehicle_share[pair, :, 0]
        cars = 0.5 * float(np.min(imports))
        binding = found(cars, True)
        np.testing.assert_allclose(size * binding.vehicle_share[pair, :, 0], cars, rtol=1e-9)
        assert float(np.max(binding.residual)) < 1e-6
        # Whatever the duty beyond it, cars within a quota that binds and is closed beyond pay the usual one at most.
        assert np.ptp(binding.ev_share[pair, [16, 0, 18, 19]]) < np.ptp(free.ev_share[pair, [16, 0, 18, 19]])
        # A quota that nobody fills is none, where it saves no duty; none at all below a duty leaves the duty.
        wide = found(1e3, True)
        np.testing.assert_allclose(wide.welfare[pair, 3 * 4], free.welfare[pair, 3 * 4], rtol=1e-12)
        nothing = found(0.0, False)
        for name in ("welfare", "profit", "ev_share", "supplier_profit"):
            np.testing.assert_allclose(getattr(nothing, name)[pair], getattr(free, name)[pair], rtol=1e-9, atol=1e-12)
            for other in (binding, wide, nothing):
                np.testing.assert_allclose(getattr(other, name)[elsewhere], getattr(free, name)[elsewhere], rtol=1e-12)
        # What a treasury has of the rent, makers have not.
        shared = dataclasses.replace(p, quota_rent_exporter=0.25)
        split = assess(world.economy, shared, under_a_quota(world, cars, True), None, COLD_SWEEPS)
        moved = split.welfare[pair, :, 0] - binding.welfare[pair, :, 0]
        makers = (split.firm_profit - binding.firm_profit)[binding.nodes.place[pair]].sum(axis=-1)
        kept = binding.profit[pair, :, 0] - split.profit[pair, :, 0]
        assert float(np.min(moved + kept)) > 0.0
        np.testing.assert_allclose(moved + kept + makers, 0.0, atol=1e-9)
