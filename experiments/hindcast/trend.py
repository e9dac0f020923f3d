"""A damped trend with a moving level and growth, for the implied quality of EVs: its likelihood, and its way on.

    level' = level + growth + level shock        growth' = phi * growth + growth shock        seen = level + noise

Growth shrinks by phi a quarter, so that a fast rise is not carried on for ever: the trend saturates. How fast it does,
and how uncertain the way on is, comes from the years of the fit alone. Filtering is exact (Kalman), in closed form for
two states, for many sets of spreads at once.

Source: Gardner & McKenzie 1985; Harvey 1989 (structural time series).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import qmc

from experiments.hindcast.plan import Range, Trend

SETTLED: Final = 3  # quarters after the start that are not used: prices still move to their equilibrium
WIDE_LEVEL: Final = 1.0  # sd of the first level, utils: nothing is known
WIDE_GROWTH: Final = 0.2  # sd of the first growth, utils a quarter: from halving to doubling the odds within a year
LN_TWO_PI: Final = 1.8378770664093453


@dataclass(frozen=True)
class Spreads:
    """Parameters of damped trends, arrays of one shape: phi a quarter, spreads in utils a quarter, noise in utils."""

    phi: np.ndarray
    level_sd: np.ndarray
    growth_sd: np.ndarray
    noise_sd: np.ndarray

    def __getitem__(self, at: Any) -> Spreads:
        return Spreads(self.phi[at], self.level_sd[at], self.growth_sd[at], self.noise_sd[at])


@dataclass(frozen=True)
class Standing:
    """Where a trend stands after the last quarter seen: means and covariance of level and growth, log likelihood."""

    level: np.ndarray
    growth: np.ndarray
    level_var: np.ndarray
    both_cov: np.ndarray
    growth_var: np.ndarray
    log_likelihood: np.ndarray


def prior_spreads(prior: Trend, seed: int) -> Spreads:
    """Scrambled Sobol points over the priors: phi uniform, spreads uniform in logs."""
    points = qmc.Sobol(4, scramble=True, rng=seed).random(prior.n_points)

    def over(column: int, of: Range, in_logs: bool) -> np.ndarray:
        low, high = (np.log(of.low), np.log(of.high)) if in_logs else (of.low, of.high)
        value = low + points[:, column] * (high - low)
        return np.exp(value) if in_logs else value

    return Spreads(
        over(0, prior.phi, False),
        over(1, prior.level_sd, True),
        over(2, prior.growth_sd, True),
        over(3, prior.noise_sd, True),
    )


def follow(seen: np.ndarray, spreads: Spreads) -> Standing:
    """Filter series (..., q) with spreads that broadcast against their leading axes (...).

    The likelihood counts what each quarter adds to those before; the first quarters are left out.
    """
    seen = seen[..., SETTLED:]
    shape = np.broadcast_shapes(seen.shape[:-1], spreads.phi.shape)
    level, growth = np.broadcast_to(seen[..., 0], shape).copy(), np.zeros(shape)
    a, b, c = np.full(shape, WIDE_LEVEL**2), np.zeros(shape), np.full(shape, WIDE_GROWTH**2)
    noise, total = spreads.noise_sd**2, np.zeros(shape)
    for t in range(seen.shape[-1]):
        if t > 0:
            level, growth = level + growth, spreads.phi * growth
            a, b, c = a + 2.0 * b + c + spreads.level_sd**2, spreads.phi * (b + c), spreads.phi**2 * c
            c = c + spreads.growth_sd**2
        error, spread = seen[..., t] - level, a + noise
        if t > 1:  # the first two only say where the line begins
            total = total - 0.5 * (LN_TWO_PI + np.log(spread) + error**2 / spread)
        gain, turn = a / spread, b / spread
        level, growth = level + gain * error, growth + turn * error
        a, b, c = a * (1.0 - gain), b * (1.0 - gain), c - turn * b
    return Standing(level, growth, a, b, c, total)


def weigh(implied: np.ndarray, spreads: Spreads) -> np.ndarray:
    """(P,) posterior weights, adding to one, of spreads (P,) that all markets share, given series (m, q)."""
    one = follow(implied[None], spreads[:, None])
    score = np.sum(one.log_likelihood, axis=-1)
    weight = np.exp(score - np.max(score))
    return weight / np.sum(weight)


def carry_on(seen: np.ndarray, spreads: Spreads, luck: np.ndarray) -> np.ndarray:
    """(..., n) growth of quality in each of the n quarters after series (..., q): draws from the predictive law.

    luck (..., 2 + 2 n) standard normal numbers. The first quarter also takes back the noise of the last one seen.
    """
    now = follow(seen, spreads)
    root = np.sqrt(now.level_var)
    level = now.level + root * luck[..., 0]
    left = np.maximum(now.growth_var - now.both_cov**2 / now.level_var, 0.0)
    growth = now.growth + now.both_cov / root * luck[..., 0] + np.sqrt(left) * luck[..., 1]
    steps, last = [], seen[..., -1]
    for t in range((luck.shape[-1] - 2) // 2):
        ahead = level + growth + spreads.level_sd * luck[..., 2 + 2 * t]
        steps.append(ahead - last)
        level = last = ahead
        growth = spreads.phi * growth + spreads.growth_sd * luck[..., 3 + 2 * t]
    return np.stack(steps, axis=-1)
