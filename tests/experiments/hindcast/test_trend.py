"""The damped trend: its likelihood against brute force, its weights, and its way on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from experiments.hindcast.plan import load_hindcast
from experiments.hindcast.trend import (
    SETTLED,
    WIDE_GROWTH,
    WIDE_LEVEL,
    Spreads,
    carry_on,
    follow,
    prior_spreads,
    weigh,
)

PRIOR = load_hindcast().trend
RNG = np.random.default_rng(20180110)


def spreads(phi: float, level: float, growth: float, noise: float) -> Spreads:
    return Spreads(*(np.array(x) for x in (phi, level, growth, noise)))


def joint(one: Spreads, first: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of n quarters seen, built from the equations: every shock is a column."""
    shocks = 2 + 2 * n
    level, growth = np.zeros(shocks), np.zeros(shocks)
    level[0], growth[1] = WIDE_LEVEL, WIDE_GROWTH
    rows = []
    for t in range(n):
        if t > 0:
            level, growth = level + growth, float(one.phi) * growth
            level[2 * t], growth[2 * t + 1] = float(one.level_sd), float(one.growth_sd)
        rows.append(level.copy())
    root = np.stack(rows)
    return np.full(n, first), root @ root.T + float(one.noise_sd) ** 2 * np.eye(n)


@pytest.mark.parametrize("values", [(0.85, 0.1, 0.02, 0.1), (0.98, 0.01, 0.05, 0.3), (0.8, 0.3, 0.005, 0.02)])
def test_the_likelihood_is_that_of_the_joint_normal(values: tuple[float, float, float, float]) -> None:
    one, seen = spreads(*values), np.cumsum(RNG.normal(0.1, 0.2, 9 + SETTLED))
    kept = seen[SETTLED:]
    mean, covariance = joint(one, kept[0], kept.size)
    whole = multivariate_normal(mean, covariance).logpdf(kept)
    begin = multivariate_normal(mean[:2], covariance[:2, :2]).logpdf(kept[:2])
    assert float(follow(seen, one).log_likelihood) == pytest.approx(whole - begin, abs=1e-9)


def test_a_straight_rise_is_known() -> None:
    now = follow(0.1 * np.arange(24.0), spreads(1.0, 0.01, 0.001, 0.02))
    assert float(now.level) == pytest.approx(2.3, abs=0.01) and float(now.growth) == pytest.approx(0.1, abs=0.005)


def test_growth_dies_out() -> None:
    seen = 0.1 * np.arange(24.0)
    steps = carry_on(seen, spreads(0.8, 1e-9, 1e-9, 0.02), np.zeros(2 + 2 * 40))
    assert np.all(np.diff(steps[1:]) < 0) and steps[-1] < 1e-3


def test_draws_have_the_predictive_spread() -> None:
    seen, one = np.zeros(24), spreads(0.9, 0.1, 0.02, 0.1)
    ways = np.cumsum(carry_on(np.zeros((4000, 24)), one, RNG.standard_normal((4000, 26))), axis=-1)
    now = follow(seen, one)
    variance = [float(now.level_var + 2 * now.both_cov + now.growth_var) + 0.1**2]
    assert np.std(ways[:, 0]) == pytest.approx(np.sqrt(variance[0]), rel=0.05)
    assert np.all(np.diff(np.std(ways, axis=0)) > 0) and abs(float(np.mean(ways[:, -1]))) < 0.1


def test_weights_find_the_spread_that_made_the_series() -> None:
    points = prior_spreads(PRIOR, 1)
    assert np.all((points.phi >= 0.8) & (points.phi <= 0.98)) and points.phi.size == PRIOR.n_points
    rough, smooth = (np.cumsum(RNG.normal(0, sd, (3, 40)), axis=1) for sd in (0.3, 0.02))
    mean = [float(np.sum(weigh(series, points) * points.level_sd)) for series in (rough, smooth)]
    assert mean[0] > 3 * mean[1]
    np.testing.assert_allclose(np.sum(weigh(rough, points)), 1.0)
