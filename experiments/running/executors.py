"""Who does the work: this process, a pool of processes, or the workers of a scheduler; and the loop that feeds them.

A few chunks a worker are in flight at any time and each is handed over as it finishes, so that memory stays small
and an interrupted sweep keeps what it has.

* A chunk whose worker died is tried again, alone. One that kills its worker twice when alone becomes failed rows.
* So is one that finds no memory; if it finds none when alone either, the sweep ends: that is no outcome of a run.
* Ctrl-C finishes the chunks that have begun and stops; a second one stops at once.

The processes themselves are in ``worker_pool.py``.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from types import FrameType
from typing import Any, Final

from experiments.display.command_words import how_to_install
from experiments.running.engines import is_want_of_memory, run_chunk
from experiments.running.worker_pool import WorkerPool
from experiments.store.columns import Chunk, failed_chunk
from model import OWN_FAILURES, InputFault

# Chunks in flight per worker: one running and one waiting, so that no worker idles while a part is written.
CHUNKS_PER_WORKER: Final = 2
# More workers than this many times the processors only take each other's memory.
WORKERS_PER_PROCESSOR: Final = 4
DEATHS_ALLOWED: Final = 2
# How often it is looked whether Ctrl-C was pressed, while workers work (seconds).
LOOK_EVERY: Final = 0.2
# How long a scheduler may take to answer, and to have a worker (seconds).
SCHEDULER_PATIENCE: Final = 10.0
SCHEDULER_ADDRESS: Final = re.compile(r"(\w+://)?([\w.-]+|\[[0-9a-fA-F:.%]+\]):\d+/?")
ALLOWED_ADDRESS: Final = "host:port, such as 192.0.2.7:8786"


class WorkersDie(RuntimeError):
    """Worker processes die whatever they are given."""


class InProcess(Executor):
    """An executor that does the work in this process when it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it now; the future that comes back is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except OWN_FAILURES as error:
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
    """What makes an executor of that many processes."""
    if workers == 1:
        return InProcess
    return lambda: WorkerPool(workers)


def scheduler_maker(address: str, check: Callable[[], str]) -> tuple[Callable[[], Executor], int, Callable[[], object]]:
    """What makes an executor on a dask scheduler, how many chunks its workers can run at once, what takes leave.

    ``check`` gives a fingerprint of the code; every worker must give the same.

    Raises:
        InputFault: dask is not installed, the address is none, nobody answers, nobody works there, or the workers have
            other code.
    """
    try:
        from distributed import Client
    except ImportError:
        fault = f"--scheduler needs dask, which is not installed: {how_to_install('cluster')}"
        raise InputFault([fault], "scheduler") from None
    # Dask itself takes half a minute over what is no address, and leaves a traceback behind.
    if not SCHEDULER_ADDRESS.fullmatch(address):
        raise InputFault([f"{address!r} is no address of a dask scheduler; allowed is {ALLOWED_ADDRESS}"], "scheduler")
    try:
        client = Client(address, timeout=SCHEDULER_PATIENCE, set_as_default=False)
    except (OSError, ValueError, ImportError, TimeoutError):
        fault = (
            f"no dask scheduler answers at {address!r} within {SCHEDULER_PATIENCE:g} s; start one with dask scheduler, "
            f"which says its address: {ALLOWED_ADDRESS}"
        )
        raise InputFault([fault], "scheduler") from None
    try:
        client.wait_for_workers(1, timeout=SCHEDULER_PATIENCE)
    except TimeoutError:
        client.close()
        raise InputFault([f"the scheduler at {address!r} has no workers; start one with dask worker"]) from None
    own = check()
    others = [worker for worker, code in client.run(check, on_error="return").items() if code != own]
    if others:
        client.close()
        fault = (
            f"{len(others)} workers of {address!r} have another version of the model ({others[0]}); install this one"
        )
        raise InputFault([fault], "scheduler")
    n_threads = max(1, int(sum(client.nthreads().values())))
    return lambda: client.get_executor(pure=False), n_threads, client.close


class Interrupts:
    """Within it the first Ctrl-C is noted and announced, and a second one is an interrupt as usual."""

    def __init__(self, announce: Callable[[], None] = lambda: None) -> None:
        self.noted, self._announced = False, False
        self._announce = announce
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.noted:
            raise KeyboardInterrupt
        # Nothing is said here: the signal may have come in the middle of a line of progress.
        self.noted = True

    def stop_wanted(self) -> bool:
        """Whether a Ctrl-C was noted; the first time that it is asked, it is announced."""
        if self.noted and not self._announced:
            self._announced = True
            self._announce()
        return self.noted


class _Feed:
    """Chunks on their way to ``take``: those in flight, those whose worker died, and what each death proves."""

    def __init__(
        self,
        make_executor: Callable[[], Executor],
        in_flight: int,
        take: Callable[[Chunk, Any], None],
        work: Callable[[Chunk], Any],
    ) -> None:
        self.make_executor, self.in_flight, self.take, self.work = make_executor, in_flight, take, work
        self.executor = make_executor()
        self.running: dict[Future[Any], Chunk] = {}
        self.suspects: deque[Chunk] = deque()
        self.on_trial: Chunk | None = None
        self.deaths: Counter[str] = Counter()
        self.deaths_in_a_row = 0
        self.killers: list[Chunk] = []

    def fill(self, waiting: Iterator[Chunk]) -> None:
        """Put chunks in flight; while there are suspects, one of them alone."""
        if not self.suspects and self.on_trial is None:
            for _, chunk in zip(range(self.in_flight - len(self.running)), waiting, strict=False):
                self._submit(chunk)
        elif not self.running:
            self.on_trial = self.suspects.popleft()
            self._submit(self.on_trial)

    def _submit(self, chunk: Chunk) -> None:
        try:
            future = self.executor.submit(self.work, chunk)
        except BrokenExecutor:  # not every executor mends itself
            self.executor.shutdown(wait=False)
            self.executor = self.make_executor()
            future = self.executor.submit(self.work, chunk)
        self.running[future] = chunk

    def recall(self) -> None:
        """Forget the chunks that have not begun."""
        self.running = {future: chunk for future, chunk in self.running.items() if not future.cancel()}

    def collect(self) -> None:
        """Hand over what has finished, and judge what has died."""
        for future in wait(self.running, LOOK_EVERY, return_when=FIRST_COMPLETED).done:
            chunk = self.running.pop(future)
            is_alone = chunk is self.on_trial or self.in_flight == 1
            self.on_trial = None if chunk is self.on_trial else self.on_trial
            error = _error_of(future)
            if not _is_death(error):
                self.deaths_in_a_row = 0
                self.take(chunk, future.result() if error is None else failed_chunk(chunk, error))
                # Workers do live, so those that killed theirs are themselves to blame.
                self.convict()
                continue
            self.deaths_in_a_row += 1
            if chunk.beside:  # nothing is proved of any of them
                self.suspects.extend(chunk.parts)
                continue
            # Beside others it may have died for want of the memory that they took: that is no proof.
            self.deaths[chunk.name] += is_alone
            if is_want_of_memory(error) and self.deaths[chunk.name] == DEATHS_ALLOWED:
                raise WorkersDie(f"there is not enough memory for {chunk.name}.")
            (self.suspects if self.deaths[chunk.name] < DEATHS_ALLOWED else self.killers).append(chunk)

    def convict(self) -> None:
        """Those that killed their workers become failed rows."""
        for chunk in self.killers:
            self.take(chunk, failed_chunk(chunk, f"its worker process died {DEATHS_ALLOWED} times"))
        self.killers.clear()

    def close(self) -> None:
        """Take leave of the executor."""
        # Not every executor can do this by itself when it is shut down.
        for future in self.running:
            future.cancel()
        self.executor.shutdown(wait=False)


def run_chunks(
    chunks: Iterable[Chunk],
    make_executor: Callable[[], Executor],
    in_flight: int,
    take: Callable[[Chunk, Any], None],
    should_stop: Callable[[], bool] = lambda: False,
    work: Callable[[Chunk], Any] = run_chunk,
) -> None:
    """Work through the chunks, ``in_flight`` at a time, handing each result to ``take`` as it comes.

    Every chunk is taken exactly once; when ``should_stop`` turns true, only those that have begun.

    Raises:
        WorkersDie: worker after worker died and nothing was finished in between.
    """
    waiting, feed = iter(chunks), _Feed(make_executor, in_flight, take, work)
    try:
        while True:
            if should_stop():
                feed.recall()
            else:
                feed.fill(waiting)
            if not feed.running:
                feed.convict()
                return
            feed.collect()
            if feed.deaths_in_a_row > DEATHS_ALLOWED * (in_flight + 2):
                raise WorkersDie(f"{feed.deaths_in_a_row} worker processes died in a row; is there enough memory?")
    finally:
        feed.close()


def _error_of(future: Future[Any]) -> BaseException | None:
    """What a finished future raised; being cancelled from outside is an error like any other."""
    try:
        return future.exception()
    except CancelledError as error:
        return error


def _is_death(error: BaseException | None) -> bool:
    """Whether an error says that the worker died, or had no memory left, and not that the work failed."""
    # dask's own name for a task whose workers died one after the other; its package need not be installed here.
    dead = (BrokenExecutor, CancelledError)
    return is_want_of_memory(error) or isinstance(error, dead) or type(error).__name__ == "KilledWorker"
