"""Worker processes: what dies takes nothing along, wherever it is when it dies, and nobody waits for ever."""

from __future__ import annotations

import dataclasses
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError, wait
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pyarrow as pa
import pytest
import sample_calls as calls
from sample_calls import PATIENCE, is_alive, wait_until
from sample_runs import made_up, small_plan
from thinned import one_in

from experiments.running import worker_pool
from experiments.running.executors import run_chunks
from experiments.running.runner import chunks_of
from experiments.running.worker_pool import WorkerDied, WorkerPool

# What pickle says of a function that has no name to be found by, in one version of Python or another.
UNSENDABLE = r"Can't (pickle|get) local object '.*<lambda>'"


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1) as pool:
        yield pool


# --- what lives ---------------------------------------------------------------------------------------------


def test_results_come_back_whatever_their_size(pool: WorkerPool) -> None:
    sizes = [0, 1, 16_384, 16_385, calls.LARGE]
    assert [len(answer) for answer in pool.map(calls.large, sizes)] == sizes


def test_all_workers_work_and_stay() -> None:
    with WorkerPool(2) as pool:
        first = {future.result(PATIENCE) for future in [pool.submit(calls.nap, 0.5) for _ in range(2)]}
        later = {future.result(PATIENCE) for future in [pool.submit(calls.nap, 0.1) for _ in range(6)]}
    assert len(first) == 2
    assert later == first
    assert os.getpid() not in first


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not tell what a process holds")
def test_a_worker_that_waits_gives_back_what_it_has_freed(pool: WorkerPool) -> None:
    worker = pool.submit(calls.own_number).result(PATIENCE)
    before = calls.held_by(worker)
    kept = pool.submit(calls.leave_freed_memory).result(PATIENCE)
    assert kept - before > 0.9 * calls.FREED, "what the C allocator keeps"
    wait_until(lambda: calls.held_by(worker) - before < 0.2 * calls.FREED)
    assert pool.submit(calls.own_number).result(PATIENCE) == worker


def test_what_is_raised_comes_back_with_the_place_where_it_was(pool: WorkerPool) -> None:
    worker = pool.submit(calls.own_number).result(PATIENCE)
    with pytest.raises(ZeroDivisionError) as caught:
        pool.submit(calls.divide, 0).result(PATIENCE)
    assert "in divide\n    return 1 / by" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="Unreadable: 1 and 2"):
        pool.submit(calls.raise_unreadable).result(PATIENCE)
    with pytest.raises(Exception, match=UNSENDABLE):
        pool.submit(calls.unsendable).result(PATIENCE)
    with pytest.raises(Exception, match=UNSENDABLE):
        pool.submit(lambda: 1).result(PATIENCE)
    with pytest.raises(SystemExit):
        pool.submit(calls.leave).result(PATIENCE)
    assert pool.submit(calls.own_number).result(PATIENCE) == worker, "none of this costs a process"


# --- what dies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", one_in(4, calls.MOMENTS))
def test_a_death_in_the_middle_of_an_answer_is_noticed(moment: str, pool: WorkerPool) -> None:
    for size in (1_000, calls.LARGE):
        worker = pool.submit(calls.own_number).result(PATIENCE)
        with pytest.raises(WorkerDied, match="it was killed, or there was not enough memory"):
            pool.submit(calls.die_while_answering, moment, size).result(PATIENCE)
        assert pool.submit(calls.own_number).result(PATIENCE) != worker, "another one has taken its place"


def test_a_death_at_work_or_between_is_noticed(pool: WorkerPool) -> None:
    with pytest.raises(WorkerDied):
        pool.submit(calls.die).result(PATIENCE)
    os.kill(pool.submit(calls.own_number).result(PATIENCE), signal.SIGKILL)
    # What is too large for the pipe breaks while it is being handed over.
    with pytest.raises(WorkerDied):
        pool.submit(len, bytes(calls.LARGE)).result(PATIENCE)
    assert pool.submit(len, bytes(calls.LARGE)).result(PATIENCE) == calls.LARGE


def test_a_worker_that_hangs_up_or_will_not_leave_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool._Worker.end, "__defaults__", (0.1,))
    with WorkerPool(1) as pool:
        with pytest.raises(WorkerDied):
            pool.submit(calls.hang_up).result(PATIENCE)
        worker = pool.submit(calls.never_leave).result(PATIENCE)
        assert is_alive(worker)
    assert not is_alive(worker)


def test_half_an_answer_is_not_taken_for_the_next_one(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    receive = Connection._recv  # type: ignore[attr-defined]

    def short_of_memory(self: Connection, size: int, *how: object) -> object:
        if size > calls.LARGE:
            raise MemoryError
        return receive(self, size, *how)

    monkeypatch.setattr(Connection, "_recv", short_of_memory)
    with pytest.raises(WorkerDied):
        pool.submit(calls.large).result(PATIENCE)
    assert pool.submit(len, "abc").result(PATIENCE) == 3


def test_others_do_not_notice_a_death() -> None:
    with WorkerPool(2) as pool:
        others = [pool.submit(calls.nap, 0.3) for _ in range(4)]
        dying = [pool.submit(calls.die_while_answering, "in the answer") for _ in range(3)]
        assert all(isinstance(future.exception(PATIENCE), WorkerDied) for future in dying)
        assert all(future.exception(PATIENCE) is None for future in others)


def test_workers_that_cannot_begin_are_dead() -> None:
    with WorkerPool(1, calls.die) as pool:
        for _ in range(2):
            assert isinstance(pool.submit(calls.own_number).exception(PATIENCE), WorkerDied)
    with WorkerPool(1, partial(calls.divide, 0)) as pool:
        assert isinstance(pool.submit(calls.own_number).exception(PATIENCE), WorkerDied)


def test_a_process_that_cannot_be_started_is_a_death(monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing.process

    def refuse(self: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
    with WorkerPool(1) as pool, pytest.raises(WorkerDied, match=r"could be started: .*Cannot allocate memory"):
        pool.submit(calls.own_number).result(PATIENCE)


@pytest.mark.slow
def test_a_sweep_repeats_only_what_its_dead_worker_was_doing(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    chunks = [
        dataclasses.replace(chunk, columns={**chunk.columns, "notes": str(notes)})
        for chunk in chunks_of(small_plan(tmp_path), most=3)
    ]
    tables: dict[str, pa.Table] = {}
    run_chunks(chunks, lambda: WorkerPool(2), 4, lambda c, table: tables.update({c.name: table}),
               work=calls.die_in_the_answer_once)  # fmt: skip
    begun = notes.read_text(encoding="utf-8").split()
    again = [chunk.name for chunk in chunks if chunk.design_point == 1]
    assert sorted(begun) == sorted([*(chunk.name for chunk in chunks), *again])
    assert all(tables[chunk.name].equals(made_up(chunk)) for chunk in chunks)


# --- the end ------------------------------------------------------------------------------------------------


def test_a_pool_that_was_shut_down_takes_nothing(pool: WorkerPool) -> None:
    running = pool.submit(calls.nap, 0.5)
    queued = [pool.submit(calls.nap, 0.5) for _ in range(3)]
    wait_until(running.running)
    pool.shutdown(wait=False, cancel_futures=True)
    pool.shutdown()
    assert not is_alive(running.result(PATIENCE))
    for future in queued:
        with pytest.raises(CancelledError):
            future.result(PATIENCE)
    with pytest.raises(RuntimeError, match="was shut down"):
        pool.submit(calls.own_number)


def test_what_was_submitted_is_finished_first() -> None:
    with WorkerPool(2) as pool:
        futures = [pool.submit(calls.nap, 0.05) for _ in range(8)]
    assert all(future.done() for future in futures)
    assert not any(is_alive(future.result()) for future in futures)


def test_a_cancelled_call_is_left_out(pool: WorkerPool, tmp_path: Path) -> None:
    first = pool.submit(calls.nap, 0.5)
    second = pool.submit(calls.nap, 0.0, str(tmp_path / "begun"))
    assert second.cancel()
    assert wait([first, pool.submit(calls.own_number)], PATIENCE).not_done == set()
    assert not (tmp_path / "begun").exists()


def test_a_forgotten_pool_ends_its_workers() -> None:
    pool = WorkerPool(1)
    worker = pool.submit(calls.own_number).result(PATIENCE)
    del pool
    gc.collect()
    wait_until(lambda: not is_alive(worker))


@pytest.mark.parametrize("how", one_in(3, ["exit", "error", "forgotten"]))
def test_a_program_that_ends_does_not_wait_for_its_workers(how: str, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    code = f"import sample_calls; sample_calls.leave_a_worker_behind({str(begun)!r}, {how!r})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode != 0) == (how == "error"), done.stderr
    assert ("ValueError: on purpose" in done.stderr) == (how == "error")
    assert "Exception ignored" not in done.stderr and "leaked" not in done.stderr
    wait_until(lambda: not is_alive(int(begun.read_text(encoding="utf-8"))))
