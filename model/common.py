"""What both worlds do alike in a quarter: compositions of rules that do not care about shape.

The phases of the Mesa world pass a state without a replicate axis, those of the ensemble one with it; the lines are the
same. Whatever an agent decides by itself stays with the agents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.draws import Draws
from model.mandate import effective_tension
from model.markets import Accounts
from model.numerics import FloatArray, FloatLike, ordered_sum
from model.parameters import Parameters
from model.rules import compliance, dialogue, packages, ratification, tension, trust, turnover, welfare
from model.rules.club_terms import CarbonStep
from model.scenario import Scenario
from model.state import State, mean_tension, prior_evidence
from model.vocabulary import N_BLOCS


def move_tension(parameters: Parameters, state: State, luck: Draws, violations: FloatArray) -> None:
    """The quarter's shock to latent tension, and what last quarter left behind (theory 1.12); not in the first."""
    p, t = parameters, state.quarter
    if t == 0:
        return
    if p.grit:
        state.tension_before = tension.tension_level(state.tension)
    state.tension = tension.tension_step(
        state.tension,
        p.tension_mean,
        p.tension_persistence,
        p.tension_volatility,
        luck.tension_shock[t + 1],
        luck.tension_jump[t + 1],
        luck.tension_jump_size[t + 1],
        p.tension_jump_rate,
        p.tension_jump_mean,
        state.depth,
        p.cooperation_on_tension,
        violations,
        p.violation_on_tension,
        state.dialogue,
        p.dialogue_on_tension,
    )


@dataclass(frozen=True)
class Climate:
    """Tension as it works this quarter, all (..., d) in (0, 1): now, over the life of an agreement, and in exits."""

    level: FloatArray
    effective: FloatArray
    danger: FloatArray
    expected_danger: FloatArray


def climate_of(parameters: Parameters, latent: FloatArray) -> Climate:
    """What latent tension (..., d) means; with its pathway off, exits see the usual level (theory 1.12)."""
    level, effective = tension.tension_level(latent), effective_tension(parameters, latent)
    if parameters.tension_in_exit:
        return Climate(level, effective, level, effective)
    usual = np.zeros_like(latent) + tension.tension_level(mean_tension(parameters))
    return Climate(level, effective, usual, usual)


def move_channels(parameters: Parameters, state: State, level: FloatArray) -> None:
    """The official channel opens or shuts with tension (..., d); dialogue and joint research go on (theory 1.9b, 1.16).

    Subnational contacts keep a floor under the dialogue; high tension breaks up half of them, and half of the joint
    research (pathway (d) of theory 1.12).
    """
    p = parameters
    state.is_open = dialogue.channel_open(
        state.is_open, level, p.channel_closes_above, p.channel_opens_below, p.tension_closes_channel
    )
    strain = level if p.tension_in_subnational else np.zeros_like(level)
    floor: FloatLike = 0.0
    if p.subnational:
        floor = dialogue.subnational_level(p.subnational_floor, strain, p.subnational_breaks_above)
    state.dialogue = dialogue.dialogue_step(
        state.dialogue, state.is_open, p.dialogue_ceiling, p.dialogue_rise, p.dialogue_fall, floor
    )
    if p.track2:
        state.track2 = dialogue.track2_step(state.track2, strain, p.track2_rise, p.subnational_breaks_above)


def change_governments(parameters: Parameters, scenario: Scenario, state: State, luck: Draws) -> bool:
    """At a scheduled date with turnover on, new governments bring preferences and priors of their own (theory 1.17).

    Returns whether any government changed; dates are the scenario's, so they are the same in every replicate.
    """
    p, t = parameters, state.quarter
    if not p.turnover or not scenario.turnover[t].any():
        return False
    usual_good, _ = prior_evidence(p)
    for b in np.flatnonzero(scenario.turnover[t]):
        state.profit_weight[..., b] = turnover.new_profit_weight(
            p.executive_profit_weight, p.turnover_profit_weight, luck.new_weight[t + 1][..., b]
        )
        state.threshold_shift[..., b] = turnover.new_threshold_shift(
            p.ratification_threshold[b], p.turnover_threshold, luck.new_threshold[t + 1][..., b]
        )
        for j in range(N_BLOCS):
            if j == b:
                continue
            old = state.prior_good[..., b, j].copy()
            new = turnover.new_prior(usual_good[b, j], p.turnover_trust, luck.new_prior[t + 1][..., b, j])
            state.good[..., b, j] = turnover.evidence_with_prior(state.good[..., b, j], old, new, trust.EVIDENCE_FLOOR)
            state.type_belief[..., b, j] = turnover.belief_with_prior(state.type_belief[..., b, j], old, new)
            state.prior_good[..., b, j] = new
    return True


def continuation_of(parameters: Parameters, danger: FloatArray, belief: FloatLike) -> FloatArray:
    """(...) weight of next quarter in a compliance test; by type, doubt does not discount it (theory 1.10)."""
    p = parameters
    seen = 1.0 if p.trust_type else belief
    return compliance.continuation(p.discount_factor, p.repudiation_hazard * danger, seen)


def move_perceptions(parameters: Parameters, state: State, luck: Draws) -> None:
    """Errors of perception and moods of legislatures move on; both persist (theory 1.8, 1.9)."""
    t, persistence = state.quarter, parameters.perception_persistence
    state.own_error = packages.persistent_error(state.own_error, persistence, luck.own_error[t + 1])
    state.partner_error = packages.persistent_error(state.partner_error, persistence, luck.partner_error[t + 1])
    state.mood = ratification.persistent_shock(
        state.mood, parameters.ratification_persistence, luck.ratification[t + 1]
    )


@dataclass(frozen=True)
class BlocFlows:
    """Welfare of the blocs and what it is made of, all (..., b), bn$ per quarter (theory 1.4, 1.5)."""

    climate: FloatArray
    consumer_surplus: FloatArray
    jobs: FloatArray
    revenue: FloatArray
    subsidies: FloatArray
    welfare: FloatArray
    payoff: FloatArray


def bloc_flows(
    parameters: Parameters,
    accounts: Accounts,
    charger_budget: FloatArray,
    reference_evs: FloatArray,
    announced: FloatArray,
    home_profit: FloatArray,
    ev_built: FloatArray,
    security: FloatArray,
    profit_weight: FloatArray,
    carbon: CarbonStep | None = None,
    payments: FloatArray | None = None,
    receipts: FloatArray | None = None,
    burden: FloatArray | None = None,
) -> BlocFlows:
    """What a quarter is worth to every bloc.

    reference_evs: m EVs a quarter at the start; announced (..., b) utility that announcements made since then add,
    which moves sales but is no surplus (as in the assessments); home_profit, security (..., b) bn$ per quarter;
    ev_built (..., b) m cars a quarter; profit_weight (..., b) of the executives; carbon: what a club's carbon price
    does to a car made in each bloc, and payments (..., b) among its members, bn$ per quarter, or None (theory 1.19);
    receipts, burden (..., b): what treasuries receive beside duties, and what buyers lose to credits, or None (1.18).
    """
    p, a = parameters, accounts
    extra = ordered_sum(ordered_sum(a.sales)) - reference_evs
    climate = welfare.climate_benefit(
        p.carbon_share, p.social_cost_of_carbon, p.emissions_saved_per_ev, np.asarray(extra)[..., None]
    )
    surplus = a.consumer_surplus - announced / p.alpha * ordered_sum(a.sales)
    jobs = welfare.jobs(p.jobs_value, ev_built)
    revenue, subsidies = a.vehicle_duty + a.battery_duty, a.subsidy + charger_budget
    if receipts is not None:
        revenue = revenue + receipts
    if burden is not None:
        surplus = surplus - burden
    if carbon is not None:
        revenue = revenue + carbon.receipts * ev_built
        abated = np.asarray(ordered_sum(ev_built * carbon.abated))[..., None]
        climate = climate + welfare.climate_benefit(p.carbon_share, p.social_cost_of_carbon, 1.0, abated)
    social = welfare.social_welfare(
        surplus, home_profit, jobs, revenue, subsidies, climate, security, p.public_funds_cost
    )
    if payments is not None:
        social = social + payments
    payoff = welfare.executive_payoff(social, home_profit, profit_weight)
    return BlocFlows(climate, surplus, jobs, revenue, subsidies, social, payoff)
