"""Fan charts of a hindcast: what was forecast, with its bands, and what came."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from experiments.display.figure_style import (
    BLACK,
    BLUE,
    BOLD,
    GREEN,
    PURPLE,
    VERMILLION,
    keyed,
    letters,
    name_across,
    name_up,
    panels,
    pt,
    titled,
    wrapped,
)
from experiments.display.looks import style
from experiments.hindcast import baselines
from experiments.hindcast.evidence import BLOCS, DIRECTED, Record, suppliers
from experiments.hindcast.evidence import automakers as all_automakers
from experiments.hindcast.forecast import Sealed
from experiments.hindcast.plan import HindcastPlan

BANDS: Final = ((0.05, 0.95, 0.18, "90 % band"), (0.25, 0.75, 0.38, "50 % band"))
TRENDS: Final[dict[str, tuple[str, Any]]] = {
    "logistic": (VERMILLION, "--"),
    "Bass": (GREEN, ":"),
    "persistence": (PURPLE, "-."),
}
BLOC_TITLES: Final = {"CN": "China", "US": "United States", "EU": "European Union"}
BIGGEST: Final = 4  # brands shown a market
COLUMNS: Final = 3


def draw_all(plan: HindcastPlan, sealed: Sealed, before: Record, after: Record) -> dict[str, Any]:
    """Functions that draw the figures, by name."""
    return {
        "ev-shares": lambda: ev_shares(plan, sealed, before, after),
        "prices-and-suppliers": lambda: prices_and_suppliers(plan, sealed, before, after),
        "duties": lambda: duties(plan, sealed, before, after),
        "automakers": lambda: automakers(plan, sealed, before, after),
    }


def depth(alpha: float) -> float:
    """How dark a band is: in black and white it leaves the lines in it to be seen."""
    return 0.5 * alpha if style().is_grey else alpha


def fan(axis: Axes, plan: HindcastPlan, sealed: Sealed, quantity: str, entity: str, years: list[int]) -> None:
    """The bands and the median of one number over the years."""
    draws = np.stack([sealed.draws(quantity, entity, year) for year in years])
    for low, high, alpha, _ in BANDS:
        ends = np.quantile(draws, [low, high], axis=1)
        axis.fill_between(years, ends[0], ends[1], color=BLUE, alpha=depth(alpha), linewidth=0)
    axis.plot(years, np.median(draws, axis=1), color=BLUE)
    axis.axvline(plan.fit_last + 0.5, color=BLACK, linewidth=pt(1.2), linestyle=":")
    axis.set_xticks(range(plan.fit_first, plan.score_last + 1, 3))
    axis.set_xlim(plan.fit_first - 0.5, plan.score_last + 0.5)


def seen(axis: Axes, plan: HindcastPlan, before: np.ndarray, after: np.ndarray) -> None:
    """What was observed: filled where the fit saw it, hollow where it did not."""
    axis.plot(plan.fit_years, before, "o", color=BLACK, markersize=pt(7))
    axis.plot(
        plan.score_years, after, "o", color=BLACK, markerfacecolor="white", markersize=pt(8), markeredgewidth=pt(2)
    )


def legend(figure: Figure, extra: list[Any]) -> None:
    """What every chart of the page means."""
    handles = [
        Line2D([], [], color=BLUE, label="model, median"),
        *(Patch(color=BLUE, alpha=depth(alpha + 0.1), label=f"model, {words}") for _, _, alpha, words in BANDS),
        Line2D([], [], color=BLACK, marker="o", linestyle="", label="observed, in the fit"),
        Line2D([], [], color=BLACK, marker="o", markerfacecolor="white", linestyle="", label="observed, held out"),
        *extra,
    ]
    keyed(figure, handles)


def ev_shares(plan: HindcastPlan, sealed: Sealed, before: Record, after: Record) -> Figure:
    """EV shares of the three blocs, with the trends that know the same years."""
    figure, grid = panels(1, len(BLOCS), 6.0)
    axes = list(grid[0])
    ahead = {year: baselines.ev_shares(before, year) for year in plan.score_years}
    for m, (axis, bloc) in enumerate(zip(axes, BLOCS, strict=True)):
        fan(axis, plan, sealed, "ev_share", bloc, plan.fit_years + plan.score_years)
        for name, (colour, line) in TRENDS.items():
            path = [before.ev_share[m, -1], *(float(np.median(ahead[year][bloc][name])) for year in plan.score_years)]
            axis.plot([plan.fit_last, *plan.score_years], path, color=colour, linestyle=line)
        seen(axis, plan, before.ev_share[m], after.ev_share[m])
        axis.set_title(BLOC_TITLES[bloc])
        axis.set_ylim(0, 1)
    name_across(axes, "year")
    name_up(axes, "electric share of new cars (fraction)")
    legend(
        figure,
        [Line2D([], [], color=c, linestyle=s, label=f"{name}, median") for name, (c, s) in TRENDS.items()],
    )
    titled(figure, f"EV shares: fitted to {plan.fit_first}-{plan.fit_last}, forecast to {plan.score_last}")
    return figure


def prices_and_suppliers(plan: HindcastPlan, sealed: Sealed, before: Record, after: Record) -> Figure:
    """Pack prices against 2022, and the shares of suppliers with a row of their own."""
    names = suppliers()
    known = [k for k in range(len(names)) if np.isfinite(before.supplier[k, -1])]
    across = 1 if style().is_stacked else COLUMNS
    figure, axes = panels(-(-(len(known) + 1) // across), across, 3.6, share_y=False)
    flat = list(axes.reshape(-1))
    level = np.concatenate([[0.0], np.cumsum(before.price_change[1:])])
    fan(flat[0], plan, sealed, "price", "WORLD", plan.fit_years + plan.score_years)
    seen(flat[0], plan, level - level[-1], np.cumsum(after.price_change))
    flat[0].set_title("Pack prices")
    name_up(flat[:1], f"log of price over {plan.fit_last}")
    for axis, k in zip(flat[1:], known, strict=False):
        fan(axis, plan, sealed, "supplier", names[k], plan.fit_years + plan.score_years)
        seen(axis, plan, before.supplier[k], after.supplier[k])
        axis.set_title(names[k])
        name_up([axis], "share of cells")
        axis.set_ylim(bottom=0)
    for axis in flat[len(known) + 1 :]:
        axis.remove()
    for axis in flat[: len(known) + 1][-across:]:  # the lowest of every column
        axis.set_xlabel("year")
    legend(figure, [])
    titled(figure, "Battery prices and suppliers")
    return figure


def duties(plan: HindcastPlan, sealed: Sealed, before: Record, after: Record) -> Figure:
    """EV duties of the six directed dyads at the end of each year."""
    figure, axes = panels(2, COLUMNS, 3.75)
    for pair, (axis, name) in enumerate(zip(axes.T.reshape(-1), DIRECTED, strict=True)):
        fan(axis, plan, sealed, "duty", name, plan.fit_years + plan.score_years)
        seen(axis, plan, before.duty[pair], after.duty[pair])
        importer, exporter = name.split("<")
        axis.set_title(f"{importer} on cars from {exporter}")
    for row in axes:
        name_up(row, "duty at the year's end (fraction of the price)")
    name_across(axes[-1], "year")
    legend(figure, [])
    titled(figure, "Duties: the record to 2022, then the model's own moves")
    return figure


def automakers(plan: HindcastPlan, sealed: Sealed, before: Record, after: Record) -> Figure:
    """The biggest brands of 2022 in every market."""
    names = all_automakers()
    figure, axes = panels(len(BLOCS), BIGGEST, 3.4, share_y=False)
    for m, bloc in enumerate(BLOCS):
        biggest = np.argsort(-np.nan_to_num(before.brand[m, :, -1]))[:BIGGEST]
        for axis, f in zip(axes[m], biggest, strict=True):
            fan(axis, plan, sealed, "brand", f"{bloc} {names[f]}", plan.fit_years + plan.score_years)
            seen(axis, plan, before.brand[m, f], after.brand[m, f])
            short = "others" if names[f].startswith("Korean") else names[f]
            axis.set_title(
                wrapped(f"{bloc}: {short}", letters(0.8 if style().is_stacked else 0.18, BOLD * style().head))
            )
            axis.set_ylim(bottom=0)
        name_up(axes[m], "share of the market's EVs")
    name_across(axes[-1], "year")
    legend(figure, [])
    titled(figure, "Automakers' shares")
    return figure
