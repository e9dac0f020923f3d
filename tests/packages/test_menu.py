"""The menu: packages are positions on eight axes; values said of axes are values said of packages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.packages.menu import (
    CUT_OF_POSITION,
    N_AXES,
    STANDARDS,
    STANDARDS_AXIS,
    STANDARDS_LAPSED,
    STANDARDS_NAMES,
    STANDARDS_SAVING,
    Menu,
    build_menu,
    negotiable,
    negotiable_among,
    own_steps,
)
from model.vocabulary import CHARGING, DUTY, DUTY_CUTS, ISSUES, LINKAGE, N_ISSUES, RECOGNITION, SUPPLY, TECHNOLOGY

FULL = build_menu(np.ones(N_ISSUES, dtype=bool), np.zeros(N_ISSUES, dtype=bool))
NOTHING = np.zeros(N_ISSUES, dtype=bool)
CUTS = np.array([DUTY_CUTS, (0.0, 0.0, 0.2, 0.4, 1.0)])


def some_menu(flags: list[bool]) -> Menu:
    return build_menu(np.array(flags), NOTHING)


flags = st.lists(st.booleans(), min_size=N_ISSUES, max_size=N_ISSUES)


def test_the_full_menu_has_every_combination_once() -> None:
    assert FULL.n_packages == 5 * 5 * 2 * 2 * 8 * 2 * 2 * 2 == len({tuple(row) for row in FULL.coordinates})
    assert FULL.coordinates.shape == (FULL.n_packages, N_AXES)


@given(flags)
def test_package_zero_is_no_treaty_and_every_package_is_found_again(active: list[bool]) -> None:
    menu = some_menu(active)
    levels = menu.levels(CUTS)
    assert not np.any(menu.coordinates[0]) and not np.any(levels[0])
    for package in {0, menu.n_packages // 2, menu.n_packages - 1}:
        assert menu.index(tuple(int(x) for x in menu.coordinates[package])) == package
    assert levels.min() >= 0.0 and levels.max() <= 1.0


@given(flags)
def test_inactive_issues_are_on_no_package(active: list[bool]) -> None:
    menu = some_menu(active)
    used = np.max(menu.levels(CUTS), axis=0) > 0.0
    assert not np.any(used & ~np.array(active))
    assert np.all(used[np.array(active)])


def test_what_a_treaty_has_stays_on_the_menu() -> None:
    held = NOTHING.copy()
    held[[SUPPLY, CHARGING]] = True
    menu = build_menu(NOTHING, held)
    assert {ISSUES[u] for u in np.flatnonzero(np.max(menu.levels(CUTS), axis=0))} == {"supply_first", "charging"}
    with pytest.raises(ValueError, match="axis 0 has no position 2"):
        menu.index((2, 0, 0, 0, 0, 0, 0, 0))


@given(flags, flags, st.integers(0, 10_000), st.integers(0, 10_000))
def test_talks_are_on_upgrades_within_what_is_allowed(
    active: list[bool], allowed: list[bool], now: int, then: int
) -> None:
    menu = some_menu(active)
    now, then = now % menu.n_packages, then % menu.n_packages
    table = negotiable(menu, tuple(allowed), now)
    assert table[now]  # staying is always possible
    # A standstill has no cut, so the levels of duties do not show it; positions do.
    uses = menu.levels(CUTS)
    uses[:, DUTY : DUTY + 2] = menu.coordinates[:, :2]
    keeps = np.all(uses[then] >= uses[now])
    leaves_the_rest = np.all(uses[then][~np.array(allowed)] == uses[now][~np.array(allowed)])
    assert table[then] == (keeps and leaves_the_rest)
    some = np.array([now, then])
    among = negotiable_among(menu, tuple(allowed), some)
    assert (among == [negotiable(menu, tuple(allowed), int(one))[some] for one in some]).all()
    np.testing.assert_array_equal(menu.held > 0, uses > 0)


def test_nodes_tell_cut_and_savings() -> None:
    # A third off by side 0, mutual recognition and common charging: both savings in both markets.
    package = FULL.index((2, 0, 0, 0, STANDARDS.index((1, 1, 1)), 0, 0, 0))
    assert FULL.node(package, 0) == 4 * CUT_OF_POSITION[2] + 3 and FULL.node(package, 1) == 3
    assert FULL.node(0, 0) == FULL.node(0, 1) == 0
    # A standstill changes no price.
    assert FULL.node(FULL.index((1, 0, 0, 0, 0, 0, 0, 0)), 0) == 0


def test_recognition_saves_in_the_market_of_the_side_that_gives_it() -> None:
    state = STANDARDS.index((1, 0, 0))
    assert list(STANDARDS_SAVING[state]) == [2, 0]
    assert list(STANDARDS_SAVING[STANDARDS.index((0, 0, 1))]) == [1, 1]


def test_standards_are_three_free_bits_in_eight_states_each_named() -> None:
    wanted = {(first, second, charging) for first in (0, 1) for second in (0, 1) for charging in (0, 1)}
    assert set(STANDARDS) == wanted and len(STANDARDS) == len(wanted) == len(set(STANDARDS_NAMES))
    for (first, second, charging), name in zip(STANDARDS, STANDARDS_NAMES, strict=True):
        assert ("charging" in name) == bool(charging)
        assert ("mutual" in name) == bool(first and second)
        assert ("first recognises" in name, "second recognises" in name) == (first > second, second > first)


@given(flags)
def test_every_state_of_active_standards_is_on_the_menu(active: list[bool]) -> None:
    menu = some_menu(active)
    free = [active[RECOGNITION], active[RECOGNITION + 1], active[CHARGING]]
    found = {tuple(STANDARDS[state]) for state in menu.coordinates[:, STANDARDS_AXIS]}
    assert len(found) == 2 ** sum(free)
    assert all(not held or on for state in found for held, on in zip(state, free, strict=True))


@pytest.mark.parametrize("side", [0, 1])
def test_who_lapses_takes_back_its_own_and_whatever_is_joint(side: int) -> None:
    for state, (first, second, _) in enumerate(STANDARDS):
        left = STANDARDS[STANDARDS_LAPSED[side][state]]
        given = [first, second]
        given[side] = 0
        assert left == (*given, 0)
    assert not np.any(STANDARDS_LAPSED[2])


def test_levels_of_one_package_by_hand() -> None:
    levels = FULL.levels(CUTS)
    package = FULL.index((3, 4, 1, 0, STANDARDS.index((0, 1, 0)), 0, 1, 1))
    wanted = np.zeros(N_ISSUES)
    wanted[DUTY], wanted[DUTY + 1] = 2 / 3, 1.0
    wanted[SUPPLY], wanted[RECOGNITION + 1], wanted[LINKAGE + 1], wanted[TECHNOLOGY] = 1, 1, 1, 1
    np.testing.assert_allclose(levels[package], wanted)


# --- access (second edition 3) --------------------------------------------------------------------------------------

DOORS = build_menu(np.ones(N_ISSUES, dtype=bool), NOTHING, access=(0, 2))


def test_access_multiplies_the_bound_duties_of_who_lets_in() -> None:
    assert DOORS.sizes[:2] == (5, 5 + 2 * 4) and DOORS.n_packages == FULL.n_packages // 5 * 13
    # Who lets brands in binds its duty; what both hold of the ten issues is told apart from access.
    assert DOORS.duty_at[DOORS.access_at[:, 1] > 0, 1].min() == 1 and not DOORS.access_at[:, 0].any()
    np.testing.assert_array_equal(DOORS.held[:, DUTY : DUTY + 2], DOORS.duty_at)
    # Without access nothing is another package than before.
    plain = DOORS.access_at[:, 1] == 0
    np.testing.assert_array_equal(DOORS.coordinates[plain], FULL.coordinates)
    np.testing.assert_array_equal(DOORS.levels(CUTS)[plain], FULL.levels(CUTS))


def test_access_is_worth_its_place_among_the_steps() -> None:
    levels = DOORS.levels(CUTS)[:, DUTY + 1]
    for step, standstill in ((1, 0.5), (2, 1.0)):
        assert levels[DOORS.index((0, 5 * step + 1, 0, 0, 0, 0, 0, 0))] == standstill
    assert levels[DOORS.index((0, 5 + 4, 0, 0, 0, 0, 0, 0))] == 1.0  # a full cut beside the first step


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
def test_neither_access_nor_duty_is_taken_back_in_talks(now: int, then: int, is_allowed: bool) -> None:
    now, then = now % DOORS.n_packages, then % DOORS.n_packages
    allowed = [True] * N_ISSUES
    allowed[DUTY + 1] = is_allowed
    table = negotiable(DOORS, tuple(allowed), now)
    more = (DOORS.access_at[then] >= DOORS.access_at[now]).all() and (DOORS.held[then] >= DOORS.held[now]).all()
    stays = DOORS.coordinates[then, 1] == DOORS.coordinates[now, 1]
    assert table[then] == (more and (is_allowed or stays))


def test_a_duty_moves_below_its_access() -> None:
    package = DOORS.index((2, 5 + 3, 0, 1, 0, 0, 0, 1))
    steps = DOORS.duty_variants[1][package]
    assert steps[0] == package, "it is never unbound"
    np.testing.assert_array_equal(DOORS.coordinates[steps[1:], 1], [6, 7, 8, 9])
    own = own_steps(DOORS, (True,) * N_ISSUES, package, 1)
    assert own.any() and (DOORS.access_at[own, 1] == 1).all(), "no gesture opens a market"


def test_every_step_of_access_has_nodes_of_its_own() -> None:
    nodes = [DOORS.node(DOORS.index((0, at, 0, 0, s, 0, 0, 0)), 1) for at in DOORS.positions[1] for s in range(8)]
    # Unbound and bound at today's rate are the same node; four savings a cut.
    assert len(set(nodes)) == 3 * 4 * 4 and max(nodes) == 24 + 2 * 16 - 1
    assert not set(nodes) & set(range(16, 24)), "those are the importer's own moves"
