"""Which of the events of a run are its turning points: those that weigh most, and around which the depth changed most.

Each teller of a run (its story on a screen, a class) knows its own events, and asks here which of them to tell first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from model.numerics import FloatArray

#: How much a kind of event weighs beside a change of depth, in points of depth (hundredths). Judgement: what binds two
#: sides or ends that comes first, then what breaks it, then what may.
TURNING_WEIGHTS: Final[Mapping[str, float]] = {
    **{"ends": 12.0, "in_force": 12.0},
    **dict.fromkeys(("signs", "vote", "shelves", "voids", "joins_club", "leaves_club"), 8.0),
    **{"lapses": 7.0, "gives_notice": 7.0, "withholds": 6.0, "answers": 6.0, "gesture_answered": 6.0},
    **{"emergency": 5.0, "channel": 5.0, "carried_out": 3.0, "renewed": 3.0, "closes": 1.0},
}
POINTS: Final = 100.0  # of depth, in all of it


def turning_points(events: Sequence[tuple[int, int, float]], depth: FloatArray, most: int) -> list[int]:
    """Places of the most telling events in ``events``, in order of time; at most one a pair and quarter.

    events: of each its quarter, its pair (-1: none in particular) and what its kind weighs, as ``TURNING_WEIGHTS``.
    depth: (T, d) of every pair, fractions: what an event weighs grows by a point for every hundredth of
    ``change_around`` it. Of equals the earlier counts. most: >= 0.
    """
    best: dict[tuple[int, int], tuple[float, int]] = {}
    for place, (quarter, dyad, weight) in enumerate(events):
        whole = weight + POINTS * abs(change_around(depth, quarter, dyad))
        if whole > best.get((quarter, dyad), (0.0, -1))[0]:
            best[quarter, dyad] = whole, place
    chosen = sorted(best.values(), key=lambda one: (-one[0], one[1]))[:most]
    return sorted(place for _, place in chosen)


def change_around(depth: FloatArray, quarter: int, dyad: int) -> float:
    """By how much a pair's depth changes from the quarter before to the one after, fraction; dyad: -1 for none, 0."""
    before, after = depth[max(0, quarter - 1)], depth[min(len(depth) - 1, quarter + 1)]
    return float(after[dyad] - before[dyad]) if dyad >= 0 else 0.0
