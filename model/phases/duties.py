"""Acting alone: duty cases, relief, emergencies; recognition and announcements (1.6a, 1.13, 1.15)."""

from __future__ import annotations

import numpy as np

from model.layout import zeros
from model.numerics import FloatArray
from model.phases import gestures, licences, trade, treaties
from model.rules import bargaining, unilateral
from model.stage import Stage
from model.state import NEVER
from model.telling.outcomes import CaseEnd
from model.vocabulary import EV


def move_alone(world: Stage) -> None:
    """Duty cases end, open or lead to relief; emergencies strike; recognition and announcements are made alone."""
    p, t, is_new = world.parameters, world.state.quarter, world.state.insight.is_new
    licences.give_again(world)
    if p.unilateral_duties and t >= world.scenario.history_quarters:
        n_blocs = world.parties.n_blocs
        rises = zeros(world.n_lanes, n_blocs, n_blocs)
        falls = zeros(world.n_lanes, n_blocs, n_blocs) + np.nan
        for importer, partner in world.parties.directed:
            _review_duty(world, importer, partner, rises, falls)
        _write_duties(world, rises, falls)
    if is_new:
        for importer, partner in world.parties.directed:
            _recognise_alone(world, importer, partner)
        trade.agree_undertakings(world)
    gestures.announce_paths(world)
    if p.grit:
        gestures.make_gestures(world)
    treaties.keep_standards(world)


# --- duties ---------------------------------------------------------------------------------------------------------


def _review_duty(world: Stage, importer: int, partner: int, rises: FloatArray, falls: FloatArray) -> None:
    """One bloc reviews its duty on one partner: a running case goes on or ends, a new one may open."""
    state, p, t = world.state, world.parameters, world.state.quarter
    at = (slice(None), importer, partner)
    bound = treaties.binds(world, importer, partner)
    running = state.case_left[at] > 0.0
    bloc, other = world.blocs[importer], world.blocs[partner]
    if np.count_nonzero(running):
        _go_on_with_case(world, importer, partner, running, bound, rises)
    free = ~running & ~bound
    if t >= world.rules.reviews_from and np.count_nonzero(state.review[at] <= t):
        _review_results(world, importer, partner, rises)
    if state.insight.is_new:
        best, gain = unilateral.best_move(bloc.duty_moves(other))
        opens = free & (best != unilateral.UNCHANGED)
        if np.count_nonzero(opens):
            opens &= bloc.opens_case(other, best, gain, world.luck.opening[t + 1, :, importer, partner])
            opens &= ~_must_honour(world, importer, partner, opens & (best > unilateral.UNCHANGED))
            new_case, relief = opens & (best > unilateral.UNCHANGED), opens & (best < unilateral.UNCHANGED)
            state.case_left[at] = np.where(new_case, float(p.investigation_quarters), state.case_left[at])
            state.case_step[at] = np.where(new_case, best - (unilateral.UNCHANGED + 1.0), state.case_step[at])
            grid = unilateral.duty_grid(state.special[:, EV, importer, partner], p.duty_step)
            falls[at] = np.where(relief, bargaining.take(grid, best), np.nan)
            world.tell("case_opens", new_case, importer, partner, p.duty_step * (best - unilateral.UNCHANGED))
            world.tell("licences_threatened", other.withholds(bloc, new_case), partner, importer)
            free &= ~opens
    strikes = free & bloc.strikes_at_once(other, world.luck.emergency[t + 1, :, importer, partner])
    if np.count_nonzero(strikes):
        rises[at] += np.where(strikes, unilateral.EMERGENCY_STEPS * p.duty_step, 0.0)
        world.tell("emergency", strikes, importer, partner, unilateral.EMERGENCY_STEPS * p.duty_step)


def _go_on_with_case(
    world: Stage, importer: int, partner: int, running: np.ndarray, bound: np.ndarray, rises: FloatArray
) -> None:
    """A case that runs is settled by a treaty, or decided when its time is over."""
    state, p, bloc, other = world.state, world.parameters, world.blocs[importer], world.blocs[partner]
    at = (slice(None), importer, partner)
    left = np.where(running, np.where(bound, 0.0, state.case_left[at] - 1.0), state.case_left[at])
    settled = running & bound
    decided = running & ~bound & (left == 0.0)
    carried = decided & bloc.carries_out(other, bloc.duty_moves(other))
    rises[at] = np.where(carried, p.duty_step * (1.0 + state.case_step[at]), 0.0)
    # A later case on the same duty starts the clock of all again (SCM Agreement art. 21.3).
    state.case_rise[at] += rises[at]
    state.review[at] = np.where(carried, state.quarter + world.setting("review_quarters"), state.review[at])
    state.carried[at] += carried
    state.dropped[at] += settled | (decided & ~carried)
    state.case_left[at] = left
    for how, ends in (
        (CaseEnd.SETTLED, settled), (CaseEnd.CARRIED_OUT, carried), (CaseEnd.DROPPED, decided & ~carried)
    ):  # fmt: skip
        world.tell("case_ends", ends, importer, partner, how)


def _review_results(world: Stage, importer: int, partner: int, rises: FloatArray) -> None:
    """What duty cases have added to a duty expires where its review does not renew it, treaty or not (5)."""
    state, at = world.state, (slice(None), importer, partner)
    due = state.review[at] <= state.quarter
    renewed = due & world.blocs[importer].renews_duty(world.blocs[partner])
    next_one = np.where(renewed, state.quarter + world.setting("review_quarters"), NEVER)
    state.review[at] = np.where(due, next_one, state.review[at])
    rises[at] -= np.where(due & ~renewed, state.case_rise[at], 0.0)
    state.case_rise[at] = np.where(due & ~renewed, 0.0, state.case_rise[at])
    world.tell("case_ends", renewed, importer, partner, CaseEnd.RENEWED)
    world.tell("case_ends", due & ~renewed, importer, partner, CaseEnd.EXPIRED)


def _must_honour(world: Stage, importer: int, partner: int, rises: np.ndarray) -> np.ndarray:
    """(R,) where a rise against a partner of another treaty does not pass the test of a lapse (1.6a)."""
    dyad = int(world.parties.dyad_of[importer, partner])
    in_force = rises & (world.state.treaty[:, dyad] > 0)
    # Nobody is asked whether it honours a treaty that is not there.
    return in_force & world.blocs[importer].honours(dyad) if np.count_nonzero(in_force) else in_force


def _write_duties(world: Stage, rises: FloatArray, falls: FloatArray) -> None:
    """Put rises (and what expires, below zero), answers to them, and relief into the special duties."""
    state, luck = world.state, world.luck.answer[world.state.quarter + 1]
    if not np.count_nonzero(rises) and np.isnan(falls).all():
        return
    answers = zeros(world.n_lanes, world.parties.n_blocs, world.parties.n_blocs)
    for importer, partner in world.parties.directed:
        rise = rises[:, importer, partner]
        provoked = (rise > 0.0) & ~treaties.binds(world, partner, importer)
        bloc, other = world.blocs[partner], world.blocs[importer]
        answers_it, by = bloc.answers_rise(other, rise, luck[:, partner, importer])
        answered = provoked & answers_it
        answers[:, partner, importer] = np.where(answered, by, 0.0)
        world.tell("answers", answered, partner, importer, answers[:, partner, importer])
        licences.withhold(world, partner, importer, (rise > 0.0) & answers_it)
    for importer, partner in world.parties.directed:
        at = (slice(None), importer, partner)
        step = rises[at] + answers[at]
        relief = ~np.isnan(falls[at])
        world.tell("relief", relief, importer, partner, falls[at])
        step = np.where(relief, step + falls[at] - state.special[:, EV, importer, partner], step)
        moves = step != 0.0
        if not np.count_nonzero(moves):
            continue
        for good in range(state.special.shape[1]):
            special = state.special[:, good, importer, partner]
            moved = world.economy.case_covers[good, importer, partner] * step
            state.special[:, good, importer, partner] = np.where(moves, unilateral.moved_duty(special, moved), special)
        state.case_rise[at] = np.minimum(state.case_rise[at], state.special[:, EV, importer, partner])


# --- standards ------------------------------------------------------------------------------------------------------


def _recognise_alone(world: Stage, importer: int, partner: int) -> None:
    """A bloc may recognise another's certificates for its own good (1.13, recorded as harmony)."""
    state = world.state
    luck = world.luck.recognition[state.quarter + 1, :, importer, partner]
    before = state.recognises[:, importer, partner]
    grants = (before <= 0.0) & world.blocs[importer].recognises_alone(world.blocs[partner], luck)
    world.tell("recognises_alone", grants, importer, partner)
    state.recognises[:, importer, partner] = np.where(grants, 1.0, before)
