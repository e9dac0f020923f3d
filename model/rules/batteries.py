"""Battery cells: what they cost delivered, whom they are bought from, at what margin, and how costs fall.

Theory 1.3. Five mechanisms, each a closed form:

* *Sourcing.* An automaker spreads its cells over suppliers, favouring cheap ones (logit). Its unit cost is
  the normalised log-sum, not the share-weighted mean: the mean can *fall* when a supplier gets dearer (trap
  0.14).
* *Contracts.* Automaker and supplier bargain over the supplier's margin, each pair taking the others as
  given (Nash-in-Nash): the margin is a part of what the automaker would lose without that supplier.
* *Learning.* Wright's law with a floor: cost falls by a fixed fraction at each doubling of experience.
* *Spillovers.* Experience grows with a supplier's own output and, less, with that of the others.
* *Luck.* All costs wander about the learning curve together, a random walk in logs.

Shapes: ``...`` leading axes; suppliers (k) on the last axis unless said otherwise. Cells in $/kWh and GWh.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import (
    QUARTERS_PER_YEAR,
    SHARE_CAP,
    SHARE_FLOOR,
    FloatArray,
    FloatLike,
    cheapest_mix_and_cost,
    log_sum_level,
    loss_without,
    ordered_sum,
    power,
)

#: ln 2: learning rates are quoted per doubling.
LN_2: Final = 0.6931471805599453


def delivered_price(cost: FloatLike, margin: FloatLike, duty: FloatLike, freight: FloatLike) -> FloatArray:
    """Price of a supplier's cells at the automaker's gate, duty paid, $/kWh.

    cost: (...), unit cost, $/kWh, > 0. margin: (...), on top of cost, $/kWh, >= 0. duty: (...), rate on
    the price before freight, fraction, >= 0. freight: (...), $/kWh, >= 0.
    Limits: no duty, no freight: cost plus margin.
    Source: theory 1.3; definition of an ad valorem duty.
    """
    return np.asarray((cost + margin) * (1.0 + duty) + freight, dtype=np.float64)


def sourcing(
    delivered: FloatArray, tie: FloatLike, theta: FloatLike, normaliser: FloatLike
) -> tuple[FloatArray, FloatArray]:
    """Cost of a kWh of cells with the best mix of suppliers, $/kWh (...), the normalised log-sum; and the mix (..., k).

    delivered: (..., k), ``delivered_price``, $/kWh. tie: (..., k), log preference for a supplier. theta: scalar or
    (..., 1), taste for cheapness, per $/kWh, > 0. normaliser: (...), from ``normaliser`` at the base prices, $/kWh.
    Limits: the cost rises with each supplier's price, by its share; equals the share-weighted mean at base prices.
    Source: theory 1.3, row A13; McFadden 1978. Cash paid to suppliers uses shares times their own prices;
    the gap to this cost is the value of the match and stays with the firm.
    """
    cost, share = cheapest_mix_and_cost(delivered, tie, theta)
    return cost + normaliser, share


def normaliser(delivered: FloatArray, tie: FloatLike, theta: FloatLike) -> FloatArray:
    """Constant that makes the cost of ``sourcing`` the share-weighted mean price at these prices, $/kWh.

    Arguments as ``sourcing``. Returns (...). Computed at the starting point, then kept.
    Limits: 0 with one supplier and no tie.
    Source: theory 1.3 (kap).
    """
    return log_sum_level(delivered, tie, theta)


def contract_margin(weight: FloatLike, share: FloatLike, theta: FloatLike) -> FloatArray:
    """Margin that a supplier and an automaker agree on, $/kWh.

    weight: (...), bargaining weight of the supplier, fraction in [0, 1]. share: (...), the supplier's
    share in the automaker's cells last quarter, in [0, 1]; read as at most 0.999. theta: (...), per $/kWh,
    > 0.
    Limits: weight/theta for a small supplier; rises with its share; 0 for a supplier without weight.
    Source: theory 1.3, row contract_margin; Horn and Wolinsky 1988; Gowrisankaran, Nevo and Town 2015.
    """
    bought = np.maximum(np.minimum(share, SHARE_CAP), SHARE_FLOOR)
    return weight * loss_without(bought, theta) / bought


def learning_exponent(rate: FloatLike) -> FloatArray:
    """Exponent b of Wright's law for a cost fall of ``rate`` at each doubling of experience (no unit).

    rate: (...), fraction, 0.09-0.24.
    Limits: 0 without learning; 1 when each doubling halves the cost.
    Source: theory 1.3, row A14; Wright 1936.
    """
    return np.asarray(-np.log(1.0 - rate) / LN_2, dtype=np.float64)


def learned_cost(
    initial_cost: FloatLike,
    floor: FloatLike,
    experience_ratio: FloatLike,
    exponent: FloatLike,
    place_ratio: FloatLike = 1.0,
    host_share: float = 0.0,
) -> FloatArray:
    """Unit cost of cells after learning, $/kWh (of a car without its battery: over that of the start).

    initial_cost: (...), at the starting point, $/kWh, >= floor. floor: (...), materials that learning does
    not touch, 30-60 $/kWh. experience_ratio: (...), experience over that of the starting point, >= 1.
    exponent: (...), ``learning_exponent``, no unit. place_ratio: (...), the same of the plants of the place, >= 1.
    host_share: scalar, part of learning that stays with plants, in [0, 1].
    Limits: the initial cost at ratio 1; the floor as experience grows without bound; never rises with it; at a share
    of 0 (1) the place (the owner) does not matter.
    Source: theory 1.3, row A14; Wright 1936; Ziegler and Trancik 2021; plants: Levitt, List and Syverson 2013.
    """
    owner = power(experience_ratio, -exponent * (1.0 - host_share))
    if host_share == 0.0 and isinstance(place_ratio, float):
        return floor + (initial_cost - floor) * owner
    return floor + (initial_cost - floor) * owner * power(place_ratio, -exponent * host_share)


def luck_next(luck: FloatArray, sd: float, shock: FloatArray) -> FloatArray:
    """Luck in the cost of cells a quarter later, in logs: a random walk without drift.

    luck: (...), in logs, 0 at the start. sd: scalar, of a year's change, 0-0.3 per root of a year. shock: (...),
    standard normal.
    Limits: as it was at an sd of 0; after n quarters its sd is that of a year times the root of n/4.
    Source: Farmer and Lafond 2016; Lafond et al. 2018. Changes of neighbouring years, which they let hang together, are
    independent here.
    """
    return luck + sd / np.sqrt(QUARTERS_PER_YEAR) * shock


def with_luck(cost: FloatLike, luck: FloatLike) -> FloatArray:
    """Cost of cells, or the floor under it, with the luck that all makers have in common, $/kWh (...).

    cost: (...), that of the learning curve, $/kWh. luck: (...), ``luck_next``, in logs.
    The curve is the median of what comes, not its mean: learning rates are estimated in logs. Materials, the floor of
    learning, have their luck too: what varies in the evidence is the whole price.
    Limits: the learning curve's at a luck of 0.
    Source: Lafond et al. 2018; Way, Ives, Mealy and Farmer 2022.
    """
    return np.asarray(cost * np.exp(luck), dtype=np.float64)


def effective_experience(own: FloatArray, spillover: FloatArray) -> FloatArray:
    """Experience of each supplier, in the unit of ``own``: what it made plus part of what the others made.

    own: (..., k), cumulated output, GWh, >= 0. spillover: (..., k, l), part of l's output that k learns from,
    fraction in [0, 1]; the diagonal is not read, own output counts in full.
    Returns (..., k).
    Limits: no spillover: own; full spillover: everybody has the industry's total.
    Source: theory 1.3, row A14; Irwin and Klenow 1994.
    """
    own_part = np.eye(own.shape[-1])
    weight = spillover + own_part * (1.0 - spillover)
    return ordered_sum(weight * own[..., None, :])


def experience_increment(
    output: FloatArray, same_bloc: FloatArray, spill_domestic: FloatLike, spill_foreign: FloatLike
) -> FloatArray:
    """Experience gained by each supplier in a quarter, GWh.

    output: (..., k), cells made this quarter, GWh, >= 0. same_bloc: (k, l), 1 where both have one home, else 0.
    spill_domestic: scalar or (..., 1, 1), fraction, default 0.33. spill_foreign: scalar or (..., k, l),
    fraction, default 0.33, 0.66 between blocs that cooperate on technology.
    Returns (..., k), never below the own output. Because increments are added up, a change of a spillover
    never makes a cost jump.
    Limits: as ``effective_experience``.
    Source: theory 1.3 (dE) and 1.16; Irwin and Klenow 1994.
    """
    return effective_experience(output, spill_foreign + same_bloc * (spill_domestic - spill_foreign))
