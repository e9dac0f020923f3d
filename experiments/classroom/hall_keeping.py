"""A hall that outlives its command: every table, who waits, the room code; in one file, as a room is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from experiments.classroom.hall import LONGEST_NAME, MOST_PEOPLE, MOST_TABLES, NOWHERE, Hall
from experiments.classroom.keeping import AWAY, Keeper, as_data, go_on, state_of
from experiments.classroom.keeping import FORMAT as ROOM_FORMAT
from experiments.classroom.people import HELD, Person
from experiments.classroom.room import Room
from model import InputFault

FORMAT: Final = "detente-class-1"


Written = dict[str, tuple[object, dict[str, Any]]]  # game of a table -> its state when written, its data


def hall_data(hall: Hall, now: float, written: Written | None = None) -> dict[str, Any]:
    """The hall as plain data, to be gone on with by ``hall_go_on``; what is written already is not made again."""
    earlier = {} if written is None else written
    with hall.lock:
        for name in set(earlier) - {table.name for table in hall.tables}:
            del earlier[name]
        for table in hall.tables:
            state = state_of(table)
            if table.name not in earlier or earlier[table.name][0] != state:
                earlier[table.name] = state, as_data(table, now)
        return {
            "format": FORMAT,
            "code": hall.code,
            "dealt": hall.is_dealt,
            "waiting": [[token, one.name, now - one.seen < HELD] for token, one in hall.waiting.items()],
            "tables": [earlier[table.name][1] for table in hall.tables],
        }


def hall_go_on(hall: Hall, data: object, now: float) -> None:
    """Make a new hall the one that was kept; a file with a single room is a hall of one table.

    Raises ``InputFault`` for anything that is no kept hall, or was played by a model that plays differently.
    """
    if isinstance(data, dict) and data.get("format") == ROOM_FORMAT:
        go_on(hall.tables[0], data, now)
        return
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputFault([f"this is no kept room: its format is not {FORMAT!r}"], "room")
    try:
        code, rows, kept, is_dealt = data["code"], data["waiting"], data["tables"], data["dealt"]
        waiting = {token: Person(NOWHERE, now if there is True else AWAY, name=name) for token, name, there in rows}
        texts = [code, *waiting, *(one.name for one in waiting.values())]
        if not all(isinstance(text, str) and text for text in texts) or type(is_dealt) is not bool:
            raise ValueError("no text")
        if not isinstance(kept, list) or not 1 <= len(kept) <= MOST_TABLES or len(waiting) > MOST_PEOPLE:
            raise ValueError("no tables")
        if any(len(one.name) > 2 * LONGEST_NAME for one in waiting.values()):
            raise ValueError("no name")
    except (KeyError, TypeError, ValueError) as fault:
        raise InputFault([f"this kept room is damaged: {type(fault).__name__} {fault}".rstrip()], "room") from None
    tables = []
    for one in kept:
        table = Room(hall.tables[0].settings)
        go_on(table, one, now)
        tables.append(table)
    if len({table.people.facilitator for table in tables}) > 1:
        raise InputFault(["this kept room is damaged: its tables have different facilitators"], "room")
    with hall.lock:
        hall.tables, hall.code, hall.waiting, hall.is_dealt = tables, code, waiting, is_dealt


def hall_state(hall: Hall) -> tuple[object, ...]:
    """What changes when something has happened that would be missed."""
    return hall.code, hall.is_dealt, frozenset(hall.waiting), *(state_of(table) for table in hall.tables)


def hall_keeper(path: Path) -> Keeper:
    """Keeps a hall in a file."""
    written: Written = {}
    return Keeper(path, lambda hall, now: hall_data(hall, now, written), hall_go_on, hall_state)
