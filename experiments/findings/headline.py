"""The answer first: how often cooperation emerges, or is kept where it was inherited, in a sentence a dyad.

A dyad inherits cooperation where the treaty that is in force before anybody acts is cooperation if it is kept; then the
question is not whether it emerges but whether it lasts. Sentences are about the reference cell: the one nearest to the
scenario's own settings, or the first arm of reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import pandas as pd

from experiments.design.outcomes import lead_of
from experiments.design.plan import FACTORIAL, SAMPLED, SCENARIO, DesignPoint, Factor, Plan, Value
from experiments.display.words import BLOC_WORDS, listed
from experiments.findings.tables import OVER_ASSUMPTIONS, Findings
from experiments.statistics.estimates import mean_interval
from model import known_scenario, make_parameters

#: Cells told on one screen or slide, a dyad.
MOST_CELLS: Final = 6
# From this many runs on, shares are told as so many of a hundred.
A_HUNDRED: Final = 100
ONE_AT_A_TIME: Final = "one_at_a_time"


# What the cell that others differ from is called: where nothing of what is varied is there, elsewhere in a factorial,
# and where one factor after the other is changed.
BASES: Final = ("none of these", "first levels", "at the start")
NOTHING: Final = ("False", "none", "0", "0.0")


# Names of a switch that is on which say nothing beside its factor.
ON: Final = ("on", "on the table")


class Shown(NamedTuple):
    """A cell and what it is called beside the others."""

    point: DesignPoint
    label: str


def reference_point(plan: Plan) -> DesignPoint | None:
    """The cell that sentences are about: the arm of reference, or the cell nearest to the scenario's own settings.

    None in sampled designs, whose points are about all assumptions together. Of equally near cells the last.
    """
    own = [point for point in plan.cells if point.block == plan.blocks[0].name]
    if plan.design in SAMPLED or not own:
        return None
    if plan.references:
        return next(point for point in own if point.arm == plan.references[0])
    if plan.design != FACTORIAL:
        return own[0]
    usual = known_scenario(plan.start).parameters.with_overrides(plan.settings)

    def n_alike(point: DesignPoint) -> int:
        its = make_parameters(point.settings)
        return sum(
            point.scenario == plan.scenario
            if factor.name == SCENARIO
            else all(its.value(name) == usual.value(name) for name in factor.names if name != SCENARIO)
            for factor in plan.factors
        )

    return max(reversed(own), key=n_alike)


def quarters_of(plan: Plan) -> int:
    """The quarters that all scenarios of a plan have: times to an event are compared within these."""
    return min(known_scenario(plan.start_of(name)).n_quarters for name in plan.scenarios)


def last_quarter(plan: Plan) -> str:
    """The label of the last quarter, as in 2035Q4; where scenarios end at different times, in words."""
    worlds = [known_scenario(plan.start_of(name)) for name in plan.scenarios]
    labels = {world.quarter_label(world.n_quarters - 1) for world in worlds}
    return labels.pop() if len(labels) == 1 else "at the end"


def scenarios_in_words(plan: Plan) -> str:
    """From which scenarios the runs start."""
    return f"Scenario{'s' * (len(plan.scenarios) > 1)} {listed(plan.scenarios)}"


def shown_cells(plan: Plan, effects: pd.DataFrame, most: int = MOST_CELLS) -> list[Shown]:
    """The cells of the first block that a screen or a slide has room for, in the plan's order.

    All where they are few. Of a factorial the cell with every first level, those with one factor at its last level,
    and the cell with all of them there; of arms those of reference and those with the largest effects on joint gain;
    of others the first ones.
    """
    own = [point for point in plan.cells if point.block == plan.blocks[0].name]
    if plan.design in SAMPLED:
        return []
    if plan.design == ONE_AT_A_TIME:
        return [Shown(point, _step_of(plan, own[0], point)) for point in own[:most]]
    if len(own) <= most or plan.design != FACTORIAL:
        return [Shown(point, label_of(plan, point)) for point in _strongest(plan, own, effects, most)]
    first = {factor.name: factor.levels[0] for factor in plan.factors}
    last = {factor.name: factor.levels[-1] for factor in plan.factors}
    place = {tuple(point.levels.values()): point for point in own}

    def at(levels: Mapping[str, Value]) -> DesignPoint:
        return place[tuple(levels[name] for name in own[0].levels)]

    is_nothing = all(str(level) in NOTHING for level in first.values())
    chosen = [Shown(at(first), BASES[not is_nothing])]
    for factor in plan.factors[: most - 2]:
        label = level_in_words(plan, factor, factor.levels[-1])
        chosen.append(Shown(at({**first, factor.name: factor.levels[-1]}), label))
    if len(plan.factors) > 1:
        chosen.append(Shown(at(last), "all of these" if len(plan.factors) <= most - 2 else "all last levels"))
    return chosen


def _step_of(plan: Plan, base: DesignPoint, point: DesignPoint) -> str:
    changed = [f for f in plan.factors if point.levels[f.name] != base.levels[f.name]]
    return ", ".join(level_in_words(plan, f, point.levels[f.name]) for f in changed) or BASES[2]


def _strongest(plan: Plan, own: list[DesignPoint], effects: pd.DataFrame, most: int) -> list[DesignPoint]:
    if len(own) <= most:
        return own
    kept = [point for point in own if point.arm and point.arm in plan.references]
    if len(effects) and "arm" in effects:
        rows = effects[(effects["outcome"] == lead_of(plan)) & (effects["block"] == plan.blocks[0].name)]
        size = rows.groupby("arm")["mean"].apply(lambda mean: mean.abs().sum())
        others = sorted((p for p in own if p not in kept), key=lambda point: -size.get(point.arm, 0.0))
    else:
        others = [point for point in own if point not in kept]
    chosen = {point.index for point in [*kept, *others][:most]}
    return [point for point in own if point.index in chosen]


def label_of(plan: Plan, point: DesignPoint) -> str:
    """What a cell is called: its arm, or the levels of its factors."""
    if point.arm:
        return point.arm
    return ", ".join(level_in_words(plan, factor, point.levels[factor.name]) for factor in plan.factors)


def level_in_words(plan: Plan, factor: Factor, level: object) -> str:
    """A level beside its factor; of two levels, the one that says only "on" is named by what is switched on.

    Not in a plan that names its outcomes: whoever asked is told every level by its own label.
    """
    name = factor.label_of(level)
    is_said = len(factor.levels) == 2 and name in ON and not plan.outcomes
    return factor.label if is_said else f"{factor.label}: {name}"


def base_label(shown: Iterable[Shown]) -> str:
    """What the cell that others differ from is called, where it is among these; empty if it is not."""
    return next((own.label for own in shown if own.label in BASES), "")


def base_in_words(plan: Plan) -> str:
    """What that cell sets: the levels of every factor."""
    levels = {f.name: f.levels[0] for f in plan.factors} if plan.design == FACTORIAL else plan.cells[0].levels
    return ", ".join(f"{factor.label} {factor.label_of(levels[factor.name])}" for factor in plan.factors)


# --- sentences ------------------------------------------------------------------------------------------------


def answers(plan: Plan, cells: pd.DataFrame, levels: pd.DataFrame | None = None) -> list[str]:
    """A sentence a dyad, about the reference cell; of a sampled design, over all of its points.

    levels: how the levels in cells spread over a sample of assumptions, as in ``Findings``.
    """
    point = reference_point(plan)
    own = cells[cells["block"] == plan.blocks[0].name]
    if point is None:
        return [over_points(str(dyad), rows) for dyad, rows in own.groupby("dyad", sort=False, observed=True)]
    rows = own[own["design_point"] == point.index]
    return [with_sample(answer(cell), cell, levels) for _, cell in rows.iterrows()]


def with_sample(sentence: str, cell: pd.Series, levels: pd.DataFrame | None) -> str:
    """The answer in a cell with what becomes of it over a sample of assumptions, where there is one."""
    row = over_sample(levels, cell, "kept_share" if cell["inherited_share"] == 1.0 else "emergence_rate")
    if row is None:
        return sentence
    also = " !" if row["outside"] else ""
    ends = f"{_hundredths(row['q05'])} to {_hundredths(row['q95'])}, median {_hundredths(row['median'])}"
    return f"{sentence.removesuffix('.')}; over assumptions in {ends}{also}."


def over_sample(levels: pd.DataFrame | None, cell: pd.Series, outcome: str) -> pd.Series | None:
    """How an outcome of a cell spreads over a sample of assumptions (``median``, ``q05``, ``q95``, ``outside``).

    levels: as in ``Findings``; None where there is no sample, or it says nothing.
    """
    if levels is None or levels.empty:
        return None
    own = levels[(levels["design_point"] == cell["design_point"]) & (levels["dyad"] == cell["dyad"])]
    own = own[(own["outcome"] == outcome) & own["median"].notna()]
    return None if own.empty else own.iloc[0][["median", "q05", "q95", "outside"]]


def about(plan: Plan) -> str:
    """Which cell the sentences are about, and how its runs stand to the others."""
    point = reference_point(plan)
    if point is None:
        return f"Over {len(plan.cells)} points of the ranges."
    where = f" (block {plan.blocks[0].name})" if len(plan.blocks) > 1 else ""
    return f"With {label_of(plan, point)}{where}." if point.levels or point.arm else ""


def answer(cell: pd.Series) -> str:
    """How often cooperation emerges in a cell, or is kept; a sentence."""
    pair = between(str(cell["dyad"]))
    n = int(cell["n_runs"])

    def often(name: str) -> str:
        return of_runs(cell[name], cell[f"{name}_low"], cell[f"{name}_high"], n)

    if pd.isna(cell["gain_share"]):
        return f"{pair} there is next to nothing to gain together, so no cooperation is told."
    if cell["inherited_share"] == 0.0:
        return f"{pair} cooperation emerges in {often('emergence_rate')}."
    if cell["inherited_share"] < 1.0:
        return (
            f"{pair} cooperation is inherited in {often('inherited_share')} and kept to the end in "
            f"{often('kept_share')}; it emerges in {often('emergence_rate')}."
        )
    lost = f", lost in {_count(cell['lost_share'], n)}" if cell["lost_share"] > 0.0 else ""
    back = f" and regained in {_count(cell['regained_share'], n)}" if lost else ""
    return f"{pair} cooperation is inherited, kept to the end in {often('kept_share')}{lost}{back}."


def over_points(dyad: str, rows: pd.DataFrame) -> str:
    """How often cooperation emerges or is kept over all points of a sampled design; a sentence."""
    share = rows["emergence_rate"] + rows["kept_share"]
    found = mean_interval(share)
    is_inherited = rows["inherited_share"].to_numpy() > 0.0
    words = "is kept" if is_inherited.all() else "emerges or is kept" if is_inherited.any() else "emerges"
    around = f" ({_hundredths(found.low)} to {_hundredths(found.high)})" if found.n > 1 else ""
    return (
        f"{between(dyad)} cooperation {words} in {_hundredths(found.mean)} of 100 runs on average over "
        f"{len(rows)} points{around}, from {_hundredths(share.min())} to {_hundredths(share.max())}."
    )


def between(dyad: str) -> str:
    """The two of a dyad, as a sentence begins."""
    first, second = (BLOC_WORDS.get(bloc, bloc) for bloc in dyad.split("-"))
    return f"Between {first} and {second}"


def of_runs(share: float, low: float, high: float, n: int) -> str:
    """A share of runs with its interval: of a hundred where there are so many, else as counted."""
    around = f"{_hundredths(low)} to {_hundredths(high)}"
    if n >= A_HUNDRED:
        return f"{_count(share, n)} of 100 runs ({around})"
    return f"{_count(share, n)} of {n} run{'s' * (n > 1)} ({around} %)"


def _count(share: float, n: int) -> str:
    return _hundredths(share) if n >= A_HUNDRED else f"{round(share * n)}"


def _hundredths(share: float) -> str:
    """A share in hundredths; none and all are said of none and all alone."""
    shown = round(100 * min(max(share, 0.0), 1.0))
    if shown == 0 and share > 0.0:
        return "less than 1"
    return "more than 99" if shown == 100 and share < 1.0 else f"{shown}"


# --- other definitions, other assumptions ---------------------------------------------------------------------


def at_other_shares(definitions: pd.DataFrame, window: int = 4) -> str:
    """A line on how much the answers hang on the share of the gain that is asked for; empty without a table."""
    if definitions.empty:
        return ""
    own = definitions[definitions["window"] == window]
    shares = list(dict.fromkeys(own["threshold"]))
    told = []
    for dyad, rows in own.groupby("dyad", sort=False, observed=True):
        told.append(f"{dyad} {' / '.join(in_hundredths(row) for _, row in rows.iterrows())}")
    asked = " / ".join(f"{share:g}" for share in shares)
    known = " (kept: from the start)" if (own["inherited_share"] > 0.0).any() else ""
    return f"Asked for {asked} of the gain, of 100 runs: {'; '.join(told)}{known}."


def in_hundredths(row: pd.Series) -> str:
    """How many of a hundred runs emerge, or are kept, under one definition."""
    if row["inherited_share"] > 0.0:
        also = f" + {100 * row['emergence_rate']:.0f}" if row["emergence_rate"] > 0.0 else ""
        return f"{100 * row['kept_share']:.0f} kept{also}"
    return f"{100 * row['emergence_rate']:.0f}"


def with_assumptions(table: pd.DataFrame, assumptions: pd.DataFrame | None) -> pd.DataFrame:
    """A table of effects with what a sample of assumptions says of each: the columns of ``OVER_ASSUMPTIONS``.

    assumptions: one row for each block, dyad, what is compared and outcome, by the columns that both tables share.
    """
    if assumptions is None or table.empty:
        return table
    keys = [name for name in _KEYS if name in table and name in assumptions]
    return table.merge(assumptions[[*keys, *OVER_ASSUMPTIONS]], how="left", on=keys, validate="many_to_one")


_KEYS: Final = ("block", "dyad", "factor", "baseline", "level", "contrast", "arm", "reference", "outcome")


def cells_of(findings: Findings, shown: Iterable[Shown]) -> Iterable[tuple[str, list[tuple[Shown, pd.Series]]]]:
    """Dyad by dyad, the chosen cells that have finished runs."""
    for dyad, rows in findings.cells.groupby("dyad", sort=False, observed=True):
        by_point = {int(row["design_point"]): row for _, row in rows.iterrows()}
        yield str(dyad), [(own, by_point[own.point.index]) for own in shown if own.point.index in by_point]
