"""Reads a TOML file that somebody wrote, whatever it holds: its text and table, or one clear refusal.

What is absurd is refused before it is parsed: a file of many megabytes, brackets within brackets without end, a device
or a pipe in the place of a file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from model.faults import InputFault, nearest, shown
from model.scenario.toml_words import PLACE, blanked, in_words

# A plan is a page; a list of many design points is long, and more than this is a slip or worse (bytes).
MOST_BYTES: Final = 5_000_000
# Nothing that we read is nested deeper than this; a parser that calls itself would end the program.
MOST_BRACKETS: Final = 100
# Of names of files the one that is meant differs in few letters: the folder may hold anything.
CLOSE: Final = 0.75
#: Letters of a path, as Linux has it: its end, which names the file, is never cut off.
LONGEST_PATH: Final = 4096
# What editors put in front of a text, and what it means that the text is.
BOM: Final = "\ufeff"
OTHER_MARKS: Final = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
NUMBERS: Final = re.compile(r"\[([-+\d,. \t]*)\]")
COMMA: Final = re.compile(r"[-+]?\d+,\d+")
THOUSANDS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")
# No float has more (digits of a number).
MOST_DIGITS: Final = 300
ENDLESS: Final = re.compile(rf"(?<!\w)\d[\da-fA-Fxo_]{{{MOST_DIGITS},}}")
# What word processors write, by what it is and what to write.
TYPESET: Final = {
    **dict.fromkeys("\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb", ("a quotation mark of print", 'write "')),
    **dict.fromkeys("\u2212\u2013\u2014\u2010\u2011", ("a dash of print", "write -")),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\u200b", ("a blank of print", "write a blank")),
    **dict.fromkeys("\uff0c\uff1d\u3001\uff3b\uff3d", ("a sign of Chinese print", "write it as in English")),
    "\r": ("an end of a line that no editor of today writes", "save the file with ends of lines as Unix has them"),
}
#: Files that are easily taken for each other: keys of which only this kind has one, and the command that takes it.
FILES: Final = {
    "plan to design with": ({"levers"}, "design"),
    "lesson": ({"words"}, "class --lessons"),
    "plan": ({"factors", "points", "design"}, "sweep"),
    "scenario": ({"first_quarter", "last_quarter", "extends"}, "run"),
}


def read_toml(path: Path, subject: str, kind: str = "") -> tuple[str, dict[str, Any]]:
    """The text of a file and its table; ``kind``: which of ``FILES`` is wanted, unless the subject is its name.

    Raises:
        InputFault: says why it cannot be read: no file, no text, too large, too deep, not TOML, of another kind.
        FileNotFoundError: there is nothing of that name, which callers word in their own way.
    """
    try:
        text, table = parse_toml(_text(path), str(path), subject)
        refuse_other_kinds(table, path, subject, kind or subject)
        return text, table
    except (FileNotFoundError, InputFault):
        raise
    except (OSError, ValueError) as error:
        fault = f"'{path}' cannot be read: {getattr(error, 'strerror', None) or error}"
        raise InputFault([fault], subject) from None


def refuse_other_kinds(table: dict[str, Any], path: Path, subject: str, wanted: str) -> None:
    """Refuse a file of another kind in one line, and not in one for each of its keys.

    Raises:
        InputFault: says what the file is, and which command takes it.
    """
    found = next((kind for kind, (keys, _) in FILES.items() if keys & {*table}), wanted)
    if wanted in FILES and found != wanted and not FILES[wanted][0] & {*table}:
        fault = f"'{path}' is a {found}, and no {wanted}; give it to: detente {FILES[found][1]} {path}"
        raise InputFault([fault], subject)


def no_file(name: str | Path, shipped: Iterable[str], what: str) -> str:
    """That there is no such file, with one that is meant where a name beside it or a shipped one is close.

    name: as it was given, a path; shipped: names of what comes with the project, called what.
    """
    path, known = Path(name), tuple(shipped)
    if path.is_dir():
        return f"{shown(str(name), LONGEST_PATH)} is a folder; write the path of a file"
    if path.exists():
        return f"{shown(str(name), LONGEST_PATH)} is a device, and no file of text; write the path of a file"
    try:
        beside = sorted(one.stem for one in path.parent.glob(f"*{path.suffix or '.toml'}"))
    except OSError:  # a folder that may not be read has nothing to offer
        beside = []
    hint = nearest(path.stem, (*known, *beside), CLOSE)
    remedy = hint or f"write the path of a file that is there, or the name of a shipped {what}: {', '.join(known)}"
    return f"{shown(str(name), LONGEST_PATH)}: there is no such file; {remedy}"


def is_path(name: str | Path) -> bool:
    """Whether a name is meant as that of a file: it has an ending or a folder before it."""
    return Path(name).suffix == ".toml" or Path(name).name != str(name)


def _text(path: Path) -> str:
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError("it is not a file")
    if size > MOST_BYTES:
        raise ValueError(f"it has {size} bytes: allowed are {MOST_BYTES}")
    data = path.read_bytes()
    for mark, name in OTHER_MARKS:
        if data.startswith(mark):
            raise ValueError(f"it is text in {name}; save it as UTF-8")
    if b"\0" in data:
        raise ValueError("it holds zero bytes, so it is no text in UTF-8; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"it is not text in UTF-8: look at byte {error.start} (line {line}); save it as UTF-8"
        ) from None


def parse_toml(text: str, name: str, subject: str) -> tuple[str, dict[str, Any]]:
    """A text, without the mark of its encoding, and its table.

    Raises:
        InputFault: it is not TOML, it has decimal commas, or it is nested absurdly deep.
    """
    text = text.removeprefix(BOM)
    depth = most = 0
    for character in text:
        if character in "[{":
            depth += 1
            most = max(most, depth)
        elif character in "]}":
            depth = max(0, depth - 1)
    if most > MOST_BRACKETS:
        raise InputFault([f"'{name}' has {most} brackets in one another: allowed are {MOST_BRACKETS}"], subject)
    bare = blanked(text)
    if long := ENDLESS.search(bare):
        line = bare.count("\n", 0, long.start()) + 1
        raise InputFault([f"'{name}', line {line}: a number has more than {MOST_DIGITS} digits"], subject)
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, OverflowError) as error:
        words = str(error)
        raise InputFault([_after_equals(text, words, name) or _not_toml(text, words, name)], subject) from None
    if faults := decimal_commas(text, name):
        raise InputFault(faults, subject)
    return text, table


def decimal_commas(text: str, name: str) -> list[str]:
    """Lists of numbers in which some commas have a blank after them and others have not, each with its line.

    TOML reads [0,5, 1,0] as four whole numbers. Whoever wrote it meant two.
    """
    if "," not in text:
        return []
    bare = blanked(text)
    faults = []
    for found in NUMBERS.finditer(bare):
        inside = found[1]
        if COMMA.search(inside) and re.search(r",[ \t]+[-+]?\d", inside):
            line = bare.count("\n", 0, found.start()) + 1
            meant = COMMA.sub(lambda number: number[0].replace(",", "."), inside)
            faults.append(
                f"'{name}', line {line}: {found[0]} has decimal commas; write [{meant}], or a blank after every comma "
                "if these are whole numbers"
            )
    return faults


def _not_toml(text: str, words: str, name: str) -> str:
    """That a text is no TOML, with the line that is not; beyond what a parser takes there is none."""
    if PLACE.search(words) is None and "end of document" not in words:
        return f"'{name}' is not TOML: it is nested too deep, or a number has too many digits; write it plainer"
    return f"'{name}' is not TOML: {in_words(text, words)}"


def _after_equals(text: str, words: str, name: str) -> str:
    """What is wrong where a parser stumbled, if it is a decimal comma or a sign that only print has."""
    place = re.search(r"at line (\d+), column (\d+)", words)
    lines = text.split("\n")
    if place is None or int(place[1]) > len(lines):
        return ""
    character = lines[int(place[1]) - 1][int(place[2]) - 1 :][:1]
    if character in TYPESET:
        what, remedy = TYPESET[character]
        return f"'{name}', line {place[1]}: {character!a} is {what}; {remedy}"
    line = blanked(lines[int(place[1]) - 1])
    if found := re.search(rf"=\s*({THOUSANDS.pattern})\s*_*$", line):
        plain, point = found[1].replace(",", ""), found[1].replace(",", ".", 1)
        return f"'{name}', line {place[1]}: {found[1]} has a comma; write {plain}, or {point} if that is meant"
    found = re.search(rf"=\s*({COMMA.pattern})", line)
    if found is None:
        return ""
    return f"'{name}', line {place[1]}: {found[1]} has a decimal comma; write {found[1].replace(',', '.')}"
