"""The second table: whether each side's legislature passes what its executive has agreed.

Theory 1.9, after Putnam's two-level game. Executive and legislature are different principals: the executive's
weight on industry profits decides what is offered, the legislature's own, larger weight decides what passes,
and the two are never added (trap 0.10). The luck of ratification persists, so that a mood against trade deals
lasts some years; with a fresh draw every quarter any package would pass in time (trap 0.26).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import FloatArray, FloatLike, logistic, normal_cdf
from model.rules import BoolArray

#: Threshold of what no legislature votes on: an executive act passes (multiples of S_L).
NO_VOTE: Final = -1e9


def ratification_probability(
    legislature_gain: FloatLike, scale: FloatLike, threshold: FloatLike, slope: FloatLike
) -> FloatArray:
    """Probability that one side's legislature passes a package, a fraction in [0, 1].

    legislature_gain: (...) or (..., P), the legislature's gain over current policy, bn$ per quarter.
    scale: (...) or (..., 1), its stake scale S_L, bn$ per quarter, > 0.
    threshold: (...) or (..., 1), theta, gain demanded as a multiple of S_L, in [-0.1, 0.6], or ``NO_VOTE``;
    CN 0, EU 0.10, US 0.15.
    slope: scalar, k_R, how sharply the probability rises around the threshold, in [2, 12]; default 6.
    Limits: 1/2 at the threshold; rises with the gain; never rises with the threshold (M18). Both sides must
    pass, so a package's probability is the product of two of these.
    Source: theory 1.9; Putnam 1988, Iida 1993, Milner & Rosendorff 1997; logistic form an assumption.
    """
    return logistic(slope * (np.divide(legislature_gain, scale) - threshold))


def persistent_shock(previous: FloatLike, persistence: FloatLike, draw: FloatLike) -> FloatArray:
    """Next value of the standard AR(1) mood of a legislature towards deals in a dyad, in standard deviations.

    previous: (...), last quarter's mood; high is hostile. persistence: (...) or scalar, rho_L, in [0, 1]; default 0.9.
    draw: (...), a standard normal number for this quarter.
    Limits: persistence 0 returns the draw, persistence 1 the previous mood; the stationary variance is one.
    Source: definition (first-order autoregression); theory 1.9.
    """
    # The clip keeps a persistence that rounding has put just above one from reaching the root of a negative
    # number.
    fresh = np.sqrt(np.maximum(1.0 - persistence * persistence, 0.0))
    return np.add(persistence * previous, fresh * draw)


def ratifies(shock: FloatLike, probability: FloatLike) -> BoolArray:
    """Whether the legislature passes the deal before it, given its mood (True/False).

    shock: (...), mood in standard deviations. probability: (...), ``ratification_probability``, in [0, 1].
    Limits: true with exactly that probability over the stationary mood; never at probability 0; a higher
    probability never turns a pass into a failure.
    Source: theory 1.9, u = Phi(shock) < probability.
    """
    return np.less(normal_cdf(shock), probability)


def in_win_set(legislature_gain: FloatLike, scale: FloatLike, threshold: FloatLike) -> BoolArray:
    """Whether a package is one the legislature would rather pass than not (True/False).

    legislature_gain: (...) or (..., P), bn$ per quarter. scale: (...) or (..., 1), S_L, bn$ per quarter, > 0.
    threshold: (...) or (..., 1), theta, multiples of S_L.
    Limits: the packages with a probability of at least 1/2; shrinks as the threshold rises.
    Source: Putnam 1988 (win-set); theory 1.9.
    """
    return np.greater_equal(legislature_gain, np.multiply(threshold, scale))
