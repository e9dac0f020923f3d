"""Seats: with nobody there the record is the model's own, bit for bit; with people there, their moves count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from experiments.classroom.seated import SeatedModel
from experiments.classroom.seats import (
    ANSWER,
    HONOUR,
    KEEP,
    LAPSE,
    LEAVE,
    NO_OFFER,
    OFFER,
    REFUSE,
    Question,
    Spot,
    Waiting,
    move_fault,
    side_of,
)
from model import Bloc, InputFault, NegotiationModel, TreatyEnd
from model.vocabulary import THREE

RUN: dict[str, Any] = {"scenario": "2026", "root_seed": 11, "replicate": 5, "narrate": False}


def same_record(one: NegotiationModel, other: NegotiationModel) -> bool:
    """Every recorded number, by its bits."""
    if len(one.recorder.frames) != len(other.recorder.frames):
        return False
    for mine, theirs in zip(one.recorder.frames, other.recorder.frames, strict=True):
        for table, columns in mine.items():
            for column, values in columns.items():
                a, b = (np.asarray(x, dtype=np.float64) for x in (values, theirs[table][column]))
                if a.tobytes() != b.tobytes():
                    return False
    return True


def asked(model: SeatedModel) -> list[Question]:
    """Play until people are awaited."""
    with pytest.raises(Waiting) as stop:
        model.run()
    return stop.value.questions


def answered(
    decide: Callable[[Question], Any], seats: dict[int, int], quarters: int
) -> tuple[SeatedModel, dict[Spot, Any]]:
    """A run in which people decide like this, and their moves."""
    moves: dict[Spot, Any] = {}
    while True:
        model = SeatedModel(moves, seats, **RUN)
        try:
            while model.running and len(model.recorder.frames) < quarters:
                model.step()
        except Waiting as stop:
            moves |= {question.spot: decide(question) for question in stop.questions}
            continue
        return model, moves


@pytest.mark.parametrize("scenario", ["2026", "symmetric"])
def test_empty_seats_play_like_the_model_itself(scenario: str) -> None:
    run = {**RUN, "scenario": scenario}
    assert same_record(NegotiationModel(**run).run(), SeatedModel(**run).run())


def test_who_goes_its_own_way_in_talks_ratifies_and_who_follows_the_rules_leaves_it_to_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rules would shelve everything; moves alone decide, not who sits there, so a game replays the same way."""
    monkeypatch.setattr(Bloc, "would_keep", lambda self, dyad, package: np.zeros(package.shape, dtype=bool))

    def keeps(kind: str, move: Any, advice: Any, seats: dict[int, int]) -> list[bool]:
        world = SeatedModel({Spot(0, 0, 0, kind, 0): move}, seats, **RUN).world
        world.rounds = dict.fromkeys(range(3), 0)
        assert world.move(kind, 0, 0, advice, 0.0, 1) == move
        return [bool(world.blocs[b].would_keep(d, np.array([1]))[0]) for b, d in ((0, 0), (0, 1), (1, 0))]

    for seats in ({}, {0: 0}):
        assert keeps(OFFER, NO_OFFER, 5, seats) == keeps(ANSWER, "accept", "refuse", seats) == [True, False, False]
        assert keeps(ANSWER, "accept", "accept", seats) == keeps(KEEP, HONOUR, "lapse", seats) == [False] * 3


def test_people_who_follow_the_rules_get_the_record_of_the_rules() -> None:
    model, moves = answered(lambda question: question.advice, {0: 0, 2: 0}, 5)
    plain = NegotiationModel(**RUN)
    for _ in range(5):
        plain.step()
    assert len(moves) > 10
    assert same_record(model, plain)


def test_people_who_never_sign_change_the_record() -> None:
    def never(question: Question) -> Any:
        return {OFFER: NO_OFFER, KEEP: LAPSE}.get(question.spot.kind, REFUSE)

    model, _ = answered(never, {1: 0}, 6)
    plain = NegotiationModel(**RUN)
    for _ in range(6):
        plain.step()
    assert not same_record(model, plain)
    assert float(model.recorder.treaties_signed[0] + model.recorder.treaties_signed[2]) == 0.0


def test_talks_of_all_pairs_are_asked_about_at_once() -> None:
    questions = asked(SeatedModel(seats={0: 0, 1: 0, 2: 0}, **RUN))
    assert len({question.spot.dyad for question in questions}) == len(questions) > 1


def test_nobody_is_asked_before_the_quarter_in_which_they_sit_down() -> None:
    questions = asked(SeatedModel(seats={1: 3}, **RUN))
    assert {question.spot.quarter for question in questions} == {3}
    assert {question.spot.bloc for question in questions} == {1}


def test_a_released_spot_is_left_to_the_rules() -> None:
    first = asked(SeatedModel(seats={2: 0}, **RUN))
    released = frozenset(question.spot for question in first)
    second = asked(SeatedModel(seats={2: 0}, released=released, **RUN))
    assert not released & {question.spot for question in second}


def test_a_lapse_and_a_notice_are_kept() -> None:
    # US and EU have a treaty at the start.
    twice = {Spot(q, 2, 1, KEEP, 0): LAPSE for q in (0, 1)}
    # And the EU, which has a seat as well, keeps it.
    twice |= {Spot(q, 2, 2, KEEP, 0): HONOUR for q in range(3)}
    twice |= {Spot(2, 2, 1, KEEP, 0): HONOUR}
    lapsed = SeatedModel(twice, **RUN).run()
    kept = [float(frame["dyad"]["kept"][2]) for frame in lapsed.recorder.frames[:3]]
    assert kept == [1.0, 1.0, 2.0]
    assert lapsed.recorder.lapses[2] >= 2.0
    gone = SeatedModel({Spot(q, 2, 1, KEEP, 0): LEAVE for q in range(6)}, **RUN).run()
    assert gone.state.first_end_cause[2] == TreatyEnd.NOTICE
    stays = SeatedModel({Spot(0, 2, 1, KEEP, 0): HONOUR}, **RUN)
    stays.step()
    assert stays.recorder.frames[0]["dyad"]["kept"][2] == 2.0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (OFFER, 0),
        (OFFER, 5000),
        (OFFER, True),
        (OFFER, "1"),
        (OFFER, -2),
        ("answer", "yes"),
        ("answer", 1),
        (KEEP, "accept"),
    ],
)
def test_what_is_no_move_is_refused(kind: str, value: object) -> None:
    assert move_fault(kind, value, 800)


def test_a_move_that_cannot_be_made_is_refused_when_it_is_played() -> None:
    offer = next(q for q in asked(SeatedModel(seats={0: 0, 1: 0, 2: 0}, **RUN)) if q.spot.kind == OFFER)
    with pytest.raises(InputFault, match="allowed is a package"):
        SeatedModel({offer.spot: 5000}, **RUN).step()


def test_sides() -> None:
    assert [side_of(THREE, 0, d) for d in range(3)] == [0, 0, -1]
    assert [side_of(THREE, 2, d) for d in range(3)] == [-1, 1, 1]
