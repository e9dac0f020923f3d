"""The form of a scenario file: which sections and keys there are, with units and ranges.

A scenario is a TOML file in ``seeds/scenarios``. ``extends = "2026"`` takes another scenario and replaces
what the file gives anew; tables are merged key by key, numbers and lists are replaced whole. Lists with a number for
each bloc go in the order of ``blocs`` (China, US, EU where it is not there); lists of places add the others at the end.

A file is checked against its own parties, which are the context of the validation (``three`` without one).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from model.numerics import QUARTERS_PER_YEAR
from model.vocabulary import ACCESS, BEYOND, BLOCS, GOODS, THREE


def _checked(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise PydanticCustomError("not_known", "not known", {"names": names})
    return name


def _one_of(*names: str) -> AfterValidator:
    return AfterValidator(lambda name: _checked(name, names))


def _party(kind: str) -> AfterValidator:
    """One of the names of a kind that the file's parties have."""

    def check(name: str, info: ValidationInfo) -> str:
        return _checked(name, getattr(info.context or THREE, kind))

    return AfterValidator(check)


def _for_each(kind: str) -> AfterValidator:
    """As many as the file's parties have of a kind."""

    def check(values: list[Any], info: ValidationInfo) -> list[Any]:
        wanted = len(getattr(info.context or THREE, kind))
        if len(values) != wanted:
            raise PydanticCustomError("too_long", "too long", {"max_length": wanted, "each": kind})
        return values

    return AfterValidator(check)


Bloc = Annotated[str, _party("blocs")]
Place = Annotated[str, _party("places")]
DyadName = Annotated[str, _party("dyad_names")]
Directed = Annotated[str, _party("directed_names")]  # importer<exporter
Good = Annotated[str, _one_of(*GOODS)]
QuarterLabel = Annotated[str, Field(pattern=r"^\d{4}Q[1-4]$")]

# Strict: a text or a switch is not a number.
Number = Annotated[float, Field(ge=-50, le=50, strict=True)]  # in logs or log odds
Fraction = Annotated[float, Field(ge=0, le=1, strict=True)]
Duty = Annotated[float, Field(ge=0, le=5, strict=True)]  # ad valorem; 5 = 500 %, far above the highest seen
# The upper ends only stop slips of the unit, such as $ for k$.
Positive = Annotated[float, Field(gt=0, le=1e5, strict=True)]
NotNegative = Annotated[float, Field(ge=0, le=1e5, strict=True)]
Thousands = Annotated[float, Field(gt=0, le=500, strict=True)]  # k$ per car or charging point
Factor = Annotated[float, Field(gt=0, le=10, strict=True)]
Freight = Annotated[float, Field(ge=0, le=100, strict=True)]
CellPrice = Annotated[float, Field(gt=0, le=2000, strict=True)]  # $/kWh
Quarters = Annotated[float, Field(ge=1, strict=True)]
Switch = Annotated[bool, Field(strict=True)]

T = TypeVar("T")
ByBloc = Annotated[list[T], _for_each("blocs")]
ByPlace = Annotated[list[T], _for_each("places")]


class Section(BaseModel):
    """A table of the file; unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Drift(Section):
    """Trend of the EV share: the share aimed at, and the quarters to get there from ``market.ev_share``."""

    target: ByBloc[Fraction]
    quarters: Quarters


class Market(Section):
    size: ByBloc[Positive]  # m new cars per quarter
    ev_share: ByBloc[Fraction]
    drift: Drift
    kwh: ByBloc[Positive]  # kWh per EV sold
    stock: ByBloc[Positive] | None = None  # m EVs sold until the start; default: three years' sales like the first


class Brands(Section):
    """Where brand shares are read: the rows of one table, given to automakers by their ``rows``."""

    table: str  # file:conditions:column
    rest: dict[Bloc, str] = {}  # who gets what the rows leave; in other markets shares are scaled to 1
    unsold_at_most: Fraction = 0.0  # shares this small are rounding: the brand is not sold


class Automaker(Section):
    home: Place
    rows: list[str] = []  # names in the table of brands
    share: dict[Bloc, Fraction] = {}  # share of the market's EVs, where no table of brands is used
    plants: list[Bloc] = []  # its home always has one
    plants_later: dict[Bloc, QuarterLabel] = {}
    on_sale_later: dict[Bloc, QuarterLabel] = {}
    origins: dict[Bloc, dict[Place, Fraction]] = {}  # default: all from home


class Ban(Section):
    """A rule that keeps brands of some homes out of a market, except those already sold there."""

    market: Bloc
    homes: list[Place]
    in_force: Switch = True
    see: str = ""  # evidence row, file:conditions


class Access(Section):
    """Whether brands at home in one bloc may sell in another: importer<exporter."""

    in_force: Annotated[str, _one_of(*ACCESS)]
    on_table: list[Annotated[str, _one_of(*ACCESS)]] = []  # what more a treaty may grant
    quota: NotNegative | None = None  # m cars a year, built in the exporter
    growth: Fraction = 0.0  # by which the quota grows each year after the scenario's first, whoever signs it when
    duty: Literal["mfn"] | Duty | list[Duty] = "mfn"  # on cars within the quota
    beyond: Annotated[str, _one_of(*BEYOND)] = "closed"  # what happens to cars beyond it
    investment: Fraction = 0.0  # under minimum prices by treaty, the part of its cars that a maker builds there
    watched_by: Bloc | None = None  # a third government that may answer what a treaty grants (third_answer)
    volume: Positive | None = None  # m cars a year that a maker may bring in under such a one; default: all


class Cost(Section):
    vehicle: ByBloc[Thousands]  # k$, car for each market without battery, where place = 1
    place: ByPlace[Factor]  # factor of the place of production
    freight: ByPlace[ByBloc[Freight]]  # k$, o x m


class Batteries(Section):
    table: str = ""  # file:conditions:column of world shares
    freight: Freight  # $/kWh, across a border


class Supplier(Section):
    home: Place
    rows: list[str] = []  # names in the table of batteries, added
    less: list[str] = []  # names to take off again
    rest: Switch = False  # what all other suppliers leave
    share: Fraction | None = None  # world share, where no table is used
    cost: CellPrice  # before the contract margin
    experience: Positive  # GWh built so far
    local: dict[Place, Fraction] = {}  # share of deliveries to a place that is built there; 1 at home
    minerals: Fraction = 0.0  # share of mineral value from sources that the US credit allows
    ties: dict[str, Number] = {}  # to automakers, in logs
    ties_else: Number = 0.0  # to all other automakers
    place_tie: dict[Place, Number] = {}


class Rate(Section):
    """Duty of one importer on one exporter's good: fractions, constant or one number a quarter."""

    mfn: Duty | list[Duty]
    base: Duty | list[Duty]  # without a treaty, suspended parts included
    floor: Literal["mfn"] | Duty = "mfn"  # what a full cut leads to
    battery_cars: Fraction = 1.0  # share in the EVs that come, before a special duty that is on battery cars alone
    own: Fraction = 1.0  # part of what the duty says of security that is its own; the rest mirrors or answers another


class Duties(Section):
    ev: dict[Directed, Rate]
    battery: dict[Directed, Rate]
    other_ev: ByBloc[Duty]  # on cars from other places
    other_battery: ByBloc[Duty]
    review: dict[Directed, QuarterLabel] = {}  # when what a duty case has added expires unless it is renewed


class Subsidy(Section):
    bloc: Bloc
    first: QuarterLabel
    last: QuarterLabel
    amount: NotNegative  # k$ per EV
    eligible: dict[str, Fraction] = {}  # by automaker; default 1


class Credit(Section):
    """A purchase credit with local-content rules: half for minerals, half for components."""

    bloc: Bloc
    first: QuarterLabel
    last: QuarterLabel
    amount: NotNegative  # k$ per EV
    minerals: Fraction  # least share from allowed sources
    components: Fraction
    restricted: Switch = False  # no credit with cells of a restricted entity


class Charging(Section):
    points: ByBloc[Positive]  # m public charging points
    budget: ByBloc[NotNegative]  # bn$ per year
    unit_cost: ByBloc[Thousands]  # k$ per point


class Industry(Section):
    cars_built: ByBloc[Positive]  # m per year, all cars
    ice_share: ByBloc[ByBloc[Fraction]]  # market x home bloc


class Zev(Section):
    announced: dict[Bloc, QuarterLabel] = {}
    required: ByBloc[Fraction]  # EV share that an announcement requires in 2035


class Linkage(Section):
    worth: NotNegative = 0.0  # bn$ per year, to the receiver
    cost: NotNegative = 0.0  # bn$ per year, to the giver
    what: str = ""  # as stories say it, with its article where it has one


class Dyad(Section):
    regime_distance: Fraction
    dialogue: Fraction
    tension: Number | None = None  # latent; default: its mean
    supply_by: list[Bloc] = []  # who can assure supply
    linkage_by: dict[Bloc, Linkage] = {}


class Treaty(Section):
    dyad: DyadName
    bound: dict[Bloc, dict[Good, Duty | Literal["standstill"]]] = {}  # duties bound, by importer
    supply_by: list[Bloc] = []
    recognition_by: list[Bloc] = []
    linkage_by: list[Bloc] = []
    charging: Switch = False
    technology: Switch = False
    sunset: QuarterLabel  # last quarter in force unless renewed
    instrument: Literal["", "truce", "agreement", "recognition"] = ""  # default: what its contents need
    honoured_quarters: NotNegative = 0


class Turnover(Section):
    first: QuarterLabel
    every: Quarters  # quarters


class Event(Section):
    quarter: QuarterLabel
    about: str
    see: str = ""  # evidence row, file:conditions
    treaty: str = ""  # of the start, that it is about: nothing happens where it is no more
    duty: Directed | None = None  # special, that it is about: nothing happens where there is none


class ScenarioFile(Section):
    """A whole scenario file with its numbers resolved."""

    name: str
    title: str
    about: str = ""
    blocs: list[str] = list(
        BLOCS
    )  # who negotiates, in the order of all lists; ``model.scenario.governments`` checks it
    names: dict[Bloc, str] = {}  # what they are called
    legislatures: dict[Bloc, str] = {}  # what votes there
    laws: dict[Bloc, list[str]] = {}  # of ``vocabulary.LAWS``, what laws each has; ``model.scenario.governments``
    talks: dict[Bloc, list[Bloc]] = {}  # a row a bloc: whom it ever talks with; default: all with all
    first_quarter: QuarterLabel
    last_quarter: QuarterLabel
    history_ends: QuarterLabel | None = None  # last quarter in which duties follow the file's path
    known_until: QuarterLabel | None = None  # last quarter of which anything is read from what the file extends
    calibrate: Switch = False  # whether what governments want is found anew, and not taken from what the file extends
    preferences_of: str = ""  # in files kept with results: the scenario that it is taken from
    parameters: dict[str, Any] = {}  # defaults that this scenario changes
    market: Market
    brands: Brands | None = None
    automaker: dict[str, Automaker] = Field(min_length=1)
    ban: dict[str, Ban] = {}
    access: dict[Directed, Access] = {}
    cost: Cost
    batteries: Batteries
    supplier: dict[str, Supplier] = Field(min_length=1)
    duties: Duties
    subsidy: dict[str, Subsidy] = {}
    credit: dict[str, Credit] = {}
    charging: Charging
    industry: Industry
    zev: Zev
    dyad: dict[DyadName, Dyad]
    treaty: dict[str, Treaty] = {}
    turnover: dict[Bloc, Turnover] = {}
    event: dict[str, Event] = {}


def quarter_number(label: str) -> int:
    """Quarters since the year 0, so that labels can be subtracted; "2026Q4" -> 8107."""
    return int(QUARTERS_PER_YEAR) * int(label[:4]) + int(label[5]) - 1


def quarter_name(number: int) -> str:
    """The label of a quarter number; the inverse of ``quarter_number``."""
    year, before = divmod(number, int(QUARTERS_PER_YEAR))
    return f"{year}Q{before + 1}"
