"""Quotas: worked premiums, their limits, who has a licence, and rents that add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.numerics import FloatArray, same_bits
from model.rules import access

NEVER_DEARER = np.array([np.inf, np.inf])


def falling(premium: FloatArray) -> FloatArray:
    """Two m cars without a premium, e times fewer for every 5 k$."""
    return 2.0 * np.exp(-premium / 5.0)


def test_premium_worked_example() -> None:
    quota = np.array([1.0, 2.0 * np.exp(-8.0), 2.0, 3.0, np.inf])
    np.testing.assert_allclose(access.clearing_premium(falling, quota), [5.0 * np.log(2.0), 40.0, 0, 0, 0], rtol=1e-11)


def test_a_quota_of_nothing_is_a_closed_door_and_a_large_one_an_open_door() -> None:
    assert access.clearing_premium(falling, np.array([0.0]))[0] == access.PROHIBITIVE
    premium = access.clearing_premium(falling, np.array([1e-3, 1e-30, 1e30]))
    np.testing.assert_allclose(falling(premium[:2]), [1e-3, 1e-30], rtol=1e-9)
    assert premium[2] == 0.0
    # Where nobody comes anyway, nobody pays.
    assert access.clearing_premium(np.zeros_like, np.array([0.0, 1.0])).tolist() == [0.0, 0.0]


def test_the_cap_is_the_duty_saved_and_none_where_nothing_else_comes_in() -> None:
    assert access.cap_of(0.302, 0.10, 20.0, 0.0) == pytest.approx(4.04)
    assert access.cap_of(0.10, 0.302, 20.0, 0.0) == 0.0
    assert access.cap_of(1.275, 0.025, 20.0, 1.0) == np.inf


def test_at_a_cap_more_enter_at_the_full_duty() -> None:
    # 3 m dear cars that would save 4 k$, 2 m cheap ones that would save 2; each falls by a tenth for every k$.
    cap = np.array([4.0, 2.0])

    def cars(premium: FloatArray) -> FloatArray:
        paid = np.minimum(premium[..., None], cap)
        return np.array([3.0, 2.0]) * (1.0 - 0.1 * paid)

    def demand(premium: FloatArray) -> FloatArray:
        return access.wanted(cars(premium), cap, premium)

    # 4.5: all pay the same, 5 - m/2 = 4.5. 3: at 2 k$ the dear want 2.4 and the cheap 1.6, who get what is left, 0.6.
    # 2: the cheap pay duty, the dear pay 10/3 k$, so that 3 - 0.3 m = 2. 1: at 4 k$ the dear share one m licences.
    quota = np.array([4.5, 3.0, 2.0, 1.0, 0.0])
    premium = access.clearing_premium(demand, quota)
    np.testing.assert_allclose(premium[:4], [1.0, 2.0, 10.0 / 3.0, 4.0], rtol=1e-10)
    entered = cars(premium)
    held = access.licensed(entered, cap, premium, quota)
    np.testing.assert_allclose(held[:4], [[2.7, 1.8], [2.4, 0.6], [2.0, 0.0], [1.0, 0.0]], atol=1e-9)
    np.testing.assert_allclose(entered[3:], [[1.8, 1.6], [1.8, 1.6]], atol=1e-9)
    assert held[4].tolist() == [0.0, 0.0], "without a quota it is as if there were none: all pay the full duty"


def test_rents_worked_example() -> None:
    makers, treasury = access.rents(np.array([5.0]), np.array([[0.02, 0.03]]), 0.8)
    np.testing.assert_allclose(makers, [[0.08, 0.12]])
    np.testing.assert_allclose(treasury, [0.05])


@given(
    st.lists(st.tuples(st.floats(1e-4, 2.0), st.floats(0.0, 40.0)), min_size=1, max_size=6),
    st.floats(0.02, 0.5),
    st.floats(1e-6, 5.0),
    st.floats(0.0, 1.0),
)
@settings(max_examples=200)
def test_slackness_and_money(makers: list[tuple[float, float]], slope: float, quota: float, share: float) -> None:
    free, cap = np.array(makers).T

    def cars(premium: FloatArray) -> FloatArray:
        return free * np.exp(-slope * np.minimum(premium[..., None], cap))

    def demand(premium: FloatArray) -> FloatArray:
        return access.wanted(cars(premium), cap, premium)

    more = np.array([quota, 1.5 * quota])
    premium = access.clearing_premium(demand, more)
    entered = cars(premium)
    held = access.licensed(entered, cap, premium, more)
    assert np.all(held <= entered) and np.all(held >= 0.0) and np.all(premium <= np.max(cap) + access.TIED)
    assert premium[1] <= premium[0] + access.TIED and held[1].sum() >= held[0].sum() * (1.0 - 1e-9), (
        "monotone in the quota"
    )
    assert np.all(held.sum(axis=-1) <= more * (1.0 + 1e-9))
    slack = more - held.sum(axis=-1)
    np.testing.assert_allclose(slack * premium, 0.0, atol=1e-9)
    kept, treasury = access.rents(premium, held, share)
    np.testing.assert_allclose(kept.sum(axis=-1) + treasury, premium * held.sum(axis=-1), rtol=1e-9, atol=1e-9)
    assert np.all(treasury >= -1e-12)


@given(st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(1.0, 50.0), st.floats(0.0, 8.0)), min_size=2, max_size=5))
@settings(max_examples=50)
def test_a_market_does_not_depend_on_its_company(markets: list[tuple[float, float, float]]) -> None:
    size, fall, quota = np.array(markets).T

    def of(rows: slice) -> FloatArray:
        return access.clearing_premium(lambda m: size[rows] * np.exp(-m / fall[rows]), quota[rows])

    together = of(slice(None))
    assert all(same_bits(together[i : i + 1], of(slice(i, i + 1))) for i in range(len(markets)))


def test_licences_without_caps_are_all_cars() -> None:
    cars = np.array([0.3, 0.2])
    assert access.licensed(cars, NEVER_DEARER, 3.0, 0.5).tolist() == cars.tolist()
    assert access.licensed(cars, NEVER_DEARER, 0.0, np.inf).tolist() == cars.tolist()
    # No duty to save: nobody needs a licence, and a free one is taken by whoever comes.
    assert access.licensed(cars, np.zeros(2), 0.0, np.inf).tolist() == cars.tolist()
