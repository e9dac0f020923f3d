"""What the benchmark found, as tables and as a figure."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.bench import bench
from experiments.bench.start_up import LIBRARIES
from experiments.display.command_words import how_to_install
from experiments.display.console import bar, progress_shown, prose, say
from experiments.display.grids import Grid
from experiments.store.files import write_figure, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import Console

LEAST_SHARE: Final = 0.005  # phases below this share of the time are left out
SHOWN_PHASES: Final = 8


def run_benchmark(
    console: Console,
    errors: Console,
    scenario: str,
    effort: bench.Effort,
    json_file: Path | None = None,
    figure_file: Path | None = None,
) -> dict[str, Any]:
    """Measure with a progress bar, show, and write what was asked for."""
    total, steps = bench.n_steps(effort), itertools.count(1)
    piped = None if errors.is_terminal else errors
    with bar(errors, with_left=False, transient=True) as shown, progress_shown(piped, "measuring") as progress:
        task = shown.add_task("starting", total=total)

        def tick() -> None:
            shown.advance(task)
            progress(next(steps), 0, total, 0)

        found = bench.measure(scenario, effort, tick, lambda what: shown.update(task, description=what))
    show(console, found)
    if found["twin"] is None:
        say(console, bench.NO_NUMBA.format(how_to_install("bench")))
    if json_file is not None:
        text = json.dumps(found, indent=2) + "\n"
        write_whole(json_file, lambda path: path.write_text(text, encoding="utf-8"))
    if figure_file is not None:
        from experiments.display.figure_style import saver

        write_figure(figure_file, saver(lambda: figure(found)))
    return found


def show(console: Console, found: dict[str, Any]) -> None:
    """The tables."""
    about, worlds = found["machine"], found["worlds"]
    lanes, repeats = found["effort"]["lanes"], found["effort"]["repeats"]
    versions = f"Python {about['python']}, NumPy {about['numpy']}, Mesa {about['mesa']}"
    prose(console, f"Scenario {found['scenario']}, blocks of {lanes:,} replicates; CPU time, medians of {repeats}")
    prose(console, f"One core of {about['processor']}, {versions}; arithmetic {about['arithmetic']}")
    table = Grid("", ("",), ("",), {"": 20})
    table.row("one run on Mesa", f"{worlds['mesa_ms']:.1f} ms a run", "")
    table.row("one run by Mesa's batch_run", f"{worlds['batch_ms']:.1f} ms a run", "the same model, one process")
    table.row("ensemble", f"{worlds['ensemble_ms']:.2f} ms a run", f"{worlds['runs_per_second']:.0f} runs/s a core")
    table.row("ensemble over runs on Mesa", f"{worlds['ratio']:.1f} times", "draws and summary included")
    if between := found["arithmetics"]:
        side = f"{between['compiled_ms']:.2f} ms against {between['numpy_ms']:.2f} ms"
        table.row("compiled arithmetic", f"{between['ratio']:.2f} times", side)
    beside = found["side_by_side"]
    side = f"{beside['beside_ms']:.2f} ms against {beside['alone_ms']:.2f} ms a run, in a block each"
    table.row(f"{bench.SETTINGS} settings of {bench.RUNS} runs in one block", f"{beside['ratio']:.1f} times", side)
    begun = found["start_up"]
    for name in (one for one in begun if one != LIBRARIES):
        side = f"{begun[name]:.0f} ms against {begun[LIBRARIES]:.0f} ms of python -c '{LIBRARIES}'"
        table.row(name, f"{begun[name] / begun[LIBRARIES]:.2f} times", side)
    for rule, row in (found["twin"] or {}).items():
        side = f"{row['ensemble_ms']:.1f} ms against {row['twin_ms']:.1f} ms"
        table.row(f"  over its scalar twin: {rule}", f"{row['ratio']:.2f} times", side)
    for lanes, speed in found["runs_per_second_by_lanes"].items():
        table.row(f"block of {int(lanes):,}", f"{speed:.0f} runs/s a core", "")
    memory = found["memory"]
    peaks = memory["after_each_block_mb"]
    table.row(
        f"peak memory, {memory['large_replicates']:,} replicates",
        f"{memory['large_mb']:.0f} MB",
        f"{memory['kb_a_replicate']:.0f} kB a replicate in a block",
    )
    table.row(
        f"peak memory, {len(peaks)} blocks of {memory['block_replicates']:,} in a row",
        f"{peaks[-1]:.0f} MB",
        f"{memory['growth_mb']:+.1f} MB since block {len(peaks) // 5 + 1}",
    )
    for what, growth in found["growth"].items():
        sizes = ", ".join(f"{int(size):,}" for size in growth["seconds"])
        table.row(f"time grows with {what}", f"exponent {growth['exponent']:.2f}", f"at {sizes}")
    both = found["processes"]
    table.row(
        f"two processes, {both['runs']:,} runs",
        f"{both['ratio']:.2f} times one",
        f"{both['one_s']:.1f} s and {both['two_s']:.1f} s",
    )
    table.show(console)
    shares = ", ".join(
        f"{name.replace('_', ' ')} {share:.0%}"
        for name, share in list(found["phases"].items())[:SHOWN_PHASES]
        if share >= LEAST_SHARE
    )
    prose(console, f"Share of time by phase: {shares}")


def figure(found: dict[str, Any]) -> Figure:
    """Speed by size of block, share by phase, growth, and memory."""
    from matplotlib.ticker import LogLocator

    from experiments.display.figure_style import (
        BLACK,
        BLUE,
        GREEN,
        MARKERS,
        ORANGE,
        VERMILLION,
        keyed,
        name_up,
        panels,
    )

    whole, ((speed, phases), (growth, memory)) = panels(2, 2, 4.6, share_y=False)
    lanes = [int(size) for size in found["runs_per_second_by_lanes"]]
    speed.plot(lanes, list(found["runs_per_second_by_lanes"].values()), "-o", color=BLUE, label="speed of the ensemble")
    speed.axhline(1e3 / found["worlds"]["mesa_ms"], color=VERMILLION, linestyle="--", label="speed of one run on Mesa")
    speed.set(xscale="log", yscale="log", xlabel="replicates in a block")
    name_up([speed], "runs per second of one core")
    named = [*lanes[:-2], lanes[-1]]  # the last two are near each other: their names would touch
    speed.set_xticks(named, [f"{size:,}" for size in named])
    speed.minorticks_off()
    speed.set_title("Speed")

    shown = [(name, share) for name, share in found["phases"].items() if share >= LEAST_SHARE][:SHOWN_PHASES][::-1]
    phases.barh([name.replace("_", " ") for name, _ in shown], [100 * share for _, share in shown], color=BLUE)
    phases.set(xlabel="share of CPU time (%)")
    phases.set_title("Where the time goes")
    phases.grid(axis="y", visible=False)

    colours = (BLUE, VERMILLION, GREEN, ORANGE)
    for (what, rows), colour, marker in zip(found["growth"].items(), colours, MARKERS, strict=False):
        sizes = [int(size) for size in rows["seconds"]]
        times = list(rows["seconds"].values())
        label = f"growth with {what}: exponent {rows['exponent']:.2f}"
        growth.plot(
            [size / sizes[0] for size in sizes], [t / times[0] for t in times], color=colour, marker=marker, label=label
        )
    most = max(int(list(rows["seconds"])[-1]) / int(next(iter(rows["seconds"]))) for rows in found["growth"].values())
    growth.plot([1, most], [1, most], ":", color=BLACK, label="proportional")
    growth.set(xscale="log", yscale="log", xlabel="size (smallest: 1)")
    name_up([growth], "CPU time (smallest: 1)")
    growth.set_title("Growth")
    keyed(whole, [*speed.get_lines(), *growth.get_lines()])

    for axis in (speed.yaxis, growth.xaxis, growth.yaxis):
        # The usual numbers of such axes are written as mathematics, which our figures do not read.
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
        # Also where less than a power of ten is shown, several numbers stand at the axis.
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))

    _memory(memory, found["memory"])
    return whole


def _memory(axis: Axes, told: dict[str, Any]) -> None:
    """Peaks of memory, block after block."""
    from matplotlib.ticker import MaxNLocator

    from experiments.display.figure_style import BLUE, name_up, pt

    peaks = told["after_each_block_mb"]
    axis.plot(range(1, len(peaks) + 1), peaks, "-o", color=BLUE, markersize=pt(5))
    axis.set(xlabel=f"blocks of {told['block_replicates']:,} replicates played")
    name_up([axis], "peak memory (MB)")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_ylim(0, 1.25 * max(peaks))
    axis.set_title("Memory")
