"""An arena under way: every game that is over is on disk at once, so that an arena that was killed goes on.

Its folder has another name (``.NAME.begun``) until all is played. ``asked.json`` says what was asked; ``bouts.jsonl``
has the row of every game that is over, written after the game itself. What a kill cut short is played again.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from experiments.seating.play import MESSAGES, SUBJECT, Played, write_game, write_json
from experiments.store.files import check_vacant, reported, write_whole
from experiments.store.lock import LOCK, locked
from model import InputFault

ASKED: Final = "asked.json"
BOUTS: Final = "bouts.jsonl"

Row = Mapping[str, Any]


class Begun:
    """The games of an arena that are over: ``before``, by file, and those that ``keep`` adds."""

    def __init__(self, folder: Path, asked: Mapping[str, Any]) -> None:
        self.folder = folder
        place, about = folder / ASKED, json.loads(json.dumps(asked))
        if place.is_file():
            if json.loads(place.read_text("utf-8")) != about:
                said = f"'{folder}' holds another arena that was not finished; ask the same again, or remove it"
                raise InputFault([said], SUBJECT)
        else:
            write_json(place, about)
        rows = _lines(folder / BOUTS)
        self.before: dict[str, Row] = {row["file"]: row for row in rows if (folder / row["file"]).is_file()}
        _rewrite(folder / BOUTS, list(self.before.values()))
        _rewrite(folder / MESSAGES, [line for line in _lines(folder / MESSAGES) if line["file"] in self.before])

    @property
    def has_games(self) -> bool:
        """Whether any game is over."""
        return (self.folder / BOUTS).stat().st_size > 0

    def keep(self, one: Played, row: Row) -> None:
        """A game that is over, and then its row."""
        write_game(self.folder, row["file"], one)
        with (self.folder / BOUTS).open("a", encoding="utf-8") as bouts:
            bouts.write(json.dumps(row) + "\n")


@contextlib.contextmanager
def begun(folder: Path, asked: Mapping[str, Any]) -> Iterator[Begun]:
    """The folder to fill, new or gone on with, which becomes ``folder`` when all went well; a fault leaves none.

    Who stops it at once leaves what is over, to be gone on with.

    asked: all that decides which games are played, as plain data.

    Raises ``InputFault``: it cannot be written, another process is at it, or it was asked otherwise.
    """
    check_vacant(folder)
    stage = folder.absolute().with_name(f".{folder.absolute().name}.begun")
    with reported(folder):
        stage.mkdir(parents=True, exist_ok=True)
        with locked(stage):
            arena = Begun(stage, asked)  # one that was asked otherwise is not ours to remove
            try:
                yield arena
                for name in (ASKED, BOUTS, LOCK):
                    (stage / name).unlink(missing_ok=True)
                if folder.is_dir():
                    folder.rmdir()
                stage.replace(folder.absolute())
            except BaseException as stop:
                if isinstance(stop, Exception) or not arena.has_games:
                    shutil.rmtree(stage, ignore_errors=True)
                raise


def _lines(file: Path) -> list[Any]:
    """The whole lines of a file; the last one may have been cut short."""
    found = []
    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found


def _rewrite(file: Path, rows: list[Any]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    write_whole(file, lambda own: own.write_text(text, encoding="utf-8"))
