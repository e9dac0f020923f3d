"""A class arrives: thirty real browsers open the page at once, on the machine that serves it.

What is measured: thirty contexts of one Chromium (thirty browsers' cookies, storage and renderers) are sent to the page
one after another, as fast as the browser takes them. A first picture is the browser's own "first contentful paint", in
seconds after the first of them was sent; since the first screen is one answer, it is all there in that paint. The same
thirty are sent to a file of one drawing on the same server, which is what Chromium itself costs here. On two cores that
is nearly all of it: where even this file leaves no room for what is promised, the page must not take longer than the
file by more than a part, in seconds and in seconds of a processor, which other programs hardly move.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browsing import IN_A_BROWSER, needs_page, started, until

needs_page()

pytestmark = IN_A_BROWSER
CLASS, MEDIAN, SOON = 30, 2.0, 5.0  # browsers; seconds to the first picture, for half of them and for all
MOST_LATE = 1.5  # times the seconds of a file that is one drawing
MOST_COST = 2.0  # times the processor's seconds of a file that is one drawing
# The page itself notes when its first picture stands: asking thirty pages in turn would measure the asking.
NOTE = """new PerformanceObserver((list) => {
  const paint = list.getEntriesByName('first-contentful-paint')[0];
  if (!paint) return;
  window.pictured = performance.timeOrigin + paint.startTime;
  window.onpicture?.();
}).observe({ type: 'paint', buffered: true });"""
# Somebody taps as soon as there is something to tap.
TAP = """window.onpicture = () => {
  const keep = document.getElementById('keep');
  keep.click();
  if (keep.getAttribute('aria-pressed') === 'true') window.pressed = performance.timeOrigin + performance.now();
  const watch = new MutationObserver(() => {
    if (!document.getElementById('pause')) return;
    window.playing = performance.timeOrigin + performance.now();
    watch.disconnect();
  });
  watch.observe(document.documentElement, { childList: true, subtree: true });
};"""


class Arrival(NamedTuple):
    """Seconds from the first browser's being sent, in order; processor: of all browsers together, s."""

    pictured: list[float]
    playing: list[float]
    processor: float

    def __str__(self) -> str:
        said = ", ".join(
            f"{what}: median {times[CLASS // 2]:.1f} s, worst {times[-1]:.1f} s"
            for what, times in (("first pictures", self.pictured), ("games", self.playing))
            if times
        )
        return f"{said}; {self.processor / CLASS:.2f} s of a processor each"


def processor_seconds() -> float:
    """Of everything that was started from here and is a browser's, s; 0 where the system does not tell."""
    if not Path("/proc/self/stat").exists():
        return 0.0
    rows = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit():
                words = (folder / "stat").read_text().rpartition(")")[2].split()
                rows[int(folder.name)] = (
                    int(words[1]),
                    int(words[11]) + int(words[12]),
                    (folder / "cmdline").read_text(),
                )
        except OSError:  # it has just ended
            continue
    ours, ticks = {os.getpid()}, 0
    for pid in sorted(rows):  # a child is started after its parent
        parent, used, command = rows[pid]
        if parent in ours:
            ours.add(pid)
            ticks += used if "chrom" in command.partition(" ")[0].partition("\0")[0] else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def arrive(chrome: Any, address: str, taps: bool = False) -> Arrival:
    """Thirty browsers are sent there; with ``taps`` somebody taps in each as soon as it shows something."""
    pages = []
    for _ in range(CLASS):
        page = chrome.new_context().new_page()
        page.add_init_script(NOTE + (TAP if taps else ""))
        pages.append(page)
    time.sleep(2.0)  # the browsers stand there
    used, began = processor_seconds(), time.time()
    for page in pages:
        page.goto(address, wait_until="commit")
    pictured, playing = [], []
    for page in pages:
        until(page, "Boolean(window.pictured)", 120.0)
        pictured.append(page.evaluate("window.pictured") / 1000 - began)
    used = processor_seconds() - used
    for page in pages:
        if taps:
            assert page.evaluate("window.pressed >= window.pictured")  # marked at once, in the browser's own turn
            until(page, "Boolean(window.playing)", 120.0)
            playing.append(page.evaluate("window.playing") / 1000 - began)
        page.context.close()
    return Arrival(sorted(pictured), sorted(playing), used)


@pytest.mark.slow
def test_thirty_browsers_that_arrive_at_once_see_something_soon_and_lose_no_tap(chrome: Any) -> None:
    with started() as (_, base):
        alone = arrive(chrome, f"{base}/static/icon.svg")
        print(f"one drawing: {alone}")
        seen = arrive(chrome, base)
        print(f"the page: {seen}")
        played = arrive(chrome, base, taps=True)
        print(f"with a tap each: {played}")
    assert len(seen.pictured) == len(played.playing) == CLASS
    assert seen.processor <= MOST_COST * alone.processor
    for place, promised in ((CLASS // 2, MEDIAN), (-1, SOON)):
        assert seen.pictured[place] <= max(promised, MOST_LATE * alone.pictured[place])
