"""A class at parallel tables: dealt evenly and at random, tokens stay good, each table plays for itself."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from experiments.classroom.game import Settings
from experiments.classroom.hall import LONGEST_NAME, MOST_PEOPLE, MOST_TABLES, NOWHERE, Hall, places
from experiments.classroom.people import HELD
from experiments.classroom.room import LOBBY, OVER, PLAYING, Refused, Room
from experiments.classroom.seats import Spot
from model import BLOCS

SETTINGS = Settings(quarters=2, parameters={"rounds_per_quarter": 2})


def hall() -> Hall:
    return Hall(Room(SETTINGS, pace=0.0, patience=0.0))


def lead(class_: Hall, action: str, now: float = 100.0, **about: Any) -> dict[str, Any]:
    return class_.lead(class_.facilitator, action, about, now)


def come(class_: Hall, *names: str, now: float = 100.0) -> list[str]:
    return [class_.join(class_.code.lower(), name, now)["token"] for name in names]


@pytest.mark.parametrize("n_people", [0, 1, 7, 30, 61, 200])
def test_people_are_spread_as_evenly_as_it_goes(n_people: int) -> None:
    for n_tables in range(1, MOST_TABLES + 1):
        found = places(n_tables, n_people, len(BLOCS))
        at_table = [sum(k == table for k, _ in found) for table in range(n_tables)]
        at_seat = [found.count((table, bloc)) for table in range(n_tables) for bloc in range(len(BLOCS))]
        assert sum(at_table) == n_people and max(at_table) - min(at_table) <= 1
        assert max(at_seat) - min(at_seat) <= 1
        if n_tables >= 3 and n_people >= n_tables:  # no government is always the one played by the rules
            assert {bloc for _, bloc in found[:n_tables]} == set(range(len(BLOCS)))


def test_who_comes_waits_is_dealt_and_keeps_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    class_ = hall()
    lucks = itertools.count()
    monkeypatch.setattr("experiments.classroom.room.secrets.randbelow", lambda most: next(lucks))
    tokens = come(class_, *(f"Player {n}" for n in range(7)))
    assert [class_.bloc_of(token) for token in tokens] == [NOWHERE] * 7
    assert class_.wait(tokens[2], 100.0) == {"phase": "waiting", "name": "Player 2", "n": 7}
    by_code = class_.join(class_.tables[0].people.codes[1], None, 100.0)["token"]
    told = lead(class_, "deal", tables=3)
    assert len(told["tables"]) == 3 and told["waiting"] == [] and told["dealt"]
    seats = {token: (class_.index_of(token), class_.bloc_of(token)) for token in [*tokens, by_code]}
    assert len(set(seats.values())) == 8 and {bloc for _, bloc in seats.values()} == set(range(len(BLOCS)))
    for token, (k, bloc) in seats.items():
        assert k is not None and class_.tables[k].seat(token, 0, 100.0)["bloc"] == bloc
    names = [name for table in told["tables"] for seat in table["seats"] for name in seat["names"]]
    assert sorted(names) == [f"Player {n}" for n in range(7)]
    assert len({table.settings.replicate for table in class_.tables}) == 3  # each with a luck of its own
    assert {table.people.facilitator for table in class_.tables} == {class_.facilitator}
    again = lead(class_, "deal", tables=2)
    assert len(again["tables"]) == 2 and all(class_.bloc_of(token) in range(len(BLOCS)) for token in seats)


@pytest.mark.parametrize(("scenario", "n_seats"), [("four-2026", 4), ("two", 2)])
def test_a_table_has_a_seat_for_each_government(scenario: str, n_seats: int) -> None:
    class_ = hall()
    lead(class_, "new", settings=Settings(scenario, quarters=1))
    tokens = come(class_, *(f"Player {n}" for n in range(n_seats - 1)))
    (table,) = lead(class_, "deal", tables=1)["tables"]
    assert sorted(len(seat["names"]) for seat in table["seats"]) == [0, *[1] * (n_seats - 1)]
    tokens += come(class_, "Late")  # where the rules would play
    assert {class_.bloc_of(token) for token in tokens} == set(range(n_seats))
    again = lead(class_, "deal", tables=1)["tables"][0]["seats"]
    assert [len(seat["names"]) for seat in again] == [1] * n_seats


def test_dealing_is_at_random() -> None:
    class_ = hall()
    tokens = come(class_, "Ann", "Bo", "Cai")
    found = set()
    for _ in range(6):  # all the same: once in 6^5
        lead(class_, "deal", tables=1)
        found.add(tuple(class_.bloc_of(token) for token in tokens))
    assert len(found) > 1


def test_who_has_gone_home_takes_nobody_s_place() -> None:
    class_ = hall()
    gone = come(class_, "Gone", now=0.0)
    here = come(class_, "Ann", "Bo", now=HELD + 1.0)
    for _ in range(6):
        lead(class_, "deal", now=HELD + 2.0, tables=2)
        assert {class_.index_of(token) for token in here} == {0, 1} and class_.index_of(gone[0]) == 0


def test_who_comes_late_sits_where_the_fewest_are_and_has_a_table_at_once() -> None:
    class_ = hall()
    come(class_, "Ann", "Bo", "Cai")
    lead(class_, "deal", tables=2)
    lead(class_, "start")
    late = class_.join(class_.code, "Late", 100.0)
    assert late["bloc"] in range(len(BLOCS))
    counts = [len(table.people.persons) for table in class_.tables]
    assert counts == [2, 2] and all(len(table.people.taken()) == 2 for table in class_.tables)
    come(class_, "Five", "Six", "Seven")  # the third seats, and then a second person at a seat
    assert sorted(len(table.people.persons) for table in class_.tables) == [3, 4]
    assert all(table.people.taken() == {0, 1, 2} for table in class_.tables)


def test_each_table_plays_for_itself_and_controls_work_on_all_or_on_one() -> None:
    class_ = hall()
    tokens = come(class_, "Ann", "Bo")
    lead(class_, "deal", tables=2)
    assert lead(class_, "start")["phase"] == PLAYING
    now = 100.0
    for _ in range(200):
        now += 0.5
        class_.tick(now)
        room = class_.tables[0]
        mine = next(token for token in tokens if class_.index_of(token) == 0)
        other = next(token for token in tokens if class_.index_of(token) == 1)
        class_.tables[1].seat(other, 0, now)
        for question in room.seat(mine, 0, now)["questions"][:1]:
            for table in class_.tables:  # nobody decides at another table
                with pytest.raises(Refused):
                    table.answer(other, Spot(*question["spot"]), question["advice"], now)
            room.answer(mine, Spot(*question["spot"]), question["advice"], now)
        if room.phase == OVER:
            break
    first, second = lead(class_, "look", now=now)["tables"]
    assert (first["phase"], first["open"]) == (OVER, 0) and second["phase"] == PLAYING and second["open"] > 0
    assert not class_.is_over and class_.phase == PLAYING
    lead(class_, "pause", now=now, table=1)
    assert class_.phase == "paused"
    lead(class_, "end", now=now)
    assert class_.is_over and class_.phase == OVER
    with pytest.raises(Refused) as no:
        lead(class_, "start", now=now)
    assert no.value.status == 409


def test_a_nickname_is_short_plain_and_nobody_else_s() -> None:
    class_ = hall()
    come(class_, "Ann", " Ann ", "An\u200bn", "小明")
    assert class_.waiting_names(100.0) == ["Ann", "Ann 2", "An n", "小明"]
    for name in ("", "   ", "x" * (LONGEST_NAME + 1), None, 7, ["Ann"]):
        with pytest.raises(Refused) as no:
            class_.join(class_.code, name, 100.0)
        assert no.value.code == "bad_name"


def test_a_wrong_code_opens_nothing_and_the_hall_is_full_at_some_point() -> None:
    class_ = hall()
    for code in ("", "23456", "ZZZZZZZ", "\ud800", class_.code + "2"):
        with pytest.raises(Refused) as no:
            class_.join(code, "Ann", 100.0)
        assert no.value.code == "wrong_code"
    come(class_, *(f"n{n}" for n in range(MOST_PEOPLE)))
    with pytest.raises(Refused) as full:
        come(class_, "One more")
    assert full.value.status == 503
    assert come(class_, "Later", now=200.0)  # those who have gone make room


def test_only_the_facilitator_deals_and_as_many_tables_as_there_may_be() -> None:
    class_ = hall()
    with pytest.raises(Refused):
        class_.lead("nobody", "deal", {"tables": 3}, 100.0)
    for n_tables in (0, MOST_TABLES + 1, "3", True, None, 2.0):
        with pytest.raises(Refused) as no:
            lead(class_, "deal", tables=n_tables)
        assert no.value.code == "bad_number"
    for table in (-1, 1, "0", True):
        with pytest.raises(Refused):
            lead(class_, "pause", table=table)
    assert len(class_.tables) == 1 and class_.phase == LOBBY


def test_a_new_game_begins_with_one_table_and_another_code() -> None:
    class_ = hall()
    (token,) = come(class_, "Ann")
    lead(class_, "deal", tables=4)
    code = class_.code
    told = lead(class_, "new", settings=SETTINGS)
    assert len(told["tables"]) == 1 and told["code"] != code and not told["dealt"]
    assert class_.bloc_of(token) is None


def test_the_wall_shows_one_table_after_the_other_or_the_one_that_is_chosen() -> None:
    class_ = hall()
    lead(class_, "deal", tables=3)
    assert {class_.on_the_wall(float(now)) for now in range(0, 100, 5)} == {0, 1, 2}
    assert lead(class_, "show", table=2)["shown"] == 2
    assert {class_.on_the_wall(float(now)) for now in range(0, 100, 5)} == {2}
    assert lead(class_, "show")["shown"] is None


@pytest.mark.slow
def test_six_quarters_of_which_every_decision_takes_its_minute_end_within_twenty_five(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everybody sits there and nobody decides: the longest that a class can take, on a clock that does not wait."""
    lucks = itertools.count(3)
    monkeypatch.setattr("experiments.classroom.room.secrets.randbelow", lambda most: next(lucks))
    length = Settings(quarters=6, parameters={"rounds_per_quarter": 2})
    class_, now = Hall(Room(length, pace=4.0, patience=60.0)), 0.0
    tokens = [class_.join(class_.code, f"n{n}", now)["token"] for n in range(12)]
    lead(class_, "deal", now, tables=4)
    lead(class_, "start", now)
    while not class_.is_over and now < 60 * 60:
        now += 1.0
        for token in tokens:
            class_.table_of(token).people.bloc_of(token, now)
        class_.tick(now)
    print(f"{now / 60:.1f} minutes")
    assert class_.is_over and now <= 25 * 60
    assert all(not table.game.moves and table.game.released for table in class_.tables)
