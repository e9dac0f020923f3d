"""One assessment for lanes that are still alike.

All lanes of a world begin alike. Where battery costs have luck they are apart a quarter later; without it chance needs
some quarters: of 1,024 lanes of the scenario of 2026 the first assessment sees one situation, the second 178, the
third 895. What an assessment finds in a lane does not depend on the lanes beside it, so that lanes with the same
numbers can share what was found in one of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from model.assessment.costs import Situation
from model.assessment.nodes import Nodes
from model.assessment.tables import Tables, assess
from model.layout import MANY_LANES, some
from model.market.economy import Economy
from model.numerics import FloatArray
from model.parameters.checked import Parameters

#: An odd number with bits all over, by which digests are mixed: 2^64 over the golden ratio (Knuth 1998, 6.4).
ODD: Final = np.uint64(0x9E3779B97F4A7C15)


def assess_lanes(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    start: FloatArray | None,
    sweeps: int,
    nodes: Nodes | None = None,
) -> Tables:
    """``assess`` of a world's lanes, axis first; where they are many, each situation that occurs is assessed once."""
    return shared(lambda seen, begin: assess(economy, parameters, seen, begin, sweeps, nodes), situation, start)


def shared(
    assessed: Callable[[Situation, FloatArray | None], Tables], situation: Situation, start: FloatArray | None
) -> Tables:
    """What ``assessed`` finds in a world's lanes, axis first; where they are many, once in each situation."""
    n_lanes = len(situation.utility)
    if n_lanes < MANY_LANES:
        return assessed(situation, start)
    first, like = distinct(_arrays([situation, start], n_lanes), n_lanes)
    if 2 * first.size > n_lanes:
        return assessed(situation, start)
    chosen, begin = (_of_lanes(value, first, n_lanes) for value in (situation, start))
    return _of_lanes(assessed(chosen, begin), like, first.size)


def distinct(arrays: Iterator[np.ndarray], n_lanes: int) -> tuple[np.ndarray, np.ndarray]:
    """The first lane of each kind, and (R,) which of these every lane is like: the same bits in all arrays (R, ...).

    Stops reading where more than half of the lanes are of a kind of their own already. Lanes are told apart by a digest
    of their bits; those that it takes for alike are compared, and all count as different where it was wrong.
    """
    digest, first, like = np.zeros(n_lanes, dtype=np.uint64), np.zeros(1, dtype=np.int64), np.zeros(n_lanes, np.int64)
    for array in arrays:
        bits = np.ascontiguousarray(array.T, dtype=np.float64).reshape(-1, n_lanes).view(np.uint64)
        # Products of whole numbers wrap around, and what is folded by exclusive or has no order.
        weight = np.arange(1, 2 * len(bits), 2, dtype=np.uint64) * ODD
        digest = digest * ODD + np.bitwise_xor.reduce(bits * weight[:, None], axis=0)
        _, first, like = np.unique(digest, return_index=True, return_inverse=True)
        if 2 * first.size > n_lanes:
            break
        if not np.array_equal(bits, bits.take(first, axis=1).take(like, axis=1)):
            return np.arange(n_lanes), np.arange(n_lanes)
    order = np.argsort(first)
    return first[order], np.argsort(order)[like]


def _arrays(value: Any, n_lanes: int) -> Iterator[np.ndarray]:
    """The arrays of a record, and of records in it, that have lanes."""
    if isinstance(value, np.ndarray):
        if value.ndim and len(value) == n_lanes:
            yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _arrays(getattr(value, field.name), n_lanes)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _arrays(part, n_lanes)


def _of_lanes(value: Any, lanes: np.ndarray, n_lanes: int) -> Any:
    """The same record of some lanes only; what has no lanes stays as it is."""
    if isinstance(value, np.ndarray):
        return some(value, lanes) if value.ndim and len(value) == n_lanes else value
    if dataclasses.is_dataclass(value) and not isinstance(value, (Nodes, type)):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: _of_lanes(getattr(value, name), lanes, n_lanes) for name in names})
    if isinstance(value, tuple):
        parts = [_of_lanes(part, lanes, n_lanes) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
