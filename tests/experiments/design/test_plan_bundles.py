"""Scenarios and named bundles of settings as levels: what they set, where they are kept, and what can be wrong."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from sample_runs import made_up, stored

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.findings.findings import calibration_of, find
from experiments.findings.headline import last_quarter, quarters_of, reference_point
from experiments.report.page import write_report
from experiments.running.runner import chunks_of, rerun, run_plan
from experiments.store import manifest
from experiments.store.folder import Results
from experiments.store.kept import differences, plan_of, played
from model import InputFault, load_scenario, scenario_names

HEAD = 'title = "A"\nquestion = "B?"\nreplicates = 3\n'
SCENARIOS = '[factors.scenario]\nlevels = ["2026", "own.toml"]\nlevel_labels = ["as it is", "what-if"]\n'
OWN = """
extends = "2026"
name = "own"
title = "Own"
about = "Another rule."
[parameters]
generosity = { value = 0.4, assumed = "a what-if" }
rounds_per_quarter = { value = 2, assumed = "a what-if" }
"""
BUNDLES = """
scenario = "2026"
[factors.access]
levels = [
    { name = "closed", recognition_issues = false, tariff_issues = false },
    { name = "open", recognition_issues = true, scenario = "2026-open-access" },
]
"""
TALKS = '[factors.dialogue_ceiling]\nlabel = "dialogue"\nlevels = ["none", "group"]\n'


def plan_in(folder: Path, text: str) -> Plan:
    (folder / "own.toml").write_text(OWN, encoding="utf-8")
    path = folder / "plan.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_plan(path)


def faults(folder: Path, text: str) -> str:
    with pytest.raises(InputFault) as caught:
        plan_in(folder, text)
    return "\n".join(caught.value.faults)


def test_scenarios_are_levels_and_the_first_is_the_plans_own(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, SCENARIOS + TALKS)
    assert plan.scenario == "2026" and plan.scenarios == ("2026", "own.toml")
    assert [point.scenario for point in plan.points] == ["2026", "2026", "own.toml", "own.toml"]
    assert all("scenario" not in point.settings for point in plan.points)
    assert load_scenario(plan.start_of("own.toml")).parameters.generosity == 0.4
    starts = [(chunk.scenario, chunk.columns["scenario"]) for chunk in chunks_of(plan, 5)]
    assert starts == [("2026", "2026")] * 2 + [(plan.start_of("own.toml"), "own.toml")] * 2
    # The same replicate has the same luck everywhere.
    assert {chunk.root_seed for chunk in chunks_of(plan, 5)} == {plan.root_seed}


def test_bundles_set_what_they_name(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, BUNDLES)
    closed, opened = plan.points
    assert closed.levels == {"access": "closed"} and closed.scenario == "2026"
    assert closed.settings == {"recognition_issues": False, "tariff_issues": False}
    assert opened.settings == {"recognition_issues": True} and opened.scenario == "2026-open-access"
    assert "closed: recognition_issues = False" in manifest.dictionary(plan)["access"]


def test_a_contrast_names_levels_of_both_kinds(tmp_path: Path) -> None:
    sides = (
        '[[contrasts]]\nname = "x"\ntreated = { access = "open", dialogue_ceiling = "group" }\n'
        'control = { access = "open", dialogue_ceiling = "group", tariff_issues = false }\n'
    )
    plan = plan_in(tmp_path, BUNDLES + TALKS + sides)
    assert plan.contrast_points == ((3, 4),)
    added = plan.points[4]
    assert added.scenario == "2026-open-access" and not added.is_cell and added.value_of("access") == "open"
    assert added.settings["tariff_issues"] is False


def test_blocks_points_and_changes_may_name_scenarios(tmp_path: Path) -> None:
    blocks = TALKS + '[[blocks]]\nname = "a"\n[[blocks]]\nname = "b"\nsettings = { scenario = "symmetric" }\n'
    plan = plan_in(tmp_path, f'scenario = "2026"\n{blocks}')
    assert [point.scenario for point in plan.points] == ["2026"] * 2 + ["symmetric"] * 2
    listed = (
        'design = "list"\nreference = "now"\n[[points]]\nname = "now"\n[[points]]\nname = "other"\nscenario = "2018"\n'
    )
    plan = plan_in(tmp_path, f'scenario = "2026"\n{listed}')
    assert [point.scenario for point in plan.points] == ["2026", "2018"]
    (tmp_path / "points.csv").write_text("scenario,generosity\n2026,0.2\n2018,0.4\n", encoding="utf-8")
    plan = plan_in(tmp_path, 'scenario = "2026"\ndesign = "table"\ntable = "points.csv"\n')
    assert [(point.scenario, point.settings["generosity"]) for point in plan.points] == [("2026", 0.2), ("2018", 0.4)]
    plan = plan_in(tmp_path, f'design = "one_at_a_time"\n{SCENARIOS}{TALKS}')
    assert [point.scenario for point in plan.points][:3] == ["2026", "own.toml", "2026"]
    plan = plan_in(tmp_path, f'design = "one_at_a_time"\n{BUNDLES}')
    assert [point.levels["access"] for point in plan.points] == ["closed", "open"]


def test_words_speak_of_the_plans_own_scenario(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, SCENARIOS + TALKS)
    assert reference_point(plan).scenario == "2026"  # type: ignore[union-attr]
    assert last_quarter(plan) == "2035Q4"
    table = calibration_of(plan)
    # A what-if has the preferences of its base.
    assert list(dict.fromkeys(table["scenario"])) == ["2026", "own.toml"]
    cost = table.pivot(index=["importer", "exporter", "good"], columns="scenario", values="security_cost")
    assert cost["2026"].tolist() == cost["own.toml"].tolist()
    unequal = plan_in(tmp_path, '[factors.scenario]\nlevels = ["2026", "2018"]\n')
    assert quarters_of(unequal) == 32 and last_quarter(unequal) == "at the end"


@pytest.mark.parametrize("text", [SCENARIOS + TALKS, BUNDLES + TALKS])
def test_findings_and_reports_know_the_levels(text: str, tmp_path: Path) -> None:
    plan = plan_in(tmp_path, text)
    stored(tmp_path / "r", plan)
    results = Results.open(tmp_path / "r")
    # The results are read wherever they lie, without the files that they were made from.
    shutil.move(tmp_path / "r", tmp_path / "moved")
    (tmp_path / "own.toml").unlink()
    results = Results.open(tmp_path / "moved")
    again = plan_of(results)
    assert [point.settings for point in again.points] == [point.settings for point in plan.points]
    name = plan.factors[-2].name if plan.factors[-1].name == "dialogue_ceiling" else plan.factors[-1].name
    found = find(again, results)
    assert set(found.effects["factor"]) == {name, "dialogue_ceiling"}
    page = write_report(tmp_path / "moved").read_text("utf-8")
    assert plan.factors[0].label in page


def test_a_sweep_goes_on_and_an_edited_what_if_is_refused(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, SCENARIOS + TALKS)
    run_plan(plan, tmp_path / "r", 1, work=made_up)
    results = Results.open(tmp_path / "r")
    assert differences(results, plan) == []
    assert str(tmp_path / "r") in played(plan, results).start_of("own.toml")
    assert run_plan(plan, tmp_path / "r", 1, work=made_up).n_before == 12
    (tmp_path / "own.toml").write_text(OWN.replace("0.4", "0.5"), encoding="utf-8")
    assert any(
        "scenario own.toml: " in line and "generosity" in line
        for line in differences(results, load_plan(tmp_path / "plan.toml"))
    )
    other = plan_in(tmp_path, SCENARIOS.replace('"own.toml"', '"symmetric"') + TALKS)
    assert any("symmetric" in line for line in differences(results, other))


def test_a_run_of_another_scenario_is_played_again(tmp_path: Path) -> None:
    plan = dataclasses.replace(plan_in(tmp_path, SCENARIOS), replicates=1)
    run_plan(plan, tmp_path / "r", 1)
    results = Results.open(tmp_path / "r")
    for run in ("0-0", "1-0"):
        assert rerun(results, run).is_same
    assert results.run(0, 0)["digest"].iloc[0] != results.run(1, 0)["digest"].iloc[0]


WRONG = {
    "a scenario that there is not": ('[factors.scenario]\nlevels = ["2026", "2062"]\n', ("'2062'", "level 2")),
    "a number": ("[factors.scenario]\nlevels = [2026, 2018]\n", ("scenario = 2026 (a whole number)", "in quotes")),
    "the same twice": ('[factors.scenario]\nlevels = ["2026", "2026"]\n', ("the same scenario as another one",)),
    "a single one": ('[factors.scenario]\nlevels = ["2026"]\n', ("two scenarios or more",)),
    "a range": ('[factors.scenario]\nrange = [0, 1]\nscenario = "2026"\n', ("scenarios are no numbers",)),
    "another at the top": ('scenario = "2018"\n' + SCENARIOS, ("'2018' is no level of the factor scenario",)),
    "in the settings": ('scenario = "2026"\n[settings]\nscenario = "2018"\n' + TALKS, ("stands at the top",)),
    "factor and block": (
        SCENARIOS + '[[blocks]]\nname = "a"\nsettings = { scenario = "2018" }\n', ("scenario is a factor and in block",)
    ),
    "bundle and setting": (
        BUNDLES.replace("[factors", "[settings]\ntariff_issues = true\n[factors"),
        ("tariff_issues is a factor and in [settings]",),
    ),
    "bundle and factor": (BUNDLES + "[factors.tariff_issues]\nlevels = [false, true]\n", ("is in two factors",)),
    "a bundle without a name": (BUNDLES.replace('name = "open", ', ""), ("level 2: name is missing",)),
    "two of a name": (BUNDLES.replace('"open"', '"closed"'), ("a text that no other one has",)),
    "a slip in a bundle": (BUNDLES.replace("tariff_issues", "tarif_issues"), ("level 1", "'tariff_issues'")),
    "a slip in its scenario": (BUNDLES.replace("2026-open-access", "2026-open-acess"), ("'2026-open-access'",)),
    "half a bundle": (BUNDLES.replace('{ name = "closed", recognition_issues = false, tariff_issues = false }', '"x"'),
                      ("either all levels are tables",)),
    "the name of a parameter": (BUNDLES.replace("factors.access", "factors.generosity"), ("is a parameter", "another")),
    "the name of a column": (BUNDLES.replace("factors.access", "factors.dyad"), ("'dyad' is taken",)),
    "together": (BUNDLES + 'together = ["exit_cost"]\n', ("together does not go with levels that are tables",)),
    "two alike": (
        'scenario = "2026"\n[factors.a]\nlevels = [{ name = "x", generosity = 0 }, { name = "y", generosity = 0 }]\n',
        ("'y' sets the same as another one",),
    ),
    "no level of a contrast": (
        BUNDLES + '[[contrasts]]\nname = "x"\ntreated = { access = "opn" }\ncontrol = { access = "closed" }\n',
        ("access = 'opn' is no level", "'open'"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said(what: str, tmp_path: Path) -> None:
    text, says = WRONG[what]
    told = faults(tmp_path, text)
    assert all(words in told for words in says), told


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    told = faults(tmp_path, WRONG["a slip in a bundle"][0] + WRONG["a single one"][0])
    assert "'tariff_issues'" in told and "two scenarios or more" in told
    assert "2026-open-access" in scenario_names()
