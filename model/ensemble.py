"""The ensemble: the quarters of ``NegotiationModel`` for thousands of replicates at once, on arrays, without Mesa.

>>> ensemble = Ensemble(scenario="2026", root_seed=1, replicates=100).run()
>>> ensemble.summary()

Both worlds call the same rules and the same compositions (``markets``, ``assessment``, ``mandate``, ``valuation``) and
agree to the last bit in every recorded column and quarter. A ``LaneWorld`` is one block of replicates under one set of
parameters; an ``Ensemble`` plays as many blocks as are asked for, one after the other, so that memory does not grow
with the number of replicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np
import pandas as pd

from model.agenda import brands_on_sale
from model.draws import Draws, draw_lanes
from model.lanes import frame
from model.lanes.base import copies
from model.lanes.duties import Duties
from model.lanes.industry import Industry
from model.lanes.record import LaneRecorder
from model.lanes.relations import Relations
from model.lanes.talks import Talks
from model.lanes.treaties import CAUSES
from model.numerics import keep_freed_memory
from model.parameters import InputFault, Parameters, make_parameters
from model.record import Recorder
from model.schedule import play_quarter
from model.starting_point import known_scenario, starting_point
from model.state import State, first_state
from model.vocabulary import N_DYADS

MOST_LANES: Final = 1024  # replicates in a block: the speed is flat from here on, the memory is not
TABLES: Final = {
    "bloc": frame.blocs,
    "dyad": frame.dyads,
    "directed": frame.directed,
    "automaker": frame.automakers,
    "supplier": frame.suppliers,
}


class LaneWorld(Industry, Relations, Talks, Duties):
    """A block of replicates under one set of parameters; plays quarters like the Mesa world.

    replicates: (R,) numbers of the replicates; kept: (K,) lanes whose whole record is wanted, the others' dyads alone
    are recorded; n_quarters: horizon, the scenario's by default.
    """

    def __init__(
        self,
        scenario: str,
        parameters: Parameters,
        root_seed: int,
        replicates: np.ndarray,
        kept: np.ndarray,
        n_quarters: int | None = None,
    ) -> None:
        keep_freed_memory()
        self.parameters, self.replicates = parameters, replicates
        self.n_lanes = int(replicates.size)
        self.scenario, self.economy, self.opening, self.agenda = starting_point(scenario, parameters)
        self.n_quarters = self.scenario.n_quarters if n_quarters is None else n_quarters
        self.luck: Draws = draw_lanes(root_seed, replicates, self.n_quarters, len(self.scenario.automakers))
        self.state = self._first_state()
        self.brands_abroad = brands_on_sale(self.scenario)
        self.recorder = LaneRecorder(self.scenario, parameters, self.agenda, self.economy, kept)
        self.prepare_industry()
        self.prepare_relations()
        self.prepare_club()
        self.recorder.ceiling = self.ceiling
        self.keep_standards()

    def _first_state(self) -> State:
        one = first_state(self.scenario, self.parameters, self.economy, self.opening, self.agenda)
        arrays = {f.name: getattr(one, f.name) for f in fields(State) if f.name != "quarter"}
        return State(quarter=0, **{name: copies(values, self.n_lanes) for name, values in arrays.items()})

    def step(self) -> None:
        """Play one quarter in every lane; after the last one, do nothing."""
        if self.state.quarter < self.n_quarters:
            play_quarter(self)
            self.state.quarter += 1

    def run(self) -> LaneWorld:
        """Play all quarters that are left."""
        while self.state.quarter < self.n_quarters:
            self.step()
        return self

    def record_quarter(self) -> None:
        """Write the quarter down."""
        self.recorder.treaties_signed, self.recorder.lapses = self.n_signed, self.n_lapses
        self.recorder.add({table: TABLES[table](self) for table in self.recorder.wanted})

    def first_ends(self) -> tuple[np.ndarray, list[str]]:
        """(R, d) quarter in which each dyad's first treaty ended, -1 if none did; and the cause of each, row by row."""
        return self.first_end, [CAUSES[code] for code in self.first_end_cause.reshape(-1)]

    def last_games(self) -> tuple[np.ndarray, np.ndarray]:
        """(R, d, s, 4) bn$ per quarter of each side from the package on the table if both honour, if it alone or its
        partner alone does not, if both do not; and (R, d) that package, 0 none."""
        package = np.stack([self.reference_package(d) for d in range(N_DYADS)], axis=-1)
        flows = [
            np.stack([np.stack(self.package_flows(d, side, package[:, d]), axis=-1) for side in (0, 1)], axis=1)
            for d in range(N_DYADS)
        ]
        return np.stack(flows, axis=1), package

    def summary(self) -> pd.DataFrame:
        """One row a replicate and dyad: what came of the runs."""
        return self.recorder.summary_of(self.diagnosis(), self.replicates)


class Ensemble:
    """Many replicates of one or several sets of parameters.

    scenario: a name in ``seeds/scenarios`` or a path; root_seed: with a replicate's number the address of its luck;
    replicates: how many, or their numbers; parameters: changes to the scenario's parameters by flat name, one mapping
    or one for each design point; keep: numbers of the replicates whose tables are wanted; lanes: replicates in a block;
    n_quarters: a shorter horizon than the scenario's.

    Raises ``InputFault`` (a ``ValueError``) that names every impossible input.
    """

    def __init__(
        self,
        scenario: str = "2026",
        root_seed: int = 20260928,
        replicates: int | Iterable[int] = 100,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        keep: Iterable[int] = (),
        lanes: int = MOST_LANES,
        n_quarters: int | None = None,
    ) -> None:
        numbers = range(replicates) if isinstance(replicates, int) else replicates
        self.replicates = np.array(list(numbers), dtype=np.int64)
        self.keep = np.array(list(keep), dtype=np.int64)
        faults = _faults(root_seed, self.replicates, self.keep, lanes)
        if faults:
            raise InputFault(faults, "ensemble")
        self.scenario, self.root_seed, self.lanes, self.n_quarters = str(scenario), root_seed, lanes, n_quarters
        chosen = [parameters or {}] if parameters is None or isinstance(parameters, Mapping) else list(parameters)
        changes = known_scenario(self.scenario).parameters.changes()
        self.points = [make_parameters({**changes, **one}) for one in chosen]
        self.summaries: list[pd.DataFrame] = []
        self.records: dict[tuple[int, int], Recorder] = {}

    def worlds(self) -> Iterator[tuple[int, LaneWorld]]:
        """The blocks, not yet played, each with the index of its set of parameters."""
        for point, parameters in enumerate(self.points):
            for first in range(0, self.replicates.size, self.lanes):
                block = self.replicates[first : first + self.lanes]
                kept = np.flatnonzero(np.isin(block, self.keep))
                yield point, LaneWorld(self.scenario, parameters, self.root_seed, block, kept, self.n_quarters)

    def run(self) -> Ensemble:
        """Play every block to the end and keep what is wanted of it."""
        for point, world in self.worlds():
            table = world.run().summary()
            table.insert(0, "design_point", point)
            self.summaries.append(table)
            for lane in world.recorder.kept.tolist():
                self.records[point, int(world.replicates[lane])] = world.recorder.of_lane(lane)
        return self

    def summary(self) -> pd.DataFrame:
        """One row a design point, replicate and dyad: what came of the runs."""
        return pd.concat(self.summaries, ignore_index=True)

    def tables(self, replicate: int, design_point: int = 0) -> dict[str, pd.DataFrame]:
        """The tidy record of a kept replicate, a data frame for each kind of entity.

        Raises ``KeyError`` for a replicate that was not kept or not yet played.
        """
        if (design_point, replicate) not in self.records:
            raise KeyError(f"replicate {replicate} of design point {design_point} was not kept: name it in keep")
        return self.records[design_point, replicate].tables()


def _faults(root_seed: int, replicates: np.ndarray, keep: np.ndarray, lanes: int) -> list[str]:
    faults = []
    if root_seed < 0:
        faults.append(f"root_seed = {root_seed}: allowed is a whole number from 0")
    if replicates.size == 0 or int(np.min(replicates)) < 0:
        faults.append("replicates: allowed is a number from 1, or numbers of replicates from 0")
    if not bool(np.all(np.isin(keep, replicates))):
        faults.append(f"keep: {np.setdiff1d(keep, replicates).tolist()} are not among the replicates")
    if lanes < 1:
        faults.append(f"lanes = {lanes}: allowed is a whole number from 1")
    return faults
