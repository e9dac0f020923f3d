"""One world: any number of lanes gives the same bits, the state is all that is passed on, records stay as written."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterator
from typing import Any

import equality
import numpy as np
import pandas as pd
import pytest
from digests import ALL_ON
from thinned import one_in

from model.numerics import same_bits
from model.parameters.checked import make_parameters
from model.phases import relations
from model.record.recorder import Recorder
from model.schedule import play_quarter
from model.start.starting_point import known_scenario
from model.state import State
from model.telling.story import Story
from model.world import World

SETTINGS = [pytest.param({}, id="default"), pytest.param(ALL_ON, id="all on")]
PHASES = play_quarter.__code__.co_names
RECORDS = ("climate", "standards", "insight", "books", "club_worth", "supply", "conduct", "market", "welfare")
SOON = 14  # quarters with four assessments and three annual checks of coalitions


def world_of(
    replicates: list[int],
    change: dict[str, Any],
    quarters: int = SOON,
    kind: type[World] = World,
    scenario: str = "2026",
) -> World:
    parameters = make_parameters({**known_scenario(scenario).parameters.changes(), **change})
    return kind(scenario, parameters, equality.ROOT_SEED, replicates, range(len(replicates)), quarters)


def state_faults(one: State, other: State) -> list[str]:
    """Arrays of two states, those in their records included, that differ by any bit."""
    mine, theirs = dict(arrays_of(one, "state")), dict(arrays_of(other, "state"))
    assert mine.keys() == theirs.keys() and len(mine) > 100
    return [name for name, array in mine.items() if not same_bits(array, theirs[name])]


def arrays_of(value: Any, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Every array in a record and in the records within it, with its name."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if hasattr(value, field.name):
                yield from arrays_of(getattr(value, field.name), f"{name}.{field.name}")
    elif isinstance(value, (tuple, list)):
        for place, part in enumerate(value):
            yield from arrays_of(part, f"{name}[{place}]")


def digest(value: Any) -> dict[str, int]:
    """A number for every array in a record."""
    return {name: zlib.crc32(np.ascontiguousarray(array)) for name, array in arrays_of(value, "")}


# --- lanes ----------------------------------------------------------------------------------------------------------


# The default's six hundred are held against single lanes in tests/test_ensemble.py as well.
@pytest.mark.parametrize("change", [pytest.param({}, id="default", marks=pytest.mark.slow), SETTINGS[1]])
def test_one_lane_and_a_block_and_six_hundred_have_the_same_bits(change: dict[str, Any]) -> None:
    whole = world_of(list(range(600)), change, 9).run()
    for numbers in ([0], [311], [599], [308, 309, 310, 311, 312, 313, 314]):
        part = world_of(numbers, change, 9).run()
        for lane, replicate in enumerate(numbers):
            of_both = part.recorder.of_lane(lane), whole.recorder.of_lane(replicate)
            assert equality.differences(*of_both) == [], (replicate, len(numbers))
        mine = whole.summary()[whole.summary()["replicate"].isin(numbers)].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, part.summary(), check_exact=True)


@pytest.mark.parametrize("change", SETTINGS)
def test_lanes_permuted_give_results_permuted(change: dict[str, Any]) -> None:
    numbers = np.random.default_rng(3).permutation(23).tolist()
    straight, permuted = world_of(list(range(23)), change).run(), world_of(numbers, change).run()
    for lane, replicate in enumerate(numbers):
        of_both = permuted.recorder.of_lane(lane), straight.recorder.of_lane(replicate)
        assert equality.differences(*of_both) == []
    ordered = permuted.summary().sort_values("replicate", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(ordered, straight.summary(), check_exact=True)


def test_a_lane_that_looks_at_its_neighbour_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = relations.perceive

    def neighbourly(world: World) -> None:
        real(world)
        world.state.tension = world.state.tension + 0.1 * np.roll(world.state.tension, 1, axis=0)

    monkeypatch.setattr(World, "perceive", neighbourly)
    alone, beside = world_of([1], {}).run(), world_of([0, 1], {}).run()
    assert equality.differences(alone.recorder.of_lane(0), beside.recorder.of_lane(1)) != []


# --- the state is the state -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", SETTINGS)
@pytest.mark.parametrize("moment", one_in(2, [6, 0, 1, 9]))
def test_a_fresh_world_goes_on_from_a_copy_of_the_state(change: dict[str, Any], moment: int) -> None:
    one = world_of([0, 1, 2], change)
    for _ in range(moment):
        one.step()
    state, recorder = one.state.copied(), one.recorder.copied()
    one.run()
    # The other one was played to another moment, so that nothing of its own can stand for what is handed over.
    other = world_of([0, 1, 2], change)
    for _ in range(moment + 3):
        other.step()
    other.state, other.recorder = state, recorder
    other.run()
    assert state_faults(one.state, other.state) == []
    for lane in range(3):
        assert equality.differences(one.recorder.of_lane(lane), other.recorder.of_lane(lane)) == []
    pd.testing.assert_frame_equal(one.summary(), other.summary(), check_exact=True)


@pytest.mark.parametrize("change", SETTINGS)
def test_a_checkpoint_can_be_used_twice(change: dict[str, Any]) -> None:
    world = world_of([0, 1], change)
    world.stories = {1: Story(_lane(world, 1), True)}
    for _ in range(5):
        world.step()
    at, told_then = world.checkpoint(), len(world.stories[1].lines)
    ends = []
    for _ in range(3):
        world.run()
        ends.append((world.state.copied(), world.recorder.copied(), list(world.stories[1].lines)))
        world.rewind(at)
        assert world.state.quarter == 5 == len(world.recorder.frames) and len(world.stories[1].lines) == told_then
    state, recorder, lines = ends[0]
    assert len(lines) > told_then
    for again, record, story in ends[1:]:
        assert state_faults(state, again) == [] and story == lines
        for lane in range(2):
            assert equality.differences(recorder.of_lane(lane), record.of_lane(lane)) == []


def test_another_turn_after_a_rewind_leaves_the_checkpoint_alone() -> None:
    world = world_of([0, 1], ALL_ON)
    for _ in range(5):
        world.step()
    at = world.checkpoint()
    whole = world.run().state.copied()
    world.rewind(at)
    world.follow(world.parameters.with_overrides({"repudiation_hazard": 0.08, "perception_noise": 2.0}))
    assert state_faults(whole, world.run().state) != []
    world.follow(make_parameters(ALL_ON))
    world.rewind(at)
    assert state_faults(whole, world.run().state) == []


#: In quarter 9 new governments read the last assessment, which is of quarter 8.
NEW_GOVERNMENTS = {"turnover": True, "opening_hazard": 0.6, "unilateral_recognition_rate": 1.0}


@pytest.mark.parametrize("change", [*SETTINGS, pytest.param(NEW_GOVERNMENTS, id="new governments")])
def test_writing_to_a_state_leaves_its_copies_alone(change: dict[str, Any]) -> None:
    world = world_of([0, 1, 2, 3], change)
    for _ in range(9):
        world.step()
    ends = []
    for copy, record in [(world.state.copied(), world.recorder.copied()) for _ in range(2)]:
        if ends:
            for array in vars(world.state).values():
                if isinstance(array, np.ndarray):
                    array[...] = 1
        other = world_of([0, 1, 2, 3], change)
        other.state, other.recorder = copy, record
        ends.append(other.run().state)
    assert state_faults(*ends) == []


def _lane(world: World, lane: int) -> Any:
    from model.record.lane import Lane

    return Lane(world, lane)


@pytest.mark.parametrize("change", SETTINGS)
def test_a_quarter_writes_to_state_recorder_and_stories_only(change: dict[str, Any]) -> None:
    world = world_of([0, 1], change)
    world.stories = {0: Story(_lane(world, 0), True)}
    parties = [*world.blocs, *world.automakers, *world.suppliers]
    fixed = sorted(vars(world).keys() - {"state", "recorder", "stories", "blocs", "automakers", "suppliers"})
    before, own = dict(vars(world)), [dict(vars(party)) for party in parties]
    kept = {name: digest(getattr(world, name)) for name in fixed}
    world.run()
    assert vars(world).keys() == before.keys()
    assert [name for name in before if vars(world)[name] is not before[name]] == []
    assert [name for name in fixed if digest(getattr(world, name)) != kept[name]] == []
    assert {"luck", "economy", "agenda", "opening", "rules", "thresholds"} <= {name for name in fixed if kept[name]}
    assert [vars(party) for party in parties] == own
    assert {field.name for field in dataclasses.fields(State)} == set(vars(world.state))


def test_what_a_phase_keeps_beside_the_state_is_seen() -> None:
    class Remembers(World):
        """A world that keeps a mood of its own."""

        own_mood = 0.0

        def perceive(self) -> None:
            super().perceive()
            self.own_mood += 0.2
            self.state.tension = self.state.tension + self.own_mood

    one, other = (world_of([0], {}, kind=Remembers) for _ in range(2))
    for _ in range(6):
        one.step()
    other.state, other.recorder = one.state.copied(), one.recorder.copied()
    assert state_faults(one.run().state, other.run().state) != []


# --- records stay as they were written ------------------------------------------------------------------------------


class Sealed(World):
    """After every phase all arrays in all records can only be read, and no longer change by other ways."""

    def seal(self, phase: str) -> None:
        """Seal what is new, and compare what is old with what it was."""
        sealed = self.__dict__.setdefault("sealed", {})
        now: dict[str, tuple[np.ndarray, int]] = {}
        for record in RECORDS:
            if hasattr(self.state, record):
                for name, array in arrays_of(getattr(self.state, record), record):
                    array.flags.writeable = False
                    print_of = zlib.crc32(np.ascontiguousarray(array))
                    before = sealed.get(name)
                    changed = before is not None and before[0] is array and before[1] != print_of
                    assert not changed, f"{name} changed in place in {phase}"
                    now[name] = array, print_of
        self.__dict__["sealed"] = now


def _sealing(name: str) -> Any:
    def phase(self: Sealed) -> None:
        getattr(World, name)(self)
        self.seal(name)

    return phase


for _name in PHASES:
    setattr(Sealed, _name, _sealing(_name))


def unsealed(world: Sealed) -> None:
    """What all worlds of a scenario share can be written again."""
    for array, _ in world.__dict__["sealed"].values():
        if array.flags.owndata:
            array.flags.writeable = True


@pytest.mark.parametrize("scenario", ["2026", "symmetric"])
@pytest.mark.parametrize("change", SETTINGS)
def test_records_are_never_changed_in_place(scenario: str, change: dict[str, Any]) -> None:
    plain = world_of([0, 5], change, scenario=scenario).run()
    world = world_of([0, 5], change, kind=Sealed, scenario=scenario)
    assert isinstance(world, Sealed)
    try:
        world.run()
    finally:
        unsealed(world)
    assert state_faults(plain.state, world.state) == []
    assert {name.split(".")[0] for name in world.__dict__["sealed"]} == set(RECORDS)


@pytest.mark.parametrize("by_another_way", [False, True])
def test_a_record_that_is_changed_in_place_is_seen(by_another_way: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def calmer(world: World) -> None:
        level = world.state.climate.level
        if by_another_way:
            level.flags.writeable = True
        level *= 0.5

    monkeypatch.setattr(World, "hold_talks", calmer)
    with pytest.raises(AssertionError if by_another_way else ValueError, match=r"in place|read-only"):
        world_of([0], {}, kind=Sealed).run()


def test_records_are_frozen_and_the_recorder_is_one() -> None:
    world = world_of([0], ALL_ON, 1).run()
    for record in RECORDS:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(getattr(world.state, record), dataclasses.fields(getattr(world.state, record))[0].name, 0)
    assert type(world.recorder) is Recorder
