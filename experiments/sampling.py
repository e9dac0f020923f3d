"""Rows of levels that are drawn, varied one at a time, or read from a table: every design but the factorial.

A row gives every factor of a plan one value. Drawn designs come from the plan's root seed, so a plan file is
the whole design; numbers that a table gives are used as they are written.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from experiments.design import MAX_POINTS, Factor, Value
from experiments.plan_reading import in_words
from model import PARAMETERS, make_parameters

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Value]

# A design's own chance must not be any replicate's: the spawn key of a replicate has one number or two, this three.
DESIGN_KEY: Final = (0, 0, 0xDE516)
# Digits of a drawn value: what a results table shows can be typed into a plan and gives the same run.
DIGITS: Final = 6
# A table of design points: as many rows as a plan may have points, and not many more columns than there are parameters.
MOST_TABLE_BYTES: Final = 200_000_000
MOST_TABLE_COLUMNS: Final = 1_000
MOST_HEADER: Final = 1_000_000  # characters of a first line that are looked at


def one_at_a_time(factors: Sequence[Factor], baseline: Mapping[str, Value]) -> list[Row]:
    """The baseline, then every other level of each factor with the other factors at their baseline."""
    start = {factor.name: baseline[factor.name] for factor in factors}
    rows = [start]
    for factor in factors:
        rows += [{**start, factor.name: level} for level in factor.levels if not _same(factor.name, level, start)]
    return rows


def with_start(factor: Factor, baseline: Mapping[str, Value]) -> Factor:
    """The factor with the baseline's value among its levels, as the baseline has it: the first where it is missing."""
    start = {factor.name: baseline[factor.name]}
    levels = tuple(start[factor.name] if _same(factor.name, level, start) else level for level in factor.levels)
    labels = factor.level_labels
    if start[factor.name] not in levels:
        levels, labels = (start[factor.name], *levels), (in_words(start[factor.name]), *labels)
    return dataclasses.replace(factor, levels=levels, level_labels=labels)


def _same(name: str, level: Value, start: Row) -> bool:
    """Whether a level is the baseline's value, however it was written."""
    return bool(getattr(make_parameters({name: level}), name) == getattr(make_parameters({name: start[name]}), name))


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


def read_table(path: Path) -> tuple[list[Row], str]:
    """The rows of a CSV or Parquet file of design points, and what is wrong with it (empty: nothing)."""
    import pandas as pd
    import pyarrow.parquet as pq

    try:
        if path.suffix in (".parquet", ".csv") and path.exists():
            if not path.is_file():
                return [], f"table = '{path}' is not a file"
            if path.stat().st_size > MOST_TABLE_BYTES:
                return [], f"table = '{path}' has {path.stat().st_size} bytes: allowed are {MOST_TABLE_BYTES}"
        if path.suffix == ".parquet":
            # Compressed, a small file can hold more rows than fit into memory: what it says of itself is read first.
            about = pq.read_metadata(path)
            if about.num_rows > MAX_POINTS or about.num_columns > MOST_TABLE_COLUMNS:
                return [], _too_large(path, about.num_rows, about.num_columns)
            frame = pd.read_parquet(path)
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8") as file:
                n_columns = file.readline(MOST_HEADER).count(",") + 1
            if n_columns > MOST_TABLE_COLUMNS:
                return [], _too_large(path, 0, n_columns)
            frame = pd.read_csv(path, nrows=MAX_POINTS + 1)
        else:
            return [], f"table = '{path}': allowed is the name of a .csv or .parquet file"
    except FileNotFoundError:
        return [], f"table = '{path}': there is no such file (names are relative to the plan's folder)"
    except Exception as error:  # each reader has errors of its own
        return [], f"table = '{path}' cannot be read: {_uneven(path) or str(error).strip()}"
    if frame.empty or len(frame) > MAX_POINTS:
        return [], f"table = '{path}' has {len(frame)} rows: allowed are 1 to {MAX_POINTS}"
    if frame.columns.duplicated().any():
        return [], f"table = '{path}': allowed are columns with different names"
    if len(frame.columns) == 1 and (";" in str(frame.columns[0]) or "\t" in str(frame.columns[0])):
        return [], f"table = '{path}': columns are separated by commas, not by semicolons or tabs"
    if frame.isna().any(axis=None):
        row, column = (int(k[0]) for k in np.nonzero(frame.isna().to_numpy()))
        return [], f"table = '{path}': row {row + 1} has no value in column '{frame.columns[column]}'; give it one"
    return _rows(frame), ""


def _uneven(path: Path) -> str:
    """Which line of a CSV file has more values than its head has names; empty where none has."""
    if path.suffix != ".csv":
        return ""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            width = len(next(lines, []))
            for values in lines:
                if len(values) > width:
                    return f"line {lines.line_num} has {len(values)} values, and the first line has {width} names"
    except (OSError, ValueError, csv.Error):
        pass
    return ""


def _too_large(path: Path, n_rows: int, n_columns: int) -> str:
    size = f"{n_rows} rows and {n_columns} columns"
    return f"table = '{path}' has {size}: allowed are {MAX_POINTS} rows and {MOST_TABLE_COLUMNS} columns"


def _rows(frame: pd.DataFrame) -> list[Row]:
    """Rows as plain Python values; text that says true or false is a switch."""
    words: dict[Any, Any] = {"true": True, "True": True, "false": False, "False": False}
    return [
        {str(name): words.get(value, value) if isinstance(value, str) else plain(value) for name, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def plain(value: Any) -> Any:
    """A NumPy scalar as the Python number that it holds."""
    return value.item() if isinstance(value, np.generic) else value
