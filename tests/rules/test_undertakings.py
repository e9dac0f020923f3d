"""Price undertakings: worked examples, money that is neither made nor lost, and the smallest commitment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.numerics import same_bits
from model.rules import undertakings

CARS = st.floats(0.001, 0.5)
PRICES = st.floats(15.0, 60.0)
RATES = st.floats(0.0, 1.5)
PARTS = st.floats(0.0, 1.0)


def test_rent_worked_example() -> None:
    # 30 k$ at the border, 30.2 % instead of 10 %: the price at the door is 39.06, the border price under it 35.509.
    assert undertakings.rent(30.0, 0.302, 0.10) == pytest.approx(30.0 * 1.302 / 1.10 - 30.0)
    assert undertakings.rent(30.0, 0.302, 0.10) == pytest.approx(5.509091, abs=1e-6)
    assert undertakings.rent(30.0, 0.10, 0.10) == 0.0
    assert undertakings.rent(30.0, 0.05, 0.10) == 0.0


def test_gain_and_loss_worked_example() -> None:
    about = {"cars": 0.05, "border_price": 30.0, "duty": 0.302, "usual": 0.10}
    assert undertakings.firm_gain(0.0, landed=22.0, local=26.0, friction=1.5, capital=1.0, **about) == pytest.approx(
        0.05 * 5.5090909
    )
    # Built at home instead: the duty and the cost of the border are saved; four k$ of cost and one of capital are paid.
    whole = undertakings.firm_gain(1.0, landed=22.0, local=26.0, friction=1.5, capital=1.0, **about)
    assert whole == pytest.approx(0.05 * (0.302 * 30.0 + 1.5 - 4.0 - 1.0))
    assert undertakings.duty_lost(0.0, charge=0.3, **about) == pytest.approx(0.05 * 5.5090909)
    assert undertakings.duty_lost(1.0, charge=0.3, **about) == pytest.approx(0.05 * (0.302 * 30.0 + 0.3))


@given(PARTS, CARS, PRICES, RATES, RATES, PRICES, PRICES, st.floats(0.0, 3.0), st.floats(0.0, 3.0))
@settings(max_examples=100)
def test_money_is_neither_made_nor_lost(
    part: float,
    cars: float,
    price: float,
    special: float,
    usual: float,
    landed: float,
    local: float,
    n: float,
    k: float,
) -> None:
    duty = usual + special
    gain = undertakings.firm_gain(part, cars, price, duty, usual, landed, local, n, k)
    lost = undertakings.duty_lost(part, cars, price, duty, usual, 0.0)
    # What moves from the treasury to the firm cancels; real costs are left: the border's and the dearer place.
    assert gain - lost == pytest.approx(part * cars * (n + landed - local - k), rel=1e-9, abs=1e-9)


@given(st.floats(-2.0, 0.5), st.floats(-2.0, 4.0), st.floats(0.0, 2.0))
@settings(max_examples=200)
def test_the_smallest_commitment_leaves_the_executive_no_worse(at_nothing: float, slope: float, bend: float) -> None:
    def gain(k: float) -> float:
        return at_nothing + slope * k - bend * k * k

    commitment, exists = undertakings.smallest_commitment(at_nothing, slope, bend)
    assert 0.0 <= commitment <= 1.0
    if exists:
        assert gain(float(commitment)) >= -1e-9
        # Nothing less would do.
        assert float(commitment) <= 1e-9 or gain(0.99 * float(commitment)) < 1e-9
    else:
        assert all(gain(float(k)) < 1e-9 for k in np.linspace(0.0, 1.0, 101))


def test_smallest_commitment_worked_example() -> None:
    commitment, exists = undertakings.smallest_commitment(
        np.array([-0.2, -0.2, 0.1, -2.0]), 1.0, np.array([0.0, 1, 0, 0])
    )
    np.testing.assert_allclose(commitment[:3], [0.2, 0.5 - np.sqrt(0.05), 0.0])
    assert exists.tolist() == [True, True, True, False]


def test_batches_have_the_bits_of_single_offers() -> None:
    rng = np.random.default_rng(11)
    columns = rng.uniform(-1, 1, (3, 9))
    columns[2] = np.abs(columns[2])
    whole, _ = undertakings.smallest_commitment(*columns)
    for r in range(9):
        assert same_bits(whole[r], undertakings.smallest_commitment(*columns[:, r])[0])
