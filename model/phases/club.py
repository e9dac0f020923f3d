"""Zones and clubs in the Mesa world: who keeps the terms, leaves, proposes and votes (theory 1.19).

What a club changes at the border, and how it combines with treaties, is said in ``model.common_club``.
"""

from __future__ import annotations

import numpy as np

from model import coalitions
from model.coalitions import MEMBERS, NO_CLUB
from model.common_club import CommonClub
from model.numerics import FloatArray
from model.phases.base import Phases
from model.rules import clubs, compliance
from model.state import NOTHING_SIGNED
from model.vocabulary import DYAD_OF, DYADS, N_BLOCS


class Club(CommonClub, Phases):
    """What a zone or club does in a quarter; nothing where none is allowed."""

    def prepare_club(self) -> None:
        """What stays the same, and what is known before the first check."""
        self.has_clubs = coalitions.has_clubs(self.parameters)
        self.club_penalty = coalitions.penalty_of(self.parameters)
        self.club_worth = coalitions.nothing_known()
        self.club_money: FloatArray = np.zeros_like(MEMBERS)
        self.treaty_duty: FloatArray = self.state.duty
        self.treaty_recognised: FloatArray = np.zeros((N_BLOCS, N_BLOCS))
        self.state.club_mood = self.luck.club_ratification[0].copy()

    # --- what is in force -------------------------------------------------------------------------------------------

    def fellows(self, i: int, j: int) -> bool:
        """Whether two blocs are members of one club."""
        return bool(self.members[i] * self.members[j] > 0.0)

    def club_act(self, d: int, side: int) -> float:
        """1, or 0 where a side of a dyad breaks the terms of a club that both are in."""
        return float(self.state.club_honours[DYADS[d][side]]) if self.fellows(*DYADS[d]) else 1.0

    def enter_club(self) -> None:
        """The coalition ratified last quarter replaces the one in force."""
        state = self.state
        if int(state.club_signed) >= 0:
            state.club, state.club_signed = state.club_signed, np.asarray(NOTHING_SIGNED)
            state.club_failed = np.zeros(N_BLOCS, dtype=bool)

    def keep_club(self) -> None:
        """Each member keeps the club's terms if its own test says so (1.10)."""
        if not self.has_clubs:
            return
        honours = np.array([bool(is_in <= 0.0) or self.blocs[b].honours_club() for b, is_in in enumerate(self.members)])
        for b in np.flatnonzero(~honours):
            self.teller.lapses_in_club(int(b))
        self.state.club_honours = honours

    # --- leaving, and the year's check ------------------------------------------------------------------------------

    def leave_club(self) -> None:
        state, p = self.state, self.parameters
        leaves = np.zeros(N_BLOCS, dtype=bool)
        failed = ~state.club_honours
        for b in range(N_BLOCS):
            dangers = [float(self.danger[DYAD_OF[b, j]]) * self.members[j] for j in range(N_BLOCS) if j != b]
            struck = bool(compliance.two_strikes(failed[b], state.club_failed[b]))
            repudiated = bool(
                compliance.exit_draw(self.luck.club_exit[state.quarter + 1, b], p.repudiation_hazard, max(dangers))
            )
            if self.members[b] > 0.0 and (struck or repudiated):
                leaves[b] = True
                self.teller.leaves_club(b, struck)
        state.club_failed = failed
        self._now_in_force(clubs.without(state.club, leaves))

    def weigh_coalitions(self) -> None:
        """Payoffs of every coalition; the best stable one is proposed, voted on where somebody joins (1.19)."""
        state, p = self.state, self.parameters
        shared = self.shared_payoffs()
        stable = clubs.stable_coalitions(shared, exclusive=p.club_exclusive)
        now = int(state.club)
        chosen = int(clubs.choose_club(shared, stable, now))
        joins = MEMBERS[chosen] * (1.0 - MEMBERS[now]) > 0.0
        if not joins.any():
            self._now_in_force(np.asarray(chosen))
            return
        votes = [bool(MEMBERS[chosen][b] <= 0.0) or self.blocs[b].signs_club(chosen) for b in range(N_BLOCS)]
        self.teller.club_proposed(now, chosen, votes)
        if all(votes):
            state.club_signed = np.asarray(chosen)
        elif not clubs.internally_stable(shared)[now]:
            self._now_in_force(np.asarray(NO_CLUB))

    def _now_in_force(self, club: np.ndarray) -> None:
        """A smaller club, or none, from the next quarter on."""
        if int(club) != int(self.state.club):
            self.teller.club_shrinks(int(self.state.club), int(club))
            self.state.club_failed = np.zeros(N_BLOCS, dtype=bool)
            self.state.club_honours = np.ones(N_BLOCS, dtype=bool)
        self.state.club = np.asarray(club)
