"""What is counted: threats carried out, agreements a year, how long truces last, in the record and in runs.

Runs are those of the assumption sample: 2018 to 2025 with the model's own duties and talks, sales following the record
to the end of 2022. What enters into force is an agreement, and so is the renewal of one or of a truce; in the record a
quarter with an agreement or a truce on trade or EVs is one, and a truce prolonged too. A truce is in force from then
on until talks are suspended (in runs: the channel shuts), duties rise between the two, or it ends; its length is years
in force over the number of breaks, so that one that still stands counts as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import chi2

from experiments.hindcast.assumptions import AssumptionPlan, market_path, settings
from experiments.hindcast.evidence import DYADS, QUARTERS, TRACKS, dyad_of, observe, rows, years_kept
from experiments.hindcast.fit import MIDDLE, SMALLEST_MOVE
from experiments.hindcast.worlds import Nudged, Path, Played
from experiments.statistics.estimates import wilson
from experiments.validation.published import Published, weakest
from model import BLOCS, Ensemble, evidence_table

#: A range of the record holds what is counted in four fifths of histories.
RECORD_LEVEL: Final = 0.8
ROOT_SEED: Final = 20260101
LANES: Final = 64  # replicates that are played side by side at the defaults
ROW_LANES: Final = 8  # replicates of every row of the sample that is played
EVERY: Final = 2  # rows of the sample of which one is played: runs take longer than markets
THREATS, TRUCES = "threats", "truces"
AGREEMENTS: Final = tuple(f"agreements {dyad}" for dyad in DYADS)
KEYS: Final = (THREATS, *AGREEMENTS, TRUCES)
SOURCE: Final = "events.csv, 2018-2025"

Task = tuple[AssumptionPlan, Path, dict[str, Any], int, int]


class Counted:
    """Counts of some histories: carried and all threats, agreements (d,), breaks, years in force, years of all."""

    def __init__(self, carried: float, threats: float, signed: np.ndarray, breaks: float, kept: float, years: float):
        self.carried, self.threats, self.signed = carried, threats, signed
        self.breaks, self.kept, self.years = breaks, kept, years

    def __add__(self, other: Counted) -> Counted:
        return Counted(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def figures(self) -> dict[str, float]:
        """Every count as a figure: a share, agreements a year, years; nan where nothing tells."""
        with np.errstate(divide="ignore", invalid="ignore"):
            length = float(np.divide(self.kept, self.breaks)) if self.kept else np.nan
            share = float(np.divide(self.carried, self.threats)) if self.threats else np.nan
        rates = {key: float(n / self.years) for key, n in zip(AGREEMENTS, self.signed, strict=True)}
        return {THREATS: share, **rates, TRUCES: length}

    def intervals(self, level: float) -> dict[str, tuple[float, float]]:
        """Of every figure, for the luck of so many events: Wilson for the share, exact Poisson for the others."""
        share = wilson(self.carried, self.threats, level)
        rates = {
            key: tuple(end / self.years for end in poisson(n, level))
            for key, n in zip(AGREEMENTS, self.signed, strict=True)
        }
        few, many = poisson(self.breaks, level)
        length = (self.kept / many, self.kept / few if few else np.inf)
        return {THREATS: (share.low, share.high), **rates, TRUCES: length}  # type: ignore[dict-item]


def poisson(n: float, level: float) -> tuple[float, float]:
    """Exact interval of the mean of a Poisson count (Garwood 1936)."""
    tail = (1.0 - level) / 2.0
    return (float(chi2.ppf(tail, 2 * n) / 2) if n else 0.0), float(chi2.ppf(1.0 - tail, 2 * n + 2) / 2)


def of_record(plan: AssumptionPlan) -> Counted:
    """What the evidence has in the years that the sample is weighed by."""
    first, last = plan.first, plan.last
    threats = observe(first, last, fill=False).threats[:, 1]
    quarters: set[tuple[int, str, int]] = set()
    for row in rows("events.csv", first, last):
        dyad = dyad_of(row["parties"])
        if row["kind"] == "agreement" and row["track"] in TRACKS and dyad is not None:
            quarters.add((dyad, row["date"][:4], (int(row["date"][5:7]) - 1) // 3))
    signed = np.array([sum(found[0] == d for found in quarters) for d in range(len(DYADS))], dtype=np.float64)
    breaks, kept = years_kept(first, last)
    return Counted(float(np.sum(threats)), float(threats.size), signed, breaks, kept, float(last - first + 1))


def recorded(plan: AssumptionPlan) -> dict[str, Published]:
    """The range of every count that the record leaves open."""
    record = of_record(plan)
    values, ends = record.figures(), record.intervals(RECORD_LEVEL)
    used = (row for row in rows("events.csv", plan.first, plan.last) if row["track"] in TRACKS)
    confidence = weakest(used)
    return {key: Published(*ends[key], values[key], (SOURCE,), confidence) for key in KEYS}


def carried_in_full() -> float:
    """The share of all threats of the whole record, to all three blocs as well, that were carried out in full."""
    of_three = (row for row in evidence_table("events.csv") if set(row["parties"].split(",")) <= set(BLOCS))
    fates = [row["carried_out"] for row in of_three if row["threat"] == "1"]
    return fates.count("yes") / len(fates)


def of_runs(played: Played, signed: np.ndarray, is_open: np.ndarray) -> Counted:
    """What a block of replicates has; signed (R, d) how often one was passed or renewed; is_open (R, d, q) the channel.

    As in the record, what is in force is so until it ends, a duty rises or the channel shuts between the two, and again
    from the next package on.
    """
    packages = played.package
    moved = np.diff(played.special, axis=-1) > SMALLEST_MOVE
    rises = np.stack([moved[:, list(pair)].any(axis=1) for pair in MIDDLE], axis=1)
    shuts = is_open[..., :-1] & ~is_open[..., 1:]
    new = (packages[..., 1:] != packages[..., :-1]) & (packages[..., 1:] > 0)
    on = packages[..., 0] > 0
    broken, kept = 0.0, float(np.sum(on))
    for q in range(packages.shape[-1] - 1):
        breaks = on & ((packages[..., q + 1] == 0) | rises[..., q] | shuts[..., q])
        on = (on & ~breaks) | new[..., q]
        broken, kept = broken + float(np.sum(breaks)), kept + float(np.sum(on))
    carried = float(np.sum(played.carried))
    years = packages.shape[0] * packages.shape[-1] / QUARTERS
    all_threats = carried + float(np.sum(played.dropped))
    return Counted(carried, all_threats, np.sum(signed, axis=0), broken, kept / QUARTERS, years)


def count_task(task: Task) -> Counted:
    """Play one block and count."""
    plan, path, chosen, first, lanes = task
    block = range(first, first + lanes)
    ensemble = Ensemble(plan.world_file, ROOT_SEED, block, chosen, keep=block, lanes=lanes, n_quarters=plan.n_quarters)
    ((_, world),) = ensemble.worlds()
    played = Nudged(world, path).play()
    signed = np.array(world.state.n_signed + world.state.n_renewed)
    return of_runs(played, signed, world.recorder.series("dyad", "channel_open") > 0)


def count(
    plan: AssumptionPlan,
    sample: pd.DataFrame,
    replicates: int,
    mapped: Callable[[Any, list[Any]], Iterable[Counted]],
) -> tuple[Counted, list[Counted]]:
    """Counts at the defaults, over all replicates, and under every other row of a sample (columns: parameters)."""
    path = market_path(plan)
    firsts = range(0, replicates, LANES)
    tasks: list[Task] = [(plan, path, {}, first, min(LANES, replicates - first)) for first in firsts]
    tasks += [
        (plan, path, settings(row), i * ROW_LANES, ROW_LANES)
        for i, (_, row) in enumerate(sample.iloc[::EVERY].iterrows())
    ]
    found = list(mapped(count_task, tasks))
    whole = found[0]
    for part in found[1 : len(firsts)]:
        whole = whole + part
    return whole, found[len(firsts) :]
