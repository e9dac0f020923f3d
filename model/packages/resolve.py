"""What honouring every package of a menu is worth to a side, against the best of its deviations (theory 1.10).

The rules are ``compliance`` (withdraw everything) and ``withdrawal`` (withdraw one concession, keep what one likes).
The terms of both are sums over the axes of the menu or the largest of a few, so that they are worked out on two short
tables (``sums``) and meet only when they are spread over the packages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np

from model.numerics import FloatArray
from model.packages.menu import Menu
from model.packages.sums import Flows, Grid, Withdrawal, added_up, honour_slack
from model.rules import compliance, withdrawal


class PartTest(NamedTuple):
    """The terms of ``withdrawal.part_slack`` for every package, bn$, bn$ per quarter and quarters.

    answer: what the partner's whole answer takes; stake: what all that costs the side something is worth to the
    partner; dearest, highest: the most tempting concession and the highest price on each table, of which the larger
    decides.
    """

    answer: Grid
    stake: Grid
    dearest: Grid
    highest: Grid


@dataclass(frozen=True)
class Resolve:
    """What honouring every package is worth beyond the best deviation, bn$; a side honours where that is >= 0.

    whole: beyond withdrawing everything. part: the test of every single concession; None where a side weighs only the
    withdrawal of everything.
    """

    whole: Grid
    part: PartTest | None = None

    def in_lanes(self, group: slice) -> Resolve:
        """The same in neighbouring lanes."""
        part = self.part and PartTest(*(term.in_lanes(group) for term in self.part))
        return Resolve(self.whole.in_lanes(group), part)

    def of(self, menu: Menu, packages: np.ndarray) -> FloatArray:
        """(..., n) of some packages (n,), with the bits they have in ``spread``."""
        return self._least(lambda table, together: table.of(menu, packages, together))

    def holds(self, menu: Menu, packages: np.ndarray) -> np.ndarray:
        """(R, n) whether some packages (n,) would be honoured: where ``of`` is >= 0, without writing its numbers down.

        Tables have lanes, (R, X) and (R, Y). One combination y after the other is judged with all x, so that what is
        worked on stays in the processor's own memory.
        """
        xs, ys = np.unique(menu.x_of[packages]), np.unique(menu.y_of[packages])
        whole_x, whole_y = self.whole.x.T[xs], self.whole.y.T[ys]
        found, total = np.empty((ys.size, *whole_x.shape), dtype=bool), np.empty_like(whole_x)
        for k in range(ys.size):
            np.greater_equal(np.add(whole_x, whole_y[k], out=total), 0.0, out=found[k])
        if self.part is not None:
            answer, stake, dearest, highest = (Grid(term.x.T[xs], term.y.T[ys]) for term in self.part)
            needed, price, passes = np.empty_like(total), np.empty_like(total), np.empty_like(found[0])
            for k in range(ys.size):
                np.maximum(dearest.x, dearest.y[k], out=needed)
                np.multiply(needed, np.add(stake.x, stake.y[k], out=total), out=needed)
                np.maximum(needed, np.maximum(highest.x, highest.y[k], out=price), out=needed)
                np.maximum(np.add(answer.x, answer.y[k], out=total), 0.0, out=total)
                np.logical_and(found[k], np.greater_equal(total, needed, out=passes), out=found[k])
        place = np.searchsorted(ys, menu.y_of[packages]) * xs.size + np.searchsorted(xs, menu.x_of[packages])
        return found.reshape((-1, found.shape[-1])).take(place, axis=0).T

    def spread(self, menu: Menu) -> FloatArray:
        """(..., P) of every package."""
        return self._least(lambda table, together: table.spread(menu, together))

    def at(self, menu: Menu, package: np.ndarray | int) -> FloatArray:
        """(...) of one package in every lane, with the bits it has in ``spread``."""
        return self._least(lambda table, together: table.at(menu, package, together))

    def alone(self) -> FloatArray:
        """(R,) of the one package that ``Flows.of_package`` has in every lane, with the bits it has in ``spread``."""
        return self._least(lambda table, together: together(table.x[..., 0], table.y[..., 0]))

    def _least(self, read: Callable[[Grid, np.ufunc], FloatArray]) -> FloatArray:
        whole = read(self.whole, np.add)
        if self.part is None:
            return whole
        answer, stake, dearest, highest = self.part
        part = withdrawal.part_slack(
            read(answer, np.add), read(dearest, np.maximum), read(stake, np.add), read(highest, np.maximum)
        )
        return np.minimum(whole, part)


def resolve(
    flows: Flows,
    trust: FloatArray,
    continuation: FloatArray,
    lag: float,
    punishment_length: float,
    by_type: bool = False,
) -> Resolve:
    """What honouring is worth beyond the best deviation that the flows know, for every package.

    trust, continuation (...) as in ``compliance.honour_test``, or by type as in ``honour_test_type``.
    """
    whole = honour_slack(flows, trust, continuation, lag, punishment_length, by_type)
    if not flows.of_x and not flows.of_y:
        return Resolve(whole)
    present = compliance.present_values(np.asarray(continuation)[..., None], lag, punishment_length)
    weights = withdrawal.part_weights(np.asarray(trust)[..., None], *present, by_type)
    nothing = np.zeros(1)
    answer = Grid(
        withdrawal.whole_answer(weights, flows.alone.x, flows.both_lapse, flows.punish),
        withdrawal.whole_answer(weights, flows.alone.y, nothing, nothing),
    )
    x, y = _tempting(weights, flows.of_x, answer.x), _tempting(weights, flows.of_y, answer.y)
    return Resolve(whole, PartTest(answer, *(Grid(of_x, of_y) for of_x, of_y in zip(x, y, strict=True))))


def _tempting(
    weights: withdrawal.Weights, families: tuple[Withdrawal, ...], like: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """On one table: what is at stake in all families, the most tempting, the highest price; 0 where there is none."""
    costs = [(withdrawal.part_cost(weights, one.honoured, one.lapsed), one.lost) for one in families]
    if not costs:
        return np.zeros_like(like), np.zeros_like(like), np.zeros_like(like)
    stakes = [withdrawal.at_stake(cost, lost) for cost, lost in costs]
    rates = [withdrawal.temptation(cost, lost, weights) for cost, lost in costs]
    prices = [withdrawal.price(cost, lost, weights) for cost, lost in costs]
    return added_up(stakes), reduce(np.maximum, rates), reduce(np.maximum, prices)
