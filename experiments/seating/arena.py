"""An arena: agents x seats x luck, each game paired with the same luck played by the model's own rules.

What an agent is worth is a difference: what its bloc gains with it in the seat, less what it gains in the same luck by
the rules. Where its games lie among many lucks by the rules alone says how much of it is luck. Partners are always the
rules: an agent is measured against the model, not against other agents.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from experiments.classroom.controls import parties_of
from experiments.classroom.game import Settings
from experiments.seating.agents import Seatable
from experiments.seating.measures import PAIRED, by_rules, percentile
from experiments.seating.play import SUBJECT, Played, kept_of, play_all
from experiments.seating.sitting import PATIENCE, Tell, nobody
from experiments.statistics.estimates import Estimate, mean_interval, paired_difference
from model import InputFault

ALL: Final = "all"  # seats together, by luck
MOST_CLOUD: Final = 5000
Progress = Callable[[int, int, int, int], None]


@dataclasses.dataclass(frozen=True)
class Arena:
    """What an arena came to.

    table: a row an agent and seat, and one for all seats of an agent together; bouts: a row a game; is_whole:
    whether all games were played, which an interrupt may prevent.
    """

    settings: Settings
    agents: tuple[Seatable, ...]
    replicates: tuple[int, ...]
    cloud: tuple[int, ...]
    table: pd.DataFrame
    bouts: pd.DataFrame
    is_whole: bool = True


def check_arena(agents: Sequence[Seatable], n_cloud: int) -> None:
    """Refuse what no arena can be played with.

    Raises ``InputFault``: two agents of one name, or too small or large a cloud.
    """
    names = [agent.name for agent in agents]
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise InputFault([f"{name} is named twice; an arena has each agent once" for name in double], SUBJECT)
    if not 2 <= n_cloud <= MOST_CLOUD:
        raise InputFault([f"--cloud {n_cloud}: allowed is a whole number from 2 to {MOST_CLOUD}"], SUBJECT)


def play_arena(
    agents: Sequence[Seatable],
    blocs: Sequence[int],
    games: Sequence[Settings],
    n_cloud: int,
    patience: float = PATIENCE,
    with_advice: bool = True,
    tell: Tell = nobody,
    progress: Progress = lambda *_: None,
    keep: Callable[[Played, Mapping[str, Any]], None] = lambda *_: None,
    before: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Arena:
    """Every agent in every seat under every luck; whoever interrupts keeps the games that are over.

    games: settings that differ in their luck alone. n_cloud: lucks of the cloud, the games' own first. keep: hears of
    every game that is over, with its row of ``Arena.bouts``. before: rows of games that are over already, by file.

    Raises ``InputFault``: two agents of one name, or too small or large a cloud.
    """
    check_arena(agents, n_cloud)
    replicates = [one.replicate for one in games]
    others = range(replicates[0], replicates[0] + n_cloud + len(games))
    cloud = [*replicates, *(luck for luck in others if luck not in replicates)][: max(n_cloud, len(games))]
    rules = by_rules(games[0], cloud)
    rows, total, codes = [], len(agents) * len(blocs) * len(games), parties_of(games[0].scenario).blocs
    try:
        for (number, agent), bloc in itertools.product(enumerate(agents), blocs):
            files = {one.replicate: f"game-{number}-{codes[bloc]}-{one.replicate}.json" for one in games}
            left = [one for one in games if files[one.replicate] not in before]
            played = play_all(left, {bloc: agent}, patience, with_advice, tell)
            for place, (luck, file) in enumerate(files.items()):
                if file in before:
                    rows.append(dict(before[file]))
                    continue
                one = next(played)
                (mine,) = kept_of(one)
                rows.append(
                    {"agent": agent.name, "seat": codes[bloc], "replicate": luck, **mine.measures}
                    | {f"rules_{name}": float(rules[bloc][name][place]) for name in PAIRED}
                    | {"percentile": float(percentile(mine.measures["gain"], rules[bloc]["gain"]))}
                    | {"asked": mine.asked, "decided": mine.decided, "not_heard": sum(mine.faults.values())}
                    | {"digest": one.game.digest(), "file": file}
                )
                keep(one, rows[-1])
                progress(len(rows), 0, total, len(before))
    except KeyboardInterrupt:
        if not rows:
            raise
    bouts = pd.DataFrame(rows)
    return Arena(games[0], tuple(agents), tuple(replicates), tuple(cloud), compared(bouts), bouts, len(rows) == total)


def compared(bouts: pd.DataFrame) -> pd.DataFrame:
    """A row an agent and seat, then one of its seats together: means, and paired differences from the rules.

    bouts: columns as ``Arena.bouts``. Differences have 95 % t intervals over lucks; games in which a measure is missing
    on either side are left out of its difference (``n_...`` says how many are in). Seats together are averaged within
    each luck first.
    """
    rows = []
    for agent in bouts["agent"].unique():
        mine = bouts[bouts["agent"] == agent]
        seats = mine["seat"].unique()
        for seat in (*seats, *((ALL,) if len(seats) > 1 else ())):
            part = mine if seat == ALL else mine[mine["seat"] == seat]
            columns = part.groupby("replicate", sort=True)[["percentile"]].mean()
            row: dict[str, Any] = {"agent": agent, "seat": seat, "games": len(part)}
            for name in PAIRED:
                row[name] = _mean(part[name])
                # Before seats are averaged: else a luck could compare one seat with another.
                both = part[part[name].notna() & part[f"rules_{name}"].notna()]
                pair = both.groupby("replicate", sort=True)[[name, f"rules_{name}"]].mean()
                row |= _told(f"{name}_lead", _paired(pair[name], pair[f"rules_{name}"]))
            row |= _told("percentile", mean_interval(columns["percentile"].to_numpy()), (0.0, 100.0))
            row |= {name: int(part[name].sum()) for name in ("asked", "decided", "not_heard")}
            rows.append(row)
    return pd.DataFrame(rows)


def _mean(values: pd.Series[float]) -> float:
    found = values.dropna()
    return float(found.mean()) if len(found) else math.nan


def _paired(own: pd.Series[float], rules: pd.Series[float]) -> Estimate:
    if not len(own):
        return Estimate(math.nan, math.nan, math.nan, math.nan, 0)
    return paired_difference(own.to_numpy(), rules.to_numpy())


def _told(name: str, found: Estimate, within: tuple[float, float] = (-math.inf, math.inf)) -> dict[str, float]:
    """An estimate as columns; its interval ends where the values do, and is missing where one game gives none."""
    is_there = math.isfinite(found.low)
    low, high = (max(found.low, within[0]), min(found.high, within[1])) if is_there else (math.nan, math.nan)
    return {name: found.mean, f"{name}_low": low, f"{name}_high": high, f"n_{name}": found.n}
