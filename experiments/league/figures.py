"""The figure of a league: leads in payoff with intervals, and a growing and shrinking population."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.display.figure_style import (
    BLACK,
    BLUE,
    LINES,
    MARKERS,
    SERIES,
    keyed,
    letters,
    panels,
    pt,
    row_names,
)
from experiments.display.looks import style
from experiments.league.table import GENERATIONS, League


def league_figure(league: League) -> Figure:
    """Leads in own payoff with intervals, and the shares of a growing and shrinking population."""
    drawn, ((left, right),) = panels(1, 2, max(0.6 * len(league.ranking) + 1.8, 6.0), share_y=False)
    rows = league.ranking.iloc[::-1].reset_index(drop=True)
    spans = [rows["own_lead"] - rows["own_lead_low"], rows["own_lead_high"] - rows["own_lead"]]
    left.errorbar(rows["own_lead"], range(len(rows)), xerr=spans, fmt="o", color=BLUE)
    left.axvline(0.0, color=BLACK, linewidth=pt(1.3))
    left.set_yticks(range(len(rows)), row_names(list(rows["name"]), letters(0.5 if style().is_stacked else 0.24), 2))
    left.set_xlabel("own payoff less\nthe mean of all players,\nbn$ a year")
    left.set_title("Who takes more\nat the table")
    order = np.argsort(-league.shares[-1], kind="stable")
    for place, number in enumerate(order[: len(SERIES)]):
        right.plot(
            league.shares[:, number],
            color=SERIES[place],
            linestyle=LINES[place],
            marker=MARKERS[place],
            markevery=max(1, GENERATIONS // 8),
        )
    right.set_xlabel("generation")
    right.set_ylabel("share of the population")
    right.set_title("What earns\nmore grows")
    handles = [
        Line2D([], [], color=colour, linestyle=line, marker=marker, label=league.plan.players[number].name)
        for number, colour, line, marker in zip(order, SERIES, LINES, MARKERS, strict=False)
    ]
    keyed(drawn, handles)
    return drawn
