"""An automaker: it prices, chooses where to build, lobbies on every package on the table, and builds plants.

Where the others' decisions enter its own (prices), the market is a meeting: the automaker says what it wants, the
market rule of ``model.markets`` settles all of them at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np

from model.assessment import PAIR_OF
from model.numerics import QUARTERS_PER_YEAR, FloatArray
from model.rules import plants
from model.vocabulary import DYADS

if TYPE_CHECKING:
    from model.negotiation import NegotiationModel


class Automaker(mesa.Agent):
    """One automaker or group of automakers with one home."""

    model: NegotiationModel

    def __init__(self, model: NegotiationModel, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.name = model.scenario.automakers[index]

    def price(self, wanted: FloatArray) -> FloatArray:
        """(m,) k$ this quarter's prices: part of the way from last quarter's to the wanted ones (1.2)."""
        before = self.model.state.price[:, self.index]
        return before + self.model.parameters.price_adjustment * (wanted - before)

    def source(self, wanted: FloatArray) -> FloatArray:
        """(m, o) where its cars come from this quarter: part of the way to the wanted mix of origins (1.3)."""
        before = self.model.state.origin_share[:, self.index]
        return plants.adjust_shares(before, wanted, self.model.parameters.origin_adjustment)

    def starts_plants(self, profit_local: FloatArray, profit_export: FloatArray, u: FloatArray) -> np.ndarray:
        """(m,) markets in which it starts a plant this quarter, given what one would earn there (1.3)."""
        p, state = self.model.parameters, self.model.state
        value = plants.entry_value(profit_local, profit_export, p.plant_hurdle_rate, p.plant_cost)
        hazard = plants.entry_hazard(value, p.plant_hazard_max, p.plant_hazard_scale)
        free = (state.has_plant[:, self.index] <= 0.0) & (state.plant_due[:, self.index] <= 0.0)
        return free & (u < hazard)

    def lobby(self, dyad: int, package: int) -> float:
        """Its stake in a package: profit in both markets against the policy in force, bn$ per year, signed (1.5)."""
        model = self.model
        tables, menu = model.mandate.tables, model.agenda.menus[dyad]
        current = int(model.state.treaty[dyad])
        total = 0.0
        for side in (0, 1):
            importer, partner = DYADS[dyad][side], DYADS[dyad][1 - side]
            place = tables.nodes.place[PAIR_OF[importer, partner]]
            nodes = [place[menu.node(chosen, side)] for chosen in (package, current)]
            profits = tables.firm_profit
            total += float(profits[nodes[0], self.index] - profits[nodes[1], self.index])
        return QUARTERS_PER_YEAR * total
