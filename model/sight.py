"""What an agent may see of its world: the only door between agents and world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from model.assessment.mandate import Mandate
from model.market.economy import Economy
from model.numerics import FloatArray
from model.packages.agenda import Agenda
from model.parameters.checked import Parameters
from model.run_rules import RunRules
from model.scenario.scenario import Scenario
from model.state import State
from model.vocabulary import Parties


class Sight(Protocol):
    """A world as its agents see it. Agents read; what they decide is written down by the phases."""

    @property
    def parties(self) -> Parties: ...

    @property
    def parameters(self) -> Parameters: ...

    @property
    def scenario(self) -> Scenario: ...

    @property
    def economy(self) -> Economy: ...

    @property
    def agenda(self) -> Agenda: ...

    @property
    def rules(self) -> RunRules: ...

    @property
    def state(self) -> State: ...

    @property
    def blocs(self) -> Sequence[Any]:
        """The governments: each knows the others."""

    @property
    def thresholds(self) -> Sequence[tuple[FloatArray, FloatArray]]:
        """By dyad and side (P,) win-set threshold for every package, before turnover."""

    def setting(self, name: str, lanes: np.ndarray | slice = ..., axes: int = 0) -> Any:
        """A parameter that may differ between lanes."""

    def known(self) -> Mandate:
        """The mandate of the last assessment."""
