"""A government as one that decides alone: what it sees, what it would keep, its own duties, paths and clubs.

Every method reads as one sentence of economics and calls a rule with the bloc's own numbers (theory 1.6a, 1.10-1.19). A
world may hold many replicates (*lanes*) of the same bloc: then every number is an array with the lanes in front,
(R, ...), and a decision is taken in all of them at once. Where a method is told ``lanes``, it is asked in those only.
Nothing is written to the state here: decisions are returned, and the phase that asked for them writes them down.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from model.assessment import coalitions
from model.assessment.values import issue_values
from model.numerics import FloatArray, FloatLike
from model.packages.resolve import Resolve, resolve
from model.packages.sums import Flows
from model.rules import (
    bargaining,
    club_terms,
    clubs,
    compliance,
    gestures,
    ratification,
    standards,
    tension,
    trust,
    unilateral,
)
from model.vocabulary import EV, EXECUTIVE_DUTIES, RECOGNITION, SUPPLY

if TYPE_CHECKING:
    from model.sight import Sight

GRID_COST = (unilateral.GRID_STEPS != 0.0) * 1.0  # which points of the duty grid cost something to open


class Government:
    """One of the parties as a government."""

    def __init__(self, world: Sight, index: int) -> None:
        self.world = world
        self.index = index
        self.parties = world.parties
        self.code = self.parties.blocs[index]
        self.name = self.parties.names[self.code]
        self.laws = self.parties.laws[index]

    # --- looking at a dyad -------------------------------------------------------------------------------------

    def side(self, dyad: int) -> int:
        """Whether this bloc is the first (0) or second (1) of a dyad."""
        return self.parties.dyads[dyad].index(self.index)

    def partner(self, dyad: int) -> Government:
        """The other government of a dyad."""
        return self.world.blocs[self.parties.dyads[dyad][1 - self.side(dyad)]]

    def flows(self, dyad: int) -> Flows:
        """What every package of a dyad would pay this bloc."""
        return self.world.known().flows[dyad][self.side(dyad)]

    def scale(self, dyad: int) -> FloatArray:
        """Typical single-issue stake S of this bloc in a dyad, bn$ per quarter."""
        return self.world.agenda.scale[dyad, self.side(dyad)]

    def least(self, dyad: int) -> FloatArray:
        """The gain below which it does not sign, bn$ per quarter (1.8)."""
        return bargaining.reservation_value(self.world.parameters.reservation_fraction, self.scale(dyad))

    def trust(self, other: Government) -> FloatArray:
        """(R,) belief that the other bloc honours in a quarter, or by type: that it is a reciprocator (1.10)."""
        state, i, j = self.world.state, self.index, other.index
        if self.world.rules.by_type:
            return state.type_belief[:, i, j]
        return trust.trust_level(state.good[:, i, j], state.bad[:, i, j])

    # --- its own test (1.10) -----------------------------------------------------------------------------------

    def weight_of_future(self, danger: FloatArray, belief: FloatLike) -> FloatArray:
        """(...) weight of next quarter in a test of its own; by type, doubt does not discount it (1.10)."""
        p = self.world.parameters
        return compliance.continuation(
            p.discount_factor, p.repudiation_hazard * danger, 1.0 if self.world.rules.by_type else belief
        )

    def slack(self, dyad: int, lanes: np.ndarray | slice, flows: Flows) -> Resolve:
        """What honouring every package is worth to this bloc beyond its best deviation, at today's trust (1.10).

        flows: this bloc's, of all packages or of one in these lanes. Whatever asks whether this bloc would keep a
        package asks here: talks, what is in force, gestures, partial compliance, played sessions.
        """
        world, p, belief = self.world, self.world.parameters, self.trust(self.partner(dyad))[lanes]
        future = self.weight_of_future(world.state.climate.expected_danger[lanes, dyad], belief)
        length = world.rules.answer_length.of(lanes)
        return resolve(flows, belief, future, p.detection_lag, length, world.rules.by_type)

    def slack_of(self, dyad: int, package: np.ndarray, lanes: np.ndarray | None = None) -> FloatArray:
        """(n,) what honouring a package (n,) is worth to it beyond its best deviation, at today's trust (1.10)."""
        alone = self.flows(dyad).of_package(self.world.agenda.menus[dyad], package, lanes)
        return self.slack(dyad, slice(None) if lanes is None else lanes, alone).alone()

    def passes_own_test(self, dyad: int, package: np.ndarray) -> np.ndarray:
        """(R,) whether its own test lets it keep a package (R,), if it were in force; no treaty is always kept."""
        passes, lanes = np.ones(package.shape, dtype=bool), np.flatnonzero(package)
        if lanes.size:
            passes[lanes] = self.slack_of(dyad, package[lanes], lanes) >= 0.0
        return passes

    def withdrawal_that_pays(self, dyad: int, package: np.ndarray) -> np.ndarray:
        """(R,) what it pays to withdraw of a package (R,): 0 nothing, 1 a part alone, 2 all of it (1.10)."""
        alone = self.flows(dyad).of_package(self.world.agenda.menus[dyad], package)
        slack = self.slack(dyad, slice(None), alone)
        of_all = dataclasses.replace(slack, part=None, one=None).alone()
        return np.add(slack.alone() < 0.0, of_all < 0.0, dtype=np.int64)

    # --- act alone (1.6a, 1.13, 1.15) ---------------------------------------------------------------------------

    def duty_moves(self, other: Government) -> FloatArray:
        """(R, 5) gain from every point of its duty grid, net of opening cost."""
        world = self.world
        cost = GRID_COST * world.agenda.opening_cost[self.index, other.index]
        return world.known().move_gain[:, self.parties.pair_of[self.index, other.index]] - cost

    def opens_case(self, other: Government, best: np.ndarray, gain: FloatArray, u: FloatArray) -> np.ndarray:
        """(R,) whether the bloc opens an investigation (or grants relief) at this assessment."""
        world, p, dyad = self.world, self.world.parameters, int(self.parties.dyad_of[self.index, other.index])
        chance = unilateral.opening_probability(
            gain,
            self.scale(dyad),
            bargaining.take(world.known().petition[:, self.parties.pair_of[self.index, other.index]], best),
            p.petition_weight,
            world.state.climate.effective[:, dyad],
            p.opening_tension_weight * p.tension_in_opening,
            p.opening_slope,
            unilateral.at_assessment(p.opening_hazard, p.assessment_interval),
        )
        return unilateral.opens(u, chance, gain, p.duty_move_threshold, self.scale(dyad))

    def carries_out(self, other: Government, gains: FloatArray) -> np.ndarray:
        """(R,) whether a threatened duty still pays when its investigation ends."""
        two_steps = self.world.state.case_step[:, self.index, other.index] > 0.0
        step = np.where(two_steps, gains[:, unilateral.UNCHANGED + 2], gains[:, unilateral.UNCHANGED + 1])
        dyad = int(self.parties.dyad_of[self.index, other.index])
        return unilateral.worth_moving(step, self.world.parameters.duty_move_threshold, self.scale(dyad))

    def renews_duty(self, other: Government) -> np.ndarray:
        """(R,) whether a review renews what duty cases have added: where to let it go would cost the bloc (1.6a)."""
        state, at = self.world.state, (slice(None), self.index, other.index)
        gains = self.world.known().move_gain[:, self.parties.pair_of[self.index, other.index]]
        # The nearest point of its grid: no special duty at all, or one step less.
        left = state.special[:, EV, self.index, other.index] - state.case_rise[at]
        is_all = left <= 0.5 * self.world.parameters.duty_step
        return np.where(is_all, gains[:, 0], gains[:, unilateral.UNCHANGED - 1]) < 0.0

    def answers_rise(self, other: Government, rise: FloatArray, u: FloatArray) -> tuple[np.ndarray, FloatArray]:
        """(R,) whether it answers a rise of the other's duty on its goods, and by how much its own rises (1.6a).

        A rise is answered with the stance of theory 1.11, which says what is honoured after bad conduct. A rise is bad
        conduct that nobody mistakes, and it is answered once: the generous stance forgives it by chance, the
        proportional one answers a share; after it tit-for-tat, grim, k-punish, contrite (the rise is no punishment: an
        answer is itself not answered) and a stance of one's own honour nothing, which is the full answer. How many
        quarters they go on punishing concerns the obligations of treaties (``retaliates``).
        """
        del other  # the shipped government answers everybody alike
        p, rule = self.world.parameters, self.world.setting("retaliation_rule")
        share = np.where(rule == "proportional", p.proportional_response, 1.0)
        answers = (rule != "generous") | (u >= self.world.setting("generosity"))
        return answers, share * unilateral.answer_rise(rise, p.retaliation_ratio)

    def promises_supply(self, dyad: int) -> np.ndarray:
        """(R,) whether a treaty in force has its promise not to withhold supplies."""
        held = self.world.agenda.menus[dyad].held[:, SUPPLY + self.side(dyad)]
        return held[self.world.state.treaty[:, dyad]] > 0

    def withholds(self, other: Government, answers: np.ndarray) -> np.ndarray:
        """(R,) whether it withholds export licences, too, where it answers (R,) a rise of the other's duty.

        It does where it has any that the other needs and has not promised to give them. They are given again when the
        duty is back where it was, or when a treaty promises them.
        """
        if not self.world.rules.may_withhold[self.index, other.index]:
            return np.zeros(answers.shape, dtype=bool)
        return answers & ~self.promises_supply(int(self.parties.dyad_of[self.index, other.index]))

    def strikes_at_once(self, other: Government, u: FloatArray) -> np.ndarray:
        """(R,) whether the bloc raises a duty in an emergency, without an investigation."""
        p = self.world.parameters
        if not p.tension_in_emergency:
            return np.zeros(u.shape, dtype=bool)
        level = tension.tension_level(self.world.state.tension[:, self.parties.dyad_of[self.index, other.index]])
        return unilateral.emergency(u, p.emergency_hazard, level)

    def recognises_alone(self, other: Government, u: FloatArray) -> np.ndarray:
        """(R,) whether the bloc recognises the other's certificates for its own good (1.13, recorded as harmony)."""
        dyad, side = (
            int(self.parties.dyad_of[self.index, other.index]),
            int(self.parties.side_of[self.index, other.index]),
        )
        gain = issue_values(self.world.known().parts[dyad][side])[..., RECOGNITION + side]
        p = self.world.parameters
        rate = unilateral.at_assessment(p.unilateral_recognition_rate, p.assessment_interval)
        return standards.recognises_alone(gain, u, rate)

    def makes_gesture(self, dyad: int, lanes: np.ndarray, u: FloatArray, is_next_step: np.ndarray) -> np.ndarray:
        """(n,) whether it would make a gesture in these lanes: in falling tension, or as the next step (1.15)."""
        world, p = self.world, self.world.parameters
        return gestures.makes_gesture(
            u,
            p.gesture_hazard,
            self.trust(self.partner(dyad))[lanes],
            p.gesture_trust,
            world.state.climate.level[lanes, dyad],
            world.state.tension_before[lanes, dyad],
            is_next_step,
        )

    def answers_gesture(self, dyad: int, package: np.ndarray) -> np.ndarray:
        """(R,) whether it answers its partner's gesture, so that this package (R,) is kept from then on (1.15)."""
        other = self.partner(dyad)
        return gestures.answers_gesture(
            self.slack_of(dyad, package),
            other.slack_of(dyad, package),
            self.gain_over_treaty(dyad, package),
            other.gain_over_treaty(dyad, package),
        )

    def gain_over_treaty(self, dyad: int, package: np.ndarray) -> FloatArray:
        """(R,) what a package (R,) is worth to it over the treaty in force, both kept, bn$ per quarter."""
        menu, kept = self.world.agenda.menus[dyad], self.flows(dyad).kept
        return kept.at(menu, package) - kept.at(menu, self.world.state.treaty[:, dyad])

    def announces(self, u: FloatArray) -> np.ndarray:
        """(R,) whether it announces a zero-emission path (1.15): for itself, or as a partner is trusted to join."""
        return np.asarray(u < unilateral.zev_hazard(self._path_gain(), self.world.parameters.zev_hesitation))

    def _path_gain(self) -> FloatArray:
        """(R,) the most that it expects of announcing, alone or beside a partner, bn$ per quarter."""
        world, state, own = self.world, self.world.state, self.announcement_gain()
        if not world.parameters.zev_coordination:
            return own
        most = np.full(own.shape, -np.inf)
        for other in world.blocs:
            if other is self:
                continue
            dialogue = state.dialogue[:, int(self.parties.dyad_of[self.index, other.index])]
            joint = world.known().announce_joint[:, self.index, other.index]
            said = state.announced[:, other.index] > 0.0
            most = np.maximum(most, unilateral.zev_gain(own, joint, said, dialogue, self.trust(other)))
        return most

    def announcement_gain(self) -> FloatArray:
        """(R,) what announcing a zero-emission path alone is worth to it, bn$ per quarter (1.15)."""
        world = self.world
        share, required = world.state.books.ev_share[..., self.index], world.scenario.zev_required[self.index]
        return world.known().announce_own[:, self.index] - unilateral.zev_cost(
            world.parameters.zev_cost, required, share
        )

    # --- zones and clubs (1.19) ---------------------------------------------------------------------------------

    def keeps_club(self, club: np.ndarray) -> np.ndarray:
        """(R,) whether it would keep the terms of a club, at its trust in the least trusted fellow member."""
        world, p = self.world, self.world.parameters
        belief, danger = np.ones(club.shape), np.zeros(club.shape)
        tables = coalitions.of_blocs(self.parties.n_blocs)
        for other in world.blocs:
            if other is not self:
                is_fellow = tables.members[:, other.index][club] > 0.0
                ahead = world.state.climate.expected_danger[:, self.parties.dyad_of[self.index, other.index]]
                belief = np.where(is_fellow, np.minimum(belief, self.trust(other)), belief)
                danger = np.where(is_fellow, np.maximum(danger, ahead), danger)
        worth, money = world.state.club_worth.worth.executive, world.state.club_worth.money
        table = (
            club_terms.conditional_flows(worth, money)
            if world.rules.is_conditional
            else club_terms.member_flows(worth, money, tables.after_leaving)
        )
        kept, alone, deserted, both, punish = (clubs.taken(flow[..., self.index, None], club)[:, 0] for flow in table)
        future = self.weight_of_future(danger, belief)
        test = world.rules.honour_test
        passes, _ = test(
            kept, alone, deserted, both, punish, belief, future, p.detection_lag, world.rules.punishment_horizon.of()
        )
        return passes

    def repudiates_club(self, members: FloatArray, u: FloatArray) -> np.ndarray:
        """(R,) whether its politics take it out of the club of these members (R, b) this quarter (1.17, 1.19)."""
        danger = self.world.state.climate.danger
        dangers = [
            danger[:, self.parties.dyad_of[self.index, j]] * members[:, j]
            for j in range(self.parties.n_blocs)
            if j != self.index
        ]
        worst = np.maximum.reduce(dangers)
        return compliance.exit_draw(u, self.world.parameters.repudiation_hazard, worst)

    def signs_club(self, club: np.ndarray) -> np.ndarray:
        """(R,) whether it would keep a proposed club and its legislature passes it (1.9)."""
        world, p, state = self.world, self.world.parameters, self.world.state
        home = (club_terms.payoff_of(world.state.club_worth.worth.legislature) + world.state.club_worth.money)[
            ..., self.index, None
        ]
        gain = clubs.taken(home, club)[:, 0] - clubs.taken(home, state.club)[:, 0]
        # A club recognises certificates, which needs a law.
        usual = p.ratification_threshold[self.index]
        threshold = p.ratification_threshold_us_recognition if EXECUTIVE_DUTIES in self.laws else usual
        chance = ratification.ratification_probability(
            gain,
            coalitions.usual_scale(world.parties, world.agenda.legislature_scale)[self.index],
            threshold + state.threshold_shift[:, self.index],
            p.ratification_slope,
        )
        return self.keeps_club(club) & ratification.ratifies(state.club_mood[:, self.index], chance)
