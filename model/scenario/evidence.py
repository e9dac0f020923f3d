"""What a run starts from, as files: the seeds directory, evidence selectors, numbers with a reason, root seeds.

Every number of a scenario file is one of

* ``{ evidence = "ev_share.csv:bloc=CN,year=2025:ev_share" }``: one cell of an evidence table, named by
  file, conditions and column. ``times`` and ``plus`` convert it, ``sum = true`` adds all matching rows, a
  column ``a+b`` adds two cells, ``{bloc}`` stands for each bloc in turn and ``{quarter}`` for each quarter
  of the scenario. A ``value`` written beside it must equal what the evidence says. A table that lies beside the
  scenario file comes first, then those of ``seeds/evidence``.
* ``{ value = 3.0, assumed = "why" }``: a judgement, with its reason; or a bare number inside a table that
  carries ``assumed = "why"`` for all of them.

Anything else is a fault. ``resolve`` replaces each by its number, and keeps the list of where they come from.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import functools
import hashlib
import importlib.resources
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from model.faults import InputFault, alike, nearest
from model.vocabulary import BLOCS

NUMBER_KEYS: Final = frozenset({"value", "evidence", "assumed", "note", "times", "plus", "sum"})

SHORTEST_REASON: Final = 5  # characters; "why" is not a reason
LONGEST_QUOTE: Final = 40  # characters of a cell quoted in a message
MOST_BYTES: Final = 20_000_000  # of an evidence table of one's own

Row = dict[str, str]


@dataclasses.dataclass(frozen=True)
class SourceRow:
    """Where one number of a scenario comes from."""

    where: str  # place in the scenario file, such as "market.size"
    value: Any  # float, or nested lists of floats
    status: str  # "evidence" or "assumed"
    text: str  # the selector, or the reason
    note: str = ""


def seeds_directory() -> Path:
    """The directory of evidence, scenarios and root seeds: beside ``model``, in a checkout or installed."""
    beside = Path(__file__).resolve().parents[2] / "seeds"
    if beside.is_dir():
        return beside
    return Path(str(importlib.resources.files("seeds")))


def digest_of_text(text: bytes) -> str:
    """A digest of a text file, whatever ends its lines and with or without a byte order mark in front."""
    plain = text.removeprefix(codecs.BOM_UTF8)
    if b"\r" in plain:
        plain = plain.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return hashlib.sha256(plain).hexdigest()


def digest_of_file(path: Path) -> str:
    """``digest_of_text`` of a file; empty where there is none."""
    try:
        return digest_of_text(path.read_bytes())
    except OSError:
        return ""


def names_in(folder: str, suffix: str) -> list[str]:
    """Names, without ending, of the files of one folder of the seeds directory."""
    return sorted(path.name.removesuffix(suffix) for path in (seeds_directory() / folder).glob(f"*{suffix}"))


def root_seeds(name: str = "default") -> tuple[int, ...]:
    """The root seeds of ``seeds/random/<name>.txt``: a whole number a line, comments start with #.

    Raises:
        InputFault: no such file, or a line that is not a whole number.
    """
    known = names_in("random", ".txt")
    if name not in known:
        raise InputFault(
            [f"no root seeds {name!r}; known are {', '.join(known)}; {nearest(name, known)}"], "root seeds"
        )
    lines = (seeds_directory() / "random" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    texts = [(i, text) for i, line in enumerate(lines, 1) if (text := line.split("#")[0].strip())]
    faults = [f"{name}.txt line {i}: {text!r} is not a whole number" for i, text in texts if not text.isdecimal()]
    if faults:
        raise InputFault(faults, "root seeds")
    return tuple(int(text) for _, text in texts)


# --- evidence -------------------------------------------------------------------------------------


def evidence_table(file: str) -> tuple[Row, ...]:
    """All rows of one evidence table that comes with the project, as read; read again when it has changed."""
    path = seeds_directory() / "evidence" / file
    return _shipped(path, digest_of_file(path))


@functools.lru_cache(maxsize=64)
def _shipped(path: Path, digest: str) -> tuple[Row, ...]:
    del digest
    return _rows(path)


class Shelf:
    """Where a scenario's evidence tables are looked for, and which of them were opened.

    folder: that of the scenario; a table whose name begins with a dot is named from there, every other one comes with
    the project. opened: the path of each table that was asked for, by the name that was asked for.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.opened: dict[str, Path] = {}
        self._read: dict[str, tuple[Row, ...]] = {}

    def rows(self, name: str) -> tuple[Row, ...]:
        """All rows of a table; ValueError says what is wrong with it."""
        if name not in self._read:
            self._read[name] = self._found(name)
        return self._read[name]

    def _found(self, name: str) -> tuple[Row, ...]:
        file = name if name.endswith(".csv") else f"{name}.csv"
        if file.startswith(".") and self.folder is not None:
            self.opened[name] = self.folder / file
            return _own_rows(self.folder / file, name)
        known = [f"{one}.csv" for one in names_in("evidence", ".csv")]
        if file not in known:
            hint = nearest(file, known) or f"known are {', '.join(known)}"
            raise ValueError(f"no evidence table {name!r}, neither beside the scenario nor in seeds/evidence; {hint}")
        self.opened[name] = seeds_directory() / "evidence" / file
        return evidence_table(file)


def _rows(path: Path) -> tuple[Row, ...]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return tuple(csv.DictReader(stream, restval="", strict=True))


def _own_rows(path: Path, name: str) -> tuple[Row, ...]:
    """The rows of somebody's own table, with whatever may be wrong with it in words."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"evidence table {name!r} has more than {MOST_BYTES} bytes")
        rows = _rows(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"evidence table {name!r} is not text in UTF-8: look at byte {error.start}") from None
    except OSError as error:
        raise ValueError(f"evidence table {name!r} cannot be read: {error.strerror or error}") from None
    except csv.Error as error:
        raise ValueError(f"evidence table {name!r} is not a table of values with commas: {error}") from None
    if not rows:
        raise ValueError(f"evidence table {name!r} has no rows: write a line of column names and one or more rows")
    for line, row in enumerate(rows, 2):
        if None in row:
            raise ValueError(f"evidence table {name!r}, row {line}: more cells than columns; quote cells with commas")
    return rows


def _conditions(text: str) -> list[tuple[str, str, str]]:
    # Values may hold commas ("NIO/XPeng/Li Auto, NEV"): a comma separates only where a new condition follows.
    parts = re.split(r",(?=\s*\w+\s*<?=)", text) if text.strip() else []
    found = []
    for part in parts:
        match = re.fullmatch(r"\s*(\w+)\s*(<=|=)(.*)", part, flags=re.DOTALL)
        if match is None:
            raise ValueError(f"condition {part!r} is not written key=value or key<=value")
        found.append((match[1], match[2], match[3].strip()))
    return found


def matching_rows(file: str, conditions: str, shelf: Shelf | None = None) -> list[Row]:
    """The rows of a table that fulfil all conditions (``year=2025,bloc=CN``); ValueError if none does."""
    rows = list((shelf or Shelf()).rows(file))
    columns = list(rows[0])
    for key, sign, value in _conditions(conditions):
        if key not in columns:
            raise ValueError(f"{file} has no column {key!r}; {nearest(key, columns) or 'it has ' + ', '.join(columns)}")
        kept = [row for row in rows if (row[key] == value if sign == "=" else _at_most(row[key], value))]
        if not kept:
            here = {row[key] for row in rows}
            near = max(here, key=lambda one: (alike(value, one), one))
            raise ValueError(f"{file} has no row with {key}{sign}{value}; the nearest there is {key}={near}")
        rows = kept
    return rows


def _at_most(cell: str, limit: str) -> bool:
    try:
        return float(cell) <= float(limit)
    except ValueError:
        return False


def rows_and_columns(selector: str, shelf: Shelf | None = None) -> tuple[list[Row], list[str]]:
    """What a selector ``file:conditions:column+column`` names; ValueError says what is wrong with it."""
    parts = str(selector).split(":")
    if len(parts) < 3:
        raise ValueError(f"selector {selector!r} is not written file.csv:key=value,key=value:column")
    rows = matching_rows(parts[0], ":".join(parts[1:-1]), shelf)
    columns = parts[-1].split("+")
    for column in columns:
        if column not in rows[0]:
            hint = nearest(column, rows[0]) or f"it has {', '.join(rows[0])}"
            raise ValueError(f"{parts[0]} has no column {column!r}; {hint}")
    return rows, columns


def select(selector: str, sum_rows: bool = False, shelf: Shelf | None = None) -> float:
    """The number that a selector names; ValueError says what is wrong with it."""
    rows, columns = rows_and_columns(selector, shelf)
    if len(rows) > 1 and not sum_rows:
        raise ValueError(f"{selector} matches {len(rows)} rows; add a condition, or sum = true to add them")
    total = 0.0
    for cell in (row[column] for row in rows for column in columns):
        if sum_rows and not cell.strip():
            continue
        try:
            total += float(cell)
        except ValueError:
            quote = cell if len(cell) <= LONGEST_QUOTE else f"{cell[:LONGEST_QUOTE]}..."
            raise ValueError(f"{selector} is {quote!r}, which is not a number; take another cell") from None
    return total


# --- numbers with a reason ------------------------------------------------------------------------


@dataclasses.dataclass
class Resolver:
    """Replaces each number table by its number; collects every fault and every source on the way."""

    quarters: Sequence[str]  # labels such as "2026Q4", for {quarter}
    shelf: Shelf = dataclasses.field(default_factory=Shelf)  # where evidence tables are
    blocs: Sequence[str] = BLOCS  # for {bloc}
    faults: list[str] = dataclasses.field(default_factory=list)
    sources: list[SourceRow] = dataclasses.field(default_factory=list)
    broken: set[str] = dataclasses.field(default_factory=set)  # places without a usable number
    bare: dict[str, str] = dataclasses.field(default_factory=dict)  # faults of numbers without a reason, by place

    def resolve(self, raw: Any, where: str = "", reason: str = "") -> Any:
        """``raw`` with numbers in place of number tables; ``reason`` covers bare numbers inside it."""
        if isinstance(raw, dict):
            if "value" in raw or "evidence" in raw:
                return self._number(raw, where)
            if "assumed" in raw:
                reason = self._reason(raw["assumed"], where)
            inner = {key: item for key, item in raw.items() if key not in ("assumed", "note")}
            return {key: self.resolve(item, f"{where}.{key}" if where else key, reason) for key, item in inner.items()}
        if isinstance(raw, list):
            if raw and _is_numbers(raw):
                return self._bare(raw, where, reason)
            return [self.resolve(item, f"{where}[{i}]", reason) for i, item in enumerate(raw)]
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            return self._bare(raw, where, reason)
        return raw

    def _bare(self, value: Any, where: str, reason: str) -> Any:
        if not reason and not _not_finite(value, where):  # what is no number needs no reason
            remedy = f"write {{ value = {value}, assumed = 'why' }}, or give its evidence"
            self.bare[where] = f"{where} = {value}: a number without a reason; {remedy}"
            self.faults.append(self.bare[where])
        return self._assumed(value, where, reason, "")

    def _assumed(self, value: Any, where: str, reason: str, note: str) -> Any:
        bad = _not_finite(value, where)
        self.faults += [f"{place} = {came!r}: not a finite number; write one" for place, came in bad]
        self.broken |= {place for place, _ in bad}
        self.sources.append(SourceRow(where, value, "assumed", reason, note))
        return value

    def _reason(self, text: Any, where: str) -> str:
        if not isinstance(text, str) or len(text.strip()) < SHORTEST_REASON:
            self.faults.append(f"{where}.assumed = {text!r}: say in words why this is assumed")
            return "no reason given"
        return text

    def _number(self, table: dict[str, Any], where: str) -> Any:
        for key in sorted(set(table) - NUMBER_KEYS):
            hint = nearest(key, NUMBER_KEYS) or "remove it"
            self.faults.append(f"{where}.{key}: not a key of a number; {hint}")
        value, note = table.get("value"), str(table.get("note", ""))
        if ("evidence" in table) == ("assumed" in table):
            both = "both evidence and assumed" if "evidence" in table else "neither evidence nor a reason"
            self.faults.append(f"{where}: a number with {both}; keep one of evidence = '...', assumed = 'why'")
            return value
        if "assumed" in table:
            return self._assumed(value, where, self._reason(table["assumed"], where), note)
        try:
            found = self._evidence(table)
        except ValueError as fault:
            self.faults.append(f"{where}: {fault}")
            self.broken.add(where)
            return value
        if value is not None and not _equal(value, found):
            remedy = "correct the value or leave it out"
            self.faults.append(f"{where} = {value}: the evidence says {found} ({table['evidence']}); {remedy}")
        self.sources.append(SourceRow(where, found, "evidence", table["evidence"], note))
        return found

    def _evidence(self, table: dict[str, Any]) -> Any:
        selector, times, plus = str(table["evidence"]), table.get("times", 1.0), table.get("plus", 0.0)
        if _not_finite([times, plus], "") or isinstance(times, list) or isinstance(plus, list):
            raise ValueError(f"times = {times!r}, plus = {plus!r}: write a number for each")
        texts = [selector]
        if "{bloc}" in selector:
            texts = [selector.replace("{bloc}", bloc) for bloc in self.blocs]
        elif "{quarter}" in selector:
            texts = [selector.replace("{quarter}", f"{q[:4]}-{q[4:]}") for q in self.quarters]
        add = table.get("sum") is True
        # Fifteen digits hide the last bit of 0.25 + 0.24, so that a written 0.49 is the same number.
        found = [float(f"{select(text, add, self.shelf) * times + plus:.15g}") for text in texts]
        return found if texts != [selector] else found[0]


def _is_numbers(items: Any) -> bool:
    if isinstance(items, list):
        return all(_is_numbers(item) for item in items)
    return isinstance(items, (int, float)) and not isinstance(items, bool)


def _not_finite(value: Any, where: str) -> list[tuple[str, Any]]:
    """Place and content of every cell that is not a finite number."""
    if isinstance(value, list):
        return [bad for i, item in enumerate(value) for bad in _not_finite(item, f"{where}[{i}]")]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return []
    return [(where, value)]


def _equal(written: Any, found: Any) -> bool:
    if isinstance(found, list):
        same_length = isinstance(written, list) and len(written) == len(found)
        return same_length and all(_equal(a, b) for a, b in zip(written, found, strict=True))
    if isinstance(written, bool) or not isinstance(written, (int, float)):
        return False
    return math.isclose(written, found, rel_tol=1e-9, abs_tol=1e-12)
