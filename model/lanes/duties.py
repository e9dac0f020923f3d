"""Acting alone, in every lane: duty cases, relief, emergencies; recognition and announcements (1.6a, 1.13, 1.15)."""

from __future__ import annotations

import numpy as np

from model.lanes.base import zeros
from model.lanes.commerce import Commerce
from model.lanes.gestures import Gestures
from model.numerics import FloatArray
from model.rules import bargaining, standards, tension, unilateral
from model.valuation import issue_values
from model.vocabulary import DIRECTED_DYADS, DYAD_OF, EV, N_BLOCS, RECOGNITION, SIDE_OF

GRID_COST = (unilateral.GRID_STEPS != 0.0) * 1.0  # which points of the duty grid cost something to open


class Duties(Commerce, Gestures):
    """Moves that need no partner."""

    def move_alone(self) -> None:
        """Duty cases end, open or lead to relief; emergencies strike; recognition and announcements are made alone."""
        p, t = self.parameters, self.state.quarter
        if p.unilateral_duties and t >= self.scenario.history_quarters:
            rises = zeros(self.n_lanes, N_BLOCS, N_BLOCS)
            falls = zeros(self.n_lanes, N_BLOCS, N_BLOCS) + np.nan
            for pair, (importer, partner) in enumerate(DIRECTED_DYADS):
                self._review_duty(pair, importer, partner, rises, falls)
            self._write_duties(rises, falls)
        if self.assesses:
            for importer, partner in DIRECTED_DYADS:
                self._recognise_alone(importer, partner)
            if p.undertakings and t > 0:
                self.undertake()
        self.announce_paths()
        if p.grit:
            self.make_gestures()
        self.keep_standards()

    # --- duties -----------------------------------------------------------------------------------------------------

    def _review_duty(self, pair: int, importer: int, partner: int, rises: FloatArray, falls: FloatArray) -> None:
        """One bloc reviews its duty on one partner: a running case goes on or ends, a new one may open."""
        state, p, t = self.state, self.parameters, self.state.quarter
        at = (slice(None), importer, partner)
        bound = self.binds(importer, partner)
        running = state.case_left[at] > 0.0
        dyad = int(DYAD_OF[importer, partner])
        scale = self.agenda.scale[dyad, int(SIDE_OF[importer, partner])]
        gains = self.known().move_gain[:, pair] - GRID_COST * self.agenda.opening_cost[importer, partner]

        # A case that runs: settled by a treaty, or decided when its time is over.
        left = np.where(running, np.where(bound, 0.0, state.case_left[at] - 1.0), state.case_left[at])
        settled = running & bound
        decided = running & ~bound & (left == 0.0)
        step_gain = np.where(
            state.case_step[at] > 0.0, gains[:, unilateral.UNCHANGED + 2], gains[:, unilateral.UNCHANGED + 1]
        )
        carried = decided & unilateral.worth_moving(step_gain, p.duty_move_threshold, scale)
        rises[at] = np.where(carried, p.duty_step * (1.0 + state.case_step[at]), 0.0)
        state.carried[at] += carried
        state.dropped[at] += settled | (decided & ~carried)
        for how, ends in (("settled", settled), ("carried out", carried), ("dropped", decided & ~carried)):
            for _, story in self.told(ends):
                story.case_ends(importer, partner, how)

        free = ~running & ~bound
        if self.assesses:
            best, gain = unilateral.best_move(gains)
            opens = free & (best != unilateral.UNCHANGED)
            opens &= self._opens_case(pair, importer, partner, best, gain, scale)
            opens &= (best < unilateral.UNCHANGED) | (state.treaty[:, dyad] == 0) | ~self._honours(importer, dyad)
            new_case, relief = opens & (best > unilateral.UNCHANGED), opens & (best < unilateral.UNCHANGED)
            left = np.where(new_case, float(p.investigation_quarters), left)
            for lane, story in self.told(new_case):
                story.case_opens(importer, partner, p.duty_step * (int(best[lane]) - unilateral.UNCHANGED))
            state.case_step[at] = np.where(new_case, best - (unilateral.UNCHANGED + 1.0), state.case_step[at])
            grid = unilateral.duty_grid(state.special[:, EV, importer, partner], p.duty_step)
            falls[at] = np.where(relief, bargaining.take(grid, best), np.nan)
            free &= ~opens
        if p.tension_in_emergency:
            level = tension.tension_level(state.tension[:, dyad])
            strikes = free & unilateral.emergency(
                self.luck.emergency[t + 1, :, importer, partner], p.emergency_hazard, level
            )
            rises[at] = np.where(strikes, unilateral.EMERGENCY_STEPS * p.duty_step, rises[at])
            for _, story in self.told(strikes):
                story.emergency(importer, partner, unilateral.EMERGENCY_STEPS * p.duty_step)
        state.case_left[at] = left

    def _honours(self, importer: int, dyad: int) -> np.ndarray:
        """(R,) whether the importer's own test lets it keep the treaty in force with a partner."""
        in_force = self.state.treaty[:, dyad] > 0
        if not in_force.any():
            return in_force
        side = 0 if DIRECTED_DYADS[2 * dyad][0] == importer else 1
        return self.keeps_treaty(dyad, side)

    def _opens_case(
        self, pair: int, importer: int, partner: int, best: np.ndarray, gain: FloatArray, scale: FloatArray
    ) -> np.ndarray:
        """(R,) whether the bloc opens an investigation (or grants relief) at this assessment."""
        p = self.parameters
        chance = unilateral.opening_probability(
            gain,
            scale,
            bargaining.take(self.known().petition[:, pair], best),
            p.petition_weight,
            self.effective_tension[:, int(DYAD_OF[importer, partner])],
            p.opening_tension_weight,
            p.opening_slope,
            p.opening_hazard,
        )
        luck = self.luck.opening[self.state.quarter + 1, :, importer, partner]
        return unilateral.opens(luck, chance, gain, p.duty_move_threshold, scale)

    def _write_duties(self, rises: FloatArray, falls: FloatArray) -> None:
        """Put rises, answers to them, and relief into the special duties; which stance answers how: see ``phases``."""
        state, p = self.state, self.parameters
        luck = self.luck.answer[state.quarter + 1]
        answers = zeros(self.n_lanes, N_BLOCS, N_BLOCS)
        share = p.proportional_response if p.retaliation_rule == "proportional" else 1.0
        for importer, partner in DIRECTED_DYADS:
            answered = (rises[:, importer, partner] > 0.0) & ~self.binds(partner, importer)
            if p.retaliation_rule == "generous":
                answered &= luck[:, partner, importer] >= p.generosity
            rise = share * unilateral.answer_rise(rises[:, importer, partner], p.retaliation_ratio)
            answers[:, partner, importer] = np.where(answered, rise, 0.0)
            for lane, story in self.told(answered):
                story.answers(partner, importer, float(answers[lane, partner, importer]))
        for importer, partner in DIRECTED_DYADS:
            at = (slice(None), importer, partner)
            step = rises[at] + answers[at]
            relief = ~np.isnan(falls[at])
            for lane, story in self.told(relief):
                story.relief(importer, partner, float(falls[lane, importer, partner]))
            step = np.where(relief, step + falls[at] - state.special[:, EV, importer, partner], step)
            moves = step != 0.0
            if not moves.any():
                continue
            for good in range(state.special.shape[1]):
                special = state.special[:, good, importer, partner]
                moved = self.economy.case_covers[good, importer, partner] * step
                state.special[:, good, importer, partner] = np.where(
                    moves, unilateral.moved_duty(special, moved), special
                )

    # --- standards and announcements --------------------------------------------------------------------------------

    def _recognise_alone(self, importer: int, partner: int) -> None:
        """A bloc may recognise another's certificates for its own good (1.13, recorded as harmony)."""
        state = self.state
        dyad, side = int(DYAD_OF[importer, partner]), int(SIDE_OF[importer, partner])
        gain = issue_values(self.known().parts[dyad][side])[..., RECOGNITION + side]
        luck = self.luck.recognition[state.quarter + 1, :, importer, partner]
        grants = standards.recognises_alone(gain, luck, self.parameters.unilateral_recognition_rate)
        before = state.recognises[:, importer, partner]
        for _, story in self.told((before <= 0.0) & grants):
            story.recognises_alone(importer, partner)
        state.recognises[:, importer, partner] = np.where((before <= 0.0) & grants, 1.0, before)
