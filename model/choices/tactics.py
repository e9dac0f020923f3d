"""The tactics, acceptance rules and stances that come with the project, and how a run finds those it plays.

Each is one function with one registry line. Names become the choices of the parameters ``tactic_*``, ``acceptance_*``
and ``retaliation_rule``; how to add one of your own is told in ``docs/write_a_tactic.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from model.choices.plugins import ACCEPTANCE, STANCE, TACTIC, Conduct, Moment, acceptance, find, names, stance, tactic
from model.numerics import FloatArray, FloatLike
from model.rules import bargaining, trust

Tactic = Callable[[Moment], FloatArray]
Acceptance = Callable[[FloatLike, FloatLike, Moment], np.ndarray]
Stance = Callable[[Conduct], tuple[FloatArray, FloatArray]]

# Share conceded at the opening under the exponential tactic (fraction; Faratin et al. 1998 leave it open; assumption).
OPENING_CONCESSION: Final = 0.05
# What a matching negotiator gives before it has seen an offer (fraction; assumption).
FIRST_STEP: Final = 0.1
# From this share of a session on, the deadline rule takes anything that gains (Baarslag et al. 2014: late, below 1).
NEAR_DEADLINE: Final = 0.9
# A session in which nothing was tabled yet: bn$ per quarter, far below any package.
NOTHING_OFFERED: Final = -1.0e9
ANSWER_OF_ONE_QUARTER: Final = 1.0


# --- how far to come down (1.8) ---------------------------------------------------------------------------------------


@tactic("polynomial", "concedes with time: late below exponent 1, early above (Faratin, Sierra & Jennings 1998)")
def polynomial(moment: Moment) -> FloatArray:
    """Share conceded, a fraction: ``concession_share`` of the session's time."""
    return bargaining.concession_share(moment.time, moment.exponent)


@tactic("exponential", "the same, flatter in the middle of a session (Faratin, Sierra & Jennings 1998)")
def exponential(moment: Moment) -> FloatArray:
    """Share conceded, a fraction: ``concession_share_exponential`` from a small first concession."""
    return bargaining.concession_share_exponential(moment.time, moment.exponent, OPENING_CONCESSION)


@tactic("hard_line", "never comes down from its best hope")
def hard_line(moment: Moment) -> FloatArray:
    """Nothing conceded at any time (fraction); the limit of the polynomial tactic at exponent 0."""
    return np.multiply(moment.time, 0.0)


@tactic(
    "matching", "comes down as far as its partner has come up (Axelrod 1984; behaviour-dependent in Faratin et al.)"
)
def matching(moment: Moment) -> FloatArray:
    """Share conceded, a fraction: what the partner's best offer so far gives, and a small first step."""
    return np.maximum(moment.offered, FIRST_STEP)


# --- what to take (1.8) -----------------------------------------------------------------------------------------------


@acceptance("aspiration", "takes what reaches its own aspiration (Faratin, Sierra & Jennings 1998)")
def reaches_aspiration(worth: FloatLike, hope: FloatLike, moment: Moment) -> np.ndarray:  # noqa: ARG001
    """True where the offer is worth the aspiration."""
    return bargaining.accept(worth, hope, True)


@acceptance("any_gain", "takes the first package that is worth signing")
def any_gain(worth: FloatLike, hope: FloatLike, moment: Moment) -> np.ndarray:  # noqa: ARG001
    """True where the offer is worth the reservation value."""
    return np.greater_equal(worth, moment.reservation)


@acceptance("deadline", "as aspiration, but near the deadline takes anything worth signing (Baarslag et al. 2014)")
def deadline(worth: FloatLike, hope: FloatLike, moment: Moment) -> np.ndarray:
    """True where the offer is worth the aspiration, or late in a session the reservation value."""
    least = np.where(np.greater_equal(moment.time, NEAR_DEADLINE), np.minimum(moment.reservation, hope), hope)
    return np.greater_equal(worth, least)


# --- how to answer a lapse (1.11) -------------------------------------------------------------------------------------


def _coded(code: int) -> Stance:
    """The stance with this code of ``rules.trust``."""

    def answer(conduct: Conduct) -> tuple[FloatArray, FloatArray]:
        return trust.next_honoured_level(
            code,
            conduct.signal,
            conduct.u,
            conduct.generosity,
            conduct.response,
            conduct.observed_level,
            conduct.left,
            conduct.quarters,
            conduct.standing,
        )

    return answer


stance("tit_for_tat", "answers a lapse by a lapse (Axelrod 1984)", ANSWER_OF_ONE_QUARTER)(_coded(trust.TIT_FOR_TAT))
stance("generous", "the same, but forgives some (Molander 1985; Nowak & Sigmund 1992)")(_coded(trust.GENEROUS))
stance("grim", "never cooperates again (Friedman 1971)", np.inf)(_coded(trust.GRIM))
stance("k_punish", "withdraws for some quarters (Green & Porter 1984)")(_coded(trust.K_PUNISH))
stance("proportional", "answers in proportion to what it saw")(_coded(trust.PROPORTIONAL))
stance("contrite", "as tit_for_tat, but takes a deserved answer (Wu & Axelrod 1995)", ANSWER_OF_ONE_QUARTER)(
    _coded(trust.CONTRITE)
)

#: The names that come with the project, in the order of the documentation.
TACTICS: Final = names(TACTIC)
ACCEPTANCES: Final = names(ACCEPTANCE)
STANCES: Final = names(STANCE)


# --- what a run plays -------------------------------------------------------------------------------------------------


def tactic_of(name: str) -> Tactic:
    """The tactic of that name."""
    return find(TACTIC, name)


def acceptance_of(name: str) -> Acceptance:
    """The acceptance rule of that name."""
    return find(ACCEPTANCE, name)


def stance_of(name: str, punishment_quarters: float) -> tuple[Stance, float]:
    """The stance of that name, and how many quarters its answer lasts in the other side's reckoning (1.10)."""
    found = find(STANCE, name)
    return found, punishment_quarters if found.horizon is None else float(found.horizon)


def share_offered(offered: FloatLike, reservation: FloatLike, best: FloatLike) -> FloatArray:
    """How good the best offer of a session is, 0 (the reservation value or less) to 1 (the best hope).

    offered: (...), own believed gain of it, ``NOTHING_OFFERED`` where there was none; reservation, best: (...), bn$ per
    quarter, best >= reservation.
    Limits: 0 where nothing can be gained; never above 1.
    Source: definition.
    """
    room = np.subtract(best, reservation)
    share = np.subtract(offered, reservation) / np.where(room > 0.0, room, 1.0)
    return np.where(room > 0.0, np.minimum(np.maximum(share, 0.0), 1.0), 0.0)
