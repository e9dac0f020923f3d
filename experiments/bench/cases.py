"""The three hottest rules on inputs of a real run, called as the ensemble calls them, to hold a scalar twin against.

The inputs are those of a block of replicates some quarters into a run: its markets at several duty levels, what every
package is worth to both sides of every dyad, and a quarter of talks over the whole menu.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from model import Ensemble
from model.assessment.values import Parts, package_values
from model.market.clearing import WARM_SWEEPS
from model.packages.menu import Menu
from model.rules import bargaining, pricing

ROOT_SEED: Final = 20260928
QUARTERS: Final = 5  # of the run that the inputs are taken from: past its second assessment
# Cost of a car against today's, as duties between a full cut and two steps up make it.
COST_LEVELS: Final = np.array([0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.25])
LAPSES: Final = ((False, False), (True, False), (False, True))


@dataclass(frozen=True)
class Markets:
    """Markets to be priced: base, utility, start (R, q, F), alpha (q, 1), nest correlation sigma, sweeps."""

    base: np.ndarray
    utility: np.ndarray
    start: np.ndarray
    alpha: np.ndarray
    sigma: float
    sweeps: int

    def play(self) -> tuple[np.ndarray, np.ndarray]:
        """Markups (R, q, F), k$, and residuals (R, q)."""
        return pricing.price_equilibrium(self.base, self.utility, self.alpha, self.sigma, self.start, self.sweeps)


@dataclass(frozen=True)
class Packages:
    """One side's parts of the value of every package: of its executive and of its legislature."""

    menu: Menu
    side: int
    executive: Parts
    legislature: Parts

    @property
    def lapses(self) -> tuple[tuple[bool, bool], ...]:
        """Who lapses in each of the four flows: nobody, this side, its partner, and again nobody."""
        return ((False, False), (self.side == 0, self.side == 1), (self.side == 1, self.side == 0), (False, False))

    def play(self) -> list[np.ndarray]:
        """(R, P) four times, bn$ per quarter: if both honour, it lapses alone, its partner does; its legislature's."""
        parts = (self.executive, self.executive, self.executive, self.legislature)
        return [package_values(self.menu, of, who) for of, who in zip(parts, self.lapses, strict=True)]


Sides = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Session:
    """A quarter of talks, in two groups of lanes: those opened by side 0, then those opened by side 1.

    own, partner, admissible: by group and side, (n, P) believed gains of each side and of its partner, and what it may
    agree to; reservation, exponent (2,); clock (R,) quarters.
    """

    own: tuple[Sides, Sides]
    partner: tuple[Sides, Sides]
    admissible: tuple[Sides, Sides]
    reservation: tuple[float, float]
    exponent: tuple[float, float]
    clock: np.ndarray
    rounds: int
    deadline: int

    @property
    def n_first(self) -> int:
        """Lanes that side 0 opens."""
        return len(self.own[0][0])

    def play(self) -> tuple[np.ndarray, np.ndarray]:
        """(R,) the last package tabled and the package agreed on, -1 for none."""
        n = self.clock.size
        groups = (slice(0, self.n_first), slice(self.n_first, n))
        best = (np.empty(n), np.empty(n))
        for opener, group in enumerate(groups):
            for side in (0, 1):
                gain, least = self.own[opener][side], self.reservation[side]
                zone = bargaining.zone_of_agreement(
                    gain, least, self.admissible[opener][side], self.partner[opener][side], self.reservation[1 - side]
                )
                best[side][group] = bargaining.best_in_zone(gain, zone, least)
        tabled, deal = np.full(n, -1), np.full(n, -1)
        goes_on = np.ones(n, dtype=bool)
        first = (np.arange(n) >= self.n_first) * 1
        offer, worth = np.zeros(n, dtype=np.int64), np.zeros(n)
        exists, passes = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        for k in range(self.rounds):
            time = bargaining.session_time(self.clock, float(k), float(self.rounds), float(self.deadline))
            hopes = [
                bargaining.aspiration(
                    self.reservation[side], best[side], bargaining.concession_share(time, self.exponent[side])
                )
                for side in (0, 1)
            ]
            for opener, group in enumerate(groups):
                mine = (opener + k) % 2
                theirs = 1 - mine
                own, partner, admissible = self.own[opener], self.partner[opener], self.admissible[opener]
                hope = np.where(goes_on[group], hopes[mine][group], np.inf)
                offer[group], exists[group] = bargaining.choose_offer(
                    own[mine], partner[mine], hope[:, None], admissible[mine]
                )
                worth[group] = bargaining.take(own[theirs], offer[group])
                passes[group] = bargaining.take(admissible[theirs], offer[group])
            tabler = (first + k) % 2
            accepted = np.zeros(n, dtype=bool)
            for side in (0, 1):
                accepted |= exists & (tabler != side) & bargaining.accept(worth, hopes[side], passes)
            tabled = np.where(exists, offer, tabled)
            deal = np.where(accepted, offer, deal)
            goes_on &= ~accepted
        return tabled, deal


def by_opener(values: Sides, n_first: int) -> tuple[Sides, Sides]:
    """Both sides' arrays (R, P) in the lanes that each side opens, replicates fastest in memory as before."""
    first, second = values
    return (
        (first[:n_first].copy(order="K"), second[:n_first].copy(order="K")),
        (first[n_first:].copy(order="K"), second[n_first:].copy(order="K")),
    )


@dataclass(frozen=True)
class Cases:
    """Inputs of the three rules."""

    markets: Markets
    packages: tuple[Packages, ...]
    sessions: tuple[Session, ...]


def cases_of(scenario: str, lanes: int) -> Cases:
    """Inputs from a block of so many replicates of a scenario."""
    ((_, world),) = Ensemble(scenario, ROOT_SEED, lanes, lanes=lanes, n_quarters=QUARTERS).worlds()
    world.run()
    return Cases(_markets(world), _packages(world), _sessions(world))


def _markets(world: Any) -> Markets:
    now = world.state.market.clearing.price - world.state.market.clearing.markup
    n_markets, n_levels = now.shape[-2], COST_LEVELS.size

    def at_every_level(x: np.ndarray, factors: np.ndarray) -> np.ndarray:
        """(R, levels * m, F), replicates fastest in memory as in the ensemble."""
        rows = [np.moveaxis(x * factor, 0, -1) for factor in factors]
        return np.moveaxis(np.concatenate(rows), -1, 0)

    same = np.ones(n_levels)
    return Markets(
        base=at_every_level(now, COST_LEVELS),
        utility=at_every_level(world.state.supply.utility, same),
        start=at_every_level(world.state.markup, same),
        alpha=np.tile(world.parameters.alpha[:n_markets, None], (n_levels, 1)),
        sigma=world.parameters.nest_correlation,
        sweeps=WARM_SWEEPS,
    )


def _packages(world: Any) -> tuple[Packages, ...]:
    mandate, menus = world.known(), world.agenda.menus
    return tuple(
        Packages(menus[d], side, mandate.parts[d][side], mandate.home_parts[d][side])
        for d in range(world.parties.n_dyads)
        for side in (0, 1)
    )


def _sessions(world: Any) -> tuple[Session, ...]:
    p, agenda, n = world.parameters, world.agenda, world.n_lanes
    sessions = []
    for d, pair in enumerate(world.parties.dyads):
        flows = [world.known().flows[d][side] for side in (0, 1)]
        nothing = np.zeros(n, dtype=np.int64)
        gains = [side.kept.over(agenda.menus[d], nothing).spread(agenda.menus[d]) for side in flows]
        least = tuple(float(p.reservation_fraction * agenda.scale[d, side]) for side in (0, 1))
        own = by_opener((gains[0], gains[1]), n // 2)
        sessions.append(
            Session(
                own=own,
                partner=(own[0][::-1], own[1][::-1]),
                admissible=by_opener((gains[0] >= least[0], gains[1] >= least[1]), n // 2),
                reservation=(least[0], least[1]),
                exponent=(float(p.concession_exponent[pair[0]]), float(p.concession_exponent[pair[1]])),
                clock=np.arange(n, dtype=np.float64) % p.session_quarters,
                rounds=p.rounds_per_quarter,
                deadline=p.session_quarters,
            )
        )
    return tuple(sessions)
