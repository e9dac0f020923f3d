"""What governments want follows from their scenario and from structure, never from the arm or from a what-if."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinned import one_in

from experiments.design.plan_file import load_plan, plan_names
from model import (
    PARAMETERS,
    Ensemble,
    InputFault,
    calibration_table,
    identification_flips,
    load_scenario,
    scenario_changes,
    scenario_files,
)
from model.packages.agenda import Agenda
from model.start import starting_point
from model.start.agenda import PREFERENCES, set_agenda
from model.start.calibration import open_economy
from model.vocabulary import BLOCS, EV, LINKAGE

CN, US, EU = range(len(BLOCS))
HEAD = 'extends = "{}"\nname = "n"\ntitle = "T"\n'
ALLOWED = '[ban."vehicle software rule"]\nin_force = false\n'
BYD_ALONE = ALLOWED + '[automaker.BYD]\non_sale_later = { US = "2026Q4" }\n'
FREE_TRADE = '[duties.ev."EU<CN"]\nbase = { value = 0.1, assumed = "no countervailing duty" }\n'


def started(scenario: str | Path, changes: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
    own = starting_point.known_scenario(str(scenario)).parameters
    return starting_point.starting_point(str(scenario), own.with_overrides(changes or {}))


def what_if(folder: Path, text: str, base: str | Path = "2026", name: str = "mine") -> Path:
    (folder / f"{name}.toml").write_text(HEAD.format(base) + text, encoding="utf-8")
    return folder / f"{name}.toml"


def same(one: Any, two: Any, but: tuple[str, ...] = ()) -> None:
    for field in dataclasses.fields(one):
        mine, other = getattr(one, field.name), getattr(two, field.name)
        if isinstance(mine, np.ndarray) and field.name not in but:
            assert np.array_equal(mine, other), field.name


# --- arms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", one_in(6, sorted(plan_names(), key=lambda name: name != "mechanisms")))
def test_arms_of_a_plan_that_vary_mechanisms_share_their_calibration(name: str) -> None:
    """Bit for bit: economy, start and agenda; what a run may put into a transfer is a matter of its menu."""
    plan, found = load_plan(name), {}
    for settings in {tuple(sorted(point.settings.items())) for point in plan.points}:
        structure = tuple((key, value) for key, value in settings if PARAMETERS[key].role == "structure")
        _, economy, opening, agenda = started(plan.start, dict(settings))
        kept = found.setdefault(structure, (economy, opening, agenda))
        assert kept[0] is economy or same(kept[0], economy) is None
        assert kept[1] is opening or same(kept[1], opening) is None
        same(kept[2], agenda, but=("treaty",))
    for one, two in itertools.combinations(found, 2):
        assert dict(one) != dict(two)


def test_calibration_sees_the_dialogue_of_the_scenario_and_not_that_of_the_arm() -> None:
    """Found afresh, without what was kept: the inverse optimum takes the tension of the scenario's own dialogue."""
    scenario, economy, opening, kept = started("2026", {"dialogue_ceiling": "leaders", "activity_threshold": 0.05})
    afresh, _ = open_economy(scenario, scenario.parameters)
    same(kept, set_agenda(afresh, scenario.parameters, scenario, opening))
    with_leaders = scenario.parameters.with_overrides({"dialogue_ceiling": "leaders"})
    other = set_agenda(economy, with_leaders, scenario, opening)
    assert kept.security[EV, US, CN] == pytest.approx(68.63, abs=0.01)
    assert other.security[EV, US, CN] == pytest.approx(75.13, abs=0.01), "what it would be charged with"


def test_structure_moves_the_calibration() -> None:
    plain = started("2026")
    for change in ({"pass_through": 1}, {"alpha_us": 0.05}, {"security_scale": 0.5}, {"executive_profit_weight": 1}):
        assert not np.array_equal(started("2026", change)[3].security, plain[3].security), change


def test_a_scenarios_own_mechanisms_are_seen(tmp_path: Path) -> None:
    told = '[parameters]\ndialogue_ceiling = { value = 0.7, assumed = "a group meets" }\n'
    own = started(what_if(tmp_path, "calibrate = true\n" + told))[3]
    assert own.security[EV, US, CN] == pytest.approx(71.73, abs=0.01)
    assert started("2026")[3].security[EV, US, CN] == pytest.approx(68.63, abs=0.01)


def test_a_transfer_is_on_the_menu_of_the_runs_that_may_make_one() -> None:
    plain, finance = (started("2026", {"club_finance": on})[3] for on in (False, True))
    same(plain, finance, but=("treaty",))
    assert plain.menus != finance.menus and len(finance.levels[0]) > len(plain.levels[0])
    for d in range(len(plain.menus)):
        with_it, without = (agenda.levels[d][agenda.treaty[d]] for agenda in (finance, plain))
        assert np.array_equal(with_it[:LINKAGE], without[:LINKAGE]), "the same treaty is in force"
        assert np.array_equal(with_it > 0, without > 0)


# --- what-ifs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", BYD_ALONE, ALLOWED, FREE_TRADE], ids=["as it was", "BYD alone", "allowed", "free"]
)
def test_a_what_if_keeps_the_preferences_of_its_base(text: str, tmp_path: Path) -> None:
    base = started("2026")[3]
    for file in (what_if(tmp_path, text), what_if(tmp_path, "", "mine.toml", "child"), "2026-open-access"):
        agenda: Agenda = started(file)[3]
        for name in (*PREFERENCES, "security", "security_low", "security_high", "identified"):
            assert np.array_equal(getattr(agenda, name), getattr(base, name)), name
        assert agenda.identified[EV, US, CN] and agenda.security[EV, US, CN] > 60
        assert identification_flips(str(file)) == []


@pytest.mark.parametrize("text", [BYD_ALONE, ALLOWED], ids=["BYD alone", "allowed"])
def test_only_a_scenario_that_asks_for_it_is_calibrated_anew(text: str, tmp_path: Path) -> None:
    file = what_if(tmp_path, "calibrate = true\n" + text)
    assert not started(file)[3].identified[EV, US, CN] and started(file)[3].security[EV, US, CN] == 0.0
    (told,) = identification_flips(str(file))
    assert "68.6 k$ a car in 2026, and not identified here" in told
    child = what_if(tmp_path, "", file.name, "child")
    assert not started(child)[3].identified[EV, US, CN], "what a scenario extends is asked up to one that asks"


def test_a_policy_at_the_start_moves_sales_and_no_quality(tmp_path: Path) -> None:
    free = what_if(tmp_path, FREE_TRADE)
    for found, kept in zip(started(free)[1:3], started("2026")[1:3], strict=True):
        same(found, kept, but=("duty", "paid", "special", "cuts", "case_covers"))
    assert started(free)[2].duty[EV, EU, CN] == pytest.approx(0.1)
    sales = []
    for name in ("2026", str(free)):
        (world,) = (world for _, world in Ensemble(name, replicates=1, n_quarters=4).worlds())
        home = world.scenario.automaker_home == CN
        sales.append(float(world.run().state.books.accounts.sales[0, EU, home].sum()))
    assert sales[1] > 1.1 * sales[0]


def test_facts_that_a_what_if_gives_are_met(tmp_path: Path) -> None:
    more = '[market]\nev_share = { value = [0.5, 0.2, 0.3], assumed = "more of them" }\n'
    _, _, opening, agenda = started(what_if(tmp_path, more))
    np.testing.assert_allclose(opening.share.sum(axis=-1), [0.5, 0.2, 0.3], rtol=1e-6)
    assert agenda.security[EV, US, CN] == started("2026")[3].security[EV, US, CN]


def test_a_shorter_what_if_has_the_trend_of_its_base(tmp_path: Path) -> None:
    short = what_if(tmp_path, 'last_quarter = "2028Q4"\n')
    assert started(short)[0].n_quarters < started("2026")[0].n_quarters
    np.testing.assert_array_equal(started(short)[2].trend, started("2026")[2].trend)


def test_another_first_quarter_is_another_market_with_the_same_parties(tmp_path: Path) -> None:
    later = what_if(tmp_path, 'first_quarter = "2027Q1"\n')
    scenario, _, opening, agenda = started(later)
    same(opening, open_economy(scenario, scenario.parameters)[1])
    assert np.array_equal(agenda.security, started("2026")[3].security)


def test_a_what_if_is_kept_with_its_base(tmp_path: Path) -> None:
    file = what_if(tmp_path, BYD_ALONE)
    for name, text in scenario_files(file).items():
        (tmp_path / "kept" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "kept" / name).write_bytes(text)
    kept = tmp_path / "kept" / "scenario.toml"
    assert scenario_changes(load_scenario(file), load_scenario(kept)) == []
    same(started(kept)[3], started(file)[3])
    again = what_if(tmp_path, "calibrate = true\n", "kept/scenario.toml", "again")
    assert not started(again)[3].identified[EV, US, CN]
    (line,) = scenario_changes(load_scenario(kept), load_scenario("2026"))[-1:]
    assert line == "base: 2026 in the results, None now"


def test_a_base_that_is_no_whole_scenario_is_told(tmp_path: Path) -> None:
    broken = what_if(tmp_path, '[market]\nev_share = { value = [0, 0.2, 0.3], assumed = "none" }\n', name="parent")
    mended = '[market]\nev_share = { value = [0.5, 0.2, 0.3], assumed = "some of them" }\n'
    # A parent takes its own calibration from 2026, so that only one that asks for its own must be whole.
    assert load_scenario(what_if(tmp_path, mended, broken.name)).base is not None
    broken.write_text(broken.read_text("utf-8").replace("[market]", "calibrate = true\n[market]"), "utf-8")
    with pytest.raises(InputFault, match=r"scenario parent, whose calibration it takes over: market.ev_share"):
        load_scenario(what_if(tmp_path, mended, broken.name))
    assert load_scenario(what_if(tmp_path, "calibrate = true\n" + mended, broken.name)).base is None


def test_a_calibration_that_comes_from_itself_is_told(tmp_path: Path) -> None:
    file = what_if(tmp_path, 'preferences_of = "mine.toml"\n')
    with pytest.raises(InputFault, match="takes its calibration from itself"):
        load_scenario(file)


def test_the_table_of_a_what_if_shows_what_its_runs_have(tmp_path: Path) -> None:
    file = what_if(tmp_path, BYD_ALONE)
    shown, base = (calibration_table(str(name)) for name in (file, "2026"))
    assert shown.security_cost.tolist() == base.security_cost.tolist()
    assert shown.opening_cost.tolist() == base.opening_cost.tolist()
