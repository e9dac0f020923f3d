"""Which of the events of a run are its turning points: those that weigh most, and after which the depth changed most.

A story and a class tell the same ones; each knows its own events, and asks here which of them to tell first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np

from model.numerics import FloatArray

#: How much a kind of event weighs beside a change of depth, in points of depth (hundredths). Judgement: what binds two
#: sides or ends that comes first, then what breaks it, then what may.
WEIGHTS: Final[Mapping[str, float]] = {
    **{"ends": 12.0, "in_force": 12.0},
    **dict.fromkeys(("signs", "vote", "shelves", "voids", "joins_club", "leaves_club"), 8.0),
    **{"lapses": 7.0, "gives_notice": 7.0, "withholds": 6.0, "answers": 6.0, "gesture_answered": 6.0},
    **{"emergency": 5.0, "channel": 5.0, "carried_out": 3.0, "renewed": 3.0, "closes": 1.0},
}


def turning_points(
    events: Sequence[tuple[int, int, str]], depth: FloatArray, most: int, first: Collection[str] = ()
) -> list[int]:
    """Places of the most telling events in ``events``, in order of time; at most one a pair and quarter.

    events: of each its quarter, its pair (-1: none in particular) and its kind; kinds that are not in ``WEIGHTS`` make
    no turning points. depth: (T, d) of every pair. An event weighs as its kind does, and a point more for every
    hundredth by which the pair's depth changes from the quarter before to the one after; of equals the earlier counts.
    most: >= 0. first: kinds that come before all others.
    """
    best: dict[tuple[int, int], tuple[tuple[bool, float], int]] = {}
    for place, (quarter, dyad, kind) in enumerate(events):
        if kind not in WEIGHTS:
            continue
        before, after = depth[max(0, quarter - 1)], depth[min(len(depth) - 1, quarter + 1)]
        change = float(np.abs(after - before)[dyad]) if dyad >= 0 else 0.0
        weight, where = (kind in first, WEIGHTS[kind] + 100.0 * change), (quarter, dyad)
        if where not in best or weight > best[where][0]:
            best[where] = weight, place
    chosen = sorted(best.values(), key=lambda one: (not one[0][0], -one[0][1], one[1]))[:most]
    return sorted(place for _, place in chosen)
