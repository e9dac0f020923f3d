"""Acting alone: duty cases, relief, emergencies and answers; recognition and announcements (1.6a, 1.13, 1.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from of_three import DIRECTED_DYADS, DYAD_OF, N_BLOCS, SIDE_OF

from model.numerics import FloatArray
from model.rules import unilateral
from model.vocabulary import EV
from reference import clocks, treaties
from reference.relations import NEVER

if TYPE_CHECKING:
    from reference.world import World


def prepare(w: World) -> None:
    """Duties and announcements as the scenario has them; no case runs. Duties are indexed (importer, partner)."""
    w.special, w.duty = w.opening.special.copy(), w.opening.duty.copy()  # (g, b, b) above MFN without treaties; applied
    w.charged = w.opening.paid[EV]  # (b, b) what EVs pay of it on average
    # (b, b) quarters that a case still runs, steps threatened less one, threats carried out, dropped; recognised alone
    w.case_left, w.case_step, w.carried, w.dropped, w.recognises = (np.zeros((N_BLOCS, N_BLOCS)) for _ in range(5))
    # (b, b) what cases have added to the duty, and the quarter in which it is reviewed
    w.review = np.where(w.scenario.review < w.scenario.n_quarters, w.scenario.review, NEVER).astype(np.float64)
    w.case_rise = np.where(w.review < NEVER, w.special[EV], 0.0)
    # (b,) zero-emission path stands, for how many quarters; announced in the run because it pays alone
    w.announced, w.announced_age = w.scenario.zev_announced.astype(np.float64), w.scenario.zev_age.copy()
    w.harmony_announced = np.zeros(N_BLOCS)


def move_alone(w: World) -> None:
    """Duty cases end, open or lead to relief; emergencies strike; recognition and announcements are made alone."""
    rises = np.zeros((N_BLOCS, N_BLOCS))
    falls = np.full((N_BLOCS, N_BLOCS), np.nan)
    if w.parameters.unilateral_duties and w.quarter >= w.scenario.history_quarters:
        for importer, partner in DIRECTED_DYADS:
            _review_duty(w, importer, partner, rises, falls)
            if w.parameters.clocks and w.review[importer, partner] <= w.quarter:
                _review_results(w, importer, partner, rises)
    _write_duties(w, rises, falls)
    if w.assesses:
        _recognise_alone(w)
        _announce_paths(w)
    treaties.keep_standards(w)


def binds(w: World, importer: int, partner: int) -> bool:
    """Whether a treaty in force binds the importer's duty on the partner's goods."""
    d = int(DYAD_OF[importer, partner])
    packages = [int(w.treaty[d]), clocks.waiting(w, importer, partner)]  # what is signed binds as well
    return any(w.agenda.menus[d].coordinates[package][SIDE_OF[importer, partner]] > 0 for package in packages)


def _review_duty(w: World, importer: int, partner: int, rises: FloatArray, falls: FloatArray) -> None:
    """One bloc reviews its duty on one partner; writes a rise or a new level, never the affairs of others."""
    p, t, pair = w.parameters, w.quarter, (importer, partner)
    bloc, other, bound = w.blocs[importer], w.blocs[partner], binds(w, importer, partner)
    if w.case_left[pair] > 0.0:
        w.case_left[pair] -= 1.0
        if bound:
            w.case_left[pair] = 0.0
            w.dropped[pair] += 1.0
        elif w.case_left[pair] == 0.0:
            if bloc.carries_out(other):
                rise = p.duty_step * (1.0 + w.case_step[pair])
                rises[pair] += rise
                w.case_rise[pair], w.review[pair] = w.case_rise[pair] + rise, t + p.review_quarters
                w.carried[pair] += 1.0
            else:
                w.dropped[pair] += 1.0
        return
    if bound:
        return
    if w.assesses:
        _, best, gain = bloc.duty_moves(other)
        opens = best != unilateral.UNCHANGED and bloc.opens_case(other, best, gain, w.luck.opening[t + 1][pair])
        if opens and _breach_pays(w, importer, partner, best):
            if best > unilateral.UNCHANGED:
                w.case_left[pair] = float(p.investigation_quarters)
                w.case_step[pair] = float(best - unilateral.UNCHANGED - 1)
            else:
                falls[pair] = unilateral.duty_grid(w.special[EV][pair], p.duty_step)[best]
            return
    if bloc.strikes_at_once(other, w.luck.emergency[t + 1][pair]):
        rises[pair] += unilateral.EMERGENCY_STEPS * p.duty_step


def _review_results(w: World, importer: int, partner: int, rises: FloatArray) -> None:
    """What cases have added expires unless the review renews it."""
    pair = (importer, partner)
    if w.blocs[importer].renews_duty(w.blocs[partner]):
        w.review[pair] = w.quarter + w.parameters.review_quarters
    else:
        rises[pair] -= w.case_rise[pair]
        w.review[pair], w.case_rise[pair] = NEVER, 0.0


def _breach_pays(w: World, importer: int, partner: int, best: int) -> bool:
    """A rise against a partner with whom another treaty is in force must pass the test of a lapse (1.6a)."""
    d = int(DYAD_OF[importer, partner])
    return best < unilateral.UNCHANGED or int(w.treaty[d]) == 0 or not w.blocs[importer].honours(d)


def _write_duties(w: World, rises: FloatArray, falls: FloatArray) -> None:
    """Put rises, answers to them, and relief into the special duties.

    A rise is answered once, with the stance of 1.11: the generous one forgives it by chance, the proportional one
    answers a share, all others answer in full.
    """
    p, luck = w.parameters, w.luck.answer[w.quarter + 1]
    answers = np.zeros_like(rises)
    for importer, partner in DIRECTED_DYADS:
        forgives = p.retaliation_rule == "generous" and luck[partner, importer] < p.generosity
        if rises[importer, partner] > 0.0 and not binds(w, partner, importer) and not forgives:
            share = p.proportional_response if p.retaliation_rule == "proportional" else 1.0
            answer = unilateral.answer_rise(rises[importer, partner], p.retaliation_ratio)
            answers[partner, importer] = share * answer
    for pair in DIRECTED_DYADS:
        step = rises[pair] + answers[pair]
        if not np.isnan(falls[pair]):
            step = step + falls[pair] - w.special[EV][pair]
        if step != 0.0:
            for good, covered in enumerate(w.economy.case_covers):
                w.special[good][pair] = unilateral.moved_duty(w.special[good][pair], covered[pair] * step)
            w.case_rise[pair] = min(w.case_rise[pair], w.special[EV][pair])


def _recognise_alone(w: World) -> None:
    """Blocs recognise certificates of others where that pays them anyway (1.13)."""
    luck = w.luck.recognition[w.quarter + 1]
    for importer, partner in DIRECTED_DYADS:
        pair = (importer, partner)
        if w.recognises[pair] <= 0.0 and w.blocs[importer].recognises_alone(w.blocs[partner], luck[pair]):
            w.recognises[pair] = 1.0


def _announce_paths(w: World) -> None:
    """Blocs announce zero-emission paths, alone or because a partner is trusted to join (1.15)."""
    luck = w.luck.announcement[w.quarter + 1]
    silent = [bloc for bloc in w.blocs if w.announced[bloc.index] <= 0.0]
    for bloc in [bloc for bloc in silent if bloc.announces(luck[bloc.index])]:
        w.announced[bloc.index], w.announced_age[bloc.index] = 1.0, 0.0
        w.harmony_announced[bloc.index] = float(bloc.gains_by_announcing())
