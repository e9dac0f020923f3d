"""Runs the design points of a plan into a results folder: chunk by chunk, resumable, whatever happens.

The unit of work is a chunk: some replicates of one design point. Chunks go replicate by replicate through all
design points, so that what an interrupted sweep has is balanced. A chunk is finished when its part is on disk; the
same command again plays what is missing and nothing else. A plan or code that has changed since is refused, with
the difference, because the parts would not belong together.

Who does the work and what happens when a worker dies is told in ``executors.py``, what a worker does in ``engines.py``.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.design.plan import ByRun, Plan
from experiments.running.engines import run_chunk
from experiments.running.executors import (
    CHUNKS_PER_WORKER,
    InProcess,
    Interrupts,
    WorkersDie,
    check_workers,
    executor_maker,
    run_chunks,
    scheduler_maker,
)
from experiments.running.portions import (
    CHUNK_REPLICATES,
    CHUNKS,
    Portions,
    Taken,
    Timed,
    all_of,
    chunk_at,
    chunks_of,
    missing_chunks,
)
from experiments.statistics import stopping
from experiments.store import kept, manifest
from experiments.store.columns import Chunk, Played
from experiments.store.folder import Results
from experiments.store.lock import check_usable, locked
from model import KEPT, InputFault, arithmetic_in_use, shown, using_arithmetic

if TYPE_CHECKING:
    from model import TacticFile, WorldFile

__all__ = ["CHUNKS", "CHUNK_REPLICATES", "Outcome", "WorkersDie", "chunks_of", "open_or_create", "rerun", "run_plan"]

# Who plays a sweep.
DEFAULT_ENGINE: Final = "ensemble"
# Starting worker processes and warming them costs this much; less work than that is done at home (seconds).
WORTH_A_POOL: Final = 3.0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a sweep ended. ``n_done`` counts all finished runs, ``n_before`` those that were there already."""

    results: Results
    n_done: int
    n_failed: int
    n_before: int
    was_interrupted: bool
    damaged: tuple[str, ...] = ()
    # Runs in all; with a target of precision, as many as the pilot asked for.
    n_total: int = 0


@dataclasses.dataclass
class Hooks:
    """What a sweep tells while it goes on."""

    # How many runs are done and how many of them failed, how many there will be, and how many were there before.
    progress: Callable[[int, int, int, int], None] = lambda done, failed, total, before: None  # noqa: ARG005
    # Ctrl-C was pressed and the chunks in flight are being finished.
    announce: Callable[[], None] = lambda: None
    # A sentence for the screen: what was found damaged, what goes on.
    tell: Callable[[str], None] = lambda words: None  # noqa: ARG005


def open_or_create(plan: Plan, folder: Path, engine: str = "mesa") -> tuple[Results, bool]:
    """The results folder of a plan, and whether it was there already, begun or finished by the same sweep.

    Raises:
        InputFault: the folder holds other files, or results of another plan or other code; nothing was changed.
    """
    if not Results.are_in(folder):
        return Results.create(folder, plan, engine), False
    results = Results.open(folder)
    if found := kept.differences(results, plan):
        lines = "\n  ".join(found)
        fault = f"'{folder}' holds results that differ from what was asked:\n  {lines}\n"
        raise InputFault([f"{fault}nothing was changed; to begin anew: --into NEW_FOLDER"], "results")
    return results, True


def run_plan(
    plan: Plan,
    folder: Path,
    workers: int | None = None,
    hooks: Hooks | None = None,
    scheduler: str | None = None,
    work: Callable[[Chunk], Any] = run_chunk,
    engine: str = DEFAULT_ENGINE,
    chunk_replicates: int | None = None,
) -> Outcome:
    """Run a plan into a results folder, or go on with what is there, on ``workers`` processes or a scheduler.

    engine: a name in ``engines.ENGINES``, by default the ensemble; a folder that is there goes on with its own.
    Its arithmetic (``model.compiled.arithmetic``) a folder keeps likewise.
    chunk_replicates: replicates in a part, by default as many as take a few seconds. work: plays a chunk; by default on
    its engine.

    Raises:
        InputFault: the folder cannot be used, more workers than sense, or no scheduler; nothing was written.
        WorkersDie: worker processes die whatever they are given; finished parts are kept.
    """
    workers = check_workers(workers)
    make, in_flight, leave = _team(workers, scheduler)
    try:
        check_usable(folder)
        # First of all: who begins in one folder at the same instant must not write a manifest over another's.
        with locked(folder):
            results, _ = open_or_create(plan, folder, engine)
            results.relabel(plan)
            plan = kept.played(plan, results)
            sweep = _Sweep(
                plan, results, hooks or Hooks(), work, Portions(results.manifest["engine"], chunk_replicates)
            )
            # Workers elsewhere are there already; a pool has to be started and may not be worth it.
            began, now = manifest.arithmetic_of(results.manifest), arithmetic_in_use()
            if began != now:
                sweep.hooks.tell(OTHER_ARITHMETIC.format(folder=folder, began=began, now=now))
            with using_arithmetic(began):
                return sweep.go(workers if scheduler is None else 1, make, in_flight)
    finally:
        leave()


def _team(workers: int, scheduler: str | None) -> tuple[Callable[[], Executor], int, Callable[[], object]]:
    if scheduler is None:
        return executor_maker(workers), 1 if workers == 1 else CHUNKS_PER_WORKER * workers, lambda: None
    make, n_threads, leave = scheduler_maker(scheduler, manifest.code_fingerprint)
    return make, CHUNKS_PER_WORKER * n_threads, leave


#: Runs of two arithmetics differ in their last digits, so that one folder holds those of one.
OTHER_ARITHMETIC: Final = (
    "'{folder}' was begun with the arithmetic {began} and goes on with it, not with {now}; for runs with {now}: "
    "--into NEW_FOLDER"
)


class _Sweep:
    """One session of a sweep: what was there, what is being added."""

    def __init__(
        self, plan: Plan, results: Results, hooks: Hooks, work: Callable[[Chunk], Any], portions: Portions
    ) -> None:
        self.plan, self.results, self.hooks, self.work = plan, results, hooks, Timed(work)
        self.portions = portions
        self.engine = str(results.manifest["engine"])
        self.finished: list[Chunk] = []
        self.n_done, self.n_failed, self.n_before = 0, 0, 0
        self.total = plan.n_runs

    def go(self, workers: int, make: Callable[[], Executor], in_flight: int) -> Outcome:
        """Play what is missing."""
        self.finished, damaged = self.results.take_stock(lambda *place: chunk_at(self.plan, self.engine, place))
        for words in damaged:
            self.hooks.tell(f"{words}: it is computed again")
        n_before = self.n_before = self.n_done = sum(chunk.count for chunk in self.finished)
        if self.finished:
            self.n_failed = len(self.results.read_failures())
            self.hooks.progress(self.n_done, self.n_failed, self.total, n_before)
        is_whole = False
        try:
            with Interrupts(self.hooks.announce) as interrupts:
                self._stage(self._pilot(), workers, make, in_flight, interrupts.stop_wanted)
                if not interrupts.stop_wanted():
                    self._stage(self._rest(), workers, make, in_flight, interrupts.stop_wanted)
                is_whole = not interrupts.stop_wanted() or self.n_done >= self.total
        finally:
            state = "complete" if is_whole else "interrupted"
            if self.n_done > n_before or damaged or self.results.manifest["state"] != state:
                self.results.begin_session(n_before, workers)
                self.results.finish(state, self.n_done, self.n_failed, self.n_done - n_before)
        return Outcome(self.results, self.n_done, self.n_failed, n_before, not is_whole, tuple(damaged), self.total)

    def _pilot(self) -> dict[int, int]:
        """Replicates of each design point that come first: all, or with a target of precision the pilot's."""
        target, every = self.plan.precision, all_of(self.plan)
        return every if target is None else {point: min(target.least, n) for point, n in every.items()}

    def _rest(self) -> dict[int, int]:
        """With a target of precision, the replicates of each design point that the pilot's spread asks for."""
        target, every = self.plan.precision, all_of(self.plan)
        if target is None:
            return {}
        frame = self.results.read(["dyad", *target.outcomes])
        wanted = stopping.wanted_for(frame[frame["design_point"] < self.plan.n_base], target)
        under = {point.index: every[point.index] for point in self.plan.points if point.sample >= 0}
        needed = {**wanted, **under}
        chosen = {point: min(needed.get(point, target.least), n) for point, n in every.items()}
        self.total = sum(chosen.values())
        self.hooks.tell(stopping.in_words(wanted, target, self.total))
        return chosen

    def _stage(
        self,
        wanted: Mapping[int, int],
        workers: int,
        make: Callable[[], Executor],
        in_flight: int,
        should_stop: Callable[[], bool],
    ) -> None:
        # Work of another kind takes one point at a time.
        missing = missing_chunks(
            self.plan, wanted, self.finished, self.portions.of, self.engine, self.work.work is run_chunk
        )
        if (first := next(missing, None)) is None:
            return
        for words in self.results.begin_session(self.n_before, workers):
            self.hooks.tell(words)
        chunks: Iterator[Chunk] = itertools.chain([first], missing)
        if workers > 1:
            # How long one chunk takes decides whether the others are worth a pool.
            began, before = time.monotonic(), self.n_done
            run_chunks([first], InProcess, 1, self._take, should_stop, self.work)
            chunks, n_left = missing, self._n_left(wanted)
            if (time.monotonic() - began) / max(self.n_done - before, 1) * n_left < WORTH_A_POOL:
                make, in_flight = InProcess, 1
        if not should_stop():
            run_chunks(chunks, make, in_flight, self._take, should_stop, self.work)

    def _n_left(self, wanted: Mapping[int, int]) -> int:
        """How many of the wanted runs are not finished."""
        rest = missing_chunks(self.plan, wanted, self.finished, lambda _: self.plan.replicates, self.engine)
        return sum(chunk.count for chunk in rest)

    def _take(self, chunk: Chunk, found: Any) -> None:
        if isinstance(found, Taken):
            self.portions.measured(chunk, found.seconds)
            found = found.played
        # An engine may hand back the rows alone.
        whole = found if isinstance(found, Played) else Played(found)
        for part, played in zip(chunk.parts, (whole, *whole.beside), strict=True):
            self.results.write_part(part, played)
            self.finished.append(part)
            self.n_done += part.count
            self.n_failed += played.runs["status"].to_pylist().count("failed")
        self.hooks.progress(self.n_done, self.n_failed, self.total, self.n_before)


@dataclasses.dataclass(frozen=True)
class Rerun:
    """A run played again: what is stored, what came now, and what has changed in between."""

    chunk: Chunk
    stored: dict[str, Any]
    fresh: dict[str, Any]
    changes: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether both came to the same: the same digest, or the same failure."""
        return all(self.stored[key] == self.fresh[key] for key in ("status", "stage", "message", "digest"))


def rerun(
    results: Results,
    name: str,
    tactics: TacticFile | None = None,
    world: WorldFile | None = None,
    engine: str | None = None,
) -> Rerun:
    """Play one stored run again; ``name`` is POINT-REPLICATE, as in 12-3; engine: another one than it was played on.

    Raises:
        InputFault: no such run is in the results, or they were made with another file of tactics or mechanism.
    """
    kept.check_tactics(results, tactics)
    kept.check_world(results, world)
    points = results.manifest["design_points"]
    # Eighteen digits: numbers of rows fit 64 bits.
    address = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,18})", name)
    point, replicate = address.groups() if address else ("", "")
    if not address or int(point) >= len(points):
        fault = f"run {shown(name)}: allowed is POINT-REPLICATE, such as 0-0, with points from 0 to {len(points) - 1}"
        raise InputFault([fault], "results")
    rows = results.run(int(point), int(replicate))
    if rows.empty:
        fault = (
            f"run {name!r} is not among the finished runs of '{results.folder}', whose plan has replicates from 0 to "
            f"{results.manifest['replicates'] - 1}; not all of them may be played yet"
        )
        raise InputFault([fault], "results")
    told = results.manifest
    settings = points[int(point)]["settings"]
    seed = int(told["root_seed"])
    start = str(results.input(told.get("scenarios", {}).get(points[int(point)].get("scenario"), KEPT)))
    chunk = Chunk(
        start, seed, int(point), settings, {}, int(replicate), 1, engine or told["engine"], tactics=tactics,
        world=world, arithmetic=manifest.arithmetic_of(told),
        by_run=ByRun.read(own).of(int(replicate), 1) if (own := told["reads"].get("by_run")) else {},
    )  # fmt: skip
    fresh = run_chunk(chunk).runs.to_pylist()[0]
    code, here = told["code"], manifest.sources()
    changes = tuple(sorted(path for path in {*code, *here} if code.get(path) != here.get(path)))
    stored = {str(key): value for key, value in rows.iloc[0].items()}
    return Rerun(chunk, stored, fresh, changes)
