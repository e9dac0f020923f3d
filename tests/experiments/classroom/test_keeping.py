"""A room outlives its command: same people, same game, whatever quarter it was killed in."""

from __future__ import annotations

import json
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from served import Served
from swept import begin
from thinned import one_in

from experiments.classroom.game import Settings, replay
from experiments.classroom.keeping import Keeper, as_data, go_on
from experiments.classroom.people import HELD
from experiments.classroom.room import OVER, PLAYING, Room
from experiments.classroom.seats import Spot
from model import InputFault

QUARTERS = 4
SETTINGS = Settings(quarters=QUARTERS, parameters={"rounds_per_quarter": 2})


def answer_next(room: Room, tokens: list[str], now: float) -> bool:
    """One question of somebody's is answered as advised; whether there was one."""
    room.tick(now)
    for token in tokens:
        for question in room.seat(token, 0, now).get("questions", [])[:1]:
            room.answer(token, Spot(*question["spot"]), question["advice"], now)
            return True
    return False


def play(room: Room, tokens: list[str], now: float, upto: int, answers: int = 0) -> float:
    """Everybody answers as advised until so many quarters have been played, and then some questions more."""
    for _ in range(400):
        if room.phase == OVER or (room.game.quarter >= upto and answers <= 0):
            break
        now += 0.2
        has_answered = answer_next(room, tokens, now)
        answers -= has_answered and room.game.quarter >= upto
    return now


def begun() -> tuple[Room, list[str]]:
    room = Room(SETTINGS, pace=0.0, patience=0.0)
    tokens = [room.join(room.people.codes[bloc], 100.0)["token"] for bloc in (0, 1)]
    room.lead(room.people.facilitator, "say", {"text": "Good morning"}, 100.0)
    room.lead(room.people.facilitator, "start", {}, 100.0)
    return room, tokens


#: Killed in a quarter after so many answers: between quarters, and in the middle of one.
KILLED = [(0, 2), (0, 0), (1, 0), (1, 2), (3, 0), (3, 2), (2, 0), (2, 2)]


@pytest.mark.promise
@pytest.mark.parametrize(("quarter", "answers"), one_in(4, KILLED))
def test_killed_in_any_quarter_it_goes_on_to_the_same_end(tmp_path: Path, quarter: int, answers: int) -> None:
    room, tokens = begun()
    now = play(room, tokens, 100.0, quarter, answers)
    keeper = Keeper(tmp_path / "room.json")
    keeper.look(room, now)
    moves, codes = dict(room.game.moves), list(room.people.codes)

    # Another process, a minute later on another clock.
    other = Room(Settings(quarters=QUARTERS), pace=4.0, patience=180.0)
    assert Keeper(tmp_path / "room.json").begin(other, 7.0)
    assert other.people.codes == codes and other.people.facilitator == room.people.facilitator
    assert other.game.moves == moves and other.game.quarter == room.game.quarter == len(other.quarters)
    assert other.phase == PLAYING and other.sayings == ["Good morning"] and other.pace == 0.0
    assert [other.people.bloc_of(token) for token in tokens] == [0, 1] and set(other.seats) == {0, 1}
    for t in range(other.game.quarter):
        assert other.quarters[t] == room.quarters[t] and other.game.events[t] == room.game.events[t]

    play(room, tokens, now, QUARTERS)
    play(other, tokens, 7.0, QUARTERS)
    assert room.phase == other.phase == OVER and room.digest == other.digest != ""
    assert room.game.moves == other.game.moves and room.move_list() == other.move_list()
    assert replay(other.export(""))[1]


@pytest.mark.slow
@pytest.mark.promise
def test_the_command_killed_in_every_quarter_loses_at_most_one(tmp_path: Path) -> None:
    """SIGKILL, and started again: the same tokens and codes, and a game that replays bit for bit."""
    lead, tokens, played, answered = "", [], 0, 0
    for quarter in range(1, QUARTERS + 1):
        process = begin(tmp_path, "class", "--room", "room.json", "--port", "0", said=True)
        try:
            assert process.stdout is not None
            told = "".join(process.stdout.readline() for _ in range(2 + bool(lead)))
            page = Served(None, int(told.partition("127.0.0.1:")[2].partition("/")[0]))  # type: ignore[arg-type]
            if lead:
                assert lead in told and page.ask("room/look", {"since": 0}, tokens[0])[1]["played"] >= quarter - 2
            else:
                lead = told.partition("#lead=")[2].split()[0]
                settings = {"quarters": QUARTERS, "parameters": {"rounds_per_quarter": 2}}
                page.ask("room/lead", {"action": "new", "settings": settings}, lead)
                codes = page.ask("room/lead", {"action": "set", "pace": 0, "patience": 0}, lead)[1]["codes"]
                tokens = [page.ask("room/join", {"code": code})[1]["token"] for code in codes[:2]]
                page.ask("room/lead", {"action": "start"}, lead)
            end = time.monotonic() + 600
            while played < quarter and time.monotonic() < end:
                for token in tokens:
                    status, seen = page.ask("room/look", {"since": 0}, token)
                    assert status == 200, "a token of before is good"
                    played = seen["played"]
                    for question in seen.get("questions", [])[:1]:
                        answer = {"spot": question["spot"], "value": question["advice"]}
                        answered += page.ask("room/answer", answer, token)[0] == 200
                time.sleep(0.1)
            assert played == quarter
            if quarter == QUARTERS:
                export = page.ask("room/export", {}, lead)[1]
        finally:
            process.kill()
            process.communicate()
    game, is_same = replay(export)
    assert is_same and game.quarter == QUARTERS
    # What was answered in the half second before a kill may be asked again.
    assert 0 < len(export["moves"]) <= answered


def test_who_had_left_is_not_waited_for_and_a_game_that_is_over_stays_so(tmp_path: Path) -> None:
    room, tokens = begun()
    room.leave(tokens[1], 101.0)
    now = play(room, tokens[:1], 101.0, 1)
    other = Room(SETTINGS)
    go_on(other, json.loads(json.dumps(as_data(room, now))), 7.0)
    assert set(other.seats) == {0} and other.people.bloc_of(tokens[1]) == 1  # the token is good for coming back
    other.tick(7.0 + HELD + 1.0)
    assert not other.seats
    room.lead(room.people.facilitator, "end", {}, now)
    ended = Room(SETTINGS)
    go_on(ended, json.loads(json.dumps(as_data(room, now))), 7.0)
    assert ended.phase == OVER and ended.digest == room.digest and ended.outcome == room.outcome


def test_it_is_written_when_something_has_happened_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "room.json"
    room, tokens = begun()
    keeper = Keeper(path)
    assert not keeper.begin(room, 100.0)  # nothing there yet
    keeper.look(room, 100.0)
    first = path.stat()
    assert sys.platform == "win32" or stat.S_IMODE(first.st_mode) == 0o600
    keeper.look(room, 101.0)
    assert path.stat().st_ino == first.st_ino  # nothing has happened
    play(room, tokens, 101.0, 1)
    keeper.look(room, 102.0)
    assert json.loads(path.read_text("utf-8"))["played"] == 1
    room.join(room.people.codes[0], 103.0)  # a second browser at a seat
    keeper.look(room, 103.0)
    assert len(json.loads(path.read_text("utf-8"))["persons"]) == 3


def test_what_the_disk_refuses_is_told_to_the_facilitator_and_the_game_goes_on(tmp_path: Path) -> None:
    room, tokens = begun()
    keeper = Keeper(tmp_path / "nowhere" / "room.json")
    keeper.look(room, 100.0)
    assert "cannot be written" in room.lead(room.people.facilitator, "look", {}, 100.0)["fault"]
    play(room, tokens, 100.0, 1)
    assert room.game.quarter == 1


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """What is kept of a room after its first quarter; do not change it."""
    room, tokens = begun()
    return as_data(room, play(room, tokens, 100.0, 1))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("format", "detente-game-1", "its format is not"),
        ("settings", {"scenario": "nowhere"}, "nowhere"),
        ("settings", None, "allowed is a table"),
        ("moves", 5, "moves: allowed is a list"),
        ("moves", [[0, 0, 0, "offer", 0]], "allowed is [quarter"),
        ("advice", "x", "moves: allowed is a list"),
        ("released", [5], "damaged"),
        ("persons", {"a": 1}, "damaged"),
        ("persons", [["token", 7, 0, True]], "damaged"),
        ("codes", ["A"], "damaged"),
        ("facilitator", "", "damaged"),
        ("phase", "asleep", "damaged"),
        ("played", -1, "damaged"),
        ("played", True, "damaged"),
        ("pace", "fast", "damaged"),
        ("patience", float("nan"), "damaged"),
        ("papers", [[1, 2]], "damaged"),
        ("digest", "0" * 64, "another version of the model"),
    ],
)
def test_a_file_that_is_no_kept_room_gets_one_clear_message(
    tmp_path: Path, kept: dict[str, Any], name: str, value: object, said: str
) -> None:
    path = tmp_path / "room.json"
    path.write_text(json.dumps({**kept, name: value}), encoding="utf-8")
    fresh = Room(SETTINGS)
    before = fresh.people.facilitator
    with pytest.raises(InputFault) as fault:
        Keeper(path).begin(fresh, 7.0)
    (line,) = fault.value.faults
    assert said in line and str(path) in line and "move this one away" in line and "\n" not in line
    assert fresh.people.facilitator == before and not fresh.quarters  # nothing of it was taken


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"format": "detente-room-1"}'])
def test_so_does_any_other_file(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "room.json"
    path.write_bytes(text)
    with pytest.raises(InputFault, match="move this one away"):
        Keeper(path).begin(Room(SETTINGS), 7.0)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="move this one away"):
        Keeper(tmp_path).begin(Room(SETTINGS), 7.0)
