"""New governments: what an election may change in a bloc's preferences and in its trust.

Theory 1.17 (iv) [switch: turnover]. At scheduled dates an executive comes that weighs home profits differently, a
legislature that asks more or less of a treaty, and a team with its own prior view of each partner. The record of
conduct stays: only the prior in it is exchanged. Every redraw starts from the declared values, not from the last
government's, so that parties do not drift away over a run.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import FloatArray, FloatLike

# Bounds of what a government may want: those of the parameters that it replaces (theory 1.5, 1.9).
MOST_PROFIT_WEIGHT: Final = 1.5
LEAST_THRESHOLD: Final = -0.1
MOST_THRESHOLD: Final = 0.6
# Least prior evidence, in quarters of observation: the lower end of the declared range (theory 1.11).
LEAST_PRIOR: Final = 0.1
MOST_PRIOR: Final = 20.0


def new_profit_weight(usual: FloatLike, spread: FloatLike, normal: FloatLike) -> FloatArray:
    """Weight psi_E that a new executive puts on home profits, no unit.

    usual: (...) or scalar, the declared weight, in [0, 1.5]. spread: scalar, sd of its log, in [0, 1]; default 0.5.
    normal: (...), a standard normal draw.
    Limits: the usual weight without spread, and its median with it; never above 1.5.
    Source: theory 1.17; the law is an assumption.
    """
    return np.minimum(np.multiply(usual, np.exp(np.multiply(spread, normal))), MOST_PROFIT_WEIGHT)


def new_threshold_shift(usual: FloatLike, spread: FloatLike, normal: FloatLike) -> FloatArray:
    """How much more a new legislature asks of a treaty than usual, multiples of S_L.

    usual: (...), declared threshold theta, in [-0.1, 0.6]. spread: scalar, sd, in [0, 0.3]; default 0.1. normal: (...),
    a standard normal draw.
    Limits: 0 without spread; usual + shift stays in [-0.1, 0.6].
    Source: theory 1.17; the law is an assumption.
    """
    asked = np.add(usual, np.multiply(spread, normal))
    return np.minimum(np.maximum(asked, LEAST_THRESHOLD), MOST_THRESHOLD) - usual


def new_prior(usual: FloatLike, spread: FloatLike, normal: FloatLike) -> FloatArray:
    """Prior good evidence a_0 that a new government has of a partner, quarters of observation.

    usual: (...), the declared prior, in [0.1, 20]. spread: scalar, sd of its log, in [0, 1]; default 0.3.
    normal: (...), a standard normal draw.
    Limits: the usual prior without spread, and its median with it; stays in [0.1, 20].
    Source: theory 1.17; the law is an assumption.
    """
    drawn = np.multiply(usual, np.exp(np.multiply(spread, normal)))
    return np.minimum(np.maximum(drawn, LEAST_PRIOR), MOST_PRIOR)


def evidence_with_prior(evidence: FloatLike, prior: FloatLike, new: FloatLike, least: FloatLike) -> FloatArray:
    """Evidence once a new prior has taken the place of the old one, quarters of observation.

    evidence: (...), so far, prior included. prior, new: (...), old and new prior. least: scalar, floor of evidence.
    Limits: unchanged by an equal prior; the record beyond the prior is kept, down to the floor.
    Source: theory 1.17 ("trust keeps its memory").
    """
    return np.maximum(np.add(evidence, np.subtract(new, prior)), least)


def belief_with_prior(belief: FloatLike, prior: FloatLike, new: FloatLike) -> FloatArray:
    """Belief that a partner is a reciprocating type once a new prior has taken the place of the old one, a fraction.

    belief: (...), so far, in (0, 1). prior, new: (...), old and new prior good evidence; the bad stays.
    Limits: unchanged by an equal prior; rises with the new prior; stays in (0, 1).
    Source: Bayes' rule, odds times the ratio of prior odds; theory 1.10, 1.17.
    """
    odds = np.multiply(belief, np.divide(new, prior))
    return odds / (odds + np.subtract(1.0, belief))
