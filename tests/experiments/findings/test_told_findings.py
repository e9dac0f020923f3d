"""What pages tell of plans is what their runs say now, to the last printed digit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.design.plan_file import load_plan
from experiments.findings.findings import find
from experiments.running.runner import CHUNKS, run_plan

ROOT = Path(__file__).parents[3]
README = ROOT / "experiments" / "README.md"
FIRST, LIMITS = ROOT / "docs" / "first_steps.md", ROOT / "docs" / "limits_and_validity.md"
# The plans whose paragraph is the program's own reading; those of the others say it in other words.
READ_OUT = ("dialogue", "recognition", "trust", "retaliation", "tactics", "horizon", "statecraft", "uncertainty")


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def untold(reading: str, told: str) -> list[str]:
    """Answers, gains and differences that are not told as they are read out."""
    sentences = re.split(r"(?<=\.) (?=[A-Z])", one_line(reading).strip())
    return [one for one in sentences if one.startswith(("Between", "Averaged", "Time")) and one not in one_line(told)]


def test_another_number_is_seen() -> None:
    reading = "Averaged over 2 cells, it is 0.37. Time cooperating changes with A by +0.02 in CN-US.\nOther things."
    told = "(`a`) Averaged over 2 cells, it\nis 0.37. Time cooperating changes with A by +0.02 in CN-US."
    assert untold(reading, told) == []
    assert untold(reading, told.replace("0.37", "0.36")) == ["Averaged over 2 cells, it is 0.37."]
    assert untold("Between A and B it emerges.", told) == ["Between A and B it emerges."]


@pytest.mark.slow
@pytest.mark.parametrize("name", READ_OUT)
def test_findings_are_those_of_the_runs(name: str, tmp_path: Path) -> None:
    plan = load_plan(name)
    outcome = run_plan(plan, tmp_path / name, 2, engine="ensemble", chunk_replicates=CHUNKS["ensemble"])
    assert untold(find(plan, outcome.results).reading, README.read_text("utf-8")) == []


def test_first_steps_and_the_list_of_plans_count_the_runs_of_the_main_job() -> None:
    plan = load_plan("mechanisms")
    runs = f"{plan.n_runs:,}"
    assert f"some minutes, {runs} runs." in one_line(FIRST.read_text("utf-8"))
    assert f"the main job | {runs} |" in README.read_text("utf-8")


@pytest.mark.slow
def test_what_may_be_said_of_the_first_sweep_is_what_it_finds(tmp_path: Path) -> None:
    file = tmp_path / "first.toml"
    file.write_text(FIRST.read_text("utf-8").split("```toml first.toml\n")[1].split("```")[0], "utf-8")
    plan = load_plan(file)
    found = find(plan, run_plan(plan, tmp_path / "first", 2).results)
    gain = found.effects.set_index(["dyad", "outcome"]).loc[("CN-US", "joint_gain")]
    often = re.search(r"Between China and the US cooperation (emerges in \d+ of 100 runs)", one_line(found.reading))
    told = LIMITS.read_text("utf-8").split("## Say this, not that")[1]
    assert f"add {gain['mean']:.2f} ± {gain['high'] - gain['mean']:.2f} bn$ a year in CN-US" in told
    assert often is not None and often.group(1) in told
