"""Runs the design points of a plan: chunk by chunk, on any executor, whatever happens to a run or a worker.

The unit of work is a chunk: some replicates of one design point. A few chunks a worker are in flight at any
time and each is stored as it finishes, so that memory stays small and an interrupted sweep keeps what it has.
Chunks go replicate by replicate through all design points, so that what an interrupted sweep has is balanced.

* A run that fails becomes a row with the stage and the message; the sweep goes on.
* A worker that dies takes its pool along: a new pool is made, and the chunks that were in flight are tried
  again one at a time. One that kills its worker twice when alone becomes failed rows.
* Ctrl-C finishes the chunks that have begun and stops; a second one stops at once.
"""

from __future__ import annotations

import dataclasses
import math
import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from experiments.design import Plan, Value
from experiments.store import Results
from model import InputFault

if TYPE_CHECKING:
    import pyarrow as pa

# One run takes 0.1 to 0.3 s, so a chunk takes about a second: long against what an executor adds (under a
# millisecond), short against the patience of whoever presses Ctrl-C.
CHUNK_REPLICATES: Final = 5
# Chunks in flight per worker: one running and one waiting, so that no worker idles while a part is written.
CHUNKS_PER_WORKER: Final = 2
# More workers than this many times the processors only take each other's memory.
WORKERS_PER_PROCESSOR: Final = 4
DEATHS_ALLOWED: Final = 2


class WorkersDie(RuntimeError):
    """Worker processes die whatever they are given."""


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Some replicates of one design point: all that a worker needs to know."""

    scenario: str
    root_seed: int
    design_point: int
    settings: Mapping[str, Value]
    columns: Mapping[str, Value]
    first: int
    count: int

    @property
    def name(self) -> str:
        """The name of the part that holds it."""
        return f"point-{self.design_point:05d}_replicates-{self.first:06d}-{self.first + self.count - 1:06d}"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a sweep ended."""

    results: Results
    n_done: int
    n_failed: int
    was_interrupted: bool


def chunks_of(plan: Plan, most: int = CHUNK_REPLICATES) -> Iterator[Chunk]:
    """The plan's runs in chunks of about equal size, the first replicates of every design point first."""
    n_ranges = math.ceil(plan.replicates / most)
    size = math.ceil(plan.replicates / n_ranges)
    for first in range(0, plan.replicates, size):
        count = min(size, plan.replicates - first)
        for point in plan.points:
            columns = {
                "block": point.block,
                **{f.name: _one_kind(f.levels, point.settings[f.name]) for f in plan.factors},
            }
            yield Chunk(plan.scenario, plan.root_seed, point.index, point.settings, columns, first, count)


def _one_kind(levels: Iterable[Value], value: Value) -> Value:
    """A level in a type that all levels of its factor share, because they make one column."""
    kinds = {type(level) for level in levels}
    if kinds <= {int, float} and isinstance(value, int):
        return float(value) if float in kinds else value
    return value if len(kinds) == 1 or kinds == {int, float} else str(value)


def run_chunk(chunk: Chunk) -> pa.Table:
    """Run the replicates of a chunk one after the other; the rows of their summaries, failures included."""
    import pyarrow as pa

    replicates = range(chunk.first, chunk.first + chunk.count)
    return pa.concat_tables([_run(chunk, replicate) for replicate in replicates], promote_options="default")


def _run(chunk: Chunk, replicate: int) -> pa.Table:
    import pyarrow as pa

    from model import NegotiationModel

    stage = "build"
    try:
        settings: dict[str, Any] = {"narrate": False, **chunk.settings}
        model = NegotiationModel(chunk.scenario, chunk.root_seed, replicate, **settings)
        stage = "run"
        model.run()
        stage = "summary"
        summary = pa.Table.from_pandas(model.summary(), preserve_index=False)
    except Exception as error:
        return _failed(chunk, replicate, stage, error)
    return with_keys(chunk, replicate, {"status": "ok", "stage": "", "message": ""}, summary)


def _failed(chunk: Chunk, replicate: int, stage: str, error: BaseException | str) -> pa.Table:
    """The row of a run that failed; the columns of the summary are null."""
    import pyarrow as pa

    said = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    empty = pa.table({"dyad": pa.array([None], pa.string())})
    return with_keys(chunk, replicate, {"status": "failed", "stage": stage, "message": said}, empty)


def with_keys(chunk: Chunk, replicate: int, how: Mapping[str, str], table: pa.Table) -> pa.Table:
    """The rows of one run with what identifies it in front, and texts all of one type, so that parts join."""
    import pyarrow as pa

    keys: dict[str, Any] = {
        "design_point": chunk.design_point,
        **chunk.columns,
        "replicate": replicate,
        **how,
    }
    front = pa.table({name: pa.array([value] * len(table)) for name, value in keys.items()})
    for name in table.column_names:
        column = table[name]
        front = front.append_column(name, column.cast(pa.string()) if pa.types.is_large_string(column.type) else column)
    return front


class InProcess(Executor):
    """An executor that does the work in this process when it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it now; the future that comes back is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_workers(workers: int | None) -> int:
    """The number of workers to use; by default one a processor.

    Raises:
        InputFault: fewer than one, or more than sense.
    """
    most = WORKERS_PER_PROCESSOR * processors()
    if workers is None:
        return processors()
    if not 1 <= workers <= most:
        allowed = f"a whole number from 1 to {most} (this machine has {processors()} processors)"
        raise InputFault([f"workers = {workers}: allowed is {allowed}; leave it out to get {processors()}"], "workers")
    return workers


def executor_maker(workers: int) -> Callable[[], Executor]:
    """What makes an executor of that many processes, and makes it anew should it break."""
    if workers == 1:
        return InProcess
    context = multiprocessing.get_context("spawn")
    return lambda: ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interrupts_to_parent)


def _leave_interrupts_to_parent() -> None:
    """Ctrl-C reaches every process of a terminal; only the parent may act on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Interrupts:
    """Within it the first Ctrl-C is noted and announced, and a second one is an interrupt as usual."""

    def __init__(self, announce: Callable[[], None] = lambda: None) -> None:
        self.announce = announce
        self.noted = False
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True
        self.announce()


def run_chunks(
    chunks: Iterable[Chunk],
    make_executor: Callable[[], Executor],
    in_flight: int,
    take: Callable[[Chunk, pa.Table], None],
    should_stop: Callable[[], bool] = lambda: False,
    work: Callable[[Chunk], pa.Table] = run_chunk,
) -> None:
    """Work through the chunks, ``in_flight`` at a time, handing each result to ``take`` as it comes.

    Every chunk is taken exactly once; when ``should_stop`` turns true, only those that have begun.

    Raises:
        WorkersDie: pool after pool broke and nothing was finished in between.
    """
    waiting = iter(chunks)
    suspects: deque[Chunk] = deque()
    deaths: Counter[str] = Counter()
    running: dict[Future[pa.Table], Chunk] = {}
    breaks_in_a_row = 0
    executor = make_executor()
    try:
        while True:
            on_trial = bool(suspects)
            if should_stop():
                running = {future: chunk for future, chunk in running.items() if not future.cancel()}
            room = 0 if should_stop() else (not running if on_trial else in_flight - len(running))
            batch = [suspects.popleft()] if on_trial and room else []
            if not on_trial:
                batch = [chunk for _, chunk in zip(range(room), waiting, strict=False)]
            lost: list[Chunk] = []
            for chunk in batch:
                try:
                    running[executor.submit(work, chunk)] = chunk
                except BrokenExecutor:
                    lost.append(chunk)
            if not running and not lost:
                return
            alone = len(running) + len(lost) == 1 and (on_trial or in_flight == 1)
            done = wait(running, return_when=FIRST_COMPLETED).done if running else set()
            if lost or any(isinstance(future.exception(), BrokenExecutor) for future in done):
                done = wait(running).done  # a broken pool ends all that it was given
            for future in done:
                chunk = running.pop(future)
                error = future.exception()
                if isinstance(error, BrokenExecutor):
                    lost.append(chunk)
                    continue
                breaks_in_a_row = 0
                take(chunk, future.result() if error is None else failed_chunk(chunk, error))
            if not lost:
                continue
            breaks_in_a_row += 1
            if breaks_in_a_row > DEATHS_ALLOWED * (in_flight + 2):
                raise WorkersDie(f"{breaks_in_a_row} pools of workers died in a row; is there enough memory?")
            executor.shutdown(wait=False)
            executor = make_executor()
            for chunk in lost:
                deaths[chunk.name] += alone
                if deaths[chunk.name] < DEATHS_ALLOWED:
                    suspects.append(chunk)
                else:
                    take(chunk, failed_chunk(chunk, f"its worker process died {DEATHS_ALLOWED} times"))
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def failed_chunk(chunk: Chunk, error: BaseException | str) -> pa.Table:
    """The rows of a chunk of which nothing came back."""
    import pyarrow as pa

    replicates = range(chunk.first, chunk.first + chunk.count)
    return pa.concat_tables([_failed(chunk, replicate, "worker", error) for replicate in replicates])


def run_plan(
    plan: Plan,
    folder: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, failed: None,  # noqa: ARG005
    announce: Callable[[], None] = lambda: None,
) -> Outcome:
    """Run a plan into a new results folder on ``workers`` processes.

    ``progress`` hears how many runs were done and how many of them failed; ``announce`` is called when Ctrl-C
    was pressed and the chunks in flight are being finished.

    Raises:
        InputFault: the folder cannot be used, or more workers than sense; nothing was written.
    """
    workers = check_workers(workers)
    results = Results.create(folder, plan)
    n_done, n_failed = 0, 0

    def take(chunk: Chunk, table: pa.Table) -> None:
        nonlocal n_done, n_failed
        results.write_part(chunk.name, table)
        n_done += chunk.count
        n_failed += table["status"].to_pylist().count("failed")
        progress(n_done, n_failed)

    n_chunks = len(plan.points) * math.ceil(plan.replicates / CHUNK_REPLICATES)
    workers = min(workers, n_chunks)
    in_flight = 1 if workers == 1 else CHUNKS_PER_WORKER * workers
    try:
        with Interrupts(announce) as interrupts:
            run_chunks(chunks_of(plan), executor_maker(workers), in_flight, take, lambda: interrupts.noted)
    finally:
        is_whole = n_done == plan.n_runs
        results.finish("complete" if is_whole else "interrupted", n_done, n_failed)
    return Outcome(results, n_done, n_failed, not is_whole)
