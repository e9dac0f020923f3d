"""Was that luck? The same settings re-played hundreds of times with other luck, in the background, a picture at a time.

A cloud is played by the ensemble in another process, in batches that grow, so that a first picture comes at once and a
full one soon after. All who look at the same settings share one cloud, the runs 0, 1, 2, ...; whoever's own luck is not
among them yet costs one run more, played in the next block. A picture begins with its visitor's own luck, by the rules
alone. What nobody has looked at for a while is not played on until somebody does again.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Any, Final

import numpy as np

from experiments.classroom.controls import parties_of
from experiments.classroom.game import Settings, change_parameters, read_settings
from experiments.classroom.view import number
from experiments.running.worker_pool import WorkerDied, WorkerPool, settle
from experiments.statistics.estimates import wilson
from model import Ensemble, TacticFile, load_tactics

#: Replicates in each batch: a picture in half a second, 520 in about three.
BATCHES: Final = (24, 72, 128, 144, 152)
N_RUNS: Final = 520
MOST_CLOUDS: Final = 48  # kept in memory, the least recently used are dropped
NICENESS: Final = 2  # the page goes first, but on a busy machine clouds must still come
WATCHED: Final = 6.0  # seconds since somebody last looked; pages look twice a second until a cloud is full
MOST_OWN: Final = 256  # lucks beside the shared ones that wait for their run, a cloud
MOST_DEATHS: Final = 2  # of the process, on the same cloud in a row
Table = dict[str, list["array[float]"]]  # column -> row (a pair, a quarter) -> replicate
COLUMNS: Final = (
    "mean_depth",
    "joint_gain",
    "final_depth",
    "treaty_quarters",
    "emerged",
    "inherited",
    "kept",
    "durable",
)


def play_batch(settings: Settings, replicates: list[int]) -> Table:
    """Outcomes of some replicates under the settings, by the rules alone: column -> dyad -> replicate.

    Columns are those of a run's summary; emerged, inherited, kept and durable are 0 or 1; gains in bn$ a year.
    """
    length = settings.quarters or None
    quarters = sorted({change.quarter for change in settings.changes})
    table = _empty(settings)
    ensemble = Ensemble(settings.scenario, settings.root_seed, replicates, dict(settings.parameters), n_quarters=length)
    for _, world in ensemble.worlds():
        while world.state.quarter < world.n_quarters:
            if world.state.quarter in quarters:
                now = {c.name: c.value for c in settings.changes if c.quarter <= world.state.quarter}
                change_parameters(world, {**settings.parameters, **now})
            world.step()
        outcomes = world.recorder.outcomes()
        for name, columns in table.items():
            values = np.asarray(outcomes[name], dtype=np.float64)
            for d, column in enumerate(columns):
                column.extend(number(value) for value in values[:, d])
    return table


def _empty(settings: Settings) -> Table:
    """No run yet, of every pair of the scenario's governments."""
    n_dyads = parties_of(settings.scenario).n_dyads
    return {name: rows_of(n_dyads) for name in COLUMNS}


def rows_of(n: int) -> list[array[float]]:
    """So many rows without a run yet; a number takes 8 bytes and not the 32 of a list."""
    return [array("d") for _ in range(n)]


def replicates_of(settings: Settings) -> list[int]:
    """The replicates of a full picture, the run's own luck first."""
    return list(luck_first(settings.replicate))


def luck_first(own: int) -> Iterator[int]:
    """The replicates of a picture, the own luck first."""
    return islice(chain([own], (luck for luck in range(N_RUNS) if luck != own)), N_RUNS)


class Cloud:
    """The runs of one set of settings, as far as they have come; ``settings.replicate`` is the first own luck.

    play: what the process is asked to do, with the settings and replicates; is_first: the whole class waits for it.
    """

    kind = "rules"  # by the rules alone; a cloud of another kind is another cloud
    play: Callable[[Settings, list[int]], Table] = staticmethod(play_batch)

    def __init__(self, settings: Settings, is_first: bool = False) -> None:
        self.settings, self.is_first = settings, is_first
        self.outcomes = _empty(settings)
        self.fault = ""
        self.seen = 0.0  # when somebody last looked
        self.deaths = 0  # of the process that played it, since it last brought something
        self._place: dict[int, int] = {}  # replicate -> where its run is in the outcomes
        self._own: OrderedDict[int, float] = OrderedDict()  # lucks that wait for their run -> when last looked at
        self._playing: list[int] = []
        self._was_short = False  # the last batch was of own lucks alone
        self.look(settings.replicate, 0.0)

    def look(self, replicate: int, now: float) -> None:
        """Somebody looks whose own luck is this one."""
        self.seen = now
        if replicate not in self._place:
            self._own.pop(replicate, None)
            self._own[replicate] = now
            while len(self._own) > MOST_OWN:
                self._own.popitem(last=False)

    @property
    def n_runs(self) -> int:
        """Runs that are in."""
        return len(self._place)

    def waiting(self, now: float) -> list[int]:
        """Own lucks that are still looked at and have no run yet: these visitors have no picture."""
        return [luck for luck, seen in self._own.items() if now - seen < WATCHED]

    def next_batch(self, now: float = 0.0) -> list[int]:
        """The replicates to play next: own lucks that somebody still looks at, then the next of the shared ones."""
        own = self.waiting(now)
        done = sum(luck < N_RUNS for luck in self._place)
        goal = min(N_RUNS, next((int(size) for size in np.cumsum(BATCHES) if size > done), N_RUNS))
        # Who came after the first batch is not kept waiting by a large one; every other batch goes on with the cloud.
        self._was_short = bool(own) and done > 0 and not self._was_short
        if self._was_short:
            goal = done
        shared = [luck for luck in range(N_RUNS) if luck not in self._place]
        chosen = shared[: goal - done]
        self._playing = [*own, *(luck for luck in chosen if luck not in own)]
        return self._playing

    def add(self, table: Table) -> None:
        """Take in the batch that was last asked for."""
        for name, columns in table.items():
            for own, more in zip(self.outcomes[name], columns, strict=True):
                own.extend(more)
        for luck in self._playing:
            self._place[luck] = len(self._place)
            self._own.pop(luck, None)
        self._playing, self.deaths = [], 0

    def view(self, replicate: int | None = None) -> dict[str, Any]:
        """The picture so far: points by dyad, the own luck first; how often cooperation emerges, with its interval.

        Where it was there from the start (``inherited``) it is how often it is kept. There is no picture before the run
        of the own luck is in.
        """
        own = self.settings.replicate if replicate is None else replicate
        shown = [self._place[luck] for luck in luck_first(own) if luck in self._place] if own in self._place else []
        column = {
            name: [[values[at] for at in shown] for values in self.outcomes[name]]
            for name in ("mean_depth", "joint_gain", "emerged", "inherited", "kept", "durable")
        }
        return pictured(column, len(shown), N_RUNS, self.fault)


def pictured(column: Mapping[str, Sequence[Sequence[float]]], runs: int, of: int, fault: str = "") -> dict[str, Any]:
    """So many runs of ``of`` as the page draws them; column: name -> pair -> run, the own luck first."""
    held = [np.add(emerged, kept) for emerged, kept in zip(column["emerged"], column["kept"], strict=True)]
    return {
        **{"runs": runs, "of": of, "fault": fault, "depth": column["mean_depth"], "gain": column["joint_gain"]},
        **{"emerged": _rates(held, runs), "inherited": [any(own) for own in column["inherited"]]},
        "lasts": _rates(column["durable"], runs),
    }


def _rates(pairs: Sequence[Any], runs: int) -> list[list[float] | None]:
    """By pair in how many of the runs it was so, with its interval."""
    if not runs:
        return [None] * len(pairs)
    rates = [wilson(float(np.count_nonzero(own)), runs) for own in pairs]
    return [[number(rate.share), number(rate.low), number(rate.high)] for rate in rates]


class Clouds:
    """Plays clouds in a process of their own; ``view`` asks for one and gets what there is of it."""

    def __init__(self, tactics: TacticFile | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._tactics = (tactics.path, tactics.sha256) if tactics else None
        self._clock = clock
        # A batch that is done at once reports from within the call that submits it.
        self._lock = threading.RLock()
        self._clouds: OrderedDict[str, Cloud] = OrderedDict()
        self._pool: WorkerPool | None = None
        self._is_busy = False

    def start(self) -> None:
        """Start the process and let it load the model, so that the first question is answered quickly."""
        with self._lock:
            self._started().submit(_warm)

    def stop(self) -> None:
        """End the process; batches that have not begun are dropped."""
        with self._lock:
            pool, self._pool, self._is_busy = self._pool, None, True
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def view(self, settings: Settings, is_first: bool = False) -> dict[str, Any]:
        """The picture of these settings so far; asking starts it. Moves that people made are no part of it.

        is_first: a whole class waits for it (a lesson, a debrief), so it goes before what single visitors look at.
        """
        return self.look(Cloud(settings, is_first))

    def look(self, wanted: Cloud) -> dict[str, Any]:
        """The picture so far of this cloud, or of the one of its kind and settings that is being played already."""
        settings = wanted.settings
        key = f"{wanted.kind} { ({**settings.as_dict(), 'replicate': None})!r}"
        with self._lock:
            cloud = self._clouds.setdefault(key, wanted)
            cloud.is_first = cloud.is_first or wanted.is_first
            cloud.look(settings.replicate, self._clock())
            self._clouds.move_to_end(key)
            while len(self._clouds) > MOST_CLOUDS:
                # A lesson's picture stays for the next class that opens the chapter; the last one is looked at now.
                names = list(self._clouds)[:-1]
                del self._clouds[next((name for name in names if not self._clouds[name].is_first), names[0])]
            self._play_on()
            return cloud.view(settings.replicate)

    def _started(self) -> WorkerPool:
        if self._pool is None:
            self._pool = WorkerPool(1, partial(_begin, self._tactics))
        return self._pool

    def _play_on(self) -> None:
        """Give the process, if it is free, a batch of a cloud that is looked at.

        First pictures come first, then what a whole class waits for, then what has the fewest runs.
        """
        if self._is_busy:
            return
        now = self._clock()
        watched = [cloud for cloud in self._clouds.values() if now - cloud.seen < WATCHED and not cloud.fault]
        for cloud in sorted(watched, key=lambda one: (not one.waiting(now), not one.is_first, one.n_runs)):
            batch = cloud.next_batch(now)
            if batch:
                self._is_busy = True
                future = self._started().submit(_play, cloud.settings.as_dict(), batch, cloud.play)
                future.add_done_callback(partial(self._arrived, cloud))
                return

    def _arrived(self, cloud: Cloud, done: Future[Any]) -> None:
        with self._lock:
            if done.cancelled() or self._pool is None:
                return
            self._is_busy = False
            try:
                cloud.add(done.result())
            except WorkerDied:  # the pool starts another one
                cloud.deaths += 1
                cloud.fault = "stopped" if cloud.deaths >= MOST_DEATHS else ""
            except Exception as fault:  # a fault of one setting must not stop the others
                cloud.fault = f"{type(fault).__name__}"
            with contextlib.suppress(RuntimeError):  # the process is being ended
                self._play_on()


def _begin(tactics: tuple[str, str] | None) -> None:
    """A process begins: it lets the page go first, and knows the tactics that the command line named."""
    if tactics is not None:
        load_tactics(*tactics)
    with contextlib.suppress(AttributeError, OSError):  # not every system has it
        os.nice(NICENESS)


def _warm() -> None:
    """Load the model and calibrate the usual starting point."""
    play_batch(replace(Settings(), quarters=1), [0])
    settle()


def _play(settings: dict[str, Any], replicates: list[int], play: Callable[[Settings, list[int]], Table]) -> Table:
    return play(read_settings(settings), replicates)
