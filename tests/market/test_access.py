"""Access in a run: closed and open doors as its limits, quotas that hold in every quarter, books that close."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import equality
import numpy as np
import pytest
import worlds
from of_three import DIRECTED_DYADS
from thinned import one_in

from model.market.access import Gates, gates_now, gates_of, lasting_premium, quotas_of
from model.market.clearing import account, equilibrium, offered_costs
from model.negotiation import NegotiationModel
from model.numerics import FloatArray
from model.rules.access import PROHIBITIVE
from model.scenario.scenario import load_scenario
from model.start.agenda import look
from model.start.calibration import COLD_SWEEPS
from model.start.starting_point import starting_point
from model.vocabulary import EV

CN, US, EU = range(3)
AS_GOOD = {"rel": 1e-9, "abs": 1e-9}
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
#: Nobody negotiates or moves alone, so that markets alone answer.
QUIET = {**worlds.NOTHING_ON_THE_TABLE, "unilateral_duties": False, "unilateral_recognition_rate": 0.0}
#: A duty on cars within the quota that is never below the one in force, whatever that becomes: only numbers are left.
FULL_DUTY = "duty = { value = 5, assumed = 'above any duty beyond the quota' }"


@pytest.fixture
def scenario(tmp_path: Path) -> Any:
    """Write a scenario that extends another with terms of access; give its path."""

    def written(pair: str, position: str, cars: float | None = None, more: str = "", extends: str = "2026") -> str:
        path = tmp_path / f"{position}-{cars}-{len(more)}.toml"
        quota = "" if cars is None else f"quota = {{ value = {cars}, assumed = 'a number of cars for a test' }}\n"
        head = f'extends = "{extends}"\nname = "access"\ntitle = "access"\n'
        path.write_text(f'{head}[access."{pair}"]\nin_force = "{position}"\n{quota}{more}', encoding="utf-8")
        return str(path)

    return written


def test_open_is_open_access_to_the_last_bit(scenario: Any) -> None:
    assert worlds.same_record(worlds.played(scenario("US<CN", "open")), worlds.played("2026-open-access")) == []


def test_a_quota_that_nobody_fills_is_an_open_door(scenario: Any) -> None:
    wide = worlds.played(scenario("US<CN", "quota", 90.0, FULL_DUTY), replicate=1)
    assert worlds.same_record(wide, worlds.played("2026-open-access", replicate=1)) == ["directed.licences"]
    assert wide.state.market.licences.premium.tolist() == [0.0, 0.0, 0.0]


def test_no_licences_at_all_is_a_closed_door(scenario: Any) -> None:
    # No plants and no certificates, which a brand that may sell would build and pay for.
    shut = worlds.played(
        scenario("US<CN", "quota", 0.0), quarters=12, plant_hazard_max=0.0, certification_outlay=0.0, **QUIET
    )
    closed = worlds.played("2026", quarters=12, plant_hazard_max=0.0, certification_outlay=0.0, **QUIET)
    assert shut.state.market.licences.premium[US] == PROHIBITIVE
    for column in ("ev_share", "consumer_surplus", "home_profit", "revenue", "price", "ev_built"):
        # A closed door leaves brands a millionth of their availability.
        np.testing.assert_allclose(
            worlds.series(shut, "bloc", column), worlds.series(closed, "bloc", column), rtol=1e-6, atol=1e-6
        )
    assert shut.state.books.accounts.built[US, CN] < 1e-12


def test_no_licences_below_a_duty_leave_the_duty(scenario: Any) -> None:
    nothing = worlds.played(scenario("EU<CN", "quota", 0.0, 'beyond = "duty"'), quarters=12, **QUIET)
    today = worlds.played("2026", quarters=12, **QUIET)
    assert nothing.state.market.licences.held[EU].max() < 1e-15
    for table, column in (("bloc", "welfare"), ("bloc", "ev_share"), ("bloc", "revenue"), ("bloc", "home_profit")):
        np.testing.assert_allclose(worlds.series(nothing, table, column), worlds.series(today, table, column), **CLOSE)


@pytest.mark.parametrize(
    ("pair", "cars", "more"),
    one_in(
        3,
        [
            ("US<CN", 0.049, ""),
            ("EU<CN", 0.1, 'beyond = "duty"'),
            ("EU<CN", 0.2, ""),
            ("US<CN", 0.1, 'beyond = "duty"'),
        ],
    ),
)
def test_a_quota_holds_in_every_quarter_and_its_books_close(scenario: Any, pair: str, cars: float, more: str) -> None:
    world = NegotiationModel(scenario(pair, "quota", cars, more), 1, 2, narrate=False, quota_rent_exporter=0.4)
    m, binds, enters_beyond = (US if pair.startswith("US") else EU), False, False
    while world.running:
        world.step()
        state, licences, a = world.state, world.state.market.licences, world.state.books.accounts
        held, premium = licences.held[m].sum(), licences.premium[m]
        assert held <= cars / 4.0 * (1.0 + 1e-9)
        assert premium * (cars / 4.0 - held) == pytest.approx(0.0, abs=1e-9)
        binds |= bool(premium > 0.0)
        enters_beyond |= bool(a.built[m, CN] > cars / 4.0 * (1.0 + 1e-6))
        if not more:
            assert a.built[m, CN] <= cars / 4.0 * (1.0 + 1e-9)
        # What buyers pay is what makers, treasuries and the costs of cars and borders have.
        landed = _landed_by_place(world)
        by_place = a.sales[..., None] * state.origin_share
        costs = (by_place * (landed + state.supply.border.frictions)).sum(axis=-1)
        rents = licences.premium[:, None] * licences.held
        outlay = _outlay(world)
        duties = a.vehicle_duty.sum() - 0.6 * rents.sum()
        spent = (a.sales * state.market.clearing.price).sum()
        assert spent == pytest.approx(
            a.firm_profit.sum() + outlay.sum() + duties + costs.sum() + 0.6 * rents.sum(), **AS_GOOD
        )
        # Duties: the usual one on licensed cars, the full one on the rest, both on the price at the border.
        np.testing.assert_allclose(
            a.duty_rate * (state.origin_share * landed).sum(-1), (state.origin_share * landed * licences.rate).sum(-1)
        )
    assert binds and enters_beyond == bool(more)


def test_a_quota_may_grow_every_year(scenario: Any) -> None:
    """In the second year a tenth more cars come in, in force from the start or granted by a treaty."""
    growth = "growth = { value = 0.1, assumed = 'for a test' }\n"
    model = NegotiationModel(scenario("US<CN", "quota", 0.049, growth), 1, 2, narrate=False, **QUIET)
    held = []
    for _ in range(6):
        model.step()
        held.append(float(model.state.market.licences.held[US].sum()))
    assert held[2:] == pytest.approx([0.049 / 4.0] * 2 + [0.0539 / 4.0] * 2)  # brands come in over two quarters
    path = Path(scenario("US<CN", "quota", 0.049, growth + 'on_table = ["open"]\n'))
    text = path.read_text(encoding="utf-8").replace('"quota"', '"closed"').replace('["open"]', '["quota"]')
    path.write_text(text, encoding="utf-8")
    found = load_scenario(path)
    gates, step = gates_of(found), np.zeros((2, 3, 3), dtype=int)
    assert gates is not None
    step[1, US, CN] = 1  # the second lane has a treaty
    for quarter, cars in ((0, 0.049), (3, 0.049), (4, 0.0539), (9, 0.05929)):
        assert gates_now(gates, found, step, quarter).size[:, US] == pytest.approx([np.inf, cars / 4.0])


def _landed_by_place(world: NegotiationModel) -> FloatArray:
    """(m, f, o) k$ a car before duty, at what is paid for its cells."""
    cells, economy = world.state.supply.cells, world.economy
    freight = cells.freight[:, None, :]
    at_home = (cells.share_home * (cells.price * (1.0 + cells.duty[:, None, :]) + freight)).sum(axis=-1).T
    abroad = (cells.share_export * (cells.price + freight)).sum(axis=-1).T
    unit = np.where(economy.is_home[:, None, :] > 0.0, at_home, abroad)
    bare = economy.nonbattery_cost * world.state.car_cost[:, None]
    return np.asarray(bare + economy.kwh[:, None, None] * unit / 1000.0 + economy.freight)


def _outlay(world: NegotiationModel) -> FloatArray:
    """(m, f) bn$ for certificates, less where a market recognises those of the maker's home."""
    p, home = world.parameters, np.minimum(world.start.automaker_home, 2)
    recognised = world.state.standards.recognised[:, home] * (world.start.automaker_home < 3)
    paid = np.where(recognised > 0.0, p.certification_outlay_recognised, p.certification_outlay)
    return np.asarray(world.state.books.models_certified * paid / 1000.0)


def test_a_quota_is_the_same_in_one_lane_and_in_many(scenario: Any) -> None:
    path = scenario("US<CN", "quota", 0.1)
    [lanes] = equality.lane_world(path, range(4), n_quarters=20)
    one = equality.mesa_world(path, 2, n_quarters=20)
    assert equality.differences(lanes.recorder.of_lane(2), one.recorder) == []


def test_local_brands_sell_what_they_build_in_the_market_alone(scenario: Any) -> None:
    world = worlds.played(scenario("US<CN", "local"))
    state, banned = world.state, world.start.banned[:, US]
    has_plant = state.has_plant[US] > 0.0
    sold = state.books.accounts.sales[US]
    assert (banned & has_plant).any(), "somebody has built"
    assert sold[banned & has_plant].min() > 1e-4 and sold[banned & ~has_plant].max(initial=0.0) < 1e-6
    np.testing.assert_allclose(state.origin_share[US, banned & has_plant, US], 1.0)
    assert (
        worlds.series(world, "bloc", "ev_built")[US, -1]
        > worlds.series(worlds.played("2026"), "bloc", "ev_built")[US, -1]
    )


def test_undertakings_where_access_says_so_and_nowhere_else(scenario: Any) -> None:
    made = worlds.series(worlds.played(scenario("EU<CN", "undertaking")), "directed", "undertakings").sum(axis=1)
    free = worlds.series(worlds.played("2026", undertakings=True), "directed", "undertakings").sum(axis=1)
    assert np.flatnonzero(made).tolist() == [DIRECTED_DYADS.index((EU, CN))]
    assert np.count_nonzero(free) > 1


def test_undertakings_by_treaty_last_as_long_as_it_and_move_the_rent(tmp_path: Path) -> None:
    path = tmp_path / "undertaking.toml"
    path.write_text(
        'extends = "2026"\nname = "a"\ntitle = "T"\n[access."EU<CN"]\nin_force = "open"\non_table = ["undertaking"]\n'
        'volume = { value = 0.05, assumed = "so few that it binds" }\n'
        # So much that the EU takes minimum prices for it.
        "[dyad.CN-EU]\nlinkage_by = { CN = { worth = 4, cost = 0.2 }, EU = { worth = 0.3, cost = 0.15 } }\n"
        '[parameters]\nbattery_cost_luck = { value = 0, assumed = "costs are not what is asked about" }\n',
        encoding="utf-8",
    )
    [lanes] = equality.lane_world(str(path), range(6), n_quarters=24)
    assert (
        equality.differences(lanes.recorder.of_lane(2), equality.mesa_world(str(path), 2, n_quarters=24).recorder) == []
    )
    pair = DIRECTED_DYADS.index((EU, CN))
    held = np.array(
        [(frame["directed"]["access"], frame["directed"]["undertakings"]) for frame in lanes.recorder.frames]
    )
    assert not held[:, 1][held[:, 0] == 0.0].any() and (held[:, 1, :, pair][held[:, 0, :, pair] > 0.0] > 0.0).any()
    signed = int(np.flatnonzero((held[:, 0, :, pair] > 0.0).any(axis=0))[0])
    world, bound = NegotiationModel(str(path), equality.ROOT_SEED, signed, narrate=True), False
    while world.running:
        world.step()
        kept = world.state.books.undertaken
        granted = world.state.access[EU, CN] > 0
        under = world.state.undertaking[EU, :, CN] >= 0.0
        assert granted or not under.any()
        cars = kept.exports.cars[EU, :, CN]
        assert not granted or (cars <= 0.05 / 4.0 * (1.0 + 1e-12)).all()
        bound |= bool(granted and (cars >= 0.05 / 4.0 * (1.0 - 1e-12)).any())
        # What makers keep is what the treasury does without: nobody builds in the EU for it here.
        lost = kept.exports.lost(0.0)[EU, :, CN][under].sum()
        assert kept.rent[EU].sum() == pytest.approx(lost, abs=1e-12)
    told = [line.text for line in world.story if line.topic in ("access", "undertaking")]
    assert bound and any("takes minimum prices in place of the special duty" in text for text in told)
    assert any(re.search(r"price undertakings? with .* ends?\.$", text) for text in told)


# --- on the table: a treaty opens the door ---------------------------------------------------------------------------


def test_nothing_moves_before_a_treaty_lets_anyone_in() -> None:
    shut = worlds.played("2026-access", quarters=12, **QUIET)
    assert not worlds.series(shut, "dyad", "treaty")[0, 1:].any() or not shut.state.access.any()
    today = worlds.played("2026", quarters=12, **QUIET)
    for column in ("ev_share", "welfare", "revenue", "ev_built", "price"):
        np.testing.assert_allclose(
            worlds.series(shut, "bloc", column), worlds.series(today, "bloc", column), rtol=1e-9, atol=1e-12
        )


def test_a_treaty_in_effect_is_a_door_and_its_end_shuts_it() -> None:
    world = NegotiationModel("2026-access", 1, 2, narrate=True)  # a luck in which the US opens and shuts again
    banned, menu = world.start.banned[:, US], world.agenda.menus[0]
    open_quarters, came_in, left = 0, False, False
    while world.running:
        world.step()
        state = world.state
        step = int(state.access[US, CN])
        # A treaty that ends does so when the quarter is over.
        packages = [int(frame["dyad"]["package"][0]) for frame in world.recorder.frames[-2:]]
        assert step in {0, *menu.access_at[packages, 1].tolist()}
        sold = state.books.accounts.sales[US, banned]
        may_sell = banned[banned] & (state.has_plant[US, banned] > 0.0) if step == 1 else np.full(sold.shape, step > 1)
        assert sold[~may_sell].max(initial=0.0) < 1e-5
        open_quarters += step > 0
        came_in |= bool(sold.max() > 1e-4)
        left |= came_in and step == 0
    told = [line.text for line in world.story if line.topic == "access"]
    assert open_quarters and came_in and left
    assert "The US keeps out China's brands." in told[0]
    assert "From this quarter the US lets China's brands sell what they build in the US." in told
    # Plants that were built or begun while it was open are named.
    assert any(text.startswith("The US keeps out China's brands again. BYD") for text in told)


def test_a_quota_on_the_table_holds_where_it_was_agreed_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "quota.toml"
    path.write_text(
        'extends = "2026"\nname = "a"\ntitle = "T"\n[access."US<CN"]\nin_force = "closed"\non_table = ["quota"]\n'
        'quota = { value = 0.049, assumed = "as Canada" }\n'
        # So much that the US lets cars in for it.
        "[dyad.CN-US]\nlinkage_by = { CN = { worth = 4, cost = 0.2 }, US = { worth = 0.5, cost = 0.2 } }\n",
        encoding="utf-8",
    )
    [world] = equality.lane_world(str(path), range(6), n_quarters=24)
    pair, agreed, binds = DIRECTED_DYADS.index((US, CN)), set(), False
    for frame in world.recorder.frames:
        there = {name: values[:, pair] for name, values in frame["directed"].items()}
        agreed |= set(there["access"].tolist())
        assert (there["licences"] <= 0.049 / 4.0 * (1.0 + 1e-9)).all()
        assert (
            not there["licences"][there["access"] == 0.0].any()
            and not there["licence_price"][~there["licences"].astype(bool)].any()
        )
        np.testing.assert_allclose(there["licence_price"] * (0.049 / 4.0 - there["licences"]), 0.0, atol=1e-8)
        binds |= bool((there["licence_price"] > 0.0).any())
    assert agreed == {0.0, 1.0} and binds


def test_access_on_the_table_is_the_same_in_one_lane_and_in_many() -> None:
    [lanes] = equality.lane_world("2026-access", range(4), n_quarters=20)
    one = equality.mesa_world("2026-access", 2, n_quarters=20)
    assert equality.differences(lanes.recorder.of_lane(2), one.recorder) == []


# --- who has the rent: a quota and the duty that lets in as many ---------------------------------------------------


def us_market(cars: float | None, duty: float) -> tuple[FloatArray, FloatArray, float]:
    """Welfare parts (consumer surplus, home makers' profit, duties) of the US, bn$ a quarter; sales; premium, k$.

    Chinese brands on sale at a duty, or so many m cars a quarter at it and none beyond; nothing else moves.
    """
    scenario, economy, opening, _ = starting_point("2026-open-access", load_scenario("2026").parameters)
    p, seen = scenario.parameters, look(economy, scenario.parameters, scenario, opening, True).situation
    rates = seen.duty[EV].copy()
    rates[US, CN] = duty
    frictions, premium = seen.frictions, np.zeros(3)
    if cars is not None:
        size = np.array([np.inf, cars, np.inf])
        path = np.full(3, duty)
        nobody = np.zeros(seen.utility.shape, dtype=bool)
        gates = Gates(
            nobody, nobody, np.zeros((3, 3), dtype=bool), size, np.array([CN, CN, EU]), path, np.array([0.0, 1, 0])
        )
        quotas = quotas_of(gates, rates, seen.landed)
        goods = (seen.landed, rates, frictions, seen.utility, seen.origin_tie, seen.origin_level, opening.markup)
        premium = lasting_premium(economy, p, quotas, *goods)
        rates, frictions = quotas.at_border(rates, frictions, premium)
    base, mix = offered_costs(economy, p, seen.landed, frictions, rates, seen.origin_tie, seen.origin_level)
    cleared, _ = equilibrium(base, seen.utility, p.alpha[:, None], p.nest_correlation, opening.markup, COLD_SWEEPS)
    nothing = np.zeros_like(cleared.price)
    a = account(economy, p, cleared, seen.cells, opening.margin, seen.landed, mix, rates, seen.subsidy, nothing)
    home = float(a.firm_profit[US, scenario.automaker_home == US].sum() + a.ice_profit[US])
    return np.array([a.consumer_surplus[US], home, a.vehicle_duty[US]]), a.built[US], float(premium[US])


def test_a_quota_costs_its_importer_the_rent_that_a_duty_would_raise() -> None:
    cars, usual = 0.049 / 4.0, 0.025
    low, high = usual, 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if us_market(None, middle)[1][CN] > cars else (low, middle)
    by_quota, built, premium = us_market(cars, usual)
    by_duty, as_many, _ = us_market(None, 0.5 * (low + high))
    assert built[CN] == pytest.approx(cars, rel=1e-9) and as_many[CN] == pytest.approx(cars, rel=1e-9)
    gap = by_duty - by_quota
    # Buyers and home makers hardly tell them apart (a licence costs all brands the same, a duty the dear ones more).
    # The treasury loses the rent, and what a duty takes of foreign makers' margins: more than Bhagwati's rent alone.
    figures = {"premium": premium, "duty": 0.5 * (low + high), "rent": 4.0 * premium * cars, "gap": 4.0 * gap.sum()}
    assert figures == pytest.approx({"premium": 27.60, "duty": 1.0075, "rent": 1.352, "gap": 1.570}, rel=1e-3)
    assert np.abs(gap[:2]).max() < 0.02 * gap[2]


def test_more_licences_lower_the_premium_and_help_buyers() -> None:
    found = [us_market(cars / 4.0, 0.025) for cars in (0.0, 0.02, 0.049, 0.1, 0.3, 50.0)]
    surplus = [parts[0] for parts, _, _ in found]
    premium = [worth for *_, worth in found]
    assert premium[0] == PROHIBITIVE and premium[-1] == 0.0
    assert np.all(np.diff(premium[:-1]) < 0.0) and np.all(np.diff(surplus[:-1]) > 0.0)
    assert np.all(np.diff([built[CN] for _, built, _ in found[:-1]]) > 0.0)
    # Far from binding is open.
    np.testing.assert_allclose(found[-1][0], us_market(None, 0.025)[0], **CLOSE)
