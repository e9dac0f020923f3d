"""Whether a treaty enforces itself: honour or lapse, by the shadow of the future.

Theory 1.10 and 1.17. No court enforces a trade treaty between blocs. A side honours a quarter when what it
would gain by lapsing is no more than what it expects to lose once the partner has noticed and answered. Trust
is the belief that the partner honours *in a quarter* (the "reliability" version, the default); the textbook
version, where trust is the belief that the partner is of the reciprocating *type*, is a switch and almost
never binds at quarterly discounting (trap 0.2).

Flows are bn$ per quarter: ``wcc`` both honour, ``wdc`` I lapse and the partner honours, ``wcd`` the partner
lapses, ``wdd`` both lapse, ``punish`` while the treaty is withdrawn. Where flows carry a package axis, what
belongs to a party (trust, continuation, lags) is a scalar or (..., 1).

Here is the deviation of withdrawing everything; that of withdrawing one concession is in ``withdrawal``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike, powers, safe_ratio

BoolArray = npt.NDArray[np.bool_]
BoolLike = bool | BoolArray

# A punishment of this many quarters or more counts as lasting for ever (no unit of its own: quarters).
FOREVER: Final = 1.0e6
# Smallest 1 - d that a value of the whole future is divided by; d stays below 0.99 in the declared ranges.
LEAST_IMPATIENCE: Final = 1.0e-12
# Belief in a partner's type stays off 0 and 1, as trust does, so that it can always be revised (fraction).
BELIEF_FLOOR: Final = 0.001


def continuation(discount: FloatLike, hazard_times_tension: FloatLike, trust: FloatLike) -> FloatArray:
    """Weight d of next quarter, given that the treaty must still be alive then, a fraction in [0, 1).

    discount: (...) or scalar, beta, per quarter, in [0.95, 0.99]; default 0.98.
    hazard_times_tension: (...), probability that a successor repudiates the treaty this quarter, in [0, 1].
    trust: (...), belief q that the partner honours, in [0.001, 0.999]; pass 1 for the type version.
    Limits: discount at no hazard and full trust; falls in the hazard, rises in trust.
    Source: theory 1.10, d = beta (1 - h) q.
    """
    return np.multiply(discount * (1.0 - hazard_times_tension), trust)


def honour_test(
    wcc: FloatLike,
    wdc: FloatLike,
    wcd: FloatLike,
    wdd: FloatLike,
    punish: FloatLike,
    trust: FloatLike,
    continuation: FloatLike,
    detection_lag: FloatLike = 1,
    punishment_length: FloatLike = np.inf,
) -> tuple[BoolArray, FloatArray]:
    """Does a side honour, by how much: (True/False, slack in bn$), reliability version.

    wcc, wdc, wcd, wdd, punish: (...) or (..., P), flows, bn$ per quarter.
    trust: (...) or (..., 1), belief q that the partner honours in a quarter, in (0, 1).
    continuation: (...) or (..., 1), d = beta (1 - h) q, in [0, 1].
    detection_lag: quarters until a lapse is answered, >= 1; default 1.
    punishment_length: quarters the answer lasts, >= 0; inf = for ever.
    Returns (passes, slack): slack is the present value lost less the present value gained by lapsing, passes
    = slack >= 0.
    Limits: with no punishment only a lapse that pays nothing is resisted; current policy against itself has
    slack 0 and passes; a longer punishment or a shorter lag never fails a treaty that is worth keeping (flow
    above ``punish``).
    Source: Dixit 1987, Bagwell & Staiger 1990, Maggi 1999, Park 2011; theory 1.10, multiplied through by (1
    - d).
    """
    slack = honour_slack(
        wcc, wdc, wcd, wdd, punish, trust, *present_values(continuation, detection_lag, punishment_length)
    )
    return np.greater_equal(slack, 0.0), slack


def honour_slack(
    wcc: FloatLike,
    wdc: FloatLike,
    wcd: FloatLike,
    wdd: FloatLike,
    punish: FloatLike,
    trust: FloatLike,
    answered: FloatLike,
    waiting: FloatLike,
) -> FloatArray:
    """The slack of ``honour_test``, bn$, at known present values.

    Flows and trust as there; answered, waiting: (...) or (..., 1), of ``present_values``, quarters.
    Limits and source as there.
    """
    doubt = 1.0 - trust
    # Differences of flows first: flows that are all equal then give an exact zero, not a rounding error.
    # Weights are multiplied before they meet the flows, because only the flows have a package axis.
    return (
        (answered * trust) * np.subtract(wcc, punish)
        + (answered * doubt) * np.subtract(wcd, punish)
        - (waiting * trust) * np.subtract(wdc, wcc)
        - (waiting * doubt) * np.subtract(wdd, wcd)
    )


def honour_test_type(
    wcc: FloatLike,
    wdc: FloatLike,
    wcd: FloatLike,
    wdd: FloatLike,
    punish: FloatLike,
    belief: FloatLike,
    continuation: FloatLike,
    detection_lag: FloatLike = 1,
    punishment_length: FloatLike = np.inf,
) -> tuple[BoolArray, FloatArray]:
    """Does a side honour, by how much: (True/False, slack in bn$), type version [switch: trust_type].

    wcc, wdc, wcd, wdd, punish, detection_lag, punishment_length: as ``honour_test``.
    belief: (...) or (..., 1), probability that the partner is a reciprocator (else it never honours), in
    (0, 1); revised by ``bayes_type_update``.
    continuation: (...) or (..., 1), d = beta (1 - h), without trust.
    Limits: as ``honour_test``; far easier to pass at the same number, since doubt does not discount the future.
    Source: textbook repeated prisoner's dilemma with types; theory 1.10 and trap 0.2.
    """
    slack = honour_slack_type(
        wcc, wdc, wcd, wdd, punish, belief, *present_values(continuation, detection_lag, punishment_length)
    )
    return np.greater_equal(slack, 0.0), slack


def honour_slack_type(
    wcc: FloatLike,
    wdc: FloatLike,
    wcd: FloatLike,
    wdd: FloatLike,
    punish: FloatLike,
    belief: FloatLike,
    answered: FloatLike,
    waiting: FloatLike,
) -> FloatArray:
    """The slack of ``honour_test_type``, bn$, at known present values.

    Flows and belief as there; answered, waiting as in ``honour_slack``. Limits and source as there.
    """
    return (
        (answered * belief) * np.subtract(wcc, punish)
        - (waiting * belief) * np.subtract(wdc, wcc)
        - (waiting * (1.0 - belief)) * np.subtract(wdd, wcd)
    )


def present_values(discount: FloatLike, lag: FloatLike, length: FloatLike) -> tuple[FloatArray, FloatArray]:
    """Present value of one unit a quarter during the punishment, and until it starts: quarters, (...) each.

    discount: (...), d, in [0, 1]. lag, length: (...) or scalar, as ``honour_test`` has them.
    Limits: 0 and 1 at discount 0 and lag 1. Both are divided by the same positive number, so that the sign of a test
    does not depend on it.
    Source: theory 1.10, d^L (1 - d^T)/(1 - d) and (1 - d^L)/(1 - d).
    """
    # Comparing first keeps an endless punishment exact at any discount factor: it leaves no tail at all.
    tail: FloatLike = 0.0
    if isinstance(length, float) and length >= FOREVER:
        (waiting,) = powers(discount, lag)
    else:
        waiting, tail = powers(discount, lag, np.minimum(length, FOREVER))
        tail = np.less(length, FOREVER) * tail
    impatience = np.maximum(1.0 - discount, LEAST_IMPATIENCE)
    return waiting * (1.0 - tail) / impatience, (1.0 - waiting) / impatience


def bayes_type_update(belief: FloatLike, signal: FloatLike, false_alarm: FloatLike, missed: FloatLike) -> FloatArray:
    """Belief that the partner is a reciprocator after one more signal, a fraction in [0.001, 0.999].

    belief: (...), before the signal, in (0, 1). signal: (...), 1 = looked honoured, 0 = looked lapsed.
    false_alarm: (...) or scalar, probability of 0 when honoured, in [0, 0.5).
    missed: (...) or scalar, probability of 1 when lapsed, in [0, 0.5).
    Limits: with equal errors a good and a bad signal cancel; uninformative signals (errors 1/2) change
    nothing; never reaches 0 or 1, so that a later signal can still be heard.
    Source: Bayes' rule on two types; theory 1.10 and B2.
    """
    bad_signal = 1.0 - signal
    if_good = belief * (signal * (1.0 - false_alarm) + bad_signal * false_alarm)
    if_bad = (1.0 - belief) * (signal * missed + bad_signal * (1.0 - missed))
    posterior = safe_ratio(if_good, if_good + if_bad, default=belief)
    return np.clip(posterior, BELIEF_FLOOR, 1.0 - BELIEF_FLOOR)


def largest_level(slack: FloatArray, rate: FloatArray, free_rate: FloatLike) -> tuple[FloatArray, BoolArray]:
    """Largest share of a duty cut that a side keeps by itself, and whether it keeps any [switch: partial].

    slack: (..., n), slack of the side's own test (``honour_test``) at n >= 1 duty levels between the bound duty as it
    is and the agreed cut, the least cut first, bn$. rate: (..., n), the duties there, fractions, none rising.
    free_rate: (...), the duty without the cut, a fraction, >= rate[..., 0].
    Returns (share of the cut in [0, 1], passes): between two levels the slack is linear in ln(1 + duty).
    Limits: 1 where the agreed level passes; passes is False, and the share 0, where no level does; a slack that is
    higher everywhere never lowers the share.
    Source: Bagwell & Staiger 1990 ("most cooperative tariff"); theory 1.10, interpolation 1.7.
    """
    n = slack.shape[-1]
    log_rate = np.log(1.0 + rate)
    passes = slack[..., 0] >= 0.0
    reached = log_rate[..., 0]
    for k in range(n - 1):
        low, high = slack[..., k], slack[..., k + 1]
        # Where the lower level passes and the higher one does not, the test is met up to the crossing between them.
        crosses, kept = (low >= 0.0) & (high < 0.0), high >= 0.0
        crossing = log_rate[..., k] + safe_ratio(low, low - high) * (log_rate[..., k + 1] - log_rate[..., k])
        reached = np.where(kept, log_rate[..., k + 1], np.where(crosses, crossing, reached))
        passes = passes | kept
    whole = slack[..., n - 1] >= 0.0
    share = safe_ratio(free_rate - (np.exp(reached) - 1.0), free_rate - rate[..., n - 1], default=0.0)
    return np.where(whole, 1.0, np.minimum(np.maximum(share, 0.0), 1.0) * passes), passes


def two_strikes(failed_now: BoolLike, failed_before: BoolLike) -> BoolArray:
    """Whether a treaty ends because a side failed its own test two quarters running (True/False).

    failed_now, failed_before: (...), True where the side failed this quarter and the one before.
    Limits: one bad quarter never ends a treaty.
    Source: theory 1.17 (i); Koremenos 2005 on duration.
    """
    return np.logical_and(failed_now, failed_before)


def exit_draw(u: FloatLike, hazard: FloatLike, tension: FloatLike) -> BoolArray:
    """Whether political chance ends a treaty this quarter (True/False).

    u: (...), a uniform draw in [0, 1). hazard: (...) or scalar, h, per quarter, in [0, 0.08]; default 0.03.
    tension: (...), in [0, 1]; pass 1 to shut this pathway of tension.
    Limits: probability hazard * tension; never at zero hazard.
    Source: theory 1.17 (ii).
    """
    return np.less(u, np.multiply(hazard, tension))


def exit_pays(gain_from_leaving: FloatLike, exit_cost: FloatLike, scale: FloatLike) -> BoolArray:
    """Whether a side would rather give notice than stay (True/False).

    gain_from_leaving: (...), payoff outside less payoff inside, bn$ per quarter.
    exit_cost: (...) or scalar, multiple of the stake scale, in [0, 1]; default 0.1. scale: (...), S, bn$ per
    quarter, > 0.
    Limits: never when leaving loses; a higher cost never causes an exit.
    Source: theory 1.17 (iii); Helfer 2005.
    """
    return np.greater(gain_from_leaving, np.multiply(exit_cost, scale))
