"""Impact assessments: what every policy that can be discussed is worth in every market (theory 1.7, 1.21).

Payoffs are additive over markets, and a package touches a market only through the importer's duty on its partner and
through two cost savings. So each importer-partner pair is evaluated once at a fixed list of *nodes*, each at the price
fixed point with everything else as it is, and a package is valued by adding entries of these tables. Nothing is
interpolated. Learning, plants and networks are held fixed (myopic governments).

Nodes of a pair: 4 cuts x 4 savings, then the importer's own duty grid, its answers to the partner's rises, the
punishment duty, and a zero-emission announcement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.economy import Economy
from model.markets import KWH_COST_TO_THOUSANDS, CellSupply, duties_by_place
from model.menu import N_SAVINGS
from model.numerics import FloatArray, logistic, ordered_sum
from model.parameters import Parameters
from model.rules import batteries, demand, pricing, standards, unilateral, welfare
from model.vocabulary import BATTERY, DIRECTED_DYADS, DYAD_OF, EV, N_BLOCS

IMPORTER: Final = np.array([i for i, _ in DIRECTED_DYADS])
PARTNER: Final = np.array([j for _, j in DIRECTED_DYADS])
THIRD: Final = 3 - IMPORTER - PARTNER
N_PAIRS: Final = len(DIRECTED_DYADS)
PAIR_OF: Final = {pair: index for index, pair in enumerate(DIRECTED_DYADS)}

N_CUTS: Final = 4
N_PACKAGE_NODES: Final = N_CUTS * N_SAVINGS
# Own grid {0, s-D, s, s+D, s+2D}: the middle point is package node 0 (no cut, no saving).
GRID_NODES: Final = (16, 17, 0, 18, 19)
ANSWER_NODES: Final = (20, 21)
PUNISH_NODE: Final = 22
ANNOUNCE_NODE: Final = 23
N_NODES: Final = 24
_LEVEL_OF_NODE: Final = np.array([*(node // N_SAVINGS for node in range(N_PACKAGE_NODES)), 4, 5, 6, 7, 8, 9, 10, 0])
_SAVING_OF_NODE: Final = np.array([*(node % N_SAVINGS for node in range(N_PACKAGE_NODES)), *([0] * 8)])
_FIRST_NODE_OF_LEVEL: Final = np.array([0, 4, 8, 12, 16, 17, 18, 19, 20, 21, 22])
_NO_ORIGIN: Final = -1e6  # utility of an origin that is left out of a mix; exp() of it is 0


@dataclass(frozen=True)
class Situation:
    """What an assessment is about: the state of the world it takes as given.

    margin (..., f, k) suppliers' margins, $/kWh; landed (..., m, f, o) and frictions (..., m, 1, o) k$ per car; utility
    (..., m, f) of a free car; duty (..., g, b, b) applied now; special (..., g, b, b) duty above MFN, no treaty;
    mfn, floor (g, b, b) of this quarter;
    subsidy (..., m, f) k$ per car; exported_cells (..., b, b) dependence through cars built for export.
    """

    cells: CellSupply
    margin: FloatArray
    landed: FloatArray
    frictions: FloatArray
    utility: FloatArray
    duty: FloatArray
    special: FloatArray
    mfn: FloatArray
    floor: FloatArray
    origin_tie: FloatArray
    origin_level: FloatArray
    subsidy: FloatArray
    exported_cells: FloatArray


@dataclass(frozen=True)
class Tables:
    """Payoffs in the importer's market at every node, bn$ per quarter; axis p is the importer-partner pair.

    welfare, profit (..., p, n, 2): of importer and of partner, before security cost; vehicle_share, cell_share
    (..., p, n, 2): share of the importer's market that depends on the partner and on the third bloc; firm_profit
    (..., p, n, f); supplier_profit (..., p, n, 2) of importer's and partner's; ev_share (..., p, n); markup
    (..., p, n, f), kept to start the next assessment from; duty
    (..., p, n) of vehicles; residual (..., p, n) of the price equations, k$.
    """

    welfare: FloatArray
    profit: FloatArray
    vehicle_share: FloatArray
    cell_share: FloatArray
    firm_profit: FloatArray
    supplier_profit: FloatArray
    ev_share: FloatArray
    markup: FloatArray
    duty: FloatArray
    residual: FloatArray


def node_duties(
    economy: Economy, parameters: Parameters, special: FloatArray, mfn_now: FloatArray, floor_now: FloatArray
) -> FloatArray:
    """(..., g, p, n) duty of the importer on the partner's goods at every node.

    special (..., g, b, b) duties above MFN; mfn_now, floor_now (g, b, b) of this quarter. Where a duty case covers
    vehicles only, the battery duty stays.
    """
    own = special[..., IMPORTER, PARTNER]
    partner_ev = special[..., EV, PARTNER, IMPORTER]
    vehicle = own[..., EV, :]
    grid = unilateral.duty_grid(vehicle, parameters.duty_step)
    rises = unilateral.duty_grid(partner_ev, parameters.duty_step)[..., 3:] - partner_ev[..., None]
    answers = vehicle[..., None] + parameters.retaliation_ratio * rises
    rates = []
    for good in (EV, BATTERY):
        mfn = mfn_now[good, IMPORTER, PARTNER]
        base = mfn + own[..., good, :]
        floor = np.minimum(floor_now[good, IMPORTER, PARTNER], base)
        cuts = economy.cuts[good, IMPORTER, PARTNER, 1:]
        packages = base[..., None] - cuts * (base - floor)[..., None]
        covered = economy.case_covers[good, IMPORTER, PARTNER][:, None]
        start = own[..., good, :, None]
        moved = np.maximum(start + covered * (grid - vehicle[..., None]), 0.0)
        answered = start + covered * (answers - vehicle[..., None])
        punished = start * (1.0 + parameters.retaliation_ratio)
        extra = np.concatenate([moved[..., [0, 1, 3, 4]], answered, punished], axis=-1) + mfn[:, None]
        rates.append(np.concatenate([np.repeat(packages, N_SAVINGS, axis=-1), extra, packages[..., :1]], axis=-1))
    return np.stack(rates, axis=-3)


def assess(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    start: FloatArray | None,
    sweeps: int,
) -> Tables:
    """Evaluate every node of every pair at the price fixed point.

    ``start`` (..., p, n, f) are the markups of the last assessment, or None for a cold start; ``sweeps`` best-reply
    sweeps are made.
    """
    theta, theta_origin = parameters.supplier_substitution, parameters.origin_substitution
    duty = node_duties(economy, parameters, situation.special, situation.mfn, situation.floor)
    vehicle_duty, cell_duty = duty[..., EV, :, :], duty[..., BATTERY, :, :]
    to_partner = economy.is_supplier_home[:, PARTNER].T  # (p, k)

    # Cells of cars built and sold in the importer's market, by duty level: axes (p, level, f, k).
    imported = economy.imported_cells[IMPORTER]  # (p, k)
    other_rate = situation.cells.duty[..., IMPORTER, :] * (1.0 - to_partner)
    level_rate = cell_duty[..., _FIRST_NODE_OF_LEVEL]
    rate = other_rate[..., None, :] + level_rate[..., None] * (to_partner * imported)[:, None, :]
    price = situation.cells.price[..., None, None, :, :]
    delivered = batteries.delivered_price(
        price, 0.0, rate[..., None, :], economy.cell_freight[IMPORTER][:, None, None, :]
    )
    tie = economy.supplier_tie[IMPORTER][:, None]
    unit = batteries.unit_cost(delivered, tie, theta, economy.cell_level[IMPORTER][:, None])
    mix = batteries.sourcing_shares(delivered, tie, theta)
    kwh = economy.kwh[IMPORTER]
    home_cell_duty = ordered_sum(mix * rate[..., None, :] * price) * kwh[:, None, None] / KWH_COST_TO_THOUSANDS
    home_cell_profit = mix * situation.margin[..., None, None, :, :]
    abroad_profit = situation.cells.share_export * situation.margin[..., None, :, :]
    # (..., b, o, f): what a kWh in a car built for export at o earns the suppliers of each bloc.
    abroad_by_bloc = np.stack(
        [ordered_sum(abroad_profit * economy.is_supplier_home[:, b]) for b in range(N_BLOCS)], axis=-3
    )

    # Landed cost by origin and duty level: only cars built at home change with the cell duty.
    landed = situation.landed[..., IMPORTER, :, :]
    at_home = economy.is_home[IMPORTER]  # (p, o)
    nonbattery = ordered_sum(economy.nonbattery_cost[IMPORTER, 0] * at_home)
    home_landed = nonbattery[:, None, None] + kwh[:, None, None] * unit / KWH_COST_TO_THOUSANDS
    level_landed = landed[..., None, :, :] + at_home[:, None, None, :] * (
        home_landed[..., None] - landed[..., None, :, :]
    )

    # The mix of origins without the partner, then the partner beside it, node by node.
    is_partner = economy.is_place[PARTNER]  # (p, o)
    applied = duties_by_place(situation.duty[..., EV, :, :], economy.other_duty[EV])[..., IMPORTER, :]
    frictions = situation.frictions[..., IMPORTER, 0, :]
    tie_origin = situation.origin_tie[..., IMPORTER, :, :]
    rest_total = (1.0 + applied)[..., None, None, :] * level_landed + frictions[..., None, None, :]
    rest_utility = tie_origin[..., None, :, :] - theta_origin * rest_total + _NO_ORIGIN * is_partner[:, None, None, :]
    top = np.maximum.reduce(rest_utility, axis=-1)
    weight = np.exp(rest_utility - top[..., None])
    total_weight = ordered_sum(weight)
    rest_mix = weight / total_weight[..., None]
    rest_value = top + np.log(total_weight)
    rest_landed = ordered_sum(rest_mix * level_landed)
    rest_paid = ordered_sum(rest_mix * level_landed * applied[..., None, None, :])
    rest_home = ordered_sum(rest_mix * at_home[:, None, None, :])
    rest_third = ordered_sum(rest_mix * economy.is_place[THIRD][:, None, None, :])
    rest_abroad = rest_mix * (1.0 - at_home[:, None, None, :])

    partner_landed = ordered_sum(landed * is_partner[:, None, :])
    partner_tie = ordered_sum(tie_origin * is_partner[:, None, :])
    friction = standards.homologation(
        parameters.homologation_cost, parameters.recognition_saving, (_SAVING_OF_NODE >> 1).astype(np.float64), 1.0
    ) + standards.adaptation(parameters.adaptation_cost, (_SAVING_OF_NODE & 1).astype(np.float64), 1.0)
    partner_total = (1.0 + vehicle_duty)[..., None] * partner_landed[..., None, :] + friction[:, None]
    partner_utility = partner_tie[..., None, :] - theta_origin * partner_total
    rest = rest_value[..., _LEVEL_OF_NODE, :]
    gap = partner_utility - rest
    from_partner = logistic(gap)
    best = np.maximum(partner_utility, rest) + np.log1p(np.exp(-np.abs(gap)))
    base = situation.origin_level[..., IMPORTER, None, :] - best / theta_origin
    landed_mean = (
        from_partner * partner_landed[..., None, :] + (1.0 - from_partner) * rest_landed[..., _LEVEL_OF_NODE, :]
    )
    paid = (
        from_partner * partner_landed[..., None, :] * vehicle_duty[..., None]
        + (1.0 - from_partner) * rest_paid[..., _LEVEL_OF_NODE, :]
    )
    duty_rate = paid / landed_mean

    # The market at every node.
    alpha, sigma = parameters.alpha[IMPORTER][:, None, None], parameters.nest_correlation
    announced = np.zeros(N_NODES)
    announced[ANNOUNCE_NODE] = 1.0
    utility = situation.utility[..., IMPORTER, None, :] + (announced * parameters.zev_demand_shift)[:, None]
    markup, residual = pricing.price_equilibrium(base, utility, alpha, sigma, start=start, sweeps=sweeps)
    _, share, outside, inclusive = demand.nested_shares(utility - alpha * (base + markup), sigma)
    _, unit_margin, unit_duty = pricing.border_split(landed_mean, markup, duty_rate)
    size = economy.market_size[IMPORTER][:, None]
    sales = size[..., None] * share
    partner_built = sales * from_partner
    rest_built = sales - partner_built
    home_built = rest_built * rest_home[..., _LEVEL_OF_NODE, :]

    # Who earns what; the last axis of the results is (importer, partner).
    firm_profit = sales * unit_margin
    ev_sales = ordered_sum(sales)
    per_car = (kwh / KWH_COST_TO_THOUSANDS)[:, None]
    surplus = demand.consumer_surplus(size, inclusive, parameters.alpha[IMPORTER][:, None])
    revenue = ordered_sum(sales * unit_duty) + ordered_sum(home_built * home_cell_duty[..., _LEVEL_OF_NODE, :])
    outlay = ordered_sum(sales * situation.subsidy[..., IMPORTER, None, :])
    # An announcement moves what people buy, not what cars are worth to them: its own utility is no surplus.
    pushed = announced * parameters.zev_demand_shift / parameters.alpha[IMPORTER][:, None] * ev_sales
    importer_only = surplus - pushed + revenue - (1.0 + parameters.public_funds_cost) * outlay
    welfares, profits, supplier_profits = [], [], []
    for seat, who in enumerate((IMPORTER, PARTNER)):
        supplied = economy.is_supplier_home[:, who].T[:, None, None, :]
        at_home_kwh = ordered_sum(home_cell_profit * supplied)[..., _LEVEL_OF_NODE, :]
        abroad_kwh = np.swapaxes(abroad_by_bloc[..., who, :, :], -1, -2)
        rest_kwh = ordered_sum(rest_abroad * abroad_kwh[..., None, :, :])[..., _LEVEL_OF_NODE, :]
        partner_kwh = abroad_by_bloc[..., who, PARTNER, :][..., None, :]
        suppliers = (
            ordered_sum(home_built * at_home_kwh + rest_built * rest_kwh + partner_built * partner_kwh) * per_car
        )
        makers = ordered_sum(firm_profit * economy.is_firm_home[:, who].T[:, None, :])
        combustion = size * outside * (economy.ice_share[IMPORTER, who] * parameters.ice_margin[IMPORTER])[:, None]
        profit = makers + suppliers + combustion
        built = ordered_sum(home_built if seat == 0 else partner_built)
        climate = welfare.climate_benefit(
            parameters.carbon_share[who][:, None],
            parameters.social_cost_of_carbon,
            parameters.emissions_saved_per_ev,
            ev_sales,
        )
        value = profit + welfare.jobs(parameters.jobs_value, built) + climate
        welfares.append(value + importer_only if seat == 0 else value)
        profits.append(profit)
        supplier_profits.append(suppliers)

    # Dependence of the importer's car market on the partner and on the third bloc.
    third_built = rest_built * rest_third[..., _LEVEL_OF_NODE, :]
    vehicle_share = np.stack([ordered_sum(partner_built), ordered_sum(third_built)], axis=-1) / size[..., None]
    cell_shares = []
    for whom in (PARTNER, THIRD):
        from_whom = ordered_sum(mix * economy.is_supplier_home[:, whom].T[:, None, None, :])
        cars = ordered_sum(home_built * from_whom[..., _LEVEL_OF_NODE, :]) / size
        cell_shares.append(cars + situation.exported_cells[..., IMPORTER, whom][..., None])
    return Tables(
        welfare=np.stack(welfares, axis=-1),
        profit=np.stack(profits, axis=-1),
        vehicle_share=vehicle_share,
        cell_share=np.stack(cell_shares, axis=-1),
        firm_profit=firm_profit,
        supplier_profit=np.stack(supplier_profits, axis=-1),
        ev_share=ordered_sum(share),
        markup=markup,
        duty=vehicle_duty,
        residual=residual,
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
