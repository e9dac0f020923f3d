"""What holds for the tests of the class page: those that look at it share one browser a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import browser


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """A running Chromium without a network; files that ask for it set ``pytestmark = IN_A_BROWSER``."""
    with browser() as running:
        yield running
