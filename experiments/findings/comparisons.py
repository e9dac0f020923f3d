"""Which design points a plan compares with which, and how: paired differences, McNemar and log-rank.

A comparison is a list of pairs of design points that differ in one thing: a level of a factor against the first
one (in a factorial, once for every combination of the other factors), an arm against the arm of reference, or the
two sides of a contrast. Replicates share their luck across design points, so every pair is compared replicate by
replicate (theory 2.3, pitfall 8).

Outcomes come as matrices, (design point, replicate), with NaN where there is no run: a million runs are 8 MB.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.design.plan import FACTORIAL, Plan
from experiments.statistics.estimates import LEVEL, holm, interval_within, mcnemar, mean_interval
from experiments.statistics.survival import log_rank

if TYPE_CHECKING:
    from experiments.store.folder import Results

Matrix = npt.NDArray[np.float64]

FACTOR, ARM, CONTRAST = "factor", "arm", "contrast"
# The yes-no outcomes that are compared by McNemar's test, and in the table of tests that of time by log-rank.
YES_NO: Final = ("emerged", "durable", "kept")
TIME: Final = "first_emergence"
# How many numbers of one dyad are held at once: every reading opens all parts anew.
NUMBERS_AT_ONCE: Final = 1_000_000


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What is compared: ``level`` against ``baseline`` of ``factor``, within a block.

    For an arm, ``factor`` is "arm" and ``baseline`` the arm of reference; for a contrast, ``factor`` is its name.
    ``pairs`` are indices of design points, the compared one first.
    """

    kind: str
    block: str
    factor: str
    baseline: Any
    level: Any
    pairs: tuple[tuple[int, int], ...]


def comparisons_of(plan: Plan) -> list[Comparison]:
    """Every comparison that a plan's design asks for, block by block; then its contrasts."""
    found: list[Comparison] = []
    if plan.design == FACTORIAL:
        found += _of_factors(plan)
    elif plan.design == "one_at_a_time":
        found += _of_steps(plan)
    found += _of_arms(plan)
    for own, pair in zip(plan.contrasts, plan.contrast_points, strict=True):
        found.append(Comparison(CONTRAST, own.block, own.name, "control", "treated", (pair,)))
    return found


def _of_factors(plan: Plan) -> Iterator[Comparison]:
    """Each level of each factor against the first, once for every combination of the other factors."""
    for block in plan.blocks:
        cells = [point for point in plan.cells if point.block == block.name]
        place = {tuple(point.levels[f.name] for f in plan.factors): point.index for point in cells}
        for k, factor in enumerate(plan.factors):
            for level in factor.levels[1:]:
                pairs = []
                for key, index in place.items():
                    if key[k] == level:
                        pairs.append((index, place[(*key[:k], factor.levels[0], *key[k + 1 :])]))
                yield Comparison(FACTOR, block.name, factor.name, factor.levels[0], level, tuple(pairs))


def _of_steps(plan: Plan) -> Iterator[Comparison]:
    """One at a time: each other level against the baseline, which is each block's first point."""
    for block in plan.blocks:
        base, *others = (point for point in plan.cells if point.block == block.name)
        for point in others:
            name = next(f.name for f in plan.factors if point.levels[f.name] != base.levels[f.name])
            pair = ((point.index, base.index),)
            yield Comparison(FACTOR, block.name, name, base.levels[name], point.levels[name], pair)


def _of_arms(plan: Plan) -> Iterator[Comparison]:
    """Every arm against each arm of reference."""
    for block in plan.blocks:
        place = {point.arm: point.index for point in plan.cells if point.block == block.name}
        for reference in plan.references:
            for arm in plan.arms:
                if arm != reference:
                    yield Comparison(ARM, block.name, "arm", reference, arm, ((place[arm], place[reference]),))


# --- matrices -----------------------------------------------------------------------------------------------


def matrices(frame: pd.DataFrame, columns: Iterable[str], n_points: int) -> Iterator[tuple[str, Matrix]]:
    """Columns of one dyad's rows as matrices (design point, replicate); NaN where there is no run.

    frame: one row a run, with ``design_point`` and ``replicate``; columns it lacks are left out.
    """
    at = (frame["design_point"].to_numpy(), frame["replicate"].to_numpy())
    n_replicates = int(at[1].max()) + 1 if len(frame) else 0
    for name in columns:
        if name in frame:
            values = np.full((n_points, n_replicates), np.nan)
            values[at] = frame[name].to_numpy(dtype=np.float64)
            yield name, values


def by_few(plan: Plan, results: Results, columns: Sequence[str], dyad: str) -> Iterator[tuple[str, Matrix]]:
    """``matrices`` of a dyad, a few columns at a time: a million runs must not be in memory at once."""
    few = max(1, NUMBERS_AT_ONCE // max(1, plan.n_runs))
    for first in range(0, len(columns), few):
        some = columns[first : first + few]
        yield from matrices(results.read(some, dyad=dyad), some, len(plan.points))


def matched(values: Matrix, pairs: Sequence[tuple[int, int]]) -> tuple[Matrix, int]:
    """(n,) mean difference over the pairs for every replicate that has them all; and how many pairs those are.

    A pair that no replicate has, because its runs failed, does not count against the others.
    """
    total, count = np.zeros(values.shape[1]), np.zeros(values.shape[1], dtype=np.int64)
    for one, other in pairs:
        difference = values[one] - values[other]
        is_there = np.isfinite(difference)
        total[is_there] += difference[is_there]
        count += is_there
    n_pairs = int(count.max(initial=0))
    return (total[count == n_pairs] / n_pairs if n_pairs else np.empty(0)), n_pairs


def effects(
    values: Matrix,
    comparisons: Iterable[Comparison],
    level: float = LEVEL,
    more: Callable[[Matrix, Comparison, float], Mapping[str, Any]] = lambda values, own, mean: {},  # noqa: ARG005
    most: float = math.inf,
) -> list[dict[str, Any]]:
    """The paired difference of every comparison with its interval, unit of the outcome; a row each.

    Rows hold block, factor, baseline, level, the fields of ``Estimate`` (n: replicates) and ``n_cells`` (pairs a
    replicate). One without a pair of runs is left out. ``more`` gives further fields of a row, from its mean.
    most: the largest difference there can be either way; no interval goes beyond it.
    Source: theory 2.3, pitfalls 3 and 8.
    """
    rows = []
    for own in comparisons:
        differences, n_pairs = matched(values, own.pairs)
        if differences.size:
            what = {"block": own.block, "factor": own.factor, "baseline": own.baseline, "level": own.level}
            found = interval_within(differences, -most, most, level)
            rows.append({**what, **found._asdict(), "n_cells": n_pairs, **more(values, own, found.mean)})
    return rows


def simple_effects(
    values: Matrix, plan: Plan, comparisons: Iterable[Comparison], most: float = math.inf
) -> Iterator[dict[str, Any]]:
    """What each level of a factor changes at each level of every other factor, which ``effects`` averages over.

    Rows as of ``effects``, with ``where`` and ``place``, the other factor and its level, and ``is_reversed``: the
    effect has another sign at another place, and differs between the two by more than its 95 % interval.
    """
    for own in comparisons:
        for where in plan.factors if own.kind == FACTOR and plan.design == FACTORIAL else ():
            if where.name == own.factor:
                continue
            pairs = {
                place: [pair for pair in own.pairs if plan.points[pair[0]].levels[where.name] == place]
                for place in where.levels
            }
            alone = {place: matched(values, here) for place, here in pairs.items()}
            means = {place: interval_within(found, -most, most) for place, (found, _) in alone.items() if found.size}
            for place, found in means.items():
                others = [other for other in means if means[other].mean * found.mean < 0.0]
                what = {"block": own.block, "factor": own.factor, "baseline": own.baseline, "level": own.level}
                yield {
                    **what, "where": where.name, "place": place, **found._asdict(), "n_cells": alone[place][1],
                    "is_reversed": any(_differ(values, pairs[place], pairs[other]) for other in others),
                }  # fmt: skip


def _differ(values: Matrix, there: Sequence[tuple[int, int]], here: Sequence[tuple[int, int]]) -> bool:
    """Whether an effect differs between two places by more than its 95 % interval, replicate by replicate."""
    differences, _ = gaps(values, there, here)
    found = mean_interval(differences)
    return found.low > 0.0 or found.high < 0.0


def gaps(values: Matrix, there: Sequence[tuple[int, int]], here: Sequence[tuple[int, int]]) -> tuple[Matrix, int]:
    """(n,) how much larger a difference is over the pairs of ``there`` than over those of ``here``, one each.

    For every replicate that has them all; and how many pairs of each those are.
    """
    steps = np.array([values[one] - values[other] for one, other in (*there, *here)])
    return matched(steps, [(k, len(there) + k) for k in range(len(there))])


# --- tests --------------------------------------------------------------------------------------------------


def paired_tests(
    outcomes: Mapping[str, Matrix], comparisons: Iterable[Comparison], n_quarters: int
) -> list[dict[str, Any]]:
    """McNemar's test of rates and the log-rank test of the time to emergence, for every pair of design points.

    outcomes: matrices of one dyad, ``emerged``, ``durable`` and ``first_emergence`` (-1 for never) as far as known.
    Rows hold what is compared, the two design points, ``test``, ``outcome``, n (replicates), the discordant
    replicates of McNemar (``only_level``, ``only_baseline``), the ``difference`` (of rates, or of events seen and
    expected without an effect, per run), ``statistic`` (chi-squared of log-rank) and ``p_value``.
    Arms that share their luck are not independent: where luck makes them alike, the log-rank test is conservative.
    Source: McNemar 1947; Mantel 1966.
    """
    rows: list[dict[str, Any]] = []
    for own in comparisons:
        for one, other in own.pairs:
            what = {
                "kind": own.kind, "block": own.block, "factor": own.factor, "baseline": own.baseline,
                "level": own.level, "point": one, "baseline_point": other,
            }  # fmt: skip
            for name in YES_NO:
                if name in outcomes:
                    rows += [{**what, **row} for row in _mcnemar(name, outcomes[name][[one, other]])]
            if TIME in outcomes:
                rows += [{**what, **row} for row in _log_rank(outcomes[TIME][[one, other]], n_quarters)]
    return rows


def _mcnemar(outcome: str, pair: Matrix) -> Iterator[dict[str, Any]]:
    first, second = pair[:, np.isfinite(pair).all(axis=0)]
    if first.size:
        found = mcnemar(first, second)
        yield {
            "test": "McNemar", "outcome": outcome, "n": first.size, "only_level": found.n_only_first,
            "only_baseline": found.n_only_second, "difference": found.difference, "p_value": found.p_value,
        }  # fmt: skip


def _log_rank(pair: Matrix, n_quarters: int) -> Iterator[dict[str, Any]]:
    onset = pair[:, np.isfinite(pair).all(axis=0)]
    if onset.size:
        event = (onset >= 0) & (onset < n_quarters)
        times = np.where(event, onset, float(n_quarters))
        arms = np.broadcast_to(np.array([[0], [1]]), onset.shape)
        found = log_rank(times.ravel(), event.ravel(), arms.ravel())
        yield {
            "test": "log-rank", "outcome": TIME, "n": onset.shape[1],
            "difference": (found.observed[0] - found.expected[0]) / onset.shape[1],
            "statistic": found.statistic, "p_value": found.p_value,
        }  # fmt: skip


def adjusted(table: pd.DataFrame) -> pd.DataFrame:
    """A table of tests with ``p_holm``: each p-value corrected for all tests of its kind and outcome in the plan.

    Source: Holm 1979.
    """
    if table.empty:
        return table
    families = table.groupby(["test", "outcome"], sort=False)["p_value"]
    return table.assign(p_holm=families.transform(lambda p: holm(p.to_numpy())))


# --- blocs --------------------------------------------------------------------------------------------------

# What is told of each bloc (estimand 6): name, unit, and the columns of the summary by side of the dyad.
BLOC_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "gain": ("bn$/yr", "gain over no treaty, from both of its dyads"),
    "ev_share": ("share", "EVs among new cars sold there, mean over the horizon"),
    "final_ev_share": ("share", "EVs among new cars sold there in the last quarter"),
    "price": ("k$", "mean EV price before tax there, over the horizon"),
    "co2_saved": ("Mt CO2/yr", "lifetime emissions saved by the EVs sold there in a year"),
}


def bloc_matrices(results: Results, plan: Plan, dyads: Sequence[str]) -> Iterator[tuple[str, str, Matrix]]:
    """Bloc, outcome and its matrix (design point, replicate), gains last; what was not kept is left out."""
    seen: set[str] = set()
    gains: dict[str, Matrix] = {}
    for dyad in dyads:
        sides = dict(zip(("first", "second"), dyad.split("-"), strict=True))
        # A bloc has one market, whichever of its dyads is looked at, and gains in each of them.
        wanted = {
            f"{name}_{side}": (bloc, name)
            for side, bloc in sides.items()
            for name in (BLOC_OUTCOMES if bloc not in seen else ("gain",))
        }
        for column, values in by_few(plan, results, list(wanted), dyad):
            bloc, name = wanted[column]
            if name != "gain":
                yield bloc, name, values
            else:
                gains[bloc] = _added(gains[bloc], values) if bloc in gains else values
        seen.update(sides.values())
    yield from ((bloc, "gain", values) for bloc, values in gains.items())


def _added(one: Matrix, other: Matrix) -> Matrix:
    """The sum of two matrices; where either has no run there is none."""
    width = max(one.shape[1], other.shape[1])
    wide = [np.pad(x, ((0, 0), (0, width - x.shape[1])), constant_values=np.nan) for x in (one, other)]
    return wide[0] + wide[1]
