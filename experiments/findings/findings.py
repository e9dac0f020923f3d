"""What a plan's runs say: cells, effects and contrasts with intervals, arms, blocs, tests, corners, a plain reading.

From data frames to data frames. Dyad by dyad and a few columns at a time, so that a million runs fit into memory.
Intervals speak of the ensemble of assumptions that was run, not of the world.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from experiments.design.outcomes import OF_EMERGENCE, OUTCOMES, told_of
from experiments.design.plan import FACTORIAL, ID, SAMPLED, Plan
from experiments.display.words import spans
from experiments.findings import asked, assumed, sides
from experiments.findings.comparisons import (
    ARM,
    BLOC_OUTCOMES,
    CONTRAST,
    FACTOR,
    TIME,
    YES_NO,
    Comparison,
    Matrix,
    adjusted,
    bloc_matrices,
    by_few,
    comparisons_of,
    effects,
    paired_tests,
    simple_effects,
)
from experiments.findings.corners import corners_of, tally
from experiments.findings.crossed import crossed
from experiments.findings.differences import differences_of, of_difference
from experiments.findings.headline import quarters_of, reference_point, with_assumptions
from experiments.findings.sentences import of_blocs, read_plainly
from experiments.findings.tables import RANKED, Findings
from experiments.statistics.definitions import meanings, sensitivity_table
from experiments.statistics.estimates import mean_interval
from experiments.statistics.stopping import reached
from experiments.statistics.summarise import MEANS, RATES, cell_summary, rank_correlations
from model import InputFault, calibration_table, known_scenario

if TYPE_CHECKING:
    from experiments.store.folder import Results

# The tables that ``crossed`` makes, in its order.
CROSSED: Final = ("block_effects", "interactions")
# The columns of the runs that cells are made of, and how many rows of one dyad are held at once.
NEEDED: Final = (*MEANS, *RATES, "depth_ceiling", "blocking")
ROWS_AT_ONCE: Final = 100_000


def find(plan: Plan, results: Results, assumptions: pd.DataFrame | None = None) -> Findings:
    """Everything that a plan's stored runs say.

    assumptions: what a sample of assumptions says of every effect, as ``with_assumptions`` takes it; None without one.
    A plan with a sample of its own has that.

    Raises:
        InputFault: no run succeeded; the first failure is told.
    """
    names = [factor.name for factor in plan.shown]
    failures = results.read_failures()
    there = results.dyads()
    dyads = [dyad for dyad in there if not plan.dyads or dyad in plan.dyads]
    if not there:
        first = failures.iloc[0]
        said = f"every run failed; the first one at stage {first['stage']!r}: {first['message']}"
        raise InputFault([said], "results")
    cells, tallies, n_runs = _cells(plan, results, dyads, names)
    bare = sorted({point.index for point in plan.cells} - set(cells["design_point"]))
    is_told = not bare or plan.design != FACTORIAL
    comparisons = [own for own in comparisons_of(plan) if is_told or own.kind != FACTOR]
    compared, beside = _compared(plan, results, dyads, comparisons)
    if plan.assumed is None:
        compared = {kind: with_assumptions(table, assumptions) for kind, table in compared.items()}
    blocs, bloc_effects = _blocs(plan, results, there, comparisons)
    of_factors = compared.get(FACTOR, pd.DataFrame())
    arms = compared.get(ARM, pd.DataFrame()).rename(columns={"baseline": "reference", "level": "arm"})
    ranked = [name for name in told_of(plan) if plan.outcomes or name in RANKED]
    changed = differences_of(plan, results, dyads) if plan.difference else None
    reading = read_plainly(plan, cells, of_factors, arms)
    reading = f"{reading} {of_blocs(plan, blocs, bloc_effects)}".rstrip()
    found = Findings(
        plan, n_runs, len(failures), cells, of_factors,
        compared.get(CONTRAST, pd.DataFrame()).rename(columns={"factor": "contrast"}),
        tuple(corners_of(tallies, plan.shown)) if plan.asks_any(*OF_EMERGENCE, "time_cooperating") else (), reading,
        rank_correlations(cells if changed is None else changed.by_point, plan, ranked)
        if plan.design in SAMPLED
        else pd.DataFrame(),
        _precision(plan, results), arms.drop(columns="factor") if len(arms) else arms, blocs, bloc_effects,
        definitions=_definitions(plan, results, dyads),
        differences=pd.DataFrame() if changed is None else changed.spread,
        **dict(zip(CROSSED, crossed(plan, results, dyads), strict=True)) if is_told else {}, **beside,
    )  # fmt: skip
    return dataclasses.replace(found, reading=_reading(found, bare if not is_told else []))


def _precision(plan: Plan, results: Results) -> pd.DataFrame:
    """What a target of precision reached, at the points of the design itself."""
    if plan.precision is None:
        return pd.DataFrame()
    frame = results.read(["dyad", *plan.precision.outcomes])
    return reached(frame[frame["design_point"] < plan.n_base], plan.precision)


def _reading(found: Findings, bare: Sequence[int]) -> str:
    """The plain reading: as it is, of what the plan asks, or why there is none (``bare``: points without a run)."""
    plan = found.plan
    if bare:
        places = f"{len(bare)} of {len(plan.cells)} design points ({spans(bare)})"
        return f"No effects are told, because there is no finished run at {places}."
    if plan.difference:
        return " ".join(of_difference(plan, found.differences))
    if plan.outcomes:
        return " ".join(asked.answers(found))
    return found.reading


def _definitions(plan: Plan, results: Results, dyads: Sequence[str]) -> pd.DataFrame:
    """How much the shares at the reference cell hang on the definition; a sampled design: over all of its points."""
    if not plan.asks_any(*OF_EMERGENCE):
        return pd.DataFrame()
    point = reference_point(plan)
    points = [own.index for own in plan.cells] if point is None else [point.index]
    runs = (results.read(list(meanings()), points, dyad).assign(dyad=dyad) for dyad in dyads)
    told = [sensitivity_table(own, ["dyad"]) for own in runs if len(own)]
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame()


def _cells(
    plan: Plan, results: Results, dyads: Sequence[str], names: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """The cells, the tallies of how they ended, and how many runs succeeded in all."""
    tables, tallies, n_runs = [], [], 0
    is_cell = {point.index for point in plan.cells}
    more = [name for name in plan.outcomes if name not in (*MEANS, *RATES)]
    rates = {**RATES, **{name: name for name in more if OUTCOMES[name].is_yes_no}}
    means = (*MEANS, *(name for name in more if name not in rates))
    for dyad in dyads:
        # One part of the design after the other, so that memory does not grow with the number of points.
        for points in _batches(plan, results):
            frame = results.read(["block", *names, *NEEDED, *more], points, dyad)
            frame["dyad"] = dyad
            n_runs += len(frame) if dyad == dyads[0] else 0
            own = frame if is_cell.issuperset(points) else frame[frame["design_point"].isin(is_cell)]
            if len(own):
                by = ["design_point", "block", *names, "dyad"]
                tables.append(cell_summary(own, by, means, rates))
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
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Paired differences by kind of comparison; and tables beside them, by their names in ``Findings``.

    Those are tests of rates and times, simple effects, and under a sample movers and levels.
    """
    n_quarters = quarters_of(plan)
    by_kind = {kind: [own for own in comparisons if own.kind == kind] for kind in (FACTOR, ARM, CONTRAST)}
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in by_kind}
    tested: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    levels: list[dict[str, Any]] = []
    simple: list[dict[str, Any]] = []
    for dyad in dyads if comparisons or plan.assumed else ():
        tested_ones = [name for name in YES_NO if plan.asks_any(name)] + ([TIME] if plan.asks_any("emerged") else [])
        columns = list(dict.fromkeys([*told_of(plan), *tested_ones]))
        kept = {}
        for outcome, values in by_few(plan, results, columns, dyad):
            if outcome in told_of(plan):
                what, most = {"dyad": dyad, "outcome": outcome}, OUTCOMES[outcome].most
                gains = dict(by_few(plan, results, sides.GAINS, dyad)) if outcome == sides.OF_BOTH else {}
                more = functools.partial(_beside_effect, plan, gains)
                for kind, own in by_kind.items():
                    rows[kind] += [{**what, **row} for row in effects(values, own, more=more, most=most)]
                simple += [{**what, **row} for row in simple_effects(values, plan, by_kind[FACTOR], most)]
                moved += _movers(plan, values, comparisons, dyad, outcome)
            if plan.assumed and (outcome in told_of(plan) or outcome in YES_NO):
                levels += assumed.levels_over(plan, {outcome: values}, dyad, RATES)
            if outcome in tested_ones:
                kept[outcome] = values
        tested += [{"dyad": dyad, **row} for row in paired_tests(kept, comparisons, n_quarters)]
    ordered = {kind: _ordered(pd.DataFrame(own), plan) for kind, own in rows.items() if own}
    beside = {"movers": moved, "assumed_levels": levels, "simple_effects": simple}
    return ordered, {"tests": adjusted(pd.DataFrame(tested)), **{k: pd.DataFrame(own) for k, own in beside.items()}}


def _beside_effect(
    plan: Plan, gains: Mapping[str, Matrix], values: Matrix, own: Comparison, mean: float
) -> Mapping[str, Any]:
    """What stands beside an effect: what a sample says of it, and of one on the joint gain what each side has of it."""
    return {**assumed.fields(plan, values, mean, own.pairs), **sides.fields(gains, own)}


def _movers(
    plan: Plan, values: Matrix, comparisons: Sequence[Comparison], dyad: str, outcome: str
) -> Iterator[dict[str, Any]]:
    """Which assumptions of a sample move each effect on an outcome in a dyad."""
    for own in comparisons if plan.assumed else ():
        by_row = assumed.effects_by_row(values, plan, own.pairs).means
        what = {
            "block": own.block,
            "kind": own.kind,
            "factor": own.factor,
            "baseline": own.baseline,
            "level": own.level,
        }
        for row in assumed.movers(by_row, plan):
            yield {"dyad": dyad, "outcome": outcome, **what, **row}


def _ordered(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """By outcome, then by block, in their orders."""
    blocks = {block.name: k for k, block in enumerate(plan.blocks)}
    outcomes = {name: k for k, name in enumerate(dict.fromkeys([*told_of(plan), *BLOC_OUTCOMES]))}
    key = table["outcome"].map(outcomes) * len(blocks) + table["block"].map(blocks)
    return table.iloc[key.argsort(kind="stable")].reset_index(drop=True)


def _blocs(
    plan: Plan, results: Results, dyads: Sequence[str], comparisons: list[Comparison]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimand 6: what comes of each bloc in every cell, and what makes a difference to it."""
    if plan.outcomes:  # those of the two blocs are among them, if they are asked for
        return pd.DataFrame(), pd.DataFrame()
    cells: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    shown = [factor.name for factor in plan.shown]
    for bloc, outcome, values in bloc_matrices(results, plan, dyads):
        most = 1.0 if BLOC_OUTCOMES[outcome][0] == "share" else math.inf
        for point in plan.cells:
            own = values[point.index][np.isfinite(values[point.index])]
            if own.size:
                where = {name: point.arm if name == ARM else point.levels[name] for name in shown}
                what = {"design_point": point.index, "block": point.block, **where, "bloc": bloc, "outcome": outcome}
                cells.append({**what, **mean_interval(own)._asdict()})
        for kind in (FACTOR, ARM, CONTRAST):
            these = [own for own in comparisons if own.kind == kind]
            what = {"kind": kind, "bloc": bloc, "outcome": outcome}
            differences += [{**what, **row} for row in effects(values, these, most=most)]
    blocs = list(dict.fromkeys(bloc for dyad in dyads for bloc in dyad.split("-")))
    cells.sort(key=lambda row: blocs.index(row["bloc"]))
    told = pd.DataFrame(differences)
    asked_for = {bloc for dyad in plan.dyads for bloc in dyad.split("-")}
    tables = [pd.DataFrame(cells), _ordered(told, plan) if len(told) else told]
    if asked_for:
        tables = [table[table["bloc"].isin(asked_for)] if len(table) else table for table in tables]
    return tables[0], tables[1]


def calibration_of(plan: Plan) -> pd.DataFrame:
    """What is calibrated at the start of the plan's scenarios with its settings, a row a direction and good.

    With ``scenario`` in front where there are several.
    """
    tables = []
    for name in plan.scenarios:
        start = plan.start_of(name)
        table = calibration_table(start, known_scenario(start).parameters.with_overrides(plan.settings))
        if len(plan.scenarios) > 1:
            table.insert(0, "scenario", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


# --- corners ------------------------------------------------------------------------------------------------
