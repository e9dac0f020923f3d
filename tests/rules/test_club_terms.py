"""Terms of a club: who is bound, who is penalised, what carbon costs, what lapsing brings (theory 1.19)."""

from __future__ import annotations

import numpy as np
import pytest
import rule_checks
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.rules import club_terms, clubs, compliance

CLUB = clubs.coalitions(3)
MEMBERS = CLUB.is_member.astype(float)
PAIR = CLUB.members.index((0, 2))
ALL = len(CLUB.members) - 1
TABLES = arrays(np.float64, (5, 3, 3), elements=st.integers(-9, 9).map(float))


def test_who_is_bound_and_who_is_penalised() -> None:
    within, against = club_terms.inside(MEMBERS[PAIR], np.ones(3)), club_terms.outside(MEMBERS[PAIR], np.ones(3))
    assert within.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    assert against.tolist() == [[0, 1, 0], [0, 0, 0], [0, 1, 0]]
    # A member that lapses neither grants nor penalises; the other one still does both.
    lapse = np.array([0.0, 1.0, 1.0])
    assert club_terms.inside(MEMBERS[PAIR], lapse).tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert club_terms.outside(MEMBERS[PAIR], lapse).tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert not club_terms.outside(MEMBERS[ALL], np.ones(3)).any() and not club_terms.outside(MEMBERS[0], lapse).any()


def test_the_lower_duty_applies_inside_and_the_penalty_comes_on_top_outside() -> None:
    duty = np.array([[[0.0, 0.5, 0.1], [0.3, 0.0, 0.0], [0.2, 0.4, 0.0]]] * 2)
    terms = [part(MEMBERS[PAIR], np.ones(3)) for part in (club_terms.inside, club_terms.outside)]
    found = club_terms.club_duty(duty, *terms, 0.05)
    assert found[0].tolist() == [[0.0, 0.55, 0.0], [0.3, 0.0, 0.0], [0.0, 0.45, 0.0]]
    assert np.array_equal(found[0], found[1])
    none = [part(MEMBERS[0], np.ones(3)) for part in (club_terms.inside, club_terms.outside)]
    assert np.array_equal(club_terms.club_duty(duty, *none, 0.25), duty)


@pytest.mark.parametrize(
    ("base", "floor", "duty", "part"),
    [(0.4, 0.1, 0.4, 0.0), (0.4, 0.1, 0.25, 0.5), (0.4, 0.1, 0.1, 1.0), (0.4, 0.1, 0.0, 1.0), (0.4, 0.1, 0.45, 0.0),
     (0.1, 0.1, 0.1, 0.0)],
)  # fmt: skip
def test_what_an_applied_duty_concedes(base: float, floor: float, duty: float, part: float) -> None:
    assert float(club_terms.conceded(base, floor, duty)) == pytest.approx(part)


def test_a_carbon_price_by_hand() -> None:
    step = club_terms.carbon_step(50.0, 8.0, 250.0)
    # One fifth of 8 t abated at 25 $/t on average, the rest charged at 50 $/t.
    assert float(step.abated) == pytest.approx(1.6)
    assert float(step.receipts) == pytest.approx(6.4 * 50 / 1000)
    assert float(step.cost) == pytest.approx(6.4 * 50 / 1000 + 1.6 * 25 / 1000)
    assert [float(part) for part in club_terms.carbon_step(0.0, 8.0, 250.0)] == [0.0, 0.0, 0.0]
    dear = club_terms.carbon_step(400.0, 8.0, 250.0)
    assert float(dear.receipts) == 0.0 and float(dear.abated) == 8.0
    assert float(dear.cost) == pytest.approx(8.0 * 125 / 1000)  # nobody pays more for the last tonne than it costs


@given(st.floats(0, 148), st.floats(6, 12), st.floats(150, 1000))
def test_a_higher_carbon_price_costs_and_abates_more(price: float, embedded: float, backstop: float) -> None:
    low, high = (club_terms.carbon_step(x, embedded, backstop) for x in (price, price + 1.0))
    assert high.cost > low.cost and high.abated > low.abated and 0.0 <= low.abated <= embedded


@given(TABLES)
def test_flows_of_a_club_by_definition(table: np.ndarray) -> None:
    money = np.zeros((5, 3))
    flows = club_terms.member_flows(table, money, CLUB.after_leaving)
    for c, group in enumerate(CLUB.members):
        for b in group:
            others = [m for m in range(3) if m != b]
            assert flows.kept[c, b] == table[c, :, b].sum()
            assert flows.alone[c, b] == pytest.approx(table[0, b, b] + sum(table[c, m, b] for m in others))
            assert flows.deserted[c, b] == pytest.approx(table[c, b, b] + sum(table[0, m, b] for m in others))
            assert flows.both_lapse[c, b] == table[0, :, b].sum()
            assert flows.punish[c, b] == table[CLUB.after_leaving[c, b], :, b].sum()
    nobody = [flow[0] for flow in flows]
    assert all(np.array_equal(flow, nobody[0]) for flow in nobody)


@given(TABLES, st.sampled_from(range(5)), st.tuples(*[st.booleans()] * 3))
def test_what_is_left_of_a_club_that_not_everyone_keeps(table: np.ndarray, c: int, keeps: tuple[bool, ...]) -> None:
    chosen = np.arange(5) == c
    money = clubs.shared_surplus(table.sum(axis=1))
    found = club_terms.kept_payoff(table, money, chosen, np.array(keeps, dtype=float))
    for b in range(3):
        by_hand = sum((table[c, m, b] if keeps[m] else table[0, m, b]) - table[0, m, b] for m in range(3))
        assert found[b] == pytest.approx(by_hand + (money[c, b] if all(keeps) else 0.0))


@given(TABLES)
def test_rules_of_terms_are_blind_to_shape(table: np.ndarray) -> None:
    batch = np.stack([table, table + 1.0, -table])
    money = np.zeros((3, 5, 3))
    rule_checks.check_shape_blind(lambda x, y: tuple(club_terms.member_flows(x, y, CLUB.after_leaving)), batch, money)


@given(TABLES, st.floats(0.1, 1), st.floats(0, 0.99))
def test_nobody_gains_by_a_lapse_that_ends_the_terms_for_all(table: np.ndarray, belief: float, future: float) -> None:
    money = clubs.shared_surplus(table.sum(axis=1), conditional=True)
    flows = club_terms.conditional_flows(table, money)
    assert np.array_equal(flows.kept, table.sum(axis=1) + money)
    for other in flows[1:]:
        assert np.array_equal(other, np.broadcast_to(table[0].sum(axis=0), (5, 3)))
    keeps, _ = compliance.honour_test(*flows, belief, future, 1, 4.0)
    clear = np.abs(flows.kept - flows.punish) > 1e-9
    assert np.array_equal(keeps[clear], (flows.kept > flows.punish)[clear])


def test_terms_hold_for_all_or_for_nobody() -> None:
    found = club_terms.together(np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]]))
    assert found.tolist() == [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
