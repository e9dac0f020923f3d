"""A scenario and what calibration finds in it, kept in memory so that replicates of one design point calibrate once."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from model.agenda import set_agenda
from model.calibration import open_economy
from model.economy import Agenda, Economy, Opening
from model.numerics import QUARTERS_PER_YEAR
from model.parameters import Parameters
from model.scenario import Scenario, load_scenario
from model.scenario_reading import find_scenario
from model.vocabulary import BLOCS, DIRECTED_DYADS, DYAD_OF, GOODS, SIDE_OF

CALIBRATIONS_KEPT = 32  # starting points kept in memory; one is about 100 kB


def known_scenario(name: str) -> Scenario:
    """``load_scenario``, read once, and again when the file has changed since."""
    return _read(name, _stamp(name))


def _stamp(name: str) -> tuple[int, int]:
    """What tells one state of a scenario's file from another: when it was written, and its length."""
    about = find_scenario(name).stat()
    return about.st_mtime_ns, about.st_size


@functools.lru_cache(maxsize=CALIBRATIONS_KEPT)
def _read(name: str, stamp: tuple[int, int]) -> Scenario:
    del stamp
    return load_scenario(name)


@functools.lru_cache(maxsize=CALIBRATIONS_KEPT)
def _calibrated(name: str, stamp: tuple[int, int], parameters: Parameters) -> tuple[Economy, Opening, Agenda]:
    scenario = _read(name, stamp)
    economy, opening = open_economy(scenario, parameters)
    return economy, opening, set_agenda(economy, parameters, scenario, opening)


def starting_point(scenario: str, parameters: Parameters) -> tuple[Scenario, Economy, Opening, Agenda]:
    """A scenario and its calibration under these parameters (theory 1.1, 1.4, 1.6a, 1.7)."""
    return known_scenario(scenario), *_calibrated(scenario, _stamp(scenario), parameters)


def calibration_table(scenario: str, parameters: Parameters | None = None) -> pd.DataFrame:
    """What the calibration found for every importer, exporter and good; re-run it after changing anything.

    Columns: importer, exporter, good; security_cost, low, high (k$ per car: the marginal cost that makes today's
    no-treaty duty optimal, and the interval in which no step of the duty grid pays); identified (whether trade shows
    it); opening_cost (bn$ per year that keeps the first quarter quiet); supply_stake (bn$ per year, to the importer
    from the exporter's assured supply); availability (share of the exporter's brands on sale in the importer).
    """
    chosen = known_scenario(scenario).parameters if parameters is None else parameters
    world, _, _, agenda = starting_point(scenario, chosen)
    rows = []
    for importer, exporter in DIRECTED_DYADS:
        dyad, giver = DYAD_OF[importer, exporter], SIDE_OF[exporter, importer]
        home = world.automaker_home == exporter
        sold = int(np.count_nonzero(world.availability[home, importer] >= 1.0))
        for g, good in enumerate(GOODS):
            rows.append(
                {
                    "importer": BLOCS[importer],
                    "exporter": BLOCS[exporter],
                    "good": good,
                    "security_cost": agenda.security[g, importer, exporter],
                    "low": agenda.security_low[g, importer, exporter],
                    "high": agenda.security_high[g, importer, exporter],
                    "identified": bool(agenda.identified[g, importer, exporter]),
                    "opening_cost": QUARTERS_PER_YEAR * agenda.opening_cost[importer, exporter],
                    "supply_stake": QUARTERS_PER_YEAR * agenda.supply_stake[dyad, giver],
                    "availability": sold / max(1, int(np.count_nonzero(home))),
                }
            )
    return pd.DataFrame(rows)
