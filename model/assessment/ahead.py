"""Looking ahead: a second impact assessment some quarters from now, averaged with the present one (theory 1.7).

Governments are myopic in the core: learning, plants and networks are held fixed inside a valuation. With foresight on
they also look at the market as it will be when EV qualities have gone on as they do, every supplier has learned from
going on producing as it does, and duties, contracts, plants and mixes of origin are as they are.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from model.assessment.costs import Situation
from model.assessment.doors import assess_all
from model.assessment.nodes import Nodes
from model.assessment.tables import Tables
from model.market import learning
from model.market.clearing import landed_costs, supply_cells
from model.market.economy import Economy, Opening
from model.market.learning import Costs, Learned
from model.numerics import FloatArray, FloatLike
from model.parameters.checked import Parameters
from model.vocabulary import BATTERY


def costs_ahead(
    economy: Economy, parameters: Parameters, learned: Learned, output: Learned, luck: FloatLike = 0.0
) -> Costs:
    """What everything costs after the quarters of foresight at last quarter's output.

    Spillovers are those without technology cooperation, whose own gain a package already counts (theory 1.16). Nobody
    foresees luck: that in the cost of cells, luck (...) in logs, stays as it is.
    """
    later = learning.ahead(learned, learning.gained(economy, parameters, output), parameters.foresight_quarters)
    return learning.costs(economy, parameters, later, luck)


def situation_ahead(
    economy: Economy, parameters: Parameters, opening: Opening, situation: Situation, costs: Costs
) -> Situation:
    """The situation of an assessment after the quarters of foresight; costs: of ``costs_ahead``."""
    duty = situation.duty[..., BATTERY, :, :]
    supply = supply_cells(economy, parameters, costs.cell, situation.margin, duty, costs.place)
    return dataclasses.replace(
        situation,
        cells=supply,
        car_cost=costs.car,
        landed=landed_costs(economy, supply, costs.car),
        utility=situation.utility + parameters.foresight_quarters * opening.trend[:, None],
        views=tuple(situation_ahead(economy, parameters, opening, view, costs) for view in situation.views),
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
    opening: Opening,
    situation: Situation,
    learned: Learned,
    output: Learned,
    now: Tables,
    start: FloatArray | None,
    sweeps: int,
    nodes: Nodes,
    luck: FloatLike = 0.0,
) -> tuple[Tables, FloatArray]:
    """What a government with foresight makes of an assessment, and the markups (..., q, f) of the one ahead.

    learned, output: experience, and what was made last quarter. now: the present tables; start: markups of the last
    assessment ahead, or None for a cold start; sweeps and nodes as in ``assess``; luck as in ``costs_ahead``.
    """
    costs = costs_ahead(economy, parameters, learned, output, luck)
    later = situation_ahead(economy, parameters, opening, situation, costs)
    ahead = assess_all(economy, parameters, later, start, sweeps, nodes)
    return averaged(now, ahead), ahead.markup
