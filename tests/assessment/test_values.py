"""Values of packages: sums of parts, gains of exactly nothing for nothing, and what is left after a lapse."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from model import NegotiationModel
from model.assessment.realised import realised_value
from model.assessment.values import (
    OtherTerms,
    Parts,
    issue_values,
    package_values,
    party_parts,
    side_flows,
)
from model.numerics import same_bits
from model.packages.menu import STANDARDS, STANDARDS_LAPSED, Menu, build_menu
from model.packages.part_cuts import DutyPath
from model.packages.resolve import resolve
from model.vocabulary import CHARGING, DUTY, DYADS, LINKAGE, N_ISSUES, RECOGNITION, SUPPLY, TECHNOLOGY, THREE

FULL = build_menu(np.ones(N_ISSUES, dtype=bool), np.zeros(N_ISSUES, dtype=bool))
seeds = st.integers(0, 2**32 - 1)


def some_parts(seed: int, batch: tuple[int, ...] = ()) -> Parts:
    rng = np.random.default_rng(seed)

    def standards(*shape: int) -> np.ndarray:
        values = rng.normal(size=(*batch, *shape, len(STANDARDS)))
        return values

    effects = standards()
    effects[..., 0] = 0.0
    return Parts(
        duty=(standards(5), standards(5)),
        supply=rng.normal(size=(*batch, 2)),
        linkage=rng.normal(size=(*batch, 2)),
        standards=effects,
        technology=rng.normal(size=batch),
        punish=rng.normal(size=batch),
    )


def by_hand(menu: Menu, parts: Parts, package: int, kept: tuple[bool, bool] = (True, True)) -> float:
    """A package valued one commitment at a time, from the words of theory 1.7 and 1.10."""
    position = [int(x) for x in menu.coordinates[package]]
    state = position[4]
    for side in (0, 1):
        if not kept[side]:
            state = int(STANDARDS_LAPSED[side][state])
    total = float(parts.standards[state])
    for side in (0, 1):
        total += float(parts.duty[side][position[side] if kept[side] else 0, state])
        if kept[side]:
            total += float(parts.supply[side]) * position[2 + side] + float(parts.linkage[side]) * position[5 + side]
    return total + (float(parts.technology) * position[7] if all(kept) else 0.0)


@given(seeds, st.integers(0, FULL.n_packages - 1))
@settings(max_examples=60)
def test_values_are_sums_of_what_is_kept(seed: int, package: int) -> None:
    parts = some_parts(seed)
    for lapsed in ((False, False), (True, False), (False, True), (True, True)):
        kept = (not lapsed[0], not lapsed[1])
        value = package_values(FULL, parts, lapsed)[package]
        assert value == pytest.approx(by_hand(FULL, parts, package, kept), abs=1e-12)


@given(seeds, st.integers(0, FULL.n_packages - 1), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_realised_gain_agrees_with_the_flows(seed: int, package: int, first: bool, second: bool) -> None:
    parts = some_parts(seed)
    honours = np.array([float(first), float(second)])
    gain = realised_value(FULL, parts, package, honours, np.ones(2))
    values = package_values(FULL, parts, (not first, not second))
    nothing = package_values(FULL, parts)[0]
    assert gain == pytest.approx(values[package] - nothing, abs=1e-12)


@given(seeds, st.integers(0, FULL.n_packages - 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60)
def test_withholding_scales_duties_and_supply_only(seed: int, package: int, a: float, b: float) -> None:
    parts = some_parts(seed)
    both, none = np.ones(2), np.zeros(2)

    def gain(level: np.ndarray) -> float:
        return float(realised_value(FULL, parts, package, both, level))

    ends = np.array([[gain(np.array([x, y])) for y in (0.0, 1.0)] for x in (0.0, 1.0)])
    mixed = (1 - a) * (1 - b) * ends[0, 0] + a * b * ends[1, 1] + a * (1 - b) * ends[1, 0] + (1 - a) * b * ends[0, 1]
    assert gain(np.array([a, b])) == pytest.approx(mixed, abs=1e-12)
    # Withheld entirely, the rest of the treaty stands: what the same package without duties and supply is worth.
    position = FULL.coordinates[package].copy()
    position[:4] = 0
    rest = FULL.index(tuple(int(x) for x in position))
    assert gain(none) == pytest.approx(float(realised_value(FULL, parts, rest, both, both)), abs=1e-12)


@given(seeds)
@settings(max_examples=30)
def test_issues_one_at_a_time(seed: int) -> None:
    parts = some_parts(seed)
    values, worth = package_values(FULL, parts), issue_values(parts)
    alone = np.zeros((N_ISSUES, 8), dtype=int)
    for side in (0, 1):
        alone[DUTY + side, side] = 4
        alone[SUPPLY + side, 2 + side] = 1
        alone[LINKAGE + side, 5 + side] = 1
    alone[RECOGNITION, 4], alone[RECOGNITION + 1, 4] = STANDARDS.index((1, 0, 0)), STANDARDS.index((0, 1, 0))
    alone[CHARGING, 4], alone[TECHNOLOGY, 7] = STANDARDS.index((0, 0, 1)), 1
    for issue in range(N_ISSUES):
        package = FULL.index(tuple(int(x) for x in alone[issue]))
        assert worth[issue] == pytest.approx(values[package] - values[0], abs=1e-12)


@given(seeds)
@settings(max_examples=10)
def test_a_batch_equals_the_loop(seed: int) -> None:
    batch = some_parts(seed, (3,))
    flows = side_flows(FULL, 1, batch, batch)
    values, worth = package_values(FULL, batch, (True, False)), issue_values(batch)
    for r in range(3):
        parts = Parts(
            duty=(batch.duty[0][r], batch.duty[1][r]), supply=batch.supply[r], linkage=batch.linkage[r],
            standards=batch.standards[r], technology=batch.technology[r], punish=batch.punish[r],
        )  # fmt: skip
        assert same_bits(values[r], package_values(FULL, parts, (True, False)))
        assert same_bits(worth[r], issue_values(parts))
        assert same_bits(flows.own_lapse[r], side_flows(FULL, 1, parts, parts).own_lapse)
        level = np.array([0.3, 1.0])
        assert same_bits(
            realised_value(FULL, batch, 777, np.ones((3, 2)), np.tile(level, (3, 1)))[r],
            realised_value(FULL, parts, 777, np.ones(2), level),
        )


@given(seeds)
@settings(max_examples=10)
def test_whose_lapse_is_whose(seed: int) -> None:
    parts = some_parts(seed)
    for side in (0, 1):
        flows = side_flows(FULL, side, parts, parts)
        mine = package_values(FULL, parts, (side == 0, side == 1))
        theirs = package_values(FULL, parts, (side == 1, side == 0))
        assert same_bits(flows.own_lapse, mine) and same_bits(flows.partner_lapse, theirs)
        assert flows.both_lapse[0] == flows.honoured[0]


# --- parts from tables ------------------------------------------------------------------------------------------


def nothing_else() -> OtherTerms:
    return OtherTerms(np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(()), np.zeros(()))


def test_a_threat_makes_standing_unbound_worth_less() -> None:
    rng = np.random.default_rng(4)
    importer, partner = rng.normal(size=(2, 6, 24))
    quiet = np.zeros((3, 3))
    calm = party_parts(THREE, 0, 1, importer, partner, quiet, quiet, quiet, nothing_else())
    risk, step = quiet.copy(), quiet.copy()
    risk[0, 1], step[0, 1] = 0.4, 1.0
    tense = party_parts(THREE, 0, 1, importer, partner, risk, step, quiet, nothing_else())
    # Side 1 is the partner in side 0's market, and answers on its own market (nodes 21 and 19).
    threat = partner[0, 19] - partner[0, 0] + importer[1, 21] - importer[1, 0]
    np.testing.assert_allclose(tense.duty[0][0] - calm.duty[0][0], 0.4 * threat, atol=1e-14)
    np.testing.assert_array_equal(tense.duty[0][1:], calm.duty[0][1:])  # a standstill and a cut end the threat
    np.testing.assert_array_equal(tense.duty[1], calm.duty[1])


def test_what_is_already_granted_adds_nothing() -> None:
    rng = np.random.default_rng(5)
    importer, partner = rng.normal(size=(2, 6, 24))
    quiet, granted = np.zeros((3, 3)), np.zeros((3, 3))
    granted[0, 1] = 1.0
    other = OtherTerms(np.zeros(2), np.zeros(2), np.array([0.7, -0.2]), np.zeros(()), np.zeros(()))
    values = issue_values(party_parts(THREE, 0, 0, importer, partner, quiet, quiet, granted, other))
    assert values[RECOGNITION] == 0.0 and values[RECOGNITION + 1] != 0.0


# --- M13: in worlds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", worlds.SCENARIOS)
def test_the_policy_in_force_gains_exactly_nothing(scenario: str) -> None:
    for quarters in (1, 14):
        world: Any = worlds.played(scenario, quarters=quarters)
        for d, pair in enumerate(DYADS):
            current = int(world.state.treaty[d])
            for side, b in enumerate(pair):
                flows = worlds.flows_of(world, d, side)
                assert (flows.honoured - flows.honoured[current])[current] == 0.0
                view = worlds.view_of(world, b, d)
                at = view.packages.tolist().index(current)
                # To sign what a truce holds as an agreement makes it last, which is worth something.
                if world.state.instrument[d] == world.world.rules.instruments[d][current]:
                    assert view.own[0, at] == 0.0 and view.partner[0, at] == 0.0
                for firm in (*world.automakers, *world.suppliers):
                    assert firm.lobby(d, current) == 0.0
                kept = realised_value(
                    world.agenda.menus[d], world.state.insight.mandate.parts[d][side], 0, np.ones(2), np.ones(2)
                )
                assert kept == 0.0


def test_a_duty_kept_in_part_is_valued_between_the_nodes() -> None:
    parts, both = some_parts(5), np.ones(2)
    package = FULL.n_packages - 1  # everything, both duties cut in full
    rates = np.array([0.5, 0.35, 0.2, 0.0])
    path = DutyPath(np.arange(1, 5), np.zeros(4, dtype=np.int64), rates, np.asarray(0.5))

    def gain(first: float) -> float:
        partly = ((path, np.asarray(first)), (path, np.asarray(1.0)))
        return float(realised_value(FULL, parts, package, both, both, partly))

    assert gain(1.0) == pytest.approx(float(realised_value(FULL, parts, package, both, both)))
    # At a share that ends on a node, the value is that of the package with this position.
    for share, position in ((0.0, 1), (0.3, 2), (0.6, 3)):
        there = int(FULL.duty_variants[0][package, position])
        assert gain(share) == pytest.approx(float(realised_value(FULL, parts, there, both, both))), share


def test_duty_variants_move_one_duty_and_nothing_else() -> None:
    for side in (0, 1):
        variants = FULL.duty_variants[side]
        for position in range(5):
            moved = FULL.coordinates[variants[:, position]]
            assert np.all(moved[:, side] == position)
            np.testing.assert_array_equal(np.delete(moved, side, axis=1), np.delete(FULL.coordinates, side, axis=1))
    nothing = build_menu(np.zeros(N_ISSUES, dtype=bool), np.zeros(N_ISSUES, dtype=bool))
    assert nothing.duty_variants[0].tolist() == [[0] * 5]


@given(seeds, st.integers(0, FULL.n_packages - 1), st.integers(0, N_ISSUES - 1))
@settings(max_examples=60)
def test_a_package_without_an_issue_that_nobody_values_is_worth_the_same(seed: int, package: int, issue: int) -> None:
    # Made worthless here: the issue's own entry, or for standards and duties every difference that it makes.
    parts = some_parts(seed)
    position = [int(x) for x in FULL.coordinates[package]]
    without = list(position)
    if issue in (RECOGNITION, RECOGNITION + 1, CHARGING):
        bit = {RECOGNITION: 1, RECOGNITION + 1: 2, CHARGING: 4}[issue]
        rest = np.arange(len(STANDARDS)) & ~bit
        duties = (parts.duty[0][..., rest], parts.duty[1][..., rest])
        parts = dataclasses.replace(parts, duty=duties, standards=parts.standards[..., rest])
        without[4] &= ~bit
    elif issue < SUPPLY:
        duties = [duty[:1] + 0.0 * duty if issue == DUTY + side else duty for side, duty in enumerate(parts.duty)]
        parts = dataclasses.replace(parts, duty=(duties[0], duties[1]))
        without[issue - DUTY] = 0
    elif issue == TECHNOLOGY:
        parts = dataclasses.replace(parts, technology=np.zeros_like(parts.technology))
        without[7] = 0
    else:
        name, start, axis = ("supply", SUPPLY, 2) if issue < RECOGNITION else ("linkage", LINKAGE, 5)
        worth = getattr(parts, name) * (np.arange(2) != issue - start)
        parts = dataclasses.replace(parts, **{name: worth})
        without[axis + issue - start] = 0
    values = package_values(FULL, parts)
    assert values[package] == pytest.approx(values[FULL.index(tuple(without))], abs=1e-12)
    assert issue_values(parts)[issue] == pytest.approx(0.0, abs=1e-12)


def admissible(cost: float, dyad: int) -> tuple[np.ndarray, np.ndarray]:
    """(P,) which packages both sides and both legislatures gain by and both would keep, and which recognise."""
    model = NegotiationModel("2026", root_seed=1, replicate=0, recognition_autonomy_cost=cost)
    model.step()
    menu, p = model.agenda.menus[dyad], model.parameters
    passes = np.ones(menu.n_packages, dtype=bool)
    for flows in model.world.known().flows[dyad]:
        trust, future = np.array([0.6]), np.array([p.discount_factor])
        (slack,) = resolve(flows, trust, future, p.detection_lag, 4.0).spread(menu)
        gains = (flows.honoured >= flows.honoured[..., :1]) & (flows.legislature >= flows.legislature[..., :1])
        passes &= gains[0] & (slack >= 0.0)
    return passes, menu.held[:, RECOGNITION : RECOGNITION + 2].any(axis=1)


@pytest.mark.parametrize("dyad", [1, 2])
def test_cheaper_recognition_is_in_no_smaller_share_of_admissible_packages(dyad: int) -> None:
    shares = []
    for cost in (0.1, 0.05, 0.02, 0.0):
        passes, recognises = admissible(cost, dyad)
        shares.append(float(np.mean(recognises[passes])))
    assert np.all(np.diff(shares) >= 0.0) and shares[-1] > 0.0


# --- access (second edition 3) --------------------------------------------------------------------------------------

DOORS = build_menu(np.ones(N_ISSUES, dtype=bool), np.zeros(N_ISSUES, dtype=bool), access=(0, 2))


def doors_parts(seed: int) -> Parts:
    parts, rng = some_parts(seed), np.random.default_rng(seed + 1)
    return dataclasses.replace(parts, duty=(parts.duty[0], rng.normal(size=(15, len(STANDARDS)))))


@given(seeds, st.integers(0, DOORS.n_packages - 1), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_a_package_with_access_is_worth_what_its_market_is(seed: int, package: int, first: bool, second: bool) -> None:
    parts = doors_parts(seed)
    lapsed = package_values(DOORS, parts, (not first, not second))
    assert lapsed[package] == pytest.approx(by_hand(DOORS, parts, package, (first, second)))


@given(seeds, st.integers(0, DOORS.n_packages - 1))
@settings(max_examples=60)
def test_access_and_the_duty_are_withdrawn_apart(seed: int, package: int) -> None:
    # Side 1 lets in. What is kept of its market: without the duty cut, its access; without access, its duty.
    parts = doors_parts(seed)
    flows = side_flows(DOORS, 1, parts, parts, doors_parts(seed + 2))
    one = flows.withdrawals
    assert one is not None and one.honoured.shape[-1] == 4
    at, state = int(DOORS.coordinates[package][1]), int(DOORS.coordinates[package][4])
    duty, x = parts.duty[1], int(DOORS.x_of[package])
    gains = {0: duty[at - at % 5, state] - duty[at, state], 3: duty[at % 5, state] - duty[at, state]}
    for family, gain in gains.items():
        assert one.honoured[x, family] == pytest.approx(gain)
        assert one.lost[x, family] >= 0.0


@given(seeds, st.integers(0, DOORS.n_packages - 1), st.floats(0, 1))
@settings(max_examples=60)
def test_what_is_withheld_of_a_duty_shuts_no_market(seed: int, package: int, level: float) -> None:
    parts = doors_parts(seed)
    ones = np.ones(2)
    gain = realised_value(DOORS, parts, package, ones, np.array([1.0, level]))
    whole = realised_value(DOORS, parts, package, ones, ones)
    at, state = int(DOORS.coordinates[package][1]), int(DOORS.coordinates[package][4])
    withheld = parts.duty[1][at, state] - parts.duty[1][at - at % 5, state]
    supply = float(parts.supply[1]) * DOORS.coordinates[package][3]
    assert gain == pytest.approx(whole - (1.0 - level) * (withheld + supply))
