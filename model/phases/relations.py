"""Relations between governments: events, tension, governments, channels, perception (theory 1.8, 1.9b, 1.12, 1.17)."""

from __future__ import annotations

import numpy as np

from model.assessment.priors import prior_evidence
from model.layout import zeros
from model.numerics import FloatLike
from model.phases.assessing import judged_anew
from model.rules import dialogue, packages, ratification, tension, trust, turnover
from model.stage import Stage
from model.state import NEVER, climate_of, usual_tension_now


def see_events(world: Stage) -> None:
    """Dated policies, entries and the quarter's shock to tension."""
    state, s, t = world.state, world.scenario, world.state.quarter
    if t < s.history_quarters:
        state.special = zeros(world.n_lanes, *s.special[t].shape) + s.special[t]
    world.tell_all("events", t)
    if t > 0:
        on_sale, gates = t >= s.on_sale_from.T, world.gates()
        if gates is not None:
            on_sale = on_sale | gates.on_sale(state.has_plant)
        state.age = state.age + (on_sale & (state.age < NEVER))
        state.announced_age = state.announced_age + (state.announced > 0.0)
        move_tension(world)
    usual = usual_tension_now(world.parameters, world.own)
    state.climate = climate_of(world.scenario, world.parameters, state.tension, usual)
    if np.count_nonzero(world.rules.new_governments[t]):
        change_governments(world)


def move_tension(world: Stage) -> None:
    """The quarter's shock to latent tension, and what last quarter left behind (theory 1.12)."""
    state, p, luck, t = world.state, world.parameters, world.luck, world.state.quarter
    state.tension_before = tension.tension_level(state.tension)
    state.tension = tension.tension_step(
        state.tension,
        p.tension_mean,
        p.tension_persistence,
        world.setting("tension_volatility", axes=1),
        luck.tension_shock[t + 1],
        luck.tension_jump[t + 1],
        luck.tension_jump_size[t + 1],
        world.setting("tension_jump_rate", axes=1),
        p.tension_jump_mean,
        state.depth,
        p.cooperation_on_tension,
        state.violations,
        p.violation_on_tension,
        state.dialogue,
        p.dialogue_on_tension,
    )


def change_governments(world: Stage) -> None:
    """At a scheduled date new governments bring preferences and priors of their own (theory 1.17).

    Dates are the scenario's, so they are the same in every lane.
    """
    state, p, luck, t = world.state, world.parameters, world.luck, world.state.quarter
    usual_good, _ = prior_evidence(p)
    changing = np.flatnonzero(world.rules.new_governments[t]).tolist()
    for b in changing:
        state.profit_weight[:, b] = turnover.new_profit_weight(
            p.executive_profit_weight, p.turnover_profit_weight, luck.new_weight[t + 1, :, b]
        )
        state.threshold_shift[:, b] = turnover.new_threshold_shift(
            p.ratification_threshold[b], p.turnover_threshold, luck.new_threshold[t + 1, :, b]
        )
        for j in range(world.parties.n_blocs):
            if j == b:
                continue
            old = state.prior_good[:, b, j].copy()
            new = turnover.new_prior(usual_good[b, j], p.turnover_trust, luck.new_prior[t + 1, :, b, j])
            state.good[:, b, j] = turnover.evidence_with_prior(state.good[:, b, j], old, new, trust.EVIDENCE_FLOOR)
            state.type_belief[:, b, j] = turnover.belief_with_prior(state.type_belief[:, b, j], old, new)
            state.prior_good[:, b, j] = new
    judged_anew(world)
    for b in changing:
        world.tell_all("new_government", b)


def hold_talks(world: Stage) -> None:
    """The channel opens or shuts with tension; dialogue and joint research go on (theory 1.9b, 1.16).

    Subnational contacts keep a floor under the dialogue; high tension breaks up half of them, and half of the joint
    research (pathway (d) of theory 1.12).
    """
    state, p, level = world.state, world.parameters, world.state.climate.level
    was_open, before, has_contacts = state.is_open, state.track2, p.subnational
    state.is_open = dialogue.channel_open(
        state.is_open, level, p.channel_closes_above, p.channel_opens_below, p.tension_closes_channel
    )
    strain = level if p.tension_in_subnational else np.zeros_like(level)
    floor: FloatLike = 0.0
    if has_contacts:
        floor = dialogue.subnational_level(p.subnational_floor, strain, p.subnational_breaks_above)
    ceiling = world.setting("dialogue_ceiling", axes=1)
    state.dialogue = dialogue.dialogue_step(
        state.dialogue, state.is_open, ceiling, p.dialogue_rise, p.dialogue_fall, floor
    )
    if p.track2:
        state.track2 = dialogue.track2_step(state.track2, strain, p.track2_rise, p.subnational_breaks_above)
    if world.stories:
        for d in range(world.parties.n_dyads):
            turned = was_open[:, d] != state.is_open[:, d]
            world.tell("channel", turned, d, state.is_open[:, d])
            world.tell("subnational", turned & ~state.is_open[:, d] & has_contacts, d)
        for d in range(world.parties.n_dyads):
            world.tell("research_breaks", state.track2[:, d] < before[:, d], d)


def perceive(world: Stage) -> None:
    """Errors of perception and moods of legislatures move on; both persist (theory 1.8, 1.9)."""
    state, p, luck, t = world.state, world.parameters, world.luck, world.state.quarter
    state.own_error = packages.persistent_error(state.own_error, p.perception_persistence, luck.own_error[t + 1])
    state.partner_error = packages.persistent_error(
        state.partner_error, p.perception_persistence, luck.partner_error[t + 1]
    )
    state.mood = ratification.persistent_shock(state.mood, p.ratification_persistence, luck.ratification[t + 1])
