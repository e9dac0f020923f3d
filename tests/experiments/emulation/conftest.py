"""What the tests of emulators share: one that nobody fitted, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import browser
from emulated import made_up_emulator


@pytest.fixture
def told() -> dict[str, Any]:
    """What the file of an emulator says."""
    return made_up_emulator()


@pytest.fixture(scope="module")  # two drivers in one process cannot be
def chrome() -> Iterator[Any]:
    """A running Chromium without a network; files that ask for it set ``pytestmark = IN_A_BROWSER``."""
    with browser() as running:
        yield running
