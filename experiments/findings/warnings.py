"""What a reader must know before quoting a sweep: the pitfalls of theory 2.3 that these results show.

Each check looks at the numbers and says one sentence, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.findings.sentences import by_chance
from experiments.findings.tables import Findings
from experiments.store.manifest import code_fingerprint, processor_features

# Fewer replicates than this leave intervals too wide to compare cells.
FEW_REPLICATES: Final = 20
# Harmony is told when it makes up this share of depth.
MUCH_HARMONY: Final = 0.1


# The columns of runs that warnings look at.
LOOKED_AT: Final = ("mean_depth", "mean_depth_contested", "emerged", "inherited", "hollow")


def totals_of(runs: pd.DataFrame) -> dict[str, float]:
    """What the warnings need to know of a dyad's runs: means of depth, how many had cooperation and how many hollow."""
    had = runs["emerged"].astype(bool) | runs["inherited"].astype(bool)
    totals = {name: float(runs[name].mean()) for name in LOOKED_AT[:2] if name in runs}
    totals["n_had"] = int(had.sum())
    if "hollow" in runs:
        totals["n_hollow"] = int(runs.loc[had, "hollow"].astype(bool).sum())
    return totals


def warnings_of(
    findings: Findings, totals: Mapping[str, Mapping[str, float]], manifest: Mapping[str, Any]
) -> list[str]:
    """Everything that speaks against taking the tables at face value; ``totals`` by dyad."""
    return [
        *_of_the_sweep(findings, manifest),
        *_hollow(totals),
        *_harmony(totals),
        *_corners(findings),
        *_ceilings(findings),
        *([by_chance(len(findings.associations))] if len(findings.associations) else []),
    ]


def _of_the_sweep(findings: Findings, manifest: Mapping[str, Any]) -> Iterator[str]:
    there, promised = findings.n_runs + findings.n_failed, manifest.get("n_runs")
    if manifest["state"] != "complete":
        yield "The sweep is not finished; what is here may be unbalanced."
    elif isinstance(promised, int) and there < promised:
        yield (
            f"{promised - there} of {promised} runs that were finished are no longer in the folder; what is left may "
            "be unbalanced. The same sweep plays them again."
        )
    if findings.n_failed:
        yield f"{findings.n_failed} runs failed and are left out; if failures have a pattern, so has what remains."
    least = int(findings.cells["n_runs"].min())
    if least < FEW_REPLICATES and findings.associations.empty:
        yield (
            f"Only {least} replicate{'s' * (least > 1)} a cell: differences between cells may be luck, and rates "
            f"come in steps of {1 / least:.2f}."
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


def _hollow(totals: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Cooperation by which both together lose (theory 2.1)."""
    n_hollow = int(sum(own.get("n_hollow", 0) for own in totals.values()))
    n_had = int(sum(own["n_had"] for own in totals.values()))
    if n_hollow:
        yield f"Hollow cooperation: in {n_hollow} of {n_had} cases of cooperation the two sides together lose by it."


def _harmony(totals: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Depth that the givers would choose alone (theory 2.3, pitfall 1)."""
    for dyad, own in totals.items():
        if "mean_depth_contested" not in own:
            continue
        depth, contested = own["mean_depth"], own["mean_depth_contested"]
        if abs(depth - contested) > MUCH_HARMONY * max(depth, 1e-9) and depth > 0.0:
            yield (
                f"Harmony counted apart: in {dyad} mean depth is {depth:.2f}, and {contested:.2f} when what the giver "
                "would do alone is left out."
            )


def _corners(findings: Findings) -> Iterator[str]:
    if findings.corners:
        n = len(findings.corners)
        yield (
            f"{n} group{'s' * (n > 1)} of runs {'stand' if n > 1 else 'stands'} in a corner, where every run ends "
            "alike; intervals there speak of the number of runs and not of knowledge. See the list at the end."
        )


def _ceilings(findings: Findings) -> Iterator[str]:
    ceilings = findings.cells.groupby("dyad", sort=False, observed=True)["depth_ceiling"]
    if bool(np.any(ceilings.max() - ceilings.min() > 1e-9)):
        yield "Cells have different ceilings of depth, so depth is not comparable between them; joint gain is."
