"""Figures: one run over time, and what a plan's runs say. Drawn for a slide, safe for the colour-blind.

Colours are those of Okabe and Ito; what they tell apart is told apart by marker or line as well. Every axis
has a label with its unit, every estimate its interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from experiments.display.figure_style import (
    BLACK,
    MARKERS,
    MUTED,
    ORANGE,
    PALE,
    SERIES,
    bloc_look,
    keyed,
    leftmost,
    letters,
    name_across,
    name_up,
    panels,
    pt,
    row_names,
    titled,
)
from experiments.display.looks import style
from experiments.display.words import BLOC_WORDS

# The duty that would hold without a treaty, where the record has it.
NO_TREATY: Final = "no_treaty_duty_ev"
# Rows of a ranking that a figure shows; the others are in its table.
MOST_ROWS: Final = 10
ROW: Final = 0.36  # inches of a slide, of a line of a row


# --- one run ------------------------------------------------------------------------------------------------


def run_figure(tables: dict[str, pd.DataFrame], title: str) -> Figure:
    """Depth and duties of each dyad over the quarters, and the share of electric cars in each bloc."""
    dyads = list(dict.fromkeys(tables["dyad"]["entity"]))
    blocs = list(dict.fromkeys(tables["bloc"]["entity"]))
    figure, axes = panels(2, len(dyads), 3.0, share_y=False, foot=3.0)
    for (depth, duties), dyad in zip(axes.T, dyads, strict=True):
        _depth_over_time(depth, tables["dyad"], dyad)
        _duties_over_time(duties, tables, dyad)
    name_up(axes[0], "depth of cooperation (0 to 1)")
    name_up(axes[1], "duty on electric cars (% of price)")
    _ev_share(figure.axes[-1], tables["bloc"])
    handles = [
        Line2D([], [], color=BLACK, label="depth of what is agreed and kept"),
        Line2D([], [], color=ORANGE, linestyle="--", label="without what a side would do alone"),
        Patch(color=PALE, label="a treaty is in force at the quarter's end"),
        *(
            Line2D([], [], label=f"{_name(bloc)}: duty that it charges, its electric share", **bloc_look(bloc))
            for bloc in blocs
        ),
    ]
    if NO_TREATY in tables["directed"]:
        handles.append(Line2D([], [], color=MUTED, linestyle=":", label="duty that it would charge without a treaty"))
    keyed(figure, handles)
    titled(figure, title)
    return figure


def _name(bloc: str) -> str:
    words = BLOC_WORDS.get(bloc, bloc)
    return words[0].upper() + words[1:]


def _of(table: pd.DataFrame, entity: str) -> pd.DataFrame:
    return table[table["entity"] == entity].sort_values("quarter")


def _years(axis: Axes, rows: pd.DataFrame) -> None:
    """Years under the axis, at their first quarters."""
    labels = rows["label"].astype(str).to_numpy()
    quarters = rows["quarter"].to_numpy()
    first = np.array([label.endswith("Q1") for label in labels])
    step = max(1, int(np.ceil(first.sum() / 5)))
    axis.set_xticks(quarters[first][::step], [label[:4] for label in labels[first][::step]])
    axis.set_xlim(quarters[0] - 0.5, quarters[-1] + 0.5)


def _shaded(axis: Axes, rows: pd.DataFrame) -> None:
    """Grey behind exactly the quarters in which a treaty is in force."""
    in_force = np.concatenate([[False], rows["treaty"].to_numpy(dtype=bool), [False]]).astype(int)
    begins, ends = np.flatnonzero(np.diff(in_force) == 1), np.flatnonzero(np.diff(in_force) == -1)
    quarter = rows["quarter"].to_numpy()
    for begin, end in zip(begins, ends, strict=True):
        axis.axvspan(quarter[begin] - 0.5, quarter[end - 1] + 0.5, color=PALE, linewidth=0, zorder=0)


def _depth_over_time(axis: Axes, table: pd.DataFrame, dyad: str) -> None:
    rows = _of(table, dyad)
    _shaded(axis, rows)
    axis.step(rows["quarter"], rows["depth"], where="mid", color=BLACK, clip_on=False)
    axis.step(rows["quarter"], rows["depth_contested"], where="mid", color=ORANGE, linestyle="--", clip_on=False)
    axis.set_ylim(0, 1)
    axis.set_title("–".join(_name(bloc).removeprefix("The ") for bloc in dyad.split("-")))
    _years(axis, rows)


def _duties_over_time(axis: Axes, tables: dict[str, pd.DataFrame], dyad: str) -> None:
    first, second = dyad.split("-")
    _shaded(axis, _of(tables["dyad"], dyad))
    highest = 0.0
    for importer, exporter in ((first, second), (second, first)):
        rows = _of(tables["directed"], f"{importer}<{exporter}")
        if NO_TREATY in rows:
            bare = {**bloc_look(importer), "linestyle": ":"}
            axis.step(rows["quarter"], 100 * rows[NO_TREATY], where="mid", linewidth=pt(1.8), **bare)
            highest = max(highest, 100 * rows[NO_TREATY].max())
        axis.step(rows["quarter"], 100 * rows["duty_ev"], where="mid", **bloc_look(importer))
        highest = max(highest, 100 * rows["duty_ev"].max())
    _years(axis, rows)
    axis.set_ylim(0, max(10.0, 1.1 * highest))


def _ev_share(axis: Axes, table: pd.DataFrame) -> None:
    for bloc in dict.fromkeys(table["entity"]):
        rows = _of(table, bloc)
        axis.plot(rows["quarter"], 100 * rows["ev_share"], **bloc_look(bloc))
    _years(axis, rows)
    axis.set_ylim(0, 100)
    name_up([axis], "electric share of new cars (%)")


def error_bar(row: pd.Series, name: str, low: str = "", high: str = "") -> list[list[float]] | None:
    """The two arms of an error bar; none where there is but one replicate."""
    arms = [[row[name] - row[low or f"{name}_low"]], [row[high or f"{name}_high"] - row[name]]]
    return arms if np.all(np.isfinite(arms)) else None


# --- rankings ------------------------------------------------------------------------------------------------


def ranking(rows: pd.DataFrame, outcomes: list[str], names: Sequence[str]) -> tuple[Figure, np.ndarray, list[str]]:
    """Empty panels for a ranking: outcomes down, dyads across, room for rows of these names; and the dyads.

    rows: with ``dyad``.
    """
    dyads = [str(dyad) for dyad in dict.fromkeys(rows["dyad"])]
    lines = max((name.count("\n") + 1 for name in _names(names)), default=1)
    height = 1.7 + ROW * max(lines * len(names), 4)
    figure, axes = panels(len(outcomes), max(1, len(dyads)), height, share_x=True)
    return figure, axes, dyads


def _names(names: Sequence[str]) -> list[str]:
    return row_names(names, letters(0.42 if style().is_stacked else 0.28), 2)


def down(row: np.ndarray, names: list[str]) -> None:
    """The names of a ranking's rows at the left edge, the first at the top."""
    told = _names(names)
    for axis in leftmost(row):
        axis.set_yticks(range(len(names)), told)
        axis.set_ylim(max(len(names), 3) - 0.4, -0.6)
    for axis in row:
        axis.grid(axis="y", visible=False)
        axis.xaxis.set_major_locator(MaxNLocator(4))


def association_figure(
    associations: pd.DataFrame, title: str, most: int = MOST_ROWS, labels: Mapping[str, str] | None = None
) -> Figure:
    """The strongest rank correlations of factors with depth and with gain, per dyad, with intervals.

    labels: what factors are called, where it is not their name.
    """
    called = labels or {}
    outcomes = list(dict.fromkeys(associations["outcome"]))
    size = associations["correlation"].abs().groupby(associations["factor"], sort=False).sum()
    order = [str(name) for name in size.sort_values(ascending=False, kind="stable").index[:most]]
    names = [called.get(name, name.replace("_", " ")) for name in order]
    figure, axes, dyads = ranking(associations, outcomes, names)
    for row, outcome in enumerate(outcomes):
        for column, dyad in enumerate(dyads):
            axis = axes[row, column]
            own = associations[(associations["dyad"] == dyad) & (associations["outcome"] == outcome)]
            top = own.set_index("factor").reindex(order)
            arms = [top["correlation"] - top["low"], top["high"] - top["correlation"]]
            axis.axvline(0, color=BLACK, linewidth=pt(1.3))
            look: dict[str, Any] = {"fmt": MARKERS[row], "color": SERIES[row]}
            axis.errorbar(top["correlation"], np.arange(len(top)), xerr=np.maximum(arms, 0), **look)
            axis.set_xlim(-1.05, 1.05)  # a mark at 1 must be seen whole
            axis.set_title(f"{dyad}\n{str(outcome).replace('_', ' ')}")
        down(axes[row], names)
    name_across(axes[-1], "rank correlation over design points")
    titled(figure, f"Rank correlations, 95 % intervals: {title}")
    return figure


def arms_figure(arms: pd.DataFrame, reference: str, title: str, most: int = MOST_ROWS) -> Figure:
    """What every arm changes against the arm of reference, ranked by its effect on joint gain over the dyads.

    arms: as in ``Findings``, its first block. Left to right the dyads, joint gain above depth. Effects whose interval
    leaves zero out are filled, others hollow. Beyond ``most`` arms, the strongest; all are in the table.
    """
    own = arms[(arms["reference"] == reference) & (arms["block"] == arms["block"].iloc[0])]
    outcomes = [name for name in ("joint_gain", "mean_depth") if name in set(own["outcome"])]
    total = own[own["outcome"] == outcomes[0]].groupby("arm", sort=False)["mean"].sum()
    order = total.loc[total.abs().sort_values(ascending=False, kind="stable").index[:most]].sort_values().index
    own = own[own["arm"].isin(order)]
    figure, axes, dyads = ranking(own, outcomes, [str(arm) for arm in order])
    words = {"joint_gain": "joint gain, bn$ a year", "mean_depth": "mean depth (0 to 1)"}
    # One scale for all dyads, so that they can be compared; zero is always on it.
    widest = {name: 1.08 * float(rows[["low", "high", "mean"]].abs().where(np.isfinite).max(axis=None)) or 1.0
              for name, rows in own.groupby("outcome")}  # fmt: skip
    for number, outcome in enumerate(outcomes):
        for axis, dyad in zip(axes[number], dyads, strict=True):
            rows = own[(own["outcome"] == outcome) & (own["dyad"] == dyad)].set_index("arm")
            axis.axvline(0, color=BLACK, linewidth=pt(1.3))
            for place, arm in enumerate(order):
                if arm in rows.index:
                    effect_mark(axis, rows.loc[arm], place, MARKERS[number], SERIES[number])
            axis.set_xlim(-widest[outcome], widest[outcome])
            if number == 0:
                axis.set_title(dyad)
        name_across(axes[number], f"change of {words[outcome]}")
        down(axes[number], [str(arm) for arm in order])
    keyed(figure, told_from_zero(MARKERS[0]))
    titled(figure, f"Differences from {reference}: {title}")
    return figure


def effect_mark(axis: Axes, row: pd.Series, place: float, marker: str, colour: str) -> None:
    """A difference with its interval: filled where the interval leaves zero out, hollow where it does not."""
    is_clear = row["low"] > 0 or row["high"] < 0
    face = colour if is_clear else "white"
    look: dict[str, Any] = {"fmt": marker, "color": colour, "mfc": face, "markersize": pt(8), "mew": pt(1.6)}
    axis.errorbar(row["mean"], place, xerr=error_bar(row, "mean", "low", "high"), **look)


def told_from_zero(marker: str) -> list[Line2D]:
    """What filled and hollow marks say."""
    look: dict[str, Any] = {"linestyle": "", "marker": marker, "color": BLACK}
    return [
        Line2D([], [], label="95 % interval without zero", **look),
        Line2D([], [], label="not told from zero", mfc="white", **look),
    ]
