"""A zone or club in a run: what it changes, who comes and goes, and the signs that others have published."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import equality
import numpy as np
import pytest
import worlds
from of_three import COALITIONS, DIRECTED_DYADS, DYAD_OF, MEMBERS, SIDE_OF
from thinned import one_in

from model import NegotiationModel
from model.ensemble import Ensemble
from model.phases import club as club_phase
from model.phases import treaties
from model.rules import club_terms, clubs
from model.vocabulary import BATTERY, DUTY, DYADS, EV, RECOGNITION

CLUB = {"climate_club": True, "club_penalty": 0.25}
#: Who gains from others' cars is not kept from saying so: clubs form in the scenario of 2026 too.
UNAFRAID = {"security_scale": 0.0, "security_convexity": 0.0}


def club_world(scenario: str = "symmetric", replicate: int = 0, **parameters: Any) -> NegotiationModel:
    return NegotiationModel(scenario, root_seed=1, replicate=replicate, **{**CLUB, **parameters})


@functools.cache
def until_there_is_a_club(size: int = 2, **parameters: Any) -> NegotiationModel:
    """A world at the end of a quarter with a club of at least this size in force, every member keeping its terms.

    Tests with the same words share it: whoever plays on asks for one that no other test has.
    """
    for replicate in range(20):
        world = club_world(replicate=replicate, **parameters)
        while world.running:
            before = int(world.state.club)
            world.step()
            kept = bool(np.all(world.state.club_honours))
            if MEMBERS[int(world.state.club)].sum() >= size and kept and before == int(world.state.club):
                return world
    raise AssertionError("no club formed in twenty replicates")


def members(world: NegotiationModel) -> np.ndarray:
    """(b, T) membership at the end of every quarter."""
    return worlds.series(world, "bloc", "in_club")


def members_now(world: NegotiationModel) -> np.ndarray:
    """(b,) membership in the club in force."""
    return MEMBERS[int(world.state.club)]


# --- off is absent ------------------------------------------------------------------------------------------------


def test_terms_of_a_club_that_nobody_may_form_change_nothing() -> None:
    plain = worlds.played("2026")
    unused = {"club_penalty": 0.2, "club_exclusive": True, "club_transfers": True, "club_carbon": True}
    unused |= {"club_commitment": "conditional"}
    assert worlds.same_record(plain, worlds.played("2026", **unused)) == []
    assert not members(plain).any() and not worlds.series(plain, "dyad", "club").any()
    assert not plain.summary().club_quarters.any()


def test_a_club_that_never_forms_changes_nothing_else() -> None:
    # At the calibrated cost of depending on others no coalition of 2026 is stable, and the check only looks.
    plain, allowed = worlds.played("2026"), worlds.played("2026", zero_tariff_zone=True)
    assert not members(allowed).any()
    assert worlds.same_record(plain, allowed) == []


# --- what a club does ---------------------------------------------------------------------------------------------


def test_no_duties_inside_and_a_penalty_outside() -> None:
    world = until_there_is_a_club()
    state, s = world.state, world.start
    is_in, t = members_now(world), state.quarter - 1
    for i, j in DIRECTED_DYADS:
        d, side = int(DYAD_OF[i, j]), int(SIDE_OF[i, j])
        for good in (EV, BATTERY):
            if is_in[i] and is_in[j]:
                assert state.duty[good, i, j] == 0.0 and world.state.standards.recognised[i, j] == 1.0
            else:
                extra = 0.25 if is_in[i] else 0.0
                assert state.duty[good, i, j] == world.state.conduct.treaty_duty[good, i, j] + extra
        if is_in[i] and is_in[j]:
            assert treaties.binds(world.world, i, j)[0]
            assert (
                world.state.conduct.concessions[d, DUTY + side]
                == 1.0
                == world.state.conduct.concessions[d, RECOGNITION + side]
            )
        elif is_in[i]:
            base = s.mfn[t, EV, i, j] + state.special[EV, i, j]
            assert world.state.conduct.concessions[d, DUTY + side] == 0.0 or state.duty[EV, i, j] < base


def test_members_see_nothing_to_gain_from_treaties_on_duties_between_them() -> None:
    world = until_there_is_a_club(size=3, assessment_interval=1, repudiation_hazard=0.0)
    before = int(world.state.club)
    world.step()
    if int(world.state.club) == before:
        for d in range(len(DYADS)):
            for side in (0, 1):
                parts = world.state.insight.mandate.parts[d][side]
                for giver in (0, 1):
                    assert np.ptp(parts.duty[giver][..., 0]) == 0.0  # no position is worth more than another


def test_gains_of_a_club_are_shared_over_the_dyads_of_each_member() -> None:
    world = until_there_is_a_club()
    (gains,), club = club_phase.gains(world.world), int(world.state.club)
    payoffs = club_terms.payoff_of(world.state.club_worth.worth.executive)
    for b in range(3):
        mine = sum(gains[d, DYADS[d].index(b)] for d in range(3) if b in DYADS[d])
        expected = payoffs[club, b] - payoffs[0, b] if members_now(world)[b] else 0.0
        assert mine == pytest.approx(expected, abs=1e-12)
    for d, (i, j) in enumerate(DYADS):
        if not (members_now(world)[i] and members_now(world)[j]):
            assert not gains[d].any()


def test_depth_and_the_cooperation_state_see_the_club() -> None:
    world = until_there_is_a_club(tariff_issues=False, recognition_issues=False)
    inside = [d for d, (i, j) in enumerate(DYADS) if members_now(world)[i] and members_now(world)[j]]
    assert np.all(world.state.depth[inside] > 0.5)
    assert np.all(worlds.series(world, "dyad", "tariff_cut")[inside, -1] == 1.0)


def test_transfers_add_up_to_nothing_and_leave_nobody_better_off_outside() -> None:
    world = until_there_is_a_club(club_transfers=True)
    (paid,) = club_phase.payments(world.world)
    assert paid.any() and abs(paid.sum()) < 1e-12
    assert np.array_equal(paid, world.recorder.frames[-1]["bloc"]["club_payment"])
    shared = club_terms.payoff_of(world.state.club_worth.worth.executive) + world.state.club_worth.money
    assert clubs.internally_stable(shared, 1e-9)[int(world.state.club)]


def test_a_carbon_price_is_paid_and_abates() -> None:
    world = until_there_is_a_club(club_carbon=True)
    carbon = club_phase.carbon_now(world.world)
    p = world.parameters
    short = (members_now(world) > 0.0) & (
        p.carbon_price < p.club_carbon_price
    )  # the EU's own price is above the club's
    assert carbon is not None and short.any() and np.array_equal(carbon.receipts[0] > 0.0, short)
    duties = world.state.books.accounts.vehicle_duty + world.state.books.accounts.battery_duty
    np.testing.assert_allclose(
        world.state.welfare.revenue - duties, carbon.receipts[0] * world.state.books.ev_built, atol=1e-12
    )


def test_green_finance_moves_money_with_a_linkage_concession() -> None:
    plain, paid = (worlds.played("2026", quarters=1, club_finance=on, club_finance_size=2.0) for on in (False, True))
    for d in range(3):
        for side in (0, 1):
            parts = paid.state.insight.mandate.parts[d][side]
            assert parts.finance is not None and plain.state.insight.mandate.parts[d][side].finance is None
            assert parts.finance[1 - side] == pytest.approx(0.5) and parts.finance[side] == pytest.approx(-0.5 * 1.2)
            assert np.array_equal(parts.linkage, plain.state.insight.mandate.parts[d][side].linkage)
            # A concession with money is worth both, one without money what it was; lapsed it is worth nothing.
            menu, flows = paid.agenda.menus[d], worlds.flows_of(paid, d, side)
            for giver in (0, 1):
                packages = [menu.alone[5 + giver][k] for k in (0, 1, 2)]
                over = [float(flows.kept.at(menu, k) - flows.kept.at(menu, packages[0])) for k in packages]
                expected = [0.0, parts.linkage[giver], parts.linkage[giver] + parts.finance[giver]]
                np.testing.assert_allclose(over, expected, atol=1e-12)
                gone = flows.alone if giver == side else flows.deserted
                assert float(gone.at(menu, packages[2]) - gone.at(menu, packages[0])) == 0.0
    # What issues are worth was found without money, which only runs may pay; treaties in force carry none.
    assert np.array_equal(paid.agenda.receiver_gain, plain.agenda.receiver_gain)
    assert all(menu.positions[5] == menu.positions[6] == (0, 1, 2) for menu in paid.agenda.menus)
    for d in range(3):
        held = paid.agenda.menus[d].coordinates[int(paid.agenda.treaty[d])]
        assert held[5] < 2 and held[6] < 2


def test_green_finance_is_signed_kept_and_told() -> None:
    told, kept, words = "", 0, " with green finance"
    for replicate in range(6):
        if kept > 0 and words in told:
            break
        world = NegotiationModel("2026", root_seed=1, replicate=replicate, club_finance=True).run()
        told += " ".join(line.text for line in world.story if line.topic == "treaty")
        for d in range(3):
            held = worlds.series(world, "dyad", "package")[d].astype(int)
            kept += int(np.count_nonzero(world.agenda.menus[d].coordinates[held][:, 5:7] == 2))
    assert kept > 0 and words in told


# --- coming and going ---------------------------------------------------------------------------------------------


def test_coalitions_are_weighed_in_the_fourth_quarter_and_enter_in_the_next() -> None:
    changes: list[tuple[str, str]] = []
    for replicate in range(6):
        world = worlds.played("symmetric", replicate=replicate, root_seed=1, **CLUB)
        grows = np.diff(members(world), axis=1, prepend=0.0).max(axis=0) > 0.0
        changes += [(world.start.quarter_label(int(t))[-2:], "in") for t in np.flatnonzero(grows)]
    assert changes and {quarter for quarter, _ in changes} == {"Q1"}


@pytest.mark.slow
def test_a_third_bloc_accedes_and_the_story_tells() -> None:
    worlds_of_2026 = (club_world("2026", replicate=r, club_transfers=True, **UNAFRAID).run() for r in range(40))
    told = (line.text for world in worlds_of_2026 for line in world.story if "would join a climate club" in line.text)
    assert any("all members ratify" in text for text in told)


def test_the_story_tells_of_founding_lapsing_and_leaving() -> None:
    missing = {"would form a climate club", "does not keep the terms of a climate club", "leaves a climate club",
               "two quarters running", "no longer stands by it", "it fails in", "stay together",
               "it dissolves"}  # fmt: skip
    for replicate in range(8):
        told = " ".join(line.text for line in club_world(replicate=replicate).run().story)
        missing = {words for words in missing if words not in told}
        if not missing:
            break
    assert missing == set()
    assert club_world(replicate=0).teller.clubs() == COALITIONS.members


@pytest.mark.parametrize("replicates", [range(2), pytest.param(range(2, 8), marks=pytest.mark.slow)], ids=str)
def test_no_member_opens_a_case_on_another(replicates: range) -> None:
    hot = {"opening_hazard": 0.6, "emergency_hazard": 0.05}
    for replicate in replicates:
        world = worlds.played("symmetric", replicate=replicate, root_seed=1, **CLUB, **hot)
        together = worlds.series(world, "dyad", "club")
        running = worlds.series(world, "directed", "investigation")
        special = worlds.series(world, "directed", "special_ev")
        assert together.any()
        for pair, (i, j) in enumerate(DIRECTED_DYADS):
            # Members all through a quarter: at its end and at the end of the one before.
            inside = together[DYAD_OF[i, j]]
            both = (inside[1:] > 0.0) & (inside[:-1] > 0.0)
            assert not running[pair, 1:][both].any()
            assert np.all(np.diff(special[pair])[both] <= 1e-12)


@pytest.mark.parametrize("replicates", [range(2), pytest.param(range(2, 8), marks=pytest.mark.slow)], ids=str)
def test_without_a_shadow_of_the_future_members_do_not_sign(replicates: range) -> None:
    # A lapse that is noticed late and punished briefly pays: nobody would keep the terms, so nobody signs.
    for replicate in replicates:
        world = worlds.played("symmetric", replicate=replicate, root_seed=1, detection_lag=4, discount_factor=0.95,
                              retaliation_rule="tit_for_tat", trust_bad_cn_us=20.0, trust_bad_cn_eu=20.0,
                              trust_bad_us_eu=20.0, **CLUB)  # fmt: skip
        assert not members(world).any()


# --- conditional commitments ---------------------------------------------------------------------------------------


def test_all_come_in_on_condition_where_no_zone_of_all_is_stable() -> None:
    """On the model's own pay-offs: without a penalty blocs stay out, on condition that all come in they do."""
    free = {"zero_tariff_zone": True}
    own, conditional = (
        Ensemble("symmetric", 1, 8, {**free, "club_commitment": how}).run().summary() for how in clubs.COMMITMENTS
    )
    assert conditional.club_quarters.sum() > own.club_quarters.sum() + 20


def test_a_lapse_suspends_the_terms_of_all_and_who_leaves_ends_them() -> None:
    world = until_there_is_a_club(size=3, club_commitment="conditional").world
    before = world.state.duty.copy()
    world.state.club_honours[0, 1] = False
    within, against = club_phase.terms_in_force(world)
    assert not within.any() and not against.any() and not club_phase.gains(world).any()
    world.state.club_honours[0, 1] = True
    assert club_phase.terms_in_force(world)[0].any() and np.array_equal(before, world.state.duty)
    world.state.club_failed[0, 2], world.state.club_honours[0, 2] = True, False
    club_phase.leave_club(world)
    assert world.state.club.tolist() == [0], "not the two that are left"


# --- one lane and many -------------------------------------------------------------------------------------------

MIXES = [
    ("symmetric", CLUB),
    ("symmetric", {**CLUB, "club_exclusive": True, "club_carbon": True, "assessment_interval": 1}),
    ("2026", {**CLUB, **UNAFRAID, "club_transfers": True, "club_carbon": True, "club_finance": True}),
    ("2026-open-access", {"zero_tariff_zone": True, "club_transfers": True, "security_scale": 0.5}),
    ("symmetric", {"zero_tariff_zone": True, "club_transfers": True, "club_commitment": "conditional"}),
]


@pytest.mark.parametrize(("scenario", "change"), one_in(2, MIXES))
def test_both_worlds_are_one_model_with_clubs(scenario: str, change: dict[str, Any]) -> None:
    assert equality.faults(scenario, range(1), change) == []


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "change"), [*MIXES, ("2018", {**CLUB, "club_transfers": True})])
def test_both_worlds_are_one_model_with_clubs_in_twenty_replicates(scenario: str, change: dict[str, Any]) -> None:
    assert equality.faults(scenario, range(1, 21), change) == []


# --- published signs ----------------------------------------------------------------------------------------------


def quarters_in_clubs(scenario: str, replicates: int, **change: Any) -> np.ndarray:
    """(replicate,) quarters that dyads spend in one club, all three together."""
    table = Ensemble(scenario, 11, replicates, change).run().summary()
    return table.groupby("replicate").club_quarters.sum().to_numpy()


PENALTIES = (0.0, 0.05, 0.1, 0.15, 0.25)


@pytest.mark.parametrize(
    ("scenario", "replicates", "penalties", "change"),
    [
        ("symmetric", 30, PENALTIES[::4], {}),
        pytest.param("symmetric", 150, PENALTIES, {}, marks=pytest.mark.slow),
        pytest.param("2026", 1000, PENALTIES, UNAFRAID, marks=pytest.mark.slow),
    ],
)
def test_a_higher_penalty_makes_larger_and_longer_clubs(
    scenario: str, replicates: int, penalties: tuple[float, ...], change: dict[str, Any]
) -> None:
    # Nordhaus 2015: no stable coalition to speak of without a sanction, large ones with a small trade penalty.
    found = [
        quarters_in_clubs(scenario, replicates, climate_club=True, club_penalty=rate, **change) for rate in penalties
    ]
    for low, high in itertools.pairwise(found):
        paired = high - low
        assert paired.mean() >= -2.0 * paired.std(ddof=1) / np.sqrt(paired.size)
    first_to_last = found[-1] - found[0]
    assert first_to_last.mean() > 3.0 * first_to_last.std(ddof=1) / np.sqrt(first_to_last.size)


# Until a club has stood for so many quarters; few replicates have one.
@pytest.mark.parametrize("enough", [1, pytest.param(1000, marks=pytest.mark.slow)])
def test_without_a_penalty_every_club_is_one_that_theory_calls_stable(enough: int) -> None:
    stood = 0
    for replicate in range(12):
        if stood >= enough:
            break
        world = NegotiationModel("symmetric", root_seed=1, replicate=replicate, narrate=False, zero_tariff_zone=True)
        while world.running:
            world.step()
            signed = int(world.state.club_signed)
            if signed > 0:
                payoffs = club_terms.payoff_of(world.state.club_worth.worth.executive)
                assert clubs.stable_coalitions(payoffs)[signed]
                stood += 1
    assert stood > 0


@pytest.mark.slow
def test_transfers_hold_clubs_that_interest_alone_does_not() -> None:
    alone, helped = (quarters_in_clubs("2026", 100, **CLUB, **UNAFRAID, club_transfers=on) for on in (False, True))
    paired = helped - alone
    assert paired.mean() > 3.0 * paired.std(ddof=1) / np.sqrt(paired.size)


def after_founding(club: int, replicates: int = 300) -> np.ndarray:
    """(replicate,) quarters in which all three are in, where governments began with this coalition."""
    ensemble = Ensemble("2026", 5, replicates, {**CLUB, **UNAFRAID, "club_transfers": True})
    ((_, world),) = ensemble.worlds()
    world.step()
    world.state.club[...], world.state.club_signed[...] = club, -1
    whole = np.zeros(replicates)
    while world.state.quarter < world.n_quarters:
        world.step()
        whole += world.state.club == len(MEMBERS) - 1
    return whole


@pytest.mark.slow
def test_a_club_of_all_three_holds_more_than_one_that_grows() -> None:
    paired = after_founding(len(MEMBERS) - 1, 80) - after_founding(1, 80)
    assert paired.mean() > 3.0 * paired.std(ddof=1) / np.sqrt(paired.size)


@pytest.mark.slow
def test_founders_matter() -> None:
    # Farrokhi & Lashkaripour 2025: what a club reaches depends on who founds it; Hovi et al. 2017: the right founders.
    by_founders = {club: after_founding(club) for club in range(1, len(MEMBERS))}
    all_three = by_founders[len(MEMBERS) - 1]
    for club in (1, 2, 3):
        paired = all_three - by_founders[club]
        assert paired.mean() > 3.0 * paired.std(ddof=1) / np.sqrt(paired.size)
    # Among pairs, China and the EU hold together best and let the third in least.
    paired = by_founders[1] - by_founders[2]
    assert paired.mean() > 2.0 * paired.std(ddof=1) / np.sqrt(paired.size)
