"""Worker processes with a pipe each, behind ``concurrent.futures.Executor``: a dead one takes nothing along.

Why not the pool of the standard library, or joblib's: their workers answer through one queue that all share. One that
is killed half-way through an answer leaves half a message there, and the parent waits for the other half for ever;
one that is killed while the parent hands out work can lose what was just handed out (both seen, the first whenever
it is tried). Here a dead worker breaks its own pipe and nothing else: what it was doing fails with ``WorkerDied``, the
others do not notice, and another process takes its place.

A worker does not import the program that started it, as workers of the standard library do: a script without
``if __name__ == "__main__":`` would begin anew in every one of them. Nor does it look for our packages where that
program looks first: a ``model.py`` in its folder would be found instead.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
Begin = Callable[[], object]
Queue = SimpleQueue["tuple[Future[Any], Call] | None"]

DIED: Final = "the worker process died: it was killed, or there was not enough memory"

# How long an idle process may take to end (seconds).
PATIENCE: Final = 10.0
# After how long without work a process gives freed memory back (seconds).
IDLE: Final = 0.5

# What a worker runs in place of the program: it takes our packages from where they are.
FIRST: Final = Path(__file__).resolve().parents[2] / "detente" / "__init__.py"
_starting = threading.Lock()


class WorkerDied(BrokenExecutor):
    """The process that was doing this died; others go on."""


class WorkerPool(Executor):
    """An executor of ``workers`` processes, started when there is work and started again when they die.

    begin: what a process does first; like all that is submitted, it must be found by name in another process.

    A future fails with ``WorkerDied`` when its process dies; whether to try again is the caller's to say.
    """

    def __init__(self, workers: int, begin: Begin | None = None) -> None:
        self._workers, self._begin = workers, begin
        self._calls: Queue = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._is_closed = False
        # Also at the end of the program, or when nobody holds the pool any more.
        self._leave = weakref.finalize(self, _dismiss, self._calls, workers, cancel=True)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have it done by the next worker that is free.

        Raises:
            RuntimeError: the pool was shut down.
        """
        future: Future[Any] = Future()
        with self._lock:
            if self._is_closed:
                raise RuntimeError("nothing can be submitted to a pool that was shut down")
            self._calls.put((future, (fn, args, kwargs)))
            if len(self._threads) < self._workers:
                # Daemons: they must not keep a program alive that is being stopped. They must not know the pool.
                thread = threading.Thread(target=_attend, args=(self._calls, self._begin), daemon=True)
                thread.start()
                self._threads.append(thread)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the workers finish what was submitted, or only what has begun, and end."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._leave.detach()
                _dismiss(self._calls, self._workers, cancel_futures)
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for what was submitted; after an error or Ctrl-C for nothing."""
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)


def _dismiss(calls: Queue, workers: int, cancel: bool) -> None:
    """Tell the threads to end after what is in the queue, or at once."""
    while cancel:
        try:
            call = calls.get_nowait()
        except Empty:
            break
        if call is not None:
            call[0].cancel()
    for _ in range(workers):
        calls.put(None)


# --- in the parent: a thread for each worker ----------------------------------------------------------------


def _attend(calls: Queue, begin: Begin | None) -> None:
    """Hand what comes to one worker, until there is nothing more to come."""
    worker: _Worker | None = None
    while (call := calls.get()) is not None:
        worker = _hand_over(*call, worker, begin)
        del call  # its result may be large, and the next call may be long in coming
    if worker is not None:
        worker.end()


def _hand_over(future: Future[Any], call: Call, worker: _Worker | None, begin: Begin | None) -> _Worker | None:
    """Have a worker do it, a new one if there is none. The worker for the next call comes back, if it is alive."""
    if not future.set_running_or_notify_cancel():
        return worker
    try:
        if worker is None:
            worker = _Worker(begin)
        is_well, result = worker.do(call)
    except WorkerDied as death:
        if worker is not None:
            worker.end(patience=0.0)
        future.set_exception(death)
        return None
    except Exception as error:  # what cannot be sent there, or be read here
        is_well, result = False, error
    if is_well:
        future.set_result(result)
    else:
        future.set_exception(result)
    return worker


@contextmanager
def _program_hidden() -> Iterator[None]:
    """Within it, a process that is started is told that the program is ``FIRST``.

    The standard library reads these two marks of the program's module when it starts a process, and has no other way
    to be told.
    """
    program = sys.modules["__main__"]
    marks = {"__spec__": None, "__file__": str(FIRST)}
    with _starting:
        kept = {name: vars(program)[name] for name in marks if name in vars(program)}
        vars(program).update(marks)
        try:
            yield
        finally:
            for name in marks:
                vars(program).pop(name, None)
            vars(program).update(kept)


class _Worker:
    """A process and the parent's end of its pipe."""

    def __init__(self, begin: Begin | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        # A daemon: a program that is stopped at once does not wait for it.
        self._process = context.Process(target=_work, args=(theirs, begin), daemon=True)
        # The worker's end must be open in the worker alone, so that its death closes the pipe.
        with theirs:
            try:
                with _program_hidden():
                    self._process.start()
            except OSError as error:
                self._pipe.close()
                raise WorkerDied(f"no worker process could be started: {error}") from error

    def do(self, call: Call) -> tuple[bool, Any]:
        """Whether it went well, and the result or what was raised.

        Raises:
            WorkerDied: there is no answer to be had.
        """
        message = pickle.dumps(call)
        try:
            self._pipe.send_bytes(message)
            answer = self._pipe.recv_bytes()
        except Exception as error:  # also when memory runs out here: half an answer may still be in the pipe
            raise WorkerDied(DIED) from error
        is_well, result = pickle.loads(answer)
        return is_well, result

    def end(self, patience: float = PATIENCE) -> None:
        """Close the pipe, which ends an idle process, and see it ended (seconds that it has for it)."""
        self._pipe.close()
        self._process.join(patience)
        self._process.kill()
        self._process.join()


# --- in the worker ------------------------------------------------------------------------------------------


def _work(pipe: Connection, begin: Begin | None) -> None:
    """Do what comes through the pipe until it is closed. Ctrl-C is the parent's to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if begin is not None:
        begin()
    try:
        while True:
            if not pipe.poll(IDLE):
                return_freed_memory()
            pipe.send_bytes(_answer(pipe.recv_bytes()))
    except (EOFError, OSError):  # the parent has closed the pipe, or is gone
        return


def _answer(message: bytes) -> bytes:
    """The result, or what was raised, as bytes."""
    try:
        fn, args, kwargs = pickle.loads(message)
        return pickle.dumps((True, fn(*args, **kwargs)))
    except BaseException as error:
        error.add_note(f"In a worker process:\n{traceback.format_exc()}")
        try:
            answer = pickle.dumps((False, error))
            pickle.loads(answer)
        except Exception:
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
        return answer


def _end_with(parent: Any) -> None:
    """Wait for the end of the parent; then nobody wants what this process does."""
    parent.join()
    os._exit(1)


# --- memory, in processes that mostly wait ------------------------------------------------------------------


def settle() -> None:
    """What is loaded by now is there to stay: the collector need not look through it every time.

    Call it once, where all modules are loaded and nothing is played yet: what is in a circle by now is never freed.
    """
    gc.collect()
    gc.freeze()


def return_freed_memory() -> None:
    """Free what nobody holds any more, and hand the pages back to the system.

    Whoever plays quarter after quarter is served best where freed memory stays for the next array
    (``model.numerics.keep_freed_memory``); who then waits holds it for nothing, 100 MB after an ensemble of 256. Where
    the C library is not glibc, the collector alone is asked. Source: malloc_trim(3).
    """
    gc.collect()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
