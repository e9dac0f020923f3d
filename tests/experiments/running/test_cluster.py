"""The same plan on a pool, alone and on a dask scheduler with two worker processes: the same results."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import Cluster, clustered
from sample_runs import PLAN, made_up, slow_and_noted, small_plan

from experiments.running import runner
from experiments.running.executors import scheduler_maker
from experiments.running.runner import run_plan
from model import InputFault

pytest.importorskip("distributed")
# What the other package leaves open at its end is its own affair.
pytestmark = pytest.mark.filterwarnings("default")

MANY = PLAN.replace("replicates = 6", "replicates = 40")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with clustered(tmp_path, NOTES=str(tmp_path / "notes"), NAP="0.05") as own:
        yield own


@pytest.mark.slow
def test_three_ways_of_running_agree_although_a_worker_dies(cluster: Cluster, tmp_path: Path) -> None:
    plan = small_plan(tmp_path, MANY)
    alone = run_plan(plan, tmp_path / "alone", 1, work=made_up).results.digest()
    pool = run_plan(plan, tmp_path / "pool", 2, work=made_up).results.digest()
    dead: list[int] = []

    def progress(done: int, failed: int, total: int, before: int) -> None:
        if done > total // 3 and not dead:
            cluster.workers[0].send_signal(signal.SIGKILL)
            dead.append(cluster.workers[0].wait(20))

    hooks = runner.Hooks(progress)
    far = run_plan(plan, tmp_path / "far", 1, hooks, cluster.address, slow_and_noted)
    assert dead == [-signal.SIGKILL]
    assert far.n_failed == 0
    assert far.results.digest() == alone == pool
    notes = (tmp_path / "notes").read_text(encoding="utf-8").splitlines()
    begun = [line.split()[0] for line in notes]
    assert set(begun) == {path.stem for path in far.results.parts()}
    assert len(begun) - len(set(begun)) <= 4, "at most what was in flight is played again"


@pytest.mark.slow
def test_the_model_itself_on_a_scheduler(cluster: Cluster, tmp_path: Path) -> None:
    text = 'title="A"\nquestion="B"\nscenario="2026"\nreplicates=6\n[factors.tariff_issues]\nlevels=[false, true]'
    plan = small_plan(tmp_path, text)
    far = run_plan(plan, tmp_path / "far", 1, scheduler=cluster.address)
    assert far.results.digest() == run_plan(plan, tmp_path / "near", 1).results.digest()


def test_workers_with_other_code_are_refused(cluster: Cluster) -> None:
    with pytest.raises(InputFault, match="another version of the model"):
        scheduler_maker(cluster.address, os.getpid)  # type: ignore[arg-type]


def test_a_scheduler_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.running.executors.SCHEDULER_PATIENCE", 1.0)
    plan = small_plan(tmp_path, MANY)
    for address in ("tcp://127.0.0.1:9", "nonsense://h:1", "nohost.invalid:1"):
        with pytest.raises(InputFault, match=r"no dask scheduler answers .* such as 192"):
            run_plan(plan, tmp_path / "r", 1, scheduler=address)
    for address in ("nonsense", "", "host:", ":8786", "a b:1"):
        with pytest.raises(InputFault, match="is no address of a dask scheduler; allowed is host:port"):
            run_plan(plan, tmp_path / "r", 1, scheduler=address)
    assert not (tmp_path / "r").exists(), "nothing was written"
