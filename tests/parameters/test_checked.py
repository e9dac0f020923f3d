"""Parameters: every row sound, defaults as documented, each refusal one clear line, all refusals at once."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.faults import InputFault, nearest
from model.parameters.checked import GROUPS, PARAMETERS, Parameters, make_parameters
from model.parameters.core import DIALOGUE_CEILINGS, RETALIATION_RULES
from model.parameters.names import BLOC_STEMS, DYAD_STEMS
from model.parameters.spec import ParameterSpec, real
from model.vocabulary import BLOCS, DYAD_NAMES, Parties

NUMBERS = [spec for spec in PARAMETERS.values() if spec.kind in ("float", "int")]
FLOATS = [spec for spec in NUMBERS if spec.kind == "float"]
WHOLES = [spec for spec in NUMBERS if spec.kind == "int"]
SWITCHES = [spec for spec in PARAMETERS.values() if spec.kind == "bool"]


def faults(overrides: Mapping[str, object]) -> tuple[str, ...]:
    with pytest.raises(InputFault) as caught:
        make_parameters(overrides)
    return caught.value.faults


def bounds(spec: ParameterSpec) -> tuple[float, float]:
    assert spec.low is not None and spec.high is not None
    return spec.low, spec.high


# --- The table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", PARAMETERS.values(), ids=PARAMETERS)
def test_every_row_says_what_it_is(spec: ParameterSpec) -> None:
    assert spec.unit and spec.meaning and spec.source and spec.section[0] in "12"
    assert not spec.meaning.endswith(".") and "%" not in spec.unit
    assert spec.status != "measured" or spec.source != "assumption"
    if spec.kind in ("float", "int"):
        low, high = bounds(spec)
        assert low <= float(spec.default) <= high and low < high
    for value in spec.aliases.values():
        assert bounds(spec)[0] <= value <= bounds(spec)[1]


def test_names_are_declared_once_and_in_order() -> None:
    rows = [row.name for group in GROUPS for row in dataclasses.fields(group)]
    assert rows == list(PARAMETERS) and len(rows) == len(set(rows))


def test_an_incoherent_row_is_refused() -> None:
    row = PARAMETERS["generosity"].model_dump()
    for change in ({"default": 2.0}, {"low": None}, {"kind": "choice"}, {"unit": None}, {"name": "Bad name"}):
        with pytest.raises(ValueError, match="validation error"):
            ParameterSpec(**{**row, **change})


def test_every_parameter_has_a_role_and_one_without_fails() -> None:
    row = PARAMETERS["generosity"].model_dump()
    assert row.pop("role") == "mechanism"
    for change in ({}, {"role": None}, {"role": ""}, {"role": "taste"}):
        with pytest.raises(ValueError, match="role"):
            ParameterSpec(**{**row, **change})
    with pytest.raises(TypeError):
        real(0.3, 0, 1, "-", "1.11", "declared without a role")  # type: ignore[arg-type, call-arg]
    unsaid = real(0.3, 0, 1, 2, "-", "1.11", "the default stands for the role")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="role"):
        ParameterSpec(name="unsaid", group="g", **unsaid.metadata["spec"])
    roles = {
        role: [n for n, s in PARAMETERS.items() if s.role == role] for role in ("structure", "mechanism", "measure")
    }
    assert roles["measure"] == ["activity_threshold", "regret"]
    assert {"alpha_us", "security_scale", "petition_weight", "discount_factor", "pass_through"} <= {*roles["structure"]}
    known = {"dialogue_ceiling", "false_alarm", "tension_mean_cn_us", "ratification_slope", "perception_noise"}
    assert known <= {*roles["mechanism"]}
    named = [spec for spec in PARAMETERS.values() if spec.kind in ("bool", "choice")]
    assert {spec.name for spec in named if spec.role != "mechanism"} == {"regret"}


# A sample of the published defaults and ranges: a slip of the pen in the table must not pass unseen.
@pytest.mark.parametrize(
    ("name", "default", "low", "high"),
    [
        ("alpha_cn", 0.14, 0.084, 0.196),
        ("nest_correlation", 0.35, 0, 0.7),
        ("supplier_substitution", 0.05, 0.02, 0.2),
        ("battery_learning_rate", 0.18, 0.09, 0.24),
        ("plant_lag", 8, 4, 12),
        ("executive_profit_weight", 0.3, 0, 1.5),
        ("social_cost_of_carbon", 100, 30, 200),
        ("homologation_cost", 1.5, 0.5, 3),
        ("supply_severity", 0.01, 0, 0.03),
        ("perception_persistence", 0.95, 0.8, 0.99),
        ("concession_exponent_eu", 0.5, 0.1, 4),
        ("ratification_threshold_us_recognition", 0.35, -0.1, 0.6),
        ("discount_factor", 0.98, 0.95, 0.99),
        ("punishment_quarters", 8, 1, 40),
        ("tension_mean_us_eu", -2, -3, 3),
        ("dialogue_ceiling", 0.4, 0, 1),
        ("emergency_hazard", 0.01, 0, 0.05),
    ],
)
def test_defaults_and_ranges(name: str, default: float, low: float, high: float) -> None:
    spec = PARAMETERS[name]
    assert (spec.default, spec.low, spec.high) == (default, low, high)


# --- Values ---------------------------------------------------------------------------------------


def test_defaults_are_the_declared_ones() -> None:
    parameters = make_parameters()
    assert parameters.as_dict() == {name: spec.default for name, spec in PARAMETERS.items()}
    assert parameters.changes() == {}
    assert parameters.retaliation_rule in RETALIATION_RULES


def test_arrays_follow_the_order_of_blocs_and_dyads() -> None:
    parameters = make_parameters({"alpha_us": 0.05, "trust_bad_us_eu": 3})
    assert parameters.alpha.tolist() == [0.14, 0.05, 0.08]
    assert parameters.trust_bad.tolist() == [2.0, 1.5, 3.0]
    for stems, suffixes in ((BLOC_STEMS, BLOCS), (DYAD_STEMS, DYAD_NAMES)):
        for stem in stems:
            array = getattr(parameters, stem)
            flat = [getattr(parameters, f"{stem}_{x.lower().replace('-', '_')}") for x in suffixes]
            assert array.tolist() == flat and array.dtype == np.float64
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0.0


def test_parameters_are_frozen_hashable_and_travel() -> None:
    parameters = make_parameters({"plant_lag": 6})
    with pytest.raises(dataclasses.FrozenInstanceError):
        parameters.plant_lag = 7  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(parameters))
    assert again == parameters and hash(again) == hash(parameters) and again.key() == parameters.key()
    assert make_parameters(parameters.as_dict()) == parameters
    assert parameters != make_parameters() and parameters.changes() == {"plant_lag": 6}
    assert parameters.with_overrides({"plant_lag": 8}) == make_parameters()


def test_direct_construction_is_checked_too() -> None:
    with pytest.raises(InputFault, match="generosity"):
        Parameters(generosity=7.0)


@pytest.mark.parametrize("kind", [np.float32, np.float64, float])
def test_numbers_of_any_make_are_accepted(kind: type) -> None:
    parameters = make_parameters({"generosity": kind(0.5), "plant_lag": kind(6.0), "jobs_value": np.int64(2)})
    assert (parameters.generosity, parameters.plant_lag, parameters.jobs_value) == (0.5, 6, 2.0)
    assert type(parameters.plant_lag) is int and type(parameters.jobs_value) is float
    assert make_parameters({"tariff_issues": np.bool_(False)}).tariff_issues is False


def test_dialogue_ceiling_by_name() -> None:
    for name, value in DIALOGUE_CEILINGS.items():
        assert make_parameters({"dialogue_ceiling": name}).dialogue_ceiling == value


@given(st.data())
def test_every_value_inside_its_range_is_accepted_unchanged(data: st.DataObject) -> None:
    spec = data.draw(st.sampled_from(FLOATS))
    value = data.draw(st.floats(*bounds(spec)))
    assert getattr(make_parameters({spec.name: value}), spec.name) == value


@given(st.data())
def test_every_value_outside_its_range_is_one_fault(data: st.DataObject) -> None:
    spec = data.draw(st.sampled_from(NUMBERS))
    low, high = bounds(spec)
    value = data.draw(st.one_of(st.floats(high + 0.01, 1e9), st.floats(-1e9, low - 0.01)))
    (fault,) = faults({spec.name: value})
    assert fault.startswith(f"{spec.name} = ") and spec.allowed in fault


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"alfa_cn": 0.1}, "nearest known name: 'alpha_cn'"),
        ({"zzzz": 0.1}, "is not a parameter"),
        ({"generosity": 30}, "write 0.3, not 30"),
        ({"generosity": 1.5}, "the nearest allowed value is 1"),
        ({"generosity": -0.5}, "the nearest allowed value is 0"),
        ({"generosity": math.nan}, "leave it out to get 0.3"),
        ({"generosity": math.inf}, "a number from 0 to 1"),
        ({"generosity": np.float64("nan")}, "a number from 0 to 1"),
        ({"generosity": True}, "(true or false)"),
        ({"generosity": "0.3"}, "write the number itself"),
        ({"generosity": None}, "(nothing)"),
        ({"generosity": [0.3]}, "(a list)"),
        ({"plant_lag": 6.5}, "write 6 or 7"),
        ({"plant_lag": True}, "(true or false)"),
        ({"plant_lag": 600}, "the nearest allowed value is 12"),
        ({"plant_lag": 99999999}, "plant_lag = 99999999: allowed is"),  # as it was written
        ({"tariff_issues": 1}, "write true or false"),
        ({"tariff_issues": "yes"}, "write true or false"),
        ({"retaliation_rule": "grimm"}, "nearest known name: 'grim'"),
        ({"retaliation_rule": 2}, "one of tit_for_tat"),
        ({"dialogue_ceiling": "leader"}, "nearest known name: 'leaders'"),
        ({"dialogue_ceiling": "xyz"}, "write one of the names"),
        ({"zev_cost": 5000}, "the nearest allowed value is 100"),
        ({"trust_good_cn_us": 99}, "the nearest allowed value is 20"),  # no rate, so no percent
        ({"steps": 12}, "how long a run lasts is the scenario's"),
    ],
)
def test_each_refusal_is_one_line_that_helps(overrides: Mapping[str, object], says: str) -> None:
    (fault,) = faults(overrides)
    assert says in fault and "\n" not in fault


def test_all_faults_come_at_once_and_in_order() -> None:
    found = faults({"generosity": 2, "alfa_cn": 1, "plant_lag": "x", "tension_closes_channel": 0})
    assert [fault.split()[0].strip("'") for fault in found] == [
        "generosity",
        "alfa_cn",
        "plant_lag",
        "tension_closes_channel",
    ]
    fault = InputFault(found, "parameters")
    assert str(fault).startswith("parameters: 4 faults\n  - generosity")
    assert isinstance(fault, ValueError)
    again = pickle.loads(pickle.dumps(fault))
    assert again.faults == found and str(again) == str(fault)


def test_nearest() -> None:
    assert nearest("Alpha_CN", PARAMETERS) == "nearest known name: 'alpha_cn'"
    assert nearest("qqqqqq", PARAMETERS) == ""
    assert nearest("cn-eu", ["CN-US", "CN-EU"]) == "nearest known name: 'CN-EU'", "as it is written"


def test_kinds_cover_the_table() -> None:
    assert len(FLOATS) > 80 and len(WHOLES) > 10 and len(SWITCHES) > 10


# --- of any bloc or dyad ----------------------------------------------------------------------------------------------

FOUR = Parties(("CN", "US", "EU", "JP"), {"JP": "Japan"})
OF_JAPAN = {
    f"{stem}.{party}": 0.1
    for stem, party in (
        *((stem, "JP") for stem in ("alpha", "ice_margin", "carbon_share", "ratification_threshold")),
        *((f"carbon_{kind}", "JP") for kind in ("coverage", "price", "implicit")),
        *((stem, f"{code}-JP") for stem in ("trust_good", "trust_bad", "tension_mean") for code in ("CN", "US", "EU")),
    )
} | {"emissions_saved_per_ev.JP": 30.0}


@pytest.mark.parametrize(
    ("name", "flat_name"),
    [("alpha.CN", "alpha_cn"), ("tactic.EU", "tactic_eu"), ("trust_good.US-CN", "trust_good_cn_us")],
)
def test_the_three_have_two_names(name: str, flat_name: str) -> None:
    value = "linear" if name.startswith("tactic") else 0.1
    value = PARAMETERS[flat_name].names[-1] if name.startswith("tactic") else value
    one, other = make_parameters({name: value}), make_parameters({flat_name: value})
    assert one == other and one.key() == other.key() and one.value(name) == one.value(flat_name) == value
    assert name in PARAMETERS and PARAMETERS[name] is PARAMETERS[flat_name] and name not in one.as_dict()


def test_a_fourth_has_numbers_of_its_own() -> None:
    p = make_parameters(OF_JAPAN, FOUR)
    assert p.alpha.tolist() == [0.14, 0.07, 0.08, 0.1] and p.trust_good.shape == (6,)
    # Where the three have one default, it has that too.
    assert p.of_blocs("tactic")[3] == "polynomial" and p.concession_exponent[3] == 0.5
    assert p.with_overrides({"trust_good.JP-CN": 3}).trust_good[FOUR.dyad_names.index("CN-JP")] == 3.0
    again = make_parameters(p.as_dict(), FOUR)
    assert again == p and hash(again) == hash(p) and again.changes() == p.changes()
    assert make_parameters({"alpha": {"JP": 0.12}}).value("alpha.JP") == 0.12


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"alpha.JP": 3.0}, "alpha.JP = 3: allowed is a number from 0.042 to 0.196 1/k$"),
        ({"alpha.KR": 0.1}, "alpha.KR: KR is not among the governments, CN, US, EU, JP"),
        ({"alpha.": 0.1}, "'alpha.' is not a parameter"),
        ({"jobs_value.JP": 1.0}, "'jobs_value.JP' is not a parameter"),
    ],
)
def test_what_is_wrong_with_a_name_of_a_party_is_told(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InputFault) as caught:
        make_parameters(OF_JAPAN, FOUR).with_overrides(change)
    (fault,) = caught.value.faults
    assert says in fault
