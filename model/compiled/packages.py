"""Packages of a menu by the compiled kernels: what a side would keep, what it would sign, what it tables.

Neither ``exp`` nor ``log`` is in them, and they add in the order of the rules: they have the bits of NumPy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model.compiled.build import kernel, kernels
from model.compiled.placing import placed
from model.numerics import FloatArray, FloatLike

BoolArray = npt.NDArray[np.bool_]


def resolve(
    table: FloatArray, n_families: int, trust: FloatLike, answered: FloatLike, waiting: FloatLike, by_type: bool
) -> tuple[list[FloatArray], FloatArray | None]:
    """The numbers of a ``packages.resolve.Resolve``, (R, Z) each: whole, and with families those of its ``PartTest``;
    and (R,) what it says of one package, where the table has but the two rows of one.

    table (R, Z, C) of ``packages.sums.Flows``, bn$ per quarter; trust (R,), a fraction; answered, waiting (R,) of
    ``compliance.present_values``, quarters.
    Limits: the bits of the rules; NaN is never cut off.
    """
    n_lanes, n_rows = table.shape[:2]
    weights = (np.asarray(one, dtype=np.float64) for one in (trust, answered, waiting))
    found = np.empty((5 if n_families else 1, n_rows, n_lanes))
    one = np.empty(n_lanes) if n_rows == 2 else None
    kernels().resolve(n_lanes, n_rows, n_families, by_type, placed([table, *weights, found.T, one]))
    return [term.T for term in found], one


def believe(
    kept: tuple[FloatArray, FloatArray],
    errors: Sequence[FloatArray],
    noise: FloatArray,
    stakes: FloatArray,
    along: tuple[np.ndarray, FloatArray],
    place: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    off: tuple[FloatArray, FloatArray],
    sizes: Sequence[int],
) -> FloatArray:
    """What ``packages.view.beliefs`` says: (2, n, Z) own and partner's gains, x entries, then y entries.

    kept (n, Z), errors (n, 10), stakes (2, 10): own, then the partner's, as there; noise (n,); along (N,) twice: issue
    and level at every position of the axes of ``packages.sums``; place (n,) four times: the entries of what is in
    force, and the rows of off (..., X), (..., Y); sizes: positions on each axis of the menu.
    Limits: the bits of the rules.
    Raises ``MemoryError``.
    """
    lanes, rows = kept[0].shape
    found = np.empty((2, rows, lanes)).transpose(0, 2, 1)
    given = [*kept, *errors, noise, stakes, *_whole((along[0],)), along[1], *_whole(place), *off, *found]
    whole = np.array(sizes, dtype=np.int64)
    if kernel("believe", lanes)(lanes, along[1].size, whole.ctypes.data, placed(given)):
        raise MemoryError("no memory for the axes of one menu")
    return found


def gains(
    x: FloatArray,
    y: FloatArray,
    place: tuple[np.ndarray, np.ndarray],
    weight: FloatArray | None = None,
    truce: tuple[FloatArray, FloatArray] | None = None,
) -> FloatArray:
    """(n, K) gains from some packages over the policy in force, bn$ per quarter, as ``packages.view.seen`` has them.

    x (n, X), y (n, Y) of a ``packages.sums.Grid``; place (K,) twice: a package's entries in them; weight (K,) or (n, K)
    what its life makes of its gain; truce (n,) twice: the same of what is in force, and what that is worth, or None.
    Limits: the bits of the rules; no weight: the sums alone.
    """
    found = np.empty((place[0].size, len(x))).T
    by_lane = weight[None] if weight is not None and weight.ndim == 1 else weight
    weighed = [by_lane, *((None, None) if truce is None else truce)]
    kernel("gains", len(x))(*found.shape, placed([x, y, *weighed, *_whole(place), found]))
    return found


def judge(
    own: FloatArray,
    partner: FloatArray,
    least: tuple[FloatLike, FloatLike],
    place: tuple[np.ndarray, np.ndarray],
    resolved: Sequence[FloatArray],
    home: tuple[FloatArray, FloatArray, FloatArray] | None,
    scale: float,
) -> dict[str, Any]:
    """The fields of an ``packages.view.View`` that follow from what is believed of some packages, by name.

    own, partner (n, K) believed gains, bn$ per quarter; least: of both sides; place (K,) twice: a package's entries in
    the tables of ``resolved``; home: the legislature's gains (n, X), (n, Y) and what it asks, (n, K) or (K,), in units
    of its scale; None where a side does not look ahead to that.
    Limits: the bits of the rules; the best of what is no number is none.
    """
    n_lanes, n_packages = own.shape
    given: list[FloatArray | None] = [own, partner, *resolved, *[None] * (5 - len(resolved))]
    given += [None] * 3 if home is None else [*home[:2], home[2] if home[2].ndim == 2 else home[2][None]]
    n_x = 0 if home is None else home[0].shape[1]  # the tables of ``resolved`` hold y behind x
    names = ("gains", "enforceable", "passable", "keeps", "admissible")
    marks = np.empty((len(names), n_packages, n_lanes), dtype=bool)
    tests, best = np.empty((4, n_lanes), dtype=bool).T, np.empty(n_lanes)
    places = placed([*given, *_whole(place), best]), placed([marks.T, tests], itemsize=marks.itemsize)
    kernel("judge", n_lanes)(n_lanes, n_packages, n_x, *map(float, least), scale, *places)
    return {name: one.T for name, one in zip(names, marks, strict=True)} | {"found": (tests, best)}


def choose(
    own: FloatArray, partner: FloatArray, hope: FloatArray, admissible: BoolArray
) -> tuple[np.ndarray, BoolArray]:
    """What ``rules.bargaining.choose_offer`` says; own, partner (n, K), hope (n,) bn$ per quarter, admissible (n, K).

    Limits: its answers; where what the partner is believed to gain is no number, nothing is offered.
    """
    n_lanes, n_packages = own.shape
    offer, exists = np.empty(n_lanes, dtype=np.int64), np.empty(n_lanes, dtype=bool)
    places = placed([own, partner, hope, offer]), placed([admissible, exists], itemsize=exists.itemsize)
    kernel("choose", n_lanes)(n_lanes, n_packages, *places)
    return offer, exists


def tabled(
    own: tuple[FloatArray, FloatArray],
    partner: tuple[FloatArray, FloatArray],
    admissible: tuple[BoolArray, BoolArray],
    hope: FloatArray,
    side: np.ndarray,
) -> tuple[np.ndarray, BoolArray, FloatArray, BoolArray]:
    """A round of talks in which side (n,) 0 or 1 tables, for gains of at least its hope (n,), bn$ per quarter.

    own, partner, admissible (n, K) of each side, as ``choose`` has them. Returns (n,) each: the place of what is tabled
    and whether there is any, as ``choose`` finds them; to the other side, what that is worth, and whether it may sign.
    Limits: as ``choose``; of no package at all nothing is worth anything.
    """
    n_lanes, n_packages = own[0].shape
    offer, worth = np.empty(n_lanes, dtype=np.int64), np.empty(n_lanes)
    exists, passes = np.empty((2, n_lanes), dtype=bool)
    places = (
        placed([*own, *partner, hope, *_whole((side,)), offer, worth]),
        placed([*admissible, exists, passes], itemsize=exists.itemsize),
    )
    kernel("round", n_lanes)(n_lanes, n_packages, *places)
    return offer, exists, worth, passes


def _whole(place: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [np.asarray(one, dtype=np.int64) for one in place]
