"""The figure of a study: what each arrangement gives the worst-off, and in how many worlds it beats today's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.display.figure_style import (
    BLACK,
    BLUE,
    GREY,
    HATCHES,
    NOTE,
    VERMILLION,
    keyed,
    leftmost,
    letters,
    panels,
    pt,
    row_names,
    titled,
)
from experiments.display.looks import style

KINDS: Final = (("more", BLUE, HATCHES[0]), ("the same", GREY, HATCHES[0]), ("less", VERMILLION, HATCHES[1]))
NOTHING: Final = 1e-9  # a share of worlds: below one in any sample, above what is left of 1 - 0.6 - 0.4


def arrangements_figure(told: Mapping[str, Any]) -> Figure:
    """Two panels, a row an arrangement, the robust choice marked; the arrangement as it is has no second bar.

    The legend names what is drawn: a kind of world that no row has is not in it.
    """
    rows = told["candidates"]
    width = letters(0.5 if style().is_stacked else 0.3)
    names = row_names([f"{one['name']} *" if one["name"] == told["robust"] else one["name"] for one in rows], width, 3)
    lines = max(name.count("\n") + 1 for name in names)
    drawn, ((left, right),) = panels(1, 2, max((0.3 + 0.28 * lines) * len(rows) + 2.2, 4.0), share_y=False)
    shown = set()
    for place, one in enumerate(rows):
        mean, low, high = one["worst_off"]
        if mean is not None and low is not None:
            left.hlines([place], low, high, color=BLUE, linewidth=pt(2.0))
        left.plot([mean], [place], linestyle="", marker="o", color=BLUE)
        left.plot(one["in_default"][:1], [place], linestyle="", marker="D", markerfacecolor="none", color=BLACK)
        if one["design"] == 0:
            right.text(50.0, place, "compared with this", color=NOTE, ha="center", va="center")
            continue
        same = 1.0 - one["better"] - one["worse"]
        begin = 0.0
        for share, (name, colour, hatch) in zip((one["better"], same, one["worse"]), KINDS, strict=True):
            if share < NOTHING:
                continue
            shown.add(name)
            right.barh(place, 100.0 * share, left=begin, color=colour, hatch=hatch, edgecolor=BLACK, linewidth=pt(0.8))
            begin += 100.0 * share
    for axes in (left, right):
        axes.set_yticks(range(len(rows)), names if axes in leftmost([left, right]) else [""] * len(rows))
        axes.set_ylim(len(rows) - 0.5, -0.5)
    left.axvline(0.0, color=BLACK, linewidth=pt(1.3))
    left.set_title("What the\nworst-off gains")
    left.set_xlabel("durable gain of the bloc\nthat gains least, bn$ a year")
    right.set_xlim(0.0, 100.0)
    right.set_title("Does it gain more\nthan as it is?")
    right.set_xlabel(f"% of {told['rows']} worlds of the sample")
    handles = [
        Line2D([], [], color=BLUE, marker="o", label="mean of these worlds, 95 %"),
        Line2D([], [], color=BLACK, marker="D", markerfacecolor="none", linestyle="", label="scenario's own numbers"),
        *(
            Patch(facecolor=fill, hatch=hatch, edgecolor=BLACK, label=name)
            for name, fill, hatch in KINDS
            if name in shown
        ),
    ]
    n = told["race"]["replicates"]
    keyed(drawn, handles, f"* least regret. {n} runs of each arrangement in each world, all with the same luck.")
    titled(drawn, told["title"])
    return drawn
