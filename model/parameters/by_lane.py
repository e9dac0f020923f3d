"""Parameters that may differ between the replicates of one world, so that many settings are played side by side.

They are those that a quarter asks for as it goes on: nothing is prepared from them that all replicates share. A run has
the bits that it has in a world whose parameters are all its own.

>>> LaneValues({"generosity": [0.1, 0.9]}, 2).of("generosity", axes=1)
array([[0.1],
       [0.9]])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

import numpy as np

from model.faults import InputFault, nearest, shown
from model.numerics import FloatArray, FloatLike
from model.parameters.checked import Parameters, make_parameters

#: Parameters that may differ between lanes.
BY_LANE: Final = (
    *("dialogue_ceiling", "perception_noise", "false_alarm", "generosity"),
    *("tension_volatility", "tension_jump_rate"),
)


class LaneValues:
    """Values by lane: values (R,) by the name of a parameter in ``BY_LANE``.

    Raises ``InputFault`` that names each impossible one.
    """

    def __init__(self, values: Mapping[str, Iterable[Any]], n_lanes: int) -> None:
        faults: list[str] = []
        self.n_lanes = n_lanes
        self.values: dict[str, FloatArray] = {}
        for name, came in values.items():
            if name not in BY_LANE:
                hint = nearest(name, BY_LANE) or "set it for all of them"
                faults.append(
                    f"{shown(name)} cannot differ between replicates: allowed are {', '.join(BY_LANE)}; {hint}"
                )
                continue
            listed = np.asarray(list(came) if isinstance(came, Iterable) and not isinstance(came, str) else came)
            if listed.dtype.kind not in "fiu":
                faults.append(f"{name} = {shown(came)}: allowed are numbers, one for each replicate")
            elif listed.shape != (n_lanes,):
                faults.append(f"{name}: {listed.size} values came for {n_lanes} replicates; write one for each")
            else:
                self.values[name] = listed.astype(np.float64)
                for end in sorted({float(listed.min()), float(listed.max())}) if n_lanes else ():
                    faults += _fault(name, end)
        if faults:
            raise InputFault(faults, "values by replicate")

    def __bool__(self) -> bool:
        return bool(self.values)

    def asked(
        self, parameters: Parameters, name: str, lanes: np.ndarray | slice = slice(None), axes: int = 0
    ) -> FloatLike:
        """A parameter: one number, or where lanes differ as ``of``."""
        one: float = getattr(parameters, name)
        return self.of(name, lanes, axes) if name in self.values else one

    def of(self, name: str, lanes: np.ndarray | slice = slice(None), axes: int = 0) -> FloatArray:
        """(lanes, 1, ...) the values of a parameter in some lanes, with so many axes behind."""
        return self.values[name][lanes].reshape(-1, *(1,) * axes)

    def some(self, lanes: slice) -> Self:
        """Those of neighbouring lanes."""
        part = object.__new__(type(self))
        part.n_lanes = len(range(*lanes.indices(self.n_lanes)))
        part.values = {name: values[lanes] for name, values in self.values.items()}
        return part

    def sets(self, parameters: Parameters) -> tuple[list[Parameters], np.ndarray]:
        """The sets of parameters that there are, each once, and (R,) which of them each lane has."""
        names = list(self.values)
        rows, place = np.unique(np.stack([self.values[name] for name in names], axis=1), axis=0, return_inverse=True)
        sets = [parameters.with_overrides(dict(zip(names, row, strict=True))) for row in rows.tolist()]
        return sets, place.reshape(-1)


def _fault(name: str, value: float) -> tuple[str, ...]:
    """What is wrong with a parameter's value; empty: nothing."""
    try:
        make_parameters({name: value})
    except InputFault as fault:
        return fault.faults
    return ()


NO_VALUES: Final = LaneValues({}, 0)
