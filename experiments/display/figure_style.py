"""How every figure is drawn and saved: in the project's look, in letters that this machine has.

The user's own settings for figures do not leak in, and what people wrote is never read as mathematics.
"""

from __future__ import annotations

import contextlib
import textwrap
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colors, font_manager, ft2font
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from experiments.display.looks import style
from experiments.display.streams import plain

# Okabe & Ito 2008, without yellow, which a projector loses on white.
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILLION, PURPLE = (
    *("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"),
)
SERIES: Final = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS: Final = "osD^vPX"
BLOC_COLOURS: Final = {"CN": VERMILLION, "US": BLUE, "EU": GREEN}
BLOC_LINES: Final = {"CN": "-", "US": "--", "EU": "-."}
MINUS: Final = "\N{MINUS SIGN}"  # as numbers at axes have it
GREY: Final = "#BBBBBB"
MUTED: Final = "#777777"
PALE: Final = "#E8E8E8"
NOTE: Final = "#555555"

# Greys of the colours above, as far from each other as paper shows them; other colours keep their lightness.
IN_GREY: Final = {
    BLUE: "#000000", VERMILLION: "#666666", GREEN: "#3A3A3A", PURPLE: "#8C8C8C", ORANGE: "#9C9C9C", SKY: "#B4B4B4",
}  # fmt: skip
LINES: Final[tuple[Any, ...]] = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))
HATCHES: Final = ("", "//", "..", "xx", "\\\\", "oo", "++")


def bloc_look(bloc: str) -> dict[str, Any]:
    """Colour and line of a bloc: one of the three's own, another's from those that are left, by its code."""
    left = [colour for colour in SERIES if colour not in BLOC_COLOURS.values()]
    k = sum(map(ord, bloc)) % len(left)
    return {"color": BLOC_COLOURS.get(bloc, left[k]), "linestyle": BLOC_LINES.get(bloc, LINES[len(BLOC_LINES) + k])}


def pt(points: float) -> float:
    """Points on a slide (of lines, marks and distances) as points of the style that is asked for."""
    return points * style().scale


def inches(length: float) -> float:
    """Inches on a slide as inches of the style that is asked for."""
    return pt(length)


def settings() -> Any:
    """Settings of the drawing library for the style that is asked for."""
    own = style()
    return {
        "font.size": own.small,
        "axes.labelsize": own.body,
        "axes.titlesize": own.head,
        "figure.titlesize": own.title,
        "figure.titleweight": "bold",
        "lines.linewidth": pt(2.6),
        "lines.markersize": pt(9),
        "errorbar.capsize": pt(3),
        "hatch.linewidth": pt(1.2),
        **{f"{axis}tick.major.{part}": pt(size) for axis in "xy" for part, size in (("size", 5), ("pad", 5))},
        "axes.linewidth": pt(1.2),
        "grid.linewidth": pt(1.2),
        "axes.labelpad": pt(6),
        "axes.titlepad": pt(8),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titleweight": "bold",
        "axes.grid": True,
        "grid.color": "#EEEEEE",
        "axes.axisbelow": True,
        "legend.frameon": False,
        "legend.handlelength": 2.6,
        "figure.dpi": 100,
        "savefig.dpi": own.dots,
        # Letters stay letters: a journal can set them, and a reader can search them.
        "pdf.fonttype": 42,
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
        matplotlib.rcParams.update(settings())
        yield


def saver(draw: Callable[[], Figure]) -> Callable[[Path], None]:
    """What draws a figure into the file that it is given, and forgets it."""

    def save(path: Path) -> None:
        with own_style(), forgetting():
            figure = draw()
            spell(figure)
            if style().is_grey:
                in_grey(figure)
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


# Panels of a row that have room beside each other; where there are more, fewer stand in a line, each of them wider.
MOST_ABREAST: Final = 4
FEWER_ABREAST: Final = 3
# Of the size of letters: the usual width of one, the height of a line; how much wider bold ones are.
EM, LINE, BOLD = 0.54, 1.5, 1.2
KEY: Final = 7  # letters that have room where the mark of a legend stands
# What is left of the height that a panel is given, when what stands around it has its own.
OF_HEIGHT: Final = 0.7

# --- panels and words -------------------------------------------------------------------------------------------------


def panels(
    n_rows: int,
    n_columns: int,
    heights: float | Sequence[float],
    share_y: bool = True,
    share_x: bool = False,
    foot: float | None = None,
) -> tuple[Figure, np.ndarray]:
    """A grid of panels, (rows, columns); heights of rows in inches of a slide. Rows share what they share.

    More columns than have room beside each other go on below, all rows of some columns before those of the next; in a
    narrow style column after column. With ``foot``, its height, one panel more goes across below all: the last one of
    the figure.
    """
    own, beside = style(), abreast(n_columns)
    tall = [heights] * n_rows if isinstance(heights, int | float) else list(heights)
    ratios = tall * -(-n_columns // beside)
    ratios = [*ratios, foot] if foot else ratios
    figure = plt.figure(
        figsize=(own.width, inches(sum(ratios))),
        layout=ConstrainedLayoutEngine(w_pad=inches(0.08), h_pad=inches(0.08)),
    )
    grid = figure.add_gridspec(len(ratios), beside, height_ratios=ratios)
    axes = np.empty((n_rows, n_columns), dtype=object)
    for row, column in np.ndindex(n_rows, n_columns):
        where = grid[column // beside * n_rows + row, column % beside]
        first = axes[row, 0] if column else None
        axes[row, column] = figure.add_subplot(
            where, sharex=first if share_x else None, sharey=first if share_y else None
        )
        if share_y and column % beside:
            axes[row, column].tick_params(labelleft=False)  # type: ignore[attr-defined]
    if foot:
        figure.add_subplot(grid[-1, :])
    return figure, axes


def abreast(n_columns: int) -> int:
    """How many of so many columns of panels have room beside each other."""
    return 1 if style().is_stacked else n_columns if n_columns <= MOST_ABREAST else FEWER_ABREAST


def lines_of(row: Any) -> list[list[Axes]]:
    """The panels of a row, line by line as they stand beside each other."""
    beside = abreast(len(row))
    return [list(row[first : first + beside]) for first in range(0, len(row), beside)]


def leftmost(row: Any) -> list[Axes]:
    """Of the panels of a row, those at the left edge, which name what goes up."""
    return [line[0] for line in lines_of(row)]


def name_across(row: Any, words: str) -> None:
    """Name what goes across: once for panels beside each other."""
    width = letters(0.62 if style().is_stacked else 0.7, style().body)
    for line in lines_of(row):
        line[len(line) // 2].set_xlabel(wrapped(words, width, 4))


def name_over(row: Any, words: str) -> None:
    """Name what a row has in common, above the names of its panels: once for panels beside each other."""
    (text,) = row_names([words], letters(0.8, BOLD * style().head), 1)
    for line in lines_of(row):
        for axis in line:
            axis.set_title(f"{text if axis is line[len(line) // 2] else ' '}\n{axis.get_title()}")


def name_up(row: Any, words: str) -> None:
    """Name what goes up, at the left edge, in lines that are no longer than the panel is high."""
    for axis in leftmost(row):
        high = OF_HEIGHT * axis.get_position().height * axis.figure.bbox.height / axis.figure.dpi
        width = max(int(high * 72 / (EM * style().body)), *map(len, words.split()))
        axis.set_ylabel("\n".join(textwrap.wrap(words, width)))


def letters(share: float = 1.0, size: float | None = None) -> int:
    """How many letters go into a line over a share of the figure's width; size: in points (small)."""
    return max(8, int(share * style().width * 72 / (EM * (size or style().small))))


def wrapped(text: str, width: int, most: int = 2) -> str:
    """A text in lines of at most so many letters; what is beyond so many lines is left out."""
    return "\n".join(
        textwrap.wrap(text, width, max_lines=most, placeholder=" …", break_long_words=len(text) > 3 * width)
    )


def row_names(names: Sequence[str], width: int, most: int) -> list[str]:
    """Names of rows, each in up to ``most`` lines of at most so many letters.

    What is too long loses words between its ends, those first that most rows have: what tells it from others stays.
    """
    n_rows_with = Counter(word for name in names for word in set(name.split()))
    return [_shortened(name.split(), width, most, n_rows_with) or " " for name in names]


def _shortened(words: list[str], width: int, most: int, n_rows_with: Mapping[str, int]) -> str:
    def lines(text: str) -> list[str]:
        return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)

    inner = sorted(range(1, len(words)), key=lambda place: (-n_rows_with[words[place]], abs(place - len(words) / 2)))
    for n_out in range(len(inner) + 1):
        out = set(inner[:n_out])
        kept = ["…" if place in out else word for place, word in enumerate(words)]
        text = " ".join(word for word, last in zip(kept, ["", *kept], strict=False) if word != "…" or last != "…")
        if len(lines(text)) <= most:
            return "\n".join(lines(text))
    return wrapped(" ".join(words), width, most)


def widened(axes: Sequence[Axes], low: float, high: float, before: int = 0, behind: int = 0) -> None:
    """One scale for panels beside each other, with room for so many letters before the lowest and behind the highest.

    A panel is as wide as names of rows leave it.
    """
    beside = abreast(len(axes))
    whole = style().width * (0.62 if style().is_stacked else 0.7) / beside
    ends = [(EM * n * style().small + pt(14) * (n > 0)) / 72 for n in (before, behind)]
    inch = (high - low or 1.0) / max(whole - sum(ends), 0.25 * whole)
    for axis in axes:
        axis.set_xlim(low - max(ends[0] * inch, 0.06 * (high - low)), high + max(ends[1] * inch, 0.06 * (high - low)))


def titled(figure: Figure, title: str) -> None:
    """The title of the whole, where figures have one: in a paper the caption says it."""
    if style().is_titled:
        figure.suptitle(wrapped(title, letters(0.98, BOLD * style().title), 3))


def noted(figure: Figure, text: str) -> None:
    """A note under the whole: what was run."""
    figure.supxlabel(wrapped(text, letters(0.98), 6), fontsize=style().small, color=NOTE)


def keyed(figure: Figure, handles: Sequence[Any], note: str = "") -> None:
    """The legend of the whole, below it, in as many columns as there is room for; above it a note on what was run.

    The figure grows by it: panels keep their height however much there is to say.
    """
    for handle in handles:
        handle.set_label(row_names([str(handle.get_label())], letters(1.0) - KEY, 2)[0])
    longest = max((len(str(handle.get_label())) for handle in handles), default=1) + KEY
    columns = max(1, min(len(handles), 4, letters(1.0) // longest))
    key = figure.legend(handles=list(handles), loc="outside lower center", ncols=columns)
    if note:
        key.set_title(wrapped(note, letters(0.98), 6))
        key.get_title().set(color=NOTE, fontsize=style().small, multialignment="center")
    more = -(-len(handles) // columns) - 1 + (wrapped(note, letters(0.98), 6).count("\n") + 1 if note else 0)
    figure.set_figheight(figure.get_figheight() + more * LINE * style().small / 72)


# --- black and white --------------------------------------------------------------------------------------------------


def in_grey(figure: Figure) -> None:
    """Draw everything in greys; what colours tell apart, marks, lines or hatches tell apart as well."""
    for artist in figure.findobj():
        for part in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
            get, put = (getattr(artist, f"{verb}_{part}", None) for verb in ("get", "set"))
            if get is None or put is None:
                continue
            colour = get()
            if isinstance(colour, str) and colour in ("none", "auto"):
                continue
            put(_grey_of(colour))
        if (colour_map := getattr(artist, "get_cmap", None)) is not None and colour_map() is not None:
            artist.set_cmap(_grey_map(colour_map()))  # type: ignore[attr-defined]


def _grey_of(colour: Any) -> Any:
    known = {colors.to_hex(name): grey for name, grey in IN_GREY.items()}

    def one(rgba: np.ndarray) -> tuple[float, ...]:
        grey = known.get(colors.to_hex(tuple(rgba)))
        light = colors.to_rgb(grey)[0] if grey else float(np.dot(rgba[:3], (0.2126, 0.7152, 0.0722)))
        return (light, light, light, float(rgba[3]))

    found = colors.to_rgba_array(colour)
    return one(found[0]) if len(found) == 1 and np.ndim(colour) < 2 else [one(rgba) for rgba in found]


def _grey_map(colour_map: colors.Colormap) -> colors.Colormap:
    """The same steps in greys of the same lightness."""
    steps = colour_map(np.linspace(0.0, 1.0, 64))
    light = steps[:, :3] @ np.array((0.2126, 0.7152, 0.0722))
    return colors.ListedColormap(np.stack([light] * 3, axis=1))
