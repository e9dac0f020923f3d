"""What is taken home: the game as it was played, no secret of the room, and the same again from its file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_A_BROWSER, PHONE, Visitor, browser
from commands import refused, written
from emulated import OF_ALL_PAIRS, made_up_emulator
from typer.testing import Result

from experiments.classroom import cloud, learning, lessons, take_home
from experiments.classroom.game import Game, Settings
from experiments.classroom.keeping import as_data
from experiments.classroom.lessons import KEPT, Course, reveals, shipped
from experiments.classroom.pages import PAGES
from experiments.classroom.room import OVER, Refused, Room
from experiments.classroom.seats import Spot
from experiments.display.glossary import GLOSSARY
from experiments.emulation.emulator import Emulator
from experiments.store.folder import Results
from model import InputFault

MOST_BYTES = 3_000_000
N_RUNS = 6


@pytest.fixture(autouse=True)
def few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloud of six: how many there are is not looked at here."""
    for module in (cloud, take_home):
        monkeypatch.setattr(module, "N_RUNS", N_RUNS)


@pytest.fixture(scope="module")
def over() -> Room:
    """A room whose game is over: the United States broke its treaties in the first of three quarters."""
    room = Room(Settings(quarters=3, parameters={"rounds_per_quarter": 2}), pace=0.0, patience=0.0)
    token = room.join(room.people.codes[1], 0.0)["token"]
    room.lead(room.people.facilitator, "say", {"text": "</script>"}, 0.0)
    room.lead(room.people.facilitator, "start", {}, 0.0)
    now = 0.0
    while room.phase != OVER:
        now += 1.0
        room.tick(now)
        for question in room.seat(token, 0, now).get("questions", [])[:1]:
            spot = Spot(*question["spot"])
            breaks = spot.kind == "keep" and spot.quarter == 0
            room.answer(token, spot, "lapse" if breaks else question["advice"], now)
    return room


def held(html: str) -> dict[str, Any]:
    """What a file holds."""
    found = re.search(r'<script type="application/json" id="held">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_room_s_secrets_stay_in_the_room(over: Room) -> None:
    html = take_home.of_room(over, cloud.Cloud(over.settings).view()).html("en")
    people, kept = over.people, json.dumps(as_data(over, 0.0))
    assert people.persons
    for secret in (people.facilitator, *people.codes, *people.persons):
        assert secret in kept and secret not in html


def test_a_game_of_people_has_a_debrief_with_what_the_rules_would_have_done(over: Room) -> None:
    told = held(take_home.of_room(over, cloud.Cloud(over.settings).view()).html("en"))
    assert told["room"]["moves"] == json.loads(json.dumps(over.move_list())) and told["outcome"] == over.outcome
    assert any(move["value"] == "lapse" and not move["same"] for move in told["room"]["moves"])
    assert told["settings"] == over.settings.as_dict() and len(told["quarters"]) == 3
    assert told["facts"]["held"]["digest"] == over.digest and told["facts"]["emulator"] is False
    assert any(event["kind"] == "offer" and event["private"] for event in told["quarters"][0]["events"]), "with reasons"


def test_the_same_comes_from_the_file_of_the_game_and_of_the_room(over: Room, tmp_path: Path) -> None:
    (tmp_path / "room.json").write_text(json.dumps(as_data(over, 0.0)), "utf-8")
    (tmp_path / "game.json").write_text(json.dumps(over.game.export()), "utf-8")
    for name in ("room", "game"):
        found = take_home.read(tmp_path / f"{name}.json", None)
        assert (found.digest, found.outcome) == (over.digest, over.outcome)
        assert found.cloud["runs"] == N_RUNS and found.export == json.loads(json.dumps(over.game.export()))
    assert found.room and found.room["advised"] is False, "what the rules would have done is not in a game's file"


def test_a_run_is_played_where_nothing_is_named(tmp_path: Path, call: Callable[..., Result]) -> None:
    file = tmp_path / "run.html"
    result = call("page", "--out", str(file))
    assert result.exit_code == 0 and "run.html" in result.stdout, result.output
    html = file.read_text("utf-8")
    told = held(html)
    assert len(html.encode()) < MOST_BYTES / 2 and told["emulator"]["plan"] == "sliders", "the shipped one is in it"
    assert told["start"]["scenario"] == "2026" and told["room"] is None and len(told["quarters"]) == 37
    assert told["cloud"]["depth"][0][0] == pytest.approx(told["outcome"][0]["mean_depth"], rel=1e-5), (
        "the own luck first"
    )
    assert sorted(told["words"]) == PAGES.languages
    refused(call("page", "--out", str(file)), "is there already")


OF_FOUR = """
title = "What is Korea's investment worth?"
question = "?"
scenario = "four-2026"
replicates = 2
[factors.linkage_scale]
levels = [0, 1]
"""


@pytest.mark.slow
def test_a_run_of_four_governments_is_taken_home(tmp_path: Path, call: Callable[..., Result]) -> None:
    written(tmp_path, "four.toml", OF_FOUR)
    assert call("sweep", "four.toml", "--workers", "1").exit_code == 0
    result = call("page", "results/four", "--run", "1-1", "--out", "run.html")
    assert result.exit_code == 0, result.output
    told = held((tmp_path / "run.html").read_text("utf-8"))
    assert told["start"]["blocs"] == ["CN", "US", "EU", "KR"] and told["start"]["names"][3] == "Korea"
    assert len(told["cloud"]["depth"]) == len(told["outcome"]) == len(told["quarters"][0]["dyads"]) == 6
    rows = Results.open(tmp_path / "results" / "four").read(["replicate", "mean_depth"], [1], "EU-KR")
    assert sorted(told["cloud"]["depth"][5]) == pytest.approx(sorted(rows["mean_depth"]), rel=1e-5)


PLAN = """
title = "What does it cost to leave?"
question = "?"
scenario = "2026"
replicates = 4
[factors.exit_cost]
levels = [0.2, 0.5]
"""


@pytest.mark.slow
def test_a_run_of_results_is_shown_among_the_runs_of_its_point(tmp_path: Path, call: Callable[..., Result]) -> None:
    written(tmp_path, "cost.toml", PLAN)
    assert call("sweep", "cost.toml", "--workers", "1").exit_code == 0
    results = tmp_path / "results" / "cost"
    result = call("page", "results/cost", "--run", "1-2", "--out", "run.html")
    assert result.exit_code == 0, result.output
    told = held((tmp_path / "run.html").read_text("utf-8"))
    rows = Results.open(results).read(["replicate", "mean_depth"], [1], "CN-EU").set_index("replicate")["mean_depth"]
    assert told["settings"]["parameters"] == {"exit_cost": 0.5}, "whatever a plan may set"
    assert told["cloud"]["depth"][1] == pytest.approx([rows[luck] for luck in (2, 0, 1, 3)], rel=1e-5)
    assert told["outcome"][1]["mean_depth"] == rows[2]
    assert told["facts"]["held"]["again"] == "detente page cost --run 1-2" and str(tmp_path) not in json.dumps(told)
    refused(call("page", "results/cost", "--run", "2-0", "--out", "x.html"), "points from 0 to 1")
    refused(call("page", "results", "--out", "x.html"), "is no results folder")


def spoilt(change: dict[str, Any]) -> dict[str, Any]:
    """The file of a game of one quarter, with something changed in it."""
    game = Game(Settings(quarters=1))
    game.advance()
    return game.export() | change


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no JSON", "is nothing that a page can be made of; allowed are a results folder, the file of a game"),
        ('{"format": "another"}', "is nothing that a page can be made of"),
        ("[1]", "is nothing that a page can be made of"),
        ('{"format": ["list"]}', "is nothing that a page can be made of"),
        (json.dumps({"format": "detente room 0"}), "is nothing that a page can be made of"),
        (spoilt({"digest": "0" * 64}), "was played by another version of the model, which plays it differently"),
        (spoilt({"played": 2}), "was played by another version of the model"),
        (spoilt({"played": "all"}), "played: allowed is a whole number of quarters"),
        (spoilt({"played": 0, "digest": Game(Settings()).digest()}), "no quarter has been played yet"),
    ],
)
def test_what_is_no_game_is_refused(text: Any, said: str, tmp_path: Path, call: Callable[..., Result]) -> None:
    file = tmp_path / "file.json"
    file.write_text(text if isinstance(text, str) else json.dumps(text), "utf-8")
    refused(call("page", str(file), "--out", str(tmp_path / "x.html")), said)
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.json",), "'nowhere.json' cannot be read"),
        (("--run", "0-0"), "--run names a run of a results folder"),
        (("--language", "e"), "--language e: allowed are en, zh-Hans"),
        (("--emulator", "nowhere.json"), "'nowhere.json' cannot be read"),
        (("--out", "nowhere/page.html"), "nowhere"),
    ],
)
def test_a_command_that_cannot_be_followed_is_refused(
    words: tuple[str, ...], said: str, call: Callable[..., Result]
) -> None:
    refused(call("page", *words), said)


@pytest.mark.parametrize("command", ["page", "class"])
def test_an_emulator_of_another_model_is_refused_in_words(
    command: str, tmp_path: Path, call: Callable[..., Result]
) -> None:
    file = tmp_path / "emulator.json"
    file.write_text(json.dumps(made_up_emulator() | {"version": "0.0.9"}), "utf-8")
    refused(call(command, "--emulator", str(file)), "made by version 0.0.9 of the model", "detente emulate sliders")


def test_an_emulator_goes_along_without_the_runs_that_it_was_measured_on(over: Room) -> None:
    emulator = Emulator(made_up_emulator(OF_ALL_PAIRS) | {"tested": [[0.5]]})
    told = held(take_home.of_room(over, cloud.Cloud(over.settings).view()).html("zh-Hans", emulator))
    assert told["facts"]["emulator"] and "tested" not in told["emulator"]
    again = Emulator(told["emulator"])
    assert again.predict(generosity=0.4) == emulator.predict(generosity=0.4), "to the last bit"


def test_what_chapters_reveal_was_counted_by_this_model() -> None:
    found = reveals()
    assert found is not None, f"count it again: python -m experiments.classroom.lessons ({KEPT.name})"
    counted = [lesson for lesson in shipped() if lesson.kind == "arms"]
    arms = [(lesson.key, arm.label, arm.settings.as_dict()) for lesson in counted for arm in lesson.arms]
    assert [(one["lesson"], one["label"], one["settings"]) for one in found["arms"]] == arms
    for one in found["arms"]:
        for told in one["measured"].values():
            assert told["low"] <= told["value"] <= told["high"]
        shares = [own for name, own in one["measured"].items() if name != "gain"]
        assert all(own["low"] >= 0.0 and own["high"] <= 1.0 for own in shares)
        measure = next(lesson.measure for lesson in counted if lesson.key == one["lesson"])
        last = one["measured"][measure]
        assert one["growth"][-1] == [one["runs"], last["value"], last["low"], last["high"]]
    told = {one["key"]: one["revealed"] for one in Course().as_data()}
    assert [key for key, revealed in told.items() if not revealed] == []


def test_the_class_takes_its_game_home_when_it_is_over_and_not_before(over: Room) -> None:
    pytest.importorskip("starlette", reason="the page's packages are missing: pip install -e '.[class]'")
    from experiments.classroom.server import WHOLE, Classroom

    assert "room/page" in WHOLE, "charged as what plays a whole run"
    classroom = Classroom(emulator=Emulator(made_up_emulator(OF_ALL_PAIRS)))
    classroom.clouds.view = lambda settings, is_first=False: cloud.Cloud(settings).view()  # type: ignore[method-assign]
    with pytest.raises(Refused, match="not_over"):
        classroom.room_page({}, "")
    classroom.room.lead(classroom.room.people.facilitator, "end", {}, 0.0)
    with pytest.raises(Refused, match="nothing_here"):
        classroom.room_page({}, "")
    classroom.room = over
    for asked, came in (({"language": "zh-Hans"}, "zh-Hans"), ({"language": ["x"]}, "en"), ({}, "en")):
        html = classroom.room_page(asked, "")["html"]
        assert f'<html lang="{came}"' in html and held(html)["emulator"]["plan"] == "sliders"


def test_without_what_another_model_revealed_the_chapters_say_so(over: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "reveals", lambda: None)
    told = held(take_home.of_room(over, cloud.Cloud(over.settings).view()).html("en"))
    assert [one["revealed"] for one in told["facts"]["lessons"]] == [None] * len(shipped())


def test_every_term_has_words_in_every_language() -> None:
    english = {term.name for term in GLOSSARY}
    assert set(learning.LEFT_OUT) <= english
    for language in PAGES.languages:
        if language != "en":
            told = learning.translated()[language]
            assert set(told) == english - set(learning.LEFT_OUT)
            assert all(len(words) == 2 and all(words) for words in told.values())
            assert {"lapse", "logit", "consumer surplus"} <= set(told)
            assert learning.terms_in(language)[0] != learning.terms_in("en")[0]
    assert learning.terms_in("xx") == learning.terms_in(None) == learning.terms()


def test_a_room_that_nobody_played_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "room.json"
    file.write_text(json.dumps(as_data(Room(Settings(quarters=2)), 0.0)), "utf-8")
    with pytest.raises(InputFault, match="no quarter has been played yet"):
        take_home.read(file, None)


def opens_in_a_browser(test: Any) -> Any:
    """As the slow tests of the page, but one of the fast: a file that does not open is worth nothing."""
    for mark in IN_A_BROWSER[1:]:
        test = mark(test)
    return test


@opens_in_a_browser
def test_it_opens_from_disk_and_asks_nobody(tmp_path: Path) -> None:
    file = tmp_path / "run.html"
    file.write_text(take_home.of_scenario(Settings(quarters=1)).html("zh-Hans"), "utf-8")
    with browser() as chrome:
        visitor = Visitor(chrome, PHONE, "")
        visitor.page.goto(file.as_uri())
        visitor.page.wait_for_selector("html[data-ready=all]", timeout=20_000)
        assert visitor.page.evaluate("document.documentElement.lang") == "zh-Hans"
        assert visitor.page.locator("main svg").count() >= 2
    assert visitor.complaints == [] and {host for host in visitor.went if host} == set()
