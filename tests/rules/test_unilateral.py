"""Moves a bloc makes alone: the checks of theory 1.6a, and announcements as a stag hunt (1.15)."""

from __future__ import annotations

import benchmarks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import assert_simulated, check_shape_blind, closed, row

from model.rules import unilateral

RNG = np.random.default_rng(20180108)
unit = st.floats(0.0, 1.0)
amount = st.floats(-2.0, 2.0)


def test_grid_of_duties() -> None:
    np.testing.assert_allclose(unilateral.duty_grid(0.25, 0.1), [0.0, 0.15, 0.25, 0.35, 0.45], rtol=1e-15)
    np.testing.assert_allclose(unilateral.duty_grid(0.0, 0.1), [0.0, 0.0, 0.0, 0.1, 0.2])
    np.testing.assert_allclose(unilateral.duty_grid(1.45, 0.1), [0.0, 1.35, 1.45, 1.5, 1.5])
    above = unilateral.duty_grid(1.7, 0.1)
    assert above[2] == 1.7 and above[3] == 1.7, "a duty of the past above the ceiling stays what it is"


@given(st.floats(0.0, 1.5), st.floats(0.05, 0.25))
def test_grid_is_ordered_bounded_and_holds_today(special: float, step: float) -> None:
    grid = unilateral.duty_grid(special, step)
    assert (np.diff(grid) >= 0.0).all()
    assert grid[0] == 0.0 and grid[2] == special and grid[4] <= unilateral.DUTY_CEILING


def test_best_move_keeps_today_on_a_tie() -> None:
    assert unilateral.best_move(np.array([-1.0, 0.0, 0.0, 0.0, -1.0])) == (2, 0.0)
    assert unilateral.best_move(np.array([0.5, 0.5, 0.0, 0.2, 0.5])) == (0, 0.5)
    assert unilateral.best_move(np.array([-1.0, -1.0, 0.0, 0.2, 0.3])) == (4, 0.3)


@given(st.floats(0.0, 1.0), st.floats(0.0, 0.1), unit)
def test_nothing_opens_where_today_is_best(u: float, threshold: float, tension: float) -> None:
    _, gain = unilateral.best_move(np.array([-0.3, -0.1, 0.0, -0.1, -0.2]))
    chance = unilateral.opening_probability(gain, 0.05, 9.0, 0.5, tension, 2.0, 2.0, 0.6)
    assert not unilateral.opens(u * chance, chance, gain, threshold, 0.05)


def test_rate_of_opening_without_weights_is_half_the_hazard() -> None:
    chance = unilateral.opening_probability(0.4, 0.05, 3.0, 0.0, 0.9, 0.0, 0.0, 0.25)
    assert chance == 0.125
    opened = unilateral.opens(RNG.random(100_000), chance, 0.4, 0.02, 0.05)
    assert_simulated(opened, 0.125)
    assert not unilateral.opens(0.0, chance, 0.0009, 0.02, 0.05)


@pytest.mark.parametrize("interval", range(1, 9))
def test_how_often_governments_look_does_not_decide_how_often_they_act(interval: int) -> None:
    yearly = np.array([0.0, 0.1, 0.25, 0.6, 1.0])
    looks = [unilateral.at_assessment(float(chance), interval) for chance in yearly]
    # As many looks as make up two years leave what two years leave.
    np.testing.assert_allclose((1.0 - np.array(looks)) ** (8 / interval), (1.0 - yearly) ** 2, atol=1e-12)
    assert interval != 4 or looks == yearly.tolist(), "to the last bit where assessments are a year apart"


@given(amount, amount, unit, unit, st.floats(0.0, 6.0), st.floats(0.0, 6.0))
def test_gain_petition_and_tension_never_calm_a_bloc(
    gain: float, petition: float, a: float, b: float, weight: float, slope: float
) -> None:
    def chance(g: float, p: float, t: float) -> float:
        return float(unilateral.opening_probability(g, 0.3, p, 0.5, t, weight, slope, 0.25))

    low, high = sorted((a, b))
    base = chance(gain, petition, low)
    assert 0.0 <= base <= 0.25
    assert chance(gain, petition, high) >= base
    assert chance(gain + 0.1, petition, low) >= base
    assert chance(gain, petition + 0.1, low) >= base
    assert chance(gain, -1.0, low) == chance(gain, 0.0, low), "a loss is no petition"


def test_more_tension_never_means_fewer_investigations_with_the_same_draws() -> None:
    u, gain = RNG.random(5000), RNG.normal(0.0, 0.1, 5000)
    opened = [
        unilateral.opens(
            u, unilateral.opening_probability(gain, 0.1, 0.1, 0.5, tension, 2.0, 2.0, 0.25), gain, 0.02, 0.1
        )
        for tension in (0.2, 0.5, 0.8)
    ]
    assert not (opened[0] & ~opened[1]).any()
    assert not (opened[1] & ~opened[2]).any()
    assert opened[0].mean() < opened[2].mean()


def test_a_threat_is_believed_as_often_as_it_was_carried_out() -> None:
    assert unilateral.carry_share(0, 0) == 0.5
    assert unilateral.carry_share(3, 1) == closed(5 / 8)
    assert unilateral.carry_share(1000, 0) > 0.99
    assert unilateral.carry_share(3, 1, 1.0, 0.0) == closed(4 / 5)


def test_answers_and_emergencies() -> None:
    assert unilateral.answer_rise(0.2, 0.5) == 0.1
    assert unilateral.answer_rise(-0.2, 0.5) == 0.0
    struck = unilateral.emergency(RNG.random(100_000), 0.05, 0.6)
    assert_simulated(struck, 0.03)
    rise = unilateral.EMERGENCY_STEPS * 0.1
    assert unilateral.moved_duty(0.25, 0.0) == 0.25
    assert unilateral.moved_duty(0.25, rise) == pytest.approx(0.45)
    assert unilateral.moved_duty(1.45, rise) == unilateral.DUTY_CEILING


def test_a_rise_never_lowers_a_duty_and_relief_ends_at_none() -> None:
    # A scenario may start above the ceiling; what is done there stays where the grid would leave it.
    assert unilateral.moved_duty(1.7, 0.2) == 1.7
    assert unilateral.moved_duty(1.7, -0.1) == pytest.approx(1.6)
    assert unilateral.moved_duty(0.15, -0.2) == 0.0
    for special in (0.0, 0.3, 1.45, 1.7):
        grid = unilateral.duty_grid(special, 0.1)
        for k, steps in enumerate((-1.0, 0.0, 1.0, 2.0), 1):
            assert unilateral.moved_duty(special, 0.1 * steps) == pytest.approx(grid[k])


def test_announcement_is_a_stag_hunt() -> None:
    own, joint = -0.2, 0.3
    threshold = benchmarks.stag_hunt_threshold(own, joint)
    assert threshold == closed(2 / 3)
    assert unilateral.zev_gain(own, joint, True, 0.0, 0.0) >= 0.0
    assert unilateral.zev_gain(own, joint, False, 1.0, 0.67) >= 0.0
    assert unilateral.zev_gain(own, joint, False, 1.0, 0.66) < 0.0
    assert unilateral.zev_gain(0.0, 0.0, False, 0.0, 0.5) >= 0.0, "harmony"
    assert benchmarks.stag_hunt_threshold(0.1, -0.3) == 0.0
    assert benchmarks.stag_hunt_threshold(-0.1, 0.0) == benchmarks.NEVER
    assert benchmarks.stag_hunt_threshold(-0.4, 0.3) == benchmarks.NEVER


def test_c4_threshold_of_the_textbook_stag_hunt() -> None:
    # R, T, S, P = 4, 3, 0, 2: a hunter alone loses P - S; the other's help is worth (R - T) + (P - S) more.
    needed = row("C4")["p_star"]
    assert benchmarks.stag_hunt_threshold(0.0 - 2.0, (4.0 - 3.0) + (2.0 - 0.0)) == closed(needed)


def test_an_announcement_is_a_hazard_that_rises_with_its_gain_and_a_switch_without_hesitation() -> None:
    gain = np.array([-5.0, -0.1, 0.0, 0.1, 5.0])
    chance = unilateral.zev_hazard(gain, 0.7)
    assert (np.diff(chance) > 0.0).all() and chance[2] == 0.5 and chance[0] > 0.0 and chance[-1] < 1.0
    switch = [0.0, 0.0, 1.0, 1.0, 1.0]
    for none in (0.0, 1.1125369292536007e-308):  # a gain divided by the second is beyond every number
        np.testing.assert_array_equal(unilateral.zev_hazard(gain, none), switch)
    np.testing.assert_allclose(unilateral.zev_hazard(gain, 1e-3)[gain != 0.0], np.delete(switch, 2), atol=1e-30)


def test_ramp_and_cost_of_a_phase_out() -> None:
    shift = unilateral.zev_demand_shift(0.3, np.array([-4.0, 0.0, 8.0, 16.0, 40.0]), 16)
    np.testing.assert_allclose(shift, [0.0, 0.0, 0.15, 0.3, 0.3])
    assert unilateral.zev_cost(20.0, 0.5, 0.4) == pytest.approx(0.2)
    assert unilateral.zev_cost(20.0, 0.5, 0.6) == 0.0


def test_m1_shape_blind() -> None:
    n = 9
    a, b, c, d = RNG.random((4, n))
    gain, petition = RNG.normal(size=(2, n))
    check_shape_blind(unilateral.duty_grid, 1.6 * a, 0.05 + b / 5)
    check_shape_blind(unilateral.best_move, np.round(RNG.normal(size=(n, 5)), 1))
    check_shape_blind(unilateral.opening_probability, gain, 0.01 + a, petition, b, c, d, fixed=(2.0, 0.25))
    check_shape_blind(unilateral.worth_moving, gain, a / 10, b)
    check_shape_blind(unilateral.opens, a, b, gain, c / 10, d)
    check_shape_blind(unilateral.carry_share, np.arange(n), np.arange(n)[::-1])
    check_shape_blind(unilateral.answer_rise, gain, a)
    check_shape_blind(unilateral.emergency, a, b, c)
    check_shape_blind(unilateral.moved_duty, 1.6 * a, b / 4 - c / 4)
    check_shape_blind(unilateral.zev_gain, gain, petition, a > 0.5, b, c)
    check_shape_blind(unilateral.zev_hazard, gain, fixed=(0.7,))
    check_shape_blind(benchmarks.stag_hunt_threshold, gain, petition)
    check_shape_blind(unilateral.zev_demand_shift, a, 30 * b - 5, fixed=(16,))
    check_shape_blind(unilateral.zev_cost, 20 * a, b, c)
