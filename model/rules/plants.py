"""Where cars for a market are built: the mix of origins, the duty it really pays, and new plants.

Theory 1.3. A firm that can serve a market from several places spreads production over them, favouring cheap ones, with
the same normalised log-sum as for cells; the mix moves slowly. A firm without a plant in the market may build one: the
plant jumps the tariff, is irreversible, and takes away both the tariff's bite and the exporter's interest in a cut.

Shapes: ``...`` leading axes; places of production (o) on the last axis.
"""

from __future__ import annotations

import numpy as np

from model.numerics import (
    QUARTERS_PER_YEAR,
    FloatArray,
    FloatLike,
    cheapest_mix_and_cost,
    log_sum_level,
    logistic,
    ordered_sum,
    power,
    safe_ratio,
)


def origins(
    total_cost: FloatArray, tie: FloatLike, theta_o: FloatLike, normaliser: FloatLike
) -> tuple[FloatArray, FloatArray]:
    """Duty-inclusive cost of one more car for a market with the best mix of places, k$ (...), and the mix (..., o).

    total_cost: (..., o), cost of a car from each place, duty included, k$. tie: (..., o), log preference for a place.
    theta_o: scalar or (..., 1), taste for cheapness, per k$, > 0. normaliser: (...), ``origin_normaliser`` at base
    costs, k$.
    Limits: the one usable place's own cost; derivative in a place's cost is its share; at most the
    share-weighted mean when costs move away from the base.
    Source: theory 1.3; McFadden 1978.
    """
    cost, share = cheapest_mix_and_cost(total_cost, tie, theta_o)
    return cost + normaliser, share


def origin_normaliser(total_cost: FloatArray, tie: FloatLike, theta_o: FloatLike) -> FloatArray:
    """Constant that makes the cost of ``origins`` the share-weighted mean at these costs, k$ per vehicle.

    Arguments as ``origins``. Returns (...). Computed at the starting point, then kept.
    Limits: 0 with one place and no tie.
    Source: theory 1.3.
    """
    return log_sum_level(total_cost, tie, theta_o)


def adjust_shares(current: FloatArray, target: FloatArray, speed: FloatLike) -> FloatArray:
    """Shares after one quarter of moving towards a target, fractions adding to one if both do.

    current, target: (..., o), fractions. speed: scalar or broadcasting, part of the way per quarter, in [0, 1].
    Limits: 0 stays, 1 arrives.
    Source: theory 1.3; assumption (partial adjustment, default 0.2).
    """
    return current + speed * (target - current)


def effective_duty(shares: FloatArray, duty: FloatArray, landed: FloatArray) -> FloatArray:
    """Ad valorem duty rate that a firm's mix of origins pays on landed cost, fraction.

    shares: (..., o), origins of the cars sold. duty: (..., o), rate on cars from there, >= 0 (0 at home).
    landed: (..., o), landed cost before duty, k$, >= 0.
    Returns (...): sum of share x duty x landed over sum of share x landed.
    Limits: the one origin's rate; 0 where there is no landed cost; between the lowest and the highest rate.
    Source: theory 1.3 (tau_e), definition.
    """
    value = shares * landed
    return safe_ratio(ordered_sum(value * duty), ordered_sum(value))


def entry_value(
    profit_local: FloatLike, profit_export: FloatLike, hurdle_rate_per_year: FloatLike, plant_cost: FloatLike
) -> FloatArray:
    """Net present value of a plant in the market at today's policies, bn$.

    profit_local, profit_export: (...), the firm's profit in this market with and without the plant, bn$ per
    quarter. hurdle_rate_per_year: (...), required return, per year, > 0. plant_cost: (...), bn$, >= 0.
    Limits: minus the cost when the plant changes nothing.
    Source: theory 1.3; Horstmann and Markusen 1992 (tariff jumping); perpetuity of the yearly gain.
    """
    yearly = QUARTERS_PER_YEAR * (profit_local - profit_export)
    return np.asarray(yearly / hurdle_rate_per_year - plant_cost, dtype=np.float64)


def entry_hazard(npv: FloatLike, hazard_max: FloatLike, scale: FloatLike) -> FloatArray:
    """Probability that the firm starts building this quarter, a fraction in [0, hazard_max].

    npv: (...), ``entry_value``, bn$. hazard_max: (...), per quarter, in [0, 1]. scale: (...), bn$ over
    which the decision turns from unlikely to likely, > 0.
    Limits: half the maximum at an NPV of zero; rises with it.
    Source: theory 1.3; Blonigen 2002 (evidence on tariff jumping); logistic form an assumption.
    """
    return hazard_max * logistic(npv / scale)


def part_of_life(hazard: FloatLike, lag: FloatLike, continuation: FloatLike) -> FloatArray:
    """Part of the life of an agreement in which a plant that is not yet started will stand, discounted, in [0, 1].

    hazard: (...), ``entry_hazard``, per quarter, in [0, 1]. lag: (...), quarters from start to opening, >= 0.
    continuation: (...), weight of the next quarter, that the agreement ends included, in (0, 1).
    Limits: 0 at a hazard of 0; continuation to the power of the lag at 1; falls in the lag.
    Source: definition: the sum over quarters k of h (1 - h)^k d^(k + L), h the hazard, d the continuation, L the lag.
    """
    waits = continuation * np.subtract(1.0, hazard)
    return power(continuation, lag) * safe_ratio(hazard, 1.0 - waits)
