"""The game classifier: taxonomy (C3), belief (C4), ties, one-way issues, closed forms by brute force."""

from __future__ import annotations

import json
from itertools import permutations, product
from pathlib import Path

import benchmarks
import numpy as np
import pytest
from benchmarks import Payoffs
from hypothesis import given, settings
from hypothesis import strategies as st

from model.numerics import same_bits
from model.rules import games
from model.rules.games import FAMILIES, FAMILY_RANKINGS

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))

ALL_RANKS = np.array(list(permutations((1.0, 2.0, 3.0, 4.0))))  # (24, 4): R, T, S, P
ALL_CODES = games.side_family(*ALL_RANKS.T)
money = st.floats(-50.0, 50.0, allow_nan=False).map(lambda x: round(x, 3))
four_payoffs = st.tuples(money, money, money, money)


def payoffs_of(family: str) -> Payoffs:
    """Payoffs 4, 3, 2, 1 in the ranking of a family."""
    ranking = next(r for r, name in FAMILY_RANKINGS.items() if name == family)
    return Payoffs(*(4.0 - ranking.index(letter) for letter in "RTSP"))


PAIR_OF_CHECK = {
    "PD-PD": ("Prisoner's Dilemma", "Prisoner's Dilemma"),
    "SH-SH": ("Stag Hunt", "Stag Hunt"),
    "PD-SH": ("Prisoner's Dilemma", "Stag Hunt"),
    "DL-HA": ("Deadlock", "Harmony"),
    "CH-PD": ("Chicken", "Prisoner's Dilemma"),
    "DL-PD": ("Deadlock", "Prisoner's Dilemma"),
}


@pytest.mark.parametrize("row_id", sorted(CHECKS["C3"]))
def test_c3_named_games(row_id: str) -> None:
    want = CHECKS["C3"][row_id]
    row, column = (games.side_family(*payoffs_of(name)) for name in PAIR_OF_CHECK[row_id])
    assert (FAMILIES[row], FAMILIES[column]) == (want["lab_i"], want["lab_j"])
    assert games.pair_name(int(row), int(column)) == f"{want['lab_i']}–{want['lab_j']}"


def test_families_are_neighbours_by_one_swap_of_ranks() -> None:
    rankings = list(FAMILY_RANKINGS)
    for ring in (rankings[:6], rankings[6:]):
        for here, there in zip(ring, ring[1:] + ring[:1], strict=True):
            differ = [k for k in range(4) if here[k] != there[k]]
            assert len(differ) == 2
            assert differ[1] - differ[0] == 1


def test_every_strict_ranking_has_its_own_name() -> None:
    assert sorted(ALL_CODES) == list(range(24))
    # Mutual protection is the ideal, so the labels are the wrong way round: P > S > T > R, P > S > R > T.
    assert FAMILIES[games.side_family(1.0, 2.0, 3.0, 4.0)] == "reversed: Concord"
    assert FAMILIES[games.side_family(2.0, 1.0, 3.0, 4.0)] == "reversed: Stag Hunt"


@given(four_payoffs, st.floats(0.1, 10.0), st.sampled_from([0.0, 0.5]))
def test_naming_is_free_of_units_and_levels(payoffs: tuple[float, ...], scale: float, tolerance: float) -> None:
    x = np.round(np.array(payoffs) * 4.0) / 4.0  # binary fractions: scaling by powers of two is exact
    factor = 2.0 ** np.round(np.log2(scale))
    here = games.side_family(*x, tolerance=tolerance)
    assert here == games.side_family(*(x * factor), tolerance=tolerance * factor)
    assert here == games.side_family(*(x + 8.0), tolerance=tolerance)


@given(st.lists(st.tuples(four_payoffs, st.floats(0.0, 2.0)), min_size=1, max_size=8))
def test_m1_a_batch_is_the_loop(rows: list[tuple[tuple[float, ...], float]]) -> None:
    x = np.array([row for row, _ in rows]).T
    tolerance = np.array([t for _, t in rows])
    batch = games.side_family(*x, tolerance=tolerance)
    for k in range(x.shape[1]):
        assert batch[k] == games.side_family(*x[:, k], tolerance=tolerance[k])
    for rule in (benchmarks.belief_needed, benchmarks.rapoport_index, benchmarks.additive_gap):
        assert same_bits(rule(*x), np.array([rule(*x[:, k]) for k in range(x.shape[1])]))
    point = games.game_map_point(*x[:3])
    assert same_bits(point, np.array([games.game_map_point(*x[:3, k]) for k in range(x.shape[1])]))


def test_shapes_broadcast_and_leading_axes_do_not_matter() -> None:
    x = np.random.default_rng(5).normal(size=(4, 6, 3, 2))
    batch = games.side_family(*x, tolerance=np.full((6, 1, 1), 0.01))
    assert batch.shape == (6, 3, 2)
    assert batch.dtype == np.int8
    fortran = [np.asfortranarray(p) for p in x]
    assert np.array_equal(batch, games.side_family(*fortran, tolerance=0.01))
    assert games.side_family(1.0, x[0], 0.5, 0.0).shape == (6, 3, 2)


# --- ties and one-way issues --------------------------------------------------------------------------------


@given(st.integers(0, 23), st.integers(0, 2))
def test_a_difference_within_the_tolerance_is_a_tie(which: int, upper: int) -> None:
    order = np.argsort(-ALL_RANKS[which])  # positions from best to worst
    tied = ALL_RANKS[which].copy()
    tied[order[upper]] = tied[order[upper + 1]] + 0.004
    assert games.side_family(*tied, tolerance=0.005) == games.TIE
    assert games.side_family(*tied, tolerance=0.003) == ALL_CODES[which]


@pytest.mark.parametrize("own", [-0.4, 0.4])
def test_one_way_issues_on_both_sides(own: float) -> None:
    giver = games.side_family(-own, 0.0, -own, 0.0, 0.001)  # what the partner does is nothing to the giver
    receiver = games.side_family(0.6, 0.6, 0.0, 0.0, 0.001)  # what it does itself is nothing to the receiver
    assert giver == receiver == games.ONE_WAY
    assert games.pair_name(int(giver), int(receiver)) == "one-way"
    assert games.pair_name(int(giver), games.TIE) == "one-way–tie"


# --- closed forms -------------------------------------------------------------------------------------------


def test_c4_belief_and_risk_dominance_of_the_stag_hunt() -> None:
    want = CHECKS["C4"]
    assert benchmarks.belief_needed(4.0, 3.0, 0.0, 2.0) == pytest.approx(want["p_star"], rel=1e-9)
    assert {1: "C", -1: "D", 0: "-"}[int(benchmarks.risk_dominant_act(4.0, 3.0, 0.0, 2.0))] == want["rd"]
    # The mixed equilibrium: at this belief honouring and withdrawing pay the same.
    p = benchmarks.belief_needed(4.0, 3.0, 0.0, 2.0)
    assert p * 4.0 + (1 - p) * 0.0 == pytest.approx(p * 3.0 + (1 - p) * 2.0, rel=1e-12)


@given(four_payoffs, st.floats(0.0, 1.0))
def test_belief_needed_is_where_the_best_act_changes(payoffs: tuple[float, ...], trust: float) -> None:
    r, t, s, p = payoffs
    needed = float(benchmarks.belief_needed(*payoffs))
    assert 0.0 <= needed <= 1.0
    advantage = trust * (r - t) + (1.0 - trust) * (s - p)  # of honouring
    if abs(advantage) > 1e-6:
        chicken = t > r and s > p
        honours_when = trust < needed if chicken else (trust > needed or needed == 0.0)
        assert (advantage > 0.0) == (honours_when and not (needed == 1.0 and not chicken))


@given(four_payoffs)
def test_risk_dominance_matches_the_belief_in_a_stag_hunt(payoffs: tuple[float, ...]) -> None:
    r, t, s, p = payoffs
    if r > t and p > s and abs((r - t) - (p - s)) > 1e-6:
        assert (benchmarks.risk_dominant_act(*payoffs) == -1) == (benchmarks.belief_needed(*payoffs) > 0.5)


@pytest.mark.parametrize("case", sorted(CHECKS["A8"]))
def test_a8_tariff_games_are_additive_dilemmas(case: str) -> None:
    row = CHECKS["A8"][case]
    payoffs = Payoffs(row["R"], row["T"], row["S"], row["P"])
    assert FAMILIES[games.side_family(*payoffs, 1e-6)] == "Prisoner's Dilemma"
    assert FAMILIES[benchmarks.additive_family(row["G"], row["L"])] == "Prisoner's Dilemma"
    assert benchmarks.additive_gap(*payoffs) < 1e-8  # ten digits in the table of checks
    discount = benchmarks.critical_discount(payoffs.reward, payoffs.temptation, payoffs.punishment)
    assert discount == pytest.approx(row["delta_star"], rel=1e-6)
    assert games.game_map_point(*payoffs[:3]) == pytest.approx(row["G"] / row["L"], rel=1e-6)


def test_b1_grim_discount_and_its_edges() -> None:
    assert benchmarks.critical_discount(3.0, 5.0, 1.0) == pytest.approx(CHECKS["B1"]["grim"], rel=1e-12)
    assert benchmarks.critical_discount(3.0, 2.0, 1.0) == 0.0  # no temptation
    assert benchmarks.critical_discount(3.0, 5.0, 4.0) == 2.0  # deadlock: beyond one
    assert benchmarks.critical_discount(3.0, 5.0, 5.0) == games.RATIO_CAP  # punishment as good as temptation
    assert benchmarks.critical_discount(0.0, 1e300, -1e-300) == pytest.approx(1.0)


@given(
    st.integers(-40, 40).filter(lambda g: g != 0),
    st.integers(1, 40),
    st.integers(-10, 10),
)
def test_additive_games_are_only_four(own: int, partner: int, level: int) -> None:
    g, lo, r = float(own), float(partner), float(level)
    payoffs = Payoffs(r, r + g, r - lo, r - lo + g)
    code = games.side_family(*payoffs)
    if abs(own) != partner:
        assert code == benchmarks.additive_family(g, lo)
        assert FAMILIES[code] in {"Prisoner's Dilemma", "Deadlock", "Concord", "Harmony"}
    else:
        assert code == benchmarks.additive_family(g, lo) == games.TIE
    assert benchmarks.additive_gap(*payoffs) == 0.0
    assert games.game_map_point(*payoffs[:3]) == g / lo


EQUILIBRIA = {
    "Prisoner's Dilemma": "DD",
    "Deadlock": "DD",
    "Compromise": "DD",
    "Chicken": "CD DC",
    "Battle": "CD DC",
    "Hero": "CD DC",
    "Stag Hunt": "CC DD",
    "Assurance": "CC DD",
    "Coordination": "CC DD",
    "Peace": "CC",
    "Harmony": "CC",
    "Concord": "CC",
}


@pytest.mark.parametrize("family", EQUILIBRIA)
def test_pure_equilibria_and_dominance_of_symmetric_games(family: str) -> None:
    payoffs = payoffs_of(family)
    found = benchmarks.pure_equilibria(payoffs, payoffs)
    assert " ".join(o for o, is_one in zip(benchmarks.OUTCOMES, found, strict=True) if is_one) == EQUILIBRIA[family]
    dominant = {"DD": -1, "CC": 1}.get(EQUILIBRIA[family], 0)
    assert benchmarks.dominant_act(*payoffs) == dominant


@settings(max_examples=60)
@given(four_payoffs, four_payoffs)
def test_pure_equilibria_match_brute_force(row: tuple[float, ...], column: tuple[float, ...]) -> None:
    # Matrices [own act, partner's act], acts C = 0 and D = 1.
    matrices = [np.array([[r, s], [t, p]]) for r, t, s, p in (row, column)]
    found = benchmarks.pure_equilibria(Payoffs(*row), Payoffs(*column), tolerance=0.0)
    for k, (i, j) in enumerate(product((0, 1), repeat=2)):
        stays = matrices[0][i, j] >= matrices[0][1 - i, j] and matrices[1][j, i] >= matrices[1][1 - j, i]
        assert bool(found[k]) == bool(stays)


def test_knife_edge_of_equilibria_is_forgiven() -> None:
    row = Payoffs(3.0, 3.0 + 1e-13, 0.0, 1.0)
    assert benchmarks.pure_equilibria(row, row)[0]
    assert benchmarks.dominant_act(*row, tolerance=games.ROUNDING) == 0


def test_asymmetric_lesson_deadlock_harmony() -> None:
    """The importer guards, the exporter would give anyway: one equilibrium, bought off by a side payment."""
    deadlock, harmony = Payoffs(2.0, 4.0, 1.0, 3.0), Payoffs(9.0, 2.0, 3.0, 1.0)
    assert benchmarks.pure_equilibria(deadlock, harmony).tolist() == [False, False, True, False]
    payment = benchmarks.side_payment(deadlock, harmony)
    assert (float(payment.to_row), bool(payment.is_enough)) == (1.0, True)


@given(four_payoffs, four_payoffs)
def test_side_payment_is_enough_and_no_more(row: tuple[float, ...], column: tuple[float, ...]) -> None:
    a, b = Payoffs(*row), Payoffs(*column)
    payment = benchmarks.side_payment(a, b)
    to_row = float(payment.to_row)
    surplus = (a.reward - a.punishment, b.reward - b.punishment)
    if payment.is_enough:
        assert surplus[0] + to_row >= -1e-9
        assert surplus[1] - to_row >= -1e-9
        if to_row > 0.0:
            assert surplus[0] + to_row == pytest.approx(0.0, abs=1e-9)
    else:
        assert surplus[0] + surplus[1] < 0.0
    assert float(benchmarks.side_payment(b, a).to_row) == -to_row


@given(st.tuples(*[st.sampled_from([0.0, 1.0, -1.0, 1e-320, 1e-13, 1e100, -1e100])] * 4))
def test_m22_extreme_payoffs_give_finite_numbers(payoffs: tuple[float, ...]) -> None:
    r, t, s, p = payoffs
    results = [
        benchmarks.critical_discount(r, t, p),
        benchmarks.rapoport_index(*payoffs),
        benchmarks.belief_needed(*payoffs),
        games.game_map_point(r, t, s),
        benchmarks.additive_gap(*payoffs),
    ]
    assert np.all(np.isfinite(results))
    assert 0 <= games.side_family(*payoffs) < len(FAMILIES)
    assert np.abs(results[:2]).max() <= games.RATIO_CAP


def test_rapoport_index_of_the_textbook_dilemma() -> None:
    assert benchmarks.rapoport_index(3.0, 5.0, 0.0, 1.0) == pytest.approx(0.4)
    assert benchmarks.rapoport_index(1.0, 5.0, 0.0, 3.0) < 0.0  # deadlock
    assert benchmarks.rapoport_index(3.0, 0.0, 1.0, 2.0) == 0.0  # T <= S: says nothing
