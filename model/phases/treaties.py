"""Treaties: in force, kept or not, what follows for duties and standards, how they end (1.6, 1.9-1.11, 1.17)."""

from __future__ import annotations

import numpy as np

from model.layout import rows, zeros
from model.market.credits import friends_of, nobodys_friend
from model.numerics import FloatArray
from model.phases import club
from model.quarter import Conduct, Standards
from model.rules import compliance, cooperation, policy
from model.rules.instruments import Instrument
from model.stage import Stage
from model.state import CLOSED, NEVER, NOTHING_SIGNED
from model.telling.outcomes import TreatyEnd
from model.vocabulary import (
    CHARGING,
    DUTY,
    LINKAGE,
    N_GOODS,
    N_ISSUES,
    N_SIDES,
    RECOGNITION,
    SUPPLY,
    TECHNOLOGY,
)

#: Ends by which a government turns its back on a treaty; a lapse may make way for one that it would keep.
WALKS_OUT = (TreatyEnd.POLITICS, TreatyEnd.NOTICE, TreatyEnd.NEW_GOVERNMENT)
FULL_LEVEL = 0.999  # a side that keeps this much of its level is seen as keeping all of it


# --- entry into force (1.9) -----------------------------------------------------------------------------------------


def enter_into_force(world: Stage) -> None:
    """What was signed and passed replaces what was in force, when its time has come."""
    state, t = world.state, world.state.quarter
    for d in range(world.parties.n_dyads):
        enters = (state.signed[:, d] >= 0) & (state.entry[:, d] <= t)
        if np.count_nonzero(enters):
            start_over(world, d, enters)
            state.treaty[:, d] = np.where(enters, state.signed[:, d], state.treaty[:, d])
            state.signed[:, d] = np.where(enters, NOTHING_SIGNED, state.signed[:, d])
            state.instrument[:, d] = np.where(
                enters, world.rules.instruments[d][state.treaty[:, d]], state.instrument[:, d]
            )
            ends = t + world.setting("truce_quarters") - 1.0
            is_truce = enters & (state.instrument[:, d] == Instrument.TRUCE)
            state.sunset[:, d] = np.where(is_truce, ends, state.sunset[:, d])
            world.tell("in_force", enters, d)
    club.enter_club(world)


def start_over(world: Stage, d: int, where: np.ndarray) -> None:
    """A treaty that ends or begins leaves nothing of the last one's record behind."""
    state, lanes = world.state, np.flatnonzero(where)
    state.gesture[lanes, d], state.gesture_left[lanes, d], state.sunset[lanes, d] = 0, 0.0, NEVER
    state.level[lanes, d] = state.effort[lanes, d] = 1.0
    state.answer_left[lanes, d] = state.dispute[lanes, d] = state.notice[lanes, d] = 0.0
    state.failed[lanes, d] = False


# --- compliance and duties (1.6, 1.10) ------------------------------------------------------------------------------


def in_effect(world: Stage) -> np.ndarray:
    """(R, d) the packages in effect: a gesture with what it is added to, else the treaty in force (0 none)."""
    if not np.count_nonzero(world.state.gesture):
        return world.state.treaty
    return np.where(world.state.gesture > 0, world.state.gesture, world.state.treaty)


def waits(world: Stage, d: int) -> np.ndarray:
    """(R,) whether something is signed that is not in force next quarter yet, or is still to be passed."""
    return (world.state.signed[:, d] >= 0) & (world.state.entry[:, d] > world.state.quarter)


def binds(world: Stage, importer: int, partner: int) -> np.ndarray:
    """(R,) whether a treaty in force, or a club of both, binds the importer's duty on the partner's goods.

    So does what is signed: nobody may defeat its purpose before it enters into force (Vienna Convention art. 18).
    """
    bound = position(world, importer, partner) > 0
    d, side = int(world.parties.dyad_of[importer, partner]), int(world.parties.side_of[importer, partner])
    waiting = waits(world, d)
    if np.count_nonzero(waiting):
        bound |= waiting & (world.agenda.menus[d].coordinates[:, side][np.maximum(world.state.signed[:, d], 0)] > 0)
    return bound | club.fellows(world, importer, partner) if club.is_any(world) else bound


def position(world: Stage, importer: int, partner: int) -> np.ndarray:
    """(R,) position of the importer's duty on the partner's goods in the package in effect, 0 = unbound."""
    d, side = int(world.parties.dyad_of[importer, partner]), int(world.parties.side_of[importer, partner])
    return world.agenda.menus[d].coordinates[:, side][in_effect(world)[:, d]]


def honour_or_withdraw(world: Stage) -> None:
    """Each side of a treaty in force keeps it if its own test says so."""
    state = world.state
    honours = zeros(world.n_lanes, world.parties.n_dyads, N_SIDES, dtype=bool)
    effort = zeros(world.n_lanes, world.parties.n_dyads, N_SIDES) + 1.0
    for d in range(world.parties.n_dyads):
        for side, b in enumerate(world.parties.dyads[d]):
            bloc = world.blocs[b]
            honours[:, d, side] = bloc.honours(d)
            if world.rules.in_part and not honours[:, d, side].all():
                share, passes = bloc.keeps_in_part(d)
                in_part = ~honours[:, d, side] & passes
                effort[:, d, side] = np.where(in_part, share, 1.0)
                honours[:, d, side] |= in_part
                world.tell("keeps_in_part", in_part, d, side, effort[:, d, side])
            if world.stories:
                tell_conduct(world, d, side, honours[:, d, side])
    state.honours, state.effort = honours, effort
    lapsed, short = (~honours).astype(np.float64), 1.0 - effort
    by_dyad = lapsed[..., 0] + lapsed[..., 1]
    state.violations = by_dyad + (short[..., 0] + short[..., 1])
    state.n_lapses = state.n_lapses + by_dyad
    keep_gestures(world)
    club.keep_club(world)
    keep_standards(world)


def tell_conduct(world: Stage, d: int, side: int, honours: np.ndarray) -> None:
    """That a side does not keep its treaty, and that it keeps it again; honours (R,)."""
    state = world.state
    if not honours.all():
        world.tell(
            "lapses",
            ~honours,
            d,
            side,
            world.blocs[world.parties.dyads[d][side]].withdrawal_that_pays(d, state.treaty[:, d]),
        )
    world.tell("keeps_again", honours & state.failed[:, d, side] & (state.treaty[:, d] > 0), d, side)


def keep_gestures(world: Stage) -> None:
    """A gesture ends at once where its giver does not keep the treaty that it is added to."""
    state = world.state
    if not np.count_nonzero(state.gesture):
        return
    keeps = state.honours & (state.level >= FULL_LEVEL) & (state.effort >= 1.0)
    kept = np.where(state.gesture_side == 0, keeps[..., 0], keeps[..., 1])
    for d in range(world.parties.n_dyads):
        world.tell("gesture_spoilt", (state.gesture[:, d] > 0) & ~kept[:, d], d, state.gesture_side[:, d])
    state.gesture = np.where(kept, state.gesture, 0)
    state.gesture_left = np.where(kept, state.gesture_left, 0.0)


def kept_levels(world: Stage) -> FloatArray:
    """(R, d, 10) implemented level of every issue this quarter: treaty level times what is honoured."""
    state, packages = world.state, in_effect(world)
    own = state.honours.astype(np.float64)
    both, given = own[..., 0] * own[..., 1], own * state.level
    share, kept = (
        zeros(world.n_lanes, world.parties.n_dyads, N_ISSUES),
        zeros(world.n_lanes, world.parties.n_dyads, N_ISSUES),
    )
    for issue, of in ((DUTY, given * state.effort), (SUPPLY, given), (RECOGNITION, own), (LINKAGE, own)):
        share[..., issue : issue + 2] = of
    share[..., CHARGING] = share[..., TECHNOLOGY] = both
    for d in range(world.parties.n_dyads):
        np.multiply(rows(world.agenda.levels[d], packages[:, d]), share[:, d], out=kept[:, d])
    return kept


def keep_standards(world: Stage) -> None:
    """Recognition, charging and technology in force between blocs, by treaty or alone."""
    kept, n_blocs = kept_levels(world), world.parties.n_blocs
    by_treaty, common = world.state.recognises.copy(order="K"), zeros(world.n_lanes, n_blocs, n_blocs)
    together = zeros(world.n_lanes, n_blocs + 1, n_blocs + 1)
    for d, (i, j) in enumerate(world.parties.dyads):
        by_treaty[:, i, j] = np.maximum(by_treaty[:, i, j], kept[:, d, RECOGNITION])
        by_treaty[:, j, i] = np.maximum(by_treaty[:, j, i], kept[:, d, RECOGNITION + 1])
        common[:, i, j] = common[:, j, i] = kept[:, d, CHARGING]
        together[:, i, j] = together[:, j, i] = kept[:, d, TECHNOLOGY]
    if world.rules.has_friends:
        friends = friends_of(world.parties, kept)
    else:
        friends = zeros(world.n_lanes, n_blocs) + nobodys_friend(world.parties)
    world.state.standards = Standards(
        by_treaty=by_treaty,
        recognised=club.recognised_in_club(world, by_treaty),
        common=common,
        together=together,
        friends=friends,
    )


def open_and_shut(world: Stage) -> None:
    """Access follows from the treaty while its giver honours it; who is let in begins anew."""
    state, packages = world.state, in_effect(world)
    for one in world.scenario.access:
        i, j = one.importer, one.exporter
        d, side = int(world.parties.dyad_of[i, j]), int(world.parties.side_of[i, j])
        step = np.where(state.honours[:, d, side], world.agenda.menus[d].access_at[packages[:, d], side], 0)
        before, state.access[:, i, j] = state.access[:, i, j].copy(), step
        world.tell("access_changes", step != before, i, j, step)
    gates = world.gates()
    if gates is not None:
        is_shut = world.scenario.banned.T & ~gates.on_sale(state.has_plant)
        state.age = np.where(is_shut, 0.0, state.age)


def put_duties_in_force(world: Stage) -> None:
    """Duties follow from the no-treaty duty, the treaty's cut, and what is honoured of it."""
    open_and_shut(world)
    state, s, t = world.state, world.scenario, world.state.quarter
    implemented, packages = kept_levels(world), in_effect(world).T
    concessions, duties = implemented.copy(order="K"), slice(DUTY, DUTY + N_SIDES)
    menus_and_levels = zip(world.agenda.menus, world.agenda.levels, packages, strict=True)
    found = [(menu.duty_at[of], levels[:, duties][of]) for menu, levels, of in menus_and_levels]
    at, level = (np.stack(one, axis=1) for one in zip(*found, strict=True))
    kept = state.honours * state.level * state.effort
    # Of every side of every dyad, (R, g, d, s).
    own, other, n_blocs = world.parties.own, world.parties.other, world.parties.n_blocs
    base = s.mfn[t][:, own, other] + state.special[:, :, own, other]
    floor = np.minimum(s.floor[t][:, own, other], base)
    cut = world.economy.cuts[:, own, other, at].swapaxes(0, 1)
    duty = zeros(world.n_lanes, N_GOODS, n_blocs, n_blocs)
    duty[:, :, own, other] = policy.applied_duty(base, floor, cut * kept[:, None])
    concessions[..., duties] = cooperation.concession(level, at > 0, kept)
    paid = world.economy.paid(duty, s.mfn[t])
    state.duty, state.paid = (club.duties_with_club(world, rates) for rates in (duty, paid))
    concessions = club.concessions_with_club(world, concessions)
    state.depth = cooperation.depth(concessions, world.agenda.weights)
    contested = cooperation.depth(concessions, world.agenda.contested_weights)
    state.conduct = Conduct(paid, implemented, concessions, contested)


# --- what the quarter leaves behind (1.11, 1.12, 1.17) --------------------------------------------------------------


def watch_conduct(world: Stage) -> None:
    """Every side reads its partner's conduct, updates its trust, and sets its answer for next quarter."""
    state, t = world.state, world.state.quarter
    good, bad, types = (held.copy(order="K") for held in (state.good, state.bad, state.type_belief))
    answer = [held.copy(order="K") for held in (state.level, state.answer_left, state.dispute)]
    # An answer of equal value is itself no lapse: it is published, for what it is.
    acts = state.honours * state.effort if world.rules.by_value else state.honours * state.level * state.effort
    # What is published is kept or not; else a part is seen as a chance to look whole.
    graded = world.rules.in_part and not world.rules.by_issue
    bound = state.treaty > 0
    if club.is_any(world):
        acts = acts * club.club_acts(world)
        for d, pair in enumerate(world.parties.dyads):
            bound[:, d] |= club.fellows(world, *pair)
    for d, pair in enumerate(world.parties.dyads):
        in_force, obliged = state.treaty[:, d] > 0, bound[:, d]
        any_in_force = np.count_nonzero(in_force) > 0
        for side, b in enumerate(pair):
            j, bloc = pair[1 - side], world.blocs[b]
            act = acts[:, d, 1 - side]
            kept = (act >= FULL_LEVEL).astype(np.float64)
            signal = bloc.reads_conduct(d, act if graded else kept, world.luck.conduct[t + 1, :, d, side])
            seen = np.where(signal == kept, act, 1.0 - act)
            told = seen if world.rules.in_part and not graded else signal
            good[:, b, j], bad[:, b, j] = bloc.updates_trust(d, told, obliged)
            if world.rules.by_type:
                types[:, b, j] = np.where(obliged, bloc.updates_type(d, signal), types[:, b, j])
            if not any_in_force:
                continue  # nobody has anything to answer
            wanted, owed = bloc.retaliates(d, signal, world.luck.generosity[t + 1, :, d, side], seen)
            found = bloc.suspends(d, wanted, owed, act, kept >= 1.0)
            tell_dispute(world, d, side, in_force, found, kept >= 1.0)
            for held, new in zip(answer, found, strict=True):
                held[:, d, side] = np.where(in_force, new, held[:, d, side])
    state.good, state.bad, state.type_belief = good, bad, types
    state.level, state.answer_left, state.dispute = answer
    # What a side has just done itself decides how a contrite one reads the next quarter.
    state.standing = ((acts >= FULL_LEVEL) | ~bound[..., None]).astype(np.float64)


def tell_dispute(
    world: Stage, d: int, side: int, in_force: np.ndarray, found: tuple[FloatArray, ...], falsely: np.ndarray
) -> None:
    """A complaint and what comes of it: talks, a suspension, and its end."""
    if not world.stories:
        return
    before, was = world.state.level[:, d, side], world.state.dispute[:, d, side]
    (level, _, running), talks = found, world.setting("consultation_quarters")
    world.tell("complains", in_force & (was == 0.0) & (running > 0.0) & (running <= talks), d, side, falsely)
    # It is dropped too where there is nothing to suspend that the partner would miss.
    is_over = (was > 0.0) & (was <= talks) & ((running == 0.0) | (running > talks)) & (level >= 1.0)
    world.tell("drops_complaint", in_force & is_over, d, side)
    world.tell("retaliates", in_force & (level < before), d, side, falsely, 1.0 - level)
    world.tell("resumes", in_force & (level >= 1.0) & (before < 1.0), d, side)


def leave_treaties(world: Stage) -> None:
    """Treaties end by failed tests, politics, notice or sunset; the rest grow older."""
    state, t = world.state, world.state.quarter
    for d in range(world.parties.n_dyads):
        in_force = state.treaty[:, d] > 0
        if not np.count_nonzero(in_force):
            continue
        cause, by_first = _sides_that_leave(world, d, in_force)
        due = (cause == 0) & (state.sunset[:, d] <= t)
        if np.count_nonzero(due & in_force):
            first, second = world.parties.dyads[d]
            renewed = world.blocs[first].renews(d) & world.blocs[second].renews(d)
            goes_on, term = in_force & due & renewed, world.setting("truce_quarters")
            state.sunset[:, d] = np.where(goes_on, t + term * 1.0, state.sunset[:, d])
            state.n_renewed[:, d] += goes_on
            is_truce = state.instrument[:, d] == Instrument.TRUCE
            cause = first_cause(cause, TreatyEnd.EXPIRED, due & ~renewed & is_truce)
            cause = first_cause(cause, TreatyEnd.SUNSET, due & ~renewed)
            world.tell("renewed", goes_on, d, term)
        ends = in_force & (cause > 0)
        if not np.count_nonzero(ends):
            continue
        is_first = ends & (state.first_end[:, d] < 0)
        state.first_end[:, d] = np.where(is_first, t, state.first_end[:, d])
        state.first_end_cause[:, d] = np.where(is_first, cause, state.first_end_cause[:, d])
        world.tell("treaty_ends", ends, d, cause, np.where(by_first, 0, 1))
        _end_treaties(world, d, ends, cause)


def _sides_that_leave(world: Stage, d: int, in_force: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R,) why a side ends the treaty, if one does, and whether it was the first side of the dyad."""
    state, asked, t = world.state, world.setting("exit_notice"), world.state.quarter
    cause, by_side = np.zeros(world.n_lanes, dtype=np.int8), []
    for side, b in enumerate(world.parties.dyads[d]):
        bloc, failed_now = world.blocs[b], ~state.honours[:, d, side]
        cause = first_cause(cause, TreatyEnd.LAPSE, compliance.two_strikes(failed_now, state.failed[:, d, side]))
        state.failed[:, d, side] = np.where(in_force, failed_now, state.failed[:, d, side])
        cause = first_cause(cause, TreatyEnd.POLITICS, bloc.repudiates(d, world.luck.exit[t + 1, :, d, side]))
        if world.rules.new_governments[t, b]:
            cause = first_cause(cause, TreatyEnd.NEW_GOVERNMENT, ~bloc.renews(d))
        leaves = bloc.gives_notice(d)
        notice = np.where(leaves, state.notice[:, d, side] + 1.0, 0.0)
        cause = first_cause(cause, TreatyEnd.NOTICE, leaves & (notice > asked))
        before = state.notice[:, d, side]
        if world.stories:
            world.tell("gives_notice", in_force & (notice == 1.0) & (cause == 0), d, side, asked)
            world.tell("takes_notice_back", in_force & (before > 0.0) & ~leaves & (cause == 0), d, side)
        state.notice[:, d, side] = np.where(in_force, notice, before)
        by_side.append(cause > 0)
    return cause, by_side[0]


def _end_treaties(world: Stage, d: int, ends: np.ndarray, cause: np.ndarray) -> None:
    """Whoever breaks a treaty off breaks off talks too, and what no legislature has passed; a truce only runs out.

    A government that repudiates or leaves a treaty does not bring the next one into force in the same breath.
    """
    state, broken = world.state, ends & (cause != TreatyEnd.EXPIRED)
    # Where instruments have no clocks of their own there is none, and what is signed follows as usual.
    walks_out = np.isin(cause, WALKS_OUT) & (state.instrument[:, d] != Instrument.NONE)
    start_over(world, d, ends)
    state.treaty[:, d] = np.where(ends, 0, state.treaty[:, d])
    state.instrument[:, d] = np.where(ends, Instrument.NONE, state.instrument[:, d])
    dies = broken & (walks_out | (state.entry[:, d] > state.quarter + 1.0))
    world.tell("voids", dies & (state.signed[:, d] >= 0), d)
    state.signed[:, d] = np.where(dies, NOTHING_SIGNED, state.signed[:, d])
    state.clock[:, d] = np.where(broken, CLOSED, state.clock[:, d])
    pause = np.maximum(state.pause[:, d], float(world.parameters.cooling_off))
    state.pause[:, d] = np.where(broken, pause, state.pause[:, d])


def first_cause(cause: np.ndarray, code: int, happens: np.ndarray) -> np.ndarray:
    """(R,) the cause known so far, or ``code`` where there was none and it happens."""
    if not np.count_nonzero(happens):
        return cause
    return np.where((cause == 0) & happens, code, cause).astype(np.int8)
