"""The two figures of a plan, for a slide: how often cooperation emerges or is kept, and what it is worth.

Big letters, few marks, and every number written beside its mark: what is seen from the back row needs no legend. Both
show the cells that the screen shows; all cells are in the tables.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.design.plan import ARM, SAMPLED, Plan
from experiments.display.figure_style import (
    BLACK,
    BLUE,
    LINE,
    MINUS,
    MUTED,
    VERMILLION,
    abreast,
    leftmost,
    letters,
    lines_of,
    name_across,
    noted,
    panels,
    pt,
    row_names,
    titled,
    widened,
)
from experiments.display.looks import style
from experiments.display.words import BLOC_WORDS, signed
from experiments.findings import headline
from experiments.findings.headline import Shown
from experiments.findings.sentences import replicates_in_words
from experiments.findings.tables import Findings
from experiments.report.asked_figures import changes_figure, has_changes, levels_figure
from experiments.report.figures import association_figure, error_bar

# Inches of a slide.
SLIDE: Final = (13.33, 7.5)
# Of the width of a figure, what names of rows may take, in several lines or in one; of its height, what rows have.
LABEL, WIDE = 0.24, 0.3
ROOM: Final = 0.58
A_ROW: Final = 0.7  # inches of a slide, where panels stand in several lines
# Lines of a label at most.
MOST_LINES: Final = 4
# Effects that a slide has room for, the largest on joint gain.
MOST_EFFECTS: Final = 5
# Percent up to which a number has room at the right of an interval's end.
FULL: Final = 82.0
# How far below a mark, in rows, stands what a sample of assumptions says of it.
BELOW: Final = 0.3
# What is counted, with the colour and the mark that go with it.
EMERGES, KEPT = ("emerges", BLUE, "o"), ("is kept", VERMILLION, "s")


def plan_figure(findings: Findings) -> Figure | None:
    """How often cooperation emerges, or is kept where it was inherited: cells down, dyads across, percent of runs.

    Of a sampled design the strongest rank correlations; None where there is nothing to rank.
    """
    plan = findings.plan
    if plan.outcomes and plan.design not in SAMPLED:
        return levels_figure(findings)
    if plan.design in SAMPLED and not len(findings.associations):
        return None
    if plan.design in SAMPLED:
        called = {factor.name: factor.label for factor in plan.factors}
        return association_figure(findings.associations, plan.title, labels=called)
    shown = headline.shown_cells(plan, findings.arms)
    told = list(headline.cells_of(findings, shown))
    figure, axes = _slide(len(told), [1.0 + len(told[0][1])])
    for axis, (dyad, cells) in zip(axes[0], told, strict=True):
        inherited = [float(cell["inherited_share"]) for _, cell in cells]
        words = KEPT[0] if min(inherited) == 1.0 else EMERGES[0] if max(inherited) == 0.0 else "emerges or is kept"
        axis.set_title(f"{_named(dyad)}\n{words}")
        for place, (_, cell) in enumerate(cells):
            word, colour, marker = KEPT if cell["inherited_share"] > 0.0 else EMERGES
            name = "kept_share" if word == KEPT[0] else "emergence_rate"
            percent = 100.0 * cell[[name, f"{name}_low", f"{name}_high"]].astype(float)
            low, high = percent[f"{name}_low"], percent[f"{name}_high"]
            axis.plot([low, high], [place, place], color=colour, linewidth=pt(7), alpha=0.35, solid_capstyle="butt")
            axis.plot(percent[name], place, marker=marker, color=colour, markersize=pt(14))
            _beside(axis, low, high, place, f"{percent[name]:.0f}")
            over = headline.over_sample(findings.assumed_levels, cell, name)
            _over_assumptions(axis, place, None if over is None else 100.0 * over)
        axis.set_xlim(-4, 104)
        axis.set_xticks([0, 50, 100])
        axis.set_xlabel("percent of runs")
    _down(axes[0], [own.label for own, _ in told[0][1]], len(told[0][1]))
    titled(figure, plan.title)
    _foot(figure, findings, shown)
    return figure


def worth_figure(findings: Findings) -> Figure:
    """What it is worth: the joint gain in the same cells above, and below what changes it; dyads across.

    Of a plan that names outcomes, what changes those.
    """
    plan = findings.plan
    if plan.outcomes:
        return changes_figure(findings)
    shown = headline.shown_cells(plan, findings.arms)
    told = list(headline.cells_of(findings, shown))
    effects = _effects(findings)
    names = list(dict.fromkeys(effects["what"])) if len(effects) else []
    heights = [len(told[0][1]), len(names)] if names else [len(told[0][1])]
    figure, axes = _slide(len(told), [1.0 + height for height in heights])
    ends = {f"joint_gain{end}": end for end in ("", "_low", "_high")}
    above = [[_with_sample(findings, cell).rename(ends) for _, cell in cells] for _, cells in told]
    below = []
    for dyad, _ in told if names else ():
        own = effects[effects["dyad"] == dyad].set_index("what").reindex(names)
        own = own.rename(columns={"mean": "", "low": "_low", "high": "_high"})
        below.append([row for _, row in own.iterrows()])
    for axis, (dyad, _) in zip(axes[0], told, strict=True):
        axis.set_title(_named(dyad))
    _gains(axes[0], above, BLUE, "o")
    if names:
        _gains(axes[1], below, VERMILLION, "D")
    name_across(axes[0], "joint gain over no treaty, bn$ a year")
    _down(axes[0], [own.label for own, _ in told[0][1]], sum(heights))
    if names:
        name_across(axes[1], "what makes the difference: change of joint gain, bn$ a year")
        _down(axes[1], names, sum(heights))
    titled(figure, f"What it is worth: {plan.title}")
    _foot(figure, findings, shown)
    return figure


def has_worth(findings: Findings) -> bool:
    """Whether there is something for the second figure to show."""
    return has_changes(findings) if findings.plan.outcomes else bool(findings.plan.shown)


def _slide(n_dyads: int, heights: list[float]) -> tuple[Figure, Any]:
    """Panels that fill a slide, or as high in other styles; heights: of rows, relative to each other."""
    tall = [SLIDE[1] * height / sum(heights) for height in heights]
    if abreast(n_dyads) < n_dyads:  # rows need no more than their lines
        tall = [min(height, A_ROW * own + 1.2) for height, own in zip(tall, heights, strict=True)]
    return panels(len(heights), n_dyads, tall, share_x=True)


def _gains(axes: Any, panels: list[list[pd.Series]], colour: str, marker: str) -> None:
    """Gains down, with their intervals and numbers; one scale for all dyads, and zero is always to be seen."""
    ends = [0.0]
    for axis, rows in zip(axes, panels, strict=True):
        axis.axvline(0, color=BLACK, linewidth=pt(1.5))
        for place, row in enumerate(rows):
            if not np.isfinite(row[""]):
                continue
            bar = error_bar(row, "", "_low", "_high")
            low, high = (row["_low"], row["_high"]) if bar else (row[""], row[""])
            axis.errorbar(
                row[""], place, xerr=bar, fmt=marker, color=colour, markersize=pt(11), elinewidth=pt(4), capsize=0
            )
            at = (max(high, 0.0), place)
            axis.annotate(signed(row[""]).replace("-", MINUS), at, (pt(10), 0), textcoords="offset points", va="center")
            over = row.reindex(["q05", "median", "q95"]).astype(float)
            _over_assumptions(axis, place, over)
            ends += [low, high, *over[over.notna()]]
    longest = max((len(signed(row[""])) for rows in panels for row in rows if np.isfinite(row[""])), default=0)
    widened(list(axes), min(ends), max(ends), behind=longest)
    for axis in axes:
        axis.xaxis.set_major_locator(MaxNLocator(3))


def _with_sample(findings: Findings, cell: pd.Series) -> pd.Series:
    """A cell with what becomes of its joint gain over a sample of assumptions, where there is one."""
    over = headline.over_sample(findings.assumed_levels, cell, "joint_gain")
    return cell if over is None else pd.concat([cell, over])


def _over_assumptions(axis: Axes, place: int, over: pd.Series | None) -> None:
    """Below a mark, what holds nine in ten of a sample of assumptions, with their median."""
    if over is None or over.isna().any():
        return
    y = place + BELOW
    axis.plot([over["q05"], over["q95"]], [y, y], color=MUTED, linewidth=pt(2.5), solid_capstyle="butt", zorder=1)
    axis.plot(over["median"], y, marker="|", color=MUTED, markersize=pt(12), markeredgewidth=pt(2.5), zorder=1)


def _beside(axis: Axes, low: float, high: float, place: int, text: str) -> None:
    """A number beside its interval, on the side where there is room; above it where there is none."""
    look: dict[str, Any] = {"textcoords": "offset points", "fontsize": style().body, "fontweight": "bold"}
    if high < FULL:
        axis.annotate(text, (high, place), (pt(10), 0), ha="left", va="center", **look)
    elif low > 100.0 - FULL:
        axis.annotate(text, (low, place), (-pt(10), 0), ha="right", va="center", **look)
    else:
        axis.annotate(text, (0.5 * (low + high), place), (0, pt(8)), ha="center", va="bottom", **look)


def _down(axes: Any, labels: list[str], n_rows: int) -> None:
    """Labels of rows at the left panel, the first at the top; in as many lines as a row has room for."""
    a_row = ROOM * axes[0].figure.get_figheight() * 72 / (n_rows * len(lines_of(axes)))
    lines = min(MOST_LINES, max(1, int(a_row / (0.8 * LINE * style().body))))
    width = letters((LABEL if lines > 1 else WIDE) * (1.4 if style().is_stacked else 1.0), style().body)
    words = row_names(labels, width, lines)
    for axis in leftmost(axes):
        axis.set_yticks(range(len(labels)), words, fontsize=style().body)
        axis.set_ylim(len(labels) - 0.4, -0.6)
    for axis in axes:
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="y", visible=False)
        axis.spines["left"].set_visible(False)


def _named(dyad: str) -> str:
    return "–".join(BLOC_WORDS.get(bloc, bloc).removeprefix("the ") for bloc in dyad.split("-"))


def _foot(figure: Figure, findings: Findings, shown: list[Shown]) -> None:
    """What was run, under the figure."""
    plan = findings.plan
    said = [headline.scenarios_in_words(plan)]
    if len(plan.blocks) > 1:
        said.append(plan.blocks[0].name)
    said += [f"{replicates_in_words(findings)} a cell", "bars: 95 % intervals"]
    if plan.assumed is not None:
        said.append(f"thin, below: nine in ten of {len(plan.assumed.rows)} sets of assumptions and their median")
    if base := headline.base_label(shown):
        said.append(f"{base}: {headline.base_in_words(plan)}")
    noted(figure, ", ".join(said))


def _effects(findings: Findings) -> pd.DataFrame:
    """Effects on joint gain in the first block, the largest ones, with ``what`` they are of."""
    plan = findings.plan
    block = plan.blocks[0].name
    if len(findings.arms):
        own = findings.arms[findings.arms["reference"] == plan.references[0]]
        own = own.assign(what=[f"{arm}" for arm in own[ARM]])
    elif len(findings.effects):
        own = findings.effects.assign(what=_compared(plan, findings.effects))
    else:
        return pd.DataFrame()
    own = own[(own["outcome"] == "joint_gain") & (own["block"] == block)]
    size = own.groupby("what", sort=False)["mean"].apply(lambda mean: mean.abs().sum())
    kept = set(size.sort_values(ascending=False, kind="stable").index[:MOST_EFFECTS])
    return own[own["what"].isin(kept)]


def _compared(plan: Plan, effects: pd.DataFrame) -> list[str]:
    factors = {factor.name: factor for factor in plan.factors}
    pairs = zip(effects["factor"], effects["level"], strict=True)
    return [headline.level_in_words(plan, factors[name], level) for name, level in pairs]
