"""What a hindcast fits, to what, and how it is scored: the declaration in ``seeds/calibration``, read and checked.

The declaration is written before anything is fitted. Every fault of the file is reported at once.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model import (
    PARAMETERS,
    InputFault,
    is_path,
    named_twice,
    nearest,
    no_file,
    of_form,
    read_toml,
    scenario_names,
    seeds_directory,
)

Text = Annotated[str, Field(min_length=5)]
Year = Annotated[int, Field(ge=2010, le=2040, strict=True)]
Whole = Annotated[int, Field(ge=1, le=65536, strict=True)]
FOLDER: Final = "calibration"

#: Targets that the fit can measure; a declaration may leave some out.
TARGETS: Final = (
    *("rises CN-US", "rises elsewhere", "cuts"),
    *(f"{kind} {dyad}" for kind in ("agreements", "collapses") for dyad in ("CN-US", "CN-EU", "US-EU")),
)


class Part(BaseModel):
    """A table of the declaration; unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Declared = TypeVar("Declared", bound=Part)


class Range(Part):
    """A uniform prior and its reason."""

    low: float
    high: float
    why: Text


class Fit(Part):
    n_points: Whole
    lanes: Whole
    keep: Annotated[float, Field(gt=0, le=1, strict=True)]
    sample: Whole
    root_seed: Annotated[int, Field(ge=0, strict=True)]


class Forecast(Part):
    lanes: Whole
    root_seed: Annotated[int, Field(ge=0, strict=True)]


class Trend(Part):
    """Priors of the damped trend: phi a quarter, spreads in utils (log odds) a quarter."""

    phi: Range
    level_sd: Range
    growth_sd: Range
    noise_sd: Range
    n_points: Whole


class Discrepancy(Part):
    """What the model leaves open: price_sd, log a year; share_freedom, changes that the spread of shares rests on."""

    price_sd: Range
    share_freedom: Whole


class Target(Part):
    """A number of 2018-2022: scale is the error of the model, in its own unit, that counts as one."""

    name: str
    what: str
    scale: Annotated[float, Field(gt=0)]
    why: Text


class Preferences(Part):
    why: Text


class HindcastPlan(Part):
    """A declaration."""

    name: str
    title: Text
    scenario: str
    own_duties: str
    fit_first: Year
    fit_last: Year
    score_first: Year
    score_last: Year
    fit: Fit
    forecast: Forecast
    free: dict[str, Range] = Field(min_length=1)
    trend: Trend
    discrepancy: Discrepancy
    targets: list[Target] = Field(min_length=1)
    preferences: Preferences

    @property
    def digest(self) -> str:
        """What tells this declaration from any other."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def fit_years(self) -> list[int]:
        """Years that the fit may see."""
        return list(range(self.fit_first, self.fit_last + 1))

    @property
    def score_years(self) -> list[int]:
        """Years that the forecast is scored on."""
        return list(range(self.score_first, self.score_last + 1))

    @property
    def own_duties_file(self) -> str:
        """Path of the scenario with the model's own duties from the start."""
        return str(seeds_directory() / FOLDER / self.own_duties)


def load_hindcast(name_or_path: str | Path = "2018") -> HindcastPlan:
    """The declaration of a name in ``seeds/calibration`` or of a .toml file.

    Raises:
        InputFault: lists every fault of the file.
    """
    plan = read_plan(HindcastPlan, name_or_path, "hindcast")
    if faults := _faults(plan):
        raise InputFault(faults, f"hindcast {plan.name}")
    return plan


def read_plan(kind: type[Declared], name_or_path: str | Path, what: str) -> Declared:
    """A declaration of this kind: its table checked key by key, not yet as a whole. ``what`` names it in messages.

    Raises:
        InputFault: there is no such file, it is no TOML, or keys are missing, unknown or not of their kind.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = seeds_directory() / FOLDER / f"{name_or_path}.toml"
    if not path.is_file():
        known = sorted(p.stem for p in (seeds_directory() / FOLDER).glob("*.toml") if _declares(p, kind))
        if is_path(name_or_path):
            raise InputFault([no_file(name_or_path, known, what)])
        hint = nearest(str(name_or_path), known) or f"known are {', '.join(known)}"
        raise InputFault([f"{str(name_or_path)!r} is neither a declaration of {what} nor a .toml file; {hint}"])
    subject = f"{what} {path.stem}"
    try:
        _, table = read_toml(path, subject)
        return kind.model_validate(table)
    except ValidationError as error:
        raise InputFault([_sentence(fault, what) for fault in error.errors()], subject) from None


def _declares(file: Path, kind: type[Part]) -> bool:
    """Whether a file is a declaration of this kind, by its keys."""
    needed = {name for name, field in kind.model_fields.items() if field.is_required()}
    return needed <= set(tomllib.loads(file.read_text(encoding="utf-8")))


def _sentence(fault: object, what: str) -> str:
    assert isinstance(fault, dict)
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        keys = {key for part in Part.__subclasses__() for key in part.model_fields}
        return f"{where} is not a key of {what}; {nearest(str(fault['loc'][-1]), keys) or 'remove it'}"
    if fault["type"] == "missing":
        return f"{where} is missing; add it"
    return f"{where} = {of_form(fault)}"


def _faults(plan: HindcastPlan) -> list[str]:
    """What only shows when parts are put together."""
    faults = []
    years = (plan.fit_first, plan.fit_last, plan.score_first, plan.score_last)
    if not years[0] < years[1] < years[2] <= years[3]:
        faults.append(f"years {years}: the fit must end before scoring begins; order them")
    if plan.scenario not in scenario_names():
        hint = nearest(plan.scenario, scenario_names()) or f"known are {', '.join(scenario_names())}"
        faults.append(f"scenario = {plan.scenario!r} is not known; {hint}")
    if not Path(plan.own_duties_file).is_file():
        faults.append(f"own_duties = {plan.own_duties!r}: no such file beside the declaration; correct the name")
    faults += design_faults("free", plan.free, plan.fit)
    for name, prior in (*_ranges(plan.trend), *_ranges(plan.discrepancy)):
        if not 0.0 < prior.low < prior.high:
            faults.append(f"{name} = {prior.low:g} to {prior.high:g}: allowed is 0 < low < high; correct it")
    for target in plan.targets:
        if target.name not in TARGETS:
            hint = nearest(target.name, TARGETS) or f"known are {', '.join(TARGETS)}"
            faults.append(f"targets: {target.name!r} cannot be measured; {hint}")
    return faults


def design_faults(where: str, ranges: Mapping[str, Range], fit: Fit) -> list[str]:
    """What is wrong with priors of parameters, and with the numbers of points and rows."""
    faults = named_twice(ranges, f"{where}: ")
    for name, prior in ranges.items():
        if name not in PARAMETERS:
            faults.append(f"{where}.{name} is not a parameter; {nearest(name, PARAMETERS) or 'see detente parameters'}")
            continue
        spec = PARAMETERS[name]
        if spec.kind not in ("float", "int") or spec.low is None or spec.high is None:
            faults.append(f"{where}.{name}: only numbers can be fitted; leave it out")
        elif not spec.low <= prior.low < prior.high <= spec.high:
            faults.append(
                f"{where}.{name} = {prior.low:g} to {prior.high:g}: allowed is a range within {spec.low:g} to "
                f"{spec.high:g} {spec.unit}; correct it"
            )
    if fit.n_points & (fit.n_points - 1):
        faults.append(f"fit.n_points = {fit.n_points}: Sobol points come in powers of two; write 512 or 1024")
    if fit.keep * fit.n_points < fit.sample:
        faults.append(f"fit.sample = {fit.sample}: more rows than points are kept; lower it or raise keep")
    return faults


def _ranges(part: Part) -> list[tuple[str, Range]]:
    where = type(part).__name__.lower()
    return [(f"{where}.{name}", value) for name, value in part if isinstance(value, Range)]
