"""Battery cells: what they cost an automaker at a place, and where those of a quarter go (theory 1.3).

By the rules, or by the compiled kernels that follow them (``model.compiled.cells``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.compiled import cells as compiled
from model.compiled.arithmetic import is_compiled
from model.market.economy import Economy
from model.numerics import FloatArray, ordered_sum


@dataclass(frozen=True)
class CellSupply:
    """What battery cells cost each automaker at each place, and from whom they come.

    Duties on cells are refunded on exported cars (drawback), so a car sold at home and a car sold abroad carry
    different cells. price (..., f, k) $/kWh before duty and freight; unit_home, unit_export (..., o, f) $/kWh;
    share_home, share_export (..., o, f, k) fractions; duty (..., o, k) effective rate; freight (..., o, k) $/kWh, and
    by what cells cost more because part of them is made at the place; paid_home, paid_export (..., o, f) what is really
    paid, duty and freight included, a mean over the mix.
    """

    price: FloatArray
    unit_home: FloatArray
    unit_export: FloatArray
    share_home: FloatArray
    share_export: FloatArray
    paid_home: FloatArray
    paid_export: FloatArray
    duty: FloatArray
    freight: FloatArray


def cells_used(economy: Economy, energy: FloatArray, cells: CellSupply) -> tuple[FloatArray, ...]:
    """GWh that go to each automaker (..., f, k), into the cars built at each place (..., o, k), of that into cars for
    export, and m$ of duty paid on cells at each place (..., o).

    energy (..., m, f, o) GWh in the cars of a quarter.
    """
    if is_compiled() and energy.ndim == 4:
        shares = (cells.share_home, cells.share_export)
        return tuple(compiled.used(energy, economy.is_home, *shares, cells.duty, cells.price))
    by_origin = np.swapaxes(energy, -1, -2)
    home = ordered_sum(by_origin * economy.is_home[:, :, None], axis=-3)
    total = ordered_sum(by_origin, axis=-3)
    at_home = home[..., None] * cells.share_home
    by_place = at_home + (total - home)[..., None] * cells.share_export
    duty_paid = ordered_sum(ordered_sum(at_home * cells.duty[..., :, None, :] * cells.price[..., None, :, :]))
    at_place, for_export = (ordered_sum(x, axis=-2) for x in (by_place, by_place - at_home))
    return ordered_sum(by_place, axis=-3), at_place, for_export, duty_paid
