"""Zones and clubs in every lane: who keeps the terms, leaves, proposes and votes (theory 1.19).

What a club changes at the border, and how it combines with treaties, is said in ``model.common_club``.
"""

from __future__ import annotations

import numpy as np

from model import coalitions
from model.coalitions import COALITIONS, MEMBERS, NO_CLUB, Worth
from model.common import continuation_of
from model.common_club import CommonClub, members_of
from model.lanes.base import Lanes, copies, zeros
from model.numerics import FloatArray
from model.rules import club_terms, clubs, compliance, ratification, trust
from model.state import NOTHING_SIGNED
from model.vocabulary import (
    BLOCS,
    DYAD_OF,
    DYADS,
    N_BLOCS,
    N_DYADS,
    N_SIDES,
)


class Club(CommonClub, Lanes):
    """What a zone or club does in a quarter; nothing where none is allowed."""

    def prepare_club(self) -> None:
        """What stays the same, and what is known before the first check."""
        p, n = self.parameters, self.n_lanes
        self.has_clubs = coalitions.has_clubs(p)
        self.club_penalty = coalitions.penalty_of(p)
        self.treaty_duty = self.state.duty
        self.treaty_recognised = zeros(n, N_BLOCS, N_BLOCS)
        self.state.club_mood = self.luck.club_ratification[0]
        if self.has_clubs:
            nothing = coalitions.nothing_known()
            self.club_worth = Worth(copies(nothing.executive, n), copies(nothing.legislature, n))
            self.club_money = copies(np.zeros_like(MEMBERS), n)

    # --- what is in force -------------------------------------------------------------------------------------------

    def fellows(self, i: int, j: int) -> np.ndarray:
        """(R,) whether two blocs are members of one club."""
        return MEMBERS[:, i][self.state.club] * MEMBERS[:, j][self.state.club] > 0.0

    def club_acts(self) -> FloatArray:
        """(R, d, s) 1, or 0 where a side of a dyad breaks the terms of a club that both are in."""
        acts = zeros(self.n_lanes, N_DYADS, N_SIDES) + 1.0
        for d, pair in enumerate(DYADS):
            together = self.fellows(*pair)
            for side, b in enumerate(pair):
                acts[:, d, side] = np.where(together, self.state.club_honours[:, b], 1.0)
        return acts

    def enter_club(self) -> None:
        """The coalition ratified last quarter replaces the one in force."""
        if not self.has_clubs:
            return
        state = self.state
        enters = state.club_signed >= 0
        state.club = np.where(enters, state.club_signed, state.club)
        state.club_failed &= ~enters[:, None]
        state.club_signed[...] = NOTHING_SIGNED

    def keep_club(self) -> None:
        """Each member keeps the club's terms if its own test says so (1.10)."""
        if not self.has_clubs:
            return
        state = self.state
        honours = zeros(self.n_lanes, N_BLOCS, dtype=bool)
        for b in range(N_BLOCS):
            honours[:, b] = (MEMBERS[:, b][state.club] <= 0.0) | self._keeps_club(b, state.club)
            for _, story in self.told(~honours[:, b]):
                story.lapses_in_club(b)
        state.club_honours = honours

    # --- leaving, and the year's check ------------------------------------------------------------------------------

    def leave_club(self) -> None:
        state, p, members = self.state, self.parameters, self.members
        leaves = zeros(self.n_lanes, N_BLOCS, dtype=bool)
        failed = ~state.club_honours
        for b in range(N_BLOCS):
            dangers = [self.danger[:, DYAD_OF[b, j]] * members[:, j] for j in range(N_BLOCS) if j != b]
            struck = compliance.two_strikes(failed[:, b], state.club_failed[:, b])
            luck = self.luck.club_exit[state.quarter + 1, :, b]
            repudiated = compliance.exit_draw(luck, p.repudiation_hazard, np.maximum(*dangers))
            leaves[:, b] = (members[:, b] > 0.0) & (struck | repudiated)
            for lane, story in self.told(leaves[:, b]):
                story.leaves_club(b, bool(struck[lane]))
        state.club_failed = failed
        self._now_in_force(clubs.without(state.club, leaves))

    def weigh_coalitions(self) -> None:
        """Payoffs of every coalition; the best stable one is proposed, voted on where somebody joins (1.19)."""
        state, p = self.state, self.parameters
        shared = self.shared_payoffs()
        stable = clubs.stable_coalitions(shared, exclusive=p.club_exclusive)
        chosen = clubs.choose_club(shared, stable, state.club)
        proposed, now = members_of(chosen), self.members
        joins = np.logical_or.reduce(proposed * (1.0 - now) > 0.0, axis=-1)
        votes = [(proposed[:, b] <= 0.0) | self._signs_club(b, chosen) for b in range(N_BLOCS)]
        passes = votes[0] & votes[1] & votes[2]
        for lane, story in self.told(joins):
            story.club_proposed(int(state.club[lane]), int(chosen[lane]), [bool(vote[lane]) for vote in votes])
        state.club_signed = np.where(joins & passes, chosen, NOTHING_SIGNED)
        holds = clubs.internally_stable(shared)[np.arange(self.n_lanes), state.club]
        failed_vote = np.where(passes | holds, state.club, NO_CLUB)
        self._now_in_force(np.where(joins, failed_vote, chosen))

    def _now_in_force(self, club: np.ndarray) -> None:
        """A smaller club, or none, from the next quarter on."""
        state = self.state
        moved = (club != state.club)[:, None]
        for lane, story in self.told(moved[:, 0]):
            story.club_shrinks(int(state.club[lane]), int(club[lane]))
        state.club_failed &= ~moved
        state.club_honours = state.club_honours | moved
        state.club = club

    def _keeps_club(self, b: int, club: np.ndarray) -> np.ndarray:
        """(R,) whether a bloc would keep the terms of a club, at its trust in the least trusted fellow member."""
        p = self.parameters
        belief, danger = np.ones(self.n_lanes), np.zeros(self.n_lanes)
        for j in range(N_BLOCS):
            if j != b:
                is_fellow = MEMBERS[:, j][club] > 0.0
                belief = np.where(is_fellow, np.minimum(belief, self._trusts(b, j)), belief)
                danger = np.where(is_fellow, np.maximum(danger, self.expected_danger[:, DYAD_OF[b, j]]), danger)
        table = club_terms.member_flows(self.club_worth.executive, self.club_money, COALITIONS.after_leaving)
        kept, alone, deserted, both, punish = (clubs.taken(flow[..., b, None], club)[:, 0] for flow in table)
        future = continuation_of(p, danger, belief)
        test = compliance.honour_test_type if p.trust_type else compliance.honour_test
        passes, _ = test(kept, alone, deserted, both, punish, belief, future, p.detection_lag, self.punishment_horizon)
        return passes

    def _trusts(self, b: int, j: int) -> FloatArray:
        """(R,) what a bloc believes of another's conduct, as in treaties (1.10, 1.11)."""
        state = self.state
        if self.parameters.trust_type:
            return state.type_belief[:, b, j]
        return trust.trust_level(state.good[:, b, j], state.bad[:, b, j])

    def _signs_club(self, b: int, club: np.ndarray) -> np.ndarray:
        """(R,) whether a bloc would keep a proposed club and its legislature passes it (1.9)."""
        p, state = self.parameters, self.state
        home = (club_terms.payoff_of(self.club_worth.legislature) + self.club_money)[..., b, None]
        gain = clubs.taken(home, club)[:, 0] - clubs.taken(home, state.club)[:, 0]
        threshold = p.ratification_threshold[b]
        if BLOCS[b] == "US":
            threshold = p.ratification_threshold_us_recognition  # a club recognises certificates
        chance = ratification.ratification_probability(
            gain,
            coalitions.usual_scale(self.agenda.legislature_scale)[b],
            threshold + state.threshold_shift[:, b],
            p.ratification_slope,
        )
        return self._keeps_club(b, club) & ratification.ratifies(state.club_mood[:, b], chance)
