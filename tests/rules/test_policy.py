"""Policy: row A15, treaty duties between base and floor, credits with conditions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_checks import check_shape_blind

from model.rules import policy

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))
LEADING: list[tuple[int, ...]] = [(), (4,), (2, 3)]
RATES = st.floats(0.0, 1.5)
PARTS = st.floats(0.0, 1.0)


@pytest.mark.parametrize("leading", LEADING)
def test_border_charge_and_credit_row_a15(leading: tuple[int, ...]) -> None:
    row = CHECKS["A15"]
    tonnes = np.full(leading, 8.0)
    charge = policy.cbam_charge(0.6, tonnes, 85.0, 12.0, 0.0, 30.0)
    np.testing.assert_allclose(charge, np.full(leading, row["cbam"]), rtol=1e-12)
    charge = policy.cbam_charge(0.6, tonnes, 85.0, 12.0, 0.5, 30.0)
    np.testing.assert_allclose(charge, np.full(leading, row["cbam_recog"]), rtol=1e-12)
    for component_share, expected in zip((0.55, 0.65), row["ira"], strict=True):
        credit = policy.purchase_credit(7.5, 0.62, np.full(leading, component_share), 0.60, 0.60, 1.0, 0.0)
        np.testing.assert_allclose(credit, np.full(leading, expected), rtol=1e-12)


def test_border_charge_is_never_negative() -> None:
    assert policy.cbam_charge(1.0, 8.0, 50.0, 80.0, 1.0, 10.0) == 0.0


@given(PARTS, PARTS, PARTS, PARTS)
@settings(max_examples=50)
def test_credit_conditions(minerals: float, parts: float, floor_m: float, floor_c: float) -> None:
    credit = policy.purchase_credit(7.5, minerals, parts, floor_m, floor_c, 1.0, 0.0)
    assert credit == 3.75 * ((minerals >= floor_m) + (parts >= floor_c))
    assert policy.purchase_credit(7.5, minerals, parts, floor_m, floor_c, 0.0, 0.0) == 0.0
    assert policy.purchase_credit(7.5, minerals, parts, floor_m, floor_c, 1.0, 1.0) == 0.0
    smooth = policy.purchase_credit(7.5, minerals, parts, floor_m, floor_c, 1.0, 0.0, smooth=policy.SMOOTH_WIDTH)
    assert 0.0 <= smooth <= 7.5
    # The smooth variant is the sharp one away from the thresholds.
    if abs(minerals - floor_m) > 0.6 and abs(parts - floor_c) > 0.6:
        assert smooth == pytest.approx(credit, abs=1e-6)


def test_smooth_credit_is_half_at_the_threshold() -> None:
    assert policy.purchase_credit(7.5, 0.6, 0.6, 0.6, 0.6, 1.0, 0.0, smooth=0.03) == pytest.approx(3.75)


def test_thresholds_by_year() -> None:
    minerals, parts = policy.credit_thresholds(np.arange(2020, 2032))
    np.testing.assert_array_equal(minerals, [0.4, 0.4, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8])
    np.testing.assert_array_equal(parts, [0.5, 0.5, 0.5, 0.5, 0.6, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0])
    assert [float(share) for share in policy.credit_thresholds(2026)] == [0.7, 0.7]
    assert policy.RESTRICTED_COMPONENTS_FROM < policy.RESTRICTED_MINERALS_FROM


@given(RATES, PARTS, PARTS, PARTS)
@settings(max_examples=50)
def test_duty_falls_from_base_to_floor(base: float, depth: float, y: float, more: float) -> None:
    floor = depth * base
    duty = policy.applied_duty(base, floor, y)
    assert policy.applied_duty(base, floor, 0.0) == base
    assert policy.applied_duty(base, floor, 1.0) == pytest.approx(floor, abs=1e-15)
    assert floor - 1e-15 <= duty <= base
    assert policy.applied_duty(base, floor, min(1.0, y + more)) <= duty + 1e-15


@given(RATES, RATES, st.floats(0, 1), st.floats(0, 6))
def test_what_evs_pay_where_a_special_duty_is_on_battery_cars(
    usual: float, special: float, share: float, elasticity: float
) -> None:
    duty = usual + special
    paid = policy.charged_duty(duty, usual, share, elasticity, 1.0)
    assert usual - 1e-12 <= paid <= duty + 1e-12
    assert policy.charged_duty(duty, usual, share, elasticity, 0.0) == duty, "nothing is spared"
    assert policy.charged_duty(duty, usual, 1.0, 0.0, 1.0) == duty, "all are battery cars"
    assert policy.charged_duty(duty, usual, 0.0, elasticity, 1.0) == pytest.approx(usual, abs=1e-12)
    # A duty below the usual one is on every car.
    assert policy.charged_duty(0.5 * usual, usual, share, elasticity, 1.0) == 0.5 * usual
    assert policy.charged_duty(duty, usual, share, elasticity + 1.0, 1.0) <= paid + 1e-12


def test_the_duty_of_the_eu_on_cars_from_china() -> None:
    # .94 of battery cars before it, .65 at 20.2 points: 23 % on the mean car and not 30 %.
    assert policy.charged_duty(0.302, 0.10, 0.94, 2.0, 1.0) == pytest.approx(0.10 + 0.202 * 0.6506, abs=1e-5)


# --- values between levels of a duty (theory 1.7) ------------------------------------------------------------------

LEVELS, WORTH = np.array([0.5, 0.35, 0.2, 0.0]), np.array([0.0, 1.0, 3.0, 4.0])


def test_a_value_between_two_duties_is_linear_in_logs() -> None:
    for rate, value in zip(LEVELS, WORTH, strict=True):
        assert policy.value_between(WORTH, LEVELS, rate) == pytest.approx(value)
    half_way = np.sqrt(1.35 * 1.2) - 1.0
    assert policy.value_between(WORTH, LEVELS, half_way) == pytest.approx(2.0)
    # Beyond the ends the nearer end counts; a level that repeats changes nothing.
    assert policy.value_between(WORTH, LEVELS, 0.9) == 0.0
    assert policy.value_between(WORTH[[0, 1, 1, 1]], LEVELS[[0, 1, 1, 1]], 0.35) == pytest.approx(1.0)


@given(st.lists(st.floats(-3, 3), min_size=4, max_size=4), RATES)
def test_a_value_between_stays_between(values: list[float], rate: float) -> None:
    found = policy.value_between(np.array(values), LEVELS, rate)
    assert min(values) - 1e-9 <= found <= max(values) + 1e-9


def test_values_between_are_shape_blind() -> None:
    rng = np.random.default_rng(11)
    rates = np.sort(rng.random((12, 4)), axis=-1)[:, ::-1].copy()
    check_shape_blind(policy.value_between, rng.normal(size=(12, 4)), rates, rng.random(12))
    a, b, c, d = rng.random((4, 12))
    check_shape_blind(policy.charged_duty, a + b, a, c, 6.0 * d, fixed=(0.8,))
