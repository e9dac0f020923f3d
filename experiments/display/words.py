"""Numbers and lists in words, and pages of which parts are generated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

#: What governments of the shipped scenarios, and those that guides add, are called in a sentence; others by their code.
BLOC_WORDS: Final = {
    "CN": "China", "US": "the US", "EU": "the EU", "CA": "Canada", "JP": "Japan", "KR": "Korea", "MX": "Mexico",
}  # fmt: skip
#: What follows from a change of calibration against the scenario that another extends.
OF_FLIPS: Final = "Preferences were estimated anew, so differences from that scenario are not those of policy alone."
# Where a generated part of a page begins and ends.
START, END = "<!-- {}:start -->", "<!-- {}:end -->"


def sized(value: float) -> str:
    """A difference with its sign; a small one keeps a digit that is not zero."""
    return signed(value) if abs(value) >= 0.005 or value == 0 else f"{value:+.1g}"


def spans(numbers: Iterable[int]) -> str:
    """Rising whole numbers with runs of neighbours as one: 0, 2 to 5 and 9."""
    ends: list[list[int]] = []
    for number in numbers:
        if ends and number == ends[-1][1] + 1:
            ends[-1][1] = number
        else:
            ends.append([number, number])
    return listed(f"{a}" if a == b else f"{a} to {b}" for a, b in ends)


def listed(parts: Iterable[str]) -> str:
    """Parts as in a sentence: a, b and c."""
    whole = list(parts)
    return whole[0] if len(whole) == 1 else f"{', '.join(whole[:-1])} and {whole[-1]}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, and zero without one."""
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text


def interval(low: float, high: float, digits: int = 2, with_sign: bool = False) -> str:
    """An interval in brackets; one replicate says nothing about spread."""
    if not (abs(low) < float("inf") and abs(high) < float("inf")):
        return "[?]"
    ends: Sequence[str] = [signed(x, digits) if with_sign else f"{x:.{digits}f}" for x in (low, high)]
    return f"[{ends[0]}, {ends[1]}]"


def renewed(text: str, parts: dict[str, str]) -> str:
    """A page with its generated parts put in again between their marks."""
    for name, part in parts.items():
        start, end = START.format(name), END.format(name)
        before, found, rest = text.partition(start)
        if found:
            text = f"{before}{start}\n\n{part}\n\n{end}{rest.partition(end)[2]}"
    return text


def part_of(text: str, name: str) -> str:
    """What stands between the marks of a generated part; empty without it."""
    found = re.search(re.escape(START.format(name)) + r"(.*?)" + re.escape(END.format(name)), text, flags=re.DOTALL)
    return found.group(1).strip() if found else ""
