"""What is said about a plan's runs: known effects are found, corners are named, sentences hold for any numbers."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from rich.console import Console
from sample_runs import PLAN, arms_plan, made_up, small_plan, stored

from experiments.design.plan import Factor, Plan, Precision
from experiments.display.words import interval, signed, spans
from experiments.findings.corners import corners
from experiments.findings.findings import find, read_plainly
from experiments.findings.sentences import replicates_in_words
from experiments.findings.tables import Findings
from experiments.report.screen import show_calibration, show_findings, show_words
from experiments.running.runner import chunks_of
from experiments.store.columns import Chunk, Played, failed_chunk
from experiments.store.folder import Results
from model import InputFault


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return small_plan(tmp_path)


@pytest.fixture
def findings(plan: Plan, tmp_path: Path) -> Findings:
    return find(plan, stored(tmp_path / "results", plan))


def screen_of(show: object, *args: object) -> str:
    console = Console(width=100, highlight=False, record=True, file=io.StringIO())
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
            "depth_ceiling": ceiling, "emerged": emerged, "blocking": [blocking, blocking, blocking, ""],
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
        "Emergence asks for a duty that is cut, and no new cut is on the table."
    )
    assert on == "CN-US, tariffs on the table: cooperation emerges in all of 4 runs."
    both = pd.concat([rows, rows.assign(block="c")])
    assert [words.split(",")[1] for words in corners(both, [factor])] == [" b", " b", " c", " c"], "blocks are named"


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
    assert reading.startswith("With linkage, averaged over 4 cells, cooperation goes deepest in US-EU (mean depth 0.3")
    assert "least deep in CN-US (0.00 of a possible 0.60)" in reading
    assert "with dialogue (group against none) by +0.05 in CN-EU and by nothing that these runs can tell" in reading
    assert "with tariffs (on the table against off) by +0.20 in CN-EU and +0.20 in US-EU" in reading
    assert "The share of new cars that is electric reaches 0.60 in CN" in reading
    assert reading.count(". ") == 3, "two sentences on cooperation, two on the blocs"


def test_the_reading_of_equal_dyads_names_no_winner(findings: Findings) -> None:
    cells = findings.cells.assign(mean_depth=0.25)
    reading = read_plainly(findings.plan, cells, findings.effects)
    assert "cooperation is equally deep in every dyad (0.25)" in reading
    assert "deepest" not in reading


def test_one_replicate_claims_nothing(tmp_path: Path) -> None:
    plan = small_plan(tmp_path).with_replicates(1)
    found = find(plan, stored(tmp_path / "results", plan))
    changes = found.reading.split("Mean depth changes ")[1]
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


def test_the_screen_shows_every_cell_in_100_columns(findings: Findings) -> None:
    text = screen_of(show_findings, findings, "2035Q4") + screen_of(show_words, findings)
    assert max(len(line) for line in text.splitlines()) <= 100
    for part in ("With linkage", "Without linkage", "2035Q4)", "Main effects", "Contrasts", "In plain words", "CN-US"):
        assert part in text, part
    # The deepest cell of US-EU, and the paired effect that was put in.
    assert "0.40 of 0.80" in text
    assert "+0.200 [+0.200, +0.200]" in text
    assert "1.00 [0.61, 1.00]" in text, "Wilson: 6 of 6"


def test_long_tables_are_left_to_the_files(tmp_path: Path) -> None:
    levels = ", ".join(f"{i / 100}" for i in range(40))
    text = PLAN.split("[[blocks]]")[0].replace('["none", "group"]', f"[{levels}]")
    plan = small_plan(tmp_path, text).with_replicates(2)

    def flat(chunk: Chunk) -> pa.Table:
        return made_up(chunk)

    results = Results.create(tmp_path / "results", plan)
    for chunk in chunks_of(plan):
        results.write_part(chunk, Played(flat(chunk)))
    shown = screen_of(show_findings, find(plan, results), "2035Q4")
    assert "240 rows of cells are in cells.parquet" in shown


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
    assert max(map(len, shown.splitlines())) <= 100
    for part in ("Differences from full: joint gain", "Differences from core", "no tariffs", "by chance alone"):
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
    assert "the other factors as at the start" in shown
    assert "averaged over the other factors" not in shown
    assert "1.0" not in [part for line in shown.splitlines() for part in line.split()], "the start reads 1, not 1.0"


def test_digits_that_agree_name_no_winner(findings: Findings) -> None:
    cells = findings.cells
    near = cells.assign(mean_depth=0.25 + 0.001 * (cells["dyad"] == "CN-EU"))
    reading = read_plainly(findings.plan, near, findings.effects)
    assert "cooperation is equally deep in every dyad (0.25)" in reading


def test_one_run_is_no_corner_and_one_replicate_is_one(tmp_path: Path) -> None:
    assert corners(rows_of(0.4, 0.5, True, "").iloc[[0, 2]], []) == []
    plan = small_plan(tmp_path).with_replicates(1)
    shown = " ".join(screen_of(show_findings, find(plan, stored(tmp_path / "r", plan)), "2035Q4").split())
    assert " 1 replicate each with the same luck" in shown
    fewer = find(plan, stored(tmp_path / "s", plan))
    target = dataclasses.replace(plan, precision=Precision("mean_depth", 0.1, 2, 400), replicates=400)
    assert replicates_in_words(dataclasses.replace(fewer, plan=target)) == "1 replicate", "those that were played"


def test_spans_of_numbers() -> None:
    assert spans([2]) == "2"
    assert spans([0, 2, 3, 4, 9]) == "0, 2 to 4 and 9"
