"""Talks: sessions, offers and answers, ratification (theory 1.8, 1.9).

Only lanes with an open session do any work. Many are sorted by whether a treaty is in force, for then they talk of a
small part of the menu, and all by who tables first, so that in each group of neighbours the same side tables.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from model.agents.bloc import Bloc, Offer
from model.choices.plugins import Moment
from model.choices.tactics import NOTHING_OFFERED, share_offered
from model.compiled import packages
from model.compiled.arithmetic import is_compiled
from model.layout import MANY_LANES
from model.numerics import FloatArray
from model.packages.sums import chosen_flows
from model.packages.view import View
from model.rules import bargaining, instruments, ratification
from model.stage import Stage
from model.state import CLOSED, NOTHING_SIGNED
from model.telling.outcomes import Obstacle, Refusal, SessionEnd
from model.telling.story import Answer


def bargain(world: Stage) -> None:
    """Sessions open in assessment quarters; in every quarter of a session packages are tabled and answered."""
    state, p = world.state, world.parameters
    state.has_deal[...] = False
    closed, is_open = state.clock == CLOSED, state.is_open
    opens, shuts = closed & is_open & (state.pause <= 0.0) & state.insight.is_new, ~closed & ~is_open
    # What is signed waits for its vote: there is nothing to talk about until it is in force or dead.
    opens &= (state.signed < 0) | (state.entry <= state.quarter)
    if not world.parties.all_talk:
        opens = opens & world.parties.talks
    if np.count_nonzero(opens):
        for memory in (state.heard, state.received, state.concession):
            memory[opens] = 0.0
    state.clock[...] = np.where(opens, 0.0, np.where(closed | ~is_open, CLOSED, state.clock))
    state.pause[...] = np.maximum(0.0, state.pause - 1.0)
    for d in range(world.parties.n_dyads):
        world.tell("session_opens", opens[:, d], d)
        world.tell("session_closes", shuts[:, d], d, SessionEnd.CHANNEL_SHUT)
        talking = np.flatnonzero(state.clock[:, d] != CLOSED)
        if talking.size:
            ages = state.clock[talking, d].astype(np.int64)
            lead = world.luck.first_proposer[state.quarter + 1 - ages, talking, d] >= 0.5
            first = (lead + ages * p.rounds_per_quarter) % 2
            # Few lanes are looked at together: that costs less than to look twice.
            kind = 2 * (state.treaty[talking, d] > 0) + first if talking.size >= MANY_LANES else first
            order = np.argsort(kind, kind="stable")
            Session(world, d, talking[order], kind[order]).play()


class Session:
    """A quarter of the sessions of one dyad, in some lanes.

    lanes (n,) sorted by kind (n,): 2 with a treaty in force, if they are many, and 1 more where side 1 tables first.
    groups: the lanes of each kind, or all of them where one look serves both sides (is_one); views: how each side sees
    the table, by group; best: gain of each side in its zone; settled (n,) in force and not to be tabled; goes_on (n,):
    whether the parties still talk.
    """

    def __init__(self, world: Stage, d: int, lanes: np.ndarray, kind: np.ndarray) -> None:
        self.world, self.d, self.lanes, self.first = world, d, lanes, kind % 2
        self.pair: list[Bloc] = [world.blocs[b] for b in world.parties.dyads[d]]
        ends = np.searchsorted(kind, range(5)).tolist()
        halves = [slice(ends[k], ends[k + 2]) for k in (0, 2) if ends[k + 2] > ends[k]]
        flows = tuple(chosen_flows(side, lanes) for side in world.known().flows[d])
        seen = [bloc.perceive(d, lanes, flows, halves) for bloc in self.pair]
        self.best = [np.empty(lanes.size), np.empty(lanes.size)]
        for side, views in enumerate(seen):
            for half, view in zip(halves, views, strict=True):
                self._diagnose(side, lanes[half], view.tests.T)
                self.best[side][half] = view.best
        # One look serves both groups, where both sides table as governments do, and from one list.
        usual = is_compiled() and all(getattr(bloc.table, "__func__", None) is Bloc.table for bloc in self.pair)
        self.is_one = usual and len(halves) == 1 and seen[0][0].packages is seen[1][0].packages
        self.groups = halves if self.is_one else [slice(*pair) for pair in pairwise(ends) if pair[1] > pair[0]]
        self.views = seen if self.is_one else [self._by_group(halves, views) for views in seen]
        self.least = [views[0].reservation for views in self.views]
        # What cannot be tabled: what is in force, unless a truce of it would become an agreement.
        treaty, needs = world.state.treaty[lanes, d], world.rules.instruments[d]
        self.settled = np.where(world.state.instrument[lanes, d] < needs[treaty], -1, treaty)
        self.goes_on = np.ones(lanes.size, dtype=bool)

    def _by_group(self, halves: list[slice], views: list[View]) -> list[View]:
        """How a side sees the table, by group, from how it does by half."""
        return [
            view.in_lanes(slice(group.start - half.start, group.stop - half.start))
            for half, view in zip(halves, views, strict=True)
            for group in self.groups
            if half.start <= group.start < half.stop
        ]

    def play(self) -> None:
        """Offers and answers round by round, until all have agreed or the quarter is over."""
        state, p, d, lanes = self.world.state, self.world.parameters, self.d, self.lanes
        clock = state.clock[lanes, d]
        offered = np.ascontiguousarray(np.where(clock == 0.0, NOTHING_OFFERED, state.offered[lanes, d].T))
        known = [bloc.moment(d, lanes, self.least[side], self.best[side]) for side, bloc in enumerate(self.pair)]
        least, best = np.array(self.least)[:, None], np.array(self.best)
        for k in range(p.rounds_per_quarter):
            if not np.count_nonzero(self.goes_on):
                break
            time = bargaining.session_time(clock, float(k), float(p.rounds_per_quarter), float(p.session_quarters))
            time = np.minimum(time, 1.0)
            good = share_offered(offered, least, best)
            moments = [known[side]._replace(time=time, offered=good[side]) for side in (0, 1)]
            self._round(k, moments, offered)
        state.has_deal[lanes, d] = ~self.goes_on
        state.offered[lanes, d] = offered.T
        clock = clock + self.goes_on
        over = self.goes_on & (clock > p.session_quarters)
        state.clock[lanes, d] = np.where(over, CLOSED, clock)
        state.pause[lanes, d] = np.where(over, float(p.session_pause), state.pause[lanes, d])
        self.world.tell_some("session_closes", lanes[over], d, SessionEnd.DEADLINE)

    def _round(self, k: int, moments: list[Moment], offered: FloatArray) -> None:
        """One side tables, the other answers; what a side was offered at best is noted in ``offered`` (s, n)."""
        state, d, lanes, n = self.world.state, self.d, self.lanes, self.lanes.size
        curve = [bloc.aspire(moment) for bloc, moment in zip(self.pair, moments, strict=True)]
        came = state.concession[lanes, d]
        hopes = [self.pair[side].imitate(moments[side], curve[side], came[:, side]) for side in (0, 1)]
        tabler = (self.first + k) % 2
        # Where the talks have ended nothing is good enough.
        package, tabled, worth, passes = self._table(
            tabler, np.where(self.goes_on, np.where(tabler > 0, hopes[1], hopes[0]), np.inf)
        )
        tabled &= package != self.settled
        accepted = np.zeros(n, dtype=bool)
        if np.count_nonzero(tabled):
            for side, bloc in enumerate(self.pair):
                hears = tabled & (tabler != side)
                if not np.count_nonzero(hears):
                    continue
                if self.world.rules.imitates:
                    self._hear(side, lanes[hears], worth[hears])
                    hopes[side] = bloc.imitate(moments[side], curve[side], state.concession[lanes, d, side])
                accepted |= hears & bloc.answer(Offer(d, package, worth, passes), hopes[side], moments[side])
                offered[side] = np.where(hears, np.maximum(offered[side], worth), offered[side])
            state.tabled[lanes[tabled], d], state.deal[lanes[accepted], d] = package[tabled], package[accepted]
        if self.world.stories:
            self._tell_round(k, tabler, package, tabled, accepted, worth, hopes)
        self.goes_on &= ~accepted

    def _table(self, tabler: np.ndarray, hope: FloatArray) -> tuple[np.ndarray, ...]:
        """(n,) the package that each tabler puts on the table, and whether it does; to the other its worth, and whether
        it may sign."""
        if self.is_one:
            (one,), (other,) = self.views
            admissible = one.admissible, other.admissible
            found = packages.tabled((one.own, other.own), (one.partner, other.partner), admissible, hope, tabler)
            return one.packages[found[0]], *found[1:]
        n = hope.size
        package, worth = np.zeros(n, dtype=np.int64), np.zeros(n)
        tabled, passes = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        for group, *seen in zip(self.groups, *self.views, strict=True):
            side = int(tabler[group.start])
            package[group], tabled[group] = self.pair[side].table(seen[side], hope[group])
            theirs, offer = seen[1 - side], seen[1 - side].packages.searchsorted(package[group])
            worth[group] = bargaining.take(theirs.own, offer)
            passes[group] = bargaining.take(theirs.admissible, offer)
        return package, tabled, worth, passes

    def _hear(self, side: int, lanes: np.ndarray, gain: FloatArray) -> None:
        """Where something is tabled, a side notes its believed gain and how far its partner has come."""
        state, at = self.world.state, (lanes, self.d, side)
        state.concession[at] = state.heard[at] * (gain - state.received[at])
        state.heard[at], state.received[at] = 1.0, gain

    def _diagnose(self, side: int, lanes: np.ndarray, tests: np.ndarray) -> None:
        """Count, for every quarter of a session, the first test (4, n) on which cooperation founders."""
        so_far = np.logical_and.accumulate(tests)
        founders = ~so_far
        founders[1:] &= so_far[:-1]
        self.world.state.blocking[lanes, self.d, side] += founders.T

    # --- told -------------------------------------------------------------------------------------------------------

    def _tell_round(
        self,
        k: int,
        tabler: np.ndarray,
        package: np.ndarray,
        tabled: np.ndarray,
        accepted: np.ndarray,
        worth: FloatArray,
        hopes: list[FloatArray],
    ) -> None:
        """Round ``k`` of a quarter's talks, in the lanes whose story is told."""
        for place, lane in enumerate(self.lanes.tolist()):
            if lane not in self.world.stories or not self.goes_on[place]:
                continue
            story, chosen, side = self.world.stories[lane], int(package[place]), int(tabler[place])
            if not tabled[place]:
                story.nothing_to_table(self.d, side, k)
                continue
            answer = self._answer(1 - side, place, chosen, worth[place], hopes[1 - side][place], accepted[place])
            story.offer(self.d, side, chosen, answer)

    def _answer(self, side: int, place: int, package: int, own: float, hope: float, accepted: bool) -> Answer:
        """How a side in one lane answered the package that lay before it, and why."""
        group = next(k for k, one in enumerate(self.groups) if one.start <= place < one.stop)
        view, row = self.views[side][group], place - self.groups[group].start
        column, least, why = int(np.searchsorted(view.packages, package)), float(self.least[side]), Refusal.NONE
        if not accepted:
            if own < least:
                why |= Refusal.BELOW_LEAST
            elif own < hope:
                why |= Refusal.BELOW_HOPE
            if not view.enforceable[row, column]:
                why |= Refusal.NOT_KEPT
            if not view.passable[row, column]:
                why |= Refusal.NOT_PASSED
        return Answer(bool(accepted), why, float(own), least, float(hope))


# --- ratification ---------------------------------------------------------------------------------------------------


def ratify(world: Stage) -> None:
    """What was agreed is signed, and the session closes; legislatures vote on what is due next quarter.

    Until then a signature binds nobody to bring it into force (Vienna Convention art. 14): a government that would not
    keep the treaty any more shelves it, and does not break it in its first quarter.
    """
    state, p, t = world.state, world.parameters, world.state.quarter
    for d in range(world.parties.n_dyads):
        agreed, before = state.has_deal[:, d], state.signed[:, d].copy()
        if np.count_nonzero(agreed):
            paper = world.rules.instruments[d][state.deal[:, d]]
            lag = instruments.entry_lag(paper, world.luck.entry[t + 1, :, d], *world.rules.lags)
            state.clock[:, d] = np.where(agreed, CLOSED, state.clock[:, d])
            state.pause[:, d] = np.where(agreed, float(p.session_pause), state.pause[:, d])
            state.entry[:, d] = np.where(agreed, t + lag, state.entry[:, d])
            state.signed[:, d] = np.where(agreed, state.deal[:, d], before)
            if world.stories:
                world.tell("signs", agreed & (lag > 1.0), d, state.deal[:, d], lag, *_asked(world, d, state.deal[:, d]))
        voting = (state.signed[:, d] >= 0) & (state.entry[:, d] == t + 1.0)
        if not np.count_nonzero(voting):
            continue
        package = np.maximum(state.signed[:, d], 0)
        asked, due = [world.blocs[b] for b in world.parties.dyads[d]], voting
        for side, bloc in enumerate(asked):
            shelves = due & ~bloc.would_keep(d, package * due)
            state.blocking[:, d, side, Obstacle.NOT_KEPT] += shelves
            world.tell("shelves", shelves, d, side)
            voting = voting & ~shelves
        votes = [bloc.ratifies(d, package) for bloc in asked]
        passed = voting & votes[0] & votes[1]
        failed = due & ~passed
        for side in (0, 1):
            state.blocking[:, d, side, Obstacle.LEGISLATURE] += voting & ~votes[side]
        if world.stories:
            world.tell("ratification", voting, d, package, votes[0], votes[1], *_asked(world, d, package))
        # Beside talks that failed at home an answered gesture may still stand, which is in effect already.
        state.signed[:, d] = np.where(failed, np.where(agreed, before, NOTHING_SIGNED), state.signed[:, d])
        state.entry[:, d] = np.where(failed, float(t), state.entry[:, d])
        state.pause[:, d] = np.where(failed, float(p.session_pause), state.pause[:, d])
        state.n_signed[:, d] += passed


def _asked(world: Stage, d: int, package: np.ndarray) -> list[np.ndarray]:
    """(R,) whether each side's legislature votes on a package; only stories want to know."""
    return [asked[package] > ratification.NO_VOTE for asked in world.thresholds[d]]
