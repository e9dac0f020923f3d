"""Blocks against each other and interactions on screen: a row each, dyads across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.display.console import prose
from experiments.display.grids import Grid
from experiments.display.words import interval, signed
from experiments.findings.crossed import ALL_BLOCKS

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from experiments.design.plan import Plan
    from experiments.findings.tables import Findings

OF_INTERACTIONS = (
    "How much more an effect is at one place than at the other: a difference of differences, replicate by replicate. A "
    "star stands where it differs from zero at 5 % after Holm's correction over all rows and dyads of the outcome."
)


def show_crossed(console: Console, findings: Findings) -> None:
    """Print both tables, as far as the plan gives rise to them; blocks where nothing else is compared or asked for."""
    has_blocks = len(findings.block_effects) and (len(findings.interactions) or findings.effects.empty)
    for outcome, unit in (("time_cooperating", "time cooperating"), ("joint_gain", "joint gain, bn$ a year")):
        if has_blocks:
            own = findings.block_effects[findings.block_effects["outcome"] == outcome]
            title = f"Blocks: paired differences from {findings.plan.blocks[0].name}, {unit}"
            _grid(title, "block", own, own["block"].astype(str)).show(console)
        if len(findings.interactions):
            own = findings.interactions[findings.interactions["outcome"] == outcome]
            names = [_named(row, findings.plan) for _, row in own.iterrows()]
            _grid(f"Interactions: {unit}", "how much more", own, names).show(console)
    if len(findings.interactions):
        prose(console, OF_INTERACTIONS, "dim italic")


def _grid(title: str, first: str, table: pd.DataFrame, names: pd.Series | list[str]) -> Grid:
    table = table.assign(_name=names)
    dyads = [str(dyad) for dyad in dict.fromkeys(table["dyad"])]
    grid = Grid(title, (first,), dyads)
    for name, rows in table.groupby("_name", sort=False):
        by_dyad = {str(row["dyad"]): row for _, row in rows.iterrows()}
        grid.row(name, *(_cell(by_dyad[dyad]) if dyad in by_dyad else "" for dyad in dyads))
    return grid


def _cell(row: pd.Series) -> str:
    star = "*" if row.get("p_holm", 1.0) < 0.05 else ""
    return f"{signed(row['mean'], 3)}{star} {interval(row['low'], row['high'], 3, with_sign=True)}"


def _named(row: pd.Series, plan: Plan) -> str:
    """What is compared, in the plan's own labels; the block where there is more than one."""
    factors = {factor.name: factor for factor in plan.factors}
    effect, where = factors[row["effect"]], factors.get(row["where"])
    places = [where.label_of(row[key]) if where else str(row[key]) for key in ("place", "other_place")]
    label = f"{where.label} " if where else ""
    block = f" ({row['block']})" if len(plan.blocks) > 1 and row["block"] != ALL_BLOCKS else ""
    return (
        f"{row['interaction']}: {effect.label} {effect.label_of(row['level'])} at {label}{places[0]} "
        f"than at {places[1]}{block}"
    )
