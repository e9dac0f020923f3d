"""Statistics of runs as plain numbers: rates and means with intervals, paired differences, survival.

Three habits are built in (theory 2.3). Rates have Wilson intervals, also when nothing or everything happened.
Arms share their luck, so they are compared replicate by replicate. The dyads of a run are not independent, so
pooled rows are discounted by a design effect.

Intervals describe the ensemble of assumptions that was run; they are not forecast probabilities.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy  # its statistics are loaded where they are first asked for, a third of a second later

if TYPE_CHECKING:
    import pandas as pd


#: Confidence of every interval unless stated (fraction).
LEVEL: Final = 0.95


class Rate(NamedTuple):
    """A share of runs with its interval; fractions."""

    share: float
    low: float
    high: float
    n: float  # runs, or their effective number


class Estimate(NamedTuple):
    """A mean, or mean difference, with its interval; unit of the data."""

    mean: float
    low: float
    high: float
    se: float
    n: int


class McNemar(NamedTuple):
    """Two arms' yes-no outcomes, replicate by replicate."""

    n_only_first: int
    n_only_second: int
    difference: float  # share in the first arm minus share in the second
    p_value: float  # exact, two-sided


# --- rates --------------------------------------------------------------------------------------------------


def wilson(successes: float, n: float, level: float = LEVEL) -> Rate:
    """Wilson score interval of a share, a fraction; (0, 1) when nothing was observed.

    successes: 0 to n. n: runs, >= 0; need not be whole, so that an effective number of runs can be used.
    level: in (0, 1).
    Limits: stays in [0, 1]; contains the share; narrows with n; 0 of n gives a positive upper end.
    Raises: ValueError for counts or levels outside their ranges.
    Source: Wilson 1927; Brown, Cai & DasGupta 2001; theory D1.
    """
    _check_counts(successes, n, level)
    if n == 0:
        return Rate(math.nan, 0.0, 1.0, 0.0)
    z2 = _z_quantile(level) ** 2
    share = successes / n
    centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n)
    half = math.sqrt(z2 * (share * (1.0 - share) / n + z2 / (4.0 * n * n))) / (1.0 + z2 / n)
    # At 0 and n of n one end is exactly the share; the formula gives it up to rounding.
    low = 0.0 if successes == 0 else max(centre - half, 0.0)
    high = 1.0 if successes == n else min(centre + half, 1.0)
    return Rate(share, low, high, n)


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> Rate:
    """Exact ("at least this level") interval of a share, a fraction; wider than Wilson's.

    successes: 0 to n, whole. n: runs, >= 1. level: in (0, 1). The one-sided upper bound at 95 % after 0 of n
    is the upper end at level 0.90, close to 3/n.
    Raises: ValueError for counts or levels outside their ranges.
    Source: Clopper & Pearson 1934; theory D1.
    """
    _check_counts(successes, n, level)
    interval = scipy.stats.binomtest(int(successes), int(n)).proportion_ci(level, method="exact")
    return Rate(successes / n, float(interval.low), float(interval.high), n)


def mcnemar(first: npt.ArrayLike, second: npt.ArrayLike) -> McNemar:
    """Exact McNemar test of two arms' yes-no outcomes that share their luck, replicate by replicate.

    first, second: (n,), booleans, n >= 1, the same replicates in the same order.
    Limits: p = 1 where no replicate differs; exchanging the arms changes the sign of the difference only.
    Raises: ValueError for unequal lengths.
    Source: McNemar 1947, binomial form; theory 2.3, pitfall 8.
    """
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    _check_pairs(a, b)
    only_a, only_b = int(np.count_nonzero(a & ~b)), int(np.count_nonzero(b & ~a))
    n_discordant = only_a + only_b
    p_value = float(scipy.stats.binomtest(only_a, n_discordant).pvalue) if n_discordant else 1.0
    return McNemar(only_a, only_b, (only_a - only_b) / a.size, p_value)


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """p-values corrected for having looked so often: the chance of any false alarm stays at the level; in [0, 1].

    p_values: (n,), each in [0, 1], in any order; may depend on each other.
    Limits: one value is left alone; none falls; the order stays.
    Raises: ValueError for values that are no p-values.
    Source: Holm 1979.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not np.all((p >= 0.0) & (p <= 1.0)):
        raise ValueError("p-values are between 0 and 1.")
    order = np.argsort(p, kind="stable")
    raised = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1.0)
    found = np.empty_like(p)
    found[order] = raised
    return found


def shared_rate(outcomes: npt.ArrayLike, replicates: npt.ArrayLike, level: float = LEVEL) -> Rate:
    """Share of rows with its Wilson interval, where rows of one replicate share their luck; fractions.

    outcomes: (n,), booleans, n >= 1. replicates: (n,), labels, not necessarily as many rows for each.
    ``n`` is the number of independent rows that would be as uncertain: from the spread of the replicates' own shares,
    and the number of replicates where all end alike. Where few replicates make that spread it is itself uncertain, and
    ``n`` is lowered by the squared ratio of the normal quantile to Student's, with Satterthwaite's degrees of freedom
    of the spread; never below the number of replicates. At least one, at most the rows.
    Limits: Wilson's interval with one row a replicate; as wide for any number of copies of the same rows.
    Raises: ValueError for unequal lengths or no rows.
    Source: Kish 1965 (design effect); Korn & Graubard 1998 (lowered n); Satterthwaite 1946; Wilson 1927; theory D1, D3.
    """
    happened, label = np.asarray(outcomes, dtype=np.float64), np.asarray(replicates)
    _check_pairs(happened, label)
    place = np.unique(label, return_inverse=True)[1]
    n_replicates = float(np.bincount(place).size)
    share = float(happened.mean())
    if not 0.0 < share < 1.0:
        return wilson(share * n_replicates, n_replicates, level)
    # Linearised, so that replicates with few rows (others failed) weigh less.
    gaps = np.bincount(place, weights=happened - share)
    squares = gaps * gaps
    spread, n = float(squares.sum()), float(happened.size)
    if spread > 0.0:
        n = min(max(share * (1.0 - share) * n * n / spread, 1.0), n)
        freedom = 2.0 * spread * spread / max(float(squares @ squares) - spread * spread / n_replicates, 1e-300)
        lowered = n * (_z_quantile(level) / float(scipy.special.stdtrit(freedom, 0.5 + level / 2.0))) ** 2
        n = max(lowered, min(n, n_replicates))
    else:
        n = n_replicates
    return wilson(share * n, n, level)


# --- means --------------------------------------------------------------------------------------------------


def mean_interval(values: npt.ArrayLike, level: float = LEVEL) -> Estimate:
    """Mean of independent values with its t interval; unit of the values.

    values: (n,), finite, n >= 1. level: in (0, 1).
    Limits: infinite for a single value, which says nothing about spread; a point where all are equal.
    Raises: ValueError without values or with missing ones.
    Source: Student 1908.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.size == 0 or not np.all(np.isfinite(x)):
        raise ValueError(f"A mean needs finite values; {np.count_nonzero(~np.isfinite(x))} of {x.size} are not.")
    _check_counts(0, 1, level)
    mean, n = float(x.mean()), x.size
    if n == 1:
        return Estimate(mean, -math.inf, math.inf, math.nan, 1)
    se = float(x.std(ddof=1)) / math.sqrt(n)
    half = _t_quantile(level, n - 1) * se
    return Estimate(mean, mean - half, mean + half, se, n)


def interval_within(values: npt.ArrayLike, least: float, most: float, level: float = LEVEL) -> Estimate:
    """As ``mean_interval``, of values that cannot leave [least, most]: the interval does not leave it either.

    Where Student's interval reaches an end, Wilson's takes its place: of how far the mean has come from ``least`` to
    ``most``, with as many independent rows as the spread of the values is worth, lowered by the squared ratio of the
    normal quantile to Student's; with ``n`` where all values are the same end.
    values: (n,), in [least, most], n >= 1; differences of paired shares, of one replicate each, are in [-1, 1].
    Limits: Student's interval away from the ends, and of values that do leave them; contains the mean; infinite for a
    single value.
    Raises: ValueError as ``mean_interval``.
    Source: Wilson 1927; Korn & Graubard 1998 (as in ``shared_rate``).
    """
    found = mean_interval(values, level)
    x = np.asarray(values, dtype=np.float64)
    is_inside, is_bounded = least < found.low and found.high < most, least <= x.min() and x.max() <= most
    if found.n == 1 or is_inside or not is_bounded:
        return found
    wide, n = most - least, float(found.n)
    share = (found.mean - least) / wide
    if 0.0 < share < 1.0 and found.se > 0.0:
        lower = (_z_quantile(level) / _t_quantile(level, found.n - 1)) ** 2
        n = share * (1.0 - share) * (wide / found.se) ** 2 * lower
    own = wilson(share * n, n, level)
    return found._replace(low=least + wide * own.low, high=least + wide * own.high)


def paired_difference(first: npt.ArrayLike, second: npt.ArrayLike, level: float = LEVEL) -> Estimate:
    """Mean of first minus second, replicate by replicate, with its t interval; unit of the data.

    first, second: (n,), finite, the same replicates in the same order. level: in (0, 1).
    Limits: shared luck cancels; exchanging the arms changes the sign.
    Raises: ValueError for unequal lengths or missing values.
    Source: Student 1908; common random numbers: Law 2015, ch. 11.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    _check_pairs(a, b)
    return mean_interval(a - b, level)


def replicates_needed(spread: float, half_width: float, level: float = LEVEL) -> int:
    """Replicates after which an interval should be no wider than wanted either way: the stop rule; a count.

    spread: standard deviation between replicates (of paired differences when arms are compared), >= 0.
    half_width: wanted, same unit, > 0.
    Limits: at least 2; four times as many for half the width.
    Source: normal approximation.
    """
    if not (spread >= 0.0 and half_width > 0.0):
        raise ValueError(f"Need spread >= 0 and half_width > 0, not {spread} and {half_width}.")
    z = float(scipy.stats.norm.ppf(0.5 + level / 2.0))
    return max(2, math.ceil((z * spread / half_width) ** 2))


# --- several rows of one run --------------------------------------------------------------------------------


def design_effect(m: float, icc: float) -> float:
    """Factor by which correlated rows inflate a variance, 1 + (m - 1) icc; no unit.

    m: rows per run, >= 1. icc: correlation between rows of one run, 0 to 1.
    Source: Kish 1965; theory D3.
    """
    return 1.0 + (m - 1.0) * icc


def effective_n(n: float, m: float, icc: float) -> float:
    """Independent rows that carry the information of n rows in runs of m; a count.

    n: rows in all. m: rows per run, >= 1. icc: as ``design_effect``.
    Limits: n without correlation, n/m (the runs) with perfect correlation.
    Source: Kish 1965; theory D3.
    """
    return n / design_effect(m, icc)


def intraclass_correlation(table: npt.ArrayLike) -> float:
    """Correlation between rows of one run, in [0, 1], from one line of rows per run.

    table: (runs, rows per run), finite, at least two of each.
    Limits: 0 where rows of a run resemble each other no more than others; 1 where they agree entirely, and by
    convention where nothing varies at all, so that certainty is never counted several times over.
    Source: one-way analysis of variance, Fisher 1925; negative estimates are set to 0.
    """
    x = np.asarray(table, dtype=np.float64)
    m = x.shape[1]
    between = m * float(x.mean(axis=1).var(ddof=1))
    within = float(x.var(axis=1, ddof=1).mean())
    if between + (m - 1) * within == 0.0:
        return 1.0
    return max(0.0, (between - within) / (between + (m - 1) * within))


# --- survival -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SurvivalCurve:
    """Kaplan-Meier estimate of the share still waiting (for emergence, or for collapse).

    ``table`` has one row per time at which something happened: ``time``, ``at_risk``, ``events``,
    ``survival`` (fraction after it) and ``se`` (Greenwood; not defined, NaN, once nobody is left).
    """

    table: pd.DataFrame
    last_time: float  # the longest observation, event or not

    @property
    def median(self) -> float:
        """First time at which half or fewer are still waiting; infinite if that was not seen."""
        reached = self.table.loc[self.table["survival"] <= 0.5 + 1e-12, "time"]
        return float(reached.iloc[0]) if len(reached) else math.inf

    def rmst(self, tau: float) -> float:
        """Mean waiting time up to ``tau`` (restricted mean survival time); unit of time."""
        return self.restricted_mean(tau).mean

    def restricted_mean(self, tau: float, level: float = LEVEL) -> Estimate:
        """``rmst`` with its interval; n is the number of events up to ``tau``.

        tau: > 0 and not beyond the longest observation, after which the curve is a guess.
        Source: Kaplan & Meier 1958; Irwin 1949; normal interval with Greenwood's variance.
        """
        if not 0.0 < tau <= self.last_time:
            raise ValueError(f"tau must be in (0, {self.last_time:g}], what was observed; {tau:g} is not.")
        seen = self.table[self.table["time"] < tau]
        edges = np.concatenate([[0.0], seen["time"].to_numpy(float), [tau]])
        height = np.concatenate([[1.0], seen["survival"].to_numpy(float)])
        areas = np.diff(edges) * height
        area_after = np.cumsum(areas[::-1])[::-1][1:]  # from each event time to tau
        at_risk, events = seen["at_risk"].to_numpy(float), seen["events"].to_numpy(float)
        # Where everybody left has had the event nothing lies after it: that term is 0, not 0/0.
        left = np.maximum(at_risk - events, 1.0)
        se = math.sqrt(float(np.sum(area_after**2 * events / (at_risk * left))))
        mean, half = float(areas.sum()), float(scipy.stats.norm.ppf(0.5 + level / 2.0)) * se
        return Estimate(mean, mean - half, mean + half, se, int(events.sum()))


def kaplan_meier(times: npt.ArrayLike, events: npt.ArrayLike) -> SurvivalCurve:
    """Share still waiting by time, when some were not observed to the end.

    times: (n,), finite, >= 0, n >= 1 (quarters; the horizon for runs in which nothing happened). events:
    (n,), booleans, False where observation ended first.
    Limits: without censoring one minus the empirical distribution; an event and a censoring at one time: the
    event came first.
    Raises: ValueError for unequal lengths, no runs, or times that are negative or missing.
    Source: Kaplan & Meier 1958, by ``scipy.stats.ecdf``; Greenwood 1926; theory D2.
    """
    import pandas as pd

    time, happened = np.asarray(times, dtype=np.float64), np.asarray(events, dtype=bool)
    _check_pairs(time, happened)
    if not np.all(np.isfinite(time) & (time >= 0.0)):
        raise ValueError("Times must be finite and not negative.")
    at, n_events = np.unique(time[happened], return_counts=True)
    at_risk = time.size - np.searchsorted(np.sort(time), at, side="left")
    survival = np.ones(0)
    if at.size:
        sample = scipy.stats.CensoredData.right_censored(time, ~happened)
        survival = np.asarray(scipy.stats.ecdf(sample).sf.evaluate(at), dtype=np.float64)
    is_empty = at_risk == n_events
    hazard_variance = np.cumsum(n_events / (at_risk * np.where(is_empty, 1, at_risk - n_events)))
    se = np.where(is_empty, math.nan, survival * np.sqrt(hazard_variance))
    table = pd.DataFrame({"time": at, "at_risk": at_risk, "events": n_events, "survival": survival, "se": se})
    return SurvivalCurve(table, float(time.max()))


@functools.lru_cache
def _t_quantile(level: float, freedom: int) -> float:
    return float(scipy.stats.t.ppf(0.5 + level / 2.0, freedom))


@functools.lru_cache
def _z_quantile(level: float) -> float:
    return float(scipy.stats.norm.ppf(0.5 + level / 2.0))


# --- checks -------------------------------------------------------------------------------------------------


def _check_counts(successes: float, n: float, level: float) -> None:
    if not (0.0 <= successes <= n and math.isfinite(n)):
        raise ValueError(f"Need 0 <= successes <= n, not {successes} of {n}.")
    if not 0.0 < level < 1.0:
        raise ValueError(f"A confidence level is a fraction between 0 and 1, such as 0.95, not {level}.")


def _check_pairs(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]) -> None:
    if first.ndim != 1 or first.shape != second.shape or first.size == 0:
        raise ValueError(f"Need two lists of one length, not shapes {first.shape} and {second.shape}.")
