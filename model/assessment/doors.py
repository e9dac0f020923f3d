"""What steps of access are worth: an assessment of the market with the brands let in (second edition 3).

Where a scenario puts access to a market on the table, the importer's nodes with that partner are looked at once for
every step, as if its terms were in force, whatever is in force now; all other pairs see the market as it is. Brands
that a rule keeps out count as fully on sale once they are let in, as they will be when they have ramped up. Who may
sell only what it builds in the market would have to build first: a maker without a plant counts for the part of the
life of an agreement in which it will have one, and pays the annuity of a plant for that part.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from model.assessment.alike import assess_lanes, shared
from model.assessment.costs import Entry, Situation
from model.assessment.nodes import N_NODES, Nodes, columns_of, nodes_of
from model.assessment.tables import OF_SIDES, Tables, assess
from model.layout import laid_like
from model.market.access import OPEN_TO_IMPORTS, Gates
from model.market.economy import SHUT, Economy
from model.market.trade import Clause, plant_outlay
from model.numerics import LEAST_AVAILABILITY, QUARTERS_PER_YEAR, FloatArray, ordered_sum
from model.parameters.checked import Parameters
from model.rules import plants
from model.rules.pricing import COLD_SWEEPS
from model.scenario.scenario import Scenario


def views_of(
    economy: Economy,
    parameters: Parameters,
    scenario: Scenario,
    situation: Situation,
    availability: FloatArray,
    has_plant: FloatArray,
    origin_tie: FloatArray,
    gates: Gates | None,
    t: int,
) -> tuple[Situation, ...]:
    """The situation at every step of access on the table, in the order of ``Nodes.views``.

    availability (..., m, f) of brands in the situation, fractions; has_plant (..., m, f) 0 or 1; origin_tie
    (..., m, f, o) without regard to access; gates: what the scenario has in force, in this quarter.
    """
    views = []
    for one in sorted(scenario.access, key=lambda one: economy.parties.pair_of[one.importer, one.exporter]):
        i = one.importer
        in_market = (np.arange(economy.parties.n_blocs) == i)[:, None]
        if gates is None or not one.on_table:
            continue
        for terms in (one, *one.on_table):
            brands, is_local = in_market & terms.makers, terms.position == "local"
            sold = (has_plant > 0.0) if is_local else np.asarray(terms.position in OPEN_TO_IMPORTS)
            builds = brands & is_local & ~(has_plant > 0.0)
            aim = np.where(sold | builds, 1.0, LEAST_AVAILABILITY)
            shift = np.where(brands, np.log(aim) - np.log(np.maximum(availability, LEAST_AVAILABILITY)), 0.0)
            tie, level = np.where(brands[..., None], origin_tie, situation.origin_tie), situation.origin_level
            if is_local:
                at_home = np.where(economy.is_home[:, None, :] > 0.0, 0.0, SHUT)
                tie, level = np.where(brands[..., None], at_home, tie), np.where(brands, 0.0, level)
            now, clause = gates.with_terms(i, terms, t), None
            if terms.position == "undertaking":
                outlay = plant_outlay(parameters, has_plant[..., i, :])
                clause = Clause(terms.investment, terms.volume, outlay)
            views.append(
                dataclasses.replace(
                    situation,
                    utility=situation.utility + shift,
                    origin_tie=tie,
                    origin_level=level,
                    gates=now if np.isfinite(now.size).any() else None,
                    entry=Entry(i, builds[..., i, :]) if is_local else None,
                    clause=clause,
                )
            )
    return tuple(views)


def assess_all(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    start: FloatArray | None,
    sweeps: int,
    nodes: Nodes,
) -> Tables:
    """``assess_lanes``, and the nodes of every step of access on the table, which stand behind those of their pair."""
    if not nodes.views:
        return assess_lanes(economy, parameters, situation, start, sweeps, nodes)
    return shared(lambda seen, begin: _step_by_step(economy, parameters, seen, begin, sweeps, nodes), situation, start)


def _step_by_step(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    start: FloatArray | None,
    sweeps: int,
    nodes: Nodes,
) -> Tables:
    def before(first: int, n: int) -> FloatArray | None:
        return None if start is None else start[..., first : first + n, :]

    first, steps = len(nodes.pair), [columns_of(view.step) for view in nodes.views]
    plain = assess(economy, parameters, situation, before(0, first), sweeps, nodes)
    n = max(columns.stop for columns in steps)
    place = np.zeros((economy.parties.n_pairs, n), dtype=np.int64)
    place[:, :N_NODES] = nodes.place
    found = {name: _wider(getattr(plain, name), n, -2) for name in OF_SIDES}
    shares, parts = _wider(plain.ev_share, n, -1), [plain]
    for view, columns, seen in zip(nodes.views, steps, situation.views, strict=True):
        pair, own = view.pair, slice(0, columns.stop - columns.start)
        part = _with_entry(economy, parameters, seen, before(first, len(view.nodes.pair)), sweeps, view.nodes)
        for name, whole in found.items():
            whole[..., pair, columns, :] = getattr(part, name)[..., pair, own, :]
        shares[..., pair, columns] = part.ev_share[..., pair, own]
        place[pair, columns] = first + view.nodes.place[pair, own]
        parts.append(part)
        first += len(view.nodes.pair)
    return dataclasses.replace(
        plain,
        **found,
        nodes=dataclasses.replace(nodes, place=place),
        ev_share=shares,
        firm_profit=np.concatenate([part.firm_profit for part in parts], axis=-2),
        markup=np.concatenate([part.markup for part in parts], axis=-2),
        residual=np.concatenate([part.residual for part in parts], axis=-1),
    )


def _wider(values: FloatArray, n: int, axis: int) -> FloatArray:
    """The same with room for n nodes along an axis."""
    whole = laid_like(values, axis, n)
    np.moveaxis(whole, axis, 0)[: values.shape[axis]] = np.moveaxis(values, axis, 0)
    return whole


def _with_entry(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    start: FloatArray | None,
    sweeps: int,
    nodes: Nodes,
) -> Tables:
    """One pair's nodes; where makers would have to build first, with their plants as far as they will stand."""
    if situation.entry is None:
        return assess(economy, parameters, situation, start, sweeps, nodes)
    pair, market = int(nodes.pair[0]), situation.entry.market
    annuity = parameters.plant_cost * parameters.plant_hurdle_rate / QUARTERS_PER_YEAR
    first = np.zeros((economy.parties.n_pairs, N_NODES), dtype=bool)
    first[pair, 0] = True
    earned = assess(economy, parameters, situation, None, COLD_SWEEPS, nodes_of(economy, first)).firm_profit[..., 0, :]
    worth = plants.entry_value(earned, 0.0, parameters.plant_hurdle_rate, parameters.plant_cost)
    hazard = plants.entry_hazard(worth, parameters.plant_hazard_max, parameters.plant_hazard_scale)
    lasts = parameters.discount_factor * (1.0 - parameters.repudiation_hazard)
    stands = np.where(situation.entry.makers, plants.part_of_life(hazard, parameters.plant_lag, lasts), 1.0)
    utility = situation.utility.copy()
    utility[..., market, :] += np.log(np.maximum(stands, LEAST_AVAILABILITY))
    tables = assess(economy, parameters, dataclasses.replace(situation, utility=utility), start, sweeps, nodes)
    paid = np.where(situation.entry.makers, stands * annuity, 0.0)
    # They are at home in the partner.
    by_partner = np.stack([np.zeros(paid.shape[:-1]), ordered_sum(paid)], axis=-1)[..., None, None, :]
    return dataclasses.replace(
        tables,
        welfare=tables.welfare - by_partner,
        profit=tables.profit - by_partner,
        firm_profit=tables.firm_profit - paid[..., None, :],
    )
