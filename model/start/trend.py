"""The trend of EV qualities, fitted so that the model itself reaches the share its scenario aims at (theory 1.1).

Without a trend, battery costs alone move EV shares little; with the whole log-odds path as trend, falling costs would
come on top and shares would overshoot. So the trend is what is left: costs are projected along the path aimed at, the
market is solved in the target quarter, and the qualities that make its share the target are found.
"""

from __future__ import annotations

import numpy as np

from model.market.clearing import (
    border_frictions,
    equilibrium,
    landed_costs,
    markup_weight,
    offered_costs,
    supply_cells,
)
from model.market.economy import Economy, Opening
from model.numerics import FloatArray, ordered_sum
from model.parameters.checked import Parameters
from model.rules import batteries, standards, unilateral
from model.scenario.scenario import Scenario
from model.vocabulary import BATTERY, EV

ROUNDS = 30  # rounds of the fixed point; each reduces the error in log odds several times
TOLERANCE = 1e-10  # log odds
SOLVER_SWEEPS = 16  # joint Newton sweeps from scratch, as in the calibration
OUTSIDE = 1e-9  # shares are kept this far from 0 and 1, where log odds end


def log_odds(share: FloatArray) -> FloatArray:
    """ln(s/(1-s))."""
    kept = np.clip(share, OUTSIDE, 1.0 - OUTSIDE)
    return np.log(kept) - np.log1p(-kept)


def projected_costs(scenario: Scenario, parameters: Parameters, economy: Economy, quarters: int) -> FloatArray:
    """(k,) $/kWh cell costs after so many quarters in which EV shares go straight to their targets in log odds.

    Suppliers keep their world shares; experience and spillovers are those of the run.
    """
    start, end = log_odds(scenario.ev_share), log_odds(scenario.drift_target)
    steps = (np.arange(quarters) + 0.5) / max(1, quarters)
    shares = 1.0 / (1.0 + np.exp(-(start + steps[:, None] * (end - start))))
    energy = ordered_sum(ordered_sum(shares * scenario.market_size * scenario.kwh, axis=-1), axis=-1)
    home = scenario.supplier_home
    gained = batteries.experience_increment(
        scenario.supplier_share * energy,
        (home[:, None] == home[None, :]).astype(np.float64),
        parameters.spillover_domestic,
        parameters.spillover_foreign,
    )
    return batteries.learned_cost(
        economy.start_cell_cost,
        parameters.battery_cost_floor,
        (economy.start_experience + gained) / economy.start_experience,
        batteries.learning_exponent(parameters.battery_learning_rate),
    )


def fit_trend(
    scenario: Scenario, parameters: Parameters, economy: Economy, opening: Opening, paid_then: FloatArray
) -> FloatArray:
    """(m,) utils per quarter by which all EV qualities of a market grow.

    paid_then (m, f): purchase support per car in the target quarter, k$. Duties are those of the first quarter moved
    by what the scenario's no-treaty path moves until then.
    """
    quarters = round(scenario.drift_quarters)
    then = min(quarters, scenario.n_quarters - 1)
    duty = np.maximum(opening.duty + scenario.base_duty[then] - scenario.base_duty[0], 0.0)
    duty = economy.paid(duty, scenario.mfn[then])
    cost = projected_costs(scenario, parameters, economy, quarters)
    cells = supply_cells(economy, parameters, cost, opening.margin, duty[BATTERY])
    nothing = np.zeros((economy.parties.n_blocs, economy.parties.n_blocs))
    landed = landed_costs(economy, cells)
    base, mix = offered_costs(
        economy,
        parameters,
        landed,
        border_frictions(parameters, economy, nothing, nothing),
        duty[EV],
        opening.origin_tie,
        opening.origin_level,
    )
    weight = markup_weight(economy, parameters, mix, duty[EV], landed)
    alpha = parameters.alpha[:, None]
    points = scenario.chargers
    for _ in range(quarters):
        points = standards.charger_stock_next(points, economy.charger_budget, economy.charger_cost)
    size, ramp = parameters.zev_demand_shift, parameters.zev_ramp
    announced = scenario.zev_announced * (
        unilateral.zev_demand_shift(size, scenario.zev_age + quarters, ramp)
        - unilateral.zev_demand_shift(size, scenario.zev_age, ramp)
    )
    other = standards.network_utility(parameters.network_elasticity, points, scenario.chargers) + announced
    utility = opening.quality + np.log(scenario.availability.T) + alpha * paid_then + other[:, None]
    grown = log_odds(scenario.drift_target) - log_odds(scenario.ev_share)
    for _ in range(ROUNDS):
        clearing, _ = equilibrium(
            base, utility + grown[:, None], alpha, parameters.nest_correlation, None, SOLVER_SWEEPS, weight
        )
        error = log_odds(scenario.drift_target) - log_odds(ordered_sum(clearing.share))
        grown = grown + error
        if float(np.max(np.abs(error))) < TOLERANCE:
            break
    return grown / max(1, quarters)
