"""Lessons in a browser: reveals that are there at once, votes of a whole class, lessons of a teacher's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import (
    IN_A_BROWSER,
    LAPTOP,
    PHONE,
    PROJECTOR,
    SMALLER_THAN,
    Visitor,
    at_ease,
    predict,
    started,
    until,
)
from viewed import LEAST_ON_THE_WALL, Served, fits, flaws, served

from experiments.classroom.lesson_file import read_lesson
from experiments.classroom.lessons import reveals, shipped

pytestmark = IN_A_BROWSER
SERVED = {"pace": 0.0, "quarters": 3}
FEW = 64  # runs of what is played live; what ships says how it stood after these
IN = {"en": "Your answer is in", "zh-Hans": "已收到你的答案"}  # what is said of a vote
ALLOWED = 300  # ms from a tap to the first picture of a reveal
# Taps, and says after how many ms the first chart is there and after how many it has settled.
TAP = """(button) => new Promise((done) => {
  const began = performance.now();
  let first = 0;
  document.getElementById(button).click();
  const look = () => {
    const figure = document.querySelector('#answer [data-runs]');
    if (figure && !first) first = performance.now() - began;
    if (figure?.dataset.moving === 'false') return done([first, performance.now() - began, figure.dataset.runs]);
    requestAnimationFrame(look);
  };
  look();
})"""
BY_HAND = """
kind = "arms"

[words.en]
title = "A crisis"
text = "Tension jumps more often."
question = "Where is cooperation deeper?"

[[arms]]
label = "calm"
name = { en = "calm" }

[[arms]]
label = "storm"
name = { en = "storm" }
parameters = { tension_jump_rate = 0.2 }
"""


def test_a_reveal_is_there_at_once_and_settles_within_two_seconds(
    chrome: Any, page_: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.classroom.cloud.N_RUNS", FEW)
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#learn?chapter=dialogue")
    page.check("#option-leaders")
    first, settled, runs = page.evaluate(TAP, "reveal")
    print(f"first picture after {first:.0f} ms, settled after {settled:.0f} ms")
    assert first <= ALLOWED and settled >= 1500 and runs == "520"
    rows = {row["label"]: row for row in (reveals() or {})["arms"] if row["lesson"] == "dialogue"}
    shown = page.inner_text("#answer")
    assert all(f"{row['measured']['depth']['value']:.0%}" in shown for row in rows.values())
    page.wait_for_selector("#verdict .tag.good")
    page.click("#chapter-5")
    page.click("#chapter-4")
    assert page.get_attribute("#answer [data-runs]", "data-moving") == "false", "what was seen moves no more"
    page.click("#play-live")
    until(page, "document.querySelector('#answer [data-runs]')?.dataset.runs === '24'", 60)
    until(page, f"document.querySelector('#answer [data-runs]').dataset.runs === '{FEW}'", 240)
    page.wait_for_selector("#verdict")
    live = page.inner_text("#answer")
    for row in rows.values():
        assert f"{next(value for runs, value, _, _ in row['growth'] if runs == FEW):.0%}" in live, (
            "played, it is the same"
        )
    at_ease(visitor)
    visitor.context.close()


def test_under_reduced_motion_it_is_there_whole(chrome: Any, page_: Served) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    visitor.page.emulate_media(reduced_motion="reduce")
    page = visitor.open("#learn?chapter=clubs")
    page.check("#option-same")
    first, settled, runs = page.evaluate(TAP, "reveal")
    assert settled <= ALLOWED and settled - first < 50 and runs == "520"
    visitor.context.close()


def ask(page_: Served, action: str, lesson: str = "") -> None:
    assert page_.ask("lesson/lead", {"action": action, "lesson": lesson}, page_.lead_token)[0] == 200


def test_a_class_votes_on_phones_and_the_wall_shows_the_split_and_then_the_reveal(chrome: Any, page_: Served) -> None:
    lead = Visitor(chrome, PROJECTOR, page_.base)
    wall = lead.open(f"#lead={page_.lead_token}")
    wall.click("#tab-learn")
    phones = [Visitor(chrome, PHONE, page_.base) for _ in range(2)]
    for phone in phones:
        phone.open("#learn")
    wall.click("#chapter-4")
    wall.click("#vote-next")
    for phone, option in zip(phones, ("no_dialogue", "same"), strict=True):
        phone.page.wait_for_selector("#ballot")
        assert phone.page.evaluate("document.querySelector('#chapter-4').getAttribute('aria-current')") == "true"
        assert not phone.page.locator("#reveal, #vote-next").count(), "who does not lead reveals nothing before"
        phone.page.check(f"#option-{option}")
        until(phone.page, "document.querySelector('#ballot').textContent.includes('Your answer is in')")
        assert flaws(phone.page) == []
    until(wall, "document.querySelector('#ballot').textContent.includes('Answers in: 2')")
    assert not wall.locator(".split").count()
    phones[0].page.reload()
    phones[0].page.wait_for_selector("#option-no_dialogue:checked", timeout=20_000)  # the same voter after a reload
    wall.click("#vote-next")
    wall.wait_for_selector(".split")
    assert wall.evaluate("[...document.querySelectorAll('.split .count')].map((one) => one.textContent)") == [
        "1",
        "0",
        "0",
        "1",
    ]
    assert not wall.locator("#verdict").count()
    wall.click("#vote-next")
    for page in (wall, *(phone.page for phone in phones)):
        page.wait_for_selector("#verdict", timeout=20_000)
        assert page.locator(".split").count() == 1
        assert flaws(page) == []
    assert wall.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL) == []
    wall.click("#vote-end")
    phones[0].page.wait_for_selector("#reveal", timeout=20_000)
    at_ease(lead, *phones)
    for one in (lead, *phones):
        one.context.close()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_lesson_fits_on_the_wall(chrome: Any, page_: Served, language: str) -> None:
    """Alone and with the split of a class beside it: nothing is scrolled, and the last row reads it."""
    visitor = Visitor(chrome, PROJECTOR, page_.base)
    visitor.page.emulate_media(reduced_motion="reduce")  # what moves is looked at when it stands
    page = visitor.open(f"#lead={page_.lead_token}", language)
    page.click("#tab-learn")
    for number, lesson in enumerate(shipped(), 1):
        page.click(f"#chapter-{number}")
        page.wait_for_selector("#reveal")
        fits(page, "reveal", "vote-next")
        predict(page)
        page.click("#reveal")
        page.wait_for_selector("#verdict")
        fits(page, "verdict", "discuss", "again", "to-watch")
        page.click("#vote-next")
        page.wait_for_selector("#ballot")
        fits(page, "vote-next", "vote-end")
        predict(page)
        until(page, f"document.querySelector('#ballot').textContent.includes({IN[language]!r})")
        for there in (".split", "#verdict"):
            page.click("#vote-next")
            page.wait_for_selector(there)
            fits(page, "ballot", "vote-next", "vote-end")
        assert page.locator(".split .count").first.is_visible() and page.locator("#discuss").is_visible(), lesson.key
        page.click("#vote-end")
        page.wait_for_selector("#reveal", state="attached")
    at_ease(visitor)
    visitor.context.close()


def test_in_the_first_chapter_each_plays_against_a_classmate(chrome: Any, page_: Served) -> None:
    phones = [Visitor(chrome, PHONE, page_.base) for _ in range(2)]
    ask(page_, "ask", "oneshot")
    for phone, move in zip(phones, ("keep", "withdraw"), strict=True):
        page = phone.open("#learn")
        page.check(f"#option-{move}")
        until(page, "document.querySelector('#ballot').textContent.includes('Your answer is in')")
    ask(page_, "split")
    game = next(row["game"] for row in (reveals() or {})["games"])
    for phone, words, place in zip(
        phones, ("You kept, your classmate withdrew", "You withdrew, your classmate kept"), (2, 1), strict=True
    ):
        phone.page.wait_for_selector("#own-result", timeout=20_000)
        said = phone.page.inner_text("#own-result")
        assert said.startswith(words) and f"{abs(game['payoffs'][0][place]):.2f} bn$" in said, said
    ask(page_, "reveal")
    phones[0].page.wait_for_selector("#answer table", timeout=20_000)
    ask(page_, "end")
    at_ease(*phones)
    for phone in phones:
        phone.context.close()


def at_own_lesson(chrome: Any, base: str, title: str) -> Visitor:
    """A visitor at the lesson after the chapters that ship."""
    visitor = Visitor(chrome, LAPTOP, base)
    page = visitor.open("#learn")
    page.click(f"#chapter-{len(shipped()) + 1}")
    assert page.inner_text("#main h2") == f"{len(shipped()) + 1}. {title}"
    return visitor


def played(visitor: Visitor, option: str, runs: int) -> list[str]:
    """A lesson answered and revealed to its end; what could be answered."""
    page = visitor.page
    names = [one.strip() for one in page.locator("fieldset label").all_inner_texts()]
    page.check(f"#option-{option}")
    page.click("#reveal")
    page.wait_for_selector("#verdict", timeout=400_000)
    assert page.get_attribute("#answer [data-runs]", "data-runs") == str(runs)
    at_ease(visitor)
    visitor.context.close()
    return names


def test_a_lesson_made_by_hand_is_played(chrome: Any, tmp_path: Path) -> None:
    path = tmp_path / "crisis.toml"
    path.write_text(BY_HAND, "utf-8")
    with started("--lessons", str(path)) as (_, base):
        visitor = at_own_lesson(chrome, base, "A crisis")
        assert played(visitor, "storm", 520) == ["calm", "storm", "about the same"]


def test_a_lesson_made_in_the_laboratory_is_played(
    chrome: Any, page_: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#watch", "zh-Hans")
    until(page, "document.querySelector('#now')?.textContent === '2026Q4'")
    page.click("#open-settings")
    page.click("#lesson > summary")
    page.click("#lesson-save")
    until(page, "document.querySelector('#notice').className.includes('bad')")  # nothing is changed yet
    page.click("#drawer-close")
    page.click("#preset-fog")
    until(page, "document.querySelector('#preset-fog').getAttribute('aria-pressed') === 'true'")
    page.click("#open-settings")
    page.select_option("#branch-name", "generosity")
    page.fill("#branch-generosity", "0.9")
    page.click("#branch-go")
    page.wait_for_selector("#branch-undo", timeout=60_000)
    page.fill("#lesson-title", 'Nobody "sees" straight')
    page.fill("#lesson-text", "\\ fog\tand\nnothing else; <b>亿</b> \U0001f32b")
    page.fill("#lesson-before", "宽恕得少")
    with page.expect_download() as download:
        page.click("#lesson-save")
    assert download.value.suggested_filename == "nobody-sees-straight.toml"
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    at_ease(visitor)
    visitor.context.close()
    lesson = read_lesson(path)
    words = lesson.words["zh-Hans"]
    assert words["text"].startswith("\\ fog\tand") and "<b>亿</b> \U0001f32b" in words["text"]
    before, after = (arm.settings for arm in lesson.arms)
    assert dict(before.parameters) == dict(after.parameters) == {"false_alarm": 0.35, "missed_violation": 0.35}
    assert [(one.name, one.value) for one in after.changes] == [("generosity", 0.9)] and not before.changes
    monkeypatch.setattr("experiments.classroom.cloud.N_RUNS", FEW)
    with served(lessons=(lesson,)) as running:
        assert played(at_own_lesson(chrome, running.base, words["title"]), "before", FEW)[0] == "宽恕得少"
