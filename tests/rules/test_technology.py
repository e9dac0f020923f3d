"""Technology cooperation: who wants it, who does not, and what each part is worth (theory 1.16)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_checks import check_shape_blind

from model.rules import technology

RNG = np.random.default_rng(20180109)
EXPONENT = -np.log2(1 - 0.18)
FLOOR = 45.0
amount = st.floats(0.0, 50.0)


def ahead(cost: float, experience: float, own: float, partner: float, spillover: float) -> float:
    return float(technology.cost_ahead(cost, FLOOR, experience, own, partner, spillover, EXPONENT))


def test_cost_falls_by_the_learning_rate_when_experience_doubles() -> None:
    doubled = technology.cost_ahead(145.0, FLOOR, 100.0, 12.5, 0.0, 0.33, EXPONENT, 8)
    assert doubled == pytest.approx(FLOOR + 100.0 * 0.82, rel=1e-12)
    spilled = technology.cost_ahead(145.0, FLOOR, 100.0, 0.0, 25.0, 0.5, EXPONENT, 8)
    assert spilled == pytest.approx(FLOOR + 100.0 * 0.82, rel=1e-12)
    assert technology.cost_ahead(145.0, FLOOR, 100.0, 12.5, 9.0, 0.33, EXPONENT, 0) == pytest.approx(145.0)


@given(st.floats(45.0, 200.0), st.floats(1.0, 5000.0), amount, amount, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_spillover_never_costs_more(
    cost: float, experience: float, own: float, partner: float, a: float, b: float
) -> None:
    low, high = sorted((a, b))
    dear = ahead(cost, experience, own, partner, low)
    assert FLOOR <= ahead(cost, experience, own, partner, high) <= dear + 1e-12 <= cost + 1e-9


def pair(tension: float) -> tuple[float, float]:
    """Gains of a leader (80 $/kWh, long experience) and a laggard (110 $/kWh) from technology cooperation."""
    leader = {"cost": 80.0, "experience": 3000.0, "own": 150.0, "partner": 20.0}
    laggard = {"cost": 110.0, "experience": 300.0, "own": 20.0, "partner": 150.0}
    costs = {
        (name, s): ahead(side["cost"], side["experience"], side["own"], side["partner"], s)
        for name, side in (("leader", leader), ("laggard", laggard))
        for s in (0.33, 0.66)
    }

    def gain(own: str, other: str, here: dict[str, float], there: dict[str, float], revenue: float) -> float:
        return float(
            technology.technology_gain(
                here["cost"],
                there["cost"],
                costs[own, 0.33],
                costs[own, 0.66],
                costs[other, 0.33],
                costs[other, 0.66],
                here["own"],
                revenue,
                tension,
                0.3,
            )
        )

    return gain("leader", "laggard", leader, laggard, 40.0), gain("laggard", "leader", laggard, leader, 15.0)


def test_the_laggard_wants_it_and_a_tense_leader_does_not() -> None:
    leader, laggard = pair(tension=0.6)
    assert laggard > 0.0 > leader
    calm_leader, same_laggard = pair(tension=0.0)
    assert calm_leader > leader
    assert same_laggard == laggard, "security is the leader's worry alone"


def test_parts_of_the_account() -> None:
    assert technology.learning_gain(100.0, 90.0, 20.0) == pytest.approx(0.2)
    assert technology.research_saving(15.0) == pytest.approx(0.015)
    assert technology.leader_margin_loss(30.0, 20.0, 150.0) == pytest.approx(0.1 * 10.0 * 150.0 / 1000)
    assert technology.leader_margin_loss(-30.0, -20.0, 150.0) == 0.0, "a laggard has no lead to lose"
    assert technology.leader_margin_loss(20.0, 30.0, 150.0) == 0.0, "a lead that grows costs nothing"
    assert technology.leader_margin_loss(10.0, -5.0, 150.0) == pytest.approx(0.1 * 10.0 * 150.0 / 1000)
    assert technology.leader_security_cost(0.3, 0.5, 70.0, 100.0) == pytest.approx(0.15)
    assert technology.leader_security_cost(0.3, 0.5, 100.0, 70.0) == 0.0
    assert technology.leader_security_cost(0.3, 0.0, 70.0, 100.0) == 0.0


def test_m1_shape_blind() -> None:
    n = 8
    a, b, c, d = RNG.random((4, n)) + 0.01
    cost, other = 50 + 60 * a, 50 + 60 * b
    check_shape_blind(technology.cost_ahead, cost, 45 * a, 100 * c, 20 * d, 20 * b, a / 2, 0.1 + b / 3, np.arange(n))
    check_shape_blind(technology.learning_gain, cost, other, 100 * c)
    check_shape_blind(technology.leader_margin_loss, cost - other, other - cost / 2, 100 * c)
    check_shape_blind(technology.research_saving, 30 * a)
    check_shape_blind(technology.leader_security_cost, a, b, cost, other)
    check_shape_blind(
        technology.technology_gain,
        *(cost, other, 0.9 * cost, 0.8 * cost, 0.9 * other, 0.85 * other, 100 * c, 30 * d, b, a),
    )


def test_shared_data_worked_example() -> None:
    # 60 bn$ a quarter of EV revenue, a twentieth of it research, a fiftieth of that saved; tension 0.45 at 0.1 bn$.
    saved, cost = technology.data_platform_gain(60.0, 0.02, 0.1, 0.45)
    assert (float(saved), float(cost)) == (pytest.approx(0.06), pytest.approx(0.045))
    saved, cost = technology.data_platform_gain(np.array([0.0, 10.0]), 0.3, 1.0, np.zeros(2))
    assert saved.tolist() == [0.0, pytest.approx(0.15)] and cost.tolist() == [0.0, 0.0]
