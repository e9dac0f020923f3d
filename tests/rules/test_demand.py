"""Demand: theory rows A1, A2, A12, the inversion of shares, and what any nested logit must obey."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.numerics import FloatArray, same_bits
from model.rules import demand

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))

# Base example E of theory 3.1.
QUALITY = np.array([3.0, 2.6, 2.2])
ALPHA = 0.12

UTILITIES = arrays(np.float64, st.integers(1, 9), elements=st.floats(-12.0, 12.0))
SIGMAS = st.floats(0.0, 0.7)


def replicate_fastest(x: FloatArray) -> FloatArray:
    """The same numbers with the leading axis fastest in memory, as the ensemble stores them."""
    out: FloatArray = np.moveaxis(np.empty(x.shape[1:] + x.shape[:1]), -1, 0)
    out[...] = x
    return out


@pytest.mark.parametrize(("row", "sigma"), [("A1", 0.0), ("A2", 0.5)])
@pytest.mark.parametrize("leading", [(), (4,), (2, 3)])
def test_shares_and_surplus_of_rows_a1_and_a2(row: str, sigma: float, leading: tuple[int, ...]) -> None:
    expected = CHECKS[row]
    price = np.broadcast_to(np.array(expected["p"]), (*leading, 3))
    _, share, outside, inclusive = demand.nested_shares(QUALITY - ALPHA * price, sigma)
    assert share.shape == price.shape
    assert outside.shape == inclusive.shape == leading
    np.testing.assert_allclose(share, np.broadcast_to(expected["s"], share.shape), rtol=1e-6)
    np.testing.assert_allclose(outside, np.full(leading, expected["s0"]), rtol=1e-6)
    surplus = demand.consumer_surplus(1.0, inclusive, ALPHA)
    np.testing.assert_allclose(surplus, np.full(leading, expected["CS"]), rtol=1e-6)


def test_surplus_falls_by_the_share_per_dollar_of_price_a12() -> None:
    price = np.array(CHECKS["A1"]["p"])
    step = 1e-4 * np.eye(3)[0]

    def surplus(p: FloatArray) -> FloatArray:
        return demand.consumer_surplus(1.0, demand.nested_shares(QUALITY - ALPHA * p, 0.0)[3], ALPHA)

    slope = (surplus(price + step) - surplus(price - step)) / 2e-4
    assert slope == pytest.approx(CHECKS["A12"]["dCS_dp1"], rel=1e-6)
    assert slope == pytest.approx(-CHECKS["A1"]["s"][0], rel=1e-6)


@given(UTILITIES, SIGMAS)
@settings(max_examples=60)
def test_shares_are_shares(utility: FloatArray, sigma: float) -> None:
    within, share, outside, inclusive = demand.nested_shares(utility, sigma)
    assert np.all(share > 0.0)
    assert np.all(share < 1.0)
    assert 0.0 < outside < 1.0
    assert within.sum() == pytest.approx(1.0, rel=1e-12)
    assert share.sum() + outside == pytest.approx(1.0, rel=1e-12)
    assert outside == pytest.approx(np.exp(-inclusive), rel=1e-12)


@given(UTILITIES, SIGMAS)
@settings(max_examples=60)
def test_definition(utility: FloatArray, sigma: float) -> None:
    """The formulas of theory 1.1 written out plainly (safe here because utilities are small)."""
    d = np.exp(utility / (1.0 - sigma)).sum()
    electric = d ** (1.0 - sigma) / (1.0 + d ** (1.0 - sigma))
    _, share, outside, inclusive = demand.nested_shares(utility, sigma)
    np.testing.assert_allclose(share, np.exp(utility / (1.0 - sigma)) / d * electric, rtol=1e-10)
    assert outside == pytest.approx(1.0 - electric, rel=1e-9, abs=1e-15)
    assert inclusive == pytest.approx(np.log1p(d ** (1.0 - sigma)), rel=1e-10)


@given(UTILITIES, st.floats(-50.0, 50.0))
@settings(max_examples=40)
def test_without_a_nest_it_is_the_plain_logit_and_only_differences_count(utility: FloatArray, k: float) -> None:
    with_outside = np.concatenate([[0.0], utility]) + k
    weight = np.exp(with_outside - with_outside.max())
    _, share, outside, _ = demand.nested_shares(utility, 0.0)
    np.testing.assert_allclose(np.concatenate([[outside], share]), weight / weight.sum(), rtol=1e-9)
    # The limit is continuous (M8).
    np.testing.assert_allclose(demand.nested_shares(utility, 1e-9)[1], share, rtol=1e-6)


@given(UTILITIES, SIGMAS)
@settings(max_examples=60)
def test_inversion_returns_the_utilities(utility: FloatArray, sigma: float) -> None:
    utility = utility / 4.0
    _, share, _, _ = demand.nested_shares(utility, sigma)
    # A brand with a share below the floor is "not sold" and has no inverse.
    assert np.all(share > demand.LEAST_SHARE)
    np.testing.assert_allclose(demand.invert_shares(share, sigma), utility, rtol=1e-6, atol=1e-6)


@given(SIGMAS)
@settings(max_examples=20)
def test_inversion_of_a_share_of_zero_is_finite(sigma: float) -> None:
    utility = demand.invert_shares(np.array([0.2, 0.0, 0.1]), sigma)
    assert np.all(np.isfinite(utility))
    np.testing.assert_allclose(demand.nested_shares(utility, sigma)[1], [0.2, 0.0, 0.1], atol=1e-11)


def test_inversion_refuses_a_market_without_an_outside_good() -> None:
    with pytest.raises(ValueError, match="add up to one or more"):
        demand.invert_shares(np.array([[0.2, 0.3], [0.7, 0.3]]), 0.35)


@given(UTILITIES, SIGMAS)
@settings(max_examples=40)
def test_order_of_firms_does_not_matter(utility: FloatArray, sigma: float) -> None:
    order = np.argsort(utility, kind="stable")
    _, share, outside, _ = demand.nested_shares(utility, sigma)
    _, share2, outside2, _ = demand.nested_shares(utility[order], sigma)
    np.testing.assert_allclose(share2, share[order], rtol=1e-12)
    assert outside2 == pytest.approx(outside, rel=1e-12)


def test_extreme_utilities_give_finite_shares() -> None:
    utility = np.array([[900.0, 3.0, -900.0], [-900.0, -900.0, -900.0], [0.0, -np.inf, 900.0]])
    within, share, outside, inclusive = demand.nested_shares(utility, 0.7)
    for result in (within, share, outside, inclusive):
        assert np.all(np.isfinite(result))
    np.testing.assert_allclose(share.sum(-1) + outside, 1.0, rtol=1e-12)


@given(UTILITIES, SIGMAS)
@settings(max_examples=40)
def test_share_beside_given_rivals_is_the_share_in_the_market(utility: FloatArray, sigma: float) -> None:
    share = demand.nested_shares(utility, sigma)[1]
    others = np.exp(utility[1:] / (1.0 - sigma)).sum()
    rivals = float(np.log(others)) if others > 0.0 else -np.inf
    assert demand.share_beside(utility[0], rivals, sigma) == pytest.approx(share[0], rel=1e-9)
    assert demand.share_beside(utility[0], 900.0, sigma) == pytest.approx(0.0, abs=1e-100)


def test_batches_have_the_bits_of_single_markets() -> None:
    rng = np.random.default_rng(3)
    utility = rng.normal(0.0, 2.0, (40, 3, 14))
    sigma = rng.uniform(0.0, 0.7, (40, 3, 1))
    batch = demand.nested_shares(utility, sigma)
    stored = demand.nested_shares(replicate_fastest(utility), replicate_fastest(sigma))
    for of_batch, of_stored in zip(batch, stored, strict=True):
        assert same_bits(of_batch, of_stored)
    for r in range(0, 40, 7):
        for m in range(3):
            single = demand.nested_shares(utility[r, m], sigma[r, m])
            for of_batch, of_single in zip(batch, single, strict=True):
                assert same_bits(of_batch[r, m], of_single)
    inverse = demand.invert_shares(batch[1], sigma)
    assert same_bits(inverse[5, 1], demand.invert_shares(batch[1][5, 1], sigma[5, 1]))


def test_a_subsidy_is_worth_a_price_cut_and_a_ban_is_finite() -> None:
    plain = demand.mean_utility(3.0, np.array([1.0, 0.5, 0.0]), 0.1, 0.3, ALPHA, 0.0)
    paid = demand.mean_utility(3.0, np.array([1.0, 0.5, 0.0]), 0.1, 0.3, ALPHA, np.array([7.5, 0.0, 0.0]))
    np.testing.assert_allclose(paid - plain, [ALPHA * 7.5, 0.0, 0.0], atol=1e-14)
    np.testing.assert_allclose(plain, [3.4, 3.4 + np.log(0.5), 3.4 + np.log(1e-6)], rtol=1e-14)
