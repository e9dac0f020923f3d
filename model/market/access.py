"""Access to markets: which brands come in, and what a quota does to prices, sales and the books (second edition 3).

A scenario lists terms of access by importer and exporter; where it lists none there is no ``Gates`` and nothing here is
called. Cars under a quota are those built in the exporter. List prices and mixes of places move slowly, as ever,
towards those that a lasting premium would give; a licence finds its price at once, so that never more cars are licensed
than the quota allows. ``...``
stands for any leading axes; the letters of the axes are those of ``model.vocabulary``. Nothing is drawn.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.market.clearing import (
    WARM_SWEEPS,
    Accounts,
    Clearing,
    clear_at_prices,
    equilibrium,
    markup_weight,
    offered_costs,
    rates_by_place,
)
from model.market.economy import Economy
from model.numerics import FloatArray, FloatLike, ordered_sum, safe_ratio
from model.parameters.checked import Parameters
from model.rules import access
from model.scenario.scenario import Access, Scenario

#: Positions of access under which brands sell what they build at home.
OPEN_TO_IMPORTS: Final = ("quota", "undertaking", "open")


@dataclass(frozen=True)
class Gates:
    """Terms of access that a scenario lists.

    local (m, f) brands that sell only what they build in the market; let_in (m, f) others that a rule would keep out;
    undertakes (m, b) makers of b may offer minimum
    prices in m (1.19b). At most one quota a market: size (t, m), or (m,) in a quarter, m cars a quarter, infinite
    without one; origin (m,) the place that it is about (the market itself without one); duty, like size, within it;
    is_closed (m,) nothing beyond it. By lane, (R, ...) all but undertakes and origin, where treaties decide.
    """

    local: np.ndarray
    let_in: np.ndarray
    undertakes: np.ndarray
    size: FloatArray
    origin: np.ndarray
    duty: FloatArray
    is_closed: FloatArray

    @property
    def has_quota(self) -> bool:
        """Whether there is a quota anywhere, in force or on the table."""
        return bool((self.origin != np.arange(self.origin.size)).any())

    def in_quarter(self, t: int) -> Gates:
        """The terms of one quarter."""
        return dataclasses.replace(self, size=self.size[t], duty=self.duty[t])

    def with_terms(self, i: int, terms: Access, t: int, where: np.ndarray | bool = True) -> Gates:
        """The gates of a quarter where (...) these terms are in force in market i beside those of the others."""
        there = np.asarray(where)[..., None] & (np.arange(self.origin.size) == i)
        is_let_in = there[..., None] & terms.makers
        return dataclasses.replace(
            self,
            local=(self.local & ~is_let_in) | (is_let_in & (terms.position == "local")),
            let_in=(self.let_in & ~is_let_in) | (is_let_in & (terms.position in OPEN_TO_IMPORTS)),
            size=np.where(there, terms.cars(t), self.size),
            # Without a quota there is nothing to pay less on.
            duty=np.where(there, terms.duty[t] if np.isfinite(terms.quota) else np.inf, self.duty),
            is_closed=np.where(there, float(terms.is_closed), self.is_closed),
        )

    def on_sale(self, has_plant: FloatArray) -> np.ndarray:
        """(..., m, f) makers whom a rule would keep out and who may sell all the same; has_plant alike, 0 or 1."""
        return self.let_in | (self.local & (has_plant > 0.0))


def gates_of(scenario: Scenario) -> Gates | None:
    """The terms of a scenario, or None where it lists none."""
    if not scenario.access:
        return None
    n_blocs = scenario.parties.n_blocs
    market = np.arange(n_blocs)
    local, let_in = np.zeros((2, *scenario.banned.T.shape), dtype=bool)
    undertakes = np.zeros((n_blocs, n_blocs), dtype=bool)
    origin, duty = market.copy(), np.zeros((scenario.n_quarters, n_blocs))
    size = np.full_like(duty, np.inf)
    is_closed = np.zeros(n_blocs)
    for one in scenario.access:
        i, j = one.importer, one.exporter
        if one.position == "local":
            local[i] |= one.makers
        undertakes[i, j] = one.position == "undertaking"
        if np.isfinite(one.quota):
            size[:, i] = [one.cars(t) for t in range(scenario.n_quarters)]
            duty[:, i], is_closed[i] = one.duty, float(one.is_closed)
        if any(np.isfinite(terms.quota) for terms in (one, *one.on_table)):
            origin[i] = j
    return Gates(local, let_in, undertakes, size, origin, duty, is_closed)


def gates_now(gates: Gates, scenario: Scenario, step: np.ndarray, t: int) -> Gates:
    """The terms of a quarter by lane; step (R, b, b) of access that treaties give, 0 what is in force without."""
    now = gates.in_quarter(t)
    for one in scenario.access:
        for k, terms in enumerate((one, *one.on_table) if one.on_table else ()):
            now = now.with_terms(one.importer, terms, t, step[:, one.importer, one.exporter] == k)
    return now


@dataclass(frozen=True)
class Quotas:
    """The quotas of a quarter, and what cars under them bear before a premium is known.

    size (..., m) m cars; origin (m,); is_there (m, o) flags of the places that a quota is about; beyond, within
    (..., m) duties; cap (..., m, f) k$, most that a maker pays for a licence.
    """

    size: FloatArray
    origin: np.ndarray
    is_there: np.ndarray
    beyond: FloatArray
    within: FloatArray
    cap: FloatArray

    def at_border(self, duty: FloatArray, frictions: FloatArray, premium: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Duties (..., b, b) and frictions (..., m, f, o) that makers reckon with at a premium (..., m), k$."""
        rate = np.where(self.is_there[:, : self.origin.size], self.within[..., None], duty)
        paid = np.minimum(premium[..., None], self.cap)
        return rate, frictions + self.is_there[:, None, :] * paid[..., None]

    def of_origin(self, values: FloatArray) -> FloatArray:
        """(..., m, f) the entries of (..., m, f, o) at the place that each quota is about."""
        return ordered_sum(np.where(self.is_there[:, None, :], values, 0.0))


def quotas_of(gates: Gates, duty: FloatArray, landed: FloatArray) -> Quotas:
    """The quotas of a quarter, gates those of it; duty (..., b, b) applied on cars, landed (..., m, f, o) k$."""
    market = np.arange(gates.origin.size)
    is_there = np.arange(landed.shape[-1]) == gates.origin[:, None]
    beyond = duty[..., market, gates.origin]
    within = np.minimum(gates.duty, beyond)
    size = np.zeros_like(beyond) + gates.size
    quotas = Quotas(size, gates.origin, is_there, beyond, within, landed[..., 0])
    cap = access.cap_of(beyond[..., None], within[..., None], quotas.of_origin(landed), gates.is_closed[..., None])
    return dataclasses.replace(quotas, cap=cap)


def lasting_premium(
    economy: Economy,
    parameters: Parameters,
    quotas: Quotas,
    landed: FloatArray,
    duty: FloatArray,
    frictions: FloatArray,
    utility: FloatArray,
    origin_tie: FloatArray,
    origin_level: FloatArray,
    markup: FloatArray,
) -> FloatArray:
    """(..., m) k$: the premium of a market in which prices and mixes of places have come to rest.

    Makers reckon with it. Arguments as ``offered_costs``, utility (..., m, f) and the markups (..., m, f) to start from
    as ``equilibrium``.
    """
    alpha, sigma = parameters.alpha[:, None], parameters.nest_correlation

    def demand(premium: FloatArray) -> FloatArray:
        rate, borne = quotas.at_border(duty, frictions, premium)
        base, mix = offered_costs(economy, parameters, landed, borne, rate, origin_tie, origin_level)
        weight = markup_weight(economy, parameters, mix, rate, landed)
        share = equilibrium(base, utility, alpha, sigma, markup, WARM_SWEEPS, weight)[0].share
        return access.wanted(economy.market_size[:, None] * share * quotas.of_origin(mix), quotas.cap, premium)

    return access.clearing_premium(demand, quotas.size, access.SOLVED)


@dataclass(frozen=True)
class Licences:
    """What a quota came to in a quarter.

    premium (..., m) k$ a licence; held (..., m, f) m cars; rate (..., m, f, o) duty that cars from each place pay,
    licensed or not; frictions (..., m, f, o) k$ a car, what licences cost included.
    """

    premium: FloatArray
    held: FloatArray
    rate: FloatArray
    frictions: FloatArray


def clear_with_quotas(
    economy: Economy,
    quotas: Quotas,
    base: FloatArray,
    utility: FloatArray,
    price: FloatArray,
    alpha: FloatArray,
    sigma: FloatLike,
    origin_share: FloatArray,
    duty: FloatArray,
    frictions: FloatArray,
    reckoned: FloatArray,
) -> tuple[Clearing, Licences]:
    """The market at list prices (..., m, f), k$, once licences have found their price.

    base (..., m, f) k$, utility (..., m, f) as in ``clear_at_prices``; origin_share (..., m, f, o) where cars come
    from; duty (..., b, b) and frictions (..., m, 1, o) without quotas; reckoned (..., m) k$ the premium that list
    prices reckon with: what a licence costs more or less is passed on.
    """
    size, from_there = economy.market_size[:, None], quotas.of_origin(origin_share)
    counted = np.minimum(reckoned[..., None], quotas.cap)

    def sold(premium: FloatArray) -> tuple[Clearing, FloatArray]:
        paid = price + from_there * (np.minimum(premium[..., None], quotas.cap) - counted)
        cleared = clear_at_prices(base, utility, paid, alpha, sigma)
        return cleared, size * cleared.share * from_there

    premium = access.clearing_premium(lambda m: access.wanted(sold(m)[1], quotas.cap, m), quotas.size)
    cleared, cars = sold(premium)
    held = access.licensed(cars, quotas.cap, premium, quotas.size)
    part = safe_ratio(held, cars, 1.0)
    rate = rates_by_place(economy, duty)
    there = quotas.is_there[:, None, :]
    mixed = quotas.beyond[..., None] + part * (quotas.within - quotas.beyond)[..., None]
    return cleared, Licences(
        premium,
        held,
        np.where(there, mixed[..., None], rate),
        frictions + there * (part * premium[..., None])[..., None],
    )


def with_rents(a: Accounts, licences: Licences, exporter_share: float) -> Accounts:
    """The accounts once makers and the importer's treasury have what licences are worth."""
    makers, treasury = access.rents(licences.premium, licences.held, exporter_share)
    return dataclasses.replace(a, firm_profit=a.firm_profit + makers, vehicle_duty=a.vehicle_duty + treasury)
