"""The best deviation over whole menus: by hand, in every way of asking, and what it does where nobody has a future."""

from __future__ import annotations

import dataclasses

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.agents.bloc import Bloc
from model.assessment.values import Parts, package_values, side_flows
from model.ensemble import Ensemble
from model.numerics import FloatArray, FloatLike, same_bits
from model.packages.menu import STANDARDS, Menu, build_menu, chosen
from model.packages.resolve import Resolve, resolve
from model.parameters.checked import make_parameters
from model.rules import compliance, withdrawal
from model.vocabulary import CHARGING, DUTY, DYADS, LINKAGE, N_ISSUES, RECOGNITION, SUPPLY, TECHNOLOGY
from model.world import World

FULL = build_menu(np.ones(N_ISSUES, dtype=bool), np.zeros(N_ISSUES, dtype=bool))
EVERY = np.arange(FULL.n_packages)
seeds = st.integers(0, 2**32 - 1)


def some_parts(rng: np.random.Generator, n: int) -> Parts:
    effects = rng.normal(size=(n, len(STANDARDS)))
    effects[..., 0] = 0.0
    return Parts(
        duty=(rng.normal(size=(n, 5, 8)), rng.normal(size=(n, 5, 8))),
        supply=rng.normal(size=(n, 2)),
        linkage=rng.normal(size=(n, 2)),
        standards=effects,
        technology=rng.normal(size=n),
        punish=rng.normal(-8.0, 2.0, size=n),
    )


def taken_back(menu: Menu, package: int, issue: int) -> int:
    """The package without one issue."""
    wanted = menu.held[package].copy()
    wanted[issue] = 0
    return int(np.flatnonzero(np.all(menu.held == wanted, axis=1))[0])


def judged(seed: int, side: int, by_type: bool = False, n: int = 3) -> tuple[Parts, Parts, FloatArray, Resolve]:
    rng = np.random.default_rng(seed)
    own, partner, trust = some_parts(rng, n), some_parts(rng, n), rng.uniform(0.3, 0.99, n)
    flows = side_flows(FULL, side, own, own, partner)
    future = compliance.continuation(0.98, 0.01, 1.0 if by_type else trust)
    return own, partner, trust, resolve(flows, trust, future, 1, 8.0, by_type)


@given(seeds, st.integers(0, 1), st.integers(1, FULL.n_packages - 1), st.booleans())
@settings(max_examples=40, deadline=None)
def test_slack_is_that_of_the_best_deviation_by_hand(seed: int, side: int, package: int, by_type: bool) -> None:
    own, partner, trust, found = judged(seed, side, by_type)
    me, other = (side == 0, side == 1), (side == 1, side == 0)
    cc, dc, cd, dd = (package_values(FULL, own, who) for who in ((False, False), me, other, (True, True)))
    theirs = package_values(FULL, partner)
    future = compliance.continuation(0.98, 0.01, 1.0 if by_type else trust)
    test = compliance.honour_test_type if by_type else compliance.honour_test
    flows = [table[:, package] for table in (cc, dc, cd, dd)]
    expected = test(*flows, own.punish, trust, future, 1, 8.0)[1]
    given_up = [DUTY + side, SUPPLY + side, RECOGNITION + side, LINKAGE + side, CHARGING, TECHNOLOGY]
    fewer = [taken_back(FULL, package, issue) for issue in given_up if FULL.held[package, issue]]
    if fewer:
        part = benchmarks.part_test(
            cc[:, fewer] - cc[:, [package]],
            cd[:, fewer] - cd[:, [package]],
            withdrawal.loss(theirs[:, [package]], theirs[:, fewer]),
            dc[:, package],
            dd[:, package],
            own.punish,
            withdrawal.part_weights(trust, *compliance.present_values(future, 1, 8.0), by_type),
        )[1]
        expected = np.minimum(expected, part)
    assert found.at(FULL, package) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(seeds, st.integers(0, 1))
@settings(max_examples=15, deadline=None)
def test_every_way_of_asking_has_one_answer_and_the_first_edition_is_implied(seed: int, side: int) -> None:
    own, partner, trust, found = judged(seed, side)
    whole = found.spread(FULL)
    some = np.random.default_rng(seed).permutation(EVERY)[:40]
    some = EVERY[np.isin(FULL.x_of, FULL.x_of[some[:6]]) & np.isin(FULL.y_of, FULL.y_of[some[6:12]])]
    np.testing.assert_array_equal(found.holds(chosen(FULL, EVERY)), whole >= 0.0)
    np.testing.assert_array_equal(found.holds(chosen(FULL, some)), whole[:, some] >= 0.0)
    flows, future = side_flows(FULL, side, own, own, partner), compliance.continuation(0.98, 0.01, trust)
    assert same_bits(flows.kept.of(FULL, chosen(FULL, some)), flows.honoured[:, some])
    for package in some[:8]:
        each = np.full(trust.size, package)
        assert same_bits(found.at(FULL, each), whole[:, package])
        one = resolve(flows.of_package(FULL, each), trust, future, 1, 8.0)
        assert same_bits(one.alone(), whole[:, package])
    single = resolve(side_flows(FULL, side, own, own), trust, future, 1, 8.0)
    assert not np.any((whole >= 0.0) & (single.spread(FULL) < 0.0))


def mirrored(parts: Parts) -> Parts:
    """The same with the names of the two sides exchanged."""
    swapped = [second + 2 * first + 4 * both for first, second, both in STANDARDS]
    first, second = parts.duty
    return dataclasses.replace(
        parts,
        duty=(second[..., swapped], first[..., swapped]),
        supply=parts.supply[..., ::-1],
        linkage=parts.linkage[..., ::-1],
        standards=parts.standards[..., swapped],
    )


@pytest.mark.slow
@given(seeds)
@settings(max_examples=10, deadline=None)
def test_names_of_the_sides_do_not_matter(seed: int) -> None:
    own, partner, trust, found = judged(seed, 0)
    future = compliance.continuation(0.98, 0.01, trust)
    flows = side_flows(FULL, 1, mirrored(own), mirrored(own), mirrored(partner))
    other = resolve(flows, trust, future, 1, 8.0).spread(FULL)
    exchanged = FULL.held[:, [1, 0, 3, 2, 5, 4, 7, 6, 8, 9]]
    place = [int(np.flatnonzero(np.all(FULL.held == row, axis=1))[0]) for row in exchanged]
    np.testing.assert_allclose(other[:, place], found.spread(FULL), rtol=1e-9, atol=1e-9)


# --- where nobody has a future ------------------------------------------------------------------------------------


class Hasty(Bloc):
    """A bloc for which the next quarter is worth nothing: the discount factor is below any that can be declared."""

    def weight_of_future(self, danger: FloatArray, belief: FloatLike) -> FloatArray:
        return np.zeros_like(super().weight_of_future(danger, belief))


class HastyWorld(World):
    bloc_type = Hasty


def test_without_a_future_what_is_kept_costs_nobody_anything_and_the_record_says_so() -> None:
    world = HastyWorld("2026", make_parameters({}), 20260928, range(24))
    kept = 0
    while world.state.quarter < 20:
        world.step()
        for d, pair in enumerate(DYADS):
            menu, treaty = world.agenda.menus[d], world.state.treaty[:, d]
            for side, b in enumerate(pair):
                flows = world.known().flows[d][side]
                holds = np.flatnonzero(world.blocs[b].honours(d) & (treaty > 0))
                kept += holds.size
                for place in (menu.x_of, flows.n_x + menu.y_of):
                    cost = flows.withdrawals.honoured[holds, place[treaty[holds]]]
                    assert np.all(cost <= withdrawal.LEAST_COST * 1e3)
    assert kept > 100


def test_contested_concessions_rode_on_harmony_in_the_first_edition_and_no_longer_do() -> None:
    linked = ["kept_linkage_first", "kept_linkage_second", "kept_supply_first"]
    found = {}
    for deviation in ("everything", "best"):
        runs = Ensemble("2026", replicates=24, n_quarters=20, parameters={"deviation": deviation}, world=HastyWorld)
        found[deviation] = runs.run().summary().groupby("dyad").mean(numeric_only=True)
    # Supply and linkage cost whoever gives them in 2026; recognition by the EU of China's certificates does not.
    assert found["everything"].loc["CN-EU", linked].min() > 0.05
    assert found["best"][linked].to_numpy().max() == 0.0
    assert found["best"]["time_cooperating"].max() == 0.0
    assert found["best"].loc["CN-EU", "kept_recognition_second"] > 0.1
