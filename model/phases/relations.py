"""Relations between governments: what is dated, tension, dialogue, assessments, perception (theory 1.7-1.9, 1.12)."""

from __future__ import annotations

from collections import Counter

import numpy as np

from model.agents.bloc import Bloc
from model.assessment import PAIR_OF, Situation, Tables, assess
from model.commerce import data_stakes
from model.common import change_governments, climate_of, move_channels, move_perceptions, move_tension
from model.foresight import foreseen
from model.mandate import (
    QUARTERS_PER_YEAR,
    WARM_SWEEPS,
    Mandate,
    Stakes,
    make_mandate,
    supply_stakes,
    technology_stakes,
)
from model.menu import negotiable
from model.nodes import nodes_in_use
from model.numerics import FloatArray
from model.phases.club import Club
from model.phases.commerce import Commerce
from model.rules import cooperation, unilateral
from model.state import NEVER
from model.tactics import NOTHING_OFFERED, acceptance_of, stance_of, tactic_of
from model.valuation import issue_values, realised_value
from model.vocabulary import DYADS, N_BLOCS, N_DYADS, N_SIDES


class Relations(Commerce, Club):
    """What governments know of each other and of what is at stake."""

    def prepare_relations(self) -> None:
        """What stays the same in a run, and the first errors and moods."""
        p, state = self.parameters, self.state
        self.stance, self.punishment_horizon = stance_of(p.retaliation_rule, float(p.punishment_quarters))
        self.tactics = [tactic_of(name) for name in (p.tactic_cn, p.tactic_us, p.tactic_eu)]
        self.acceptances = [acceptance_of(name) for name in (p.acceptance_cn, p.acceptance_us, p.acceptance_eu)]
        allowed = np.array(
            [p.tariff_issues] * 2
            + [p.supply_issues] * 2
            + [p.recognition_issues] * 2
            + [p.linkage_issues] * 2
            + [p.charging_issues, p.technology_issues]
        )
        self.allowed = allowed
        self.nodes = nodes_in_use(self.economy, p, self.agenda.menus)
        self.last_markups = self.markups_ahead = self.agenda.markup[self.nodes.row]
        state.own_error = self.draws.own_error[0].copy()
        state.partner_error = self.draws.partner_error[0].copy()
        state.mood = self.draws.ratification[0].copy()
        self.deal = np.zeros(N_DYADS, dtype=np.int64)
        self.has_deal = np.zeros(N_DYADS, dtype=bool)
        self.violations = np.zeros(N_DYADS)
        self.tabled = np.zeros(N_DYADS, dtype=np.int64)
        self.offered = np.full((N_DYADS, N_SIDES), NOTHING_OFFERED)
        self.blocking: list[Counter[str]] = [Counter() for _ in range(N_DYADS)]
        self.recognised, self.common = np.zeros((N_BLOCS, N_BLOCS)), np.zeros((N_BLOCS, N_BLOCS))
        self.cooperates = np.zeros((len(self.scenario.suppliers),) * 2)
        self.implemented = np.zeros((N_DYADS, 10))

    def on_table(self, dyad: int, current: int) -> np.ndarray:
        """(P,) packages that can be tabled while package ``current`` is in force."""
        return negotiable(self.agenda.menus[dyad], tuple(bool(issue) for issue in self.allowed), current)

    def pair_of(self, importer: Bloc, partner: Bloc) -> int:
        """Index of an importer-partner pair in the tables."""
        return PAIR_OF[importer.index, partner.index]

    # --- the world outside, talks -----------------------------------------------------------------------------------

    def see_events(self) -> None:
        """Dated policies, entries and the quarter's shock to tension."""
        state, p, t = self.state, self.parameters, self.state.quarter
        s = self.scenario
        if t < s.history_quarters:
            state.special = s.special[t].copy()
        selling = (t >= s.on_sale_from.T) & (state.age < NEVER)
        state.age = state.age + (selling & (t > 0))
        state.announced_age = state.announced_age + (state.announced > 0.0) * (t > 0)
        self.teller.events(t)
        move_tension(p, state, self.draws, self.violations)
        climate = climate_of(p, state.tension)
        self.tension_level, self.effective_tension = climate.level, climate.effective
        self.danger, self.expected_danger = climate.danger, climate.expected_danger
        if change_governments(p, s, state, self.draws):
            for b in np.flatnonzero(s.turnover[t]):
                self.teller.new_government(int(b))
            if t > 0:
                # The new ones read the last assessment with their own weights.
                self.mandate = self._mandate(self.mandate.tables, self.stakes)

    def hold_talks(self) -> None:
        """The channel opens or closes with tension; dialogue grows while it is open."""
        state, p = self.state, self.parameters
        was_open = state.is_open
        before = state.track2
        move_channels(p, state, self.tension_level)
        for d in np.flatnonzero(was_open != state.is_open):
            self.teller.channel(int(d), bool(state.is_open[d]))
            if p.subnational and not state.is_open[d]:
                self.teller.subnational(int(d))
        for d in np.flatnonzero(state.track2 < before):
            self.teller.research_breaks(int(d))

    def assess_impact(self) -> None:
        """In an assessment quarter: refresh the tables and what every government makes of them."""
        state, p, s = self.state, self.parameters, self.scenario
        self.assesses = state.quarter % p.assessment_interval == 0
        if not self.assesses:
            return
        assert self.cells is not None
        mfn, floor, special = self.policies_beside_club()
        situation = Situation(
            cells=self.cells,
            margin=state.margin,
            landed=self.landed,
            frictions=self.frictions,
            utility=self.utility,
            duty=state.duty,
            special=special,
            mfn=mfn,
            floor=floor,
            origin_tie=state.origin_tie,
            origin_level=state.origin_level,
            subsidy=self.paid,
            exported_cells=self.exported_cells,
            carbon=self.carbon if p.carbon_border else None,
            scheme=self.scheme,
            credit_price=state.credit_price,
            club_carbon=self.carbon_now(),
        )
        tables = assess(self.economy, p, situation, self.last_markups, WARM_SWEEPS, self.nodes)
        carry = unilateral.carry_share(state.carried, state.dropped) * self.unbound()
        if state.quarter == 0:
            stake = self.agenda.supply_stake
        else:
            stake = supply_stakes(self.economy, p, s, self.cell_imports, self.ev_built)
        self.supply_stake = stake
        self.last_markups = tables.markup
        technology = technology_stakes(
            self.economy, p, state.cell_cost, state.experience, state.cells, self.ev_revenue, self.effective_tension
        )
        if p.data_platform:
            technology = technology + data_stakes(p, self.ev_revenue, self.effective_tension)
        if p.foresight:
            tables, self.markups_ahead = foreseen(
                self.economy,
                p,
                s,
                self.opening,
                situation,
                state.experience,
                state.cells,
                tables,
                self.markups_ahead,
                WARM_SWEEPS,
                self.nodes,
            )
        self.stakes = Stakes(
            supply=stake,
            technology=technology,
            friends=self.friends_stakes(situation),
            brands_abroad=self.brands_abroad,
            granted=np.maximum(state.recognises, 1.0 - self.unbound()),
            security=self.agenda.security,
            tension=self.effective_tension,
            case_left=state.case_left,
            case_step=state.case_step,
            carry=carry,
        )
        self.mandate = self._mandate(tables, self.stakes)

    def _mandate(self, tables: Tables, stakes: Stakes) -> Mandate:
        """What today's governments make of an assessment."""
        return make_mandate(
            self.economy, self.parameters, self.scenario, self.agenda, tables, stakes, self.state.profit_weight
        )

    def perceive(self) -> None:
        """Errors of perception and moods of legislatures move on; both persist."""
        move_perceptions(self.parameters, self.state, self.draws)

    def depth_ceiling(self) -> FloatArray:
        """(d,) the largest depth that can be reached: issues on the table in full, the others as they are in force."""
        held = np.stack([self.agenda.levels[d][int(self.agenda.treaty[d])] for d in range(N_DYADS)])
        return cooperation.depth(np.where(self.allowed, 1.0, held), self.agenda.weights)

    def reference_package(self, d: int) -> int:
        """The package whose 2x2 game is shown: the treaty, else the last tabled, else the best for both together."""
        if self.state.treaty[d] > 0:
            return int(self.state.treaty[d])
        if self.tabled[d] > 0:
            return int(self.tabled[d])
        first, second = self.mandate.flows[d]
        joint = np.where(self.on_table(d, 0), first.honoured + second.honoured, -np.inf)
        return int(np.argmax(joint))

    # --- looking at packages ----------------------------------------------------------------------------------------

    def realised_gains(self) -> FloatArray:
        """(d, s) what each side gains over no treaty from what is kept, bn$ per quarter."""
        state = self.state
        gains = self.club_gains()
        for d in range(N_DYADS):
            partly = None
            if self.parameters.partial_compliance:
                partly = tuple((self.own_path(d, giver, self.in_effect(d)), state.effort[d, giver]) for giver in (0, 1))
            for side in (0, 1):
                gains[d, side] = gains[d, side] + realised_value(
                    self.agenda.menus[d],
                    self.mandate.parts[d][side],
                    self.in_effect(d),
                    state.honours[d].astype(np.float64),
                    state.level[d],
                    partly,
                )
        return gains

    def issue_gain(self, dyad: int, side: int, issue: int) -> FloatArray:
        """What one issue alone at full level is worth to a side, bn$ per quarter."""
        return issue_values(self.mandate.parts[dyad][side])[issue]

    def suppliers_gain(self, dyad: int, home: int, package: int) -> float:
        """What a package changes in the profits of all suppliers of a home, bn$ per year, both markets."""
        menu, tables = self.agenda.menus[dyad], self.mandate.tables
        total = 0.0
        for side in (0, 1):
            importer, partner = DYADS[dyad][side], DYADS[dyad][1 - side]
            column = 0 if importer == home else 1
            profit = tables.supplier_profit[PAIR_OF[importer, partner], :, column]
            nodes = [menu.node(chosen, side) for chosen in (package, int(self.state.treaty[dyad]))]
            total += float(profit[nodes[0]] - profit[nodes[1]])
        return QUARTERS_PER_YEAR * total
