"""When has cooperation emerged? What is realised of what there is to gain, and the spells in which it lasts.

Cooperation is measured by what it is worth: the share of the attainable joint gain that is realised (``gain_share``),
with neither side losing and each conceding something that it would not do alone. Then: does it last (spells), and was
it there from the start (``beginnings``)? Depth, the weighted share of what could be conceded that is kept, describes
what it consists of. Everything here measures; nothing here feeds back into the model. Definitions are fixed before the
experiments and never changed between their arms.

Axes: the ten issues of a dyad (I) in the order of ``vocabulary.ISSUES``, or quarters (T), on the last axis.

Source: theory 2.1-2.3; pitfall of counting harmony as cooperation: Keohane 1984.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from model.numerics import FloatArray, FloatLike, ordered_sum, safe_ratio
from model.rules import BoolArray, BoolLike, IntArray

# --- numbers fixed by theory 2.1 (judgement; sensitivities in theory 2.2) -----------------------------------

#: Weight of each issue in the depth of a dyad, before inactive issues are taken out; adds to 1 (no unit).
#: Duties 0.45 (vehicles 0.25 and batteries 0.20, which move together), supply 0.15, recognition 0.20, linkage
#: 0, charging 0.10, technology 0.10; two-sided issues split between the sides.
DEPTH_WEIGHTS: Final = np.array([0.225, 0.225, 0.075, 0.075, 0.10, 0.10, 0.0, 0.0, 0.10, 0.10])
#: Share of each issue that the first side gives; the rest the second gives. Joint issues are given by both.
GIVEN_BY_FIRST: Final = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5, 0.5])
#: Issues that take two: no side can do them alone, so they are never harmony.
IS_JOINT: Final = np.array([False] * 8 + [True] * 2)
#: Depth of a duty that is only bound at its present rate, a standstill (share of the full cut; theory 1.6).
STANDSTILL_DEPTH: Final = 0.1
#: The cooperation state: mean depth over this many quarters, at least this deep, at least this reciprocal.
STATE_WINDOW: Final = 4
DEPTH_THRESHOLD: Final = 0.5
LEAST_RECIPROCITY: Final = 0.25
#: Attainable joint gains below this are none to share (bn$ per year): the share is then undefined.
LEAST_ATTAINABLE: Final = 0.01
#: The cooperation state by gains: at least this share of the attainable joint gain (sensitivity 0.3, 0.7).
GAIN_THRESHOLD: Final = 0.5
#: What was inherited has deepened when this much more of the attainable gain is realised than it promised.
DEEPER: Final = 0.1
#: This many quarters in a row below the state end a spell of it; a shorter shortfall is bridged.
STATE_GAP: Final = 2
#: A spell this long is durable (quarters).
DURABLE_QUARTERS: Final = 12
#: A value this close to its threshold has reached it (rounding of weighted sums; theory M19).
KNIFE_EDGE: Final = 1e-12


#: What counts as conceded against one's will: what goes beyond the best position alone, or a whole issue that costs.
REGRETS: Final = ("by_position", "by_issue")


class SpellsSummary(NamedTuple):
    """The spells of each run, one number a run, each (...)."""

    emerged: BoolArray  # at least one spell
    collapsed: BoolArray  # the first spell has ended within the horizon
    n_spells: IntArray  # count, re-emergence included
    durable: BoolArray  # some spell lasted DURABLE_QUARTERS or more
    longest: IntArray  # quarters in the longest spell, 0 if none


class Beginnings(NamedTuple):
    """How each run's cooperation began and what became of what was there at the start, each (...)."""

    inherited: BoolArray  # it was there from the start
    emerged: BoolArray  # it was not, and began later
    onset: IntArray  # quarter in which it did, 0 included; the horizon T if it did not
    kept: BoolArray  # inherited, and there in every quarter until the end
    lost: BoolArray  # inherited, and its spell ended
    regained: BoolArray  # inherited, lost, and there again later


# --- depth --------------------------------------------------------------------------------------------------


def issue_weights(
    gain_first: FloatArray, gain_second: FloatArray, minimum: FloatLike, contested_only: bool = False
) -> FloatArray:
    """Weight of each issue in the depth of a dyad, inactive issue-sides taken out; (..., I), adds to 1.

    gain_first, gain_second: (..., I), what each issue alone is worth to the first and second side at t = 0,
    bn$ per YEAR (a flow per quarter times four). minimum: scalar or (..., 1), the least gain of the receiver
    that makes an issue-side count, bn$ per year, 0 to 0.05. contested_only: leave out harmony too, that is,
    what the giver would do alone (own gain > 0, joint issues excepted).
    Limits: the default weights when every issue-side is active; 0 throughout when none is (depth is then 0);
    raising ``minimum`` never makes another issue-side active.
    Source: theory 2.1 (active issue-sides, D_contested). What is spread is spread in proportion to weight
    (definition). Compute once from the scenario's full menu; never per arm.
    """
    given_second = 1.0 - GIVEN_BY_FIRST
    counts_first, counts_second = gain_second >= minimum, gain_first >= minimum  # the RECEIVER's gain decides
    if contested_only:
        counts_first = counts_first & ((gain_first <= 0.0) | IS_JOINT)
        counts_second = counts_second & ((gain_second <= 0.0) | IS_JOINT)
    active = DEPTH_WEIGHTS * (GIVEN_BY_FIRST * counts_first + given_second * counts_second)
    return safe_ratio(active, ordered_sum(active, keepdims=True))


def concession(cut: FloatLike, is_bound: BoolLike, honoured: FloatLike) -> FloatArray:
    """Implemented concession on a duty: its cut, or a standstill's small share, if honoured; in [0, 1].

    cut: (...), treaty level y, share of the way from the no-treaty duty to the floor, 0 to 1. is_bound:
    (...), whether a treaty binds this duty at all. honoured: (...), share honoured this quarter, 0 to 1.
    Limits: 0 when unbound or not honoured; ``STANDSTILL_DEPTH`` at a bound duty without a cut.
    Source: theory 2.1, 1.6. On other issues the concession is level times honoured share.
    """
    return honoured * np.maximum(cut, STANDSTILL_DEPTH) * is_bound


def depth(concessions: FloatLike, weights: FloatArray) -> FloatArray:
    """Depth of a dyad: the weighted mean of its implemented concessions; fraction of full cooperation, (...).

    concessions: (..., I), implemented part of each issue, 0 to 1. weights: (..., I) of ``issue_weights``.
    Limits: 0 with no treaty, 1 when every active issue is fully implemented; never falls when a concession
    rises. The ceiling of an arm is the depth of the deepest package that it allows.
    Source: theory 2.1.
    """
    return ordered_sum(np.multiply(concessions, weights))


def has_tariff_concession(duty_concessions: FloatArray, duty_weights: FloatArray) -> BoolArray:
    """Whether at least one active duty is cut, not only bound; boolean (...).

    duty_concessions: (..., n), implemented concessions on the duty issues, 0 to 1. duty_weights: (..., n),
    their weights; an issue without weight is inactive.
    Limits: false at a standstill on every duty.
    Source: theory 2.1 (third condition of the cooperation state).
    """
    is_cut = (duty_concessions > STANDSTILL_DEPTH + KNIFE_EDGE) & (duty_weights > 0.0)
    return np.logical_or.reduce(is_cut, axis=-1)


def reciprocity(gain_first: FloatLike, gain_second: FloatLike) -> FloatArray:
    """How evenly two sides gain, max(0, smaller gain) / larger gain; in [0, 1].

    gain_first, gain_second: (...), total realised gains over no treaty, one unit.
    Limits: 1 for equal gains, 0 where either side does not gain; symmetric; free of units.
    Source: theory 2.1; reciprocity in the sense of Keohane 1986.
    """
    smaller, larger = np.minimum(gain_first, gain_second), np.maximum(gain_first, gain_second)
    return safe_ratio(np.maximum(smaller, 0.0), np.maximum(larger, 0.0))


def rolling_mean(series: FloatArray, window: int = STATE_WINDOW) -> FloatArray:
    """Mean of the last ``window`` quarters, of those there are at the start; unit of the series, (..., T).

    series: (..., T), T >= 1. window: quarters, >= 1.
    Limits: the series itself at window 1; a constant stays constant to rounding; never leaves its range.
    Source: definition (theory 2.1); quarters before the horizon are left out, not counted as zero.
    """
    horizon = series.shape[-1]
    total = np.zeros_like(series)
    # Oldest quarter first, as a running sum by one observer would add them.
    for lag in range(min(window, horizon) - 1, -1, -1):
        total[..., lag:] += series[..., : horizon - lag]
    return total / np.minimum(np.arange(1, horizon + 1), window)


def cooperation_state(depth_mean: FloatLike, reciprocity_level: FloatLike, has_tariff_cut: BoolLike) -> BoolArray:
    """Whether a dyad cooperates: deep enough, reciprocal enough, with a duty cut; boolean (...).

    depth_mean: (...), ``rolling_mean`` of depth, 0 to 1. reciprocity_level: (...), 0 to 1. has_tariff_cut:
    (...) of ``has_tariff_concession``. Deep enough is ``DEPTH_THRESHOLD``, reciprocal enough ``LEAST_RECIPROCITY``.
    Limits: thresholds are met by equality.
    Source: theory 2.1.
    """
    deep = np.greater_equal(depth_mean, DEPTH_THRESHOLD - KNIFE_EDGE)
    even = np.greater_equal(reciprocity_level, LEAST_RECIPROCITY - KNIFE_EDGE)
    return deep & even & has_tariff_cut


def gain_share(joint_gain: FloatLike, attainable: FloatLike, least: FloatLike) -> FloatArray:
    """Share of the attainable joint gain that is realised, (...); not a number where there is next to none to share.

    joint_gain: (...), realised by both sides over no treaty. attainable: (...), the largest that a package by which
    neither side loses would give, >= 0. least: the smallest attainable gain of which a share is told, one unit.
    Limits: 1 at the best package; 0 without a treaty; above 1 where more is realised than governments see to gain, or
    at a cost to one side; negative where both together lose.
    Source: definition (share of the bargaining set's best point that is reached; Pareto efficiency as in Nash 1950).
    """
    is_there = np.greater_equal(attainable, least)
    return np.where(is_there, safe_ratio(np.asarray(joint_gain), np.where(is_there, attainable, 1.0)), np.nan)


def gain_state(
    share_mean: FloatLike,
    gain_first_mean: FloatLike,
    gain_second_mean: FloatLike,
    both_concede: BoolLike,
    threshold: FloatLike = GAIN_THRESHOLD,
) -> BoolArray:
    """Whether a dyad cooperates by what it gains; boolean (...).

    share_mean, gain_first_mean, gain_second_mean: (...), ``rolling_mean`` of the gain share and of each side's gain
    over no treaty. both_concede: (...), whether each side keeps something that it would not do alone. threshold: 0
    to 1.
    Limits: false where nothing can be gained or one side loses; thresholds are met by equality; raising the threshold
    never adds a quarter.
    Source: definition; to concede what one would not do alone is what tells cooperation from harmony (Keohane 1984).
    """
    enough = np.greater_equal(share_mean, np.subtract(threshold, KNIFE_EDGE))
    none_loses = np.minimum(gain_first_mean, gain_second_mean) >= -KNIFE_EDGE
    return enough & none_loses & both_concede


def both_concede(concessions: FloatArray, alone: FloatArray) -> BoolArray:
    """Whether each of two sides keeps a concession that it would not make alone; boolean (...).

    concessions: (..., I), implemented part of each issue, 0 to 1. alone: (..., 2, I), the part that each side would
    give alone, 0 to 1; 1 of what the other side gives.
    Limits: false without a treaty, where only one side concedes, and where both do what they like anyway.
    Source: definition, as in ``gain_state``.
    """
    given = np.greater(np.expand_dims(concessions, -2), np.add(alone, KNIFE_EDGE))
    return np.logical_and.reduce(np.logical_or.reduce(given, axis=-1), axis=-1)


# --- spells -------------------------------------------------------------------------------------------------


def spell_mask(state: BoolArray, gap: int = STATE_GAP) -> BoolArray:
    """Which quarters belong to a spell; booleans (..., T).

    state: (..., T), whether the condition holds, T >= 1. gap: this many quarters in a row below end the spell, at the
    first of them, >= 1; a shorter shortfall is bridged; one that the horizon cuts off before it is that long does not
    end it (censored).
    Limits: the state itself at gap 1. The mask keeps apart every two spells.
    Source: theory 2.1, D4; one quarter is enough for a spell to begin, and then it tolerates gaps.
    """
    horizon = state.shape[-1]
    # Bridging is closing the state: let it linger for a quarter less than `gap`, then ask that it holds for as
    # many of the next ones.
    lingers = state.copy(order="K")
    for k in range(1, min(gap, horizon)):
        lingers[..., k:] |= state[..., :-k]
    bridged = lingers.copy(order="K")
    for k in range(1, min(gap, horizon)):
        bridged[..., :-k] &= lingers[..., k:]
    return bridged


def spells_summary(state: BoolArray, gap: int = STATE_GAP, durable_quarters: int = DURABLE_QUARTERS) -> SpellsSummary:
    """Emergence, collapse and durability of every run at once; each field (...), quarters or booleans.

    state: (..., T), the cooperation state by quarter, T >= 1. gap: as ``spell_mask``. durable_quarters: >= 1.
    Limits: a bridged shortfall counts towards a spell's length.
    Source: theory 2.1. A spell to the end of the horizon is durable when it is long enough by then: the theory's "or to
    the end with 12 possible" says the same, since a spell from onset to the end has all that was possible.
    """
    quarter = np.arange(state.shape[-1])
    mask = spell_mask(state, gap)
    starts = mask.copy(order="K")
    starts[..., 1:] &= ~mask[..., :-1]
    ends = np.zeros_like(mask)
    ends[..., 1:] = mask[..., :-1] & ~mask[..., 1:]
    emerged, collapsed = np.logical_or.reduce(starts, axis=-1), np.logical_or.reduce(ends, axis=-1)
    # Quarters since the last one outside any spell: the length so far of the spell a quarter is in.
    last_outside = np.maximum.accumulate(np.where(mask, -1, quarter), axis=-1)
    longest = np.maximum.reduce(quarter - last_outside, axis=-1)
    return SpellsSummary(
        emerged, collapsed, np.asarray(np.count_nonzero(starts, axis=-1)), longest >= durable_quarters, longest
    )


def beginnings(state: BoolArray, inherited: BoolLike) -> Beginnings:
    """What began, and what became of what was there at the start, run by run; each field (...).

    state: (..., T), the cooperation state by quarter, T >= 1. inherited: (...), whether the treaty that is in force
    before anybody acts is cooperation if it is kept.
    Limits: ``inherited`` and ``emerged`` exclude each other; ``kept`` and ``lost`` share out ``inherited``; where
    nothing is inherited, ``emerged`` and ``onset`` are those of ``spells_summary``.
    Source: definition. A spell that goes on over the horizon counts as kept (censored).
    """
    mask = spell_mask(state)
    horizon = mask.shape[-1]
    was_there = np.broadcast_to(inherited, mask.shape[:-1])
    holds = np.logical_or.reduce(mask, axis=-1)
    emerged = holds & ~was_there
    onset = np.where(emerged, np.argmax(mask, axis=-1), horizon)
    kept = was_there & np.logical_and.reduce(mask, axis=-1)
    again = np.logical_or.reduce(mask[..., 1:] & ~mask[..., :-1], axis=-1)
    return Beginnings(was_there, emerged, onset, kept, was_there & ~kept, was_there & again)


def is_hollow(emerged: BoolLike, welfare: FloatLike, welfare_without_deal: FloatLike) -> BoolArray:
    """Whether there was cooperation although those whose welfare is given lost by it together; boolean (...).

    emerged: (...), whether there was a spell of cooperation. welfare, welfare_without_deal: (...), sum over the same
    parties and quarters with and without what was agreed, one unit. A run's record gives the joint gain of the two of a
    dyad over no treaty and 0: what others lose by their treaty makes no cooperation hollow there.
    Limits: false without cooperation and where the two are equal.
    Source: theory 2.1 (welfare test, there of all blocs together; the record's is narrower).
    """
    return np.less(welfare, np.subtract(welfare_without_deal, KNIFE_EDGE)) & emerged
