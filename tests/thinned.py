"""Thins a table of cases: some run on every change, all of them with the slow tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(n: int, cases: Iterable[Any]) -> list[Any]:
    """Cases for ``parametrize``, the first and then one in n of them fast, the others slow."""
    rows = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [row if i % n == 0 and len(row) > 1 else row[0] if i % n == 0 else pytest.param(*row, marks=pytest.mark.slow)
            for i, row in enumerate(rows)]  # fmt: skip
