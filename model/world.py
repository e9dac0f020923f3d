"""The world: replicates of one scenario side by side, quarter by quarter. A run is a world of one replicate.

>>> world = World("2026", make_parameters({}), root_seed=1, replicates=[0, 1, 2]).run()
>>> world.summary()
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from model.draws import HIGHEST_ROOT_SEED, SEEDS, draw_lanes
from model.faults import InputFault, shown
from model.numerics import keep_freed_memory
from model.parameters.checked import Parameters
from model.phases import accounts, assessing, club, duties, market, production, relations, talks, treaties
from model.record.columns import TABLES, commonest_obstacles
from model.record.lane import Lane
from model.record.recorder import Recorder
from model.schedule import play_quarter
from model.stage import Stage
from model.start.starting_point import known_scenario, starting_point
from model.state import State
from model.telling.story import Story, StoryLine, ToldSoFar

#: Numbers of replicates are kept in 64 bits.
HIGHEST_REPLICATE: Final = 1 << 62


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
    single replicate whose record has no replicate axis; n_quarters: horizon, the scenario's by default.

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
    ) -> None:
        keep_freed_memory()
        start = starting_point(scenario, parameters)
        self.root_seed = root_seed
        self.replicates = np.asarray(list(replicates), dtype=np.int64)
        self.n_quarters = start[0].n_quarters if n_quarters is None else n_quarters
        luck = draw_lanes(root_seed, self.replicates, self.n_quarters, len(start[0].automakers))
        super().__init__(start, parameters, luck, int(self.replicates.size))
        wanted = None if kept is None else np.asarray(list(kept), dtype=np.int64)
        self.recorder = Recorder(self.scenario, parameters, self.agenda, self.rules.ceiling, wanted)
        treaties.keep_standards(self)

    # --- the phases of a quarter, in the order of model.schedule ----------------------------------------------------

    def enter_into_force(self) -> None:
        """Treaties ratified last quarter enter into force (1.9)."""
        treaties.enter_into_force(self)

    def see_events(self) -> None:
        """Dated policies, entries, and the quarter's shock to tension (1.12, 1.17)."""
        relations.see_events(self)

    def renew_costs(self) -> None:
        """Learning, supply contracts, plants, charging networks (1.3, 1.14)."""
        production.renew_costs(self)

    def hold_talks(self) -> None:
        """Whether the official channel is open, and how far the dialogue has come (1.9b)."""
        relations.hold_talks(self)

    def assess_impact(self) -> None:
        """In an assessment quarter: what every package and every duty is worth (1.7, 1.21)."""
        assessing.assess_impact(self)

    def perceive(self) -> None:
        """Errors of perception and moods of legislatures move on (1.8, 1.9)."""
        relations.perceive(self)

    def move_alone(self) -> None:
        """Duty cases, relief, emergencies; recognition and announcements made alone (1.6a, 1.13, 1.15)."""
        duties.move_alone(self)

    def bargain(self) -> None:
        """Sessions open, packages are tabled and answered (1.8)."""
        talks.bargain(self)

    def ratify(self) -> None:
        """Legislatures pass or refuse what was agreed (1.9)."""
        talks.ratify(self)

    def honour_or_withdraw(self) -> None:
        """Each side of a treaty keeps it or does not (1.10)."""
        treaties.honour_or_withdraw(self)

    def put_duties_in_force(self) -> None:
        """Duties follow from treaties, compliance and retaliation (1.6)."""
        treaties.put_duties_in_force(self)

    def clear_markets(self) -> None:
        """Costs, mixes of origin, prices, shares (1.1-1.3)."""
        market.clear_markets(self)

    def settle_accounts(self) -> None:
        """Who earned what, and what each bloc makes of it (1.4)."""
        accounts.settle_accounts(self)

    def watch_conduct(self) -> None:
        """Signals of conduct, trust, next quarter's retaliation (1.11)."""
        treaties.watch_conduct(self)

    def leave_treaties(self) -> None:
        """Failed tests, exits, sunsets; what tension will remember (1.12, 1.17)."""
        treaties.leave_treaties(self)

    def hold_club(self) -> None:
        """Where zones or clubs are allowed: members leave; in the fourth quarter blocs weigh every coalition (1.19)."""
        club.hold_club(self)

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
