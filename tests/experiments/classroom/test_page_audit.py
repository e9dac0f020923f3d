"""axe-core looks at every view of the page, in every language, on a phone and on a laptop: it finds nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import (
    IN_A_BROWSER,
    LAPTOP,
    NAMELESS,
    PHONE,
    Visitor,
    at_ease,
    barriers,
    predict,
    until,
)
from viewed import Served, flaws

from experiments.classroom.lessons import shipped

pytestmark = IN_A_BROWSER
SERVED = {"pace": 0.0, "patience": 0.0, "quarters": 2, "lan": True}
IN = {"en": "Your answer is in", "zh-Hans": "已收到你的答案"}  # what is said of a vote
VIEWS = [
    pytest.param(size, language, id=f"{size[0]}-{language}")
    for size in (PHONE, LAPTOP)
    for language in ("en", "zh-Hans")
]


@pytest.fixture
def visitor(chrome: Any, page_: Served, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    own = Visitor(chrome, request.param, page_.base)
    own.page.emulate_media(reduced_motion="reduce")  # what fades in is judged when it is there
    yield own
    at_ease(own)
    own.context.close()


def test_a_barrier_that_is_put_there_is_found(chrome: Any, page_: Served) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#learn")
    page.evaluate(
        "document.querySelector('main').append(document.createElement('button'), document.createElement('input'))"
    )
    assert sorted(line.split()[0] for line in barriers(page)) == ["button-name", "label"]
    visitor.context.close()


@pytest.mark.parametrize(("visitor", "language"), VIEWS, indirect=["visitor"])
def test_the_first_screen(visitor: Visitor, language: str) -> None:
    page = visitor.open("#start", language)
    assert barriers(page) == []
    page.click("#keep")
    page.wait_for_selector("#pause")
    page.click("#pause")
    assert barriers(page) == []
    page.click("#pause")
    page.wait_for_selector("#rain svg", timeout=120_000)
    assert barriers(page) == []


@pytest.mark.parametrize(("visitor", "language"), VIEWS, indirect=["visitor"])
def test_the_laboratory(visitor: Visitor, language: str) -> None:
    page = visitor.open("#watch?from=2026&luck=3&quarter=6", language)
    page.wait_for_selector("#cloud", timeout=120_000)
    for part in ("charts", "table", "games"):
        page.click(f"#below-{part}")
        assert barriers(page) == [], part
    page.click("#open-settings")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert barriers(page) == []


@pytest.mark.parametrize(("visitor", "language"), VIEWS, indirect=["visitor"])
def test_the_lessons(visitor: Visitor, language: str, page_: Served) -> None:
    page = visitor.open("#learn", language)
    for number, lesson in enumerate(shipped(), 1):
        page.click(f"#chapter-{number}")
        assert barriers(page) == [] == page.evaluate(NAMELESS), lesson.key
        predict(page)
        page.click("#reveal")
        page.wait_for_selector("#verdict", timeout=60_000)
        assert barriers(page) == [], lesson.key
        assert flaws(page) == [], lesson.key
    numbers = {lesson.key: number for number, lesson in enumerate(shipped(), 1)}
    for lesson_key in ("oneshot", "noise", "packages", "vote"):
        for action, there in (("ask", "#ballot"), ("split", ".split"), ("reveal", "#verdict")):
            page_.ask("lesson/lead", {"action": action, "lesson": lesson_key}, page_.lead_token)
            page.wait_for_selector(f"#chapter-{numbers[lesson_key]}[aria-current]", timeout=20_000)
            page.wait_for_selector(there, timeout=20_000)
            assert barriers(page) == [], (lesson_key, action)
            if action == "ask":
                predict(page)
                until(page, f"document.querySelector('#ballot').textContent.includes({IN[language]!r})")
    page_.ask("lesson/lead", {"action": "end"}, page_.lead_token)


@pytest.mark.parametrize(("visitor", "language"), VIEWS, indirect=["visitor"])
def test_the_class(visitor: Visitor, language: str, page_: Served) -> None:
    room = page_.classroom.room
    room.lead(room.people.facilitator, "new", {"settings": room.settings}, time.monotonic())
    page = visitor.open("#sit", language)
    page.wait_for_selector("#phase")
    assert barriers(page) == [], "before"
    page.fill("#code", room.people.codes[0])
    page.click("#join")
    page.wait_for_selector("#role")
    assert barriers(page) == [], "a seat"
    room.lead(room.people.facilitator, "start", {}, time.monotonic())
    page.wait_for_selector(".question [data-move], #debrief", timeout=60_000)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert barriers(page) == [], "a question"
    room.lead(room.people.facilitator, "end", {}, time.monotonic())
    page.wait_for_selector("#debrief, #print", timeout=120_000)
    assert barriers(page) == [], "the debrief"


@pytest.mark.parametrize(("visitor", "language"), VIEWS, indirect=["visitor"])
def test_the_teacher_s_page(visitor: Visitor, language: str, page_: Served) -> None:
    page = visitor.open(f"#lead={page_.lead_token}", language)
    page.wait_for_selector(".qr svg", timeout=60_000)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert barriers(page) == []
