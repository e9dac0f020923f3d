"""Optional mechanisms of trade: pass-through, carbon at the border, undertakings, shared data (1.2, 1.16-1.19b)."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import equality
import numpy as np
import pytest
import worlds
from of_three import DIRECTED_DYADS, DYAD_OF, IMPORTER, N_BLOCS, PARTNER
from thinned import one_in

from model.assessment.friends import home_profits
from model.assessment.tables import assess
from model.market import border
from model.market import clearing as markets
from model.market.credits import cleared_credits, credit_flows
from model.parameters.checked import PARAMETERS, make_parameters
from model.parameters.mechanisms import Commerce
from model.scenario.scenario import load_scenario
from model.start.agenda import look
from model.start.calibration import COLD_SWEEPS, open_economy
from model.vocabulary import BATTERY, BLOCS, DYADS, EV, TECHNOLOGY

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))
CN, US, EU = (BLOCS.index(name) for name in ("CN", "US", "EU"))
CLOSE = {"rtol": 1e-9, "atol": 1e-9}

SCHEMES = {"dual_credits": True, "dual_credit_scale": 4.0, "zev_mandate": True, "zev_mandate_scale": 1.3}
ISSUES_ON = tuple(
    f"{issue}_issues" for issue in ("tariff", "supply", "recognition", "charging", "technology", "linkage")
)
CARBON = {"carbon_border": True, "carbon_coverage_us": 0.5, "carbon_price_us": 50.0, "carbon_dialogue": True}
ALONE: dict[str, dict[str, Any]] = {
    "pass_through": {"pass_through": 0.7},
    "local_content": {"local_content": True},
    "friendshoring": {"local_content": True, "friendshoring": True},
    "carbon_border": {"carbon_border": True},
    "carbon_dialogue": CARBON,
    "dual_credits": {"dual_credits": True, "dual_credit_scale": 4.0},
    "zev_mandate": {"zev_mandate": True},
    "undertakings": {"undertakings": True},
    "data_platform": {"data_platform": True},
}
TOGETHER = {name: value for change in (*ALONE.values(), SCHEMES) for name, value in change.items()}
# Everything about a mechanism but its switch: nothing may move.
OFF: dict[str, dict[str, Any]] = {
    "local_content": {
        "content_credit": 15.0,
        "content_smoothing": 0.2,
        "content_minerals_restricted": 1.0,
        "friendshoring": True,
    },
    "friendshoring": {"local_content": False, "friendshoring": True},
    "carbon_border": {**{f"carbon_coverage_{b.lower()}": 1.0 for b in BLOCS}, "carbon_recognition": 0.5},
    "carbon_dialogue": {"carbon_dialogue": True, "carbon_recognition_agreed": 0.3},
    "dual_credits": {"dual_credit_scale": 4.0, "dual_credit_floor": 1.0, "dual_credit_cap": 10.0},
    "zev_mandate": {"zev_mandate_scale": 2.0, "zev_fine_us": 40.0, "zev_fine_eu": 40.0},
    "undertakings": {"undertaking_capacity": 0.05},
    "data_platform": {"data_saving": 0.3, "data_sovereignty_cost": 1.0},
}


# --- one lane and many, and the core ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", one_in(3, ALONE))
def test_both_worlds_are_one_with_each_mechanism(name: str) -> None:
    assert equality.faults("2026", range(3), ALONE[name], n_quarters=14, alone=[1]) == []


@pytest.mark.parametrize("scenario", one_in(2, worlds.SCENARIOS))
def test_both_worlds_are_one_with_all_of_them(scenario: str) -> None:
    assert equality.faults(scenario, range(4), TOGETHER, n_quarters=18, alone=[3]) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", worlds.SCENARIOS)
@pytest.mark.parametrize("name", [*ALONE, "together"])
def test_both_worlds_are_one_to_the_end(scenario: str, name: str) -> None:
    assert equality.faults(scenario, range(6), ALONE.get(name, TOGETHER)) == []


@pytest.mark.parametrize("name", one_in(2, OFF))
def test_a_mechanism_that_is_off_is_absent(name: str) -> None:
    for scenario in ("2026", "symmetric"):
        plain = worlds.played(scenario, quarters=14)
        assert worlds.same_record(plain, worlds.played(scenario, quarters=14, **OFF[name])) == []


def test_no_pass_through_is_the_core() -> None:
    plain = worlds.played("2026", quarters=14)
    assert worlds.same_record(plain, worlds.played("2026", quarters=14, pass_through=0.0)) == []
    assert worlds.same_record(plain, worlds.played("2026", quarters=14, pass_through=1e-9)) != []


def test_without_mechanisms_their_columns_are_empty() -> None:
    world = worlds.played("2026")
    for table, column in (("bloc", "credit_price"), ("directed", "carbon_charge"), ("directed", "undertakings")):
        assert not worlds.series(world, table, column).any()


# --- pass-through (1.2, A16) --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "eta"), [("A16_eta0", 0.0), ("A16_eta1", 1.0)])
def test_the_cleared_market_is_row_a16(row: str, eta: float) -> None:
    cost, utility, duty = np.array([25.0, 22.0, 20.0]), np.array([3.0, 2.6, 2.2]), np.array([0.0, 0.0, 0.25])
    weight = markets.pass_through_weight(make_parameters({"pass_through": eta}), duty)
    base = (1.0 + duty) * cost
    for start in (None, np.full(3, 9.0)):
        cleared, _ = markets.equilibrium(base, utility, np.array([0.12]), 0.0, start, COLD_SWEEPS, weight)
        np.testing.assert_allclose(cleared.price, CHECKS[row]["p"], rtol=1e-6)
        np.testing.assert_allclose(cleared.share, CHECKS[row]["s"], rtol=1e-6)
        np.testing.assert_allclose(cleared.price - base, cleared.markup, rtol=1e-12)
        paid = cost + cleared.markup / (1.0 + duty)
        assert paid[2] == pytest.approx(CHECKS[row]["w3"], rel=1e-6)


@pytest.mark.parametrize("scenario", worlds.DATED)
@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_the_first_quarter_equals_the_evidence_under_any_pass_through(scenario: str, eta: float) -> None:
    world = worlds.played(scenario, quarters=1, pass_through=eta)
    s = world.start
    np.testing.assert_allclose(worlds.series(world, "bloc", "ev_share")[:, 0], s.ev_share, rtol=1e-6)
    found = world.state.books.accounts.sales / world.state.books.accounts.sales.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, s.brand_share.T, atol=1e-6)


def test_prices_settle_where_every_firm_wants_them_under_pass_through() -> None:
    scenario, p = load_scenario("2026"), make_parameters({"pass_through": 1.0})
    economy, opening = open_economy(scenario, p)
    plain_economy, plain = open_economy(scenario, make_parameters({}))
    # The firm keeps its margin per car at the border: markups paid are larger by the duty.
    assert economy.market_size[0] == plain_economy.market_size[0]
    china = scenario.automaker_home == CN
    assert np.all(opening.markup[EU, china] > plain.markup[EU, china] * 1.1)
    world = worlds.played("2026", quarters=9, pass_through=1.0)
    assert (
        float(world.state.market.residual.max()) < 1e-8
        and float(world.state.insight.mandate.tables.residual.max()) < 1e-8
    )


# --- assessments against whole markets ----------------------------------------------------------------------------


def whole_market(world: Any, i: int, j: int, duty: np.ndarray, saving: int) -> tuple[Any, Any]:
    """Accounts of all markets, and their credit flows, with i's duties on j and what it grants j's cars set by hand."""
    state, economy, p = world.state, world.economy, world.parameters
    s = worlds.situation(world)
    applied = s.duty.copy()
    applied[:, i, j] = duty
    cells = markets.supply_cells(economy, p, state.cell_cost, state.margin, applied[BATTERY], state.place_cost)
    landed = markets.landed_costs(economy, cells, state.car_cost)
    recognised, common = world.state.standards.recognised.copy(), world.state.standards.common.copy()
    recognised[i, j], common[i, j] = float(saving >> 1), float(saving & 1)
    charges = border.carbon_charges(p, recognised) if p.carbon_border else np.zeros((3, 4))
    frictions = markets.border_frictions(p, economy, recognised, common) + charges[:, None, :]
    base, mix = markets.offered_costs(economy, p, landed, frictions, applied[EV], state.origin_tie, state.origin_level)
    weight = markets.markup_weight(economy, p, mix, applied[EV], landed)
    alpha = p.alpha[:, None]
    clearing, _ = markets.equilibrium(base, s.utility, alpha, p.nest_correlation, None, 16, weight)
    extra = np.zeros(N_BLOCS)
    if s.scheme is not None:
        price = cleared_credits(p.alpha, s.scheme, clearing.share, clearing.outside, state.credit_price)
        utility = s.utility + (p.alpha * (price - state.credit_price))[:, None]
        clearing = markets.clear_at_prices(base, utility, clearing.price, alpha, p.nest_correlation)
        burden, fines = credit_flows(economy.market_size, s.scheme, price, clearing.share.sum(axis=1))
        extra = fines - burden
    a = markets.account(
        economy, p, clearing, cells, state.margin, landed, mix, applied[EV], s.subsidy, np.zeros_like(s.subsidy)
    )
    return a, extra + border.charge_receipts(a.built, charges)


def welfare_of(world: Any, found: tuple[Any, Any], b: int) -> float:
    a, extra = found
    p = world.parameters
    profit = float(home_profits(world.economy, a)[b])
    saved = (a.sales.sum(axis=1) * p.emissions_saved_per_ev).sum()
    climate = p.carbon_share[b] * p.social_cost_of_carbon * saved / 1000
    return (
        float(a.consumer_surplus[b] + a.vehicle_duty[b] + a.battery_duty[b] + extra[b] + climate)
        + profit
        + p.jobs_value * float(a.built[:, b].sum())
        - (1 + p.public_funds_cost) * float(a.subsidy[b])
    )


MARKETS = {"pass_through": {"pass_through": 1.0}, "carbon": CARBON, "schemes": SCHEMES, "together": TOGETHER}


@pytest.mark.parametrize("name", MARKETS)
def test_a_change_of_policy_is_worth_what_whole_markets_say(name: str) -> None:
    world = worlds.played("2026", quarters=9, **MARKETS[name])
    table = assess(world.economy, world.parameters, worlds.situation(world), None, COLD_SWEEPS)
    duties = worlds.node_duties(world)
    for pair, (i, j) in enumerate(DIRECTED_DYADS):
        duty = duties[:, pair]
        found = {n: whole_market(world, i, j, duty[:, n], n % 4 if n < 16 else 0) for n in (0, 2, 8, 14, 16, 19)}
        for n, there in found.items():
            for seat, b in enumerate((i, j)):
                change = welfare_of(world, there, b) - welfare_of(world, found[0], b)
                assert table.welfare[pair, n, seat] - table.welfare[pair, 0, seat] == pytest.approx(change, abs=1e-8)
            assert table.ev_share[pair, n] == pytest.approx(
                there[0].sales[i].sum() / world.economy.market_size[i], abs=1e-11
            )


# --- carbon at the border (1.18, A15) -----------------------------------------------------------------------------


def test_charges_are_row_a15_and_fall_with_recognition() -> None:
    change = {"carbon_price_eu": 85.0, "carbon_price_cn": 12.0, "carbon_implicit_cn": 30.0}
    row = CHECKS["A15"]
    nobody = np.zeros((N_BLOCS, N_BLOCS))
    charges = border.carbon_charges(make_parameters(change), nobody)
    assert charges[EU, CN] == pytest.approx(row["cbam"], rel=1e-12)
    half = border.carbon_charges(make_parameters({**change, "carbon_recognition": 0.5}), nobody)
    assert half[EU, CN] == pytest.approx(row["cbam_recog"], rel=1e-12)
    assert not charges[[CN, US]].any() and charges[EU, EU] == 0.0
    # Recognised certificates carry carbon prices only where that is negotiable, and never to the rest of the world.
    everybody = nobody + 1.0
    assert np.array_equal(border.carbon_charges(make_parameters(change), everybody), charges)
    agreed = border.carbon_charges(make_parameters({**change, "carbon_dialogue": True}), everybody)
    assert agreed[EU, CN] == pytest.approx(0.6 * 8 * (85 - 12 - 30) / 1000) and agreed[EU, 3] == charges[EU, 3]
    within = {"carbon_coverage_eu": 1.0, "carbon_recognition": 1.0, "carbon_implicit_eu": 0.0}
    assert border.carbon_charges(make_parameters(within), nobody)[EU, EU] == 0.0
    for flag in (0.0, 1.0):
        p = make_parameters({**change, "carbon_border": True, "carbon_dialogue": True})
        whole, part = border.partner_border(p, IMPORTER, PARTNER, np.full(6, flag), np.zeros(6))
        same = border.carbon_charges(p, nobody + flag)[IMPORTER, PARTNER]
        np.testing.assert_allclose(part, same, rtol=1e-15)
        plain, nothing = border.partner_border(
            make_parameters(change), IMPORTER, PARTNER, np.full(6, flag), np.zeros(6)
        )
        np.testing.assert_allclose(whole - plain, same, rtol=1e-12, atol=1e-15)
        assert nothing is None


def test_carbon_receipts_reach_the_treasury_and_the_record() -> None:
    world = worlds.played("2026", quarters=6, **CARBON)  # no treaty yet that would recognise a carbon price
    a, revenue = world.state.books.accounts, worlds.series(world, "bloc", "revenue")[:, -1]
    receipts = (a.built * world.state.supply.border.charges).sum(axis=1)
    assert receipts[EU] > 0.01
    np.testing.assert_allclose(revenue, a.vehicle_duty + a.battery_duty + receipts, **CLOSE)
    charged = worlds.series(world, "directed", "carbon_charge")[:, -1]
    np.testing.assert_array_equal(charged, [world.state.supply.border.charges[i, j] for i, j in DIRECTED_DYADS])
    assert charged[DIRECTED_DYADS.index((EU, CN))] > 0.2


def test_a_carbon_charge_lowers_imports_from_where_carbon_is_cheap() -> None:
    # Nothing is negotiated and no case is opened, so that the charge alone tells the two worlds apart.
    nothing = dict.fromkeys((*ISSUES_ON, "unilateral_duties"), False)
    plain, charged = (
        worlds.played("2026", quarters=8, **nothing, **change) for change in ({}, {"carbon_border": True})
    )
    for exporter in (CN, US):
        pair = DIRECTED_DYADS.index((EU, exporter))
        before, after = (worlds.series(w, "directed", "vehicle_imports")[pair, -1] for w in (plain, charged))
        assert after < before


# --- shared driving data (1.16) -----------------------------------------------------------------------------------


def test_shared_data_count_while_technology_cooperation_is_in_force() -> None:
    p = make_parameters({"data_platform": True})
    revenue, tension = np.array([60.0, 30.0, 20.0]), np.array([0.5, 0.4, 0.1])
    stakes = border.technology_extra(p, revenue, tension)
    rate = 0.05 * p.data_saving
    for d, pair in enumerate(DYADS):
        for side, b in enumerate(pair):
            cost = p.data_sovereignty_cost * tension[d]
            assert stakes[d, side] == pytest.approx(rate * revenue[b] - cost)
    kept = np.zeros((3, 10))
    kept[DYAD_OF[CN, EU], TECHNOLOGY] = 1.0
    saved, cost = border.technology_flows(p, revenue, tension, kept)
    np.testing.assert_allclose(saved, rate * revenue * [1, 0, 1])
    np.testing.assert_allclose(cost, p.data_sovereignty_cost * 0.4 * np.array([1, 0, 1]))
    assert not border.technology_flows(p, revenue, np.zeros(3), kept)[1].any()


def test_the_platform_moves_welfare_only_where_technology_is_shared() -> None:
    plain, shared = (worlds.played("2026", data_platform=on) for on in (False, True))
    assert np.array_equal(plain.agenda.stakes, shared.agenda.stakes), "stakes are the same in every arm"
    # The first assessment differs by what the data are worth, and by nothing else.
    first = [worlds.played("2026", quarters=1, data_platform=on) for on in (False, True)]
    world = first[1]
    revenue = look(world.economy, world.parameters, world.start, world.world.opening, False).ev_revenue
    worth = border.technology_extra(world.parameters, revenue, world.state.climate.effective)
    for d in range(3):
        for side in (0, 1):
            one, other = (w.state.insight.mandate.parts[d][side].technology for w in first)
            assert other - one == pytest.approx(worth[d, side], abs=1e-12)
    text = shared.teller.package(0, shared.agenda.menus[0].n_packages - 1)
    assert "technology cooperation with shared driving data" in text


# --- extremes -----------------------------------------------------------------------------------------------------


def trade_corner(seed: int) -> dict[str, Any]:
    """All optional mechanisms of trade, most of them on, every number of theirs at one end of its range."""
    rng = np.random.default_rng(seed)
    ends: dict[str, Any] = {}
    for field in dataclasses.fields(Commerce):
        spec = PARAMETERS[field.name]
        if spec.kind == "bool":
            ends[field.name] = bool(rng.random() < 0.8)
        else:
            end = (spec.low, spec.high)[rng.integers(2)]
            assert end is not None
            ends[field.name] = float(end)
    return ends


@pytest.mark.parametrize("seed", range(8))
def test_extreme_numbers_are_sound_and_the_same_in_both_worlds(seed: int) -> None:
    scenario = worlds.SCENARIOS[seed % 4]
    assert equality.faults(scenario, [seed], trade_corner(seed), n_quarters=10) == []
    world = worlds.played(scenario, replicate=seed, quarters=10, **trade_corner(seed))
    for table, frame in world.tables().items():
        assert np.isfinite(frame.select_dtypes("number").to_numpy()).all(), table
