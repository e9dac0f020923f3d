"""Sensitivity indices on screen and in files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.design.outcomes import words_of
from experiments.display.streams import kept_on
from experiments.findings.differences import in_short
from experiments.sensitivity.screening import Sensitivity, in_order
from experiments.store.files import write_figure, write_table, write_whole
from experiments.store.manifest import code_fingerprint, now

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console


def write_sensitivity(found: Sensitivity, folder: Path) -> str:
    """Write the tables, what made them and the figure, beside the two sweeps; why there is no figure (empty: it is)."""

    def draw() -> None:
        from experiments.display.figure_style import saver
        from experiments.sensitivity.figures import sensitivity_figure

        write_figure(folder / "sensitivity.png", saver(lambda: sensitivity_figure(found)))

    for name, table in (("screening", found.screening), ("indices", found.sobol), ("course", found.course)):
        write_table(folder / f"{name}.parquet", table)
    told: dict[str, Any] = {
        "made": now(), "plan": found.plan.name, "plan_text": found.plan.text, "root_seed": str(found.plan.root_seed),
        "sizes": dataclasses.asdict(found.sizes), "kept": list(found.kept), "rows_lost": found.n_lost,
        "code_sha256": code_fingerprint(),
    }  # fmt: skip
    write_whole(folder / "sensitivity.json", lambda path: path.write_text(json.dumps(told, indent=1), encoding="utf-8"))
    return kept_on(draw, "The figure")


def show(console: Console, found: Sensitivity) -> None:
    """Print the indices of mechanisms, of the inputs that were kept, and of chance."""
    from experiments.display.console import head, prose

    sizes = found.sizes
    n_inputs = len(found.plan.factors)
    head(console, found.plan.title, ": what moves the outcomes")
    prose(
        console,
        f"{n_inputs} inputs over their ranges. Screening: {sizes.trajectories} trajectories, "
        f"{sizes.screening_replicates} replicates. Indices: {sizes.rows} rows, {sizes.replicates} replicates, with the "
        "same luck in every row. First: share of an outcome's variance that goes when this is known; total: share that "
        "is left when all but this are known, so that what it does together with others and with chance counts for "
        "each. Chance, total: what is left when every input is known. Brackets: 95 % bootstrap intervals over rows and "
        "replicates. A tilde marks an index that the second half of the rows still moved.",
    )
    if found.n_lost:
        prose(console, f"{found.n_lost} rows are left out because a run in them failed.")
    for outcome, rows in found.sobol.groupby("outcome", sort=False):
        _print_outcome(console, rows, asked_in_words(found, str(outcome)))


def asked_in_words(found: Sensitivity, outcome: str) -> str:
    """The outcome that is looked at, or what a treatment changes of it."""
    change = f"change by {in_short(found.plan)}: " if found.plan.difference else ""
    return f"{change}{words_of(outcome)}"


def _print_outcome(console: Console, rows: pd.DataFrame, words: str) -> None:
    from experiments.display.grids import Grid

    dyads = list(rows["dyad"].unique())
    names = [name for dyad in dyads for name in (f"{dyad} total", "first")]
    table = Grid(words, ("group",), names, title_style="bold")
    last = ""
    for kind, group in in_order(rows):
        if last and kind != last:
            table.section()
        last = kind
        mine = rows[(rows["kind"] == kind) & (rows["group"] == group)].set_index("dyad")
        cells = []
        for dyad in dyads:
            cells += _cells(mine.loc[dyad]) if dyad in mine.index else ["", ""]
        table.row(group, *cells)
    table.show(console)


def _cells(row: Any) -> list[str]:
    if row["total"] != row["total"]:
        return ["does not vary", ""]
    mark = "" if row["settled"] else "~"
    # z: an estimate just below zero is printed as zero, without a sign.
    return [f"{mark}{row['total']:z.2f} [{row['total_low']:z.2f}, {row['total_high']:z.2f}]", f"{row['first']:z.2f}"]
