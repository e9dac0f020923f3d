"""What a reader must know before quoting a sweep: the pitfalls of theory 2.3 that these results show.

Each check looks at the numbers and says one sentence, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.demo import by_chance
from experiments.findings import Findings
from experiments.manifest import code_fingerprint, processor_features

# Fewer replicates than this leave intervals too wide to compare cells.
FEW_REPLICATES: Final = 20
# Harmony is told when it makes up this share of depth.
MUCH_HARMONY: Final = 0.1


def warnings_of(findings: Findings, runs: pd.DataFrame, manifest: Mapping[str, Any]) -> list[str]:
    """Everything that speaks against taking the tables at face value."""
    return [
        *_of_the_sweep(findings, manifest),
        *_hollow(runs),
        *_harmony(runs),
        *_corners(findings),
        *_ceilings(findings),
        *([by_chance(len(findings.associations))] if len(findings.associations) else []),
    ]


def _of_the_sweep(findings: Findings, manifest: Mapping[str, Any]) -> Iterator[str]:
    if manifest["state"] != "complete":
        yield "The sweep is not finished; what is here may be unbalanced."
    if findings.n_failed:
        yield f"{findings.n_failed} runs failed and are left out; if failures have a pattern, so has what remains."
    least = int(findings.cells["n_runs"].min())
    if least < FEW_REPLICATES and findings.associations.empty:
        yield (
            f"Only {least} replicates a cell: differences between cells may be luck, and rates come in steps of "
            f"{1 / least:.2f}."
        )
    if len(findings.precision) and not findings.precision["reached"].all():
        n = int((~findings.precision["reached"]).sum())
        yield f"The precision that was asked for is not reached in {n} of {len(findings.precision)} rows."
    if manifest["code_sha256"] != code_fingerprint():
        yield "The runs were made by another version of the model than the one that wrote this report."
    if str(manifest["commit"]).endswith("+"):
        yield "The code had changes that no commit holds, so the commit alone does not reproduce these runs."
    if manifest["processor_features"] != processor_features():
        yield "The runs were made on another kind of processor; last digits may differ when they are repeated here."


def _hollow(runs: pd.DataFrame) -> Iterator[str]:
    """Cooperation by which both together lose (theory 2.1)."""
    if "hollow" not in runs or not runs["emerged"].any():
        return
    emerged = runs[runs["emerged"].astype(bool)]
    n_hollow = int(emerged["hollow"].astype(bool).sum())
    if n_hollow:
        yield (
            f"Hollow cooperation: in {n_hollow} of {len(emerged)} cases of emergence the two sides together lose by it."
        )


def _harmony(runs: pd.DataFrame) -> Iterator[str]:
    """Depth that the givers would choose alone (theory 2.3, pitfall 1)."""
    if "mean_depth_contested" not in runs:
        return
    for dyad, rows in runs.groupby("dyad", sort=False, observed=True):
        depth, contested = float(rows["mean_depth"].mean()), float(rows["mean_depth_contested"].mean())
        if abs(depth - contested) > MUCH_HARMONY * max(depth, 1e-9) and depth > 0.0:
            yield (
                f"Harmony counted apart: in {dyad} mean depth is {depth:.2f}, and {contested:.2f} when what the giver "
                "would do alone is left out."
            )


def _corners(findings: Findings) -> Iterator[str]:
    if findings.corners:
        yield (
            f"{len(findings.corners)} groups of runs stand in a corner, where every run ends alike; their intervals "
            "speak of the number of runs and not of knowledge. They are listed at the end."
        )


def _ceilings(findings: Findings) -> Iterator[str]:
    ceilings = findings.cells.groupby("dyad", sort=False, observed=True)["depth_ceiling"]
    if bool(np.any(ceilings.max() - ceilings.min() > 1e-9)):
        yield "Cells have different ceilings of depth, so depth is not comparable between them; joint gain is."
