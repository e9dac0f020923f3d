"""Sweeps that are large: a million runs are summarised in bounded memory, and two workers are worth having."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sample_runs import busy, many_rows, small_plan

from experiments.running.executors import processors
from experiments.running.runner import chunks_of, run_plan
from experiments.store.folder import Results

LARGE = """
title = "A large plan"
question = "Does it fit?"
scenario = "2026"
replicates = {replicates}
root_seed = 5
[factors.dialogue_ceiling]
levels = ["none", "group"]
[factors.tariff_issues]
levels = [false, true]
"""
MOST_MEGABYTES = 500

# What a user does with results: everything that the screen and the tables show.
SUMMARY = """
import sys
from experiments.bench.memory import peak_mb
from experiments.findings.findings import find
from experiments.design.plan_file import load_plan
from experiments.store.folder import Results
results = Results.open(sys.argv[2])
findings = find(load_plan(sys.argv[1]), results)
row = findings.effects[(findings.effects["factor"] == "tariff_issues") & (findings.effects["outcome"] == "mean_depth")]
print(findings.n_runs, row["mean"].iloc[0], peak_mb())
"""


# The same through the report, which reads nearly all columns there are.
REPORT = """
import sys
from experiments.bench.memory import peak_mb
from experiments.report.page import write_report
from experiments.store.folder import Results
path = write_report(sys.argv[2])
page = path.read_text(encoding="utf-8")
has_all = all(f'">{words}' in page for words in (
    "1. Does", "2 to 4. When", "Do rates", "5. How do", "6. Who gains", "7. Which games", "What do the results"))
print(f"{'1000000 runs' in page and has_all:d}", 0.0, peak_mb())
"""


def filled(folder: Path, n_runs: int) -> tuple[Path, Path]:
    plan = small_plan(folder, LARGE.format(replicates=n_runs // 4))
    results = Results.create(folder / "r", plan)
    for chunk in chunks_of(plan, 5_000):
        results.write_part(chunk, many_rows(chunk))
    return folder / "small.toml", folder / "r"


def summarised(plan: Path, folder: Path, script: str = SUMMARY) -> tuple[int, float, float]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-c", script, str(plan), str(folder)]
    run = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    n_runs, effect, megabytes = run.stdout.split()
    return int(n_runs), float(effect), float(megabytes)


@pytest.mark.slow
def test_a_million_runs_are_summarised_and_reported_in_bounded_memory(tmp_path: Path) -> None:
    plan, folder = filled(tmp_path, 1_000_000)
    n_runs, effect, megabytes = summarised(plan, folder)
    assert n_runs == 1_000_000
    assert effect == pytest.approx(0.1)
    is_whole, _, also = summarised(plan, folder, REPORT)
    assert is_whole
    print(f"a million runs: {megabytes:.0f} MB to summarise, {also:.0f} MB to report")
    assert max(megabytes, also) < MOST_MEGABYTES


@pytest.mark.slow
def test_memory_hardly_grows_with_runs(tmp_path: Path) -> None:
    """The same bound, checked where it is cheap: what each further run costs, once all that is needed is there."""
    (tmp_path / "few").mkdir()
    (tmp_path / "more").mkdir()
    _, _, few = summarised(*filled(tmp_path / "few", 50_000))
    n_runs, _, more = summarised(*filled(tmp_path / "more", 125_000))
    assert n_runs == 125_000
    assert few + (more - few) * (1_000_000 - 50_000) / 75_000 < MOST_MEGABYTES * 1.2, (few, more)


def test_a_finished_sweep_goes_on_at_once(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, LARGE.format(replicates=500))
    run_plan(plan, tmp_path / "r", 1, work=many_rows)  # 400 parts
    began = time.monotonic()
    outcome = run_plan(plan, tmp_path / "r", 1, work=many_rows)
    assert outcome.n_before == outcome.n_done == 2000
    assert time.monotonic() - began < 2.0


@pytest.mark.slow
@pytest.mark.skipif(processors() < 2, reason="two workers need two processors")
@pytest.mark.parametrize(("n_runs", "least"), [(20_000, 1.6), (200, 0.95)])
def test_two_workers_are_worth_having(n_runs: int, least: float, tmp_path: Path) -> None:
    plan = small_plan(tmp_path, LARGE.format(replicates=n_runs // 4))
    ratios = []
    for attempt in range(3):
        taken = []
        for workers in (1, 2):
            began = time.monotonic()
            run_plan(plan, tmp_path / f"{attempt}-{workers}", workers, work=busy, chunk_replicates=250)
            taken.append(time.monotonic() - began)
        ratios.append(taken[0] / taken[1])
        if ratios[-1] >= least:
            return
    raise AssertionError(f"one worker against two: {ratios}")
