"""Shows what came of seated games and of an arena, on a screen of any width."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from experiments.classroom.controls import parties_of
from experiments.display.console import head, prose
from experiments.display.grids import Grid
from experiments.seating.arena import ALL, Arena
from experiments.seating.measures import by_rules
from experiments.seating.play import Kept
from experiments.seating.sitting import FAILED, ILLEGAL, LATE, MALFORMED

if TYPE_CHECKING:
    from rich.console import Console

MISSING: Final = "-"
FAULTS: Final = {
    LATE: "came too late",
    FAILED: "failed or could not be reached",
    MALFORMED: "could not be read as a move",
    ILLEGAL: "were no legal move",
}


def show_games(console: Console, kept: Sequence[Kept]) -> None:
    """Print what each seat gained in each game, beside the same luck by the rules, and who was not heard."""
    settings = kept[0].settings
    lucks = list(dict.fromkeys(one.settings.replicate for one in kept))
    rules, codes = by_rules(settings, lucks), parties_of(settings.scenario).blocs
    head(console, f"Scenario {settings.scenario}, {kept[0].quarters} quarters", is_first=True)
    table = Grid(
        "", ("luck", "seat"), ("own gain", "by the rules", "gain share", "deals kept", "decided"), is_grouped=True
    )
    total: dict[str, Counter[str]] = {}
    for one in kept:
        luck = one.settings.replicate
        theirs = float(rules[one.bloc]["gain"][lucks.index(luck)])
        shares = (_plain(one.measures["gain_share"]), _plain(one.measures["kept"]))
        gains = (_signed(one.measures["gain"]), _signed(theirs))
        table.row(luck, codes[one.bloc], *gains, *shares, f"{one.decided} of {one.asked}")
        total.setdefault(one.name, Counter()).update(one.faults)
    table.show(console)
    prose(
        console,
        "Own gain: of the seat's bloc over having no treaties, bn$ a year; beside it that in the same luck by the "
        "model's own rules. Decided: moves that the agent made of the decisions that it was asked for; the rules made "
        "the others.",
    )
    for name, faults in total.items():
        for line in in_words(faults):
            prose(console, f"{name}: {line}")


def in_words(faults: Counter[str]) -> list[str]:
    """How often an agent was not heard, by why; nothing where it always was."""
    return [
        f"answers that {words}: {faults[kind]}; the rules decided" for kind, words in FAULTS.items() if faults[kind]
    ]


def show_arena(console: Console, arena: Arena) -> None:
    """Print the table of an arena."""
    settings = arena.settings
    n, cloud = len(arena.replicates), len(arena.cloud)
    head(console, f"Arena: scenario {settings.scenario}, {n} games a seat", is_first=True)
    table = Grid(
        "",
        ("agent", "seat"),
        ("own\ngain", "against\nthe rules", "gain\nshare", "deals\nkept", "percentile"),
        is_grouped=True,
    )
    for row in arena.table.to_dict("records"):
        table.row(
            row["agent"],
            "all" if row["seat"] == ALL else row["seat"],
            _signed(row["gain"]),
            f"{_signed(row['gain_lead'])} {_interval(row['gain_lead_low'], row['gain_lead_high'], '+z.2f')}",
            _plain(row["gain_share"]),
            _plain(row["kept"]),
            f"{row['percentile']:.0f} {_interval(row['percentile_low'], row['percentile_high'], '.0f')}",
        )
    table.show(console)
    prose(
        console,
        "Own gain: of the seat's bloc over having no treaties, bn$ a year; against the rules: less what it gains in "
        "the same luck by the model's own rules. Gain share: of the attainable joint gain. Deals kept: quarters with a "
        f"treaty in which both kept it. Percentile: where its gain lies among {cloud} lucks by the rules alone. "
        f"{f'Brackets hold 95 % intervals over {n} lucks.' if n > 1 else 'One luck gives no interval.'}",
    )
    for row in arena.table.to_dict("records"):
        if row["not_heard"] and row["seat"] != ALL:
            said = f"answers that were not heard: {row['not_heard']} of {row['asked']}; the rules decided"
            prose(console, f"{row['agent']} in the seat of {row['seat']}: {said}")


def _signed(value: float) -> str:
    return f"{value:+z.2f}" if math.isfinite(value) else MISSING


def _plain(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else MISSING


def _interval(low: float, high: float, form: str) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"[{MISSING}]"
    return f"[{low:{form}}, {high:{form}}]"
