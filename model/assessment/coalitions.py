"""What every coalition of blocs would be worth: all markets cleared under the terms of each zone or club (theory 1.19).

One market can be in as many states as there are coalitions, five of three blocs. Each is solved at the price fixed
point by the functions that clear the realised market, with learning, plants, networks and the treaties in force as
they are (governments are myopic, as in impact assessments). Payoffs are kept by market, so that a lapse, which only
moves the lapsing bloc's own market, can be read off the same table.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from model.market.border import Border, border_of, charge_receipts, member_step
from model.market.clearing import (
    KWH_COST_TO_THOUSANDS,
    WARM_SWEEPS,
    CellSupply,
    Clearing,
    duties_by_place,
    equilibrium,
    landed_costs,
    markup_weight,
    offered_costs,
    supply_cells,
)
from model.market.credits import Scheme, clear_with_credits, credit_flows
from model.market.economy import Economy
from model.numerics import FloatArray, beside, ordered_sum
from model.parameters.checked import Parameters
from model.rules import club_terms, clubs, demand, plants, pricing, standards, welfare
from model.rules.club_terms import CarbonStep
from model.vocabulary import BATTERY, EV, Parties

NO_CLUB: Final = 0


class Coalitions(NamedTuple):
    """All that blocs may form: who is in it, 1 or 0 (C, b); who is left when one leaves (C, b); by who treats whom as a
    fellow and who penalises whom, (C, b, b) twice."""

    members: FloatArray
    after_leaving: np.ndarray
    within: FloatArray
    against: FloatArray


@functools.cache
def of_blocs(n_blocs: int) -> Coalitions:
    """The coalitions of so many blocs, each of which keeps the terms."""
    tables, all_keep = clubs.coalitions(n_blocs), np.ones(n_blocs)
    members = tables.is_member.astype(np.float64)
    return Coalitions(
        members, tables.after_leaving, club_terms.inside(members, all_keep), club_terms.outside(members, all_keep)
    )


@dataclass(frozen=True)
class Setting:
    """The state of the world that the annual check takes as given.

    cell_cost (..., k), place_cost (..., o, k), margin (..., f, k) $/kWh; car_cost (..., f), as in
    ``learning.Costs``; markup (..., m, f) k$ to start from; origin_tie (..., m, f, o), origin_level (..., m, f);
    utility (..., m, f) of a free car; subsidy (..., m, f) k$; pushed (..., m) k$ of utility
    that is no surplus (announcements); on_sale (..., m, f) 1 where a foreign brand is on sale; duty (..., g, b, b) and
    recognised (..., b, b) after treaties, without any club; granted (..., b, b) recognised without a treaty; common
    (..., b, b) charging interface; exported_cells (..., b, b); felt (..., d) tension over the life of a
    club, as security feels it; security (g, b, b) k$;
    distance (d,) between regimes; profit_weight (..., b) of the executives;
    scheme that requires a share of EVs, or None, and credit_price (..., m) of a credit, k$.
    """

    cell_cost: FloatArray
    place_cost: FloatArray
    car_cost: FloatArray
    margin: FloatArray
    markup: FloatArray
    origin_tie: FloatArray
    origin_level: FloatArray
    utility: FloatArray
    subsidy: FloatArray
    pushed: FloatArray
    on_sale: FloatArray
    duty: FloatArray
    recognised: FloatArray
    granted: FloatArray
    common: FloatArray
    exported_cells: FloatArray
    felt: FloatArray
    security: FloatArray
    distance: FloatArray
    profit_weight: FloatArray
    scheme: Scheme | None
    credit_price: FloatArray


@dataclass(frozen=True)
class Worth:
    """What each bloc has from each market in every coalition, bn$ per quarter, (..., C, m, b).

    executive and legislature differ in the weight on home profits (theory 1.5, 1.9).
    """

    executive: FloatArray
    legislature: FloatArray


def nothing_known(n_blocs: int, *leading: int) -> Worth:
    """What is known before the first check: nothing is worth anything."""
    none = np.zeros((*leading, len(of_blocs(n_blocs).members), n_blocs, n_blocs))
    return Worth(none, none)


class KindOfClub(NamedTuple):
    """What blocs may form: its name, and its penalty on outsiders, fraction."""

    name: str
    penalty: float


def kind_of_club(parameters: Parameters) -> KindOfClub | None:
    """A climate club if that is allowed, else a zone, which has no penalty; None if neither is."""
    if parameters.climate_club:
        return KindOfClub("a climate club", parameters.club_penalty)
    return KindOfClub("a zero-tariff zone", 0.0) if parameters.zero_tariff_zone else None


def places(members: FloatArray) -> FloatArray:
    """(..., o) membership by place of production; the rest of the world never is a member."""
    return np.concatenate([members, np.zeros_like(members[..., :1])], axis=-1)


def usual_scale(parties: Parties, scale: FloatArray) -> FloatArray:
    """(b,) what a bloc's dyads have on average, from (d, s); clubs have no scale of stakes of their own."""
    rows, n_partners = [], parties.n_blocs - 1
    for b in range(parties.n_blocs):
        own = [scale[d, pair.index(b)] for d, pair in enumerate(parties.dyads) if b in pair]
        rows.append(1.0 / n_partners * functools.reduce(np.add, own))
    return np.array(rows)


class _Markets(NamedTuple):
    """All markets cleared under every coalition, (..., C, m) and their own axes.

    recognised (b,); border k$; unit_margin, unit_duty (f,) k$; sales (f,), by_origin
    (f, o), at_home (f,) built where they are sold, built (o,), ev_sales () m cars; credit_price () k$ where a share of
    EVs is required.
    """

    recognised: FloatArray
    border: Border
    cells: CellSupply
    cleared: Clearing
    unit_margin: FloatArray
    unit_duty: FloatArray
    sales: FloatArray
    by_origin: FloatArray
    at_home: FloatArray
    built: FloatArray
    ev_sales: FloatArray
    credit_price: FloatArray | None


def worth_of_coalitions(economy: Economy, parameters: Parameters, setting: Setting) -> Worth:
    """Clear all markets under every coalition and say what each bloc has from each.

    Raises ``ArithmeticError`` where prices do not settle.
    """
    p, n_blocs, members = parameters, economy.parties.n_blocs, of_blocs(economy.parties.n_blocs).members
    carbon = member_step(parameters) or CarbonStep(*np.zeros((len(CarbonStep._fields), n_blocs)))
    sold = _cleared(economy, p, setting, carbon)
    recognised, cells = sold.recognised, sold.cells
    certified = np.concatenate([recognised, np.zeros_like(recognised[..., :1])], axis=-1)[..., economy.firm_home]
    outlay = standards.certification_outlay(
        p.certification_outlay, p.certification_outlay_recognised, certified, setting.on_sale[..., None, :, :]
    )
    firm_profit = sold.sales * sold.unit_margin - outlay
    # Cells: cars sold where they are built carry duty-paid cells, exported ones do not.
    per_car = economy.kwh[:, None] / KWH_COST_TO_THOUSANDS
    abroad = sold.by_origin * economy.is_foreign[:, None, :]
    margin = setting.margin[..., None, None, :, :]
    importer_only = _importers_own(economy, p, setting, sold)
    abated = ordered_sum(sold.built * places(carbon.abated * members)[:, None, :])
    earned_home, earned_abroad = cells.share_home[..., :n_blocs, :, :] * margin, cells.share_export * margin
    welfares, profits = [], []
    for b in range(n_blocs):
        makers = ordered_sum(firm_profit * economy.is_firm_home[:, b])
        from_home = ordered_sum(earned_home * economy.is_supplier_home[:, b])
        from_abroad = np.swapaxes(ordered_sum(earned_abroad * economy.is_supplier_home[:, b]), -1, -2)  # (..., 1, f, o)
        supplied = sold.at_home * from_home + ordered_sum(abroad * from_abroad[..., None, :, :])
        combustion = economy.market_size * sold.cleared.outside * (economy.ice_share[:, b] * p.ice_margin)
        profit = makers + ordered_sum(supplied * per_car) + combustion
        spared = welfare.climate_benefit(
            p.carbon_share[b], p.social_cost_of_carbon, p.emissions_saved_per_ev, sold.ev_sales
        ) + welfare.climate_benefit(p.carbon_share[b], p.social_cost_of_carbon, 1.0, abated)
        receipts = (carbon.receipts[b] * members[:, b])[:, None] * sold.built[..., b]
        own = importer_only * (np.arange(n_blocs) == b)
        welfares.append(profit + welfare.jobs(p.jobs_value, sold.built[..., b]) + spared + receipts + own)
        profits.append(profit)
    value, profit = beside(welfares), beside(profits)
    weight = setting.profit_weight[..., None, None, :]
    return Worth(value + weight * profit, value + p.legislature_profit_weight * profit)


def _cleared(economy: Economy, p: Parameters, setting: Setting, carbon: CarbonStep) -> _Markets:
    """Prices, shares and origins of cars under the terms of every coalition."""
    kind, terms = kind_of_club(p), of_blocs(economy.parties.n_blocs)
    duty = club_terms.club_duty(
        setting.duty[..., None, :, :, :], terms.within, terms.against, kind.penalty if kind else 0.0
    )
    on_cars = duty[..., EV, :, :]
    recognised = np.maximum(setting.recognised[..., None, :, :], terms.within)
    cells = supply_cells(
        economy,
        p,
        setting.cell_cost[..., None, :],
        setting.margin[..., None, :, :],
        duty[..., BATTERY, :, :],
        setting.place_cost[..., None, :, :],
    )
    landed = (
        landed_costs(economy, cells, setting.car_cost[..., None, :])
        + places(carbon.cost * terms.members)[:, None, None, :]
    )
    border = border_of(p, economy, recognised, np.zeros_like(recognised) + setting.common[..., None, :, :])
    tie, level = setting.origin_tie[..., None, :, :, :], setting.origin_level[..., None, :, :]
    base, mix = offered_costs(economy, p, landed, border.frictions, on_cars, tie, level)
    start = np.zeros_like(base) + setting.markup[..., None, :, :]
    utility = setting.utility[..., None, :, :]
    weight = markup_weight(economy, p, mix, on_cars, landed)
    sigma, credit_price = p.nest_correlation, None
    cleared, _ = equilibrium(base, utility, p.alpha[:, None], sigma, start, WARM_SWEEPS, weight)
    if setting.scheme is not None:
        before = setting.credit_price[..., None, :]
        credit_price, _, cleared = clear_with_credits(setting.scheme, before, p.alpha, sigma, base, utility, cleared)
    rate = duties_by_place(on_cars, economy.other_duty[EV])[..., :, None, :]
    _, unit_margin, unit_duty = pricing.border_split(
        ordered_sum(mix * landed), cleared.markup, plants.effective_duty(mix, rate, landed)
    )
    sales = economy.market_size[:, None] * cleared.share
    by_origin = sales[..., None] * mix
    return _Markets(
        recognised=recognised,
        border=border,
        cells=cells,
        cleared=cleared,
        unit_margin=unit_margin,
        unit_duty=unit_duty,
        sales=sales,
        by_origin=by_origin,
        at_home=ordered_sum(by_origin * economy.is_home[:, None, :]),
        built=ordered_sum(by_origin, axis=-2),
        ev_sales=ordered_sum(sales),
        credit_price=credit_price,
    )


def _importers_own(economy: Economy, p: Parameters, setting: Setting, sold: _Markets) -> FloatArray:
    """(..., C, m) what buyers, the treasury and the security of each market's own bloc have of it, bn$ per quarter."""
    size, cells, sales, n_blocs = economy.market_size, sold.cells, sold.sales, economy.parties.n_blocs
    per_car = economy.kwh[:, None] / KWH_COST_TO_THOUSANDS
    paid = ordered_sum(
        cells.share_home[..., :n_blocs, :, :] * cells.duty[..., :n_blocs, None, :] * cells.price[..., None, :, :]
    )
    own = (
        demand.consumer_surplus(size, sold.cleared.inclusive, p.alpha)
        - setting.pushed[..., None, :] * sold.ev_sales
        + ordered_sum(sales * sold.unit_duty)
        + ordered_sum(sold.at_home * per_car * paid)
        - (1.0 + p.public_funds_cost) * ordered_sum(sales * setting.subsidy[..., None, :, :])
        - _security(economy, p, setting, sold.built, sold.at_home, cells.share_home)
        - _autonomy(economy, p, setting, sold.recognised)
    )
    if sold.border.charges is not None:
        own = own + charge_receipts(sold.built, sold.border.charges)
    if setting.scheme is not None and sold.credit_price is not None:
        burden, fines = credit_flows(size, setting.scheme, sold.credit_price, sold.ev_sales / size)
        own = own - burden + fines
    return own


def _security(
    economy: Economy, p: Parameters, setting: Setting, built: FloatArray, at_home: FloatArray, share_home: FloatArray
) -> FloatArray:
    """(..., C, m) security cost of each market's bloc, bn$ per quarter (theory 1.4), at the tension felt."""
    size, n_blocs = economy.market_size, economy.parties.n_blocs
    cost, felt = np.zeros_like(built[..., 0]), setting.felt
    for j in range(n_blocs):
        others = (np.arange(n_blocs) != j) * 1.0
        on_cells = ordered_sum(at_home * ordered_sum(share_home[..., :n_blocs, :, :] * economy.is_supplier_home[:, j]))
        # The diagonal's dyad is none; its cost is struck out.
        cost = cost + others * welfare.security_cost(
            felt[..., None, economy.parties.dyad_of[:, j]],
            size,
            built[..., j] / size,
            on_cells / size + setting.exported_cells[..., None, :, j],
            setting.security[EV, :, j],
            setting.security[BATTERY, :, j],
            p.security_convexity,
        )
    return cost


def _autonomy(economy: Economy, p: Parameters, setting: Setting, recognised: FloatArray) -> FloatArray:
    """(..., C, m) what recognition beyond what is granted alone costs the importer, bn$ per quarter (theory 1.13)."""
    n_blocs, dyad_of = economy.parties.n_blocs, economy.parties.dyad_of
    beyond = recognised * (1.0 - setting.granted[..., None, :, :])
    each = [
        beyond[..., :, j]
        * (np.arange(n_blocs) != j)
        * standards.autonomy_cost(p.recognition_autonomy_cost, economy.market_size, setting.distance[dyad_of[:, j]])
        for j in range(n_blocs)
    ]
    return functools.reduce(np.add, each)
