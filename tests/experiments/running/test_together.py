"""Several design points in one world: the runs that each has alone, whatever fails or dies."""

from __future__ import annotations

import dataclasses
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from typing import Any

import pytest

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.running import portions
from experiments.running.engines import play_ensemble, run_chunk
from experiments.running.executors import InProcess, run_chunks
from experiments.running.portions import all_of, missing_chunks
from experiments.running.runner import Hooks, run_plan
from experiments.store.columns import Chunk, Played
from experiments.store.folder import Results
from model import Ensemble

PLAN = """
title = "Side by side"
question = "Does it matter who sits beside?"
scenario = "short.toml"
replicates = 5
root_seed = 7
[factors.dialogue_ceiling]
levels = ["none", 0.3, "leaders"]
[factors.truce_quarters]
levels = [1, 8]
[factors.clocks]
levels = [true, false]
"""
SHORT = """
extends = "2026"
name = "short"
title = "Three quarters"
about = "The first quarters of 2026."
last_quarter = "2027Q2"
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "short.toml").write_text(SHORT, encoding="utf-8")
    (tmp_path / "beside.toml").write_text(PLAN, encoding="utf-8")
    return load_plan(tmp_path / "beside.toml")


def together(plan: Plan, size: int = 5) -> list[Chunk]:
    return list(missing_chunks(plan, all_of(plan), (), lambda _: size, "ensemble", together=True))


def places(chunks: list[Chunk]) -> list[tuple[int, int]]:
    return sorted((part.design_point, number) for one in chunks for part in one.parts for number in part.replicates)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_every_run_is_handed_out_once(plan: Plan, size: int) -> None:
    chunks = together(plan, size)
    assert places(chunks) == [(point, number) for point in range(12) for number in range(5)]
    for chunk in chunks:
        assert len(chunk.beside) == 5
        assert len({part.settings["clocks"] for part in chunk.parts}) == 1
        assert {(part.first, part.count) for part in chunk.parts} == {(chunk.first, chunk.count)}


def test_no_more_than_pay(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "MOST_TOGETHER", 11)
    assert {len(chunk.parts) for chunk in together(plan, 5)} == {2}
    monkeypatch.setattr(portions, "MOST_TOGETHER", 3)
    assert {len(chunk.parts) for chunk in together(plan, 5)} == {1}


def test_what_is_there_is_not_played_again(plan: Plan) -> None:
    done = [one for chunk in together(plan, 2) for one in chunk.parts if one.design_point in (0, 3) and one.first == 2]
    rest = list(missing_chunks(plan, all_of(plan), done, lambda _: 5, "ensemble", together=True))
    assert places([*done, *rest]) == places(together(plan))


def test_whoever_writes_a_mechanism_or_keeps_series_sits_alone(plan: Plan) -> None:
    outputs = dataclasses.replace(plan.outputs, series=("dyad",), replicates=2)
    kept = together(dataclasses.replace(plan, outputs=outputs), 2)
    assert {chunk.first for chunk in kept if not chunk.beside} == {0}
    assert all(chunk.beside for chunk in kept if chunk.first >= 2)
    assert not any(chunk.beside for chunk in missing_chunks(plan, all_of(plan), (), lambda _: 5, "mesa", together=True))


def one_by_one(chunk: Chunk) -> Played:
    return run_chunk(chunk)


@pytest.fixture
def alone(plan: Plan, tmp_path: Path) -> Any:
    """The sweep with every point in worlds of its own."""
    run_plan(plan, tmp_path / "alone", 1, work=one_by_one)
    return Results.open(tmp_path / "alone").read()


def test_a_sweep_gives_the_runs_that_each_point_gives_alone(
    plan: Plan, alone: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = []
    run = Ensemble.worlds
    monkeypatch.setattr(Ensemble, "worlds", lambda self: [worlds.append(1), *run(self)][1:])
    run_plan(plan, tmp_path / "beside", 1)
    assert Results.open(tmp_path / "beside").read().equals(alone)
    assert len(worlds) == 2, "one for each state of the clocks"


def test_a_run_that_fails_is_found_among_those_beside_it(
    plan: Plan, alone: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Ensemble.__init__

    def begin(self: Ensemble, *words: Any, **named: Any) -> None:
        started(self, *words, **named)
        some = self.by_run.values.get("truce_quarters", [])
        if 8 in some or self.points[0].truce_quarters == 8:
            raise FloatingPointError("no price settles")

    monkeypatch.setattr(Ensemble, "__init__", begin)
    monkeypatch.setattr("experiments.running.engines.play_mesa", lambda chunk: Played(failed(chunk)))
    outcome = run_plan(plan, tmp_path / "beside", 1)
    assert outcome.n_failed == 30
    rows = Results.open(tmp_path / "beside").read()
    there = rows[rows.status == "ok"].reset_index(drop=True)
    assert there.equals(alone[alone.truce_quarters == 1].reset_index(drop=True)[there.columns])


def failed(chunk: Chunk) -> Any:
    from experiments.store.columns import failed_chunk

    return failed_chunk(chunk, "no price settles").runs


class Dies(InProcess):
    """Its worker dies of every chunk that has one of these points in it."""

    def __init__(self, killers: set[int]) -> None:
        self.killers, self.seen = killers, []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        points = {part.design_point for part in args[0].parts}
        self.seen.append(points)
        if points & self.killers:
            future: Future[Any] = Future()
            future.set_exception(BrokenExecutor("a worker died"))
            return future
        return super().submit(fn, *args, **kwargs)


def test_a_killer_takes_nobody_along(plan: Plan) -> None:
    came: dict[int, list[str]] = {}

    def take(chunk: Chunk, found: Played) -> None:
        for part, played in zip(chunk.parts, (found, *found.beside), strict=True):
            came[part.design_point] = played.runs["status"].to_pylist()

    executor = Dies({4})
    run_chunks(together(plan), lambda: executor, 2, take, work=play_ensemble)
    assert {point for point, status in came.items() if "failed" in status} == {4}
    assert sorted(came) == list(range(12))
    assert executor.seen.count({4}) == 2


def test_progress_counts_all_that_are_done(plan: Plan, tmp_path: Path) -> None:
    told: list[tuple[int, int, int, int]] = []
    outcome = run_plan(plan, tmp_path / "beside", 1, Hooks(progress=lambda *numbers: told.append(numbers)))
    assert outcome.n_done == 60
    assert [numbers[0] for numbers in told] == [30, 60]
