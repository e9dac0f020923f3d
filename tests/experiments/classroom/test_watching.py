"""A watched game takes over what another one has played alike, and is the same game, bit for bit."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.classroom.game import Change, Game, Settings, read_moves
from experiments.classroom.opening import moves
from experiments.classroom.watching import Watched, Watching, common_quarters

PLAIN = Settings(replicate=5, quarters=6)


def watched(settings: Settings, choices: str = "", played: int = 0) -> Watched:
    one = Watched(settings, read_moves(moves(choices)), [])
    one.upto(played)
    return one


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ((PLAIN, "KKW"), (PLAIN, "KKK", 4), 2),
        ((PLAIN, "KKK"), (PLAIN, "KKK", 2), 2),
        ((PLAIN, "KKKW"), (PLAIN, "KKK", 3), 3),
        ((PLAIN, "W"), (PLAIN, "K", 3), 0),
        ((Settings(replicate=6, quarters=6), ""), (PLAIN, "", 3), 0),
        ((Settings(replicate=5, quarters=6, parameters={"generosity": 0.9}), ""), (PLAIN, "", 3), 0),
        ((Settings(replicate=5, quarters=6, changes=(Change(2, "generosity", 0.9),)), ""), (PLAIN, "", 4), 2),
    ],
)
def test_games_share_the_quarters_in_which_nothing_differs(one: Any, other: Any, common: int) -> None:
    assert common_quarters(watched(*one), watched(*other)) == common


def test_changes_of_one_rule_in_another_order_are_another_game() -> None:
    rows = (Change(1, "generosity", 0.9), Change(1, "generosity", 0.1))
    one = watched(Settings(replicate=5, quarters=6, changes=rows))
    other = watched(Settings(replicate=5, quarters=6, changes=rows[::-1]), played=3)
    assert common_quarters(one, other) == 1


def test_what_is_taken_over_is_what_would_have_been_played(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    advance = Game.advance
    monkeypatch.setattr(Game, "advance", lambda self, upto=None: steps.append(self.quarter) or advance(self, upto))
    shared = Watching()
    for k, choices in enumerate(("K", "KW", "KWW", "KWWK")):
        seen = shared.show(PLAIN, moves(choices), k, k + 1)
        assert steps == [k]  # one quarter is played for each that is asked for
        assert seen == Watching().show(PLAIN, moves(choices), k, k + 1)
        steps.clear()
    # A branch of a run that was watched begins where it differs.
    shared.show(PLAIN, [], 0, 4)
    steps.clear()
    branch = Settings(replicate=5, quarters=6, changes=(Change(3, "generosity", 0.9),))
    seen = shared.show(branch, [], 0, 6)
    assert steps == [3, 4, 5]
    assert seen == Watching().show(branch, [], 0, 6)
