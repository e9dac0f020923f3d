"""The menu of a dyad: every package that can lie on its table, as a product of eight short axes.

A package is one position on each axis. Its value to a party is a sum over axes (theory 1.7: payoffs are additive over
markets), so anything said about all packages at once is a *broadcast sum* of small tables, never a loop over packages:

=====  ==================  =======================================================
axis   what                positions
=====  ==================  =======================================================
0, 1   duty of side 0, 1   unbound, standstill, one third, two thirds, full; where access is on the table, the last
                           four again with every step of access (second edition 3)
2, 3   supply assurance    no, yes (given by side 0, by side 1)
4      standards           each of the eight: 0 recognises or not, 1 recognises or not, common charging or not
5, 6   linkage             no, yes (given by side 0, by side 1); where money may go with it: with green finance
7      technology          no, yes
=====  ==================  =======================================================

Package 0 is always "no treaty". An issue that is not active (theory 2.1) keeps its first position only.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from model.vocabulary import (
    CHARGING,
    DUTY,
    DUTY_POSITIONS,
    LINKAGE,
    N_ISSUES,
    N_SIDES,
    RECOGNITION,
    SUPPLY,
    TECHNOLOGY,
)

N_AXES: Final = 8
STANDARDS_AXIS: Final = 4
TECHNOLOGY_AXIS: Final = 7

# Standards are three free bits (second edition 2): side 0 recognises side 1, side 1 recognises side 0, common charging.
STANDARDS: Final = tuple((state & 1, state >> 1 & 1, state >> 2) for state in range(8))
STANDARDS_NAMES: Final = (
    "no standards",
    "first recognises second",
    "second recognises first",
    "mutual recognition",
    "common charging",
    "first recognises second, and common charging",
    "second recognises first, and common charging",
    "mutual recognition and common charging",
)

# Which of the four cuts (none, first, second, full) a duty position stands for, and savings to each cut.
CUT_OF_POSITION: Final = (0, 0, 1, 2, 3)
N_SAVINGS: Final = 4
# Positions of an axis of duties: step a of access, 0 what is in force, with duty position c is N_DUTY a + c. Who lets
# brands in binds its duty, so that beyond step 0 there is no c = 0.
N_DUTY: Final = len(DUTY_POSITIONS)
# Access given by side 0, 1, counted beside the issues: a family of concessions of its own (theory 1.10).
ACCESS_ISSUE: Final = N_ISSUES
# Nodes of an assessment without access, and of every step beyond what is in force.
N_PLAIN_NODES: Final = 24
N_STEP_NODES: Final = 16

# Which saving node of a market each state of standards gives: bit 0 = adaptation saved, bit 1 = homologation saved.
# Side s's market imports from the other side, whose certificates s recognises.
STANDARDS_SAVING: Final = np.array([[2 * first + charge, 2 * second + charge] for first, second, charge in STANDARDS])


# Position of a linkage concession that brings green finance with it.
WITH_FINANCE: Final = 2

# The bit of a saving node that stands for recognition.
RECOGNISED: Final = 2


# What is left of a state of standards when side s (2 = both) stops honouring: its recognition and what is joint go.
STANDARDS_LAPSED: Final = np.arange(8) & np.array([0b010, 0b001, 0b000])[:, None]


@dataclass(frozen=True)
class Menu:
    """All packages of one dyad.

    ``positions[a]`` are the positions kept on axis ``a``. How deep each duty position cuts is no part of the menu: it
    comes to ``levels`` from the economy (theory 1.6).
    """

    positions: tuple[tuple[int, ...], ...]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of positions on each axis."""
        return tuple(len(kept) for kept in self.positions)

    @cached_property
    def n_packages(self) -> int:
        """Number of packages, the no-treaty one included."""
        return int(np.prod(self.sizes))

    @cached_property
    def coordinates(self) -> np.ndarray:
        """(P, 8) position on each axis of every package."""
        grids = np.meshgrid(*[np.array(kept) for kept in self.positions], indexing="ij")
        return np.stack([grid.reshape(-1) for grid in grids], axis=-1)

    # Packages as pairs: a combination x of duties and standards, a combination y of everything else (model.grids).

    @cached_property
    def x_of(self) -> np.ndarray:
        """(P,) combination of duties and standards of every package, in [0, X)."""
        return self._combination((0, 1, STANDARDS_AXIS))

    @cached_property
    def y_of(self) -> np.ndarray:
        """(P,) combination of all other commitments of every package, in [0, Y)."""
        return self._combination((2, 3, 5, 6, TECHNOLOGY_AXIS))

    @cached_property
    def n_x(self) -> int:
        """Number of combinations of duties and standards."""
        return self.x_package.size

    @cached_property
    def x_package(self) -> np.ndarray:
        """(X,) the package with each combination of duties and standards and nothing else."""
        return np.flatnonzero(self.y_of == 0)

    @cached_property
    def y_package(self) -> np.ndarray:
        """(Y,) the package with each combination of the other commitments and nothing else."""
        return np.flatnonzero(self.x_of == 0)

    @cached_property
    def alone(self) -> tuple[np.ndarray, ...]:
        """By axis, (n,) the packages with each of its positions and nothing else."""
        place = np.stack(np.unravel_index(np.arange(self.n_packages), self.sizes))
        return tuple(np.flatnonzero(np.all(np.delete(place, axis, axis=0) == 0, axis=0)) for axis in range(N_AXES))

    def _combination(self, axes: tuple[int, ...]) -> np.ndarray:
        place = np.stack(np.unravel_index(np.arange(self.n_packages), self.sizes))
        return np.ravel_multi_index(tuple(place[list(axes)]), tuple(self.sizes[axis] for axis in axes))

    @cached_property
    def standards(self) -> np.ndarray:
        """(L,) states of standards kept on the menu."""
        return np.array(self.positions[STANDARDS_AXIS])

    @cached_property
    def duty_variants(self) -> tuple[np.ndarray, np.ndarray]:
        """By side, (P, 5) the package with each position of that side's duty in place of its own.

        Access stays. Where a position is not on the menu the entry is the package itself.
        """
        place = np.stack(np.unravel_index(np.arange(self.n_packages), self.sizes))
        variants = []
        for side in (0, 1):
            rows = []
            kept = np.array(self.positions[side])
            for position in range(N_DUTY):
                moved = place.copy()
                aim = self.access_at[:, side] * N_DUTY + position
                moved[side] = np.where(np.isin(aim, kept), np.searchsorted(kept, aim), place[side])
                rows.append(np.ravel_multi_index(tuple(moved), self.sizes))
            variants.append(np.stack(rows, axis=-1))
        return variants[0], variants[1]

    def index(self, coordinates: tuple[int, ...]) -> int:
        """The package at these axis positions.

        Raises ``ValueError`` where a position is not on this menu.
        """
        steps = []
        for axis, position in enumerate(coordinates):
            if position not in self.positions[axis]:
                raise ValueError(f"axis {axis} has no position {position}; it has {self.positions[axis]}")
            steps.append(self.positions[axis].index(position))
        return int(np.ravel_multi_index(tuple(steps), self.sizes))

    def node(self, package: int, side: int) -> int:
        """The node of side ``side``'s market that a package calls for: its cut and its cost savings."""
        return self._nodes[package][side]

    @cached_property
    def _nodes(self) -> list[list[int]]:
        saving = STANDARDS_SAVING[self.coordinates[:, STANDARDS_AXIS]]
        nodes: list[list[int]] = asked_nodes(self.coordinates[:, :N_SIDES], saving).tolist()
        return nodes

    @cached_property
    def duty_at(self) -> np.ndarray:
        """(P, 2) duty position of both sides in every package, 0 to 4."""
        return self.coordinates[:, :N_SIDES] % N_DUTY

    @cached_property
    def access_at(self) -> np.ndarray:
        """(P, 2) step of access to both sides' markets in every package, 0 what is in force without a treaty."""
        return self.coordinates[:, :N_SIDES] // N_DUTY

    @cached_property
    def unseen(self) -> np.ndarray:
        """(P, 2) whether a side owes something in every package that is done behind its border (theory 1.11)."""
        return np.stack([self._owes(SUPPLY + s, LINKAGE + s, TECHNOLOGY) for s in range(N_SIDES)], axis=-1)

    @cached_property
    def published(self) -> np.ndarray:
        """(P, 2) whether a side owes something in every package that is a published act."""
        owed = [self._owes(DUTY + s, RECOGNITION + s, CHARGING) for s in range(N_SIDES)]
        return np.stack(owed, axis=-1) | (self.access_at > 0)

    def _owes(self, *issues: int) -> np.ndarray:
        return np.any(self.held[:, issues] > 0, axis=1)

    @cached_property
    def held(self) -> np.ndarray:
        """(P, 10) what every package holds of every issue: the duty position, or 1 where the issue is in it."""
        position = self.coordinates
        standards = np.array(STANDARDS)[position[:, STANDARDS_AXIS]]
        columns = [
            self.duty_at,
            position[:, 2:4],
            standards[:, :2],
            position[:, 5:7],
            standards[:, 2:],
            position[:, 7:],
        ]
        return np.concatenate(columns, axis=1)

    @cached_property
    def held_with_access(self) -> np.ndarray:
        """(P, 12) ``held``, and behind it both steps of access."""
        return np.concatenate([self.held, self.access_at], axis=1)

    def levels(self, cuts: np.ndarray) -> np.ndarray:
        """(P, 10) level of every issue in every package, in [0, 1]; ``cuts`` (2, 5) of each side's duty.

        Packages are fastest in memory, as ``layout.rows`` wants them.
        """
        position = self.coordinates
        standards = np.array(STANDARDS)[position[:, STANDARDS_AXIS]]
        levels = np.zeros((N_ISSUES, self.n_packages)).T
        for side in (0, 1):
            # One issue, the terms at the border: as large as the larger of its two parts.
            steps = self.access_at[:, side] / max(1, max(self.positions[side]) // N_DUTY)
            levels[:, DUTY + side] = np.maximum(np.asarray(cuts)[side][self.duty_at[:, side]], steps)
            levels[:, SUPPLY + side] = position[:, 2 + side]
            levels[:, RECOGNITION + side] = standards[:, side]
            # Without finance on the menu a plain concession is the whole of the issue.
            levels[:, LINKAGE + side] = position[:, 5 + side] / max(1, *self.positions[5 + side])
        levels[:, CHARGING] = standards[:, 2]
        levels[:, TECHNOLOGY] = position[:, TECHNOLOGY_AXIS]
        return levels


class Chosen(NamedTuple):
    """Some packages (K,) of a menu, x, y (K,) their combinations as in ``Menu.x_of``, ``Menu.y_of``.

    xs, ys: the combinations that occur, rising; place (K,): of each package among them all, one y after the other.
    """

    packages: np.ndarray
    x: np.ndarray
    y: np.ndarray
    xs: np.ndarray
    ys: np.ndarray
    place: np.ndarray


def chosen(menu: Menu, packages: np.ndarray) -> Chosen:
    """These packages (K,)."""
    x, y = menu.x_of[packages], menu.y_of[packages]
    (xs, of_x), (ys, of_y) = (np.unique(of, return_inverse=True) for of in (x, y))
    return Chosen(packages, x, y, xs, ys, of_y * xs.size + of_x)


# Few, because the treaties of many replicates seldom are the same set again, and each is some 10 kB.
@functools.lru_cache(maxsize=128)
def negotiable_in_some(menu: Menu, tables: tuple[tuple[tuple[bool, ...], tuple[int, ...]], ...]) -> Chosen:
    """The packages that can be tabled at one of some tables at least: issues on it as ``negotiable`` has them, and
    packages of which one is in force."""
    each = [negotiable(menu, allowed, one) for allowed, currents in tables for one in currents]
    return chosen(menu, np.flatnonzero(np.logical_or.reduce(each)))


@functools.lru_cache(maxsize=1024)
def negotiable(menu: Menu, allowed: tuple[bool, ...], current: int) -> np.ndarray:
    """(P,) whether each package can be tabled while package ``current`` is in force.

    ``allowed`` says of each of the 10 issues whether it is on the table. Talks on a treaty are on upgrades: every
    commitment in force is kept, and an issue that is off the table stays as it is; access goes with the duty.
    """
    return _upgrades(menu.held_with_access, menu.held_with_access[current], allowed)


def negotiable_among(menu: Menu, allowed: tuple[bool, ...], some: np.ndarray) -> np.ndarray:
    """(K, K) whether each of some packages (K,), by column, can be tabled while another, by row, is in force."""
    held = menu.held_with_access[some]
    return _upgrades(held, held[:, None], allowed)


def _upgrades(held: np.ndarray, current: np.ndarray, allowed: tuple[bool, ...]) -> np.ndarray:
    fixed = ~np.array([*allowed, *allowed[DUTY : DUTY + N_SIDES]])
    return np.all((held >= current) & ((held == current) | ~fixed), axis=-1)


@functools.lru_cache(maxsize=4096)
def own_steps(menu: Menu, allowed: tuple[bool, ...], current: int, side: int) -> np.ndarray:
    """(P,) packages that add one step on one of a side's own issues to package ``current``, and nothing else.

    A duty goes to the next third (from unbound or standstill to the first), every other issue from no to yes; what is
    off the table (``allowed`` as in ``negotiable``) stays.
    """
    held = menu.held
    steps = np.zeros(menu.n_packages, dtype=bool)
    for issue in (DUTY + side, SUPPLY + side, RECOGNITION + side, LINKAGE + side):
        target = max(int(held[current, issue]), 1) + 1 if issue == DUTY + side else 1
        if held[current, issue] >= target:
            continue
        others = np.delete(held, issue, axis=1)
        steps |= (held[:, issue] == target) & np.all(others == others[current], axis=1)
    steps &= np.all(menu.access_at == menu.access_at[current], axis=1)
    return steps & negotiable(menu, allowed, current)


def asked_nodes(position: np.ndarray | int, saving: np.ndarray | int) -> np.ndarray:
    """The node of a market at a position of its duty axis with the savings of a package; both broadcast."""
    step, duty = np.divmod(position, N_DUTY)
    first = np.where(step > 0, N_PLAIN_NODES + N_STEP_NODES * (step - 1), 0)
    return np.asarray(first + N_SAVINGS * np.array(CUT_OF_POSITION)[duty] + saving)


def build_menu(
    active: np.ndarray, always: np.ndarray, has_finance: bool = False, access: tuple[int, int] = (0, 0)
) -> Menu:
    """The menu whose issues are ``active`` (10,) or ``always`` kept (10,), e.g. because a treaty in force has them.

    Both are booleans over ``ISSUES``. has_finance: whether a linkage concession may bring green finance (theory 1.19);
    access: steps of access on the table, by who lets in.
    """
    kept = active | always
    kept[DUTY : DUTY + N_SIDES] |= np.array(access) > 0
    duty = [
        (*range(N_DUTY), *(N_DUTY * step + c for step in range(1, steps + 1) for c in range(1, N_DUTY)))
        for steps in access
    ]
    yes_no = (0, 1)
    linkage = (0, 1, WITH_FINANCE) if has_finance else yes_no

    def axis(issue: int, positions: tuple[int, ...]) -> tuple[int, ...]:
        return positions if kept[issue] else positions[:1]

    free = np.array([kept[RECOGNITION], kept[RECOGNITION + 1], kept[CHARGING]])
    standards = tuple(index for index, state in enumerate(STANDARDS) if np.all(free >= state))
    return Menu(
        positions=(
            axis(DUTY, duty[0]),
            axis(DUTY + 1, duty[1]),
            axis(SUPPLY, yes_no),
            axis(SUPPLY + 1, yes_no),
            standards,
            axis(LINKAGE, linkage),
            axis(LINKAGE + 1, linkage),
            axis(TECHNOLOGY, yes_no),
        )
    )
