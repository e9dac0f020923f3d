"""An emulator on screen and in files: what held-out runs say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.display.console import head, prose
from experiments.display.grids import Grid
from experiments.display.streams import kept_on
from experiments.emulation.emulator import Emulator
from experiments.store.files import write_figure, write_whole

if TYPE_CHECKING:
    from rich.console import Console

NAME: Final = "emulator"
LITTLE: Final = 0.5  # R2 below which more than half of what differs between settings is not told
COLUMNS: Final = ("R2", "at most", "error", "luck", "band holds", "runs within")


def write_emulator(told: Mapping[str, Any], folder: Path) -> str:
    """Write the emulator and its figure beside the sweeps; why there is no figure (empty: there is)."""
    text = json.dumps(told, separators=(",", ":"), allow_nan=False)
    write_whole(folder / f"{NAME}.json", lambda path: path.write_text(text + "\n", encoding="utf-8"))

    def draw() -> None:
        from experiments.display.figure_style import saver
        from experiments.emulation.figures import held_out_figure

        write_figure(folder / f"{NAME}.png", saver(lambda: held_out_figure(Emulator(told))))

    return kept_on(draw, "The figure")


def show(console: Console, told: Mapping[str, Any]) -> None:
    """Print how well every output is met where nothing was played before."""
    sizes = told["sizes"]
    head(console, told["title"], ": what the emulator is worth")
    prose(
        console,
        f"{len(told['inputs'])} inputs, {told['n_points']} points of {told['replicates']} runs. "
        f"Measured at {sizes['held_out']} other points of {told['held_out_replicates']} runs, with other luck. "
        "R2: share of the variance between these points "
        "that the emulator tells; at most: what the luck of these points leaves to be told; error: root mean square; "
        "luck: the Monte-Carlo error of the points themselves; band holds: share of points in the emulator's 90 % "
        "band, calibrated on one half of them and counted on the other; runs within: share of single runs in the 90 % "
        "chance band.",
    )
    table = Grid("", ("outcome", "where"), COLUMNS, is_grouped=True)
    for one in told["outputs"]:
        table.row(_words(one), one["where"], *_cells(one))
    table.show(console)
    covered = [one["held_out"]["coverage"] for one in told["outputs"] if one["held_out"]["r2"] is not None]
    if covered:
        prose(
            console,
            f"Over all outputs that vary the band holds in {100 * sum(covered) / len(covered):.0f} % of points.",
        )
    varied = [one["held_out"] for one in told["outputs"] if one["held_out"]["r2"] is not None]
    same = [one for one in varied if one["best_r2"] < LITTLE]
    if same:
        prose(console, f"{len(same)} of {len(covered)} outputs differ between these settings by less than luck.")
    poor = [one for one in varied if one["r2"] < LITTLE <= one["best_r2"]]
    if poor:
        prose(
            console,
            f"! {len(poor)} of {len(covered)} outputs are told worse than half (R2 below {LITTLE}): do not read them "
            "without their bands. More points (--points) or more runs of each (--replicates) mend it.",
        )
    prose(
        console,
        f"This call took {told['cpu_seconds']:.0f} processor seconds; by the clock {told['seconds']:.0f}, of which the "
        f"held-out points {told['held_out_seconds']:.0f}.",
    )


def _words(one: Mapping[str, Any]) -> str:
    """An output in words, without the bloc that its place names; its unit beside it."""
    return str(one["outcome"]).replace("_", " ") + (f" ({one['unit']})" if one["unit"] else "")


def _cells(one: Mapping[str, Any]) -> list[str]:
    told = one["held_out"]
    if told["r2"] is None:
        return ["the same", *[""] * (len(COLUMNS) - 1)]

    def level(name: str) -> str:
        return f"{one['times'] * told[name]:.{one['digits'] + 1}f}"

    def share(name: str) -> str:
        return "" if told[name] is None else f"{100 * told[name]:.0f} %"

    return [f"{told['r2']:z.3f}", f"{told['best_r2']:z.3f}", level("rmse"), level("noise"), share("coverage"),
            share("chance_coverage")]  # fmt: skip
