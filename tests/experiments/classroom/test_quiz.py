"""Questions before and after: answers without names, a CSV that is read again, what it says of a class."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.classroom.pages import PAGES
from experiments.classroom.quiz import AFTER, BEFORE, CLOSED, FILES, MOST_STUDENTS, Quiz, items, learned, read_answers
from experiments.classroom.room import Refused
from model import InputFault

RIGHT = {one["key"]: one["right"] for one in items()}
WRONG = {one["key"]: (one["right"] + 1) % len(one["options"]) for one in items()}


def answered(students: int = 4, risen: int = 3) -> Quiz:
    """A class in which all are wrong before; afterwards the first so many are right."""
    quiz = Quiz(shuffle=lambda voters: voters.reverse())
    for when in (BEFORE, AFTER):
        quiz.open(when)
        for k in range(students):
            quiz.answer(f"secret-{k}", RIGHT if when == AFTER and k < risen else WRONG)
    return quiz


def test_every_language_asks_the_same() -> None:
    assert sorted(path.stem for path in FILES.glob("*.json")) == PAGES.languages
    for language in PAGES.languages:
        own = items(language)
        assert [(one["key"], one["right"], len(one["options"])) for one in own] == [
            (one["key"], one["right"], len(one["options"])) for one in items()
        ]
        assert all(len(set(one["options"])) == len(one["options"]) for one in own)
    assert items("zz") == items()
    assert len({one["right"] for one in items()}) > 1, "nobody is right by always choosing the same place"


def test_the_answers_leave_without_anything_that_says_who(tmp_path: Path) -> None:
    quiz = answered()
    text = quiz.csv()
    assert "secret" not in text
    frame = pd.read_csv(io.StringIO(text))
    assert len(frame) == 4 * 2 * len(RIGHT)
    assert sorted(frame[frame["right"] == 1]["student"].unique()) == [2, 3, 4], "their order is drawn"
    path = tmp_path / "answers.csv"
    path.write_text(text, "utf-8")
    pd.testing.assert_frame_equal(read_answers(path), frame)
    orders = set()
    for _ in range(20):
        drawn = Quiz()
        drawn.open(BEFORE)
        for k in range(4):
            drawn.answer(str(k), RIGHT if k == 0 else WRONG)
        orders.add(drawn.csv())
    assert len(orders) > 1


def test_what_is_no_answer_is_refused() -> None:
    quiz = Quiz()
    with pytest.raises(Refused, match="not_asked"):
        quiz.answer("a", RIGHT)
    quiz.open(BEFORE)
    first = next(iter(RIGHT))
    for bad in (
        [],
        {},
        RIGHT | {"more": 1},
        RIGHT | {first: 9},
        RIGHT | {first: True},
        RIGHT | {first: "a"},
        RIGHT | {first: -1},
    ):
        with pytest.raises(Refused, match="bad_move"):
            quiz.answer("a", bad)
    assert quiz.look("a") == {"when": BEFORE, "done": False, "answered": 0}
    for k in range(MOST_STUDENTS):
        quiz.answer(str(k), RIGHT)
    with pytest.raises(Refused, match="full"):
        quiz.answer("one more", RIGHT)
    quiz.open(AFTER)
    assert quiz.look("0") == {"when": AFTER, "done": False, "answered": 0}
    quiz.open(CLOSED)
    assert quiz.look("0")["when"] == CLOSED


def frame_of(before: list[list[int]], after: list[list[int]]) -> pd.DataFrame:
    """Answers from tables: student, item."""
    return pd.DataFrame(
        [
            {"student": student, "when": when, "item": f"item{k}", "answer": "a", "right": right}
            for when, table in ((BEFORE, before), (AFTER, after))
            for student, own in enumerate(table)
            for k, right in enumerate(own)
        ]
    )


def test_what_a_class_learned_by_hand() -> None:
    # Four students, two items: shares 0, .5, .5, 1 before and .5, 1, 1, 1 after; changes .5, .5, .5, 0.
    found = learned(frame_of([[0, 0], [1, 0], [0, 1], [1, 1]], [[1, 0], [1, 1], [1, 1], [1, 1]]))
    assert (found.students, found.share_before, found.share_after) == (4, 0.5, 0.875)
    assert found.change.mean == 0.375
    half = 3.18244630528371 * 0.25 / 2  # t of 3 degrees of freedom; the standard deviation of .5, .5, .5, 0 is .25
    assert found.change.low == pytest.approx(0.375 - half) and found.change.high == pytest.approx(0.375 + half)
    assert found.items.loc["item0", ["before", "after", "rose", "fell"]].tolist() == [0.5, 1.0, 2, 0]
    assert found.items.loc["item1", ["before", "after", "rose", "fell"]].tolist() == [0.5, 0.75, 1, 0]
    assert found.items["p"].tolist() == [1.0, 1.0]  # .5 and 1, corrected for two
    assert "no difference that these students could show" in found.sentence()


def test_who_answered_once_is_left_out_and_one_student_says_nothing() -> None:
    whole = frame_of([[0, 0], [1, 0], [0, 1]], [[1, 1], [1, 1], [1, 1]])
    assert learned(whole).students == 3
    assert learned(whole[~((whole["student"] == 0) & (whole["when"] == AFTER))]).students == 2
    for few in (whole[whole["student"] == 0], whole[whole["when"] == BEFORE]):
        with pytest.raises(InputFault, match="fewer than 2 students answered the same both times"):
            learned(few)


@pytest.mark.parametrize(
    ("up", "words"), [(True, "more questions right after"), (False, "fewer questions right after")]
)
def test_the_sentence_is_the_one_that_was_fixed_beforehand(up: bool, words: str) -> None:
    rng = np.random.default_rng(3)
    low, high = (rng.random((30, 7)) < share for share in (0.3, 0.8))
    first, second = (low, high) if up else (high, low)
    said = learned(frame_of(first.astype(int).tolist(), second.astype(int).tolist())).sentence()
    assert words in said and said.endswith("There was no other class to compare with.")
    page = " ".join((FILES.parents[2] / "docs" / "teaching.md").read_text("utf-8").split())
    pattern = re.sub(r"[+-]?\d+%?", "N", said.split(":")[0])
    assert pattern == "N students answered both times. Right before" and "students answered both times" in page
    for fixed in (words, "no difference that these students could show", "There was no other class to compare with."):
        assert fixed in page, fixed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("student,when\n1,before\n", "has the columns student, when"),
        ("student,when,item,answer,right\n1,later,a,b,2\n", "column when: 'later'"),
        ("student,when,item,answer,right\n1,later,a,b,2\n", "column right: 2"),
        ("student,when,item,answer,right\n1,after,a,b,1\n1,after,a,b,0\n", "answered an item twice"),
        ("", "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputFault) as fault:
        read_answers(path)
    assert said in str(fault.value)
