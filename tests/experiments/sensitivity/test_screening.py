"""The command `sensitivity` on made-up runs whose indices are known, and what it refuses."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sample_runs import of_three_dyads
from typer.testing import CliRunner

from experiments.cli.main import app
from experiments.design.plan_file import load_plan
from experiments.sensitivity.report import _print_outcome
from experiments.sensitivity.screening import (
    OUTCOMES,
    Sizes,
    check,
    in_order,
    mechanisms,
    most_moving,
    run_sensitivity,
    screening_design,
    sobol_design,
)
from experiments.store.columns import Chunk, Played
from model import DYAD_NAMES, InputFault

pytest.importorskip("SALib")

PLAN = """
title = "Four inputs"
question = "Which of them?"
scenario = "2026"
design = "sobol"
n_points = 4
root_seed = 318291039481029384
[factors.generosity]
range = [0.0, 1.0]
[factors.exit_cost]
range = [0.0, 1.0]
[factors.perception_noise]
range = [0.0, 2.0]
[factors.supply_scale]
range = [0.0, 4.0]
"""
LUCK = 0.05


def plan_in(folder: Path, text: str = PLAN) -> Any:
    path = folder / "four.toml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path)


def linear(chunk: Chunk) -> Played:
    """Time cooperating = 0.3 generosity + 0.1 exit cost + 0.2 luck of the replicate; in US-EU nothing moves."""
    s, n = chunk.settings, chunk.count
    luck = np.array([np.random.default_rng([7, r]).normal(0.0, LUCK) for r in chunk.replicates])
    time = 0.3 * s["generosity"] + 0.1 * s["exit_cost"] + 0.0 * s["perception_noise"] + luck
    told = np.stack([time, time, np.full(n, 0.4)], axis=1).reshape(-1)
    durable, gain = np.repeat(time > 0.25, 3), np.repeat(2 * time, 3)
    return of_three_dyads(chunk, {"time_cooperating": told, "durable": durable, "joint_gain": gain})


@pytest.mark.slow
def test_known_inputs_are_found(tmp_path: Path) -> None:
    plan, sizes = plan_in(tmp_path), Sizes(4, 4, 2, 64, 16)
    found = run_sensitivity(plan, tmp_path / "out", sizes, 1, work=linear)
    assert found is not None and found.n_lost == 0
    assert found.kept[:2] == ("generosity", "exit_cost")
    moved = found.screening.query("outcome == 'time_cooperating' and dyad == 'CN-US'").set_index("input")["mu_star"]
    assert moved["generosity"] == pytest.approx(0.3) and moved["exit_cost"] == pytest.approx(0.1)
    assert moved["perception_noise"] == moved["supply_scale"] == pytest.approx(0.0, abs=1e-12)
    table = found.sobol.query("outcome == 'time_cooperating' and dyad == 'CN-EU'").set_index("group")
    variance = 0.09 / 12 + 0.01 / 12 + LUCK**2
    for group, share in (("generosity", 0.09 / 12), ("exit_cost", 0.01 / 12), ("chance", LUCK**2)):
        row = table.loc[group]
        assert row["first_low"] <= share / variance <= row["first_high"], group
        assert row["total_low"] <= share / variance <= row["total_high"], group
    mechanism = "compliance, monitoring, retaliation, trust and exit"
    assert table.loc[mechanism, "total"] == pytest.approx(
        table.loc["generosity", "total"] + 0.01 / 12 / variance, abs=0.03
    )
    flat = found.sobol.query("outcome == 'time_cooperating' and dyad == 'US-EU'")
    assert flat["total"].isna().all() and (flat["variance"] == 0.0).all()
    assert set(found.course["rows"]) == {16, 32, 48, 64}


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    plan, sizes, calls = plan_in(tmp_path), Sizes(2, 2, 1, 4, 2), []

    def counted(chunk: Chunk) -> Played:
        calls.append(chunk.name)
        return linear(chunk)

    one = run_sensitivity(plan, tmp_path / "out", sizes, 1, work=counted)
    n = len(calls)
    two = run_sensitivity(plan, tmp_path / "out", sizes, 1, work=counted)
    assert one is not None and two is not None and n == 2 * 5 + 4 * (2 + 3 + 1) == len(calls)
    pd.testing.assert_frame_equal(one.sobol, two.sobol)
    with pytest.raises(InputFault, match="differ"):
        run_sensitivity(plan, tmp_path / "out", Sizes(3, 2, 1, 4, 2), 1, work=counted)


def test_designs() -> None:
    unit = screening_design(5, 3, 1)
    assert unit.shape == (18, 5) and np.all((unit >= 0) & (unit <= 1))
    steps = np.abs(np.diff(unit[:6], axis=0)) > 0
    assert np.all(steps.sum(axis=1) == 1)
    points = sobol_design(3, [[0], [1, 2]], 8, 1).reshape(4, 8, 3)
    a, b, first, second = points
    assert np.array_equal(first, np.c_[b[:, 0], a[:, 1:]]) and np.array_equal(second, np.c_[a[:, 0], b[:, 1:]])


def test_the_largest_come_first_under_their_whole_names() -> None:
    names = [("chance", "chance"), *(("input", name) for name in ("tension_mean_cn_us", "tension_mean_cn_eu"))]
    names += [("mechanism", "small"), ("mechanism", "large")]
    totals = [0.9, 0.1, 0.2, 0.3, 0.4]
    rows = pd.DataFrame(
        [
            {"kind": kind, "group": name, "dyad": dyad, "total": total, "total_low": -0.001, "total_high": total + 0.1,
             "first": -0.004, "settled": True, "outcome": outcome}
            for (kind, name), total in zip(names, totals, strict=True) for dyad in DYAD_NAMES for outcome in OUTCOMES
        ]
    )  # fmt: skip
    ordered = ["large", "small", "tension_mean_cn_eu", "tension_mean_cn_us", "chance"]
    assert [name for _, name in in_order(rows)] == ordered
    for width in (40, 60, 84, 120):
        said = io.StringIO()
        _print_outcome(Console(file=said, width=width), rows[rows["outcome"] == "durable"], "durable share")
        words = [line.split()[0] for line in said.getvalue().splitlines() if line.strip()]
        assert [word for word in words if word in ordered] == ordered, width
    assert "-0.00" not in said.getvalue()


def test_groups_are_mechanisms(tmp_path: Path) -> None:
    assert list(mechanisms(plan_in(tmp_path).factors).values()) == [[0, 1], [2], [3]]
    table = pd.DataFrame(
        {"outcome": ["x"] * 3, "dyad": ["d"] * 3, "input": ["a", "b", "c"], "mu_star": [0.0, 2.0, 1.0]}
    )
    assert most_moving(table, 2) == ("b", "c")


@pytest.mark.parametrize(
    ("sizes", "says"),
    [(Sizes(rows=48), "powers of two"), (Sizes(replicates=1), "replicates = 1"), (Sizes(keep=0), "keep = 0")],
)
def test_sizes_are_checked(tmp_path: Path, sizes: Sizes, says: str) -> None:
    with pytest.raises(InputFault, match=says):
        check(plan_in(tmp_path), sizes)


def test_a_plan_without_ranges_is_refused() -> None:
    result = CliRunner().invoke(app, ["sensitivity", "channels"])
    assert result.exit_code == 2 and "a range each" in result.output and "blocks" in result.output


@pytest.mark.slow
def test_the_command_on_the_model(tmp_path: Path) -> None:
    path = tmp_path / "four.toml"
    path.write_text(PLAN, encoding="utf-8")
    sizes = ("--trajectories", "2", "--screening-replicates", "2", "--keep", "2", "--rows", "4", "--replicates", "3")
    result = CliRunner().invoke(
        app, ["sensitivity", str(path), "--out", str(tmp_path / "out"), "--workers", "1", *sizes]
    )
    assert result.exit_code == 0, result.output
    assert "chance" in result.output and (tmp_path / "out" / "sensitivity.png").stat().st_size > 10_000
