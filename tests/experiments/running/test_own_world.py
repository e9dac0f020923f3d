"""A mechanism of one's own is swept, resumed, reported and played again like the shipped one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import SMALL, called, refused, written
from sample_calls import is_alive, wait_until
from thinned import one_in

from experiments.store.folder import Results
from model.world_file import unload_worlds

STUBBORN = """
import numpy as np
from model import Bloc
from rule import passes

class Stubborn(Bloc):
    "{about}"
    def ratifies(self, dyad, package):
        return passes(super().ratifies(dyad, package))  # a comment
"""
RULE = "import numpy as np\ndef passes(usual):\n    return np.zeros_like(usual)\n"
FAILS = """
from model import World

class Fails(World):
    def ratify(self):
        super().ratify()
        if self.state.quarter == 3 and (self.replicates % 2 == 1).any():
            raise RuntimeError("no luck")
"""


pytestmark = pytest.mark.usefixtures("undrawn", "without_figures")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plan, a mechanism and its neighbour in the folder that one is in."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "plan.toml", SMALL)
    written(tmp_path, "own.py", STUBBORN)
    written(tmp_path, "rule.py", RULE)
    written(tmp_path, "fails.py", FAILS)
    yield
    unload_worlds()


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the plan under the mechanism, swept once; for a test to copy."""
    folder = tmp_path_factory.mktemp("swept")
    for name, text in (("plan.toml", SMALL), ("own.py", STUBBORN), ("rule.py", RULE)):
        written(folder, name, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert called(*SWEEP, "--world", "own.py").exit_code == 0
    unload_worlds()
    return folder / "r"


SWEEP = ("sweep", "plan.toml", "--out", "r", "--workers", "1")


def test_it_is_swept_reported_and_played_again(tmp_path: Path) -> None:
    assert called(*SWEEP, "--world", "own.py").exit_code == 0
    results = Results.open("r")
    assert (results.read()["n_treaties"] == 0).all()
    told = results.manifest["world"]
    assert (told["file"], told["class"], told["parent"]) == ("own.py", "Stubborn", "Bloc")
    assert {"world/own.py", "world/rule.py"} <= set(results.manifest["inputs"])
    # Without the sources, in another place and in another process.
    for name in ("own.py", "rule.py", "plan.toml"):
        (tmp_path / name).unlink()
    shutil.move("r", "moved")
    unload_worlds()
    assert called("report", "moved").exit_code == 0
    kept = "moved/inputs/world/own.py:Stubborn"
    refused(called("rerun", "moved", "--run", "1-0"), "and none came; look at the file", f"--world {kept}")
    for engine in ("ensemble", "mesa"):
        again = called("rerun", "moved", "--run", "1-0", "--world", kept, "--engine", engine, "--out", f"run-{engine}")
        assert (again.exit_code, "The same as stored." in again.output) == (0, True), again.output
    refused(called("rerun", "moved", "--run", "1-0", "--world", kept, "--engine", "msa"), "nearest known name: 'mesa'")


def test_results_with_and_without_it_are_two(tmp_path: Path) -> None:
    assert called(*SWEEP).exit_code == 0
    refused(called(*SWEEP, "--world", "own.py"), "the world of one's own: none in the results, own.py:Stubborn with")
    refused(called("rerun", "r", "--run", "0-0", "--world", "own.py"), "made with the world none", "leave --world out")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("own.py", "  # a comment", "  # another", ""),
        ("own.py", "{about}", "described otherwise", ""),
        ("rule.py", "zeros", "ones", "rule.py beside it differs"),
        ("own.py", "passes(super()", "~passes(super()", "their code differs"),
        ("own.py", "class Stubborn", "class Firm", "they are different classes"),
        ("own.py", "from rule", "import other\nfrom rule", "their code differs"),
    ],
)
def test_it_is_compared_by_what_it_does(file: str, old: str, new: str, says: str, tmp_path: Path, swept: Path) -> None:
    shutil.copytree(swept, "r")
    written(tmp_path, "other.py", "")
    text = (tmp_path / file).read_text("utf-8")
    assert old in text
    written(tmp_path, file, text.replace(old, new))
    again = called(*SWEEP, "--world", "own.py")
    if says:
        refused(again, "the world of one's own: own.py:", says)
        refused(called("rerun", "r", "--run", "0-0", "--world", "own.py"), "look at the file that was kept")
    else:
        assert (again.exit_code, "nothing was computed" in again.output) == (0, True), again.output


def test_what_goes_on_plays_what_was_kept(tmp_path: Path, swept: Path) -> None:
    """A part that is gone is made anew with the text that the others were made with."""
    shutil.copytree(swept, "r")
    digest = Results.open("r").digest()
    written(tmp_path, "own.py", STUBBORN.format(about="other words"))
    next((tmp_path / "r" / "runs").glob("point-00001*")).unlink()
    assert called(*SWEEP, "--world", "own.py").exit_code == 0
    assert Results.open("r").digest() == digest
    assert Results.open("r").manifest["sessions"][-1]["n_runs"] == 2


@pytest.mark.parametrize("engine", one_in(2, ["ensemble", "mesa"]))
def test_a_run_in_which_it_fails_is_a_failed_row_and_the_others_stay(engine: str) -> None:
    called(*SWEEP, "--world", "fails.py", "--engine", engine)
    results = Results.open("r")
    failures = results.read_failures()
    assert failures["replicate"].tolist() == [1, 1]
    assert set(failures["message"]) == {"RuntimeError: no luck"} and set(failures["stage"]) == {"run"}
    assert set(results.read()["replicate"]) == {0}
    again = called("rerun", "r", "--run", "0-1", "--world", "fails.py")
    assert (again.exit_code, "failed at run: RuntimeError: no luck" in again.output) == (0, True)


@pytest.mark.parametrize("engine", one_in(2, ["ensemble", "mesa"]))
def test_one_that_would_end_the_program_fails_alone_and_is_told(engine: str, tmp_path: Path) -> None:
    written(tmp_path, "leaves.py", FAILS.replace('RuntimeError("no luck")', "SystemExit(0)"))
    swept = called(*SWEEP, "--world", "leaves.py", "--engine", engine)
    assert swept.exit_code == 0 and "2 failed" in swept.output
    assert set(Results.open("r").read_failures()["message"]) == {"SystemExit: 0"}
    result = called("run", "2026", "--replicate", "1", "--world", "leaves.py", "--engine", engine)
    refused(result, "leaves.py:Fails failed: SystemExit: 0 (line 8)")


def test_a_fault_of_the_shipped_ensemble_is_not_covered_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from model import World

    def broken(self: World) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(World, "ratify", broken)
    called(*SWEEP)
    assert set(Results.open("r").read_failures()["stage"]) == {"worker"}


def test_a_manifest_that_says_something_else_is_refused(tmp_path: Path, swept: Path) -> None:
    shutil.copytree(swept, "r")
    path = tmp_path / "r" / "manifest.json"
    text = path.read_text("utf-8")
    for wrong in ('"class": 3', '"file": "../own.py", "class": "Stubborn"'):
        key = wrong.partition(":")[0]
        planted = text.replace(f"{key}: ", f'{wrong}, "was": ', 1) if key in text else text
        assert planted != text
        path.write_text(planted, "utf-8")
        refused(called("report", "r"), "world is not what a sweep writes there")


# --- killed -------------------------------------------------------------------------------------------------

# 4 parts of 200 runs.
MANY = """
title = "Many"
question = "Why?"
scenario = "2026"
replicates = 200
root_seed = 11
[factors.generosity]
label = "generosity"
levels = [0.0, 0.2]
[factors.tariff_issues]
label = "tariffs"
levels = [false, true]
"""
# The treaty with the EU alone fails, so there is much to compare.
OF_CHINA = """
import numpy as np
from model import Bloc

class Wary(Bloc):
    "China lets no treaty with the EU pass."
    def ratifies(self, dyad, package):
        passes = super().ratifies(dyad, package)
        return np.zeros_like(passes) if self.code == "CN" and self.partner(dyad).code == "EU" else passes
"""
COMMAND = ("sweep", "many.toml", "--world", "wary.py:Wary", "--workers", "2", "--out")


def start(folder: str) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(p).absolute()) for p in sys.path)}
    words = [sys.executable, "-m", "detente", *COMMAND, folder]
    return subprocess.Popen(
        words, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def workers_of(process: int) -> list[int]:
    """The processes that a sweep plays in."""
    threads = Path(f"/proc/{process}/task").glob("*/children")
    children = " ".join(path.read_text(encoding="utf-8") for path in threads).split()
    return [int(c) for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]


def parts(folder: str) -> set[str]:
    return {path.stem for path in Path(folder, "runs").glob("point*.parquet")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("undisturbed")
    written(folder, "many.toml", MANY)
    written(folder, "wary.py", OF_CHINA)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert start("whole").wait(600) == 0
    return Results.open(folder / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("kills_worker", [True, False])
def test_kill_it_and_go_on(kills_worker: bool, undisturbed: Results, tmp_path: Path) -> None:
    """kill -9 in the middle, the same command again: the results and each run are those of an undisturbed sweep."""
    assert len(undisturbed.read()) == 4 * 200 * 3
    written(tmp_path, "many.toml", MANY)
    written(tmp_path, "wary.py", OF_CHINA)
    process = start("r")
    wait_until(lambda: len(parts("r")) >= 1, 300.0)
    time.sleep(random.Random(kills_worker).uniform(0.0, 0.5))
    assert process.poll() is None and Results.open("r").manifest["state"] != "complete", "it was to be killed before"
    workers = workers_of(process.pid)
    assert len(workers) >= 2
    if kills_worker:
        os.kill(workers[0], signal.SIGKILL)
        assert process.wait(600) == 0
    else:
        process.kill()
        process.wait(60)
        wait_until(lambda: not any(is_alive(worker) for worker in workers), 60.0)
        assert Results.open("r").manifest["state"] != "complete"
    before = {path: path.stat().st_mtime_ns for path in Path("r", "runs").glob("point*.parquet")}
    assert Results.open("r").manifest["state"] == "complete" or not kills_worker
    assert start("r").wait(600) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before, "a finished part was computed twice"
    results = Results.open("r")
    assert results.digest() == undisturbed.digest()
    assert results.read().equals(undisturbed.read())
    runs = results.read()
    signed = runs.groupby("dyad")["n_treaties"].sum()
    assert signed["CN-EU"] == 0 and signed["US-EU"] > 0, "the class was played"
    for engine in ("ensemble", "mesa"):
        again = called(
            *("rerun", "r", "--run", "3-150", "--world", "wary.py:Wary"), "--engine", engine, "--out", f"run-{engine}"
        )
        assert (again.exit_code, "The same as stored." in again.output) == (0, True), again.output
