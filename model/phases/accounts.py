"""The books of a quarter: who sold and earned what, and what each bloc makes of it (theory 1.4, 1.5)."""

from __future__ import annotations

import numpy as np

from model.market.access import with_rents
from model.market.border import dependence_cost, technology_flows
from model.market.clearing import Accounts, account, costs_reached
from model.numerics import FloatArray, beside, ordered_sum
from model.phases import club, licences, trade
from model.phases.market import recognised_homes
from model.quarter import Books, Welfare
from model.rules import standards, welfare
from model.stage import Stage
from model.vocabulary import EV

NEW_MODELS_A_QUARTER = 0.25  # models that a foreign brand certifies in a market; assumption: one a year


def settle_accounts(world: Stage) -> None:
    """Sales, profits, revenues, dependence; and each bloc's welfare."""
    state, p, s, supply = world.state, world.parameters, world.scenario, world.state.supply
    on_sale = (state.age > 0.0) & (s.automaker_home[None, :] != np.arange(world.parties.n_blocs)[:, None])
    certified = on_sale * NEW_MODELS_A_QUARTER
    outlay = standards.certification_outlay(
        p.certification_outlay, p.certification_outlay_recognised, recognised_homes(world), certified
    )
    duty, frictions, licences = state.paid[:, EV], supply.border.frictions, state.market.licences
    if licences is not None:
        duty, frictions = licences.rate, licences.frictions
    landed, reached = costs_reached(world.economy, supply.cells, supply.landed, frictions, duty, state.origin_share)
    a = account(
        world.economy,
        p,
        state.market.clearing,
        supply.cells,
        state.margin,
        landed,
        state.origin_share,
        duty,
        supply.paid,
        outlay,
        reached,
    )
    if licences is not None:
        a = with_rents(a, licences, p.quota_rent_exporter)
    a, undertaken = trade.undertaken(world, a)
    state.cells, state.made, state.sold = a.cells, a.made, ordered_sum(a.sales, axis=-2)
    state.books = Books(
        accounts=a,
        ev_share=ordered_sum(state.market.clearing.share),
        ev_built=ordered_sum(a.built, axis=-2)[..., : world.parties.n_blocs],
        ev_revenue=by_home(ordered_sum(a.sales * a.border_price, axis=-2), world.economy.is_firm_home),
        cell_imports=a.cell_imports,
        exported_cells=a.exported_cells,
        cell_profit=a.cell_profit,
        models_certified=certified,
        undertaken=undertaken,
    )
    state.welfare = _welfare(world, a)


def by_home(values: FloatArray, is_home: FloatArray) -> FloatArray:
    """(R, b) what belongs to the firms of each bloc; values (R, n), is_home (n, b)."""
    return beside([ordered_sum(values * is_home[:, b]) for b in range(is_home.shape[-1])])


def _welfare(world: Stage, a: Accounts) -> Welfare:
    """What the quarter is worth to every bloc.

    What announcements made since the start add to utility moves sales but is no surplus (as in the assessments). A
    club's carbon price, payments among its members, receipts of the treasury beside duties and what buyers lose to
    credits count where there are such things (theory 1.18, 1.19).
    """
    state, p, economy, books = world.state, world.parameters, world.economy, world.state.books
    makers = by_home(ordered_sum(a.firm_profit, axis=-2), economy.is_firm_home)
    makers = makers - p.plant_cost * by_home(state.plants_started, economy.is_firm_home)
    home_profit = makers + by_home(a.cell_profit, economy.is_supplier_home) + a.ice_profit
    security = dependence_cost(economy, p, a, world.agenda.security, state.climate.worry)
    extra = technology_flows(p, books.ev_revenue, state.climate.expected_worry, state.conduct.implemented)
    if extra is not None:
        home_profit, security = home_profit + extra[0], security + extra[1]

    tonnes = p.emissions_saved_per_ev
    more = welfare.cars_that_save(ordered_sum(a.sales), tonnes) - world.rules.reference_evs
    climate = welfare.climate_benefit(p.carbon_share, p.social_cost_of_carbon, tonnes[0], np.asarray(more)[..., None])
    surplus = a.consumer_surplus - world.pushed_utility() / p.alpha * ordered_sum(a.sales)
    jobs = welfare.jobs(p.jobs_value, books.ev_built)
    revenue, subsidies = a.vehicle_duty + a.battery_duty, a.subsidy + economy.charger_budget
    receipts, burden = trade.flows(world, a)
    if receipts is not None:
        revenue = revenue + receipts
    if burden is not None:
        surplus = surplus - burden
    carbon = club.carbon_now(world)
    if carbon is not None:
        revenue = revenue + carbon.receipts * books.ev_built
        abated = np.asarray(ordered_sum(books.ev_built * carbon.abated))[..., None]
        climate = climate + welfare.climate_benefit(p.carbon_share, p.social_cost_of_carbon, 1.0, abated)
    social = welfare.social_welfare(
        surplus, home_profit, jobs, revenue, subsidies, climate, security, p.public_funds_cost
    )
    if world.rules.has_clubs:
        social = social + club.payments(world)
    if world.rules.may_withhold.any():
        social = social - ordered_sum(licences.harm_now(world), axis=-2)
    return Welfare(
        climate=climate,
        consumer_surplus=surplus,
        jobs=jobs,
        revenue=revenue,
        subsidies=subsidies,
        welfare=social,
        payoff=welfare.executive_payoff(social, home_profit, state.profit_weight),
        home_profit=home_profit,
        security=security,
    )
