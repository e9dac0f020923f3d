"""The market for cars: what is offered, at which prices it clears (theory 1.1-1.3, 1.13-1.15, 1.18)."""

from __future__ import annotations

import numpy as np

from model.assessment import coalitions
from model.layout import zeros
from model.market.access import Licences, Quotas, clear_with_quotas, lasting_premium, quotas_of
from model.market.border import border_of
from model.market.clearing import (
    WARM_SWEEPS,
    CellSupply,
    clear_at_prices,
    equilibrium,
    landed_costs,
    markup_weight,
    offered_costs,
    supply_cells,
)
from model.market.credits import content_credit, scheme_of
from model.numerics import FloatArray, ordered_sum, safe_ratio
from model.phases import club, trade
from model.quarter import Market, Supply
from model.rules import demand, policy, standards
from model.stage import Stage
from model.start.calibration import support
from model.vocabulary import BATTERY, EV


def offer_supply(world: Stage) -> None:
    """Cells, landed costs and the utility of a free car, at today's costs and the duties last in force."""
    state, p, economy, standing = world.state, world.parameters, world.economy, world.state.standards
    cells = supply_cells(economy, p, state.cell_cost, state.margin, state.paid[:, BATTERY], state.place_cost)
    landed = landed_costs(economy, cells, state.car_cost)
    carbon = club.carbon_now(world)
    if carbon is not None:
        landed = landed + coalitions.places(carbon.cost)[:, None, None, :]
    border = border_of(p, economy, standing.recognised, standing.common)
    paid = support(world.scenario, state.quarter) + _credit(world, cells)
    ramp = standards.time_to_market(p.model_ramp, p.model_ramp_recognised, recognised_homes(world))
    utility = demand.mean_utility(
        state.quality,
        standards.ramp_availability(state.age, ramp),
        standards.network_utility(p.network_elasticity, state.chargers, world.scenario.chargers)[..., None],
        world.pushed_utility()[..., None],
        p.alpha[:, None],
        paid,
    )
    scheme = scheme_of(p, world.scenario, state.quarter)
    if scheme is not None:
        utility = utility + (p.alpha * state.credit_price)[..., None]
    state.supply = Supply(cells, landed, border, paid, utility, scheme)


def recognised_homes(world: Stage) -> FloatArray:
    """(R, m, f) whether a market recognises the certificates of an automaker's home."""
    nobody = zeros(world.n_lanes, world.parties.n_blocs, 1)
    recognised = world.state.standards.recognised
    return np.concatenate([recognised, nobody], axis=-1)[..., world.scenario.automaker_home]


def _credit(world: Stage, cells: CellSupply) -> FloatArray:
    """(R, m, f) k$ of purchase credits with local-content rules (1.18); a single zero where there is none."""
    s, state, t = world.scenario, world.state, world.state.quarter
    if world.rules.has_content_rules:
        return content_credit(world.parameters, s, t, cells, state.origin_share, state.standards.friends)
    if not s.credit[t].any():
        return np.zeros((1, 1))
    mix = safe_ratio(state.cells, ordered_sum(state.cells, keepdims=True))
    restricted = ordered_sum(mix * (s.supplier_home == world.parties.restricted_bloc))[..., None, :]
    return policy.purchase_credit(
        s.credit[t][:, None],
        ordered_sum(mix * s.mineral_share)[..., None, :],
        1.0 - restricted,
        s.credit_minerals[t][:, None],
        s.credit_components[t][:, None],
        ordered_sum(state.origin_share * world.economy.is_home[:, None, :]),
        s.credit_restricted[t][:, None] * restricted,
        policy.SMOOTH_WIDTH,
    )


def clear_markets(world: Stage) -> None:
    """Automakers want the Bertrand-Nash prices and the cheapest mix of origins, and move part of the way."""
    offer_supply(world)
    trade.tell_rules(world)
    state, p, economy, supply = world.state, world.parameters, world.economy, world.state.supply
    duty, frictions, quotas, premium = state.paid[:, EV], supply.border.frictions, None, np.zeros(1)
    gates, ties = world.gates(), world.origin_ties()
    if gates is not None and gates.has_quota:
        quotas = quotas_of(gates, duty, supply.landed)
        goods = (supply.landed, duty, frictions, supply.utility, ties, state.origin_level, state.markup)
        premium = lasting_premium(economy, p, quotas, *goods)
        duty, frictions = quotas.at_border(duty, frictions, premium)
    base, mix = offered_costs(economy, p, supply.landed, frictions, duty, ties, state.origin_level)
    alpha = p.alpha[:, None]
    weight = markup_weight(economy, p, mix, duty, supply.landed)
    wanted, residual = equilibrium(base, supply.utility, alpha, p.nest_correlation, state.markup, WARM_SWEEPS, weight)
    state.markup = wanted.markup
    state.origin_share = world.asked(world.automakers, "source", mix, axis=-2)
    if gates is not None:
        # Who may sell only what it builds in the market does so from the first car on.
        is_local = (gates.local & (state.has_plant > 0.0))[..., None]
        state.origin_share = np.where(is_local, economy.is_home[:, None, :], state.origin_share)
    state.price = world.asked(world.automakers, "price", wanted.price)
    licences = None
    if quotas is None:
        clearing = clear_at_prices(base, supply.utility, state.price, alpha, p.nest_correlation)
    else:
        clearing, licences = clear_with_quotas(
            economy,
            quotas,
            base,
            supply.utility,
            state.price,
            alpha,
            p.nest_correlation,
            state.origin_share,
            state.paid[:, EV],
            supply.border.frictions,
            premium,
        )
    if supply.scheme is not None:
        clearing = trade.clear_credits(world, supply.scheme, base, clearing)
    if quotas is not None and licences is not None:
        _tell_quotas(world, quotas, licences)
    state.market = Market(clearing, residual, licences)


def _tell_quotas(world: Stage, quotas: Quotas, licences: Licences) -> None:
    """Tell of quotas that have come to bind, or no longer do."""
    last = None if world.state.quarter == 0 else world.state.market.licences
    before = np.zeros_like(licences.premium) if last is None else last.premium
    for lane, story in world.stories.items():
        story.quotas(before[lane], licences.premium[lane], quotas.origin)
