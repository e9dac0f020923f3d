"""Battery cells by the compiled kernels: from whom they come, and where they go, in one pass over each."""

from __future__ import annotations

import numpy as np

from model.compiled.build import kernels
from model.compiled.markets import call, placed
from model.numerics import FloatArray


def source(
    price: FloatArray, rate: FloatArray, freight: FloatArray, tie: FloatArray, level: FloatArray, theta: float
) -> dict[str, FloatArray]:
    """The fields of a ``market.cells.CellSupply`` that follow from what cells cost, by name.

    price (R, f, k) $/kWh before duty; rate (R, o, k); freight (..., o, k) $/kWh; tie (o, f, k); level (o, f) $/kWh;
    theta: taste for cheapness per $/kWh. There is at least one supplier.
    Raises ``MemoryError``.
    Limits: a lane has the bits that it has alone; NaN is never cut off.
    """
    lanes, (places, firms, suppliers) = len(price), tie.shape
    given = [
        price,
        rate,
        *(np.broadcast_to(x, (lanes, *x.shape[-n:])) for x, n in ((freight, 2), (tie, 3), (level, 2))),
    ]
    names = ("unit_home", "unit_export", "share_home", "share_export", "paid_home", "paid_export")
    found = {one: _room(lanes, places, firms, *(suppliers,) * one.startswith("share")) for one in names}
    tables = placed(given, 4), placed(list(found.values()), 4)
    if call(kernels().source, lanes, places, firms, suppliers, float(theta), *tables):
        raise MemoryError("no memory for one mix of suppliers")
    return found


def used(
    energy: FloatArray,
    is_home: FloatArray,
    share_home: FloatArray,
    share_export: FloatArray,
    rate: FloatArray,
    price: FloatArray,
) -> list[FloatArray]:
    """What ``market.cells.cells_used`` finds: (R, f, k), (R, o, k) twice, (R, o).

    energy (R, m, f, o) GWh; is_home (m, o); shares (R, o, f, k); rate (R, o, k); price (R, f, k) $/kWh.
    Raises ``MemoryError``.
    Limits: a lane has the bits that it has alone; NaN is never cut off.
    """
    lanes, markets, firms, places = energy.shape
    suppliers = price.shape[-1]
    given = [energy, np.broadcast_to(is_home, (lanes, *is_home.shape)), share_home, share_export, rate, price]
    shapes = ((firms, suppliers), (places, suppliers), (places, suppliers), (places,))
    found = [_room(lanes, *shape) for shape in shapes]
    if call(kernels().cells_used, lanes, markets, places, firms, suppliers, placed(given, 4), placed(found, 4)):
        raise MemoryError("no memory for the cells of one place")
    return found


def _room(n_lanes: int, *shape: int) -> FloatArray:
    """(R, ...) to be written, replicates fastest in memory."""
    return np.moveaxis(np.empty((*shape, n_lanes)), -1, 0)
