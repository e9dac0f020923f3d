"""What an arrangement is judged by, from runs: durable gains by bloc, the worst-off's gain, CO2, regret.

A bloc's *durable gain* in a run is what it gains by its treaties (bn$ a year, over no treaty), of the pairs in which
cooperation is durable, that is, lasts for twelve quarters or more; a pair in which it is not counts nothing. The
*worst-off* is the bloc that has least of it in that run. *Regret* is what the worst-off misses, in a world, against the
design that is best in that world; a design's regret is what it does not exceed in nine tenths of the sample (the 90th
percentile, as in robust decision making; McPhail et al. 2018, doi:10.1002/2017EF000649).

Worlds are the scenario's own numbers, the first, and then the rows of the sample of assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

WORST_OFF, TOTAL, CO2, REGRET = "worst_off", "total", "co2", "regret"
GAIN: Final = "gain_"  # and the code of a bloc
WORDS: Final = {
    WORST_OFF: ("the worst-off's durable gain", "bn$ a year"),
    TOTAL: ("the durable gain of all", "bn$ a year"),
    CO2: ("CO2 saved", "Mt a year"),
    REGRET: ("regret of the worst-off", "bn$ a year"),
}
COLUMNS: Final = ("gain_first", "gain_second", "durable", "co2_saved_first", "co2_saved_second")
QUANTILE: Final = 0.9  # share of the sample in which regret is no larger


def names_of(blocs: Sequence[str]) -> tuple[str, ...]:
    """Every objective that a plan may name."""
    return (*WORDS, *(f"{GAIN}{bloc}" for bloc in blocs))


def in_words(name: str) -> tuple[str, str]:
    """An objective in words, and its unit."""
    return WORDS.get(name) or (f"the durable gain of {name.removeprefix(GAIN)}", "bn$ a year")


def blocs_of(dyads: Sequence[str]) -> tuple[str, ...]:
    """The blocs in pairs, in their order."""
    return tuple(dict.fromkeys(bloc for dyad in dyads for bloc in dyad.split("-")))


def measured(frame: pd.DataFrame, dyads: Sequence[str], n_designs: int, n_worlds: int, replicates: int) -> FloatArray:
    """(design, world, replicate, what) of a stage: the durable gain of each bloc, then CO2 saved; NaN of failed runs.

    frame: rows of runs that did not fail, with ``dyad``, ``design_point``, ``replicate`` and ``COLUMNS``; points are
    the designs in the first world, then the designs in the second, and so on.
    """
    blocs = blocs_of(dyads)
    found = np.full((n_designs * n_worlds, replicates, len(blocs) + 1), np.nan)
    at = (frame["design_point"].to_numpy(), frame["replicate"].to_numpy())
    found[at] = 0.0
    counted: set[str] = set()
    for dyad in dyads:
        rows = frame[frame["dyad"] == dyad]
        at = (rows["design_point"].to_numpy(), rows["replicate"].to_numpy())
        is_durable = rows["durable"].to_numpy(dtype=bool)
        for bloc, side in zip(dyad.split("-"), ("first", "second"), strict=True):
            gain = rows[f"gain_{side}"].to_numpy(dtype=np.float64)
            found[(*at, blocs.index(bloc))] += np.where(is_durable, gain, 0.0)
            if bloc not in counted:
                found[(*at, len(blocs))] += rows[f"co2_saved_{side}"].to_numpy(dtype=np.float64)
                counted.add(bloc)
    return found.reshape(-1, n_designs, replicates, len(blocs) + 1).swapaxes(0, 1)


def of_runs(came: FloatArray, name: str, blocs: Sequence[str]) -> FloatArray:
    """(design, world, replicate) an objective that single runs have."""
    if name == CO2:
        return came[..., -1]
    gains = came[..., :-1]
    if name == TOTAL:
        return np.asarray(gains.sum(axis=-1))
    if name == WORST_OFF:
        return np.asarray(gains.min(axis=-1))
    return came[..., list(blocs).index(name.removeprefix(GAIN))]


def mean_of(values: FloatArray) -> FloatArray:
    """The mean over replicates, the last axis, of those that did not fail; NaN where all did."""
    there = np.isfinite(values)
    n = there.sum(axis=-1)
    total = np.where(there, values, 0.0).sum(axis=-1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def over_sample(by_world: FloatArray, weights: FloatArray) -> FloatArray:
    """The weighted mean over the rows of the sample, the second axis without its first world; what failed left out."""
    rows = by_world[:, 1:]
    there = np.isfinite(rows)
    shaped = weights.reshape(1, -1, *[1] * (rows.ndim - 2))
    weight = np.where(there, shaped, 0.0)
    total = weight.sum(axis=1)
    found = (weight * np.where(there, rows, 0.0)).sum(axis=1) / np.where(total > 0.0, total, 1.0)
    return np.where(total > 0.0, found, np.nan)


def regrets(by_world: FloatArray) -> FloatArray:
    """(design, row) what a design misses in a row of the sample against the best of these designs there."""
    rows = by_world[:, 1:]
    there = np.isfinite(rows)
    best = np.where(there, rows, -np.inf).max(axis=0)
    return np.where(there, best - np.where(there, rows, 0.0), np.nan)


def percentile(values: FloatArray, weights: FloatArray, share: float = QUANTILE) -> FloatArray:
    """(design,) the least value not exceeded in this share of the rows, by their weights; NaN counts as worst."""
    worst = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(worst, axis=1, kind="stable")
    reached = np.cumsum(weights[order], axis=1) >= share * weights.sum() - 1e-12
    first = np.argmax(reached, axis=1)
    return np.take_along_axis(worst, np.take_along_axis(order, first[:, None], axis=1), axis=1)[:, 0]


def scores(came: FloatArray, names: Sequence[str], blocs: Sequence[str], weights: FloatArray) -> FloatArray:
    """(design, objective) expected over the sample, in the order of names, larger is better: regret is negative."""
    columns = []
    for name in names:
        if name == REGRET:
            columns.append(-percentile(regrets(mean_of(of_runs(came, WORST_OFF, blocs))), weights))
        else:
            columns.append(over_sample(mean_of(of_runs(came, name, blocs)), weights))
    found = np.stack(columns, axis=1)
    return np.where(np.isnan(found), -np.inf, found)
