"""A game told after it: its turning points are where depth turned, and the parts of why add up."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from experiments.classroom.game import Game, Settings
from experiments.classroom.telling import HEADLINES, SEEN, WEIGHTS, headlines, kind_of, latest, verdict
from experiments.classroom.view import quarter_view
from model import DYADS


def quarter(t: int, *depth: float) -> dict[str, Any]:
    return {"label": f"Q{t}", "dyads": [{"depth": value} for value in depth]}


def test_the_turning_points_are_where_the_depth_of_a_pair_turned() -> None:
    quarters = [quarter(t, 0.5 if t < 3 else 0.0, 0.3, 0.1 if t < 5 else 0.4) for t in range(8)]
    events: list[list[dict[str, Any]]] = [[] for _ in quarters]
    for t in range(8):
        events[t].append({"kind": "renewed", "dyad": 1, "quarters": 4})
    events[3].append({"kind": "ends", "dyad": 0, "why": "test", "side": 1})
    events[5].append({"kind": "in_force", "dyad": 2, "package": {}})
    found = headlines(quarters, events, DYADS)
    assert len(found) == HEADLINES and [row["quarter"] for row in found] == sorted(row["quarter"] for row in found)
    top = {(row["kind"], row["quarter"], row["dyad"]): row["change"] for row in found}
    assert top["ends", 3, 0] == pytest.approx(-0.5) and top["in_force", 5, 2] == pytest.approx(0.3)


def test_what_people_decided_otherwise_is_said_and_weighs_more() -> None:
    quarters = [quarter(t, 0.2, 0.2, 0.2) for t in range(6)]
    refusal = {"kind": "offer", "dyad": 1, "side": 0, "accepted": False, "lobby": [], "private": {"2": {}}}
    events = [[dict(refusal)] for _ in range(6)]
    moves = [
        {"quarter": 4, "dyad": 1, "same": False},
        {"quarter": 2, "dyad": 1, "same": True},
        {"quarter": 1, "dyad": 0, "same": False},
    ]
    found = headlines(quarters, events, DYADS, moves, 1)
    assert [(row["quarter"], row["kind"], row["otherwise"]) for row in found] == [(4, "refused", True)]
    assert "private" not in found[0]["event"] and "lobby" not in found[0]["event"]


def test_a_whole_game_has_its_headlines_from_what_happened() -> None:
    game, quarters = Game(Settings(replicate=2, quarters=8)), []
    while not game.is_over:
        game.advance(game.quarter + 1)
        quarters.append(quarter_view(game.model))
    found = headlines(quarters, game.events, DYADS)
    assert 0 < len(found) <= HEADLINES
    assert len({(row["quarter"], row["dyad"]) for row in found}) == len(found)
    for row in found:
        kinds = [kind_of(event) for event in game.events[row["quarter"]]]
        assert row["kind"] in kinds and row["kind"] in WEIGHTS and not row["otherwise"]
    news = latest([game.events, game.events[:3]], [q["label"] for q in quarters], DYADS, 6)
    assert [row["quarter"] for row in news] == sorted((row["quarter"] for row in news), reverse=True)
    assert all(row["table"] == 0 or row["quarter"] < 3 for row in news) and len(news) <= 6


@pytest.mark.parametrize("case", list(itertools.product((0.1, 0.5), (0.1, 0.12, 0.5), (0.1, 0.3))))
def test_the_parts_of_why_add_up_and_the_larger_one_is_named(case: tuple[float, float, float]) -> None:
    depth, twin, usual = case
    told = verdict(depth, twin, usual)
    assert told["usual"] + told["luck"] + told["us"] == pytest.approx(depth)
    larger = max(("us", "luck"), key=lambda name: abs(told[name]))
    assert told["why"] == ("rules" if abs(told[larger]) < SEEN else larger)


def test_a_headline_is_about_one_pair_and_nobody_s_secret() -> None:
    assert kind_of({"kind": "offer", "accepted": True}) not in WEIGHTS
    assert kind_of({"kind": "vote", "votes": [True, True]}) not in WEIGHTS
    assert kind_of({"kind": "vote", "votes": [True, False]}) in WEIGHTS
    assert kind_of({"kind": "talks", "open": True}) not in WEIGHTS
    alone = [[{"kind": "case", "bloc": 2, "partner": 0, "rise": 0.1}, {"kind": "emergency", "bloc": 1, "rise": 0.2}]]
    assert [(row["kind"], row["dyad"]) for row in latest([alone], ["Q0"], DYADS, 5)] == [("case", 1)]
