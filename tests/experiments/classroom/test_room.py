"""The shared table: seats by code, take-over by the rules, nobody's secrets shown, a game that replays."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from experiments.classroom.game import Game, Settings, replay
from experiments.classroom.people import GONE_AFTER, HELD, MOST_AT_A_SEAT, People
from experiments.classroom.room import OVER, PAUSED, PLAYING, Refused, Room
from experiments.classroom.seats import KEEP, OFFER, REFUSE, Spot
from experiments.classroom.view import outcome_view


class Class_:
    """A room with a clock of its own and some browsers."""

    def __init__(self, quarters: int = 5, patience: float = 0.0, scenario: str = "2026", **parameters: Any) -> None:
        self.now = 100.0
        settings = Settings(scenario, quarters=quarters, parameters={"rounds_per_quarter": 2, **parameters})
        self.room = Room(settings, pace=0.0, patience=patience)
        self.lead_token = self.room.people.facilitator

    def join(self, bloc: int) -> str:
        return str(self.room.join(self.room.people.codes[bloc], self.now)["token"])

    def lead(self, action: str, **about: Any) -> dict[str, Any]:
        return self.room.lead(self.lead_token, action, about, self.now)

    def questions(self, token: str) -> list[dict[str, Any]]:
        return list(self.room.seat(token, 0, self.now).get("questions", []))

    def follow(self, *tokens: str, steps: int = 400, differently: bool = False) -> int:
        """Everybody answers as advised (or refuses) until the game is over; how many moves were made."""
        moves = 0
        for _ in range(steps):
            if self.room.phase == OVER:
                break
            self.now += 0.5
            self.room.tick(self.now)
            for token in tokens:
                for question in self.questions(token)[:1]:
                    value = REFUSE if differently and question["kind"] == "answer" else question["advice"]
                    self.room.answer(token, Spot(*question["spot"]), value, self.now)
                    moves += 1
        return moves


def refused(code: str, call: Any, *about: Any) -> None:
    with pytest.raises(Refused) as refusal:
        call(*about)
    assert refusal.value.code == code


def test_a_game_without_people_is_the_model_s_own() -> None:
    table = Class_(quarters=6)
    table.lead("start")
    table.follow()
    alone = Game(table.room.settings)
    alone.advance()
    assert table.room.phase == OVER
    assert table.room.digest == alone.digest()


def test_who_looks_without_the_lock_sees_no_end_before_its_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Class_(quarters=2)
    phases = []

    def watched(model: Any) -> Any:
        phases.append(table.room.phase)
        return outcome_view(model)

    monkeypatch.setattr("experiments.classroom.room.outcome_view", watched)
    table.lead("start")
    table.follow()
    assert phases == [PLAYING] and table.room.phase == OVER and table.room.outcome


def test_a_room_has_a_seat_for_each_government_of_its_scenario() -> None:
    table = Class_(quarters=2, scenario="four-2026")
    assert len(table.lead("look")["codes"]) == 4
    korea = table.join(3)
    table.lead("start")
    table.now += 0.5
    seen = table.room.seat(korea, 0, table.now)
    assert [(seen["start"]["blocs"][b], seen["start"]["names"][b]) for b in (0, 3)] == [
        ("CN", "China"),
        ("KR", "Korea"),
    ]
    assert {pair["partner"] for pair in seen["briefing"]["pairs"]} == {"CN", "US", "EU"}
    own = {tuple(question["spot"][1:3]) for question in seen["questions"]}
    assert own and {bloc for _, bloc in own} == {3}
    dyad = seen["questions"][0]["dyad"]
    assert table.room.judge(korea, dyad, seen["questions"][0]["package"]["at"], table.now)["lines"]
    refused("not_your_seat", table.room.judge, korea, 0, [0] * 8, table.now)  # China and the US
    assert table.follow(korea) > 0 and table.room.phase == OVER
    assert len(table.room.outcome) == 6 and replay(table.room.export(""))[1]


def test_a_new_game_may_have_fewer_seats() -> None:
    table = Class_(quarters=1, scenario="four-2026")
    gone = table.room.people.codes[3]
    assert len(table.lead("new", settings=Settings("two", quarters=1))["codes"]) == 2
    refused("wrong_code", table.room.join, gone, table.now)
    refused("bad_settings", lambda: table.lead("empty", bloc=2))


def test_luck_is_drawn_anew_and_told_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([17, 4])
    monkeypatch.setattr("experiments.classroom.room.secrets.randbelow", lambda most: next(drawn) if most > 99 else 0)
    table = Class_(quarters=2)
    china = table.join(0)
    table.lead("start")
    assert "settings" not in table.room.public(0, table.now)
    assert "replicate" not in table.lead("look")["settings"]
    table.follow(china)
    assert table.room.public(0, table.now)["settings"]["replicate"] == 17
    table.lead("new", settings=Settings(quarters=2))
    assert table.room.settings.replicate == 4


def test_a_game_of_two_seats_and_the_rules_ends_and_replays_bit_for_bit() -> None:
    table = Class_(quarters=6)
    china, union = table.join(0), table.join(2)
    table.lead("start")
    assert table.follow(china, union, differently=True) > 10
    assert table.room.phase == OVER
    export = json.loads(json.dumps(table.room.export("")))
    game, same = replay(export)
    assert same and game.quarter == 6 and export["moves"]
    seen = table.room.seat(china, 0, table.now)
    assert len(seen["outcome"]) == 3 and seen["quarters"][0]["dyads"][0]["game"]
    assert any(not move["same"] for move in seen["moves"])


def wait(table: Class_, seconds: float, *others: str) -> None:
    """Time passes; the others give signs of life and answer as advised."""
    until = table.now + seconds
    while table.now < until:
        table.now += 0.5
        table.room.tick(table.now)
        for token in others:
            for question in table.questions(token)[:1]:
                table.room.answer(token, Spot(*question["spot"]), question["advice"], table.now)


def waiting(table: Class_, bloc: int) -> bool:
    return any(question.spot.bloc == bloc for question in table.room.game.questions)


def test_a_seat_is_held_for_a_reload_a_locked_phone_and_a_lost_network() -> None:
    assert 45.0 <= HELD <= 60.0
    table = Class_(quarters=6)
    china, union = table.join(0), table.join(2)
    table.lead("start")
    table.now += 0.5
    asked = {tuple(question["spot"]) for question in table.questions(china)}
    assert asked
    for silence in (1.5, 8.0, 30.0):
        wait(table, silence, union)
        others = table.room.public(0, table.now)["seats"][0]
        assert others["deciding"]
        if silence > GONE_AFTER:
            assert others["people"] == 0 and 0 < others["held"] <= HELD - silence + 0.5
        seen = table.room.seat(china, 0, table.now)
        assert asked <= {tuple(question["spot"]) for question in seen["questions"]}
        assert seen["missed"] == [] and seen["seats"][0]["held"] == 0
    table.follow(china, union)
    assert table.room.phase == OVER and table.room.game.released == frozenset()


def test_who_stays_away_is_taken_over_in_time_and_told_what_was_decided() -> None:
    table = Class_(quarters=6)
    china, union = table.join(0), table.join(2)
    table.lead("start")
    table.now += 0.5
    lost = {tuple(question["spot"]) for question in table.questions(china)}
    left = table.now
    while waiting(table, 0):
        wait(table, 0.5, union)
    assert HELD <= table.now - left <= HELD + 1.0
    wait(table, 1.0, union)
    seen = table.room.seat(china, 0, table.now)
    told = [tuple(row[name] for name in Spot._fields) for row in seen["missed"]]
    assert lost <= set(told) and len(told) == len(set(told))
    assert set(told) == {
        tuple(one.spot) for one in table.room.game.model.world.by_rules if one.spot.bloc == 0
    }  # nothing is left out
    for row in seen["missed"]:
        assert row["label"] == table.room.game.model.start.quarter_label(row["quarter"])
        if row["kind"] == OFFER and row["value"] > 0:
            assert row["package"]["index"] == row["value"]
    # A reload does not lose it; whoever has read it is not told twice; nobody else is told.
    assert table.room.seat(china, 0, table.now)["missed"] == seen["missed"]
    assert table.room.seat(union, 0, table.now)["missed"] == []
    table.room.heard(china, table.now)
    assert table.room.seat(china, 0, table.now)["missed"] == []
    refused("stranger", table.room.heard, "made-up", table.now)
    table.follow(china, union)
    assert table.room.phase == OVER
    assert replay(json.loads(json.dumps(table.room.export(""))))[1]


def test_who_is_there_and_too_slow_is_told_as_well() -> None:
    table = Class_(patience=10.0)
    china = table.join(0)
    table.lead("start")
    table.now += 0.5
    lost = {tuple(question["spot"]) for question in table.questions(china)}
    for _ in range(12):
        table.now += 1.0
        seen = table.room.seat(china, 0, table.now)
    assert lost <= {tuple(row[name] for name in Spot._fields) for row in seen["missed"]}
    table.room.heard(china, table.now)
    waiting_now = {tuple(question["spot"]) for question in table.questions(china)}
    table.lead("next")
    seen = table.room.seat(china, 0, table.now)
    assert {tuple(row[name] for name in Spot._fields) for row in seen["missed"]} >= waiting_now


def test_who_sits_down_later_is_not_told_of_what_was_before() -> None:
    table = Class_(quarters=8)
    union = table.join(2)
    table.lead("start")
    wait(table, 4.0, union)
    china = table.join(0)
    wait(table, 4.0, union, china)
    assert table.room.seat(china, 0, table.now)["missed"] == []


def test_whoever_says_goodbye_is_taken_over_at_once_and_may_come_back() -> None:
    table = Class_()
    china = table.join(0)
    table.lead("start")
    table.now += 0.5
    assert table.questions(china)
    table.room.leave(china, table.now)
    assert not any(question.spot.bloc == 0 for question in table.room.game.questions)
    played = table.room.game.quarter
    assert table.room.public(0, table.now)["seats"][0]["held"] == 0
    table.now += 0.5
    table.questions(china)
    table.now += 0.5
    assert all(question["spot"][0] >= played for question in table.questions(china))


def test_patience_runs_out() -> None:
    table = Class_(patience=10.0)
    china = table.join(0)
    table.lead("start")
    table.now += 0.5
    spots = {tuple(question["spot"]) for question in table.questions(china)}
    for _ in range(12):
        table.now += 1.0
        left = [question["left"] for question in table.questions(china)]
        assert all(0.0 <= seconds <= 10.0 for seconds in left)
    assert spots.isdisjoint(tuple(question["spot"]) for question in table.questions(china))


def test_nobody_s_secrets_are_shown_while_the_game_runs() -> None:
    table = Class_(quarters=4)
    china, union = table.join(0), table.join(2)
    table.lead("start")
    for _ in range(200):
        table.now += 0.5
        for token, bloc in ((china, 0), (union, 2), ("", None)):
            seen = table.room.seat(token, 0, table.now) if token else table.room.public(0, table.now)
            if seen["phase"] == OVER:
                return
            assert "settings" not in seen and "moves" not in seen and "outcome" not in seen
            for quarter in seen["quarters"]:
                assert not any(name in dyad for dyad in quarter["dyads"] for name in ("game", "gain_first"))
                for event in quarter["events"]:
                    assert set(event.get("private", {})) <= ({str(bloc)} if bloc is not None else set())
            assert all(question["spot"][2] == bloc for question in seen.get("questions", []))
            text = json.dumps(seen)
            assert not any(code in text for code in table.room.people.codes) and table.lead_token not in text
            for question in seen.get("questions", [])[:1]:
                table.room.answer(token, Spot(*question["spot"]), question["advice"], table.now)
    raise AssertionError("the game did not end")


def test_hostile_moves_are_refused_and_the_game_goes_on() -> None:
    table = Class_()
    china, union = table.join(0), table.join(2)
    table.lead("start")
    table.now += 0.5
    question = table.questions(china)[0]
    spot = Spot(*question["spot"])
    answer = table.room.answer
    refused("not_your_seat", answer, union, spot, question["advice"], table.now)
    refused("stranger", answer, "made-up", spot, question["advice"], table.now)
    refused("not_asked", answer, china, spot._replace(round=77), question["advice"], table.now)
    bad: list[Any] = [10**6, -5, "<script>", 0]
    for value in bad:
        refused("bad_move", answer, china, spot, value, table.now)
    refused("not_your_seat", table.room.judge, china, 2, [0] * 8, table.now)
    refused("bad_move", table.room.judge, china, 0, [9] * 8, table.now)
    answer(china, spot, question["advice"], table.now)
    refused("not_asked", answer, china, spot, question["advice"], table.now)  # replayed
    table.follow(china, union)
    assert table.room.phase == OVER
    refused(OVER, answer, china, spot, question["advice"], table.now)


def test_the_facilitator_has_a_token_and_nobody_else() -> None:
    table = Class_()
    china = table.join(0)
    for token in ("", china, "x" * 32, "é"):
        refused("not_facilitator", table.room.lead, token, "end", {}, table.now)
    refused("not_facilitator", table.room.export, china)
    refused("bad_action", table.lead, "shutdown")
    for text in ("", "   ", "x" * 281, 7):
        with pytest.raises(Refused):
            table.lead("say", text=text)
    for pace in (-1, 61, "fast", True):
        with pytest.raises(Refused):
            table.lead("set", pace=pace)
    for bloc in (3, -1, "CN", True, None):
        with pytest.raises(Refused):
            table.lead("empty", bloc=bloc)
    table.lead("say", text="<b>hello</b>\x07")
    assert table.room.public(0, table.now)["sayings"] == ["<b>hello</b>"]


def test_pause_next_end_new() -> None:
    table = Class_(quarters=8)
    china = table.join(0)
    table.lead("start")
    assert table.room.phase == PLAYING
    table.lead("pause")
    assert table.room.phase == PAUSED
    waiting = [Spot(*question["spot"]) for question in table.questions(china)]
    for spot in waiting[:1]:
        refused(PAUSED, table.room.answer, china, spot, "accept", table.now)
    table.lead("next")
    assert not set(waiting) & {question.spot for question in table.room.game.questions}
    table.lead("end")
    assert table.room.phase == OVER
    assert replay(json.loads(json.dumps(table.room.export(""))))[1]
    refused(OVER, table.lead, "start")
    codes = list(table.room.people.codes)
    table.lead("new", settings=Settings(quarters=3))
    assert table.room.phase != OVER and not set(codes) & set(table.room.people.codes)
    refused("stranger", table.room.seat, china, 0, table.now)  # a token of the last game
    refused("wrong_code", table.room.join, codes[0], table.now)


def test_an_emptied_seat_has_a_new_code() -> None:
    table = Class_()
    old = table.room.people.codes[1]
    token = table.join(1)
    table.lead("empty", bloc=1)
    refused("stranger", table.room.seat, token, 0, table.now)
    refused("wrong_code", table.room.join, old, table.now)
    assert table.join(1)


def test_codes_are_unguessable_and_kind_to_typists() -> None:
    people = People(3)
    assert len({code for _ in range(200) for code in People(3).codes}) == 600
    assert people.bloc_of_code(f" {people.codes[1][:5].lower()}-{people.codes[1][5:]} ") == 1
    for wrong in ("", people.codes[1][:-1], people.codes[1] + "A", "é" * 10):
        assert people.bloc_of_code(wrong) is None


@pytest.mark.promise
def test_one_code_cannot_shut_the_other_seats_out() -> None:
    people = People(3)
    assert MOST_AT_A_SEAT == 40
    assert sum(people.join(0, 0.0) is not None for _ in range(500)) == MOST_AT_A_SEAT
    for bloc in (1, 2):
        tokens = {people.join(bloc, 0.0) for _ in range(MOST_AT_A_SEAT)}
        assert len(tokens) == MOST_AT_A_SEAT and None not in tokens
    # Those who are gone make room at their own seat, and nobody at another loses a token.
    others = {token for token, person in people.persons.items() if person.bloc != 0}
    assert people.join(0, 2 * GONE_AFTER) is not None
    assert others <= set(people.persons)


def test_judging_a_package_of_one_s_own_and_questions_carry_a_briefing() -> None:
    table = Class_()
    union = table.join(2)
    table.lead("start")
    table.now += 0.5
    seen = table.room.seat(union, 0, table.now)
    pairs = seen["briefing"]["pairs"]
    assert [pair["dyad"] for pair in pairs] == [1, 2]
    for pair in pairs:
        count = pair["win_set"]
        assert count["menu"] >= count["gain"] >= max(count["keep"], count["pass"]) >= count["all"]
    offers = [question for question in seen["questions"] if question["kind"] == OFFER]
    for question in offers:
        own = table.room.judge(union, question["dyad"], question["package"]["at"], table.now)
        assert own["believed"] == question["judgement"]["believed"]
    assert all(question["kind"] != KEEP or "stakes" in question for question in seen["questions"])


def test_whatever_is_composed_is_judged_in_numbers_that_can_be_sent() -> None:
    table = Class_()
    union = table.join(2)
    table.lead("start")
    table.now += 0.5
    menus = table.room.seat(union, 0, table.now)["start"]["menus"]
    off = 0
    for dyad in (1, 2):
        ends = [tuple(axis[k] for axis in menus[dyad]) for k in (0, -1)]
        for at in [*ends, *itertools.islice(itertools.product(*menus[dyad]), 0, None, 97)]:
            own = table.room.judge(union, dyad, list(at), table.now)
            json.dumps(own, allow_nan=False)
            assert (own["believed"] is None) == (not own["on_table"])
            off += own["believed"] is None
    assert off > 0
