"""The economic half of a quarter: costs, contracts, plants, markets, accounts (1.1-1.5, 1.13-1.16, 1.18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from of_three import DIRECTED_DYADS, DYAD_OF, N_BLOCS

from model.market.clearing import (
    KWH_COST_TO_THOUSANDS,
    WARM_SWEEPS,
    account,
    border_frictions,
    clear_at_prices,
    equilibrium,
    landed_costs,
    offered_costs,
    supply_cells,
)
from model.numerics import FloatArray, ordered_sum, safe_ratio
from model.rules import batteries, demand, plants, policy, pricing, standards, unilateral, welfare
from model.start.agenda import look
from model.start.calibration import support
from model.vocabulary import BATTERY, BLOCS, EV
from reference.relations import NEVER

if TYPE_CHECKING:
    from reference.world import World

NEW_MODELS_A_QUARTER = 0.25  # models that a foreign brand certifies in a market: one a year
PLANT_SWEEPS = 8  # Newton steps of one automaker's best price with rivals fixed


def prepare(w: World) -> None:
    """The markets as the calibration found them; the first assessment knows the quarter before the first."""
    s, o = w.scenario, w.opening
    w.cell_cost, w.experience = s.cell_cost.copy(), w.economy.start_experience.copy()  # (k,) $/kWh, GWh
    w.margin, w.cells = o.margin.copy(), o.cells.copy()  # (f, k) $/kWh, GWh
    economy = w.economy
    w.cost_luck = 0.0  # of cells, in logs since the start
    w.place_cost = economy.cell_freight * 0.0 + s.cell_cost  # (o, k) $/kWh by where cells are made
    w.place_experience, w.car_experience = economy.start_place_experience, economy.start_car_experience  # (o,), (f,)
    w.car_cost = np.ones(len(s.automakers))  # (f,) of a car without its battery, over that of the start
    w.made, w.sold = o.made, o.sold  # (o, k) GWh, (f,) m cars
    w.origin_tie, w.origin_level = o.origin_tie.copy(), o.origin_level.copy()  # (m, f, o), (m, f)
    w.origin_share = s.origin_share.swapaxes(0, 1).copy()  # (m, f, o)
    w.price, w.markup, w.quality = o.price.copy(), o.markup.copy(), o.quality.copy()  # (m, f) k$, k$, utility
    w.age = np.where(s.availability.T >= 1.0, NEVER, 0.0)  # (m, f) quarters since entry
    w.has_plant = s.has_plant.T.astype(np.float64)  # (m, f)
    w.plant_due = np.zeros(w.has_plant.shape)  # (m, f) quarters until a started plant opens, 0 none
    w.plants_started = np.zeros(len(s.automakers))
    w.chargers = s.chargers.copy()  # (m,) m points
    w.start_shift = announcement_shift(w)
    # What next quarter's governments know of this one.
    first = look(w.economy, w.parameters, s, o, False)
    w.ev_share, w.ev_built, w.ev_revenue = s.ev_share, first.ev_built, first.ev_revenue  # (b,)
    w.cell_imports, w.exported_cells = first.cell_imports, first.situation.exported_cells  # (b, b)


# --- costs, contracts, plants, networks -----------------------------------------------------------------------------


def renew_costs(w: World) -> None:
    """Learning, supply contracts, plants and charging networks follow from last quarter."""
    p, economy = w.parameters, w.economy
    if w.quarter > 0:
        _learn(w)
        _renew_contracts(w)
        _open_plants(w)
        _start_plants(w)
        w.quality = w.quality + w.opening.trend[:, None]
        common = np.max(w.common, axis=-1)
        cost = standards.charger_unit_cost(economy.charger_cost, p.charger_saving, common, p.charger_foreign_share)
        w.chargers = standards.charger_stock_next(w.chargers, economy.charger_budget, cost)
    supply_now(w)


def _learn(w: World) -> None:
    """Owners, the plants of a place, and automakers learn from what they made and from part of what others made."""
    p, s = w.parameters, w.scenario
    beyond = np.maximum(p.spillover_cooperation, p.spillover_foreign) - p.spillover_foreign
    between = p.spillover_foreign + beyond * w.together

    def more(home: np.ndarray, output: FloatArray) -> FloatArray:
        same_home = (home[:, None] == home[None, :]).astype(np.float64)
        across = between[home[:, None], home[None, :]]
        return batteries.experience_increment(output, same_home, p.spillover_domestic, across)

    w.experience = w.experience + more(s.supplier_home, ordered_sum(w.cells, axis=-2))
    w.car_experience = w.car_experience + more(s.automaker_home, w.sold)
    w.place_experience = w.place_experience + batteries.effective_experience(ordered_sum(w.made), between)
    learned = np.stack([maker.learn(w.experience[maker.index], w.place_experience) for maker in w.suppliers], axis=-1)
    w.cost_luck = batteries.luck_next(w.cost_luck, p.battery_cost_luck, w.luck.cost_luck[w.quarter + 1])
    w.place_cost = batteries.with_luck(learned, w.cost_luck)
    w.cell_cost = w.place_cost[s.supplier_home, np.arange(len(s.suppliers))]
    w.car_cost = np.stack([maker.learn(w.car_experience[maker.index]) for maker in w.automakers])


def rank_within(home: np.ndarray) -> np.ndarray:
    """Position of each firm among the firms of its home, in the order of the roster: 0, 1, 2, ..."""
    return np.array([list(home[:k]).count(place) for k, place in enumerate(home)])


def _renew_contracts(w: World) -> None:
    """Contracts are re-opened in turn; turns follow the rank within a home, so that no bloc's name decides."""
    share = safe_ratio(w.cells, ordered_sum(w.cells, keepdims=True))
    turn = rank_within(w.scenario.automaker_home)[:, None] + rank_within(w.scenario.supplier_home)
    is_due = (w.quarter + turn) % w.parameters.contract_length == 0
    margins = [maker.bargain(share[:, maker.index], is_due[:, maker.index]) for maker in w.suppliers]
    w.margin = np.stack(margins, axis=-1)


def _costs_by_origin(w: World) -> FloatArray:
    """(m, f, o) k$ of serving a market from a place at the duties last in force."""
    rate = np.concatenate([w.charged, w.economy.other_duty[EV][:, None]], axis=-1)[:, None, :]
    return (1.0 + rate) * w.landed + w.frictions


def _open_plants(w: World) -> None:
    opened = (w.plant_due == 1.0) | (w.quarter == w.scenario.plant_from.T)
    w.plant_due = np.maximum(w.plant_due - 1.0, 0.0)
    w.has_plant = np.maximum(w.has_plant, opened)
    here = opened[..., None] & (w.economy.is_home[:, None, :] > 0.0)
    w.origin_tie = np.where(here, 0.0, w.origin_tie)
    level = plants.origin_normaliser(_costs_by_origin(w), w.origin_tie, w.parameters.origin_substitution)
    w.origin_level = np.where(opened, level, w.origin_level)


def _start_plants(w: World) -> None:
    """Automakers compare what a plant in a market would earn with what exports earn."""
    p, economy, alpha = w.parameters, w.economy, w.parameters.alpha[:, None]
    rivals = pricing.rivals_log_sum(w.utility - alpha * w.clearing.price, p.nest_correlation)
    base_local = ordered_sum(_costs_by_origin(w) * economy.is_home[:, None, :])
    base_export = w.clearing.price - w.clearing.markup
    earned = []
    for base, duty_rate in ((base_local, 0.0), (base_export, w.accounts.duty_rate)):
        markup = pricing.best_reply_markup(base, w.utility, rivals, alpha, p.nest_correlation, PLANT_SWEEPS)
        share = demand.share_beside(w.utility - alpha * (base + markup), rivals, p.nest_correlation)
        earned.append(economy.market_size[:, None] * share * markup / (1.0 + duty_rate))
    luck = w.luck.plant[w.quarter + 1]
    started = np.stack(
        [f.starts_plants(earned[0][:, f.index], earned[1][:, f.index], luck[f.index]) for f in w.automakers], axis=-1
    )
    w.plant_due = np.where(started, float(p.plant_lag), w.plant_due)
    w.plants_started = ordered_sum(started.astype(np.float64), axis=0)


def supply_now(w: World) -> None:
    """Cells, landed costs and the utility of a free car, at today's costs and the duties last in force."""
    p, s, economy = w.parameters, w.scenario, w.economy
    w.unit_cells = supply_cells(economy, p, w.cell_cost, w.margin, w.duty[BATTERY], w.place_cost)
    w.landed = landed_costs(economy, w.unit_cells, w.car_cost)  # (m, f, o)
    w.frictions = border_frictions(p, economy, w.recognised, w.common)  # (m, 1, o)
    w.paid = support(s, w.quarter) + _credit(w)  # (m, f)
    lag = standards.time_to_market(p.model_ramp, p.model_ramp_recognised, _recognised_brands(w))
    w.utility = demand.mean_utility(
        w.quality,
        standards.ramp_availability(w.age, lag),
        standards.network_utility(p.network_elasticity, w.chargers, s.chargers)[:, None],
        (announcement_shift(w) - w.start_shift)[:, None],
        p.alpha[:, None],
        w.paid,
    )


def _recognised_brands(w: World) -> FloatArray:
    """(m, f) whether a market recognises the certificates of an automaker's home."""
    return np.concatenate([w.recognised, np.zeros((N_BLOCS, 1))], axis=-1)[:, w.scenario.automaker_home]


def announcement_shift(w: World) -> FloatArray:
    """(b,) utils that zero-emission announcements add."""
    p = w.parameters
    return w.announced * unilateral.zev_demand_shift(p.zev_demand_shift, w.announced_age, p.zev_ramp)


def _credit(w: World) -> FloatArray:
    """(m, f) k$ of the scenario's purchase credits with local-content rules (1.18)."""
    s, t = w.scenario, w.quarter
    mix = safe_ratio(w.cells, ordered_sum(w.cells, keepdims=True))
    chinese = ordered_sum(mix * (s.supplier_home == BLOCS.index("CN")))
    return policy.purchase_credit(
        s.credit[t][:, None],
        ordered_sum(mix * s.mineral_share),
        1.0 - chinese,
        s.credit_minerals[t][:, None],
        s.credit_components[t][:, None],
        ordered_sum(w.origin_share * w.economy.is_home[:, None, :]),
        s.credit_restricted[t][:, None] * chinese,
        policy.SMOOTH_WIDTH,
    )


# --- markets and accounts -------------------------------------------------------------------------------------------


def clear_markets(w: World) -> None:
    """Automakers want the Bertrand-Nash prices and the cheapest mix of origins, and move part of the way."""
    p, sigma, alpha = w.parameters, w.parameters.nest_correlation, w.parameters.alpha[:, None]
    supply_now(w)
    base, mix = offered_costs(w.economy, p, w.landed, w.frictions, w.charged, w.origin_tie, w.origin_level)
    wanted, _ = equilibrium(base, w.utility, alpha, sigma, w.markup, WARM_SWEEPS)
    w.markup = wanted.markup  # kept to start the next quarter's from
    w.origin_share = np.stack([firm.source(mix[:, firm.index]) for firm in w.automakers], axis=1)
    w.price = np.stack([firm.price(wanted.price[:, firm.index]) for firm in w.automakers], axis=-1)
    w.clearing = clear_at_prices(base, w.utility, w.price, alpha, sigma)


def settle_accounts(w: World) -> None:
    """Sales, profits, revenues, dependence; and what the quarter is worth to each bloc."""
    p, economy, s = w.parameters, w.economy, w.scenario
    is_foreign = s.automaker_home[None, :] != np.arange(N_BLOCS)[:, None]
    outlay = standards.certification_outlay(
        p.certification_outlay,
        p.certification_outlay_recognised,
        _recognised_brands(w),
        ((w.age > 0.0) & is_foreign) * NEW_MODELS_A_QUARTER,
    )
    landed = w.landed + _cells_paid_beyond_prices(w)
    rate = np.concatenate([w.charged, economy.other_duty[EV][:, None]], axis=-1)[:, None, :]
    reached = ordered_sum(w.origin_share * ((1.0 + rate) * landed + w.frictions))
    shipped = (w.unit_cells, w.margin, landed, w.origin_share)
    w.accounts = a = account(economy, p, w.clearing, *shipped, w.charged, w.paid, outlay, reached)
    w.cells, w.cell_imports, w.exported_cells = a.cells, a.cell_imports, a.exported_cells
    w.made, w.sold = a.made, ordered_sum(a.sales, axis=0)
    w.ev_built = ordered_sum(a.built, axis=-2)[..., :N_BLOCS]
    w.ev_share = ordered_sum(w.clearing.share)
    w.ev_revenue = by_home(ordered_sum(a.sales * a.border_price, axis=-2), economy.is_firm_home)
    w.worth = _worth(w)


def _cells_paid_beyond_prices(w: World) -> FloatArray:
    """(m, f, o) k$ a car that its cells cost beyond the log-sum on which prices are made (1.3)."""
    cells, economy = w.unit_cells, w.economy
    price, freight = cells.price[None], cells.freight[:, None, :]
    bought = {
        "home": price * (1.0 + cells.duty[:, None, :]) + freight,
        "export": price + freight,
    }
    more = {
        "home": ordered_sum(cells.share_home * bought["home"]) - cells.unit_home,
        "export": ordered_sum(cells.share_export * bought["export"]) - cells.unit_export,
    }
    here = economy.is_home[:, None, :] > 0.0
    return economy.kwh[:, None, None] * np.where(here, more["home"].T, more["export"].T) / KWH_COST_TO_THOUSANDS


def by_home(values: FloatArray, is_home: FloatArray) -> FloatArray:
    """(b,) sums over the firms of a bloc; is_home (n, b) flags."""
    return np.stack([ordered_sum(values * is_home[:, b]) for b in range(N_BLOCS)], axis=-1)


def _worth(w: World) -> dict[str, FloatArray]:
    """Welfare of the blocs and what it is made of, all (b,) bn$ per quarter (1.4, 1.5)."""
    p, a, economy, s = w.parameters, w.accounts, w.economy, w.scenario
    makers = by_home(ordered_sum(a.firm_profit, axis=-2), economy.is_firm_home)
    makers = makers - p.plant_cost * by_home(w.plants_started, economy.is_firm_home)
    home_profit = makers + by_home(a.cell_profit, economy.is_supplier_home) + a.ice_profit
    # Climate benefits are counted against the sales at the start.
    tonnes = p.emissions_saved_per_ev
    extra = welfare.cars_that_save(ordered_sum(a.sales), tonnes)
    extra = extra - welfare.cars_that_save(s.market_size * s.ev_share, tonnes)
    climate = welfare.climate_benefit(p.carbon_share, p.social_cost_of_carbon, tonnes[0], extra)
    # An announcement moves what people buy, not what cars are worth to them.
    pushed = announcement_shift(w) - w.start_shift
    surplus = a.consumer_surplus - pushed / p.alpha * ordered_sum(a.sales)
    jobs, security = welfare.jobs(p.jobs_value, w.ev_built), _security(w)
    revenue, subsidies = a.vehicle_duty + a.battery_duty, a.subsidy + economy.charger_budget
    social = welfare.social_welfare(
        surplus, home_profit, jobs, revenue, subsidies, climate, security, p.public_funds_cost
    )
    return {
        "climate": climate,
        "consumer_surplus": surplus,
        "jobs": jobs,
        "revenue": revenue,
        "subsidies": subsidies,
        "home_profit": home_profit,
        "security": security,
        "welfare": social,
        "payoff": welfare.executive_payoff(social, home_profit, p.executive_profit_weight),
    }


def _security(w: World) -> FloatArray:
    """(b,) realised security cost of dependence at current tension, bn$ per quarter (1.4)."""
    cost = np.zeros(N_BLOCS)
    for importer, partner in DIRECTED_DYADS:
        pair = (importer, partner)
        cost[importer] += welfare.security_cost(
            w.worry[DYAD_OF[pair]],
            w.economy.market_size[importer],
            w.accounts.vehicle_imports[pair],
            w.accounts.cell_imports[pair],
            w.agenda.security[EV][pair],
            w.agenda.security[BATTERY][pair],
            w.parameters.security_convexity,
        )
    return cost
