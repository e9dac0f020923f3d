"""The arrays that a quarter reads and writes.

One ``State`` serves both worlds: in the Mesa world its arrays have the shapes below, in the ensemble a leading
replicate axis. Within a phase everyone decides on the state at the start of the phase and writes at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.economy import Agenda, Economy, Opening
from model.numerics import FloatArray
from model.parameters import Parameters
from model.rules import compliance
from model.rules import tension as tension_rules
from model.rules import trust as trust_rules
from model.scenario import Scenario
from model.vocabulary import DYADS, N_BLOCS, N_DYADS, N_ISSUES, N_SIDES

CLOSED: Final = -1.0  # clock of a session that is not open
NEVER: Final = 1e9  # a quarter that does not come
NO_UNDERTAKING: Final = -1.0  # commitment of an automaker without one
NOTHING_SIGNED: Final = -1  # no ratified package waits to come into force


@dataclass
class State:
    """Everything that a quarter passes on to the next.

    Markets: cell_cost, experience (k,) $/kWh, GWh; margin (f, k) $/kWh; origin_tie, origin_share (m, f, o),
    origin_level (m, f); price, markup (m, f) k$ (markup is the fixed point's, kept to start the next one from);
    quality (m, f); age (m, f) quarters since entry; has_plant (m, f); plant_due (m, f) quarters until a started plant
    opens, 0 none; chargers (m,) m points; announced (b,) and announced_age (b,) zero-emission path; cells (f, k) GWh
    of last quarter; credit_price (m,) k$ for an EV where a share of EVs is required; undertaking (m, f, b) part of an
    automaker's cars from bloc b that it builds in the market instead, or NO_UNDERTAKING.

    Policy: special (g, b, b) duty above MFN without treaties; duty (g, b, b) applied; case_left (b, b) quarters that
    an investigation still runs; case_step (b, b) 0 or 1: one or two steps threatened; carried, dropped (b, b) threats
    so far; recognises (b, b) unilateral recognition.

    Relations: tension (d,) latent; dialogue (d,); is_open (d,); good, bad (b, b) evidence of observer on observed;
    own_error, partner_error (d, s, u); mood (d, s).

    Talks: clock (d,) quarters a session has run or CLOSED; pause (d,) quarters before the next; treaty (d,) package in
    force, 0 none; signed (d,) package ratified this quarter, in force from the next, or NOTHING_SIGNED; sunset (d,)
    quarter in which it expires; failed (d, s) failed its own test last quarter; notice (d, s) quarters of notice;
    level (d, s) share of duty and supply concessions honoured under the stance; answer_left (d, s) quarters of
    punishment to come; honours (d, s) passes its test this quarter; depth (d,).

    Governments and optional statecraft: profit_weight (b,) executive's weight on home profits; threshold_shift (b,)
    what the legislature asks beyond the declared threshold; prior_good, prior_bad (b, b) prior evidence; type_belief
    (b, b) belief that the observed is a reciprocating type; track2 (d,) joint research; effort (d, s) part of its duty
    cut that a side keeps by its own choice; standing (d, s) 1 where a side kept its part last quarter; heard (d, s) 1
    once a partner has tabled in a session, received (d, s) own believed gain from its last offer, concession (d, s)
    rise from the one before; gesture (d,) package in effect while a gesture stands, 0 none; gesture_side, gesture_left
    (d,) who makes it and for how many quarters more; gesture_due (d, s) the next step is to be offered; tension_before
    (d,) last quarter's level; harmony_announced (b,) 1 where an announcement paid its bloc alone.

    Clubs: club () coalition in force, by its place in ``model.coalitions``, 0 none; club_signed () coalition ratified,
    in force from the next quarter, or NOTHING_SIGNED; club_honours, club_failed (b,) whether a member keeps the terms
    this quarter, failed to last quarter; club_mood (b,) of legislatures towards clubs.
    """

    quarter: int
    cell_cost: FloatArray
    experience: FloatArray
    margin: FloatArray
    origin_tie: FloatArray
    origin_level: FloatArray
    origin_share: FloatArray
    price: FloatArray
    markup: FloatArray
    quality: FloatArray
    age: FloatArray
    has_plant: FloatArray
    plant_due: FloatArray
    chargers: FloatArray
    announced: FloatArray
    announced_age: FloatArray
    cells: FloatArray
    special: FloatArray
    duty: FloatArray
    case_left: FloatArray
    case_step: FloatArray
    carried: FloatArray
    dropped: FloatArray
    recognises: FloatArray
    tension: FloatArray
    dialogue: FloatArray
    is_open: np.ndarray
    good: FloatArray
    bad: FloatArray
    own_error: FloatArray
    partner_error: FloatArray
    mood: FloatArray
    clock: FloatArray
    pause: FloatArray
    treaty: np.ndarray
    signed: np.ndarray
    sunset: FloatArray
    failed: np.ndarray
    notice: FloatArray
    level: FloatArray
    answer_left: FloatArray
    honours: np.ndarray
    depth: FloatArray
    credit_price: FloatArray
    undertaking: FloatArray
    profit_weight: FloatArray
    threshold_shift: FloatArray
    prior_good: FloatArray
    prior_bad: FloatArray
    type_belief: FloatArray
    track2: FloatArray
    effort: FloatArray
    standing: FloatArray
    heard: FloatArray
    received: FloatArray
    concession: FloatArray
    gesture: np.ndarray
    gesture_side: np.ndarray
    gesture_left: FloatArray
    gesture_due: np.ndarray
    tension_before: FloatArray
    harmony_announced: FloatArray
    club: np.ndarray
    club_signed: np.ndarray
    club_honours: np.ndarray
    club_failed: np.ndarray
    club_mood: FloatArray


def mean_tension(parameters: Parameters) -> FloatArray:
    """(d,) long-run mean of latent tension with jumps and a dialogue at its ceiling (theory 1.12)."""
    return tension_rules.mean_latent(
        parameters.tension_mean,
        parameters.tension_jump_rate,
        parameters.tension_jump_mean,
        parameters.tension_persistence,
        parameters.dialogue_on_tension,
        parameters.dialogue_ceiling,
    )


def prior_evidence(parameters: Parameters) -> tuple[FloatArray, FloatArray]:
    """(b, b) prior good and bad evidence of each bloc on each other one (theory 1.11); the diagonal is one."""
    good, bad = np.ones((N_BLOCS, N_BLOCS)), np.ones((N_BLOCS, N_BLOCS))
    for dyad, (first, second) in enumerate(DYADS):
        good[first, second] = good[second, first] = parameters.trust_good[dyad]
        bad[first, second] = bad[second, first] = parameters.trust_bad[dyad]
    return good, bad


def first_state(
    scenario: Scenario,
    parameters: Parameters,
    economy: Economy,
    opening: Opening,
    agenda: Agenda,
) -> State:
    """The state before the first quarter of a run.

    Treaties in force carry their record: each honoured quarter before the start is one good signal (theory 1.6).
    """
    markets = opening.share.shape
    good, bad = prior_evidence(parameters)
    prior_good, prior_bad = good.copy(), bad.copy()
    sunset = np.full(N_DYADS, NEVER)
    for treaty in scenario.treaties:
        first, second = DYADS[treaty.dyad]
        sunset[treaty.dyad] = treaty.sunset
        for observer, observed in ((first, second), (second, first)):
            for _ in range(int(treaty.honoured_quarters)):
                good[observer, observed], bad[observer, observed] = trust_rules.update_evidence(
                    good[observer, observed],
                    bad[observer, observed],
                    prior_good[observer, observed],
                    prior_bad[observer, observed],
                    parameters.trust_memory,
                    1.0,
                    True,
                )
    start = mean_tension(parameters)
    given = scenario.tension_start
    return State(
        quarter=0,
        cell_cost=opening_costs(scenario),
        experience=economy.start_experience.copy(),
        margin=opening.margin.copy(),
        origin_tie=opening.origin_tie.copy(),
        origin_level=opening.origin_level.copy(),
        origin_share=scenario.origin_share.swapaxes(0, 1).copy(),
        price=opening.price.copy(),
        markup=opening.markup.copy(),
        quality=opening.quality.copy(),
        age=np.where(scenario.availability.T >= 1.0, NEVER, 0.0),
        has_plant=scenario.has_plant.T.astype(np.float64),
        plant_due=np.zeros(markets),
        chargers=scenario.chargers.copy(),
        announced=scenario.zev_announced.astype(np.float64),
        announced_age=scenario.zev_age.copy(),
        cells=opening.cells.copy(),
        special=opening.special.copy(),
        duty=opening.duty.copy(),
        case_left=np.zeros((N_BLOCS, N_BLOCS)),
        case_step=np.zeros((N_BLOCS, N_BLOCS)),
        carried=np.zeros((N_BLOCS, N_BLOCS)),
        dropped=np.zeros((N_BLOCS, N_BLOCS)),
        recognises=np.zeros((N_BLOCS, N_BLOCS)),
        tension=np.where(np.isnan(given), start, given),
        dialogue=np.minimum(scenario.dialogue_level, parameters.dialogue_ceiling),
        is_open=np.ones(N_DYADS, dtype=bool),
        good=good,
        bad=bad,
        own_error=np.zeros((N_DYADS, N_SIDES, N_ISSUES)),
        partner_error=np.zeros((N_DYADS, N_SIDES, N_ISSUES)),
        mood=np.zeros((N_DYADS, N_SIDES)),
        clock=np.full(N_DYADS, CLOSED),
        pause=np.zeros(N_DYADS),
        treaty=agenda.treaty.copy(),
        signed=np.full(N_DYADS, NOTHING_SIGNED),
        sunset=sunset,
        failed=np.zeros((N_DYADS, N_SIDES), dtype=bool),
        notice=np.zeros((N_DYADS, N_SIDES)),
        level=np.ones((N_DYADS, N_SIDES)),
        answer_left=np.zeros((N_DYADS, N_SIDES)),
        honours=np.ones((N_DYADS, N_SIDES), dtype=bool),
        depth=np.zeros(N_DYADS),
        credit_price=np.zeros(N_BLOCS),
        undertaking=np.full((*markets, N_BLOCS), NO_UNDERTAKING),
        profit_weight=np.full(N_BLOCS, parameters.executive_profit_weight),
        threshold_shift=np.zeros(N_BLOCS),
        prior_good=prior_good,
        prior_bad=prior_bad,
        type_belief=first_type_belief(scenario, parameters),
        track2=np.zeros(N_DYADS),
        effort=np.ones((N_DYADS, N_SIDES)),
        standing=np.ones((N_DYADS, N_SIDES)),
        heard=np.zeros((N_DYADS, N_SIDES)),
        received=np.zeros((N_DYADS, N_SIDES)),
        concession=np.zeros((N_DYADS, N_SIDES)),
        gesture=np.zeros(N_DYADS, dtype=np.int64),
        gesture_side=np.zeros(N_DYADS, dtype=np.int64),
        gesture_left=np.zeros(N_DYADS),
        gesture_due=np.zeros((N_DYADS, N_SIDES), dtype=bool),
        tension_before=tension_rules.tension_level(np.where(np.isnan(given), start, given)),
        harmony_announced=np.zeros(N_BLOCS),
        club=np.zeros((), dtype=np.int64),
        club_signed=np.full((), NOTHING_SIGNED),
        club_honours=np.ones(N_BLOCS, dtype=bool),
        club_failed=np.zeros(N_BLOCS, dtype=bool),
        club_mood=np.zeros(N_BLOCS),
    )


def first_type_belief(scenario: Scenario, parameters: Parameters) -> FloatArray:
    """(b, b) belief of each bloc that another one is a reciprocating type, before the first quarter (theory 1.10).

    The prior is the prior trust; each honoured quarter of a treaty in force was one good signal (theory 1.6).
    """
    good, bad = prior_evidence(parameters)
    belief = trust_rules.trust_level(good, bad)
    for treaty in scenario.treaties:
        first, second = DYADS[treaty.dyad]
        dialogue = min(float(scenario.dialogue_level[treaty.dyad]), parameters.dialogue_ceiling)
        errors = [
            trust_rules.monitoring_error(base, dialogue, parameters.dialogue_on_monitoring)
            for base in (parameters.false_alarm, parameters.missed_violation)
        ]
        for observer, observed in ((first, second), (second, first)):
            for _ in range(int(treaty.honoured_quarters)):
                belief[observer, observed] = compliance.bayes_type_update(belief[observer, observed], 1.0, *errors)
    return belief


def opening_costs(scenario: Scenario) -> FloatArray:
    """(k,) $/kWh cell cost of each supplier at the start."""
    return scenario.cell_cost.copy()
