"""A battery supplier: it bargains supply contracts, learns by making cells, and lobbies on packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.numerics import QUARTERS_PER_YEAR, FloatArray
from model.rules import batteries

if TYPE_CHECKING:
    from model.sight import Sight


class BatterySupplier:
    """One maker of cells, or a group of makers, with one home."""

    def __init__(self, world: Sight, index: int) -> None:
        self.world = world
        self.index = index
        self.name = world.scenario.suppliers[index]

    def bargain(self, share: FloatArray, is_due: np.ndarray) -> FloatArray:
        """(R, f) $/kWh margin of its contract with each automaker; only contracts that are due are re-opened (1.3).

        share (R, f): part of each automaker's cells that it delivered last quarter.
        """
        p = self.world.parameters
        agreed = batteries.contract_margin(p.contract_bargaining_weight, share, p.supplier_substitution)
        return np.where(is_due, agreed, self.world.state.margin[..., self.index])

    def learn(self, experience: FloatArray, places: FloatArray) -> FloatArray:
        """(R, o) $/kWh cost of its cells by where they are made, after so much experience, spillovers included.

        experience (R,) its own, places (R, o) that of plants there, GWh.
        """
        return self.world.economy.cell_cost(self.world.parameters, self.index, experience, places)

    def lobby(self, dyad: int, package: int, lane: int = 0) -> float:
        """Its stake in a package, bn$ per year, signed: its part of what its home's suppliers gain (1.5).

        The tables add up suppliers of one home; each is given the part it had in last quarter's profits.
        """
        world, profit = self.world, self.world.state.books.cell_profit[lane]
        home, pair = int(world.scenario.supplier_home[self.index]), world.parties.dyads[dyad]
        if home not in pair:
            return 0.0
        whole = float(np.add.accumulate(np.where(world.scenario.supplier_home == home, profit, 0.0))[-1])
        if whole <= 0.0:
            return 0.0
        menu, current, gain = world.agenda.menus[dyad], int(world.state.treaty[lane, dyad]), 0.0
        for side in (0, 1):
            importer, partner = pair[side], pair[1 - side]
            column = 0 if importer == home else 1
            earned = world.known().tables.supplier_profit[lane, world.parties.pair_of[importer, partner], :, column]
            gain += float(earned[menu.node(package, side)] - earned[menu.node(current, side)])
        return float(profit[self.index]) / whole * (QUARTERS_PER_YEAR * gain)
