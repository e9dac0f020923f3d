"""The ensemble: the quarters of ``NegotiationModel`` for thousands of replicates at once, on arrays, without Mesa.

>>> ensemble = Ensemble(scenario="2026", root_seed=1, replicates=100).run()
>>> ensemble.summary()

Both worlds call the same rules and the same compositions (``markets``, ``assessment``, ``mandate``, ``valuation``) and
agree to the last bit in every recorded column and quarter. A ``LaneWorld`` is one block of replicates under one set of
parameters; an ``Ensemble`` plays as many blocks as are asked for, one after the other, so that memory does not grow
with the number of replicates.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
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
from model.parameters import InputFault, Parameters
from model.record import Recorder
from model.schedule import play_quarter
from model.starting_point import known_scenario, starting_point
from model.state import State, first_state
from model.vocabulary import N_DYADS

MOST_LANES: Final = 1024  # replicates in a block: the speed is flat from here on, the memory is not
MOST_REPLICATES: Final = 1_000_000
HIGHEST_REPLICATE: Final = 1 << 62  # numbers of replicates are kept in 64 bits
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
    replicates: how many (1 to a million), or their numbers, each once; parameters: changes to the scenario's parameters
    by flat name, one mapping or one for each design point; keep: numbers of the replicates whose tables are wanted;
    lanes: replicates in a block; n_quarters: a shorter horizon than the scenario's, from 1.
    Whole numbers may be NumPy's.

    Raises ``InputFault`` (a ``ValueError``) that names every impossible input.
    """

    def __init__(
        self,
        scenario: str | Path = "2026",
        root_seed: int = 20260928,
        replicates: int | Iterable[int] = 100,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        keep: Iterable[int] = (),
        lanes: int = MOST_LANES,
        n_quarters: int | None = None,
    ) -> None:
        known = known_scenario(str(scenario))
        faults: list[str] = []
        self.scenario, self.root_seed = str(scenario), _whole("root_seed", root_seed, 0, None, faults)
        self.replicates = _numbers("replicates", replicates, faults)
        self.keep = _numbers("keep", keep, faults)
        self.lanes = _whole("lanes", lanes, 1, None, faults)
        self.n_quarters = None
        if n_quarters is not None:
            self.n_quarters = _whole("n_quarters", n_quarters, 1, known.n_quarters, faults)
        self.points = _points(parameters, known.parameters, faults)
        faults += _faults(self.replicates, self.keep) if not faults else []
        if faults:
            raise InputFault(faults, "ensemble")
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
        """Play every block to the end and keep what is wanted of it; a second call does nothing."""
        if self.summaries:
            return self
        summaries, records = [], {}
        for point, world in self.worlds():
            table = world.run().summary()
            table.insert(0, "design_point", point)
            summaries.append(table)
            for lane in world.recorder.kept.tolist():
                records[point, int(world.replicates[lane])] = world.recorder.of_lane(lane)
        # All or nothing: a run that was stopped half-way may be begun again.
        self.summaries, self.records = summaries, records
        return self

    def summary(self) -> pd.DataFrame:
        """One row a design point, replicate and dyad: what came of the runs.

        Raises ``ValueError`` before ``run``.
        """
        if not self.summaries:
            raise ValueError("nothing is played yet: call run() first")
        return pd.concat(self.summaries, ignore_index=True)

    def tables(self, replicate: int, design_point: int = 0) -> dict[str, pd.DataFrame]:
        """The tidy record of a kept replicate, a data frame for each kind of entity.

        Raises ``KeyError`` for a replicate that was not kept or not yet played.
        """
        if (design_point, replicate) not in self.records:
            raise KeyError(f"replicate {replicate} of design point {design_point} was not kept: name it in keep")
        return self.records[design_point, replicate].tables()


def _faults(replicates: np.ndarray, keep: np.ndarray) -> list[str]:
    faults = []
    if replicates.size == 0:
        faults.append("replicates: none came; allowed is a number from 1, or numbers of replicates from 0")
    numbers, times = np.unique(replicates, return_counts=True)
    if repeated := numbers[times > 1].tolist():
        faults.append(
            f"replicates: {_some(repeated)} came more than once; a number is one run, so that repeats would count "
            "twice; write each once"
        )
    if strange := np.setdiff1d(keep, replicates).tolist():
        faults.append(f"keep: {_some(strange)} are not among the replicates")
    return faults


def _some(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:8])) + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")


def _is_whole(came: Any) -> bool:
    """Whether a value is a whole number, Python's or NumPy's; a switch, a text and 3.0 are none."""
    if isinstance(came, (bool, np.bool_)) or np.ndim(came) != 0:
        return False
    try:
        operator.index(came)
    except TypeError:
        return False
    return True


def _whole(name: str, came: Any, low: int, high: int | None, faults: list[str]) -> int:
    if _is_whole(came) and low <= (number := operator.index(came)) and (high is None or number <= high):
        return number
    allowed = f"a whole number from {low}" + ("" if high is None else f" to {high}")
    faults.append(f"{name} = {came!r:.80}: allowed is {allowed}")
    return max(low, 1)


def _numbers(name: str, came: Any, faults: list[str]) -> np.ndarray:
    """Numbers of replicates: as many as are asked for, or those that are listed."""
    if name == "replicates" and _is_whole(came):
        return np.arange(_whole(name, came, 1, MOST_REPLICATES, faults), dtype=np.int64)
    is_list = isinstance(came, Iterable) and not isinstance(came, (str, bytes, Mapping))
    # An array of no axis says that it is iterable, and is not.
    is_list = is_list and not (isinstance(came, np.ndarray) and came.ndim == 0)
    listed = list(itertools.islice(came, MOST_REPLICATES + 1)) if is_list else [came]
    wrong = [one for one in listed if not (_is_whole(one) and 0 <= one <= HIGHEST_REPLICATE)]
    if is_list and not wrong and len(listed) <= MOST_REPLICATES:
        return np.array([operator.index(one) for one in listed], dtype=np.int64)
    which = f" ({wrong[0]!r:.40} is not one)" if wrong and listed != [came] else ""
    many = f"a whole number from 1 to {MOST_REPLICATES}, or " if name == "replicates" else ""
    faults.append(f"{name} = {came!r:.80}{which}: allowed is {many}a list of numbers of replicates from 0")
    return np.zeros(0, dtype=np.int64)


def _points(came: Any, start: Parameters, faults: list[str]) -> list[Parameters]:
    """The sets of parameters, each the scenario's own with the changes of one mapping."""
    chosen = [came or {}] if came is None or isinstance(came, Mapping) else came
    if isinstance(chosen, pd.DataFrame):
        faults.append("parameters: a table came; write parameters=table.to_dict('records')")
        return []
    if not isinstance(chosen, Sequence) or isinstance(chosen, (str, bytes)) or not chosen:
        faults.append(f"parameters = {came!r:.80}: allowed is a mapping from names to values, or a list of mappings")
        return []
    points = []
    for number, one in enumerate(chosen):
        where = f"parameters[{number}]" if len(chosen) > 1 else "parameters"
        if not isinstance(one, Mapping):
            faults.append(f"{where} = {one!r:.80}: allowed is a mapping from names to values")
            continue
        try:
            points.append(start.with_overrides(one))
        except InputFault as fault:
            faults += [f"{where}: {line}" for line in fault.faults]
    return points
