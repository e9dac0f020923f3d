"""Rows of levels that are drawn, varied or varied one at a time.

A row gives every factor of a plan one value. Drawn designs come from the plan's root seed, so a plan file is
the whole design. Tables of points are read in ``point_tables.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from experiments.design.plan import Factor, Value
from experiments.design.plan_reading import in_words
from model import PARAMETERS, checked_value

Row = dict[str, Value]

# A design's own chance must not be any replicate's: the spawn key of a replicate has one number or two, this three.
DESIGN_KEY: Final = (0, 0, 0xDE516)
# Digits of a drawn value: what a results table shows can be typed into a plan and gives the same run.
DIGITS: Final = 6


def one_at_a_time(factors: Sequence[Factor], baseline: Mapping[str, Value]) -> list[Row]:
    """The baseline, then every other level of each factor with the other factors at their baseline."""
    start = {factor.name: _start_of(factor, baseline) for factor in factors}
    rows = [start]
    for factor in factors:
        rows += [{**start, factor.name: level} for level in factor.levels if not _same(factor.name, level, start)]
    return rows


def with_start(factor: Factor, baseline: Mapping[str, Value]) -> Factor:
    """The factor with the baseline's value among its levels, as the baseline has it: the first where it is missing."""
    start = {factor.name: _start_of(factor, baseline)}
    levels = tuple(start[factor.name] if _same(factor.name, level, start) else level for level in factor.levels)
    labels = factor.level_labels
    if start[factor.name] not in levels:
        levels, labels = (start[factor.name], *levels), (in_words(start[factor.name]), *labels)
    return dataclasses.replace(factor, levels=levels, level_labels=labels)


def _start_of(factor: Factor, baseline: Mapping[str, Value]) -> Value:
    """The level from which changes begin: the scenario's own value; of bundles, which have none, the first."""
    return factor.levels[0] if factor.bundles else baseline[factor.name]


def _same(name: str, level: Value, start: Row) -> bool:
    """Whether a level is the baseline's value, however it was written."""
    if name not in PARAMETERS:
        return level == start[name]
    return checked_value(name, level) == checked_value(name, start[name])


def latin_hypercube(factors: Sequence[Factor], n_points: int, seed: int) -> list[Row]:
    """``n_points`` rows that visit each of ``n_points`` equal slices of every factor once."""
    from scipy.stats import qmc

    return spread(factors, qmc.LatinHypercube(len(factors), rng=generator(seed)).random(n_points))


def sobol(factors: Sequence[Factor], n_points: int, seed: int) -> list[Row]:
    """``n_points`` rows (a power of two) of a scrambled Sobol sequence: evenly filled in every projection."""
    from scipy.stats import qmc

    return spread(factors, qmc.Sobol(len(factors), scramble=True, rng=generator(seed)).random(n_points))


def generator(seed: int) -> np.random.Generator:
    """The design's own chance, apart from that of all runs."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=DESIGN_KEY))


def spread(factors: Sequence[Factor], unit: npt.NDArray[np.float64]) -> list[Row]:
    """Numbers between 0 and 1, (points, factors), as values in the factors' ranges or among their levels."""
    columns = [[value_at(factor, float(u)) for u in unit[:, k]] for k, factor in enumerate(factors)]
    names = [factor.name for factor in factors]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def value_at(factor: Factor, u: float) -> Value:
    """The value that lies a share ``u`` (0 to 1) of the way through a factor; whole where it must be."""
    if factor.range is None:
        return factor.levels[min(int(u * len(factor.levels)), len(factor.levels) - 1)]
    low, high = factor.range
    if PARAMETERS[factor.name].kind == "int":
        # Every whole number has the same share of the way, the two ends included.
        return min(int(low + u * (high - low + 1)), int(high))
    if factor.scale == "log":
        value = low * (high / low) ** u
    else:
        value = low + u * (high - low)
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)


def steps(factor_range: tuple[float, float], scale: str, count: int, is_whole: bool) -> list[Value]:
    """``count`` values from one end of a range to the other, evenly in the value or in its logarithm."""
    low, high = factor_range
    space = np.geomspace(low, high, count) if scale == "log" else np.linspace(low, high, count)
    values = [float(f"{value:.{DIGITS}g}") for value in space]
    return list(dict.fromkeys(round(value) for value in values)) if is_whole else list(values)
