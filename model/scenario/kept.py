"""A scenario as it is kept beside results: files that need no others, and what tells two scenarios apart.

What is kept can be read on any machine, long after the files that it was made of have gone or have been edited: all
that a scenario extends is merged into one file, and the evidence tables that were opened lie in folders beside it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.parameters.checked import Parameters
from model.scenario.evidence import seeds_directory
from model.scenario.reading import Reading, read_scenario, selectors_changed
from model.scenario.scenario import Scenario, Treaty, built

KEPT: Final = "scenario.toml"
BASE: Final = "base"  # the folder of the scenario whose calibration is taken over
# What a scenario is called and why; no number of a run follows from it.
LABELS: Final = frozenset({"name", "title", "about", "sources", "see"})


def scenario_files(name_or_path: str | Path) -> dict[str, bytes]:
    """What a scenario was read from, by the names under which it is kept.

    ``scenario.toml`` is the whole scenario, ``evidence`` and ``own`` hold its tables, ``written`` every file that went
    into it, as it was written, and ``base`` the scenario whose calibration it takes over, in the same way.
    Raises:
        InputFault: the scenario cannot be read.
    """
    reading = read_scenario(name_or_path)
    built(reading, Path(name_or_path).stem)  # opens the tables that arrays are made of
    kept = _kept(reading)
    for path in reading.files:
        number = sum(name.endswith(f"-{path.name}") or name == f"written/{path.name}" for name in kept)
        kept[f"written/{number + 1}-{path.name}" if number else f"written/{path.name}"] = path.read_bytes()
    return kept


def _kept(reading: Reading) -> dict[str, bytes]:
    """A scenario as one file, with its tables and the scenario whose calibration it takes over."""
    main, shipped = reading.files[0].parent, seeds_directory() / "evidence"
    folders = {shipped.resolve(): "evidence"}
    for path in reading.shelf.opened.values():
        own = path.parent.resolve()
        if own not in folders:
            folders[own] = f"own-{len(folders)}" if len(folders) > 1 else "own"

    def renamed(file: str) -> str:
        folder = (main / file).parent if file.startswith(".") else shipped
        return f"./{folders.get(folder.resolve(), 'evidence')}/{Path(file).name}"

    raw = {key: item for key, item in reading.raw.items() if key != "preferences_of"}
    kept = {} if reading.base is None else {f"{BASE}/{name}": data for name, data in _kept(reading.base).items()}
    if kept:
        raw["preferences_of"] = f"./{BASE}/{KEPT}"
    kept[KEPT] = _toml(selectors_changed(raw, renamed)).encode()
    for path in reading.shelf.opened.values():
        kept[f"{folders[path.parent.resolve()]}/{path.name}"] = path.read_bytes()
    return kept


def _toml(table: dict[str, Any]) -> str:
    """A table as TOML, a line for each of its keys."""
    return "".join(f"{_text(key)} = {_value(item)}\n" for key, item in table.items())


def _value(item: Any) -> str:
    if isinstance(item, dict):
        return "{ " + ", ".join(f"{_text(key)} = {_value(one)}" for key, one in item.items()) + " }"
    if isinstance(item, list):
        return "[" + ", ".join(_value(one) for one in item) + "]"
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, str):
        return _text(item)
    return repr(item) if isinstance(item, (int, float)) else str(item)


def _text(text: str) -> str:
    # TOML allows what JSON does but for one character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


# --- what has changed -------------------------------------------------------------------------------------


def scenario_changes(before: Scenario, now: Scenario) -> list[str]:
    """What runs would see differently in two scenarios, a line each; titles, reasons and sources do not count."""
    return [f"{where}: {old} in the results, {new} now" for where, old, new in _changed(before, now, "")]


def _changed(before: Any, now: Any, where: str) -> Iterator[tuple[str, object, object]]:
    """Place, old and new value of everything that differs; of an array the first place, and how many more there are."""
    if isinstance(before, Parameters):
        before, now = before.as_dict(), now.as_dict()
        names = (*before, *(name for name in now if name not in before))
        yield from ((name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name))
    elif dataclasses.is_dataclass(before):
        for field in dataclasses.fields(before):
            if field.name not in LABELS or (isinstance(before, Treaty) and field.name == "name"):
                inner = f"{where}.{field.name}" if where else field.name
                old, new = getattr(before, field.name), getattr(now, field.name)
                if field.name == "base" and (old is None or new is None):
                    old, new = (None if one is None else one.name for one in (old, new))
                yield from _changed(old, new, inner)
    elif isinstance(before, tuple) and before and dataclasses.is_dataclass(before[0]) and len(before) == len(now):
        for number, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from _changed(old, new, f"{where}[{number}]")
    elif isinstance(before, np.ndarray):
        yield from _changed_places(before, now, where)
    elif before != now:
        if isinstance(before, tuple):
            before, now = ([getattr(one, "name", one) for one in side] for side in (before, now))
        yield where, before, now


def _changed_places(before: np.ndarray, now: np.ndarray, where: str) -> Iterator[tuple[str, object, object]]:
    if before.shape != now.shape:
        yield f"size of {where}", before.shape, now.shape
        return
    differs = before != now
    if before.dtype.kind == "f":
        differs &= ~(np.isnan(before) & np.isnan(now))
    places = np.argwhere(differs)
    if len(places):
        first = tuple(places[0].tolist())
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield f"{where}{list(first)}{more}", before[first].item(), now[first].item()
