"""Makes the question of a seat: what it is asked here and now, from a game that is being played.

Numbers are whole doubles: an agent that applies the model's rules to them decides as the model does.
"""

from __future__ import annotations

import math
from typing import Any, Final, cast

import numpy as np

from experiments.classroom.game import Game
from experiments.classroom.minutes import gain_by_axis, lobby, outlook
from experiments.classroom.seated import SeatedModel
from experiments.classroom.seats import ANSWER, ANSWERS, CONDUCT, KEEP, OFFER, Spot, side_of
from experiments.classroom.seats import Question as Open
from experiments.seating.protocol import Briefing, Kind, Options, Package, Past, Question, Stakes, Worth
from model import QUARTERS_PER_YEAR, View

#: The ten issues of a pair, by place; {own} and {partner} stand for blocs.
ISSUES: Final = (
    *("duty cut by {0}", "duty cut by {1}", "supply assured by {0}", "supply assured by {1}"),
    *("{0} recognises certificates", "{1} recognises certificates", "other concession by {0}"),
    *("other concession by {1}", "common charging", "technology cooperation"),
)
MOST_LISTED: Final = 12  # packages of a shortlist
ALLOWED: Final = {OFFER: (), ANSWER: ANSWERS, KEEP: CONDUCT}


def question_of(game: Game, asked: Open, name: str, with_advice: bool = True) -> Question:
    """An open question as an agent reads it; ``game`` is in the middle of the quarter and is not touched.

    name: of the game. with_advice: whether the agent is told what the model's rules would do.
    """
    model, spot = game.model, asked.spot
    parties = model.start.parties
    d, side = spot.dyad, side_of(parties, spot.bloc, spot.dyad)
    view = _view(model, d, side)
    about = {OFFER: None, ANSWER: asked.package, KEEP: asked.package}[spot.kind]
    # As the quarter began: where a game waits for people, its talks have been played to their end.
    clock = float(game.marks[spot.quarter].state.clock[0, d]) if spot.kind != KEEP else 0.0
    p = model.parameters
    return Question(
        game=name,
        bloc=parties.blocs[spot.bloc],
        partner=parties.blocs[parties.dyads[d][1 - side]],
        pair=parties.dyad_names[d],
        quarter=spot.quarter,
        quarters=game.n_quarters,
        label=model.start.quarter_label(spot.quarter),
        kind=cast(Kind, spot.kind),
        round=spot.round,
        time=min((max(clock, 0.0) + spot.round / p.rounds_per_quarter) / p.session_quarters, 1.0),
        package=None if about is None else _package(model, d, about),
        in_force=_package(model, d, int(model.state.treaty[d])),
        worth=None if about is None else _worth(model, d, side, about),
        hope=None if spot.kind == KEEP or not math.isfinite(asked.hope) else QUARTERS_PER_YEAR * asked.hope,
        options=_options(model, d, view) if spot.kind != KEEP else None,
        shortlist=_shortlist(model, d, view) if spot.kind == OFFER else (),
        stakes=_stakes(model, d, side) if spot.kind == KEEP else None,
        history=_history(game, spot, side),
        briefing=_briefing(model, d, side, view),
        allowed=ALLOWED[spot.kind],
        advice=asked.advice if with_advice else None,
    )


def put(game: Game, asked: Open, name: str) -> dict[str, Any]:
    """An open question as plain data, for a program at a class's table."""
    return question_of(game, asked, name).model_dump(mode="json")


def _view(model: SeatedModel, d: int, side: int) -> View:
    """How a side sees its table: the view that its rules decide by."""
    bloc, only = model.blocs[model.start.parties.dyads[d][side]], np.array([0])
    view: View = bloc.perceive(d, only, model.world.known().flows[d], [slice(0, 1)])[0]
    return view


def _package(model: SeatedModel, d: int, package: int) -> Package:
    at = tuple(int(x) for x in model.agenda.menus[d].coordinates[package])
    return Package(index=package, words=model.teller.package(d, package), at=at)


def _worth(model: SeatedModel, d: int, side: int, package: int) -> Worth:
    seen = outlook(model, d, side)
    own = float(seen.own[package])
    return Worth(
        gain=QUARTERS_PER_YEAR * own if math.isfinite(own) else None,
        enforceable=bool(seen.enforceable[package]),
        passable=bool(seen.passable[package]),
        by_axis=tuple(gain_by_axis(model, d, side, package)),
    )


def _options(model: SeatedModel, d: int, view: View) -> Options:
    return Options(
        index=tuple(view.packages.tolist()),
        at=tuple(tuple(row) for row in model.agenda.menus[d].coordinates[view.packages].tolist()),
        gain=tuple((QUARTERS_PER_YEAR * view.own[0]).tolist()),
        partner_gain=tuple((QUARTERS_PER_YEAR * view.partner[0]).tolist()),
        may_sign=tuple(view.admissible[0].tolist()),
        settled=model.world.settled(d),
    )


def _shortlist(model: SeatedModel, d: int, view: View) -> tuple[Package, ...]:
    """The packages worth a look: of those it may sign (or of all, if it may sign none) those that no other betters.

    One betters another if neither the seat nor, as it believes, its partner loses by it and one of them gains. From
    the seat's favourite to its partner's; of many, evenly spread ones.
    """
    can = (view.packages != model.world.settled(d)) & (view.packages != 0)
    may = can & view.admissible[0] if bool((can & view.admissible[0]).any()) else can
    own, partner = view.own[0][may], view.partner[0][may]
    front, best = [], -math.inf
    for place in np.lexsort((-partner, -own)).tolist():
        if partner[place] > best:
            front.append(int(view.packages[may][place]))
            best = float(partner[place])
    n = min(len(front), MOST_LISTED)
    chosen = dict.fromkeys(front[round(k * (len(front) - 1) / max(n - 1, 1))] for k in range(n))
    return tuple(_package(model, d, package) for package in chosen)


def _stakes(model: SeatedModel, d: int, side: int) -> Stakes:
    flows, menu, treaty = model.known().flows[d][side], model.agenda.menus[d], int(model.state.treaty[d])
    none = float(flows.both_lapse[0])
    keep, lapse, deserted = (
        QUARTERS_PER_YEAR * (float(flow.at(menu, treaty)) - none) for flow in (flows.kept, flows.alone, flows.deserted)
    )
    return Stakes(keep=keep, lapse=lapse, deserted=deserted, slack=float(outlook(model, d, side).slack[treaty]))


def _history(game: Game, spot: Spot, side: int) -> tuple[Past, ...]:
    """The quarters in which this pair had to keep a treaty: which package, and who lapsed, as the minutes have it."""
    found, d = [], spot.dyad
    package = int(game.model.agenda.treaty[d])
    for quarter, events in enumerate(game.events[: spot.quarter]):
        own = [event for event in events if event.get("dyad") == d]
        package = next((event["package"]["index"] for event in own if event["kind"] == "in_force"), package)
        lapsed = {event["side"] for event in own if event["kind"] == "lapses"}
        if package > 0:
            kept = (side not in lapsed, 1 - side not in lapsed)
            found.append(Past(quarter=quarter, package=package, own_kept=kept[0], partner_kept=kept[1]))
        package = int(game.model.recorder.frames[quarter]["dyad"]["package"][d])  # a treaty may end with its quarter
    return tuple(found)


def _briefing(model: SeatedModel, d: int, side: int, view: View) -> Briefing:
    pair = model.start.parties.dyads[d]
    bloc, active = model.blocs[pair[side]], model.agenda.active[d]
    worth = model.issue_gains(d, side)
    names = [name.format(*(model.start.parties.blocs[b] for b in pair)) for name in ISSUES]
    favourite = int(view.packages[int(np.argmax(view.own[0]))])
    return Briefing(
        interests={name: QUARTERS_PER_YEAR * float(worth[k]) for k, name in enumerate(names) if bool(active[k])},
        trust=float(bloc.trust(bloc.partner(d))[0]),
        least=QUARTERS_PER_YEAR * float(view.reservation),
        in_force=QUARTERS_PER_YEAR * float(bloc.gain_in_force(d)[0]),
        lobby=dict(lobby(model, d, favourite)),
    )
