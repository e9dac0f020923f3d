"""A search among levers for designs that no other design beats in everything.

The first designs fill the levers' ranges evenly (a scrambled Sobol sequence). Every later generation has children of
the best so far: levers come from one parent or from two, and one or a few are moved or drawn anew. Parents are chosen
as in NSGA-II (Deb et al. 2002, doi:10.1109/4235.996017): of a few designs the one on the best front, of equals the one
with most room around it. Unlike there, every design that was played stays. So nothing good is lost, and an objective
that hangs on what else there is, as regret does, is measured anew after each generation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from experiments.design.plan import Factor, Value
from experiments.design.sampling import DESIGN_KEY, spread

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Row = Mapping[str, Value]

FEWEST: Final = 2  # designs that a search may have, and the most
MOST: Final = 1024
# Designs of the first generation, and of each later one, at least: played side by side, many cost little more than few.
FIRST: Final = 16
CHILDREN: Final = 4
STEPS: Final = (0.3, 0.1, 0.03)  # how far a lever is moved, as shares of its range: far, near, nearer
RIVALS: Final = 8  # designs of which the best becomes a parent
TRIES: Final = 200  # for a child that was not played yet


@dataclasses.dataclass(frozen=True)
class Searched:
    """All designs that were played: what each sets, what came of it, its objectives (more is better), its front."""

    rows: tuple[Row, ...]
    came: FloatArray
    values: FloatArray
    front: IntArray


def search(
    levers: Sequence[Factor],
    start: Row,
    designs: int,
    seed: int,
    play: Callable[[Sequence[Row], int], FloatArray | None],
    score: Callable[[FloatArray], FloatArray],
) -> Searched | None:
    """Play ``designs`` designs and ``start``, which comes first; None where playing was interrupted.

    play: rows of levers and the number of the generation -> (rows, ...) what came; score: all that came -> (rows,
    objectives), larger is better. Where the levers have fewer different designs, there are fewer.
    """
    from scipy.stats import qmc

    luck = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(*DESIGN_KEY, 1)))
    n_first = 1 << (max(designs // 4, min(designs, FIRST)).bit_length() - 1)
    drawn = qmc.Sobol(len(levers), scramble=True, rng=luck).random(n_first)
    # The start has no place in the box where it lies outside the ranges: it is compared, and is nobody's parent.
    rows: list[Row] = [start]
    places: list[FloatArray] = []
    _add(levers, drawn, rows, places)
    came = play(rows, 0)
    generation = 0
    while came is not None:
        values = score(came)
        if len(places) >= designs:
            return Searched(tuple(rows), came, values, fronts(values))
        generation += 1
        begin = len(rows)
        n_next = min(max(CHILDREN, n_first // 4), designs - len(places))
        _breed(levers, values, n_next, luck, rows, places)
        if len(rows) == begin:
            return Searched(tuple(rows), came, values, fronts(values))
        more = play(rows[begin:], generation)
        came = None if more is None else np.concatenate([came, more])
    return None


def fronts(values: FloatArray) -> IntArray:
    """(designs,) the front of each: 0 where no design is as good in everything and better in something, and so on."""
    at_least = (values[:, None, :] >= values[None, :, :]).all(axis=2)
    beats = at_least & (values[:, None, :] > values[None, :, :]).any(axis=2)
    front = np.full(len(values), -1, dtype=np.int64)
    number = 0
    while (left := front < 0).any():
        front[left & ~(beats & left[:, None]).any(axis=0)] = number
        number += 1
    return front


def room(values: FloatArray, front: IntArray) -> FloatArray:
    """(designs,) how much room each has on its own front: the sides of the box between its neighbours, added up."""
    found = np.zeros(len(values))
    # What could not be played is minus infinity: no worse here than the worst that could.
    least = np.where(np.isfinite(values), values, np.inf).min(axis=0)
    values = np.maximum(values, np.where(np.isfinite(least), least, 0.0))
    for number in np.unique(front):
        own = np.flatnonzero(front == number)
        for objective in values[own].T:
            order = np.argsort(objective, kind="stable")
            extent = objective[order[-1]] - objective[order[0]]
            found[own[order[[0, -1]]]] = np.inf
            if extent > 0.0:
                found[own[order[1:-1]]] += (objective[order[2:]] - objective[order[:-2]]) / extent
    return found


def _add(levers: Sequence[Factor], drawn: FloatArray, rows: list[Row], places: list[FloatArray]) -> None:
    """Designs at these places of the box, but those that are there already."""
    known = {tuple(row.items()) for row in rows}
    for place, row in zip(drawn, spread(levers, drawn), strict=True):
        if (key := tuple(row.items())) not in known:
            known.add(key)
            rows.append(row)
            places.append(place)


def _breed(
    levers: Sequence[Factor],
    values: FloatArray,
    n_wanted: int,
    luck: np.random.Generator,
    rows: list[Row],
    places: list[FloatArray],
) -> None:
    """Add children of what is there; fewer where no new ones are found."""
    front = fronts(values)
    space, n_parents = room(values, front), len(places)

    def parent() -> FloatArray:
        drawn = luck.integers(n_parents, size=RIVALS) + 1  # the first design is the start
        best = min((front[k], -space[k], k) for k in drawn)
        return places[best[2] - 1]

    wanted = len(rows) + n_wanted
    for _ in range(TRIES * n_wanted):
        one, other, is_mixed = parent(), parent(), luck.random() < 0.5
        child = np.where(is_mixed & (luck.random(len(levers)) < 0.5), other, one)
        moved = luck.random(len(levers)) < 1.0 / len(levers)
        moved[luck.integers(len(levers))] = True
        step = luck.choice(STEPS, size=len(levers)) * luck.standard_normal(len(levers))
        anew = luck.random(len(levers))
        with_range = np.array([lever.range is not None for lever in levers])
        changed = np.where(with_range, np.clip(child + step, 0.0, np.nextafter(1.0, 0.0)), anew)
        _add(levers, np.where(moved, changed, child)[None, :], rows, places)
        if len(rows) == wanted:
            return
