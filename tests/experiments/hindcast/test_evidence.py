"""The record of a hindcast: what it reads of the evidence, and that later years do not reach the years of the fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hindcasts import forget, poison

from experiments.hindcast import evidence
from experiments.hindcast.plan import load_hindcast
from model import InputFault

PLAN = load_hindcast()


def test_the_record_of_the_fit() -> None:
    record = evidence.past(PLAN)
    assert record.years.tolist() == [2018, 2019, 2020, 2021, 2022]
    assert record.ev_share[0].tolist() == [0.047, 0.05, 0.057, 0.15, 0.29]
    # A year's quarters, weighted by sales, are the year: EVs follow battery cars.
    assert record.quarterly.shape == (3, 20) and np.all((record.quarterly > 0) & (record.quarterly < 0.5))
    np.testing.assert_allclose(np.nansum(record.brand, axis=1), 1.0, atol=1e-9)
    np.testing.assert_allclose(record.price_change[1:], np.log([183 / 211, 160 / 183, 150 / 160, 161 / 150]))
    assert record.duty_before.tolist() == [0.25, 0.025, 0.25, 0.1, 0.025, 0.1]
    assert record.moves[:, 0].tolist() == [1, 1, -1, 0, 0, 0] and record.moves[0].tolist() == [1, -1, 0, 0, 0]
    assert record.agreement[0].tolist() == [True, True, True, False, False]
    assert record.collapse[1].tolist() == [False, False, False, True, False]


def test_prices_are_chained_within_the_dollars_of_one_year() -> None:
    seen = evidence.later(PLAN)
    np.testing.assert_allclose(seen.price_change, np.log([139 / 161, 115 / 144, 108 / 117]))


def test_later_years_are_changes_against_the_fit() -> None:
    seen = evidence.later(PLAN)
    assert seen.years.tolist() == [2023, 2024, 2025] and seen.ev_share.shape == (3, 3)
    assert seen.moves[evidence.DIRECTED.index("EU<CN")].tolist() == [0, 1, 0]
    assert seen.duty_before[1] == 0.275 and seen.lengths.size == 5
    # China has no row for BMW in 2025: nothing is filled in.
    assert np.isnan(seen.brand[0, 11, 2]) and np.isfinite(seen.brand[0, 11, 1])


def test_a_missing_year_between_two_lies_between_them() -> None:
    saic = evidence.past(PLAN).brand[0, 1]
    np.testing.assert_allclose(saic[1:3], 0.1239 + (0.2062 - 0.1239) * np.array([1, 2]) / 3)


def test_dyads_and_years() -> None:
    assert evidence.dyad_of("EU,US") == 2 and evidence.dyad_of("CN") is None and evidence.dyad_of("CN,EU,US") is None
    assert evidence.year_of({"quarter": "2021-Q3"}) == 2021 and evidence.year_of({"date": "", "note": "2020"}) is None


def test_poison_of_later_years_changes_them_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = evidence.past(PLAN), evidence.later(PLAN)
    assert poison(tmp_path, monkeypatch) > 300
    try:
        for name, values in vars(evidence.past(PLAN)).items():
            np.testing.assert_array_equal(values, getattr(before, name))
        poisoned = evidence.later(PLAN)
        for name in ("ev_share", "brand", "supplier", "price_change", "duty"):
            assert not np.array_equal(getattr(poisoned, name), getattr(after, name), equal_nan=True), name
    finally:
        monkeypatch.undo()
        forget()


def test_a_year_without_evidence_is_refused() -> None:
    with pytest.raises(InputFault, match="lacks a year of 2012 to 2022"):
        evidence.past(PLAN.model_copy(update={"fit_first": 2012}))
