"""Costs, supply contracts, plants and charging networks (theory 1.3, 1.14)."""

from __future__ import annotations

import numpy as np

from model.layout import zeros
from model.market import learning
from model.market.clearing import pass_through_weight
from model.numerics import LEAST_AVAILABILITY, FloatArray, beside, ordered_sum, safe_ratio
from model.phases.market import offer_supply
from model.rules import batteries, demand, plants, pricing, standards
from model.stage import Stage
from model.vocabulary import EV

PLANT_SWEEPS = 8  # Newton steps of one automaker's best price with rivals fixed


def renew_costs(world: Stage) -> None:
    """Learning, supply contracts, plants and charging networks follow from last quarter."""
    state, p, economy = world.state, world.parameters, world.economy
    if state.quarter > 0:
        _learn(world)
        _renew_contracts(world)
        _build_plants(world)
        state.quality = state.quality + world.opening.trend[:, None]
        common = np.maximum.reduce(state.standards.common, axis=-1)
        cost = standards.charger_unit_cost(economy.charger_cost, p.charger_saving, common, p.charger_foreign_share)
        state.chargers = standards.charger_stock_next(state.chargers, economy.charger_budget, cost)
    # Only an assessment looks at costs before this quarter's duties are in force.
    if state.quarter % p.assessment_interval == 0:
        offer_supply(world)


def _learn(world: Stage) -> None:
    state, (before, output) = world.state, world.learned()
    more = learning.gained(world.economy, world.parameters, output, state.standards.together)
    state.experience, state.place_experience, state.car_experience = now = learning.ahead(before, more, 1.0)
    if world.as_one(world.suppliers, "learn") is not None:
        learned = world.economy.cell_costs(world.parameters, now.cells, now.places)
    else:
        learned = beside([maker.learn(now.cells[..., maker.index], now.places) for maker in world.suppliers])
    shock = world.luck.cost_luck[state.quarter + 1]
    state.cost_luck = batteries.luck_next(state.cost_luck, world.parameters.battery_cost_luck, shock)
    state.place_cost = batteries.with_luck(learned, state.cost_luck[:, None, None])
    state.cell_cost = learning.at_home(world.economy, state.place_cost)
    state.car_cost = world.asked(world.automakers, "learn", now.cars)


def _renew_contracts(world: Stage) -> None:
    state = world.state
    is_due = (state.quarter + world.rules.turn) % world.parameters.contract_length == 0
    share = safe_ratio(state.cells, ordered_sum(state.cells, keepdims=True))
    state.margin = world.asked(world.suppliers, "bargain", share, is_due)


def _build_plants(world: Stage) -> None:
    """Plants open and are started; only lanes, markets and automakers where that can happen are worked on."""
    state, s, p = world.state, world.scenario, world.parameters
    opened = (state.plant_due == 1.0) | (state.quarter == s.plant_from.T)
    state.plant_due = np.maximum(state.plant_due - 1.0, 0.0)
    if np.count_nonzero(opened):
        state.has_plant = np.maximum(state.has_plant, opened)
        _open_plants(world, *np.nonzero(opened))
    luck = np.swapaxes(world.luck.plant[state.quarter + 1], -1, -2)
    kept_out, gates = s.banned.T, world.gates()
    if gates is not None:
        kept_out = kept_out & ~gates.local & ~gates.let_in
    free = (state.has_plant <= 0.0) & (state.plant_due <= 0.0) & ~kept_out
    # No hazard is above its ceiling, so luck above it needs no weighing of profits.
    lane, m, f = np.nonzero(free & (luck < p.plant_hazard_max))
    starts = luck[lane, m, f] < _plant_hazard(world, lane, m, f)
    lane, m, f = lane[starts], m[starts], f[starts]
    state.plant_due[lane, m, f] = float(p.plant_lag)
    started = zeros(*opened.shape)
    started[lane, m, f] = 1.0
    state.plants_started = ordered_sum(started, axis=-2)
    world.tell_places("plant_opens", opened)
    world.tell_places("plant_starts", started > 0.0)


def _open_plants(world: Stage, lane: np.ndarray, m: np.ndarray, f: np.ndarray) -> None:
    """From now on these automakers can serve these markets from home there."""
    state, economy, theta = world.state, world.economy, world.parameters.origin_substitution
    rate = np.concatenate([state.paid[lane, EV, m], economy.other_duty[EV][m, None]], axis=-1)
    friction, licences = state.supply.border.frictions[lane, m, 0], state.market.licences
    if licences is not None:
        rate, friction = licences.rate[lane, m, f], licences.frictions[lane, m, f]
    total = (1.0 + rate) * state.supply.landed[lane, m, f] + friction
    tie = np.where(economy.is_home[m] > 0.0, 0.0, state.origin_tie[lane, m, f])
    state.origin_tie[lane, m, f] = tie
    state.origin_level[lane, m, f] = plants.origin_normaliser(total, world.origin_ties()[lane, m, f], theta)


def _plant_hazard(world: Stage, lane: np.ndarray, m: np.ndarray, f: np.ndarray) -> FloatArray:
    """(n,) chance that a plant is started, for some lanes, markets and automakers, at last quarter's prices."""
    state, p, clearing, supply = world.state, world.parameters, world.state.market.clearing, world.state.supply
    sigma, alpha = p.nest_correlation, p.alpha[m]
    price, utility = clearing.price[lane, m], supply.utility[lane, m]
    row = np.arange(lane.size)
    rivals = pricing.rivals_log_sum(utility - alpha[:, None] * price, sigma)[row, f]
    utility, gates = utility[row, f], world.gates()
    rate = state.paid[lane, EV, m, m]
    local = (1.0 + rate) * supply.landed[lane, m, f, m] + supply.border.frictions[lane, m, 0, m]
    export = price[row, f] - clearing.markup[lane, m, f]
    # Beside each other: from a plant there, and as today.
    base, duty_rate = np.stack([local, export]), np.stack([np.zeros(lane.size), world.booked().duty_rate[lane, m, f]])
    weight = pass_through_weight(p, duty_rate)
    if gates is not None:
        # What is not sold yet would be, once it is built here.
        is_local = np.broadcast_to(gates.local, state.has_plant.shape)[lane, m, f]
        utility = np.stack([utility - np.log(LEAST_AVAILABILITY) * is_local, utility])
    markup = pricing.best_reply_markup(base, utility, rivals, alpha, sigma, PLANT_SWEEPS, weight)
    markup = markup if weight is None else markup * weight
    share = demand.share_beside(utility - alpha * (base + markup), rivals, sigma)
    earned = world.economy.market_size[m] * share * markup / (1.0 + duty_rate)
    if state.books.undertaken is not None:
        earned[1] += state.books.undertaken.rent[lane, m, f]
    if state.market.licences is not None:
        held = state.market.licences.held[lane, m, f] * p.quota_rent_exporter
        earned[1] += state.market.licences.premium[lane, m] * held
    industry = world.as_one(world.automakers, "plant_hazard")
    if industry is not None:
        chance: FloatArray = industry.plant_hazard(earned[0], earned[1])
        return chance
    hazard = np.zeros(lane.size)
    for firm in world.automakers:
        own = np.flatnonzero(f == firm.index)
        if own.size:
            hazard[own] = firm.plant_hazard(earned[0, own], earned[1, own])
    return hazard
