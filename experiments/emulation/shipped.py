"""The emulator that ships: what the class page and a file to take home answer sliders from at once.

It speaks of one model. After a change of code, some of its points are played again: where they come to what they came
to when it was made, it speaks of the model that is here, and is marked so.

    python -m experiments.emulation.shipped        # play them again, and mark it
    python -m experiments.emulation.shipped FILE   # ship this one, of detente emulate
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.design.plan_file import load_plan
from experiments.design.sampling import sobol
from experiments.emulation.emulator import Emulator, check_origin
from experiments.emulation.training import Key, derived, keys_of, values_of
from experiments.running.runner import run_plan
from experiments.store.files import write_whole
from experiments.store.sources import code_fingerprint
from model import InputFault, __version__

FILE: Final = Path(__file__).with_name("sliders.json")
#: What is played again: the first so many points of the design, so many replicates of each.
WITNESSES, REPLICATES = 4, 16
#: Means of the same runs agree to this, whatever the processor does with last bits.
TOLERANCE: Final = 1e-9


def shipped() -> Emulator | None:
    """The emulator that ships; None where it was made of another model than is here, or none ships."""
    try:
        return Emulator.load(FILE)
    except InputFault:
        return None


def confirmed(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the file of an emulator says, marked as of the code that is here: witnesses of it were played again.

    Raises:
        InputFault: they came to something else, so that it has to be made again.
    """
    before = told.get("witnesses")
    if before is None:
        check_origin(told)  # nothing says what its runs came to: it must be of this code as it is
    now = witnesses(told)
    differ = [] if before is None else [name for name in now if not _same(now[name], before.get(name, []))]
    if before is not None and (differ or now.keys() != before.keys()):
        fault = f"runs of it come to something else now ({', '.join(differ[:3])} ...); make it again: detente emulate"
        raise InputFault([f"{fault} {told['plan']}"], "emulator")
    return {**told, "witnesses": now, "version": __version__, "code_sha256": code_fingerprint()}


def witnesses(told: Mapping[str, Any]) -> dict[str, list[float | None]]:
    """By output the means of some of its first points, as they are played now; None where no run has the outcome."""
    plan = load_plan(told["plan"])
    rows = sobol(plan.factors, told["n_points"], plan.root_seed)[:WITNESSES]
    keys = keys_of(plan)
    with tempfile.TemporaryDirectory() as folder:
        came = run_plan(derived(plan, rows, REPLICATES, "witnesses", plan.root_seed), Path(folder) / "played")
        values = values_of(came, keys, len(rows), REPLICATES)
    return {_name(key): [_mean(row) for row in values[key]] for key in keys}


def _name(key: Key) -> str:
    return f"{key.outcome} {key.where}"


def _mean(values: np.ndarray) -> float | None:
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else None


def _same(now: list[float | None], before: list[float | None]) -> bool:
    one, other = (np.array(values, dtype=np.float64) for values in (now, before))
    return one.shape == other.shape and np.allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)


def main(words: list[str]) -> int:
    """Mark the emulator that ships, or ship another one."""
    source = Path(words[0]) if words else FILE
    told = json.loads(source.read_text(encoding="utf-8"))
    if words:
        Emulator(told)  # it must speak of the model that is here
        told = {name: value for name, value in told.items() if name != "witnesses"}
    text = json.dumps(confirmed(told), separators=(",", ":"), allow_nan=False)
    write_whole(FILE, lambda path: path.write_text(text + "\n", encoding="utf-8"))
    sys.stdout.write(f"{FILE.name}: {len(text) / 1e6:.2f} MB, of the code that is here\n")
    return 0


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except InputFault as fault:
        sys.stderr.write(f"{fault}\n")
        code = 2
    raise SystemExit(code)
