"""How every figure is drawn and saved: in the project's look, in letters that this machine has.

The user's own settings for figures do not leak in, and what people wrote is never read as mathematics.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib import font_manager, ft2font
from matplotlib.figure import Figure
from matplotlib.text import Text

from experiments.display.streams import plain

# Okabe & Ito 2008, without yellow, which a projector loses on white.
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILLION, PURPLE = (
    *("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"),
)
SERIES: Final = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS: Final = "osD^vPX"
BLOC_COLOURS: Final = {"CN": VERMILLION, "US": BLUE, "EU": GREEN}
BLOC_LINES: Final = {"CN": "-", "US": "--", "EU": "-."}
GREY: Final = "#BBBBBB"
MUTED: Final = "#777777"
PALE: Final = "#E8E8E8"

STYLE: Final[Any] = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.grid": True,
    "grid.color": "#EEEEEE",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.dpi": 100,
    "savefig.dpi": 150,
    # What people wrote is no mathematics: a $ is a dollar.
    "text.parse_math": False,
}
# Fonts with many letters that machines have, the ones made for text first.
FALLBACKS: Final = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Heiti SC", "SimHei", "Noto Sans CJK JP", "Arial Unicode MS"),
    *("Droid Sans Fallback", "Noto Sans", "Segoe UI", "Arial"),
)


@contextlib.contextmanager
def own_style() -> Iterator[None]:
    """The project's look, whatever the user has set for figures of their own."""
    with warnings.catch_warnings(), matplotlib.rc_context():
        # A letter that no font has is drawn as a box; what is too long for its place is drawn as it comes.
        warnings.filterwarnings("ignore", "Glyph .* missing from|constrained_layout not applied|Tight layout")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def saver(draw: Callable[[], Figure]) -> Callable[[Path], None]:
    """What draws a figure into the file that it is given, and forgets it."""

    def save(path: Path) -> None:
        with own_style(), forgetting():
            figure = draw()
            spell(figure)
            figure.savefig(path)

    return save


@contextlib.contextmanager
def forgetting() -> Iterator[None]:
    """Close every figure that was begun here, also by a drawing that failed."""
    before = set(plt.get_fignums())
    try:
        yield
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def spell(figure: Figure) -> None:
    """Write every text of a figure in letters that can be drawn: with fonts of this machine that have them."""
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    letters = {letter for text in texts for letter in text.get_text() if letter.isprintable()}
    if fonts := fonts_for(letters):
        for text in texts:
            text.set_fontfamily([*text.get_fontfamily(), *fonts])
    for text in texts:
        words = plain(text.get_text())
        if words != text.get_text():
            text.set_text(words)


def fonts_for(letters: Collection[str]) -> list[str]:
    """Fonts of this machine for the letters that the usual one lacks, as few as can be; the known ones first."""
    usual = ft2font.FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap()
    missing = {ord(letter) for letter in letters} - set(usual)
    chosen: list[str] = []
    if not missing:
        return chosen
    places = {name: place for place, name in enumerate(FALLBACKS)}
    known = {font.name: font for font in font_manager.fontManager.ttflist if not font.name.startswith("Last Resort")}
    for name in sorted(known, key=lambda name: (places.get(name, len(places)), name)):
        try:
            has = missing & set(ft2font.FT2Font(known[name].fname).get_charmap())
        except (OSError, RuntimeError):  # a font that was taken away, or cannot be read
            continue
        if has:
            chosen.append(name)
            missing -= has
        if not missing:
            break
    return chosen
