"""Gestures that invite an answer, and announcements (theory 1.15)."""

from __future__ import annotations

import numpy as np

from model.menu import own_steps
from model.phases.treaties import Treaties
from model.rules import gestures
from model.vocabulary import DYADS, N_DYADS


class Gestures(Treaties):
    """What a bloc does first and alone, in the hope of company."""

    # --- gestures (GRIT) ---------------------------------------------------------------------------------------------

    def make_gestures(self) -> None:
        """Standing gestures are answered or grow older; where none stands one may be made."""
        for d in range(N_DYADS):
            if self.state.gesture[d] > 0:
                self._await_answer(d)
            else:
                self._open_gesture(d)

    def _await_answer(self, d: int) -> None:
        state, giver = self.state, int(self.state.gesture_side[d])
        other = 1 - giver
        package, exists = self._cheapest(d, other, int(state.gesture[d]))
        menu, treaty = self.agenda.menus[d], int(state.treaty[d])
        slack, gain = [], []
        for b in DYADS[d]:
            kept = self.blocs[b].flows(d).kept
            slack.append(self.blocs[b].slack(d).at(menu, package))
            gain.append(kept.at(menu, package) - kept.at(menu, treaty))
        if exists and bool(gestures.answers_gesture(slack[other], slack[giver], gain[other], gain[giver])):
            state.signed[d], state.gesture_due[d, giver] = package, True
            self._believe(d, giver)
            self.teller.gesture_answered(d, other, package)
            return
        state.gesture_left[d] -= 1.0
        if state.gesture_left[d] <= 0.0:
            state.gesture[d] = 0
            self.teller.gesture_ends(d, giver)

    def _open_gesture(self, d: int) -> None:
        state, p, t = self.state, self.parameters, self.state.quarter
        first, least = -1, np.inf
        for side, b in enumerate(DYADS[d]):
            luck, due = self.luck.gesture[t + 1, d, side], bool(state.gesture_due[d, side])
            state.gesture_due[d, side] = False
            other = self.blocs[b].partner(d)
            wants = gestures.makes_gesture(
                luck,
                p.gesture_hazard,
                self.blocs[b].trust(other),
                p.gesture_trust,
                self.tension_level[d],
                state.tension_before[d],
                due,
            )
            # Where both would, the next step of an answered gesture comes first, then the readier side.
            rank = -1.0 if due else float(luck)
            if bool(wants) and rank < least and self._cheapest(d, side, int(state.treaty[d]))[1]:
                first, least = side, rank
        if first < 0:
            return
        package, _ = self._cheapest(d, first, int(state.treaty[d]))
        state.gesture[d], state.gesture_side[d] = package, first
        state.gesture_left[d] = float(p.gesture_quarters)
        self._believe(d, 1 - first)
        self.teller.gesture(d, first, package, p.gesture_quarters)

    def _cheapest(self, d: int, side: int, current: int) -> tuple[int, bool]:
        """A side's cheapest gesture over a package, and whether it has one."""
        menu = self.agenda.menus[d]
        allowed = tuple(bool(issue) for issue in self.allowed)
        own, partner = (
            self.blocs[b].flows(d).kept.over(menu, current).spread(menu) for b in (DYADS[d][side], DYADS[d][1 - side])
        )
        index, exists = gestures.cheapest_gesture(own, partner, own_steps(menu, allowed, current, side))
        return int(index), bool(exists)

    def _believe(self, d: int, observer: int) -> None:
        """One side takes what the other has given as evidence of good will (1.11)."""
        state, weight = self.state, self.parameters.gesture_weight
        pair = (DYADS[d][observer], DYADS[d][1 - observer])
        state.good[pair] += weight
        if weight > 0.0:
            state.type_belief[pair] = self.blocs[pair[0]].updates_type(d, np.ones(()))

    # --- zero-emission paths -----------------------------------------------------------------------------------------

    def announce_paths(self) -> None:
        """Blocs announce zero-emission paths at assessments; a new government may take one back (1.15, 1.17)."""
        state, p = self.state, self.parameters
        changes = self.scenario.turnover[state.quarter] & p.turnover
        said = [bool(self.assesses and state.announced[b.index] <= 0.0 and b.announces()) for b in self.blocs]
        unsaid = [bool(changes[b.index] and state.announced[b.index] > 0.0 and not b.announces()) for b in self.blocs]
        for b in np.flatnonzero(said):
            state.announced[b], state.announced_age[b] = 1.0, 0.0
            state.harmony_announced[b] = float(self.blocs[b].gains_by_announcing())
            self.teller.announces(int(b), bool(state.harmony_announced[b]))
        for b in np.flatnonzero(unsaid):
            state.announced[b], state.harmony_announced[b] = 0.0, 0.0
            self.teller.takes_back(int(b))
