"""A scenario's markets at their start, cleared with and without a policy: comparative statics, nothing is drawn.

Two switches say how much may answer. *Prices*: ``posted`` stay as they were before the policy, or are those of the
Bertrand-Nash fixed point. *Places*: every automaker goes on serving a market from the places it used, or moves to the
cheapest mix of the plants that it has. What a policy changes is a ``Policy``; everything else is the scenario's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from model import BLOCS, make_parameters
from model.market.clearing import (
    Accounts,
    Clearing,
    account,
    border_frictions,
    clear_at_prices,
    duties_by_place,
    equilibrium,
    landed_costs,
    markup_weight,
    offered_costs,
    supply_cells,
)
from model.rules import standards
from model.start.calibration import standards_in_force, support
from model.start.starting_point import known_scenario, starting_point
from model.vocabulary import BATTERY, EV

SWEEPS: Final = 16  # Newton sweeps from scratch, as in the calibration
STEP: Final = 1e-4  # part of a price that a derivative is taken over


@dataclass(frozen=True)
class Policy:
    """What differs from the scenario's start. A pair is importer<exporter; a bloc is one of the three names.

    duty: rate on cars by pair; support: k$ a car on top of the scenario's, by bloc; without_support: blocs whose
    purchase support is gone; recognised: pairs in which the importer recognises the exporter's certificates; charging:
    pairs that share an interface; network: log of charging points over those at the start, by bloc.
    """

    duty: dict[str, float] = field(default_factory=dict)
    support: dict[str, float] = field(default_factory=dict)
    without_support: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()
    charging: tuple[str, ...] = ()
    network: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cleared:
    """Markets under a policy: prices and shares, accounts, and the places that cars come from.

    total (m, f, o) what a car costs from every place, base (m, f) what it costs with this mix (m, f, o), k$.
    """

    clearing: Clearing
    accounts: Accounts
    total: np.ndarray
    base: np.ndarray
    mix: np.ndarray


def pair(name: str) -> tuple[int, int]:
    """Importer and exporter of ``EU<CN``."""
    importer, exporter = name.split("<")
    return BLOCS.index(importer), BLOCS.index(exporter)


class Markets:
    """The three markets of a scenario under its parameters with these changes."""

    def __init__(self, scenario: str, settings: dict[str, Any] | None = None) -> None:
        changes = known_scenario(scenario).parameters.changes()
        self.parameters = p = make_parameters({**changes, **(settings or {})})
        self.scenario, self.economy, self.opening, _ = starting_point(scenario, p)
        self.cells = supply_cells(
            self.economy, p, self.scenario.cell_cost, self.opening.margin, self.opening.paid[BATTERY]
        )
        self.landed = landed_costs(self.economy, self.cells)

    def home(self, bloc: str) -> np.ndarray:
        """(f,) whether an automaker is of this bloc."""
        return np.asarray(self.scenario.automaker_home == BLOCS.index(bloc))

    def clear(self, policy: Policy, before: Cleared | None = None, posted: bool = False) -> Cleared:
        """The markets under a policy.

        before: where cars came from and what they cost before it; then the mix of places stays, and with ``posted``
        prices as well. Without it, the mix is the cheapest and prices are those of the fixed point.
        """
        p, duty, frictions, paid = self.parameters, self._duty(policy), self._frictions(policy), self._support(policy)
        network = np.array([policy.network.get(bloc, 0.0) for bloc in BLOCS])
        utility = self.opening.quality + np.log(self.scenario.availability.T) + p.alpha[:, None] * paid
        utility = utility + p.network_elasticity * network[:, None]
        total = (1.0 + duties_by_place(duty, self.economy.other_duty[EV])[:, None, :]) * self.landed + frictions
        if before is None:
            ties = (self.opening.origin_tie, self.opening.origin_level)
            base, mix = offered_costs(self.economy, p, self.landed, frictions, duty, *ties)
        else:
            base, mix = before.base + np.sum(before.mix * (total - before.total), axis=-1), before.mix
        if before is not None and posted:
            clearing = clear_at_prices(base, utility, before.clearing.price, p.alpha[:, None], p.nest_correlation)
        else:
            weight = markup_weight(self.economy, p, mix, duty, self.landed)
            clearing, _ = equilibrium(base, utility, p.alpha[:, None], p.nest_correlation, None, SWEEPS, weight)
        accounts = account(
            self.economy, p, clearing, self.cells, self.opening.margin, self.landed, mix, duty, paid, 0.0 * base
        )
        return Cleared(clearing, accounts, total, base, mix)

    def elasticity(self, bloc: str) -> tuple[float, float]:
        """Own-price elasticity in a bloc at its start, of a brand (mean over sales) and of all electric cars together.

        The first: one brand's price rises by a part and all others stay; the second: all rise by that part.
        """
        m, p = BLOCS.index(bloc), self.parameters
        start = self.clear(Policy())
        price, share = start.clearing.price[m], start.clearing.share[m]
        utility = self.opening.quality[m] + np.log(self.scenario.availability.T[m])
        utility = utility + p.alpha[m] * self._support(Policy())[m]

        def sold(prices: np.ndarray) -> np.ndarray:
            return np.asarray(clear_at_prices(0.0 * prices, utility, prices, p.alpha[m], p.nest_correlation).share)

        steps = np.eye(price.size) * STEP
        own = np.array([np.log(sold(price * (1.0 + step))[f] / share[f]) for f, step in enumerate(steps)])
        own = np.where(share > 0.0, own, 0.0) / np.log1p(STEP)
        together = np.log(np.sum(sold(price * (1.0 + STEP))) / np.sum(share)) / np.log1p(STEP)
        return float(np.sum(own * share) / np.sum(share)), float(together)

    def denser(self, bloc: str, quarters: int) -> float:
        """How much denser a bloc's charging network is after so many quarters with one interface for all: log points.

        Its budget buys more points, because a part of them comes from others' makers, who are cheaper then.
        """
        m, p, economy = BLOCS.index(bloc), self.parameters, self.economy
        points = []
        for common in (0.0, 1.0):
            cost = standards.charger_unit_cost(
                economy.charger_cost[m], p.charger_saving, common, p.charger_foreign_share
            )
            stock = np.asarray(self.scenario.chargers[m])
            for _ in range(quarters):
                stock = standards.charger_stock_next(stock, economy.charger_budget[m], cost)
            points.append(float(stock))
        return float(np.log(points[1] / points[0]))

    def _duty(self, policy: Policy) -> np.ndarray:
        duty = self.opening.paid[EV].copy()
        for name, rate in policy.duty.items():
            duty[pair(name)] = rate
        return duty

    def _support(self, policy: Policy) -> np.ndarray:
        paid = np.array(support(self.scenario, 0))
        for bloc in policy.without_support:
            paid[BLOCS.index(bloc)] = 0.0
        for bloc, amount in policy.support.items():
            paid[BLOCS.index(bloc)] += amount
        return paid

    def _frictions(self, policy: Policy) -> np.ndarray:
        recognised, common = standards_in_force(self.scenario)
        for flags, names in ((recognised, policy.recognised), (common, policy.charging)):
            for name in names:
                flags[pair(name)] = 1.0
        return np.asarray(border_frictions(self.parameters, self.economy, recognised, common))
