"""The figure of an arena: what agents gain against the rules, seat by seat, and where their games lie in the cloud."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.display.figure_style import (
    BLACK,
    MARKERS,
    bloc_look,
    keyed,
    leftmost,
    letters,
    panels,
    pt,
    row_names,
)
from experiments.display.looks import style
from experiments.seating.arena import ALL, Arena

STEP = 0.18  # between the seats of an agent, rows


def arena_figure(arena: Arena) -> Figure:
    """Gains against the rules and percentiles in the cloud, a row an agent and a mark a seat, with 95 % intervals."""
    rows = arena.table[arena.table["seat"] != ALL]
    agents, seats = list(rows["agent"].unique()), list(rows["seat"].unique())
    names = row_names(agents, letters(0.5 if style().is_stacked else 0.28), 2)
    drawn, ((left, right),) = panels(1, 2, max(0.8 * len(agents) + 1.8, 6.0), share_y=False)
    for place, seat in enumerate(seats):
        shift = STEP * (place - 0.5 * (len(seats) - 1))
        own = rows[rows["seat"] == seat].set_index("agent").loc[agents]
        heights = [number + shift for number in range(len(agents))]
        look = bloc_look(seat)["color"], MARKERS[place]
        _marks(left, own, "gain_lead", heights, look)
        _marks(right, own, "percentile", heights, look)
    left.axvline(0.0, color=BLACK, linewidth=pt(1.3))
    right.axvline(50.0, color=BLACK, linewidth=pt(1.3))
    left.set_xlabel("own gain less that\nby the rules in the same\nluck, bn$ a year")
    right.set_xlabel(f"percentile among\n{len(arena.cloud)} lucks\nby the rules alone")
    left.set_title("What an agent\nbrings its seat")
    right.set_title("Was it luck?")
    for axes in (left, right):
        axes.set_yticks(range(len(agents)), names if axes in leftmost([left, right]) else [""] * len(agents))
        axes.set_ylim(len(agents) - 0.5, -0.5)
    handles = [
        Line2D([], [], color=bloc_look(seat)["color"], marker=MARKERS[place], linestyle="", label=f"seat of {seat}")
        for place, seat in enumerate(seats)
    ]
    keyed(drawn, handles)
    return drawn


def _marks(axes: Axes, own: pd.DataFrame, name: str, heights: list[float], look: tuple[str, str]) -> None:
    """A seat's marks; without intervals where one luck gives none."""
    middle, low, high = (own[column].to_numpy(float) for column in (name, f"{name}_low", f"{name}_high"))
    is_there = ~pd.isna(low)
    colour, marker = look
    axes.plot(middle, heights, linestyle="", marker=marker, color=colour)
    axes.hlines([height for height, there in zip(heights, is_there, strict=True) if there], low[is_there],
                high[is_there], color=colour, linewidth=pt(2.0))  # fmt: skip
