"""Plants: origins, the duty they really pay, and when building one pays."""

from __future__ import annotations

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.numerics import FloatArray, same_bits
from model.rules import plants

COSTS = arrays(np.float64, 4, elements=st.floats(15.0, 60.0))
RATES = arrays(np.float64, 4, elements=st.floats(0.0, 1.5))
NEVER = -400.0  # log preference for a place without a plant


@given(COSTS, st.floats(0.1, 2.0))
@settings(max_examples=50)
def test_cost_of_the_best_mix(cost: FloatArray, theta: float) -> None:
    level = plants.origin_normaliser(cost, 0.0, theta)
    share = benchmarks.origin_shares(cost, 0.0, theta)
    assert share.sum() == pytest.approx(1.0, rel=1e-12)
    at_base = plants.origins(cost, 0.0, theta, level)[0]
    assert at_base == pytest.approx((share * cost).sum(), rel=1e-12)
    step = 1e-4
    for o in range(4):
        up = plants.origins(cost + step * np.eye(4)[o], 0.0, theta, level)[0]
        down = plants.origins(cost - step * np.eye(4)[o], 0.0, theta, level)[0]
        assert (up - down) / (2.0 * step) == pytest.approx(share[o], abs=1e-5)


@given(COSTS, st.floats(0.1, 2.0), st.integers(0, 3))
@settings(max_examples=30)
def test_one_usable_place_is_the_whole_mix(cost: FloatArray, theta: float, home: int) -> None:
    tie = np.where(np.arange(4) == home, 0.0, NEVER)
    level = plants.origin_normaliser(cost, tie, theta)
    assert level == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(benchmarks.origin_shares(cost, tie, theta), np.eye(4)[home], atol=1e-30)
    assert plants.origins(cost, tie, theta, level)[0] == pytest.approx(cost[home], rel=1e-12)


@given(COSTS, RATES, COSTS)
@settings(max_examples=50)
def test_effective_duty_lies_between_the_rates(weight: FloatArray, duty: FloatArray, landed: FloatArray) -> None:
    shares = weight / weight.sum()
    rate = plants.effective_duty(shares, duty, landed)
    assert duty.min() - 1e-12 <= rate <= duty.max() + 1e-12
    assert rate == pytest.approx((shares * duty * landed).sum() / (shares * landed).sum(), rel=1e-12, abs=1e-12)
    only = np.eye(4)[2]
    assert plants.effective_duty(only, duty, landed) == pytest.approx(duty[2], rel=1e-12, abs=1e-15)
    assert plants.effective_duty(shares, 0.0 * duty, landed) == 0.0


def test_effective_duty_without_cars_is_zero() -> None:
    assert plants.effective_duty(np.zeros(4), np.ones(4), np.ones(4)) == 0.0


def test_entry_value_is_a_perpetuity_less_the_cost() -> None:
    # 0.1 bn$ a quarter more, for ever at 10 % a year, is worth 4 bn$.
    assert plants.entry_value(0.35, 0.25, 0.10, 2.0) == pytest.approx(2.0, rel=1e-12)
    assert plants.entry_value(0.2, 0.2, 0.10, 2.0) == -2.0


@given(st.floats(-50.0, 50.0), st.floats(0.0, 0.5), st.floats(0.25, 4.0))
@settings(max_examples=50)
def test_entry_hazard(npv: float, hazard_max: float, scale: float) -> None:
    hazard = plants.entry_hazard(npv, hazard_max, scale)
    assert 0.0 <= hazard <= hazard_max
    assert plants.entry_hazard(npv + 1.0, hazard_max, scale) >= hazard
    assert plants.entry_hazard(0.0, hazard_max, scale) == 0.5 * hazard_max


@given(st.floats(0.0, 1.0), st.integers(0, 12), st.floats(0.5, 0.995))
@settings(max_examples=50)
def test_part_of_life_is_the_discounted_time_with_a_plant(hazard: float, lag: int, lasts: float) -> None:
    k = np.arange(6000)
    by_hand = (hazard * (1.0 - hazard) ** k * lasts ** (k + lag)).sum()
    part = float(plants.part_of_life(hazard, lag, lasts))
    assert part == pytest.approx(by_hand, rel=1e-9, abs=1e-12) and 0.0 <= part <= 1.0
    assert part >= float(plants.part_of_life(hazard, lag + 1, lasts))


def test_part_of_life_at_its_limits() -> None:
    assert float(plants.part_of_life(0.0, 4, 0.95)) == 0.0
    assert float(plants.part_of_life(1.0, 4, 0.95)) == pytest.approx(0.95**4)
    # One in ten starts a quarter and opens a year and a half later: .8075 x .1 / (1 - .965 x .9).
    assert float(plants.part_of_life(0.1, 6, 0.965)) == pytest.approx(0.6141, abs=1e-4)


@given(COSTS, COSTS, st.floats(0.0, 1.0))
@settings(max_examples=30)
def test_shares_move_part_of_the_way(now: FloatArray, wanted: FloatArray, speed: float) -> None:
    now, wanted = now / now.sum(), wanted / wanted.sum()
    moved = plants.adjust_shares(now, wanted, speed)
    assert moved.sum() == pytest.approx(1.0, rel=1e-12)
    np.testing.assert_array_equal(plants.adjust_shares(now, wanted, 0.0), now)
    np.testing.assert_allclose(plants.adjust_shares(now, wanted, 1.0), wanted, atol=1e-15)
    np.testing.assert_allclose(moved - now, speed * (wanted - now), atol=1e-15)


def test_batches_have_the_bits_of_single_firms() -> None:
    rng = np.random.default_rng(7)
    cost = rng.uniform(15.0, 60.0, (60, 3, 14, 4))
    duty = rng.uniform(0.0, 1.0, (60, 3, 14, 4))
    share = benchmarks.origin_shares(cost, 0.0, 0.5)
    mixed = plants.origins(cost, 0.0, 0.5, 1.0)[0]
    rate = plants.effective_duty(share, duty, cost)
    for r in (0, 31, 59):
        at = (r, 2, 5)
        assert same_bits(share[at], benchmarks.origin_shares(cost[at], 0.0, 0.5))
        assert same_bits(mixed[at], plants.origins(cost[at], 0.0, 0.5, 1.0)[0])
        assert same_bits(rate[at], plants.effective_duty(share[at], duty[at], cost[at]))
