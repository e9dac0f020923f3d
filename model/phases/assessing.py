"""The assessment: what every package, duty and announcement would be worth, and to whom (theory 1.7, 1.21)."""

from __future__ import annotations

import dataclasses

import numpy as np

from model.assessment.ahead import foreseen
from model.assessment.costs import Situation
from model.assessment.doors import assess_all, views_of
from model.assessment.mandate import Mandate, make_mandate
from model.assessment.stakes import Stakes, supply_stakes, technology_stakes
from model.assessment.tables import Tables
from model.market.access import quotas_of
from model.market.border import technology_extra
from model.market.clearing import WARM_SWEEPS
from model.numerics import FloatArray
from model.phases import club, licences, trade
from model.phases.market import recognised_homes
from model.quarter import Insight
from model.rules import standards, unilateral
from model.stage import Stage
from model.vocabulary import EV


def assess_impact(world: Stage) -> None:
    """In an assessment quarter: refresh the tables and what every government makes of them."""
    state, p = world.state, world.parameters
    is_new = state.quarter % p.assessment_interval == 0
    if not is_new:
        state.insight = dataclasses.replace(state.insight, is_new=False)
        return
    before, nodes, situation = state.insight, world.rules.nodes, _situation(world)
    markup, ahead = before.markup, before.markup_ahead
    if before.mandate is not None and before.mandate.tables.nodes is not nodes:
        # A parameter changed on the way may look at other policies.
        known = before.mandate.tables.nodes.row
        markup, ahead = (_carried(world, found, known) for found in (markup, ahead))
    tables = assess_all(world.economy, p, situation, markup, WARM_SWEEPS, nodes)
    markup = tables.markup
    if p.foresight:
        tables, ahead = foreseen(
            world.economy,
            p,
            world.opening,
            situation,
            *world.learned(),
            tables,
            ahead,
            WARM_SWEEPS,
            nodes,
            state.cost_luck,
        )
    stakes = _stakes(world, situation)
    state.insight = Insight(True, _mandate(world, tables, stakes), stakes, markup, ahead)


def _carried(world: Stage, markup: FloatArray, known: np.ndarray) -> FloatArray:
    """(R, q, f) markups at the nodes looked at now: those found where they were looked at, else the opening's."""
    opening = world.agenda.markup
    everywhere = np.broadcast_to(opening, (*markup.shape[:-2], *opening.shape)).copy()
    everywhere[..., known, :] = markup
    return np.asarray(everywhere[..., world.rules.nodes.row, :])


def judged_anew(world: Stage) -> None:
    """New governments read the last assessment with their own weights."""
    last = world.state.insight
    if last.mandate is not None and last.stakes is not None:
        mandate = _mandate(world, last.mandate.tables, last.stakes)
        world.state.insight = dataclasses.replace(last, mandate=mandate)


def _mandate(world: Stage, tables: Tables, stakes: Stakes) -> Mandate:
    """What today's governments make of an assessment."""
    weight = world.state.profit_weight
    return make_mandate(world.economy, world.parameters, world.scenario, world.agenda, tables, stakes, weight)


def _situation(world: Stage) -> Situation:
    state, supply, p = world.state, world.state.supply, world.parameters
    mfn, floor, special = club.policies_beside_club(world)
    duty, frictions = under_quotas(world)
    gates = world.rules.gates and world.rules.gates.in_quarter(state.quarter)
    seen = Situation(
        cells=supply.cells,
        margin=state.margin,
        landed=supply.landed,
        frictions=frictions,
        utility=supply.utility,
        duty=duty,
        special=special,
        mfn=mfn,
        floor=floor,
        origin_tie=world.origin_ties(),
        origin_level=state.origin_level,
        subsidy=supply.paid,
        exported_cells=state.books.exported_cells,
        car_cost=state.car_cost,
        charges=supply.border.charges,
        scheme=supply.scheme,
        credit_price=state.credit_price,
        member_step=club.carbon_now(world),
        gates=gates if gates and np.isfinite(gates.size).any() else None,
    )
    if not world.rules.nodes.views:
        return seen
    ramp = standards.time_to_market(p.model_ramp, p.model_ramp_recognised, recognised_homes(world))
    on_sale = standards.ramp_availability(state.age, ramp)
    goods = (on_sale, state.has_plant, state.origin_tie, gates, state.quarter)
    return dataclasses.replace(seen, views=views_of(world.economy, p, world.scenario, seen, *goods))


def under_quotas(world: Stage) -> tuple[FloatArray, FloatArray]:
    """Duties (R, g, b, b) and frictions under this quarter's quotas, at the premium last paid."""
    state, now, frictions = world.state, world.gates(), world.state.supply.border.frictions
    if now is None or not now.has_quota:
        return state.paid, frictions
    duty = state.paid.copy(order="K")
    quotas = quotas_of(now, duty[:, EV], state.supply.landed)
    last = None if state.quarter == 0 else state.market.licences
    premium = np.zeros_like(quotas.size) if last is None else last.premium
    duty[:, EV], frictions = quotas.at_border(duty[:, EV], frictions, premium)
    return duty, frictions


def _stakes(world: Stage, situation: Situation) -> Stakes:
    state, p, books, felt = world.state, world.parameters, world.state.books, world.state.climate.expected_worry
    supply: FloatArray = world.agenda.supply_stake
    if state.quarter > 0:
        supply = supply_stakes(world.economy, p, world.scenario, books.cell_imports, books.ev_built)
    supply, withheld = licences.weighed(world, supply)
    made = (state.cell_cost, state.car_cost, state.cells, *world.learned())
    technology = technology_stakes(world.economy, p, *made, books.ev_revenue, felt, state.cost_luck)
    extra = technology_extra(p, books.ev_revenue, felt)
    if extra is not None:
        technology = technology + extra
    carry, granted = unilateral.carry_share(state.carried, state.dropped), state.recognises.copy(order="K")
    if club.is_any(world):
        unbound = club.unbound(world)
        carry, granted = carry * unbound, np.maximum(granted, 1.0 - unbound)
    return Stakes(
        supply=supply,
        technology=technology,
        friends=trade.friends_stakes(world, situation),
        withheld=withheld,
        brands_abroad=world.rules.brands_abroad,
        granted=granted,
        security=world.agenda.security,
        tension=state.climate.effective,
        felt=felt,
        # Copies: duty cases go on while this stands.
        case_left=state.case_left.copy(order="K"),
        case_step=state.case_step.copy(order="K"),
        carry=carry,
    )
