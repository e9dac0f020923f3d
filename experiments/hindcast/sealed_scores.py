"""What a sealed forecast was worth, once the world has spoken: scores beside the forecast of who expects no change.

Quantities (duties, EV shares) are scored by the mean pinball loss over their quantiles, doubled, which for many even
quantiles is the CRPS, and by how often the middle 50 and 90 % held what came; events (agreements) by the Brier score.
No change is the last that was known before the first quarter, as one number; of events, that none comes.

The world has spoken of a duty when ``tariffs_quarterly.csv`` has its quarter; of a year's EV share when
``ev_share.csv`` has the year, of a quarter's when ``bev_quarterly.csv`` has all four of that year as well (the year's
share, spread over quarters as battery cars were sold); of agreements when ``events.csv`` has a row from a later
quarter.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Final

import numpy as np
import pandas as pd
from rich.console import Console

from experiments.display.console import prose
from experiments.display.grids import Grid
from experiments.display.words import listed
from experiments.hindcast.evidence import BLOCS, DIRECTED, QUARTERS, TRACKS, dyad_of
from experiments.hindcast.scores import MODEL, score_chance, yes_no
from experiments.hindcast.sealed import LEVELS, Forecast, label_of
from model import InputFault

NO_CHANGE: Final = "no change"
DUTIES, QUARTERLY, YEARLY, AGREEMENTS = "EV duties", "EV shares by quarter", "EV shares by year", "agreements"
KINDS: Final = (DUTIES, QUARTERLY, YEARLY, AGREEMENTS)
#: Places of the ends of the middle 50 and 90 % among the quantiles.
ENDS: Final = {name: tuple(LEVELS.index(x) for x in ends) for name, ends in
               {"in_50": (0.25, 0.75), "in_90": (0.05, 0.95)}.items()}  # fmt: skip
MOST_DUTY: Final = 5.0  # a share of the value; the highest of the record is 1.48
TABLES: Final = {
    DUTIES: "tariffs_quarterly.csv", QUARTERLY: "bev_quarterly.csv", YEARLY: "ev_share.csv", AGREEMENTS: "events.csv"
}  # fmt: skip


class Evidence:
    """The tables of a folder, read when they are asked for.

    Raises:
        InputFault: the folder has no such table, or a row that is asked for holds what cannot be, or came before.
    """

    def __init__(self, folder: File) -> None:
        self.folder = folder
        self._read: dict[str, list[dict[str, str]]] = {}
        self._lines: dict[int, int] = {}  # of every row that was read, by its identity
        if missing := [name for name in TABLES.values() if not (folder / name).is_file()]:
            fault = (
                f"--evidence '{folder}': there is no {listed(missing)}; name a folder with tables as seeds/evidence has"
            )
            raise InputFault([fault], "score")

    def rows(self, name: str) -> list[dict[str, str]]:
        """All rows of a table."""
        if name not in self._read:
            try:
                with (self.folder / name).open(encoding="utf-8", newline="") as stream:
                    reader = csv.DictReader(stream)
                    rows = []
                    for row in reader:
                        rows.append(row)
                        self._lines[id(row)] = reader.line_num
                    self._read[name] = rows
            except (OSError, UnicodeDecodeError, csv.Error) as error:
                raise InputFault([f"'{self.folder / name}' cannot be read: {error}"], "score") from None
        return self._read[name]

    def number(self, name: str, row: dict[str, str], column: str, most: float = np.inf) -> float:
        """A cell as a number from 0 to ``most``."""
        try:
            number = float(row[column])
        except (KeyError, TypeError, ValueError):
            raise self._fault(name, row, f"{column} is no number; correct it") from None
        if 0.0 <= number <= most and np.isfinite(number):
            return number
        allowed = "a number from 0" + (f" to {most:g}" if np.isfinite(most) else "")
        is_percent = np.isfinite(most) and most < number and number / 100.0 <= most
        remedy = f"it is a share: write {number / 100.0:g}, not {number:g}" if is_percent else "correct it"
        raise self._fault(name, row, f"{column} = {row[column]}: allowed is {allowed}; {remedy}")

    def _fault(self, name: str, row: dict[str, str], words: str) -> InputFault:
        return InputFault([f"'{self.folder / name}', line {self._lines[id(row)]}: {words}"], "score")

    def _by(self, name: str, keys: tuple[str, ...], wanted: Mapping[str, Collection[str]]) -> Iterator[dict[str, str]]:
        """The rows whose cells are among those wanted, no two of which have the same keys."""
        first: dict[tuple[str | None, ...], int] = {}
        for row in self.rows(name):
            if all(row.get(column) in allowed for column, allowed in wanted.items()):
                key = tuple(row.get(column) for column in keys)
                if key in first:
                    words = ", ".join(f"{column} {value}" for column, value in zip(keys, key, strict=True))
                    raise self._fault(name, row, f"{words} is there already, in line {first[key]}; keep one row")
                first[key] = self._lines[id(row)]
                yield row

    def duties(self) -> dict[tuple[str, str], float]:
        """EV duties at the end of a quarter, by pair and quarter."""
        name, keys = TABLES[DUTIES], ("importer", "exporter", "product", "quarter")
        rows = self._by(name, keys, {"product": ("ev",), "importer": BLOCS, "exporter": BLOCS})
        return {
            (f"{row['importer']}<{row['exporter']}", label_of(row["quarter"])): self.number(
                name, row, "rate_end", MOST_DUTY
            )
            for row in rows
            if f"{row['importer']}<{row['exporter']}" in DIRECTED
        }

    def yearly(self) -> dict[tuple[str, str], float]:
        """EV shares by bloc and year."""
        name = TABLES[YEARLY]
        return {
            (row["bloc"], row["year"]): self.number(name, row, "ev_share", 1.0)
            for row in self._by(name, ("bloc", "year"), {"bloc": BLOCS})
        }

    def quarterly(self) -> dict[tuple[str, str], float]:
        """EV shares by bloc and quarter, of years that are whole."""
        name, years = TABLES[QUARTERLY], self.yearly()
        sold: dict[tuple[str, str], tuple[float, float]] = {}
        for row in self._by(name, ("bloc", "quarter"), {"bloc": BLOCS}):
            every = self.number(name, row, "new_car_sales_thousand")
            if not every:
                raise self._fault(name, row, "new_car_sales_thousand = 0: allowed is a number above 0; correct it")
            electric = self.number(name, row, "bev_sales_thousand")
            if electric > every:
                fault = f"bev_sales_thousand = {electric:g}: more than all new cars, {every:g}; correct it"
                raise self._fault(name, row, fault)
            sold[row["bloc"], label_of(row["quarter"])] = electric, every
        found: dict[tuple[str, str], float] = {}
        for (bloc, year), share in years.items():
            labels = [f"{year}Q{q}" for q in range(1, QUARTERS + 1)]
            if all((bloc, label) in sold for label in labels):
                cars = np.array([sold[bloc, label] for label in labels])
                mean = np.sum(cars[:, 0]) / np.sum(cars[:, 1])
                found |= {
                    (bloc, label): float(share * a / b / mean) for label, (a, b) in zip(labels, cars, strict=True)
                }
        return found

    def agreements(self, quarter: str) -> set[int] | None:
        """The dyads with an agreement in a quarter; None where no later row says that the quarter is over."""
        named = [(_quarter_of(row["date"]), row) for row in self.rows(TABLES[AGREEMENTS]) if row.get("date")]
        if not any(label > quarter for label, _ in named):
            return None
        dyads = [
            dyad_of(row["parties"])
            for label, row in named
            if label == quarter and row["kind"] == "agreement" and row["track"] in TRACKS
        ]
        return {dyad for dyad in dyads if dyad is not None}


def _quarter_of(date: str) -> str:
    """The label of the quarter of a date; what is none comes before all."""
    year, _, rest = date.partition("-")
    return f"{year}Q{(int(rest[:2]) - 1) // 3 + 1}" if year.isdecimal() and rest[:2].isdecimal() else ""


@dataclass(frozen=True)
class Scored:
    """Scores number by number, a row a number and forecaster; unspoken: what the world has not said, by kind."""

    table: pd.DataFrame
    unspoken: dict[str, list[str]]


def pinball(quantiles: np.ndarray, seen: float) -> float:
    """Mean pinball loss over ``LEVELS``, doubled; of one number that all quantiles are, its distance."""
    levels = np.array(LEVELS)
    return float(2.0 * np.mean((np.where(seen < quantiles, 1.0, 0.0) - levels) * (quantiles - seen)))


def score(forecast: Forecast, evidence: Evidence) -> Scored:
    """Score whatever the world has spoken of."""
    rows: list[dict[str, Any]] = []
    unspoken: dict[str, list[str]] = {kind: [] for kind in KINDS}
    known = {DUTIES: evidence.duties(), QUARTERLY: evidence.quarterly(), YEARLY: evidence.yearly()}
    for kind, entity, label, quantiles, usual in _quantities(forecast):
        if (entity, label) not in known[kind]:
            unspoken[kind].append(label)
            continue
        seen, own = known[kind][entity, label], np.array(quantiles)
        inside = {name: bool(own[a] <= seen <= own[b]) for name, (a, b) in ENDS.items()}
        what = {"quantity": kind, "entity": entity, "quarter": label, "observed": seen}
        rows.append({**what, "forecaster": MODEL, "score": pinball(own, seen), **inside})
        rows.append({**what, "forecaster": NO_CHANGE, "score": pinball(np.full(len(LEVELS), usual), seen)})
    for label in forecast.quarters:
        came = evidence.agreements(label)
        if came is None:
            unspoken[AGREEMENTS].append(label)
            continue
        for d, (dyad, by_quarter) in enumerate(forecast.agreements.items()):
            what = {"quantity": AGREEMENTS, "entity": dyad, "quarter": label, "observed": float(d in came)}
            for forecaster, chance in ((MODEL, by_quarter[label]), (NO_CHANGE, 0.0)):
                brier = score_chance(*yes_no(chance, float(d in came)))["brier"]
                rows.append({**what, "forecaster": forecaster, "score": brier})
    return Scored(pd.DataFrame(rows), {kind: list(dict.fromkeys(labels)) for kind, labels in unspoken.items()})


def _quantities(forecast: Forecast) -> Iterator[tuple[str, str, str, list[float], float]]:
    """Every quantity: kind, entity, quarter or year, quantiles, and what no change says."""
    for pair, by_quarter in forecast.duties.items():
        for label, quantiles in by_quarter.items():
            yield DUTIES, pair, label, quantiles, forecast.before.duties[pair]
    for bloc, by_label in forecast.ev_shares.items():
        for label, quantiles in by_label.items():
            yield (QUARTERLY if "Q" in label else YEARLY), bloc, label, quantiles, forecast.before.ev_shares[bloc]


def in_short(scored: Scored) -> pd.DataFrame:
    """A row a kind: numbers scored, coverage, both mean scores, and how the forecast compares.

    better, worse: by more than one standard error of the mean difference over the same numbers; else a tie.
    """
    rows = []
    for kind in KINDS:
        own = scored.table[scored.table["quantity"] == kind] if len(scored.table) else scored.table
        if not len(own):
            continue
        mine, theirs = own[own["forecaster"] == MODEL], own[own["forecaster"] == NO_CHANGE]
        gap = mine["score"].to_numpy() - theirs["score"].to_numpy()
        error = float(np.std(gap, ddof=1) / np.sqrt(gap.size)) if gap.size > 1 else 0.0
        mean = float(np.mean(gap))
        row = {"quantity": kind, "n": len(mine), "score": mine["score"].mean(), NO_CHANGE: theirs["score"].mean()}
        held = {name: np.nan if kind == AGREEMENTS else float(mine[name].astype(float).mean()) for name in ENDS}
        rows.append(row | held | {"verdict": "tie" if abs(mean) <= error else ("better" if mean < 0 else "worse")})
    return pd.DataFrame(rows)


def tell(console: Console, forecast: Forecast, digest: str, scored: Scored) -> None:
    """Print whose forecast it is, its scores, and what the world has not spoken of."""
    first, last = forecast.quarters[0], forecast.quarters[-1]
    prose(console, f"Forecast of {first} to {last}, scenario {forecast.scenario}, made on {forecast.made}.")
    prose(console, f"The seal holds: {digest}")
    short = in_short(scored)
    if len(short):
        grid = Grid("", ["what"], ["n", "in 50 %", "in 90 %", "score", NO_CHANGE, "the model is"])
        for row in short.to_dict("records"):
            held = ["" if np.isnan(row[name]) else f"{100 * row[name]:.0f} %" for name in ENDS]
            grid.row(row["quantity"], row["n"], *held, f"{row['score']:.3f}", f"{row[NO_CHANGE]:.3f}", row["verdict"])
        grid.show(console)
        prose(console, "Lower scores are better; a difference within one standard error is a tie.")
    for kind, labels in scored.unspoken.items():
        if labels:
            span = labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"
            prose(console, f"The world has not spoken yet of {kind}, {span} ({TABLES[kind]}).")


def as_record(forecast: Forecast, digest: str, scored: Scored) -> dict[str, Any]:
    """Everything for another program; None for what is not known."""

    def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
        whole = table.astype(object).where(table.notna(), None) if len(table) else table
        return [{str(name): value for name, value in row.items()} for row in whole.to_dict("records")]

    return {
        "sha256": digest, "made": forecast.made, "scenario": forecast.scenario, "quarters": forecast.quarters,
        "short": plain(in_short(scored)), "scores": plain(scored.table), "unspoken": scored.unspoken,
    }  # fmt: skip
