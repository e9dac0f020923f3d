"""A parameter has several names, and whoever gives it under two of them is told so, wherever names are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.display.command_words import parse_settings
from model import Ensemble, InputFault, load_scenario, make_parameters
from model.parameters.names import by_flat_name, named_twice

TWICE: dict[str, tuple[dict[str, Any], str]] = {
    "a bloc's": ({"alpha_cn": 0.1, "alpha.CN": 0.3}, "alpha_cn and alpha.CN are one parameter; keep one"),
    "a dyad's": (
        {"trust_good.CN-US": 2, "trust_good.US-CN": 3},
        "trust_good.CN-US and trust_good.US-CN are one parameter; keep one",
    ),
    "another government's": (
        {"trust_good.JP-CN": 2, "trust_good.CN-JP": 3},
        "trust_good.JP-CN and trust_good.CN-JP are one parameter; keep one",
    ),
    "below its stem": ({"alpha": {"CN": 0.1}, "alpha_cn": 0.3}, "alpha.CN and alpha_cn are one parameter; keep one"),
    "spelled alike": ({"alpha": {"JP": 0.1}, "alpha.JP": 0.3}, "alpha.JP is there twice; keep one"),
}


@pytest.mark.parametrize(("values", "told"), TWICE.values(), ids=TWICE)
def test_two_names_of_one_parameter_are_refused(values: dict[str, Any], told: str) -> None:
    for read in (make_parameters, make_parameters().with_overrides):
        with pytest.raises(InputFault) as caught:
            read(values)
        assert told in caught.value.faults


def test_names_are_made_flat_in_their_order() -> None:
    values = {"generosity": 0.4, "alpha": {"CN": 0.1, "JP": 0.2}, "trust_good.US-CN": 3, 5: "no text"}
    assert by_flat_name(values) == (
        {"generosity": 0.4, "alpha_cn": 0.1, "alpha.JP": 0.2, "trust_good_cn_us": 3, 5: "no text"}, [],
    )  # fmt: skip
    with_reason = {"alpha.JP": {"value": 0.1, "assumed": "why"}}  # as a scenario's file has it
    assert by_flat_name(with_reason) == (with_reason, [])
    assert named_twice(["alpha.CN", "alpha.US", "alpha_cn"], "here: ") == [
        "here: alpha.CN and alpha_cn are one parameter; keep one"
    ]


def test_an_ensemble_refuses_them() -> None:
    with pytest.raises(InputFault, match=r"alpha.CN and alpha_cn are one parameter; keep one"):
        Ensemble("symmetric", parameters={"alpha.CN": 0.1, "alpha_cn": 0.18})


def test_a_command_refuses_them_and_hands_on_flat_names() -> None:
    assert parse_settings(["alpha.CN=0.2", "trust_good.US-JP=2"]) == {"alpha_cn": 0.2, "trust_good.JP-US": 2}
    with pytest.raises(InputFault, match=r"--set: alpha.CN and alpha_cn are one parameter; keep one"):
        parse_settings(["alpha.CN=0.2", "alpha_cn=0.3"])


def test_a_scenario_refuses_them_and_takes_the_place_of_what_it_extends(tmp_path: Path) -> None:
    base, own = tmp_path / "base.toml", tmp_path / "own.toml"
    base.write_text('extends = "symmetric"\n[parameters]\nalpha_cn = 0.1\n', encoding="utf-8")
    own.write_text('extends = "./base.toml"\n[parameters]\n"alpha.CN" = 0.18\n', encoding="utf-8")
    assert load_scenario(str(own)).parameters.alpha_cn == 0.18
    base.write_text('extends = "symmetric"\n[parameters]\nalpha_cn = 0.1\nalpha.CN = 0.18\n', encoding="utf-8")
    with pytest.raises(InputFault, match=r"\[parameters\] alpha_cn and alpha.CN are one parameter; keep one"):
        load_scenario(str(own))
