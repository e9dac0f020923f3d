"""What a party has from what is really kept of a treaty (theory 1.7, 1.10)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.assessment.values import Parts
from model.numerics import FloatArray, beside
from model.packages.menu import N_DUTY, STANDARDS, STANDARDS_AXIS, STANDARDS_LAPSED, TECHNOLOGY_AXIS, WITH_FINANCE, Menu
from model.packages.part_cuts import N_STEPS, DutyPath
from model.rules import policy
from model.rules.bargaining import take


def realised_value(
    menu: Menu,
    parts: Parts,
    package: np.ndarray | int,
    honours: FloatArray,
    level: FloatArray,
    partly: tuple[tuple[DutyPath, FloatArray], ...] | None = None,
) -> FloatArray:
    """A party's gain over no treaty from what is really kept of a treaty, bn$ per quarter.

    package (...) index on the menu; honours (..., 2) 1 where a side keeps it; level (..., 2) share of its duty and
    supply concessions that a side honours under its stance. Duty gains are scaled by the level (exact at 0 and 1);
    partly: the path of each side's duty and the share (...) of its cut that it keeps by its own choice.
    """
    return realised_values(menu, (parts,), package, honours, level, partly)[0]


def realised_values(
    menu: Menu,
    parties: Sequence[Parts],
    package: np.ndarray | int,
    honours: FloatArray,
    level: FloatArray,
    partly: tuple[tuple[DutyPath, FloatArray], ...] | None = None,
) -> list[FloatArray]:
    """``realised_value`` of several parties, of each by its parts."""
    kept = [honours[..., 0] > 0.0, honours[..., 1] > 0.0]
    if partly is None and not np.count_nonzero(package):
        return [np.zeros(kept[0].shape) for _ in parties]
    position = menu.coordinates[package]
    state = position[..., STANDARDS_AXIS]
    left = state
    if not np.logical_and.reduce(kept, axis=None):
        by_lapse = [STANDARDS_LAPSED[0][state], STANDARDS_LAPSED[1][state]]
        left = np.where(kept[0], np.where(kept[1], state, by_lapse[1]), np.where(kept[1], by_lapse[0], 0))
    both, together = honours[..., 0] * honours[..., 1], position[..., TECHNOLOGY_AXIS]
    given = [honours[..., giver] * level[..., giver] for giver in (0, 1)]
    # In the row of standards that begins at a position of the duty, the entry of those that are left.
    rows = [position[..., giver] * len(STANDARDS) + left for giver in (0, 1)]
    # Access is an act of law: it stands while the side honours, whatever of its duty cut it withholds.
    open_rows = [position[..., giver] // N_DUTY * (N_DUTY * len(STANDARDS)) + left for giver in (0, 1)]
    supplied, linked = ([position[..., axis + giver] for giver in (0, 1)] for axis in (2, 5))
    some_linked = [np.minimum(positions, 1) for positions in linked]

    def gain_of(parts: Parts) -> FloatArray:
        gain: FloatArray = np.zeros(kept[0].shape)
        for giver in (0, 1):
            duty = parts.duty[giver]
            by_position = duty.reshape((*duty.shape[:-2], -1))
            free, let_in = take(by_position, left), take(by_position, open_rows[giver])
            if partly is None:
                bound = take(by_position, rows[giver])
            else:
                path, share = partly[giver]
                places = (path.positions[..., k] * len(STANDARDS) + left for k in range(N_STEPS))
                nodes = [take(by_position, place) for place in places]
                bound = policy.value_between(beside(nodes), path.rates, path.rate_at(share))
            by_law = honours[..., giver] * (let_in - free)
            gain = gain + given[giver] * (bound - let_in) + by_law + (free - duty[..., 0, 0])
            gain = gain + given[giver] * parts.supply[..., giver] * supplied[giver]
            gain = gain + honours[..., giver] * parts.linkage[..., giver] * some_linked[giver]
            if parts.finance is not None:
                gain = gain + honours[..., giver] * parts.finance[..., giver] * (linked[giver] == WITH_FINANCE)
        if parts.friends is not None:
            for giver in (0, 1):
                is_friend = np.maximum(given[giver] * supplied[giver], both * together)
                gain = gain + parts.friends[..., giver] * is_friend
        return gain + take(parts.standards, left) + both * parts.technology * together

    return [gain_of(parts) for parts in parties]
