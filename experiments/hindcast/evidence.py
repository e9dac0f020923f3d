"""The record that a hindcast is fitted to and scored on, read year by year.

``observe(first, last)`` reads rows of the years first to last and no others. The fit calls it with the years of
the fit; only ``scores`` may ask for later ones, and only with a forecast that is written and sealed.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from experiments.hindcast.plan import HindcastPlan
from model import InputFault, evidence_table, seeds_directory

BLOCS: Final = ("CN", "US", "EU")
DYADS: Final = ("CN-US", "CN-EU", "US-EU")
DIRECTED: Final = ("CN<US", "US<CN", "CN<EU", "EU<CN", "US<EU", "EU<US")
ROSTER: Final = "2018"  # the scenario whose file says which rows belong to which automaker and supplier
TRACKS: Final = ("trade", "ev")
MOVED: Final = 0.01  # a change of a duty from one year's end to the next that counts as a move
QUARTERS: Final = 4
DAYS_A_YEAR: Final = 365.25
DAYS_A_MONTH: Final = DAYS_A_YEAR / 12
#: How far a threat was carried out (events.csv).
CARRIED: Final = {"yes": 1.0, "partly": 0.5, "no": 0.0}


def year_of(row: dict[str, str]) -> int | None:
    """The year a row of evidence speaks of: that of its first dated column; None where it has none."""
    for key in ("year", "quarter", "date", "start_date", "start", "opened", "opened_or_planned"):
        found = re.match(r"\d{4}", row.get(key, ""))
        if found:
            return int(found.group())
    return None


def rows(file: str, first: int, last: int) -> Iterator[dict[str, str]]:
    """Rows of one table that speak of the years first to last."""
    for row in evidence_table(file):
        year = year_of(row)
        if year is not None and first <= year <= last:
            yield row


@dataclass(frozen=True)
class Record:
    """What was observed in some years (y); nan where nothing was.

    years (y,); ev_share (m, y); quarterly (m, 4 y) EV share, the year's spread over quarters as battery cars were sold;
    brand (m, f, y) shares of EVs sold; supplier (k, y) world shares of cells; price_change (y,) log change of pack
    prices over the year before; duty (6, y) EV duties at the end of the year, duty_before (6,) at the end of the year
    before the first; talks, agreement, collapse (d, y) whether there was one; threats (n, 2) dyad and part carried
    out; lengths (n,) months of episodes of talks that ended.
    """

    years: np.ndarray
    ev_share: np.ndarray
    quarterly: np.ndarray
    brand: np.ndarray
    supplier: np.ndarray
    price_change: np.ndarray
    duty: np.ndarray
    duty_before: np.ndarray
    talks: np.ndarray
    agreement: np.ndarray
    collapse: np.ndarray
    threats: np.ndarray
    lengths: np.ndarray

    @property
    def moves(self) -> np.ndarray:
        """(6, y) 1 where a duty is higher at the year's end than a year before, -1 where it is lower, else 0."""
        change = np.diff(np.concatenate([self.duty_before[:, None], self.duty], axis=1), axis=1)
        return np.where(change > MOVED, 1, np.where(change < -MOVED, -1, 0))


def observe(first: int, last: int, fill: bool = True) -> Record:
    """The record of the years first to last, and the duties at the end of the year before.

    fill: a brand's missing year between two known ones lies on a line between them; without it, it stays missing.
    """
    years = np.arange(first, last + 1)
    file = _file_of(ROSTER)
    duties = _duties(first - 1, last)
    events = _events(first, last)
    return Record(
        years=years,
        ev_share=_ev_share(first, last),
        quarterly=_quarterly(first, last),
        brand=_brands(file, first, last, fill),
        supplier=_suppliers(file, first, last),
        price_change=_price_changes(first, last),
        duty=duties[:, 1:],
        duty_before=duties[:, 0],
        talks=events["dialogue_opened"] | events["agreement"] | events["dialogue_suspended"],
        agreement=events["agreement"],
        collapse=events["dialogue_suspended"],
        threats=_threats(first, last),
        lengths=_lengths(first, last),
    )


@functools.cache
def _file_of(name: str) -> dict[str, Any]:
    """The scenario file that names which rows belong to which automaker and supplier."""
    return tomllib.loads((seeds_directory() / "scenarios" / f"{name}.toml").read_text(encoding="utf-8"))


def automakers() -> list[str]:
    """Names of the scenario's automakers, in the order of its arrays."""
    return list(_file_of(ROSTER)["automaker"])


def suppliers() -> list[str]:
    """Names of the scenario's suppliers, in the order of its arrays."""
    return list(_file_of(ROSTER)["supplier"])


def market_sizes() -> np.ndarray:
    """(m,) m new cars a quarter at the scenario's start."""
    return np.array(_file_of(ROSTER)["market"]["size"]["value"], dtype=np.float64)


def _ev_share(first: int, last: int) -> np.ndarray:
    share = np.full((len(BLOCS), last - first + 1), np.nan)
    for row in rows("ev_share.csv", first, last):
        if row["bloc"] in BLOCS:
            share[BLOCS.index(row["bloc"]), int(row["year"]) - first] = float(row["ev_share"])
    return share


def _quarterly(first: int, last: int) -> np.ndarray:
    """EV shares by quarter: battery cars' shares, times the year's ratio of EVs to battery cars."""
    n_years = last - first + 1
    sold, market = (np.full((len(BLOCS), QUARTERS * n_years), np.nan) for _ in range(2))
    for row in rows("bev_quarterly.csv", first, last):
        if row["bloc"] in BLOCS:
            at = QUARTERS * (int(row["quarter"][:4]) - first) + int(row["quarter"][-1]) - 1
            m = BLOCS.index(row["bloc"])
            sold[m, at], market[m, at] = float(row["bev_sales_thousand"]), float(row["new_car_sales_thousand"])
    by_year = (len(BLOCS), n_years, QUARTERS)
    mean = np.sum(sold.reshape(by_year), axis=2) / np.sum(market.reshape(by_year), axis=2)
    return sold / market * np.repeat(_ev_share(first, last) / mean, QUARTERS, axis=1)


def _brands(file: dict[str, Any], first: int, last: int, fill: bool) -> np.ndarray:
    """(m, f, y) shares by the scenario's automakers, which may have several rows each; the rest as in the scenario."""
    owner = {row: name for name, maker in file["automaker"].items() for row in maker.get("rows", [])}
    n_years = last - first + 1
    known: dict[tuple[int, str], np.ndarray] = {}
    for row in rows("automakers.csv", first, last):
        if row["preferred"] == "1" and row["market_bloc"] in BLOCS and row["share_of_ev_market"]:
            series = known.setdefault((BLOCS.index(row["market_bloc"]), row["automaker"]), np.full(n_years, np.nan))
            series[int(row["year"]) - first] = float(row["share_of_ev_market"])
    makers = list(file["automaker"])
    share = np.full((len(BLOCS), len(makers), n_years), np.nan)
    for (m, name), series in known.items():
        at = np.flatnonzero(np.isfinite(series))
        if fill:
            series[at[0] : at[-1] + 1] = np.interp(np.arange(at[0], at[-1] + 1), at, series[at])
        f = makers.index(owner[name])
        share[m, f] = np.where(np.isnan(series), share[m, f], np.nan_to_num(share[m, f]) + np.nan_to_num(series))
    least = float(file["brands"]["unsold_at_most"]["value"])
    share[share <= least] = np.nan
    for m, bloc in enumerate(BLOCS):
        total = np.nansum(share[m], axis=0)
        if bloc in file["brands"]["rest"]:
            rest = makers.index(file["brands"]["rest"][bloc])
            share[m, rest] = np.where(total > 0, np.nan_to_num(share[m, rest]) + 1.0 - total, np.nan)
        else:
            share[m] /= np.where(total > 0, total, 1.0)
    return share


def _suppliers(file: dict[str, Any], first: int, last: int) -> np.ndarray:
    """World shares of the suppliers that have a row of their own; nan for groups of others."""
    names = list(file["supplier"])
    share = np.full((len(names), last - first + 1), np.nan)
    for row in rows("battery_suppliers.csv", first, last):
        for k, name in enumerate(names):
            if row["supplier"] in {*file["supplier"][name].get("rows", []), name} and row["global_share"]:
                share[k, int(row["year"]) - first] = float(row["global_share"])
    return share


def _price_changes(first: int, last: int) -> np.ndarray:
    """Log change of the world price of packs over the year before, within one year's dollars; nan in the first year."""
    series: dict[str, dict[int, float]] = {}
    for row in rows("battery_price.csv", first, last):
        if row["region"] == "WORLD" and row["segment"] == "pack_all_segments" and row["real_dollar_year"].isdecimal():
            series.setdefault(row["real_dollar_year"], {})[int(row["year"])] = float(row["price_usd_per_kwh"])
    change = np.full(last - first + 1, np.nan)
    for _, prices in sorted(series.items(), reverse=True):  # of several, the earliest dollars: least revised
        for year in prices:
            if year - 1 in prices:
                change[year - first] = np.log(prices[year] / prices[year - 1])
    return change


def _duties(first: int, last: int) -> np.ndarray:
    duty = np.full((len(DIRECTED), last - first + 1), np.nan)
    for row in rows("tariffs_quarterly.csv", first, last):
        pair = f"{row['importer']}<{row['exporter']}"
        if row["product"] == "ev" and pair in DIRECTED and row["quarter"].endswith("Q4"):
            duty[DIRECTED.index(pair), int(row["quarter"][:4]) - first] = float(row["rate_end"])
    return duty


def dyad_of(parties: str) -> int | None:
    """The dyad that two parties make; None for one, or for all three."""
    named = set(parties.split(","))
    return next((d for d, dyad in enumerate(DYADS) if set(dyad.split("-")) == named), None)


def _history(first: int, last: int) -> Iterator[tuple[int, dict[str, str]]]:
    for row in rows("events.csv", first, last):
        dyad = dyad_of(row["parties"])
        if dyad is not None and row["track"] in TRACKS:
            yield dyad, row


def _events(first: int, last: int) -> dict[str, np.ndarray]:
    kinds = ("dialogue_opened", "agreement", "dialogue_suspended")
    found = {kind: np.zeros((len(DYADS), last - first + 1), dtype=bool) for kind in kinds}
    for dyad, row in _history(first, last):
        if row["kind"] in kinds:
            found[row["kind"]][dyad, int(row["date"][:4]) - first] = True
    return found


def years_kept(first: int, last: int) -> tuple[int, float]:
    """How many agreements on trade or EVs were broken in these years, and for how many years any was in force.

    One is in force from its date until talks are suspended, or duties rise, between the same two; the dyads' years add
    up. Agreements on top of one that is in force change nothing.
    """
    n_broken, days = 0, 0.0
    since: dict[int, Any] = {}
    for dyad, row in sorted(_history(first, last), key=lambda found: found[1]["date"]):
        day = np.datetime64(row["date"])
        if row["kind"] == "agreement":
            since.setdefault(dyad, day)
        elif row["kind"] in ("dialogue_suspended", "tariff_up") and dyad in since:
            n_broken += 1
            days += float((day - since.pop(dyad)) / np.timedelta64(1, "D"))
    end = np.datetime64(f"{last + 1}-01-01")
    days += float(np.sum([(end - day) / np.timedelta64(1, "D") for day in since.values()]))
    return n_broken, days / DAYS_A_YEAR


def _threats(first: int, last: int) -> np.ndarray:
    found = [(dyad, CARRIED[row["carried_out"]]) for dyad, row in _history(first, last) if row["threat"] == "1"]
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _lengths(first: int, last: int) -> np.ndarray:
    """Months from the first opening to the next agreement or suspension, of episodes that ended in these years."""
    months: list[float] = []
    opened: dict[int, Any] = dict.fromkeys(range(len(DYADS)))
    events = sorted(_history(first - 1, last), key=lambda found: found[1]["date"])
    for dyad, row in events:
        day = np.datetime64(row["date"])
        if row["kind"] == "dialogue_opened" and opened[dyad] is None:
            opened[dyad] = day
        elif row["kind"] in ("agreement", "dialogue_suspended") and opened[dyad] is not None:
            if int(row["date"][:4]) >= first:
                months.append(float((day - opened[dyad]) / np.timedelta64(1, "D")) / DAYS_A_MONTH)
            opened[dyad] = None
    return np.array(months)


def later(plan: HindcastPlan) -> Record:
    """The record of the years to score; for ``scores`` alone, which asks for a sealed forecast first.

    Changes are those against the year before, so the last year of the fit is read again.
    """
    known = observe(plan.fit_last, plan.score_last, fill=False)
    own = {name: getattr(known, name)[..., 1:] for name in ("years", "ev_share", "brand", "supplier", "price_change")}
    own |= {name: getattr(known, name)[..., 1:] for name in ("duty", "talks", "agreement", "collapse")}
    return dataclasses.replace(
        known,
        **own,
        quarterly=known.quarterly[:, QUARTERS:],
        duty_before=known.duty[:, 0],
        threats=_threats(plan.score_first, plan.score_last),
        lengths=_lengths(plan.score_first, plan.score_last),
    )


def past(plan: HindcastPlan) -> Record:
    """The record that the fit sees: the years of the fit, and nothing later.

    Raises:
        InputFault: the evidence has no EV share for one of these years.
    """
    record = observe(plan.fit_first, plan.fit_last)
    if np.isnan(record.ev_share).any():
        raise InputFault(
            [f"ev_share.csv lacks a year of {plan.fit_first} to {plan.fit_last}; add its rows"], "hindcast"
        )
    return record
