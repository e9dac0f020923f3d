"""Disks that refuse, for real: full, read-only, without permission, files cut short. Clear words, and nothing lost."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sample_runs import CHUNK, PLAN, made_up, small_plan
from typer.testing import CliRunner

from experiments.cli import main
from experiments.design.plan import Plan
from experiments.running.runner import run_plan
from experiments.store.columns import Chunk
from experiments.store.folder import Results
from model import InputFault

# 54 chunks of 5 runs.
MANY = PLAN.replace("replicates = 6", "replicates = 30")
NOBODY = 65534


class Disk:
    """A disk of its own in memory; its size and whether it can be written can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, options: str) -> bool:
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], capture_output=True, check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    own = Disk(folder)
    if sys.platform != "linux" or not own.mount("size=20m"):
        pytest.skip("this user may not mount a disk in memory (as root, on Linux, it works)")
    try:
        yield own
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return small_plan(tmp_path, MANY)


def sweep(plan: Plan, folder: Path, play: Callable[[Chunk], object] = made_up) -> tuple[Results, list[str]]:
    """A sweep and the names of the chunks that it computed."""
    names: list[str] = []

    def work(chunk: Chunk) -> object:
        names.append(chunk.name)
        return play(chunk)

    return run_plan(plan, folder, 1, work=work, chunk_replicates=CHUNK).results, names


def finished(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "runs").glob("point*.parquet")}


def goes_on(plan: Plan, folder: Path, tmp_path: Path) -> None:
    """What is there is kept and not computed again; in the end all is as if nothing had happened."""
    before = finished(folder)
    results, names = sweep(plan, folder)
    assert not before & set(names)
    assert len(before) + len(names) == 54
    assert not list((folder / "runs").glob(".*")), "nothing half-written is left"
    undisturbed, _ = sweep(plan, tmp_path / "whole")
    assert results.digest() == undisturbed.digest()


def test_a_disk_that_fills_up(disk: Disk, plan: Plan, tmp_path: Path) -> None:
    # Room for what is kept of a scenario, the manifest and some parts.
    disk.remount("size=620k")
    with pytest.raises(InputFault, match=r"cannot be written: .*No space left on device"):
        sweep(plan, disk.folder / "r")
    assert 3 < len(finished(disk.folder / "r")) < 54
    assert len(Results.open(disk.folder / "r").read()), "what was finished can be read"
    with pytest.raises(InputFault, match="No space left on device"):
        sweep(plan, disk.folder / "r")
    disk.remount("size=20m")
    goes_on(plan, disk.folder / "r", tmp_path)


def test_a_disk_that_is_full_already(disk: Disk, tmp_path: Path) -> None:
    small_plan(tmp_path, MANY)
    disk.remount("size=8k")
    words = ["sweep", str(tmp_path / "small.toml"), "--out", str(disk.folder / "r"), "--workers", "1"]
    result = CliRunner().invoke(main.app, words)
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (disk.folder / "r").exists(), "nothing is left that would be in the way next time"


def test_a_disk_that_becomes_read_only(disk: Disk, plan: Plan, tmp_path: Path) -> None:
    assert sweep_some(plan, disk.folder / "r")
    disk.remount("ro")
    for name in ("r", "another"):
        with pytest.raises(InputFault, match="cannot be written: Read-only file system"):
            sweep(plan, disk.folder / name)
    assert len(Results.open(disk.folder / "r").read()) == 7 * 5 * 3, "what was finished can be read"
    disk.remount("rw")
    goes_on(plan, disk.folder / "r", tmp_path)


def test_a_file_that_may_not_grow(plan: Plan, tmp_path: Path) -> None:
    """A limit of the user's, as quotas are; needs no privilege."""
    folder = tmp_path / "r"
    words = ["sweep", str(tmp_path / "small.toml"), "--out", str(folder), "--workers", "1"]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        result = CliRunner().invoke(main.app, words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.exit_code == 2, result.output
    assert "scenario.toml' cannot be written: File too large" in result.stderr
    assert not folder.exists()
    assert sweep_some(plan, folder)
    goes_on(plan, folder, tmp_path)


def sweep_some(plan: Plan, folder: Path) -> bool:
    """Seven chunks and no more."""

    def play(chunk: Chunk) -> object:
        if len(finished(folder)) == 7:
            raise KeyboardInterrupt
        return made_up(chunk)

    with pytest.raises(KeyboardInterrupt):
        sweep(plan, folder, play)
    return len(finished(folder)) == 7


def test_a_folder_without_permission(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The superuser may write anywhere, so that a child gives its privileges up first."""
    monkeypatch.chdir(tmp_path)  # somebody else may not even come down to this folder by its name
    folder = Path("r")
    assert sweep_some(plan, folder)
    tmp_path.chmod(0o755)
    places = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    before = {place: place.stat().st_mode for place in places}
    for place in places:
        place.chmod(0o555)
    receives, sends = os.pipe()
    try:
        child = os.fork()
        if child == 0:  # everything is imported already, whatever nobody may read
            words = "nothing was refused"
            try:
                if os.geteuid() == 0:
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                sweep(plan, folder)
            except BaseException as error:
                words = f"{type(error).__name__}: {error}"
            os.write(sends, words.encode())
            os._exit(0)
        os.waitpid(child, 0)
        told = os.read(receives, 10_000).decode()
    finally:
        os.close(receives)
        os.close(sends)
        for place, mode in before.items():
            place.chmod(mode)
    assert "InputFault" in told
    assert "cannot be written: Permission denied" in told
    goes_on(plan, folder, tmp_path)
