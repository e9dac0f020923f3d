"""Scores against closed forms, and baselines against what they should say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from experiments.hindcast import baselines
from experiments.hindcast.evidence import past
from experiments.hindcast.plan import load_hindcast
from experiments.hindcast.scores import (
    MODEL,
    bars,
    crps,
    held_out,
    in_short,
    score_chance,
    score_draws,
    yes_no,
)
from model import InputFault

EVEN = (np.arange(20000) + 0.5) / 20000


@pytest.mark.parametrize(("mean", "sd", "seen"), [(0.0, 1.0, 0.0), (0.3, 0.5, 1.4), (-1.0, 2.0, 5.0)])
def test_crps_of_a_normal(mean: float, sd: float, seen: float) -> None:
    z = (seen - mean) / sd
    exact = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))  # Gneiting & Raftery 2007
    assert crps(norm.ppf(EVEN, mean, sd), seen) == pytest.approx(exact, abs=2e-3)


def test_crps_of_a_point_is_its_error() -> None:
    assert crps(np.full(7, 0.25), 0.4) == pytest.approx(0.15)


def test_bands() -> None:
    draws = np.arange(101.0)
    assert score_draws(draws, 50.0)["in_50"] and not score_draws(draws, 20.0)["in_50"]
    assert score_draws(draws, 6.0)["in_90"] and not score_draws(draws, 4.0)["in_90"]


def test_brier_and_log_score() -> None:
    found = score_chance(np.array([0.2, 0.5, 0.3]), np.array([0.0, 0.0, 1.0]))
    assert found["brier"] == pytest.approx(0.04 + 0.25 + 0.49) and found["log_score"] == pytest.approx(-np.log(0.3))
    chances, happened = yes_no(0.7, 0.5)
    assert score_chance(chances, happened)["log_score"] == pytest.approx(-0.5 * np.log(0.7) - 0.5 * np.log(0.3))


def test_baselines_know_the_fit_alone() -> None:
    record = past(load_hindcast())
    found = baselines.ev_shares(record, 2025)
    # A straight line in log odds overshoots where growth slowed; a free ceiling sees that it slowed.
    assert np.median(found["EU"]["logistic"]) > 0.6 > 0.3 > np.median(found["EU"]["Bass"])
    assert np.median(found["CN"]["persistence"]) == pytest.approx(0.29, abs=0.005)
    for by in found.values():
        for draws in by.values():
            assert np.all((draws >= 0) & (draws <= 1)) and np.all(np.diff(draws) >= 0)
    np.testing.assert_allclose(baselines.move_rates(record), np.array([3, 27, 3]) / 33)
    assert baselines.rate(record.agreement[0]) == pytest.approx(4 / 7)


def test_preferences_are_weighted_by_markets() -> None:
    record = past(load_hindcast())
    found = baselines.duties(record, np.array([3.0, 1.0, 1.0]), 2023)
    # China charged the US 40 % and 15 %: with three quarters of the weight, it gets most of what it wants.
    assert np.median(found["CN<US"]["preferences"]) == pytest.approx((3 * 0.4 + 0.15) / 4, abs=0.01)
    assert np.median(found["EU<US"]["persistence"]) == pytest.approx(0.1, abs=0.01)


def test_a_straight_line_needs_three_points() -> None:
    years = np.arange(2018, 2023)
    assert baselines.straight_line(years, np.array([np.nan, np.nan, np.nan, 1.0, 2.0]), 2023) is None
    exact = baselines.straight_line(years, np.arange(5.0), 2024)
    assert exact is not None
    np.testing.assert_allclose(exact, 6.0)


def test_the_years_to_score_stay_shut_without_a_forecast() -> None:
    with pytest.raises(InputFault, match="read when their forecast is sealed"):
        held_out(load_hindcast(), None)  # type: ignore[arg-type]


def test_verdicts_and_bars() -> None:
    import pandas as pd

    rows = []
    for quantity in ("EV shares", "automaker shares", "supplier shares", "pack prices, log"):
        for i in range(10):
            for who, error in ((MODEL, 0.1), ("logistic", 0.2 + 0.01 * i), ("persistence", 0.1 + (-1) ** i * 0.05)):
                rows.append({"quantity": quantity, "forecaster": who, "crps": error, "in_50": i < 5, "in_90": i < 9})
    chances = []
    for quantity in ("duty moves", "talks", "agreements", "collapses", "threats"):
        for i in range(4):
            for who, score in ((MODEL, 1.0), ("base rates", 0.5 + 0.01 * i)):
                chances.append({"quantity": quantity, "forecaster": who, "log_score": score, "brier": 0.1})
    short = in_short(pd.DataFrame(rows), pd.DataFrame(chances)).set_index(["quantity", "forecaster"])
    assert (
        short["verdict"]["EV shares", "logistic"] == "better" and short["verdict"]["EV shares", "persistence"] == "tie"
    )
    assert short["verdict"]["talks", "base rates"] == "worse" and short["in_90"]["EV shares", MODEL] == 0.9
    found = bars(short.reset_index())
    assert found["all shares: 90 % band covers at least 80 %"] == (True, "90.0 %")
    assert found["EV shares: 90 % band covers at least 80 %"] == (True, "90.0 %")
    assert not found["pack prices within the 90 % band"][0] and not found["talks: log score better than base rates"][0]
