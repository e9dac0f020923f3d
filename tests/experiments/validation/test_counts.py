"""What is counted, in the record and in runs, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from experiments.hindcast.assumptions import load_assumptions, load_sample
from experiments.validation import counts
from experiments.validation.published import published

NOTHING = np.zeros((1, 3))


def test_the_record_is_counted_as_it_stands_in_the_evidence() -> None:
    record = counts.of_record(load_assumptions())
    # Quarters with an agreement or a truce: CN-US 2018Q4, 2019Q2, 2019Q4, 2020Q1, 2025Q2 to Q4; CN-EU 2020Q4;
    # US-EU 2018Q3, 2020Q3, 2021Q4, 2025Q3.
    assert list(record.signed) == [7, 1, 4] and record.years == 8
    assert (record.carried, record.threats) == (14.0, 20.0)
    assert counts.carried_in_full() == pytest.approx(0.52, abs=0.005)
    found = counts.recorded(load_assumptions())
    assert found["threats"].confidence == "medium"
    assert found["agreements CN-US"].value == 7 / 8 and found["truces"].value == pytest.approx(1.32, abs=0.01)
    assert all(own.value is not None and own.low < own.value < own.high for own in found.values())


def test_poisson_intervals_are_exact() -> None:
    assert counts.poisson(0, 0.8) == (0.0, pytest.approx(np.log(10)))
    assert counts.poisson(10, 0.95) == pytest.approx((4.795, 18.39), abs=5e-3)  # Garwood 1936


def of_runs(packages: list[Any], signed: np.ndarray, carried: int = 0, **more: np.ndarray) -> counts.Counted:
    d = np.array(packages)
    special, is_open = np.zeros((len(d), 6, d.shape[-1])), np.ones(d.shape, dtype=bool)
    found = {"special": special, "carried": np.full((len(d), 3), carried), "dropped": np.zeros((len(d), 3))}
    found |= {name: value for name, value in more.items() if name in found}
    return counts.of_runs(SimpleNamespace(package=d, **found), signed, more.get("is_open", is_open))


def test_runs_are_counted_quarter_by_quarter() -> None:
    # One replicate, four quarters: signed twice; kept throughout; broken once.
    whole = of_runs([[[0, 5, 5, 7], [3, 3, 3, 3], [2, 2, 0, 0]]], np.array([[2, 0, 0]]), carried=1)
    assert list(whole.signed) == [2, 0, 0] and whole.years == 1.0
    assert (whole.breaks, whole.kept) == (1.0, (3 + 4 + 2) / 4)
    found = whole.figures()
    assert found["threats"] == 1.0 and found["agreements CN-US"] == 2.0 and found["truces"] == 9 / 4
    twice = whole + whole
    assert twice.figures() == found and twice.years == 2.0


def test_what_nothing_tells_is_not_made_up() -> None:
    quiet = of_runs([[[0, 0, 0, 0]] * 3], NOTHING)
    found = quiet.figures()
    assert np.isnan(found["threats"]) and np.isnan(found["truces"]) and found["agreements US-EU"] == 0.0
    kept = of_runs([[[1, 1, 1, 1]] * 3], NOTHING)
    assert kept.figures()["truces"] == np.inf
    assert kept.intervals(0.95)["truces"][1] == np.inf


def test_a_rise_of_duties_and_a_channel_that_shuts_break_what_is_in_force_as_in_the_record() -> None:
    packages = [[[1, 1, 1, 2], [3, 3, 3, 3], [0, 4, 4, 4]]]
    special, is_open = np.zeros((1, 6, 4)), np.ones((1, 3, 4), dtype=bool)
    special[0, 1, 1:] = 0.1  # between the first two: what they sign later counts again
    special[0, 2, 3] = -0.1  # a cut breaks nothing
    is_open[0, 2, 2:] = False
    found = of_runs(packages, NOTHING, special=special, is_open=is_open)
    assert (found.breaks, found.kept) == (2.0, (2 + 4 + 1) / 4)


def test_blocks_of_replicates_add_up_to_the_same() -> None:
    plan = load_assumptions()
    few = load_sample(plan)[0].drop(columns="weight").iloc[:1]
    whole, rows = counts.count(plan, few, 4, map)
    assert whole.years == 32.0 and len(rows) == 1 and rows[0].years == 64.0
    again, _ = counts.count(plan, few.iloc[:0], 4, map)
    assert again.figures() == whole.figures()


def test_ranges_are_those_of_the_evidence() -> None:
    found = published()
    assert (found["imports"].low, found["imports"].high) == (-0.42, -0.25)
    assert (found["recognition"].low, found["recognition"].high) == (0.10, 0.40)
    assert found["recognition"].confidence == "low" and len(found["recognition"].sources) == 3
    assert (found["credit"].low, found["credit"].value, found["credit"].high) == (-0.45, -0.36, -0.25)
    assert found["subsidies"].holds(0.65) and not found["subsidies"].holds(0.651)
