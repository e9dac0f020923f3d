"""The snippets of docs/export.md read the exports: R is run where it is installed, Stata's names are looked up."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from commands import detente

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "export.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"```(r|stata|toml answers\.toml)\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page's reader stands: its plan, played with fewer replicates, and two exports."""
    place = tmp_path_factory.mktemp("reader")
    (place / "answers.toml").write_text(BLOCKS["toml answers.toml"], "utf-8")
    results = place / "results" / "answers"
    words = ("--replicates", 2, "--workers", 1, "--out", results)
    assert detente("sweep", place / "answers.toml", *words)[0] == 0
    for form in ("csv", "stata"):
        assert detente("export", results, "--to", form, "--out", f"{results}-{form}")[0] == 0
    return place


@pytest.mark.slow
def test_r_finds_the_interval_of_the_effects(folder: Path) -> None:
    if (r := shutil.which("Rscript")) is None:
        pytest.skip("R is not installed")
    (folder / "read.R").write_text(BLOCKS["r"], "utf-8")
    run = subprocess.run([r, "read.R"], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    effects = pd.read_csv(folder / "results" / "answers-csv" / "effects.csv")
    row = effects.query("dyad == 'CN-EU' and outcome == 'joint_gain'").iloc[0]
    found = re.search(r"^\[1\] +(\S+) +(\S+)$", run.stdout, re.MULTILINE)
    assert found is not None, run.stdout
    assert [float(found[1]), float(found[2])] == pytest.approx([row["low"], row["high"]], rel=1e-5)
    assert "bn$/yr" in run.stdout and "mean gain of both over no treaty" in run.stdout


def test_what_the_stata_snippet_names_is_there(folder: Path) -> None:
    names: set[str] = set()
    lines = [line for line in BLOCKS["stata"].splitlines() if line]
    assert len(lines) == 8
    for line in lines:
        if file := re.match(r'use "(.+?)", clear$', line):
            table = pd.read_stata(folder / file[1])
            names = set(table)
        elif line.startswith("reshape"):
            assert set(re.findall(r"\((\w+)\)", line)) <= names
            names |= {f"joint_gain{level}" for level in table["retaliation_rule"].unique()}
        else:
            told = set(re.findall(r"[a-z_]+", re.sub(r'"[^"]*"', "", line)))
            assert told - {"describe", "list", "if", "keep", "ttest"} <= names, line
