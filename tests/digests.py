"""Digests of every recorded column of many runs, kept so that no number moves unseen: ``tests/data/digests.json``.

    python tests/digests.py            # play the runs and say which columns differ from the table
    python tests/digests.py --write    # and write the table anew

The runs cover every varied setting, all optional mechanisms at once in every scenario, and 60 random sets of
parameters; a third of them and more with their stories. What is played stands in the table itself, so that a new
parameter draws no other runs. Last bits depend on the processor's ``exp`` and ``log``: the table holds a digest of
some of their values, and is a witness only where those are the same. NumPy has its own for AVX-512, and can be told to
do without: the table is made so, and is then a witness on processors with and without it.

After a change that is meant to move results: write, and add a line tagged "numbers" to CHANGELOG.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "data" / "digests.json"
#: Some runs of the rules before treaties had clocks, published acts were seen as they are, and makers of cars learned,
#: and the values that play them still.
BEFORE = ROOT / "tests" / "data" / "digests_before_clocks.json"
AS_BEFORE: dict[str, Any] = {
    "clocks": False, "session_quarters": 8, "monitoring": "alike", "answers": "in_full", "regret": "by_issue",
    "consultation_quarters": 0, "suspension_quarters": 1, "host_learning_share": 0.0, "vehicle_learning_rate": 0.0,
    "variety_in_trend": 0.0, "zev_hesitation": 0.0, "hybrids_spared": 0.0, "coverage_elasticity": 0.0,
    "emissions_saved_per_ev_cn": 20.0, "emissions_saved_per_ev_us": 20.0, "emissions_saved_per_ev_eu": 20.0,
    "battery_cost_luck": 0.0,
}  # fmt: skip
ROOT_SEED = 20260928
LETTERS = 8  # of a digest: 32 bits each, for some 12,000 columns

#: All optional mechanisms at once.
ALL_ON: dict[str, Any] = {
    "partial_compliance": True, "grit": True, "track2": True, "turnover": True, "carbon_border": True,
    "undertakings": True, "data_platform": True, "climate_club": True, "zev_mandate": True, "dual_credits": True,
    "local_content": True, "friendshoring": True, "foresight": True, "imitative_tactic": True, "trust_type": True,
    "zev_coordination": True, "subnational": True, "club_transfers": True, "pass_through": 0.5,
}  # fmt: skip
SCENARIOS = ("2018", "2026", "2026-open-access", "symmetric")
RANDOM_SETS, RANDOM_QUARTERS = 60, 14


def _random_value(rng: random.Random, spec: Any) -> Any:
    if spec.kind == "bool":
        return rng.random() < 0.5
    if spec.kind == "choice":
        return rng.choice(spec.choices)
    if spec.kind == "int":
        return rng.randint(int(spec.low), int(spec.high))
    return rng.uniform(spec.low, spec.high)


#: Found by NumPy on some processors only, with an ``exp`` and a ``log`` of their own.
WIDE = ("AVX512", "X86_V4")
PLAIN = "NPY_DISABLE_CPU_FEATURES"  # what NumPy reads; empty: nothing to do without


def plainly() -> dict[str, str]:
    """The environment in which a process of this machine has the arithmetic of one without AVX-512."""
    config = np.show_config(mode="dicts")
    found = config.get("SIMD Extensions", {}).get("found", []) if isinstance(config, dict) else []
    wide = [name for name in found if name.startswith(WIDE)]
    return {**os.environ, PLAIN: " ".join(wide)}


def chosen_runs() -> list[dict[str, Any]]:
    """The runs that a new table is made of: scenario, replicate, change, whether a story is told, quarters."""
    from varied import MECHANISMS, VARIED

    from model.parameters.checked import PARAMETERS

    runs = [{"scenario": s, "replicate": r, "change": {}, "narrate": True} for s in SCENARIOS for r in (0, 1)]
    for i, change in enumerate(VARIED):
        scenario = ("2026", "2026-open-access", "symmetric", "2018")[i % 4]
        runs.append({"scenario": scenario, "replicate": i % 5, "change": change, "narrate": i % 2 == 0})
    for i, change in enumerate(VARIED):
        if i >= len(VARIED) - MECHANISMS:
            scenario = ("2026-open-access", "symmetric")[i % 2]
            runs.append({"scenario": scenario, "replicate": (i + 2) % 5, "change": change, "narrate": True})
    rng = random.Random(7)
    for i in range(RANDOM_SETS):
        names = rng.sample(sorted(PARAMETERS), rng.randint(3, 25))
        change = {name: _random_value(rng, PARAMETERS[name]) for name in names}
        run = {"scenario": rng.choice(SCENARIOS), "replicate": rng.randint(0, 1000), "change": change}
        runs.append({**run, "narrate": i % 3 == 0, "quarters": RANDOM_QUARTERS})
    return runs + [
        {"scenario": s, "replicate": r, "change": ALL_ON, "narrate": True} for s in SCENARIOS for r in (0, 1)
    ]


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:LETTERS]


def machine() -> str:
    """A digest of values whose last bits depend on the processor and on NumPy's build."""
    x = np.linspace(-30.0, 30.0, 4001)
    values = [np.exp(x), np.log(np.abs(x) + 0.5), np.tanh(x), np.sqrt(np.abs(x)), np.log1p(np.abs(x)), np.expm1(x)]
    return _short(b"".join(np.ascontiguousarray(v).tobytes() for v in values))


def digests(run: dict[str, Any]) -> dict[str, str]:
    """Of one run: of every recorded column over all quarters, of the summary, and of the story if one is told.

    Two values that are each allowed may contradict each other; such a run has the name of its refusal for all.
    """
    from model.faults import InputFault
    from model.negotiation import NegotiationModel

    try:
        world = NegotiationModel(run["scenario"], ROOT_SEED, run["replicate"], narrate=run["narrate"], **run["change"])
    except InputFault:
        return {"refused": "InputFault"}
    for _ in range(run.get("quarters") or world.n_quarters):
        world.step()
    columns: dict[str, Any] = {}
    for frame in world.recorder.frames:
        for table in sorted(frame):
            for column in sorted(frame[table]):
                array = np.ascontiguousarray(np.asarray(frame[table][column], dtype=np.float64)).reshape(-1)
                columns.setdefault(f"{table}.{column}", hashlib.sha256()).update(array.tobytes())
    found = {name: digest.hexdigest()[:LETTERS] for name, digest in columns.items()}
    found["summary"] = _short(world.summary().to_csv(float_format="%.17g").encode())
    if run["narrate"]:
        lines = [f"{line.quarter}|{line.topic}|{line.dyad}|{line.text}" for line in world.story]
        found["story"] = _short("\n".join(lines).encode())
    return found


def moved(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Names of the columns that differ, or are in one of the two only."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def table(path: Path = TABLE) -> dict[str, Any]:
    """A kept table: ``machine`` and ``runs``, each a run and its ``digests``."""
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for run in kept["runs"]:
        values = run.pop("digests").split()
        run["digests"] = dict(zip(kept["columns"][run.pop("form")], values, strict=True))
    return kept


def write(runs: list[dict[str, Any]], path: Path = TABLE) -> None:
    """Write the table; the names of columns, which many runs share, stand once."""
    forms: list[list[str]] = []
    for run in runs:
        names = sorted(run["digests"])
        if names not in forms:
            forms.append(names)
        run["form"] = forms.index(names)
        run["digests"] = " ".join(run["digests"][name] for name in names)
    lines = ",\n".join(json.dumps(run) for run in runs)
    text = f'{{"machine": "{machine()}",\n"columns": {json.dumps(forms)},\n"runs": [\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8")


def main() -> int:
    if PLAIN not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], plainly())
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    np.seterr(over="raise", divide="raise", invalid="raise", under="ignore")
    anew = "--write" in sys.argv
    runs = chosen_runs() if anew else table()["runs"]
    wanted = [int(word) for word in sys.argv[1:] if word.isdigit()] or range(len(runs))
    n_moved = 0
    for i in wanted:
        run = runs[i]
        now = digests(run)
        differ = [] if anew else moved(run["digests"], now)
        n_moved += bool(differ)
        if differ:
            print(f"{i}: {run['scenario']}, replicate {run['replicate']}, {run['change']}: {' '.join(differ)}")
        run["digests"] = now
    print(f"{len(wanted)} runs, {sum(len(runs[i]['digests']) for i in wanted)} digests, {n_moved} runs moved")
    if anew:
        write(runs)
    return n_moved > 0


if __name__ == "__main__":
    raise SystemExit(main())
