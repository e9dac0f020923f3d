"""Whether an assumption sample can be believed: what the record taught, and whether the method finds what is known.

All of it is computed from what every point played once; nothing is played here.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from experiments.hindcast.assumptions import WEIGHT, Fitted
from model import PARAMETERS

#: Points that stand for the truth, one after the other: those that come first in the Sobol order, so evenly spread.
N_TRUTHS: Final = 128
#: Bins of the histogram of ranks.
N_BINS: Final = 10
#: Weights dealt out anew among the points, to see how much narrower luck alone makes a number.
N_SHUFFLES: Final = 200
#: Share of such shuffles in which no number at all passes for narrowed.
CONFIDENCE: Final = 0.95
NINE_TENTHS: Final = (0.05, 0.95)
EIGHT_TENTHS: Final = (0.1, 0.9)
SEED: Final = 7


def weighted_quantiles(values: np.ndarray, weight: np.ndarray, at: tuple[float, ...]) -> np.ndarray:
    """(len(at), k) quantiles of the columns of (n, k) values with weights (n,), each at the middle of its step."""
    order = np.argsort(values, axis=0, kind="stable")
    sorted_values, heavy = np.take_along_axis(values, order, axis=0), weight[order]
    place = (np.cumsum(heavy, axis=0) - 0.5 * heavy) / np.sum(weight)
    columns = [np.interp(at, place[:, k], sorted_values[:, k]) for k in range(values.shape[1])]
    return np.stack(columns, axis=1)


def effective_size(weight: np.ndarray) -> float:
    """How many equally weighted points carry as much (Kish): the square of the sum by the sum of squares."""
    return float(np.sum(weight) ** 2 / np.sum(weight**2))


def _unit(fitted: Fitted) -> np.ndarray:
    """(n, k) every number of every point as its place in its range, 0 to 1."""
    low, _, high = np.array(list(fitted.plan.priors.values())).T
    return np.asarray((fitted.points.to_numpy() - low) / (high - low))


def _width(unit: np.ndarray, weight: np.ndarray) -> np.ndarray:
    low, high = weighted_quantiles(unit, weight, NINE_TENTHS)
    return np.asarray(high - low)


def learned(fitted: Fitted) -> pd.DataFrame:
    """A row a number: how the record moved it, the most moved first.

    median, low, high: of the weighted points, 5 to 95 %. narrower: how much narrower that is than over all points, a
    fraction. shift: of its median, in widths of its range. told: whether narrower or shift is more than luck gives any
    of the numbers in 95 of 100 shuffles of the weights. default, place: the default and its quantile among the
    weighted points; outside: whether that is beyond their middle 80 %.
    """
    near, unit = fitted.near(fitted.wanted), _unit(fitted)
    kept = unit[near.kept]
    base = _width(unit, np.ones(len(unit)))
    narrower = 1.0 - _width(kept, near.weight) / base
    shift = weighted_quantiles(kept, near.weight, (0.5,))[0] - np.median(unit, axis=0)
    rng = np.random.default_rng(SEED)
    by_luck = np.empty((N_SHUFFLES, 2))
    for i in range(N_SHUFFLES):
        other = unit[rng.permutation(len(unit))[: near.kept.size]]
        by_luck[i, 0] = np.max(np.abs(1.0 - _width(other, near.weight) / base))
        by_luck[i, 1] = np.max(np.abs(weighted_quantiles(other, near.weight, (0.5,))[0] - np.median(unit, axis=0)))
    enough = np.quantile(by_luck, CONFIDENCE, axis=0)
    values = fitted.points.to_numpy()[near.kept]
    low, median, high = weighted_quantiles(values, near.weight, (NINE_TENTHS[0], 0.5, NINE_TENTHS[1]))
    default = np.array([float(PARAMETERS[name].default) for name in fitted.plan.priors])
    place = np.sum(np.where(values <= default, near.weight[:, None], 0.0), axis=0) / np.sum(near.weight)
    table = pd.DataFrame(
        {
            "parameter": list(fitted.points), "default": default, "median": median, "low": low, "high": high,
            "narrower": narrower, "shift": shift,
            "told": (narrower > enough[0]) | (np.abs(shift) > enough[1]),
            "place": place, "outside": (place < EIGHT_TENTHS[0]) | (place > EIGHT_TENTHS[1]),
        }
    )  # fmt: skip
    strength = np.maximum(narrower / enough[0], np.abs(shift) / enough[1])
    return table.iloc[np.argsort(-strength, kind="stable")].reset_index(drop=True)


def predicted(fitted: Fitted) -> pd.DataFrame:
    """A row a target: the record, 90 % of single histories of all points and of the sample, and the record's place.

    surprising: the record lies outside 90 % of what the sample's worlds do, so that the model, and not its numbers,
    is what is missing something.
    """
    near = fitted.near(fitted.wanted)
    everywhere = np.quantile(fitted.first, NINE_TENTHS, axis=0)
    own = fitted.first[near.kept]
    low, median, high = weighted_quantiles(own, near.weight, (NINE_TENTHS[0], 0.5, NINE_TENTHS[1]))
    mean = np.sum(near.weight[:, None] * own, axis=0) / np.sum(near.weight)
    return pd.DataFrame(
        {
            "target": [target.name for target in fitted.plan.targets], "recorded": fitted.wanted,
            "prior_low": everywhere[0], "prior_high": everywhere[1],
            "low": low, "median": median, "mean": mean, "high": high,
            "surprising": (fitted.wanted < low) | (fitted.wanted > high),
        }
    )  # fmt: skip


def recovery(fitted: Fitted, n_truths: int = N_TRUTHS) -> tuple[np.ndarray, pd.DataFrame]:
    """What the method finds where the truth is known: one replicate of one point is the record, the others the points.

    Returns (n_truths, k) the rank of every true number among the weighted points, 0 to 1, uniform where the method is
    right (simulation-based calibration, Talts et al. 2018); and a row a number: the correlation of the truth with the
    weighted mean, and the share of truths inside 90 % of the weighted points.
    """
    unit = _unit(fitted)
    truths = np.arange(min(n_truths, len(unit)))
    ranks, means, inside = (np.empty((truths.size, unit.shape[1])) for _ in range(3))
    for i in truths:
        near = fitted.near(fitted.first[i], without=int(i))
        kept, share = unit[near.kept], near.weight[:, None] / np.sum(near.weight)
        # Whole numbers often tie with the truth, which then stands in the middle of them.
        ranks[i] = np.sum(np.where(kept < unit[i], share, np.where(kept == unit[i], 0.5 * share, 0.0)), axis=0)
        means[i] = np.sum(share * kept, axis=0)
        low, high = weighted_quantiles(kept, near.weight, NINE_TENTHS)
        inside[i] = (unit[i] >= low) & (unit[i] <= high)
    centred = [(x - np.mean(x, axis=0)) / np.std(x, axis=0) for x in (unit[truths], means)]
    table = pd.DataFrame(
        {
            "parameter": list(fitted.points),
            "correlation": np.mean(centred[0] * centred[1], axis=0),
            "inside": np.mean(inside, axis=0),
        }
    )
    return ranks, table.sort_values("correlation", ascending=False, kind="stable").reset_index(drop=True)


def rank_counts(ranks: np.ndarray) -> np.ndarray:
    """(bins,) how many ranks, over truths and numbers, fall in each tenth."""
    return np.histogram(ranks, bins=N_BINS, range=(0.0, 1.0))[0]


def in_short(fitted: Fitted) -> dict[str, float]:
    """The diagnostics as single numbers, by what they say."""
    near, told, ranks = fitted.near(fitted.wanted), learned(fitted), recovery(fitted)
    of_prior = predicted(fitted)
    rows = fitted.sample()
    counts = rank_counts(ranks[0])
    return {
        "points played": float(len(fitted.points)),
        "points kept": float(near.kept.size),
        "effective sample size": effective_size(near.weight),
        "different rows in the sample": float(len(rows)),
        "effective size of the sample": effective_size(rows[WEIGHT].to_numpy()),
        "numbers varied": float(len(told)),
        "numbers that the record tells something of": float(np.sum(told["told"])),
        "defaults outside the middle 80 %": float(np.sum(told["outside"])),
        "targets beyond 90 % of the sample's histories": float(np.sum(of_prior["surprising"])),
        "true numbers inside their 90 %, %": 100.0 * float(np.mean(ranks[1]["inside"])),
        "largest departure of a tenth of the ranks, %": 100.0 * float(np.max(np.abs(counts / np.mean(counts) - 1.0))),
    }
