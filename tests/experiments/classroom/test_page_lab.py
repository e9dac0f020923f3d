"""The laboratory: the map and the cloud at once, presets in words, one number before and after, files, links."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from browsing import IN_A_BROWSER, LAPTOP, PROJECTOR, SMALLER_THAN, WORDS, Visitor, at_ease, until
from viewed import LEAST_ON_THE_WALL, SHOTS, Served, flaws

from experiments.classroom.cloud import play_batch
from experiments.classroom.game import Settings

pytestmark = IN_A_BROWSER
SERVED = {"pace": 0.0, "quarters": 3}
MOST_WORDS = 250
SEEN = """() => ({ now: document.querySelector('#now').textContent,
  map: document.querySelector('.lab .map svg').outerHTML,
  pressed: [...document.querySelectorAll('.presets [aria-pressed=true]')].map((one) => one.id),
  luck: document.querySelector('#replicate').value, changed: document.querySelectorAll('.control.changed').length,
  branches: [...document.querySelectorAll('#branching li')].map((one) => one.textContent) })"""
FULL = "document.querySelector('#cloud')?.dataset.runs === '520'"


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_the_map_the_cloud_and_the_scrubber_are_there_at_once(chrome: Any, page_: Served, language: str) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#watch", language)
    until(page, FULL, 120)
    assert page.evaluate(WORDS) <= MOST_WORDS * (1 if language == "en" else 2)  # a Chinese word is about two signs
    for part in (".lab .map svg", "#cloud", ".lab .scrub"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= LAPTOP[1], part
    if SHOTS and language == "en":
        page.evaluate("location.hash = 'watch?from=2026&luck=3&quarter=6'")
        until(page, "document.querySelector('#now').textContent === '2028Q2'")
        until(page, FULL, 120)
        page.screenshot(path=Path(SHOTS, "class-page.png"))
    page.click("#open-settings")
    assert flaws(page) == []
    at_ease(visitor)
    visitor.context.close()


# What a strip of the cloud counts: what, between whom, in how many of how many runs, and how sure that is.
COUNTED = {
    "en": (r"{pair} Cooperation emerges in \d+% of 520 runs \(95% interval \d+% to \d+%\)", "China–United States"),
    "zh-Hans": (r"{pair} 520 次运行中有 \d+% 出现合作（95% 区间 \d+% 至 \d+%）", "中国–美国"),
}


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_how_often_cooperation_emerges_says_between_whom_and_of_how_many_runs(
    chrome: Any, page_: Served, language: str
) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#watch?from=2018", language)  # nothing is in force at the start: it emerges or not
    until(page, FULL, 120)
    said, pair = COUNTED[language]
    strip = " ".join(page.locator("#cloud figure").first.locator("text").all_text_contents())
    assert re.match(said.format(pair=pair), strip), strip
    at_ease(visitor)
    visitor.context.close()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_how_games_are_read_is_told_once(chrome: Any, page_: Served, language: str) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#watch", language)
    page.click("#below-games")
    help_ = page.inner_text("#game-help")
    assert len(help_) > 60 and page.locator("section.card table").count() == 3
    sentences = [one for one in re.split(r"(?<=[.。]) ?", help_) if one]
    assert len(sentences) >= 3 and [one for one in sentences if page.inner_text("main").count(one) != 1] == []
    page.click("#tab-learn")
    page.click("#chapter-1")
    page.locator("fieldset input[type=radio]").first.check()
    page.click("#reveal")
    page.wait_for_selector("#verdict")
    page.locator("#answer summary").last.click()
    assert [one for one in sentences if page.inner_text("main").count(one) != 1] == []
    at_ease(visitor)
    visitor.context.close()


def test_a_preset_and_a_branch_say_before_and_after_in_one_number(chrome: Any, page_: Served) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#watch?from=2026&luck=0")
    assert not page.locator("#effect-own").count()
    page.click("#preset-grim")
    page.wait_for_selector("#effect-all", timeout=150_000)
    own = page.inner_text("#effect-own")
    means = []
    for parameters in ({}, {"retaliation_rule": "grim"}):
        table = play_batch(Settings(parameters=parameters), [0])["mean_depth"]
        means.append(f"{round(100 * sum(column[0] for column in table) / 3)}%")
    assert own == f"Mean depth of cooperation under this luck: {means[0]} → {means[1]}"
    page.click("#preset-grim")
    until(page, "!document.querySelector('#effect-own')")
    # one decision of one run: its own number, and none for the cloud, which is played by the rules alone
    page.click("#open-branching")
    page.select_option("#decide-pair", "0")
    page.select_option("#decide-side", "0")
    page.select_option("#decide-what", "leave")
    page.click("#decide-go")
    page.wait_for_selector("#effect-own", timeout=150_000)
    assert not page.locator("#effect-all").count()
    assert page.inner_text("#effect-own").startswith(f"Mean depth of cooperation under this luck: {means[0]} → ")
    at_ease(visitor)
    visitor.context.close()


def test_a_link_shows_what_one_sees(chrome: Any, page_: Served) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#watch")
    page.click("#preset-fog")
    page.click("#open-settings")
    page.fill("#replicate", "23")
    page.press("#replicate", "Enter")
    for _ in range(2):
        page.click("#step")
    until(page, "document.querySelector('#now').textContent === '2027Q2'")
    page.select_option("#branch-name", "generosity")
    page.fill("#branch-generosity", "0.9")
    page.click("#branch-go")
    page.wait_for_selector("#branch-undo")
    until(page, "location.hash.includes('change=3:generosity:0.9')")
    page.wait_for_timeout(500)
    link, seen = page.evaluate("location.hash"), page.evaluate(SEEN)
    assert seen["luck"] == "23" and len(seen["branches"]) == 1 and seen["changed"] == 2
    other = Visitor(chrome, LAPTOP, page_.base)
    there = other.open(link)
    until(there, "document.querySelector('#now')?.textContent === '2027Q2'")
    assert there.evaluate(SEEN) == seen
    assert there.evaluate("location.hash") == link
    at_ease(visitor, other)
    for one in (visitor, other):
        one.context.close()


@pytest.mark.parametrize(
    "bad",
    [
        "from=nowhere",
        "set=generosity:7",
        "set=__proto__:1",
        "change=1:nothing:2",
        "move=a:b:c:d:e:f",
        "luck=-1&quarter=x",
    ],
)
def test_a_link_that_asks_for_what_there_is_not_says_so(chrome: Any, page_: Served, bad: str) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open(f"#watch?{bad}")
    until(page, "document.querySelector('#now')?.textContent === '2026Q4'")
    if "luck" not in bad and "proto" not in bad:
        assert page.inner_text("#notice") == "This setting is not allowed."
    assert page.evaluate("location.hash") == "#watch?from=2026&luck=0"
    visitor.context.close()


def test_figures_are_saved_as_pictures_and_as_the_numbers_that_they_show(
    chrome: Any, page_: Served, tmp_path: Path
) -> None:
    visitor = Visitor(chrome, LAPTOP, page_.base)
    page = visitor.open("#watch?from=2026&luck=4&quarter=2")
    until(page, FULL, 120)
    files = {}
    for name in ("map", "cloud", "chart-depth"):
        page.click(f"#save-{name} > summary")
        for kind in ("png", "svg", "csv"):
            with page.expect_download() as download:
                page.click(f"#{kind}-{name}")
            path = tmp_path / f"{name}.{kind}"
            download.value.save_as(path)
            files[name, kind] = path.read_bytes()
        page.click(f"#save-{name} > summary")
    for (name, kind), content in files.items():
        if kind == "png":
            assert content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) > 10_000, name
        if kind == "svg":
            picture = ET.fromstring(content)
            texts = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]
            assert len(texts) > 5 and float(picture.get("width", "0")) > 300, name
    rows = list(csv.reader(io.StringIO(files["cloud", "csv"].decode("utf-8-sig"))))
    own = [column[0] for column in play_batch(Settings(replicate=4), [4])["mean_depth"]]
    assert rows[0] == ["run", "CN–US", "CN–EU", "US–EU"] and len(rows) == 521
    assert rows[1][0] == "this luck" and [float(cell) for cell in rows[1][1:]] == own
    depth = list(csv.reader(io.StringIO(files["chart-depth", "csv"].decode("utf-8-sig"))))
    assert [row[0] for row in depth] == ["quarter", "2026Q4", "2027Q1", "2027Q2"]
    at_ease(visitor)
    visitor.context.close()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_what_is_on_the_wall_can_be_read_from_the_last_row(chrome: Any, page_: Served, language: str) -> None:
    visitor = Visitor(chrome, PROJECTOR, page_.base)
    page = visitor.open("#sit", language)
    page.wait_for_selector("#phase")
    assert page.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL) == [] == flaws(page)
    if page_.classroom.room.phase == "lobby":
        page_.ask("room/lead", {"action": "start"}, page_.lead_token)
        page.wait_for_selector(".wall svg, #debrief", timeout=60_000)
        assert page.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL) == [] == flaws(page)
    page.wait_for_selector("#class-cloud", timeout=120_000)
    assert page.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL) == [] == flaws(page)
    at_ease(visitor)
    visitor.context.close()
