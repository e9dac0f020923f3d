"""The two figures of a plan that names its outcomes: their levels in the main cells, and what changes them.

For a slide, like those in ``headline_figures.py``: outcomes down, dyads across, every number beside its mark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.design.outcomes import OUTCOMES, lead_of, told_of, words_of
from experiments.display.figure_style import (
    BLACK,
    BLUE,
    MINUS,
    ORANGE,
    VERMILLION,
    leftmost,
    letters,
    noted,
    panels,
    pt,
    row_names,
    titled,
    widened,
    wrapped,
)
from experiments.display.looks import style
from experiments.display.words import signed
from experiments.findings import headline
from experiments.findings.asked import pair_of
from experiments.findings.crossed import ALL_BLOCKS
from experiments.findings.sentences import replicates_in_words
from experiments.findings.tables import OVER_ASSUMPTIONS, Findings
from experiments.report.crossed_tables import interactions_named
from experiments.statistics.summarise import RATES

HEIGHT: Final = 7.5  # of a slide, in inches
# Outcomes and comparisons that a slide has room for.
MOST_OUTCOMES: Final = 4
MOST_COMPARED: Final = 6
# Of the width of a figure, what names of rows may take, and lines of a name at most.
LABEL, MOST_LINES = 0.26, 3
# Inches of a line of a row, and of what stands around the rows.
ROW, AROUND = 0.36, 1.7
# What stands before the name of an interaction.
ASKED: Final = "interaction: "
Mark = dict[str, float]


def levels_figure(findings: Findings) -> Figure:
    """The level of every outcome that the plan names, in its main cells, with 95 % intervals."""
    shown = headline.shown_cells(findings.plan, findings.arms)
    told = dict(headline.cells_of(findings, shown))
    labels = [own.label or "all runs" for own, _ in next(iter(told.values()))]

    def marks(outcome: str, dyad: str) -> list[Mark]:
        column = RATES.get(outcome, outcome)
        ends = {"mean": column, "low": f"{column}_low", "high": f"{column}_high"}
        return [{key: float(cell[name]) for key, name in ends.items()} for _, cell in told[dyad]]

    return _figure(findings, list(told), labels, marks, is_difference=False)


def changes_figure(findings: Findings) -> Figure:
    """What is compared changes of every outcome, with 95 % intervals, and over assumptions where they are known."""
    plan = findings.plan
    rows = _compared(findings)
    size = rows[rows["outcome"] == lead_of(plan)].groupby("what", sort=False)["mean"].apply(lambda x: x.abs().sum())
    is_asked = size.index.str.startswith(ASKED)
    ordered = [*size.index[is_asked], *size[~is_asked].sort_values(ascending=False, kind="stable").index]
    kept = set(ordered[:MOST_COMPARED])
    labels = [str(what) for what in size.index if what in kept]

    def marks(outcome: str, dyad: str) -> list[Mark]:
        own = rows[(rows["outcome"] == outcome) & (rows["dyad"] == dyad)].drop_duplicates("what").set_index("what")
        names = ["mean", "low", "high", *(name for name in OVER_ASSUMPTIONS if name in own)]
        return [{name: float(own[name].get(what, np.nan)) for name in names}
                for what in labels]  # fmt: skip

    dyads = list(dict.fromkeys(rows["dyad"].astype(str)))
    return _figure(findings, dyads, labels, marks, is_difference=True)


def has_changes(findings: Findings) -> bool:
    """Whether anything is compared."""
    return not _compared(findings).empty


def _compared(findings: Findings) -> pd.DataFrame:
    """Everything that is compared, by a column ``what``: interactions first, which are what a plan asks."""
    rows, plan = pd.concat([findings.interactions, _effects(findings)], ignore_index=True), findings.plan
    rows = rows[rows["block"].isin([plan.blocks[0].name, ALL_BLOCKS])] if "block" in rows else rows
    if len(findings.interactions):
        asked = rows["interaction"].notna()
        rows.loc[asked, "what"] = [f"{ASKED}{name}" for name in interactions_named(plan, rows[asked])]
    return rows


def _effects(findings: Findings) -> pd.DataFrame:
    factors = {factor.name: factor for factor in findings.plan.factors}
    if len(findings.effects):
        own = findings.effects
        what = [headline.level_in_words(findings.plan, factors[name], level)
                for name, level in zip(own["factor"], own["level"], strict=True)]  # fmt: skip
        return own.assign(what=what)
    if len(findings.arms):
        own = findings.arms[findings.arms["reference"] == findings.plan.references[0]]
        return own.assign(what=own["arm"])
    if len(findings.contrasts):
        return findings.contrasts.assign(what=findings.contrasts["contrast"])
    return pd.DataFrame()


def _figure(
    findings: Findings,
    dyads: list[str],
    labels: list[str],
    marks: Callable[[str, str], list[Mark]],
    is_difference: bool,
) -> Figure:
    plan = findings.plan
    outcomes = told_of(plan)[:MOST_OUTCOMES]
    places = row_names(labels, letters(LABEL * (1.4 if style().is_stacked else 1.0)), MOST_LINES)
    tall = 1 + max(place.count("\n") for place in places)
    height = max(HEIGHT / len(outcomes), AROUND + ROW * max(tall, 1.5) * len(labels))
    figure, axes = panels(len(outcomes), len(dyads), height, share_x=True)
    colour, marker = (VERMILLION, "D") if is_difference else (BLUE, "o")
    for line, outcome in enumerate(outcomes):
        own = OUTCOMES[outcome]
        ends, longest = [0.0], {-1: 0, 1: 0}
        for axis, dyad in zip(axes[line], dyads, strict=True):
            for place, mark in enumerate(marks(outcome, dyad)):
                scaled = {name: own.times * value for name, value in mark.items()}
                ends += _drawn(axis, place, scaled, own.digits, colour, marker)
            for text in axis.texts:  # numbers stand beyond the ends, on the side of their sign
                side = 1 if text.get_ha() == "left" else -1
                longest[side] = max(longest[side], len(text.get_text()))
            axis.axvline(0, color=BLACK, linewidth=pt(1.2))
            change = "change of " if is_difference else ""
            words = f"{change}{words_of(outcome, dyad)}"
            words = f"{words}, {own.unit}" if own.unit else words
            axis.set_xlabel(wrapped(words, letters(0.6 if style().is_stacked else 0.21), 4), fontsize="medium")
            axis.grid(axis="y", visible=False)
            axis.tick_params(axis="y", length=0)
            axis.spines["left"].set_visible(False)
            axis.xaxis.set_major_locator(MaxNLocator(3))
            if line == 0:
                axis.set_title(pair_of(dyad))
        widened(list(axes[line]), min(ends), max(ends), longest[-1], longest[1])
    for axis in (axis for row in axes for axis in leftmost(row)):
        axis.set_yticks(range(len(labels)), places)
        axis.set_ylim(len(labels) - 0.4, -0.6)
    titled(figure, plan.title)
    also = (
        ", thin: 5 to 95 % over assumptions" if is_difference and set(OVER_ASSUMPTIONS) <= set(findings.effects) else ""
    )
    noted(
        figure,
        f"{headline.scenarios_in_words(plan)}, {replicates_in_words(findings)} a cell, bars: 95 % intervals{also}",
    )
    return figure


def sign(mean: float) -> int:
    """The side of zero on which a number stands beside its mark: left of it where it is below zero, else right."""
    return -1 if mean < 0.0 else 1


def _drawn(axis: Any, place: int, mark: Mark, digits: int, colour: str, marker: str) -> list[float]:
    """One mark with its bars and its number; the ends that the axis must reach."""
    if not np.isfinite(mark["mean"]):
        return []
    low, high = (mark[end] if np.isfinite(mark[end]) else mark["mean"] for end in ("low", "high"))
    if np.isfinite(mark.get("q05", np.nan)):
        axis.plot([mark["q05"], mark["q95"]], [place + 0.22] * 2, color=ORANGE, linewidth=pt(2.5))
        low, high = min(low, mark["q05"]), max(high, mark["q95"])
    axis.plot(
        [mark["low"], mark["high"]], [place, place], color=colour, linewidth=pt(6), alpha=0.35, solid_capstyle="butt"
    )
    axis.plot(mark["mean"], place, marker=marker, color=colour, markersize=pt(10))
    text = signed(mark["mean"], digits) if marker == "D" else f"{mark['mean']:.{digits}f}"
    text = text.replace("-", MINUS)
    side = sign(mark["mean"])
    end, align = (high, "left") if side > 0 else (low, "right")
    axis.annotate(text, (end, place), (side * pt(8), 0), textcoords="offset points", va="center", ha=align)
    return [low, high]
