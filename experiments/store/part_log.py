"""``parts.log``: size and digest of every part, so that a cut or changed one is never taken for a whole one.

Whoever reads results compares each part with its line. A part that has none (the sweep was killed between the two) is
read whole, and believed if its runs give the digests that they carry.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from experiments.store.columns import runs_are_true
from experiments.store.files import reported
from model import InputFault

LOG: Final = "parts.log"
AGAIN: Final = "the same sweep into this folder makes it anew"


class PartLog:
    """The log of one results folder; ``owner`` gives what every part says of the sweep that it belongs to."""

    def __init__(self, folder: Path, owner: Callable[[], Mapping[bytes, bytes]]) -> None:
        self.folder, self.owner = folder, owner
        self._known: dict[str, tuple[str, int]] = {}
        self._is_read = False
        # Parts that were compared since they were last written: name, time and size.
        self._checked: dict[str, tuple[int, int]] = {}

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

    def check(self, path: Path) -> None:
        """Refuse to read a part that is not what the log says, or that it does not know and that is not sound.

        Raises:
            InputFault: says what is wrong with it and what to do.
        """
        self.read()
        name = path.relative_to(self.folder).as_posix()
        try:
            wrong = "" if self._checked.get(name) == _stamp_of(path) else self._compared(name)
        except Exception as error:  # whatever a reader of damaged bytes may raise
            wrong = f"cannot be read ({type(error).__name__})"
        if wrong:
            raise InputFault([f"'{path}' is damaged: it {wrong}; {AGAIN}"], "results")

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
        self._checked[name] = stamp
        return ""

    def read(self) -> None:
        """Read the log, once; lines that are none are passed over."""
        path = self.folder / LOG
        if self._is_read:
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
        return [name for name in self._known if not (self.folder / name).exists()]

    def _check_sound(self, name: str) -> None:
        """Read a part that the log does not know to the end, checksums included.

        Raises:
            Exception: it is damaged, or of another sweep.
        """
        import pyarrow.parquet as pq

        table = pq.ParquetFile(self.folder / name, page_checksum_verification=True).read()
        if table.schema.metadata != self.owner() or not (name.startswith("series") or runs_are_true(table)):
            raise ValueError("of another sweep, or changed")

    def _note(self, found: Mapping[str, tuple[str, int]]) -> None:
        self._known.update(found)
        lines = "".join(f"{digest} {size} {name}\n" for name, (digest, size) in found.items())
        with reported(self.folder / LOG), (self.folder / LOG).open("a", encoding="utf-8") as log:
            # A line that a killed sweep left unfinished must not swallow this one.
            log.write("\n" + lines if log.tell() and not self._ends_whole() else lines)
            log.flush()
            os.fsync(log.fileno())

    def _ends_whole(self) -> bool:
        with (self.folder / LOG).open("rb") as log:
            log.seek(-1, os.SEEK_END)
            return log.read(1) == b"\n"


def _stamp_of(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_size


def fingerprint(path: Path) -> tuple[str, int]:
    """The digest and the size of a file."""
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest(), len(data)
