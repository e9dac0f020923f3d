"""A required share of electric cars with tradable credits: what a credit costs, and who pays whom.

Makers that sell more electric cars than required sell credits to those that sell fewer; a fine caps the price. China's
dual credits and the zero-emission mandates of the United States and the European Union are the same instrument with
other numbers. With one price per electric car, lambda, a maker earns lambda for every electric car sold and owes
lambda times the required share for every car sold. So electric cars become cheaper by (1 - required) lambda, the others
dearer by required times lambda, and only the sum, lambda, moves choices. The market of credits clears in closed form:
at given prices of cars the log odds of the electric share rise by alpha lambda.

Everything is elementwise: shapes (...) broadcast. Shares are fractions; money in k$ per vehicle or bn$ per quarter.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import FloatArray, FloatLike

#: First year of the credits that China asks for every combustion car, and the credits by year (regulation of 2017 with
#: its revisions; 2026 and 2027 are those of the draft of 2025). Earlier years ask for nothing, later ones as the last.
NEV_FIRST_YEAR: Final = 2019
NEV_RATIOS: Final = (0.10, 0.12, 0.14, 0.16, 0.18, 0.28, 0.38, 0.48, 0.58)
#: Credits that an electric car earns on average, plug-in hybrids included, by the same years. The ceilings for a
#: battery car are 5 to 2020, 3.4 to 2023 and lower since; the averages are an assumption below them.
NEV_CREDITS: Final = (4.0, 4.0, 2.6, 2.6, 2.6, 1.6, 1.6, 1.3, 1.3)
#: Steps of the European Union's fleet standard as the share of electric cars that meets it: with combustion cars as in
#: 2021 and 0.14 of sales then without emissions, a cut by r asks for 1 - (1 - r)(1 - 0.14). Cuts: 0.15, 0.55, 1.
EU_STEP_YEARS: Final = (2020, 2025, 2030, 2035)
EU_STEP_SHARES: Final = (0.08, 0.27, 0.61, 1.0)
#: The same for the United States: California's requirement by model year times 0.33, about the part of the market in
#: the states that had adopted it. Revoked in 2025: for scenario 2026 it asks "what if it had stayed".
US_STEP_YEARS: Final = (2026, 2027, 2028, 2029, 2030, 2031, 2032, 2033, 2034, 2035)
US_STEP_SHARES: Final = (0.12, 0.14, 0.17, 0.19, 0.22, 0.25, 0.27, 0.29, 0.31, 0.33)
#: Largest share that can be required, fraction: all of the market has no finite price.
MOST_REQUIRED: Final = 0.98


def ratio_share(year: int, scale: FloatLike = 1.0) -> FloatArray:
    """Share of electric cars at which China's credits just cover what combustion cars owe, fraction.

    year: calendar year. scale: multiplies the credits owed, >= 0.
    With r credits owed a combustion car and c earned an electric one, c s = r (1 - s), so s = r / (r + c).
    Limits: 0 before 2019; rises with the scale; 0.27 in 2026.
    Source: dual-credit regulation of 2017 and its revisions; average credits an assumption.
    """
    if year < NEV_FIRST_YEAR:
        return np.zeros(())
    row = min(year - NEV_FIRST_YEAR, len(NEV_RATIOS) - 1)
    owed = np.asarray(scale * NEV_RATIOS[row], dtype=np.float64)
    return np.minimum(owed / (owed + NEV_CREDITS[row]), MOST_REQUIRED)


def step_share(year: int, years: tuple[int, ...], shares: tuple[float, ...], scale: FloatLike = 1.0) -> FloatArray:
    """Share of electric cars that a mandate in steps requires, fraction.

    year: calendar year. years, shares: first year of every step, rising, and the share from then on. scale: multiplies
    the shares, >= 0.
    Limits: 0 before the first step; never above 0.98.
    Source: Regulation (EU) 2019/631 as amended; California, Advanced Clean Cars II; conversion an assumption.
    """
    passed = [share for first, share in zip(years, shares, strict=True) if first <= year]
    required = passed[-1] if passed else 0.0
    return np.minimum(np.asarray(scale * required, dtype=np.float64), MOST_REQUIRED)


def credit_price(
    required: FloatLike, log_odds: FloatLike, alpha: FloatLike, floor: FloatLike, cap: FloatLike
) -> FloatArray:
    """Price at which the market of credits clears, k$ per electric car.

    required: (...), share of electric cars, in [0, 0.98]; 0: no scheme. log_odds: (...), ln(s/(1-s)) of the electric
    share s at today's prices of cars and no credits. alpha: (...), price response per k$, > 0. floor, cap: (...),
    lowest and highest price, k$, 0 <= floor <= cap.
    A credit price lambda raises the log odds by alpha lambda, so the share is as required at
    lambda = (ln(required/(1-required)) - log_odds) / alpha.
    Limits: the floor where more is sold than required; the cap (the fine) where even that does not suffice; 0 without a
    scheme.
    Source: nested logit with one nest (theory 1.1); market clearing; assumption (one price, no banking).
    """
    is_asked = np.greater(required, 0.0)
    asked = np.where(is_asked, required, 0.5)
    wanted = (np.log(asked) - np.log(1.0 - asked) - log_odds) / alpha
    return np.where(is_asked, np.minimum(np.maximum(wanted, floor), cap), 0.0)


def combustion_burden(price: FloatLike, required: FloatLike, market_size: FloatLike) -> FloatArray:
    """What buyers lose because every car owes credits, bn$ per quarter.

    price: (...), of a credit, k$ per electric car, >= 0. required: (...), share, in [0, 1]. market_size: (...), m cars
    a quarter. Consumer surplus measured with utilities shifted by alpha lambda is too high by this much: the outside
    good became dearer.
    Limits: 0 at a price of 0.
    Source: definition (incidence of a per-car charge on all cars).
    """
    return np.asarray(price * required * market_size, dtype=np.float64)


def treasury_receipts(price: FloatLike, required: FloatLike, ev_share: FloatLike, market_size: FloatLike) -> FloatArray:
    """What the treasury receives in fines, bn$ per quarter; negative where it buys credits at the floor.

    price: (...), of a credit, k$ per electric car, >= 0. required, ev_share: (...), fractions. market_size: (...),
    m cars a quarter.
    Limits: 0 where the market of credits clears (the share is as required) or the price is 0.
    Source: definition: what all cars owe less what electric cars earn.
    """
    return np.asarray(price * market_size * (required - ev_share), dtype=np.float64)
