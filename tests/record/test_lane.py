"""A lane: one replicate of a world, read and written without the replicate axis."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import worlds
from digests import ALL_ON

from model.negotiation import NegotiationModel
from model.numerics import same_bits
from model.packages.menu import negotiable
from model.parameters.checked import make_parameters
from model.quarter import Climate
from model.record.lane import Lane, LaneState
from model.state import State
from model.world import World

ROOT_SEED = 1
QUARTERS = 6


def world_of(n_lanes: int, **change: Any) -> World:
    world = World("2026", make_parameters(change), ROOT_SEED, range(n_lanes))
    for _ in range(QUARTERS):
        world.step()
    return world


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(4)


def unlike(mine: Any, theirs: Any, name: str = "state") -> list[str]:
    """Names of what two views hold with other bits or other shapes."""
    if isinstance(mine, LaneState):
        fields = [field.name for field in dataclasses.fields(State)]
        return [x for one in fields for x in unlike(getattr(mine, one), getattr(theirs, one), f"{name}.{one}")]
    if isinstance(mine, (np.ndarray, np.generic)):
        same = np.shape(mine) == np.shape(theirs) and same_bits(np.asarray(mine), np.asarray(theirs))
        return [] if same else [name]
    if dataclasses.is_dataclass(mine):
        fields = [field.name for field in dataclasses.fields(mine)]
        return [x for one in fields for x in unlike(getattr(mine, one), getattr(theirs, one), f"{name}.{one}")]
    if isinstance(mine, tuple):
        pairs = enumerate(zip(mine, theirs, strict=True))
        return [x for place, (one, other) in pairs for x in unlike(one, other, f"{name}[{place}]")]
    return [] if mine == theirs else [name]


# As many lanes as there are blocs, dyads, goods or firms too: no axis may be taken for that of the lanes.
@pytest.mark.parametrize("n_lanes", [1, 2, 3, 5, 8, 14])
@pytest.mark.parametrize("change", [{}, ALL_ON], ids=("default", "all on"))
def test_every_lane_is_the_world_of_its_replicate(n_lanes: int, change: dict[str, Any]) -> None:
    many = world_of(n_lanes, **change)
    for lane in {0, n_lanes - 1}:
        alone = worlds.played("2026", lane, ROOT_SEED, QUARTERS, **change)
        assert unlike(Lane(many, lane).state, alone.state) == []


def test_a_difference_between_lanes_is_seen(world: World) -> None:
    found = unlike(Lane(world, 0).state, Lane(world, 1).state)
    assert {"state.tension", "state.climate.level", "state.insight.mandate.flows[0][1].table"} <= set(found)
    assert "state.quarter" not in found and "state.insight.is_new" not in found


def test_arrays_are_read_without_the_axis_of_lanes(world: World) -> None:
    state = Lane(world, 2).state
    assert state.tension.shape == (3,) and state.price.shape == world.state.price.shape[1:]
    assert same_bits(state.climate.level, world.state.climate.level[2])
    assert same_bits(state.books.accounts.sales, world.booked().sales[2])
    assert state.club == world.state.club[2] and state.quarter == QUARTERS
    assert state.supply.scheme is None and state.insight.is_new is False


def test_records_in_tuples_are_seen_by_lane(world: World) -> None:
    parts = Lane(world, 2).known().parts
    for d in range(3):
        for side in (0, 1):
            whole = world.known().parts[d][side]
            assert same_bits(parts[d][side].duty[0], whole.duty[0][2])
            assert same_bits(parts[d][side].technology, whole.technology[2])


def test_what_is_written_is_written_to_the_world() -> None:
    whole = world_of(3)
    one, others = Lane(whole, 1).state, whole.state.tension[[0, 2]].copy()
    one.tension[0] = 7.0
    one.treaty = [1, 0, 1]
    one.dialogue[...] = 0.25
    assert whole.state.tension[1, 0] == 7.0 and same_bits(whole.state.tension[[0, 2]], others)
    assert whole.state.treaty[1].tolist() == [1, 0, 1] and (whole.state.dialogue[1] == 0.25).all()
    assert (whole.state.dialogue[[0, 2]] != 0.25).any()
    one.quarter = 9
    assert whole.state.quarter == 9


def test_a_record_of_a_quarter_cannot_be_replaced_through_a_lane(world: World) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Lane(world, 0).state.insight.is_new = True


def test_an_unknown_name_is_the_records(world: World) -> None:
    state = Lane(world, 0).state
    for act in (lambda: state.treatise, lambda: setattr(state, "treatise", 1)):
        with pytest.raises(AttributeError, match="treatise"):
            act()


def test_what_there_is_can_be_listed_and_shown(world: World) -> None:
    state = Lane(world, 3).state
    assert {field.name for field in dataclasses.fields(world.state)} <= set(dir(state))
    assert repr(state) == f"<lane 3 of 4 in quarter {QUARTERS}>" and type(state.climate) is Climate


def test_a_lane_knows_what_all_lanes_share(world: World) -> None:
    lane = Lane(world, 1)
    for name in ("parameters", "agenda", "economy"):
        assert getattr(lane, name) is getattr(world, name)
    assert lane.start is world.scenario


def test_a_view_is_no_copy(world: World) -> None:
    state = Lane(world, 1).state
    assert np.shares_memory(state.tension, world.state.tension)


def test_what_can_be_tabled_follows_from_what_is_in_force(world: World) -> None:
    for d, menu in enumerate(world.agenda.menus):
        for lane in range(world.n_lanes):
            held = int(world.state.treaty[lane, d])
            mine = Lane(world, lane).on_table(d)
            np.testing.assert_array_equal(mine, negotiable(menu, world.rules.on_table.allowed[0], held))
            assert mine[held]


def test_lobbies_and_the_package_shown_are_the_lanes(world: World) -> None:
    for lane in range(world.n_lanes):
        alone = NegotiationModel("2026", ROOT_SEED, lane, narrate=False)
        for _ in range(QUARTERS):
            alone.step()
        for d in range(3):
            package = Lane(world, lane).reference_package(d)
            assert package == alone.reference_package(d)
            assert Lane(world, lane).lobbies(d, package) == alone.lobbies(d, package)
