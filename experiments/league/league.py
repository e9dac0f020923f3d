"""A league of tactics: everybody against everybody, in every seat, on situations drawn from whole runs.

What is played is one bargaining session at a time (``sessions.py``), the cheapest engine that is still the model's
own: a situation is the state of a run at the end of a drawn assessment quarter, with its calibrated values of every
package, trust, tension, dialogue and treaty in force. So a league says who does well at the table with a deadline, and
what the deals are worth there; it says nothing of what a tactic does to trust or tension over years. For that put the
tactic into a plan (``tactic_us`` and its like are parameters) and sweep.

Every pair of players meets in the same situations with the same luck, so their differences are paired. Situations are
the units of chance: intervals come from the spread between them.

A league plan is a TOML file with ``title``, ``scenarios``, ``situations``, ``replicates``, ``root_seed``,
``[settings]`` and ``[[players]]``: ``name``, ``tactic``, ``exponent``, ``acceptance``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from concurrent.futures import as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.design.plan_file import DEFAULT_ROOT_SEED, read_root_seed
from experiments.design.plan_reading import TableReader, is_number
from experiments.design.sampling import generator
from experiments.league.sessions import Player, assessment_quarters, play_sessions, situations
from experiments.running.executors import executor_maker
from model import (
    PARAMETERS,
    InputFault,
    described,
    find_scenario,
    known_scenario,
    load_tactics,
    make_parameters,
    read_toml,
    registered,
    scenario_names,
)

if TYPE_CHECKING:
    from model import Parties, TacticFile

PLAN_KEYS: Final = ("title", "scenarios", "situations", "replicates", "root_seed", "settings", "players")
PLAYER_KEYS: Final = ("name", "tactic", "exponent", "acceptance")
DEFAULT_SCENARIOS: Final = ("2026", "2026-open-access")
MOST_SITUATIONS, MOST_REPLICATES, MOST_PLAYERS = 10_000, 10_000, 200
# Exponents at which the tactic of the theory plays beside the others: late, linear and early concessions.
EXPONENTS: Final = (0.25, 1.0, 3.0)
# Situations that one task plays: a second or two each, and they share a run.
TASK: Final = 4


@dataclasses.dataclass(frozen=True)
class LeaguePlan:
    """A checked league."""

    title: str
    scenarios: tuple[str, ...]
    situations: int
    replicates: int
    root_seed: int
    settings: Mapping[str, Any]
    players: tuple[Player, ...]
    text: str = ""

    @property
    def parties(self) -> Parties:
        """Who negotiates: the same governments in all scenarios of a league."""
        return known_scenario(self.scenarios[0]).parties

    def drawn(self) -> list[tuple[str, int, int]]:
        """The situations: scenario, replicate of the run, quarter, drawn from the root seed; scenarios take turns."""
        luck, result = generator(self.root_seed), []
        for number in range(self.situations):
            name = self.scenarios[number % len(self.scenarios)]
            scenario = known_scenario(name)
            quarters = assessment_quarters(scenario.n_quarters, self.parameters(name))
            result.append((name, number, int(quarters[int(luck.random() * len(quarters))])))
        return result

    def parameters(self, scenario: str) -> Any:
        """The parameters of a scenario under the plan's settings."""
        return known_scenario(scenario).parameters.with_overrides(self.settings)


def default_plan() -> LeaguePlan:
    """Every registered tactic with the usual acceptance, the tactic of the theory at several exponents, and every other
    acceptance rule with it."""
    players = [
        *(Player(f"polynomial {x:g}", "polynomial", x) for x in EXPONENTS),
        *(Player(one.name, one.name) for one in registered() if one.kind == "tactic"),
        *(
            Player(f"polynomial, {one.name}", acceptance=one.name)
            for one in registered()
            if one.kind == "acceptance" and one.name != "aspiration"
        ),
    ]
    seed = read_root_seed(DEFAULT_ROOT_SEED)
    return LeaguePlan("All tactics", DEFAULT_SCENARIOS, 50, 100, seed, {}, tuple(players))


def load_league(source: str | Path) -> LeaguePlan:
    """The league in a TOML file, checked whole.

    Raises:
        InputFault: lists everything that is wrong with the file.
    """
    if Path(source).is_dir():  # as an empty name is
        fault = f"'{source}' is a folder; write the path of a TOML file, or nothing: then all tactics play"
        raise InputFault([fault], "league plan")
    try:
        text, table = read_toml(Path(source), "league plan")
    except FileNotFoundError:
        fault = f"'{source}' is not there; allowed is a TOML file, or nothing: then all tactics play"
        raise InputFault([fault], "league plan") from None
    return _Reader(Path(source).stem, text, table, Path(source).parent).read()


class _Reader(TableReader):
    def __init__(self, name: str, text: str, table: dict[str, Any], folder: Path) -> None:
        super().__init__(name, text, table)
        self.folder = folder

    def read(self) -> LeaguePlan:
        self._known(self.table, PLAN_KEYS, "a key of a league plan")
        usual = default_plan()
        title = self._text("title", needed=False) or usual.title
        settings = self._settings(self.table.get("settings", {}), "[settings]")
        names = self.table.get("scenarios", list(usual.scenarios))
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            self.faults.append(f"scenarios = {described(names)}: allowed is a list of names of scenarios")
            names = []
        tables = dict[tuple[str, ...], str]()  # who sits at them -> the first scenario in which they do
        for place, name in enumerate(names):
            try:
                # A file of one's own lies beside the plan.
                if name not in scenario_names():
                    names[place] = str(find_scenario(name, self.folder).absolute())
                scenario = known_scenario(names[place])
                tables.setdefault(scenario.parties.blocs, name)
                parameters = scenario.parameters.with_overrides(settings)
            except InputFault as fault:
                self.faults.extend(fault.faults)
                continue
            if parameters.imitative_tactic:
                self.faults.append(
                    f"imitative_tactic = true (scenario {name}): in a league every player keeps to its own tactic; "
                    "leave it off, and enter the player 'matching' for a tactic that imitates"
                )
        if len(tables) > 1:
            told = "; ".join(f"{name} has {', '.join(blocs)}" for blocs, name in tables.items())
            self.faults.append(f"scenarios: {told}: a league has one table; name scenarios with the same governments")
        seed = self.table.get("root_seed", usual.root_seed)
        if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
            self.faults.append(f"root_seed = {described(seed)}: allowed is a whole number from 0")
        n = self._whole(self.table, "situations", usual.situations, 2, MOST_SITUATIONS)
        replicates = self._whole(self.table, "replicates", usual.replicates, 1, MOST_REPLICATES)
        players: list[Player] = []
        for where, row in self._rows("players", []):
            players.append(self._player(where, row, [player.name for player in players]))
        if not 2 <= len(players or usual.players) <= MOST_PLAYERS:
            self.faults.append(f"[[players]]: {len(players)} came, allowed are 2 to {MOST_PLAYERS}")
        if self.faults:
            raise InputFault(self.faults, f"league plan {self.name}")
        chosen = tuple(players) or usual.players
        return LeaguePlan(title, tuple(dict.fromkeys(names)), n, replicates, seed, settings, chosen, self.text)

    def _player(self, where: str, row: Mapping[str, Any], taken: list[str]) -> Player:
        self._known(row, PLAYER_KEYS, "a key of a player", f"{where} ")
        name = self._own_name(row, where, taken)
        tactic, accepts = row.get("tactic", "polynomial"), row.get("acceptance", "aspiration")
        exponent = row.get("exponent", PARAMETERS["concession_exponent_cn"].default)
        try:
            make_parameters({"tactic_cn": tactic, "acceptance_cn": accepts, "concession_exponent_cn": exponent})
        except InputFault as fault:
            self.faults.extend(f"{where} {line}" for line in fault.faults)
        return Player(name, str(tactic), float(exponent) if is_number(exponent) else 1.0, str(accepts))


# --- to play ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Task:
    """Some situations of one scenario, to be played in one process."""

    plan: LeaguePlan
    scenario: str
    places: tuple[int, ...]
    replicates: tuple[int, ...]
    quarters: tuple[int, ...]
    tactics: TacticFile | None = None


def tasks_of(plan: LeaguePlan, tactics: TacticFile | None = None) -> list[Task]:
    """The work of a league in pieces."""
    drawn, tasks = plan.drawn(), []
    for scenario in plan.scenarios:
        mine = [place for place, (name, _, _) in enumerate(drawn) if name == scenario]
        # Situations of like quarters share a run that need not go on after them.
        mine.sort(key=lambda place: drawn[place][2])
        for first in range(0, len(mine), TASK):
            places = tuple(mine[first : first + TASK])
            runs, quarters = (tuple(drawn[place][1] for place in places), tuple(drawn[place][2] for place in places))
            tasks.append(Task(plan, scenario, places, runs, quarters, tactics))
    return tasks


def play_task(task: Task) -> dict[int, dict[str, np.ndarray]]:
    """The outcomes of each situation, means over its replicates, (d, first, second)."""
    if task.tactics is not None:
        load_tactics(task.tactics.path, task.tactics.sha256)
    plan, result = task.plan, {}
    parameters = plan.parameters(task.scenario)
    for lane, world in situations(task.scenario, parameters, plan.root_seed, task.replicates, task.quarters):
        # Every situation has luck of its own: its place in the league is part of the address.
        whole = play_sessions(world, lane, plan.players, plan.root_seed + task.places[lane], plan.replicates)
        result[task.places[lane]] = {name: np.mean(values, axis=-1) for name, values in whole.items()}
    return result


def play_league(
    plan: LeaguePlan,
    workers: int,
    tactics: TacticFile | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> dict[str, np.ndarray]:
    """The whole league: each outcome as (situation, d, first, second)."""
    tasks = tasks_of(plan, tactics)
    found: dict[int, dict[str, np.ndarray]] = {}
    with executor_maker(workers)() as pool:
        for future in as_completed([pool.submit(play_task, task) for task in tasks]):
            found |= future.result()
            tell(len(found), plan.situations)
    return {name: np.stack([found[k][name] for k in range(plan.situations)]) for name in found[0]}


def resized(plan: LeaguePlan, situations: int | None, replicates: int | None) -> LeaguePlan:
    """The same league with other numbers of situations and replicates.

    Raises:
        InputFault: a number that is none.
    """
    limits = {"situations": (2, MOST_SITUATIONS), "replicates": (1, MOST_REPLICATES)}
    wanted = {"situations": situations, "replicates": replicates}
    faults = [
        f"{name} = {number}: allowed is a whole number from {limits[name][0]} to {limits[name][1]}"
        for name, number in wanted.items()
        if number is not None and not limits[name][0] <= number <= limits[name][1]
    ]
    if faults:
        raise InputFault(faults, "league")
    return dataclasses.replace(
        plan,
        situations=plan.situations if situations is None else situations,
        replicates=plan.replicates if replicates is None else replicates,
    )
