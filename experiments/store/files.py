"""Files on disk, whole or absent: how everything in a results folder is written.

A results folder holds

* ``manifest.json``: the plan as it was written, its design points, root seed, code, versions, times, what failed,
  and a dictionary of the columns (``manifest.py``);
* ``runs/*.parquet``: one part a chunk of runs, one row for each run and dyad (a failed run: one row that says
  at which stage, with its message);
* ``series/TABLE/*.parquet``: the full series of chosen replicates;
* ``parts.log``: size and digest of every part, written when it was complete;
* the tables, figures and the report that were made of them.

Every file is written under a temporary name, flushed to the disk and renamed, so that a name that can be read
is a file that is complete. What happens to a part later, a cut or a changed byte, shows in its digest.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from experiments.display.looks import named
from experiments.store.columns import KEYS, WHOLE
from model import InputFault

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

#: Folders of a results folder that belong to its sweep alone.
OF_SWEEPS: Final = ("runs", "series", "inputs")
MOST_BYTES: Final = 50_000_000  # of JSON that somebody names; a long game of many offers is a hundredth of it


def read_json(path: Path, subject: str) -> Any:
    """What the JSON in a file says; None where it is no JSON.

    Raises:
        InputFault: the file cannot be read, or holds more than ``MOST_BYTES``.
    """
    try:
        text = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    except OSError as error:
        raise InputFault([f"'{path}' cannot be read: {error.strerror or error}"], subject) from None
    if text is None:
        raise InputFault([f"'{path}' is larger than {MOST_BYTES} bytes: nothing that is read here is"], subject)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file under a temporary name beside ``path``; give it its name when it is complete.

    Raises:
        InputFault: the disk refuses (full, read-only, not a folder).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise InputFault([f"'{path}' cannot be written: {error.strerror or error}"], "output") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def open_in_place(path: Path, mode: str) -> IO[str]:
    """A file that is written where it is: never another one, to which a link in a folder of others may lead.

    Raises:
        OSError: it is a link, or cannot be opened.
    """

    def no_link(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)

    return open(path, mode, encoding="utf-8", opener=no_link)


def write_figure(path: Path, save: Callable[[Path], object], is_shown: bool = False) -> list[Path]:
    """Keep a figure in every form that is asked for; ``save`` draws it into the file that it is given.

    is_shown: a page shows it, so that ``path`` itself comes first whatever is asked for.

    Raises:
        InputFault: the disk refuses.
    """
    files = list(dict.fromkeys([path, *named(path)])) if is_shown else named(path)
    for file in files:
        write_whole(file, save)
    return files


def check_vacant(folder: Path) -> None:
    """Refuse a folder that cannot be made or written, that already holds something, or lies among a sweep's runs.

    Raises:
        InputFault: says which of these it is.
    """
    with reported(folder):
        if fault := _among_runs(folder):
            raise InputFault([fault], "output")
        if folder.is_dir():
            if any(folder.iterdir()):
                fault = f"'{folder}' already holds files; name a new folder or empty this one"
                raise InputFault([fault], "output")
            parent = folder
        else:
            parent = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not parent.is_dir():
            raise InputFault([f"'{parent}' is a file, so '{folder}' cannot be a folder"], "output")
        if why := _refusal(parent):
            raise InputFault([f"'{folder}' cannot be written: {why} in '{parent}'"], "output")


def _among_runs(path: Path) -> str:
    """Why nothing of a user's is put where a sweep keeps its runs, as if it were a part of them; empty: fine."""
    whole = path.resolve()
    for place in (whole, *whole.parents):
        if place.name in OF_SWEEPS and (place.parent / "manifest.json").is_file():
            return f"'{path}' lies among what the sweep in '{place.parent}' keeps in {place.name}; name another place"
    return ""


def check_vacant_file(*files: Path) -> None:
    """Refuse files that are there already, one of which may be what the work reads, and files that cannot be written.

    Raises:
        InputFault: says which of these it is, also where two are one file.
    """
    faults = []
    for number, file in enumerate(files):
        with reported(file):
            if fault := _among_runs(file):
                faults.append(fault)
            elif file.is_file():
                faults.append(f"'{file}' is there already; name a new file or move this one")
            elif file.absolute() in [other.absolute() for other in files[:number]]:
                faults.append(f"'{file}' is named for two outputs, of which the last would stay; name another file")
    if faults:
        raise InputFault(faults, "output")
    check_writable(*files)


def check_writable(*files: Path) -> None:
    """Refuse files that could not be written later, before the work that they are to hold is begun.

    Raises:
        InputFault: names every file that is a folder or a device, or lies in no folder that can be written.
    """
    faults = []
    for file in files:
        with reported(file):
            if file.is_dir():
                faults.append(f"'{file}' is a folder; write the name of a file")
            elif file.exists() and not file.is_file():
                faults.append(f"'{file}' is a device, which nothing is put in the place of; write the name of a file")
            elif not file.parent.is_dir():
                faults.append(f"'{file}' cannot be written: there is no folder '{file.parent}'; make it first")
            elif why := _refusal(file.parent):
                faults.append(f"'{file}' cannot be written: {why} in '{file.parent}'")
    if faults:
        raise InputFault(faults, "output")


def check_document(page: Path, *figures: Path) -> None:
    """Refuse to put numbers into a page of the documentation that is not there, or cannot be written.

    Raises:
        InputFault: this is no checkout of the project, or one of the files cannot be written.
    """
    if not page.is_file():
        raise InputFault([f"--document: there is no '{page}' here; call it in a checkout of the project"], "output")
    check_writable(page, *figures)


def _refusal(folder: Path) -> str:
    """Why nothing can be made in a folder (empty: it can). Tried: permissions say nothing of /proc, or to root."""
    try:
        with tempfile.TemporaryFile(dir=folder):  # where the system can, it never has a name there
            return ""
    except FileNotFoundError:
        return "the system makes no files"
    except PermissionError:
        return "no permission"
    except OSError as error:
        return error.strerror or f"{error}"


def vacant_folder(name: str) -> Path:
    """``results/NAME``, or the first of ``results/NAME-2``, ``-3``, ... that is not there yet."""
    first = Path("results") / name
    number, folder = 1, first
    while folder.exists():
        number += 1
        folder = first.with_name(f"{name}-{number}")
    return folder


@contextlib.contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes ``folder`` when all went well and is removed when not."""
    check_vacant(folder)
    stage = folder.absolute().with_name(f".{folder.absolute().name}.{os.getpid()}")
    try:
        with reported(folder):
            stage.mkdir(parents=True)
        yield stage
        with reported(folder):
            if folder.is_dir():
                folder.rmdir()
            stage.replace(folder.absolute())
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextlib.contextmanager
def reported(path: Path) -> Iterator[None]:
    """An error of the file system as one clear sentence."""
    try:
        yield
    except OSError as error:
        raise InputFault([f"'{path}' cannot be written: {error.strerror or error}"], "output") from None


def write_table(path: Path, table: pa.Table | pd.DataFrame) -> None:
    """Write a table as Parquet, compressed, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
    # Page checksums tell a changed byte from a number, also to readers who know nothing of parts.log.
    options = {"compression": "zstd", "write_page_checksum": True}
    write_whole(path, lambda temporary: pq.write_table(arrow, temporary, **options))


def slim(table: pa.Table) -> pa.Table:
    """A table with its texts as categories, and its keys and counts of quarters as short numbers."""
    import pyarrow as pa

    for k, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(k, field.name, table[field.name].dictionary_encode())
        elif field.name in KEYS:
            table = table.set_column(k, field.name, table[field.name].cast(pa.int32()))
        elif field.name in WHOLE or field.name.startswith("onset_"):
            table = table.set_column(k, field.name, table[field.name].cast(pa.int16()))
    return table


def _settle(folder: Path) -> None:
    """Make a new name in a folder outlive a power cut, where the system can."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
