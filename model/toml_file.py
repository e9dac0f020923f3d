"""Reads a TOML file that somebody wrote, whatever it holds: its text and table, or one clear refusal.

What is absurd is refused before it is parsed: a file of many megabytes, brackets within brackets without end, a device
or a pipe in the place of a file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from model.parameters import InputFault

# A plan is a page; a list of many design points is long, and more than this is a slip or worse (bytes).
MOST_BYTES: Final = 5_000_000
# Nothing that we read is nested deeper than this; a parser that calls itself would end the program.
MOST_BRACKETS: Final = 100


def read_toml(path: Path, subject: str) -> tuple[str, dict[str, Any]]:
    """The text of a file and its table.

    Raises:
        InputFault: says why it cannot be read: no file, no text, too large, too deep, not TOML.
        FileNotFoundError: there is nothing of that name, which callers word in their own way.
    """
    try:
        return parse_toml(_text(path), str(path), subject)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        if isinstance(error, InputFault):
            raise
        fault = f"'{path}' cannot be read: {getattr(error, 'strerror', None) or error}"
    raise InputFault([fault], subject)


def _text(path: Path) -> str:
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError("it is not a file")
    if size > MOST_BYTES:
        raise ValueError(f"it has {size} bytes: allowed are {MOST_BYTES}")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not text in UTF-8: look at byte {error.start}") from None


def parse_toml(text: str, name: str, subject: str) -> tuple[str, dict[str, Any]]:
    """A text and its table.

    Raises:
        InputFault: it is not TOML, or nested absurdly deep.
    """
    depth = most = 0
    for character in text:
        if character in "[{":
            depth += 1
            most = max(most, depth)
        elif character in "]}":
            depth = max(0, depth - 1)
    if most > MOST_BRACKETS:
        raise InputFault([f"'{name}' has {most} brackets in one another: allowed are {MOST_BRACKETS}"], subject)
    try:
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, OverflowError) as error:
        words = " ".join(str(error).split())[:300]
        raise InputFault([f"'{name}' is not TOML: {words}"], subject) from None
