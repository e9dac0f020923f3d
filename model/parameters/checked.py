"""The parameters of a run: validated, frozen, fast to read.

``make_parameters({"battery_learning_rate": 0.2})`` gives the declared defaults with that one change.
Whatever is wrong with the input is reported at once, in one ``InputFault``, each line saying what came,
what is allowed, the nearest known name, and what to do. The rows themselves, with unit, range, meaning
and source, are in ``core.py`` and ``mechanisms.py``.

>>> make_parameters({"dialogue_ceiling": "leaders"}).dialogue_ceiling
1.0
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.faults import InputFault, nearest, shown
from model.parameters.core import (
    CORE_GROUPS,
    Conduct,
    Market,
    Relations,
    Standards,
    Talks,
    Unilateral,
    Valuing,
    Welfare,
)
from model.parameters.mechanisms import MECHANISM_GROUPS, Clubs, Commerce, Statecraft, Tactics
from model.parameters.spec import ParameterSpec
from model.vocabulary import BLOCS, DYAD_NAMES

Value = float | int | bool | str

# In the order of the documentation and of ``Parameters.key()``.
GROUPS: Final = (*CORE_GROUPS, *MECHANISM_GROUPS)


def declared() -> dict[str, ParameterSpec]:
    """All parameters by name, in declared order."""
    specs: dict[str, ParameterSpec] = {}
    for group in GROUPS:
        for row in dataclasses.fields(group):
            specs[row.name] = ParameterSpec(name=row.name, group=str(group.__doc__), **row.metadata["spec"])
    return specs


PARAMETERS: Final[dict[str, ParameterSpec]] = declared()

# Stems of parameters declared once per bloc or per dyad; ``Parameters`` also offers each as an array.
BLOC_STEMS: Final = (
    *("alpha", "ice_margin", "carbon_share", "concession_exponent", "ratification_threshold"),
    *("carbon_coverage", "carbon_price", "carbon_implicit"),
)
DYAD_STEMS: Final = ("trust_good", "trust_bad", "tension_mean")

# Units in which a value can be mistaken for percent.
_FRACTIONS: Final = {"-", "share", "S", "S_L", "1/qtr", "1/yr", "1/assessment", "tension"}
_LEAST_PERCENT: Final = 2.0  # a smaller number too large for its range is a slip, not percent


def _check_number(spec: ParameterSpec, came: object) -> tuple[float | int | None, str]:
    """The clean value and an empty string, or None and the fault."""
    if isinstance(came, str) and came in spec.aliases:
        return spec.aliases[came], ""
    fault = f"{spec.name} = {shown(came)} ({type(came).__name__}): allowed is {spec.allowed}; "
    if isinstance(came, str) and spec.aliases:
        return None, fault + (nearest(came, spec.aliases) or "write one of the names or a number")
    if isinstance(came, (bool, np.bool_)) or not isinstance(came, (int, float, np.integer, np.floating)):
        return None, fault + "write the number itself"
    try:
        number = float(came)
    except OverflowError:  # beyond any float
        number = math.inf if came > 0 else -math.inf
    fault = f"{spec.name} = {number:g}: allowed is {spec.allowed}; "
    if not math.isfinite(number):
        return None, fault + f"leave it out to get {spec.default}"
    if spec.kind == "int" and number != int(number):
        return None, fault + f"write {math.floor(number)} or {math.ceil(number)}"
    low, high = float(spec.low or 0.0), float(spec.high or 0.0)
    if low <= number <= high:
        return (int(number) if spec.kind == "int" else number), ""
    percent = spec.kind == "float" and spec.unit in _FRACTIONS and number >= max(high, _LEAST_PERCENT)
    if percent and low <= number / 100 <= high:
        return None, fault + f"rates are fractions: write {number / 100:g}, not {number:g}"
    return None, fault + f"the nearest allowed value is {low if number < low else high:g}"


def _check(spec: ParameterSpec, came: object) -> tuple[Value | None, str]:
    fault = f"{spec.name} = {shown(came)} ({type(came).__name__}): allowed is {spec.allowed}; "
    if spec.kind == "bool":
        if isinstance(came, (bool, np.bool_)):
            return bool(came), ""
        return None, fault + "it is a switch: write true or false"
    if spec.kind == "choice":
        if isinstance(came, str) and came in spec.names:
            return str(came), ""
        loaded = "; a name from a file of your own needs --tactics FILE" if spec.plugs else ""
        return None, fault + (nearest(came, spec.names) or "write one of these names") + loaded
    return _check_number(spec, came)


#: How long a run lasts stands in the scenario; these are the words for it that other programs use.
_LENGTHS: Final = frozenset({"quarters", "n_quarters", "steps", "n_steps", "max_steps", "horizon", "years", "periods"})


def _unknown(name: object) -> str:
    if name in _LENGTHS:
        return (
            f"{shown(name)} is not a parameter: how long a run lasts is the scenario's; write one of your own with "
            'extends = "2026" and, say, last_quarter = "2030Q4"'
        )
    hint = nearest(name, PARAMETERS) or f"{len(PARAMETERS)} names are listed by: detente parameters"
    return f"{shown(name)} is not a parameter; {hint}; correct the name or leave it out"


@dataclasses.dataclass(frozen=True)
class Parameters(
    Tactics, Clubs, Statecraft, Commerce, Unilateral, Relations, Conduct, Talks, Valuing, Standards, Welfare, Market
):
    """One value of every parameter, checked on construction; read it by plain attributes.

    Beside the flat names (``alpha_cn``, ``trust_good_cn_us``, ...) there are read-only float64 arrays over
    blocs (CN, US, EU) and over dyads (CN-US, CN-EU, US-EU), built once.
    """

    alpha: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    ice_margin: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    carbon_share: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    concession_exponent: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    ratification_threshold: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    carbon_coverage: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    carbon_price: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    carbon_implicit: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    trust_good: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    trust_bad: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    tension_mean: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = []
        for name, spec in PARAMETERS.items():
            value, fault = _check(spec, getattr(self, name))
            if fault:
                faults.append(fault)
            else:
                object.__setattr__(self, name, value)
        if faults:
            raise InputFault(faults, "parameters")
        for stems, suffixes in ((BLOC_STEMS, BLOCS), (DYAD_STEMS, DYAD_NAMES)):
            for stem in stems:
                row = [getattr(self, f"{stem}_{suffix.lower().replace('-', '_')}") for suffix in suffixes]
                array = np.array(row, dtype=np.float64)
                array.setflags(write=False)
                object.__setattr__(self, stem, array)

    def key(self) -> tuple[Value, ...]:
        """All values in declared order: equal keys, equal parameters."""
        return tuple(getattr(self, name) for name in PARAMETERS)

    def as_dict(self) -> dict[str, Value]:
        """All values by name, in declared order; ``make_parameters`` of it gives an equal object."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def changes(self) -> dict[str, Value]:
        """The values that differ from the declared defaults, by name."""
        return {name: value for name, value in self.as_dict().items() if value != PARAMETERS[name].default}

    def with_overrides(self, overrides: Mapping[str, object]) -> Parameters:
        """These parameters with some values replaced; checked as in ``make_parameters``."""
        return _build({**self.as_dict(), **overrides})


def _build(values: Mapping[str, Any]) -> Parameters:
    told = (
        _check(PARAMETERS[name], came)[1] if name in PARAMETERS else _unknown(name) for name, came in values.items()
    )
    if faults := [fault for fault in told if fault]:
        raise InputFault(faults, "parameters")
    return Parameters(**values)


def make_parameters(overrides: Mapping[str, object] | None = None) -> Parameters:
    """The declared defaults with ``overrides`` put in their place.

    Python and NumPy numbers are accepted; a whole float (4.0) passes for a whole number; names are accepted
    where the table gives them (``dialogue_ceiling="leaders"``).

    Raises:
        InputFault: lists every unknown name and every value of the wrong type or outside its range.
    """
    return _build(overrides or {})
