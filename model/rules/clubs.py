"""Which clubs of blocs would hold: internal and external stability of every coalition.

Coalitions of n blocs are listed once, smallest first: the empty one, then all groups of two or more (a club
of one is no club). For three blocs: (), (0, 1), (0, 2), (1, 2), (0, 1, 2). Payoffs come as one array (..., C,
n): what each bloc gets when that coalition forms, members and outsiders alike.

The empty coalition is the fallback and is never reported as stable: nobody can leave it, and nobody can join it alone.

Under conditional commitments ("I cut if both of you cut") a member's terms hold while those of all other members do:
whoever leaves a coalition ends it, so that its members compare it with none.

Source: theory 1.19 (stability only), C1, C2; d'Aspremont et al. 1983; Carraro & Siniscalco 1993; Barrett
1994; conditional commitments: Reischmann & Oechssler 2018, doi:10.1016/j.jpubeco.2018.02.009.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike, ordered_sum
from model.rules import BoolArray

IndexArray = npt.NDArray[np.intp]

#: Gains up to this size move nobody: indifference counts as stable (unit of the payoffs; theory M19).
INDIFFERENCE: Final = 1e-12
#: When a member keeps the terms: by its own test, or on condition that all members do.
COMMITMENTS: Final = ("own", "conditional")


class Coalitions(NamedTuple):
    """The coalitions of n blocs and where a single move leads; C of them."""

    members: tuple[tuple[int, ...], ...]  # blocs of each coalition, in increasing order
    is_member: BoolArray  # (C, n)
    after_leaving: IndexArray  # (C, n), coalition when that member leaves (itself for outsiders)
    after_joining: IndexArray  # (C, n), coalition when that outsider joins (itself for members)


@cache
def coalitions(n_blocs: int) -> Coalitions:
    """All coalitions of ``n_blocs`` blocs, with the coalition that each single move leads to.

    n_blocs: 2 or more; the list has 2 to the power n, less n, entries (5 for three blocs).
    Limits: leaving a pair and joining the empty coalition both lead to the empty one.
    Raises: ValueError for fewer than two blocs.
    Source: definition.
    """
    if n_blocs < 2:
        raise ValueError(f"A club needs two blocs or more, not {n_blocs}.")
    blocs = range(n_blocs)
    members = tuple(group for size in (0, *range(2, n_blocs + 1)) for group in combinations(blocs, size))
    place = {group: c for c, group in enumerate(members)}
    is_member = np.array([[b in group for b in blocs] for group in members])
    after_leaving = np.repeat(np.arange(len(members))[:, None], n_blocs, axis=1)
    after_joining = after_leaving.copy()
    for c, group in enumerate(members):
        for b in blocs:
            # Groups of one are missing from the list: they dissolve into the empty coalition, place 0.
            if b in group:
                after_leaving[c, b] = place.get(tuple(m for m in group if m != b), 0)
            else:
                after_joining[c, b] = place.get(tuple(sorted((*group, b))), 0)
    for table in (is_member, after_leaving, after_joining):
        table.flags.writeable = False  # the cache hands the same arrays to everyone
    return Coalitions(members, is_member, after_leaving, after_joining)


def _moved(payoffs: FloatArray, destination: IndexArray) -> FloatArray:
    """Each bloc's payoff (..., C, n) in the coalition that its own move leads to."""
    return payoffs[..., destination, np.arange(payoffs.shape[-1])]


def internally_stable(payoffs: FloatArray, eps: FloatLike = INDIFFERENCE) -> BoolArray:
    """Whether no member gains by leaving, for every coalition; booleans (..., C).

    payoffs: (..., C, n) in the order of ``coalitions(n)``, one unit. eps: scalar, that unit, >= 0.
    Limits: always true for the empty coalition.
    Source: d'Aspremont et al. 1983; theory 1.19.
    """
    club = coalitions(payoffs.shape[-1])
    # Outsiders "leave" to where they are, so they never object.
    return np.logical_and.reduce(payoffs >= _moved(payoffs, club.after_leaving) - eps, axis=-1)


def externally_stable(payoffs: FloatArray, eps: FloatLike = INDIFFERENCE, exclusive: bool = False) -> BoolArray:
    """Whether no outsider gains by joining, for every coalition; booleans (..., C).

    Arguments as ``internally_stable``. exclusive: members may refuse; an outsider who would gain is then kept
    out where at least one member would lose by letting it in.
    Limits: always true for the coalition of all; ``exclusive`` never makes a stable coalition unstable.
    Source: d'Aspremont et al. 1983; exclusive membership: theory 1.19.
    """
    club = coalitions(payoffs.shape[-1])
    # Members "join" where they are, so they never want to.
    wants_in = payoffs < _moved(payoffs, club.after_joining) - eps
    if exclusive:
        # Axis -2 runs over the outsider who joins, axis -1 over the members who must consent.
        enlarged = payoffs[..., club.after_joining, :]
        loses = (enlarged < payoffs[..., None, :] - eps) & club.is_member[:, None, :]
        wants_in = wants_in & ~np.logical_or.reduce(loses, axis=-1)
    return ~np.logical_or.reduce(wants_in, axis=-1)


def stable_coalitions(payoffs: FloatArray, eps: FloatLike = INDIFFERENCE, exclusive: bool = False) -> BoolArray:
    """Which coalitions hold: no member wants out and no outsider (that would be let in) wants in; (..., C).

    payoffs: (..., C, n) in the order of ``coalitions(n)``, any one unit (here bn$ per year). eps: scalar,
    unit of the payoffs, >= 0. exclusive: as ``externally_stable``.
    Limits: unchanged when payoffs are shifted bloc by bloc; false for the empty one, which is the fallback.
    Source: d'Aspremont et al. 1983; theory 1.19, C1, C2, M19.
    """
    holds = internally_stable(payoffs, eps) & externally_stable(payoffs, eps, exclusive)
    return holds & (np.arange(payoffs.shape[-2]) > 0)


def agreed_coalitions(payoffs: FloatArray, eps: FloatLike = INDIFFERENCE) -> BoolArray:
    """Which coalitions all members would join on condition that all the others do; (..., C).

    payoffs, eps: as ``internally_stable``. To say so risks nothing: the terms hold for all of them or for nobody.
    Limits: exactly those in which every member has more than in none, so never the empty one; each is a strict
    equilibrium, since any member that takes its word back brings about none.
    Source: Reischmann & Oechssler 2018 (unexploitable messages), with named partners in the place of their number.
    """
    has_more = payoffs > payoffs[..., :1, :] + eps
    outside = ~coalitions(payoffs.shape[-1]).is_member
    return np.logical_and.reduce(has_more | outside, axis=-1) & (np.arange(payoffs.shape[-2]) > 0)


def shared_surplus(payoffs: FloatArray, conditional: bool = False) -> FloatArray:
    """Transfers that give every member what leaving would give it and an equal part of the rest; (..., C, n).

    payoffs: as ``internally_stable``. conditional: whether leaving ends the coalition. Returns money received (paid if
    negative), unit of the payoffs.
    Limits: zero for outsiders and in the empty coalition; each coalition's transfers add up to zero; after them a
    coalition is internally stable exactly where it was ``potentially_internal``.
    Source: Eyckmans & Finus 2004 (almost ideal sharing scheme, equal weights); theory 1.19, switch "transfers".
    """
    club = coalitions(payoffs.shape[-1])
    left = payoffs[..., :1, :] if conditional else _moved(payoffs, club.after_leaving)
    stake = (payoffs - left) * club.is_member
    size = np.maximum(np.count_nonzero(club.is_member, axis=-1), 1)
    share = ordered_sum(stake) / size
    return share[..., None] * club.is_member - stake


def member_gain(payoffs: FloatArray) -> FloatArray:
    """What members together have from each coalition over none, unit of the payoffs; (..., C).

    payoffs: as ``internally_stable``.
    Limits: 0 for the empty coalition. Gains are compared, not levels: levels would always favour the larger club.
    Source: theory 1.19 (highest member total).
    """
    club = coalitions(payoffs.shape[-1])
    return ordered_sum((payoffs - payoffs[..., :1, :]) * club.is_member)


def choose_club(payoffs: FloatArray, stable: BoolArray, now: npt.NDArray[np.int64] | int) -> npt.NDArray[np.int64]:
    """The stable coalition with the highest member total, or none where nothing is stable; index (...).

    payoffs: as ``internally_stable``. stable: (..., C). now: (...), the coalition in force, kept in a tie.
    Limits: 0 where no coalition is stable; ``now`` wherever it is among the best. Where others tie for the best, nobody
    can say which of them to form: ``now`` stays if it is stable, else there is none, so that no bloc's name decides.
    Source: theory 1.19.
    """
    total = np.where(stable, member_gain(payoffs), -np.inf)
    best = np.maximum.reduce(total, axis=-1)
    is_best = stable & (total >= best[..., None] - INDIFFERENCE)
    is_now = np.arange(payoffs.shape[-2]) == np.asarray(now)[..., None]
    n_best = np.count_nonzero(is_best, axis=-1)
    holds = np.logical_or.reduce(stable & is_now, axis=-1)
    keeps = np.logical_or.reduce(is_best & is_now, axis=-1) | ((n_best > 1) & holds)
    return np.where(keeps, now, np.where(n_best == 1, np.argmax(is_best, axis=-1), 0))


def taken(values: FloatArray, club: npt.NDArray[np.int64] | int) -> FloatArray:
    """The row of one coalition, (..., n) of (..., C, n), unit of the values.

    club: (...), index of a coalition.
    Limits: exact; C = 1 returns its only row.
    Source: definition (a sum with a single term that is not zero, so that every lane may have its own index).
    """
    n_clubs = values.shape[-2]
    is_chosen = np.arange(n_clubs) == np.asarray(club)[..., None]
    return ordered_sum(np.where(is_chosen[..., None], values, 0.0), axis=-2)


def without(club: npt.NDArray[np.int64] | int, leaves: BoolArray) -> npt.NDArray[np.int64]:
    """The coalition that is left when some members leave at once, index (...).

    club: (...), the coalition in force. leaves: (..., n), whether each bloc leaves (outsiders do not count).
    Limits: the same coalition where nobody leaves; the empty one where fewer than two stay.
    Source: definition; theory 1.19.
    """
    tables = coalitions(leaves.shape[-1])
    left = np.asarray(club, dtype=np.int64)
    for b in range(leaves.shape[-1]):
        left = np.where(leaves[..., b], tables.after_leaving[left, b], left)
    return left
