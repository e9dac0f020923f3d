"""Commands that analyse: files of one's own against their contracts, leagues, sensitivity, discovery, the look back."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.terminal import (
    BAD_INPUT,
    INTERRUPTED,
    USUAL,
    FiguresOption,
    StyleOption,
    TacticsOption,
    leave_after,
    loaded,
    loaded_world,
    looking,
    refusals,
    screen,
    warn,
)
from experiments.display.command_words import how_to_install
from experiments.display.looks import check_form
from experiments.display.streams import pasted

if TYPE_CHECKING:
    from rich.console import Console

OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="New folder for the results (default: results/NAME).")
]
WorkersOption = Annotated[int | None, typer.Option(help="Processes to use at most (default: one a processor).")]


def check_tactic(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Python file of tactics. Checking RUNS the file.")],
) -> None:
    """Try a file of tactics against its contract. This runs the file: name only one that you trust."""
    with refusals():
        from experiments.display.console import say
        from experiments.league.tactic_check import check

        own = loaded(file)
        assert own is not None
        findings = check(own.sha256)
        console = screen()
        for name in dict.fromkeys((finding.kind, finding.name) for finding in findings):
            say(console, f"{name[0]} {name[1]}")
            for finding in findings:
                if (finding.kind, finding.name) == name:
                    tell_finding(console, finding.test, finding.fault)
        n_failed = sum(bool(finding.fault) for finding in findings)
        say(console, f"{n_failed} of {len(findings)} tests failed" if n_failed else "It keeps the contract.")
        if n_failed:
            raise typer.Exit(BAD_INPUT)


def check_world(
    asked: Annotated[
        str, typer.Argument(metavar="FILE[:CLASS]", help="A mechanism of your own in a Python file, which this RUNS.")
    ],
) -> None:
    """Try a mechanism of your own against its contract. This runs the file: name only one that you trust."""
    with refusals():
        from experiments.display.console import prose, say
        from experiments.running.world_check import check

        own = loaded_world(asked)
        assert own is not None
        console = screen()
        prose(console, f"{Path(own.path).name}:{own.name}, in place of the shipped {own.parent}")
        n_tests = n_failed = 0
        for finding in check(own):
            if finding.is_note:
                prose(console, f"note   {finding.test}: {finding.fault}", indent=2)
                continue
            n_tests, n_failed = n_tests + 1, n_failed + bool(finding.fault)
            tell_finding(console, finding.test, finding.fault)
        if n_failed:
            prose(console, f"{n_failed} of {n_tests} tests failed. Mend the first one, then:")
            say(console, f"detente check-world {pasted(asked)}")
            raise typer.Exit(BAD_INPUT)
        prose(console, "It keeps the contract. Go on with:")
        say(console, f"detente sweep PLAN --world {pasted(asked)}")


def tell_finding(console: Console, test: str, fault: str) -> None:
    """A test of a file of one's own, and what is wrong where it fails."""
    from experiments.display.console import prose

    prose(console, f"{'FAILS' if fault else 'ok   '}  {test}", indent=2)
    if fault:
        prose(console, fault, indent=9)


def league(
    plan: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="A league plan (TOML); without it, all tactics play.")
    ] = None,
    out: OutOption = None,
    workers: WorkersOption = None,
    situations: Annotated[int | None, typer.Option(help="Situations to draw (default: the plan's, or 50).")] = None,
    replicates: Annotated[int | None, typer.Option(help="Sessions a pair, seat and situation (default: 100).")] = None,
    tactics: TacticsOption = None,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """All tactics against each other, in every seat, one bargaining session at a time: who does well at the table."""
    with refusals(), looking(style, figures):
        from experiments.display.console import progress_shown, say
        from experiments.league.league import default_plan, load_league, play_league, resized
        from experiments.league.results import write_league
        from experiments.league.table import show, tell
        from experiments.running.executors import check_workers
        from experiments.store.files import check_vacant, vacant_folder
        from model import identification_flips

        file, n_workers = loaded(tactics), check_workers(workers)
        asked = resized(default_plan() if plan is None else load_league(plan), situations, replicates)
        folder = vacant_folder("league") if out is None else out
        check_vacant(folder)
        console = screen()
        with progress_shown(screen(to_stderr=True), f"league: {asked.situations} situations") as progress:
            whole = play_league(asked, n_workers, file, lambda done, total: progress(done, 0, total, 0))
        found = tell(asked, whole)
        fault = write_league(found, whole, folder, file)
        for scenario in asked.scenarios:
            warn(console, identification_flips(scenario, asked.settings))
        show(console, found)
        say(console, f"\nTables{'' if fault else ' and figure'} are in {pasted(folder)}")
        leave_after(fault)


def sensitivity(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan with ranges, such as uncertainty, or its file.")],
    out: OutOption = None,
    workers: WorkersOption = None,
    trajectories: Annotated[int, typer.Option(help="Trajectories of Morris screening.")] = 8,
    screening_replicates: Annotated[int, typer.Option(help="Replicates a point of the screening.")] = 8,
    keep: Annotated[int, typer.Option(help="Inputs that get an index of their own.")] = 10,
    rows: Annotated[int, typer.Option(help="Rows of the Sobol design, a power of two.")] = 64,
    replicates: Annotated[int, typer.Option(help="Replicates of every row, for the share of chance.")] = 16,
    tactics: TacticsOption = None,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Which assumptions, mechanisms and how much of chance move the outcomes: Morris screening, then Sobol indices.

    The same command again goes on where it was stopped.
    """
    with refusals(), looking(style, figures):
        from experiments.cli.sweeping import how_to_go_on, stages_shown
        from experiments.design.plan_file import load_plan
        from experiments.display.console import say, waiting
        from experiments.sensitivity.report import show, write_sensitivity
        from experiments.sensitivity.screening import Sizes, check, run_sensitivity
        from model import identification_flips

        file = loaded(tactics)
        with waiting(screen(to_stderr=True), f"Reading {plan}") as watch:
            asked = load_plan(plan, watch)
        sizes = Sizes(trajectories, screening_replicates, keep, rows, replicates)
        check(asked, sizes)
        needs("SALib", "sensitivity")
        folder = Path("results") / f"{asked.name}-sensitivity" if out is None else out
        errors = screen(to_stderr=True)
        with stages_shown(errors, asked.name, folder) as hooks:
            found = run_sensitivity(asked.with_tactics(file), folder, sizes, workers, hooks)
        if found is None:
            say(errors, how_to_go_on(folder))
            raise typer.Exit(INTERRUPTED)
        fault = write_sensitivity(found, folder)
        console = screen()
        warn(console, identification_flips(asked.start, asked.settings))
        show(console, found)
        say(console, f"\nTables{'' if fault else ' and figure'} are in {pasted(folder)}")
        leave_after(fault)


def discover(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder of a sweep over many assumptions.")],
    case: Annotated[
        list[str] | None,
        typer.Option(help="collapse, durable; with a difference raised, lowered; may be repeated (default: both)."),
    ] = None,
    dyad: Annotated[list[str] | None, typer.Option(help="A pair, such as CN-US (default: all).")] = None,
    boxes: Annotated[int, typer.Option(help="Boxes to look for, one after the other.")] = 1,
    resamples: Annotated[int, typer.Option(help="Searches without a connection to compare with; 0: none.")] = 99,
) -> None:
    """Under which assumptions cooperation collapses, or is durable: PRIM boxes with their significance."""
    with refusals():
        from experiments.discovery.discover import discover as search
        from experiments.discovery.discover import show, tables
        from experiments.display.console import say, waiting
        from experiments.store.folder import Results

        folder = Results.open(results)
        folder.check_takes_files()
        with waiting(screen(to_stderr=True), "Searching"):
            found = search(folder, case or (), dyad or (), boxes, resamples)
        limits, steps = tables(found)
        for name, table in (("boxes", limits), ("trajectories", steps)):
            if len(table):
                folder.write_table(name, table)
        console = screen()
        warn(console, folder.manifest["flips"])
        show(console, found)
        say(console, f"\nThe tables are in {pasted(folder.folder)}")


def hindcast(
    anew: Annotated[
        bool, typer.Option("--refit", help="Fit to 2018-2022 first (minutes); else the kept sample is used.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Results folder (default: results/hindcast).")
    ] = None,
    workers: WorkersOption = None,
    document: Annotated[
        bool, typer.Option("--document", help="Also put the numbers into docs/hindcast.md of this checkout.")
    ] = False,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Fit to 2018-2022, forecast 2023-2025, seal the forecast, and only then score it on what came."""
    with refusals(), looking(style, figures):
        from experiments.hindcast.main import run_hindcast

        run_hindcast(screen(), screen(to_stderr=True), anew, workers, out, document)


def assumptions(
    anew: Annotated[
        bool, typer.Option("--refit", help="Play every point first (minutes) and keep the sample in seeds/calibration.")
    ] = False,
    document: Annotated[
        bool, typer.Option("--document", help="Also put the numbers into docs/assumptions.md of this checkout.")
    ] = False,
    workers: WorkersOption = None,
) -> None:
    """What may be believed of the assumed numbers: drawn from their ranges and weighed by the record of 2018-2025."""
    with refusals():
        from experiments.hindcast.assumption_page import run_assumptions

        run_assumptions(screen(), screen(to_stderr=True), anew, workers, document)


def validate(
    rows: Annotated[
        int | None, typer.Option(help="Rows of the assumption sample, from the first on; 0: none (default: all).")
    ] = None,
    replicates: Annotated[int, typer.Option(help="Runs in which threats, agreements and truces are counted.")] = 256,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write every number here.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the rows here.")] = None,
    figure_file: Annotated[
        Path | None, typer.Option("--figure", metavar="FILE", help="Draw the rows into this .png, .svg or .pdf.")
    ] = None,
    style: StyleOption = USUAL,
    document: Annotated[
        bool, typer.Option("--document", help="Also put the numbers into docs/validation.md of this checkout.")
    ] = False,
    workers: WorkersOption = None,
) -> None:
    """The model against published effects: which it meets, which it misses, and which rule is suspected."""
    with refusals(), looking(style):
        from experiments.validation.main import run_validation

        if figure_file is not None:
            check_form(figure_file)
        files = {"json": json_file, "csv": csv_file, "figure": figure_file}
        run_validation(screen(), screen(to_stderr=True), rows, replicates, workers, files, document)


def forecast(
    scenario: Annotated[str, typer.Argument(help="The scenario that is played.")] = "2026",
    first: Annotated[
        str | None, typer.Option("--from", metavar="QUARTER", help="First quarter (default: the scenario's).")
    ] = None,
    last: Annotated[str, typer.Option("--until", metavar="QUARTER", help="Last quarter.")] = "2027Q4",
    rows: Annotated[int | None, typer.Option(help="Rows of the assumption sample (default: all).")] = None,
    replicates: Annotated[int, typer.Option(help="Replicates of every row.")] = 8,
    root_seed: Annotated[
        int | None, typer.Option(help="Root of all chance (default: the first of seeds/random/default.txt).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="New file (default: one in seeds/forecasts).")
    ] = None,
    workers: WorkersOption = None,
) -> None:
    """Write down what the model expects of quarters that nobody knows yet, sealed under a digest."""
    with refusals():
        from experiments.hindcast.sealed_main import run_forecast

        console, errors = screen(), screen(to_stderr=True)
        run_forecast(console, errors, scenario, first, last, rows, replicates, root_seed, out, workers)


def score(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A forecast that detente forecast wrote.")],
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Tables of what came (default: the evidence of the project)."),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write every score here.")] = None,
) -> None:
    """Check the seal of a forecast and score it on what has come since, beside 'no change'."""
    with refusals():
        from experiments.hindcast.sealed_main import run_score

        run_score(screen(), file, evidence, json_file)


def needs(package: str, command: str, called: str = "") -> None:
    """Refuse a command whose extra package is not installed; ``called``: how it is asked for, if not by that name."""
    if importlib.util.find_spec(package) is None:
        from model import InputFault

        fault = f"detente {command} needs {called or package}, which is not installed: {how_to_install('analysis')}"
        raise InputFault([fault], command)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file on the command line."""
    app.command("check-tactic", short_help="Try a file of tactics against its contract.")(check_tactic)
    app.command("check-world", short_help="Try a mechanism of your own against its contract.")(check_world)
    app.command("league", short_help="All tactics against each other.")(league)
    app.command("sensitivity", short_help="Which assumptions move the outcomes.")(sensitivity)
    app.command("discover", short_help="Where cooperation collapses or lasts.")(discover)
    app.command("hindcast", short_help="Fit to 2018-2022, forecast 2023-2025, then score.")(hindcast)
    app.command("forecast", short_help="Seal a forecast of quarters to come.")(forecast)
    app.command("score", short_help="Score a sealed forecast on what came.")(score)
    app.command("validate", short_help="The model against published effects.")(validate)
    app.command("assumptions", short_help="What the answer rests on: the assumption sample.")(assumptions)
