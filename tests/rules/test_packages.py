"""Perception and beliefs: rows B12 and B13, exact zeros for current policy (M13), dialogue (M18)."""

from __future__ import annotations

import benchmarks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import assert_simulated, check_shape_blind, closed, row

from model.numerics import FloatArray, normal_cdf
from model.rules import bargaining, packages

RNG = np.random.default_rng(20180101)
N_ISSUES = 10
unit = st.floats(0.0, 1.0)


def some_packages(n: int = 24) -> FloatArray:
    return RNG.choice([0.0, 1 / 3, 2 / 3, 1.0], (n, N_ISSUES))


def test_b12_errors_drawn_per_package_would_make_deals_out_of_nothing() -> None:
    """The trap itself: 32 packages truly two sd bad for both, a fresh error for each in every quarter."""
    expected = row("B12")
    either = normal_cdf(-2.0)
    assert 1 - (1 - either * either) ** 32 == closed(expected["single"])
    assert 1 - (1 - either * either) ** (32 * 72) == closed(expected["over72"])
    n_quarters = 40_000
    zone = bargaining.zone_of_agreement(
        RNG.standard_normal((n_quarters, 32)) - 2.0,
        0.0,
        True,
        RNG.standard_normal((n_quarters, 32)) - 2.0,
        0.0,
    )
    assert_simulated(zone.any(-1), expected["single"])
    assert_simulated(zone[: 500 * 72].reshape(500, -1).any(-1), expected["over72"])
    best = bargaining.best_in_zone(RNG.standard_normal((20_000, 32)), np.ones((20_000, 32), bool), -9.0)
    assert_simulated(best, expected["emax32"])


def test_b12_persistent_errors_on_issues_make_far_fewer() -> None:
    """The remedy on the same question: errors on one issue that persist, shrunk beliefs, a reservation."""
    n_runs, stake, nu = 4000, np.ones((4000, 1)), 0.5
    levels = np.linspace(1 / 32, 1.0, 32)[:, np.newaxis]
    shrink = packages.shrinkage(nu)
    error = RNG.standard_normal((2, n_runs, 1))
    fooled = np.zeros(n_runs, bool)
    for _ in range(72):
        error = packages.persistent_error(error, 0.95, RNG.standard_normal(error.shape))
        first, second = (
            packages.belief(-levels[:, 0], benchmarks.issue_noise(levels, np.zeros(1), stake, e, nu), shrink)
            for e in error
        )
        fooled |= bargaining.zone_of_agreement(first, 0.05, True, second, 0.05).any(-1)
    assert fooled.mean() < 0.1 * row("B12")["over72"]


@pytest.mark.parametrize("noise", ["0.0", "0.5", "1.0", "2.0"])
def test_b13_acceptance_over_the_prior_falls_in_noise(noise: str) -> None:
    expected = row("B13")[noise]
    nu = float(noise)
    shrink = packages.shrinkage(nu)
    assert shrink == closed(expected["K"])
    assert 1 - normal_cdf(0.1 / np.sqrt(shrink)) == closed(expected["p_accept"])
    gain, error = RNG.standard_normal((2, 100_000))
    believed = packages.belief(gain, nu * error, shrink)
    assert_simulated(bargaining.accept(believed, 0.1, True), expected["p_accept"])


@pytest.mark.parametrize("noise", ["0.5", "1.0", "2.0"])
def test_b13_acceptance_of_one_given_package(noise: str) -> None:
    expected = row("B13_pointwise")[noise]
    nu = float(noise)
    shrink = packages.shrinkage(nu)
    assert normal_cdf((0.3 - 0.1 / shrink) / nu) == closed(expected)
    believed = packages.belief(0.3, nu * RNG.standard_normal(100_000), shrink)
    assert_simulated(believed >= 0.1, expected)


def test_b13_in_one_batch() -> None:
    nu = np.array([0.0, 0.5, 1.0, 2.0])
    expected = [row("B13")[k]["K"] for k in ("0.0", "0.5", "1.0", "2.0")]
    np.testing.assert_allclose(packages.shrinkage(nu), expected, rtol=1e-6)


def test_error_is_standard_and_persistent() -> None:
    error = RNG.standard_normal(50_000)
    later = error
    for _ in range(4):
        later = packages.persistent_error(later, 0.95, RNG.standard_normal(error.shape))
    assert_simulated(later * later, 1.0)
    assert_simulated(error * later, 0.95**4)
    assert packages.persistent_error(0.7, 0.0, 1.3) == 1.3
    assert packages.persistent_error(0.7, 1.0, 1.3) == 0.7


@given(unit, unit, unit, unit, st.floats(0.0, 2.0))
def test_m18_dialogue_never_raises_noise(low: float, high: float, track2: float, more: float, nu: float) -> None:
    low, high = sorted((low, high))
    track2, more = sorted((track2, more))
    base = packages.noise_scale(nu, low, 1.0, track2, 0.5)
    assert packages.noise_scale(nu, high, 1.0, track2, 0.5) <= base
    assert packages.noise_scale(nu, low, 1.0, more, 0.5) <= base <= nu
    assert packages.noise_scale(nu, 0.0, 1.0) == nu


def test_m13_current_policy_has_exactly_no_error() -> None:
    levels = some_packages()
    stakes = RNG.lognormal(-2.0, 2.0, (7, N_ISSUES))
    error = RNG.standard_normal((7, N_ISSUES))
    for p, current in enumerate(levels):
        noise = benchmarks.issue_noise(levels, current, stakes, error, 0.5)
        assert noise.shape == (7, len(levels))
        assert (noise[:, p] == 0.0).all()
    assert (benchmarks.issue_noise(levels, levels[3], stakes, error, 0.0) == 0.0).all()


def test_error_of_a_package_is_the_sum_over_its_issues() -> None:
    levels, current = some_packages(), some_packages(1)[0]
    stakes, error = RNG.lognormal(size=N_ISSUES), RNG.standard_normal(N_ISSUES)
    by_hand = [sum((p[k] - current[k]) * 0.4 * stakes[k] * error[k] for k in range(N_ISSUES)) for p in levels]
    np.testing.assert_allclose(
        benchmarks.issue_noise(levels, current, stakes, error, 0.4), by_hand, rtol=1e-9, atol=1e-12
    )


def test_stake_scale_is_the_median_of_the_stakes_that_count() -> None:
    stakes = np.array([0.3, -0.1, 0.0001, 50.0, 0.2, 0.0, 0.4, -0.25, 0.01, 0.3])
    counted = np.abs(stakes[np.abs(stakes) >= 0.0005])
    assert packages.stake_scale(stakes) == np.median(counted)
    assert packages.stake_scale(stakes[::-1]) == np.median(counted)
    core = np.array([True] * 4 + [False] * 6)
    assert packages.stake_scale(stakes, 0.0005, core) == 0.3
    assert packages.stake_scale(np.zeros(10)) == packages.SMALLEST_STAKE
    assert packages.stake_scale(stakes, 0.0005, ~np.ones(10, bool)) == packages.SMALLEST_STAKE
    assert packages.stake_scale(np.array([7.0])) == 7.0


@given(st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=12))
def test_stake_scale_agrees_with_numpy(stakes: list[float]) -> None:
    size = np.abs(np.array(stakes))
    kept = size[size >= 0.0005]
    expected = np.median(kept) if kept.size else 0.0005
    assert packages.stake_scale(np.array(stakes)) == pytest.approx(expected, rel=1e-15)


def test_m1_shape_blind() -> None:
    n = 6
    levels, current = some_packages(), np.clip(RNG.random((n, N_ISSUES)), 0.0, 1.0)
    stakes, error, nu = RNG.lognormal(size=(n, N_ISSUES)), RNG.standard_normal((n, N_ISSUES)), RNG.random(n)
    check_shape_blind(packages.persistent_error, error[:, 0], nu, error[:, 1])
    check_shape_blind(packages.noise_scale, nu, nu[::-1], fixed=(1.0, 0.3))
    check_shape_blind(packages.shrinkage, nu)
    check_shape_blind(packages.stake_scale, stakes)
    check_shape_blind(packages.belief, error, stakes, fixed=(0.8,))
    check_shape_blind(
        lambda c, s, e, v: benchmarks.issue_noise(levels, c, s, e, v), current, stakes, error, nu[:, np.newaxis]
    )
    # Large enough for ordered_sum to change its way of adding.
    many = np.tile(stakes, (100, 1))
    large = benchmarks.issue_noise(levels, np.tile(current, (100, 1)), many, np.tile(error, (100, 1)), 0.5)
    small = benchmarks.issue_noise(levels, current, stakes, error, 0.5)
    assert np.array_equal(large, np.tile(small, (100, 1)))
