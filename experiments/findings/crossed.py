"""Blocks against each other, and interactions: does a factor do more at one level of another than at the first?

Both are paired by luck, replicate by replicate. An interaction is a difference of differences: what the effect is at a
level of another factor (or in a block), minus what it is at the first one, averaged over the remaining factors.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from experiments.design.outcomes import OUTCOMES, told_of
from experiments.design.plan import BLOCK, DesignPoint, Factor, Interaction, Plan
from experiments.findings import assumed
from experiments.findings.comparisons import Comparison, Matrix, effects, gaps, matrices
from experiments.statistics.estimates import LEVEL, Estimate, holm, interval_within

if TYPE_CHECKING:
    from experiments.store.folder import Results

#: What an interaction over blocks says in place of one block.
ALL_BLOCKS: Final = "all"
# Differences of differences that are nothing come out as the last bits of what was taken from each other.
ROUNDING: Final = 1e-12


@dataclasses.dataclass(frozen=True)
class Crossing:
    """An effect (``level`` against ``baseline``) at ``place`` against the same effect at ``other_place``.

    ``there`` and ``here`` are pairs of design points, one pair of ``here`` for each of ``there``, compared one first.
    """

    interaction: Interaction
    block: str
    baseline: Any
    level: Any
    other_place: Any
    place: Any
    there: tuple[tuple[int, int], ...]
    here: tuple[tuple[int, int], ...]


def crossed(plan: Plan, results: Results, dyads: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Effects of blocks and interactions, a row each for every dyad and outcome; empty where a plan has none.

    Rows of blocks are as in ``effects``. Rows of interactions hold interaction, block, effect, baseline, level, where,
    place, other_place, the fields of ``Estimate`` in the unit of the outcome, n_cells, p_value (t test) and p_holm
    over all interactions and dyads of an outcome.
    """
    blocks, crossings = list(block_comparisons(plan)), list(crossings_of(plan))
    by_block: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for dyad in dyads if blocks or crossings else ():
        for outcome, values in matrices(results.read(list(told_of(plan)), dyad=dyad), told_of(plan), len(plan.points)):
            what, most, more = {"dyad": dyad, "outcome": outcome}, OUTCOMES[outcome].most, assumed.fields_for(plan)
            by_block += [{**what, **row} for row in effects(values, blocks, more=more, most=most)]
            for own, row in interaction_rows(values, crossings, most=2.0 * most):
                found.append({**what, **row, **assumed.fields(plan, values, row["mean"], own.there, own.here)})
    return pd.DataFrame(by_block), _corrected(pd.DataFrame(found))


def block_comparisons(plan: Plan) -> Iterator[Comparison]:
    """Each block against the first, design point by design point."""
    first, *others = ([point.index for point in plan.cells if point.block == own.name] for own in plan.blocks)
    for block, points in zip(plan.blocks[1:], others, strict=True):
        yield Comparison(
            BLOCK, block.name, BLOCK, plan.blocks[0].name, block.name, tuple(zip(points, first, strict=True))
        )


def crossings_of(plan: Plan) -> Iterator[Crossing]:
    """Every difference of differences that a plan's interactions ask for."""
    factors = {factor.name: factor for factor in plan.factors}
    factors[BLOCK] = Factor(BLOCK, tuple(block.name for block in plan.blocks), BLOCK, ())
    for own in plan.interactions:
        place = {_key(point, plan): point.index for point in plan.cells}
        effect, where = factors[own.effect], factors[own.where]
        for block in [ALL_BLOCKS] if own.where == BLOCK else [block.name for block in plan.blocks]:
            keys = [dict(key) for key in place if block in (ALL_BLOCKS, dict(key)[BLOCK])]
            for level in effect.levels[1:]:
                for other in where.levels[1:]:
                    there: list[tuple[int, int]] = []
                    here: list[tuple[int, int]] = []
                    for key in keys:
                        if key[own.effect] == level and key[own.where] == other:
                            for pairs, at in ((there, other), (here, where.levels[0])):
                                one = {**key, own.where: at}
                                two = {**one, own.effect: effect.levels[0]}
                                pairs.append((place[tuple(one.items())], place[tuple(two.items())]))
                    yield Crossing(
                        own, block, effect.levels[0], level, where.levels[0], other, tuple(there), tuple(here)
                    )


def _key(point: DesignPoint, plan: Plan) -> tuple[tuple[str, Any], ...]:
    """What tells a cell of a factorial from all others."""
    return ((BLOCK, point.block), *((factor.name, point.levels[factor.name]) for factor in plan.factors))


def interaction_rows(
    values: Matrix, crossings: Iterable[Crossing], level: float = LEVEL, most: float = math.inf
) -> Iterator[tuple[Crossing, dict[str, Any]]]:
    """The difference of differences of every crossing with its interval and p-value; without runs left out.

    values: (design point, replicate), NaN where there is no run. most: the largest there can be either way.
    """
    for own in crossings:
        differences, n_cells = gaps(values, own.there, own.here)
        if differences.size:
            found = interval_within(differences, -most, most, level)
            asked = own.interaction
            yield own, {
                "interaction": asked.name, "block": own.block, "effect": asked.effect, "baseline": own.baseline,
                "level": own.level, "where": asked.where, "other_place": own.other_place, "place": own.place,
                **found._asdict(), "n_cells": n_cells, "p_value": p_of(found),
            }  # fmt: skip


def p_of(found: Estimate) -> float:
    """The two-sided p-value of a mean's t test against zero; 1 for a single value, which says nothing.

    Source: Student 1908.
    """
    if found.n < 2:
        return 1.0
    if found.se <= ROUNDING:
        return 1.0 if abs(found.mean) <= ROUNDING else 0.0
    return float(2.0 * stats.t.sf(abs(found.mean) / found.se, found.n - 1))


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    """With ``p_holm``: corrected for all rows of the same outcome."""
    if table.empty:
        return table

    def corrected(p: pd.Series) -> npt.NDArray[np.float64]:
        return holm(p.to_numpy())

    return table.assign(p_holm=table.groupby("outcome", sort=False)["p_value"].transform(corrected))
