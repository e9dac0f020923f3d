"""How the ensemble's time grows with the size of the model: quarters, replicates, automakers, packages.

Each size is doubled a few times with everything else as it is; the exponent is the slope of log time on log size, so
1 is proportional growth.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, Final

import numpy as np

from experiments.bench.cases import Packages, Session, by_opener, cases_of
from model import Ensemble, Scenario
from model import world as world_module
from model.packages.menu import build_menu
from model.start.agenda import set_agenda
from model.start.calibration import open_economy
from model.start.starting_point import known_scenario
from model.vocabulary import CHARGING, LINKAGE, N_ISSUES, RECOGNITION, SUPPLY, TECHNOLOGY

ROOT_SEED: Final = 20260928
# Menus from duties alone to everything.
MENUS: Final = (
    (),
    (SUPPLY,),
    (SUPPLY, SUPPLY + 1),
    (SUPPLY, SUPPLY + 1, LINKAGE),
    (SUPPLY, SUPPLY + 1, LINKAGE, LINKAGE + 1),
    (SUPPLY, SUPPLY + 1, LINKAGE, LINKAGE + 1, TECHNOLOGY),
    (SUPPLY, SUPPLY + 1, LINKAGE, LINKAGE + 1, TECHNOLOGY, RECOGNITION, RECOGNITION + 1, CHARGING),
)
Times = dict[int, float]


def exponent(times: Times) -> float:
    """Slope of log time on log size, least squares."""
    size, seconds = np.log(list(times)), np.log(list(times.values()))
    return float(np.polyfit(size, seconds, 1)[0])


def timed(works: dict[int, Callable[[], object]], repeats: int, tick: Callable[[], None]) -> Times:
    """Median CPU seconds of each size; the sizes take turns."""
    spent: dict[int, list[float]] = {size: [] for size in works}
    for _ in range(repeats):
        for size, work in works.items():
            start = time.process_time()
            work()
            spent[size].append(time.process_time() - start)
            tick()
    return {size: median(seconds) for size, seconds in spent.items()}


def with_more_automakers(scenario: Scenario, times: int) -> Scenario:
    """The scenario with every automaker cut into so many equal ones, each with its part of the sales."""
    n = len(scenario.automakers)
    changed: dict[str, Any] = {
        "automakers": tuple(name if k == 0 else f"{name} {k + 1}" for name in scenario.automakers for k in range(times))
    }
    for field in dataclasses.fields(scenario):
        values = getattr(scenario, field.name)
        if isinstance(values, np.ndarray) and n in values.shape:
            axis = values.shape.index(n)
            changed[field.name] = np.repeat(values, times, axis=axis)
    changed["brand_share"] = changed["brand_share"] / times
    return dataclasses.replace(scenario, **changed)


@contextmanager
def playing(scenario: Scenario) -> Iterator[None]:
    """Within, ensembles start from this scenario, calibrated once, whatever name they are given."""
    parameters = scenario.parameters
    economy, opening = open_economy(scenario, parameters)
    start = scenario, economy, opening, set_agenda(economy, parameters, scenario, opening)
    usual = world_module.starting_point
    world_module.starting_point = lambda *_: start
    try:
        yield
    finally:
        world_module.starting_point = usual


def growth(
    scenario: str, lanes: int, repeats: int, n_quarters: int, tick: Callable[[], None] = lambda: None
) -> dict[str, Times]:
    """CPU seconds by size: of a block by quarters and by automakers, of blocks by replicates, of talks by packages."""

    def block(replicates: int, quarters: int) -> Callable[[], object]:
        return lambda: Ensemble(scenario, ROOT_SEED, replicates, lanes=lanes, n_quarters=quarters).run().summary()

    block(2, 2)()
    times = {
        "quarters": timed({n_quarters // k: block(lanes, n_quarters // k) for k in (4, 2, 1)}, repeats, tick),
        "replicates": timed({lanes * k: block(lanes * k, n_quarters) for k in (1, 2, 4)}, repeats, tick),
        "automakers": {},
        "packages": timed(_talks(scenario, lanes), repeats, tick),
    }
    known = known_scenario(scenario)
    for k in (1, 2, 4):
        larger = with_more_automakers(known, k)
        with playing(larger):
            times["automakers"] |= timed({len(larger.automakers): block(lanes, n_quarters)}, repeats, tick)
    return times


def n_timings(repeats: int) -> int:
    """How often ``growth`` ticks."""
    return repeats * (3 + 3 + 3 + len(MENUS))


def _talks(scenario: str, lanes: int) -> dict[int, Callable[[], object]]:
    """By number of packages: value all of them for both sides, and bargain over them for a quarter."""
    cases = cases_of(scenario, lanes)
    works: dict[int, Callable[[], object]] = {}
    for extra in MENUS:
        active = np.zeros(N_ISSUES, dtype=bool)
        active[[0, 1, *extra]] = True
        menu = build_menu(active, np.zeros(N_ISSUES, dtype=bool))
        sides = [dataclasses.replace(case, menu=menu) for case in cases.packages[:2]]
        works[menu.n_packages] = _quarter_of(sides, cases.sessions[0])
    return works


def _quarter_of(sides: list[Packages], session: Session) -> Callable[[], object]:
    def work() -> object:
        kept = [side.play()[0] for side in sides]
        gains = kept[0] - kept[0][:, :1], kept[1] - kept[1][:, :1]
        fine = gains[0] >= session.reservation[0], gains[1] >= session.reservation[1]
        own, admissible = by_opener(gains, session.n_first), by_opener(fine, session.n_first)
        partner = own[0][::-1], own[1][::-1]
        return dataclasses.replace(session, own=own, partner=partner, admissible=admissible).play()

    return work
