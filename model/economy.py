"""What does not change during a run: the constants of an economy, and what the calibration found at its start.

An ``Economy`` is made from a scenario and a set of parameters by ``model.calibration``. Axes are those of
``model.vocabulary``; k$ per car, $/kWh, m cars and GWh per quarter, bn$ per quarter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.numerics import FloatArray

if TYPE_CHECKING:
    import numpy as np

    from model.menu import Menu


@dataclass(frozen=True)
class Economy:
    """Constants of the markets.

    market_size (m,) cars a quarter; kwh (m,) per car; is_home, is_foreign (m, o) flags; is_place (b, o); is_other_bloc
    (b, b) zero diagonal; nonbattery_cost, freight (m, 1, o) k$; firm_home (f,), supplier_home (k,) places;
    is_firm_home (f, b), is_supplier_home (k, b); imported_cells (o, k) share of k's cells that cross o's border;
    cell_freight (o, k) $/kWh; supplier_tie (o, f, k) and cell_level (o, f) solved for at the start; other_duty (g, b)
    on goods from the rest of the world; cuts (g, b, b, 5) share of the way from base to floor of
    each duty position; case_covers (g, b, b) whether a duty case moves the good; ice_share (m, b) of combustion sales
    by home of the maker; start_experience (k,) GWh; start_cell_cost (k,) $/kWh; cars_built (b,) m a year of any kind;
    charger_cost (m,) k$ a point; charger_budget (m,) bn$ a quarter.
    """

    market_size: FloatArray
    kwh: FloatArray
    is_home: FloatArray
    is_foreign: FloatArray
    is_place: FloatArray
    is_other_bloc: FloatArray
    nonbattery_cost: FloatArray
    freight: FloatArray
    firm_home: np.ndarray
    supplier_home: np.ndarray
    is_firm_home: FloatArray
    is_supplier_home: FloatArray
    imported_cells: FloatArray
    cell_freight: FloatArray
    supplier_tie: FloatArray
    cell_level: FloatArray
    other_duty: FloatArray
    cuts: FloatArray
    case_covers: FloatArray
    ice_share: FloatArray
    start_experience: FloatArray
    start_cell_cost: FloatArray
    cars_built: FloatArray
    charger_cost: FloatArray
    charger_budget: FloatArray


@dataclass(frozen=True)
class Opening:
    """What the calibration solved for at the scenario's start (theory 1.1, 1.3), the state of the first quarter.

    quality (m, f) utility; price, markup (m, f) k$; margin (f, k) $/kWh; origin_tie (m, f, o), origin_level (m, f);
    share (m, f) of all cars sold; cells (f, k) GWh; duty, special (g, b, b); trend (m,) utils by which all EV
    qualities grow a quarter.
    """

    quality: FloatArray
    price: FloatArray
    markup: FloatArray
    margin: FloatArray
    origin_tie: FloatArray
    origin_level: FloatArray
    share: FloatArray
    cells: FloatArray
    duty: FloatArray
    special: FloatArray
    trend: FloatArray


@dataclass(frozen=True)
class Agenda:
    """What governments can discuss and how much it matters to them, fixed at the start from the full menu.

    menus: one a dyad; levels: per dyad (P, 10) issue levels of every package; treaty (d,) package in force at the
    start.
    active (d, 10) issue-sides whose receiver gains at least v_min (theory 2.1); weights (d, 10) of depth over active
    ones, contested_weights (d, 10) with harmony left out; harmony (d, 10) issue-sides that the giver would grant alone;
    receiver_gain (d, 10) bn$ per quarter; stakes (d, s, 10) absolute single-issue gains; scale, legislature_scale
    (d, s) their medians S and S_L; supply_stake (d, giver); security (g, b, b) calibrated marginal security cost in k$
    per car, security_low and security_high its interval, identified (g, b, b) whether trade shows it; opening_cost
    (b, b) bn$ per quarter.
    """

    menus: tuple[Menu, ...]
    levels: tuple[FloatArray, ...]
    active: np.ndarray
    weights: FloatArray
    contested_weights: FloatArray
    harmony: np.ndarray
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
