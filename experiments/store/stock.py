"""What a results folder holds before a sweep goes on in it: which runs are finished, and what must be made again.

A chunk is finished when the part of its runs is there with those of all series that it keeps, each of them this
sweep's and as it was written. Parts may be of any size: what is there is read from their names.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from experiments.store.columns import Chunk
from experiments.store.files import reported
from experiments.store.part_log import PartLog
from model import InputFault

PART: Final = re.compile(r"point-(\d{5,18})_replicates-(\d{6,18})-(\d{6,18})\.parquet")
HALF: Final = ".point-"
# The chunk of a design point, a first replicate and a count; none where the plan has no such runs.
ChunkOf = Callable[[int, int, int], Chunk | None]


def parts_in(folder: Path) -> list[str]:
    """The names of all parts of a results folder that count: of runs, and of series whose runs are finished."""
    runs = {path.name for path in (folder / "runs").glob("*.parquet") if PART.fullmatch(path.name)}
    series = (path for path in (folder / "series").glob("*/*.parquet") if path.name in runs)
    return sorted([*(f"runs/{name}" for name in runs), *(path.relative_to(folder).as_posix() for path in series)])


def refuse_twice(folder: Path, names: Iterable[str]) -> None:
    """Refuse parts that hold the same runs, as copied parts of another size do.

    Raises:
        InputFault: names the first two.
    """
    found = sorted((_place_of(name), name) for name in names if name.startswith("runs/") and _place_of(name))
    for (one, name), (next_one, other) in itertools.pairwise(found):
        if one[0] == next_one[0] and next_one[1] <= one[2]:
            fault = f"'{folder}' holds the same runs twice: {name} and {other}; move one of them out of the folder"
            raise InputFault([f"{fault} (nothing was changed)"], "results")


def take_stock(folder: Path, log: PartLog, chunk_of: ChunkOf) -> tuple[list[Chunk], list[str]]:
    """The chunks that are finished, and in words which parts are damaged and must be made again.

    Damaged parts go to the folder ``damaged``, and what a killed sweep left unfinished is removed. Called before a
    sweep goes on, under the lock.

    Raises:
        InputFault: the folder holds tables that are not this sweep's, or runs twice; nothing was changed.
    """
    tables = [
        path
        for kind in ("runs", "series")
        for path in (folder / kind).rglob("*")
        if path.is_file() and path.suffix == ".parquet"
    ]
    there = [path.relative_to(folder).as_posix() for path in tables if not path.name.startswith(HALF)]
    log.refuse_others(name for name in there if PART.fullmatch(name.rpartition("/")[2]))
    chunks = {name: _chunk_at(name, chunk_of) for name in there}
    if aliens := sorted(name for name, chunk in chunks.items() if chunk is None):
        also = f" and {len(aliens) - 3} more" if len(aliens) > 3 else ""
        fault = f"'{folder}' holds tables that this sweep did not write: {', '.join(aliens[:3])}{also}"
        raise InputFault([f"{fault}; move them elsewhere (nothing was changed)"], "results")
    refuse_twice(folder, there)
    for path in tables:
        if path.name.startswith(HALF):
            path.unlink(missing_ok=True)
    finished, damaged = [], []
    for chunk in {chunk.name: chunk for chunk in chunks.values() if chunk is not None}.values():
        states = {name: log.state(name) for name in names_of(chunk)}
        if not any(states.values()):
            finished.append(chunk)
            continue
        # Made anew as a whole, perhaps in parts of another size.
        for name, state in states.items():
            if state == "":
                (folder / name).unlink()
            elif state != "-":
                damaged.append(f"{name} {state}")
                _put_aside(folder, name)
    log.settle()
    return finished, damaged


def names_of(chunk: Chunk) -> list[str]:
    """The names of the parts that a chunk is kept in; the part of its runs last, because it says that all are there."""
    return [*(f"series/{table}/{chunk.name}.parquet" for table in chunk.kept_series), f"runs/{chunk.name}.parquet"]


def _chunk_at(name: str, chunk_of: ChunkOf) -> Chunk | None:
    """The chunk that a part belongs to by its name; none where this sweep writes no such part."""
    if not (place := _place_of(name)):
        return None
    point, first, last = place
    chunk = chunk_of(point, first, last - first + 1)
    return chunk if chunk is not None and name in names_of(chunk) else None


def _place_of(name: str) -> tuple[int, ...]:
    """The design point and the first and last replicate of a part, by its name; nothing where it is none."""
    place = PART.fullmatch(name.rpartition("/")[2])
    return tuple(int(number) for number in place.groups()) if place else ()


def _put_aside(folder: Path, name: str) -> None:
    """Move a damaged part to where no reader finds it."""
    aside = folder / "damaged" / name.replace("/", "-")
    with reported(aside):
        aside.parent.mkdir(exist_ok=True)
        (folder / name).replace(aside)
