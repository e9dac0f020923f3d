"""Gestures and their answers (theory 1.15): which step is cheapest, when it is made, when it is answered."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import check_shape_blind

from model.rules import gestures

RNG = np.random.default_rng(20180115)
unit = st.floats(0.0, 1.0)
money = st.floats(-5.0, 5.0)


def test_the_cheapest_step_that_costs_its_giver_and_helps_the_partner() -> None:
    own = np.array([0.0, -0.3, -0.1, 0.2, -0.05, -0.02])
    partner = np.array([0.0, 0.5, 0.4, 0.9, -0.1, 0.3])
    steps = np.array([False, True, True, True, True, False])
    # Package 3 pays its giver (harmony), 4 hurts the partner, 5 is no single step: 2 is left, cheaper than 1.
    index, exists = gestures.cheapest_gesture(own, partner, steps)
    assert (int(index), bool(exists)) == (2, True)
    index, exists = gestures.cheapest_gesture(own, -partner, steps)
    assert (int(index), bool(exists)) == (4, True)
    index, exists = gestures.cheapest_gesture(np.abs(own), partner, steps)
    assert (int(index), bool(exists)) == (0, False)


def test_ties_go_to_the_first_package() -> None:
    index, _ = gestures.cheapest_gesture(np.full(4, -0.1), np.ones(4), np.array([False, True, True, True]))
    assert int(index) == 1


def test_a_gesture_needs_luck_doubt_and_falling_tension() -> None:
    def made(u: float = 0.01, trust: float = 0.4, before: float = 0.6, following: bool = False) -> bool:
        return bool(gestures.makes_gesture(u, 0.05, trust, 0.5, 0.5, before, following))

    assert made()
    assert not made(u=0.05) and not made(trust=0.5) and not made(before=0.5) and not made(before=0.4)
    assert made(u=0.9, trust=0.9, before=0.1, following=True)


@given(unit, unit, unit, unit, unit)
def test_more_trust_never_makes_a_gesture(u: float, trust: float, more: float, now: float, before: float) -> None:
    low, high = sorted((trust, more))
    wary = gestures.makes_gesture(u, 0.2, low, 0.5, now, before, False)
    assert wary or not gestures.makes_gesture(u, 0.2, high, 0.5, now, before, False)


@given(money, money, money, money)
def test_nobody_answers_into_a_loss_or_what_it_would_not_keep(a: float, b: float, c: float, d: float) -> None:
    assert bool(gestures.answers_gesture(a, b, c, d)) == (min(a, b, c, d) >= 0.0)


def test_m1_shape_blind() -> None:
    n = 12
    own, partner = RNG.normal(size=(2, n, 7))
    check_shape_blind(gestures.cheapest_gesture, own, partner, RNG.random((n, 7)) < 0.6)
    u, trust, now, before = RNG.random((4, n))
    following = RNG.random(n) < 0.2
    check_shape_blind(
        lambda u, q, x, y, z: gestures.makes_gesture(u, 0.5, q, 0.5, x, y, z), u, trust, now, before, following
    )
    check_shape_blind(gestures.answers_gesture, *RNG.normal(size=(4, n)))
