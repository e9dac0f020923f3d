"""The assumption sample from end to end: play (or load), check, tell, draw, and put the numbers into the page."""

from __future__ import annotations

from pathlib import Path as File
from typing import Final

import pandas as pd
from rich.console import Console

from experiments.display.console import head, prose, say
from experiments.display.grids import Grid
from experiments.display.streams import pasted
from experiments.display.words import renewed
from experiments.hindcast import assumption_checks as checks
from experiments.hindcast.assumptions import (
    NAME,
    AssumptionPlan,
    Fitted,
    fit,
    load_assumptions,
    load_fitted,
    played_file,
    played_text,
    sample_file,
    sample_text,
)
from experiments.hindcast.page import markdown
from experiments.hindcast.work import mapping
from experiments.running.executors import check_workers
from experiments.store.files import check_document, check_writable, write_figure, write_whole
from model import PARAMETERS

DOCUMENT: Final = File("docs") / "assumptions.md"
FIGURE: Final = File("docs") / "figures" / "assumptions.png"
#: Rows shown on a screen; the page has them all.
MOST_TOLD: Final = 10


def run_assumptions(
    console: Console,
    progress: Console | None,
    anew: bool = False,
    workers: int | None = None,
    document: bool = False,
    name: str = NAME,
) -> None:
    """Tell what the sample says and how far to believe it; with ``anew``, play it first.

    document: also put the numbers and the figure into docs/assumptions.md of this checkout.

    Raises:
        InputFault: the declaration or what was kept is not usable, or a file cannot be written.
    """
    plan, n_workers = load_assumptions(name), check_workers(workers)
    if document:
        check_document(DOCUMENT, FIGURE)
    if anew:
        check_writable(played_file(plan), sample_file(plan))
        fitted = fit(plan, mapping(n_workers, progress, "playing"))
        for file, text in ((played_file(plan), played_text(fitted)), (sample_file(plan), sample_text(fitted))):
            write_whole(file, lambda path, text=text: path.write_text(text, encoding="utf-8"))  # type: ignore[misc]
    fitted = load_fitted(plan)
    tell(console, fitted)
    if document:
        new = renewed(DOCUMENT.read_text(encoding="utf-8"), blocks(fitted))
        write_whole(DOCUMENT, lambda path: path.write_text(new, encoding="utf-8"))
        draw(fitted, FIGURE)
        say(console, f"\nPage: {pasted(DOCUMENT)}")


def draw(fitted: Fitted, file: File) -> None:
    """Write the figure of the diagnostics.

    Raises:
        InputFault: the file cannot be written.
    """
    from experiments.display.figure_style import saver
    from experiments.hindcast.assumption_figures import diagnostics

    ranks, _ = checks.recovery(fitted)
    counts, told, histories = checks.rank_counts(ranks), checks.learned(fitted), checks.predicted(fitted)
    write_figure(file, saver(lambda: diagnostics(told, histories, counts, fitted.plan.priors, len(ranks))))


def tell(console: Console, fitted: Fitted) -> None:
    """Print what the record taught, what it still surprises by, and the diagnostics."""
    told, histories = learned_table(fitted), history_table(fitted)
    for title, table in (("What the record taught", told.head(MOST_TOLD)), ("Histories", histories)):
        names = [str(name) for name in table]
        grid = Grid(title, names[:1], names[1:])
        for row in table.itertuples(index=False):
            grid.row(*(str(cell) for cell in row))
        grid.show(console)
    head(console, "How far to believe it")
    for words, number in checks.in_short(fitted).items():
        prose(console, f"{words}: {number:.0f}", indent=2)


def learned_table(fitted: Fitted) -> pd.DataFrame:
    """Every number that is varied, with what the record made of it, in words."""
    rows = []
    for row in checks.learned(fitted).itertuples():
        low, _, high = fitted.plan.priors[str(row.parameter)]
        unit = PARAMETERS[str(row.parameter)].unit
        rows.append(
            {
                "parameter": row.parameter,
                "unit": "" if unit == "-" else unit,
                "default": f"{row.default:g}{'!' * bool(row.outside)}",
                "range": f"{low:g} to {high:g}",
                "median": f"{row.median:.3g}",
                "90 % of the sample": f"{row.low:.3g} to {row.high:.3g}",
                "more than luck": "yes" if row.told else "",
            }
        )
    return pd.DataFrame(rows)


def history_table(fitted: Fitted) -> pd.DataFrame:
    """Every number of the record beside what the worlds give."""
    table = checks.predicted(fitted)

    def between(low: str, high: str) -> list[str]:
        return [f"{a:.2g} to {b:.2g}" for a, b in zip(table[low], table[high], strict=True)]

    return pd.DataFrame(
        {
            "2018-2025": table["target"],
            "record": [f"{x:.2g}" for x in table["recorded"]],
            "all points, 90 %": between("prior_low", "prior_high"),
            "sample, 90 %": between("low", "high"),
            "mean": [f"{x:.2g}" for x in table["mean"]],
            "beyond": ["yes" if x else "" for x in table["surprising"]],
        }
    )


def blocks(fitted: Fitted) -> dict[str, str]:
    """The generated parts of docs/assumptions.md, by name."""
    plan: AssumptionPlan = fitted.plan
    _, found = checks.recovery(fitted)
    best = found.head(MOST_TOLD)
    recovered = pd.DataFrame(
        {
            "parameter": best["parameter"],
            "correlation with the truth": [f"{x:.2f}" for x in best["correlation"]],
            "truths inside 90 %": [f"{100 * x:.0f} %" for x in best["inside"]],
        }
    )
    short = pd.DataFrame([{"what": words, "": f"{number:.0f}"} for words, number in checks.in_short(fitted).items()])
    return {
        "origin": f"Declaration `{plan.digest[:16]}`, {plan.fit.n_points} points of {plan.fit.lanes} replicates.",
        "short": markdown(short),
        "histories": markdown(history_table(fitted)),
        "learned": markdown(learned_table(fitted)),
        "recovered": markdown(recovered),
    }
