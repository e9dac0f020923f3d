"""Designs that are not factorial: what is drawn, varied one at a time, listed or read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.design.plan import Outputs, Plan, Precision
from experiments.design.plan_file import load_plan
from model import PARAMETERS, InputFault, load_scenario, make_parameters

HEAD = """
title = "A title"
question = "A question?"
scenario = "2026"
root_seed = 20384019283
"""


def designed(folder: Path, text: str) -> Plan:
    path = folder / "a_plan.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_plan(path)


def design_faults(folder: Path, text: str) -> str:
    with pytest.raises(InputFault) as caught:
        designed(folder, text)
    return "\n".join(caught.value.faults)


RANGES = """
[factors.generosity]
range = "declared"
[factors.plant_cost]
range = [0.5, 5]
scale = "log"
[factors.contract_length]
range = [2, 6]
[factors.tariff_issues]
levels = [false, true]
"""


def test_a_range_is_cut_into_levels(tmp_path: Path) -> None:
    text = (
        '[factors.plant_cost]\nrange = [0.5, 4.5]\nscale = "log"\nsteps = 3\n[factors.contract_length]\nrange = [2, 6]'
    )
    cost, length = designed(tmp_path, text).factors
    assert cost.levels == (0.5, 1.5, 4.5)
    assert (length.levels, length.level_labels) == ((2, 4, 6), ("2", "4", "6"))


def test_one_at_a_time_moves_one_thing_from_the_scenario(tmp_path: Path) -> None:
    text = 'design = "one_at_a_time"\n[factors.generosity]\nlevels = [0.3, 0.6]\n'
    text += '[factors.dialogue_ceiling]\nlevels = ["none", "group"]'
    start = load_scenario("2026").parameters
    assert (start.generosity, start.dialogue_ceiling) == (0.3, 0.4)
    assert [tuple(point.levels.values()) for point in designed(tmp_path, text).points] == [
        (0.3, 0.4), (0.6, 0.4), (0.3, "none"), (0.3, "group"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ('["none", "group"]', (0.4, "none", "group")),  # the scenario's own is missing: it comes first
        ('["none", "technical", "group"]', ("none", 0.4, "group")),  # the same in a word keeps its place and label
        ("[0, 0.4]", (0, 0.4)),
    ],
)
def test_the_start_of_one_at_a_time_is_a_level_and_can_be_drawn(levels: str, expected: object, tmp_path: Path) -> None:
    plan = designed(tmp_path, f'design = "one_at_a_time"\n[factors.dialogue_ceiling]\nlevels = {levels}')
    (factor,) = plan.factors
    assert factor.levels == expected and len(factor.level_labels) == len(factor.levels)
    assert [factor.index_of(point.levels["dialogue_ceiling"]) for point in plan.points] != []


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol"])
def test_a_sampled_design_fills_every_range(design: str, tmp_path: Path) -> None:
    plan = designed(tmp_path, f'design = "{design}"\nn_points = 64\n{RANGES}')
    assert len(plan.points) == 64
    again = designed(tmp_path, f'design = "{design}"\nn_points = 64\n{RANGES}')
    assert again.points == plan.points, "a plan file is the whole design"
    columns = {name: [point.levels[name] for point in plan.points] for name in plan.points[0].levels}
    slices = [int(float(x) * 64) for x in columns["generosity"] if float(x) < 1]
    assert len(set(slices)) >= 62
    costs = np.log(np.array(columns["plant_cost"], float) / 0.5) / np.log(10)
    assert abs(costs.mean() - 0.5) < 0.01, "evenly in the logarithm"
    assert {n: columns["contract_length"].count(n) for n in (2, 3, 4, 5, 6)}.keys() == set(columns["contract_length"])
    assert all(isinstance(n, int) for n in columns["contract_length"])
    assert columns["tariff_issues"].count(True) == 32
    for point in plan.points:
        make_parameters(point.settings)


def test_a_list_and_a_table_give_the_same_points(tmp_path: Path) -> None:
    listed = designed(
        tmp_path,
        'design = "list"\n[[points]]\ngenerosity = 0.1\ntariff_issues = true\nretaliation_rule = "grim"\n'
        '[[points]]\ngenerosity = 0.25\ntariff_issues = false\nretaliation_rule = "generous"\n',
    )
    frame = pd.DataFrame([dict(point.levels) for point in listed.points])
    frame.to_csv(tmp_path / "p.csv", index=False)
    frame.to_parquet(tmp_path / "p.parquet")
    for name in ("p.csv", "p.parquet"):
        assert designed(tmp_path, f'design = "table"\ntable = "{name}"').points == listed.points
    assert [factor.name for factor in listed.factors] == ["generosity", "tariff_issues", "retaliation_rule"]


def test_every_assumed_number_becomes_a_factor() -> None:
    plan = load_plan("uncertainty")
    names = {factor.name for factor in plan.factors}
    assumed = {n for n, s in PARAMETERS.items() if s.status == "assumed" and s.kind in ("float", "int")}
    assert names == assumed and "opening_hazard" in assumed
    assert len(plan.points) == 256


def test_parameters_that_move_together(tmp_path: Path) -> None:
    text = (
        '[factors.false_alarm]\nlevels = [0.0, 0.2]\ntogether = ["missed_violation"]\n'
        '[[contrasts]]\nname = "x"\ntreated = { false_alarm = 0.2 }\ncontrol = { false_alarm = 0.0 }'
    )
    plan = designed(tmp_path, text)
    assert [point.settings["missed_violation"] for point in plan.points] == [0.0, 0.2]
    assert plan.contrast_points == ((1, 0),)


def test_a_target_of_precision_and_outputs(tmp_path: Path) -> None:
    text = RANGES + (
        '[precision]\noutcome = "emerged"\nhalf_width = 0.05\nmost = 500\n[outputs]\nreplicates = 3\nseries = ["dyad"]'
    )
    plan = designed(tmp_path, text)
    assert plan.precision == Precision((("emerged", 0.05),), 30, 500)
    assert plan.replicates == 500
    assert plan.outputs == Outputs(3, ("dyad",))
    assert plan.with_replicates(5).precision is None


WRONG_DESIGNS = {
    "unknown design": ('design = "latin_hypercub"\n' + RANGES, ("'latin_hypercube'",)),
    "points that are no power of two": (f'design = "sobol"\nn_points = 100\n{RANGES}', ("two: write 64 or 128",)),
    "too few points": (f'design = "sobol"\nn_points = 1\n{RANGES}', ("n_points = 1", "from 2 to")),
    "range and levels": ("[factors.generosity]\nrange = [0, 1]\nlevels = [0, 1]", ("keep one",)),
    "falling range": ("[factors.generosity]\nrange = [1, 0]", ("range = [1, 0]", "two rising numbers")),
    "range beyond the declared one": ("[factors.generosity]\nrange = [0, 3]", ("generosity = 3", "0 to 1")),
    "logarithm of nothing": ('[factors.generosity]\nrange = [0, 1]\nscale = "log"', ("above 0",)),
    "unknown scale": ('[factors.generosity]\nrange = [0, 1]\nscale = "cubic"', ("scale = 'cubic'", "linear")),
    "range of a switch": ('[factors.tariff_issues]\nrange = "declared"', ("tariff_issues is no number; write levels",)),
    "range of a name, twice wrong": (
        '[factors.retaliation_rule]\nrange = [0, 1]\nscale = "cubic"\nsteps = 1', ("no number", "cubic", "steps = 1")
    ),
    "points without a sampled design": ("n_points = 5\n" + RANGES, ("goes with design latin_hypercube or sobol",)),
    "steps in a sampled design": ('design = "sobol"\n[factors.generosity]\nrange = [0, 1]\nsteps = 3', ("steps",)),
    "together with itself": (
        '[factors.generosity]\nlevels = [0, 1]\ntogether = ["generosity"]', ("other parameters",)
    ),
    "together with nobody": ('[factors.generosity]\nlevels = [0, 1]\ntogether = ["exit_cots"]', ("'exit_cost'",)),
    "two factors for one": (
        '[factors.false_alarm]\nlevels = [0, 0.1]\ntogether = ["missed_violation"]\n'
        "[factors.missed_violation]\nlevels = [0, 0.1]",
        ("missed_violation is in two factors",),
    ),
    "no table": ('design = "table"', ("table is missing",)),
    "absent table": ('design = "table"\ntable = "x.csv"', ("no such file",)),
    "table of another kind": ('design = "table"\ntable = "x.xlsx"', (".csv or .parquet",)),
    "table with holes": ('design = "table"\ntable = "holes.csv"', ("row 1 has no value in column 'exit_cost'",)),
    "decimal commas": ('design = "table"\ntable = "semi.csv"', ("row 1", "decimals have a point: write 0.1")),
    "ragged table": ('design = "table"\ntable = "ragged.csv"', ("line 3 has 3 values", "has 2 names")),
    "table with faults": ('design = "table"\ntable = "bad.csv"', ("row 2", "generosity = 7", "'exit_cost'")),
    "no points": ('design = "list"', ("[[points]] is missing",)),
    "points that differ": (
        'design = "list"\n[[points]]\ngenerosity = 0.1\n[[points]]\nexit_cost = 0.1', ("lacks exit_cost",)
    ),
    "factors beside a table": (
        'design = "table"\ntable = "bad.csv"\n[factors.generosity]\nlevels = [0, 1]', ("leave one out",)),
    "precision of the unknown": (RANGES + '[precision]\noutcome = "dept"\nhalf_width = 1', ("outcome = 'dept'",)),
    "precision without a width": (RANGES + "[precision]", ("half_width is missing", "above 0")),
    "precision of nothing": (RANGES + "[precision]\nhalf_width = 0", ("half_width = 0",)),
    "least above most": (RANGES + "[precision]\nhalf_width = 1\nleast = 50\nmost = 20", ("least = 50", "2 to 20")),
    "series of the unknown": (RANGES + '[outputs]\nseries = ["blocs"]', ("'blocs'", "dyad")),
    "unknown output": (RANGES + "[outputs]\nreplicate = 3", ("'replicates'",)),
    "unknown status": ('design = "sobol"\nvary_every = "assume"', ("'assumed'",)),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG_DESIGNS)
def test_a_wrong_design_is_refused(what: str, tmp_path: Path) -> None:
    (tmp_path / "holes.csv").write_text("generosity,exit_cost\n0.1,\n", encoding="utf-8")
    (tmp_path / "semi.csv").write_text("generosity;exit_cost\n0,1;0.1\n", encoding="utf-8")
    (tmp_path / "ragged.csv").write_text("generosity,exit_cost\n0.1,0.1\n0.1,0.1,3\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("generosity,exit_cots\n0.1,0.1\n7,0.1\n", encoding="utf-8")
    text, expected = WRONG_DESIGNS[what]
    said = design_faults(tmp_path, text)
    assert [part for part in expected if part not in said] == [], said


def test_one_fault_is_not_told_twice(tmp_path: Path) -> None:
    """What follows from a fault is none of its own: labels nobody wrote, arms of a table that cannot be read."""
    said = design_faults(tmp_path, "[factors.generosity]\nlevels = [0.1, 0.1]")
    assert "0.1 is there already" in said
    assert "level_labels" not in said
    said = design_faults(tmp_path, 'design = "table"\ntable = "x.csv"\nreference = ["core"]')
    assert "no such file" in said
    assert "reference" not in said


def test_replicates_beside_a_target_are_refused(tmp_path: Path) -> None:
    text = "replicates = 3\n" + RANGES + "[precision]\nhalf_width = 0.1"
    assert "keep one" in design_faults(tmp_path, text)
