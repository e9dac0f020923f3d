"""The hindcast from end to end: fit (or load), forecast and seal, only then read what came, score, draw, tell.

Results lie in one folder: the sealed forecast, every score, the figures and ``report.html``. With ``refit`` the
posterior sample in ``seeds/calibration`` is made anew first.
"""

from __future__ import annotations

from pathlib import Path as File
from typing import Final

import pandas as pd
from rich.console import Console

from experiments.display.console import say
from experiments.display.streams import pasted
from experiments.display.words import renewed
from experiments.hindcast.evidence import past
from experiments.hindcast.fit import (
    as_text,
    load_nearness,
    load_posterior,
    posterior_file,
    refit,
    targets_file,
)
from experiments.hindcast.forecast import Sealed, forecast, write
from experiments.hindcast.page import (
    bars_table,
    blocks,
    detail,
    duty_detail,
    fit_table,
    page,
    shown,
    target_table,
    tell,
)
from experiments.hindcast.plan import HindcastPlan, load_hindcast
from experiments.hindcast.scores import bars, held_out, in_short, scores
from experiments.hindcast.work import mapping
from experiments.running.executors import check_workers
from experiments.store.files import check_document, check_writable, reported, write_figure, write_table, write_whole

FOLDER: Final = File("results") / "hindcast"
DOCUMENT: Final = File("docs") / "hindcast.md"


def make_posterior(plan: HindcastPlan, workers: int, console: Console | None) -> None:
    """Fit, and keep the sample beside the declaration.

    Raises:
        InputFault: the sample cannot be written.
    """
    tables = refit(plan, mapping(workers, console, "fitting"))
    for file, table in zip((posterior_file(plan), targets_file(plan)), tables, strict=True):
        text = as_text(table, plan)
        write_whole(file, lambda path, text=text: path.write_text(text, encoding="utf-8"))  # type: ignore[misc]


def make_forecast(plan: HindcastPlan, folder: File, workers: int, console: Console | None) -> Sealed:
    """Forecast from the kept sample, write it and seal it; nothing later than the fit is read.

    Raises:
        InputFault: there is no sample of this declaration, or the folder cannot be written.
    """
    sample, digest = load_posterior(plan)
    return write(folder, forecast(plan, sample, mapping(workers, console, "forecasting")), plan, digest)


def run_hindcast(
    console: Console,
    progress: Console | None,
    anew: bool = False,
    workers: int | None = None,
    out: File | None = None,
    document: bool = False,
    name: str = "2018",
) -> dict[str, tuple[bool, str]]:
    """Everything in order; the bars, each with whether it is met and by how much.

    document: also put the numbers into docs/hindcast.md of this checkout.

    Raises:
        InputFault: the declaration, the sample or the folder is not usable.
    """
    plan, n_workers = load_hindcast(name), check_workers(workers)
    folder = FOLDER if out is None else out
    with reported(folder):
        folder.mkdir(parents=True, exist_ok=True)
    check_writable(folder / "report.html")
    if document:
        check_document(DOCUMENT)
    if anew:
        check_writable(posterior_file(plan), targets_file(plan))
        make_posterior(plan, n_workers, progress)
    sealed = make_forecast(plan, folder, n_workers, progress)
    say(console, f"Forecast of {plan.score_first}-{plan.score_last} sealed: {sealed.digest[:16]} ({pasted(folder)})\n")
    found = report(plan, sealed, folder, document)
    tell(console, *found)
    say(console, f"\nPage: {pasted(folder / 'report.html')}")
    return found[1]


def report(
    plan: HindcastPlan, sealed: Sealed, folder: File, document: bool = False
) -> tuple[pd.DataFrame, dict[str, tuple[bool, str]]]:
    """Score a sealed forecast, draw it, write the page; the table in short and the bars."""
    from experiments.display.figure_style import saver
    from experiments.hindcast import figures as hindcast_figures

    continuous, chances = scores(plan, sealed)
    short = in_short(continuous, chances)
    met = bars(short)
    (sample, _), near = load_posterior(plan), load_nearness(plan)
    write_table(folder / "scores.parquet", continuous)
    write_table(folder / "chances.parquet", chances)
    write_table(folder / "short.parquet", short)
    figures: dict[str, File] = {}
    for name, draw in hindcast_figures.draw_all(plan, sealed, past(plan), held_out(plan, sealed)).items():
        figures[name], *_ = write_figure(folder / f"{name}.png", saver(draw), is_shown=True)
    parts = [
        ("Scores", "Means over what was scored; the model is compared with each baseline on the same numbers, and a "
         "difference within one standard error is a tie.", shown(short)),
        ("Bars", "Set before the forecast was scored.", bars_table(met)),
        ("EV shares", "Fractions of new cars.", detail(continuous, "EV shares")),
        ("Pack prices", "Logs, over the last year of the fit.", detail(continuous, "pack prices, log")),
        ("Duties", "At the end of the year, fractions of the price.", detail(continuous, "EV duties")),
        ("Duty moves", "The chance that each gave to what happened, a mean over the years.", duty_detail(chances)),
        ("The fit", "Free parameters; the trend and the spreads that the model leaves open.", fit_table(sample, plan)),
        ("Targets", "What the fit aimed at; means over replicates.", target_table(near)),
    ]  # fmt: skip
    text = page(plan, parts, figures)
    write_whole(folder / "report.html", lambda path: path.write_text(text, encoding="utf-8"))
    if document:
        told = blocks(plan, sealed, sample, near, short, met, continuous, chances)
        new = renewed(DOCUMENT.read_text(encoding="utf-8"), told)
        write_whole(DOCUMENT, lambda path: path.write_text(new, encoding="utf-8"))
    return short, met
