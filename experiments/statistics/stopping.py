"""How many replicates are enough: a stop rule that keeps the coverage that its interval promises.

Looking at an interval after every batch and stopping when it is narrow by chance gives intervals that cover less
than they promise. Here there is one look only (Stein 1945): the spread of a pilot of ``least`` replicates decides
how many there will be, and the interval around the mean of all of them goes on using the pilot's spread. The
sequential allowance is the price: Student's quantile at the pilot's degrees of freedom instead of the final ones,
4 % wider at a pilot of 30 than knowing the spread. For normal values coverage is exactly what is promised.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy  # its statistics are loaded where they are first asked for, a third of a second later

from experiments.design.plan import Precision
from experiments.display.words import listed
from experiments.statistics.estimates import LEVEL, Estimate

# A pilot in which a yes-no outcome never or always happened has no spread, and knows less than that: as in the
# interval of Agresti and Coull, two runs of either kind are added before its spread is taken.
ADDED_RUNS: Final = 2


def pilot_spread(values: npt.ArrayLike) -> float:
    """Standard deviation between the replicates of a pilot; for yes-no outcomes never quite zero. Unit of the data.

    values: (n,), finite, n >= 2; yes-no outcomes as booleans.
    """
    given = np.asarray(values)
    x = given.astype(np.float64)
    if x.size < 2 or not np.all(np.isfinite(x)):
        raise ValueError(f"A pilot needs two finite values or more, not {x.size}.")
    if given.dtype == np.bool_:
        x = np.concatenate([x, np.zeros(ADDED_RUNS), np.ones(ADDED_RUNS)])
    return float(x.std(ddof=1))


def replicates_for(pilot: npt.ArrayLike, half_width: float, most: int, level: float = LEVEL) -> int:
    """Replicates in all after which the interval is as narrow as wanted; at least the pilot's, at most ``most``.

    pilot: (n,), outcomes of the first replicates, n >= 2. half_width: wanted, unit of the outcome, > 0.
    Limits: the pilot itself where nothing varies; four times as many for half the width.
    Source: Stein 1945.
    """
    if not half_width > 0.0:
        raise ValueError(f"A half-width is above 0, not {half_width}.")
    n = np.asarray(pilot).size
    quantile = float(scipy.stats.t.ppf(0.5 + level / 2.0, n - 1))
    # Compared before it is squared: of a width as small as numbers get, the square is beyond any of them.
    root = quantile * pilot_spread(pilot) / half_width
    return most if root >= math.sqrt(most) else min(most, max(n, math.ceil(root**2)))


def stopped_mean(values: npt.ArrayLike, n_pilot: int, level: float = LEVEL) -> Estimate:
    """Mean of all replicates with the interval that the stop rule promises; unit of the outcome.

    values: (n,), in the order of replicates, of which the first ``n_pilot`` were the pilot.
    Limits: no wider either way than was wanted, unless ``most`` cut the sweep short.
    Source: Stein 1945.
    """
    x = np.asarray(values)
    se = pilot_spread(x[:n_pilot]) / math.sqrt(x.size)
    half = float(scipy.stats.t.ppf(0.5 + level / 2.0, n_pilot - 1)) * se
    mean = float(x.mean())
    return Estimate(mean, mean - half, mean + half, se, x.size)


def wanted_replicates(
    frame: pd.DataFrame, outcome: str, half_width: float, n_pilot: int, most: int, level: float = LEVEL
) -> dict[int, int]:
    """Replicates in all for each design point, so that every dyad's mean is as precise as wanted.

    frame: one row a run and dyad: ``design_point``, ``replicate``, ``dyad`` and the outcome, pilot included.
    """
    pilot = frame[frame["replicate"] < n_pilot]
    wanted: dict[int, int] = {}
    for (point, _), rows in pilot.groupby(["design_point", "dyad"], observed=True):
        values = rows[outcome].dropna().to_numpy()
        if len(values) >= 2:
            enough = max(replicates_for(values, half_width, most, level), min(n_pilot, most))
            wanted[int(point)] = max(enough, wanted.get(int(point), 0))  # type: ignore[call-overload]
    return wanted


def wanted_for(frame: pd.DataFrame, target: Precision) -> dict[int, int]:
    """Replicates in all for each design point, so that every target is met in every dyad that counts.

    frame: as ``wanted_replicates``, with a column for each outcome of the target. A run without a value of an outcome
    (no share of a gain where there is next to none) does not count for that outcome.
    """
    own = frame[frame["dyad"].isin(target.dyads)] if target.dyads else frame
    wanted: dict[int, int] = {}
    for outcome, half_width in target.targets:
        for point, enough in wanted_replicates(own, outcome, half_width, target.least, target.most).items():
            wanted[point] = max(enough, wanted.get(point, 0))
    return wanted


def in_words(wanted: dict[int, int], target: Precision, n_runs: int) -> str:
    """What the pilot asks for, as it is said while a sweep goes on."""
    counts = sorted(wanted.values())
    least, most = (counts[0], counts[-1]) if counts else (0, 0)
    each = f"{least}" if least == most else f"{least} to {most}"
    capped = sum(count >= target.most for count in counts)
    also = f"; at {capped} of {len(counts)} design points that is all that is allowed, and may not do" if capped else ""
    return (
        f"After a pilot of {target.least} replicates a design point: knowing {listed(map(_within, target.targets))} "
        f"takes {each} replicates a point, {n_runs} runs in all{also}."
    )


def reached_in_words(table: pd.DataFrame, target: Precision) -> str:
    """Whether the target was reached, as it is said at the end; ``table`` as ``precision_table`` makes it."""
    told, missed = [], []
    for outcome, half_width in target.targets:
        own = table[table["outcome"] == outcome] if len(table) else table
        if own.empty:
            missed.append(f"{outcome.replace('_', ' ')} has no value in two runs of any row")
            continue
        widest, n_missed = float((own["high"] - own["mean"]).max()), int((~own["reached"]).sum())
        what = outcome.replace("_", " ")
        told.append(f"{what} is known to within {half_width:g} everywhere (widest {widest:.2g})")
        if n_missed:
            where = f"in {n_missed} of {len(own)} rows (widest {widest:.2g})"
            missed.append(f"{what} is not known to within {half_width:g} {where}")
    if missed:
        return f"The target was missed: {listed(missed)}; allow more than {target.most} replicates, or ask for less."
    return f"The target was reached: {listed(told)}."


def _within(target: tuple[str, float]) -> str:
    return f"{target[0].replace('_', ' ')} to within {target[1]:g}"


def reached(frame: pd.DataFrame, target: Precision) -> pd.DataFrame:
    """What the stop rule reached for every target, in the dyads that count; rows as ``precision_table``."""
    own = frame[frame["dyad"].isin(target.dyads)] if target.dyads else frame
    tables = [precision_table(own, outcome, half_width, target.least) for outcome, half_width in target.targets]
    return pd.concat(tables, ignore_index=True)


def precision_table(
    frame: pd.DataFrame, outcome: str, half_width: float, n_pilot: int, level: float = LEVEL
) -> pd.DataFrame:
    """What the stop rule reached: one row a design point and dyad with the promised interval."""
    rows = []
    for (point, dyad), group in frame.groupby(["design_point", "dyad"], sort=False, observed=True):
        values = group.sort_values("replicate")[outcome].dropna().to_numpy()
        if len(values) < 2:
            continue
        found = stopped_mean(values, min(n_pilot, len(values)), level)
        is_reached = found.high - found.mean <= half_width * (1.0 + 1e-12)
        rows.append({"design_point": point, "dyad": dyad, "outcome": outcome, **found._asdict(), "reached": is_reached})
    return pd.DataFrame(rows)
