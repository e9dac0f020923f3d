"""Stability of clubs: the textbook public good (C1), Nordhaus-like penalties (C2), and brute force."""

from __future__ import annotations

import json
from itertools import permutations, product
from pathlib import Path

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.numerics import FloatArray
from model.rules import clubs

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))

BENEFIT = np.array([1.0, 0.75, 0.6])
EXPOSURE = np.array([[0.0, 0.5, 0.6], [0.5, 0.0, 0.5], [0.6, 0.5, 0.0]])


def public_good(benefit: FloatArray, exposure: FloatArray | None = None, penalty: float = 0.0) -> FloatArray:
    """Payoffs (C, n) of an abatement game: benefit times total, cost q q/2, members maximise their sum."""
    club = clubs.coalitions(benefit.size)
    payoffs = np.empty(club.is_member.shape)
    for c, inside in enumerate(club.is_member):
        effort = np.where(inside, benefit[inside].sum(), benefit)
        payoffs[c] = benefit * effort.sum() - 0.5 * effort**2
        if exposure is not None:
            payoffs[c] -= penalty * (exposure * inside).sum(axis=1) * ~inside
    return payoffs


def random_payoffs(n: int) -> st.SearchStrategy[FloatArray]:
    shape = clubs.coalitions(n).is_member.shape
    return arrays(np.float64, shape, elements=st.integers(-6, 6).map(float))


@pytest.mark.parametrize("n", [3, 10])
def test_c1_identical_players_form_clubs_of_two_and_three(n: int) -> None:
    payoffs = public_good(np.full(n, 1.0))
    stable = clubs.stable_coalitions(payoffs)
    sizes = {len(group) for group, holds in zip(clubs.coalitions(n).members, stable, strict=True) if holds}
    assert sorted(sizes) == CHECKS["C1"][f"N{n}"]
    # Identical players: a size is stable for every group of that size or for none.
    by_size = [np.count_nonzero(c) for c in clubs.coalitions(n).is_member[stable]]
    assert len(by_size) == sum(np.count_nonzero(clubs.coalitions(n).is_member.sum(1) == s) for s in sizes)


@pytest.mark.parametrize("penalty", ["0.0", "0.5", "1.0", "2.0"])
def test_c2_payoffs_and_stable_clubs(penalty: str) -> None:
    want = CHECKS["C2"][penalty]
    payoffs = public_good(BENEFIT, EXPOSURE, float(penalty))
    members = clubs.coalitions(3).members
    assert [str(group) for group in members] == list(want["payoffs"])
    np.testing.assert_allclose(payoffs, list(want["payoffs"].values()), rtol=1e-6)
    stable = clubs.stable_coalitions(payoffs)
    assert [list(g) for g, holds in zip(members, stable, strict=True) if holds] == want["stable"]


def test_c2_all_penalties_in_one_batch() -> None:
    penalties = [0.0, 0.5, 1.0, 2.0]
    batch = np.stack([public_good(BENEFIT, EXPOSURE, p) for p in penalties])
    found = clubs.stable_coalitions(batch)
    assert found.shape == (4, 5)
    fastest = np.moveaxis(np.ascontiguousarray(np.moveaxis(batch, 0, -1)), -1, 0)
    assert np.array_equal(found, clubs.stable_coalitions(fastest))
    for k in range(4):
        assert np.array_equal(found[k], clubs.stable_coalitions(batch[k]))


def test_c2_penalty_at_which_each_stops_gaining_by_leaving() -> None:
    club, payoffs = clubs.coalitions(3), public_good(BENEFIT)
    everyone = len(club.members) - 1
    outside = payoffs[club.after_leaving[everyone], np.arange(3)]
    threshold = benchmarks.penalty_threshold(payoffs[everyone], outside, EXPOSURE.sum(axis=1))
    np.testing.assert_allclose(threshold, CHECKS["C2_threshold"], rtol=1e-6)
    # Just above the largest threshold all three hold together, just below they do not.
    for step, holds in ((1e-6, True), (-1e-6, False)):
        p = float(threshold.max()) + step
        assert bool(clubs.stable_coalitions(public_good(BENEFIT, EXPOSURE, p))[everyone]) is holds


def test_penalty_threshold_stays_finite() -> None:
    inside, outside = np.array([1.0, 2.0, 1.0, 0.0]), np.array([2.0, 1.0, 1.0, 1e300])
    threshold = benchmarks.penalty_threshold(inside, outside, np.array([0.0, 0.0, 0.0, 1e-300]))
    assert threshold.tolist() == [benchmarks.THRESHOLD_CAP, -benchmarks.THRESHOLD_CAP, 0.0, benchmarks.THRESHOLD_CAP]


def test_coalitions_and_their_moves() -> None:
    club = clubs.coalitions(3)
    assert club.members == ((), (0, 1), (0, 2), (1, 2), (0, 1, 2))
    assert club.after_leaving.tolist() == [[0, 0, 0], [0, 0, 1], [0, 2, 0], [3, 0, 0], [3, 2, 1]]
    assert club.after_joining.tolist() == [[0, 0, 0], [1, 1, 4], [2, 4, 2], [4, 3, 3], [4, 4, 4]]
    assert len(clubs.coalitions(10).members) == 2**10 - 10
    with pytest.raises(ValueError, match="two blocs"):
        clubs.coalitions(1)
    with pytest.raises(ValueError, match="read-only"):
        club.is_member[0, 0] = True


def by_definition(payoffs: FloatArray, eps: float, exclusive: bool) -> list[bool]:
    """Stability written as the sentence it is, over sets, without the tables."""
    n = payoffs.shape[1]
    table = {frozenset(g): payoffs[c] for c, g in enumerate(clubs.coalitions(n).members)}

    def of(group: frozenset[int]) -> FloatArray:
        return table[group if len(group) > 1 else frozenset()]

    result = []
    for group in table:
        inside = all(of(group)[i] >= of(group - {i})[i] - eps for i in group)
        tempted = [i for i in range(n) if i not in group and of(group)[i] < of(group | {i})[i] - eps]
        if exclusive:
            tempted = [i for i in tempted if not any(of(group | {i})[m] < of(group)[m] - eps for m in group)]
        result.append(bool(group) and inside and not tempted)
    return result


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("exclusive", [False, True])
@settings(max_examples=40)
@given(data=st.data())
def test_stability_matches_its_definition(n: int, exclusive: bool, data: st.DataObject) -> None:
    payoffs = data.draw(random_payoffs(n))
    found = clubs.stable_coalitions(payoffs, exclusive=exclusive)
    assert found.tolist() == by_definition(payoffs, clubs.INDIFFERENCE, exclusive)


@settings(max_examples=40)
@given(random_payoffs(3), st.sampled_from(list(permutations(range(3)))))
def test_m19_enumeration_order_and_knife_edges_do_not_matter(payoffs: FloatArray, order: tuple[int, ...]) -> None:
    members = clubs.coalitions(3).members
    renamed = np.empty_like(payoffs)
    where = [members.index(tuple(sorted(order[b] for b in group))) for group in members]
    for c in range(len(members)):
        for b in range(3):
            renamed[where[c], order[b]] = payoffs[c, b]
    assert np.array_equal(clubs.stable_coalitions(renamed)[where], clubs.stable_coalitions(payoffs))
    nudged = payoffs + 4e-13 * np.where(np.arange(15).reshape(5, 3) % 2, 1.0, -1.0)  # differs along every move
    assert np.array_equal(clubs.stable_coalitions(nudged), clubs.stable_coalitions(payoffs))


@settings(max_examples=40)
@given(random_payoffs(3), st.tuples(*[st.integers(-9, 9)] * 3))
def test_limits_of_the_stability_rules(payoffs: FloatArray, shift: tuple[int, ...]) -> None:
    stable = clubs.stable_coalitions(payoffs)
    assert not stable[0]
    assert np.array_equal(stable, clubs.stable_coalitions(payoffs + np.array(shift, dtype=float)))
    assert clubs.internally_stable(payoffs)[0]
    assert clubs.externally_stable(payoffs)[-1]
    assert np.all(benchmarks.potentially_internal(payoffs) | ~clubs.internally_stable(payoffs))
    assert np.all(clubs.externally_stable(payoffs, exclusive=True) | ~clubs.externally_stable(payoffs))


def test_transfers_hold_a_club_that_money_can_buy() -> None:
    payoffs = np.zeros((5, 3))
    payoffs[-1] = [5.0, 1.0, 1.0]  # one member gains a lot ...
    payoffs[3, 0], payoffs[2, 1], payoffs[1, 2] = 1.0, 2.0, 2.0  # ... the other two would do better outside
    assert not clubs.internally_stable(payoffs)[-1]
    assert benchmarks.potentially_internal(payoffs)[-1]
    payoffs[-1, 0] = 2.9
    assert not benchmarks.potentially_internal(payoffs)[-1]


@settings(max_examples=40)
@given(random_payoffs(3))
def test_shared_surplus_leaves_nobody_better_off_outside(payoffs: FloatArray) -> None:
    money = clubs.shared_surplus(payoffs)
    np.testing.assert_allclose(money.sum(axis=1), 0.0, atol=1e-12)
    assert not money[~clubs.coalitions(3).is_member].any()
    after = clubs.internally_stable(payoffs + money, 1e-9)
    assert np.array_equal(after, benchmarks.potentially_internal(payoffs, 1e-9) | ~clubs.coalitions(3).is_member.any(1))


def test_the_best_stable_club_is_chosen_and_ties_keep_what_is() -> None:
    payoffs = np.zeros((5, 3))
    payoffs[1, :2], payoffs[3, 1:], payoffs[4] = 1.0, 1.0, 0.5
    stable = np.array([False, True, False, True, True])
    # Gains count, not levels: a shift of everyone's payoff does not favour the larger club.
    for shift in (0.0, 100.0):
        assert clubs.choose_club(payoffs + shift, stable, 1) == 1
        assert clubs.choose_club(payoffs + shift, stable, 3) == 3
        # Two tie for the best: nobody says which, so what is stable stays and otherwise nothing is formed.
        assert clubs.choose_club(payoffs + shift, stable, 4) == 4
        assert clubs.choose_club(payoffs + shift, stable, 2) == 0 == clubs.choose_club(payoffs + shift, stable, 0)
    payoffs[3, 1] = 1.5
    assert clubs.choose_club(payoffs, stable, 4) == 3 == clubs.choose_club(payoffs, stable, 0)
    assert clubs.choose_club(payoffs, np.zeros(5, dtype=bool), 1) == 0
    lanes = clubs.choose_club(np.stack([payoffs] * 3), np.stack([stable] * 3), np.array([0, 3, 4]))
    assert lanes.tolist() == [3, 3, 3]


def test_leaving_one_by_one_and_together() -> None:
    def left(club: int, *who: int) -> int:
        return int(clubs.without(club, np.isin(np.arange(3), who)))

    assert [left(4), left(4, 0), left(4, 1), left(4, 2), left(4, 0, 1)] == [4, 3, 2, 1, 0]
    assert [left(1, 2), left(1, 0), left(0, 0)] == [1, 0, 0]
    leaves = np.array([[True, False, False], [False, False, True]])
    assert clubs.without(np.array([4, 2]), leaves).tolist() == [3, 0]


@settings(max_examples=20)
@given(random_payoffs(3), st.sampled_from(range(5)))
def test_the_row_of_a_club(payoffs: FloatArray, club: int) -> None:
    assert np.array_equal(clubs.taken(payoffs, club), payoffs[club])
    batch = np.stack([payoffs, payoffs + 1.0])
    assert np.array_equal(clubs.taken(batch, np.array([club, 0])), [batch[0, club], batch[1, 0]])


# --- conditional commitments ------------------------------------------------------------------------------------------


def contributors(least: tuple[int, ...]) -> np.ndarray:
    """Who contributes where each says "I do if at least so many of us do": the largest number whose words are true.

    Source: Reischmann & Oechssler 2018, the Binary Conditional Contribution Mechanism.
    """
    said = np.array(least)
    holds = [m for m in range(1, said.size + 1) if np.count_nonzero(said <= m) >= m]
    return said <= max(holds, default=0)


def dilemma(gives: np.ndarray, share: float) -> FloatArray:
    """Payoffs (n,) where each has 1 to keep or to give, and what is given brings everybody this share of it."""
    return 1.0 - gives + share * np.count_nonzero(gives)


NEVER, ALL_THREE = 4, 3


def test_i_will_if_you_will_makes_giving_an_equilibrium_where_alone_it_is_dominated() -> None:
    # A share of .4: alone a gift costs .6, of two it brings each .8 instead of 1, of three 1.2.
    def payoffs(*least: int) -> FloatArray:
        return dilemma(contributors(least), 0.4)

    for others in product((False, True), repeat=2):
        keeps, gives = (dilemma(np.array([own, *others]), 0.4)[0] for own in (False, True))
        assert keeps - gives == pytest.approx(0.6), "dominated, whatever the others do"
    assert payoffs(ALL_THREE, ALL_THREE, ALL_THREE).tolist() == pytest.approx([1.2, 1.2, 1.2])
    assert payoffs(NEVER, ALL_THREE, ALL_THREE).tolist() == [1.0, 1.0, 1.0], "who takes the word back ends it"
    assert payoffs(2, 2, NEVER).tolist() == pytest.approx([0.8, 0.8, 1.8]), "who asks for less can be exploited"
    safe = [k for k in range(1, 5) if all(payoffs(k, *rest)[0] >= 1.0 for rest in product(range(1, 5), repeat=2))]
    assert safe == [ALL_THREE, NEVER]
    # Of the messages that risk nothing the promise is never worse, and better where the others promise too.
    leads = [payoffs(ALL_THREE, *rest)[0] - payoffs(NEVER, *rest)[0] for rest in product(safe, repeat=2)]
    assert min(leads) == 0.0 and leads[0] == pytest.approx(0.2)


@pytest.mark.parametrize("share", [0.3, 0.4, 0.6])
def test_blocs_that_name_their_partners_come_to_what_the_mechanism_does(share: float) -> None:
    club = clubs.coalitions(3)
    payoffs = np.array([dilemma(inside, share) for inside in club.is_member])
    agreed = clubs.agreed_coalitions(payoffs)
    sizes = {len(group) for group, holds in zip(club.members, agreed, strict=True) if holds}
    assert sizes == {m for m in (2, 3) if share * m > 1.0}
    # The largest of the messages that risk nothing: the least number from which a gift pays.
    least = next((m for m in (2, 3) if share * m > 1.0), NEVER)
    chosen = clubs.choose_club(payoffs, agreed, 0)
    assert club.is_member[chosen].tolist() == contributors((least,) * 3).tolist()
    # Without conditions whoever leaves three has what two go on giving.
    assert clubs.stable_coalitions(payoffs)[-1] == 0


@pytest.mark.parametrize("n", [3, 6, 10])
def test_c1_identical_players_all_come_in_on_condition(n: int) -> None:
    payoffs = public_good(np.full(n, 1.0))
    agreed = clubs.agreed_coalitions(payoffs)
    assert agreed[-1] and clubs.choose_club(payoffs, agreed, 0) == len(payoffs) - 1
    assert not clubs.stable_coalitions(payoffs)[-1] or n == 3


@settings(max_examples=40)
@given(random_payoffs(3), st.tuples(*[st.integers(-9, 9)] * 3))
def test_what_is_agreed_by_definition(payoffs: FloatArray, shift: tuple[int, ...]) -> None:
    groups = clubs.coalitions(3).members
    found = clubs.agreed_coalitions(payoffs)
    assert found.tolist() == [
        bool(group) and all(payoffs[c, b] > payoffs[0, b] for b in group) for c, group in enumerate(groups)
    ]
    assert np.array_equal(clubs.agreed_coalitions(payoffs + np.array(shift, dtype=float)), found)
    # With the surplus shared, exactly the coalitions that have one.
    shared = payoffs + clubs.shared_surplus(payoffs, conditional=True)
    np.testing.assert_allclose(shared.sum(axis=1), payoffs.sum(axis=1), atol=1e-12)
    has_one = [sum(payoffs[c, b] - payoffs[0, b] for b in group) > 0.0 for c, group in enumerate(groups)]
    assert clubs.agreed_coalitions(shared, 1e-9).tolist() == has_one
