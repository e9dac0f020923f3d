"""How a run ended, in sentences, and the legend of a story's signs."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.report.run_outcome import outcome_in_words
from experiments.report.run_story import MARKS, SIGNS
from model import Shortfall


@pytest.mark.parametrize(
    ("short", "said"),
    [
        ([(False, (), (1,), ())], "by 2035Q4: it is harmony, since what the EU gives costs it nothing."),
        ([(False, (), (0, 1), ())], "by 2035Q4: it is harmony, since what the two give costs neither anything."),
        ([(True, (), (), ())], "by 2035Q4: less than half of what can be had is gained."),
        (
            [((True, (0,), (1,), (0,)))],
            "by 2035Q4: less than half of what can be had is gained, China loses by it, China gives nothing, and what "
            "the EU gives costs it nothing.",
        ),
        (
            [(True, (), (), ()), (False, (0, 1), (), (0, 1))],
            "by 2035Q4: at times less than half of what can be had is gained; at others China and the EU lose by it, "
            "and neither gives anything.",
        ),
    ],
)
def test_a_treaty_that_is_no_cooperation_says_which_test_fails(short: list[Any], said: str) -> None:
    row = {
        "dyad": "CN-EU", "mean_depth": 0.39, "depth_ceiling": 1.0, "mean_depth_contested": 0.39, "joint_gain": 1.5,
        "gain_first": 2.0, "gain_second": -0.5, "n_treaties": 2.0, "treaty_quarters": 9.0, "n_lapses": 0.0,
        "gain_share": 0.31, "inherited": False, "emerged": False, "n_spells": 0, "longest_spell": 0, "durable": False,
        "hollow": False, "blocking": None,
    }  # fmt: skip
    assert f"does not emerge {said}" in outcome_in_words(row, "2035Q4", short=[Shortfall(*one) for one in short])


def test_every_sign_of_a_story_is_in_the_legend() -> None:
    assert {sign for sign, _ in MARKS.values()} | {"·"} == set(SIGNS)
    assert len(set(SIGNS.values())) == len(SIGNS)
