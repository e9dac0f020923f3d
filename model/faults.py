"""What is wrong with something that came from outside, said once: what came, what is allowed, the nearest name."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable
from typing import Any, Final

#: Characters of a value that a message shows.
MOST_SHOWN: Final = 80


def shown(came: object, most: int = MOST_SHOWN) -> str:
    """A value as in code, on one line and cut where it is long; there is nothing that cannot be shown."""
    try:
        text = " ".join(repr(came).split())
    except ValueError:  # Python writes no number of more than 4,300 digits
        what = "" if isinstance(came, int) else f"{type(came).__name__} with a "
        return f"a {what}number of thousands of digits"
    return text if len(text) <= most else f"{text[:most]}..."


def whole_number(came: Any) -> int | None:
    """A whole number, Python's or NumPy's, as an int; None for anything else: a switch, a text and 3.0 are none."""
    try:
        return None if isinstance(came, bool) else operator.index(came)
    except TypeError:
        return None


class InputFault(ValueError):
    """Everything that is wrong with an input, one line a fault, in the order of the input."""

    def __init__(self, faults: Iterable[str], subject: str = "input") -> None:
        self.faults: tuple[str, ...] = tuple(faults)
        self.subject = subject
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n".join([f"{subject}: {count}", *(f"  - {fault}" for fault in self.faults)]))

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt from their message by default; worker processes must get the faults back.
        return (type(self), (self.faults, self.subject))


def nearest(name: object, known: Iterable[str]) -> str:
    """The known name nearest to ``name`` as a hint for a message, or an empty string.

    A hint reads ``nearest known name: 'price_adjustment'``.
    """
    folded = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower() if isinstance(name, str) else "", list(folded), n=1, cutoff=0.5)
    return f"nearest known name: '{folded[close[0]]}'" if close else ""
