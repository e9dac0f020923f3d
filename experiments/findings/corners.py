"""Corners: design points where every run ends alike, in words, with the test that most often said no."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from experiments.design.plan import Factor

# How a run can have come to cooperation, and whether it stayed there.
OUTCOMES: Final = ("emerged", "inherited", "kept")


def tally(runs: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Runs counted by what matters for corners: ``n`` of each design point, dyad, emergence and obstacle."""
    told = runs.assign(blocking=runs["blocking"].astype(object).fillna("").astype(str))
    keys = ["design_point", "block", *names, "dyad", *OUTCOMES, "blocking"]
    groups = told.groupby(keys, sort=False, observed=True)[["mean_depth", "depth_ceiling"]]
    return groups.mean().assign(n=groups.size()).reset_index()


def corners(factorial: pd.DataFrame, factors: Iterable[Factor]) -> list[str]:
    """``corners_of`` for rows of runs."""
    factors = list(factors)
    return corners_of(tally(factorial, [factor.name for factor in factors]), factors)


def corners_of(tallies: pd.DataFrame, factors: Iterable[Factor]) -> list[str]:
    """Each dyad whose result is the same in every run, in words, with the test that most often said no.

    Where a dyad is no corner as a whole, the levels of factors at which it is one are named. Cells with nothing
    on the table (a ceiling of zero) do not count: there nothing can happen.
    """
    factors = list(factors)
    sentences = []
    open_cells = tallies[tallies["depth_ceiling"] > 0]
    n_blocks = tallies["block"].nunique()
    for (block, dyad), rows in open_cells.groupby(["block", "dyad"], sort=False, observed=True):
        where = f"{dyad}, {block}" if n_blocks > 1 else f"{dyad}"
        if whole := _corner(where, rows):
            sentences.append(whole)
            continue
        for factor in factors:
            for level, part in rows.groupby(factor.name, sort=False, observed=True):
                sentences.append(_corner(f"{where}, {factor.label} {factor.label_of(level)}", part))
    return [sentence for sentence in sentences if sentence]


def _corner(where: str, rows: pd.DataFrame) -> str:
    """What is the same in all of these runs, and why; nothing where they differ."""
    n = int(rows["n"].sum())
    emerged, inherited, kept = (int(rows.loc[rows[name].astype(bool), "n"].sum()) for name in OUTCOMES)
    if rows.groupby("design_point")["n"].sum().max() < 2:
        return ""  # a single replicate is always like itself
    if (rows["mean_depth"] == 0).all():
        return f"{where}: no depth at all in any of {n} runs. {_reason(rows)}"
    if emerged == inherited == 0:
        return f"{where}: cooperation emerges in none of {n} runs. {_reason(rows)}"
    if (rows["mean_depth"] >= rows["depth_ceiling"] - 1e-9).all():
        return f"{where}: depth is at its ceiling in all of {n} runs: nothing holds it back."
    if emerged == n:
        return f"{where}: cooperation emerges in all of {n} runs."
    if inherited == n and kept in (0, n):
        return f"{where}: inherited cooperation is kept to the end in {'all' if kept else 'none'} of {n} runs."
    return ""


def _reason(rows: pd.DataFrame) -> str:
    """Which side's which test refused most often, over runs."""
    refused = rows[rows["blocking"] != ""]
    if refused.empty:
        return "No side's test refused a package."
    counts = refused.groupby("blocking", sort=False)["n"].sum().sort_values(ascending=False, kind="stable")
    share = f"{counts.iloc[0]} of {rows['n'].sum()} runs"
    return f"What refused most often: {counts.index[0]} (the main reason in {share})."
