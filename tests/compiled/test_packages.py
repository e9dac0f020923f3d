"""The kernels of packages against the rules that they replace: the same bits, whatever comes, in any company."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import using_arithmetic
from model.compiled import packages as compiled
from model.layout import room
from model.numerics import FloatArray, same_bits
from model.packages.menu import Chosen, Menu, build_menu, chosen
from model.packages.resolve import PartTest, Resolve, resolve
from model.packages.sums import N_CASES, Flows, Grid
from model.packages.view import View, beliefs, judged, seen
from model.rules import bargaining
from model.vocabulary import N_ISSUES

MENU = build_menu(np.ones(N_ISSUES, dtype=bool), np.zeros(N_ISSUES, dtype=bool))
N_Y = MENU.y_package.size
ODD = (np.nan, np.inf, -np.inf, 5e-324, -1e-310, 0.0, -0.0, 1e300, -1e300)
#: A part of one bundle of the kernels, bundles counted over rows, and rows of bundles of which the last overlap.
LANES = (1, 5, 33, 130)
seeds = st.integers(0, 2**32 - 1)


def drawn(rng: np.random.Generator, *shape: int, odd: float) -> FloatArray:
    """Numbers with ties and zeros among them, some of them ``ODD``, in either layout."""
    values = np.round(rng.normal(size=shape), 1)
    values[rng.random(shape) < odd] = rng.choice(ODD)
    return values if rng.random() < 0.5 else np.ascontiguousarray(values.T).T


def same(ours: FloatArray, theirs: FloatArray) -> None:
    """Zeros of either sign are one, as for every comparison that is made of them, and no number is another's NaN."""
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(theirs, ours)


def both(look: Any) -> list[Any]:
    found = []
    for name in ("numpy", "compiled"):
        with using_arithmetic(name), np.errstate(all="ignore"):
            found.append(look())
    return found


def flows_of(rng: np.random.Generator, n: int, n_families: int, odd: float, menu: Menu = MENU) -> Flows:
    table = drawn(rng, n, menu.n_x + menu.y_package.size, N_CASES + 3 * n_families, odd=odd)
    table[..., N_CASES + 2 * n_families :] = np.maximum(table[..., N_CASES + 2 * n_families :], 1e-9)
    return Flows(menu, menu.n_x, table)


@given(seeds, st.sampled_from(LANES), st.sampled_from((0, 1, 3, 4)), st.booleans(), st.sampled_from((0.0, 0.02)))
@settings(max_examples=60, deadline=None)
def test_what_honouring_is_worth(seed: int, n: int, n_families: int, by_type: bool, odd: float) -> None:
    rng = np.random.default_rng(seed)
    flows = flows_of(rng, n, n_families, odd)
    trust, future = rng.uniform(0.3, 1.0, n), rng.uniform(0.0, 1.0, n)
    trust[rng.random(n) < odd] = np.nan
    lag, length = float(rng.integers(1, 4)), float(rng.choice([8.0, np.inf]))
    ours, theirs = both(lambda: resolve(flows, trust, future, lag, length, by_type))
    same(ours.whole, theirs.whole)
    assert (ours.part is None) == (theirs.part is None) == (n_families == 0)
    for known, found in zip(ours.part or (), theirs.part or (), strict=True):
        same(known, found)
    package = rng.integers(0, MENU.n_packages, n)
    one, again = both(lambda: resolve(flows.of_package(MENU, package), trust, future, lag, length, by_type).alone())
    same(one, again)
    if not odd:
        with using_arithmetic("compiled"):
            alone = resolve(Flows(MENU, MENU.n_x, flows.table[-1:]), trust[-1:], future[-1:], lag, length, by_type)
        assert same_bits(alone.whole[0], theirs.whole[-1])


def test_one_trust_of_all_and_tables_without_lanes_go_on_as_before() -> None:
    flows = flows_of(np.random.default_rng(1), 3, 2, 0.0)
    for trust, future in ((0.7, 0.9), (np.array(0.7), np.array([0.9, 0.8, 0.7]))):
        ours, theirs = both(lambda trust=trust, future=future: resolve(flows, trust, future, 1.0, 8.0))
        same(ours.whole + np.zeros_like(theirs.whole), theirs.whole)
    bare = Flows(MENU, MENU.n_x, flows.table[0])
    ours, theirs = both(lambda: resolve(bare, np.array(0.7), np.array(0.9), 1.0, 8.0))
    assert same_bits(ours.whole, theirs.whole)


class Table:
    """What a side believes of some packages, and what it is tested by."""

    def __init__(self, seed: int, n: int, in_part: bool, ahead: str, odd: float, n_packages: int) -> None:
        rng = np.random.default_rng(seed)
        self.here: Chosen = chosen(MENU, np.sort(rng.permutation(MENU.n_packages)[:n_packages]))
        self.own, self.partner = (drawn(rng, n, n_packages, odd=odd) for _ in range(2))
        terms = [drawn(rng, n, MENU.n_x + N_Y, odd=odd) for _ in range(5)]
        terms[0] += 1.0  # so that some pass
        terms[1] += 3.0
        self.keeping = Resolve(MENU.n_x, terms[0], PartTest(*terms[1:]) if in_part else None)
        self.home = None
        if ahead:
            grid = Grid(drawn(rng, n, MENU.n_x, odd=odd), drawn(rng, n, N_Y, odd=odd))
            asked = drawn(rng, *((n, n_packages) if ahead == "by lane" else (n_packages,)), odd=0.0) - 1.0
            asked[..., :3] = -1e9
            self.home = (grid, asked, 0.7)
        self.least = (np.float64(0.1), np.float64(-0.1))
        self.hope = rng.choice([-0.3, 0.1, 0.8, np.inf, np.nan] if odd else [-0.3, 0.1, 0.8, np.inf], n)

    def view(self) -> View:
        return judged(0, MENU, self.here, self.own, self.partner, self.least, self.keeping, self.home)


@given(
    seeds, st.sampled_from(LANES), st.booleans(), st.sampled_from(("", "shared", "by lane")),
    st.sampled_from((0.0, 0.02)), st.sampled_from((1, 40, MENU.n_packages)),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_which_packages_pass_which_test(
    seed: int, n: int, in_part: bool, ahead: str, odd: float, n_packages: int
) -> None:
    table = Table(seed, n, in_part, ahead, odd, n_packages)
    ours, theirs = both(table.view)
    for name in ("gains", "enforceable", "passable", "keeps", "admissible", "zone"):
        same(getattr(ours, name), getattr(theirs, name))
    assert ours.found is None and theirs.found is not None
    same(ours.tests, theirs.tests)
    if not np.isnan(table.own).any():
        same(ours.best, theirs.best)
    else:
        no_number = np.isnan(table.own).any(axis=-1)
        same(ours.best[~no_number], theirs.best[~no_number])
        assert np.isnan(theirs.best[no_number]).all(), "the best of what is no number is none"


@given(
    seeds, st.sampled_from(LANES), st.sampled_from(("", "life", "truce")), st.sampled_from((0.0, 0.02)),
    st.sampled_from((1, 40, MENU.n_packages)),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_what_is_believed_of_packages(seed: int, n: int, life: str, odd: float, n_packages: int) -> None:
    rng = np.random.default_rng(seed)
    here = chosen(MENU, np.sort(rng.permutation(MENU.n_packages)[:n_packages]))
    grid = Grid(drawn(rng, n, MENU.n_x, odd=odd), drawn(rng, n, N_Y, odd=odd))
    weight = drawn(rng, *((n, n_packages) if seed % 2 else (n_packages,)), odd=odd) if life else None
    truce = (drawn(rng, n, odd=odd), drawn(rng, n, odd=odd)) if life == "truce" else None
    ours, theirs = both(lambda: seen(grid, MENU, here, weight, truce))
    same(ours, theirs)


@given(seeds, st.sampled_from(LANES), st.sampled_from((0.0, 0.02)), st.sampled_from((1, 40, MENU.n_packages)))
@settings(max_examples=60, deadline=None)
def test_what_is_offered(seed: int, n: int, odd: float, n_packages: int) -> None:
    table = Table(seed, n, False, "", odd, n_packages)
    may = np.random.default_rng(seed).random((n, n_packages)) < 0.5
    for admissible in (may, np.ascontiguousarray(may.T).T, may & False, may | True):
        known = [
            bargaining.choose_offer(*row) for row in zip(table.own, table.partner, table.hope, admissible, strict=True)
        ]
        offer, exists = compiled.choose(table.own, table.partner, table.hope, admissible)
        assert offer.tolist() == [int(index) for index, _ in known]
        assert exists.tolist() == [bool(there) for _, there in known]
    part = slice(n // 2, None)
    offer, exists = compiled.choose(table.own[part], table.partner[part], table.hope[part], may[part])
    whole = compiled.choose(table.own, table.partner, table.hope, may)
    assert (offer == whole[0][part]).all() and (exists == whole[1][part]).all()


@given(seeds, st.sampled_from(LANES), st.sampled_from((0.0, 0.02)), st.sampled_from((1, 40, MENU.n_packages)))
@settings(max_examples=60, deadline=None)
def test_a_round_is_what_each_tabler_would_offer(seed: int, n: int, odd: float, n_packages: int) -> None:
    sides, rng = [Table(seed + k, n, False, "", odd, n_packages) for k in range(2)], np.random.default_rng(seed)
    may = [rng.random((n, n_packages)) < chance for chance in (0.5, 0.05)]
    may[1] = np.ascontiguousarray(may[1].T).T
    tabler, hope = rng.integers(0, 2, n), sides[0].hope
    own, partner = (sides[0].own, sides[1].own), (sides[0].partner, sides[1].partner)
    offer, exists, worth, passes = compiled.tabled(own, partner, (may[0], may[1]), hope, tabler)
    for lane, side in enumerate(tabler.tolist()):
        row = (sides[side].own, sides[side].partner, hope, may[side])
        known, there = compiled.choose(*(one[lane : lane + 1] for one in row))
        assert (offer[lane], exists[lane]) == (known[0], there[0])
        same(own[1 - side][lane, known[0]], worth[lane])
        assert passes[lane] == may[1 - side][lane, known[0]]


@given(seeds, st.sampled_from(LANES), st.sampled_from((0.0, 0.02)))
@settings(max_examples=60, deadline=None)
def test_what_both_sides_believe_of_all_packages(seed: int, n: int, odd: float) -> None:
    rng = np.random.default_rng(seed)
    kept = tuple(flows_of(rng, n, 1, odd).table[..., 0] for _ in range(2))
    errors, levels = (
        [drawn(rng, n, N_ISSUES, odd=odd) for _ in range(2)],
        drawn(rng, MENU.n_packages, N_ISSUES, odd=odd),
    )
    current, noise = rng.integers(0, MENU.n_packages, n), np.abs(drawn(rng, n, odd=odd))
    # Lanes of two kinds, whose tables stand one below the other.
    stakes, kind = drawn(rng, 2, N_ISSUES, odd=odd)[::-1], rng.integers(0, 2, n)
    off = Grid(*(drawn(rng, 2 * k, k, odd=odd) for k in (MENU.n_x, N_Y)))
    barred = MENU.x_of[current] + kind * MENU.n_x, MENU.y_of[current] + kind * N_Y

    def look(lanes: slice) -> list[FloatArray]:
        told = [one[lanes] for one in (*kept, *errors, current, noise)]
        found = beliefs(
            MENU,
            (told[0], told[1]),
            levels,
            told[4],
            stakes,
            told[2:4],
            told[5],
            off,
            (barred[0][lanes], barred[1][lanes]),
        )
        return [table for grid in found for table in (grid.x, grid.y)]

    every = both(lambda: look(slice(None)))
    for ours, theirs in zip(*every, strict=True):
        same(ours, theirs)
    with using_arithmetic("compiled"):
        for alone, among in zip(look(slice(n - 1, n)), every[1], strict=True):
            same(alone[0], among[-1])


def test_no_lane_and_no_package_are_empty_answers() -> None:
    nothing, rows = np.zeros((0, 4)), room(3, 0)
    assert compiled.choose(nothing, nothing, np.zeros(0), nothing > 0)[0].shape == (0,)
    offer, exists = compiled.choose(rows, rows, np.zeros(3), rows > 0)
    assert not offer.any() and not exists.any()
    found = compiled.tabled((rows, rows), (rows, rows), (rows > 0, rows > 0), np.zeros(3), np.array([0, 1, 0]))
    assert not any(one.any() for one in found)
    place = (np.zeros(0, dtype=np.int64),) * 2
    view = compiled.judge(rows, rows, (0.5, 0.0), place, [np.ones((3, 2))], None, 1.0)
    tests, best = view.pop("found")
    assert [one.shape for one in view.values()] == [(3, 0)] * 5
    assert not tests.any()
    assert (best == 0.5).all()
    assert [one.shape for one in compiled.resolve(np.zeros((0, 7, 9)), 1, 0.5, 1.0, 1.0, False)[0]] == [(0, 7)] * 5


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 5e-324])
def test_what_is_no_number_touches_no_other_lane(odd: float) -> None:
    clean, dirty = (Table(3, 130, True, "by lane", 0.0, 60) for _ in range(2))
    dirty.own[77, 3] = dirty.partner[77, 4] = dirty.keeping.whole[77, 2] = odd
    with using_arithmetic("compiled"):
        before, after = clean.view(), dirty.view()
        offers = [compiled.choose(v.own, v.partner, clean.hope, v.admissible)[0] for v in (before, after)]
    others = np.arange(130) != 77
    for name in ("gains", "enforceable", "passable", "keeps", "admissible", "tests", "best"):
        np.testing.assert_array_equal(getattr(before, name)[others], getattr(after, name)[others], err_msg=name)
    assert (offers[0][others] == offers[1][others]).all()
