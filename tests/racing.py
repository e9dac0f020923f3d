"""Races: two plans that differ in their root seed alone begin in one new folder at the same instant and are killed.

A process of its own, because it forks. Called as ``python racing.py FOLDER RACES SEED``; it prints a line for each
fault that it found and last how many races it ran.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pyarrow as pa
import without_remedy  # noqa: F401 (takes a remedy out where the environment says so)
from sample_runs import PLAN, made_up, small_plan

from experiments.design.plan import Plan
from experiments.running.runner import run_plan
from experiments.store.columns import Chunk
from experiments.store.folder import Results
from model import InputFault

# Parts are small, so that many are written before a kill.
PART = 2
# Long enough that some sweeps are finished when the kill comes (seconds).
LONGEST = 1.2


def signed(chunk: Chunk) -> pa.Table:
    """Made-up runs that say of which seed they are."""
    table = made_up(chunk)
    place = table.column_names.index("message")
    return table.set_column(place, "message", pa.array([str(chunk.root_seed)] * len(table)))


def plans(folder: Path) -> list[Plan]:
    """Two plans, equal but for the root seed."""
    found = []
    for number in (1, 2):
        (folder / str(number)).mkdir()
        text = PLAN.replace("root_seed = 318291039481029384", f"root_seed = {number}")
        found.append(small_plan(folder / str(number), text))
    return found


def race(two: list[Plan], folder: Path, chance: random.Random) -> str:
    """One race; what is wrong with what came of it (empty: nothing)."""
    begin = time.monotonic() + 0.05
    children = {}
    for plan in two:
        child = os.fork()
        if child == 0:
            try:
                while time.monotonic() < begin:
                    pass
                run_plan(plan, folder, 1, work=signed, chunk_replicates=PART)
            finally:
                os._exit(0)
        children[child] = chance.choice([chance.uniform(0.0, LONGEST), chance.uniform(0.0, LONGEST / 10)])
    for child, moment in sorted(children.items(), key=lambda item: item[1]):
        time.sleep(max(0.0, begin + moment - time.monotonic()))
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)
    refused = []
    for plan in chance.sample(two, 2):
        try:
            run_plan(plan, folder, 1, work=signed, chunk_replicates=PART)
        except InputFault as fault:
            refused.append(str(fault))
    if len(refused) != 1 or "root_seed" not in refused[0]:
        return f"{2 - len(refused)} of the two plans went on: {refused}"
    results = Results.open(folder)
    frame = results.read()
    signs = frame["message"].unique().tolist()
    if signs != [results.manifest["root_seed"]]:
        return f"a complete sweep of seed {results.manifest['root_seed']} holds runs of {signs}"
    if results.manifest["state"] != "complete" or len(frame) != two[0].n_runs * 3:
        return f"{results.manifest['state']}, {len(frame)} rows"
    return ""


def main(folder: Path, n_races: int, seed: int) -> None:
    """All races."""
    os.fsync = lambda number: None  # type: ignore[assignment]  # nobody cuts the power
    two, chance = plans(folder), random.Random(seed)
    for number in range(n_races):
        into = folder / f"r{number}"
        if wrong := race(two, into, chance):
            print(f"race {number}: {wrong}")
        shutil.rmtree(into)
    print(n_races, "races")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
