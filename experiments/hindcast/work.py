"""Who plays the worlds of a hindcast: this process or several, in order, with a bar that moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.console import Console

from experiments.display.console import progress_shown
from experiments.running.worker_pool import WorkerDied, WorkerPool

Mapped = Callable[[Any, list[Any]], Iterable[Any]]


def mapping(workers: int, console: Console | None, words: str) -> Mapped:
    """A function that applies another to tasks and gives back results in the tasks' order, whoever does them."""

    def mapped(function: Any, tasks: list[Any]) -> Iterator[Any]:
        with progress_shown(console, words) as progress:
            for done, result in enumerate(_results(function, tasks, workers), 1):
                progress(done, 0, len(tasks), 0)
                yield result

    return mapped


def _results(function: Any, tasks: list[Any], workers: int) -> Iterator[Any]:
    if workers == 1 or len(tasks) <= 1:
        yield from map(function, tasks)
        return
    with WorkerPool(min(workers, len(tasks))) as pool:
        coming = deque((task, pool.submit(function, task)) for task in tasks)
        while coming:
            task, future = coming.popleft()
            try:
                yield future.result()
            except WorkerDied:  # once more: hours of a fit are not lost with one process
                yield pool.submit(function, task).result()
