"""The economic half of a quarter in the Mesa world: costs, plants, markets, accounts (theory 1.1-1.5, 1.13-1.18).

``Industry`` is mixed into ``NegotiationModel``. It asks automakers and suppliers what they decide and lets the market
rules settle what is common to all.
"""

from __future__ import annotations

import numpy as np

from model import coalitions
from model.agenda import look
from model.calibration import support
from model.commerce import carbon_charges, data_flows
from model.common import bloc_flows
from model.credits import CREDIT_BLOC, content_credit, scheme_of
from model.markets import (
    MILLION_TO_BILLION,
    WARM_SWEEPS,
    Accounts,
    account,
    border_frictions,
    clear_at_prices,
    equilibrium,
    landed_costs,
    markup_weight,
    offered_costs,
    pass_through_weight,
    supply_cells,
)
from model.numerics import FloatArray, ordered_sum, safe_ratio
from model.phases.club import Club
from model.phases.commerce import Commerce
from model.rules import batteries, demand, plants, policy, pricing, standards, unilateral, welfare
from model.vocabulary import BATTERY, DIRECTED_DYADS, DYAD_OF, EV, N_BLOCS

NEW_MODELS_A_QUARTER = 0.25  # models that a foreign brand certifies in a market; assumption: one a year
PLANT_SWEEPS = 8  # Newton steps of one automaker's best price with rivals fixed


class Industry(Commerce, Club):
    """What the economy does in a quarter."""

    def prepare_industry(self) -> None:
        """What stays the same, and what the first quarter finds."""
        self.learning_exponent = batteries.learning_exponent(self.parameters.battery_learning_rate)
        home = self.scenario.supplier_home
        self.same_home = (home[:, None] == home[None, :]).astype(np.float64)
        # Contracts are re-opened in turn; turns follow the rank within a home, so that no bloc's name decides (M3).
        self.supplier_rank = rank_within(home)
        self.automaker_rank = rank_within(self.scenario.automaker_home)
        self.ev_share: FloatArray = self.scenario.ev_share
        self.start_shift = self._announcement()
        self.plants_started: FloatArray = np.zeros(len(self.automakers))
        # The first assessment knows the quarter before the first, as the agenda does.
        first = look(self.economy, self.parameters, self.scenario, self.opening, False)
        self.carbon_told, self.friends_told = np.zeros(0), (np.arange(N_BLOCS) == CREDIT_BLOC) * 1.0
        self.exported_cells: FloatArray = first.situation.exported_cells
        self.cell_imports: FloatArray = first.cell_imports
        self.ev_built: FloatArray = first.ev_built
        self.ev_revenue: FloatArray = first.ev_revenue
        self.cell_profit: FloatArray = (
            ordered_sum(self.opening.cells * self.opening.margin, axis=0) / MILLION_TO_BILLION
        )

    # --- costs, contracts, plants, networks -------------------------------------------------------------------------

    def renew_costs(self) -> None:
        """Learning, supply contracts, plants and charging networks follow from last quarter."""
        state, p = self.state, self.parameters
        if state.quarter > 0:
            self._learn()
            self._renew_contracts()
            self._build_plants()
            state.quality = state.quality + self.opening.trend[:, None]
            common = np.max(self.common, axis=-1)
            cost = standards.charger_unit_cost(
                self.economy.charger_cost, p.charger_saving, common, p.charger_foreign_share
            )
            state.chargers = standards.charger_stock_next(state.chargers, self.economy.charger_budget, cost)
        self.supply_now()

    def _learn(self) -> None:
        state, p = self.state, self.parameters
        output = ordered_sum(state.cells, axis=-2)
        across = (
            p.spillover_foreign
            + (np.maximum(p.spillover_cooperation, p.spillover_foreign) - p.spillover_foreign) * self.cooperates
        )
        gained = batteries.experience_increment(output, self.same_home, p.spillover_domestic, across)
        state.experience = state.experience + gained
        state.cell_cost = np.stack([maker.learn(state.experience[maker.index]) for maker in self.suppliers])

    def _renew_contracts(self) -> None:
        state, p = self.state, self.parameters
        share = safe_ratio(state.cells, ordered_sum(state.cells, keepdims=True))
        turn = state.quarter + self.automaker_rank[:, None] + self.supplier_rank
        is_due = turn % p.contract_length == 0
        state.margin = np.stack(
            [maker.bargain(share[:, maker.index], is_due[:, maker.index]) for maker in self.suppliers], axis=-1
        )

    def _build_plants(self) -> None:
        state, economy, p = self.state, self.economy, self.parameters
        opened = (state.plant_due == 1.0) | (state.quarter == self.scenario.plant_from.T)
        state.plant_due = np.maximum(state.plant_due - 1.0, 0.0)
        rate = np.concatenate([state.duty[EV], economy.other_duty[EV][:, None]], axis=-1)[:, None, :]
        total = (1.0 + rate) * self.landed + self.frictions
        if opened.any():
            state.has_plant = np.maximum(state.has_plant, opened)
            here = opened[..., None] & (economy.is_home[:, None, :] > 0.0)
            state.origin_tie = np.where(here, 0.0, state.origin_tie)
            level = plants.origin_normaliser(total, state.origin_tie, p.origin_substitution)
            state.origin_level = np.where(opened, level, state.origin_level)
            for m, f in np.argwhere(opened):
                self.teller.plant_opens(int(m), int(f))
        alpha = p.alpha[:, None]
        base_export = self.clearing.price - self.clearing.markup
        base_local = ordered_sum(total * economy.is_home[:, None, :])
        rivals = pricing.rivals_log_sum(self.utility - alpha * self.clearing.price, p.nest_correlation)
        size = economy.market_size[:, None]
        earned = []
        for base, duty_rate in ((base_local, 0.0), (base_export, self.accounts.duty_rate)):
            weight = pass_through_weight(p, duty_rate)
            markup = pricing.best_reply_markup(
                base, self.utility, rivals, alpha, p.nest_correlation, PLANT_SWEEPS, weight
            )
            markup = markup if weight is None else markup * weight
            share = demand.share_beside(self.utility - alpha * (base + markup), rivals, p.nest_correlation)
            earned.append(size * share * markup / (1.0 + duty_rate))
        if p.undertakings:
            earned[1] = earned[1] + self.rent
        luck = self.luck.plant[state.quarter + 1]
        started = np.stack(
            [
                ~self.scenario.banned[firm.index]
                & firm.starts_plants(earned[0][:, firm.index], earned[1][:, firm.index], luck[firm.index])
                for firm in self.automakers
            ],
            axis=-1,
        )
        state.plant_due = np.where(started, float(p.plant_lag), state.plant_due)
        self.plants_started = ordered_sum(started.astype(np.float64), axis=0)
        for m, f in np.argwhere(started):
            self.teller.plant_starts(int(m), int(f))

    def supply_now(self) -> None:
        """Cells, landed costs and the utility of a free car, at today's costs and the duties last in force."""
        state, p = self.state, self.parameters
        self.cells = supply_cells(self.economy, p, state.cell_cost, state.margin, state.duty[BATTERY])
        self.landed = landed_costs(self.economy, self.cells)
        carbon = self.carbon_now()
        if carbon is not None:
            self.landed = self.landed + coalitions.places(carbon.cost)
        self.frictions = border_frictions(p, self.economy, self.recognised, self.common)
        if p.carbon_border:
            self.carbon = carbon_charges(p, self.recognised)
            self.frictions = self.frictions + self.carbon[..., :, None, :]
        self.paid = support(self.scenario, state.quarter) + self._credit()
        self.utility = demand.mean_utility(
            state.quality,
            self._availability(),
            standards.network_utility(p.network_elasticity, state.chargers, self.scenario.chargers)[:, None],
            (self._announcement() - self.start_shift)[:, None],
            p.alpha[:, None],
            self.paid,
        )
        self.scheme = scheme_of(p, self.scenario, state.quarter)
        if self.scheme is not None:
            self.utility = self.utility + (p.alpha * state.credit_price)[..., None]

    def _availability(self) -> FloatArray:
        p = self.parameters
        recognised = np.concatenate([self.recognised, np.zeros((N_BLOCS, 1))], axis=-1)[:, self.scenario.automaker_home]
        lag = standards.time_to_market(p.model_ramp, p.model_ramp_recognised, recognised)
        return standards.ramp_availability(self.state.age, lag)

    def _announcement(self) -> FloatArray:
        state, p = self.state, self.parameters
        return state.announced * unilateral.zev_demand_shift(p.zev_demand_shift, state.announced_age, p.zev_ramp)

    def _credit(self) -> FloatArray:
        """(m, f) k$ of purchase credits with local-content rules (1.18)."""
        s, t = self.scenario, self.state.quarter
        if self.parameters.local_content:
            return content_credit(self.parameters, s, t, self.cells, self.state.origin_share, self.friends)
        if not s.credit[t].any():
            return np.zeros_like(self.state.quality)
        mix = self.cell_mix()
        chinese = ordered_sum(mix * (s.supplier_home == 0))
        return policy.purchase_credit(
            s.credit[t][:, None],
            ordered_sum(mix * s.mineral_share),
            1.0 - chinese,
            s.credit_minerals[t][:, None],
            s.credit_components[t][:, None],
            ordered_sum(self.state.origin_share * self.economy.is_home[:, None, :]),
            s.credit_restricted[t][:, None] * chinese,
            policy.SMOOTH_WIDTH,
        )

    def cell_mix(self) -> FloatArray:
        """(f, k) share of each supplier in an automaker's cells last quarter."""
        return safe_ratio(self.state.cells, ordered_sum(self.state.cells, keepdims=True))

    # --- markets and accounts ---------------------------------------------------------------------------------------

    def clear_markets(self) -> None:
        """Automakers want the Bertrand-Nash prices and the cheapest mix of origins, and move part of the way."""
        state, p, economy = self.state, self.parameters, self.economy
        self.supply_now()
        self.tell_rules()
        base, mix = offered_costs(
            economy, p, self.landed, self.frictions, state.duty[EV], state.origin_tie, state.origin_level
        )
        alpha = p.alpha[:, None]
        weight = markup_weight(economy, p, mix, state.duty[EV], self.landed)
        wanted, self.residual = equilibrium(
            base, self.utility, alpha, p.nest_correlation, state.markup, WARM_SWEEPS, weight
        )
        state.markup = wanted.markup
        state.origin_share = np.stack([firm.source(mix[:, firm.index]) for firm in self.automakers], axis=1)
        state.price = np.stack([firm.price(wanted.price[:, firm.index]) for firm in self.automakers], axis=-1)
        self.clearing = clear_at_prices(base, self.utility, state.price, alpha, p.nest_correlation)
        if self.scheme is not None:
            self.clear_credits(self.scheme, base)

    def settle_accounts(self) -> None:
        """Sales, profits, revenues, dependence; and each bloc's welfare."""
        state, p, economy, s = self.state, self.parameters, self.economy, self.scenario
        recognised = np.concatenate([self.recognised, np.zeros((N_BLOCS, 1))], axis=-1)[:, s.automaker_home]
        on_sale = (state.age > 0.0) & (s.automaker_home[None, :] != np.arange(N_BLOCS)[:, None])
        # One new model a year for each foreign brand on sale: a quarter of an outlay every quarter.
        self.models_certified = on_sale * NEW_MODELS_A_QUARTER
        outlay = standards.certification_outlay(
            p.certification_outlay,
            p.certification_outlay_recognised,
            recognised,
            self.models_certified,
        )
        a = account(
            economy,
            p,
            self.clearing,
            self.cells,
            state.margin,
            self.landed,
            state.origin_share,
            state.duty[EV],
            self.paid,
            outlay,
        )
        if p.undertakings:
            a = self.undertaken(a)
        self.accounts = a
        state.cells = a.cells
        self.cell_profit, self.cell_imports, self.exported_cells = (
            a.cell_profit,
            a.cell_imports,
            a.exported_cells,
        )
        self.ev_built = ordered_sum(a.built, axis=-2)[..., :N_BLOCS]
        self.ev_share = ordered_sum(self.clearing.share)
        by_firm = ordered_sum(a.sales * a.border_price, axis=-2)
        self.ev_revenue = np.stack([ordered_sum(by_firm * economy.is_firm_home[:, b]) for b in range(N_BLOCS)], axis=-1)
        self._welfare(a)

    def _welfare(self, a: Accounts) -> None:
        state, p, economy = self.state, self.parameters, self.economy
        firms = ordered_sum(a.firm_profit, axis=-2)
        makers = np.stack([ordered_sum(firms * economy.is_firm_home[:, b]) for b in range(N_BLOCS)], axis=-1)
        makers = makers - self.plants_paid()
        suppliers = np.stack(
            [ordered_sum(a.cell_profit * economy.is_supplier_home[:, b]) for b in range(N_BLOCS)], axis=-1
        )
        self.home_profit = makers + suppliers + a.ice_profit
        self.security = self.security_now(a)
        if p.data_platform:
            saved, cost = data_flows(p, self.ev_revenue, self.effective_tension, self.implemented)
            self.home_profit, self.security = self.home_profit + saved, self.security + cost
        self.pushed_utility = self._announcement() - self.start_shift
        flows = bloc_flows(
            p,
            a,
            economy.charger_budget,
            self.reference_evs(),
            self.pushed_utility,
            self.home_profit,
            self.ev_built,
            self.security,
            state.profit_weight,
            self.carbon_now(),
            self.club_payments() if self.has_clubs else None,
            *self.trade_flows(a),
        )
        self.climate, self.consumer_surplus, self.jobs = flows.climate, flows.consumer_surplus, flows.jobs
        self.revenue, self.subsidies = flows.revenue, flows.subsidies
        self.welfare, self.payoff = flows.welfare, flows.payoff

    def security_now(self, a: Accounts) -> FloatArray:
        """(b,) realised security cost at current tension, bn$ per quarter (1.4)."""
        p = self.parameters
        cost = np.zeros(N_BLOCS)
        if not p.tension_in_security:
            return cost
        for i, j in DIRECTED_DYADS:
            cost[i] = cost[i] + welfare.security_cost(
                self.tension_level[DYAD_OF[i, j]],
                self.economy.market_size[i],
                a.vehicle_imports[i, j],
                a.cell_imports[i, j],
                self.agenda.security[EV, i, j],
                self.agenda.security[BATTERY, i, j],
                p.security_convexity,
            )
        return cost

    def plants_paid(self) -> FloatArray:
        """(b,) bn$ that home automakers paid for plants started this quarter."""
        started = self.plants_started
        by_home = np.stack([ordered_sum(started * self.economy.is_firm_home[:, b]) for b in range(N_BLOCS)], axis=-1)
        return self.parameters.plant_cost * by_home

    def reference_evs(self) -> FloatArray:
        """m EVs a quarter at the start, against which climate benefits are counted."""
        return ordered_sum(self.scenario.market_size * self.scenario.ev_share)

    def sales_of(self, firm: int) -> float:
        """m cars that an automaker sold this quarter, all markets."""
        return float(ordered_sum(self.accounts.sales[:, firm]))


def rank_within(home: np.ndarray) -> np.ndarray:
    """Position of each firm among the firms of its home, in the order of the roster: 0, 1, 2, ..."""
    same = home[:, None] == home[None, :]
    return np.count_nonzero(np.tril(same, -1), axis=1)
