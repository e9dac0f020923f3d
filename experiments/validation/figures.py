"""The validation as a picture: every effect beside its published range."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.display.figure_style import (
    BLUE,
    MUTED,
    PALE,
    VERMILLION,
    keyed,
    letters,
    panels,
    pt,
    titled,
    wrapped,
)
from experiments.display.looks import style
from experiments.validation.rows import LONG, SHORT, Row, cells, runs_of

HEIGHT: Final = 0.7  # of a row, inches of a slide
#: Places beyond this many half ranges from the middle are drawn on a logarithmic scale, and none beyond the last.
LINEAR, LAST = 2.0, 30.0
TICKS: Final = (-1.0, 1.0, 3.0, 10.0)
TICK_WORDS: Final = ("least\npublished", "most\npublished", "3", "10")


def placed(row: Row, value: float) -> float:
    """Where the size of a figure lies: -1 and 1 are the ends of the published range, by size."""
    least, most = sorted((abs(row.published.low), abs(row.published.high)))
    return float(np.clip((abs(value) - (least + most) / 2.0) / ((most - least) / 2.0), -LAST, LAST))


def validation_figure(rows: list[Row]) -> Figure:
    """One line a row, its published range the band that all have in common.

    The model's figures stand at the right; one column of a journal has no room for them, and its marks tell enough.
    """
    is_narrow = style().is_stacked
    figure, ((axis,),) = panels(1, 1, HEIGHT * len(rows) * (1.4 if is_narrow else 1.0) + 1.6)
    axis.axvspan(-1.0, 1.0, color=PALE, linewidth=0, zorder=0)
    size = pt(8)
    for line, row in enumerate(reversed(rows)):
        colour, marker = (BLUE, "o") if row.meets else (VERMILLION, "s")
        runs = runs_of(row)
        for run in runs:
            at = line + (0.17 if run == SHORT else -0.17) * (len(runs) > 1)
            if not np.isnan(row.low[run]):
                low, high = (placed(row, end) for end in (row.low[run], row.high[run]))
                axis.hlines(at, low, high, color=colour, linewidth=pt(2.0), alpha=0.6)
            fill = colour if run == LONG else "white"
            axis.plot(placed(row, row.figure[run]), at, marker, color=colour, mfc=fill, markersize=size, zorder=3)
        if not is_narrow:
            own = cells(row)
            words = ", ".join(own[name] for name in ("short run", "long run") if own[name])
            where = {"xy": (1.01, line), "xycoords": ("axes fraction", "data"), "va": "center"}
            axis.annotate(f"{words}  ({own['published']})", **where)
    names = [wrapped(row.effect.title, letters(0.36 if is_narrow else 0.3), 3) for row in reversed(rows)]
    axis.set_yticks(range(len(rows)), names)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.set_xscale("symlog", linthresh=LINEAR, linscale=1.5)
    axis.set_xlim(-4.0, LAST)
    axis.set_xticks(TICKS, TICK_WORDS)
    axis.set_xticks([], minor=True)
    axis.set_xlabel("← weaker      stronger →\n(half ranges from the middle)")
    handles = [
        Patch(color=PALE, label="published"),
        Line2D([], [], color=BLUE, marker="o", linestyle="", markersize=size, label="meets"),
        Line2D([], [], color=VERMILLION, marker="s", linestyle="", markersize=size, label="misses"),
        Line2D([], [], color=MUTED, marker="o", linestyle="", mfc="white", markersize=size, label="hollow: short run"),
        Line2D([], [], color=MUTED, marker="o", linestyle="", markersize=size, label="filled: long run, or both alike"),
        Line2D([], [], color=MUTED, linewidth=pt(2.0), label="90 % over the assumptions"),
    ]
    keyed(figure, handles, "" if is_narrow else "At the right: the model, short run and long run (published)")
    titled(figure, "The model and what others found")
    return figure
