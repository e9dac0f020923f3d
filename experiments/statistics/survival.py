"""Time to an event when several may happen: cumulative incidence, and whether two arms differ in time.

Treaties end by a lapse, by turnover, by exit or at their sunset. One minus Kaplan-Meier for each of these alone
answers a question nobody asks (how many would lapse if nobody could leave?), and the answers add to more than one.
Cumulative incidence says how many *have* ended by a cause by a quarter; over the causes, and with those still
going, it adds to one.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy  # its statistics are loaded where they are first asked for, a third of a second later

from experiments.statistics.estimates import LEVEL

# Groups of replicates that the jackknife leaves out one after the other.
MOST_GROUPS: Final = 50
WIDEST: Final = math.log(sys.float_info.max)  # what exp can be taken of


class LogRank(NamedTuple):
    """Whether arms differ in their time to an event."""

    statistic: float  # chi-squared
    degrees: int  # arms less one
    p_value: float
    observed: tuple[float, ...]  # events in each arm
    expected: tuple[float, ...]  # events that each arm would have, were all alike


def cumulative_incidence(
    times: npt.ArrayLike,
    causes: Sequence[str] | npt.NDArray[np.object_],
    level: float = LEVEL,
    counts: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Share that has ended by each cause, by time (Aalen-Johansen); one row a cause and time of any event.

    times: (n,), finite, >= 0, n >= 1. causes: (n,), the cause of the end, empty for one that was not seen to end.
    counts: (n,), how many ended so, where equal ones are counted; one each otherwise.
    Columns: cause, time, at_risk, events, incidence (fraction), se, low, high (log-log interval, in [0, 1]).
    Limits: with one cause, one minus Kaplan-Meier with Greenwood's error; over all causes
    and the survivors, one; never falls.
    Raises: ValueError for unequal lengths, no rows, or times that are negative or missing.
    Source: Aalen & Johansen 1978; variance by the delta method, Marubini & Valsecchi 1995, ch. 10.
    """
    time, cause = np.asarray(times, dtype=np.float64), np.asarray(causes, dtype=object)
    _check(time, cause)
    number = np.ones(time.size, dtype=np.int64) if counts is None else np.asarray(counts, dtype=np.int64)
    kinds = sorted({str(one) for one in cause if one})
    at = np.unique(time[cause != ""])
    at_risk = np.array([number[time >= t].sum() for t in at], dtype=np.int64)
    ended = {kind: np.array([number[(time == t) & (cause == kind)].sum() for t in at]) for kind in kinds}
    all_events = np.zeros(at.size)
    for kind in kinds:
        all_events = all_events + ended[kind]
    survival = np.cumprod(1.0 - all_events / at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    rows = []
    for kind in kinds:
        incidence = np.cumsum(before * ended[kind] / at_risk)
        se = np.sqrt(np.maximum(_incidence_variance(incidence, before, at_risk, all_events, ended[kind]), 0.0))
        low, high = _log_log(incidence, se, level)
        for k, t in enumerate(at):
            rows.append(
                (kind, t, int(at_risk[k]), int(ended[kind][k]), incidence[k], se[k], low[k], high[k])
            )  # fmt: skip
    columns = ["cause", "time", "at_risk", "events", "incidence", "se", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _incidence_variance(
    incidence: npt.NDArray[np.float64],
    before: npt.NDArray[np.float64],
    at_risk: npt.NDArray[np.int64],
    all_events: npt.NDArray[np.float64],
    events: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Variance of the incidence of one cause at every time, by the delta method."""
    n, d = at_risk.astype(float), events.astype(float)
    # Where everybody left has had an event nothing lies after it: that term is 0, not 0/0.
    any_cause = np.where(n > all_events, all_events / (n * np.maximum(n - all_events, 1.0)), 0.0)
    own = before * before * d * (n - d) / (n * n * n)
    mixed = before * d / (n * n)
    variance = np.empty(incidence.size)
    for k in range(incidence.size):
        gap = incidence[k] - incidence[: k + 1]
        variance[k] = (gap * gap * any_cause[: k + 1] + own[: k + 1] - 2.0 * gap * mixed[: k + 1]).sum()
    return variance


def _log_log(
    share: npt.NDArray[np.float64], se: npt.NDArray[np.float64], level: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """An interval of a share that stays between 0 and 1; a point where nothing happened yet, or everything did."""
    z = float(scipy.stats.norm.ppf(0.5 + level / 2.0))
    inside = (share > 0.0) & (share < 1.0)
    log = np.log(np.where(inside, share, 0.5))
    # A share that is one but for a rounding has no width that a float holds; the widest of them gives the same ends.
    width = np.exp(np.minimum(z * se / np.abs(np.where(inside, share, 0.5) * log), WIDEST))
    low = np.where(inside, np.exp(log * width), share)
    high = np.where(inside, np.exp(log / width), share)
    return low, high


def log_rank(times: npt.ArrayLike, events: npt.ArrayLike, arms: npt.ArrayLike) -> LogRank:
    """Test that all arms have the same time to an event, by how many events each has against the pooled share.

    times: (n,), finite, >= 0. events: (n,), booleans, False where observation ended first. arms: (n,), labels.
    Arms that share their luck are not independent: for two of these the test is conservative where luck makes
    them alike; prefer paired differences of restricted means.
    Limits: p = 1 for arms with the same times and events, or without any event.
    Raises: ValueError for unequal lengths, fewer than two arms, or bad times.
    Source: Mantel 1966; Peto & Peto 1972.
    """
    time, happened = np.asarray(times, dtype=np.float64), np.asarray(events, dtype=bool)
    label = np.asarray(arms)
    _check(time, happened)
    names = list(dict.fromkeys(label.tolist()))
    if len(names) < 2 or label.shape != time.shape:
        raise ValueError(f"A log-rank test compares two arms or more, not {len(names)}.")
    observed, expected = np.zeros(len(names)), np.zeros(len(names))
    covariance = np.zeros((len(names), len(names)))
    for t in np.unique(time[happened]):
        at_risk = np.array([np.count_nonzero((label == name) & (time >= t)) for name in names], dtype=float)
        died = np.array([np.count_nonzero((label == name) & (time == t) & happened) for name in names], dtype=float)
        n, d = at_risk.sum(), died.sum()
        observed += died
        expected += d * at_risk / n
        if n > 1:
            share = at_risk / n
            covariance += d * (n - d) / (n - 1.0) * (np.diag(share) - np.outer(share, share))
    gap, used = (observed - expected)[:-1], covariance[:-1, :-1]
    statistic = float(gap @ np.linalg.pinv(used) @ gap) if np.any(used) else 0.0
    p_value = float(scipy.stats.chi2.sf(statistic, len(names) - 1))
    return LogRank(statistic, len(names) - 1, p_value, tuple(observed.tolist()), tuple(expected.tolist()))


def treaty_ends(frame: pd.DataFrame, n_quarters: int, by: Sequence[str] = ("dyad",)) -> pd.DataFrame:
    """Cumulative incidence of the competing ends of first treaties, for each group; time in quarters.

    frame: one row a run and dyad with ``treaty_from``, ``treaty_until`` and ``treaty_end``. Runs without a treaty
    are not at risk and left out. n_quarters: of the horizon, at which treaties in force are censored.
    Source: theory 2.3, pitfall 6.
    """
    began = frame[frame["treaty_from"] >= 0]
    tables = []
    ways = [*by, "treaty_from", "treaty_until", "treaty_end"]
    alike = began.groupby(ways, sort=False, observed=True).size().rename("n").reset_index()
    for name, group in alike.groupby(list(by), sort=False, observed=True):
        table = _incidence_of(group, n_quarters)
        own = pd.DataFrame(dict(zip(by, name, strict=True)), index=table.index)
        tables.append(pd.concat([own, table.assign(n=int(group["n"].sum()))], axis=1))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def ended_by_cause(
    frame: pd.DataFrame, n_quarters: int, by: Sequence[str] = ("dyad",), level: float = LEVEL
) -> pd.DataFrame:
    """Share of first treaties that ends by each cause before the horizon, for each group, with its interval.

    frame: as in ``treaty_ends``, with ``replicate``. Design points share the luck of a replicate, so treaties of one
    replicate are no independent facts: the interval is that of a jackknife which leaves out one replicate at a time
    (a group of them where there are more than ``MOST_GROUPS``), on the log-log scale.
    Columns: by, cause, incidence (fraction), low, high (infinite with a single replicate), n (treaties).
    Source: Aalen & Johansen 1978; grouped jackknife: Wolter 2007, ch. 4.
    """
    rows = []
    for name, group in frame.groupby(list(by), sort=False, observed=True):
        replicates, place = np.unique(group["replicate"].to_numpy(), return_inverse=True)
        n_folds = min(len(replicates), MOST_GROUPS)
        began = group.assign(_fold=place * n_folds // len(replicates))[group["treaty_from"] >= 0]
        ways = ["_fold", "treaty_from", "treaty_until", "treaty_end"]
        alike = began.groupby(ways, sort=False, observed=True).size().rename("n").reset_index()
        whole = _final(alike, n_quarters)
        left = [_final(alike[alike["_fold"] != fold], n_quarters) for fold in range(n_folds) if n_folds > 1]
        for cause, incidence in whole.items():
            shares = np.array([own.get(cause, 0.0) for own in left])
            low, high = -math.inf, math.inf
            if shares.size:
                k = shares.size
                se = np.array([math.sqrt((k - 1) / k * float(((shares - shares.mean()) ** 2).sum()))])
                t = float(scipy.stats.t.ppf(0.5 + level / 2.0, k - 1) / scipy.stats.norm.ppf(0.5 + level / 2.0))
                ends = _log_log(np.array([incidence]), se * t, level)
                low, high = (float(end[0]) for end in ends)
            what = dict(zip(by, name, strict=True))
            shown = {"cause": cause, "incidence": incidence, "low": low, "high": high, "n": int(alike["n"].sum())}
            rows.append({**what, **shown})
    return pd.DataFrame(rows)


def _incidence_of(alike: pd.DataFrame, n_quarters: int) -> pd.DataFrame:
    """Cumulative incidence of the ends of treaties counted in ``n``; those in force at the horizon are censored."""
    until = alike["treaty_until"].to_numpy(float)
    times = np.where(until >= 0, until, n_quarters) - alike["treaty_from"].to_numpy(float)
    return cumulative_incidence(times, alike["treaty_end"].astype(str).to_numpy(object), counts=alike["n"])


def _final(alike: pd.DataFrame, n_quarters: int) -> dict[str, float]:
    """The incidence of every cause at the last end that was seen, of treaties counted in ``n``; empty without one."""
    if alike.empty:
        return {}
    table = _incidence_of(alike, n_quarters)
    return {str(cause): float(rows["incidence"].iloc[-1]) for cause, rows in table.groupby("cause")}


def _check(time: npt.NDArray[np.float64], other: npt.NDArray[np.generic]) -> None:
    if time.ndim != 1 or time.shape != other.shape or time.size == 0:
        raise ValueError(f"Need two lists of one length, not shapes {time.shape} and {other.shape}.")
    if not np.all(np.isfinite(time) & (time >= 0.0)) or math.isnan(float(time.sum())):
        raise ValueError("Times must be finite and not negative.")
