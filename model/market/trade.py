"""Price undertakings: a bloc and one automaker replace a special duty by a minimum price (theory 1.19b).

Off unless ``undertakings`` or terms of access say otherwise. ``...`` stands for any leading axes; the letters of the
axes are those of ``model.vocabulary``. Nothing is drawn.
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
from model.rules import undertakings
from model.vocabulary import EV, Parties

LEAST_CARS: Final = 1e-6  # m cars a quarter below which nobody negotiates an undertaking
NONE: Final = -1.0  # commitment of an automaker without an undertaking


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

    def pays(self, commitment: FloatLike) -> np.ndarray:
        """(..., m, f, b) whether it takes one."""
        return undertakings.pays(self.gain(commitment), self.duty, self.usual)

    def lost(self, commitment: FloatLike) -> FloatArray:
        """(..., m, f, b) bn$ a quarter that the treasury loses by it."""
        return undertakings.duty_lost(commitment, self.cars, self.border_price, self.duty, self.usual, self.charge)


@dataclass(frozen=True)
class Clause:
    """Minimum prices that a treaty grants every maker that gains by them (second edition 3).

    investment: part of its cars that a maker builds in the importer instead; volume: m cars a quarter of one maker;
    capital (..., f): k$ per car for a plant that is not there yet.
    """

    investment: float
    volume: float
    capital: FloatArray

    def settle(
        self,
        cars: FloatArray,
        border_price: FloatArray,
        duty: FloatArray,
        mfn: FloatArray,
        landed: FloatArray,
        local: FloatArray,
        friction: FloatArray,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What it does at some nodes: (..., q, f) bn$ that makers gain; (..., q) m cars that are built in the importer
        instead, and bn$ that its treasury has more (below 0), charges at the border not counted.

        Arguments (..., q, f) as the fields of ``Exports``.
        """
        usual = np.minimum(mfn, duty)
        terms = (self.investment, np.minimum(cars, self.volume), border_price, duty, usual)
        gain = undertakings.firm_gain(*terms, landed, local, friction, self.capital[..., None, :])
        takes = undertakings.pays(gain, duty, usual)
        moved = ordered_sum(self.investment * terms[1] * takes)
        return gain * takes, moved, -ordered_sum(undertakings.duty_lost(*terms, 0.0) * takes)


def plant_outlay(parameters: Parameters, has_plant: FloatArray) -> FloatArray:
    """(...) k$ a car that a maker without a plant spends on one before it can build some of its cars there."""
    p = parameters
    return np.where(has_plant > 0.0, 0.0, p.plant_hurdle_rate * p.plant_cost / p.undertaking_capacity)


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
    on vehicles; has_plant (..., m, f); charges (..., m, o) k$ a car.
    """
    p, n_blocs = parameters, economy.parties.n_blocs
    scale = a.border_price / ordered_sum(origin_share * landed)
    applied = duty[..., :, None, :]
    return Exports(
        cars=a.sales[..., None] * origin_share[..., :n_blocs],
        border_price=landed[..., :n_blocs] * scale[..., None],
        duty=applied,
        usual=np.minimum(usual[:, None, :], applied),
        landed=landed[..., :n_blocs],
        local=ordered_sum(landed * economy.is_home[:, None, :])[..., None],
        friction=frictions[..., :n_blocs],
        capital=plant_outlay(p, has_plant)[..., None],
        charge=0.0 if charges is None else charges[..., :, None, :n_blocs],
    )


def agreed_undertakings(
    economy: Economy,
    parameters: Parameters,
    about: Exports,
    vehicle_imports: FloatArray,
    security: FloatArray,
    felt: FloatArray,
    profit_weight: FloatArray,
) -> FloatArray:
    """(..., m, f, b) commitments of the undertakings that importer and automaker agree on, ``NONE`` elsewhere.

    vehicle_imports (..., b, b) before undertakings; security (g, b, b) k$ a car; felt (..., d) effective tension as
    security feels it;
    profit_weight (..., b) of the executives.
    """
    p = parameters
    pairs = np.maximum(economy.parties.dyad_of, 0)
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
    agreed = exists & (about.cars > LEAST_CARS) & about.pays(commitment)
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


def undertakings_by_pair(parties: Parties, commitment: FloatArray) -> FloatArray:
    """(..., p) number of automakers under an undertaking, by importer and exporter; commitment (..., m, f, b)."""
    number = ordered_sum((commitment >= 0.0).astype(np.float64), axis=-2)
    return beside([number[..., i, j] for i, j in parties.directed])
