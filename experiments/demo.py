"""The findings of a plan on screen: cells, effects, contrasts, corners, what they rest on, a plain reading.

Everything fits 100 columns. Rates are fractions; gains are bn$ a year over no treaty; brackets hold 95 %
intervals over replicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from experiments.findings import Findings, interval, signed
from experiments.readings import OF_CALIBRATION, others_in_words, replicates_in_words, security_in_words
from experiments.stopping import reached_in_words

if TYPE_CHECKING:
    import pandas as pd

# Longer tables are left to the files: nobody reads them on a screen.
MOST_ROWS: Final = 96


def show_findings(console: Console, findings: Findings, horizon: str) -> None:
    """Print all tables and sentences; ``horizon`` names the last quarter, as in 2035Q4."""
    plan = findings.plan
    console.print(f"\n[bold]{plan.title}[/bold]")
    console.print(plan.question)
    failed = f", {findings.n_failed} failed runs left out" if findings.n_failed else ""
    console.print(
        f"Scenario {plan.scenario}, {len(plan.points)} design points, {replicates_in_words(findings)} each with "
        f"the same luck at every point{failed}. Brackets hold 95 % intervals over replicates."
    )
    for block in plan.blocks:
        cells = findings.cells[findings.cells["block"] == block.name]
        if len(plan.blocks) > 1:
            console.print(f"\n[bold]{block.name[0].upper()}{block.name[1:]}[/bold]")
        if len(findings.associations):
            own = findings.associations[findings.associations["block"] == block.name]
            _print(console, _associations_table(own))
            console.print(by_chance(len(own)), style="dim italic")
        elif len(cells) <= MOST_ROWS:
            _print(console, _cells_table(findings, cells, horizon))
        else:
            console.print(f"{len(cells)} rows of cells are in cells.parquet.")
        if len(findings.effects):
            effects = findings.effects[findings.effects["block"] == block.name]
            _print(console, _effects_table(findings, effects))
    console.print(
        "Depth counts what is agreed and honoured, so more on the table raises its ceiling: compare cells of "
        "different ceilings by joint gain."
    )
    if len(findings.contrasts):
        _print(console, _contrasts_table(findings))
    if len(findings.arms):
        for reference in plan.references:
            _print(console, _arms_table(findings, reference))
        what = "differences (of depth, gain and the shares of runs)"
        console.print(by_chance(len(findings.arms), what), style="dim italic")
    if plan.precision is not None and len(findings.precision):
        console.print(reached_in_words(findings.precision, plan.precision))


def show_words(console: Console, findings: Findings) -> None:
    """Print the corners, if any, and the plain reading."""
    if findings.corners:
        console.print("\n[bold]The same in every run[/bold] (over the cells with something on the table)")
        for sentence in findings.corners:
            console.print(Padding(sentence, (0, 0, 0, 2), expand=False))
    console.print("\n[bold]In plain words[/bold]")
    console.print(findings.reading)
    console.print("These are statements about this model under its assumptions, not forecasts.", style="dim italic")


def _print(console: Console, table: Table) -> None:
    console.print()
    console.print(table)


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )


def _cells_table(findings: Findings, cells: pd.DataFrame, horizon: str) -> Table:
    table = _table("Cells")
    table.add_column("dyad")
    for factor in findings.plan.shown:
        table.add_column(factor.label)
    for name in ("mean depth\nof ceiling", "gain\nbn$/yr", "durable\nshare", f"P(emerged\nby {horizon})"):
        table.add_column(name, justify="right", no_wrap=True)
    before = ""
    for dyad in dict.fromkeys(cells["dyad"].astype(str)):
        for _, cell in cells[cells["dyad"] == dyad].iterrows():
            if before not in ("", dyad):
                table.add_section()
            table.add_row(
                dyad if before != dyad else "",
                *(factor.label_of(cell[factor.name]) for factor in findings.plan.shown),
                f"{cell['mean_depth']:.2f} of {cell['depth_ceiling']:.2f}",
                signed(cell["joint_gain"]),
                f"{cell['durable_share']:.2f}",
                f"{cell['emergence_rate']:.2f} " + interval(cell["emergence_rate_low"], cell["emergence_rate_high"]),
            )
            before = dyad
    return table


def _effects_table(findings: Findings, effects: pd.DataFrame) -> Table:
    table = _table(f"Main effects: paired differences, {others_in_words(findings.plan)}")
    for name in ("dyad", "factor", "against"):
        table.add_column(name)
    for name in ("effect on mean depth", "effect on joint gain, bn$/yr"):
        table.add_column(name, justify="right", no_wrap=True)
    factors = {factor.name: factor for factor in findings.plan.factors}
    for dyad in dict.fromkeys(effects["dyad"].astype(str)):
        rows = effects[effects["dyad"] == dyad]
        for number, ((own, level), pair) in enumerate(rows.groupby(["factor", "level"], sort=False)):
            factor = factors[str(own)]
            by_outcome = {str(row["outcome"]): row for _, row in pair.iterrows()}
            table.add_row(
                "" if number else dyad,
                f"{factor.label}: {factor.label_of(level)}",
                factor.label_of(pair["baseline"].iloc[0]),
                *(_effect(by_outcome[outcome]) for outcome in ("mean_depth", "joint_gain")),
            )
        table.add_section()
    return table


def _effect(row: pd.Series) -> str:
    # Three digits, so that an interval that leaves zero out is seen to do so.
    return f"{signed(row['mean'], 3)} {interval(row['low'], row['high'], 3, with_sign=True)}"


def _arms_table(findings: Findings, reference: str, most: int = 20) -> Table:
    """Arms down, dyads across: effects on joint gain, the strongest over all dyads first."""
    own = findings.arms
    own = own[(own["outcome"] == "joint_gain") & (own["reference"] == reference)]
    own = own[own["block"] == findings.plan.blocks[0].name]
    total = own.groupby("arm", sort=False)["mean"].sum()
    order = total.abs().sort_values(ascending=False, kind="stable").index
    also = f" (the strongest {most} of {len(order)}; all in arms.parquet)" if len(order) > most else ""
    table = _table(f"Differences from {reference}: joint gain, bn$ a year, replicate by replicate{also}")
    table.add_column("arm")
    dyads = list(dict.fromkeys(own["dyad"]))
    for dyad in dyads:
        table.add_column(str(dyad), justify="right", no_wrap=True)
    for arm in order[:most]:
        rows = {str(row["dyad"]): row for _, row in own[own["arm"] == arm].iterrows()}
        table.add_row(str(arm), *(_effect(rows[dyad]) if dyad in rows else "" for dyad in dyads))
    return table


def by_chance(n_looked_at: int, what: str = "correlations") -> str:
    """What many looks cost: how many intervals leave zero out where there is nothing to find."""
    n = round(0.05 * n_looked_at)
    return f"{n_looked_at} {what} were looked at; about {n} of their intervals would leave zero out by chance alone."


def _associations_table(associations: pd.DataFrame, most: int = 6) -> Table:
    table = _table("Rank correlations over design points, the strongest of each dyad and outcome")
    for name in ("dyad", "outcome", "factor"):
        table.add_column(name)
    table.add_column("correlation", justify="right", no_wrap=True)
    for _, rows in associations.groupby(["dyad", "outcome"], sort=False, observed=True):
        for _, row in rows.head(most).iterrows():
            shown = f"{signed(row['correlation'])} {interval(row['low'], row['high'], with_sign=True)}"
            table.add_row(str(row["dyad"]), str(row["outcome"]).replace("_", " "), str(row["factor"]), shown)
        table.add_section()
    return table


def _contrasts_table(findings: Findings) -> Table:
    """Contrasts down, dyads across: effects on mean depth."""
    rows = findings.contrasts[findings.contrasts["outcome"] == "mean_depth"]
    dyads = list(dict.fromkeys(rows["dyad"]))
    blocks = list(dict.fromkeys(rows["block"]))
    where = f" ({', '.join(blocks)})" if len(findings.plan.blocks) > 1 else ""
    table = _table(f"Contrasts{where}: paired differences of mean depth")
    table.add_column("contrast")
    for dyad in dyads:
        table.add_column(dyad, justify="right", no_wrap=True)
    for name, own in rows.groupby("contrast", sort=False):
        by_dyad = {str(row["dyad"]): row for _, row in own.iterrows()}
        table.add_row(str(name), *(_effect(by_dyad[dyad]) for dyad in dyads))
    return table


def show_calibration(console: Console, calibration: pd.DataFrame, scenario: str) -> None:
    """Print what each bloc's present policy implies about security, and what a partner's supply is worth."""
    table = _table(f"What the results on each direction rest on (scenario {scenario})")
    table.add_column("importer < exporter")
    for name in (
        "security cost of\na car, k$ (kS1)",
        "of a battery,\nk$ a car (kS1)",
        "opening cost\nbn$/yr",
        "supply stake\nbn$/yr",
        "brands of exporter\non sale (share)",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for (importer, exporter), rows in calibration.groupby(["importer", "exporter"], sort=False):
        by_good = {str(row["good"]): row for _, row in rows.iterrows()}
        first = rows.iloc[0]
        table.add_row(
            f"{importer} < {exporter}",
            *(security_in_words(by_good[good]) if good in by_good else "" for good in ("ev", "battery")),
            f"{rows['opening_cost'].max():.2f}",
            f"{first['supply_stake']:.2f}",
            f"{first['availability']:.2f}",
        )
    _print(console, table)
    console.print(f"{OF_CALIBRATION} kS1 is the cost at the first unit of imports.", style="dim italic")
