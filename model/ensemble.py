"""The ensemble: blocks of worlds, so that memory does not grow with the number of replicates.

>>> ensemble = Ensemble(scenario="2026", root_seed=1, replicates=100).run()
>>> ensemble.summary()
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from model.parameters import InputFault, make_parameters
from model.record import Recorder
from model.starting_point import known_scenario
from model.world import World

MOST_LANES: Final = 1024  # replicates in a block: the speed is flat from here on, the memory is not


class Ensemble:
    """Many replicates of one or several sets of parameters.

    scenario: a name in ``seeds/scenarios`` or a path; root_seed: with a replicate's number the address of its luck;
    replicates: how many, or their numbers; parameters: changes to the scenario's parameters by flat name, one mapping
    or one for each design point; keep: numbers of the replicates whose tables are wanted; lanes: replicates in a block;
    n_quarters: a shorter horizon than the scenario's; world: a class of worlds of one's own.

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
        world: type[World] = World,
    ) -> None:
        numbers = range(replicates) if isinstance(replicates, int) else replicates
        self.replicates = np.array(list(numbers), dtype=np.int64)
        self.keep = np.array(list(keep), dtype=np.int64)
        faults = _faults(root_seed, self.replicates, self.keep, lanes)
        if faults:
            raise InputFault(faults, "ensemble")
        self.scenario, self.root_seed, self.lanes, self.n_quarters = str(scenario), root_seed, lanes, n_quarters
        self.world_type = world
        chosen = [parameters or {}] if parameters is None or isinstance(parameters, Mapping) else list(parameters)
        changes = known_scenario(self.scenario).parameters.changes()
        self.points = [make_parameters({**changes, **one}) for one in chosen]
        self.summaries: list[pd.DataFrame] = []
        self.records: dict[tuple[int, int], Recorder] = {}

    def worlds(self) -> Iterator[tuple[int, World]]:
        """The blocks, not yet played, each with the index of its set of parameters."""
        for point, parameters in enumerate(self.points):
            for first in range(0, self.replicates.size, self.lanes):
                block = self.replicates[first : first + self.lanes]
                kept = np.flatnonzero(np.isin(block, self.keep))
                yield point, self.world_type(self.scenario, parameters, self.root_seed, block, kept, self.n_quarters)

    def run(self) -> Ensemble:
        """Play every block to the end and keep what is wanted of it."""
        for point, world in self.worlds():
            table = world.run().summary()
            table.insert(0, "design_point", point)
            self.summaries.append(table)
            for lane in kept_lanes(world):
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


def kept_lanes(world: World) -> list[int]:
    """The lanes of a world whose whole record is kept."""
    return [] if world.recorder.kept is None else [int(lane) for lane in world.recorder.kept]


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
