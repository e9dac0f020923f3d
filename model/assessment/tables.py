"""Impact assessments: what every policy that can be discussed is worth in every market (theory 1.7, 1.21).

Payoffs are additive over markets, and a package touches a market only through the importer's duty on its partner and
through two cost savings. So each importer-partner pair is evaluated once at a fixed list of *nodes*, each at the price
fixed point with everything else as it is, and a package is valued by adding entries of these tables. Nothing is
interpolated. Learning, plants and networks are held fixed (myopic governments).

Nodes of a pair (``nodes``): 4 cuts x 4 savings, then the importer's own duty grid, its answers to the partner's
rises, the punishment duty, and a zero-emission announcement. What cars cost at a duty level is in ``costs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from model.assessment.costs import ELSEWHERE, Cars, Situation, cars_by_level, cells_by_level
from model.assessment.nodes import (
    ANNOUNCE_NODE,
    ANSWER_NODES,
    GRID_NODES,
    IMPORTER,
    N_NODES,
    N_PACKAGE_NODES,
    N_PAIRS,
    PAIR_OF,
    PARTNER,
    PUNISH_NODE,
    THIRD,
    Nodes,
    as_slice,
    blocks_of,
    level_duties,
    node_duties,
    nodes_of,
)
from model.market.border import partner_border
from model.market.clearing import clear_at_prices, equilibrium, pass_through_weight
from model.market.credits import cleared_credits, credit_flows
from model.market.economy import Economy
from model.numerics import FloatArray, beside, best_of_two, ordered_sum
from model.parameters.checked import Parameters
from model.rules import demand, pricing, welfare
from model.vocabulary import BATTERY, DYAD_OF, EV

__all__ = [
    "ANNOUNCE_NODE",
    "ANSWER_NODES",
    "GRID_NODES",
    "IMPORTER",
    "N_NODES",
    "N_PACKAGE_NODES",
    "N_PAIRS",
    "PAIR_OF",
    "PARTNER",
    "PUNISH_NODE",
    "THIRD",
    "Situation",
    "Tables",
    "assess",
    "node_duties",
    "security_flow",
]

#: Numbers (lanes times nodes times firms) worked on at once, so that the arrays of a block stay in the processor's
#: cache. Same bits for any size.
BLOCK: Final = 64_000


@dataclass(frozen=True)
class Tables:
    """Payoffs in the importer's market at every node, bn$ per quarter; axis p is the importer-partner pair.

    welfare, profit (..., p, n, 2): of importer and of partner, before security cost; vehicle_share, cell_share
    (..., p, n, 2): share of the importer's market that depends on the partner and on the third bloc; supplier_profit
    (..., p, n, 2) of importer's and partner's; ev_share (..., p, n). In the order of ``nodes``, where all pairs' nodes
    are in one row: firm_profit (..., q, f); markup (..., q, f), kept to start the next assessment from; residual
    (..., q) of the price equations, k$. A node that was not asked for shows its pair's first.
    """

    nodes: Nodes
    welfare: FloatArray
    profit: FloatArray
    vehicle_share: FloatArray
    cell_share: FloatArray
    supplier_profit: FloatArray
    ev_share: FloatArray
    firm_profit: FloatArray
    markup: FloatArray
    residual: FloatArray


class Market(NamedTuple):
    """Results at a block of nodes, (..., q); firm_profit and markup (..., q, f)."""

    welfare_importer: FloatArray
    welfare_partner: FloatArray
    profit_importer: FloatArray
    profit_partner: FloatArray
    suppliers_importer: FloatArray
    suppliers_partner: FloatArray
    vehicles_partner: FloatArray
    vehicles_third: FloatArray
    cells_partner: FloatArray
    cells_third: FloatArray
    ev_share: FloatArray
    residual: FloatArray
    firm_profit: FloatArray
    markup: FloatArray


N_BY_NODE: Final = 12  # leading fields of ``Market`` without a firm axis


def assess(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    start: FloatArray | None,
    sweeps: int,
    nodes: Nodes | None = None,
) -> Tables:
    """Evaluate nodes of every pair at the price fixed point.

    ``start`` (..., q, f) are the markups of the last assessment, or None for a cold start; ``sweeps`` Newton sweeps
    are made; ``nodes`` are those to look at, all of them by default.
    """
    if nodes is None:
        nodes = nodes_of(economy)
    duty = level_duties(economy, parameters, situation.special, situation.mfn, situation.floor)
    cells = cells_by_level(economy, parameters, situation, nodes, duty[..., BATTERY, nodes.slot_pair, nodes.slot_level])
    cars = cars_by_level(economy, parameters, situation, nodes, cells)
    vehicle_duty = duty[..., EV, nodes.pair, nodes.level]
    n_lanes = max(1, situation.utility.size // (situation.utility.shape[-2] * situation.utility.shape[-1]))
    blocks = blocks_of(nodes, max(1, BLOCK // (n_lanes * situation.utility.shape[-1])))
    found: Market | None = None
    for block in blocks:
        before = None if start is None else start[..., block, :]
        part = _market(economy, parameters, situation, nodes, block, cars, vehicle_duty[..., block], before, sweeps)
        if len(blocks) == 1:
            found = part
            break
        found = _room_for(part, len(nodes.pair)) if found is None else found
        for k, (whole, values) in enumerate(zip(found, part, strict=True)):
            whole[(..., block) if k < N_BY_NODE else (..., block, slice(None))] = values
    assert found is not None

    def by_pair(*columns: FloatArray) -> FloatArray:
        return beside([column[..., nodes.place] for column in columns])

    return Tables(
        nodes=nodes,
        welfare=by_pair(found.welfare_importer, found.welfare_partner),
        profit=by_pair(found.profit_importer, found.profit_partner),
        vehicle_share=by_pair(found.vehicles_partner, found.vehicles_third),
        cell_share=by_pair(found.cells_partner, found.cells_third),
        supplier_profit=by_pair(found.suppliers_importer, found.suppliers_partner),
        ev_share=found.ev_share[..., nodes.place],
        firm_profit=found.firm_profit,
        markup=found.markup,
        residual=found.residual,
    )


def _room_for(part: Market, n_nodes: int) -> Market:
    """Room for the results at so many nodes, laid out like those of a block: replicates fastest in memory."""
    room = []
    for k, values in enumerate(part):
        axis = -1 if k < N_BY_NODE else -2
        shape = list(values.shape)
        shape[axis] = n_nodes
        order = sorted(range(values.ndim), key=lambda a: -values.strides[a])
        room.append(np.empty([shape[a] for a in order]).transpose(np.argsort(order)))
    return Market(*room)


def _market(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    nodes: Nodes,
    block: slice,
    cars: Cars,
    vehicle_duty: FloatArray,
    start: FloatArray | None,
    sweeps: int,
) -> Market:
    """The importer's market at some nodes, and what everybody has from it; axes (..., q, f) or (..., q)."""
    pair = nodes.pair[block]
    importer, partner, third = IMPORTER[pair], PARTNER[pair], THIRD[pair]
    # Where to look in arrays of all pairs, slots and markets: without copying where that can be helped.
    at_pair, at_slot, at_importer = as_slice(pair), as_slice(nodes.slot[block]), as_slice(importer)

    # The partner's cars beside all others, node by node.
    friction, charge = partner_border(
        parameters, importer, partner, nodes.is_recognised[block], nodes.is_adapted[block]
    )
    rate = vehicle_duty[..., None]
    partner_landed = cars.partner_landed[..., at_pair, :]
    theta = parameters.origin_substitution
    partner_utility = cars.partner_tie[..., at_pair, :] - theta * ((1.0 + rate) * partner_landed + friction[:, None])
    rest = cars.value[..., at_slot, :]
    from_partner, best = best_of_two(partner_utility, rest)
    base = situation.origin_level[..., at_importer, :] - best / theta
    by_partner = from_partner * partner_landed
    by_rest = 1.0 - from_partner
    landed = by_partner + by_rest * cars.landed[..., at_slot, :]
    duty_rate = (by_partner * rate + by_rest * cars.paid[..., at_slot, :]) / landed

    # Prices and shares.
    alpha, sigma = parameters.alpha[importer][:, None], parameters.nest_correlation
    shift = (nodes.is_announced[block] * parameters.zev_demand_shift)[:, None]
    utility = situation.utility[..., at_importer, :] + shift
    weight = pass_through_weight(parameters, duty_rate)
    cleared, residual = equilibrium(base, utility, alpha, sigma, start, sweeps, weight)
    scheme = None
    if situation.scheme is not None and situation.credit_price is not None:
        # The policy is the share of EVs; the price of credits follows from it at every node.
        scheme, before = situation.scheme.of(importer), situation.credit_price[..., importer]
        credit_price = cleared_credits(parameters.alpha[importer], scheme, cleared.share, cleared.outside, before)
        utility = utility + (parameters.alpha[importer] * (credit_price - before))[..., None]
        cleared = clear_at_prices(base, utility, cleared.price, alpha, sigma)
    _, unit_margin, unit_duty = pricing.border_split(landed, cleared.markup, duty_rate)

    # Who sold what, built where; every car that is not the partner's earns what its duty level says.
    size = economy.market_size[importer]
    sales = size[:, None] * cleared.share
    partner_built = sales * from_partner
    rest_built = sales - partner_built
    firm_profit = sales * unit_margin
    ev_sales = ordered_sum(sales)
    surplus = demand.consumer_surplus(size, cleared.inclusive, parameters.alpha[importer])
    revenue = ordered_sum(sales * unit_duty) + ordered_sum(rest_built * cars.cell_duty[..., at_slot, :])
    outlay = ordered_sum(sales * situation.subsidy[..., at_importer, :])
    # An announcement moves what people buy, not what cars are worth to them: its own utility is no surplus.
    pushed = nodes.is_announced[block] * parameters.zev_demand_shift / parameters.alpha[importer] * ev_sales
    importer_only = surplus - pushed + revenue - (1.0 + parameters.public_funds_cost) * outlay
    partner_cars = ordered_sum(partner_built)
    if situation.charges is not None and charge is not None:
        charges = (situation.charges[..., importer, third], situation.charges[..., importer, ELSEWHERE[pair]])
        from_third = rest_built * cars.third[..., at_slot, :]
        elsewhere = rest_built * (1.0 - cars.home[..., at_slot, :]) - from_third
        importer_only = (
            importer_only
            + charge * partner_cars
            + ordered_sum(from_third) * charges[0]
            + ordered_sum(elsewhere) * charges[1]
        )
    if scheme is not None:
        burden, fines = credit_flows(size, scheme, credit_price, ev_sales / size)
        importer_only = importer_only - burden + fines
    welfares, profits, suppliers = [], [], []
    for seat, who in enumerate((importer, partner)):
        cells = ordered_sum(
            rest_built * cars.cell_profit[seat][..., at_slot, :]
            + partner_built * cars.partner_cells[seat][..., at_pair, :]
        )
        makers = ordered_sum(firm_profit * economy.is_firm_home[:, who].T)
        combustion = size * cleared.outside * (economy.ice_share[importer, who] * parameters.ice_margin[importer])
        profit = makers + cells + combustion
        built = ordered_sum(rest_built * cars.home[..., at_slot, :]) if seat == 0 else partner_cars
        climate = welfare.climate_benefit(
            parameters.carbon_share[who],
            parameters.social_cost_of_carbon,
            parameters.emissions_saved_per_ev,
            ev_sales,
        )
        value = profit + welfare.jobs(parameters.jobs_value, built) + climate
        if situation.club_carbon is not None:
            receipts, abated = situation.club_carbon.receipts, situation.club_carbon.abated
            tonnes = (
                ordered_sum(rest_built * cars.home[..., at_slot, :]) * abated[..., importer]
                + partner_cars * abated[..., partner]
                + ordered_sum(rest_built * cars.third[..., at_slot, :]) * abated[..., third]
            )
            value = value + receipts[..., who] * built
            value = value + welfare.climate_benefit(
                parameters.carbon_share[who], parameters.social_cost_of_carbon, 1.0, tonnes
            )
        welfares.append(value + importer_only if seat == 0 else value)
        profits.append(profit)
        suppliers.append(cells)

    # Dependence of the importer's car market on the partner and on the third bloc.
    on_cells = [
        ordered_sum(rest_built * cars.cells_from[seat][..., at_slot, :]) / size
        + situation.exported_cells[..., importer, whom]
        for seat, whom in enumerate((partner, third))
    ]
    return Market(
        welfares[0],
        welfares[1],
        profits[0],
        profits[1],
        suppliers[0],
        suppliers[1],
        partner_cars / size,
        ordered_sum(rest_built * cars.third[..., at_slot, :]) / size,
        on_cells[0],
        on_cells[1],
        ev_sales / size,
        residual,
        firm_profit,
        cleared.markup,
    )


def security_flow(
    economy: Economy, parameters: Parameters, tables: Tables, security: FloatArray, tension: FloatArray
) -> FloatArray:
    """(..., p, n) security cost the importer sees at every node, bn$ per quarter (theory 1.4).

    security (..., g, b, b) directed marginal cost in k$ per car; tension (..., d) in (0, 1), the effective one.
    """
    cost = np.zeros_like(tables.ev_share)
    for column, whom in enumerate((PARTNER, THIRD)):
        cost = cost + welfare.security_cost(
            tension[..., DYAD_OF[IMPORTER, whom]][..., None],
            economy.market_size[IMPORTER][:, None],
            tables.vehicle_share[..., column],
            tables.cell_share[..., column],
            security[..., EV, IMPORTER, whom][..., None],
            security[..., BATTERY, IMPORTER, whom][..., None],
            parameters.security_convexity,
        )
    return cost
