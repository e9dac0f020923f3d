"""Firms: automakers price, choose where to build and start plants; battery suppliers bargain and learn (1.2, 1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.numerics import FloatArray
from model.rules import batteries, plants

if TYPE_CHECKING:
    from reference.world import World


class Automaker:
    """One automaker or group of automakers with one home."""

    def __init__(self, world: World, index: int) -> None:
        self.world, self.index = world, index

    def price(self, wanted: FloatArray) -> FloatArray:
        """(m,) k$ this quarter's prices: part of the way from last quarter's to the wanted ones (1.2)."""
        before = self.world.price[:, self.index]
        return before + self.world.parameters.price_adjustment * (wanted - before)

    def source(self, wanted: FloatArray) -> FloatArray:
        """(m, o) where its cars come from: part of the way to the wanted mix of origins (1.3)."""
        before = self.world.origin_share[:, self.index]
        return plants.adjust_shares(before, wanted, self.world.parameters.origin_adjustment)

    def learn(self, experience: FloatArray) -> FloatArray:
        """Its cost of a car without its battery over that of the start (m EVs)."""
        p, start = self.world.parameters, self.world.economy.start_car_experience[self.index]
        return batteries.learned_cost(
            1.0, 0.0, experience / start, batteries.learning_exponent(p.vehicle_learning_rate)
        )

    def starts_plants(self, profit_local: FloatArray, profit_export: FloatArray, u: FloatArray) -> np.ndarray:
        """(m,) markets in which it starts a plant, given what one would earn there, bn$ per quarter (1.3)."""
        w, p = self.world, self.world.parameters
        value = plants.entry_value(profit_local, profit_export, p.plant_hurdle_rate, p.plant_cost)
        hazard = plants.entry_hazard(value, p.plant_hazard_max, p.plant_hazard_scale)
        free = (w.has_plant[:, self.index] <= 0.0) & (w.plant_due[:, self.index] <= 0.0)
        return free & (u < hazard) & ~w.scenario.banned[self.index]


class BatterySupplier:
    """One maker of cells, or a group of makers, with one home."""

    def __init__(self, world: World, index: int) -> None:
        self.world, self.index = world, index

    def bargain(self, share: FloatArray, is_due: np.ndarray) -> FloatArray:
        """(f,) $/kWh margin of its contract with each automaker; only contracts that are due are re-opened (1.3)."""
        p = self.world.parameters
        agreed = batteries.contract_margin(p.contract_bargaining_weight, share, p.supplier_substitution)
        return np.where(is_due, agreed, self.world.margin[:, self.index])

    def learn(self, experience: FloatArray, places: FloatArray) -> FloatArray:
        """(o,) $/kWh cost of its cells by where they are made: half of learning is its own, half the place's, or so."""
        p, economy = self.world.parameters, self.world.economy
        return batteries.learned_cost(
            economy.start_cell_cost[self.index],
            p.battery_cost_floor,
            experience / economy.start_experience[self.index],
            batteries.learning_exponent(p.battery_learning_rate),
            places / economy.start_place_experience,
            p.host_learning_share,
        )
