"""The second table: row B14, the threshold's direction (M18), and moods that last."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import assert_simulated, check_shape_blind, closed, row

from model.rules import ratification

RNG = np.random.default_rng(20180103)
GAINS = (-0.2, 0.0, 0.1, 0.3)


def test_b14_probability() -> None:
    expected = row("B14")
    for gain, level in zip(GAINS, expected["p"], strict=True):
        assert ratification.ratification_probability(gain, 1.0, 0.1, 6.0) == closed(level)
    batch = ratification.ratification_probability(np.array(GAINS) * 0.04, 0.04, 0.1, 6.0)
    np.testing.assert_allclose(batch, expected["p"], rtol=1e-6)


def test_b14_both_must_pass() -> None:
    both = ratification.ratification_probability(np.array([0.3, 0.15]), 1.0, 0.1, 6.0)
    assert both[0] * both[1] == closed(row("B14")["joint"])


@given(
    st.floats(-3.0, 3.0),
    st.floats(-0.1, 0.6),
    st.floats(-0.1, 0.6),
    st.floats(0.001, 1.0),
    st.floats(2.0, 12.0),
)
def test_m18_a_higher_threshold_never_helps(gain: float, a: float, b: float, scale: float, slope: float) -> None:
    low, high = sorted((a, b))
    easy = ratification.ratification_probability(gain, scale, low, slope)
    hard = ratification.ratification_probability(gain, scale, high, slope)
    assert 0.0 <= hard <= easy <= 1.0
    assert ratification.in_win_set(gain, scale, low) or not ratification.in_win_set(gain, scale, high)
    assert ratification.ratification_probability(gain + scale, scale, low, slope) >= easy


def test_win_set_is_where_passing_is_likelier_than_not() -> None:
    gain = np.linspace(-1.0, 1.0, 41) + 0.001
    likely = ratification.ratification_probability(gain, 0.5, 0.15, 6.0) >= 0.5
    assert (likely == ratification.in_win_set(gain, 0.5, 0.15)).all()


def test_passes_with_its_probability_and_the_mood_lasts() -> None:
    mood = RNG.standard_normal(40_000)
    before = ratification.ratifies(mood, 0.3)
    assert_simulated(before, 0.3)
    after = ratification.ratifies(ratification.persistent_shock(mood, 0.9, RNG.standard_normal(mood.shape)), 0.3)
    assert_simulated(after, 0.3)
    assert after[before].mean() > 0.6 > 0.3 > after[~before].mean(), "a failure today makes one tomorrow likely"


def test_certain_cases() -> None:
    mood = np.array([-8.0, -1.0, 0.0, 1.0, 8.0])
    assert ratification.ratifies(mood, 1.0).all()
    assert not ratification.ratifies(mood, 0.0).any()
    assert ratification.persistent_shock(0.7, 0.0, 1.3) == 1.3
    assert ratification.persistent_shock(0.7, 1.0, 1.3) == 0.7
    # Far from the threshold the probability saturates without a floating-point fault.
    assert ratification.ratification_probability(-1e6, 0.0005, 0.1, 6.0) == 0.0
    assert ratification.ratification_probability(1e6, 0.0005, 0.1, 6.0) == 1.0


def test_m1_shape_blind() -> None:
    n = 9
    gain, shock, draw = RNG.normal(size=(3, n))
    scale, threshold = RNG.random((2, n)) + 0.01
    check_shape_blind(ratification.ratification_probability, gain, scale, threshold, fixed=(6.0,))
    check_shape_blind(ratification.persistent_shock, shock, threshold / 2, draw)
    check_shape_blind(ratification.ratifies, shock, scale)
    check_shape_blind(ratification.in_win_set, gain, scale, threshold)
    packages = RNG.normal(size=(n, 5))
    check_shape_blind(ratification.in_win_set, packages, scale[:, np.newaxis], threshold[:, np.newaxis])
