"""A scenario and what calibration finds in it, kept in memory so that replicates of one design point calibrate once."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model.compiled.arithmetic import NUMPY, using_arithmetic
from model.faults import InputFault
from model.market.economy import Economy, Opening
from model.numerics import QUARTERS_PER_YEAR
from model.packages.agenda import Agenda
from model.parameters.checked import Parameters
from model.parameters.spec import STRUCTURE
from model.scenario.reading import find_scenario, read_chain, read_scenario
from model.scenario.scenario import Scenario, built
from model.start.agenda import set_agenda, with_finance
from model.start.calibration import open_changed, open_economy, support
from model.start.trend import growth_parts
from model.vocabulary import GOODS

if TYPE_CHECKING:
    import pandas as pd


GOODS_IN_WORDS = ("electric cars", "battery cells")  # in the order of GOODS
# Starting points kept in memory, of about 100 kB each: a sample of assumptions, whose every row each design plays, has
# up to some 200.
CALIBRATIONS_KEPT = 256


@dataclasses.dataclass(frozen=True, eq=False)
class _Known:
    """A scenario, and a digest of the bytes of every file that was read for it, empty where there was none."""

    scenario: Scenario
    files: Mapping[Path, bytes]


_known: dict[str, _Known] = {}


def known_scenario(name: str) -> Scenario:
    """``load_scenario``, read once, and again when anything that was read for it has changed since.

    Raises:
        InputFault: lists every fault of the file.
    """
    return _current(name).scenario


def _current(name: str) -> _Known:
    path = find_scenario(name)
    key = str(path.absolute())
    known = _known.get(key)
    if known is None or any(_digest_of(file) != digest for file, digest in known.files.items()):
        reading = read_scenario(path)
        scenario = built(reading, Path(name).stem)
        # Some tables are opened only when arrays are made.
        known = _known[key] = _Known(scenario, {file: _digest_of(file) for file in reading.looked_at()})
        while len(_known) > CALIBRATIONS_KEPT:
            _known.pop(next(iter(_known)), None)
    return known


def _digest_of(file: Path) -> bytes:
    """Not ``digest_of_file``: whatever changes is read again, and to tell line ends apart costs nothing."""
    try:
        return hashlib.sha256(file.read_bytes()).digest()
    except OSError:
        return b""


@functools.lru_cache(maxsize=CALIBRATIONS_KEPT)
def calibrated_with(scenario: Scenario, parameters: Parameters) -> Parameters:
    """What the calibration of a scenario sees of a run's parameters: what is structure; the rest is the scenario's own.

    Preferences do not depend on what parties may do, or on how results are measured.
    """
    return scenario.parameters.with_overrides(parameters.of_role(STRUCTURE))


@functools.lru_cache(maxsize=CALIBRATIONS_KEPT)
def _calibrated(scenario: Scenario, parameters: Parameters) -> tuple[Economy, Opening, Agenda]:
    base = scenario.base
    if base is None:
        economy, opening = open_economy(scenario, parameters)
        return economy, opening, set_agenda(economy, parameters, scenario, opening)
    economy, opening = open_changed(scenario, parameters, base)
    taken_over = _calibrated(base, calibrated_with(base, parameters))[2]
    return economy, opening, set_agenda(economy, parameters, scenario, opening, taken_over)


@functools.lru_cache(maxsize=CALIBRATIONS_KEPT)
def _begun(scenario: Scenario, parameters: Parameters, finance: bool) -> tuple[Economy, Opening, Agenda]:
    economy, opening, agenda = _calibrated(scenario, parameters)
    if finance != parameters.club_finance:
        agenda = with_finance(agenda, economy, scenario, finance)
    return economy, opening, agenda


def parameters_for(scenario: str, parameters: Parameters) -> Parameters:
    """Parameters for the parties of a scenario: those of others are taken as changes to the scenario's own.

    Raises:
        InputFault: a change is of somebody who is no party.
    """
    return for_parties(known_scenario(scenario), parameters)


def for_parties(scenario: Scenario, parameters: Parameters) -> Parameters:
    """``parameters_for`` a scenario that is read already."""
    if parameters.parties == scenario.parties:
        return parameters
    return scenario.parameters.with_overrides(parameters.changes())


def starting_point(scenario: str, parameters: Parameters) -> tuple[Scenario, Economy, Opening, Agenda]:
    """A scenario and its calibration, for runs under these parameters (theory 1.1, 1.4, 1.6a, 1.7).

    The calibration sees of them what is structure, and else the scenario's own. Of what the run may do, only the
    transfer of a linkage concession shows here, as another menu.
    """
    found = known_scenario(scenario)
    parameters = for_parties(found, parameters)
    # Kept for other worlds too: the calibration has the same bits whatever the arithmetic of a run.
    with using_arithmetic(NUMPY):
        return found, *_begun(found, calibrated_with(found, parameters), parameters.club_finance)


def calibration_table(scenario: str, parameters: Parameters | None = None) -> pd.DataFrame:
    """What the calibration found for every importer, exporter and good; re-run it after changing anything.

    Columns: importer, exporter, good; security_cost, low, high (k$ per car: the marginal cost that makes today's
    no-treaty duty optimal, and the interval in which no step of the duty grid pays); identified (whether trade shows
    it); opening_cost (bn$ per year that keeps the first quarter quiet); supply_stake (bn$ per year, to the importer
    from the exporter's assured supply); availability (share of the exporter's brands on sale in the importer).
    """
    import pandas as pd

    chosen = known_scenario(scenario).parameters if parameters is None else parameters
    world, _, _, agenda = starting_point(scenario, chosen)
    rows, parties = [], world.parties
    for importer, exporter in parties.directed:
        dyad, giver = parties.dyad_of[importer, exporter], parties.side_of[exporter, importer]
        home = world.automaker_home == exporter
        sold = int(np.count_nonzero(world.availability[home, importer] >= 1.0))
        for g, good in enumerate(GOODS):
            rows.append(
                {
                    "importer": parties.blocs[importer],
                    "exporter": parties.blocs[exporter],
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


def growth_table(scenario: str, parameters: Parameters | None = None) -> pd.DataFrame:
    """What the growth of EV shares to their targets is made of, a row a bloc.

    Columns: bloc; start, target (shares); price, variety, network, announced, trend: part of the growth in log odds
    that each brings on top of those before, adding up to 1. Targets are those of the scenario that it takes over.
    """
    import pandas as pd

    chosen = known_scenario(scenario).parameters if parameters is None else parameters
    world, economy, opening, _ = starting_point(scenario, chosen)
    then = min(round(world.drift_quarters), world.n_quarters - 1)
    seen = calibrated_with(world, parameters_for(scenario, chosen))
    parts = growth_parts(world, seen, economy, opening, support(world, then))
    whole = sum(parts.values())
    shares = {"start": world.ev_share, "target": world.drift_target}
    columns = shares | {name: part / whole for name, part in parts.items()}
    return pd.DataFrame({"bloc": world.parties.blocs, **columns})


def identification_flips(scenario: str, changes: Mapping[str, object] | None = None) -> list[str]:
    """Security costs that trade tells in this scenario and not in one that it extends, or the reverse, in sentences.

    Only a scenario with ``calibrate = true``, or one that extends such a one, estimates what governments want anew: a
    flip then changes preferences with policy.
    changes: parameters that are set in both by name. Nothing is told of a scenario that cannot be calibrated.
    Raises:
        InputFault: the scenario cannot be read.
    """
    told: dict[tuple[int, int, int], str] = {}
    names = known_scenario(scenario).parties.blocs
    _, (own, *bases) = read_chain(find_scenario(scenario))
    for base in bases:
        try:
            here, there = _agenda_of(str(own), changes), _agenda_of(str(base), changes)
        except (ArithmeticError, InputFault):
            continue  # runs tell why
        if here.identified.shape != there.identified.shape:
            continue  # other governments
        for good, importer, exporter in np.argwhere(here.identified != there.identified).tolist():
            pair = f"{names[importer]} sees in {GOODS_IN_WORDS[good]} from {names[exporter]}"
            known = there if there.identified[good, importer, exporter] else here
            cost = f"{known.security[good, importer, exporter]:.1f} k$ a car"
            side = (f"{cost} in {base.stem}", "not identified here, where it counts as 0")
            if known is here:
                side = (f"not identified in {base.stem}, where it counts as 0", f"{cost} here")
            told.setdefault((good, importer, exporter), f"The security cost that {pair} is {side[0]}, and {side[1]}.")
    return [told[key] for key in sorted(told)]


def _agenda_of(scenario: str, changes: Mapping[str, object] | None) -> Agenda:
    own = known_scenario(scenario).parameters
    return starting_point(scenario, own.with_overrides(changes or {}))[3]
