"""What headlines rest on: shares of runs must not hang on a cut of activity or on the weights of an index."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

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
REPLICATES = 300  # of each of the eight cells of the main job
LEVERS = {
    "dialogue": ("dialogue_ceiling", "none", "group"),
    "recognition": ("recognition_issues", False, True),
    "tariffs": ("tariff_issues", False, True),
}
#: Issues of the index of depth, and where they stand in it.
PLACES = {"duties": [0, 1], "supply": [2, 3], "recognition": [4, 5], "charging": [8], "technology": [9]}
THRESHOLDS = (0.0, 0.01, 0.035, 0.05)
FACTORS = (0.5, 1.5)


@pytest.fixture(autouse=True)
def starts_anew() -> Iterator[None]:
    """Calibrations made with other weights are not for others."""
    forget()
    yield
    forget()


def forget() -> None:
    for known in (starting_point._calibrated, starting_point._begun):
        known.cache_clear()


class Headline(NamedTuple):
    """The main job: shares by cell and dyad; effects (lever, dyad, replicate) on the joint gain, bn$ a year."""

    shares: pd.DataFrame
    effects: np.ndarray


def headline() -> Headline:
    """The eight cells of the plan ``mechanisms``."""
    shares, gains = {}, {}
    for cell in itertools.product((0, 1), repeat=len(LEVERS)):
        levels = {name: values[at] for at, (name, *values) in zip(cell, LEVERS.values(), strict=True)}
        table = Ensemble("2026", root_seed=11, replicates=REPLICATES, parameters=levels).run().summary()
        shares[cell] = table.groupby("dyad", sort=False)[SHARES].mean()
        gains[cell] = table.pivot(index="dyad", columns="replicate", values="joint_gain").loc[shares[cell].index]
    found = [
        np.mean([(1 if cell[k] else -1) * gain.to_numpy() for cell, gain in gains.items()], axis=0) * 2.0
        for k in range(len(LEVERS))
    ]
    return Headline(pd.concat(shares), np.stack(found))


@functools.cache
def usual() -> Headline:
    """The main job as it is."""
    return headline()


def with_weight(issue: str, factor: float) -> Headline:
    """The main job with one weight of the index changed."""
    weights = cooperation.DEPTH_WEIGHTS.copy()
    weights[PLACES[issue]] *= factor
    return _with(cooperation, "DEPTH_WEIGHTS", weights)


def with_threshold(threshold: float) -> Headline:
    """The main job with another cut of activity: that of the calibration, which sees no setting of a run's measures."""
    plain = starting_point.calibrated_with
    return _with(
        starting_point,
        "calibrated_with",
        lambda scenario, parameters: plain(scenario, parameters).with_overrides({"activity_threshold": threshold}),
    )


def _with(where: ModuleType, name: str, value: object) -> Headline:
    usual()
    forget()
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(where, name, value)
        found = headline()
    forget()
    return found


def most_moved(found: Headline) -> pd.Series:
    """By share, the most that it moves in any cell and dyad."""
    return (found.shares - usual().shares).abs().max()


def turned(found: Headline) -> list[str]:
    """Pairs of levers that change places: one is surely the stronger (95 %) before, the other after."""
    exchanged = []
    for d, dyad in enumerate(found.shares.loc[(0, 0, 0)].index):
        for (a, one), (b, other) in itertools.combinations(enumerate(LEVERS), 2):
            before, after = (_surely(of.effects[a, d] - of.effects[b, d]) for of in (usual(), found))
            exchanged += [f"{dyad}: {one}, {other}"] * (before * after < 0)
    return exchanged


def _surely(differences: np.ndarray) -> int:
    """The sign of a mean that its 95 % interval does not leave open, else 0."""
    mean, error = differences.mean(), differences.std(ddof=1) / np.sqrt(differences.size)
    return int(np.sign(mean)) if abs(mean) > 1.96 * error else 0


@pytest.mark.slow
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_nothing_hangs_on_what_counts_as_active(threshold: float) -> None:
    found = with_threshold(threshold)
    assert most_moved(found).max() <= MOST and turned(found) == []


@pytest.mark.slow
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("issue", PLACES)
def test_nothing_hangs_on_the_weights_of_depth(issue: str, factor: float) -> None:
    found = with_weight(issue, factor)
    assert found.effects.shape == usual().effects.shape
    assert most_moved(found).max() <= MOST and turned(found) == []


def test_an_exchange_of_ranks_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = list(itertools.product((0, 1), repeat=3))
    shares = pd.concat({cell: pd.DataFrame({"emerged": [0.5]}, index=["CN-US"]) for cell in cells})
    luck = np.random.default_rng(1).normal(0.0, 0.01, (3, 1, 50))
    before = Headline(shares, luck + np.array([2.0, 1.0, 1.0])[:, None, None])
    after = Headline(shares + 0.2, luck + np.array([0.0, 1.0, 1.0])[:, None, None])
    monkeypatch.setitem(globals(), "usual", lambda: before)
    assert turned(after) == ["CN-US: dialogue, recognition", "CN-US: dialogue, tariffs"] and turned(before) == []
    assert most_moved(after)["emerged"] == pytest.approx(0.2)


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


def table() -> Iterator[str]:
    """How far the headline moves, a line a setting; ``python tests/test_headline.py`` prints it."""
    changed = {f"activity_threshold {value:g}": lambda v=value: with_threshold(v) for value in THRESHOLDS}
    for issue, factor in itertools.product(PLACES, FACTORS):
        changed[f"weight of {issue} x {factor:g}"] = lambda i=issue, f=factor: with_weight(i, f)
    for what, play in changed.items():
        found = play()
        moved = most_moved(found)
        by_dyad = (found.shares - usual().shares)["emerged"].abs().groupby(level=-1, sort=False).max()
        told = ", ".join(f"{dyad} {most:.2f}" for dyad, most in by_dyad.items())
        yield f"{what:26} emerged: {told}; any share {moved.max():.2f} ({moved.idxmax()}); turned: {turned(found) or 0}"


if __name__ == "__main__":
    for line in table():
        print(line, flush=True)
