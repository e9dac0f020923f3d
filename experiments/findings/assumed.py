"""What a sample of assumptions says of every effect: how far it spreads, with which sign, and what moves it.

A plan with ``[assumptions]`` plays its whole design again under every row of a sample. Under each row an effect is the
mean paired difference over replicates, as in ``comparisons.py``; over the rows, which may have weights, it has a
distribution. Luck is in it as well: ``noise`` is what the replicates of a row leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from experiments.design.plan import Plan
from experiments.findings.comparisons import Comparison, Matrix, matched
from experiments.statistics.estimates import LEVEL

Pairs = Sequence[tuple[int, int]]
FloatArray = npt.NDArray[np.float64]
# An effect smaller than this, in the unit of the outcome, has no sign.
NO_SIGN: Final = 1e-9
# Fewer rows than this say nothing about what moves an effect.
FEWEST_ROWS: Final = 4


def effects_by_row(values: Matrix, plan: Plan, pairs: Pairs, others: Pairs = ()) -> tuple[FloatArray, FloatArray]:
    """(rows,) the mean difference over ``pairs`` under every row of the sample, and its standard error.

    NaN without runs. values: (design point, replicate). others: pairs whose differences are taken from those of
    ``pairs``, one each.
    """
    rows = len(plan.assumed.rows) if plan.assumed else 0
    means, errors = np.full(rows, np.nan), np.full(rows, np.nan)
    for row in range(rows):
        under = [(plan.under(row, one), plan.under(row, other)) for one, other in (*pairs, *others)]
        if others:
            steps = np.array([values[one] - values[other] for one, other in under])
            n = len(pairs)
            differences, _ = matched(steps, [(k, n + k) for k in range(n)])
        else:
            differences, _ = matched(values, under)
        if differences.size:
            means[row] = differences.mean()
            errors[row] = differences.std(ddof=1) / np.sqrt(differences.size) if differences.size > 1 else np.nan
    return means, errors


def fields(plan: Plan, values: Matrix, mean: float, pairs: Pairs, others: Pairs = ()) -> dict[str, Any]:
    """What the sample says of an effect, as further columns of its row; nothing where a plan has no sample."""
    if plan.assumed is None:
        return {}
    by_row, errors = effects_by_row(values, plan, pairs, others)
    return spread(by_row, plan, mean, errors)


def fields_for(plan: Plan) -> Callable[[Matrix, Comparison, float], Mapping[str, Any]]:
    """``fields`` of a plan for comparisons, as ``effects`` asks for them."""
    return lambda values, own, mean: fields(plan, values, mean, own.pairs)


def spread(of_rows: FloatArray, plan: Plan, default: float, errors: FloatArray | None = None) -> dict[str, Any]:
    """How something is distributed over the rows of a sample, by their weights: columns of a table.

    ``median``, ``q05``, ``q95``; ``same_sign``: the share of rows with the sign of ``default``; ``outside``: whether
    the default lies outside the middle 80 %; ``noise``: root mean square of the standard errors; ``n_rows``.
    """
    assert plan.assumed is not None
    is_there = np.isfinite(of_rows)
    values, weights = of_rows[is_there], np.array(plan.assumed.weights)[is_there]
    if not values.size:
        return {"median": np.nan, "q05": np.nan, "q95": np.nan, "same_sign": np.nan, "outside": False,
                "noise": np.nan, "n_rows": 0}  # fmt: skip
    low, q10, median, q90, high = (weighted_quantile(values, weights, q) for q in (0.05, 0.1, 0.5, 0.9, 0.95))
    sign = 0.0 if abs(default) < NO_SIGN else np.sign(default)
    signs = np.where(np.abs(values) < NO_SIGN, 0.0, np.sign(values))
    noise = np.nan
    if errors is not None and np.isfinite(errors).any():
        noise = float(np.sqrt(np.nanmean(errors * errors)))
    return {
        "median": median, "q05": low, "q95": high,
        "same_sign": float(weights[signs == sign].sum() / weights.sum()),
        "outside": bool(default < q10 - NO_SIGN or default > q90 + NO_SIGN), "noise": noise, "n_rows": int(values.size),
    }  # fmt: skip


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

    Rows count by their weights; the interval counts as many rows as the weights are worth (Kish). Assumptions that are
    texts, and all of them where nothing varies, are left out.
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
    n = float(weights.sum() ** 2 / (weights @ weights))
    z = float(norm.ppf(0.5 + level / 2.0))
    found: list[dict[str, Any]] = []
    for name, x, ranks in zip(names, columns, rankdata(columns, axis=1), strict=True):
        if np.ptp(x) == 0.0:
            continue
        r = _correlation(ranks, own, weights)
        half = z * np.sqrt((1.0 + r * r / 2.0) / (n - 3.0)) if n > 3.0 else np.inf
        edge = np.arctanh(np.clip(r, -1.0 + 1e-12, 1.0 - 1e-12))
        ends = float(np.tanh(edge - half)), float(np.tanh(edge + half))
        found.append({"assumption": name, "correlation": r, "low": ends[0], "high": ends[1], "n": round(n, 1)})
    yield from sorted(found, key=lambda row: -abs(float(row["correlation"])))


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
