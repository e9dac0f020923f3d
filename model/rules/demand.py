"""Demand for electric cars: a nested logit with one nest of electric cars and everything else outside.

Theory 1.1. The smallest demand system with oligopoly pricing, business stealing mostly among electric
cars, and a consumer surplus in closed form. All utilities are relative to the outside good (combustion
cars and everything else), whose utility is 0.

Shapes: ``...`` leading axes; automakers on the last axis. Market-level arguments that meet automakers (alpha,
sigma, network, announcement) are scalars or (..., 1); those that do not (in ``consumer_surplus``) are (...).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import LEAST_AVAILABILITY, FloatArray, FloatLike, logistic, ordered_sum, softplus

#: Least share in an inversion, fraction: below it a brand counts as not sold and gets the utility of this
#: share.
LEAST_SHARE: Final = 1e-12


def mean_utility(
    quality: FloatLike,
    availability: FloatLike,
    network: FloatLike,
    announcement: FloatLike,
    alpha: FloatLike,
    eligible_subsidy: FloatLike,
) -> FloatArray:
    """Utility of each car at a price of zero, utils.

    quality: (..., F), brand and model quality incl. trend (d), utils. availability: (..., F), in (0, 1],
    floored at 1e-6. network: scalar or (..., 1), charging-network utility nu ln(K/K0), utils.
    announcement: scalar or (..., 1), z zeta of a phase-out announcement, utils. alpha: scalar or (..., 1), per k$, > 0.
    eligible_subsidy: (..., F), eligibility times purchase subsidy (e S), k$, >= 0.
    Limits: full availability adds 0; a subsidy of S adds exactly what a price cut of S would.
    Source: theory 1.1; McFadden 1978.
    """
    offered = np.log(np.maximum(availability, LEAST_AVAILABILITY))
    return quality + offered + (network + announcement) + alpha * eligible_subsidy


def nested_shares(utility: FloatArray, sigma: FloatLike) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Shares of each car among electric cars and in the market, the outside share, and the inclusive value.

    utility: (..., F), at consumer prices (v), utils; -inf for a car that does not exist, at least one finite.
    sigma: scalar or (..., 1), correlation within the nest, in [0, 0.95].
    Returns within (..., F), share (..., F), outside (...), fractions; inclusive (...), ln(1 +
    D^(1-sigma)), utils.
    Limits: sigma = 0 is the plain logit; outside = exp(-inclusive); shares and outside add up to one;
    adding a constant to every utility and to the outside good's changes no share.
    Source: theory 1.1; McFadden 1978; Berry 1994.
    """
    nest = 1.0 - sigma
    x = utility / nest
    top = np.maximum.reduce(x, axis=-1, keepdims=True)
    weight = np.exp(x - top)
    total = ordered_sum(weight, keepdims=True)
    within = weight / total
    # ln(1 + D^(1-sigma)) with ln D = top + ln total, safe for any size of D.
    inclusive = softplus(nest * (top + np.log(total)))
    # -expm1(-I) keeps full precision when electric cars are a rarity.
    share = within * -np.expm1(-inclusive)
    inclusive = inclusive[..., 0]
    return within, share, np.exp(-inclusive), inclusive


def consumer_surplus(market_size: FloatLike, inclusive: FloatLike, alpha: FloatLike) -> FloatArray:
    """Value to buyers of being able to choose electric cars at all, bn$ per quarter.

    market_size: (...), cars of all kinds, million per quarter, >= 0. inclusive: (...), from
    ``nested_shares``, utils. alpha: (...), per k$, > 0.
    Limits: 0 when nobody would buy one; falls by the share of a car per k$ on its price (row A12).
    Source: theory 1.4; Small and Rosen 1981. k$ per car times million cars is bn$.
    """
    return np.asarray(market_size * inclusive / alpha, dtype=np.float64)


def invert_shares(share: FloatArray, sigma: FloatLike) -> FloatArray:
    """Utilities that explain observed market shares, utils: the inverse of ``nested_shares``.

    share: (..., F), market shares, in [0, 1), adding up to less than one; a share below 1e-12 is read as 1e-12.
    sigma: scalar or (..., 1), in [0, 0.95].
    Returns (..., F): v = (1-sigma) ln(share within electric cars) + ln(electric share / outside share).
    Limits: sigma = 0 gives ln(share/outside).
    Raises: ValueError if electric shares add up to one or more: the outside good needs a buyer.
    Source: Berry 1994.
    """
    positive = np.maximum(share, LEAST_SHARE)
    total = ordered_sum(positive, keepdims=True)
    if np.maximum.reduce(total, axis=None) >= 1.0:
        raise ValueError("shares of electric cars add up to one or more in some market")
    return (1.0 - sigma) * np.log(positive / total) + np.log(total / (1.0 - total))


def share_beside(utility: FloatLike, rivals: FloatLike, sigma: FloatLike) -> FloatArray:
    """Market share of one car beside given rivals, a fraction.

    utility: (...), of the car at its price, utils. rivals: (...), ln of the sum of the rivals'
    exp(v/(1-sigma)), utils (-inf: no rival). sigma: (...), in [0, 1). All broadcast; every element is a
    car of its own.
    Limits: equals ``nested_shares`` when the rivals are those of the market; 0 against overwhelming rivals.
    Source: theory 1.1.
    """
    nest = 1.0 - sigma
    scaled = utility / nest
    total = scaled + softplus(rivals - scaled)
    return np.asarray(np.exp(scaled - total) * logistic(nest * total), dtype=np.float64)
