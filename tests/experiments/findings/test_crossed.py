"""Blocks against each other and interactions: hand-made differences of differences, and what a sweep keeps of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sample_runs import stored
from scipy import stats

from experiments.design.plan import Interaction, Plan
from experiments.design.plan_file import load_plan
from experiments.findings.comparisons import effects
from experiments.findings.crossed import block_comparisons, crossings_of, interaction_rows, p_of
from experiments.findings.findings import find
from experiments.statistics.estimates import Estimate, holm
from model import InputFault

CROSSED = """
title = "Does dialogue do more where tension is high?"
question = "Talks at two rates of jumps in tension, seen well and badly."
scenario = "2026"
replicates = 3

[factors.dialogue_ceiling]
levels = ["none", "leaders"]

[factors.tension_jump_rate]
levels = [0.01, 0.12]

[[blocks]]
name = "sharp"

[[blocks]]
name = "blind"
settings = { perception_noise = 1.5 }

[[interactions]]
name = "tense"
effect = "dialogue_ceiling"
where = "tension_jump_rate"

[[interactions]]
name = "blindness"
effect = "dialogue_ceiling"
where = "block"
"""
# Depth by hand: (sharp: none calm, none tense, leaders calm, leaders tense; then blind), two replicates.
DEPTH = np.array([[0, 0], [0, 1], [1, 2], [4, 6], [0, 0], [0, 0], [0, 0], [3, 1]], dtype=float)


def plan_in(folder: Path, text: str = CROSSED) -> Plan:
    path = folder / "crossed.toml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path)


def test_an_interaction_is_a_difference_of_differences(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    rows = pd.DataFrame(row for _, row in interaction_rows(DEPTH, crossings_of(plan)))
    assert list(zip(rows["interaction"], rows["block"], rows["place"], strict=True)) == [
        ("tense", "sharp", 0.12), ("tense", "blind", 0.12), ("blindness", "all", "blind"),
    ]  # fmt: skip
    # Sharp: (4 - 0) - (1 - 0) = 3 and (6 - 1) - (2 - 0) = 3. Blind: 3 - 0 and 1 - 0.
    # Blind against sharp, over both places: (0 - 1 + 3 - 4) / 2 = -1 and (0 - 2 + 1 - 5) / 2 = -3.
    assert rows["mean"].tolist() == [3.0, 2.0, -2.0]
    assert rows["n_cells"].tolist() == [1, 1, 2]
    assert rows["p_value"][0] == 0.0
    assert rows["p_value"][2] == pytest.approx(stats.ttest_1samp([-1.0, -3.0], 0.0).pvalue)


def test_blocks_are_compared_point_by_point(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    (own,) = block_comparisons(plan)
    assert own.pairs == ((4, 0), (5, 1), (6, 2), (7, 3))
    (row,) = effects(DEPTH, [own])
    assert (row["baseline"], row["level"]) == ("sharp", "blind")
    # Replicates: (0 + 0 - 1 - 1) / 4 and (0 - 1 - 2 - 5) / 4.
    assert row["mean"] == -1.25


def test_a_replicate_without_one_of_the_four_runs_does_not_count(tmp_path: Path) -> None:
    holed = np.hstack([DEPTH, np.full((8, 1), 9.0)])
    holed[3, 2] = np.nan
    _, first = next(iter(interaction_rows(holed, crossings_of(plan_in(tmp_path)))))
    assert (first["mean"], first["n"]) == (3.0, 2)


def test_p_values_of_few_values() -> None:
    assert p_of(Estimate(3.0, -np.inf, np.inf, np.nan, 1)) == 1.0
    assert p_of(Estimate(0.0, 0.0, 0.0, 0.0, 5)) == 1.0
    assert p_of(Estimate(2.0, 0.0, 4.0, 1.0, 9)) == pytest.approx(2 * stats.t.sf(2.0, 8))


def test_a_sweep_keeps_both_with_holm_over_all_rows_of_an_outcome(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    found = find(plan, stored(tmp_path / "r", plan))
    assert set(found.block_effects["level"]) == {"blind"}
    depth = found.interactions[found.interactions["outcome"] == "mean_depth"]
    assert len(depth) == 3 * 3
    assert depth["p_holm"].tolist() == holm(depth["p_value"].to_numpy()).tolist()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('effect = "dialogue_ceiling"', 'effect = "dialogue_cieling"', "'dialogue_ceiling'"),
        ('where = "block"', 'where = "dialogue_ceiling"', "tension_jump_rate"),
        ('where = "block"', 'wher = "block"', "where"),
        ('name = "blindness"', 'name = "tense"', "a text that no other one has"),
        ('scenario = "2026"', 'scenario = "2026"\ndesign = "one_at_a_time"', "go with design factorial"),
        ('where = "tension_jump_rate"', "where = 3", "where = 3 (a whole number)"),
    ],
)
def test_a_wrong_interaction_is_refused(old: str, new: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        plan_in(tmp_path, CROSSED.replace(old, new, 1))
    assert any("[[interactions]]" in line and says in line for line in caught.value.faults), caught.value.faults


def test_a_plan_keeps_what_it_asks(tmp_path: Path) -> None:
    assert plan_in(tmp_path).interactions[1] == Interaction("blindness", "dialogue_ceiling", "block")
