"""What honouring every package of a menu is worth to a side, against the best of its deviations (theory 1.10).

The rules are ``compliance`` (withdraw everything) and ``withdrawal`` (withdraw one concession, keep what one likes).
The terms of both are sums over the axes of the menu or the largest of a few, so that they are worked out on two short
tables (``sums``) and meet only when they are spread over the packages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from model.compiled import packages as compiled
from model.compiled.arithmetic import is_compiled
from model.layout import room
from model.numerics import FloatArray, FloatLike, entries, ordered_sum
from model.packages.menu import Chosen, Menu
from model.packages.sums import ALONE, BOTH, DESERTED, KEPT, PUNISHED, Flows, Grid
from model.rules import compliance, withdrawal

#: Numbers that are worked on at once, which several such arrays may be without leaving the processor's own memory.
AT_ONCE: Final = 1 << 14


class PartTest(NamedTuple):
    """The terms of ``withdrawal.part_slack``, bn$, bn$ per quarter and quarters, (..., Z) as in ``Flows``.

    answer: what the partner's whole answer takes; stake: what all that costs the side something is worth to the
    partner; dearest, highest: the most tempting concession and the highest price on each table, of which the larger
    decides.
    """

    answer: FloatArray
    stake: FloatArray
    dearest: FloatArray
    highest: FloatArray


@dataclass(frozen=True)
class Resolve:
    """What honouring every package is worth beyond the best deviation, bn$; a side honours where that is >= 0.

    n_x: how many entries of the tables (..., Z) belong to duties and standards. whole: beyond withdrawing everything.
    part: the test of every single concession; None where a side weighs only the withdrawal of everything. one: (R,) of
    the one package that ``Flows.of_package`` has in every lane, where it is worked out already.
    """

    n_x: int
    whole: FloatArray
    part: PartTest | None = None
    one: FloatArray | None = None

    def in_lanes(self, group: slice) -> Resolve:
        """The same in neighbouring lanes."""
        part = self.part and PartTest(*(term[group] for term in self.part))
        return Resolve(self.n_x, self.whole[group], part)

    def holds(self, some: Chosen) -> np.ndarray:
        """(R, K) whether some packages would be honoured: where ``spread`` is >= 0, without writing its numbers down.

        Tables have lanes, (R, Z). So many combinations y at a time are judged with all x that what is worked
        on stays in the processor's own memory.
        """
        xs, ys, n = some.xs, self.n_x + some.ys, len(self.whole)

        def tables(of: FloatArray) -> tuple[FloatArray, FloatArray]:
            return entries(of, xs)[:, None], entries(of, ys)[..., None]

        (whole_x, whole_y), terms = tables(self.whole), [tables(term) for term in self.part or ()]
        found, at_once = room(n, ys.size, xs.size, dtype=bool), max(1, AT_ONCE // whole_x.size)
        spare = [room(n, min(at_once, ys.size), xs.size) for _ in range(3)]
        for start in range(0, ys.size, at_once):
            here = slice(start, start + at_once)
            holds = found[:, here]
            total, needed, price = (one[:, : holds.shape[1]] for one in spare)
            np.greater_equal(np.add(whole_x, whole_y[:, here], out=total), 0.0, out=holds)
            if self.part is None:
                continue
            answer, stake, dearest, highest = ((x, y[:, here]) for x, y in terms)
            np.multiply(np.maximum(*dearest, out=needed), np.add(*stake, out=total), out=needed)
            np.maximum(needed, np.maximum(*highest, out=price), out=needed)
            np.maximum(np.add(*answer, out=total), 0.0, out=total)
            np.logical_and(holds, np.greater_equal(total, needed), out=holds)
        return entries(found.reshape(n, -1), some.place)

    def spread(self, menu: Menu) -> FloatArray:
        """(..., P) of every package."""
        return self._least(lambda table, together: self._grid(table).spread(menu, together))

    def at(self, menu: Menu, package: np.ndarray | int) -> FloatArray:
        """(...) of one package in every lane, with the bits it has in ``spread``."""
        return self._least(lambda table, together: self._grid(table).at(menu, package, together))

    def alone(self) -> FloatArray:
        """(R,) of the one package that ``Flows.of_package`` has in every lane, with the bits it has in ``spread``."""
        if self.one is not None:
            return self.one
        return self._least(lambda table, together: together(table[..., 0], table[..., 1]))

    def _grid(self, table: FloatArray) -> Grid:
        return Grid(table[..., : self.n_x], table[..., self.n_x :])

    def _least(self, read: Callable[[FloatArray, np.ufunc], FloatArray]) -> FloatArray:
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
    punishment_length: FloatLike,
    by_type: bool = False,
) -> Resolve:
    """What honouring is worth beyond the best deviation that the flows know, for every package.

    trust, continuation (...), punishment_length (...) or scalar as in ``compliance.honour_test``, or by type as in
    ``honour_test_type``.
    """
    if flows.table.ndim > 2 and is_compiled():
        present = compliance.present_values(continuation, lag, punishment_length)
        (whole, *part), of_one = compiled.resolve(flows.table, flows.n_families, trust, *present, by_type)
        return Resolve(flows.n_x, whole, PartTest(*part) if part else None, of_one)
    belief = np.asarray(trust)[..., None]
    length = punishment_length[..., None] if isinstance(punishment_length, np.ndarray) else punishment_length
    present = compliance.present_values(np.asarray(continuation)[..., None], lag, length)
    kept, alone, deserted, both, punish = (flows.table[..., c] for c in (KEPT, ALONE, DESERTED, BOTH, PUNISHED))
    slack = compliance.honour_slack_type if by_type else compliance.honour_slack
    whole, one = slack(kept, alone, deserted, both, punish, belief, *present), flows.withdrawals
    if one is None:
        return Resolve(flows.n_x, whole)
    weights = withdrawal.part_weights(belief, *present, by_type)
    answer = withdrawal.whole_answer(weights, alone, both, punish)
    weights = withdrawal.Weights(*(weight[..., None] for weight in weights))
    cost = withdrawal.part_cost(weights, one.honoured, one.lapsed)
    is_repaid = withdrawal.repaid(cost, one.lost, weights)
    stake = ordered_sum(withdrawal.at_stake(cost, one.lost))
    dearest = np.maximum.reduce(withdrawal.temptation(cost, one.lost, is_repaid), axis=-1)
    highest = np.maximum.reduce(withdrawal.price(cost, is_repaid), axis=-1)
    return Resolve(flows.n_x, whole, PartTest(answer, stake, dearest, highest))
