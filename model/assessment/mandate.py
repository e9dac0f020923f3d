"""What governments know after an impact assessment: their mandate for the next quarters (theory 1.7, 1.21).

Governments do not re-estimate a treaty every quarter. At an assessment the tables (``tables``) are made anew and turned
into the flows that every decision reads until the next one: payoffs of every package, and of every duty that a bloc
could set alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.assessment.attainable import attainable_gain
from model.assessment.nodes import ANNOUNCE_NODE, ANSWER_NODES, GRID_NODES, View
from model.assessment.stakes import Stakes, other_terms
from model.assessment.tables import Tables, security_flow
from model.assessment.values import Parts, party_parts, side_flows, with_friends
from model.market.clearing import require_settled
from model.market.economy import Economy
from model.numerics import QUARTERS_PER_YEAR, FloatArray, beside
from model.packages.agenda import Agenda
from model.packages.menu import Menu
from model.packages.sums import Flows
from model.parameters.checked import Parameters
from model.rules import unilateral
from model.scenario.scenario import Scenario
from model.vocabulary import Parties


@dataclass(frozen=True)
class Payoffs:
    """Value to the executives at every node of every pair, bn$ per quarter, (..., p, n)."""

    importer: FloatArray
    partner: FloatArray


@dataclass(frozen=True)
class Mandate:
    """The tables and what follows from them.

    executive: payoffs at the nodes; flows, parts (of the executive) and home_parts (of the legislature): by dyad, then
    side; move_gain (..., p, 5) what the importer gains by moving its special duty along its grid, the answer included,
    opening cost not; petition (..., p, 5) what its organised firms gain; announce_own (..., b) and announce_joint
    (..., b, b) gains from announcing a zero-emission path oneself, and from the column bloc's announcing; attainable
    (..., d) the largest joint gain of a package of the full menu by which neither executive loses; noted: what the
    record has worked out from it, by name, so that it is not asked again every quarter.
    """

    tables: Tables
    executive: Payoffs
    flows: tuple[tuple[Flows, Flows], ...]
    parts: tuple[tuple[Parts, Parts], ...]
    home_parts: tuple[tuple[Parts, Parts], ...]
    move_gain: FloatArray
    petition: FloatArray
    announce_own: FloatArray
    announce_joint: FloatArray
    attainable: FloatArray
    noted: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)


def payoffs(parties: Parties, tables: Tables, security: FloatArray, profit_weight: FloatArray | float) -> Payoffs:
    """Welfare less security cost plus the extra weight on home profits, one for all or (..., b) (theory 1.4, 1.5)."""
    own: FloatArray | float = profit_weight
    other: FloatArray | float = profit_weight
    if isinstance(profit_weight, np.ndarray):
        own, other = profit_weight[..., parties.importer][..., None], profit_weight[..., parties.partner][..., None]
    return Payoffs(
        importer=tables.welfare[..., 0] - security + own * tables.profit[..., 0],
        partner=tables.welfare[..., 1] + other * tables.profit[..., 1],
    )


def move_gains(parties: Parties, executive: Payoffs, tables: Tables) -> tuple[FloatArray, FloatArray]:
    """What each importer gains on its duty grid, and its organised firms: (..., p, 5) twice, bn$ per quarter."""
    grid = executive.importer[..., list(GRID_NODES)] - executive.importer[..., :1]
    answers = []
    for importer, partner in parties.directed:
        payoff = executive.partner[..., parties.pair_of[partner, importer], :]
        answers.append(np.stack([payoff[..., node] - payoff[..., 0] for node in ANSWER_NODES], axis=-1))
    answer = np.stack(answers, axis=-2)
    nothing = np.zeros((*answer.shape[:-1], 3))
    firms = tables.profit[..., 0]
    petition = np.maximum(firms[..., list(GRID_NODES)] - firms[..., :1], 0.0)
    return grid + np.concatenate([nothing, answer], axis=-1), petition


def announcement_gains(parties: Parties, executive: Payoffs) -> tuple[FloatArray, FloatArray]:
    """Own gain of each bloc from announcing, and from each partner's announcing: (..., b), (..., b, b)."""
    own, joint = [], []
    for b in range(parties.n_blocs):
        market = executive.importer[..., parties.pair_of[b, (b + 1) % parties.n_blocs], :]
        own.append(market[..., ANNOUNCE_NODE] - market[..., 0])
        row = []
        for j in range(parties.n_blocs):
            if j == b:
                row.append(np.zeros_like(own[0]))
                continue
            payoff = executive.partner[..., parties.pair_of[j, b], :]
            row.append(payoff[..., ANNOUNCE_NODE] - payoff[..., 0])
        joint.append(np.stack(row, axis=-1))
    return np.stack(own, axis=-1), np.stack(joint, axis=-2)


def rise_risks(
    parties: Parties,
    parameters: Parameters,
    agenda: Agenda,
    stakes: Stakes,
    move_gain: FloatArray,
    petition: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """(..., b, b) chance that an unbound duty rises while a deal is weighed, and by one (0) or two (1) steps (1.6a).

    With an investigation running it is the belief that threats are carried out; otherwise the chance that one is opened
    at an assessment, times that belief.
    """
    risk = np.zeros_like(stakes.case_left)
    steps = np.zeros_like(stakes.case_left)
    if not parameters.unilateral_duties:
        return risk, steps
    for pair, (importer, partner) in enumerate(parties.directed):
        dyad, side = parties.dyad_of[importer, partner], parties.side_of[importer, partner]
        one, two = move_gain[..., pair, 3], move_gain[..., pair, 4]
        bigger = two > one
        gain = np.maximum(one, two) - agenda.opening_cost[importer, partner]
        scale = agenda.scale[dyad, side]
        wish = np.where(bigger, petition[..., pair, 4], petition[..., pair, 3])
        chance = unilateral.opening_probability(
            gain,
            scale,
            wish,
            parameters.petition_weight,
            stakes.tension[..., dyad],
            parameters.opening_tension_weight * parameters.tension_in_opening,
            parameters.opening_slope,
            unilateral.at_assessment(parameters.opening_hazard, parameters.assessment_interval),
        )
        pays = unilateral.worth_moving(gain, parameters.duty_move_threshold, scale)
        carry = stakes.carry[..., importer, partner]
        running = stakes.case_left[..., importer, partner] > 0.0
        risk[..., importer, partner] = np.where(running, carry, np.where(pays, chance * carry, 0.0))
        steps[..., importer, partner] = np.where(running, stakes.case_step[..., importer, partner], bigger * 1.0)
    return risk, steps


def make_mandate(
    economy: Economy,
    parameters: Parameters,
    scenario: Scenario,
    agenda: Agenda,
    tables: Tables,
    stakes: Stakes,
    profit_weight: FloatArray | None = None,
) -> Mandate:
    """Turn tables into the flows that decisions read.

    profit_weight (..., b) of today's executives, the declared one by default.
    """
    require_settled(tables.residual)
    security = security_flow(economy, parameters, tables, stakes.security, stakes.felt)
    weight = parameters.executive_profit_weight if profit_weight is None else profit_weight
    parties = economy.parties
    executive = payoffs(parties, tables, security, weight)
    legislature = payoffs(parties, tables, security, parameters.legislature_profit_weight)
    gains, petition = move_gains(parties, executive, tables)
    if stakes.withheld is not None:
        gains = gains - stakes.withheld
    risk, steps = rise_risks(parties, parameters, agenda, stakes, gains, petition)
    views = tables.nodes.views
    found = [
        _dyad(
            parameters.deviation,
            agenda.menus[dyad],
            *(
                _side(economy, parameters, scenario, stakes, (executive, legislature), (risk, steps), views, dyad, side)
                for side in (0, 1)
            ),
        )
        for dyad in range(parties.n_dyads)
    ]
    announce_own, announce_joint = announcement_gains(parties, executive)
    return Mandate(
        tables=tables,
        executive=executive,
        flows=tuple((first[0], second[0]) for first, second in found),
        parts=tuple((first[1], second[1]) for first, second in found),
        home_parts=tuple((first[2], second[2]) for first, second in found),
        move_gain=gains,
        petition=petition,
        announce_own=announce_own,
        announce_joint=announce_joint,
        attainable=beside(
            [
                attainable_gain(menu, first[0].kept, second[0].kept)
                for menu, (first, second) in zip(agenda.menus, found, strict=True)
            ]
        ),
    )


def _dyad(
    deviation: str, menu: Menu, first: tuple[Parts, Parts], second: tuple[Parts, Parts]
) -> list[tuple[Flows, Parts, Parts]]:
    """Each side of a dyad: its flows, and the parts of what its executive and its legislature have."""
    in_part = deviation == "best"
    return [
        (side_flows(menu, side, *own, other[0] if in_part else None), *own)
        for side, (own, other) in enumerate([(first, second), (second, first)])
    ]


def _side(
    economy: Economy,
    parameters: Parameters,
    scenario: Scenario,
    stakes: Stakes,
    payoffs_of: tuple[Payoffs, Payoffs],
    rises: tuple[FloatArray, FloatArray],
    views: tuple[View, ...],
    dyad: int,
    side: int,
) -> tuple[Parts, Parts]:
    """One side of a dyad: the parts of what its executive and its legislature have."""
    other = other_terms(
        economy, parameters, scenario, dyad, side, stakes.supply, stakes.technology, stakes.brands_abroad
    )
    pairs, pair_of = economy.parties.dyads, economy.parties.pair_of
    first, second = (pair_of[pair] for pair in (pairs[dyad], pairs[dyad][::-1]))
    own_pair = (first, second)[side]
    access = tuple(max((view.step for view in views if view.pair == pair), default=0) for pair in (first, second))
    watched = next((one.watched_by for one in scenario.access if pair_of[one.importer, one.exporter] == own_pair), -1)
    believed = None
    if watched >= 0:
        believed = parameters.third_answer / QUARTERS_PER_YEAR * stakes.carry[..., watched, pairs[dyad][side]]
    own, home = (
        party_parts(
            economy.parties,
            dyad,
            side,
            who.importer,
            who.partner,
            *rises,
            stakes.granted,
            other,
            (access[0], access[1]),
            believed,
        )
        for who in payoffs_of
    )
    if stakes.friends is not None:
        own, home = (
            with_friends(economy.parties, parts, dyad, gain[..., dyad, side])
            for parts, gain in zip((own, home), stakes.friends, strict=True)
        )
    return own, home
