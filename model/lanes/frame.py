"""One quarter of every lane as the arrays that the record asks for; the columns are those of ``model.record``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.commerce import undertakings_by_pair
from model.lanes.base import zeros
from model.numerics import FloatArray, beside, ordered_sum, safe_ratio
from model.rules import cooperation, games, trust
from model.state import CLOSED
from model.vocabulary import BATTERY, DIRECTED_DYADS, DUTY, DYADS, EV, N_DYADS

if TYPE_CHECKING:
    from model.ensemble import LaneWorld

Columns = dict[str, FloatArray]
IMPORTER = np.array([i for i, _ in DIRECTED_DYADS])
PARTNER = np.array([j for _, j in DIRECTED_DYADS])


def blocs(world: LaneWorld) -> Columns:
    """(R, b) columns of the blocs."""
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
        "announced": state.announced.copy(order="K"),
        "announced_harmony": state.harmony_announced.copy(order="K"),
        "chargers": state.chargers.copy(order="K"),
        "credit_price": state.credit_price,
        "in_club": world.members,
        "club_payment": world.club_payments(),
    }


def dyads(world: LaneWorld) -> Columns:
    """(R, d) columns of the dyads."""
    state = world.state
    gains = world.realised_gains()
    first, second = gains[..., 0], gains[..., 1]
    families = zeros(world.n_lanes, N_DYADS, 2)
    for d in range(N_DYADS):
        package = world.reference_package(d)
        for side in (0, 1):
            tolerance = games.TIE_FRACTION * world.agenda.scale[d, side]
            reward, temptation, sucker, punishment = world.package_flows(d, side, package)
            families[:, d, side] = games.side_family(reward, temptation, sucker, punishment, tolerance)
    duties = world.concessions[..., DUTY : DUTY + 2]
    weights = world.agenda.weights[:, DUTY : DUTY + 2]
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
        "gain_first": first,
        "gain_second": second,
        "joint_gain": first + second,
        "reciprocity": cooperation.reciprocity(first, second),
        "tariff_cut": cooperation.has_tariff_concession(duties, weights) * 1.0,
        "game_first": families[..., 0],
        "game_second": families[..., 1],
        "club": beside([world.fellows(i, j).astype(np.float64) for i, j in DYADS]),
    }


def directed(world: LaneWorld) -> Columns:
    """(R, 6) columns of the directed dyads."""
    state, accounts = world.state, world.accounts
    at = (slice(None), IMPORTER, PARTNER)
    return {
        "duty_ev": state.duty[:, EV][at],
        "duty_battery": state.duty[:, BATTERY][at],
        "no_treaty_duty_ev": world.scenario.mfn[state.quarter, EV, IMPORTER, PARTNER] + state.special[:, EV][at],
        "special_ev": state.special[:, EV][at],
        "investigation": state.case_left[at],
        "trust": state.type_belief[at]
        if world.parameters.trust_type
        else trust.trust_level(state.good[at], state.bad[at]),
        "recognises": world.recognised[at],
        "vehicle_imports": accounts.vehicle_imports[at],
        "cell_imports": accounts.cell_imports[at],
        "carbon_charge": world.carbon[at] if world.parameters.carbon_border else zeros(world.n_lanes, IMPORTER.size),
        "undertakings": undertakings_by_pair(state.undertaking),
    }


def automakers(world: LaneWorld) -> Columns:
    """(R, f) columns of the automakers."""
    accounts = world.accounts
    part = safe_ratio(accounts.sales, ordered_sum(accounts.sales, keepdims=True))
    return {
        "sales": ordered_sum(accounts.sales, axis=-2),
        "profit": ordered_sum(accounts.firm_profit, axis=-2),
        "share_cn": part[..., 0, :],
        "share_us": part[..., 1, :],
        "share_eu": part[..., 2, :],
        "plants": ordered_sum(world.state.has_plant, axis=-2),
    }


def suppliers(world: LaneWorld) -> Columns:
    """(R, k) columns of the battery suppliers."""
    accounts = world.accounts
    delivered = ordered_sum(accounts.cells, axis=-2)
    return {
        "cell_cost": world.state.cell_cost,
        "cells": delivered,
        "profit": accounts.cell_profit,
        "share": safe_ratio(delivered, ordered_sum(delivered, keepdims=True)),
    }
