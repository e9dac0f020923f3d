"""One quarter of the Mesa world as the arrays that the record asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.commerce import undertakings_by_pair
from model.numerics import FloatArray, ordered_sum, safe_ratio
from model.rules import cooperation, games, trust
from model.state import CLOSED
from model.vocabulary import BATTERY, DIRECTED_DYADS, DUTY, DYADS, EV, N_DYADS

if TYPE_CHECKING:
    from model.negotiation import NegotiationModel


def frame_of(world: NegotiationModel) -> dict[str, dict[str, FloatArray]]:
    """Table -> column -> array over the table's entities, for the quarter just played."""
    return {
        "bloc": _blocs(world),
        "dyad": _dyads(world),
        "directed": _directed(world),
        "automaker": _automakers(world),
        "supplier": _suppliers(world),
    }


def _blocs(world: NegotiationModel) -> dict[str, FloatArray]:
    accounts, state = world.accounts, world.state
    sold = ordered_sum(accounts.sales)
    return {
        "ev_share": world.ev_share,
        "ev_sales": sold,
        "ev_built": world.ev_built,
        "price": safe_ratio(ordered_sum(accounts.sales * world.clearing.price), sold),
        "consumer_surplus": world.consumer_surplus,
        "home_profit": world.home_profit,
        "revenue": world.revenue,
        "subsidies": world.subsidies,
        "climate": world.climate,
        "jobs": world.jobs,
        "security": world.security,
        "welfare": world.welfare,
        "payoff": world.payoff,
        "announced": state.announced.copy(),
        "announced_harmony": state.harmony_announced.copy(),
        "chargers": state.chargers.copy(),
        "credit_price": state.credit_price,
        "in_club": world.members,
        "club_payment": world.club_payments(),
    }


def _dyads(world: NegotiationModel) -> dict[str, FloatArray]:
    state = world.state
    gains = world.realised_gains()
    families = np.zeros((N_DYADS, 2))
    for d in range(N_DYADS):
        package = world.reference_package(d)
        for side in (0, 1):
            flows, menu = world.mandate.flows[d][side], world.agenda.menus[d]
            families[d, side] = games.side_family(
                flows.kept.at(menu, package),
                flows.alone.at(menu, package),
                flows.deserted.at(menu, package),
                flows.both_lapse[0],
                games.TIE_FRACTION * world.agenda.scale[d, side],
            )
    duties = world.concessions[:, DUTY : DUTY + 2]
    return {
        "depth": state.depth,
        "depth_contested": world.depth_contested,
        "tension": world.tension_level,
        "dialogue": state.dialogue,
        "track2": state.track2,
        "gesture": (state.gesture > 0).astype(np.float64),
        "channel_open": state.is_open.astype(np.float64),
        "session": (state.clock != CLOSED).astype(np.float64),
        "treaty": (state.treaty > 0).astype(np.float64),
        "package": state.treaty.astype(np.float64),
        "kept": ordered_sum(state.honours.astype(np.float64)),
        "gain_first": gains[:, 0],
        "gain_second": gains[:, 1],
        "joint_gain": gains[:, 0] + gains[:, 1],
        "reciprocity": cooperation.reciprocity(gains[:, 0], gains[:, 1]),
        "tariff_cut": cooperation.has_tariff_concession(duties, world.agenda.weights[:, DUTY : DUTY + 2]) * 1.0,
        "game_first": families[:, 0],
        "game_second": families[:, 1],
        "club": np.array([float(world.fellows(i, j)) for i, j in DYADS]),
    }


def _directed(world: NegotiationModel) -> dict[str, FloatArray]:
    state = world.state
    importer = np.array([i for i, _ in DIRECTED_DYADS])
    partner = np.array([j for _, j in DIRECTED_DYADS])
    return {
        "duty_ev": state.duty[EV, importer, partner],
        "duty_battery": state.duty[BATTERY, importer, partner],
        "no_treaty_duty_ev": world.scenario.mfn[state.quarter, EV, importer, partner]
        + state.special[EV, importer, partner],
        "special_ev": state.special[EV, importer, partner],
        "investigation": state.case_left[importer, partner],
        "trust": state.type_belief[importer, partner]
        if world.parameters.trust_type
        else trust.trust_level(state.good[importer, partner], state.bad[importer, partner]),
        "recognises": world.recognised[importer, partner],
        "vehicle_imports": world.accounts.vehicle_imports[importer, partner],
        "cell_imports": world.accounts.cell_imports[importer, partner],
        "carbon_charge": world.carbon[importer, partner] if world.parameters.carbon_border else np.zeros(importer.size),
        "undertakings": undertakings_by_pair(state.undertaking),
    }


def _automakers(world: NegotiationModel) -> dict[str, FloatArray]:
    accounts = world.accounts
    part = safe_ratio(accounts.sales, ordered_sum(accounts.sales, keepdims=True))
    return {
        "sales": ordered_sum(accounts.sales, axis=-2),
        "profit": ordered_sum(accounts.firm_profit, axis=-2),
        "share_cn": part[0],
        "share_us": part[1],
        "share_eu": part[2],
        "plants": ordered_sum(world.state.has_plant, axis=-2),
    }


def _suppliers(world: NegotiationModel) -> dict[str, FloatArray]:
    accounts = world.accounts
    delivered = ordered_sum(accounts.cells, axis=-2)
    return {
        "cell_cost": world.state.cell_cost,
        "cells": delivered,
        "profit": accounts.cell_profit,
        "share": safe_ratio(delivered, ordered_sum(delivered)),
    }
