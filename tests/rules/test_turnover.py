"""What a new government may change (theory 1.17): weights, thresholds, priors; what it cannot: the record."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import assert_simulated, check_shape_blind

from model.rules import turnover

RNG = np.random.default_rng(20180117)
normal = st.floats(-6.0, 6.0)


def test_without_spread_nothing_changes() -> None:
    assert turnover.new_profit_weight(0.3, 0.0, 2.0) == 0.3
    assert turnover.new_threshold_shift(0.1, 0.0, 2.0) == 0.0
    assert turnover.new_prior(2.5, 0.0, 2.0) == 2.5


def test_worked_example() -> None:
    # One standard deviation up: e^0.5 times the weight, 0.1 more of S_L, e^0.3 times the prior.
    assert turnover.new_profit_weight(0.3, 0.5, 1.0) == pytest.approx(0.494616, abs=1e-6)
    assert turnover.new_threshold_shift(0.15, 0.1, 1.0) == pytest.approx(0.1)
    assert turnover.new_prior(2.0, 0.3, 1.0) == pytest.approx(2.699718, abs=1e-6)
    # A prior of 2 gives way to one of 2.7; five good quarters on top of it stay.
    assert turnover.evidence_with_prior(7.0, 2.0, 2.7, 0.05) == pytest.approx(7.7)
    assert turnover.evidence_with_prior(0.5, 2.0, 1.0, 0.05) == 0.05


@given(st.floats(0.0, 1.5), st.floats(0.0, 1.0), normal)
def test_redrawn_values_stay_in_their_ranges(usual: float, spread: float, draw: float) -> None:
    assert 0.0 <= turnover.new_profit_weight(usual, spread, draw) <= turnover.MOST_PROFIT_WEIGHT
    theta = min(0.4, usual - 0.1)
    shifted = theta + turnover.new_threshold_shift(theta, spread, draw)
    assert turnover.LEAST_THRESHOLD - 1e-12 <= shifted <= turnover.MOST_THRESHOLD + 1e-12
    assert turnover.LEAST_PRIOR <= turnover.new_prior(max(usual, 0.1), spread, draw) <= turnover.MOST_PRIOR


def test_the_usual_value_is_the_median() -> None:
    draws = RNG.standard_normal(40_000)
    assert_simulated(turnover.new_profit_weight(0.3, 0.5, draws) > 0.3, 0.5)
    assert_simulated(turnover.new_prior(2.0, 0.3, draws) > 2.0, 0.5)
    assert_simulated(turnover.new_threshold_shift(0.2, 0.05, draws), 0.0)


def test_m1_shape_blind() -> None:
    n = 12
    draw, usual = RNG.standard_normal(n), RNG.random(n)
    for rule in (turnover.new_profit_weight, turnover.new_threshold_shift, turnover.new_prior):
        check_shape_blind(lambda x, z, rule=rule: rule(x, 0.3, z), usual, draw)
    check_shape_blind(turnover.evidence_with_prior, *RNG.random((3, n)), fixed=(0.05,))


@given(st.floats(0.001, 0.999), st.floats(0.1, 20.0), st.floats(0.1, 20.0))
def test_beliefs_by_type_exchange_their_prior(belief: float, prior: float, new: float) -> None:
    after = turnover.belief_with_prior(belief, prior, new)
    assert 0.0 < after < 1.0
    assert (after >= belief - 1e-12) if new >= prior else (after <= belief + 1e-12)
    # Back again is where it was; from a prior of 2 against 2 to 6 against 2 the odds are three to one.
    assert turnover.belief_with_prior(after, new, prior) == pytest.approx(belief)
    assert turnover.belief_with_prior(0.5, 2.0, 6.0) == pytest.approx(0.75)
