"""What headlines rest on: shares of runs must not hang on a cut of activity or on the weights of an index.

By how much the grid of cuts, how talks are laid out and what is expected of a dialogue move them, the table tells.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from of_three import N_DYADS

from model import Ensemble
from model.assessment import priors, stakes, values
from model.rules import cooperation
from model.start import calibration, starting_point
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
#: The two partial cuts of a duty that can be tabled, as shares of the full one; a third and two thirds as shipped.
GRIDS = ((0.2, 0.4), (0.25, 0.5), (0.4, 0.8), (0.5, 0.75))
#: Shares of its ceiling at which governments expect a dialogue to stand; all of it as shipped (theory 1.12).
EXPECTED = (0.5, 0.0)
#: How long a session may last, how many offers a quarter has, and how often governments assess what a package is worth.
LAID_OUT: dict[str, tuple[int, ...]] = {
    "session_quarters": (1, 4, 8),
    "rounds_per_quarter": (2, 8),
    "assessment_interval": (2, 8),
}


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


def headline(settings: Mapping[str, int] = MappingProxyType({})) -> Headline:
    """The eight cells of the plan ``mechanisms``, under these settings."""
    shares, gains = {}, {}
    for cell in itertools.product((0, 1), repeat=len(LEVERS)):
        levels = {name: values[at] for at, (name, *values) in zip(cell, LEVERS.values(), strict=True)}
        table = Ensemble("2026", root_seed=11, replicates=REPLICATES, parameters={**levels, **settings}).run().summary()
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


def with_grid(first: float, second: float) -> Headline:
    """The main job where duties can be cut by other shares of the way, where no treaty in force sets the grid."""
    return _with((calibration, values), "DUTY_CUTS", (0.0, 0.0, first, second, 1.0))


def with_expected(share: float) -> Headline:
    """The main job where governments expect a dialogue to stand at this share of its ceiling."""
    usual_of = priors.mean_tension
    return _with(stakes, "mean_tension", lambda given: usual_of(given, share * given.dialogue_ceiling))


def _with(where: ModuleType | tuple[ModuleType, ...], name: str, value: object) -> Headline:
    usual()
    forget()
    with pytest.MonkeyPatch.context() as changed:
        for module in where if isinstance(where, tuple) else (where,):
            changed.setattr(module, name, value)
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


#: What lays out the table and the talks, by its name: the main job played so.
PROCEDURES: dict[str, Callable[[], Headline]] = {
    **{f"cuts of {one:g}, {other:g}": functools.partial(with_grid, one, other) for one, other in GRIDS},
    **{
        f"{name} {value}": functools.partial(headline, {name: value})
        for name, settings in LAID_OUT.items()
        for value in settings
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("procedure", PROCEDURES)
def test_dialogue_helps_however_talks_are_laid_out(procedure: str) -> None:
    found = PROCEDURES[procedure]()
    dialogue = found.effects[list(LEVERS).index("dialogue")]
    assert [_surely(of_pair) for of_pair in dialogue] == [1] * N_DYADS
    assert not np.array_equal(found.effects, usual().effects), "the setting did nothing"


@pytest.mark.slow
def test_dialogue_helps_where_nobody_counts_on_it() -> None:
    dialogue = with_expected(0.0).effects[list(LEVERS).index("dialogue")]
    assert [_surely(of_pair) for of_pair in dialogue] == [1] * N_DYADS
    before = usual().effects[list(LEVERS).index("dialogue")]
    assert [_surely(one - other) for one, other in zip(before, dialogue, strict=True)] == [1] * N_DYADS


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


def effects_told(found: Headline) -> str:
    """By lever, what it adds to the joint gain of each pair, bn$ a year, with the half-width of its 95 % interval."""
    lines = []
    for lever, of_lever in zip(LEVERS, found.effects, strict=True):
        half = 1.96 * of_lever.std(axis=1, ddof=1) / np.sqrt(of_lever.shape[1])
        lines.append(
            f"{lever} "
            + ", ".join(f"{mean:+.2f} ±{h:.2f}" for mean, h in zip(of_lever.mean(axis=1), half, strict=True))
        )
    return "; ".join(lines)


def table() -> Iterator[str]:
    """How far the headline moves, a line a setting; ``python tests/test_headline.py`` prints it."""
    changed: dict[str, Callable[[], Headline]] = {}
    for value in THRESHOLDS:
        changed[f"activity_threshold {value:g}"] = functools.partial(with_threshold, value)
    for issue, factor in itertools.product(PLACES, FACTORS):
        changed[f"weight of {issue} x {factor:g}"] = functools.partial(with_weight, issue, factor)
    changed |= PROCEDURES
    for share in EXPECTED:
        changed[f"expects {share:g} of a dialogue"] = functools.partial(with_expected, share)
    procedures = [usual().effects.mean(axis=-1)]
    yield f"{'as shipped':26} {effects_told(usual())}"
    for what, play in changed.items():
        found = play()
        moved = most_moved(found)
        by_dyad = (found.shares - usual().shares)["emerged"].abs().groupby(level=-1, sort=False).max()
        told = ", ".join(f"{dyad} {most:.2f}" for dyad, most in by_dyad.items())
        yield f"{what:26} emerged: {told}; any share {moved.max():.2f} ({moved.idxmax()}); turned: {turned(found) or 0}"
        yield f"{'':26} {effects_told(found)}"
        if what in PROCEDURES:
            procedures.append(found.effects.mean(axis=-1))
    low, high = np.min(procedures, axis=0), np.max(procedures, axis=0)
    ranges = [
        f"{lever} " + ", ".join(f"{a:+.2f} to {b:+.2f}" for a, b in zip(*ends, strict=True))
        for lever, *ends in zip(LEVERS, low, high, strict=True)
    ]
    yield f"{'over cuts and procedures':26} {'; '.join(ranges)}"


if __name__ == "__main__":
    for line in table():
        print(line, flush=True)
