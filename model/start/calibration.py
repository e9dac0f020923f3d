"""The start of a run, solved for: an economy that reproduces the evidence, and what its governments make of it.

``open_economy`` inverts the market (Berry 1994): qualities and supplier ties such that in the first quarter every EV
share, every automaker's share in every market and every supplier's world share equal the evidence. It is pure and can
be re-run; what governments make of the economy at the start is in ``model.start.agenda``.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from model.faults import InputFault
from model.market.clearing import (
    account,
    border_frictions,
    clear_at_prices,
    duties_by_place,
    landed_costs,
    markup_weight,
    supply_cells,
)
from model.market.economy import SHUT, Economy, Opening
from model.numerics import FloatArray, ordered_sum, safe_ratio
from model.parameters.checked import Parameters
from model.rules import batteries, demand, plants, pricing
from model.scenario.scenario import Scenario
from model.start.trend import fit_trend
from model.vocabulary import BATTERY, DUTY_CUTS, EV, N_GOODS, N_SIDES

COLD_SWEEPS = 16  # joint Newton sweeps from scratch; residual below 1e-7 k$ in every tested market (theory 1.2)
TIE_ROUNDS = 400  # rounds of the fixed point for supplier ties; the error halves several times a round
LEAST_EXPERIENCE = 1.0  # GWh of a place, and m cars of a maker, that count as built before anything is
LEAST_CARS = 0.05
TIE_TOLERANCE = 1e-11  # largest error in the log of a world share, and in a contract margin in $/kWh


def _experience(parameters: Parameters, home: np.ndarray, own: FloatArray) -> FloatArray:
    """(n,) experience of firms at the start, spillovers from the others' past output included (theory 1.3, A14)."""
    same = (home[:, None] == home[None, :]).astype(np.float64)
    across = parameters.spillover_foreign + same * (parameters.spillover_domestic - parameters.spillover_foreign)
    return batteries.effective_experience(own, across)


def _with_places(economy: Economy, parameters: Parameters, scenario: Scenario, made: FloatArray) -> Economy:
    """The economy with the experience of plants: all that was made is spread as cells are made (o,) at the start."""
    own = ordered_sum(scenario.experience) * made / ordered_sum(made)
    across = np.zeros((made.size, made.size)) + parameters.spillover_foreign
    found = np.maximum(batteries.effective_experience(own, across), LEAST_EXPERIENCE)
    return dataclasses.replace(economy, start_place_experience=found)


def constants(scenario: Scenario, parameters: Parameters) -> Economy:
    """The economy's constants, before supplier ties are solved for."""
    parties = scenario.parties
    n_blocs, n_places, dyads = parties.n_blocs, parties.n_places, parties.dyads
    home_flag = np.eye(n_blocs, n_places)
    n_suppliers, n_automakers = len(scenario.suppliers), len(scenario.automakers)
    is_home_supply = np.arange(n_places)[:, None] == scenario.supplier_home
    imported = np.where(is_home_supply, 0.0, 1.0 - scenario.local_share.T)
    cuts = np.full((N_GOODS, n_blocs, n_blocs, len(DUTY_CUTS)), DUTY_CUTS)
    for treaty in scenario.treaties:
        for side, good in np.ndindex(N_SIDES, N_GOODS):
            importer, partner = dyads[treaty.dyad][side], dyads[treaty.dyad][1 - side]
            cut = treaty.duty_cut[side, good]
            if treaty.duty_bound[side, good] and 0.0 < cut < 1.0:
                # The grid of cuts passes through what is in force: half of it, it, and the full cut.
                cuts[good, importer, partner] = (0.0, 0.0, cut / 2.0, cut, 1.0)
    covers = np.ones((N_GOODS, n_blocs, n_blocs))
    # A duty case moves cells beside cars only where cells have carried a special duty (theory 1.7: one level).
    covers[BATTERY] = np.max(scenario.special[:, BATTERY], axis=0) > 0.0
    size = scenario.market_size
    return Economy(
        parties=parties,
        market_size=size,
        kwh=scenario.kwh,
        is_home=home_flag,
        is_foreign=1.0 - home_flag,
        is_other_bloc=1.0 - np.eye(n_blocs),
        nonbattery_cost=(scenario.vehicle_cost[:, None] * scenario.place_factor)[:, None, :],
        freight=scenario.freight.T[:, None, :].copy(),
        firm_home=scenario.automaker_home,
        supplier_home=scenario.supplier_home,
        is_firm_home=(scenario.automaker_home[:, None] == np.arange(n_blocs)).astype(np.float64),
        is_supplier_home=(scenario.supplier_home[:, None] == np.arange(n_blocs)).astype(np.float64),
        imported_cells=imported,
        cell_freight=scenario.battery_freight * imported,
        supplier_tie=np.zeros((n_places, n_automakers, n_suppliers)),
        cell_level=np.zeros((n_places, n_automakers)),
        other_duty=scenario.other_duty,
        cuts=cuts,
        case_covers=covers,
        ice_share=scenario.ice_share,
        start_experience=_experience(parameters, scenario.supplier_home, scenario.experience),
        start_place_experience=np.ones(n_places),
        start_car_experience=np.maximum(
            _experience(parameters, scenario.automaker_home, ordered_sum(scenario.brand_share * scenario.ev_stock)),
            LEAST_CARS,
        ),
        start_cell_cost=scenario.cell_cost,
        cars_built=scenario.cars_built,
        charger_cost=scenario.charger_cost,
        charger_budget=scenario.charger_budget,
        battery_share=scenario.battery_share,
        coverage_elasticity=np.where(scenario.battery_share < 1.0, parameters.coverage_elasticity, 0.0),
        hybrids_spared=parameters.hybrids_spared,
    )


def duties_at_start(scenario: Scenario) -> FloatArray:
    """(g, b, b) duties applied in the first quarter: without treaties, then what treaties in force bind."""
    duty = scenario.base_duty[0].copy()
    for treaty in scenario.treaties:
        i, j = scenario.parties.dyads[treaty.dyad]
        usual = duty[:, [i, j], [j, i]]
        duty[:, [i, j], [j, i]] = np.where(treaty.duty_bound.T, treaty.duty_level.T, usual)
    return duty


def support(scenario: Scenario, quarter: int) -> FloatArray:
    """(m, f) purchase subsidy per car in a quarter, k$; credits with content rules are added by their own rule."""
    return scenario.subsidy[quarter][:, None] * scenario.eligibility[quarter].T


def standards_in_force(scenario: Scenario) -> tuple[FloatArray, FloatArray]:
    """(b, b) recognition (importer, exporter) and common charging interface under the treaties in force."""
    n_blocs = scenario.parties.n_blocs
    recognised, common = np.zeros((n_blocs, n_blocs)), np.zeros((n_blocs, n_blocs))
    for treaty in scenario.treaties:
        i, j = scenario.parties.dyads[treaty.dyad]
        recognised[[i, j], [j, i]] = treaty.recognition
        common[[i, j], [j, i]] = treaty.charging
    return recognised, common


def _latent_quality(scenario: Scenario, quality: FloatArray, share: FloatArray, alpha: FloatArray) -> FloatArray:
    """Qualities (m, f) with unsold brands filled in: the money gap to the leader of their nearest market (1.1)."""
    filled = quality.copy()
    leader = [int(np.argmax(np.where(share[m] > 0.0, share[m], -1.0))) for m in range(len(share))]
    for m, f in np.argwhere(share <= 0.0).tolist():
        # Nearest: a market abroad where the brand is sold, before its home market.
        sold = sorted(np.flatnonzero(share[:, f] > 0.0), key=lambda n: n == scenario.automaker_home[f])
        near = sold[0] if sold else None
        gap = -25.0 if near is None else (quality[near, f] - quality[near, leader[near]]) / alpha[near]
        filled[m, f] = quality[m, leader[m]] + alpha[m] * gap
    return filled


def _solve_ties(
    economy: Economy,
    scenario: Scenario,
    parameters: Parameters,
    sales: FloatArray,
    origin_share: FloatArray,
    duty: FloatArray,
) -> tuple[Economy, FloatArray]:
    """The economy with supplier ties under which world shares equal the evidence, and the contract margins (f, k)."""
    target = np.log(scenario.supplier_share)
    fixed = scenario.tie.T[None, :, :] + scenario.place_tie.T[:, None, :]
    level = np.zeros(len(scenario.suppliers))
    margin = np.zeros((len(scenario.automakers), len(scenario.suppliers)))
    by_origin = sales[..., None] * origin_share
    energy = np.swapaxes(by_origin * economy.kwh[:, None, None], -1, -2)
    home = ordered_sum(energy * economy.is_home[:, :, None], axis=-3)
    total = ordered_sum(energy, axis=-3)
    moved = np.inf
    for _ in range(TIE_ROUNDS):
        economy = dataclasses.replace(economy, supplier_tie=fixed + level)
        cells = supply_cells(economy, parameters, scenario.cell_cost, margin, duty)
        delivered = ordered_sum(
            home[..., None] * cells.share_home + (total - home)[..., None] * cells.share_export, axis=-3
        )
        by_supplier = ordered_sum(delivered, axis=-2)
        error = target - np.log(by_supplier / ordered_sum(by_supplier))
        mix = safe_ratio(delivered, ordered_sum(delivered, keepdims=True))
        renewed = batteries.contract_margin(
            parameters.contract_bargaining_weight, mix, parameters.supplier_substitution
        )
        moved = max(float(np.max(np.abs(error))), float(np.max(np.abs(renewed - margin))))
        # Half steps for the margins: where suppliers have all the weight, whole ones circle around the solution.
        level, margin = level + error, 0.5 * (margin + renewed)
        if moved < TIE_TOLERANCE:
            break
    else:
        raise InputFault(
            [
                f"supplier ties do not settle after {TIE_ROUNDS} rounds (error {moved:.1e}); "
                "lower supplier_substitution or contract_bargaining_weight"
            ],
            "calibration",
        )
    economy = dataclasses.replace(economy, supplier_tie=fixed + level)
    price = scenario.cell_cost + margin
    rate = supply_cells(economy, parameters, scenario.cell_cost, margin, duty).duty
    delivered_cost = batteries.delivered_price(price, 0.0, rate[:, None, :], economy.cell_freight[:, None, :])
    return (
        dataclasses.replace(
            economy,
            cell_level=batteries.normaliser(delivered_cost, economy.supplier_tie, parameters.supplier_substitution),
        ),
        margin,
    )


def _ties_of_origins(parameters: Parameters, total: FloatArray, origin_share: FloatArray) -> FloatArray:
    """(m, f, o) log preferences for origins under which shares equal the evidence; total (m, f, o) k$ a car."""
    served = origin_share > 0.0
    tie = np.where(served, np.log(np.where(served, origin_share, 1.0)) + parameters.origin_substitution * total, SHUT)
    # Ties are relative: centre them on the main origin, so that a shut one stays shut in every unit.
    main = np.max(np.where(served, tie, -np.inf), axis=-1, keepdims=True)
    return np.where(served, tie - main, SHUT)


def _starting_markups(share: FloatArray, alpha: FloatArray, sigma: float) -> tuple[FloatArray, FloatArray]:
    """(m, f) utilities that invert the shares (Berry 1994), and Bertrand-Nash markups in k$; 0 for unsold brands."""
    utility, markup = np.zeros_like(share), np.zeros_like(share)
    for m, here in enumerate(share > 0.0):
        known = share[m, here]
        utility[m, here] = demand.invert_shares(known, sigma)
        markup[m, here] = pricing.bertrand_markup(known / ordered_sum(known), known, alpha[m], sigma)
    return utility, markup


# Whoever and whenever these tell of; where they differ, a market is no other one's under another policy.
SAME_WORLD = ("first_quarter", "automakers", "suppliers")
# What governments do: in force at the start, or dated.
POLICIES = (
    *("n_quarters", "mfn", "special", "floor", "other_duty", "treaties", "subsidy", "eligibility"),
    *("charger_budget", "zev_announced", "zev_age"),
)


def open_changed(scenario: Scenario, parameters: Parameters, base: Scenario) -> tuple[Economy, Opening]:
    """The market of a scenario that takes its calibration over: its own facts, inverted under the policies of its base.

    So a change of policy at the start moves sales, and is not taken back by qualities that would reproduce the old
    ones; shares, costs and the like that the scenario gives anew are met by qualities of their own. Where makers,
    suppliers or the first quarter differ, the market is another one, and is inverted under its own policies.
    """
    if any(getattr(scenario, name) != getattr(base, name) for name in SAME_WORLD):
        return open_economy(scenario, parameters)
    on_sale = np.where(scenario.brand_share > 0.0, scenario.on_sale_from, base.on_sale_from)
    policies = {name: getattr(base, name) for name in POLICIES}
    before = dataclasses.replace(scenario, on_sale_from=on_sale, **policies)
    economy, opening = open_economy(before, parameters)
    now = dataclasses.replace(
        constants(scenario, parameters),
        **{name: getattr(economy, name) for name in ("supplier_tie", "cell_level", "start_place_experience")},
    )
    duty, special = duties_at_start(scenario), scenario.special[0].copy()
    paid = now.paid(duty, scenario.mfn[0])
    return now, dataclasses.replace(opening, duty=duty, paid=paid, special=special)


def open_economy(scenario: Scenario, parameters: Parameters) -> tuple[Economy, Opening]:
    """Invert the first quarter: constants and the state in which the evidence is an equilibrium (theory 1.1-1.3)."""
    alpha, sigma = parameters.alpha, parameters.nest_correlation
    share = scenario.ev_share[:, None] * scenario.brand_share.T
    origin_share = np.swapaxes(scenario.origin_share, 0, 1)
    duty = duties_at_start(scenario)
    economy = constants(scenario, parameters)
    duty, statutory = economy.paid(duty, scenario.mfn[0]), duty
    economy, margin = _solve_ties(
        economy,
        scenario,
        parameters,
        scenario.market_size[:, None] * share,
        origin_share,
        duty[BATTERY],
    )
    cells = supply_cells(economy, parameters, scenario.cell_cost, margin, duty[BATTERY])
    landed = landed_costs(economy, cells)
    frictions = border_frictions(parameters, economy, *standards_in_force(scenario))
    total = (1.0 + duties_by_place(duty[EV], economy.other_duty[EV])[:, None, :]) * landed + frictions
    origin_tie = _ties_of_origins(parameters, total, origin_share)
    origin_level = plants.origin_normaliser(total, origin_tie, parameters.origin_substitution)
    base, _ = plants.origins(total, origin_tie, parameters.origin_substitution, origin_level)

    utility, markup = _starting_markups(share, alpha, sigma)
    weight = markup_weight(economy, parameters, origin_share, duty[EV], landed)
    price = base + (markup if weight is None else markup * weight)
    paid = support(scenario, 0)
    quality = utility + alpha[:, None] * (price - paid)
    quality = _latent_quality(scenario, np.where(share > 0.0, quality, 0.0), share, alpha)
    free = quality + np.log(scenario.availability.T) + alpha[:, None] * paid
    markup, _ = pricing.price_equilibrium(base, free, alpha[:, None], sigma, sweeps=COLD_SWEEPS, markup_weight=weight)
    markup = markup if weight is None else markup * weight
    price = base + markup
    clearing = clear_at_prices(base, free, price, alpha[:, None], sigma)
    nothing, on_cars = np.zeros_like(share), duty[EV]
    accounts = account(economy, parameters, clearing, cells, margin, landed, origin_share, on_cars, paid, nothing)
    economy = _with_places(economy, parameters, scenario, ordered_sum(accounts.made))
    opening = Opening(
        quality=quality,
        price=price,
        markup=markup,
        margin=margin,
        origin_tie=origin_tie,
        origin_level=origin_level,
        share=clearing.share,
        cells=accounts.cells,
        made=accounts.made,
        sold=ordered_sum(accounts.sales, axis=0),
        duty=statutory,
        paid=duty,
        special=scenario.special[0].copy(),
        trend=np.zeros(len(share)),
    )
    then = min(round(scenario.drift_quarters), scenario.n_quarters - 1)
    trend = fit_trend(scenario, parameters, economy, opening, support(scenario, then))
    return economy, dataclasses.replace(opening, trend=trend)
