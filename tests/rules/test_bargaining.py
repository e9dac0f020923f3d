"""Sessions: rows B6 to B9, offers and answers, and Harmony against Deadlock at the table (part of M14)."""

from __future__ import annotations

import benchmarks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import check_shape_blind, closed, row
from scipy.optimize import brentq

from model.numerics import FloatArray, power
from model.rules import bargaining

RNG = np.random.default_rng(20180102)
share = st.floats(0.0, 1.0)
# Gains to the nearest m$: denormal numbers are no payoffs.
gains = st.lists(st.integers(-2000, 2000).map(lambda m: m / 1000.0), min_size=5, max_size=5)

POLYNOMIAL = [("boulware_beta025", 0.25), ("linear", 1.0), ("conceder_beta4", 4.0)]
EXPONENTIAL = [("exp_beta05_k01", 0.5), ("exp_beta2_k01", 2.0)]


@pytest.mark.parametrize(("name", "exponent"), POLYNOMIAL)
def test_b6_polynomial_aspiration(name: str, exponent: float) -> None:
    expected = row("B6")
    for time, level in zip(expected["t"], expected[name], strict=True):
        conceded = bargaining.concession_share(time, exponent)
        assert bargaining.aspiration(0.0, 1.0, conceded) == closed(level)
    batch = bargaining.aspiration(0.0, 1.0, bargaining.concession_share(np.array(expected["t"]), exponent))
    np.testing.assert_allclose(batch, expected[name], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("name", "exponent"), EXPONENTIAL)
def test_b6_exponential_aspiration(name: str, exponent: float) -> None:
    expected = row("B6")
    for time, level in zip(expected["t"], expected[name], strict=True):
        conceded = bargaining.concession_share_exponential(time, exponent, 0.1)
        assert bargaining.aspiration(0.0, 1.0, conceded) == closed(level)
    batch = bargaining.concession_share_exponential(np.array(expected["t"]), exponent, 0.1)
    np.testing.assert_allclose(bargaining.aspiration(0.0, 1.0, batch), expected[name], rtol=1e-6, atol=1e-9)


def test_b6_all_curves_in_one_batch() -> None:
    expected = row("B6")
    exponents = np.array([[exponent] for _, exponent in POLYNOMIAL])
    batch = bargaining.concession_share(np.array(expected["t"]), exponents)
    np.testing.assert_allclose(1.0 - batch, [expected[n] for n, _ in POLYNOMIAL], rtol=1e-6, atol=1e-9)


def agreement_time(first: float, second: float) -> float:
    """When the aspirations of two sides who split one unit first add up to no more than it."""

    def excess(time: float) -> float:
        conceded = (bargaining.concession_share(time, first), bargaining.concession_share(time, second))
        return float(sum(bargaining.aspiration(0.0, 1.0, c) for c in conceded)) - 1.0

    return float(brentq(excess, 0.0, 1.0, xtol=1e-12))


def test_b7_the_tougher_side_gets_more() -> None:
    expected = row("B7")
    assert agreement_time(0.5, 0.5) == closed(expected["sym_beta05"])
    time = agreement_time(0.25, 2.0)
    assert time == closed(expected["t"])
    held = bargaining.concession_share(np.full(2, time), np.array([0.25, 2.0]))
    np.testing.assert_allclose(1.0 - held, [expected["share1"], expected["share2"]], rtol=1e-6)


def test_b8_rubinstein() -> None:
    expected = row("B8")
    assert benchmarks.rubinstein_share(0.95, 0.90) == closed(expected["share1"])
    assert benchmarks.rubinstein_share(0.95, 0.95) == closed(expected["equal"])
    step = 0.001
    assert benchmarks.rubinstein_share(np.exp(-0.05 * step), np.exp(-0.10 * step)) == closed(expected["dt001"])
    assert expected["limit_r"] == closed(0.10 / (0.05 + 0.10))
    assert benchmarks.rubinstein_share(1.0, 1.0) == 0.5
    batch = benchmarks.rubinstein_share(np.array([0.95, 0.95]), np.array([0.90, 0.95]))
    np.testing.assert_allclose(batch, [expected["share1"], expected["equal"]], rtol=1e-6)


def test_b8_rubinstein_with_a_last_round() -> None:
    expected = row("B8")
    for rounds, level in zip((1, 2, 3, 10, 50), expected["finite"], strict=True):
        assert benchmarks.rubinstein_finite(0.95, 0.90, rounds) == closed(level)
        batch = benchmarks.rubinstein_finite(np.full(3, 0.95), 0.90, rounds)
        np.testing.assert_allclose(batch, [level] * 3, rtol=1e-6)
    endless = benchmarks.rubinstein_share(0.95, 0.90)
    assert benchmarks.rubinstein_finite(0.95, 0.90, 401) == closed(endless)
    with pytest.raises(ValueError, match="at least one round"):
        benchmarks.rubinstein_finite(0.9, 0.9, 0)


def test_b9_benchmark_choices() -> None:
    expected = row("B9")
    menu = np.array(expected["menu"])
    assert benchmarks.nash_product_choice(menu) == expected["nash"]
    assert benchmarks.nash_product_choice(menu, 0.7) == expected["nash_w07"]
    assert benchmarks.nash_product_choice(menu, 0.3) == expected["nash_w03"]
    assert benchmarks.kalai_smorodinsky(menu) == expected["kalai_smorodinsky"]
    assert benchmarks.utilitarian(menu) == expected["utilitarian"]
    batch = np.stack([menu] * 3)
    weights = np.array([[0.5], [0.7], [0.3]])
    by_weight = [expected["nash"], expected["nash_w07"], expected["nash_w03"]]
    assert benchmarks.nash_product_choice(batch, weights).tolist() == by_weight
    assert benchmarks.kalai_smorodinsky(batch).tolist() == [expected["kalai_smorodinsky"]] * 3
    assert benchmarks.utilitarian(batch).tolist() == [expected["utilitarian"]] * 3


def test_benchmarks_stay_at_home_when_everything_harms_someone() -> None:
    menu = np.array([[-1.0, 3.0], [2.0, -0.1]])
    assert benchmarks.nash_product_choice(menu) == 0
    assert benchmarks.kalai_smorodinsky(menu) == 0
    assert benchmarks.utilitarian(menu) == 0


@given(gains, gains, st.floats(0.01, 100.0))
def test_kalai_smorodinsky_and_nash_do_not_depend_on_units(
    first: list[float], second: list[float], scale: float
) -> None:
    menu = np.array([first, second]).T
    # Powers of two scale floating-point numbers without rounding, so that ties stay ties.
    scaled = menu * np.array([2.0 ** np.round(np.log2(scale)), 1.0])
    assert benchmarks.kalai_smorodinsky(menu) == benchmarks.kalai_smorodinsky(scaled)
    product = np.prod(np.maximum(menu, 0.0), axis=-1)[benchmarks.nash_product_choice(scaled)]
    assert product >= 0.999999 * np.max(np.prod(np.maximum(menu, 0.0), axis=-1) * (menu.min(-1) >= 0))


@given(share, share, st.floats(0.1, 4.0), st.floats(0.0, 0.9))
def test_concession_rises_in_time_and_with_a_softer_tactic(a: float, b: float, exponent: float, kappa: float) -> None:
    early, late = sorted((a, b))
    now = bargaining.concession_share(early, exponent, kappa)
    assert now <= bargaining.concession_share(late, exponent, kappa) + 1e-15
    assert now <= bargaining.concession_share(early, exponent * 1.5, kappa) + 1e-15
    assert bargaining.concession_share(0.0, exponent, kappa) == kappa
    assert bargaining.concession_share(1.0, exponent, kappa) == 1.0
    assert bargaining.concession_share(1.0 + late, exponent, kappa) == 1.0
    if kappa > 0.0:
        assert bargaining.concession_share_exponential(1.0 + late, exponent, kappa) == 1.0


def test_clock_of_a_session() -> None:
    times = [bargaining.session_time(c, k, 4, 8) for c in range(8) for k in range(4)]
    np.testing.assert_allclose(times, np.arange(32) / 32, rtol=1e-15)
    assert bargaining.session_time(8, 0, 4, 8) == 1.0


def test_zone_and_its_best_package() -> None:
    own, other = np.array([0.5, 0.2, 0.9, 0.3]), np.array([0.1, 0.6, -0.2, 0.3])
    passes = np.array([True, True, True, False])
    zone = bargaining.zone_of_agreement(own, 0.1, passes, other, 0.05)
    assert zone.tolist() == [True, True, False, False]
    assert bargaining.best_in_zone(own, zone, 0.1) == 0.5
    assert bargaining.best_in_zone(own, np.zeros(4, bool), 0.1) == 0.1
    assert bargaining.reservation_value(0.05, 2.0) == 0.1


def test_offer_is_the_partners_favourite_among_the_good_enough() -> None:
    own, other = np.array([0.5, 0.2, 0.9, 0.5]), np.array([0.1, 0.6, -0.2, 0.1])
    everything = np.ones(4, bool)
    assert bargaining.choose_offer(own, other, 0.1, everything) == (1, True)
    assert bargaining.choose_offer(own, other, 0.4, everything) == (0, True), "ties go to the first"
    assert bargaining.choose_offer(own, other, 0.4, np.array([False, True, True, True])) == (3, True)
    assert bargaining.choose_offer(own, other, 1.0, everything) == (0, False)
    assert bargaining.accept(0.4, 0.4, True)
    assert not bargaining.accept(0.4, 0.4, False)
    assert not bargaining.accept(0.39, 0.4, True)


def test_offer_agrees_with_argmax_in_the_ensembles_layout() -> None:
    own, other = np.round(RNG.normal(size=(2, 200, 50)), 1).transpose(0, 2, 1)
    admissible = RNG.random((50, 200)) < 0.8
    aspirations = np.linspace(-1.0, 4.0, 50)[:, np.newaxis]
    index, exists = bargaining.choose_offer(own, other, aspirations, admissible)
    eligible = (own >= aspirations) & admissible
    np.testing.assert_array_equal(index, np.argmax(np.where(eligible, other, -np.inf), axis=-1))
    np.testing.assert_array_equal(exists, eligible.any(-1))
    assert 0 < exists.sum() < 50
    index, exists = bargaining.choose_offer(own, other, np.full((50, 1), np.inf), admissible)
    assert index.tolist() == [0] * 50
    assert not exists.any()


def test_take() -> None:
    table = RNG.random((3, 5))
    index = np.array([4, 0, 2])
    assert bargaining.take(table, index).tolist() == [table[0, 4], table[1, 0], table[2, 2]]
    assert bargaining.take(table[0], index).tolist() == table[0, index].tolist()
    assert bargaining.take(table[0], 3) == table[0, 3]
    assert bargaining.take(table > 0.5, index).dtype == bool


def play_session(first: FloatArray, second: FloatArray, reservation: float = 0.01) -> tuple[int, float] | None:
    """One session of theory 1.8 without noise, eight quarters of four rounds: (package, time) or None."""
    sides = (first, second)
    for clock in range(8):
        for k in range(4):
            conceded = bargaining.concession_share(bargaining.session_time(clock, k, 4, 8), 0.5)
            aspirations = []
            for own, other in (sides, sides[::-1]):
                zone = bargaining.zone_of_agreement(own, reservation, True, other, reservation)
                best = bargaining.best_in_zone(own, zone, reservation)
                aspirations.append(bargaining.aspiration(reservation, best, conceded))
            proposer = (4 * clock + k) % 2
            offer, exists = bargaining.choose_offer(sides[proposer], sides[1 - proposer], aspirations[proposer], True)
            answer = bargaining.take(sides[1 - proposer], offer)
            if exists and bargaining.accept(answer, aspirations[1 - proposer], True):
                return int(offer), float(bargaining.session_time(clock, k, 4, 8))
    return None


LEVELS = np.array([(y, z) for y in (0, 1 / 3, 2 / 3, 1) for z in (0, 1 / 3, 2 / 3, 1)])


def additive(cost: float, benefit: float) -> tuple[FloatArray, FloatArray]:
    """Gains of two alike sides who cut duties by y and z: each loses its own cut, gains the partner's."""
    y, z = LEVELS[:, 0], LEVELS[:, 1]
    return benefit * z - cost * y, benefit * y - cost * z


def test_m14_harmony_ends_in_full_depth_at_once() -> None:
    first, second = additive(cost=-0.5, benefit=1.0)
    assert play_session(first, second) == (len(LEVELS) - 1, 0.0)


def test_m14_deadlock_has_no_treaty() -> None:
    first, second = additive(cost=1.0, benefit=0.7)
    assert play_session(first, second) is None


def test_prisoners_dilemma_settles_on_a_fair_deep_package() -> None:
    first, second = additive(cost=0.25, benefit=1.0)
    outcome = play_session(first, second)
    assert outcome is not None
    package, time = outcome
    assert 0.0 < time < 1.0
    assert min(first[package], second[package]) > 0.25
    assert LEVELS[package].min() >= 2 / 3


@given(gains, gains, share, share)
def test_a_higher_reservation_never_widens_the_zone(
    first: list[float], second: list[float], a: float, b: float
) -> None:
    low, high = sorted((a, b))
    own, other = np.array(first), np.array(second)
    wide = bargaining.zone_of_agreement(own, low, True, other, 0.0)
    narrow = bargaining.zone_of_agreement(own, high, True, other, 0.0)
    assert not (narrow & ~wide).any()
    assert bargaining.best_in_zone(own, narrow, high) >= high


def test_m1_shape_blind() -> None:
    n, p = 7, 12
    first, second = RNG.normal(size=(2, n, p))
    level, other, third = RNG.random((3, n))
    check_shape_blind(bargaining.session_time, np.arange(n), fixed=(2, 4, 8))
    check_shape_blind(bargaining.concession_share, level, other + 0.1, third)
    check_shape_blind(bargaining.concession_share_exponential, level, other + 0.1, 0.1 + 0.9 * third)
    check_shape_blind(bargaining.aspiration, level, level + other, third)
    check_shape_blind(bargaining.reservation_value, level, other)
    column = level[:, np.newaxis]
    check_shape_blind(bargaining.zone_of_agreement, first, column, first > 0, second, column)
    check_shape_blind(bargaining.best_in_zone, first, first > 0.5, column * 0.5)
    check_shape_blind(bargaining.choose_offer, first, second, column, first > -1)
    check_shape_blind(bargaining.accept, level, other, third > 0.5)
    check_shape_blind(bargaining.take, first, np.arange(n))
    menu = np.stack([first, second], axis=-1)
    check_shape_blind(benchmarks.nash_product_choice, menu, 0.1 + 0.8 * column)
    check_shape_blind(benchmarks.kalai_smorodinsky, menu)
    check_shape_blind(benchmarks.utilitarian, menu)
    check_shape_blind(benchmarks.rubinstein_share, level, other)
    check_shape_blind(lambda a, b: benchmarks.rubinstein_finite(a, b, 10), level, other)


def test_negmas_polynomial_aspiration_is_the_reciprocal_exponent() -> None:
    time = np.linspace(0.0, 1.0, 11)
    for e in (0.25, 0.5, 1.0, 2.0, 4.0):
        polynomial_aspiration = 1.0 - power(time, e)
        np.testing.assert_allclose(
            1.0 - bargaining.concession_share(time, 1.0 / e), polynomial_aspiration, rtol=1e-12, atol=1e-15
        )


def test_imitation_answers_a_concession_and_nothing_else() -> None:
    # Held out for 1.0; the partner came 0.3 closer, so 0.7 is enough now; twice as much with gamma 2.
    assert bargaining.imitated(1.0, 0.2, 0.3, 1.0) == pytest.approx(0.7)
    assert bargaining.imitated(1.0, 0.2, 0.3, 2.0) == pytest.approx(0.4)
    assert bargaining.imitated(1.0, 0.2, 5.0, 1.0) == 0.2
    assert bargaining.imitated(1.0, 0.2, -5.0, 1.0) == bargaining.imitated(1.0, 0.2, 0.3, 0.0) == 1.0


@given(st.floats(-2, 2), st.floats(0, 1), st.floats(-3, 3), st.floats(0, 2))
def test_imitation_stays_between_reservation_and_aspiration(r: float, more: float, came: float, gamma: float) -> None:
    assert r <= bargaining.imitated(r + more, r, came, gamma) <= r + more


def test_m1_imitation_is_shape_blind() -> None:
    check_shape_blind(bargaining.imitated, *np.random.default_rng(8).normal(size=(4, 12)))
