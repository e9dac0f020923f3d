"""What a seat's people are told: their interests, their legislature, their lobbies, and what each decision means.

Everything here is the seat's own: its stakes, its beliefs, its tests. Nothing says what a partner believes. Money is in
bn$ a year.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from experiments.classroom.minutes import (
    QUARTERS_PER_YEAR,
    Outlook,
    access_data,
    judgement,
    lobby,
    outlook,
    package_data,
    side_of,
)
from experiments.classroom.seated import SeatedModel
from experiments.classroom.seats import KEEP, NO_OFFER, OFFER, Question
from experiments.classroom.view import number
from model import duty_rates

N_ISSUES: Final = 10


def seat_view(model: SeatedModel, bloc: int) -> dict[str, Any]:
    """The briefing of a seat in the quarter being played: one entry for each pair that it takes part in."""
    return {"pairs": [_pair(model, bloc, d) for d, pair in enumerate(model.start.parties.dyads) if bloc in pair]}


def _pair(model: SeatedModel, bloc: int, d: int) -> dict[str, Any]:
    """Interests, win-set, trust and treaty of a bloc in one pair.

    interests: [issue, bn$ a year at full level], largest first; issues are indices of the model's ten. win_set:
    packages that gain it enough, that it would keep, that its legislature would pass, that meet all three; of
    ``menu`` packages that can be tabled now. duties: each side's rates by position of the menu. lobby: what
    firms have at stake in the package that this side would like best.
    """
    parties = model.start.parties
    side = side_of(parties, bloc, d)
    government, view = model.blocs[bloc], outlook(model, d, side)
    gains = view.on_table & (view.own >= view.reservation)
    worth = model.issue_gains(d, side)
    issues = [QUARTERS_PER_YEAR * float(worth[issue]) for issue in range(N_ISSUES)]
    active = model.agenda.active[d]
    ranked = sorted((k for k in range(N_ISSUES) if bool(active[k])), key=lambda k: -abs(issues[k]))
    current = int(model.state.treaty[d])
    return {
        "dyad": d,
        "side": side,
        "partner": parties.blocs[parties.dyads[d][1 - side]],
        "interests": [[k, number(issues[k])] for k in ranked],
        "win_set": {
            "menu": int(np.count_nonzero(view.on_table)),
            "gain": int(np.count_nonzero(gains)),
            "keep": int(np.count_nonzero(gains & view.enforceable)),
            "pass": int(np.count_nonzero(gains & view.passable)),
            "all": int(np.count_nonzero(gains & view.enforceable & view.passable)),
        },
        "least": number(QUARTERS_PER_YEAR * float(view.reservation)),
        "trust": number(government.trust(government.partner(d))[0]),
        "treaty": package_data(model, d, current),
        "duties": [[number(rate) for rate in rates] for rates in duty_rates(model, d)],
        "access": access_data(model, d),
        "lobby": lobby(model, d, _most_wanted(view)),
        "in_force": number(QUARTERS_PER_YEAR * float(government.gain_in_force(d)[0])),
        "session": float(model.state.clock[d]) >= 0.0,
    }


def _most_wanted(view: Outlook) -> int:
    """The package that this government would like best of those on the table now: what its lobbies write about."""
    return int(np.argmax(np.where(view.on_table, view.own, -np.inf)))


def question_view(model: SeatedModel, question: Question) -> dict[str, Any]:
    """A question as its seat reads it: what it is about, the ministry's advice, and what the package means at home."""
    spot = question.spot
    side = side_of(model.start.parties, spot.bloc, spot.dyad)
    package = question.package
    if spot.kind == OFFER:
        package = int(question.advice) if question.advice != NO_OFFER else int(model.state.treaty[spot.dyad])
    hope = None if spot.kind == KEEP else question.hope
    seen: dict[str, Any] = {
        "spot": list(spot),
        "kind": spot.kind,
        "dyad": spot.dyad,
        "side": side,
        "round": spot.round,
        "advice": question.advice,
        "package": package_data(model, spot.dyad, package),
        "judgement": judgement(model, spot.dyad, side, package, hope),
        "lobby": lobby(model, spot.dyad, package),
        "settled": model.world.settled(spot.dyad),
    }
    if spot.kind == KEEP:
        seen["stakes"] = _keeping(model, spot.dyad, side)
    return seen


def _keeping(model: SeatedModel, d: int, side: int) -> dict[str, float]:
    """What this quarter brings a side if it keeps the treaty or lapses alone, and what lapsing costs later.

    All in bn$ a year against both lapsing; slack is what keeping is worth beyond lapsing over the future, bn$.
    """
    flows, menu = model.known().flows[d][side], model.agenda.menus[d]
    treaty = int(model.state.treaty[d])
    none = float(flows.both_lapse[0])
    return {
        "keep": number(QUARTERS_PER_YEAR * (float(flows.kept.at(menu, treaty)) - none)),
        "lapse": number(QUARTERS_PER_YEAR * (float(flows.alone.at(menu, treaty)) - none)),
        "deserted": number(QUARTERS_PER_YEAR * (float(flows.deserted.at(menu, treaty)) - none)),
        "slack": number(outlook(model, d, side).slack[treaty]),
    }
