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
# 128 and the number of the signal, as shells and schedulers expect
INTERRUPTED: Final = 130
ENDED: Final = 143


class Ended(BaseException):
    """SIGTERM came, with which systems and clusters end a process. As ``KeyboardInterrupt``, it is no fault."""


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """Within it SIGTERM raises ``Ended``, unless whoever began this process has it ignored or heard otherwise.

    What stops it where no command says so itself (before one began, or after it) ends it in words, without a traceback.
    """

    def end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise Ended

    before = signal.getsignal(signal.SIGTERM)
    is_heard = before is signal.SIG_DFL and threading.current_thread() is threading.main_thread()
    if is_heard:
        signal.signal(signal.SIGTERM, end)
    try:
        yield
    except (KeyboardInterrupt, Ended) as stop:
        sys.stderr.write(f"{stopped_in_words(stop)}\n")
        sys.exit(ENDED if isinstance(stop, Ended) else INTERRUPTED)
    finally:
        if is_heard:
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
