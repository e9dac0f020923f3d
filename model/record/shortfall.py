"""Where a pair comes closest to cooperation without reaching it: which of the tests of it fails there, and by whom.

Cooperation asks for three things at once (``model.rules.cooperation.gain_state``): enough of what can be had is gained,
neither side loses, and each gives what it would not give alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.numerics import FloatArray
from model.record.columns import KEPT_ISSUES
from model.record.recorder import Recorder
from model.rules import cooperation
from model.vocabulary import N_SIDES


class Shortfall(NamedTuple):
    """What fails where the fewest tests fail: sides are 0, 1 of the pair.

    always: what fails there fails for as long as a treaty is in force; else only where the rest holds.
    """

    gains_little: bool
    losers: tuple[int, ...]
    unforced: tuple[int, ...]  # sides that give only what they would give anyway
    always: bool


def shortfall(recorder: Recorder, given_alone: FloatArray, d: int) -> Shortfall | None:
    """Which tests a pair fails where it comes closest, of the run that is recorded; None: no treaty was in force, or a
    quarter passes them all.

    given_alone: (d, s, I), the part of every issue that a side would give alone, 0 to 1. d: which pair. Of several sets
    of tests that fail in equally few the commonest counts.
    """
    window = cooperation.STATE_WINDOW
    share = np.nan_to_num(recorder.series("dyad", "gain_share")[d])
    share = cooperation.rolling_mean(share, window)
    gains = [
        cooperation.rolling_mean(recorder.series("dyad", f"gain_{side}")[d], window) for side in ("first", "second")
    ]
    kept = np.stack([recorder.series("dyad", f"kept_{name}")[d] for name in KEPT_ISSUES], axis=-1)
    short = ~cooperation.gain_state(share, 0.0, 0.0, True)
    loses = np.stack([~cooperation.gain_state(np.inf, gain, gain, True) for gain in gains])
    beyond = kept > given_alone[d][:, None] + cooperation.KNIFE_EDGE
    unforced = ~np.logical_or.reduce(beyond, axis=-1)
    fails = np.stack([short, np.logical_or.reduce(loses), np.logical_or.reduce(unforced)])
    in_force = recorder.series("dyad", "treaty")[d] > 0.0
    many = np.count_nonzero(fails, axis=0)
    if not in_force.any() or not many[in_force].min():
        return None
    which = fails[0] + 2 * fails[1] + 4 * fails[2]
    closest = in_force & (many == many[in_force].min())
    where = closest & (which == np.argmax(np.bincount(which[closest])))
    found = np.asarray(fails[:, where].all(axis=1))

    def whose(by_side: np.ndarray) -> tuple[int, ...]:
        times = np.count_nonzero(by_side[:, where], axis=1)
        return tuple(side for side in range(N_SIDES) if 2 * times[side] >= max(times.max(), 1))

    losers, given = (whose(by) if fails_it else () for by, fails_it in zip((loses, unforced), found[1:], strict=True))
    return Shortfall(bool(found[0]), losers, given, bool(fails[found][:, in_force].all()))
