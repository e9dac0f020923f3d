"""The table of methods that one may replace (docs/write_a_mechanism.md) is of this code: names, arguments, answers."""

from __future__ import annotations

import functools
import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agents.test_own_parties import BLOC, CLUBS, EVENTFUL, FIRMS, TENSE

from model.agents.automaker import Automaker
from model.agents.battery_supplier import BatterySupplier
from model.agents.bloc import Bloc
from model.start.starting_point import known_scenario
from model.world import World

PAGE = Path(__file__).parents[2] / "docs" / "write_a_mechanism.md"
KINDS: dict[str, type] = {"Bloc": Bloc, "Automaker": Automaker, "BatterySupplier": BatterySupplier}
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (.*?) \| .+? \| (.+?) \|$", re.MULTILINE)
ROWS = {(kind, name): (asked, answer) for kind, name, asked, answer in ROW.findall(PAGE.read_text("utf-8"))}
#: Asked with export licences only (tests/phases/test_licences.py): their answers are not looked at here.
LICENCES = {"promises_supply", "withholds"}
SAID = {"b": "truth", "f": "numbers", "i": "whole numbers"}
QUARTERS, REPLICATES = 14, 7


def forms(answer: Any) -> str:
    """An answer as the table says it: kinds of arrays with their numbers of axes, names of other things."""
    if isinstance(answer, np.ndarray):
        return f"{SAID[answer.dtype.kind]} {answer.ndim}"
    if isinstance(answer, tuple | list) and not hasattr(answer, "_fields"):
        return ", ".join(forms(one) for one in answer)
    return "a number" if isinstance(answer, float) else type(answer).__name__


def told(answer: str) -> set[str]:
    """What a cell of the table lets an answer be, in the same words."""
    if "`View`" in answer:
        return {", ".join(["View"] * n) for n in range(1, REPLICATES + 1)}
    if "`None`" in answer:
        return {"NoneType, NoneType", "numbers 1, NoneType", "numbers 1, numbers 1, numbers 1"}
    if (whole := re.fullmatch(r"an? (?:`(\w+)`|number)", answer)) is not None:
        return {whole[1] or "a number"}
    first, _, other = answer.partition(" or ")
    found = [
        f"{kind} {axes.count(',') + 1}"
        for kind, axes in re.findall(r"(whole numbers|numbers|truth) \(([^)]*)\)", first)
    ]
    return {", ".join(found)} | ({f"numbers {other.count(',') + 1}"} if other else set())


@functools.cache
def seen() -> dict[tuple[str, str], set[str]]:
    """The forms of all answers in eventful runs of the shipped parties."""
    found: dict[tuple[str, str], set[str]] = {}

    def watched(kind: str) -> type:
        def make(name: str) -> Any:
            usual = getattr(KINDS[kind], name)

            def call(self: Any, *asked: Any, **named: Any) -> Any:
                answer = usual(self, *asked, **named)
                found.setdefault((kind, name), set()).add(forms(answer))
                return answer

            return call

        return type("Watched", (KINDS[kind],), {name: make(name) for of, name in ROWS if of == kind})

    seats = {"bloc_type": "Bloc", "automaker_type": "Automaker", "supplier_type": "BatterySupplier"}
    world = type("Watched", (World,), {seat: watched(kind) for seat, kind in seats.items()})
    for scenario, change in (("2026", EVENTFUL), ("symmetric", CLUBS), ("2026", TENSE)):
        parameters = known_scenario(scenario).parameters.with_overrides(change)
        world(scenario, parameters, 1, range(REPLICATES), (), QUARTERS).run()
    return found


def test_the_table_has_every_decision_and_its_arguments() -> None:
    firms = {(kind.__name__, name) for name, (kind, _) in FIRMS.items()} | {("Automaker", "learn")}
    assert set(ROWS) == {("Bloc", name) for name in (*BLOC, *LICENCES)} | firms
    for (kind, name), (asked, _) in ROWS.items():
        own = list(inspect.signature(getattr(KINDS[kind], name)).parameters)[1:]
        assert asked == ", ".join(f"`{one}`" for one in own), name


@pytest.mark.parametrize("row", [row for row in ROWS if row[1] not in LICENCES], ids=".".join)
def test_answers_are_as_the_table_says(row: tuple[str, str]) -> None:
    assert seen()[row] <= told(ROWS[row][1])
