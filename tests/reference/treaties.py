"""Treaties: kept or not, what is in force of them, what partners make of it, how they end (1.6, 1.10, 1.11, 1.17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from of_three import DIRECTED_DYADS, DYAD_OF, N_BLOCS, N_DYADS, SIDE_OF

from model.numerics import FloatArray
from model.rules import compliance, cooperation, policy
from model.rules.instruments import Instrument
from model.vocabulary import (
    BATTERY,
    CHARGING,
    DUTY,
    DYADS,
    EV,
    LINKAGE,
    N_GOODS,
    N_ISSUES,
    N_SIDES,
    RECOGNITION,
    SUPPLY,
    TECHNOLOGY,
)
from reference import clocks
from reference.bloc import FULL_LEVEL
from reference.relations import NEVER
from reference.talks import CLOSED

if TYPE_CHECKING:
    from reference.world import World

NOTHING_SIGNED = -1  # no package waits to come into force


def prepare(w: World) -> None:
    """The treaties that the scenario starts with, all kept so far."""
    w.treaty = w.agenda.treaty.copy()  # (d,) package in force, 0 none
    # (d,) package signed and not yet in force, and the quarter from which it is; what the treaty in force is
    w.signed, w.entry, w.instrument = np.full(N_DYADS, NOTHING_SIGNED), np.full(N_DYADS, NEVER), np.zeros(N_DYADS)
    w.sunset = np.full(N_DYADS, NEVER)  # (d,) quarter in which it expires
    for treaty in w.scenario.treaties:
        w.sunset[treaty.dyad] = treaty.sunset
        w.instrument[treaty.dyad] = clocks.paper(w, treaty.dyad, int(w.treaty[treaty.dyad]))
        if treaty.instrument and w.parameters.clocks:
            w.instrument[treaty.dyad] = Instrument[treaty.instrument.upper()]
    shape = (N_DYADS, N_SIDES)
    w.honours = np.ones(shape, dtype=bool)  # passes its own test this quarter
    w.failed = np.zeros(shape, dtype=bool)  # failed it last quarter
    w.effort = np.ones(shape)  # part of its duty cut that a side keeps by its own choice
    w.level, w.answer_left = np.ones(shape), np.zeros(shape)  # kept under the stance; quarters of punishment to come
    w.dispute = np.zeros(shape)  # quarters of talks about a complaint and of the suspension after them
    p = w.parameters
    w.by_value = p.answers == "equivalent" and p.deviation == "best"  # answers are of equal value, and no lapses
    w.standing = np.ones(shape)  # 1 where a side kept its part last quarter
    w.notice = np.zeros(shape)  # quarters of notice
    w.violations, w.depth = np.zeros(N_DYADS), np.zeros(N_DYADS)
    keep_standards(w)


def enter_into_force(w: World) -> None:
    """What was passed last quarter replaces what was in force (1.9)."""
    for d in [int(d) for d in np.flatnonzero(w.signed != NOTHING_SIGNED) if w.entry[d] <= w.quarter]:
        _start_afresh(w, d, int(w.signed[d]))
        w.signed[d] = NOTHING_SIGNED
        if w.instrument[d] == Instrument.TRUCE:
            w.sunset[d] = w.quarter + w.parameters.truce_quarters - 1


def _start_afresh(w: World, d: int, package: int) -> None:
    """A treaty, or none, with no record of conduct."""
    w.treaty[d], w.sunset[d], w.failed[d] = package, NEVER, False
    w.instrument[d] = clocks.paper(w, d, package)
    w.level[d], w.effort[d], w.answer_left[d], w.notice[d] = 1.0, 1.0, 0.0, 0.0
    w.dispute[d] = 0.0


# --- compliance and what is in force (1.6, 1.10) --------------------------------------------------------------------


def honour_or_withdraw(w: World) -> None:
    """Each side of a treaty in force keeps it, or the part of it that it can, if its own test says so."""
    honours, effort = np.ones((N_DYADS, N_SIDES), dtype=bool), np.ones((N_DYADS, N_SIDES))
    for d in np.flatnonzero(w.treaty):
        for side, b in enumerate(DYADS[d]):
            honours[d, side] = w.blocs[b].honours(int(d))
            if not honours[d, side] and w.parameters.partial_compliance:
                effort[d, side], honours[d, side] = w.blocs[b].keeps_in_part(int(d))
    w.honours, w.effort = honours, np.where(honours, effort, 1.0)
    lapsed, short = (~honours).astype(np.float64), 1.0 - w.effort
    w.violations = (lapsed[:, 0] + lapsed[:, 1]) + (short[:, 0] + short[:, 1])
    keep_standards(w)


def kept(w: World, d: int, side: int) -> float:
    """Share of its duty concessions that a side keeps this quarter."""
    return float(w.honours[d, side]) * float(w.level[d, side]) * float(w.effort[d, side])


def conduct(w: World, d: int, side: int) -> float:
    """Share of its concessions that a side keeps, an answer of equal value being no lapse."""
    return float(w.honours[d, side]) * float(w.effort[d, side]) if w.by_value else kept(w, d, side)


def kept_levels(w: World) -> FloatArray:
    """(d, 10) implemented level of every issue this quarter: treaty level times what is honoured."""
    result = np.zeros((N_DYADS, N_ISSUES))
    for d in range(N_DYADS):
        levels, own = w.agenda.levels[d][int(w.treaty[d])], w.honours[d].astype(np.float64)
        for side in (0, 1):
            given = own[side] * w.level[d, side]
            result[d, DUTY + side] = levels[DUTY + side] * (given * w.effort[d, side])
            result[d, SUPPLY + side] = levels[SUPPLY + side] * given
            result[d, RECOGNITION + side] = levels[RECOGNITION + side] * own[side]
            result[d, LINKAGE + side] = levels[LINKAGE + side] * own[side]
        for joint in (CHARGING, TECHNOLOGY):
            result[d, joint] = levels[joint] * (own[0] * own[1])
    return result


def keep_standards(w: World) -> None:
    """Recognition, charging and technology in force between blocs, by treaty or alone."""
    levels, places = kept_levels(w), N_BLOCS + 1
    w.recognised, w.common = w.recognises.copy(), np.zeros((N_BLOCS, N_BLOCS))  # (b, b) importer, partner
    together = np.zeros((places, places))
    for d, (i, j) in enumerate(DYADS):
        w.recognised[i, j] = max(w.recognised[i, j], levels[d, RECOGNITION])
        w.recognised[j, i] = max(w.recognised[j, i], levels[d, RECOGNITION + 1])
        w.common[i, j] = w.common[j, i] = levels[d, CHARGING]
        together[i, j] = together[j, i] = levels[d, TECHNOLOGY]
    w.together = together  # (o, o)


def put_duties_in_force(w: World) -> None:
    """Duties follow from the no-treaty duty, the treaty's cut, and what is honoured of it; depth follows too."""
    s, t = w.scenario, w.quarter
    w.duty, concessions = np.zeros((N_GOODS, N_BLOCS, N_BLOCS)), kept_levels(w)
    for pair in DIRECTED_DYADS:
        d, side = int(DYAD_OF[pair]), int(SIDE_OF[pair])
        position = int(w.agenda.menus[d].coordinates[int(w.treaty[d])][side])
        for good in (EV, BATTERY):
            base = s.mfn[t, good][pair] + w.special[good][pair]
            floor = np.minimum(s.floor[t, good][pair], base)
            cut = w.economy.cuts[good][pair][position]
            w.duty[good][pair] = policy.applied_duty(base, floor, cut * kept(w, d, side))
        agreed = w.agenda.levels[d][int(w.treaty[d])][DUTY + side]
        concessions[d, DUTY + side] = cooperation.concession(agreed, position > 0, kept(w, d, side))
    known = (w.economy.battery_share, w.economy.coverage_elasticity, w.economy.hybrids_spared)
    w.charged = policy.charged_duty(w.duty[EV], s.mfn[t, EV], *known)
    w.concessions = concessions
    w.depth = cooperation.depth(concessions, w.agenda.weights)
    w.depth_contested = cooperation.depth(concessions, w.agenda.contested_weights)


# --- what the quarter leaves behind (1.11, 1.17) --------------------------------------------------------------------


def watch_conduct(w: World) -> None:
    """Every side reads its partner's conduct, updates its trust, and sets its answer for next quarter.

    All read the quarter as it was: what they make of it is written down at the end.
    """
    p, luck, t = w.parameters, w.luck, w.quarter + 1
    good, bad, types = w.good.copy(), w.bad.copy(), w.type_belief.copy()
    dispute = w.dispute.copy()
    level, left, standing = w.level.copy(), w.answer_left.copy(), np.ones((N_DYADS, N_SIDES))
    for d, side in np.ndindex(N_DYADS, N_SIDES):
        pair = (DYADS[d][side], DYADS[d][1 - side])
        bloc = w.blocs[pair[0]]
        if w.treaty[d] == 0:
            # There is nothing to see, and evidence fades towards the prior.
            good[pair], bad[pair] = bloc.updates_trust(d, 1.0, False)
            continue
        act = conduct(w, d, 1 - side)
        whole = float(act >= FULL_LEVEL)
        # Conduct is kept or not, unless sides may keep a part and nothing is seen for sure.
        shown = act if p.partial_compliance and p.monitoring == "alike" else whole
        signal = bloc.reads_conduct(d, shown, luck.conduct[t, d, side])
        seen = act if bool(signal == whole) else 1.0 - act
        told = seen if p.partial_compliance and p.monitoring == "by_issue" else signal
        good[pair], bad[pair] = bloc.updates_trust(d, told, True)
        types[pair] = bloc.updates_type(d, signal)
        wanted = bloc.retaliates(d, signal, luck.generosity[t, d, side], seen)
        level[d, side], left[d, side], dispute[d, side] = bloc.suspends(d, *wanted, act)
        # What a side has just done itself decides how a contrite one reads the next quarter.
        standing[d, side] = float(conduct(w, d, side) >= FULL_LEVEL)
    w.dispute = dispute
    w.good, w.bad, w.type_belief, w.level, w.answer_left, w.standing = good, bad, types, level, left, standing


def leave_treaties(w: World) -> None:
    """Treaties end by failed tests, politics, notice or sunset."""
    p, t = w.parameters, w.quarter
    for d in [int(d) for d in np.flatnonzero(w.treaty)]:
        causes, has_run_out = [], False  # what befalls it, in order: whether a government walks out
        for side, b in enumerate(DYADS[d]):
            fails = not bool(w.honours[d, side])
            causes += [False] if compliance.two_strikes(fails, w.failed[d, side]) else []
            w.failed[d, side] = fails
            repudiated = compliance.exit_draw(w.luck.exit[t + 1, d, side], p.repudiation_hazard, w.danger[d])
            causes += [True] if repudiated else []
            w.notice[d, side] = w.notice[d, side] + 1.0 if w.blocs[b].gives_notice(d) else 0.0
            causes += [True] if w.notice[d, side] > p.exit_notice else []
        ends = bool(causes)
        if not ends and w.sunset[d] <= t:
            ends = not all(w.blocs[b].renews(d) for b in DYADS[d])
            w.sunset[d] = t + p.truce_quarters
            has_run_out = ends and w.instrument[d] == Instrument.TRUCE
        if ends:
            _start_afresh(w, d, 0)
        if ends and not has_run_out:
            if w.entry[d] > t + 1 or (p.clocks and causes and causes[0]):
                w.signed[d] = NOTHING_SIGNED
            w.clock[d], w.pause[d] = CLOSED, max(float(w.pause[d]), float(p.cooling_off))
