"""How fast the ensemble is: against the Mesa world, by phase, by size of block; ``python -m experiments.bench``.

Times are CPU times of one process, medians of interleaved repeats, so that a busy machine slows both sides alike.
Trust the ratios more than the absolute numbers.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from model import Ensemble, NegotiationModel

ROOT_SEED = 20260928
REPEATS = 5
LANES = (1, 64, 1024, 4096)
PHASES = (
    *("enter_into_force", "see_events", "renew_costs", "hold_talks", "assess_impact", "perceive", "move_alone"),
    *("bargain", "ratify", "honour_or_withdraw", "put_duties_in_force", "clear_markets", "settle_accounts"),
    *("watch_conduct", "leave_treaties", "record_quarter"),
)


def cpu_time(work: Callable[[], object]) -> float:
    """CPU seconds that some work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def against_mesa(scenario: str, lanes: int, repeats: int = REPEATS) -> dict[str, float]:
    """Milliseconds of CPU a run in both worlds, draws and summary included, and how often the ensemble fits into Mesa.

    One Mesa run and one block of the ensemble take turns; the calibration, which they share, is done before.
    """

    def mesa(replicate: int) -> None:
        NegotiationModel(scenario, ROOT_SEED, replicate, narrate=False).run().summary()

    def ensemble(root_seed: int) -> None:
        Ensemble(scenario, root_seed, lanes, lanes=lanes).run().summary()

    mesa(0)
    Ensemble(scenario, ROOT_SEED, 8).run()
    single, block = [], []
    for turn in range(repeats):
        single.append(cpu_time(lambda turn=turn: mesa(turn)))  # type: ignore[misc]
        block.append(cpu_time(lambda turn=turn: ensemble(turn)) / lanes)  # type: ignore[misc]
    return {
        "mesa_ms": 1e3 * median(single),
        "ensemble_ms": 1e3 * median(block),
        "ratio": median(single) / median(block),
        "runs_per_second": 1.0 / median(block),
    }


def by_phase(scenario: str, lanes: int) -> dict[str, float]:
    """Share of a block's CPU time in each phase, draws and preparation, and the summary; the largest first."""
    spent = dict.fromkeys(("draws", *PHASES, "summary"), 0.0)
    start = time.process_time()
    ((_, world),) = Ensemble(scenario, ROOT_SEED, lanes, lanes=lanes).worlds()
    spent["draws"] = time.process_time() - start

    def timed(name: str, phase: Callable[[], None]) -> Callable[[], None]:
        def play() -> None:
            spent[name] += cpu_time(phase)

        return play

    for name in PHASES:
        setattr(world, name, timed(name, getattr(world, name)))
    world.run()
    spent["summary"] = cpu_time(world.summary)
    whole = sum(spent.values())
    return {name: seconds / whole for name, seconds in sorted(spent.items(), key=lambda item: -item[1])}


def by_size(scenario: str, sizes: tuple[int, ...] = LANES, repeats: int = REPEATS) -> dict[int, float]:
    """Runs per second of CPU in blocks of so many replicates; the sizes take turns."""
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for turn in range(repeats):
        for size in sizes:
            block = Ensemble(scenario, turn, size, lanes=size)
            times[size].append(cpu_time(lambda block=block: block.run().summary()))  # type: ignore[misc]
    return {size: size / median(seconds) for size, seconds in times.items()}


def memory(scenario: str, lanes: int) -> float:
    """Peak kB a replicate in a block of so many, counted by Python's own tracer."""
    Ensemble(scenario, ROOT_SEED, 2, n_quarters=2).run()
    tracemalloc.start()
    Ensemble(scenario, ROOT_SEED, lanes, lanes=lanes).run().summary()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / lanes / 1e3


def measure(scenario: str, lanes: int, repeats: int) -> dict[str, Any]:
    """Everything, as plain numbers."""
    return {
        "scenario": scenario,
        "lanes": lanes,
        "worlds": against_mesa(scenario, lanes, repeats),
        "phases": by_phase(scenario, lanes),
        "runs_per_second_by_lanes": by_size(scenario, repeats=max(1, repeats // 2)),
        "memory_kb_a_replicate": memory(scenario, lanes),
    }


def report(found: dict[str, Any]) -> str:
    """The measurements as lines of text."""
    worlds = found["worlds"]
    lines = [
        f"Scenario {found['scenario']}, blocks of {found['lanes']} replicates, one core",
        f"  Mesa world   {worlds['mesa_ms']:9.1f} ms a run",
        f"  ensemble     {worlds['ensemble_ms']:9.3f} ms a run, {worlds['runs_per_second']:.0f} runs/s",
        f"  ratio        {worlds['ratio']:9.1f}",
        f"  memory       {found['memory_kb_a_replicate']:9.0f} kB a replicate at the peak",
        "Runs per second by replicates in a block",
        *(f"  {size:12} {speed:9.0f}" for size, speed in found["runs_per_second_by_lanes"].items()),
        "Share of time by phase",
        *(f"  {name:20} {share:6.1%}" for name, share in found["phases"].items() if share >= 0.005),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Measure and show; ``--json FILE`` keeps the numbers."""
    parser = argparse.ArgumentParser(prog="python -m experiments.bench", description=__doc__)
    parser.add_argument("--scenario", default="2026")
    parser.add_argument("--lanes", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    found = measure(chosen.scenario, chosen.lanes, chosen.repeats)
    sys.stdout.write(report(found))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
