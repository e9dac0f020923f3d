"""Sobol indices of a model with chance: what share of the variance of an outcome each group of inputs answers for.

The design is Saltelli's: two independent samples A and B of all inputs, and for each group a sample AB that is A but
for the group's columns, which are B's. Every row is played with the same replicates, so the replicate is one more
input, of which all values are crossed with all rows. The estimators are those of Saltelli et al. (2010) for
first-order and Jansen (1999) for total indices, averaged over replicates; where two samples must have independent
luck, over pairs of *different* replicates. The share due to chance is estimated like a random effect: ``first`` is
what luck does to every design alike, ``total`` is the variance that is left when all inputs are known.

Intervals are percentiles of a bootstrap of rows and of replicates (both are drawn anew: Owen 2007), so that few
replicates show. Sources: Sobol' 1993; Saltelli et al. 2010; Jansen 1999; Owen 2007.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from experiments.statistics.estimates import LEVEL

FloatArray = npt.NDArray[np.float64]

RESAMPLES: Final = 400
CHANCE: Final = "chance"


class Samples(NamedTuple):
    """One outcome of a design: a, b (N, R) and ab (G, N, R), rows by replicates."""

    a: FloatArray
    b: FloatArray
    ab: FloatArray

    def first_rows(self, n: int) -> Samples:
        """The same design with fewer rows."""
        return Samples(self.a[:n], self.b[:n], self.ab[:, :n])


class Indices(NamedTuple):
    """Shares of the variance, for every group and last for chance, (G + 1,) each, with their intervals.

    variance: of the outcome, over inputs and chance, in its unit squared. All are NaN where nothing varies.
    """

    first: FloatArray
    first_low: FloatArray
    first_high: FloatArray
    total: FloatArray
    total_low: FloatArray
    total_high: FloatArray
    variance: float


def indices(samples: Samples, seed: int, resamples: int = RESAMPLES, level: float = LEVEL) -> Indices:
    """The indices of one outcome.

    Raises:
        ValueError: fewer than two rows or two replicates: chance cannot be told from inputs then.
    """
    n_rows, n_replicates = samples.a.shape
    if n_rows < 2 or n_replicates < 2:
        raise ValueError(f"{n_rows} rows and {n_replicates} replicates: two of each are needed")
    # Centred outcomes: the estimators of first-order indices are noisy where the mean is far from zero.
    middle = float(np.mean([samples.a, samples.b]))
    centred = Samples(samples.a - middle, samples.b - middle, samples.ab - middle)
    found, variance = shares(centred, np.ones(n_rows), np.ones(n_replicates))
    luck = np.random.Generator(np.random.PCG64(seed))
    again = np.full((resamples, *found.shape), np.nan)
    for k in range(resamples):
        rows = np.bincount(luck.integers(0, n_rows, n_rows), minlength=n_rows).astype(np.float64)
        runs = np.bincount(luck.integers(0, n_replicates, n_replicates), minlength=n_replicates).astype(np.float64)
        if np.count_nonzero(rows) > 1 and np.count_nonzero(runs) > 1:
            again[k] = shares(centred, rows, runs)[0]
    tail = (1.0 - level) / 2.0
    if np.all(np.isnan(again)) or np.any(np.isnan(found)):
        low = high = np.full(found.shape, np.nan)
    else:
        low, high = np.nanquantile(again, (tail, 1.0 - tail), axis=0)
    return Indices(found[0], low[0], high[0], found[1], low[1], high[1], variance)


def shares(samples: Samples, rows: FloatArray, runs: FloatArray) -> tuple[FloatArray, float]:
    """(2, G + 1) first-order and total indices, chance last, and the variance; NaN where nothing varies.

    samples: centred. rows (N,), runs (R,): how often each row and replicate counts (a bootstrap's draw, or ones).
    """
    a, b, ab = samples
    n_groups = len(ab)
    # Pairs of different rows, of different replicates; a row drawn twice is no pair with itself.
    total_rows, total_runs = rows.sum(), runs.sum()
    row_pairs = total_rows * total_rows - (rows * rows).sum()
    run_pairs = total_runs * total_runs - (runs * runs).sum()

    square: Any  # numbers; how NumPy types a product of vectors differs between its versions
    common: Any
    alike: Any
    within: Any
    square = common = alike = within = 0.0
    for y in (a, b):
        of_row, of_run = y @ runs, rows @ y
        squares = (rows @ (y * y)) @ runs
        square += squares / (total_rows * total_runs)
        # The same replicate in two different rows, and different replicates in two different rows.
        same_run = runs @ (of_run * of_run) - runs @ ((rows * rows) @ (y * y))
        common += same_run / (row_pairs * total_runs)
        everything = (rows @ of_row) ** 2
        own_row = (rows * rows) @ (of_row * of_row)
        own_run = (runs * runs) @ (of_run * of_run)
        both = ((rows * rows) @ (y * y)) @ (runs * runs)
        alike += (everything - own_row - own_run + both) / (row_pairs * run_pairs)
        # Half the squared difference of two replicates in one row.
        pairs = total_runs * ((y * y) @ runs) - of_row * of_row
        within += (rows @ pairs) / (total_rows * run_pairs)
    square, common, alike, within = square / 2, common / 2, alike / 2, within / 2
    variance = square - alike
    result = np.full((2, n_groups + 1), np.nan)
    if variance <= 1e-14 * max(1.0, square):
        return result, max(variance, 0.0)
    for g in range(n_groups):
        step = ab[g] - a
        crossed = (b @ runs) * (step @ runs) - (b * step) @ (runs * runs)
        result[0, g] = (rows @ crossed) / (total_rows * run_pairs) / variance
        result[1, g] = 0.5 * ((rows @ (step * step)) @ runs) / (total_rows * total_runs) / variance
    result[0, n_groups] = (common - alike) / variance
    result[1, n_groups] = within / variance
    return result, variance


def convergence(samples: Samples, parts: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)) -> dict[int, FloatArray]:
    """The indices (2, G + 1) from the first rows of the design, by their number: do they still move?"""
    n_rows, n_replicates = samples.a.shape
    middle = float(np.mean([samples.a, samples.b]))
    found = {}
    for part in parts:
        n = round(part * n_rows)
        if n >= 2:
            some = samples.first_rows(n)
            centred = Samples(some.a - middle, some.b - middle, some.ab - middle)
            found[n] = shares(centred, np.ones(n), np.ones(n_replicates))[0]
    return found
