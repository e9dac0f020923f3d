"""A government: it perceives, tables, answers, ratifies, honours, retaliates, trusts, and moves its own duties.

Nothing is written to the world here: decisions are returned, and the phase that asked for them writes them down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from of_three import DYAD_OF, PAIR_OF, SIDE_OF

from model.assessment.values import issue_values
from model.choices.plugins import Conduct, Moment
from model.choices.tactics import acceptance_of, share_offered, stance_of, tactic_of
from model.numerics import FloatArray, FloatLike
from model.packages.part_cuts import kept_share
from model.packages.resolve import Resolve, resolve
from model.packages.sums import Flows, believed
from model.rules import bargaining, compliance, packages, ratification, standards, trust, unilateral, withdrawal
from model.vocabulary import BLOCS, CHARGING, DUTY, DYADS, EV, LINKAGE, RECOGNITION, SUPPLY, TECHNOLOGY
from reference import clocks, relations

if TYPE_CHECKING:
    from reference.world import World


FULL_LEVEL = 0.999  # a side that keeps this much of its level is seen as keeping all of it


@dataclass(frozen=True)
class View:
    """How a bloc sees a dyad's table this quarter; all (P,), bn$ per quarter unless said otherwise.

    own, partner: believed gains over the policy in force; enforceable: packages it would itself honour; passable:
    packages its legislature would rather pass; reservation, partner_reservation: least gains.
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
        """Packages that the bloc may sign."""
        return self.on_table & self.enforceable & self.passable & (self.own >= self.reservation)


class Bloc:
    """China, the US or the EU as a negotiating government."""

    def __init__(self, world: World, index: int) -> None:
        self.world, self.index, self.code = world, index, BLOCS[index]
        p, name = world.parameters, BLOCS[index].lower()
        self.tactic = tactic_of(getattr(p, f"tactic_{name}"))
        self.acceptance = acceptance_of(getattr(p, f"acceptance_{name}"))
        self.stance, self.punishment_horizon = stance_of(p.retaliation_rule, float(p.punishment_quarters))

    # --- looking at a dyad ------------------------------------------------------------------------------------------

    def side(self, dyad: int) -> int:
        """Whether this bloc is the first (0) or second (1) of a dyad."""
        return DYADS[dyad].index(self.index)

    def partner(self, dyad: int) -> Bloc:
        """The other government of a dyad."""
        return self.world.blocs[DYADS[dyad][1 - self.side(dyad)]]

    def flows(self, dyad: int) -> Flows:
        """What every package of a dyad would pay this bloc."""
        return self.world.mandate.flows[dyad][self.side(dyad)]

    def scale(self, dyad: int) -> FloatArray:
        """Typical single-issue stake S of this bloc in a dyad, bn$ per quarter."""
        return self.world.agenda.scale[dyad, self.side(dyad)]

    def trust(self, other: Bloc) -> FloatArray:
        """Belief that the other bloc honours in a quarter, or by type: that it is a reciprocator (1.10)."""
        w, pair = self.world, (self.index, other.index)
        return w.type_belief[pair] if w.parameters.trust_type else trust.trust_level(w.good[pair], w.bad[pair])

    # --- perceive (1.8) ---------------------------------------------------------------------------------------------

    def perceive(self, dyad: int) -> View:
        """Beliefs about every package: own gain and partner's gain, each through persistent errors on issues."""
        w, p, agenda, side = self.world, self.world.parameters, self.world.agenda, self.side(dyad)
        menu, current, partner = agenda.menus[dyad], int(w.treaty[dyad]), self.partner(dyad)
        noise = packages.noise_scale(p.perception_noise, w.dialogue[dyad], p.dialogue_on_perception)

        def belief(flows: Flows, whose: int, error: FloatArray) -> FloatArray:
            stakes = agenda.stakes[dyad, whose]
            gain = believed(menu, flows.kept, agenda.levels[dyad], current, stakes, error, noise).spread(menu)
            return clocks.over_life(w, dyad, gain, flows.kept.at(menu, current) - flows.kept.at(menu, 0))

        home = self.flows(dyad).home.over(menu, current).spread(menu)
        passable = ratification.in_win_set(home, agenda.legislature_scale[dyad, side], self.threshold(dyad))
        return View(
            own=belief(self.flows(dyad), side, w.own_error[dyad, side]),
            partner=belief(partner.flows(dyad), 1 - side, w.partner_error[dyad, side]),
            enforceable=self.slack(dyad).spread(menu) >= 0.0,
            passable=passable if p.anticipate_ratification else np.ones_like(passable),
            on_table=relations.on_table(w, dyad, current),
            reservation=bargaining.reservation_value(p.reservation_fraction, self.scale(dyad)),
            partner_reservation=bargaining.reservation_value(p.reservation_fraction, partner.scale(dyad)),
        )

    def slack(self, dyad: int) -> Resolve:
        """What honouring every package is worth to this bloc beyond its best deviation, at today's trust (1.10)."""
        p, belief = self.world.parameters, self.trust(self.partner(dyad))
        # By type, doubt does not discount the future: it stands in the test itself.
        seen = 1.0 if p.trust_type else belief
        future = compliance.continuation(
            p.discount_factor, p.repudiation_hazard * self.world.expected_danger[dyad], seen
        )
        lag, length = p.detection_lag, max(self.punishment_horizon, p.suspension_quarters)
        return resolve(self.flows(dyad), belief, future, lag, length, p.trust_type)

    # --- bargain (1.8) ----------------------------------------------------------------------------------------------

    def moment(self, dyad: int, view: View, time: FloatArray) -> Moment:
        """What this bloc knows at this point of a session when it decides how far to come down."""
        w = self.world
        zone = bargaining.zone_of_agreement(
            view.own, view.reservation, view.admissible, view.partner, view.partner_reservation
        )
        best = bargaining.best_in_zone(view.own, zone, view.reservation)
        return Moment(
            time=np.minimum(time, 1.0),
            exponent=w.parameters.concession_exponent[self.index],
            offered=share_offered(w.offered[dyad, self.side(dyad)], view.reservation, best),
            trust=self.trust(self.partner(dyad)),
            tension=w.tension_level[dyad],
            dialogue=w.dialogue[dyad],
            renewing=float(w.treaty[dyad] > 0),
            reservation=view.reservation,
            best=best,
        )

    def aspire(self, moment: Moment, concession: FloatLike) -> FloatArray:
        """The gain this bloc holds out for, by its tactic; an imitator answers the last concession."""
        p, hope = self.world.parameters, bargaining.aspiration(moment.reservation, moment.best, self.tactic(moment))
        if not p.imitative_tactic:
            return hope
        return bargaining.imitated(hope, moment.reservation, concession, p.imitation)

    def table(self, view: View, aspiration: FloatArray) -> tuple[int, bool]:
        """The package it puts on the table, its partner's believed favourite among those good enough; if any is."""
        offer, exists = bargaining.choose_offer(view.own, view.partner, aspiration, view.admissible)
        return int(offer), bool(exists)

    def answer(self, view: View, aspiration: FloatArray, offer: int, moment: Moment) -> bool:
        """Whether this bloc takes the package on the table, by its acceptance rule."""
        return bool(np.logical_and(self.acceptance(view.own[offer], aspiration, moment), view.admissible[offer]))

    # --- ratify (1.9) -----------------------------------------------------------------------------------------------

    def threshold(self, dyad: int) -> FloatArray:
        """(P,) win-set threshold; US packages with recognition need Congress."""
        p, levels = self.world.parameters, self.world.agenda.levels[dyad]
        usual = np.full(levels.shape[0], p.ratification_threshold[self.index])
        if self.code == "US":
            gives = levels[:, RECOGNITION + self.side(dyad)] > 0.0
            usual = np.where(gives, p.ratification_threshold_us_recognition, usual)
        return np.where(clocks.asked(self.world, dyad, self.side(dyad)), usual, ratification.NO_VOTE)

    def ratifies(self, dyad: int, package: int) -> bool:
        """Whether the legislature passes a deal, given its persistent mood."""
        w, side = self.world, self.side(dyad)
        menu, home = w.agenda.menus[dyad], self.flows(dyad).home
        chance = ratification.ratification_probability(
            home.at(menu, package) - home.at(menu, int(w.treaty[dyad])),
            w.agenda.legislature_scale[dyad, side],
            self.threshold(dyad)[package],
            w.parameters.ratification_slope,
        )
        return bool(ratification.ratifies(w.mood[dyad, side], chance))

    # --- honour, retaliate, trust (1.10, 1.11) ----------------------------------------------------------------------

    def would_keep(self, dyad: int, package: int) -> bool:
        """Whether this bloc would honour, at least in part, a package that is signed."""
        w, slack, menu = self.world, self.slack(dyad), self.world.agenda.menus[dyad]
        whole = bool(slack.at(menu, package) >= 0.0)
        if whole or not w.parameters.partial_compliance:
            return whole
        path = relations.own_path(w, dyad, self.side(dyad), package)
        return bool(kept_share(path, lambda one: slack.at(menu, one))[1])

    def honours(self, dyad: int) -> bool:
        """Whether this bloc keeps the treaty in force this quarter."""
        menu, current = self.world.agenda.menus[dyad], int(self.world.treaty[dyad])
        return bool(self.slack(dyad).at(menu, current) >= 0.0)

    def keeps_in_part(self, dyad: int) -> tuple[float, bool]:
        """The largest share of its duty cut that passes its own test, and whether any does (1.10)."""
        w, slack = self.world, self.slack(dyad)
        path = relations.own_path(w, dyad, self.side(dyad), int(w.treaty[dyad]))
        share, passes = kept_share(path, lambda package: slack.at(w.agenda.menus[dyad], package))
        return float(share), bool(passes)

    def errors(self, dyad: int) -> tuple[FloatArray, FloatArray]:
        """Chances that it takes honest conduct for a lapse, and a lapse for honest conduct (1.11)."""
        w, p, partner = self.world, self.world.parameters, 1 - self.side(dyad)
        alarm, missed, published = (
            trust.monitoring_error(base, w.dialogue[dyad], p.dialogue_on_monitoring)
            for base in (p.false_alarm, p.missed_violation, p.published_error)
        )
        if p.monitoring == "alike":
            return alarm, missed
        held = w.agenda.menus[dyad].held[int(w.treaty[dyad])]
        hidden = held[[SUPPLY + partner, LINKAGE + partner, TECHNOLOGY]].any()
        if not hidden:
            return published, np.minimum(missed, published)
        acts = held[[DUTY + partner, RECOGNITION + partner, CHARGING]].any()
        return np.maximum(alarm, published), np.minimum(missed, published) if acts else missed

    def reads_conduct(self, dyad: int, act: float, u: FloatArray) -> FloatArray:
        """What this bloc sees of its partner's conduct: 1 looked honoured, 0 looked lapsed."""
        return trust.conduct_signal(act, u, *self.errors(dyad))

    def updates_trust(self, dyad: int, signal: FloatLike, in_force: bool) -> tuple[FloatArray, FloatArray]:
        """Evidence for and against the partner after this quarter's signal."""
        w, pair = self.world, (self.index, self.partner(dyad).index)
        seen = trust.debiased_signal(signal, *self.errors(dyad))
        now, prior = (w.good[pair], w.bad[pair]), (w.prior_good[pair], w.prior_bad[pair])
        return trust.update_evidence(*now, *prior, w.parameters.trust_memory, seen, in_force)

    def updates_type(self, dyad: int, signal: FloatArray) -> FloatArray:
        """Belief that the partner is a reciprocating type, after this quarter's signal (1.10)."""
        belief = self.world.type_belief[self.index, self.partner(dyad).index]
        return compliance.bayes_type_update(belief, signal, *self.errors(dyad))

    def retaliates(self, dyad: int, signal: FloatArray, u: FloatArray, seen: float) -> tuple[FloatArray, FloatArray]:
        """Share of its duty and supply concessions it honours next quarter, and quarters of answer to come."""
        w, p, side = self.world, self.world.parameters, self.side(dyad)
        left, standing = w.answer_left[dyad, side], w.standing[dyad, side]
        return self.stance(
            Conduct(signal, seen, left, u, standing, p.generosity, p.proportional_response, p.punishment_quarters)
        )

    def suspends(
        self, dyad: int, wanted: FloatArray, left: FloatArray, act: float
    ) -> tuple[FloatLike, FloatLike, float]:
        """Share of its concessions that it honours next quarter, quarters of answer to come, quarters of a dispute.

        wanted, left: of its stance; act: the share that its partner honoured.
        """
        w, p, side = self.world, self.world.parameters, self.side(dyad)
        was, talks = float(w.dispute[dyad, side]), float(p.consultation_quarters)
        aggrieved = bool(wanted < 1.0)
        if w.by_value and not w.honours[dyad, side]:
            aggrieved = False
        if not aggrieved and not (was > talks and was - talks < p.suspension_quarters):
            return 1.0, left, 0.0
        held, other = w.agenda.menus[dyad].held[int(w.treaty[dyad])], 1 - side
        openly = act < FULL_LEVEL and held[[DUTY + other, RECOGNITION + other, CHARGING]].any()
        runs = (was if w.is_open[dyad] and not openly else max(was, talks)) + 1.0
        if runs <= talks:
            return 1.0, w.answer_left[dyad, side], runs
        if not aggrieved:
            return w.level[dyad, side], left, runs
        return (1.0 - (1.0 - wanted) * self.equivalent(dyad, act) if w.by_value else wanted), left, runs

    def equivalent(self, dyad: int, act: float) -> float:
        """Share of its duty and supply concessions worth to its partner what the partner seems to have withheld."""
        w, side, other = self.world, self.side(dyad), 1 - self.side(dyad)
        menu, package = w.agenda.menus[dyad], int(w.treaty[dyad])
        own = self.flows(dyad)
        withheld = (1.0 - act) * (own.kept.at(menu, package) - own.deserted.at(menu, package))
        if act >= FULL_LEVEL:
            hidden = [SUPPLY + other, LINKAGE + other, TECHNOLOGY]
            withheld = own.kept.at(menu, package) - own.deserted.at(menu, package)
            if menu.held[package, hidden].any():
                withheld = self.partner(dyad).taken_back(dyad, hidden)
        at_hand = self.taken_back(dyad, [DUTY + side, SUPPLY + side])
        if at_hand <= withdrawal.NO_ANSWER:
            return 0.0
        return min(1.0, max(0.0, float(withheld)) / at_hand)

    def taken_back(self, dyad: int, issues: list[int]) -> float:
        """What its partner loses if it takes back some issues of the treaty in force, one by one, bn$ per quarter."""
        side, menu, flows = self.side(dyad), self.world.agenda.menus[dyad], self.flows(dyad)
        package, total = int(self.world.treaty[dyad]), 0.0
        tables = (
            (menu.x_of[package], (DUTY + side, RECOGNITION + side, CHARGING)),
            (flows.n_x + menu.y_of[package], (SUPPLY + side, LINKAGE + side, TECHNOLOGY)),
        )
        for row, given in tables:
            on_menu = [issue for issue in given if menu.held[:, issue].any()]
            for column, issue in enumerate(on_menu):
                total += float(flows.withdrawals.lost[row, column]) if issue in issues else 0.0
        return total

    def gain_in_force(self, dyad: int) -> FloatArray:
        """What the treaty in force is worth to this bloc over none, if both keep it, bn$ per quarter."""
        menu, kept = self.world.agenda.menus[dyad], self.flows(dyad).kept
        return kept.at(menu, int(self.world.treaty[dyad])) - kept.at(menu, 0)

    def gives_notice(self, dyad: int) -> bool:
        """Whether leaving the treaty pays more than it costs (1.17)."""
        gain = -self.gain_in_force(dyad)
        return bool(compliance.exit_pays(gain, self.world.parameters.exit_cost, self.scale(dyad)))

    def renews(self, dyad: int) -> bool:
        """Whether the bloc would sign the expiring treaty again (1.17)."""
        least = bargaining.reservation_value(self.world.parameters.reservation_fraction, self.scale(dyad))
        return bool(self.gain_in_force(dyad) >= least)

    # --- act alone (1.6a, 1.13, 1.15) -------------------------------------------------------------------------------

    def duty_moves(self, other: Bloc) -> tuple[FloatArray, int, FloatArray]:
        """(5,) gain from every point of its duty grid, net of opening cost; the best point; its gain."""
        w, pair = self.world, (self.index, other.index)
        cost = np.array([1.0, 1.0, 0.0, 1.0, 1.0]) * w.agenda.opening_cost[pair]
        gains = w.mandate.move_gain[PAIR_OF[pair]] - cost
        best, gain = unilateral.best_move(gains)
        return gains, int(best), gain

    def opens_case(self, other: Bloc, best: int, gain: FloatArray, u: FloatArray) -> bool:
        """Whether the bloc opens an investigation (or grants relief) at this assessment."""
        w, p, pair = self.world, self.world.parameters, (self.index, other.index)
        dyad, years = int(DYAD_OF[pair]), p.assessment_interval / 4
        hazard = p.opening_hazard if years == 1 else 1.0 - (1.0 - p.opening_hazard) ** years
        chance = unilateral.opening_probability(
            gain,
            self.scale(dyad),
            w.mandate.petition[PAIR_OF[pair]][best],
            p.petition_weight,
            w.effective_tension[dyad],
            p.opening_tension_weight * p.tension_in_opening,
            p.opening_slope,
            hazard,
        )
        return bool(unilateral.opens(u, chance, gain, p.duty_move_threshold, self.scale(dyad)))

    def carries_out(self, other: Bloc) -> bool:
        """Whether a threatened duty still pays when its investigation ends."""
        w, pair = self.world, (self.index, other.index)
        gains, _, _ = self.duty_moves(other)
        step = unilateral.UNCHANGED + 1 + int(w.case_step[pair])
        scale = self.scale(int(DYAD_OF[pair]))
        return bool(unilateral.worth_moving(gains[step], w.parameters.duty_move_threshold, scale))

    def renews_duty(self, other: Bloc) -> bool:
        """Whether a review renews what duty cases have added: where to let it go would cost something."""
        w, pair = self.world, (self.index, other.index)
        is_all = w.special[EV][pair] - w.case_rise[pair] <= 0.5 * w.parameters.duty_step
        return bool(w.mandate.move_gain[PAIR_OF[pair]][0 if is_all else 1] < 0.0)

    def strikes_at_once(self, other: Bloc, u: FloatArray) -> bool:
        """Whether the bloc raises a duty in an emergency, without an investigation."""
        w, p = self.world, self.world.parameters
        if not p.tension_in_emergency:
            return False
        return bool(unilateral.emergency(u, p.emergency_hazard, w.tension_level[DYAD_OF[self.index, other.index]]))

    def recognises_alone(self, other: Bloc, u: FloatArray) -> bool:
        """Whether the bloc recognises the other's certificates for its own good (1.13, recorded as harmony)."""
        w, pair = self.world, (self.index, other.index)
        dyad, side = int(DYAD_OF[pair]), int(SIDE_OF[pair])
        gain = issue_values(w.mandate.parts[dyad][side])[RECOGNITION + side]
        yearly, years = w.parameters.unilateral_recognition_rate, w.parameters.assessment_interval / 4
        return bool(standards.recognises_alone(gain, u, yearly if years == 1 else 1.0 - (1.0 - yearly) ** years))

    def announces(self, u: float) -> bool:
        """Whether it announces a zero-emission path (1.15): for itself, or because a partner is trusted to join."""
        w, hopes = self.world, [self.announcement_gain()]
        if w.parameters.zev_coordination:
            hopes = []
            for other in [bloc for bloc in w.blocs if bloc is not self]:
                pair, dialogue = (self.index, other.index), w.dialogue[DYAD_OF[self.index, other.index]]
                joint, said = w.mandate.announce_joint[pair], w.announced[other.index] > 0.0
                hopes.append(unilateral.zev_gain(self.announcement_gain(), joint, said, dialogue, self.trust(other)))
        return bool(u < unilateral.zev_hazard(max(hopes), w.parameters.zev_hesitation))

    def announcement_gain(self) -> FloatArray:
        """What announcing a zero-emission path alone is worth to it, bn$ per quarter."""
        w, b = self.world, self.index
        cost = unilateral.zev_cost(w.parameters.zev_cost, w.scenario.zev_required[b], w.ev_share[b])
        return w.mandate.announce_own[b] - cost

    def gains_by_announcing(self) -> bool:
        """Whether it would announce whatever others do: harmony, not cooperation."""
        return bool(self.announcement_gain() >= 0.0)
