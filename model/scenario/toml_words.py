"""What is wrong with a line that is no TOML, in words of ours: what stands there, what is allowed, what to write.

A parser says where it stumbled; what somebody meant by the line, the line says. Every remedy is a function that looks
at the place and is silent where it does not know it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from model.faults import shown

#: Texts and comments, in which a comma is a comma.
SPOKEN: Final = re.compile(
    r'"{3}(?:\\.|[^\\])*?"{3}|\'{3}.*?\'{3}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', flags=re.DOTALL
)
PLACE: Final = re.compile(r"at line (\d+), column (\d+)")
#: Words for the two values of a switch, and for nothing, in other languages than TOML.
SWITCHES: Final = {
    **dict.fromkeys(("true", "yes", "on"), "write true"),
    **dict.fromkeys(("false", "no", "off"), "write false"),
    **dict.fromkeys(("none", "null", "nil", "na"), "leave the key out, or write a value"),
    **dict.fromkeys(("nan", "inf", "infinity"), "write a finite number"),
}
ALLOWED: Final = "a value is a number, true or false, text in quotes, or a list in [ ]"
MOST_LINE: Final = 60  # characters of a line that a message shows


class Spot(NamedTuple):
    """Where a parser stumbled: the lines, the same with texts and comments blanked, the line, the column, from 0."""

    lines: list[str]
    bare: list[str]
    line: int
    column: int

    @property
    def rest(self) -> str:
        """What stands from there to the end of the line."""
        return self.lines[self.line][self.column :]

    @property
    def value(self) -> str:
        """What stands behind the = of the line, blanked."""
        return self.bare[self.line].partition("=")[2].strip()


def blanked(text: str) -> str:
    """A text with as many characters that say nothing, in the same lines, for its texts and comments."""
    return SPOKEN.sub(lambda found: re.sub(r"[^\n]", "_", found[0]), text)


def in_words(text: str, error: str) -> str:
    """What is wrong with a text that a parser gave up with this error: ``line 3: what; what to do``."""
    place = PLACE.search(error)
    lines, bare = text.split("\n"), blanked(text).split("\n")
    line, column = (int(place[1]) - 1, int(place[2]) - 1) if place else (len(lines) - 1, len(lines[-1]))
    spot = Spot(lines, bare, min(line, len(lines) - 1), column)
    for remedy in REMEDIES:
        if found := remedy(spot, error):
            where, what = found
            return f"line {where + 1}: {what}"
    what = f"{_line(spot)} cannot be read; a line is a key, = and a value, or a [table]; {ALLOWED}"
    return f"line {spot.line + 1}: {what}"


def _line(spot: Spot) -> str:
    return shown(spot.lines[spot.line].strip(), MOST_LINE)


Found = tuple[int, str] | None


def _open_text(spot: Spot, _: str) -> Found:
    """A text that begins and does not end."""
    for number, line in enumerate(spot.bare[: spot.line + 1]):
        if quote := re.search(r'"{3}|\'{3}|["\']', line):
            raw, start, sign = spot.lines[number], quote.start(), quote[0]
            if start > 1 and raw[start - 2 : start + 1] == 3 * sign:  # the first two were taken for an empty text
                start, sign = start - 2, 3 * sign
            text = shown(raw[start:].strip(), MOST_LINE)
            return number, f"the text that begins with {text} does not end; write {sign} behind it"
    return None


def _twice(spot: Spot, error: str) -> Found:
    """A key or a table that stands there a second time."""
    if not error.startswith("Cannot "):
        return None
    line = spot.lines[spot.line].strip()
    is_table = line.startswith("[")
    name = line.partition("]")[0] + "]" if is_table else line.partition("=")[0].strip()
    for number in range(spot.line - 1, -1, -1):
        before = spot.lines[number].strip()
        if before.partition("]")[0] + "]" == name if is_table else before.partition("=")[0].strip() == name:
            return spot.line, f"{name} stands here a second time, first in line {number + 1}; keep one of the two"
        if not is_table and before.startswith("["):
            break
    return spot.line, f"{name} is given already, in another way; keep one of the two"


def _no_value(spot: Spot, _: str) -> Found:
    if "=" in spot.bare[spot.line] and not spot.value.strip("_"):
        spoken = spot.lines[spot.line].partition("=")[2].strip()
        if not spoken or spoken.startswith("#"):
            return spot.line, f"nothing stands behind the = of {_line(spot)}; {ALLOWED}"
    return None


def _backslash(spot: Spot, _: str) -> Found:
    for text in SPOKEN.finditer(spot.lines[spot.line]):
        if text[0].startswith('"') and text.start() < spot.column and "\\" in text[0]:
            came = text[0] if text[0].isprintable() else shown(text[0], MOST_LINE)  # as code it would show two of each
            return spot.line, f"{came} has a \\, which changes what follows it; write / or \\\\"
    return None


def _two_equals(spot: Spot, _: str) -> Found:
    return (spot.line, f"{_line(spot)} has a second =; leave one out") if spot.rest.startswith("=") else None


def _number(spot: Spot, _: str) -> Found:
    """A number as other languages write it."""
    start = re.search(r"[-+]?[\d._]*$", spot.bare[spot.line][: spot.column])
    came = re.match(r"[-+]?[\w.]*%?", spot.bare[spot.line][start.start() if start else spot.column :])
    number = came[0] if came else ""
    remedy = ""
    if re.fullmatch(r"[-+]?\d+(\.\d+)?%", number):
        remedy = f"rates are fractions: write {float(number[:-1]) / 100:g}"
    elif re.fullmatch(r"[-+]?(\.\d+|\d+\.|0\d+(\.\d*)?)", number):
        remedy = f"write {float(number):g}" if "." not in number else f"write {float(number)!r}"
    return (spot.line, f"{number} is no number as TOML writes it; {remedy}") if remedy else None


def _word(spot: Spot, _: str) -> Found:
    """A word that is neither a value nor in quotes."""
    found = re.match(r"[A-Za-z][\w -]*", spot.rest) if "=" in spot.bare[spot.line][: spot.column] else None
    is_value = found and re.search(r"[=\[,{]\s*$", spot.bare[spot.line][: spot.column])
    if not found or not is_value:
        return None
    word = found[0].strip()
    remedy = SWITCHES.get(word.lower(), f'text stands in quotes: write "{word}"')
    return spot.line, f"{word} is no value; {remedy}"


def _opened(spot: Spot) -> list[tuple[int, str]]:
    """Brackets that are open where a parser stumbled, with their lines."""
    opened: list[tuple[int, str]] = []
    for number, line in enumerate(spot.bare[: spot.line + 1]):
        for sign in line[: spot.column if number == spot.line else None]:
            if sign in "[{":
                opened.append((number, sign))
            elif sign in "]}" and opened:
                opened.pop()
    return opened


def _no_equals(spot: Spot, _: str) -> Found:
    """A line that is no key with a value."""
    line = spot.bare[spot.line].strip()
    if not line or line.startswith("[") or any(number < spot.line for number, _ in _opened(spot)):
        return None
    if colon := re.match(r"([\w.-]+)\s*:", line):
        return spot.line, f"{_line(spot)} has a : behind {colon[1]}; write = there"
    if "=" not in line:
        return spot.line, f"{_line(spot)} has no =; a line is a key, = and a value, or a [table]"
    key = spot.lines[spot.line].partition("=")[0].strip()
    if re.fullmatch(r"[\w.-]+(\s+[\w.-]+)+", key):
        return spot.line, f"the key {key} has a blank in it; write _ there, or the key in quotes"
    return None


def _open_bracket(spot: Spot, _: str) -> Found:
    """A list, a table or a table's name that does not end."""
    header = spot.bare[spot.line].strip()
    if header.startswith("[") and "=" not in header and header.count("[") != header.count("]"):
        n, closed = header.count("["), header.count("]")
        return spot.line, f"{_line(spot)} has {n} [ and {closed} ]; write as many of both"
    if not (opened := _opened(spot)):
        return None
    (number, sign), rest = opened[-1], spot.rest.strip()
    if number == spot.line and rest and rest[0] not in "=]}":
        return spot.line, f"a , is missing before {shown(rest, MOST_LINE)}; values of a list are parted by commas"
    close = {"[": "]", "{": "}"}[sign]
    line = shown(spot.lines[number].strip(), MOST_LINE)
    return number, f"the {sign} of {line} has no {close}; write {close} behind the last value"


def _more(spot: Spot, _: str) -> Found:
    """Something behind a value."""
    rest = spot.rest.strip()
    if not rest or "=" not in spot.bare[spot.line][: spot.column]:
        return None
    remedy = "leave it out" if rest in (";", ",") else "begin a new line there, or put # before it"
    return spot.line, f"{shown(rest, MOST_LINE)} stands behind a value; {remedy}"


REMEDIES: Final[tuple[Callable[[Spot, str], Found], ...]] = (
    _open_text, _twice, _backslash, _no_value, _two_equals, _number, _word, _no_equals, _open_bracket, _more,
)  # fmt: skip
