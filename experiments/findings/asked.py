"""The answer to a plan that names its outcomes: sentences on those, first on what it compares, then on levels.

An interaction is what such a plan asks first, where it has one; then what each factor, arm or contrast changes of the
first outcome, with what a sample of assumptions says of it; then the levels of every outcome at the reference cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from experiments.design.outcomes import OF_EMERGENCE, OUTCOMES, told_of, words_of
from experiments.design.plan import BLOCK, Factor, Plan
from experiments.display.words import interval, signed
from experiments.findings import headline
from experiments.findings.crossed import ALL_BLOCKS, ROUNDING
from experiments.findings.tables import OVER_ASSUMPTIONS, Findings
from experiments.statistics.summarise import RATES

# Comparisons that are told in sentences for each dyad; all are in the tables.
MOST_TOLD: Final = 3
#: Columns that name what is compared, by the table of findings in which it stands.
NAMED: Final = {"effects": "factor", "arms": "arm", "contrasts": "contrast"}


def answers(findings: Findings, with_levels: bool = True) -> list[str]:
    """The sentences, dyad by dyad; interactions before effects before levels, which are told if nothing is compared."""
    dyads = list(dict.fromkeys(findings.cells["dyad"].astype(str)))
    told = [sentence for dyad in dyads for sentence in _of_interactions(findings, dyad)]
    told += [sentence for dyad in dyads for sentence in _of_effects(findings, dyad)]
    return told + [one for dyad in dyads for one in _of_levels(findings, dyad) if with_levels or not told]


def in_words(row: pd.Series, with_unit: bool = True) -> str:
    """A difference of an outcome with its interval, in the outcome's unit."""
    own = OUTCOMES[str(row["outcome"])]
    mean, low, high = (own.times * float(row[name]) for name in ("mean", "low", "high"))
    unit = f" {own.unit}" if own.unit and with_unit else ""
    return f"{signed(mean, own.digits)} {interval(low, high, own.digits, with_sign=True)}{unit}"


def places_in_words(plan: Plan, row: pd.Series) -> tuple[str, str]:
    """Where an effect is looked at and where it is compared with: levels of a factor by their labels, or blocks."""
    if row["where"] == BLOCK:
        return str(row["place"]), str(row["other_place"])
    factor = _factors(plan)[str(row["where"])]
    return f"{factor.label} {factor.label_of(row['place'])}", factor.label_of(row["other_place"])


def _factors(plan: Plan) -> dict[str, Factor]:
    return {factor.name: factor for factor in plan.factors}


def _of_interactions(findings: Findings, dyad: str) -> Iterator[str]:
    rows, plan = findings.interactions, findings.plan
    if rows.empty:
        return
    own = rows[(rows["dyad"] == dyad) & (rows["outcome"] == told_of(plan)[0])]
    own = own[own["block"].isin([ALL_BLOCKS, plan.blocks[0].name])]
    for _, row in own.head(MOST_TOLD).iterrows():
        does = "does more"
        if not row["low"] > ROUNDING:
            does = "does less" if row["high"] < -ROUNDING else "does no more, beyond luck,"
        level = headline.level_in_words(_factors(plan)[row["effect"]], row["level"])
        there, here = places_in_words(plan, row)
        what = words_of(told_of(plan)[0], dyad)
        yield (
            f"{headline.between(dyad)}, {level} {does} at {there} than at {here}: {what} {in_words(row)}"
            f"{robustness(row)}."
        )


def _of_effects(findings: Findings, dyad: str) -> Iterator[str]:
    plan = findings.plan
    for table, name in NAMED.items():
        rows = getattr(findings, table)
        if rows.empty or (table == "contrasts" and (len(findings.effects) or len(findings.arms))):
            continue
        own = rows[(rows["dyad"] == dyad) & (rows["outcome"] == told_of(plan)[0])]
        own = own[own["block"] == plan.blocks[0].name]
        for _, row in own.head(MOST_TOLD).iterrows():
            what = words_of(told_of(plan)[0], dyad)
            changes = f"{_compared(plan, row, name)} changes {what} by {in_words(row)}{robustness(row)}"
            yield f"{headline.between(dyad)}, {changes}."


def _compared(plan: Plan, row: pd.Series, name: str) -> str:
    if name == "arm":
        return f"{row['arm']} against {row['reference']}"
    if name == "contrast":
        return str(row["contrast"])
    factor = _factors(plan)[str(row["factor"])]
    return f"{factor.label} ({factor.label_of(row['level'])} against {factor.label_of(row['baseline'])})"


def robustness(row: pd.Series) -> str:
    """What a sample of assumptions says of a difference; empty without one."""
    if not set(OVER_ASSUMPTIONS) <= set(row.index) or row["median"] != row["median"]:
        return ""
    own = OUTCOMES[str(row["outcome"])]
    low, high = (signed(own.times * float(row[name]), own.digits) for name in ("q05", "q95"))
    return f"; over assumptions {low} to {high}, same sign in {100.0 * row['same_sign']:.0f} %"


def _of_levels(findings: Findings, dyad: str) -> Iterator[str]:
    plan, cells = findings.plan, findings.cells
    point = headline.reference_point(plan)
    own = cells[(cells["dyad"] == dyad) & (cells["block"] == plan.blocks[0].name)]
    if point is not None:
        own = own[own["design_point"] == point.index]
    if own.empty:
        return
    parts = []
    if plan.asks_any(*OF_EMERGENCE):
        is_over = point is None
        told = headline.over_points(dyad, own) if is_over else headline.answer(own.iloc[0])
        yield told if is_over else headline.with_sample(told, own.iloc[0], findings.assumed_levels)
    for name in told_of(plan):
        if name not in OF_EMERGENCE:
            parts.append(f"{words_of(name, dyad)} {level_in_words(own, name)}")
    if parts:
        yield f"{headline.between(dyad)}: {'; '.join(parts)}."


def level_in_words(rows: pd.DataFrame, name: str, with_unit: bool = True) -> str:
    """The level of an outcome in a cell with its interval; over several cells its mean and from where to where."""
    own, column = OUTCOMES[name], RATES.get(name, name)
    unit = f" {own.unit}" if own.unit and with_unit else ""
    if rows[column].isna().all():
        return "not to be told"
    if len(rows) > 1:
        mean, least, most = (own.shown(value) for value in rows[column].agg(["mean", "min", "max"]))
        return f"{mean} ({least} to {most}){unit}"
    cell = rows.iloc[0]
    low, high = (own.times * float(cell[f"{column}_{end}"]) for end in ("low", "high"))
    return f"{own.shown(cell[column])} {interval(low, high, own.digits)}{unit}"
