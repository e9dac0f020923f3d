"""Scenarios: numbers as in the evidence, shares that add up, today's treaties."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from model.numerics import LEAST_AVAILABILITY
from model.scenario.evidence import seeds_directory
from model.scenario.scenario import BEFORE, NEVER, Scenario, load_scenario, scenario_names
from model.vocabulary import BATTERY, BLOCS, DYAD_NAMES, DYADS, EV, GOODS, PLACES

NAMES = ("2018", "2018-known-2022", "2026", "2026-access", "2026-open-access", "2026-quota", "symmetric")
CN, US, EU = range(3)

# Shape of every array in the letters of model.vocabulary.
SHAPES = {
    "automaker_home": "f", "supplier_home": "k", "market_size": "m", "ev_share": "m",
    "drift_target": "m", "kwh": "m", "brand_share": "fm", "on_sale_from": "fm", "banned": "fm",
    "origin_share": "fmo", "plant_from": "fm", "vehicle_cost": "m", "place_factor": "o", "freight": "om",
    "supplier_share": "k", "cell_cost": "k", "experience": "k", "local_share": "ko", "mineral_share": "k",
    "tie": "kf", "place_tie": "ko", "mfn": "tgbb", "special": "tgbb", "floor": "tgbb", "other_duty": "gm",
    "review": "bb", "own_security": "gbb", "battery_share": "bb", "ev_stock": "m",
    "subsidy": "tm", "eligibility": "tfm", "credit": "tm", "credit_minerals": "tm", "credit_components": "tm",
    "credit_restricted": "tm", "chargers": "m", "charger_budget": "m", "charger_cost": "m", "cars_built": "b",
    "ice_share": "mb", "zev_announced": "b", "zev_age": "b", "zev_required": "b",
    "regime_distance": "d", "dialogue_level": "d", "tension_start": "d", "supply_assurance": "ds",
    "linkage_value": "ds", "linkage_cost": "ds", "turnover": "tb",
}  # fmt: skip
TREATY_SHAPES = {"duty_bound": "sg", "duty_cut": "sg", "duty_level": "sg", "supply": "s", "recognition": "s",
                 "linkage": "s"}  # fmt: skip


@pytest.fixture(scope="module", params=NAMES)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return load_scenario(request.param)


@pytest.fixture(scope="module")
def now() -> Scenario:
    return load_scenario("2026")


@pytest.fixture(scope="module")
def then() -> Scenario:
    return load_scenario("2018")


def evidence(file: str) -> pd.DataFrame:
    return pd.read_csv(seeds_directory() / "evidence" / file)


def cell(file: str, column: str, **where: object) -> float:
    """One cell, found without the loader's own selectors."""
    table = evidence(file)
    for key, value in where.items():
        table = table[table[key] == value]
    assert len(table) == 1, where
    return float(table[column].iloc[0])


# --- Every scenario -------------------------------------------------------------------------------


def test_the_scenarios_are_these() -> None:
    assert scenario_names() == sorted((*NAMES, "canada-2026", "four-2026", "two"))


def test_arrays_have_their_shape_and_cannot_be_changed(scenario: Scenario) -> None:
    length = {"f": len(scenario.automakers), "k": len(scenario.suppliers), "t": scenario.n_quarters}
    length |= {"m": 3, "b": 3, "o": 4, "g": 2, "d": 3, "s": 2}
    arrays = {name: value for name, value in vars(scenario).items() if isinstance(value, np.ndarray)}
    assert set(arrays) == set(SHAPES)
    for treaty in scenario.treaties:
        arrays |= {name: value for name, value in vars(treaty).items() if isinstance(value, np.ndarray)}
    for name, array in arrays.items():
        assert array.shape == tuple(length[axis] for axis in {**SHAPES, **TREATY_SHAPES}[name]), name
        assert array.dtype in (np.float64, np.int64, np.bool_) and array.flags.c_contiguous, name
        assert name == "tension_start" or np.all(np.isfinite(array)), name
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.name = "x"  # type: ignore[misc]


def test_shares_add_up(scenario: Scenario) -> None:
    np.testing.assert_allclose(scenario.brand_share.sum(axis=0), 1.0, atol=1e-9)
    np.testing.assert_allclose(scenario.origin_share.sum(axis=-1), 1.0, atol=1e-9)
    np.testing.assert_allclose(scenario.supplier_share.sum(), 1.0, atol=1e-9)
    for share in (scenario.brand_share, scenario.origin_share, scenario.local_share, scenario.ice_share):
        assert share.min() >= 0.0 and share.max() <= 1.0
    assert np.all(scenario.ice_share.sum(axis=1) <= 1.0 + 1e-12)


def test_duties_are_in_order_and_none_is_on_oneself(scenario: Scenario) -> None:
    assert np.all(scenario.special >= 0.0) and np.all(scenario.floor <= scenario.base_duty + 1e-12)
    for duty in (scenario.mfn, scenario.special, scenario.floor):
        assert np.all(np.diagonal(duty, axis1=2, axis2=3) == 0.0)


def test_a_brand_is_on_sale_where_it_has_a_share(scenario: Scenario) -> None:
    on_sale = scenario.on_sale_from == BEFORE
    np.testing.assert_array_equal(on_sale, scenario.brand_share > 0.0)
    np.testing.assert_array_equal(scenario.availability, np.where(on_sale, 1.0, LEAST_AVAILABILITY))
    assert not np.any(scenario.banned & (scenario.on_sale_from != NEVER))
    # Every automaker has a plant at home and serves each place from plants that are there or from elsewhere.
    for f, home in enumerate(scenario.automaker_home):
        assert home == PLACES.index("other") or scenario.has_plant[f, home]


def test_cars_come_only_from_places_with_a_plant(scenario: Scenario) -> None:
    # In 2018 some brands enter later, from plants that open later; those that sell already must have theirs.
    for f, m in np.argwhere(scenario.brand_share > 0):
        for o in range(len(BLOCS)):
            if scenario.origin_share[f, m, o] > 0 and o != scenario.automaker_home[f]:
                assert scenario.has_plant[f, o], (scenario.automakers[f], BLOCS[m], PLACES[o])


def test_every_number_has_a_source(scenario: Scenario) -> None:
    assert len(scenario.sources) > 100
    for source in scenario.sources:
        assert source.status in ("evidence", "assumed") and len(source.text) >= 5, source
    places = [source.where for source in scenario.sources]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("name", [*NAMES, "four-2026"])
def test_ties_give_about_the_world_shares_of_suppliers(name: str) -> None:
    scenario = load_scenario(name)
    # Rough check of judgement: landed cell prices with a margin of 9 $/kWh at the default substitution of 0.05.
    needed = scenario.market_size * scenario.ev_share * scenario.kwh * scenario.brand_share
    needed_at = np.einsum("fm,fmo->fo", needed, scenario.origin_share)
    duty = np.zeros((scenario.parties.n_places,) * 2)  # place of assembly, home of the supplier
    duty[:-1, :-1], duty[:-1, -1] = scenario.base_duty[0, BATTERY], scenario.other_duty[BATTERY]
    imported = 1.0 - scenario.local_share
    price = (scenario.cell_cost[:, None] + 9) * (1 + imported * duty[:, scenario.supplier_home].T)
    price = price + scenario.battery_freight * imported
    utility = -0.05 * price[:, :, None] + scenario.place_tie[:, :, None] + scenario.tie[:, None, :]
    weight = np.exp(utility - utility.max(axis=0))
    share = np.einsum("fo,kof->k", needed_at, weight / weight.sum(axis=0)) / needed_at.sum()
    np.testing.assert_allclose(share, scenario.supplier_share, atol=0.06)


# --- 2026 against the evidence --------------------------------------------------------------------


@pytest.mark.parametrize(("name", "year"), [("2018", 2018), ("2026", 2025)])
def test_markets_are_those_of_the_evidence(name: str, year: int) -> None:
    found = load_scenario(name)
    for m, bloc in enumerate(BLOCS):
        sales = cell("ev_share.csv", "new_car_sales", bloc=bloc, year=year)
        assert found.market_size[m] * 4 == pytest.approx(sales)
        assert found.ev_share[m] == cell("ev_share.csv", "ev_share", bloc=bloc, year=year)
        kwh_year = min(year, 2024)
        metric = {"bloc": bloc, "year": kwh_year, "metric": "battery_kwh_per_ev"}
        assert found.kwh[m] == cell("vehicle_prices.csv", "value", **metric)
        points = ("public_fast_chargers", "public_slow_chargers")
        stock = sum(cell("stock_and_chargers.csv", column, bloc=bloc, year=kwh_year) for column in points)
        assert found.chargers[m] == pytest.approx(stock / 1e6)


@pytest.mark.parametrize(("name", "year"), [("2018", 2018), ("2026", 2025)])
def test_brand_shares_are_those_of_the_evidence(name: str, year: int) -> None:
    found = load_scenario(name)
    rows = evidence("automakers.csv").query("year == @year and preferred == 1")
    groups = {
        "BYD": ["BYD"],
        "Geely": ["Geely (incl. Volvo, Polestar, Zeekr)"],
        "Tesla": ["Tesla"],
        "Volkswagen": ["Volkswagen Group"],
        "BMW-Mercedes": ["BMW Group", "Mercedes-Benz"],
        "Korean Japanese and other makers": [
            "Hyundai-Kia", "Nissan", "Toyota", "Smart (Mercedes-Geely JV)", "Other / unattributed",
        ],
    }  # fmt: skip
    for m, bloc in enumerate(BLOCS):
        here = rows[rows.market_bloc == bloc]
        whole = 1.0 if bloc == "CN" else here.share_of_ev_market[here.share_of_ev_market > 1e-4].sum()
        for maker, members in groups.items():
            share = here.share_of_ev_market[here.automaker.isin(members)].sum() / whole
            assert found.brand_share[found.automakers.index(maker), m] == pytest.approx(share, abs=1e-12)
    listed = rows[(rows.market_bloc == "CN") & ~rows.automaker.isin(["Leapmotor", "Great Wall", "Chery"])]
    rest = 1.0 - listed.share_of_ev_market.sum()
    assert found.brand_share[found.automakers.index("Other Chinese makers"), CN] == pytest.approx(rest)


def test_suppliers_are_those_of_the_evidence(now: Scenario) -> None:
    table = evidence("battery_suppliers.csv")
    here = table[table.year == 2025].set_index("supplier").global_share
    chinese = here["China-headquartered total"]
    share = dict(zip(now.suppliers, now.supplier_share, strict=True))
    assert share["CATL"] == here["CATL"] and share["Panasonic"] == here["Panasonic"]
    assert share["Other Chinese suppliers"] == pytest.approx(chinese - here["CATL"] - here["BYD (FinDreams)"])
    named = ["LG Energy Solution", "SK On", "Samsung SDI", "Panasonic"]
    assert share["Other suppliers"] == pytest.approx(1 - chinese - here[named].sum())
    built = table[(table.supplier == "CATL") & (table.year <= 2025)].gwh.sum()
    assert now.experience[now.suppliers.index("CATL")] == pytest.approx(built)


def test_duties_of_2026(now: Scenario) -> None:
    assert now.history_quarters == 0 and np.all(now.mfn == now.mfn[0]) and np.all(now.special == now.special[0])
    base = now.base_duty[0]
    expected = {  # importer, exporter: EV, battery
        (CN, US): (0.49, 0.44), (CN, EU): (0.15, 0.10), (US, CN): (1.275, 0.534),
        (US, EU): (0.275, 0.284), (EU, CN): (0.302, 0.027), (EU, US): (0.10, 0.027),
    }  # fmt: skip
    for (i, j), (ev, battery) in expected.items():
        assert (base[EV, i, j], base[BATTERY, i, j]) == pytest.approx((ev, battery), abs=1e-12)
        last = evidence("tariffs_quarterly.csv").query("quarter == '2026-Q3'")
        for g, good in enumerate(GOODS):
            row = last[(last.importer == BLOCS[i]) & (last.exporter == BLOCS[j]) & (last["product"] == good)]
            applied = float(row.rate_end.iloc[0])
            treaty = next((t for t in now.treaties if DYADS[t.dyad] in ((i, j), (j, i))), None)
            level = base[g, i, j]
            if treaty is not None:
                level = treaty.duty_level[DYADS[treaty.dyad].index(i), g]
            assert level == pytest.approx(applied, abs=1e-12), (BLOCS[i], BLOCS[j], good)


def test_treaties_in_force_in_2026(now: Scenario) -> None:
    deal, truce = (next(t for t in now.treaties if t.dyad == DYAD_NAMES.index(d)) for d in ("US-EU", "CN-US"))
    assert len(now.treaties) == 2
    np.testing.assert_array_equal(deal.duty_level, [[0.15, 0.15], [0.0, 0.0]])
    np.testing.assert_array_equal(deal.duty_cut[1], [1.0, 1.0])
    base, floor = now.base_duty[0, :, US, EU], now.floor[0, :, US, EU]
    np.testing.assert_allclose(base - deal.duty_cut[0] * (base - floor), [0.15, 0.15])
    assert now.quarter_label(deal.sunset) == "2029Q4" and deal.honoured_quarters == 4
    np.testing.assert_allclose(truce.duty_cut, [[0.24 / 0.34, 0.24 / 0.34], [0.0, 0.0]])
    assert truce.duty_bound.all() and truce.supply.tolist() == [True, False]
    assert now.quarter_label(truce.sunset) == "2027Q1"
    for treaty in (deal, truce):
        assert not (treaty.recognition.any() or treaty.charging or treaty.technology)
    # What was put beside cars: the EU's pledges; purchases by China and paused controls by the US.
    assert (deal.linkage.tolist(), truce.linkage.tolist()) == ([False, True], [True, True])


def test_other_facts_of_2026(now: Scenario) -> None:
    assert (now.n_quarters, now.quarter_label(0), now.last_quarter) == (37, "2026Q4", "2035Q4")
    assert np.all(now.subsidy[:, US] == 0.0) and np.all(now.credit == 0.0)
    assert now.zev_announced.tolist() == [True, False, True] and now.zev_age.tolist() == [24.0, 0.0, 14.0]
    assert now.supply_assurance.tolist() == [[True, False], [True, False], [False, False]]
    assert now.linkage_value.tolist() == [[0.5, 0.5], [0.3, 0.3], [0.0, 0.5]]
    chinese = now.automaker_home == PLACES.index("CN")
    sold_there = now.brand_share[:, US] > 0
    np.testing.assert_array_equal(now.banned[:, US], chinese & ~sold_there)
    assert [now.automakers[f] for f in np.flatnonzero(chinese & sold_there)] == ["Geely"]
    terms = [now.quarter_label(t) for t in np.flatnonzero(now.turnover[:, US])]
    assert terms == ["2029Q1", "2033Q1"]
    assert [now.quarter_label(t) for t in np.flatnonzero(now.turnover[:, EU])] == ["2029Q4", "2034Q4"]


def test_open_access_differs_in_access_alone(now: Scenario) -> None:
    opened = load_scenario("2026-open-access")
    different = [
        name
        for name in SHAPES
        if not np.array_equal(getattr(now, name), getattr(opened, name), equal_nan=name == "tension_start")
    ]
    assert sorted(different) == ["banned", "on_sale_from"]
    np.testing.assert_array_equal(opened.on_sale_from[:, US] == 0, now.banned[:, US])
    assert not opened.banned.any()


def test_the_quota_is_that_of_canada(now: Scenario) -> None:
    [terms] = load_scenario("2026-quota").access
    row = {"importer": "CA", "exporter": "CN"}
    assert 4e6 * terms.quota == pytest.approx(cell("access.csv", "cars_a_year", **row))
    assert set(terms.duty) == {cell("access.csv", "duty", **row)} and terms.is_closed
    assert (terms.importer, terms.exporter, now.banned[:, US].any()) == (US, CN, True)


# --- 2018 against the record ----------------------------------------------------------------------


def test_duties_of_2018_follow_the_record(then: Scenario) -> None:
    assert then.history_quarters == then.n_quarters == 32
    table = evidence("tariffs_quarterly.csv").set_index(["importer", "exporter", "product", "quarter"])
    for t in range(then.n_quarters):
        label = then.quarter_label(t)
        for g, good in enumerate(GOODS):
            for i, j in ((i, j) for i in range(3) for j in range(3) if i != j):
                rate = table.rate_mean[BLOCS[i], BLOCS[j], good, f"{label[:4]}-{label[4:]}"]
                assert then.base_duty[t, g, i, j] == pytest.approx(rate, abs=1e-9)
    assert then.mfn[:3, EV, CN, EU].tolist() == [0.25, 0.25, 0.15]
    assert np.all(then.special[0] == 0.0) and then.special[-1, EV, US, CN] > 1.0


def test_entries_of_2018_are_those_of_the_evidence(then: Scenario) -> None:
    members = {
        "BMW-Mercedes": ["BMW Group", "Mercedes-Benz"],
        "Other Chinese makers": ["Leapmotor", "Great Wall", "Chery"],
    }
    members |= {"Volkswagen": ["Volkswagen Group"], "Geely": ["Geely (incl. Volvo, Polestar, Zeekr)"]}
    members |= {"NIO-XPeng-Li": ["NIO/XPeng/Li Auto"], "Renault": ["Renault Group"]}
    rows = evidence("automakers.csv").query("preferred == 1 and share_of_ev_market > 0.0001")
    for f, m in np.argwhere(then.on_sale_from != BEFORE):
        maker, bloc = then.automakers[f], BLOCS[m]
        listed = rows[(rows.market_bloc == bloc) & rows.automaker.isin(members.get(maker, [maker]))]
        first = then.on_sale_from[f, m]
        if listed.empty:
            assert first == NEVER, (maker, bloc)
        else:
            assert then.quarter_label(first)[:4] == str(listed.year.min()), (maker, bloc)


def test_plants_open_when_they_did(then: Scenario) -> None:
    plants = evidence("plants.csv")
    names = {"Tesla": "Tesla", "Ford": "Ford"}
    for maker, host in (("Tesla", "CN"), ("Tesla", "EU"), ("Ford", "EU")):
        opened = plants[(plants.automaker == names[maker]) & (plants.host_bloc == host)].opened.iloc[0]
        quarter = f"{opened[:4]}Q{(int(opened[5:]) - 1) // 3 + 1}"
        where = then.automakers.index(maker), BLOCS.index(host)
        assert then.quarter_label(then.plant_from[where]) == quarter


def test_support_of_2018(then: Scenario) -> None:
    us = {label: then.quarter_index(label) for label in ("2018Q1", "2020Q2", "2022Q4", "2023Q1", "2025Q3", "2025Q4")}
    tesla = then.automakers.index("Tesla")
    assert then.subsidy[us["2018Q1"], US] == 7.5 and then.eligibility[us["2018Q1"], tesla, US] == 1.0
    assert then.eligibility[us["2020Q2"], tesla, US] == 0.0
    assert then.credit[us["2022Q4"], US] == 0.0 and then.credit[us["2023Q1"], US] == 7.5
    assert then.credit_minerals[us["2025Q3"], US] == 0.6 and then.credit_restricted[us["2025Q3"], US]
    assert then.credit[us["2025Q4"], US] == then.subsidy[us["2025Q4"], US] == 0.0
    # Overlapping programmes: imports get the tax exemption, not the subsidy.
    assert then.subsidy[0, CN] == pytest.approx(6.5)
    assert then.eligibility[0, tesla, CN] == pytest.approx(2.0 / 6.5)


# --- Symmetric ------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_blocs_can_be_exchanged(order: tuple[int, int, int]) -> None:
    found = load_scenario("symmetric")
    new = {
        "m": list(order), "b": list(order), "o": [*order, 3], "k": list(order),
        "f": [2 * b + i for b in order for i in (0, 1)],
    }  # fmt: skip
    dyad = {frozenset(pair): d for d, pair in enumerate(DYADS)}
    new["d"] = [dyad[frozenset((order[i], order[j]))] for i, j in DYADS]
    for name, axes in SHAPES.items():
        if name in ("automaker_home", "supplier_home"):
            continue
        array = getattr(found, name)
        for position, axis in enumerate(axes):
            if axis in new:
                array = np.take(array, new[axis], axis=position)
        np.testing.assert_array_equal(array, getattr(found, name), err_msg=name)
    assert len(set(found.parameters.alpha)) == len(set(found.parameters.tension_mean)) == 1
