"""What worker processes are given to do in tests: to answer, to raise, and to die at every moment there is.

Worker processes must find these by name, and a test file is not importable by its name.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.running.worker_pool import WorkerPool
from model.numerics import keep_freed_memory

if TYPE_CHECKING:
    import pyarrow as pa

    from experiments.store.columns import Chunk

# Far longer than anything here takes, so that a test that waits in vain fails and does not hang (seconds).
PATIENCE = 60.0
# An answer that the pipe does not hold at once, so that the parent is reading while it is being written.
LARGE = 3_000_000
# Less than what the C allocator gives back by itself (bytes).
FREED = 40 << 20
# When a worker dies: how many bytes of its answer it has written; the length of the answer comes first, in four bytes.
MOMENTS = {"before the length": 0, "in the length": 2, "after the length": 4, "in the answer": 104}


def is_alive(process: int) -> bool:
    """Whether there is such a process and it has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(what: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for something to be true (seconds)."""
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)


class Unreadable(Exception):
    """An error that can be written into a pipe and not be read from it."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def own_number(_: object = None) -> int:
    return os.getpid()


def leave_freed_memory() -> int:
    """Makes and frees blocks that the C allocator keeps, ``FREED`` bytes; returns what the process then holds."""
    keep_freed_memory()
    blocks = [np.ones(1 << 14) for _ in range(FREED >> 17)]
    del blocks
    return held_by(os.getpid())


def held_by(process: int) -> int:
    """Bytes that a process holds in memory; on Linux."""
    return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


def die(_: object = None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang_up() -> None:
    """Closes the pipe and lives on."""
    gc.collect()
    for one in gc.get_objects():
        if isinstance(one, Connection) and not one.closed:
            one.close()
    threading.Event().wait()


def never_leave() -> int:
    """Answers, and then will not end."""
    threading.Thread(target=threading.Event().wait).start()
    return os.getpid()


def die_once(marker: str) -> int:
    """Takes its worker along the first time."""
    if not Path(marker).exists():
        Path(marker).touch()
        die()
    return len(marker)


def large(size: int = LARGE) -> bytes:
    return bytes(size)


def raise_unreadable() -> None:
    raise Unreadable(1, 2)


def divide(by: float) -> float:
    return 1 / by


def unsendable() -> Callable[[], None]:
    return lambda: None


def leave() -> None:
    raise SystemExit(3)


def nap(seconds: float, begun: str | None = None) -> int:
    if begun is not None:
        Path(begun).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(seconds)
    return os.getpid()


def die_while_answering(moment: str, size: int = LARGE) -> bytes:
    """The answer is cut off at that moment by the death of its worker."""
    room = MOMENTS[moment]

    def cut(self: Any, data: Any, write: Any = None) -> None:
        nonlocal room
        here = data[:room]
        room -= len(here)
        while here:
            here = here[os.write(self.fileno(), here) :]
        if not room:
            die()

    # Every write into a pipe goes through it, for other pools' workers too.
    Connection._send = cut  # type: ignore[attr-defined]
    return bytes(size)


def die_in_the_answer_once(chunk: Chunk) -> pa.Table:
    """Every beginning is noted; design point 1 takes its worker along at first, half-way through its answer."""
    from sample_runs import made_up

    notes = Path(str(chunk.columns["notes"]))
    with notes.open("a", encoding="utf-8") as file:
        file.write(f"{chunk.name}\n")
    if chunk.design_point == 1 and notes.read_text(encoding="utf-8").count(chunk.name) == 1:
        die_while_answering("in the length")
    return made_up(chunk)


def leave_a_worker_behind(begun: str, how: str) -> None:
    """A program that ends in the middle of things, in the way that ``how`` says."""
    pool = WorkerPool(2)
    pool.submit(nap, 600.0, begun)
    for _ in range(20):
        pool.submit(nap, 600.0)
    while not Path(begun).exists() or not Path(begun).read_text(encoding="utf-8"):
        time.sleep(0.01)
    if how == "error":
        with pool:
            raise ValueError("on purpose")
    if how == "forgotten":
        del pool
