"""Learning by doing: makers of cells, the places where cells are made, and makers of cars (theory 1.3, 3b and 7).

What is learned belongs in part to the owner, wherever it builds, and in part to the plants of a place, whoever owns
them; from others both learn less, from a partner in technology cooperation more. ``...`` stands for any leading axes;
the letters of the axes are those of ``model.vocabulary``. Nothing is drawn here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.market.economy import Economy
from model.numerics import FloatArray, FloatLike, beside
from model.parameters.checked import Parameters
from model.rules import batteries


class Learned(NamedTuple):
    """By supplier (..., k) and by place where cells are made (..., o), GWh; by automaker (..., f), m EVs.

    Experience, or what is made in a quarter.
    """

    cells: FloatArray
    places: FloatArray
    cars: FloatArray


class Costs(NamedTuple):
    """cell (..., k) $/kWh of cells that a supplier makes at home, place (..., o, k) of those that it makes anywhere;
    car (..., f) cost of a car without its battery, over that of the start."""

    cell: FloatArray
    place: FloatArray
    car: FloatArray


def gained(economy: Economy, parameters: Parameters, output: Learned, together: FloatArray | None = None) -> Learned:
    """Experience gained in a quarter; together (..., o, o) how far two places share technology, 0 to 1, default 0."""
    p, n = parameters, economy.parties.n_places
    more = np.maximum(p.spillover_cooperation, p.spillover_foreign) - p.spillover_foreign
    across = p.spillover_foreign + more * (np.zeros((n, n)) if together is None else together)

    def of(home: np.ndarray, made: FloatArray) -> FloatArray:
        same = (home[:, None] == home[None, :]).astype(np.float64)
        return batteries.experience_increment(made, same, p.spillover_domestic, across[..., home[:, None], home])

    places = batteries.effective_experience(output.places, across)
    return Learned(of(economy.supplier_home, output.cells), places, of(economy.firm_home, output.cars))


def at_home(economy: Economy, place_cost: FloatArray) -> FloatArray:
    """``Costs.cell`` from ``Costs.place``."""
    return beside([place_cost[..., home, k] for k, home in enumerate(economy.supplier_home)])


def costs(economy: Economy, parameters: Parameters, learned: Learned, luck: FloatLike = 0.0) -> Costs:
    """What everything costs after so much experience; luck (...) in the cost of cells so far, in logs."""
    place = economy.cell_costs(parameters, learned.cells, learned.places)
    place = batteries.with_luck(place, np.asarray(luck)[..., None, None])
    return Costs(at_home(economy, place), place, economy.car_cost(parameters, slice(None), learned.cars))


def ahead(learned: Learned, increment: Learned, quarters: float) -> Learned:
    """Experience after so many more quarters like one with this increment."""
    return Learned(*(now + quarters * more for now, more in zip(learned, increment, strict=True)))
