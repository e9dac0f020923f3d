"""The page of the assumption sample is that of the kept sample; its figure and its terminal output hold together."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from experiments.display import words
from experiments.hindcast import assumption_checks as checks
from experiments.hindcast import assumption_page as pages
from experiments.hindcast.assumptions import Fitted, load_assumptions, load_fitted

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / pages.DOCUMENT).read_text("utf-8")


@pytest.fixture(scope="module")
def fitted() -> Iterator[Fitted]:
    """What was played; what follows from it is computed once, which takes seconds."""
    found = load_fitted(load_assumptions())
    with pytest.MonkeyPatch.context() as patch:
        for name in ("learned", "recovery", "predicted"):
            patch.setattr(checks, name, once(getattr(checks, name), found))
        yield found


def once(compute: Callable[[Fitted], Any], found: Fitted) -> Callable[[Fitted], Any]:
    """What a function makes of this, computed when it is first asked for it."""
    made = functools.cache(lambda: compute(found))
    return lambda fitted: made()


@pytest.mark.slow
def test_the_page_says_what_follows_from_what_was_played(fitted: Fitted) -> None:
    for name, text in pages.blocks(fitted).items():
        assert words.part_of(TEXT, name) == text, name


@pytest.mark.parametrize("width", [60, 80, 160])
def test_what_is_told_fits_the_screen(width: int, fitted: Fitted) -> None:
    stream = io.StringIO()
    pages.tell(Console(file=stream, width=width), fitted)
    text = stream.getvalue()
    assert max(len(line) for line in text.splitlines()) <= width
    assert "effective sample size" in text and "EV share CN" in text


def test_the_figure_is_drawn(tmp_path: Path, fitted: Fitted) -> None:
    file = tmp_path / "own.png"
    pages.draw(fitted, file)
    assert file.stat().st_size > 20_000
