"""Worlds along the record: played with nudged qualities while there is a record, and on their own after it.

Nudging (data assimilation): after each recorded quarter, every brand's quality and every supplier's tie is moved by
what the model's shares lack of the recorded ones (Berry inversion at the model's own prices). So the model stands where
the world stood when the record ends, whatever its parameters are, and what had to be added quarter by quarter is what
costs, support and entries did not explain: the *implied quality*, whose trend is carried on into the forecast.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from experiments.hindcast.evidence import QUARTERS, Record
from model import Ensemble

SMALLEST: Final = 1e-300  # keeps logarithms of unsold brands finite
LARGEST_STEP: Final = 3.0  # utils a quarter: a brand in its first quarters on sale is not moved by more
LEAST_SHARE: Final = 1e-5  # brands below it are not followed
SOLD_OUT: Final = 0.995  # what is left beside recorded suppliers is at least the rest of one
MID_YEAR: Final = 1.5  # quarters from a year's first to its middle

#: What batteries cost in the years of the record is known, and what is unknown of later years is drawn for every lane
#: from pack prices up to then (``forecast.py``); the model's own luck beside it would count the same twice.
KNOWN_COSTS: Final = {"battery_cost_luck": 0.0}

Steer = Callable[[Any, int], None]


@dataclass(frozen=True)
class Path:
    """Shares that the record asks for by quarter: ev_share (m, q), brand (m, f, q), supplier (k, q); nan is free."""

    ev_share: np.ndarray
    brand: np.ndarray
    supplier: np.ndarray

    @property
    def n_quarters(self) -> int:
        """Quarters of the record."""
        return int(self.ev_share.shape[-1])


def path_of(record: Record) -> Path:
    """The record quarter by quarter: EV shares without seasons; brands and suppliers on lines between mid-years."""
    n = QUARTERS * record.years.size
    middle = MID_YEAR + QUARTERS * np.arange(record.years.size)

    def between(series: np.ndarray, absent: float) -> np.ndarray:
        known = np.isfinite(series)
        if not known.any():
            return np.full(n, np.nan)
        if absent == 0.0:
            return np.interp(np.arange(n), middle, np.where(known, series, 0.0))
        return np.interp(np.arange(n), middle[known], series[known])

    brand = np.stack([[between(row, 0.0) for row in market] for market in record.brand])
    brand = np.where(brand > LEAST_SHARE, brand, np.nan)
    supplier = np.stack([between(row, np.nan) for row in record.supplier])
    return Path(np.stack([without_seasons(row) for row in record.quarterly]), brand, supplier)


def without_seasons(share: np.ndarray) -> np.ndarray:
    """(q,) a share without its mean deviation, by season, from a centred mean over a year, in log odds."""
    odds = np.log(share) - np.log1p(-share)
    half = QUARTERS // 2
    smooth = np.full(odds.size, np.nan)
    for t in range(half, odds.size - half):
        smooth[t] = (0.5 * odds[t - half] + odds[t - 1] + odds[t] + odds[t + 1] + 0.5 * odds[t + half]) / QUARTERS
    season = np.array([np.nanmean((odds - smooth)[s::QUARTERS]) for s in range(QUARTERS)])
    free = odds - np.tile(season - np.mean(season), odds.size // QUARTERS)
    return 1.0 / (1.0 + np.exp(-free))


@dataclass(frozen=True)
class Played:
    """What came of a block of replicates (R), quarter by quarter (q).

    ev_share (R, m, q); brand (R, m, f, q); supplier (R, k, q) shares; cell_cost (R, q) $/kWh, mean over deliveries;
    duty, special (R, 6, q) on EVs; session, treaty, package (R, d, q); carried, dropped (R, d) threats made good or
    not; implied (R, m, q) quality beyond costs, support and entries; own (R, m, f, q) each brand's, against the
    market's.
    """

    automakers: tuple[str, ...]
    suppliers: tuple[str, ...]
    ev_share: np.ndarray
    brand: np.ndarray
    supplier: np.ndarray
    cell_cost: np.ndarray
    duty: np.ndarray
    special: np.ndarray
    session: np.ndarray
    treaty: np.ndarray
    package: np.ndarray
    carried: np.ndarray
    dropped: np.ndarray
    implied: np.ndarray
    own: np.ndarray

    def yearly(self, values: np.ndarray) -> np.ndarray:
        """(..., y) means over the quarters of each year of (..., q)."""
        return np.mean(values.reshape(*values.shape[:-1], -1, QUARTERS), axis=-1)

    @property
    def price(self) -> np.ndarray:
        """(R, y) yearly means of the cost of cells, $/kWh."""
        return self.yearly(self.cell_cost)


class Nudged:
    """Plays one block of replicates, nudging it along a path and then leaving it to ``steer``."""

    def __init__(self, world: Any, path: Path | None) -> None:
        self.world, self.path = world, path
        self.sigma = world.parameters.nest_correlation
        n, (n_markets, n_makers) = world.n_lanes, world.opening.quality.shape
        self.level = np.zeros((n, n_markets))
        self.brand = np.zeros((n, n_markets, n_makers))
        self.last = self._effective()
        self.implied: list[np.ndarray] = []
        self.own: list[np.ndarray] = []
        self.shares: list[np.ndarray] = []

    def play(self, steer: Steer | None = None) -> Played:
        """All quarters; ``steer(self, t)`` acts after every quarter t from the last of the path on."""
        world, path = self.world, self.path
        recorded = 0 if path is None else path.n_quarters
        while world.state.quarter < world.n_quarters:
            world.step()
            t = world.state.quarter - 1
            self._measure(t)
            sold = np.array(world.state.market.clearing.share)
            self.shares.append(sold / np.sum(sold, axis=-1, keepdims=True))
            if path is not None and t + 1 < recorded:
                self._nudge(path, t + 1)
            elif steer is not None and t + 1 < world.n_quarters and t + 1 >= recorded:
                steer(self, t)
        return self._played()

    def _available(self) -> np.ndarray:
        """(R, m, f) how much of its roll-out a brand has behind it (theory 1.13)."""
        return np.clip(np.array(self.world.state.age) / self.world.parameters.model_ramp, SMALLEST, 1.0)

    def _effective(self) -> np.ndarray:
        """(R, m, f) quality of a brand, utils, its roll-out counted."""
        return np.array(self.world.state.quality) + np.log(self._available())

    def _measure(self, t: int) -> None:
        """Add up the quarter's growth of quality: the market's, weighted by sales, and each brand's."""
        effective = self._effective()
        if t > 0:
            self.level = self.level + np.sum(self.shares[-1] * (effective - self.last), axis=-1)
        self.last = effective
        self.implied.append(self.level.copy())
        self.own.append(effective - self.level[..., None])

    def _nudge(self, path: Path, t: int) -> None:
        """Move qualities and ties by what this quarter's shares lack of the next quarter's record."""
        world, cleared = self.world, self.world.state.market.clearing
        share, within = (np.maximum(np.array(x), SMALLEST) for x in (cleared.share, cleared.within))
        outside = np.array(cleared.outside)[..., None]
        model = np.log(share) - np.log(outside) - self.sigma * np.log(within)
        target = np.nan_to_num(path.brand[..., t])
        target = target / np.sum(target, axis=-1, keepdims=True)
        total = path.ev_share[:, t, None]
        followed = (target > 0.0) & (np.array(world.state.age) > 0.0)
        wanted = np.log(np.where(target > 0.0, target, 1.0))
        wanted = (1.0 - self.sigma) * wanted + np.log(total) - np.log1p(-total)
        step = np.clip(np.where(followed, wanted - model, 0.0), -LARGEST_STEP, LARGEST_STEP)
        common = np.sum(np.where(followed, target * step, 0.0), axis=-1, keepdims=True)
        self.shift(np.where(followed, step, common))
        self._nudge_suppliers(path.supplier[:, t])

    def shift(self, step: np.ndarray) -> None:
        """Let qualities (R, m, f) grow by so much in the next quarter, the trend of the opening included."""
        state = self.world.state
        state.quality = state.quality + (step - self.world.opening.trend[:, None])

    def _nudge_suppliers(self, target: np.ndarray) -> None:
        """Move ties so that world shares become the recorded ones, the mean cost of cells staying as it is."""
        world = self.world
        delivered = np.mean(np.sum(np.array(world.booked().cells), axis=-2), axis=0)
        now = delivered / np.sum(delivered)
        known = np.isfinite(target)
        left = max(1.0 - float(np.sum(target[known])), 1.0 - SOLD_OUT)
        wanted = np.where(known, np.nan_to_num(target), now * left / max(float(np.sum(now[~known])), 1.0 - SOLD_OUT))
        step = np.log(wanted / now)
        step = step - np.log(np.sum(now * np.exp(step)))
        world.economy = dataclasses.replace(world.economy, supplier_tie=world.economy.supplier_tie + step)

    def _played(self) -> Played:
        record, state = self.world.recorder, self.world.state
        cells = record.series("supplier", "cells")
        threats = [_by_dyad(np.array(x)) for x in (state.carried, state.dropped)]
        return Played(
            automakers=self.world.scenario.automakers,
            suppliers=self.world.scenario.suppliers,
            ev_share=record.series("bloc", "ev_share"),
            brand=np.stack(self.shares, axis=-1),
            supplier=record.series("supplier", "share"),
            cell_cost=np.sum(cells * record.series("supplier", "cell_cost"), axis=1) / np.sum(cells, axis=1),
            duty=record.series("directed", "duty_ev"),
            special=record.series("directed", "special_ev"),
            session=record.series("dyad", "session"),
            treaty=record.series("dyad", "treaty"),
            package=record.series("dyad", "package"),
            carried=threats[0],
            dropped=threats[1],
            implied=np.stack(self.implied, axis=-1),
            own=np.stack(self.own, axis=-1),
        )


def _by_dyad(counts: np.ndarray) -> np.ndarray:
    """(R, d) both directions of (R, b, b) together."""
    both = counts + np.swapaxes(counts, 1, 2)
    return np.stack([both[:, 0, 1], both[:, 0, 2], both[:, 1, 2]], axis=1)


def play(
    scenario: str,
    parameters: dict[str, Any],
    root_seed: int,
    replicates: range,
    path: Path | None,
    steer: Steer | None = None,
    n_quarters: int | None = None,
) -> Played:
    """Play these replicates of a scenario along a path, then as ``steer`` says (or on their own)."""
    own, lanes = {**KNOWN_COSTS, **parameters}, len(replicates)
    ensemble = Ensemble(scenario, root_seed, replicates, own, keep=replicates, lanes=lanes, n_quarters=n_quarters)
    ((_, world),) = ensemble.worlds()
    return Nudged(world, path).play(steer)
