"""Blocks against each other and interactions on screen: a row each, dyads across."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from experiments.design.outcomes import OUTCOMES, Outcome, main_of, words_of
from experiments.display.console import prose
from experiments.display.grids import Grid
from experiments.display.words import interval, signed
from experiments.findings.asked import places_in_words
from experiments.findings.crossed import ALL_BLOCKS
from experiments.findings.sentences import ALPHA
from experiments.findings.sentences import compared_in_words as comparison_in_words
from experiments.report.tables import with_unit

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.design.plan import Plan
    from experiments.findings.tables import Findings

# Assumptions told for each effect in a report.
MOST_MOVERS = 3
# The outcomes that are shown of a plan that names none.
USUAL_SHOWN = ("time_cooperating", "joint_gain")
OF_INTERACTIONS = (
    "How much more an effect is at one place than at the other: a difference of differences, replicate by replicate. A "
    "star stands where it differs from zero at 5 % after Holm's correction over all rows and dyads of the outcome."
)


def show_crossed(console: Console, findings: Findings) -> None:
    """Print both tables, as far as the plan gives rise to them; blocks where nothing else is compared or asked for."""
    has_blocks = len(findings.block_effects) and (len(findings.interactions) or findings.effects.empty)
    for outcome in USUAL_SHOWN:
        own_outcome = OUTCOMES[outcome]
        unit = ", ".join(filter(None, [words_of(outcome), own_outcome.unit]))
        if has_blocks:
            own = findings.block_effects[findings.block_effects["outcome"] == outcome]
            title = f"Blocks: paired differences from {findings.plan.blocks[0].name}, {unit}"
            _grid(title, "block", own, own["block"].astype(str), own_outcome).show(console)
        if len(findings.interactions):
            own = findings.interactions[findings.interactions["outcome"] == outcome]
            names = [interaction_in_words(row, findings.plan) for _, row in own.iterrows()]
            _grid(f"Interactions: {unit}", "how much more", own, names, own_outcome).show(console)
    if len(findings.interactions):
        prose(console, OF_INTERACTIONS, "dim italic")


def crossed_tables(findings: Findings) -> Iterator[tuple[str, str, pd.DataFrame, str]]:
    """All for a report: how a table is read, its caption, the table with an outcome in each column, and its file."""
    plan = findings.plan
    told = (
        (
            "",
            "Blocks against the first, point by point and replicate by replicate.",
            findings.block_effects,
            "block_effects",
        ),
        (OF_INTERACTIONS, "Interactions.", findings.interactions, "interactions"),
    )
    for how, caption, table, file in told:
        if table.empty:
            continue
        names = list(table["level"].astype(str)) if file == "block_effects" else [
            interaction_in_words(row, plan) for _, row in table.iterrows()
        ]  # fmt: skip
        rows = []
        for (dyad, name), own in table.assign(_name=names).groupby(["dyad", "_name"], sort=False, observed=True):
            found = {with_unit(row["outcome"]): _cell(row, OUTCOMES[row["outcome"]]) for _, row in own.iterrows()}
            rows.append({"dyad": str(dyad), "compared": str(name), **found})
        yield how, caption, pd.DataFrame(rows), file

    if findings.movers.empty:
        return
    stands = (findings.movers["outcome"] == main_of(plan)) & (findings.movers["p_holm"] < ALPHA)
    by = ["dyad", "block", "factor", "level"]
    top = findings.movers[stands].groupby(by, sort=False, observed=True).head(MOST_MOVERS)
    rows = [
        {
            "dyad": str(row["dyad"]), "effect of": comparison_in_words(plan, row),
            "assumption": str(row["assumption"]).replace("_", " "),
            "rank correlation": f"{signed(row['correlation'])} {interval(row['low'], row['high'], with_sign=True)}",
        }
        for _, row in top.iterrows()
    ]  # fmt: skip
    if rows:
        standing = "those that stand after Holm's correction over all of them"
        caption = f"Which assumptions go with the effects on {words_of(main_of(plan))}, over the sample: {standing}."
        yield "", caption, pd.DataFrame(rows), "movers"


def _grid(title: str, first: str, table: pd.DataFrame, names: pd.Series | list[str], outcome: Outcome) -> Grid:
    table = table.assign(_name=names)
    dyads = [str(dyad) for dyad in dict.fromkeys(table["dyad"])]
    grid = Grid(title, (first,), dyads)
    for name, rows in table.groupby("_name", sort=False):
        by_dyad = {str(row["dyad"]): row for _, row in rows.iterrows()}
        grid.row(name, *(_cell(by_dyad[dyad], outcome) if dyad in by_dyad else "" for dyad in dyads))
    return grid


def _cell(row: pd.Series, outcome: Outcome) -> str:
    star = "*" if row.get("p_holm", 1.0) < ALPHA else ""
    mean, low, high = (outcome.times * row[name] for name in ("mean", "low", "high"))
    around = interval(low, high, outcome.digits, with_sign=True)
    return f"{signed(mean, outcome.digits)}{star} {around}"


def compared_in_words(plan: Plan, row: pd.Series) -> str:
    """The effect that an interaction is about: the levels that are compared, with their factor."""
    effect = next(factor for factor in plan.factors if factor.name == row["effect"])
    return effect.against(row["level"], row["baseline"])


def interactions_named(plan: Plan, own: pd.DataFrame) -> list[str]:
    """Every interaction of a table by the plan's own name, and by what tells it from others of that name."""
    named = []
    for _, row in own.iterrows():
        alike = own[own["interaction"] == row["interaction"]]
        effect, where = (next((f for f in plan.factors if f.name == row[key]), None) for key in ("effect", "where"))
        several = [key for key in ("level", "place", "block") if alike[key].astype(str).nunique() > 1]
        words = {"level": effect and effect.label_of(row["level"]), "place": where and where.label_of(row["place"])}
        also = ", ".join(str(words.get(key) or row[key]) for key in several)
        named.append(f"{row['interaction']} ({also})" if also else str(row["interaction"]))
    return named


def interaction_in_words(row: pd.Series, plan: Plan) -> str:
    """What is compared, in the plan's own labels; the block where there is more than one."""
    block = f" ({row['block']})" if len(plan.blocks) > 1 and row["block"] != ALL_BLOCKS else ""
    there, here = places_in_words(plan, row)
    return f"{row['interaction']}: {compared_in_words(plan, row)} {there} than {here}{block}"
