"""``parts.log``: size and digest of every part, so that a cut or changed one is never taken for a whole one.

Every part also carries marks of its own: the sweep that it belongs to (``manifest.identity``), its own name, and a
digest of what its runs' digests leave out. So a part of another sweep, or one under another's name, is told whatever
the log says. Whoever reads results compares each part with both. A part that has no line (the sweep was killed
between the two) is read whole, and believed if its marks and its runs' digests are true.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.store.columns import digest_of, runs_are_true
from experiments.store.files import open_in_place, reported, write_whole
from experiments.store.inputs import ANEW
from model import InputFault

if TYPE_CHECKING:
    import pyarrow as pa

LOG: Final = "parts.log"
AGAIN: Final = "the same sweep into this folder makes it anew"
MOVE: Final = "move them out of the folder, and the same sweep plays what is missing"
EDITED: Final = f"if manifest.json was edited, put it back as it was, or {ANEW}"
MOST_NAMED: Final = 3
SEALED: Final = (b"sweep", b"plan", b"root_seed", b"part", b"rows")
SEAL: Final = b"seal"


class PartLog:
    """The log of one results folder; ``owner`` gives the sweep that every part must belong to."""

    def __init__(self, folder: Path, owner: Callable[[], str]) -> None:
        self.folder, self.owner = folder, owner
        self._known: dict[str, tuple[str, int]] = {}
        self._is_read = False
        # Parts whose bytes, and whose marks, were compared since they were last written: name, time and size.
        self._checked: dict[str, tuple[int, int]] = {}
        self._owned: dict[str, tuple[int, int]] = {}

    def add(self, names: Iterable[str]) -> None:
        """Note parts that were just written."""
        self.read()
        self._note({name: fingerprint(self.folder / name) for name in names})

    def state(self, name: str) -> str:
        """What is wrong with a part: nothing (empty), that it is not there (a dash), or damage in words.

        One that is not whole is no longer known.
        """
        self.read()
        try:
            wrong = self._compared(name)
            if not wrong and name not in self._known:
                self._note({name: fingerprint(self.folder / name)})
        except FileNotFoundError:
            wrong = "-"
        except Exception as error:  # whatever a reader of damaged bytes may raise
            wrong = f"cannot be read ({type(error).__name__})"
        if wrong:
            self._known.pop(name, None)
        return wrong

    def check(self, names: Iterable[str]) -> None:
        """Refuse to read a folder in which any part is not this sweep's, not what was written, or gone.

        Raises:
            InputFault: says which parts, what is wrong with them and what to do.
        """
        self.read()
        there = list(names)
        if any(name not in self._known for name in there):
            self.read(again=True)  # a sweep that is going on has written since
        self.refuse_others(there)
        damaged = []
        for name in there:
            try:
                path = self.folder / name
                wrong = "" if self._checked.get(name) == _stamp_of(path) else self._compared(name)
            except Exception as error:  # whatever a reader of damaged bytes may raise
                wrong = f"cannot be read ({type(error).__name__})"
            if wrong:
                damaged.append(f"'{self.folder / name}' is damaged: it {wrong}")
        damaged += [f"'{self.folder / name}' is gone" for name in self.missing()]
        if damaged:
            also = f" (and {len(damaged) - 1} more parts like it)" if len(damaged) > 1 else ""
            raise InputFault([f"{damaged[0]}{also}; {AGAIN}"], "results")

    def check_lines(self, names: Collection[str]) -> None:
        """Refuse a log that knows none of the parts of a finished sweep: it was emptied, and cannot tell what is gone.

        Raises:
            InputFault: says so, and what to do.
        """
        path = self.folder / LOG
        if names and not any(name in self._known for name in names) and _is_there(path):
            fault = f"'{path}' is damaged: it has no line for any of the {len(names)} parts of this finished sweep"
            remedy = "the same sweep into this folder checks every part and writes the lines anew"
            raise InputFault([f"{fault}; {remedy}, or remove the file, and each part is checked by its own marks"],
                             "results")  # fmt: skip

    def refuse_others(self, names: Iterable[str]) -> None:
        """Refuse parts of another sweep, and parts under another's name.

        Raises:
            InputFault: says which they are, whose, and what to do.
        """
        found: dict[str, list[str]] = {}
        there = list(names)
        for name in there:
            if whose := self._whose(name):
                found.setdefault(whose, []).append(name)
        if found:
            told = "; ".join(f"{_some(sorted(own))}, {whose}" for whose, own in found.items())
            n = sum(map(len, found.values()))
            what = f"{n} parts that are" if n > 1 else "a part that is"
            fault = f"'{self.folder}' holds {what} not of this sweep: {told}"
            remedy = MOVE
            if n == len(there) and len(found) == 1 and " under another name" not in told:
                remedy = f"no part is: {EDITED}; if parts were copied here, {MOVE}"
            raise InputFault([f"{fault}; {remedy} (nothing was changed)"], "results")

    def _whose(self, name: str) -> str:
        """Of which other sweep a part says that it is, in words; empty: of none, or damage hides it."""
        import pyarrow.parquet as pq

        path = self.folder / name
        try:
            stamp = _stamp_of(path)
            if self._owned.get(name) == stamp:
                return ""
            marks = pq.read_metadata(path).metadata or {}
        except Exception:  # whatever a reader of damaged bytes may raise; its state says so
            return ""
        if not any(mark in marks for mark in (*SEALED, SEAL)):
            return "which no sweep of this version has written"
        if marks.get(SEAL) != _seal(marks):
            return ""
        plan, seed, sweep, part = (marks[key].decode() for key in (b"plan", b"root_seed", b"sweep", b"part"))
        if sweep != self.owner():
            return f"of the plan '{plan}' with root seed {seed} (sweep {sweep[:12]}, and here is {self.owner()[:12]})"
        if part != name:
            return f"which is {part} under another name"
        self._owned[name] = stamp
        return ""

    def _compared(self, name: str) -> str:
        """What tells a part from what the log says of it, in words; one that it does not know must be sound.

        Raises:
            Exception: it is not there or cannot be read.
        """
        known, path = self._known.get(name), self.folder / name
        stamp = _stamp_of(path)
        if known is None:
            self._check_sound(name)
        elif stamp[1] != known[1]:
            return f"has {stamp[1]} of {known[1]} bytes"
        elif fingerprint(path)[0] != known[0]:
            return "was changed after it was written"
        if self._whose(name) or name not in self._owned:
            return "does not say of which sweep it is"
        self._checked[name] = stamp
        return ""

    def read(self, again: bool = False) -> None:
        """Read the log, once or again; lines that are none are passed over."""
        path = self.folder / LOG
        if self._is_read and not again:
            return
        self._is_read = True
        with reported(path):
            text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for line in text.splitlines():
            words = line.split(" ", 2)
            # Other scripts have digits too, and no file has 10^18 bytes.
            is_size = len(words) == 3 and re.fullmatch("[0-9]{1,18}", words[1])
            if is_size and len(words[0]) == 64 and words[2].endswith(".parquet"):
                self._known[words[2]] = (words[0], int(words[1]))

    def missing(self) -> list[str]:
        """Names of parts that were finished and are no longer there."""
        self.read()
        return [name for name in self._known if not _is_there(self.folder / name)]

    def settle(self) -> None:
        """Leave out of the log what is no longer there: it is made anew, perhaps in parts of another size."""
        gone = set(self.missing())
        path = self.folder / LOG
        if not path.exists() or not any(line.rpartition(" ")[2] in gone for line in _lines_of(path)):
            return
        self._known = {name: found for name, found in self._known.items() if name not in gone}
        lines = "".join(f"{digest} {size} {name}\n" for name, (digest, size) in self._known.items())
        write_whole(path, lambda temporary: temporary.write_text(lines, encoding="utf-8"))

    def _check_sound(self, name: str) -> None:
        """Read a part that the log does not know to the end, checksums included.

        Raises:
            Exception: it is damaged, or of another sweep.
        """
        import pyarrow.parquet as pq

        table = pq.ParquetFile(self.folder / name, page_checksum_verification=True).read()
        marks = table.schema.metadata or {}
        is_true = name.startswith("series") or runs_are_true(table)
        if marks.get(SEAL) != _seal(marks) or marks[b"rows"] != _rows_digest(name, table) or not is_true:
            raise ValueError("of another sweep, or changed")

    def _note(self, found: Mapping[str, tuple[str, int]]) -> None:
        self._known.update(found)
        lines = "".join(f"{digest} {size} {name}\n" for name, (digest, size) in found.items())
        with reported(self.folder / LOG), open_in_place(self.folder / LOG, "a") as log:
            # A line that a killed sweep left unfinished must not swallow this one.
            log.write("\n" + lines if log.tell() and not self._ends_whole() else lines)
            log.flush()
            os.fsync(log.fileno())

    def _ends_whole(self) -> bool:
        with (self.folder / LOG).open("rb") as log:
            log.seek(-1, os.SEEK_END)
            return log.read(1) == b"\n"


def marked(table: pa.Table, name: str, sweep: str, plan: str, root_seed: str) -> pa.Table:
    """A table with the marks of a part: whose it is, what it is called, and what it holds."""
    marks = {b"sweep": sweep, b"plan": plan, b"root_seed": root_seed, b"part": name}
    told = {key: value.encode() for key, value in marks.items()} | {b"rows": _rows_digest(name, table)}
    return table.replace_schema_metadata({**told, SEAL: _seal(told)})


def _seal(marks: Mapping[bytes, bytes]) -> bytes:
    """A digest of a part's marks: a changed byte in them makes no other sweep."""
    return hashlib.sha256(b"\0".join(marks.get(key, b"") for key in SEALED)).hexdigest().encode()


def _rows_digest(name: str, table: pa.Table) -> bytes:
    """A digest of what the digests of a part's runs leave out: the keys in front, and all of a series."""
    names = table.column_names
    own = names if name.startswith("series") or "digest" not in names else names[: names.index("digest") + 1]
    rows = table.select(own).to_pydict()
    return f"{digest_of(rows)} {len(table)} {hashlib.sha256(repr(names).encode()).hexdigest()}".encode()


def _some(names: list[str]) -> str:
    also = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + also


def _lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # no file has such a name
        return False


def _stamp_of(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_size


def fingerprint(path: Path) -> tuple[str, int]:
    """The digest and the size of a file."""
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest(), len(data)
