"""Relations between governments in every lane: tension, dialogue, assessments, perception (theory 1.7-1.9, 1.12)."""

from __future__ import annotations

import numpy as np

from model.assessment import Tables
from model.common import change_governments, climate_of, move_channels, move_perceptions, move_tension
from model.grids import Grid
from model.lanes.base import chosen_lanes, first_of, zeros
from model.lanes.club import Club
from model.lanes.commerce import Commerce
from model.mandate import (
    Mandate,
    Stakes,
    make_mandate,
)
from model.menu import Menu, negotiable
from model.numerics import FloatArray
from model.rules.bargaining import OUT_OF_REACH
from model.state import NEVER
from model.tactics import NOTHING_OFFERED
from model.valuation import realised_value
from model.vocabulary import (
    BLOCS,
    DYADS,
    N_DYADS,
    N_SIDES,
    RECOGNITION,
)


class Relations(Commerce, Club):
    """What governments know of each other and of what is at stake."""

    def prepare_relations(self) -> None:
        """What stays the same in a run, and the first errors and moods."""
        state, n = self.state, self.n_lanes
        self.choose_rules()
        state.own_error, state.partner_error = self.luck.own_error[0], self.luck.partner_error[0]
        state.mood = self.luck.ratification[0]
        self.mandate = None
        self.deal = zeros(n, N_DYADS, dtype=np.int64)
        self.has_deal = zeros(n, N_DYADS, dtype=bool)
        self.tabled = zeros(n, N_DYADS, dtype=np.int64)
        self.offered = zeros(n, N_DYADS, N_SIDES) + NOTHING_OFFERED
        self.violations = zeros(n, N_DYADS)
        self.n_lapses, self.n_signed = zeros(n, N_DYADS), zeros(n, N_DYADS)
        self.first_end = np.full((n, N_DYADS), -1, dtype=np.int64)
        self.first_end_cause = np.zeros((n, N_DYADS), dtype=np.int8)
        self.blocking = zeros(n, N_DYADS, N_SIDES, 4, dtype=np.int64)

    def choose_rules(self) -> None:
        """Beside the rules: what can be tabled, what legislatures ask, and how deep an agreement can be."""
        super().choose_rules()
        self.off_table = [self._off_table(menu) for menu in self.agenda.menus]
        self.thresholds = [(self._threshold(d, 0), self._threshold(d, 1)) for d in range(N_DYADS)]
        self.ceiling = self.depth_ceiling()

    def _off_table(self, menu: Menu) -> Grid:
        """(X, X) and (Y, Y) by what is in force: 0 for what can be tabled, out of reach for the rest.

        A package can be tabled when both its combinations can, whatever the other one is.
        """
        allowed = tuple(bool(issue) for issue in self.allowed)
        tables = [
            np.stack([(negotiable(menu, allowed, int(current))[first] - 1.0) * OUT_OF_REACH for current in first])
            for first in (menu.x_package, menu.y_package)
        ]
        return Grid(tables[0], tables[1])

    def _threshold(self, d: int, side: int) -> FloatArray:
        """(P,) win-set threshold of a side's legislature; US packages with recognition need Congress (1.9)."""
        p, b = self.parameters, DYADS[d][side]
        usual = p.ratification_threshold[b]
        gives = self.agenda.levels[d][:, RECOGNITION + side]
        if BLOCS[b] != "US":
            return np.full(gives.shape, usual)
        return np.where(gives > 0.0, p.ratification_threshold_us_recognition, usual)

    # --- the world outside, talks -----------------------------------------------------------------------------------

    def see_events(self) -> None:
        """Dated policies, entries and the quarter's shock to tension."""
        state, p, s, t = self.state, self.parameters, self.scenario, self.state.quarter
        if t < s.history_quarters:
            state.special = zeros(self.n_lanes, *s.special[t].shape) + s.special[t]
        for story in self.stories.values():
            story.events(t)
        if t > 0:
            state.age = state.age + ((t >= s.on_sale_from.T) & (state.age < NEVER))
            state.announced_age = state.announced_age + (state.announced > 0.0)
        move_tension(p, state, self.luck, self.violations)
        climate = climate_of(p, state.tension)
        self.tension_level, self.effective_tension = climate.level, climate.effective
        self.danger, self.expected_danger = climate.danger, climate.expected_danger
        if change_governments(p, s, state, self.luck):
            if self.mandate is not None:
                # The new ones read the last assessment with their own weights.
                self.mandate = self._mandate(self.mandate.tables, self.stakes)
            for b in np.flatnonzero(s.turnover[t]).tolist():
                for story in self.stories.values():
                    story.new_government(b)

    def hold_talks(self) -> None:
        """The channel opens or closes with tension; dialogue grows while it is open."""
        state, p = self.state, self.parameters
        was_open, before = state.is_open, state.track2
        move_channels(p, state, self.tension_level)
        for d in range(N_DYADS):
            for lane, story in self.told(was_open[:, d] != state.is_open[:, d]):
                story.channel(d, bool(state.is_open[lane, d]))
                if p.subnational and not state.is_open[lane, d]:
                    story.subnational(d)
        for d in range(N_DYADS):
            for _, story in self.told(state.track2[:, d] < before[:, d]):
                story.research_breaks(d)

    def assess_impact(self) -> None:
        """In an assessment quarter: refresh the tables and what every government makes of them."""
        self.assesses = self.state.quarter % self.parameters.assessment_interval == 0
        if self.assesses:
            tables, self.stakes = self.assessed()
            self.mandate = self._mandate(tables, self.stakes)

    def _mandate(self, tables: Tables, stakes: Stakes) -> Mandate:
        """What today's governments make of an assessment."""
        weight = self.state.profit_weight if self.parameters.turnover else None
        return make_mandate(self.economy, self.parameters, self.scenario, self.agenda, tables, stakes, weight)

    def perceive(self) -> None:
        """Errors of perception and moods of legislatures move on; both persist."""
        move_perceptions(self.parameters, self.state, self.luck)

    # --- looking at packages ----------------------------------------------------------------------------------------

    def reference_package(self, d: int) -> np.ndarray:
        """(R,) the package whose game is shown: the treaty, else the last tabled, else the best for both together."""
        treaty, tabled = self.state.treaty[:, d], self.tabled[:, d]
        shown = np.where(treaty > 0, treaty, tabled)
        lanes = np.flatnonzero(shown == 0)
        if lanes.size:
            menu = self.agenda.menus[d]
            first, second = (chosen_lanes(flows.kept, lanes).spread(menu) for flows in self.known().flows[d])
            off = self.off_table[d]
            joint = first + second + Grid(off.x[0], off.y[0]).spread(menu)
            shown[lanes] = first_of(joint, np.maximum.reduce(joint, axis=-1))
        return shown

    def package_flows(self, d: int, side: int, package: np.ndarray) -> tuple[FloatArray, ...]:
        """(R,) four times: what a side has from a package if both honour, if it, the partner, or both do not."""
        flows, menu = self.known().flows[d][side], self.agenda.menus[d]
        taken = [grid.at(menu, package) for grid in (flows.kept, flows.alone, flows.deserted)]
        return (*taken, flows.both_lapse[:, 0])

    def realised_gains(self) -> FloatArray:
        """(R, d, s) what each side gains over no treaty from what is kept, bn$ per quarter."""
        state, mandate = self.state, self.known()
        gains = self.club_gains()
        for d in range(N_DYADS):
            honours, package = state.honours[:, d].astype(np.float64), self.in_effect(d)
            partly = None
            if self.parameters.partial_compliance:
                partly = tuple((self.own_path(d, giver, package), state.effort[:, d, giver]) for giver in (0, 1))
            for side in (0, 1):
                gains[:, d, side] = gains[:, d, side] + realised_value(
                    self.agenda.menus[d], mandate.parts[d][side], package, honours, state.level[:, d], partly
                )
        return gains
