"""Assessments against whole markets: what a change of one importer's policy does when all markets are cleared."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import worlds

from model.assessment.nodes import N_PACKAGE_NODES, PUNISH_NODE
from model.market import clearing as markets
from model.market.trade import NONE, Clause, exports, with_undertakings
from model.vocabulary import BATTERY, EV

# Without cut and saving, some cuts with and without savings, the own grid, an answer, punishment.
NODES = (0, 2, 5, 11, 15, 16, 17, 18, 19, 20, PUNISH_NODE)


def whole_market(world: Any, i: int, j: int, duty: np.ndarray, saving: int, clause: Clause | None = None) -> Any:
    """The accounts of all markets with i's duties on j, and what i saves on j's cars, set by hand.

    clause: every maker of cars from j that gains by it has a minimum price in i in place of i's special duty.
    """
    state, economy, p = world.state, world.economy, world.parameters
    s = worlds.situation(world)
    applied = s.duty.copy()
    applied[:, i, j] = duty
    cells = markets.supply_cells(economy, p, state.cell_cost, state.margin, applied[BATTERY], state.place_cost)
    landed = markets.landed_costs(economy, cells, state.car_cost)
    recognised, common = world.state.standards.recognised.copy(), world.state.standards.common.copy()
    recognised[i, j], common[i, j] = float(saving >> 1), float(saving & 1)
    frictions = markets.border_frictions(p, economy, recognised, common)
    base, mix = markets.offered_costs(economy, p, landed, frictions, applied[EV], state.origin_tie, state.origin_level)
    clearing, _ = markets.equilibrium(base, s.utility, p.alpha[:, None], p.nest_correlation, None, 16)
    a = markets.account(
        economy, p, clearing, cells, state.margin, landed, mix, applied[EV], s.subsidy, np.zeros_like(s.subsidy)
    )
    if clause is None:
        return a
    about = exports(economy, p, a, landed, frictions, mix, applied[EV], s.mfn[EV], state.has_plant, None)
    about = dataclasses.replace(about, cars=np.minimum(about.cars, clause.volume))
    agreed = np.full(about.cars.shape, NONE)
    agreed[i, :, j] = np.where(about.pays(clause.investment)[i, :, j], clause.investment, NONE)
    return with_undertakings(economy, a, about, agreed)[0]


def profit_of(world: Any, a: Any, b: int) -> float:
    firms = float((a.firm_profit.sum(axis=0) * world.economy.is_firm_home[:, b]).sum())
    suppliers = float((a.cell_profit * world.economy.is_supplier_home[:, b]).sum())
    return firms + suppliers + float(a.ice_profit[b])


def welfare_of(world: Any, a: Any, b: int) -> float:
    """W without security cost, re-added from firms, for one bloc over all markets (theory 1.4)."""
    p = world.parameters
    saved = (a.sales.sum(axis=1) * p.emissions_saved_per_ev).sum()
    climate = p.carbon_share[b] * p.social_cost_of_carbon * saved / 1000
    return (
        float(a.consumer_surplus[b] + a.vehicle_duty[b] + a.battery_duty[b])
        + profit_of(world, a, b)
        + p.jobs_value * float(a.built[:, b].sum())
        + float(climate)
        - (1 + p.public_funds_cost) * float(a.subsidy[b])
    )


def agree(world: Any, table: Any, pair: int) -> None:
    """What the tables say of a pair is what whole markets say, at some nodes of every kind."""
    parties = world.economy.parties
    i, j = parties.directed[pair]
    duty = worlds.node_duties(world)[:, pair]
    found = {n: whole_market(world, i, j, duty[:, n], n % 4 if n < N_PACKAGE_NODES else 0) for n in NODES}
    for n in NODES:
        for seat, b in enumerate((i, j)):
            change = welfare_of(world, found[n], b) - welfare_of(world, found[0], b)
            assert table.welfare[pair, n, seat] - table.welfare[pair, 0, seat] == pytest.approx(change, abs=1e-9)
            earned = profit_of(world, found[n], b) - profit_of(world, found[0], b)
            assert table.profit[pair, n, seat] - table.profit[pair, 0, seat] == pytest.approx(earned, abs=1e-9)
            # Lobby stakes of home firms, suppliers and combustion are that same change.
            places = table.nodes.place[pair]
            makers = table.firm_profit[places[n]] - table.firm_profit[places[0]]
            supplied = table.supplier_profit[pair, n, seat] - table.supplier_profit[pair, 0, seat]
            combustion = found[n].ice_profit[b] - found[0].ice_profit[b]
            stakes = float((makers * world.economy.is_firm_home[:, b]).sum()) + supplied + combustion
            assert stakes == pytest.approx(earned, abs=1e-9)
        a = found[n]
        assert table.ev_share[pair, n] == pytest.approx(a.sales[i].sum() / world.economy.market_size[i], abs=1e-12)
        for column, whom in enumerate((j, *(int(third[pair]) for third in parties.thirds))):
            assert table.vehicle_share[pair, n, column] == pytest.approx(a.vehicle_imports[i, whom], abs=1e-12)
            at_home = a.cell_imports[i, whom] - a.exported_cells[i, whom]
            assert table.cell_share[pair, n, column] - world.state.books.exported_cells[i, whom] == pytest.approx(
                at_home, abs=1e-12
            )
