"""A kill costs little and is written down: parts of a few seconds, sessions listed as they begin, machines told."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pyarrow as pa
import pytest
from sample_runs import PLAN, made_up, small_plan

from experiments.design.plan import Plan
from experiments.running import portions
from experiments.running.portions import FIRST_REPLICATES, Portions, Taken, all_of, missing_chunks
from experiments.running.runner import Hooks, run_plan
from experiments.store import folder as store
from experiments.store import manifest
from experiments.store.columns import Chunk
from experiments.store.folder import Results
from experiments.store.manifest import identity

MANY = PLAN.replace("replicates = 6", "replicates = 120")
MOST_SECONDS = 5.0


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return small_plan(tmp_path, MANY)


def cost(chunk: Chunk) -> float:
    """Seconds that a chunk would take: one whatever its size, and some a run, ten times as many at one point."""
    return 1.0 + chunk.count * (0.3 if chunk.design_point == 3 else 0.03)


@pytest.mark.slow
@pytest.mark.promise
def test_parts_are_at_most_a_few_seconds(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those of a design point that is ten times as slow, once anything was measured; results are the same."""
    made: list[Chunk] = []

    def timed(self: portions.Timed, chunk: Chunk) -> Taken:
        made.append(chunk)
        return Taken(self.work(chunk), cost(chunk))

    monkeypatch.setattr(portions.Timed, "__call__", timed)
    own = run_plan(plan, tmp_path / "r", 1, work=made_up, engine="ensemble").results
    assert made[0].count == FIRST_REPLICATES
    slow = [chunk for chunk in made if chunk.design_point == 3]
    assert max(map(cost, [chunk for chunk in made if chunk is not slow[0]])) <= MOST_SECONDS
    assert max(chunk.count for chunk in made) > 2 * FIRST_REPLICATES, "and no smaller than they need be"
    fixed = run_plan(plan, tmp_path / "fixed", 1, work=made_up, engine="ensemble", chunk_replicates=7).results
    assert own.manifest["digest"] == fixed.manifest["digest"]
    assert own.read().equals(fixed.read())
    assert identity(own.manifest) == identity(fixed.manifest)


def test_time_is_that_of_the_processor_where_the_work_is_done() -> None:
    def work(_: object) -> None:
        end = time.thread_time() + 0.05
        while time.thread_time() < end:
            pass
        time.sleep(0.2)

    assert 0.05 <= portions.Timed(work)(None).seconds < 0.2  # type: ignore[arg-type]


def test_whatever_was_measured_there_is_a_portion(plan: Plan) -> None:
    chunk = next(missing_chunks(plan, all_of(plan), (), lambda _: 20, "ensemble"))
    for seconds, size in ((0.0, 80), (1e9, 1), (80.0, 1), (4.0, 20)):
        own = Portions("ensemble")
        own.measured(chunk, seconds)
        assert own.of(0) == own.of(1) == size
    assert Portions("ensemble", 7).of(0) == 7


@pytest.mark.parametrize("power", [0.4, 0.6, 0.8, 1.0])
@pytest.mark.parametrize("first", [(20, 0.5), (20, 3.9), (50, 4.0), (500, 4.0)])
def test_a_slow_start_is_made_up_for(plan: Plan, power: float, first: tuple[int, float]) -> None:
    """A chunk that took long while much else went on, or a short one by chance, does not settle the size of others."""
    chunk = next(missing_chunks(plan, all_of(plan), (), lambda _: 20, "ensemble"))
    own, took = Portions("ensemble"), first[1]
    chunk = dataclasses.replace(chunk, count=first[0])
    for _ in range(6):
        own.measured(chunk, took)
        chunk = dataclasses.replace(chunk, count=own.of(0))
        took = portions.PORTION_SECONDS * (chunk.count / 200) ** power
    assert 150 <= chunk.count <= 250, "200 replicates take a portion"


@pytest.mark.promise
def test_a_sweep_goes_on_with_parts_of_another_size(plan: Plan, tmp_path: Path) -> None:
    played: list[tuple[int, int]] = []

    def work(chunk: Chunk) -> pa.Table:
        played.extend((chunk.design_point, r) for r in chunk.replicates)
        if len(played) in range(300, 310):
            raise KeyboardInterrupt
        return made_up(chunk)

    with pytest.raises(KeyboardInterrupt):
        run_plan(plan, tmp_path / "r", 1, work=work, chunk_replicates=7)
    there = Results.open(tmp_path / "r").manifest["n_runs"]
    assert there > 250
    del played[there:]
    outcome = run_plan(plan, tmp_path / "r", 1, work=work, chunk_replicates=50)
    assert outcome.n_before == there
    assert len(played) == len(set(played)) == plan.n_runs, "nothing twice, nothing left out"
    whole = run_plan(plan, tmp_path / "whole", 1, work=made_up).results
    assert outcome.results.manifest["digest"] == whole.manifest["digest"]
    assert outcome.results.read().equals(whole.read())


# --- sessions -----------------------------------------------------------------------------------------------------


def killed(plan: Plan, folder: Path, after: int) -> None:
    """A session in a process of its own that ends at once, without a word, after some chunks."""
    child = os.fork()
    if child == 0:
        played = []

        def work(chunk: Chunk) -> pa.Table:
            played.append(chunk)
            if len(played) > after:
                os._exit(9)
            return made_up(chunk)

        try:
            run_plan(plan, folder, 1, work=work, chunk_replicates=10)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.promise
def test_every_session_that_began_is_written_down(plan: Plan, tmp_path: Path) -> None:
    for after in (0, 5, 3):
        killed(plan, tmp_path / "r", after)
    told = Results.open(tmp_path / "r").manifest["sessions"]
    assert [session.get("n_runs") for session in told] == [0, 50, None], "the third one may still be at work"
    run_plan(plan, tmp_path / "r", 1, work=made_up)
    told = Results.open(tmp_path / "r").manifest["sessions"]
    assert [session["n_runs"] for session in told] == [0, 50, 30, plan.n_runs - 80]
    assert [session["finished"] is None for session in told] == [True, True, True, False]
    assert all(session["started"] and session["python"] and session["workers"] == 1 for session in told)
    run_plan(plan, tmp_path / "r", 1, work=made_up)
    assert len(Results.open(tmp_path / "r").manifest["sessions"]) == 4, "one that has nothing to do leaves all as it is"


@pytest.mark.promise
@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"python": "3.99.1"}, "played runs that are here, and 3.99.1 goes on"),
        ({"processor_features": ["SSE", "NEW"]}, "on a processor with other features ("),
    ],
)
def test_another_machine_is_told(
    other: dict[str, object], says: str, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(plan, tmp_path / "r", 2)
    told: list[str] = []
    here = manifest.machine()
    for module in (manifest, store):
        monkeypatch.setattr(module, "machine", lambda: {**here, **other})
    killed(plan, tmp_path / "r", 2)
    monkeypatch.undo()
    # Back where it began: the session in between was on another one.
    run_plan(plan, tmp_path / "r", 1, Hooks(tell=told.append), work=made_up)
    assert len(told) == 1
    assert told[0].startswith("Note: ")
    assert "runs may differ in their last bits from those of one machine" in told[0]
    for module in (manifest, store):
        monkeypatch.setattr(module, "machine", lambda: {**here, **other})
    again: list[str] = []
    for part in Results.open(tmp_path / "r").parts([0]):
        part.unlink()
    run_plan(plan, tmp_path / "r", 1, Hooks(tell=again.append), work=made_up)
    assert [says in words for words in again] == [True]


def test_the_same_machine_says_nothing(plan: Plan, tmp_path: Path) -> None:
    killed(plan, tmp_path / "r", 2)
    told: list[str] = []
    run_plan(plan, tmp_path / "r", 1, Hooks(tell=told.append), work=made_up)
    assert told == []
