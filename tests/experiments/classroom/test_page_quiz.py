"""The questions before and after in browsers: phones answer, the teacher saves the answers, what changed is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import IN_A_BROWSER, LAPTOP, Visitor, at_ease, barriers, until
from viewed import HAND, flaws, served

from experiments.classroom.quiz import items, learned, read_answers

pytestmark = IN_A_BROWSER
LANGUAGES = ("en", "zh-Hans")


def answer(page: Any, n_right: int) -> None:
    """All questions, the first so many of them right; they come to whoever is at the puzzles."""
    page.wait_for_selector("#to-quiz", timeout=10_000)
    page.click("#to-quiz")
    page.wait_for_selector("#quiz-send")
    assert page.is_disabled("#quiz-send")
    assert flaws(page) == [] and barriers(page) == []
    for number, item in enumerate(items()):
        right = item["right"]
        page.check(f"#quiz-{item['key']}-{right if number < n_right else (right + 1) % len(item['options'])}")
    page.click("#quiz-send")
    page.wait_for_selector("#quiz-state")
    page.reload()  # whoever has answered is not asked again
    page.wait_for_selector("#quiz-state")
    assert not page.locator("#quiz-send").count() and barriers(page) == []
    page.click("#tab-learn")


def test_phones_answer_before_and_after_and_the_file_says_what_changed(chrome: Any, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    with served(quarters=1, warm=False) as page_:
        lead = Visitor(chrome, LAPTOP, page_.base)
        screen = lead.open(f"#lead={page_.lead_token}")
        phones = [Visitor(chrome, HAND, page_.base) for _ in LANGUAGES]
        for phone, language in zip(phones, LANGUAGES, strict=True):
            phone.open("#learn", language)
            assert not phone.page.locator("#to-quiz").count()
        for when, right in (("before", (1, 2)), ("after", (5, 4))):
            screen.click(f"#quiz-{when}")
            for phone, n_right in zip(phones, right, strict=True):
                answer(phone.page, n_right)
            until(screen, "document.querySelector('#quiz-line').textContent.includes('Answers in: 2')")
            screen.click("#quiz-close")
            for phone in phones:
                until(phone.page, "!document.querySelector('#to-quiz')")
        with screen.expect_download() as download:
            screen.click("#quiz-csv")
        download.value.save_as(path)
        assert [flaws(page) for page in (screen, *(phone.page for phone in phones))] == [[]] * 3
        at_ease(lead, *phones)
        for visitor in (lead, *phones):
            visitor.context.close()
    found = learned(read_answers(path))
    n_items = len(items())
    assert found.students == len(LANGUAGES)
    assert (found.share_before, found.share_after) == pytest.approx((3 / 2 / n_items, 9 / 2 / n_items))
    assert "2 students answered both times. Right before: 21%, after: 64%; change +43 points" in found.sentence()
