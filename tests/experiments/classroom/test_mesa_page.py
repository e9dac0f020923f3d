"""``detente class --mesa``: Mesa's own view, in a browser without a network, from the command to Ctrl-C."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest
from browsing import IN_A_BROWSER, UNREADABLE, Visitor, at_ease, needs_page, started, until

needs_page("solara")

from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Text  # noqa: E402

from experiments.classroom import mesa_page, serving  # noqa: E402
from experiments.classroom.controls import class_scenarios  # noqa: E402
from model import DYAD_NAMES, PARAMETERS, QUARTERS_PER_YEAR, load_scenario, make_parameters  # noqa: E402

WINDOW = (1366, 900)
SHOTS = os.environ.get("SCREENSHOTS")  # a folder to leave pictures in
ENDS = 12.0  # seconds from Ctrl-C to the end of the command
PLAYING_ON = 18.0  # seconds that the rest of a run would last at the slowest pace: half a second a quarter
# Solara's front end says so of its own parts.
STOCK = "Failed to evaluate Vue script and find module.exports"
# How Mesa's page counts: in steps, or since 3.5 in time.
COUNTED = "Time: {:.1f}" if hasattr(mesa.Model, "scenario") else "Step: {}"
PROGRESS = "document.querySelector('.standing p')?.textContent ?? ''"
TABLES = """JSON.stringify([...document.querySelectorAll('.standing table')].map((table) =>
  [...table.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))))"""
# Words and plots that are wider than their cell, or plots that lie over the next cell.
WIDTHS = """[...document.querySelectorAll('.standing, .vue-grid-item:not(.vue-grid-placeholder)')].filter((node) =>
  node.scrollWidth > node.clientWidth + 1 || !node.matches('.standing') && node.scrollHeight > node.clientHeight + 1
).map((node) => node.textContent.slice(0, 40))"""
SOURCES = "[...document.querySelectorAll('.widget-image')].map((image) => image.src)"
# Pixels of each colour in each plot. A plot is an SVG of its own, so its lines cannot be asked for.
INK = """async (colours) => {
  const counts = [];
  for (const image of document.querySelectorAll('.widget-image')) {
    await image.decode().catch(() => null);  // a new plot took its place
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth || 1, image.naturalHeight || 1];
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    const dots = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    counts.push(colours.map((colour) => {
      const wanted = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
      let count = 0;
      for (let k = 0; k < dots.length; k += 4) {
        count += dots[k + 3] > 200 && wanted.every((value, c) => Math.abs(dots[k + c] - value) < 24);
      }
      return count;
    }));
  }
  return counts;
}"""


# --- what is shown, without a browser -------------------------------------------------------------------------------


def drawings(model: Any) -> list[Figure]:
    return [mesa_page.drawing(model, plot) for plot in mesa_page.PLOTS]


def texts_of(figure: Figure) -> list[Any]:
    """The texts of a figure that are seen, each with its box."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    outside = set()  # marks beyond the ends of an axis, which Matplotlib makes and does not draw
    for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
        low, high = axis.get_view_interval()
        outside |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    texts = [text for text in figure.findobj(Text) if text not in outside]
    found = [text for text in texts if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in found]


@pytest.fixture(scope="module")
def played() -> Iterator[dict[int, Any]]:
    """Models of Mesa's page after none, one and all quarters."""
    models = {n: mesa_page.ShownModel() for n in (0, 1, 37)}
    for n, model in models.items():
        for _ in range(n):
            model.step()
    yield models


@pytest.mark.parametrize("n", [0, 1, 37])
def test_every_axis_is_named_and_no_text_lies_over_another(played: dict[int, Any], n: int) -> None:
    for figure in drawings(played[n]):
        (axes,) = figure.axes
        assert axes.get_title() and axes.get_xlabel() and axes.get_ylabel()
        found = texts_of(figure)
        assert len(found) > 10
        for (one, a), (two, b) in itertools.combinations(found, 2):
            assert not a.overlaps(b), f"{one} / {two}"
        width, height = figure.bbox.width, figure.bbox.height
        for text, box in found:
            assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1, text


def test_the_lines_are_the_record(played: dict[int, Any]) -> None:
    model = played[37]
    depth, gain, cars = (figure.axes[0].get_lines() for figure in drawings(model))
    dyads, blocs = model.tables()["dyad"], model.tables()["bloc"]
    for d, name in enumerate(DYAD_NAMES):
        rows = dyads[dyads["entity"] == name]
        assert np.array_equal(depth[d].get_ydata(), rows["depth"])
        assert np.array_equal(gain[d].get_ydata(), QUARTERS_PER_YEAR * rows["joint_gain"])
    for b, bloc in enumerate(mesa_page.BLOCS):
        assert np.array_equal(cars[b].get_ydata(), blocs[blocs["entity"] == bloc]["ev_share"])


def test_one_quarter_can_be_seen_and_none_is_said(played: dict[int, Any]) -> None:
    for figure in drawings(played[1]):
        assert all(line.get_marker() == "o" for line in figure.axes[0].get_lines()[:3])
    for figure in drawings(played[0]):
        assert "no quarter played yet" in [text for text, _ in texts_of(figure)]
    said = [mesa_page.progress(played[n]) for n in (0, 1, 37)]
    assert said[0].startswith("No quarter played yet: Step plays 2026Q4")
    assert said[1] == "2026Q4: 1 of 37 quarters played."
    assert said[2] == "2035Q4: the run is over, all 37 quarters are played."


def test_the_news_are_those_of_the_last_quarter(played: dict[int, Any]) -> None:
    assert mesa_page.news(played[0]) == [] == mesa_page.pair_rows(played[0])
    lines = mesa_page.news(played[1])
    assert "CN–US: Talks open." in lines and not any(" tables: " in line for line in lines)
    last = [line for line in played[37].story if line.quarter == 36 and line.topic not in mesa_page.TALK]
    assert len(mesa_page.news(played[37])) == len(last)


def test_controls_stay_within_what_the_model_takes_and_override_no_starting_point() -> None:
    controls = mesa_page.controls()
    sliders = {name: control for name, control in controls.items() if control["type"] == "SliderFloat"}
    assert set(sliders) == set(mesa_page.SLIDERS)
    for end in ("min", "value", "max"):
        make_parameters({name: control[end] for name, control in sliders.items()})
        for control in sliders.values():
            stop = (control[end] - control["min"]) / control["step"]
            assert stop == pytest.approx(round(stop), abs=1e-9), control["label"]
    # The page hands every slider's value to every starting point.
    for scenario in class_scenarios():
        parameters = load_scenario(scenario).parameters
        assert not set(mesa_page.SLIDERS) & set(parameters.changes()), scenario
    assert all(control["value"] == PARAMETERS[name].default for name, control in sliders.items())


def test_a_reset_keeps_the_starting_point_that_was_chosen() -> None:
    chosen = {name: control["value"] for name, control in mesa_page.controls().items()} | {"start": "symmetric"}
    for theirs in ({}, {"scenario": object()}):  # what Mesa adds of its own, where it has scenarios
        assert mesa_page.ShownModel(**chosen, **theirs).start.name == "symmetric"


def test_no_quarter_is_played_once_the_server_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    model = mesa_page.ShownModel()
    model.step()
    serving.CLOSING.set()
    try:
        model.step()
    finally:
        serving.CLOSING.clear()
    assert len(model.recorder.frames) == 1 and not model.running


# --- the command in a browser ---------------------------------------------------------------------------------------


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def arrive(chrome: Any, base: str) -> Visitor:
    """A visitor who sees the page with its three plots."""
    visitor = Visitor(chrome, WINDOW, base)
    visitor.page.goto(f"{base}/")
    until(visitor.page, f"({PROGRESS}).startsWith('No quarter')", 60.0)
    until(visitor.page, f"{SOURCES}.length === 3")
    visitor.page.wait_for_function("[...document.querySelectorAll('.widget-image')].every((one) => one.naturalWidth)")
    return visitor


def slide(page: Any, label: str, key: str) -> None:
    """Move a slider with the keyboard."""
    thumb = page.locator(".v-input__slider", has=page.get_by_text(label, exact=True)).locator("[role=slider]")
    thumb.focus()
    page.keyboard.press(key)


def shot(page: Any, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(SHOTS) / f"mesa-{name}.png"))


def ink(page: Any) -> Any:
    return np.array(page.evaluate(INK, list(mesa_page.COLOURS)))


def watch(page: Any) -> None:
    """Step, play, pause: the quarter moves, the plots follow."""
    empty, sources = ink(page), page.evaluate(SOURCES)
    assert empty.shape == (3, 3) and (empty > 0).all()  # the keys of the plots
    assert not page.locator(".v-tabs").is_visible()
    shot(page, "start")
    button(page, "Step").click()
    until(page, f"{PROGRESS} === '2026Q4: 1 of 37 quarters played.'")
    until(page, f"{SOURCES}.every((one, k) => one !== {sources}[k])")
    page.get_by_text(COUNTED.format(1), exact=True).wait_for()
    button(page, "▶").click()
    until(page, f"parseInt(({PROGRESS}).slice(8)) >= 9", 60.0)
    assert button(page, "Step").is_disabled()
    button(page, "❚❚").click()
    button(page, "▶").wait_for()
    deadline = time.monotonic() + 30.0
    before, paused = "", page.evaluate(PROGRESS)
    while paused != before:  # the quarter that was being played, and what is still on its way
        assert time.monotonic() < deadline, "it plays on"
        page.wait_for_timeout(2000)
        before, paused = paused, page.evaluate(PROGRESS)
    assert "is over" not in paused
    while not (ink(page) > 2 * empty).all():
        assert time.monotonic() < deadline, "a line is not drawn"
        page.wait_for_timeout(500)
    shot(page, "paused")


def shows(page: Any, *tables: list[tuple[str, ...]]) -> None:
    """Wait until the tables are these (the parts of a page arrive one by one)."""
    try:
        until(page, f"{TABLES} === {json.dumps(json.dumps(tables, ensure_ascii=False, separators=(',', ':')))}")
    except AssertionError:
        assert json.loads(page.evaluate(TABLES)) == json.loads(json.dumps(tables))
        raise


def restart(page: Any) -> None:
    """A control is moved: the run goes on as it was; from Reset on the model has the new value, to the last quarter."""
    slide(page, mesa_page.WORDS["control.generosity"], "Home")
    slide(page, mesa_page.WORDS["watch.luck"], "ArrowRight")
    page.wait_for_timeout(500)
    usual, wanted = mesa_page.ShownModel(), mesa_page.ShownModel(replicate=1, generosity=0.0)
    assert json.loads(page.evaluate(TABLES))[0] == [list(row) for row in mesa_page.run_rows(usual)]
    button(page, "Reset").click()
    until(page, f"({PROGRESS}).startsWith('No quarter')")
    rows = mesa_page.run_rows(wanted)
    assert ("Forgiving a bad signal", "0", "generosity") in rows and ("Luck no.", "1", "replicate") in rows
    shows(page, rows)
    slide(page, "Render Interval (steps)", "End")
    button(page, "Step").click()
    until(page, f"({PROGRESS}).includes('the run is over')", 60.0)
    shows(page, rows, mesa_page.pair_rows(wanted.run()))
    assert mesa_page.pair_rows(wanted) != mesa_page.pair_rows(usual.run())
    page.get_by_text(COUNTED.format(37), exact=True).wait_for()  # of the 100 that were asked for
    assert button(page, "Step").is_disabled() and button(page, "▶").is_disabled()
    shot(page, "over")


def another_start(page: Any) -> None:
    """Another starting point, from the list."""
    page.locator(".v-select__slot").click()
    page.locator(".v-menu__content .v-list-item", has_text="symmetric").click()
    page.wait_for_timeout(500)
    slide(page, "Render Interval (steps)", "Home")
    button(page, "Reset").click()
    until(page, f"({PROGRESS}).startsWith('No quarter')")
    shows(page, mesa_page.run_rows(mesa_page.ShownModel("symmetric", replicate=1, generosity=0.0)))


class TestInABrowser:
    pytestmark = IN_A_BROWSER

    def test_mesas_view_is_worked_and_ctrl_c_ends_it(self, chrome: Any, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as outside, (tmp_path / "said").open("w+") as said:
            # Whatever the server asks of the network by way of a proxy would come here.
            door = f"http://127.0.0.1:{outside.getsockname()[1]}"
            proxies = {f"{kind}_PROXY".swapcase(): door for kind in ("http", "https", "all")}
            proxies |= {name.upper(): door for name in proxies}
            surroundings = {**os.environ, **proxies, "NO_PROXY": "", "no_proxy": ""}
            with started("--mesa", stderr=said, env=surroundings) as (process, base):
                visitor = arrive(chrome, base)
                page = visitor.page
                assert page.title() == "Détente: the view of Mesa"
                watch(page)
                other = arrive(chrome, base)  # who comes later begins at the beginning
                other.context.close()
                restart(page)
                assert page.evaluate(UNREADABLE) == []
                assert page.evaluate(WIDTHS) == []
                another_start(page)
                for guest in (visitor, other):
                    guest.complaints = [one for one in guest.complaints if not one.startswith(STOCK)]
                at_ease(visitor, other)
                # Ctrl-C in the middle of a run, with the page open
                slide(page, "Play Interval (ms)", "End")
                button(page, "▶").click()
                until(page, f"({PROGRESS}).includes(': 1 of')")
                began = time.monotonic()
                process.send_signal(signal.SIGINT)
                assert process.wait(ENDS + PLAYING_ON) == 0
                took = time.monotonic() - began
                print(f"ended {took:.1f} s after Ctrl-C")
                assert took < ENDS
            said.seek(0)
            assert said.read() == ""
            outside.setblocking(False)
            with pytest.raises(BlockingIOError):
                outside.accept()
