"""Zones and clubs: what the club in force changes at the border, who keeps the terms, leaves and votes (theory 1.19).

A club lies above treaties between two blocs. Between members the lower duty applies, which is none, and recognition by
either counts; a penalty comes on top of whatever an outsider pays; members open no duty cases on each other. Treaties
stay in force underneath, and the governments of members weigh them for what they add to the club. Where no club is
allowed nothing of this happens.
"""

from __future__ import annotations

import numpy as np

from model.assessment import coalitions
from model.assessment.coalitions import NO_CLUB, Setting, of_blocs
from model.layout import zeros
from model.numerics import FloatArray, beside, ordered_sum, safe_ratio
from model.quarter import ClubWorth
from model.rules import club_terms, clubs, compliance, ratification
from model.rules.club_terms import CarbonStep
from model.stage import Stage
from model.state import NOTHING_SIGNED
from model.vocabulary import DUTY, EV, N_SIDES, RECOGNITION

MEETS_IN = "Q4"  # quarter of the year in which coalitions are weighed (theory 1.20)


def is_any(world: Stage) -> bool:
    """Whether a club is in force in any lane: where there is none its terms change nothing."""
    return world.rules.has_clubs and bool(np.count_nonzero(world.state.club))


def members_of(world: Stage, club: np.ndarray) -> FloatArray:
    """(R, b) 1 for the members of coalitions (R,); replicates fastest in memory."""
    return of_blocs(world.parties.n_blocs).members.T.take(np.asarray(club), axis=-1).T


def members(world: Stage) -> FloatArray:
    """(R, b) 1 for members of the club in force."""
    return members_of(world, world.state.club)


def fellows(world: Stage, i: int, j: int) -> np.ndarray:
    """(R,) whether two blocs are members of one club."""
    of_clubs, club = of_blocs(world.parties.n_blocs).members, world.state.club
    return of_clubs[:, i][club] * of_clubs[:, j][club] > 0.0


def fellowship(world: Stage) -> FloatArray:
    """(R, d) 1 where the two blocs of a dyad are members of one club."""
    if not is_any(world):
        return zeros(world.n_lanes, world.parties.n_dyads)
    return beside([fellows(world, i, j).astype(np.float64) for i, j in world.parties.dyads])


# --- what is in force -----------------------------------------------------------------------------------------------


def kept_now(world: Stage) -> FloatArray:
    """(R, b) 1 where a bloc applies the club's terms; under conditional commitments nobody does where one lapses."""
    honours = world.state.club_honours.astype(np.float64)
    return club_terms.together(honours) if world.rules.is_conditional else honours


def terms_in_force(world: Stage) -> tuple[FloatArray, FloatArray]:
    """(R, b, b) twice: who treats whom as a fellow member, and who penalises whom."""
    inside, honours = members(world), kept_now(world)
    return club_terms.inside(inside, honours), club_terms.outside(inside, honours)


def recognised_in_club(world: Stage, recognised: FloatArray) -> FloatArray:
    """(R, b, b) recognition by treaty or alone, with that among members beside it."""
    return np.maximum(recognised, terms_in_force(world)[0]) if is_any(world) else recognised


def duties_with_club(world: Stage, duty: FloatArray) -> FloatArray:
    """(R, g, b, b) duties after treaties, with the club's terms over them."""
    if not is_any(world):
        return duty
    return club_terms.club_duty(duty, *terms_in_force(world), world.rules.club_penalty)


def concessions_with_club(world: Stage, concessions: FloatArray) -> FloatArray:
    """(R, d, 10) what is conceded by treaty, by club or by both; a penalty takes concessions back."""
    if not is_any(world):
        return concessions
    within, against = terms_in_force(world)
    s, state, result = world.scenario, world.state, concessions.copy(order="K")
    for i, j in world.parties.directed:
        d, side = int(world.parties.dyad_of[i, j]), int(world.parties.side_of[i, j])
        base = s.mfn[state.quarter, EV, i, j] + state.special[:, EV, i, j]
        floor = np.minimum(s.floor[state.quarter, EV, i, j], base)
        duty, recognition = concessions[:, d, DUTY + side], concessions[:, d, RECOGNITION + side]
        left = np.minimum(duty, club_terms.conceded(base, floor, state.duty[:, EV, i, j]))
        given = np.where(against[:, i, j] * world.rules.club_penalty > 0.0, left, duty)
        result[:, d, DUTY + side] = np.maximum(given, within[:, i, j])
        result[:, d, RECOGNITION + side] = np.maximum(recognition, within[:, i, j])
    return result


def gains(world: Stage) -> FloatArray:
    """(R, d, s) what each member has from the club over none, shared equally among fellows, bn$ per quarter."""
    found, state = zeros(world.n_lanes, world.parties.n_dyads, N_SIDES), world.state
    if not is_any(world):
        return found
    inside, honours = members(world), kept_now(world)
    chosen = np.arange(state.club_worth.money.shape[-2]) == state.club[:, None]
    whole = club_terms.kept_payoff(state.club_worth.worth.executive, state.club_worth.money, chosen, honours)
    n_fellows = ordered_sum(inside) - 1.0
    for i, j in world.parties.directed:
        together = inside[:, i] * inside[:, j]
        found[:, world.parties.dyad_of[i, j], world.parties.side_of[i, j]] = together * safe_ratio(
            whole[:, i], n_fellows
        )
    return found


def payments(world: Stage) -> FloatArray:
    """(R, b) money received from fellow members, bn$ per quarter; paid if negative; none while anyone lapses."""
    state = world.state
    if not world.rules.has_clubs:
        return zeros(world.n_lanes, world.parties.n_blocs)
    all_keep = np.logical_and.reduce(state.club_honours, axis=-1).astype(np.float64)
    return clubs.taken(state.club_worth.money, state.club) * all_keep[:, None]


def carbon_now(world: Stage) -> CarbonStep | None:
    """What the club's carbon price does to a car made in each bloc, (R, b); None where there is no such price."""
    carbon = world.rules.member_step
    return None if carbon is None else CarbonStep(*(part * members(world) for part in carbon))


def club_acts(world: Stage) -> FloatArray:
    """(R, d, s) 1, or 0 where a side of a dyad breaks the terms of a club that both are in."""
    acts = zeros(world.n_lanes, world.parties.n_dyads, N_SIDES) + 1.0
    for d, pair in enumerate(world.parties.dyads):
        together = fellows(world, *pair)
        for side, b in enumerate(pair):
            acts[:, d, side] = np.where(together, world.state.club_honours[:, b], 1.0)
    return acts


# --- what members' governments see in treaties between two of them --------------------------------------------------


def policies_beside_club(world: Stage) -> tuple[FloatArray, FloatArray, FloatArray]:
    """MFN duties and floors (g, b, b), special duties (R, g, b, b), as they are where the club has already spoken."""
    s, state, penalty = world.scenario, world.state, world.rules.club_penalty
    mfn, floor, special = s.mfn[state.quarter], s.floor[state.quarter], state.special
    if not is_any(world):
        return mfn, floor, special
    inside = members(world)
    within, against = club_terms.inside(inside, inside), club_terms.outside(inside, inside)
    return (
        club_terms.club_duty(mfn, within, against, penalty),
        club_terms.club_duty(floor, within, against, penalty),
        club_terms.club_duty(special, within, against, 0.0),
    )


def unbound(world: Stage) -> FloatArray:
    """(R, b, b) 0 where the row bloc is bound by a club not to open duty cases on the column bloc, else 1."""
    inside = members(world)
    return 1.0 - club_terms.inside(inside, inside)


# --- a quarter ------------------------------------------------------------------------------------------------------


def enter_club(world: Stage) -> None:
    """The coalition ratified last quarter replaces the one in force."""
    if not world.rules.has_clubs:
        return
    state = world.state
    enters = state.club_signed >= 0
    state.club = np.where(enters, state.club_signed, state.club)
    state.club_failed &= ~enters[:, None]
    state.club_signed[...] = NOTHING_SIGNED


def keep_club(world: Stage) -> None:
    """Each member keeps the club's terms if its own test says so (1.10)."""
    if not world.rules.has_clubs:
        return
    state, inside = world.state, members(world)
    honours = inside <= 0.0
    for b in range(world.parties.n_blocs):
        if np.count_nonzero(inside[:, b]):
            honours[:, b] |= world.blocs[b].keeps_club(state.club)
        world.tell("lapses_in_club", ~honours[:, b], b)
    state.club_honours = honours


def hold_club(world: Stage) -> None:
    """Members leave by failed tests and politics; in the fourth quarter every coalition is weighed."""
    if not world.rules.has_clubs:
        return
    state, p, t = world.state, world.parameters, world.state.quarter
    state.club_mood = ratification.persistent_shock(
        state.club_mood, p.ratification_persistence, world.luck.club_ratification[t + 1]
    )
    leave_club(world)
    if world.scenario.quarter_label(t).endswith(MEETS_IN):
        weigh_coalitions(world)


def leave_club(world: Stage) -> None:
    """Members leave that failed twice, or whose politics repudiate the club."""
    state, inside = world.state, members(world)
    if not is_any(world):
        state.club_failed = ~state.club_honours
        return
    leaves = zeros(world.n_lanes, world.parties.n_blocs, dtype=bool)
    failed = ~state.club_honours
    for b in range(world.parties.n_blocs):
        struck = compliance.two_strikes(failed[:, b], state.club_failed[:, b])
        repudiated = world.blocs[b].repudiates_club(inside, world.luck.club_exit[state.quarter + 1, :, b])
        leaves[:, b] = (inside[:, b] > 0.0) & (struck | repudiated)
        world.tell("leaves_club", leaves[:, b], b, struck)
    state.club_failed = failed
    left = clubs.without(state.club, leaves)
    if world.rules.is_conditional:
        left = np.where(np.logical_or.reduce(leaves, axis=-1), NO_CLUB, left)
    _now_in_force(world, left)


def weigh_coalitions(world: Stage) -> None:
    """Payoffs of every coalition; the best stable one is proposed, voted on where somebody joins (1.19)."""
    state, p = world.state, world.parameters
    worth = coalitions.worth_of_coalitions(world.economy, p, _setting(world))
    payoffs = club_terms.payoff_of(worth.executive)
    conditional = world.rules.is_conditional
    money = clubs.shared_surplus(payoffs, conditional) if p.club_transfers else np.zeros_like(payoffs)
    state.club_worth, shared = ClubWorth(worth, money), payoffs + money
    if conditional:
        stable = clubs.agreed_coalitions(shared)
    else:
        stable = clubs.stable_coalitions(shared, exclusive=p.club_exclusive)
    chosen = clubs.choose_club(shared, stable, state.club)
    proposed, now = members_of(world, chosen), members(world)
    joins = np.logical_or.reduce(proposed * (1.0 - now) > 0.0, axis=-1)
    votes = [(proposed[:, b] <= 0.0) | world.blocs[b].signs_club(chosen) for b in range(world.parties.n_blocs)]
    passes = np.logical_and.reduce(votes)
    world.tell("club_proposed", joins, state.club, chosen, *votes)
    state.club_signed = np.where(joins & passes, chosen, NOTHING_SIGNED)
    holds = (stable if conditional else clubs.internally_stable(shared))[np.arange(world.n_lanes), state.club]
    failed_vote = np.where(passes | holds, state.club, NO_CLUB)
    _now_in_force(world, np.where(joins, failed_vote, chosen))


def _now_in_force(world: Stage, club: np.ndarray) -> None:
    """A smaller club, or none, from the next quarter on."""
    state = world.state
    moved = (club != state.club)[:, None]
    world.tell("club_shrinks", moved[:, 0], state.club, club)
    state.club_failed &= ~moved
    state.club_honours = state.club_honours | moved
    state.club = club


def _setting(world: Stage) -> Setting:
    state, supply, standards = world.state, world.state.supply, world.state.standards
    return Setting(
        cell_cost=state.cell_cost,
        place_cost=state.place_cost,
        car_cost=state.car_cost,
        margin=state.margin,
        markup=state.markup,
        origin_tie=state.origin_tie,
        origin_level=state.origin_level,
        utility=supply.utility,
        subsidy=supply.paid,
        pushed=world.pushed_utility() / world.parameters.alpha,
        on_sale=state.books.models_certified,
        duty=state.conduct.treaty_duty,
        recognised=standards.by_treaty,
        granted=state.recognises,
        common=standards.common,
        exported_cells=state.books.exported_cells,
        felt=state.climate.expected_worry,
        security=world.agenda.security,
        distance=world.scenario.regime_distance,
        profit_weight=state.profit_weight,
        scheme=supply.scheme,
        credit_price=state.credit_price,
    )
