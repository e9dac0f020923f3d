"""What every phase of the ensemble can see, and how its arrays lie in memory.

A *lane* is one replicate. The replicate axis comes first by index and is fastest in memory: ``x[:, m, f]`` are the
neighbours that one instruction works on. NumPy's elementwise functions keep that layout, so it has to be made only
where arrays are made: by ``copies`` and ``zeros`` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from model.common_quarter import Quarter
from model.grids import Flows, Grid
from model.mandate import Mandate
from model.numerics import FloatArray
from model.rules.bargaining import SHORT_LIST
from model.story import Story


def copies(values: Any, n_lanes: int) -> np.ndarray:
    """(R, ...) the same array in every lane, replicates fastest in memory."""
    array = np.asarray(values)
    return np.moveaxis(np.repeat(array[..., None], n_lanes, axis=-1), -1, 0)


def zeros(n_lanes: int, *shape: int, dtype: Any = np.float64) -> np.ndarray:
    """(R, *shape) zeros, replicates fastest in memory."""
    return np.moveaxis(np.zeros((*shape, n_lanes), dtype), -1, 0)


def rows(table: np.ndarray, index: np.ndarray) -> np.ndarray:
    """(R, n) the row of a table (P, n) that each lane's index (R,) names, replicates fastest in memory."""
    return table.T.take(index, axis=-1).T


def some(values: np.ndarray, lanes: np.ndarray) -> np.ndarray:
    """(n, ...) some lanes of (R, ...), replicates fastest in memory as before."""
    return values.T.take(lanes, axis=-1).T


def chosen_lanes(grid: Grid, lanes: np.ndarray) -> Grid:
    """Some lanes of a grid; a table that all lanes share stays as it is."""
    return Grid(*(some(table, lanes) if table.ndim > 1 else table for table in (grid.x, grid.y)))


def chosen_flows(flows: Flows, lanes: np.ndarray) -> Flows:
    """Some lanes of a side's flows."""
    return Flows(
        menu=flows.menu,
        kept=chosen_lanes(flows.kept, lanes),
        alone=chosen_lanes(flows.alone, lanes),
        deserted=chosen_lanes(flows.deserted, lanes),
        home=chosen_lanes(flows.home, lanes),
        both_lapse=some(flows.both_lapse, lanes),
        punish=some(flows.punish, lanes),
    )


def first_of(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n,) the first place of (n, P) that holds the wanted (n,) number; ``argmax`` is far slower in this layout."""
    n_places = values.shape[-1]
    rank = np.arange(n_places, 0, -1, dtype=np.int16 if n_places < SHORT_LIST else np.int32)
    return n_places - np.maximum.reduce((values == wanted[:, None]) * rank, axis=-1)


class Lanes(Quarter):
    """Attributes that only the ensemble has; arrays have the axes of ``model.vocabulary`` behind the replicate axis.

    What both worlds have is explained in ``model.common_quarter``. Lanes have no agents, and
    a teller only where a story is told: stories, by lane. luck holds (quarters, R, ...) draws; thresholds (P,) by dyad
    and side; n_lapses, n_signed (R, d) counts for the summary; first_end, first_end_cause (R, d) quarter and cause of
    the first end of a treaty (-1, 0 none); blocking (R, d, s, 4) quarters of sessions that foundered on each test.
    """

    n_lanes: int
    off_table: list[Grid]
    thresholds: list[tuple[FloatArray, FloatArray]]
    mandate: Mandate | None
    blocking: np.ndarray
    n_lapses: FloatArray
    n_signed: FloatArray
    first_end: np.ndarray
    first_end_cause: np.ndarray
    carbon_told: dict[int, FloatArray]
    friends_told: dict[int, FloatArray]
    residual: FloatArray

    stories: Mapping[int, Story] = MappingProxyType({})

    def nothing(self, *shape: int) -> FloatArray:
        """(R, *shape) zeros."""
        return zeros(self.n_lanes, *shape)

    def told(self, where: np.ndarray) -> list[tuple[int, Story]]:
        """The lanes whose story is told among those where something happens (R,), each with its story."""
        return [(lane, story) for lane, story in self.stories.items() if where[lane]]

    def in_effect(self, dyad: int) -> np.ndarray:
        """(R,) the package in effect: a gesture with what it is added to, else the treaty in force (0 none)."""
        gesture = self.state.gesture[:, dyad]
        return np.where(gesture > 0, gesture, self.state.treaty[:, dyad])

    def known(self) -> Mandate:
        """The mandate of the last assessment; the first quarter of every run makes one."""
        assert self.mandate is not None
        return self.mandate
