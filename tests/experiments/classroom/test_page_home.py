"""The file that is taken home, opened from disk: whole, without a request, in every language, phone to projector."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from browsing import (
    IN_A_BROWSER,
    LAPTOP,
    NAMELESS,
    PHONE,
    PROJECTOR,
    SMALLER_THAN,
    Visitor,
    barriers,
    predict,
    until,
)
from emulated import OF_ALL_PAIRS, made_up_emulator
from viewed import Served, flaws, served

from experiments.classroom import cloud, take_home
from experiments.classroom.lessons import reveals, shipped
from experiments.emulation.emulator import Emulator

pytestmark = IN_A_BROWSER
N_RUNS = 24
QUARTERS = 3
ALLOWED = 100.0  # ms from a slider's move to the picture, on a device four times as slow
EMULATOR = Emulator(made_up_emulator(OF_ALL_PAIRS))
HALF, PORTRAIT = (500, 900), (1080, 1920)  # half of a screen; one that stands upright
LEAST = 11  # pixels of a text
PARTS = ["watch", "minutes", "debrief", "estimate", "learn", "words", "about"]
# Moves a slider from end to end; ms from each move to the frame after it, and whether the answer is another one.
MOVES = """([slider, answer]) => new Promise((done) => {
  const one = document.getElementById(slider), took = [];
  const next = (k) => {
    if (k > 10) return done(took);
    const before = document.querySelector(answer).innerHTML, began = performance.now();
    one.value = String(Number(one.min) + (k / 10) * (Number(one.max) - Number(one.min)));
    one.dispatchEvent(new Event('input', { bubbles: true }));
    requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        took.push([performance.now() - began, document.querySelector(answer).innerHTML !== before]);
        setTimeout(() => next(k + 1), 60); };
      port2.postMessage(0); });
  };
  next(0);
})"""


@pytest.fixture(scope="module")
def class_() -> Iterator[Served]:
    """A class whose game is over, on a page that has an emulator."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (cloud, take_home):
            patch.setattr(module, "N_RUNS", N_RUNS)
        with served(pace=0.0, quarters=QUARTERS, emulator=EMULATOR) as running:
            running.ask("room/lead", {"action": "start"}, running.lead_token)
            yield running


@pytest.fixture(scope="module")
def file(class_: Served, chrome: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody took home by the button at the end of the class."""
    visitor = Visitor(chrome, PHONE, class_.base)
    page = visitor.open("#sit")
    page.wait_for_selector("#class-cloud", timeout=120_000)
    with page.expect_download() as download:
        page.click("#take-home")
    assert download.value.suggested_filename == "detente-class.html" and visitor.complaints == []
    path = tmp_path_factory.mktemp("home") / "class.html"
    download.value.save_as(path)
    visitor.context.close()
    return path


def opened(chrome: Any, file: Path, size: tuple[int, int], fragment: str = "") -> Visitor:
    """The file in a browser of its own."""
    visitor = Visitor(chrome, size, file.parent.as_uri())
    visitor.page.goto(f"{file.as_uri()}{fragment}")
    visitor.page.wait_for_selector("html[data-ready=all]", timeout=20_000)
    return visitor


def is_at_home(visitor: Visitor) -> None:
    """Nothing was asked of anybody, and nothing complained of."""
    assert visitor.complaints == [] and {host for host in visitor.went if host} == set(), visitor.went
    visitor.context.close()


@pytest.mark.parametrize("size", [PHONE, HALF, LAPTOP, PORTRAIT, PROJECTOR])
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_part_is_there_and_can_be_read(chrome: Any, file: Path, size: tuple[int, int], language: str) -> None:
    visitor = opened(chrome, file, size)
    page = visitor.page
    page.select_option("#language", language)
    until(page, f"document.documentElement.lang === '{language}'")
    assert page.evaluate("[...document.querySelectorAll('#parts button')].map((one) => one.id.slice(4))") == PARTS
    for part in [*PARTS, "table", "games"]:
        if part in PARTS:
            page.click(f"#tab-{part}")
            until(page, f"document.documentElement.dataset.view === '{part}'")
        else:
            page.click("#tab-watch")
            page.click(f"#below-{part}")
        until(page, "document.querySelector('main').innerText.length > 80")
        page.wait_for_timeout(100)
        assert [flaws(page), page.evaluate(NAMELESS)] == [[], []], part
        assert page.evaluate(SMALLER_THAN, LEAST) == [], part
        if find_spec("axe_playwright_python"):
            assert barriers(page) == [], part
    is_at_home(visitor)


def test_the_run_is_gone_through_and_its_figures_are_saved(chrome: Any, file: Path) -> None:
    visitor = opened(chrome, file, LAPTOP, "#watch?quarter=1")
    page = visitor.page
    assert page.inner_text("#now") == "2027Q1" and page.locator("#cloud").get_attribute("data-runs") == str(N_RUNS)
    page.press("#quarter", "ArrowRight")
    until(page, "document.querySelector('#now').textContent === '2027Q2' && location.hash === '#watch?quarter=2'")
    page.click("#below-table")
    assert page.locator(".minutes > li").count() >= 1
    page.click("#save-map > summary")
    for kind in ("png", "svg", "csv"):
        with page.expect_download() as download:
            page.click(f"#{kind}-map")
        assert Path(download.value.path()).stat().st_size > 100
    is_at_home(visitor)


def test_every_chapter_reveals_what_was_counted(chrome: Any, file: Path) -> None:
    visitor = opened(chrome, file, LAPTOP, "#learn?chapter=noise")
    page = visitor.page
    assert page.locator("#chapter-3").get_attribute("aria-current") == "true"
    found = reveals()
    assert found
    for k, lesson in enumerate(shipped(), 1):
        page.click(f"#chapter-{k}")
        assert page.evaluate("location.hash") == f"#learn?chapter={lesson.key}"
        predict(page)
        page.click("#reveal")
        page.wait_for_selector("#verdict")
        shown = page.inner_text("#answer")
        for arm in found["arms"]:
            if arm["lesson"] == lesson.key:
                value = arm["measured"][lesson.measure]["value"]
                said = f"{value:.2f}\u00a0bn$" if lesson.measure == "gain" else f"{value:.0%}"
                assert said in shown, arm["label"]
    is_at_home(visitor)


def test_what_if_says_that_its_runs_are_longer_than_the_game(chrome: Any, file: Path) -> None:
    visitor = opened(chrome, file, LAPTOP, "#estimate")
    said = visitor.page.inner_text("#horizon")
    assert "2035Q4" in said and f"{QUARTERS} quarters" in said
    is_at_home(visitor)


# Sliders from the last to the first, each as the keyboard comes to it: those that lie behind what stays in sight above.
BEHIND = """([sliders, above]) => [...document.querySelectorAll(sliders)].reverse().filter((one) => {
  if (!one.checkVisibility()) return false;
  one.focus();
  return one.getBoundingClientRect().top < document.querySelector(above).getBoundingClientRect().bottom - 1;
}).map((one) => one.id)"""


def test_no_slider_that_is_focused_is_behind_the_estimates(chrome: Any, file: Path, class_: Served) -> None:
    visitor = opened(chrome, file, PHONE, "#estimate")
    visitor.page.wait_for_selector("#estimates svg")
    assert visitor.page.evaluate(BEHIND, [".what-if input[type=range]", "#estimates"]) == []
    is_at_home(visitor)
    lab = Visitor(chrome, LAPTOP, class_.base)
    page = lab.open("#watch")
    page.wait_for_selector("#play")
    page.click("#open-settings")
    page.wait_for_selector(".guess svg, .guess p", state="attached")
    page.evaluate("document.querySelectorAll('#drawer details').forEach((one) => { one.open = true; })")
    assert page.locator("#drawer input[type=range]:visible").count() > 10
    assert page.evaluate(BEHIND, ["#drawer input[type=range]", "#drawer .guess"]) == []
    lab.context.close()


def test_sliders_answer_as_python_does_and_go_with_the_address(chrome: Any, file: Path) -> None:
    visitor = opened(chrome, file, LAPTOP, "#estimate?set=generosity:0.9")
    page = visitor.page

    def told(**settings: float) -> list[str]:
        answers = EMULATOR.predict(settings)
        depths = [answers["mean_depth", pair] for pair in ("CN-US", "CN-EU", "US-EU")]
        return [f"{one.mean:.0%} ({one.low:.0%} to {one.high:.0%})" for one in depths]

    def shown() -> list[str]:
        return page.locator("table td:nth-child(2)").all_inner_texts()[:3]

    assert shown() == told(generosity=0.9)
    page.focus("#guess-punishment_quarters")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert shown() == told(generosity=0.9, punishment_quarters=7)
    assert page.evaluate("location.hash") == "#estimate?set=generosity:0.9,punishment_quarters:7"
    page.click("#guess-reset")
    assert shown() == told()
    page.goto(f"{file.as_uri()}#estimate?set=generosity:7")
    until(page, "document.querySelector('#estimates').textContent.includes('outside the range')")
    is_at_home(visitor)


def test_a_slider_in_class_is_answered_at_once_and_then_played(chrome: Any, class_: Served) -> None:
    visitor = Visitor(chrome, PHONE, class_.base)
    page = visitor.open("#watch")
    until(page, f"document.querySelector('#cloud')?.dataset.runs === '{N_RUNS}'", 120)
    page.click("#open-settings")
    page.click("#group-trust > summary")
    visitor.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    took = page.evaluate(MOVES, ["set-generosity", "#drawer .guess"])
    # The machine of a test may be busy: half of the moves tell what the page takes.
    assert sorted(ms for ms, _ in took)[len(took) // 2] <= ALLOWED, took
    assert all(is_new for _, is_new in took[1:])
    assert "Estimated" in page.inner_text("#drawer .guess") and page.locator("#cloud").get_attribute(
        "data-runs"
    ) == str(N_RUNS)
    page.fill("#set-generosity", "0.9")
    page.dispatch_event("#set-generosity", "change")
    page.wait_for_selector("#effect-all", timeout=120_000, state="attached")
    assert page.locator("#effect-guess").count() == 1
    # What the emulator was not made for is played, and said so.
    page.click("#group-dialogue > summary")
    page.fill("#set-dialogue_ceiling", "1")
    page.dispatch_event("#set-dialogue_ceiling", "change")
    until(page, "document.querySelector('#drawer .guess').textContent.startsWith('No estimate')")
    assert visitor.complaints == []
    visitor.context.close()
