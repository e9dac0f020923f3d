"""Every control of the page is worked at least once, by mouse or by keyboard; one browser can hold several seats."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from browsing import CONTROLS, IN_A_BROWSER, LAPTOP, NAMELESS, UNREADABLE, Visitor, at_ease, predict, until
from viewed import Served, served

from experiments.classroom.game import replay

pytestmark = IN_A_BROWSER
A4 = (794, 1123)  # pixels of a page at 96 to the inch
MOVES = ("nothing", "refuse", "table", "advice", "honour", "accept", "lapse", "leave")  # what keeps talks going first
PRIVATE = "document.querySelectorAll('.question:not(#curtain), #briefing, #role, #my-seat').length"


def work_opening(visitor: Visitor) -> None:
    page = visitor.open("#start")
    page.click("#keep")
    page.wait_for_selector("#pause")
    page.click("#pause")
    page.click("#withdraw")
    page.click("#pause")
    page.wait_for_selector("#rain svg", timeout=90_000)
    page.click("#again-start")
    page.wait_for_selector("#keep:not([aria-pressed])")
    page.click("#tab-watch")
    page.click("#tab-start")
    page.click("#withdraw")
    for door, there in (("class", "#phase"), ("puzzles", "#chapter-1"), ("lab", "#play")):
        page.wait_for_selector(f"#door-{door}", timeout=90_000)
        page.click(f"#door-{door}")
        page.wait_for_selector(there)
        if door != "lab":
            page.click("#tab-start")


def saved(page: Any, button: str) -> str:
    """The name of the file that a button saves.

    After every tenth download Chromium asks whether more may come; nobody answers where there is no window, and the
    next click goes through.
    """
    from playwright.sync_api import TimeoutError as NothingCame

    for patience in (8_000, 30_000):
        with contextlib.suppress(NothingCame):
            with page.expect_download(timeout=patience) as download:
                page.click(button)
            return str(download.value.suggested_filename)
    raise AssertionError(f"{button} saves nothing")


def save_all(page: Any, tmp_path: Path) -> None:
    """Every figure in sight, each way that it can be saved."""
    for name in page.eval_on_selector_all("details.save", "(all) => all.map((one) => one.id.replace('save-', ''))"):
        page.click(f"#save-{name} > summary")
        for kind in ("png", "svg", "csv"):
            assert saved(page, f"#{kind}-{name}") == f"detente-{name}.{kind}"
        page.click(f"#save-{name} > summary")


def work_watching(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open()
    until(page, "document.querySelector('#cloud')?.dataset.runs === '520'", 120)  # from here on nothing is drawn anew
    save_all(page, tmp_path)
    for preset in ("leaders", "grim", "fog", "door", "club", "club"):
        page.click(f"#preset-{preset}")
        until(page, f"document.querySelector('#preset-{preset}').getAttribute('aria-pressed') !== null")
    until(page, "document.querySelector('#now').textContent === '2026Q4'")
    now = lambda: page.inner_text("#now")  # noqa: E731
    page.click("#step")
    until(page, "document.querySelector('#now').textContent === '2027Q1'")
    page.click("#back")
    until(page, "document.querySelector('#now').textContent === '2026Q4'")
    page.select_option("#speed", "350")
    page.click("#play")
    until(page, "document.querySelector('#now').textContent >= '2027Q3'")
    page.click("#play")
    paused = now()
    page.wait_for_timeout(900)
    assert now() == paused
    page.click("#rewind")
    until(page, "document.querySelector('#now').textContent === '2026Q4'")
    page.focus("#quarter")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('#now').textContent === '2027Q3'")
    # branch: a rule, then a decision, then undone
    page.click("#open-branching")
    page.click("#branching > summary")
    page.click("#branching > summary")
    for name in page.eval_on_selector_all("#branch-name option", "(all) => all.map((one) => one.value)"):
        page.select_option("#branch-name", name)
        kind = page.eval_on_selector(f"#branch-{name}", "(node) => node.type")
        if kind == "checkbox":
            page.click(f"#branch-{name}")
        elif kind == "range":
            page.focus(f"#branch-{name}")
            page.keyboard.press("End")
        else:
            page.select_option(f"#branch-{name}", index=1)
    page.select_option("#branch-name", "generosity")
    page.fill("#branch-generosity", "0.9")
    page.click("#branch-go")
    page.wait_for_selector("#branch-undo")
    page.select_option("#decide-pair", "2")
    page.select_option("#decide-side", "1")
    page.select_option("#decide-what", "lapse")
    page.click("#decide-go")
    until(page, "document.querySelectorAll('#branching li').length === 2")
    until(page, "document.querySelector('#now').textContent === '2027Q3'")
    page.click("#branch-undo")
    until(page, "!document.querySelector('#branch-undo')")
    page.click("#drawer-close")
    page.click("#below-games")
    page.click("#open-settings")
    # luck, starting points, settings
    page.fill("#replicate", "17")
    page.press("#replicate", "Enter")
    page.click("#other-luck")
    until(page, "document.querySelector('#replicate').value === '18'")
    for scenario in ("symmetric", "2018", "2026-open-access", "2026"):
        page.select_option("#scenario", scenario)
        until(page, "document.querySelectorAll('section.card table').length === 3")
    sliders = page.eval_on_selector_all("[id^=set-]", "(nodes) => nodes.map((node) => [node.id, node.type])")
    assert len(sliders) >= 40
    for name, kind in sliders:
        page.evaluate(f"document.getElementById('{name}').closest('details').open = true")
        if kind == "checkbox":
            page.click(f"#{name}")
        elif kind == "range":
            page.focus(f"#{name}")
            page.keyboard.press("Home" if name != "set-discount_factor" else "End")
        else:
            page.select_option(f"#{name}", index=2)
    until(page, f"document.querySelectorAll('.control.changed').length >= {len(sliders) - 6}")
    page.click("#settings-reset")
    until(page, "document.querySelectorAll('.control.changed').length === 0")
    page.click("#files > summary")
    with page.expect_download() as download:
        page.click("#export")
    path = tmp_path / "run.json"
    download.value.save_as(path)
    assert replay(json.loads(path.read_text()))[1]
    page.set_input_files("#replay", str(path))
    until(page, "document.querySelector('#notice').className === 'shown'")
    page.click("#lesson > summary")
    for field in ("title", "text", "question", "before", "after"):
        page.fill(f"#lesson-{field}", field)
    page.click("#lesson-save")
    until(page, "document.querySelector('#notice').className.includes('bad')")  # the replayed run is as it ever was
    page.keyboard.press("Escape")
    page.focus("#drawer-close")
    page.keyboard.press("Escape")
    assert not page.locator("#drawer").is_visible()
    for part in ("table", "games", "charts"):
        page.click(f"#below-{part}")
        for details in page.locator("details:not(.save) > summary").all():
            if details.is_visible():
                details.click()


def work_lessons(visitor: Visitor) -> None:
    page = visitor.open("#learn")
    for chapter in range(1, 9):
        page.click(f"#chapter-{chapter}")
        if page.locator("#reveal").count():
            assert page.is_disabled("#reveal")
            predict(page)
            for option in page.locator("fieldset input[type=radio]").all():
                option.check()
            picked = page.locator("[id^=pick-]:checked")
            while picked.count():  # another package: the two that were left out
                picked.first.click()
            assert page.is_disabled("#reveal") == (page.locator("[id^=pick-]").count() > 0)
            for box in page.locator("[id^=pick-]").all()[-2:]:
                box.click()
            page.click("#reveal")
            page.wait_for_selector("#verdict", timeout=240_000)
            if page.locator("#play-live").count():
                page.click("#play-live")
                page.wait_for_selector("#answer [data-runs]")
                page.click(f"#chapter-{chapter}")  # what was revealed is there again, whole
                page.wait_for_selector("#verdict")
            for summary in page.locator("#answer summary").all():
                summary.click()
            page.click("#again")
            assert page.is_disabled("#reveal")
            if chapter == 8:
                predict(page)
                page.click("#reveal")
                page.click("#to-watch")
                page.wait_for_selector("#play")


def work_leading(lead: Visitor, running: Served) -> None:
    screen = lead.open(f"#lead={running.lead_token}")
    screen.wait_for_selector("#code-2")
    before = [screen.inner_text(f"#code-{b}") for b in range(3)]
    screen.click("#empty-1")
    until(screen, f"document.querySelector('#code-1').textContent !== '{before[1]}'")
    for name, value in (("pace", "1"), ("patience", "90")):
        screen.fill(f"#{name}", value)
        screen.press(f"#{name}", "Tab")
    until(screen, "document.querySelector('#patience').value === '90'")
    screen.fill("#saying", "Welcome")
    screen.click("#lead-send")
    for bloc in (0, 2):
        screen.click(f"#empty-{bloc}")
    screen.evaluate("window.print = () => { window.printed = document.body.className; }")
    screen.click("#lead-cards")
    assert screen.evaluate("window.printed") == "cards"
    screen.click("#lead-start")
    screen.click("#lead-pause")
    screen.click("#lead-next")
    with screen.expect_download():
        screen.click("#lead-export")
    for when in ("before", "after"):
        screen.click(f"#quiz-{when}")
    with screen.expect_download():
        screen.click("#quiz-csv")
    screen.click("#quiz-close")
    screen.click("#lead-end")
    screen.wait_for_selector("dialog #ask-no")
    assert screen.evaluate(UNREADABLE) == [] and screen.evaluate(NAMELESS) == []
    screen.click("#ask-no")
    screen.wait_for_timeout(500)
    assert running.classroom.room.phase != "over" and not screen.locator("dialog").count()
    screen.click("#lead-end")
    screen.keyboard.press("Escape")
    screen.wait_for_timeout(500)
    assert running.classroom.room.phase != "over" and not screen.locator("dialog").count()
    screen.click("#lead-end")
    screen.click("#ask-yes")
    until(screen, "document.querySelector('#lead-end').disabled")
    assert running.classroom.room.phase == "over"
    over = screen.inner_text("#lead-phase")
    screen.select_option("#lead-scenario", "symmetric")
    screen.fill("#length", "3")
    screen.press("#length", "Tab")
    screen.click("#lead-new")
    screen.wait_for_selector("dialog")
    assert running.classroom.room.phase == "over"
    screen.click("#ask-yes")
    until(screen, f"document.querySelector('#lead-phase').textContent !== '{over}'")
    assert running.classroom.room.settings.scenario == "symmetric"
    assert running.classroom.room.game.n_quarters == 3
    assert screen.evaluate(UNREADABLE) == []
    screen.click("#lead-settings > summary")
    for name, kind in screen.eval_on_selector_all("[id^=set-]", "(nodes) => nodes.map((node) => [node.id, node.type])"):
        screen.evaluate(f"document.getElementById('{name}').closest('details').open = true")
        if kind == "checkbox":
            screen.click(f"#{name}")
        elif kind == "range":
            screen.focus(f"#{name}")
            screen.keyboard.press("End")
        else:
            screen.select_option(f"#{name}", index=1)
    for summary in screen.locator("#lead-settings details > summary").all():
        summary.click()
    screen.click("#settings-reset")
    work_tables(screen, running)


def work_tables(screen: Any, running: Served) -> None:
    """Deal onto two tables; what is for one table works on that one."""
    with screen.expect_popup() as opened:
        screen.click("#open-wall")
    opened.value.wait_for_selector("#room-code")  # the window that was opened leads, too
    opened.value.close()
    screen.fill("#n-tables", "2")
    screen.click("#deal")
    until(screen, "document.querySelectorAll('#grid .table').length === 2")
    assert len(running.classroom.hall.tables) == 2 and screen.evaluate(UNREADABLE) == []
    for k in (0, 1):
        screen.click(f"#show-{k}")
        until(screen, f"document.querySelector('#show-{k}').ariaPressed === 'true'")
        assert running.classroom.hall.shown == k
    screen.click("#show-turns")
    screen.click("#lead-start")
    for k in (0, 1):
        until(screen, f"!document.querySelector('#next-{k}').disabled")
        screen.click(f"#next-{k}")


def choose(page: Any, worked: set[str]) -> None:
    """Work one control of the open questions, one that was not worked yet if there is any."""
    for select in page.locator(".question select[data-axis]").all():
        name = "axis-" + str(select.get_attribute("data-axis"))
        if name not in worked:
            try:
                select.select_option(index=1, timeout=2000)
            except Exception:  # the table moved on in the meantime
                return
            worked.add(name)
            page.wait_for_timeout(400)  # the package is judged
    if "peek" not in worked and page.locator(".question .peek button").count():
        with contextlib.suppress(Exception):  # as above
            page.locator(".question .peek button").first.click(timeout=2000)
            worked.add("peek")
    moves = page.eval_on_selector_all(
        ".question [data-move]", "(all) => all.filter((one) => !one.disabled).map((one) => one.dataset.move)"
    )
    for move in sorted(moves, key=lambda one: (one in worked, MOVES.index(one))):
        try:
            page.locator(f".question [data-move={move}]").first.click(timeout=2000)
        except Exception:  # as above
            continue
        worked.add(move)
        return


def work_sitting(visitor: Visitor, running: Served, tmp_path: Path) -> None:
    """Two seats in one browser, handed over behind a curtain, to the debrief."""
    room = running.classroom.room
    page = visitor.open("#sit")
    page.fill("#code", room.people.codes[0])
    page.fill("#name", "Ann")  # a seat's own code needs none
    page.click("#join")
    page.wait_for_selector("#role")
    page.click("#how > summary")
    page.click("#add-seat")
    page.fill("#code", room.people.codes[2])
    page.press("#code", "Enter")
    page.wait_for_selector("#curtain")
    assert page.evaluate(PRIVATE) == 0  # the first team's papers are gone, the second's not there yet
    page.click("#show-papers")
    until(page, "document.querySelector('#my-seat')?.textContent === 'European Union'")
    room.lead(room.people.facilitator, "set", {"pace": 0.0, "patience": 0.0}, time.monotonic())
    room.lead(room.people.facilitator, "start", {}, time.monotonic())
    page.wait_for_selector(".question [data-move]")
    page.click("#hand-0")
    page.wait_for_selector("#curtain")
    until(page, "document.querySelector('#hand-2')?.textContent.includes('deciding')")
    assert page.evaluate(PRIVATE) == 0
    assert "bn$" not in page.inner_text("main")  # nothing of what anything is worth to anybody
    assert set(room.seats) == {0, 2}
    page.click("#show-papers")
    until(page, "document.querySelector('#my-seat')?.textContent === 'China'")
    worked: set[str] = set()
    began = time.monotonic()
    while room.phase != "over" and time.monotonic() - began < 400:
        if page.locator(".question [data-move]").count():
            choose(page, worked)
        other = next((b for b in (0, 2) if page.locator(f"#hand-{b}.main").count()), None)
        if other is not None and not page.locator(".question [data-move]").count():
            page.click(f"#hand-{other}")
            page.click("#show-papers")
        for details in page.locator("main details:not(#how):not([open]) > summary").all()[:2]:
            with contextlib.suppress(Exception):  # as above
                details.click(timeout=500)
        page.wait_for_timeout(150)
    assert set(room.seats) == {0, 2}, "a seat that is put away is not lost"
    page.wait_for_selector("#class-cloud[data-runs='520']", timeout=240_000)
    with page.expect_download() as download:
        page.click("#room-export")
    path = tmp_path / "class.json"
    download.value.save_as(path)
    assert replay(json.loads(path.read_text()))[1]
    with page.expect_download() as download:
        page.click("#take-home")
    assert download.value.suggested_filename == "detente-class.html"
    page.evaluate("window.print = () => { window.printed = true; }")
    page.click("#print")
    assert page.evaluate("window.printed")
    page.click("#leave")
    page.wait_for_selector("#curtain")
    page.click("#show-papers")
    page.click("#leave")
    page.wait_for_selector("#join")
    assert worked >= set(MOVES)


def test_no_control_of_the_page_is_left_unworked(chrome: Any, tmp_path: Path) -> None:
    seen: set[str] = set()
    worked: set[str] = set()
    with served(pace=0.2, quarters=8) as running:
        # A visitor each: the first screen while the room is as it begins, watching, the lessons, sitting, leading.
        for number in (4, 0, 1, 2, 3):
            visitor = Visitor(chrome, LAPTOP, running.base, watch_controls=True)
            if number == 4:
                work_opening(visitor)
            elif number == 0:
                work_watching(visitor, tmp_path)
            elif number == 1:
                work_lessons(visitor)
            elif number == 2:
                work_sitting(visitor, running, tmp_path)
            else:
                room = running.classroom.room
                room.lead(room.people.facilitator, "new", {"settings": room.settings}, time.monotonic())
                work_leading(visitor, running)
            for tab in ("watch", "learn", "sit"):
                visitor.page.click(f"#tab-{tab}")
            visitor.page.select_option("#language", "zh-Hans")
            until(visitor.page, "document.documentElement.lang === 'zh-Hans'")
            if number == 3:
                visitor.page.click("#tab-lead")
            assert visitor.page.evaluate(NAMELESS) == []
            found = visitor.page.evaluate(CONTROLS)
            seen |= set(found["seen"])
            worked |= set(found["worked"])
            at_ease(visitor)
            visitor.context.close()
    assert len(seen) > 150
    assert sorted(seen - worked) == []


def test_the_page_is_worked_by_keyboard_alone(chrome: Any) -> None:
    with served(quarters=2) as running:
        visitor = Visitor(chrome, LAPTOP, running.base)
        page = visitor.open()
        page.wait_for_selector("#cloud", timeout=60_000)
        page.evaluate("document.body.focus()")
        order: list[str] = []
        for _ in range(22):
            page.keyboard.press("Tab")
            order.append(page.evaluate("document.activeElement.id || document.activeElement.parentElement.id"))
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", order[-1]
        assert order == [
            *("skip", "tab-start", "tab-sit", "tab-learn", "tab-watch", "language"),
            *("preset-leaders", "preset-grim", "preset-fog", "preset-door", "preset-club", "open-settings"),
            *(
                "save-map",
                "save-cloud",
                "counted",
                "rewind",
                "back",
                "play",
                "step",
                "quarter",
                "speed",
                "open-branching",
            ),
        ]
        # the first stop leads past the header
        page.evaluate("document.activeElement.blur()")
        page.focus("#skip")
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#main"
        # the drawer takes the keyboard and gives it back
        page.focus("#open-settings")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "drawer-title"
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.id") == "open-settings"
        page.keyboard.press("Enter")
        # a slider keeps the keyboard while the page is drawn anew after every stop
        page.evaluate("document.getElementById('group-trust').open = true")
        page.focus("#set-generosity")
        before = float(page.input_value("#set-generosity"))
        for _ in range(3):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(250)
        assert page.evaluate("document.activeElement.id") == "set-generosity"
        assert float(page.input_value("#set-generosity")) == pytest.approx(before + 0.03)
        page.focus("#scenario")
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(400)
        assert page.evaluate("document.activeElement.id") == "scenario"
        # a lesson
        page.focus("#tab-learn")
        page.keyboard.press("Enter")
        page.wait_for_selector("#chapter-1")
        page.focus("input[type=radio]")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "reveal"
        page.keyboard.press("Enter")
        page.wait_for_selector("#verdict")
        assert page.evaluate(NAMELESS) == []
        at_ease(visitor)
        visitor.context.close()


def test_what_is_printed_can_be_read(chrome: Any) -> None:
    with served(quarters=2, lan=True) as running:
        lead = Visitor(chrome, A4, running.base)
        page = lead.open(f"#lead={running.lead_token}")
        page.wait_for_selector(".qr svg")
        page.evaluate("document.body.classList.add('cards')")
        page.emulate_media(media="print")
        assert page.locator("#cards article").count() == 5
        assert all(card.is_visible() for card in page.locator("#cards article").all())
        assert not page.locator(f"#code-{0}").is_visible()  # no code goes to the printer
        assert page.evaluate(UNREADABLE) == []
        assert len(page.pdf(format="A4")) > 1000
        lead.context.close()
