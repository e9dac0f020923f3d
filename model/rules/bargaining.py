"""Offers and answers of one session: concession curves, aspirations, the zone of agreement.

Theory 1.8. Two parties alternate offers against a clock. Each starts from the best package it believes both could
accept and lets its aspiration fall to its reservation value as time runs out; it offers the package its partner is
believed to like best among those at or above its own aspiration, and accepts whatever reaches that aspiration.

Axes: ``P`` packages, last. Anything that belongs to a party (reservation, aspiration) meets the package axis
as a scalar or (..., 1): the caller adds that axis.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from model.numerics import ACCUMULATE_BELOW, Entry, FloatArray, FloatLike, entries, power

BoolArray = npt.NDArray[np.bool_]
BoolLike = bool | BoolArray
IntArray = npt.NDArray[np.int64]
IntLike = int | IntArray

# Added, with a minus, to the gain of a package that may not be chosen: bn$ per quarter, beyond any real one.
OUT_OF_REACH: Final = 1.0e300
# Longest list whose places fit into 16 bits, which are twice as fast to compare as 32.
SHORT_LIST: Final = 32_768
# Gains (lanes times packages); below that it is faster to compare all than to look for those within reach: a choice 1.3
# to 2.4 times, whole runs of 512 lanes 1.02 times.
LOOK_AT_ALL_BELOW: Final = 50_000


def session_time(clock: FloatLike, round_number: FloatLike, rounds: FloatLike, deadline: FloatLike) -> FloatArray:
    """Share of a session that is used up, a fraction (0 at the opening, 1 at the deadline).

    clock: (...), quarters since the session opened, 0, 1, 2, ...
    round_number: (...) or scalar, offer round within the quarter, 0 ... rounds - 1.
    rounds: (...) or scalar, offer rounds in a quarter, >= 1; default 4.
    deadline: (...) or scalar, length of a session in quarters, >= 1; default 8.
    Limits: 0 at clock 0, round 0; grows by 1/(rounds * deadline) a round; may pass 1, which the curves cap.
    Source: definition; theory 1.8.
    """
    return np.divide(clock + np.divide(round_number, rounds), deadline)


def concession_share(time: FloatLike, exponent: FloatLike, kappa: FloatLike = 0.0) -> FloatArray:
    """Share alpha of the way down to the reservation value conceded by now, polynomial tactic (fraction).

    time: (...), share of the session used, >= 0 (capped at 1).
    exponent: (...) or scalar, beta_c, > 0: below 1 Boulware (late), above 1 conceder (early); default 0.5.
    kappa: (...) or scalar, share conceded at once, in [0, 1); default 0.
    Limits: kappa at time 0, 1 from the deadline on, linear at exponent 1; rises in time and in the exponent.
    Source: Faratin, Sierra & Jennings 1998; NegMAS ``PolyAspiration(1, e)`` is 1 - alpha with e = 1/exponent.
    """
    used = power(np.minimum(time, 1.0), np.divide(1.0, exponent))
    return kappa + (1.0 - kappa) * used


def concession_share_exponential(time: FloatLike, exponent: FloatLike, kappa: FloatLike) -> FloatArray:
    """Share alpha conceded by now under the exponential tactic (fraction).

    time: (...), share of the session used, >= 0 (capped at 1).
    exponent: (...) or scalar, beta_c, > 0: larger concedes earlier.
    kappa: (...) or scalar, share conceded at once, in (0, 1].
    Limits: kappa at time 0, 1 from the deadline on.
    Source: Faratin, Sierra & Jennings 1998, alpha = exp((1 - t)^beta ln kappa).
    """
    left = power(1.0 - np.minimum(time, 1.0), exponent)
    return np.exp(left * np.log(kappa))


def reservation_value(fraction: FloatLike, scale: FloatLike) -> FloatArray:
    """Least believed gain for which a party signs, bn$ per quarter.

    fraction: (...) or scalar, in [0, 0.2]; default 0.05. scale: (...), stake scale S of the party, bn$ per
    quarter, > 0.
    Limits: positive whenever the fraction is, so that noise alone rarely makes a deal (trap 0.3).
    Source: theory 1.8; the fraction is an assumption, swept.
    """
    return np.multiply(fraction, scale)


def zone_of_agreement(
    own_belief: FloatArray,
    reservation: FloatLike,
    own_filter: BoolLike,
    opponent_belief: FloatArray,
    opponent_reservation: FloatLike,
) -> BoolArray:
    """Packages that a party would sign and believes its partner would sign (True/False for each package).

    own_belief: (..., P), own believed gain, bn$ per quarter. reservation: scalar or (..., 1), bn$ per quarter.
    own_filter: (..., P), True where the package passes the party's own compliance test (1.10).
    opponent_belief: (..., P), what this party believes its partner gains, bn$ per quarter (not what the
    partner knows: with common knowledge of errors, perception noise would do nothing, trap 0.24).
    opponent_reservation: scalar or (..., 1), bn$ per quarter.
    Limits: never grows when a reservation value rises.
    Source: definition; theory 1.8.
    """
    return (own_belief >= reservation) & own_filter & (opponent_belief >= opponent_reservation)


def best_in_zone(own_belief: FloatArray, zone: BoolArray, reservation: FloatLike) -> FloatArray:
    """Largest own believed gain in the zone of agreement, or the reservation value if empty; bn$ per quarter.

    own_belief: (..., P), bn$ per quarter. zone: (..., P). reservation: scalar or (..., 1), bn$ per quarter.
    Returns (...), without the package axis.
    Limits: never below the reservation value; the order of packages is irrelevant.
    Source: theory 1.8 (u_max).
    """
    best = np.maximum.reduce(_only(zone, own_belief), axis=-1, keepdims=True)
    return np.maximum(best, reservation)[..., 0]


def aspiration(reservation: FloatLike, best: FloatLike, concession: FloatLike) -> FloatArray:
    """Gain a party holds out for at this point of the session, bn$ per quarter.

    reservation: (...), bn$ per quarter. best: (...), ``best_in_zone``, >= reservation, bn$ per quarter.
    concession: (...), share conceded so far, in [0, 1].
    Limits: the best at concession 0, the reservation value at concession 1 and when the zone is empty.
    Source: Faratin, Sierra & Jennings 1998; theory 1.8.
    """
    return np.add(reservation, (best - reservation) * (1.0 - concession))


def imitated(aspiration: FloatLike, reservation: FloatLike, concession: FloatLike, imitation: FloatLike) -> FloatArray:
    """Gain a party holds out for once it answers its partner's last concession, bn$ per quarter.

    aspiration: (...), by the clock alone, bn$ per quarter. reservation: (...), bn$ per quarter.
    concession: (...), rise of the own believed gain from the partner's offer before last to its last one, bn$
    per quarter, any sign (a step back is not answered). imitation: (...) or scalar, gamma, in [0, 2]; default 1.
    Limits: the aspiration itself without a concession or at gamma 0; never below the reservation value, never
    above the aspiration.
    Source: Faratin, Sierra & Jennings 1998 (behaviour-dependent tactics); theory 1.8 [switch: imitative].
    """
    lowered = np.subtract(aspiration, imitation * np.maximum(concession, 0.0))
    return np.minimum(np.maximum(lowered, reservation), aspiration)


def choose_offer(
    own_belief: FloatArray, opponent_belief: FloatArray, aspiration: FloatLike, admissible: BoolLike
) -> tuple[IntArray, BoolArray]:
    """The package to offer: the partner's believed favourite among those that meet the own aspiration.

    own_belief, opponent_belief: (..., P), believed gains of the two sides, bn$ per quarter.
    aspiration: scalar or (..., 1), bn$ per quarter. admissible: (..., P), own compliance test and win-set.
    Returns (index (...), exists (...)): the position on the package axis, and whether any package qualifies.
    Limits: ties go to the first package; index 0 and exists False when nothing qualifies.
    Source: trade-off offers of Faratin, Sierra & Jennings 2002 with the whole menu in view; theory 1.8.
    """
    eligible = (own_belief >= aspiration) & admissible
    if eligible.size < LOOK_AT_ALL_BELOW:
        score = np.where(eligible, opponent_belief, -OUT_OF_REACH)
        offer = np.argmax(score, axis=-1)
        exists = take(score, offer) > -0.5 * OUT_OF_REACH
        return offer * exists, exists
    # Most packages are within nobody's reach: only what some replicate could offer is compared.
    offerable = np.logical_or.reduce(eligible, axis=tuple(range(eligible.ndim - 1))).nonzero()[0]
    if not offerable.size:
        return np.zeros(eligible.shape[:-1], dtype=np.int64), np.zeros(eligible.shape[:-1], dtype=bool)
    score = _only(entries(eligible, offerable), entries(opponent_belief, offerable))
    best = np.maximum.reduce(score, axis=-1, keepdims=True)
    exists = best[..., 0] > -0.5 * OUT_OF_REACH
    if score.size < ACCUMULATE_BELOW:
        return np.where(exists, offerable[np.argmax(score, axis=-1)], 0), exists
    # The first of the best is the one with the most packages from it to the end: the index of argmax, which
    # is several times slower when many replicates are fastest in memory.
    n = offerable.size
    rank = np.arange(n, 0, -1, dtype=np.int16 if n < SHORT_LIST else np.int32)
    to_the_end = np.maximum.reduce((score == best) * rank, axis=-1)
    return np.where(exists, offerable[n - to_the_end], 0), exists


def accept(own_belief_of_offer: FloatLike, aspiration: FloatLike, admissible_of_offer: BoolLike) -> BoolArray:
    """Whether the answering side takes the offer on the table (True/False).

    own_belief_of_offer: (...), its own believed gain, bn$ per quarter. aspiration: (...), bn$ per quarter.
    admissible_of_offer: (...), True where its own compliance test and win-set let it.
    Limits: a lower aspiration never turns a yes into a no.
    Source: theory 1.8.
    """
    return np.logical_and(np.greater_equal(own_belief_of_offer, aspiration), admissible_of_offer)


def take(values: npt.NDArray[Entry], index: IntLike) -> npt.NDArray[Entry]:
    """The entry of each lane's list at that lane's index, in the unit of ``values``.

    values: (P,) shared by all lanes, or (..., P). index: (...) or an int, 0 ... P - 1.
    Returns (...), with the type of ``values`` (it serves truth values as well).
    Limits: the same as ``values[index]`` when there are no leading axes.
    Raises: IndexError for an index outside the list.
    Source: definition.
    """
    if values.ndim == 1 or isinstance(index, int | np.integer):
        return values[..., index]
    if values.ndim == 2:
        if len(values) == 1:  # one lane: a third of the time
            return np.atleast_1d(values[0][index])
        return values[_lanes(len(values)), index]
    return np.take_along_axis(values, np.asarray(index)[..., np.newaxis], axis=-1)[..., 0]


@functools.lru_cache(maxsize=128)
def _lanes(n: int) -> IntArray:
    """(n,) 0, 1, 2, ...: where lanes are few, to make it anew takes a quarter of the time that it is used for."""
    lanes = np.arange(n)
    lanes.flags.writeable = False
    return lanes


def _only(chosen: BoolArray, values: FloatArray) -> FloatArray:
    """``values`` where chosen and a very large negative number elsewhere, (..., P)."""
    if np.size(chosen) < ACCUMULATE_BELOW:
        return np.where(chosen, values, -OUT_OF_REACH)
    # Adding 0 or -1e300 gives the bits of np.where, which is ten times slower on a large mask without pattern. Truth
    # values are single bytes: taking 1 from them as such costs next to nothing.
    penalty = np.multiply(chosen.view(np.int8) - 1, OUT_OF_REACH)
    return np.add(penalty, values, out=penalty)
