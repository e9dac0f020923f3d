"""The cloud is the ensemble's, its first run is the run itself, and it grows from a quick first picture."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

import pytest
from sample_calls import wait_until

from experiments.classroom.cloud import BATCHES, N_RUNS, Cloud, Clouds, play_batch, replicates_of
from experiments.classroom.controls import BRANCHABLE
from experiments.classroom.game import Change, Game, Settings
from experiments.classroom.view import number, outcome_view
from model import PARAMETERS


def depths(settings: Settings) -> list[float]:
    """Mean depth of each pair in the readable world."""
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


@pytest.mark.parametrize("name", sorted(BRANCHABLE))
def test_a_branch_has_a_cloud_of_its_own(name: str) -> None:
    spec = PARAMETERS[name]
    value = spec.high if spec.kind == "float" else spec.default
    if spec.kind == "int":
        assert spec.low is not None
        value = int(spec.low)
    elif spec.kind == "bool":
        value = not spec.default
    elif spec.kind == "choice":
        value = "grim"
    settings = Settings(replicate=4, quarters=10, changes=(Change(3, name, value),))
    table = play_batch(settings, [4])
    assert [column[0] for column in table["mean_depth"]] == depths(settings)


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
