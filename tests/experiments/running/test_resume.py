"""Sweeps survive: killed, interrupted, damaged, crowded or full, they lose nothing and compute nothing twice."""

from __future__ import annotations

import dataclasses
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import sample_runs
from sample_calls import is_alive, wait_until
from sample_runs import CHUNK, PLAN, made_up, small_plan, with_series
from thinned import one_in

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.running.engines import run_chunk
from experiments.running.runner import Hooks, Outcome, WorkersDie, chunks_of, run_plan
from experiments.store import manifest
from experiments.store.columns import Chunk
from experiments.store.folder import Results
from experiments.store.kept import plan_of
from model import InputFault

# 27 chunks of 5 runs.
MANY = PLAN.replace("replicates = 6", "replicates = 15")
# 12 chunks of 5 runs of the model.
REAL = """
title = "A"
question = "B"
scenario = "2026"
replicates = 15
root_seed = 9
[factors.dialogue_ceiling]
levels = ["none", "group"]
[factors.tariff_issues]
levels = [false, true]
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return small_plan(tmp_path, MANY)


def sweep(plan: Plan, folder: Path, told: list[str] | None = None) -> Outcome:
    hooks = Hooks(tell=(told if told is not None else []).append)
    return run_plan(plan, folder, 1, hooks, work=made_up, chunk_replicates=CHUNK)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The whole sweep of the plan, made once; for a test to compare with, or to copy."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return sweep(small_plan(folder, MANY), folder / "r").results


@pytest.fixture
def done(undisturbed: Results, plan: Plan, tmp_path: Path) -> Results:
    """A finished sweep of the plan in the folder r."""
    return Results.open(shutil.copytree(undisturbed.folder, tmp_path / "r"))


def counted(plan: Plan, folder: Path, play: Callable[[Chunk], Any] = made_up) -> tuple[Outcome, list[str]]:
    """A sweep and the names of the chunks that it computed."""
    names: list[str] = []

    def work(chunk: Chunk) -> Any:
        names.append(chunk.name)
        return play(chunk)

    return run_plan(plan, folder, 1, work=work, chunk_replicates=CHUNK), names


# --- killed -------------------------------------------------------------------------------------------------


def start(plan_file: Path, folder: Path, notes: Path, nap: str, workers: int = 2) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NOTES": str(notes)}
    environment |= {"NAP": nap} if nap else {"PLAY": "yes"}
    words = [sys.executable, str(sample_runs.__file__), str(plan_file), str(folder), str(workers)]
    return subprocess.Popen(words, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)


def noted(notes: Path) -> list[tuple[str, int]]:
    if not notes.exists():
        return []
    lines = [line.split() for line in notes.read_text(encoding="utf-8").splitlines()]
    return [(line[0], int(line[1])) for line in lines if len(line) == 2]


@dataclasses.dataclass(frozen=True)
class Killed:
    """A kind of sweep to be killed: its plan, what plays a chunk, how long until it is killed, how it should end."""

    plan: Plan
    play: Callable[[Chunk], Any]
    nap: str
    longest: float
    digest: str
    frame: pd.DataFrame


@pytest.fixture(scope="module")
def made_up_sweep(undisturbed: Results) -> Killed:
    """27 chunks of made-up runs."""
    plan, whole = plan_of(undisturbed), undisturbed
    return Killed(plan, made_up, "0.04", 1.2, whole.digest(), whole.read())


@pytest.fixture(scope="module")
def model_sweep(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """12 chunks that the ensemble plays."""
    folder = tmp_path_factory.mktemp("undisturbed")
    plan = small_plan(folder, REAL)
    whole = run_plan(plan, folder / "r", 1, engine="ensemble", chunk_replicates=CHUNK).results
    return Killed(plan, run_chunk, "", 2.5, whole.digest(), whole.read())


def killed_and_resumed(kind: Killed, tmp_path: Path, seed: int) -> None:
    """Kill the sweep, or one of its workers, at a random moment; go on; compare with an undisturbed sweep."""
    chance = random.Random(seed)
    plan = small_plan(tmp_path, kind.plan.text)
    folder, notes = tmp_path / "killed", tmp_path / "notes"
    process = start(tmp_path / "small.toml", folder, notes, kind.nap)
    wait_until(lambda: len(noted(notes)) >= 2)
    time.sleep(chance.uniform(0.0, kind.longest))
    kills_worker = seed % 2 == 1
    before: set[str] = set()
    if kills_worker:
        workers = sorted({who for _, who in noted(notes)} - {process.pid})
        if workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
        assert process.wait(120) == 0
    else:
        process.kill()
        process.wait(60)
        wait_until(lambda: not any(is_alive(who) for _, who in noted(notes)), 20.0)
        before = {path.stem for path in (folder / "runs").glob("point*.parquet")}
    first = [name for name, _ in noted(notes)]
    outcome, again = counted(plan, folder, kind.play)
    assert not before & set(again), "a finished chunk was computed twice"
    assert not outcome.damaged
    if kills_worker:
        assert again == []
        # At most what was in flight when the worker died is computed twice.
        assert len(first) - len(set(first)) <= 4
    assert outcome.results.digest() == kind.digest
    assert outcome.results.read().equals(kind.frame)
    sessions = [(session["n_runs"], session["finished"] is None) for session in outcome.results.manifest["sessions"]]
    killed = [] if kills_worker else [(CHUNK * len(before), True)]
    assert sessions == [*killed, (kind.plan.n_runs - CHUNK * len(before), False)]


# An even seed kills the sweep, an odd one a worker.
@pytest.mark.parametrize("seed", one_in(5, range(5)))
def test_kill_and_go_on(seed: int, made_up_sweep: Killed, tmp_path: Path) -> None:
    killed_and_resumed(made_up_sweep, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_kill_the_ensemble_and_go_on(seed: int, model_sweep: Killed, tmp_path: Path) -> None:
    killed_and_resumed(model_sweep, tmp_path, seed)


def test_an_interrupted_sweep_goes_on(plan: Plan, tmp_path: Path, undisturbed: Results) -> None:
    calls: list[str] = []

    def work(chunk: Chunk) -> pa.Table:
        calls.append(chunk.name)
        if len(calls) == 7:
            signal.raise_signal(signal.SIGINT)
        return made_up(chunk)

    stopped = run_plan(plan, tmp_path / "r", 1, work=work, chunk_replicates=CHUNK)
    assert stopped.was_interrupted
    assert (stopped.n_done, stopped.results.manifest["state"]) == (35, "interrupted")
    outcome, again = counted(plan, tmp_path / "r")
    assert not set(again) & set(calls)
    assert (outcome.n_before, outcome.n_done, outcome.was_interrupted) == (35, plan.n_runs, False)
    told = Results.open(tmp_path / "r").manifest
    assert [session["n_runs"] for session in told["sessions"]] == [35, plan.n_runs - 35]
    assert told["digest"] == undisturbed.manifest["digest"]


def test_a_finished_sweep_is_left_as_it_is(plan: Plan, tmp_path: Path, done: Results) -> None:
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "r").rglob("*") if path.name != ".lock"}
    _, again = counted(plan, tmp_path / "r")
    assert again == []
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "r").rglob("*") if path.name != ".lock"}
    assert after == before


# --- changed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'levels = ["none", "group"]',
            'levels = ["none", "leaders"]',
            "levels of dialogue_ceiling: none, group in the",
        ),
        ("root_seed = 318", "root_seed = 319", "root_seed: 318291039481029384 in the results, 319291039481029384 now"),
        ("replicates = 15", "replicates = 16", "replicates: 15 in the results, 16 now"),
        (
            "linkage_issues = false",
            "linkage_scale = 0.5",
            "design point 4, linkage_issues: False in the results, not set",
        ),
        ('"without linkage"', '"no linkage"', "name of its block: 'without linkage' in the results, 'no linkage' now"),
        (
            "dialogue_on_monitoring = 0",
            "dialogue_on_monitoring = 0.1",
            "design point 8, dialogue_on_monitoring: 0 in the",
        ),
        (
            "[[blocks]]",
            "[outputs]\nreplicates = 1\n[[blocks]]",
            "outputs: replicates 0, series dyad, directed, bloc in",
        ),
        ('name = "without monitoring"', 'name = "x"\n[[contrasts]]\nname = "y"', "[[contrasts]]"),
    ],
)
def test_a_changed_plan_is_refused_with_the_difference(
    old: str, new: str, says: str, plan: Plan, tmp_path: Path, done: Results
) -> None:
    with pytest.raises(InputFault) as caught:
        sweep(small_plan(tmp_path, MANY.replace(old, new, 1)), tmp_path / "r")
    for part in (says, "--into", "nothing was changed") if says[0] != "[" else (says,):
        assert part in str(caught.value)


def test_words_of_a_plan_may_be_mended(plan: Plan, tmp_path: Path, done: Results) -> None:
    """A title, a question, a label, a comment, the layout, the ends of lines: the runs are the same."""
    words = (
        ("A small plan", "A small plän"), ("Does it work?", "Does it still work?"), ('"on the table"', '"on"'),
        ('label = "tariffs"', 'label = "duties"  # a comment'), ("= 15", " =   15"),
        ('"dialogue, all channels"', '"all channels"'), ("dialogue_on_monitoring = 0", "dialogue_on_monitoring = 0.0"),
    )  # fmt: skip
    text = MANY
    for old, new in words:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "small.toml").write_bytes(text.replace("\n", "\r\n").encode())
    mended = load_plan(tmp_path / "small.toml")
    _, again = counted(mended, tmp_path / "r")
    assert again == []
    told = Results.open(tmp_path / "r")
    assert (told.manifest["title"], plan_of(told).factors[1].label) == ("A small plän", "duties")
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    before = (tmp_path / "r" / "manifest.json").read_bytes()
    sweep(load_plan(tmp_path / "small.toml"), tmp_path / "r")
    assert (tmp_path / "r" / "manifest.json").read_bytes() == before, "line endings alone change nothing"


def test_changed_code_is_refused_by_name(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: Results
) -> None:
    own = {**manifest.sources(), "model/rules/trust.py": "0" * 12}
    monkeypatch.setattr(manifest, "sources", lambda: own)
    with pytest.raises(InputFault, match=r"the code: model/rules/trust\.py"):
        sweep(plan, tmp_path / "r")


def test_another_numpy_is_refused(plan: Plan, tmp_path: Path, done: Results) -> None:
    results = done
    results.manifest["versions"]["numpy"] = "1.0"
    results._write_manifest()
    with pytest.raises(InputFault, match=r"numpy: 1\.0 in the results"):
        sweep(plan, tmp_path / "r")


def test_a_changed_table_of_points_is_noticed(tmp_path: Path) -> None:
    text = 'title = "A"\nquestion = "B"\nscenario = "2026"\nreplicates = 2\ndesign = "table"\ntable = "p.csv"\n'
    (tmp_path / "p.csv").write_text("generosity\n0.1\n0.2\n", encoding="utf-8")
    sweep(small_plan(tmp_path, text), tmp_path / "r")
    (tmp_path / "p.csv").write_text("generosity\n0.1\n0.3\n", encoding="utf-8")
    with pytest.raises(InputFault, match=r"levels of generosity: 0\.1, 0\.2 in the results, 0\.1, 0\.3 now"):
        sweep(small_plan(tmp_path, text), tmp_path / "r")


# --- damaged ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", one_in(3, ["cut", "empty", "gone", "one byte"]))
@pytest.mark.parametrize("is_logged", [True, False])
def test_a_damaged_part_is_named_and_computed_again(
    how: str, is_logged: bool, plan: Plan, tmp_path: Path, done: Results, undisturbed: Results
) -> None:
    whole = done.digest()
    part = sorted((tmp_path / "r" / "runs").glob("*.parquet"))[7]
    data = bytearray(part.read_bytes())
    if how == "cut":
        part.write_bytes(data[: len(data) * 6 // 10])
    elif how == "one byte":
        data[200] ^= 1
        part.write_bytes(data)
    elif how == "empty":
        part.write_bytes(b"")
    else:
        part.unlink()
    if not is_logged:
        (tmp_path / "r" / "parts.log").unlink()
    plan = small_plan(tmp_path, MANY)
    told: list[str] = []
    names: list[str] = []

    def work(chunk: Chunk) -> pa.Table:
        names.append(chunk.name)
        return made_up(chunk)

    outcome = run_plan(plan, tmp_path / "r", 1, Hooks(tell=told.append), work=work)
    assert outcome.results.digest() == whole
    if how == "one byte" and not is_logged and not names:
        # Without the log a byte that carries no value may pass; one that does may not.
        assert outcome.results.read().equals(undisturbed.read())
        return
    assert names == [part.stem]
    assert [part.name in words and "computed again" in words for words in told] == [True] * (how != "gone")
    assert len(list((tmp_path / "r" / "damaged").glob("*"))) == len(told), "nothing is thrown away"


def test_a_part_that_is_gone_is_named_and_odd_digits_in_the_log_are_none(
    plan: Plan, tmp_path: Path, done: Results
) -> None:
    results = done
    log = tmp_path / "r" / "parts.log"
    log.write_text(log.read_text(encoding="utf-8") + f"{'0' * 64} \u00b2 runs/odd.parquet\n", encoding="utf-8")
    gone = results.parts([0])
    for part in gone:
        part.unlink()
    with pytest.raises(InputFault, match=f"runs/{gone[0].name} is gone: the same sweep into this folder makes it anew"):
        Results.open(tmp_path / "r").read(["mean_depth"], points=[0])


def test_half_a_line_in_the_log_costs_nothing(plan: Plan, tmp_path: Path, done: Results) -> None:
    log = tmp_path / "r" / "parts.log"
    log.write_bytes(log.read_bytes()[:-30])
    _, again = counted(plan, tmp_path / "r")
    assert again == []
    assert all(len(line.split()) == 3 for line in log.read_text().splitlines()[-1:])
    (tmp_path / "r" / "runs" / ".point-00001_x.parquet.99.parquet").write_bytes(b"half")
    counted(plan, tmp_path / "r")
    assert not list((tmp_path / "r" / "runs").glob(".*")), "what a killed sweep left half-written is removed"


# --- crowded, alien, full -----------------------------------------------------------------------------------


def test_alien_files(plan: Plan, tmp_path: Path, done: Results) -> None:
    (tmp_path / "r" / "thesis.txt").write_text("mine", encoding="utf-8")
    _, again = counted(plan, tmp_path / "r")
    assert again == [], "a file that disturbs nobody is left alone"
    alien = tmp_path / "r" / "runs" / "old.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(alien)
    with pytest.raises(InputFault, match=r"did not write: runs/old\.parquet; move them elsewhere"):
        sweep(plan, tmp_path / "r")
    assert alien.exists()
    assert (tmp_path / "r" / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_folder_of_others_is_refused(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "thesis.txt").touch()
    with pytest.raises(InputFault, match="already holds files"):
        sweep(plan, tmp_path / "r")


def test_two_sweeps_into_one_folder(plan: Plan, tmp_path: Path, undisturbed: Results) -> None:
    said: list[str] = []

    def work(chunk: Chunk) -> pa.Table:
        if not said:
            with pytest.raises(InputFault) as caught:
                sweep(plan, tmp_path / "r")
            said.append(str(caught.value))
        return made_up(chunk)

    outcome = run_plan(plan, tmp_path / "r", 1, work=work, chunk_replicates=CHUNK)
    assert f"another sweep (process {os.getpid()}) is writing into" in said[0]
    assert outcome.n_done == plan.n_runs
    assert outcome.results.digest() == undisturbed.digest()


@pytest.mark.parametrize(("number", "said"), [(28, "No space left on device"), (30, "Read-only file system")])
def test_a_disk_that_refuses_loses_nothing(
    number: int, said: str, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: Results
) -> None:
    import pyarrow.parquet as pq

    write, calls = pq.write_table, []

    def refuse(*args: object, **how: object) -> None:
        calls.append(1)
        if len(calls) > 5:
            raise OSError(number, said)
        write(*args, **how)

    monkeypatch.setattr(pq, "write_table", refuse)
    with pytest.raises(InputFault, match=said):
        sweep(plan, tmp_path / "r")
    monkeypatch.undo()
    assert len(list((tmp_path / "r" / "runs").iterdir())) == 5
    outcome, again = counted(plan, tmp_path / "r")
    assert outcome.n_before == 25
    assert len(again) == 27 - 5
    assert outcome.results.digest() == undisturbed.digest()


#: How want of memory shows: in an array, in the system, in a library that is loaded late.
STARVED = (
    MemoryError(),
    OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
    ImportError("/lib/tslib.so: failed to map segment from shared object"),
    ImportError("libgomp.so.1: cannot allocate memory in static TLS block"),
)


@pytest.mark.parametrize("want", STARVED, ids=repr)
def test_want_of_memory_ends_a_sweep_and_is_no_row(
    want: Exception, plan: Plan, tmp_path: Path, undisturbed: Results
) -> None:
    calls: list[str] = []

    def work(chunk: Chunk) -> pa.Table:
        calls.append(chunk.name)
        if len(calls) > 7:
            raise want
        return made_up(chunk)

    with pytest.raises(WorkersDie, match="there is not enough memory for point"):
        run_plan(plan, tmp_path / "r", 1, work=work, chunk_replicates=CHUNK)
    assert calls[-1] == calls[-2], "it was tried twice"
    told = Results.open(tmp_path / "r").manifest
    assert (told["state"], told["n_runs"], told["n_failed"]) == ("interrupted", 35, 0)
    outcome, again = counted(plan, tmp_path / "r")
    assert len(again) == 27 - 7 and outcome.n_failed == 0
    assert outcome.results.digest() == undisturbed.digest()


@pytest.mark.parametrize("want", STARVED, ids=repr)
def test_a_run_of_mesa_without_memory_is_no_row(want: Exception, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*about: object, **how: object) -> None:
        raise want

    monkeypatch.setattr("model.NegotiationModel", starve)
    with pytest.raises(type(want)):
        run_chunk(dataclasses.replace(next(chunks_of(plan)), engine="mesa"))


def test_a_folder_that_is_moved_is_told_and_not_made_anew(plan: Plan, tmp_path: Path, undisturbed: Results) -> None:
    def work(chunk: Chunk) -> pa.Table:
        if len(list((tmp_path / "r" / "runs").glob("*"))) == 7:
            (tmp_path / "r").rename(tmp_path / "moved")
        return made_up(chunk)

    with pytest.raises(InputFault, match="was moved or removed while a sweep was writing into it"):
        run_plan(plan, tmp_path / "r", 1, work=work, chunk_replicates=CHUNK)
    assert not (tmp_path / "r").exists()
    outcome, again = counted(plan, tmp_path / "moved")
    assert len(again) == 27 - 7
    assert outcome.results.digest() == undisturbed.digest()


@pytest.mark.parametrize("name", [".lock", "parts.log"])
def test_what_is_written_in_place_is_not_written_through_a_link(
    name: str, plan: Plan, tmp_path: Path, done: Results
) -> None:
    results, own = done, tmp_path / "thesis.txt"
    own.write_text("mine", encoding="utf-8")
    results.parts()[-1].unlink()  # there is something to write
    (tmp_path / "r" / name).unlink()
    (tmp_path / "r" / name).symlink_to(own)
    with pytest.raises(InputFault, match=f"{name}' cannot be written|r' cannot be written"):
        sweep(plan, tmp_path / "r")
    assert own.read_text(encoding="utf-8") == "mine"


# --- series -------------------------------------------------------------------------------------------------


def test_series_of_chosen_replicates_are_kept_and_missed(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, MANY + '[outputs]\nreplicates = 7\nseries = ["dyad"]\n')
    results = run_plan(plan, tmp_path / "r", 1, work=with_series, chunk_replicates=CHUNK).results
    series = results.read_series("dyad")
    assert sorted(series["replicate"].unique()) == list(range(7))
    assert len(series) == 7 * 2 * len(plan.points)
    lost = sorted((tmp_path / "r" / "series" / "dyad").glob("*.parquet"))[3]
    data = lost.read_bytes()
    lost.write_bytes(data[:-9])
    told: list[str] = []
    run_plan(plan, tmp_path / "r", 1, Hooks(tell=told.append), work=with_series)
    assert len(told) == 1
    assert lost.name in told[0]
    assert lost.read_bytes() == data
