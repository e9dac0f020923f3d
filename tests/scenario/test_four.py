"""four-2026: the three of 2026 and Korea play from what is known of them, in both engines and in a sweep."""

from __future__ import annotations

import functools
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import worlds
from digests import ALL_ON
from equality import faults
from sample_runs import small_plan

from experiments.report.page import write_report
from experiments.running.engines import run_chunk
from experiments.running.runner import run_plan
from model.ensemble import Ensemble
from model.negotiation import NegotiationModel
from model.scenario.evidence import seeds_directory
from model.scenario.scenario import Scenario, load_scenario
from model.start.starting_point import known_scenario, starting_point
from model.vocabulary import BATTERY, EV

CN, US, EU, KR = range(4)
DYADS = ("CN-US", "CN-EU", "CN-KR", "US-EU", "US-KR", "EU-KR")
SMALL = """
title = "What is Korea's investment worth?"
question = "Does the deal of Korea and the US hang on what Korea puts beside cars?"
scenario = "four-2026"
replicates = 2
root_seed = 9
dyads = ["US-KR", "CN-KR"]
[factors.linkage_scale]
levels = [0, 1]
"""


@pytest.fixture(scope="module")
def four() -> Scenario:
    return load_scenario("four-2026")


def known(name: str, **where: str) -> float:
    """A number of Korea's table, found without the loader's own selectors."""
    table = pd.read_csv(seeds_directory() / "evidence" / "korea.csv", dtype={"date": str})
    for column, value in {"name": name, **where}.items():
        table = table[table[column] == value]
    assert len(table) == 1, name
    return float(table.value.iloc[0])


# --- the numbers -----------------------------------------------------------------------------------------------------


def test_the_numbers_of_the_three_are_those_of_2026(four: Scenario) -> None:
    now = load_scenario("2026")
    for name in (
        "market_size",
        "ev_share",
        "drift_target",
        "kwh",
        "ev_stock",
        "vehicle_cost",
        "chargers",
        "cars_built",
    ):
        np.testing.assert_array_equal(getattr(four, name)[:3], getattr(now, name), err_msg=name)
    for name in ("mfn", "special", "floor"):
        np.testing.assert_array_equal(getattr(four, name)[:, :, :3, :3], getattr(now, name), err_msg=name)
    assert four.suppliers == now.suppliers and (four.supplier_share == now.supplier_share).all()
    assert set(four.automakers) - set(now.automakers) == {
        "Hyundai-Kia", "Other Korean makers", "Japanese and other makers",
    }  # fmt: skip
    # What is built where, for the three, is what it was, with Korea in the place of some others.
    built = [np.einsum("fm,fmo->mo", s.brand_share, s.origin_share) for s in (four, now)]
    np.testing.assert_allclose(built[0][:3, :3], built[1][:, :3], atol=0.015)


def test_korea_is_what_is_known_of_it(four: Scenario) -> None:
    assert 4.0 * four.market_size[KR] == pytest.approx(known("new vehicles sold"))
    assert four.ev_share[KR] == known("EV share of new registrations")
    home = four.brand_share[four.automaker_home == KR, KR].sum()
    assert home == pytest.approx(known("share of EVs built in Korea"), abs=0.002)
    assert {s for s, h in zip(four.suppliers, four.supplier_home, strict=True) if h == KR} == {
        "LG Energy Solution", "SK On", "Samsung SDI",
    }  # fmt: skip
    duty = four.base_duty[0]
    assert duty[EV, KR, CN] == known("usual duty on cars (MFN)") and duty[EV, CN, KR] == 0.15
    assert duty[EV, US, KR] == known("duty of the US on cars from Korea", date="2025-04-03")
    assert not duty[:, [EU, KR, KR], [KR, EU, US]].any() and not duty[BATTERY, [CN, KR], [KR, CN]].any()
    [deal] = [t for t in four.treaties if t.name == "Korea-US deal"]
    assert (
        deal.duty_bound[0].all()
        and (deal.duty_level[0] == known("duty of the US on cars from Korea", date="2025-11-01")).all()
    )


def test_who_has_no_duty_shows_no_fear() -> None:
    agenda = starting_point("four-2026", known_scenario("four-2026").parameters)[-1]
    assert not agenda.security[BATTERY, [EU, KR], [KR, CN]].any() and agenda.security[BATTERY, US, KR] > 0.0
    assert agenda.security[EV, US, CN] > agenda.security[EV, EU, CN] > 0.0 == agenda.security[EV, EU, KR]


# --- the play --------------------------------------------------------------------------------------------------------


def test_the_first_quarter_is_the_evidence(four: Scenario) -> None:
    model = worlds.played("four-2026", quarters=1)
    np.testing.assert_allclose(worlds.series(model, "bloc", "ev_share")[:, 0], four.ev_share, atol=0.02)
    built = model.state.books.accounts.built[KR]
    from_china = known("EVs built in China registered") / 1000.0 / (known("new vehicles sold") * four.ev_share[KR])
    assert built[CN] / built.sum() == pytest.approx(from_china, abs=0.03)


@pytest.mark.parametrize(("change", "quarters"), [({}, 8), (ALL_ON, 5)], ids=["core", "all"])
def test_both_engines_play_it_to_the_same_bits(change: dict[str, Any], quarters: int) -> None:
    assert faults("four-2026", [0, 2], change, quarters) == []


def test_a_story_has_six_pairs_and_calls_korea_by_its_name() -> None:
    model = NegotiationModel("four-2026", root_seed=1, replicate=0)
    for _ in range(8):
        model.step()
    assert model.recorder.parties.dyad_names == DYADS
    assert {line.dyad for line in model.story if line.topic == "offer"} == set(DYADS)
    said = [line.text for line in model.story]
    assert any("Korea cuts its duty on China's cars to" in words for words in said)
    assert any("the National Assembly" in words for words in said)
    assert not any(code in words.split() for words in said for code in ("KR", "KR's"))


@functools.cache
def years_in_force(**change: float) -> float:
    """The part of the first five years in which the US and Korea have a treaty in force."""
    numbers = list(range(24))
    runs = Ensemble("four-2026", 7, numbers, change, keep=numbers, n_quarters=20).run()
    return float(np.mean([record.series("dyad", "treaty")[DYADS.index("US-KR")] for record in runs.records.values()]))


def test_korea_keeps_its_deal_with_the_us_the_less_the_dearer_is_what_it_gives() -> None:
    free, usual, dear = (years_in_force(linkage_scale=scale) for scale in (0.0, 1.0, 4.0))
    assert free > usual > dear and usual > 0.7 and free - dear > 0.1


def test_a_sweep_of_it_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    plan, played = small_plan(tmp_path, SMALL.replace("replicates = 2", "replicates = 1")), []

    def stopping(chunk: Any) -> Any:
        played.append(chunk.name)
        if len(played) == 1:
            signal.raise_signal(signal.SIGINT)
        return run_chunk(chunk)

    stopped = run_plan(plan, tmp_path / "r", 1, work=stopping, chunk_replicates=1)
    assert stopped.was_interrupted and 0 < stopped.n_done < plan.n_runs
    whole = run_plan(plan, tmp_path / "r", 1, chunk_replicates=1)
    assert (whole.n_before, whole.n_done, whole.n_failed) == (stopped.n_done, plan.n_runs, 0)
    assert whole.results.digest() == run_plan(plan, tmp_path / "at once", 1, chunk_replicates=1).results.digest()


@pytest.mark.slow
def test_a_sweep_of_it_is_reported(tmp_path: Path) -> None:
    run_plan(small_plan(tmp_path, SMALL), tmp_path / "r", 1)
    page = write_report(tmp_path / "r").read_text(encoding="utf-8")
    assert "US-KR" in page and "China and Korea" in page
