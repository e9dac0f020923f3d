"""Nothing is created and nothing lost: the accounts of every quarter, re-added from firms (theory 1.3, 1.4, M12)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import worlds

from model.negotiation import NegotiationModel
from model.rules import welfare as welfare_rules
from model.vocabulary import BATTERY, EV

CLOSE = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture(scope="module", params=(*worlds.SCENARIOS, "four-2026"))
def quarters(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """What a world knows after each of its quarters."""
    world = NegotiationModel(request.param, root_seed=1, replicate=3, narrate=False)
    seen = []
    while world.running:
        world.step()
        state, supply = world.state, world.state.supply
        seen.append(
            {
                "world": world, "t": state.quarter - 1, "a": state.books.accounts, "clearing": state.market.clearing,
                "cells": supply.cells, "landed": supply.landed, "frictions": supply.border.frictions,
                "origin": state.origin_share, "margin": state.margin, "duty": state.paid.copy(),
                "residual": state.market.residual, "payoff": state.welfare.payoff, "tension": state.climate.level,
                "plants": plants_paid(world), "price": state.price, "certified": state.books.models_certified,
                "paid": supply.paid, "bare": world.economy.nonbattery_cost * state.car_cost[:, None],
            }
        )  # fmt: skip
    return seen


def plants_paid(world: NegotiationModel) -> np.ndarray:
    """(b,) bn$ that a bloc's makers put into new plants this quarter."""
    started, home = world.state.plants_started, world.start.automaker_home
    return world.parameters.plant_cost * np.array(
        [started[home == b].sum() for b in range(world.economy.parties.n_blocs)]
    )


def test_buyers_money_goes_to_makers_treasuries_suppliers_and_costs(quarters: list[dict[str, Any]]) -> None:
    """Whatever is paid for cars is somebody's receipt, in every quarter and market, plants that open included."""
    for q in quarters:
        a, world, cells = q["a"], q["world"], q["cells"]
        economy = world.economy
        rate = np.concatenate([q["duty"][EV], economy.other_duty[EV][:, None]], axis=1)[:, None, :]
        built = a.sales[..., None] * q["origin"]
        # Cells: what each supplier is paid for each car, and what the treasury of the place and freight take.
        home = economy.is_home[:, None, :, None] > 0.0
        share = np.where(home, np.swapaxes(cells.share_home, 0, 1)[None], np.swapaxes(cells.share_export, 0, 1)[None])
        kwh = (built * economy.kwh[:, None, None])[..., None] * share  # (m, f, o, k) GWh
        to_suppliers = kwh * cells.price[None, :, None, :] / 1000.0
        cell_duty = to_suppliers * home * cells.duty[None, None]
        # With what cells cost more or less for being made at the place.
        freight = kwh * cells.freight[None, None] / 1000.0
        bought = (to_suppliers + cell_duty + freight).sum(axis=(-2, -1))
        other_costs = (built * (q["bare"] + economy.freight)).sum(axis=-1)
        certification = a.sales * (a.border_price - _landed(q)) - a.firm_profit
        vehicle_duty = a.sales * a.border_price * a.duty_rate
        frictions = (built * q["frictions"]).sum(axis=-1)
        spending = a.sales * q["price"]
        received = a.firm_profit + certification + vehicle_duty + frictions + bought + other_costs
        np.testing.assert_allclose(spending, received, **CLOSE)
        # The receipts are those of the books.
        np.testing.assert_allclose(a.vehicle_duty, vehicle_duty.sum(axis=1), **CLOSE)
        np.testing.assert_allclose(a.battery_duty, cell_duty.sum(axis=(0, 1, 3))[:-1], **CLOSE)
        margins = kwh * (q["margin"] / 1000.0)[None, :, None, :]
        np.testing.assert_allclose(a.cell_profit, margins.sum(axis=(0, 1, 2)), **CLOSE)
        # Between margin and profit lies what foreign brands pay for certificates, in full or where they are recognised.
        p = world.parameters
        usual, less = (q["certified"] * x / 1000.0 for x in (p.certification_outlay, p.certification_outlay_recognised))
        off = np.minimum(np.abs(certification - usual), np.abs(certification - less))
        np.testing.assert_allclose(off, 0.0, **CLOSE)
        # The duty is on the border price, at the mean rate of the mix by value.
        value = q["origin"] * _landed_by_place(q)
        np.testing.assert_allclose(a.duty_rate * value.sum(axis=-1), (value * rate).sum(axis=-1), **CLOSE)


def _landed_by_place(q: dict[str, Any]) -> np.ndarray:
    """(m, f, o) k$ a car before duty, with its cells at what is paid for them."""
    economy, cells = q["world"].economy, q["cells"]
    freight = cells.freight[:, None, :]
    at_home = (cells.share_home * (cells.price * (1.0 + cells.duty[:, None, :]) + freight)).sum(axis=-1).T
    abroad = (cells.share_export * (cells.price + freight)).sum(axis=-1).T
    unit = np.where(economy.is_home[:, None, :] > 0.0, at_home, abroad)
    return np.asarray(q["bare"] + economy.kwh[:, None, None] * unit / 1000.0 + economy.freight)


def _landed(q: dict[str, Any]) -> np.ndarray:
    """(m, f) the same at the mix of places reached."""
    return (q["origin"] * _landed_by_place(q)).sum(axis=-1)


@pytest.mark.parametrize("scenario", ["symmetric", "2018"])
def test_plants_open_in_the_runs_whose_accounts_are_closed(scenario: str) -> None:
    world = NegotiationModel(scenario, root_seed=1, replicate=3, narrate=False)
    before = world.state.has_plant.sum()
    assert world.run().state.has_plant.sum() > before


def test_sales_shares_and_cells_are_counted_once(quarters: list[dict[str, Any]]) -> None:
    for q in quarters:
        a, world, c = q["a"], q["world"], q["clearing"]
        np.testing.assert_allclose(c.share.sum(axis=1) + c.outside, 1.0, **CLOSE)
        np.testing.assert_allclose(q["origin"].sum(axis=-1), 1.0, **CLOSE)
        np.testing.assert_allclose(a.sales, world.economy.market_size[:, None] * c.share, **CLOSE)
        np.testing.assert_allclose(a.built.sum(axis=1), a.sales.sum(axis=1), **CLOSE)
        by_maker = (a.sales * world.economy.kwh[:, None]).sum(axis=0)
        np.testing.assert_allclose(a.cells.sum(axis=1), by_maker, **CLOSE)
        np.testing.assert_allclose(a.cell_profit, (a.cells * q["margin"]).sum(axis=0) / 1000, **CLOSE)


def test_treasuries_never_pay_duties_out(quarters: list[dict[str, Any]]) -> None:
    for q in quarters:
        assert np.all(q["duty"] >= 0) and np.all(np.diagonal(q["duty"], axis1=1, axis2=2) == 0)
        assert np.all(q["a"].battery_duty >= 0)
        # A maker may sell below cost for a quarter while prices adjust, but not so far that its border price goes.
        assert np.all(q["a"].border_price > 0) and np.all(q["a"].vehicle_duty >= 0)


def test_battery_duties_are_paid_on_what_crosses_the_border(quarters: list[dict[str, Any]]) -> None:
    for q in quarters:
        a, world, cells = q["a"], q["world"], q["cells"]
        economy = world.economy
        energy = a.sales[..., None] * q["origin"] * economy.kwh[:, None, None]
        for b in range(economy.parties.n_blocs):
            rate = np.zeros(len(world.suppliers))
            for k, home in enumerate(world.start.supplier_home):
                applied = (
                    q["duty"][BATTERY, b, home] if home < economy.parties.n_blocs else economy.other_duty[BATTERY, b]
                )
                rate[k] = applied * economy.imported_cells[b, k]
            at_home = energy[b, :, b][:, None] * cells.share_home[b]
            assert a.battery_duty[b] == pytest.approx((at_home * cells.price * rate).sum() / 1000, rel=1e-9)


def test_payoffs_of_blocs_are_sums_over_their_firms(quarters: list[dict[str, Any]]) -> None:
    tables = quarters[-1]["world"].tables()
    bloc, maker = tables["bloc"], tables["automaker"]
    for q in quarters:
        a, world, p = q["a"], q["world"], q["world"].parameters
        row = bloc[bloc.quarter == q["t"]].set_index("entity").loc[list(world.economy.parties.blocs)]
        firms = maker[maker.quarter == q["t"]].profit.to_numpy()
        np.testing.assert_allclose(firms, a.firm_profit.sum(axis=0), **CLOSE)
        # Combustion: home makers earn a margin on whatever is not electric.
        combustion = (
            (world.economy.market_size * q["clearing"].outside * p.ice_margin)[:, None] * world.economy.ice_share
        ).sum(axis=0)
        np.testing.assert_allclose(a.ice_profit, combustion, **CLOSE)
        home = np.array(
            [
                firms[world.start.automaker_home == b].sum()
                + a.cell_profit[world.start.supplier_home == b].sum()
                + combustion[b]
                for b in range(world.economy.parties.n_blocs)
            ]
        )
        np.testing.assert_allclose(row.home_profit, home - q["plants"], **CLOSE)
        np.testing.assert_allclose(row.revenue, a.vehicle_duty + a.battery_duty, **CLOSE)
        np.testing.assert_allclose(row.jobs, p.jobs_value * a.built.sum(axis=0)[:-1], **CLOSE)
        paid = (a.sales * q["paid"]).sum(axis=1) + world.economy.charger_budget
        np.testing.assert_allclose(row.subsidies, paid, **CLOSE)
        extra = a.sales.sum(axis=1) - world.start.market_size * world.start.ev_share
        climate = p.carbon_share * p.social_cost_of_carbon * (p.emissions_saved_per_ev * extra).sum() / 1000
        np.testing.assert_allclose(row.climate, climate, **CLOSE)
        social = (
            row.consumer_surplus + row.home_profit + row.jobs + row.revenue + row.climate - row.security
            - (1 + p.public_funds_cost) * row.subsidies
        )  # fmt: skip
        np.testing.assert_allclose(row.welfare, social, **CLOSE)
        np.testing.assert_allclose(row.payoff, social + p.executive_profit_weight * row.home_profit, **CLOSE)


def test_security_costs_are_paid_on_dependence_at_todays_tension(quarters: list[dict[str, Any]]) -> None:
    for q in quarters[:: max(1, len(quarters) // 6)]:
        a, world = q["a"], q["world"]
        parties = world.economy.parties
        cost = np.zeros(parties.n_blocs)
        for i, j in parties.directed:
            cost[i] += welfare_rules.security_cost(
                q["tension"][parties.dyad_of[i, j]],
                world.economy.market_size[i],
                a.vehicle_imports[i, j],
                a.cell_imports[i, j],
                world.agenda.security[EV, i, j],
                world.agenda.security[BATTERY, i, j],
                world.parameters.security_convexity,
            )
        np.testing.assert_allclose(worlds.series(world, "bloc", "security")[:, q["t"]], cost, **CLOSE)


def test_price_equations_are_solved_every_quarter(quarters: list[dict[str, Any]]) -> None:
    # Theory 1.2: fail loudly above 1e-6. From last quarter's markups a few sweeps are enough.
    assert max(float(q["residual"].max()) for q in quarters) < 1e-6
    world = quarters[-1]["world"]
    assert float(world.state.insight.mandate.tables.residual.max()) < 1e-6


@pytest.mark.parametrize("interval", range(1, 9))
def test_every_interval_of_assessments_plays(interval: int) -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, assessment_interval=interval)
    seen, before = [], None
    while world.running:
        world.step()
        seen.append(world.world.known() is not before)
        before = world.world.known()
        assert (
            float(world.state.market.residual.max()) < 1e-6
            and float(world.state.insight.mandate.tables.residual.max()) < 1e-6
        )
    assert seen == [t % interval == 0 for t in range(world.n_quarters)]


def test_doing_and_undoing_a_treaty_restores_payoffs() -> None:
    # M13: the same world with a treaty that lapses at once; duties, and with full price adjustment payoffs, return.
    quiet = {**worlds.NOTHING_ON_THE_TABLE, "unilateral_duties": False, "price_adjustment": 1.0,
             "origin_adjustment": 1.0, "unilateral_recognition_rate": 0.0}  # fmt: skip
    world = NegotiationModel("symmetric", root_seed=1, replicate=0, narrate=False, **quiet)
    for _ in range(3):
        world.step()
    before = _cleared(world)
    special = world.state.paid.copy()
    world.state.paid = 0.5 * special
    changed = _cleared(world)
    world.state.paid = special
    after = _cleared(world)
    assert not np.allclose(changed, before)
    np.testing.assert_allclose(after, before, rtol=1e-12)


def _cleared(world: NegotiationModel) -> np.ndarray:
    world.world.clear_markets()
    world.world.settle_accounts()
    return np.array(world.state.welfare.payoff)
