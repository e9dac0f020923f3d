"""What commands print fits a screen of any width and a pipe, and what is to be copied from it stands on one line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from commands import SMALL, detente, written
from rich.cells import cell_len
from typer.testing import Result

from experiments.cli.terminal import screen
from experiments.display import console

WIDTHS: Final = (40, 60, 80, 160, None)
# What plays, draws or replays is called at the narrowest width and at the others by the slow tests.
HEAVY: Final = ("forecast", "sweep", "run", "rerun", "report", "export", "certify", "check-tactic", "page")
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
    **dict.fromkeys(
        ("check-world", "league", "discover", "hindcast"),
        "takes long; its tables are printed by what prints those above",
    ),
}
TACTIC: Final = """
import numpy as np
from model import tactic

@tactic("patient")
def patient(moment):
    return np.maximum(np.where(moment.time > 0.75, 0.5, 0.0), 0.8 * moment.offered)
"""


def too_long(said: str, width: int) -> list[str]:
    """Lines beyond a width, but for those that hold a path, a command or a seal: these are never broken."""
    lines = [line.rstrip() for line in said.splitlines()]
    return [line for line in lines if cell_len(line) > width and not is_copied(line, width)]


def is_copied(line: str, width: int) -> bool:
    """Whether it is one thing to copy that makes a line long; words around it have no right to."""
    command = re.search(r"(?:^| )detente [a-z-]+ ", line)
    longest = max((len(word) for word in line.split()), default=0)
    return command is not None or (
        longest > width - 24 and ("/" in line or re.search("[0-9a-f]{64}", line) is not None)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small plan and its results, which every width reads."""
    home = tmp_path_factory.mktemp("a-folder-with-quite-a-long-name-so-that-paths-do-not-fit-a-narrow-screen")
    written(home, "two.toml", SMALL)
    written(home, "tactics.py", TACTIC)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert detente("sweep", "two.toml", "--workers", "1")[0] == 0
    return home


@pytest.mark.usefixtures("only_ours")
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
