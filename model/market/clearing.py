"""From costs and duties to a cleared market and its accounts: the rules of theory 1.1-1.5 put together once.

The phases, the initial calibration and the impact assessments call these functions, so there is one way to clear a
market. Nothing here decides anything and nothing is drawn. ``...`` stands for any leading axes; the letters of the
axes are those of ``model.vocabulary``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.compiled import cells as compiled_cells
from model.compiled import markets as compiled
from model.compiled.arithmetic import is_compiled
from model.market.cells import CellSupply, cells_used
from model.market.economy import Economy
from model.numerics import FloatArray, FloatLike, beside, ordered_sum
from model.parameters.checked import Parameters
from model.rules import batteries, demand, plants, pricing, standards
from model.vocabulary import BATTERY, EV

KWH_COST_TO_THOUSANDS = 1000.0  # $/kWh x kWh = $; vehicles are counted in k$
LARGEST_RESIDUAL = 1e-6  # k$ that a price equation may be off (theory 1.2)
MILLION_TO_BILLION = 1000.0  # GWh x $/kWh = m$; flows are counted in bn$
WARM_SWEEPS = 3  # joint Newton sweeps from the last markups; residual below 1e-6 k$ (measured, tested)
LATE = 1e-9  # k$; markets whose prices are further off than this are swept again
LATE_SWEEPS = 3
LATE_ROUNDS = 4


def duties_by_place(duty: FloatArray, other_origin: FloatArray) -> FloatArray:
    """(..., b, o) duty of each bloc on goods from each place: ``duty`` (..., b, b) with the rest of the world beside.

    ``other_origin`` (b,) is the rate on goods from outside the blocs. Own goods pay nothing.
    """
    # Zeros of the same layout, so that replicates stay fastest in memory.
    return np.concatenate([duty, np.zeros_like(duty[..., :1]) + other_origin[:, None]], axis=-1)


def rates_by_place(economy: Economy, duty: FloatArray) -> FloatArray:
    """(..., m, 1, o) duty on cars from each place; ``duty`` (..., b, b), or by maker (..., m, f, o), as it stays."""
    if duty.shape[-1] == economy.parties.n_places:
        return duty
    return duties_by_place(duty, economy.other_duty[EV])[..., :, None, :]


def supply_cells(
    economy: Economy,
    parameters: Parameters,
    cell_cost: FloatArray,
    margin: FloatArray,
    duty: FloatArray,
    place_cost: FloatArray | None = None,
) -> CellSupply:
    """Price, unit cost and sourcing of cells (theory 1.3).

    cell_cost (..., k) $/kWh; margin (..., f, k) $/kWh; duty (..., b, b) applied battery duties; place_cost (..., o, k)
    $/kWh where cells are made, None at the start, when that is the same everywhere.
    """
    theta = parameters.supplier_substitution
    by_place = duties_by_place(duty, economy.other_duty[BATTERY])
    rate = by_place[..., economy.supplier_home] * economy.imported_cells[: economy.parties.n_blocs]
    # Places outside the blocs levy nothing that the model follows.
    rate = np.concatenate([rate, np.zeros_like(rate[..., :1, :])], axis=-2)
    price, freight = cell_cost[..., None, :] + margin, economy.local_surcharge(cell_cost, place_cost)
    if is_compiled() and price.ndim == 3 and price.shape[-1]:
        found = compiled_cells.source(price, rate, freight, economy.supplier_tie, economy.cell_level, theta)
        return CellSupply(price=price, duty=rate, freight=freight, **found)
    at_place, added = price[..., None, :, :], freight[..., :, None, :]
    delivered_home = batteries.delivered_price(at_place, 0.0, rate[..., :, None, :], added)
    delivered_export = batteries.delivered_price(at_place, 0.0, 0.0, added)
    unit_home, share_home = batteries.sourcing(delivered_home, economy.supplier_tie, theta, economy.cell_level)
    unit_export, share_export = batteries.sourcing(delivered_export, economy.supplier_tie, theta, economy.cell_level)
    paid = (ordered_sum(share_home * delivered_home), ordered_sum(share_export * delivered_export))
    units, shares = (unit_home, unit_export), (share_home, share_export)
    return CellSupply(price, *units, *shares, *paid, rate, freight)


def landed_costs(economy: Economy, cells: CellSupply, car_cost: FloatArray | None = None) -> FloatArray:
    """(..., m, f, o) landed cost before duty, k$ per car, of each automaker's car built at o for market m.

    car_cost (..., f): of a car without its battery, over that of the start; None at the start.
    """
    home = np.swapaxes(cells.unit_home, -1, -2)[..., None, :, :]
    export = np.swapaxes(cells.unit_export, -1, -2)[..., None, :, :]
    unit = export + (home - export) * economy.is_home[:, None, :]
    car = 1.0 if car_cost is None else car_cost[..., None, :, None]
    bare = np.multiply(economy.nonbattery_cost, car, out=np.empty_like(unit))  # so replicates stay fastest in memory
    return bare + economy.kwh[:, None, None] * unit / KWH_COST_TO_THOUSANDS + economy.freight


def border_frictions(
    parameters: Parameters, economy: Economy, recognised: FloatArray, common: FloatArray
) -> FloatArray:
    """(..., m, 1, o) costs borne after the border, k$ per car: homologation and adaptation (theory 1.13, 1.14).

    recognised (..., m, b) 1 where m recognises b's certificates; common (..., m, b) 1 where they share a charging
    interface. The rest of the world has neither.
    """
    nothing = np.zeros_like(recognised[..., :1])
    recognised = np.concatenate([recognised, nothing], axis=-1)
    common = np.concatenate([common, nothing], axis=-1)
    cost = standards.homologation(
        parameters.homologation_cost, parameters.recognition_saving, recognised, economy.is_foreign
    ) + standards.adaptation(parameters.adaptation_cost, common, economy.is_foreign)
    return cost[..., :, None, :]


def offered_costs(
    economy: Economy,
    parameters: Parameters,
    landed: FloatArray,
    frictions: FloatArray,
    duty: FloatArray,
    origin_tie: FloatArray,
    origin_level: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Cost of serving a market with the best mix of origins, and that mix (theory 1.3).

    landed (..., m, f, o); frictions (..., m, 1, o); duty (..., b, b) applied vehicle duties; origin_tie (..., m, f, o)
    log preference for an origin; origin_level (..., m, f) k$. Returns base (..., m, f)
    in k$ per car, duty and frictions included, and the mix (..., m, f, o).
    """
    rate = rates_by_place(economy, duty)
    total = (1.0 + rate) * landed + frictions
    return plants.origins(total, origin_tie, parameters.origin_substitution, origin_level)


def costs_reached(
    economy: Economy,
    cells: CellSupply,
    landed: FloatArray,
    frictions: FloatArray,
    duty: FloatArray,
    origin_share: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """What cars really cost: landed (..., m, f, o), and with duty and frictions (..., m, f), k$ per car.

    Prices are made on log-sums, the cost of the best mix of suppliers and places; payments are means over the mix.
    Arguments as ``offered_costs``; origin_share (..., m, f, o) where cars really came from.
    """
    home, export = (
        np.swapaxes(paid - unit, -1, -2)
        for paid, unit in ((cells.paid_home, cells.unit_home), (cells.paid_export, cells.unit_export))
    )
    more = np.where(economy.is_home[:, None, :] > 0.0, home[..., None, :, :], export[..., None, :, :])
    landed = landed + economy.kwh[:, None, None] * more / KWH_COST_TO_THOUSANDS
    rate = rates_by_place(economy, duty)
    return landed, ordered_sum(origin_share * ((1.0 + rate) * landed + frictions))


def pass_through_weight(parameters: Parameters, duty_rate: FloatLike) -> FloatArray | None:
    """What a buyer pays for a unit of markup, 1 + eta tau, at an effective duty rate; None where that is 1 (1.2)."""
    if parameters.pass_through == 0.0:
        return None
    return np.asarray(1.0 + parameters.pass_through * duty_rate, dtype=np.float64)


def markup_weight(
    economy: Economy, parameters: Parameters, mix: FloatArray, duty: FloatArray, landed: FloatArray
) -> FloatArray | None:
    """(..., m, f) ``pass_through_weight`` of a mix of origins (..., m, f, o) under applied duties (..., b, b).

    landed (..., m, f, o) k$.
    """
    if parameters.pass_through == 0.0:
        return None
    rate = rates_by_place(economy, duty)
    return pass_through_weight(parameters, plants.effective_duty(mix, rate, landed))


@dataclass(frozen=True)
class Clearing:
    """A cleared market: every array (..., m, f) but outside, inclusive (..., m). markup: price less ``base``."""

    price: FloatArray
    markup: FloatArray
    within: FloatArray
    share: FloatArray
    outside: FloatArray
    inclusive: FloatArray


def clear_at_prices(
    base: FloatArray, utility: FloatArray, price: FloatArray, alpha: FloatArray, sigma: FloatLike
) -> Clearing:
    """Shares at given consumer prices (theory 1.1). utility (..., m, f) is what a free car would be worth."""
    within, share, outside, inclusive = demand.nested_shares(utility - alpha * price, sigma)
    return Clearing(price, price - base, within, share, outside, inclusive)


def equilibrium(
    base: FloatArray,
    utility: FloatArray,
    alpha: FloatArray,
    sigma: float,
    start: FloatArray | None,
    sweeps: int,
    weight: FloatArray | None = None,
) -> tuple[Clearing, FloatArray]:
    """The Bertrand-Nash market (theory 1.2) and the residual of its price equations, k$ (..., m).

    ``weight`` (..., m, f): what a buyer pays for a unit of markup (``pass_through_weight``).
    The few markets that ``sweeps`` leave further off than ``LATE`` are swept on, ``LATE_SWEEPS`` at a time. Each is
    judged by itself: what happens to one does not depend on the company it is solved in.
    """
    if is_compiled() and base.shape[-1]:
        *found, residual = compiled.equilibrium(
            base, utility, alpha, sigma, start, sweeps, weight, (LATE, LATE_SWEEPS, LATE_ROUNDS)
        )
        require_settled(residual)
        return Clearing(*found), residual
    if weight is not None:
        return _weighted_equilibrium(base, utility, alpha, sigma, start, sweeps, weight)
    markup = pricing.equilibrium_markups(base, utility, alpha, sigma, start, sweeps)
    price = base + markup
    cleared = Clearing(price, markup, *demand.nested_shares(utility - alpha * price, sigma))
    residual = pricing.markup_error(markup, cleared.within, cleared.share, alpha, sigma)
    for _ in range(LATE_ROUNDS):
        late = residual > LATE
        if not late.any():
            break
        costs, values = (np.broadcast_to(x, markup.shape)[late] for x in (base, utility))
        slopes = np.broadcast_to(alpha, (*late.shape, 1))[late]
        again = pricing.equilibrium_markups(costs, values, slopes, sigma, markup[late], LATE_SWEEPS)
        price = costs + again
        part = Clearing(price, again, *demand.nested_shares(values - slopes * price, sigma))
        residual[late] = pricing.markup_error(again, part.within, part.share, slopes, sigma)
        for whole, found in zip(vars(cleared).values(), vars(part).values(), strict=True):
            whole[late] = found
    require_settled(residual)
    return cleared, residual


def _weighted_equilibrium(
    base: FloatArray,
    utility: FloatArray,
    alpha: FloatArray,
    sigma: float,
    start: FloatArray | None,
    sweeps: int,
    weight: FloatArray,
) -> tuple[Clearing, FloatArray]:
    """``equilibrium`` where buyers pay ``weight`` for a unit of markup; all markets are swept as often as the last."""
    first = None if start is None else start / weight
    markup = pricing.equilibrium_markups(base, utility, alpha, sigma, first, sweeps, weight)
    for _ in range(LATE_ROUNDS + 1):
        paid = markup * weight
        price = base + paid
        cleared = Clearing(price, paid, *demand.nested_shares(utility - alpha * price, sigma))
        residual = pricing.markup_error(markup, cleared.within, cleared.share, alpha, sigma)
        late = residual > LATE
        if not late.any():
            break
        # A market that has settled keeps its prices, whatever company it is solved in.
        again = pricing.equilibrium_markups(base, utility, alpha, sigma, markup, LATE_SWEEPS, weight)
        markup = np.where(late[..., None], again, markup)
    require_settled(residual)
    return cleared, residual


def require_settled(residual: FloatArray) -> None:
    """Fail loudly where prices have not settled (theory 1.2).

    Raises ``ArithmeticError`` where the residual of a price equation, k$, exceeds ``LARGEST_RESIDUAL`` or is no number.
    """
    worst = float(np.max(residual))
    if not worst <= LARGEST_RESIDUAL:
        raise ArithmeticError(
            f"prices have not settled: a price equation is off by {worst:.1e} k$, allowed is {LARGEST_RESIDUAL:.0e}; "
            "look for extreme alpha, nest_correlation or costs"
        )


@dataclass(frozen=True)
class Accounts:
    """Who sold what, who paid whom, in one quarter. bn$ per quarter unless said otherwise.

    sales (..., m, f) m cars; built (..., m, o) m cars for market m built at o; firm_profit (..., m, f);
    duty_rate (..., m, f) effective; border_price (..., m, f) k$; vehicle_duty, battery_duty, consumer_surplus,
    subsidy (..., m); cells (..., f, k) GWh; made (..., o, k) GWh made in each place; cell_profit (..., k);
    vehicle_imports, cell_imports (..., b, b)
    share of b's car market that came from, or was built on cells from, each bloc; exported_cells (..., b, b) the part
    of cell_imports that went into exported cars; ice_profit (..., b).
    """

    sales: FloatArray
    built: FloatArray
    firm_profit: FloatArray
    duty_rate: FloatArray
    border_price: FloatArray
    vehicle_duty: FloatArray
    battery_duty: FloatArray
    consumer_surplus: FloatArray
    subsidy: FloatArray
    cells: FloatArray
    made: FloatArray
    cell_profit: FloatArray
    vehicle_imports: FloatArray
    cell_imports: FloatArray
    exported_cells: FloatArray
    ice_profit: FloatArray


def account(
    economy: Economy,
    parameters: Parameters,
    clearing: Clearing,
    cells: CellSupply,
    margin: FloatArray,
    landed: FloatArray,
    origin_share: FloatArray,
    duty: FloatArray,
    subsidy: FloatArray,
    certification: FloatArray,
    reached: FloatArray | None = None,
) -> Accounts:
    """The accounts of a cleared quarter (theory 1.3, 1.4).

    margin (..., f, k) suppliers' margins $/kWh; origin_share (..., m, f, o) where cars really came from; duty
    (..., b, b) applied vehicle duties; subsidy (..., m, f) k$ per car paid; certification (..., m, f) bn$ outlay.
    reached (..., m, f): what a car costs with these origins, k$, duty and frictions included (``costs_reached``); what
    it costs more than prices were made on is the automaker's loss. None: exactly that, as an assessment takes it.
    """
    rate = rates_by_place(economy, duty)
    duty_rate = plants.effective_duty(origin_share, rate, landed)
    markup = clearing.markup if reached is None else clearing.price - reached
    border_price, unit_margin, unit_duty = pricing.border_split(ordered_sum(origin_share * landed), markup, duty_rate)
    size = economy.market_size
    sales = size[:, None] * clearing.share
    by_origin = sales[..., None] * origin_share
    built = ordered_sum(by_origin, axis=-2)

    # Cells: cars sold where they were built carry duty-paid cells, exported ones do not.
    delivered, at_place, for_export, duty_paid = cells_used(economy, by_origin * economy.kwh[:, None, None], cells)
    battery_duty = duty_paid[..., : economy.parties.n_blocs] / MILLION_TO_BILLION
    cell_profit = ordered_sum(delivered * margin, axis=-2) / MILLION_TO_BILLION

    # Dependence: cars on a bloc's roads built by, or running on cells of, another bloc, as a share of its market.
    share_of_market = 1.0 / size[:, None]
    on_cells, exported = (
        _cars_by_cell_home(economy, energy) * share_of_market * economy.is_other_bloc
        for energy in (at_place, for_export)
    )
    outside_sales = (size * clearing.outside)[..., None] * economy.ice_share * parameters.ice_margin[:, None]
    return Accounts(
        sales=sales,
        built=built,
        firm_profit=sales * unit_margin - certification,
        duty_rate=duty_rate,
        border_price=border_price,
        vehicle_duty=ordered_sum(sales * unit_duty),
        battery_duty=battery_duty,
        consumer_surplus=demand.consumer_surplus(size, clearing.inclusive, parameters.alpha),
        subsidy=ordered_sum(sales * subsidy),
        cells=delivered,
        made=economy.made_in(at_place),
        cell_profit=cell_profit,
        vehicle_imports=built[..., : economy.parties.n_blocs] * share_of_market * economy.is_other_bloc,
        cell_imports=on_cells,
        exported_cells=exported,
        ice_profit=ordered_sum(outside_sales, axis=-2),
    )


def _cars_by_cell_home(economy: Economy, at_place: FloatArray) -> FloatArray:
    """(..., b, b) m cars built in b on cells of each bloc's suppliers, from (..., o, k) GWh by place of assembly."""
    n_blocs = economy.parties.n_blocs
    cars = at_place[..., :n_blocs, :] / economy.kwh[:, None]
    return beside([ordered_sum(cars * economy.is_supplier_home[:, b]) for b in range(n_blocs)])
