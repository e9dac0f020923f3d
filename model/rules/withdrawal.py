"""Which single concession a side would withdraw: the deviations beside withdrawing everything.

Second edition, F11; theory 1.10. A side honours a package only if no deviation pays. Withdrawing everything is tested
in ``compliance``. Here it withdraws one *part*, a concession or family of concessions that it gives (its duties,
supply, recognition, linkage, and what is joint), and keeps the rest: no concession can ride on those that it likes.

The partner's answer to a part is in proportion: it suspends what is worth as much as what was withheld, as far as it
gives that much, and of its whole answer at least the share that the part has, by what the partner loses, in all parts
that cost the giver something. What the giver likes is not expected to be withdrawn and stands in no share, so that to
add it changes nothing. With one such part the share is one and the test is that of theory 1.10, whatever else is given
that costs nothing.

Flows are bn$ per quarter and belong to one side; where they carry a package axis, what belongs to a party is (..., 1).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike

BoolArray = npt.NDArray[np.bool_]

#: What a partner loses by a withdrawal counts as this much at least, bn$ per quarter (one dollar): a share must exist.
LEAST_LOSS: Final = 1.0e-9
#: What a partner would miss no more than this is no answer, bn$ per quarter: several least losses together.
NO_ANSWER: Final = 10.0 * LEAST_LOSS
#: A concession costs something from here on, bn$ in present value (less than a cent): sums of flows are rounded.
LEAST_COST: Final = 1.0e-12
#: The deviations that a side weighs: any, or the first edition's one (kept for comparison for one version).
DEVIATIONS: Final = ("best", "everything")
#: What an answer suspends: what is worth as much as was withheld, or all duty and supply concessions (first edition).
ANSWERS: Final = ("equivalent", "in_full")


class Weights(NamedTuple):
    """Present values of one unit a quarter in the test of a part, quarters, (...): what an answer takes, and a cost.

    honoured, lapsed: of the answer where the partner would honour, where it would lapse; cost_honoured, cost_lapsed: of
    what the part costs to give in these two cases.
    """

    honoured: FloatArray
    lapsed: FloatArray
    cost_honoured: FloatArray
    cost_lapsed: FloatArray


def part_weights(trust: FloatLike, answered: FloatLike, waiting: FloatLike, by_type: bool = False) -> Weights:
    """The weights in the test of a part: quarters, by whether the partner honours or lapses.

    trust: (...), belief that the partner honours in a quarter, or by_type that it is a reciprocator, in (0, 1).
    answered, waiting: (...), present value of one unit a quarter while the answer lasts, and until it starts, quarters
    (``compliance.present_values``).
    Limits: no answer at discount 0, where a cost weighs one quarter; a longer punishment raises both.
    Source: theory 1.10, its two tests written as answer against cost. What is withdrawn stays withdrawn while the
    answer lasts, so that its cost is spared until the answer ends.
    """
    belief = np.asarray(trust, dtype=np.float64)
    doubt, spared = 1.0 - belief, np.add(answered, waiting)
    # By type, what a partner that never honours does is lapsing, and no answer.
    from_lapsing, while_lapsing = (np.zeros_like(spared), waiting) if by_type else (answered, spared)
    return Weights(answered * belief, from_lapsing * doubt, spared * belief, while_lapsing * doubt)


def whole_answer(weights: Weights, wdc: FloatLike, wdd: FloatLike, punish: FloatLike) -> FloatArray:
    """Present value that the partner's answer to a full withdrawal takes from the side that withdrew, bn$.

    weights: of ``part_weights``. wdc, wdd, punish: (...) or (..., P), flows, bn$ per quarter.
    Limits: zero where punishment takes nothing; below zero where a side would rather be punished.
    Source: theory 1.10: with nothing given, what the partner still gives, less the punishment payoff.
    """
    return weights.honoured * np.subtract(wdc, punish) + weights.lapsed * np.subtract(wdd, punish)


def part_cost(weights: Weights, gain_honoured: FloatLike, gain_lapsed: FloatLike) -> FloatArray:
    """Present value of giving one concession until an answer to its withdrawal has ended, bn$.

    weights: of ``part_weights``. gain_honoured, gain_lapsed: (...) or (..., P), what withdrawing it alone brings while
    the partner honours, while it lapses, bn$ per quarter.
    Limits: zero for what costs nothing; below zero for what the giver likes.
    Source: theory 1.10.
    """
    return weights.cost_honoured * gain_honoured + weights.cost_lapsed * gain_lapsed


def loss(with_it: FloatLike, without: FloatLike) -> FloatArray:
    """What the withdrawal of one concession takes from the partner, bn$ per quarter, ``LEAST_LOSS`` at least.

    with_it, without: (...), what the partner has while all is given, and when the concession is not.
    Limits: the least loss where the partner does not mind: that is next to no part of an answer.
    Source: WTO DSU art. 22.4: what is suspended is equivalent to what is nullified.
    """
    return np.maximum(np.subtract(with_it, without), LEAST_LOSS)


def repaid(cost: FloatLike, lost: FloatLike, weights: Weights) -> BoolArray:
    """Whether an answer of equal value costs at least as much as the concession brings, (...).

    cost: (...), of ``part_cost``, bn$. lost: (...), of ``loss``, bn$ per quarter. weights: of ``part_weights``.
    Limits: nothing that costs its giver anything at discount 0; all that the partner values more, with a long enough
    answer and a sure partner. A partner that lapses anyway has nothing left to suspend.
    Source: WTO DSU art. 22.4; what it does not deter is the efficient breach of Schwartz & Sykes 2002.
    """
    return np.greater_equal(np.multiply(weights.honoured, lost), cost)


def temptation(cost: FloatLike, lost: FloatLike, is_repaid: BoolArray) -> FloatArray:
    """Cost of a concession per unit of what its withdrawal takes from the partner, quarters, >= 0, unless ``repaid``.

    cost: (...), of ``part_cost``, bn$. lost: (...), of ``loss``, bn$ per quarter. is_repaid: (...), of ``repaid``.
    Limits: zero for what costs its giver no more than ``LEAST_COST``.
    Source: definition: with answers in proportion to ``lost``, the dearest unit decides.
    """
    return np.divide(cost, lost) * (np.greater(cost, LEAST_COST) & ~is_repaid)


def price(cost: FloatLike, is_repaid: BoolArray) -> FloatArray:
    """Cost of a concession that an answer of equal value would repay, bn$, >= 0; zero for any other.

    cost, is_repaid: as in ``temptation``.
    Limits: the partner must give that much, or it cannot suspend it: the whole answer has to reach the price.
    Source: as ``repaid``.
    """
    return np.maximum(cost, 0.0) * is_repaid


def at_stake(cost: FloatLike, lost: FloatLike) -> FloatArray:
    """What a concession adds to all that may be withheld from the partner, bn$ per quarter, >= 0.

    cost: (...), of ``part_cost``, bn$. lost: (...), of ``loss``, bn$ per quarter.
    Limits: nothing where the giver likes to give, since nobody expects that to be withdrawn.
    Source: definition.
    """
    return np.greater(cost, LEAST_COST) * np.asarray(lost)


def part_slack(answer: FloatLike, dearest: FloatLike, stake: FloatLike, highest: FloatLike) -> FloatArray:
    """The whole answer less the one that would be needed to hold the most tempting part, bn$; the part is kept at >= 0.

    answer: (...), of ``whole_answer``; one that a side would like is no answer. dearest, highest: (...), the largest
    ``temptation`` and the highest ``price`` of what it gives. stake: (...), sum of ``at_stake`` over what it gives.
    Limits: never negative where nothing costs its giver anything; with one costly concession, and nothing else given,
    the slack of ``honour_test``, where the answer hurts.
    Source: second edition, F11 and section 4: every part has cost <= answer * lost / stake, or cost <= the equivalent
    answer, which is no more than the whole one.
    """
    return np.maximum(answer, 0.0) - np.maximum(np.multiply(dearest, stake), highest)


def equivalent_share(withheld: FloatLike, at_hand: FloatLike) -> FloatArray:
    """Share of what a side can suspend that is worth to its partner what was withheld, a fraction in [0, 1].

    withheld: (...), what the side lost, or believes that it lost. at_hand: (...), what the partner would lose if the
    side suspended all that it can (``loss``). bn$ per quarter.
    Limits: nothing for nothing; all where the partner gives more than the side has at hand, or just as much; nothing
    where the partner would miss nothing.
    Source: WTO DSU art. 22.4, as in ``repaid``: the act is what the test of compliance expects.
    """
    can = np.greater(at_hand, NO_ANSWER)
    share = np.divide(np.maximum(withheld, 0.0), np.where(can, at_hand, 1.0))
    return np.minimum(share, 1.0) * can
