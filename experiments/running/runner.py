"""Runs the design points of a plan into a results folder: chunk by chunk, resumable, whatever happens.

The unit of work is a chunk: some replicates of one design point. Chunks go replicate by replicate through all
design points, so that what an interrupted sweep has is balanced. A chunk is finished when its part is on disk; the
same command again plays what is missing and nothing else. A plan or code that has changed since is refused, with
the difference, because the parts would not belong together.

Who does the work and what happens when a worker dies is told in ``executors.py``, what a worker does in ``engines.py``.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.design.plan import ARM, ID, SAMPLE, DesignPoint, Plan, Value
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
from experiments.statistics import stopping
from experiments.store import kept, manifest
from experiments.store.columns import Chunk, Played
from experiments.store.folder import Results
from model import KEPT, InputFault, shown

if TYPE_CHECKING:
    from model import TacticFile, WorldFile

__all__ = ["Outcome", "WorkersDie", "chunks_of", "open_or_create", "rerun", "run_plan"]

# One run takes 0.1 to 0.3 s, so a chunk takes about a second: long against what an executor adds (under a
# millisecond), short against the patience of whoever presses Ctrl-C.
CHUNK_REPLICATES: Final = 5
# Who plays a sweep, and replicates in a part: about a second's work.
DEFAULT_ENGINE: Final = "ensemble"
CHUNKS: Final = {"ensemble": 500, "mesa": CHUNK_REPLICATES}
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


def chunks_of(
    plan: Plan, most: int = CHUNK_REPLICATES, engine: str = "mesa", wanted: Mapping[int, int] | None = None
) -> Iterator[Chunk]:
    """The plan's runs in chunks of ``most`` replicates, the first replicates of every design point first.

    wanted: replicates of each design point, where they differ; a chunk that has begun is finished.
    """
    most_of = {point.index: plan.replicates_of(point) for point in plan.points}
    per_point = most_of if wanted is None else wanted
    columns = {point.index: _columns_of(plan, point) for point in plan.points}
    outputs = plan.outputs
    for first, count in _ranges(plan, most, max(per_point.values(), default=0)):
        for point in plan.points:
            if first >= per_point.get(point.index, 0):
                continue
            n_left = min(count, most_of[point.index] - first)
            series = outputs.series if outputs.replicates and point.sample < 0 else ()
            yield Chunk(
                plan.start_of(point.scenario), plan.root_seed, point.index, point.settings, columns[point.index], first,
                n_left, engine, series, outputs.replicates, plan.tactics, plan.world,
            )  # fmt: skip


def _ranges(plan: Plan, most: int, replicates: int) -> Iterator[tuple[int, int]]:
    """First replicate and number of each chunk of a design point.

    With a target of precision the pilot comes first and every later chunk is half of what is there already, so that
    no more than that is played beyond what the target asks for.
    """
    first = 0
    while first < replicates:
        wanted = most
        if plan.precision is not None:
            wanted = min(most, max(plan.precision.least - first, first // 2, 1))
        count = min(wanted, plan.replicates - first)
        yield first, count
        first += count


def _columns_of(plan: Plan, point: DesignPoint) -> dict[str, Value]:
    """What every row of a design point says of it: its block, its arm, its id and the values of the factors."""
    arm: dict[str, Value] = {ARM: point.arm} if plan.arms else {}
    if plan.ids:  # points that only a contrast needs have none, so that the column is one of texts
        known = "" if point.id is None else point.id
        arm[ID] = str(known) if plan.contrasts or plan.assumed else known
    if plan.assumed is not None:
        arm[SAMPLE] = point.sample
    return {"block": point.block, **arm, **{f.name: _one_kind(f.levels, point.value_of(f.name)) for f in plan.factors}}


def _one_kind(levels: Iterable[Value], value: Value) -> Value:
    """A level in a type that all levels of its factor share, because they make one column."""
    kinds = {type(level) for level in levels}
    if kinds <= {int, float} and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if float in kinds else value
    return value if len(kinds) <= 1 or kinds == {int, float} else str(value)


def open_or_create(
    plan: Plan, folder: Path, engine: str = "mesa", chunk_replicates: int = CHUNK_REPLICATES
) -> tuple[Results, bool]:
    """The results folder of a plan, and whether it was there already, begun or finished by the same sweep.

    Raises:
        InputFault: the folder holds other files, or results of another plan or other code; nothing was changed.
    """
    if not Results.are_in(folder):
        return Results.create(folder, plan, chunk_replicates, engine), False
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

    engine: a name in ``engines.ENGINES``, by default the ensemble. chunk_replicates: replicates in a part, by default
    about a second's work. Both hold for a new folder; one that is there goes on as it began. work: plays a chunk; by
    default on its engine.

    Raises:
        InputFault: the folder cannot be used, more workers than sense, or no scheduler; nothing was written.
        WorkersDie: worker processes die whatever they are given; finished parts are kept.
    """
    workers = check_workers(workers)
    make, in_flight, leave = _team(workers, scheduler)
    try:
        size = CHUNKS.get(engine, CHUNK_REPLICATES) if chunk_replicates is None else chunk_replicates
        results, _ = open_or_create(plan, folder, engine, size)
        with results.locked():
            results.relabel(plan)
            plan = kept.played(plan, results)
            sweep = _Sweep(plan, results, hooks or Hooks(), work)
            # Workers elsewhere are there already; a pool has to be started and may not be worth it.
            return sweep.go(workers if scheduler is None else 1, make, in_flight)
    finally:
        leave()


def _team(workers: int, scheduler: str | None) -> tuple[Callable[[], Executor], int, Callable[[], object]]:
    if scheduler is None:
        return executor_maker(workers), 1 if workers == 1 else CHUNKS_PER_WORKER * workers, lambda: None
    make, n_threads, leave = scheduler_maker(scheduler, manifest.code_fingerprint)
    return make, CHUNKS_PER_WORKER * n_threads, leave


class _Sweep:
    """One session of a sweep: what was there, what is being added."""

    def __init__(self, plan: Plan, results: Results, hooks: Hooks, work: Callable[[Chunk], Any]) -> None:
        self.plan, self.results, self.hooks, self.work = plan, results, hooks, work
        self.size = int(results.manifest["chunk_replicates"])
        self.engine = str(results.manifest["engine"])
        self.n_done, self.n_failed, self.n_before = 0, 0, 0
        self.total = plan.n_runs

    def go(self, workers: int, make: Callable[[], Executor], in_flight: int) -> Outcome:
        """Play what is missing."""
        began = manifest.now()
        every = list(chunks_of(self.plan, self.size, self.engine))
        finished, damaged = self.results.take_stock(every)
        for words in damaged:
            self.hooks.tell(f"{words}: it is computed again")
        self.n_done = sum(chunk.count for chunk in every if chunk.name in finished)
        n_before = self.n_before = self.n_done
        if finished:
            self.n_failed = len(self.results.read_failures())
            self.hooks.progress(self.n_done, self.n_failed, self.total, self.n_before)
        is_whole = False
        try:
            with Interrupts(self.hooks.announce) as interrupts:
                self._stage(self._pilot(every), finished, workers, make, in_flight, interrupts.stop_wanted)
                if not interrupts.stop_wanted():
                    rest = self._rest(every)
                    self._stage(rest, finished, workers, make, in_flight, interrupts.stop_wanted)
                is_whole = not interrupts.stop_wanted() or self.n_done >= self.total
        finally:
            has_state = self.results.manifest["state"] == ("complete" if is_whole else "interrupted")
            if self.n_done > n_before or damaged or not has_state:
                session = {"started": began, "n_runs": self.n_done - n_before, "workers": workers}
                self.results.finish("complete" if is_whole else "interrupted", self.n_done, self.n_failed, session)
        return Outcome(self.results, self.n_done, self.n_failed, n_before, not is_whole, tuple(damaged), self.total)

    def _pilot(self, every: list[Chunk]) -> list[Chunk]:
        """The chunks that come first: all of them, or with a target of precision the pilot's."""
        target = self.plan.precision
        return every if target is None else [chunk for chunk in every if chunk.first < target.least]

    def _rest(self, every: list[Chunk]) -> list[Chunk]:
        """With a target of precision, the chunks that the pilot's spread asks for."""
        target = self.plan.precision
        if target is None:
            return []
        frame = self.results.read(["dyad", *target.outcomes])
        wanted = stopping.wanted_for(frame[frame["design_point"] < self.plan.n_base], target)
        under = {point.index: self.plan.replicates_of(point) for point in self.plan.points if point.sample >= 0}
        needed = {**wanted, **under}
        chosen = [chunk for chunk in every if chunk.first < needed.get(chunk.design_point, target.least)]
        self.total = sum(chunk.count for chunk in chosen)
        self.hooks.tell(stopping.in_words(wanted, target, self.total))
        return [chunk for chunk in chosen if chunk.first >= target.least]

    def _stage(
        self,
        chunks: Iterable[Chunk],
        finished: set[str],
        workers: int,
        make: Callable[[], Executor],
        in_flight: int,
        should_stop: Callable[[], bool],
    ) -> None:
        missing = [chunk for chunk in chunks if chunk.name not in finished]
        if workers > 1 and missing:
            # How long one chunk takes decides whether the others are worth a pool.
            began = time.monotonic()
            run_chunks(missing[:1], InProcess, 1, self._take, should_stop, self.work)
            missing = missing[1:]
            if (time.monotonic() - began) * len(missing) < WORTH_A_POOL:
                make, in_flight = InProcess, 1
        if missing and not should_stop():
            run_chunks(missing, make, in_flight, self._take, should_stop, self.work)

    def _take(self, chunk: Chunk, played: Any) -> None:
        # An engine may hand back the rows alone.
        whole = played if isinstance(played, Played) else Played(played)
        self.results.write_part(chunk, whole)
        self.n_done += chunk.count
        self.n_failed += whole.runs["status"].to_pylist().count("failed")
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
        start, seed, int(point), settings, {}, int(replicate), 1, engine or told["engine"], tactics=tactics, world=world
    )
    fresh = run_chunk(chunk).runs.to_pylist()[0]
    code, here = told["code"], manifest.sources()
    changes = tuple(sorted(path for path in {*code, *here} if code.get(path) != here.get(path)))
    stored = {str(key): value for key, value in rows.iloc[0].items()}
    return Rerun(chunk, stored, fresh, changes)
