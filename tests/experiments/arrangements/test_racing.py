"""A race ends when the first place is known, says so where it is not, and is seldom wrong."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.arrangements.racing import Raced, Rules, above, race

RULES = Rules(candidates=3, replicates=8, most=32, confidence=0.9)


def raced(means: list[float], spread: float, seed: int = 0, shared: float = 1.0) -> Raced:
    """A race of designs with these means; luck is shared, but for ``spread``."""

    def play(number: int) -> np.ndarray:  # type: ignore[type-arg]
        luck = np.random.default_rng([seed, number])
        together = shared * luck.normal(size=(1, 1, 8))
        return np.array(means)[:, None, None] + together + spread * luck.normal(size=(len(means), 1, 8))

    found = race(len(means), RULES, play, lambda came: came[:, 0])
    assert found is not None
    return found


def test_shared_luck_does_not_hide_who_is_first() -> None:
    found = raced([0.0, 0.3, 0.1], 0.01, shared=50.0)
    assert (found.order, found.is_above, found.is_known, found.rounds) == ((1, 2, 0), (True, True), True, 1)


def test_where_first_is_not_known_the_budget_ends_and_it_says_so() -> None:
    found = raced([0.0, 0.0, -5.0], 1.0)
    assert not found.is_known and found.rounds == 4 and found.came.shape == (3, 1, 32)
    assert found.is_above == (False, True)


def test_designs_that_do_the_same_are_not_told_apart() -> None:
    found = raced([1.0, 1.0], 0.0)
    assert found.order == (0, 1) and not found.is_known


def test_it_is_wrong_no_more_often_than_it_says() -> None:
    """Of equals none is first; one that is said to be is an error, of which there may be one in ten."""
    wrong = sum(raced([0.0, 0.0, 0.0], 1.0, seed).is_known for seed in range(100))
    assert wrong <= 10


def test_an_interrupted_race_has_nothing_to_tell() -> None:
    assert race(2, RULES, lambda number: None, lambda came: came) is None


@pytest.mark.parametrize(
    ("difference", "p"),
    [([0.0, 0.0, 0.0], 1.0), ([0.5], 1.0), ([0.5, 0.5, 0.5, 0.5], 0.125), ([1.0, -1.0], 1.0)],
)
def test_a_spread_that_is_not_known_is_not_taken_for_none(difference: list[float], p: float) -> None:
    assert above(np.array(difference), np.zeros(len(difference))) == pytest.approx(p)
