"""Talks in every lane: sessions, offers and answers, ratification (theory 1.8, 1.9).

Only lanes with an open session do any work. They are sorted by who tables first, so that in every round the tabling
side is the same one in each of two groups of neighbours.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from model.grids import Flows, Grid, believed, honour_slack
from model.lanes.base import chosen_flows, rows, some
from model.lanes.treaties import Treaties
from model.numerics import FloatArray
from model.plugins import Moment
from model.rules import bargaining, compliance, packages, ratification
from model.state import CLOSED
from model.tactics import NOTHING_OFFERED, share_offered
from model.vocabulary import BLOCS, DYADS, N_DYADS

# The tests on which cooperation can founder, in the order in which a side makes them.
OBSTACLES = ("own gain", "would not keep it", "legislature", "sees nothing the partner would take")
LEGISLATURE = OBSTACLES.index("legislature")


@dataclass(frozen=True)
class View:
    """How one side sees a dyad's table in a group of lanes; (n, P), bn$ per quarter unless said otherwise.

    own, partner: believed gains over the policy in force. Booleans: gains, packages on the table that are good enough
    for itself; keeps, those among them that it would also honour; admissible, those that its legislature would also
    rather pass. reservation, partner_reservation: least gains.
    """

    own: FloatArray
    partner: FloatArray
    gains: np.ndarray
    keeps: np.ndarray
    admissible: np.ndarray
    reservation: FloatArray
    partner_reservation: FloatArray

    def of(self, group: slice) -> View:
        """The same view of some of the lanes."""
        return dataclasses.replace(
            self,
            own=self.own[group],
            partner=self.partner[group],
            gains=self.gains[group],
            keeps=self.keeps[group],
            admissible=self.admissible[group],
        )


class Talks(Treaties):
    """What is tabled, answered and voted on."""

    def bargain(self) -> None:
        """Sessions open in assessment quarters; in every quarter of a session K packages are tabled and answered."""
        state, p = self.state, self.parameters
        self.has_deal[...] = False
        for d in range(N_DYADS):
            clock = state.clock[:, d]
            closed = clock == CLOSED
            opens = closed & state.is_open[:, d] & (state.pause[:, d] <= 0.0) & self.assesses
            state.clock[:, d] = np.where(opens, 0.0, np.where(closed | ~state.is_open[:, d], CLOSED, clock))
            state.pause[:, d] = np.maximum(0.0, state.pause[:, d] - 1.0)
            talking = np.flatnonzero(state.clock[:, d] != CLOSED)
            clock = state.clock[talking, d].astype(np.int64)
            lead = self.luck.first_proposer[state.quarter + 1 - clock, talking, d] >= 0.5
            first = (lead + clock * p.rounds_per_quarter) % 2
            if talking.size:
                # Lanes in which the same side begins lie side by side.
                self._session_quarter(d, talking[np.argsort(first, kind="stable")], int(np.count_nonzero(first == 0)))

    def _session_quarter(self, d: int, lanes: np.ndarray, n_first: int) -> None:
        """A quarter of the sessions in these lanes; in the first ``n_first`` of them side 0 tables first."""
        flows = tuple(chosen_flows(side, lanes) for side in self.known().flows[d])
        views = (self._view(d, 0, lanes, flows), self._view(d, 1, lanes, flows))
        best = []
        for side, view in enumerate(views):
            zone = bargaining.zone_of_agreement(
                view.own, view.reservation, view.admissible, view.partner, view.partner_reservation
            )
            self._diagnose(d, side, lanes, view, zone)
            best.append(bargaining.best_in_zone(view.own, zone, view.reservation))
        for first, group in ((0, slice(0, n_first)), (1, slice(n_first, lanes.size))):
            if lanes[group].size:
                seen = tuple(view.of(group) for view in views)
                self._offers(d, lanes[group], first, seen, [side[group] for side in best])

    def _offers(self, d: int, lanes: np.ndarray, first: int, views: tuple[View, ...], best: list[FloatArray]) -> None:
        """A quarter's offers and answers in lanes where one side tables first; best (n,) gain of each in its zone."""
        state, p = self.state, self.parameters
        clock, current = state.clock[lanes, d], state.treaty[lanes, d]
        offered = np.where((clock == 0.0)[:, None], NOTHING_OFFERED, self.offered[lanes, d])
        known = [self._moment(d, side, lanes, views[side].reservation, best[side]) for side in (0, 1)]
        goes_on = np.ones(lanes.size, dtype=bool)
        for k in range(p.rounds_per_quarter):
            time = bargaining.session_time(clock, float(k), float(p.rounds_per_quarter), float(p.session_quarters))
            moments = [
                known[side]._replace(
                    time=np.minimum(time, 1.0),
                    offered=share_offered(offered[:, side], views[side].reservation, best[side]),
                )
                for side in (0, 1)
            ]
            hopes = [
                bargaining.aspiration(views[side].reservation, best[side], self.tactics[b](moments[side]))
                for side, b in enumerate(DYADS[d])
            ]
            tabler = (first + k) % 2
            other = 1 - tabler
            mine, theirs = views[tabler], views[other]
            offer, exists = bargaining.choose_offer(mine.own, mine.partner, hopes[tabler][:, None], mine.admissible)
            tabled = goes_on & exists & (offer != current)
            worth = bargaining.take(theirs.own, offer)
            takes = self.acceptances[DYADS[d][other]](worth, hopes[other], moments[other])
            accepted = tabled & takes & bargaining.take(theirs.admissible, offer)
            offered[:, other] = np.where(tabled, np.maximum(offered[:, other], worth), offered[:, other])
            self.tabled[lanes, d] = np.where(tabled, offer, self.tabled[lanes, d])
            self.deal[lanes, d] = np.where(accepted, offer, self.deal[lanes, d])
            goes_on &= ~accepted
        self.has_deal[lanes, d] = ~goes_on
        self.offered[lanes, d] = offered
        clock = clock + goes_on
        over = goes_on & (clock > p.session_quarters)
        state.clock[lanes, d] = np.where(over, CLOSED, clock)
        state.pause[lanes, d] = np.where(over, float(p.session_pause), state.pause[lanes, d])

    def _moment(self, d: int, side: int, lanes: np.ndarray, reservation: FloatArray, best: FloatArray) -> Moment:
        """What one side knows in these lanes when it decides how far to come down, at the quarter's start."""
        state, pair = self.state, DYADS[d]
        return Moment(
            time=0.0,
            exponent=self.parameters.concession_exponent[pair[side]],
            offered=0.0,
            trust=self.trust_of(pair[side], pair[1 - side])[lanes],
            tension=self.tension_level[lanes, d],
            dialogue=state.dialogue[lanes, d],
            renewing=(state.treaty[lanes, d] > 0) * 1.0,
            reservation=reservation,
            best=best,
        )

    # --- looking at a dyad ------------------------------------------------------------------------------------------

    def _view(self, d: int, side: int, lanes: np.ndarray, flows: tuple[Flows, ...]) -> View:
        """Form beliefs about every package: own gain and partner's gain, each through persistent errors on issues."""
        state, p, agenda, menu = self.state, self.parameters, self.agenda, self.agenda.menus[d]
        current = state.treaty[lanes, d]
        noise = packages.noise_scale(p.perception_noise, state.dialogue[lanes, d], p.dialogue_on_perception)

        def belief(whose: int, error: FloatArray) -> Grid:
            stakes, mistaken = agenda.stakes[d, whose], some(error[:, d, side], lanes)
            return believed(menu, flows[whose].kept, agenda.levels[d], current, stakes, mistaken, noise)

        own = self._on_table(d, current, belief(side, state.own_error)).spread(menu)
        partner = belief(1 - side, state.partner_error).spread(menu)
        reservation = bargaining.reservation_value(p.reservation_fraction, agenda.scale[d, side])
        gains = own >= reservation
        keeps = gains & (self._slack(d, side, lanes, flows[side]).spread(menu) >= 0.0)
        admissible = keeps
        if p.anticipate_ratification:
            home = flows[side].home.over(menu, current).spread(menu)
            admissible = keeps & ratification.in_win_set(
                home, agenda.legislature_scale[d, side], self.thresholds[d][side]
            )
        return View(
            own=own,
            partner=partner,
            gains=gains,
            keeps=keeps,
            admissible=admissible,
            reservation=reservation,
            partner_reservation=bargaining.reservation_value(p.reservation_fraction, agenda.scale[d, 1 - side]),
        )

    def _on_table(self, d: int, current: np.ndarray, own: Grid) -> Grid:
        """Own gains, with those of packages that are off the table out of reach."""
        menu, off = self.agenda.menus[d], self.off_table[d]
        return Grid(own.x + rows(off.x, menu.x_of[current]), own.y + rows(off.y, menu.y_of[current]))

    def _slack(self, d: int, side: int, lanes: np.ndarray, flows: Flows) -> Grid:
        """What honouring every package is worth to a side beyond lapsing, at today's trust (1.10)."""
        p = self.parameters
        belief = self.trust_of(DYADS[d][side], DYADS[d][1 - side])[lanes]
        danger = p.repudiation_hazard * self.expected_danger[lanes, d]
        future = compliance.continuation(p.discount_factor, danger, belief)
        return honour_slack(flows, belief, future, p.detection_lag, self.punishment_horizon)

    def _diagnose(self, d: int, side: int, lanes: np.ndarray, view: View, zone: np.ndarray) -> None:
        """Count, for every quarter of a session, the first test on which cooperation founders."""
        left = np.ones(lanes.size, dtype=bool)
        for obstacle, passes in enumerate((view.gains, view.keeps, view.admissible, zone)):
            founders = left & ~passes.any(axis=-1)
            self.blocking[lanes, d, side, obstacle] += founders
            left &= ~founders

    def diagnosis(self) -> list[list[str]]:
        """By lane, the commonest obstacle of each dyad, empty where there was none; the first by name of equals."""
        result = []
        for d in range(N_DYADS):
            names = [f"{BLOCS[b]}: {obstacle}" for b in DYADS[d] for obstacle in OBSTACLES]
            by_name = sorted(range(len(names)), key=names.__getitem__)
            counts = self.blocking[:, d].reshape(self.n_lanes, -1)[:, by_name]
            commonest = np.argmax(counts, axis=-1)
            met = np.any(counts > 0, axis=-1)
            result.append(
                [names[by_name[c]] if m else "" for c, m in zip(commonest.tolist(), met.tolist(), strict=True)]
            )
        return [list(lane) for lane in zip(*result, strict=True)]

    # --- ratification -----------------------------------------------------------------------------------------------

    def ratify(self) -> None:
        """Both legislatures vote on what was agreed: a treaty is signed or the deal is dead; the session closes."""
        state, p = self.state, self.parameters
        for d in range(N_DYADS):
            voting = self.has_deal[:, d]
            if not voting.any():
                continue
            votes = [self._passes(d, side) for side in (0, 1)]
            passed = voting & votes[0] & votes[1]
            state.clock[:, d] = np.where(voting, CLOSED, state.clock[:, d])
            state.pause[:, d] = np.where(voting, float(p.session_pause), state.pause[:, d])
            for side in (0, 1):
                self.blocking[:, d, side, LEGISLATURE] += voting & ~votes[side]
            state.signed[:, d] = np.where(passed, self.deal[:, d], state.signed[:, d])
            self.n_signed[:, d] += passed

    def _passes(self, d: int, side: int) -> np.ndarray:
        """(R,) whether a legislature passes the deal before it, given its persistent mood."""
        menu, deal = self.agenda.menus[d], self.deal[:, d]
        home = self.known().flows[d][side].home
        chance = ratification.ratification_probability(
            home.at(menu, deal) - home.at(menu, self.state.treaty[:, d]),
            self.agenda.legislature_scale[d, side],
            self.thresholds[d][side][deal],
            self.parameters.ratification_slope,
        )
        return ratification.ratifies(self.state.mood[:, d, side], chance)
