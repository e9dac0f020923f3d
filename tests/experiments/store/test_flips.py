"""What is read is what was written: a flipped bit anywhere in a part is told by whoever reads, never read over."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sample_runs import PLAN, small_plan, with_series

from experiments.design.plan import Plan
from experiments.export.certify import certify
from experiments.export.write import export
from experiments.findings.findings import find
from experiments.report.page import write_report
from experiments.running.runner import Hooks, rerun, run_plan
from experiments.store.folder import Results
from experiments.store.kept import plan_of
from model import InputFault

TEXT = PLAN + '[outputs]\nreplicates = 2\nseries = ["dyad"]\n'
READERS: dict[str, Callable[[Path], object]] = {
    "report": write_report,
    "findings": lambda folder: find(plan_of(Results.open(folder)), Results.open(folder)),
    "rerun": lambda folder: rerun(Results.open(folder), "8-5"),
    "series": lambda folder: Results.open(folder).read_series("dyad"),
    "digest": lambda folder: Results.open(folder).digest(),
    "export": lambda folder: export(folder, "csv", folder.with_name("exported")),
    "certify": lambda folder: certify(folder, folder.with_name("r.zip"), replays=0),
    "failures": lambda folder: Results.open(folder).read_failures(),
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return small_plan(tmp_path_factory.mktemp("plan"), TEXT)


@pytest.fixture(scope="module")
def folder(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    whole = tmp_path_factory.mktemp("sweep") / "r"
    run_plan(plan, whole, 1, work=with_series, chunk_replicates=3)
    return whole


def flips(folder: Path, n: int, seed: int) -> Iterator[Path]:
    """Parts, of runs and of series, with one bit flipped somewhere; it is put back before the next one."""
    chance = random.Random(seed)
    parts = sorted([*folder.glob("runs/*.parquet"), *folder.glob("series/*/*.parquet")])
    for _ in range(n):
        part = chance.choice(parts)
        whole = part.read_bytes()
        place = chance.randrange(8 * len(whole))
        data = bytearray(whole)
        data[place // 8] ^= 1 << place % 8
        part.write_bytes(data)
        try:
            yield part
        finally:
            part.write_bytes(whole)


FLIPS = pytest.mark.parametrize("n", [pytest.param(5, id="some"), pytest.param(200, id="many", marks=pytest.mark.slow)])


@pytest.mark.promise
@FLIPS
def test_no_flipped_bit_is_read_over(n: int, folder: Path) -> None:
    silent = []
    for part in flips(folder, n, 3):
        for name, read in READERS.items():
            try:
                read(folder)
                silent.append((name, part))
            except InputFault as fault:
                assert f"{part.name}' is damaged" in str(fault)
    assert silent == []


@FLIPS
def test_without_the_log_no_flipped_bit_changes_a_number(n: int, folder: Path) -> None:
    """What only the log knows are bytes that say nothing; marks and checksums in the parts hold the rest."""
    log, before = (folder / "parts.log").read_bytes(), Results.open(folder).read()
    series = Results.open(folder).read_series("dyad")
    (folder / "parts.log").unlink()
    try:
        for part in flips(folder, n, 4):
            try:
                found = Results.open(folder).read(), Results.open(folder).read_series("dyad")
            except InputFault as fault:
                assert part.name in str(fault)
                continue
            assert found[0].equals(before)
            assert found[1].equals(series)
    finally:
        (folder / "parts.log").write_bytes(log)


def test_a_part_that_is_gone_is_told(folder: Path) -> None:
    part = sorted(folder.glob("runs/*.parquet"))[-1]
    whole = part.read_bytes()
    part.unlink()
    try:
        for name, read in READERS.items():
            with pytest.raises(
                InputFault, match=f"{part.name}' is gone.*; the same sweep into this folder makes it anew"
            ):
                read(folder)
                pytest.fail(name)
    finally:
        part.write_bytes(whole)


@pytest.mark.parametrize("left", [b"", b"\n", b"\0" * 90], ids=["nothing", "a line's end", "zeros"])
def test_a_log_that_was_emptied_is_told_and_the_same_sweep_writes_it_anew(
    left: bytes, folder: Path, plan: Plan
) -> None:
    log, digest = folder / "parts.log", Results.open(folder).digest()
    whole = log.read_bytes()
    log.write_bytes(left)
    try:
        for name, read in READERS.items() if not left else [("digest", READERS["digest"])]:
            with pytest.raises(InputFault, match=r"parts.log' is damaged: it has no line for any of .* the same sweep"):
                read(folder)
                pytest.fail(name)
        outcome = run_plan(plan, folder, 1, work=with_series, chunk_replicates=3)
        assert outcome.n_before == outcome.n_done and outcome.results.digest() == digest
        assert {*whole.split(b"\n")} <= {*log.read_bytes().split(b"\n")}
        assert Results.open(folder).digest() == digest
    finally:
        log.write_bytes(whole)


def test_without_lines_a_sweep_that_was_killed_can_be_read(folder: Path, tmp_path: Path) -> None:
    """Killed between its first part and the line of it."""
    shutil.copytree(folder, tmp_path / "r")
    (tmp_path / "r" / "parts.log").write_bytes(b"")
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text("utf-8"))
    (tmp_path / "r" / "manifest.json").write_text(json.dumps({**manifest, "state": "begun"}), "utf-8")
    assert Results.open(tmp_path / "r").digest() == Results.open(folder).digest()


@FLIPS
def test_the_next_sweep_makes_it_anew(n: int, folder: Path, plan: Plan) -> None:
    digest = Results.open(folder).digest()
    for part in flips(folder, n, 5):
        told: list[str] = []
        outcome = run_plan(plan, folder, 1, Hooks(tell=told.append), work=with_series, chunk_replicates=3)
        assert [part.name in words and "computed again" in words for words in told] == [True]
        assert outcome.results.digest() == digest
        assert len(list((folder / "damaged").glob("*"))) >= 1
