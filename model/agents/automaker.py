"""An automaker: it prices, chooses where to build, lobbies on every package on the table, and builds plants.

Where the others' decisions enter its own (prices), the market is a meeting: the automaker says what it wants, the
market rule of ``model.market.clearing`` settles all of them at once. Arrays have the lanes in front, (R, ...).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.numerics import QUARTERS_PER_YEAR, FloatArray
from model.rules import plants

if TYPE_CHECKING:
    from model.sight import Sight


class Automaker:
    """One automaker or group of automakers with one home."""

    def __init__(self, world: Sight, index: int) -> None:
        self.world = world
        self.index = index
        self.name = world.scenario.automakers[index]

    def price(self, wanted: FloatArray) -> FloatArray:
        """(R, m) k$ this quarter's prices: part of the way from last quarter's to the wanted ones (1.2)."""
        before = self.world.state.price[..., self.index]
        return before + self.world.parameters.price_adjustment * (wanted - before)

    def source(self, wanted: FloatArray) -> FloatArray:
        """(R, m, o) where its cars come from this quarter: part of the way to the wanted mix of origins (1.3)."""
        before = self.world.state.origin_share[..., self.index, :]
        return plants.adjust_shares(before, wanted, self.world.parameters.origin_adjustment)

    def learn(self, experience: FloatArray) -> FloatArray:
        """(R,) its cost of a car without its battery over that of the start; experience (R,) m EVs (7)."""
        return self.world.economy.car_cost(self.world.parameters, self.index, experience)

    def plant_hazard(self, profit_local: FloatArray, profit_export: FloatArray) -> FloatArray:
        """(n,) chance that it starts a plant where it would earn this (1.3)."""
        p = self.world.parameters
        value = plants.entry_value(profit_local, profit_export, p.plant_hurdle_rate, p.plant_cost)
        return plants.entry_hazard(value, p.plant_hazard_max, p.plant_hazard_scale)

    def lobby(self, dyad: int, package: int, lane: int = 0) -> float:
        """Its stake in a package: profit in both markets against the policy in force, bn$ per year, signed (1.5)."""
        world = self.world
        tables, menu = world.known().tables, world.agenda.menus[dyad]
        current, total = int(world.state.treaty[lane, dyad]), 0.0
        pair, pair_of = world.parties.dyads[dyad], world.parties.pair_of
        for side in (0, 1):
            place = tables.nodes.place[pair_of[pair[side], pair[1 - side]]]
            nodes = [place[menu.node(chosen, side)] for chosen in (package, current)]
            profits = tables.firm_profit[lane]
            total += float(profits[nodes[0], self.index] - profits[nodes[1], self.index])
        return QUARTERS_PER_YEAR * total
