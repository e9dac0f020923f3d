"""Who plays the worlds of a hindcast: this process or several, in order, with a bar that moves."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from model import InputFault

MOST_WORKERS: Final = 64
TASKS_AT_ONCE: Final = 4  # handed to a process together

Mapped = Callable[[Any, list[Any]], Iterable[Any]]


def check_workers(workers: int | None) -> int:
    """The number of processes to use: what is asked for, or one a processor.

    Raises:
        InputFault: not a whole number from 1.
    """
    if workers is None:
        return os.cpu_count() or 1
    if not 1 <= workers <= MOST_WORKERS:
        raise InputFault([f"--workers {workers}: allowed is 1 to {MOST_WORKERS}; write 2"], "command line")
    return workers


def mapping(workers: int, console: Console | None, words: str) -> Mapped:
    """A function that applies another to tasks and gives back results in the tasks' order, whoever does them."""

    def mapped(function: Any, tasks: list[Any]) -> Iterator[Any]:
        columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, disable=console is None) as progress:
            bar = progress.add_task(words, total=len(tasks))
            for result in _results(function, tasks, workers):
                progress.advance(bar)
                yield result

    return mapped


def _results(function: Any, tasks: list[Any], workers: int) -> Iterator[Any]:
    if workers == 1 or len(tasks) <= 1:
        yield from map(function, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context) as pool:
        yield from pool.map(function, tasks, chunksize=TASKS_AT_ONCE)
