"""What is wrong with something that came from outside, said once: what came, what is allowed, the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


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


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name nearest to ``name`` as a hint for a message, or an empty string.

    A hint reads ``nearest known name: 'price_adjustment'``.
    """
    close = difflib.get_close_matches(str(name).lower(), list(known), n=1, cutoff=0.5)
    return f"nearest known name: '{close[0]}'" if close else ""
