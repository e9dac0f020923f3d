"""Treaties in every lane: kept or not, what is in force of them, how they end (1.6, 1.10, 1.11, 1.17)."""

from __future__ import annotations

import functools

import numpy as np

from model.common import continuation_of
from model.credits import friends_of, nobodys_friend
from model.lanes.base import rows, zeros
from model.lanes.club import Club
from model.numerics import FloatArray, FloatLike
from model.partial import kept_share
from model.phases.treaties import FULL_LEVEL, SUNSET_TERM
from model.plugins import Conduct
from model.rules import bargaining, compliance, cooperation, policy, trust, turnover
from model.state import CLOSED, NEVER, NOTHING_SIGNED
from model.vocabulary import (
    BLOC_NAMES,
    BLOCS,
    CHARGING,
    DIRECTED_DYADS,
    DUTY,
    DYAD_OF,
    DYADS,
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

# Causes of the end of a treaty, in the order of ``CAUSES``: 0 is none.
CAUSES = ("", "failed its own test", "repudiated", "left after notice", "sunset", "new government")
LAPSE, TURNOVER, EXIT, SUNSET, NEW_GOVERNMENT = 1, 2, 3, 4, 5
# The same in a story, with the name of who is to blame.
CAUSES_TOLD = (
    "",
    "{name} failed its own test two quarters running",
    "politics in {name} repudiated it",
    "{name} left after notice",
    "it reached its sunset and was not renewed",
    "the new government of {name} did not take it over",
)


class Treaties(Club):
    """Obligations, and what becomes of them."""

    # --- entry into force (1.9) -------------------------------------------------------------------------------------

    def enter_into_force(self) -> None:
        """What was ratified last quarter replaces what was in force."""
        state = self.state
        for d in range(N_DYADS):
            enters = state.signed[:, d] >= 0
            if enters.any():
                self.start_over(d, enters)
                state.treaty[:, d] = np.where(enters, state.signed[:, d], state.treaty[:, d])
                for _, story in self.told(enters):
                    story.in_force(d)
        state.signed[...] = NOTHING_SIGNED
        self.enter_club()

    # --- what a side makes of a treaty ------------------------------------------------------------------------------

    def trust_of(self, observer: int, observed: int) -> FloatArray:
        """(R,) belief of one bloc that another honours in a quarter, or by type: that it is a reciprocator (1.10)."""
        state = self.state
        if self.parameters.trust_type:
            return state.type_belief[:, observer, observed]
        return trust.trust_level(state.good[:, observer, observed], state.bad[:, observer, observed])

    def keeps_treaty(self, d: int, side: int) -> np.ndarray:
        """(R,) whether a side's own test says that it keeps the policy in force (1.10)."""
        return self.slack_at(d, side, self.state.treaty[:, d]) >= 0.0

    def slack_at(self, d: int, side: int, package: np.ndarray) -> FloatArray:
        """(R,) what honouring a package (R,) is worth to a side beyond lapsing, at today's trust (1.10)."""
        flows, p, menu = self.known().flows[d][side], self.parameters, self.agenda.menus[d]
        x, y = (of[package] for of in (menu.x_of, menu.y_of))
        belief = self.trust_of(DYADS[d][side], DYADS[d][1 - side])
        future = continuation_of(p, self.expected_danger[:, d], belief)
        test = compliance.honour_test_type if p.trust_type else compliance.honour_test

        def slack(
            kept: FloatArray, alone: FloatArray, deserted: FloatArray, both: FloatLike, punish: FloatLike
        ) -> FloatArray:
            lag, length = p.detection_lag, self.punishment_horizon
            return test(kept, alone, deserted, both, punish, belief, future, lag, length)[1]

        kept, alone, deserted = flows.kept, flows.alone, flows.deserted
        take = bargaining.take
        of_x = slack(
            take(kept.x, x), take(alone.x, x), take(deserted.x, x), flows.both_lapse[..., 0], flows.punish[..., 0]
        )
        of_y = slack(take(kept.y, y), take(alone.y, y), take(deserted.y, y), 0.0, 0.0)
        return of_x + of_y

    def binds(self, importer: int, partner: int) -> np.ndarray:
        """(R,) whether a treaty in force, or a club of both, binds the importer's duty on the partner's goods."""
        bound = self.position(importer, partner) > 0
        return bound | self.fellows(importer, partner) if self.has_clubs else bound

    def position(self, importer: int, partner: int) -> np.ndarray:
        """(R,) position of the importer's duty on the partner's goods in the package in effect, 0 = unbound."""
        d, side = int(DYAD_OF[importer, partner]), int(SIDE_OF[importer, partner])
        return self.agenda.menus[d].coordinates[:, side][self.in_effect(d)]

    # --- compliance and duties (1.6, 1.10) --------------------------------------------------------------------------

    def honour_or_withdraw(self) -> None:
        """Each side of a treaty in force keeps it if its own test says so."""
        state = self.state
        honours = zeros(self.n_lanes, N_DYADS, N_SIDES, dtype=bool)
        effort = zeros(self.n_lanes, N_DYADS, N_SIDES) + 1.0
        for d in range(N_DYADS):
            for side in (0, 1):
                honours[:, d, side] = (state.treaty[:, d] == 0) | self.keeps_treaty(d, side)
                if self.parameters.partial_compliance and not honours[:, d, side].all():
                    path = self.own_path(d, side, state.treaty[:, d])
                    share, passes = kept_share(path, functools.partial(self.slack_at, d, side))
                    in_part = ~honours[:, d, side] & passes
                    effort[:, d, side] = np.where(in_part, share, 1.0)
                    honours[:, d, side] |= in_part
                    for lane, story in self.told(in_part):
                        story.keeps_in_part(d, side, effort[lane, d, side])
                for _, story in self.told(~honours[:, d, side]):
                    story.lapses(d, side)
        state.honours, state.effort = honours, effort
        lapsed, short = (~honours).astype(np.float64), 1.0 - effort
        by_dyad = lapsed[..., 0] + lapsed[..., 1]
        self.violations = by_dyad + (short[..., 0] + short[..., 1])
        self.n_lapses = self.n_lapses + by_dyad
        self.keep_gestures()
        self.keep_club()
        self.keep_standards()

    def keep_gestures(self) -> None:
        """A gesture ends at once where its giver does not keep the treaty that it is added to."""
        state = self.state
        if not state.gesture.any():
            return
        keeps = state.honours & (state.level >= FULL_LEVEL) & (state.effort >= 1.0)
        kept = np.where(state.gesture_side == 0, keeps[..., 0], keeps[..., 1])
        for d in range(N_DYADS):
            for lane, story in self.told((state.gesture[:, d] > 0) & ~kept[:, d]):
                story.gesture_ends(d, int(state.gesture_side[lane, d]))
        state.gesture = np.where(kept, state.gesture, 0)
        state.gesture_left = np.where(kept, state.gesture_left, 0.0)

    def kept_levels(self) -> FloatArray:
        """(R, d, 10) implemented level of every issue this quarter: treaty level times what is honoured."""
        state = self.state
        kept = zeros(self.n_lanes, N_DYADS, N_ISSUES)
        for d in range(N_DYADS):
            levels = rows(self.agenda.levels[d], self.in_effect(d))
            own = state.honours[:, d].astype(np.float64)
            both = own[:, 0] * own[:, 1]
            given = own * state.level[:, d]
            for issue, share in (
                (DUTY, given * state.effort[:, d]),
                (SUPPLY, given),
                (RECOGNITION, own),
                (LINKAGE, own),
            ):
                kept[:, d, issue : issue + 2] = levels[:, issue : issue + 2] * share
            kept[:, d, CHARGING] = levels[:, CHARGING] * both
            kept[:, d, TECHNOLOGY] = levels[:, TECHNOLOGY] * both
        return kept

    def keep_standards(self) -> None:
        """Recognition, charging and technology in force between blocs, by treaty or alone."""
        kept = self.kept_levels()
        recognised, common = self.state.recognises.copy(order="K"), zeros(self.n_lanes, N_BLOCS, N_BLOCS)
        together = zeros(self.n_lanes, N_BLOCS + 1, N_BLOCS + 1)
        for d, (i, j) in enumerate(DYADS):
            recognised[:, i, j] = np.maximum(recognised[:, i, j], kept[:, d, RECOGNITION])
            recognised[:, j, i] = np.maximum(recognised[:, j, i], kept[:, d, RECOGNITION + 1])
            common[:, i, j] = common[:, j, i] = kept[:, d, CHARGING]
            together[:, i, j] = together[:, j, i] = kept[:, d, TECHNOLOGY]
        self.recognised, self.common = self.recognised_in_club(recognised), common
        self.friends = friends_of(kept) if self.parameters.friendshoring else nobodys_friend(kept)
        home = self.scenario.supplier_home
        self.cooperates = together[:, home[:, None], home[None, :]]

    def put_duties_in_force(self) -> None:
        """Duties follow from the no-treaty duty, the treaty's cut, and what is honoured of it."""
        state, s, t = self.state, self.scenario, self.state.quarter
        duty = zeros(self.n_lanes, N_GOODS, N_BLOCS, N_BLOCS)
        self.implemented = self.kept_levels()
        concessions = self.implemented.copy(order="K")
        for importer, partner in DIRECTED_DYADS:
            d, side = int(DYAD_OF[importer, partner]), int(SIDE_OF[importer, partner])
            position = self.position(importer, partner)
            kept = state.honours[:, d, side] * state.level[:, d, side] * state.effort[:, d, side]
            for good in range(N_GOODS):
                base = s.mfn[t, good, importer, partner] + state.special[:, good, importer, partner]
                floor = np.minimum(s.floor[t, good, importer, partner], base)
                cut = self.economy.cuts[good, importer, partner][position]
                duty[:, good, importer, partner] = policy.applied_duty(base, floor, cut * kept)
            level = self.agenda.levels[d][:, DUTY + side][self.in_effect(d)]
            concessions[:, d, DUTY + side] = cooperation.concession(level, position > 0, kept)
        state.duty = self.duties_with_club(duty)
        self.concessions = concessions = self.concessions_with_club(concessions)
        state.depth = cooperation.depth(concessions, self.agenda.weights)
        self.depth_contested = cooperation.depth(concessions, self.agenda.contested_weights)

    # --- what the quarter leaves behind (1.11, 1.12, 1.17) ----------------------------------------------------------

    def watch_conduct(self) -> None:
        """Every side reads its partner's conduct, updates its trust, and sets its answer for next quarter."""
        state, p, t = self.state, self.parameters, self.state.quarter
        good, bad, types = (held.copy(order="K") for held in (state.good, state.bad, state.type_belief))
        level, left = state.level.copy(order="K"), state.answer_left.copy(order="K")
        acts = state.honours * state.level * state.effort
        bound = state.treaty > 0
        if self.has_clubs:
            acts = acts * self.club_acts()
            for d, pair in enumerate(DYADS):
                bound[:, d] |= self.fellows(*pair)
        for d, pair in enumerate(DYADS):
            in_force, obliged = state.treaty[:, d] > 0, bound[:, d]
            false_alarm = trust.monitoring_error(p.false_alarm, state.dialogue[:, d], p.dialogue_on_monitoring)
            missed = trust.monitoring_error(p.missed_violation, state.dialogue[:, d], p.dialogue_on_monitoring)
            for side, b in enumerate(pair):
                j = pair[1 - side]
                act = acts[:, d, 1 - side]
                kept = (act >= FULL_LEVEL).astype(np.float64)
                conduct = act if p.partial_compliance else kept
                signal = trust.conduct_signal(conduct, self.luck.conduct[t + 1, :, d, side], false_alarm, missed)
                good[:, b, j], bad[:, b, j] = trust.update_evidence(
                    state.good[:, b, j],
                    state.bad[:, b, j],
                    state.prior_good[:, b, j],
                    state.prior_bad[:, b, j],
                    p.trust_memory,
                    trust.debiased_signal(signal, false_alarm, missed),
                    obliged.astype(np.float64),
                )
                if p.trust_type:
                    learned = compliance.bayes_type_update(types[:, b, j], signal, false_alarm, missed)
                    types[:, b, j] = np.where(obliged, learned, types[:, b, j])
                seen = np.where(signal == kept, act, 1.0 - act)
                next_level, next_left = self.stance(
                    Conduct(
                        signal=signal,
                        observed_level=seen,
                        left=state.answer_left[:, d, side],
                        u=self.luck.generosity[t + 1, :, d, side],
                        standing=state.standing[:, d, side],
                        generosity=p.generosity,
                        response=p.proportional_response,
                        quarters=p.punishment_quarters,
                    )
                )
                for lane, story in self.told(in_force & (next_level < state.level[:, d, side])):
                    story.retaliates(d, side, bool(kept[lane] >= 1.0))
                level[:, d, side] = np.where(in_force, next_level, level[:, d, side])
                left[:, d, side] = np.where(in_force, next_left, left[:, d, side])
        state.good, state.bad, state.level, state.answer_left = good, bad, level, left
        state.type_belief = types
        # What a side has just done itself decides how a contrite one reads the next quarter.
        state.standing = ((acts >= FULL_LEVEL) | ~bound[..., None]).astype(np.float64)

    def leave_treaties(self) -> None:
        """Treaties end by failed tests, politics, notice or sunset; the rest grow older."""
        state, p, t = self.state, self.parameters, self.state.quarter
        for d in range(N_DYADS):
            in_force = state.treaty[:, d] > 0
            if not in_force.any():
                continue
            cause = np.zeros(self.n_lanes, dtype=np.int8)
            gains = [self._gain_in_force(d, side) for side in (0, 1)]
            for side in (0, 1):
                failed_now = ~state.honours[:, d, side]
                cause = first_cause(cause, LAPSE, compliance.two_strikes(failed_now, state.failed[:, d, side]))
                state.failed[:, d, side] = np.where(in_force, failed_now, state.failed[:, d, side])
                repudiated = compliance.exit_draw(
                    self.luck.exit[t + 1, :, d, side], p.repudiation_hazard, self.danger[:, d]
                )
                cause = first_cause(cause, TURNOVER, repudiated)
                if p.turnover and self.scenario.turnover[t, DYADS[d][side]]:
                    least = bargaining.reservation_value(p.reservation_fraction, self.agenda.scale[d, side])
                    cause = first_cause(cause, NEW_GOVERNMENT, ~turnover.takes_over(gains[side], least))
                leaves = compliance.exit_pays(-gains[side], p.exit_cost, self.agenda.scale[d, side])
                notice = np.where(leaves, state.notice[:, d, side] + 1.0, 0.0)
                cause = first_cause(cause, EXIT, leaves & (notice > p.exit_notice))
                state.notice[:, d, side] = np.where(in_force, notice, state.notice[:, d, side])
                if side == 0:
                    by_first = cause > 0
            due = (cause == 0) & (state.sunset[:, d] <= t)
            if (due & in_force).any():
                least = bargaining.reservation_value(p.reservation_fraction, self.agenda.scale[d])
                renewed = (gains[0] >= least[0]) & (gains[1] >= least[1])
                state.sunset[:, d] = np.where(in_force & due & renewed, t + SUNSET_TERM, state.sunset[:, d])
                cause = first_cause(cause, SUNSET, due & ~renewed)
                for _, story in self.told(in_force & due & renewed):
                    story.renewed(d)
            ends = in_force & (cause > 0)
            is_first = ends & (self.first_end[:, d] < 0)
            self.first_end[:, d] = np.where(is_first, t, self.first_end[:, d])
            self.first_end_cause[:, d] = np.where(is_first, cause, self.first_end_cause[:, d])
            self._end_treaties(d, ends)
            for lane, story in self.told(ends):
                name = BLOC_NAMES[BLOCS[DYADS[d][0 if by_first[lane] else 1]]]
                story.treaty_ends(d, CAUSES_TOLD[int(cause[lane])].format(name=name))

    def _gain_in_force(self, d: int, side: int) -> FloatArray:
        """(R,) what the treaty in force is worth to a side over none, if both keep it, bn$ per quarter."""
        menu, kept = self.agenda.menus[d], self.known().flows[d][side].kept
        return kept.at(menu, self.state.treaty[:, d]) - kept.at(menu, np.zeros(self.n_lanes, dtype=np.int64))

    def _end_treaties(self, d: int, ends: np.ndarray) -> None:
        state = self.state
        self.start_over(d, ends)
        state.treaty[:, d] = np.where(ends, 0, state.treaty[:, d])
        state.clock[:, d] = np.where(ends, CLOSED, state.clock[:, d])
        pause = np.maximum(state.pause[:, d], float(self.parameters.cooling_off))
        state.pause[:, d] = np.where(ends, pause, state.pause[:, d])

    def start_over(self, d: int, where: np.ndarray) -> None:
        """A treaty that ends or begins leaves nothing of the last one's record behind."""
        state = self.state
        state.gesture[:, d] = np.where(where, 0, state.gesture[:, d])
        state.gesture_left[:, d] = np.where(where, 0.0, state.gesture_left[:, d])
        state.sunset[:, d] = np.where(where, NEVER, state.sunset[:, d])
        for side in (0, 1):
            state.level[:, d, side] = np.where(where, 1.0, state.level[:, d, side])
            state.answer_left[:, d, side] = np.where(where, 0.0, state.answer_left[:, d, side])
            state.notice[:, d, side] = np.where(where, 0.0, state.notice[:, d, side])
            state.failed[:, d, side] &= ~where
            state.effort[:, d, side] = np.where(where, 1.0, state.effort[:, d, side])


def first_cause(cause: np.ndarray, code: int, happens: np.ndarray) -> np.ndarray:
    """(R,) the cause known so far, or ``code`` where there was none and it happens."""
    return np.where((cause == 0) & happens, code, cause).astype(np.int8)
