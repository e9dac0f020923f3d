"""What cars cost in an impact assessment: cells, origins and what they earn, by duty level (theory 1.3, 1.7).

Only one thing changes from level to level: what the partner's cells cost a car built and sold at home. So everything
else is worked out once a pair, and the partner's cells, then the home-built car, are put beside it slot by slot.
Axes: p pair, l slot of ``model.assessment.nodes``, f automaker, k supplier, o place.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.assessment.nodes import Nodes
from model.market.clearing import KWH_COST_TO_THOUSANDS, CellSupply
from model.market.economy import Economy
from model.numerics import FloatArray, beside, best_of_two, ordered_sum
from model.parameters.checked import Parameters
from model.rules import batteries
from model.rules.club_terms import CarbonStep
from model.vocabulary import EV

if TYPE_CHECKING:
    from model.market.access import Gates
    from model.market.credits import Scheme
    from model.market.trade import Clause


@dataclass(frozen=True)
class Entry:
    """Makers (..., f) that would have to build in a market before they sell there."""

    market: int
    makers: np.ndarray


@dataclass(frozen=True)
class Situation:
    """What an assessment is about: the state of the world it takes as given.

    margin (..., f, k) suppliers' margins, $/kWh; landed (..., m, f, o) and frictions (..., m, 1, o) k$ per car; utility
    (..., m, f) of a free car; duty (..., g, b, b) applied now; special (..., g, b, b) duty above MFN, no treaty;
    mfn, floor (..., g, b, b) of this quarter;
    subsidy (..., m, f) k$ per car; car_cost (..., f) as in ``learning.Costs``; exported_cells (..., b, b) dependence
    through cars built for export; member_step
    what a club's carbon price does to a car made in each bloc, (..., b), or None (theory 1.19). charges (..., m, o)
    at the border, contained in frictions, k$ per car; scheme that requires a share of EVs, and credit_price
    (..., m) of a credit for an EV, contained in utility, k$: None without such a policy. gates: quotas of this quarter,
    or None where there is none; duty and frictions, (..., m, f, o) then, are those under them. views: what steps of
    access make of it, one for each of ``Nodes.views``; entry: in such a one, who would have to build first, or None;
    clause: which minimum prices are taken, or None.
    """

    cells: CellSupply
    margin: FloatArray
    landed: FloatArray
    frictions: FloatArray
    utility: FloatArray
    duty: FloatArray
    special: FloatArray
    mfn: FloatArray
    floor: FloatArray
    origin_tie: FloatArray
    origin_level: FloatArray
    subsidy: FloatArray
    exported_cells: FloatArray
    car_cost: FloatArray
    member_step: CarbonStep | None = None
    charges: FloatArray | None = None
    scheme: Scheme | None = None
    credit_price: FloatArray | None = None
    gates: Gates | None = None
    views: tuple[Situation, ...] = ()
    entry: Entry | None = None
    clause: Clause | None = None


@dataclass(frozen=True)
class Cells:
    """Cells of cars built and sold in the importer's market, $/kWh unless said otherwise, (..., l, f).

    unit: cost; duty: duty paid; profit: (of importer's, of partner's suppliers); share: (from partner, from each
    third bloc), fractions.
    """

    unit: FloatArray
    duty: FloatArray
    profit: tuple[FloatArray, FloatArray]
    share: tuple[FloatArray, ...]


def cells_by_level(
    economy: Economy, parameters: Parameters, situation: Situation, nodes: Nodes, cell_duty: FloatArray
) -> Cells:
    """Cost and origin of cells at every slot; cell_duty (..., l) the importer's rate on the partner's cells."""
    theta, parties = parameters.supplier_substitution, economy.parties
    buyer = parties.importer
    to_partner = economy.is_supplier_home[:, parties.partner].T  # (p, k)
    rest = (1.0 - to_partner)[:, None, :]
    prices = situation.cells.price[..., None, :, :]
    freight = situation.cells.freight[..., buyer, :]
    tie = economy.supplier_tie[buyer]
    rate = (situation.cells.duty[..., buyer, :] * (1.0 - to_partner))[..., None, :]

    # All suppliers with the partner's free of duty: no weight at any level is above one.
    utility = tie - theta * batteries.delivered_price(prices, 0.0, rate, freight[..., :, None, :])
    top = np.maximum.reduce(utility, axis=-1)
    weight = np.exp(utility - top[..., None]) * rest
    margin = situation.margin[..., None, :, :]
    others = [
        ordered_sum(x)
        for x in (
            weight,
            weight * (rate * prices),
            weight * (margin * economy.is_supplier_home[:, buyer].T[:, None, :]),
            *(weight * economy.is_supplier_home[:, third].T[:, None, :] for third in parties.thirds),
        )
    ]
    here = nodes.slot_pair
    top, total, duty, home_profit, *from_thirds = (x[..., here, :] for x in (top, *others))

    # The partner's suppliers, at the slots where there are any.
    active = here[: nodes.n_active]
    importer, own_rate = buyer[active], cell_duty[..., : nodes.n_active]
    from_partner, partner_profit = np.zeros_like(total), np.zeros_like(total)
    partner_duty = np.zeros_like(total)
    at = (..., slice(nodes.n_active), slice(None))
    for column in range(nodes.supplier.shape[1] if nodes.n_active else 0):
        k = nodes.supplier[:, column]
        price = np.swapaxes(situation.cells.price[..., k], -1, -2)
        paid = (own_rate * economy.imported_cells[importer, k])[..., None] * price
        utility = tie[active, :, k] - theta * (price + paid + freight[..., active, k][..., None])
        bought = np.exp(utility - top[at]) * nodes.is_supplier[:, column, None]
        from_partner[at] += bought
        partner_duty[at] += bought * paid
        partner_profit[at] += bought * np.swapaxes(situation.margin[..., k], -1, -2)
    total = total + from_partner
    return Cells(
        unit=economy.cell_level[buyer[here]] - (top + np.log(total)) / theta,
        duty=(duty + partner_duty) / total,
        profit=(home_profit / total, partner_profit / total),
        share=(from_partner / total, *(from_third / total for from_third in from_thirds)),
    )


@dataclass(frozen=True)
class Cars:
    """Cars of all origins but the partner's, by slot (..., l, f), and the partner's, by pair (..., p, f).

    value: log-sum of their origins; landed k$; paid k$ of duty per car; home, thirds: shares built in the importer and
    in each third bloc; cell_duty k$ per car; cell_profit (importer's, partner's suppliers) k$ per car; cells_from
    (partner, third blocs): share of cars built at home on their cells. partner_landed k$; partner_tie; partner_cells
    (importer's, partner's suppliers) k$ per car.
    """

    value: FloatArray
    landed: FloatArray
    paid: FloatArray
    home: FloatArray
    thirds: tuple[FloatArray, ...]
    cell_duty: FloatArray
    cell_profit: tuple[FloatArray, FloatArray]
    cells_from: tuple[FloatArray, ...]
    partner_landed: FloatArray
    partner_tie: FloatArray
    partner_cells: tuple[FloatArray, FloatArray]


def _parts(utilities: list[FloatArray]) -> tuple[list[FloatArray | float], FloatArray]:
    """The part that each of some origins has, and the log-sum of all of them; utilities (..., p, f), one an origin."""
    parts: list[FloatArray | float] = [1.0]
    value = utilities[-1]
    for utility in reversed(utilities[:-1]):
        part, value = best_of_two(utility, value)
        rest = 1.0 - part
        parts = [part, *(rest * other if len(parts) > 1 else rest for other in parts)]
    return parts, value


def _far_cars(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    of_origin: Callable[[FloatArray, np.ndarray], FloatArray],
    earns: Callable[[np.ndarray, np.ndarray], FloatArray],
) -> tuple[list[FloatArray | float], FloatArray, FloatArray, FloatArray, list[FloatArray]]:
    """Cars from the third blocs and the rest of the world, (..., p, f): the part of each of these places, the log-sum
    of all, landed k$, k$ of duty, and k$ that the importer's and the partner's suppliers earn."""
    theta, parties = parameters.origin_substitution, economy.parties
    importer, partner = parties.importer, parties.partner
    places = (*parties.thirds, parties.elsewhere)
    landed = [of_origin(situation.landed, origin) for origin in places]
    rates = [situation.duty[..., EV, importer, third][..., None] for third in parties.thirds]
    rates.append(economy.other_duty[EV][importer][:, None])
    utility = [
        of_origin(situation.origin_tie, origin) - theta * ((1.0 + rate) * cost + of_origin(situation.frictions, origin))
        for origin, rate, cost in zip(places, rates, landed, strict=True)
    ]
    parts, value = _parts(utility)
    far = functools.reduce(np.add, [part * cost for part, cost in zip(parts, landed, strict=True)])
    far_paid = functools.reduce(
        np.add, [part * cost * rate for part, cost, rate in zip(parts, landed, rates, strict=True)]
    )
    far_earned = [
        functools.reduce(np.add, [part * earns(who, origin) for part, origin in zip(parts, places, strict=True)])
        for who in (importer, partner)
    ]
    return parts, value, far, far_paid, far_earned


def cars_by_level(economy: Economy, parameters: Parameters, situation: Situation, nodes: Nodes, cells: Cells) -> Cars:
    """Put the home-built car beside those from third places, slot by slot."""
    theta, here, parties = parameters.origin_substitution, nodes.slot_pair, economy.parties
    importer, partner = parties.importer, parties.partner

    def of_origin(x: FloatArray, origin: np.ndarray) -> FloatArray:
        """(..., p, f) the entries of (..., m, f, o) in the importer's market at one origin a pair."""
        return np.swapaxes(x, -1, -2)[..., importer, origin, :]

    per_car = economy.kwh[importer][:, None] / KWH_COST_TO_THOUSANDS
    abroad = situation.cells.share_export * situation.margin[..., None, :, :]
    # (..., o, f): what a kWh in a car built for export at o earns the suppliers of each bloc.
    earned = [ordered_sum(abroad * economy.is_supplier_home[:, b]) for b in range(parties.n_blocs)]

    def earns(who: np.ndarray, origin: np.ndarray) -> FloatArray:
        """(..., p, f) k$ per car built for export at an origin, to one bloc's suppliers."""
        return beside([earned[b][..., o, :] for b, o in zip(who, origin, strict=True)], axis=-2) * per_car

    parts, value, far, far_paid, far_earned = _far_cars(economy, parameters, situation, of_origin, earns)

    # Beside them the car built at home, which bears neither duty nor a cost of the border.
    bare = economy.nonbattery_cost[importer, 0, importer][:, None] * situation.car_cost[..., None, :]
    fixed = bare + economy.freight[importer, 0, importer][:, None]
    home_landed = fixed[..., here, :] + per_car[here] * cells.unit
    if situation.member_step is not None:
        home_landed = home_landed + situation.member_step.cost[..., importer, None][..., here, :]
    home_utility = of_origin(situation.origin_tie, importer)[..., here, :] - theta * home_landed
    home, value = best_of_two(home_utility, value[..., here, :])
    away = 1.0 - home
    kwh = home * per_car[here]
    return Cars(
        value=value,
        landed=home * home_landed + away * far[..., here, :],
        paid=away * far_paid[..., here, :],
        home=home,
        thirds=tuple(away * np.asarray(part)[..., here, :] for part in parts[:-1]),
        cell_duty=kwh * cells.duty,
        cell_profit=(
            kwh * cells.profit[0] + away * far_earned[0][..., here, :],
            kwh * cells.profit[1] + away * far_earned[1][..., here, :],
        ),
        cells_from=tuple(home * share for share in cells.share),
        partner_landed=of_origin(situation.landed, partner),
        partner_tie=of_origin(situation.origin_tie, partner),
        partner_cells=(earns(importer, partner), earns(partner, partner)),
    )
