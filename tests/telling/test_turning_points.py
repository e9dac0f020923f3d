"""Turning points are the events that weigh most and after which depth changed most, one a pair and quarter."""

from __future__ import annotations

import numpy as np
import pytest

from model import ToldRun
from model.telling.turning_points import TURNING_WEIGHTS, change_around, turning_points

FLAT = np.zeros((8, 2))


def weighed(*events: tuple[int, int, str]) -> list[tuple[int, int, float]]:
    return [(quarter, dyad, TURNING_WEIGHTS[kind]) for quarter, dyad, kind in events]


def test_what_binds_comes_before_what_may() -> None:
    events = weighed((0, 0, "closes"), (1, 0, "renewed"), (2, 1, "ends"), (3, 0, "signs"), (4, 1, "channel"))
    assert turning_points(events, FLAT, 3) == [2, 3, 4]
    assert turning_points(events, FLAT, 0) == turning_points([], FLAT, 3) == []


def test_the_change_of_depth_weighs() -> None:
    depth = FLAT.copy()
    depth[5:, 1] = 0.4
    assert [round(change_around(depth, t, 1), 9) for t in (3, 4, 5, 6)] == [0.0, 0.4, 0.4, 0.0]
    assert change_around(-depth, 5, 1) == pytest.approx(-0.4) and change_around(depth, 5, -1) == 0.0
    assert turning_points(weighed((1, 1, "signs"), (5, 1, "closes"), (5, 0, "closes")), depth, 1) == [1]
    # A fall weighs as a rise does; the ends of the run have no quarter before or after.
    assert turning_points(weighed((1, 1, "signs"), (5, 1, "closes")), -depth, 1) == [1]
    assert turning_points(weighed((0, 0, "signs"), (7, 1, "signs")), depth, 2) == [0, 1]


def test_a_pair_has_one_a_quarter_and_equals_are_told_in_order() -> None:
    events = weighed((2, 0, "lapses"), (2, 0, "ends"), (2, 1, "lapses"), (2, 0, "ends"), (3, -1, "joins_club"))
    assert turning_points(events, FLAT, 9) == [1, 2, 4]
    assert all(weight > 0.0 for weight in TURNING_WEIGHTS.values())


@pytest.mark.parametrize(
    ("scenario", "replicate", "change"),
    [("2026", 1, {}), ("2026-access", 2, {"turnover": True, "emergency_hazard": 0.05}), ("2018", 1, {})],
)
def test_the_kinds_of_a_story_are_weighed(scenario: str, replicate: int, change: dict[str, object]) -> None:
    model = ToldRun(scenario, 1, replicate, **change).run()
    kinds = {line.kind for line in model.story}
    assert kinds <= {*TURNING_WEIGHTS, "", "still_lapses"} and {"in_force", "signs"} <= kinds
    for line in model.story:
        assert not line.brief or (line.kind and line.brief.endswith(".") and len(line.brief) < 330)
        assert line.kind != "in_force" or (" enters into force" in line.brief and ": " in line.brief)
        assert "'s a " not in line.brief and "'s an " not in line.brief
        assert (line.kind == "ends") == (line.topic == "exit")
