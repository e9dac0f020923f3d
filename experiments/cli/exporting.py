"""The command ``detente export``: results as files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.terminal import refusals, screen
from experiments.display.streams import pasted


def export(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A results folder.")],
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="csv, stata, latex, parquet or excel.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="New folder (default: results/NAME-FORM).")
    ] = None,
) -> None:
    """Write every table of a sweep for another program, with units and definitions."""
    with refusals():
        from experiments.display.console import prose, say
        from experiments.export.write import export as write

        folder, said = write(results, to, out)
        console = screen()
        for line in said:
            prose(console, line)
        say(
            console,
            f"The tables are in {pasted(folder)}, what every column means in {pasted(folder / 'dictionary.csv')}",
        )


def add_to(app: typer.Typer) -> None:
    """Put the command of this file on the command line."""
    app.command("export", short_help="Write the tables of a sweep as CSV, Stata, LaTeX, Parquet or Excel.")(export)
