"""Tables of a plan's results: cells with intervals, contrasts, main effects; paired replicate by replicate.

Input is tidy, one row per (design point, replicate, dyad): columns ``design_point``, ``replicate``, ``dyad``,
the plan's factors, and outcomes such as ``mean_depth`` (fraction), ``joint_gain`` (bn$ per year), ``emerged``
and ``durable`` (booleans). Drop failed runs first: a missing outcome is refused or, where values are compared
in pairs, left out with its pair.

The statistics themselves live in ``estimates.py`` and ``survival.py`` and can be used from here.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from experiments.design.plan import Plan
from experiments.statistics.estimates import (
    LEVEL,
    Estimate,
    McNemar,
    Rate,
    SurvivalCurve,
    clopper_pearson,
    design_effect,
    effective_n,
    intraclass_correlation,
    kaplan_meier,
    mcnemar,
    mean_interval,
    paired_difference,
    replicates_needed,
    shared_rate,
    wilson,
)
from experiments.statistics.survival import LogRank, cumulative_incidence, ended_by_cause, log_rank, treaty_ends

__all__ = [
    "LEVEL",
    "Estimate",
    "LogRank",
    "McNemar",
    "Rate",
    "SurvivalCurve",
    "cell_summary",
    "clopper_pearson",
    "contrast",
    "cumulative_incidence",
    "design_effect",
    "effective_n",
    "ended_by_cause",
    "intraclass_correlation",
    "kaplan_meier",
    "log_rank",
    "main_effects",
    "mcnemar",
    "mean_interval",
    "paired_difference",
    "rank_correlations",
    "replicates_needed",
    "shared_rate",
    "treaty_ends",
    "wilson",
]

#: What ``cell_summary`` averages, and which booleans it turns into rates (column -> name of the rate).
MEANS: Final = (
    *("time_cooperating", "gain_share", "joint_gain", "duty_first", "duty_second", "ev_trade"),
    *("final_ev_share_first", "final_ev_share_second", "price_first", "price_second"),
    *("co2_saved_first", "co2_saved_second", "mean_depth"),
    *("depth_inherited", "depth_joint", "depth_duties", "depth_recognition"),
)
RATES: Final[Mapping[str, str]] = {
    "emerged": "emergence_rate", "inherited": "inherited_share", "kept": "kept_share", "lost": "lost_share",
    "regained": "regained_share", "durable": "durable_share",
}  # fmt: skip
#: What a run need not have: there is no share of a gain where next to none can be had.
MAY_MISS: Final = ("gain_share",)
CELL: Final = ("design_point", "dyad")


def cell_summary(
    frame: pd.DataFrame,
    by: Sequence[str] = CELL,
    means: Sequence[str] = MEANS,
    rates: Mapping[str, str] = RATES,
    level: float = LEVEL,
) -> pd.DataFrame:
    """One row per cell: runs, means and rates with intervals (``x``, ``x_low``, ``x_high``), the ceiling.

    frame: tidy rows (module docstring). by: columns that name a cell; add factors to carry them along; leave
    out ``dyad`` to pool the dyads of a run, which are then clustered. means, rates: columns to summarise.
    ``depth_ceiling``, where present, is averaged without interval. Of ``MAY_MISS`` the runs that have a value are
    averaged, and there is no number where none has.
    Raises: ValueError when a column is missing, or a value in it.
    Source: theory 2.2 (estimands 1 to 3), 2.3 (pitfalls 3 and 7).
    """
    _check_columns(frame, [*by, "replicate", *means, *rates], may_miss=MAY_MISS)
    rows = []
    for cell, group in _groups(frame, by):
        is_single = not group["replicate"].duplicated().any()
        values = group[list(means)].astype(float)
        if not is_single:
            values = values.groupby(group["replicate"], sort=True).mean()
        row = {**cell, "n_runs": len(values)}
        for column in means:
            own = values[column].dropna().to_numpy()
            mean, low, high = mean_interval(own, level)[:3] if own.size else (math.nan, math.nan, math.nan)
            row |= {column: mean, f"{column}_low": low, f"{column}_high": high}
        for column, name in rates.items():
            rate = _clustered_rate(group, column, level)
            row |= {name: rate.share, f"{name}_low": rate.low, f"{name}_high": rate.high}
        if "depth_ceiling" in frame:
            row["depth_ceiling"] = float(group["depth_ceiling"].mean())
        rows.append(row)
    return pd.DataFrame(rows)


def contrast(
    treated: pd.DataFrame,
    control: pd.DataFrame,
    outcome: str,
    by: Sequence[str] = ("dyad",),
    level: float = LEVEL,
) -> pd.DataFrame:
    """Treated minus control for each group, paired by replicate; unit of the outcome.

    treated, control: tidy rows, at most one per replicate, dyad (where present) and ``by``. by: columns to
    report separately; without ``dyad`` the dyads of a run are averaged first. Replicates that lack a partner
    are left out; ``n`` says how many remain.
    Raises: ValueError for missing columns, repeated rows, or a group without a pair.
    Source: theory 2.3, pitfall 8.
    """
    both = pd.concat([treated.assign(_arm=1), control.assign(_arm=0)], ignore_index=True)
    effects = main_effects(both, {"_arm": (0, 1)}, outcome, by, level)
    return effects.drop(columns=["factor", "baseline", "level", "n_cells"])


def main_effects(
    frame: pd.DataFrame,
    factors: Sequence[str] | Mapping[str, Sequence[Hashable]],
    outcome: str,
    by: Sequence[str] = (),
    level: float = LEVEL,
) -> pd.DataFrame:
    """What each level of each factor changes against the first level, all else equal; unit of the outcome.

    Every difference is between rows that agree on replicate, dyad and all other factors; it is averaged
    within the replicate over those (matched) cells, and the interval is over replicates.

    frame: tidy rows, one per design point, replicate and dyad; ``dyad`` is optional. factors: columns, whose
    first level to appear is the baseline, or a mapping to levels with the baseline first. outcome: a number
    or boolean column. by: columns to report separately, such as ``block`` and ``dyad``; any column in which
    design points differ must be a factor or here.
    Columns: by, ``factor``, ``baseline``, ``level``, mean, low, high, se, n (replicates), ``n_cells``
    (matched cells per replicate). A replicate that lacks one of its matched cells is left out.
    Raises: ValueError for missing columns, rows that are not told apart, or levels without any matched cell.
    Source: Box, Hunter & Hunter 2005 (factorial main effects); theory 2.3, pitfalls 3 and 8.
    """
    unit = [c for c in ("dyad",) if c in frame and c not in by]
    _check_columns(frame, [*by, "replicate", *factors, outcome], may_miss=[outcome])
    rows = []
    for group_name, group in _groups(frame, by):
        for factor in factors:
            levels = factors[factor] if isinstance(factors, Mapping) else tuple(group[factor].unique())
            cell = [*unit, *(f for f in factors if f != factor)]
            keys = ["replicate", *cell]
            if group.duplicated([*keys, factor]).any():
                raise ValueError(f"Rows that agree on {', '.join([*keys, factor])}: add what tells them apart.")
            wide = group.assign(_y=group[outcome].astype(float)).pivot(index=keys, columns=factor, values="_y")
            for other in levels[1:]:
                differences, n_cells = _matched(wide, levels[0], other)
                if not len(differences):
                    raise ValueError(f"No matched cells for {factor}: {other!r} against {levels[0]!r}.")
                estimate = mean_interval(differences, level)
                what = {"factor": factor, "baseline": levels[0], "level": other}
                rows.append({**group_name, **what, **estimate._asdict(), "n_cells": n_cells})
    return pd.DataFrame(rows)


def rank_correlations(cells: pd.DataFrame, plan: Plan, outcomes: Sequence[str], level: float = LEVEL) -> pd.DataFrame:
    """How each factor of a sampled design goes with each outcome: Spearman's correlation over design points.

    cells: ``cell_summary`` by design point, block and dyad. Only factors that are numbers or switches are told.
    Columns: block, dyad, outcome, ``factor``, ``correlation`` (-1 to 1), low, high, n (points); strongest first.
    Limits: 1 for any rising relation without noise; the interval ignores that many factors are looked at.
    Source: Spearman 1904; interval by Fisher's transformation with the variance of Bonett & Wright 2000.
    """
    values = {f.name: [point.levels[f.name] for point in plan.cells] for f in plan.factors}
    numeric = {name: column for name, column in values.items() if not any(isinstance(x, str) for x in column)}
    wide = pd.DataFrame(numeric, index=[point.index for point in plan.cells]).astype(float)
    rows = []
    z = float(norm.ppf(0.5 + level / 2.0))
    for (block, dyad), group in cells.groupby(["block", "dyad"], sort=False, observed=True):
        ranks = wide.loc[group["design_point"]].rank()
        for outcome in outcomes if len(group) > 3 else ():
            told = group[RATES.get(outcome, outcome)]
            is_there = told.notna().to_numpy()
            own = told[is_there].rank().to_numpy(float)
            own_rows = []
            for name in ranks if is_there.sum() > 3 else ():
                column = ranks[name][is_there].rank().to_numpy(float)
                if own.std() == 0.0 or column.std() == 0.0:
                    continue
                r = float(np.clip(np.corrcoef(column, own)[0, 1], -1.0, 1.0))
                half = z * np.sqrt((1.0 + r * r / 2.0) / (len(own) - 3))
                edge = np.arctanh(np.clip(r, -1.0 + 1e-12, 1.0 - 1e-12))
                low, high = float(np.tanh(edge - half)), float(np.tanh(edge + half))
                own_rows.append((block, dyad, outcome, name, r, low, high, len(own)))
            rows += sorted(own_rows, key=lambda row: -abs(row[4]))
    columns = ["block", "dyad", "outcome", "factor", "correlation", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def _matched(wide: pd.DataFrame, baseline: Hashable, other: Hashable) -> tuple[npt.NDArray[np.float64], int]:
    """Per complete replicate, the mean difference over matched cells; and how many cells those are."""
    if baseline not in wide or other not in wide:
        return np.empty(0), 0
    difference = (wide[other] - wide[baseline]).dropna()
    runs = difference.groupby(level="replicate")
    size = runs.size()
    n_cells = int(size.max()) if len(size) else 0
    return runs.mean()[size == n_cells].to_numpy(float), n_cells


def _clustered_rate(group: pd.DataFrame, column: str, level: float) -> Rate:
    """Wilson interval of a boolean column, discounted where a replicate has several rows."""
    values = group[column].astype(float)
    if not group["replicate"].duplicated().any():
        return wilson(float(values.sum()), len(values), level)
    sizes = group.groupby("replicate").size()
    n, m = float(len(values)), float(sizes.mean())
    if m > 1.0 and len(sizes) > 1:
        if sizes.nunique() > 1:
            raise ValueError("Replicates have unequal numbers of rows; drop the incomplete ones first.")
        table = values.to_numpy()[np.argsort(group["replicate"].to_numpy(), kind="stable")]
        n = effective_n(n, m, intraclass_correlation(table.reshape(len(sizes), int(m))))
    elif m > 1.0:
        n = 1.0  # one run: its rows may all be one fact
    share = float(values.mean())
    return wilson(share * n if 0.0 < share < 1.0 else (n if share == 1.0 else 0.0), n, level)


def _groups(frame: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """Each group of rows with its name, in order of appearance; all rows as one group without ``by``."""
    if not by:
        yield {}, frame
        return
    for name, group in frame.groupby(list(by), sort=False, observed=True, dropna=False):
        yield dict(zip(by, name, strict=True)), group


def _check_columns(frame: pd.DataFrame, columns: Sequence[str], may_miss: Sequence[str] = ()) -> None:
    missing = [c for c in columns if c not in frame]
    if missing:
        raise ValueError(f"No column {', '.join(missing)}; there are {', '.join(map(str, frame.columns))}.")
    holes = [c for c in columns if c not in may_miss and frame[c].isna().any()]
    if holes or frame.empty:
        raise ValueError(f"Missing values in {', '.join(holes)}." if holes else "No rows to summarise.")
