"""How fast the ensemble is: against single runs on Mesa and a compiled scalar twin, by phase and by size; its memory.

Times are CPU times of one process, medians of interleaved repeats, so that a busy machine slows both sides alike.
Trust the ratios more than the absolute numbers. ``detente bench`` shows what is measured here.
"""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, Final

from mesa import batch_run

from experiments.bench import growth
from experiments.bench import memory as bench_memory
from experiments.bench.start_up import start_up
from model import ARITHMETICS, Ensemble, InputFault, NegotiationModel, arithmetic_in_use, using_arithmetic

ROOT_SEED = 20260928
LANES = (1, 64, 1024, 4096)
SETTINGS, RUNS = 8, 16  # of what is played side by side: settings, and runs of each
NO_NUMBA: Final = "The scalar twin needs numba; everything else is measured. To install it: {}"
PHASES = (
    *("enter_into_force", "see_events", "renew_costs", "hold_talks", "assess_impact", "perceive", "move_alone"),
    *("bargain", "ratify", "honour_or_withdraw", "put_duties_in_force", "clear_markets", "settle_accounts"),
    *("watch_conduct", "leave_treaties", "hold_club", "record_quarter"),
)


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much is measured: replicates in a block; how often each timing is repeated; sizes of block; replicates whose
    peak memory is asked for; replicates in each of so many blocks in a row; replicates in a block whose growth is
    measured, and its quarters; runs of the sweep on one and two processes."""

    lanes: int = 1024
    repeats: int = 5
    sizes: tuple[int, ...] = LANES
    large: int = 4096
    block: int = 512
    blocks: int = 50
    growth_lanes: int = 512
    growth_quarters: int = 36
    sweep_runs: int = 20_000


WHOLE: Final = Effort()
QUICK: Final = Effort(
    lanes=1024,
    repeats=1,
    sizes=(1, 64, 1024),
    large=1024,
    block=128,
    blocks=5,
    growth_lanes=128,
    growth_quarters=12,
    sweep_runs=2000,
)


def cpu_time(work: Callable[[], object]) -> float:
    """CPU seconds that some work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _nothing() -> None:
    """What happens after each timing where nobody watches."""


def against_mesa(
    scenario: str, lanes: int, repeats: int = WHOLE.repeats, tick: Callable[[], None] = _nothing
) -> dict[str, float]:
    """Milliseconds of CPU a run on Mesa, by Mesa's ``batch_run`` and in a block, draws and summary included, and the
    ratio of first and last.

    Runs on Mesa and one block of the ensemble take turns; the calibration, which they share, is done before.
    """

    def mesa(replicate: int) -> None:
        NegotiationModel(scenario, ROOT_SEED, replicate, narrate=False).run().summary()

    def batch(replicate: int) -> None:
        given = {
            "scenario": scenario,
            "root_seed": ROOT_SEED,
            "narrate": False,
            "replicate": [replicate, replicate + 1],
        }
        how: dict[str, Any] = {"number_processes": 1, "display_progress": False, "data_collection_period": -1}
        batch_run(NegotiationModel, parameters=given, **how)

    def ensemble(root_seed: int) -> None:
        Ensemble(scenario, root_seed, lanes, lanes=lanes).run().summary()

    mesa(0)
    ensemble(ROOT_SEED)
    single, batched, block = [], [], []
    for turn in range(repeats):
        batched.append(cpu_time(partial(batch, turn)) / 2)
        single.append(cpu_time(partial(mesa, turn)))
        block.append(cpu_time(partial(ensemble, turn)) / lanes)
        tick()
    return {
        "mesa_ms": 1e3 * median(single),
        "batch_ms": 1e3 * median(batched),
        "ensemble_ms": 1e3 * median(block),
        "ratio": median(single) / median(block),
        "runs_per_second": 1.0 / median(block),
    }


def _played(block: Ensemble) -> object:
    return block.run().summary()


def between_arithmetics(
    scenario: str, lanes: int, repeats: int = WHOLE.repeats, tick: Callable[[], None] = _nothing
) -> dict[str, float] | None:
    """Milliseconds of CPU a run in a block with NumPy and with the compiled arithmetic, in turns, and their ratio.

    None where the machine has no compiler.
    """
    try:
        with using_arithmetic("compiled"):
            spent: dict[str, list[float]] = {name: [] for name in ARITHMETICS}
    except InputFault:
        return None
    for turn in range(repeats):
        for name, times in spent.items():
            block = Ensemble(scenario, turn, lanes, lanes=lanes, arithmetic=name)
            times.append(cpu_time(partial(_played, block)) / lanes)
        tick()
    numpy, compiled = (median(spent[name]) for name in ARITHMETICS)
    return {"numpy_ms": 1e3 * numpy, "compiled_ms": 1e3 * compiled, "ratio": numpy / compiled}


def side_by_side(scenario: str, repeats: int = WHOLE.repeats, tick: Callable[[], None] = _nothing) -> dict[str, float]:
    """Milliseconds of CPU a run of some settings, each in a block of its own and all in one, in turns, and their ratio.

    The settings differ in what may differ between the runs of a block; all have the same luck.
    """
    values: dict[str, list[Any]] = {
        "exit_notice": list(range(SETTINGS)), "generosity": [k / SETTINGS for k in range(SETTINGS)]
    }  # fmt: skip
    by_run = {name: [value for value in each for _ in range(RUNS)] for name, each in values.items()}

    def apart(turn: int) -> None:
        for k in range(SETTINGS):
            Ensemble(scenario, turn, RUNS, {name: each[k] for name, each in values.items()}).run().summary()

    def together(turn: int) -> None:
        Ensemble(scenario, turn, [*range(RUNS)] * SETTINGS, by_run=by_run).run().summary()

    spent: list[list[float]] = [[], []]
    for turn in range(repeats):
        for times, play in zip(spent, (apart, together), strict=True):
            times.append(cpu_time(partial(play, turn)) / (SETTINGS * RUNS))
        tick()
    alone, beside = (median(times) for times in spent)
    return {"alone_ms": 1e3 * alone, "beside_ms": 1e3 * beside, "ratio": alone / beside}


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


def by_size(
    scenario: str, sizes: tuple[int, ...] = LANES, repeats: int = WHOLE.repeats, tick: Callable[[], None] = _nothing
) -> dict[int, float]:
    """Runs per second of CPU in blocks of so many replicates; the sizes take turns."""
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for turn in range(repeats):
        for size in sizes:
            block = Ensemble(scenario, turn, size, lanes=size)
            times[size].append(cpu_time(partial(_played, block)))
            tick()
    return {size: size / median(seconds) for size, seconds in times.items()}


def against_twin(
    scenario: str, lanes: int, repeats: int, tick: Callable[[], None] = _nothing
) -> dict[str, dict[str, float]] | None:
    """By rule and together: milliseconds of CPU of the rules as the ensemble calls them and of their compiled scalar
    twin on the same inputs, how fast the ensemble is against the twin, and the largest difference of their results.

    None where numba is not installed.
    """
    try:
        from experiments.bench.twin import twins
    except ModuleNotFoundError as missing:
        if missing.name != "numba":
            raise
        return None
    from experiments.bench.cases import cases_of

    found: dict[str, dict[str, float]] = {}
    for rule, pairs in twins(cases_of(scenario, lanes)).items():
        # The first call compiles the twin, and shows that both say the same.
        worst = max(difference(ours(), theirs()) for ours, theirs in pairs)
        spent: tuple[list[float], list[float]] = ([], [])
        for _ in range(repeats):
            for which in (0, 1):
                spent[which].append(sum(cpu_time(pair[which]) for pair in pairs))
        ensemble_ms, twin_ms = (1e3 * median(seconds) for seconds in spent)
        found[rule] = {"ensemble_ms": ensemble_ms, "twin_ms": twin_ms, "difference": worst}
        tick()
    together = {key: sum(row[key] for row in found.values()) for key in ("ensemble_ms", "twin_ms")}
    found["together"] = {**together, "difference": max(row["difference"] for row in found.values())}
    return {rule: {**row, "ratio": row["twin_ms"] / row["ensemble_ms"]} for rule, row in found.items()}


def difference(ours: Any, theirs: Any) -> float:
    """Largest difference between two results: arrays in lists or tuples of equal length."""
    import numpy as np

    return max(float(np.max(np.abs(np.subtract(a, b, dtype=float)))) for a, b in zip(ours, theirs, strict=True))


def memory(scenario: str, effort: Effort) -> dict[str, Any]:
    """MB of processes of their own: one that plays two runs, one that plays a block, one that plays many replicates in
    blocks, and one that plays block after block (its peak after each)."""
    small, block, large = (bench_memory.in_a_process(scenario, n, 1)[-1] for n in (2, effort.lanes, effort.large))
    row = bench_memory.in_a_process(scenario, effort.block, effort.blocks)
    return {
        "large_replicates": effort.large,
        "large_mb": large,
        "kb_a_replicate": 1e3 * (block - small) / effort.lanes,
        "block_replicates": effort.block,
        "after_each_block_mb": row,
        # The first blocks fill what later ones use again.
        "growth_mb": row[-1] - row[len(row) // 5],
    }


def processes(scenario: str, runs: int, tick: Callable[[], None] = _nothing) -> dict[str, float]:
    """Seconds on the clock for a sweep of so many runs on one process and on two, and how much faster two are.

    The project's own sweep: workers are started, parts are written, everything included but the calibration.
    """
    from experiments.design.plan_file import load_plan
    from experiments.running.runner import CHUNKS, run_plan

    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.toml"
        file.write_text(
            f'title = "Benchmark"\nquestion = "How fast?"\nhypothesis = "Fast."\nscenario = "{scenario}"\n'
            f"replicates = {runs // 2}\nroot_seed = {ROOT_SEED}\n\n[factors.tariff_issues]\nlevels = [false, true]\n",
            encoding="utf-8",
        )
        plan = load_plan(str(file))
        for workers in (1, 2):
            start = time.perf_counter()
            run_plan(plan, Path(folder) / str(workers), workers, engine="ensemble", chunk_replicates=CHUNKS["ensemble"])
            seconds.append(time.perf_counter() - start)
            tick()
    return {"runs": runs, "one_s": seconds[0], "two_s": seconds[1], "ratio": seconds[0] / seconds[1]}


def machine() -> dict[str, Any]:
    """Versions, processor, and what NumPy knows of it."""
    import numpy as np

    def of(package: str) -> str | None:
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    return {
        "arithmetic": arithmetic_in_use(),
        "python": platform.python_version(),
        **{package: of(package) for package in ("detente", "mesa", "numpy", "scipy", "numba")},
        "processor": processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "numpy_simd": np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", []),
        "measured": time.strftime("%Y-%m-%d"),
    }


def processor() -> str:
    """The processor's own name, where the system tells it."""
    listing = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in listing.read_text().splitlines() if line.startswith("model name")]
        if sys.platform == "linux" and listing.exists()
        else []
    )
    return names[0] if names else platform.processor() or "unknown"


def n_steps(effort: Effort) -> int:
    """How often ``measure`` ticks."""
    by_block = 3 * effort.repeats + len(effort.sizes) * effort.repeats
    return by_block + 1 + 1 + 3 + 1 + growth.n_timings(min(effort.repeats, 3)) + 2


def measure(
    scenario: str,
    effort: Effort = WHOLE,
    tick: Callable[[], None] = _nothing,
    about: Callable[[str], None] = lambda what: None,  # noqa: ARG005
) -> dict[str, Any]:
    """Everything, as plain numbers; ``about`` hears what is being measured, ``tick`` that a step is done."""
    found: dict[str, Any] = {"scenario": scenario, "effort": dataclasses.asdict(effort), "machine": machine()}
    about("ensemble and runs on Mesa take turns")
    found["worlds"] = against_mesa(scenario, effort.lanes, effort.repeats, tick)
    about("NumPy and the compiled arithmetic take turns")
    found["arithmetics"] = between_arithmetics(scenario, effort.lanes, effort.repeats, tick)
    about("settings side by side and apart take turns")
    found["side_by_side"] = side_by_side(scenario, effort.repeats, tick)
    about("share of time by phase")
    found["phases"] = by_phase(scenario, effort.lanes)
    tick()
    about("processes that only begin")
    found["start_up"] = start_up(effort.repeats, tick)
    about("rules against their scalar twin")
    found["twin"] = against_twin(scenario, effort.lanes, effort.repeats, tick)
    about("blocks of different size")
    found["runs_per_second_by_lanes"] = by_size(scenario, effort.sizes, effort.repeats, tick)
    about(f"memory over {effort.blocks} blocks")
    found["memory"] = memory(scenario, effort)
    tick()
    about("growth with the size of the model")
    times = growth.growth(scenario, effort.growth_lanes, min(effort.repeats, 3), effort.growth_quarters, tick)
    found["growth"] = {
        what: {"exponent": growth.exponent(by_size), "seconds": by_size} for what, by_size in times.items()
    }
    about(f"{effort.sweep_runs} runs on one process and on two")
    found["processes"] = processes(scenario, effort.sweep_runs, tick)
    return found
