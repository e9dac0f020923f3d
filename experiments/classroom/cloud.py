"""Was that luck? The same settings re-played hundreds of times with other luck, in the background, a picture at a time.

A cloud is played by the ensemble in another process, in batches that grow, so that a first picture comes at once and a
full one soon after. Replicate numbers are those of the run itself first and then 0, 1, 2, ..., so that the run's own
luck, played by the rules alone, is always among them.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from experiments.classroom.game import Settings, read_settings
from experiments.classroom.view import number
from experiments.estimates import wilson
from experiments.worker_pool import WorkerDied, WorkerPool
from model import DYAD_NAMES, Ensemble, TacticFile, load_tactics

#: Replicates in each batch: a picture in half a second, 520 in about three.
BATCHES: Final = (24, 72, 168, 256)
N_RUNS: Final = 520
MOST_CLOUDS: Final = 48  # kept in memory, the least recently used are dropped
NICENESS: Final = 5  # the page goes first
#: What an ensemble works out from its parameters alone and reads in every quarter (see ``game.DERIVED``).
DERIVED: Final = ("parameters", "allowed", "off_table", "stance", "punishment_horizon", "thresholds", "ceiling")
COLUMNS: Final = ("mean_depth", "joint_gain", "final_depth", "treaty_quarters")


def play_batch(settings: Settings, replicates: list[int]) -> dict[str, list[list[float]]]:
    """Outcomes of some replicates under the settings, by the rules alone: column -> dyad -> replicate.

    Columns are those of a run's summary; emerged is 0 or 1; gains in bn$ a year.
    """
    length = settings.quarters or None
    quarters = sorted({change.quarter for change in settings.changes})
    table: dict[str, list[list[float]]] = {name: [[] for _ in DYAD_NAMES] for name in (*COLUMNS, "emerged")}
    ensemble = _ensemble(settings, {}, replicates, length)
    for _, world in ensemble.worlds():
        while world.state.quarter < world.n_quarters:
            if world.state.quarter in quarters:
                now = {c.name: c.value for c in settings.changes if c.quarter <= world.state.quarter}
                _, other = next(iter(_ensemble(settings, now, replicates[:1], length).worlds()))
                for name in DERIVED:
                    setattr(world, name, getattr(other, name))
            world.step()
        outcomes = world.recorder.outcomes()
        for name, columns in table.items():
            values = np.asarray(outcomes[name], dtype=np.float64)
            for d, column in enumerate(columns):
                column.extend(number(value) for value in values[:, d])
    return table


def _ensemble(settings: Settings, changes: dict[str, Any], replicates: list[int], length: int | None) -> Ensemble:
    return Ensemble(
        settings.scenario,
        settings.root_seed,
        replicates,
        {**settings.parameters, **changes},
        n_quarters=length,
    )


def replicates_of(settings: Settings) -> list[int]:
    """The replicates of a cloud, the run's own luck first."""
    others = (r for r in range(N_RUNS) if r != settings.replicate)
    return [settings.replicate, *others][:N_RUNS]


class Cloud:
    """The runs of one set of settings, as far as they have come."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.replicates = replicates_of(settings)
        self.outcomes: dict[str, list[list[float]]] = {name: [[] for _ in DYAD_NAMES] for name in (*COLUMNS, "emerged")}
        self.fault = ""

    @property
    def n_runs(self) -> int:
        """Runs that are in."""
        return len(self.outcomes["emerged"][0])

    @property
    def is_full(self) -> bool:
        """Whether all runs are in."""
        return self.n_runs >= len(self.replicates)

    def next_batch(self) -> list[int]:
        """The replicates to play next."""
        sizes = np.cumsum(BATCHES)
        goal = next((int(size) for size in sizes if size > self.n_runs), len(self.replicates))
        return self.replicates[self.n_runs : goal]

    def add(self, table: dict[str, list[list[float]]]) -> None:
        """Take in a batch."""
        for name, columns in table.items():
            for own, more in zip(self.outcomes[name], columns, strict=True):
                own.extend(more)

    def view(self) -> dict[str, Any]:
        """The picture so far: points by dyad, the run's own luck first; P(emergence) with its 95 % Wilson interval."""
        n = self.n_runs
        rates = []
        for emerged in self.outcomes["emerged"]:
            rate = wilson(float(np.count_nonzero(emerged)), n)
            rates.append([number(rate.share), number(rate.low), number(rate.high)] if n else None)
        return {
            "runs": n,
            "of": len(self.replicates),
            "depth": self.outcomes["mean_depth"],
            "gain": self.outcomes["joint_gain"],
            "emerged": rates,
            "fault": self.fault,
        }


class Clouds:
    """Plays clouds in a process of their own; ``view`` asks for one and gets what there is of it."""

    def __init__(self, tactics: TacticFile | None = None) -> None:
        self._tactics = (tactics.path, tactics.sha256) if tactics else None
        # A batch that is done at once reports from within the call that submits it.
        self._lock = threading.RLock()
        self._clouds: OrderedDict[str, Cloud] = OrderedDict()
        self._pool: WorkerPool | None = None

    def start(self) -> None:
        """Start the process and let it load the model, so that the first question is answered quickly."""
        with self._lock:
            self._started().submit(_warm)

    def stop(self) -> None:
        """End the process; batches that have not begun are dropped."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def view(self, settings: Settings) -> dict[str, Any]:
        """The picture of these settings so far; asking starts it. Moves that people made are no part of it."""
        key = settings.key()
        with self._lock:
            cloud = self._clouds.get(key)
            if cloud is None:
                cloud = self._clouds[key] = Cloud(settings)
                self._submit(key, cloud)
            self._clouds.move_to_end(key)
            while len(self._clouds) > MOST_CLOUDS:
                self._clouds.popitem(last=False)
            return cloud.view()

    def _started(self) -> WorkerPool:
        if self._pool is None:
            self._pool = WorkerPool(1, partial(_begin, self._tactics))
        return self._pool

    def _submit(self, key: str, cloud: Cloud) -> None:
        future = self._started().submit(_play, cloud.settings.as_dict(), cloud.next_batch())
        future.add_done_callback(lambda done: self._arrived(key, cloud, done))

    def _arrived(self, key: str, cloud: Cloud, done: Future[Any]) -> None:
        with self._lock:
            if done.cancelled():
                return
            try:
                cloud.add(done.result())
            except WorkerDied:  # the pool starts another one
                cloud.fault = "stopped"
                self._clouds.pop(key, None)
                return
            except Exception as fault:  # a fault of one setting must not stop the others
                cloud.fault = f"{type(fault).__name__}"
                return
            # What nobody looks at any more is not played on.
            if key in self._clouds and not cloud.is_full and self._pool is not None:
                with contextlib.suppress(RuntimeError):  # the process is being ended
                    self._submit(key, cloud)


def _begin(tactics: tuple[str, str] | None) -> None:
    """A process begins: it lets the page go first, and knows the tactics that the command line named."""
    if tactics is not None:
        load_tactics(*tactics)
    with contextlib.suppress(AttributeError, OSError):  # not every system has it
        os.nice(NICENESS)


def _warm() -> None:
    """Load the model and calibrate the usual starting point."""
    play_batch(replace(Settings(), quarters=1), [0])


def _play(settings: dict[str, Any], replicates: list[int]) -> dict[str, list[list[float]]]:
    return play_batch(read_settings(settings), replicates)
