"""What a treatment changes at every point of a sampled design, and how that spreads over the points.

A sampled plan with a ``difference`` plays every point twice. Told is the second playing minus the first, replicate by
replicate: its distribution over the points, and by rank correlations which assumptions it goes with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.design.outcomes import OUTCOMES, main_of, told_of, words_of
from experiments.design.plan import SCENARIO, Plan
from experiments.design.plan_reading import in_words
from experiments.display.words import signed
from experiments.findings.assumed import NO_SIGN, weighted_quantile
from experiments.findings.comparisons import Matrix, matrices
from experiments.findings.headline import between
from experiments.statistics.summarise import RATES

if TYPE_CHECKING:
    from experiments.store.folder import Results


class Differences(NamedTuple):
    """``by_point``: mean difference at every point, with outcomes under the names of cells; ``spread``: over points."""

    by_point: pd.DataFrame
    spread: pd.DataFrame


def of_pairs(values: Matrix, plan: Plan) -> Matrix:
    """(point, replicate) the second playing minus the first; NaN where a run is missing.

    values: (design point, replicate).
    """
    second, first = (np.array(own, dtype=np.int64) for own in zip(*plan.pairs, strict=True))
    changed: npt.NDArray[np.float64] = values[second] - values[first]
    return changed


def differences_of(plan: Plan, results: Results, dyads: Sequence[str]) -> Differences:
    """The differences of a plan's runs, for every outcome and dyad that it asks for."""
    points, rows = [], []
    for dyad in dyads:
        own = pd.DataFrame(
            {"design_point": [p.index for p in plan.cells], "block": [p.block for p in plan.cells], "dyad": dyad}
        )
        for name, values in matrices(results.read(list(told_of(plan)), dyad=dyad), told_of(plan), len(plan.points)):
            changed = of_pairs(values, plan)
            is_there = np.isfinite(changed)
            total = np.where(is_there, changed, 0.0).sum(axis=1)
            means = np.where(is_there.any(axis=1), total / np.maximum(is_there.sum(axis=1), 1), np.nan)
            own[RATES.get(name, name)] = means
            for block in plan.blocks:
                rows.append(
                    {"block": block.name, "dyad": dyad, "outcome": name, **_spread(means[own["block"] == block.name])}
                )
        points.append(own)
    return Differences(pd.concat(points, ignore_index=True), pd.DataFrame(rows))


def _spread(means: npt.NDArray[np.float64]) -> dict[str, Any]:
    own = means[np.isfinite(means)]
    if not own.size:
        return {"n_points": 0, **dict.fromkeys(("median", "q05", "q95", "raised", "lowered"), np.nan)}
    weights = np.ones(own.size)
    low, median, high = (weighted_quantile(own, weights, q) for q in (0.05, 0.5, 0.95))
    raised, lowered = float(np.mean(own > NO_SIGN)), float(np.mean(own < -NO_SIGN))
    return {"n_points": own.size, "median": median, "q05": low, "q95": high, "raised": raised, "lowered": lowered}


def in_short(plan: Plan) -> str:
    """What the difference is between: the second setting against the first."""
    parts = []
    for name, (first, second) in plan.difference.items():
        label = name if name == SCENARIO else name.replace("_", " ")
        parts.append(f"{label} ({in_words(second)} against {in_words(first)})")
    return " and ".join(parts)


def of_difference(plan: Plan, spread: pd.DataFrame) -> list[str]:
    """A sentence for each dyad and outcome that the plan names, in the first block; else on the joint gain."""
    own = spread[spread["block"] == plan.blocks[0].name]
    names = plan.outcomes or (main_of(plan),)
    told = []
    for dyad, rows in own.groupby("dyad", sort=False, observed=True):
        for name in names:
            row, outcome = rows[rows["outcome"] == name].iloc[0], OUTCOMES[name]
            if not row["n_points"]:
                continue
            median, low, high = (signed(outcome.times * row[k], outcome.digits) for k in ("median", "q05", "q95"))
            unit = f" {outcome.unit}" if outcome.unit else ""
            told.append(
                f"{between(str(dyad))}, {in_short(plan)} changes {words_of(name, str(dyad))} by {median}{unit} at the "
                f"median of {row['n_points']:.0f} points ({low} to {high}): up at {100 * row['raised']:.0f} %, down at "
                f"{100 * row['lowered']:.0f} % of them."
            )
    return told
