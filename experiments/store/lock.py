"""One sweep at a time in a folder: the lock that is taken before anything else is written there.

Also before the manifest, so that of two sweeps that begin in one new folder at the same instant the second one finds
the manifest of the first. The lock ends with the process, however that ends. Where the system has no such locks
nobody is kept out; that parts of two sweeps never make one is then seen by their marks alone (``part_log.py``).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from experiments.store.files import check_vacant, open_in_place, reported
from experiments.store.inputs import INPUTS
from model import InputFault

LOCK: Final = ".lock"
MANIFEST: Final = "manifest.json"


def check_new(folder: Path) -> None:
    """Refuse a folder in which no sweep can begin; what one left that never began is not in the way.

    Raises:
        InputFault: it holds files, or cannot be made or written.
    """
    if not never_began(folder):
        check_vacant(folder)


def check_usable(folder: Path) -> None:
    """Refuse a folder that holds other things than a sweep, begun or finished. Nothing is written.

    Raises:
        InputFault: it holds other files, or cannot be made or written.
    """
    with reported(folder):
        is_sweep = (folder / MANIFEST).is_file()
    if not is_sweep:
        check_new(folder)


def never_began(folder: Path) -> bool:
    """Whether all that a folder holds is what a sweep leaves that was killed before it had a manifest."""
    with reported(folder):
        if not (folder / LOCK).is_file():
            return False
        own = {LOCK, INPUTS, "runs"}
        is_own = all(path.name in own or path.name.startswith(f".{MANIFEST}.") for path in folder.iterdir())
        return is_own and not any((folder / "runs").glob("*"))


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other sweeps out of a folder, which is made if it is not there.

    Raises:
        InputFault: another sweep is writing here, or the folder cannot be made or written.
    """
    with reported(folder):
        file = _taken(folder)
    with file:
        if not file.writable():
            raise _crowded(folder, file.read())
        file.truncate(0)
        file.write(f"{os.getpid()}")
        file.flush()
        try:
            yield
        finally:
            if never_began(folder):
                # An empty folder without a manifest would be in the way of the next attempt.
                withdraw(folder)


def check_there(folder: Path) -> None:
    """Refuse to write on where a sweep's folder is no longer: it was moved, or removed.

    Raises:
        InputFault: says what to do; finished parts are wherever the folder is.
    """
    if not (folder / MANIFEST).is_file():
        fault = f"'{folder}' was moved or removed while a sweep was writing into it; what was finished went with it"
        raise InputFault([f"{fault}: put it back, or name its new place (--out), and the same sweep goes on"], "output")


def withdraw(folder: Path) -> None:
    """Remove what a sweep that never began has made, under its lock."""
    shutil.rmtree(folder / INPUTS, ignore_errors=True)
    with contextlib.suppress(OSError):
        for path in folder.glob(f".{MANIFEST}.*"):
            path.unlink()
        if (folder / "runs").is_dir():
            (folder / "runs").rmdir()
        (folder / LOCK).unlink()
        folder.rmdir()


def _taken(folder: Path) -> IO[str]:
    """The lock's file, locked; or open to be read, where somebody else has it."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            file = open_in_place(folder / LOCK, "a+")
        except FileNotFoundError:  # who withdrew in between has removed the folder
            continue
        if not lock_file(file):
            file.close()
            with contextlib.suppress(FileNotFoundError):
                return (folder / LOCK).open(encoding="utf-8")
            continue
        # Who withdrew in between has removed this file, and a third may have locked a new one.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), (folder / LOCK).stat()):
                return file
        file.close()


def _crowded(folder: Path, who: str) -> InputFault:
    also = f" (process {who.strip()})" if who.strip() else ""
    fault = f"another sweep{also} is writing into '{folder}'; wait for it, or name another folder"
    return InputFault([fault], "output")


def lock_file(file: IO[str]) -> bool:
    """Take the lock if nobody has it. Where the system has no such locks, nobody is kept out."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
