"""Who is away from the table, and what the rules decided in the meantime: nobody loses a decision without a word."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.classroom.people import People, Person
from experiments.classroom.seated import SeatedModel
from experiments.classroom.seats import Question, Spot, Value


def who(people: People, deciding: set[int], now: float) -> list[dict[str, Any]]:
    """Every seat: browsers there, nicknames, for how many more seconds it is held while nobody is, if it decides."""
    present, held, names = people.present(now), people.held(now), people.names()
    return [
        {
            "bloc": bloc,
            "people": present.get(bloc, 0),
            "held": 0 if bloc in present else math.ceil(held.get(bloc, 0.0)),
            "deciding": bloc in deciding,
            "names": names.get(bloc, []),
        }
        for bloc in range(len(people.codes))
    ]


def decided_for(model: SeatedModel, people: People) -> list[Question]:
    """What the rules have decided so far in place of somebody who has a seat, each decision once, in order."""
    first = {bloc: min(one.since for one in people.persons.values() if one.bloc == bloc) for bloc in people.taken()}
    once = {question.spot: question for question in model.world.by_rules}
    return [one for one in once.values() if one.spot.quarter >= first.get(one.spot.bloc, one.spot.quarter + 1)]


def missed(
    model: SeatedModel, person: Person, papers: Mapping[Spot, Mapping[int, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """What the rules decided in a person's place, as far as it has not said that it knows.

    Each is a spot with its value, the label of its quarter, and the package that it was about, as it was then.
    """
    rows: dict[Spot, dict[str, Any]] = {}
    for question in model.world.by_rules:
        spot, about = question.spot, question.about
        if spot.bloc == person.bloc and spot.quarter >= person.since and spot not in person.heard:
            value: Value = question.advice
            label = model.start.quarter_label(spot.quarter)
            rows[spot] = {**spot._asdict(), "value": value, "label": label, "package": papers.get(spot, {}).get(about)}
    return list(rows.values())
