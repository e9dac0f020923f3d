"""Luck in the cost of battery cells: a random walk about the learning curve, the same for all makers.

    PYTHONPATH=.:tests python tests/phases/test_cost_luck.py

prints what it does to EV shares, costs and cooperation in 1,000 runs of 2026.
"""

from __future__ import annotations

import csv
import itertools
from typing import Any

import equality
import numpy as np
import pytest
import worlds

from model import make_parameters, using_arithmetic
from model.agents.battery_supplier import BatterySupplier
from model.assessment.ahead import costs_ahead
from model.assessment.stakes import technology_stakes
from model.ensemble import Ensemble
from model.market import learning
from model.negotiation import NegotiationModel
from model.numerics import same_bits
from model.scenario.evidence import seeds_directory
from model.world import World

#: What the record of batteries says, which is the default, and half and double of it.
RECORD = make_parameters({}).battery_cost_luck
HALF, DOUBLE = 0.5 * RECORD, 2.0 * RECORD
#: What EV shares of 2035 were asked to vary by between runs.
BAR = 0.005
LANES = 48


def lanes(sd: float, scenario: str = "2026", replicates: Any = LANES, **more: Any) -> World:
    """The world of so many replicates, played to the end."""
    quarters, own = more.pop("n_quarters", None), {"battery_cost_luck": sd, **more}
    numbers = range(replicates) if isinstance(replicates, int) else replicates
    ensemble = Ensemble(scenario, equality.ROOT_SEED, numbers, own, keep=numbers, n_quarters=quarters)
    (world,) = [world.run() for _, world in ensemble.worlds()]
    return world


def ev_share(world: World) -> np.ndarray:
    """(R, b) in the last quarter."""
    return worlds.series(world, "bloc", "ev_share")[..., -1]


# --- nothing without it -----------------------------------------------------------------------------------------------


def test_at_zero_no_bit_depends_on_the_luck() -> None:
    other = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, foresight=True, battery_cost_luck=0.0)
    other.world.luck.cost_luck[:] = 9.0
    for _ in range(6):
        other.step()
    plain = worlds.played("2026", replicate=0, quarters=6, foresight=True, battery_cost_luck=0.0)
    assert worlds.same_record(plain, other) == [] and not other.state.cost_luck.any()


def test_luck_in_costs_moves_no_other_luck() -> None:
    # Tension without feedback is the same path, with the luck and without.
    still = {"cooperation_on_tension": 0.0, "violation_on_tension": 0.0, "dialogue_on_tension": 0.0}
    plain, lucky = (
        worlds.played("2026", replicate=0, quarters=8, battery_cost_luck=sd, **still) for sd in (0.0, RECORD)
    )
    np.testing.assert_array_equal(worlds.series(plain, "dyad", "tension"), worlds.series(lucky, "dyad", "tension"))
    assert "supplier.cell_cost" in worlds.same_record(plain, lucky)


# --- what it is -------------------------------------------------------------------------------------------------------


def test_costs_are_those_of_the_learning_curve_times_the_luck() -> None:
    world = worlds.played("2026", replicate=3, quarters=9, battery_cost_luck=RECORD).world
    state, luck = world.state, np.exp(0.5 * RECORD * world.luck.cost_luck[2:10, 0].sum())
    assert luck != 1.0
    np.testing.assert_allclose(np.exp(state.cost_luck), luck, rtol=1e-12)
    curve = learning.costs(world.economy, world.parameters, world.learned()[0])
    np.testing.assert_allclose(state.place_cost, luck * curve.place, rtol=1e-12)
    np.testing.assert_allclose(state.cell_cost, luck * curve.cell, rtol=1e-12)
    np.testing.assert_allclose(state.car_cost, curve.car, rtol=1e-12)


@pytest.mark.parametrize("quarters", [2, 6])
def test_the_sd_of_luck_grows_with_the_root_of_time(quarters: int) -> None:
    many = 200
    with using_arithmetic("compiled"):
        world = lanes(RECORD, "symmetric", many, n_quarters=quarters)
    spread = RECORD * np.sqrt((quarters - 1) / 4)  # the first quarter is the scenario's own
    assert world.state.cost_luck.std(ddof=1) == pytest.approx(spread, rel=4 / np.sqrt(2 * many))
    assert abs(world.state.cost_luck.mean()) < 4 * spread / np.sqrt(many)


def test_nobody_foresees_luck() -> None:
    world = worlds.played("2026", replicate=3, quarters=9, battery_cost_luck=RECORD).world
    state, p = world.state, world.parameters
    learned, output = world.learned()
    idle = type(output)(*(np.zeros_like(made) for made in output))
    np.testing.assert_allclose(
        costs_ahead(world.economy, p, learned, idle, state.cost_luck).cell, state.cell_cost, rtol=1e-12
    )
    later, curve = (costs_ahead(world.economy, p, learned, output, luck) for luck in (state.cost_luck, 0.0))
    np.testing.assert_allclose(later.place, np.exp(state.cost_luck)[:, None, None] * curve.place, rtol=1e-12)


def test_faster_learning_is_worth_more_where_cells_are_dear() -> None:
    """Where nothing but cells can be learned, cells of half the cost halve what cooperation saves on them."""
    world = worlds.played("2026", replicate=3, quarters=9, battery_cost_luck=0.0).world
    state = world.state
    p = world.parameters.with_overrides({"vehicle_learning_rate": 0.0, "technology_security_cost": 0.0})

    def gain(luck: float) -> np.ndarray:
        rest = (state.car_cost, state.cells, *world.learned(), np.zeros(3), state.climate.effective)
        return technology_stakes(world.economy, p, np.exp(luck) * state.cell_cost, *rest, np.full(1, luck))

    usual, cheap = gain(0.0), gain(-np.log(2.0))
    assert (np.abs(usual) > 1e-3).any()
    np.testing.assert_allclose(cheap, 0.5 * usual, rtol=1e-9)


# --- one model --------------------------------------------------------------------------------------------------------


def test_many_lanes_and_one_are_the_same() -> None:
    assert equality.faults("2026", (0, 3), {"battery_cost_luck": DOUBLE, "foresight": True}, 10) == []


def test_the_order_of_lanes_does_not_matter() -> None:
    one, other = (lanes(DOUBLE, replicates=numbers, n_quarters=10) for numbers in ([0, 1, 2, 3], [2, 0, 3, 1]))
    place = [2, 0, 3, 1]
    for table, column in (("supplier", "cell_cost"), ("bloc", "ev_share"), ("dyad", "depth")):
        assert same_bits(worlds.series(one, table, column)[place], worlds.series(other, table, column)), column


def test_both_arithmetics_have_the_same_luck() -> None:
    found = {}
    for name in ("numpy", "compiled"):
        with using_arithmetic(name):
            found[name] = lanes(DOUBLE, replicates=8, n_quarters=10)
    ours, theirs = found["numpy"], found["compiled"]
    assert same_bits(ours.state.cost_luck, theirs.state.cost_luck) and ours.state.cost_luck.all()
    for table, column in (("supplier", "cell_cost"), ("bloc", "ev_share")):
        np.testing.assert_allclose(worlds.series(ours, table, column), worlds.series(theirs, table, column), rtol=1e-9)


def test_a_supplier_of_ones_own_has_the_luck_of_all() -> None:
    class Own(BatterySupplier):
        """Learns as all do, in a method of its own."""

        def learn(self, experience: np.ndarray, places: np.ndarray) -> np.ndarray:
            return super().learn(experience, places)

    class Owned(World):
        supplier_type = Own

    own = NegotiationModel("2026", 1, 0, narrate=False, world_type=Owned, battery_cost_luck=DOUBLE)
    for _ in range(8):
        own.step()
    assert worlds.same_record(worlds.played("2026", replicate=0, quarters=8, battery_cost_luck=DOUBLE), own) == []


# --- what it does -----------------------------------------------------------------------------------------------------


def test_ev_shares_vary_by_more_than_was_asked_and_by_more_with_more_luck() -> None:
    with using_arithmetic("compiled"):
        spread = [ev_share(lanes(sd)).std(axis=0, ddof=1) for sd in (0.0, HALF, RECORD, DOUBLE)]
    assert spread[0].min() < BAR < spread[2].min()
    assert all((less < more).all() for less, more in itertools.pairwise(spread))


def test_the_value_of_the_record_is_that_of_the_evidence() -> None:
    """Yearly changes of pack prices 2018-2025, in real dollars of one year each."""
    with (seeds_directory() / "evidence" / "battery_price.csv").open(encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if (row["region"], row["segment"]) == ("WORLD", "pack_all_segments")
        ]
    price = {(row["real_dollar_year"], int(row["year"])): float(row["price_usd_per_kwh"]) for row in rows}
    steps = [("2024", year) for year in range(2018, 2025)] + [("2025", 2025)]
    changes = [np.log(price[dollars, year] / price[dollars, year - 1]) for dollars, year in steps]
    assert len(changes) == 8 and np.std(changes, ddof=1) == pytest.approx(0.092, abs=5e-4)
    assert np.isclose(RECORD, 0.1) and HALF < np.std(changes, ddof=1) < DOUBLE


# --- printed ----------------------------------------------------------------------------------------------------------


def table(replicates: int) -> None:
    """What luck in costs does in so many runs; differences run by run from runs without it, and standard errors."""
    plain = None
    for sd in (0.0, HALF, RECORD, DOUBLE):
        world = lanes(sd, replicates=replicates)
        share, runs = ev_share(world), world.summary().set_index(["replicate", "dyad"])
        cost = np.log(worlds.series(world, "bloc", "cell_cost")[:, 0, -1])
        plain = (share, runs) if plain is None else plain
        print(f"battery_cost_luck {sd}")
        print("  EV share in the last quarter, CN US EU: sd", share.std(axis=0, ddof=1).round(4), end=" ")
        print("mean", share.mean(axis=0).round(4), "shift", (share - plain[0]).mean(axis=0).round(4))
        ends = np.exp(np.quantile(cost, (0.05, 0.5, 0.95))).round(0)
        print("  cells made in China, $/kWh: 5 %, median, 95 %", ends, "sd of logs", cost.std(ddof=1).round(3))
        for column in ("emerged", "time_cooperating", "mean_depth"):
            change = (runs[column].astype(float) - plain[1][column].astype(float)).unstack("dyad")
            told = [
                f"{d} {runs[column].unstack('dyad')[d].mean():.3f} ({change[d].mean():+.3f}, {change[d].sem():.3f})"
                for d in change
            ]
            print(f"  {column}:", "; ".join(told))


if __name__ == "__main__":
    with using_arithmetic("compiled"):
        table(1000)
