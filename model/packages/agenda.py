"""What governments can discuss and how much it matters to them, fixed at the start of a run (theory 1.4, 1.6a, 1.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.numerics import FloatArray

if TYPE_CHECKING:
    import numpy as np

    from model.packages.menu import Menu


@dataclass(frozen=True)
class Agenda:
    """What governments can discuss and how much it matters to them, fixed at the start from the full menu.

    menus: one a dyad; levels: per dyad (P, 10) issue levels of every package; treaty (d,) package in force at the
    start.
    active (d, 10) issue-sides whose receiver gains at least v_min (theory 2.1); weights (d, 10) of depth over active
    ones, contested_weights (d, 10) with harmony left out; harmony (d, 10) issue-sides that the giver would grant alone;
    regretted (d, s, 10) issues whose giving costs a side that gives them; alone (d, s, 10) level of every issue that a
    side would give alone, 1 of what the other side gives;
    receiver_gain (d, 10) bn$ per quarter; stakes (d, s, 10) absolute single-issue gains; scale, legislature_scale
    (d, s) their medians S and S_L; supply_stake (d, giver); security (g, b, b) calibrated marginal security cost in k$
    per car, security_low and security_high its interval, identified (g, b, b) whether trade shows it; opening_cost
    (b, b) bn$ per quarter; markup (q, f) k$ at every node of the first assessment, for a run's first one to start from.
    """

    menus: tuple[Menu, ...]
    levels: tuple[FloatArray, ...]
    active: np.ndarray
    weights: FloatArray
    contested_weights: FloatArray
    harmony: np.ndarray
    regretted: np.ndarray
    alone: FloatArray
    stakes: FloatArray
    scale: FloatArray
    legislature_scale: FloatArray
    receiver_gain: FloatArray
    security: FloatArray
    security_low: FloatArray
    security_high: FloatArray
    identified: np.ndarray
    opening_cost: FloatArray
    treaty: np.ndarray
    supply_stake: FloatArray
    markup: FloatArray
