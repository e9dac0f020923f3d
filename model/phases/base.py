"""What every phase of the Mesa world can see beside what both worlds have: agents, and whoever tells of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from model.common_quarter import Quarter
from model.numerics import FloatArray

if TYPE_CHECKING:
    from model.agents.automaker import Automaker
    from model.agents.battery_supplier import BatterySupplier
    from model.agents.bloc import Bloc
    from model.mandate import Mandate
    from model.record import Recorder
    from model.story import Story


class Phases(Quarter):
    """Attributes that only the Mesa world has.

    Found once: the agents, recorder and teller. Passed from phase to phase: mandate, what governments make of the last
    assessment; blocking, by dyad, how often sessions foundered on what; carbon_told, friends_told (b,), what the
    story said last of carbon charges and of the credit's allowed set.
    """

    blocs: list[Bloc]
    automakers: list[Automaker]
    suppliers: list[BatterySupplier]
    recorder: Recorder
    teller: Story
    mandate: Mandate
    blocking: list[Counter[str]]
    carbon_told: FloatArray
    friends_told: FloatArray

    def nothing(self, *shape: int) -> FloatArray:
        """Zeros of a shape."""
        return np.zeros(shape)

    def in_effect(self, dyad: int) -> int:
        """The package in effect: a gesture with what it is added to, else the treaty in force (0 none)."""
        return int(self.state.gesture[dyad]) or int(self.state.treaty[dyad])
