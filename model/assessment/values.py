"""From impact-assessment tables to the value of every package of a dyad, for both sides (theory 1.7).

A party's value of a package is a broadcast sum of *parts*, one small table an axis of the menu. The same parts give the
four flows of the compliance test (both honour, I lapse, the partner lapses, both lapse): a lapse only moves the lapsing
side's positions back to none. A package equal to the policy in force has a gain of exactly zero.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.assessment.nodes import ANSWER_NODES, GRID_NODES, PAIR_OF, PUNISH_NODE
from model.market.credits import CREDIT_BLOC
from model.numerics import FloatArray, beside
from model.packages.menu import (
    CUT_OF_POSITION,
    N_SAVINGS,
    RECOGNISED,
    STANDARDS,
    STANDARDS_AXIS,
    STANDARDS_LAPSED,
    STANDARDS_SAVING,
    TECHNOLOGY_AXIS,
    WITH_FINANCE,
    Menu,
)
from model.packages.part_cuts import N_STEPS, DutyPath
from model.packages.sums import Flows, Grid, Withdrawal, added, choices, each
from model.rules import policy, withdrawal
from model.rules.bargaining import take
from model.vocabulary import CHARGING, DUTY, DYADS, LINKAGE, N_ISSUES, RECOGNITION, SUPPLY, TECHNOLOGY

N_POSITIONS = 5
NOBODY = (False, False)  # neither side lapses
JOINT = (CHARGING, TECHNOLOGY)
# By issue that is withdrawn alone, the bits of the standards that stay; None: nothing is withdrawn.
_KEPT_BITS = {
    **dict.fromkeys([None, *range(N_ISSUES)], 0b111),
    RECOGNITION: 0b110,
    RECOGNITION + 1: 0b101,
    CHARGING: 0b011,
}
_STANDARDS_FLAGS = np.array(STANDARDS, dtype=np.float64)


@dataclass(frozen=True)
class Parts:
    """What one party gets from each axis of a dyad's menu, bn$ per quarter.

    duty: for the duty of side 0 and of side 1, (..., 5, 8) by position and standards; supply, linkage: (..., 2)
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


def party_parts(
    dyad: int,
    side: int,
    importer_payoff: FloatArray,
    partner_payoff: FloatArray,
    risk: FloatArray,
    steps: FloatArray,
    granted: FloatArray,
    other: OtherTerms,
) -> Parts:
    """The parts of one party's value.

    importer_payoff, partner_payoff (..., p, n): at every node of every pair, to the importer and to its partner, with
    whatever weight on profits the party's principal has. risk (..., b, b): probability that an unbound duty of the row
    bloc on the column bloc is raised while the deal is weighed; steps (..., b, b): 0 or 1, which of the two higher grid
    points that would be.
    """
    duties = []
    to_grant: list[FloatArray] = []
    punish = np.zeros(importer_payoff.shape[:-2])
    for giver in (0, 1):
        importer, partner = DYADS[dyad][giver], DYADS[dyad][1 - giver]
        payoff = importer_payoff if giver == side else partner_payoff
        answered = partner_payoff if giver == side else importer_payoff
        market = payoff[..., PAIR_OF[importer, partner], :]
        answer = answered[..., PAIR_OF[partner, importer], :]
        saving = STANDARDS_SAVING[:, giver][None, :]
        cut = N_SAVINGS * np.array(CUT_OF_POSITION)[:, None]
        asked, recognised = market[..., cut + saving], market[..., cut + (saving | RECOGNISED)]
        already = granted[..., importer, partner]
        by_standards = np.where(already[..., None, None] > 0.0, recognised, asked)
        to_grant.append(1.0 - already)
        # Standing unbound, the duty may rise, and the partner would answer on its own market.
        low = market[..., GRID_NODES[3]] - market[..., 0] + answer[..., ANSWER_NODES[0]] - answer[..., 0]
        high = market[..., GRID_NODES[4]] - market[..., 0] + answer[..., ANSWER_NODES[1]] - answer[..., 0]
        step = steps[..., importer, partner]
        threat = risk[..., importer, partner] * (low + step * (high - low))
        unbound = np.zeros((N_POSITIONS, 1))
        unbound[0] = 1.0
        duties.append(by_standards + unbound * threat[..., None, None])
        punish = punish + market[..., PUNISH_NODE]
    standards = (
        (other.recognition[..., 0] * to_grant[0])[..., None] * _STANDARDS_FLAGS[:, 0]
        + (other.recognition[..., 1] * to_grant[1])[..., None] * _STANDARDS_FLAGS[:, 1]
        + other.charging[..., None] * _STANDARDS_FLAGS[:, 2]
    )
    return Parts(
        (duties[0], duties[1]), other.supply, other.linkage, standards, other.technology, punish, other.finance
    )


def with_friends(parts: Parts, dyad: int, gain: FloatArray) -> Parts:
    """The parts with what a party gains (...) if the US's partner in the dyad is in the US's allowed set (1.18)."""
    if CREDIT_BLOC not in DYADS[dyad]:
        return parts
    is_partner = np.array([float(b != CREDIT_BLOC) for b in DYADS[dyad]])
    return dataclasses.replace(parts, friends=each(gain, is_partner))


def package_grid(menu: Menu, parts: Parts, lapsed: tuple[bool, bool] = NOBODY) -> Grid:
    """A party's value of every package when the sides marked in ``lapsed`` do not honour theirs."""
    return Grid(_of_x(menu, parts, lapsed), _of_y(menu, parts, lapsed))


def _of_x(menu: Menu, parts: Parts, lapsed: tuple[bool, bool] = NOBODY, without: int | None = None) -> FloatArray:
    """(..., X) the duties and standards of every package; without: an issue that is withdrawn alone."""
    standards = menu.standards & _KEPT_BITS[without]
    for side in (0, 1):
        standards = STANDARDS_LAPSED[side][standards] if lapsed[side] else standards
    duties = []
    for giver in (0, 1):
        positions = np.array(menu.positions[giver])
        held = np.zeros_like(positions) if lapsed[giver] or without == DUTY + giver else positions
        duties.append(parts.duty[giver][..., held[:, None], standards])
    first = duties[0] + parts.standards[..., standards][..., None, :]
    x = first[..., :, None, :] + duties[1][..., None, :, :]
    return x.reshape((*x.shape[:-3], -1))


def _of_y(menu: Menu, parts: Parts, lapsed: tuple[bool, bool] = NOBODY, without: int | None = None) -> FloatArray:
    """(..., Y) all other commitments of every package; without: an issue that is withdrawn alone."""
    supply, linkage = (
        [not lapsed[giver] and without != issue + giver for giver in (0, 1)] for issue in (SUPPLY, LINKAGE)
    )
    technology = not any(lapsed) and without != TECHNOLOGY
    y = added(
        [
            *(choices(parts.supply[..., giver], menu.positions[2 + giver], supply[giver]) for giver in (0, 1)),
            *(_linked(parts, giver, menu.positions[5 + giver], linkage[giver]) for giver in (0, 1)),
            choices(parts.technology, menu.positions[TECHNOLOGY_AXIS], technology),
        ]
    )
    return y if parts.friends is None else y + _friendship(menu, parts.friends, supply, technology)


def _friendship(menu: Menu, friends: FloatArray, supply: list[bool], technology: bool) -> FloatArray:
    """(..., Y) what the allowed set is worth in every combination of the other commitments (theory 1.18).

    supply, technology: whether what each side assures, and what is joint, is kept.
    """
    position = menu.coordinates[menu.y_package]
    together = position[:, TECHNOLOGY_AXIS] * float(technology)
    assured = [np.maximum(position[:, 2 + giver] * float(supply[giver]), together) for giver in (0, 1)]
    return each(friends[..., 0], assured[0]) + each(friends[..., 1], assured[1])


def _linked(parts: Parts, giver: int, positions: tuple[int, ...], kept: bool) -> FloatArray:
    """(..., n) what each position of a linkage concession is worth if it is kept, with its money."""
    plain = choices(parts.linkage[..., giver], tuple(min(position, 1) for position in positions), kept)
    if parts.finance is None:
        return plain
    money = tuple(int(position == WITH_FINANCE) for position in positions)
    return plain + choices(parts.finance[..., giver], money, kept)


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
    kept = package_grid(menu, executive)
    flows = Flows(
        menu=menu,
        kept=kept,
        alone=package_grid(menu, executive, (side == 0, side == 1)),
        deserted=package_grid(menu, executive, (side == 1, side == 0)),
        home=package_grid(menu, legislature),
        both_lapse=kept.x[..., :1],
        punish=executive.punish[..., None],
    )
    return flows if partner is None else _with_withdrawals(flows, side, executive, partner)


def _with_withdrawals(flows: Flows, side: int, own: Parts, partner: Parts) -> Flows:
    """The flows with what it is for a side to withdraw each family of its concessions alone (theory 1.10)."""
    menu, deserted = flows.menu, (side == 1, side == 0)
    on_menu = np.logical_or.reduce(menu.held > 0, axis=0)

    def withdrawals(
        values: Callable[..., FloatArray], kept: FloatArray, while_lapsed: FloatArray, families: tuple[int, ...]
    ) -> tuple[Withdrawal, ...]:
        theirs = values(menu, partner)
        return tuple(
            Withdrawal(
                values(menu, own, without=issue) - kept,
                # What is joint has gone when the partner lapses.
                np.broadcast_to(0.0, kept.shape)
                if issue in JOINT
                else values(menu, own, deserted, issue) - while_lapsed,
                withdrawal.loss(theirs, values(menu, partner, without=issue)),
            )
            for issue in families
            if on_menu[issue]
        )

    x = (DUTY + side, RECOGNITION + side, CHARGING)
    y = (SUPPLY + side, LINKAGE + side, TECHNOLOGY)
    return dataclasses.replace(
        flows,
        of_x=withdrawals(_of_x, flows.kept.x, flows.deserted.x, x),
        of_y=withdrawals(_of_y, flows.kept.y, flows.deserted.y, y),
    )


def realised_value(
    menu: Menu,
    parts: Parts,
    package: np.ndarray | int,
    honours: FloatArray,
    level: FloatArray,
    partly: tuple[tuple[DutyPath, FloatArray], ...] | None = None,
) -> FloatArray:
    """A party's gain over no treaty from what is really kept of a treaty, bn$ per quarter.

    package (...) index on the menu; honours (..., 2) 1 where a side keeps it; level (..., 2) share of its duty and
    supply concessions that a side honours under its stance. Duty gains are scaled by the level (exact at 0 and 1);
    partly: the path of each side's duty and the share (...) of its cut that it keeps by its own choice.
    """
    kept = [honours[..., 0] > 0.0, honours[..., 1] > 0.0]
    position = menu.coordinates[np.broadcast_to(package, kept[0].shape)]
    state = position[..., STANDARDS_AXIS]
    by_lapse = [STANDARDS_LAPSED[0][state], STANDARDS_LAPSED[1][state]]
    gain: FloatArray = np.zeros(kept[0].shape)
    everything_kept = bool(kept[0].all() and kept[1].all())

    def after_lapses(values: FloatArray, start: np.ndarray) -> FloatArray:
        """The entry of the standards that are left, in the row of ``values`` (..., rows * 8) that begins at start."""
        if everything_kept:
            return take(values, start + state)
        return np.where(
            kept[0],
            np.where(kept[1], take(values, start + state), take(values, start + by_lapse[1])),
            np.where(kept[1], take(values, start + by_lapse[0]), take(values, start)),
        )

    unbound = np.zeros_like(state)
    for giver in (0, 1):
        given = honours[..., giver] * level[..., giver]
        duty = parts.duty[giver]
        by_position = duty.reshape((*duty.shape[:-2], -1))
        free = after_lapses(by_position, unbound)
        if partly is None:
            bound = after_lapses(by_position, position[..., giver] * duty.shape[-1])
        else:
            path, share = partly[giver]
            nodes = [after_lapses(by_position, path.positions[..., k] * duty.shape[-1]) for k in range(N_STEPS)]
            bound = policy.value_between(beside(nodes), path.rates, path.rate_at(share))
        gain = gain + given * (bound - free) + (free - duty[..., 0, 0])
        gain = gain + given * parts.supply[..., giver] * position[..., 2 + giver]
        linked = position[..., 5 + giver]
        gain = gain + honours[..., giver] * parts.linkage[..., giver] * np.minimum(linked, 1)
        if parts.finance is not None:
            gain = gain + honours[..., giver] * parts.finance[..., giver] * (linked == WITH_FINANCE)
    both = honours[..., 0] * honours[..., 1]
    if parts.friends is not None:
        for giver in (0, 1):
            assured = honours[..., giver] * level[..., giver] * position[..., 2 + giver]
            is_friend = np.maximum(assured, both * position[..., TECHNOLOGY_AXIS])
            gain = gain + parts.friends[..., giver] * is_friend
    return gain + after_lapses(parts.standards, unbound) + both * parts.technology * position[..., TECHNOLOGY_AXIS]
