"""The ensemble tells the story that the Mesa world tells: every line, whatever is varied."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pandas as pd
import pytest
from test_ensemble import SCENARIOS, VARIED

from model import LaneRun, NegotiationModel
from model.lanes import treaties
from model.story import Story

ROOT_SEED = 20260928
# A world in which much happens.
STORM = {
    **{"opening_hazard": 0.6, "emergency_hazard": 0.05, "retaliation_ratio": 1.0, "duty_step": 0.25},
    **{"tension_jump_rate": 0.2, "tension_jump_mean": 3.0, "repudiation_hazard": 0.08, "false_alarm": 0.35},
    **dict.fromkeys(("partial_compliance", "subnational", "track2", "grit", "turnover", "imitative_tactic"), True),
}
# Short-sighted sides that misjudge each other, and do not ask their legislatures first.
HASTE = {"partial_compliance": True, "anticipate_ratification": False, "perception_noise": 2.0, "detection_lag": 3}
# Every topic that the teller has.
TOPICS = set(re.findall(r'self\.say\(\s*"(\w+)"', inspect.getsource(Story)))


def played(scenario: str, replicate: int, change: dict[str, Any]) -> LaneRun:
    return LaneRun(scenario, ROOT_SEED, replicate, **change).run()


def faults(scenario: str, replicate: int, change: dict[str, Any]) -> list[Any]:
    """Where the two worlds differ in what they tell and record of a run."""
    return faults_of(played(scenario, replicate, change), scenario, replicate, change)


def faults_of(lane: LaneRun, scenario: str, replicate: int, change: dict[str, Any]) -> list[Any]:
    """The lines that the two tell differently, the first of them; and tables and summaries that differ."""
    mesa = NegotiationModel(scenario, ROOT_SEED, replicate, **change).run()
    found: list[Any] = [pair for pair in zip(mesa.story, lane.story, strict=False) if pair[0] != pair[1]][:1]
    if len(mesa.story) != len(lane.story):
        found.append((len(mesa.story), len(lane.story)))
    frames = {**mesa.tables(), "summary": mesa.summary()}
    for name, frame in {**lane.tables(), "summary": lane.summary()}.items():
        if not frame.equals(frames.pop(name)):
            found.append(name)
    return found + list(frames)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_both_worlds_tell_one_story(scenario: str) -> None:
    assert faults(scenario, 3, {}) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("replicate", range(4, 14))
def test_both_worlds_tell_one_story_in_ten_replicates(scenario: str, replicate: int) -> None:
    assert faults(scenario, replicate, {}) == []


@pytest.mark.parametrize("change", VARIED[2::9], ids=str)
def test_a_varied_mechanism_is_told_alike(change: dict[str, Any]) -> None:
    assert faults("2026-open-access", 1, change) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["2026", "symmetric"])
@pytest.mark.parametrize("change", VARIED, ids=str)
def test_every_mechanism_is_told_alike(scenario: str, change: dict[str, Any]) -> None:
    assert faults(scenario, 2, change) == []


EVENTFUL = ((1, STORM), (2, STORM), (2, HASTE))


@pytest.mark.parametrize(("replicate", "change"), EVENTFUL, ids=str)
def test_eventful_runs_are_told_alike(replicate: int, change: dict[str, Any]) -> None:
    assert faults("2026", replicate, change) == []


CLUBS = {"climate_club": True, "club_penalty": 0.25, "club_transfers": True, "club_finance": True}


@pytest.mark.parametrize("replicate", range(3))
def test_clubs_are_told_alike(replicate: int) -> None:
    lane = played("symmetric", replicate, CLUBS)
    assert faults_of(lane, "symmetric", replicate, CLUBS) == []
    assert any(line.topic == "club" for line in lane.story)


def test_every_kind_of_event_is_among_them() -> None:
    stories = [LaneRun("2026", ROOT_SEED, replicate, **change).run().story for replicate, change in EVENTFUL]
    assert {line.topic for story in stories for line in story} == TOPICS


def test_a_line_that_one_world_forgets_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(treaties, "CAUSES_TOLD", ("", *["something else"] * 4))
    monkeypatch.setattr(Story, "in_force", lambda *_: None)
    hard = {"repudiation_hazard": 0.08}
    assert faults("2026", 3, hard) != []


def test_telling_leaves_the_run_alone() -> None:
    told, silent = LaneRun("2026", ROOT_SEED, 5), LaneRun("2026", ROOT_SEED, 5)
    silent.world.stories = {}
    pd.testing.assert_frame_equal(told.run().summary(), silent.run().summary(), check_exact=True)
    assert told.story and not silent.story


#: Optional mechanisms of trade and industry.
TRADE = {
    **dict.fromkeys(("undertakings", "carbon_border", "carbon_dialogue", "zev_mandate", "dual_credits"), True),
    **dict.fromkeys(("local_content", "friendshoring", "data_platform"), True),
    **{"dual_credit_scale": 4.0, "pass_through": 0.5},
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_trade_is_told_alike(scenario: str) -> None:
    lane = played(scenario, 2, TRADE)
    assert faults_of(lane, scenario, 2, TRADE) == []
    told = {line.topic for line in lane.story}
    assert {"credits", "carbon"} <= told and ("undertaking" in told or not scenario.startswith("2026"))
