"""Markets put together: what goes in comes out again, to the last dollar and the last kWh, one world or many."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from of_three import N_BLOCS

from model.market import clearing as markets
from model.numerics import same_bits
from model.vocabulary import BATTERY, EV

LUCK = (0, 1, 2)


@pytest.fixture(scope="module")
def moments() -> list[Any]:
    """Three worlds after some years, each with its own duties, costs, plants and treaties."""
    return [worlds.played("2026", replicate=r, quarters=12 + 6 * r) for r in LUCK]


def clear(world: Any, duty: np.ndarray | None = None, cell_cost: np.ndarray | None = None) -> dict[str, Any]:
    """A whole market cleared at the price fixed point, from the world's own state."""
    state, economy, p = world.state, world.economy, world.parameters
    duty = state.duty if duty is None else duty
    cost = state.cell_cost if cell_cost is None else cell_cost
    standards, supply = state.standards, state.supply
    return clear_state(
        economy, p, cost, state.margin, duty, standards.recognised, standards.common, state.origin_tie,
        state.origin_level, supply.utility, supply.paid, state.place_cost, state.car_cost,
    )  # fmt: skip


def clear_state(
    economy: Any, p: Any, cell_cost: Any, margin: Any, duty: Any, recognised: Any, common: Any, tie: Any, level: Any,
    utility: Any, paid: Any, place_cost: Any, car_cost: Any,
) -> dict[str, Any]:  # fmt: skip
    cells = markets.supply_cells(economy, p, cell_cost, margin, duty[..., BATTERY, :, :], place_cost)
    landed = markets.landed_costs(economy, cells, car_cost)
    frictions = markets.border_frictions(p, economy, recognised, common)
    base, mix = markets.offered_costs(economy, p, landed, frictions, duty[..., EV, :, :], tie, level)
    clearing, residual = markets.equilibrium(base, utility, p.alpha[:, None], p.nest_correlation, None, 16)
    accounts = markets.account(
        economy, p, clearing, cells, margin, landed, mix, duty[..., EV, :, :], paid, np.zeros_like(paid)
    )
    return {
        "cells": cells, "landed": landed, "frictions": frictions, "base": base, "mix": mix, "clearing": clearing,
        "residual": residual, "accounts": accounts,
    }  # fmt: skip


def leaves(result: Any) -> dict[str, np.ndarray]:
    found = {}
    for name, value in (
        result.items() if isinstance(result, dict) else [(f.name, getattr(result, f.name)) for f in fields(result)]
    ):
        if dataclasses.is_dataclass(value):
            found |= {f"{name}.{key}": array for key, array in leaves(value).items()}
        else:
            found[name] = value
    return found


def fields(record: Any) -> tuple[Any, ...]:
    return dataclasses.fields(record)


# --- M1: one world or many --------------------------------------------------------------------------------------


def test_a_batch_of_worlds_equals_one_world_at_a_time(moments: list[Any]) -> None:
    economy, p = moments[0].economy, moments[0].parameters

    def inputs(world: Any) -> tuple[Any, ...]:
        s = world.state
        return (
            s.cell_cost, s.margin, s.duty, s.standards.recognised, s.standards.common, s.origin_tie, s.origin_level,
            s.supply.utility, s.supply.paid, s.place_cost, s.car_cost,
        )  # fmt: skip

    together = leaves(
        clear_state(economy, p, *[np.stack(column) for column in zip(*map(inputs, moments), strict=True)])
    )
    for r, world in enumerate(moments):
        alone = leaves(clear_state(economy, p, *inputs(world)))
        assert [name for name in alone if not same_bits(np.asarray(together[name])[r], alone[name])] == []


def test_chunks_and_order_of_replicates_change_nothing(moments: list[Any]) -> None:
    economy, p = moments[0].economy, moments[0].parameters
    order = [2, 0, 1]
    cost, margin, duty, place = (
        np.stack([getattr(w.state, name) for w in moments]) for name in ("cell_cost", "margin", "duty", "place_cost")
    )
    whole = leaves(markets.supply_cells(economy, p, cost, margin, duty[:, BATTERY], place))
    mixed = leaves(markets.supply_cells(economy, p, cost[order], margin[order], duty[order][:, BATTERY], place[order]))
    part = leaves(markets.supply_cells(economy, p, cost[1:], margin[1:], duty[1:, BATTERY], place[1:]))
    for name, array in whole.items():
        assert same_bits(array[order], mixed[name]) and same_bits(array[1:], part[name])


# --- M2: names do not matter ------------------------------------------------------------------------------------


def test_relabelling_automakers_permutes_what_they_get(moments: list[Any]) -> None:
    world = moments[1]
    state, economy = world.state, world.economy
    new = np.random.default_rng(3).permutation(len(world.automakers))
    moved = dataclasses.replace(
        economy, firm_home=economy.firm_home[new], is_firm_home=economy.is_firm_home[new],
        supplier_tie=economy.supplier_tie[:, new], cell_level=economy.cell_level[:, new],
    )  # fmt: skip
    before = clear(world)
    after = clear_state(
        moved, world.parameters, state.cell_cost, state.margin[new], state.duty, state.standards.recognised,
        state.standards.common, state.origin_tie[:, new], state.origin_level[:, new], state.supply.utility[:, new],
        state.supply.paid[:, new], state.place_cost, state.car_cost[new],
    )  # fmt: skip
    np.testing.assert_allclose(after["clearing"].price, before["clearing"].price[:, new], rtol=1e-12)
    np.testing.assert_allclose(after["accounts"].firm_profit, before["accounts"].firm_profit[:, new], rtol=1e-11)
    np.testing.assert_allclose(after["accounts"].cells, before["accounts"].cells[new], rtol=1e-11)
    for name in ("battery_duty", "vehicle_duty", "cell_profit", "cell_imports", "consumer_surplus"):
        np.testing.assert_allclose(
            getattr(after["accounts"], name), getattr(before["accounts"], name), rtol=1e-11, atol=1e-15
        )


# --- M4, M5, M12: accounts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", LUCK)
def test_what_buyers_pay_is_what_others_get(moments: list[Any], r: int) -> None:
    world = moments[r]
    found = clear(world)
    clearing, a, landed, mix = found["clearing"], found["accounts"], found["landed"], found["mix"]
    spending = np.sum(a.sales * clearing.price)
    margins = np.sum(a.firm_profit)
    costs = np.sum(a.sales[..., None] * mix * landed)
    frictions = np.sum(a.sales[..., None] * mix * found["frictions"])
    duties = np.sum(a.vehicle_duty)
    # What is left is match value: the cost index of the best mix lies below the mix's own mean cost, or above it
    # where cheap origins are new. It is in the base, by firm and market.
    duty_paid = np.sum(mix * rate_by_place(world)[:, None, :] * landed, axis=-1)
    mean_base = np.sum(mix * (landed + found["frictions"]), axis=-1) + duty_paid
    match = np.sum(a.sales * (found["base"] - mean_base))
    assert spending == pytest.approx(margins + duties + costs + frictions + match, rel=1e-12)


def rate_by_place(world: Any) -> np.ndarray:
    return np.concatenate([world.state.duty[EV], world.economy.other_duty[EV][:, None]], axis=1)


@pytest.mark.parametrize("r", LUCK)
def test_cars_and_cells_are_counted_once(moments: list[Any], r: int) -> None:
    world = moments[r]
    a = clear(world)["accounts"]
    np.testing.assert_allclose(a.built.sum(), a.sales.sum(), rtol=1e-13)
    # GWh = m cars x kWh, market by market.
    np.testing.assert_allclose(a.cells.sum(), (a.sales.sum(axis=1) * world.economy.kwh).sum(), rtol=1e-13)
    by_firm = (a.sales * world.economy.kwh[:, None]).sum(axis=0)
    np.testing.assert_allclose(a.cells.sum(axis=1), by_firm, rtol=1e-12)
    np.testing.assert_allclose(a.cell_profit, (a.cells * world.state.margin).sum(axis=0) / 1000, rtol=1e-12)
    assert np.all(a.vehicle_imports.sum(axis=1) <= a.sales.sum(axis=1) / world.economy.market_size + 1e-15)
    assert np.all(a.exported_cells <= a.cell_imports + 1e-15)


@pytest.mark.parametrize("r", LUCK)
def test_shares_add_up_and_no_duties_bring_no_revenue(moments: list[Any], r: int) -> None:
    world = moments[r]
    c = clear(world)["clearing"]
    np.testing.assert_allclose(c.share.sum(axis=1) + c.outside, 1.0, atol=1e-14)
    np.testing.assert_allclose(c.within.sum(axis=1), 1.0, atol=1e-14)
    assert np.all(c.share > 0) and np.all(c.outside > 0)
    nowhere = dataclasses.replace(world.economy, other_duty=np.zeros_like(world.economy.other_duty))
    state = world.state
    free = clear_state(
        nowhere, world.parameters, state.cell_cost, state.margin, np.zeros_like(state.duty), state.standards.recognised,
        state.standards.common, state.origin_tie, state.origin_level, state.supply.utility, state.supply.paid,
        state.place_cost, state.car_cost,
    )["accounts"]  # fmt: skip
    assert not np.any(free.vehicle_duty) and not np.any(free.battery_duty)
    some = clear(world)["accounts"]
    assert np.all(some.vehicle_duty >= 0) and np.all(some.battery_duty >= 0) and np.all(some.duty_rate >= 0)


# --- M7, M9, M10: directions ------------------------------------------------------------------------------------

PAIRS = [(i, j) for i in range(3) for j in range(3) if i != j]


@given(st.sampled_from(PAIRS), st.floats(0.01, 0.5), st.sampled_from(LUCK))
@settings(max_examples=25)
def test_a_duty_on_cars_protects_and_costs_buyers(pair: tuple[int, int], rise: float, r: int) -> None:
    world = worlds.played("2026", replicate=r, quarters=12 + 6 * r)
    importer, exporter = pair
    duty = world.state.duty.copy()
    duty[EV, importer, exporter] += rise
    before, after = clear(world), clear(world, duty)
    a, b = before["accounts"], after["accounts"]
    assert b.vehicle_imports[importer, exporter] <= a.vehicle_imports[importer, exporter] + 1e-15
    assert b.consumer_surplus[importer] <= a.consumer_surplus[importer] + 1e-12
    assert np.all(after["base"][importer] >= before["base"][importer] - 1e-12)
    # Markets are segmented (M10): nothing moves elsewhere.
    others = [m for m in range(3) if m != importer]
    np.testing.assert_array_equal(after["clearing"].price[others], before["clearing"].price[others])
    # No price rises by more than its own cost and the most that costs rose.
    gone_up = after["clearing"].price[importer] - before["clearing"].price[importer]
    assert gone_up.max() <= (after["base"] - before["base"])[importer].max() + 1e-9


@given(st.sampled_from(PAIRS), st.floats(0.01, 0.5))
@settings(max_examples=25)
def test_a_duty_on_cells_raises_cell_costs_and_never_sells_more_cars(pair: tuple[int, int], rise: float) -> None:
    world = worlds.played("2026", replicate=0, quarters=12)
    importer, exporter = pair
    duty = world.state.duty.copy()
    duty[BATTERY, importer, exporter] += rise
    before, after = clear(world), clear(world, duty)
    hit = np.flatnonzero(world.economy.supplier_home == exporter)
    one, two = before["cells"], after["cells"]
    assert np.all(two.unit_home[importer] >= one.unit_home[importer] - 1e-12)
    assert np.all(two.share_home[importer][:, hit].sum(axis=1) <= one.share_home[importer][:, hit].sum(axis=1) + 1e-15)
    np.testing.assert_array_equal(two.unit_export, one.unit_export)  # drawback
    assert np.all(after["clearing"].share.sum(axis=1) <= before["clearing"].share.sum(axis=1) + 1e-15)


def test_dearer_cells_make_dearer_cars_everywhere() -> None:
    world = worlds.played("2026", replicate=0, quarters=12)
    before, after = clear(world), clear(world, cell_cost=world.state.cell_cost * 1.2)
    assert np.all(after["base"] > before["base"])
    assert np.all(after["clearing"].share.sum(axis=1) < before["clearing"].share.sum(axis=1))


# --- M22: extremes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 1.5, 10.0])
def test_a_duty_of_a_thousand_percent_is_only_a_number(rate: float) -> None:
    world = worlds.played("2026", replicate=0, quarters=12)
    duty = np.full_like(world.state.duty, rate) * (1.0 - np.eye(N_BLOCS))
    found = clear(world, duty)
    assert all(np.all(np.isfinite(array)) for array in leaves(found).values())
    assert np.all(found["residual"] < 1e-6)
