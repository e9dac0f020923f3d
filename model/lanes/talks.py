"""Talks in every lane: sessions, offers and answers, ratification (theory 1.8, 1.9).

Only lanes with an open session do any work. They are sorted by who tables first and by whether a treaty is in force, so
that in each of four groups of neighbours the same side tables in every round, from the same part of the menu.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from model.common import continuation_of
from model.grids import Flows, Grid, believed, honour_slack
from model.lanes.base import chosen_flows, rows, some
from model.lanes.treaties import Treaties
from model.menu import negotiable
from model.numerics import FloatArray
from model.plugins import Moment
from model.rules import bargaining, packages, ratification
from model.state import CLOSED
from model.tactics import NOTHING_OFFERED, share_offered
from model.vocabulary import BLOCS, DYADS, N_DYADS

# The tests on which cooperation can founder, in the order in which a side makes them.
OBSTACLES = ("own gain", "would not keep it", "legislature", "sees nothing the partner would take")
LEGISLATURE = OBSTACLES.index("legislature")


@dataclass(frozen=True)
class View:
    """How one side sees a dyad's table in a group of lanes; (n, K), bn$ per quarter unless said otherwise.

    packages (K,): those looked at, all that can be tabled in any of these lanes. own, partner: believed gains over the
    policy in force. Booleans: gains, packages on the table that are good enough for itself; keeps, those among them
    that it would also honour; admissible, those that its legislature would also rather pass.
    reservation, partner_reservation: least gains.
    """

    packages: np.ndarray
    own: FloatArray
    partner: FloatArray
    gains: np.ndarray
    keeps: np.ndarray
    admissible: np.ndarray
    reservation: FloatArray
    partner_reservation: FloatArray


class Glance(NamedTuple):
    """How a side sees one package before it, as a story asks: by package; reservation is its least gain."""

    own: dict[int, float]
    on_table: dict[int, bool]
    enforceable: dict[int, bool]
    passable: dict[int, bool]
    reservation: float


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
            for _, story in self.told(opens):
                story.session_opens(d)
            for _, story in self.told(~closed & ~state.is_open[:, d]):
                story.session_closes(d, "the channel is shut")
            if p.imitative_tactic:
                for memory in (state.heard, state.received, state.concession):
                    for side in (0, 1):
                        memory[:, d, side] = np.where(opens, 0.0, memory[:, d, side])
            state.clock[:, d] = np.where(opens, 0.0, np.where(closed | ~state.is_open[:, d], CLOSED, clock))
            state.pause[:, d] = np.maximum(0.0, state.pause[:, d] - 1.0)
            talking = np.flatnonzero(state.clock[:, d] != CLOSED)
            clock = state.clock[talking, d].astype(np.int64)
            lead = self.luck.first_proposer[state.quarter + 1 - clock, talking, d] >= 0.5
            first = (lead + clock * p.rounds_per_quarter) % 2
            if talking.size:
                # Where a treaty is in force they talk of upgrades, a small part of the menu.
                kind = 2 * first.astype(np.int64) + (state.treaty[talking, d] > 0)
                self._session_quarter(d, talking[np.argsort(kind, kind="stable")], np.bincount(kind, minlength=4))

    def _session_quarter(self, d: int, lanes: np.ndarray, sizes: np.ndarray) -> None:
        """A quarter of the sessions in these lanes: first those where side 0 tables first, without a treaty and with
        one, then those where side 1 does; sizes (4,) of these groups."""
        flows = tuple(chosen_flows(side, lanes) for side in self.known().flows[d])
        ends = [0, *np.add.accumulate(sizes).tolist()]
        groups = [slice(start, stop) for start, stop in pairwise(ends) if stop > start]
        views = (self._view(d, 0, lanes, flows, groups), self._view(d, 1, lanes, flows, groups))
        best = [np.empty(lanes.size), np.empty(lanes.size)]
        for side in (0, 1):
            for group, view in zip(groups, views[side], strict=True):
                zone = bargaining.zone_of_agreement(
                    view.own, view.reservation, view.admissible, view.partner, view.partner_reservation
                )
                self._diagnose(d, side, lanes[group], view, zone)
                best[side][group] = bargaining.best_in_zone(view.own, zone, view.reservation)
        first = (np.arange(lanes.size) >= ends[2]) * 1
        self._offers(d, lanes, first, groups, views, best)

    def _offers(
        self,
        d: int,
        lanes: np.ndarray,
        first: np.ndarray,
        groups: list[slice],
        views: tuple[list[View], list[View]],
        best: list[FloatArray],
    ) -> None:
        """A quarter's offers and answers; first (n,) the side that begins, the same one all over a group of lanes;
        views of each side by group; best (n,) gain of each side in its zone."""
        state, p = self.state, self.parameters
        clock, current = state.clock[lanes, d], state.treaty[lanes, d]
        offered = np.where((clock == 0.0)[:, None], NOTHING_OFFERED, self.offered[lanes, d])
        least = [side[0].reservation for side in views]
        known = [self._moment(d, side, lanes, least[side], best[side]) for side in (0, 1)]
        goes_on = np.ones(lanes.size, dtype=bool)
        package, worth = np.zeros(lanes.size, dtype=np.int64), np.zeros(lanes.size)
        tabled, passes = np.zeros(lanes.size, dtype=bool), np.zeros(lanes.size, dtype=bool)
        for k in range(p.rounds_per_quarter):
            if not goes_on.any():
                break
            time = bargaining.session_time(clock, float(k), float(p.rounds_per_quarter), float(p.session_quarters))
            moments = [
                known[side]._replace(
                    time=np.minimum(time, 1.0), offered=share_offered(offered[:, side], least[side], best[side])
                )
                for side in (0, 1)
            ]
            curve = [
                bargaining.aspiration(least[side], best[side], self.tactics[b](moments[side]))
                for side, b in enumerate(DYADS[d])
            ]
            hopes = [self._imitated(d, side, lanes, least[side], hope) for side, hope in enumerate(curve)]
            tabler = (first + k) % 2
            for group, *pair in zip(groups, *views, strict=True):
                side = int(tabler[group.start])
                mine, theirs = pair[side], pair[1 - side]
                # Where the talks have ended nothing is good enough.
                hope = np.where(goes_on[group], hopes[side][group], np.inf)
                offer, tabled[group] = bargaining.choose_offer(mine.own, mine.partner, hope[:, None], mine.admissible)
                package[group] = mine.packages[offer]
                worth[group] = bargaining.take(theirs.own, offer)
                passes[group] = bargaining.take(theirs.admissible, offer)
            tabled &= package != current
            accepted = np.zeros(lanes.size, dtype=bool)
            for side, b in enumerate(DYADS[d]):
                hears = tabled & (tabler != side)
                if p.imitative_tactic:
                    self._hear(d, side, lanes, hears, worth)
                    hopes[side] = self._imitated(d, side, lanes, least[side], curve[side])
                accepted |= hears & passes & self.acceptances[b](worth, hopes[side], moments[side])
                offered[:, side] = np.where(hears, np.maximum(offered[:, side], worth), offered[:, side])
            if self.stories:
                self._tell_round(d, lanes, k, tabler, goes_on, package, tabled, accepted, worth, hopes)
            self.tabled[lanes, d] = np.where(tabled, package, self.tabled[lanes, d])
            self.deal[lanes, d] = np.where(accepted, package, self.deal[lanes, d])
            goes_on &= ~accepted
        self.has_deal[lanes, d] = ~goes_on
        self.offered[lanes, d] = offered
        clock = clock + goes_on
        over = goes_on & (clock > p.session_quarters)
        state.clock[lanes, d] = np.where(over, CLOSED, clock)
        state.pause[lanes, d] = np.where(over, float(p.session_pause), state.pause[lanes, d])
        for lane in lanes[over].tolist():
            if lane in self.stories:
                self.stories[lane].session_closes(d, "the deadline has passed")

    def _tell_round(
        self,
        d: int,
        lanes: np.ndarray,
        k: int,
        tabler: np.ndarray,
        goes_on: np.ndarray,
        package: np.ndarray,
        tabled: np.ndarray,
        accepted: np.ndarray,
        worth: FloatArray,
        hopes: list[FloatArray],
    ) -> None:
        """Round ``k`` of a quarter's talks, in the lanes whose story is told."""
        for place, lane in enumerate(lanes.tolist()):
            if lane not in self.stories or not goes_on[place]:
                continue
            story, chosen, side = self.stories[lane], int(package[place]), int(tabler[place])
            if not tabled[place]:
                story.nothing_to_table(d, side, k)
                continue
            view = self._glance(d, 1 - side, lane, chosen, float(worth[place]))
            story.offer(d, side, chosen, view, float(hopes[1 - side][place]), bool(accepted[place]))

    def _glance(self, d: int, side: int, lane: int, package: int, own: float) -> Glance:
        """How a side in one lane sees one package that lies before it."""
        menu, at, chosen = self.agenda.menus[d], np.array([lane]), np.array([package])
        flows = chosen_flows(self.known().flows[d][side], at)
        keeps = self._slack(d, side, at, flows).at(menu, chosen)[0] >= 0.0
        passes = True
        if self.parameters.anticipate_ratification:
            home = flows.home.over(menu, self.state.treaty[at, d]).at(menu, chosen)
            least = self._asked(d, side, at)[..., package].reshape(-1)
            passes = bool(ratification.in_win_set(home, self.agenda.legislature_scale[d, side], least)[0])
        reservation = bargaining.reservation_value(self.parameters.reservation_fraction, self.agenda.scale[d, side])
        return Glance({package: own}, {package: True}, {package: bool(keeps)}, {package: passes}, float(reservation))

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

    def _imitated(self, d: int, side: int, lanes: np.ndarray, reservation: FloatArray, hope: FloatArray) -> FloatArray:
        """(n,) what a side holds out for once it answers its partner's last concession, if it is an imitator."""
        if not self.parameters.imitative_tactic:
            return hope
        came = self.state.concession[lanes, d, side]
        return bargaining.imitated(hope, reservation, came, self.parameters.imitation)

    def _hear(self, d: int, side: int, lanes: np.ndarray, tabled: np.ndarray, gain: FloatArray) -> None:
        """Where something is tabled, a side notes its believed gain and how far its partner has come."""
        state, at = self.state, (lanes[tabled], d, side)
        state.concession[at] = state.heard[at] * (gain[tabled] - state.received[at])
        state.heard[at], state.received[at] = 1.0, gain[tabled]

    # --- looking at a dyad ------------------------------------------------------------------------------------------

    def _view(self, d: int, side: int, lanes: np.ndarray, flows: tuple[Flows, ...], groups: list[slice]) -> list[View]:
        """Form beliefs about every package: own gain and partner's gain, each through persistent errors on issues.

        By group of neighbouring lanes: what is looked at there.
        """
        state, p, agenda, menu = self.state, self.parameters, self.agenda, self.agenda.menus[d]
        current = state.treaty[lanes, d]
        noise = packages.noise_scale(
            p.perception_noise,
            state.dialogue[lanes, d],
            p.dialogue_on_perception,
            state.track2[lanes, d],
            p.track2_on_perception,
        )

        def belief(whose: int, error: FloatArray) -> Grid:
            stakes, mistaken = agenda.stakes[d, whose], some(error[:, d, side], lanes)
            return believed(menu, flows[whose].kept, agenda.levels[d], current, stakes, mistaken, noise)

        own_gain = self._on_table(d, current, belief(side, state.own_error))
        partner_gain = belief(1 - side, state.partner_error)
        worth_keeping = self._slack(d, side, lanes, flows[side])
        at_home = flows[side].home.over(menu, current) if p.anticipate_ratification else None
        reservation = bargaining.reservation_value(p.reservation_fraction, agenda.scale[d, side])
        views = []
        for group in groups:
            packages_here = self._negotiable(d, current[group])
            own = own_gain.in_lanes(group).of(menu, packages_here)
            gains = own >= reservation
            keeps = gains & (worth_keeping.in_lanes(group).of(menu, packages_here) >= 0.0)
            admissible = keeps
            if at_home is not None:
                admissible = keeps & ratification.in_win_set(
                    at_home.in_lanes(group).of(menu, packages_here),
                    agenda.legislature_scale[d, side],
                    self._asked(d, side, lanes[group])[..., packages_here],
                )
            views.append(
                View(
                    packages=packages_here,
                    own=own,
                    partner=partner_gain.in_lanes(group).of(menu, packages_here),
                    gains=gains,
                    keeps=keeps,
                    admissible=admissible,
                    reservation=reservation,
                    partner_reservation=bargaining.reservation_value(p.reservation_fraction, agenda.scale[d, 1 - side]),
                )
            )
        return views

    def _negotiable(self, d: int, current: np.ndarray) -> np.ndarray:
        """(K,) the packages that can be tabled in some of these lanes, given what is in force in each (n,)."""
        menu, allowed = self.agenda.menus[d], tuple(bool(issue) for issue in self.allowed)
        on_table = np.zeros(menu.n_packages, dtype=bool)
        for package in np.flatnonzero(np.bincount(current)).tolist():
            on_table |= negotiable(menu, allowed, package)
        return np.flatnonzero(on_table)

    def _on_table(self, d: int, current: np.ndarray, own: Grid) -> Grid:
        """Own gains, with those of packages that are off the table out of reach."""
        menu, off = self.agenda.menus[d], self.off_table[d]
        return Grid(own.x + rows(off.x, menu.x_of[current]), own.y + rows(off.y, menu.y_of[current]))

    def _slack(self, d: int, side: int, lanes: np.ndarray, flows: Flows) -> Grid:
        """What honouring every package is worth to a side beyond lapsing, at today's trust (1.10)."""
        p = self.parameters
        belief = self.trust_of(DYADS[d][side], DYADS[d][1 - side])[lanes]
        future = continuation_of(p, self.expected_danger[lanes, d], belief)
        return honour_slack(flows, belief, future, p.detection_lag, self.punishment_horizon, p.trust_type)

    def _asked(self, d: int, side: int, lanes: np.ndarray) -> FloatArray:
        """(P,), or with turnover (n, P): threshold of a side's legislature for every package (1.9, 1.17)."""
        usual = self.thresholds[d][side]
        if not self.parameters.turnover:
            return usual
        return usual + self.state.threshold_shift[lanes, DYADS[d][side]][:, None]

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
            for lane, story in self.told(voting):
                story.ratification(d, int(self.deal[lane, d]), [bool(vote[lane]) for vote in votes])
            state.signed[:, d] = np.where(passed, self.deal[:, d], state.signed[:, d])
            self.n_signed[:, d] += passed

    def _passes(self, d: int, side: int) -> np.ndarray:
        """(R,) whether a legislature passes the deal before it, given its persistent mood."""
        menu, deal = self.agenda.menus[d], self.deal[:, d]
        home = self.known().flows[d][side].home
        chance = ratification.ratification_probability(
            home.at(menu, deal) - home.at(menu, self.state.treaty[:, d]),
            self.agenda.legislature_scale[d, side],
            self.thresholds[d][side][deal] + self.state.threshold_shift[:, DYADS[d][side]],
            self.parameters.ratification_slope,
        )
        return ratification.ratifies(self.state.mood[:, d, side], chance)
