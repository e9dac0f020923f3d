"""A game told after it: four headlines with its turning points, and in one paragraph why: luck, rules or us.

Depth is the share of all that could be conceded that is agreed and kept, a mean over the pairs unless a pair is
named. A game's depth is taken apart by two runs of the rules alone: ``usual``, the mean over the lucks of the cloud,
and ``twin``, the run with the game's own luck. So depth = usual + (twin - usual) + (depth - twin): rules, luck, us.
Where nobody decided otherwise than the rules would, the last part is zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from experiments.classroom.minutes import Event
from model import TURNING_WEIGHTS, change_around, turning_points

Pairs = Sequence[Sequence[int]]

HEADLINES: Final = 4  # to a game
#: A part of the depth below this is smaller than a bar of the cloud's picture (1/32): nobody could see it there.
SEEN: Final = 0.03
#: What makes a headline, and how much it weighs beside a change of depth, in points of depth (hundredths): as in the
#: story of a run, and what only people at a table do.
WEIGHTS: Final[Mapping[str, float]] = {
    **{
        kind: TURNING_WEIGHTS[kind]
        for kind in ("ends", "in_force", "signs", "vote", "shelves", "voids", "lapses", "gives_notice", "withholds",
                     "emergency", "channel", "renewed")
    },
    **{"refused": 4.0, "case": 2.0, "talks": 1.0},
}  # fmt: skip
OTHERWISE: Final = 6.0  # more where people decided otherwise than the rules would


def headlines(
    quarters: Sequence[Mapping[str, Any]],
    events: Sequence[Sequence[Event]],
    pairs: Pairs,
    moves: Sequence[Mapping[str, Any]] = (),
    most: int = HEADLINES,
) -> list[dict[str, Any]]:
    """The most telling events of a game in order, at most one a pair and quarter.

    quarters, events: as the page has them, by quarter; pairs: the blocs of each pair; moves: those of people, with
    whether each was ``same`` as the rules' own. Each headline is {kind, quarter, label, dyad, change, otherwise,
    event}: change is that of the pair's depth from the quarter before to the one after, in fractions; otherwise: a move
    of people about this pair in this quarter was not what the rules would have made.
    """
    depth = np.array([[row["depth"] for row in quarter["dyads"]] for quarter in quarters])
    people = {(move["quarter"], move["dyad"]) for move in moves if not move["same"]}
    weighed: list[tuple[int, int, float]] = []
    told: list[dict[str, Any]] = []
    for t, quarter in enumerate(quarters):
        for event in events[t]:
            kind, dyads = kind_of(event), _dyads(event, pairs)
            for d in dyads[:1] if kind in WEIGHTS else []:
                otherwise = (t, d) in people
                weighed.append((t, d, WEIGHTS[kind] + OTHERWISE * otherwise))
                line = {"kind": kind, "quarter": t, "label": quarter["label"], "dyad": d}
                line |= {"change": change_around(depth, t, d), "otherwise": otherwise, "event": _public(event)}
                told.append(line)
    chosen = [told[place] for place in turning_points(weighed, depth, most)]
    return sorted(chosen, key=lambda line: (line["quarter"], line["dyad"]))


def kind_of(event: Event) -> str:
    """An event's kind as a headline; an offer that was refused is one, an offer that was taken is told when signed."""
    kind = str(event["kind"])
    if kind == "offer":
        return "taken" if event["accepted"] else "refused"
    if kind == "talks" and event["open"]:
        return "talks_open"
    return "passed" if kind == "vote" and all(event["votes"]) else kind


def _dyads(event: Event, pairs: Pairs) -> list[int]:
    """The pairs that an event is about."""
    if event.get("dyad", -1) >= 0:
        return [event["dyad"]]
    if "partner" in event:
        return [d for d, pair in enumerate(pairs) if {event["bloc"], event["partner"]} == set(pair)]
    return []


def _public(event: Event) -> Event:
    return {key: value for key, value in event.items() if key not in ("private", "lobby")}


def verdict(depth: float, twin: float, usual: float) -> dict[str, Any]:
    """Why a game came out as it did: its depth, those of the rules, the parts of luck and us, and the larger of them.

    why: "us" or "luck", whichever is larger and can be seen on the cloud, else "rules".
    """
    us, luck = depth - twin, twin - usual
    why = "rules" if max(abs(us), abs(luck)) < SEEN else "us" if abs(us) >= abs(luck) else "luck"
    return {"depth": depth, "twin": twin, "usual": usual, "us": us, "luck": luck, "why": why}


def latest(
    tables: Sequence[Sequence[Sequence[Event]]], labels: Sequence[str], pairs: Pairs, most: int
) -> list[dict[str, Any]]:
    """The newest headlines of all tables, newest first; tables: table -> quarter -> events; pairs: as above.

    Of a quarter the weightiest event of each table comes first; kinds that make no headline are left out.
    """
    rows = []
    for k, quarters in enumerate(tables):
        for t, events in enumerate(quarters):
            told = [
                (WEIGHTS[kind_of(event)], event)
                for event in events
                if kind_of(event) in WEIGHTS and _dyads(event, pairs)
            ]
            for rank, (_, event) in enumerate(sorted(told, key=lambda one: -one[0])):
                row = {
                    "kind": kind_of(event),
                    "quarter": t,
                    "label": labels[t],
                    "dyad": _dyads(event, pairs)[0],
                    "table": k,
                }
                rows.append((-t, rank, k, row | {"event": _public(event)}))
    return [row for *_, row in sorted(rows, key=lambda one: one[:3])[:most]]
