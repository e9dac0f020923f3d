"""What is sold at the nodes of an impact assessment: prices at their fixed point, and sums over the automakers.

An importer's market with the partner's cars at one level of duty beside all others. By the rules, block by block, or by
the compiled kernel that follows them (``model.compiled.assessment``) where nothing optional is in the way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.assessment.costs import Cars, Situation
from model.assessment.nodes import Nodes, as_slice
from model.compiled import assessment as compiled
from model.compiled.arithmetic import is_compiled
from model.market.border import partner_border
from model.market.clearing import (
    LATE,
    LATE_ROUNDS,
    LATE_SWEEPS,
    Clearing,
    equilibrium,
    pass_through_weight,
    require_settled,
)
from model.market.credits import clear_with_credits, credit_flows
from model.market.economy import Economy
from model.market.trade import Clause
from model.numerics import FloatArray, FloatLike, best_of_two, ordered_sum, safe_ratio
from model.parameters.checked import Parameters
from model.rules import access, pricing
from model.vocabulary import EV


class At(NamedTuple):
    """Who meets at the nodes of a block, (q,), and where that is in arrays of all pairs, slots and markets."""

    importer: np.ndarray
    partner: np.ndarray
    thirds: tuple[np.ndarray, ...]
    pair: slice | np.ndarray
    slot: slice | np.ndarray
    market: slice | np.ndarray


class Look(NamedTuple):
    """What an assessment looks at: a block of nodes, who meets there, which cars, at which duty on the partner's.

    vehicle_duty (..., q); start (..., q, f) the markups to begin from, k$, or None; sweeps of Newton's method.
    """

    economy: Economy
    parameters: Parameters
    situation: Situation
    nodes: Nodes
    block: slice
    cars: Cars
    at: At
    vehicle_duty: FloatArray
    start: FloatArray | None
    sweeps: int


class _Offered(NamedTuple):
    """The partner's cars beside all others: (..., q, f) its share of origins, k$ of cost with the best mix of them and
    before duty, effective duty; (q,) what its cars bear beside it, and what of that the importer charges, or None."""

    from_partner: FloatArray
    base: FloatArray
    landed: FloatArray
    duty_rate: FloatArray
    friction: FloatArray
    charge: FloatArray | None


class Sales(NamedTuple):
    """What came of a market; (..., q) but for firm_profit, bn$, and markup, k$, (..., q, f).

    Cars, m a quarter: total, the partner's, those built in the importer (home) and in each third bloc (thirds). bn$:
    revenue of duties, support paid; cells, makers (of the importer, of the partner) what suppliers and automakers earn
    on electric cars. on_cells: m cars built at home on cells of the partner and of each third bloc. outside, inclusive
    as in ``Clearing``; residual of the price equations, k$. charged: bn$ at the border, by place of origin, nothing
    without such a policy; credits (burden, fines) of a scheme, or None.
    """

    total: FloatArray
    partner: FloatArray
    home: FloatArray
    thirds: tuple[FloatArray, ...]
    revenue: FloatArray
    support: FloatArray
    cells: tuple[FloatArray, ...]
    makers: tuple[FloatArray, ...]
    on_cells: tuple[FloatArray, ...]
    outside: FloatArray
    inclusive: FloatArray
    residual: FloatArray
    firm_profit: FloatArray
    markup: FloatArray
    charged: tuple[FloatArray, ...] = ()
    credits: tuple[FloatArray, FloatArray] | None = None


def meeting(economy: Economy, nodes: Nodes, block: slice) -> At:
    """Who meets at the nodes of a block."""
    pair, parties = nodes.pair[block], economy.parties
    importer = parties.importer[pair]
    thirds = tuple(third[pair] for third in parties.thirds)
    # Without copying where that can be helped.
    places = as_slice(pair), as_slice(nodes.slot[block]), as_slice(importer)
    return At(importer, parties.partner[pair], thirds, *places)


def has_kernel(situation: Situation) -> bool:
    """Whether the compiled kernel works out all of a situation: no quota, minimum price, credit or charge is in it."""
    optional = (situation.gates, situation.clause, situation.scheme, situation.charges)
    return is_compiled() and situation.utility.ndim == 3 and all(one is None for one in optional)


def sales_at(look: Look) -> Sales:
    """The importer's market at some nodes.

    Raises ``ArithmeticError`` where prices do not settle.
    """
    economy, parameters, situation, nodes, block, cars, at, vehicle_duty, start, sweeps = look
    size = economy.market_size[at.importer]
    shift = nodes.is_announced[block] * parameters.zev_demand_shift
    if has_kernel(situation):
        friction, _ = partner_border(
            parameters, at.importer, at.partner, nodes.is_recognised[block], nodes.is_adapted[block]
        )
        found = compiled.sales(
            index=(nodes.pair[block], nodes.slot[block], at.importer, at.partner),
            of_node=(parameters.alpha[at.importer], size, friction, shift),
            of_market=(situation.utility, situation.origin_level, situation.subsidy),
            of_pair=(cars.partner_landed, cars.partner_tie, *cars.partner_cells),
            of_slot=(cars.value, cars.landed, cars.paid, cars.home, cars.cell_duty, *cars.cell_profit),
            from_blocs=(*cars.cells_from, *cars.thirds),
            is_firm_home=economy.is_firm_home,
            duty=vehicle_duty,
            start=start,
            tastes=(parameters.nest_correlation, parameters.origin_substitution, parameters.pass_through),
            sweeps=sweeps,
            late=(LATE, LATE_SWEEPS, LATE_ROUNDS),
        )
        sold = Sales(**found)
        require_settled(sold.residual)
        return sold
    return _by_rules(look, shift, size)


def _by_rules(look: Look, shift: FloatArray, size: FloatArray) -> Sales:
    """``sales_at`` with NumPy, whatever is optional; shift (q,) utils of an announcement, size (q,) m cars."""
    economy, parameters, situation, cars, at = look.economy, look.parameters, look.situation, look.cars, look.at
    alpha, sigma = parameters.alpha[at.importer], parameters.nest_correlation
    utility = situation.utility[..., at.market, :] + shift[:, None]
    offered, cleared, residual, (to_makers, to_treasury) = _priced(look, utility, alpha[:, None], size[:, None])
    scheme, credits = None, None
    if situation.scheme is not None and situation.credit_price is not None:
        scheme, before = situation.scheme.of(at.importer), situation.credit_price[..., at.importer]
        credits, _, cleared = clear_with_credits(scheme, before, alpha, sigma, offered.base, utility, cleared)
    border, unit_margin, unit_duty = pricing.border_split(offered.landed, cleared.markup, offered.duty_rate)

    # Who sold what, built where; every car that is not the partner's earns what its duty level says.
    sales = size[:, None] * cleared.share
    by_partner = sales * offered.from_partner
    by_rest = sales - by_partner
    # Sums only are kept: the arrays of a block fill the processor's cache.
    home, *thirds = (ordered_sum(by_rest * share[..., at.slot, :]) for share in (cars.home, *cars.thirds))
    total, partner, firm_profit = ordered_sum(sales), ordered_sum(by_partner), sales * unit_margin + to_makers
    if situation.clause is not None:
        gain, moved, to_treasury = _at_minimum_prices(look, situation.clause, offered, border, by_partner)
        partner, home, firm_profit = partner - moved, home + moved, firm_profit + gain
    charged: tuple[FloatArray, ...] = ()
    if situation.charges is not None and offered.charge is not None:
        charged = _charged(look, situation.charges, offered.charge, by_rest, partner, thirds)
    return Sales(
        total=total,
        partner=partner,
        home=home,
        thirds=tuple(thirds),
        revenue=ordered_sum(sales * unit_duty) + to_treasury + ordered_sum(by_rest * cars.cell_duty[..., at.slot, :]),
        support=ordered_sum(sales * situation.subsidy[..., at.market, :]),
        cells=tuple(
            ordered_sum(by_rest * of_rest[..., at.slot, :] + by_partner * of_partner[..., at.pair, :])
            for of_rest, of_partner in zip(cars.cell_profit, cars.partner_cells, strict=True)
        ),
        makers=tuple(ordered_sum(firm_profit * economy.is_firm_home[:, who].T) for who in (at.importer, at.partner)),
        on_cells=tuple(ordered_sum(by_rest * share[..., at.slot, :]) for share in cars.cells_from),
        outside=cleared.outside,
        inclusive=cleared.inclusive,
        residual=residual,
        firm_profit=firm_profit,
        markup=cleared.markup,
        charged=charged,
        credits=None if scheme is None or credits is None else credit_flows(size, scheme, credits, total / size),
    )


def _charged(
    look: Look,
    charges: FloatArray,
    charge: FloatArray,
    by_rest: FloatArray,
    partner: FloatArray,
    thirds: list[FloatArray],
) -> tuple[FloatArray, ...]:
    """(..., q) bn$ that the importer charges at the border on cars of the partner, of third blocs and of all others."""
    cars, at = look.cars, look.at
    elsewhere, charged = by_rest * (1.0 - cars.home[..., at.slot, :]), [charge * partner]
    for third, share, of_third in zip(at.thirds, cars.thirds, thirds, strict=True):
        elsewhere = elsewhere - by_rest * share[..., at.slot, :]
        charged.append(of_third * charges[..., at.importer, third])
    charge = charges[..., at.importer, look.economy.parties.elsewhere[look.nodes.pair[look.block]]]
    return (*charged, ordered_sum(elsewhere) * charge)


def _priced(
    look: Look, utility: FloatArray, alpha: FloatArray, size: FloatArray
) -> tuple[_Offered, Clearing, FloatArray, tuple[FloatLike, FloatLike]]:
    """What is offered, the price fixed point and its residual, and the rents of a quota on the partner's cars.

    utility (..., q, f); alpha, size (q, 1). Rents in bn$: of makers (..., q, f), of the importer's treasury (..., q);
    nothing where there is no quota.
    """
    parameters, at, vehicle_duty = look.parameters, look.at, look.vehicle_duty
    gates, importer, landed = look.situation.gates, int(at.importer[0]), look.cars.partner_landed[..., at.pair, :]

    def priced(duty: FloatArray, licence: FloatArray | None) -> tuple[_Offered, Clearing, FloatArray]:
        offered = _offered(look, duty, licence)
        weight = pass_through_weight(parameters, offered.duty_rate)
        sigma = parameters.nest_correlation
        return (offered, *equilibrium(offered.base, utility, alpha, sigma, look.start, look.sweeps, weight))

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


def _offered(look: Look, vehicle_duty: FloatArray, licence: FloatArray | None) -> _Offered:
    """Put the partner's cars beside all others, node by node; vehicle_duty (..., q), licence (..., q, f) k$ on them."""
    _, parameters, situation, nodes, block, cars, at, *_ = look
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
    look: Look, clause: Clause, offered: _Offered, border: FloatArray, by_partner: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What makers gain then, (..., q, f) bn$, how many cars more are built at home, m, and what the treasury has more
    (..., q), below 0, bn$; border (..., q, f) k$; by_partner (..., q, f) m cars."""
    situation, at = look.situation, look.at
    landed = look.cars.partner_landed[..., at.pair, :]
    i, j = int(at.importer[0]), int(at.partner[0])
    return clause.settle(
        by_partner,
        landed * (border / offered.landed),
        look.vehicle_duty[..., None],
        situation.mfn[..., EV, i, j][..., None, None],
        landed,
        situation.landed[..., i, :, i][..., None, :],
        offered.friction[:, None],
    )
