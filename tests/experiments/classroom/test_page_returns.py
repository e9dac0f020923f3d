"""Whoever comes back to the page finds the seat and the decision, or is told what the rules decided in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import IN_A_BROWSER, LAPTOP, PHONE, Visitor, at_ease, until
from viewed import Served, flaws, served

from experiments.classroom import people

pytestmark = IN_A_BROWSER
QUESTION = "document.querySelector('.question [data-move]')?.closest('section').id"


@pytest.fixture
def room() -> Iterator[Served]:
    with served(pace=0.0, patience=0.0, quarters=4, warm=False) as running:
        yield running


def seated(chrome: Any, running: Served, language: str = "en") -> Visitor:
    """A phone at China's seat, with a question before it."""
    visitor = Visitor(chrome, PHONE, running.base)
    page = visitor.open(f"#seat={running.classroom.room.people.codes[0]}", language)
    page.click("#join")
    page.wait_for_selector("#my-seat")
    running.ask("room/lead", {"action": "start"}, running.lead_token)
    page.wait_for_selector(".question [data-move]", timeout=30_000)
    return visitor


def test_a_reload_and_eight_seconds_without_network_lose_nothing(chrome: Any, room: Served) -> None:
    visitor = seated(chrome, room)
    page = visitor.page
    asked = page.evaluate(QUESTION)
    chosen = page.locator(".question select[data-axis]").first
    chosen.select_option(index=1)
    wanted = chosen.input_value()
    page.wait_for_timeout(600)
    page.reload()
    until(page, f"{QUESTION} === '{asked}'")
    assert page.locator(".question select[data-axis]").first.input_value() == wanted
    assert visitor.complaints == []
    visitor.context.set_offline(True)
    page.wait_for_timeout(8_000)
    visitor.context.set_offline(False)
    page.wait_for_timeout(2_500)
    assert page.evaluate(QUESTION) == asked and not page.locator("#missed").count()
    assert room.classroom.room.game.released == frozenset()
    page.locator(".question [data-move=nothing], .question [data-move=refuse]").first.click()
    until(page, f"{QUESTION} !== '{asked}'")
    visitor.context.close()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_who_was_away_too_long_is_told(
    chrome: Any, room: Served, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(people, "HELD", 7.0)
    visitor = seated(chrome, room, language)
    other = Visitor(chrome, LAPTOP, room.base)
    screen = other.open("#sit", language)
    visitor.context.set_offline(True)
    until(screen, "/held for|保留/.test(document.querySelector('#there-0')?.textContent)")
    assert flaws(screen) == []
    deadline = time.monotonic() + 30
    while not room.classroom.room.game.released and time.monotonic() < deadline:
        screen.wait_for_timeout(100)
    visitor.context.set_offline(False)
    page = visitor.page
    page.wait_for_selector("#missed li", timeout=20_000)
    assert flaws(page) == []
    assert "{" not in page.inner_text("#missed")
    page.reload()
    page.wait_for_selector("#missed li", timeout=20_000)
    page.click("#missed-read")
    until(page, "!document.querySelector('#missed')")
    page.wait_for_timeout(1_500)
    assert not page.locator("#missed").count()
    at_ease(other)
    visitor.context.close()
    other.context.close()


def test_the_page_shows_its_frame_before_the_server_answers(chrome: Any, room: Served) -> None:
    visitor = Visitor(chrome, PHONE, room.base)
    held: list[Any] = []
    visitor.page.route("**/api/start", lambda route: held.extend([route]))
    visitor.page.goto(f"{room.base}/#sit")
    visitor.page.wait_for_selector("#waiting", timeout=10_000)
    assert visitor.page.locator("header nav button").count() == 3 and flaws(visitor.page) == []
    while not held:
        visitor.page.wait_for_timeout(50)
    held[0].continue_()
    visitor.page.wait_for_selector("#join")
    at_ease(visitor)
    visitor.context.close()


def test_a_chinese_class_reads_money_in_units_of_a_hundred_million(chrome: Any, room: Served) -> None:
    visitor = Visitor(chrome, PHONE, room.base)
    page = visitor.open("#watch")
    page.click("#below-games")
    page.wait_for_selector("section.card table td")
    amounts = "[...document.querySelectorAll('section.card table td')].map((cell) => cell.textContent)"
    english = page.evaluate(amounts)
    page.select_option("#language", "zh-Hans")
    until(page, "document.documentElement.lang === 'zh-Hans'")
    page.wait_for_selector("section.card table td")
    chinese = page.evaluate(amounts)
    assert len(english) == len(chinese) == 12

    def numbers(cell: str) -> list[float]:
        return [float(part.replace("★", "").replace("−", "-").replace(",", "")) for part in cell.split("/")]

    for one, other in zip(english, chinese, strict=True):
        for billions, units in zip(numbers(one), numbers(other), strict=True):
            assert units == pytest.approx(10 * billions, abs=0.1001)
    assert max(abs(value) for cell in english for value in numbers(cell)) > 0.1
    assert "亿美元" in page.inner_text("main") and "十亿" not in page.inner_text("main")
    at_ease(visitor)
    visitor.context.close()
