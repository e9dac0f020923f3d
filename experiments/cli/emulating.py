"""From a plan to an emulator, which answers in less than a millisecond; and what one takes home: a file with a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.analysis import WorkersOption, needs
from experiments.cli.terminal import (
    INTERRUPTED,
    USUAL,
    FiguresOption,
    StyleOption,
    TacticsOption,
    leave_after,
    loaded,
    looking,
    refusals,
    screen,
    warn,
)
from experiments.display.streams import pasted

OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder, new or to go on with (default: results/NAME-emulator)."),
]
EmulatorOption = Annotated[
    Path | None,
    typer.Option(
        "--emulator",
        metavar="FILE",
        help="Answer sliders at once from this file of detente emulate (default: the shipped one).",
    ),
]


def emulate(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan with ranges, such as sliders, or its file.")],
    out: OutOption = None,
    workers: WorkersOption = None,
    points: Annotated[
        int | None, typer.Option(help="Design points at most, a power of two (default: the plan's n_points).")
    ] = None,
    replicates: Annotated[int | None, typer.Option(help="Replicates of every point (default: the plan's).")] = None,
    held_out: Annotated[int, typer.Option(help="Held-out points, of many runs each, to calibrate and measure.")] = 64,
    error: Annotated[
        float,
        typer.Option(help="No more points where the worst output's error is below this, in standard deviations."),
    ] = 0.2,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Make an emulator of a plan: what its runs would say of any setting in a box, and how sure that is.

    The same command again goes on where it was stopped.
    """
    with refusals(), looking(style, figures):
        from experiments.cli.sweeping import how_to_go_on, stages_shown
        from experiments.design.plan_file import load_plan
        from experiments.display.console import prose, say, waiting
        from experiments.emulation.report import NAME, show, write_emulator
        from experiments.emulation.training import make_emulator, sizes_of
        from model import identification_flips

        errors = screen(to_stderr=True)
        with waiting(errors, f"Reading {plan}") as watch:
            asked = load_plan(plan, watch)
        sizes = sizes_of(asked, points, replicates, held_out, error)
        needs("sklearn", "emulate", "scikit-learn")
        folder = Path("results") / f"{asked.name}-emulator" if out is None else out
        with stages_shown(errors, asked.name, folder) as hooks:
            told = make_emulator(asked, folder, sizes, workers, hooks, tell=lambda words: prose(errors, words))
        if told is None:
            say(errors, how_to_go_on(folder))
            raise typer.Exit(INTERRUPTED)
        fault = write_emulator(told, folder)
        console = screen()
        warn(console, identification_flips(asked.start, asked.settings))
        show(console, told)
        say(console, f"\nThe emulator{'' if fault else ' and its figure'}: {pasted(folder / f'{NAME}.json')}")
        leave_after(fault)


def page(
    what: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RESULTS|GAME]",
            help="A results folder, or the file of a game or a room; without it, a run is played.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path("detente.html"),
    run: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="Which run of results: POINT-REPLICATE (default: 0-0).")
    ] = None,
    emulator: EmulatorOption = None,
    language: Annotated[str, typer.Option(help="The language in which it opens; all of them are in it.")] = "en",
    tactics: TacticsOption = None,
) -> None:
    """Write a run, or a game that was played, as one file to take home: it opens from disk, without a network."""
    with refusals():
        from experiments.classroom.pages import PAGES
        from experiments.classroom.take_home import read
        from experiments.display.console import say, waiting
        from experiments.emulation.emulator import Emulator
        from experiments.emulation.shipped import shipped
        from experiments.store.files import check_vacant_file, write_whole
        from model import InputFault

        if language not in PAGES.languages:
            raise InputFault([f"--language {language}: allowed are {', '.join(PAGES.languages)}"], "command line")
        check_vacant_file(out)
        guesses = shipped() if emulator is None else Emulator.load(emulator)
        own = loaded(tactics)
        with waiting(screen(to_stderr=True), "Playing the run and its cloud"):
            text = read(what, run, own).html(language, guesses)
        write_whole(out, lambda path: path.write_text(text, encoding="utf-8"))
        say(screen(), f"The file to take home, {len(text.encode()) / 1e6:.1f} MB: {pasted(out)}")


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file on the command line."""
    app.command("emulate", short_help="Make an emulator of a plan.")(emulate)
    app.command("page", short_help="Write a run as one file to take home.")(page)
