"""What the runs of a plan say: cells, main effects, contrasts, corners, and a plain reading.

From data frames to data frames and sentences. The sentences are made from the numbers, so they hold whatever
the numbers are; a difference is only claimed where its 95 % interval leaves zero out. Intervals speak of the
ensemble of assumptions that was run, not of the world.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd

from experiments.design import FACTORIAL, SAMPLED, Factor, Plan
from experiments.stopping import precision_table
from experiments.summarise import cell_summary, contrast, main_effects, rank_correlations
from model import InputFault

if TYPE_CHECKING:
    from experiments.results import Results

# The parameter that puts duties on the table.
TARIFFS: Final = "tariff_issues"
# The outcomes that effects are reported on, with the unit in which they are shown.
OUTCOMES: Final = {"mean_depth": "", "joint_gain": "bn$/yr"}
# The columns of the runs that findings are made of.
ROWS_AT_ONCE: Final = 250_000
NEEDED: Final = ("dyad", "mean_depth", "joint_gain", "emerged", "durable", "depth_ceiling", "blocking")


@dataclasses.dataclass(frozen=True)
class Findings:
    """The tables of a plan's results and what they say in words.

    ``cells``: one row for each cell and dyad: means, rates, their intervals, the ceiling of depth.
    ``effects``: one row for each block, dyad, factor, level and outcome: the paired difference to the first
    level, averaged over the levels of the other factors (one at a time: to the baseline). ``contrasts``: the same
    for the plan's contrasts. ``associations``: in sampled designs, rank correlations of factors with outcomes.
    ``precision``: what a target of precision reached.
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


def find(plan: Plan, results: Results) -> Findings:
    """Everything that a plan's stored runs say.

    Raises:
        InputFault: no run succeeded; the first failure is told.
    """
    names = [factor.name for factor in plan.factors] if plan.design not in SAMPLED else []
    failures = results.read_failures()
    tables, tallies, n_runs = [], [], 0
    is_cell = {point.index for point in plan.cells}
    # One part of the design after the other, so that memory does not grow with the number of runs.
    for points in _batches(plan, results):
        frame = results.read(["block", *names, *NEEDED], points)
        n_runs += frame[["design_point", "replicate"]].drop_duplicates().shape[0]
        own = frame[frame["design_point"].isin(is_cell)]
        if len(own):
            tables.append(cell_summary(own, by=["design_point", "block", *names, "dyad"]))
            tallies.append(tally(own, names))
    if not tables:
        first = failures.iloc[0]
        said = f"every run failed; the first one at stage {first['stage']!r}: {first['message']}"
        raise InputFault([said], "results")
    cells = pd.concat(tables, ignore_index=True)
    bare = sorted(is_cell - set(cells["design_point"]))
    effects, associations = pd.DataFrame(), pd.DataFrame()
    if plan.design in SAMPLED:
        associations = rank_correlations(cells, plan, tuple(OUTCOMES))
    elif not bare and plan.design == FACTORIAL:
        effects = _effects(results, plan, list(dict.fromkeys(cells["dyad"].astype(str))))
    elif plan.design == "one_at_a_time" and plan.cells[0].index not in bare:
        effects = _steps_from_baseline(results, plan)
    precision = pd.DataFrame()
    if (target := plan.precision) is not None:
        pilot = results.read(["dyad", target.outcome])
        precision = precision_table(pilot, target.outcome, target.half_width, target.least)
    reading = read_plainly(plan, cells, effects)
    if bare and plan.design == FACTORIAL:
        reading = f"No effects are told, because no run succeeded at design points {_listed(map(str, bare))}."
    own_corners = tuple(corners_of(pd.concat(tallies, ignore_index=True), plan.factors if names else ()))
    return Findings(
        plan, n_runs, len(failures), cells, effects, _contrasts(results, plan), own_corners, reading,
        associations, precision,
    )  # fmt: skip


def _batches(plan: Plan, results: Results) -> Iterator[list[int]]:
    """Design points in groups that make about ``ROWS_AT_ONCE`` rows each."""
    per_point = max(1, 3 * plan.replicates)
    size = max(1, ROWS_AT_ONCE // per_point)
    found = {int(part.name.split("_")[0].removeprefix("point-")) for part in results.parts()}
    points = [point.index for point in plan.points if point.index in found]
    for first in range(0, len(points), size):
        yield points[first : first + size]


def _steps_from_baseline(results: Results, plan: Plan) -> pd.DataFrame:
    """One at a time: each other level of each factor against the baseline, which is each block's first point."""
    tables = []
    own = results.read(["dyad", *OUTCOMES])
    for block in plan.blocks:
        points = [point for point in plan.cells if point.block == block.name]
        base = own[own["design_point"] == points[0].index]
        for point in points[1:]:
            factor = next(f.name for f in plan.factors if point.levels[f.name] != points[0].levels[f.name])
            arm = own[own["design_point"] == point.index]
            if not set(arm["replicate"]) & set(base["replicate"]):
                continue
            what = {"factor": factor, "baseline": points[0].levels[factor], "level": point.levels[factor]}
            for outcome in OUTCOMES:
                table = contrast(arm, base, outcome)
                tables.append(table.assign(block=block.name, **what, outcome=outcome, n_cells=1))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _effects(results: Results, plan: Plan, dyads: Sequence[str]) -> pd.DataFrame:
    """Main effects, dyad by dyad, in the order of blocks."""
    names = [factor.name for factor in plan.factors]
    own = [point.index for point in plan.cells]
    tables = []
    for outcome in OUTCOMES:
        parts = []
        for dyad in dyads:
            frame = results.read(["block", *names, "dyad", outcome], own, dyad)
            levels = {name: _present(frame, name) for name in names}
            parts.append(main_effects(frame, levels, outcome, by=["block", "dyad"]))
        table = pd.concat(parts, ignore_index=True).assign(outcome=outcome)
        order = {block.name: k for k, block in enumerate(plan.blocks)}
        tables.append(table.iloc[table["block"].map(order).argsort(kind="stable")])
    return pd.concat(tables, ignore_index=True)


def _present(factorial: pd.DataFrame, name: str) -> tuple[object, ...]:
    """The levels in the order of the plan, as they are stored."""
    firsts = factorial.drop_duplicates(["design_point", name])
    return tuple(firsts.sort_values("design_point", kind="stable")[name].unique().tolist())


def _contrasts(results: Results, plan: Plan) -> pd.DataFrame:
    """Each contrast for each dyad and outcome; one whose points have no replicate in common is left out."""
    tables = []
    for own, points in zip(plan.contrasts, plan.contrast_points, strict=True):
        if not all(results.parts([point]) for point in points):
            continue
        arms = [results.read(["dyad", *OUTCOMES], [point]) for point in points]
        if not set(arms[0]["replicate"]) & set(arms[1]["replicate"]):
            continue
        for outcome in OUTCOMES:
            table = contrast(arms[0], arms[1], outcome)
            tables.append(table.assign(contrast=own.name, block=own.block, outcome=outcome))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


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
    for (block, dyad), rows in open_cells.groupby(["block", "dyad"], sort=False, observed=True):
        where = f"{dyad}, {block}"
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
    if (rows["mean_depth"] == 0).all():
        return f"{where}: no depth at all in any of {n} runs. {_reason(rows)}"
    if emerged == 0:
        return f"{where}: cooperation emerges in none of {n} runs. {_reason(rows)}"
    if (rows["mean_depth"] >= rows["depth_ceiling"] - 1e-9).all():
        return f"{where}: depth is at its ceiling in all of {n} runs: nothing holds it back."
    if emerged == n:
        return f"{where}: cooperation emerges in all of {n} runs. {_reason(rows)}"
    return ""


def _reason(rows: pd.DataFrame) -> str:
    """Which side's which test refused most often, over runs; or that the state cannot be reached."""
    # The state asks for a duty that is cut (theory 2.1), so without duties on the table it cannot begin.
    if TARIFFS in rows and not rows[TARIFFS].any() and not rows["emerged"].any():
        return "Emergence asks for a duty that is cut, and no duty is on the table."
    refused = rows[rows["blocking"] != ""]
    if refused.empty:
        return "No side's test refused a package."
    counts = refused.groupby("blocking", sort=False)["n"].sum().sort_values(ascending=False, kind="stable")
    share = f"{counts.iloc[0]} of {rows['n'].sum()} runs"
    return f"What refused most often: {counts.index[0]} (the main reason in {share})."


# --- the reading --------------------------------------------------------------------------------------------


def read_plainly(plan: Plan, cells: pd.DataFrame, effects: pd.DataFrame) -> str:
    """Two sentences for the first block: how deep and for how much, and what each factor changes."""
    block = plan.blocks[0].name
    own = cells[cells["block"] == block]
    columns = ["mean_depth", "depth_ceiling", "joint_gain"]
    means = [(str(dyad), rows[columns].mean()) for dyad, rows in own.groupby("dyad", sort=False, observed=True)]
    shallow, deep = (which(means, key=lambda pair: pair[1]["mean_depth"]) for which in (min, max))
    if deep[1]["mean_depth"] == shallow[1]["mean_depth"]:
        depth = f"cooperation is equally deep in every dyad ({deep[1]['mean_depth']:.2f})"
    else:
        depth = (
            f"cooperation goes deepest in {deep[0]} (mean depth {_of_ceiling(deep[1])}) "
            f"and least deep in {shallow[0]} ({_of_ceiling(shallow[1])})"
        )
    gains = _listed(f"{signed(mean['joint_gain'])} in {dyad}" for dyad, mean in means)
    n_cells = own["design_point"].nunique()
    opening = f"{_opening(block, len(plan.blocks))}averaged over {n_cells} cells"
    first = f"{opening[0].upper()}{opening[1:]}, {depth}; the joint gain over no treaty is {gains} bn$ a year."
    if effects.empty:
        return first
    own_effects = effects[(effects["block"] == block) & (effects["outcome"] == "mean_depth")]
    clauses = [_clause(plan, name, rows) for name, rows in own_effects.groupby("factor", sort=False)]
    return f"{first} Mean depth changes {'; '.join(clauses)}."


def _opening(block: str, n_blocks: int) -> str:
    return f"{block}, " if n_blocks > 1 else ""


def _of_ceiling(means: pd.Series) -> str:
    return f"{means['mean_depth']:.2f} of a possible {means['depth_ceiling']:.2f}"


def _clause(plan: Plan, name: object, rows: pd.DataFrame) -> str:
    """What the last level of a factor changes against the first, dyad by dyad, as part of a sentence."""
    factor = next(factor for factor in plan.factors if factor.name == name)
    last = rows[rows["level"] == rows["level"].iloc[-1]]
    is_clear = (last["low"] > 0) | (last["high"] < 0)
    clear = [f"{_sized(row.mean)} in {row.dyad}" for row in last[is_clear].itertuples()]
    unclear = list(last.loc[~is_clear, "dyad"])
    said = [f"by {_listed(clear)}"] if clear else []
    said += [f"by nothing that these runs can tell from zero in {_listed(unclear)}"] if unclear else []
    labels = factor.level_labels
    return f"with {factor.label} ({labels[-1]} against {labels[0]}) {' and '.join(said)}"


def _sized(value: float) -> str:
    """A difference with its sign; a small one keeps a digit that is not zero."""
    return signed(value) if abs(value) >= 0.005 or value == 0 else f"{value:+.1g}"


def _listed(parts: Iterable[str]) -> str:
    """Parts as in a sentence: a, b and c."""
    whole = list(parts)
    return whole[0] if len(whole) == 1 else f"{', '.join(whole[:-1])} and {whole[-1]}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, and zero without one."""
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text


def interval(low: float, high: float, digits: int = 2, with_sign: bool = False) -> str:
    """An interval in brackets; one replicate says nothing about spread."""
    if not (abs(low) < float("inf") and abs(high) < float("inf")):
        return "[?]"
    ends: Sequence[str] = [signed(x, digits) if with_sign else f"{x:.{digits}f}" for x in (low, high)]
    return f"[{ends[0]}, {ends[1]}]"
