"""Which arrangement would hold: from a plan of levers to a robust choice, its price and where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.analysis import WorkersOption
from experiments.cli.terminal import (
    INTERRUPTED,
    USUAL,
    FiguresOption,
    StyleOption,
    leave_after,
    looking,
    refusals,
    screen,
)
from experiments.display.streams import pasted


def design(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan with levers, such as treaty, or its file.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder, new or to go on with (default: results/NAME-design)."),
    ] = None,
    workers: WorkersOption = None,
    document: Annotated[
        bool, typer.Option("--document", help="Also put the study into docs/design_a_treaty.md of this checkout.")
    ] = False,
    style: StyleOption = USUAL,
    figures: FiguresOption = None,
) -> None:
    """Search among levers for the arrangement that would hold under what is not known, and say its price.

    The same command again goes on where it was stopped.
    """
    with refusals(), looking(style, figures):
        from experiments.arrangements.design_plan import load_design
        from experiments.arrangements.report import NAME, REPLAY, check_document, show, write_design
        from experiments.arrangements.report import document as put_into_page
        from experiments.arrangements.study import make_design
        from experiments.cli.sweeping import how_to_go_on, stages_shown
        from experiments.display.console import prose, say

        errors = screen(to_stderr=True)
        if document:
            check_document()
        asked = load_design(plan)
        folder = Path("results") / f"{asked.base.name}-design" if out is None else out
        with stages_shown(errors, asked.base.name, folder) as hooks:
            told = make_design(asked, folder, workers, hooks, tell=lambda words: prose(errors, words))
        if told is None:
            say(errors, how_to_go_on(folder))
            raise typer.Exit(INTERRUPTED)
        fault = write_design(told, asked, folder)
        console = screen()
        show(console, told)
        say(console, f"\nThe tables{'' if fault else ' and the figure'}: {pasted(folder / f'{NAME}.json')}")
        say(console, f"To play each arrangement again: detente sweep {pasted(folder / f'{REPLAY}.toml')}")
        if document:
            put_into_page(told)
        leave_after(fault)


def add_to(app: typer.Typer) -> None:
    """Put the command of this file on the command line."""
    app.command("design", short_help="Find the arrangement that would hold.")(design)
