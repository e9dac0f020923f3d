"""Keeping a part of a duty cut: the duties between standstill and what was agreed (theory 1.7, 1.10).

With partial compliance on, a side that would not keep its whole duty cut keeps the largest part that passes its own
test. Tables know the agreed positions only; between them values are linear in ln(1 + duty).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.market.economy import Economy
from model.numerics import FloatArray, FloatLike, beside
from model.packages.menu import N_DUTY, Menu
from model.rules import compliance
from model.vocabulary import EV

N_STEPS: Final = 4  # bound positions of a duty: standstill, one third, two thirds, full


@dataclass(frozen=True)
class DutyPath:
    """A side's duty on its way from unbound to what a package says, all (..., 4) but ``free``.

    positions: the bound positions up to the package's, which repeats; packages: the package with each of them in place
    of its own; rates: the EV duty there; free (...) the duty without a treaty. Fractions.
    """

    positions: np.ndarray
    packages: np.ndarray
    rates: FloatArray
    free: FloatArray

    def rate_at(self, share: FloatLike) -> FloatArray:
        """(...) the duty when a share (...) of the agreed cut is made."""
        return self.free - share * (self.free - self.rates[..., N_STEPS - 1])


def duty_path(
    economy: Economy,
    menu: Menu,
    importer: int,
    partner: int,
    package: np.ndarray | int,
    mfn: FloatLike,
    floor: FloatLike,
    special: FloatLike,
) -> DutyPath:
    """The path of the importer's duty on the partner's cars; package (...) on the dyad's menu.

    mfn, floor of the quarter and special (...) above MFN as fractions.
    """
    side = int(economy.parties.side_of[importer, partner])
    agreed, access = np.asarray(menu.duty_at[package][..., side]), np.asarray(menu.access_at[package][..., side])
    cuts = np.minimum(np.arange(1, N_STEPS + 1), agreed[..., None])
    packages = np.take_along_axis(menu.duty_variants[side][package], cuts, axis=-1)
    free = np.asarray(mfn + special)
    room = free - np.minimum(floor, free)
    rates = free[..., None] - economy.cuts[EV, importer, partner][cuts] * room[..., None]
    return DutyPath(cuts + N_DUTY * access[..., None], packages, rates, free)


def kept_share(path: DutyPath, slack: Callable[[np.ndarray], FloatArray]) -> tuple[FloatArray, np.ndarray]:
    """(...) the share of its cut that a side keeps, and whether it keeps the treaty at all.

    slack: what honouring a package (...) is worth to the side beyond lapsing, bn$.
    """
    at_steps = beside([slack(path.packages[..., k]) for k in range(N_STEPS)])
    return compliance.largest_level(at_steps, path.rates, path.free)
