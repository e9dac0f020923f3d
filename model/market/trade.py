"""Optional mechanisms of trade: carbon, undertakings, shared data (theory 1.16, 1.18, 1.19b).

Each is off unless its switch says otherwise; then the functions here add carbon charges at the border, price
undertakings and shared driving data to a quarter. Credits are in ``credits``. The calibration knows none of them:
it reproduces the evidence, and what is switched on comes on top of it. ``...`` stands for any leading axes; the letters
of the axes are those of ``model.vocabulary``. Nothing is drawn.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.market.clearing import Accounts
from model.market.economy import Economy
from model.numerics import FloatArray, FloatLike, beside, ordered_sum
from model.parameters.checked import Parameters
from model.rules import policy, technology, undertakings
from model.vocabulary import DIRECTED_DYADS, DYAD_OF, DYADS, EV, N_BLOCS, N_DYADS, N_PLACES, N_SIDES, TECHNOLOGY

LEAST_CARS: Final = 1e-6  # m cars a quarter below which nobody negotiates an undertaking
NONE: Final = -1.0  # commitment of an automaker without an undertaking


# --- carbon at the border (1.18) ----------------------------------------------------------------------------------


def carbon_charges(parameters: Parameters, recognised: FloatArray) -> FloatArray:
    """(..., m, o) k$ a car built at o pays for its carbon at m's border; recognised (..., m, b).

    With ``carbon_dialogue``, who recognises a bloc's certificates also recognises its implicit carbon prices.
    """
    part = np.zeros_like(recognised) + parameters.carbon_recognition
    if parameters.carbon_dialogue:
        part = part + (parameters.carbon_recognition_agreed - parameters.carbon_recognition) * recognised
    part = np.concatenate([part, np.zeros_like(part[..., :1])], axis=-1)
    explicit = np.append(parameters.carbon_price, parameters.carbon_price_other)
    implicit = np.append(parameters.carbon_implicit, 0.0)
    charge = policy.cbam_charge(
        parameters.carbon_coverage[:, None],
        parameters.carbon_embedded,
        parameters.carbon_price[:, None],
        explicit,
        part,
        implicit,
    )
    # Nobody charges its own makers, whatever part of its own measures it counts.
    return charge * (1.0 - np.eye(N_BLOCS, N_PLACES))


def partner_charges(
    parameters: Parameters, importer: np.ndarray, partner: np.ndarray, is_recognised: FloatArray
) -> FloatArray:
    """(q,) k$ that a car from the partner pays at the importer's border if its certificates are recognised or not."""
    square = np.zeros((N_BLOCS, N_BLOCS))
    before, after = (carbon_charges(parameters, square + flag)[importer, partner] for flag in (0.0, 1.0))
    return before + (after - before) * is_recognised


def carbon_receipts(built: FloatArray, charges: FloatArray) -> FloatArray:
    """(..., m) bn$ a quarter; built (..., m, o) m cars for market m built at o, charges (..., m, o) k$ a car."""
    return ordered_sum(built * charges)


# --- price undertakings (1.19b) -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exports:
    """Cars of every automaker (f) for market m from bloc b: what an undertaking is about.

    cars (..., m, f, b) m a quarter; border_price, landed, local, friction, charge k$ a car; duty, usual fractions;
    capital (..., m, f, 1) k$ a car.
    """

    cars: FloatArray
    border_price: FloatArray
    duty: FloatArray
    usual: FloatArray
    landed: FloatArray
    local: FloatArray
    friction: FloatArray
    capital: FloatArray
    charge: FloatLike

    def gain(self, commitment: FloatLike) -> FloatArray:
        """(..., m, f, b) bn$ a quarter that an automaker gains by an undertaking."""
        return undertakings.firm_gain(
            commitment,
            self.cars,
            self.border_price,
            self.duty,
            self.usual,
            self.landed,
            self.local,
            self.friction,
            self.capital,
        )

    def lost(self, commitment: FloatLike) -> FloatArray:
        """(..., m, f, b) bn$ a quarter that the treasury loses by it."""
        return undertakings.duty_lost(commitment, self.cars, self.border_price, self.duty, self.usual, self.charge)


def exports(
    economy: Economy,
    parameters: Parameters,
    a: Accounts,
    landed: FloatArray,
    frictions: FloatArray,
    origin_share: FloatArray,
    duty: FloatArray,
    usual: FloatArray,
    has_plant: FloatArray,
    charges: FloatArray | None,
) -> Exports:
    """What undertakings are about, from a quarter's accounts *before* undertakings.

    landed, origin_share (..., m, f, o); frictions (..., m, 1, o); duty (..., b, b) applied and usual (b, b) MFN duties
    on vehicles; has_plant (..., m, f); charges (..., m, o) carbon charges.
    """
    p = parameters
    scale = a.border_price / ordered_sum(origin_share * landed)
    applied = duty[..., :, None, :]
    spread = p.plant_hurdle_rate * p.plant_cost / p.undertaking_capacity
    return Exports(
        cars=a.sales[..., None] * origin_share[..., :N_BLOCS],
        border_price=landed[..., :N_BLOCS] * scale[..., None],
        duty=applied,
        usual=np.minimum(usual[:, None, :], applied),
        landed=landed[..., :N_BLOCS],
        local=ordered_sum(landed * economy.is_home[:, None, :])[..., None],
        friction=frictions[..., :N_BLOCS],
        capital=(np.where(has_plant > 0.0, 0.0, spread))[..., None],
        charge=0.0 if charges is None else charges[..., :, None, :N_BLOCS],
    )


def agreed_undertakings(
    economy: Economy,
    parameters: Parameters,
    about: Exports,
    vehicle_imports: FloatArray,
    security: FloatArray,
    tension: FloatArray,
    profit_weight: FloatArray,
) -> FloatArray:
    """(..., m, f, b) commitments of the undertakings that importer and automaker agree on, ``NONE`` elsewhere.

    vehicle_imports (..., b, b) before undertakings; security (g, b, b) k$ a car; tension (..., d) the effective one;
    profit_weight (..., b) of the executives.
    """
    p = parameters
    felt = tension if p.tension_in_security else np.zeros_like(tension)
    pairs = np.maximum(DYAD_OF, 0)
    worry = (felt[..., pairs] * economy.is_other_bloc)[..., :, None, :]
    dependence = vehicle_imports[..., :, None, :]
    size = economy.market_size[:, None, None]
    # The executive counts the profits of its own makers, once as welfare and once more by their weight.
    own = economy.is_firm_home.T[:, :, None] * (1.0 + profit_weight[..., :, None, None])
    at_nothing = own * about.gain(0.0) - about.lost(0.0)
    marginal = security[EV][:, None, :] + 2.0 * p.security_convexity * dependence
    slope = (
        own * (about.gain(1.0) - about.gain(0.0))
        - (about.lost(1.0) - about.lost(0.0))
        + about.cars * (p.jobs_value + worry * marginal)
    )
    curvature = worry * p.security_convexity * about.cars * about.cars / size
    commitment, exists = undertakings.smallest_commitment(at_nothing, slope, curvature)
    special = about.duty > about.usual + undertakings.NOTHING
    agreed = exists & special & (about.cars > LEAST_CARS) & (about.gain(commitment) > undertakings.NOTHING)
    return np.where(agreed, commitment, NONE)


def with_undertakings(
    economy: Economy, a: Accounts, about: Exports, commitment: FloatArray
) -> tuple[Accounts, FloatArray]:
    """The accounts once undertakings (..., m, f, b) have their way, and what each automaker gains, (..., m, f)."""
    in_force = (commitment >= 0.0).astype(np.float64)
    kept = np.maximum(commitment, 0.0)
    gain, lost = about.gain(kept) * in_force, about.lost(kept) * in_force
    moved = ordered_sum(kept * about.cars, axis=-2)  # (..., m, b) m cars now built in the market
    by_firm = ordered_sum(gain)
    nowhere = np.zeros_like(moved[..., :1])
    away = np.concatenate([moved, nowhere], axis=-1)
    built = a.built - away + ordered_sum(moved)[..., None] * economy.is_home
    return (
        dataclasses.replace(
            a,
            firm_profit=a.firm_profit + by_firm,
            vehicle_duty=a.vehicle_duty - ordered_sum(ordered_sum(lost)),
            built=built,
            vehicle_imports=a.vehicle_imports - moved / economy.market_size[:, None],
        ),
        by_firm,
    )


def undertakings_by_pair(commitment: FloatArray) -> FloatArray:
    """(..., 6) number of automakers under an undertaking, by importer and exporter; commitment (..., m, f, b)."""
    number = ordered_sum((commitment >= 0.0).astype(np.float64), axis=-2)
    return beside([number[..., i, j] for i, j in DIRECTED_DYADS])


# --- shared driving data (1.16) -----------------------------------------------------------------------------------


def data_stakes(parameters: Parameters, ev_revenue: FloatArray, tension: FloatArray) -> FloatArray:
    """(..., d, s) what shared driving data are worth to each side; ev_revenue (..., b) bn$, tension (..., d)."""
    gains = []
    for d, pair in enumerate(DYADS):
        for b in pair:
            saved, cost = _data(parameters, ev_revenue[..., b], tension[..., d])
            gains.append(saved - cost)
    stakes = beside(gains)
    return stakes.reshape((*stakes.shape[:-1], N_DYADS, N_SIDES))


def data_flows(
    parameters: Parameters, ev_revenue: FloatArray, tension: FloatArray, kept: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(..., b) what shared data save and cost this quarter, bn$; kept (..., d, 10) implemented issues."""
    saved, cost = np.zeros_like(ev_revenue), np.zeros_like(ev_revenue)
    for d, pair in enumerate(DYADS):
        for b in pair:
            one, other = _data(parameters, ev_revenue[..., b], tension[..., d])
            saved[..., b] = saved[..., b] + kept[..., d, TECHNOLOGY] * one
            cost[..., b] = cost[..., b] + kept[..., d, TECHNOLOGY] * other
    return saved, cost


def _data(parameters: Parameters, revenue: FloatArray, tension: FloatArray) -> tuple[FloatArray, FloatArray]:
    cost = parameters.data_sovereignty_cost if parameters.tension_in_security else 0.0
    return technology.data_platform_gain(revenue, parameters.data_saving, cost, tension)
