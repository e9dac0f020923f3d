"""What a file that is taken home holds: a run with its minutes, its cloud, the chapters' answers, perhaps an emulator.

A run comes from a room whose game is over, from the file of a game or of a room, from a results folder, or is played
here. Whatever was kept is played again, and a file is made only if every number comes out as it was: what is shown is
what happened. No secret of a room is in it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from experiments.classroom.cloud import N_RUNS, Cloud, pictured
from experiments.classroom.controls import ON_PAGE, class_scenarios, control_list
from experiments.classroom.game import FORMAT, Settings, default_seed, read_moves, read_settings, versions
from experiments.classroom.hall_keeping import FORMAT as HALL_FORMAT
from experiments.classroom.keeping import FORMAT as ROOM_FORMAT
from experiments.classroom.keeping import go_on
from experiments.classroom.learning import terms, translated
from experiments.classroom.lessons import Course
from experiments.classroom.one_file import one_file
from experiments.classroom.pages import PAGES
from experiments.classroom.room import OVER, Room
from experiments.classroom.view import number, outcome_view, who_view
from experiments.classroom.watching import Watched
from experiments.emulation.emulator import Emulator
from experiments.running.runner import rerun
from experiments.store.files import read_json
from experiments.store.folder import Results
from experiments.store.manifest import now
from model import FAMILIES, InputFault, TacticFile, __version__, load_scenario

SUBJECT: Final = "page"
NO_RUN: Final = "--run names a run of a results folder, or a table of a kept class; leave it out, or name one of these"
Data = dict[str, Any]


@dataclass
class Home:
    """A run that is over, as plain data, with what it came from.

    settings, moves, start, quarters, outcome: as the page has them. room: of a game that people or programs played,
    what its debrief tells. export: what the game is played again from. origin: in words; again: the command that makes
    the same file.
    """

    settings: Data
    start: Data
    quarters: list[Data]
    outcome: list[Data]
    digest: str
    origin: str
    again: str
    cloud: Data = field(default_factory=dict)
    moves: list[list[Any]] = field(default_factory=list)
    room: Data | None = None
    export: Data | None = None

    def html(self, language: str, emulator: Emulator | None = None) -> str:
        """The file. language: in which it opens."""
        facts = page_facts(Course()) | {"emulator": emulator is not None, "held": self._about(emulator)}
        held = {
            **{"settings": self.settings, "moves": self.moves, "start": self.start, "quarters": self.quarters},
            **{"outcome": self.outcome, "cloud": self.cloud, "room": self.room, "export": self.export},
            **{"facts": facts, "words": PAGES.words},
            "emulator": None if emulator is None else slim(emulator),
            "glossary": terms(),
            "terms": translated(),
        }
        return one_file(held, language)

    def _about(self, emulator: Emulator | None) -> Data:
        told = {} if emulator is None else {"points": emulator.told["n_points"], "runs": emulator.told["replicates"]}
        packages = ", ".join(f"{name} {version}" for name, version in versions().items())
        return {
            **{"version": __version__, "date": now(), "from": self.origin, "again": self.again, "digest": self.digest},
            **{"packages": packages, "emulator": told, "has_export": self.export is not None},
        }


def page_facts(course: Course) -> Data:
    """What every page needs: its controls and scenarios, its lessons, how it is called."""
    return {
        "controls": control_list(),
        "scenarios": [dict(one) for one in _scenarios()],
        "languages": PAGES.languages,
        "families": list(FAMILIES),
        "seed": str(default_seed()),
        "lessons": course.as_data(),
        "version": __version__,
    }


@functools.cache
def _scenarios() -> list[Data]:
    """Who sits in each scenario of a class, what it sets, and which controls are of none of its governments; read
    once, because scenarios take long to read."""
    found = {name: load_scenario(name) for name in class_scenarios()}
    return [
        {
            "name": name,
            "start": who_view(scenario.parties),
            "parameters": scenario.parameters.changes(),
            "quarters": scenario.n_quarters,
            "last": scenario.last_quarter,
            "without": [control for control in ON_PAGE if control not in scenario.parameters.as_dict()],
        }
        for name, scenario in found.items()
    ]


def slim(emulator: Emulator) -> Data:
    """An emulator as a page needs it: without the runs that it was measured on."""
    left_out = ("tested", "held_out")
    outputs = [{name: value for name, value in one.items() if name not in left_out} for one in emulator.outputs]
    return {name: value for name, value in emulator.told.items() if name not in left_out} | {"outputs": outputs}


# --- where a run comes from -----------------------------------------------------------------------------------------


def of_room(room: Room, cloud: Data, origin: str = "a class", again: str = "") -> Home:
    """The game of a room that is over; ``cloud`` as far as it has been played."""
    seen = room.public(0, 0.0)
    start, moves = seen["start"] | {"quarters": len(seen["quarters"])}, sorted(room.game.moves.items())
    return Home(
        seen["settings"], start, seen["quarters"], seen["outcome"], room.digest, origin, again, cloud,
        moves=[[*spot, value] for spot, value in moves],
        room={name: seen[name] for name in ("settings", "moves", "outcome", "start")},
        export=room.game.export(),
    )  # fmt: skip


def of_hall_file(data: Data, name: str, run: str | None) -> Home:
    """A table of a kept class; run: its number from 1, the first if None."""
    tables = data.get("tables")
    if not isinstance(tables, list) or not tables:
        raise InputFault([f"'{name}': this kept room is damaged: it has no tables"], SUBJECT)
    allowed = [str(number) for number in range(1, len(tables) + 1)]
    if run is not None and run not in allowed:
        raise InputFault([f"--run '{run}': allowed is a table of '{name}', 1 to {len(tables)}"], "command line")
    table = tables[int(run or 1) - 1]
    return of_room_file(table if isinstance(table, dict) else {}, name)


def of_room_file(data: Data, name: str) -> Home:
    """The game of a kept room, as far as it has been played."""
    room = Room(Settings(quarters=1))
    go_on(room, data | {"phase": OVER}, 0.0)
    _not_empty(room.game.quarter, name)
    return of_room(room, whole_cloud(room.settings), name, f"detente page {name}")


def of_game(data: Data, name: str) -> Home:
    """A game from its export, whoever played it."""
    settings, moves = read_settings(data.get("settings")), read_moves(data.get("moves"))
    played = data.get("played")
    if isinstance(played, bool) or not isinstance(played, int):
        raise InputFault(["played: allowed is a whole number of quarters"], "game")
    watched = Watched(settings, moves, [])
    watched.upto(min(played, 1000))
    if watched.game.quarter != played or watched.game.digest() != data.get("digest"):
        raise InputFault([f"'{name}' was played by another version of the model, which plays it differently"], "game")
    found = _watched(watched, name, f"detente page {name}")
    found.cloud, found.export = whole_cloud(settings), data
    if moves:
        names = ("quarter", "dyad", "bloc", "kind", "round")
        rows = [{**dict(zip(names, spot, strict=True)), "value": value, "same": True} for spot, value in moves.items()]
        found.room = {"settings": found.settings, "moves": rows, "outcome": found.outcome, "start": found.start}
        found.room["advised"] = False  # what the rules would have done is not in the file
    return found


def of_scenario(settings: Settings | None = None) -> Home:
    """A run played here, by the rules alone."""
    chosen = settings or Settings()
    watched = Watched(chosen, {}, [])
    watched.upto(1000)
    found = _watched(watched, f"scenario {chosen.scenario}", "detente page")
    found.cloud, found.export = whole_cloud(chosen), watched.game.export()
    return found


@dataclass(frozen=True)
class Found(Settings):
    """Settings of a run that is in a results folder: whatever a plan may set, not only what a class may."""

    name: str = ""

    def __post_init__(self) -> None:
        """They have been checked when the plan was read."""

    def as_dict(self) -> Data:
        """As the page shows them."""
        return super().as_dict() | {"scenario": self.name}


def of_results(results: Results, run: str, tactics: TacticFile | None = None) -> Home:
    """A run of a sweep, with the runs of its design point around it.

    Raises:
        InputFault: there is no such run, it failed, it comes out otherwise now, or a page cannot show it.
    """
    again = rerun(results, run, tactics)
    chunk, title = again.chunk, f"{results.folder.name}, run {run}"
    if again.fresh["status"] != "ok":
        raise InputFault([f"run {run} of '{results.folder}' failed: {again.fresh['message']}"], SUBJECT)
    if not again.is_same:
        said = f"run {run} of '{results.folder}' comes out otherwise now: the model has changed since; sweep again"
        raise InputFault([said], SUBJECT)
    scenario = load_scenario(chunk.scenario)
    settings = Found(chunk.scenario, chunk.root_seed, chunk.first, dict(chunk.settings), name=scenario.name)
    watched = Watched(settings, {}, [])
    watched.upto(1000)
    found = _watched(watched, title, f"detente page {results.folder.name} --run {run}")
    found.cloud = _stored_cloud(results, chunk.design_point, chunk.first, scenario.parties.dyad_names)
    return found


def _stored_cloud(results: Results, point: int, own: int, dyads: Sequence[str]) -> Data:
    """The cloud of a design point, as it was played: the own luck first."""
    names = ("mean_depth", "joint_gain", "emerged", "inherited", "kept", "durable")
    frame = results.read(["dyad", *names], [point])
    lucks = frame["replicate"].unique().tolist()
    order = [own, *(luck for luck in lucks if luck != own)][:N_RUNS]
    columns: dict[str, list[list[float]]] = {name: [] for name in names}
    for dyad in dyads:
        rows = frame[frame["dyad"] == dyad].set_index("replicate").loc[order]
        for name in names:
            columns[name].append([number(value) for value in rows[name].astype(float)])
    return pictured(columns, len(order), len(order))


def _watched(watched: Watched, origin: str, again: str) -> Home:
    game = watched.game
    _not_empty(game.quarter, origin)
    return Home(
        game.settings.as_dict(), watched.start | {"quarters": game.quarter}, watched.quarters,
        outcome_view(game.model), game.digest(), origin, again,
        moves=[[*spot, value] for spot, value in sorted(game.moves.items())],
    )  # fmt: skip


def _not_empty(played: int, name: str) -> None:
    if not played:
        raise InputFault([f"'{name}': no quarter has been played yet; play on, or name another game"], SUBJECT)


def whole_cloud(settings: Settings) -> Data:
    """The picture of these settings under other luck, played here and now."""
    cloud = Cloud(settings)
    while batch := cloud.next_batch():
        cloud.add(cloud.play(settings, batch))
    return cloud.view()


def read(what: Path | None, run: str | None, tactics: TacticFile | None = None) -> Home:
    """The run that a command names: a results folder, the file of a game or a room, or none for one played here.

    Raises:
        InputFault: there is no such thing, or it is something else.
    """
    if what is not None and what.is_dir():
        return of_results(Results.open(what), run or "0-0", tactics)
    if what is None and run is None:
        return of_scenario()
    if what is None:
        raise InputFault([NO_RUN], "command line")
    data = read_json(what, SUBJECT)
    kind = str(data.get("format")) if isinstance(data, dict) else ""
    if kind == HALL_FORMAT:
        return of_hall_file(data, what.name, run)
    if run is not None:
        raise InputFault([NO_RUN], "command line")
    makers = {FORMAT: of_game, ROOM_FORMAT: of_room_file}
    if kind not in makers:
        allowed = "a results folder, the file of a game (Export the game; game-0.json of seats) or of a room (--room)"
        raise InputFault([f"'{what}' is nothing that a page can be made of; allowed are {allowed}"], SUBJECT)
    return makers[kind](data, what.name)


__all__: Sequence[str] = ["Home", "of_room", "page_facts", "read", "slim"]
