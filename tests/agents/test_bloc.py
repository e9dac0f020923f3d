"""A government: what it sees, tables, answers, keeps and does alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import worlds
from of_three import N_DYADS, PAIR_OF

from model.agents.bloc import Offer
from model.negotiation import NegotiationModel
from model.packages.menu import negotiable
from model.packages.sums import chosen_flows
from model.rules import ratification, unilateral
from model.rules.instruments import Instrument
from model.vocabulary import BLOCS, DYADS, RECOGNITION

CN, US, EU = range(3)


@pytest.fixture(scope="module")
def world() -> Any:
    return worlds.played("2026", replicate=0, quarters=10)


def fresh(quarters: int = 6, **parameters: Any) -> NegotiationModel:
    built = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False, **parameters)
    for _ in range(quarters):
        built.step()
    return built


def test_sides_and_partners(world: Any) -> None:
    for d, (i, j) in enumerate(DYADS):
        one, two = world.blocs[i], world.blocs[j]
        assert (one.side(d), two.side(d)) == (0, 1) and one.partner(d) is two and two.partner(d) is one
        assert one.flows(d) is world.world.known().flows[d][0]
    assert [bloc.code for bloc in world.blocs] == list(BLOCS)


def test_without_noise_governments_see_the_truth() -> None:
    clear = fresh(perception_noise=0.0, clocks=False)
    for d, pair in enumerate(DYADS):
        current = int(clear.state.treaty[d])
        for b in pair:
            view, side = worlds.view_of(clear, b, d), pair.index(b)
            for seen, whose in ((view.own, side), (view.partner, 1 - side)):
                true = worlds.flows_of(clear, d, whose).honoured
                np.testing.assert_allclose(seen[0], true[view.packages] - true[current], atol=1e-14)


def test_dialogue_brings_beliefs_nearer_to_the_truth_on_average() -> None:
    distances = []
    for level in (0.0, 0.5, 1.0):
        gap = []
        for replicate in range(4):
            built = NegotiationModel("2026", root_seed=1, replicate=replicate, narrate=False)
            built.step()
            built.state.dialogue = np.full(N_DYADS, level)
            for d, pair in enumerate(DYADS):
                view, true = worlds.view_of(built, pair[0], d), worlds.flows_of(built, d, 0).honoured
                gap.append(np.abs(view.own[0] - (true[view.packages] - true[int(built.state.treaty[d])])).mean())
        distances.append(np.mean(gap))
    assert distances[0] > distances[1] > distances[2]


def test_what_is_admissible_is_on_the_table_worth_it_kept_and_passed(world: Any) -> None:
    for d, pair in enumerate(DYADS):
        for b in pair:
            view, bloc, side, current = (
                worlds.view_of(world, b, d),
                world.blocs[b],
                pair.index(b),
                world.state.treaty[d],
            )
            menu, lane, here = world.agenda.menus[d], np.array([0]), view.packages
            assert set(here) == set(
                np.flatnonzero(negotiable(menu, world.world.rules.on_table.allowed[0], int(current)))
            )
            whole = chosen_flows(bloc.flows(d), lane)
            keeps = bloc.slack(d, lane, whole).spread(menu)[0, here] >= 0.0
            home = worlds.flows_of(world, d, side).legislature
            passes = ratification.in_win_set(
                home[here] - home[current], world.agenda.legislature_scale[d, side], bloc.threshold(d, lane)[here]
            )
            assert view.reservation > 0
            np.testing.assert_array_equal(view.admissible[0], (view.own[0] >= view.reservation) & keeps & passes)


def test_aspirations_fall_to_the_reservation_over_a_session(world: Any) -> None:
    for d, pair in enumerate(DYADS):
        for b in pair:
            bloc = world.blocs[b]
            view = worlds.view_of(world, b, d)
            hopes = [float(bloc.aspire(worlds.moment_of(world, b, view, t))[0]) for t in np.linspace(0, 1, 9)]
            assert np.all(np.diff(hopes) <= 1e-15) and hopes[-1] == pytest.approx(float(view.reservation))


def test_an_offer_is_good_enough_for_whoever_tables_it(world: Any) -> None:
    n_tabled = 0
    for d, pair in enumerate(DYADS):
        for b in pair:
            bloc = world.blocs[b]
            view = worlds.view_of(world, b, d)
            moment = worlds.moment_of(world, b, view, 0.9)
            hope = bloc.aspire(moment)
            package, exists = bloc.table(view, hope)
            at = int(np.searchsorted(view.packages, package[0]))
            offer = Offer(d, package, view.own[:, at], view.admissible[:, at])
            if exists[0]:
                n_tabled += 1
                assert view.admissible[0, at] and view.own[0, at] >= hope[0]
                good = view.admissible & (view.own >= hope)
                assert view.partner[0, at] == view.partner[good].max()
                assert bloc.answer(offer, hope, moment)[0]
            assert not bloc.answer(offer, np.array([1e9]), moment)[0]
    assert n_tabled > 0


def test_congress_votes_on_laws_alone_and_wants_more_of_recognition(world: Any) -> None:
    us, china, p, menu = world.blocs[US], world.blocs[CN], world.parameters, world.agenda.menus[2]
    gives = world.agenda.levels[2][:, RECOGNITION] > 0  # the US is the first side of US-EU
    below = menu.duty_at[:, 0] == 4  # a full cut leads below the MFN rate there
    assert gives.any() and (below & ~gives).any() and not (gives | below).all()
    wanted = np.where(gives, p.ratification_threshold_us_recognition, p.ratification_threshold_us)
    lane = np.array([0])
    np.testing.assert_array_equal(us.threshold(2, lane), np.where(gives | below, wanted, ratification.NO_VOTE))
    votes = world.world.rules.instruments[0] > Instrument.TRUCE
    assert votes.any() and not votes.all()
    asked = np.where(votes, p.ratification_threshold_cn, ratification.NO_VOTE)
    np.testing.assert_array_equal(china.threshold(0, lane), asked)


def test_congress_wants_more_of_an_open_market() -> None:
    world = worlds.played("2026-access", quarters=1)
    us, p, menu = world.blocs[US], world.parameters, world.agenda.menus[0]
    opens = menu.access_at[:, 1] == 3  # local plants, a quota, open
    assert opens.any() and not (menu.held[:, RECOGNITION + 1] > 0).any()
    wanted = np.where(opens, p.ratification_threshold_us_recognition, ratification.NO_VOTE)
    np.testing.assert_array_equal(us.threshold(0, np.array([0])), wanted)


def test_without_clocks_every_legislature_votes_on_everything() -> None:
    old = fresh(quarters=0, clocks=False)
    for d, pair in enumerate(DYADS):
        for b in pair:
            assert old.blocs[b].votes(d).all() and (old.blocs[b].threshold(d, np.array([0])) >= -0.1).all()


def test_a_higher_threshold_never_raises_the_chance_of_ratification(world: Any) -> None:
    # M18, on every package that lies on a table.
    for d, pair in enumerate(DYADS):
        for side in range(len(pair)):
            home = worlds.flows_of(world, d, side).legislature
            chances = [
                ratification.ratification_probability(
                    home - home[0], world.agenda.legislature_scale[d, side], theta, world.parameters.ratification_slope
                )
                for theta in (-0.1, 0.0, 0.15, 0.35, 0.6)
            ]
            assert np.all(np.diff(chances, axis=0) <= 0)


def test_more_trust_never_makes_a_bloc_break_what_it_would_keep() -> None:
    built, lane = fresh(), np.array([0])
    kept = []
    for good in (0.5, 2.0, 8.0, 40.0):
        built.state.good = np.full((3, 3), good)
        built.state.bad = np.full((3, 3), 2.0)
        slack = [
            bloc.slack(d, lane, chosen_flows(bloc.flows(d), lane)).spread(built.agenda.menus[d])[0]
            for d, pair in enumerate(DYADS)
            for bloc in (built.blocs[b] for b in pair)
        ]
        kept.append(np.concatenate(slack) >= 0.0)
    shares = [k.mean() for k in kept]
    assert shares == sorted(shares) and shares[-1] > shares[0]


def test_signals_are_right_without_error_and_noisy_with_it() -> None:
    sure = fresh(quarters=1, false_alarm=0.0, missed_violation=0.0)
    us = sure.blocs[US]
    nought = np.zeros(1)
    assert us.reads_conduct(0, nought + 1.0, nought)[0] == 1.0 and us.reads_conduct(0, nought, nought)[0] == 0.0
    unsure = fresh(quarters=1, false_alarm=0.35, missed_violation=0.35, dialogue_ceiling=0.0)
    luck = np.linspace(0.005, 0.995, 100)
    seen = [float(unsure.blocs[US].reads_conduct(0, np.ones(1), np.array([u]))[0]) for u in luck]
    assert np.mean(seen) == pytest.approx(0.65, abs=0.02)


def test_trust_moves_with_evidence_and_only_under_an_obligation() -> None:
    built = fresh(quarters=2)
    china = built.blocs[CN]
    for signal, sign in ((1.0, 1), (0.0, -1)):
        (good,), (bad,) = china.updates_trust(0, np.array([signal]), np.array([True]))
        before = float(built.state.good[CN, US] / (built.state.good[CN, US] + built.state.bad[CN, US]))
        assert sign * (float(good / (good + bad)) - before) > 0
    (good,), _ = china.updates_trust(0, np.zeros(1), np.array([False]))
    lam, prior = built.parameters.trust_memory, built.state.prior_good[CN, US]
    assert good == pytest.approx(prior + lam * (built.state.good[CN, US] - prior))


def test_best_duty_counts_the_cost_of_opening(world: Any) -> None:
    for bloc in world.blocs:
        for other in world.blocs:
            if other is not bloc:
                (gains,) = bloc.duty_moves(other)
                best, gain = unilateral.best_move(gains)
                assert gains.shape == (5,) and gains[2] == 0.0 and gain == gains[best] >= 0.0
                cost = world.agenda.opening_cost[bloc.index, other.index]
                raw = world.state.insight.mandate.move_gain[PAIR_OF[bloc.index, other.index]]
                np.testing.assert_allclose(raw - gains, cost * np.array([1, 1, 0, 1, 1]), atol=1e-15)


def test_emergencies_can_be_shut_out() -> None:
    calm = fresh(quarters=1, tension_in_emergency=False)
    assert not calm.blocs[US].strikes_at_once(calm.blocs[CN], np.zeros(1))[0]
    tense = fresh(quarters=1, emergency_hazard=0.05)
    assert tense.blocs[US].strikes_at_once(tense.blocs[CN], np.zeros(1))[0]
    assert not tense.blocs[US].strikes_at_once(tense.blocs[CN], np.array([0.06]))[0]
