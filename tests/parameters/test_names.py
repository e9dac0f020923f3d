"""What parameters may be called: two names of one parameter are never both taken, wherever they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.design.plan_file import load_plan
from experiments.display.command_words import parse_settings
from model.ensemble import Ensemble
from model.faults import InputFault
from model.parameters.checked import make_parameters
from model.parameters.names import flat, one_parameter, spread

TWICE: list[dict[str, Any]] = [
    {"alpha_cn": 0.1, "alpha.CN": 0.15},
    {"trust_good.CN-US": 2.0, "trust_good.US-CN": 3.0},
    {"alpha": {"CN": 0.1}, "alpha_cn": 0.15},
    {"alpha": {"CN": 0.1}, "alpha.CN": 0.15},
]


@pytest.mark.parametrize("values", TWICE)
def test_one_parameter_under_two_names_is_refused(values: dict[str, Any]) -> None:
    for take in (spread, make_parameters, make_parameters().with_overrides, lambda v: Ensemble(parameters=v)):
        with pytest.raises(InputFault, match="keep one of the two"):
            take(values)


def test_each_name_alone_is_the_same_parameter() -> None:
    assert make_parameters({"alpha.CN": 0.15}) == make_parameters({"alpha_cn": 0.15})
    assert flat("trust_good.US-CN") == flat("trust_good.CN-US") == "trust_good_cn_us"
    assert one_parameter(["alpha_cn", "alpha.US", "generosity", 3]) == []


def test_settings_of_a_command_are_compared_by_what_they_are() -> None:
    with pytest.raises(InputFault, match=r"alpha_cn and alpha\.CN are one parameter"):
        parse_settings(["alpha_cn=0.1", "alpha.CN=0.15"])


PLAN = 'title = "t"\nquestion = "q"\nscenario = "symmetric"\nreplicates = 2\n'
PLANS = {
    "factors": '[factors."alpha.CN"]\nlevels = [0.1, 0.15]\n[factors.alpha_cn]\nlevels = [0.1, 0.12]\n',
    "settings": '[settings]\n"alpha.CN" = 0.1\nalpha_cn = 0.12\n[factors.generosity]\nlevels = [0.1, 0.2]\n',
    "a bundle": '[factors.both]\n[[factors.both.levels]]\nname = "a"\nalpha_cn = 0.1\n"alpha.CN" = 0.2\n'
    '[[factors.both.levels]]\nname = "b"\nalpha_cn = 0.12\n',
    "a table": 'design = "table"\ntable = "points.csv"\n',
    "a sample": '[factors.generosity]\nlevels = [0.1, 0.2]\n[assumptions]\nsample = "points.csv"\n',
}


@pytest.mark.parametrize("where", PLANS)
def test_a_plan_with_one_parameter_twice_is_refused(where: str, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("alpha_cn,alpha.CN\n0.1,0.15\n0.12,0.2\n", "utf-8")
    (tmp_path / "plan.toml").write_text(PLAN + PLANS[where], "utf-8")
    with pytest.raises(InputFault, match=r"alpha.* and alpha.* are one parameter; keep one of the two"):
        load_plan(str(tmp_path / "plan.toml"))
