"""Figures: one run over time, and what a plan's runs say. Drawn for a slide, safe for the colour-blind.

Colours are those of Okabe and Ito; what they tell apart is told apart by marker or line as well. Every axis
has a label with its unit, every estimate its interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from experiments.display.figure_style import (
    BLACK,
    BLOC_COLOURS,
    BLOC_LINES,
    GREY,
    MARKERS,
    ORANGE,
    PALE,
    SERIES,
)

if TYPE_CHECKING:
    pass

# The duty that would hold without a treaty, where the record has it.
NO_TREATY: Final = "no_treaty_duty_ev"
# More cells than this along an axis have their labels turned.
MOST_PLACES: Final = 6


# --- one run ------------------------------------------------------------------------------------------------


def run_figure(tables: dict[str, pd.DataFrame], title: str) -> Figure:
    """Depth and duties of each dyad over the quarters, and the share of electric cars in each bloc."""
    dyads = list(dict.fromkeys(tables["dyad"]["entity"]))
    blocs = list(dict.fromkeys(tables["bloc"]["entity"]))
    figure = plt.figure(figsize=(12, 8.8), layout="constrained")
    grid = figure.add_gridspec(3, len(dyads))
    for column, dyad in enumerate(dyads):
        depth = figure.add_subplot(grid[0, column])
        _depth_over_time(depth, tables["dyad"], dyad)
        duties = figure.add_subplot(grid[1, column], sharex=depth)
        _duties_over_time(duties, tables["directed"], dyad)
        if column == 0:
            depth.set_ylabel("depth of cooperation\n(0 to 1)")
            duties.set_ylabel("duty on electric cars\n(fraction of the price)")
    _ev_share(figure.add_subplot(grid[2, :]), tables["bloc"])
    handles = [
        Line2D([], [], color=BLACK, linewidth=2, label="depth"),
        Line2D([], [], color=ORANGE, linewidth=2, linestyle="--", label="depth, harmony left out"),
        Patch(color=PALE, label="treaty in force"),
        *(Line2D([], [], linewidth=2, label=f"{bloc}: duty it charges, its share", **_look(bloc)) for bloc in blocs),
    ]
    if NO_TREATY in tables["directed"]:
        handles.append(Line2D([], [], color=GREY, linestyle=":", linewidth=2, label="duty without a treaty"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    figure.suptitle(title, fontsize=14)
    return figure


def _look(bloc: str) -> dict[str, Any]:
    return {"color": BLOC_COLOURS.get(bloc, BLACK), "linestyle": BLOC_LINES.get(bloc, "-")}


def _of(table: pd.DataFrame, entity: str) -> pd.DataFrame:
    return table[table["entity"] == entity].sort_values("quarter")


def _years(axis: Axes, rows: pd.DataFrame) -> None:
    """Years under the axis, at their first quarters."""
    labels = rows["label"].astype(str).to_numpy()
    quarters = rows["quarter"].to_numpy()
    first = np.array([label.endswith("Q1") for label in labels])
    step = max(1, int(np.ceil(first.sum() / 6)))
    axis.set_xticks(quarters[first][::step], [label[:4] for label in labels[first][::step]])
    axis.set_xlim(quarters[0] - 0.5, quarters[-1] + 0.5)


def _depth_over_time(axis: Axes, table: pd.DataFrame, dyad: str) -> None:
    rows = _of(table, dyad)
    quarter = rows["quarter"].to_numpy()
    in_force = rows["treaty"].to_numpy(dtype=bool)
    axis.fill_between(quarter, 0, 1, where=in_force, step="mid", color=PALE, linewidth=0)
    axis.step(quarter, rows["depth"], where="mid", color=BLACK, linewidth=2)
    axis.step(quarter, rows["depth_contested"], where="mid", color=ORANGE, linewidth=2, linestyle="--")
    axis.set_ylim(0, 1)
    axis.set_title(dyad)
    _years(axis, rows)


def _duties_over_time(axis: Axes, table: pd.DataFrame, dyad: str) -> None:
    first, second = dyad.split("-")
    highest = 0.0
    for importer, exporter in ((first, second), (second, first)):
        rows = _of(table, f"{importer}<{exporter}")
        axis.step(rows["quarter"], rows["duty_ev"], where="mid", linewidth=2, **_look(importer))
        highest = max(highest, rows["duty_ev"].max())
        if NO_TREATY in rows:
            bare = {**_look(importer), "linestyle": ":"}
            axis.step(rows["quarter"], rows[NO_TREATY], where="mid", linewidth=1.5, **bare)
            highest = max(highest, rows[NO_TREATY].max())
    _years(axis, rows)
    axis.set_ylim(0, max(0.1, 1.1 * highest))


def _ev_share(axis: Axes, table: pd.DataFrame) -> None:
    for bloc in dict.fromkeys(table["entity"]):
        rows = _of(table, bloc)
        axis.plot(rows["quarter"], rows["ev_share"], linewidth=2, **_look(bloc))
    _years(axis, rows)
    axis.set_ylim(0, 1)
    axis.set_ylabel("electric share of\nnew cars (fraction)")


def error_bar(row: pd.Series, name: str, low: str = "", high: str = "") -> list[list[float]] | None:
    """The two arms of an error bar; none where there is but one replicate."""
    arms = [[row[name] - row[low or f"{name}_low"]], [row[high or f"{name}_high"] - row[name]]]
    return arms if np.all(np.isfinite(arms)) else None


# --- a sampled design ----------------------------------------------------------------------------------------


def association_figure(
    associations: pd.DataFrame, title: str, most: int = 12, labels: Mapping[str, str] | None = None
) -> Figure:
    """The strongest rank correlations of factors with depth and with gain, per dyad, with intervals.

    labels: what factors are called, where it is not their name.
    """
    called = labels or {}
    dyads = list(dict.fromkeys(associations["dyad"]))
    outcomes = list(dict.fromkeys(associations["outcome"]))
    figure, axes = plt.subplots(
        len(outcomes), max(1, len(dyads)), figsize=(15, 1.2 + 3.9 * len(outcomes)), squeeze=False, layout="constrained"
    )
    for (row, column), axis in np.ndenumerate(axes):
        own = associations[(associations["dyad"] == dyads[column]) & (associations["outcome"] == outcomes[row])]
        top = own.head(most).iloc[::-1]
        arms = [top["correlation"] - top["low"], top["high"] - top["correlation"]]
        axis.axvline(0, color=BLACK, linewidth=1)
        look: dict[str, Any] = {"fmt": MARKERS[row], "color": SERIES[row], "capsize": 2}
        axis.errorbar(top["correlation"], np.arange(len(top)), xerr=np.maximum(arms, 0), **look)
        words = [called.get(str(name), str(name).replace("_", " ")) for name in top["factor"]]
        axis.set_yticks(range(len(top)), words, fontsize=8)
        axis.set_ylim(-0.6, max(len(top), 3) - 0.4)
        axis.set_xlim(-1.05, 1.05)  # a mark at 1 must be seen whole
        axis.set_title(f"{dyads[column]}: {str(outcomes[row]).replace('_', ' ')}")
        axis.set_xlabel("rank correlation over design points")
    figure.suptitle(f"{title}\nrank correlations with 95 % intervals over design points", fontsize=13)
    return figure


# --- arms against a reference ---------------------------------------------------------------------------------


def arms_figure(arms: pd.DataFrame, reference: str, title: str, most: int = 60) -> Figure:
    """What every arm changes against the arm of reference, ranked by its effect on joint gain over the dyads.

    arms: as in ``Findings``, its first block. Left to right the dyads, joint gain before depth. Effects whose interval
    leaves zero out are filled, others hollow. Beyond ``most`` arms, the strongest.
    """
    own = arms[(arms["reference"] == reference) & (arms["block"] == arms["block"].iloc[0])]
    dyads = list(dict.fromkeys(own["dyad"]))
    outcomes = [name for name in ("joint_gain", "mean_depth") if name in set(own["outcome"])]
    total = own[own["outcome"] == outcomes[0]].groupby("arm", sort=False)["mean"].sum()
    order = total.loc[total.abs().sort_values(ascending=False, kind="stable").index[:most]].sort_values().index
    height = 1.6 + 0.24 * len(order)
    figure, axes = plt.subplots(
        1, len(dyads) * len(outcomes), figsize=(16, max(height, 4.0)), sharey=True, squeeze=False, layout="constrained"
    )
    words = {"joint_gain": "joint gain, bn$ a year", "mean_depth": "mean depth (0 to 1)"}
    # One scale for all dyads, so that they can be compared; zero is always on it.
    widest = {name: 1.08 * float(rows[["low", "high", "mean"]].abs().where(np.isfinite).max(axis=None)) or 1.0
              for name, rows in own[own["arm"].isin(order)].groupby("outcome")}  # fmt: skip
    for number, (outcome, dyad) in enumerate((outcome, dyad) for outcome in outcomes for dyad in dyads):
        axis, colour = axes[0, number], SERIES[outcomes.index(outcome)]
        rows = own[(own["outcome"] == outcome) & (own["dyad"] == dyad)].set_index("arm")
        axis.axvline(0, color=BLACK, linewidth=1)
        for place, arm in enumerate(order):
            if arm not in rows.index:
                continue
            row = rows.loc[arm]
            is_clear = row["low"] > 0 or row["high"] < 0
            look: dict[str, Any] = {"fmt": MARKERS[outcomes.index(outcome)], "color": colour, "capsize": 2}
            face = colour if is_clear else "white"
            axis.errorbar(
                row["mean"], place, xerr=error_bar(row, "mean", "low", "high"), markersize=5, mfc=face, **look
            )
        axis.set_title(dyad)
        axis.set_xlim(-widest[outcome], widest[outcome])
        axis.set_xlabel(words[outcome], fontsize=9)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.tick_params(axis="x", labelsize=8)
    axes[0, 0].set_yticks(range(len(order)), [str(arm) for arm in order], fontsize=8)
    axes[0, 0].set_ylim(-0.7, len(order) - 0.3)
    how = "with 95 % intervals (filled where zero is outside)"
    figure.suptitle(f"{title}\ndifferences from {reference}, replicate by replicate, {how}", fontsize=13)
    return figure
