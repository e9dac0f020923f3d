"""A study of runs that are known, and one of the model: the same to the bit, also killed and gone on with."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import called, refused, written
from rich.console import Console
from sample_calls import wait_until
from sample_runs import of_three_dyads
from typer.testing import Result

from experiments.arrangements.design_plan import DesignPlan, load_design, shipped
from experiments.arrangements.report import check_document, document, findings, show, write_design
from experiments.arrangements.study import AS_IT_IS, make_design
from experiments.design.plan_file import load_plan
from experiments.display.words import part_of
from experiments.store.columns import Chunk, Played
from experiments.store.folder import Results
from model import InputFault, using_arithmetic

PLAN = """
title = "Which term holds?"
question = "How long, how forgiving?"
scenario = "2026"
replicates = 2
root_seed = 318291039481029384
designs = 6
[levers.generosity]
range = [0.0, 1.0]
[levers.answer]
label = "answer to a lapse"
[[levers.answer.levels]]
name = "mild"
retaliation_rule = "generous"
[[levers.answer.levels]]
name = "hard"
retaliation_rule = "grim"
[race]
candidates = 2
replicates = 8
most = 16
confidence = 0.9
[assumptions]
sample = "worlds.csv"
n_points = 20
"""
# Of the model: one world beside the scenario, and next to no runs.
REAL = (
    PLAN.replace("designs = 6", "designs = 2")
    .replace("candidates = 2", "candidates = 1")
    .replace("replicates = 8\nmost = 16", "replicates = 2\nmost = 2")
)
REAL = REAL.replace('"worlds.csv"\nn_points = 20', '"2026-assumptions.csv"\nn_points = 1')
# Misjudgement and crises, both between the ends of their ranges, and how much a row counts.
WORLDS = "".join(
    (
        "perception_noise,tension_jump_rate,weight\n",
        *(f"{k / 10},{0.01 * (7 * k % 20)},{1 + k % 2}\n" for k in range(20)),
    )
)


def made_up(chunk: Chunk) -> Played:
    """The worst-off gains by forgiveness, and nothing where misjudgement is large."""
    settings, n = chunk.settings, chunk.count
    luck = np.array([np.random.default_rng([chunk.root_seed % 97, r]).normal(0.0, 0.01) for r in chunk.replicates])
    holds = float(settings.get("perception_noise", 0.5)) < 1.0
    gain = float(settings["generosity"]) + 0.5 * (settings["retaliation_rule"] == "generous") + luck
    rows = {
        "gain_first": np.repeat(gain, 3), "gain_second": np.repeat(gain, 3),
        "durable": np.full(3 * n, holds), "co2_saved_first": np.full(3 * n, 100.0),
        "co2_saved_second": np.full(3 * n, 100.0),
    }  # fmt: skip
    return of_three_dyads(chunk, rows)


def asked(folder: Path, text: str = PLAN) -> DesignPlan:
    written(folder, "worlds.csv", WORLDS)
    return load_design(written(folder, "terms.toml", text))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], DesignPlan, Path]:
    folder = tmp_path_factory.mktemp("study")
    plan = asked(folder)
    told = make_design(plan, folder / "out", 1, work=made_up)
    assert told is not None and write_design(told, plan, folder / "out") == ""
    return told, plan, folder / "out"


def test_the_most_forgiving_is_the_robust_choice(study: tuple[dict[str, Any], DesignPlan, Path]) -> None:
    told, plan, folder = study
    best = told["candidates"][0]
    assert told["robust"] == best["name"] == "A" and told["race"]["is_known"]
    # As it is: forgiveness 0.3 of a mild answer.
    assert plan.start == {"generosity": 0.3, "answer": "mild"}
    highest = max(one["levers"]["generosity"] for one in told["designs"] if one["levers"]["answer"] == "mild")
    assert best["levers"] == {"generosity": highest, "answer": "mild"} and highest > 0.5
    # It does better wherever anything can last: in as many rows as misjudgement is small.
    assert len(plan.assumed.rows) == 20
    assert best["better"] == pytest.approx(0.5) and best["worse"] == 0.0
    assert told["price"][0] == 0.0 and best["in_default"][0] > next(
        one["in_default"][0] for one in told["candidates"] if one["name"] == AS_IT_IS
    )
    verdict, *_, price, fails = findings(told)
    assert verdict == (
        "Nothing beats today's arrangement in 80 % of the sample: the nearest, A, gives the worst-off more in 50 % of "
        "it and less in 0 %."
    )
    assert price.startswith("It has no price") and fails.startswith("A gives the worst-off no more than today's")
    *_, price, _ = findings({**told, "best_in_default": "B", "price": [2e-4, 0.0, 4e-4]})
    assert price == "It has no price that shows: in the scenario itself B is as good to the last digit."
    *_, price, _ = findings({**told, "best_in_default": "B", "price": [6e-4, 0.0, 4e-4]})
    assert price.startswith("Its price: in the scenario itself B gives the worst-off 0.001 bn$ a year more")
    assert (folder / "arrangements.png").stat().st_size > 10_000


def test_where_it_fails_is_found(study: tuple[dict[str, Any], DesignPlan, Path]) -> None:
    told, _, _ = study
    (box,) = told["fails"]["boxes"]
    assert list(box["limits"]) == ["perception_noise"] and box["limits"]["perception_noise"].startswith("above")
    assert box["density"] > 0.9 and box["p_value"] < 0.1


def test_the_plan_that_replays_has_every_arrangement_in_the_same_worlds(
    study: tuple[dict[str, Any], DesignPlan, Path],
) -> None:
    told, plan, folder = study
    replay = load_plan(folder / "replay.toml")
    assert replay.arms == tuple(one["name"] for one in told["candidates"]) and replay.references == (AS_IT_IS,)
    assert replay.assumed is not None and replay.assumed.rows == plan.assumed.rows
    for point, one in zip(replay.cells, told["candidates"], strict=True):
        assert {name: point.settings[name] for name in one["sets"]} == one["sets"]
    race = json.loads((folder / "race-01" / "manifest.json").read_text("utf-8"))
    assert str(replay.root_seed) == str(race["root_seed"]) and replay.replicates == race["replicates"]


def test_stopped_anywhere_it_goes_on_to_the_same(
    study: tuple[dict[str, Any], DesignPlan, Path], tmp_path: Path
) -> None:
    told, plan, _ = study
    for stop in (30, 150, 10**9):
        played = 0

        def work(chunk: Chunk, stop: int = stop) -> Played:
            nonlocal played
            played += 1
            if played > stop:
                raise KeyboardInterrupt
            return made_up(chunk)

        try:
            again = make_design(plan, tmp_path / "out", 1, work=work)
        except KeyboardInterrupt:
            again = None
        assert (again is None) == (stop < 10**9)
    assert again == told


def test_a_study_keeps_the_arithmetic_that_it_began_with(tmp_path: Path) -> None:
    plan, played = asked(tmp_path), 0

    def work(chunk: Chunk) -> Played:
        nonlocal played
        played += 1
        if played == 100:
            raise KeyboardInterrupt
        assert chunk.arithmetic == "compiled"
        return made_up(chunk)

    with using_arithmetic("compiled"), pytest.raises(KeyboardInterrupt):
        make_design(plan, tmp_path / "out", 1, work=work)
    told = make_design(plan, tmp_path / "out", 1, work=work)
    assert told is not None and told["arithmetic"] == "compiled" and write_design(told, plan, tmp_path / "out") == ""
    assert "DETENTE_ARITHMETIC=compiled" in (tmp_path / "out" / "replay.toml").read_text("utf-8")
    assert load_plan(tmp_path / "out" / "replay.toml").arms == tuple(one["name"] for one in told["candidates"])


def test_a_design_that_cannot_be_played_is_nobodys_choice(tmp_path: Path) -> None:
    """Its regret is not known, which the files say as nothing; the others are told as ever."""
    plan = asked(tmp_path, PLAN.replace("candidates = 2", "candidates = 20").replace("n_points = 20", "n_points = 3"))

    def work(chunk: Chunk) -> Played:
        if chunk.settings["retaliation_rule"] == "grim":
            raise RuntimeError("this cannot be played")
        return made_up(chunk)

    told = make_design(plan, tmp_path / "out", 1, work=work)
    assert told is not None and write_design(told, plan, tmp_path / "out") == ""
    for one in told["candidates"]:
        assert (one["regret"] is None) == (one["levers"]["answer"] == "hard")
    assert told["robust"] != AS_IT_IS and any(one["regret"] is None for one in told["candidates"])


def test_a_small_one_of_the_model(tmp_path: Path, call: Callable[..., Result]) -> None:
    written(tmp_path, "terms.toml", REAL)
    result = call("design", "terms.toml", "--workers", "1")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "detente sweep results/terms-design/replay.toml" in result.stdout
    told = json.loads((tmp_path / "results/terms-design/arrangements.json").read_text("utf-8"))
    tie = len({one["regret"] for one in told["candidates"]}) == 1
    assert ("All tie: the worst-off misses" in said) is tie and ("has the least regret (*)" in said) is not tie
    assert told["designs"][0]["levers"] == {"generosity": 0.3, "answer": "mild"} and len(told["designs"]) == 3
    assert {path.name for path in (tmp_path / "results/terms-design").glob("*.*")} >= {
        "arrangements.png", "designs.csv", "pareto.csv", "worlds.csv", "replay.toml",
    }  # fmt: skip


def test_a_page_has_the_study_between_its_marks_and_nothing_else_changes(
    study: tuple[dict[str, Any], DesignPlan, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, _, _ = study
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputFault, match=r"there is no 'docs/design_a_treaty\.md' here"):
        check_document()
    page = Path(__file__).parents[3] / "docs" / "design_a_treaty.md"
    before = page.read_text("utf-8")
    (tmp_path / "docs" / "figures").mkdir(parents=True)
    written(tmp_path / "docs", page.name, before)
    check_document()
    document(told)
    after = (tmp_path / "docs" / page.name).read_text("utf-8")
    part = part_of(after, "study")
    assert after.replace(part, "") == before.replace(part_of(before, "study"), "") and part != ""
    own = told["candidates"][0]
    row = next(line for line in part.splitlines() if line.startswith("| A * |"))
    assert f"| {own['worst_off'][0]:.3f} |" in row and row.endswith("| 50 % | 0 % |")
    assert "**Nothing beats today's arrangement in 80 % of the sample: the nearest, A," in part
    assert "| answer to a lapse | mild |" in part
    assert "(figures/arrangements.png)" in part
    assert (tmp_path / "docs" / "figures" / "arrangements.png").stat().st_size > 10_000
    better = [{**one, "better": 0.9} if one["name"] == "A" else one for one in told["candidates"]]
    document({**told, "candidates": better})
    said = "**The robust choice, A, beats today's arrangement in 90 % of the sample.**"
    assert said in (tmp_path / "docs" / page.name).read_text("utf-8")


@pytest.mark.slow
def test_killed_it_goes_on_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two studies, one of them killed in the search and again in the race, are the same files."""
    written(tmp_path, "terms.toml", REAL)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def start(out: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "experiments.cli", "design", "terms.toml", "--workers", "1", "--out", out]
        return subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)

    assert start("whole").wait() == 0
    for stage in ("search-01", "race-01"):
        process = start("killed")
        wait_until(lambda stage=stage: len(list((tmp_path / "killed" / stage / "runs").glob("*.parquet"))) > 1)  # type: ignore[misc]
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert start("killed").wait() == 0
    for name in ("arrangements.json", "replay.toml", "designs.csv", "pareto.csv", "worlds.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes(), name
    # And the plan that is left plays the first round of the race again, run by run.
    monkeypatch.chdir(tmp_path)
    assert called("sweep", "whole/replay.toml", "--workers", "1", "--out", "again").exit_code == 0
    digests = [sorted(Results.open(tmp_path / one).read(["digest"])["digest"]) for one in ("again", "whole/race-01")]
    assert digests[0] == digests[1] and len(digests[0]) == 3 * 2 * 2 * 2


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[levers.generosity]", "[factors.generosity]"), "'factors' is not a key of a plan to design with"),
        (("range = [0.0, 1.0]", "range = [0.0, 2.0]"), "[levers.generosity] level 2"),
        (("designs = 6", "designs = 1"), "designs = 1 (a whole number): allowed is a whole number from 2 to 1024"),
        (("designs = 6", "objectives = ['worst']"), "objectives: 'worst' is not one; nearest known name: 'worst_off'"),
        (("designs = 6", "objectives = ['regret']"), "cannot lead"),
        (("confidence = 0.9", "confidence = 1"), "[race] confidence = 1 (a whole number): allowed is a number from"),
        (("candidates = 2", "candidate = 2"), "'candidate' is not a key of [race]"),
        (("most = 16", "most = 2"), "[race] most = 2 (a whole number): allowed is a whole number from 8"),
        (("n_points = 20", "n_points = 20\nreplicates = 3"), "[assumptions] replicates: they stand at the head"),
        (("[assumptions]\nsample = \"worlds.csv\"\nn_points = 20", ""), "[assumptions] is missing"),
        (("generosity]\nrange = [0.0, 1.0]", "scenario]\nlevels = ['2018', '2026']"), "nobody can choose"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(
    change: tuple[str, str], said: str, tmp_path: Path, call: Callable[..., Result]
) -> None:
    assert change[0] in PLAN
    written(tmp_path, "worlds.csv", WORLDS)
    written(tmp_path, "terms.toml", PLAN.replace(*change))
    refused(call("design", "terms.toml"), "plan terms", said)
    assert not (tmp_path / "results").exists()


def test_missing_levers_are_told_once(tmp_path: Path, call: Callable[..., Result]) -> None:
    written(tmp_path, "terms.toml", 'title = "t"\nquestion = "q"\nscenario = "2026"\n')
    told = call("design", "terms.toml")
    refused(told, "plan terms: 2 faults", "[levers.NAME] is missing: a plan varies one parameter or more")


@pytest.mark.parametrize("name", ["factors", "lever", "levres"])
def test_misnamed_levers_are_their_name_alone(name: str, tmp_path: Path, call: Callable[..., Result]) -> None:
    written(tmp_path, "worlds.csv", WORLDS)
    written(tmp_path, "terms.toml", PLAN.replace("[levers.", f"[{name}.").replace("[[levers.", f"[[{name}."))
    result = call("design", "terms.toml")
    refused(result, f"'{name}' is not a key of a plan to design with: what is searched are levers; write [levers.NAME]")
    assert "1 fault" in result.stderr and "missing" not in result.stderr


def test_what_is_not_there_is_named(call: Callable[..., Result]) -> None:
    refused(call("design", "treety"), "'treety' is neither a file nor a shipped plan of this kind", "'treaty'")


def test_all_faults_are_told_at_once(tmp_path: Path, call: Callable[..., Result]) -> None:
    written(
        tmp_path, "terms.toml", PLAN.replace("designs = 6", "designs = 1").replace("replicates = 2", "replicates = 0")
    )
    written(tmp_path, "worlds.csv", WORLDS)
    refused(call("design", "terms.toml"), "designs = 1", "replicates = 0")


@pytest.mark.parametrize("name", shipped())
def test_shipped_plans_can_be_read(name: str) -> None:
    plan = load_design(name)
    assert plan.objectives[0] == "worst_off" and len(plan.assumed.rows) >= 20
    assert not {name for one in plan.base.factors for name in one.names} & set(plan.assumed.rows[0])


@pytest.mark.parametrize("width", [60, 80, 160])
def test_what_is_told_fits_the_screen(width: int, study: tuple[dict[str, Any], DesignPlan, Path]) -> None:
    stream = io.StringIO()
    show(Console(file=stream, width=width), study[0])
    lines = stream.getvalue().splitlines()
    assert max(len(line) for line in lines) <= width and len(lines) > len(study[0]["candidates"])


def test_arrangements_that_tie_are_said_to_tie() -> None:
    one = {"name": AS_IT_IS, "regret": 0.0, "better": 0.0, "worse": 0.0}
    told = {"candidates": [one, {**one, "name": "A"}], "robust": AS_IT_IS, "sure": 1.0}
    verdict, tie = findings(told)
    assert verdict == "Nothing beats today's arrangement in any row of the sample."
    assert tie.startswith("All tie: the worst-off misses 0.000 bn$ a year at most") and "least regret" not in tie
