"""Automakers and battery suppliers: prices, origins, plants, contracts, learning, lobbying."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import worlds
from of_three import N_BLOCS, N_DYADS, PAIR_OF

from model.negotiation import NegotiationModel
from model.phases import production
from model.vocabulary import DYADS


@pytest.fixture(scope="module")
def world() -> Any:
    return worlds.played("2026", replicate=0, quarters=10)


def test_prices_and_origins_go_part_of_the_way(world: Any) -> None:
    maker = world.automakers[3]
    before = world.state.price[:, 3]
    np.testing.assert_allclose(maker.price(before[None] + 2.0)[0], before + 1.0)
    np.testing.assert_array_equal(maker.price(before[None])[0], before)
    held = world.state.origin_share[:, 3]
    elsewhere = np.zeros_like(held)
    elsewhere[:, 1] = 1.0
    (moved,) = maker.source(elsewhere[None])
    np.testing.assert_allclose(moved, held + world.parameters.origin_adjustment * (elsewhere - held))
    np.testing.assert_allclose(moved.sum(axis=1), 1.0)


def test_a_plant_is_likely_where_it_pays_and_started_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    rich, nothing = np.full(3, 50.0), np.zeros(3)
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False)
    world.step()
    for maker in world.automakers:
        assert np.all(maker.plant_hazard(rich, nothing) > 0.05) and np.all(maker.plant_hazard(nothing, rich) == 0.0)
        assert np.all(maker.plant_hazard(rich, nothing) <= world.parameters.plant_hazard_max)
    # All would pay: who has one, waits for one or may not have one starts none, and who is out of luck neither.
    monkeypatch.setattr(production, "_plant_hazard", lambda world, lane, m, f: np.full(lane.size, 0.06))
    free = (world.state.has_plant <= 0) & (world.state.plant_due <= 0) & ~world.start.banned.T
    assert free.any() and not free.all()
    for luck, starts in ((0.05, free), (0.07, np.zeros_like(free))):
        at, ready = world.world.checkpoint(), world.world.luck.plant.copy()
        world.world.luck.plant[...] = luck
        world.world.renew_costs()
        np.testing.assert_array_equal(world.state.plant_due == world.parameters.plant_lag, starts)
        world.world.luck.plant[...] = ready
        world.world.rewind(at)


def test_plants_open_after_their_lag_and_stay() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, plant_cost=0.5, plant_hazard_max=0.5)
    had, due = world.state.has_plant.copy(), world.state.plant_due.copy()
    opened = 0
    while world.running:
        world.step()
        now, left = world.state.has_plant, world.state.plant_due
        assert np.all(now >= had)
        new = (now > had) & (due > 0)
        opened += int(new.sum())
        assert np.all(due[new] == 1.0) and np.all(left[new] == 0.0)
        started = (left > due) & (due == 0)
        assert np.all(left[started] == world.parameters.plant_lag) and not np.any(now[started])
        had, due = now.copy(), left.copy()
    assert opened > 0


def test_contracts_give_suppliers_their_share_of_the_loss_without_them(world: Any) -> None:
    # Theory 1.3: theta .05, bw .4: w .2553925610 -> 9.237485, w .4892148780 -> 10.985868; w -> 0 -> 8.
    supplier = world.suppliers[0]
    share = np.zeros(len(world.automakers))
    share[:2] = 0.2553925610, 0.4892148780
    (margin,) = supplier.bargain(share[None], np.ones((1, len(world.automakers)), dtype=bool))
    np.testing.assert_allclose(margin[:3], [9.237485, 10.985868, 8.0], rtol=1e-6)
    (held,) = supplier.bargain(share[None], np.zeros((1, len(world.automakers)), dtype=bool))
    np.testing.assert_array_equal(held, world.state.margin[:, 0])


def test_contracts_take_turns() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False)
    world.step()
    length = world.parameters.contract_length
    changed = []
    for _ in range(2 * length):
        before = world.state.margin.copy()
        world.step()
        changed.append(world.state.margin != before)
    once = np.sum(changed[:length], axis=0)
    assert once.max() <= 1 and 0 < np.mean(changed[0]) < 1
    np.testing.assert_array_equal(changed[0] | once.astype(bool), once.astype(bool))


def test_learning_never_goes_backward_nor_below_the_floor() -> None:
    world = worlds.played("2026", battery_cost_luck=0.0)
    cost = worlds.series(world, "supplier", "cell_cost")
    assert np.all(np.diff(cost, axis=1) <= 1e-12) and cost.min() > world.parameters.battery_cost_floor
    supplier, start, places = (
        world.suppliers[2],
        world.economy.start_experience[2],
        world.economy.start_place_experience,
    )
    floor, first = world.parameters.battery_cost_floor, world.economy.start_cell_cost[2]
    np.testing.assert_allclose(supplier.learn(start, places), first)
    # Owner and plants have half of learning each: both must double.
    np.testing.assert_allclose(supplier.learn(2 * start, 2 * places) - floor, 0.82 * (first - floor))
    np.testing.assert_allclose(supplier.learn(2 * start, places) - floor, np.sqrt(0.82) * (first - floor))
    assert world.automakers[0].learn(2 * world.economy.start_car_experience[0]) == pytest.approx(0.93)


def test_lobby_stakes_of_a_home_add_up_to_its_change_in_profit(world: Any) -> None:
    tables, economy, p = world.state.insight.mandate.tables, world.economy, world.parameters
    for d in range(N_DYADS):
        menu, current = world.agenda.menus[d], int(world.state.treaty[d])
        for package in (0, menu.n_packages // 2, menu.n_packages - 1):
            for b in DYADS[d]:
                firms = [*world.automakers, *world.suppliers]
                homes = [*world.start.automaker_home, *world.start.supplier_home]
                stake = sum(firm.lobby(d, package) for firm, home in zip(firms, homes, strict=True) if home == b)
                change = 0.0
                for side in (0, 1):
                    importer, partner = DYADS[d][side], DYADS[d][1 - side]
                    pair, seat = PAIR_OF[importer, partner], 0 if importer == b else 1
                    nodes = [menu.node(chosen, side) for chosen in (package, current)]
                    profit = tables.profit[pair, nodes, seat]
                    # Combustion profits have no firm of their own in the tables: take them out of the home's change.
                    outside = 1.0 - tables.ev_share[pair, nodes]
                    margin = economy.ice_share[importer, b] * p.ice_margin[importer]
                    change += float((profit - economy.market_size[importer] * outside * margin) @ [1.0, -1.0])
                assert stake == pytest.approx(4 * change, abs=1e-9)


def test_suppliers_of_outsiders_do_not_lobby(world: Any) -> None:
    for supplier in world.suppliers:
        home = int(world.start.supplier_home[supplier.index])
        for d in range(N_DYADS):
            if home >= N_BLOCS or home not in DYADS[d]:
                assert supplier.lobby(d, world.agenda.menus[d].n_packages - 1) == 0.0
