"""What tests of rules share: the theory note's numbers, and the promise that rules do not care about shape.

``row("B1")`` is one entry of ``tests/data/theory_checks.json``, the numbers that a rule has to reproduce.
``check_shape_blind`` holds a rule to relation M1: a batch equals the loop over its replicates, to the last
bit, in any order, in chunks and in either memory layout, with finite numbers only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.numerics import FloatArray, same_bits

CHECKS = json.loads((Path(__file__).parent / "data" / "theory_checks.json").read_text(encoding="utf-8"))

#: Tolerance of theory 3.1 for closed forms and solvers, relative.
CLOSED_FORM = 1e-6
#: A simulated number may be this many standard errors off (theory 3.1).
STANDARD_ERRORS = 4.0


def row(name: str) -> Any:
    """One entry of the theory note's table of numbers."""
    return CHECKS[name]


def closed(expected: Any) -> Any:
    """The expected number or numbers at the tolerance for closed forms."""
    return pytest.approx(expected, rel=CLOSED_FORM, abs=1e-9)


def assert_simulated(sample: FloatArray, expected: float) -> None:
    """The mean of independent draws lies within four standard errors of what theory says."""
    values = np.asarray(sample, dtype=np.float64)
    error = values.std(ddof=1) / np.sqrt(values.size)
    assert abs(values.mean() - expected) <= STANDARD_ERRORS * error, (values.mean(), expected, error)


def replicate_fastest(x: Any) -> Any:
    """The same numbers with the leading axis fastest in memory, as the ensemble stores them."""
    x = np.asarray(x)
    out = np.moveaxis(np.empty(x.shape[1:] + x.shape[:1], dtype=x.dtype), -1, 0)
    out[...] = x
    return out


def _parts(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def check_shape_blind(rule: Callable[..., Any], *batched: Any, fixed: tuple[Any, ...] = ()) -> None:
    """M1 for one rule: ``batched`` have the replicate axis first, ``fixed`` follow and pass as they are."""
    arrays = [np.asarray(argument) for argument in batched]
    n = arrays[0].shape[0]
    whole = _parts(rule(*arrays, *fixed))
    for part in whole:
        assert np.shape(part)[0] == n
        assert np.isfinite(part).all()

    def agree(other: Any, pick: Any) -> None:
        for part, twin in zip(whole, _parts(other), strict=True):
            assert same_bits(np.asarray(part)[pick], twin)

    agree(rule(*[replicate_fastest(a) for a in arrays], *fixed), slice(None))
    shuffled = np.random.default_rng(5).permutation(n)
    agree(rule(*[a[shuffled] for a in arrays], *fixed), shuffled)
    for chunk in (slice(0, 1), slice(1, None)):
        agree(rule(*[a[chunk] for a in arrays], *fixed), chunk)
    agree(rule(*[a[:, np.newaxis] for a in arrays], *fixed), (slice(None), np.newaxis))
    for r in range(n):
        agree(rule(*[a[r] for a in arrays], *fixed), r)
        # Whoever tries a rule by hand passes Python's own numbers.
        agree(rule(*[a[r].item() if a.ndim == 1 else a[r] for a in arrays], *fixed), r)
