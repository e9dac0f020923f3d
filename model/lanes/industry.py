"""The economic half of a quarter in every lane: costs, plants, markets, accounts (theory 1.1-1.5, 1.13-1.18)."""

from __future__ import annotations

import numpy as np

from model import coalitions
from model.agenda import look
from model.calibration import support
from model.commerce import carbon_charges, data_flows
from model.common import bloc_flows
from model.credits import content_credit, scheme_of
from model.lanes.base import copies, zeros
from model.lanes.club import Club
from model.lanes.commerce import Commerce
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
from model.numerics import FloatArray, beside, ordered_sum, safe_ratio
from model.phases.industry import NEW_MODELS_A_QUARTER, PLANT_SWEEPS, rank_within
from model.rules import batteries, demand, plants, policy, pricing, standards, unilateral, welfare
from model.vocabulary import BATTERY, DIRECTED_DYADS, DYAD_OF, EV, N_BLOCS


class Industry(Commerce, Club):
    """What the economy does in a quarter."""

    def prepare_industry(self) -> None:
        """What stays the same, and what the first quarter finds."""
        p, s, n = self.parameters, self.scenario, self.n_lanes
        self.learning_exponent = batteries.learning_exponent(p.battery_learning_rate)
        self.same_home = (s.supplier_home[:, None] == s.supplier_home[None, :]).astype(np.float64)
        self.reference_evs = ordered_sum(s.market_size * s.ev_share)
        self.ev_share = copies(s.ev_share, n)
        self.start_shift = self._announcement()
        rank = [rank_within(home) for home in (s.automaker_home, s.supplier_home)]
        self.turn = rank[0][:, None] + rank[1]
        first = look(self.economy, p, s, self.opening, False)
        self.exported_cells = copies(first.situation.exported_cells, n)
        self.cell_imports, self.ev_built = copies(first.cell_imports, n), copies(first.ev_built, n)
        self.ev_revenue = copies(first.ev_revenue, n)
        earned = ordered_sum(self.opening.cells * self.opening.margin, axis=0) / MILLION_TO_BILLION
        self.cell_profit = copies(earned, n)
        self.plants_started = zeros(n, len(s.automakers))
        self.carbon_told, self.friends_told = {}, {}

    # --- costs, contracts, plants, networks -------------------------------------------------------------------------

    def renew_costs(self) -> None:
        """Learning, supply contracts, plants and charging networks follow from last quarter."""
        state, p = self.state, self.parameters
        if state.quarter > 0:
            self._learn()
            self._renew_contracts()
            self._build_plants()
            state.quality = state.quality + self.opening.trend[:, None]
            common = np.maximum.reduce(self.common, axis=-1)
            cost = standards.charger_unit_cost(
                self.economy.charger_cost, p.charger_saving, common, p.charger_foreign_share
            )
            state.chargers = standards.charger_stock_next(state.chargers, self.economy.charger_budget, cost)
        # Only an assessment looks at costs before this quarter's duties are in force.
        if state.quarter % p.assessment_interval == 0:
            self.supply_now()

    def _learn(self) -> None:
        state, p = self.state, self.parameters
        output = ordered_sum(state.cells, axis=-2)
        more = np.maximum(p.spillover_cooperation, p.spillover_foreign) - p.spillover_foreign
        across = p.spillover_foreign + more * self.cooperates
        gained = batteries.experience_increment(output, self.same_home, p.spillover_domestic, across)
        state.experience = state.experience + gained
        state.cell_cost = batteries.learned_cost(
            self.economy.start_cell_cost,
            p.battery_cost_floor,
            state.experience / self.economy.start_experience,
            self.learning_exponent,
        )

    def _renew_contracts(self) -> None:
        state, p = self.state, self.parameters
        is_due = (state.quarter + self.turn) % p.contract_length == 0
        share = safe_ratio(state.cells, ordered_sum(state.cells, keepdims=True))
        agreed = batteries.contract_margin(p.contract_bargaining_weight, share, p.supplier_substitution)
        state.margin = np.where(is_due, agreed, state.margin)

    def _build_plants(self) -> None:
        """Plants open and are started; only lanes, markets and automakers where that can happen are worked on."""
        state, s, p = self.state, self.scenario, self.parameters
        opened = (state.plant_due == 1.0) | (state.quarter == s.plant_from.T)
        state.plant_due = np.maximum(state.plant_due - 1.0, 0.0)
        if opened.any():
            state.has_plant = np.maximum(state.has_plant, opened)
            self._open_plants(*np.nonzero(opened))
            for told, story in self.stories.items():
                for market, maker in np.argwhere(opened[told]).tolist():
                    story.plant_opens(market, maker)
        luck = np.swapaxes(self.luck.plant[state.quarter + 1], -1, -2)
        free = (state.has_plant <= 0.0) & (state.plant_due <= 0.0) & ~s.banned.T
        # No hazard is above its ceiling, so luck above it needs no weighing of profits.
        lane, m, f = np.nonzero(free & (luck < p.plant_hazard_max))
        starts = luck[lane, m, f] < self._plant_hazard(lane, m, f)
        lane, m, f = lane[starts], m[starts], f[starts]
        state.plant_due[lane, m, f] = float(p.plant_lag)
        started = zeros(*opened.shape)
        started[lane, m, f] = 1.0
        self.plants_started = ordered_sum(started, axis=-2)
        for told, story in self.stories.items():
            for market, maker in np.argwhere(started[told] > 0.0).tolist():
                story.plant_starts(market, maker)

    def _open_plants(self, lane: np.ndarray, m: np.ndarray, f: np.ndarray) -> None:
        """From now on these automakers can serve these markets from home there."""
        state, economy, theta = self.state, self.economy, self.parameters.origin_substitution
        rate = np.concatenate([state.duty[lane, EV, m], economy.other_duty[EV][m, None]], axis=-1)
        total = (1.0 + rate) * self.landed[lane, m, f] + self.frictions[lane, m, 0]
        tie = np.where(economy.is_home[m] > 0.0, 0.0, state.origin_tie[lane, m, f])
        state.origin_tie[lane, m, f] = tie
        state.origin_level[lane, m, f] = plants.origin_normaliser(total, tie, theta)

    def _plant_hazard(self, lane: np.ndarray, m: np.ndarray, f: np.ndarray) -> FloatArray:
        """(n,) chance that a plant is started, for some lanes, markets and automakers."""
        state, p, clearing = self.state, self.parameters, self.clearing
        sigma, alpha = p.nest_correlation, p.alpha[m]
        price, utility = clearing.price[lane, m], self.utility[lane, m]
        row = np.arange(lane.size)
        rivals = pricing.rivals_log_sum(utility - alpha[:, None] * price, sigma)[row, f]
        utility = utility[row, f]
        rate = state.duty[lane, EV, m, m]
        local = (1.0 + rate) * self.landed[lane, m, f, m] + self.frictions[lane, m, 0, m]
        export = price[row, f] - clearing.markup[lane, m, f]
        earned = []
        for base, duty_rate in ((local, 0.0), (export, self.accounts.duty_rate[lane, m, f])):
            weight = pass_through_weight(p, duty_rate)
            markup = pricing.best_reply_markup(base, utility, rivals, alpha, sigma, PLANT_SWEEPS, weight)
            markup = markup if weight is None else markup * weight
            share = demand.share_beside(utility - alpha * (base + markup), rivals, sigma)
            earned.append(self.economy.market_size[m] * share * markup / (1.0 + duty_rate))
        if p.undertakings:
            earned[1] = earned[1] + self.rent[lane, m, f]
        value = plants.entry_value(earned[0], earned[1], p.plant_hurdle_rate, p.plant_cost)
        return plants.entry_hazard(value, p.plant_hazard_max, p.plant_hazard_scale)

    def supply_now(self) -> None:
        """Cells, landed costs and the utility of a free car, at today's costs and the duties last in force."""
        state, p = self.state, self.parameters
        self.cells = supply_cells(self.economy, p, state.cell_cost, state.margin, state.duty[:, BATTERY])
        self.landed = landed_costs(self.economy, self.cells)
        carbon = self.carbon_now()
        if carbon is not None:
            self.landed = self.landed + coalitions.places(carbon.cost)[:, None, None, :]
        self.frictions = border_frictions(p, self.economy, self.recognised, self.common)
        if p.carbon_border:
            self.carbon = carbon_charges(p, self.recognised)
            self.frictions = self.frictions + self.carbon[..., :, None, :]
        self.paid = support(self.scenario, state.quarter) + self._credit()
        self.utility = demand.mean_utility(
            state.quality,
            standards.ramp_availability(
                state.age, standards.time_to_market(p.model_ramp, p.model_ramp_recognised, self._recognised_homes())
            ),
            standards.network_utility(p.network_elasticity, state.chargers, self.scenario.chargers)[..., None],
            (self._announcement() - self.start_shift)[..., None],
            p.alpha[:, None],
            self.paid,
        )
        self.scheme = scheme_of(p, self.scenario, state.quarter)
        if self.scheme is not None:
            self.utility = self.utility + (p.alpha * state.credit_price)[..., None]

    def _recognised_homes(self) -> FloatArray:
        """(R, m, f) whether a market recognises the certificates of an automaker's home."""
        nobody = zeros(self.n_lanes, N_BLOCS, 1)
        return np.concatenate([self.recognised, nobody], axis=-1)[..., self.scenario.automaker_home]

    def _announcement(self) -> FloatArray:
        state, p = self.state, self.parameters
        return state.announced * unilateral.zev_demand_shift(p.zev_demand_shift, state.announced_age, p.zev_ramp)

    def _credit(self) -> FloatArray:
        """(R, m, f) k$ of purchase credits with local-content rules (1.18); a single zero where there is none."""
        s, t = self.scenario, self.state.quarter
        if self.parameters.local_content:
            return content_credit(self.parameters, s, t, self.cells, self.state.origin_share, self.friends)
        if not s.credit[t].any():
            return np.zeros((1, 1))
        mix = safe_ratio(self.state.cells, ordered_sum(self.state.cells, keepdims=True))
        chinese = ordered_sum(mix * (s.supplier_home == 0))[..., None, :]
        return policy.purchase_credit(
            s.credit[t][:, None],
            ordered_sum(mix * s.mineral_share)[..., None, :],
            1.0 - chinese,
            s.credit_minerals[t][:, None],
            s.credit_components[t][:, None],
            ordered_sum(self.state.origin_share * self.economy.is_home[:, None, :]),
            s.credit_restricted[t][:, None] * chinese,
            policy.SMOOTH_WIDTH,
        )

    # --- markets and accounts ---------------------------------------------------------------------------------------

    def clear_markets(self) -> None:
        """Automakers want the Bertrand-Nash prices and the cheapest mix of origins, and move part of the way."""
        state, p, economy = self.state, self.parameters, self.economy
        self.supply_now()
        self.tell_rules()
        base, mix = offered_costs(
            economy, p, self.landed, self.frictions, state.duty[:, EV], state.origin_tie, state.origin_level
        )
        alpha = p.alpha[:, None]
        weight = markup_weight(economy, p, mix, state.duty[:, EV], self.landed)
        wanted, self.residual = equilibrium(
            base, self.utility, alpha, p.nest_correlation, state.markup, WARM_SWEEPS, weight
        )
        state.markup = wanted.markup
        state.origin_share = plants.adjust_shares(state.origin_share, mix, p.origin_adjustment)
        state.price = state.price + p.price_adjustment * (wanted.price - state.price)
        self.clearing = clear_at_prices(base, self.utility, state.price, alpha, p.nest_correlation)
        if self.scheme is not None:
            self.clear_credits(self.scheme, base)

    def settle_accounts(self) -> None:
        """Sales, profits, revenues, dependence; and each bloc's welfare."""
        state, p, economy, s = self.state, self.parameters, self.economy, self.scenario
        on_sale = (state.age > 0.0) & (s.automaker_home[None, :] != np.arange(N_BLOCS)[:, None])
        self.models_certified = on_sale * NEW_MODELS_A_QUARTER
        outlay = standards.certification_outlay(
            p.certification_outlay,
            p.certification_outlay_recognised,
            self._recognised_homes(),
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
            state.duty[:, EV],
            self.paid,
            outlay,
        )
        if p.undertakings:
            a = self.undertaken(a)
        self.accounts = a
        state.cells = a.cells
        self.cell_profit, self.cell_imports, self.exported_cells = a.cell_profit, a.cell_imports, a.exported_cells
        self.ev_built = ordered_sum(a.built, axis=-2)[..., :N_BLOCS]
        self.ev_share = ordered_sum(self.clearing.share)
        self.ev_revenue = self._by_home(ordered_sum(a.sales * a.border_price, axis=-2), economy.is_firm_home)
        self._welfare(a)

    @staticmethod
    def _by_home(values: FloatArray, is_home: FloatArray) -> FloatArray:
        """(R, b) what belongs to the firms of each bloc; values (R, n), is_home (n, b)."""
        return beside([ordered_sum(values * is_home[:, b]) for b in range(N_BLOCS)])

    def security_now(self, a: Accounts) -> FloatArray:
        """(R, b) realised security cost at current tension, bn$ per quarter (1.4)."""
        p = self.parameters
        cost = zeros(self.n_lanes, N_BLOCS)
        if not p.tension_in_security:
            return cost
        for i, j in DIRECTED_DYADS:
            cost[:, i] = cost[:, i] + welfare.security_cost(
                self.tension_level[:, DYAD_OF[i, j]],
                self.economy.market_size[i],
                a.vehicle_imports[:, i, j],
                a.cell_imports[:, i, j],
                self.agenda.security[EV, i, j],
                self.agenda.security[BATTERY, i, j],
                p.security_convexity,
            )
        return cost

    def _welfare(self, a: Accounts) -> None:
        state, p, economy = self.state, self.parameters, self.economy
        makers = self._by_home(ordered_sum(a.firm_profit, axis=-2), economy.is_firm_home)
        makers = makers - p.plant_cost * self._by_home(self.plants_started, economy.is_firm_home)
        suppliers = self._by_home(a.cell_profit, economy.is_supplier_home)
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
            self.reference_evs,
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
