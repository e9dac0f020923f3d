"""Zones and clubs in every lane: who is in, what it changes at the border, the annual check, leaving (theory 1.19).

How a club combines with treaties between two blocs is said in ``model.phases.club``.
"""

from __future__ import annotations

import numpy as np

from model import coalitions
from model.coalitions import COALITIONS, MEMBERS, NO_CLUB, Setting, Worth
from model.common import continuation_of
from model.lanes.base import Lanes, copies, zeros
from model.numerics import FloatArray, safe_ratio
from model.phases.club import MEETS_IN
from model.rules import club_terms, clubs, compliance, ratification, trust
from model.rules.club_terms import CarbonStep
from model.state import NOTHING_SIGNED
from model.vocabulary import (
    BLOCS,
    DIRECTED_DYADS,
    DUTY,
    DYAD_OF,
    DYADS,
    EV,
    N_BLOCS,
    N_DYADS,
    N_SIDES,
    RECOGNITION,
    SIDE_OF,
)


class Club(Lanes):
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

    @property
    def members(self) -> FloatArray:
        """(R, b) 1 for members of the club in force."""
        return members_of(self.state.club)

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

    def club_terms_in_force(self) -> tuple[FloatArray, FloatArray]:
        """(R, b, b) twice: who treats whom as a fellow member, and who penalises whom."""
        members, honours = self.members, self.state.club_honours.astype(np.float64)
        return club_terms.inside(members, honours), club_terms.outside(members, honours)

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

    def recognised_in_club(self, recognised: FloatArray) -> FloatArray:
        """(R, b, b) recognition by treaty or alone, with that among members beside it."""
        self.treaty_recognised = recognised
        if not self.has_clubs:
            return recognised
        return np.maximum(recognised, self.club_terms_in_force()[0])

    def duties_with_club(self, duty: FloatArray) -> FloatArray:
        """(R, g, b, b) duties after treaties, with the club's terms over them."""
        self.treaty_duty = duty
        if not self.has_clubs:
            return duty
        return club_terms.club_duty(duty, *self.club_terms_in_force(), self.club_penalty)

    def concessions_with_club(self, concessions: FloatArray) -> FloatArray:
        """(R, d, 10) what is conceded by treaty, by club or by both; a penalty takes concessions back."""
        if not self.has_clubs:
            return concessions
        within, against = self.club_terms_in_force()
        s, state = self.scenario, self.state
        for i, j in DIRECTED_DYADS:
            d, side = int(DYAD_OF[i, j]), int(SIDE_OF[i, j])
            base = s.mfn[state.quarter, EV, i, j] + state.special[:, EV, i, j]
            floor = np.minimum(s.floor[state.quarter, EV, i, j], base)
            duty, recognition = concessions[:, d, DUTY + side], concessions[:, d, RECOGNITION + side]
            left = np.minimum(duty, club_terms.conceded(base, floor, state.duty[:, EV, i, j]))
            given = np.where(against[:, i, j] * self.club_penalty > 0.0, left, duty)
            concessions[:, d, DUTY + side] = np.maximum(given, within[:, i, j])
            concessions[:, d, RECOGNITION + side] = np.maximum(recognition, within[:, i, j])
        return concessions

    def club_gains(self) -> FloatArray:
        """(R, d, s) what each member has from the club over none, shared equally among its fellows, bn$ per quarter."""
        gains = zeros(self.n_lanes, N_DYADS, N_SIDES)
        if not self.has_clubs:
            return gains
        members = self.members
        chosen = np.arange(len(MEMBERS)) == self.state.club[:, None]
        honours = self.state.club_honours.astype(np.float64)
        whole = club_terms.kept_payoff(self.club_worth.executive, self.club_money, chosen, honours)
        n_fellows = members[:, 0] + members[:, 1] + members[:, 2] - 1.0
        for i, j in DIRECTED_DYADS:
            together = members[:, i] * members[:, j]
            gains[:, DYAD_OF[i, j], SIDE_OF[i, j]] = together * safe_ratio(whole[:, i], n_fellows)
        return gains

    def club_payments(self) -> FloatArray:
        """(R, b) money received from fellow members, bn$ per quarter; paid if negative; none while anyone lapses."""
        if not self.has_clubs:
            return zeros(self.n_lanes, N_BLOCS)
        all_keep = np.logical_and.reduce(self.state.club_honours, axis=-1).astype(np.float64)
        return clubs.taken(self.club_money, self.state.club) * all_keep[:, None]

    def carbon_now(self) -> CarbonStep | None:
        """What the club's carbon price does to a car made in each bloc, (R, b); None where there is no such price."""
        if not (self.has_clubs and self.parameters.club_carbon):
            return None
        members = self.members
        return CarbonStep(*(part * members for part in coalitions.carbon_of(self.parameters)))

    # --- what members' governments see in treaties between two of them ----------------------------------------------

    def policies_beside_club(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(..., g, b, b) MFN duties, floors and special duties as they are where the club has already spoken."""
        s, state = self.scenario, self.state
        mfn, floor, special = s.mfn[state.quarter], s.floor[state.quarter], state.special
        if not self.has_clubs:
            return mfn, floor, special
        members = self.members
        within, against = club_terms.inside(members, members), club_terms.outside(members, members)
        return (
            club_terms.club_duty(mfn, within, against, self.club_penalty),
            club_terms.club_duty(floor, within, against, self.club_penalty),
            club_terms.club_duty(special, within, against, 0.0),
        )

    def unbound(self) -> FloatArray:
        """(R, b, b) 0 where the row bloc is bound by a club not to open duty cases on the column bloc, else 1."""
        members = self.members
        return 1.0 - club_terms.inside(members, members)

    # --- the year's check, and leaving ------------------------------------------------------------------------------

    def hold_club(self) -> None:
        """Members leave by failed tests and politics; in the fourth quarter every coalition is weighed."""
        if not self.has_clubs:
            return
        state, p, t = self.state, self.parameters, self.state.quarter
        state.club_mood = ratification.persistent_shock(
            state.club_mood, p.ratification_persistence, self.luck.club_ratification[t + 1]
        )
        self._leave_club()
        if self.scenario.quarter_label(t).endswith(MEETS_IN):
            self._weigh_coalitions()

    def _leave_club(self) -> None:
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

    def _weigh_coalitions(self) -> None:
        """Payoffs of every coalition; the best stable one is proposed, voted on where somebody joins (1.19)."""
        state, p = self.state, self.parameters
        self.club_worth = coalitions.worth_of_coalitions(self.economy, p, self._setting())
        payoffs = club_terms.payoff_of(self.club_worth.executive)
        self.club_money = clubs.shared_surplus(payoffs) if p.club_transfers else np.zeros_like(payoffs)
        shared = payoffs + self.club_money
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

    def _setting(self) -> Setting:
        state, p = self.state, self.parameters
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
            distance=self.scenario.regime_distance,
            profit_weight=state.profit_weight,
            scheme=self.scheme,
            credit_price=state.credit_price,
        )


def members_of(club: np.ndarray) -> FloatArray:
    """(R, b) 1 for the members of each lane's coalition (R,), replicates fastest in memory."""
    return MEMBERS.T.take(club, axis=-1).T
