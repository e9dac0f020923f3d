"""A quarter as the arrays that the record asks for, lane by lane; the columns are those of the recorder."""

from __future__ import annotations

import dataclasses

import numpy as np

from model.assessment.realised import realised_values
from model.layout import first_of, rows, zeros
from model.market import border
from model.market.trade import undertakings_by_pair
from model.numerics import QUARTERS_PER_YEAR, FloatArray, beside, ordered_sum, safe_ratio
from model.packages.sums import BOTH, Grid, chosen_lanes
from model.phases import club
from model.phases.licences import harm_now
from model.phases.treaties import in_effect
from model.record.dictionary import share_in
from model.rules import cooperation, games
from model.stage import Stage
from model.state import CLOSED
from model.telling.outcomes import Obstacle
from model.vocabulary import (
    BATTERY,
    CHARGING,
    DUTY,
    EV,
    N_SIDES,
    RECOGNITION,
    SUPPLY,
    TECHNOLOGY,
)

Columns = dict[str, FloatArray]
THOUSANDS = 1000.0  # thousand cars in a million
#: Names of the ten issues of a dyad in columns, by who gives them.
KEPT_ISSUES = (
    *("duty_first", "duty_second", "supply_first", "supply_second", "recognition_first", "recognition_second"),
    *("linkage_first", "linkage_second", "charging", "technology"),
)
#: Parts of the depth of what was agreed in the run, by issues. Linkage has no weight in depth.
DEPTH_PARTS = {
    "depth_duties": (DUTY, DUTY + 1),
    "depth_recognition": (RECOGNITION, RECOGNITION + 1),
    "depth_joint": (SUPPLY, SUPPLY + 1, CHARGING, TECHNOLOGY),
}


def bloc_means(world: Stage) -> Columns:
    """(R, b) columns of the blocs that the summary is made of."""
    accounts, state, welfare = world.booked(), world.state, world.state.welfare
    sold = ordered_sum(accounts.sales)
    return {
        "ev_share": state.books.ev_share,
        "ev_sales": sold,
        "price": safe_ratio(ordered_sum(accounts.sales * state.market.clearing.price), sold),
        "consumer_surplus": welfare.consumer_surplus,
        "home_profit": welfare.home_profit,
        "jobs": welfare.jobs,
    }


def blocs(world: Stage) -> Columns:
    """(R, b) columns of the blocs."""
    accounts, state, books, welfare = world.booked(), world.state, world.state.books, world.state.welfare
    made, by_place = accounts.made, state.place_cost
    of_all = ordered_sum(by_place) / by_place.shape[-1]
    return {
        **bloc_means(world),
        "ev_built": books.ev_built,
        "cell_cost": safe_ratio(ordered_sum(made * by_place), ordered_sum(made), of_all)[..., : world.parties.n_blocs],
        "revenue": welfare.revenue,
        "subsidies": welfare.subsidies,
        "climate": welfare.climate,
        "security": welfare.security,
        "welfare": welfare.welfare,
        "payoff": welfare.payoff,
        "announced": state.announced.copy(order="K"),
        "announced_harmony": state.harmony_announced.copy(order="K"),
        "chargers": state.chargers.copy(order="K"),
        "credit_price": state.credit_price,
        "in_club": club.members(world),
        "club_payment": club.payments(world),
    }


def dyads(world: Stage) -> Columns:
    """(R, d) columns of the dyads."""
    state = world.state
    gains = realised_gains(world)
    first, second = gains[..., 0], gains[..., 1]
    reward, temptation, sucker, punishment = np.moveaxis(last_games(world)[0], -1, 0)
    tolerance = games.TIE_FRACTION * world.agenda.scale
    families = games.side_family(reward, temptation, sucker, punishment, tolerance) * 1.0
    conceded, weights = state.conduct.concessions, world.agenda.weights
    attainable = np.broadcast_to(world.known().attainable, first.shape)
    least = cooperation.LEAST_ATTAINABLE / QUARTERS_PER_YEAR
    return {
        "depth": state.depth,
        "depth_contested": state.conduct.depth_contested,
        "tension": state.climate.level,
        "dialogue": state.dialogue,
        "track2": state.track2,
        "gesture": (state.gesture > 0).astype(np.float64),
        "channel_open": state.is_open.astype(np.float64),
        "session": (state.clock != CLOSED).astype(np.float64),
        "treaty": (state.treaty > 0).astype(np.float64),
        "package": state.treaty.astype(np.float64),
        "instrument": state.instrument.astype(np.float64),
        "signed": (state.signed >= 0).astype(np.float64),
        "kept": ordered_sum(state.honours.astype(np.float64)),
        "gain_first": first,
        "gain_second": second,
        "joint_gain": first + second,
        "attainable_gain": attainable.copy(order="K"),
        "gain_share": cooperation.gain_share(first + second, attainable, least),
        "promise": _promise(world, attainable, least),
        "both_concede": cooperation.both_concede(conceded, world.rules.given_alone) * 1.0,
        "reciprocity": cooperation.reciprocity(first, second),
        "tariff_cut": cooperation.has_tariff_concession(conceded[..., DUTY : DUTY + 2], weights[:, DUTY : DUTY + 2])
        * 1.0,
        **_issues_kept(world),
        **_trade(world),
        "game_first": families[..., 0],
        "game_second": families[..., 1],
        "club": club.fellowship(world),
    }


def _promise(world: Stage, attainable: FloatArray, least: float) -> FloatArray:
    """(R, d) share of the attainable gain that the treaty of the start gives if it is kept; 0 where it is one-sided.

    It stays what it is for as long as the mandate does.
    """
    mandate = world.known()
    rules, found = mandate.noted.get("promise", (None, None))
    if rules is not world.rules:
        found = _promised(world, attainable, least)
        mandate.noted["promise"] = world.rules, found
    promise: FloatArray = found
    return promise


def _promised(world: Stage, attainable: FloatArray, least: float) -> FloatArray:
    gains = zeros(world.n_lanes, world.parties.n_dyads, N_SIDES)
    for d, pair in enumerate(world.known().flows):
        for side, flows in enumerate(pair):
            start = flows.kept.at(world.agenda.menus[d], int(world.agenda.treaty[d]))
            gains[:, d, side] = start - flows.both_lapse[:, 0]
    is_mutual = cooperation.both_concede(world.rules.inherited, world.rules.given_alone) & (gains >= 0.0).all(axis=-1)
    share = cooperation.gain_share(gains[..., 0] + gains[..., 1], attainable, least)
    return np.where(is_mutual & ~np.isnan(share), share, 0.0)


def _issues_kept(world: Stage) -> Columns:
    """(R, d) what is kept of every issue, and which part of the depth it makes."""
    state, weights = world.state, world.agenda.weights
    conceded = state.conduct.concessions
    # What the treaty of the start holds counts as inherited for as long as no treaty has ended.
    inherited = np.minimum(conceded, world.rules.inherited * (state.first_end < 0)[..., None])
    agreed = conceded - inherited
    parts = {
        name: cooperation.depth(agreed[..., list(issues)], weights[:, list(issues)])
        for name, issues in DEPTH_PARTS.items()
    }
    columns = {f"kept_{name}": conceded[..., issue].copy(order="K") for issue, name in enumerate(KEPT_ISSUES)}
    return {**columns, "depth_inherited": cooperation.depth(inherited, weights), **parts}


def _trade(world: Stage) -> Columns:
    """(R, d) duties that the two sides apply to each other's EVs, and the EVs that they sell each other."""
    duty, imports = world.state.duty[:, EV], world.booked().vehicle_imports
    cars = imports * world.economy.market_size[:, None]
    first, second = world.parties.own.T
    return {
        "duty_first": duty[:, first, second],
        "duty_second": duty[:, second, first],
        "ev_trade": THOUSANDS * (cars[:, first, second] + cars[:, second, first]),
    }


def directed(world: Stage) -> Columns:
    """(R, p) columns of the directed dyads."""
    state, accounts, parties = world.state, world.booked(), world.parties
    at = (slice(None), parties.importer, parties.partner)
    return {
        "duty_ev": state.duty[:, EV][at],
        "duty_paid": state.paid[:, EV][at],
        "duty_battery": state.duty[:, BATTERY][at],
        "no_treaty_duty_ev": world.scenario.mfn[state.quarter, EV, parties.importer, parties.partner]
        + state.special[:, EV][at],
        "special_ev": state.special[:, EV][at],
        "investigation": state.case_left[at],
        "trust": beside([world.blocs[i].trust(world.blocs[j]) for i, j in parties.directed]),
        "recognises": state.standards.recognised[at],
        "vehicle_imports": accounts.vehicle_imports[at],
        "cell_imports": accounts.cell_imports[at],
        **{
            mechanism.column[0]: zeros(world.n_lanes, parties.n_pairs) if charge is None else charge[at]
            for mechanism, charge in zip(border.MECHANISMS, state.supply.border.by_mechanism, strict=True)
            if mechanism.charge
        },
        border.UNDERTAKINGS.column[0]: undertakings_by_pair(parties, state.undertaking),
        "withheld": harm_now(world)[:, parties.partner, parties.importer],
        **_access(world),
    }


def _access(world: Stage) -> Columns:
    """(R, p) access that treaties give, and what a licence under a quota costs and how many are used."""
    gates, licences, n = world.gates(), world.state.market.licences, world.n_lanes
    importer, partner = world.parties.importer, world.parties.partner
    price, used = zeros(n, importer.size), zeros(n, importer.size)
    if gates is not None and licences is not None:
        is_quota = np.isfinite(gates.size + np.zeros((n, 1)))[:, importer] & (gates.origin[importer] == partner)
        price = licences.premium[:, importer] * is_quota
        used = np.where(is_quota, ordered_sum(licences.held)[:, importer], 0.0)
    step = world.state.access[:, importer, partner].astype(np.float64)
    return {"access": step, "licence_price": price, "licences": used}


def automakers(world: Stage) -> Columns:
    """(R, f) columns of the automakers."""
    accounts = world.booked()
    part = safe_ratio(accounts.sales, ordered_sum(accounts.sales, keepdims=True))
    return {
        "sales": ordered_sum(accounts.sales, axis=-2),
        "profit": ordered_sum(accounts.firm_profit, axis=-2),
        **{share_in(code): part[..., m, :] for m, code in enumerate(world.parties.blocs)},
        "plants": ordered_sum(world.state.has_plant, axis=-2),
    }


def suppliers(world: Stage) -> Columns:
    """(R, k) columns of the battery suppliers."""
    accounts = world.booked()
    delivered = ordered_sum(accounts.cells, axis=-2)
    return {
        "cell_cost": world.state.cell_cost,
        "cells": delivered,
        "profit": accounts.cell_profit,
        "share": safe_ratio(delivered, ordered_sum(delivered, keepdims=True)),
    }


# --- values that columns and players ask for ------------------------------------------------------------------------


def reference_package(world: Stage, d: int) -> np.ndarray:
    """(R,) the package whose game is shown: the treaty, else the last tabled, else the best for both together."""
    treaty, tabled = world.state.treaty[:, d], world.state.tabled[:, d]
    shown = np.where(treaty > 0, treaty, tabled)
    lanes = np.flatnonzero(shown == 0)
    if lanes.size:
        shown[lanes] = _best_for_both(world, d, lanes)
    return shown


def _best_for_both(world: Stage, d: int, lanes: np.ndarray) -> np.ndarray:
    """(n,) the package that can be tabled without a treaty and pays most to both together, in these lanes (n,).

    It stays what it is for as long as the mandate does.
    """
    menu, on_table, mandate = world.agenda.menus[d], world.rules.on_table, world.known()
    noted, best = mandate.noted.get(f"best {d}", (None, None))
    if noted is not on_table:
        best = np.full(world.n_lanes, -1)
        mandate.noted[f"best {d}"] = on_table, best
    asked = lanes[best[lanes] < 0]
    if asked.size:
        first, second = (chosen_lanes(flows.kept, asked).spread(menu) for flows in mandate.flows[d])
        x, y = on_table.places(menu, asked, np.zeros(asked.size, dtype=np.int64))
        joint = first + second + Grid(rows(on_table.off[d].x, x), rows(on_table.off[d].y, y)).spread(menu)
        best[asked] = first_of(joint, np.maximum.reduce(joint, axis=-1))
    found: np.ndarray = best[lanes]
    return found


def package_flows(world: Stage, d: int, side: int, package: np.ndarray) -> tuple[FloatArray, ...]:
    """(R,) four times: what a side has from a package if both honour, if it, the partner, or both do not."""
    flows = world.known().flows[d][side]
    cases = dataclasses.replace(flows, table=flows.table[..., : BOTH + 1])
    entries = cases.of_package(world.agenda.menus[d], package).table
    return tuple((entries[:, 0] + entries[:, 1]).T)


def last_games(world: Stage) -> tuple[FloatArray, np.ndarray]:
    """(R, d, s, 4) bn$ per quarter of each side from the package on the table if both honour, if it alone or its
    partner alone does not, if both do not; and (R, d) that package, 0 none."""
    package = np.stack([reference_package(world, d) for d in range(world.parties.n_dyads)], axis=-1)
    four = zeros(world.n_lanes, world.parties.n_dyads, N_SIDES, BOTH + 1)
    for d in range(world.parties.n_dyads):
        for side in range(N_SIDES):
            four.T[:, side, d] = package_flows(world, d, side, package[:, d])
    return four, package


def realised_gains(world: Stage) -> FloatArray:
    """(R, d, s) what each side gains over no treaty from what is kept, bn$ per quarter."""
    state, mandate = world.state, world.known()
    gains, honours, packages = club.gains(world), state.honours.astype(np.float64), in_effect(world)
    for d in range(world.parties.n_dyads):
        partly = None
        if world.rules.in_part:
            paths = [world.blocs[b].duty_path(d, packages[:, d]) for b in world.parties.dyads[d]]
            partly = tuple((path, state.effort[:, d, giver]) for giver, path in enumerate(paths))
        menu, kept = world.agenda.menus[d], (honours[:, d], state.level[:, d])
        for side, gain in enumerate(realised_values(menu, mandate.parts[d], packages[:, d], *kept, partly)):
            gains[:, d, side] += gain
    return gains


def commonest_obstacles(world: Stage) -> list[list[str]]:
    """By lane, the commonest obstacle that each dyad met in talks, in words, empty where there was none.

    Of equally common ones the first by name.
    """
    result = []
    for d in range(world.parties.n_dyads):
        names = [f"{world.parties.blocs[b]}: {obstacle.words}" for b in world.parties.dyads[d] for obstacle in Obstacle]
        by_name = sorted(range(len(names)), key=names.__getitem__)
        counts = world.state.blocking[:, d].reshape(world.n_lanes, -1)[:, by_name]
        commonest = np.argmax(counts, axis=-1)
        met = np.any(counts > 0, axis=-1)
        result.append([names[by_name[c]] if m else "" for c, m in zip(commonest.tolist(), met.tolist(), strict=True)])
    return [list(lane) for lane in zip(*result, strict=True)]


#: Table of the record -> its columns of a quarter.
TABLES = {
    "bloc": blocs,
    "dyad": dyads,
    "directed": directed,
    "automaker": automakers,
    "supplier": suppliers,
    "bloc_means": bloc_means,
}
