"""The findings of a plan on screen: cells, effects, contrasts, corners, what they rest on, a plain reading.

Everything fits the screen. Rates are fractions; gains are bn$ a year over no treaty; brackets hold 95 %
intervals over replicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console

from experiments.display.console import head, prose
from experiments.display.grids import Grid
from experiments.display.words import interval, signed
from experiments.findings.sentences import (
    OF_CALIBRATION,
    by_chance,
    others_in_words,
    replicates_in_words,
    security_in_words,
)
from experiments.findings.tables import Findings
from experiments.report.crossed_tables import show_crossed
from experiments.statistics.stopping import reached_in_words

if TYPE_CHECKING:
    import pandas as pd

# Longer tables are left to the files: nobody reads them on a screen.
MOST_ROWS: Final = 96


def show_findings(console: Console, findings: Findings, horizon: str) -> None:
    """Print all tables and sentences; ``horizon`` names the last quarter, as in 2035Q4."""
    plan = findings.plan
    head(console, plan.title)
    prose(console, plan.question)
    failed = f", {findings.n_failed} failed runs left out" if findings.n_failed else ""
    prose(
        console,
        f"Scenario {plan.scenario}, {len(plan.points)} design points, {replicates_in_words(findings)} each with "
        f"the same luck at every point{failed}. Brackets hold 95 % intervals over replicates.",
    )
    for block in plan.blocks:
        cells = findings.cells[findings.cells["block"] == block.name]
        if len(plan.blocks) > 1:
            head(console, f"{block.name[0].upper()}{block.name[1:]}")
        if len(findings.associations):
            own = findings.associations[findings.associations["block"] == block.name]
            _associations_table(own).show(console)
            prose(console, by_chance(len(own)), "dim italic")
        elif len(cells) <= MOST_ROWS:
            _cells_table(findings, cells, horizon).show(console)
        else:
            prose(console, f"{len(cells)} rows of cells are in cells.parquet.")
        if len(findings.effects):
            effects = findings.effects[findings.effects["block"] == block.name]
            _effects_table(findings, effects).show(console)
    prose(
        console,
        "Depth counts what is agreed and honoured, so more on the table raises its ceiling: compare cells of "
        "different ceilings by joint gain.",
    )
    if len(findings.contrasts):
        _contrasts_table(findings).show(console)
    show_crossed(console, findings)
    if len(findings.arms):
        for reference in plan.references:
            _arms_table(findings, reference).show(console)
        what = "differences (of depth, gain and the shares of runs)"
        prose(console, by_chance(len(findings.arms), what), "dim italic")
    if plan.precision is not None and len(findings.precision):
        prose(console, reached_in_words(findings.precision, plan.precision))


def show_words(console: Console, findings: Findings) -> None:
    """Print the corners, if any, and the plain reading."""
    if findings.corners:
        head(console, "The same in every run", " (over the cells with something on the table)")
        for sentence in findings.corners:
            prose(console, sentence, indent=2)
    head(console, "In plain words")
    prose(console, findings.reading)
    prose(console, "These are statements about this model under its assumptions, not forecasts.", "dim italic")


def _cells_table(findings: Findings, cells: pd.DataFrame, horizon: str) -> Grid:
    shown = findings.plan.shown
    values = ("mean depth\nof ceiling", "gain\nbn$/yr", "durable\nshare", f"P(emerged\nby {horizon})")
    table = Grid("Cells", ("dyad", *(factor.label for factor in shown)), values, is_grouped=True)
    for dyad in dict.fromkeys(cells["dyad"].astype(str)):
        for _, cell in cells[cells["dyad"] == dyad].iterrows():
            table.row(
                dyad,
                *(factor.label_of(cell[factor.name]) for factor in shown),
                f"{cell['mean_depth']:.2f} of {cell['depth_ceiling']:.2f}",
                signed(cell["joint_gain"]),
                f"{cell['durable_share']:.2f}",
                f"{cell['emergence_rate']:.2f} " + interval(cell["emergence_rate_low"], cell["emergence_rate_high"]),
            )
    return table


def _effects_table(findings: Findings, effects: pd.DataFrame) -> Grid:
    title = f"Main effects: paired differences, {others_in_words(findings.plan)}"
    values = ("effect on mean depth", "effect on joint gain, bn$/yr")
    table = Grid(title, ("dyad", "factor", "against"), values, is_grouped=True)
    factors = {factor.name: factor for factor in findings.plan.factors}
    for dyad in dict.fromkeys(effects["dyad"].astype(str)):
        rows = effects[effects["dyad"] == dyad]
        for (own, level), pair in rows.groupby(["factor", "level"], sort=False):
            factor = factors[str(own)]
            by_outcome = {str(row["outcome"]): row for _, row in pair.iterrows()}
            table.row(
                dyad,
                f"{factor.label}: {factor.label_of(level)}",
                factor.label_of(pair["baseline"].iloc[0]),
                *(_effect(by_outcome[outcome]) for outcome in ("mean_depth", "joint_gain")),
            )
    return table


def _effect(row: pd.Series) -> str:
    # Three digits, so that an interval that leaves zero out is seen to do so.
    return f"{signed(row['mean'], 3)} {interval(row['low'], row['high'], 3, with_sign=True)}"


def _arms_table(findings: Findings, reference: str, most: int = 20) -> Grid:
    """Arms down, dyads across: effects on joint gain, the strongest over all dyads first."""
    own = findings.arms
    own = own[(own["outcome"] == "joint_gain") & (own["reference"] == reference)]
    own = own[own["block"] == findings.plan.blocks[0].name]
    total = own.groupby("arm", sort=False)["mean"].sum()
    order = total.abs().sort_values(ascending=False, kind="stable").index
    also = f" (the strongest {most} of {len(order)}; all in arms.parquet)" if len(order) > most else ""
    dyads = [str(dyad) for dyad in dict.fromkeys(own["dyad"])]
    title = f"Differences from {reference}: joint gain, bn$ a year, replicate by replicate{also}"
    table = Grid(title, ("arm",), dyads)
    for arm in order[:most]:
        rows = {str(row["dyad"]): row for _, row in own[own["arm"] == arm].iterrows()}
        table.row(arm, *(_effect(rows[dyad]) if dyad in rows else "" for dyad in dyads))
    return table


def _associations_table(associations: pd.DataFrame, most: int = 6) -> Grid:
    title = "Rank correlations over design points, the strongest of each dyad and outcome"
    table = Grid(title, ("dyad", "outcome", "factor"), ("correlation",))
    for _, rows in associations.groupby(["dyad", "outcome"], sort=False, observed=True):
        for _, row in rows.head(most).iterrows():
            shown = f"{signed(row['correlation'])} {interval(row['low'], row['high'], with_sign=True)}"
            table.row(row["dyad"], str(row["outcome"]).replace("_", " "), row["factor"], shown)
        table.section()
    return table


def _contrasts_table(findings: Findings) -> Grid:
    """Contrasts down, dyads across: effects on mean depth."""
    rows = findings.contrasts[findings.contrasts["outcome"] == "mean_depth"]
    dyads = list(dict.fromkeys(rows["dyad"]))
    blocks = list(dict.fromkeys(rows["block"]))
    where = f" ({', '.join(blocks)})" if len(findings.plan.blocks) > 1 else ""
    table = Grid(f"Contrasts{where}: paired differences of mean depth", ("contrast",), [str(dyad) for dyad in dyads])
    for name, own in rows.groupby("contrast", sort=False):
        by_dyad = {str(row["dyad"]): row for _, row in own.iterrows()}
        table.row(name, *(_effect(by_dyad[dyad]) for dyad in dyads))
    return table


def show_calibration(console: Console, calibration: pd.DataFrame, scenario: str) -> None:
    """Print what each bloc's present policy implies about security, and what a partner's supply is worth."""
    values = (
        "security cost of\na car, k$ (kS1)",
        "of a battery,\nk$ a car (kS1)",
        "opening cost\nbn$/yr",
        "supply stake\nbn$/yr",
        "brands of exporter\non sale (share)",
    )
    table = Grid(f"What the results on each direction rest on (scenario {scenario})", ("importer < exporter",), values)
    for (importer, exporter), rows in calibration.groupby(["importer", "exporter"], sort=False):
        by_good = {str(row["good"]): row for _, row in rows.iterrows()}
        first = rows.iloc[0]
        table.row(
            f"{importer} < {exporter}",
            *(security_in_words(by_good[good]) if good in by_good else "" for good in ("ev", "battery")),
            f"{rows['opening_cost'].max():.2f}",
            f"{first['supply_stake']:.2f}",
            f"{first['availability']:.2f}",
        )
    table.show(console)
    prose(console, f"{OF_CALIBRATION} kS1 is the cost at the first unit of imports.", "dim italic")
