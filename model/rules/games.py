"""What game are they in? Two-by-two games, from the payoffs of honouring (C) or withdrawing (D).

A side's four payoffs are written in the order R, T, S, P: *reward* (both honour), *temptation* (I withdraw, the partner
honours), *sucker* (I honour, the partner withdraws), *punishment* (both withdraw). Only their ranking names the game;
their sizes decide how patient, trusting or well paid the sides must be to cooperate in it.

Each side is classified alone into one of twelve families; a game is a pair of families. Families and games
are the codes of ``FAMILIES`` (int8), so that a quarter's record classifies all dyads and replicates at once.

Source: theory 5; Rapoport & Guyer 1966; Robinson & Goforth 2005; names after Bruns 2015.
"""

from __future__ import annotations

from itertools import permutations
from typing import Final

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike

CodeArray = npt.NDArray[np.int8]


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

# --- tables, built once -------------------------------------------------------------------------------------

# The six comparisons between R, T, S, P (positions 0 to 3).
_FIRST = np.array([0, 0, 0, 1, 1, 2])
_SECOND = np.array([1, 2, 3, 2, 3, 3])
_SWAP_BOTH = str.maketrans("RTSP", "PSTR")


def _code_of_ranking(ranking: str) -> int:
    """Code of a strict ranking such as "TRPS"; reversed where the best outcome is S or P."""
    if ranking[0] in "RT":
        return FAMILIES.index(FAMILY_RANKINGS[ranking])
    return N_FAMILIES + FAMILIES.index(FAMILY_RANKINGS[ranking.translate(_SWAP_BOTH)])


# The 24 strict rankings.
_RANKINGS: Final = tuple("".join(letters) for letters in permutations("RSTP"))
_CODES = np.array([_code_of_ranking(ranking) for ranking in _RANKINGS], dtype=np.int8)


def _pattern(is_set: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Six booleans on the last axis as one number below 64, the first comparison in the highest bit."""
    packed: npt.NDArray[np.uint8] = np.packbits(is_set, axis=-1)[..., 0] // np.uint8(4)
    return packed


def _family_table() -> CodeArray:
    """(64, 64) the family by which of the six comparisons are decisive, and by their direction."""
    place = np.array([[ranking.index(letter) for letter in "RTSP"] for ranking in _RANKINGS])
    wins = _pattern(place[:, _FIRST] < place[:, _SECOND])  # (24,), a smaller place is a better one
    family = np.full((64, 64), TIE, dtype=np.int8)
    # All six comparisons decisive: exactly one ranking fits; none where they go round in a circle.
    family[63] = _CODES[np.argmax(wins == np.arange(64)[:, None], axis=-1)]
    bit = {pair: 32 >> k for k, pair in enumerate(("RT", "RS", "RP", "TS", "TP", "SP"))}
    for mask in range(64):
        own_act_is_idle = not mask & (bit["RT"] | bit["SP"]) and mask & bit["RS"] and mask & bit["TP"]
        partners_act_is_idle = not mask & (bit["RS"] | bit["TP"]) and mask & bit["RT"] and mask & bit["SP"]
        if own_act_is_idle or partners_act_is_idle:
            family[mask] = ONE_WAY
    return family


_FAMILY = _family_table()


# --- naming the game ----------------------------------------------------------------------------------------


def side_family(
    reward: FloatLike, temptation: FloatLike, sucker: FloatLike, punishment: FloatLike, tolerance: FloatLike = 0.0
) -> CodeArray:
    """The family of one side's ranking of the four outcomes; codes (...), names in ``FAMILIES``.

    reward, temptation, sucker, punishment: (...), any one unit, finite. tolerance: (...), same unit, >= 0;
    usually ``TIE_FRACTION`` times the stake scale: differences up to it are ties.
    Limits: unchanged when all payoffs are shifted or scaled (with the tolerance); ``ONE_WAY`` where only one
    of the two acts matters to this side (R and T tied with S and P tied: it has nothing to give; R and S tied
    with T and P tied: it has nothing to receive); any other tie gives ``TIE``.
    Source: theory 5, step 1. The theory's formula for one-way issues describes the receiver, not the giver;
    both are one-way here.
    """
    payoffs = np.stack(np.broadcast_arrays(reward, temptation, sucker, punishment), axis=-1)
    difference = payoffs[..., _FIRST] - payoffs[..., _SECOND]
    decisive = np.abs(difference) > np.expand_dims(tolerance, -1)
    return _FAMILY[_pattern(decisive), _pattern(difference > 0.0)]


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


def game_map_point(reward: FloatLike, temptation: FloatLike, sucker: FloatLike) -> FloatArray:
    """A side's place on the map of games: own stake over the partner's concession, (T - R)/(R - S); no unit.

    reward, temptation, sucker: (...), one unit.
    Limits: in (0, 1) for an additive Prisoner's Dilemma, above 1 for Deadlock, negative where no treaty is
    needed; cut at +-``RATIO_CAP``, which is also the value where the partner's concession is worth nothing (0
    where the own stake is nothing too).
    Source: theory 5, "For teaching"; G and L as in A8.
    """
    return _capped_ratio(np.subtract(temptation, reward), np.subtract(reward, sucker))
