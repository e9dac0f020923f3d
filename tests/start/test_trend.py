"""The trend of EV qualities: what is left of the path to the target share when costs have done their part."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import worlds

from model.numerics import same_bits
from model.scenario.scenario import load_scenario
from model.start.calibration import open_changed, open_economy, support
from model.start.starting_point import growth_table
from model.start.trend import fit_trend, growth_parts, log_odds, projected_costs
from model.vocabulary import BLOCS


@pytest.fixture(scope="module", params=worlds.SCENARIOS)
def start(request: pytest.FixtureRequest) -> Any:
    return worlds.played(request.param, quarters=0)


def test_costs_fall_along_the_path_and_stop_at_the_floor(start: Any) -> None:
    s, p, economy = start.start, start.parameters, start.economy
    path = [projected_costs(s, p, economy, start.world.opening, n) for n in (1, 4, 12, 24)]
    for before, after in pairwise([economy.start_cell_cost, *(costs.cell for costs in path)]):
        assert np.all(after < before) and np.all(after > p.battery_cost_floor)
    for before, after in pairwise([np.ones(len(s.automakers)), *(costs.car for costs in path)]):
        assert np.all(after < before) and np.all(after > 0.6)


def test_log_odds_are_finite_at_the_ends() -> None:
    assert log_odds(np.array(0.5)) == 0.0 and np.all(np.isfinite(log_odds(np.array([0.0, 1.0]))))


def test_more_learning_leaves_less_to_the_trend(start: Any) -> None:
    s = start.start
    found = []
    for rate in (0.09, 0.18, 0.24):
        p = s.parameters.with_overrides({"battery_learning_rate": rate})
        _, opening = open_economy(s, p)
        found.append(opening.trend)
        assert np.all(np.isfinite(opening.trend))
    assert np.all(found[1] < found[0]) and np.all(found[2] < found[1])


def test_cars_that_learn_and_brands_that_enter_leave_less_to_the_trend(start: Any) -> None:
    s, p = start.start, start.parameters
    known, older = start.world.opening.trend, p.with_overrides({"vehicle_learning_rate": 0.0})
    assert np.all(known < open_economy(s, older)[1].trend)
    entered = open_economy(s, p.with_overrides({"variety_in_trend": 0.0}))[1].trend
    if s.name == "2018":
        assert np.all(known <= entered) and known[1] < entered[1], "brands go on sale in the US"
    else:
        assert same_bits(known, entered)


def test_the_parts_of_growth_add_up_and_the_trend_is_what_is_left(start: Any) -> None:
    s, p, opening = start.start, start.parameters, start.world.opening
    then = min(round(s.drift_quarters), s.n_quarters - 1)
    parts = growth_parts(s, p, start.economy, opening, support(s, then))
    whole = log_odds(s.drift_target) - log_odds(s.ev_share)
    np.testing.assert_allclose(sum(parts.values()), whole, atol=1e-12)
    assert np.all(parts["price"] > 0.0) and np.all(parts["variety"] >= 0.0) and np.all(parts["trend"] < whole)
    table = growth_table(s.name, p)
    np.testing.assert_allclose(table[list(parts)].sum(axis=1), 1.0)
    np.testing.assert_allclose(table["trend"], parts["trend"] / whole)


def test_support_to_come_leaves_less_to_the_trend(start: Any) -> None:
    s, p = start.start, start.parameters
    none = fit_trend(s, p, start.economy, start.world.opening, np.zeros_like(start.world.opening.share))
    some = fit_trend(s, p, start.economy, start.world.opening, np.ones_like(start.world.opening.share))
    # A car that is a thousand dollars cheaper for everybody replaces alpha utils of quality.
    np.testing.assert_allclose((none - some) * round(s.drift_quarters), p.alpha, rtol=1e-6)
    assert none.shape == (len(BLOCS),)


def test_the_trend_is_the_same_when_fitted_again(start: Any) -> None:
    again = load_scenario(start.start.name)
    found = open_economy(again, start.parameters)
    if again.base is not None:  # who may sell there is another policy: the trend is the base's
        found = open_changed(again, start.parameters, again.base)
    opening = found[1]
    assert same_bits(opening.trend, start.world.opening.trend)


@pytest.mark.parametrize("name", ["2026", "symmetric"])
def test_a_world_without_negotiation_comes_near_its_target(name: str) -> None:
    quiet = {**worlds.NOTHING_ON_THE_TABLE, "unilateral_duties": False, "unilateral_recognition_rate": 0.0}
    quiet |= {"plant_hazard_max": 0.0, "zev_cost": 100.0}
    world = worlds.played(name, **quiet)
    then = min(round(world.start.drift_quarters), world.n_quarters - 1)
    share = worlds.series(world, "bloc", "ev_share")[:, then]
    # Announcements made on the way and contracts that are re-opened are not in the projection.
    np.testing.assert_allclose(share, world.start.drift_target, atol=0.1)
