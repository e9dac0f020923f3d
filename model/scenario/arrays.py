"""From a checked scenario file to arrays: rosters to indices, rows of evidence to shares, labels to quarters.

A ``Workshop`` does the work for ``scenario.load_scenario`` and collects every fault that only shows when
sections are put together: shares that do not add up, names that no roster has, dates out of order. What
governments do (duties, treaties, support) is in ``policy.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.faults import nearest
from model.numerics import QUARTERS_PER_YEAR
from model.scenario.evidence import Row, Shelf, matching_rows, rows_and_columns
from model.scenario.sections import ScenarioFile, quarter_number
from model.vocabulary import THREE, Parties

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BEFORE: Final = -1  # quarter index of what is there when the scenario starts
NEVER: Final = 1_000_000  # quarter index of what the scenario does not foresee
YEARS_SOLD: Final = 3.0  # of today's sales that were sold before, where nothing is said: growth by a third a year
MOST_NAMES: Final = 12  # names listed in a message
MOST_QUARTERS: Final = 400  # of a scenario: a century; whoever writes more has slipped in a year
SUM_TOLERANCE: Final = 1e-6  # how far shares may be from adding up to 1


class Workshop:
    """Builds the arrays of one scenario file; ``faults`` fills as it goes."""

    def __init__(self, file: ScenarioFile, shelf: Shelf | None = None, parties: Parties = THREE) -> None:
        self.file, self.shelf, self.parties = file, shelf or Shelf(), parties
        self.blocs, self.places = parties.blocs, parties.places
        self.faults: list[str] = []
        # Sections with faults of form are absent; whoever calls leaves out what needs them.
        self.automakers = tuple(getattr(file, "automaker", ()))
        self.suppliers = tuple(getattr(file, "supplier", ()))
        self.start, self.n_quarters = 0, 1
        if hasattr(file, "first_quarter") and hasattr(file, "last_quarter"):
            self.start = quarter_number(file.first_quarter)
            self.n_quarters = quarter_number(file.last_quarter) - self.start + 1
        if self.n_quarters < 1:
            self.faults.append(f"last_quarter = {file.last_quarter}: before first_quarter; exchange them")
            self.n_quarters = 1
        if self.n_quarters > MOST_QUARTERS:
            said = f"allowed are {MOST_QUARTERS} quarters, a century, from {file.first_quarter} on"
            self.faults.append(f"last_quarter = {file.last_quarter}: {said}; write an earlier one")
            self.n_quarters = 1

    # --- small tools ------------------------------------------------------------------------------

    def index(self, label: str) -> int:
        """The quarter index of a label, 0 at the start of the scenario."""
        return quarter_number(label) - self.start

    def known(self, where: str, names: Iterable[str], roster: Sequence[str]) -> None:
        """A fault for each name that the roster lacks."""
        for name in names:
            if name not in roster:
                some = ", ".join(roster[:MOST_NAMES]) + (" ..." if len(roster) > MOST_NAMES else "")
                self.faults.append(f"{where}: {name!r} is not known; {nearest(name, roster) or 'known are ' + some}")

    def adds_up(self, where: str, total: float) -> None:
        """A fault unless shares add up to 1."""
        if abs(total - 1.0) > SUM_TOLERANCE:
            self.faults.append(f"{where}: shares add up to {total:.6g}, not 1; correct them")

    def check_row(self, where: str, see: str) -> None:
        """A fault if a reference ``file:conditions`` names no evidence row."""
        if not see:
            return
        try:
            file, _, conditions = see.partition(":")
            matching_rows(file, conditions, self.shelf)
        except ValueError as fault:
            self.faults.append(f"{where}: {fault}")

    def rows_of(self, where: str, selector: str, *needed: str) -> tuple[list[Row], str]:
        """The rows that a selector names and its one column; no rows and a fault where that cannot be."""
        try:
            rows, columns = rows_and_columns(selector, self.shelf)
            if len(columns) > 1:
                raise ValueError(f"{selector} names {len(columns)} columns; name one")
            if lacking := [name for name in needed if name not in rows[0]]:
                raise ValueError(
                    f"{selector.split(':', maxsplit=1)[0]} has no column {lacking[0]!r}; it has {', '.join(rows[0])}"
                )
        except ValueError as fault:
            self.faults.append(f"{where}: {fault}")
            return [], ""
        return rows, columns[0]

    def share_in(self, where: str, row: Row, column: str, who: str) -> float:
        """A share in a cell; 0 and a fault where it is none."""
        try:
            share = float(row[column])
        except ValueError:
            share = -1.0
        if 0.0 <= share <= 1.0:
            return share
        self.faults.append(f"{where}: {column} of {who!r} is {row[column]!r:.40}: allowed is a share from 0 to 1")
        return 0.0

    def sides(self, where: str, dyad: str, blocs: Sequence[str]) -> Bools:
        """(s,) which sides of a dyad are named."""
        pair = dyad.split("-")
        self.known(where, blocs, pair)
        return np.array([bloc in blocs for bloc in pair])

    def span(self, where: str, first: str, last: str) -> slice:
        """The quarter indices from first to last, both included, cut at the horizon."""
        if self.index(last) < self.index(first):
            self.faults.append(f"{where}: last = {last} is before first = {first}; exchange them")
        return slice(max(self.index(first), 0), max(self.index(last) + 1, 0))

    def time(self) -> dict[str, Any]:
        """Length of the scenario and of its history."""
        label = self.file.history_ends
        history = self.index(label) + 1 if label else 0
        if not 0 <= history <= self.n_quarters:
            self.faults.append(f"history_ends = {label}: outside the scenario; choose one of its quarters")
        known = self.file.known_until
        if known is not None and not 0 <= self.index(known) < self.n_quarters:
            self.faults.append(f"known_until = {known}: outside the scenario; choose one of its quarters")
        return {"n_quarters": self.n_quarters, "history_quarters": history}

    def rosters(self) -> dict[str, Any]:
        """Names and homes."""
        return {
            "automakers": self.automakers,
            "suppliers": self.suppliers,
            "automaker_home": np.array([self.places.index(a.home) for a in self.file.automaker.values()]),
            "supplier_home": np.array([self.places.index(s.home) for s in self.file.supplier.values()]),
        }

    def _by_bloc(self, section: Mapping[str, float], default: float = 0.0) -> list[float]:
        return [float(section.get(bloc, default)) for bloc in self.blocs]

    # --- markets and brands -----------------------------------------------------------------------

    def markets(self) -> dict[str, Any]:
        """Sizes, EV shares, trend, and brands."""
        market = self.file.market
        ev_share, target = np.array(market.ev_share), np.array(market.drift.target)
        for name, values in (("ev_share", ev_share), ("drift.target", target)):
            for bloc, value in zip(self.blocs, values, strict=True):
                if not 0.0 < value < 1.0:
                    self.faults.append(f"market.{name}: {bloc} has {value:g}; a share here lies between 0 and 1")
        share = self._brand_shares()
        on_sale, banned = self._on_sale(share)
        return {
            "market_size": np.array(market.size),
            "ev_share": ev_share,
            "drift_target": target,
            "drift_quarters": float(market.drift.quarters),
            "kwh": np.array(market.kwh),
            "ev_stock": YEARS_SOLD * QUARTERS_PER_YEAR * np.array(market.size) * ev_share
            if market.stock is None
            else np.array(market.stock),
            "brand_share": share,
            "on_sale_from": on_sale,
            "banned": banned,
        }

    def _brand_shares(self) -> Floats:
        brands = self.file.brands
        if brands is None:
            share = np.array([self._by_bloc(a.share) for a in self.file.automaker.values()])
            for m, bloc in enumerate(self.blocs):
                self.adds_up(f"automaker.*.share.{bloc}", float(np.sum(share[:, m])))
            return share
        rows, column = self.rows_of("brands.table", brands.table, "automaker", "market_bloc")
        if not rows:
            return np.full((len(self.automakers), len(self.blocs)), 1.0 / len(self.automakers))
        owner = {row: f for f, maker in enumerate(self.file.automaker.values()) for row in maker.rows}
        share = np.zeros((len(self.automakers), len(self.blocs)))
        for row in rows:
            maker, bloc = row["automaker"], row["market_bloc"]
            if bloc not in self.blocs:
                continue  # totals of a company
            if maker in owner:
                share[owner[maker], self.blocs.index(bloc)] += self.share_in("brands.table", row, column, maker)
            else:
                self.faults.append(f"brands.table: {maker!r} ({bloc}) is in the rows of no automaker; add it to one")
        # A row may be absent this year, but not from the whole table.
        everywhere = sorted({row["automaker"] for row in self.shelf.rows(brands.table.split(":")[0])})
        for name, automaker in self.file.automaker.items():
            n_faults = len(self.faults)
            self.known(f"automaker.{name}.rows", automaker.rows, everywhere)
            if len(self.faults) > n_faults:
                self.faults[-1] += "; a maker that is not there needs a table of your own in brands.table"
            if automaker.share:
                remedy = "give its rows there, or name a table of your own in brands.table"
                self.faults.append(f"automaker.{name}.share: shares are read from {brands.table}; {remedy}")
        share[share <= brands.unsold_at_most] = 0.0
        self.known("brands.rest", brands.rest.values(), self.automakers)
        for m, bloc in enumerate(self.blocs):
            total = float(np.sum(share[:, m]))
            if bloc in brands.rest and brands.rest[bloc] in self.automakers:
                share[self.automakers.index(brands.rest[bloc]), m] += 1.0 - total
            elif total > 0:
                share[:, m] /= total
        return share

    def _on_sale(self, share: Floats) -> tuple[Ints, Bools]:
        on_sale = np.where(share > 0, BEFORE, NEVER)
        banned = np.zeros(share.shape, dtype=np.bool_)
        for f, (name, maker) in enumerate(self.file.automaker.items()):
            for bloc, label in maker.on_sale_later.items():
                m = self.blocs.index(bloc)
                if share[f, m] > 0:
                    self.faults.append(f"automaker.{name}.on_sale_later.{bloc}: already sold at the start; remove it")
                on_sale[f, m] = max(self.index(label), 0)
        for name, ban in self.file.ban.items():
            self.check_row(f"ban.{name}.see", ban.see)
            m = self.blocs.index(ban.market)
            for f, maker in enumerate(self.file.automaker.values()):
                if ban.in_force and maker.home in ban.homes and share[f, m] == 0:
                    access = self.file.access.get(f"{ban.market}<{maker.home}")
                    is_let_in = access is not None and access.in_force not in ("closed", "local")
                    on_sale[f, m], banned[f, m] = (0 if is_let_in else NEVER), not is_let_in
        return on_sale, banned

    # --- production -------------------------------------------------------------------------------

    def production(self) -> dict[str, Any]:
        """Places of production, plants, costs."""
        makers, cost = self.file.automaker, self.file.cost
        origin = np.zeros((len(makers), len(self.blocs), len(self.places)))
        plant = np.full((len(makers), len(self.blocs)), NEVER)
        for f, (name, maker) in enumerate(makers.items()):
            for m, bloc in enumerate(self.blocs):
                for place, share in maker.origins.get(bloc, {maker.home: 1.0}).items():
                    origin[f, m, self.places.index(place)] = share
                self.adds_up(f"automaker.{name}.origins.{bloc}", float(np.sum(origin[f, m])))
            for bloc, label in maker.plants_later.items():
                plant[f, self.blocs.index(bloc)] = max(self.index(label), BEFORE)
            for bloc in {*maker.plants, maker.home} & set(self.blocs):
                plant[f, self.blocs.index(bloc)] = BEFORE
        return {
            "origin_share": origin,
            "plant_from": plant,
            "vehicle_cost": np.array(cost.vehicle),
            "place_factor": np.array(cost.place),
            "freight": np.array(cost.freight),
        }

    def batteries(self) -> dict[str, Any]:
        """Suppliers and their ties."""
        suppliers = self.file.supplier
        tie = np.zeros((len(suppliers), len(self.automakers)))
        local = np.zeros((len(suppliers), len(self.places)))
        place_tie = np.zeros((len(suppliers), len(self.places)))
        for k, (name, supplier) in enumerate(suppliers.items()):
            self.known(f"supplier.{name}.ties", supplier.ties, self.automakers)
            tie[k] = [supplier.ties.get(maker, supplier.ties_else) for maker in self.automakers]
            local[k] = [supplier.local.get(place, float(place == supplier.home)) for place in self.places]
            place_tie[k] = [supplier.place_tie.get(place, 0.0) for place in self.places]
        return {
            "supplier_share": self._supplier_shares(),
            "cell_cost": np.array([s.cost for s in suppliers.values()]),
            "experience": np.array([s.experience for s in suppliers.values()]),
            "local_share": local,
            "mineral_share": np.array([s.minerals for s in suppliers.values()]),
            "tie": tie,
            "place_tie": place_tie,
            "battery_freight": float(self.file.batteries.freight),
        }

    def _supplier_shares(self) -> Floats:
        table: dict[str, float] = {}
        if self.file.batteries.table:
            where = "batteries.table"
            rows, column = self.rows_of(where, self.file.batteries.table, "supplier")
            table = {row["supplier"]: self.share_in(where, row, column, row["supplier"]) for row in rows}
        share = np.zeros(len(self.suppliers))
        rest, n_faults = [], len(self.faults)
        for k, (name, supplier) in enumerate(self.file.supplier.items()):
            given = [bool(supplier.rows), supplier.share is not None, supplier.rest]
            if sum(given) != 1:
                self.faults.append(f"supplier.{name}: give its world share once, by rows, by share or by rest = true")
            self.known(f"supplier.{name}.rows", supplier.rows + supplier.less, sorted(table))
            share[k] = supplier.share or 0.0
            share[k] += sum(table.get(row, 0.0) for row in supplier.rows)
            share[k] -= sum(table.get(row, 0.0) for row in supplier.less)
            if supplier.rest:
                rest.append(k)
            elif share[k] < 0:
                self.faults.append(f"supplier.{name}.less takes off more than its rows give ({share[k]:.4f})")
        share[rest] = max(1.0 - float(np.sum(share)), 0.0) / max(len(rest), 1)
        if len(self.faults) == n_faults:
            self.adds_up("supplier.*.share", float(np.sum(share)))
        return share
