"""A battery supplier: it bargains supply contracts, learns by making cells, and lobbies on packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np

from model.numerics import FloatArray
from model.rules import batteries
from model.vocabulary import DYADS, N_BLOCS

if TYPE_CHECKING:
    from model.negotiation import NegotiationModel


class BatterySupplier(mesa.Agent):
    """One maker of cells, or a group of makers, with one home."""

    model: NegotiationModel

    def __init__(self, model: NegotiationModel, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.name = model.scenario.suppliers[index]

    def bargain(self, share: FloatArray, is_due: np.ndarray) -> FloatArray:
        """(f,) $/kWh margin of its contract with each automaker; only contracts that are due are re-opened (1.3).

        share (f,): part of each automaker's cells that it delivered last quarter.
        """
        p = self.model.parameters
        agreed = batteries.contract_margin(p.contract_bargaining_weight, share, p.supplier_substitution)
        return np.where(is_due, agreed, self.model.state.margin[:, self.index])

    def learn(self, experience: FloatArray) -> FloatArray:
        """$/kWh cost of its cells after so much experience (GWh, spillovers included)."""
        p, economy = self.model.parameters, self.model.economy
        return batteries.learned_cost(
            economy.start_cell_cost[self.index],
            p.battery_cost_floor,
            experience / economy.start_experience[self.index],
            self.model.learning_exponent,
        )

    def lobby(self, dyad: int, package: int) -> float:
        """Its stake in a package, bn$ per year, signed: its part of what its home's suppliers gain (1.5).

        The tables add up suppliers of one home; each is given the part it had in last quarter's profits.
        """
        model = self.model
        home = int(model.scenario.supplier_home[self.index])
        if home >= N_BLOCS or home not in DYADS[dyad]:
            return 0.0
        same_home = model.scenario.supplier_home == home
        whole = float(np.add.accumulate(np.where(same_home, model.cell_profit, 0.0))[-1])
        if whole <= 0.0:
            return 0.0
        return float(model.cell_profit[self.index]) / whole * model.suppliers_gain(dyad, home, package)
