"""The interface: questions are what the document says, and hold what a decision needs, and no more."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator
from seated import SHORT, asked_in

from experiments.classroom.game import Game, Settings
from experiments.seating.protocol import ANSWER_PATH, Question, openapi
from experiments.seating.sitting import MALFORMED, NoAnswer, read_answer


def validator(name: str) -> Draft202012Validator:
    """Checks plain data against a schema of the document."""
    document = openapi()
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **document})


def test_the_document_names_what_is_sent_and_what_comes_back() -> None:
    document = json.loads(json.dumps(openapi()))
    assert document["openapi"] == "3.1.0" and document["info"]["version"].startswith("1.")
    post = document["paths"][ANSWER_PATH]["post"]
    assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Question")
    assert post["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Answer")
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, f"{name} is described and used by nothing"
        Draft202012Validator.check_schema(document["components"]["schemas"][name])
    undescribed = [
        f"{name}.{key}"
        for name, schema in document["components"]["schemas"].items()
        for key, about in schema["properties"].items()
        if "description" not in about and "$ref" not in about and key not in ("own_kept", "partner_kept", "quarter")
    ]
    assert undescribed == []


def test_every_question_of_a_game_is_as_the_document_says(questions: list[Question]) -> None:
    check = validator("Question")
    assert {question.kind for question in questions} == {"offer", "answer", "keep"}
    for question in questions:
        data = question.model_dump(mode="json")
        check.validate(data)
        assert Question.model_validate_json(json.dumps(data)) == question  # every double, to the last bit


def test_a_question_holds_what_its_kind_needs(questions: list[Question]) -> None:
    for question in questions:
        assert (question.options is not None) == (question.kind != "keep")
        assert (question.stakes is not None) == (question.kind == "keep")
        assert (question.package is None) == (question.kind == "offer")
        assert bool(question.allowed) == (question.kind != "offer")
        if question.options is not None:
            known = set(question.options.index)
            assert len(known) == len(question.options.gain) == len(question.options.partner_gain)
            listed = [package.index for package in question.shortlist]
            assert set(listed) <= known - {0, question.options.settled}
            assert len(set(listed)) == len(listed) <= 12 and bool(listed) <= (question.kind == "offer")
            if question.package is not None:
                place = question.options.index.index(question.package.index)
                assert question.worth is not None and question.worth.gain == question.options.gain[place]
            gain = dict(zip(question.options.index, question.options.gain, strict=True))
            partner = dict(zip(question.options.index, question.options.partner_gain, strict=True))
            assert [gain[k] for k in listed] == sorted((gain[k] for k in listed), reverse=True)
            assert [partner[k] for k in listed] == sorted(partner[k] for k in listed)


def test_the_history_is_what_the_record_says(by_rules_alone: Game, questions: list[Question]) -> None:
    last = [question for question in questions if question.quarter == SHORT.quarters - 1 and question.history]
    assert last
    for question in last:
        d = ["CN-US", "CN-EU", "US-EU"].index(question.pair)
        for past in question.history:
            frame = by_rules_alone.model.recorder.frames[past.quarter]["dyad"]
            assert past.own_kept + past.partner_kept == frame["kept"][d]
        frames = by_rules_alone.model.recorder.frames[: question.quarter]
        with_treaty = {t for t, frame in enumerate(frames) if frame["dyad"]["treaty"][d]}
        assert with_treaty <= {past.quarter for past in question.history}


def test_no_question_says_which_luck_it_is(questions: list[Question]) -> None:
    other = asked_in(Settings(replicate=5, quarters=1))
    assert len({question.game for question in questions}) == 1
    assert other[0].game != questions[0].game
    assert re.fullmatch("[0-9a-f]{12}", other[0].game)
    assert not [name for name in Question.model_fields if "seed" in name or "replicate" in name or "luck" in name]


def test_advice_can_be_kept_from_an_agent(questions: list[Question]) -> None:
    assert all(question.advice is not None for question in questions)
    assert all(question.advice is None for question in asked_in(with_advice=False))


@pytest.mark.parametrize("data", [{"value": 3}, {"value": "accept", "reason": "why not"}, {"value": None, "more": 1}])
def test_answers_that_can_be_read(data: object) -> None:
    assert read_answer(data).value == data["value"]  # type: ignore[index]
    validator("Answer").validate(data)


@pytest.mark.parametrize(
    "data", [None, [], 3, "accept", {}, {"value": 1.5}, {"value": True}, {"value": [1]}, {"value": "x", "reason": 3}]
)
def test_answers_that_cannot_be_read_are_told_with_what_is_allowed(data: object) -> None:
    with pytest.raises(NoAnswer, match="allowed is") as no:
        read_answer(data)
    assert no.value.kind == MALFORMED and len(no.value.words) < 700
