"""What tests of the hindcast share: a declaration small enough to be fitted in seconds, and poisoned evidence."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from experiments.hindcast import fit, main
from experiments.hindcast.evidence import year_of
from experiments.hindcast.plan import HindcastPlan, load_hindcast
from model import seeds_directory
from model.scenario import evidence
from model.start import starting_point

SIZES = {
    "n_points = 1024": "n_points = 4",
    "lanes = 8": "lanes = 2",
    "lanes = 16": "lanes = 2",
    "keep = 0.25": "keep = 1.0",
    "sample = 64": "sample = 3",
    "n_points = 2048": "n_points = 64",
}
DATED = ("year", "quarter", "date", "start", "start_date", "end", "opened", "opened_or_planned", "real_dollar_year")
ALWAYS_TEXT = ("preferred", "threat", "sign", "carried_out", *DATED)


def small_file(folder: Path) -> Path:
    """The shipped declaration with few points, replicates and rows."""
    text = (seeds_directory() / "calibration" / "2018.toml").read_text(encoding="utf-8")
    for old, new in SIZES.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


def small_plan(folder: Path) -> HindcastPlan:
    """That declaration, read."""
    return load_hindcast(small_file(folder))


def keep_posterior_in(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Let the sample be written to and read from this folder instead of the project's seeds."""
    path = folder / "posterior.csv"
    for module in (main, fit):
        patch.setattr(module, "posterior_file", lambda plan: path)
    return path


def forget() -> None:
    """Forget every table, scenario and calibration that was read."""
    starting_point._known.clear()


def poison(folder: Path, patch: pytest.MonkeyPatch, first: int = 2023) -> int:
    """Let evidence be read from a copy in which every number of every row from a year on is another; how many rows."""
    copy = folder / "seeds"
    shutil.copytree(seeds_directory(), copy)
    n_rows = 0
    for path in sorted((copy / "evidence").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for row in rows:
            year = year_of(row)
            if year is None or year < first:
                continue
            n_rows += 1
            for name, cell in row.items():
                if name not in ALWAYS_TEXT and re.fullmatch(r"-?\d+\.?\d*", cell or ""):
                    row[name] = f"{0.37 * float(cell) + 0.011:.6g}"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    patch.setattr(evidence, "seeds_directory", lambda: copy)
    forget()
    return n_rows
