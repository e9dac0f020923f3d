"""What figures are drawn for, and in which forms they are kept: chosen by a command, obeyed wherever a figure is made.

No drawing library here, so that a command can check what was asked for before anything is computed; and no model, which
help does without.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Final, NamedTuple


class Style(NamedTuple):
    """What a figure is drawn for; lengths in inches, letters in points."""

    what: str
    width: float
    small: float  # numbers at axes, legends, notes
    body: float  # names of axes
    head: float  # titles of panels
    title: float  # of the whole, where it has one: a paper has captions
    dots: int  # an inch, in PNG
    scale: float = 8 / 15  # of lines, marks and heights, which are said as those of a slide
    is_titled: bool = False
    is_stacked: bool = False  # panels below each other
    is_grey: bool = False


WIDE, NARROW = 180 / 25.4, 88 / 25.4
STYLES: Final = {
    "slide": Style("a slide, to be read from the back row", 13.33, 18, 18, 20, 24, 150, scale=1.0, is_titled=True),
    "paper": Style("a journal, both columns (180 mm)", WIDE, 8, 8.5, 9, 9, 300),
    "column": Style("a journal, one column (88 mm)", NARROW, 8, 8.5, 9, 9, 300, is_stacked=True),
    "print": Style("black and white, 180 mm", WIDE, 8, 8.5, 9, 9, 300, is_grey=True),
}
USUAL: Final = "slide"
FORMS: Final = ("png", "svg", "pdf")

_style: ContextVar[Style] = ContextVar("style", default=STYLES[USUAL])
_forms: ContextVar[tuple[str, ...]] = ContextVar("forms", default=())


def style() -> Style:
    """What figures are drawn for now."""
    return _style.get()


def named(file: Path) -> list[Path]:
    """The files in which a figure is kept: the one that is named, or that name with each of the forms asked for."""
    return [file.with_name(f"{file.stem}.{form}") for form in _forms.get()] or [file]


def check_form(*files: Path) -> None:
    """Refuse a file for a figure whose name ends in no form of figures, before the work that it is to show is begun.

    Raises:
        InputFault: names every such file.
    """
    from model import InputFault

    allowed = ", ".join(f".{form}" for form in FORMS)
    faults = [f"'{file}' is no name for a figure; it must end in one of {allowed}" for file in files
              if file.suffix.lower().removeprefix(".") not in FORMS]  # fmt: skip
    if faults:
        raise InputFault(faults, "command line")


@contextlib.contextmanager
def looking(name: str = USUAL, forms: str | None = None) -> Iterator[None]:
    """Within it, figures are drawn in a style, and kept in some forms ("png,pdf"; None: as each is kept usually).

    Raises:
        InputFault: there is no such style, or no such form.
    """
    from model import InputFault, nearest

    faults = []
    if name not in STYLES:
        hint = nearest(name, tuple(STYLES)) or f"allowed is one of {', '.join(STYLES)}"
        faults.append(f"--style {name!r} is no style of figures; {hint}")
    asked = () if forms is None else tuple(dict.fromkeys(word.strip().lower() for word in forms.split(",")))
    for form in asked:
        if form not in FORMS:
            hint = nearest(form, FORMS) or f"allowed are {', '.join(FORMS)}, with commas between them"
            faults.append(f"--figures {form!r} is no form of figures; {hint}")
    if faults:
        raise InputFault(faults, "command line")
    before = _style.set(STYLES[name]), _forms.set(asked)
    try:
        yield
    finally:
        _style.reset(before[0])
        _forms.reset(before[1])
