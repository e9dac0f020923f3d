"""Access to a market under a quota: what the right to bring in a car is worth, who has one, and who has the money.

Second edition 3. Up to a quota, cars from one exporter come in at a stated duty; beyond it they pay the full duty, or
stay out. Where more want to come in, each licence to bring in a car has a price, the *premium*, at which as many are
wanted as there are. It is borne by the buyer like any other cost of the border. A maker never pays more for a licence
than the duty that it saves (its *cap*, infinite where nothing comes in beyond the quota): then it pays the full duty.

Shapes: ``...`` leading axes; makers (f) on the last axis. Elementwise along the leading axes: what happens to one
market does not depend on the company that it is solved in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from model.numerics import NEGLIGIBLE, FloatArray, FloatLike, ordered_sum, safe_ratio

#: Premium, k$ a car, at which nobody buys: the price of a licence where there is none.
PROHIBITIVE: Final = 1e4
FIRST_STEP: Final = 4.0  # k$; the first premium tried, doubled until fewer licences are wanted than there are
SETTLED: Final = 1e-12  # part of the quota by which the wanted number may miss it; k$ and part of a premium
#: The same where what is wanted hangs on prices that are themselves solved for (residuals up to 1e-9 k$).
SOLVED: Final = 1e-9
ROUNDS: Final = 200  # a bracket is halved at least every fourth one
TIED: Final = 1e-9  # k$ between a cap and a premium that count as the same


def cap_of(duty: FloatLike, in_quota: FloatLike, landed: FloatLike, closed: FloatLike) -> FloatArray:
    """Most that a maker pays for a licence, k$ a car: the duty that it saves on the landed cost.

    duty, in_quota: (...), beyond and within the quota, fractions, >= 0. landed: (...), before duty, k$.
    closed: (...), 1 where nothing comes in beyond the quota, else 0. All broadcast.
    Limits: 0 where both duties are the same; infinite where the margin is closed.
    Source: second edition 3. Prices are made on landed cost (theory 1.3), so that at its cap a car costs its buyer as
    much with a licence as under the full duty.
    """
    saved = np.maximum(np.asarray(duty, dtype=np.float64) - in_quota, 0.0) * landed
    return np.where(np.greater(closed, 0.0), np.inf, saved)


def wanted(cars: FloatArray, cap: FloatArray, premium: FloatLike) -> FloatArray:
    """Licences that makers want at a premium, m cars (...): all cars of those who would pay more for one.

    cars, cap: (..., F), m cars at this premium, k$. premium: (...), k$.
    Limits: all cars where every cap is infinite; none from the largest cap on.
    Source: definition.
    """
    return ordered_sum(cars * (cap > np.asarray(premium)[..., None]))


def clearing_premium(
    demand: Callable[[FloatArray], FloatArray], quota: FloatArray, tolerance: float = SETTLED
) -> FloatArray:
    """Price of a licence, k$ a car, at which as many are wanted as there are, or 0 where fewer are wanted anyway.

    demand: gives the licences wanted, m cars (...), at a premium (...); falls in it, and may jump down. quota: (...),
    m cars, >= 0, may be infinite. tolerance: part of the quota by which the wanted number may miss it.
    Limits: ``PROHIBITIVE`` at a quota of 0; 0 at an infinite one; falls in the quota. Where demand jumps over the
    quota, the premium is that of the jump, from above.
    Source: complementary slackness; secants in logarithms, kept in a bracket that is halved now and then.
    """
    low = np.zeros_like(quota)
    free = np.asarray(demand(low), dtype=np.float64)
    searched = (free > quota) & (quota > 0.0)
    premium = np.where((quota <= 0.0) & (free > 0.0), PROHIBITIVE, 0.0)
    if not searched.any():
        return premium
    aim = np.log(np.where(searched, quota, 1.0))

    def excess(x: FloatArray) -> FloatArray:
        return np.log(np.maximum(demand(x), NEGLIGIBLE)) - aim

    above, step = np.log(np.maximum(free, NEGLIGIBLE)) - aim, FIRST_STEP
    high = np.where(searched, step, 0.0)
    below = excess(high)
    while (searched & (below > 0.0)).any() and step < PROHIBITIVE:
        step = min(2.0 * step, PROHIBITIVE)
        further = searched & (below > 0.0)
        low, above = np.where(further, high, low), np.where(further, below, above)
        high = np.where(further, step, high)
        below = np.where(further, excess(high), below)
    last, seen, newest, now = low, above, high, below
    for turn in range(ROUNDS):
        if not searched.any():
            break
        middle, rise = 0.5 * (low + high), now - seen
        secant = newest - now * safe_ratio(newest - last, rise)
        tried = np.where((turn % 4 < 3) & (secant > low) & (secant < high), secant, middle)
        tried = np.where(searched, tried, premium)
        last, seen, newest, now = newest, now, tried, excess(tried)
        low, high = np.where(searched & (now > 0.0), tried, low), np.where(searched & (now <= 0.0), tried, high)
        is_met = np.abs(now) <= tolerance
        premium = np.where(searched, np.where(is_met, tried, high), premium)
        searched = searched & ~is_met & (high - low > SETTLED * (1.0 + high))
    return premium


def licensed(cars: FloatArray, cap: FloatArray, premium: FloatLike, quota: FloatLike) -> FloatArray:
    """Cars that come in under the quota, m cars (..., F): first of those whose cap is above the premium.

    cars, cap: (..., F), m cars and k$. premium, quota: (...), k$ and m cars.
    Who is indifferent shares what is left in proportion to cars; who pays more for a licence than the duty has none.
    Limits: all cars where every cap is infinite; no more than the quota where one is not.
    Source: definition; adds up to the quota wherever the premium is above 0 and the largest caps are not reached.
    """
    gap = cap - np.asarray(premium)[..., None]
    first = cars * (gap > TIED)
    level = cars * (np.abs(gap) <= TIED)
    left = np.maximum(quota - ordered_sum(first), 0.0)
    part = np.minimum(safe_ratio(left, ordered_sum(level)), 1.0)
    return first + level * part[..., None]


def rents(premium: FloatLike, licences: FloatArray, exporter_share: FloatLike) -> tuple[FloatArray, FloatArray]:
    """What makers (..., F) and the importer's treasury (...) have from licences, bn$ per quarter.

    premium: (...), k$ a car. licences: (..., F), m cars. exporter_share: scalar or (...), the part that goes to makers,
    0 to 1.
    Limits: nothing where the quota does not bind; together premium x licences.
    Source: second edition 3; k$ times m cars is bn$. Who has the rent of a quota: Bhagwati 1965.
    """
    worth = np.asarray(premium)[..., None] * licences
    share = np.asarray(exporter_share, dtype=np.float64)
    makers = share[..., None] * worth
    return makers, ordered_sum(worth) - ordered_sum(makers)
