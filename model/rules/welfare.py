"""Who gains: consumer surplus, profits, revenue, jobs, climate and security, put together as a bloc's payoff.

Theory 1.4, 1.5, 1.7. A bloc's social flow is the accounting identity used in work on electric-car tariffs (consumer
surplus + home profits + environment + revenue - subsidies) with two additions: the value of jobs, and a cost of
depending on a rival for cars and cells. Profits follow headquarters, jobs follow location. Subsidies are paid with
taxes that cost more than they raise. The executive adds a weight on home profits (lobbying).

Everything is elementwise: shapes (...) broadcast. Flows in bn$ per quarter: k$ times million vehicles.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.numerics import NEGLIGIBLE, FloatArray, FloatLike, loss_without, ordered_sum

#: Dollars in a thousand dollars.
DOLLARS_PER_K: Final = 1000.0


def jobs(value_per_vehicle: FloatLike, built: FloatLike) -> FloatArray:
    """Value that a bloc puts on making cars at home, bn$ per quarter.

    value_per_vehicle: (...), kappa_J, k$ per vehicle, 0-3. built: (...), electric cars built in the bloc,
    whoever owns the plant, million per quarter, >= 0.
    Limits: nothing built, nothing gained.
    Source: theory 1.4; assumption.
    """
    return np.asarray(value_per_vehicle * built, dtype=np.float64)


def climate_benefit(share: FloatLike, scc: FloatLike, tonnes: FloatLike, extra_evs: FloatLike) -> FloatArray:
    """Climate damage that a bloc is spared by electric cars sold anywhere, bn$ per quarter.

    share: (...), part of the world's damage that the bloc feels (phi), fraction, 0.05-1. scc: (...),
    social cost of carbon, 30-200 $ per tonne. tonnes: (...), lifetime CO2 saved per electric car, 9-65 t.
    extra_evs: (...), sales in all markets above a reference, million per quarter; the reference cancels in gains.
    Limits: 0 for no extra cars; a global public good: the place of sale does not matter.
    Source: theory 1.4, row A15; Nordhaus 2017.
    """
    return np.asarray(share * scc * tonnes * extra_evs / DOLLARS_PER_K, dtype=np.float64)


def cars_that_save(sold: FloatArray, tonnes: FloatArray) -> FloatArray:
    """Cars of the first market that would save as much CO2 as those sold in all, million per quarter.

    sold: (..., m), electric cars sold in each market. tonnes: (m,), CO2 that one saves there, t, > 0.
    Returns (...). Limits: all cars where one saves the same everywhere.
    Source: definition; savings differ with power, distance and lifetime (theory 1.4).
    """
    return ordered_sum(sold * (tonnes / tonnes[0]))


def security_cost(
    tension: FloatLike,
    market_size: FloatLike,
    vehicle_share: FloatLike,
    battery_share: FloatLike,
    kS1_vehicle: FloatLike,
    kS1_battery: FloatLike,
    kS2: FloatLike,
) -> FloatArray:
    """Cost to a bloc of depending on one partner for cars and cells, bn$ per quarter.

    tension: (...), between the two, in (0, 1). market_size: (...), cars of all kinds, million per quarter.
    vehicle_share: (...), partner-built electric cars over all cars sold, in [0, 1].
    battery_share: (...), cars built at home on the partner's cells over all cars sold, in [0, 1].
    kS1_vehicle, kS1_battery: (...), marginal cost of the first unit, directed, k$ per vehicle, >= 0.
    kS2: (...), how fast the marginal cost rises with the share, k$ per vehicle, 0-40.
    Limits: 0 without imports or tension; linear in tension; convex in each share.
    Source: theory 1.4; Farrell and Newman 2019; Clayton, Maggiori and Schreger 2024; calibrated by
    ``inverse_optimum_security``.
    """
    vehicles = vehicle_share * (kS1_vehicle + kS2 * vehicle_share)
    batteries = battery_share * (kS1_battery + kS2 * battery_share)
    return np.asarray(tension * market_size * (vehicles + batteries), dtype=np.float64)


def social_welfare(
    consumer_surplus: FloatLike,
    home_profit: FloatLike,
    jobs_value: FloatLike,
    revenue: FloatLike,
    subsidies: FloatLike,
    climate: FloatLike,
    security: FloatLike,
    public_funds_cost: FloatLike,
) -> FloatArray:
    """A bloc's social flow W, bn$ per quarter.

    consumer_surplus, jobs_value, climate: (...), bn$ per quarter. home_profit: (...), of automakers and
    suppliers with headquarters in the bloc, combustion cars included, outlays deducted. revenue: (...),
    duties and carbon border charges received. subsidies, security: (...), outlays and costs, >= 0.
    public_funds_cost: (...), what raising a dollar costs beyond the dollar (lambda_F), fraction, 0-0.5.
    Limits: additive; a subsidy without effect costs (1 + lambda_F) times its outlay, so its optimum is finite
    (row A11).
    Source: theory 1.4; accounting as in Barwick, Collison, Goldberg, Li and Wang 2026.
    """
    received = consumer_surplus + home_profit + jobs_value + revenue + climate
    return np.asarray(received - (1.0 + public_funds_cost) * subsidies - security, dtype=np.float64)


def executive_payoff(welfare: FloatLike, profit: FloatLike, psi: FloatLike) -> FloatArray:
    """What the executive maximises, U, bn$ per quarter.

    welfare: (...), ``social_welfare``. profit: (...), of organised home firms (already once in welfare).
    psi: (...), extra weight on it, 0-1.5; the legislature has its own (0-2) and the two are never added.
    Limits: welfare at psi = 0.
    Source: theory 1.5; Grossman and Helpman 1994 with truthful contributions (psi = 1/a).
    """
    return np.asarray(welfare + psi * profit, dtype=np.float64)


def inverse_optimum_security(
    payoff_at: FloatArray,
    share_at: FloatArray,
    market_size: FloatLike,
    tension: FloatLike,
    kS2: FloatLike,
    least_trade: FloatLike,
) -> tuple[FloatArray, FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """The security cost kS1 that makes today's duty the government's own best, k$ per vehicle.

    payoff_at: (..., 3), the executive's payoff without security cost at duties one step below today's,
    today's, and one step above, everything else equal, bn$ per quarter. share_at: (..., 3), import share
    from the partner at the same duties (as in ``security_cost``), in [0, 1].
    market_size, tension, kS2: (...), as in ``security_cost``, tension > 0. least_trade: (...), imports below
    which nothing can be inferred, million vehicles per quarter (theory: 0.01 a year).
    Returns lower, point, upper (...) and identified (...). At any kS1 from lower to upper neither a step
    up nor a step down pays (if the payoff is not concave there is none, and these are what either step alone asks for);
    point solves the first-order condition with central differences, in which the step cancels. All are cut at 0;
    an unidentified one is 0 throughout: too little trade, imports that do not fall with the duty, or a
    condition that asks for a negative cost.
    Limits: 0 where the observed duty is the optimum without any security cost; inverse in tension.
    Source: theory 1.4 (inverse optimum); revealed preference.
    """
    at_stake = np.asarray(tension * market_size, dtype=np.float64)
    # What a step gains a government with kS1 = 0: its payoff less the convex part of security.
    gain = payoff_at - np.asarray(at_stake * kS2)[..., None] * share_at * share_at
    exposed = at_stake[..., None] * share_at
    down = _ratio_of_steps(gain[..., 0:2], exposed[..., 0:2])
    up = _ratio_of_steps(gain[..., 1:3], exposed[..., 1:3])
    point = _ratio_of_steps(gain[..., 0:3:2], exposed[..., 0:3:2])
    falls = exposed[..., 2] < exposed[..., 0]
    identified = (share_at[..., 1] * market_size >= least_trade) & falls & (point >= 0.0)
    known = identified * 1.0
    return (
        np.maximum(np.minimum(down, up), 0.0) * known,
        np.maximum(point, 0.0) * known,
        np.maximum(np.maximum(down, up), 0.0) * known,
        identified,
    )


def _ratio_of_steps(gain: FloatArray, exposed: FloatArray) -> FloatArray:
    """Change of gain over change of exposure between two duties; 0 where exposure does not move."""
    moved = exposed[..., 1] - exposed[..., 0]
    still = np.abs(moved) < NEGLIGIBLE
    return np.where(still, 0.0, (gain[..., 1] - gain[..., 0]) / np.where(still, 1.0, moved))


def supply_assurance_value(
    theta: FloatLike,
    share: FloatLike,
    kwh: FloatLike,
    built: FloatLike,
    restricted: FloatLike,
    severity: FloatLike,
    value_added: FloatLike,
    cars: FloatLike,
) -> FloatArray:
    """What a promise not to withhold cells and minerals is worth to the receiver, bn$ per year.

    theta: (...), taste for cheap suppliers, per $/kWh, 0.02-0.2. share: (...), the giver's share in the receiver's
    cells, in [0, 1], read as at most 0.999. kwh: (...), per electric car, kWh. built: (...), electric cars built by the
    receiver, million per year. restricted: (...), part of the time that supply would be restricted, 0.05-0.5. severity:
    (...), part of all output lost then, 0-0.03. value_added: (...), k$ per car, 5-15.
    cars: (...), cars of all kinds built, million per year.
    Limits: 0 if supply is never restricted; rises with the giver's share, as the loss of its variety does.
    Source: theory 1.7; the first term is the log-sum loss, as in a supply contract; sizes are assumptions.
    """
    cells = loss_without(share, theta) * kwh * built / DOLLARS_PER_K
    return np.asarray(restricted * (cells + severity * value_added * cars), dtype=np.float64)
