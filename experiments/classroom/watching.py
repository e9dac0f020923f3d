"""Runs that are being watched: each visitor asks for the quarters of some settings, and gets them as they are played.

The server keeps nothing of a visitor: what a run shows follows from its settings alone. Games in progress are kept
for a while, so that the next quarter costs one quarter and not a run; those that were looked at last also know the
starts of their quarters, from which a game that begins alike goes on.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any, Final

from experiments.classroom.game import Change, Game, Settings, read_moves
from experiments.classroom.seats import Spot, Value
from experiments.classroom.view import outcome_view, quarter_view, start_view

MOST_GAMES: Final = 40
MOST_QUARTERS_KEPT: Final = 640  # of all games, about 65 kB each: seventeen whole runs
MOST_MARKS: Final = 200  # starts of quarters, about 100 kB each
MOST_QUARTERS_AT_ONCE: Final = 60


class Watched:
    """One game that somebody watches, with what has been shown of it; it begins when it is first looked at."""

    def __init__(self, settings: Settings, moves: dict[Spot, Value], earlier: list[Watched]) -> None:
        self.lock = threading.Lock()
        self.settings, self.moves, self.earlier = settings, moves, earlier
        self.quarters: list[dict[str, Any]] = []

    def upto(self, quarter: int) -> None:
        """Play until this many quarters have been played; ``lock`` is held."""
        while self.game.quarter < min(quarter, self.game.n_quarters):
            self.game.advance(self.game.quarter + 1)
            self.quarters.append(quarter_view(self.game.model) | {"events": self.game.events[-1]})

    @functools.cached_property
    def game(self) -> Game:
        """The game; it takes over the quarters that another one has played, where nothing differs in them."""
        earlier, self.earlier = self.earlier, []  # whatever comes: one that holds the others holds theirs
        game = Game(self.settings, self.moves)
        nearest = max(earlier, key=lambda one: common_quarters(self, one), default=None)
        if nearest is not None and common_quarters(self, nearest):
            with nearest.lock:
                game.go_on_from(nearest.game, common_quarters(self, nearest))
                self.quarters = nearest.quarters[: game.quarter]
        return game

    @property
    def n_marks(self) -> int:
        """Starts of quarters that are kept; none before the game has begun."""
        return len(self.game.marks) if "game" in vars(self) else 0

    def forget(self) -> None:
        """Keep the last of them alone; ``lock`` is held."""
        if self.n_marks:
            self.game.forget()

    @functools.cached_property
    def start(self) -> dict[str, Any]:
        """What stays the same in it."""
        return start_view(self.game.model)


def common_quarters(one: Watched, other: Watched) -> int:
    """With how many quarters of another game a game begins: nothing that fixes the two differs in them."""
    if replace(one.settings, changes=()) != replace(other.settings, changes=()):
        return 0
    differ = [spot.quarter for spot, _ in one.moves.items() ^ other.moves.items()]
    n_quarters = min([*differ, len(other.quarters)])
    while n_quarters and _changes(one, n_quarters) != _changes(other, n_quarters):
        n_quarters -= 1
    return n_quarters


def _changes(one: Watched, before: int) -> list[Change]:
    return [change for change in one.settings.changes if change.quarter < before]


class Watching:
    """The games that are being watched."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._games: OrderedDict[str, Watched] = OrderedDict()

    def show(self, settings: Settings, moves: object, first: int, upto: int) -> dict[str, Any]:
        """Quarters ``first`` to ``upto`` of a game, what stays the same in it, and its outcome when it is over.

        Raises ``InputFault`` for moves that are none.
        """
        watched = self._watched(settings, moves)
        with watched.lock:
            watched.upto(min(upto, first + MOST_QUARTERS_AT_ONCE))
            over = watched.game.is_over
            return {
                "start": watched.start | {"quarters": watched.game.n_quarters},
                "quarters": watched.quarters[max(0, first) : max(0, upto)],
                "over": over,
                "outcome": outcome_view(watched.game.model) if over else None,
            }

    def export(self, settings: Settings, moves: object) -> dict[str, Any]:
        """A game played to its end, as it can be replayed."""
        watched = self._watched(settings, moves)
        with watched.lock:
            watched.upto(watched.game.n_quarters)
            return watched.game.export()

    def _forget(self) -> None:
        """Drop the games that were not looked at for longest beyond what is kept, and of the others old marks."""
        games, n_quarters, n_marks = 0, 0, 0
        for key, watched in reversed(list(self._games.items())):
            games, n_quarters = games + 1, n_quarters + len(watched.quarters)
            if games > 1 and (games > MOST_GAMES or n_quarters > MOST_QUARTERS_KEPT):
                del self._games[key]
                continue
            n_marks += watched.n_marks
            # Whoever plays it now is about to be the last that was looked at.
            if games > 1 and n_marks > MOST_MARKS and watched.lock.acquire(blocking=False):
                n_marks -= watched.n_marks
                watched.forget()
                watched.lock.release()

    def _watched(self, settings: Settings, moves: object) -> Watched:
        plain = read_moves(moves if moves is not None else [])
        key = settings.key() + repr(sorted(plain.items()))
        with self._lock:
            watched = self._games.get(key)
            if watched is None:
                watched = self._games[key] = Watched(settings, plain, list(self._games.values()))
            self._games.move_to_end(key)
            self._forget()
        return watched
