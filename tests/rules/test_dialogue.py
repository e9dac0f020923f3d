"""The channel between two governments: hysteresis, the pace of a dialogue, and joint research beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import check_shape_blind

from model.rules import dialogue

RNG = np.random.default_rng(20180107)
unit = st.floats(0.0, 1.0)


def test_channel_has_hysteresis() -> None:
    seen, is_open = [], True
    for tension in (0.5, 0.8, 0.85, 0.86, 0.8, 0.7, 0.69, 0.8):
        is_open = dialogue.channel_open(is_open, tension, 0.85, 0.70)
        seen.append(bool(is_open))
    assert seen == [True, True, True, False, False, False, True, True]


@given(st.booleans(), unit, unit)
def test_higher_tension_never_opens_a_channel(was_open: bool, a: float, b: float) -> None:
    low, high = sorted((a, b))
    calm = dialogue.channel_open(was_open, low, 0.85, 0.70)
    tense = dialogue.channel_open(was_open, high, 0.85, 0.70)
    assert calm or not tense


@given(st.booleans(), unit)
def test_m21_tension_does_nothing_with_its_pathway_off(was_open: bool, tension: float) -> None:
    assert dialogue.channel_open(was_open, tension, 0.85, 0.70, False)


def test_dialogue_climbs_to_its_ceiling_and_falls_to_its_floor() -> None:
    level, path = 0.0, []
    for _ in range(6):
        level = float(dialogue.dialogue_step(level, True, 0.4, 0.1, 0.2))
        path.append(level)
    assert path == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    path = []
    for _ in range(3):
        level = float(dialogue.dialogue_step(level, False, 0.4, 0.1, 0.2, 0.1))
        path.append(level)
    assert path == pytest.approx([0.2, 0.1, 0.1])


def test_ceiling_that_is_lowered_or_lies_below_the_floor() -> None:
    assert dialogue.dialogue_step(0.7, True, 0.4, 0.1, 0.2) == 0.4
    assert dialogue.dialogue_step(0.0, True, 0.0, 0.1, 0.2, 0.2) == 0.2


@given(unit, st.booleans(), unit, st.floats(0.0, 0.5), unit, st.floats(0.0, 0.3))
def test_dialogue_stays_in_bounds(
    level: float, is_open: bool, ceiling: float, rise: float, fall: float, floor: float
) -> None:
    after = dialogue.dialogue_step(level, is_open, ceiling, rise, fall, floor)
    assert floor <= after <= 1.0
    assert after >= dialogue.dialogue_step(level, False, ceiling, rise, fall, floor) or level > ceiling


def test_joint_research_grows_in_calm_and_halves_in_tension() -> None:
    assert dialogue.track2_step(0.5, 0.3) == pytest.approx(0.55)
    assert dialogue.track2_step(0.98, 0.3) == 1.0
    assert dialogue.track2_step(0.5, 0.86) == 0.25
    assert dialogue.track2_step(0.5, 0.85) == pytest.approx(0.55)


def test_m1_shape_blind() -> None:
    n = 12
    a, b, c = RNG.random((3, n))
    flags = RNG.random((2, n)) < 0.5
    check_shape_blind(dialogue.channel_open, flags[0], a, 0.5 + b / 2, b / 2, flags[1])
    check_shape_blind(dialogue.dialogue_step, a, flags[0], b, c / 2, c, a / 3)
    check_shape_blind(dialogue.track2_step, a, b)


@given(st.floats(0.0, 0.3), unit)
def test_half_of_subnational_contacts_break_off_in_high_tension(level: float, tension: float) -> None:
    kept = dialogue.subnational_level(level, tension)
    assert kept == (0.5 * level if tension > 0.85 else level)
    assert dialogue.subnational_level(level, 0.0) == level
    # A channel that is shut leaves what they sustain, and no more.
    assert dialogue.dialogue_step(kept, False, 0.4, 0.1, 0.2, kept) == kept


def test_m1_subnational_level_is_shape_blind() -> None:
    check_shape_blind(dialogue.subnational_level, RNG.random(12) * 0.3, RNG.random(12))
