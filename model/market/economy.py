"""What does not change during a run: the constants of an economy, and what the calibration found at its start.

An ``Economy`` is made from a scenario and a set of parameters by ``model.start.calibration``. Axes are those of
``model.vocabulary``; k$ per car, $/kWh, m cars and GWh per quarter, bn$ per quarter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from model.numerics import FloatArray, ordered_sum
from model.parameters.checked import Parameters
from model.rules import batteries, policy
from model.vocabulary import EV, Parties

SHUT: Final = -400.0  # log preference for an origin that does not serve a market; exp() of it is 0 to rounding


@dataclass(frozen=True)
class Economy:
    """Constants of the markets.

    parties: the scenario's; market_size (m,) cars a quarter; kwh (m,) per car; is_home, is_foreign (m, o) flags;
    is_other_bloc (b, b) zero diagonal; nonbattery_cost, freight (m, 1, o) k$; firm_home (f,), supplier_home (k,)
    places; is_firm_home (f, b), is_supplier_home (k, b); imported_cells (o, k) share of k's cells that cross o's
    border; cell_freight (o, k) $/kWh; supplier_tie (o, f, k) and cell_level (o, f) solved for at the start; other_duty
    (g, b) on goods from the rest of the world; cuts (g, b, b, 5) share of the way from base to floor of each duty
    position; case_covers (g, b, b) whether a duty case moves the good; ice_share (m, b) of combustion sales
    by home of the maker; start_experience (k,), start_place_experience (o,) GWh, start_car_experience (f,) m EVs;
    start_cell_cost (k,) $/kWh; cars_built (b,) m a year of any kind;
    charger_cost (m,) k$ a point; charger_budget (m,) bn$ a quarter; battery_share, coverage_elasticity (b, b) as in
    ``policy.charged_duty``, 1 and 0 where a special duty is on all EVs; hybrids_spared fraction.
    """

    parties: Parties
    market_size: FloatArray
    kwh: FloatArray
    is_home: FloatArray
    is_foreign: FloatArray
    is_other_bloc: FloatArray
    nonbattery_cost: FloatArray
    freight: FloatArray
    firm_home: np.ndarray
    supplier_home: np.ndarray
    is_firm_home: FloatArray
    is_supplier_home: FloatArray
    imported_cells: FloatArray
    cell_freight: FloatArray
    supplier_tie: FloatArray
    cell_level: FloatArray
    other_duty: FloatArray
    cuts: FloatArray
    case_covers: FloatArray
    ice_share: FloatArray
    start_experience: FloatArray
    start_place_experience: FloatArray
    start_car_experience: FloatArray
    start_cell_cost: FloatArray
    cars_built: FloatArray
    charger_cost: FloatArray
    charger_budget: FloatArray
    battery_share: FloatArray
    coverage_elasticity: FloatArray
    hybrids_spared: float

    def cell_costs(self, p: Parameters, experience: FloatArray, places: FloatArray) -> FloatArray:
        """(..., o, k) ``cell_cost`` of every supplier, from the experience (..., k) of all."""
        return batteries.learned_cost(
            self.start_cell_cost,
            p.battery_cost_floor,
            (experience / self.start_experience)[..., None, :],
            batteries.learning_exponent(p.battery_learning_rate),
            (places / self.start_place_experience)[..., None],
            p.host_learning_share,
        )

    def cell_cost(self, p: Parameters, k: int, experience: FloatArray, places: FloatArray) -> FloatArray:
        """(..., o) $/kWh of a supplier's cells by where they are made; experience (...) its own, places (..., o)."""
        return batteries.learned_cost(
            self.start_cell_cost[k],
            p.battery_cost_floor,
            (experience / self.start_experience[k])[..., None],
            batteries.learning_exponent(p.battery_learning_rate),
            places / self.start_place_experience,
            p.host_learning_share,
        )

    def car_cost(self, p: Parameters, f: int | slice, experience: FloatArray) -> FloatArray:
        """(...) an automaker's cost of a car without its battery, over that of the start; experience (...) m EVs.

        Of several automakers, a slice, (..., f) both.
        """
        exponent = batteries.learning_exponent(p.vehicle_learning_rate)
        return batteries.learned_cost(1.0, 0.0, experience / self.start_car_experience[f], exponent)

    def local_surcharge(self, cell_cost: FloatArray, place_cost: FloatArray | None) -> FloatArray:
        """(..., o, k) $/kWh that cells cost at a place beyond their price: freight, and what making them there adds."""
        if place_cost is None:
            return self.cell_freight
        return self.cell_freight + (place_cost - cell_cost[..., None, :]) * (1.0 - self.imported_cells)

    def made_in(self, at_place: FloatArray) -> FloatArray:
        """(..., o, k) GWh of cells that suppliers make in each place; at_place alike, what they deliver there."""
        imported = at_place * self.imported_cells
        at_home = self.supplier_home == np.arange(self.parties.n_places)[:, None]
        return at_place - imported + ordered_sum(imported, axis=-2)[..., None, :] * at_home

    def charged(self, duty: FloatArray, usual: FloatArray, at: Any = ...) -> FloatArray:
        """(..., b, b) duty that EVs pay on average; ``at`` picks the pairs that duty and usual one are about."""
        if self.hybrids_spared <= 0.0 or not (self.battery_share < 1.0).any():
            return duty
        return policy.charged_duty(
            duty, usual, self.battery_share[at], self.coverage_elasticity[at], self.hybrids_spared
        )

    def paid(self, duty: FloatArray, usual: FloatArray) -> FloatArray:
        """(..., g, b, b) duties that goods pay on average; duty and usual one alike."""
        found = duty.copy(order="K")
        found[..., EV, :, :] = self.charged(duty[..., EV, :, :], usual[..., EV, :, :])
        return found


@dataclass(frozen=True)
class Opening:
    """What the calibration solved for at the scenario's start (theory 1.1, 1.3), the state of the first quarter.

    quality (m, f) utility; price, markup (m, f) k$; margin (f, k) $/kWh; origin_tie (m, f, o), origin_level (m, f);
    share (m, f) of all cars sold; cells (f, k), made (o, k) GWh, sold (f,) m cars; duty, paid, special (g, b, b), the
    second on average; trend (m,) utils by which all EV qualities grow a quarter.
    """

    quality: FloatArray
    price: FloatArray
    markup: FloatArray
    margin: FloatArray
    origin_tie: FloatArray
    origin_level: FloatArray
    share: FloatArray
    cells: FloatArray
    made: FloatArray
    sold: FloatArray
    duty: FloatArray
    paid: FloatArray
    special: FloatArray
    trend: FloatArray
