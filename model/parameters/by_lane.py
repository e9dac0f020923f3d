"""Parameters that may differ between the replicates of one world, so that many settings are played side by side.

They are those that a quarter asks for as it goes on, and those of which little is prepared: what may be agreed on, for
how long, and how it is answered for. A run has the bits that it has in a world whose parameters are all its own.

>>> LaneValues({"generosity": [0.1, 0.9]}, 2).of("generosity", axes=1)
array([[0.1],
       [0.9]])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

import numpy as np

from model.faults import InputFault, nearest, shown
from model.parameters.checked import PARAMETERS, Parameters, make_parameters

#: Those of which something in the state before the first quarter follows.
OF_OPENING: Final = (
    *("dialogue_ceiling", "perception_noise", "false_alarm", "generosity"),
    *("tension_volatility", "tension_jump_rate"),
)
#: Parameters that may differ between lanes.
BY_LANE: Final = (
    *OF_OPENING,
    *("truce_quarters", "review_quarters", "exit_notice", "consultation_quarters", "retaliation_rule"),
    *("tariff_issues", "supply_issues", "recognition_issues", "linkage_issues", "charging_issues", "technology_issues"),
)


class LaneValues:
    """Values by lane: values (R,) by the name of a parameter in ``BY_LANE``, of the parameter's own type.

    Raises ``InputFault`` that names each impossible one.
    """

    def __init__(self, values: Mapping[str, Iterable[Any]], n_lanes: int) -> None:
        faults: list[str] = []
        self.n_lanes = n_lanes
        self.values: dict[str, np.ndarray] = {}
        for name, came in values.items():
            if name not in BY_LANE:
                hint = nearest(name, BY_LANE) or "set it for all of them"
                faults.append(
                    f"{shown(name)} cannot differ between replicates: allowed are {', '.join(BY_LANE)}; {hint}"
                )
                continue
            spec, came_as = PARAMETERS[name], came
            if isinstance(came, Iterable) and not isinstance(came, str):
                came_as = [spec.aliases.get(one, one) if isinstance(one, str) else one for one in came]
            listed = np.asarray(came_as)
            own_type, kinds, words = _TYPES[spec.kind]
            if listed.dtype.kind not in kinds:
                faults.append(f"{name} = {shown(came)}: allowed are {words}, one for each replicate")
            elif listed.shape != (n_lanes,):
                faults.append(f"{name}: {listed.size} values came for {n_lanes} replicates; write one for each")
            else:
                wrong = [line for one in _telling(listed, own_type is np.float64) for line in _fault(name, one)]
                faults += wrong
                self.values |= {} if wrong else {name: listed.astype(own_type)}
        if faults:
            raise InputFault(faults, "values by replicate")

    def __bool__(self) -> bool:
        return bool(self.values)

    def asked(self, parameters: Parameters, name: str, lanes: np.ndarray | slice = slice(None), axes: int = 0) -> Any:
        """A parameter: one value, or where lanes differ as ``of``."""
        return self.of(name, lanes, axes) if name in self.values else getattr(parameters, name)

    def of(self, name: str, lanes: np.ndarray | slice = slice(None), axes: int = 0) -> np.ndarray:
        """(lanes, 1, ...) the values of a parameter in some lanes, with so many axes behind."""
        return self.values[name][lanes].reshape(-1, *(1,) * axes)

    def some(self, lanes: slice) -> Self:
        """Those of neighbouring lanes."""
        part = object.__new__(type(self))
        part.n_lanes = len(range(*lanes.indices(self.n_lanes)))
        part.values = {name: values[lanes] for name, values in self.values.items()}
        return part

    def kinds(self, parameters: Parameters, names: Iterable[str]) -> tuple[list[Parameters], np.ndarray | None]:
        """The sets of parameters that there are, each once, as far as these names go, and (R,) which of them each lane
        has, or None where no lane differs in these."""
        named = [name for name in names if name in self.values]
        if not named:
            return [parameters], None
        rows = list(zip(*(self.values[name].tolist() for name in named), strict=True))
        place = {row: k for k, row in enumerate(sorted(set(rows)))}
        sets = [parameters.with_overrides(dict(zip(named, row, strict=True))) for row in place]
        return sets, np.array([place[row] for row in rows])


#: By kind of parameter: the type of its values, what kinds of arrays they may come in, and what they are called.
_TYPES: Final[dict[str, tuple[Any, str, str]]] = {
    "float": (np.float64, "fiu", "numbers"),
    "int": (np.int64, "fiu", "whole numbers"),
    "bool": (np.bool_, "b", "true and false"),
    "choice": (np.str_, "U", "names"),
}


def _telling(values: np.ndarray, is_range: bool) -> list[Any]:
    """Those values of which one is impossible if any is: the ends of a range."""
    if not values.size:
        return []
    return sorted({values.min().item(), values.max().item()} if is_range else set(values.tolist()))


def _fault(name: str, value: Any) -> tuple[str, ...]:
    """What is wrong with a parameter's value; empty: nothing."""
    try:
        make_parameters({name: value})
    except InputFault as fault:
        return fault.faults
    return ()


NO_VALUES: Final = LaneValues({}, 0)
