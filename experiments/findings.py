"""What a plan's runs say: cells, effects and contrasts with intervals, arms, blocs, tests, corners, a plain reading.

From data frames to data frames. Dyad by dyad and a few columns at a time, so that a million runs fit into memory.
Intervals speak of the ensemble of assumptions that was run, not of the world.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from experiments.comparisons import (
    ARM,
    BLOC_OUTCOMES,
    CONTRAST,
    FACTOR,
    TIME,
    YES_NO,
    Comparison,
    adjusted,
    bloc_matrices,
    comparisons_of,
    effects,
    matrices,
    paired_tests,
)
from experiments.design import FACTORIAL, ID, SAMPLED, Factor, Plan
from experiments.estimates import mean_interval
from experiments.readings import interval, of_blocs, read_plainly, signed, spans
from experiments.stopping import precision_table
from experiments.summarise import cell_summary, rank_correlations
from model import InputFault, calibration_table, load_scenario, make_parameters

if TYPE_CHECKING:
    from experiments.results import Results

__all__ = ["Findings", "corners", "corners_of", "find", "interval", "read_plainly", "signed", "tally"]

# The parameter that puts duties on the table.
TARIFFS: Final = "tariff_issues"
# The outcomes that effects are reported on, with the unit in which they are shown.
OUTCOMES: Final = {"mean_depth": "", "joint_gain": "bn$/yr", "emerged": "share of runs", "durable": "share of runs"}
# Of these, the ones that sampled designs are read by.
RANKED: Final = ("mean_depth", "joint_gain")
# The columns of the runs that cells are made of, and how many rows of one dyad are held at once.
NEEDED: Final = ("mean_depth", "joint_gain", "emerged", "durable", "depth_ceiling", "blocking")
ROWS_AT_ONCE: Final = 250_000


@dataclasses.dataclass(frozen=True)
class Findings:
    """The tables of a plan's results and what they say in words.

    ``cells``: one row for each cell and dyad: means, rates, their intervals, the ceiling of depth.
    ``effects``: one row for each block, dyad, factor, level and outcome: the paired difference to the first
    level, averaged over the levels of the other factors (one at a time: to the baseline). ``contrasts``: the same
    for the plan's contrasts; ``arms``: for every arm against each arm of reference. ``associations``: in sampled
    designs, rank correlations of factors with outcomes. ``precision``: what a target of precision reached.
    ``blocs``, ``bloc_effects``: gains, EV shares and emissions saved of every bloc, in cells and as paired
    differences. ``tests``: McNemar and log-rank for every pair of design points that is compared.
    """

    plan: Plan
    n_runs: int
    n_failed: int
    cells: pd.DataFrame
    effects: pd.DataFrame
    contrasts: pd.DataFrame
    corners: tuple[str, ...]
    reading: str
    associations: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    precision: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    arms: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    blocs: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    bloc_effects: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    tests: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)


#: The tables of findings that are kept as files, by name.
TABLES: Final = (
    *("cells", "effects", "contrasts", "arms", "associations", "precision"),
    *("blocs", "bloc_effects", "tests"),
)


def find(plan: Plan, results: Results) -> Findings:
    """Everything that a plan's stored runs say.

    Raises:
        InputFault: no run succeeded; the first failure is told.
    """
    names = [factor.name for factor in plan.shown]
    failures = results.read_failures()
    dyads = results.dyads()
    if not dyads:
        first = failures.iloc[0]
        said = f"every run failed; the first one at stage {first['stage']!r}: {first['message']}"
        raise InputFault([said], "results")
    cells, tallies, n_runs = _cells(plan, results, dyads, names)
    bare = sorted({point.index for point in plan.cells} - set(cells["design_point"]))
    is_told = not bare or plan.design != FACTORIAL
    comparisons = [own for own in comparisons_of(plan) if is_told or own.kind != FACTOR]
    compared, tested = _compared(plan, results, dyads, comparisons)
    blocs, bloc_effects = _blocs(plan, results, dyads, comparisons)
    of_factors = compared.get(FACTOR, pd.DataFrame())
    precision = pd.DataFrame()
    if (target := plan.precision) is not None:
        pilot = results.read(["dyad", target.outcome])
        precision = precision_table(pilot, target.outcome, target.half_width, target.least)
    arms = compared.get(ARM, pd.DataFrame()).rename(columns={"baseline": "reference", "level": "arm"})
    reading = read_plainly(plan, cells, of_factors, arms)
    reading = f"{reading} {of_blocs(plan, blocs, bloc_effects)}".rstrip()
    if not is_told:
        places = f"{len(bare)} of {len(plan.cells)} design points ({spans(bare)})"
        reading = f"No effects are told, because there is no finished run at {places}."
    return Findings(
        plan, n_runs, len(failures), cells, of_factors,
        compared.get(CONTRAST, pd.DataFrame()).rename(columns={"factor": "contrast"}),
        tuple(corners_of(tallies, plan.shown)), reading,
        rank_correlations(cells, plan, RANKED) if plan.design in SAMPLED else pd.DataFrame(),
        precision, arms.drop(columns="factor") if len(arms) else arms, blocs, bloc_effects, adjusted(tested),
    )  # fmt: skip


def _cells(
    plan: Plan, results: Results, dyads: Sequence[str], names: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """The cells, the tallies of how they ended, and how many runs succeeded in all."""
    tables, tallies, n_runs = [], [], 0
    is_cell = {point.index for point in plan.cells}
    for dyad in dyads:
        # One part of the design after the other, so that memory does not grow with the number of points.
        for points in _batches(plan, results):
            frame = results.read(["block", *names, *NEEDED], points, dyad).assign(dyad=dyad)
            n_runs += len(frame) if dyad == dyads[0] else 0
            own = frame[frame["design_point"].isin(is_cell)]
            if len(own):
                tables.append(cell_summary(own, by=["design_point", "block", *names, "dyad"]))
                tallies.append(tally(own, names))
    cells = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["design_point"])
    if plan.ids:
        cells.insert(1, ID, cells["design_point"].map({point.index: point.id for point in plan.points}))
    return cells.sort_values("design_point", kind="stable", ignore_index=True), pd.concat(tallies), n_runs


def _batches(plan: Plan, results: Results) -> Iterator[list[int]]:
    """Design points in groups that make about ``ROWS_AT_ONCE`` rows of a dyad each."""
    size = max(1, ROWS_AT_ONCE // max(1, plan.replicates))
    found = {int(part.name.split("_")[0].removeprefix("point-")) for part in results.parts()}
    points = [point.index for point in plan.points if point.index in found]
    for first in range(0, len(points), size):
        yield points[first : first + size]


def _compared(
    plan: Plan, results: Results, dyads: Sequence[str], comparisons: list[Comparison]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Paired differences by kind of comparison, and the tests of rates and times."""
    n_quarters = load_scenario(plan.start).n_quarters
    by_kind = {kind: [own for own in comparisons if own.kind == kind] for kind in (FACTOR, ARM, CONTRAST)}
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in by_kind}
    tested: list[dict[str, Any]] = []
    for dyad in dyads if comparisons else ():
        columns = list(dict.fromkeys([*OUTCOMES, *YES_NO, TIME]))
        kept = {}
        for outcome, values in matrices(results.read(columns, dyad=dyad), columns, len(plan.points)):
            if outcome in OUTCOMES:
                for kind, own in by_kind.items():
                    rows[kind] += [{"dyad": dyad, "outcome": outcome, **row} for row in effects(values, own)]
            if outcome in (*YES_NO, TIME):
                kept[outcome] = values
        tested += [{"dyad": dyad, **row} for row in paired_tests(kept, comparisons, n_quarters)]
    return {kind: _ordered(pd.DataFrame(own), plan) for kind, own in rows.items() if own}, pd.DataFrame(tested)


def _ordered(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """By outcome, then by block, in their orders."""
    blocks = {block.name: k for k, block in enumerate(plan.blocks)}
    outcomes = {name: k for k, name in enumerate([*OUTCOMES, *BLOC_OUTCOMES])}
    key = table["outcome"].map(outcomes) * len(blocks) + table["block"].map(blocks)
    return table.iloc[key.argsort(kind="stable")].reset_index(drop=True)


def _blocs(
    plan: Plan, results: Results, dyads: Sequence[str], comparisons: list[Comparison]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimand 6: what comes of each bloc in every cell, and what makes a difference to it."""
    cells: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    shown = [factor.name for factor in plan.shown]
    for bloc, outcome, values in bloc_matrices(results, plan, dyads):
        for point in plan.cells:
            own = values[point.index][np.isfinite(values[point.index])]
            if own.size:
                where = {name: point.arm if name == ARM else point.levels[name] for name in shown}
                what = {"design_point": point.index, "block": point.block, **where, "bloc": bloc, "outcome": outcome}
                cells.append({**what, **mean_interval(own)._asdict()})
        for kind in (FACTOR, ARM, CONTRAST):
            these = [own for own in comparisons if own.kind == kind]
            what = {"kind": kind, "bloc": bloc, "outcome": outcome}
            differences += [{**what, **row} for row in effects(values, these)]
    told = pd.DataFrame(differences)
    return pd.DataFrame(cells), _ordered(told, plan) if len(told) else told


def calibration_of(plan: Plan) -> pd.DataFrame:
    """What is calibrated at the start of the plan's scenario with its settings, a row a direction and good."""
    settings = {**load_scenario(plan.start).parameters.changes(), **plan.settings}
    return calibration_table(plan.start, make_parameters(settings))


# --- corners ------------------------------------------------------------------------------------------------


def tally(runs: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Runs counted by what matters for corners: ``n`` of each design point, dyad, emergence and obstacle."""
    told = runs.assign(blocking=runs["blocking"].astype(object).fillna("").astype(str))
    keys = ["design_point", "block", *names, "dyad", "emerged", "blocking"]
    groups = told.groupby(keys, sort=False, observed=True)[["mean_depth", "depth_ceiling"]]
    return groups.mean().assign(n=groups.size()).reset_index()


def corners(factorial: pd.DataFrame, factors: Iterable[Factor]) -> list[str]:
    """``corners_of`` for rows of runs."""
    factors = list(factors)
    return corners_of(tally(factorial, [factor.name for factor in factors]), factors)


def corners_of(tallies: pd.DataFrame, factors: Iterable[Factor]) -> list[str]:
    """Each dyad whose result is the same in every run, in words, with the test that most often said no.

    Where a dyad is no corner as a whole, the levels of factors at which it is one are named. Cells with nothing
    on the table (a ceiling of zero) do not count: there nothing can happen.
    """
    factors = list(factors)
    sentences = []
    open_cells = tallies[tallies["depth_ceiling"] > 0]
    n_blocks = tallies["block"].nunique()
    for (block, dyad), rows in open_cells.groupby(["block", "dyad"], sort=False, observed=True):
        where = f"{dyad}, {block}" if n_blocks > 1 else f"{dyad}"
        if whole := _corner(where, rows):
            sentences.append(whole)
            continue
        for factor in factors:
            for level, part in rows.groupby(factor.name, sort=False, observed=True):
                sentences.append(_corner(f"{where}, {factor.label} {factor.label_of(level)}", part))
    return [sentence for sentence in sentences if sentence]


def _corner(where: str, rows: pd.DataFrame) -> str:
    """What is the same in all of these runs, and why; nothing where they differ."""
    n, emerged = int(rows["n"].sum()), int(rows.loc[rows["emerged"].astype(bool), "n"].sum())
    if rows.groupby("design_point")["n"].sum().max() < 2:
        return ""  # a single replicate is always like itself
    if (rows["mean_depth"] == 0).all():
        return f"{where}: no depth at all in any of {n} runs. {_reason(rows)}"
    if emerged == 0:
        return f"{where}: cooperation emerges in none of {n} runs. {_reason(rows)}"
    if (rows["mean_depth"] >= rows["depth_ceiling"] - 1e-9).all():
        return f"{where}: depth is at its ceiling in all of {n} runs: nothing holds it back."
    if emerged == n:
        return f"{where}: cooperation emerges in all of {n} runs."
    return ""


def _reason(rows: pd.DataFrame) -> str:
    """Which side's which test refused most often, over runs; or that the state cannot be reached."""
    # The state asks for a duty that is cut (theory 2.1): without duties on the table only what a treaty of before cuts.
    if TARIFFS in rows and not rows[TARIFFS].any() and not rows["emerged"].any():
        return "Emergence asks for a duty that is cut, and no new cut is on the table."
    refused = rows[rows["blocking"] != ""]
    if refused.empty:
        return "No side's test refused a package."
    counts = refused.groupby("blocking", sort=False)["n"].sum().sort_values(ascending=False, kind="stable")
    share = f"{counts.iloc[0]} of {rows['n'].sum()} runs"
    return f"What refused most often: {counts.index[0]} (the main reason in {share})."
