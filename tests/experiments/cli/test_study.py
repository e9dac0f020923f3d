"""A study written from the guide alone: one screen, and the answer in its first three lines."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from code_blocks import ROOT, blocks_of
from typer.testing import CliRunner

from experiments.cli.main import app
from experiments.design.outcomes import table_of_outcomes

GUIDE = (ROOT / "docs" / "write_a_study.md").read_text("utf-8")
NUMBER = r"[+-]?\d+\.\d"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the guide, as its reader saves them."""
    found = tmp_path_factory.mktemp("study")
    for block in blocks_of(GUIDE):
        if block.name:
            (found / block.name).write_text(block.text, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def printed(folder: Path) -> list[str]:
    """What the study of the guide prints at 80 columns, of fewer replicates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        patch.chdir(folder)
        result = CliRunner().invoke(app, ["sweep", "study.toml", "--workers", "1", "--replicates", "2"])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_the_study_asks_what_it_is_to_ask(folder: Path) -> None:
    text = (folder / "study.toml").read_text("utf-8")
    for part in ("[factors.scenario]", "[[interactions]]", "[assumptions]", 'dyads = ["CN-US"]'):
        assert part in text
    assert re.search(r'outcomes = \["\w+", "\w+", "\w+"\]', text)


@pytest.mark.slow
def test_it_fits_one_screen(printed: list[str]) -> None:
    assert len(printed) <= 50
    assert max(map(len, printed)) <= 80


@pytest.mark.slow
def test_the_first_three_lines_answer_the_question(printed: list[str]) -> None:
    answer = " ".join(" ".join(printed[:3]).split())
    assert answer.startswith(
        "Does dialogue do more where access is open? China–US: dialogue (group against none) added "
    )
    assert re.search(rf"with access open than with closed: .* {NUMBER} \[{NUMBER}, {NUMBER}\] %", answer)


def test_the_answer_is_that_of_the_table(printed: list[str], folder: Path) -> None:
    table = pd.read_parquet(folder / "results" / "study" / "interactions.parquet")
    own = table[table["outcome"] == "gain_share"].iloc[0]
    answer = " ".join(" ".join(printed[:3]).split())
    assert (
        f" {100 * own['mean']:+.1f} [{100 * own['low']:+.1f}, {100 * own['high']:+.1f}] %".replace("+0.0", "0.0")
        in answer
    )
    verdict = "more with" if own["low"] > 0 else "less with" if own["high"] < 0 else "no more, beyond luck, with"
    assert f"added {verdict}" in answer
    assert set(table["dyad"]) == {"CN-US"} and table["n_rows"].eq(4).all()


def test_robustness_and_nothing_but_what_was_asked_is_on_it(printed: list[str]) -> None:
    text = " ".join(" ".join(printed).split())
    assert "over assumptions" in text and re.search(r"same sign in \d+ %", text)
    for words in ("CN-EU", "US-EU", "mean depth", "emerge"):
        assert words not in text


def test_the_guide_lists_every_outcome() -> None:
    assert table_of_outcomes() in GUIDE
