"""How much of the finding hangs on the definition: cooperation at other thresholds and windows.

The definition (half of the attainable gain, over a window of 4 quarters) is fixed before the experiments; every
estimand is asked for beside it at shares of 0.3, 0.5 and 0.7 and windows of 2, 4 and 8 quarters (theory 2.2). Each run
keeps, for each of the nine, the quarter in which cooperation emerged, whether a spell was durable, and whether it was
inherited and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy.typing as npt
import pandas as pd

from experiments.statistics.estimates import LEVEL, shared_rate

THRESHOLDS: Final = (0.3, 0.5, 0.7)
WINDOWS: Final = (2, 4, 8)


# What a run keeps of each definition, and what it means.
KEPT: Final = {
    "onset": "quarter in which cooperation emerged {}, -1 if it did not",
    "durable": "whether a spell {} was durable",
    "inherited": "whether cooperation {} was there from the start",
    "kept": "whether cooperation {} was there from the start and lasted until the end",
}


def column_names(threshold: float, window: int) -> dict[str, str]:
    """The columns that a run keeps for one definition, by what they hold (``KEPT``)."""
    return {name: f"{name}_g{round(100 * threshold):02d}_w{window}" for name in KEPT}


def definitions() -> list[tuple[float, int]]:
    """Every threshold with every window."""
    return [(threshold, window) for threshold in THRESHOLDS for window in WINDOWS]


def meanings() -> dict[str, str]:
    """What each column says, for the data dictionary."""
    words: dict[str, str] = {}
    for threshold, window in definitions():
        what = f"at a gain share of {threshold:g} over {window} quarters"
        words |= {name: KEPT[held].format(what) for held, name in column_names(threshold, window).items()}
    return words


def definition_columns(measure: Callable[[float, int], Mapping[str, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    """The columns of some runs; ``measure`` gives, at a threshold and a window, what is kept by run and dyad."""
    columns: dict[str, npt.NDArray[Any]] = {}
    for threshold, window in definitions():
        told = measure(threshold, window)
        columns |= {name: told[held] for held, name in column_names(threshold, window).items()}
    return columns


def sensitivity_table(frame: pd.DataFrame, by: Sequence[str], level: float = LEVEL) -> pd.DataFrame:
    """Under every definition the shares of runs in which cooperation emerges, is inherited, kept and durable.

    frame: one row a run and dyad with the columns of ``column_names``. by: columns that name a group. Every share has
    the interval of ``shared_rate``: rows of one replicate share their luck. Of what is inherited, ``kept_share`` is of
    all runs.
    Source: theory 2.2 (sensitivity), 2.3 (pitfall 9).
    """
    rows = []
    for name, group in frame.groupby(list(by), sort=False, observed=True):
        for threshold, window in definitions():
            column = column_names(threshold, window)
            row = {**dict(zip(by, name, strict=True)), "threshold": threshold, "window": window, "n": len(group)}
            hits = {
                "emergence_rate": group[column["onset"]] >= 0, "durable_share": group[column["durable"]] > 0,
                "inherited_share": group[column["inherited"]] > 0, "kept_share": group[column["kept"]] > 0,
            }  # fmt: skip
            for rate, happened in hits.items():
                found = shared_rate(happened, group["replicate"], level)
                row |= {rate: found.share, f"{rate}_low": found.low, f"{rate}_high": found.high}
            rows.append(row)
    return pd.DataFrame(rows)
