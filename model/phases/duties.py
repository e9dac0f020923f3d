"""Acting alone: duty cases, relief, emergencies and answers; recognition and announcements (1.6a, 1.13, 1.15)."""

from __future__ import annotations

import numpy as np

from model.numerics import FloatArray
from model.phases.commerce import Commerce
from model.phases.gestures import Gestures
from model.rules import unilateral
from model.vocabulary import DIRECTED_DYADS, DYAD_OF, EV, N_BLOCS


class Duties(Commerce, Gestures):
    """Moves that need no partner."""

    # --- acting alone (1.6a, 1.13, 1.15) ----------------------------------------------------------------------------

    def move_alone(self) -> None:
        """Duty cases end, open or lead to relief; emergencies strike; recognition and announcements are made alone."""
        state, p, t = self.state, self.parameters, self.state.quarter
        rises = np.zeros((N_BLOCS, N_BLOCS))
        falls = np.full((N_BLOCS, N_BLOCS), np.nan)
        free_to_move = p.unilateral_duties and t >= self.scenario.history_quarters
        if free_to_move:
            for importer, partner in DIRECTED_DYADS:
                self._review_duty(importer, partner, rises, falls)
        self._write_duties(rises, falls)
        if self.assesses:
            for importer, partner in DIRECTED_DYADS:
                luck = self.luck.recognition[t + 1, importer, partner]
                if state.recognises[importer, partner] <= 0.0 and self.blocs[importer].recognises_alone(
                    self.blocs[partner], luck
                ):
                    state.recognises[importer, partner] = 1.0
                    self.teller.recognises_alone(importer, partner)
            if p.undertakings and t > 0:
                self.undertake()
        self.announce_paths()
        if p.grit:
            self.make_gestures()
        self.keep_standards()

    def _review_duty(self, importer: int, partner: int, rises: FloatArray, falls: FloatArray) -> None:
        """One bloc reviews its duty on one partner; writes a rise or a new level, never the state of others."""
        state, p, t = self.state, self.parameters, self.state.quarter
        bloc, other = self.blocs[importer], self.blocs[partner]
        bound = self.binds(importer, partner)
        if state.case_left[importer, partner] > 0.0:
            state.case_left[importer, partner] -= 1.0
            if bound:
                state.case_left[importer, partner] = 0.0
                state.dropped[importer, partner] += 1.0
                self.teller.case_ends(importer, partner, "settled")
            elif state.case_left[importer, partner] == 0.0:
                if bloc.carries_out(other):
                    rises[importer, partner] = p.duty_step * (1.0 + state.case_step[importer, partner])
                    state.carried[importer, partner] += 1.0
                    self.teller.case_ends(importer, partner, "carried out")
                else:
                    state.dropped[importer, partner] += 1.0
                    self.teller.case_ends(importer, partner, "dropped")
            return
        if bound:
            return
        if self.assesses:
            _, best, gain = bloc.duty_moves(other)
            luck = self.luck.opening[t + 1, importer, partner]
            if (
                best != unilateral.UNCHANGED
                and bloc.opens_case(other, best, gain, luck)
                and self._breach_pays(importer, partner, best)
            ):
                if best > unilateral.UNCHANGED:
                    steps = best - unilateral.UNCHANGED
                    state.case_left[importer, partner] = float(p.investigation_quarters)
                    state.case_step[importer, partner] = float(steps - 1)
                    self.teller.case_opens(importer, partner, p.duty_step * steps)
                else:
                    grid = unilateral.duty_grid(state.special[EV, importer, partner], p.duty_step)
                    falls[importer, partner] = grid[best]
                return
        if bloc.strikes_at_once(other, self.luck.emergency[t + 1, importer, partner]):
            rises[importer, partner] = unilateral.EMERGENCY_STEPS * p.duty_step
            self.teller.emergency(importer, partner, unilateral.EMERGENCY_STEPS * p.duty_step)

    def _breach_pays(self, importer: int, partner: int, best: int) -> bool:
        """A rise against a partner with whom another treaty is in force must pass the test of a lapse (1.6a)."""
        d = int(DYAD_OF[importer, partner])
        return best < unilateral.UNCHANGED or int(self.state.treaty[d]) == 0 or not self.blocs[importer].honours(d)

    def _write_duties(self, rises: FloatArray, falls: FloatArray) -> None:
        """Put rises, answers to them, and relief into the special duties.

        A rise is answered with the stance of theory 1.11 (1.6a), which says what is honoured after bad conduct. A rise
        is bad conduct that nobody mistakes, and it is answered once: the generous stance forgives it by chance, the
        proportional one answers a share; after it tit-for-tat, grim, k-punish, contrite (the rise is no punishment: an
        answer is itself not answered) and a stance of one's own honour nothing, which is the full answer. How many
        quarters they go on punishing concerns the obligations of treaties (``watch_conduct``).
        """
        state, p = self.state, self.parameters
        luck = self.luck.answer[state.quarter + 1]
        answers = np.zeros_like(rises)
        for importer, partner in DIRECTED_DYADS:
            if rises[importer, partner] > 0.0 and not self.binds(partner, importer):
                forgives = p.retaliation_rule == "generous" and luck[partner, importer] < p.generosity
                if not forgives:
                    share = p.proportional_response if p.retaliation_rule == "proportional" else 1.0
                    answers[partner, importer] = share * unilateral.answer_rise(
                        rises[importer, partner], p.retaliation_ratio
                    )
                    self.teller.answers(partner, importer, float(answers[partner, importer]))
        for importer, partner in DIRECTED_DYADS:
            step = rises[importer, partner] + answers[importer, partner]
            if not np.isnan(falls[importer, partner]):
                step = step + falls[importer, partner] - state.special[EV, importer, partner]
                self.teller.relief(importer, partner, float(falls[importer, partner]))
            if step != 0.0:
                moved = self.economy.case_covers[:, importer, partner] * step
                state.special[:, importer, partner] = unilateral.moved_duty(state.special[:, importer, partner], moved)
