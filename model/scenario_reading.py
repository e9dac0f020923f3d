"""Reading a scenario file: find it, parse it, merge what it extends, resolve its numbers, check its form.

Faults are gathered, not raised one by one. A section with a fault of form is left out, the others are handed
on, so that what is wrong with them is found too.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from model import toml_file
from model.parameters import InputFault, nearest
from model.scenario_file import ScenarioFile, Section, quarter_name, quarter_number
from model.seeds import Resolver, SourceRow, names_in, seeds_directory
from model.vocabulary import BLOCS

QUARTER: Final = r"\d{4}Q[1-4]"
LEAST_PERCENT: Final = 2.0  # from here a number too large for a fraction was probably meant as percent


@dataclasses.dataclass
class Reading:
    """What reading a file gave: valid sections, names of malformed ones, sources, and faults so far."""

    file: ScenarioFile
    malformed: frozenset[str]
    sources: list[SourceRow]
    faults: list[str]


def find_scenario(name_or_path: str | Path, near: Path | None = None) -> Path:
    """The file of a scenario given by name ("2026") or by path, which may be relative to ``near``.

    Raises:
        InputFault: neither exists; names the nearest known scenario.
    """
    for path in (Path(name_or_path), (near or Path()) / name_or_path):
        if path.suffix == ".toml" and path.is_file():
            return path
    known = names_in("scenarios", ".toml")
    name = str(name_or_path).removesuffix(".toml")
    if name in known:
        return seeds_directory() / "scenarios" / f"{name}.toml"
    fault = f"{str(name_or_path)!r} is neither a scenario nor a .toml file; known are {', '.join(known)}"
    raise InputFault(["; ".join(part for part in (fault, nearest(name, known)) if part)], "scenario")


def read_toml(path: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The raw tables of a scenario file, with those it extends merged in."""
    _, raw = toml_file.read_toml(path, "scenario")
    if "extends" not in raw:
        return raw
    base, seen = find_scenario(str(raw.pop("extends")), path.parent), (*seen, path.resolve())
    if base.resolve() in seen:
        fault = f"{path.name} extends {base.stem}, which leads back to itself; extend another"
        raise InputFault([fault], "scenario")
    extended = read_toml(base, seen)
    if is_quarter(raw.get("known_until")):
        extended = as_known(extended, raw["known_until"])
    return merged(extended, raw)


def is_quarter(label: Any) -> bool:
    """Whether a value is written like a quarter."""
    return isinstance(label, str) and re.fullmatch(QUARTER, label) is not None


def as_known(table: dict[str, Any], until: str) -> dict[str, Any]:
    """A scenario's raw tables as they were known in quarter ``until``: without what began, and with what ended, later.

    Support programmes, credits and events that begin later are left out, running ones end in that quarter; brands and
    plants that came later do not come. A file with ``known_until`` restates what had been announced by then.
    """
    known: dict[str, Any] = {}
    for key, item in table.items():
        if isinstance(item, dict):
            if any(is_quarter(item.get(name)) and item[name] > until for name in ("first", "quarter")):
                continue
            known[key] = as_known(item, until)
        elif is_quarter(item) and item > until and key in BLOCS:
            continue  # quarter in which a brand goes on sale, or a plant opens
        else:
            known[key] = until if is_quarter(item) and key in ("last", "history_ends") and item > until else item
    return known


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """``base`` with ``change`` put in: numbers and lists are replaced whole, other tables key by key."""
    result = dict(base)
    for key, new in change.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and not {"value", "evidence"} & {*old, *new}:
            result[key] = merged(old, new)
        else:
            result[key] = new
    return result


def read_scenario(name_or_path: str | Path) -> Reading:
    """A scenario file read, its numbers resolved, its form checked.

    Raises:
        InputFault: there is no such file, or it is not TOML.
    """
    raw = read_toml(find_scenario(name_or_path))
    try:
        first, last = (quarter_number(str(raw.get(key))) for key in ("first_quarter", "last_quarter"))
    except (ValueError, IndexError):
        first, last = 0, -1  # the check of form tells
    until = raw.get("known_until")
    # Later quarters stand at the last one of which anything is known.
    known = quarter_number(str(until)) if is_quarter(until) else last
    resolver = Resolver([quarter_name(min(t, max(known, first))) for t in range(first, last + 1)])
    resolved = resolver.resolve(raw)
    try:
        file, malformed, faults = ScenarioFile.model_validate(resolved), frozenset[str](), []
    except ValidationError as error:
        malformed = frozenset(str(fault["loc"][0]) for fault in error.errors())
        file = _without(malformed, resolved)
        # What could not be resolved is malformed too; one fault is enough for it.
        faults = [line for where, line in explain(error).items() if not _inside(where, resolver.broken)]
    return Reading(file, malformed, resolver.sources, [*resolver.faults, *faults])


def _without(malformed: frozenset[str], resolved: dict[str, Any]) -> ScenarioFile:
    sound = {}
    for name, field in ScenarioFile.model_fields.items():
        if name in resolved and name not in malformed:
            sound[name] = TypeAdapter(field.rebuild_annotation()).validate_python(resolved[name])
    return ScenarioFile.model_construct(**sound)


def _inside(where: str, broken: set[str]) -> bool:
    return any(where == place or where.startswith((f"{place}.", f"{place}[")) for place in broken)


def _key_names(model: type[BaseModel] = Section) -> set[str]:
    names = set(model.model_fields)
    for child in model.__subclasses__():
        names |= _key_names(child)
    return names


def explain(error: ValidationError) -> dict[str, str]:
    """One line a fault, in the words of this project, by place in the file."""
    lines: dict[str, str] = {}
    for fault in error.errors():
        # Pydantic adds the members of a union and the keys of a table to the place; the file knows neither.
        parts = [p for p in fault["loc"] if isinstance(p, int) or not re.search(r"\[|float|literal", str(p))]
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts).lstrip(".")
        lines.setdefault(where, _sentence(where, fault))
    return lines


def _sentence(where: str, fault: Any) -> str:
    kind, came, ctx = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "missing":
        return f"{where} is missing; add it (see seeds/README.md)"
    if kind == "extra_forbidden":
        key = where.rsplit(".", 1)[-1]
        return f"{where} is not a key of a scenario file; {nearest(key, _key_names()) or 'remove it'}"
    if kind == "string_pattern_mismatch":
        return f"{where} = {came!r}: a quarter is written 2026Q4"
    if kind == "not_known":
        hint = nearest(str(came), ctx["names"]) or "write one of these"
        return f"{where}: {came!r} is not known; allowed is {', '.join(ctx['names'])}; {hint}"
    if kind in ("tuple_type", "list_type"):
        return f"{where} = {came!r}: write a list, one number for each bloc in the order China, US, EU"
    if kind == "less_than_equal" and ctx["le"] == 1 and LEAST_PERCENT <= came <= 100:
        remedy = f"rates are fractions: write {came / 100:g}, not {came:g}"
        return f"{where} = {came:g}: allowed is 0 to 1; {remedy}"
    return f"{where} = {came!r}: {fault['msg'].lower()}; correct it"
