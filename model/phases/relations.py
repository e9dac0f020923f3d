"""Relations between governments: what is dated, tension, dialogue, assessments, perception (theory 1.7-1.9, 1.12)."""

from __future__ import annotations

from collections import Counter

import numpy as np

from model.agents.bloc import Bloc
from model.assessment import PAIR_OF, Tables
from model.common import change_governments, climate_of, move_channels, move_perceptions, move_tension
from model.mandate import Mandate, Stakes, make_mandate
from model.menu import negotiable
from model.numerics import QUARTERS_PER_YEAR, FloatArray
from model.phases.club import Club
from model.phases.commerce import Commerce
from model.state import NEVER
from model.tactics import NOTHING_OFFERED
from model.valuation import issue_values, realised_value
from model.vocabulary import DYADS, N_BLOCS, N_DYADS, N_SIDES


class Relations(Commerce, Club):
    """What governments know of each other and of what is at stake."""

    def prepare_relations(self) -> None:
        """What stays the same in a run, and the first errors and moods."""
        state = self.state
        self.choose_rules()
        state.own_error = self.luck.own_error[0].copy()
        state.partner_error = self.luck.partner_error[0].copy()
        state.mood = self.luck.ratification[0].copy()
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
        move_tension(p, state, self.luck, self.violations)
        climate = climate_of(p, state.tension)
        self.tension_level, self.effective_tension = climate.level, climate.effective
        self.danger, self.expected_danger = climate.danger, climate.expected_danger
        if change_governments(p, s, state, self.luck):
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
        self.assesses = self.state.quarter % self.parameters.assessment_interval == 0
        if self.assesses:
            tables, self.stakes = self.assessed()
            self.mandate = self._mandate(tables, self.stakes)

    def _mandate(self, tables: Tables, stakes: Stakes) -> Mandate:
        """What today's governments make of an assessment."""
        return make_mandate(
            self.economy, self.parameters, self.scenario, self.agenda, tables, stakes, self.state.profit_weight
        )

    def perceive(self) -> None:
        """Errors of perception and moods of legislatures move on; both persist."""
        move_perceptions(self.parameters, self.state, self.luck)

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
