"""The search finds a known optimum whatever its seed, and sorts by dominance as the definition says."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from experiments.arrangements.search import FloatArray, Row, fronts, room, search
from experiments.design.plan import Factor

LEVERS = (
    Factor("generosity", (), "forgiveness", (), (0.0, 1.0)),
    Factor("truce_quarters", (), "term", (), (1.0, 16.0)),
    Factor("retaliation_rule", ("grim", "generous", "contrite"), "answer", ("grim", "generous", "contrite")),
)
START: Row = {"generosity": 0.3, "truce_quarters": 4, "retaliation_rule": "generous"}


def known(rows: Sequence[Row], _: int = 0) -> FloatArray:
    """A plain function in place of the model; its optimum is at (0.7, 12, contrite)."""
    g, t, rule = (np.array([row[lever.name] for row in rows]) for lever in LEVERS)
    return (-((g - 0.7) ** 2) - ((t - 12) / 15) ** 2 + (rule == "contrite"))[:, None]


def test_it_finds_a_known_optimum_with_every_one_of_twenty_seeds() -> None:
    found = []
    for seed in range(20):
        searched = search(LEVERS, START, 256, seed, known, lambda came: came)
        assert searched is not None and len(searched.rows) == 257
        best = searched.rows[int(np.argmax(searched.values[:, 0]))]
        found.append(
            abs(float(best["generosity"]) - 0.7) < 0.05
            and (best["truce_quarters"], best["retaliation_rule"]) == (12, "contrite")
        )
    assert sum(found) == 20


def test_the_same_seed_is_the_same_search_and_no_design_is_tried_twice() -> None:
    one, again, other = (search(LEVERS, START, 32, seed, known, lambda came: came) for seed in (5, 5, 6))
    assert one is not None and again is not None and other is not None
    assert one.rows == again.rows != other.rows
    assert one.rows[0] == START and len({tuple(row.items()) for row in one.rows}) == 33


def test_where_levers_are_used_up_it_ends() -> None:
    levers = (
        Factor("tariff_issues", (False, True), "", ("", "")),
        Factor("supply_issues", (False, True), "", ("", "")),
    )
    start: Row = {"tariff_issues": True, "supply_issues": True}
    searched = search(levers, start, 16, 1, lambda rows, _: np.ones((len(rows), 1)), lambda came: came)
    assert searched is not None
    assert sorted(tuple(row.values()) for row in searched.rows) == sorted(itertools.product((False, True), repeat=2))


def test_an_interrupted_search_has_nothing_to_tell() -> None:
    def stops(rows: Sequence[Row], number: int) -> FloatArray | None:
        return None if number == 2 else known(rows)

    assert search(LEVERS, START, 32, 1, stops, lambda came: came) is None


def test_fronts_are_those_of_the_definition() -> None:
    values = np.round(np.random.default_rng(3).normal(size=(60, 3)), 1)

    def beats(a: FloatArray, b: FloatArray) -> bool:
        return bool((a >= b).all() and (a > b).any())

    left, number, expected = set(range(60)), 0, np.empty(60, dtype=int)
    while left:
        best = {k for k in left if not any(beats(values[other], values[k]) for other in left)}
        expected[list(best)] = number
        left, number = left - best, number + 1
    assert number > 2 and (fronts(values) == expected).all()


def test_room_is_the_box_between_neighbours_and_endless_at_the_ends() -> None:
    values = np.array([[0.0, 4.0], [1.0, 3.0], [3.0, 1.0], [4.0, 0.0], [2.0, -9.0]])
    front = fronts(values)
    assert front.tolist() == [0, 0, 0, 0, 1]
    assert room(values, front) == pytest.approx([np.inf, 0.75 + 0.75, 0.75 + 0.75, np.inf, np.inf])
