"""The validation as a picture: every effect beside its published range."""

from __future__ import annotations

from typing import Final

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.display.figure_style import BLUE, MUTED, PALE, VERMILLION
from experiments.validation.rows import LONG, SHORT, Row, cells, runs_of

SIZE: Final = (12.5, 8.0)
#: Places beyond this many half ranges from the middle are drawn on a logarithmic scale, and none beyond the last.
LINEAR, LAST = 2.0, 30.0
TICKS: Final = (-1.0, 1.0, 3.0, 10.0)
TICK_WORDS: Final = ("least\npublished", "most\npublished", "3", "10")


def placed(row: Row, value: float) -> float:
    """Where the size of a figure lies: -1 and 1 are the ends of the published range, by size."""
    least, most = sorted((abs(row.published.low), abs(row.published.high)))
    return float(np.clip((abs(value) - (least + most) / 2.0) / ((most - least) / 2.0), -LAST, LAST))


def validation_figure(rows: list[Row]) -> Figure:
    """One line a row, its published range the band that all have in common."""
    figure, axis = plt.subplots(figsize=SIZE, layout="constrained")
    axis.axvspan(-1.0, 1.0, color=PALE, linewidth=0, zorder=0)
    for line, row in enumerate(reversed(rows)):
        colour = BLUE if row.meets else VERMILLION
        runs = runs_of(row)
        for run in runs:
            at = line + (0.14 if run == SHORT else -0.14) * (len(runs) > 1)
            if not np.isnan(row.low[run]):
                low, high = (placed(row, end) for end in (row.low[run], row.high[run]))
                axis.hlines(at, low, high, color=colour, linewidth=2.0, alpha=0.6)
            fill = colour if run == LONG else "white"
            axis.plot(placed(row, row.figure[run]), at, "o", color=colour, markerfacecolor=fill, markersize=8, zorder=3)
        own = cells(row)
        words = ", ".join(own[name] for name in ("short run", "long run") if own[name])
        axis.annotate(
            f"{words}  ({own['published']})", (1.01, line), xycoords=("axes fraction", "data"), va="center", fontsize=10
        )
    axis.set_yticks(range(len(rows)), [row.effect.title for row in reversed(rows)])
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.set_xscale("symlog", linthresh=LINEAR, linscale=1.5)
    axis.set_xlim(-4.0, LAST)
    axis.set_xticks(TICKS, TICK_WORDS)
    axis.set_xticks([], minor=True)
    axis.set_xlabel("weaker than published  ←      →  stronger, in half ranges from the middle")
    axis.set_title("The model and what others found; at the right its figures (and the published range)", loc="left")
    handles = [
        Patch(color=PALE, label="published"),
        Line2D([], [], color=MUTED, marker="o", linestyle="", markerfacecolor="white", markersize=8, label="short run"),
        Line2D([], [], color=MUTED, marker="o", linestyle="", markersize=8, label="long run, or both alike"),
        Line2D([], [], color=MUTED, linewidth=2.0, label="90 % over the assumptions"),
        Line2D([], [], color=BLUE, marker="s", linestyle="", label="meets"),
        Line2D([], [], color=VERMILLION, marker="s", linestyle="", label="misses"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)
    return figure
