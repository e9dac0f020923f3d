"""A hall outlives its command: every table goes on where it was, everybody keeps the token and the nickname."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.classroom.game import Settings
from experiments.classroom.hall import Hall
from experiments.classroom.hall_keeping import hall_data, hall_go_on, hall_keeper
from experiments.classroom.keeping import as_data
from experiments.classroom.room import PLAYING, Room
from experiments.classroom.seats import Spot
from model import InputFault

SETTINGS = Settings(quarters=3, parameters={"rounds_per_quarter": 2})


def begun() -> tuple[Hall, list[str]]:
    hall = Hall(Room(SETTINGS, pace=0.0, patience=0.0))
    tokens = [hall.join(hall.code, f"Player {n}", 100.0)["token"] for n in range(3)]
    hall.lead(hall.facilitator, "deal", {"tables": 2}, 100.0)
    hall.lead(hall.facilitator, "start", {}, 100.0)
    return hall, tokens


def answer_some(hall: Hall, tokens: list[str], now: float, upto: int) -> float:
    for _ in range(200):
        now += 0.2
        hall.tick(now)
        for token in tokens:
            table = hall.table_of(token)
            for question in table.seat(token, 0, now)["questions"][:1]:
                table.answer(token, Spot(*question["spot"]), question["advice"], now)
        if min(table.game.quarter for table in hall.tables) >= upto:
            break
    return now


def test_killed_in_the_middle_every_table_goes_on_to_the_same_end(tmp_path: Path) -> None:
    hall, tokens = begun()
    now = answer_some(hall, tokens, 100.0, 1)
    path = tmp_path / "class.json"
    keeper = hall_keeper(path)
    keeper.look(hall, now)
    assert sys.platform == "win32" or stat.S_IMODE(path.stat().st_mode) == 0o600
    written = path.stat().st_ino
    keeper.look(hall, now + 1.0)
    assert path.stat().st_ino == written  # nothing has happened
    late = hall.join(hall.code, "Late", now)["token"]
    keeper.look(hall, now + 1.0)
    assert "Late" in path.read_text("utf-8")
    names = [table.people.names() for table in hall.tables]

    other = Hall(Room(Settings(quarters=1)))
    assert hall_keeper(path).begin(other, 7.0)
    assert other.code == hall.code and other.facilitator == hall.facilitator and other.is_dealt
    assert [other.index_of(token) for token in [*tokens, late]] == [hall.index_of(token) for token in [*tokens, late]]
    assert [table.people.names() for table in other.tables] == names and other.phase == PLAYING
    hall.leave(late, now)
    other.leave(late, 7.0)
    answer_some(hall, tokens, now, 3)
    answer_some(other, tokens, 7.0, 3)
    assert hall.is_over and other.is_over
    assert [table.digest for table in hall.tables] == [table.digest for table in other.tables]
    assert all(table.digest for table in hall.tables)


def test_who_waits_is_kept_and_so_is_a_file_with_one_room(tmp_path: Path) -> None:
    hall = Hall(Room(SETTINGS))
    token = hall.join(hall.code, "Ann", 100.0)["token"]
    other = Hall(Room(SETTINGS))
    hall_go_on(other, json.loads(json.dumps(hall_data(hall, 100.0))), 7.0)
    assert other.waiting_names(7.0) == ["Ann"] and other.bloc_of(token) == -1 and not other.is_dealt
    room = Room(SETTINGS)
    hall_go_on(other, json.loads(json.dumps(as_data(room, 100.0))), 7.0)
    assert other.facilitator == room.people.facilitator


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("format", "detente-class-2"), ("code", ""), ("code", 7), ("waiting", [["t", "x" * 99, True]])),
        *(("waiting", [["t"]]), ("tables", []), ("tables", "two"), ("tables", [{}] * 21), ("dealt", 1)),
        *(("tables", [{}]), ("tables", None)),
    ],
)
def test_a_spoiled_file_is_refused_with_one_message(tmp_path: Path, name: str, value: Any) -> None:
    hall = Hall(Room(SETTINGS))
    data = hall_data(hall, 100.0) | {name: value}
    path = tmp_path / "class.json"
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(InputFault) as fault:
        hall_keeper(path).begin(Hall(Room(SETTINGS)), 7.0)
    (said,) = fault.value.faults
    assert str(path) in said and "name another file" in said


def test_tables_of_different_classes_are_no_class() -> None:
    one, other = Hall(Room(SETTINGS)), Hall(Room(SETTINGS))
    data = hall_data(one, 100.0)
    data["tables"] += hall_data(other, 100.0)["tables"]
    with pytest.raises(InputFault, match="different facilitators"):
        hall_go_on(Hall(Room(SETTINGS)), data, 7.0)
