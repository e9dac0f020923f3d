"""No part of another sweep is ever in a complete one: copied, renamed or raced in, it is refused, and told whose."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from commands import refused
from sample_runs import ARMS, PLAN, made_up, small_plan
from thinned import one_in
from typer.testing import Result

from experiments.design.plan import Plan
from experiments.findings.findings import find
from experiments.running import runner
from experiments.running.runner import run_plan
from experiments.store import folder as store
from experiments.store.columns import Chunk
from experiments.store.folder import Results
from experiments.store.kept import plan_of
from experiments.store.manifest import identity
from model import InputFault

PART = 2


def swept(plan: Plan, folder: Path, size: int = PART) -> Results:
    return run_plan(plan, folder, 1, work=made_up, chunk_replicates=size).results


def another(folder: Path, text: str = PLAN, seed: int = 7) -> Plan:
    """The same plan with another root seed."""
    (folder / "another").mkdir(exist_ok=True)
    return small_plan(
        folder / "another", re.sub("root_seed = .*\n", "", text).replace("\n[", f"\nroot_seed = {seed}\n[", 1)
    )


def copied(source: Path, to: Path, names: list[str], with_log: bool) -> None:
    """Parts of one folder under the same names in another, with the lines that the log of the first has on them."""
    for name in names:
        shutil.copyfile(source / name, to / name)
    if with_log:
        lines = (source / "parts.log").read_text(encoding="utf-8").splitlines(keepends=True)
        with (to / "parts.log").open("a", encoding="utf-8") as log:
            log.writelines(line for line in lines if line.split()[-1] in names)


@pytest.mark.promise
@pytest.mark.parametrize("with_log", [True, False])
def test_parts_of_another_sweep_are_refused_by_all_who_read(
    with_log: bool, tmp_path: Path, call: Callable[..., Result]
) -> None:
    plan = small_plan(tmp_path, ARMS)
    swept(plan, tmp_path / "r")
    other = swept(another(tmp_path, ARMS), tmp_path / "o")
    names = sorted(f"runs/{path.name}" for path in other.parts())[1:6]
    copied(tmp_path / "o", tmp_path / "r", names, with_log)
    before = {
        path: path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file() and path.name != ".lock"
    }
    sweep = ("sweep", "small.toml", "--out", "r", "--workers", "1")
    for words in (sweep, ("report", "r"), ("rerun", "r", "--run", "0-0"), ("mechanisms", "--results", "r"),
                  ("export", "r", "--to", "csv"), ("certify", "r")):  # fmt: skip
        says = f"'r' holds 5 parts that are not of this sweep: {', '.join(names[:3])} and 2 more, of the plan 'small'"
        result = call(*words)
        refused(result)
        said = " ".join(result.stderr.split())
        assert says in said, words
        assert "with root seed 7 (sweep " in said
        assert "move them out of the folder, and the same sweep plays what is missing (nothing was changed)" in said
    with pytest.raises(InputFault, match="not of this sweep"):
        find(plan, Results.open("r"))
    after = {path: path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before
    # What the message says to do does it.
    for name in names:
        (tmp_path / "r" / name).unlink()
    assert swept(plan, tmp_path / "r").digest() == swept(plan, tmp_path / "whole").digest()


@pytest.mark.promise
def test_a_whole_sweep_in_anothers_folder_is_refused(tmp_path: Path) -> None:
    """All its parts and its log, so that nothing would have to be computed."""
    swept(another(tmp_path), tmp_path / "o")
    plan = small_plan(tmp_path)
    Results.create(tmp_path / "r", plan)
    shutil.rmtree(tmp_path / "r" / "runs")
    shutil.copytree(tmp_path / "o" / "runs", tmp_path / "r" / "runs")
    shutil.copyfile(tmp_path / "o" / "parts.log", tmp_path / "r" / "parts.log")
    for act in (lambda: swept(plan, tmp_path / "r"), lambda: Results.open(tmp_path / "r").read()):
        with pytest.raises(InputFault, match=r"27 parts that are not of this sweep"):
            act()
    assert Results.open(tmp_path / "r").manifest["state"] == "begun"


def edited(folder: Path, key: str, change: Callable[[Any], Any]) -> None:
    """Something that a manifest says, changed by hand."""
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**told, key: change(told[key])}), "utf-8")


@pytest.mark.parametrize("key", one_in(2, ["scenario", "root_seed"]))
def test_of_a_manifest_that_was_edited_is_said_what_helps(key: str, tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    digest = swept(plan, tmp_path / "r").digest()
    whole = (tmp_path / "r" / "manifest.json").read_bytes()
    edited(tmp_path / "r", key, lambda text: f"{text}7")
    remedy = "if manifest.json was edited, put it back as it was, or play the sweep anew in another folder: --into"
    for act in (lambda: swept(plan, tmp_path / "r"), lambda: Results.open(tmp_path / "r").read()):
        with pytest.raises(InputFault, match=remedy):
            act()
    (tmp_path / "r" / "manifest.json").write_bytes(whole)
    assert swept(plan, tmp_path / "r").digest() == digest


def test_a_plan_that_was_edited_in_a_manifest_is_told_and_the_same_sweep_mends_it(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    swept(plan, tmp_path / "r")
    edited(tmp_path / "r", "plan_text", lambda text: text.replace("replicates = 6", "replicates = 5"))
    with pytest.raises(InputFault, match=r"plan_text in manifest.json was changed .* the same sweep into this folder"):
        plan_of(Results.open(tmp_path / "r"))
    assert plan_of(swept(plan, tmp_path / "r")).replicates == 6


def test_a_number_of_replicates_that_was_edited_is_told_and_the_same_sweep_mends_it(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    swept(plan, tmp_path / "r")
    edited(tmp_path / "r", "replicates", lambda number: number - 1)
    with pytest.raises(InputFault, match=r"replicates in manifest.json was changed .* the same sweep into this folder"):
        plan_of(Results.open(tmp_path / "r"))
    assert plan_of(swept(plan, tmp_path / "r")).replicates == 6


def test_of_a_kept_file_that_was_edited_is_said_what_helps(tmp_path: Path) -> None:
    plan = small_plan(tmp_path)
    swept(plan, tmp_path / "r")
    kept = tmp_path / "r" / "inputs" / "scenario.toml"
    for spoil in (lambda: kept.write_text("", "utf-8"), kept.unlink):
        spoil()
        with pytest.raises(InputFault, match=r"put it back as it was, or play the sweep anew .*: --into NEW_FOLDER"):
            swept(plan, tmp_path / "r")


def test_a_part_that_comes_while_a_sweep_goes_on_does_not_end_complete(tmp_path: Path) -> None:
    other = swept(another(tmp_path), tmp_path / "o").parts()[-1].name

    def work(chunk: Chunk) -> pa.Table:
        if chunk.design_point == 8 and chunk.first == 4:
            shutil.copyfile(
                tmp_path / "o" / "runs" / other,
                tmp_path / "r" / "runs" / "point-00008_replicates-000004-000004.parquet",
            )
        return made_up(chunk)

    with pytest.raises(InputFault, match="not of this sweep"):
        run_plan(small_plan(tmp_path), tmp_path / "r", 1, work=work, chunk_replicates=PART)
    assert Results.open(tmp_path / "r").manifest["state"] == "begun"


def test_a_part_under_anothers_name_is_refused(tmp_path: Path) -> None:
    """Of the same sweep even, and with a line in the log."""
    results = swept(small_plan(tmp_path), tmp_path / "r")
    one, two = (path.name for path in results.parts()[:2])
    shutil.copyfile(tmp_path / "r" / "runs" / one, tmp_path / "r" / "runs" / two)
    log = tmp_path / "r" / "parts.log"
    digest = next(line for line in log.read_text(encoding="utf-8").splitlines() if line.endswith(one)).rsplit(" ", 1)[0]
    log.write_text(log.read_text(encoding="utf-8") + f"{digest} runs/{two}\n", encoding="utf-8")
    for act in (lambda: swept(small_plan(tmp_path), tmp_path / "r"), lambda: Results.open(tmp_path / "r").read()):
        with pytest.raises(InputFault, match=f"runs/{two}, which is runs/{one} under another name"):
            act()


def test_the_same_runs_are_not_there_twice(tmp_path: Path) -> None:
    """Parts of the same sweep, of another size."""
    plan = small_plan(tmp_path)
    swept(plan, tmp_path / "r")
    larger = swept(plan, tmp_path / "o", 3).parts()[0].name
    copied(tmp_path / "o", tmp_path / "r", [f"runs/{larger}"], True)
    for act in (lambda: swept(plan, tmp_path / "r"), lambda: Results.open(tmp_path / "r").read()):
        with pytest.raises(InputFault, match=f"holds the same runs twice: .*{larger}"):
            act()


def test_what_a_sweep_is(tmp_path: Path) -> None:
    """Not its words, its engine or the size of its parts; its seed, its points, its scenario, its code."""
    own = identity(swept(small_plan(tmp_path), tmp_path / "r").manifest)
    assert re.fullmatch("[0-9a-f]{64}", own)
    assert identity(Results.open(tmp_path / "r").manifest) == own, "as it is read"
    plan = small_plan(tmp_path, PLAN.replace("Does it work?", "Does it?"))
    assert identity(swept(plan, tmp_path / "words", 3).manifest) == own
    assert identity(Results.create(tmp_path / "engine", plan, "ensemble").manifest) == own
    for number, (old, new) in enumerate([
        ("replicates = 6", "replicates = 7"), ('scenario = "2026"', 'scenario = "symmetric"'),
        ("318291039481029384", "5"), ("monitoring = 0", "monitoring = 0.1"), ("with linkage", "linkage"),
    ]):  # fmt: skip
        plan = small_plan(tmp_path, PLAN.replace(old, new))
        assert identity(Results.create(tmp_path / f"{number}", plan).manifest) != own, new
    for key in ("code_sha256", "inputs", "versions"):
        other = Results.open(tmp_path / "r").manifest
        other[key] = "0" * 64 if key == "code_sha256" else {**other[key], "scenario.toml": "0", "numpy": "0"}
        assert identity(other) != own, key


# --- races --------------------------------------------------------------------------------------------------------


@pytest.mark.promise
def test_the_lock_comes_before_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins while another is about to begin in the same folder is told so, and writes nothing."""
    other, said = another(tmp_path), []
    inputs_of = store.inputs_of

    def in_between(plan: Plan) -> dict[str, bytes]:
        if not said:
            said.append("")
            with pytest.raises(InputFault) as caught:
                swept(other, tmp_path / "r")
            said.append(str(caught.value))
        return inputs_of(plan)

    monkeypatch.setattr(store, "inputs_of", in_between)
    results = swept(small_plan(tmp_path), tmp_path / "r")
    assert f"another sweep (process {os.getpid()}) is writing into" in said[1]
    assert results.manifest["root_seed"] == "318291039481029384"


def test_a_sweep_that_was_killed_before_it_began_is_not_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever: with the lock alone, with some of what it was made of, with half a manifest."""
    plan, whole = small_plan(tmp_path), []
    for number, names in enumerate(
        [[".lock"], [".lock", "inputs/old.toml"], [".lock", "runs", ".manifest.json.9.json"]]
    ):
        folder = tmp_path / f"r{number}"
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).mkdir() if name == "runs" else (folder / name).write_text("half", encoding="utf-8")
        whole.append(swept(plan, folder).digest())
        assert not (folder / "inputs" / "old.toml").exists()
    assert len(set(whole)) == 1
    (tmp_path / "mine" / "inputs").mkdir(parents=True)
    with pytest.raises(InputFault, match="already holds files"):
        swept(plan, tmp_path / "mine")
    assert not (tmp_path / "mine" / ".lock").exists(), "nothing is written where no sweep may begin"

    def refuse(plan: Plan) -> dict[str, bytes]:
        raise InputFault(["no"])

    monkeypatch.setattr(store, "inputs_of", refuse)
    with pytest.raises(InputFault, match="no"):
        runner.run_plan(plan, tmp_path / "never", 1)
    assert not (tmp_path / "never").exists()


@pytest.mark.promise
@pytest.mark.parametrize("races", [pytest.param(2, id="some"), pytest.param(200, id="many", marks=pytest.mark.slow)])
def test_two_plans_that_race_into_one_folder_never_mix(races: int, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [
        sys.executable,
        "-W",
        "ignore",
        str(Path(__file__).parents[2] / "racing.py"),
        str(tmp_path),
        str(races),
        "1",
    ]
    run = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [f"{races} races"]
