"""What is said about a plan's runs: known effects are found, corners are named, sentences hold for any numbers."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from sample_runs import PLAN, arms_plan, made_up, small_plan, stored

from experiments.design.plan import Factor, Plan, Precision
from experiments.design.plan_file import load_plan
from experiments.display.words import interval, signed, spans
from experiments.findings.corners import corners
from experiments.findings.findings import find
from experiments.findings.sentences import others_in_words, replicates_in_words
from experiments.findings.tables import Findings
from experiments.report import tables
from experiments.report.screen import show_calibration, show_findings
from experiments.running.runner import chunks_of
from experiments.store.columns import Played, failed_chunk
from experiments.store.folder import Results
from model import InputFault


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return small_plan(tmp_path)


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """What is found in the made-up runs; for tests to look at."""
    folder = tmp_path_factory.mktemp("found")
    plan = small_plan(folder)
    return find(plan, stored(folder / "results", plan))


def screen_of(show: object, *args: object) -> str:
    console = Console(width=80, highlight=False, record=True, file=io.StringIO())
    show(console, *args)  # type: ignore[operator]
    return console.export_text()


def only(table: pd.DataFrame, **values: object) -> pd.Series:
    for name, value in values.items():
        table = table[table[name] == value]
    assert len(table) == 1, values
    return table.iloc[0]


# --- tables -------------------------------------------------------------------------------------------------


def test_every_cell_has_its_row(findings: Findings) -> None:
    assert len(findings.cells) == len(findings.plan.cells) * 3
    assert findings.n_runs == findings.plan.n_runs
    assert findings.n_failed == 0
    cell = only(findings.cells, design_point=3, dyad="US-EU")
    assert cell["n_runs"] == 6
    assert cell["mean_depth"] == pytest.approx(0.4, abs=0.02)
    assert cell["depth_ceiling"] == pytest.approx(0.8)
    assert (cell["emergence_rate"], cell["emergence_rate_high"]) == (1.0, 1.0)


def test_effects_that_were_put_in_are_found(findings: Findings) -> None:
    depth = findings.effects[findings.effects["outcome"] == "mean_depth"]
    tariffs = only(depth, block="with linkage", dyad="US-EU", factor="tariff_issues")
    # Luck is common to the cells, so the paired difference has no noise at all.
    assert tariffs["mean"] == pytest.approx(0.2, abs=1e-12)
    assert tariffs["low"] == pytest.approx(tariffs["high"], abs=1e-12)
    dialogue = [only(depth, block="with linkage", dyad=d, factor="dialogue_ceiling") for d in ("CN-EU", "US-EU")]
    assert [row["mean"] for row in dialogue] == pytest.approx([0.05, 0.0], abs=1e-12)
    gain = findings.effects[findings.effects["outcome"] == "joint_gain"]
    row = only(gain, block="without linkage", dyad="US-EU", factor="tariff_issues")
    assert row["mean"] == pytest.approx(0.4, abs=1e-12)


def test_contrasts_take_an_effect_apart(findings: Findings) -> None:
    depth = findings.contrasts[findings.contrasts["outcome"] == "mean_depth"]
    whole = only(depth, contrast="dialogue, all channels", dyad="CN-EU")
    without = only(depth, contrast="without monitoring", dyad="CN-EU")
    assert (whole["mean"], without["mean"]) == pytest.approx((0.05, 0.0), abs=1e-12)
    assert whole["n"] == 6


def test_runs_that_failed_cost_only_their_pairs(plan: Plan, tmp_path: Path) -> None:
    results = Results.create(tmp_path / "results", plan)
    for chunk in chunks_of(plan, most=2):
        is_bad = chunk.design_point == 3 and chunk.first == 2
        results.write_part(chunk, failed_chunk(chunk, "died") if is_bad else Played(made_up(chunk)))
    found = find(plan, results)
    assert (found.n_runs, found.n_failed) == (plan.n_runs - 2, 2)
    assert only(found.cells, design_point=3, dyad="US-EU")["n_runs"] == 4
    effect = only(found.effects, block="with linkage", dyad="US-EU", factor="tariff_issues", outcome="mean_depth")
    assert (effect["n"], effect["mean"]) == (4, pytest.approx(0.2, abs=1e-12))
    assert "2 failed runs left out" in " ".join(screen_of(show_findings, found, "2035Q4").split())


def test_a_point_without_any_run_is_said(plan: Plan, tmp_path: Path) -> None:
    results = Results.create(tmp_path / "results", plan)
    for chunk in chunks_of(plan):
        results.write_part(chunk, failed_chunk(chunk, "died") if chunk.design_point == 2 else Played(made_up(chunk)))
    found = find(plan, results)
    assert "there is no finished run at 1 of 8 design points (2)" in found.reading
    assert found.effects.empty
    screen_of(show_findings, found, "2035Q4")


def test_when_every_run_failed_the_first_is_told(plan: Plan, tmp_path: Path) -> None:
    results = Results.create(tmp_path / "results", plan)
    for chunk in chunks_of(plan):
        results.write_part(chunk, failed_chunk(chunk, "no room"))
    with pytest.raises(InputFault, match="every run failed; the first one at stage 'worker': no room"):
        find(plan, results)


# --- corners ------------------------------------------------------------------------------------------------


def rows_of(depth: float, ceiling: float, emerged: bool, blocking: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "design_point": [0, 0, 1, 1], "block": "b", "dyad": "CN-US", "mean_depth": depth,
            "depth_ceiling": ceiling, "emerged": emerged, "inherited": False, "kept": False,
            "blocking": [blocking, blocking, blocking, ""],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (rows_of(0.0, 0.5, False, "US: own gain"), ["no depth at all in any of 4 runs", "US: own gain", "3 of 4 runs"]),
        (rows_of(0.1, 0.5, False, "EU: legislature"), ["emerges in none of 4 runs", "EU: legislature"]),
        (rows_of(0.5, 0.5, True, ""), ["at its ceiling in all of 4 runs"]),
        (rows_of(0.4, 0.5, True, "US: own gain"), ["emerges in all of 4 runs."]),
        (rows_of(0.0, 0.0, False, "x"), []),
    ],
)
def test_corners_are_named_with_their_reason(rows: pd.DataFrame, said: list[str]) -> None:
    found = corners(rows, [])
    assert len(found) == bool(said)
    assert [part for part in said if part not in "".join(found)] == []
    # What refused on the way is no reason for a success.
    assert not (rows["emerged"].all() and "refused" in "".join(found))


def test_a_level_at_which_nothing_varies_is_named() -> None:
    rows = pd.concat(
        [
            rows_of(0.1, 0.5, False, "US: own gain").assign(tariff_issues=False),
            rows_of(0.4, 0.9, True, "US: own gain").assign(tariff_issues=True, design_point=2),
        ]
    )
    factor = Factor("tariff_issues", (False, True), "tariffs", ("off", "on the table"))
    off, on = corners(rows, [factor])
    assert off == (
        "CN-US, tariffs off: cooperation emerges in none of 4 runs. "
        "What refused most often: US: own gain (the main reason in 3 of 4 runs)."
    )
    assert on == "CN-US, tariffs on the table: cooperation emerges in all of 4 runs."
    both = pd.concat([rows, rows.assign(block="c")])
    assert [words.split(",")[1] for words in corners(both, [factor])] == [" b", " b", " c", " c"], "blocks are named"


def test_what_was_inherited_is_a_corner_when_all_keep_or_none() -> None:
    rows = rows_of(0.4, 0.9, False, "US: own gain").assign(inherited=True)
    assert corners(rows, []) == ["CN-US: inherited cooperation is kept to the end in none of 4 runs."]
    assert corners(rows.assign(kept=True), []) == ["CN-US: inherited cooperation is kept to the end in all of 4 runs."]
    assert corners(rows.assign(kept=[True, False, True, False]), []) == []


def test_what_differs_between_runs_is_no_corner(findings: Findings) -> None:
    named = [sentence.split(":")[0] for sentence in findings.corners]
    for block in ("with linkage", "without linkage"):
        assert f"CN-US, {block}" in named
        assert f"US-EU, {block}, tariffs on the table" in named
        assert f"US-EU, {block}" not in named
    assert not [name for name in named if "dialogue" in name], "every level of dialogue has runs of both kinds"


# --- words --------------------------------------------------------------------------------------------------


def test_the_reading_says_what_the_numbers_say(findings: Findings) -> None:
    reading = findings.reading
    assert reading.startswith("With dialogue: group, tariffs (block with linkage). Between China and the US ")
    assert "Between China and the EU cooperation emerges in 6 of 6 runs (61 to 100 %)." in reading
    assert "Between China and the US cooperation emerges in 0 of 6 runs (0 to 39 %)." in reading
    assert "the joint gain over no treaty is 0.00 in CN-US, +0.45 in CN-EU and +0.59 in US-EU" in reading
    assert "with dialogue (group against none) by +0.05 in CN-EU and by nothing that these runs can tell" in reading
    assert "with tariffs (on the table against off) by +0.20 in CN-EU and +0.20 in US-EU" in reading
    assert "The share of new cars that is electric reaches 0.60 in CN" in reading
    assert reading.count(". ") == 7, "what it is about, three answers, gains, differences, two sentences on the blocs"


def test_one_replicate_claims_nothing(tmp_path: Path) -> None:
    plan = small_plan(tmp_path).with_replicates(1)
    found = find(plan, stored(tmp_path / "results", plan))
    changes = found.reading.split("changes ")[1]
    assert " by +" not in changes
    assert "[?]" in screen_of(show_findings, found, "2035Q4")


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "+0.12"), (-0.123, "-0.12"), (0.0, "0.00"), (-0.001, "0.00"), (0.001, "0.00")]
)
def test_signs(value: float, text: str) -> None:
    assert signed(value) == text


def test_intervals() -> None:
    assert interval(0.1, 0.25) == "[0.10, 0.25]"
    assert interval(-0.1, 0.0, with_sign=True) == "[-0.10, 0.00]"
    assert interval(float("-inf"), float("inf")) == "[?]"


# --- the screen ---------------------------------------------------------------------------------------------


def test_the_screen_answers_first_in_80_columns(findings: Findings) -> None:
    lines = screen_of(show_findings, findings, "2035Q4").splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "A small plan"
    assert lines[1].startswith("Between China and the US cooperation emerges in 0 of 6 runs")
    text = "\n".join(lines)
    for part in ("2035Q4", "What makes the difference", "time cooperating, % of quarters", "joint gain, bn$ a year"):
        assert part in text, part
    # Wilson of 6 in 6, the gain of the cell with all, and the paired effects that were put in.
    assert "100 [61,100]" in text
    assert "+20.0 ±0.0" in text and "+0.400 ±0.000" in text
    assert "In the report: all 8 cells, 2 contrasts" in text, "the second block and the contrasts are there"


@pytest.mark.slow
def test_the_main_job_fits_a_screen_of_80_by_50(tmp_path: Path) -> None:
    """With the two lines that name the files, the one of progress, and the one a shell asks with."""
    plan = load_plan("mechanisms").with_replicates(3)
    shown = screen_of(show_findings, find(plan, stored(tmp_path / "r", plan)), "2035Q4").splitlines()
    assert max(map(len, shown)) <= 80
    assert len(shown) + 2 + 1 + 1 <= 50
    heads = " ".join(shown[: shown.index(next(line for line in shown if line.startswith("CN-US  ")))])
    assert "CO2" in heads and "k$" in heads, "prices and CO2 are in the headline"


@pytest.mark.slow
def test_long_tables_are_left_to_the_files(tmp_path: Path) -> None:
    levels = ", ".join(f"{i / 100}" for i in range(40))
    text = PLAN.split("[[blocks]]")[0].replace('["none", "group"]', f"[{levels}]")
    plan = small_plan(tmp_path, text).with_replicates(2)
    shown = screen_of(show_findings, find(plan, stored(tmp_path / "r", plan)), "2035Q4")
    assert "In the report: all 80 cells" in shown
    assert "(the strongest 6 of 40)" in " ".join(shown.split())
    assert len(shown.splitlines()) <= 50


def test_a_table_of_assumptions_adds_what_they_say(plan: Plan, findings: Findings, tmp_path: Path) -> None:
    results = stored(tmp_path / "r", plan)
    what = {"block": "with linkage", "dyad": "US-EU", "factor": "tariff_issues", "baseline": False, "level": True}
    told = {**what, "outcome": "joint_gain", "median": 0.31, "q05": -0.1, "q95": 0.6, "same_sign": 0.83}
    with_them = find(plan, results, pd.DataFrame([told]))
    assert "over assumptions" not in screen_of(show_findings, findings, "2035Q4")
    assert "median" not in findings.effects
    text = screen_of(show_findings, with_them, "2035Q4")
    assert "Difference made by" in text and "gain, bn$/yr" in text
    assert re.search(r"tariffs, US-EU +\+0\.400 ±0\.000 +\+0\.31 \[-0\.10,0\.60\] +83 *$", text, re.MULTILINE)
    row = only(with_them.effects, **what, outcome="joint_gain")
    assert (row["median"], row["same_sign"], row["mean"]) == (0.31, 0.83, pytest.approx(0.4))
    assert only(with_them.effects, **{**what, "dyad": "CN-EU"}, outcome="joint_gain").isna()["median"]
    page = tables.effects(plan, with_them.effects)
    assert page["joint gain, bn$/yr: over assumptions"].tolist().count("+0.310 [-0.100, +0.600]") == 1
    assert not [name for name in tables.effects(plan, findings.effects) if "assumptions" in name]


def test_calibration_on_screen() -> None:
    base = {"importer": "US", "exporter": "CN", "opening_cost": 0.1, "supply_stake": 0.33, "availability": 0.0}
    table = pd.DataFrame(
        [
            {**base, "good": "ev", "security_cost": 43.0, "low": 38.0, "high": 47.0, "identified": True},
            {**base, "good": "battery", "security_cost": 0.0, "low": 0.0, "high": 0.0, "identified": False},
        ]
    )
    text = screen_of(show_calibration, table, "2026")
    for part in ("US < CN", "43.0 [38.0, 47.0]", "not identified", "0.33", "kS1", "no interval over replicates"):
        assert part in " ".join(text.split()), part


def test_arms_fit_the_screen(tmp_path: Path) -> None:
    own = arms_plan(tmp_path)
    shown = screen_of(show_findings, find(own, stored(tmp_path / "r", own)), "2035Q4")
    assert max(map(len, shown.splitlines())) <= 80
    for part in ("Against full", "Against core", "no tariffs", "by chance alone"):
        assert part in shown, part


def test_an_arm_is_named_once(tmp_path: Path) -> None:
    own = arms_plan(tmp_path)
    reading = find(own, stored(tmp_path / "r", own)).reading
    against_full = reading.split("Against full")[1].split(". ")[0]
    assert "no tariffs (-0.40 in CN-EU and -0.40 in US-EU)" in against_full
    assert against_full.count("no tariffs") == 1


def test_one_at_a_time_is_not_called_an_average(tmp_path: Path) -> None:
    text = 'title = "A"\nquestion = "B"\nscenario = "2026"\nreplicates = 4\ndesign = "one_at_a_time"\n'
    own = small_plan(tmp_path, f"{text}[factors.linkage_scale]\nlevels = [0, 4]\n")
    shown = screen_of(show_findings, find(own, stored(tmp_path / "r", own)), "2035Q4")
    assert "At the start: linkage scale 1" in shown, "the start reads 1, not 1.0"
    assert " linkage scale (4 against 1)" in shown
    assert others_in_words(own) == "the other factors as at the start"


def test_one_run_is_no_corner_and_one_replicate_is_one(tmp_path: Path) -> None:
    assert corners(rows_of(0.4, 0.5, True, "").iloc[[0, 2]], []) == []
    plan = small_plan(tmp_path).with_replicates(1)
    shown = " ".join(screen_of(show_findings, find(plan, stored(tmp_path / "r", plan)), "2035Q4").split())
    assert " 1 replicate; brackets," in shown
    fewer = find(plan, stored(tmp_path / "s", plan))
    target = dataclasses.replace(plan, precision=Precision((("mean_depth", 0.1),), 2, 400), replicates=400)
    assert replicates_in_words(dataclasses.replace(fewer, plan=target)) == "1 replicate", "those that were played"


def test_spans_of_numbers() -> None:
    assert spans([2]) == "2"
    assert spans([0, 2, 3, 4, 9]) == "0, 2 to 4 and 9"


def test_columns_that_have_no_room_are_named(findings: Findings) -> None:
    shown = {}
    for width in (70, 200):
        console = Console(file=io.StringIO(), width=width)
        show_findings(console, findings, "2035Q4")
        shown[width] = console.file.getvalue()  # type: ignore[attr-defined]
    said = "EV k$ and CO2 Mt stand in the report, or on a wider screen."
    assert said in shown[70] and "Mt" in shown[200] and said not in shown[200]
