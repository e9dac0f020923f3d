"""A program at a class's table: its moves are the game's, it replays without it, and its faults are its own seat's."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import served
from commands import called, refused, written
from sample_calls import wait_until
from seated import seatable

from experiments.classroom.game import Game, replay
from experiments.seating import table as tables
from experiments.seating.agents import Agent, find_agent
from experiments.seating.asking import put
from experiments.seating.play import replayed
from experiments.seating.protocol import Question
from experiments.seating.table import Table, sit
from model import InputFault

EU = 2


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[served.Served]:
    """A class of two quarters, in which programs look often."""
    monkeypatch.setattr(tables, "LOOKS", 0.02)
    monkeypatch.setattr("experiments.classroom.server.TICK", 0.02)
    monkeypatch.setattr("experiments.classroom.room.secrets.randbelow", lambda most: 551_826 % most)
    with served.served(pace=0.0, quarters=2, warm=False, put=put) as running:
        yield running


def seat_of(page: served.Served, bloc: int = EU) -> Table:
    return Table(page.base, page.classroom.room.people.codes[bloc])


def played(page: served.Served, kind: Any, patience: float = 30.0, **about: Any) -> tuple[Any, Any, list[str]]:
    """A game of the class with this agent in the seat of the EU: its export, its sitter, what was said."""
    said: list[str] = []
    table = seat_of(page)
    page.ask("room/lead", {"action": "start"}, page.lead_token)
    export, sitter = sit(table, seatable(kind), patience, tell=said.append, **about)
    return export, sitter, said


def by_rules(page: served.Served) -> str:
    game = Game(page.classroom.room.settings)
    game.advance()
    return game.digest()


def test_the_rules_in_a_seat_play_the_model_s_own_game(page: served.Served) -> None:
    heard: list[Question] = []

    class Advised(Agent):
        def decide(self, question: Question) -> Any:
            heard.append(question)
            return question.advice

    export, sitter, said = played(page, Advised)
    assert said == [] and sitter.faults == {} and sitter.asked == len(export["moves"]) > 2
    assert {one.bloc for one in heard} == {"EU"} and len({one.game for one in heard}) == 1
    assert str(page.classroom.room.settings.replicate) not in heard[0].game
    # The share of a session that is used up grows from round to round, though the room has played the talks already.
    talks = [one for one in heard if one.kind != "keep"]
    assert all(0.0 <= one.time <= 1.0 for one in talks) and any(one.time == 0.0 for one in talks)
    again, same = replay(json.loads(json.dumps(export)))
    assert same and again.digest() == by_rules(page)


def test_its_moves_are_played_and_replayed_without_it(page: served.Served) -> None:
    class Lapses(Agent):
        def keep(self, question: Question) -> str:
            assert question.advice is None
            return "lapse"

    export, sitter, _ = played(page, Lapses, with_advice=False)
    assert sitter.faults == {} and [row[5] for row in export["moves"]].count("lapse") > 0
    again, same = replay(export)
    assert same and again.digest() != by_rules(page)


class Silent(Agent):
    def decide(self, question: Question) -> Any:
        time.sleep(5.0)


class Malformed(Agent):
    def decide(self, question: Question) -> Any:
        return {"value": 1.5}


class Lying(Agent):
    def decide(self, question: Question) -> Any:
        return 10**6 if question.kind == "offer" else "whatever"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [(Silent, "late"), pytest.param(Malformed, "malformed", marks=pytest.mark.slow), (Lying, "illegal")],
)
def test_whoever_is_not_heard_costs_its_own_seat_alone(kind: Any, fault: str, page: served.Served) -> None:
    export, sitter, said = played(page, kind, patience=0.05 if kind is Silent else 30.0)
    assert set(sitter.faults) == {fault} and export["moves"] == [] and "EU (agent)" in said[0]
    assert len(said) == (2 if kind is Silent else 1)
    again, same = replay(export)
    assert same and again.digest() == by_rules(page)


@pytest.mark.slow
def test_beside_people_it_decides_for_its_own_seat(page: served.Served) -> None:
    """China's seat is a person's, who is asked and answers as before; a program may not answer for it."""
    room = page.classroom.room
    person = page.ask("room/join", {"code": room.people.codes[0]})[1]["token"]
    done = threading.Event()

    def follow() -> None:
        while not done.is_set():
            for question in page.ask("room/look", {"since": 0}, person)[1].get("questions", [])[:1]:
                page.ask("room/answer", {"spot": question["spot"], "value": question["advice"]}, person)
            time.sleep(0.02)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        export, sitter, _ = played(page, find_agent("rules").make)
    finally:
        done.set()
        thread.join()
    assert sitter.faults == {} and {row[2] for row in export["moves"]} == {0, EU}
    assert replay(export)[1] and export["digest"] == by_rules(page)


def test_who_thinks_long_gives_signs_of_life(page: served.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SIGNS", 0.05)
    room, tokens = page.classroom.room, []
    here = room.here
    monkeypatch.setattr(room, "here", lambda said, now: tokens.append(said) or here(said, now))

    class Slow(Agent):
        def decide(self, question: Question) -> Any:
            if len(tokens) < 2:
                wait_until(lambda: len(tokens) >= 2)
            return question.advice

    export, sitter, said = played(page, Slow)
    assert said == [] and sitter.faults == {} and len(export["moves"]) == sitter.asked
    assert room.people.bloc_of(tokens[0][0]) == EU


def test_what_no_seat_is_for_is_refused(page: served.Served) -> None:
    with pytest.raises(InputFault, match="no seat has this code"):
        Table(page.base, "AAAAAAAAAA")
    with pytest.raises(InputFault, match="cannot be reached"):
        Table("http://127.0.0.1:9", "AAAAAAAAAA")
    table = seat_of(page)
    page.ask("room/lead", {"action": "new", "settings": {"quarters": 2}}, page.lead_token)
    with pytest.raises(InputFault, match="another game has begun"):
        sit(table, find_agent("rules"))


def test_a_class_without_programs_has_no_such_address() -> None:
    with served.served(warm=False) as page:
        token = page.ask("room/join", {"code": page.classroom.room.people.codes[EU]})[1]["token"]
        assert page.ask("room/ask", {}, token)[0] == 404
        status, said = page.ask("room/answer", {"spot": [0, 1, EU, "keep", 0]}, token)
        assert (status, said["refused"]) == (422, "bad_move"), "no value is no answer"


def test_the_command_sits_keeps_and_replays(
    page: served.Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "mine.py", "from detente import Agent\nclass Mine(Agent):\n    def answer(self, question):\n"
            "        return 'refuse'\n")  # fmt: skip
    code = page.classroom.room.people.codes[EU]
    asked = ("seat", "--agent", "mine.py:Mine", "--room", page.base)
    refused(called(*asked, "--bloc", "EU"), "command line", "--room ADDRESS and --code CODE go together")
    refused(called(*asked, "--bloc", "US", "--code", code), "command line", "this code is of the seat of EU")
    page.ask("room/lead", {"action": "start"}, page.lead_token)
    result = called(*asked, "--bloc", "EU", "--code", code, "--out", "class")
    assert result.exit_code == 0, result.output
    (file,) = (tmp_path / "class").glob("game-*.json")
    assert replayed(file)[1] and f"detente seat --replay class/{file.name}" in result.stdout
    about = json.loads((tmp_path / "class" / "games.json").read_text("utf-8"))
    assert about["games"][0]["bloc"] == "EU" and about["games"][0]["asked"] > 0
