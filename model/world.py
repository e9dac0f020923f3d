"""The world: replicates of one scenario side by side, quarter by quarter. A run is a world of one replicate.

>>> world = World("2026", make_parameters({}), root_seed=1, replicates=[0, 1, 2]).run()
>>> world.summary()
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from model.compiled.arithmetic import arithmetic_in_use, using_arithmetic
from model.draws import HIGHEST_ROOT_SEED, SEEDS, draw_lanes
from model.faults import InputFault, shown
from model.numerics import keep_freed_memory
from model.parameters.by_lane import NO_VALUES, LaneValues
from model.parameters.checked import Parameters
from model.phases import accounts, assessing, club, duties, market, production, relations, talks, treaties
from model.record.columns import TABLES, commonest_obstacles
from model.record.lane import Lane
from model.record.recorder import Recorder
from model.schedule import play_quarter
from model.stage import Stage
from model.start.starting_point import for_parties, known_scenario, starting_point
from model.state import State
from model.telling.story import Story, StoryLine, ToldSoFar

if TYPE_CHECKING:
    import pandas as pd


#: Numbers of replicates are kept in 64 bits.
HIGHEST_REPLICATE: Final = 1 << 62
#: Lanes of worlds that may wait to be freed; one of ten years takes about a quarter of a MB.
MOST_WAITING: Final = 256
_lanes_waiting = 0


SEATS: Final = ("bloc_type", "automaker_type", "supplier_type")  # where a world is told of its parties' classes


@dataclass(frozen=True)
class Checkpoint:
    """All that is needed to go on from a moment of a run."""

    state: State
    recorder: Recorder
    told: dict[int, ToldSoFar]  # how far each story has got


class World(Stage):
    """Replicates of one scenario under one set of parameters.

    scenario: a name in ``seeds/scenarios`` or a path; replicates: with ``root_seed`` the addresses of their luck; kept:
    places in ``replicates`` whose whole record is wanted, of the others the dyads alone are recorded, or None for a
    single replicate whose record has no replicate axis; n_quarters: horizon, the scenario's by default. A world keeps
    the arithmetic that is in use where it is made (``model.compiled.arithmetic``). own: parameters that differ between
    replicates, in their order.

    A subclass may replace a phase (each is a method here) or seat other parties (``bloc_type`` and its like).
    """

    def __init__(
        self,
        scenario: str,
        parameters: Parameters,
        root_seed: int,
        replicates: Iterable[int],
        kept: Iterable[int] | None = (),
        n_quarters: int | None = None,
        own: LaneValues = NO_VALUES,
    ) -> None:
        keep_freed_memory()
        self.replicates = np.asarray(list(replicates), dtype=np.int64)
        free_left_worlds(self.replicates.size)
        self.arithmetic = arithmetic_in_use()
        start = starting_point(scenario, parameters)
        parameters = for_parties(start[0], parameters)
        self.root_seed = root_seed
        self.n_quarters = start[0].n_quarters if n_quarters is None else n_quarters
        luck = draw_lanes(root_seed, self.replicates, self.n_quarters, len(start[0].automakers), start[0].parties)
        super().__init__(start, parameters, luck, int(self.replicates.size), own)
        wanted = None if kept is None else np.asarray(list(kept), dtype=np.int64)
        self.recorder = Recorder(self.scenario, parameters, self.agenda, self.rules.on_table.ceiling, wanted)
        treaties.keep_standards(self)

    # --- the phases of a quarter, in the order of model.schedule, which says what each does ------------------------

    enter_into_force = treaties.enter_into_force
    see_events = relations.see_events
    renew_costs = production.renew_costs
    hold_talks = relations.hold_talks
    assess_impact = assessing.assess_impact
    perceive = relations.perceive
    move_alone = duties.move_alone
    bargain = talks.bargain
    ratify = talks.ratify
    honour_or_withdraw = treaties.honour_or_withdraw
    put_duties_in_force = treaties.put_duties_in_force
    clear_markets = market.clear_markets
    settle_accounts = accounts.settle_accounts
    watch_conduct = treaties.watch_conduct
    leave_treaties = treaties.leave_treaties
    hold_club = club.hold_club

    def record_quarter(self) -> None:
        """Write the quarter down."""
        frame = {table: TABLES[table](self) for table in self.recorder.wanted}
        self.recorder.add(frame, self.state.n_signed.copy(order="K"), self.state.n_lapses)

    def follow(self, parameters: Parameters) -> None:
        """Play by these parameters from now on: everything that follows from them is worked out anew.

        What the starting point was calibrated to stays as it is.
        """
        super().follow(parameters)
        self.recorder.parameters = parameters

    # --- playing ----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Play one quarter in every lane; after the last one, do nothing."""
        if self.state.quarter < self.n_quarters:
            with using_arithmetic(self.arithmetic):
                play_quarter(self)
            self.state.quarter += 1

    def run(self) -> Self:
        """Play all quarters that are left."""
        while self.state.quarter < self.n_quarters:
            self.step()
        return self

    def summary(self) -> pd.DataFrame:
        """One row a replicate and dyad: what came of the runs."""
        table = self.recorder.summary(commonest_obstacles(self))
        table.insert(0, "replicate", np.repeat(self.replicates, len(table) // self.n_lanes))
        return table

    def let_go(self) -> None:
        """Let go of the parties, which hold this world: it is played no further, and frees its memory once nobody else
        holds it."""
        global _lanes_waiting
        self.blocs, self.automakers, self.suppliers, self.stories = [], [], [], {}
        _lanes_waiting = max(0, _lanes_waiting - self.n_lanes)

    # --- going back -------------------------------------------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """This moment, to come back to."""
        told = {lane: story.so_far() for lane, story in self.stories.items()}
        return Checkpoint(self.state.copied(), self.recorder.copied(), told)

    def rewind(self, to: Checkpoint) -> None:
        """Go back to a moment of this run, or of one with the same luck; a checkpoint can be used again."""
        self.state, self.recorder = to.state.copied(), to.recorder.copied()
        self.recorder.parameters = self.parameters
        for lane, story in self.stories.items():
            story.back_to(to.told.get(lane))


def free_left_worlds(n_lanes: int) -> None:
    """Free the worlds that nobody holds any more, once so many lanes may wait; n_lanes: those of the next world.

    A world and its parties hold each other, so that Python's collector alone frees those that did not ``let_go``. It
    counts objects, and a world has few, of many MB: left to itself it lets tens of worlds wait. A collection looks
    through the whole memory of the process, and takes as long as a world of a few lanes.
    """
    global _lanes_waiting
    _lanes_waiting += n_lanes
    if _lanes_waiting > max(MOST_WAITING, n_lanes):
        gc.collect()
        _lanes_waiting = n_lanes


def address(root_seed: object, replicate: object) -> tuple[int, int]:
    """Where the luck of a run is found: whole numbers from 0.

    Raises ``InputFault`` that names each that is anything else.
    """
    faults = []
    for name, came, most in (("root_seed", root_seed, HIGHEST_ROOT_SEED), ("replicate", replicate, HIGHEST_REPLICATE)):
        is_whole = isinstance(came, (int, np.integer)) and not isinstance(came, bool)
        if not is_whole or came < 0 or came > most:  # type: ignore[operator]
            allowed = SEEDS if name == "root_seed" else f"a whole number from 0 to {most}"
            faults.append(f"{name} = {shown(came)}: allowed is {allowed}; write 0, 1, 2, ...")
    if faults:
        raise InputFault(faults, "run")
    return int(root_seed), int(replicate)  # type: ignore[call-overload]


def no_world(came: Any) -> str:
    """What is wrong with what is to be a class of worlds: what came, what is allowed, what to do; empty: nothing."""
    if isinstance(came, type) and issubclass(came, World):
        for seat in SEATS:
            kind, usual = getattr(came, seat), getattr(World, seat)
            if not (isinstance(kind, type) and issubclass(kind, usual)):
                return f"{came.__name__}.{seat} = {shown(kind)}: allowed is {usual.__name__} or a subclass of it"
        return ""
    fault = f"{came.__name__ if isinstance(came, type) else shown(came)}: allowed is World or a subclass of it"
    seats = (name for name in SEATS if isinstance(came, type) and issubclass(came, getattr(World, name)))
    seat = next(seats, "")
    return fault + (f"; write a subclass of World that has {seat} = {came.__name__}" if seat else "")


class ToldRun(Lane):
    """One replicate played without Mesa, with its story; it answers as ``NegotiationModel`` does.

    scenario, root_seed, replicate and parameters by flat name as there; world_type: a class of worlds of one's own.

    Raises ``InputFault`` (a ``ValueError``) that names every unknown or impossible input of a kind at once.
    """

    def __init__(
        self, scenario: str, root_seed: int, replicate: int, world_type: type[World] = World, **parameters: Any
    ) -> None:
        root_seed, replicate = address(root_seed, replicate)
        chosen = known_scenario(scenario).parameters.with_overrides(parameters)
        self.played = world_type(scenario, chosen, root_seed, [replicate], kept=None)
        super().__init__(self.played, 0)
        self.teller = Story(self, True)
        self.played.stories = {0: self.teller}

    @property
    def story(self) -> list[StoryLine]:
        """What happened, one line an event."""
        return self.teller.lines

    @property
    def recorder(self) -> Recorder:
        """The record of the run."""
        return self.played.recorder

    @property
    def n_quarters(self) -> int:
        """The horizon of the run, quarters."""
        return self.played.n_quarters

    def run(self) -> Self:
        """Play all quarters that are left."""
        self.played.run()
        return self

    def summary(self) -> pd.DataFrame:
        """One row a dyad: what came of the run."""
        return self.played.summary().drop(columns="replicate")

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tidy record, a data frame for each kind of entity."""
        return self.played.recorder.tables()
