"""A class of fifteen at ten tables: browsers and other clients come by the room code, play, are lost, come back."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import (
    IN_A_BROWSER,
    LAPTOP,
    PROJECTOR,
    ROOT,
    SMALLER_THAN,
    Visitor,
    at_ease,
    barriers,
    until,
)
from viewed import HAND, LEAST_ON_THE_WALL, Served, flaws, served

from experiments.classroom.people import HELD

pytestmark = IN_A_BROWSER
TABLES, PEOPLE, QUARTERS = 10, 15, 6
BROWSERS = 3  # of the people; the others ask as a browser does, but draw nothing: two cores are soon busy
#: Moves under the thumb, in the order in which they are tried; a decision is on the screen without scrolling.
MOVES = ("accept", "advice", "nothing", "honour")
IN_SIGHT = """() => [...document.querySelectorAll('.question')].filter((one) => one.checkVisibility()).flatMap((card) =>
  ['h2', '.thumb'].map((part) => card.querySelector(part).getBoundingClientRect())
    .filter((box) => box.top < 0 || box.bottom > innerHeight).map((box) => `${box.top} to ${box.bottom}`))"""
HIDDEN = """() => [...document.querySelectorAll('.question')].filter((one) => one.checkVisibility()).flatMap((card) => {
  const thumb = card.querySelector('.thumb').getBoundingClientRect().top + 1;
  return [...card.querySelectorAll('.swap, .worth, .lights, .stakes, select')]
    .filter((part) => part.getBoundingClientRect().bottom > thumb).map((part) => part.className || part.id); })"""


class Player(threading.Thread):
    """Somebody with a nickname who asks once a second, as a browser does, and decides as advised but for refusals."""

    def __init__(self, running: Served, name: str) -> None:
        super().__init__(daemon=True)
        self.running, self.visitor, self.ends, self.asked = running, running.arrive(), threading.Event(), 0
        code = running.classroom.hall.code
        status, came = running.ask("room/join", {"code": code, "name": name}, "", self.visitor)
        assert status == 200, came
        self.token = came["token"]

    def run(self) -> None:
        while not self.ends.wait(1.0):
            status, seen = self.running.ask("room/look", {"since": 0}, self.token, self.visitor)
            if status != 200 or seen["phase"] == "over":
                continue
            for question in seen.get("questions", [])[:1]:
                self.asked += 1
                is_refused = question["kind"] == "answer" and self.asked % 3 == 0
                body = {"spot": question["spot"], "value": "refuse" if is_refused else question["advice"]}
                self.running.ask("room/answer", body, self.token, self.visitor)


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with served(pace=0.0, patience=60.0, quarters=QUARTERS) as page:
        yield page


def decide(page: Any) -> bool:
    for move in MOVES:
        found = page.locator(f".question [data-move={move}]:enabled:visible")
        if found.count():
            assert page.evaluate(IN_SIGHT) == []
            if move != "nothing":
                assert page.evaluate(HIDDEN) == []
            with contextlib.suppress(Exception):  # the table moved on in the meantime
                found.first.click(timeout=2000)
                return True
    return False


def test_ten_tables_play_six_quarters_and_see_ten_dots(chrome: Any, running: Served) -> None:
    hall = running.classroom.hall
    lead, wall = Visitor(chrome, LAPTOP, running.base), Visitor(chrome, PROJECTOR, running.base)
    screen = lead.open(f"#lead={running.lead_token}")
    screen.wait_for_selector("#tables #room-code")
    code = screen.inner_text("#tables #room-code")
    assert code == hall.code
    board = wall.open(f"#lead={running.lead_token}", "zh-Hans")
    board.wait_for_selector("#room-code")
    board.evaluate("location.hash = 'sit'")
    phones = [Visitor(chrome, HAND, running.base) for _ in range(BROWSERS)]
    for number, visitor in enumerate(phones):
        page = visitor.open(f"#room={code}", ("en", "zh-Hans")[number % 2])
        assert code not in page.url
        page.fill("#name", f"Phone {number}")
        page.press("#name", "Enter")
        page.wait_for_selector("#in-the-room")
        assert flaws(page) == []
    others = [Player(running, f"Player {number}") for number in range(PEOPLE - BROWSERS)]
    for other in others:
        other.start()
    until(board, f"document.querySelectorAll('.names li').length === {PEOPLE}")
    assert board.inner_text("#room-code") == code and board.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL) == []
    screen.fill("#n-tables", str(TABLES))
    assert screen.is_visible("#code-0")
    screen.click("#deal")
    until(screen, f"document.querySelectorAll('#grid .table').length === {TABLES}")
    assert not screen.is_visible("#code-0"), "seats have codes where there is one table"
    until(board, f"document.querySelectorAll('#seating section').length === {TABLES}")
    assert board.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL) == []
    for visitor in phones:
        visitor.page.wait_for_selector("#my-table")
    began = time.monotonic()
    screen.click("#lead-start")
    looked, decided = False, 0
    while not hall.is_over and time.monotonic() - began < 25 * 60:
        decided += sum(decide(visitor.page) for visitor in phones)
        board.wait_for_timeout(200)
        if not looked and min(len(table.quarters) for table in hall.tables) >= 2:
            board.wait_for_selector("#wall-clock")
            assert board.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL) == [] == flaws(board)
            assert board.locator(".ticker li").count() >= 3 and board.locator(".stand").count() == TABLES
            assert board.evaluate("document.documentElement.scrollHeight <= innerHeight")
            assert board.evaluate("document.querySelector('.wall').getBoundingClientRect().bottom <= innerHeight")
            assert flaws(screen) == []
            looked = True
    took = time.monotonic() - began
    print(f"{TABLES} tables, {QUARTERS} quarters: {took:.0f} s, {decided} decisions in browsers")
    assert hall.is_over and looked and decided > 5
    for visitor in (*phones, wall, lead):
        if visitor is lead:
            screen.evaluate("location.hash = 'sit'")
        page = visitor.page
        page.wait_for_selector("#stories:not([hidden]) .tale", timeout=60_000)
        until(page, "Number(document.querySelector('#dots').dataset.runs) >= 24", 120.0)
        assert page.locator("#dots .strips > svg").count() == 3
        assert (
            page.evaluate(
                "[...document.querySelectorAll('#dots svg')].map((one) => one.querySelectorAll('.dot').length)"
            )
            == [TABLES] * 3
        )
        assert page.locator(".tale").count() == TABLES and flaws(page) == [] == page.evaluate(SMALLER_THAN, 11)
        assert "{" not in page.inner_text("#stories")
    assert board.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL) == []
    deadline = time.monotonic() + 60
    told = running.ask("room/tables")[1]
    while not all(one["why"] for one in told["tables"]) and time.monotonic() < deadline:
        screen.wait_for_timeout(1_000)  # the rules are playing with each table's own luck
        told = running.ask("room/tables")[1]
    for one in told["tables"]:
        assert len(one["headlines"]) <= 4 and one["why"]["us"] == pytest.approx(
            sum(one["depth"]) / 3 - sum(one["twin"]) / 3
        )
        if not one["decided"]:
            assert one["depth"] == one["twin"]  # the rules alone, under the same luck
    for other in others:
        other.ends.set()
    # A turning point leads into the laboratory, to the same luck and moves; by keyboard.
    first = screen.locator(".turns a.turn").first
    first.focus()
    screen.keyboard.press("Enter")
    until(screen, "document.documentElement.dataset.view === 'watch'")
    screen.wait_for_selector(".lab svg.figure", timeout=30_000)
    at_ease(lead, wall, *phones)
    for visitor in (lead, wall, *phones):
        visitor.context.close()


def test_a_seat_reloaded_locked_and_offline_is_still_its_player_s(chrome: Any) -> None:
    with served(pace=0.0, patience=300.0, quarters=2, warm=False) as page_:
        hall = page_.classroom.hall
        visitor = Visitor(chrome, HAND, page_.base)
        page = visitor.open(f"#room={hall.code}")
        page.fill("#name", "Ann")
        page.click("#join")
        page.wait_for_selector("#in-the-room")
        page.reload()
        page.wait_for_selector("#in-the-room")
        page_.ask("room/lead", {"action": "deal", "tables": 2}, page_.lead_token)
        page.wait_for_selector("#my-table")
        page_.ask("room/lead", {"action": "start"}, page_.lead_token)
        page.wait_for_selector(".question [data-move]", timeout=60_000)
        asked = "document.querySelector('.question')?.id"
        question = page.evaluate(asked)
        page.reload()
        until(page, f"{asked} === '{question}'")
        talk = visitor.context.new_cdp_session(page)
        # As a phone that is locked: no line of the page's script runs. (A page in sight is never frozen, whatever
        # ``Page.setWebLifecycleState`` is told.)
        talk.send("Debugger.enable")
        talk.send("Debugger.pause")
        quiet = time.monotonic()
        time.sleep(40.0)
        (token,) = [token for table in hall.tables for token in table.people.persons]
        person = hall.table_of(token).people.persons[token]
        assert time.monotonic() - person.seen > 30.0, "it was not locked"
        talk.send("Debugger.disable")
        page.wait_for_timeout(3_000)  # it looks once a second
        assert person.seen > quiet + 35.0 and page.evaluate(asked) == question
        visitor.context.set_offline(True)
        page.wait_for_timeout(20_000)
        visitor.context.set_offline(False)
        page.wait_for_timeout(3_000)
        assert page.evaluate(asked) == question and not page.locator("#missed").count()
        assert not hall.table_of(token).game.released and 40.0 < HELD < 60.0
        assert decide(page)
        until(page, f"{asked} !== '{question}'")
        visitor.context.close()


def test_killed_in_quarter_four_the_class_goes_on_there(chrome: Any, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "experiments.cli",
        "class",
        "--port",
        str(port),
        "--room",
        str(tmp_path / "class.json"),
    ]

    def begin() -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        return process, said

    process, said = begin()
    try:
        page_ = Served(None, port)  # type: ignore[arg-type] - it runs elsewhere
        page_.visitor = page_.arrive()
        lead = said.partition("#lead=")[2].split()[0]
        told = page_.ask("room/lead", {"action": "set", "pace": 0}, lead)[1]
        visitor = Visitor(chrome, HAND, page_.base)
        page = visitor.open(f"#room={told['code']}")
        page.fill("#name", "Ann")
        page.click("#join")
        page.wait_for_selector("#in-the-room")
        other = page_.ask("room/join", {"code": told["code"], "name": "Bo"})[1]["token"]
        page_.ask("room/lead", {"action": "deal", "tables": 2}, lead)
        page_.ask("room/lead", {"action": "start"}, lead)
        deadline = time.monotonic() + 240

        def play(until_quarter: int) -> dict[str, Any]:
            while time.monotonic() < deadline:
                decide(page)
                _, seen = page_.ask("room/look", {"since": 0}, other)
                for question in seen.get("questions", [])[:1]:
                    page_.ask("room/answer", {"spot": question["spot"], "value": question["advice"]}, other)
                now = page_.ask("room/lead", {"action": "look"}, lead)[1]
                if all(table["played"] >= until_quarter for table in now["tables"]):
                    return dict(now)
                page.wait_for_timeout(150)
            raise AssertionError("it does not go on")

        before = play(3)
        page.wait_for_timeout(1_500)  # what has happened is written within a second
        process.send_signal(signal.SIGKILL)
        process.wait()
        process, said = begin()
        assert "2 tables that were kept go on" in said and lead in said
        after = page_.ask("room/lead", {"action": "look"}, lead)[1]
        assert after["code"] == told["code"] and [t["played"] for t in after["tables"]] >= [
            t["played"] for t in before["tables"]
        ]
        assert [[s["names"] for s in t["seats"]] for t in after["tables"]] == [
            [s["names"] for s in t["seats"]] for t in before["tables"]
        ]
        deadline = time.monotonic() + 240
        end = play(6)
        assert {table["phase"] for table in end["tables"]} == {"over"}
        page.wait_for_selector("#stories:not([hidden]) .tale", timeout=60_000)
        assert page.locator("#my-table").count() and page.locator(".tale").count() == 2
        visitor.context.close()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_nobody_is_barred(chrome: Any, language: str) -> None:
    with served(pace=0.0, patience=0.0, quarters=1) as page_:
        hall = page_.classroom.hall
        lead, phone = Visitor(chrome, LAPTOP, page_.base), Visitor(chrome, HAND, page_.base)
        page = phone.open(f"#room={hall.code}", language)
        assert barriers(page) == []
        page.fill("#name", "Ann")
        page.click("#join")
        page.wait_for_selector("#in-the-room")
        assert barriers(page) == []
        screen = lead.open(f"#lead={page_.lead_token}", language)
        screen.wait_for_selector("#tables #room-code")
        screen.evaluate("location.hash = 'sit'")
        screen.wait_for_selector("#welcome")
        assert barriers(screen) == []
        page_.ask("room/lead", {"action": "deal", "tables": 3}, page_.lead_token)
        screen.wait_for_selector("#seating")
        assert barriers(screen) == []
        page_.ask("room/lead", {"action": "start"}, page_.lead_token)
        for kind in ("offer", "answer", "keep"):
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not hall.is_over:
                found = page.locator(
                    f".question [data-move={ {'offer': 'nothing', 'answer': 'refuse', 'keep': 'lapse'}[kind] }]"
                )
                if found.count():
                    assert barriers(page) == [], kind
                    break
                decide(page)
                page.wait_for_timeout(100)
        screen.wait_for_selector("#wall")
        assert barriers(screen) == []
        screen.evaluate("location.hash = 'lead'")
        screen.wait_for_selector("#grid")
        assert barriers(screen) == []
        page_.ask("room/lead", {"action": "end"}, page_.lead_token)
        screen.evaluate("location.hash = 'sit'")
        for own in (page, screen):
            own.wait_for_selector("#stories:not([hidden]), #debrief", timeout=60_000)
            assert barriers(own) == []
        at_ease(lead, phone)
        lead.context.close()
        phone.context.close()
