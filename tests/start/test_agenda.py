"""What governments make of the start: today's duties are their best, the first quarter is quiet, issues have stakes."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import worlds
from of_three import DIRECTED_DYADS, DYAD_OF, PAIR_OF, SIDE_OF

from model import NegotiationModel
from model.assessment.priors import mean_tension
from model.assessment.tables import assess
from model.assessment.values import issue_values
from model.numerics import logistic, same_bits
from model.parameters.checked import make_parameters
from model.rules import welfare
from model.scenario.evidence import seeds_directory
from model.scenario.scenario import load_scenario
from model.start import agenda as agenda_module
from model.start import starting_point
from model.start.agenda import look, security_costs, set_agenda
from model.start.calibration import COLD_SWEEPS, open_economy
from model.vocabulary import BATTERY, DYAD_NAMES, DYADS, EV, GOODS, N_ISSUES

CN, US, EU = range(3)


@pytest.fixture(scope="module", params=worlds.SCENARIOS)
def start(request: pytest.FixtureRequest) -> Any:
    """A world that has not played yet."""
    return worlds.played(request.param, quarters=0)


# --- security cost (1.4) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("good", [EV, BATTERY], ids=GOODS)
@pytest.mark.parametrize("name", worlds.SCENARIOS)
def test_security_cost_makes_the_no_treaty_duty_a_best_point_of_its_grid(name: str, good: int) -> None:
    scenario = load_scenario(name)
    p = scenario.parameters
    economy, opening = open_economy(scenario, p)
    point, low, high, identified = security_costs(economy, p, scenario, opening)
    covers = np.zeros_like(economy.case_covers)
    covers[good] = 1.0
    special = opening.special.copy()
    special[EV] = opening.special[good]
    usual = logistic(mean_tension(p))
    tables = {}
    for opened in (False, True):
        seen = look(economy, p, scenario, opening, opened).situation
        if good == EV:
            seen = dataclasses.replace(seen, special=special)
        tables[opened] = assess(dataclasses.replace(economy, case_covers=covers), p, seen, None, COLD_SWEEPS)
    for i, j in DIRECTED_DYADS:
        if not identified[good, i, j]:
            assert point[good, i, j] == low[good, i, j] == high[good, i, j] == 0.0
            continue
        # Where brands are kept out, the duty is the one chosen for the day when they may enter.
        pair, table = PAIR_OF[i, j], tables[bool(np.any(kept_out_of(scenario, i, j)))]
        share = (table.vehicle_share, table.cell_share)[good][pair, :, 0]
        money = table.welfare[pair, :, 0] + p.executive_profit_weight * table.profit[pair, :, 0]
        at_stake = usual[DYAD_OF[i, j]] * economy.market_size[i]

        def payoff(kS1: float, money: Any = money, share: Any = share, at_stake: Any = at_stake) -> Any:
            return (money - at_stake * share * (kS1 + p.security_convexity * share))[[17, 0, 18]]

        # Stationary by central differences: one step up and one step down are worth the same.
        down, _, up = payoff(point[good, i, j])
        assert up == pytest.approx(down, abs=1e-9), (i, j)
        assert 0 <= low[good, i, j] <= high[good, i, j]
        concave = (np.diff(payoff(0.0), n=2) <= 0).all()
        if concave:
            assert low[good, i, j] <= point[good, i, j] <= high[good, i, j]
            for kS1 in (low[good, i, j], point[good, i, j], high[good, i, j]):
                down, now, up = payoff(kS1)
                assert now >= max(down, up) - 1e-9, (i, j, kS1)


def kept_out_of(scenario: Any, importer: int, exporter: int) -> np.ndarray:
    dated = (scenario.on_sale_from >= 0) & (scenario.on_sale_from < 10**6) & (scenario.availability < 1.0)
    return (scenario.banned | dated)[scenario.automaker_home == exporter, importer]


# --- opening cost (1.6a) ----------------------------------------------------------------------------------------


def test_the_first_quarter_has_no_investigation(start: Any) -> None:
    for replicate in range(10):
        world = worlds.played(start.start.name, replicate=replicate, quarters=1, opening_hazard=0.6)
        assert not np.any(world.state.case_left), "an investigation was opened in the first quarter"


def test_opening_costs_are_the_smallest_that_keep_the_first_quarter_quiet(start: Any) -> None:
    world = worlds.played(start.start.name, quarters=1)
    p, agenda = world.parameters, world.agenda
    for i, j in DIRECTED_DYADS:
        best = float(np.max(agenda_moves(world, i, j)))
        scale = agenda.scale[DYAD_OF[i, j], SIDE_OF[i, j]]
        cost = agenda.opening_cost[i, j]
        assert cost >= 0.0
        assert best - cost < p.duty_move_threshold * scale or best <= 0.0
        if cost > 0.0:  # not larger than it has to be
            assert best - cost == pytest.approx(p.duty_move_threshold * scale, abs=1e-8)


def agenda_moves(world: Any, i: int, j: int) -> np.ndarray:
    return world.state.insight.mandate.move_gain[PAIR_OF[i, j]]


# --- stakes, menus, weights ---------------------------------------------------------------------------------------


def test_the_first_assessment_of_a_run_is_the_one_the_agenda_was_set_by(start: Any) -> None:
    world = worlds.played(start.start.name, quarters=1)
    if np.any((start.start.on_sale_from >= 0) & (start.start.on_sale_from < 4)):
        # The agenda counts brands that enter within the year, the first quarter has none of their cars yet.
        seen = issue_values(world.state.insight.mandate.parts[0][0])[1]
        assert start.agenda.receiver_gain[0, 1] > seen
        return
    for d in range(len(DYADS)):
        for side in (0, 1):
            parts = world.state.insight.mandate.parts[d][side]
            # Threats are the run's own; without treaties and threats the issues are worth what they were.
            worth = np.abs(issue_values(parts))
            issues = [u for u in range(N_ISSUES) if u > 1]
            np.testing.assert_allclose(
                worth[issues], start.agenda.stakes[d, side, issues], atol=1e-9, err_msg=f"{DYAD_NAMES[d]} {side}"
            )


def test_weights_of_depth_add_up_over_active_issues(start: Any) -> None:
    agenda = start.agenda
    for d in range(len(DYADS)):
        total = agenda.weights[d].sum()
        assert total == pytest.approx(1.0) or (total == 0.0 and not np.any(agenda.active[d]))
        assert not np.any(agenda.weights[d][~agenda.active[d]])
        assert not np.any(agenda.contested_weights[d][:8][agenda.harmony[d][:8]])
        held = agenda.levels[d][int(agenda.treaty[d])]
        menu_has = np.max(agenda.levels[d], axis=0) > 0
        assert np.all(menu_has[agenda.active[d]]) and np.all(menu_has[held > 0])
    assert np.all(agenda.scale > 0) and np.all(agenda.legislature_scale > 0)
    assert not np.any(agenda.active[:, 8:] & ~(agenda.receiver_gain[:, 8:] > 0))


def test_treaties_in_force_are_on_the_menu_as_written(start: Any) -> None:
    agenda, scenario = start.agenda, start.start
    held = {treaty.dyad: treaty for treaty in scenario.treaties}
    for d, pair in enumerate(DYADS):
        position = agenda.menus[d].coordinates[int(agenda.treaty[d])]
        if d not in held:
            assert agenda.treaty[d] == 0
            continue
        treaty = held[d]
        for side in (0, 1):
            i, j = pair[side], pair[1 - side]
            assert (position[side] > 0) == bool(treaty.duty_bound[side].any())
            assert position[2 + side] == treaty.supply[side] and position[5 + side] == treaty.linkage[side]
            # The cut of the position gives the duty of the text, good by good.
            base, floor = scenario.base_duty[0][:, i, j], scenario.floor[0][:, i, j]
            cut = start.economy.cuts[:, i, j, int(position[side])]
            floor = np.minimum(floor, base)
            for good in (EV, BATTERY):
                if treaty.duty_bound[side, good]:
                    duty = base[good] - cut[good] * (base[good] - floor[good])
                    assert duty == pytest.approx(treaty.duty_level[side, good]), (DYAD_NAMES[d], side, GOODS[good])


def test_issues_switched_off_leave_scale_and_weights(start: Any) -> None:
    # The active set, the weights and the scales come from the full menu and never change between arms (2.1, 1.8).
    off = worlds.played(start.start.name, quarters=0, **worlds.NOTHING_ON_THE_TABLE)
    for name in ("weights", "scale", "legislature_scale", "active", "stakes", "opening_cost", "security"):
        assert np.array_equal(getattr(start.agenda, name), getattr(off.agenda, name)), name


def test_the_supply_stake_is_of_the_size_that_theory_gives() -> None:
    # Theory 1.7: about 0.33 (US) and 0.62 (EU) bn$ a year from assured Chinese supply in 2026.
    agenda = worlds.played("2026", quarters=0).agenda
    assert 4 * agenda.supply_stake[DYAD_OF[CN, US], 0] == pytest.approx(0.33, abs=0.2)
    assert 4 * agenda.supply_stake[DYAD_OF[CN, EU], 0] == pytest.approx(0.62, abs=0.3)
    assert not np.any(agenda.supply_stake[[0, 1], 1])


# --- the starting point, kept once --------------------------------------------------------------------------------


def test_calibration_can_be_run_again(start: Any) -> None:
    base = start.start.base
    above = None if base is None else starting_point.starting_point(base.name, base.parameters)[3]
    again = set_agenda(start.economy, start.parameters, start.start, start.world.opening, above)
    for field in dataclasses.fields(again):
        one, two = getattr(start.agenda, field.name), getattr(again, field.name)
        if isinstance(one, np.ndarray):
            assert np.array_equal(one, two), field.name
    for d in range(len(DYADS)):
        assert same_bits(start.agenda.levels[d], again.levels[d]) and start.agenda.menus[d] == again.menus[d]


def test_the_table_shows_what_the_agenda_holds() -> None:
    table = starting_point.calibration_table("2026")
    agenda = worlds.played("2026", quarters=0).agenda
    assert len(table) == len(DIRECTED_DYADS) * len(GOODS) and not table.isna().any().any()
    row = table.set_index(["importer", "exporter", "good"]).loc[("US", "CN", "ev")]
    assert row.security_cost == agenda.security[EV, US, CN] > 20  # a prohibition in all but name (theory 0.17)
    assert row.availability < 0.5 and row.supply_stake == pytest.approx(4 * agenda.supply_stake[0, 0])
    doubled = starting_point.calibration_table(
        "2026", make_parameters({**load_scenario("2026").parameters.changes(), "security_scale": 2.0})
    )
    np.testing.assert_allclose(doubled.security_cost, 2 * table.security_cost)
    assert set(table.good) == set(GOODS) and table.identified.dtype == bool


def test_replicates_of_a_design_point_share_their_starting_point() -> None:
    one, two = (NegotiationModel("2026", root_seed=1, replicate=r, narrate=False) for r in (0, 1))
    other = worlds.played("2026", quarters=0, security_scale=0.5)
    assert one.agenda is two.agenda and one.economy is two.economy and one.world.opening is two.world.opening
    assert other.agenda is not one.agenda
    np.testing.assert_allclose(other.agenda.security, 0.5 * one.agenda.security)


def test_a_scenario_file_that_changes_is_read_again(tmp_path: Path) -> None:
    text = (seeds_directory() / "scenarios" / "symmetric.toml").read_text(encoding="utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    whole = starting_point.known_scenario(str(file))
    assert starting_point.known_scenario(str(file)) is whole
    file.write_text(text.replace('last_quarter = "2035Q4"', 'last_quarter = "2033Q4"  # sooner'), encoding="utf-8")
    assert starting_point.known_scenario(str(file)).n_quarters == whole.n_quarters - 8


def test_whatever_a_scenario_was_read_from_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parent, a table, a table that comes to lie before a shipped one: of the same size, in the same instant."""
    rate = '[parameters]\ntension_jump_rate = {{ value = {}, assumed = "try it" }}\n'
    head = 'extends = "{}"\nname = "n"\ntitle = "T"\n'
    table = "automaker,market_bloc,share\nX,CN,0.5\nX,US,0.1\nX,EU,0.{}\n"
    selector = '[market]\nev_share = { evidence = "share.csv:automaker=X,market_bloc={bloc}:share" }\n'
    parent, child, shares = tmp_path / "base.toml", tmp_path / "child.toml", tmp_path / "share.csv"
    parent.write_text(head.format("2026") + rate.format(0.02) + selector, encoding="utf-8")
    child.write_text(head.format("base.toml"), encoding="utf-8")
    shares.write_text(table.format(25), encoding="utf-8")
    clock = parent.stat()
    monkeypatch.chdir(tmp_path)
    first = NegotiationModel("child.toml", narrate=False)
    assert (first.parameters.tension_jump_rate, starting_point.known_scenario("child.toml").ev_share[2]) == (0.02, 0.25)
    parent.write_text(head.format("2026") + rate.format(0.12) + selector, encoding="utf-8")
    shares.write_text(table.format(35), encoding="utf-8")
    for file in (parent, shares):
        os.utime(file, ns=(clock.st_atime_ns, clock.st_mtime_ns))
    second = NegotiationModel("child.toml", narrate=False)
    assert (second.parameters.tension_jump_rate, starting_point.known_scenario("child.toml").ev_share[2]) == (
        0.12,
        0.35,
    )
    assert not np.array_equal(second.world.opening.share, first.world.opening.share), "calibrated anew as well"
    battery = starting_point.known_scenario("child.toml").cell_cost
    (tmp_path / "battery_price.csv").write_text("pack,kwh\n1,2\n", encoding="utf-8")
    assert "battery_price.csv" not in parent.read_text(encoding="utf-8")
    np.testing.assert_array_equal(starting_point.known_scenario("child.toml").cell_cost, battery)


def test_one_name_in_two_folders_is_two_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, last in (("a", "2033Q4"), ("b", "2034Q4")):
        (tmp_path / folder).mkdir()
        text = f'extends = "symmetric"\nname = "n"\nlast_quarter = "{last}"\n'
        (tmp_path / folder / "mine.toml").write_text(text, encoding="utf-8")
        os.utime(tmp_path / folder / "mine.toml", ns=(0, 0))
    lengths = []
    for folder in "ab":
        monkeypatch.chdir(tmp_path / folder)
        lengths.append(starting_point.known_scenario("mine.toml").n_quarters)
    assert lengths[1] == lengths[0] + 4


def test_a_share_threatened_by_nobody_costs_nothing() -> None:
    # inverse optimum: no cost where a lower duty would pay even without any.
    found = welfare.inverse_optimum_security(
        np.array([1.2, 1.0, 0.7]), np.array([0.05, 0.04, 0.03]), 4.0, 0.4, 0.0, 0.0025
    )
    assert bool(found[3]) and found[1] > 0
    assert not bool(welfare.inverse_optimum_security(
        np.array([0.7, 1.0, 1.2]), np.array([0.05, 0.04, 0.03]), 4.0, 0.4, 0.0, 0.0025
    )[3])  # fmt: skip


# --- what is given alone (2.1) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("best", "level"), [(0, 0.0), (1, 0.1), (2, None), (4, 1.0)])
def test_a_side_gives_alone_what_its_best_position_gives(best: int, level: float | None) -> None:
    world = worlds.played("2026", quarters=1).world
    agenda, economy = world.agenda, world.economy
    worth = -np.abs(np.arange(5) - best)[:, None] * np.ones((5, 8))
    one = dataclasses.replace(_lane_of(world.known().parts[0][0]), duty=(worth, worth))
    parts = tuple((one, one) for _ in DYADS)
    alone = agenda_module._given_alone(economy, agenda.menus, parts, agenda.regretted)
    others = [issue for issue in range(N_ISSUES) if issue not in (0, 1)]
    assert same_bits(alone[..., others], np.where(agenda.regretted[..., others], 0.0, 1.0))
    cuts = economy.cuts[EV]
    for d, pair in enumerate(DYADS):
        for side, (i, j) in enumerate((pair, pair[::-1])):
            given = cuts[i, j][best] if level is None else level
            is_on_menu = len(agenda.menus[d].positions[side]) > 1
            assert alone[d, side, side] == (given if is_on_menu else 1.0 - agenda.regretted[d, side, side])


def test_to_bind_a_duty_that_one_would_keep_anyway_is_no_concession() -> None:
    agenda = worlds.played("2026", quarters=0).agenda
    us_in_cn_us = agenda.alone[0, 1, 1]
    assert us_in_cn_us == 0.1 and agenda.regretted[0, 1, 1], "what lies beyond the standstill is"


def _lane_of(parts: Any) -> Any:
    return dataclasses.replace(parts, duty=tuple(x[0] for x in parts.duty))
