"""Figures of a league, of sensitivity indices and of boxes; drawn as in ``figures.py``."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.design.outcomes import words_of
from experiments.display.figure_style import (
    BLACK,
    BLUE,
    BOLD,
    keyed,
    leftmost,
    letters,
    name_across,
    panels,
    pt,
    row_names,
    titled,
    wrapped,
)
from experiments.display.looks import style
from experiments.findings.differences import in_short
from experiments.sensitivity.screening import Sensitivity, in_order


def sensitivity_figure(found: Sensitivity) -> Figure:
    """Total (bars with intervals) and first-order indices (rings) of mechanisms, kept inputs and chance."""
    groups = in_order(found.sobol)
    outcomes = list(dict.fromkeys(found.sobol["outcome"]))
    dyads = list(found.sobol["dyad"].unique())
    kinds = [kind for kind, _ in groups]
    # From the top; a line of room where another kind begins.
    places = -np.arange(len(groups)) - np.cumsum([0, *(a != b for a, b in pairwise(kinds))])
    drawn, axes = panels(len(outcomes), len(dyads), 0.33 * -places[-1] + 1.8, share_x=True)
    for row, outcome in enumerate(outcomes):
        for column, dyad in enumerate(dyads):
            axis = axes[row][column]
            mine = found.sobol[(found.sobol["outcome"] == outcome) & (found.sobol["dyad"] == dyad)]
            mine = mine.set_index(["kind", "group"]).reindex(groups)
            words = wrapped(words_of(outcome), letters(0.8 if style().is_stacked else 0.22, BOLD * style().head), 3)
            axis.set_title(f"{dyad}\n{words}")
            axis.set_xlim(-0.1, 1.15)  # estimates may lie a little below zero
            if mine["total"].isna().all():
                axis.text(0.5, 0.5, "does not vary", ha="center", transform=axis.transAxes)
                continue
            spans = np.maximum([mine["total"] - mine["total_low"], mine["total_high"] - mine["total"]], 0.0)
            axis.barh(places, mine["total"], color=BLUE, alpha=0.5, label="with all it interacts with (total), 95 %")
            axis.errorbar(mine["total"], places, xerr=spans, fmt="none", color=BLACK, linewidth=pt(1.5))
            axis.plot(mine["first"], places, "o", color=BLACK, mfc="white", ms=pt(6), label="alone (first-order)")
        for axis in leftmost(axes[row]):
            names = [name.replace("_", " ") for _, name in groups]
            axis.set_yticks(places, row_names(names, letters(0.5 if style().is_stacked else 0.3), 1))
    name_across(axes[-1], "share of variance")
    handles: list[Any] = next((own for a in axes.flat if (own := a.get_legend_handles_labels()[0])), [])
    keyed(drawn, handles)
    what = f"the change by {in_short(found.plan)}" if found.plan.difference else "the outcomes"
    titled(drawn, f"What moves {what}: mechanisms, single inputs, chance")
    return drawn
