"""Cells: rows A13, A14 and contract_margin, and the relation M9 with the car market on top."""

from __future__ import annotations

import json
from pathlib import Path

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.numerics import SHARE_CAP, FloatArray, same_bits
from model.rules import batteries, demand, pricing

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))

COST = np.array([100.0, 112.0, 125.0])
THETA = 0.05
LEADING: list[tuple[int, ...]] = [(), (4,), (2, 3)]


@pytest.mark.parametrize("leading", LEADING)
def test_sourcing_row_a13(leading: tuple[int, ...]) -> None:
    row = CHECKS["A13"]
    cost = np.broadcast_to(COST, (*leading, 3))
    duty = np.array([0.25, 0.0, 0.0])
    delivered = batteries.delivered_price(cost, 0.0, duty, 0.0)
    np.testing.assert_allclose(delivered, np.broadcast_to(row["delivered"], delivered.shape), rtol=1e-12)
    share = benchmarks.sourcing_shares(delivered, 0.0, THETA)
    np.testing.assert_allclose(share, np.broadcast_to(row["share"], share.shape), rtol=1e-6)
    level = batteries.normaliser(cost, 0.0, THETA)
    assert level.shape == leading
    unit = batteries.sourcing(delivered, 0.0, THETA, level)[0]
    for found, expected in (
        (batteries.sourcing(cost, 0.0, THETA, level)[0], row["base_mean"]),
        (unit, row["unit_cost"]),
        (batteries.sourcing(delivered, 0.0, THETA, 0.0)[0], row["raw_logsum"]),
        ((share * delivered).sum(-1), row["share_weighted_mean"]),
    ):
        np.testing.assert_allclose(found, np.full(leading, expected), rtol=1e-6)
    step = 1e-3 * np.eye(3)[0]
    dearer = batteries.sourcing(batteries.delivered_price(cost, step, duty, 0.0), 0.0, THETA, level)[0]
    # The derivative in the delivered price is the share; the duty passes 1.25 of a dollar on.
    slope = (dearer - unit) / (1e-3 * 1.25)
    np.testing.assert_allclose(slope, np.full(leading, row["dcost_dc1"]), rtol=1e-4)


def test_the_share_weighted_mean_is_not_monotone_and_the_rule_is() -> None:
    before, after = np.array([100.0, 130.0]), np.array([100.0, 150.0])
    means = [(benchmarks.sourcing_shares(d, 0.0, THETA) * d).sum() for d in (before, after)]
    np.testing.assert_allclose(means, CHECKS["A13"]["nonmonotone_mean_130_150"], rtol=1e-6)
    assert batteries.sourcing(after, 0.0, THETA, 0.0)[0] > batteries.sourcing(before, 0.0, THETA, 0.0)[0]


@pytest.mark.parametrize("leading", LEADING)
def test_contract_margin(leading: tuple[int, ...]) -> None:
    row = CHECKS["contract_margin"]
    weight = np.broadcast_to(np.array(row["bw"]), (*leading, 4))
    found = batteries.contract_margin(weight, np.array(row["w"]), row["theta"])
    np.testing.assert_allclose(found, np.broadcast_to(row["margin"], (*leading, 4)), rtol=1e-6)
    for k in range(4):
        single = batteries.contract_margin(row["bw"][k], row["w"][k], row["theta"])
        assert single == pytest.approx(row["margin"][k], rel=1e-6)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.02, 0.2))
@settings(max_examples=50)
def test_contract_margin_rises_from_its_limit(share: float, weight: float, theta: float) -> None:
    margin = batteries.contract_margin(weight, share, theta)
    assert np.isfinite(margin)
    assert margin >= weight / theta * (1.0 - 1e-9)
    more = batteries.contract_margin(weight, min(1.0, share + 0.05), theta)
    assert more >= margin * (1.0 - 1e-12)
    assert batteries.contract_margin(weight, 0.0, theta) == pytest.approx(weight / theta, rel=1e-9, abs=1e-12)
    assert batteries.contract_margin(1.0, 1.0, theta) == batteries.contract_margin(1.0, SHARE_CAP, theta)


@pytest.mark.parametrize("leading", LEADING)
def test_learning_row_a14(leading: tuple[int, ...]) -> None:
    row = CHECKS["A14"]
    exponent = batteries.learning_exponent(np.full(leading, 0.18))
    np.testing.assert_allclose(exponent, np.full(leading, row["b"]), rtol=1e-6)
    for ratio, name in ((1.0, "cost_1"), (2.0, "cost_2"), (10.0, "cost_10")):
        cost = batteries.learned_cost(180.0, 40.0, np.full(leading, ratio), exponent)
        np.testing.assert_allclose(cost, np.full(leading, row[name]), rtol=1e-6)
    spillover = np.full((3, 3), 0.3)
    spillover[0, 1] = spillover[1, 0] = 0.6
    own = np.broadcast_to(np.array([400.0, 120.0, 60.0]), (*leading, 3))
    effective = batteries.effective_experience(own, spillover)
    np.testing.assert_allclose(effective, np.broadcast_to(row["eff"], effective.shape), rtol=1e-12)


def test_experience_grows_by_increments_of_the_same_form() -> None:
    same = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    output = np.array([400.0, 120.0, 60.0])
    found = batteries.experience_increment(output, same, 0.5, 0.25)
    np.testing.assert_allclose(found, [400 + 60 + 15, 120 + 200 + 15, 60 + 130], rtol=1e-14)
    directed = np.array([[0.0, 0.0, 0.66], [0.0, 0.0, 0.33], [0.66, 0.33, 0.0]])
    found = batteries.experience_increment(output, same, 0.5, directed)
    np.testing.assert_allclose(found, [400 + 60 + 39.6, 120 + 200 + 19.8, 60 + 264 + 39.6], rtol=1e-14)
    np.testing.assert_array_equal(batteries.experience_increment(output, same, 0.0, 0.0), output)


@given(st.floats(1.0, 1e4), st.floats(0.09, 0.24), st.floats(30.0, 60.0), st.floats(60.0, 300.0))
@settings(max_examples=50)
def test_learned_cost_falls_towards_its_floor(ratio: float, rate: float, floor: float, start: float) -> None:
    exponent = batteries.learning_exponent(rate)
    cost = batteries.learned_cost(start, floor, ratio, exponent)
    assert floor * (1.0 - 1e-12) <= cost <= start * (1.0 + 1e-12)
    twice = batteries.learned_cost(start, floor, 2.0 * ratio, exponent)
    assert twice - floor == pytest.approx((cost - floor) * (1.0 - rate), rel=1e-9, abs=1e-9)


@given(arrays(np.float64, 5, elements=st.floats(60.0, 250.0)), st.integers(0, 4), st.floats(0.01, 1.5))
@settings(max_examples=40)
def test_a_duty_on_a_supplier(cost: FloatArray, k: int, duty: float) -> None:
    """M9: dearer delivered, smaller share, dearer cells by its share, never more electric cars."""
    before = batteries.delivered_price(cost, 5.0, 0.0, 2.0)
    after = batteries.delivered_price(cost, 5.0, duty * np.eye(5)[k], 2.0)
    assert after[k] > before[k]
    share_before = benchmarks.sourcing_shares(before, 0.0, THETA)
    share_after = benchmarks.sourcing_shares(after, 0.0, THETA)
    assert share_after[k] < share_before[k]
    level = batteries.normaliser(before, 0.0, THETA)
    cells = [batteries.sourcing(price, 0.0, THETA, level)[0] for price in (before, after)]
    rise = after[k] - before[k]
    assert share_after[k] * rise * (1.0 - 1e-9) - 1e-9 <= cells[1] - cells[0] <= share_before[k] * rise + 1e-9

    def electric_share(cell: FloatArray) -> FloatArray:
        base = np.array([25.0, 22.0, 20.0]) + 60.0 * cell / 1000.0
        quality = np.array([4.0, 3.6, 3.2])
        markup, _ = pricing.price_equilibrium(base, quality, 0.12, 0.35)
        return 1.0 - demand.nested_shares(quality - 0.12 * (base + markup), 0.35)[2]

    assert electric_share(cells[1]) <= electric_share(cells[0]) + 1e-12


def test_order_of_suppliers_and_batches() -> None:
    rng = np.random.default_rng(6)
    cost, tie = rng.uniform(60.0, 250.0, (50, 14, 8)), rng.normal(0.0, 1.0, (50, 14, 8))
    delivered = batteries.delivered_price(cost, 8.0, 0.1, 3.0)
    order = rng.permutation(8)
    share = benchmarks.sourcing_shares(delivered, tie, THETA)
    np.testing.assert_allclose(
        benchmarks.sourcing_shares(delivered[..., order], tie[..., order], THETA),
        share[..., order],
        rtol=1e-12,
    )
    unit = batteries.sourcing(delivered, tie, THETA, 4.0)[0]
    experience = batteries.experience_increment(cost[:, 0], np.eye(8), 0.33, 0.66)
    for r in (0, 17, 49):
        assert same_bits(share[r, 3], benchmarks.sourcing_shares(delivered[r, 3], tie[r, 3], THETA))
        assert same_bits(unit[r, 3], batteries.sourcing(delivered[r, 3], tie[r, 3], THETA, 4.0)[0])
        single = batteries.experience_increment(cost[r, 0], np.eye(8), 0.33, 0.66)
        assert same_bits(experience[r], single)


# --- luck -------------------------------------------------------------------------------------------------------------


def test_luck_is_a_random_walk_in_logs() -> None:
    shock = np.random.default_rng(5).standard_normal((36, 4000))
    luck = np.zeros(4000)
    for quarter, of_quarter in enumerate(shock, 1):
        luck = batteries.luck_next(luck, 0.1, of_quarter)
        if quarter in (1, 4, 36):
            spread = 0.1 * np.sqrt(quarter / 4)
            # Four standard errors of an sd, and of a mean.
            assert luck.std(ddof=1) == pytest.approx(spread, rel=4 / np.sqrt(2 * luck.size))
            assert abs(luck.mean()) < 4 * spread / np.sqrt(luck.size)
    assert same_bits(batteries.luck_next(luck, 0.0, shock[0]), luck)
    assert batteries.luck_next(np.array(0.2), 0.1, np.array(-2.0)) == pytest.approx(0.1)


@pytest.mark.parametrize("leading", LEADING)
def test_luck_multiplies_the_whole_cost(leading: tuple[int, ...]) -> None:
    cost = np.broadcast_to(COST, (*leading, 3))
    assert same_bits(batteries.with_luck(cost, 0.0), cost)
    np.testing.assert_allclose(batteries.with_luck(cost, np.log(1.5)), 1.5 * cost, rtol=1e-12)
    # The curve is the median: luck as good as bad gives its square.
    good, bad = (batteries.with_luck(cost, luck) for luck in (-0.3, 0.3))
    np.testing.assert_allclose(good * bad, cost**2, rtol=1e-12)
    assert batteries.with_luck(45.0, -0.2) < 45.0
