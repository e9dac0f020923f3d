"""How much of the finding hangs on the definition: the cooperation state at other thresholds and windows.

Theory 2.2 fixes the definition (depth 0.5, window of 4 quarters) before the experiments and asks for every
estimand beside it at depths 0.3, 0.5 and 0.7 and windows of 2, 4 and 8 quarters. Each run keeps, for each of the
nine, the quarter of first emergence and whether a spell was durable; here is how they are found and tabled.
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
# As in the definition: two quarters in a row below the state end a spell; twelve quarters are durable.
GAP: Final = 2
DURABLE_QUARTERS: Final = 12


def column_names(threshold: float, window: int) -> tuple[str, str]:
    """The two columns that a run keeps for one definition: quarter of first emergence, durable."""
    tail = f"d{round(100 * threshold):02d}_w{window}"
    return f"onset_{tail}", f"durable_{tail}"


def definitions() -> list[tuple[float, int]]:
    """Every threshold with every window."""
    return [(threshold, window) for threshold in THRESHOLDS for window in WINDOWS]


def meanings() -> dict[str, str]:
    """What each column says, for the data dictionary."""
    words = {}
    for threshold, window in definitions():
        onset, durable = column_names(threshold, window)
        what = f"at depth {threshold:g} over {window} quarters"
        words[onset] = f"quarter of first emergence {what}, -1 if none"
        words[durable] = f"whether a spell {what} was durable"
    return words


def state_columns(states: Callable[[float, int], BoolArray]) -> dict[str, npt.NDArray[Any]]:
    """The columns of one run: ``states`` gives (dyad, T) booleans for a threshold and a window."""
    columns: dict[str, npt.NDArray[Any]] = {}
    for threshold, window in definitions():
        state = np.asarray(states(threshold, window), dtype=bool)
        onset, durable = column_names(threshold, window)
        columns[onset] = np.where(state.any(axis=-1), state.argmax(axis=-1), -1).astype(np.int64)
        columns[durable] = longest_spells(state) >= DURABLE_QUARTERS
    return columns


def longest_spells(state: BoolArray, gap: int = GAP) -> npt.NDArray[np.int64]:
    """Quarters in the longest spell of each row of (..., T); ``gap`` quarters in a row below end one.

    A shorter shortfall is bridged. One that the horizon cuts off before it is that long does not end a spell, and its
    quarters do count: the spell has not been seen to end.
    Limits: 0 where the state never holds; T where it always holds.
    Source: theory 2.1, D4.
    """
    rows = state.reshape(-1, state.shape[-1])
    longest = np.zeros(len(rows), dtype=np.int64)
    length = np.zeros(len(rows), dtype=np.int64)
    short = np.zeros(len(rows), dtype=np.int64)
    for t in range(rows.shape[-1]):
        holds = rows[:, t]
        # Quarters of a shortfall join the spell only when it goes on after them.
        length = np.where(holds, np.where(short < gap, length + (length > 0) * short, 0) + 1, length)
        short = np.where(holds, 0, short + 1)
        open_until_end = (t == rows.shape[-1] - 1) & (length > 0) & (short < gap)
        longest = np.maximum(longest, length + open_until_end * short)
    return longest.reshape(state.shape[:-1])


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
