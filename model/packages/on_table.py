"""What can be tabled: the issues that talks may be about, and the packages that this leaves while one is in force.

Lanes may differ in the issues that are on the table; there is one *kind* of lane for each set of them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.numerics import FloatArray
from model.packages.agenda import Agenda
from model.packages.menu import Chosen, Menu, negotiable, negotiable_among, negotiable_in_some, own_steps
from model.packages.sums import Grid
from model.rules import cooperation
from model.rules.bargaining import OUT_OF_REACH
from model.vocabulary import DUTY, N_SIDES

Allowed = tuple[bool, ...]  # of the 10 issues, whether each may be tabled


@dataclass(frozen=True)
class OnTable:
    """What can be tabled, by kind of lane.

    allowed: issues, by kind; kind (R,): of each lane, None where all are of the first. off: by dyad, (K X, X) and
    (K Y, Y), one kind after the other: 0 for what can be tabled given what is in force, out of reach for the rest.
    ceiling: (d,) or (R, d) the largest depth of a package that may be tabled over what is in force at the start.
    """

    allowed: tuple[Allowed, ...]
    kind: np.ndarray | None
    off: tuple[Grid, ...]
    ceiling: FloatArray

    def places(self, menu: Menu, lanes: np.ndarray | slice, current: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) twice: the rows of ``off`` for packages (n,) that are in force in some lanes."""
        x, y = menu.x_of[current], menu.y_of[current]
        return (
            (x, y)
            if self.kind is None
            else (x + self.kind[lanes] * menu.n_x, y + self.kind[lanes] * menu.y_package.size)
        )

    def in_some(self, menu: Menu, lanes: np.ndarray, current: np.ndarray) -> Chosen:
        """The packages that can be tabled in at least one of some lanes (n,), by what is in force there (n,)."""
        if self.kind is None:
            return negotiable_in_some(menu, ((self.allowed[0], tuple(sorted(set(current.tolist())))),))
        kind = self.kind[lanes]
        asked = ((k, tuple(sorted(set(current[kind == k].tolist())))) for k in sorted(set(kind.tolist())))
        return negotiable_in_some(menu, tuple((self.allowed[k], currents) for k, currents in asked))

    def in_lane(self, menu: Menu, lane: int, current: int) -> np.ndarray:
        """(P,) whether each package can be tabled in a lane while one is in force."""
        return negotiable(menu, self._of(lane), current)

    def own_steps(self, menu: Menu, lanes: np.ndarray, current: np.ndarray, side: int) -> np.ndarray:
        """(n, P) what a side could give in some lanes (n,), one step beyond what is in force (``menu.own_steps``)."""
        where = zip(lanes.tolist(), current.tolist(), strict=True)
        return np.stack([own_steps(menu, self._of(lane), now, side) for lane, now in where])

    def _of(self, lane: int) -> Allowed:
        return self.allowed[0 if self.kind is None else int(self.kind[lane])]


def on_table(agenda: Agenda, allowed: Sequence[Allowed], kind: np.ndarray | None) -> OnTable:
    """What can be tabled under an agenda; allowed, kind as in ``OnTable``."""
    each = [[_off(menu, one) for one in allowed] for menu in agenda.menus]
    deepest = np.array([[_deepest(agenda, d, one) for d in range(len(agenda.menus))] for one in allowed])
    return OnTable(
        tuple(allowed),
        kind,
        tuple(_stacked(grids) for grids in each),
        deepest[0] if kind is None else deepest[kind],
    )


def _stacked(grids: Sequence[Grid]) -> Grid:
    """One below the other, fastest in memory along what is in force, as ``layout.rows`` wants it."""
    if len(grids) == 1:
        return grids[0]
    return Grid(*(np.asfortranarray(np.concatenate([getattr(one, axis) for one in grids])) for axis in ("x", "y")))


@functools.lru_cache(maxsize=64)
def _off(menu: Menu, allowed: Allowed) -> Grid:
    """(X, X) and (Y, Y) by what is in force: 0 for what can be tabled, out of reach for the rest.

    A package can be tabled when both its combinations can, whatever the other one is.
    """
    x, y = (negotiable_among(menu, allowed, first) for first in (menu.x_package, menu.y_package))
    return Grid(*(np.asfortranarray((one - 1.0) * OUT_OF_REACH) for one in (x, y)))


def _deepest(agenda: Agenda, dyad: int, allowed: Allowed) -> float:
    """The largest depth of a package that may be tabled over what is in force at the start."""
    menu = agenda.menus[dyad]
    tabled = negotiable(menu, allowed, int(agenda.treaty[dyad]))
    concessions, bound = agenda.levels[dyad][tabled], menu.coordinates[tabled, :2] > 0
    duties = slice(DUTY, DUTY + N_SIDES)
    concessions[:, duties] = cooperation.concession(concessions[:, duties], bound, 1.0)
    return float(np.max(cooperation.depth(concessions, agenda.weights[dyad])))
