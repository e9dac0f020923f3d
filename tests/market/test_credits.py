"""Optional credits: content rules of the US credit, friends in its allowed set, required shares of EVs (1.1, 1.18)."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
import worlds
from of_three import N_BLOCS

from model.assessment import friends as worth
from model.assessment.realised import realised_value
from model.assessment.values import issue_values, package_values
from model.market import credits
from model.numerics import same_bits
from model.parameters.checked import make_parameters
from model.rules import mandates, policy
from model.vocabulary import BLOCS, DYADS, SUPPLY, TECHNOLOGY, THREE

CN, US, EU = (BLOCS.index(name) for name in ("CN", "US", "EU"))
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
FRIENDLY = {"local_content": True, "friendshoring": True}
SCHEMES = {"dual_credits": True, "zev_mandate": True}


@pytest.fixture(scope="module")
def friendly() -> Any:
    return worlds.played("2026", quarters=9, **FRIENDLY)


def credit_of(world: Any, friends: list[float], quarter: int = 0, **change: Any) -> np.ndarray:
    p = world.parameters.with_overrides(change)
    return credits.content_credit(
        p, world.start, quarter, world.state.supply.cells, world.state.origin_share, np.array(friends, dtype=np.float64)
    )


# --- content rules ------------------------------------------------------------------------------------------------


def test_the_credit_is_re_added_from_cells_and_places(friendly: Any) -> None:
    s, state, cells = friendly.start, friendly.state, friendly.state.supply.cells
    friends = [0.0, 1.0, 1.0]
    found = credit_of(friendly, friends, quarter=5)
    minerals, parts = policy.credit_thresholds(2028)
    assert not found[[CN, EU]].any()
    for f in range(len(s.automakers)):
        paid = 0.0
        for o in range(N_BLOCS):
            mix = (cells.share_home if o == US else cells.share_export)[o, f]
            allowed = np.array([friends[home] if home < 3 else 0.0 for home in s.supplier_home])
            from_here = float((mix * (s.local_share[:, o] * friends[o] + (1 - s.local_share[:, o]) * allowed)).sum())
            ores = float((mix * np.maximum(s.mineral_share, allowed)).sum())
            part = friendly.parameters.content_minerals_restricted * (1 - np.maximum(s.mineral_share, allowed))
            maker = (s.supplier_home == CN) * (1 - allowed)
            barred = float((mix * np.maximum(maker, part * (1 - friends[CN]))).sum())
            halves = sum(
                1 / (1 + np.exp(-(share - least) / 0.03)) for share, least in ((ores, minerals), (from_here, parts))
            )
            paid += state.origin_share[US, f, o] * friends[o] * 3.75 * halves * (1 - barred)
        assert found[US, f] == pytest.approx(paid, rel=1e-9, abs=1e-12)


def test_cars_from_outside_the_set_and_the_banned_get_nothing(friendly: Any) -> None:
    alone = credit_of(friendly, [0.0, 1.0, 0.0])
    home = friendly.state.origin_share[US, :, US]
    assert home.min() < 1e-3, "some brands are hardly built in the US"
    assert np.all(alone[US] <= friendly.parameters.content_credit * home + 1e-12)


def test_rules_tighten_by_year_and_a_friend_never_takes_away(friendly: Any) -> None:
    paid = [credit_of(friendly, [0.0, 1.0, 0.0], t)[US] for t in (0, 5, 9, 13)]
    for before, after in itertools.pairwise(paid):
        assert np.all(after <= before + 1e-12)
    for friend in (CN, EU):
        friends = [0.0, 1.0, 0.0]
        friends[friend] = 1.0
        assert np.all(credit_of(friendly, friends)[US] >= credit_of(friendly, [0.0, 1.0, 0.0])[US] - 1e-12)
    assert not credit_of(friendly, [1.0, 1.0, 1.0], content_credit=0.0).any()


def test_in_2018_the_credit_is_paid_when_the_law_paid_it() -> None:
    plain, ruled = (worlds.played("2018", local_content=on) for on in (False, True))
    s = ruled.start
    months = [t for t in range(s.n_quarters) if s.credit[t, US] > 0]
    assert s.quarter_label(months[0]) == "2023Q1" and s.quarter_label(months[-1]) == "2025Q3"
    # Until the law nothing differs; what its rules then say differs from the core's simpler reading.
    assert worlds.same_record(plain, ruled, quarters=months[0]) == []
    assert worlds.same_record(plain, ruled) != []
    spent = [worlds.series(w, "bloc", "subsidies")[US] for w in (plain, ruled)]
    assert np.all(spent[1][months] > 0)
    after = worlds.played("2018", quarters=s.n_quarters, local_content=True)
    assert not credits.content_credit(
        after.parameters,
        s,
        s.n_quarters - 1,
        after.state.supply.cells,
        after.state.origin_share,
        np.array([1.0, 1.0, 1.0]),
    ).any()
    for t, row in enumerate(s.credit_minerals[:, US]):
        if row > 0:
            assert policy.credit_thresholds(credits.year_of(s, t))[0] == pytest.approx(row)


def test_restricted_minerals_are_barred_from_2025() -> None:
    rules: list[dict[str, float]] = [{"content_minerals_restricted": part} for part in (0.0, 1.0)]
    plain, barred = (worlds.played("2018", local_content=True, **rule) for rule in rules)
    s = plain.start
    first = s.quarter_index("2025Q1")
    assert worlds.same_record(plain, barred, quarters=first) == []
    spent = [worlds.series(w, "bloc", "subsidies")[US, first] for w in (plain, barred)]
    assert 0.0 < spent[1] < spent[0]
    for label, is_in_force in (("2023Q4", False), ("2024Q4", False), ("2025Q1", True)):
        t, seen = s.quarter_index(label), []
        for rule in rules:
            home = np.array([0.0, 1.0, 0.0])
            p = plain.parameters.with_overrides(rule)
            seen.append(credits.content_credit(p, s, t, plain.state.supply.cells, plain.state.origin_share, home)[US])
        assert np.all(seen[1] <= seen[0]) and np.any(seen[1] < seen[0]) == is_in_force, label


# --- friends ------------------------------------------------------------------------------------------------------


def test_a_deal_on_supply_or_technology_makes_a_friend() -> None:
    kept = np.zeros((2, 3, 10))
    kept[0, 0, SUPPLY] = 0.4  # China assures the US
    kept[0, 1, SUPPLY] = 1.0  # China assures the EU: not the US's business
    kept[1, 2, TECHNOLOGY] = 1.0  # the US and the EU
    kept[1, 0, SUPPLY + 1] = 1.0  # the US assures China
    assert credits.friends_of(THREE, kept).tolist() == [[0.4, 1.0, 0.0], [0.0, 1.0, 1.0]]
    assert credits.nobodys_friend(THREE).tolist() == [0.0, 1.0, 0.0]


def test_what_a_friend_is_worth_is_what_whole_markets_say(friendly: Any) -> None:
    world, p = friendly, friendly.parameters
    situation = worlds.situation(world)
    found = worth.friend_gains(
        world.economy, p, world.start, 8, situation, world.state.origin_share, world.state.standards.friends,
        world.state.markup, world.agenda.security, world.state.climate.effective, world.state.profit_weight,
    )  # fmt: skip
    now = credit_of(world, list(world.state.standards.friends), 8)
    for d, pair in enumerate(DYADS):
        if US not in pair:
            assert not found[0][d].any()
            continue
        partner = pair[0] + pair[1] - US
        flows = []
        for is_in in (0.0, 1.0):
            friends = world.state.standards.friends.copy()
            friends[partner] = is_in
            paid = situation.subsidy + credit_of(world, list(friends), 8) - now
            flows.append(
                worth.under_support(
                    world.economy,
                    p,
                    situation,
                    paid,
                    world.state.markup,
                    world.agenda.security,
                    world.state.climate.effective,
                )
            )
        for side, b in enumerate(pair):
            gain = flows[1].welfare[b] - flows[0].welfare[b]
            profit = flows[1].profit[b] - flows[0].profit[b]
            assert found[0][d, side] == pytest.approx(gain + p.executive_profit_weight * profit, rel=1e-12)
            assert found[1][d, side] == pytest.approx(gain + p.legislature_profit_weight * profit, rel=1e-12)
    # More of its cars and cells are paid for: the friend gains.
    assert found[0][DYADS.index((US, EU)), 1] > 0.0


def test_support_as_it_is_changes_nothing(friendly: Any) -> None:
    situation, world = worlds.situation(friendly), friendly
    flows = [
        worth.under_support(
            world.economy, world.parameters, situation, situation.subsidy + extra, world.state.markup,
            world.agenda.security, world.state.climate.effective,
        )
        for extra in (0.0, 0.0, 1.0)
    ]  # fmt: skip
    assert same_bits(flows[0].welfare, flows[1].welfare)
    # A subsidy to all EVs lifts makers' profits everywhere it is paid.
    assert np.all(flows[2].profit > flows[0].profit)


def test_a_package_knows_its_friend_once(friendly: Any) -> None:
    # With both assured supply and technology cooperation a partner is not a friend twice.
    d = DYADS.index((CN, US))
    menu = friendly.agenda.menus[d]
    for side in (0, 1):
        parts = friendly.state.insight.mandate.parts[d][side]
        assert parts.friends is not None and parts.friends[1] == 0.0 and parts.friends[0] != 0.0
        bare = dataclasses.replace(parts, friends=None)
        extra = package_values(menu, parts) - package_values(menu, bare)
        is_friend = (menu.held[:, SUPPLY] > 0) | (menu.held[:, TECHNOLOGY] > 0)
        np.testing.assert_allclose(extra, is_friend * parts.friends[0], atol=1e-12)
        # Whoever lapses takes its part away.
        first = package_values(menu, parts, (True, False)) - package_values(menu, bare, (True, False))
        assert not first.any()
        second = package_values(menu, parts, (False, True)) - package_values(menu, bare, (False, True))
        np.testing.assert_allclose(second, (menu.held[:, SUPPLY] > 0) * parts.friends[0], atol=1e-12)
        issues = issue_values(parts) - issue_values(bare)
        np.testing.assert_allclose(issues[[SUPPLY, TECHNOLOGY]], parts.friends[0], atol=1e-12)
        package = int(np.flatnonzero(is_friend)[-1])
        kept = realised_value(menu, parts, package, np.ones(2), np.array([0.5, 1.0]))
        plain = realised_value(menu, bare, package, np.ones(2), np.array([0.5, 1.0]))
        level = 1.0 if menu.held[package, TECHNOLOGY] else 0.5
        assert kept - plain == pytest.approx(level * parts.friends[0], abs=1e-12)


def test_friends_are_told_of(friendly: Any) -> None:
    world = worlds.NegotiationModel("2026", root_seed=1, **FRIENDLY)
    world.step()
    # The truce in force at the start contains China's assured supply.
    assert world.state.standards.friends[CN] == 1.0 and friendly.start.treaties
    assert any(line.topic == "credits" and "China" in line.text for line in world.story)


# --- required shares ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["2018", "2026"])
def test_required_shares_are_sold_or_fined(scenario: str) -> None:
    world = worlds.NegotiationModel(scenario, root_seed=1, narrate=True, **SCHEMES, zev_mandate_scale=1.2)
    bound = 0
    while world.running:
        world.step()
        p, scheme, price = world.parameters, world.state.supply.scheme, world.state.credit_price
        assert scheme is not None
        short = scheme.required - world.state.books.ev_share
        for m in range(N_BLOCS):
            if 0.0 < price[m] < scheme.cap[m]:
                assert short[m] == pytest.approx(0.0, abs=1e-9)
                bound += 1
            elif price[m] > 0.0:
                assert short[m] >= -1e-9 and price[m] == scheme.cap[m]
            else:
                assert short[m] <= 1e-9
        a = world.state.books.accounts
        fines = price * world.economy.market_size * short
        np.testing.assert_allclose(world.state.welfare.revenue, a.vehicle_duty + a.battery_duty + fines, **CLOSE)
        (shift,) = world.world.pushed_utility()
        burden = price * scheme.required * world.economy.market_size + shift / p.alpha * a.sales.sum(axis=1)
        np.testing.assert_allclose(world.state.welfare.consumer_surplus, a.consumer_surplus - burden, **CLOSE)
    assert bound > 0
    told = [line.text for line in world.story if line.topic == "credits"]
    assert any("short of credits" in text or "pay the fine" in text for text in told)
    column = worlds.series(world, "bloc", "credit_price")
    np.testing.assert_array_equal(column[:, -1], world.state.credit_price)


def test_a_scheme_that_asks_for_nothing_is_the_core() -> None:
    for off in ({"zev_mandate": True, "zev_mandate_scale": 0.0}, {"dual_credits": True, "dual_credit_scale": 0.0}):
        plain, idle = worlds.played("2026", quarters=14), worlds.played("2026", quarters=14, **off)
        for table, columns in plain.recorder.frames[0].items():
            for column in columns:
                np.testing.assert_allclose(
                    worlds.series(plain, table, column), worlds.series(idle, table, column), rtol=1e-7, atol=1e-10
                )


def test_schemes_are_those_of_the_switches() -> None:
    s = worlds.played("2026", quarters=1).start
    assert credits.scheme_of(make_parameters({}), s, 0) is None
    china = credits.scheme_of(make_parameters({"dual_credits": True, "dual_credit_floor": 0.1}), s, 0)
    assert china is not None
    assert china.required.tolist() == [float(mandates.ratio_share(2026)), 0.0, 0.0]
    assert china.floor.tolist() == [0.1, 0.0, 0.0] and china.cap.tolist() == [1.3, 0.0, 0.0]
    west = credits.scheme_of(make_parameters({"zev_mandate": True}), s, 14)
    assert west is not None
    assert west.required.tolist() == [0.0, 0.22, 0.61] and west.cap.tolist() == [0.0, 20.0, 11.0]
    part = west.of(np.array([EU, EU, CN]))
    assert part.required.tolist() == [0.61, 0.61, 0.0]
    # A floor above the cap would contradict itself: the cap holds.
    low = credits.scheme_of(
        make_parameters({"dual_credits": True, "dual_credit_floor": 1, "dual_credit_cap": 0.5}), s, 0
    )
    assert low is not None and low.floor[CN] == 0.5


def test_a_binding_mandate_sells_more_and_costs_combustion_makers() -> None:
    plain, bound = (worlds.played("2026", quarters=6, zev_mandate=on) for on in (False, True))
    for column, sign in (("ev_share", 1.0), ("credit_price", 1.0)):
        before, after = (worlds.series(w, "bloc", column)[US, 3] for w in (plain, bound))
        assert sign * (after - before) > 0.0
    assert bound.state.books.accounts.ice_profit[US] < plain.state.books.accounts.ice_profit[US]
