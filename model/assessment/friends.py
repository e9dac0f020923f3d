"""What a change of friends would be worth, and what support for purchases changes in the market (theory 1.15, 1.18)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.assessment.costs import Situation
from model.market.border import charge_receipts, dependence_cost
from model.market.clearing import WARM_SWEEPS, Accounts, account, equilibrium, markup_weight, offered_costs
from model.market.credits import clear_with_credits, content_credit, credit_flows
from model.market.economy import Economy
from model.numerics import FloatArray, beside, ordered_sum
from model.parameters.checked import Parameters
from model.rules import welfare
from model.scenario.scenario import Scenario
from model.vocabulary import EV, N_SIDES


@dataclass(frozen=True)
class Changed:
    """What a bloc has from the world's markets under some support: (..., b) bn$ a quarter, security cost deducted."""

    welfare: FloatArray
    profit: FloatArray


def under_support(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    paid: FloatArray,
    start: FloatArray,
    security: FloatArray,
    tension: FloatArray,
) -> Changed:
    """Clear all markets at the price fixed point with other purchase support (..., m, f), everything else as it is.

    start (..., m, f) markups to start from; security (g, b, b) k$ a car; tension (..., d) felt.
    """
    p, alpha = parameters, parameters.alpha[:, None]
    duty = situation.duty[..., EV, :, :]
    base, mix = offered_costs(
        economy, p, situation.landed, situation.frictions, duty, situation.origin_tie, situation.origin_level
    )
    utility = situation.utility + alpha * (paid - situation.subsidy)
    weight = markup_weight(economy, p, mix, duty, situation.landed)
    clearing, _ = equilibrium(base, utility, alpha, p.nest_correlation, start, WARM_SWEEPS, weight)
    price, (burden, fines) = situation.credit_price, np.zeros((2, economy.parties.n_blocs))
    if situation.scheme is not None and price is not None:
        cleared, _, clearing = clear_with_credits(
            situation.scheme, price, p.alpha, p.nest_correlation, base, utility, clearing
        )
        burden, fines = credit_flows(economy.market_size, situation.scheme, cleared, ordered_sum(clearing.share))
    a = account(
        economy,
        p,
        clearing,
        situation.cells,
        situation.margin,
        situation.landed,
        mix,
        duty,
        paid,
        np.zeros_like(clearing.price),
    )
    profit = home_profits(economy, a)
    revenue = a.vehicle_duty + a.battery_duty
    if situation.charges is not None:
        revenue = revenue + charge_receipts(a.built, situation.charges)
    tonnes = p.emissions_saved_per_ev
    sold = welfare.cars_that_save(ordered_sum(a.sales), tonnes)[..., None]
    climate = welfare.climate_benefit(p.carbon_share, p.social_cost_of_carbon, tonnes[0], sold)
    built = ordered_sum(a.built, axis=-2)[..., : economy.parties.n_blocs]
    value = welfare.social_welfare(
        a.consumer_surplus - burden,
        profit,
        welfare.jobs(p.jobs_value, built),
        revenue + fines,
        a.subsidy,
        climate,
        dependence_cost(economy, p, a, security, tension),
        p.public_funds_cost,
    )
    return Changed(value, profit)


def home_profits(economy: Economy, a: Accounts) -> FloatArray:
    """(..., b) bn$ a quarter that the firms of each bloc earn: automakers, suppliers, combustion cars."""
    firms = ordered_sum(a.firm_profit, axis=-2)
    makers = beside([ordered_sum(firms * economy.is_firm_home[:, b]) for b in range(economy.parties.n_blocs)])
    suppliers = beside(
        [ordered_sum(a.cell_profit * economy.is_supplier_home[:, b]) for b in range(economy.parties.n_blocs)]
    )
    return makers + suppliers + a.ice_profit


def friend_gains(
    economy: Economy,
    parameters: Parameters,
    scenario: Scenario,
    quarter: int,
    situation: Situation,
    origin_share: FloatArray,
    friends: FloatArray,
    start: FloatArray,
    security: FloatArray,
    felt: FloatArray,
    profit_weight: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """(..., d, s) twice: what the executive and the legislature of each side gain if the US's partner is its friend.

    Each partner of the US is put into the allowed set and taken out of it, at today's duties (a treaty's other parts
    are not varied with it). origin_share (..., m, f, o) today's; friends (..., b); start (..., m, f) markups; felt
    (..., d) effective tension as security feels it; profit_weight (..., b) of the executives.
    """
    parties = economy.parties
    credit_bloc, shape = parties.credit_bloc, (*friends.shape[:-1], parties.n_dyads, N_SIDES)
    executive, legislature = np.zeros(shape), np.zeros(shape)
    now = content_credit(parameters, scenario, quarter, situation.cells, origin_share, friends)
    for partner in range(parties.n_blocs):
        if partner == credit_bloc:
            continue
        d = int(parties.dyad_of[partner, credit_bloc])
        found = []
        for is_in in (0.0, 1.0):
            other = friends + (is_in - friends) * (np.arange(parties.n_blocs) == partner)
            credit = content_credit(parameters, scenario, quarter, situation.cells, origin_share, other)
            paid = situation.subsidy + (credit - now)
            found.append(under_support(economy, parameters, situation, paid, start, security, felt))
        for b in (partner, credit_bloc):
            side = int(parties.side_of[b, partner + credit_bloc - b])
            gain = found[1].welfare[..., b] - found[0].welfare[..., b]
            profit = found[1].profit[..., b] - found[0].profit[..., b]
            executive[..., d, side] = gain + profit_weight[..., b] * profit
            legislature[..., d, side] = gain + parameters.legislature_profit_weight * profit
    return executive, legislature
