"""JavaScript and Python give the same answers, and refuse the same."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import IN_A_BROWSER

from experiments.emulation import emulator as emulation
from experiments.emulation.emulator import Emulator
from model import InputFault

pytestmark = IN_A_BROWSER

SOURCE = Path(emulation.__file__).parent / "static" / "emulator.js"
N_ASKED = 1_000
ANSWER = """(asked) => asked.map((settings) => window.emulator.predict(settings).map(
  (one) => [one.mean, one.low, one.high, one.runLow, one.runHigh].map((x) => (Number.isNaN(x) ? "nan" : x))))"""
REFUSE = """(settings) => {
  try { window.emulator.predict(settings); return ""; } catch (fault) { return `${fault.name}: ${fault.message}`; }
}"""
MILLISECONDS = """() => {
  const took = [];
  for (let round = 0; round < 20; round += 1) {
    const began = performance.now();
    for (let k = 0; k < 20; k += 1) window.emulator.predict({});
    took.push((performance.now() - began) / 20);
  }
  return Math.min(...took);
}"""


def opened(chrome: Any, told: dict[str, Any], folder: Path) -> Any:
    """A page from disk that holds the emulator, as a file for others would."""
    page = folder / "page.html"
    script = f"{SOURCE.read_text('utf-8')}\nwindow.emulator = emulatorOf({json.dumps(told)});"
    page.write_text(f'<!doctype html><title>x</title><script type="module">{script}</script>', "utf-8")
    tab = chrome.new_page()
    tab.goto(page.as_uri())
    tab.wait_for_function("window.emulator !== undefined")
    return tab


def test_both_say_the_same_of_a_thousand_settings(chrome: Any, told: dict[str, Any], tmp_path: Path) -> None:
    luck = np.random.default_rng(10)
    asked = [
        {"generosity": a, "tension_jump_rate": 0.01 + 0.19 * b, "punishment_quarters": int(c)}
        for a, b, c in zip(luck.uniform(size=N_ASKED), luck.uniform(size=N_ASKED), luck.integers(1, 9, N_ASKED),
                           strict=True)
    ]  # fmt: skip
    emulator = Emulator(told)
    said = opened(chrome, told, tmp_path).evaluate(ANSWER, asked)
    seen = set()
    for settings, rows in zip(asked, said, strict=True):
        for mine, theirs in zip(emulator.predict(settings).values(), rows, strict=True):
            for one, other in zip(mine, theirs, strict=True):
                kind = "none" if one is None else "nan" if math.isnan(one) else "number"
                seen.add(kind)
                if kind == "number":
                    assert abs(one - other) <= 1e-9
                else:
                    assert other == (None if one is None else "nan")
    assert seen == {"none", "nan", "number"}


def test_both_refuse_the_same(chrome: Any, told: dict[str, Any], tmp_path: Path) -> None:
    page, emulator = opened(chrome, told, tmp_path), Emulator(told)
    for settings, said in (
        ({"generosity": 1.5}, "generosity = 1.5: allowed is a number from 0 to 1"),
        ({"tension_jump_rate": 0}, "tension_jump_rate = 0: allowed is a number from 0.01 to 0.2"),
        ({"punishment_quarters": 2.5}, "punishment_quarters = 2.5: allowed is a whole number from 1 to 8"),
        ({"patience": 1}, "patience is not an input of this emulator"),
    ):
        assert page.evaluate(REFUSE, settings) == f"RangeError: {said}"
        with pytest.raises(InputFault):
            emulator.predict(settings)
    assert page.evaluate(REFUSE, {}) == ""


def test_an_answer_takes_less_than_five_milliseconds(chrome: Any, told: dict[str, Any], tmp_path: Path) -> None:
    assert opened(chrome, told, tmp_path).evaluate(MILLISECONDS) <= 5.0
