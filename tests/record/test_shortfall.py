"""Why a pair does not cooperate: the tests that fail where the fewest do, and whose doing it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from model import ToldRun, shortfalls
from model.record.columns import KEPT_ISSUES
from model.record.shortfall import GIVES, Shortfall

T = 12


def recorded(share: Any = 0.8, first: Any = 1.0, second: Any = 1.0, treaty: Any = 1.0, **kept: Any) -> Any:
    """A record of one pair over T quarters; what is kept of issues by name, else nothing."""
    columns = {"gain_share": share, "gain_first": first, "gain_second": second, "treaty": treaty}
    columns |= {f"kept_{name}": kept.get(name, 0.0) for name in KEPT_ISSUES}
    series = {name: np.broadcast_to(np.asarray(value, dtype=np.float64), (1, T)) for name, value in columns.items()}
    return SimpleNamespace(series=lambda _, column: series[column])


def alone(**given: float) -> Any:
    """(1, 2, I) what both sides would give alone: 1 of what the other gives."""
    of_both = np.array([given.get(name, 0.0) for name in KEPT_ISSUES])
    return np.where(GIVES, of_both, 1.0)[None]


MUTUAL = {"duty_first": 1.0, "duty_second": 1.0}


def test_what_costs_nothing_is_told_of_the_side_that_gives_it() -> None:
    found = shortfalls(recorded(**MUTUAL), alone(duty_second=1.0), 0)
    assert found == (Shortfall(False, (), (1,), ()),)
    assert shortfalls(recorded(charging=1.0), alone(charging=1.0), 0) == (Shortfall(False, (), (0, 1), ()),)


def test_a_side_that_gives_nothing_is_told_as_that() -> None:
    assert shortfalls(recorded(duty_second=1.0), alone(), 0) == (Shortfall(False, (), (), (0,)),)


def test_too_little_and_a_loser() -> None:
    assert shortfalls(recorded(share=0.3, **MUTUAL), alone(), 0) == (Shortfall(True, (), (), ()),)
    assert shortfalls(recorded(share=np.nan, **MUTUAL), alone(), 0) == (Shortfall(True, (), (), ()),)
    assert shortfalls(recorded(second=-0.1, **MUTUAL), alone(), 0) == (Shortfall(False, (1,), (), ()),)


def test_where_the_tests_fail_in_turn_both_are_told() -> None:
    share = np.where(np.arange(T) < 6, 0.1, 0.9)
    gives = np.where(np.arange(T) < 6, 1.0, 0.0)
    found = shortfalls(recorded(share=share, duty_first=1.0, duty_second=gives), alone(), 0)
    assert found == (Shortfall(True, (), (), ()), Shortfall(False, (), (), (1,)))


def test_there_is_none_where_all_hold_or_no_treaty_was() -> None:
    assert shortfalls(recorded(**MUTUAL), alone(), 0) == shortfalls(recorded(treaty=0.0), alone(), 0) == ()
    # Only the quarters with a treaty count.
    treaty = np.arange(T) >= 6
    assert shortfalls(recorded(treaty=treaty, first=-1.0, **MUTUAL), alone(), 0) == (Shortfall(False, (0,), (), ()),)


@pytest.mark.parametrize(("scenario", "replicate"), [("2018", 11), ("2026", 14), ("2026-access", 2)])
def test_runs_that_do_not_cooperate_have_one(scenario: str, replicate: int) -> None:
    model = ToldRun(scenario, 1, replicate).run()
    for d, row in enumerate(model.summary().to_dict("records")):
        found = shortfalls(model.recorder, model.world.rules.given_alone, d)
        assert bool(found) == (row["treaty_quarters"] > 0 and row["time_cooperating"] == 0.0)
        assert all(any(one) for one in found)
