"""Tension: row B15 in closed form and by simulation, the signs of feedback, effective tension."""

from __future__ import annotations

import benchmarks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import assert_simulated, check_shape_blind, closed, row

from model.numerics import FloatArray, FloatLike
from model.rules import tension

RNG = np.random.default_rng(20180106)
MU, PHI, SIG, RATE, JUMP = -0.5, 0.9, 0.3, 0.04, 1.0
unit = st.floats(0.0, 1.0)
latent = st.floats(-6.0, 6.0)


def step(x: FloatArray | float, rate: float = RATE, **feedback: float) -> FloatArray:
    """One quarter at the settings of B15, with fresh shocks."""
    n = np.shape(x)
    effects = {"cooperation": 0.0, "violation": 0.0, "dialogue": 0.0} | feedback
    return tension.tension_step(
        x,
        MU,
        PHI,
        SIG,
        RNG.standard_normal(n),
        RNG.random(n),
        RNG.exponential(size=n),
        rate,
        JUMP,
        effects["cooperation"],
        0.05,
        effects["violation"],
        0.15,
        effects["dialogue"],
        0.03,
    )


def quiet(x: FloatLike, cooperation: float = 0.0, violation: float = 0.0, dialogue: float = 0.0) -> FloatArray:
    """One quarter without shocks."""
    return tension.tension_step(
        x, MU, PHI, SIG, 0.0, 0.99, 1.0, RATE, JUMP, cooperation, 0.05, violation, 0.15, dialogue, 0.03
    )


def test_b15_moments() -> None:
    expected = row("B15")
    variance = benchmarks.stationary_variance(PHI, SIG)
    assert variance == closed(expected["var_ar"])
    assert np.sqrt(variance) == closed(expected["sd"])
    assert benchmarks.half_life(PHI) == closed(expected["half_life"])
    assert tension.mean_latent(MU, RATE, JUMP, PHI) == closed(expected["mean_with_jumps"])
    assert benchmarks.stationary_variance(PHI, SIG, RATE, JUMP) == closed(expected["var_with_jumps"])
    above = benchmarks.exceedance_probability(0.8, MU, variance)
    assert above == closed(expected["p_tension_gt_08_gauss"])
    lag4 = PHI**4
    assert lag4 == closed(expected["autocorr4"])


def test_b15_in_one_batch() -> None:
    expected = row("B15")
    both = benchmarks.stationary_variance(PHI, SIG, np.array([0.0, RATE]), JUMP)
    np.testing.assert_allclose(both, [expected["var_ar"], expected["var_with_jumps"]], rtol=1e-6)
    means = tension.mean_latent(np.array([MU, MU]), np.array([0.0, RATE]), JUMP, PHI)
    np.testing.assert_allclose(means, [MU, expected["mean_with_jumps"]], rtol=1e-6)


def long_run(rate: float, n: int = 40_000, quarters: int = 100) -> tuple[FloatArray, FloatArray]:
    """Independent latents in the long run, and the same four quarters later."""
    x = np.full(n, MU)
    for _ in range(quarters):
        x = step(x, rate)
    later = x
    for _ in range(4):
        later = step(later, rate)
    return x, later


def test_b15_by_simulation_without_jumps() -> None:
    expected = row("B15")
    x, later = long_run(0.0)
    assert_simulated(x, MU)
    assert_simulated((x - MU) ** 2, expected["var_ar"])
    assert_simulated((x - MU) * (later - MU) / expected["var_ar"], expected["autocorr4"])
    assert_simulated(tension.tension_level(x) > 0.8, expected["p_tension_gt_08_gauss"])


def test_b15_by_simulation_with_jumps() -> None:
    expected = row("B15")
    x, _ = long_run(RATE)
    assert_simulated(x, expected["mean_with_jumps"])
    assert_simulated((x - expected["mean_with_jumps"]) ** 2, expected["var_with_jumps"])


def test_long_run_mean_with_a_dialogue_at_its_ceiling() -> None:
    x = MU
    for _ in range(400):
        x = quiet(x, dialogue=0.4)
    assert x == pytest.approx(tension.mean_latent(MU, 0.0, JUMP, PHI, 0.03, 0.4), rel=1e-9)


@given(latent, unit, unit)
def test_feedback_has_the_stated_sign(x: float, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert quiet(x, cooperation=high) <= quiet(x, cooperation=low)
    assert quiet(x, dialogue=high) <= quiet(x, dialogue=low)
    assert quiet(x, violation=high) >= quiet(x, violation=low)
    assert quiet(MU) == MU


def test_a_jump_comes_when_the_draw_is_below_its_rate() -> None:
    arguments = [0.0, 0.0, 0.9, 0.3, 0.0]
    feedback = [0.0] * 6
    assert tension.tension_step(*arguments, 0.039, 2.0, RATE, 1.5, *feedback) == 3.0
    assert tension.tension_step(*arguments, 0.041, 2.0, RATE, 1.5, *feedback) == 0.0


def test_effective_tension_weighs_today_by_a_third() -> None:
    d = 0.98 * 0.97
    weight = (1 - d) / (1 - d * PHI)
    assert weight == pytest.approx(0.34, abs=0.005)
    effective = tension.effective_tension(1.5, -0.1, 0.98, 0.03, PHI)
    assert effective == pytest.approx(tension.tension_level(-0.1 + weight * 1.6), rel=1e-12)
    assert tension.effective_tension(-0.1, -0.1, 0.98, 0.03, PHI) == tension.tension_level(-0.1)
    assert tension.effective_tension(1.5, -0.1, 0.0, 0.03, PHI) == tension.tension_level(1.5)


@given(latent, latent, st.floats(0.95, 0.99), st.floats(0.0, 0.08), st.floats(0.8, 0.97))
def test_effective_tension_lies_between_today_and_the_long_run(
    x: float, mean: float, discount: float, hazard: float, persistence: float
) -> None:
    effective = tension.effective_tension(x, mean, discount, hazard, persistence)
    low, high = sorted((float(tension.tension_level(x)), float(tension.tension_level(mean))))
    assert low - 1e-12 <= effective <= high + 1e-12


def test_tension_of_extreme_latents_is_finite() -> None:
    assert tension.tension_level(0.0) == 0.5
    assert tension.tension_level(np.array([-2000.0, 2000.0])).tolist() == [0.0, 1.0]


def test_m1_shape_blind() -> None:
    n = 8
    x, mean, normal = RNG.normal(size=(3, n))
    a, b, c, d = RNG.random((4, n))
    check_shape_blind(
        lambda *state: tension.tension_step(*state[:2], PHI, SIG, *state[2:5], 0.3, JUMP, *state[5:]),
        *(x, mean, normal, a, 3 * b, c, a / 5, d, b / 5, b, c / 5),
    )
    check_shape_blind(tension.tension_level, x)
    check_shape_blind(tension.mean_latent, mean, a / 5, b, 0.9 * c, d / 5, a)
    check_shape_blind(tension.effective_tension, x, mean, 0.9 + 0.09 * a, b / 10, 0.9 * c)
    check_shape_blind(benchmarks.stationary_variance, 0.9 * a, b, c / 5, d)
    check_shape_blind(benchmarks.half_life, 0.1 + 0.8 * a)
    check_shape_blind(benchmarks.exceedance_probability, 0.1 + 0.8 * a, mean, 0.1 + b)
