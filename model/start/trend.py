"""The trend of EV qualities, fitted so that the model itself reaches the share its scenario aims at (theory 1.1).

Without a trend, battery costs alone move EV shares little; with the whole log-odds path as trend, falling costs would
come on top and shares would overshoot. So the trend is what is left: costs are projected along the path aimed at, the
market is solved in the target quarter, and the qualities that make its share the target are found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.market import learning
from model.market.clearing import (
    border_frictions,
    equilibrium,
    landed_costs,
    markup_weight,
    offered_costs,
    supply_cells,
)
from model.market.economy import Economy, Opening
from model.market.learning import Costs, Learned
from model.numerics import FloatArray, ordered_sum
from model.parameters.checked import Parameters
from model.rules import standards, unilateral
from model.scenario.scenario import BEFORE, Scenario
from model.vocabulary import BATTERY, EV

ROUNDS = 30  # rounds of the fixed point; each reduces the error in log odds several times
TOLERANCE = 1e-10  # log odds
SOLVER_SWEEPS = 16  # joint Newton sweeps from scratch, as in the calibration
OUTSIDE = 1e-9  # shares are kept this far from 0 and 1, where log odds end


def log_odds(share: FloatArray) -> FloatArray:
    """ln(s/(1-s))."""
    kept = np.clip(share, OUTSIDE, 1.0 - OUTSIDE)
    return np.log(kept) - np.log1p(-kept)


def projected_costs(
    scenario: Scenario, parameters: Parameters, economy: Economy, opening: Opening, quarters: int
) -> Costs:
    """What cells and cars cost after so many quarters in which EV shares go straight to their targets in log odds.

    Suppliers keep their world shares, places and automakers their shares of the start; spillovers are those of the run.
    """
    start, end = log_odds(scenario.ev_share), log_odds(scenario.drift_target)
    steps = (np.arange(quarters) + 0.5) / max(1, quarters)
    shares = 1.0 / (1.0 + np.exp(-(start + steps[:, None] * (end - start))))
    energy = ordered_sum(ordered_sum(shares * scenario.market_size * scenario.kwh, axis=-1), axis=-1)
    cars = ordered_sum(scenario.brand_share * ordered_sum(shares * scenario.market_size, axis=0))
    made = ordered_sum(opening.made)
    places = energy * made / ordered_sum(made)
    gained = learning.gained(economy, parameters, Learned(scenario.supplier_share * energy, places, cars))
    known = Learned(economy.start_experience, economy.start_place_experience, economy.start_car_experience)
    return learning.costs(economy, parameters, learning.ahead(known, gained, 1.0))


class _Then(NamedTuple):
    """The market of the target quarter: base (m, f) k$, weight of markups; and what adds to the utility of a free EV.

    Utility (m, f) without the rest; what brands that come on sale bring (m, f), the network and announcements (m,).
    """

    base: FloatArray
    weight: FloatArray | None
    utility: FloatArray
    variety: FloatArray
    network: FloatArray
    announced: FloatArray


def _then(
    scenario: Scenario, parameters: Parameters, economy: Economy, opening: Opening, paid_then: FloatArray
) -> _Then:
    """The market of the target quarter without the trend.

    Duties are those of the first quarter moved by what the scenario's no-treaty path moves until then.
    """
    p, quarters = parameters, round(scenario.drift_quarters)
    then = min(quarters, scenario.n_quarters - 1)
    duty = np.maximum(opening.duty + scenario.base_duty[then] - scenario.base_duty[0], 0.0)
    duty = economy.paid(duty, scenario.mfn[then])
    costs = projected_costs(scenario, p, economy, opening, quarters)
    cells = supply_cells(economy, p, costs.cell, opening.margin, duty[BATTERY], costs.place)
    nothing = np.zeros((economy.parties.n_blocs, economy.parties.n_blocs))
    landed = landed_costs(economy, cells, costs.car)
    borders = border_frictions(p, economy, nothing, nothing)
    base, mix = offered_costs(economy, p, landed, borders, duty[EV], opening.origin_tie, opening.origin_level)
    points = scenario.chargers
    for _ in range(quarters):
        points = standards.charger_stock_next(points, economy.charger_budget, economy.charger_cost)
    announced = scenario.zev_announced * (
        unilateral.zev_demand_shift(p.zev_demand_shift, scenario.zev_age + quarters, p.zev_ramp)
        - unilateral.zev_demand_shift(p.zev_demand_shift, scenario.zev_age, p.zev_ramp)
    )
    on_sale = np.log(scenario.availability.T)
    # Brands come abroad slowly; one that is on sale today is on sale everywhere.
    age = np.where(scenario.on_sale_from == BEFORE, p.model_ramp, np.maximum(then - scenario.on_sale_from, 0)).T
    entered = np.log(standards.ramp_availability(age, p.model_ramp)) - on_sale
    return _Then(
        base=base,
        weight=markup_weight(economy, p, mix, duty[EV], landed),
        utility=opening.quality + on_sale + p.alpha[:, None] * paid_then,
        variety=p.variety_in_trend * entered,
        network=standards.network_utility(p.network_elasticity, points, scenario.chargers),
        announced=announced,
    )


def fit_trend(
    scenario: Scenario, parameters: Parameters, economy: Economy, opening: Opening, paid_then: FloatArray
) -> FloatArray:
    """(m,) utils per quarter by which all EV qualities of a market grow.

    paid_then (m, f): purchase support per car in the target quarter, k$.
    """
    found = _then(scenario, parameters, economy, opening, paid_then)
    utility = found.utility + found.variety + (found.network + found.announced)[:, None]
    grown = log_odds(scenario.drift_target) - log_odds(scenario.ev_share)
    for _ in range(ROUNDS):
        error = log_odds(scenario.drift_target) - _cleared(parameters, found, utility + grown[:, None])
        grown = grown + error
        if float(np.max(np.abs(error))) < TOLERANCE:
            break
    return grown / max(1, round(scenario.drift_quarters))


def _cleared(parameters: Parameters, found: _Then, utility: FloatArray) -> FloatArray:
    """(m,) log odds of EV shares in the target quarter, utility (m, f) of a free EV."""
    goods = (found.base, utility, parameters.alpha[:, None], parameters.nest_correlation, None)
    return log_odds(ordered_sum(equilibrium(*goods, SOLVER_SWEEPS, found.weight)[0].share))


def growth_parts(
    scenario: Scenario, parameters: Parameters, economy: Economy, opening: Opening, paid_then: FloatArray
) -> dict[str, FloatArray]:
    """(m,) log odds each by which EV shares grow to their targets: by prices (costs, duties, support), variety, the
    network, standing announcements, and the trend. Each is put on top of those before."""
    found, parts = _then(scenario, parameters, economy, opening, paid_then), {}
    utility, reached = found.utility, log_odds(scenario.ev_share)
    more = {"price": 0.0 * utility, "variety": found.variety}
    more |= {name: getattr(found, name)[:, None] + 0.0 * utility for name in ("network", "announced")}
    for name, added in more.items():
        utility = utility + added
        before, reached = reached, _cleared(parameters, found, utility)
        parts[name] = reached - before
    return {**parts, "trend": log_odds(scenario.drift_target) - reached}
