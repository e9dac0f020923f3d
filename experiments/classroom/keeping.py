"""A room that outlives its command: who sits where and what was decided, in one file, written whenever either changes.

A game is its settings and its moves, so a room is gone on with by playing them again; that every recorded number is the
same is checked. The file holds the tokens of the facilitator and the seats: whoever reads it can sit in their place, so
that only its owner may.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from experiments.classroom.controls import parties_of
from experiments.classroom.game import Game, read_moves, read_settings
from experiments.classroom.people import HELD, Person
from experiments.classroom.room import LOBBY, OVER, PACES, PATIENCES, PAUSED, PLAYING, Room
from experiments.classroom.seats import Spot
from experiments.classroom.view import quarter_view
from experiments.store.files import check_writable, write_whole
from model import InputFault

FORMAT: Final = "detente-room-1"
LARGEST: Final = 20_000_000  # bytes; a long game of many offers is a twentieth of it
AWAY: Final = float("-inf")


def as_data(room: Room, now: float) -> dict[str, Any]:
    """The room as plain data, to be gone on with by ``go_on``."""
    with room.lock:
        game = room.game.rewound(room.game.quarter) if room.game.questions else room.game
        return {
            "format": FORMAT,
            "facilitator": room.people.facilitator,
            "codes": list(room.people.codes),
            "persons": [
                [token, one.bloc, one.since, now - one.seen < HELD, one.name]
                for token, one in room.people.persons.items()
            ],
            "settings": room.settings.as_dict(),
            "moves": [[*spot, value] for spot, value in sorted(room.game.moves.items())],
            "released": [list(spot) for spot in sorted(room.game.released)],
            "advice": [[*spot, value] for spot, value in sorted(room.advice.items())],
            "peeked": [list(spot) for spot in sorted(room.peeked)],
            "papers": [[[*spot], about, lines] for spot, all_ in room.papers.items() for about, lines in all_.items()],
            "phase": room.phase,
            "played": room.game.quarter,
            "digest": game.digest(),
            **{"pace": room.pace, "patience": room.patience, "sayings": list(room.sayings)},
        }


def go_on(room: Room, data: object, now: float) -> None:
    """Make a new room the one that was kept. Seats that were held then are held for their browsers from now on.

    Raises ``InputFault`` for anything that is no kept room, or was played by a model that plays differently.
    """
    kept = _read(data, now)
    game = Game(kept.settings, kept.moves, {}, kept.released)
    quarters = []
    while game.quarter < min(kept.played, game.n_quarters):
        game.advance(game.quarter + 1)
        quarters.append(quarter_view(game.model))
    if game.digest() != kept.digest:
        raise InputFault(["this room was played by another version of the model, which plays it differently"], "room")
    with room.lock:
        room.people.facilitator, room.people.codes, room.people.persons = kept.facilitator, kept.codes, kept.persons
        room.settings, room.game, room.quarters = kept.settings, game, quarters
        room.advice, room.papers, room.sayings = kept.advice, kept.papers, kept.sayings
        room.pace, room.patience, room.peeked = kept.pace, kept.patience, kept.peeked
        room.seats, room.asked_at, room.next_at, room.version = {}, {}, now, 1
        if kept.phase == OVER:
            room.lead(kept.facilitator, "end", {}, now)
        else:
            room.phase = kept.phase
            room.tick(now)


def _read(data: object, now: float) -> SimpleNamespace:
    """A kept room's parts, each of its own kind."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputFault([f"this is no kept room: its format is not {FORMAT!r}"], "room")
    try:
        settings, moves = read_settings(data["settings"]), read_moves(data["moves"])
        advice = read_moves(data["advice"])
        released = frozenset(read_moves([[*row, 0] for row in data["released"]]))
        peeked = set(read_moves([[*row, 0] for row in data.get("peeked", [])]))
        n_seats = parties_of(settings.scenario).n_blocs
        persons = {_text(token): _person(row, now, n_seats) for token, *row in data["persons"]}
        codes, facilitator = [_text(code) for code in data["codes"]], _text(data["facilitator"])
        sayings = [_text(one) for one in data["sayings"]]
        papers: dict[Spot, dict[int, dict[str, Any]]] = {}
        for spot, about, lines in data["papers"]:
            (found,) = read_moves([[*spot, 0]])
            papers.setdefault(found, {})[int(about)] = dict(lines)
        phase, played = data["phase"], data["played"]
        pace, patience = float(data["pace"]), float(data["patience"])
        if len(codes) != n_seats or phase not in (LOBBY, PLAYING, PAUSED, OVER):
            raise ValueError
        if type(played) is not int or played < 0:
            raise ValueError
        if not (PACES[0] <= pace <= PACES[1] and PATIENCES[0] <= patience <= PATIENCES[1]):
            raise ValueError
    except InputFault:
        raise
    except (KeyError, TypeError, ValueError) as fault:
        raise InputFault([f"this kept room is damaged: {type(fault).__name__} {fault}".rstrip()], "room") from None
    return SimpleNamespace(
        **{"settings": settings, "moves": moves, "advice": advice, "released": released, "persons": persons},
        **{"codes": codes, "facilitator": facilitator, "sayings": sayings, "papers": papers, "phase": phase},
        **{"peeked": peeked},
        **{"played": played, "digest": data.get("digest"), "pace": pace, "patience": patience},
    )


def _text(data: object) -> str:
    if not isinstance(data, str) or not data:
        raise ValueError("no text")
    return data


def _person(row: list[Any], now: float, n_seats: int) -> Person:
    bloc, since, is_there, *name = row
    if type(bloc) is not int or not 0 <= bloc < n_seats or type(since) is not int:
        raise ValueError("no seat")
    if any(not isinstance(one, str) for one in name) or len(name) > 1:
        raise ValueError("no name")
    return Person(bloc, now if is_there is True else AWAY, since, name="".join(name))


def state_of(room: Room) -> tuple[object, ...]:
    """What changes when something has happened that would be missed."""
    people, game = room.people, room.game
    return (
        *(room.settings.key(), room.phase, game.quarter, len(game.moves), len(game.released), room.pace),
        *(room.patience, tuple(room.sayings), tuple(people.codes), frozenset(people.persons)),
    )


class Keeper:
    """Keeps a room, or a hall of them, in a file; ``look`` writes it where something has happened.

    as_data, go_on, state: of what is kept, as those of a room here.
    """

    def __init__(
        self,
        path: Path,
        as_data: Callable[[Any, float], dict[str, Any]] = as_data,
        go_on: Callable[[Any, object, float], None] = go_on,
        state: Callable[[Any], tuple[object, ...]] = state_of,
    ) -> None:
        self.path = path
        self._as_data, self._go_on, self._state = as_data, go_on, state
        self._written: object = None
        self._lock = threading.Lock()

    def begin(self, kept: Any, now: float) -> bool:
        """Go on with what the file keeps, if it is there; whether it was.

        Raises ``InputFault``: a file that cannot be read or written, or is no kept room.
        """
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            check_writable(self.path)
            return False
        except OSError as fault:
            raise self._fault(fault.strerror or str(fault)) from None
        try:
            data = json.loads(text) if len(text) <= LARGEST else None
            self._go_on(kept, data, now)
        except (ValueError, RecursionError) as fault:
            raise self._fault("; ".join(fault.faults) if isinstance(fault, InputFault) else "no JSON") from None
        return True

    def _fault(self, why: str) -> InputFault:
        said = f"--room '{self.path}': {why}; name another file, or move this one away to begin a new room"
        return InputFault([said], "command line")

    def look(self, kept: Any, now: float) -> None:
        """Write it if it has changed. What the disk refuses is told to the facilitator, and tried again."""
        with self._lock:
            self._look(kept, now)

    def _look(self, kept: Any, now: float) -> None:
        with kept.lock:
            state = self._state(kept)
            if state == self._written:
                return
            text = json.dumps(self._as_data(kept, now))
        try:
            write_whole(self.path, lambda path: _private(path, text))
        except InputFault as fault:
            kept.fault = str(fault)[:400]
        else:
            self._written = state


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
