"""Figures of a report: maps, survival, ribbons over time, the plane of games. Drawn for print and projector alike.

Colours are those of ``figures.py``; what they tell apart is told apart by line or marker as well. Each function
gives a figure, or nothing where the results do not hold what it would show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.design.plan import Factor, Plan
from experiments.display.figure_style import (
    BLACK,
    BLOC_COLOURS,
    BLOC_LINES,
    GREY,
    MARKERS,
    PALE,
    SERIES,
    own_style,
)

LINES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))
# Share of the runs that a ribbon leaves out on either side.
TAIL: Final = 0.1
# The plane of games is drawn to this many times the loss; points beyond stand at the edge.
EDGE: Final = 3.0
# More points of one kind than this are a blot.
MOST_POINTS: Final = 400


def drawn(draw: Callable[[], Figure | None]) -> Figure | None:
    """A figure in the style of the project."""
    with own_style():
        return draw()


def panels(dyads: list[str], height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """A row of panels, one a dyad, sharing their scale."""
    figure, axes = plt.subplots(1, len(dyads), figsize=(12, height), sharey=True, squeeze=False, layout="constrained")
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


def _legend(figure: Figure, handles: list[Any]) -> None:
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4))


def emergence_figure(curves: pd.DataFrame, n_quarters: int, dyads: list[str]) -> Figure | None:
    """Share of runs in which cooperation has not emerged yet, by quarter, with its interval over replicates.

    curves: rows of ``report_tables.still_waiting`` with ``dyad``, and ``number`` and ``label`` of the level.
    """
    if "share" not in curves:
        return None
    figure, axes = panels(dyads)
    handles: dict[str, Any] = {}
    for axis, dyad in zip(axes, dyads, strict=True):
        own = curves[curves["dyad"] == dyad]
        for label, rows in own.groupby("label", sort=False):
            number = int(rows["number"].iloc[0])
            # A share holds from its quarter on: all wait at first, and the last share up to the horizon.
            x = [0, *rows["quarter"], n_quarters]
            share, low, high = ([1.0, *rows[name], rows[name].iloc[-1]] for name in ("share", "low", "high"))
            look: dict[str, Any] = {"color": SERIES[number], "linestyle": LINES[number]}
            axis.step(x, share, where="post", linewidth=2, **look)
            axis.fill_between(x, low, high, step="post", color=look["color"], alpha=0.15, linewidth=0)
            handles[str(label)] = Line2D([], [], linewidth=2, label=label, **look)
        axis.set_ylim(0, 1.02)
        axis.set_xlim(0, n_quarters)
        axis.set_xlabel("quarters since the start")
    axes[0].set_ylabel("share of runs without\ncooperation so far")
    _legend(figure, list(handles.values()))
    return figure


def depth_figure(series: pd.DataFrame, factor: Factor | None, dyads: list[str]) -> Figure | None:
    """Median depth over the quarters, and the ribbon that holds eight runs in ten."""
    return _ribbons(series, factor, dyads, "depth", "depth of cooperation (0 to 1)")


def _ribbons(series: pd.DataFrame, factor: Factor | None, dyads: list[str], column: str, words: str) -> Figure | None:
    if column not in series:
        return None
    figure, axes = panels(dyads)
    handles: dict[str, Any] = {}
    for axis, dyad in zip(axes, dyads, strict=True):
        for number, label, rows in by_level(series[series["entity"] == dyad], factor):
            look: dict[str, Any] = {"color": SERIES[number], "linestyle": LINES[number]}
            _ribbon(axis, rows, column, look)
            handles[label] = Line2D([], [], linewidth=2, label=label, **look)
        axis.set_xlabel("quarters since the start")
        axis.set_ylim(0, 1.02)
    axes[0].set_ylabel(words)
    _legend(figure, list(handles.values()))
    return figure


def _ribbon(axis: Axes, rows: pd.DataFrame, column: str, look: dict[str, Any]) -> None:
    quarters = rows.groupby("quarter")[column]
    low, middle, high = (quarters.quantile(share) for share in (TAIL, 0.5, 1.0 - TAIL))
    axis.fill_between(low.index, low, high, color=look["color"], alpha=0.15, linewidth=0)
    axis.plot(middle.index, middle, linewidth=2, **look)


def duties_figure(series: pd.DataFrame, dyads: list[str]) -> Figure | None:
    """Median duties that the two sides of each dyad charge each other, and the ribbon of eight runs in ten."""
    if "duty_ev" not in series:
        return None
    figure, axes = panels(dyads)
    blocs = list(dict.fromkeys(bloc for dyad in dyads for bloc in dyad.split("-")))
    for axis, dyad in zip(axes, dyads, strict=True):
        one, other = dyad.split("-")
        for importer, exporter in ((one, other), (other, one)):
            rows = series[series["entity"] == f"{importer}<{exporter}"]
            _ribbon(axis, rows, "duty_ev", _bloc_look(importer))
        axis.set_xlabel("quarters since the start")
        axis.set_ylim(bottom=0)
    axes[0].set_ylabel("duty on electric cars\n(fraction of the price)")
    keys = [Line2D([], [], linewidth=2, label=f"charged by {bloc}", **_bloc_look(bloc)) for bloc in blocs]
    _legend(figure, keys)
    return figure


def _bloc_look(bloc: str) -> dict[str, Any]:
    return {"color": BLOC_COLOURS.get(bloc, BLACK), "linestyle": BLOC_LINES.get(bloc, "-")}


def game_map(runs: pd.DataFrame, factor: Factor | None, dyads: list[str]) -> Figure | None:
    """Each run's last package in the plane of temptations: what either side gains by leaving, over what it fears.

    Inside the unit square each side is tempted less than it fears to be left: talks can matter. Right or above, one
    side would leave whatever the other does; left or below zero, a side would give without a treaty.
    """
    columns = ["tempted_first", "suffers_first", "tempted_second", "suffers_second"]
    if not set(columns) <= set(runs) or runs[columns].dropna().empty:
        return None
    if not ((runs["suffers_first"] > 0) & (runs["suffers_second"] > 0)).any():
        return None  # nobody has anything to fear: no run has a place on the map
    figure, axes = panels(dyads, 4.6)
    handles: dict[str, Any] = {}
    for axis, dyad in zip(axes, dyads, strict=True):
        axis.add_patch(plt.Rectangle((0, 0), 1, 1, color=PALE, linewidth=0))
        axis.axhline(0, color=GREY, linewidth=1)
        axis.axvline(0, color=GREY, linewidth=1)
        own = runs[(runs["dyad"] == dyad) & (runs["suffers_first"] > 0) & (runs["suffers_second"] > 0)]
        for number, label, rows in by_level(own, factor):
            some = rows.head(MOST_POINTS)
            x = np.clip(some["tempted_first"] / some["suffers_first"], -EDGE, EDGE)
            y = np.clip(some["tempted_second"] / some["suffers_second"], -EDGE, EDGE)
            look: dict[str, Any] = {"marker": MARKERS[number], "color": SERIES[number]}
            axis.plot(x, y, linestyle="", markersize=4, alpha=0.5, clip_on=False, **look)
            handles[label] = Line2D([], [], linestyle="", label=label, **look)
        first, second = dyad.split("-")
        axis.set_xlim(-EDGE, EDGE)
        axis.set_ylim(-EDGE, EDGE)
        axis.set_aspect("equal")
        axis.set_xlabel(f"{first}: gain by leaving / loss if left")
        axis.set_ylabel(f"{second}: the same")
        axis.tick_params(labelleft=True)
    _legend(figure, [*handles.values(), Line2D([], [], color=PALE, linewidth=8, label="where talks can matter")])
    return figure


def response_map(cells: pd.DataFrame, plan: Plan, dyads: list[str], outcome: str = "time_cooperating") -> Figure | None:
    """The mean outcome over the levels of two factors, averaged over the others and over blocks."""
    shown = [factor for factor in plan.shown if 2 <= len(factor.levels) <= 8 and factor.name in cells]
    if len(shown) < 2:
        return None
    across, up = sorted(shown, key=lambda factor: -len(factor.levels))[:2]
    figure, axes = panels(dyads, 3.8)
    means = cells.groupby([up.name, across.name, "dyad"], observed=True)[outcome].mean()
    low, high = float(means.min()), max(float(means.max()), float(means.min()) + 1e-9)
    for axis, dyad in zip(axes, dyads, strict=True):
        own = cells[cells["dyad"] == dyad]
        grid = own.pivot_table(index=up.name, columns=across.name, values=outcome, observed=True)
        order = [sorted(names, key=factor.index_of) for names, factor in ((grid.index, up), (grid.columns, across))]
        grid = grid.reindex(index=order[0], columns=order[1])  # by name: True and False would select rows
        image = axis.imshow(grid, origin="lower", cmap="cividis", vmin=low, vmax=high, aspect="auto")
        for (row, column), value in np.ndenumerate(grid.to_numpy(float)):
            shade = "white" if value < low + 0.55 * (high - low) else "black"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=shade, fontsize=10)
        axis.set_xticks(range(len(order[1])), [across.label_of(x) for x in order[1]], fontsize=9)
        axis.set_yticks(range(len(order[0])), [up.label_of(x) for x in order[0]], fontsize=9)
        axis.set_xlabel(across.label)
        axis.grid(visible=False)
    axes[0].set_ylabel(up.label)
    figure.colorbar(image, ax=axes, label=outcome.replace("_", " "))
    return figure
