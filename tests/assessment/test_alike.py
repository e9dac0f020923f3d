"""Lanes that are alike share an assessment, to the last bit of what each alone would find."""

import dataclasses

import numpy as np
import pytest

from model.assessment import alike, doors
from model.numerics import same_bits
from model.parameters.checked import make_parameters
from model.world import World

N_LANES = 60
ALL_MARKETS = {
    "carbon_border": True,
    "zev_mandate": True,
    "dual_credits": True,
    "climate_club": True,
    "foresight": True,
}


@pytest.mark.parametrize(("scenario", "changes"), [("2026", {}), ("2026", ALL_MARKETS), ("2026-access", {})])
def test_lanes_that_share_an_assessment_find_what_they_would_find_alone(
    monkeypatch: pytest.MonkeyPatch, scenario: str, changes: dict[str, float]
) -> None:
    changes = {**changes, "battery_cost_luck": 0.0}  # with it no two lanes are alike after a quarter
    World(scenario, make_parameters(changes), 3, range(1), n_quarters=6)  # what a start looks at is not counted
    assess, looked_at = alike.assess, []

    def seen(economy, parameters, situation, *rest):  # type: ignore[no-untyped-def]
        looked_at.append(len(situation.utility))
        return assess(economy, parameters, situation, *rest)

    monkeypatch.setattr(alike, "assess", seen)
    monkeypatch.setattr(doors, "assess", seen)
    worlds = []
    for fewest in (alike.MANY_LANES, N_LANES + 1):
        monkeypatch.setattr(alike, "MANY_LANES", fewest)
        worlds.append(
            World(scenario, make_parameters({**changes, "assessment_interval": 1}), 3, range(N_LANES), n_quarters=6)
        )
        for _ in range(4):
            worlds[-1].step()
            tables = worlds[-1].known().tables
            # Replicates stay fastest in memory, so that what reads the tables is no slower.
            assert tables.welfare.strides[0] == tables.welfare.itemsize
    half = len(looked_at) // 2
    assert looked_at[0] == 1, "all lanes begin alike"
    assert any(1 < n < N_LANES for n in looked_at[:half]), "some are still alike after some quarters"
    assert set(looked_at[half:]) == {N_LANES}
    shared, alone = (world.known().tables for world in worlds)
    for field in dataclasses.fields(shared):
        if field.name != "nodes":
            assert same_bits(getattr(shared, field.name), getattr(alone, field.name)), field.name
    assert worlds[0].summary().equals(worlds[1].summary())


def test_lanes_are_alike_where_every_array_has_the_same_bits() -> None:
    first = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    second = np.zeros((7, 2), order="F")
    second[3, 1], second[6, 0] = np.nan, -0.0
    chosen, like = alike.distinct(iter([first, second]), 7)
    assert chosen.tolist() == [0, 1, 3, 6], "minus zero is another number"
    assert like.tolist() == [0, 1, 0, 2, 1, 1, 3]
    chosen, like = alike.distinct(iter([first]), 7)
    assert chosen[like].tolist() == [0, 1, 0, 0, 1, 1, 0]


def test_reading_stops_where_most_lanes_are_of_their_own_kind() -> None:
    arrays = iter([np.arange(5.0), np.arange(5.0)])
    assert alike.distinct(arrays, 5)[0].size == 5
    assert len(list(arrays)) == 1


def test_lanes_with_one_digest_that_are_not_alike_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "ODD", np.uint64(0))  # by which all lanes have the same
    chosen, like = alike.distinct(iter([np.repeat([0.0, 1.0], 3)]), 6)
    assert chosen.tolist() == like.tolist() == list(range(6))
    chosen, like = alike.distinct(iter([np.ones((6, 2))]), 6)
    assert (chosen.tolist(), like.tolist()) == ([0], [0] * 6)
