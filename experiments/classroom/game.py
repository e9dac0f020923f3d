"""A game: settings and moves in, quarters out. Watch it, rewind it, branch it, export it, replay it.

A game is a pure function of its settings and its moves; luck comes from (root_seed, replicate) alone. So rewinding is
playing again up to an earlier quarter, a branch is the same luck with one thing changed from some quarter on, and an
export holds no state, only what is needed to play the game again and a digest to compare.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from experiments.classroom.controls import BRANCHABLE, absent, checked, class_scenarios
from experiments.classroom.minutes import Event, Minutes
from experiments.classroom.seats import KINDS, Question, Spot, Value, Waiting
from model import Checkpoint, InputFault, World, kind_of, nearest, root_seeds

FORMAT: Final = "detente game 1"
EXPORTED: Final = ("format", "versions", "settings", "moves", "played", "digest")
MOST_REPLICATE: Final = 1_000_000
MOST_CHANGES: Final = 12
MOST_MOVES: Final = 20_000
LARGEST_SEED: Final = 2**128


@dataclass(frozen=True)
class Change:
    """One parameter set anew from a quarter on."""

    quarter: int
    name: str
    value: Any


@dataclass(frozen=True)
class Settings:
    """All that fixes a game but people's moves: starting point, parameters, address of the luck, length, changes.

    quarters: how many are played, at most the scenario's (0: all of them).

    Raises ``InputFault`` that names every fault.
    """

    scenario: str = "2026"
    root_seed: int = field(default_factory=lambda: default_seed())  # noqa: PLW0108 - defined below
    replicate: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    quarters: int = 0

    def __post_init__(self) -> None:
        faults = []
        if self.scenario not in class_scenarios():
            faults.append(f"scenario {self.scenario!r:.60}: allowed is one of {', '.join(class_scenarios())}")
        for name, most in (("root_seed", LARGEST_SEED), ("replicate", MOST_REPLICATE), ("quarters", 1000)):
            came = getattr(self, name)
            if isinstance(came, bool) or not isinstance(came, int) or not 0 <= came < most:
                faults.append(f"{name} {came!r:.60}: allowed is a whole number from 0, below {most}")
        if len(self.changes) > MOST_CHANGES:
            faults.append(f"{len(self.changes)} changes: allowed are {MOST_CHANGES}")
        if faults:
            raise InputFault(faults, "game")
        object.__setattr__(self, "parameters", checked(dict(self.parameters)))
        if strangers := absent(self.scenario) & {*self.parameters, *(change.name for change in self.changes)}:
            said = "{} is of no government of scenario {}; leave it out"
            raise InputFault([said.format(name, self.scenario) for name in sorted(strangers)], "game")
        for change in self.changes:
            if (
                isinstance(change.quarter, bool)
                or not isinstance(change.quarter, int)
                or not 0 <= change.quarter < 1000
            ):
                raise InputFault([f"change in quarter {change.quarter!r:.40}: allowed is a whole number"], "game")
            checked({change.name: change.value}, BRANCHABLE)

    def key(self) -> str:
        """Equal keys, equal settings."""
        return repr(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Plain data that ``read_settings`` reads."""
        return {
            "scenario": self.scenario,
            "root_seed": str(self.root_seed),  # as text: it is larger than a browser's numbers
            "replicate": self.replicate,
            "parameters": dict(sorted(self.parameters.items())),
            "changes": [[change.quarter, change.name, change.value] for change in self.changes],
            "quarters": self.quarters,
        }


def default_seed() -> int:
    """The first root seed for lessons."""
    return int(root_seeds("teaching")[0])


def near_to(name: object, known: Sequence[str]) -> str:
    """The known name that was meant, or all of them."""
    return nearest(name, known) or f"allowed are {', '.join(known)}"


def read_settings(data: object) -> Settings:
    """Settings from plain data of unknown origin.

    Raises ``InputFault`` for anything that is not settings.
    """
    if not isinstance(data, dict):
        raise InputFault([f"settings: {kind_of(data)}; allowed is a table of names and values"], "game")
    known = ("scenario", "root_seed", "replicate", "parameters", "changes", "quarters")
    strangers = [name for name in data if name not in known]
    if strangers:
        raise InputFault([f"{name!r:.60} is no setting; {near_to(name, known)}" for name in strangers], "game")
    chosen: dict[str, Any] = {name: data[name] for name in ("scenario", "replicate", "quarters") if name in data}
    if "root_seed" in data:
        seed = data["root_seed"]
        if not (isinstance(seed, str) and seed.isascii() and seed.isdigit() and len(seed) <= 39):
            raise InputFault([f"root_seed {seed!r:.60}: allowed is a text of at most 39 digits"], "game")
        chosen["root_seed"] = int(seed)
    parameters = data.get("parameters", {})
    changes = data.get("changes", [])
    if not isinstance(parameters, dict) or not isinstance(changes, list):
        raise InputFault(["parameters: allowed is a table; changes: allowed is a list"], "game")
    rows = []
    for row in changes[: MOST_CHANGES + 1]:
        if not isinstance(row, list) or len(row) != 3 or not isinstance(row[1], str):
            raise InputFault([f"change {row!r:.80}: allowed is [quarter, parameter, value]"], "game")
        rows.append(Change(*row))
    if not isinstance(chosen.get("scenario", ""), str):
        raise InputFault(["scenario: allowed is a name"], "game")
    return Settings(parameters=parameters, changes=tuple(rows), **chosen)


class Game:
    """A game being played.

    settings, moves, seats, released: as in ``SeatedModel``. ``advance`` plays; where people are awaited it stops with
    ``questions`` and ``model`` is the model in the middle of the quarter: look at it, never step it. ``marks`` are the
    starts of its quarters, to go back to: all of them, unless ``forget`` was called. After new moves call ``restart``.
    """

    def __init__(
        self,
        settings: Settings,
        moves: Mapping[Spot, Value] | None = None,
        seats: Mapping[int, int] | None = None,
        released: frozenset[Spot] = frozenset(),
    ) -> None:
        self.settings = settings
        self.moves: dict[Spot, Value] = dict(moves or {})
        self.seats, self.released = dict(seats or {}), released
        self.marks: dict[int, Checkpoint] = {}
        self.restart()

    def restart(self) -> None:
        """Begin again, with the moves known by now."""
        from experiments.classroom.seated import SeatedModel  # with Mesa, for which who plays clouds has no use

        s = self.settings
        self.model = SeatedModel(
            moves=self.moves,
            seats=self.seats,
            released=self.released,
            scenario=s.scenario,
            root_seed=s.root_seed,
            replicate=s.replicate,
            narrate=False,
            **s.parameters,
        )
        self.minutes = Minutes(self.model)
        self.model.narrate(self.minutes)
        self.questions: list[Question] = []
        self.events: list[list[Event]] = []
        self.marks = {}
        self.n_quarters = min(s.quarters or self.model.n_quarters, self.model.n_quarters)

    def go_on_from(self, earlier: Game, quarter: int) -> Game:
        """Take over the first so many quarters of another game, which had the same settings, moves and luck in them.

        Nothing is played again: the state is copied, as it was at the start of that quarter, or of the last one before
        it of which the other game has a mark.
        """
        quarter = max((mark for mark in earlier.marks if mark <= min(quarter, earlier.quarter)), default=0)
        if quarter > 0:
            self.marks = {mark: start for mark, start in earlier.marks.items() if mark <= quarter}
            self.events = earlier.events[:quarter]
            self.model.world.by_rules, self.model.world.own_way = (
                earlier.model.world.by_rules,
                earlier.model.world.own_way,
            )
            self._change_to(quarter - 1)
            self._back_to(quarter)
        return self

    def _back_to(self, quarter: int) -> None:
        world = self.model.world
        world.by_rules = [question for question in world.by_rules if question.spot.quarter < quarter]
        world.own_way = {spot for spot in world.own_way if spot.quarter < quarter}
        world.waiting = []
        world.rewind(self.marks[quarter])
        self.minutes.take()

    @property
    def quarter(self) -> int:
        """Quarters played so far."""
        return len(self.events)

    @property
    def is_over(self) -> bool:
        """Whether all quarters have been played."""
        return self.quarter >= self.n_quarters

    def advance(self, upto: int | None = None) -> list[Question]:
        """Play on until quarter ``upto`` (the end by default) has been reached, or until people are awaited."""
        goal = self.n_quarters if upto is None else min(upto, self.n_quarters)
        while self.quarter < goal and not self.questions:
            self._mark()
            if any(change.quarter == self.quarter for change in self.settings.changes):
                self._change_to(self.quarter)
            try:
                self.model.world.step()
            except Waiting as stop:
                self.questions = stop.questions
                break
            except Exception:
                self._back_to(self.quarter)  # nobody goes on from the middle of a quarter
                raise
            self.events.append(self.minutes.take())
        if not self.questions:
            self._mark()
        return self.questions

    def _mark(self) -> None:
        if self.quarter not in self.marks:
            self.marks[self.quarter] = self.model.world.checkpoint()

    def forget(self) -> None:
        """Keep the last mark alone: the game goes on as before, and going back costs playing from the start."""
        self.marks = dict(list(self.marks.items())[-1:])

    def _change_to(self, quarter: int) -> None:
        """Play by the parameters of this quarter from now on."""
        now = {change.name: change.value for change in self.settings.changes if change.quarter <= quarter}
        if now:
            change_parameters(self.model.world, {**self.settings.parameters, **now})

    # --- rewind and branch ----------------------------------------------------------------------------------------

    def rewound(self, quarter: int) -> Game:
        """The same game up to a quarter: same luck, same moves."""
        earlier = Game(self.settings, self.moves, self.seats, self.released).go_on_from(self, quarter)
        earlier.advance(quarter)
        return earlier

    def branched(
        self, quarter: int, changes: Mapping[str, Any] | None = None, move: tuple[Spot, Value] | None = None
    ) -> Game:
        """The same luck and moves up to a quarter, and one thing changed from there: a parameter, or a decision.

        Raises ``InputFault`` where a parameter cannot change midway or a value is out of range.
        """
        added = tuple(Change(quarter, name, value) for name, value in (changes or {}).items())
        kept = {spot: value for spot, value in self.moves.items() if spot.quarter < quarter}
        if move is not None:
            kept[move[0]] = move[1]
        settings = replace(self.settings, changes=(*self.settings.changes, *added))
        released = frozenset(spot for spot in self.released if spot.quarter < quarter)
        common = quarter if move is None else min(quarter, move[0].quarter)
        return Game(settings, kept, self.seats, released).go_on_from(self, common)

    # --- export and replay ----------------------------------------------------------------------------------------

    def digest(self) -> str:
        """SHA-256 of every recorded number so far, bit by bit."""
        total = hashlib.sha256()
        for frame in self.model.recorder.frames:
            for table in sorted(frame):
                for column in sorted(frame[table]):
                    values = np.ascontiguousarray(np.asarray(frame[table][column], dtype=np.float64))
                    total.update(f"{table}.{column}".encode())
                    total.update(values.tobytes())
        return total.hexdigest()

    def export(self) -> dict[str, Any]:
        """Everything needed to play this game again, as plain data: versions, settings, moves, digest."""
        return {
            "format": FORMAT,
            "versions": versions(),
            "settings": self.settings.as_dict(),
            "moves": [[*spot, value] for spot, value in sorted(self.moves.items())],
            "played": self.quarter,
            "digest": self.digest(),
        }


def change_parameters(world: World, values: Mapping[str, Any]) -> None:
    """From now on a world plays under these values, by flat name, over those of its scenario.

    Raises ``InputFault`` where a value is out of range.
    """
    world.follow(world.scenario.parameters.with_overrides(values))


def replay(data: object) -> tuple[Game, bool]:
    """The game of an export played again, and whether every recorded bit is the same.

    Nobody is seated: where the export has no move, the rules decide, as they did then.

    Raises ``InputFault`` for anything that is not an export of a game.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputFault([f"this is no export of a game: its format is not {FORMAT!r}"], "game")
    if faults := [
        f"{name!r:.60} is no part of a game; {near_to(name, EXPORTED)}" for name in data if name not in EXPORTED
    ]:
        raise InputFault(faults, "game")
    played = data.get("played")
    if isinstance(played, bool) or not isinstance(played, int) or not 0 <= played <= 1000:
        raise InputFault(["played: allowed is a whole number of quarters"], "game")
    game = Game(read_settings(data.get("settings")), read_moves(data.get("moves")))
    game.advance(played)
    return game, game.digest() == data.get("digest")


def read_moves(rows: object) -> dict[Spot, Value]:
    """Moves from plain data of unknown origin; whether they are legal is known when they are played.

    Raises ``InputFault`` for rows that are no moves.
    """
    if not isinstance(rows, list) or len(rows) > MOST_MOVES:
        raise InputFault([f"moves: allowed is a list of at most {MOST_MOVES}"], "game")
    moves: dict[Spot, Value] = {}
    for row in rows:
        if not isinstance(row, list) or len(row) != 6 or row[3] not in KINDS or not isinstance(row[5], int | str):
            raise InputFault([f"move {row!r:.80}: allowed is [quarter, dyad, bloc, kind, round, value]"], "game")
        numbers = [row[0], row[1], row[2], row[4]]
        if any(isinstance(x, bool) or not isinstance(x, int) or not 0 <= x < 1000 for x in numbers):
            raise InputFault([f"move {row!r:.80}: quarter, dyad, bloc and round are whole numbers"], "game")
        moves[Spot(row[0], row[1], row[2], row[3], row[4])] = row[5]
    return moves


def versions() -> dict[str, str]:
    """Versions of what a game's bits depend on."""
    packages = {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "mesa")}
    try:
        own = importlib.metadata.version("detente")
    except importlib.metadata.PackageNotFoundError:  # run from a checkout that was never installed
        own = "checkout"
    return {"detente": own, "python": platform.python_version(), **packages}
