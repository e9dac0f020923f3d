"""Credits for electric cars: content rules, friends, required shares (theory 1.1, 1.15, 1.18).

Off unless a switch says otherwise. With ``local_content`` the US credit follows the law's rules on content, in scenario
2026 as if it had stayed; with ``friendshoring`` a partner's places count like one's own while a deal is in force. With
``dual_credits`` and ``zev_mandate`` a share of electric cars is required and credits for it are traded. The calibration
knows none of them. ``...`` stands for any leading axes; letters of axes as in ``model.vocabulary``. Nothing is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.market.clearing import CellSupply, Clearing, clear_at_prices
from model.numerics import FloatArray, beside, ordered_sum
from model.parameters.checked import Parameters
from model.rules import content, mandates, policy
from model.scenario.scenario import Scenario
from model.vocabulary import DUAL_CREDITS, FLEET_STANDARD, STATE_STEPS, SUPPLY, TECHNOLOGY, Parties


def year_of(scenario: Scenario, quarter: int) -> int:
    """Calendar year of a quarter of the scenario."""
    return int(scenario.quarter_label(quarter)[:4])


# --- content rules of the US credit, and friends (1.18) -----------------------------------------------------------


def friends_of(parties: Parties, kept: FloatArray) -> FloatArray:
    """(..., b) how far each bloc's places are in the allowed set of the US credit.

    kept (..., d, 10) implemented level of every issue: a partner that assures supply, or cooperates in technology, is a
    friend. Home always is.
    """
    level, credit_bloc = [], parties.credit_bloc
    for b in range(parties.n_blocs):
        if b == credit_bloc:
            level.append(np.ones_like(kept[..., 0, 0]))
            continue
        d, side = int(parties.dyad_of[b, credit_bloc]), int(parties.side_of[b, credit_bloc])
        level.append(np.maximum(kept[..., d, SUPPLY + side], kept[..., d, TECHNOLOGY]))
    return beside(level)


def nobodys_friend(parties: Parties) -> FloatArray:
    """(b,) the same where deals do not count: only home is in the set."""
    return (np.arange(parties.n_blocs) == parties.credit_bloc) * 1.0


def content_credit(
    parameters: Parameters,
    scenario: Scenario,
    quarter: int,
    cells: CellSupply,
    origin_share: FloatArray,
    friends: FloatArray,
) -> FloatArray:
    """(..., m, f) k$ of US credit that a car earns on average over the places it comes from.

    origin_share (..., m, f, o); friends (..., b) as ``friends_of``. The amount is the scenario's where the scenario has
    such a credit at any time, else the parameter's; thresholds are the law's, by year.
    """
    credit, parties, year = np.zeros_like(origin_share[..., 0]), scenario.parties, year_of(scenario, quarter)
    at = parties.credit_bloc
    amount = scenario.credit[quarter, at] if scenario.credit.any() else parameters.content_credit
    if at < 0 or amount <= 0.0 or year < policy.CREDIT_FIRST_YEAR:
        return credit
    thresholds = policy.credit_thresholds(year)
    is_restricted = (scenario.supplier_home == parties.restricted_bloc) * float(
        year >= policy.RESTRICTED_COMPONENTS_FROM
    )
    barred = parameters.content_minerals_restricted * float(year >= policy.RESTRICTED_MINERALS_FROM)
    # Friends by place of the supplier's headquarters; the rest of the world is nobody's friend.
    places = np.concatenate([friends, np.zeros_like(friends[..., :1])], axis=-1)
    home = places[..., None, scenario.supplier_home]
    # The last place, which is nobody's friend, where the restricted bloc is no party.
    restricted = places[..., parties.restricted_bloc, None, None]
    minerals = content.restricted_minerals(scenario.mineral_share, home, barred, restricted)
    earned = []
    for o in range(parties.n_blocs):
        share = cells.share_home if o == at else cells.share_export
        mix = share[..., o, :, :]
        here = places[..., o]
        earned.append(
            policy.purchase_credit(
                amount,
                content.mineral_share(mix, scenario.mineral_share, home),
                content.component_share(mix, scenario.local_share[:, o], here[..., None, None], home),
                thresholds[0],
                thresholds[1],
                origin_share[..., at, :, o] * here[..., None],
                content.restricted_share(mix, is_restricted, home, minerals),
                parameters.content_smoothing,
            )
        )
    credit[..., at, :] = ordered_sum(beside(earned))
    return credit


# --- a required share of EVs (1.1, 1.15) --------------------------------------------------------------------------


@dataclass(frozen=True)
class Scheme:
    """Required share of EVs, and the lowest and highest price of a credit, k$ per EV: (m,) each; 0 without a scheme."""

    required: FloatArray
    floor: FloatArray
    cap: FloatArray

    def of(self, market: np.ndarray) -> Scheme:
        """The same of some markets, one after the other."""
        return Scheme(self.required[market], self.floor[market], self.cap[market])


def scheme_of(parameters: Parameters, scenario: Scenario, quarter: int) -> Scheme | None:
    """The schemes of a quarter; None where no switch asks for one."""
    p, in_dual, in_steps = parameters, parameters.dual_credits, parameters.zev_mandate
    if not (in_dual or in_steps):
        return None
    year = year_of(scenario, quarter)
    parties = scenario.parties
    required, floor, cap = np.zeros((3, parties.n_blocs))
    for here in parties.under(DUAL_CREDITS) if in_dual else ():
        required[here] = mandates.ratio_share(year, p.dual_credit_scale)
        floor[here], cap[here] = min(p.dual_credit_floor, p.dual_credit_cap), p.dual_credit_cap
    for law, years, shares, fine in (
        (STATE_STEPS, mandates.US_STEP_YEARS, mandates.US_STEP_SHARES, p.zev_fine_us),
        (FLEET_STANDARD, mandates.EU_STEP_YEARS, mandates.EU_STEP_SHARES, p.zev_fine_eu),
    ):
        for here in parties.under(law) if in_steps else ():
            required[here] = mandates.step_share(year, years, shares, p.zev_mandate_scale)
            cap[here] = fine
    return Scheme(required, floor, cap)


def cleared_credits(
    alpha: FloatArray, scheme: Scheme, share: FloatArray, outside: FloatArray, price: FloatArray
) -> FloatArray:
    """(..., m) price at which credits clear at given prices of cars, k$ per EV.

    alpha (m,); share (..., m, f) and outside (..., m) of the markets with credits at ``price`` (..., m).
    """
    odds = np.log(ordered_sum(share)) - np.log(outside)
    return mandates.credit_price(scheme.required, odds - alpha * price, alpha, scheme.floor, scheme.cap)


def clear_with_credits(
    scheme: Scheme,
    before: FloatArray,
    alpha: FloatArray,
    sigma: float,
    base: FloatArray,
    utility: FloatArray,
    cleared: Clearing,
) -> tuple[FloatArray, FloatArray, Clearing]:
    """Let credits clear at the prices of cars in a cleared market: the policy is the share of EVs, prices follow.

    before (..., m) k$ a credit, contained in utility (..., m, f); alpha (m,); base (..., m, f) k$. Returns the price
    of a credit, the utility with it, and the market at the same prices of cars.
    """
    price = cleared_credits(alpha, scheme, cleared.share, cleared.outside, before)
    utility = utility + (alpha * (price - before))[..., None]
    return price, utility, clear_at_prices(base, utility, cleared.price, alpha[:, None], sigma)


def credit_flows(
    size: FloatArray, scheme: Scheme, price: FloatArray, ev_share: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(..., m) what buyers lose because all cars owe credits, and what the treasury receives, bn$ a quarter.

    size (m,) m cars; price (..., m) k$ per EV; ev_share (..., m).
    """
    return (
        mandates.combustion_burden(price, scheme.required, size),
        mandates.treasury_receipts(price, scheme.required, ev_share, size),
    )
