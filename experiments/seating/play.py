"""Plays games with agents in seats, and keeps them: a game is its settings and its moves, so a replay needs no agent.

A folder of games holds ``game-REPLICATE.json`` (the export that ``experiments.classroom.game.replay`` reads),
``messages.jsonl`` (every question's spot with what was answered, why, what went wrong, and what was said to and by a
language model) and ``games.json`` (who sat where, and how often an agent was not heard).
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from experiments.classroom.controls import ON_PAGE, class_scenarios, parties_of
from experiments.classroom.game import FORMAT, Game, Settings, replay, versions
from experiments.classroom.seats import Question, Value
from experiments.display.ending import Ended
from experiments.seating.agents import Seatable, made
from experiments.seating.asking import question_of
from experiments.seating.measures import measured
from experiments.seating.protocol import PROTOCOL
from experiments.seating.sitting import MOST_LATE, PATIENCE, PATIENCES, Sitter, Tell, nobody
from experiments.store.files import read_json, reported, staged_folder, write_whole
from model import PARAMETERS, InputFault, load_scenario, nearest

SUBJECT: Final = "seat"
MESSAGES: Final = "messages.jsonl"
MOST_GAMES: Final = 10_000
MODEL_PATIENCE: Final = 120.0  # seconds that a language model may take unless said otherwise
LISTED: Final = ", ".join(sorted(ON_PAGE))


@dataclasses.dataclass
class Played:
    """A game that is over: the game itself, and its sitters by bloc."""

    game: Game
    sitters: dict[int, Sitter]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was asked and said, in order of bloc and then of time."""
        codes = self.game.model.start.parties.blocs
        return [{"bloc": codes[bloc], **one} for bloc, sitter in self.sitters.items() for one in sitter.messages]


def bloc_of(name: str, scenario: str) -> int:
    """The number of a bloc of a scenario.

    Raises ``InputFault`` for what is none.
    """
    codes = parties_of(scenario).blocs
    if name.upper() not in codes:
        raise InputFault([f"{name!r:.40} is no bloc; allowed is {', '.join(codes)}"], SUBJECT)
    return codes.index(name.upper())


def all_settings(
    scenario: str, numbers: Iterable[int], parameters: Mapping[str, Any] | None = None, quarters: int = 0
) -> list[Settings]:
    """The settings of some games, one a number of luck; quarters: 0 for all that the scenario has.

    Raises ``InputFault``: no scenario of the project, more quarters than it has, or a parameter that a game cannot
    change.
    """
    changes = dict(parameters or {})
    faults = [_no_control(name) for name in changes if name not in ON_PAGE]
    if scenario in class_scenarios() and quarters > (most := load_scenario(scenario).n_quarters):
        faults.append(
            f"--quarters {quarters}: scenario {scenario} has {most}; allowed is 1 to {most}, or 0 for all of them"
        )
    if faults:
        raise InputFault(faults, SUBJECT)
    return [Settings(scenario, replicate=number, parameters=changes, quarters=quarters) for number in numbers]


def _no_control(name: str) -> str:
    if name in PARAMETERS:
        return (
            f"{name} belongs to a starting point, and a game with seats cannot change it; it can change these: {LISTED}"
        )
    hint = nearest(name, ON_PAGE)
    return f"{name!r:.60} is not a parameter{f'; {hint}' if hint else ''}; a game with seats can change these: {LISTED}"


def check_patience(seconds: float) -> float:
    """How long an answer may take, seconds.

    Raises ``InputFault`` beyond ``PATIENCES``.
    """
    low, high = PATIENCES
    if not low <= seconds <= high:
        raise InputFault([f"--seconds {seconds:g}: allowed is a number from {low:g} to {high:g}"], SUBJECT)
    return seconds


def play_all(
    games: Iterable[Settings],
    agents: Mapping[int, Seatable],
    patience: float = PATIENCE,
    with_advice: bool = True,
    tell: Tell = nobody,
) -> Iterator[Played]:
    """Games one after the other, as ``play`` plays one; an agent's first fault is told, the others are counted."""
    before: dict[int, Sitter] = {}
    told: set[int] = set()
    for settings in games:
        game = Game(settings)
        sitters = {
            bloc: Sitter(
                made(one),
                f"{game.model.start.parties.blocs[bloc]} ({one.name})",
                patience,
                nobody if bloc in told else tell,
                late=MOST_LATE - 1 if bloc in before and before[bloc].is_empty else 0,
            )
            for bloc, one in sorted(agents.items())
        }
        _play(game, sitters, hashlib.sha256(settings.key().encode()).hexdigest()[:12], with_advice)
        told |= {bloc for bloc, sitter in sitters.items() if sitter.faults}
        before = sitters
        yield Played(game, sitters)


def _play(game: Game, sitters: Mapping[int, Sitter], name: str, with_advice: bool) -> None:
    world = game.model.world

    def ask(asked: Question) -> Value | None:
        sitter = sitters.get(asked.spot.bloc)
        if sitter is None or sitter.is_empty:
            return None
        return sitter.move(question_of(game, asked, name, with_advice), asked.spot, world)

    world.ask = ask
    try:
        game.advance()
    finally:
        world.ask = None
    game.moves = dict(world.moves)


def play(
    settings: Settings,
    agents: Mapping[int, Seatable],
    patience: float = PATIENCE,
    with_advice: bool = True,
    tell: Tell = nobody,
) -> Played:
    """One game to its end, with an agent in each of these seats (bloc 0 to 2) and the rules in the others.

    patience: seconds that an answer may take. with_advice: whether agents hear what the rules would do. tell: hears one
    message about an agent that is not heard. Whatever agents do, the game is played to its end.
    """
    return next(play_all([settings], agents, patience, with_advice, tell))


# --- kept -------------------------------------------------------------------------------------------------------------


def write_game(folder: Path, name: str, one: Played) -> None:
    """Write a game's export under a name, and add what was asked and said in it to the messages."""
    write_export(folder, name, one.game.export(), one.messages)


def write_export(folder: Path, name: str, export: Any, said: Iterable[Mapping[str, Any]]) -> None:
    """Write an export under a name, and add what was asked and said in that game to the messages."""
    write_json(folder / name, export)
    with reported(folder), (folder / MESSAGES).open("a", encoding="utf-8") as messages:
        messages.writelines(f"{json.dumps({'file': name, **message})}\n" for message in said)


@dataclasses.dataclass(frozen=True)
class Kept:
    """What is remembered of a game that was written: a seat of it.

    measures: as ``measures.PAIRED``. asked, decided: decisions that the agent was asked for, and that it took. faults:
    how often it was not heard, by why.
    """

    settings: Settings
    quarters: int
    bloc: int
    name: str
    measures: Mapping[str, float]
    asked: int
    decided: int
    faults: Mapping[str, int]


def kept_of(one: Played) -> list[Kept]:
    """The seats of a game that is over."""
    game = one.game
    return [
        Kept(
            game.settings,
            game.n_quarters,
            bloc,
            sitter.name,
            {name: float(value) for name, value in measured(game.model.recorder, bloc).items()},
            sitter.asked,
            sum(message.get("value") is not None for message in sitter.messages),
            dict(sitter.faults),
        )
        for bloc, sitter in one.sitters.items()
    ]


def write_games(games: Iterable[Played], agents: Mapping[int, Seatable], folder: Path) -> list[Kept]:
    """Write games as they are played; whoever interrupts keeps those that are over.

    Raises ``InputFault``: the folder cannot be written, or holds something already; then it is left as it was.
    """
    kept: list[Kept] = []
    with staged_folder(folder) as stage:
        try:
            for one in games:
                write_game(stage, f"game-{one.game.settings.replicate}.json", one)
                kept += kept_of(one)
        except (KeyboardInterrupt, Ended):
            if not kept:
                raise
        codes = parties_of(kept[0].settings.scenario).blocs if kept else ()
        seats = {codes[bloc]: dict(agent.told) for bloc, agent in agents.items()}
        rows = [
            {"replicate": one.settings.replicate, "bloc": codes[one.bloc], "asked": one.asked, "decided": one.decided}
            | {"not_heard": dict(one.faults)}
            for one in kept
        ]
        write_json(stage / "games.json", {"protocol": PROTOCOL, "versions": versions(), "seats": seats, "games": rows})
    return kept


def write_json(path: Path, data: Any) -> None:
    """Plain data, whole or not at all."""
    text = json.dumps(data, indent=1) + "\n"
    write_whole(path, functools.partial(Path.write_text, data=text, encoding="utf-8"))


def read_export(path: Path) -> dict[str, Any]:
    """An export of a game from a file.

    Raises ``InputFault`` for a file that cannot be read or holds no export.
    """
    data = read_json(path, SUBJECT)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputFault([f"'{path}' is no export of a game; name a game-REPLICATE.json of a folder of games"], SUBJECT)
    return data


def replayed(path: Path) -> tuple[Game, bool]:
    """The game of a file played again, and whether every bit of its record is the same.

    Raises ``InputFault`` for anything that is no export of a game.
    """
    return replay(read_export(path))
