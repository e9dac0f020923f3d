"""Plans, scenarios, words and parameters are listed whole at any width; what there is not is refused in one message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import detente

from experiments.design.plan_file import load_plan, plan_names
from experiments.display.glossary import GLOSSARY, terms_like
from model import PARAMETERS, known_scenario, scenario_names

pytestmark = pytest.mark.usefixtures("shipped_plans_are_read_once")

WIDTHS = (60, 80, 160, None)


@pytest.fixture(params=WIDTHS, ids=str)
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How wide the screen is; None: the output goes into a pipe."""
    if request.param is None:
        monkeypatch.delenv("COLUMNS", raising=False)
        return 100
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


@pytest.mark.parametrize(
    ("words", "names"),
    (
        (("plans",), plan_names()),
        (("scenarios",), scenario_names()),
        (("glossary",), tuple(term.name for term in GLOSSARY)),
        (("parameters",), tuple(PARAMETERS)),
    ),
    ids=lambda words: words[0] if len(words) == 1 else "",
)
def test_every_name_is_listed_whole(words: tuple[str, ...], names: tuple[str, ...], width: int) -> None:
    code, said = detente(*words)
    assert code == 0
    for name in names:
        assert re.search(rf"^ *{re.escape(name)}( |$)", said, re.MULTILINE), name
    commands = [line for line in said.splitlines() if line.startswith("detente")]
    assert max(len(line.rstrip()) for line in said.splitlines() if line not in commands) <= width
    assert commands or words == ("parameters",)
    assert "…" not in said


def test_a_term_is_found_by_its_name_by_heads_and_by_part() -> None:
    assert [term.name for term in terms_like("KEPT")] == ["kept"]
    assert [term.name for term in terms_like("P(durable)")] == ["durable"]
    assert [term.name for term in terms_like("joint_gain")] == ["joint gain"]
    assert [term.name for term in terms_like("dialogue")] == ["dialogue, levels of"]
    assert terms_like("") == terms_like("zzz") == []


def test_the_glossary_knows_columns_and_the_nearest_name() -> None:
    code, said = detente("glossary", "n_spells")
    assert code == 0 and "spells of cooperation (count)" in " ".join(said.split())
    code, said = detente("glossary", "winset")
    assert code == 2 and "'winset' is no word of the tables; nearest known name: 'win-set'" in said


def test_parameters_are_found_by_word_and_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    code, said = detente("parameters", "--find", "False_Alarm")
    assert code == 0 and "false_alarm" in said and "trust_memory" not in said
    code, said = detente("parameters", "--find", "homologat")
    assert code == 0 and "homologation_cost" in said
    group = PARAMETERS["trust_memory"].group
    code, said = detente("parameters", "--group", group)
    assert code == 0
    for name, spec in PARAMETERS.items():
        assert (f" {name} " in said) == (spec.group == group), name


def test_what_a_scenario_changes_stands_beside_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = [name for name in scenario_names() if known_scenario(name).parameters.changes()]
    assert shown
    for name in scenario_names():
        changes = known_scenario(name).parameters.changes()
        code, said = detente("parameters", "--changed", name)
        assert code == 0
        listed = set(re.findall(r"^ *([a-z][a-z0-9_]+(?:\.[A-Z0-9-]+)?) ", said, re.MULTILINE))
        # What governments beyond the three are given, but what everybody has by default.
        same = {name for name in changes if re.match(r"(tactic|acceptance|concession_exponent)\.", name)}
        assert listed & {*PARAMETERS, *changes} == {*changes} - same


def test_numbers_of_a_government_of_its_own_stand_in_their_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, said = detente("parameters", "--changed", "four-2026", "--find", "trust")
    assert code == 0 and "alpha.KR" not in said
    assert re.search(r"trust_good\.KR-US +4 +0\.1 to 20 +as trust_good_cn_us, of KR-US", said)


def test_plans_are_listed_with_the_number_of_their_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    _, said = detente("plans")
    for name in plan_names():
        assert re.search(rf"^ *{name} +{load_plan(name).n_runs:,} ", said, re.MULTILINE), name


def test_scenarios_are_listed_without_calibrating_or_looking_anything_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Title and quarters stand in the files: what they are made of takes most of the time, and is not asked for."""
    for place in ("model.scenario.reading.read_scenario", "model.scenario.evidence.Shelf.rows"):
        monkeypatch.setattr(place, lambda *given, **named: pytest.fail("a list of scenarios resolves no number"))
    monkeypatch.setenv("COLUMNS", "160")
    code, said = detente("scenarios")
    monkeypatch.undo()
    assert code == 0
    for name in scenario_names():
        own = known_scenario(name)
        first, last = own.quarter_label(0), own.quarter_label(own.n_quarters - 1)
        assert re.search(rf"^ *{name} +{first} +{last} +{re.escape(own.title)}", said, re.MULTILINE), name


def test_what_a_scenario_sets_besides_parameters_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    code, said = detente("parameters", "--changed", "2026-access")
    assert code == 0 and "What it sets beside parameters, on top of 2026" in said
    assert "The scenario sets none of these parameters" in said and "US<CN: what the US lets in from CN." in said
    assert re.search(r"access\.US<CN\.on_table +local, quota, open", said) and re.search(
        r"access\.EU<CN\.volume +0\.1", said
    )
    assert "assumed" not in said and "title" not in said
    _, said = detente("parameters", "--changed", "2026")
    assert re.search(r"first_quarter +2026Q4", said) and re.search(r"^ *.?access", said, re.MULTILINE) is None
    _, said = detente("parameters", "--changed", "2026-access", "--find", "trust")
    assert "beside parameters" not in said


def test_a_scenario_of_ones_own_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "mine.toml"
    head = 'extends = "2026-quota"\nname = "mine"\ntitle = "Mine"\n'
    own.write_text(f'{head}[access."US<CN"]\nduty = {{ value = 0.1, assumed = "to try" }}', "utf-8")
    monkeypatch.setenv("COLUMNS", "160")
    _, said = detente("parameters", "--changed", str(own))
    assert re.search(r"access\.US<CN\.duty +0\.1", said) and "All else is that of 2026-quota" in said


@pytest.mark.parametrize(
    ("words", "parts"),
    (
        (("parameters", "--changed"), ("--changed needs SCENARIO after it", *scenario_names())),
        (("run", "2026", "--set"), ("--set needs NAME=VALUE after it",)),
        (("sweep", "trust", "--out"), ("--out needs ", " after it")),
    ),
    ids=lambda part: part[0],
)
def test_an_option_without_its_value_is_told_what_to_give(words: tuple[str, ...], parts: tuple[str, ...]) -> None:
    code, said = detente(*words)
    assert code == 2 and said.startswith("command line: 1 fault\n")
    assert [part for part in parts if part not in said] == []


@pytest.mark.parametrize(
    ("words", "said"),
    (
        (("--find", "zzz"), "is in no name and no meaning"),
        (("--find", ""), "is in no name and no meaning"),
        (("--group", "zzz"), "there are: demand"),
        (("--changed", "2028"), "nearest known name: '2026'"),
        (("--find", "trust", "--markdown"), "keep one"),
        (("--group", "demand", "--calibration", "2026"), "keep one"),
    ),
)
def test_what_cannot_be_shown_is_refused(words: tuple[str, ...], said: str) -> None:
    code, told = detente("parameters", *words)
    assert code == 2 and said in told and "Traceback" not in told
