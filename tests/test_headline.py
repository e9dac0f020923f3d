"""What headlines rest on: shares of runs must not hang on a cut of activity or on the weights of an index."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from of_three import N_DYADS

from model import Ensemble
from model.rules import cooperation
from model.start import starting_point
from model.vocabulary import DYADS

SHARES = ["emerged", "inherited", "kept", "lost", "regained", "durable"]
MOST = 0.1
REPLICATES = 300


@pytest.fixture(autouse=True)
def starts_anew() -> Iterator[None]:
    """Calibrations made with other weights are not for others."""
    forget()
    yield
    forget()


def forget() -> None:
    for known in (starting_point._calibrated, starting_point._begun):
        known.cache_clear()


def shares(**settings: float) -> pd.DataFrame:
    summary = Ensemble("2026", root_seed=11, replicates=REPLICATES, parameters=settings).run().summary()
    return summary.groupby("dyad", sort=False)[SHARES].mean()


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.035, 0.05])
def test_no_share_hangs_on_what_counts_as_active(threshold: float) -> None:
    moved = (shares(activity_threshold=threshold) - shares()).abs()
    assert moved.max().max() <= MOST, moved


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.5, 1.5])
@pytest.mark.parametrize("issue", ["duties", "supply", "recognition", "charging", "technology"])
def test_no_share_hangs_on_the_weights_of_depth(issue: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = shares()
    places = {"duties": [0, 1], "supply": [2, 3], "recognition": [4, 5], "charging": [8], "technology": [9]}[issue]
    weights = cooperation.DEPTH_WEIGHTS.copy()
    weights[places] *= factor
    plain: Callable[..., np.ndarray] = cooperation.issue_weights
    monkeypatch.setattr(cooperation, "issue_weights", functools.partial(plain, weights=weights))
    forget()
    moved = (shares() - usual).abs()
    assert moved.max().max() <= MOST, moved


def recognised(cost: float) -> np.ndarray:
    """(R, 3) quarters in which either side of a dyad recognises the other's certificates, by treaty or alone, added."""
    ((_, world),) = Ensemble("2026", 7, 60, {"recognition_autonomy_cost": cost}).worlds()
    quarters = np.zeros((60, N_DYADS))
    while world.state.quarter < world.n_quarters:
        world.step()
        both = [world.state.standards.recognised[:, i, j] + world.state.standards.recognised[:, j, i] for i, j in DYADS]
        quarters += np.stack(both, axis=-1)
    return quarters


@pytest.mark.slow
def test_cheaper_recognition_is_never_rarer() -> None:
    dear, usual, free = (recognised(cost) for cost in (0.1, 0.02, 0.0))
    for less, more in itertools.pairwise((dear, usual, free)):
        paired = more - less
        assert np.all(paired.mean(axis=0) >= -2.0 * paired.std(axis=0, ddof=1) / np.sqrt(len(paired)))
    assert np.all(free.mean(axis=0) > dear.mean(axis=0))
