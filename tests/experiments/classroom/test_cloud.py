"""The cloud is the ensemble's, its first run is the run itself, and it grows from a quick first picture."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import Future
from typing import Any

import pytest
from sample_calls import wait_until

from experiments.classroom.cloud import (
    BATCHES,
    COLUMNS,
    MOST_CLOUDS,
    MOST_DEATHS,
    MOST_OWN,
    N_RUNS,
    WATCHED,
    Cloud,
    Clouds,
    play_batch,
    replicates_of,
)
from experiments.classroom.controls import BRANCHABLE
from experiments.classroom.game import Change, Game, Settings
from experiments.classroom.view import number, outcome_view
from experiments.running.worker_pool import WorkerDied
from model import PARAMETERS


def depths(settings: Settings) -> list[float]:
    """Mean depth of each pair in runs played alone."""
    game = Game(settings)
    game.advance()
    return [number(row["mean_depth"]) for row in outcome_view(game.model)]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(replicate=700),
        Settings(replicate=3, quarters=9),
        Settings("symmetric", replicate=2, parameters={"generosity": 0.6}),
    ],
)
def test_the_run_is_a_dot_of_its_own_cloud(settings: Settings) -> None:
    table = play_batch(settings, [settings.replicate])
    assert [column[0] for column in table["mean_depth"]] == depths(settings)


def changed(name: str) -> Change:
    """Sets a parameter to something else in the fourth quarter."""
    spec = PARAMETERS[name]
    value = spec.high if spec.kind == "float" else spec.default
    if spec.kind == "int":
        assert spec.low is not None
        value = int(spec.low)
    elif spec.kind == "bool":
        value = not spec.default
    elif spec.kind == "choice":
        value = "grim"
    return Change(3, name, value)


ALL_CHANGED = tuple(changed(name) for name in sorted(BRANCHABLE))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(ALL_CHANGED, id="all at once"),
        *(
            pytest.param((change,), marks=[pytest.mark.slow] * (change.name != "dialogue_ceiling"), id=change.name)
            for change in ALL_CHANGED
        ),
    ],
)
def test_a_branch_has_a_cloud_of_its_own(changes: tuple[Change, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.classroom.game.MOST_CHANGES", len(ALL_CHANGED))
    settings = Settings(replicate=4, quarters=10, changes=changes)
    table = play_batch(settings, [4])
    assert [column[0] for column in table["mean_depth"]] == depths(settings)


def test_a_cloud_has_a_strip_for_every_pair_of_its_scenario() -> None:
    settings = Settings("four-2026", quarters=1)
    cloud = Cloud(settings)
    cloud.next_batch()
    cloud.add(play_batch(settings, list(range(BATCHES[0]))))
    assert [len(seen) for seen in cloud.view()["depth"]] == [BATCHES[0]] * 6


def test_every_cloud_has_the_run_first_and_nobody_twice() -> None:
    for replicate in (0, 3, 519, 520, 99_999):
        numbers = replicates_of(Settings(replicate=replicate))
        assert numbers[0] == replicate and len(set(numbers)) == len(numbers) == N_RUNS >= 500
    assert sum(BATCHES) == N_RUNS


def test_batches_join_into_one_picture_with_an_interval() -> None:
    cloud = Cloud(Settings(quarters=2))
    assert cloud.view()["emerged"] == [None, None, None]
    first = cloud.next_batch()
    cloud.add(play_batch(cloud.settings, first))
    assert len(first) == BATCHES[0] == cloud.n_runs
    assert set(cloud.next_batch()).isdisjoint(first)
    for share, low, high in cloud.view()["emerged"]:
        assert 0.0 <= low <= share <= high <= 1.0


def test_where_cooperation_was_inherited_the_picture_says_how_often_it_is_kept() -> None:
    cloud = Cloud(Settings(quarters=2))
    batch = cloud.next_batch()
    half = [float(k % 2) for k in range(len(batch))]
    none, every = [0.0] * len(batch), [1.0] * len(batch)
    table = {name: [none, none, none] for name in cloud.outcomes}
    cloud.add({**table, "emerged": [half, none, none], "inherited": [none, every, every], "kept": [none, half, every]})
    seen = cloud.view()
    assert seen["inherited"] == [False, True, True]
    assert [rate[0] for rate in seen["emerged"]] == [0.5, 0.5, 1.0]


def fake(cloud: Cloud, batch: list[int]) -> None:
    """Take a batch in as if it had been played: every value says whose run it was."""
    cloud.add({name: [[float(luck) for luck in batch] for _ in range(3)] for name in cloud.outcomes})


def test_a_picture_begins_with_the_own_luck_and_shares_the_rest() -> None:
    cloud = Cloud(Settings())
    lucks = (0, 5, 30, 519, 520, 99_999)
    for luck in lucks:
        cloud.look(luck, 1.0)
    assert cloud.view(30)["runs"] == 0
    while batch := cloud.next_batch(1.0):
        fake(cloud, batch)
    assert cloud.n_runs == N_RUNS + 2  # each of the two lucks beyond the shared ones is one run more
    for luck in lucks:
        seen = cloud.view(luck)
        assert seen["runs"] == seen["of"] == N_RUNS
        assert seen["depth"][0] == [float(one) for one in replicates_of(Settings(replicate=luck))]
    assert cloud.view(7_000)["runs"] == 0  # whose own run is not there
    cloud.look(7_000, 2.0)
    assert cloud.next_batch(2.0) == [7_000]


def test_a_luck_that_nobody_looks_at_any_more_is_not_played() -> None:
    cloud = Cloud(Settings(replicate=3))
    for luck in range(1000, 1010):
        cloud.look(luck, 10.0)
    cloud.look(2000, 10.0 + WATCHED)
    batch = cloud.next_batch(10.0 + WATCHED)
    assert batch == [2000, *range(BATCHES[0])]
    for luck in range(5000, 5000 + 2 * MOST_OWN):
        cloud.look(luck, 20.0)
    assert len(cloud.next_batch(20.0)) <= MOST_OWN + BATCHES[0]


class Played:
    """A process that does what it is told when it is told to, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[int], Future[Any]]] = []

    def submit(self, call: Any, *about: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append((about[0]["scenario"], about[1], future))
        return future

    def finish(self) -> None:
        _, batch, future = self.asked[-1]
        future.set_result({name: [[0.5] * len(batch)] * 3 for name in COLUMNS})


@pytest.fixture
def slow() -> tuple[Clouds, Played, list[float]]:
    now = [0.0]
    clouds, process = Clouds(clock=lambda: now[0]), Played()
    clouds._pool = process  # type: ignore[assignment]
    return clouds, process, now


def test_thirty_lucks_cost_thirty_runs_at_most_beside_one_cloud(slow: tuple[Clouds, Played, list[float]]) -> None:
    clouds, process, now = slow
    lucks = [0, *range(700, 729)]
    while min([clouds.view(Settings(replicate=luck))["runs"] for luck in lucks]) < N_RUNS:
        now[0] += 0.5
        process.finish()
    played = [luck for _, batch, _ in process.asked for luck in batch]
    assert len(played) == len(set(played)) == N_RUNS + 29
    # Whoever came while the first batch was played is in the second: nobody waits for a full cloud.
    assert {luck for _, batch, _ in process.asked[:2] for luck in batch} >= set(lucks)


def test_first_pictures_come_before_full_clouds(slow: tuple[Clouds, Played, list[float]]) -> None:
    clouds, process, now = slow
    names = ["2026", "symmetric", "2018", "2026-open-access"]
    for _ in range(len(names)):
        for name in names:
            clouds.view(Settings(name))
        process.finish()
    assert [name for name, _, _ in process.asked[: len(names)]] == names
    assert all(len(batch) == BATCHES[0] for _, batch, _ in process.asked[: len(names)])
    now[0] += 1.0
    clouds.view(Settings("2026", replicate=800))  # a luck that is new to a cloud goes before the others' next batches
    process.finish()
    for name in names:
        clouds.view(Settings(name))
    assert 800 in process.asked[-1][1]


def test_what_a_class_waits_for_goes_before_what_single_visitors_look_at(
    slow: tuple[Clouds, Played, list[float]],
) -> None:
    clouds, process, _ = slow
    for name in ("symmetric", "2018", "2026"):
        clouds.view(Settings(name), is_first=name == "2026")
    for _ in range(3 + len(BATCHES) - 1):
        process.finish()
    # Each has its first picture, lessons before others that came later; then the lesson's is played to the end.
    asked = [name for name, _, _ in process.asked]
    assert asked[:3] == ["symmetric", "2026", "2018"]
    assert asked[3 : 3 + len(BATCHES) - 1] == ["2026"] * (len(BATCHES) - 1)


def test_a_lesson_s_picture_is_not_dropped_for_others(slow: tuple[Clouds, Played, list[float]]) -> None:
    clouds, process, _ = slow
    clouds.view(Settings(), is_first=True)
    process.finish()
    for luck in range(MOST_CLOUDS + 5):
        clouds.view(Settings(parameters={"generosity": 0.001 * luck}))
    assert len(clouds._clouds) == MOST_CLOUDS
    assert clouds.view(Settings())["runs"] == BATCHES[0]


def test_a_cloud_that_nobody_looks_at_stops_and_goes_on(slow: tuple[Clouds, Played, list[float]]) -> None:
    clouds, process, now = slow
    clouds.view(Settings("symmetric"))
    now[0] += WATCHED + 1.0
    process.finish()
    assert len(process.asked) == 1
    assert clouds.view(Settings("symmetric"))["runs"] == BATCHES[0]
    assert len(process.asked) == 2


def test_a_cloud_that_kills_its_process_is_given_up(slow: tuple[Clouds, Played, list[float]]) -> None:
    clouds, process, _ = slow
    assert clouds.view(Settings())["fault"] == ""
    for _ in range(MOST_DEATHS):
        process.asked[-1][2].set_exception(WorkerDied("gone"))
    assert len(process.asked) == MOST_DEATHS
    assert clouds.view(Settings())["fault"] == "stopped"
    assert clouds.view(Settings("symmetric"))["fault"] == "" and len(process.asked) == MOST_DEATHS + 1


def test_the_background_process_fills_a_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.classroom.cloud.N_RUNS", 60)  # all 520 are played in test_server.py
    clouds = Clouds()
    settings = Settings(quarters=1)
    try:
        deadline = time.monotonic() + 120
        while (seen := clouds.view(settings))["runs"] < seen["of"] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert seen["runs"] == seen["of"] == 60 and seen["fault"] == ""
        assert len(seen["depth"][0]) == 60
    finally:
        clouds.stop()


@pytest.mark.slow
def test_a_cloud_whose_process_was_killed_is_played_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.classroom.cloud.N_RUNS", 30)
    clouds = Clouds()
    seen: dict[str, Any] = {"runs": 0, "of": 30, "fault": ""}
    faults = set()
    try:
        clouds.start()
        clouds.view(Settings(quarters=1))
        wait_until(multiprocessing.active_children)
        for worker in multiprocessing.active_children():
            worker.kill()
        deadline = time.monotonic() + 120
        while seen["runs"] < seen["of"] and time.monotonic() < deadline:
            seen = clouds.view(Settings(quarters=1))
            faults.add(seen["fault"])
            time.sleep(0.1)
        assert seen["runs"] == seen["of"] == 30 and faults <= {"", "stopped"}
    finally:
        clouds.stop()


def test_a_number_of_a_cloud_takes_eight_bytes() -> None:
    settings = Settings("symmetric", quarters=1)
    cloud = Cloud(settings)
    cloud.add(play_batch(settings, cloud.next_batch()))
    rows = [row for rows in cloud.outcomes.values() for row in rows]
    assert {len(row) for row in rows} == {BATCHES[0]}
    assert all(memoryview(row).nbytes == 8 * BATCHES[0] for row in rows)
