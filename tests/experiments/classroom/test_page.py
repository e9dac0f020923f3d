"""The page in a browser without a network: it starts soon, every control works, all text can be read, games end."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_A_BROWSER, LAPTOP, PHONE, PROJECTOR, Visitor, at_ease, started, until
from viewed import Served, flaws, served, shot

from experiments.classroom.game import replay
from experiments.classroom.people import HELD
from experiments.classroom.room import Room

pytestmark = IN_A_BROWSER
SERVED = {"pace": 0.2, "quarters": 4}
SOON = 10_000 / 1000  # seconds from the command to a usable page


def cold_start(chrome: Any) -> float:
    """Seconds from the command to a page that steps."""
    began = time.monotonic()
    with started() as (_, base):
        visitor = Visitor(chrome, LAPTOP, base)
        page = visitor.open()
        until(page, "document.querySelector('#now')?.textContent.length > 3")
        page.wait_for_selector("svg.figure", timeout=20_000)
        seconds = time.monotonic() - began
        print(f"cold start to usable: {seconds:.1f} s")
        page.click("#step")
        until(page, "document.querySelector('#now').textContent === '2027Q1'")
        at_ease(visitor)
        visitor.context.close()
        return seconds


def test_the_command_is_usable_soon_and_needs_no_network(chrome: Any) -> None:
    # Where other programs have the processor, the better of two starts counts.
    assert cold_start(chrome) <= SOON or cold_start(chrome) <= SOON


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("size", [PHONE, LAPTOP, PROJECTOR], ids=["phone", "laptop", "projector"])
def test_all_text_can_be_read(chrome: Any, page_: Served, size: tuple[int, int], language: str) -> None:
    visitor = Visitor(chrome, size, page_.base)
    name = f"{size[0]}-{language}"
    page = visitor.open("#watch", language)
    page.wait_for_selector("#cloud", timeout=60_000)
    for _ in range(6):
        page.click("#step")
    until(page, "document.querySelector('#now').textContent === '2028Q2'")
    shot(page, f"watch-{name}")
    for part in ("charts", "table", "games"):
        page.click(f"#below-{part}")
        page.evaluate("document.querySelectorAll('details:not(.save)').forEach((one) => { one.open = true; })")
        assert flaws(page) == []
    page.click("#open-settings")
    page.evaluate("document.querySelectorAll('details:not(.save)').forEach((one) => { one.open = true; })")
    shot(page, f"settings-{name}")
    assert flaws(page) == []
    page.click("#drawer-close")
    page.click("#tab-learn")
    for chapter in range(1, 9):
        page.click(f"#chapter-{chapter}")
        if page.locator("#answer").count() and chapter in (1, 4):
            page.locator("input[type=radio]").first.check()
            page.click("#reveal")
            page.wait_for_selector("#verdict", timeout=120_000)
            shot(page, f"learn-{chapter}-{name}")
        assert flaws(page) == []
    page.click("#tab-sit")
    page.wait_for_selector("#phase")
    assert flaws(page) == []
    at_ease(visitor)
    visitor.context.close()


def decide(page: Any) -> bool:
    """Work one control of the first open question; whether there was one."""
    for move in ("accept", "advice", "nothing", "honour"):
        found = page.locator(f".question [data-move={move}]")
        if found.count():
            try:
                found.first.click(timeout=2000)
            except Exception:  # the table moved on in the meantime
                return False
            return True
    return False


def is_asked(room: Room, bloc: int) -> bool:
    """Whether the game waits for a bloc; between two answers, while the quarter is played again, nobody is asked."""
    with room.lock:
        return any(question.spot.bloc == bloc for question in room.game.questions)


def is_present(room: Room, bloc: int) -> bool:
    """Whether a bloc's browser gave a sign of life lately."""
    with room.lock:
        return bloc in room.people.present(time.monotonic())


def test_two_sessions_and_the_rules_play_a_game_one_leaves_and_it_replays(chrome: Any, tmp_path: Path) -> None:
    with served(pace=0.2, quarters=6) as running:
        lead = Visitor(chrome, LAPTOP, running.base)
        screen = lead.open(f"#lead={running.lead_token}")
        assert running.lead_token not in screen.url
        screen.wait_for_selector("#code-2")
        codes = [screen.inner_text(f"#code-{b}") for b in range(3)]
        china, union = Visitor(chrome, PHONE, running.base), Visitor(chrome, LAPTOP, running.base)
        for visitor, code, language in ((china, codes[0], "en"), (union, codes[2], "zh-Hans")):
            page = visitor.open(f"#seat={code}", language)
            page.click("#join")
            page.wait_for_selector("#my-seat")
        screen.fill("#pace", "0")
        screen.press("#pace", "Tab")
        screen.fill("#patience", "300")
        screen.press("#patience", "Tab")
        screen.fill("#saying", "<img src=x onerror=alert(1)> welcome")
        screen.click("#lead-send")
        screen.click("#lead-start")
        for visitor in (china, union):
            visitor.page.wait_for_selector(".question")
            visitor.page.wait_for_selector(".saying")
            assert visitor.page.locator(".saying img").count() == 0
            shot(visitor.page, f"seat-{visitor.page.viewport_size['width']}")
            assert flaws(visitor.page) == []
        composer = union.page.locator(".question select[data-axis]")
        for k in range(composer.count()):
            composer.nth(k).select_option(index=0)
        moves = 0
        while running.classroom.room.game.quarter < 2 and moves < 200:
            moves += decide(china.page) + decide(union.page)
            union.page.wait_for_timeout(150)
        # China's browser is closed in the middle of a quarter: its seat is held, then the rules take it.
        at_ease(china)
        room = running.classroom.room
        china.context.close()
        # What it had sent is settled once it is away, and China is asked once the EU has decided what is before.
        while is_present(room, 0) or not (is_asked(room, 0) or room.game.is_over):
            moves += not is_present(room, 0) and decide(union.page)
            union.page.wait_for_timeout(150)
        last_seen = max(person.seen for person in room.people.persons.values() if person.bloc == 0)
        while is_asked(room, 0) and time.monotonic() - last_seen < HELD + 40.0:
            union.page.wait_for_timeout(100)
        took = time.monotonic() - last_seen
        print(f"taken over after {took:.1f} s")
        assert HELD <= took <= HELD + 10.0  # the rules play the quarter, on a busy machine too
        began = time.monotonic()
        while not union.page.locator("#debrief").count() and time.monotonic() - began < 120:
            moves += decide(union.page)
            union.page.wait_for_timeout(150)
        union.page.wait_for_selector("#class-cloud[data-runs='520']", timeout=120_000)
        shot(union.page, "debrief")
        assert flaws(union.page) == []
        with union.page.expect_download() as download:
            union.page.click("#room-export")
        path = tmp_path / "class.json"
        download.value.save_as(path)
        game, same = replay(json.loads(path.read_text()))
        assert same and game.quarter == 6 and moves > 5
        union.page.evaluate("window.print = () => { window.printed = true; }")
        union.page.click("#print")
        assert union.page.evaluate("window.printed")
        union.page.click("#leave")
        union.page.wait_for_selector("#join")
        at_ease(union, lead)
