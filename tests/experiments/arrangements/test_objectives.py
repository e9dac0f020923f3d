"""Durable gains, CO2 and regret, against the same worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.arrangements.objectives import (
    mean_of,
    measured,
    names_of,
    of_runs,
    over_sample,
    percentile,
    regrets,
    scores,
)

DYADS = ("CN-US", "CN-EU", "US-EU")
BLOCS = ("CN", "US", "EU")


def frame(durable: tuple[bool, bool, bool] = (True, False, True)) -> pd.DataFrame:
    """Two designs in two worlds, one replicate; gains tell their point and their dyad apart."""
    rows = [
        {
            "dyad": dyad, "design_point": point, "replicate": 0, "durable": durable[k],
            "gain_first": 10.0 * point + k, "gain_second": 100.0 + k, "co2_saved_first": (5.0, 5.0, 7.0)[k],
            "co2_saved_second": (7.0, 9.0, 9.0)[k],
        }
        for point in range(4)
        for k, dyad in enumerate(DYADS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_gain_counts_where_cooperation_lasts_and_co2_once_a_bloc() -> None:
    came = measured(frame(), DYADS, 2, 2, 1)
    assert came.shape == (2, 2, 1, 4)
    # Design 1 in world 1 is point 3: CN gains in CN-US alone, the US in both of its pairs, the EU with the US.
    assert came[1, 1, 0].tolist() == [30.0, 100.0 + 32.0, 102.0, 5.0 + 7.0 + 9.0]
    assert of_runs(came, "worst_off", BLOCS)[1, 1, 0] == 30.0
    assert of_runs(came, "total", BLOCS)[1, 1, 0] == 264.0
    assert of_runs(came, "gain_EU", BLOCS)[1, 1, 0] == 102.0
    assert of_runs(came, "co2", BLOCS)[1, 1, 0] == 21.0


def test_nothing_that_does_not_last_counts() -> None:
    assert not measured(frame((False, False, False)), DYADS, 2, 2, 1)[..., :3].any()


def test_a_failed_run_is_missing_and_not_nothing() -> None:
    whole = frame()
    came = measured(whole[whole["design_point"] < 3], DYADS, 2, 2, 1)
    assert np.isnan(came[1, 1]).all() and np.isfinite(came[:, 0]).all()
    by_world = mean_of(of_runs(came, "worst_off", BLOCS))
    assert np.isnan(regrets(by_world)[1, 0]) and percentile(regrets(by_world), np.ones(1))[1] == np.inf


def test_the_sample_is_weighed_without_its_first_world() -> None:
    by_world = np.array([[99.0, 1.0, 4.0], [99.0, np.nan, 4.0]])
    assert over_sample(by_world, np.array([0.75, 0.25])) == pytest.approx([1.75, 4.0])


def test_regret_is_what_is_missed_against_the_best_in_a_world() -> None:
    by_world = np.array([[0.0, 3.0, 1.0], [9.0, 2.0, 5.0]])
    assert regrets(by_world).tolist() == [[0.0, 4.0], [1.0, 0.0]]
    assert percentile(regrets(by_world), np.array([0.9, 0.1])).tolist() == [0.0, 1.0]
    assert percentile(regrets(by_world), np.array([0.8, 0.2])).tolist() == [4.0, 1.0]


def test_of_all_objectives_more_is_better() -> None:
    came = measured(frame(), DYADS, 2, 2, 1)
    found = scores(came, ("worst_off", "regret", "co2"), BLOCS, np.ones(1))
    assert found.tolist() == [[20.0, -10.0, 21.0], [30.0, 0.0, 21.0]]
    assert names_of(BLOCS) == ("worst_off", "total", "co2", "regret", "gain_CN", "gain_US", "gain_EU")
