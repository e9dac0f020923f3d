"""A small plan, and runs that were never run: what tests of the machinery around the model work on.

Functions that worker processes must find stand here, because a test file is not importable by its name.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.running.engines import run_chunk
from experiments.running.runner import chunks_of, run_plan
from experiments.statistics.definitions import column_names, definitions
from experiments.store.columns import Chunk, Played, digest_of, summary_types, with_keys
from experiments.store.folder import Results

PLAN = """
title = "A small plan"
question = "Does it work?"
scenario = "2026"
replicates = 6
root_seed = 318291039481029384

[factors.dialogue_ceiling]
label = "dialogue"
levels = ["none", "group"]

[factors.tariff_issues]
label = "tariffs"
levels = [false, true]
level_labels = ["off", "on the table"]

[[blocks]]
name = "with linkage"

[[blocks]]
name = "without linkage"
settings = { linkage_issues = false }

[[contrasts]]
name = "dialogue, all channels"
treated = { dialogue_ceiling = "group", tariff_issues = true }
control = { dialogue_ceiling = "none", tariff_issues = true }

[[contrasts]]
name = "without monitoring"
treated = { dialogue_ceiling = "group", tariff_issues = true, dialogue_on_monitoring = 0 }
control = { dialogue_ceiling = "none", tariff_issues = true }
"""


ARMS = """
title = "Arms"
question = "Which mechanism matters?"
scenario = "2026"
replicates = 6
design = "list"
reference = ["full", "core"]
[[points]]
name = "full"
[[points]]
name = "no dialogue"
dialogue_ceiling = "none"
[[points]]
name = "no tariffs"
tariff_issues = false
[[points]]
name = "core"
dialogue_ceiling = "none"
tariff_issues = false
[settings]
"""


# Replicates in a chunk of the sweeps that are killed.
CHUNK = 5


def small_plan(folder: Path, text: str = PLAN) -> Plan:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path)


def arms_plan(folder: Path) -> Plan:
    return small_plan(folder, ARMS)


def made_up(chunk: Chunk) -> pa.Table:
    """Summaries with known effects: dialogue +0.05 of depth in CN-EU only, tariffs +0.2 everywhere."""
    return pa.concat_tables([_known(chunk, r) for r in range(chunk.first, chunk.first + chunk.count)])


_MADE: dict[str, pa.Table] = {}
NOTHING = {pa.bool_(): False, pa.float64(): 0.0, pa.int64(): 0, pa.string(): ""}


def _known(chunk: Chunk, replicate: int) -> pa.Table:
    """One run, made up once: many tests sweep the same plan."""
    key = f"{chunk.design_point} {replicate} {dict(chunk.settings)} {dict(chunk.columns)}"
    if key not in _MADE:
        _MADE[key] = _one(chunk, replicate)
    return _MADE[key]


_REST: dict[str, Any] = {}


def _rest(told: list[str]) -> dict[str, Any]:
    if not _REST:
        _REST.update({name: pa.array([NOTHING[kind]] * 3, kind) for name, kind in summary_types().items()})
    return {name: column for name, column in _REST.items() if name not in told}


def _one(chunk: Chunk, replicate: int) -> pa.Table:
    settings = chunk.settings
    has_dialogue = settings.get("dialogue_ceiling", "none") not in ("none", 0)
    has_tariffs = bool(settings.get("tariff_issues", True))
    monitors = settings.get("dialogue_on_monitoring") != 0
    rows: list[dict[str, Any]] = []
    blocs = {"ev_share": 0.5, "final_ev_share": 0.6 + 0.01 * has_dialogue, "co2_saved": 100.0}
    for number, dyad in enumerate(("CN-US", "CN-EU", "US-EU")):
        luck = np.random.default_rng([replicate, number]).normal(0.0, 0.01)
        depth = 0.1 * number + 0.2 * has_tariffs + 0.05 * has_dialogue * monitors * (number == 1) + luck
        depth = max(depth, 0.0) if number else 0.0
        rows.append(
            {
                "dyad": dyad, "mean_depth": depth, "mean_depth_contested": depth, "hollow": False,
                "depth_ceiling": 0.4 + 0.4 * has_tariffs,
                "joint_gain": 2 * depth, "emerged": depth > 0.25, "durable": depth > 0.3,
                "time_cooperating": depth, "gain_share": depth, "inherited": False, "kept": False,
                **dict.fromkeys((column_names(*own)["onset"] for own in definitions()), 8 if depth > 0.25 else -1),
                "gain_first": depth, "gain_second": depth, "first_emergence": 8 if depth > 0.25 else -1,
                **{f"{name}_{side}": value for name, value in blocs.items() for side in ("first", "second")},
                "blocking": "US: own gain" if number == 0 else "",
            }
        )  # fmt: skip
    told = pa.Table.from_pylist(rows)
    # The rest of what a run of the model tells, at nothing.
    table = pa.table(dict(zip(told.column_names, told.columns, strict=True)) | _rest(told.column_names))
    keys = {"status": "ok", "stage": "", "message": "", "digest": digest_of(table.to_pydict())}
    return with_keys(chunk, replicate, keys, table)


def changed(chunk: Chunk, change: Callable[[int], dict[str, list[float]]]) -> pa.Table:
    """Runs as ``made_up``, with columns of each replicate changed: for a replicate, three values by column."""
    told = made_up(chunk)
    outcome = told.select(told.column_names[told.column_names.index("digest") + 1 :])
    parts = []
    for number, replicate in enumerate(chunk.replicates):
        rows = outcome.slice(3 * number, 3)
        for name, values in change(replicate).items():
            rows = rows.set_column(rows.column_names.index(name), name, pa.array(values, rows.schema.field(name).type))
        how = {"status": "ok", "stage": "", "message": "", "digest": digest_of(rows.to_pydict())}
        parts.append(with_keys(chunk, replicate, how, rows))
    return pa.concat_tables(parts)


def slow_and_noted(chunk: Chunk) -> pa.Table | Played:
    """As ``made_up``, but it takes a while, and every beginning is written into the file that NOTES names.

    With PLAY set, the chunk's engine plays it instead.
    """
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(f"{chunk.name} {os.getpid()}\n")
    if "PLAY" in os.environ:
        return run_chunk(chunk)
    time.sleep(float(os.environ.get("NAP", "0.05")))
    return made_up(chunk)


def with_series(chunk: Chunk) -> Played:
    """As ``made_up``, with the series that the plan wants."""
    runs = made_up(chunk)
    kept = {
        name: pa.concat_tables(
            with_keys(chunk, r, {}, pa.table({"quarter": [0, 1], "entity": ["CN-US"] * 2, "depth": [0.1, 0.1 * r]}))
            for r in chunk.replicates
            if r < chunk.n_series
        )
        for name in chunk.kept_series
    }
    return Played(runs, kept)


def deadly_once(chunk: Chunk) -> pa.Table:
    """Kills its process when it comes to design point 1 for the first time."""
    marker = Path(str(chunk.columns["marker"]))
    if chunk.design_point == 1 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return made_up(chunk)


def of_three_dyads(chunk: Chunk, told: dict[str, Any], digests: list[str] | None = None) -> Played:
    """Runs of a chunk, all well, that tell this: arrays of three rows a run, one a dyad."""
    n = 3 * chunk.count
    columns = {
        "design_point": np.full(n, chunk.design_point),
        **{name: pa.array([value] * n) for name, value in chunk.columns.items()},
        "replicate": np.repeat(np.array(list(chunk.replicates)), 3),
        "status": pa.array(["ok"] * n), "stage": pa.array([""] * n), "message": pa.array([""] * n),
        "digest": pa.array(digests or [""] * n),
        "dyad": pa.array(["CN-US", "CN-EU", "US-EU"] * chunk.count),
    }  # fmt: skip
    return Played(pa.table(columns | told))


def many_rows(chunk: Chunk) -> Played:
    """A chunk of made-up runs at once, with every column that a run of the model has, in its type."""
    n = chunk.count
    draw = np.random.default_rng([chunk.first])
    luck = np.repeat(draw.normal(0.3, 0.05, n), 3)
    depth = luck + 0.1 * bool(chunk.settings["tariff_issues"])
    emerged, onset = depth > 0.3, draw.integers(0, 37, 3 * n)
    replicate = np.repeat(np.arange(chunk.first, chunk.first + n), 3)
    told: dict[str, Any] = {
        "dyad": ["CN-US", "CN-EU", "US-EU"] * n, "mean_depth": depth, "mean_depth_contested": depth,
        "joint_gain": 2 * depth, "depth_ceiling": np.full(3 * n, 0.9), "emerged": emerged, "durable": depth > 0.35,
        "hollow": np.zeros(3 * n, dtype=bool), "blocking": ["US: own gain", "", "EU: legislature"] * n,
        "first_emergence": np.where(emerged, onset, -1), "treaty_from": np.zeros(3 * n, dtype=np.int64),
        "treaty_until": onset, "treaty_end": ["lapse", "", "turnover"] * n,
    }  # fmt: skip
    rest = {pa.bool_(): emerged, pa.float64(): luck, pa.int64(): onset, pa.string(): ["Deadlock", "Peace", "tie"] * n}
    columns = {name: pa.array(told.get(name, rest[kind]), kind) for name, kind in summary_types().items()}
    return of_three_dyads(chunk, columns, [f"{r:016x}" for r in replicate])


def busy(chunk: Chunk) -> Played:
    """Two milliseconds of work a run, as much as a fast engine takes."""
    end = time.process_time() + 0.002 * chunk.count
    while time.process_time() < end:
        pass
    return many_rows(chunk)


def stored(folder: Path, plan: Plan) -> Results:
    """The made-up runs of a plan in a results folder."""
    results = Results.create(folder, plan)
    for chunk in chunks_of(plan, most=4):
        results.write_part(chunk, Played(made_up(chunk)))
    return results


def main(plan: str, folder: str, workers: int) -> None:
    """A sweep of noted runs in a process of its own, to be killed."""
    from experiments.design.plan_file import load_plan
    from experiments.running.executors import WorkersDie

    try:
        outcome = run_plan(
            load_plan(plan), Path(folder), workers, work=slow_and_noted, engine="ensemble", chunk_replicates=CHUNK
        )
    except WorkersDie:
        sys.exit(1)
    sys.exit(130 if outcome.was_interrupted else 0)


if __name__ == "__main__":
    # Worker processes must find the functions under the name that the parent pickles them by.
    import sample_runs

    sample_runs.main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
