"""Who gains and who loses where a difference of the joint gain hides that the two sides of a pair go apart.

A joint gain that rises may be one side's gain at the other's cost. So what is compared is compared for the gain of
either side too, replicate by replicate under the same luck, and told where both are clear and of opposite signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pandas as pd

from experiments.design.outcomes import SIDES
from experiments.display.words import BLOC_WORDS, signed
from experiments.findings.comparisons import Comparison, Matrix, matched
from experiments.statistics.estimates import mean_interval

#: The outcome that is the sum of the two sides' gains, and those gains by their columns in the runs.
OF_BOTH: Final = "joint_gain"
GAINS: Final = tuple(f"gain_{side}" for side in SIDES)
# A gain or loss that is not above this, bn$ a year, is what is left of rounding.
ROUNDING: Final = 1e-9
# Digits of a gain: two, and more where an interval that leaves zero out would not be seen to do so.
DIGITS: Final = (2, 3, 4)
#: Told in one breath; the others stand in the table.
MOST_TOLD: Final = 6
UNIT: Final = "bn$ a year"


def fields(gains: Mapping[str, Matrix], own: Comparison) -> dict[str, float]:
    """What a comparison changes of the gain of either side, as further columns of its row, bn$ a year.

    ``first_mean``, ``first_low``, ``first_high`` and the same of ``second``: mean paired difference and its 95 %
    interval. gains: matrices (design point, replicate) of a dyad by column; a side without runs is left out.
    """
    found: dict[str, float] = {}
    for side, column in zip(SIDES, GAINS, strict=True):
        differences = matched(gains[column], own.pairs)[0] if column in gains else ()
        if len(differences):
            own_side = mean_interval(differences)
            found |= {f"{side}_{name}": getattr(own_side, name) for name in ("mean", "low", "high")}
    return found


def are_apart(row: pd.Series) -> bool:
    """Whether one side of a row's dyad gains and the other loses, both with intervals that leave zero out."""
    low, high = ([float(row.get(f"{side}_{end}", float("nan"))) for side in SIDES] for end in ("low", "high"))
    return bool(max(low) > ROUNDING and min(high) < -ROUNDING) if all(x == x for x in (*low, *high)) else False


def in_words(row: pd.Series) -> str:
    """The two sides of a row, the one that gains first, with half of their intervals; empty where they do not go apart.

    As in "China +0.61 ±0.04, the EU -0.43 ±0.03".
    """
    if not are_apart(row):
        return ""
    blocs = dict(zip(SIDES, str(row["dyad"]).split("-"), strict=True))
    means = {side: float(row[f"{side}_mean"]) for side in SIDES}
    halves = {side: float(row[f"{side}_high"]) - means[side] for side in SIDES}
    digits = next((n for n in DIGITS if all(round(abs(means[s]), n) > round(halves[s], n) for s in SIDES)), DIGITS[-1])
    order = sorted(SIDES, key=lambda side: -means[side])
    told = (f"{BLOC_WORDS.get(blocs[s], blocs[s])} {signed(means[s], digits)} ±{halves[s]:.{digits}f}" for s in order)
    return ", ".join(told)


def told_apart(rows: pd.DataFrame) -> Iterator[pd.Series]:
    """The rows of a table of differences in which the sides go apart, those of the joint gain, in its order."""
    if f"{SIDES[0]}_mean" in rows:
        for _, row in rows[rows["outcome"] == OF_BOTH].iterrows():
            if are_apart(row):
                yield row


def sentences(rows: pd.DataFrame, names: Iterable[str]) -> Iterator[str]:
    """A sentence for each row in which one side gains and the other loses; ``names``: what each row compares."""
    named = rows.assign(_what=list(names))
    apart = list(told_apart(named))
    for row in apart[:MOST_TOLD]:
        blocs = [BLOC_WORDS.get(bloc, bloc) for bloc in str(row["dyad"]).split("-")]
        gains, loses = blocs if row["first_mean"] > 0.0 else blocs[::-1]
        yield f"With {row['_what']}, {gains} gains and {loses} loses: {in_words(row)} {UNIT}."
    if len(apart) > MOST_TOLD:
        yield f"So it is in {len(apart) - MOST_TOLD} more; all stand in the table of differences."


def line(rows: pd.DataFrame, column: str) -> str:
    """What stands under a table: every row in which the sides go apart by its name in ``column``; empty for none."""
    apart = list(told_apart(rows))
    if not apart:
        return ""
    told = [f"{row[column]}, {in_words(row)}" for row in apart[:MOST_TOLD]]
    more = f"; and {len(apart) - MOST_TOLD} more, in the report" if len(apart) > MOST_TOLD else ""
    return f"One side gains, the other loses, {UNIT}: {'; '.join(told)}{more}."
