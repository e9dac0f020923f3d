"""Withdrawing one concession: the test of a part against theory 1.10, by hand, and in its limits."""

from __future__ import annotations

import itertools
from typing import Any

import benchmarks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import check_shape_blind, closed, row

from model.rules import compliance, withdrawal

BETA, HAZARD = 0.98, 0.03
seeds = st.integers(0, 2**32 - 1)
belief = st.floats(0.01, 0.99)


def weights(trust: Any, discount: Any, lag: float = 1, length: float = np.inf, by_type: bool = False) -> Any:
    return withdrawal.part_weights(trust, *compliance.present_values(discount, lag, length), by_type)


def one_issue(trust: float, lag: float = 1, length: float = np.inf, by_type: bool = False, free: int = 0) -> float:
    """Slack in the game of row B2, whose one issue is all that a side gives at a cost."""
    d = compliance.continuation(BETA, HAZARD, 1.0 if by_type else trust)
    gain = [11.2 - 10.0, *np.linspace(0.0, -3.0, free)]
    lapsed, lost = [9.3 - 8.4, *np.linspace(0.0, -3.0, free)], [1.6, *np.full(free, 0.7)]
    part = [np.array(x) for x in (gain, lapsed, lost)]
    return float(benchmarks.part_test(*part, 11.2, 9.3, 9.3, weights(trust, d, lag, length, by_type))[1])


@pytest.mark.parametrize("free", [0, 1, 3])
def test_one_concession_that_costs_something_is_theory_1_10_whatever_else_is_given_for_nothing(free: int) -> None:
    expected = row("B2")
    assert one_issue(0.8, free=free) == closed(expected["slack"])
    assert one_issue(0.5, free=free) == closed(expected["q05"])
    assert one_issue(0.9, free=free) == closed(expected["q09"])
    assert one_issue(0.9, lag=2, free=free) == closed(expected["lag2"])
    assert one_issue(0.9, length=4, free=free) == closed(expected["T4_q09"])
    assert one_issue(0.8, by_type=True, free=free) == closed(expected["type_slack"])


@given(seeds, st.integers(1, 5))
def test_additive_concessions_are_kept_from_the_threshold_of_the_dearest_on(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    cost, lost = rng.uniform(0.01, 0.1, n), rng.uniform(0.1, 1.0, n)
    # Of b = 1 every part is answered by its share or by what it is worth, so that cost over benefit is c / answer.
    ratio = float(np.max(cost / np.maximum(lost / lost.sum(), np.minimum(lost, 1.0))))
    threshold = float(benchmarks.separable_threshold(ratio, BETA, HAZARD))
    for trust, keeps in ((threshold * 1.001, True), (threshold * 0.999, False)):
        if trust < 1.0:
            d = compliance.continuation(BETA, HAZARD, trust)
            assert benchmarks.part_test(cost, cost, lost, 1.0, 0.0, 0.0, weights(trust, d))[0] == keeps


@given(seeds, st.integers(1, 6), belief, st.booleans())
def test_without_a_future_nothing_is_kept_that_costs_anything(seed: int, n: int, q: float, by_type: bool) -> None:
    rng = np.random.default_rng(seed)
    gain, lost = rng.normal(size=n), rng.uniform(0.1, 2.0, n)
    now = weights(q, 0.0, by_type=by_type)
    passes, _ = benchmarks.part_test(gain, gain, lost, 5.0, 4.0, -9.0, now)
    assert passes == (gain.max() <= 0.0)
    liked = -np.abs(gain)
    assert benchmarks.part_test(liked, liked, lost, 5.0, 4.0, -9.0, now) == (True, 5.0 * 0.0)


@given(seeds, st.integers(1, 5), belief, st.integers(1, 4), st.sampled_from([1.0, 4.0, np.inf]))
def test_more_patience_never_lowers_the_share_kept(seed: int, n: int, q: float, lag: int, length: float) -> None:
    rng = np.random.default_rng(seed)
    gain, lost = rng.normal(0.05, 0.1, (400, n)), rng.uniform(0.1, 2.0, (400, n))
    flows = rng.normal(1.0, 1.0, (2, 400))
    kept = [
        benchmarks.part_test(gain, gain, lost, *flows, 0.0, weights(q, d, lag, length))[0]
        for d in (0.0, 0.3, 0.6, 0.9, 0.98, 0.999)
    ]
    for less, more in itertools.pairwise(kept):
        assert not np.any(less & ~more)


@given(seeds, st.integers(1, 6), belief)
def test_every_part_costs_less_than_its_share_of_the_answer_or_than_what_is_worth_as_much(
    seed: int, n: int, q: float
) -> None:
    rng = np.random.default_rng(seed)
    honoured, lapsed, lost = rng.normal(size=n), rng.normal(size=n), rng.uniform(0.1, 2.0, n)
    wdc, wdd, punish = rng.normal(1.0, 2.0, 3)
    w = weights(q, 0.9 * q, 2, 6)
    answer = max(0.0, float(withdrawal.whole_answer(w, wdc, wdd, punish)))
    cost = [float(withdrawal.part_cost(w, honoured[k], lapsed[k])) for k in range(n)]
    whole = sum(lost[k] for k in range(n) if cost[k] > 0.0)
    answers = [max(answer * lost[k] / whole, min(w.honoured * lost[k], answer)) for k in range(n) if cost[k] > 0.0]
    margins = [part - cost[k] for part, k in zip(answers, [k for k in range(n) if cost[k] > 0.0], strict=True)]
    passes, slack = benchmarks.part_test(honoured, lapsed, lost, wdc, wdd, punish, w)
    assert passes == all(margin >= 0.0 for margin in margins) or min(map(abs, margins)) < 1e-12
    order = rng.permutation(n)
    shuffled = benchmarks.part_test(honoured[order], lapsed[order], lost[order], wdc, wdd, punish, w)
    assert shuffled[0] == passes and shuffled[1] == pytest.approx(slack, rel=1e-12, abs=1e-12)


def test_by_hand_what_the_partner_values_more_is_kept_as_far_as_it_can_answer() -> None:
    # A sure answer from next quarter on, for ever, at discount .9: 9 quarters of it and 10 of a cost.
    w = weights(1.0, 0.9)
    assert w.honoured == pytest.approx(9.0) and w.cost_honoured == pytest.approx(10.0)
    gain, lost = np.array([0.8, 0.1]), np.array([1.0, 9.0])
    # The first costs 8 and an equal answer takes 9; its share of the whole answer of 18, one tenth, would take 1.8.
    passes, slack = benchmarks.part_test(gain, gain, lost, 2.0, 0.0, 0.0, w)
    assert passes and slack == pytest.approx(18.0 - 8.0)
    # The partner gives too little for an equal answer: 0.8 a quarter are 7.2.
    passes, slack = benchmarks.part_test(gain, gain, lost, 0.8, 0.0, 0.0, w)
    assert not passes and slack == pytest.approx(7.2 - 8.0)
    # What the partner values less than it costs needs its share: 9.5 of 18 would do, one tenth does not.
    passes, slack = benchmarks.part_test(np.array([0.95, 0.1]), np.array([0.95, 0.1]), lost, 2.0, 0.0, 0.0, w)
    assert not passes and slack == pytest.approx(18.0 - 9.5 * 10.0)


def test_what_the_partner_does_not_miss_is_not_answered() -> None:
    w = weights(0.8, 0.7)
    lost = withdrawal.loss(np.array([1.0, 1.0]), np.array([0.5, 1.2]))
    assert lost.tolist() == [0.5, withdrawal.LEAST_LOSS]
    cheap = np.array([0.01, 0.01])
    assert benchmarks.part_test(cheap[:1], cheap[:1], lost[:1], 2.0, 0.0, 0.0, w)[0]
    assert not benchmarks.part_test(cheap, cheap, lost, 2.0, 0.0, 0.0, w)[0]


def test_an_answer_is_worth_what_was_withheld_as_far_as_it_goes() -> None:
    share = withdrawal.equivalent_share(np.array([0.0, 0.5, 2.0, 3.0, -1.0]), 2.0)
    assert share.tolist() == [0.0, 0.25, 1.0, 1.0, 0.0]
    nothing = withdrawal.equivalent_share(1.0, np.array([0.0, 2.0 * withdrawal.LEAST_LOSS]))
    assert nothing.tolist() == [0.0, 0.0], "what nobody misses is no answer"


def test_m1_shape_blind() -> None:
    rng, n = np.random.default_rng(11), 8
    gain, lapsed, lost = rng.normal(size=(3, n, 4))
    lost = np.abs(lost) + 0.1
    flows, (trust, d) = rng.normal(size=(3, n)), rng.uniform(0.05, 0.95, (2, n))

    def whole(gain: Any, lapsed: Any, lost: Any, a: Any, b: Any, c: Any, trust: Any, d: Any, by_type: bool) -> Any:
        return benchmarks.part_test(gain, lapsed, lost, a, b, c, weights(trust, d, 2, 4, by_type))

    for by_type in (False, True):
        check_shape_blind(whole, gain, lapsed, lost, *flows, trust, d, fixed=(by_type,))
    check_shape_blind(withdrawal.loss, gain, lapsed)
    check_shape_blind(withdrawal.equivalent_share, gain, lost)
    check_shape_blind(
        lambda cost, loss, q, d: withdrawal.repaid(cost, loss, weights(q, d, 2, 4)), gain[:, 0], lost[:, 0], trust, d
    )
    check_shape_blind(withdrawal.temptation, gain, lost, lost > gain)
    check_shape_blind(withdrawal.price, gain, lost > gain)
    check_shape_blind(withdrawal.at_stake, gain, lost)
