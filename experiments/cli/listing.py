"""Commands that list what there is (plans, scenarios, words, parameters), and that hand results to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.terminal import (
    FAILED,
    TacticsOption,
    WorldOption,
    loaded,
    loaded_world,
    refusals,
    screen,
    warn,
)
from experiments.display.streams import pasted


def plans() -> None:
    """List the plans that come with the project, with what each asks and how many runs it takes."""
    with refusals():
        from experiments.design.plan_file import load_plan, plan_names
        from experiments.display.console import say
        from experiments.display.grids import Grid

        console = screen()
        table = Grid("", ("plan",), ("runs",), {"what it asks": 24})
        for plan in map(load_plan, plan_names()):
            table.row(plan.name, f"{plan.n_runs:,}", plan.title)
        table.show(console)
        say(console, "detente sweep PLAN plays one.")
        say(console, "detente sweep PLAN --replicates 2 --into trial tries it: small, and how long the whole takes.")


def scenarios() -> None:
    """List the scenarios that come with the project, with their quarters."""
    with refusals():
        from experiments.catalogue.scenario_facts import said
        from experiments.display.console import say
        from experiments.display.grids import Grid
        from model import find_scenario, scenario_names

        console = screen()
        table = Grid("", ("scenario",), ("first", "last"), {"what it is": 24})
        for name in scenario_names():
            table.row(name, *(said(find_scenario(name), key) for key in ("first_quarter", "last_quarter", "title")))
        table.show(console)
        say(console, "detente run SCENARIO plays one.")
        say(console, "detente parameters --changed SCENARIO shows what it sets.")


def glossary(
    word: Annotated[str | None, typer.Argument(metavar="[WORD]", help="A term, or the name of a column.")] = None,
) -> None:
    """Say what the words of the tables mean: all of them, or one."""
    with refusals():
        from experiments.display.console import say
        from experiments.display.glossary import GLOSSARY, terms_like
        from experiments.display.grids import Grid
        from model import InputFault, dictionary, nearest, shown

        found = [(own.name, own.meaning) for own in (GLOSSARY if word is None else terms_like(word))]
        columns = {str(row.column): f"{row.meaning} ({row.unit})" for row in dictionary().itertuples()}
        if word is not None and word.strip() in columns:
            found.append((word.strip(), columns[word.strip()]))
        if not found:
            names = [name for own in GLOSSARY for name in (own.name, *own.also)]
            hint = nearest(word, [*names, *columns]) or "detente glossary lists all"
            raise InputFault([f"{shown(word)} is no word of the tables; {hint}"], "glossary")
        console = screen()
        table = Grid("", ("term",), (), {"what it means": 24})
        for name, meaning in found:
            table.row(name, meaning)
        table.show(console)
        if word is None:
            say(console, "detente glossary WORD says one of them, or a column.")


def parameters(
    calibration: Annotated[
        str | None,
        typer.Option(metavar="SCENARIO", help="Instead show what is calibrated at the start of this scenario."),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/parameters.md.")] = False,
    find: Annotated[
        str | None, typer.Option("--find", metavar="WORD", help="Those with this in their name or meaning.")
    ] = None,
    group: Annotated[str | None, typer.Option("--group", metavar="NAME", help="Those of this group.")] = None,
    changed: Annotated[
        str | None, typer.Option("--changed", metavar="SCENARIO", help="Those that this scenario sets otherwise.")
    ] = None,
) -> None:
    """Show every parameter with its range, unit and meaning, or some of them."""
    with refusals():
        check_parameters(calibration, markdown, any(word is not None for word in (find, group, changed)))
        if calibration is not None:
            from experiments.report.screen import show_calibration, show_growth
            from model import calibration_table, growth_table, identification_flips, make_parameters

            warn(screen(), identification_flips(calibration))
            show_calibration(screen(), calibration_table(calibration, make_parameters({})), calibration)
            show_growth(screen(), growth_table(calibration))
            return
        from experiments.catalogue import parameters_page

        if markdown:
            typer.echo(parameters_page.markdown(), nl=False)
        else:
            parameters_page.show_parameters(screen(), *parameters_page.chosen(find, group, changed))
            if changed is not None and find is group is None:
                parameters_page.show_besides(screen(), changed)


def check_parameters(calibration: str | None, markdown: bool, chooses: bool) -> None:
    """Refuse what cannot be shown together.

    Raises:
        InputFault: says which.
    """
    from model import InputFault

    asked = [("--calibration", calibration is not None), ("--markdown", markdown)]
    asked.append(("--find, --group and --changed", chooses))
    if len(several := [name for name, on in asked if on]) > 1:
        raise InputFault([f"{' beside '.join(several)}: each shows something else; keep one"], "command line")


def export(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A results folder.")],
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="csv, stata, latex, parquet or excel.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="New folder (default: results/NAME-FORM).")
    ] = None,
) -> None:
    """Write every table of a sweep for another program, with units and definitions."""
    with refusals():
        from experiments.display.console import prose, say, waiting
        from experiments.export.write import export as write

        with waiting(screen(to_stderr=True), "Writing the tables"):
            folder, said = write(results, to, out)
        console = screen()
        for line in said:
            prose(console, line)
        say(console, f"The tables are in {pasted(folder)}")
        say(console, f"What every column means is in {pasted(folder / 'dictionary.csv')}")


def certify(
    results: Annotated[Path | None, typer.Argument(metavar="[RESULTS]", help="A results folder to seal.")] = None,
    bundle: Annotated[
        Path | None, typer.Option("--verify", metavar="BUNDLE", help="Instead check a bundle that was sealed.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="New file (default: RESULTS.certified.zip).")
    ] = None,
    replays: Annotated[int, typer.Option(help="Runs to play again, spread over all of them.")] = 3,
    tactics: TacticsOption = None,
    world: WorldOption = None,
) -> None:
    """Check finished results, play some runs again and seal all of it into one file; or check such a file."""
    with refusals():
        from experiments.display.console import prose, say, waiting
        from experiments.export import certify as sealing
        from model import InputFault

        if (results is None) == (bundle is None):
            how = "detente certify RESULTS seals results, detente certify --verify BUNDLE checks what was sealed"
            raise InputFault([f"name either results or a bundle: {how}"], "command line")
        console, files = screen(), (loaded(tactics), loaded_world(world))
        checking = waiting(screen(to_stderr=True), "Checking, and playing runs again")
        if results is not None:
            with checking:
                path, certificate = sealing.certify(results, out, replays, *files)
            prose(console, sealing.in_words(certificate))
            for line in certificate["checks"]:
                prose(console, f"ok: {line}", indent=2)
            say(console, f"Seal: {certificate['seal']}")
            say(console, f"Check it anywhere: detente certify --verify {pasted(path)}")
            return
        assert bundle is not None
        with checking:
            found = sealing.verify(bundle, replays, *files)
        prose(console, sealing.in_words(found.certificate))
        say(console, f"  ok: {found.equal[0]}")  # the seal, which is copied: never broken
        for line in found.equal[1:]:
            prose(console, f"ok: {line}", indent=2)
        for line in found.otherwise:
            prose(console, f"otherwise: {line}", indent=2)
        if found.otherwise:
            raise typer.Exit(FAILED)
        prose(console, "The bundle is as it was sealed, and its runs come out the same here.")


def add_to(app: typer.Typer) -> None:
    """Put the commands of this file on the command line."""
    app.command(short_help="Show every parameter, or some.")(parameters)
    app.command(short_help="List the shipped plans.")(plans)
    app.command(short_help="List the shipped scenarios.")(scenarios)
    app.command(short_help="Say what the words of the tables mean.")(glossary)
    app.command("certify", short_help="Seal results into one file, or check such a file.")(certify)
    app.command("export", short_help="Write the tables of a sweep as CSV, Stata, LaTeX, Parquet or Excel.")(export)
