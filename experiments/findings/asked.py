"""The answer to a plan that names its outcomes: sentences on those, first on what it compares, then on levels.

An interaction is what such a plan asks first, where it has one; then what each factor, arm or contrast changes of the
first outcome, with what a sample of assumptions says of it; then the levels of every outcome at the reference cell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import pandas as pd

from experiments.design.outcomes import OF_EMERGENCE, OUTCOMES, told_of, words_of
from experiments.design.plan import BLOCK, FACTORIAL, Factor, Plan
from experiments.display.words import BLOC_WORDS, interval, listed, signed
from experiments.findings import headline, sides
from experiments.findings.crossed import ALL_BLOCKS, ROUNDING
from experiments.findings.tables import OVER_ASSUMPTIONS, Findings
from experiments.statistics.summarise import RATES

# Comparisons that are told in sentences for each dyad; all are in the tables.
MOST_TOLD: Final = 3
#: Columns that name what is compared, by the table of findings in which it stands.
NAMED: Final = {"effects": "factor", "arms": "arm", "contrasts": "contrast"}


def answers(findings: Findings, with_levels: bool = True) -> list[str]:
    """The sentences, dyad by dyad: an interaction answers where one is asked for, else effects, else levels.

    Effects that change their sign are told in any case. with_levels: all of it, one after the other.
    """
    dyads = list(dict.fromkeys(findings.cells["dyad"].astype(str)))
    told = [sentence for dyad in dyads for sentence in _of_interactions(findings, dyad)]
    of_effects = _of_effects if with_levels or not told else _of_reversals
    told += [sentence for dyad in dyads for sentence in of_effects(findings, dyad)]
    if with_levels or not told:
        levels = [one for dyad in dyads for one in _of_levels(findings, dyad)]
        told += [*filter(None, [headline.about(findings.plan)]), *levels]
    return told


def in_words(row: pd.Series, with_unit: bool = True) -> str:
    """A difference of an outcome with its interval, in the outcome's unit."""
    own = OUTCOMES[str(row["outcome"])]
    mean, low, high = (own.times * float(row[name]) for name in ("mean", "low", "high"))
    unit = f" {own.unit}" if own.unit and with_unit else ""
    return f"{signed(mean, own.digits)} {interval(low, high, own.digits, with_sign=True)}{unit}"


def places_in_words(plan: Plan, row: pd.Series) -> tuple[str, str]:
    """Where an effect is looked at and where it is compared with: levels of a factor by their labels, or blocks."""
    if row["where"] == BLOCK:
        return f"in “{row['place']}”", f"in “{row['other_place']}”"
    factor = _factors(plan)[str(row["where"])]
    return f"with {factor.at(row['place'])}", f"with {factor.named(row['other_place'])}"


def _factors(plan: Plan) -> dict[str, Factor]:
    return {factor.name: factor for factor in plan.factors}


def _of_interactions(findings: Findings, dyad: str) -> Iterator[str]:
    rows, plan = findings.interactions, findings.plan
    if rows.empty:
        return
    own = rows[(rows["dyad"] == dyad) & (rows["outcome"] == told_of(plan)[0])]
    own = own[own["block"].isin([ALL_BLOCKS, plan.blocks[0].name])]
    for _, row in own.head(MOST_TOLD).iterrows():
        added = "added more"
        if not row["low"] > ROUNDING:
            added = "added less" if row["high"] < -ROUNDING else "added no more, beyond luck,"
        effect = _factors(plan)[row["effect"]].against(row["level"], row["baseline"])
        there, here = places_in_words(plan, row)
        what = words_of(told_of(plan)[0], dyad)
        yield (
            f"{pair_of(dyad)}: {effect} {added} {there} than {here}: {what} {in_words(row)}"
            f"{_at_both(findings, row)}{robustness(row)}."
        )


def _at_both(findings: Findings, row: pd.Series) -> str:
    """What an effect is at each of the two places that an interaction compares, and over what both are averaged."""
    plan, own = findings.plan, OUTCOMES[str(row["outcome"])]
    if row["where"] == BLOCK:
        effects = findings.effects
        places = [(effects[effects["block"] == row[key]], f"in “{row[key]}”") for key in ("place", "other_place")]
    else:
        simple, factor = findings.simple_effects, _factors(plan)[str(row["where"])]
        there = simple[(simple["where"] == row["where"]) & (simple["block"] == row["block"])]
        places = [
            (there[there["place"] == row[key]], f"with {factor.named(row[key])}") for key in ("place", "other_place")
        ]
    said = []
    for rows, where in places:
        found = rows[
            (rows["dyad"] == row["dyad"]) & (rows["outcome"] == row["outcome"])
            & (rows["factor"] == row["effect"]) & (rows["level"] == row["level"])
        ]  # fmt: skip
        said += [f"{signed(own.times * float(one), own.digits)} {where}" for one in found["mean"]]
    return f" ({', '.join(said)}{averaged(plan, {row['effect'], row['where']})})" if said else ""


def averaged(plan: Plan, without: Collection[str]) -> str:
    """Over which factors of a factorial something is averaged; empty where there is no other."""
    others = [factor.label for factor in plan.factors if factor.name not in without]
    return f"; averaged over {listed(others)}" if others and plan.design == FACTORIAL else ""


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
            over = averaged(plan, {row["factor"]}).replace(";", ",") if name == "factor" else ""
            places = _reversed(findings, row) if name == "factor" else ""
            apart = f"; one side gains, the other loses: {own_sides}" if (own_sides := sides.in_words(row)) else ""
            changes = f"{what} {in_words(row)}{over}{places}{robustness(row)}{apart}"
            yield f"{pair_of(dyad)}, {_compared(plan, row, name)}: {changes}."


def _of_reversals(findings: Findings, dyad: str) -> Iterator[str]:
    """Effects on the first outcome whose average hides that they have another sign elsewhere."""
    plan, rows = findings.plan, findings.effects
    if rows.empty:
        return
    own = rows[(rows["dyad"] == dyad) & (rows["outcome"] == told_of(plan)[0]) & (rows["block"] == plan.blocks[0].name)]
    for _, row in own.iterrows():
        if places := _reversed(findings, row):
            yield f"{pair_of(dyad)}: {_compared(plan, row, 'factor')} changed its sign{places}."


def _reversed(findings: Findings, row: pd.Series) -> str:
    """What an averaged effect is at the levels of another factor, where its sign differs between them beyond luck."""
    simple, own = findings.simple_effects, OUTCOMES[str(row["outcome"])]
    if simple.empty:
        return ""
    keys = [key for key in ("dyad", "outcome", "block", "factor", "level") if key in row]
    here = simple[(simple[keys] == row[keys]).all(axis=1)]
    said = []
    for where, rows in here.groupby("where", sort=False):
        if rows["is_reversed"].any():
            factor = _factors(findings.plan)[str(where)]
            pairs = zip(rows["mean"], rows["place"], strict=True)
            parts = [f"{signed(own.times * mean, own.digits)} with {factor.at(place)}" for mean, place in pairs]
            said.append(", ".join(parts))
    return f" ({'; '.join(said)})" if said else ""


def pair_of(dyad: str) -> str:
    """The two of a dyad, short, as what is told of them begins: China–US."""
    return "–".join(BLOC_WORDS.get(bloc, bloc).removeprefix("the ") for bloc in dyad.split("-"))


def _compared(plan: Plan, row: pd.Series, name: str) -> str:
    if name == "arm":
        return f"{row['arm']} against {row['reference']}"
    if name == "contrast":
        return str(row["contrast"])
    return _factors(plan)[str(row["factor"])].against(row["level"], row["baseline"])


def robustness(row: pd.Series) -> str:
    """What a sample of assumptions says of a difference; empty without one."""
    if not set(OVER_ASSUMPTIONS) <= set(row.index) or row["median"] != row["median"]:
        return ""
    own = OUTCOMES[str(row["outcome"])]
    low, high = (signed(own.times * float(row[name]), own.digits) for name in ("q05", "q95"))
    return f"; over assumptions {low} to {high}, {signs_in_words(row)}"


def signs_in_words(row: pd.Series) -> str:
    """In how much of a sample a difference has the sign that it has in the scenario, with how sure that is.

    Its Wilson interval, in how many rows a sign stands beyond the row's own luck, and in how much it is zero.
    """
    zero = float(row.get("zero", 0.0))
    also = f", zero in {part_of(row, zero)}" if zero > 0.0 else ""
    same, n = same_in_words(row), row.get("n_rows", 0)
    of = f" of the weight of {n:.0f}" if row.get("is_weighted", False) and n < headline.A_HUNDRED else ""
    return f"no sign in the scenario{also}" if same == "-" else f"same sign in {same}{of}{_ends(row)}{also}{_sure(row)}"


def _ends(row: pd.Series) -> str:
    """The interval of the share of a sample with the same sign; empty where it is not known."""
    low, high = (float(row.get(f"same_{end}", float("nan"))) for end in ("low", "high"))
    return f" ({100 * low:.0f} to {100 * high:.0f} %)" if low == low else ""


def _sure(row: pd.Series) -> str:
    """In how many rows of a sample a difference is above or below zero beyond the row's own luck."""
    above, below = (float(row.get(f"n_{where}", float("nan"))) for where in ("above", "below"))
    return f", beyond luck above zero in {above:.0f} and below in {below:.0f}" if above == above else ""


def same_in_words(row: pd.Series) -> str:
    """In how much of a sample a difference has the sign that it has in the scenario; a dash where that is zero."""
    return part_of(row, row["same_sign"]) if row["same_sign"] == row["same_sign"] else "-"


def sign_in_words(row: pd.Series) -> str:
    """``same_in_words`` with the share's interval in percent, as in "27 of 32 [68,93]"."""
    low, high = (float(row.get(f"same_{end}", float("nan"))) for end in ("low", "high"))
    return f"{same_in_words(row)} [{100 * low:.0f},{100 * high:.0f}]" if low == low else same_in_words(row)


def sign_in_percent(row: pd.Series) -> str:
    """The share of a sample with the sign of a difference and its interval, in percent, as in "84 [68,93]"."""
    same, low, high = (100.0 * float(row.get(f"same_{name}", float("nan"))) for name in ("sign", "low", "high"))
    around = f" [{low:.0f},{high:.0f}]" if low == low else ""
    return f"{same:.0f}{around}" if same == same else "-"


def sure_in_words(row: pd.Series) -> str:
    """In how many rows of a sample a difference is above and below zero beyond the row's own luck, as in "10+ 2-"."""
    above, below = (float(row.get(f"n_{where}", float("nan"))) for where in ("above", "below"))
    return f"{above:.0f}+ {below:.0f}-" if above == above else ""


def part_of(row: pd.Series, share: float) -> str:
    """A share of a sample's rows: so many of how many where they are few and count alike, else percent."""
    return f"{round(share * row['n_rows'])} of {row['n_rows']:.0f}" if _is_counted(row) else f"{100 * share:.0f} %"


def _is_counted(row: pd.Series) -> bool:
    """Whether rows of a sample are told as so many of how many: where they are few and count alike."""
    return bool(0 < row.get("n_rows", 0) < headline.A_HUNDRED and not row.get("is_weighted", True))


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
        yield f"{pair_of(dyad)}: {'; '.join(parts)}."


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
