"""What a test that looks at the served page begins with: the page itself, sizes, and what must hold of a picture of it.

A file that needs it is skipped where the page's packages are missing. Its ``page_`` is served as its ``SERVED`` says.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from browsing import LATIN_SIGNS, NAMELESS, OVERLAPS, PROJECTOR, SMALLER_THAN, UNREADABLE, needs_page

needs_page()

from served import Served, served  # noqa: E402 - after the packages that it needs

__all__ = ["HAND", "LEAST_ON_THE_WALL", "SHOTS", "Served", "fits", "flaws", "served", "shot"]

HAND = (390, 844)  # a phone, as most are held today; browsing.PHONE is the smallest
LEAST_ON_THE_WALL = 28  # pixels of a text that the last row reads
SHOTS = os.environ.get("SCREENSHOTS")  # a folder to leave pictures in
UNFILLED = re.compile(r"\b(?:null|undefined|NaN)\b|\{\w+\}")  # what a script shows for nothing
IN_SIGHT = """(id) => { const box = document.getElementById(id).getBoundingClientRect();
  return box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth; }"""


def shot(page: Any, name: str) -> None:
    """Leave a picture of the whole page, where somebody wants pictures."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def flaws(page: Any) -> list[str]:
    """What cannot be read, what lies over each other, Latin signs in Chinese, and places that nothing was put in."""
    found = [line for what in (UNREADABLE, OVERLAPS, LATIN_SIGNS) for line in page.evaluate(what)]
    return found + UNFILLED.findall(page.inner_text("body"))


def fits(page: Any, *ids: str) -> None:
    """Nothing has to be scrolled, everything can be read, and these controls are in sight."""
    high = page.evaluate("document.documentElement.scrollHeight")
    assert high <= page.viewport_size["height"], f"{page.url} is {high} high"
    hidden = [name for name in ids if not page.evaluate(IN_SIGHT, name)]
    bad = flaws(page) + page.evaluate(NAMELESS)
    if page.viewport_size["width"] == PROJECTOR[0]:
        bad += page.evaluate(SMALLER_THAN, LEAST_ON_THE_WALL)
    assert hidden + bad == [], f"{page.url}: not in sight {hidden}, not to be read {bad}"
