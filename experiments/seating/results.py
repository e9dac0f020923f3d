"""Keeps what an arena came to: its tables, every game, its figure, and what it was played with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.classroom.game import versions
from experiments.display.streams import kept_on
from experiments.seating.arena import Arena
from experiments.seating.begun import Begun, begun
from experiments.seating.measures import MEASURES
from experiments.seating.play import write_json
from experiments.seating.protocol import PROTOCOL
from experiments.store.files import write_figure, write_whole


def write_arena(play: Callable[[Begun], Arena], folder: Path, asked: Mapping[str, Any]) -> tuple[Arena, str]:
    """Play an arena, or go on with one that was killed, and write its folder; why it has no figure (empty: it has).

    play: plays it, given what is there and who hears of every game (``play_arena`` with its ``keep`` and ``before``).
    asked: all that decides which games are played, as plain data.

    Raises ``InputFault``: the folder cannot be written, holds something already, or was asked otherwise.
    """
    with begun(folder, asked) as arena:
        found = play(arena)
        _write(found, arena.folder)
        return found, kept_on(lambda: _draw(found, arena.folder / "arena.png"), "The figure")


def _write(arena: Arena, folder: Path) -> None:
    """The tables of an arena, as CSV and with all else as JSON."""
    for name, table in (("arena", arena.table), ("games", arena.bouts)):
        text = table.to_csv(index=False, float_format="%.10g", lineterminator="\n")
        write_whole(folder / f"{name}.csv", lambda path, text=text: path.write_text(text, encoding="utf-8"))  # type: ignore[misc]
    about: Mapping[str, Any] = {
        "protocol": PROTOCOL,
        "versions": versions(),
        "settings": arena.settings.as_dict() | {"replicate": None},
        "agents": [dict(agent.told) for agent in arena.agents],
        "replicates": list(arena.replicates),
        "cloud": list(arena.cloud),
        "measures": MEASURES,
        "table": plain_rows(arena.table),
        "games": plain_rows(arena.bouts),
    }
    write_json(folder / "arena.json", about)


def _draw(arena: Arena, path: Path) -> None:
    from experiments.display.figure_style import saver
    from experiments.seating.figures import arena_figure

    write_figure(path, saver(lambda: arena_figure(arena)))


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as JSON can hold them: what is missing is null."""
    return [
        {
            str(name): None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in table.to_dict("records")
    ]
