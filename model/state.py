"""The state of a run: everything that a quarter passes on, and the state before the first one."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from model.assessment import coalitions
from model.assessment.coalitions import Worth
from model.assessment.priors import first_type_belief, mean_tension, prior_evidence, usual_tension
from model.assessment.stakes import effective_tension
from model.choices.tactics import NOTHING_OFFERED
from model.draws import Draws
from model.layout import by_lane, copies
from model.market.clearing import MILLION_TO_BILLION
from model.market.economy import Economy, Opening
from model.numerics import FloatArray, ordered_sum
from model.packages.agenda import Agenda
from model.parameters.by_lane import NO_VALUES, OF_OPENING, LaneValues
from model.parameters.checked import Parameters
from model.quarter import Books, Climate, ClubWorth, Conduct, Insight, Market, Standards, Supply, Welfare
from model.rules import tension as tension_rules
from model.rules import trust as trust_rules
from model.rules.instruments import Instrument
from model.run_rules import RunRules
from model.scenario.scenario import NEVER as NEVER_DUE
from model.scenario.scenario import Scenario
from model.start.agenda import look
from model.telling.outcomes import Obstacle
from model.vocabulary import EV, N_ISSUES, N_SIDES

CLOSED: Final = -1.0  # clock of a session that is not open
NEVER: Final = 1e9  # a quarter that does not come
NO_UNDERTAKING: Final = -1.0  # commitment of an automaker without one
NOTHING_WITHHELD: Final = np.inf  # no duty is so high that export licences are withheld
NOTHING_SIGNED: Final = -1  # no package waits to come into force


#: A starting point: a scenario, and what its calibration found (``model.start.starting_point``).
Start = tuple[Scenario, Economy, Opening, Agenda]


@dataclass
class State:
    """Everything that a quarter passes on to the next, and what its phases pass to each other.

    A copy of it (``copied``) is all that is needed to go on from here. Arrays of single numbers are changed in place or
    replaced; records (``model.quarter``) are replaced whole and shared between copies. Every array has the replicate
    axis in front of the axes named here.
    """

    quarter: int
    # markets
    cell_cost: FloatArray  # (k,) $/kWh
    place_cost: FloatArray  # (o, k) $/kWh by where cells are made; ``cell_cost`` is that at home
    car_cost: FloatArray  # (f,) cost of a car without its battery, over that of the start
    cost_luck: FloatArray  # () luck in the cost of cells since the start, in logs
    experience: FloatArray  # (k,) GWh
    place_experience: FloatArray  # (o,) GWh of plants in a place
    car_experience: FloatArray  # (f,) m EVs
    margin: FloatArray  # (f, k) $/kWh
    origin_tie: FloatArray  # (m, f, o)
    origin_level: FloatArray  # (m, f)
    origin_share: FloatArray  # (m, f, o)
    price: FloatArray  # (m, f) k$
    markup: FloatArray  # (m, f) k$, the fixed point's, kept to start the next one from
    quality: FloatArray  # (m, f)
    age: FloatArray  # (m, f) quarters since entry
    has_plant: FloatArray  # (m, f)
    plant_due: FloatArray  # (m, f) quarters until a started plant opens, 0 none
    chargers: FloatArray  # (m,) m points
    announced: FloatArray  # (b,) a zero-emission path stands
    announced_age: FloatArray  # (b,) quarters since it was announced
    cells: FloatArray  # (f, k) GWh of last quarter
    made: FloatArray  # (o, k) GWh of cells made in each place, sold: (f,) m EVs, both of last quarter
    sold: FloatArray
    # policy
    special: FloatArray  # (g, b, b) duty above MFN without treaties
    duty: FloatArray  # (g, b, b) applied
    paid: FloatArray  # (g, b, b) what goods pay of it on average
    case_left: FloatArray  # (b, b) quarters that an investigation still runs
    case_step: FloatArray  # (b, b) 0 or 1: one or two steps threatened
    case_rise: FloatArray  # (b, b) part of the special EV duty that duty cases have added
    review: FloatArray  # (b, b) quarter in which that part expires unless it is renewed, or NEVER
    withheld_above: FloatArray  # (b, b) special duty of the column bloc above which the row bloc withholds licences
    carried: FloatArray  # (b, b) threats carried out so far
    dropped: FloatArray  # (b, b) threats dropped so far
    recognises: FloatArray  # (b, b) unilateral recognition
    access: np.ndarray  # (b, b) step of access to the row bloc that a treaty in effect gives the column bloc, 0 none
    # relations
    tension: FloatArray  # (d,) latent
    dialogue: FloatArray  # (d,)
    is_open: np.ndarray  # (d,) the official channel is open
    good: FloatArray  # (b, b) evidence of observer on observed, as bad
    bad: FloatArray  # (b, b)
    own_error: FloatArray  # (d, s, u)
    partner_error: FloatArray  # (d, s, u)
    mood: FloatArray  # (d, s)
    # talks and treaties
    clock: FloatArray  # (d,) quarters a session has run or CLOSED
    pause: FloatArray  # (d,) quarters before the next
    treaty: np.ndarray  # (d,) package in force, 0 none
    instrument: np.ndarray  # (d,) what the treaty in force is, a code of ``rules.instruments``, 0 none
    signed: np.ndarray  # (d,) package that is signed and not yet in force, or NOTHING_SIGNED
    entry: FloatArray  # (d,) quarter from which it is in force, if legislatures pass it in the one before
    sunset: FloatArray  # (d,) quarter in which it expires
    failed: np.ndarray  # (d, s) failed its own test last quarter
    notice: FloatArray  # (d, s) quarters of notice
    level: FloatArray  # (d, s) share of duty and supply concessions honoured under the stance
    answer_left: FloatArray  # (d, s) quarters of punishment to come and the one after
    dispute: FloatArray  # (d, s) quarters of consultation and suspension, 0 without a dispute
    honours: np.ndarray  # (d, s) passes its test this quarter
    depth: FloatArray  # (d,)
    # optional commerce
    credit_price: FloatArray  # (m,) k$ for an EV where a share of EVs is required
    undertaking: FloatArray  # (m, f, b) part of its cars from b that a maker builds in m instead, or NO_UNDERTAKING
    # governments and optional statecraft
    profit_weight: FloatArray  # (b,) executive's weight on home profits
    threshold_shift: FloatArray  # (b,) what the legislature asks beyond the declared threshold
    prior_good: FloatArray  # (b, b) prior evidence, as prior_bad
    prior_bad: FloatArray  # (b, b)
    type_belief: FloatArray  # (b, b) belief that the observed is a reciprocating type
    track2: FloatArray  # (d,) joint research
    effort: FloatArray  # (d, s) part of its duty cut that a side keeps by its own choice
    standing: FloatArray  # (d, s) 1 where a side kept its part last quarter
    heard: FloatArray  # (d, s) 1 once a partner has tabled in a session
    received: FloatArray  # (d, s) own believed gain from its last offer
    concession: FloatArray  # (d, s) rise from the one before
    gesture: np.ndarray  # (d,) package in effect while a gesture stands, 0 none
    gesture_side: np.ndarray  # (d,) who makes it
    gesture_left: FloatArray  # (d,) for how many quarters more
    gesture_due: np.ndarray  # (d, s) the next step is to be offered
    tension_before: FloatArray  # (d,) last quarter's level
    harmony_announced: FloatArray  # (b,) 1 where an announcement paid its bloc alone
    # clubs
    club: np.ndarray  # () coalition in force, by its place in ``assessment.coalitions``, 0 none
    club_signed: np.ndarray  # () coalition ratified, in force from the next quarter, or NOTHING_SIGNED
    club_honours: np.ndarray  # (b,) a member keeps the terms this quarter
    club_failed: np.ndarray  # (b,) a member failed to last quarter
    club_mood: FloatArray  # (b,) of legislatures towards clubs
    # the table
    deal: np.ndarray  # (d,) package agreed this quarter, where has_deal
    has_deal: np.ndarray  # (d,)
    tabled: np.ndarray  # (d,) the last one on the table, 0 none
    offered: FloatArray  # (d, s) bn$ per quarter, the best that each side was offered in this session
    violations: FloatArray  # (d,) sides that lapsed, last quarter's until they are known
    plants_started: FloatArray  # (f,) this quarter
    # counts
    n_signed: FloatArray  # (d,)
    n_renewed: FloatArray  # (d,) treaties renewed when their term ended
    n_lapses: FloatArray  # (d,)
    first_end: np.ndarray  # (d,) quarter in which the first treaty ended, -1 if none did
    first_end_cause: np.ndarray  # (d,) its ``TreatyEnd``
    blocking: np.ndarray  # (d, s, 4) quarters of talks that foundered on each ``Obstacle``
    # records: supply, conduct, market and welfare from the first quarter on, the others from the start
    climate: Climate
    standards: Standards = field(init=False)
    insight: Insight
    books: Books
    club_worth: ClubWorth
    supply: Supply = field(init=False)
    conduct: Conduct = field(init=False)
    market: Market = field(init=False)
    welfare: Welfare = field(init=False)

    def copied(self) -> State:
        """A state of its own with the same numbers, in the same layout of memory."""
        other = copy.copy(self)
        for name, values in vars(self).items():
            if isinstance(values, np.ndarray):
                setattr(other, name, values.copy(order="K"))
        return other


#: Arrays that begin alike everywhere: what they hold, their axes (``model.vocabulary``), their names.
_FILLED: Final[tuple[tuple[float, str, str], ...]] = (
    (0.0, "", "cost_luck"),
    (0.0, "mf", "plant_due"),
    (0.0, "f", "plants_started"),
    (0.0, "b", "credit_price threshold_shift harmony_announced club_mood"),
    (0.0, "bb", "case_left case_step carried dropped recognises"),
    (0.0, "d", "pause depth track2 gesture_left violations n_signed n_renewed n_lapses"),
    (0.0, "ds", "mood notice answer_left dispute heard received concession"),
    (0.0, "dsu", "own_error partner_error"),
    (1.0, "ds", "level effort standing"),
    (CLOSED, "d", "clock"),
    (NEVER, "d", "entry"),
    (NO_UNDERTAKING, "mfb", "undertaking"),
    (NOTHING_WITHHELD, "bb", "withheld_above"),
    (NOTHING_OFFERED, "ds", "offered"),
    (True, "d", "is_open"),
    (True, "ds", "honours"),
    (True, "b", "club_honours"),
    (False, "d", "has_deal"),
    (False, "ds", "failed gesture_due"),
    (False, "b", "club_failed"),
    (0, "d", "gesture gesture_side deal tabled"),
    (0, "bb", "access"),
    (0, "", "club"),
    (NOTHING_SIGNED, "d", "signed"),
    (NOTHING_SIGNED, "", "club_signed"),
    (-1, "d", "first_end"),
)
#: What the calibration found, as it is.
_FOUND: Final = (
    *("margin", "origin_tie", "origin_level", "price", "markup", "quality", "cells", "made", "sold"),
    *("special", "duty", "paid"),
)


def opening_arrays(start: Start, parameters: Parameters, rules: RunRules) -> dict[str, np.ndarray]:
    """The arrays of the state before the first quarter, without the replicate axis: the same in every replicate.

    They may be parts of the starting point itself.
    """
    scenario, economy, opening, agenda = start
    n_blocs, n_dyads = scenario.parties.n_blocs, scenario.parties.n_dyads
    size = {"b": n_blocs, "m": n_blocs, "d": n_dyads, "s": N_SIDES, "u": N_ISSUES, "f": len(scenario.automakers)}
    (prior_good, prior_bad), (good, bad) = prior_evidence(parameters), _evidence_at_start(scenario, parameters)
    sunset, instrument = np.full(n_dyads, NEVER), np.zeros(n_dyads, dtype=np.int8)
    for treaty in scenario.treaties:
        sunset[treaty.dyad] = treaty.sunset
        needed = rules.instruments[treaty.dyad][agenda.treaty[treaty.dyad]]
        said = Instrument[treaty.instrument.upper()] if treaty.instrument and needed else needed
        instrument[treaty.dyad] = said
    latent = np.where(np.isnan(scenario.tension_start), usual_tension(scenario, parameters), scenario.tension_start)
    return {
        **{
            name: np.full([size[axis] for axis in axes], fill)
            for fill, axes, names in _FILLED
            for name in names.split()
        },
        **{name: getattr(opening, name) for name in _FOUND},
        "cell_cost": scenario.cell_cost,
        "place_cost": np.zeros_like(economy.cell_freight) + scenario.cell_cost,
        "car_cost": np.ones(len(scenario.automakers)),
        "experience": economy.start_experience,
        "place_experience": economy.start_place_experience,
        "car_experience": economy.start_car_experience,
        "origin_share": scenario.origin_share.swapaxes(0, 1),
        "age": np.where(scenario.availability.T >= 1.0, NEVER, 0.0),
        "has_plant": scenario.has_plant.T.astype(np.float64),
        "chargers": scenario.chargers,
        "announced": scenario.zev_announced.astype(np.float64),
        "announced_age": scenario.zev_age,
        "tension": latent,
        "tension_before": tension_rules.tension_level(latent),
        "dialogue": np.minimum(scenario.dialogue_level, parameters.dialogue_ceiling),
        "good": good,
        "bad": bad,
        "prior_good": prior_good,
        "prior_bad": prior_bad,
        "type_belief": first_type_belief(scenario, parameters),
        "treaty": agenda.treaty,
        "sunset": sunset,
        "instrument": instrument,
        "case_rise": np.where(scenario.review < NEVER_DUE, opening.special[EV], 0.0),
        "review": np.where(scenario.review < NEVER_DUE, scenario.review, NEVER),
        "profit_weight": np.full(n_blocs, parameters.executive_profit_weight),
        "first_end_cause": np.zeros(n_dyads, dtype=np.int8),
        "blocking": np.zeros((n_dyads, N_SIDES, len(Obstacle)), dtype=np.int64),
    }


def _evidence_at_start(scenario: Scenario, parameters: Parameters) -> tuple[FloatArray, FloatArray]:
    """(b, b) twice: good and bad evidence of observer on observed.

    Treaties in force carry their record: each honoured quarter before the start is one good signal (theory 1.6).
    """
    prior_good, prior_bad = prior_evidence(parameters)
    good, bad = prior_good.copy(), prior_bad.copy()
    for treaty in scenario.treaties:
        first, second = scenario.parties.dyads[treaty.dyad]
        for at in ((first, second), (second, first)):
            for _ in range(int(treaty.honoured_quarters)):
                good[at], bad[at] = trust_rules.update_evidence(
                    good[at], bad[at], prior_good[at], prior_bad[at], parameters.trust_memory, 1.0, True
                )
    return good, bad


def first_state(
    start: Start, parameters: Parameters, rules: RunRules, luck: Draws, n_lanes: int, own: LaneValues = NO_VALUES
) -> State:
    """The state before the first quarter of a run, in every lane; luck gives the first errors and moods, ``own``
    parameters that differ between lanes.

    Without ``standards``, which follow from the rest: the world adds them (``treaties.keep_standards``).
    """

    def lanes(values: FloatArray) -> FloatArray:
        return copies(values, n_lanes)

    scenario, economy, opening, agenda = start
    if own:
        sets, place = own.kinds(parameters, OF_OPENING)
        each = [opening_arrays(start, one, rules) for one in sets]
        kind = np.zeros(n_lanes, dtype=np.int64) if place is None else place
        whole = {name: by_lane([arrays[name] for arrays in each], kind) for name in each[0]}
    else:
        whole = {name: lanes(values) for name, values in opening_arrays(start, parameters, rules).items()}
    whole["own_error"], whole["partner_error"] = luck.own_error[0], luck.partner_error[0]
    whole["mood"], whole["club_mood"] = luck.ratification[0], luck.club_ratification[0]
    first = look(economy, parameters, scenario, opening, False)
    markup = agenda.markup[rules.nodes.row]
    n_blocs = scenario.parties.n_blocs
    unknown = coalitions.nothing_known(n_blocs)
    return State(
        quarter=0,
        climate=climate_of(scenario, parameters, whole["tension"], usual_tension_now(parameters, own)),
        insight=Insight(False, None, None, markup, markup),
        books=Books(
            accounts=None,
            ev_share=lanes(scenario.ev_share),
            ev_built=lanes(first.ev_built),
            ev_revenue=lanes(first.ev_revenue),
            cell_imports=lanes(first.cell_imports),
            exported_cells=lanes(first.situation.exported_cells),
            cell_profit=lanes(ordered_sum(opening.cells * opening.margin, axis=0) / MILLION_TO_BILLION),
            models_certified=np.zeros_like(whole["age"]),
            undertaken=None,
        ),
        club_worth=ClubWorth(
            Worth(lanes(unknown.executive), lanes(unknown.legislature)),
            lanes(np.zeros_like(coalitions.of_blocs(n_blocs).members)),
        ),
        **whole,
    )


def usual_tension_now(parameters: Parameters, own: LaneValues) -> FloatArray | None:
    """(R, d) long-run mean of latent tension where lanes differ in what it hangs on; None where they do not."""
    if not own:
        return None
    ceiling, crises = (own.asked(parameters, name, axes=1) for name in ("dialogue_ceiling", "tension_jump_rate"))
    return np.zeros((own.n_lanes, 1)) + mean_tension(parameters, ceiling, crises)


def climate_of(
    scenario: Scenario, parameters: Parameters, latent: FloatArray, usual_now: FloatArray | None = None
) -> Climate:
    """What latent tension (R, d) means (theory 1.12).

    usual_now: (R, d) another long-run mean than that of the parameters.

    With their pathway off, exits or the cost of dependence feel the usual level of the scenario as it is, at which the
    calibration found what governments want.
    """
    felt = tension_rules.tension_level(latent), effective_tension(parameters, latent, usual_now)
    usual = np.zeros_like(latent) + tension_rules.tension_level(mean_tension(scenario.parameters))
    danger = felt if parameters.tension_in_exit else (usual, usual)
    worry = felt if parameters.tension_in_security else (usual, usual)
    return Climate(*felt, *danger, *worry)
