"""Self-enforcement: rows B1 and B2, relation M16, and how treaties end."""

from __future__ import annotations

import benchmarks
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rule_checks import assert_simulated, check_shape_blind, closed, row
from scipy.optimize import brentq

from model.rules import compliance

RNG = np.random.default_rng(20180104)
FLOWS = {"wcc": 10.0, "wdc": 11.2, "wcd": 8.4, "wdd": 9.3, "punish": 9.3}
BETA, HAZARD = 0.98, 0.03
flow = st.floats(-5.0, 5.0)
belief = st.floats(0.001, 0.999)


def slack(trust: float, lag: float = 1, length: float = np.inf) -> float:
    passes, room = compliance.honour_test(
        **FLOWS,
        trust=trust,
        continuation=compliance.continuation(BETA, HAZARD, trust),
        detection_lag=lag,
        punishment_length=length,
    )
    assert passes == (room >= 0)
    return float(room)


def slack_type(q: float) -> float:
    d = compliance.continuation(BETA, HAZARD, 1.0)
    passes, room = compliance.honour_test_type(**FLOWS, belief=q, continuation=d)
    assert passes == (room >= 0)
    return float(room)


@pytest.mark.parametrize(
    ("name", "lag", "length"), [("grim", 1, np.inf), ("T4", 1, 4), ("lag2", 2, np.inf), ("lag2_T8", 2, 8)]
)
def test_b1_critical_discount_factor(name: str, lag: float, length: float) -> None:
    assert benchmarks.critical_delta(5.0, 3.0, 1.0, lag, length) == closed(row("B1")[name])


def test_b1_in_one_batch() -> None:
    expected = row("B1")
    batch = benchmarks.critical_delta(5.0, 3.0, 1.0, np.array([1, 1, 2, 2]), np.array([np.inf, 4, np.inf, 8]))
    np.testing.assert_allclose(batch, [expected[k] for k in ("grim", "T4", "lag2", "lag2_T8")], rtol=1e-6)


def test_b1_alternation_against_tit_for_tat() -> None:
    assert benchmarks.alternation_delta(5.0, 3.0, 0.0) == closed(row("B1")["tft_alternation"])
    assert benchmarks.alternation_delta(3.0, 5.0, 0.0) == 0.0
    assert benchmarks.alternation_delta(9.0, 3.0, 0.0) == 1.0


def test_critical_discount_factor_at_its_ends() -> None:
    assert benchmarks.critical_delta(3.0, 3.0, 1.0) == 0.0
    assert benchmarks.critical_delta(5.0, 3.0, 3.0) == 1.0
    assert benchmarks.critical_delta(9.0, 3.0, 1.0, 1, 1) == 1.0
    assert benchmarks.critical_delta(5.0, 3.0, 1.0, 1, 0) == 1.0


@given(st.floats(0.1, 5.0), st.floats(0.1, 5.0), st.integers(1, 4), st.integers(1, 40))
def test_critical_delta_is_where_the_test_turns(gain: float, lost: float, lag: int, length: int) -> None:
    delta = float(benchmarks.critical_delta(lost + gain, lost, 0.0, lag, length))
    assume(delta < 0.999)
    for discount, passes in ((delta + 1e-6, True), (delta - 1e-6, False)):
        honours, _ = compliance.honour_test(
            lost, lost + gain, 0.0, 0.0, 0.0, 1.0, discount, detection_lag=lag, punishment_length=length
        )
        assert honours == passes


def test_b2_reliability_version() -> None:
    expected = row("B2")
    assert compliance.continuation(BETA, HAZARD, 0.8) == closed(expected["delta_eff"])
    assert slack(0.8) == closed(expected["slack"])
    assert slack(0.5) == closed(expected["q05"])
    assert slack(0.9) == closed(expected["q09"])
    assert slack(0.9, lag=2) == closed(expected["lag2"])
    assert slack(0.9, length=4) == closed(expected["T4_q09"])
    assert expected["loss"] - expected["gain"] == closed(expected["slack"])
    assert brentq(slack, 0.5, 0.99, xtol=1e-13) == closed(expected["q_star"])


def test_b2_in_one_batch() -> None:
    expected = row("B2")
    trust = np.array([0.8, 0.5, 0.9, 0.9, 0.9])
    passes, room = compliance.honour_test(
        *FLOWS.values(),
        trust,
        compliance.continuation(BETA, HAZARD, trust),
        np.array([1, 1, 1, 2, 1]),
        np.array([np.inf, np.inf, np.inf, np.inf, 4]),
    )
    np.testing.assert_allclose(room, [expected[k] for k in ("slack", "q05", "q09", "lag2", "T4_q09")], rtol=1e-6)
    assert passes.tolist() == [True, False, True, True, True]


def test_b2_type_version() -> None:
    expected = row("B2")
    assert slack_type(0.8) == closed(expected["type_slack"])
    assert slack_type(0.8) + expected["gain"] == closed(expected["type_rhs"])
    assert brentq(slack_type, 0.01, 0.5, xtol=1e-13) == closed(expected["type_q_star"])


def test_b2_additive_thresholds() -> None:
    expected = row("B2")
    ratios = [row("A8")[case]["delta_star"] for case in ("psi0.3", "sigma0.5")]
    for ratio, q, q_type in zip(ratios, expected["sep_q_star"], expected["type_sep_q_star"], strict=True):
        assert benchmarks.separable_threshold(ratio, BETA, HAZARD) == closed(q)
        assert benchmarks.separable_threshold_type(ratio, BETA, HAZARD) == closed(q_type)
    batch = benchmarks.separable_threshold(np.array(ratios), BETA, HAZARD)
    np.testing.assert_allclose(batch, expected["sep_q_star"], rtol=1e-6)
    batch = benchmarks.separable_threshold_type(np.array(ratios), BETA, HAZARD)
    np.testing.assert_allclose(batch, expected["type_sep_q_star"], rtol=1e-6)
    assert benchmarks.separable_threshold_type(1.2, BETA, HAZARD) == benchmarks.NEVER
    assert benchmarks.separable_threshold_type(1.0, BETA, HAZARD) == benchmarks.NEVER
    assert benchmarks.separable_threshold(1.0, BETA, HAZARD) > 1.0


@given(st.floats(0.01, 0.9))
def test_additive_threshold_is_where_the_test_turns(ratio: float) -> None:
    for threshold, test, with_trust in (
        (benchmarks.separable_threshold(ratio, BETA, HAZARD), compliance.honour_test, True),
        (benchmarks.separable_threshold_type(ratio, BETA, HAZARD), compliance.honour_test_type, False),
    ):
        for trust, honours in ((threshold * 1.0001, True), (threshold * 0.9999, False)):
            d = compliance.continuation(BETA, HAZARD, trust if with_trust else 1.0)
            assert test(1 - ratio, 1.0, -ratio, 0.0, 0.0, trust, d)[0] == honours


def test_b2_belief_in_types() -> None:
    expected = row("B2")["type_path"]
    q = expected[0]
    batch = np.full(3, q)
    for z, after in zip((1, 1, 0, 1, 0, 0), expected[1:], strict=True):
        q = compliance.bayes_type_update(q, z, 0.15, 0.15)
        batch = compliance.bayes_type_update(batch, np.full(3, z), 0.15, 0.15)
        assert q == closed(after)
        np.testing.assert_allclose(batch, [after] * 3, rtol=1e-6)
    # Unequal errors, by hand: P(1 | reciprocator) = 0.9, P(1 | other) = 0.3.
    assert compliance.bayes_type_update(0.5, 1, 0.1, 0.3) == closed(0.9 / 1.2)
    assert compliance.bayes_type_update(0.5, 0, 0.1, 0.3) == closed(0.1 / 0.8)


@given(belief, st.sampled_from([0.0, 1.0]), st.floats(0.0, 0.35), st.floats(0.0, 0.35))
def test_belief_in_types_stays_open(q: float, z: float, false_alarm: float, missed: float) -> None:
    after = compliance.bayes_type_update(q, z, false_alarm, missed)
    assert compliance.BELIEF_FLOOR <= after <= 1.0 - compliance.BELIEF_FLOOR
    inside = 0.002 < q < 0.998
    assert not inside or (after >= q - 1e-12 if z else after <= q + 1e-12)
    assert compliance.bayes_type_update(q, z, 0.5, 0.5) == pytest.approx(q, rel=1e-12)


@given(
    flow,
    flow,
    flow,
    flow,
    flow,
    belief,
    st.floats(0.8, 0.99),
    st.floats(0, 0.2),
    st.floats(0.001, 0.2),
    st.integers(1, 4),
)
def test_m16_patience_and_stability_never_break_a_treaty(
    wcc: float, wdc: float, wcd: float, wdd: float, punish: float,
    trust: float, beta: float, hazard: float, more: float, lag: int,
) -> None:  # fmt: skip
    def room(b: float, h: float) -> float:
        d = compliance.continuation(b, h, trust)
        return float(compliance.honour_test(wcc, wdc, wcd, wdd, punish, trust, d, lag)[1])

    assume(trust * wcc + (1 - trust) * wcd > punish)
    assume(room(beta, hazard) > 1e-9)
    assert room(min(beta + more, 0.999), hazard) >= 0.0
    assert room(beta, max(hazard - more, 0.0)) >= 0.0


@given(st.floats(0.01, 0.9), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_m16_trust_never_breaks_an_additive_treaty(ratio: float, a: float, b: float) -> None:
    enough = 1.0001 * float(benchmarks.separable_threshold(ratio, BETA, HAZARD))
    for share in (a, b):
        q = enough + share * max(0.999 - enough, 0.0)
        d = compliance.continuation(BETA, HAZARD, q)
        assert compliance.honour_test(1 - ratio, 1.0, -ratio, 0.0, 0.0, q, d)[0]


@given(flow, flow, flow, belief, st.integers(1, 4), st.integers(1, 30))
def test_longer_answers_and_quicker_ones_never_hurt(
    wcc: float, wdc: float, wdd: float, trust: float, lag: int, length: int
) -> None:
    punish = -6.0
    d = compliance.continuation(BETA, HAZARD, trust)
    flows = (wcc, wdc, wcc - 1.0, wdd, punish, trust, d)
    base = compliance.honour_test(*flows, lag, length)
    assume(base[1] > 1e-9)
    assert compliance.honour_test(*flows, lag, length + 5)[0]
    assert compliance.honour_test(*flows, lag, np.inf)[0]


def test_current_policy_against_itself_has_no_slack_and_passes() -> None:
    for test in (compliance.honour_test, compliance.honour_test_type):
        passes, room = test(*np.full(5, 1.7), 0.6, 0.57, 2, 4)
        assert passes and room == 0.0


def test_without_punishment_only_a_lapse_that_pays_nothing_is_resisted() -> None:
    assert not compliance.honour_test(1.0, 1.1, 0.0, 0.1, 0.0, 0.9, 0.9, 1, 0)[0]
    assert compliance.honour_test(1.0, 0.9, 0.0, -0.1, 0.0, 0.9, 0.9, 1, 0)[0]


def test_ends_of_the_ranges_are_finite() -> None:
    for d in (0.0, 0.001, 0.999, 1.0):
        for length in (0.0, 1.0, 40.0, np.inf):
            for lag in (1, 4):
                room = compliance.honour_test(1.0, 1.2, -0.2, 0.0, 0.0, 0.5, d, lag, length)[1]
                assert np.isfinite(room)


def test_how_treaties_end() -> None:
    assert compliance.two_strikes(True, True)
    assert not compliance.two_strikes(True, False)
    assert not compliance.two_strikes(False, True)
    u = RNG.random(100_000)
    assert_simulated(compliance.exit_draw(u, 0.08, 0.7), 0.056)
    assert not compliance.exit_draw(u, 0.0, 1.0).any()
    assert compliance.exit_pays(0.11, 0.1, 1.0)
    assert not compliance.exit_pays(0.1, 0.1, 1.0)
    assert not compliance.exit_pays(-1.0, 0.0, 1.0)


def test_m1_shape_blind() -> None:
    n = 8
    flows = RNG.normal(size=(5, n))
    trust, d = RNG.uniform(0.05, 0.95, (2, n))
    lag, length = RNG.integers(1, 5, n), np.array([0, 1, 4, 8, 40, np.inf, np.inf, 2])
    for test in (compliance.honour_test, compliance.honour_test_type):
        check_shape_blind(test, *flows, trust, d, lag, length)
        packages = RNG.normal(size=(5, n, 6))
        column = (trust[:, np.newaxis], d[:, np.newaxis])
        check_shape_blind(test, *packages, *column, fixed=(1, np.inf))
    check_shape_blind(compliance.continuation, d, 1 - d, trust)
    check_shape_blind(benchmarks.critical_delta, *flows[:3], lag, length)
    check_shape_blind(benchmarks.alternation_delta, *flows[:3])
    check_shape_blind(benchmarks.separable_threshold, trust, 0.9 + 0.09 * d, d)
    check_shape_blind(benchmarks.separable_threshold_type, trust, 0.9 + 0.09 * d, d)
    check_shape_blind(compliance.bayes_type_update, trust, (d > 0.5) * 1.0, d / 3, trust / 3)
    check_shape_blind(compliance.two_strikes, trust > 0.5, d > 0.5)
    check_shape_blind(compliance.exit_draw, d, trust, 1 - d)
    check_shape_blind(compliance.exit_pays, flows[0], d, trust)


# --- partial compliance -------------------------------------------------------------------------------------------

RATES = np.array([0.5, 0.35, 0.2, 0.0])  # standstill, one third, two thirds and all of a cut from 50 % to nothing


def test_partial_compliance_finds_the_crossing_in_logs() -> None:
    # The test passes at standstill and one third and fails at two thirds: half way between them in ln(1 + duty).
    share, passes = compliance.largest_level(np.array([2.0, 1.0, -1.0, -4.0]), RATES, 0.5)
    duty = np.sqrt(1.35 * 1.2) - 1.0
    assert bool(passes) and share == pytest.approx((0.5 - duty) / 0.5)


def test_partial_compliance_at_its_ends() -> None:
    def level(*slack: float) -> tuple[float, bool]:
        share, passes = compliance.largest_level(np.array(slack), RATES[: len(slack)], 0.5)
        return float(share), bool(passes)

    assert level(1.0, 1.0, 1.0, 0.0) == (1.0, True)
    assert level(-1.0, -1.0, -1.0, -1.0) == (0.0, False)
    assert level(0.0, -1.0, -1.0, -1.0) == (0.0, True)
    assert level(0.0) == (1.0, True) and level(-1.0) == (0.0, False)
    # A level that passes above others that do not is still the largest.
    share, passes = level(-1.0, -1.0, 0.5, -0.5)
    assert passes and 0.6 < share < 1.0


@given(
    st.lists(st.floats(-3, 3), min_size=4, max_size=4), st.floats(0, 2)
)  # fmt: skip
def test_a_better_test_never_lowers_the_kept_level(slack: list[float], more: float) -> None:
    low, _ = compliance.largest_level(np.array(slack), RATES, 0.5)
    high, _ = compliance.largest_level(np.array(slack) + more, RATES, 0.5)
    assert 0.0 <= low <= high + 1e-9 and high <= 1.0


def test_m1_partial_compliance_is_shape_blind() -> None:
    rng = np.random.default_rng(9)
    rates = np.sort(rng.random((12, 4)), axis=-1)[:, ::-1].copy()
    check_shape_blind(compliance.largest_level, rng.normal(size=(12, 4)), rates, rates[:, 0] + 0.1)
