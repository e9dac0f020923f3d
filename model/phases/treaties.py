"""Treaties: kept or not, what is in force of them, what partners make of it, how they end (1.6, 1.10, 1.11, 1.17)."""

from __future__ import annotations

import numpy as np

from model.credits import friends_of, nobodys_friend
from model.numerics import FloatArray
from model.phases.club import Club
from model.rules import compliance, cooperation, policy
from model.state import CLOSED, NEVER, NOTHING_SIGNED
from model.vocabulary import (
    BATTERY,
    CHARGING,
    DIRECTED_DYADS,
    DUTY,
    DYAD_OF,
    DYADS,
    EV,
    LINKAGE,
    N_BLOCS,
    N_DYADS,
    N_GOODS,
    N_ISSUES,
    N_SIDES,
    RECOGNITION,
    SIDE_OF,
    SUPPLY,
    TECHNOLOGY,
)

FULL_LEVEL = 0.999  # a side that keeps this much of its level is seen as keeping all of it
SUNSET_TERM = 4.0  # quarters for which an expiring treaty is renewed; the truces of 2025-26 were, by a year at most


class Treaties(Club):
    """Obligations, and what becomes of them."""

    # --- entry into force (1.9) -------------------------------------------------------------------------------------

    def enter_into_force(self) -> None:
        """What was ratified last quarter replaces what was in force."""
        state = self.state
        for d in np.flatnonzero(state.signed >= 0):
            state.treaty[d] = state.signed[d]
            state.sunset[d] = NEVER
            state.level[d], state.answer_left[d], state.notice[d] = 1.0, 0.0, 0.0
            state.failed[d] = False
            state.effort[d], state.gesture[d], state.gesture_left[d] = 1.0, 0, 0.0
            self.teller.in_force(int(d))
        state.signed = np.full(N_DYADS, NOTHING_SIGNED)
        self.enter_club()

    # --- compliance and duties (1.6, 1.10) --------------------------------------------------------------------------

    def honour_or_withdraw(self) -> None:
        """Each side of a treaty in force keeps it if its own test says so."""
        state = self.state
        honours, effort = np.ones((N_DYADS, N_SIDES), dtype=bool), np.ones((N_DYADS, N_SIDES))
        for d in range(N_DYADS):
            if state.treaty[d] > 0:
                for side, b in enumerate(DYADS[d]):
                    honours[d, side] = self.blocs[b].honours(d)
                    if not honours[d, side] and self.parameters.partial_compliance:
                        effort[d, side], honours[d, side] = self.blocs[b].keeps_in_part(d)
                        if honours[d, side]:
                            self.teller.keeps_in_part(d, side, effort[d, side])
                    if not honours[d, side]:
                        self.teller.lapses(d, side)
        state.honours, state.effort = honours, np.where(honours, effort, 1.0)
        lapsed, short = (~honours).astype(np.float64), 1.0 - state.effort
        self.violations = (lapsed[:, 0] + lapsed[:, 1]) + (short[:, 0] + short[:, 1])
        self.recorder.lapses += lapsed[:, 0] + lapsed[:, 1]
        self.keep_gestures()
        self.keep_club()
        self.keep_standards()

    def keep_gestures(self) -> None:
        """A gesture ends at once where its giver does not keep the treaty that it is added to."""
        state = self.state
        for d in np.flatnonzero(state.gesture):
            side = int(state.gesture_side[d])
            if not (state.honours[d, side] and state.level[d, side] >= FULL_LEVEL and state.effort[d, side] >= 1.0):
                state.gesture[d], state.gesture_left[d] = 0, 0.0
                self.teller.gesture_ends(int(d), side)

    def kept_levels(self) -> FloatArray:
        """(d, 10) implemented level of every issue this quarter: treaty level times what is honoured."""
        state = self.state
        kept = np.zeros((N_DYADS, N_ISSUES))
        for d in range(N_DYADS):
            levels = self.agenda.levels[d][self.in_effect(d)]
            own = state.honours[d].astype(np.float64)
            both = own[0] * own[1]
            given = own * state.level[d]
            kept[d, DUTY : DUTY + 2] = levels[DUTY : DUTY + 2] * (given * state.effort[d])
            kept[d, SUPPLY : SUPPLY + 2] = levels[SUPPLY : SUPPLY + 2] * given
            kept[d, RECOGNITION : RECOGNITION + 2] = levels[RECOGNITION : RECOGNITION + 2] * own
            kept[d, LINKAGE : LINKAGE + 2] = levels[LINKAGE : LINKAGE + 2] * own
            kept[d, CHARGING] = levels[CHARGING] * both
            kept[d, TECHNOLOGY] = levels[TECHNOLOGY] * both
        return kept

    def keep_standards(self) -> None:
        """Recognition, charging and technology in force between blocs, by treaty or alone."""
        kept = self.kept_levels()
        recognised, common = self.state.recognises.copy(), np.zeros((N_BLOCS, N_BLOCS))
        together = np.zeros((N_BLOCS + 1, N_BLOCS + 1))
        for d, (i, j) in enumerate(DYADS):
            recognised[i, j] = max(recognised[i, j], kept[d, RECOGNITION])
            recognised[j, i] = max(recognised[j, i], kept[d, RECOGNITION + 1])
            common[i, j] = common[j, i] = kept[d, CHARGING]
            together[i, j] = together[j, i] = kept[d, TECHNOLOGY]
        self.recognised, self.common = self.recognised_in_club(recognised), common
        self.friends = friends_of(kept) if self.parameters.friendshoring else nobodys_friend(kept)
        home = self.scenario.supplier_home
        self.cooperates = together[home[:, None], home[None, :]]

    def put_duties_in_force(self) -> None:
        """Duties follow from the no-treaty duty, the treaty's cut, and what is honoured of it."""
        state, s, t = self.state, self.scenario, self.state.quarter
        duty = np.zeros((N_GOODS, N_BLOCS, N_BLOCS))
        for importer, partner in DIRECTED_DYADS:
            d, side = int(DYAD_OF[importer, partner]), int(SIDE_OF[importer, partner])
            position = int(self.agenda.menus[d].coordinates[self.in_effect(d)][side])
            for good in (EV, BATTERY):
                base = s.mfn[t, good, importer, partner] + state.special[good, importer, partner]
                floor = np.minimum(s.floor[t, good, importer, partner], base)
                cut = self.economy.cuts[good, importer, partner, position]
                kept = state.honours[d, side] * state.level[d, side] * state.effort[d, side]
                duty[good, importer, partner] = policy.applied_duty(base, floor, cut * kept)
        state.duty = self.duties_with_club(duty)
        self.implemented = self.kept_levels()
        concessions = self.implemented.copy()
        for d in range(N_DYADS):
            for side in (0, 1):
                position = int(self.agenda.menus[d].coordinates[self.in_effect(d)][side])
                kept = float(state.honours[d, side]) * float(state.level[d, side]) * float(state.effort[d, side])
                concessions[d, DUTY + side] = cooperation.concession(
                    self.agenda.levels[d][self.in_effect(d)][DUTY + side], position > 0, kept
                )
        self.concessions = concessions = self.concessions_with_club(concessions)
        state.depth = cooperation.depth(concessions, self.agenda.weights)
        self.depth_contested = cooperation.depth(concessions, self.agenda.contested_weights)

    # --- what the quarter leaves behind (1.11, 1.12, 1.17) ----------------------------------------------------------

    def watch_conduct(self) -> None:
        """Every side reads its partner's conduct, updates its trust, and sets its answer for next quarter."""
        state, t = self.state, self.state.quarter
        good, bad, types = state.good.copy(), state.bad.copy(), state.type_belief.copy()
        level, left = state.level.copy(), state.answer_left.copy()
        own_acts = np.ones((N_DYADS, N_SIDES))
        for d, pair in enumerate(DYADS):
            in_force = bool(state.treaty[d] > 0)
            obliged = in_force or self.fellows(*pair)
            for side, b in enumerate(pair):
                act, kept = self._act(d, 1 - side), float(self._act(d, 1 - side) >= FULL_LEVEL)
                # Conduct is kept or not, unless sides may keep a part: then the part is what can be seen.
                conduct = act if self.parameters.partial_compliance else kept
                signal = self.blocs[b].reads_conduct(d, conduct, self.luck.conduct[t + 1, d, side])
                j = pair[1 - side]
                own_acts[d, side] = float(not obliged or self._act(d, side) >= FULL_LEVEL)
                good[b, j], bad[b, j] = self.blocs[b].updates_trust(d, signal, obliged)
                if obliged:
                    types[b, j] = self.blocs[b].updates_type(d, signal)
                if in_force:
                    seen = act if bool(signal == kept) else 1.0 - act
                    level[d, side], left[d, side] = self.blocs[b].retaliates(
                        d, signal, self.luck.generosity[t + 1, d, side], seen
                    )
                    if level[d, side] < state.level[d, side]:
                        self.teller.retaliates(d, side, bool(kept >= 1.0))
        state.good, state.bad, state.level, state.answer_left = good, bad, level, left
        state.type_belief = types
        # What a side has just done itself decides how a contrite one reads the next quarter.
        state.standing = own_acts

    def _act(self, d: int, side: int) -> float:
        """Share of its duty and supply concessions that a side kept this quarter; none if it broke a club's terms."""
        state = self.state
        kept = float(state.honours[d, side]) * float(state.level[d, side]) * float(state.effort[d, side])
        return kept * self.club_act(d, side)

    def leave_treaties(self) -> None:
        """Treaties end by failed tests, politics, notice or sunset; the rest grow older."""
        state, p, t = self.state, self.parameters, self.state.quarter
        for d in range(N_DYADS):
            if state.treaty[d] == 0:
                continue
            cause = ""
            for side, b in enumerate(DYADS[d]):
                name = self.blocs[b].name
                failed_now = not bool(state.honours[d, side])
                if compliance.two_strikes(failed_now, state.failed[d, side]):
                    cause = cause or f"{name} failed its own test two quarters running"
                state.failed[d, side] = failed_now
                if compliance.exit_draw(self.luck.exit[t + 1, d, side], p.repudiation_hazard, self.danger[d]):
                    cause = cause or f"politics in {name} repudiated it"
                if p.turnover and self.scenario.turnover[t, b] and not self.blocs[b].renews(d):
                    cause = cause or f"the new government of {name} did not take it over"
                if self.blocs[b].gives_notice(d):
                    state.notice[d, side] += 1.0
                    if state.notice[d, side] > p.exit_notice:
                        cause = cause or f"{name} left after notice"
                else:
                    state.notice[d, side] = 0.0
            if not cause and state.sunset[d] <= t:
                if all(self.blocs[b].renews(d) for b in DYADS[d]):
                    state.sunset[d] = t + SUNSET_TERM
                    self.teller.renewed(d)
                else:
                    cause = "it reached its sunset and was not renewed"
            if cause:
                self._end_treaty(d, cause)

    def _end_treaty(self, d: int, cause: str) -> None:
        state, p = self.state, self.parameters
        state.treaty[d], state.sunset[d] = 0, NEVER
        state.level[d], state.answer_left[d], state.notice[d] = 1.0, 0.0, 0.0
        state.failed[d] = False
        state.effort[d], state.gesture[d], state.gesture_left[d] = 1.0, 0, 0.0
        state.clock[d], state.pause[d] = CLOSED, max(float(state.pause[d]), float(p.cooling_off))
        self.recorder.ends[d].append((self.state.quarter, cause))
        self.teller.treaty_ends(d, cause)

    def binds(self, importer: int, partner: int) -> bool:
        """Whether a treaty in force, or a club of both, binds the importer's duty on the partner's goods."""
        d, side = int(DYAD_OF[importer, partner]), int(SIDE_OF[importer, partner])
        return self.fellows(importer, partner) or bool(self.agenda.menus[d].coordinates[self.in_effect(d)][side] > 0)
