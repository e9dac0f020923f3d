"""How much of the finding hangs on the definition: cooperation at other thresholds and windows.

The definition (half of the attainable gain, over a window of 4 quarters) is fixed before the experiments; every
estimand is asked for beside it at shares of 0.3, 0.5 and 0.7 and windows of 2, 4 and 8 quarters (theory 2.2). Each run
keeps, for each of the nine, the quarter in which cooperation emerged and whether a spell was durable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.statistics.estimates import LEVEL, wilson

BoolArray = npt.NDArray[np.bool_]

THRESHOLDS: Final = (0.3, 0.5, 0.7)
WINDOWS: Final = (2, 4, 8)


def column_names(threshold: float, window: int) -> tuple[str, str]:
    """The two columns that a run keeps for one definition: quarter of first emergence, durable."""
    tail = f"g{round(100 * threshold):02d}_w{window}"
    return f"onset_{tail}", f"durable_{tail}"


def definitions() -> list[tuple[float, int]]:
    """Every threshold with every window."""
    return [(threshold, window) for threshold in THRESHOLDS for window in WINDOWS]


def meanings() -> dict[str, str]:
    """What each column says, for the data dictionary."""
    words = {}
    for threshold, window in definitions():
        onset, durable = column_names(threshold, window)
        what = f"at a gain share of {threshold:g} over {window} quarters"
        words[onset] = f"quarter in which cooperation emerged {what}, -1 if it did not"
        words[durable] = f"whether a spell {what} was durable"
    return words


def definition_columns(
    measure: Callable[[float, int], tuple[npt.NDArray[np.int64], BoolArray]],
) -> dict[str, npt.NDArray[Any]]:
    """The columns of some runs; ``measure`` gives, at a threshold and a window, both by run and dyad."""
    columns: dict[str, npt.NDArray[Any]] = {}
    for threshold, window in definitions():
        columns |= dict(zip(column_names(threshold, window), measure(threshold, window), strict=True))
    return columns


def sensitivity_table(frame: pd.DataFrame, by: Sequence[str], level: float = LEVEL) -> pd.DataFrame:
    """Emergence and durable share under every definition, with Wilson intervals; one row a group and definition.

    frame: one row a run and dyad with the columns of ``column_names``. by: columns that name a group; with
    ``dyad`` among them, rows of a group are different runs and so independent.
    Source: theory 2.2 (sensitivity), 2.3 (pitfall 9).
    """
    rows = []
    for name, group in frame.groupby(list(by), sort=False, observed=True):
        for threshold, window in definitions():
            onset, durable = column_names(threshold, window)
            row = {**dict(zip(by, name, strict=True)), "threshold": threshold, "window": window, "n": len(group)}
            for rate, hits in (("emergence_rate", group[onset] >= 0), ("durable_share", group[durable] > 0)):
                found = wilson(int(hits.sum()), len(group), level)
                row |= {rate: found.share, f"{rate}_low": found.low, f"{rate}_high": found.high}
            rows.append(row)
    return pd.DataFrame(rows)
