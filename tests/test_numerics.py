"""Numerical primitives: definitions, limits, and the promise of equal bits in any layout."""

from __future__ import annotations

import math
from collections.abc import Callable

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model import numerics
from model.numerics import FloatArray, FloatLike

SHAPE = (7, 3, 12)


def replicate_fastest(x: FloatArray) -> FloatArray:
    """The same numbers with the leading axis fastest in memory, as the ensemble stores them."""
    out: FloatArray = np.moveaxis(np.empty(x.shape[1:] + x.shape[:1]), -1, 0)
    out[...] = x
    return out


def random_numbers(seed: int = 1) -> FloatArray:
    return np.random.default_rng(seed).normal(0.0, 3.0, SHAPE)


def log_sum_cost(cost: FloatArray, tie: FloatLike, theta: float) -> FloatArray:
    return numerics.cheapest_mix_and_cost(cost, tie, theta)[0]


def cheapest_mix(cost: FloatArray, tie: FloatLike, theta: float) -> FloatArray:
    return numerics.cheapest_mix_and_cost(cost, tie, theta)[1]


UNARY: dict[str, Callable[[FloatArray], FloatArray]] = {
    "ordered_sum": numerics.ordered_sum,
    "logistic": numerics.logistic,
    "log_sum_exp": benchmarks.log_sum_exp,
    "softmax": benchmarks.softmax,
    "wright_omega": benchmarks.wright_omega,
    "normal_cdf": numerics.normal_cdf,
    "power": lambda x: numerics.power(np.abs(x), 0.286304),
    "safe_ratio": lambda x: numerics.safe_ratio(1.0, np.maximum(x, 0.0), 9.0),
    "cheapest_mix": lambda x: cheapest_mix(x, 0.1, 0.5),
    "log_sum_cost": lambda x: log_sum_cost(x, 0.1, 0.5),
    "log_sum_level": lambda x: numerics.log_sum_level(x, 0.1, 0.5),
}


@pytest.mark.parametrize("name", UNARY)
def test_same_bits_alone_in_a_batch_and_in_either_layout(name: str) -> None:
    x = random_numbers()
    function = UNARY[name]
    batch = function(x)
    assert numerics.same_bits(batch, function(replicate_fastest(x)))
    for r in range(SHAPE[0]):
        assert numerics.same_bits(batch[r], function(x[r]))
        for m in range(SHAPE[1]):
            assert numerics.same_bits(np.asarray(batch[r, m]), np.asarray(function(x[r, m])))


def test_ordered_sum_has_the_same_bits_on_both_sides_of_its_switch() -> None:
    x = np.random.default_rng(2).normal(size=(numerics.ACCUMULATE_BELOW, 12))
    large = numerics.ordered_sum(x)
    assert numerics.same_bits(large[:100], numerics.ordered_sum(x[:100]))
    by_hand = 0.0
    for term in x[17]:
        by_hand = by_hand + term
    assert large[17] == by_hand


def test_ordered_sum_along_other_axes() -> None:
    x = random_numbers()
    assert numerics.ordered_sum(x, axis=1).shape == (7, 12)
    assert numerics.ordered_sum(x, axis=1, keepdims=True).shape == (7, 1, 12)
    assert numerics.ordered_sum(x, keepdims=True).shape == (7, 3, 1)
    np.testing.assert_allclose(numerics.ordered_sum(x, axis=0), x.sum(0), rtol=1e-13)
    assert numerics.ordered_sum(np.array([True, True, False])) == 2.0


def test_ordered_sum_refuses_an_empty_axis() -> None:
    with pytest.raises(IndexError):
        numerics.ordered_sum(np.empty((3, 0)))
    with pytest.raises(IndexError):
        numerics.ordered_sum(np.empty(0))


@given(st.floats(-1e6, 1e6))
@settings(max_examples=60, deadline=None)
def test_logistic_is_a_probability_and_symmetric(x: float) -> None:
    assert 0.0 <= numerics.logistic(x) <= 1.0
    assert numerics.logistic(x) + numerics.logistic(-x) == pytest.approx(1.0, abs=1e-15)


def test_logistic_known_values() -> None:
    np.testing.assert_allclose(numerics.logistic(np.array([0.0, math.log(3.0)])), [0.5, 0.75], rtol=1e-15)


@given(st.one_of(st.just(0.0), st.floats(1e-9, 1e12)), st.floats(0.01, 20.0))
@settings(max_examples=60, deadline=None)
def test_power_agrees_with_python(x: float, y: float) -> None:
    assert numerics.power(x, y) == pytest.approx(x**y, rel=1e-12, abs=1e-199)


def test_power_is_total() -> None:
    assert np.all(numerics.power(np.array([0.0, 0.0]), np.array([0.3, 2.0])) == 0.0)
    assert np.isfinite(numerics.power(1e300, 20.0))


def test_safe_ratio_uses_the_default_only_at_zero() -> None:
    ratio = numerics.safe_ratio(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, -4.0]), -1.0)
    np.testing.assert_array_equal(ratio, [0.5, -1.0, -0.75])


def test_log_sum_exp_survives_large_and_absent_entries() -> None:
    assert benchmarks.log_sum_exp(np.array([1e4, 1e4])) == pytest.approx(1e4 + math.log(2.0), rel=1e-15)
    assert benchmarks.log_sum_exp(np.array([-np.inf, 3.0])) == 3.0
    assert benchmarks.log_sum_exp(random_numbers(), axis=1).shape == (7, 12)
    np.testing.assert_array_equal(benchmarks.softmax(np.array([-np.inf, 3.0])), [0.0, 1.0])


@given(arrays(np.float64, 5, elements=st.floats(50.0, 300.0)), st.floats(0.005, 0.5))
@settings(max_examples=60, deadline=None)
def test_log_sum_cost_is_monotone_with_the_share_as_slope(cost: FloatArray, theta: float) -> None:
    shares = cheapest_mix(cost, 0.0, theta)
    assert numerics.ordered_sum(shares) == pytest.approx(1.0, rel=1e-14)
    step = 1e-4
    for k in range(5):
        dearer, cheaper = cost.copy(), cost.copy()
        dearer[k] += step
        cheaper[k] -= step
        rise = log_sum_cost(dearer, 0.0, theta) - log_sum_cost(cheaper, 0.0, theta)
        assert rise >= 0.0
        assert rise / (2.0 * step) == pytest.approx(shares[k], abs=1e-6)
    level = numerics.log_sum_level(cost, 0.0, theta)
    mean = numerics.ordered_sum(shares * cost)
    assert log_sum_cost(cost, 0.0, theta) + level == pytest.approx(mean, rel=1e-12)
    assert level >= -1e-9


def test_loss_without_is_the_rise_of_the_log_sum_when_an_option_goes() -> None:
    cost, theta = np.array([100.0, 112.0, 125.0]), 0.05
    shares = cheapest_mix(cost, 0.0, theta)
    for k in range(3):
        shut = np.where(np.arange(3) == k, -np.inf, 0.0)
        rise = log_sum_cost(cost, shut, theta) - log_sum_cost(cost, 0.0, theta)
        assert numerics.loss_without(shares[k], theta) == pytest.approx(rise, rel=1e-12)
    assert numerics.loss_without(0.0, theta) == 0.0
    assert np.isfinite(numerics.loss_without(1.0, theta))


def test_log_sum_rules_take_one_theta_per_replicate() -> None:
    cost = np.array([[100.0, 112.0], [100.0, 112.0]])
    theta = np.array([[0.02], [0.2]])
    both = log_sum_cost(cost, 0.0, theta)
    assert both.shape == (2,)
    assert both[1] == log_sum_cost(cost[1], 0.0, 0.2)


@given(st.floats(-600.0, 1e6))
@settings(max_examples=60, deadline=None)
def test_wright_omega_solves_its_equation(x: float) -> None:
    w = float(benchmarks.wright_omega(x))
    assert w + math.log(w) == pytest.approx(x, rel=1e-12, abs=1e-12)


def test_normal_cdf_known_values() -> None:
    np.testing.assert_allclose(
        numerics.normal_cdf(np.array([-1.96, 0.0, 1.0])), [0.0249978951482, 0.5, 0.841344746069], rtol=1e-10
    )


def test_keeping_freed_memory_changes_no_value() -> None:
    before = benchmarks.softmax(random_numbers())
    numerics.keep_freed_memory()
    assert numerics.same_bits(before, benchmarks.softmax(random_numbers()))


def test_same_bits_sees_one_bit_and_the_shape() -> None:
    assert numerics.same_bits(1.0, np.float64(1.0))
    assert not numerics.same_bits(1.0, np.nextafter(1.0, 2.0))
    assert not numerics.same_bits(np.zeros(1), np.zeros((1, 1)))
    assert not numerics.same_bits(0.0, -0.0)
    assert numerics.same_bits(np.array([np.nan]), np.array([np.nan]))


# --- the layout of the ensemble: replicates first by index, fastest in memory --------------------------------------


def replicates_fastest(shape: tuple[int, ...], seed: int = 0) -> FloatArray:
    values = np.random.default_rng(seed).normal(size=(*shape[1:], shape[0]))
    return np.moveaxis(values, -1, 0)


@pytest.mark.parametrize(
    "shape", [(1, 3, 14), (2, 1100), (16, 14), (16, 3, 14), (700, 14), (700, 3, 8), (300, 4, 14, 8)]
)
def test_ordered_sum_of_many_replicates_is_that_of_each(shape: tuple[int, ...]) -> None:
    x = replicates_fastest(shape)
    for values in (x, np.ascontiguousarray(x), x[..., ::2], x[..., ::-1], x[:, ..., :9]):
        total = numerics.ordered_sum(values)
        assert numerics.same_bits(numerics.ordered_sum(values, keepdims=True)[..., 0], total)
        for r in (0, shape[0] - 1):
            assert numerics.same_bits(total[r], numerics.ordered_sum(np.ascontiguousarray(values[r])))


def test_ordered_sum_keeps_negative_zeros() -> None:
    assert numerics.same_bits(numerics.ordered_sum(-0.0 * np.abs(replicates_fastest((900, 6)))), np.full(900, -0.0))


def test_beside_is_a_stack_with_replicates_still_fastest() -> None:
    parts = [replicates_fastest((50, 3, 4), seed) for seed in range(5)]
    for axis in (-1, -2, -3):
        whole = numerics.beside(parts, axis)
        np.testing.assert_array_equal(whole, np.stack(parts, axis))
        assert whole.strides[0] == whole.itemsize
    np.testing.assert_array_equal(numerics.beside([np.array(2.0), np.array(3.0)]), [2.0, 3.0])


@given(st.floats(-800, 800), st.floats(-800, 800))
@settings(max_examples=60, deadline=None)
def test_best_of_two_is_a_mix_of_two(a: float, b: float) -> None:
    share, value = numerics.best_of_two(np.array(a), np.array(b))
    both = np.array([a, b])
    assert share == pytest.approx(benchmarks.softmax(both)[0], rel=1e-12, abs=1e-300)
    assert value == pytest.approx(benchmarks.log_sum_exp(both), rel=1e-14, abs=1e-14)


def test_softplus_known_values() -> None:
    with np.errstate(all="ignore"):
        found = numerics.softplus(np.array([-np.inf, -50.0, 0.0, 50.0, 1000.0]))
    np.testing.assert_allclose(found, [0.0, math.exp(-50.0), math.log(2.0), 50.0, 1000.0], rtol=1e-15)


@pytest.mark.parametrize("size", [3, numerics.ACCUMULATE_BELOW + 5])
def test_bounds_are_those_of_numpy(size: int) -> None:
    x = np.random.default_rng(3).normal(0.0, 1.0, size)
    for bound in (-9.0, 0.25, 9.0):
        assert numerics.same_bits(numerics.at_least(x.copy(), bound), np.maximum(x, bound))
        assert numerics.same_bits(numerics.at_most(x.copy(), bound), np.minimum(x, bound))
    x[1] = np.nan
    assert np.isnan(numerics.at_least(x.copy(), 0.0)[1]) and np.isnan(numerics.at_most(x.copy(), 0.0)[1])
    assert np.array_equal(numerics.at_most(x.copy(), 0.0), np.minimum(x, 0.0), equal_nan=True)
