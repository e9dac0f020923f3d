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

from experiments.design.plan import SAMPLED
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
from experiments.findings.sentences import replicates_in_words

if TYPE_CHECKING:
    from experiments.design.plan import Plan
    from experiments.findings.tables import Findings

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


# --- a plan -------------------------------------------------------------------------------------------------


def plan_figure(findings: Findings) -> Figure:
    """Above, mean depth in the cells of the first block; below, main effects on joint gain in every block."""
    plan = findings.plan
    if plan.design in SAMPLED:
        called = {factor.name: factor.label for factor in plan.factors}
        return association_figure(findings.associations, plan.title, labels=called)
    if len(findings.arms):
        return arms_figure(findings.arms, plan.references[0], plan.title)
    dyads = list(dict.fromkeys(findings.cells["dyad"]))
    n_effects = len(_effect_names(findings))
    # Without anything to compare there is no lower row: empty panels say nothing.
    heights = (3.4, 1.0 + 0.45 * n_effects) if n_effects else (3.4,)
    figure = plt.figure(figsize=(13, 2.0 + sum(heights)), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=(0.9, 1.1 + sum(heights)))
    header, body = halves
    axes = body.subplots(len(heights), len(dyads), squeeze=False, sharex="row", sharey="row", height_ratios=heights)
    turned = False
    for column, dyad in enumerate(dyads):
        turned = _depth_by_cell(axes[0, column], findings, dyad)
        if n_effects:
            _effects_on_gain(axes[1, column], findings, dyad)
    axes[0, 0].set_ylabel("mean depth of cooperation (0 to 1)")
    if turned:
        for axis in axes[0]:
            axis.set_xlabel(", ".join(factor.label for factor in plan.shown[1:]), fontsize=9)
    else:
        look: dict[str, Any] = {"ha": "right", "va": "top", "fontsize": 8.5}
        others = "\n".join(f"{factor.label}:" for factor in plan.shown[1:])
        axes[0, 0].annotate(others, (0, 0), (-8, -7.5), "axes fraction", "offset points", **look)
    leading, blocks = plan.shown[0], [block.name for block in plan.blocks]
    labels = leading.level_labels
    if len(labels) > len(SERIES):
        labels = (f"{labels[0]} to {labels[-1]}, from left to right",)
    depth_keys = [_key(k, f"{leading.label}: {label}") for k, label in enumerate(labels)]
    depth_keys.append(Line2D([], [], color=GREY, linewidth=3, label="most that is possible in the cell"))
    first = f" (above: {blocks[0]})" if len(blocks) > 1 else ""
    runs = f"Scenario {plan.scenario}, {replicates_in_words(findings)} a cell, 95 % intervals{first}"
    header.suptitle(plan.title, fontsize=15, fontweight="bold")
    header.legend(handles=depth_keys, ncols=len(depth_keys), title=runs, loc="lower center")
    if len(blocks) > 1 and n_effects:
        shift = _colours_taken(plan)
        keys = [_key(k, name, shift, is_hollow=k > 0) for k, name in enumerate(blocks)]
        body.legend(handles=keys, loc="outside lower center", ncols=len(keys))
    return figure


def _colours_taken(plan: Plan) -> int:
    """How many colours the levels of the leading factor have, so that those of blocks mean nothing else."""
    n_levels = len(plan.shown[0].levels)
    return max(2, n_levels) if n_levels <= len(SERIES) else 2


def _depth_by_cell(axis: Axes, findings: Findings, dyad: str) -> bool:
    """Cells along the axis by all factors but the first, whose levels stand side by side in colour.

    Returns whether there were so many that their labels are turned.
    """
    plan = findings.plan
    is_shown = (findings.cells["dyad"] == dyad) & (findings.cells["block"] == plan.blocks[0].name)
    leading, others = plan.shown[0], plan.shown[1:]
    places: dict[tuple[Any, ...], int] = {}
    apart = 0.7 / len(leading.levels)
    for _, cell in findings.cells[is_shown].iterrows():
        place = places.setdefault(tuple(cell[factor.name] for factor in others), len(places))
        number = leading.index_of(cell[leading.name])
        x = place + (number - (len(leading.levels) - 1) / 2) * apart
        axis.hlines(cell["depth_ceiling"], x - apart / 2, x + apart / 2, color=GREY, linewidth=3)
        shade = number if len(leading.levels) <= len(SERIES) else 0
        look: dict[str, Any] = {"fmt": MARKERS[shade], "color": SERIES[shade]}
        axis.errorbar(x, cell["mean_depth"], yerr=_arms(cell, "mean_depth"), markersize=7, capsize=3, **look)
    words = ["\n".join(f.label_of(v) for f, v in zip(others, key, strict=True)) for key in places]
    if len(places) <= MOST_PLACES:
        axis.set_xticks(range(len(places)), words, fontsize=8.5)
    else:
        axis.set_xticks(range(len(places)), [text.replace("\n", ", ") for text in words], fontsize=7, rotation=90)
    axis.set_xlim(-0.6, len(places) - 0.4)
    axis.set_ylim(0, 1.02)  # a line at 1 must be seen whole
    axis.set_title(dyad)
    axis.grid(axis="x", visible=False)
    return len(places) > MOST_PLACES


def _key(number: int, label: str, shift: int = 0, is_hollow: bool = False) -> Line2D:
    """What a marker means, for a legend; ``shift`` takes other colours."""
    colour = SERIES[(number + shift) % len(SERIES)]
    face = "white" if is_hollow else colour
    marker = MARKERS[number % len(MARKERS)]
    return Line2D([], [], linestyle="", marker=marker, markersize=7, color=colour, mfc=face, label=label)


def _arms(row: pd.Series, name: str, low: str = "", high: str = "") -> list[list[float]] | None:
    """The two arms of an error bar; none where there is but one replicate."""
    arms = [[row[name] - row[low or f"{name}_low"]], [row[high or f"{name}_high"] - row[name]]]
    return arms if np.all(np.isfinite(arms)) else None


def _effect_names(findings: Findings) -> list[tuple[str, Any]]:
    rows = findings.effects
    return list(dict.fromkeys(zip(rows["factor"], rows["level"], strict=True))) if len(rows) else []


def _effects_on_gain(axis: Axes, findings: Findings, dyad: str) -> None:
    """One row an effect, the blocks side by side."""
    names = _effect_names(findings)
    blocks = [block.name for block in findings.plan.blocks]
    factors = {factor.name: factor for factor in findings.plan.shown}
    axis.axvline(0, color=BLACK, linewidth=1)
    for _, row in findings.effects.iterrows() if names else ():
        if row["dyad"] != dyad or row["outcome"] != "joint_gain":
            continue
        number = blocks.index(row["block"])
        y = names.index((row["factor"], row["level"])) + (number - (len(blocks) - 1) / 2) * 0.26
        colour = SERIES[(number + _colours_taken(findings.plan)) % len(SERIES)]
        look: dict[str, Any] = {
            "fmt": MARKERS[number % len(MARKERS)],
            "color": colour,
            "mfc": "white" if number else colour,
        }
        axis.errorbar(row["mean"], y, xerr=_arms(row, "mean", "low", "high"), capsize=3, markersize=7, **look)
    axis.set_ylim(max(len(names), 1) - 0.4, -0.6)
    words = [f"{factors[name].label}:\n{factors[name].label_of(level)}" for name, level in names]
    axis.set_yticks(range(len(names)), words)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.set_xlabel("effect on joint gain (bn$ a year)")
    axis.grid(axis="y", visible=False)


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
            axis.errorbar(row["mean"], place, xerr=_arms(row, "mean", "low", "high"), markersize=5, mfc=face, **look)
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
