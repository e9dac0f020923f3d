"""Who gains and who loses by what is compared: told where the two sides go apart beyond luck, and nowhere else."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from rich.console import Console
from sample_runs import PLAN, changed, small_plan

from experiments.findings import sides
from experiments.findings.findings import find
from experiments.findings.tables import Findings
from experiments.report import tables
from experiments.report.page import write_report
from experiments.report.screen import show_findings
from experiments.running.runner import run_plan
from experiments.store.columns import Chunk
from experiments.store.folder import Results

ONE_BLOCK = PLAN.partition("[[blocks]]")[0]
APART = "China +0.60 ±0.02, the EU -0.43 ±0.02"


def shifted(chunk: Chunk) -> pa.Table:
    """Duties on the table bring China 0.60 and cost the EU 0.43 with some luck; with the US all sides gain 0.1 each."""
    has_tariffs = bool(chunk.settings["tariff_issues"])

    def of_run(replicate: int) -> dict[str, list[float]]:
        luck = 0.02 * (-1) ** replicate * has_tariffs
        first, second = np.array([0.1, 0.6 + luck, 0.1]), np.array([0.1, -0.43 + luck, 0.1])
        own = {"gain_first": first * has_tariffs, "gain_second": second * has_tariffs}
        own["joint_gain"] = own["gain_first"] + own["gain_second"]
        return {name: list(values) for name, values in own.items()}

    return changed(chunk, of_run)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sides")
    run_plan(small_plan(home, ONE_BLOCK), home / "r", 1, work=shifted)
    return home


@pytest.fixture(scope="module")
def found(folder: Path) -> Findings:
    return find(small_plan(folder, ONE_BLOCK), Results.open(folder / "r"))


def on_screen(found: Findings, width: int) -> str:
    console = Console(width=width, highlight=False, record=True, file=io.StringIO())
    show_findings(console, found, "2035Q4")
    return console.export_text()


def test_either_side_of_an_effect_is_known_run_by_run(found: Findings) -> None:
    own = found.effects.query("dyad == 'CN-EU' and outcome == 'joint_gain' and factor == 'tariff_issues'").iloc[0]
    assert (own["first_mean"], own["second_mean"], own["mean"]) == pytest.approx((0.60, -0.43, 0.17))
    # Six replicates whose differences lie 0.02 to either side: Student's 2.571 times 0.02 / sqrt(5).
    half = 2.5706 * 0.02 / np.sqrt(5)
    assert (own["first_high"] - 0.60, own["second_low"] + 0.43) == pytest.approx((half, -half), rel=1e-4)
    others = found.effects[found.effects["outcome"] != "joint_gain"]
    assert others["first_mean"].isna().all(), "what a side has of it is told of gains alone"


def test_it_is_told_in_sentence_screen_and_page(found: Findings, folder: Path) -> None:
    said = f"With tariffs (on the table against off), China gains and the EU loses: {APART} bn$ a year."
    assert said in found.reading and found.reading.count("loses") == 1
    for width in (40, 80):
        text = on_screen(found, width)
        assert max(map(len, text.splitlines())) <= width
        assert f"One side gains, the other loses, bn$ a year: tariffs, {APART}." in " ".join(text.split())
    page = tables.effects(found.plan, found.effects)
    told = page.set_index(["dyad", "compared"])["joint gain, bn$/yr: one side gains, the other loses"]
    assert dict(told[told != ""]) == {("CN-EU", "tariffs: on the table against off"): APART}
    assert APART in write_report(folder / "r").read_text("utf-8")


def test_a_plan_that_names_outcomes_tells_it_too(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, f'outcomes = ["joint_gain"]\n{ONE_BLOCK}')
    run_plan(plan, tmp_path / "r", 1, work=shifted)
    own = find(plan, Results.open(tmp_path / "r"))
    assert f"; one side gains, the other loses: {APART}." in own.reading
    assert f"bn$ a year: tariffs: on the table, {APART}." in " ".join(on_screen(own, 80).split())
    without = small_plan(tmp_path, f'outcomes = ["mean_depth"]\n{ONE_BLOCK}')
    run_plan(without, tmp_path / "s", 1, work=shifted)
    assert "first_mean" not in find(without, Results.open(tmp_path / "s")).effects


def test_contrasts_and_arms_have_it(tmp_path: Path) -> None:
    text = PLAN.partition("[factors.")[0] + (
        'design = "list"\nreference = "off"\n[[points]]\nname = "off"\ntariff_issues = false\n'
        '[[points]]\nname = "on"\ntariff_issues = true\n'
    )
    plan = small_plan(tmp_path, text)
    run_plan(plan, tmp_path / "r", 1, work=shifted)
    assert (
        f"With on against off, China gains and the EU loses: {APART}"
        in find(plan, Results.open(tmp_path / "r")).reading
    )


def row(first: tuple[float, float, float], second: tuple[float, float, float], dyad: str = "US-EU") -> pd.Series:
    ends = {f"{side}_{name}": value
            for side, own in (("first", first), ("second", second))
            for name, value in zip(("low", "mean", "high"), own, strict=True)}  # fmt: skip
    return pd.Series({"dyad": dyad, "outcome": "joint_gain", "what": "talks", **ends})


def test_only_what_is_clear_on_both_sides_is_told() -> None:
    gain, loss, unclear = (0.1, 0.2, 0.3), (-0.3, -0.2, -0.1), (-0.1, 0.0, 0.1)
    infinite = (-np.inf, 0.2, np.inf)
    assert sides.are_apart(row(gain, loss)) and sides.are_apart(row(loss, gain))
    for first, second in ((gain, gain), (loss, loss), (gain, unclear), (unclear, loss), (infinite, loss)):
        assert not sides.are_apart(row(first, second)) and sides.in_words(row(first, second)) == ""
    assert not sides.are_apart(row(gain, (np.nan,) * 3)) and not sides.are_apart(pd.Series({"dyad": "US-EU"}))
    assert not sides.are_apart(row((1e-12, 1e-12, 1e-12), (-1e-12, -1e-12, -1e-12))), "the last bits are no gain"


def test_as_many_digits_as_show_that_zero_is_left_out() -> None:
    small = row((-0.016, -0.010, -0.004), (0.007, 0.014, 0.021))
    assert sides.in_words(small) == "the EU +0.014 ±0.007, the US -0.010 ±0.006"
    assert sides.in_words(row((0.57, 0.61, 0.65), (-0.46, -0.43, -0.40), "CN-EU")) == (
        "China +0.61 ±0.04, the EU -0.43 ±0.03"
    )


def test_of_many_the_rest_is_counted() -> None:
    many = pd.DataFrame([row((0.1, 0.2, 0.3), (-0.3, -0.2, -0.1))] * 8)
    assert list(sides.sentences(many, many["what"]))[-1].startswith("So it is in 2 more")
    assert "; and 2 more, in the report." in sides.line(many, "what") and sides.line(many[:0], "what") == ""
