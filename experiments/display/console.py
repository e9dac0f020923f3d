"""The console that everything is printed on, and how far something is.

What people wrote (titles, labels, names, paths) is shown as it is and never as markup. Prose is as wide as the screen;
what may be copied, a path or a command, is never broken.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from experiments.display.streams import plain

WIDTH: Final = 100
NARROWEST: Final = 20
#: Work that is quicker than this shows no progress (seconds).
PATIENCE: Final = 2.0
#: Where there is no bar, nobody waits longer than this for a line that says how far it is (seconds).
SILENCE: Final = 30.0
Progress = Callable[[int, int, int, int], None]


class Screen(Console):
    """A console on which texts are texts."""

    def __init__(self, to_stderr: bool = False) -> None:
        super().__init__(stderr=to_stderr, markup=False, emoji=False, highlight=False)
        self.size = (self._columns(), 25)

    def _columns(self) -> int:
        """As COLUMNS says, or as wide as the terminal but no wider than tables need; 100 when it is no terminal."""
        columns = os.environ.get("COLUMNS", "")
        if columns.isdecimal() and int(columns):
            return max(int(columns), NARROWEST)
        if self.is_terminal:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                return max(min(os.get_terminal_size(self.file.fileno()).columns or WIDTH, WIDTH), NARROWEST)
        return WIDTH

    def render_str(self, text: str, **how: Any) -> Text:
        """A text as it is shown."""
        return super().render_str(plain(text), **how)


def say(console: Console, text: str) -> None:
    """Print a line that may hold a path or a command: it is never broken, so that it can be copied."""
    console.print(Text(plain(text)), soft_wrap=True)


def prose(console: Console, text: str, style: str = "", indent: int = 0) -> None:
    """Print sentences, as wide as the screen."""
    _print_lines(console, Text(plain(text), style), indent)


def head(console: Console, title: str, rest: str = "", is_first: bool = False) -> None:
    """Print a title, after an empty line where something stands before it."""
    if not is_first:
        console.print()
    _print_lines(console, Text.assemble((plain(title), "bold"), plain(rest)))


def _print_lines(console: Console, text: Text, indent: int = 0) -> None:
    for line in text.wrap(console, max(1, console.width - indent)):
        line.rstrip()
        console.print(Text(" " * indent).append_text(line), soft_wrap=True)


def chapter(console: Console, title: str) -> None:
    """Print a line across the screen with a title in it, after an empty line."""
    console.print()
    console.rule(Text(plain(title), "bold"), style="dim", align="left")


# --- progress -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def progress_shown(errors: Console | None, title: str) -> Iterator[Progress]:
    """What shows progress: a bar with the time left on a terminal, else a line every tenth, and after half a minute.

    Without a console nobody is told.
    """
    title = plain(title)
    if errors is None:
        yield lambda done, failed, total, before: None  # noqa: ARG005
        return
    if errors.is_terminal:
        with bar(errors) as shown:
            task = shown.add_task(title, total=None)

            def move(done: int, failed: int, total: int, before: int) -> None:  # noqa: ARG001
                words = f"{title}, {failed} failed" if failed else title
                shown.update(task, completed=done, total=total, description=words)

            yield move
        return
    began, told, far = time.monotonic(), 0, f"{title}: 0 done"
    said_at, ended = began, threading.Event()

    def tell(done: int, failed: int, total: int, before: int) -> None:
        nonlocal told, far, said_at
        far = f"{title}: {done} done" + (f", {failed} failed" if failed else "")
        if done * 10 // total > told or done == total:
            told, said_at = done * 10 // total, time.monotonic()
            left = (said_at - began) * (total - done) / max(1, done - before)
            prose(errors, f"{far}, about {left:.0f} s left")

    def remind() -> None:
        nonlocal said_at
        while not ended.wait(max(said_at + SILENCE - time.monotonic(), 0.0)):
            if (now := time.monotonic()) >= said_at + SILENCE:
                said_at = now
                prose(errors, f"{far}, {now - began:.0f} s so far")

    with _beside(remind, ended):
        yield tell


@contextlib.contextmanager
def _beside(tell: Callable[[], None], ended: threading.Event) -> Iterator[None]:
    """Within it another thread tells; it is over before anything else is said."""
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def bar(errors: Console | None, with_left: bool = True, transient: bool = False) -> Any:
    """A bar with how much is done and the time left; descriptions are texts."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    time_column = TimeRemainingColumn() if with_left else TimeElapsedColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), time_column)
    return Progress(*columns, console=errors, disable=errors is None, transient=transient)


@contextlib.contextmanager
def waiting(errors: Console, title: str) -> Iterator[Callable[[int, int], None]]:
    """While something goes on: after two seconds, that it goes on, for how long, and how far it is.

    What is given back hears how much is done, and how much there is.
    """
    began, ended = time.monotonic(), threading.Event()
    share = [0.0]

    def watch(done: int, total: int) -> None:
        share[0] = done / max(total, 1)

    def tell() -> None:
        pause = PATIENCE
        while not ended.wait(pause):
            read = f", {share[0]:.0%} is read" if share[0] else ""
            prose(errors, f"{title}: {time.monotonic() - began:.0f} s so far{read}")
            pause = min(2 * pause, SILENCE)

    with _beside(tell, ended):
        yield watch
