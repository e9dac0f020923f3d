"""Common random numbers: a run's luck is its address; what is changed is all that changes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import worlds
from thinned import one_in

from model.draws import Draws
from model.negotiation import NegotiationModel
from model.scenario.evidence import seeds_directory


@pytest.mark.parametrize("scenario", one_in(2, worlds.SCENARIOS[::-1]))
def test_one_address_one_run(scenario: str) -> None:
    again = NegotiationModel(scenario, root_seed=1, replicate=5).run()
    assert worlds.same_record(worlds.played(scenario, replicate=5), again) == []
    assert again.summary().equals(worlds.played(scenario, replicate=5).summary())


def test_another_replicate_or_root_seed_is_another_run() -> None:
    for other in (worlds.played(replicate=6), worlds.played(replicate=5, root_seed=2)):
        assert "dyad.tension" in worlds.same_record(worlds.played(replicate=5), other)


def test_telling_the_story_changes_nothing() -> None:
    silent = worlds.played("2026", replicate=1)
    told = NegotiationModel("2026", root_seed=1, replicate=1, narrate=True).run()
    assert worlds.same_record(silent, told) == [] and silent.story == [] and told.story


def test_two_worlds_at_a_time_do_not_disturb_each_other() -> None:
    one, two = (NegotiationModel("2026", root_seed=1, replicate=r, narrate=False) for r in (0, 1))
    while one.running:
        one.step()
        two.step()
    assert worlds.same_record(worlds.played(replicate=0), one) == []
    assert worlds.same_record(worlds.played(replicate=1), two) == []


def test_parameters_do_not_change_the_luck() -> None:
    plain = worlds.played("2026", replicate=0, quarters=0)
    other = worlds.played(
        "2026", replicate=0, quarters=0, rounds_per_quarter=8, assessment_interval=1, unilateral_duties=False,
        tension_jump_rate=0.0, retaliation_rule="grim", **worlds.NOTHING_ON_THE_TABLE,
    )  # fmt: skip
    for field in dataclasses.fields(Draws):
        np.testing.assert_array_equal(getattr(plain.world.luck, field.name), getattr(other.world.luck, field.name))


def test_playing_does_not_use_up_the_luck() -> None:
    fresh = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False).world.luck
    for field in dataclasses.fields(Draws):
        np.testing.assert_array_equal(getattr(fresh, field.name), getattr(worlds.played().world.luck, field.name))


def test_a_longer_horizon_leaves_earlier_quarters_as_they_were(tmp_path: Path) -> None:
    text = (seeds_directory() / "scenarios" / "symmetric.toml").read_text(encoding="utf-8")
    short = tmp_path / "short.toml"
    short.write_text(text.replace('last_quarter = "2035Q4"', 'last_quarter = "2032Q4"'), encoding="utf-8")
    cut = NegotiationModel(str(short), root_seed=1, replicate=0, narrate=False).run()
    whole = worlds.played("symmetric", replicate=0)
    assert cut.n_quarters == 28 and whole.n_quarters == 40
    assert worlds.same_record(cut, whole, 28) == []


# --- minimally different worlds -----------------------------------------------------------------------------------


def first_end(world: NegotiationModel) -> int:
    when = world.state.first_end
    return int(min(when[when >= 0], default=world.n_quarters))


def first_case(world: NegotiationModel) -> int:
    return first_true(worlds.series(world, "directed", "investigation") > 0)


def first_plant(world: NegotiationModel) -> int:
    plants = worlds.series(world, "automaker", "plants")
    return first_true(plants > plants[:, :1]) - world.parameters.plant_lag


def first_true(happens: np.ndarray) -> int:
    when = np.flatnonzero(happens.any(axis=0))
    return int(when[0]) if when.size else happens.shape[1]


@pytest.mark.parametrize(
    ("change", "first"),
    [
        ({"cooling_off": 12}, first_end),  # counts once a treaty has ended
        ({"investigation_quarters": 6}, first_case),  # counts once a case is open
        ({"plant_lag": 12}, first_plant),  # counts once a plant is started
    ],
)
def test_until_a_late_mechanism_is_reached_two_worlds_are_one(change: dict[str, Any], first: Any) -> None:
    differ = 0
    for replicate in range(4):
        one = worlds.played("2026", replicate=replicate, opening_hazard=0.6, plant_cost=0.5)
        other = worlds.played("2026", replicate=replicate, opening_hazard=0.6, plant_cost=0.5, **change)
        alike = first(one)
        if alike > 0:
            assert worlds.same_record(one, other, alike) == []
        differ += worlds.same_record(one, other) != []
    assert differ > 0


def test_what_an_arm_has_off_the_table_moves_nothing_that_is_exogenous() -> None:
    # Tension without feedback is the same path in every arm.
    still = {"cooperation_on_tension": 0.0, "violation_on_tension": 0.0, "dialogue_on_tension": 0.0}
    one = worlds.played("2026", replicate=0, **still)
    other = worlds.played("2026", replicate=0, **still, **worlds.NOTHING_ON_THE_TABLE)
    np.testing.assert_array_equal(worlds.series(one, "dyad", "tension"), worlds.series(other, "dyad", "tension"))
    assert "dyad.depth" in worlds.same_record(one, other)
