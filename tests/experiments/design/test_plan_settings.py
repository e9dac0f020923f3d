"""Settings beside a plan are as if they stood in it: its text says so, and nothing else of it moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.design.plan_file import load_plan
from experiments.design.plan_settings import with_settings
from model import InputFault, parse_toml

HEAD = 'title = "T" # a word\nquestion = "Q"\nscenario = "2026"\n'
FACTOR = "[factors.tariff_issues]\nlevels = [false, true]\n"
GIVEN = {"trust_memory": 0.9, "retaliation_rule": "grim", "linkage_issues": False, "detection_lag": 2}


@pytest.mark.parametrize(
    "text",
    (
        HEAD + FACTOR,
        HEAD + FACTOR.rstrip(),
        HEAD + "[settings]\n" + FACTOR,
        HEAD + "[settings] # mine\ntrust_memory = 0.95 # old\nfalse_alarm = 0.1 # stays\n" + FACTOR,
        HEAD + FACTOR + "[settings]\n'trust_memory' = 0.95",
        HEAD + FACTOR + "[settings]",
        HEAD + '[ "settings" ]\r\ntrust_memory=0.95\r\nfalse_alarm = 0.1\r\n' + FACTOR,
        HEAD + FACTOR + '[[blocks]]\nname = "a"\nsettings = { false_alarm = 0.1 }\n',
    ),
)
def test_the_text_says_what_was_given(text: str) -> None:
    before = parse_toml(text, "", "plan")[1]
    said, table = with_settings(text, before, GIVEN)
    assert table == {**before, "settings": {**before.get("settings", {}), **GIVEN}}
    assert parse_toml(said, "", "plan")[1] == table
    assert "# a word" in said and ("# stays" in said) == ("# stays" in text)


def test_nothing_given_changes_nothing() -> None:
    assert with_settings(HEAD, {"title": "T"}, {}) == (HEAD, {"title": "T"})


@pytest.mark.parametrize("text", ("settings = { trust_memory = 0.95 }\n", "settings.trust_memory = 0.95\n"))
def test_settings_that_cannot_be_extended_are_refused(text: str) -> None:
    with pytest.raises(InputFault, match=r"under the header \[settings\]"):
        with_settings(text, parse_toml(text, "", "plan")[1], {"false_alarm": 0.1})


@pytest.mark.parametrize(
    ("given", "said"),
    (
        ({"tariff_issues": True}, "tariff_issues is a factor and in --set"),
        ({"false_alarm": 0.2}, "false_alarm is in --set and in block 'a'"),
        ({"trust_memori": 0.9}, "nearest known name: 'trust_memory'"),
        ({"trust_memory": 7}, "--set trust_memory = 7: allowed is a number from 0.85 to 1"),
        ({"scenario": "2018"}, "--set scenario: it stands at the top of the plan"),
        ({"trust_memory": [1, 2]}, "is not the value of a parameter"),
    ),
)
def test_what_is_given_is_checked_as_settings_are(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(HEAD + FACTOR + '[[blocks]]\nname = "a"\nsettings = { false_alarm = 0.1 }\n', "utf-8")
    with pytest.raises(InputFault) as fault:
        load_plan(path, settings=given)
    assert said in str(fault.value)


def test_they_belong_to_the_plan_and_to_every_point(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(HEAD + FACTOR, "utf-8")
    plan = load_plan(path, settings=GIVEN)
    assert all(GIVEN.items() <= point.settings.items() for point in plan.points)
    (tmp_path / "again.toml").write_text(plan.text, "utf-8")
    assert load_plan(tmp_path / "again.toml").points == plan.points
