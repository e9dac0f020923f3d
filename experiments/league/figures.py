"""The figure of a league: leads in payoff with intervals, and a growing and shrinking population."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from experiments.display.figure_style import BLUE, MARKERS, SERIES
from experiments.league.table import GENERATIONS, League


def league_figure(league: League) -> Figure:
    """Leads in own payoff with intervals, and the shares of a growing and shrinking population."""
    drawn, (left, right) = plt.subplots(1, 2, figsize=(13, 0.32 * len(league.ranking) + 3), layout="constrained")
    rows = league.ranking.iloc[::-1].reset_index(drop=True)
    spans = [rows["own_lead"] - rows["own_lead_low"], rows["own_lead_high"] - rows["own_lead"]]
    left.errorbar(rows["own_lead"], range(len(rows)), xerr=spans, fmt="o", color=BLUE, capsize=3)
    left.axvline(0.0, color="black", linewidth=0.8)
    left.set_yticks(range(len(rows)), rows["name"])
    left.set_xlabel("own payoff less the mean of all players, bn$ a year")
    left.set_title("Who takes more at the table")
    order = np.argsort(-league.shares[-1], kind="stable")
    for place, number in enumerate(order[: len(SERIES)]):
        right.plot(
            league.shares[:, number],
            color=SERIES[place],
            marker=MARKERS[place],
            markevery=max(1, GENERATIONS // 8),
            label=league.plan.players[number].name,
        )
    right.set_xlabel("generation")
    right.set_ylabel("share of the population")
    right.set_title("What earns more grows")
    right.legend()
    return drawn
