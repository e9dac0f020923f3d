"""A required share of electric cars with tradable credits: worked examples, incidence, limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_checks import check_shape_blind

from model.numerics import FloatArray
from model.rules import demand, mandates

ALPHA, SIGMA = 0.08, 0.35
SHARES = st.floats(0.01, 0.95)
UTILITIES = st.lists(st.floats(-6.0, 2.0), min_size=2, max_size=8).map(np.array)


def share_of(utility: FloatArray, sigma: float = SIGMA) -> tuple[float, float]:
    """The electric share and its log odds."""
    _, share, outside, _ = demand.nested_shares(utility, sigma)
    return float(share.sum()), float(np.log(share.sum()) - np.log(outside))


def test_price_of_a_credit_worked_example() -> None:
    # From a fifth to three tenths at alpha 0.08: (ln(3/7) - ln(1/4)) / 0.08.
    odds = float(np.log(0.2) - np.log(0.8))
    assert mandates.credit_price(0.3, odds, ALPHA, 0.0, 20.0) == pytest.approx(6.737456, abs=1e-6)
    assert mandates.credit_price(0.3, odds, ALPHA, 0.0, 5.0) == 5.0
    assert mandates.credit_price(0.1, odds, ALPHA, 0.25, 5.0) == 0.25
    assert mandates.credit_price(0.0, odds, ALPHA, 0.25, 5.0) == 0.0


@given(UTILITIES, SHARES, st.floats(0.0, 0.7))
@settings(max_examples=100)
def test_at_its_price_the_required_share_is_sold(utility: FloatArray, required: float, sigma: float) -> None:
    before, odds = share_of(utility, sigma)
    price = float(mandates.credit_price(required, odds, ALPHA, 0.0, 1000.0))
    after, _ = share_of(utility + ALPHA * price, sigma)
    assert after == pytest.approx(max(required, before), rel=1e-9)
    receipts = mandates.treasury_receipts(price, required, after, 2.0)
    assert receipts == pytest.approx(0.0, abs=1e-7)


def test_the_fine_bounds_the_price_and_goes_to_the_treasury() -> None:
    utility = np.array([-3.0, -3.5])
    _, odds = share_of(utility)
    price = float(mandates.credit_price(0.9, odds, ALPHA, 0.0, 11.0))
    sold, _ = share_of(utility + ALPHA * price)
    assert price == 11.0 and sold < 0.9
    assert mandates.treasury_receipts(price, 0.9, sold, 4.0) == pytest.approx(11.0 * 4.0 * (0.9 - sold))


def test_who_pays_is_what_two_prices_would_say() -> None:
    # Electric cars cheaper by (1 - r) lambda, all others dearer by r lambda, against one shift by lambda.
    utility, required, price, size = np.array([-1.0, -1.6, -2.0]), 0.4, 3.0, 2.5
    top = utility + ALPHA * (1.0 - required) * price
    nest = float(np.log(np.exp(top / (1 - SIGMA)).sum()) * (1 - SIGMA))
    other = -ALPHA * required * price
    surplus = size / ALPHA * float(np.logaddexp(nest, other))
    _, share, _, inclusive = demand.nested_shares(utility + ALPHA * price, SIGMA)
    burden = mandates.combustion_burden(price, required, size)
    assert demand.consumer_surplus(size, inclusive, ALPHA) - burden == pytest.approx(surplus, rel=1e-12)
    sold = float(share.sum())
    earned, owed = price * (1.0 - required) * size * sold, price * required * size * (1.0 - sold)
    assert mandates.treasury_receipts(price, required, sold, size) == pytest.approx(owed - earned, rel=1e-12)


def test_required_shares_by_year() -> None:
    assert [float(mandates.ratio_share(year)) for year in (2017, 2018)] == [0.0, 0.0]
    assert mandates.ratio_share(2026) == pytest.approx(0.48 / (0.48 + 1.3))
    assert mandates.ratio_share(2040) == mandates.ratio_share(2027)
    assert mandates.ratio_share(2026, 4.0) == pytest.approx(1.92 / (1.92 + 1.3))
    steps = (mandates.EU_STEP_YEARS, mandates.EU_STEP_SHARES)
    found = [float(mandates.step_share(year, *steps)) for year in (2019, 2020, 2029, 2030, 2035, 2036)]
    assert found == [0.0, 0.08, 0.27, 0.61, mandates.MOST_REQUIRED, mandates.MOST_REQUIRED]
    assert mandates.step_share(2030, *steps, 0.5) == pytest.approx(0.305)
    assert np.all(np.diff(mandates.US_STEP_SHARES) > 0) and np.all(np.diff(mandates.EU_STEP_SHARES) > 0)


def test_batches_have_the_bits_of_single_markets() -> None:
    rng = np.random.default_rng(3)
    required, odds = rng.uniform(0, 0.98, (7, 3)), rng.normal(-1.5, 1.0, (7, 3))
    check_shape_blind(lambda r, o: mandates.credit_price(r, o, ALPHA, 0.0, 11.0), required, odds)
