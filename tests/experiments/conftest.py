"""What holds for the tests of experiments: no time goes into what none of them looks at, the disk first of all."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import called, forgetting_tactics
from typer.testing import Result


@pytest.fixture(autouse=True, scope="session")
def disk_is_not_waited_for() -> Iterator[None]:
    """``os.fsync`` does nothing in this process: half of the time of a small sweep would be spent on it.

    What a killed process has written is safe without it. That files and folders are flushed, and in which order, is
    tested by itself; processes that tests start do flush.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr(os, "fsync", lambda number: None)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def shipped_plans_are_read_once() -> Iterator[None]:
    """A shipped plan that a command has read is not read again."""
    from experiments.design import plan_file

    names, whole, once = plan_file.plan_names(), plan_file.load_plan, functools.cache(plan_file.load_plan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            plan_file, "load_plan", lambda name, *more: once(name) if name in names and not more else whole(name, *more)
        )
        yield


@pytest.fixture(autouse=True, scope="session")
def pictures_are_packed_loosely() -> Iterator[None]:
    """A picture has the same pixels however hard a program tries to make its file small, which takes long."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    whole = FigureCanvasAgg.print_png

    @functools.wraps(whole)
    def loosely(*about: Any, pil_kwargs: dict[str, Any] | None = None, **more: Any) -> None:
        whole(*about, pil_kwargs={"compress_level": 1, **(pil_kwargs or {})}, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FigureCanvasAgg, "print_png", loosely)
        yield


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return called


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said in a report is said without its figures too, which take most of the time."""
    monkeypatch.setattr("experiments.report.sheet.Sheet.figure", lambda *_: None)


@pytest.fixture
def only_ours() -> Iterator[None]:
    """A file of tactics that a test loads is forgotten after it."""
    yield from forgetting_tactics()
