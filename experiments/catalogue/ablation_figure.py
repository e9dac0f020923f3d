"""The figure of the ablation: what every mechanism changes in the core and in the full model, ranked.

Colours are those of ``figures.py``. A filled marker is an effect whose interval leaves zero out, a hollow one is not
told apart from zero; circles stand for the core, squares for the full model.
"""

from __future__ import annotations

from typing import Any, Final

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from experiments.catalogue.mechanisms import CORE, FULL, OUTCOMES
from experiments.catalogue.mechanisms_page import ranked
from experiments.display.figure_style import BLACK, SERIES

LOOKS: Final = {CORE: ("o", SERIES[0], -0.18), FULL: ("s", SERIES[1], 0.18)}
ROW: Final = 0.27  # inches a mechanism
APART: Final = 0.5  # lines between mechanisms, so that a row can be followed across six panels


def ablation_figure(effects: pd.DataFrame) -> Figure:
    """Panels of each outcome and dyad, mechanisms from the largest effects down; as ``mechanisms.effects_of`` gives.

    effects: rows mechanism, in (core, full), dyad, outcome, mean, low, high.
    """
    order = ranked(effects)
    dyads = list(dict.fromkeys(effects["dyad"]))
    columns = [(outcome, dyad) for outcome in OUTCOMES for dyad in dyads]
    height = max(4.0, 2.0 + ROW * len(order))
    figure, axes = plt.subplots(1, len(columns), figsize=(16, height), sharey=True, squeeze=False, layout="constrained")
    for axis, (outcome, dyad) in zip(axes[0], columns, strict=True):
        own = effects[(effects["outcome"] == outcome) & (effects["dyad"] == dyad)]
        axis.axvline(0, color=BLACK, linewidth=1)
        for _, row in own.iterrows():
            marker, colour, shift = LOOKS[row["in"]]
            is_clear = row["low"] > 0 or row["high"] < 0
            arms = [[max(row["mean"] - row["low"], 0.0)], [max(row["high"] - row["mean"], 0.0)]]
            look: dict[str, Any] = {"fmt": marker, "color": colour, "mfc": colour if is_clear else "white"}
            axis.errorbar(
                row["mean"], order.index(row["mechanism"]) + shift, xerr=arms, markersize=4.5, elinewidth=1.2, **look
            )
        axis.set_title(f"{dyad}\n{OUTCOMES[outcome]}", fontsize=11)
        axis.set_xlabel("with less without", fontsize=9)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.tick_params(axis="x", labelsize=8)
        axis.grid(axis="y", visible=False)
        for line in range(0, len(order), 2):
            axis.axhspan(line - APART, line + APART, color="#F4F4F4", linewidth=0, zorder=0)
    axes[0, 0].set_yticks(range(len(order)), order, fontsize=9)
    axes[0, 0].set_ylim(len(order) - 0.4, -0.6)
    keys = [
        Line2D([], [], linestyle="", marker=marker, color=colour, label=label)
        for (marker, colour, _), label in zip(
            LOOKS.values(), ("in the core", "in the full model, all others on"), strict=True
        )
    ]
    keys.append(Line2D([], [], linestyle="", marker="o", color=BLACK, mfc="white", label="not told from zero"))
    n = int(effects["n"].max())
    figure.suptitle(f"What each mechanism changes ({n:,} replicates an arm, paired, 95 % intervals)", fontsize=14)
    figure.legend(handles=keys, loc="outside lower center", ncols=3)
    return figure
