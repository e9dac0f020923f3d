"""Nudged worlds: they stand where the record stands, and the record alone moves them."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.hindcast.evidence import Record, past
from experiments.hindcast.plan import load_hindcast
from experiments.hindcast.worlds import (
    KNOWN_COSTS,
    Nudged,
    Path,
    Played,
    path_of,
    play,
    without_seasons,
)
from model import Ensemble

PLAN = load_hindcast()


@pytest.fixture(scope="module")
def record() -> Record:
    return past(PLAN)


@pytest.fixture(scope="module")
def along(record: Record) -> Played:
    return play(PLAN.scenario, {}, 1, range(2), path_of(record), n_quarters=20)


def test_seasons_are_taken_out() -> None:
    trend = 1 / (1 + np.exp(-np.linspace(-4, -1, 20)))
    odds = np.log(trend / (1 - trend)) + np.tile([0.2, -0.1, -0.2, 0.1], 5)
    np.testing.assert_allclose(without_seasons(1 / (1 + np.exp(-odds))), trend, rtol=1e-9)


def test_the_world_follows_the_record(along: Played, record: Record) -> None:
    path = path_of(record)
    # Prices follow with a lag, so that shares are near the path, not on it.
    np.testing.assert_allclose(along.ev_share[:, :, 4:], np.broadcast_to(path.ev_share[:, 4:], (2, 3, 16)), rtol=0.35)
    shares = along.yearly(along.brand)[..., -1]
    sold = np.nan_to_num(record.brand[..., -1])
    np.testing.assert_allclose(shares, np.broadcast_to(sold, shares.shape), atol=0.05)
    known = np.isfinite(record.supplier[:, -1])
    np.testing.assert_allclose(
        along.yearly(along.supplier)[:, known, -1], np.broadcast_to(record.supplier[known, -1], (2, 6)), atol=0.04
    )


def test_implied_quality_says_what_costs_did_not(along: Played) -> None:
    # All three markets grew by more than cheaper batteries explain.
    assert along.implied.shape == (2, 3, 20) and np.all(along.implied[..., -1] > 0.5)
    assert np.all(along.implied[..., 0] == 0.0)


def test_without_a_record_and_steering_the_world_is_the_ensembles(record: Record) -> None:
    free = play(PLAN.scenario, {}, 5, range(3), None, n_quarters=6)
    ensemble = Ensemble(PLAN.scenario, 5, 3, KNOWN_COSTS, keep=range(3), n_quarters=6).run()
    for lane in range(3):
        table = ensemble.tables(lane)["bloc"]
        np.testing.assert_array_equal(free.ev_share[lane], table["ev_share"].to_numpy().reshape(6, 3).T)


def test_an_empty_path_changes_nothing_of_suppliers(record: Record) -> None:
    path = path_of(record)
    loose = Path(path.ev_share, path.brand, np.full_like(path.supplier, np.nan))
    one = play(PLAN.scenario, {}, 1, range(1), loose, n_quarters=5)
    assert one.supplier.shape[-1] == 5
    np.testing.assert_allclose(np.sum(one.supplier, axis=1), 1.0)


def test_steering_begins_with_the_last_quarter_of_the_record(record: Record) -> None:
    calls: list[int] = []

    def steer(lane: Nudged, t: int) -> None:
        calls.append(t)
        lane.shift(np.zeros_like(lane.brand))

    path = path_of(record)
    short = Path(path.ev_share[:, :4], path.brand[..., :4], path.supplier[:, :4])
    played = play(PLAN.scenario, {}, 1, range(1), short, steer, n_quarters=8)
    assert calls == [3, 4, 5, 6]
    # Nothing but costs and roll-outs moves quality after the record.
    np.testing.assert_allclose(np.diff(played.own[0, 2, 6, 4:]), np.diff(played.own[0, 2, 11, 4:]), atol=1e-12)
