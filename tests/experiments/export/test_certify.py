"""A sealed bundle: it is verified elsewhere, and a byte that is changed anywhere in it is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.cli.main import app
from experiments.design.plan_file import load_plan
from experiments.export import certify as sealing
from experiments.running.runner import run_plan
from experiments.store.folder import Results
from model import InputFault

PLAN = """
title = "Does mercy pay?"
question = "Generous or grim?"
scenario = "2026"
replicates = 2
[factors.retaliation_rule]
levels = ["generous", "grim"]
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certify")
    (folder / "mercy.toml").write_text(PLAN, encoding="utf-8")
    run_plan(load_plan(str(folder / "mercy.toml")), folder / "mercy", 1)
    return folder / "mercy"


@pytest.fixture(scope="module")
def bundle(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, certificate = sealing.certify(results, tmp_path_factory.mktemp("bundle") / "b.zip", replays=2)
    assert certificate["n_runs"] == 4 and certificate["digest_of_runs"] == Results.open(results).manifest["digest"]
    assert [line for line in certificate["checks"] if "played again: the same" in line and line.startswith("run")] == [
        "run 0-0 played again: the same to the last bit",
        "run 1-1 played again: the same to the last bit",
    ]
    assert certificate["certified_with"]["packages"]["numpy"] == certificate["made_with"]["numpy"]
    return path


def test_what_was_sealed_is_verified_after_the_results_are_gone(bundle: Path, tmp_path: Path) -> None:
    moved = shutil.copy(bundle, tmp_path / "elsewhere.zip")
    found = sealing.verify(moved, replays=1)
    assert found.otherwise == () and "run 0-0 played again: the same to the last bit" in found.equal
    assert found.equal[0] == f"seal {found.certificate['seal']}" == f"seal {sealing.seal_of(found.certificate)}"


def test_the_same_results_make_the_same_bundle(results: Path, bundle: Path, tmp_path: Path) -> None:
    sealing.certify(results, tmp_path / "again.zip", replays=2)
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_a_changed_digit_is_found_in_every_file_and_named(bundle: Path, tmp_path: Path) -> None:
    certificate, files = sealing._opened(bundle)
    assert {"results/manifest.json", "results/parts.log", "results/inputs/plan.toml"} <= set(files)
    assert any(name.startswith("results/runs/") for name in files)
    for name, data in files.items():
        changed = bytearray(data)
        changed[len(data) // 2] ^= 1
        whole = sealing._archive({"certificate.json": sealing._text(certificate), **files, name: bytes(changed)})
        (tmp_path / "c.zip").write_bytes(whole)
        with pytest.raises(InputFault, match="was changed after it was sealed") as fault:
            sealing.verify(tmp_path / "c.zip", replays=0)
        assert len(fault.value.faults) == 1 and f": {name} " in fault.value.faults[0]


def test_a_changed_byte_of_the_archive_is_found_wherever_it_is(bundle: Path, tmp_path: Path) -> None:
    whole = bundle.read_bytes()
    for place in [*range(0, len(whole), 997), *range(len(whole) - 60, len(whole))]:
        changed = bytearray(whole)
        changed[place] ^= 0x10
        (tmp_path / "c.zip").write_bytes(changed)
        with pytest.raises(InputFault, match=r"c\.zip"):
            sealing._opened(tmp_path / "c.zip")


def test_what_was_taken_out_put_in_or_cut_is_found(bundle: Path, tmp_path: Path) -> None:
    certificate, files = sealing._opened(bundle)
    told = {"certificate.json": sealing._text(certificate)}
    gone = {name: data for name, data in files.items() if name != "results/parts.log"}
    cases = {
        "results/parts.log is gone": sealing._archive({**told, **gone}),
        "results/new.txt was added": sealing._archive({**told, **files, "results/new.txt": b"x"}),
        "../out was changed": sealing._archive({**told, **files, "../out": b"x"}),
        "no certificate.json": sealing._archive(files),
        "is no bundle": bundle.read_bytes()[:-40],
        "archive itself": bundle.read_bytes() + b"\0",
    }
    for words, data in cases.items():
        (tmp_path / "c.zip").write_bytes(data)
        with pytest.raises(InputFault, match=words):
            sealing._opened(tmp_path / "c.zip")


def test_a_certificate_that_says_another_number_is_found(bundle: Path, tmp_path: Path) -> None:
    """Also one that was sealed anew: the runs themselves say which digest they have."""
    certificate, files = sealing._opened(bundle)
    lie = {**certificate, "n_runs": 5}
    (tmp_path / "c.zip").write_bytes(sealing._archive({"certificate.json": sealing._text(lie), **files}))
    with pytest.raises(InputFault, match=r"certificate\.json was changed"):
        sealing.verify(tmp_path / "c.zip")


def test_what_is_not_finished_or_not_whole_is_not_sealed(results: Path, tmp_path: Path) -> None:
    for name, change in {"state": "interrupted", "digest": "0" * 64}.items():
        folder = tmp_path / name
        shutil.copytree(results, folder)
        told = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**told, name: change}))
        with pytest.raises(InputFault, match=r"only finished results|the manifest says"):
            sealing.certify(folder, replays=0)
        assert not (tmp_path / f"{name}.certified.zip").exists()
    folder = tmp_path / "cut"
    shutil.copytree(results, folder)
    part = next((folder / "runs").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(InputFault, match="is damaged"):
        sealing.certify(folder, replays=0)


def test_the_command_seals_and_verifies(results: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    made = run(app, ["certify", str(results), "--out", str(tmp_path / "b.zip"), "--replays", "1"])
    assert made.exit_code == 0, made.output
    assert f"detente certify --verify {tmp_path / 'b.zip'}" in made.stdout
    found = run(app, ["certify", "--verify", str(tmp_path / "b.zip"), "--replays", "1"])
    assert found.exit_code == 0 and "The bundle is as it was sealed" in found.stdout
    whole = bytearray((tmp_path / "b.zip").read_bytes())
    whole[whole.index(b"PAR1", whole.index(b"results/manifest.json")) + 20] ^= 1
    (tmp_path / "bad.zip").write_bytes(whole)
    for words, told in (
        (["--verify", str(tmp_path / "bad.zip")], "parquet was changed after it was sealed"),
        (["--verify", str(tmp_path)], "name the file that detente certify wrote"),
        ([str(results), "--verify", str(tmp_path / "b.zip")], "name either results or a bundle"),
        ([], "name either results or a bundle"),
        ([str(results), "--out", str(tmp_path / "b.zip")], "is there already"),
        ([str(results), "--replays", "-1"], "allowed is 0 or more"),
    ):
        refused = run(app, ["certify", *words])
        assert refused.exit_code == 2 and told in refused.stderr and "1 fault" in refused.stderr, refused.output
