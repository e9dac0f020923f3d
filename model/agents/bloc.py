"""A government: it perceives, tables, answers, ratifies, honours, retaliates, trusts, and moves its own duties.

Every method reads as one sentence of economics and calls a rule with the bloc's own numbers (theory 1.6a-1.15).
Nothing is written to the state here: decisions are returned, and the phase that asked for them writes them down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import mesa
import numpy as np

from model import coalitions
from model.coalitions import COALITIONS, MEMBERS
from model.common import continuation_of
from model.grids import Flows, Grid, believed, honour_slack
from model.numerics import FloatArray, FloatLike
from model.partial import kept_share
from model.plugins import Conduct, Moment
from model.rules import (
    bargaining,
    club_terms,
    compliance,
    packages,
    ratification,
    standards,
    tension,
    trust,
    unilateral,
)
from model.tactics import share_offered
from model.vocabulary import BLOC_NAMES, BLOCS, DYAD_OF, DYADS, RECOGNITION, SIDE_OF

if TYPE_CHECKING:
    from model.negotiation import NegotiationModel


@dataclass(frozen=True)
class View:
    """How a bloc sees a dyad's table this quarter; all (P,), bn$ per quarter unless said otherwise.

    own, partner: believed gains over the policy in force, its own and its partner's; enforceable: packages it would
    itself honour; passable: packages its legislature would rather pass; reservation, partner_reservation: least gains.
    """

    own: FloatArray
    partner: FloatArray
    enforceable: np.ndarray
    passable: np.ndarray
    on_table: np.ndarray
    reservation: FloatArray
    partner_reservation: FloatArray

    @property
    def admissible(self) -> np.ndarray:
        """Packages that the bloc may sign: on the table, kept by itself, passable at home if that is asked."""
        return self.on_table & self.enforceable & self.passable & (self.own >= self.reservation)


class Bloc(mesa.Agent):
    """China, the US or the EU as a negotiating government."""

    model: NegotiationModel

    def __init__(self, model: NegotiationModel, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.code = BLOCS[index]
        self.name = BLOC_NAMES[self.code]

    # --- looking at a dyad -------------------------------------------------------------------------------------

    def side(self, dyad: int) -> int:
        """Whether this bloc is the first (0) or second (1) of a dyad."""
        return DYADS[dyad].index(self.index)

    def partner(self, dyad: int) -> Bloc:
        """The other government of a dyad."""
        return self.model.blocs[DYADS[dyad][1 - self.side(dyad)]]

    def flows(self, dyad: int) -> Flows:
        """What every package of a dyad would pay this bloc."""
        return self.model.mandate.flows[dyad][self.side(dyad)]

    def scale(self, dyad: int) -> FloatArray:
        """Typical single-issue stake S of this bloc in a dyad, bn$ per quarter."""
        return self.model.agenda.scale[dyad, self.side(dyad)]

    def trust(self, other: Bloc) -> FloatArray:
        """Belief that the other bloc honours in a quarter, or by type: that it is a reciprocator (1.10)."""
        state, pair = self.model.state, (self.index, other.index)
        if self.model.parameters.trust_type:
            return state.type_belief[pair]
        return trust.trust_level(state.good[pair], state.bad[pair])

    # --- perceive (1.8) ----------------------------------------------------------------------------------------

    def perceive(self, dyad: int) -> View:
        """Form beliefs about every package: own gain and partner's gain, each through persistent errors on issues."""
        model, state, p = self.model, self.model.state, self.model.parameters
        side, agenda = self.side(dyad), self.model.agenda
        partner = self.partner(dyad)
        current = int(state.treaty[dyad])
        noise = packages.noise_scale(
            p.perception_noise,
            state.dialogue[dyad],
            p.dialogue_on_perception,
            state.track2[dyad],
            p.track2_on_perception,
        )
        menu, levels = agenda.menus[dyad], agenda.levels[dyad]

        def belief(flows: Flows, whose: int, error: FloatArray) -> FloatArray:
            stakes = agenda.stakes[dyad, whose]
            return believed(menu, flows.kept, levels, current, stakes, error, noise).spread(menu)

        flows = self.flows(dyad)
        home = flows.home.over(menu, current).spread(menu)
        scale = agenda.legislature_scale[dyad, side]
        passable = ratification.in_win_set(home, scale, self.threshold(dyad))
        return View(
            own=belief(flows, side, state.own_error[dyad, side]),
            partner=belief(partner.flows(dyad), 1 - side, state.partner_error[dyad, side]),
            enforceable=self.would_honour(dyad),
            passable=passable if p.anticipate_ratification else np.ones_like(passable),
            on_table=model.on_table(dyad, current),
            reservation=bargaining.reservation_value(p.reservation_fraction, self.scale(dyad)),
            partner_reservation=bargaining.reservation_value(p.reservation_fraction, partner.scale(dyad)),
        )

    def would_honour(self, dyad: int) -> np.ndarray:
        """Packages that pass this bloc's own compliance test at today's trust (1.10), (P,) booleans."""
        return self.slack(dyad).spread(self.model.agenda.menus[dyad]) >= 0.0

    def slack(self, dyad: int) -> Grid:
        """What honouring every package is worth to this bloc beyond lapsing, at today's trust (1.10)."""
        p, belief = self.model.parameters, self.trust(self.partner(dyad))
        return honour_slack(
            self.flows(dyad),
            belief,
            continuation_of(p, self.model.expected_danger[dyad], belief),
            p.detection_lag,
            self.model.punishment_horizon,
            p.trust_type,
        )

    # --- bargain (1.8) -----------------------------------------------------------------------------------------

    def moment(self, dyad: int, view: View, time: FloatArray) -> Moment:
        """What this bloc knows at this point of a session when it decides how far to come down."""
        state, partner = self.model.state, self.partner(dyad)
        zone = bargaining.zone_of_agreement(
            view.own, view.reservation, view.admissible, view.partner, view.partner_reservation
        )
        best = bargaining.best_in_zone(view.own, zone, view.reservation)
        return Moment(
            time=np.minimum(time, 1.0),
            exponent=self.model.parameters.concession_exponent[self.index],
            offered=share_offered(self.model.offered[dyad, self.side(dyad)], view.reservation, best),
            trust=self.trust(partner),
            tension=self.model.tension_level[dyad],
            dialogue=state.dialogue[dyad],
            renewing=float(state.treaty[dyad] > 0),
            reservation=view.reservation,
            best=best,
        )

    def aspire(self, moment: Moment, concession: FloatLike = 0.0) -> FloatArray:
        """The gain this bloc holds out for, by its tactic, at this point; an imitator answers the last concession."""
        hope = bargaining.aspiration(moment.reservation, moment.best, self.model.tactics[self.index](moment))
        if not self.model.parameters.imitative_tactic:
            return hope
        return bargaining.imitated(hope, moment.reservation, concession, self.model.parameters.imitation)

    def table(self, view: View, aspiration: FloatArray) -> tuple[int, bool]:
        """The package this bloc puts on the table: its partner's believed favourite among those good enough for it."""
        offer, exists = bargaining.choose_offer(view.own, view.partner, aspiration, view.admissible)
        return int(offer), bool(exists)

    def answer(self, view: View, aspiration: FloatArray, offer: int, moment: Moment) -> bool:
        """Whether this bloc takes the package on the table, by its acceptance rule."""
        takes = self.model.acceptances[self.index](view.own[offer], aspiration, moment)
        return bool(np.logical_and(takes, view.admissible[offer]))

    # --- ratify (1.9) ------------------------------------------------------------------------------------------

    def threshold(self, dyad: int) -> FloatArray:
        """Win-set threshold for every package (P,); US packages with recognition need Congress (1.9)."""
        p, shift = self.model.parameters, self.model.state.threshold_shift[self.index]
        usual = p.ratification_threshold[self.index] + shift
        if self.code != "US":
            return np.full(self.model.agenda.levels[dyad].shape[0], usual)
        gives = self.model.agenda.levels[dyad][:, RECOGNITION + self.side(dyad)]
        return np.where(gives > 0.0, p.ratification_threshold_us_recognition + shift, usual)

    def ratifies(self, dyad: int, package: int) -> bool:
        """Whether the legislature passes a deal, given its persistent mood."""
        p, state, side = self.model.parameters, self.model.state, self.side(dyad)
        menu, home = self.model.agenda.menus[dyad], self.flows(dyad).home
        chance = ratification.ratification_probability(
            home.at(menu, package) - home.at(menu, int(state.treaty[dyad])),
            self.model.agenda.legislature_scale[dyad, side],
            self.threshold(dyad)[package],
            p.ratification_slope,
        )
        return bool(ratification.ratifies(state.mood[dyad, side], chance))

    # --- honour, retaliate, trust (1.10, 1.11) ------------------------------------------------------------------

    def honours(self, dyad: int) -> bool:
        """Whether this bloc keeps the treaty in force this quarter."""
        menu, current = self.model.agenda.menus[dyad], int(self.model.state.treaty[dyad])
        return bool(self.slack(dyad).at(menu, current) >= 0.0)

    def keeps_in_part(self, dyad: int) -> tuple[float, bool]:
        """The largest share of its duty cut that passes its own test, and whether any does (1.10)."""
        model, slack = self.model, self.slack(dyad)
        menu, path = model.agenda.menus[dyad], model.own_path(dyad, self.side(dyad), int(model.state.treaty[dyad]))
        share, passes = kept_share(path, lambda package: slack.at(menu, package))
        return float(share), bool(passes)

    def reads_conduct(self, dyad: int, act: float, u: FloatArray) -> FloatArray:
        """What this bloc sees of its partner's conduct: 1 looked honoured, 0 looked lapsed."""
        return trust.conduct_signal(act, u, *self.errors(dyad))

    def errors(self, dyad: int) -> tuple[FloatArray, FloatArray]:
        """Chances that it takes honest conduct for a lapse, and a lapse for honest conduct (1.11)."""
        p, dialogue = self.model.parameters, self.model.state.dialogue[dyad]
        return (
            trust.monitoring_error(p.false_alarm, dialogue, p.dialogue_on_monitoring),
            trust.monitoring_error(p.missed_violation, dialogue, p.dialogue_on_monitoring),
        )

    def updates_trust(self, dyad: int, signal: FloatArray, in_force: bool) -> tuple[FloatArray, FloatArray]:
        """Evidence for and against the partner after this quarter's signal."""
        p, state = self.model.parameters, self.model.state
        partner = self.partner(dyad)
        pair = (self.index, partner.index)
        return trust.update_evidence(
            state.good[pair],
            state.bad[pair],
            state.prior_good[pair],
            state.prior_bad[pair],
            p.trust_memory,
            trust.debiased_signal(signal, *self.errors(dyad)),
            in_force,
        )

    def updates_type(self, dyad: int, signal: FloatArray) -> FloatArray:
        """Belief that the partner is a reciprocating type, after this quarter's signal (1.10)."""
        belief = self.model.state.type_belief[self.index, self.partner(dyad).index]
        return compliance.bayes_type_update(belief, signal, *self.errors(dyad))

    def retaliates(
        self, dyad: int, signal: FloatArray, u: FloatArray, seen_level: float
    ) -> tuple[FloatArray, FloatArray]:
        """Share of its duty and supply concessions this bloc honours next quarter, and quarters of answer to come."""
        p, state, side = self.model.parameters, self.model.state, self.side(dyad)
        return self.model.stance(
            Conduct(
                signal=signal,
                observed_level=seen_level,
                left=state.answer_left[dyad, side],
                u=u,
                standing=state.standing[dyad, side],
                generosity=p.generosity,
                response=p.proportional_response,
                quarters=p.punishment_quarters,
            )
        )

    def gain_in_force(self, dyad: int) -> FloatArray:
        """What the treaty in force is worth to this bloc over none, if both keep it, bn$ per quarter."""
        menu, kept = self.model.agenda.menus[dyad], self.flows(dyad).kept
        return kept.at(menu, int(self.model.state.treaty[dyad])) - kept.at(menu, 0)

    def gives_notice(self, dyad: int) -> bool:
        """Whether leaving the treaty pays more than it costs (1.17)."""
        gain = -self.gain_in_force(dyad)
        return bool(compliance.exit_pays(gain, self.model.parameters.exit_cost, self.scale(dyad)))

    def renews(self, dyad: int) -> bool:
        """Whether the bloc would sign the expiring treaty again (1.17)."""
        p, side, gain = self.model.parameters, self.side(dyad), self.gain_in_force(dyad)
        return bool(gain >= bargaining.reservation_value(p.reservation_fraction, self.model.agenda.scale[dyad, side]))

    # --- act alone (1.6a, 1.13, 1.15) ---------------------------------------------------------------------------

    def duty_moves(self, other: Bloc) -> tuple[FloatArray, int, FloatArray]:
        """(5,) gain from every point of its duty grid, net of opening cost; the best point; its gain."""
        model = self.model
        pair = model.pair_of(self, other)
        cost = np.array([1.0, 1.0, 0.0, 1.0, 1.0]) * model.agenda.opening_cost[self.index, other.index]
        gains = model.mandate.move_gain[pair] - cost
        best, gain = unilateral.best_move(gains)
        return gains, int(best), gain

    def opens_case(self, other: Bloc, best: int, gain: FloatArray, u: FloatArray) -> bool:
        """Whether the bloc opens an investigation (or grants relief) at this assessment."""
        model, p = self.model, self.model.parameters
        dyad = int(DYAD_OF[self.index, other.index])
        chance = unilateral.opening_probability(
            gain,
            self.scale(dyad),
            model.mandate.petition[model.pair_of(self, other)][best],
            p.petition_weight,
            model.effective_tension[dyad],
            p.opening_tension_weight,
            p.opening_slope,
            p.opening_hazard,
        )
        return bool(unilateral.opens(u, chance, gain, p.duty_move_threshold, self.scale(dyad)))

    def carries_out(self, other: Bloc) -> bool:
        """Whether a threatened duty still pays when its investigation ends."""
        dyad = int(DYAD_OF[self.index, other.index])
        gains, _, _ = self.duty_moves(other)
        step = unilateral.UNCHANGED + 1 + int(self.model.state.case_step[self.index, other.index])
        return bool(unilateral.worth_moving(gains[step], self.model.parameters.duty_move_threshold, self.scale(dyad)))

    def strikes_at_once(self, other: Bloc, u: FloatArray) -> bool:
        """Whether the bloc raises a duty in an emergency, without an investigation."""
        p = self.model.parameters
        if not p.tension_in_emergency:
            return False
        dyad = DYAD_OF[self.index, other.index]
        level = tension.tension_level(self.model.state.tension[dyad])
        return bool(unilateral.emergency(u, p.emergency_hazard, level))

    def recognises_alone(self, other: Bloc, u: FloatArray) -> bool:
        """Whether the bloc recognises the other's certificates for its own good (1.13, recorded as harmony)."""
        dyad, side = int(DYAD_OF[self.index, other.index]), int(SIDE_OF[self.index, other.index])
        gain = self.model.issue_gain(dyad, side, RECOGNITION + side)
        p = self.model.parameters
        return bool(standards.recognises_alone(gain, u, p.unilateral_recognition_rate))

    def announces(self) -> bool:
        """Whether it announces a zero-emission path (1.15): for itself, or because a partner is trusted to join."""
        model, state, own = self.model, self.model.state, self.announcement_gain()
        if not model.parameters.zev_coordination:
            return self.gains_by_announcing()
        for other in model.blocs:
            if other is self:
                continue
            dyad = int(DYAD_OF[self.index, other.index])
            joint = model.mandate.announce_joint[self.index, other.index]
            said = state.announced[other.index] > 0.0
            if bool(unilateral.zev_announces(own, joint, said, state.dialogue[dyad], self.trust(other))):
                return True
        return False

    def announcement_gain(self) -> FloatArray:
        """What announcing a zero-emission path alone is worth to it, bn$ per quarter (1.15)."""
        model, p = self.model, self.model.parameters
        share, required = model.ev_share[self.index], model.scenario.zev_required[self.index]
        return model.mandate.announce_own[self.index] - unilateral.zev_cost(p.zev_cost, required, share)

    def gains_by_announcing(self) -> bool:
        """Whether it would announce whatever others do: harmony, not cooperation (1.15)."""
        return bool(self.announcement_gain() >= 0.0)

    # --- zones and clubs (1.19) ---------------------------------------------------------------------------------

    def keeps_club(self, club: int) -> bool:
        """Whether this bloc would keep the terms of a club, at its trust in the least trusted fellow member."""
        model, p = self.model, self.model.parameters
        fellows = [other for other in model.blocs if other is not self and MEMBERS[club][other.index] > 0.0]
        belief = np.minimum.reduce([self.trust(other) for other in fellows])
        danger = np.maximum.reduce([model.expected_danger[DYAD_OF[self.index, other.index]] for other in fellows])
        table = club_terms.member_flows(model.club_worth.executive, model.club_money, COALITIONS.after_leaving)
        kept, alone, deserted, both, punish = (flow[club, self.index] for flow in table)
        future = continuation_of(p, danger, belief)
        test = compliance.honour_test_type if p.trust_type else compliance.honour_test
        lag, length = p.detection_lag, model.punishment_horizon
        passes, _ = test(kept, alone, deserted, both, punish, belief, future, lag, length)
        return bool(passes)

    def honours_club(self) -> bool:
        """Whether this member keeps the club's terms this quarter."""
        return self.keeps_club(int(self.model.state.club))

    def signs_club(self, club: int) -> bool:
        """Whether this bloc would keep a proposed club and its legislature passes it (1.9)."""
        model, p = self.model, self.model.parameters
        home = club_terms.payoff_of(model.club_worth.legislature) + model.club_money
        gain = home[club, self.index] - home[int(model.state.club), self.index]
        # A club recognises certificates, for which the US needs Congress.
        usual = p.ratification_threshold[self.index]
        threshold = p.ratification_threshold_us_recognition if self.code == "US" else usual
        scale = coalitions.usual_scale(model.agenda.legislature_scale)[self.index]
        chance = ratification.ratification_probability(
            gain, scale, threshold + model.state.threshold_shift[self.index], p.ratification_slope
        )
        return self.keeps_club(club) and bool(ratification.ratifies(model.state.club_mood[self.index], chance))
