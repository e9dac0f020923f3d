"""The ensemble: blocks of worlds, so that memory does not grow with the number of replicates.

>>> ensemble = Ensemble(scenario="2026", root_seed=1, replicates=100).run()
>>> ensemble.summary()
"""

from __future__ import annotations

import inspect
import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.compiled.arithmetic import arithmetic_in_use, using_arithmetic
from model.draws import HIGHEST_ROOT_SEED, SEEDS
from model.faults import InputFault, nearest, shown, whole_number
from model.parameters.by_lane import NO_VALUES, LaneValues
from model.parameters.checked import PARAMETERS, Parameters
from model.record.recorder import Recorder
from model.start.starting_point import known_scenario
from model.world import HIGHEST_REPLICATE, World, no_world

if TYPE_CHECKING:
    import pandas as pd


MOST_LANES: Final = 1024  # replicates in a block: the speed is flat from here on, the memory is not
MOST_REPLICATES: Final = 1_000_000


class Ensemble:
    """Many replicates of one or several sets of parameters.

    scenario: a name in ``seeds/scenarios`` or a path; root_seed: with a replicate's number the address of its luck;
    replicates: how many (1 to a million), or their numbers, each once with the same settings; parameters: changes to
    the scenario's parameters by flat name, one mapping or one for each design point; keep: numbers of the replicates
    whose tables are wanted; lanes: replicates in a block; n_quarters: a shorter horizon than the scenario's, from 1;
    world: a class of worlds of one's own; arithmetic: numpy or compiled, by default what the environment's
    DETENTE_ARITHMETIC says, else numpy; by_run: parameters of which every run has a value of its own, in the order of
    ``replicates``, by name (those of ``BY_LANE``): many settings are played side by side.
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
        world: type[World] = World,
        arithmetic: str | None = None,
        by_run: Mapping[str, Iterable[Any]] | None = None,
        **odd: Any,
    ) -> None:
        if not isinstance(scenario, (str, Path)):
            raise InputFault([f"scenario = {shown(scenario)}: allowed is a name or the path of a file"], "ensemble")
        known = known_scenario(str(scenario))
        faults = [_unknown(name) for name in odd]
        self.scenario, self.root_seed = str(scenario), _whole("root_seed", root_seed, 0, HIGHEST_ROOT_SEED, faults)
        self.replicates = _numbers("replicates", replicates, faults)
        self.keep = _numbers("keep", keep, faults)
        self.lanes = _whole("lanes", lanes, 1, None, faults)
        self.n_quarters = None
        if n_quarters is not None:
            self.n_quarters = _whole("n_quarters", n_quarters, 1, known.n_quarters, faults)
        self.points = _points(parameters, known.parameters, faults)
        if fault := no_world(world):
            faults.append(f"world = {fault}")
        self.by_run = _by_run(by_run, self.replicates.size, faults)
        faults += _faults(self.replicates, self.keep, self.by_run) if not faults else []
        if faults:
            raise InputFault(faults, "ensemble")
        self.world_type = world
        with using_arithmetic(arithmetic):
            self.arithmetic = arithmetic_in_use()
        self.summaries: list[pd.DataFrame] = []
        self.records: dict[tuple[int, int], Recorder] = {}

    def worlds(self) -> Iterator[tuple[int, World]]:
        """The blocks, not yet played, each with the index of its set of parameters."""
        for point, parameters in enumerate(self.points):
            for first in range(0, self.replicates.size, self.lanes):
                part = slice(first, first + self.lanes)
                block = self.replicates[part]
                own = (self.by_run.some(part),) if self.by_run else ()
                kept = np.flatnonzero(np.isin(block, self.keep))
                with using_arithmetic(self.arithmetic):
                    world = self.world_type(
                        self.scenario, parameters, self.root_seed, block, kept, self.n_quarters, *own
                    )
                yield point, world
                del world  # so that it can be freed before the next one is made

    def run(self) -> Ensemble:
        """Play every block to the end and keep what is wanted of it; a second call does nothing."""
        if self.summaries:
            return self
        summaries, records = [], {}
        for point, world in self.worlds():
            table = world.run().summary()
            table.insert(0, "design_point", point)
            summaries.append(table)
            for lane in kept_lanes(world):
                records[point, int(world.replicates[lane])] = world.recorder.of_lane(lane)
            world.let_go()
            del world
        # All or nothing: a run that was stopped half-way may be begun again.
        self.summaries, self.records = summaries, records
        return self

    def summary(self) -> pd.DataFrame:
        """One row a design point, replicate and dyad: what came of the runs.

        Raises ``ValueError`` before ``run``.
        """
        if not self.summaries:
            raise ValueError("nothing is played yet: call run() first")
        import pandas as pd

        return pd.concat(self.summaries, ignore_index=True)

    def tables(self, replicate: int, design_point: int = 0) -> dict[str, pd.DataFrame]:
        """The tidy record of a kept replicate, a data frame for each kind of entity.

        Raises ``KeyError`` for a replicate that was not kept or not yet played.
        """
        if (design_point, replicate) not in self.records:
            raise KeyError(f"replicate {replicate} of design point {design_point} was not kept: name it in keep")
        return self.records[design_point, replicate].tables()


def kept_lanes(world: World) -> list[int]:
    """The lanes of a world whose whole record is kept."""
    return [] if world.recorder.kept is None else [int(lane) for lane in world.recorder.kept]


def _faults(replicates: np.ndarray, keep: np.ndarray, by_run: LaneValues) -> list[str]:
    faults = []
    if replicates.size == 0:
        faults.append("replicates: none came; allowed is a number from 1, or numbers of replicates from 0")
    numbers, times = np.unique(replicates, return_counts=True)
    often = numbers[times > 1]
    if repeated := _same_runs(replicates, often, by_run):
        faults.append(
            f"replicates: {_some(repeated)} came more than once; a number is one run, so that repeats would count "
            "twice; write each once"
        )
    elif several := np.intersect1d(keep, often).tolist():
        faults.append(f"keep: {_some(several)} are played under several settings; keep those that are played once")
    if strange := np.setdiff1d(keep, replicates).tolist():
        faults.append(f"keep: {_some(strange)} are not among the replicates")
    return faults


def _same_runs(replicates: np.ndarray, often: np.ndarray, by_run: LaneValues) -> list[int]:
    """Of the numbers that came more than once, those of which two have the same settings."""
    places = np.flatnonzero(np.isin(replicates, often))
    runs = zip(
        replicates[places].tolist(), *(values[places].tolist() for values in by_run.values.values()), strict=True
    )
    return sorted({run[0] for run, times in Counter(runs).items() if times > 1})


def _by_run(came: Any, n_runs: int, faults: list[str]) -> LaneValues:
    """Values of which every run has one."""
    if came is None:
        return NO_VALUES
    if not isinstance(came, Mapping):
        faults.append(f"by_run = {shown(came)}: allowed is a mapping from names to lists of values, one for each run")
        return NO_VALUES
    try:
        return LaneValues(came, n_runs)
    except InputFault as fault:
        faults += fault.faults
        return NO_VALUES


def _some(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:8])) + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")


def _whole(name: str, came: Any, low: int, high: int | None, faults: list[str]) -> int:
    number = whole_number(came)
    if number is not None and low <= number and (high is None or number <= high):
        return number
    allowed = f"a whole number from {low}" + ("" if high is None else f" to {high}")
    allowed = SEEDS if name == "root_seed" else allowed
    faults.append(f"{name} = {shown(came)}: allowed is {allowed}")
    return max(low, 1)


def _numbers(name: str, came: Any, faults: list[str]) -> np.ndarray:
    """Numbers of replicates: as many as are asked for, or those that are listed."""
    if name == "replicates" and whole_number(came) is not None:
        return np.arange(_whole(name, came, 1, MOST_REPLICATES, faults), dtype=np.int64)
    is_list = isinstance(came, Iterable) and not isinstance(came, (str, bytes, Mapping))
    # An array of no axis says that it is iterable, and is not.
    is_list = is_list and not (isinstance(came, np.ndarray) and came.ndim == 0)
    listed = list(itertools.islice(came, MOST_REPLICATES + 1)) if is_list else [came]
    numbers = [whole_number(one) for one in listed]
    wrong = [one for one, n in zip(listed, numbers, strict=True) if n is None or not 0 <= n <= HIGHEST_REPLICATE]
    if is_list and not wrong and len(listed) <= MOST_REPLICATES:
        return np.array(numbers, dtype=np.int64)
    which = f" ({shown(wrong[0], 40)} is not one)" if wrong and is_list else ""
    many = f"a whole number from 1 to {MOST_REPLICATES}, or " if name == "replicates" else ""
    faults.append(f"{name} = {shown(came)}{which}: allowed is {many}a list of numbers of replicates from 0")
    return np.zeros(0, dtype=np.int64)


def _points(came: Any, start: Parameters, faults: list[str]) -> list[Parameters]:
    """The sets of parameters, each the scenario's own with the changes of one mapping."""
    chosen = [came or {}] if came is None or isinstance(came, Mapping) else came
    if (pandas := sys.modules.get("pandas")) is not None and isinstance(chosen, pandas.DataFrame):
        faults.append("parameters: a table came; write parameters=table.to_dict('records')")
        return []
    if not isinstance(chosen, Sequence) or isinstance(chosen, (str, bytes)) or not chosen:
        faults.append(f"parameters = {shown(came)}: allowed is a mapping from names to values, or a list of mappings")
        return []
    points = []
    for number, one in enumerate(chosen):
        where = f"parameters[{number}]" if len(chosen) > 1 else "parameters"
        if not isinstance(one, Mapping):
            faults.append(f"{where} = {shown(one)}: allowed is a mapping from names to values")
            continue
        try:
            points.append(start.with_overrides(one))
        except InputFault as fault:
            faults += [f"{where}: {line}" for line in fault.faults]
    return points


def _unknown(name: str) -> str:
    """What to do with an argument that an ensemble does not have."""
    if name in ("seed", "rng"):
        return f"{name}: an ensemble's luck is root_seed with the numbers of its replicates; write root_seed=7"
    if name in PARAMETERS:
        return f"{name}: parameters come together; write parameters={{'{name}': ...}}"
    named = inspect.signature(Ensemble).parameters
    allowed = [one for one, about in named.items() if about.kind is not about.VAR_KEYWORD]
    return f"{name}: not an argument; {nearest(name, [*allowed, *PARAMETERS]) or 'allowed are ' + ', '.join(allowed)}"
