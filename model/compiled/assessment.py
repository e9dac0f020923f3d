"""Markets of an impact assessment by the compiled kernel: what ``assessment.sales`` does by the rules, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.compiled.build import kernel
from model.compiled.placing import placed
from model.numerics import FloatArray


def sales(
    index: Sequence[np.ndarray],
    of_node: Sequence[FloatArray],
    of_market: Sequence[FloatArray],
    of_pair: Sequence[FloatArray],
    of_slot: Sequence[FloatArray],
    from_blocs: Sequence[FloatArray],
    is_firm_home: FloatArray,
    duty: FloatArray,
    start: FloatArray | None,
    tastes: tuple[float, float, float],
    sweeps: int,
    late: tuple[float, int, int],
) -> dict[str, Any]:
    """The fields of ``assessment.sales.Sales`` at all nodes, (R, q) or (R, q, f), by name.

    index: pair, slot, importer and partner of each node (q,). of_node: (q,) price sensitivity 1/k$, cars m a quarter,
    k$ that the partner's cars bear behind the duty, utils of an announcement. of_market (..., m, f): utility, level of
    the mix of origins k$, support k$. of_pair (..., p, f) of the partner's cars: landed k$, tie, k$ a car that the
    importer's and its suppliers earn. of_slot (..., l, f) of all others: log-sum of their origins, landed k$, duty k$,
    share built at home, duty on cells k$, k$ a car that the importer's and the partner's suppliers earn. from_blocs
    (..., l, f): shares with cells from the partner and each third bloc, then shares built in each third bloc.
    is_firm_home (f, b); duty (R, q) on the partner's cars; start (R, q, f) markups k$, or None. tastes: correlation in
    the nest, taste for cheap origins 1/k$, pass-through. late as in ``markets.equilibrium``.
    Raises ``MemoryError``.
    Limits: a lane has the bits that it has alone; NaN is never cut off.
    """
    lanes, nodes, firms = len(of_market[0]), len(index[0]), of_market[0].shape[-1]
    n_from = (len(from_blocs) + 1) // 2
    given = [*of_market, *of_pair, *of_slot, is_firm_home.T, duty[..., None], start, *from_blocs]
    # What all replicates share has one step along their axis, which is none.
    inputs = [one[None] if one is not None and one.ndim == 2 else one for one in given]
    by_firm = [np.empty((nodes, firms, lanes)).transpose(2, 0, 1) for _ in range(2)]
    sums = [np.empty((nodes, lanes)).T for _ in range(12 + len(from_blocs))]
    numbers = (lanes, nodes, firms, n_from, *tastes, sweeps, *late)
    whole, real = np.array(index, dtype=np.int64), np.array(of_node, dtype=np.float64)
    places = placed([*inputs, *by_firm, *sums])
    if kernel("sales", lanes)(*numbers, whole.ctypes.data, real.ctypes.data, places):
        raise MemoryError("no memory for one market")
    names = ("residual", "inclusive", "outside", "total", "partner", "home", "revenue", "support")
    found: dict[str, Any] = dict(zip(names, sums, strict=False))
    rest = sums[len(names) :]
    return {
        **found,
        "markup": by_firm[0],
        "firm_profit": by_firm[1],
        "cells": tuple(rest[:2]),
        "makers": tuple(rest[2:4]),
        "on_cells": tuple(rest[4 : 4 + n_from]),
        "thirds": tuple(rest[4 + n_from :]),
    }
