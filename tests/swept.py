"""Sweeps by the command itself, in processes of their own, of runs of two years: to be killed, stopped, moved."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sample_calls import wait_until

from experiments.store.folder import Results
from experiments.store.stock import PART

# Two years and not nine: what a sweep loses and finds again does not hang on how long a run is.
SCENARIO = """
extends = "2026"
name = "two-years"
title = "Two years"
about = "The first two years of 2026."
last_quarter = "2028Q3"
"""
PLAN = """
title = "A long day"
question = "Does it end as if nothing had happened?"
scenario = "two-years.toml"
replicates = {replicates}
root_seed = 24
"""
FACTORS = {"dialogue_ceiling": '["none", "group"]', "tariff_issues": "[false, true]", "linkage_issues": "[false, true]"}
# A remedy is taken out where the environment says so.
# Whoever started the tests may have had a signal ignored, as nohup does.
COMMAND = """
import signal
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
import without_remedy
from detente.__main__ import main
main()
"""


def plan_in(folder: Path, replicates: int, n_factors: int = 1) -> None:
    """The plan day.toml, of two design points or, with more factors, four or eight."""
    (folder / "two-years.toml").write_text(SCENARIO, encoding="utf-8")
    factors = "".join(f"[factors.{name}]\nlevels = {levels}\n" for name, levels in list(FACTORS.items())[:n_factors])
    (folder / "day.toml").write_text(PLAN.format(replicates=replicates) + factors, encoding="utf-8")


def begin(
    place: Path, *words: str, environment: Mapping[str, str] | None = None, said: bool = False
) -> subprocess.Popen[str]:
    """The command with these words in a folder, the leader of a group of processes.

    environment: all of it, by default this process's own; said: what it says is kept.
    """
    own = {**(os.environ if environment is None else environment), "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE if said else subprocess.DEVNULL
    command = [sys.executable, "-c", COMMAND, *words]
    begun = subprocess.Popen(command, cwd=place, env=own, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
    # A test that fails leaves it as it is, stopped for ever perhaps.
    atexit.register(_end_group, begun)
    return begun


def _end_group(begun: subprocess.Popen[str]) -> None:
    if begun.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(begun.pid, signal.SIGKILL)


def sweep(place: Path, name: str, *how: str, said: bool = False) -> subprocess.Popen[str]:
    """The plan of a folder into a folder of results there; by default on two processes."""
    return begin(place, "sweep", "day.toml", "--out", name, *(how or ("--workers", "2")), said=said)


def n_there(folder: Path) -> int:
    """Runs that are on disk."""
    names = (PART.fullmatch(path.name) for path in (folder / "runs").glob("point*.parquet"))
    return sum(1 + int(name[3]) - int(name[2]) for name in names if name)


def comes_to(process: subprocess.Popen[str], folder: Path, n_runs: int) -> None:
    """Wait until so many runs are on disk, or the sweep has ended."""
    wait_until(lambda: process.poll() is not None or n_there(folder) >= n_runs, 900.0)


def whole(place: Path, name: str) -> Results:
    """The results of a sweep that goes on to its end."""
    assert sweep(place, name).wait(1800) == 0
    return Results.open(place / name)


def children_of(process: int) -> list[int]:
    """The processes that one has started, in whichever of its threads."""
    told = (path.read_text(encoding="ascii") for path in Path(f"/proc/{process}/task").glob("*/children"))
    return [int(child) for words in told for child in words.split()]


def all_ended(group: int) -> None:
    """Wait until no process of a group is left."""

    def is_left() -> bool:
        for told in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, own = told.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
            except OSError:  # it has just ended
                continue
            if int(own) == group and state != "Z":
                return True
        return False

    wait_until(lambda: not is_left(), 60.0)
