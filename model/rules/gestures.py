"""Unilateral gestures that invite an answer: graduated reciprocation in tension reduction (GRIT).

Theory 1.15 [switch: grit]. A wary bloc that sees tension fall makes a small concession that costs it something, says
so in advance, and keeps it for a fixed time whatever happens. The partner takes it as evidence of good will and may
answer in kind; then both keep what they gave and the next step is offered. Without an answer the gesture lapses.

What a gesture costs is what makes it credible (Kydd 2000), so a step that pays its giver anyway is none: that would be
harmony.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import FloatArray, FloatLike
from model.rules import BoolArray, BoolLike, IntArray

# Loss of a step that is no gesture: larger than any real one (bn$ per quarter).
OUT_OF_REACH: Final = 1.0e300


def cheapest_gesture(own: FloatArray, partner: FloatArray, is_step: BoolArray) -> tuple[IntArray, BoolArray]:
    """Which package is a bloc's cheapest gesture over the policy in force, and whether it has one.

    own, partner: (..., P), gains over the policy in force of the bloc and of its partner, bn$ per quarter.
    is_step: (..., P) or (P,), packages that add one step on one of the bloc's own issues and nothing else.
    Returns (index (...), exists (...)); index 0 where none exists.
    Limits: costs the giver something and is worth something to the partner; ties go to the first package.
    Source: theory 1.15 ("on its cheapest issue"); costly signals after Kydd 2000.
    """
    fits = is_step & (own < 0.0) & (partner > 0.0)
    score = np.where(fits, own, -OUT_OF_REACH)
    best = np.maximum.reduce(score, axis=-1, keepdims=True)
    n = score.shape[-1]
    first = n - np.maximum.reduce((score == best) * np.arange(n, 0, -1), axis=-1)
    exists = np.logical_or.reduce(fits, axis=-1)
    return first * exists, exists


def makes_gesture(
    u: FloatLike,
    hazard: FloatLike,
    trust: FloatLike,
    least_trust: FloatLike,
    tension: FloatLike,
    tension_before: FloatLike,
    is_next_step: BoolLike,
) -> BoolArray:
    """Whether a bloc that can makes a gesture this quarter (True/False).

    u: (...), a uniform draw in [0, 1). hazard: scalar, hg, per quarter, in [0, 0.2]; default 0.05. trust: (...), of the
    bloc in its partner, in (0, 1). least_trust: scalar, trust from which on no gesture is needed; default 0.5.
    tension, tension_before: (...), this quarter and last, in (0, 1). is_next_step: (...), True where the last gesture
    was answered in kind: then the next step is offered at once.
    Limits: never in rising or steady tension and never by a trusting bloc, but for a next step.
    Source: Osgood 1962, Lindskold 1978; theory 1.15.
    """
    starts = np.less(u, hazard) & np.less(trust, least_trust) & np.less(tension, tension_before)
    return np.logical_or(starts, is_next_step)


def answers_gesture(
    own_slack: FloatLike, giver_slack: FloatLike, own_gain: FloatLike, giver_gain: FloatLike
) -> BoolArray:
    """Whether a gesture is answered in kind, so that both keep what they gave (True/False).

    own_slack, giver_slack: (...), slack of the compliance tests of the answering side and of the giver for both
    steps together, bn$. own_gain, giver_gain: (...), their gains over the policy in force before the gesture, bn$ per
    quarter.
    Limits: never where either side would not keep it, or loses by it.
    Source: theory 1.15 ("if its test 1.10 passes"); that nobody answers into a loss is added here.
    """
    keeps = np.greater_equal(own_slack, 0.0) & np.greater_equal(giver_slack, 0.0)
    return keeps & np.greater_equal(own_gain, 0.0) & np.greater_equal(giver_gain, 0.0)
