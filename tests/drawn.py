"""What can be said of a figure that is drawn: its words, and which of them cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

EDGE = 2.0  # dots by which the rim of a letter may lie beyond the figure


def words_of(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()}


def seen(figure: Figure) -> list[Text]:
    """The texts that are drawn."""
    unseen = {id(text) for axes in figure.axes for text in _ticks_out_of_view(axes)}
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return [text for text in texts if text.get_window_extent().width > 0 and id(text) not in unseen]


def faults_of(figure: Figure) -> list[str]:
    """Words outside the figure, and words over other words."""
    whole = figure.bbox
    full = [(text.get_text(), text.get_window_extent()) for text in seen(figure)]
    boxes = [(words.strip(), box.shrunk(0.9, 0.8)) for words, box in full]
    faults = [f"{w!r} leaves the figure" for w, b in full if not whole.padded(EDGE).contains(b.x0, b.y0)]
    faults += [f"{w!r} leaves the figure" for w, b in full if not whole.padded(EDGE).contains(b.x1, b.y1)]
    for k, (words, box) in enumerate(boxes):
        faults += [f"{words!r} over {other!r}" for other, b in boxes[k + 1 :] if box.overlaps(b)]
    return faults


def _ticks_out_of_view(axes: Axes) -> Iterator[Text]:
    """Tick labels that an axis keeps although it does not draw them."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.majorTicks, *axis.minorTicks]:
            if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                yield from (tick.label1, tick.label2)
