"""The reference of parameters, made from their declarations: a table on screen, or ``docs/parameters.md``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from experiments.catalogue.scenario_facts import besides
from experiments.display.console import head, prose
from experiments.display.grids import Grid
from model import BLOCS, DYAD_NAMES, PARAMETERS, InputFault, flat, known_scenario, nearest, shown

INTRODUCTION = """\
# Parameters

Made by `detente parameters --markdown`; change `model/parameters/core.py` or
`model/parameters/mechanisms.py`, not this page.

Every number has a unit, a range, a meaning, a source and a status. *Measured* and *calibrated* defaults rest
on evidence; *assumed* ones are judgements, to be swept before they are believed. Rates are fractions, never
percent. A value outside its range is refused. Section: where the rule that uses it is specified.

The role says what a parameter is of: *structure*, what parties and markets are; *mechanism*, what parties may do and
know; *measure*, how results are looked at. What governments want is found from the scenario and the structure of a
run. Its mechanisms and measures do not move it: there the calibration sees those of the scenario.
"""


def value_in_words(value: object) -> str:
    """A default as a user would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def range_in_words(name: str) -> str:
    """The allowed values of a parameter, short."""
    spec = declared_as(name)
    if spec.kind == "bool":
        return "true, false"
    if spec.kind == "choice":
        return ", ".join(spec.choices)
    words = f"{spec.low:g} to {spec.high:g}"
    return words + "".join(f", {alias}" for alias in spec.aliases)


def groups() -> Iterator[tuple[str, list[str]]]:
    """Names of parameters by group, in declared order."""
    for group, specs in itertools.groupby(PARAMETERS.values(), key=lambda spec: spec.group):
        yield group, [spec.name for spec in specs]


def declared_as(name: str) -> Any:
    """The declaration of a parameter by any of its names; of a government of one's own, as that of the three says.

    Where theirs differ it has no default ("").
    """
    stem, dot, party = name.partition(".")
    if not dot:
        return PARAMETERS[name]
    theirs = [flat(f"{stem}.{one}") for one in (DYAD_NAMES if "-" in party else BLOCS)]
    defaults = {PARAMETERS[one].default for one in theirs}
    default = defaults.pop() if len(defaults) == 1 else ""
    update = {"default": default, "meaning": f"as {theirs[0]}, of {party}", "status": "assumed"}
    return PARAMETERS[name].model_copy(update=update)


def chosen(find: str | None, group: str | None, scenario: str | None) -> tuple[list[str], Mapping[str, object] | None]:
    """Which parameters are asked for, and what a scenario sets them to where it is one that was asked for.

    find: a part of a name or meaning; group: the name of a group, or how it begins; scenario: only what it sets.

    Raises:
        InputFault: there is no such group or scenario, or no parameter of that kind.
    """
    changes = {} if scenario is None else known_scenario(scenario).parameters.changes()
    own = [name for name, value in changes.items() if "." in name and declared_as(name).default != value]
    names = [*PARAMETERS, *own]
    if group is not None:
        known = [name for name, _ in groups()]
        found = [name for name in known if name.casefold() == group.casefold().strip()]
        found = found or [name for name in known if group.strip() and group.casefold().strip() in name.casefold()]
        if not found:
            hint = nearest(group, known)
            raise InputFault(
                [f"--group {shown(group)} is no group; {hint or 'there are'}: {'; '.join(known)}"], "parameters"
            )
        names = [name for name in names if declared_as(name).group in found]
    if find is not None:
        word = " ".join(find.casefold().replace("_", " ").split())
        names = [
            name for name in names
            if word and word in f"{name} {declared_as(name).meaning}".casefold().replace("_", " ")
        ]  # fmt: skip
        if not names:
            hint = nearest(find, PARAMETERS) or "try a shorter word, or detente parameters for all"
            raise InputFault(
                [f"--find {shown(find)} is in no name and no meaning of a parameter; {hint}"], "parameters"
            )
    if scenario is None:
        return names, None
    return [name for name in names if name in changes], changes


def show_parameters(
    console: Console, names: Sequence[str] | None = None, changes: Mapping[str, object] | None = None
) -> None:
    """Print parameters, group by group: all, or some; with what a scenario changes, that beside the default."""
    if names is not None and not names:
        prose(console, "The scenario sets none of these parameters: all have their defaults.")
        return
    values = ("default", *(["there"] if changes is not None else []))
    for group, every in groups():
        own = [name for name in every if names is None or name in names]
        own += [name for name in names or () if "." in name and declared_as(name).group == group]
        table = Grid(group, ("name",), values, {"range": 14, "unit": 9, "meaning": 22}, title_style="bold")
        for name in own:
            spec = declared_as(name)
            default, unit = value_in_words(spec.default), "" if spec.unit in ("-", "switch") else spec.unit
            status = "" if spec.status == "assumed" else f" ({spec.status})"
            there = [value_in_words(changes[name])] if changes is not None else []
            table.row(name, default, *there, range_in_words(name), unit, spec.meaning + status)
        if own:
            table.show(console)
    prose(console, "Defaults are assumed unless (measured) or (calibrated). Rates are fractions, never percent.")


def show_besides(console: Console, scenario: str) -> None:
    """Print what a scenario sets besides parameters."""
    above, rows = besides(scenario)
    if not rows:
        prose(console, f"Everything else in it is as in {above}: detente parameters --changed {above}")
        return
    head(console, f"What it sets beside parameters, on top of {above}" if above else "Tables of its file")
    table = Grid("", ("where",), (), {"value" if above else "entries": 14}, is_tight=True)
    for place, value in rows:
        table.row(place, value)
    table.show(console)
    if any("<" in place for place, _ in rows):
        prose(console, "US<CN: what the US lets in from CN.")
    if above:
        prose(console, f"All else is that of {above}: detente parameters --changed {above}")


def markdown() -> str:
    """The text of ``docs/parameters.md``."""
    lines = [INTRODUCTION]
    for group, names in groups():
        lines += [f"## {group[0].upper()}{group[1:]}", ""]
        lines += ["| Name | Default | Range | Unit | Role | Meaning | Section | Source | Status |"]
        lines += ["|---|---|---|---|---|---|---|---|---|"]
        for name in names:
            spec = PARAMETERS[name]
            cells = (
                *(f"`{name}`", value_in_words(spec.default), range_in_words(name), spec.unit, spec.role),
                *(spec.meaning, spec.section, spec.source, spec.status),
            )
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)
