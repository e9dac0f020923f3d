"""Standards: costs behind the border, roll-out, chargers; elementwise rules and their limits."""

from __future__ import annotations

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.numerics import LEAST_AVAILABILITY, same_bits
from model.rules import demand, standards

PARTS = st.floats(0.0, 1.0)


def test_homologation_and_adaptation_are_paid_by_foreign_cars_only() -> None:
    foreign = np.array([0.0, 1.0, 1.0])
    recognised = np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(standards.homologation(1.5, 0.6, recognised, foreign), [0.0, 1.5, 0.6])
    common = np.array([1.0, 0.0, 1.0])
    np.testing.assert_allclose(standards.adaptation(0.3, common, foreign), [0.0, 0.3, 0.0])


@given(st.floats(0.5, 3.0), st.floats(0.3, 0.9), PARTS)
@settings(max_examples=30)
def test_recognition_never_raises_a_cost(cost: float, saving: float, recognised: float) -> None:
    paid = standards.homologation(cost, saving, recognised, 1.0)
    assert cost * (1.0 - saving) * (1.0 - 1e-12) <= paid <= cost
    assert standards.certification_outlay(10.0, 4.0, recognised, 3.0) <= 0.03
    assert 3.0 <= standards.time_to_market(6.0, 3.0, recognised) <= 6.0


def test_outlay_is_counted_in_billions() -> None:
    assert standards.certification_outlay(10.0, 4.0, 0.0, 5.0) == pytest.approx(0.05)
    assert standards.certification_outlay(10.0, 4.0, 1.0, 5.0) == pytest.approx(0.02)


@given(st.floats(0.0, 40.0), st.floats(1.0, 12.0))
@settings(max_examples=40)
def test_roll_out(age: float, lag: float) -> None:
    available = standards.ramp_availability(age, lag)
    assert LEAST_AVAILABILITY <= available <= 1.0
    assert standards.ramp_availability(age + 1.0, lag) >= available
    assert standards.ramp_availability(lag, lag) == 1.0
    assert standards.ramp_availability(0.0, lag) == LEAST_AVAILABILITY


def test_a_model_not_yet_on_sale_is_as_absent_for_buyers() -> None:
    """Availability never falls below what demand reads a brand that is not sold at."""
    first_day = standards.ramp_availability(0.0, 6.0)
    assert same_bits(
        demand.mean_utility(1.0, first_day, 0.0, 0.0, 0.2, 0.0), demand.mean_utility(1.0, 0.0, 0.0, 0.0, 0.2, 0.0)
    )


def test_autonomy_cost_in_billions() -> None:
    # 20 dollars on each of 2.7 million cars a quarter, at half the distance: 27 million dollars.
    assert standards.autonomy_cost(0.02, 2.7, 0.5) == pytest.approx(0.027)


def test_an_importer_recognises_alone_only_for_its_own_good() -> None:
    gain = np.array([0.1, 0.1, 0.0, -0.1])
    u = np.array([0.1, 0.3, 0.1, 0.1])
    np.testing.assert_array_equal(standards.recognises_alone(gain, u, 0.25), [True, False, False, False])
    assert not np.any(standards.recognises_alone(gain, 0.0, 0.0))


def test_chargers() -> None:
    assert standards.charger_unit_cost(40.0, 0.10, 1.0, 0.25) == pytest.approx(39.0)
    assert standards.charger_unit_cost(40.0, 0.10, 0.0, 0.25) == 40.0
    # A budget that replaces what wears out keeps the stock: 2 % of 1 million points at 40 k$ are 0.8 bn$.
    assert standards.charger_stock_next(1.0, 0.8, 40.0) == pytest.approx(1.0, rel=1e-14)
    assert standards.charger_stock_next(1.0, 0.0, 40.0, 0.05) == pytest.approx(0.95)
    assert benchmarks.effective_network(1.0, 0.2, 1.0, 0.5) == pytest.approx(1.1)
    assert benchmarks.effective_network(1.0, 0.2, 0.0, 0.5) == 1.0


@given(st.floats(0.05, 0.4), st.floats(1e-3, 100.0), st.floats(1e-3, 100.0))
@settings(max_examples=40)
def test_network_utility_is_logarithmic(nu: float, stock: float, stock0: float) -> None:
    utility = standards.network_utility(nu, stock, stock0)
    twice = standards.network_utility(nu, 2.0 * stock, stock0)
    assert twice - utility == pytest.approx(nu * np.log(2.0), rel=1e-9)
    assert standards.network_utility(nu, stock0, stock0) == 0.0


def test_batches_have_the_bits_of_single_markets() -> None:
    rng = np.random.default_rng(8)
    stock, budget, age = rng.uniform(0.1, 5.0, (3, 50, 3))
    grown = standards.charger_stock_next(stock, budget, 40.0)
    utility = standards.network_utility(0.15, grown, 0.7)
    available = standards.ramp_availability(age, 3.0)
    for r in (0, 49):
        assert same_bits(grown[r], standards.charger_stock_next(stock[r], budget[r], 40.0))
        assert same_bits(utility[r, 1], standards.network_utility(0.15, grown[r, 1], 0.7))
        assert same_bits(available[r], standards.ramp_availability(age[r], 3.0))
