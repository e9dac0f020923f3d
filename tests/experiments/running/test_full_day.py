"""A long day: a sweep of 20,000 runs killed thirty times over its whole length, on a pool and on a scheduler."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import clustered
from swept import all_ended, comes_to, n_there, plan_in, sweep, whole

from experiments.store.folder import Results

pytest.importorskip("distributed", reason="dask is missing: pip install -e '.[cluster]'")
# What the other package leaves open at its end is its own affair.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

N_RUNS, N_KILLS = 20_000, 30


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day")
    plan_in(folder, N_RUNS // 8, 3)
    return folder


@pytest.fixture(scope="module")
def undisturbed(place: Path) -> str:
    """The digest of the sweep that nobody disturbs."""
    results = whole(place, "whole")
    assert results.manifest["n_runs"] == N_RUNS
    return results.digest()


@contextlib.contextmanager
def played_by(kind: str, place: Path) -> Iterator[list[str]]:
    """Who plays: words of the command."""
    if kind == "pool":
        yield ["--workers", "2"]
        return
    with clustered(place) as cluster:
        yield ["--scheduler", cluster.address]


@pytest.mark.promise
@pytest.mark.parametrize("kind", ["pool", "scheduler"])
def test_a_long_sweep_killed_thirty_times_ends_the_same(kind: str, place: Path, undisturbed: str) -> None:
    chance, folder, killed_at, groups = random.Random(24), place / kind, [], []
    with played_by(kind, place) as how:
        for number in range(N_KILLS):
            # One moment in each of thirty equal stretches; what is left at the end no session can play in a blink.
            goal = max(n_there(folder) + 1, int(N_RUNS * (number + chance.random()) / (N_KILLS + 2)))
            process = sweep(place, kind, *how)
            groups.append(process.pid)
            comes_to(process, folder, goal)
            time.sleep(chance.uniform(0.0, 0.2))
            assert process.poll() is None, "it ended before it was killed"
            process.kill()
            process.wait(60)
            killed_at.append(n_there(folder))
            told = Results.open(folder).manifest["sessions"]
            assert len(told) == number + 1, "every session is recorded, killed ones too"
        assert sweep(place, kind, *how).wait(1800) == 0
    results = Results.open(folder)
    sessions = results.manifest["sessions"]
    print(f"{kind}: killed when {', '.join(map(str, killed_at))} of {N_RUNS} runs were there")
    assert [session["finished"] is None for session in sessions] == [True] * N_KILLS + [False]
    assert sum(session["n_runs"] for session in sessions) == results.manifest["n_runs"] == N_RUNS
    assert killed_at == sorted(set(killed_at)) and killed_at[0] < N_RUNS / 8 and killed_at[-1] > N_RUNS * 7 / 8
    assert results.digest() == undisturbed
    for group in groups:
        all_ended(group)
