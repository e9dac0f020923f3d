"""Every table of a results folder as numbers in their own units, with what each column is.

The tables of findings are made of the runs, as the report makes them, so that both say the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pandas as pd

from experiments.display.streams import plain
from experiments.export.words import Column, columns_of, meaning_of, unit_of
from experiments.findings import warnings
from experiments.findings.findings import calibration_of, find
from experiments.findings.headline import quarters_of, scenarios_in_words
from experiments.findings.tables import TABLES, Findings
from experiments.report import report_figures, tables
from experiments.statistics.estimates import mean_interval
from experiments.statistics.survival import ended_by_cause
from experiments.store.folder import Results
from experiments.store.kept import plan_of

# Tables that a search for boxes may have left in the folder.
MIXED = ("level", "baseline", "arm", "reference", "place", "other_place")
OF_DISCOVERY = ("boxes", "trajectories")
TITLES = {
    "cells": "Every cell: means, shares of runs and their intervals", "effects": "What each level of a factor changes",
    "contrasts": "The contrasts of the plan", "arms": "Every arm against each arm of reference",
    "associations": "Rank correlations of factors with outcomes", "precision": "The precision that was reached",
    "blocs_over_points": "Gains, EV shares and emissions saved of every bloc, over all points of the design",
    "blocs": "Gains, EV shares and emissions saved of every bloc", "bloc_effects": "What makes a difference to a bloc",
    "tests": "Tests of rates and times", "definitions": "Shares of runs under other definitions of cooperation",
    "block_effects": "Every block against the first", "interactions": "Interactions: differences of differences",
    "simple_effects": "What each level of a factor changes at each level of every other factor",
    "movers": "Assumptions that go with the effects", "assumed_levels": "Levels over the sample of assumptions",
    "differences": "What the difference changes over the points of the design",
    "calibration": "What the results rest on", "waiting": "How long until cooperation emerges",
    "waiting_curve": "Share of runs still waiting, by quarter", "treaty_ends": "How first treaties end",
    "games": "Which games are played", "changed_games": "Runs that end in another game", "failures": "Runs that failed",
    "runs": "Every run", "boxes": "Boxes of assumptions", "trajectories": "How the boxes were found",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Table:
    """``frame``: whole numbers, fractions and texts; switches are 0 and 1, and what is missing is NaN or empty."""

    name: str
    title: str
    frame: pd.DataFrame
    columns: dict[str, Column]


@dataclasses.dataclass(frozen=True)
class Export:
    """All tables of a results folder, and what a reader of any of them must know."""

    name: str
    title: str
    about: str
    cautions: tuple[str, ...]
    reading: str
    tables: tuple[Table, ...]
    findings: Findings
    results: Results

    def dictionary(self) -> pd.DataFrame:
        """A row for every column of every table, then for every outcome: table, column, unit, meaning."""
        rows = [(own.name, name, *column) for own in self.tables for name, column in own.columns.items()]
        named = [own.frame["outcome"] for own in self.tables if "outcome" in own.frame]
        outcomes = dict.fromkeys(str(name) for names in named for name in names.unique())
        rows += [("outcomes", name, unit_of(name), meaning_of(name)) for name in outcomes]
        return pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"])


def exported(results: Results) -> Export:
    """Everything that finished results say.

    Raises:
        InputFault: the folder cannot be read, or no run in it succeeded.
    """
    plan = plan_of(results)
    findings = find(plan, results)
    told = results.manifest
    made = []
    for name, frame in _frames(results, findings):
        clean = _clean(frame)
        title = TITLES.get(name) or f"Every quarter, table {name.removeprefix('series_')}"
        made.append(Table(name, title, clean, columns_of(name, map(str, clean), plan)))
    about = (
        f"{scenarios_in_words(plan)}; {plan.replicates} replicates, {findings.n_runs} runs at {len(plan.points)} "
        f"design points, {findings.n_failed} failed; intervals hold 95 % over replicates"
    )
    runs = {str(dyad): results.read(warnings.LOOKED_AT, [point.index for point in plan.cells], str(dyad))
            for dyad in findings.cells["dyad"].unique()}  # fmt: skip
    totals = {dyad: warnings.totals_of(own) for dyad, own in runs.items()}
    cautions = tuple(f"! {line}" for line in [*told["flips"], *warnings.warnings_of(findings, totals, told)])
    reading = "\n".join([*cautions, findings.reading, *findings.corners])
    return Export(plan.name, plan.title, about, cautions, reading, tuple(made), findings, results)


def _frames(results: Results, findings: Findings) -> Iterator[tuple[str, pd.DataFrame]]:
    """Names and tables, those that there are; numbers of the row's outcome have its unit beside them."""
    plan = findings.plan
    for name in TABLES:
        frame = getattr(findings, name)
        if len(frame):
            # Levels of several factors share a column: as texts, as they are kept in the folder.
            frame = frame.astype({column: str for column in MIXED if column in frame})
            if "outcome" in frame and name not in ("tests", "associations", "movers"):
                at = list(frame).index("outcome") + 1
                frame.insert(
                    at, "unit", frame["outcome"].map({own: unit_of(str(own)) for own in frame["outcome"].unique()})
                )
            yield name, frame
    if not plan.shown and len(findings.blocs):
        yield "blocs_over_points", _over_points(findings.blocs)
    yield from ((name, frame) for name, frame in _of_runs(results, findings) if len(frame))
    yield "calibration", calibration_of(plan)
    for name in OF_DISCOVERY:
        if (path := results.folder / f"{name}.parquet").is_file():
            yield name, pd.read_parquet(path)
    if len(failures := results.read_failures()):
        yield "failures", failures
    yield "runs", results.read()
    for name in plan.outputs.series if plan.outputs.replicates else ():
        if len(series := results.read_series(name)):
            yield f"series_{name}", series


def _over_points(blocs: pd.DataFrame) -> pd.DataFrame:
    """Of a sampled design: each bloc's outcomes over all points, whose means count alike."""
    rows = []
    for (block, bloc, outcome), own in blocs.groupby(["block", "bloc", "outcome"], sort=False, observed=True):
        what = {"block": block, "bloc": bloc, "outcome": outcome, "unit": unit_of(str(outcome))}
        rows.append({**what, **mean_interval(own["mean"])._asdict()})
    return pd.DataFrame(rows)


def _of_runs(results: Results, findings: Findings) -> Iterator[tuple[str, pd.DataFrame]]:
    """What the report makes of the runs of the design itself, dyad by dyad: waits, ends of treaties, games."""
    plan = findings.plan
    n_quarters, leading = quarters_of(plan), plan.shown[0] if plan.shown else None
    points = [point.index for point in plan.cells]
    kept = [
        *("first_emergence", "durable", "treaty_from", "treaty_until", "treaty_end"),
        *("game", "game_at_start", "game_at_end", *([leading.name] if leading else [])),
    ]
    waits, curves, ends, games, changed = [], [], [], [], []
    for dyad in map(str, findings.cells["dyad"].unique()):
        runs = results.read(kept, points, dyad).assign(dyad=dyad)
        for _, label, part in report_figures.by_level(runs, leading):
            rates, wait = tables.waited(part, n_quarters)
            row: dict[str, object] = {"dyad": dyad, "runs": label}
            for name, rate in rates.items():
                row |= {name: rate.share, f"{name}_low": rate.low, f"{name}_high": rate.high}
            low, high = max(wait.low, 0.0), min(wait.high, float(n_quarters))
            bounds = (low, high) if wait.n > 1 else (np.nan, np.nan)
            waits.append(pd.DataFrame([row | {"wait": wait.mean, "wait_low": bounds[0], "wait_high": bounds[1]}]))
            curve = tables.still_waiting(part, n_quarters)
            curves.append(pd.concat([pd.DataFrame({"dyad": dyad, "runs": label}, index=curve.index), curve], axis=1))
        if len(ended := ended_by_cause(runs, n_quarters)):
            left = {"dyad": dyad, "cause": "still in force", "incidence": max(1.0 - ended["incidence"].sum(), 0.0)}
            ends.append(pd.concat([ended, pd.DataFrame([left | {"n": ended["n"].iloc[0]}])], ignore_index=True))
        shares = tables.game_shares(runs).reset_index(names="_name")
        shares.columns = pd.Index(["game", "first_quarter", "mostly", "last_quarter"])
        games.append(shares.assign(dyad=dyad)[["dyad", *shares]])
        changed.append(pd.DataFrame([{"dyad": dyad, "changed": tables.changed_games(runs)}]))
    for name, parts in (("waiting", waits), ("waiting_curve", curves), ("treaty_ends", ends), ("games", games),
                        ("changed_games", changed)):  # fmt: skip
        if parts:
            yield name, pd.concat(parts, ignore_index=True)


def _clean(frame: pd.DataFrame) -> pd.DataFrame:
    """A table that every form can hold: switches as 0 and 1, no infinite numbers, texts that are texts."""
    return pd.DataFrame({str(name): _clean_column(column).reset_index(drop=True) for name, column in frame.items()})


def _clean_column(column: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype(np.int8)
    if pd.api.types.is_float_dtype(column.dtype):
        return column.astype(np.float64).replace([np.inf, -np.inf], np.nan)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    values = column.astype(object)
    there = values.dropna()
    if len(there) and all(isinstance(value, bool | np.bool_) for value in there):
        return values.astype(np.float64)
    return values.map(lambda value: "" if pd.isna(value) else plain(str(value))).astype(object)
