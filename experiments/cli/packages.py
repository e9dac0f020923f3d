"""The command ``detente package``: what the number of a package holds, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from experiments.cli.terminal import refusals, screen


def package(
    dyad: Annotated[str, typer.Argument(metavar="DYAD", help="A pair of the scenario, such as CN-US.")],
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As in the column package of the dyads' tables.")],
    scenario: Annotated[str, typer.Argument(help="The scenario whose menu it is from.")] = "2026",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the run, which may change the menu."),
    ] = None,
) -> None:
    """Say in words what the number of a package holds, with duties at the rates of the first quarter."""
    with refusals():
        from experiments.display.command_words import parse_settings
        from experiments.display.console import prose
        from model import NegotiationModel, package_terms

        model = NegotiationModel(scenario=scenario, narrate=False, **parse_settings(settings or []))
        terms = package_terms(model, dyad, number)
        console = screen()
        prose(console, f"Package {terms['package']} of {terms['dyad']}, scenario {scenario}:")
        for line in in_words(terms):
            prose(console, line, indent=2)


def in_words(terms: Mapping[str, Any]) -> Iterator[str]:
    """A line for each side's part and for what both do together; ``terms`` as ``model.package_terms`` gives them."""
    if not terms["package"]:
        yield "no treaty"
        return
    first, second = str(terms["dyad"]).split("-")
    for own, partner in ((first, second), (second, first)):
        side = terms[own]
        duty = f"its duty on cars from {partner} at {100 * side['duty_ev']:.0f} % ({side['duty']})"
        if side["duty"] == "unbound":
            duty = f"its duty on cars from {partner} is left free"
        gives = [word for word, is_given in (
            ("assures supply", side["supply"]), (f"recognises {partner}'s certificates", side["recognition"]),
            ("gives a concession outside the sector", side["linkage"]), ("with green finance", side["green_finance"]),
        ) if is_given]  # fmt: skip
        yield f"{own}: {'; '.join([duty, *gives])}"
    both = [word for word, is_there in (("common charging", terms["charging"]),
                                        ("technology cooperation", terms["technology"])) if is_there]  # fmt: skip
    yield f"together: {' and '.join(both) or 'nothing'}"


def add_to(app: typer.Typer) -> None:
    """Put the command of this file on the command line."""
    app.command("package", short_help="Say what the number of a package holds.")(package)
