"""Zones and clubs: who is in, what it changes at the border, the annual check, leaving (theory 1.19).

A club lies above treaties between two blocs. Between members the lower duty applies, which is none, and recognition by
either counts; a penalty comes on top of whatever an outsider pays; members open no duty cases on each other. Treaties
stay in force underneath, and the governments of members weigh them for what they add to the club.
"""

from __future__ import annotations

import numpy as np

from model import coalitions
from model.coalitions import MEMBERS, NO_CLUB, Setting
from model.numerics import FloatArray, safe_ratio
from model.phases.base import Phases
from model.rules import club_terms, clubs, compliance, ratification
from model.rules.club_terms import CarbonStep
from model.state import NOTHING_SIGNED
from model.vocabulary import DIRECTED_DYADS, DUTY, DYAD_OF, DYADS, EV, N_BLOCS, N_DYADS, N_SIDES, RECOGNITION, SIDE_OF

MEETS_IN = "Q4"  # quarter of the year in which coalitions are weighed (theory 1.20)


class Club(Phases):
    """What a zone or club does in a quarter; nothing where none is allowed."""

    def prepare_club(self) -> None:
        """What stays the same, and what is known before the first check."""
        self.has_clubs = coalitions.has_clubs(self.parameters)
        self.club_penalty = coalitions.penalty_of(self.parameters)
        self.club_worth = coalitions.nothing_known()
        self.club_money: FloatArray = np.zeros_like(MEMBERS)
        self.treaty_duty: FloatArray = self.state.duty
        self.treaty_recognised: FloatArray = np.zeros((N_BLOCS, N_BLOCS))
        self.state.club_mood = self.draws.club_ratification[0].copy()

    # --- what is in force -------------------------------------------------------------------------------------------

    @property
    def members(self) -> FloatArray:
        """(b,) 1 for members of the club in force."""
        return MEMBERS[int(self.state.club)]

    def fellows(self, i: int, j: int) -> bool:
        """Whether two blocs are members of one club."""
        return bool(self.members[i] * self.members[j] > 0.0)

    def club_act(self, d: int, side: int) -> float:
        """1, or 0 where a side of a dyad breaks the terms of a club that both are in."""
        return float(self.state.club_honours[DYADS[d][side]]) if self.fellows(*DYADS[d]) else 1.0

    def club_terms_in_force(self) -> tuple[FloatArray, FloatArray]:
        """(b, b) twice: who treats whom as a fellow member, and who penalises whom."""
        honours = self.state.club_honours.astype(np.float64)
        return club_terms.inside(self.members, honours), club_terms.outside(self.members, honours)

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

    def recognised_in_club(self, recognised: FloatArray) -> FloatArray:
        """(b, b) recognition by treaty or alone, with that among members beside it."""
        self.treaty_recognised = recognised
        if not self.has_clubs:
            return recognised
        return np.maximum(recognised, self.club_terms_in_force()[0])

    def duties_with_club(self, duty: FloatArray) -> FloatArray:
        """(g, b, b) duties after treaties, with the club's terms over them."""
        self.treaty_duty = duty
        if not self.has_clubs:
            return duty
        return club_terms.club_duty(duty, *self.club_terms_in_force(), self.club_penalty)

    def concessions_with_club(self, concessions: FloatArray) -> FloatArray:
        """(d, 10) what is conceded by treaty, by club or by both; a penalty takes concessions back."""
        if not self.has_clubs:
            return concessions
        within, against = self.club_terms_in_force()
        s, state = self.scenario, self.state
        for i, j in DIRECTED_DYADS:
            d, side = int(DYAD_OF[i, j]), int(SIDE_OF[i, j])
            base = s.mfn[state.quarter, EV, i, j] + state.special[EV, i, j]
            floor = np.minimum(s.floor[state.quarter, EV, i, j], base)
            left = np.minimum(concessions[d, DUTY + side], club_terms.conceded(base, floor, state.duty[EV, i, j]))
            given = np.where(against[i, j] * self.club_penalty > 0.0, left, concessions[d, DUTY + side])
            concessions[d, DUTY + side] = np.maximum(given, within[i, j])
            concessions[d, RECOGNITION + side] = np.maximum(concessions[d, RECOGNITION + side], within[i, j])
        return concessions

    def club_gains(self) -> FloatArray:
        """(d, s) what each member has from the club over none, shared equally among its fellows, bn$ per quarter."""
        gains = np.zeros((N_DYADS, N_SIDES))
        if not self.has_clubs:
            return gains
        chosen = np.arange(len(MEMBERS)) == int(self.state.club)
        honours = self.state.club_honours.astype(np.float64)
        whole = club_terms.kept_payoff(self.club_worth.executive, self.club_money, chosen, honours)
        for i, j in DIRECTED_DYADS:
            n_fellows = self.members[0] + self.members[1] + self.members[2] - 1.0
            together = self.members[i] * self.members[j]
            gains[DYAD_OF[i, j], SIDE_OF[i, j]] = together * safe_ratio(whole[i], n_fellows)
        return gains

    def club_payments(self) -> FloatArray:
        """(b,) money received from fellow members, bn$ per quarter; paid if negative; none while anyone lapses."""
        return clubs.taken(self.club_money, int(self.state.club)) * float(np.all(self.state.club_honours))

    def carbon_now(self) -> CarbonStep | None:
        """What the club's carbon price does to a car made in each bloc, (b,); None where there is no such price."""
        if not (self.has_clubs and self.parameters.club_carbon):
            return None
        return CarbonStep(*(part * self.members for part in coalitions.carbon_of(self.parameters)))

    # --- what members' governments see in treaties between two of them ----------------------------------------------

    def policies_beside_club(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(g, b, b) MFN duties, floors and special duties as they are where the club has already spoken."""
        s, state = self.scenario, self.state
        mfn, floor, special = s.mfn[state.quarter], s.floor[state.quarter], state.special
        if not self.has_clubs:
            return mfn, floor, special
        within, against = club_terms.inside(self.members, self.members), club_terms.outside(self.members, self.members)
        return (
            club_terms.club_duty(mfn, within, against, self.club_penalty),
            club_terms.club_duty(floor, within, against, self.club_penalty),
            club_terms.club_duty(special, within, against, 0.0),
        )

    def unbound(self) -> FloatArray:
        """(b, b) 0 where the row bloc is bound by a club not to open duty cases on the column bloc, else 1."""
        return 1.0 - club_terms.inside(self.members, self.members)

    # --- the year's check, and leaving ------------------------------------------------------------------------------

    def hold_club(self) -> None:
        """Members leave by failed tests and politics; in the fourth quarter every coalition is weighed."""
        if not self.has_clubs:
            return
        state, p, t = self.state, self.parameters, self.state.quarter
        state.club_mood = ratification.persistent_shock(
            state.club_mood, p.ratification_persistence, self.draws.club_ratification[t + 1]
        )
        self._leave_club()
        if self.scenario.quarter_label(t).endswith(MEETS_IN):
            self._weigh_coalitions()

    def _leave_club(self) -> None:
        state, p = self.state, self.parameters
        leaves = np.zeros(N_BLOCS, dtype=bool)
        failed = ~state.club_honours
        for b in range(N_BLOCS):
            dangers = [float(self.danger[DYAD_OF[b, j]]) * self.members[j] for j in range(N_BLOCS) if j != b]
            struck = bool(compliance.two_strikes(failed[b], state.club_failed[b]))
            repudiated = bool(
                compliance.exit_draw(self.draws.club_exit[state.quarter + 1, b], p.repudiation_hazard, max(dangers))
            )
            if self.members[b] > 0.0 and (struck or repudiated):
                leaves[b] = True
                self.teller.leaves_club(b, struck)
        state.club_failed = failed
        self._now_in_force(clubs.without(state.club, leaves))

    def _weigh_coalitions(self) -> None:
        """Payoffs of every coalition; the best stable one is proposed, voted on where somebody joins (1.19)."""
        state, p = self.state, self.parameters
        self.club_worth = coalitions.worth_of_coalitions(self.economy, p, self._setting())
        payoffs = club_terms.payoff_of(self.club_worth.executive)
        self.club_money = clubs.shared_surplus(payoffs) if p.club_transfers else np.zeros_like(payoffs)
        shared = payoffs + self.club_money
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

    def _setting(self) -> Setting:
        state, p, s = self.state, self.parameters, self.scenario
        return Setting(
            cell_cost=state.cell_cost,
            margin=state.margin,
            markup=state.markup,
            origin_tie=state.origin_tie,
            origin_level=state.origin_level,
            utility=self.utility,
            subsidy=self.paid,
            pushed=self.pushed_utility / p.alpha,
            on_sale=self.models_certified,
            duty=self.treaty_duty,
            recognised=self.treaty_recognised,
            granted=state.recognises,
            common=self.common,
            exported_cells=self.exported_cells,
            tension=self.effective_tension,
            security=self.agenda.security,
            distance=s.regime_distance,
            profit_weight=state.profit_weight,
            scheme=self.scheme,
            credit_price=state.credit_price,
        )
