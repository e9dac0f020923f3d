"""Turning points are the events that weigh most and after which depth changed most, one a pair and quarter."""

from __future__ import annotations

import numpy as np
import pytest

from model import ToldRun
from model.telling.turning_points import WEIGHTS, turning_points

FLAT = np.zeros((8, 2))


def test_what_binds_comes_before_what_may() -> None:
    events = [(0, 0, "closes"), (1, 0, "renewed"), (2, 1, "ends"), (3, 0, "signs"), (4, 1, "channel")]
    assert turning_points(events, FLAT, 3) == [2, 3, 4]
    assert turning_points(events, FLAT, 0) == turning_points([], FLAT, 3) == []


def test_the_change_of_depth_weighs() -> None:
    depth = FLAT.copy()
    depth[5:, 1] = 0.4  # from quarter 4 on to 5, seen from 4 and from 5
    events = [(1, 1, "signs"), (5, 1, "closes"), (5, 0, "closes")]
    assert turning_points(events, depth, 1) == [1]
    # The ends of the run have no quarter before or after.
    assert turning_points([(0, 0, "signs"), (7, 1, "signs")], depth, 2) == [0, 1]


def test_a_pair_has_one_a_quarter_and_equals_are_told_in_order() -> None:
    events = [(2, 0, "lapses"), (2, 0, "ends"), (2, 1, "lapses"), (2, 0, "ends"), (3, -1, "joins_club")]
    assert turning_points(events, FLAT, 9) == [1, 2, 4]


def test_some_kinds_come_before_all_others() -> None:
    depth = FLAT.copy()
    depth[3:, 0] = 1.0
    events = [(1, 1, "ends"), (3, 0, "lapses")]
    assert turning_points(events, depth, 1) == [1]
    assert turning_points(events, depth, 1, ("ends",)) == [0]


def test_kinds_that_nobody_weighs_are_left_out() -> None:
    assert turning_points([(1, 0, ""), (1, 0, "told"), (2, 0, "still_lapses")], FLAT, 9) == []
    assert all(weight > 0.0 for weight in WEIGHTS.values())


@pytest.mark.parametrize(
    ("scenario", "replicate", "change"),
    [("2026", 1, {}), ("2026-access", 2, {"turnover": True, "emergency_hazard": 0.05}), ("2018", 1, {})],
)
def test_the_kinds_of_a_story_are_weighed(scenario: str, replicate: int, change: dict[str, object]) -> None:
    model = ToldRun(scenario, 1, replicate, **change).run()
    kinds = {line.kind for line in model.story}
    assert kinds <= {*WEIGHTS, "", "still_lapses"} and {"in_force", "signs"} <= kinds
    for line in model.story:
        assert not line.brief or (line.kind and line.brief.endswith(".") and len(line.brief) < 330)
        assert line.kind != "in_force" or (" enters into force" in line.brief and ": " in line.brief)
        assert "'s a " not in line.brief and "'s an " not in line.brief
        assert (line.kind == "ends") == (line.topic == "exit")
