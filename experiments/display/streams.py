"""The streams of a command: whatever letters are printed, and wherever they go.

What people wrote is shown without what would steer a terminal. A letter that the output's encoding lacks is replaced by
a look-alike. A reader of a pipe who leaves ends the command quietly; a full disk ends it with one message.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
import shlex
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO, cast

FAILED: Final = 1
# Control characters but tab and new line, and what turns the direction of writing.
STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# For encodings that lack them; accents fall off by themselves.
LOOKALIKES: Final = dict(zip("→◆◇✗×§·–—−‘’“”≤≥●─━", ">*ox" + "x#.---''\"\"<>*--", strict=True))


def plain(text: str) -> str:
    """A text without the characters that steer a terminal."""
    return STEERING.sub("", text)


def pasted(path: object) -> str:
    """A path as it can be pasted into a shell."""
    text = str(path)
    # What begins with a dash would be taken for an option.
    text = f".{os.sep}{text}" if text.startswith("-") else text
    if not text.isprintable():
        # A terminal would obey some of these letters; Bash, Zsh and others read them so.
        told = (letter if letter.isprintable() and letter not in "\\'" else _escaped(letter) for letter in text)
        return f"$'{''.join(told)}'"
    if os.name == "posix":
        return shlex.quote(text)
    return f'"{text}"' if re.search(r"[ &()\[\]{}^=;!'+,`~]", text) else text


def _escaped(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))


# --- where it goes ----------------------------------------------------------------------------------------------------


class OutputLost(BaseException):
    """Standard output takes no more. Nobody on the way up is to mend it, so it is no ``Exception``."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.has_no_reader = error.errno in (errno.EPIPE, errno.EINVAL)  # Windows says EINVAL
        self.reason = error.strerror or str(error)


class Stream:
    """Standard output or standard error: any letter can be written, and a loss is told once."""

    def __init__(self, inner: TextIO, is_vital: bool) -> None:
        self._inner, self._is_vital = inner, is_vital
        with contextlib.suppress(AttributeError, ValueError, OSError):
            inner.reconfigure(errors="lookalike")  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, text: str) -> int:
        """Write a text; what a terminal or a file refuses is no fault of whoever prints."""
        try:
            return self._inner.write(text)
        except OSError as error:
            return self._lose(error)

    def flush(self) -> None:
        """Hand over what is held."""
        try:
            self._inner.flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> int:
        # What is still held, and what comes, goes nowhere: the interpreter flushes once more at its end.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._inner.fileno())
        if self._is_vital:
            raise OutputLost(error)
        return 0


def _lookalike(error: UnicodeError) -> tuple[str, int]:
    """What is written for letters that an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_plainer(letter) for letter in error.object[error.start : error.end]), error.end


def _plainer(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode("ascii")
    return LOOKALIKES.get(letter) or bare or "?"


codecs.register_error("lookalike", _lookalike)


@contextlib.contextmanager
def guarded_output() -> Iterator[None]:
    """Print into streams that never fail for their letters; end well where nobody reads, with a message where it fails.

    Without standard error there is nobody to be told, and what is said there is not needed: the work goes on.
    """
    for name, is_vital in (("stdout", True), ("stderr", False)):
        if (inner := getattr(sys, name)) is not None:
            setattr(sys, name, cast(TextIO, Stream(inner, is_vital)))
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OutputLost as lost:
        _leave(lost)


def _leave(lost: OutputLost) -> NoReturn:
    if not lost.has_no_reader and sys.stderr is not None:
        sys.stderr.write(f"The output cannot be written: {lost.reason}. What was written into files is kept.\n")
    sys.exit(0 if lost.has_no_reader else FAILED)


# --- what is wrong but ends nothing -----------------------------------------------------------------------------------


def kept_on(make: Callable[[], object], what: str) -> str:
    """Make something that others do not depend on; what went wrong, in a sentence (empty: nothing).

    Raises:
        InputFault: the disk refuses, which is no fault of what was made.
    """
    from model import InputFault

    try:
        make()
    except InputFault:
        raise
    except Exception as error:  # whatever a drawing library may raise
        words = " ".join(f"{error}".split())[:300] or type(error).__name__
        return f"{what} could not be made: {words}"
    return ""


def is_text(word: str | Path) -> bool:
    """Whether a word from the command line could be read; the bytes of a name that is not UTF-8 are no text."""
    try:
        str(word).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
