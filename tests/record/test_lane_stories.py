"""A lane among many tells the story that its replicate tells alone: every line, whatever is varied."""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any

import equality
import numpy as np
import pandas as pd
import pytest
from thinned import one_in
from varied import VARIED

from model import NegotiationModel
from model.parameters.checked import make_parameters
from model.record.lane import Lane
from model.start.starting_point import known_scenario
from model.telling import trade_story, treaty_story
from model.telling.story import Story, StoryLine
from model.world import World

ROOT_SEED = equality.ROOT_SEED
SCENARIOS = ("2018", "2026", "2026-open-access", "symmetric")
# A world in which much happens.
STORM = {
    **{"opening_hazard": 0.6, "emergency_hazard": 0.05, "retaliation_ratio": 1.0, "duty_step": 0.25},
    **{"tension_jump_rate": 0.2, "tension_jump_mean": 3.0, "repudiation_hazard": 0.08, "false_alarm": 0.35},
    **dict.fromkeys(("partial_compliance", "subnational", "track2", "grit", "turnover", "imitative_tactic"), True),
}
# Short-sighted sides that misjudge each other, and do not ask their legislatures first.
HASTE = {"partial_compliance": True, "anticipate_ratification": False, "perception_noise": 2.0, "detection_lag": 3}
# Every topic that the teller has.
SAID = re.compile(r'self\.(?:say|_of_two|_side)\(\s*"(\w+)"')
TOPICS = {"offer", "refusal", *(said for of in (Story, treaty_story) for said in SAID.findall(inspect.getsource(of)))}
OF_TRADE = set(SAID.findall(inspect.getsource(trade_story)))  # some need a scenario with doors
LANE = 1  # of the story: neither the first nor the last


def world_around(scenario: str, replicate: int, change: dict[str, Any]) -> World:
    """A world in which a replicate is a lane among others, and its story alone is told."""
    parameters = make_parameters({**known_scenario(scenario).parameters.changes(), **change})
    world = World(scenario, parameters, ROOT_SEED, [replicate + 7, replicate, replicate + 3], kept=[LANE])
    world.stories[LANE] = Story(Lane(world, LANE), True)
    return world


def told(scenario: str, replicate: int, change: dict[str, Any]) -> World:
    """The same, played to its end."""
    return world_around(scenario, replicate, change).run()


def story(world: World) -> list[StoryLine]:
    """What the lane tells."""
    return world.stories[LANE].lines


def faults(scenario: str, replicate: int, change: dict[str, Any]) -> list[Any]:
    """Where a lane among others and the replicate alone differ in what they tell and record of a run."""
    return faults_of(told(scenario, replicate, change), scenario, replicate, change)


def faults_of(world: World, scenario: str, replicate: int, change: dict[str, Any]) -> list[Any]:
    """The lines that the two tell differently, the first of them; and tables and summaries that differ."""
    alone = NegotiationModel(scenario, ROOT_SEED, replicate, **change).run()
    mine, theirs = story(world), alone.story
    found: list[Any] = [pair for pair in zip(theirs, mine, strict=False) if pair[0] != pair[1]][:1]
    if len(theirs) != len(mine):
        found.append((len(theirs), len(mine)))
    frames = {**alone.tables(), "summary": alone.summary()}
    for name, frame in {**world.recorder.of_lane(LANE).tables(), "summary": summary(world)}.items():
        if not frame.equals(frames.pop(name)):
            found.append(name)
    return found + list(frames)


def summary(world: World) -> pd.DataFrame:
    """The lane's rows of the summary."""
    table = world.summary()
    mine = table[table["replicate"] == world.replicates[LANE]]
    return mine.drop(columns="replicate").reset_index(drop=True)


@pytest.mark.parametrize("scenario", one_in(2, SCENARIOS))
def test_a_lane_and_its_replicate_alone_tell_one_story(scenario: str) -> None:
    assert faults(scenario, 3, {}) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("replicate", range(4, 14))
def test_they_tell_one_story_in_ten_replicates(scenario: str, replicate: int) -> None:
    assert faults(scenario, replicate, {}) == []


@pytest.mark.parametrize("change", one_in(8, VARIED[2::9]), ids=str)
def test_a_varied_mechanism_is_told_alike(change: dict[str, Any]) -> None:
    assert faults("2026-open-access", 1, change) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["2026", "symmetric"])
@pytest.mark.parametrize("change", VARIED, ids=str)
def test_every_mechanism_is_told_alike(scenario: str, change: dict[str, Any]) -> None:
    assert faults(scenario, 2, change) == []


EVENTFUL = ((1, STORM), (2, STORM), (32, STORM), (1, HASTE), (4, HASTE))


@functools.cache
def eventful(place: int) -> World:
    """One of the eventful runs, told; do not change it."""
    return told("2026", *EVENTFUL[place])


@pytest.mark.parametrize("place", one_in(3, range(len(EVENTFUL))), ids=lambda place: f"{EVENTFUL[place]}")
def test_eventful_runs_are_told_alike(place: int) -> None:
    assert faults_of(eventful(place), "2026", *EVENTFUL[place]) == []


CLUBS = {"climate_club": True, "club_penalty": 0.25, "club_transfers": True, "club_finance": True}


@pytest.mark.parametrize("replicate", one_in(3, range(3)))
def test_clubs_are_told_alike(replicate: int) -> None:
    world = told("symmetric", replicate, CLUBS)
    assert faults_of(world, "symmetric", replicate, CLUBS) == []
    assert any(line.topic == "club" for line in story(world))


def test_every_kind_of_event_is_among_them() -> None:
    stories = [story(eventful(place)) for place in range(len(EVENTFUL))]
    assert TOPICS <= {line.topic for lines in stories for line in lines} <= TOPICS | OF_TRADE


def test_a_line_that_is_told_of_the_wrong_lane_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = World.tell

    def misplaced(world: World, event: str, where: Any, *about: Any) -> None:
        real(world, event, np.roll(where, 1) if event == "in_force" else where, *about)

    monkeypatch.setattr(World, "tell", misplaced)
    assert faults("2026", 3, {"repudiation_hazard": 0.08}) != []


def test_a_line_that_is_told_alone_only_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Story.in_force
    monkeypatch.setattr(Story, "in_force", lambda self, dyad: real(self, dyad) if self.model.lane == 0 else None)
    assert faults("2026", 3, {"repudiation_hazard": 0.08}) != []


def test_every_lane_may_be_told_at_once() -> None:
    world = world_around("2026", 5, STORM)
    world.stories = {lane: Story(Lane(world, lane), True) for lane in range(world.n_lanes)}
    world.run()
    lines = {lane: one.lines for lane, one in world.stories.items()}
    for lane, replicate in enumerate(world.replicates.tolist()):
        assert lines[lane] == NegotiationModel("2026", ROOT_SEED, replicate, **STORM).run().story
    assert lines[0] != lines[1] != lines[2]


def test_telling_leaves_the_run_alone() -> None:
    aloud, silent = (world_around("2026", 5, STORM) for _ in range(2))
    silent.stories = {}
    pd.testing.assert_frame_equal(aloud.run().summary(), silent.run().summary(), check_exact=True)
    assert story(aloud) and not silent.stories


#: Optional mechanisms of trade and industry.
TRADE = {
    **dict.fromkeys(("undertakings", "carbon_border", "carbon_dialogue", "zev_mandate", "dual_credits"), True),
    **dict.fromkeys(("local_content", "friendshoring", "data_platform"), True),
    **{"dual_credit_scale": 4.0, "pass_through": 0.5},
}


@pytest.mark.parametrize("scenario", one_in(2, SCENARIOS[::-1]))
def test_trade_is_told_alike(scenario: str) -> None:
    world = told(scenario, 2, TRADE)
    assert faults_of(world, scenario, 2, TRADE) == []
    topics = {line.topic for line in story(world)}
    assert {"credits", "carbon"} <= topics and ("undertaking" in topics or not scenario.startswith("2026"))
