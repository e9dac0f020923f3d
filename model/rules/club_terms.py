"""What a zone or club asks of its members and does to outsiders: duties, carbon, and what lapsing would bring.

Theory 1.19. Inside, duties on vehicles and cells are zero and certificates are recognised; a climate club adds a
uniform duty on what comes from outside. A club lies above treaties between two blocs: the lower duty applies,
recognition by either counts, and the penalty comes on top of whatever duty an outsider pays.

Axes: ``...`` any leading ones, C coalitions in the order of ``clubs.coalitions``, m markets, b blocs (as many), g
goods. Rates are fractions, money is bn$ per quarter or k$ per vehicle.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike, ordered_sum, safe_ratio

#: Dollars in a thousand dollars.
DOLLARS_PER_K: Final = 1000.0


class CarbonStep(NamedTuple):
    """What a carbon price does to the making of one car."""

    cost: FloatArray  # k$ per vehicle, abatement and payments together
    receipts: FloatArray  # k$ per vehicle that the treasury of the place collects
    abated: FloatArray  # t per vehicle


class ClubFlows(NamedTuple):
    """Flows of each member, (..., b), as ``compliance.honour_test`` asks for them, bn$ per quarter."""

    kept: FloatArray
    alone: FloatArray
    deserted: FloatArray
    both_lapse: FloatArray
    punish: FloatArray


def inside(members: FloatArray, honours: FloatArray) -> FloatArray:
    """1 where the row bloc treats the column bloc as a fellow member, else 0; (..., b, b).

    members: (..., b), 1 for members. honours: (..., b), 1 where a member keeps the club's terms.
    Limits: zero on the diagonal and in the rows and columns of outsiders.
    Source: definition; theory 1.19.
    """
    others = 1.0 - np.eye(members.shape[-1])
    return (members * honours)[..., :, None] * members[..., None, :] * others


def outside(members: FloatArray, honours: FloatArray) -> FloatArray:
    """1 where the row bloc is a member that keeps the terms and the column bloc is none, else 0; (..., b, b).

    Arguments as ``inside``.
    Limits: all zero without a club and in a club of all.
    Source: definition; theory 1.19.
    """
    return (members * honours)[..., :, None] * (1.0 - members)[..., None, :]


def club_duty(duty: FloatArray, within: FloatArray, against: FloatArray, penalty: FloatLike) -> FloatArray:
    """Duties applied once the club's terms are laid over treaties, fractions (..., g, b, b).

    duty: (..., g, b, b), after treaties, >= 0. within, against: (..., b, b), ``inside`` and ``outside``. penalty:
    scalar, on both goods, >= 0.
    Limits: unchanged without a club; zero inside; never below zero.
    Source: theory 1.19; Nordhaus 2015 (uniform penalty).
    """
    return duty * (1.0 - within)[..., None, :, :] + penalty * against[..., None, :, :]


def conceded(base: FloatLike, floor: FloatLike, duty: FloatLike) -> FloatArray:
    """Part of the way from the no-treaty duty to the floor that an applied duty has gone, in [0, 1].

    base, floor, duty: (...), fractions, base >= floor.
    Limits: 0 at or above the base, 1 at or below the floor; 0 where there is no way to go.
    Source: theory 2.1, definition of an implemented concession.
    """
    return np.clip(safe_ratio(np.subtract(base, duty), np.subtract(base, floor)), 0.0, 1.0)


def carbon_step(price: FloatLike, embedded: FloatLike, backstop: FloatLike) -> CarbonStep:
    """What a carbon price adds to the cost of a car, to the treasury and to abatement.

    price: (...), $ per tonne, >= 0. embedded: (...), t per vehicle. backstop: (...), $ per tonne at which nothing is
    emitted any more, > 0.
    Limits: nothing at price zero; at the backstop all is abated and nothing collected. Makers abate until the last
    tonne costs the price, so abatement costs half of price times tonnes.
    Source: linear marginal abatement cost (Nordhaus 2015 uses a power of 2.8; assumption here).
    """
    part = np.minimum(np.divide(price, backstop), 1.0)
    reached = np.minimum(price, backstop)
    abated = np.asarray(embedded * part)
    receipts = np.asarray((embedded - abated) * price / DOLLARS_PER_K)
    return CarbonStep(receipts + 0.5 * abated * reached / DOLLARS_PER_K, receipts, abated)


def payoff_of(table: FloatArray) -> FloatArray:
    """Each bloc's payoff in every coalition, all markets together, bn$ per quarter, (..., C, b).

    table: (..., C, m, b), what each bloc has from each market.
    Limits: one market returns it.
    Source: theory 1.7 (payoffs are sums over markets).
    """
    return ordered_sum(table, axis=-2)


def together(honours: FloatArray) -> FloatArray:
    """Who keeps the terms where each does on condition that all do: everyone or nobody, 1 or 0 (..., b).

    honours: (..., b), 1 where a bloc would keep them (1 for outsiders).
    Limits: unchanged where all would, or nobody.
    Source: Reischmann & Oechssler 2018 (conditional commitments); theory 1.19.
    """
    return np.zeros_like(honours) + np.minimum.reduce(honours, axis=-1)[..., None]


def kept_payoff(
    table: FloatArray, transfers: FloatArray, chosen: npt.NDArray[np.bool_], honours: FloatArray
) -> FloatArray:
    """Each bloc's gain over no club when only some members keep its terms, bn$ per quarter, (..., b).

    table: (..., C, m, b). transfers: (..., C, b), paid where every member keeps the terms. chosen: (..., C), one true,
    the club in force. honours: (..., m), 1 where that market's bloc keeps the terms (1 for outsiders).
    Limits: zero for the empty club and where nobody honours.
    Source: theory 1.10 and 1.19: a bloc that lapses treats others in its own market as if there were no club.
    """
    over_none = np.where(chosen[..., None, None], table - table[..., :1, :, :], 0.0)
    by_market = ordered_sum(over_none, axis=-3)
    all_keep = np.minimum.reduce(honours, axis=-1)[..., None]
    money = ordered_sum(np.where(chosen[..., None], transfers, 0.0), axis=-2)
    return ordered_sum(by_market * honours[..., :, None], axis=-2) + all_keep * money


def member_flows(table: FloatArray, transfers: FloatArray, after_leaving: npt.NDArray[np.intp]) -> ClubFlows:
    """Flows of the compliance test for every coalition and bloc, (..., C, b) each, bn$ per quarter.

    table: (..., C, m, b). transfers: (..., C, b). after_leaving: (C, b), as in ``clubs.Coalitions``.
    A lapsing bloc treats the others in its own market as if there were no club; it is punished by being put out.
    Limits: without a club all flows are equal, so that nobody has anything to break.
    Source: theory 1.10 applied to 1.19.
    """
    whole = payoff_of(table)
    own = np.stack([table[..., b, b] for b in range(table.shape[-1])], axis=-1)
    own_gain = own - own[..., :1, :]
    none = np.zeros_like(whole) + whole[..., :1, :]
    kept = whole + transfers
    return ClubFlows(
        kept=kept,
        alone=kept - own_gain,
        deserted=none + own_gain,
        both_lapse=none,
        punish=whole[..., after_leaving, np.arange(table.shape[-1])],
    )


def conditional_flows(table: FloatArray, transfers: FloatArray) -> ClubFlows:
    """As ``member_flows``, where members keep the terms on condition that all do: a lapse ends them for all at once.

    Limits: nobody gains by a lapse from what it has more of than in no club, whatever it believes of the others.
    Source: Reischmann & Oechssler 2018; theory 1.10 applied to 1.19.
    """
    whole = payoff_of(table)
    none = np.zeros_like(whole) + whole[..., :1, :]
    return ClubFlows(whole + transfers, none, none, none, none)
