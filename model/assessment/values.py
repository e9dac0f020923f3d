"""From impact-assessment tables to the value of every package of a dyad, for both sides (theory 1.7).

A party's value of a package is a broadcast sum of *parts*, one small table an axis of the menu. The same parts give the
four flows of the compliance test (both honour, I lapse, the partner lapses, both lapse): a lapse only moves the lapsing
side's positions back to none. A package equal to the policy in force has a gain of exactly zero.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from dataclasses import dataclass

import numpy as np

from model.assessment.nodes import ANSWER_NODES, GRID_NODES, PUNISH_NODE
from model.numerics import FloatArray
from model.packages.menu import (
    ACCESS_ISSUE,
    N_DUTY,
    RECOGNISED,
    STANDARDS,
    STANDARDS_LAPSED,
    STANDARDS_SAVING,
    TECHNOLOGY_AXIS,
    WITH_FINANCE,
    Menu,
    asked_nodes,
)
from model.packages.sums import BOTH, HOME, KEPT, N_CASES, PUNISHED, Flows, Grid, added, each
from model.rules import withdrawal
from model.vocabulary import (
    CHARGING,
    DUTY,
    DUTY_CUTS,
    LINKAGE,
    N_ISSUES,
    N_SIDES,
    RECOGNITION,
    SUPPLY,
    TECHNOLOGY,
    Parties,
)

NOBODY = (False, False)  # neither side lapses
_WHOLE = ((NOBODY, None),)  # everybody keeps everything
# By issue that is withdrawn alone, the bits of the standards that stay; None: nothing is withdrawn.
_KEPT_BITS = {
    **dict.fromkeys([None, *range(ACCESS_ISSUE + N_SIDES)], 0b111),
    RECOGNITION: 0b110,
    RECOGNITION + 1: 0b101,
    CHARGING: 0b011,
}
_STANDARDS_FLAGS = np.array(STANDARDS, dtype=np.float64)


@dataclass(frozen=True)
class Parts:
    """What one party gets from each axis of a dyad's menu, bn$ per quarter.

    duty: for the duty of side 0 and of side 1, (..., 5, 8) by position and standards, five rows more a step of access;
    supply, linkage: (..., 2)
    by giver; standards (..., 8) effects of standards outside the two markets; technology (...,); punish (...,) payoff
    when both sides punish, on the scale of the duty parts; finance (..., 2) by giver, the money that may go with a
    linkage concession, or None. friends (..., 2): what it is worth that side 0, side 1 is in the other's allowed set,
    as it is by assuring supply or by technology cooperation; None without friendshoring.
    """

    duty: tuple[FloatArray, FloatArray]
    supply: FloatArray
    linkage: FloatArray
    standards: FloatArray
    technology: FloatArray
    punish: FloatArray
    finance: FloatArray | None = None
    friends: FloatArray | None = None


@dataclass(frozen=True)
class OtherTerms:
    """Stakes of one party that do not run through the two markets, bn$ per quarter.

    supply, linkage, finance (..., 2): to this party if side 0, side 1 gives; recognition (..., 2): if side 0, side 1
    recognises; charging, technology (...,).
    """

    supply: FloatArray
    linkage: FloatArray
    recognition: FloatArray
    charging: FloatArray
    technology: FloatArray
    finance: FloatArray | None = None


@functools.cache
def _places(giver: int, steps: int) -> tuple[np.ndarray, np.ndarray, FloatArray]:
    """(n,) positions of a side's duty, with so many steps of access; their nodes by standards (n, 8), and (n, 1) 1
    where they leave the duty as it is."""
    positions = np.arange(N_DUTY * (steps + 1))
    return (
        positions,
        asked_nodes(positions[:, None], STANDARDS_SAVING[:, giver]),
        (positions % N_DUTY == 0)[:, None] * 1.0,
    )


def party_parts(
    parties: Parties,
    dyad: int,
    side: int,
    importer_payoff: FloatArray,
    partner_payoff: FloatArray,
    risk: FloatArray,
    steps: FloatArray,
    granted: FloatArray,
    other: OtherTerms,
    steps_of_access: tuple[int, int] = (0, 0),
    answered_by_third: FloatArray | None = None,
) -> Parts:
    """The parts of one party's value; steps_of_access on the table, by who lets in; answered_by_third (...) bn$ per
    quarter that this party expects to lose by a third one's answer if it lets the other in, by a cut in proportion;
    None where nobody watches.

    importer_payoff, partner_payoff (..., p, n): at every node of every pair, to the importer and to its partner, with
    whatever weight on profits the party's principal has. risk (..., b, b): probability that an unbound duty of the row
    bloc on the column bloc is raised while the deal is weighed; steps (..., b, b): 0 or 1, which of the two higher grid
    points that would be.
    """
    duties = []
    to_grant: list[FloatArray] = []
    punish = np.zeros(importer_payoff.shape[:-2])
    for giver in (0, 1):
        importer, partner = parties.dyads[dyad][giver], parties.dyads[dyad][1 - giver]
        payoff = importer_payoff if giver == side else partner_payoff
        answered = partner_payoff if giver == side else importer_payoff
        market = payoff[..., parties.pair_of[importer, partner], :]
        answer = answered[..., parties.pair_of[partner, importer], :]
        positions, nodes, is_unbound = _places(giver, steps_of_access[giver])
        by_standards, already = market[..., nodes], granted[..., importer, partner]
        if np.count_nonzero(already):
            by_standards = np.where(already[..., None, None] > 0.0, market[..., nodes | RECOGNISED], by_standards)
        to_grant.append(1.0 - already)
        # Standing unbound, the duty may rise, and the partner would answer on its own market.
        low = market[..., GRID_NODES[3]] - market[..., 0] + answer[..., ANSWER_NODES[0]] - answer[..., 0]
        high = market[..., GRID_NODES[4]] - market[..., 0] + answer[..., ANSWER_NODES[1]] - answer[..., 0]
        step = steps[..., importer, partner]
        threat = risk[..., importer, partner] * (low + step * (high - low))
        duties.append(by_standards + is_unbound * threat[..., None, None])
        if giver == side and answered_by_third is not None:
            lets_in = np.where(positions >= N_DUTY, 1.0, np.array(DUTY_CUTS)[positions % N_DUTY])[:, None]
            duties[giver] = duties[giver] - lets_in * answered_by_third[..., None, None]
        punish = punish + market[..., PUNISH_NODE]
    standards = (
        (other.recognition[..., 0] * to_grant[0])[..., None] * _STANDARDS_FLAGS[:, 0]
        + (other.recognition[..., 1] * to_grant[1])[..., None] * _STANDARDS_FLAGS[:, 1]
        + other.charging[..., None] * _STANDARDS_FLAGS[:, 2]
    )
    return Parts(
        (duties[0], duties[1]), other.supply, other.linkage, standards, other.technology, punish, other.finance
    )


def with_friends(parties: Parties, parts: Parts, dyad: int, gain: FloatArray) -> Parts:
    """The parts with what a party gains (...) if the US's partner in the dyad is in the US's allowed set (1.18)."""
    if parties.credit_bloc not in parties.dyads[dyad]:
        return parts
    is_partner = np.array([float(b != parties.credit_bloc) for b in parties.dyads[dyad]])
    return dataclasses.replace(parts, friends=each(gain, is_partner))


#: Axis of every other commitment, its issue, and the sides by whose lapse it goes.
_Y_AXES = (
    *((2, SUPPLY, (0,)), (3, SUPPLY + 1, (1,)), (5, LINKAGE, (0,)), (6, LINKAGE + 1, (1,))),
    (TECHNOLOGY_AXIS, TECHNOLOGY, (0, 1)),
)
#: Which sides lapse, and the issue that is withdrawn alone, if any.
Case = tuple[tuple[bool, bool], int | None]


def package_grid(menu: Menu, parts: Parts, lapsed: tuple[bool, bool] = NOBODY) -> Grid:
    """A party's value of every package when the sides marked in ``lapsed`` do not honour theirs."""
    cases = ((lapsed, None),)
    return Grid(_of_x(menu, parts, cases)[..., 0], _of_y(menu, parts, cases)[..., 0])


@functools.lru_cache(maxsize=256)
def _x_places(menu: Menu, cases: tuple[Case, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each side's duty of every package stands in ``Parts.duty``, (C, L, n) twice, and the standards, (C, L)."""
    duties: tuple[list[np.ndarray], ...] = ([], [])
    kept_standards = []
    for lapsed, without in cases:
        standards = menu.standards & _KEPT_BITS[without]
        for side in (0, 1):
            standards = STANDARDS_LAPSED[side][standards] if lapsed[side] else standards
        kept_standards.append(standards)
        for giver, places in enumerate(duties):
            held = np.array(menu.positions[giver]) * (not lapsed[giver])
            if without == DUTY + giver:
                held = held - held % N_DUTY
            elif without == ACCESS_ISSUE + giver:
                held = held % N_DUTY
            places.append(held * len(STANDARDS) + standards[:, None])
    return np.stack(duties[0]), np.stack(duties[1]), np.stack(kept_standards)


def _of_x(menu: Menu, parts: Parts, cases: tuple[Case, ...]) -> FloatArray:
    """(..., X, C) the duties and standards of every package in some cases."""
    *places, standards = _x_places(menu, cases)
    first, second = (
        duty.reshape((*duty.shape[:-2], -1)).T.take(place, axis=0).T
        for duty, place in zip(parts.duty, places, strict=True)
    )
    first = first + parts.standards.T.take(standards, axis=0).T[..., None, :, :]
    x = np.empty((len(cases), menu.n_x, *first.shape[:-3][::-1])).T
    by_axis = x.reshape((*first.shape[:-2], second.shape[-3], *first.shape[-2:]))
    np.add(first[..., :, None, :, :], second[..., None, :, :, :], out=by_axis)
    return x


@functools.lru_cache(maxsize=256)
def _y_kept(menu: Menu, cases: tuple[Case, ...]) -> dict[int, np.ndarray]:
    """By issue, (C, n) how much of it every position of its axis holds in some cases."""
    found = {}
    for axis, issue, sides in _Y_AXES:
        kept = [without != issue and not any(lapsed[side] for side in sides) for lapsed, without in cases]
        found[issue] = np.array(menu.positions[axis]) * np.array(kept, dtype=np.float64)[:, None]
    return found


def _of_y(menu: Menu, parts: Parts, cases: tuple[Case, ...]) -> FloatArray:
    """(..., Y, C) all other commitments of every package in some cases."""
    kept = _y_kept(menu, cases)
    y = added(
        [
            *(each(parts.supply[..., giver], kept[SUPPLY + giver]) for giver in (0, 1)),
            *(_linked(parts, giver, kept[LINKAGE + giver]) for giver in (0, 1)),
            each(parts.technology, kept[TECHNOLOGY]),
        ]
    )
    return y if parts.friends is None else y + _friendship(menu, parts.friends, kept)


def _friendship(menu: Menu, friends: FloatArray, kept: dict[int, np.ndarray]) -> FloatArray:
    """(..., Y, C) what the allowed set is worth in every combination of the other commitments (theory 1.18).

    kept: of ``_y_kept``.
    """
    place = np.unravel_index(menu.y_package, menu.sizes)
    together = kept[TECHNOLOGY][:, place[TECHNOLOGY_AXIS]]
    assured = [np.maximum(kept[SUPPLY + giver][:, place[2 + giver]], together) for giver in (0, 1)]
    return each(friends[..., 0], assured[0]) + each(friends[..., 1], assured[1])


def _linked(parts: Parts, giver: int, kept: np.ndarray) -> FloatArray:
    """(..., n, C) what each position of a linkage concession is worth, of which (C, n) is kept, with its money."""
    plain = each(parts.linkage[..., giver], np.minimum(kept, 1.0))
    if parts.finance is None:
        return plain
    return plain + each(parts.finance[..., giver], (kept == WITH_FINANCE) * 1.0)


def package_values(menu: Menu, parts: Parts, lapsed: tuple[bool, bool] = (False, False)) -> FloatArray:
    """(..., P) the same, spread over all packages."""
    return package_grid(menu, parts, lapsed).spread(menu)


def issue_values(parts: Parts) -> FloatArray:
    """(..., 10) a party's gain from each issue alone at full level, against no treaty, bn$ per quarter."""
    lad = {state: index for index, state in enumerate(STANDARDS)}
    base = [parts.duty[giver][..., 0, 0] for giver in (0, 1)]
    values = np.zeros((*base[0].shape, N_ISSUES))
    for giver in (0, 1):
        values[..., DUTY + giver] = parts.duty[giver][..., -1, 0] - base[giver]
        values[..., SUPPLY + giver] = parts.supply[..., giver]
        values[..., LINKAGE + giver] = parts.linkage[..., giver]
        if parts.finance is not None:
            values[..., LINKAGE + giver] += parts.finance[..., giver]
        state = lad[(1, 0, 0) if giver == 0 else (0, 1, 0)]
        values[..., RECOGNITION + giver] = (
            parts.duty[0][..., 0, state]
            - base[0]
            + parts.duty[1][..., 0, state]
            - base[1]
            + parts.standards[..., state]
        )
    state = lad[(0, 0, 1)]
    values[..., CHARGING] = (
        parts.duty[0][..., 0, state] - base[0] + parts.duty[1][..., 0, state] - base[1] + parts.standards[..., state]
    )
    values[..., TECHNOLOGY] = parts.technology
    if parts.friends is not None:
        for giver in (0, 1):
            values[..., SUPPLY + giver] += parts.friends[..., giver]
            values[..., TECHNOLOGY] += parts.friends[..., giver]
    return values


def side_flows(menu: Menu, side: int, executive: Parts, legislature: Parts, partner: Parts | None = None) -> Flows:
    """The payoffs that one side of a dyad weighs, for every package of the menu.

    partner: what the partner's executive has, by which its answer to a withdrawal in part is measured; without it only
    the withdrawal of everything is weighed.
    """
    me, other = (side == 0, side == 1), (side == 1, side == 0)
    families = ((), ()) if partner is None else _families(menu, side)
    lanes, n_x, n = executive.punish.shape, menu.n_x, len(families[0])
    table = np.empty((N_CASES + 3 * n, n_x + menu.y_package.size, *lanes[::-1])).T
    for of, here, issues in ((_of_x, slice(n_x), families[0]), (_of_y, slice(n_x, None), families[1])):
        fewer, there = tuple((NOBODY, issue) for issue in issues), table[..., here, :]
        own = of(menu, executive, (*_WHOLE, (me, None), (other, None), *fewer, *((other, issue) for issue in issues)))
        there[..., :BOTH] = own[..., :BOTH]
        there[..., HOME] = of(menu, legislature, _WHOLE)[..., 0]
        if partner is not None:
            np.subtract(own[..., 3 : 3 + n], own[..., :1], out=there[..., N_CASES : N_CASES + n])
            np.subtract(own[..., 3 + n :], own[..., 2:3], out=there[..., N_CASES + n : N_CASES + 2 * n])
            theirs = of(menu, partner, (*_WHOLE, *fewer))
            there[..., N_CASES + 2 * n :] = withdrawal.loss(theirs[..., :1], theirs[..., 1:])
    for case, value in ((BOTH, table[..., :1, KEPT]), (PUNISHED, executive.punish[..., None])):
        table[..., :n_x, case], table[..., n_x:, case] = value, 0.0
    return Flows(menu, n_x, table)


@functools.lru_cache(maxsize=64)
def _families(menu: Menu, side: int) -> tuple[tuple[int | None, ...], tuple[int | None, ...]]:
    """The issues that a side may withdraw alone, on each table; None fills up the shorter list (theory 1.10)."""
    on_menu = np.logical_or.reduce(np.concatenate([menu.held, menu.access_at], axis=1) > 0, axis=0)
    x = [issue for issue in (DUTY + side, RECOGNITION + side, CHARGING, ACCESS_ISSUE + side) if on_menu[issue]]
    y = [issue for issue in (SUPPLY + side, LINKAGE + side, TECHNOLOGY) if on_menu[issue]]
    found = list(itertools.zip_longest(x, y))
    return tuple(one for one, _ in found), tuple(one for _, one in found)


def lost_by(menu: Menu, side: int, alone: Flows, issues: tuple[int, ...]) -> FloatArray:
    """(R,) what a side's partner loses if the side withdraws some of its issues, bn$ per quarter.

    alone: the side's, of one package in every lane (``Flows.of_package``), with its withdrawals.
    """
    weighed = alone.withdrawals
    total: FloatArray = np.zeros(alone.table.shape[0])
    if weighed is not None:
        for table, families in enumerate(_families(menu, side)):
            for place in [place for place, issue in enumerate(families) if issue in issues]:
                total = total + weighed.lost[:, table, place]
    return total
