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

from model.assessment.costs import Cars, Situation, cars_by_level, cells_by_level
from model.assessment.nodes import Nodes, as_slice, blocks_of, level_duties, nodes_of
from model.layout import laid_like
from model.market.border import partner_border
from model.market.clearing import Clearing, equilibrium, pass_through_weight
from model.market.credits import clear_with_credits, credit_flows
from model.market.economy import Economy
from model.market.trade import Clause
from model.numerics import FloatArray, FloatLike, beside, best_of_two, ordered_sum, safe_ratio
from model.parameters.checked import Parameters
from model.rules import access, demand, pricing, welfare
from model.vocabulary import BATTERY, EV

#: Numbers (lanes times nodes times firms) worked on at once, so that the arrays of a block stay in the processor's
#: cache. Same bits for any size. Runs of 512 lanes, 2 MB of cache: as fast with half as many, 5 to 6 % slower with a
#: quarter or with four times as many.
BLOCK: Final = 64_000


@dataclass(frozen=True)
class Tables:
    """Payoffs in the importer's market at every node, bn$ per quarter; axis p is the importer-partner pair.

    welfare, profit (..., p, n, 2): of importer and of partner, before security cost; vehicle_share, cell_share
    (..., p, n, n_blocs - 1): share of the importer's market that depends on the partner and on each third bloc;
    supplier_profit (..., p, n, 2) of importer's and partner's; ev_share (..., p, n). In the order of ``nodes``, where
    all pairs' nodes are in one row: firm_profit (..., q, f); markup (..., q, f), kept to start the next assessment
    from; residual (..., q) of the price equations, k$. A node that was not asked for shows its pair's first.
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


#: Results at a block of nodes by field of ``Tables``, a column each: (..., q), those of ``BY_FIRM`` (..., q, f).
Market = dict[str, list[FloatArray]]
BY_FIRM: Final = ("firm_profit", "markup")
#: Of the importer, of the partner, and where it is about dependence of third blocs.
OF_SIDES: Final = ("welfare", "profit", "vehicle_share", "cell_share", "supplier_profit")


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
    most = max(1, BLOCK // (n_lanes * situation.utility.shape[-1]))
    # Where there is a quota, a block holds one pair.
    blocks = blocks_of(nodes, most if situation.gates is None else min(most, len(nodes.pair) - 1))
    found: Market | None = None
    for block in blocks:
        before = None if start is None else start[..., block, :]
        part = _market(economy, parameters, situation, nodes, block, cars, vehicle_duty[..., block], before, sweeps)
        if len(blocks) == 1:
            found = part
            break
        found = _room_for(part, len(nodes.pair)) if found is None else found
        for name, columns in part.items():
            for whole, values in zip(found[name], columns, strict=True):
                whole[(..., block, slice(None)) if name in BY_FIRM else (..., block)] = values
    assert found is not None
    (ev_share,), (firm_profit,), (markup,), (residual,) = (
        found[name] for name in ("ev_share", "firm_profit", "markup", "residual")
    )
    return Tables(
        nodes=nodes,
        **{name: beside([column[..., nodes.place] for column in found[name]]) for name in OF_SIDES},
        ev_share=ev_share[..., nodes.place],
        firm_profit=firm_profit,
        markup=markup,
        residual=residual,
    )


def _room_for(part: Market, n_nodes: int) -> Market:
    """Room for the results at so many nodes, laid out like those of a block: replicates fastest in memory."""
    room: Market = {}
    for name, columns in part.items():
        room[name] = [laid_like(values, -2 if name in BY_FIRM else -1, n_nodes) for values in columns]
    return room


class _At(NamedTuple):
    """Who meets at the nodes of a block, (q,), and where that is in arrays of all pairs, slots and markets."""

    importer: np.ndarray
    partner: np.ndarray
    thirds: tuple[np.ndarray, ...]
    pair: slice | np.ndarray
    slot: slice | np.ndarray
    market: slice | np.ndarray


class _Offered(NamedTuple):
    """The partner's cars beside all others: (..., q, f) its share of origins, k$ of cost with the best mix of them and
    before duty, effective duty; (q,) what its cars bear beside it, and what of that the importer charges, or None."""

    from_partner: FloatArray
    base: FloatArray
    landed: FloatArray
    duty_rate: FloatArray
    friction: FloatArray
    charge: FloatArray | None


class _Sold(NamedTuple):
    """Cars sold, m a quarter: (..., q, f) the partner's, all others; (..., q) all of them, the partner's, those built
    in the importer; thirds: in each third bloc; firm_profit (..., q, f) bn$."""

    by_partner: FloatArray
    by_rest: FloatArray
    total: FloatArray
    partner: FloatArray
    home: FloatArray
    thirds: tuple[FloatArray, ...]
    firm_profit: FloatArray


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
    parties = economy.parties
    importer, partner, thirds = parties.importer[pair], parties.partner[pair], tuple(b[pair] for b in parties.thirds)
    # Without copying where that can be helped.
    at = _At(importer, partner, thirds, as_slice(pair), as_slice(nodes.slot[block]), as_slice(importer))
    # Prices and shares.
    alpha, sigma, size = parameters.alpha[importer], parameters.nest_correlation, economy.market_size[importer]
    utility = situation.utility[..., at.market, :] + (nodes.is_announced[block] * parameters.zev_demand_shift)[:, None]
    goods = (parameters, situation, nodes, block, cars, at, vehicle_duty, utility, alpha[:, None], size[:, None])
    offered, cleared, residual, (to_makers, to_treasury) = _priced(*goods, start, sweeps)
    scheme, credits = None, None
    if situation.scheme is not None and situation.credit_price is not None:
        scheme, before = situation.scheme.of(importer), situation.credit_price[..., importer]
        credits, _, cleared = clear_with_credits(scheme, before, alpha, sigma, offered.base, utility, cleared)
    border, unit_margin, unit_duty = pricing.border_split(offered.landed, cleared.markup, offered.duty_rate)

    # Who sold what, built where; every car that is not the partner's earns what its duty level says.
    sales = size[:, None] * cleared.share
    by_partner = sales * offered.from_partner
    by_rest = sales - by_partner
    # Sums only are kept: the arrays of a block fill the processor's cache.
    of_home, *of_thirds = (ordered_sum(by_rest * share[..., at.slot, :]) for share in (cars.home, *cars.thirds))
    total, of_partner = ordered_sum(sales), ordered_sum(by_partner)
    sold = _Sold(by_partner, by_rest, total, of_partner, of_home, tuple(of_thirds), sales * unit_margin + to_makers)
    if situation.clause is not None:
        landed = cars.partner_landed[..., at.pair, :]
        sold, to_treasury = _at_minimum_prices(
            situation, situation.clause, at, offered, vehicle_duty, landed, border, sold
        )
    importer_only = (
        demand.consumer_surplus(size, cleared.inclusive, alpha)
        # An announcement moves what people buy, not what cars are worth to them: its own utility is no surplus.
        - nodes.is_announced[block] * parameters.zev_demand_shift / alpha * sold.total
        + (ordered_sum(sales * unit_duty) + to_treasury + ordered_sum(by_rest * cars.cell_duty[..., at.slot, :]))
        - (1.0 + parameters.public_funds_cost) * ordered_sum(sales * situation.subsidy[..., at.market, :])
    )
    if situation.charges is not None and offered.charge is not None:
        elsewhere = by_rest * (1.0 - cars.home[..., at.slot, :])
        importer_only = importer_only + offered.charge * sold.partner
        for third, share, of_third in zip(thirds, cars.thirds, sold.thirds, strict=True):
            elsewhere = elsewhere - by_rest * share[..., at.slot, :]
            importer_only = importer_only + of_third * situation.charges[..., importer, third]
        charge = situation.charges[..., importer, parties.elsewhere[pair]]
        importer_only = importer_only + ordered_sum(elsewhere) * charge
    if scheme is not None and credits is not None:
        burden, fines = credit_flows(size, scheme, credits, sold.total / size)
        importer_only = importer_only - burden + fines
    combustion = size * cleared.outside
    own, other = (_seat(economy, parameters, situation, cars, at, sold, combustion, seat) for seat in (0, 1))

    # Dependence of the importer's car market on the partner and on third blocs.
    on_cells = [
        ordered_sum(by_rest * cars.cells_from[seat][..., at.slot, :]) / size
        + situation.exported_cells[..., importer, whom]
        for seat, whom in enumerate((partner, *thirds))
    ]
    return {
        "welfare": [own[0] + importer_only, other[0]],
        "profit": [own[1], other[1]],
        "supplier_profit": [own[2], other[2]],
        "vehicle_share": [cars_sold / size for cars_sold in (sold.partner, *sold.thirds)],
        "cell_share": on_cells,
        "ev_share": [sold.total / size],
        "residual": [residual],
        "firm_profit": [sold.firm_profit],
        "markup": [cleared.markup],
    }


def _priced(
    parameters: Parameters,
    situation: Situation,
    nodes: Nodes,
    block: slice,
    cars: Cars,
    at: _At,
    vehicle_duty: FloatArray,
    utility: FloatArray,
    alpha: FloatArray,
    size: FloatArray,
    start: FloatArray | None,
    sweeps: int,
) -> tuple[_Offered, Clearing, FloatArray, tuple[FloatLike, FloatLike]]:
    """What is offered, the price fixed point and its residual, and the rents of a quota on the partner's cars.

    vehicle_duty (..., q) on them; utility (..., q, f); alpha, size (q, 1). Rents in bn$: of makers (..., q, f), of the
    importer's treasury (..., q); nothing where there is no quota.
    """
    gates, importer, landed = situation.gates, int(at.importer[0]), cars.partner_landed[..., at.pair, :]

    def priced(duty: FloatArray, licence: FloatArray | None) -> tuple[_Offered, Clearing, FloatArray]:
        offered = _offered(parameters, situation, nodes, block, cars, at, duty, licence)
        weight = pass_through_weight(parameters, offered.duty_rate)
        sigma = parameters.nest_correlation
        return (offered, *equilibrium(offered.base, utility, alpha, sigma, start, sweeps, weight))

    if gates is None or gates.origin[importer] != at.partner[0] or np.isinf(gates.size[importer]):
        return (*priced(vehicle_duty, None), (0.0, 0.0))
    within = np.minimum(gates.duty[importer], vehicle_duty)
    cap = access.cap_of(vehicle_duty[..., None], within[..., None], landed, gates.is_closed[importer])
    quota = np.zeros_like(utility[..., 0] + vehicle_duty) + gates.size[importer]

    def sold(premium: FloatArray) -> FloatArray:
        offered, cleared, _ = priced(within, np.minimum(premium[..., None], cap))
        return size * cleared.share * offered.from_partner

    premium = access.clearing_premium(lambda m: access.wanted(sold(m), cap, m), quota, access.SOLVED)
    offered, cleared, residual = priced(within, np.minimum(premium[..., None], cap))
    entered = size * cleared.share * offered.from_partner
    held = access.licensed(entered, cap, premium, quota)
    more = (1.0 - safe_ratio(held, entered, 1.0)) * (vehicle_duty - within)[..., None]
    rate = offered.duty_rate + offered.from_partner * landed * more / offered.landed
    return (
        offered._replace(duty_rate=rate),
        cleared,
        residual,
        access.rents(premium, held, parameters.quota_rent_exporter),
    )


def _offered(
    parameters: Parameters,
    situation: Situation,
    nodes: Nodes,
    block: slice,
    cars: Cars,
    at: _At,
    vehicle_duty: FloatArray,
    licence: FloatArray | None,
) -> _Offered:
    """Put the partner's cars beside all others, node by node; vehicle_duty (..., q), licence (..., q, f) k$ on them."""
    friction, charge = partner_border(
        parameters, at.importer, at.partner, nodes.is_recognised[block], nodes.is_adapted[block]
    )
    rate = vehicle_duty[..., None]
    partner_landed = cars.partner_landed[..., at.pair, :]
    theta = parameters.origin_substitution
    borne = friction[:, None] if licence is None else friction[:, None] + licence
    partner_utility = cars.partner_tie[..., at.pair, :] - theta * ((1.0 + rate) * partner_landed + borne)
    from_partner, best = best_of_two(partner_utility, cars.value[..., at.slot, :])
    by_partner, by_rest = from_partner * partner_landed, 1.0 - from_partner
    landed = by_partner + by_rest * cars.landed[..., at.slot, :]
    duty_rate = (by_partner * rate + by_rest * cars.paid[..., at.slot, :]) / landed
    base = situation.origin_level[..., at.market, :] - best / theta
    return _Offered(from_partner, base, landed, duty_rate, friction, charge)


def _at_minimum_prices(
    situation: Situation,
    clause: Clause,
    at: _At,
    offered: _Offered,
    vehicle_duty: FloatArray,
    landed: FloatArray,
    border: FloatArray,
    sold: _Sold,
) -> tuple[_Sold, FloatArray]:
    """What is sold then, and what the treasury has more (..., q), below 0; landed, border (..., q, f) k$."""
    i, j = int(at.importer[0]), int(at.partner[0])
    gain, moved, to_treasury = clause.settle(
        sold.by_partner,
        landed * (border / offered.landed),
        vehicle_duty[..., None],
        situation.mfn[..., EV, i, j][..., None, None],
        landed,
        situation.landed[..., i, :, i][..., None, :],
        offered.friction[:, None],
    )
    partner, home = sold.partner - moved, sold.home + moved
    return sold._replace(partner=partner, home=home, firm_profit=sold.firm_profit + gain), to_treasury


def _seat(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    cars: Cars,
    at: _At,
    sold: _Sold,
    combustion: FloatArray,
    seat: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the importer (seat 0) or its partner has, without what is the importer's alone: welfare, profit of its firms
    and of its suppliers among them, (..., q) bn$; combustion (..., q) m cars."""
    who = (at.importer, at.partner)[seat]
    cells = ordered_sum(
        sold.by_rest * cars.cell_profit[seat][..., at.slot, :]
        + sold.by_partner * cars.partner_cells[seat][..., at.pair, :]
    )
    makers = ordered_sum(sold.firm_profit * economy.is_firm_home[:, who].T)
    profit = makers + cells + combustion * (economy.ice_share[at.importer, who] * parameters.ice_margin[at.importer])
    built = (sold.home, sold.partner)[seat]

    def climate(tonnes: FloatLike, cars_or_tonnes: FloatArray) -> FloatArray:
        return welfare.climate_benefit(
            parameters.carbon_share[who], parameters.social_cost_of_carbon, tonnes, cars_or_tonnes
        )

    spared = climate(parameters.emissions_saved_per_ev[at.importer], sold.total)
    value = profit + welfare.jobs(parameters.jobs_value, built) + spared
    if situation.member_step is not None:
        receipts, abated = situation.member_step.receipts, situation.member_step.abated
        tonnes = sold.home * abated[..., at.importer] + sold.partner * abated[..., at.partner]
        for third, of_third in zip(at.thirds, sold.thirds, strict=True):
            tonnes = tonnes + of_third * abated[..., third]
        value = value + receipts[..., who] * built + climate(1.0, tonnes)
    return value, profit, cells


def security_flow(
    economy: Economy, parameters: Parameters, tables: Tables, security: FloatArray, tension: FloatArray
) -> FloatArray:
    """(..., p, n) security cost the importer sees at every node, bn$ per quarter (theory 1.4).

    security (..., g, b, b) directed marginal cost in k$ per car; tension (..., d) in (0, 1), the effective one.
    """
    cost, parties = np.zeros_like(tables.ev_share), economy.parties
    importer = parties.importer
    for column, whom in enumerate((parties.partner, *parties.thirds)):
        cost = cost + welfare.security_cost(
            tension[..., parties.dyad_of[importer, whom]][..., None],
            economy.market_size[importer][:, None],
            tables.vehicle_share[..., column],
            tables.cell_share[..., column],
            security[..., EV, importer, whom][..., None],
            security[..., BATTERY, importer, whom][..., None],
            parameters.security_convexity,
        )
    return cost
