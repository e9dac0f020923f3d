"""Gestures that invite an answer, and announcements of zero-emission paths (theory 1.15)."""

from __future__ import annotations

import numpy as np

from model.packages.sums import chosen_lanes
from model.rules import gestures
from model.stage import Stage
from model.state import NOTHING_SIGNED

# --- gestures (GRIT) ------------------------------------------------------------------------------------------------


def make_gestures(world: Stage) -> None:
    """Standing gestures are answered or grow older; where none stands one may be made."""
    for d in np.flatnonzero(world.parties.talks).tolist():
        stands = world.state.gesture[:, d] > 0
        _open_gestures(world, d, np.flatnonzero(~stands))
        for giver in (0, 1):
            lanes = np.flatnonzero(stands & (world.state.gesture_side[:, d] == giver))
            if lanes.size:
                _await_answer(world, d, giver, lanes)


def _await_answer(world: Stage, d: int, giver: int, lanes: np.ndarray) -> None:
    """In these lanes a gesture of this side stands."""
    state = world.state
    package, exists = _cheapest(world, d, 1 - giver, state.gesture[lanes, d], lanes)
    whole = state.treaty[:, d].copy()
    whole[lanes] = package
    answered = exists & world.blocs[world.parties.dyads[d][1 - giver]].answers_gesture(d, whole)[lanes]
    answered &= state.signed[lanes, d] == NOTHING_SIGNED  # what is signed comes first
    yes, no = lanes[answered], lanes[~answered]
    # Nobody votes: it is in effect already.
    state.signed[yes, d], state.entry[yes, d] = package[answered], float(state.quarter)
    state.gesture_due[yes, d, giver] = True
    _believe(world, d, giver, yes)
    world.tell_some("gesture_answered", yes, d, 1 - giver, package[answered])
    left = state.gesture_left[no, d] - 1.0
    state.gesture_left[no, d] = left
    state.gesture[no, d] = np.where(left > 0.0, state.gesture[no, d], 0)
    world.tell_some("gesture_ends", no[left <= 0.0], d, giver)


def _open_gestures(world: Stage, d: int, lanes: np.ndarray) -> None:
    """In these lanes no gesture stands."""
    state, t = world.state, world.state.quarter
    first, least = np.full(lanes.size, -1), np.full(lanes.size, np.inf)
    package = np.zeros(lanes.size, dtype=np.int64)
    for side, b in enumerate(world.parties.dyads[d]):
        luck, due = world.luck.gesture[t + 1, lanes, d, side], state.gesture_due[lanes, d, side]
        state.gesture_due[lanes, d, side] = False
        wants = world.blocs[b].makes_gesture(d, lanes, luck, due)
        # Where both would, the next step of an answered gesture comes first, then the readier side.
        rank = np.where(due, -1.0, luck)
        here = np.flatnonzero(wants & (rank < least))
        if not here.size:
            continue
        found, exists = _cheapest(world, d, side, state.treaty[lanes[here], d], lanes[here])
        here, found = here[exists], found[exists]
        first[here], least[here], package[here] = side, rank[here], found
    for side in (0, 1):
        made = lanes[first == side]
        state.gesture[made, d], state.gesture_side[made, d] = package[first == side], side
        state.gesture_left[made, d] = float(world.parameters.gesture_quarters)
        _believe(world, d, 1 - side, made)
        world.tell_some("gesture", made, d, side, state.gesture[made, d], world.parameters.gesture_quarters)


def _cheapest(world: Stage, d: int, side: int, current: np.ndarray, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) twice: a side's cheapest gesture over a package in these lanes, and whether it has one."""
    menu, flows = world.agenda.menus[d], world.known().flows[d]
    own, partner = (chosen_lanes(flows[who].kept, lanes).over(menu, current).spread(menu) for who in (side, 1 - side))
    steps = world.rules.on_table.own_steps(menu, lanes, current, side)
    return gestures.cheapest_gesture(own, partner, steps)


def _believe(world: Stage, d: int, observer: int, lanes: np.ndarray) -> None:
    """In these lanes one side takes what the other has given as evidence of good will (1.11)."""
    state, p = world.state, world.parameters
    b, j = world.parties.dyads[d][observer], world.parties.dyads[d][1 - observer]
    state.good[lanes, b, j] += p.gesture_weight
    if p.gesture_weight > 0.0:
        state.type_belief[lanes, b, j] = world.blocs[b].updates_type(d, 1.0, lanes)


# --- zero-emission paths --------------------------------------------------------------------------------------------


def announce_paths(world: Stage) -> None:
    """Blocs announce zero-emission paths at assessments, by chance; a new government may take one back (1.15, 1.17)."""
    state, is_new = world.state, world.state.insight.is_new
    changes = world.rules.new_governments[state.quarter]
    if not is_new and not np.count_nonzero(changes):
        return
    luck = world.luck.announcement[state.quarter + 1]
    says = [bloc.announces(luck[:, bloc.index]) for bloc in world.blocs]
    before, taken_back = state.announced.copy(order="K"), []
    for b in range(world.parties.n_blocs):
        said = (before[:, b] <= 0.0) & says[b] & is_new
        unsaid = (before[:, b] > 0.0) & ~says[b] & changes[b]
        alone = np.where(said, world.blocs[b].announcement_gain() >= 0.0, state.harmony_announced[:, b])
        state.harmony_announced[:, b] = np.where(unsaid, 0.0, alone)
        state.announced[:, b] = np.where(said, 1.0, np.where(unsaid, 0.0, before[:, b]))
        state.announced_age[:, b] = np.where(said, 0.0, state.announced_age[:, b])
        world.tell("announces", said, b, state.harmony_announced[:, b] > 0.0)
        taken_back.append(unsaid)
    for b in range(world.parties.n_blocs):
        world.tell("takes_back", taken_back[b], b)
