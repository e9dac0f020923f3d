"""A watched game takes over what another one has played alike, and is the same game, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from experiments.classroom import watching
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


def lucks(shared: Watching) -> list[int]:
    return [one.settings.replicate for one in shared._games.values()]


def test_games_are_kept_by_the_quarters_that_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_QUARTERS_KEPT", 9)
    shared = Watching()
    for luck in range(4):
        shared.show(Settings(replicate=luck, quarters=4), [], 0, 4)
    shared.show(Settings(replicate=4, quarters=4), [], 0, 1)
    assert lucks(shared) == [2, 3, 4]
    shared.show(Settings(replicate=2, quarters=4), [], 0, 4)
    shared.show(Settings(replicate=5, quarters=4), [], 0, 1)
    # Quarters held, the last looked at first: none yet, 4, 1 and 4.
    assert lucks(shared) == [3, 4, 2, 5]
    monkeypatch.setattr(watching, "MOST_QUARTERS_KEPT", 0)
    assert len(shared.show(Settings(replicate=2, quarters=4), [], 0, 4)["quarters"]) == 4
    assert lucks(shared) == [2], "the one that is looked at stays, however long it is"
    monkeypatch.undo()
    monkeypatch.setattr(watching, "MOST_GAMES", 2)
    for luck in range(4):
        shared.show(Settings(replicate=luck, quarters=4), [], 0, 1)
    assert lucks(shared) == [2, 3]


def test_games_that_were_not_looked_at_lately_forget_where_their_quarters_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "MOST_MARKS", 6)
    shared, plain = Watching(), Settings(quarters=6)
    for luck in range(4):
        shared.show(replace(plain, replicate=luck), [], 0, 4)
    shared.show(replace(plain, replicate=9), [], 0, 1)
    games = list(shared._games.values())
    assert [one.n_marks for one in games] == [1, 1, 1, 5, 2]
    assert [len(one.quarters) for one in games] == [4, 4, 4, 4, 1]
    # It goes on, and another one begins like it, as if nothing were forgotten.
    branch = replace(plain, changes=(Change(3, "generosity", 0.9),))
    for settings in (plain, branch):
        assert shared.show(settings, [], 0, 6) == Watching().show(settings, [], 0, 6)


def test_a_game_that_could_not_begin_holds_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Watching()
    shared.show(PLAIN, [], 0, 1)
    monkeypatch.setattr(watching, "Game", lambda *about: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        shared.show(Settings(replicate=6, quarters=6), [], 0, 1)
    assert [one.earlier for one in shared._games.values()] == [[], []]
