"""Numbers for every package of a menu, kept as two short tables whose entries add up (theory 1.7).

Whatever is said of all packages at once is a sum over the axes of the menu. The axes fall into two groups that never
meet: the two duties with the standards, which share markets, and all the rest. A ``Grid`` holds one number for
each combination within a group. What is linear in payoffs (a gain, a belief, the slack of a compliance test) is worked
out on the two tables, a few dozen numbers, and spread over the hundreds of packages only at the end.

``...`` stands for any leading axes; x is the axis of combinations of duties and standards, y of all other commitments.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from model.layout import packages_fastest
from model.layout import some as some_lanes
from model.numerics import FloatArray, entries
from model.packages.menu import STANDARDS_AXIS, TECHNOLOGY_AXIS, Chosen, Menu
from model.rules import packages
from model.rules.bargaining import take
from model.vocabulary import CHARGING, DUTY, LINKAGE, RECOGNITION, SUPPLY, TECHNOLOGY


@dataclass(frozen=True)
class Grid:
    """A number for every package: ``x`` (..., X) of its duties and standards plus ``y`` (..., Y) of the rest.

    ``y`` of a package without any of the rest is exactly zero.
    """

    x: FloatArray
    y: FloatArray

    def over(self, menu: Menu, package: np.ndarray | int) -> Grid:
        """Every number less that of one package (...); exactly zero, in both tables, for that package itself."""
        return Grid(
            self.x - np.asarray(take(self.x, menu.x_of[package]))[..., None],
            self.y - np.asarray(take(self.y, menu.y_of[package]))[..., None],
        )

    def in_lanes(self, group: slice) -> Grid:
        """The same in neighbouring lanes; tables are (R, X) and (R, Y)."""
        return Grid(self.x[group], self.y[group])

    def at(self, menu: Menu, package: np.ndarray | int, together: np.ufunc = np.add) -> FloatArray:
        """(...) the number of one package in every lane, with the bits it has in ``spread``."""
        return np.asarray(together(take(self.x, menu.x_of[package]), take(self.y, menu.y_of[package])))

    def of(self, menu: Menu, some: Chosen) -> FloatArray:
        """(..., K) the numbers of some packages, with the bits they have in ``spread``."""
        if some.packages.size == menu.n_packages and self.x.strides[-1] > self.x.itemsize:
            return self.spread(menu)
        x, y = entries(self.x, some.x), entries(self.y, some.y)
        return np.add(x, y, out=x) if x.shape == y.shape else x + y

    def spread(self, menu: Menu, together: np.ufunc = np.add) -> FloatArray:
        """(..., P) the number of every package; ``together``: what makes one number of two, a sum if left alone."""
        d0, d1, s0, s1, standards, k0, k1, tech = menu.sizes
        x = self.x.reshape((*self.x.shape[:-1], d0, d1, 1, 1, standards, 1, 1, 1))
        y = self.y.reshape((*self.y.shape[:-1], 1, 1, s0, s1, 1, k0, k1, tech))
        lanes = np.broadcast_shapes(self.x.shape[:-1], self.y.shape[:-1])
        if not lanes:
            return together(x, y).reshape(-1)
        # Packages lead in memory, so that the ensemble's replicates stay fastest.
        whole = np.empty((*menu.sizes, *lanes))
        n = len(lanes)
        together(x, y, out=whole.transpose(*range(8, 8 + n), *range(8)))
        return whole.reshape((menu.n_packages, *lanes)).transpose(*range(1, n + 1), 0)


def added(columns: list[FloatArray]) -> FloatArray:
    """(..., n1 * n2 * ..., C) sums of one entry of each of several tables (..., n1, C), (..., n2, C), ..., last
    fastest."""
    total = columns[0]
    for column in columns[1:]:
        total = total[..., :, None, :] + column[..., None, :, :]
        total = total.reshape((*total.shape[:-3], -1, total.shape[-1]))
    return total


def each(value: FloatArray, factors: FloatArray) -> FloatArray:
    """(..., n, C) a value (...) times each of some factors (C, n); replicates stay fastest in memory."""
    return np.multiply.outer(factors, np.asarray(value).T).T


class Withdrawal(NamedTuple):
    """What it is to take back each of F families of a side's concessions alone, bn$ per quarter, (..., Z, F) each.

    honoured, lapsed: the side's gain while the partner honours, while it lapses; lost: what the partner loses, where
    the family is in the package (``model.rules.withdrawal``). Gains are zero where it is not.
    """

    honoured: FloatArray
    lapsed: FloatArray
    lost: FloatArray


#: What a table of flows begins with: both honour; this side, the partner lapses alone; what any package comes to when
#: both lapse; what the legislature sees when both honour; what any package comes to when both punish.
KEPT, ALONE, DESERTED, BOTH, HOME, PUNISHED = range(6)
N_CASES: Final = 6


@dataclass(frozen=True)
class Flows:
    """One side's payoffs from every package of a menu, bn$ per quarter.

    table (..., Z, C): the x entries, then the y entries of a ``Grid``, ``n_x`` and Z - n_x of them, in every case:
    those named above, then by family of concessions the three numbers of a ``Withdrawal``; none where a side weighs
    only the withdrawal of everything. The properties spread payoffs over all packages, (..., P).
    """

    menu: Menu
    n_x: int
    table: FloatArray

    def grid(self, case: int) -> Grid:
        """One case."""
        return Grid(self.table[..., : self.n_x, case], self.table[..., self.n_x :, case])

    @property
    def kept(self) -> Grid:
        """Both honour."""
        return self.grid(KEPT)

    @property
    def alone(self) -> Grid:
        """This side lapses alone."""
        return self.grid(ALONE)

    @property
    def deserted(self) -> Grid:
        """The partner lapses alone."""
        return self.grid(DESERTED)

    @property
    def home(self) -> Grid:
        """What the side's legislature sees when both honour."""
        return self.grid(HOME)

    @property
    def both_lapse(self) -> FloatArray:
        """(..., 1) of any package when both lapse."""
        return self.table[..., :1, BOTH]

    @property
    def n_families(self) -> int:
        """How many families of concessions a side may withdraw alone."""
        return (self.table.shape[-1] - N_CASES) // 3

    @property
    def withdrawals(self) -> Withdrawal | None:
        """What it is to withdraw each family of concessions alone, on both tables; None if that is not weighed."""
        n = self.n_families
        honoured, lapsed, lost = (self.table[..., N_CASES + k * n : N_CASES + (k + 1) * n] for k in range(3))
        return Withdrawal(honoured, lapsed, lost) if n else None

    def of_package(self, menu: Menu, package: np.ndarray, lanes: np.ndarray | None = None) -> Flows:
        """The same of one package (n,) in some lanes (n,), or in every lane: tables have two entries, (n, 2, C)."""
        place = np.array([menu.x_of[package], self.n_x + menu.y_of[package]])
        lanes, table = np.arange(package.size) if lanes is None else lanes, self.table.T
        # One long row a case, which NumPy takes from several times as fast.
        rows = table.reshape(len(table), -1)
        return Flows(menu, 1, rows.take(place * table.shape[-1] + lanes, axis=-1).T)

    @property
    def honoured(self) -> FloatArray:
        """(..., P) both honour."""
        return self.kept.spread(self.menu)

    @property
    def own_lapse(self) -> FloatArray:
        """(..., P) this side lapses alone."""
        return self.alone.spread(self.menu)

    @property
    def partner_lapse(self) -> FloatArray:
        """(..., P) the partner lapses alone."""
        return self.deserted.spread(self.menu)

    @property
    def legislature(self) -> FloatArray:
        """(..., P) what the legislature sees when both honour."""
        return self.home.spread(self.menu)


def believed(
    menu: Menu,
    value: Grid,
    levels: FloatArray,
    current: np.ndarray | int,
    stakes: FloatArray,
    error: FloatArray,
    noise: FloatArray,
) -> Grid:
    """Believed gain from every package over the policy in force, bn$ per quarter (theory 1.8).

    value: the true payoffs; levels (P, 10) of every issue; current (...) package in force; stakes (10,) bn$ a quarter;
    error (..., 10) persistent errors, noise (...) by which they are multiplied.
    """
    gain = value.over(menu, current)
    error_now = misjudged(menu, levels, np.asarray(noise)[..., None] * stakes * error).over(menu, current)
    shrink = packages.shrinkage(noise)[..., None]
    return Grid(packages.belief(gain.x, error_now.x, shrink), packages.belief(gain.y, error_now.y, shrink))


#: Axes of the menu and the issues that lie along them, those of x first.
_ALONG: Final = (
    *((0, DUTY), (1, DUTY + 1), (STANDARDS_AXIS, RECOGNITION), (STANDARDS_AXIS, RECOGNITION + 1)),
    *((STANDARDS_AXIS, CHARGING), (2, SUPPLY), (3, SUPPLY + 1), (5, LINKAGE), (6, LINKAGE + 1)),
    (TECHNOLOGY_AXIS, TECHNOLOGY),
)


@functools.lru_cache(maxsize=64)
def along(menu: Menu) -> tuple[np.ndarray, np.ndarray, tuple[slice, ...]]:
    """The packages (N,) with one position of one axis, one axis after the other, the issue (N,), and where each ends.

    An axis with several issues comes several times.
    """
    alone = [menu.alone[axis] for axis, _ in _ALONG]
    sizes = [packages.size for packages in alone]
    ends = [0, *itertools.accumulate(sizes)]
    issues = np.repeat([issue for _, issue in _ALONG], sizes)
    return np.concatenate(alone), issues, tuple(slice(*pair) for pair in itertools.pairwise(ends))


def misjudged(menu: Menu, levels: FloatArray, weight: FloatArray) -> Grid:
    """Error in valuing every package, bn$ per quarter, against no treaty: the sum over issues, axis by axis.

    levels (P, 10); weight (..., 10) error of each issue at full level, noise times stake times persistent error.
    """
    alone, issues, places = along(menu)
    error = weight.T[issues].T * levels[alone, issues]
    first, second, one, other, charging, *rest = (error[..., place, None] for place in places)
    return Grid(added([first, second, one + other + charging])[..., 0], added(rest)[..., 0])


def chosen_lanes(grid: Grid, lanes: np.ndarray) -> Grid:
    """Some lanes of a grid; a table that all lanes share stays as it is."""
    return Grid(*(some_lanes(table, lanes) if table.ndim > 1 else table for table in (grid.x, grid.y)))


def chosen_flows(flows: Flows, lanes: np.ndarray) -> Flows:
    """Some lanes of a side's flows."""
    return Flows(flows.menu, flows.n_x, packages_fastest(some_lanes(flows.table, lanes)))
