"""How a command ends when the system asks it to: in order, and with a word on what is kept."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

NOTHING_KEPT: Final = "No run had begun, and nothing was written."
ENDED: Final = 143  # 128 and the number of the signal, as shells and schedulers expect


class Ended(BaseException):
    """SIGTERM came, with which systems and clusters end a process. As ``KeyboardInterrupt``, it is no fault."""


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """Within it SIGTERM raises ``Ended``, unless whoever began this process has it ignored or heard otherwise."""

    def end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise Ended

    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_DFL or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    except Ended:  # before a command began, or after it
        sys.exit(ENDED)
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def kept_in(words: str, folder: Path | None = None) -> Iterator[None]:
    """Within it, a command that is stopped at once says at its end what is kept, in these words.

    folder: where it is kept; as long as that is not there, nothing is.
    """
    try:
        yield
    except (KeyboardInterrupt, Ended) as stop:
        stop.add_note(words if folder is None or folder.is_dir() else NOTHING_KEPT)
        raise


def stopped_in_words(stop: BaseException) -> str:
    """What a command that was stopped at once says, with what others added."""
    return " ".join(["Stopped at once.", *getattr(stop, "__notes__", ())])
