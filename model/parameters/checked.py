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
import itertools
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.faults import MOST_EXACT, InputFault, described, nearest, shown
from model.parameters.core import (
    CORE_GROUPS,
    Clocks,
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
from model.parameters.names import ALL_STEMS, BLOC_STEMS, DYAD_STEMS, by_flat_name, dotted, flat, of_three, stem_of
from model.parameters.spec import ParameterSpec
from model.vocabulary import THREE, Parties

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


class Declared(dict[str, ParameterSpec]):
    """The parameters by flat name; one of any bloc or dyad is there by its name with a dot too (``alpha.JP``)."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or bool(stem_of(name)[0])

    def __missing__(self, name: str) -> ParameterSpec:
        if (spec := spec_of(name)) is None:
            raise KeyError(name)
        return spec

    def get(self, name: str, default: Any = None) -> Any:
        """The parameter of any of its names, or the default."""
        return super().get(name) or spec_of(name) or default


PARAMETERS: Final = Declared(declared())


def is_flat(name: object) -> bool:
    """Whether a parameter is declared by this very name."""
    return name in PARAMETERS.keys()  # noqa: SIM118 - of the keys alone


def spec_of(name: str) -> ParameterSpec | None:
    """What is known of a parameter by any of its names; None for no parameter.

    One of a bloc that is none of the three is declared like theirs: its range holds all of theirs, and its default is
    theirs where they have one.
    """
    own = flat(name)
    if is_flat(own):
        return PARAMETERS[own]
    stem, _ = stem_of(own)
    if not stem:
        return None
    three = [PARAMETERS[one] for one in of_three(stem)]
    lows, highs = (
        [end for end in ends if end is not None] for ends in zip(*((one.low, one.high) for one in three), strict=True)
    )
    ends = {"low": min(lows), "high": max(highs)} if lows and highs else {}
    return three[0].model_copy(update={"name": own, **ends})


#: How a number that is none is written; TOML takes it in small letters alone.
NOT_FINITE: Final = ("nan", "inf", "infinity")
# Units in which a value can be mistaken for percent.
_FRACTIONS: Final = {"-", "share", "S", "S_L", "1/qtr", "1/yr", "tension"}
_LEAST_PERCENT: Final = 2.0  # a smaller number too large for its range is a slip, not percent


def _check_number(spec: ParameterSpec, came: object) -> tuple[float | int | None, str]:
    """The clean value and an empty string, or None and the fault."""
    if isinstance(came, str) and came in spec.aliases:
        return spec.aliases[came], ""
    if isinstance(came, str) and came.strip().lstrip("+-").lower() in NOT_FINITE:
        came = math.nan
    if isinstance(came, (bool, np.bool_)) or not isinstance(came, (int, float, np.integer, np.floating)):
        if isinstance(came, str) and spec.aliases:
            return None, _fault(spec, came) + (nearest(came, spec.aliases) or "write one of the names or a number")
        return None, _fault(spec, came) + "write the number itself"
    try:
        number = float(came)
    except OverflowError:  # beyond any float
        number = math.inf if came > 0 else -math.inf
    low, high = float(spec.low or 0.0), float(spec.high or 0.0)
    is_whole = spec.kind != "int" or (math.isfinite(number) and number == int(number))
    if low <= number <= high and is_whole:
        return (int(number) if spec.kind == "int" else number), ""
    fault = f"{spec.name} = {came if isinstance(came, int) and abs(number) < MOST_EXACT else f'{number:g}'}: "
    fault += f"allowed is {spec.allowed}; "
    if not math.isfinite(number):
        return None, fault + f"write a finite number, or leave it out to get {spec.default}"
    if not is_whole:
        return None, fault + f"write {math.floor(number)} or {math.ceil(number)}"
    percent = spec.kind == "float" and spec.unit in _FRACTIONS and number >= max(high, _LEAST_PERCENT) and high <= 1.0
    if percent and low <= number / 100 <= high:
        return None, fault + f"rates are fractions: write {number / 100:g}, not {number:g}"
    return None, fault + f"the nearest allowed value is {low if number < low else high:g}"


def _check(spec: ParameterSpec, came: object) -> tuple[Value | None, str]:
    if spec.kind == "bool":
        if isinstance(came, (bool, np.bool_)):
            return bool(came), ""
        return None, _fault(spec, came) + "it is a switch: write true or false"
    if spec.kind == "choice":
        if isinstance(came, str) and came in spec.names:
            return str(came), ""
        loaded = "; a name from a file of your own needs --tactics FILE" if spec.plugs else ""
        return None, _fault(spec, came) + (nearest(came, spec.names) or "write one of these names") + loaded
    return _check_number(spec, came)


def _fault(spec: ParameterSpec, came: object) -> str:
    """How every fault of a value begins; told only of what is wrong, for telling takes longer than looking."""
    return f"{spec.name} = {described(came)}: allowed is {spec.allowed}; "


#: How long a run lasts stands in the scenario; these are the words for it that other programs use.
LENGTHS: Final = frozenset({"quarters", "n_quarters", "steps", "n_steps", "max_steps", "horizon", "years", "periods"})
HOW_LONG: Final = (
    'how long a run lasts is the scenario\'s; write one of your own with extends = "2026" and, say, '
    'last_quarter = "2030Q4"'
)


def _unknown(name: object) -> str:
    if name in LENGTHS:
        return f"{shown(name)} is not a parameter: {HOW_LONG}"
    hint = nearest(name, PARAMETERS) or f"{len(PARAMETERS)} names are listed by: detente parameters"
    return f"{shown(name)} is not a parameter; {hint}; correct the name or leave it out"


@dataclasses.dataclass(frozen=True)
class Parameters(
    Tactics,
    Clubs,
    Statecraft,
    Commerce,
    Unilateral,
    Relations,
    Conduct,
    Clocks,
    Talks,
    Valuing,
    Standards,
    Welfare,
    Market,
):
    """One value of every parameter, checked on construction; read it by plain attributes.

    Beside the flat names (``alpha_cn``, ``trust_good_cn_us``, ...) there are read-only float64 arrays over the blocs
    and over the dyads of ``parties``, built once. own: values of blocs and dyads beyond the three, by name with a dot.
    """

    parties: Parties = THREE
    own: tuple[tuple[str, Value], ...] = ()
    alpha: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    ice_margin: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    carbon_share: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    emissions_saved_per_ev: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    concession_exponent: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    ratification_threshold: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    carbon_coverage: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    carbon_price: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    carbon_implicit: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    trust_good: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    trust_bad: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)
    tension_mean: npt.NDArray[np.float64] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults, own = [], {}
        for name, came in (*((name, getattr(self, name)) for name in PARAMETERS), *self.own):
            spec = spec_of(name)
            value, fault = _check(spec, came) if spec else (None, _unknown(name))
            if fault or value is None:
                faults.append(fault)
            elif is_flat(name):
                object.__setattr__(self, name, value)
            else:
                own[name] = value
        object.__setattr__(self, "own", tuple(own.items()))
        for stem in (*BLOC_STEMS, *DYAD_STEMS):
            row = [self._value(f"{stem}.{party}", faults) for party in _parties(stem, self.parties)]
            array = np.array(row, dtype=np.float64)
            array.setflags(write=False)
            object.__setattr__(self, stem, array)
        if faults:
            raise InputFault(faults, "parameters")
        names = (f"{stem}.{party}" for stem in ALL_STEMS for party in _parties(stem, self.parties))
        own |= {flat(name): self._value(name, []) for name in names if not is_flat(flat(name))}
        object.__setattr__(self, "own", tuple(sorted(own.items())))

    def _value(self, name: str, faults: list[str]) -> Any:
        """The value of a bloc's or a dyad's; with a fault and not a number where nobody has given one."""
        own, known = flat(name), dict(self.own)
        if is_flat(own) or own in known:
            return getattr(self, own) if is_flat(own) else known[own]
        defaults = {PARAMETERS[one].default for one in of_three(stem_of(own)[0])}
        if len(defaults) == 1:
            return defaults.pop()
        spec = spec_of(own)
        assert spec is not None
        faults.append(f'{name} is missing: it has no default; write "{name}" = ..., {spec.allowed}')
        return math.nan

    def value(self, name: str) -> Value:
        """The value of a parameter, by any of its names."""
        own = flat(name)
        return getattr(self, own) if is_flat(own) else dict(self.own)[own]

    def of_blocs(self, stem: str) -> tuple[Any, ...]:
        """The values of a stem, one a bloc, such as the names of their tactics."""
        return tuple(self._value(f"{stem}.{bloc}", []) for bloc in self.parties.blocs)

    def of_role(self, role: str) -> dict[str, Value]:
        """The values of one role, by name."""
        return {name: value for name, value in self.as_dict().items() if _spec(name).role == role}

    def key(self) -> tuple[Value, ...]:
        """All values in declared order, then those of other blocs: equal keys, equal parameters."""
        return (*(getattr(self, name) for name in PARAMETERS), *itertools.chain.from_iterable(self.own))

    def as_dict(self) -> dict[str, Value]:
        """All values by name, in declared order, of whoever is a party; with the parties they make an equal object."""
        return {name: getattr(self, name) for name in PARAMETERS if _is_there(name, self.parties)} | dict(self.own)

    def changes(self) -> dict[str, Value]:
        """The values that differ from the declared defaults, by name."""
        return {
            name: value
            for name, value in self.as_dict().items()
            if not is_flat(name) or value != PARAMETERS[name].default
        }

    def with_overrides(self, overrides: Mapping[str, object]) -> Parameters:
        """These parameters with some values replaced; checked as in ``make_parameters``."""
        if not overrides:
            return self
        changed = _once(overrides)
        now = self.as_dict()
        absent = [name for name in changed if not _is_there(name, self.parties)]
        absent = [name for name in absent if repr(now.get(name)) != repr(changed[name])]
        if absent:
            raise InputFault([_no_party(name, self.parties) for name in absent], "parameters")
        return _build({**now, **changed}, self.parties)


def _spec(name: str) -> ParameterSpec:
    spec = spec_of(name)
    assert spec is not None
    return spec


def _parties(stem: str, parties: Parties) -> tuple[str, ...]:
    return parties.dyad_names if stem in DYAD_STEMS else parties.blocs


def _is_there(name: str, parties: Parties) -> bool:
    """Whether a parameter is of nobody, or of blocs that are all parties."""
    stem, party = stem_of(dotted(name)) if isinstance(name, str) else ("", "")
    return not stem or set(party.split("-")) <= set(parties.blocs)


def _no_party(name: str, parties: Parties) -> str:
    _, party = stem_of(dotted(name))
    return f"{name}: {party} is not among the governments, {', '.join(parties.blocs)}; leave it out"


def _build(values: Mapping[str, Any], parties: Parties = THREE) -> Parameters:
    named, twice = by_flat_name(values)
    specs = {name: spec_of(name) if isinstance(name, str) else None for name in named}
    told = (_check(spec, named[name])[1] if spec else _unknown(name) for name, spec in specs.items())
    if faults := [*twice, *(fault for fault in told if fault)]:
        raise InputFault(faults, "parameters")
    own = {name: value for name, value in named.items() if not is_flat(name)}
    plain = {name: value for name, value in named.items() if is_flat(name)}
    return Parameters(**plain, parties=parties, own=tuple(own.items()))


def _once(values: Mapping[str, object]) -> dict[str, Any]:
    named, twice = by_flat_name(values)
    if twice:
        raise InputFault(twice, "parameters")
    return named


def checked_value(name: str, came: object) -> Value:
    """The clean value of one parameter, by any of its names.

    Raises:
        InputFault: there is no such parameter, or the value is of the wrong type or outside its range.
    """
    spec = spec_of(name)
    value, fault = _check(spec, came) if spec else (None, _unknown(name))
    if value is None:
        raise InputFault([fault], "parameters")
    return value


def make_parameters(overrides: Mapping[str, object] | None = None, parties: Parties | None = None) -> Parameters:
    """The declared defaults with ``overrides`` put in their place.

    parties: whose they are, by default China's, the US's and the EU's; then values of others (``alpha.JP``) wait for a
    scenario that has them.

    Python and NumPy numbers are accepted; a whole float (4.0) passes for a whole number; names are accepted
    where the table gives them (``dialogue_ceiling="leaders"``).

    Raises:
        InputFault: lists every unknown name and every value of the wrong type or outside its range.
    """
    values = _once(overrides or {})
    if parties is not None and (absent := [name for name in values if not _is_there(name, parties)]):
        raise InputFault([_no_party(name, parties) for name in absent], "parameters")
    return _build(values, parties or THREE)
