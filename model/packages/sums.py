"""Numbers for every package of a menu, kept as two short tables whose entries add up (theory 1.7).

Whatever is said of all packages at once is a sum over the axes of the menu. The axes fall into two groups that never
meet: the two duties with the standards, which share markets, and all the rest. A ``Grid`` holds one number for
each combination within a group. What is linear in payoffs (a gain, a belief, the slack of a compliance test) is worked
out on the two tables, a few dozen numbers, and spread over the hundreds of packages only at the end.

``...`` stands for any leading axes; x is the axis of combinations of duties and standards, y of all other commitments.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.layout import some
from model.numerics import FloatArray, entries
from model.packages.menu import STANDARDS_AXIS, TECHNOLOGY_AXIS, Menu
from model.rules import compliance, packages
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

    def of(self, menu: Menu, packages: np.ndarray, together: np.ufunc = np.add) -> FloatArray:
        """(..., n) the numbers of some packages (n,), with the bits they have in ``spread``."""
        if packages.size == menu.n_packages:
            return self.spread(menu, together)
        x, y = entries(self.x, menu.x_of[packages]), entries(self.y, menu.y_of[packages])
        return together(x, y, out=x) if x.shape == y.shape else together(x, y)

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
    """(..., n1 * n2 * ...) sums of one entry of each of several tables (..., n1), (..., n2), ..., last fastest."""
    total = columns[0]
    for column in columns[1:]:
        total = total[..., :, None] + column[..., None, :]
        total = total.reshape((*total.shape[:-2], -1))
    return total


def added_up(terms: list[FloatArray]) -> FloatArray:
    """(...) the sum of some arrays, first to last."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def each(value: FloatArray, factors: FloatArray) -> FloatArray:
    """(..., n) a value (...) times each of some factors (n,); replicates stay fastest in memory."""
    return np.multiply.outer(factors, np.asarray(value).T).T


def choices(gift: FloatArray, positions: tuple[int, ...], kept: bool) -> FloatArray:
    """(..., n) what each position 0 or 1 of a commitment is worth if it is kept; gift (...)."""
    return each(gift, np.array(positions) * float(kept))


class Withdrawal(NamedTuple):
    """What it is to take back one family of a side's concessions alone, on one table of a menu, bn$ per quarter.

    honoured, lapsed (..., X) or (..., Y): the side's gain while the partner honours, while it lapses; lost: what the
    partner loses, where the family is in the package (``model.rules.withdrawal``). Gains are zero where it is not.
    """

    honoured: FloatArray
    lapsed: FloatArray
    lost: FloatArray


@dataclass(frozen=True)
class Flows:
    """One side's payoffs from every package of a menu, bn$ per quarter.

    kept: both honour; alone: this side lapses alone; deserted: the partner lapses alone; home: what the side's
    legislature sees when both honour; both_lapse, punish (..., 1) of any package when both lapse, when both punish.
    of_x, of_y: by family of concessions on either table, what it is to withdraw it alone; none where a side weighs
    only the withdrawal of everything. The properties spread payoffs over all packages, (..., P).
    """

    menu: Menu
    kept: Grid
    alone: Grid
    deserted: Grid
    home: Grid
    both_lapse: FloatArray
    punish: FloatArray
    of_x: tuple[Withdrawal, ...] = ()
    of_y: tuple[Withdrawal, ...] = ()

    def of_package(self, menu: Menu, package: np.ndarray) -> Flows:
        """What the compliance test asks for, of one package (R,) in every lane: tables have one entry, (R, 1)."""
        x, y = menu.x_of[package], menu.y_of[package]

        def entry(table: FloatArray, index: np.ndarray) -> FloatArray:
            return table if table.shape == (1,) else np.asarray(take(table, index))[..., None]

        def entries_of(grid: Grid) -> Grid:
            return Grid(entry(grid.x, x), entry(grid.y, y))

        return dataclasses.replace(
            self,
            kept=entries_of(self.kept),
            alone=entries_of(self.alone),
            deserted=entries_of(self.deserted),
            of_x=tuple(Withdrawal(*(entry(table, x) for table in one)) for one in self.of_x),
            of_y=tuple(Withdrawal(*(entry(table, y) for table in one)) for one in self.of_y),
        )

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


def misjudged(menu: Menu, levels: FloatArray, weight: FloatArray) -> Grid:
    """Error in valuing every package, bn$ per quarter, against no treaty: the sum over issues, axis by axis.

    levels (P, 10); weight (..., 10) error of each issue at full level, noise times stake times persistent error.
    """

    def along(axis: int, *issues: int) -> FloatArray:
        """(..., n) error of each position on one axis of the menu."""
        held = levels[menu.alone[axis]]
        return added_up([each(weight[..., issue], held[:, issue]) for issue in issues])

    x = added([along(0, DUTY), along(1, DUTY + 1), along(STANDARDS_AXIS, RECOGNITION, RECOGNITION + 1, CHARGING)])
    rest = ((2, SUPPLY), (3, SUPPLY + 1), (5, LINKAGE), (6, LINKAGE + 1), (TECHNOLOGY_AXIS, TECHNOLOGY))
    return Grid(x, added([along(axis, issue) for axis, issue in rest]))


def honour_slack(
    flows: Flows,
    trust: FloatArray,
    continuation: FloatArray,
    lag: float,
    punishment_length: float,
    by_type: bool = False,
) -> Grid:
    """What honouring is worth beyond withdrawing everything, for every package, bn$ (theory 1.10).

    trust, continuation (...) as in ``compliance.honour_test``, or by type as in ``honour_test_type``.
    """
    test = compliance.honour_test_type if by_type else compliance.honour_test
    belief, future = np.asarray(trust)[..., None], np.asarray(continuation)[..., None]

    def slack(
        kept: FloatArray, alone: FloatArray, deserted: FloatArray, both: FloatArray, punish: FloatArray
    ) -> FloatArray:
        return test(kept, alone, deserted, both, punish, belief, future, lag, punishment_length)[1]

    nothing = np.zeros(1)
    return Grid(
        slack(flows.kept.x, flows.alone.x, flows.deserted.x, flows.both_lapse, flows.punish),
        slack(flows.kept.y, flows.alone.y, flows.deserted.y, nothing, nothing),
    )


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
        of_x=tuple(_chosen_withdrawal(one, lanes) for one in flows.of_x),
        of_y=tuple(_chosen_withdrawal(one, lanes) for one in flows.of_y),
    )


def _chosen_withdrawal(one: Withdrawal, lanes: np.ndarray) -> Withdrawal:
    return Withdrawal(*(some(table, lanes) if table.ndim > 1 else table for table in one))
