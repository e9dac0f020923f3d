"""Price undertakings: one automaker keeps the price that a duty would give, and the duty's rent, for a commitment.

Theory 1.19b. Under an undertaking the automaker charges the consumer price it would charge under the special duty, pays
the most-favoured-nation duty only and keeps the difference. In return it builds part of those cars in the importer's
market, which also caps its imports. Buyers are indifferent by construction and revenue moves from treasury to firm, so
an undertaking needs jobs, security, or an automaker whose profits the importer's government counts.

For one importer, automaker and origin: q m cars a quarter from there; w border price, x landed cost, x_local landed
cost if built in the market, n cost after the border, k$ per car; tau the duty in force, t the usual one. The price
at the door is (1+tau) w, so under the undertaking the border price is w (1+tau)/(1+t). A commitment k in
[0, 1] is the part of the cars that is built in the market.

Everything is elementwise: shapes (...) broadcast.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike

#: Commitments and gains smaller than this count as nothing (bn$ per quarter, or a share).
NOTHING: Final = 1e-12


def rent(border_price: FloatLike, duty: FloatLike, usual: FloatLike) -> FloatArray:
    """What the automaker keeps instead of the treasury, k$ per imported car.

    border_price: (...), w, k$. duty, usual: (...), tau and t, fractions, >= 0.
    Limits: 0 where no special duty is in force; the whole special duty where the usual one is 0.
    Source: theory 1.19b: w (1+tau)/(1+t) - w.
    """
    return np.asarray(border_price * np.maximum(duty - usual, 0.0) / (1.0 + usual), dtype=np.float64)


def firm_gain(
    commitment: FloatLike,
    cars: FloatLike,
    border_price: FloatLike,
    duty: FloatLike,
    usual: FloatLike,
    landed: FloatLike,
    local: FloatLike,
    friction: FloatLike,
    capital: FloatLike,
) -> FloatArray:
    """What the automaker gains by an undertaking, bn$ per quarter.

    commitment: (...), k, in [0, 1]. cars: (...), q, m a quarter. border_price, landed, local, friction: (...), w, x,
    x_local and n, k$ per car. duty, usual: (...), tau and t, fractions. capital: (...), outlay for a plant spread over
    its cars, k$ per car; 0 where there is one.
    Limits: the rent on all cars at k = 0; at k = 1 what tariff jumping pays.
    Source: theory 1.19b, definition.
    """
    imported = rent(border_price, duty, usual)
    jumped = duty * border_price + friction - (local - landed) - capital
    return np.asarray(cars * (imported + commitment * (jumped - imported)), dtype=np.float64)


def duty_lost(
    commitment: FloatLike,
    cars: FloatLike,
    border_price: FloatLike,
    duty: FloatLike,
    usual: FloatLike,
    charge: FloatLike,
) -> FloatArray:
    """What the treasury loses by an undertaking, bn$ per quarter.

    Arguments as ``firm_gain``; charge: (...), other charges at the border on a car, k$ (a carbon charge).
    Limits: the rent on all cars at k = 0; all duties and charges at k = 1.
    Source: theory 1.19b, definition.
    """
    kept = usual * (1.0 + duty) / (1.0 + usual) * border_price
    return np.asarray(cars * (rent(border_price, duty, usual) + commitment * (kept + charge)), dtype=np.float64)


def pays(gain: FloatLike, duty: FloatLike, usual: FloatLike) -> npt.NDArray[np.bool_]:
    """Whether an automaker takes an undertaking that it is offered (True/False).

    gain: (...), of ``firm_gain``. duty, usual: (...), tau and t, fractions.
    Limits: never where no special duty is in force.
    Source: theory 1.19b, definition.
    """
    return np.greater(gain, NOTHING) & np.greater(duty, np.add(usual, NOTHING))


def smallest_commitment(
    at_nothing: FloatLike, slope: FloatLike, curvature: FloatLike
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Smallest commitment at which the importer's executive does not lose, and whether there is one.

    at_nothing: (...), its gain from an undertaking without commitment, bn$ per quarter. slope, curvature: (...), b and
    c >= 0 of its gain a + b k - c k^2: jobs and security per part of the cars built at home, and how much less the
    next part is worth for security (bn$ per quarter).
    Returns k in [0, 1] and a flag, both (...).
    Limits: 0 where the executive gains anyway; none where even building all cars at home does not pay.
    Source: theory 1.19b; smaller root of the quadratic, in the form that keeps its digits as c goes to 0.
    """
    short = np.maximum(-np.asarray(at_nothing, dtype=np.float64), 0.0)
    inside = slope * slope - 4.0 * curvature * short
    root = slope + np.sqrt(np.maximum(inside, 0.0))
    usable = (np.asarray(slope) > 0.0) & (inside >= 0.0)
    wanted = 2.0 * short / np.where(usable, np.maximum(root, NOTHING), 1.0)
    free = short <= NOTHING
    commitment = np.where(free, 0.0, np.minimum(wanted, 1.0))
    return commitment, free | (usable & (wanted <= 1.0))
