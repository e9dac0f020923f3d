"""Zones and clubs in a quarter of either world: what the club in force changes at the border (theory 1.19).

A club lies above treaties between two blocs. Between members the lower duty applies, which is none, and recognition by
either counts; a penalty comes on top of whatever an outsider pays; members open no duty cases on each other. Treaties
stay in force underneath, and the governments of members weigh them for what they add to the club. Who keeps the terms,
leaves or votes is decided in ``phases.club`` and ``lanes.club``.
"""

from __future__ import annotations

import numpy as np

from model import coalitions
from model.coalitions import MEMBERS, Setting
from model.common_quarter import Quarter
from model.numerics import FloatArray, safe_ratio
from model.rules import club_terms, clubs, ratification
from model.rules.club_terms import CarbonStep
from model.vocabulary import DIRECTED_DYADS, DUTY, DYAD_OF, EV, N_BLOCS, N_DYADS, N_SIDES, RECOGNITION, SIDE_OF

MEETS_IN = "Q4"  # quarter of the year in which coalitions are weighed (theory 1.20)


class CommonClub(Quarter):
    """The terms of the club in force; nothing where none is allowed."""

    # --- what is in force -------------------------------------------------------------------------------------------

    @property
    def members(self) -> FloatArray:
        """(..., b) 1 for members of the club in force."""
        return members_of(self.state.club)

    def club_terms_in_force(self) -> tuple[FloatArray, FloatArray]:
        """(..., b, b) twice: who treats whom as a fellow member, and who penalises whom."""
        members, honours = self.members, self.state.club_honours.astype(np.float64)
        return club_terms.inside(members, honours), club_terms.outside(members, honours)

    def recognised_in_club(self, recognised: FloatArray) -> FloatArray:
        """(..., b, b) recognition by treaty or alone, with that among members beside it."""
        self.treaty_recognised = recognised
        if not self.has_clubs:
            return recognised
        return np.maximum(recognised, self.club_terms_in_force()[0])

    def duties_with_club(self, duty: FloatArray) -> FloatArray:
        """(..., g, b, b) duties after treaties, with the club's terms over them."""
        self.treaty_duty = duty
        if not self.has_clubs:
            return duty
        return club_terms.club_duty(duty, *self.club_terms_in_force(), self.club_penalty)

    def concessions_with_club(self, concessions: FloatArray) -> FloatArray:
        """(..., d, 10) what is conceded by treaty, by club or by both; a penalty takes concessions back."""
        if not self.has_clubs:
            return concessions
        within, against = self.club_terms_in_force()
        s, state = self.scenario, self.state
        for i, j in DIRECTED_DYADS:
            d, side = int(DYAD_OF[i, j]), int(SIDE_OF[i, j])
            base = s.mfn[state.quarter, EV, i, j] + state.special[..., EV, i, j]
            floor = np.minimum(s.floor[state.quarter, EV, i, j], base)
            duty, recognition = concessions[..., d, DUTY + side], concessions[..., d, RECOGNITION + side]
            left = np.minimum(duty, club_terms.conceded(base, floor, state.duty[..., EV, i, j]))
            given = np.where(against[..., i, j] * self.club_penalty > 0.0, left, duty)
            concessions[..., d, DUTY + side] = np.maximum(given, within[..., i, j])
            concessions[..., d, RECOGNITION + side] = np.maximum(recognition, within[..., i, j])
        return concessions

    def club_gains(self) -> FloatArray:
        """(..., d, s) what each member has from the club over none, shared equally among fellows, bn$ per quarter."""
        gains = self.nothing(N_DYADS, N_SIDES)
        if not self.has_clubs:
            return gains
        members = self.members
        chosen = np.arange(len(MEMBERS)) == np.asarray(self.state.club)[..., None]
        honours = self.state.club_honours.astype(np.float64)
        whole = club_terms.kept_payoff(self.club_worth.executive, self.club_money, chosen, honours)
        n_fellows = members[..., 0] + members[..., 1] + members[..., 2] - 1.0
        for i, j in DIRECTED_DYADS:
            together = members[..., i] * members[..., j]
            gains[..., DYAD_OF[i, j], SIDE_OF[i, j]] = together * safe_ratio(whole[..., i], n_fellows)
        return gains

    def club_payments(self) -> FloatArray:
        """(..., b) money received from fellow members, bn$ per quarter; paid if negative; none while anyone lapses."""
        if not self.has_clubs:
            return self.nothing(N_BLOCS)
        all_keep = np.logical_and.reduce(self.state.club_honours, axis=-1).astype(np.float64)
        return clubs.taken(self.club_money, self.state.club) * all_keep[..., None]

    def carbon_now(self) -> CarbonStep | None:
        """What the club's carbon price does to a car made in each bloc, (..., b); None where there is no such price."""
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
        """(..., b, b) 0 where the row bloc is bound by a club not to open duty cases on the column bloc, else 1."""
        members = self.members
        return 1.0 - club_terms.inside(members, members)

    # --- the year's check -------------------------------------------------------------------------------------------

    def hold_club(self) -> None:
        """Members leave by failed tests and politics; in the fourth quarter every coalition is weighed."""
        if not self.has_clubs:
            return
        state, p, t = self.state, self.parameters, self.state.quarter
        state.club_mood = ratification.persistent_shock(
            state.club_mood, p.ratification_persistence, self.luck.club_ratification[t + 1]
        )
        self.leave_club()
        if self.scenario.quarter_label(t).endswith(MEETS_IN):
            self.weigh_coalitions()

    def leave_club(self) -> None:
        """Members leave that failed twice, or whose politics repudiate the club."""
        raise NotImplementedError

    def weigh_coalitions(self) -> None:
        """The best stable coalition is proposed, and voted on where somebody joins."""
        raise NotImplementedError

    def shared_payoffs(self) -> FloatArray:
        """(..., C, b) what every coalition would bring its members after transfers, bn$ per quarter (1.19)."""
        self.club_worth = coalitions.worth_of_coalitions(self.economy, self.parameters, self._setting())
        payoffs = club_terms.payoff_of(self.club_worth.executive)
        self.club_money = clubs.shared_surplus(payoffs) if self.parameters.club_transfers else np.zeros_like(payoffs)
        return payoffs + self.club_money

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
    """(..., b) 1 for the members of coalitions (...); replicates fastest in memory."""
    return MEMBERS.T.take(np.asarray(club), axis=-1).T
