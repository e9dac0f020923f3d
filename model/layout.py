"""How arrays with a replicate axis lie in memory.

A *lane* is one replicate. The replicate axis comes first by index and is fastest in memory: ``x[:, m, f]`` are the
neighbours that one instruction works on. NumPy's elementwise functions keep that layout, so it has to be made only
where arrays are made: by ``copies`` and ``zeros`` here.

Where all packages are looked at, that would make very short rows of the neighbours while lanes are few; there packages
are fastest then (``room``, ``packages_fastest``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from model.rules.bargaining import SHORT_LIST

#: Lanes; fewer than this are few. It decides how fast a quarter is, and no number: both layouts have the same bits.
#: Whole runs with packages fastest against replicates fastest: 1.11 times as fast with 8 lanes, 1.07 with 24, 1.03 with
#: 40 and with 64, 0.94 with 100.
MANY_LANES: Final = 48


def copies(values: Any, n_lanes: int) -> np.ndarray:
    """(R, ...) the same array in every lane, replicates fastest in memory."""
    array = np.asarray(values)
    return _lanes_first(np.repeat(array[..., None], n_lanes, axis=-1))


def by_lane(kinds: Sequence[np.ndarray], kind: np.ndarray) -> np.ndarray:
    """(R, ...) of arrays alike in shape, the one that each lane's kind (R,) names, replicates fastest in memory."""
    return _lanes_first(np.stack(kinds, axis=-1).take(kind, axis=-1))


def zeros(n_lanes: int, *shape: int, dtype: Any = np.float64) -> np.ndarray:
    """(R, *shape) zeros, replicates fastest in memory."""
    return _lanes_first(np.zeros((*shape, n_lanes), dtype))


def room(n_lanes: int, *shape: int, dtype: Any = np.float64) -> np.ndarray:
    """(R, *shape) to be written, for packages: replicates fastest in memory unless they are few."""
    few = n_lanes < MANY_LANES
    return np.empty((n_lanes, *shape), dtype) if few else _lanes_first(np.empty((*shape, n_lanes), dtype))


def laid_like(values: np.ndarray, axis: int, length: int) -> np.ndarray:
    """Zeros in the shape of an array but for the length of one axis, laid out in memory like it."""
    shape = list(values.shape)
    shape[axis] = length
    order = sorted(range(values.ndim), key=lambda a: -values.strides[a])
    return np.zeros([shape[a] for a in order]).transpose(np.argsort(order))


def packages_fastest(values: np.ndarray) -> np.ndarray:
    """(R, P, ...) the same, laid out for packages where replicates are few."""
    if len(values) >= MANY_LANES:
        return values
    return np.ascontiguousarray(values.T.swapaxes(-2, -1)).swapaxes(-2, -1).T


def _lanes_first(array: np.ndarray) -> np.ndarray:
    """(R, ...) a view of (..., R): ``np.moveaxis``, ten times as fast."""
    last = array.ndim - 1
    return array.transpose(last, *range(last))


def rows(table: np.ndarray, index: np.ndarray) -> np.ndarray:
    """(R, n) the row of a table (P, n) that each lane's index (R,) names, replicates fastest in memory.

    A table whose P are not fastest in memory is copied whole.
    """
    return table.T.take(index, axis=-1).T


def some(values: np.ndarray, lanes: np.ndarray) -> np.ndarray:
    """(n, ...) some lanes of (R, ...), replicates fastest in memory as before."""
    return values.T.take(lanes, axis=-1).T


def first_of(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n,) the first place of (n, P) that holds the wanted (n,) number; ``argmax`` is far slower in this layout."""
    n_places = values.shape[-1]
    rank = np.arange(n_places, 0, -1, dtype=np.int16 if n_places < SHORT_LIST else np.int32)
    return n_places - np.maximum.reduce((values == wanted[:, None]) * rank, axis=-1)
