"""What there is to gain: the best package by which neither side loses, found without looking at all of them."""

from __future__ import annotations

import numpy as np
import pytest

from model import World, load_scenario
from model.assessment.attainable import attainable_gain, over_nothing
from model.numerics import same_bits
from model.packages.menu import Menu, build_menu
from model.packages.sums import Grid

EVERYTHING = np.ones(10, dtype=bool)


def by_hand(menu: Menu, first: Grid, second: Grid) -> np.ndarray:
    """The definition, package by package."""
    gains = [over_nothing(side).spread(menu) for side in (first, second)]
    fair = (gains[0] >= 0.0) & (gains[1] >= 0.0)
    return np.where(fair, gains[0] + gains[1], -np.inf).max(axis=-1)


def made_up(menu: Menu, rng: np.random.Generator, n: int) -> Grid:
    """Numbers for every package; those without any of the rest are exactly zero, as in the model."""
    y = rng.normal(0.0, 1.0, (n, menu.y_package.size))
    y[:, 0] = 0.0
    return Grid(rng.normal(0.0, 1.0, (n, menu.x_package.size)), y)


def test_it_is_what_looking_at_every_package_gives() -> None:
    menu, rng = build_menu(EVERYTHING, ~EVERYTHING), np.random.default_rng(5)
    first, second = made_up(menu, rng, 200), made_up(menu, rng, 200)
    found = attainable_gain(menu, first, second)
    assert found.shape == (200,)
    np.testing.assert_allclose(found, by_hand(menu, first, second), rtol=0, atol=1e-12)
    # In some lanes the best for both costs a side something, in some it does not.
    joint = (over_nothing(first).spread(menu) + over_nothing(second).spread(menu)).max(axis=-1)
    assert 0 < np.count_nonzero(found < joint - 1e-9) < 200


def test_one_lane_alone_has_the_same_bits() -> None:
    menu, rng = build_menu(EVERYTHING, ~EVERYTHING), np.random.default_rng(6)
    first, second = made_up(menu, rng, 40), made_up(menu, rng, 40)
    together = attainable_gain(menu, first, second)
    for lane in range(40):
        one = [Grid(side.x[lane], side.y[lane]) for side in (first, second)]
        assert same_bits(together[lane], attainable_gain(menu, *one))


def test_what_lanes_share_is_read_for_each() -> None:
    menu, rng = build_menu(EVERYTHING, ~EVERYTHING), np.random.default_rng(7)
    first, second = made_up(menu, rng, 20), made_up(menu, rng, 20)
    shared = Grid(second.x, second.y[0])
    spread = Grid(second.x, np.repeat(second.y[:1], 20, axis=0))
    assert same_bits(attainable_gain(menu, first, shared), attainable_gain(menu, first, spread))


def test_where_one_side_loses_by_everything_there_is_nothing() -> None:
    menu = build_menu(EVERYTHING, ~EVERYTHING)
    x, y = np.full(menu.x_package.size, -1.0), np.full(menu.y_package.size, -1.0)
    x[0] = y[0] = 0.0
    assert attainable_gain(menu, Grid(x, y), Grid(-2.0 * x, -2.0 * y)) == 0.0


def test_what_an_arm_takes_off_the_table_can_still_be_attained() -> None:
    own = load_scenario("2026").parameters
    whole, arm = (World("2026", own.with_overrides(change), 7, [3]) for change in ({}, {"tariff_issues": False}))
    for world in (whole, arm):
        world.step()
    assert same_bits(whole.known().attainable, arm.known().attainable)
    # And no package on the table of either gives more.
    for d, menu in enumerate(whole.agenda.menus):
        flows = whole.known().flows[d]
        assert whole.known().attainable[0, d] == pytest.approx(by_hand(menu, flows[0].kept, flows[1].kept)[0])
