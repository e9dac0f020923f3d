"""What a league came to: ranks with intervals, who does best in which seat, and who would be left in the long run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.design.sampling import generator
from experiments.league.league import LeaguePlan
from experiments.statistics.estimates import mean_interval

if TYPE_CHECKING:
    from rich.console import Console

FloatArray = npt.NDArray[np.float64]

MEASURES: Final = {
    "own": "own payoff: true gain over the policy in force, discounted to the session's opening (bn$ a year)",
    "joint": "joint payoff: the gains of both sides (bn$ a year)",
    "stability": "share of today's trust that a deal survives the loss of; 0 where there is no deal (fraction)",
    "signed": "share of sessions that end with a ratified package (fraction)",
    "quarters": "quarters until a package was agreed (the session's length where none was)",
}
GENERATIONS: Final = 400
# Selection a generation: a player one standard deviation of payoffs above the mean grows by this share (assumption).
SELECTION: Final = 0.05
RESAMPLES: Final = 200


@dataclasses.dataclass(frozen=True)
class League:
    """The tables of a league.

    ranking: one row a player; seats: own payoff by player and seat; pairs: own payoff of the row's player against the
    column's; shares (generation, player) of the replicator; final: its last shares with their interval.
    """

    plan: LeaguePlan
    ranking: pd.DataFrame
    seats: pd.DataFrame
    pairs: pd.DataFrame
    shares: FloatArray
    final: pd.DataFrame


def seats_of(plan: LeaguePlan) -> list[str]:
    """The seats of a league, both of each pair: "CN in CN-US"."""
    return [f"{bloc} in {dyad}" for dyad in plan.parties.dyad_names for bloc in dyad.split("-")]


def tell(plan: LeaguePlan, whole: Mapping[str, FloatArray]) -> League:
    """The tables of a league; ``whole`` as ``league.play_league`` gives it, (situation, d, first, second)."""
    names = [player.name for player in plan.players]
    own = payoffs(whole)
    measured = {"own": own, **both_seats(whole)}
    rows = []
    for number, player in enumerate(plan.players):
        row: dict[str, Any] = dataclasses.asdict(player)
        for measure, values in measured.items():
            # One number a situation: mean over dyads, seats and opponents.
            mine = values.mean(axis=(1, 2, 4))
            estimate = mean_interval(mine[:, number])
            row |= {measure: estimate.mean, f"{measure}_low": estimate.low, f"{measure}_high": estimate.high}
            if measure in ("own", "joint", "stability"):
                against = mean_interval(mine[:, number] - mine.mean(axis=1))
                row |= {f"{measure}_lead": against.mean}
                row |= {f"{measure}_lead_low": against.low, f"{measure}_lead_high": against.high}
        rows.append(row)
    ranking = pd.DataFrame(rows)
    for measure in ("own", "joint", "stability"):
        ranking[f"rank_{measure}"] = ranking[measure].rank(ascending=False, method="min").astype(int)
    ranking = ranking.sort_values("own", ascending=False, kind="stable").reset_index(drop=True)
    in_seat = own.mean(axis=(0, 4))  # (d, seat, player)
    seats = pd.DataFrame(in_seat.reshape(-1, len(names)).T, columns=seats_of(plan))
    seats.insert(0, "player", names)
    by_situation = own.mean(axis=(1, 2))  # (situation, player, opponent)
    pairs = pd.DataFrame(by_situation.mean(axis=0), columns=names)
    pairs.insert(0, "player", names)
    shares = replicator(by_situation.mean(axis=0))
    return League(plan, ranking, seats, pairs, shares, _final(by_situation, shares[-1], names, plan.root_seed))


def payoffs(whole: Mapping[str, FloatArray]) -> FloatArray:
    """(situation, d, seat, player, opponent) what each player earns in each seat against each other one, bn$ a year."""
    return np.stack([whole["gain_first"], np.swapaxes(whole["gain_second"], -1, -2)], axis=2)


def both_seats(whole: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """The other measures in the same layout."""
    measures = {
        "joint": whole["gain_first"] + whole["gain_second"],
        "stability": whole["holds"],
        "signed": whole["signed"],
        "quarters": whole["quarters"],
    }
    return {name: np.stack([values, np.swapaxes(values, -1, -2)], axis=2) for name, values in measures.items()}


def replicator(payoff: FloatArray, generations: int = GENERATIONS, selection: float = SELECTION) -> FloatArray:
    """(generation, player) shares of a population in which what earns more than the mean grows (Taylor & Jonker 1978).

    payoff (n, n): of the row's player against the column's. Everybody starts with the same share. Payoffs are scaled by
    their standard deviation; ``selection`` is the growth of whoever earns one of these more than the mean.
    Limits: shares add to one; a dominated player vanishes; nothing moves where all payoffs are equal.
    """
    spread = float(np.std(payoff))
    scaled = payoff / spread if spread > 0.0 else np.zeros_like(payoff)
    shares = np.full(len(payoff), 1.0 / len(payoff))
    path = [shares]
    for _ in range(generations):
        fitness = scaled @ shares
        grown = shares * np.exp(selection * (fitness - shares @ fitness))
        shares = grown / grown.sum()
        path.append(shares)
    return np.stack(path)


def _final(by_situation: FloatArray, shares: FloatArray, names: list[str], seed: int) -> pd.DataFrame:
    """Final shares with the interval that they have when other situations had been drawn (bootstrap)."""
    luck, n = generator(seed), len(by_situation)
    again = [replicator(by_situation[luck.integers(0, n, n)].mean(axis=0))[-1] for _ in range(RESAMPLES)]
    low, high = np.quantile(np.stack(again), (0.025, 0.975), axis=0)
    return pd.DataFrame({"player": names, "share": shares, "share_low": low, "share_high": high})


# --- to show ----------------------------------------------------------------------------------------------------------


def show(console: Console, league: League) -> None:
    """Print the ranking, the best of each seat and who is left."""
    from experiments.display.console import head, prose
    from experiments.display.grids import Grid

    plan, n_dyads = league.plan, league.plan.parties.n_dyads
    dyads = "1 dyad" if n_dyads == 1 else f"{n_dyads} dyads"
    replicates = "1 replicate" if plan.replicates == 1 else f"{plan.replicates} replicates"
    head(console, plan.title)
    prose(
        console,
        f"{len(plan.players)} players, each against each (and itself) in both seats of {dyads}, on {plan.situations} "
        f"situations drawn from runs of {', '.join(plan.scenarios)}, {replicates} each. One bargaining "
        "session a time: not what a tactic does to trust and tension over years. Brackets hold 95 % intervals over "
        "situations; leads are paired differences from the mean of all players.",
    )
    values = ("own payoff", "lead", "joint", "stability", "signed", "quarters", "ranks")
    table = Grid("", ("player",), values)
    for row in league.ranking.itertuples():
        table.row(
            row.name,
            f"{row.own:.3f}",
            f"{row.own_lead:+.3f} [{row.own_lead_low:+.3f}, {row.own_lead_high:+.3f}]",
            f"{row.joint:.3f}",
            f"{row.stability:.3f}",
            f"{row.signed:.2f}",
            f"{row.quarters:.1f}",
            f"{row.rank_own} {row.rank_joint} {row.rank_stability}",
        )
    table.show(console)
    prose(console, "Ranks: by own payoff, joint payoff, stability. Payoffs in bn$ a year over the policy in force.")
    best = [f"{seat}: {league.seats['player'].iloc[int(league.seats[seat].argmax())]}" for seat in seats_of(plan)]
    prose(console, f"Best in its seat: {'; '.join(best)}.")
    left = league.final[league.final["share"] > 0.01].sort_values("share", ascending=False)
    words = [f"{row.player} {row.share:.2f} [{row.share_low:.2f}, {row.share_high:.2f}]" for row in left.itertuples()]
    prose(console, f"After {GENERATIONS} generations in which what earns more grows: {'; '.join(words)}.")
