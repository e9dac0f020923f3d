"""What the page shows of a quarter, as plain numbers: blocs, pairs, duties, the game that each pair is in.

Money is in bn$ a year unless said otherwise; rates are fractions. Nothing here changes a model.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.classroom.minutes import QUARTERS_PER_YEAR, Event, package_data, seen_by
from model import FAMILIES, Parties, game_map_point, side_family

if TYPE_CHECKING:
    from model import NegotiationModel


MOST_ON_MAP: Final = 3.0  # the map of games is cut here; further out nothing changes for the reader
PRIVATE: Final = ("game", "gain_first", "gain_second", "joint_gain", "reciprocity")  # of a pair, while a game runs
DIGITS: Final = 6  # significant digits sent to the page


def quarter_view(model: NegotiationModel) -> dict[str, Any]:
    """The quarter just played: its label, the blocs, their pairs, both directions of each, the world."""
    frame, parties = model.recorder.frames[-1], model.start.parties
    t = len(model.recorder.frames) - 1
    return {
        "quarter": t,
        "label": model.start.quarter_label(t),
        "blocs": [_bloc(frame["bloc"], b) for b in range(parties.n_blocs)],
        "dyads": [_dyad(model, frame["dyad"], d) for d in range(parties.n_dyads)],
        "directed": [_directed(frame["directed"], k) for k in range(parties.n_pairs)],
        "world": _world(model, frame),
    }


def _bloc(columns: Any, b: int) -> dict[str, float]:
    kept = ("ev_share", "ev_sales", "ev_built", "price", "chargers", "announced")
    money = ("payoff", "welfare", "consumer_surplus", "home_profit", "revenue", "climate")
    row = {name: number(columns[name][b]) for name in kept}
    return row | {name: number(QUARTERS_PER_YEAR * columns[name][b]) for name in money}


def _dyad(model: NegotiationModel, columns: Any, d: int) -> dict[str, Any]:
    plain = ("depth", "tension", "dialogue", "channel_open", "session", "treaty", "kept", "reciprocity")
    row: dict[str, Any] = {name: number(columns[name][d]) for name in plain}
    for name in ("gain_first", "gain_second", "joint_gain"):
        row[name] = number(QUARTERS_PER_YEAR * columns[name][d])
    row["package"] = package_data(model, d, int(columns["package"][d]))
    row["game"] = game_view(model, d)
    return row


def _directed(columns: Any, k: int) -> dict[str, float]:
    names = ("duty_ev", "duty_battery", "no_treaty_duty_ev", "trust", "recognises", "investigation", "vehicle_imports")
    return {name: number(columns[name][k]) for name in names}


def _world(model: NegotiationModel, frame: Any) -> dict[str, float]:
    suppliers, sales = frame["supplier"], frame["bloc"]["ev_sales"]
    cells = float(np.sum(suppliers["cells"]))
    cost = float(np.sum(suppliers["cell_cost"] * suppliers["cells"])) / cells if cells > 0.0 else math.nan
    return {
        "battery_cost": number(cost),  # $/kWh, weighted by deliveries, before contract margins
        "ev_sales": number(np.sum(sales)),  # m cars a quarter
        # Mt of CO2 that this quarter's EVs save over their lives
        "co2_saved": number(np.sum(sales * model.parameters.emissions_saved_per_ev)),
    }


def game_view(model: NegotiationModel, d: int, chosen: int | None = None) -> dict[str, Any]:
    """The 2x2 game of a pair: honour or withdraw ``chosen``, else the package in force, on the table, best for both.

    payoffs[s]: [reward, temptation, sucker, punishment] of side s over mutual withdrawal, bn$ a year; families: codes
    of ``model.FAMILIES``; at: the point on the map of games, own temptation over the partner's concession, cut at
    +-``MOST_ON_MAP``; about: "chosen", "treaty", "tabled" or "best".
    """
    package = model.reference_package(d) if chosen is None else chosen
    menu = model.agenda.menus[d]
    payoffs, at = [], []
    for side in (0, 1):
        flows = model.known().flows[d][side]
        four = [float(flow.at(menu, package)) for flow in (flows.kept, flows.alone, flows.deserted)]
        four.append(float(flows.both_lapse[0]))
        payoffs.append([number(QUARTERS_PER_YEAR * (value - four[3])) for value in four])
        point = float(game_map_point(four[0], four[1], four[2]))
        at.append(number(max(-MOST_ON_MAP, min(MOST_ON_MAP, point))))
    frame = model.recorder.frames[-1]["dyad"]
    codes = [int(frame["game_first"][d]), int(frame["game_second"][d])]
    if chosen is not None:
        codes = [int(side_family(*four)) for four in payoffs]
    about = (
        "chosen"
        if chosen is not None
        else "treaty"
        if model.state.treaty[d] > 0
        else "tabled"
        if model.state.tabled[d] > 0
        else "best"
    )
    return {
        "package": package_data(model, d, package),
        "payoffs": payoffs,
        "families": codes,
        "names": [FAMILIES[code] for code in codes],
        "at": at,
        "about": about,
    }


def without_private(view: dict[str, Any], events: list[Event], bloc: int | None) -> dict[str, Any]:
    """A quarter with its events as a bloc's people may see it while the game runs (None: as everybody may)."""
    return view | {
        "dyads": [{k: v for k, v in dyad.items() if k not in PRIVATE} for dyad in view["dyads"]],
        "blocs": [{k: v for k, v in row.items() if k not in ("payoff", "welfare")} for row in view["blocs"]],
        "events": [seen_by(event, bloc) for event in events],
    }


def who_view(parties: Parties) -> dict[str, Any]:
    """Who sits at a table, and which pairs they make."""
    return {
        "blocs": list(parties.blocs),
        "names": list(parties.names.values()),  # for blocs that a language has no name for
        "legislatures": list(parties.legislatures),
        "dyads": [list(pair) for pair in parties.dyads],
    }


def start_view(model: NegotiationModel) -> dict[str, Any]:
    """What stays the same in a run: its quarters, its menus, its ceilings, who is who."""
    return {
        "scenario": model.start.name,
        "title": model.start.title,
        "about": model.start.about,
        "labels": [model.start.quarter_label(t) for t in range(model.n_quarters)],
        "quarters": model.n_quarters,
        **who_view(model.start.parties),
        "menus": [[list(axis) for axis in menu.positions] for menu in model.agenda.menus],
        "rounds": int(model.parameters.rounds_per_quarter),
        "session": int(model.parameters.session_quarters),
        "ceiling": [number(x) for x in model.world.rules.on_table.ceiling],
    }


def outcome_view(model: NegotiationModel) -> list[dict[str, Any]]:
    """What came of the quarters played so far, a dict a pair; money in bn$ a year; nothing where there is no number."""
    rows = []
    for row in model.summary().to_dict("records"):
        plain = {str(name): (value.item() if isinstance(value, np.generic) else value) for name, value in row.items()}
        # A page cannot be sent "not a number", which is what the share of no gain is.
        missing = {name for name, value in plain.items() if isinstance(value, float) and not math.isfinite(value)}
        rows.append({name: None if name in missing else value for name, value in plain.items()})
    return rows


def number(value: Any) -> float:
    """A number as it is sent: a plain finite float of a few digits (a missing one is 0)."""
    plain = float(value)
    return float(f"{plain:.{DIGITS}g}") if math.isfinite(plain) else 0.0
