"""The runner: every run once, on any executor, whatever dies."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_runs import deadly_once, made_up, small_plan

import model
from experiments.design.plan import Plan
from experiments.running.engines import run_chunk
from experiments.running.executors import (
    InProcess,
    Interrupts,
    WorkersDie,
    check_workers,
    executor_maker,
    processors,
    run_chunks,
)
from experiments.running.runner import CHUNK_REPLICATES, Hooks, chunks_of, run_plan
from experiments.store.columns import Chunk, Played, summary_types
from experiments.store.folder import Results
from model import InputFault, NegotiationModel


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return small_plan(tmp_path)


@pytest.fixture(scope="module")
def any_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """One for all examples of a property: reading a plan takes longer than the property."""
    return small_plan(tmp_path_factory.mktemp("plan"))


class Basket:
    """Takes what the runner hands over."""

    def __init__(self) -> None:
        self.tables: dict[str, pa.Table] = {}

    def __call__(self, chunk: Chunk, table: pa.Table | Played) -> None:
        assert chunk.name not in self.tables, "taken twice"
        self.tables[chunk.name] = table.runs if isinstance(table, Played) else table

    def whole(self) -> pa.Table:
        return pa.concat_tables([self.tables[name] for name in sorted(self.tables)], promote_options="permissive")

    def statuses(self) -> list[str]:
        return self.whole()["status"].to_pylist()


def collect(plan: Plan, executor: Executor, in_flight: int = 3, **how: Any) -> Basket:
    basket = Basket()
    work = how.pop("work", made_up)
    with executor:
        run_chunks(chunks_of(plan, most=2), lambda: executor, in_flight, basket, work=work, **how)
    return basket


# --- chunks -------------------------------------------------------------------------------------------------


@given(replicates=st.integers(1, 60), most=st.integers(1, 25))
def test_chunks_hold_every_run_once(replicates: int, most: int, any_plan: Plan) -> None:
    plan = any_plan.with_replicates(replicates)
    chunks = list(chunks_of(plan, most))
    runs = [(chunk.design_point, r) for chunk in chunks for r in range(chunk.first, chunk.first + chunk.count)]
    assert len(runs) == len(set(runs)) == plan.n_runs
    assert len({chunk.name for chunk in chunks}) == len(chunks)
    assert max(chunk.count for chunk in chunks) <= most
    firsts = [chunk.first for chunk in chunks]
    assert firsts == sorted(firsts), "an interrupted sweep must have as much of every design point"


def test_a_chunk_carries_the_levels_of_its_point(plan: Plan) -> None:
    chunk = list(chunks_of(plan, most=6))[3]
    assert chunk.columns == {"block": "with linkage", "dialogue_ceiling": "group", "tariff_issues": True}
    assert chunk.name == "point-00003_replicates-000000-000005"


def test_levels_of_mixed_types_make_one_column(tmp_path: Path) -> None:
    text = 'title = "A"\nquestion = "B"\nscenario = "2026"\n'
    mixed = small_plan(tmp_path, text + '[factors.dialogue_ceiling]\nlevels = ["none", 0.4, 1]')
    assert [chunk.columns["dialogue_ceiling"] for chunk in chunks_of(mixed)][:3] == ["none", "0.4", "1"]
    numbers = small_plan(tmp_path, text + "[factors.dialogue_ceiling]\nlevels = [0, 0.4, 1]")
    assert [chunk.columns["dialogue_ceiling"] for chunk in chunks_of(numbers)][:3] == [0.0, 0.4, 1.0]


# --- executors ----------------------------------------------------------------------------------------------


def test_any_executor_gives_the_same_rows(plan: Plan) -> None:
    here = collect(plan, InProcess(), in_flight=1).whole()
    assert len(here) == plan.n_runs * 3
    assert collect(plan, ThreadPoolExecutor(3)).whole().equals(here)
    assert collect(plan, executor_maker(2)()).whole().equals(here)


def test_no_more_in_flight_than_asked(plan: Plan) -> None:
    most = 0

    class Counting(InProcess):
        """Leaves its futures open until it was given as many as it may have."""

        open: list[tuple[Future[Any], Callable[[], Any]]] = []  # noqa: RUF012

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            nonlocal most
            future: Future[Any] = Future()
            self.open.append((future, lambda: fn(*args, **kwargs)))
            most = max(most, len(self.open))
            if len(self.open) == 4:
                self.finish()
            return future

        def finish(self) -> None:
            for future, work in self.open:
                future.set_result(work())
            self.open.clear()

    # 27 chunks: whoever hands out fewer than four at a time waits forever, whoever hands out more is seen.
    plan = plan.with_replicates(8)
    assert len(list(chunks_of(plan, most=2))) % 4 == 0
    assert set(collect(plan, Counting(), in_flight=4).statuses()) == {"ok"}
    assert most == 4


def test_stopping_keeps_what_has_begun(plan: Plan) -> None:
    basket = Basket()
    stop = lambda: len(basket.tables) >= 2  # noqa: E731
    run_chunks(chunks_of(plan, most=2), InProcess, 3, basket, stop, made_up)
    assert 2 <= len(basket.tables) <= 5
    assert set(basket.statuses()) == {"ok"}


def test_stopping_is_asked_for_while_workers_work(plan: Plan) -> None:
    """Whoever presses Ctrl-C is answered before the next chunk is finished, and no other begins."""
    executor, begun, finish = ThreadPoolExecutor(1), threading.Event(), threading.Event()
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += begun.is_set()
        if asked == 3:
            finish.set()
        return asked >= 1

    def work(chunk: Chunk) -> pa.Table:
        begun.set()
        assert finish.wait(60), "nobody asked"
        return made_up(chunk)

    basket = Basket()
    with executor:
        run_chunks(chunks_of(plan, most=2), lambda: executor, 3, basket, stop, work)
    assert len(basket.tables) == 1


# --- what fails ---------------------------------------------------------------------------------------------


class Brittle(InProcess):
    """Breaks, as a pool does when a worker dies, whenever it is given what ``kills`` says."""

    def __init__(self, kills: Callable[[Chunk], bool], broken_pools: list[int]) -> None:
        self.kills, self.broken_pools = kills, broken_pools
        self.is_broken = False
        self.open: list[tuple[Future[Any], Any, Chunk]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.is_broken:
            raise BrokenExecutor("broken")
        if self.kills(args[0]):
            self.is_broken = True
            self.broken_pools.append(1)
            future: Future[Any] = Future()
            future.set_exception(BrokenExecutor("a worker died"))
            return future
        return super().submit(fn, *args, **kwargs)


def test_a_killer_becomes_failed_rows_and_nothing_else_is_lost(plan: Plan) -> None:
    basket, broken = Basket(), []
    kills = lambda chunk: chunk.design_point == 1 and chunk.first == 0  # noqa: E731
    run_chunks(chunks_of(plan, most=2), lambda: Brittle(kills, broken), 3, basket, work=made_up)
    assert len(basket.tables) == len(list(chunks_of(plan, most=2)))
    failed = [name for name, table in basket.tables.items() if "failed" in table["status"].to_pylist()]
    assert failed == ["point-00001_replicates-000000-000001"]
    rows = basket.tables[failed[0]].to_pylist()
    assert [row["replicate"] for row in rows] == [0, 1]
    assert {(row["stage"], row["message"]) for row in rows} == {("worker", "its worker process died 2 times")}
    assert len(broken) == 3, "once among others, twice alone"


def test_a_suspect_is_tried_alone(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.running.executors.LOOK_EVERY", 0.01)
    beside: list[Chunk] = []

    class Crowded(InProcess):
        """Its worker dies of a chunk at first; the second time it takes long."""

        n_tries = 0
        trial: Future[Any] | None = None

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if self.trial is not None and not self.trial.done():
                beside.append(args[0])
            if args[0].design_point != 1 or args[0].first:
                return super().submit(fn, *args, **kwargs)
            self.n_tries += 1
            future: Future[Any] = Future()
            if self.n_tries == 1:
                future.set_exception(BrokenExecutor("a worker died"))
            else:
                self.trial = future
                threading.Timer(0.3, lambda: future.set_result(fn(*args, **kwargs))).start()
            return future

    executor, basket = Crowded(), Basket()
    run_chunks(chunks_of(plan, most=2), lambda: executor, 3, basket, work=made_up)
    assert (executor.n_tries, beside) == (2, [])
    assert set(basket.statuses()) == {"ok"}
    assert len(basket.whole()) == plan.n_runs * 3


def test_one_death_costs_nothing(plan: Plan) -> None:
    basket, broken = Basket(), []
    kills = lambda chunk: chunk.design_point == 1 and not broken  # noqa: E731
    run_chunks(chunks_of(plan, most=2), lambda: Brittle(kills, broken), 3, basket, work=made_up)
    assert len(broken) == 1
    assert set(basket.statuses()) == {"ok"}
    assert len(basket.whole()) == plan.n_runs * 3


def test_a_killed_process_costs_nothing(plan: Plan, tmp_path: Path) -> None:
    basket = Basket()
    marked = [
        dataclasses.replace(chunk, columns={**chunk.columns, "marker": str(tmp_path / "died")})
        for chunk in chunks_of(plan, most=3)
    ]
    run_chunks(marked, executor_maker(2), 4, basket, work=deadly_once)
    assert (tmp_path / "died").exists()
    assert set(basket.statuses()) == {"ok"}
    assert len(basket.whole()) == plan.n_runs * 3


def test_workers_that_always_die_end_the_sweep_and_no_run_is_blamed(plan: Plan) -> None:
    basket = Basket()
    with pytest.raises(WorkersDie, match=r"1\d worker processes died in a row; is there enough memory\?"):
        run_chunks(chunks_of(plan, most=2), lambda: Brittle(lambda chunk: True, []), 3, basket, work=made_up)
    assert basket.tables == {}


@pytest.mark.parametrize("others", [0, 1])
def test_the_last_ones_to_die_are_blamed(others: int, plan: Plan) -> None:
    basket = Basket()
    chunks = list(chunks_of(plan, most=2))[: 1 + others]
    run_chunks(chunks, lambda: Brittle(lambda chunk: chunk == chunks[-1], []), 3, basket, work=made_up)
    assert basket.statuses() == ["ok"] * 6 * others + ["failed"] * 2


def test_what_a_worker_raises_becomes_rows(plan: Plan) -> None:
    def fails(chunk: Chunk) -> pa.Table:
        if chunk.design_point == 2:
            raise ArithmeticError("no number")
        return made_up(chunk)

    basket = collect(plan, InProcess(), work=fails)
    rows = [row for row in basket.whole().to_pylist() if row["status"] == "failed"]
    assert {row["design_point"] for row in rows} == {2}
    assert {row["message"] for row in rows} == {"ArithmeticError: no number"}
    assert len(rows) == plan.replicates


@pytest.mark.parametrize("stage", ["build", "run", "summary"])
def test_a_run_that_fails_becomes_a_row(stage: str, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(model.NegotiationModel):
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)
            self._reach("build")

        def _reach(self, here: str) -> None:
            if self.replicate == 1 and here == stage:
                raise ZeroDivisionError(f"at {here}")

        def run(self) -> Any:
            self._reach("run")
            return super().run()

        def summary(self) -> Any:
            self._reach("summary")
            return super().summary()

    monkeypatch.setattr(model, "NegotiationModel", Failing, raising=False)
    table = run_chunk(next(chunks_of(plan.with_replicates(3)))).runs
    rows = table.to_pylist()
    assert [(row["replicate"], row["status"]) for row in rows] == [
        *([(0, "ok")] * 3), (1, "failed"), *([(2, "ok")] * 3)
    ]  # fmt: skip
    assert (rows[3]["stage"], rows[3]["message"]) == (stage, f"ZeroDivisionError: at {stage}")
    assert rows[3]["emerged"] is None
    assert table.schema.field("emerged").type == pa.bool_(), "a failed run must not change a column's type"


# --- workers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, -2, 10_000])
def test_workers_beyond_sense_are_refused(workers: int, plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputFault, match=rf"workers = {workers}: allowed is a whole number from 1 to \d+"):
        run_plan(plan, tmp_path / "out", workers)
    assert not (tmp_path / "out").exists()


def test_by_default_one_worker_a_processor() -> None:
    assert check_workers(None) == processors() >= 1
    assert check_workers(1) == 1


def test_the_first_interrupt_is_noted_and_the_second_interrupts() -> None:
    import signal

    told = []
    # A shell that starts the tests in the background has them ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Interrupts(lambda: told.append(1)) as interrupts:
            assert not interrupts.stop_wanted()
            signal.raise_signal(signal.SIGINT)
            assert told == []  # the signal may have come in the middle of another line
            assert interrupts.stop_wanted() and interrupts.stop_wanted()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert told == [1]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


# --- the model itself ---------------------------------------------------------------------------------------


def test_a_sweep_of_the_model(tmp_path: Path) -> None:
    """The rows are those of the model, whatever the number of workers."""
    text = """
        title = "A"
        question = "B"
        scenario = "2026"
        replicates = 2
        root_seed = 5
        [factors.tariff_issues]
        levels = [false, true]
    """
    plan = small_plan(tmp_path, text)
    heard: list[tuple[int, int]] = []
    one = run_plan(plan, tmp_path / "one", 1, Hooks(lambda done, failed, total, before: heard.append((done, failed))))
    assert (one.n_done, one.n_failed, one.was_interrupted) == (4, 0, False)
    assert heard[-1] == (4, 0)
    frame = one.results.read()
    assert Results.open(tmp_path / "one").manifest["state"] == "complete"
    two = run_plan(plan, tmp_path / "two", 2).results
    assert two.read().equals(frame)
    assert two.manifest["digest"] == one.results.manifest["digest"] == two.digest()
    direct = NegotiationModel(scenario="2026", root_seed=5, replicate=1, tariff_issues=True)
    direct.run()
    own = frame[(frame["design_point"] == 1) & (frame["replicate"] == 1)].reset_index(drop=True)
    expected = direct.summary().reset_index(drop=True)
    for column in expected:
        assert own[column].tolist() == expected[column].tolist(), column


def test_the_rows_of_a_run_have_the_types_that_are_declared(plan: Plan) -> None:
    """Those of a failed run have them by declaration, and parts must join."""
    chunk = dataclasses.replace(next(chunks_of(plan)), count=1)
    table = run_chunk(chunk).runs
    assert {name: table.schema.field(name).type for name in summary_types()} == summary_types()
    assert table.column_names[-len(summary_types()) :] == list(summary_types())


def test_the_chunk_is_short_against_patience() -> None:
    assert 1 <= CHUNK_REPLICATES <= 20
