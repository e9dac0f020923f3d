"""What commands print fits a screen of any width and a pipe, and what is to be copied from it stands on one line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pandas as pd
import pytest
from commands import SMALL, detente, written
from rich.cells import cell_len
from sample_runs import made_up
from typer.testing import Result

from experiments.cli.terminal import screen
from experiments.design.plan_file import load_plan
from experiments.display import console
from experiments.hindcast import main as hindcast
from experiments.hindcast.scores import BASE_RATES, CHANCE_QUANTITIES, MODEL, bars
from experiments.running.runner import run_plan
from experiments.running.world_check import Finding

WIDTHS: Final = (40, 60, 80, 160, None)
# What plays, draws or replays is called at the narrowest width and at the others by the slow tests.
HEAVY: Final = (
    *("forecast", "sweep", "run", "rerun", "report", "export", "certify", "check-tactic", "page"),
    *("league", "discover", "seat", "arena"),
)
SEALED: Final = next((Path(__file__).parents[3] / "seeds" / "forecasts").glob("*.json"))
PIPE: Final = 100  # columns that are printed where nobody says how many there are

# In the order in which they are called; the results of the sweep are there for those after it.
CALLS: Final = {
    "sweep": ("two.toml", "--workers", "1", "--out", "{out}"),
    "run": ("2018", "--out", "{out}"),
    "rerun": ("results/two", "--run", "1-1"),
    "report": ("results/two",),
    "export": ("results/two", "--to", "csv", "--out", "{out}"),
    "certify": ("results/two", "--replays", "1", "--out", "{out}.zip"),
    "page": ("results/two", "--out", "{out}.html"),
    "check-tactic": ("tactics.py",),
    "check-world": ("loyal.py:Loyal",),
    "league": ("league.toml", "--workers", "1", "--out", "{out}"),
    "discover": ("results/many", "--resamples", "0"),
    "hindcast": ("--workers", "1", "--out", "{out}"),
    "package": ("CN-EU", "3"),
    "seat": ("--bloc", "EU", "--agent", "tit-for-tat", "--quarters", "1", "--out", "{out}"),
    "arena": ("--agent", "rules", "--bloc", "EU", "--games", "1", "--cloud", "2", "--quarters", "1", "--out", "{out}"),
    "forecast": ("--rows", "1", "--replicates", "1", "--until", "2026Q4", "--workers", "1", "--out", "{out}.json"),
    "score": (str(SEALED),),
    "parameters": ("--group", "trust"),
    "mechanisms": (),
    "plans": (),
    "scenarios": (),
    "glossary": ("treaty",),
}
ELSEWHERE: Final = {
    "help": "tests/experiments/cli/test_terminal.py holds the width of help",
    "demo": "a sweep, as above",
    "class": "serves a page until it is stopped",
    **dict.fromkeys(
        ("sensitivity", "validate", "assumptions", "bench", "emulate", "design"),
        "takes long; tests beside it hold the width of its tables",
    ),
}
TACTIC: Final = """
import numpy as np
from model import tactic

@tactic("patient")
def patient(moment):
    return np.maximum(np.where(moment.time > 0.75, 0.5, 0.0), 0.8 * moment.offered)
"""

WORLD: Final = """
from model import Bloc

class Loyal(Bloc):
    def renews(self, dyad):
        return super().renews(dyad)
"""
# What takes long is said, and not played.
FINDINGS: Final = (
    Finding("answers in the shapes and kinds of the shipped", ""),
    Finding("compared with the shipped", "0 of 6 runs are others; the mechanism does nothing in them", True),
    Finding("never asked in the runs that were tried", "renews, gives_notice, repudiates, withholds, answers", True),
)
SCORES: Final = pd.DataFrame(
    [
        {"quantity": quantity, "forecaster": who, "n": 36, "crps": 0.01234, "in_90": 0.8, "log_score": 0.512}
        | {"verdict": "better", "difference": -0.0123, "error": 0.0045}
        for quantity in ("EV shares", "automaker shares", "supplier shares", "pack prices, log", *CHANCE_QUANTITIES)
        for who in (MODEL, "logistic", BASE_RATES)
    ]
)
LEAGUE: Final = """
title = "Few"
scenarios = ["2026"]
situations = 2
replicates = 1
root_seed = 5
[[players]]
name = "an even concession along an exponential path"
[[players]]
name = "hard"
tactic = "hard_line"
"""
MANY: Final = """
title = "Many"
question = "Where?"
scenario = "2026"
design = "sobol"
n_points = 32
replicates = 1
root_seed = 7
[factors.generosity]
range = [0.0, 1.0]
[factors.tension_jump_rate]
range = [0.0, 0.2]
"""


def too_long(said: str, width: int) -> list[str]:
    """Lines beyond a width, but for those that hold a path, a command or a seal: these are never broken."""
    lines = [line.rstrip() for line in said.splitlines()]
    return [line for line in lines if cell_len(line) > width and not is_copied(line)]


def is_copied(line: str) -> bool:
    """Whether a path or a seal, to be copied, makes a line long: the words around it fit the narrowest screen."""
    command = re.search(r"(?:^| )detente [a-z-]+ ", line)
    copied = [word for word in line.split() if re.search("/.{16}|[0-9a-f]{16}", word)]
    around = cell_len(line) - sum(map(cell_len, copied))
    return command is not None or (bool(copied) and around <= WIDTHS[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small plan and its results, which every width reads."""
    home = tmp_path_factory.mktemp("a-folder-with-quite-a-long-name-so-that-paths-do-not-fit-a-narrow-screen")
    written(home, "two.toml", SMALL)
    written(home, "tactics.py", TACTIC)
    written(home, "loyal.py", WORLD)
    written(home, "league.toml", LEAGUE)
    run_plan(load_plan(written(home, "many.toml", MANY)), home / "results" / "many", 1, work=made_up)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert detente("sweep", "two.toml", "--workers", "1")[0] == 0
    return home


@pytest.fixture
def said_not_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.running.world_check.check", lambda own: iter(FINDINGS))
    monkeypatch.setattr(hindcast, "make_forecast", lambda *_: SimpleNamespace(digest="0" * 64))
    monkeypatch.setattr(hindcast, "report", lambda *_: (SCORES, bars(SCORES)))


@pytest.mark.usefixtures("only_ours", "said_not_played", "shipped_plans_are_read_once")
@pytest.mark.parametrize(
    ("name", "columns"),
    [
        pytest.param(n, width, marks=[pytest.mark.slow] * (n in HEAVY and width != WIDTHS[0]), id=f"{n}-{width}")
        for n in CALLS
        for width in WIDTHS
    ],
)
def test_what_is_printed_fits(
    name: str, columns: int | None, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(folder)
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", str(columns))
    out = tmp_path / f"somewhere-{name}"
    code, said = detente(name, *(word.format(out=out) for word in CALLS[name]))
    assert code == 0, said
    assert too_long(said, columns or PIPE) == []
    if name in ("sweep", "run", "export", "certify", "page"):
        assert str(out) in said, "the path is whole, on one line"
    if name == "certify":
        assert re.search("[0-9a-f]{64}", said), "the seal is whole"


def test_every_command_is_called_or_says_why_not(call: Callable[..., Result]) -> None:
    listed = re.findall(r"^  ([a-z-]+)", call("-h").stdout.partition("Commands:")[2], re.MULTILINE)
    assert len(listed) > 15 and sorted(listed) == sorted({*CALLS, *ELSEWHERE} & set(listed))
    assert {*CALLS, *ELSEWHERE} - {*listed, "help"} == set()


def test_what_is_said_while_one_waits_fits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(console, "PATIENCE", 0.01)
    with console.waiting(screen(to_stderr=True), "Playing the run and its cloud") as watch:
        watch(1, 2)
        time.sleep(0.1)
    said = capsys.readouterr().err
    assert "50% is read" in " ".join(said.split()) and too_long(said, 40) == []


def test_lines_that_are_too_long_are_found() -> None:
    assert too_long("word " * 20, 60) == ["word " * 19 + "word"]
    assert too_long("see " + "/a" * 60, 60) == too_long("  detente sweep " + "x" * 60, 60) == []
    assert too_long("short /path " * 10, 60) != []
    assert too_long("word " * 8 + "/a" * 60, 60) == [] != too_long("word " * 9 + "/a" * 60, 60)
