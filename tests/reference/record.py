"""A quarter as the arrays of the record: table -> column -> array over the table's entities. The core's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from of_three import DIRECTED_DYADS, N_BLOCS, N_DYADS

from model.numerics import FloatArray, ordered_sum, safe_ratio
from model.rules import cooperation, games, trust
from model.vocabulary import BATTERY, DUTY, EV, N_SIDES
from reference.relations import realised_gains, reference_package
from reference.talks import CLOSED

if TYPE_CHECKING:
    from reference.world import World

Columns = dict[str, FloatArray]


def frame_of(w: World) -> dict[str, Columns]:
    """The quarter just played, in copies."""
    tables = {
        "bloc": _blocs(w),
        "dyad": _dyads(w),
        "directed": _directed(w),
        "automaker": _automakers(w),
        "supplier": _suppliers(w),
    }
    return {
        table: {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
        for table, columns in tables.items()
    }


def _blocs(w: World) -> Columns:
    sold = ordered_sum(w.accounts.sales)
    names = "climate consumer_surplus jobs revenue subsidies welfare payoff home_profit security"
    return {
        "ev_share": w.ev_share,
        "ev_sales": sold,
        "ev_built": w.ev_built,
        "price": safe_ratio(ordered_sum(w.accounts.sales * w.clearing.price), sold),
        "cell_cost": safe_ratio(
            ordered_sum(w.made * w.place_cost), ordered_sum(w.made), ordered_sum(w.place_cost) / w.made.shape[-1]
        )[:N_BLOCS],
        **{name: w.worth[name] for name in names.split()},
        "announced": w.announced,
        "announced_harmony": w.harmony_announced,
        "chargers": w.chargers,
    }


def _dyads(w: World) -> Columns:
    gains = realised_gains(w)
    duties, weights = w.concessions[:, DUTY : DUTY + 2], w.agenda.weights[:, DUTY : DUTY + 2]
    families = [[_family(w, d, side) for d in range(N_DYADS)] for side in range(N_SIDES)]
    return {
        "depth": w.depth,
        "depth_contested": w.depth_contested,
        "tension": w.tension_level,
        "dialogue": w.dialogue,
        "channel_open": w.is_open,
        "session": w.clock != CLOSED,
        "treaty": w.treaty > 0,
        "package": w.treaty,
        "instrument": w.instrument,
        "signed": w.signed >= 0,
        "kept": ordered_sum(w.honours.astype(np.float64)),
        "gain_first": gains[:, 0],
        "gain_second": gains[:, 1],
        "joint_gain": gains[:, 0] + gains[:, 1],
        "reciprocity": cooperation.reciprocity(gains[:, 0], gains[:, 1]),
        "tariff_cut": cooperation.has_tariff_concession(duties, weights),
        "game_first": families[0],
        "game_second": families[1],
    }


def _family(w: World, d: int, side: int) -> float:
    """Code of the 2x2 game that a side plays over the package on the table."""
    flows, menu, package = w.mandate.flows[d][side], w.agenda.menus[d], reference_package(w, d)
    reward, temptation = flows.kept.at(menu, package), flows.alone.at(menu, package)
    sucker, punishment = flows.deserted.at(menu, package), flows.both_lapse[0]
    tie = games.TIE_FRACTION * w.agenda.scale[d, side]
    return float(games.side_family(reward, temptation, sucker, punishment, tie))


def _directed(w: World) -> Columns:
    pairs = tuple(np.array(DIRECTED_DYADS).T)
    return {
        "duty_ev": w.duty[EV][pairs],
        "duty_paid": w.charged[pairs],
        "duty_battery": w.duty[BATTERY][pairs],
        "no_treaty_duty_ev": w.scenario.mfn[w.quarter, EV][pairs] + w.special[EV][pairs],
        "special_ev": w.special[EV][pairs],
        "investigation": w.case_left[pairs],
        "trust": w.type_belief[pairs] if w.parameters.trust_type else trust.trust_level(w.good[pairs], w.bad[pairs]),
        "recognises": w.recognised[pairs],
        "vehicle_imports": w.accounts.vehicle_imports[pairs],
        "cell_imports": w.accounts.cell_imports[pairs],
    }


def _automakers(w: World) -> Columns:
    part = safe_ratio(w.accounts.sales, ordered_sum(w.accounts.sales, keepdims=True))
    return {
        "sales": ordered_sum(w.accounts.sales, axis=-2),
        "profit": ordered_sum(w.accounts.firm_profit, axis=-2),
        "share_cn": part[0],
        "share_us": part[1],
        "share_eu": part[2],
        "plants": ordered_sum(w.has_plant, axis=-2),
    }


def _suppliers(w: World) -> Columns:
    delivered = ordered_sum(w.accounts.cells, axis=-2)
    return {
        "cell_cost": w.cell_cost,
        "cells": delivered,
        "profit": w.accounts.cell_profit,
        "share": safe_ratio(delivered, ordered_sum(delivered)),
    }
