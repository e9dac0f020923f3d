"""Relations: what is dated, tension, channel and dialogue, assessments, perception, trust (1.7-1.9b, 1.11, 1.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from of_three import N_BLOCS, N_DYADS

from model.assessment.costs import Situation
from model.assessment.mandate import make_mandate
from model.assessment.nodes import nodes_in_use
from model.assessment.realised import realised_value
from model.assessment.stakes import Stakes, effective_tension, supply_stakes, technology_stakes
from model.assessment.tables import assess
from model.market.clearing import WARM_SWEEPS
from model.market.learning import Learned
from model.numerics import FloatArray, ordered_sum
from model.packages.menu import negotiable
from model.packages.part_cuts import DutyPath, duty_path
from model.rules import compliance, dialogue, packages, ratification, tension, trust, unilateral
from model.start.agenda import brands_on_sale
from model.vocabulary import BATTERY, DYADS, EV, N_SIDES

if TYPE_CHECKING:
    from model.parameters.checked import Parameters
    from reference.world import World

NEVER = 1e9  # a quarter that does not come


def prepare(w: World) -> None:
    """Tension, dialogue, evidence, errors and moods before the first quarter."""
    p, s = w.parameters, w.scenario
    w.tension = np.where(np.isnan(s.tension_start), usual_tension(w, w.parameters), s.tension_start)  # (d,) latent
    w.dialogue = np.minimum(s.dialogue_level, p.dialogue_ceiling)  # (d,)
    w.is_open = np.ones(N_DYADS, dtype=bool)  # (d,) the official channel
    # (d, s, u) errors about own and partner's gains, (d, s) moods of legislatures: of the quarter before the first
    w.own_error, w.partner_error = w.luck.own_error[0].copy(), w.luck.partner_error[0].copy()
    w.mood = w.luck.ratification[0].copy()
    # (10,) issues on the table
    off_dyad = [p.tariff_issues, p.supply_issues, p.recognition_issues, p.linkage_issues]
    w.allowed = (*(bool(x) for x in off_dyad for _ in range(2)), bool(p.charging_issues), bool(p.technology_issues))
    # where assessments look, and the markups that the next one starts from
    w.nodes = nodes_in_use(w.economy, p, w.agenda.menus)
    w.last_markups = w.agenda.markup[w.nodes.row]
    w.brands_abroad = brands_on_sale(s)  # (b, b)
    _prepare_trust(w)


def _prepare_trust(w: World) -> None:
    """Evidence of observer on observed, and the belief that it is a reciprocator, (b, b).

    Treaties in force carry their record: each honoured quarter before the start is one good signal (1.6, 1.10).
    """
    p, s = w.parameters, w.scenario
    w.prior_good, w.prior_bad = np.ones((N_BLOCS, N_BLOCS)), np.ones((N_BLOCS, N_BLOCS))
    for d, (i, j) in enumerate(DYADS):
        w.prior_good[i, j] = w.prior_good[j, i] = p.trust_good[d]
        w.prior_bad[i, j] = w.prior_bad[j, i] = p.trust_bad[d]
    w.good, w.bad = w.prior_good.copy(), w.prior_bad.copy()
    w.type_belief = trust.trust_level(w.prior_good, w.prior_bad)
    for treaty in s.treaties:
        i, j = DYADS[treaty.dyad]
        talked = min(float(s.dialogue_level[treaty.dyad]), p.dialogue_ceiling)
        alarm, missed, published = (
            trust.monitoring_error(e, talked, p.dialogue_on_monitoring)
            for e in (p.false_alarm, p.missed_violation, p.published_error)
        )
        for side, pair in ((0, (j, i)), (1, (i, j))):
            hidden = treaty.supply[side] or treaty.linkage[side] or treaty.technology
            acts = treaty.duty_bound[side].any() or treaty.recognition[side] or treaty.charging
            errors = alarm, missed
            if p.monitoring == "by_issue":
                errors = max(alarm, published) if hidden else published, min(missed, published)
                errors = (errors[0], missed) if hidden and not acts else errors
            for _ in range(int(treaty.honoured_quarters)):
                now, prior = (w.good[pair], w.bad[pair]), (w.prior_good[pair], w.prior_bad[pair])
                w.good[pair], w.bad[pair] = trust.update_evidence(*now, *prior, p.trust_memory, 1.0, True)
                w.type_belief[pair] = compliance.bayes_type_update(w.type_belief[pair], 1.0, *errors)


def usual_tension(w: World, p: Parameters) -> FloatArray:
    """(d,) long-run mean of latent tension with jumps and the dialogue of the scenario at its ceiling (1.12)."""
    return tension.mean_latent(
        p.tension_mean,
        p.tension_jump_rate,
        p.tension_jump_mean,
        p.tension_persistence,
        p.dialogue_on_tension,
        w.scenario.parameters.dialogue_ceiling,
    )


# --- phases ---------------------------------------------------------------------------------------------------------


def see_events(w: World) -> None:
    """Dated policies, entries and the quarter's shock to tension."""
    s, t = w.scenario, w.quarter
    if t < s.history_quarters:
        w.special = s.special[t].copy()
    if t > 0:
        w.age = w.age + ((t >= s.on_sale_from.T) & (w.age < NEVER))
        w.announced_age = w.announced_age + (w.announced > 0.0)
        _move_tension(w)
    # (d,) in (0, 1): tension now and over an agreement's life, the same two as exits feel them, and as security does
    w.tension_level, w.effective_tension = tension.tension_level(w.tension), effective_tension(w.parameters, w.tension)
    w.danger, w.expected_danger = w.tension_level, w.effective_tension
    if not w.parameters.tension_in_exit:
        w.danger = w.expected_danger = tension.tension_level(usual_tension(w, s.parameters))
    w.worry, w.expected_worry = w.tension_level, w.effective_tension
    if not w.parameters.tension_in_security:
        w.worry = w.expected_worry = tension.tension_level(usual_tension(w, s.parameters))


def _move_tension(w: World) -> None:
    """The quarter's shock to latent tension, and what last quarter left behind."""
    p, luck, t = w.parameters, w.luck, w.quarter + 1
    w.tension = tension.tension_step(
        w.tension,
        p.tension_mean,
        p.tension_persistence,
        p.tension_volatility,
        luck.tension_shock[t],
        luck.tension_jump[t],
        luck.tension_jump_size[t],
        p.tension_jump_rate,
        p.tension_jump_mean,
        w.depth,
        p.cooperation_on_tension,
        w.violations,
        p.violation_on_tension,
        w.dialogue,
        p.dialogue_on_tension,
    )


def hold_talks(w: World) -> None:
    """The channel opens or closes with tension; dialogue grows while it is open (1.9b)."""
    p = w.parameters
    w.is_open = dialogue.channel_open(
        w.is_open, w.tension_level, p.channel_closes_above, p.channel_opens_below, p.tension_closes_channel
    )
    w.dialogue = dialogue.dialogue_step(w.dialogue, w.is_open, p.dialogue_ceiling, p.dialogue_rise, p.dialogue_fall)


def assess_impact(w: World) -> None:
    """In an assessment quarter: what every package and every duty is worth (1.7, 1.21)."""
    p, s, economy, t = w.parameters, w.scenario, w.economy, w.quarter
    w.assesses = t % p.assessment_interval == 0
    if not w.assesses:
        return
    situation = Situation(
        cells=w.unit_cells,
        margin=w.margin,
        landed=w.landed,
        frictions=w.frictions,
        utility=w.utility,
        duty=np.stack([w.charged, w.duty[BATTERY]]),
        special=w.special,
        mfn=s.mfn[t],
        floor=s.floor[t],
        origin_tie=w.origin_tie,
        origin_level=w.origin_level,
        subsidy=w.paid,
        exported_cells=w.exported_cells,
        car_cost=w.car_cost,
    )
    tables = assess(economy, p, situation, w.last_markups, WARM_SWEEPS, w.nodes)
    w.last_markups = tables.markup
    supply = w.agenda.supply_stake if t == 0 else supply_stakes(economy, p, s, w.cell_imports, w.ev_built)
    learned = Learned(w.experience, w.place_experience, w.car_experience)
    output = Learned(ordered_sum(w.cells, axis=-2), ordered_sum(w.made), w.sold)
    made = (w.cell_cost, w.car_cost, w.cells, learned, output)
    stakes = Stakes(
        supply=supply,
        technology=technology_stakes(economy, p, *made, w.ev_revenue, w.expected_worry, w.cost_luck),
        brands_abroad=w.brands_abroad,
        granted=w.recognises,
        security=w.agenda.security,
        tension=w.effective_tension,
        felt=w.expected_worry,
        case_left=w.case_left,
        case_step=w.case_step,
        carry=unilateral.carry_share(w.carried, w.dropped),
    )
    w.mandate = make_mandate(economy, p, s, w.agenda, tables, stakes)


def perceive(w: World) -> None:
    """Errors of perception and moods of legislatures move on; both persist (1.8, 1.9)."""
    p, luck, t = w.parameters, w.luck, w.quarter + 1
    w.own_error = packages.persistent_error(w.own_error, p.perception_persistence, luck.own_error[t])
    w.partner_error = packages.persistent_error(w.partner_error, p.perception_persistence, luck.partner_error[t])
    w.mood = ratification.persistent_shock(w.mood, p.ratification_persistence, luck.ratification[t])


# --- looking at packages --------------------------------------------------------------------------------------------


def on_table(w: World, dyad: int, current: int) -> np.ndarray:
    """(P,) packages that can be tabled while package ``current`` is in force."""
    return negotiable(w.agenda.menus[dyad], w.allowed, current)


def own_path(w: World, dyad: int, side: int, package: int) -> DutyPath:
    """A side's duty between standstill and what a package says."""
    pair = (DYADS[dyad][side], DYADS[dyad][1 - side])
    mfn, floor = w.scenario.mfn[w.quarter, EV], w.scenario.floor[w.quarter, EV]
    menu = w.agenda.menus[dyad]
    return duty_path(w.economy, menu, *pair, package, mfn[pair], floor[pair], w.special[EV][pair])


def reference_package(w: World, dyad: int) -> int:
    """The package whose 2x2 game is shown: the treaty, else the last tabled, else the best for both together."""
    if w.treaty[dyad] > 0 or w.tabled[dyad] > 0:
        return int(w.treaty[dyad]) or int(w.tabled[dyad])
    first, second = w.mandate.flows[dyad]
    return int(np.argmax(np.where(on_table(w, dyad, 0), first.honoured + second.honoured, -np.inf)))


def realised_gains(w: World) -> FloatArray:
    """(d, s) what each side gains over no treaty from what is kept, bn$ per quarter."""
    gains = np.zeros((N_DYADS, N_SIDES))
    for d, side in np.ndindex(N_DYADS, N_SIDES):
        package, partly = int(w.treaty[d]), None
        if w.parameters.partial_compliance:
            partly = tuple((own_path(w, d, giver, package), w.effort[d, giver]) for giver in (0, 1))
        honours, parts = w.honours[d].astype(np.float64), w.mandate.parts[d][side]
        gains[d, side] += realised_value(w.agenda.menus[d], parts, package, honours, w.level[d], partly)
    return gains
