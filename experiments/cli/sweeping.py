"""A sweep as its user sees it: where it writes, how far it is, what it found, and how to go on.

No command line here: ``main.py`` hands over consoles and passes on the exit code.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.cli.terminal import FAILED, INTERRUPTED, warn
from experiments.display.console import Progress, progress_shown, prose, say
from experiments.display.ending import kept_in
from experiments.display.streams import kept_on, pasted
from experiments.display.words import OF_FLIPS
from experiments.running.runner import (
    CHUNKS,
    DEFAULT_ENGINE,
    Hooks,
    Outcome,
    Rerun,
    WorkersDie,
    run_plan,
)
from experiments.store.files import check_vacant, vacant_folder
from experiments.store.lock import check_new
from model import InputFault, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

    from experiments.design.plan import Plan
    from experiments.findings.tables import Findings
    from experiments.store.folder import Results

STOPPING: Final = "Stopping: finishing what has begun. Ctrl-C again stops at once."


def check_engine(engine: str) -> None:
    """Refuse an engine that there is not.

    Raises:
        InputFault: names the engines there are.
    """
    if engine not in CHUNKS:
        raise InputFault(
            [f"{engine!r} is not an engine; {nearest(engine, CHUNKS) or 'write ensemble or mesa'}"], "engine"
        )


def check_place(out: Path | None, figures: str | None) -> None:
    """Refuse a folder for a run that is not vacant, and forms of figures without a folder to draw into.

    Raises:
        InputFault: says which of these it is.
    """
    if out is not None:
        check_vacant(out)
    elif figures is not None:
        fault = f"--figures {figures}: the figure of a run is drawn into the folder that --out names; add --out DIR"
        raise InputFault([fault], "command line")


def folder_of(plan: Plan, out: Path | None, into: Path | None) -> Path:
    """The results folder that was asked for: ``into`` must be new, any other may hold what the plan began.

    Raises:
        InputFault: both were given, or the new one is not new.
    """
    if out is not None and into is not None:
        raise InputFault(["--out and --into: --into begins a new folder, --out may go on in an old one; keep one"])
    if into is not None:
        check_new(into)
        return into
    return Path("results") / plan.name if out is None else out


def sweep_and_report(
    plan: Plan,
    out: Path | None,
    into: Path | None,
    workers: int | None,
    scheduler: str | None,
    console: Console,
    errors: Console,
    engine: str = DEFAULT_ENGINE,
) -> int:
    """Run a plan with progress, then show and keep what it found. Returns the exit code."""
    folder = folder_of(plan, out, into)
    on = how_to_go_on(folder, into is not None)
    with kept_in(on, folder):
        try:
            outcome = _run(plan, folder, workers, scheduler, errors, engine)
        except InputFault as fault:
            if out is None and into is None and "differ from what was asked" in str(fault):
                here = str(vacant_folder(plan.name))
                raise InputFault(
                    [line.replace("--into NEW_FOLDER", f"--into {here}") for line in fault.faults], "results"
                ) from None
            raise
        except WorkersDie as error:
            say(errors, f"{error} {on}")
            return FAILED
        if outcome.was_interrupted:
            say(errors, f"Interrupted after {outcome.n_done} of {outcome.n_total} runs. {on}")
            return INTERRUPTED
        if outcome.n_before == outcome.n_done:
            say(errors, f"All {outcome.n_done} runs are in {pasted(folder)} already; nothing was computed.")
        if missing := show(plan, outcome, console):
            say(errors, f"{missing}. The runs and tables are whole.")
            return FAILED
        return 0


def how_to_go_on(folder: Path, began_anew: bool = False) -> str:
    """What an interrupted sweep says at its end; began_anew: it was told to, with ``--into``, which never goes on."""
    changed = ", with --out in place of --into," if began_anew else ""
    return f"Finished runs are kept in {pasted(folder)}. The same command{changed} goes on from there."


@contextlib.contextmanager
def stages_shown(errors: Console, name: str, folder: Path) -> Iterator[Callable[[str], Hooks]]:
    """Gives what each sweep of several tells while it goes on; the progress of one ends where the next begins."""
    with kept_in(how_to_go_on(folder), folder), contextlib.ExitStack() as stack:

        def hooks(stage: str) -> Hooks:
            stack.close()
            return _hooks(errors, stack.enter_context(progress_shown(errors, f"{name}, {stage}")))

        yield hooks


def _hooks(errors: Console, progress: Progress) -> Hooks:
    return Hooks(progress, lambda: say(errors, STOPPING), lambda words: say(errors, words))


def _run(plan: Plan, folder: Path, workers: int | None, scheduler: str | None, errors: Console, engine: str) -> Outcome:
    title = f"{plan.name}: {plan.n_runs} runs"
    if plan.precision is not None:
        title = f"{plan.name}: at most {plan.n_runs} runs"
    with progress_shown(errors, title) as progress:
        return run_plan(plan, folder, workers, _hooks(errors, progress), scheduler, engine=engine)


def show(plan: Plan, outcome: Outcome, console: Console) -> str:
    """Tables and figures of finished results, on screen and in the folder; why there is no figure (empty: there is)."""
    from experiments.findings.findings import calibration_of, find
    from experiments.findings.headline import last_quarter
    from experiments.findings.sentences import why_no_ranking
    from experiments.findings.tables import TABLES
    from experiments.report.screen import show_findings
    from experiments.store.kept import played

    results = outcome.results
    plan = played(plan, results)
    findings = find(plan, results)
    calibration = calibration_of(plan)
    for name in TABLES:
        if len(table := getattr(findings, name)):
            mixed = [
                column
                for column in ("level", "baseline", "arm", "reference", "place", "other_place")
                if column in table
            ]
            results.write_table(name, table.astype(dict.fromkeys(mixed, str)))
    results.write_table("calibration", calibration)
    flips = results.manifest["flips"]
    head = [*flips, OF_FLIPS] if flips else []
    results.write_text("reading.txt", "\n".join([*head, findings.reading, *findings.corners]) + "\n")
    warn(console, flips)
    show_findings(console, findings, last_quarter(plan))
    why = why_no_ranking(findings)
    fault = kept_on(lambda: _draw(results, findings, not why), "The figure")
    if why:
        prose(console, why)
    made = "Tables and all runs" if fault or why else "Figure, tables and all runs"
    say(console, f"{made}: {pasted(results.folder)}")
    say(console, f"Report: detente report {pasted(results.folder)}")
    return fault


def _draw(results: Results, findings: Findings, has_answer: bool) -> None:
    """The figure of the answer, and the one of what it is worth, where there are such."""
    from experiments.display.figure_style import saver
    from experiments.report.headline_figures import has_worth, plan_figure, worth_figure

    figures: dict[str, Callable[[], Figure | None]] = {}
    name = findings.plan.name
    if has_answer:
        figures[f"{name}.png"] = lambda: plan_figure(findings)
    if has_worth(findings):
        figures[f"{name}-worth.png"] = lambda: worth_figure(findings)
    for file, draw in figures.items():
        results.write_figure(file, saver(functools.partial(_drawn, draw)))


def _drawn(draw: Callable[[], Figure | None]) -> Figure:
    """A figure of which it is known that there is something to draw."""
    figure = draw()
    assert figure is not None
    return figure


def tell_rerun(console: Console, found: Rerun, name: str) -> bool:
    """Say what came of a run that was played again; whether it is the same as the stored one."""
    prose(console, f"Run {name}, played again: {_end_of(found.fresh)}")
    if found.is_same:
        prose(console, "The same as stored.")
        return True
    say(console, f"Not the same as stored: {_end_of(found.stored)}")
    if found.changes:
        also = f" and {len(found.changes) - 6} more" if len(found.changes) > 6 else ""
        say(console, f"Changed since then: {', '.join(found.changes[:6])}{also}")
    else:
        why = "another processor or other versions of packages may be the reason"
        if (own := found.chunk.world) is not None:
            why = f"the mechanism may mix its replicates; look with: detente check-world {own.asked}"
        prose(console, f"The code is the same; {why}.")
    return False


def _end_of(run: dict[str, Any]) -> str:
    """How a run ended, in words."""
    return f"digest {run['digest']}" if run["status"] == "ok" else f"failed at {run['stage']}: {run['message']}"


def write_run(model: Any, out: Path, title: str) -> str:
    """Write the record of one run: its tables, story and figure, all of them or nothing.

    A figure that cannot be drawn is left out; why, in a sentence (empty: it is there).
    """
    import pandas as pd

    from experiments.store.files import staged_folder, write_figure, write_table

    tables = model.tables()
    with staged_folder(out) as stage:
        for name, table in {**tables, "summary": model.summary()}.items():
            table.attrs["arithmetic"] = model.world.arithmetic
            write_table(stage / f"{name}.parquet", table)
        story = [(line.quarter, line.label, line.topic, line.dyad, line.text) for line in model.story]
        columns = ["quarter", "label", "topic", "dyad", "text"]
        write_table(stage / "story.parquet", pd.DataFrame(story, columns=columns))

        def draw() -> None:
            from experiments.display.figure_style import saver
            from experiments.report.figures import run_figure

            write_figure(stage / "run.png", saver(lambda: run_figure(tables, title)))

        return kept_on(draw, "The figure")
