"""The few numerical primitives behind every rule, and the home of every bit-equality trick.

The same rule is called in a world of one replicate and in one of thousands. Both calls must give the same bits.
Elementwise NumPy functions do so on their own; sums, powers and matrix products do not, because NumPy groups their
terms by memory layout. Rules therefore add with ``ordered_sum``, raise with ``power`` and never use ``@``, ``**`` or
``.sum()``.

Shapes: ``...`` stands for any leading axes (none in the calibration, replicates in a world); entities are
on the last axis. Arguments broadcast; results are float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]
FloatLike = float | FloatArray
Entry = TypeVar("Entry", bound=np.generic)

#: Below this many numbers one call beats several that suit the layout better (same bits).
ACCUMULATE_BELOW = 2048
#: Below this many numbers it does not pay to ask whether a quicker way of adding keeps the order.
FEW_TERMS = 128
#: A denominator or base smaller than this in size counts as zero (no unit; any real quantity is far larger).
NEGLIGIBLE = 1e-200
#: Largest share that a buyer can lose, fraction (assumption): the log-sum loss of a sole option is infinite.
SHARE_CAP = 0.999
#: Least share in the same formula, fraction; below it the limit for small shares is exact to rounding.
SHARE_FLOOR = 1e-12
#: Largest exponent handed to ``exp``; exp(709.8) is the largest double.
EXPONENT_CAP = 700.0
#: Availability of a car that is not on sale, or in its first hour, fraction (theory 1.1, 1.13): small enough to sell
#: nothing, large enough to have a logarithm.
LEAST_AVAILABILITY = 1e-6
#: Quarters in a year: money flows per quarter, while people, stakes and hurdle rates speak of years.
QUARTERS_PER_YEAR = 4.0


def entries(table: npt.NDArray[Entry], index: npt.NDArray[np.int64]) -> npt.NDArray[Entry]:
    """(..., n) fresh copies of some entries (n,) of a table (..., X), any unit, laid out in memory like the table."""
    return table.take(index, axis=-1) if table.strides[-1] == table.itemsize else table.T.take(index, axis=0).T


def ordered_sum(x: FloatLike, axis: int = -1, keepdims: bool = False) -> FloatArray:
    """Sum along one axis, always from first to last term, so that layout leaves the bits alone; unit of x.

    x: (..., n), any unit, n >= 1. axis: the axis to add up. keepdims: keep it with length one.
    Returns (...) or (..., 1).
    Limits: one term returns itself; equals the exact sum up to n rounding errors.
    Raises: IndexError when the axis is empty.
    Source: definition; ``np.sum`` regroups eight or more terms by memory layout, this does not.
    """
    terms = np.asarray(x, dtype=np.float64)
    size = terms.size
    if size >= FEW_TERMS and _adds_in_order(terms, axis):
        # Starting from -0.0 leaves the bits alone where every term is -0.0.
        total: FloatArray = np.add.reduce(terms, axis=axis, initial=-0.0)
        if not keepdims:
            return total
        return total[..., None] if axis == -1 else np.expand_dims(total, axis)
    if axis != -1:
        order = [*range(terms.ndim)]
        order.append(order.pop(axis))
        total = ordered_sum(terms.transpose(order))
        return np.expand_dims(total, axis) if keepdims else total
    if size < ACCUMULATE_BELOW:
        last = slice(-1, None) if keepdims else -1
        return np.add.accumulate(terms, axis=-1)[..., last]
    total = terms[..., 0]
    for k in range(1, terms.shape[-1]):
        total = total + terms[..., k]
    return total[..., None] if keepdims else total


def _adds_in_order(terms: FloatArray, axis: int) -> bool:
    """Whether ``np.add.reduce`` over an axis adds its terms first to last.

    It does where its inner loop runs along another axis, one with smaller steps in memory (the replicates): whole
    slices are then added one after the other. Along the axis itself it would group terms in pairs.
    """
    step = terms.strides[axis]
    for n, along in zip(terms.shape, terms.strides, strict=True):  # noqa: SIM110 - any() takes twice as long
        if n > 1 and 0 < along < step:
            return True
    return False


def beside(arrays: Sequence[FloatArray], axis: int = -1) -> FloatArray:
    """Arrays of one shape side by side along a new axis, in the unit of the arrays: ``np.stack`` that keeps layout.

    arrays: one or more of shape (...). axis: the new axis, negative.
    Limits: one array gets an axis of length one.
    Source: definition. ``np.stack`` may lay the result out in index order; here the new axis is slowest in memory and
    the rest lies as in the first array, so that replicates stay fastest.
    """
    first = arrays[0]
    order = sorted(range(first.ndim), key=lambda a: -first.strides[a])
    result = np.empty((len(arrays), *(first.shape[a] for a in order)))
    back = [0] * first.ndim
    for place, a in enumerate(order):
        back[a] = place + 1
    result = result.transpose(0, *back)
    for place, array in enumerate(arrays):
        result[place] = array
    place = axis % result.ndim
    return result.transpose(*range(1, place + 1), 0, *range(place + 1, result.ndim))


def at_least(x: FloatArray, least: float) -> FloatArray:
    """``np.maximum(x, least)``, in the unit of x; large arrays are written over, and only where one is below.

    x: (...), any unit, one that the caller made and does not need any more. least: a scalar.
    Limits: x itself where every entry is above; NaN stays.
    Source: definition. Looking costs a fifth of NumPy's maximum of an array and a scalar.
    """
    if x.size < ACCUMULATE_BELOW:
        return np.maximum(x, least)
    return x if np.minimum.reduce(x, axis=None) >= least else np.maximum(x, least, out=x)


def at_most(x: FloatArray, most: float) -> FloatArray:
    """``np.minimum(x, most)``, in the unit of x; the counterpart of ``at_least``, and as there.

    x: (...), any unit, one that the caller made and does not need any more. most: a scalar.
    Limits: x itself where every entry is below; NaN stays.
    Source: definition.
    """
    if x.size < ACCUMULATE_BELOW:
        return np.minimum(x, most)
    return x if np.maximum.reduce(x, axis=None) <= most else np.minimum(x, most, out=x)


def logistic(x: FloatLike) -> FloatArray:
    """The logistic function 1/(1 + exp(-x)), a fraction in [0, 1], without overflow.

    x: (...), no unit, any real number.
    Limits: 1/2 at 0; 0 and 1 in the tails; logistic(x) + logistic(-x) = 1.
    Source: definition; as exact as a library's, and several times faster on arrays.
    """
    small = np.exp(-np.abs(x))
    return np.maximum(small, np.greater_equal(x, 0.0) * 1.0) / (1.0 + small)


def softplus(x: FloatLike) -> FloatArray:
    """ln(1 + exp(x)), without overflow; no unit.

    x: (...), no unit, any real number, minus infinity included.
    Limits: exp(x) for very negative x, x for large x; ln 2 at 0.
    Source: definition.
    """
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def best_of_two(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Share of the first of two options, a fraction (...), and the log-sum of both, in the unit of a (a utility).

    a, b: (...), utilities, no unit.
    Limits: 1/2 and a + ln 2 where they are equal; 1 and a where a is far above b.
    Source: binomial logit, McFadden 1978.
    """
    gap = np.asarray(a - b)
    share = np.asarray(np.greater_equal(gap, 0.0) * 1.0)
    np.negative(np.abs(gap, out=gap), out=gap)
    loser = np.exp(gap)
    total = 1.0 + loser
    np.divide(np.maximum(share, loser, out=share), total, out=share)
    # log1p would keep digits of the logarithm that the addition drops again.
    return share, np.maximum(a, b) + np.log(total)


def power(x: FloatLike, y: FloatLike) -> FloatArray:
    """x to the power y for x >= 0 as exp(y log x), whose bits do not depend on layout.

    x: (...), non-negative. y: (...), positive where x can be 0.
    Limits: 0 where x is (as good as) 0; x at y = 1 up to rounding; capped near 1e304 instead of overflowing.
    Source: definition.
    """
    return powers(x, y)[0]


def powers(x: FloatLike, *exponents: FloatLike) -> list[FloatArray]:
    """``power`` of x to each of several exponents, with the bits of one after the other; (...) each, no unit.

    x, exponents: as there. One logarithm serves all.
    Limits and source: as there.
    """
    # A comparison times the value is cheaper than np.where and has the same bits.
    log, counts = np.log(np.maximum(x, NEGLIGIBLE)), np.greater(x, NEGLIGIBLE)
    return [np.exp(np.minimum(y * log, EXPONENT_CAP)) * counts for y in exponents]


def safe_ratio(a: FloatLike, b: FloatLike, default: FloatLike = 0.0) -> FloatArray:
    """a / b, or ``default`` where b is (as good as) zero; in the unit of a over the unit of b.

    a, b, default: broadcast together, finite.
    Limits: never divides by zero, not even on lanes that are discarded.
    Source: definition.
    """
    is_zero = np.less(np.abs(b), NEGLIGIBLE)
    return np.where(is_zero, default, a / np.where(is_zero, 1.0, b))


def _weights_of_options(cost: FloatArray, tie: FloatLike, theta: FloatLike) -> tuple[FloatArray, ...]:
    """Shared part of the log-sum rules: largest utility, weights relative to it, their sum (axis kept)."""
    utility = np.asarray(tie - theta * cost, dtype=np.float64)
    top = np.maximum.reduce(utility, axis=-1, keepdims=True)
    # Results of one's own making are written over: in large arrays fetching memory costs more than arithmetic.
    weight = np.exp(np.subtract(utility, top, out=utility))
    return top, weight, ordered_sum(weight, keepdims=True)


def cheapest_mix_and_cost(cost: FloatArray, tie: FloatLike, theta: FloatLike) -> tuple[FloatArray, FloatArray]:
    """Cost of the best mix of options, -(1/theta) ln sum exp(tie - theta cost), cost units (...); and the mix (..., K).

    cost: (..., K), in any cost unit. tie: (..., K), log preference weight of an option (-inf shuts it).
    theta: scalar or (..., 1), taste for cheapness per cost unit, > 0.
    Limits: equal costs and ties give shares of 1/K; theta -> 0 ignores cost; theta -> infinity buys the cheapest only.
    The cost never rises when an option's cost falls; its derivative in each option's cost is that option's share; with
    one option and no tie it is that option's cost.
    Source: multinomial logit, McFadden 1978; theory 1.3. The level of the cost is arbitrary: add ``log_sum_level`` of
    the starting point.
    """
    top, weight, total = _weights_of_options(cost, tie, theta)
    return (-(top + np.log(total)) / theta)[..., 0], np.divide(weight, total, out=weight)


def log_sum_level(cost: FloatArray, tie: FloatLike, theta: FloatLike) -> FloatArray:
    """Constant that makes that cost the share-weighted mean cost at these costs; cost units.

    Arguments as ``cheapest_mix_and_cost``. Returns (...). Computed once, at the starting point, then kept.
    Limits: 0 with one option and no tie; never negative without ties.
    Source: theory 1.3 and trap 0.14 (the mean itself is not monotone in costs, the log-sum is).
    """
    top, weight, total = _weights_of_options(cost, tie, theta)
    mean = ordered_sum(weight / total * cost)
    return mean + ((top + np.log(total)) / theta)[..., 0]


def loss_without(share: FloatLike, theta: FloatLike) -> FloatArray:
    """Rise of that cost per unit bought if an option with this share were withdrawn; cost units.

    share: (...), the option's share, in [0, 1]; read as at most 0.999. theta: (...), per cost unit, > 0.
    Limits: 0 for an unused option; share/theta for a little used one.
    Source: theory 1.3 (supply contracts) and 1.7 (supply assurance): -ln(1 - share)/theta.
    """
    return -np.log1p(-np.minimum(share, SHARE_CAP)) / theta


def normal_cdf(x: FloatLike) -> FloatArray:
    """Probability that a standard normal number is below x; a fraction in [0, 1].

    x: (...), in standard deviations.
    Limits: 1/2 at 0; 0 and 1 in the tails.
    Source: definition.
    """
    return special.ndtr(x)


def keep_freed_memory() -> None:
    """Make the C allocator keep freed blocks of up to 31 MiB for the next array instead of returning them.

    NumPy frees and allocates an array at every operation. By default glibc hands blocks above 128 kB back to the system
    each time, and fetching fresh pages costs several times the arithmetic on them. Freeing one large block raises that
    limit for the life of the process. Values are not affected; elsewhere it does nothing.
    Limits: idempotent; touches no page of the block, so it costs nothing.
    Source: mallopt(3), "dynamic mmap threshold"; measured: price solver on 4000 markets 5 times faster.
    """
    block = np.empty(31 << 17)  # 31 * 2^17 doubles = 31 MiB; the dynamic limit stops at 32 MiB
    del block


def same_bits(a: FloatLike, b: FloatLike) -> bool:
    """True when two arrays have the same shape and every float64 the same 64 bits (NaN equals itself).

    a, b: any shape. Layout in memory is ignored; 0.0 and -0.0 differ.
    Source: definition; what "the same to the last bit" means in the tests.
    """
    left = np.ascontiguousarray(a, dtype=np.float64)
    right = np.ascontiguousarray(b, dtype=np.float64)
    # ascontiguousarray turns a scalar into shape (1,), so shapes are compared on the arguments.
    return np.shape(a) == np.shape(b) and np.array_equal(left.view(np.int64), right.view(np.int64))
