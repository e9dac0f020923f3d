"""What happens to machines and to users, happens to sweeps: nothing is lost or wrong, and what is said is plain."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_calls import wait_until
from sample_runs import made_up, small_plan
from swept import all_ended, begin, children_of, comes_to, n_there, plan_in, sweep, whole

from experiments.running.runner import run_plan
from experiments.store import folder as store
from experiments.store import manifest
from experiments.store.columns import Chunk
from experiments.store.folder import Results

pytestmark = pytest.mark.slow

N_RUNS = 3_000
NOBODY = 65_534
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def whole_digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the sweep to which nothing happens."""
    place = tmp_path_factory.mktemp("whole")
    plan_in(place, N_RUNS // 2)
    return whole(place, "r").digest()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    plan_in(tmp_path, N_RUNS // 2)
    return tmp_path


def goes_on(place: Path, name: str, digest: str) -> Results:
    """The same sweep goes on, plays nothing twice, and ends as if nothing had happened."""
    before = {path.name: path.stat().st_mtime_ns for path in (place / name / "runs").glob("point*")}
    results = whole(place, name)
    assert {n: p.stat().st_mtime_ns for n in before if (p := place / name / "runs" / n).exists()} == before
    assert results.digest() == digest
    assert results.manifest["n_failed"] == 0
    return results


@pytest.mark.promise
def test_a_sweep_that_was_stopped_goes_on(place: Path, whole_digest: str) -> None:
    process = sweep(place, "r")
    comes_to(process, place / "r", 200)
    os.killpg(process.pid, signal.SIGSTOP)
    there = n_there(place / "r")
    other = sweep(place, "r", said=True)
    said = " ".join(other.communicate(timeout=300)[1].split())
    assert other.returncode == 2 and f"another sweep (process {process.pid}) is writing into" in said
    assert n_there(place / "r") == there < N_RUNS
    os.killpg(process.pid, signal.SIGCONT)
    assert process.wait(900) == 0
    results = goes_on(place, "r", whole_digest)
    assert len(results.manifest["sessions"]) == 1


@pytest.mark.promise
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_sweep_that_was_ended_goes_on_and_leaves_no_process(
    kind: signal.Signals, place: Path, whole_digest: str
) -> None:
    process = sweep(place, "r", said=True)
    comes_to(process, place / "r", 200)
    process.send_signal(kind)
    said = process.communicate(timeout=60)[1]
    assert process.returncode != 0
    all_ended(process.pid)
    assert 200 <= n_there(place / "r") < N_RUNS
    is_told = kind is signal.SIGTERM
    told = "Stopped at once. Finished runs are kept in r. The same command goes on from there.\n"
    assert said.endswith(told) == is_told and (process.returncode == 143) == is_told
    sessions = goes_on(place, "r", whole_digest).manifest["sessions"]
    assert [session["finished"] is None for session in sessions] == [not is_told, False]


@pytest.mark.promise
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process's memory")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_want_of_memory_is_no_outcome_of_a_run(workers: str, place: Path, whole_digest: str) -> None:
    """Where a limit takes it away in the middle, what was being played is lost, and nothing is put down as failed."""
    process = sweep(place, "r", "--workers", workers, said=True)
    comes_to(process, place / "r", 100)
    players = [process.pid] if workers == "1" else children_of(process.pid)
    assert players
    for player in players:
        pages = int(Path(f"/proc/{player}/statm").read_text(encoding="ascii").split()[0])
        resource.prlimit(player, resource.RLIMIT_AS, (pages * resource.getpagesize(), resource.RLIM_INFINITY))
    said = process.communicate(timeout=900)[1]
    all_ended(process.pid)
    # A worker that dies of it is replaced by one without the limit, and then the sweep may end well.
    assert workers == "2" or process.returncode != 0, said
    assert n_there(place / "r") >= 100
    goes_on(place, "r", whole_digest)


@pytest.fixture
def full() -> Iterator[Path]:
    """A temporary folder with room for a word, so that Python takes it for one, and for nothing more."""
    folder = Path(tempfile.mkdtemp())
    words = ["mount", "-t", "tmpfs", "-o", "size=8k,nr_inodes=16", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(words, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("this user may not mount a disk in memory (as root, on Linux, it works)")
    try:
        (folder / "full").write_bytes(bytes(4096))
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
        folder.rmdir()


@pytest.mark.promise
def test_a_full_temporary_folder_harms_nothing(full: Path, place: Path, whole_digest: str) -> None:
    environment = {**os.environ, "TMPDIR": str(full), "TEMP": str(full), "TMP": str(full)}
    words = ("sweep", "day.toml", "--out", "r", "--workers", "2")
    process = begin(place, *words, environment=environment, said=True)
    said = process.communicate(timeout=900)
    assert process.returncode == 0, said
    assert goes_on(place, "r", whole_digest).manifest["sessions"][1:] == []
    for words in (
        ("report", "r"),
        ("certify", "r", "--replays", "1"),
        ("certify", "--verify", "r.certified.zip", "--replays", "1"),
    ):
        process = begin(place, *words, environment=environment, said=True)
        out, said = process.communicate(timeout=900)
        assert "Traceback" not in said, said
        assert process.returncode == (2 if "--verify" in words else 0), (words, out, said)
    assert "make room, or name another in TMPDIR" in " ".join(said.split())


@pytest.mark.promise
def test_a_folder_that_is_moved_keeps_what_it_has(place: Path, whole_digest: str) -> None:
    process = sweep(place, "r", said=True)
    comes_to(process, place / "r", 200)
    (place / "r").rename(place / "moved")
    said = process.communicate(timeout=900)[1]
    assert process.returncode == 2
    assert "moved or removed while a sweep was writing into it" in " ".join(said.split())
    assert not (place / "r").exists(), "nothing is begun where it was"
    assert 200 <= n_there(place / "moved") < N_RUNS
    goes_on(place, "moved", whole_digest)


@pytest.mark.promise
def test_a_clock_that_is_set_back_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is an hour before the last; what is there was written tomorrow."""
    plan = small_plan(tmp_path)
    digest = run_plan(plan, tmp_path / "whole", 1, work=made_up).results.digest()
    clock = [datetime.now(UTC)]

    def earlier() -> str:
        clock[0] -= timedelta(hours=1)
        return clock[0].isoformat(timespec="seconds")

    for module in (manifest, store):
        monkeypatch.setattr(module, "now", earlier)
    played: list[str] = []

    def work(chunk: Chunk) -> object:
        if len(played) in (5, 11):
            played.append("")
            raise KeyboardInterrupt
        played.append(chunk.name)
        return made_up(chunk)

    tomorrow = time.time() + 86_400
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run_plan(plan, tmp_path / "r", 1, work=work, chunk_replicates=3)
        for path in (tmp_path / "r").rglob("*"):
            os.utime(path, (tomorrow, tomorrow))
    results = run_plan(plan, tmp_path / "r", 1, work=work, chunk_replicates=3).results
    assert results.digest() == digest
    names = [name for name in played if name]
    assert len(names) == len(set(names)) == 18
    times = [session["started"] for session in results.manifest["sessions"]]
    assert len(times) == 3 and times == sorted(times, reverse=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("user", [NOBODY, 12_345])
def test_a_user_without_rights_or_home_runs_a_checkout_that_is_read_only(user: int, whole_digest: str) -> None:
    """The second one is not even in the list of users."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        leave_out = shutil.ignore_patterns("__pycache__")
        for name in ("detente", "model", "experiments", "seeds"):
            shutil.copytree(ROOT / name, folder / "checkout" / name, ignore=leave_out)
        (folder / "own").mkdir()
        plan_in(folder / "own", N_RUNS // 2)
        os.chown(folder / "own", user, user)
        words = [sys.executable, "-m", "detente"]
        how: dict[str, Any] = {
            "cwd": folder / "own", "env": {"PYTHONPATH": str(folder / "checkout"), "PATH": os.defpath},
            "user": user, "group": user, "extra_groups": (), "capture_output": True, "text": True,
        }  # fmt: skip
        try:
            able = subprocess.run([sys.executable, "-c", "import numpy"], check=False, **how)
        except PermissionError:
            able = None
        if able is None or able.returncode:
            pytest.skip("the interpreter lies where others may not look")
        for more in (["sweep", "day.toml", "--out", "r", "--workers", "2"], ["report", "r"]):
            run = subprocess.run([*words, *more], check=False, **how)
            assert run.returncode == 0 and "Traceback" not in run.stderr, run.stderr
        assert Results.open(folder / "own" / "r").digest() == whole_digest
        assert not list((folder / "checkout").rglob("__pycache__"))
    finally:
        shutil.rmtree(folder)


@pytest.mark.promise
def test_links_in_results_lead_nowhere_else(place: Path, tmp_path: Path, whole_digest: str) -> None:
    """Files that are written in place are never somebody else's; parts that are links are what they lead to."""
    own = tmp_path / "thesis.txt"
    own.write_text("mine", encoding="utf-8")
    results = whole(place, "r")
    for name in (".lock", "parts.log", "manifest.json", "day.png"):
        kept = (place / "r" / name).read_bytes()
        last = results.parts()[-1]
        part = last.read_bytes()
        last.unlink()  # there is something to write
        (place / "r" / name).unlink()
        (place / "r" / name).symlink_to(own)
        process = sweep(place, "r", "--workers", "1", said=True)
        said = process.communicate(timeout=900)[1]
        assert "Traceback" not in said
        assert own.read_text(encoding="utf-8") == "mine", name
        if name != "day.png":  # with which the sweep went on to its end
            (place / "r" / name).unlink()
            (place / "r" / name).write_bytes(kept)
            last.write_bytes(part)
    # The folder itself, its runs and one of its parts may be links.
    part = (place / "r" / "runs").resolve() / results.parts()[0].name
    part.rename(place / "elsewhere.parquet")
    part.symlink_to(place / "elsewhere.parquet")
    (place / "r" / "runs").rename(place / "far")
    (place / "r" / "runs").symlink_to(place / "far")
    (place / "linked").symlink_to(place / "r")
    goes_on(place, "linked", whole_digest)


@pytest.mark.parametrize(
    "name",
    [
        "with spaces and 'quotes\"",
        "-dash",
        "统计 ü \U0001f697",
        "a\nline",
        "x" * 255,
        "/".join(["deep" * 40] * 8),
        "%s{0}$HOME",
    ],
)
def test_odd_paths_are_paths(name: str, place: Path, whole_digest: str) -> None:
    folder = place / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    process = begin(place, "sweep", "day.toml", f"--out={name}", "--workers", "2", said=True)
    said = process.communicate(timeout=900)[1]
    assert process.returncode == 0, said
    assert Results.open(folder).digest() == whole_digest
    process = begin(place, "report", *(("--",) if name[0] == "-" else ()), name, said=True)
    said = process.communicate(timeout=900)[1]
    assert process.returncode == 0
    assert all(line.startswith("Writing the report: ") for line in said.splitlines()), "how far it is, and nothing else"
    assert (folder / "report.html").is_file()


@pytest.mark.promise
@pytest.mark.parametrize("name", ["x" * 256, "/".join(["deep" * 50] * 25)])
def test_paths_that_no_system_takes_are_refused_in_words(name: str, place: Path) -> None:
    process = begin(place, "sweep", "day.toml", "--out", name, said=True)
    said = process.communicate(timeout=900)[1]
    assert process.returncode == 2 and "Traceback" not in said
    assert "File name too long" in " ".join(said.split())


# --- tactics of one's own -------------------------------------------------------------------------------------------

TACTICS = """
import os, time
from pathlib import Path
import numpy as np
from model import tactic

def half(moment):
    return np.where(moment.time > 0.5, 0.5, 0.0)

@tactic("odd")
def odd(moment):
    {what}
    return half(moment)
"""
# Once: a tactic that forked at every call would fill the machine if nothing stopped its twins.
FORKS = """try:
        os.close(os.open("forked", os.O_CREAT | os.O_EXCL))
        os.fork()
    except FileExistsError:
        pass"""
WHAT = {"plain": "pass", "prints": "print('I am here')", "forks": FORKS, "hangs": "time.sleep(600)"}


def with_tactic(place: Path, what: str) -> None:
    (place / "odd.py").write_text(TACTICS.format(what=WHAT[what]), encoding="utf-8")
    text = (place / "day.toml").read_text(encoding="utf-8").partition("[factors")[0].replace("1500", "200")
    (place / "day.toml").write_text(text + '[factors.tactic_us]\nlevels = ["hard_line", "odd"]\n', encoding="utf-8")


def rows(place: Path, name: str) -> object:
    """What the runs came to."""
    return Results.open(place / name).read()


@pytest.mark.promise
@pytest.mark.parametrize("what", ["prints", "forks"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_tactic_that_prints_or_forks_changes_no_run(what: str, workers: str, place: Path) -> None:
    for name in ("plain", what):
        with_tactic(place, name)
        process = sweep(place, name, "--workers", workers, "--tactics", "odd.py", said=True)
        said = process.communicate(timeout=900)[1]
        assert process.returncode == 0 and "Traceback" not in said, said
        all_ended(process.pid)
    assert (place / "forked").exists() is (what == "forks")
    assert rows(place, what).equals(rows(place, "plain"))  # type: ignore[attr-defined]
    told = Results.open(place / what).manifest
    assert (told["n_runs"], told["n_failed"], len(told["sessions"])) == (400, 0, 1)
    names = [line.split()[-1] for line in (place / what / "parts.log").read_text(encoding="utf-8").splitlines()]
    assert len(names) == len(set(names)), "no part was written twice"


@pytest.mark.promise
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_tactic_that_hangs_is_stopped_by_a_second_interrupt(workers: str, place: Path) -> None:
    with_tactic(place, "hangs")
    process = sweep(place, "r", "--workers", workers, "--tactics", "odd.py", said=True)
    comes_to(process, place / "r", 20)
    there = n_there(place / "r")
    assert there >= 20, "what does not hang is finished and kept"
    try:
        for _ in range(2):
            time.sleep(1.0)
            process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    finally:
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
    assert process.returncode == 130 and "The same command goes on from there." in " ".join(said.split())
    all_ended(process.pid)
    wait_until(lambda: n_there(place / "r") >= there, 1.0)
