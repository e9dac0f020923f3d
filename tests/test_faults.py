"""Values in messages: whatever came is shown on one line, a number of thousands of digits too."""

from __future__ import annotations

import datetime
import math
import pickle
from typing import Any

import numpy as np
import pytest

from experiments.cli.main import parse_settings
from model import Ensemble, InputFault, NegotiationModel, described, make_parameters, nearest, of_form, shown
from model.faults import alike

HUGE = 10**5000


@pytest.mark.parametrize(
    ("came", "says"),
    [
        (0.5, "0.5"),
        ("a\nb", "'a\\nb'"),
        ("\ud800", "'\\ud800'"),
        ("x" * 200, "'" + "x" * 79 + "..."),
        (HUGE, "a number of thousands of digits"),
        (-HUGE, "a number of thousands of digits"),
        ([1, HUGE], "a list with a number of thousands of digits"),
        ({HUGE: 1}, "a table with a number of thousands of digits"),
    ],
    ids=range(8),
)
def test_a_value_is_shown_on_one_line(came: object, says: str) -> None:
    assert shown(came) == says


@pytest.mark.parametrize(
    ("came", "says"),
    [
        ("a", "'a' (text in quotes)"),
        (True, "True (true or false)"),
        (3, "3 (a whole number)"),
        (np.int64(3), "np.int64(3) (a whole number)"),
        (0.5, "0.5 (a number with decimals)"),
        ([1], "[1] (a list)"),
        ({"a": 1}, "{'a': 1} (a table)"),
        (None, "None (nothing)"),
        (datetime.date(2026, 1, 1), "datetime.date(2026, 1, 1) (a date or time)"),
        (Ellipsis, "Ellipsis (a value of class ellipsis)"),
    ],
    ids=range(10),
)
def test_a_value_is_told_with_its_kind_in_words(came: object, says: str) -> None:
    assert described(came) == says


@pytest.mark.parametrize(
    ("came", "known", "meant"),
    [
        ("CN-UE", ("CN-US", "CN-EU", "US-EU"), "CN-EU"),
        ("CN-UE", ("CN-EU", "CN-US", "US-EU"), "CN-EU"),
        ("EU-CN", ("CN-US", "CN-EU", "US-EU"), "CN-EU"),
        ("us-cn", ("CN-US", "CN-EU", "US-EU"), "CN-US"),
        ("gruop", ("none", "technical", "group", "leaders"), "group"),
        ("2062", ("2018", "2026", "two"), "2026"),
        ("2028", ("2018", "2026", "two"), "2026"),
        ("Dialog", ("dialogue_ceiling", "generosity"), "dialogue_ceiling"),
        ("xq", ("none", "group"), ""),
        ("", ("none",), ""),
        (3, ("three",), ""),
        ("none", (), ""),
    ],
    ids=range(12),
)
def test_the_nearest_name_is_the_one_with_the_fewest_slips(came: object, known: tuple[str, ...], meant: str) -> None:
    assert nearest(came, known) == (f"nearest known name: '{meant}'" if meant else "")


def test_two_letters_swapped_are_one_slip_and_a_wrong_one_is_two() -> None:
    assert alike("abcd", "abdc") == pytest.approx(1 - 1 / 8)
    assert alike("abcd", "abcx") == pytest.approx(1 - 2 / 8)
    assert alike("abcd", "abc") == pytest.approx(1 - 1 / 7)
    assert (alike("ab", "ab"), alike("ab", "xy"), alike("", "")) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"generosity": HUGE}, "generosity = inf: allowed is a number from 0 to 1"),
        ({"generosity": -(10**400)}, "generosity = -inf: allowed is a number from 0 to 1"),
        ({"dialogue_ceiling": HUGE}, "allowed is a number from 0 to 1"),
        ({"rounds_per_quarter": HUGE}, "rounds_per_quarter = inf"),
        ({"tariff_issues": HUGE}, "tariff_issues = a number of thousands of digits"),
        ({"retaliation_rule": HUGE}, "retaliation_rule = a number of thousands of digits"),
        (
            {"root_seed": HUGE},
            "a number of thousands of digits: allowed is a whole number from 0 of at most 100",
        ),
        ({"root_seed": 10**100}, "allowed is a whole number from 0 of at most 100 digits"),
        ({"root_seed": -HUGE}, "root_seed = a number of thousands of digits"),
        ({"replicate": HUGE}, "replicate = a number of thousands of digits"),
        ({"rng": HUGE}, "replicate = a number of thousands of digits"),
        ({"scenario": HUGE}, "scenario = a number of thousands of digits: allowed is a name or the path of a file"),
        ({"scenario": "x" * 5000}, "xxx... is neither a scenario nor a .toml file"),
    ],
    ids=range(13),
)
def test_a_number_without_end_is_refused_by_a_model(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputFault) as refused:
        NegotiationModel(**given)
    assert says in str(refused.value) and len(str(refused.value)) < 600


@pytest.mark.parametrize(
    "given",
    [
        {"replicates": HUGE},
        {"replicates": [HUGE]},
        {"n_quarters": HUGE},
        {"root_seed": HUGE},
        {"root_seed": 10**100},
        {"parameters": {"generosity": HUGE}},
        {"parameters": [{}, {HUGE: 1}]},
        {"scenario": HUGE},
        {"scenario": b"2026"},
    ],
    ids=range(9),
)
def test_a_number_without_end_is_refused_by_an_ensemble(given: dict[str, Any]) -> None:
    with pytest.raises(InputFault, match=r"allowed is|not a parameter"):
        Ensemble(**given)


def test_a_seed_of_a_hundred_digits_is_one() -> None:
    assert NegotiationModel("symmetric", 10**100 - 1, 0).root_seed == 10**100 - 1


@pytest.mark.parametrize("value", ["9" * 5000, "0x" + "f" * 5000, "[" * 5000, "-" + "9" * 5000], ids=range(4))
def test_a_setting_without_end_is_refused(value: str) -> None:
    with pytest.raises(InputFault, match=r"generosity = .*: allowed is a number from 0 to 1"):
        make_parameters(parse_settings([f"generosity={value}"]))


def test_the_same_fault_is_told_once() -> None:
    fault = InputFault(["a: wrong", "b: wrong", "a: wrong"], "plan")
    assert fault.faults == ("a: wrong", "b: wrong") and str(fault) == "plan: 2 faults\n  - a: wrong\n  - b: wrong"
    assert pickle.loads(pickle.dumps(fault)).faults == fault.faults


@pytest.mark.parametrize("came", ["NaN", "nan", "-inf", "Infinity", math.nan, -math.inf])
def test_a_number_that_is_none_is_asked_for_as_finite(came: object) -> None:
    """It is no slip for a name that stands beside numbers: none, of NaN."""
    with pytest.raises(InputFault) as refused:
        make_parameters({"dialogue_ceiling": came})
    (fault,) = refused.value.faults
    assert "nearest" not in fault and ": allowed is a number from 0 to 1, or one of none, technical" in fault
    assert fault.endswith("write a finite number, or leave it out to get 0.4")


@pytest.mark.parametrize(
    ("kind", "came", "limits", "says"),
    [
        ("less_than_equal", 9, {"le": 5}, "9 (a whole number): allowed is a number of at most 5; correct it"),
        ("int_parsing", "1e3", {}, "'1e3': allowed is a whole number; write 1000"),
        ("int_parsing", "1e300", {}, "'1e300': allowed is a whole number; write one"),
        ("int_parsing", "1.5", {}, "'1.5': allowed is a whole number; write one"),
        ("int_parsing", "nan", {}, "'nan': allowed is a whole number; write one, such as 3"),
        ("int_parsing", "many", {}, "'many': allowed is a whole number; write one, such as 3"),
        ("list_type", 3, {}, "3 (a whole number): allowed is a list; correct it"),
        ("literal_error", "x", {"expected": "'a' or 'b'"}, "'x' (text in quotes): allowed is 'a' or 'b'; correct it"),
        ("value_error", 7, {}, "7: it must be even; correct it"),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_fault_of_form_is_told_in_our_words(kind: str, came: object, limits: dict[str, Any], says: str) -> None:
    fault = {"type": kind, "input": came, "ctx": limits, "msg": "Value error, It must be even"}
    assert of_form(fault) == says
