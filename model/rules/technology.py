"""What technology cooperation is worth: faster learning for the laggard, a smaller lead for the leader.

Theory 1.16. Cooperation lets two blocs' battery makers learn more from each other. The laggard's costs fall faster, the
leader loses a little of its margin and gives security thinking something to worry about, both save some research. The
typical pair is Deadlock-Harmony: the laggard would have it anyway, the leader only against something else.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import FloatArray, FloatLike, power

# Learning is looked at this many quarters ahead (theory 1.16).
HORIZON: Final = 8
# Share of the closed cost gap by which the leader's margin shrinks (theory 1.16, assumption).
MARGIN_LOST: Final = 0.10
# Share of research outlays that cooperation saves, and research as a share of EV revenue (theory 1.16,
# assumptions).
RESEARCH_SAVED: Final = 0.02
RESEARCH_INTENSITY: Final = 0.05
# Cost lead, as a fraction of the laggard's cost, at which the security cost reaches kT * tension (theory
# 1.16).
FULL_LEAD: Final = 0.3
# $/kWh times GWh is million dollars; payoffs are in billions.
BILLION_PER_MILLION: Final = 0.001


def cost_ahead(
    cost: FloatLike,
    floor: FloatLike,
    experience: FloatLike,
    own_increment: FloatLike,
    partner_increment: FloatLike,
    spillover: FloatLike,
    exponent: FloatLike,
    quarters: FloatLike = HORIZON,
) -> FloatArray:
    """Battery cost some quarters from now if output stays as it is, $/kWh.

    cost: (...), now, $/kWh, >= floor. floor: (...) or scalar, $/kWh. experience: (...), GWh, > 0.
    own_increment: (...), experience gained a quarter from everyone but the partner, GWh, >= 0.
    partner_increment: (...), output of the partner's makers, GWh a quarter, >= 0.
    spillover: (...) or scalar, share of it that counts as own experience, in [0, 1]; 0.33, with cooperation
    0.66.
    exponent: scalar, b = -log2(1 - learning rate), > 0. quarters: scalar, >= 0; default 8.
    Limits: the present cost at 0 quarters or no output; never below the floor; never rises with the
    spillover.
    Source: Wright 1936; Irwin & Klenow 1994 on spillovers; theory 1.3 and 1.16.
    """
    gained = quarters * (own_increment + np.multiply(spillover, partner_increment))
    return floor + np.subtract(cost, floor) * power(np.divide(experience + gained, experience), -np.asarray(exponent))


def learning_gain(cost_without: FloatLike, cost_with: FloatLike, output: FloatLike) -> FloatArray:
    """What faster learning saves a side on the batteries it makes, bn$ per quarter.

    cost_without, cost_with: (...), cost 8 quarters ahead without and with cooperation, $/kWh (``cost_ahead``).
    output: (...), batteries made, GWh a quarter, >= 0.
    Limits: 0 when cooperation changes no cost; larger for whoever has less experience.
    Source: theory 1.16.
    """
    return np.subtract(cost_without, cost_with) * (output * BILLION_PER_MILLION)


def leader_margin_loss(gap_without: FloatLike, gap_with: FloatLike, output: FloatLike) -> FloatArray:
    """What the leader loses in margin as its lead shrinks, bn$ per quarter.

    gap_without, gap_with: (...), partner's cost less own cost 8 quarters ahead, $/kWh; negative for a laggard.
    output: (...), the side's own batteries sold, GWh a quarter, >= 0.
    Limits: 0 for a laggard and where the lead does not shrink; a tenth of the closed gap per kWh.
    Source: theory 1.16, assumption.
    """
    closed = np.maximum(gap_without, 0.0) - np.maximum(gap_with, 0.0)
    return np.maximum(closed, 0.0) * (MARGIN_LOST * BILLION_PER_MILLION * np.asarray(output))


def research_saving(ev_revenue: FloatLike, saved: FloatLike = RESEARCH_SAVED) -> FloatArray:
    """Research that a side need not pay for twice, bn$ per quarter.

    ev_revenue: (...), EV revenue of its automakers, bn$ per quarter, >= 0; research is 0.05 of it. saved: scalar, share
    of research saved; default 0.02.
    Limits: one thousandth of revenue at the defaults.
    Source: theory 1.16, assumption.
    """
    return np.multiply(saved * RESEARCH_INTENSITY, ev_revenue)


def leader_security_cost(
    cost_weight: FloatLike, tension: FloatLike, own_cost: FloatLike, partner_cost: FloatLike
) -> FloatArray:
    """What sharing technology costs the leader in security, bn$ per quarter.

    cost_weight: scalar, kT, bn$ per quarter, in [0, 2]; default 0.3. tension: (...), effective tension, in [0, 1].
    own_cost, partner_cost: (...), battery costs of the two sides, $/kWh, > 0.
    Limits: 0 for the laggard and without tension; kT * tension at a lead of 30 %.
    Source: theory 1.16, kT tens max(0, 1 - c_leader/c_laggard)/0.3; level an assumption.
    """
    lead = np.maximum(1.0 - np.divide(own_cost, partner_cost), 0.0)
    return np.multiply(cost_weight, tension) * (lead / FULL_LEAD)


def technology_gain(
    own_cost: FloatLike,
    partner_cost: FloatLike,
    own_cost_without: FloatLike,
    own_cost_with: FloatLike,
    partner_cost_without: FloatLike,
    partner_cost_with: FloatLike,
    output: FloatLike,
    ev_revenue: FloatLike,
    tension: FloatLike,
    cost_weight: FloatLike,
) -> FloatArray:
    """Gain of one side from the technology issue at full level, bn$ per quarter, any sign.

    own_cost, partner_cost: (...), battery costs now, $/kWh, > 0. The four ``_without`` and ``_with``: (...),
    costs 8 quarters ahead (``cost_ahead``), $/kWh. output: (...), own batteries, GWh a quarter. ev_revenue:
    (...), bn$ per quarter.
    tension: (...), effective tension, in [0, 1]. cost_weight: scalar, kT, bn$ per quarter.
    Limits: never negative for the laggard; negative for a leader when tension is high enough.
    Source: theory 1.16.
    """
    learned = learning_gain(own_cost_without, own_cost_with, output)
    lost = leader_margin_loss(
        np.subtract(partner_cost_without, own_cost_without), np.subtract(partner_cost_with, own_cost_with), output
    )
    worry = leader_security_cost(cost_weight, tension, own_cost, partner_cost)
    return learned + research_saving(ev_revenue) - lost - worry


def data_platform_gain(
    ev_revenue: FloatLike, saved: FloatLike, cost: FloatLike, tension: FloatLike
) -> tuple[FloatArray, FloatArray]:
    """What shared driving data save a side in development, and what they cost it in data sovereignty, bn$ per quarter.

    ev_revenue: (...), EV revenue of its automakers, bn$ per quarter, >= 0. saved: scalar, part of research outlays
    that the data save, in [0, 0.3]. cost: scalar, sovereignty cost at full tension, bn$ per quarter, >= 0. tension:
    (...), in [0, 1].
    Limits: nothing saved without sales; no cost without tension; the platform pays where tension is low.
    Source: big-data sharing platform of the seed documents (theory 1.16 and 1.22); sizes are assumptions.
    """
    return research_saving(ev_revenue, saved=saved), np.multiply(cost, tension)
