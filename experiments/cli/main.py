"""The command ``detente``: run a negotiation, sweep a plan, show the parameters, do the main job.

Bad input ends with one clear message and exit code 2, before anything is written. An interrupted sweep keeps
its finished parts and ends with 130. The model, pandas and matplotlib are loaded only by what needs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli import analysis, designing, emulating, listing, packages, seating
from experiments.cli.terminal import (
    FAILED,
    USUAL,
    Commands,
    FiguresOption,
    StyleOption,
    TacticsOption,
    WorldOption,
    leave_after,
    loaded,
    loaded_world,
    looking,
    played_by,
    refusals,
    screen,
    warn,
)
from experiments.display.command_words import parse_settings, versions_in_words
from experiments.display.ending import ended_in_order
from experiments.display.looks import check_form
from experiments.display.streams import guarded_output, pasted

__all__ = ["app", "main", "parse_settings"]

app = typer.Typer(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

OutOption = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write results into this new folder.")]
ResultsOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Results folder, new or to go on with (default: results/NAME)."),
]
IntoOption = Annotated[
    Path | None, typer.Option("--into", metavar="DIR", help="Begin anew, in this new folder, whatever is in others.")
]
WorkersOption = Annotated[int | None, typer.Option(help="Processes to use at most (default: one a processor).")]
SchedulerOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Use the workers of this dask scheduler (host:port) instead.")
]
ReplicatesOption = Annotated[int | None, typer.Option(help="Replicates a design point (default: the plan's).")]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
]
RowsOption = Annotated[
    int | None,
    typer.Option(help="Rows of the plan's sample of assumptions, from the first on; 0: none (default: all)."),
]
EngineOption = Annotated[
    str, typer.Option(help="Who plays: ensemble (all replicates at once) or mesa (one by one, on Mesa); same results.")
]


def tell_version(is_wanted: bool) -> None:
    """Print the versions and leave."""
    if is_wanted:
        typer.echo(versions_in_words())
        raise typer.Exit


@app.callback()
def detente(
    version: Annotated[
        bool, typer.Option("--version", callback=tell_version, is_eager=True, help="Tell the version and leave.")
    ] = False,
) -> None:
    """Three blocs negotiate the trade in electric cars and batteries."""


@app.command(short_help="Play one negotiation and tell its story.")
def run(
    scenario: Annotated[str, typer.Argument(help="A starting point, such as 2018, 2026 or symmetric.")] = "2026",
    replicate: Annotated[int, typer.Option(help="Which replicate: another number, other luck.")] = 0,
    root_seed: Annotated[
        int | None, typer.Option(help="Root of all chance (default: the first of seeds/random/default.txt).")
    ] = None,
    settings: SettingsOption = None,
    whole: Annotated[
        bool, typer.Option("--all", help="Tell the whole story, quarter by quarter, and the game of each pair.")
    ] = False,
    every_round: Annotated[
        bool, typer.Option("--every-round", help="As --all, with offers and refusals that repeat earlier ones.")
    ] = False,
    out: OutOption = None,
    engine: EngineOption = "mesa",
    tactics: TacticsOption = None,
    world: WorldOption = None,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Play one negotiation; tell how it ended, and what turned it."""
    with refusals(), looking(style, figures):
        from experiments.cli.sweeping import check_engine, check_place, write_run
        from experiments.design.plan_file import DEFAULT_ROOT_SEED, read_root_seed
        from experiments.display.console import say
        from experiments.report.run_story import tell
        from model import NegotiationModel, ToldRun, identification_flips, world_of

        check_engine(engine)
        loaded(tactics)
        own = loaded_world(world)
        changes = parse_settings(settings or [])
        seed = read_root_seed(DEFAULT_ROOT_SEED) if root_seed is None else root_seed
        check_place(out, figures)
        play: type[NegotiationModel] | type[ToldRun] = NegotiationModel if engine == "mesa" else ToldRun
        with played_by(own):
            model = play(
                scenario=scenario, root_seed=seed, replicate=replicate, world_type=world_of(own), **changes
            ).run()
        fault = "" if out is None else write_run(model, out, f"{model.start.title}, replicate {replicate}")
        console = screen()
        warn(console, identification_flips(scenario, changes))
        tell(console, model, changes, whole, every_round)
        if out is not None:
            say(console, f"\nTables{'' if fault else ' and figure'} are in {pasted(out)}")
        leave_after(fault)


@app.command(short_help="Run a plan: every design point, then tables and a figure.")
def sweep(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan file (TOML), or the name of a shipped plan.")],
    out: ResultsOption = None,
    into: IntoOption = None,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    replicates: ReplicatesOption = None,
    rows: RowsOption = None,
    engine: EngineOption = "ensemble",
    tactics: TacticsOption = None,
    world: WorldOption = None,
    settings: SettingsOption = None,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Run a plan: every design point with every replicate; then its tables and figure.

    The same command again goes on where it was stopped.
    """
    with refusals(), looking(style, figures):
        _sweep(plan, out, into, workers, scheduler, replicates, rows, engine, tactics, world, settings)


@app.command(short_help="The main job: what talks, recognition and duties do.")
def demo(
    replicates: ReplicatesOption = None,
    rows: RowsOption = None,
    out: ResultsOption = None,
    into: IntoOption = None,
    workers: WorkersOption = None,
    engine: EngineOption = "ensemble",
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """The main job: what dialogue, recognition and duties on the table do for cooperation."""
    with refusals(), looking(style, figures):
        _sweep("mechanisms", out, into, workers, None, replicates, rows, engine)


def _sweep(
    name: str,
    out: Path | None,
    into: Path | None,
    workers: int | None,
    scheduler: str | None,
    replicates: int | None,
    rows: int | None,
    engine: str,
    tactics: Path | None = None,
    world: str | None = None,
    settings: list[str] | None = None,
) -> None:
    from experiments.cli.sweeping import check_engine, sweep_and_report
    from experiments.design.plan_file import load_plan
    from experiments.display.console import waiting

    check_engine(engine)
    file, own = loaded(tactics), loaded_world(world)
    changes = parse_settings(settings or [])
    with waiting(screen(to_stderr=True), f"Reading {name}") as watch:
        plan = load_plan(name, watch, changes).with_tactics(file).with_world(own)
    plan = plan if rows is None else plan.with_rows(rows)
    plan = plan if replicates is None else plan.with_replicates(replicates)
    code = sweep_and_report(plan, out, into, workers, scheduler, screen(), screen(to_stderr=True), engine)
    if code:
        raise typer.Exit(code)


@app.command("rerun", short_help="Play one run of a sweep again and compare.")
def play_again(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A results folder.")],
    run_name: Annotated[str, typer.Option("--run", metavar="ID", help="Which run: POINT-REPLICATE, such as 12-3.")],
    out: OutOption = None,
    engine: Annotated[str | None, typer.Option(help="Who plays: ensemble or mesa (default: as it was played).")] = None,
    tactics: TacticsOption = None,
    world: WorldOption = None,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Play one run of a sweep again and compare it with what is stored."""
    with refusals(), looking(style, figures):
        from experiments.cli.sweeping import check_engine, check_place, tell_rerun, write_run
        from experiments.running.runner import rerun
        from experiments.store.folder import Results

        check_place(out, figures)
        if engine is not None:
            check_engine(engine)
        stored, own = Results.open(results), loaded_world(world)
        found = rerun(stored, run_name, loaded(tactics), own, engine)
        fault = ""
        if out is not None and found.fresh["status"] == "ok":
            from model import NegotiationModel, using_arithmetic, world_of

            chunk = found.chunk
            settings: dict[str, Any] = dict(chunk.settings)
            kind = world_of(own)
            with using_arithmetic(chunk.arithmetic):
                model = NegotiationModel(chunk.scenario, chunk.root_seed, chunk.first, world_type=kind, **settings)
            fault = write_run(model.run(), out, f"{model.start.title}, run {run_name}")
        warn(screen(), stored.manifest["flips"])
        if not tell_rerun(screen(), found, run_name):
            raise typer.Exit(FAILED)
        leave_after(fault)


@app.command(short_help="Write the report of a sweep as one HTML file.")
def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A results folder.")],
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Write the report of a sweep: one HTML file that needs no network, and its figures."""
    with refusals(), looking(style, figures):
        from experiments.display.console import say, waiting
        from experiments.report.page import write_report
        from experiments.store.folder import Results

        faults: list[str] = []
        with waiting(screen(to_stderr=True), "Writing the report"):
            path = write_report(results, faults.append)
        if (state := Results.open(results).manifest["state"]) != "complete":
            words = f"! The sweep is not finished ({state}): the report is of what is there, and may be unbalanced."
            say(screen(), words)
        say(screen(), f"The report is in {pasted(path)}\nIts figures are in {pasted(path.parent / 'figures')}")
        leave_after("; ".join(faults))


@app.command("class", short_help="Serve the class page.")
def classroom(
    port: Annotated[int, typer.Option(help="Port to serve on; 0 takes a free one.")] = 8700,
    lan: Annotated[bool, typer.Option("--lan", help="Let other machines of this network in.")] = False,
    mesa: Annotated[bool, typer.Option("--mesa", help="Serve the stock Mesa view (SolaraViz) instead.")] = False,
    tactics: TacticsOption = None,
    room: Annotated[
        Path | None,
        typer.Option("--room", metavar="FILE", help="Keep the room in this file; if it is there, go on with it."),
    ] = None,
    emulator: emulating.EmulatorOption = None,
    lessons: Annotated[
        Path | None,
        typer.Option("--lessons", metavar="PATH", help="Show lessons of your own: a TOML file, or a folder of them."),
    ] = None,
) -> None:
    """Serve the class page: watch, predict, sit at the table."""
    with refusals():
        from experiments.classroom.serving import serve
        from experiments.seating.asking import put

        serve(port, lan, mesa, lambda text: print(text, flush=True), loaded(tactics), room, emulator, put, lessons)


@app.command(short_help="Show every mechanism and what it does.")
def mechanisms(
    results: Annotated[
        Path | None,
        typer.Option("--results", metavar="PATH", help="Results folder of the ablation, or the table kept of one."),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/mechanisms.md.")] = False,
    arms: Annotated[bool, typer.Option("--arms", help="Print the arms of the ablation (plans/ablation.csv).")] = False,
    table: Annotated[bool, typer.Option("--table", help="Print the effects as a table (docs/ablation.csv).")] = False,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", metavar="FILE", help="Draw the largest effects into this .png, .svg or .pdf."),
    ] = None,
    style: StyleOption = USUAL,
) -> None:
    """Show every mechanism with where it comes from and, given results of the ablation, what it does."""
    with refusals(), looking(style):
        from experiments.catalogue import mechanisms as catalogue
        from experiments.catalogue import mechanisms_page as page

        asked = [name for name, on in (("--markdown", markdown), ("--arms", arms), ("--table", table)) if on]
        check_mechanisms(asked, results, table, figure)
        known = catalogue.load_catalogue()
        effects = None if results is None else catalogue.read_effects(results, known)
        if arms:
            print(catalogue.arms_table(known), end="")
        elif table and effects is not None:
            print(effects.to_csv(index=False, float_format="%.6g", lineterminator="\n"), end="")
        elif markdown:
            print(page.markdown(known, effects), end="")
        elif figure is None:
            page.show(screen(), known, effects)
        if figure is not None and effects is not None:
            from experiments.catalogue.ablation_figure import ablation_figure
            from experiments.display.figure_style import saver
            from experiments.store.files import write_figure

            write_figure(figure, saver(lambda: ablation_figure(effects)))


def check_mechanisms(asked: list[str], results: Path | None, table: bool, figure: Path | None) -> None:
    """Refuse what cannot be printed together, and effects without results.

    Raises:
        InputFault: says which.
    """
    from model import InputFault

    faults = []
    if len(asked) > 1:
        faults.append(f"{' and '.join(asked)}: each prints a file of its own; ask for one at a time")
    if figure is not None:
        from experiments.store.files import check_vacant_file

        check_form(figure)
        check_vacant_file(figure)
    if results is None and (table or figure is not None):
        what = "--table" if table else "--figure"
        faults.append(f"{what} shows effects; say where they are: --results results/ablation")
    if faults:
        raise InputFault(faults, "command line")


@app.command("bench", short_help="Measure the speed of the ensemble.")
def benchmark(
    scenario: Annotated[str, typer.Option(help="The scenario that is played.")] = "2026",
    quick: Annotated[bool, typer.Option("--quick", help="Once and on small sizes: half a minute, rough.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write every number, versions and processor here.")
    ] = None,
    figure_file: Annotated[
        Path | None, typer.Option("--figure", metavar="FILE", help="Draw what was found into this .png, .svg or .pdf.")
    ] = None,
    style: StyleOption = USUAL,
) -> None:
    """Measure how fast the ensemble is, where the time goes, and what memory it takes."""
    with refusals(), looking(style):
        from experiments.bench.bench import QUICK, WHOLE
        from experiments.bench.show import run_benchmark
        from experiments.store.files import check_vacant_file
        from model import load_scenario

        load_scenario(scenario)
        check_vacant_file(*(file for file in (json_file, figure_file) if file is not None))
        if figure_file is not None:
            check_form(figure_file)
        effort = QUICK if quick else WHOLE
        run_benchmark(screen(), screen(to_stderr=True), scenario, effort, json_file, figure_file)


analysis.add_to(app)
emulating.add_to(app)
designing.add_to(app)
packages.add_to(app)
listing.add_to(app)
seating.add_to(app)


def main() -> None:
    """The entry point of the command."""
    with ended_in_order(), guarded_output():
        app()


if __name__ == "__main__":
    main()
