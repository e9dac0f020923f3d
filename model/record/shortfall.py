"""Where a pair comes closest to cooperation without reaching it: which of the tests of it fails there, and by whom.

Cooperation asks for three things at once (``model.rules.cooperation.gain_state``): enough of what can be had is gained,
neither side loses, and each gives what it would not give alone.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from model.numerics import FloatArray
from model.record.columns import KEPT_ISSUES
from model.record.recorder import Recorder
from model.rules import cooperation
from model.vocabulary import N_SIDES

#: How many sets of tests are told at most.
MOST: Final = 2
HALF: Final = 0.5
#: (s, I) which issues each side gives.
GIVES: Final = np.stack([cooperation.GIVEN_BY_FIRST > 0.0, cooperation.GIVEN_BY_FIRST < 1.0])


class Shortfall(NamedTuple):
    """Which tests fail in some quarters; sides are 0, 1 of the pair."""

    gains_little: bool
    losers: tuple[int, ...]
    free: tuple[int, ...]  # sides whose concessions cost them nothing: they would make them anyway
    idle: tuple[int, ...]  # sides that give nothing


def shortfalls(recorder: Recorder, given_alone: FloatArray, d: int) -> tuple[Shortfall, ...]:
    """Which tests a pair fails where it comes closest to cooperation, and, where those hold at other times, which it
    fails then; empty: no treaty was in force, or in some quarter all hold.

    given_alone: (d, s, I), the part of every issue that a side would give alone, 0 to 1. d: which pair. Of several sets
    of tests that fail in equally few the commonest counts.
    """
    window, in_force = cooperation.STATE_WINDOW, recorder.series("dyad", "treaty")[d] > 0.0
    share = cooperation.rolling_mean(np.nan_to_num(recorder.series("dyad", "gain_share")[d]), window)
    gains = [cooperation.rolling_mean(recorder.series("dyad", f"gain_{one}")[d], window) for one in ("first", "second")]
    kept = np.stack([recorder.series("dyad", f"kept_{name}")[d] for name in KEPT_ISSUES], axis=-1)
    loses = np.stack([~cooperation.gain_state(np.inf, gain, gain, True) for gain in gains])
    costs_nothing = ~np.logical_or.reduce(kept > given_alone[d][:, None] + cooperation.KNIFE_EDGE, axis=-1)
    is_idle = ~np.logical_or.reduce((kept > 0.0) & GIVES[:, None], axis=-1)
    fails = np.stack(
        [~cooperation.gain_state(share, 0.0, 0.0, True), loses.any(axis=0), costs_nothing.any(axis=0)]
    )  # (3, T)
    told: list[Shortfall] = []
    left = in_force
    while left.any() and len(told) < MOST:
        where, found = _closest(fails, left)
        if not found.any():
            return ()
        lose, free = (
            _whose(by[:, where]) if fails_it else ()
            for by, fails_it in zip((loses, costs_nothing), found[1:], strict=True)
        )
        idle = tuple(side for side in free if is_idle[side, where].mean() > HALF)
        told.append(Shortfall(bool(found[0]), lose, tuple(side for side in free if side not in idle), idle))
        left = left & ~fails[found].all(axis=0)
    return tuple(told)


def _closest(fails: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T,) the quarters of those left in which the fewest tests fail, by the commonest set of them; (3,) that set."""
    many = np.count_nonzero(fails, axis=0)
    which = fails[0] + 2 * fails[1] + 4 * fails[2]
    closest = left & (many == many[left].min())
    where = closest & (which == np.argmax(np.bincount(which[closest])))
    return where, np.logical_and.reduce(fails[:, where], axis=1)


def _whose(by_side: np.ndarray) -> tuple[int, ...]:
    """Of which sides a test fails, (s, n) booleans: of one of them always; the other's too where it mostly does."""
    often = by_side.mean(axis=1)
    return tuple(side for side in range(N_SIDES) if often[side] > HALF or often[side] == often.max())
