"""An emulator answers as its formula says, quickly, with NumPy alone, and refuses what it knows nothing of."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.emulation.emulator import Answer, Emulator
from model import InputFault

ROOT = Path(__file__).parents[3]
PLACE = {"generosity": 0.37, "tension_jump_rate": 0.05, "punishment_quarters": 3}


def by_hand(told: dict[str, Any], output: int, curve: str) -> float:
    """A curve at ``PLACE``, term by term."""
    at = (0.37, math.log(0.05 / 0.01) / math.log(20.0), 2.0 / 7.0)
    own, total = told["outputs"][output], told["outputs"][output][curve]["offset"]
    for point, weight in zip(told["points"], own[curve]["weights"], strict=True):
        for share, lengths in zip(own["shares"], own["lengths"], strict=True):
            square = sum(((a - b) / length) ** 2 for a, b, length in zip(at, point, lengths, strict=True))
            r = math.sqrt(5.0 * square)
            total += weight * share * (1.0 + r + r * r / 3.0) * math.exp(-r)
    low, high = own["limits"]
    return min(max(total, low), high)


def test_an_answer_is_the_sum_of_its_kernels(told: dict[str, Any]) -> None:
    said = Emulator(told).predict(PLACE)
    gain = said["joint_gain", "CN-EU"]
    mean, run_low, run_high = (by_hand(told, 4, curve) for curve in ("mean", "run_low", "run_high"))
    assert gain.mean == pytest.approx(mean, abs=1e-12)
    assert (gain.run_low, gain.run_high) == pytest.approx((run_low, max(run_low, run_high)), abs=1e-12)
    half = 0.3 * (0.5 * (max(run_low, run_high) - run_low) + 0.02)
    assert (gain.low, gain.high) == pytest.approx((max(mean - half, -2.0), min(mean + half, 7.0)), abs=1e-12)


def test_a_yes_or_no_has_a_share_and_no_chance_band(told: dict[str, Any]) -> None:
    inherited = Emulator(told).predict(PLACE)["inherited", "US-EU"]
    share = by_hand(told, 0, "mean")
    half = 0.3 * (math.sqrt(share * (1.0 - share)) + 0.02)
    assert inherited == Answer(
        pytest.approx(share), pytest.approx(max(share - half, 0.0)), pytest.approx(min(share + half, 1.0)), None, None
    )


def test_cooperation_emerges_only_where_it_was_not_inherited(told: dict[str, Any]) -> None:
    seen = set()
    emulator = Emulator(told)
    for place in np.random.default_rng(1).uniform(size=(60, 2)).tolist():
        said = emulator.predict(generosity=place[0], tension_jump_rate=0.01 + 0.19 * place[1])
        is_inherited = said["inherited", "US-EU"].mean >= 0.5
        seen.add(is_inherited)
        assert math.isnan(said["emerged", "US-EU"].mean) is is_inherited
        assert math.isnan(said["kept", "US-EU"].mean) is not is_inherited
    assert seen == {True, False}, "both kinds of place are looked at"


def test_what_is_not_named_has_its_usual_value(told: dict[str, Any]) -> None:
    emulator = Emulator(told)
    usual = {"generosity": 0.1, "tension_jump_rate": 0.04, "punishment_quarters": 2}
    assert repr(emulator.predict()) == repr(emulator.predict(usual))
    assert (
        repr(emulator.predict({"generosity": 0.9}))
        == repr(emulator.predict(generosity=0.9))
        != repr(emulator.predict())
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"generosity": 1.01}, "generosity = 1.01: allowed is a number from 0 to 1, the box"),
        ({"tension_jump_rate": 0.0}, "tension_jump_rate = 0.0: allowed is a number from 0.01 to 0.2"),
        ({"generosity": math.nan}, "generosity = nan: allowed is a number from 0 to 1"),
        ({"generosity": "much"}, "generosity = 'much': allowed is a number from 0 to 1"),
        ({"generosity": True}, "generosity = True: allowed is a number from 0 to 1"),
        ({"generosity": None}, "generosity = None: allowed is a number from 0 to 1"),
        ({"punishment_quarters": 2.5}, "punishment_quarters = 2.5: allowed is a whole number from 1 to 8"),
        ({"generositi": 0.5}, "'generositi' is not an input of this emulator; nearest known name: 'generosity'"),
        ({"x": 0.5}, "'x' is not an input of this emulator; inputs: generosity, tension_jump_rate"),
    ],
)
def test_outside_its_box_it_does_not_answer(told: dict[str, Any], settings: dict[str, Any], said: str) -> None:
    emulator = Emulator(told)
    with pytest.raises(ValueError) as refusal:
        emulator.predict(settings)
    assert said in str(refusal.value) and isinstance(refusal.value, InputFault)
    both = {**settings, "punishment_quarters": 99}
    with pytest.raises(InputFault) as refusal:
        emulator.predict(both)
    assert len(refusal.value.faults) == len(both), "every fault is told"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("mean_dept", "CN-EU"), "['mean_dept', 'CN-EU'] is not an answer of this emulator; ask for [outcome, where]; "
         "nearest known name: 'mean_depth'"),
        (("mean_depth", "CN-US"), "where: 'CN-EU'"),
        ("mean_depth", "where: 'CN-EU'"),
        (("x", "CN-EU"), "outcomes: inherited, emerged, kept, mean_depth, joint_gain, duty_first"),
    ],
)  # fmt: skip
def test_an_answer_that_there_is_not_is_told(told: dict[str, Any], asked: Any, said: str) -> None:
    answers = Emulator(told).predict()
    with pytest.raises(InputFault) as refusal:
        answers[asked]
    assert said in str(refusal.value)
    assert answers.get(asked) is None and asked not in answers


def test_a_level_goes_by_its_name_and_an_input_by_any_of_its_own(told: dict[str, Any]) -> None:
    told["inputs"][0] |= {"name": "dialogue_ceiling", "low": 0.0, "high": 1.0}
    emulator = Emulator(told)
    by_name, by_number = emulator.predict(dialogue_ceiling="leaders"), emulator.predict({"dialogue_ceiling": 1.0})
    gains = [one["joint_gain", "CN-EU"] for one in (by_name, by_number, emulator.predict(dialogue_ceiling="none"))]
    assert gains[0] == gains[1] != gains[2]
    with pytest.raises(InputFault, match=r"= 'leader': .*; levels by name: none, .*nearest known name: 'leaders'"):
        emulator.predict(dialogue_ceiling="leader")
    with pytest.raises(InputFault, match="dialogue_ceiling is there twice; keep one"):
        emulator.predict({"dialogue_ceiling": 0.5}, dialogue_ceiling="group")


@pytest.mark.parametrize(
    ("came", "said"), [("", "'': allowed is the path"), (None, "None: allowed"), (".", "a folder")]
)
def test_what_names_no_file_is_no_emulator(came: Any, said: str) -> None:
    with pytest.raises(InputFault, match=said):
        Emulator.load(came)


def test_the_ends_of_the_box_belong_to_it(told: dict[str, Any]) -> None:
    emulator = Emulator(told)
    for end in ("low", "high"):
        corner = {one["name"]: one[end] for one in told["inputs"]}
        assert np.isfinite(emulator.predict(corner)["joint_gain", "CN-EU"].mean)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "0.0.9"}, "made by version 0.0.9 of the model, and this is"),
        ({"code_sha256": "0" * 64}, "the model's code or numbers have changed since it was made"),
    ],
)
def test_of_another_model_it_does_not_speak(
    told: dict[str, Any], change: dict[str, str], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "emulator.json"
    path.write_text(json.dumps(told | change), "utf-8")
    with pytest.raises(ValueError) as refusal:
        Emulator.load(path)
    assert said in str(refusal.value) and "make it again: detente emulate sliders" in str(refusal.value)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.9999])
def test_one_that_was_cut_is_told_as_damaged(share: float, told: dict[str, Any], tmp_path: Path) -> None:
    whole = json.dumps(told)
    path = tmp_path / "emulator.json"
    path.write_text(whole[: int(share * len(whole))], "utf-8")
    said = f"it ends too early, after {path.stat().st_size} bytes" if share else "it is empty"
    with pytest.raises(InputFault, match=f"is damaged: {said}; copy it again whole, or make it again: detente emulate"):
        Emulator.load(path)
    path.write_text(whole.replace(":", "=", 1), "utf-8")
    with pytest.raises(InputFault, match=r"is damaged: it is no JSON from line 1, column \d+ on; copy it again"):
        Emulator.load(path)


@pytest.mark.parametrize("text", ["[1, 2]", "{}", "no", '{"form": "another"}', "\x00"])
def test_what_is_no_emulator_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "emulator.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputFault, match="is no emulator; allowed is a file that detente emulate wrote"):
        Emulator.load(path)
    with pytest.raises(InputFault, match="cannot be read: No such file"):
        Emulator.load(tmp_path / "absent.json")


def test_a_cut_or_changed_file_is_refused(told: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "emulator.json"

    def spoilt(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        other: dict[str, Any] = json.loads(json.dumps(told))
        change(other)
        return other

    for other in (
        spoilt(lambda one: one.pop("inputs")),
        spoilt(lambda one: one["points"].pop()),
        spoilt(lambda one: one["outputs"][0].pop("lengths")),
        spoilt(lambda one: one["outputs"][1]["mean"]["weights"].pop()),
        spoilt(lambda one: one["inputs"].pop()),
        spoilt(lambda one: one["outputs"][0].update(width="wide")),
    ):
        path.write_text(json.dumps(other), "utf-8")
        with pytest.raises(InputFault, match="is damaged"):
            Emulator.load(path)


def test_numpy_is_enough(told: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "emulator.json"
    path.write_text(json.dumps(told), "utf-8")
    code = (
        "import sys; from detente import Emulator; "
        f"print(Emulator.load({str(path)!r}).predict(generosity=0.4)['joint_gain', 'CN-EU'].mean); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'sklearn', 'scipy', 'pandas', 'mesa'}))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True, cwd=tmp_path
    )
    mean, others = done.stdout.splitlines()
    assert float(mean) == Emulator(told).predict(generosity=0.4)["joint_gain", "CN-EU"].mean
    assert others == "[]"


def test_an_answer_takes_less_than_a_millisecond(told: dict[str, Any]) -> None:
    # As large as that of the shipped plan, twice over: 64 points and 27 outputs.
    large = told | {"points": told["points"] * 4, "outputs": [
        {**one, "only": None, **{curve: {**one[curve], "weights": one[curve]["weights"] * 4}
                                 for curve in ("mean", "run_low", "run_high")}}
        for one in told["outputs"] * 8]}  # fmt: skip
    emulator = Emulator(large)

    def milliseconds() -> float:
        began = time.thread_time()
        for _ in range(20):
            emulator.predict(PLACE)
        return (time.thread_time() - began) / 20 * 1000.0

    assert min(milliseconds() for _ in range(10)) <= 1.0
