"""What governments put on the border and at the till: duties, credits with conditions, carbon charges.

Theory 1.6, 1.6a and 1.18. A treaty cuts a duty from its *base* (what applies without a treaty, suspended
parts included) towards its *floor* (zero, or the most-favoured-nation rate where no sectoral deal is
allowed). Purchase credits come in two halves, each tied to a share of allowed content. A carbon border
charge asks for the difference of carbon prices.

Everything is elementwise: shapes (...) broadcast. Duties and shares are fractions; money in k$ per vehicle.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.numerics import FloatArray, FloatLike, logistic, power, safe_ratio

#: First year of the content rules of the United States clean-vehicle credit (Inflation Reduction Act, 30D).
CREDIT_FIRST_YEAR: Final = 2023
#: Least allowed-source share of critical minerals, by year from 2023 on (statute).
MINERAL_THRESHOLDS: Final = (0.40, 0.50, 0.60, 0.70, 0.80, 0.80, 0.80)
#: Least allowed-source share of battery components, by year from 2023 on (statute).
COMPONENT_THRESHOLDS: Final = (0.50, 0.60, 0.60, 0.70, 0.80, 0.90, 1.00)
#: First years in which components, and minerals, of a restricted entity forfeit the credit (statute).
RESTRICTED_COMPONENTS_FROM: Final = 2024
RESTRICTED_MINERALS_FROM: Final = 2025
#: Width of the smooth variant of a threshold, share of content (theory 1.18).
SMOOTH_WIDTH: Final = 0.03
#: Dollars in a thousand dollars.
DOLLARS_PER_K: Final = 1000.0


def applied_duty(base: FloatLike, floor: FloatLike, concession: FloatLike) -> FloatArray:
    """Duty rate in force after a concession, fraction.

    base: (...), without a treaty, >= 0. floor: (...), of a full cut, in [0, base].
    concession: (...), treaty level times compliance, in [0, 1]; a standstill has 0 and binds the base.
    Limits: base at 0, floor at 1; falls in between.
    Source: theory 1.6, definition.
    """
    return np.asarray(base - concession * (base - floor), dtype=np.float64)


def charged_duty(
    duty: FloatLike, usual: FloatLike, battery_share: FloatLike, elasticity: FloatLike, spared: FloatLike
) -> FloatArray:
    """Duty rate that the mean electric car from an exporter pays where a special duty is on battery cars alone.

    duty: (...), on battery cars, fraction, >= 0. usual: (...), on all others, fraction; a lower duty is on all cars.
    battery_share: (...), of battery cars among them without a special duty, in [0, 1]. elasticity: (...), by which it
    falls, in logs of 1 + special duty, 0-6. spared: scalar, part of the special duty that the others are spared.
    Limits: the duty itself where nothing is spared, or all are and stay battery cars; the usual one if none are.
    Source: second edition 7, definition; the EU's duty of 2024 is on battery cars (EU 2024/2754).
    """
    special = np.maximum(duty - usual, 0.0)
    covered = battery_share * power(1.0 + special, np.negative(elasticity))
    return np.asarray(duty - special * (spared * (1.0 - covered)), dtype=np.float64)


def value_between(values: FloatArray, rates: FloatArray, rate: FloatLike) -> FloatArray:
    """Value at a duty between levels at which it is known, in the unit of the values.

    values: (..., n), at the levels. rates: (..., n), the duties there, fractions, none rising. rate: (...), the duty
    asked for, fraction; beyond the ends it reads as the nearer end.
    Limits: the known value at a level; linear in ln(1 + duty) between two.
    Source: theory 1.7 (relative error below 2 % of a full cut's value up to 150 %).
    """
    log_rates, log_rate = np.log(1.0 + rates), np.log(1.0 + np.asarray(rate))
    found = values[..., 0] + np.zeros_like(log_rate)
    for k in range(values.shape[-1] - 1):
        part = safe_ratio(log_rates[..., k] - log_rate, log_rates[..., k] - log_rates[..., k + 1], default=0.0)
        part = np.minimum(np.maximum(part, 0.0), 1.0)
        found = found + part * (values[..., k + 1] - values[..., k])
    return found


def credit_thresholds(year: int | npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Least shares of minerals and of components that earn a half of the credit, fractions.

    year: (...), calendar year, integer; years before 2023 read as 2023, years after 2029 as 2029.
    Returns two arrays (...).
    Limits: never fall over time.
    Source: theory 1.18; Inflation Reduction Act 2022, section 13401.
    """
    last = len(MINERAL_THRESHOLDS) - 1
    row = np.minimum(np.maximum(np.asarray(year) - CREDIT_FIRST_YEAR, 0), last)
    return np.asarray(MINERAL_THRESHOLDS)[row], np.asarray(COMPONENT_THRESHOLDS)[row]


def purchase_credit(
    full: FloatLike,
    mineral_share: FloatLike,
    component_share: FloatLike,
    mineral_threshold: FloatLike,
    component_threshold: FloatLike,
    assembled_inside: FloatLike,
    restricted_input: FloatLike,
    smooth: float | None = None,
) -> FloatArray:
    """Purchase credit that a car earns, k$ per vehicle.

    full: (...), both halves, k$, >= 0. mineral_share, component_share: (...), content from allowed
    sources, in [0, 1]. mineral_threshold, component_threshold: (...), least shares, in [0, 1].
    assembled_inside: (...), 1 if assembled in the allowed set, else 0. restricted_input: (...), 1 if an
    input comes from a restricted entity.
    smooth: width over which a threshold is smoothed, in share (None: a sharp threshold; 0.03 for stability tests).
    Limits: 0 if assembled outside or with a restricted input; full if both thresholds are met.
    Source: theory 1.18, row A15; Head, Mayer, Melitz and Yang 2026 for the effects of such rules.
    """
    if smooth is None:
        halves = np.greater_equal(mineral_share, mineral_threshold) * 1.0
        halves = halves + np.greater_equal(component_share, component_threshold)
    else:
        halves = logistic((mineral_share - mineral_threshold) / smooth)
        halves = halves + logistic((component_share - component_threshold) / smooth)
    return np.asarray(0.5 * full * halves * (assembled_inside * (1.0 - restricted_input)), dtype=np.float64)


def cbam_charge(
    coverage: FloatLike,
    tonnes: FloatLike,
    importer_price: FloatLike,
    exporter_explicit: FloatLike,
    recognition: FloatLike,
    exporter_implicit: FloatLike,
) -> FloatArray:
    """Carbon border charge on an imported car, k$ per vehicle.

    coverage: (...), part of a car's embedded emissions that is covered, in [0, 1]; 0 for whole cars today.
    tonnes: (...), embedded emissions, 6-12 t per vehicle. importer_price, exporter_explicit, exporter_implicit: (...),
    carbon prices, $ per tonne, >= 0. recognition: (...), part of implicit prices that counts, in [0, 1].
    Limits: 0 where the exporter's price is as high; never negative.
    Source: theory 1.18, row A15; the European carbon border adjustment mechanism.
    """
    gap = np.maximum(importer_price - (exporter_explicit + recognition * exporter_implicit), 0.0)
    return np.asarray(coverage * tonnes * gap / DOLLARS_PER_K, dtype=np.float64)
