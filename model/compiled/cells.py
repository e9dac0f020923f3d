"""Battery cells by the compiled kernels: from whom they come, and where they go, in one pass over each."""

from __future__ import annotations

import numpy as np

from model.compiled.build import kernel
from model.compiled.placing import placed
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
    given = [price, rate, freight if freight.ndim == 3 else freight[None], tie[None], level[None]]
    names = ("unit_home", "unit_export", "share_home", "share_export", "paid_home", "paid_export")
    found = {one: _room(lanes, places, firms, *(suppliers,) * one.startswith("share")) for one in names}
    if kernel("source", lanes)(lanes, places, firms, suppliers, theta, placed([*given, *found.values()], 4)):
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
    given = [energy, is_home[None], share_home, share_export, rate, price]
    shapes = ((firms, suppliers), (places, suppliers), (places, suppliers), (places,))
    found = [_room(lanes, *shape) for shape in shapes]
    if kernel("cells_used", lanes)(lanes, markets, places, firms, suppliers, placed([*given, *found], 4)):
        raise MemoryError("no memory for the cells of one place")
    return found


def _room(n_lanes: int, *shape: int) -> FloatArray:
    """(R, ...) to be written, replicates fastest in memory."""
    return np.empty((*shape, n_lanes)).transpose(len(shape), *range(len(shape)))
