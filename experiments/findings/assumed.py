"""What a sample of assumptions says of every effect: how far it spreads, with which sign, and what moves it.

A plan with ``[assumptions]`` plays its whole design again under every row of a sample. Under each row an effect is the
mean paired difference over replicates, as in ``comparisons.py``; over the rows, which may have weights, it has a
distribution. Luck is in it as well: ``noise`` is what the replicates of a row leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from scipy.stats import norm, rankdata
from scipy.stats import t as student

from experiments.design.plan import Plan
from experiments.findings.comparisons import Comparison, Matrix, matched
from experiments.statistics.estimates import LEVEL, holm, mean_interval, wilson

Pairs = Sequence[tuple[int, int]]
FloatArray = npt.NDArray[np.float64]
# An effect smaller than this, in the unit of the outcome, has no sign.
NO_SIGN: Final = 1e-9
# Fewer rows than this say nothing about what moves an effect.
FEWEST_ROWS: Final = 4
# A rank correlation that a sample should be large enough to tell: a quarter of the variance of the ranks.
CLEAR: Final = 0.5


class ByRow(NamedTuple):
    """What an effect is under every row of a sample; each field (rows,), NaN without runs, unit of the outcome."""

    means: FloatArray
    errors: FloatArray  # standard errors over the row's replicates; NaN for a single one
    lows: FloatArray  # ends of the paired 95 % interval over the row's replicates
    highs: FloatArray


def effects_by_row(values: Matrix, plan: Plan, pairs: Pairs, others: Pairs = ()) -> ByRow:
    """The mean difference over ``pairs`` under every row of the sample, with what luck leaves open of it.

    values: (design point, replicate). others: pairs whose differences are taken from those of ``pairs``, one each.
    Source: paired t interval, as ``comparisons.effects``.
    """
    rows = len(plan.assumed.rows) if plan.assumed else 0
    found = ByRow(*(np.full(rows, np.nan) for _ in ByRow._fields))
    for row in range(rows):
        under = [(plan.under(row, one), plan.under(row, other)) for one, other in (*pairs, *others)]
        if others:
            steps = np.array([values[one] - values[other] for one, other in under])
            n = len(pairs)
            differences, _ = matched(steps, [(k, n + k) for k in range(n)])
        else:
            differences, _ = matched(values, under)
        if differences.size:
            own = mean_interval(differences)
            for of_rows, value in zip(found, (own.mean, own.se, own.low, own.high), strict=True):
                of_rows[row] = value
    return found


def fields(plan: Plan, values: Matrix, mean: float, pairs: Pairs, others: Pairs = ()) -> dict[str, Any]:
    """What the sample says of an effect, as further columns of its row; nothing where a plan has no sample."""
    if plan.assumed is None:
        return {}
    by_row = effects_by_row(values, plan, pairs, others)
    return spread(by_row.means, plan, mean, by_row)


def fields_for(plan: Plan) -> Callable[[Matrix, Comparison, float], Mapping[str, Any]]:
    """``fields`` of a plan for comparisons, as ``effects`` asks for them."""
    return lambda values, own, mean: fields(plan, values, mean, own.pairs)


def spread(of_rows: FloatArray, plan: Plan, default: float, by_row: ByRow | None = None) -> dict[str, Any]:
    """How something is distributed over the rows of a sample, by their weights: columns of a table.

    ``median``, ``q05``, ``q95``; ``same_sign``: the share of rows with the sign of ``default``, nothing where that is
    zero and has none; ``same_low``, ``same_high``: Wilson's 95 % interval of that share, with as many rows as their
    weights are worth (Kish); ``zero``: the share of rows that are zero, which have none either; ``outside``: whether
    the default lies outside the middle 80 %; ``n_rows``; ``is_weighted``: whether rows do not count alike.
    by_row: luck within rows, where it is known. ``noise``: root mean square of its standard errors; ``n_above``,
    ``n_below``: rows, whatever their weight, whose own 95 % interval lies above, below zero.
    Source: Wilson 1927; Kish 1965.
    """
    assert plan.assumed is not None
    is_there = np.isfinite(of_rows)
    values, weights = of_rows[is_there], np.array(plan.assumed.weights)[is_there]
    if not values.size:
        nothing = dict.fromkeys(("median", "q05", "q95", "same_sign", "same_low", "same_high", "zero", "noise"), np.nan)
        return {**nothing, "n_above": 0, "n_below": 0, "outside": False, "n_rows": 0, "is_weighted": False}
    low, q10, median, q90, high = (weighted_quantile(values, weights, q) for q in (0.05, 0.1, 0.5, 0.9, 0.95))
    sign = 0.0 if abs(default) < NO_SIGN else np.sign(default)
    signs = np.where(np.abs(values) < NO_SIGN, 0.0, np.sign(values))
    return {
        "median": median, "q05": low, "q95": high, **_same_sign(signs, weights, sign),
        "zero": float(weights[signs == 0.0].sum() / weights.sum()), "is_weighted": bool(np.ptp(weights) > NO_SIGN),
        "outside": bool(default < q10 - NO_SIGN or default > q90 + NO_SIGN), "n_rows": int(values.size),
        **_luck_of(by_row),
    }  # fmt: skip


def _same_sign(signs: FloatArray, weights: FloatArray, sign: float) -> dict[str, float]:
    """The share of the weight with a sign, and Wilson's interval of it; nothing of a sign that there is not."""
    if not sign:
        return dict.fromkeys(("same_sign", "same_low", "same_high"), np.nan)
    share = min(float(weights[signs == sign].sum() / weights.sum()), 1.0)
    n = worth(weights)
    found = wilson(share * n, n)
    return {"same_sign": share, "same_low": found.low, "same_high": found.high}


def _luck_of(by_row: ByRow | None) -> dict[str, Any]:
    """What luck leaves open within the rows, and in how many of them it leaves the sign of an effect no doubt."""
    if by_row is None:
        return {"noise": np.nan, "n_above": np.nan, "n_below": np.nan}
    is_known = np.isfinite(by_row.errors)
    return {
        "noise": float(np.sqrt(np.mean(by_row.errors[is_known] ** 2))) if is_known.any() else np.nan,
        "n_above": int(np.count_nonzero(by_row.lows > NO_SIGN)),
        "n_below": int(np.count_nonzero(by_row.highs < -NO_SIGN)),
    }


def worth(weights: FloatArray) -> float:
    """How many rows that count alike say as much as rows of these weights (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights @ weights))


def weighted_quantile(values: npt.ArrayLike, weights: npt.ArrayLike, q: float) -> float:
    """The least value with at least a share ``q`` of the weight at or below it; of two that split it evenly the mean.

    Limits: with equal weights the usual quantile of the sample's own values.
    """
    x, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    x, share = x[order], np.cumsum(w[order]) / w.sum()
    place = int(np.searchsorted(share, q - 1e-12))
    if place + 1 < x.size and abs(share[place] - q) < 1e-12:
        return float((x[place] + x[place + 1]) / 2.0)
    return float(x[min(place, x.size - 1)])


def movers(of_rows: FloatArray, plan: Plan, level: float = LEVEL) -> Iterator[dict[str, Any]]:
    """How each assumption of the sample goes with something that is known by row: rank correlations, strongest first.

    Rows count by their weights; the interval counts as many rows as the weights are worth (Kish). ``p_holm`` is
    corrected for all assumptions. Assumptions that are texts, and all of them where nothing varies, are left out.
    Source: Spearman 1904; interval by Fisher's transformation with the variance of Bonett & Wright 2000; Kish 1965.
    """
    assert plan.assumed is not None
    is_there = np.isfinite(of_rows)
    weights = np.array(plan.assumed.weights)[is_there]
    if is_there.sum() < FEWEST_ROWS or np.ptp(of_rows[is_there]) < NO_SIGN:
        return
    names = [
        name for name, value in plan.assumed.rows[0].items()
        if not any(isinstance(row[name], str) for row in plan.assumed.rows)
    ]  # fmt: skip
    if not names:
        return
    columns = np.array([[row[name] for row in plan.assumed.rows] for name in names], dtype=np.float64)[:, is_there]
    own = rankdata(of_rows[is_there])
    n = worth(weights)
    z = float(norm.ppf(0.5 + level / 2.0))
    ties = np.unique(own, return_counts=True)[1]
    found: list[dict[str, Any]] = []
    for name, x, ranks in zip(names, columns, rankdata(columns, axis=1), strict=True):
        if np.ptp(x) == 0.0:
            continue
        r = _correlation(ranks, own, weights)
        half = z * np.sqrt((1.0 + r * r / 2.0) / (n - 3.0)) if n > 3.0 else np.inf
        edge = np.arctanh(np.clip(r, -1.0 + 1e-12, 1.0 - 1e-12))
        ends = float(np.tanh(edge - half)), float(np.tanh(edge + half))
        p = p_of_correlation(r, n, ties)
        row = {"assumption": name, "correlation": r, "low": ends[0], "high": ends[1], "n": round(n, 1), "p_value": p}
        found.append(row)
    for row, p_holm in zip(found, holm([row["p_value"] for row in found]), strict=True):
        row["p_holm"] = p_holm
    yield from sorted(found, key=lambda row: -abs(float(row["correlation"])))


def p_of_correlation(r: float, n: float, ties: npt.ArrayLike = 1) -> float:
    """The two-sided p-value of a rank correlation of ``n`` rows against none, in (0, 1].

    By Student's t, and never below what ``n`` rows can show at all: of the orders that their ranks can stand in, fewer
    where rows are tied, two are as extreme as the most extreme one.
    ties: how many rows share each rank. Limits: 1 up to two rows, and where all are tied.
    Source: Kendall & Stuart 1973, 31.19.
    """
    if n <= 2.0:
        return 1.0
    orders = gammaln(n + 1.0) - float(gammaln(np.asarray(ties) + 1.0).sum())
    least = min(1.0, 2.0 * float(np.exp(-max(orders, 0.0))))
    return max(least, float(2.0 * student.sf(abs(r) * np.sqrt((n - 2.0) / max(1.0 - r * r, 1e-300)), n - 2.0)))


def rows_needed(assumptions: int, correlation: float = CLEAR, alpha: float = 1.0 - LEVEL) -> int:
    """How many rows of a sample let a rank correlation of this size stand after correction over all assumptions."""
    n = FEWEST_ROWS
    while p_of_correlation(correlation, n) * assumptions > alpha:
        n += 1
    return n


def _correlation(x: FloatArray, y: FloatArray, weights: FloatArray) -> float:
    w = weights / weights.sum()
    dx, dy = x - w @ x, y - w @ y
    size = np.sqrt((w @ (dx * dx)) * (w @ (dy * dy)))
    return float(np.clip((w @ (dx * dy)) / size, -1.0, 1.0)) if size > 0.0 else 0.0


def levels_over(
    plan: Plan, outcomes: Mapping[str, Matrix], dyad: str, columns: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """How the level of every outcome in every cell spreads over the sample; a row each, as ``spread`` and its keys.

    outcomes: matrices of a dyad; columns: under which name of the cells an outcome stands.
    """
    assert plan.assumed is not None
    rows = range(len(plan.assumed.rows))
    for point in plan.cells:
        for name, values in outcomes.items():
            by_row = np.array([_mean(values[plan.under(row, point.index)]) for row in rows])
            what = {"block": point.block, "design_point": point.index, "dyad": dyad, "outcome": columns.get(name, name)}
            yield {**what, **spread(by_row, plan, _mean(values[point.index]))}


def _mean(values: FloatArray) -> float:
    own = values[np.isfinite(values)]
    return float(own.mean()) if own.size else float("nan")


def defaults_outside(plan: Plan, defaults: Mapping[str, Any]) -> list[str]:
    """The assumptions whose value in the scenario lies outside the middle 80 % of the sample."""
    if plan.assumed is None:
        return []
    found = []
    for name in plan.assumed.rows[0]:
        column = [row[name] for row in plan.assumed.rows]
        value = defaults.get(name)
        if isinstance(value, int | float) and all(isinstance(x, int | float) for x in column):
            low, high = (weighted_quantile(column, plan.assumed.weights, q) for q in (0.1, 0.9))
            found += [name] if value < low - NO_SIGN or value > high + NO_SIGN else []
    return found
