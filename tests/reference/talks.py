"""Talks: sessions, offers and answers, ratification (1.8, 1.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from of_three import N_DYADS

from model.choices.tactics import NOTHING_OFFERED
from model.numerics import FloatArray
from model.rules import bargaining
from model.vocabulary import DYADS, N_SIDES
from reference import clocks

if TYPE_CHECKING:
    from reference.world import World

CLOSED = -1.0  # clock of a session that is not open


def prepare(w: World) -> None:
    """No session is open, nothing has been tabled."""
    w.clock = np.full(N_DYADS, CLOSED)  # (d,) quarters that a session has run
    w.pause = np.zeros(N_DYADS)  # (d,) quarters before the next
    w.tabled = np.zeros(N_DYADS, dtype=np.int64)  # (d,) the last package on the table
    w.deal = np.zeros(N_DYADS, dtype=np.int64)  # (d,) package agreed this quarter, 0 none
    w.offered = np.full((N_DYADS, N_SIDES), NOTHING_OFFERED)  # (d, s) best offer of a session, bn$ per quarter
    # (d, s) whether a partner has tabled in this session, own gain from its last offer, rise from the one before
    w.heard, w.received, w.concession = (np.zeros((N_DYADS, N_SIDES)) for _ in range(3))


def bargain(w: World) -> None:
    """Sessions open in assessment quarters; in every quarter of a session K packages are tabled and answered."""
    w.deal[:] = 0
    for d in range(N_DYADS):
        if w.clock[d] == CLOSED:
            if w.assesses and w.is_open[d] and w.pause[d] <= 0.0 and w.signed[d] < 0:
                w.clock[d] = 0.0
                w.heard[d], w.received[d], w.concession[d] = 0.0, 0.0, 0.0
                w.offered[d] = NOTHING_OFFERED
        elif not w.is_open[d]:
            w.clock[d] = CLOSED
        w.pause[d] = max(0.0, w.pause[d] - 1.0)
        if w.clock[d] != CLOSED:
            _session_quarter(w, d)


def _session_quarter(w: World, d: int) -> None:
    p, rounds, clock = w.parameters, w.parameters.rounds_per_quarter, int(w.clock[d])
    pair = [w.blocs[b] for b in DYADS[d]]
    views = [bloc.perceive(d) for bloc in pair]
    # Who tables first is drawn in the session's first quarter; then sides alternate.
    lead = int(w.luck.first_proposer[w.quarter + 1 - clock, d] >= 0.5)
    for k in range(rounds):
        time = bargaining.session_time(float(clock), float(k), float(rounds), float(p.session_quarters))
        tabler = (lead + clock * rounds + k) % 2
        other = 1 - tabler
        moments = [bloc.moment(d, view, time) for bloc, view in zip(pair, views, strict=True)]
        hope = pair[tabler].aspire(moments[tabler], w.concession[d, tabler])
        offer, exists = pair[tabler].table(views[tabler], hope)
        is_settled = offer == int(w.treaty[d]) and w.instrument[d] >= clocks.paper(w, d, offer)
        if not exists or is_settled:
            continue
        w.tabled[d] = offer
        _hear(w, d, other, views[other].own[offer])
        hope = pair[other].aspire(moments[other], w.concession[d, other])
        accepted = pair[other].answer(views[other], hope, offer, moments[other])
        w.offered[d, other] = max(w.offered[d, other], views[other].own[offer])
        if accepted:
            w.deal[d] = offer
            return
    w.clock[d] += 1.0
    if w.clock[d] > p.session_quarters:
        w.clock[d], w.pause[d] = CLOSED, float(p.session_pause)


def _hear(w: World, d: int, side: int, gain: FloatArray) -> None:
    """A side notes what it believes to gain from its partner's offer, and how far the partner has come."""
    w.concession[d, side] = w.heard[d, side] * (gain - w.received[d, side])
    w.heard[d, side], w.received[d, side] = 1.0, gain


def ratify(w: World) -> None:
    """What was agreed is signed and the session closes; legislatures vote on what is due next quarter."""
    for d in range(N_DYADS):
        if w.deal[d]:
            w.signed[d], w.entry[d] = w.deal[d], w.quarter + clocks.lag(w, d, int(w.deal[d]))
            w.clock[d], w.pause[d] = CLOSED, float(w.parameters.session_pause)
        is_due, package = w.signed[d] >= 0 and w.entry[d] == w.quarter + 1, int(w.signed[d])
        if is_due and not all(w.blocs[b].would_keep(d, package) and w.blocs[b].ratifies(d, package) for b in DYADS[d]):
            w.signed[d], w.pause[d] = -1, float(w.parameters.session_pause)
