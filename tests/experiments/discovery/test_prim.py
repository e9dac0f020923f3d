"""PRIM equals EMA Workbench's on the same tables, step by step; boxes that are there are found, others not believed."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_runs import of_three_dyads

from experiments.design.plan_file import load_plan
from experiments.discovery.discover import chosen, dealt_anew, discover, in_words, tables
from experiments.discovery.prim import Prim, quantile
from experiments.running.runner import run_plan
from experiments.store.columns import Chunk, Played
from experiments.store.folder import Results
from model import InputFault

REFERENCE = json.loads((Path(__file__).parents[2] / "data" / "prim_reference.json").read_text(encoding="utf-8"))
THRESHOLD = 0.5  # of the reference: below it EMA Workbench hands back everything instead of its box


@pytest.mark.parametrize("name", REFERENCE["tables"])
def test_every_step_is_ema_workbenchs(name: str) -> None:
    table = REFERENCE["tables"][name]
    search = Prim(pd.DataFrame(table["x"]), np.array(table["y"]))
    left = np.ones(len(table["y"]), dtype=bool)
    for box in table["boxes"]:
        steps = search.trajectory(left)
        if len(box) == 1 and len(steps) > 1:
            assert steps[-1].density < THRESHOLD
            steps = steps[:1]
        assert [(step.n, step.k) for step in steps] == [(step["n"], step["k"]) for step in box]
        for mine, theirs in zip(steps, box, strict=True):
            for field in ("coverage", "density", "mass"):
                assert getattr(mine, field) == pytest.approx(theirs[field], rel=1e-12)
            limits = {k: sorted(v) if isinstance(v, frozenset) else list(v) for k, v in mine.limits.items()}
            assert limits == theirs["limits"]
            assert set(mine.quasi_p) == set(theirs["quasi_p"])
            for key, values in theirs["quasi_p"].items():
                assert mine.quasi_p[key] == pytest.approx(values, rel=1e-9, abs=1e-300)
        left = left & ~search.within(steps[-1].limits, left)


def test_the_reference_says_where_it_is_from() -> None:
    assert REFERENCE["made_with"]["ema_workbench"] == "2.5.3" and "find_box" in REFERENCE["how"]
    kinds = {type(v) for table in REFERENCE["tables"].values() for column in table["x"].values() for v in column}
    assert kinds == {float, int, str}
    assert sum(len(box) for table in REFERENCE["tables"].values() for box in table["boxes"]) > 100


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.sampled_from((0.05, 0.95, 0.3)))
def test_a_slice_never_cuts_through_equal_numbers(data: list[int], share: float) -> None:
    values = np.array(data, dtype=np.float64)
    at = quantile(values, share)
    assert values.min() <= at <= values.max()
    if len(set(data)) > 1 and len(data) >= 40:
        assert np.any(values > at) if share > 0.5 else np.any(values < at)


@given(st.integers(0, 10_000), st.integers(30, 120))
@settings(max_examples=25, deadline=None)
def test_what_holds_of_every_trajectory(seed: int, n: int) -> None:
    luck = np.random.default_rng(seed)
    x = pd.DataFrame({"a": luck.random(n), "b": luck.integers(0, 5, n), "c": luck.choice(list("xyz"), n)})
    y = luck.random(n) < 0.4
    if not y.any():
        return
    search = Prim(x, y)
    steps = search.trajectory()
    density = [step.density for step in steps]
    assert all(one < other for one, other in itertools.pairwise(density))
    for step in steps:
        inside = search.within(step.limits, np.ones(n, dtype=bool))
        assert inside.sum() == step.n and y[inside].sum() == step.k and step.mass >= 0.05
        assert step.coverage == pytest.approx(step.k / y.sum())
        for quasi in step.quasi_p.values():
            assert all(value == -1.0 or 0.0 <= value <= 1.0 for value in quasi)
    assert chosen(steps).f_measure == max(step.f_measure for step in steps)


# --- discovery in results ---------------------------------------------------------------------------------------------

PLAN = """
title = "Many assumptions"
question = "Where does it collapse?"
scenario = "2026"
replicates = 4
design = "latin_hypercube"
n_points = 80
root_seed = 318291039481029384
[factors.generosity]
range = [0.0, 1.0]
[factors.exit_cost]
range = [0.0, 1.0]
[factors.plant_lag]
range = [4, 12]
[factors.retaliation_rule]
levels = ["grim", "generous"]
"""


def cornered(chunk: Chunk) -> Played:
    """Cooperation collapses in CN-US below generosity 0.4 under grim answers; in CN-EU by chance; never in US-EU."""
    s, n = chunk.settings, chunk.count
    luck = np.random.default_rng([chunk.design_point])
    corner = s["generosity"] < 0.4 and s["retaliation_rule"] == "grim"
    by_chance = bool(luck.random() < 0.3)
    collapsed = np.array([[luck.random() < (0.9 if corner else 0.05), by_chance, False] for _ in range(n)])
    told = collapsed.reshape(-1)
    return of_three_dyads(chunk, {"emerged": np.ones(3 * n, dtype=bool), "collapsed": told, "durable": ~told})


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("discover")
    (folder / "many.toml").write_text(PLAN, encoding="utf-8")
    return run_plan(load_plan(folder / "many.toml"), folder / "out", 1, work=cornered).results


def test_a_box_that_is_there_is_found_and_believed(swept: Results) -> None:
    (found,) = discover(swept, ["collapse"], ["CN-US"], 1, 39)
    (box,) = found.boxes
    assert set(box.step.restricted) >= {"generosity", "retaliation_rule"}
    low, high = box.step.limits["generosity"]  # type: ignore[misc]
    assert low == Prim(pd.DataFrame({"g": [low, 1.0]}), [0, 1]).whole["g"][0] and 0.3 < high < 0.5  # type: ignore[index]
    assert box.step.limits["retaliation_rule"] == frozenset({"grim"})
    assert box.step.density > 0.8 > 0.6 < box.step.coverage and box.p_value == 1 / 40
    assert box.reproduced["generosity"] > 0.8 and box.reproduced["retaliation_rule"] > 0.8
    assert in_words(box.step.limits["generosity"], box.step.quasi_p["generosity"]).startswith("below 0.")


def test_chance_alone_is_not_believed(swept: Results) -> None:
    """Runs of a point are alike here, so that a test that took them for different ones would believe anything."""
    (found,) = discover(swept, ["collapse"], ["CN-EU"], 1, 39)
    assert all(box.p_value > 0.05 for box in found.boxes)


def test_nothing_to_find(swept: Results) -> None:
    found = discover(swept, ["collapse", "durable"], ["US-EU"], 1, 0)
    assert [one.why for one in found] == ["no run is of this kind", "every run is of this kind"]
    assert all(len(table) == 0 for table in tables(found))


def test_outcomes_are_dealt_out_by_whole_points() -> None:
    points = np.array([0, 0, 1, 1, 2, 2, 3])
    y = np.array([True, False, True, True, False, False, True])
    for seed in range(10):
        dealt = dealt_anew(y, points, np.random.default_rng(seed))
        pairs = sorted(tuple(dealt[points == point].tolist()) for point in (0, 1, 2))
        assert pairs == [(False, False), (True, False), (True, True)] and dealt[6]


def test_refusals(swept: Results, tmp_path: Path) -> None:
    with pytest.raises(InputFault, match=r"case 'collaps'.*\n.*dyad 'XX'.*\n.*boxes = 0.*\n.*resamples = -1"):
        discover(swept, ["collaps"], ["XX"], 0, -1)
    (tmp_path / "few.toml").write_text(PLAN.replace("80", "8"), encoding="utf-8")
    few = run_plan(load_plan(tmp_path / "few.toml"), tmp_path / "out", 1, work=cornered).results
    with pytest.raises(InputFault, match="8 design points"):
        discover(few)


def test_the_command(swept: Results) -> None:
    from typer.testing import CliRunner

    from experiments.cli.main import app

    result = CliRunner().invoke(app, ["discover", str(swept.folder), "--dyad", "CN-US", "--resamples", "9"])
    assert result.exit_code == 0, result.output
    assert "CN-US: collapse" in result.output and "retaliation_rule grim" in result.output
    boxes = pd.read_parquet(swept.folder / "boxes.parquet")
    assert {"coverage", "density", "p_value", "quasi_p_low", "reproduced"} <= set(boxes.columns)
    result = CliRunner().invoke(app, ["discover", str(swept.folder / "nowhere")])
    assert result.exit_code == 2 and "no results folder" in result.output
