"""What holds for the tests of the class page: those that look at it share one browser a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import browser

# A room draws the number of its luck anew, in secret; in tests it is this one, in which answers meet every advice.
LUCK = 551_826


@pytest.fixture(scope="session", autouse=True)
def luck() -> Iterator[None]:
    """The same verdict every time: what a game comes to depends on its luck."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.classroom.room.secrets.randbelow", lambda most: LUCK % most)
        yield


@pytest.fixture(scope="module")
def page_(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page for the whole file, served as its ``SERVED`` says."""
    from viewed import served

    with served(**getattr(request.module, "SERVED", {})) as running:
        yield running


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """A running Chromium without a network; files that ask for it set ``pytestmark = IN_A_BROWSER``."""
    with browser() as running:
        yield running
