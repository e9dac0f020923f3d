"""A race between the best designs: more replicates, paired, until it is known which is first, or a budget ends.

All designs of a round have the same luck, replicate by replicate, and no luck that the search has seen: what was
picked because it was lucky is found out. After every round the leader is compared with each of the others by a paired
test. The level is shared among all comparisons of all rounds (Bonferroni), so that looking often breaks no promise.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]

ROUNDS: Final = 64  # at most
SAME: Final = 1e-9  # differences that spread less, as shares of the largest, are the same number


@dataclasses.dataclass(frozen=True)
class Rules:
    """How many run, replicates of a round and at most in all, and how sure the first place shall be (0 to 1)."""

    candidates: int = 6
    replicates: int = 16
    most: int = 64
    confidence: float = 0.95

    @property
    def rounds(self) -> int:
        """Rounds at most."""
        return max(1, self.most // self.replicates)


@dataclasses.dataclass(frozen=True)
class Raced:
    """What came of all rounds, the order of the designs, best first, and whether each is surely above the next."""

    came: FloatArray
    order: tuple[int, ...]
    is_above: tuple[bool, ...]
    is_known: bool
    rounds: int


def race(
    n: int,
    rules: Rules,
    play: Callable[[int], FloatArray | None],
    lead: Callable[[FloatArray], FloatArray],
) -> Raced | None:
    """Race ``n`` designs; None where playing was interrupted.

    play: the number of a round, from 1 -> (designs, worlds, replicates, ...) what came; lead: all that came ->
    (designs, replicates) by what they are put in order, larger is better.
    """
    parts: list[FloatArray] = []
    # Each round compares the leader with all others, and neighbours with each other.
    level = (1.0 - rules.confidence) / (rules.rounds * max(1, 2 * (n - 1)))
    while True:
        part = play(len(parts) + 1)
        if part is None:
            return None
        parts.append(part)
        came = np.concatenate(parts, axis=2)
        values = lead(came)
        shared = values[:, np.isfinite(values).all(axis=0)]
        means = shared.mean(axis=1) if shared.shape[1] else np.zeros(n)
        order = sorted(range(n), key=lambda k: (-means[k], k))
        is_known = all(above(shared[order[0]], shared[k]) < level for k in order[1:])
        if is_known or len(parts) == rules.rounds:
            neighbours = itertools.pairwise(order)
            sure = tuple(above(shared[one], shared[other]) < level for one, other in neighbours)
            return Raced(came, tuple(order), sure, is_known, len(parts))


def above(one: FloatArray, other: FloatArray) -> float:
    """How easily chance alone would tell these apart: the two-sided p-value of a paired t-test.

    Where all differences are the same number, the spread is not known, and signs alone are counted: 2 by chance of
    one half each.
    """
    difference = one - other
    n = len(difference)
    if n < 2 or not difference.any():
        return 1.0
    spread = float(difference.std(ddof=1))
    if spread <= SAME * float(np.abs(difference).max()):
        return float(2.0 ** (1 - n))
    return float(2.0 * stats.t.sf(abs(float(difference.mean())) * math.sqrt(n) / spread, n - 1))
