"""A whole class answers: nobody sees others' answers before the split; in a game all are paired."""

from __future__ import annotations

import pytest

from experiments.classroom.lessons import shipped
from experiments.classroom.room import Refused
from experiments.classroom.votes import MOST_VOTERS, Votes, options

GAME, DIALOGUE = shipped()[0], shipped()[3]


def test_nobody_sees_what_others_chose_before_the_split() -> None:
    votes = Votes()
    assert votes.look("a") == {
        "lesson": "",
        "round": 0,
        "stage": "",
        "voters": 0,
        "mine": None,
        "split": None,
        "partner": None,
    }
    votes.ask(DIALOGUE)
    for voter, option in (("a", "leaders"), ("b", "leaders"), ("c", "same"), ("a", "some_dialogue")):
        votes.answer(voter, "dialogue", option)
    seen = votes.look("a")
    assert (seen["stage"], seen["voters"], seen["mine"], seen["split"]) == ("asked", 3, "some_dialogue", None)
    votes.split()
    assert votes.look("")["split"] == {"leaders": 1, "some_dialogue": 1, "no_dialogue": 0, "same": 1}
    with pytest.raises(Refused, match="not_asked"):
        votes.answer("b", "dialogue", "same")
    votes.reveal()
    assert votes.look("z")["stage"] == "revealed" and votes.look("b")["mine"] == "leaders"
    votes.ask(DIALOGUE)
    assert votes.look("a") | {"round": 0} == votes.look("z") | {"round": 0}, "a new round begins empty"
    assert votes.look("a")["round"] == 2
    votes.end()
    assert votes.look("a")["stage"] == "" and votes.look("a")["split"] is None


@pytest.mark.parametrize("number", [1, 2, 3, 30, 31])
def test_in_a_game_everybody_plays_against_a_classmate(number: int) -> None:
    votes = Votes(shuffle=lambda voters: voters.reverse())
    votes.ask(GAME)
    assert options(GAME) == ("keep", "withdraw")
    moves = {f"v{k}": "keep" if k % 3 else "withdraw" for k in range(number)}
    for voter, move in moves.items():
        votes.answer(voter, "oneshot", move)
    votes.reveal()  # goes past the split
    partners = votes._partners
    assert sorted(partners) == (sorted(moves) if number > 1 else [])
    assert all(one != other for one, other in partners.items())
    together = [one for one, other in partners.items() if partners[other] == one]
    assert len(together) == number - number % 2
    for voter in moves:
        other = votes.look(voter)["partner"]
        assert other == (moves[partners[voter]] if number > 1 else None)


def test_lots_are_drawn_anew() -> None:
    drawn = set()
    for _ in range(20):
        votes = Votes()
        votes.ask(GAME)
        for k in range(6):
            votes.answer(f"v{k}", "oneshot", "keep")
        votes.split()
        drawn.add(votes._partners["v0"])
    assert len(drawn) > 1


@pytest.mark.parametrize(("number", "good", "bad"), [(2, "30", "35"), (4, "supply_linkage", "same")])
def test_a_bar_that_is_dragged_and_a_package_that_is_picked_are_votes(number: int, good: str, bad: str) -> None:
    lesson, votes = shipped()[number], Votes()
    votes.ask(lesson)
    votes.answer("a", lesson.key, good)
    with pytest.raises(Refused, match="bad_move"):
        votes.answer("b", lesson.key, bad)
    votes.split()
    assert votes.look("")["split"] == {option: int(option == good) for option in lesson.options()}


def test_what_cannot_be_voted_on_is_refused() -> None:
    votes = Votes()
    with pytest.raises(Refused, match="not_asked"):
        votes.answer("a", "", "same")
    votes.ask(DIALOGUE)
    for key, option, code in (
        ("vote", "easy", "not_asked"),
        ("dialogue", "easy", "bad_move"),
        ("dialogue", [], "bad_move"),
        ("dialogue", "30", "bad_move"),
    ):
        with pytest.raises(Refused, match=code):
            votes.answer("a", key, option)
    for k in range(MOST_VOTERS):
        votes.answer(str(k), "dialogue", "same")
    votes.answer("0", "dialogue", "leaders")
    with pytest.raises(Refused, match="full"):
        votes.answer("one more", "dialogue", "same")
