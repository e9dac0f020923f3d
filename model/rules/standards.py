"""Rules behind the border: recognition of certificates, charging interfaces and the charging network.

Theory 1.13 and 1.14. Certifying a foreign car again burns resources and raises no revenue, so ending it can
help the importer where an equal duty cut would hurt it (row A10); in return the importer gives up
regulatory autonomy. A common charging interface saves an adaptation cost, makes chargers cheaper and
compatible, and must be adopted by both sides: a coordination game.

Everything is elementwise: shapes (...) broadcast. Money in k$ per vehicle or bn$; flags are 0 or 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.numerics import LEAST_AVAILABILITY, FloatArray, FloatLike

#: Part of the charging points that wear out in a quarter (theory 1.14, assumption).
RETIREMENT: Final = 0.02
#: Millions in a billion.
MILLIONS_PER_BILLION: Final = 1000.0


def homologation(cost: FloatLike, saving: FloatLike, recognised: FloatLike, foreign: FloatLike) -> FloatArray:
    """Cost of certifying a car again for a foreign market, k$ per vehicle.

    cost: (...), without recognition (n_h), 0.5-3 k$. saving: (...), part that recognition saves (rM),
    0.3-0.9.
    recognised: (...), 1 if the importer recognises the origin's certificates. foreign: (...), 1 if the car
    comes from outside the importer's regime.
    Limits: 0 for home cars; cost (1 - saving) with recognition.
    Source: theory 1.13; Freund and Oliver 2015 for the size.
    """
    return np.asarray(cost * (1.0 - saving * recognised) * foreign, dtype=np.float64)


def certification_outlay(
    outlay: FloatLike, outlay_recognised: FloatLike, recognised: FloatLike, models: FloatLike
) -> FloatArray:
    """Fixed outlay for bringing models to a foreign market, bn$ in the quarter they are launched.

    outlay, outlay_recognised: (...), per model and market without and with recognition, m$, default 10 and 4.
    recognised: (...), 1 if the importer recognises the origin's certificates. models: (...), launched, number.
    Limits: 0 without a launch.
    Source: theory 1.13, assumption.
    """
    each = outlay + (outlay_recognised - outlay) * recognised
    return np.asarray(models * each / MILLIONS_PER_BILLION, dtype=np.float64)


def time_to_market(lag: FloatLike, lag_recognised: FloatLike, recognised: FloatLike) -> FloatArray:
    """Quarters from launch abroad to full availability.

    lag, lag_recognised: (...), without and with recognition, quarters, default 6 and 3. recognised: (...), 0 or 1.
    Limits: the two lags.
    Source: theory 1.13, assumption.
    """
    return np.asarray(lag + (lag_recognised - lag) * recognised, dtype=np.float64)


def ramp_availability(age: FloatLike, lag: FloatLike, floor: FloatLike = LEAST_AVAILABILITY) -> FloatArray:
    """Availability of a model during its roll-out, a fraction in [floor, 1].

    age: (...), quarters since launch, >= 0. lag: (...), ``time_to_market``, quarters, > 0. floor: (...), fraction.
    Limits: the floor at launch, 1 from the lag on.
    Source: theory 1.13, assumption (linear).
    """
    return np.maximum(floor, np.minimum(age / lag, 1.0))


def autonomy_cost(kM: FloatLike, market_size: FloatLike, distance: FloatLike) -> FloatArray:
    """What recognising another regime costs the importer in regulatory autonomy, bn$ per quarter.

    kM: (...), per new car sold of whatever kind, 0-0.1 k$. market_size: (...), million cars per quarter.
    distance: (...), between the two regimes, 0-1 (EU-US 0.5, others 1).
    Limits: 0 between equal regimes.
    Source: theory 1.13, assumption.
    """
    return np.asarray(kM * market_size * distance, dtype=np.float64)


def recognises_alone(gain: FloatLike, u: FloatLike, rate: FloatLike) -> npt.NDArray[np.bool_]:
    """Whether an importer recognises certificates without a treaty (harmony, not cooperation): true or false.

    gain: (...), its own gain from recognising, autonomy cost included, any money unit. u: (...), uniform
    draw in [0, 1). rate: (...), probability at an assessment if the gain is positive, in [0, 1], default
    0.25.
    Limits: never against its own interest; never at rate 0.
    Source: theory 1.13, assumption.
    """
    return np.logical_and(np.greater(gain, 0.0), np.less(u, rate))


def adaptation(cost: FloatLike, common_interface: FloatLike, foreign: FloatLike) -> FloatArray:
    """Cost of fitting a foreign car with the market's charging interface, k$ per vehicle.

    cost: (...), n_a, 0-0.8 k$. common_interface: (...), 1 if the two share one. foreign: (...), 1 for cars
    from outside the market's standard.
    Limits: 0 for home cars and with a common interface.
    Source: theory 1.14, assumption.
    """
    return np.asarray(cost * (1.0 - common_interface) * foreign, dtype=np.float64)


def charger_unit_cost(
    base: FloatLike, saving: FloatLike, common_interface: FloatLike, foreign_share: FloatLike
) -> FloatArray:
    """Cost of one charging point, k$.

    base: (...), with separate interfaces, k$, > 0. saving: (...), on points from the partner's makers (rC), 0-0.25.
    common_interface: (...), 0 or 1. foreign_share: (...), part bought from the partner's makers, 0-0.5.
    Limits: the base without a common interface.
    Source: theory 1.14, assumption (a wider supplier base).
    """
    return np.asarray(base * (1.0 - saving * common_interface * foreign_share), dtype=np.float64)


def charger_stock_next(
    stock: FloatLike, budget: FloatLike, unit_cost: FloatLike, retirement: FloatLike = RETIREMENT
) -> FloatArray:
    """Charging points a quarter later, million.

    stock: (...), million, > 0. budget: (...), bn$ per quarter, >= 0. unit_cost: (...),
    ``charger_unit_cost``, k$ each, > 0. retirement: (...), part that wears out in a quarter, in [0, 1].
    Limits: constant when the budget pays for what wears out; bn$ over k$ is million points.
    Source: theory 1.14, definition.
    """
    return np.asarray((1.0 - retirement) * stock + budget / unit_cost, dtype=np.float64)


def network_utility(nu: FloatLike, stock: FloatLike, stock0: FloatLike) -> FloatArray:
    """Utility that a car gains from the growth of the charging network, utils.

    nu: (...), elasticity, 0.05-0.4. stock: (...), ``effective_network`` now, million, > 0. stock0: (...),
    at the starting point, million, > 0.
    Limits: 0 at the starting stock; doubling adds nu ln 2.
    Source: theory 1.1 and 1.14; Li, Tong, Xing and Zhou 2017.
    """
    return np.asarray(nu * np.log(stock / stock0), dtype=np.float64)
