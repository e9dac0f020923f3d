"""What is asked about the tables: who sees what, and how the games are told when all are over."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from browsing import needs_page

needs_page()

from experiments.classroom.game import Settings  # noqa: E402 - after the packages that it needs
from experiments.classroom.limits import JOIN_BURST, Buckets  # noqa: E402
from experiments.classroom.room import Refused, Room  # noqa: E402
from experiments.classroom.server import Classroom  # noqa: E402

SETTINGS = Settings(quarters=1, parameters={"rounds_per_quarter": 2})


@pytest.fixture
def classroom() -> Classroom:
    """A class that nobody has entered; its clouds have the runs that a test gives them."""
    found = Classroom(pace=0.0, patience=0.0)
    found.room = Room(SETTINGS, 0.0, 0.0)
    return found


def refused(code: str, call: Any, data: dict[str, Any], token: str = "") -> None:
    with pytest.raises(Refused) as no:
        call(data, token)
    assert no.value.code == code


def test_the_room_code_is_told_to_the_facilitator_alone(classroom: Classroom) -> None:
    hall = classroom.hall
    seen, wall = classroom.look({}, ""), classroom.look({}, hall.facilitator)
    assert "code" not in seen and wall["code"] == hall.code and hall.code not in json.dumps(seen)
    token = classroom.join({"code": hall.code, "name": "Ann"}, "")["token"]
    own = classroom.look({}, token)
    assert own["phase"] == "waiting" and own["name"] == "Ann" and hall.code not in json.dumps(own)
    assert classroom.look({}, "")["waiting"] == ["Ann"]
    assert classroom.here({"tokens": [token]}, "") == {"seats": [{"bloc": -1, "deciding": False}]}
    refused("bad_name", classroom.join, {"code": hall.code})
    refused("wrong_code", classroom.join, {"code": "222222", "name": "Ann"})


def test_a_seat_sees_its_own_table_and_the_wall_any(classroom: Classroom) -> None:
    hall = classroom.hall
    tokens = [classroom.join({"code": hall.code, "name": name}, "")["token"] for name in ("Ann", "Bo")]
    settings = {**SETTINGS.as_dict(), "quarters": 30}
    classroom.lead({"action": "deal", "tables": 2, "settings": settings}, hall.facilitator)
    classroom.lead({"action": "start"}, hall.facilitator)
    for token in tokens:
        seen = classroom.look({"since": 7, "game": None}, token)
        assert seen["table"] == hall.index_of(token) and seen["tables"] == 2 and not seen["all_over"]
    walls = [classroom.look({"table": k}, "") for k in (0, 1)]
    assert [seen["table"] for seen in walls] == [0, 1] and walls[0]["game"] != walls[1]["game"]
    assert all(len(seen["overview"]) == 2 for seen in walls)
    assert "private" not in json.dumps(walls) and "briefing" not in json.dumps(walls)
    refused("bad_number", classroom.look, {"table": 2})
    refused("not_over", classroom.tables, {})
    classroom.leave({}, tokens[0])
    assert hall.bloc_of(tokens[0]) is not None  # the token is good for coming back


def test_every_game_is_told_with_its_twin_when_all_are_over(
    classroom: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = classroom.hall
    classroom.lead({"action": "deal", "tables": 2, "settings": SETTINGS.as_dict()}, hall.facilitator)
    classroom.lead({"action": "start"}, hall.facilitator)
    for now in range(4):
        hall.tick(1e9 + now)
    assert hall.is_over
    twin, usual = [0.1, 0.2, 0.3], [0.2, 0.2, 0.2]
    picture = {"runs": 2, "of": 520, "fault": "", "depth": [[a, 2 * b - a] for a, b in zip(twin, usual, strict=True)]}
    monkeypatch.setattr(classroom.clouds, "view", lambda settings, is_first=False: dict(picture))
    told = classroom.tables({}, "")
    assert [one["table"] for one in told["tables"]] == [0, 1] and told["cloud"]["runs"] == 2
    for one in told["tables"]:
        assert one["twin"] == twin and one["why"]["usual"] == pytest.approx(0.2)
        assert one["why"]["us"] == pytest.approx(sum(one["depth"]) / 3 - 0.2)
        assert len(one["labels"]) == 1 and [len(row) for row in one["series"]] == [1, 1, 1]
        assert one["decided"] == one["otherwise"] == one["peeked"] == 0
    assert classroom.tables({}, "") is told  # the same for all who ask within a second
    monkeypatch.setattr(
        classroom.clouds, "view", lambda settings, is_first=False: {**picture, "runs": 0, "depth": [[]] * 3}
    )
    monkeypatch.setattr(classroom, "_told", (None, {}))
    assert all(one["why"] is None and one["twin"] is None for one in classroom.tables({}, "")["tables"])


def test_games_that_ended_before_their_first_quarter_have_nothing_to_tell(classroom: Classroom) -> None:
    classroom.lead({"action": "end"}, classroom.hall.facilitator)
    assert classroom.tables({}, "") == {"cloud": None, "tables": []}


def test_codes_are_tried_at_a_rate_from_each_address(classroom: Classroom) -> None:
    def caller(host: str) -> Any:
        return SimpleNamespace(client=SimpleNamespace(host=host), headers={})

    classroom.visitors = classroom.places = Buckets(1e9, 1e9)
    let_in = [classroom.is_let_in(caller("10.0.0.1"), "room/join") for _ in range(int(JOIN_BURST) + 20)]
    assert JOIN_BURST <= sum(let_in) < len(let_in) and classroom.is_let_in(caller("10.0.0.1"), "room/look")
    assert classroom.is_let_in(caller("10.0.0.2"), "room/join")
