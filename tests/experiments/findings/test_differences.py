"""A treatment difference over a sampled design: played twice, told as a distribution, a sensitivity and a box."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console
from sample_runs import changed

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.discovery.discover import discover
from experiments.findings.differences import of_difference
from experiments.findings.findings import find
from experiments.report.page import write_report
from experiments.report.screen import show_findings
from experiments.running.runner import run_plan
from experiments.sensitivity.report import asked_in_words, show
from experiments.sensitivity.screening import Sizes, run_sensitivity
from experiments.store.columns import Chunk
from experiments.store.folder import Results
from model import InputFault

TEXT = """
title = "Where do talks pay?"
question = "Talks over two assumptions."
scenario = "2026"
replicates = 2
design = "sobol"
n_points = 32
outcomes = ["joint_gain", "mean_depth"]
dyads = ["CN-EU"]
difference = { dialogue_ceiling = ["none", "group"] }
[factors.generosity]
range = "declared"
[factors.exit_cost]
range = "declared"
"""


def plan_in(folder: Path, text: str = TEXT) -> Plan:
    path = folder / "difference.toml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path)


def known(chunk: Chunk) -> pa.Table:
    """Talks change the joint gain by generosity - 0.5, in every replicate; everything else falls with the exit cost."""
    settings = chunk.settings
    talks = (float(settings["generosity"]) - 0.5) * (settings["dialogue_ceiling"] == "group")
    return changed(chunk, lambda r: {"joint_gain": [talks - 3.0 * float(settings["exit_cost"]) + 0.1 * r] * 3})


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    folder = tmp_path_factory.mktemp("difference")
    plan = plan_in(folder)
    run_plan(plan, folder / "r", 1, work=known)
    return plan, folder / "r"


def test_every_point_is_played_twice(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    assert len(plan.points) == 64 and len(plan.cells) == 32
    for second, first in plan.pairs:
        one, two = plan.points[first], plan.points[second]
        assert one.settings["dialogue_ceiling"] == "none" and two.settings["dialogue_ceiling"] == "group"
        assert {**one.settings, "dialogue_ceiling": "group"} == two.settings
        assert one.is_cell and not two.is_cell


def test_the_difference_is_what_is_told(swept: tuple[Plan, Path]) -> None:
    plan, folder = swept
    found = find(plan, Results.open(folder))
    own = found.differences.query("outcome == 'joint_gain'").iloc[0]
    # A Sobol sequence puts half of its points on either side of the middle.
    assert (own["raised"], own["lowered"]) == (0.5, 0.5)
    assert own["q05"] == pytest.approx(-0.47, abs=0.03) and own["q95"] == pytest.approx(0.45, abs=0.04)
    first = found.associations.query("outcome == 'joint_gain'").iloc[0]
    assert first["factor"] == "generosity" and first["correlation"] == pytest.approx(1.0), "and not the exit cost"
    told = of_difference(plan, found.differences)
    assert told[0].startswith("Between China and the EU, dialogue ceiling (group against none) changes joint gain by ")
    assert told[0].endswith("up at 50 %, down at 50 % of them.") and len(told) == 2
    assert found.reading.startswith(told[0])
    console = Console(file=io.StringIO(), width=80)
    show_findings(console, found, "2035Q4")
    assert "changes joint gain by" in " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    assert "up at 50 %" in write_report(folder).read_text("utf-8")


def test_boxes_of_where_it_raises(swept: tuple[Plan, Path]) -> None:
    _, folder = swept
    found = discover(Results.open(folder), resamples=9)
    assert [(one.case, one.dyad, one.share) for one in found] == [("raised", "CN-EU", 0.5), ("lowered", "CN-EU", 0.5)]
    step = found[0].boxes[0].step
    assert step.restricted[0] == "generosity" and step.density == 1.0 and step.coverage > 0.9
    low, _ = step.limits["generosity"]  # type: ignore[misc]
    assert 0.45 < low <= 0.53
    with pytest.raises(InputFault, match="case 'collapse': allowed are raised, lowered"):
        discover(Results.open(folder), ["collapse"])


@pytest.mark.slow
def test_sensitivity_of_a_difference(tmp_path: Path) -> None:
    pytest.importorskip("SALib")
    found = run_sensitivity(plan_in(tmp_path), tmp_path / "s", Sizes(4, 2, 2, 32, 2), 1, work=known)
    assert found is not None
    assert list(dict.fromkeys(found.sobol["outcome"])) == ["joint_gain", "mean_depth"]
    assert set(found.sobol["dyad"]) == {"CN-EU"}
    own = found.sobol.query("outcome == 'joint_gain' and kind == 'input'").set_index("group")["total"]
    assert own["generosity"] == pytest.approx(1.0, abs=0.2) and own["exit_cost"] == pytest.approx(0.0, abs=1e-9)
    assert asked_in_words(found, "joint_gain") == "change by dialogue ceiling (group against none): joint gain"
    console = Console(file=io.StringIO(), width=100)
    show(console, found)
    assert "CN-US" not in console.file.getvalue()  # type: ignore[attr-defined]
    screened = found.screening.query("outcome == 'joint_gain'").set_index("input")["mu_star"]
    assert screened["exit_cost"] == pytest.approx(0.0, abs=1e-12) and np.isfinite(screened["generosity"])


WRONG = {
    "not a table": ("difference = 3", "difference = 3 (a whole number)"),
    "one value": ('difference = { dialogue_ceiling = "group" }', "two values, [from, to]"),
    "a slip": ('difference = { dialogue_cieling = ["none", "group"] }', "'dialogue_ceiling'"),
    "a value that is not allowed": ('difference = { dialogue_ceiling = ["none", "gruop"] }', "'group'"),
    "the same twice": ('difference = { dialogue_ceiling = ["none", "none"] }', "is there already"),
    "a factor": ("difference = { generosity = [0, 1] }", "generosity is in the difference and set elsewhere"),
    "no scenario": ('difference = { scenario = ["2026", "2062"] }', "'2062'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said(what: str, tmp_path: Path) -> None:
    line, says = WRONG[what]
    with pytest.raises(InputFault) as caught:
        plan_in(tmp_path, TEXT.replace('difference = { dialogue_ceiling = ["none", "group"] }', line))
    assert any(says in one for one in caught.value.faults), caught.value.faults


def test_other_designs_have_no_difference(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="difference goes with design latin_hypercube or sobol"):
        plan_in(tmp_path, TEXT.replace('design = "sobol"\nn_points = 32\n', ""))
