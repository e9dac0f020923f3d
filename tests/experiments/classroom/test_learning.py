"""What the lessons ask of the server: who may ask what, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.classroom.learning import Learning
from experiments.classroom.lessons import Course, lesson_game, shipped
from experiments.classroom.quiz import items
from experiments.classroom.room import Refused


def refused(call: Any, data: dict[str, Any], token: str = "") -> str:
    with pytest.raises(Refused) as no:
        call(data, token)
    return no.value.code


def test_only_who_leads_asks_and_only_who_is_known_votes() -> None:
    learning = Learning(Course(), leads=lambda token: token == "lead", knows=lambda visitor: visitor == "me")
    assert refused(learning.lead, {"action": "ask", "lesson": "dialogue"}) == "not_facilitator"
    assert refused(learning.lead, {"action": "ask", "lesson": "noisy"}, "lead") == "nothing_here"
    assert refused(learning.lead, {"action": ["ask"]}, "lead") == "bad_action"
    assert learning.lead({"action": "ask", "lesson": "dialogue"}, "lead")["lesson"] == "dialogue"
    for who in ("you", 7, None):
        assert refused(learning.look, {"voter": who}) == refused(learning.vote, {"voter": who}) == "stranger"
    assert learning.vote({"voter": "me", "lesson": "dialogue", "option": "same"}, "")["mine"] == "same"
    assert learning.lead({"action": "split"}, "lead")["split"]["same"] == 1
    assert learning.lead({"action": "reveal"}, "lead")["stage"] == "revealed"
    assert learning.lead({"action": "end"}, "lead")["stage"] == ""
    assert refused(learning.game, {"lesson": "dialogue"}) == "nothing_here"
    assert learning.game({"lesson": "oneshot"}, "") == lesson_game(shipped()[0])


def test_the_questions_are_shown_without_what_is_right_and_only_who_leads_takes_the_answers() -> None:
    learning = Learning(Course(), leads=lambda token: token == "lead", knows=lambda visitor: visitor == "me")
    for language in ("zh-Hans", "xx", 7, None):
        seen = learning.questions({"voter": "me", "language": language}, "")
        assert (seen["when"], seen["done"], len(seen["items"])) == ("", False, len(items()))
        assert all(set(one) == {"key", "question", "options"} for one in seen["items"])
        assert (seen["items"][0]["question"] == items()[0]["question"]) == (language != "zh-Hans")
    assert refused(learning.lead_quiz, {"action": "csv"}) == "not_facilitator"
    assert refused(learning.lead_quiz, {"action": ["csv"]}, "lead") == "bad_action"
    assert learning.look({"voter": "me"}, "")["quiz"] == ""
    assert learning.lead_quiz({"action": "after"}, "lead") == {"when": "after", "done": False, "answered": 0}
    assert learning.look({"voter": "me"}, "")["quiz"] == "after"
    answers = {one["key"]: one["right"] for one in items()}
    assert learning.answer({"voter": "me", "answers": answers}, "")["done"]
    assert refused(learning.answer, {"voter": "you", "answers": answers}) == "stranger"
    told = learning.lead_quiz({"action": "csv"}, "lead")
    assert told["answered"] == 1 and told["csv"].count("\n") == len(items()) + 1
    assert (
        learning.lead_quiz({"action": "close"}, "lead")["when"]
        == ""
        == learning.lead_quiz({"action": "look"}, "lead")["when"]
    )
