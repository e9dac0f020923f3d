"""The figure of an emulator: what it says of held-out points against what their runs came to."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.design.outcomes import OUTCOMES, words_of
from experiments.display.figure_style import (
    BLACK,
    BOLD,
    MARKERS,
    SERIES,
    keyed,
    letters,
    panels,
    pt,
    titled,
    wrapped,
)
from experiments.display.looks import style
from experiments.emulation.emulator import Emulator

MOST_PANELS: Final = 6
ACROSS: Final = 3


def held_out_figure(emulator: Emulator) -> Figure:
    """Measured means against the emulator's, with its band, one panel an outcome; on the line both are the same."""
    told = [one for one in emulator.outputs if one["held_out"]["r2"] is not None]
    outcomes = list(dict.fromkeys(one["outcome"] for one in told))[:MOST_PANELS] or [""]
    where = list(dict.fromkeys(one["where"] for one in told if one["outcome"] in outcomes))
    answers = np.array([emulator.at(np.array(place)) for place in emulator.told["tested"]])  # (point, what, output)
    columns = min(ACROSS, len(outcomes))
    drawn, axes = panels(-(-len(outcomes) // columns), columns, 4.0, share_x=False, share_y=False)
    for axis, outcome in zip_longest(list(axes.flat), outcomes):
        if outcome is None:
            axis.set_axis_off()
            continue
        for one in told:
            if one["outcome"] != outcome:
                continue
            k, place = emulator.outputs.index(one), where.index(one["where"]) % len(SERIES)
            measured = one["times"] * np.array([np.nan if x is None else x for x in one["tested"]])
            mean, low, high = one["times"] * answers[:, :3, k].T
            axis.errorbar(mean, measured, xerr=[mean - low, high - mean], fmt=MARKERS[place], color=SERIES[place],
                          ms=pt(5), elinewidth=pt(1), capsize=0, alpha=0.7)  # fmt: skip
        ends = axis.get_xlim()
        axis.plot(ends, ends, color=BLACK, linewidth=pt(1), zorder=0)
        unit = next((one["unit"] for one in told if one["outcome"] == outcome), "")
        words = words_of(outcome) if outcome in OUTCOMES else outcome.replace("_", " ")
        width = letters(0.8 / (1 if style().is_stacked else columns), BOLD * style().head)
        axis.set_title(wrapped(f"{words}{f', {unit}' if unit else ''}", width, 3))
        axis.set_xlabel("emulator, 90 % band")
        axis.set_ylabel("mean of runs")
    handles = [
        Line2D([], [], linestyle="", marker=MARKERS[n % len(SERIES)], color=SERIES[n % len(SERIES)], label=name)
        for n, name in enumerate(where)
    ]
    n_points, luck = len(emulator.told["tested"]), emulator.told["replicates"]
    keyed(drawn, handles, f"{n_points} points that the emulator was not made from, {luck} runs each with other luck.")
    titled(drawn, f"The emulator against runs: {emulator.told['title']}")
    return drawn
