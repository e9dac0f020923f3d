"""Scenarios: a starting point as plain arrays.

``load_scenario("2026")`` reads ``seeds/scenarios/2026.toml``, fetches what it takes from the evidence tables, checks
everything, and gives a ``Scenario``: frozen, with read-only NumPy arrays. It describes; it does not calibrate
(qualities and security costs are found from it elsewhere). Every fault of the file is reported at once.

>>> load_scenario("2026").quarter_label(0)
'2026Q4'
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.faults import InputFault
from model.numerics import LEAST_AVAILABILITY
from model.parameters.checked import Parameters, make_parameters
from model.scenario import policy
from model.scenario.arrays import BEFORE, NEVER, Bools, Floats, Ints, Workshop
from model.scenario.evidence import SourceRow, names_in
from model.scenario.policy import Access, Event, Treaty
from model.scenario.reading import Reading, in_order_of_work, read_scenario
from model.scenario.sections import quarter_name, quarter_number
from model.vocabulary import Parties

__all__ = ["BEFORE", "NEVER", "Access", "Event", "Scenario", "Treaty", "load_scenario", "scenario_names"]

# Without these sections no other can be turned into arrays.
ALWAYS_NEEDED: Final = frozenset({"first_quarter", "last_quarter"})
_OTHER_GOVERNMENTS: Final = (
    "blocs: what governments want cannot be taken over from {}, whose governments are {}; write calibrate = true"
)


@dataclasses.dataclass(frozen=True, eq=False)
class Scenario:
    """A starting point.

    Axes: f automaker, k supplier, m market, b bloc, o place, g good (EV, battery), d dyad, s side, t quarter;
    duties are indexed (importer, exporter).
    """

    name: str
    title: str
    about: str
    parties: Parties
    first_quarter: str
    n_quarters: int
    history_quarters: int  # duties follow ``special`` in the first so many quarters; later the model moves them
    parameters: Parameters  # the declared defaults with this scenario's changes
    automakers: tuple[str, ...]
    suppliers: tuple[str, ...]
    automaker_home: Ints  # (f,) index in ``Parties.places``, the last is elsewhere
    supplier_home: Ints  # (k,)
    # markets
    market_size: Floats  # (m,) m new cars per quarter
    ev_share: Floats  # (m,) EV share of new cars at the start
    drift_target: Floats  # (m,) EV share that the trend alone would reach
    drift_quarters: float  # quarters from the start to that share
    kwh: Floats  # (m,) kWh per EV
    ev_stock: Floats  # (m,) m EVs sold until the start
    brand_share: Floats  # (f, m) share of the market's EVs; sums to 1 over f
    on_sale_from: Ints  # (f, m) quarter in which f goes on sale in m: BEFORE, an index, or NEVER
    banned: Bools  # (f, m) kept out by a rule
    # places, costs, plants
    origin_share: Floats  # (f, m, o) share of f's sales in m built in o; sums to 1 over o
    plant_from: Ints  # (f, m) quarter from which f has a plant in m: BEFORE, an index, or NEVER
    vehicle_cost: Floats  # (m,) k$ per car without battery, in a place of factor 1
    place_factor: Floats  # (o,)
    freight: Floats  # (o, m) k$ per car
    # batteries
    supplier_share: Floats  # (k,) world share of cells; sums to 1
    cell_cost: Floats  # (k,) $/kWh before the contract margin
    experience: Floats  # (k,) GWh built until the start
    local_share: Floats  # (k, o) share of k's deliveries to o that is built in o
    mineral_share: Floats  # (k,) share of mineral value that the US credit allows
    tie: Floats  # (k, f) match value in logs
    place_tie: Floats  # (k, o) the same by place of assembly
    battery_freight: float  # $/kWh across a border
    # duties, fractions of the border price
    mfn: Floats  # (t, g, importer, exporter)
    special: Floats  # (t, g, importer, exporter) no-treaty duty minus MFN
    floor: Floats  # (t, g, importer, exporter) what a full cut leads to
    # (importer, exporter) share of battery cars in EVs, where a special duty is on these alone, before it
    battery_share: Floats
    own_security: Floats  # (g, importer, exporter) part of the security cost that a duty shows which is its own
    other_duty: Floats  # (g, m) on goods from other places
    review: Ints  # (importer, exporter) quarter in which what duty cases have added is reviewed, or NEVER
    # purchase support
    subsidy: Floats  # (t, m) k$ per eligible EV
    eligibility: Floats  # (t, f, m) share of the subsidy that f's cars get
    credit: Floats  # (t, m) k$ per EV of a credit with local-content rules
    credit_minerals: Floats  # (t, m) least mineral share
    credit_components: Floats  # (t, m) least component share
    credit_restricted: Bools  # (t, m) none with cells of Chinese suppliers
    # charging, industry, announcements
    chargers: Floats  # (m,) m public charging points
    charger_budget: Floats  # (m,) bn$ per quarter
    charger_cost: Floats  # (m,) k$ per point
    cars_built: Floats  # (b,) m cars of any kind per year
    ice_share: Floats  # (m, b) share of home makers of b in the market outside EVs
    zev_announced: Bools  # (b,) a phase-out announcement stands at the start
    zev_age: Floats  # (b,) quarters since it was made; 0 where none
    zev_required: Floats  # (b,) EV share in 2035 that it requires
    # dyads
    regime_distance: Floats  # (d,) distance of the rules for cars
    dialogue_level: Floats  # (d,) state of dialogue
    tension_start: Floats  # (d,) latent tension; nan = its mean
    supply_assurance: Bools  # (d, s) side s can assure supply to the partner
    linkage_value: Floats  # (d, s) bn$ per year to the receiver if s gives
    linkage_cost: Floats  # (d, s) bn$ per year to the giver s
    linkage_words: tuple[tuple[str, str], ...]  # (d, s) what it is, in words; may be empty
    treaties: tuple[Treaty, ...]
    access: tuple[Access, ...]  # terms other than those of any brand, by importer and exporter
    turnover: Bools  # (t, b) a new government takes office
    events: tuple[Event, ...]
    sources: tuple[SourceRow, ...]  # where each number comes from
    calibrate: bool = False  # found anew what its governments want, though it extends another scenario
    base: Scenario | None = None  # the scenario whose calibration it takes over; None where it has its own

    def quarter_label(self, t: int) -> str:
        """The label of a quarter index; 0 is the first quarter of the scenario."""
        return quarter_name(quarter_number(self.first_quarter) + t)

    def quarter_index(self, label: str) -> int:
        """The index of a quarter label; negative before the first quarter."""
        return quarter_number(label) - quarter_number(self.first_quarter)

    @property
    def base_duty(self) -> Floats:
        """(t, g, importer, exporter) duty without a treaty: MFN plus special."""
        return self.mfn + self.special

    @property
    def availability(self) -> Floats:
        """(f, m) availability at the start: 1 where a brand is on sale, ``LEAST_AVAILABILITY`` elsewhere."""
        return np.where(self.on_sale_from == BEFORE, 1.0, LEAST_AVAILABILITY)

    @property
    def has_plant(self) -> Bools:
        """(f, m) an automaker has a plant in a market at the start."""
        return self.plant_from == BEFORE

    @property
    def last_quarter(self) -> str:
        """The label of the last quarter."""
        return self.quarter_label(self.n_quarters - 1)


def scenario_names() -> list[str]:
    """The scenarios in ``seeds/scenarios``."""
    return names_in("scenarios", ".toml")


def load_scenario(name_or_path: str | Path) -> Scenario:
    """The scenario of a name ("2026") or of a .toml file, resolved, checked and turned into arrays.

    Raises:
        InputFault: lists every fault of the file.
    """
    return built(read_scenario(name_or_path), Path(name_or_path).stem)


def _with_parameters(faults: list[str], fault: InputFault) -> list[str]:
    """Faults with those of the parameters: that one is no finite number is said by what is allowed of it."""
    own = [f"parameters.{line}" for line in fault.faults]
    told = {f"{line.partition(':')[0]}: not a finite number; write one" for line in own}
    return [line for line in faults if line not in told] + own


def built(reading: Reading, name: str) -> Scenario:
    """The scenario of a file that was read, checked and turned into arrays; ``name`` is what messages call it.

    Raises:
        InputFault: lists every fault of the file.
    """
    file, faults = reading.file, list(reading.faults)
    try:
        parameters = make_parameters(getattr(file, "parameters", {}), reading.parties)
    except InputFault as fault:
        faults = _with_parameters(faults, fault)
    workshop = Workshop(file, reading.shelf, reading.parties)
    arrays: dict[str, Any] = {}
    # Each step needs some sections; where one of them is malformed, the others are still checked.
    steps = (
        (workshop.time, {"history_ends"}),
        (workshop.rosters, {"automaker", "supplier"}),
        (workshop.markets, {"market", "brands", "automaker", "ban", "access"}),
        (workshop.production, {"automaker", "cost"}),
        (workshop.batteries, {"automaker", "supplier", "batteries"}),
        (lambda: policy.duties(workshop), {"duties"}),
        (lambda: policy.support(workshop), {"automaker", "subsidy", "credit"}),
        (lambda: policy.charging(workshop), {"charging"}),
        (lambda: policy.industry(workshop), {"automaker", "industry"}),
        (lambda: policy.governments(workshop), {"zev", "turnover"}),
        (lambda: policy.dyads(workshop), {"dyad"}),
        (lambda: {"treaties": policy.treaties(workshop, arrays)}, {"duties", "treaty"}),
        (
            lambda: {"access": policy.access(workshop, arrays)},
            {"access", "automaker", "ban", "brands", "duties", "market"},
        ),
        (lambda: {"events": tuple(policy.event(workshop, name) for name in file.event)}, {"event"}),
    )
    for step, needed in steps:
        if not reading.malformed & (needed | ALWAYS_NEEDED):
            arrays |= step()
    faults += workshop.faults
    if faults:
        raise InputFault(in_order_of_work(faults), f"scenario {name}")
    above = None if reading.base is None else _base(reading.base, name)
    if above is not None and above.parties.blocs != reading.parties.blocs:
        raise InputFault([_OTHER_GOVERNMENTS.format(above.name, ", ".join(above.parties.blocs))], f"scenario {name}")
    scenario = Scenario(
        name=file.name,
        title=file.title,
        about=file.about,
        parties=reading.parties,
        first_quarter=file.first_quarter,
        parameters=parameters,
        sources=tuple(reading.sources),
        calibrate=file.calibrate,
        base=above,
        **arrays,
    )
    for record in (scenario, *scenario.treaties, *(terms for one in scenario.access for terms in (one, *one.on_table))):
        for array in vars(record).values():
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
    return scenario


def _base(reading: Reading, name: str) -> Scenario:
    """The scenario whose calibration another one takes over; ``name`` is the other's.

    Raises:
        InputFault: it is no whole scenario by itself.
    """
    of = reading.files[0].stem
    try:
        return built(reading, of)
    except InputFault as fault:
        more = f"scenario {of}, whose calibration it takes over: "
        last = "mend that one, or write calibrate = true in this one, so that its own start is calibrated"
        raise InputFault([*(f"{more}{line}" for line in fault.faults), last], f"scenario {name}") from None
