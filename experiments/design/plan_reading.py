"""What every part of a plan's reader needs: tables with known keys, texts, settings, and a list of faults.

Nothing here raises for what is wrong in a plan: faults are collected, so that all are reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from experiments.design.plan import Value
from model import InputFault, checked_value, described, flat, named_twice, nearest, no_file

WHOLE: Final = 1e6  # fractions of this size and more are shown as Python writes them
UNSPACED: Final = re.compile(r"\w+\s*=\s*\[[-+\d. ]*\d,\d[-+\d,. ]*\]")
HEADER: Final = re.compile(r"\[(factors|levers)\.([^\]]+)\]")
LONGEST_NAME: Final = 100  # characters of a results folder's name


def as_file_name(name: str) -> str:
    """A name under which results can be kept: no folder, no hidden file, no control characters, not endless."""
    return re.sub(r"[/\\:\x00-\x1f\x7f\ud800-\udfff]", "_", name).lstrip(". ")[:LONGEST_NAME] or "plan"


def check_named(source: str | Path, known: Iterable[str], what: str) -> None:
    """Refuse a name that is empty, and a folder; known: what comes with the project, called what.

    Raises:
        InputFault: says which, and what may be written.
    """
    if not str(source).strip():
        fault = f"the name of the {what} is empty; write the path of a file, or the name of a shipped {what}"
        raise InputFault([f"{fault}: {', '.join(known)}"], "plan")
    if str(source) not in known and Path(source).is_dir():
        raise InputFault([no_file(source, known, what)], "plan")


def by_flat_names(table: Any, faults: list[str], where: str = "") -> Any:
    """A plan in which parameters of China, the US and the EU have their flat names, ``alpha_cn`` for ``alpha.CN``.

    One that is in a table under two of its names is a fault, which is added to ``faults``.
    """
    if isinstance(table, list):
        return [by_flat_names(inner, faults, f"{where} {k}") for k, inner in enumerate(table, 1)]
    if not isinstance(table, dict):
        return table
    faults += named_twice(table, f"[{where.strip()}] " if where else "")
    return {flat(name): by_flat_names(inner, faults, f"{where}.{name}".lstrip(".")) for name, inner in table.items()}


def in_words(level: object) -> str:
    """A level in words; a switch reads off or on, and 1.0 reads 1."""
    if isinstance(level, bool):
        return ("off", "on")[level]
    return f"{level:.0f}" if isinstance(level, float) and level.is_integer() and abs(level) < WHOLE else f"{level}"


def is_number(value: object) -> bool:
    """Whether a value is a number, and neither a switch nor infinite nor missing."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def cleaned(settings: Mapping[str, Value]) -> dict[str, Value]:
    """Settings whose values are as they are played, so that two that mean the same are equal; what is wrong stays."""
    found = dict(settings)
    for name, value in settings.items():
        try:
            found[name] = checked_value(name, value)
        except InputFault:  # a scenario, or told elsewhere
            continue
    return found


def repeats(what: Sequence[Any], names: Sequence[Any]) -> list[tuple[Any, Any]]:
    """The names of those that are equal to one before, each with the name of that one."""
    first: dict[Any, Any] = {}
    return [(name, first[own]) for own, name in zip(what, names, strict=True) if first.setdefault(own, name) != name]


def with_commas(faults: Iterable[str], text: str) -> list[str]:
    """Faults of a plan, each with what may have led to it: a list of whole numbers that were meant as decimals.

    TOML reads [0,1,0,2] as four whole numbers. It is said once, where a fault is of the table in which it stands.
    """
    said = list(faults)
    header = ""
    for number, line in enumerate(text.split("\n"), 1):
        if found := HEADER.match(line.strip()):
            header = flat(found[2].replace('"', "").replace("'", ""))
        elif (found := UNSPACED.match(line.strip())) and "." not in found[0]:
            where = re.compile(rf"\[factors\.{re.escape(header)}\] (levels?|range)\b")
            there = (k for k, fault in enumerate(said) if where.match(fault))
            if (place := next(there, None)) is not None:
                said[place] += f" (line {number}: if {found[0]} has decimal commas, write points, as in 0.5)"
    return said


class TableReader:
    """Reads tables of one plan and collects what is wrong with them."""

    def __init__(self, name: str, text: str, table: dict[str, Any]) -> None:
        self.name, self.text, self.table = as_file_name(name), text, table
        self.faults: list[str] = []

    def _known(self, table: Mapping[str, Any], keys: tuple[str, ...], what: str, where: str = "") -> None:
        for key in table:
            if key not in keys:
                hint = nearest(key, keys) or f"known: {', '.join(keys)}"
                self.faults.append(f"{where}{key!r} is not {what}; {hint}; correct it or leave it out")

    def _text(self, key: str, needed: bool = True) -> str:
        value = self.table.get(key, None if needed else "")
        if isinstance(value, str) and (value.strip() or not needed):
            return " ".join(value.split())
        came = "is missing" if value is None else f"= {described(value)}"
        self.faults.append(f"{key} {came}: allowed is text")
        return ""

    def _one_of(self, key: str, default: str, allowed: tuple[str, ...]) -> str:
        """A text that must be one of a few."""
        value = self.table.get(key, default)
        if isinstance(value, str) and value in allowed:
            return value
        hint = nearest(str(value), allowed) or f"allowed are {', '.join(allowed)}"
        self.faults.append(f"{key} = {described(value)}: {hint}")
        return default

    def _whole(self, table: Mapping[str, Any], key: str, default: int, low: int, high: int, where: str = "") -> int:
        """A whole number within limits."""
        value = table.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.faults.append(f"{where}{key} = {described(value)}: allowed is a whole number from {low} to {high}")
        return default

    def _table(self, key: str) -> dict[str, Any]:
        """A table of the plan, empty where there is none."""
        value = self.table.get(key, {})
        if isinstance(value, dict):
            return value
        self.faults.append(f"{key} = {described(value)}: allowed is a table headed [{key}]")
        return {}

    def _settings(self, table: object, where: str) -> dict[str, Value]:
        if not isinstance(table, dict):
            self.faults.append(f"{where} = {described(table)}: allowed is a table of parameters")
            return {}
        for name, value in table.items():
            try:
                checked_value(name, value)
            except InputFault as fault:
                self.faults.extend(f"{where} {line}" for line in fault.faults)
        return dict(table)

    def _rows(self, key: str, default: list[dict[str, Any]]) -> Iterable[tuple[str, dict[str, Any]]]:
        """The tables of a list with where each stands; anything else is a fault."""
        rows = self.table.get(key, default)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.faults.append(f"{key} = {described(rows)}: allowed are tables headed [[{key}]]")
            return []
        return [(f"[[{key}]] {number}:", row) for number, row in enumerate(rows, 1)]

    def _own_name(self, table: Mapping[str, Any], where: str, taken: list[str]) -> str:
        name = table.get("name")
        if isinstance(name, str) and name.strip() and name not in taken:
            return name
        came = "is missing" if name is None else f"= {described(name)}"
        self.faults.append(f"{where} name {came}: allowed is a text that no other one has")
        return f"{where} {len(taken)}"
