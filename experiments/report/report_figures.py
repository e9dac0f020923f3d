"""Figures of a report: maps, survival, ribbons over time, the plane of games. Drawn for print and projector alike.

Colours are those of ``figures.py``; what they tell apart is told apart by line or marker as well. Each function
gives a figure, or nothing where the results do not hold what it would show.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from experiments.design.plan import Factor, Plan
from experiments.display.figure_style import (
    BLACK,
    LINES,
    MARKERS,
    MUTED,
    SERIES,
    abreast,
    bloc_look,
    keyed,
    letters,
    name_across,
    name_over,
    name_up,
    own_style,
    panels,
    pt,
    row_names,
    wrapped,
)
from experiments.display.looks import style
from experiments.display.words import BLOC_WORDS
from experiments.statistics.estimates import mean_interval

# The plane of games is drawn to this many times the loss; points beyond stand at the edge.
EDGE: Final = 3.0
FIELDS: Final = 24  # of the plane, along each axis
ROUNDING: Final = 1e-9  # a sum that is equal but for rounding is equal
BETWEEN: Final = 8  # quarters between the intervals of a curve
APART: Final = 0.12  # years between the intervals of two levels
FEW_LEVELS: Final = 2  # that leave room for all their intervals
# From a blue that a projector shows to the darkest; nothing is white.
DENSITY: Final = ListedColormap(colormaps["Blues"](np.linspace(0.3, 1.0, 64)))
# More runs of one kind than this tell nothing more about where they lie.
MOST_POINTS: Final = 2000


def drawn(draw: Callable[[], Figure | None]) -> Figure | None:
    """A figure in the style of the project."""
    with own_style():
        return draw()


def row_of_panels(dyads: list[str], height: float = 4.6) -> tuple[Figure, list[Axes]]:
    """A row of panels, one a dyad, sharing their scale."""
    figure, axes = panels(1, len(dyads), height if abreast(len(dyads)) == len(dyads) else 0.8 * height)
    for axis, dyad in zip(axes[0], dyads, strict=True):
        axis.set_title(dyad)
    return figure, list(axes[0])


def by_level(frame: pd.DataFrame, factor: Factor | None) -> Iterator[tuple[int, str, pd.DataFrame]]:
    """The rows at each level of a factor, with its number and name; all rows as one group without a factor."""
    if factor is None or factor.name not in frame or not 0 < len(factor.levels) <= len(SERIES):
        yield 0, "all runs", frame
        return
    for number, level in enumerate(factor.levels):
        rows = frame[frame[factor.name].astype(str) == str(_stored(frame, factor, level))]
        if len(rows):
            yield number, f"{factor.label}: {factor.label_of(level)}", rows


def _stored(frame: pd.DataFrame, factor: Factor, level: object) -> object:
    """A level as the results write it: whole numbers of a factor with fractions are stored as fractions."""
    is_number = pd.api.types.is_float_dtype(frame[factor.name].dtype)
    return float(level) if is_number and isinstance(level, int) else level


def emergence_figure(curves: pd.DataFrame, n_quarters: int, dyads: list[str]) -> Figure | None:
    """Share of runs in which cooperation has not emerged yet, by quarter, with its interval over replicates.

    curves: rows of ``report_tables.still_waiting`` with ``dyad``, and ``number`` and ``label`` of the level.
    """
    if "share" not in curves:
        return None
    figure, axes = row_of_panels(dyads)
    handles: dict[str, Any] = {}
    for axis, dyad in zip(axes, dyads, strict=True):
        own = curves[curves["dyad"] == dyad]
        for label, rows in own.groupby("label", sort=False):
            number = int(rows["number"].iloc[0])
            # A share holds from its quarter on: all wait at first, and the last share up to the horizon.
            x = [0, *rows["quarter"], n_quarters]
            share, low, high = ([1.0, *rows[name], rows[name].iloc[-1]] for name in ("share", "low", "high"))
            look: dict[str, Any] = {"color": SERIES[number], "linestyle": LINES[number]}
            axis.step(x, share, where="post", **look)
            # Intervals at some quarters, beside each other: bands of several levels would lie over each other.
            at = np.arange(2.0 + number, n_quarters, BETWEEN)
            mean, least, most = (np.interp(at, *_steps(x, values)) for values in (share, low, high))
            axis.errorbar(at, mean, yerr=[mean - least, most - mean], fmt="none", ecolor=look["color"], capsize=0)
            handles[str(label)] = Line2D([], [], label=label, **look)
        axis.set_ylim(0, 1.02)
        axis.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
        axis.set_xlim(0, n_quarters)
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    name_across(axes, "quarters since the start")
    name_up(axes, "runs without cooperation so far (percent)")
    keyed(figure, list(handles.values()))
    return figure


def _steps(x: list[float], y: list[float]) -> tuple[list[float], list[float]]:
    """The corners of a curve that holds each value from its place on."""
    return [p for pair in itertools.pairwise(x) for p in pair], [v for v in y[:-1] for _ in range(2)]


def cooperating(series: pd.DataFrame, threshold: float = 0.5, window: int = 4) -> pd.Series:
    """Whether each row of kept series of dyads is a quarter of cooperation; as the outcomes of runs count it.

    series: rows of ``series/dyad``, quarters of a run and dyad in their order. threshold: share of the attainable gain,
    0 to 1. window: quarters, >= 1. Over the window at least that share is realised and neither side loses, and in the
    quarter each concedes what it would not do alone.
    Source: theory 2.1.
    """
    own = series[["gain_share", "gain_first", "gain_second"]].assign(gain_share=series["gain_share"].fillna(0.0))
    keys = [series[name].to_numpy() for name in ("design_point", "replicate", "entity")]
    means = own.groupby(keys, sort=False).rolling(window, min_periods=1).mean()
    means = means.reset_index(level=[0, 1, 2], drop=True).reindex(series.index)
    enough = means["gain_share"] >= threshold - ROUNDING
    gains = means[["gain_first", "gain_second"]].min(axis=1)
    return enough & (gains >= -ROUNDING) & (series["both_concede"] > 0)


def cooperation_figure(series: pd.DataFrame, factor: Factor | None, dyads: list[str]) -> Figure | None:
    """Share of runs that cooperate in a calendar year, mean of its quarters, with intervals over replicates.

    series: kept series of dyads. A year that is not whole counts with the quarters that it has.
    """
    if "gain_share" not in series:
        return None
    own = series.assign(cooperates=100.0 * cooperating(series))
    figure, axes = row_of_panels(dyads)
    handles: dict[str, Any] = {}
    for axis, dyad in zip(axes, dyads, strict=True):
        levels = list(by_level(own[own["entity"] == dyad], factor))
        for number, label, rows in levels:
            look: dict[str, Any] = {"color": SERIES[number], "linestyle": LINES[number], "marker": MARKERS[number]}
            _by_year(axis, rows, "cooperates", APART * number, look, (number, len(levels)))
            handles[label] = Line2D([], [], label=label, **look)
        axis.set_ylim(-2, 102)
    name_across(axes, "calendar year")
    name_up(axes, "runs that cooperate (percent)")
    keyed(figure, list(handles.values()))
    return figure


def _by_year(
    axis: Axes, rows: pd.DataFrame, column: str, shift: float, look: dict[str, Any], turn: tuple[int, int] = (0, 1)
) -> None:
    """Means of calendar years with 95 % intervals, a little to the right so that no interval lies over another.

    turn: of more than two levels, the first, second, ... of so many has its intervals in years of its own.
    """
    years = rows["label"].astype(str).str[:4].astype(int).rename("year")
    # Cells of a replicate share their luck, so replicates are what is counted.
    means = rows[column].groupby([years, rows["replicate"]]).mean().unstack("replicate")
    found = [mean_interval(means.loc[year].dropna()) for year in means.index]
    mean, low, high = (np.array([x[end] for x in found]) for end in range(3))
    low, high = np.maximum(low, rows[column].min()), np.minimum(high, rows[column].max())
    bars = np.stack([np.maximum(mean - low, 0.0), np.maximum(high - mean, 0.0)]) if means.shape[1] > 1 else None
    if bars is not None and turn[1] > FEW_LEVELS:
        bars[:, np.arange(len(mean)) % turn[1] != turn[0]] = np.nan
    axis.errorbar(means.index + shift, mean, yerr=bars, capsize=0, **look)
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def duties_figure(series: pd.DataFrame, dyads: list[str]) -> Figure | None:
    """Mean duties that the two sides of each dyad charge each other, by calendar year, with intervals."""
    if "duty_ev" not in series:
        return None
    # Duties of one dyad are many times those of another: each panel has its own scale.
    figure, (axes,) = panels(1, len(dyads), 4.6, share_y=False)
    own = series.assign(duty=100.0 * series["duty_ev"])
    blocs = list(dict.fromkeys(bloc for dyad in dyads for bloc in dyad.split("-")))
    for axis, dyad in zip(axes, dyads, strict=True):
        one, other = dyad.split("-")
        for number, (importer, exporter) in enumerate(((one, other), (other, one))):
            rows = own[own["entity"] == f"{importer}<{exporter}"]
            _by_year(axis, rows, "duty", APART * number, bloc_look(importer))
        axis.set_ylim(bottom=0)
        axis.set_title(dyad)
    name_across(axes, "calendar year")
    name_up(axes, "duty on electric cars (percent of the price)")
    words = [f"charged by {BLOC_WORDS.get(bloc, bloc)}" for bloc in blocs]
    keyed(figure, [Line2D([], [], label=text, **bloc_look(bloc)) for text, bloc in zip(words, blocs, strict=True)])
    return figure


def game_map(runs: pd.DataFrame, factor: Factor | None, dyads: list[str]) -> Figure | None:
    """Where runs lie in the plane of temptations: what either side gains by leaving, over what it fears.

    The darker a field, the more runs. Inside the unit square each side is tempted less than it fears to be left: talks
    can matter. Right or above, one side would leave whatever the other does; left or below zero, a side would give
    without a treaty. Of a factor its first and its last level, below each other.
    """
    columns = ["tempted_first", "suffers_first", "tempted_second", "suffers_second"]
    if not set(columns) <= set(runs) or runs[columns].dropna().empty:
        return None
    own = runs[(runs["suffers_first"] > 0) & (runs["suffers_second"] > 0)].dropna(subset=columns)
    if own.empty:
        return None  # nobody has anything to fear: no run has a place on the map
    levels = list(by_level(own, factor))
    shown = levels if len(levels) < 3 else [levels[0], levels[-1]]
    figure, axes = panels(len(shown), len(dyads), 5.0 if len(shown) == 1 else 4.4, share_y=False)
    ends = np.linspace(-EDGE, EDGE, FIELDS + 1)
    images = []
    for row, (_, label, rows) in zip(axes, shown, strict=True):
        for axis, dyad in zip(row, dyads, strict=True):
            some = rows[rows["dyad"] == dyad].head(MOST_POINTS)
            x = np.clip(some["tempted_first"] / some["suffers_first"], -EDGE, EDGE)
            y = np.clip(some["tempted_second"] / some["suffers_second"], -EDGE, EDGE)
            count, _, _ = np.histogram2d(x, y, bins=[ends, ends])
            share = 100.0 * count.T / max(len(some), 1)
            images.append(axis.pcolormesh(ends, ends, np.ma.masked_equal(share, 0.0), cmap=DENSITY))
            axis.axhline(0, color=MUTED, linewidth=pt(1.2))
            axis.axvline(0, color=MUTED, linewidth=pt(1.2))
            axis.add_patch(Rectangle((0, 0), 1, 1, fill=False, edgecolor=BLACK, linewidth=pt(2.5)))
            if some.empty:
                axis.text(0, 1.6, "no run has a place here", ha="center", va="center")
            first, second = dyad.split("-")
            axis.set_xticks([-2, 0, 1, 2])
            axis.set_yticks([-2, 0, 1, 2])
            axis.set_title(dyad)
            axis.set_xlabel(f"{first}: gain by leaving\n/ loss if left", fontsize="medium")
            axis.set_ylabel(f"{second}: gain by leaving\n/ loss if left", fontsize="medium")
            axis.grid(visible=False)
        if len(shown) > 1:
            name_over(row, label)
    most = max(float(image.get_array().max() or 0.0) for image in images)
    for image in images:
        image.set_clim(0.0, max(most, 1.0))
    ticks = MaxNLocator(5, integer=True)
    figure.colorbar(images[0], ax=list(axes.flat), label="share of the runs (percent)", pad=0.01, ticks=ticks)
    keyed(
        figure,
        [
            Line2D(
                [],
                [],
                color=BLACK,
                linewidth=pt(2.5),
                label=wrapped("inside: neither would gain by leaving what it would lose by being left", letters(0.8)),
            )
        ],
    )
    return figure


def response_map(cells: pd.DataFrame, plan: Plan, dyads: list[str], outcome: str = "time_cooperating") -> Figure | None:
    """The mean outcome over the levels of two factors, in the plan's order; averaged over all else."""
    shown = [factor for factor in plan.shown if 2 <= len(factor.levels) <= 8 and factor.name in cells]
    if len(shown) < 2:
        return None
    across, up = sorted(shown, key=lambda factor: -len(factor.levels))[:2]
    figure, axes = row_of_panels(dyads, 4.8)
    means = cells.groupby([up.name, across.name, "dyad"], observed=True)[outcome].mean()
    low, high = float(means.min()), max(float(means.max()), float(means.min()) + 1e-9)
    for axis, dyad in zip(axes, dyads, strict=True):
        own = cells[cells["dyad"] == dyad]
        grid = own.pivot_table(index=up.name, columns=across.name, values=outcome, observed=True)
        order = [sorted(names, key=factor.index_of) for names, factor in ((grid.index, up), (grid.columns, across))]
        grid = grid.reindex(index=order[0], columns=order[1])  # by name: True and False would select rows
        image = axis.imshow(100 * grid, origin="lower", cmap="cividis", vmin=100 * low, vmax=100 * high, aspect="auto")
        for (row, column), value in np.ndenumerate(grid.to_numpy(float)):
            shade = "white" if value < low + 0.55 * (high - low) else "black"
            axis.text(column, row, f"{100 * value:.0f}", ha="center", va="center", color=shade)
        names = [across.label_of(x) for x in order[1]]
        width = letters(0.6 if style().is_stacked else 0.6 / abreast(len(dyads))) // len(names)
        is_long = any(len(word) > width for name in names for word in name.split())
        told = row_names(names, 24, 1) if is_long else row_names(names, width, 4)
        axis.set_xticks(range(len(names)), told, rotation=90 if is_long else 0)
        axis.set_yticks(range(len(order[0])), row_names([up.label_of(x) for x in order[0]], 14, 3))
        axis.grid(visible=False)
    name_across(axes, across.label)
    name_up(axes, up.label)
    figure.colorbar(image, ax=axes, label="share of all quarters\nin cooperation (percent)", pad=0.01)
    return figure
