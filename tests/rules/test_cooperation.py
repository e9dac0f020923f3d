"""Depth, reciprocity and spells of cooperation (D4), against counting quarter by quarter."""

from __future__ import annotations

import json
from pathlib import Path

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model import vocabulary
from model.numerics import FloatArray, ordered_sum, same_bits
from model.rules import cooperation as co

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))
D4 = {
    "ex1": [0.1, 0.2, 0.6, 0.7, 0.8, 0.9, 0.6, 0.2, 0.1, 0.1, 0.7, 0.7, 0.7, 0.7],
    "ex2": [0.6, 0.6, 0.4, 0.6, 0.6, 0.6, 0.4, 0.6],
    "ex3": [0.5] * 8,
    "ex4": [0.6] * 6 + [0.3] + [0.6] * 4,
}

unit = st.floats(0.0, 1.0)
states = st.lists(st.booleans(), min_size=1, max_size=24).map(lambda s: np.array(s, dtype=bool))
gains = arrays(np.float64, (4, 10), elements=st.floats(-1.0, 1.0))


def fastest(x: np.ndarray) -> np.ndarray:
    """The same numbers with the first axis fastest in memory, as the ensemble keeps them."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0)


# --- spells -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", sorted(D4))
def test_d4_first_spell(example: str) -> None:
    found = benchmarks.spells(D4[example], threshold=0.5, persistence=4, gap=2)
    first = list(found[0]) if found else [None, None]
    assert first == CHECKS["D4"][example]


def test_d4_re_emergence_is_a_second_spell() -> None:
    assert benchmarks.spells(D4["ex1"], 0.5, 4, 2) == [(2, 7), (10, None)]


def count_quarter_by_quarter(state: list[bool], persistence: int, gap: int) -> list[tuple[int, int | None]]:
    """The definition as an observer would apply it, one quarter after the other."""
    found: list[tuple[int, int | None]] = []
    onset, above, below = None, 0, 0
    for t, holds in enumerate(state):
        above, below = (above + 1, 0) if holds else (0, below + 1)
        if onset is None and above >= persistence:
            onset = t - persistence + 1
        if onset is not None and below >= gap:
            found.append((onset, t - below + 1))
            onset = None
    return [*found, (onset, None)] if onset is not None else found


@settings(max_examples=300)
@given(states, st.integers(1, 6), st.integers(1, 5))
def test_spells_match_an_observer(state: np.ndarray, persistence: int, gap: int) -> None:
    want = count_quarter_by_quarter(state.tolist(), persistence, gap)
    assert benchmarks.spells(state.astype(float), 0.5, persistence, gap) == want


@settings(max_examples=150)
@given(arrays(bool, (5, 20)), st.integers(1, 4), st.integers(2, 14))
def test_summary_matches_the_list_of_spells(state: np.ndarray, gap: int, durable: int) -> None:
    found = co.spells_summary(state, gap, durable)
    for r, row in enumerate(state):
        rows = benchmarks.spells(row.astype(float), 0.5, gap=gap)
        lengths = [(b if b is not None else 20) - a for a, b in rows]
        want = (
            bool(rows),
            bool(rows) and rows[0][1] is not None,
            len(rows),
            any(n >= durable for n in lengths),
            max(lengths, default=0),
        )
        assert tuple(np.asarray(field)[r].item() for field in found) == want
    other = co.spells_summary(fastest(state), gap, durable)
    alone = co.spells_summary(state[0], gap, durable)
    for field, same, one in zip(found, other, alone, strict=True):
        assert np.array_equal(field, same)
        assert field[0] == one


def test_durable_needs_twelve_quarters_and_bridges_count() -> None:
    state = np.zeros((4, 30), dtype=bool)
    state[0, 3:14] = True  # eleven
    state[1, 3:15] = True  # twelve
    state[2, 18:] = True  # twelve, to the end
    state[3, 19:] = True  # eleven, to the end: there was no room
    found = co.spells_summary(state)
    assert found.durable.tolist() == [False, True, True, False]
    state[0, 8] = False  # a bridged shortfall keeps the spell, and its length
    state[0, 14] = True
    assert co.spells_summary(state).durable[0]
    assert not co.spells_summary(state, gap=1).durable[0]
    state[0, 9] = False  # two in a row end it
    assert not co.spells_summary(state).durable[0]
    assert co.spells_summary(state, gap=3).durable[0]


@pytest.mark.parametrize(
    ("state", "gap", "found"),
    [
        ("1110111", 2, [(0, None)]),  # one quarter below is bridged
        ("1110011", 2, [(0, 3), (5, None)]),  # two in a row end it, at the first of them
        ("1110001", 2, [(0, 3), (6, None)]),
        ("1101011", 2, [(0, None)]),  # two that are apart do not
        ("1111110", 2, [(0, None)]),  # the horizon cut it off: not seen to end
        ("1111100", 2, [(0, 5)]),
        ("0111000", 2, [(1, 4)]),
        ("1110111", 1, [(0, 3), (4, None)]),  # at 1 every shortfall ends a spell
        ("1110011", 3, [(0, None)]),
        ("1100011", 3, [(0, 2), (5, None)]),
        ("0000000", 2, []),
    ],
)
def test_a_spell_ends_when_gap_quarters_in_a_row_are_below(
    state: str, gap: int, found: list[tuple[int, int | None]]
) -> None:
    series = np.array([float(holds) for holds in state])
    assert benchmarks.spells(series, 0.5, gap=gap) == found
    summary = co.spells_summary(series > 0.5, gap=gap)
    assert summary.n_spells == len(found) and summary.collapsed == any(end is not None for _, end in found)
    assert benchmarks.spells(series, 0.5) == benchmarks.spells(series, 0.5, gap=2), "the definition's gap is 2"


@given(states, st.integers(1, 4))
def test_mask_limits(state: np.ndarray, gap: int) -> None:
    assert np.array_equal(co.spell_mask(state, 1), state)
    mask = co.spell_mask(state, gap)
    assert np.all(mask <= co.spell_mask(state, gap + 1))  # a longer bridge never loses a quarter
    assert np.array_equal(mask, co.spell_mask(np.stack([state, ~state]), gap)[0])


# --- the state ----------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(arrays(np.float64, (3, 17), elements=unit), st.integers(1, 20))
def test_rolling_mean_is_the_mean_of_what_was_seen(series: FloatArray, window: int) -> None:
    found = co.rolling_mean(series, window)
    for t in range(series.shape[1]):
        seen = series[:, max(0, t - window + 1) : t + 1]
        # One observer, adding in the order of time, gets the same bits.
        assert same_bits(found[:, t], ordered_sum(seen) / seen.shape[1])
    assert same_bits(found, co.rolling_mean(fastest(series), window))
    assert same_bits(found[0], co.rolling_mean(series[0], window))
    assert same_bits(co.rolling_mean(series, 1), series)
    # The past does not change when the future is added.
    assert same_bits(found[:, :5], co.rolling_mean(series[:, :5], window))


@given(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0))
def test_reciprocity_limits(first: float, second: float) -> None:
    level = float(co.reciprocity(first, second))
    assert 0.0 <= level <= 1.0
    assert level == co.reciprocity(second, first)
    assert level == co.reciprocity(4.0 * first, 4.0 * second)
    if min(first, second) <= 0.0:
        assert level == 0.0


def test_reciprocity_examples() -> None:
    assert co.reciprocity(1.0, 4.0) == 0.25
    assert co.reciprocity(2.0, 2.0) == 1.0
    batch = co.reciprocity(np.array([1.0, 0.0, -1.0, 3.0]), np.array([4.0, 0.0, -2.0, -3.0]))
    assert batch.tolist() == [0.25, 0.0, 0.0, 0.0]


def test_cooperation_state_needs_all_three_and_forgives_rounding() -> None:
    deep, even, cut = (
        np.array([0.5, 0.1 + 0.4, 0.49, 0.6, 0.6]),
        np.array([0.25, 1, 1, 0.24, 1]),
        [1, 1, 1, 1, 0],
    )
    found = co.cooperation_state(deep, even, np.array(cut, dtype=bool))
    assert found.tolist() == [True, True, False, False, False]
    almost = ordered_sum(np.array([0.1] * 10)) / 2.0  # 0.49999999999999994
    assert almost < 0.5
    assert co.cooperation_state(almost, 1.0, True)
    assert not co.cooperation_state(0.5 - 1e-6, 1.0, True)


# --- depth --------------------------------------------------------------------------------------------------


def test_weights_follow_the_vocabulary() -> None:
    assert co.DEPTH_WEIGHTS.shape == (vocabulary.N_ISSUES,)
    assert ordered_sum(co.DEPTH_WEIGHTS) == pytest.approx(1.0, abs=1e-15)
    by_kind: dict[str, float] = {}
    for name, weight, given_by_first, is_joint in zip(
        vocabulary.ISSUES, co.DEPTH_WEIGHTS, co.GIVEN_BY_FIRST, co.IS_JOINT, strict=True
    ):
        kind, _, side = name.partition("_")
        by_kind[kind] = by_kind.get(kind, 0.0) + weight
        assert given_by_first == {"first": 1.0, "second": 0.0, "": 0.5}[side]
        assert is_joint == (side == "")
    assert by_kind == pytest.approx(
        {"duty": 0.45, "supply": 0.15, "recognition": 0.2, "linkage": 0, "charging": 0.1, "technology": 0.1}
    )


def test_inactive_issue_sides_hand_their_weight_on() -> None:
    first, second = np.full(10, 1.0), np.full(10, 1.0)
    np.testing.assert_allclose(co.issue_weights(first, second, 0.02), co.DEPTH_WEIGHTS, rtol=1e-12)
    second[0] = 0.019  # what the first side's duty cut is worth to the second: below the minimum
    weights = co.issue_weights(first, second, 0.02)
    assert weights[0] == 0.0
    np.testing.assert_allclose(weights[1:], co.DEPTH_WEIGHTS[1:] / 0.775, rtol=1e-12)
    second[8] = 0.0  # the charging interface is worth something to the first side only: half of it stays
    weights = co.issue_weights(first, second, 0.02)
    assert weights[8] == pytest.approx(0.05 / (0.775 - 0.05), rel=1e-12)
    assert co.issue_weights(first * 0.0, second * 0.0, 0.02).tolist() == [0.0] * 10
    assert co.depth(np.ones(10), co.issue_weights(first * 0.0, second * 0.0, 0.02)) == 0.0


def test_harmony_is_left_out_of_contested_depth() -> None:
    first, second = np.full(10, -0.5), np.full(10, 0.5)
    first[[1, 3, 5, 7]], second[[1, 3, 5, 7]] = 0.5, -0.5
    first[[8, 9]] = 0.5
    base = co.issue_weights(first, second, 0.02)
    assert same_bits(base, co.issue_weights(first, second, 0.02, contested_only=True))
    first[0] = 0.1  # the first side would cut this duty alone
    contested = co.issue_weights(first, second, 0.02, contested_only=True)
    assert contested[0] == 0.0
    assert contested[8] > 0.0  # a joint issue is good for both and still cannot be done alone
    assert co.issue_weights(first, second, 0.02)[0] > 0.0


@settings(max_examples=60)
@given(gains, gains, st.floats(0.0, 0.05))
def test_weights_add_to_one_and_swap_with_the_sides(first: FloatArray, second: FloatArray, minimum: float) -> None:
    weights = co.issue_weights(first, second, minimum)
    total = ordered_sum(weights)
    assert np.all((np.abs(total - 1.0) < 1e-12) | (total == 0.0))
    mirror = [1, 0, 3, 2, 5, 4, 7, 6, 8, 9]  # M3: swapping two blocs swaps what they give
    np.testing.assert_allclose(
        co.issue_weights(second[:, mirror], first[:, mirror], minimum)[:, mirror], weights, rtol=1e-12
    )
    for r in range(4):
        assert same_bits(weights[r], co.issue_weights(first[r], second[r], minimum))
    assert same_bits(weights, co.issue_weights(fastest(first), fastest(second), minimum))


@settings(max_examples=60)
@given(arrays(np.float64, (3, 10), elements=unit), st.integers(0, 9), unit)
def test_depth_limits(concessions: FloatArray, issue: int, more: float) -> None:
    weights = co.issue_weights(np.ones(10), np.ones(10), 0.02)
    found = co.depth(concessions, weights)
    assert np.all((found >= 0.0) & (found <= 1.0 + 1e-12))
    deeper = concessions.copy()
    deeper[:, issue] = np.maximum(deeper[:, issue], more)
    assert np.all(co.depth(deeper, weights) >= found - 1e-15)
    assert co.depth(np.zeros(10), weights) == 0.0
    assert co.depth(np.ones(10), weights) == pytest.approx(1.0, abs=1e-12)
    assert same_bits(found, co.depth(fastest(concessions), weights))
    assert same_bits(found[1], co.depth(concessions[1], weights))


def test_concessions_on_duties() -> None:
    cut, bound = np.array([0.0, 0.0, 1 / 3, 1.0, 1.0]), np.array([False, True, True, True, True])
    honoured = np.array([1.0, 1.0, 1.0, 1.0, 0.5])
    found = co.concession(cut, bound, honoured)
    assert found.tolist() == [0.0, 0.1, 1 / 3, 1.0, 0.5]
    weights = np.array([0.3, 0.0])
    assert not co.has_tariff_concession(np.array([0.1, 1.0]), weights)  # a standstill, and an inactive cut
    assert co.has_tariff_concession(np.array([1 / 3, 0.0]), weights)
    batch = co.has_tariff_concession(np.array([[0.1, 0.1], [0.2, 0.0], [0.0, 0.9]]), np.array([0.2, 0.2]))
    assert batch.tolist() == [False, True, True]


def test_hollow_cooperation() -> None:
    emerged, welfare = np.array([True, True, False, True]), np.array([9.0, 10.0, 5.0, 11.0])
    assert co.is_hollow(emerged, welfare, 10.0).tolist() == [True, False, False, False]


# --- gains ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("joint", "attainable", "share"),
    [(1.0, 2.0, 0.5), (0.0, 2.0, 0.0), (-1.0, 2.0, -0.5), (3.0, 2.0, 1.5), (0.01, 0.01, 1.0)],
)
def test_share_of_what_there_is_to_gain(joint: float, attainable: float, share: float) -> None:
    assert co.gain_share(joint, attainable, 0.01) == pytest.approx(share)


def test_a_share_of_next_to_nothing_is_not_told() -> None:
    found = co.gain_share(np.array([0.0, 0.5]), np.array([0.0, 0.0099]), 0.01)
    assert np.isnan(found).all()
    assert not co.gain_state(np.nan_to_num(found), 0.1, 0.1, True).any()


def test_cooperation_needs_enough_for_both_and_something_from_each() -> None:
    share = np.array([0.5, 0.49, 0.9, 0.9, 0.9])
    first, second = np.array([0.1, 0.1, -0.1, 0.1, 0.0]), np.array([0.2, 0.2, 0.9, 0.2, 0.2])
    concede = np.array([True, True, True, False, True])
    assert co.gain_state(share, first, second, concede).tolist() == [True, False, False, False, True]
    assert co.gain_state(share, first, second, concede, 0.3).tolist() == [True, True, False, False, True]
    assert co.gain_state(share, first, second, concede, 0.7).tolist() == [False, False, False, False, True]


def test_a_concession_is_what_one_would_not_do_alone() -> None:
    alone = np.ones((2, 10))
    alone[0, [0, 8]] = alone[1, 5] = 0.0  # against its will the first gives its duty, charging; the second recognition
    given = np.zeros((5, 10))
    given[1, 0] = given[2, [0, 1]] = given[3, [0, 5]] = given[4, [5, 8]] = 0.1
    assert co.both_concede(given, alone).tolist() == [False, False, False, True, True]


def test_who_would_cut_a_third_alone_concedes_what_goes_beyond_it() -> None:
    alone = np.ones((2, 10))
    alone[0, 0], alone[1, 5] = 1.0 / 3.0, 0.0
    given = np.zeros((4, 10))
    given[:, 5], given[:, 0] = 1.0, (0.1, 1.0 / 3.0, 2.0 / 3.0, 1.0)
    assert co.both_concede(given, alone).tolist() == [False, False, True, True]


def test_what_is_inherited_is_not_what_emerges() -> None:
    rows = ["0110000111", "1111111111", "1100000011", "1111100000", "0000000000", "1101111111"]
    state = np.array([[c == "1" for c in row] for row in rows])
    new, old = co.beginnings(state, False), co.beginnings(state, True)
    assert new.emerged.tolist() == [True, True, True, True, False, True]
    assert new.onset.tolist() == [1, 0, 0, 0, 10, 0]
    assert not new.inherited.any() and not new.kept.any() and not new.lost.any() and not new.regained.any()
    assert not old.emerged.any() and old.inherited.all() and (old.onset == 10).all()
    assert old.kept.tolist() == [False, True, False, False, False, True]
    assert old.regained.tolist() == [True, False, True, False, False, False]
    assert (old.kept ^ old.lost).all()


@given(states, st.booleans())
def test_beginnings_agree_with_spells(row: np.ndarray, inherited: bool) -> None:
    began, spells = co.beginnings(row, inherited), co.spells_summary(row)
    assert bool(began.emerged) == (bool(spells.emerged) and not inherited)
    if began.emerged:
        assert began.onset == benchmarks.spells(row.astype(float))[0][0]
    assert bool(began.kept) == (inherited and spells.longest == row.size)


def test_the_longest_spell_counts_what_is_bridged_and_nothing_else() -> None:
    rows = {"1101111": 7, "1100111": 3, "1111110": 7, "1111100": 5, "0110101": 6, "1001001": 1}
    for row, quarters in rows.items():
        assert co.spells_summary(np.array([c == "1" for c in row])).longest == quarters, row
