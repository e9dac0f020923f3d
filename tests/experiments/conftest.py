"""What holds for the tests of experiments: nobody waits for the disk, because no test here cuts the power."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

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


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return called


@pytest.fixture
def only_ours() -> Iterator[None]:
    """A file of tactics that a test loads is forgotten after it."""
    yield from forgetting_tactics()
