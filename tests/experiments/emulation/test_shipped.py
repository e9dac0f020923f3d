"""The emulator that ships speaks of the model that is here, and is marked only where runs of it come to the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.design.plan_file import load_plan
from experiments.emulation import shipped
from experiments.emulation.training import keys_of
from experiments.store.sources import code_fingerprint
from model import InputFault, __version__


def test_the_shipped_emulator_is_of_the_code_that_is_here() -> None:
    assert shipped.shipped() is not None, "run: python -m experiments.emulation.shipped"


def test_it_answers_for_every_output_of_its_plan() -> None:
    told = json.loads(shipped.FILE.read_text(encoding="utf-8"))
    plan = load_plan("sliders")
    assert {one["name"] for one in told["inputs"]} == {factor.name for factor in plan.factors}
    asked = {(key.outcome, key.where) for key in keys_of(plan)}
    # Cooperation that every run, or none, inherits has nothing to tell of one of the two.
    assert asked >= {(one["outcome"], one["where"]) for one in told["outputs"]} >= {
        key for key in asked if key[0] not in ("emerged", "kept", "inherited")
    }  # fmt: skip
    assert told["n_points"] * told["replicates"] >= 65_536


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The shipped file as another code would have made it; one point with few runs is played again."""
    monkeypatch.setattr(shipped, "WITNESSES", 1)
    monkeypatch.setattr(shipped, "REPLICATES", 2)
    told = json.loads(shipped.FILE.read_text(encoding="utf-8"))
    told |= {"code_sha256": "of another", "version": "0.0.1", "witnesses": shipped.witnesses(told)}
    file = tmp_path / "sliders.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    monkeypatch.setattr(shipped, "FILE", file)
    return file


def test_one_of_other_code_is_not_shown_until_runs_of_it_come_to_the_same(
    stale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shipped.shipped() is None
    assert shipped.main([]) == 0 and "MB" in capsys.readouterr().out
    told = json.loads(stale.read_text(encoding="utf-8"))
    assert (told["code_sha256"], told["version"]) == (code_fingerprint(), __version__)
    assert shipped.shipped() is not None


def test_one_whose_runs_come_to_something_else_is_not_marked(stale: Path) -> None:
    told: dict[str, Any] = json.loads(stale.read_text(encoding="utf-8"))
    name = next(name for name, means in told["witnesses"].items() if means[0] is not None)
    told["witnesses"][name][0] += 1e-6
    with pytest.raises(InputFault, match=f"{name}.*make it again: detente emulate sliders"):
        shipped.confirmed(told)


def test_one_without_witnesses_is_not_marked(stale: Path) -> None:
    told: dict[str, Any] = json.loads(stale.read_text(encoding="utf-8"))
    del told["witnesses"]
    with pytest.raises(InputFault, match="make it again"):
        shipped.confirmed(told)


def test_a_file_of_another_model_is_not_shipped(stale: Path) -> None:
    with pytest.raises(InputFault, match="make it again"):
        shipped.main([str(stale)])
