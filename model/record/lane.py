"""One replicate of a world, seen without the replicate axis: ``Lane``.

>>> lane = Lane(world, 3)
>>> lane.state.treaty[0], lane.state.climate.level[0]

A view: nothing is copied, and what is written to an array of ``lane.state`` is written to the world.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import numpy as np

from model.assessment.coalitions import Worth
from model.assessment.mandate import Mandate, Payoffs
from model.assessment.stakes import Stakes
from model.assessment.tables import Tables
from model.assessment.values import Parts, issue_values
from model.market.access import Licences
from model.market.border import Border
from model.market.clearing import Accounts, CellSupply, Clearing
from model.market.economy import Economy
from model.market.trade import Exports
from model.numerics import FloatArray
from model.packages.agenda import Agenda
from model.packages.sums import Flows, Grid
from model.parameters.checked import Parameters
from model.quarter import Books, Climate, ClubWorth, Conduct, Insight, Market, Standards, Supply, Undertaken, Welfare
from model.record.columns import reference_package
from model.scenario.scenario import Scenario
from model.stage import Stage

#: Records whose arrays have the replicate axis in front. Others (menus, nodes) are the same in every lane.
HAVE_LANES: Final = (
    Climate, Standards, Insight, Supply, Market, Books, Undertaken, Welfare, Conduct, ClubWorth, Worth, Accounts,
    Clearing, CellSupply, Border, Grid, Flows, Mandate, Payoffs, Tables, Stakes, Exports, Parts, Licences,
)  # fmt: skip


class LaneState:
    """The state of a world as one lane has it: every array without its first axis, records within it alike."""

    __slots__ = ("_lane", "_state", "_world")

    def __init__(self, world: Stage, lane: int) -> None:
        object.__setattr__(self, "_world", world)
        object.__setattr__(self, "_lane", lane)
        object.__setattr__(self, "_state", world.state)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # not yet there while a copy is made
            raise AttributeError(name)
        return in_lane(getattr(self._state, name), self._lane, self._world.n_lanes)

    def __setattr__(self, name: str, value: Any) -> None:
        whole = getattr(self._state, name)
        if isinstance(whole, np.ndarray):
            whole[self._lane] = value
        else:
            setattr(self._state, name, value)

    def __dir__(self) -> list[str]:
        return dir(self._state)

    def __repr__(self) -> str:
        return f"<lane {self._lane} of {self._world.n_lanes} in quarter {self._state.quarter}>"


#: Arrays that all lanes share at times, or always: how many axes they have with that of the lanes (0: never).
AXES: Final = {
    (Grid, "x"): 2, (Grid, "y"): 2, (Insight, "markup"): 3, (Insight, "markup_ahead"): 3, (Supply, "paid"): 3,
    (Stakes, "supply"): 3, (Stakes, "security"): 0, (Stakes, "brands_abroad"): 0,
}  # fmt: skip


def in_lane(value: Any, lane: int, n_lanes: int) -> Any:
    """One lane's part of an array, of a record of arrays, or of several; anything else as it is."""
    if isinstance(value, np.ndarray):
        # An array that all lanes share has no axis for them.
        return value[lane] if value.ndim and value.shape[0] == n_lanes else value
    if isinstance(value, HAVE_LANES):
        parts = {}
        for field in (field for field in fields(value) if field.init):
            part = getattr(value, field.name)
            axes = AXES.get((type(value), field.name))
            is_shared = axes is not None and isinstance(part, np.ndarray) and part.ndim != axes
            parts[field.name] = part if is_shared else in_lane(part, lane, n_lanes)
        return type(value)(**parts)
    if isinstance(value, (tuple, list)):
        return tuple(in_lane(part, lane, n_lanes) for part in value)
    return value


class Lane:
    """One replicate of a world, as whoever tells of it or plays it alone sees it."""

    def __init__(self, world: Stage, lane: int) -> None:
        self.world, self.lane = world, lane

    @property
    def state(self) -> Any:
        """The lane's part of the ``State``; arrays have the axes that its docstring names."""
        return LaneState(self.world, self.lane)

    @property
    def start(self) -> Scenario:
        """The scenario that the run starts from."""
        return self.world.scenario

    @property
    def parameters(self) -> Parameters:
        """What the run is played by."""
        return self.world.parameters

    @property
    def agenda(self) -> Agenda:
        """What is on the table, and what it is worth at the start."""
        return self.world.agenda

    @property
    def economy(self) -> Economy:
        """What the calibration found."""
        return self.world.economy

    def known(self) -> Mandate:
        """The mandate of the last assessment."""
        return in_lane(self.world.known(), self.lane, self.world.n_lanes)

    def reference_package(self, dyad: int) -> int:
        """The package whose game is shown: the treaty, else the last tabled, else the best for both together."""
        return int(reference_package(self.world, dyad)[self.lane])

    def lobbies(self, dyad: int, package: int) -> list[tuple[float, str]]:
        """The stake of every firm in a package, bn$ a year, signed, and its name (1.5)."""
        firms: list[Any] = [*self.world.automakers, *self.world.suppliers]
        return [(firm.lobby(dyad, package, self.lane), firm.name) for firm in firms]

    def issue_gains(self, dyad: int, side: int) -> FloatArray:
        """(10,) what each issue alone at full level is worth to a side, bn$ per quarter."""
        return issue_values(self.known().parts[dyad][side])

    def on_table(self, dyad: int) -> np.ndarray:
        """(P,) whether each package of a dyad's menu can be tabled, given what is in force."""
        treaty = int(self.world.state.treaty[self.lane, dyad])
        return self.world.rules.on_table.in_lane(self.world.agenda.menus[dyad], self.lane, treaty)
