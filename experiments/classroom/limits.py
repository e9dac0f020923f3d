"""Manners at the door: how often anyone may ask, and how a request's text becomes plain data.

Nothing from the network reaches a game before it has passed here: size, depth, types, rate. Refusals are short and say
nothing about the machine.
"""

from __future__ import annotations

import json
import math
import threading
from collections import OrderedDict
from typing import Any, Final

LARGEST_BODY: Final = 65_536  # bytes; an export of the longest game is sent back through a file, not through here
DEEPEST: Final = 8  # levels of nesting
MOST_ITEMS: Final = 15_000
MOST_DIGITS: Final = 20
VISITOR_RATE, VISITOR_BURST = 20.0, 60.0  # requests a second by one browser, and saved up
PLACE_RATE, PLACE_BURST = 150.0, 600.0  # by one address: a school may share one
JOIN_RATE, JOIN_BURST = 2.0, 120.0  # codes tried from one address
#: Requests that play a whole run cost seconds of a processor each: they have an allowance of their own.
WHOLE_RATE, WHOLE_BURST = 0.1, 3.0
WHOLE_PLACE_RATE, WHOLE_PLACE_BURST = 2.0, 60.0
WHOLE_AT_ONCE: Final = 2  # whole runs being played; the others wait in line
QUARTERS_AT_ONCE: Final = 4  # requests for single quarters and clouds being answered
MOST_AT_ONCE: Final = 400  # requests in all, those in line too
MOST_BUCKETS: Final = 4096


class Buckets:
    """A bucket of tokens for everyone who asks: a request takes one, time refills, an empty bucket refuses."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, who: str, now: float, cost: float = 1.0) -> bool:
        """Whether ``who`` may ask once more now."""
        with self._lock:
            level, then = self._levels.pop(who, (self.burst, now))
            level = min(self.burst, level + self.rate * max(0.0, now - then))
            allowed = level >= cost
            self._levels[who] = (level - cost if allowed else level, now)
            while len(self._levels) > MOST_BUCKETS:
                self._levels.popitem(last=False)
            return allowed


def read_json(body: bytes) -> dict[str, Any]:
    """A request's body as a table of plain data.

    Raises ``ValueError`` for anything that is too large, too deep, no JSON, or no table; numbers are finite, and texts
    can be written down again: JSON has an escape for half a character, which is no text.
    """
    if len(body) > LARGEST_BODY:
        raise ValueError("too large")
    try:
        data = json.loads(body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite, parse_int=_small)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(data, dict):
        raise ValueError("no table")
    if _count(data, 0) > MOST_ITEMS:
        raise ValueError("too many items")
    return data


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number too large")
    return value


def _small(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("a number too large")
    return int(text)


def _count(data: Any, depth: int) -> int:
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(data, dict):
        inside = [*data, *data.values()]
    elif isinstance(data, list):
        inside = data
    else:
        if isinstance(data, int) and abs(data) > 2**53:
            raise ValueError("a number too large")
        if isinstance(data, str) and not data.isascii() and any("\ud800" <= letter <= "\udfff" for letter in data):
            raise ValueError("half a character in a text")
        return 1
    return 1 + sum(_count(item, depth + 1) for item in inside)
