"""The figure of the ablation: what the mechanisms that change most change, in the core and in the full model.

A filled marker is an effect whose interval leaves zero out, a hollow one is not told apart from zero; circles stand for
the core, squares for the full model. All mechanisms are in the table (docs/ablation.csv).
"""

from __future__ import annotations

from typing import Final

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.catalogue.mechanisms import CORE, FULL, OUTCOMES
from experiments.catalogue.mechanisms_page import ranked
from experiments.display.figure_style import BLACK, SERIES, keyed, name_across, pt, titled
from experiments.report.figures import MOST_ROWS, down, effect_mark, ranking, told_from_zero

LOOKS: Final = {CORE: ("o", SERIES[0], -0.18), FULL: ("s", SERIES[1], 0.18)}
WORDS: Final = {"mean_depth": "mean depth (0 to 1)", "durable": "share of runs with lasting cooperation (0 to 1)"}
APART: Final = 0.5  # lines between mechanisms, so that a row can be followed across panels


def ablation_figure(effects: pd.DataFrame) -> Figure:
    """The mechanisms with the largest effects, outcomes down and dyads across; as ``mechanisms.effects_of`` gives.

    effects: rows mechanism, in (core, full), dyad, outcome, mean, low, high.
    """
    order = ranked(effects)
    shown, n_all = order[:MOST_ROWS], len(order)
    figure, axes, dyads = ranking(effects, list(OUTCOMES), shown)
    for row, outcome in zip(axes, OUTCOMES, strict=True):
        for axis, dyad in zip(row, dyads, strict=True):
            own = effects[(effects["outcome"] == outcome) & (effects["dyad"] == dyad)]
            axis.axvline(0, color=BLACK, linewidth=pt(1.3))
            for _, effect in own[own["mechanism"].isin(shown)].iterrows():
                marker, colour, shift = LOOKS[effect["in"]]
                effect_mark(axis, effect, shown.index(effect["mechanism"]) + shift, marker, colour)
            if outcome == next(iter(OUTCOMES)):
                axis.set_title(dyad)
            for line in range(0, len(shown), 2):
                axis.axhspan(line - APART, line + APART, color="#F4F4F4", linewidth=0, zorder=0)
        name_across(row, f"change of {WORDS[outcome]}, with the mechanism less without")
        down(row, shown)
    keys = [
        Line2D([], [], linestyle="", marker=marker, color=colour, label=label)
        for (marker, colour, _), label in zip(
            LOOKS.values(), ("alone, in the core", "in the full model, all others on"), strict=True
        )
    ]
    n = int(effects["n"].max())
    note = f"The {len(shown)} mechanisms with the largest effects, of {n_all} in the table; {n:,} replicates an arm"
    keyed(figure, [*keys, *told_from_zero("o")[1:]], f"{note}, paired; bars: 95 % intervals")
    titled(figure, "What each mechanism changes")
    return figure
