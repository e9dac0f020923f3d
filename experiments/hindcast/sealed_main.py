"""``detente forecast`` and ``detente score`` from end to end."""

from __future__ import annotations

import json
from pathlib import Path as File

from rich.console import Console

from experiments.design.plan_file import DEFAULT_ROOT_SEED, read_root_seed
from experiments.display.console import prose, say
from experiments.display.streams import pasted
from experiments.hindcast.sealed import check_free, check_governments, make, read_sealed, usual_file, write_sealed
from experiments.hindcast.sealed_scores import Evidence, as_record, score, tell
from experiments.hindcast.work import mapping
from experiments.running.executors import check_workers
from experiments.store.files import check_vacant_file, write_whole
from model import load_scenario, seeds_directory


def run_forecast(
    console: Console,
    progress: Console | None,
    scenario: str,
    first: str | None,
    last: str,
    rows: int | None,
    replicates: int,
    root_seed: int | None,
    out: File | None,
    workers: int | None,
) -> File:
    """Make a forecast, seal it, and say where it lies; the file.

    Raises:
        InputFault: something asked for is not usable, or the file is there already; nothing is played then.
    """
    seed, n_workers = read_root_seed(DEFAULT_ROOT_SEED) if root_seed is None else root_seed, check_workers(workers)
    start = load_scenario(scenario)
    check_governments(start)
    begin = start.first_quarter if first is None else first
    file = usual_file(scenario, begin, last) if out is None else out
    check_free(file)
    made = make(scenario, begin, last, mapping(n_workers, progress, "forecasting"), seed, rows, replicates)
    digest = write_sealed(file, made)
    size = f"{many(made.sample['rows'], 'row')} of the assumption sample, {many(replicates, 'replicate')} each"
    prose(console, f"Forecast of {begin} to {last}: {size}.")
    say(console, f"Sealed in {pasted(file)}")
    say(console, f"Digest: {digest}")
    prose(console, "Keep the digest where it cannot be changed; whoever has it can tell that no digit was moved since.")
    return file


def many(n: int, what: str) -> str:
    """How many there are of something."""
    return f"{n} {what}{'s' * (n != 1)}"


def run_score(console: Console, file: File, evidence: File | None, json_file: File | None) -> None:
    """Check the seal, score, tell, and write what was asked for.

    Raises:
        InputFault: the file is no forecast or was changed, the evidence is not usable, or a file cannot be written.
    """
    forecast, digest = read_sealed(file)
    if json_file is not None:
        check_vacant_file(json_file)
    scored = score(forecast, Evidence(seeds_directory() / "evidence" if evidence is None else evidence))
    tell(console, forecast, digest, scored)
    if json_file is not None:
        text = json.dumps(as_record(forecast, digest, scored), indent=1, allow_nan=False) + "\n"
        write_whole(json_file, lambda path: path.write_text(text, encoding="utf-8"))
        say(console, f"The scores are in {pasted(json_file)}")
