"""What every command shares: help and versions, texts that are texts, a figure that fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import SMALL, refused, written
from rich.cells import cell_len
from typer.testing import Result

from experiments.display.command_words import versions_in_words
from experiments.report import figures, headline_figures

MARKED = SMALL.replace('"Two"', '"Two [b] [/x] of $5 bn"').replace('"tariffs"', '"duties [level]"') + (
    'level_labels = ["[none]", "yes [/b]"]\n'
)


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    folder = tmp_path / "a [bold] folder [/b]"
    folder.mkdir(parents=True)
    return written(folder, "two.toml", MARKED)


def test_help_and_version_are_where_they_are_looked_for(call: Callable[..., Result]) -> None:
    assert call("--version").stdout == versions_in_words() + "\n"
    whole = call("--help").stdout
    assert call("-h").stdout == call("help").stdout == whole
    assert call("sweep", "-h").stdout == call("help", "sweep").stdout != whole
    assert call("help", "swep").exit_code == 2


@pytest.mark.parametrize("columns", [45, *(pytest.param(n, marks=pytest.mark.slow) for n in (60, 80))])
def test_help_fits_the_screen(columns: int, call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    commands = [line.split()[0] for line in call("-h").stdout.partition("Commands:")[2].splitlines() if line[2:3] > " "]
    assert len(commands) > 10
    for words in [(), *((name,) for name in commands)]:
        lines = call(*words, "-h").stdout.splitlines()
        # Names of options and of arguments are not broken.
        assert max(len(line) for line in lines if not line.startswith(("Usage", "    "))) <= columns, words


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_summaries_of_commands_end_with_a_word(
    columns: int, call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    told = call("--help").stdout
    assert "..." not in told.partition("Commands:")[2]
    assert "discover" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sweep", ""], "the name of the plan is empty; write the path of a file, or the name of a shipped plan: abl"),
        (["emulate", " "], "the name of the plan is empty"),
        (["design", ""], "or the name of a shipped plan to design with: treaty"),
        (["run", ""], "'' is neither a scenario nor a .toml file; known are 2018"),
        (["league", ""], "write the path of a TOML file, or nothing: then all tactics play"),
        (["report", ""], "RESULTS is empty; what belongs there: a results folder"),
        (["export", "", "--to", "csv"], "RESULTS is empty"),
        (["rerun", "", "--run", "0-0"], "RESULTS is empty"),
        (["certify", ""], "RESULTS is empty"),
        (["page", ""], "RESULTS|GAME is empty; what belongs there: a results folder, or the file of a game"),
        (["page", "--out="], "--out is empty; what belongs there: the file to write"),
        (["sweep", "trade", "--out", ""], "--out is empty"),
        (["check-world", ""], "FILE[:CLASS] is empty"),
        (["sweep", "."], "'.' is a folder; write the path of a file"),
        (["design", "."], "'.' is a folder; write the path of a file"),
        (["class", "mine.toml"], "a file or a folder is given by --tactics FILE, --room FILE"),
        (["demo", "trade"], "detente demo takes options alone, and not 'trade'"),
    ],
)
def test_an_empty_or_misplaced_word_is_told_what_belongs_there(
    words: list[str], said: str, call: Callable[..., Result]
) -> None:
    refused(call(*words), said)


def test_a_name_that_is_no_text_is_refused(call: Callable[..., Result]) -> None:
    refused(call("sweep", "\udcff.toml"), "is not UTF-8", "rename the file")


@pytest.mark.parametrize("columns", [40, *(pytest.param(n, marks=pytest.mark.slow) for n in (80, 100))])
def test_a_sweep_shows_texts_as_they_are(
    columns: int, marked: Path, call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = marked.parent / "results of [two]"
    result = call("sweep", marked, "--workers", 1, "--out", out)
    assert result.exit_code == 0, result.output
    for text in ("Two [b] [/x] of $5 bn", "duties [level]", "[none]", "yes [/b]"):
        assert text in result.stdout, text
    copied = [line for line in result.stdout.splitlines() if str(out) in line]
    assert [line.split(":")[0] for line in copied] == ["Figure, tables and all runs", "Report"]
    if os.name == "posix":
        assert copied[1] == f"Report: detente report '{out}'"
    rest = [line for line in result.stdout.splitlines() if line not in copied]
    assert max(map(cell_len, rest)) <= columns
    assert (out / "two.png").stat().st_size > 10_000


def test_a_figure_that_fails_hides_nothing(
    call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such\nfont")

    monkeypatch.setattr(headline_figures, "plan_figure", fail)
    monkeypatch.setattr(figures, "run_figure", fail)
    written(tmp_path, "two.toml", SMALL)
    result = call("sweep", "two.toml", "--workers", 1)
    assert result.exit_code == 1 and "What makes the difference" in result.stdout and "Figure:" not in result.stdout
    assert "The figure could not be made: no such font. The runs and tables are whole." in result.stderr
    assert (tmp_path / "results" / "two" / "cells.parquet").exists()
    again = call("sweep", "two.toml", "--workers", 1)
    assert "nothing was computed" in again.stderr and again.exit_code == 1
    result = call("run", "symmetric", "--engine", "ensemble", "--out", tmp_path / "r")
    assert result.exit_code == 1 and "Outcome" in result.stdout and "Tables are in" in result.stdout
    assert (tmp_path / "r" / "dyad.parquet").exists() and not (tmp_path / "r" / "run.png").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--replicate", "2", "--replicate", "5"), "--replicate came twice; keep one"),
        (("sweep", "two.toml", "--replicates=2", "--replicates", "5"), "--replicates came twice; keep one"),
        (("run", "--set", "a=1", "--engine", "mesa", "--engine=mesa", "--engine", "x"), "--engine came 3 times; keep"),
        (("seat", "--url", "a", "--url", "b", "--room", "a", "--room", "b"), "--room came twice; keep one"),
    ],
)
def test_an_option_of_one_value_comes_once(words: tuple[str, ...], said: str, call: Callable[..., Result]) -> None:
    refused(call(*words), said)


def test_an_option_of_many_values_comes_as_often_as_it_likes(call: Callable[..., Result]) -> None:
    told = call("run", "--set", "generosity=2", "--set", "generosity=3").output
    assert "came" not in told and "is set already" in told


@pytest.mark.parametrize(
    "words", [("run", "--quarters", "3"), ("sweep", "trust", "--n-steps=4"), ("rerun", "--years", "2")]
)
def test_how_long_a_run_lasts_is_said_where_it_is_asked_for(
    words: tuple[str, ...], call: Callable[..., Result]
) -> None:
    refused(call(*words), "how long a run lasts is the scenario's", 'last_quarter = "2030Q4"')


@pytest.mark.parametrize("words", [("run",), ("rerun", "results/two", "--run", "0-0")])
def test_forms_of_figures_need_a_folder(words: tuple[str, ...], call: Callable[..., Result]) -> None:
    refused(call(*words, "--figures", "png"), "drawn into the folder that --out names; add --out DIR")


def test_a_device_is_no_scenario_and_no_missing_file(call: Callable[..., Result]) -> None:
    refused(call("run", os.devnull), "is a device, and no file of text")
