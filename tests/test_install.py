"""Installed as anybody would install it, outside the checkout, the command works in any folder and finds its data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import SMALL

import detente as detente_here
from experiments.display.words import part_of

CHECKOUT = Path(__file__).parents[1]
# What a checkout of the sources holds; folders that earlier builds or runs have left are none of it.
SOURCES = ("detente", "model", "experiments", "seeds", "pyproject.toml", "README.md", "LICENSE")


def called(command: list[str | Path], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command in a folder, with nothing of this checkout on any path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**kept, **settings, "PYTHONUTF8": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def detente(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``detente`` of an environment that holds nothing else."""
    home = tmp_path_factory.mktemp("installed")
    sources = home / "sources"
    for name in SOURCES:
        found = CHECKOUT / name
        if found.is_dir():
            shutil.copytree(found, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            sources.mkdir(exist_ok=True)
            shutil.copy(found, sources / name)
    called([sys.executable, "-m", "venv", home / "environment"], home)
    python = home / "environment" / "bin" / "python"
    constraints = CHECKOUT / f"constraints-py{sys.version_info.major}{sys.version_info.minor}.txt"
    pinned = ["-c", constraints] if constraints.exists() else []
    called([python, "-m", "pip", "install", "-q", "--no-compile", *pinned, sources], home)
    shutil.rmtree(sources)
    return python.with_name("detente")


def told(text: str) -> list[str]:
    """The lines of a text without the spaces and dots that a terminal adds."""
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.slow
def test_the_main_job_runs_outside_the_checkout_and_says_what_the_readme_says(detente: Path, tmp_path: Path) -> None:
    said = told(called([detente, "demo", "--workers", "2"], tmp_path, COLUMNS="80").stdout)
    for page in ("README.md", "docs/main_job.md"):
        shown = told(part_of((CHECKOUT / page).read_text("utf-8"), "demo"))
        assert len(shown) > 10
        assert [line for line in shown if line not in ("```text", "```", "...") and line not in said] == []
    assert (tmp_path / "results" / "mechanisms" / "mechanisms.png").stat().st_size > 10_000


@pytest.mark.slow
def test_it_works_beside_a_readers_own_files(detente: Path, tmp_path: Path) -> None:
    for name in ("model.py", "experiments.py"):
        (tmp_path / name).write_text("print('not ours')\n", encoding="utf-8")
    (tmp_path / "mine.py").write_text("import detente\nprint(detente.__version__, *detente.plan_names())\n", "utf-8")
    python = detente.with_name("python")
    commands = ([detente, "parameters"], [python, "-m", "detente", "parameters"], [python, "mine.py"])
    said = [called([*command], tmp_path).stdout for command in commands]
    assert said[0] == said[1] and "dialogue_ceiling" in said[0]
    assert said[2].split() == [detente_here.__version__, *detente_here.plan_names()]


@pytest.mark.slow
def test_every_shipped_file_was_installed(detente: Path, tmp_path: Path) -> None:
    for command in (["run", "2018"], ["parameters", "--calibration", "2026"], ["mechanisms"], ["hindcast", "--help"]):
        assert called([detente, *command], tmp_path).stdout.strip()


@pytest.mark.slow
def test_a_sealed_bundle_is_checked_where_nothing_but_the_package_is(detente: Path, tmp_path: Path) -> None:
    """The bundle alone goes into another folder; one digit that is changed in it is found and its file named."""
    (tmp_path / "two.toml").write_text(SMALL, encoding="utf-8")
    called([detente, "sweep", "two.toml", "--workers", "1"], tmp_path)
    sealed = called([detente, "certify", "results/two", "--out", "two.zip"], tmp_path).stdout
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(tmp_path / "two.zip", elsewhere / "two.zip")
    shutil.rmtree(tmp_path / "results")
    found = called([detente, "certify", "--verify", "two.zip"], elsewhere).stdout
    seal = sealed.partition("Seal: ")[2].split()[0]
    assert len(seal) == 64 and f"seal {seal}" in found and "came out" not in found
    assert found.count("played again: the same to the last bit") == 3
    whole = bytearray((elsewhere / "two.zip").read_bytes())
    place = whole.index(b'"replicates": 2')  # in the manifest: nothing in the archive is compressed
    whole[place + len('"replicates": ')] = ord("3")
    (elsewhere / "changed.zip").write_bytes(whole)
    words = [detente, "certify", "--verify", "changed.zip"]
    refused = subprocess.run(words, check=False, cwd=elsewhere, capture_output=True)
    assert refused.returncode == 2 and b"results/manifest.json was changed after it was sealed" in refused.stderr
