"""Looking ahead: a second impact assessment some quarters from now, averaged with the present one (theory 1.7).

Governments are myopic in the core: learning, plants and networks are held fixed inside a valuation. With foresight on
they also look at the market as it will be when EV qualities have gone on as they do, every supplier has learned from
going on producing as it does, and duties, contracts, plants and mixes of origin are as they are.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from model.assessment.alike import assess_lanes
from model.assessment.costs import Situation
from model.assessment.nodes import Nodes
from model.assessment.tables import Tables
from model.market.clearing import landed_costs, supply_cells
from model.market.economy import Economy, Opening
from model.numerics import FloatArray, ordered_sum
from model.parameters.checked import Parameters
from model.rules import batteries
from model.scenario.scenario import Scenario
from model.vocabulary import BATTERY


def costs_ahead(
    economy: Economy, parameters: Parameters, scenario: Scenario, experience: FloatArray, cells: FloatArray
) -> FloatArray:
    """(..., k) $/kWh cell costs after the quarters of foresight at last quarter's output.

    experience (..., k) GWh; cells (..., f, k) GWh last quarter. Spillovers are those without technology cooperation,
    whose own gain a package already counts (theory 1.16).
    """
    p, home = parameters, scenario.supplier_home
    same_home = (home[:, None] == home[None, :]).astype(np.float64)
    gained = batteries.experience_increment(
        ordered_sum(cells, axis=-2), same_home, p.spillover_domestic, p.spillover_foreign
    )
    return batteries.learned_cost(
        economy.start_cell_cost,
        p.battery_cost_floor,
        (experience + p.foresight_quarters * gained) / economy.start_experience,
        batteries.learning_exponent(p.battery_learning_rate),
    )


def situation_ahead(
    economy: Economy,
    parameters: Parameters,
    scenario: Scenario,
    opening: Opening,
    situation: Situation,
    experience: FloatArray,
    cells: FloatArray,
) -> Situation:
    """The situation of an assessment after the quarters of foresight; arguments as ``costs_ahead``."""
    cost = costs_ahead(economy, parameters, scenario, experience, cells)
    supply = supply_cells(economy, parameters, cost, situation.margin, situation.duty[..., BATTERY, :, :])
    return dataclasses.replace(
        situation,
        cells=supply,
        landed=landed_costs(economy, supply),
        utility=situation.utility + parameters.foresight_quarters * opening.trend[:, None],
    )


def averaged(now: Tables, ahead: Tables) -> Tables:
    """Tables half way between two assessments; markups stay those of the first, the residual is the larger one."""

    def half(name: str) -> FloatArray:
        return 0.5 * (getattr(now, name) + getattr(ahead, name))

    return dataclasses.replace(
        now,
        welfare=half("welfare"),
        profit=half("profit"),
        vehicle_share=half("vehicle_share"),
        cell_share=half("cell_share"),
        supplier_profit=half("supplier_profit"),
        ev_share=half("ev_share"),
        firm_profit=half("firm_profit"),
        residual=np.maximum(now.residual, ahead.residual),
    )


def foreseen(
    economy: Economy,
    parameters: Parameters,
    scenario: Scenario,
    opening: Opening,
    situation: Situation,
    experience: FloatArray,
    cells: FloatArray,
    now: Tables,
    start: FloatArray | None,
    sweeps: int,
    nodes: Nodes | None,
) -> tuple[Tables, FloatArray]:
    """What a government with foresight makes of an assessment, and the markups (..., q, f) of the one ahead.

    now: the present tables; start: markups of the last assessment ahead, or None for a cold start; sweeps and nodes as
    in ``assess``; the rest as in ``situation_ahead``.
    """
    later = situation_ahead(economy, parameters, scenario, opening, situation, experience, cells)
    ahead = assess_lanes(economy, parameters, later, start, sweeps, nodes)
    return averaged(now, ahead), ahead.markup
