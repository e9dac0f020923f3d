"""Talks: sessions, offers and answers, ratification (theory 1.8, 1.9)."""

from __future__ import annotations

import numpy as np

from model.agents.bloc import View
from model.numerics import FloatArray
from model.phases.base import Phases
from model.rules import bargaining
from model.state import CLOSED
from model.tactics import NOTHING_OFFERED
from model.vocabulary import DYADS, N_DYADS


class Talks(Phases):
    """What is tabled, answered and voted on."""

    # --- bargaining and ratification (1.8, 1.9) ---------------------------------------------------------------------

    def bargain(self) -> None:
        """Sessions open in assessment quarters; in every quarter of a session K packages are tabled and answered."""
        state = self.state
        self.has_deal[:] = False
        for d in range(N_DYADS):
            if state.clock[d] == CLOSED:
                if self.assesses and state.is_open[d] and state.pause[d] <= 0.0:
                    state.clock[d] = 0.0
                    state.heard[d], state.received[d], state.concession[d] = 0.0, 0.0, 0.0
                    self.teller.session_opens(d)
            elif not state.is_open[d]:
                state.clock[d] = CLOSED
                self.teller.session_closes(d, "the channel is shut")
            state.pause[d] = max(0.0, state.pause[d] - 1.0)
            if state.clock[d] != CLOSED:
                self._session_quarter(d)

    def _session_quarter(self, d: int) -> None:
        state, p = self.state, self.parameters
        pair = [self.blocs[b] for b in DYADS[d]]
        views = [bloc.perceive(d) for bloc in pair]
        self._diagnose(d, views)
        clock = int(state.clock[d])
        if clock == 0:
            self.offered[d] = NOTHING_OFFERED
        lead = int(self.luck.first_proposer[state.quarter + 1 - clock, d] >= 0.5)
        for k in range(p.rounds_per_quarter):
            time = bargaining.session_time(
                float(clock), float(k), float(p.rounds_per_quarter), float(p.session_quarters)
            )
            tabler = (lead + clock * p.rounds_per_quarter + k) % 2
            moments = [bloc.moment(d, view, time) for bloc, view in zip(pair, views, strict=True)]
            hopes = [pair[side].aspire(moments[side], state.concession[d, side]) for side in (0, 1)]
            offer, exists = pair[tabler].table(views[tabler], hopes[tabler])
            if not exists or offer == int(state.treaty[d]):
                self.teller.nothing_to_table(d, tabler, k)
                continue
            self.tabled[d] = offer
            other = 1 - tabler
            if p.imitative_tactic:
                self._hear(d, other, views[other].own[offer])
                hopes[other] = pair[other].aspire(moments[other], state.concession[d, other])
            accepted = pair[other].answer(views[other], hopes[other], offer, moments[other])
            self.offered[d, other] = max(self.offered[d, other], views[other].own[offer])
            self.teller.offer(d, tabler, offer, views[1 - tabler], float(hopes[1 - tabler]), accepted)
            if accepted:
                self.deal[d], self.has_deal[d] = offer, True
                return
        state.clock[d] += 1.0
        if state.clock[d] > p.session_quarters:
            state.clock[d], state.pause[d] = CLOSED, float(p.session_pause)
            self.teller.session_closes(d, "the deadline has passed")

    def _hear(self, d: int, side: int, gain: FloatArray) -> None:
        """A side notes what it believes to gain from its partner's offer, and how far the partner has come."""
        state = self.state
        state.concession[d, side] = state.heard[d, side] * (gain - state.received[d, side])
        state.heard[d, side], state.received[d, side] = 1.0, gain

    def _diagnose(self, d: int, views: list[View]) -> None:
        """Count, for every quarter of a session, the first test on which cooperation founders, and on which side."""
        for side, view in enumerate(views):
            gains = view.on_table & (view.own >= view.reservation)
            name = self.blocs[DYADS[d][side]].code
            if not gains.any():
                self.blocking[d][f"{name}: own gain"] += 1
            elif not (gains & view.enforceable).any():
                self.blocking[d][f"{name}: would not keep it"] += 1
            elif not (gains & view.enforceable & view.passable).any():
                self.blocking[d][f"{name}: legislature"] += 1
            elif not (view.admissible & (view.partner >= view.partner_reservation)).any():
                self.blocking[d][f"{name}: sees nothing the partner would take"] += 1

    def diagnosis(self) -> list[str]:
        """The commonest obstacle of each dyad, empty where there was none."""
        return [max(sorted(count), key=count.__getitem__) if count else "" for count in self.blocking]

    def ratify(self) -> None:
        """Both legislatures vote on what was agreed: a treaty is signed or the deal is dead; the session closes."""
        state, p = self.state, self.parameters
        for d in np.flatnonzero(self.has_deal):
            votes = [self.blocs[b].ratifies(int(d), int(self.deal[d])) for b in DYADS[d]]
            state.clock[d], state.pause[d] = CLOSED, float(p.session_pause)
            self.teller.ratification(int(d), int(self.deal[d]), votes)
            if all(votes):
                state.signed[d] = self.deal[d]
                self.recorder.treaties_signed[d] += 1
            else:
                for side, vote in enumerate(votes):
                    if not vote:
                        self.blocking[d][f"{self.blocs[DYADS[d][side]].code}: legislature"] += 1
