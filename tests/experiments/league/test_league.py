"""The league of tactics: plans, ranks, the replicator, the command."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import detente, written

from experiments.league.league import (
    LeaguePlan,
    default_plan,
    load_league,
    play_league,
    resized,
    tasks_of,
)
from experiments.league.sessions import Player
from experiments.league.table import payoffs, replicator, tell
from model import InputFault, registered

# A tactic of at most fifteen lines, written as docs/write_a_tactic.md says.
FROM_THE_GUIDE = '''
import numpy as np

from model import tactic


@tactic("half_way")
def half_way(moment):
    """Meets its partner half way, and the deadline in full."""
    met = np.maximum(0.5 * moment.offered, 0.1)
    return np.where(moment.time >= 1.0, 1.0, met)
'''

PLAN = """
title = "Three at the table"
scenarios = ["2026"]
situations = 3
replicates = 4
root_seed = 5
[settings]
dialogue_ceiling = "group"
[[players]]
name = "late"
exponent = 0.25
[[players]]
name = "early"
exponent = 3
[[players]]
name = "half way"
tactic = "half_way"
"""


pytestmark = pytest.mark.usefixtures("only_ours")


def test_a_tactic_written_from_the_guide_enters_a_league(tmp_path: Path) -> None:
    assert len(FROM_THE_GUIDE.strip().splitlines()) <= 15
    own, plan = written(tmp_path, "own.py", FROM_THE_GUIDE), written(tmp_path, "league.toml", PLAN)
    assert detente("check-tactic", own)[0] == 0
    out = tmp_path / "league"
    code, said = detente("league", plan, "--tactics", own, "--out", out, "--workers", "1")
    assert code == 0, said
    assert "half way" in said and "Best in its seat" in said and "One bargaining" in said
    told = json.loads((out / "league.json").read_text(encoding="utf-8"))
    assert told["tactics"]["names"]["tactic"] == ["half_way"] and told["root_seed"] == "5"
    ranking = pd.read_parquet(out / "ranking.parquet")
    assert set(ranking["name"]) == {"late", "early", "half way"} and sorted(ranking["rank_own"]) == [1, 2, 3]
    sessions = pd.read_parquet(out / "sessions.parquet")
    assert len(sessions) == 3 * 3 * 3 * 3
    assert (out / "league.png").stat().st_size > 10_000
    code, said = detente("league", plan, "--tactics", own, "--out", out)
    assert code == 2 and "already holds files" in said


def test_without_a_plan_everybody_plays() -> None:
    plan = default_plan()
    assert {player.tactic for player in plan.players} == {one.name for one in registered() if one.kind == "tactic"}
    assert plan.situations == 50 and plan.replicates == 100 and len({player.name for player in plan.players}) >= 9
    drawn = plan.drawn()
    assert drawn == plan.drawn() and len(drawn) == 50 and {name for name, _, _ in drawn} == set(plan.scenarios)
    places = sorted(place for task in tasks_of(plan) for place in task.places)
    assert places == list(range(50))


@pytest.mark.slow
def test_workers_and_tasks_do_not_matter() -> None:
    plan = LeaguePlan("x", ("2026",), 5, 3, 9, {}, (Player("a"), Player("b", exponent=2.0)))
    one, two = play_league(plan, 1), play_league(plan, 2)
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert one["signed"].shape == (5, 3, 2, 2)


def test_payoffs_are_those_of_the_seat() -> None:
    whole = {
        "gain_first": np.array([[[[1.0, 2.0], [3.0, 4.0]]]]),
        "gain_second": np.array([[[[10.0, 20.0], [30.0, 40.0]]]]),
    }
    own = payoffs(whole)
    assert own.shape == (1, 1, 2, 2, 2)
    assert own[0, 0, 0].tolist() == [[1.0, 2.0], [3.0, 4.0]]  # first seat: row plays column
    assert own[0, 0, 1].tolist() == [[10.0, 30.0], [20.0, 40.0]]  # second seat: the column's opponent is the row


def test_the_best_is_ranked_first_and_its_lead_is_paired() -> None:
    luck = np.random.default_rng(1)
    n = 3
    pie = luck.normal(10.0, 3.0, (40, 3, 1, 1))  # situations differ by far more than players do
    edge = np.array([0.2, 0.0, -0.2])
    gain_first = pie + edge[:, None] + np.zeros((40, 3, n, n)) + luck.normal(0, 0.01, (40, 3, n, n))
    gain_second = pie + edge[None, :] + np.zeros((40, 3, n, n))
    flat = np.ones((40, 3, n, n))
    whole = {"gain_first": gain_first, "gain_second": gain_second, "holds": flat, "signed": flat, "quarters": flat}
    plan = LeaguePlan("x", ("2026",), 40, 1, 1, {}, tuple(Player(name) for name in "abc"))
    found = tell(plan, whole)
    assert list(found.ranking["name"]) == ["a", "b", "c"]
    best = found.ranking.iloc[0]
    assert best["own_high"] - best["own_low"] > 0.5 > best["own_lead_high"] - best["own_lead_low"]
    assert best["own_lead_low"] < 0.2 < best["own_lead_high"]
    assert found.final.set_index("player")["share"].idxmax() == "a"


def test_replicator() -> None:
    dominated = np.array([[2.0, 2.0], [1.0, 1.0]])
    path = replicator(dominated, 2000)
    assert np.allclose(path.sum(axis=1), 1.0) and path[0].tolist() == [0.5, 0.5] and path[-1, 0] > 0.999
    assert np.allclose(replicator(np.ones((3, 3))), 1 / 3)
    # Hawk and dove: the mixed state that theory gives, v/c of hawks.
    value, cost = 2.0, 4.0
    hawk_dove = np.array([[(value - cost) / 2, value], [0.0, value / 2]])
    assert replicator(hawk_dove, 5000)[-1, 0] == pytest.approx(value / cost, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("scenarios = ['2027']", "2027"),
        ("scenarios = 3", "list of names"),
        ("situations = 1", "from 2 to"),
        ("replicates = 1.5", "whole number"),
        ("root_seed = -1", "whole number"),
        ("player = 3", "'players'"),
        ("[[players]]\nname = 'a'", "allowed are 2 to"),
        ("[[players]]\nname = 'a'\ntactic = 'polynomal'\n[[players]]\nname = 'a'\nexponent = 9", "'polynomial'"),
        ("[settings]\ngenerosity = 3", "generosity"),
        ("[settings]\nimitative_tactic = true", "every player keeps to its own tactic"),
        ("x = [", "not TOML"),
    ],
)
def test_faults_of_a_plan(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputFault) as caught:
        load_league(written(tmp_path, "league.toml", text))
    assert says in str(caught.value)


def test_sizes_are_checked() -> None:
    assert resized(default_plan(), 3, None).situations == 3
    with pytest.raises(InputFault, match="situations = 1"):
        resized(default_plan(), 1, 0)


@pytest.mark.slow
def test_twenty_tactics_on_fifty_situations_in_five_minutes() -> None:
    players = tuple(Player(f"exponent {k}", exponent=0.2 * k + 0.1) for k in range(18))
    plan = LeaguePlan(
        "twenty", ("2026", "2026-open-access"), 50, 100, 3, {},
        (*players, Player("matching", "matching"), Player("hard", "hard_line")),
    )  # fmt: skip
    began = time.monotonic()
    tell(plan, play_league(plan, 2))
    assert time.monotonic() - began < 300


def test_an_own_scenario_lies_beside_the_league_plan_and_is_kept(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    written(
        tmp_path / "plans", "mine.toml", 'extends = "symmetric"\nname = "m"\ntitle = "M"\nlast_quarter = "2029Q4"\n'
    )
    text = PLAN.replace('"2026"', '"mine.toml"').replace('tactic = "half_way"', 'tactic = "polynomial"')
    plan = written(tmp_path / "plans", "league.toml", text)
    out = tmp_path / "league"
    code, said = detente("league", plan, "--out", out, "--workers", "1")
    assert code == 0, said
    told = json.loads((out / "league.json").read_text("utf-8"))
    assert {situation["scenario"] for situation in told["situations"]} == {"mine.toml"}
    kept = {path.relative_to(out / "inputs").as_posix() for path in (out / "inputs").rglob("*") if path.is_file()}
    assert kept == set(told["inputs"])
    assert {"plan.toml", "scenario-0/scenario.toml", "scenario-0/written/mine.toml"} <= kept
