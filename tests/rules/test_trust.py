"""Conduct, answers and trust: rows B3, B4, B5, B10 and B11, relations M15 and M18."""

from __future__ import annotations

import benchmarks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import assert_simulated, check_shape_blind, closed, row

from model.numerics import FloatArray
from model.rules import trust

RNG = np.random.default_rng(20180105)
ERRORS = ["0.01", "0.05", "0.1"]
unit = st.floats(0.0, 1.0)
error = st.floats(0.0, 0.35)
# Temptation, reward, punishment, sucker's payoff of the theory note's games.
GAME = (5.0, 3.0, 1.0, 0.0)


def answer(stance: int, signal: FloatArray, left: FloatArray, generosity: float = 1 / 3, quarters: float = 8):
    draw = RNG.random(np.shape(signal))
    return trust.next_honoured_level(stance, signal, draw, generosity, 0.8, 1.0, left, quarters)


def play(stance: int, noise: float, n: int, quarters: int, in_perception: bool = True) -> FloatArray:
    """Acts (2, n) of two equal players who start by honouring, after quarters of mistaken eyes or hands."""
    acts, left = np.ones((2, n)), np.zeros((2, n))
    for _ in range(quarters):
        e = noise if in_perception else 0.0
        seen = trust.conduct_signal(acts[::-1], RNG.random((2, n)), e, e)
        acts, left = answer(stance, seen, left)
        if not in_perception:
            acts = np.abs(acts - (RNG.random((2, n)) < noise))
    return acts


def payoff(acts: FloatArray) -> FloatArray:
    """First player's stage payoff."""
    temptation, reward, punishment, sucker = GAME
    first, second = acts
    alone = first * (1 - second) * sucker + (1 - first) * second * temptation
    return first * second * reward + alone + (1 - first) * (1 - second) * punishment


@pytest.mark.parametrize("noise", ERRORS)
def test_b3_generous_play_under_perception_error(noise: str) -> None:
    expected, e = row("B3")[noise], float(noise)
    rate = benchmarks.generous_long_run(1 / 3, e)
    assert rate == closed(expected["gtft_rate"])
    assert rate == closed(expected["formula"])
    assert rate * rate == closed(expected["gtft_CC"])
    temptation, reward, punishment, sucker = GAME
    alone = rate * (1 - rate) * (temptation + sucker)
    assert rate * rate * reward + alone + (1 - rate) * (1 - rate) * punishment == closed(expected["gtft_payoff"])
    acts = play(trust.GENEROUS, e, 40_000, 60)
    assert_simulated(acts[0], expected["gtft_rate"])
    assert_simulated(acts[0] * acts[1], expected["gtft_CC"])
    assert_simulated(payoff(acts), expected["gtft_payoff"])


@pytest.mark.parametrize("noise", ERRORS)
def test_b3_tit_for_tat_cooperates_half_the_time_under_any_error(noise: str) -> None:
    expected, e = row("B3")[noise], float(noise)
    assert benchmarks.generous_long_run(0.0, e) == closed(expected["tft_rate"])
    acts = play(trust.TIT_FOR_TAT, e, 4000, 600)
    assert_simulated(acts[0], expected["tft_rate"])
    assert_simulated(acts[0] * acts[1], expected["tft_CC"])
    assert_simulated(payoff(acts), expected["tft_payoff"])


@pytest.mark.parametrize("noise", ERRORS)
def test_b3_generous_play_under_slips_of_the_hand(noise: str) -> None:
    acts = play(trust.GENEROUS, float(noise), 40_000, 60, in_perception=False)
    assert_simulated(acts[0], row("B3")[noise]["gtft_impl_rate"])


@pytest.mark.parametrize("noise", ERRORS)
def test_b3_grim_lives_until_the_first_false_alarm(noise: str) -> None:
    expected, e = row("B3")[noise], float(noise)
    n = 4000
    acts, left, life = np.ones((2, n)), np.zeros((2, n)), np.zeros(n)
    for quarter in range(1000):
        life += acts[0] * acts[1]
        acts, left = answer(trust.GRIM, trust.conduct_signal(acts[::-1], RNG.random((2, n)), e, e), left)
        if quarter == 19:
            assert_simulated(acts[0] * acts[1], expected["grim_surv20"])
    assert_simulated(life, expected["grim_mean_life"])
    assert 1 / (1 - (1 - e) ** 2) == closed(expected["grim_mean_life"])
    assert (1 - e) ** 40 == closed(expected["grim_surv20"])


def test_b3_in_one_batch() -> None:
    e = np.array([float(noise) for noise in ERRORS])
    expected = [row("B3")[noise]["gtft_rate"] for noise in ERRORS]
    np.testing.assert_allclose(benchmarks.generous_long_run(1 / 3, e), expected, rtol=1e-6)
    np.testing.assert_allclose(benchmarks.generous_long_run(0.0, e), 0.5, rtol=1e-12)


def test_b4_optimal_generosity() -> None:
    expected = row("B4")
    assert benchmarks.optimal_generosity(*GAME) == closed(expected["molander"])
    assert benchmarks.optimal_generosity(3.0, 2.0, 0.0, -1.0) == closed(expected["additive_c1_b3"])
    batch = benchmarks.optimal_generosity(*np.array([GAME, (3.0, 2.0, 0.0, -1.0)]).T)
    np.testing.assert_allclose(batch, [expected["molander"], expected["additive_c1_b3"]], rtol=1e-6)


def proportional(observed: FloatArray | float) -> FloatArray:
    return trust.next_honoured_level(trust.PROPORTIONAL, 0.0, 0.0, 0.3, 0.8, observed, 0.0, 8)[0]


def test_b5_proportional_answers_settle() -> None:
    expected = row("B5")
    level, batch = 1.0, np.ones(3)
    for after in expected["path"][1:]:
        level, batch = proportional(level - 0.05), proportional(batch - 0.05)
        assert level == closed(after)
        np.testing.assert_allclose(batch, [after] * 3, rtol=1e-6)
    for _ in range(200):
        level = proportional(level - 0.05)
    assert level == closed(expected["x_star"])


def test_stances_one_by_one() -> None:
    def step(stance: int, signal: float, u: float = 0.5, left: float = 0.0) -> tuple[float, float]:
        return tuple(map(float, trust.next_honoured_level(stance, signal, u, 0.3, 0.8, 0.5, left, 3)))

    assert step(trust.TIT_FOR_TAT, 1.0) == (1.0, 0.0)
    assert step(trust.TIT_FOR_TAT, 0.0) == (0.0, 0.0)
    assert step(trust.GENEROUS, 0.0, u=0.29) == (1.0, 0.0)
    assert step(trust.GENEROUS, 0.0, u=0.31) == (0.0, 0.0)
    assert step(trust.GRIM, 1.0) == (1.0, 0.0)
    assert step(trust.GRIM, 0.0) == (0.0, trust.FOREVER)
    assert step(trust.GRIM, 1.0, left=trust.FOREVER) == (0.0, trust.FOREVER - 1)
    assert step(trust.PROPORTIONAL, 1.0) == (pytest.approx(0.6), 0.0)


def test_a_k_punishment_runs_its_quarters_and_no_longer() -> None:
    def levels(signals: tuple[float, ...], quarters: int = 3) -> list[float]:
        found, left = [], 0.0
        for signal in signals:
            level, left = trust.next_honoured_level(trust.K_PUNISH, signal, 0.5, 0.3, 0.8, 0.5, left, quarters)
            found.append(float(level))
        return found

    assert levels((1, 0, 0, 0, 1, 1)) == [1, 0, 0, 0, 1, 1]
    assert levels((1, 0, 1, 1, 1, 1)) == [1, 0, 0, 0, 1, 1]
    assert levels((1, 0, 0, 0, 0, 1)) == [1, 0, 0, 0, 1, 1], "the answer in its last quarter is no new offence"
    assert levels((1, 0, 0, 0, 0, 0)) == [1, 0, 0, 0, 1, 1], "nor is one that comes a quarter later"
    assert levels((1, 0, 1, 1, 1, 1, 0)) == [1, 0, 0, 0, 1, 1, 0], "what is seen once that is over is one"
    assert levels((0, 0, 1, 0), quarters=1) == [0, 0, 1, 0], "a term of one quarter is tit-for-tat"


def time_cooperating(stance: int, quarters: int, public: bool, horizon: int = 4000, lanes: int = 100) -> float:
    """Share of quarters in which both honour, where 4 % of conduct is misread either way.

    public: both read the same signals and both withhold after a bad one; else each reads the other alone.
    """
    rng, level, left, both = np.random.default_rng(7), np.ones((lanes, 2)), np.zeros((lanes, 2)), 0.0
    for _ in range(horizon):
        both += float(level.prod(axis=-1).mean())
        seen = trust.conduct_signal(level, rng.random((lanes, 2)), 0.04, 0.04)
        read = np.repeat(seen.min(axis=-1, keepdims=True), 2, axis=-1) if public else seen[:, ::-1]
        level, left = trust.next_honoured_level(stance, read, 0.9, 0.0, 0.8, level, left, quarters)
    return both / horizon


@pytest.mark.parametrize(("quarters", "low", "high"), [(4, 0.76, 0.774), (8, 0.615, 0.632)])
def test_one_false_alarm_costs_its_term_where_signals_are_public(quarters: int, low: float, high: float) -> None:
    found = time_cooperating(trust.K_PUNISH, quarters, public=True)
    assert low - 0.02 <= found <= high + 0.02
    # Nothing is read in the quarter after a term; then cooperation lasts 1/P quarters, P = 1 - 0.96**2.
    free = 1 + 1 / (1 - 0.96**2)
    assert found == pytest.approx(free / (free + quarters), abs=0.01)


def test_grim_and_one_quarter_are_as_they_were() -> None:
    for public in (True, False):
        assert time_cooperating(trust.GRIM, 4, public) < 0.005
        one, kind = (time_cooperating(stance, 1, public) for stance in (trust.K_PUNISH, trust.TIT_FOR_TAT))
        assert one == kind
    assert time_cooperating(trust.TIT_FOR_TAT, 1, public=False) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(("quarters", "share"), [(4, 0.50), (8, 0.29)])
def test_private_alarms_are_answered_and_come_to_an_end(quarters: int, share: float) -> None:
    assert time_cooperating(trust.K_PUNISH, quarters, public=False) == pytest.approx(share, abs=0.02)


def test_b10_path_of_trust() -> None:
    expected = row("B10")
    good, bad = 3.0, 1.5
    batch = np.full((2, 3), [[3.0], [1.5]])
    assert trust.trust_level(good, bad) == closed(expected["path"][0])
    for z, after in zip((1, 1, 1, 0, 1, 1, 1, 1), expected["path"][1:], strict=True):
        good, bad = trust.update_evidence(good, bad, 3.0, 1.5, 0.95, z, 1.0)
        batch = np.array(trust.update_evidence(*batch, 3.0, 1.5, 0.95, np.full(3, z), 1.0))
        assert trust.trust_level(good, bad) == closed(after)
        np.testing.assert_allclose(trust.trust_level(*batch), [after] * 3, rtol=1e-6)
    assert (good, bad) == (closed(expected["a"]), closed(expected["b"]))
    assert benchmarks.trust_variance(good, bad) == closed(expected["var_a"])


def long_run_trust(signal: float, memory: float, quarters: int = 3000) -> float:
    good, bad = 3.0, 1.5
    for _ in range(quarters):
        good, bad = trust.update_evidence(good, bad, 3.0, 1.5, memory, signal, 1.0)
    return float(good / (good + bad))


def test_b10_long_run_trust_in_a_perfect_partner() -> None:
    expected = row("B10")
    assert long_run_trust(1.0, 0.95) == closed(expected["limit_all1"])
    # Raw signals at 15 % error, in the mean: the trap that the corrected signal avoids.
    assert long_run_trust(0.85, 0.95) == closed(expected["limit_naive_eps15"])
    assert long_run_trust(1.0, 1.0) == pytest.approx(expected["limit_all1_noforget"], abs=1e-3)
    corrected = 0.85 * trust.debiased_signal(1.0, 0.15, 0.15) + 0.15 * trust.debiased_signal(0.0, 0.15, 0.15)
    assert long_run_trust(float(corrected), 0.95) == closed(expected["limit_all1"])


def test_b11_corrected_signals() -> None:
    expected = row("B11")
    assert trust.debiased_signal(1.0, 0.15, 0.15) == closed(expected["z1"])
    assert trust.debiased_signal(0.0, 0.15, 0.15) == closed(expected["z0"])
    batch = trust.debiased_signal(np.array([1.0, 0.0]), 0.15, 0.15)
    np.testing.assert_allclose(batch, [expected["z1"], expected["z0"]], rtol=1e-6)
    n = 100_000
    for false_alarm, missed, if_honoured in ((0.15, 0.15, "mean_if_complies"), (0.10, 0.30, "asym_mean")):
        for conduct, mean in ((1.0, expected[if_honoured]), (0.0, expected["asym_mean_if_violates"])):
            seen = trust.conduct_signal(conduct, RNG.random(n), false_alarm, missed)
            assert_simulated(trust.debiased_signal(seen, false_alarm, missed), mean)


def test_signals_without_error_tell_the_truth() -> None:
    u = RNG.random(1000)
    assert (trust.conduct_signal(1.0, u, 0.0, 0.0) == 1.0).all()
    assert (trust.conduct_signal(0.0, u, 0.0, 0.0) == 0.0).all()
    assert trust.debiased_signal(1.0, 0.0, 0.0) == 1.0
    assert trust.debiased_signal(0.0, 0.0, 0.0) == 0.0


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.1, 20.0), st.floats(0.1, 20.0))
def test_m15_without_forgetting_and_error_trust_counts(n_good: int, n_bad: int, a0: float, b0: float) -> None:
    good, bad = a0, b0
    for z in [1.0] * n_good + [0.0] * n_bad:
        good, bad = trust.update_evidence(good, bad, a0, b0, 1.0, z, 1.0)
    expected = (a0 + n_good) / (a0 + b0 + n_good + n_bad)
    assert trust.trust_level(good, bad) == pytest.approx(np.clip(expected, 0.001, 0.999), rel=1e-9)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data(), error, error, st.floats(0.85, 1.0))
def test_m15_more_honoured_signals_never_lower_trust(
    signals: list[bool], data: st.DataObject, false_alarm: float, missed: float, memory: float
) -> None:
    flipped = data.draw(st.integers(0, len(signals) - 1))
    levels = []
    for better in (False, True):
        good, bad = 2.0, 2.0
        for quarter, honest in enumerate(signals):
            z = 1.0 if better and quarter == flipped else float(honest)
            evidence = trust.debiased_signal(z, false_alarm, missed)
            good, bad = trust.update_evidence(good, bad, 2.0, 2.0, memory, evidence, 1.0)
            assert min(good, bad) >= trust.EVIDENCE_FLOOR
        levels.append(trust.trust_level(good, bad))
    assert levels[1] >= levels[0] - 1e-12


def test_without_an_obligation_trust_drifts_back_to_its_prior() -> None:
    good, bad = 12.0, 1.0
    for _ in range(400):
        good, bad = trust.update_evidence(good, bad, 2.0, 2.0, 0.95, 1.0, 0.0)
    assert trust.trust_level(good, bad) == pytest.approx(0.5, abs=1e-6)
    assert trust.trust_level(1e-12, 1.0) == trust.TRUST_FLOOR
    assert trust.trust_level(1.0, 1e-12) == 1.0 - trust.TRUST_FLOOR


@given(unit, unit, error, st.floats(0.0, 2.0))
def test_m18_dialogue_never_raises_monitoring_error(a: float, b: float, base: float, strength: float) -> None:
    low, high = sorted((a, b))
    near = trust.monitoring_error(base, high, strength)
    assert 0.0 <= near <= trust.monitoring_error(base, low, strength) <= base
    assert trust.monitoring_error(base, 0.0, strength) == base


def test_what_is_published_is_seen_as_it_is() -> None:
    def of(unseen: bool, published: bool, e: float = 0.0) -> tuple[float, float]:
        return tuple(map(float, trust.errors_of_treaty(0.15, 0.2, e, unseen, published)))

    assert of(unseen=False, published=True) == (0.0, 0.0)
    assert of(unseen=True, published=False) == (0.15, 0.2)
    assert of(unseen=True, published=True) == (0.15, 0.0), "who withdraws everything raises its duties too"
    assert of(unseen=False, published=False) == (0.0, 0.0), "nothing owed, nothing seen"
    assert of(unseen=False, published=True, e=0.05) == (0.05, 0.05)
    for kinds in ((True, False), (False, True), (True, True)):
        assert trust.errors_of_treaty(0.15, 0.15, 0.15, *kinds) == (0.15, 0.15)


def disputes(grievances: str, talks: str, consultation: int, least: int) -> list[int]:
    running, found = 0.0, []
    for aggrieved, can_talk in zip(grievances, talks, strict=True):
        running = float(trust.dispute_step(running, aggrieved == "x", can_talk == "o", consultation, least))
        found.append(int(running))
    return found


def test_a_dispute_is_talked_about_then_acted_on_for_its_least_term() -> None:
    assert disputes("x....", "ooooo", 1, 2) == [1, 0, 0, 0, 0], "what has gone after the talks is forgotten"
    assert disputes("xx....", "oooooo", 1, 2) == [1, 2, 3, 0, 0, 0]
    assert disputes("x.....", "......", 1, 2) == [2, 3, 0, 0, 0, 0], "no channel, no talks"
    assert disputes("xx....", "o.....", 1, 2) == [1, 2, 3, 0, 0, 0]
    assert disputes("xxx...", "oooooo", 1, 3) == [1, 2, 3, 4, 0, 0]
    assert disputes("xxxxx.", "oooooo", 2, 2) == [1, 2, 3, 4, 5, 0]
    assert disputes("x.xx.x", "o.oo.o", 0, 1) == [1, 0, 1, 2, 0, 1], "without talks or a term the stance decides"


def test_m1_shape_blind() -> None:
    n = 10
    a, b, c, d = RNG.uniform(0.05, 0.95, (4, n))
    z = (a > 0.5) * 1.0
    check_shape_blind(trust.monitoring_error, a / 3, b, c)
    check_shape_blind(trust.conduct_signal, z, b, c / 3, d / 3)
    check_shape_blind(trust.errors_of_treaty, a / 3, b / 3, c / 10, z > 0.5, d > 0.5)
    check_shape_blind(trust.dispute_step, np.arange(n) % 4 * 1.0, z > 0.5, d > 0.5, fixed=(1, 2))
    check_shape_blind(trust.debiased_signal, z, c / 3, d / 3)
    check_shape_blind(trust.update_evidence, 5 * a, 5 * b, 2 * c, 2 * d, 0.85 + 0.15 * a, z, 1.0 - z)
    check_shape_blind(trust.trust_level, a, b)
    check_shape_blind(benchmarks.trust_variance, a, b)
    check_shape_blind(benchmarks.optimal_generosity, a, b, c, d)
    check_shape_blind(benchmarks.generous_long_run, a, b / 2)
    stances = np.arange(n) % 5
    check_shape_blind(trust.next_honoured_level, stances, z, b, a, d, c, np.arange(n) % 3 * 1.0, fixed=(4,))


def test_contrition_is_tit_for_tat_in_good_standing() -> None:
    for signal in (0.0, 1.0):
        tit_for_tat = trust.next_honoured_level(trust.TIT_FOR_TAT, signal, 0.5, 0.3, 0.8, 1.0, 0.0, 8)
        assert trust.next_honoured_level(trust.CONTRITE, signal, 0.5, 0.3, 0.8, 1.0, 0.0, 8, 1.0) == tit_for_tat
        # Who has withheld without need lets the answer pass.
        level, left = trust.next_honoured_level(trust.CONTRITE, signal, 0.5, 0.3, 0.8, 1.0, 0.0, 8, 0.0)
        assert (float(level), float(left)) == (1.0, 0.0)


def after_a_false_alarm(stance: int, quarters: int = 12) -> list[tuple[float, float]]:
    """Acts of two players who see everything rightly, but for one false alarm of the first in quarter 1."""
    acts, before, path = np.ones(2), np.ones(2), []
    for quarter in range(quarters):
        path.append((float(acts[0]), float(acts[1])))
        seen = acts[::-1].copy()
        if quarter == 1:
            seen[0] = 0.0
        after, _ = trust.next_honoured_level(stance, seen, 0.9, 0.0, 0.8, 1.0, 0.0, 8, before)
        acts, before = after, acts
    return path


def test_contrition_repairs_a_false_alarm_and_tit_for_tat_does_not() -> None:
    # The first withholds once, the second answers once, and both are at peace again (Signorino 1996).
    assert after_a_false_alarm(trust.CONTRITE)[:5] == [(1, 1), (1, 1), (0, 1), (1, 0), (1, 1)]
    assert all(pair == (1, 1) for pair in after_a_false_alarm(trust.CONTRITE)[4:])
    assert after_a_false_alarm(trust.TIT_FOR_TAT)[2:] == [(0, 1), (1, 0)] * 5


def test_contrition_keeps_more_than_tit_for_tat_under_errors() -> None:
    rng = np.random.default_rng(7)
    kept = {}
    for stance in (trust.TIT_FOR_TAT, trust.CONTRITE):
        acts, before, total = np.ones((2, 4000)), np.ones((2, 4000)), 0.0
        for quarter in range(200):
            seen = trust.conduct_signal(acts[::-1], rng.random((2, 4000)), 0.1, 0.1)
            after, _ = trust.next_honoured_level(stance, seen, 0.9, 0.0, 0.8, 1.0, 0.0, 8, before)
            acts, before = after, acts
            total += float(acts.mean()) if quarter >= 100 else 0.0
        kept[stance] = total / 100
    assert abs(kept[trust.TIT_FOR_TAT] - 0.5) < 0.01  # B3
    assert kept[trust.CONTRITE] > 0.75


def test_m1_contrition_is_shape_blind() -> None:
    signal, standing = (RNG.random((2, 12)) < 0.5) * 1.0
    check_shape_blind(
        lambda s, z: trust.next_honoured_level(trust.CONTRITE, s, 0.5, 0.3, 0.8, 1.0, 0.0, 8, z), signal, standing
    )
