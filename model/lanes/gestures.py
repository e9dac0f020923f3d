"""Gestures that invite an answer, and announcements, in every lane (theory 1.15)."""

from __future__ import annotations

import numpy as np

from model.lanes.base import chosen_lanes
from model.lanes.treaties import Treaties
from model.menu import own_steps
from model.numerics import FloatArray
from model.rules import compliance, gestures, trust, unilateral
from model.vocabulary import DYAD_OF, DYADS, N_BLOCS, N_DYADS


class Gestures(Treaties):
    """What a bloc does first and alone, in the hope of company."""

    # --- gestures (GRIT) ---------------------------------------------------------------------------------------------

    def make_gestures(self) -> None:
        """Standing gestures are answered or grow older; where none stands one may be made."""
        for d in range(N_DYADS):
            stands = self.state.gesture[:, d] > 0
            self._open_gestures(d, np.flatnonzero(~stands))
            for giver in (0, 1):
                lanes = np.flatnonzero(stands & (self.state.gesture_side[:, d] == giver))
                if lanes.size:
                    self._await_answer(d, giver, lanes)

    def _await_answer(self, d: int, giver: int, lanes: np.ndarray) -> None:
        """In these lanes a gesture of this side stands."""
        state, menu = self.state, self.agenda.menus[d]
        package, exists = self._cheapest(d, 1 - giver, state.gesture[lanes, d], lanes)
        whole = state.treaty[:, d].copy()
        whole[lanes] = package
        slack, gain = [], []
        for side in (0, 1):
            kept = self.known().flows[d][side].kept
            slack.append(self.slack_at(d, side, whole)[lanes])
            gain.append((kept.at(menu, whole) - kept.at(menu, state.treaty[:, d]))[lanes])
        answered = exists & gestures.answers_gesture(slack[1 - giver], slack[giver], gain[1 - giver], gain[giver])
        yes, no = lanes[answered], lanes[~answered]
        state.signed[yes, d], state.gesture_due[yes, d, giver] = package[answered], True
        self._believe(d, giver, yes)
        for lane, chosen in zip(yes.tolist(), package[answered].tolist(), strict=True):
            if lane in self.stories:
                self.stories[lane].gesture_answered(d, 1 - giver, chosen)
        left = state.gesture_left[no, d] - 1.0
        state.gesture_left[no, d] = left
        state.gesture[no, d] = np.where(left > 0.0, state.gesture[no, d], 0)
        for lane in no[left <= 0.0].tolist():
            if lane in self.stories:
                self.stories[lane].gesture_ends(d, giver)

    def _open_gestures(self, d: int, lanes: np.ndarray) -> None:
        """In these lanes no gesture stands."""
        state, p, t = self.state, self.parameters, self.state.quarter
        first, least = np.full(lanes.size, -1), np.full(lanes.size, np.inf)
        package = np.zeros(lanes.size, dtype=np.int64)
        for side, b in enumerate(DYADS[d]):
            luck, due = self.luck.gesture[t + 1, lanes, d, side], state.gesture_due[lanes, d, side]
            state.gesture_due[lanes, d, side] = False
            wants = gestures.makes_gesture(
                luck,
                p.gesture_hazard,
                self.trust_of(b, DYADS[d][1 - side])[lanes],
                p.gesture_trust,
                self.tension_level[lanes, d],
                state.tension_before[lanes, d],
                due,
            )
            # Where both would, the next step of an answered gesture comes first, then the readier side.
            rank = np.where(due, -1.0, luck)
            here = np.flatnonzero(wants & (rank < least))
            if not here.size:
                continue
            found, exists = self._cheapest(d, side, state.treaty[lanes[here], d], lanes[here])
            here, found = here[exists], found[exists]
            first[here], least[here], package[here] = side, rank[here], found
        for side in (0, 1):
            made = lanes[first == side]
            state.gesture[made, d], state.gesture_side[made, d] = package[first == side], side
            state.gesture_left[made, d] = float(p.gesture_quarters)
            self._believe(d, 1 - side, made)
            for lane in made.tolist():
                if lane in self.stories:
                    self.stories[lane].gesture(d, side, int(state.gesture[lane, d]), p.gesture_quarters)

    def _cheapest(self, d: int, side: int, current: np.ndarray, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) twice: a side's cheapest gesture over a package in these lanes, and whether it has one."""
        menu, flows = self.agenda.menus[d], self.known().flows[d]
        allowed = tuple(bool(issue) for issue in self.allowed)
        own, partner = (
            chosen_lanes(flows[who].kept, lanes).over(menu, current).spread(menu) for who in (side, 1 - side)
        )
        steps = np.stack([own_steps(menu, allowed, now, side) for now in current.tolist()])
        return gestures.cheapest_gesture(own, partner, steps)

    def _believe(self, d: int, observer: int, lanes: np.ndarray) -> None:
        """In these lanes one side takes what the other has given as evidence of good will (1.11)."""
        state, p = self.state, self.parameters
        at = (lanes, DYADS[d][observer], DYADS[d][1 - observer])
        state.good[at] += p.gesture_weight
        if p.gesture_weight > 0.0:
            errors = [
                trust.monitoring_error(base, state.dialogue[lanes, d], p.dialogue_on_monitoring)
                for base in (p.false_alarm, p.missed_violation)
            ]
            state.type_belief[at] = compliance.bayes_type_update(state.type_belief[at], 1.0, *errors)

    # --- zero-emission paths -----------------------------------------------------------------------------------------

    def announce_paths(self) -> None:
        """Blocs announce zero-emission paths at assessments; a new government may take one back (1.15, 1.17)."""
        state, p = self.state, self.parameters
        changes = self.scenario.turnover[state.quarter] & p.turnover
        if not self.assesses and not changes.any():
            return
        says = [self._announces(b) for b in range(N_BLOCS)]
        before, taken_back = state.announced.copy(order="K"), []
        for b in range(N_BLOCS):
            said = (before[:, b] <= 0.0) & says[b] & self.assesses
            unsaid = (before[:, b] > 0.0) & ~says[b] & changes[b]
            alone = np.where(said, self._announcement_gain(b) >= 0.0, state.harmony_announced[:, b])
            state.harmony_announced[:, b] = np.where(unsaid, 0.0, alone)
            state.announced[:, b] = np.where(said, 1.0, np.where(unsaid, 0.0, before[:, b]))
            state.announced_age[:, b] = np.where(said, 0.0, state.announced_age[:, b])
            for lane, story in self.told(said):
                story.announces(b, bool(state.harmony_announced[lane, b]))
            taken_back.append(unsaid)
        for b in range(N_BLOCS):
            for _, story in self.told(taken_back[b]):
                story.takes_back(b)

    def _announcement_gain(self, b: int) -> FloatArray:
        """(R,) what announcing alone is worth to a bloc, bn$ per quarter."""
        cost = unilateral.zev_cost(self.parameters.zev_cost, self.scenario.zev_required[b], self.ev_share[..., b])
        return self.known().announce_own[:, b] - cost

    def _announces(self, b: int) -> np.ndarray:
        """(R,) whether a bloc announces a zero-emission path: for itself, or because a partner is trusted to join."""
        state, own = self.state, self._announcement_gain(b)
        if not self.parameters.zev_coordination:
            return own >= 0.0
        says = np.zeros(self.n_lanes, dtype=bool)
        for other in range(N_BLOCS):
            if other == b:
                continue
            said = state.announced[:, other] > 0.0
            dialogue = state.dialogue[:, int(DYAD_OF[b, other])]
            joint = self.known().announce_joint[:, b, other]
            says |= unilateral.zev_announces(own, joint, said, dialogue, self.trust_of(b, other))
        return says
