"""What game are they in? Two-by-two games, from the payoffs of honouring (C) or withdrawing (D).

A side's four payoffs are written in the order R, T, S, P: *reward* (both honour), *temptation* (I withdraw,
the partner honours), *sucker* (I honour, the partner withdraws), *punishment* (both withdraw). Only their
ranking names the game; their sizes decide how patient, trusting or well paid the sides must be to cooperate
in it.

Each side is classified alone into one of twelve families; a game is a pair of families. Families and games
are the codes of ``FAMILIES`` (int8), so that a quarter's record classifies all dyads and replicates at once.

Source: theory 5; Rapoport & Guyer 1966; Robinson & Goforth 2005; names after Bruns 2015.
"""

from __future__ import annotations

from itertools import permutations
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike

BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[np.int8]


class Payoffs(NamedTuple):
    """One side's payoffs, each (...), in any one unit (here bn$ per quarter at the price fixed point)."""

    reward: FloatLike
    temptation: FloatLike
    sucker: FloatLike
    punishment: FloatLike


class SidePayment(NamedTuple):
    """What one side must pay the other while both honour."""

    to_row: FloatArray  # (...), unit of the payoffs; negative where row pays column
    is_enough: BoolArray  # (...), whether the payer still prefers mutual honouring after paying


#: Ranking of R, T, S, P from best to worst -> family, and what it means in these talks. In the ring order of
#: neighbours by one swap of ranks: the first six form one ring (best is T), the last six another (best is R).
#: Source: theory 5, step 1.
FAMILY_RANKINGS: Final[dict[str, str]] = {
    "TRPS": "Prisoner's Dilemma",  # reciprocal duty cuts between similar markets
    "TRSP": "Chicken",  # each wants the other to bear it; collapse is worst for both
    "TSRP": "Battle",  # the first mover gains, for instance whose standard
    "TSPR": "Hero",  # someone must give way; the giver gains less
    "TPSR": "Compromise",  # giving is costly; mutual giving is worst for me
    "TPRS": "Deadlock",  # withdrawal is better whatever the other does, and mutual withdrawal best of all
    "RTPS": "Stag Hunt",  # charging interface, coordinated announcements
    "RPTS": "Assurance",  # as Stag Hunt, more cautious
    "RPST": "Coordination",  # only matching matters
    "RSPT": "Peace",  # I like giving; exploitation does not pay
    "RSTP": "Harmony",  # I would give alone
    "RTSP": "Concord",  # cooperation is dominant; nothing to negotiate
}
_PLAIN: Final = tuple(FAMILY_RANKINGS.values())
N_FAMILIES: Final = len(_PLAIN)

#: Name of every code: the families, the same with both sides' labels swapped (best is S or P, so "honour" is
#: the wrong word for that side), and the two cases without a strict ranking.
FAMILIES: Final = (*_PLAIN, *(f"reversed: {name}" for name in _PLAIN), "one-way", "tie")
ONE_WAY: Final = FAMILIES.index("one-way")
TIE: Final = FAMILIES.index("tie")

#: Payoffs closer than this share of the stake scale count as tied (no unit; theory 5).
TIE_FRACTION: Final = 0.005
#: Differences up to this size are rounding errors, not preferences (unit of the payoffs; theory M19).
ROUNDING: Final = 1e-12
#: Ratios of stakes are cut here, so that records stay finite (no unit; own stakes of 30 to 800 times the
#: partner's concession were seen in a prototype, theory 5; anything beyond is "no leverage at all").
RATIO_CAP: Final = 1000.0
#: The four outcomes, row's act first, in the order of ``pure_equilibria``.
OUTCOMES: Final = ("CC", "CD", "DC", "DD")

# --- tables, built once -------------------------------------------------------------------------------------

# The six comparisons between R, T, S, P (positions 0 to 3).
_FIRST = np.array([0, 0, 0, 1, 1, 2])
_SECOND = np.array([1, 2, 3, 2, 3, 3])
# Exchanging labels permutes the ranking's letters: own labels, the partner's, or both.
_SWAP_OWN = str.maketrans("RTSP", "TRPS")
_SWAP_OTHER = str.maketrans("RTSP", "SPRT")
_SWAP_BOTH = str.maketrans("RTSP", "PSTR")


def _code_of_ranking(ranking: str) -> int:
    """Code of a strict ranking such as "TRPS"; reversed where the best outcome is S or P."""
    if ranking[0] in "RT":
        return FAMILIES.index(FAMILY_RANKINGS[ranking])
    return N_FAMILIES + FAMILIES.index(FAMILY_RANKINGS[ranking.translate(_SWAP_BOTH)])


# The 24 strict rankings, friendliest first: a tie broken towards cooperation takes the first that fits.
_RANKINGS: Final = tuple("".join(letters) for letters in permutations("RSTP"))
_CODES = np.array([_code_of_ranking(ranking) for ranking in _RANKINGS], dtype=np.int8)
_RANKING_OF_CODE = {int(code): ranking for ranking, code in zip(_RANKINGS, _CODES, strict=True)}


def _pattern(is_set: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Six booleans on the last axis as one number below 64, the first comparison in the highest bit."""
    packed: npt.NDArray[np.uint8] = np.packbits(is_set, axis=-1)[..., 0] // np.uint8(4)
    return packed


def _build_tables() -> tuple[CodeArray, CodeArray, CodeArray, CodeArray]:
    """Family and both tie-breaks by (decisive comparisons, their direction), and codes after relabelling.

    The first three are (64, 64); the last is (code, own labels swapped, partner's labels swapped).
    """
    place = np.array([[ranking.index(letter) for letter in "RTSP"] for ranking in _RANKINGS])
    wins = _pattern(place[:, _FIRST] < place[:, _SECOND])  # (24,), a smaller place is a better one
    decisive, greater = np.arange(64)[:, None, None], np.arange(64)[None, :, None]
    fits = ((wins ^ greater) & decisive) == 0
    friendliest = _CODES[np.argmax(fits, axis=-1)]
    sternest = _CODES[::-1][np.argmax(fits[..., ::-1], axis=-1)]

    family = np.full((64, 64), TIE, dtype=np.int8)
    family[63] = friendliest[63]  # all six comparisons decisive: exactly one ranking fits
    bit = {pair: 32 >> k for k, pair in enumerate(("RT", "RS", "RP", "TS", "TP", "SP"))}
    for mask in range(64):
        own_act_is_idle = not mask & (bit["RT"] | bit["SP"]) and mask & bit["RS"] and mask & bit["TP"]
        partners_act_is_idle = not mask & (bit["RS"] | bit["TP"]) and mask & bit["RT"] and mask & bit["SP"]
        if own_act_is_idle or partners_act_is_idle:
            family[mask] = ONE_WAY

    relabelled = np.empty((len(FAMILIES), 2, 2), dtype=np.int8)
    relabelled[...] = np.arange(len(FAMILIES))[:, None, None]  # ties and one-way stay what they are
    for code, ranking in _RANKING_OF_CODE.items():
        relabelled[code, 1, 0] = _code_of_ranking(ranking.translate(_SWAP_OWN))
        relabelled[code, 0, 1] = _code_of_ranking(ranking.translate(_SWAP_OTHER))
        relabelled[code, 1, 1] = _code_of_ranking(ranking.translate(_SWAP_BOTH))
    return family, friendliest, sternest, relabelled


_FAMILY, _FRIENDLIEST, _STERNEST, _RELABELLED = _build_tables()


# --- naming the game ----------------------------------------------------------------------------------------


def _comparisons(
    reward: FloatLike, temptation: FloatLike, sucker: FloatLike, punishment: FloatLike, tolerance: FloatLike
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Which of the six comparisons are decisive, and which favour the first: two patterns (...)."""
    payoffs = np.stack(np.broadcast_arrays(reward, temptation, sucker, punishment), axis=-1)
    difference = payoffs[..., _FIRST] - payoffs[..., _SECOND]
    decisive = np.abs(difference) > np.expand_dims(tolerance, -1)
    return _pattern(decisive), _pattern(difference > 0.0)


def side_family(
    reward: FloatLike, temptation: FloatLike, sucker: FloatLike, punishment: FloatLike, tolerance: FloatLike = 0.0
) -> CodeArray:
    """The family of one side's ranking of the four outcomes; codes (...), names in ``FAMILIES``.

    reward, temptation, sucker, punishment: (...), any one unit, finite. tolerance: (...), same unit, >= 0;
    usually ``TIE_FRACTION`` times the stake scale: differences up to it are ties.
    Limits: unchanged when all payoffs are shifted or scaled (with the tolerance); ``ONE_WAY`` where only one
    of the two acts matters to this side (R and T tied with S and P tied: it has nothing to give; R and S tied
    with T and P tied: it has nothing to receive); any other tie gives ``TIE``, see ``tie_neighbours``.
    Source: theory 5, step 1. The theory's formula for one-way issues describes the receiver, not the giver;
    both are one-way here.
    """
    decisive, greater = _comparisons(reward, temptation, sucker, punishment, tolerance)
    return _FAMILY[decisive, greater]


def tie_neighbours(
    reward: FloatLike, temptation: FloatLike, sucker: FloatLike, punishment: FloatLike, tolerance: FloatLike = 0.0
) -> tuple[CodeArray, CodeArray]:
    """The families on either side of a tie, broken (towards cooperation, towards withdrawal); codes (...).

    Arguments as ``side_family``. Towards cooperation prefers R, S, T, P in this order where a tie allows it.
    Limits: both equal ``side_family`` where nothing is tied; with one pair tied they are the two families
    that differ by that swap of ranks; with more ties they are the extremes of what is possible.
    Source: theory 5 ("report tie and both neighbours"); the extremes for several ties are a definition.
    """
    decisive, greater = _comparisons(reward, temptation, sucker, punishment, tolerance)
    return _FRIENDLIEST[decisive, greater], _STERNEST[decisive, greater]


def canonical_pair(row: npt.ArrayLike, column: npt.ArrayLike) -> tuple[CodeArray, CodeArray, BoolArray, BoolArray]:
    """Place in the Robinson-Goforth table: (row family, column family, row flipped, column flipped).

    row, column: (...), codes of ``side_family``. A flip exchanges what that player's two acts are called:
    column's where row's best outcome is not under column's C, row's where column's best is not under row's C.
    Limits: strict games land on the 12 x 12 plain families, four labelled games on each; a game with a tie or
    a one-way side flips only by its strict side.
    Source: theory 5, step 2; Robinson & Goforth 2005.
    """
    row_code, column_code = np.asarray(row), np.asarray(column)
    flip_column = (row_code >= N_FAMILIES) & (row_code < ONE_WAY)
    flip_row = (column_code >= N_FAMILIES) & (column_code < ONE_WAY)
    own, other = flip_row.astype(np.intp), flip_column.astype(np.intp)
    return _RELABELLED[row_code, own, other], _RELABELLED[column_code, other, own], flip_row, flip_column


def pair_name(row: int, column: int) -> str:
    """Name of a game, "row family-column family" with an en dash; "one-way" where both sides are.

    row, column: codes of ``side_family``. Equal names on both sides mean a symmetric game.
    Source: theory 5, step 2.
    """
    if row == column == ONE_WAY:
        return FAMILIES[ONE_WAY]
    return f"{FAMILIES[row]}–{FAMILIES[column]}"


# --- what the game implies ----------------------------------------------------------------------------------


def _capped_ratio(a: FloatLike, b: FloatLike) -> FloatArray:
    """a / b cut to +-RATIO_CAP; where b is not positive, the cap with the sign of a (0 where a is 0)."""
    is_moderate = np.abs(a) < RATIO_CAP * np.asarray(b)
    return np.where(is_moderate, a / np.where(is_moderate, b, 1.0), np.sign(a) * RATIO_CAP)


def pure_equilibria(row: Payoffs, column: Payoffs, tolerance: FloatLike = ROUNDING) -> BoolArray:
    """Which outcomes no side leaves alone; booleans (..., 4) in the order of ``OUTCOMES``.

    row, column: payoffs (...) of both sides. tolerance: (...), gains up to it do not move anyone, >= 0.
    Limits: a Prisoner's Dilemma or Deadlock has DD alone, a Stag Hunt CC and DD, Chicken CD and DC.
    Source: definition (Nash 1950); theory 5, step 3, knife-edges M19.
    """
    row_gain = np.subtract(row.reward, row.temptation), np.subtract(row.sucker, row.punishment)
    column_gain = (np.subtract(column.reward, column.temptation), np.subtract(column.sucker, column.punishment))
    # Gain from honouring rather than withdrawing, against a partner who honours [0] or withdraws [1].
    keeps = [
        (row_gain[0] >= -tolerance) & (column_gain[0] >= -tolerance),
        (row_gain[1] >= -tolerance) & (column_gain[0] <= tolerance),
        (row_gain[0] <= tolerance) & (column_gain[1] >= -tolerance),
        (row_gain[1] <= tolerance) & (column_gain[1] <= tolerance),
    ]
    return np.stack(np.broadcast_arrays(*keeps), axis=-1)


def game_map_point(reward: FloatLike, temptation: FloatLike, sucker: FloatLike) -> FloatArray:
    """A side's place on the map of games: own stake over the partner's concession, (T - R)/(R - S); no unit.

    reward, temptation, sucker: (...), one unit.
    Limits: in (0, 1) for an additive Prisoner's Dilemma, above 1 for Deadlock, negative where no treaty is
    needed; cut at +-``RATIO_CAP``, which is also the value where the partner's concession is worth nothing (0
    where the own stake is nothing too).
    Source: theory 5, "For teaching"; G and L as in A8.
    """
    return _capped_ratio(np.subtract(temptation, reward), np.subtract(reward, sucker))
