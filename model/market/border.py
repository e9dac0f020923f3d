"""What a border adds beside duties, and the optional mechanisms of trade that add to it (1.13, 1.14, 1.16, 1.18).

Landed costs, assessments, coalitions, accounts, the record and stories all ask here, and none of them knows a mechanism
by name. To add one: its rules, its parameters, a ``Mechanism`` in ``MECHANISMS``, and its row in the catalogue. The
calibration knows none of them: it reproduces the evidence, and what is switched on comes on top of it. ``...`` stands
for any leading axes; the letters of the axes are those of ``model.vocabulary``. Nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.market.clearing import Accounts, border_frictions
from model.market.economy import Economy
from model.numerics import FloatArray, beside, ordered_sum
from model.parameters.checked import Parameters
from model.rules import club_terms, policy, standards, technology, welfare
from model.rules.club_terms import CarbonStep
from model.vocabulary import BATTERY, EV, N_SIDES, TECHNOLOGY


@dataclass(frozen=True)
class Mechanism:
    """An optional mechanism of trade: all that the rest of the model asks of it.

    switch: name of the parameter that turns it on.
    charge: (..., m, o) k$ that a car built at o pays to m's treasury beside its duty, of the parameters and of who
    recognises whose certificates, (..., m, b); column: (name, unit, meaning) of it among the directed dyads' columns;
    told: (topic, sentence) of a story where it changes, about {importer}, {partner} and {amount}.
    data_gain: what a bloc's makers save and what it costs in security, (...) bn$ a quarter twice, where a partner
    cooperates in technology; of the parameters, the bloc's revenue from EVs (...) and the tension felt (...);
    with_technology: words that a story adds to such a package; with_recognition: to one that recognises certificates.
    member_step: what a club's common rule does to a car made in each member, (b,), of the parameters.
    """

    switch: str
    charge: Callable[[Parameters, FloatArray], FloatArray] | None = None
    column: tuple[str, str, str] = ("", "", "")
    told: tuple[str, str] = ("", "")
    data_gain: Callable[[Parameters, FloatArray, FloatArray], tuple[FloatArray, FloatArray]] | None = None
    with_technology: str = ""
    with_recognition: str = ""
    member_step: Callable[[Parameters], CarbonStep] | None = None


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
    return charge * (1.0 - np.eye(*charge.shape[-2:]))


# --- shared driving data (1.16) -----------------------------------------------------------------------------------


def data_gain(parameters: Parameters, revenue: FloatArray, felt: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(...) bn$ a quarter that shared driving data save a bloc, and that they cost it in security."""
    return technology.data_platform_gain(revenue, parameters.data_saving, parameters.data_sovereignty_cost, felt)


# --- a club's common price of carbon (1.19) -----------------------------------------------------------------------


def common_carbon_price(parameters: Parameters) -> CarbonStep:
    """What the common minimum carbon price does to a car made in each bloc as a member, (b,).

    A member whose own price is higher keeps it and has nothing to add.
    """
    rise = np.maximum(parameters.club_carbon_price - parameters.carbon_price, 0.0)
    return club_terms.carbon_step(rise, parameters.carbon_embedded, parameters.club_carbon_backstop)


#: Price undertakings (1.19b), which ``market.trade`` works out and ``phases.trade`` puts into force.
UNDERTAKINGS = Mechanism(
    switch="undertakings",
    column=("undertakings", "count", "automakers that export under a price undertaking (optional)"),
)
MECHANISMS: tuple[Mechanism, ...] = (
    Mechanism(
        switch="carbon_border",
        charge=carbon_charges,
        column=("carbon_charge", "k$", "carbon charge on a car from the exporter (optional)"),
        told=("carbon", "{importer} charges {amount:.2f} k$ of carbon on a car from {partner}."),
    ),
    Mechanism(switch="carbon_dialogue", with_recognition=" and carbon prices"),
    Mechanism(switch="data_platform", data_gain=data_gain, with_technology=" with shared driving data"),
    UNDERTAKINGS,
    Mechanism(switch="club_carbon", member_step=common_carbon_price),
)


def in_force(parameters: Parameters) -> list[Mechanism]:
    """The mechanisms that are switched on."""
    return [mechanism for mechanism in MECHANISMS if getattr(parameters, mechanism.switch, False)]


def member_step(parameters: Parameters) -> CarbonStep | None:
    """What membership of a club does to a car made in each bloc, (b,); None where no mechanism asks for anything."""
    return next((one.member_step(parameters) for one in in_force(parameters) if one.member_step), None)


# --- at the border ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Border:
    """What cars bear behind the duty, k$ a car.

    frictions (..., m, 1, o) all of it; charges (..., m, o) the part that m's treasury receives, or None; by_mechanism
    the same for each of ``MECHANISMS``, None where it charges nothing.
    """

    frictions: FloatArray
    charges: FloatArray | None
    by_mechanism: tuple[FloatArray | None, ...]


def border_of(parameters: Parameters, economy: Economy, recognised: FloatArray, common: FloatArray) -> Border:
    """The borders under what is recognised and common, (..., m, b) each, as ``clearing.border_frictions``."""
    frictions = border_frictions(parameters, economy, recognised, common)
    by_mechanism = _charges(parameters, recognised)
    total = _together(by_mechanism)
    if total is not None:
        frictions = frictions + total[..., :, None, :]
    return Border(frictions, total, by_mechanism)


def partner_border(
    parameters: Parameters, importer: np.ndarray, partner: np.ndarray, is_recognised: FloatArray, is_adapted: FloatArray
) -> tuple[FloatArray, FloatArray | None]:
    """(q,) k$ that a car from the partner bears behind the importer's duty, and what the treasury has of it, or None.

    is_recognised, is_adapted (q,) 1 where its certificates are recognised, where they share a charging interface.
    """
    frictions = standards.homologation(
        parameters.homologation_cost, parameters.recognition_saving, is_recognised, 1.0
    ) + standards.adaptation(parameters.adaptation_cost, is_adapted, 1.0)
    n_blocs = parameters.parties.n_blocs
    square = np.zeros((n_blocs, n_blocs))
    without, fully = (_together(_charges(parameters, square + flag)) for flag in (0.0, 1.0))
    if without is None or fully is None:
        return frictions, None
    before, after = without[importer, partner], fully[importer, partner]
    charge = before + (after - before) * is_recognised
    return frictions + charge, charge


def charge_receipts(built: FloatArray, charges: FloatArray) -> FloatArray:
    """(..., m) bn$ a quarter; built (..., m, o) m cars for market m built at o, charges (..., m, o) k$ a car."""
    return ordered_sum(built * charges)


def _charges(parameters: Parameters, recognised: FloatArray) -> tuple[FloatArray | None, ...]:
    """What each of ``MECHANISMS`` charges, None where it is off or charges nothing."""
    on = in_force(parameters)
    return tuple(one.charge(parameters, recognised) if one.charge and one in on else None for one in MECHANISMS)


def _together(charges: tuple[FloatArray | None, ...]) -> FloatArray | None:
    total = None
    for charge in charges:
        if charge is not None:
            total = charge if total is None else total + charge
    return total


# --- tension and technology across it -----------------------------------------------------------------------------


def dependence_cost(
    economy: Economy, parameters: Parameters, a: Accounts, security: FloatArray, felt: FloatArray
) -> FloatArray:
    """(..., b) what it costs each bloc to depend on others for a quarter's cars and cells, bn$ (1.4).

    security (g, b, b) k$ a car; felt (..., d) tension as this cost feels it.
    """
    costs, parties = [], economy.parties
    for i in range(parties.n_blocs):
        cost = np.zeros_like(a.vehicle_imports[..., i, i])
        for j in range(parties.n_blocs):
            if i != j:
                cost = cost + welfare.security_cost(
                    felt[..., parties.dyad_of[i, j]],
                    economy.market_size[i],
                    a.vehicle_imports[..., i, j],
                    a.cell_imports[..., i, j],
                    security[EV, i, j],
                    security[BATTERY, i, j],
                    parameters.security_convexity,
                )
        costs.append(cost)
    return beside(costs)


def technology_extra(parameters: Parameters, ev_revenue: FloatArray, felt: FloatArray) -> FloatArray | None:
    """(..., d, s) what mechanisms add to the worth of technology cooperation, or None; ev_revenue (..., b) bn$."""
    gains = [mechanism.data_gain for mechanism in in_force(parameters) if mechanism.data_gain]
    if not gains:
        return None
    worth, dyads = [], parameters.parties.dyads
    for d, pair in enumerate(dyads):
        for b in pair:
            parts = [gain(parameters, ev_revenue[..., b], felt[..., d]) for gain in gains]
            worth.append(ordered_sum(beside([saved - cost for saved, cost in parts])))
    stakes = beside(worth)
    return stakes.reshape((*stakes.shape[:-1], len(dyads), N_SIDES))


def technology_flows(
    parameters: Parameters, ev_revenue: FloatArray, felt: FloatArray, kept: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """(..., b) what they save makers and cost in security this quarter, bn$, or None; kept (..., d, 10) issues."""
    gains = [mechanism.data_gain for mechanism in in_force(parameters) if mechanism.data_gain]
    if not gains:
        return None
    saved, cost = np.zeros_like(ev_revenue), np.zeros_like(ev_revenue)
    for d, pair in enumerate(parameters.parties.dyads):
        for b in pair:
            for gain in gains:
                one, other = gain(parameters, ev_revenue[..., b], felt[..., d])
                saved[..., b] = saved[..., b] + kept[..., d, TECHNOLOGY] * one
                cost[..., b] = cost[..., b] + kept[..., d, TECHNOLOGY] * other
    return saved, cost
