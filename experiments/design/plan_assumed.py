"""Reads ``[assumptions]``: a sample of assumptions under which the whole design of a plan is played again.

Either ``vary_every`` a status (``assumed``, ``calibrated``, ``measured``): every number of that status that the plan
does not set, over its declared range, at ``n_points`` points of a Latin hypercube. Or ``sample``, the name of a CSV or
Parquet file: one row a point, a column a parameter, and perhaps a column ``weight`` that says how much a row counts. It
is looked for beside the plan, then in ``seeds/calibration``; ``n_points`` takes its first rows only. ``replicates`` of
every arm are played under every row. What the plan sets itself is not taken from the sample.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.design import point_tables, sampling
from experiments.design.plan import ID, MAX_POINTS, MAX_REPLICATES, SAMPLED, Assumed, Block, Factor, Value
from experiments.design.plan_bundles import BundleReader
from experiments.design.plan_reading import is_number
from model import PARAMETERS, described, seeds_directory

if TYPE_CHECKING:
    from experiments.design.point_tables import Watch

ASSUMPTION_KEYS: Final = ("vary_every", "n_points", "sample", "replicates")
WEIGHT: Final = "weight"
STATUSES: Final = ("measured", "calibrated", "assumed")
DEFAULT_POINTS: Final = 64
DEFAULT_REPLICATES: Final = 4


class AssumedReader(BundleReader, abc.ABC):
    """Adds the reading of a sample of assumptions."""

    sample: Path | None = None
    watch: Watch = staticmethod(lambda done, total: None)  # noqa: ARG005

    def _assumed(
        self,
        design: str,
        settings: Mapping[str, Value],
        factors: Sequence[Factor],
        blocks: Sequence[Block],
        n_cells: int,
        seed: int,
    ) -> Assumed | None:
        if "assumptions" not in self.table:
            return None
        table, where = self._table("assumptions"), "[assumptions] "
        self._known(table, ASSUMPTION_KEYS, "a key of [assumptions]", where)
        replicates = self._whole(table, "replicates", DEFAULT_REPLICATES, 1, MAX_REPLICATES, where)
        if design in SAMPLED:
            self.faults.append(
                f"{where}goes with designs whose points are compared, and not with {design}; leave it out"
            )
            return None
        if ("vary_every" in table) == ("sample" in table):
            came = "both are there" if "sample" in table else "neither is there"
            self.faults.append(
                f"{where}vary_every or sample: {came}; allowed is one of them, as in vary_every = 'assumed'"
            )
            return None
        held = {*settings, *(name for f in factors for name in f.names), *(name for b in blocks for name in b.settings)}
        if "sample" in table:
            rows, weights = self._sample_rows(table, where)
        else:
            n_points = self._whole(table, "n_points", DEFAULT_POINTS, 2, MAX_POINTS, where)
            every = self._every_number(table["vary_every"], held, f"{where}vary_every")
            if self.faults:
                return None
            rows, weights = sampling.latin_hypercube(every, n_points, seed), [1.0] * n_points
        if len(rows) * n_cells * max(1, len(blocks)) > MAX_POINTS:
            size = f"{len(rows)} rows times {n_cells * max(1, len(blocks))} design points"
            self.faults.append(f"{where}{size}: allowed are {MAX_POINTS} in all")
        if self.faults or not rows:
            return None
        left_out = tuple(name for name in rows[0] if name in held)
        kept = [{name: value for name, value in row.items() if name not in held} for row in rows]
        if not kept[0]:
            self.faults.append(f"{where}the plan sets every column of the sample itself; nothing is left to vary")
            return None
        total = sum(weights)
        counts = [(row, weight / total) for row, weight in zip(kept, weights, strict=True) if weight > 0.0]
        return Assumed(tuple(row for row, _ in counts), tuple(weight for _, weight in counts), replicates, left_out)

    def _every_number(self, status: object, taken: Any, where: str) -> list[Factor]:
        """A factor over its declared range for every number with this status that nothing else sets."""
        if status not in STATUSES:
            self.faults.append(f"{where} = {described(status)}: allowed are {', '.join(STATUSES)}")
            return []
        return [
            Factor(name, (), name.replace("_", " "), (), (float(spec.low or 0.0), float(spec.high or 0.0)))
            for name, spec in PARAMETERS.items()
            if spec.status == status and spec.kind in ("float", "int") and name not in taken
        ]

    def _sample_rows(self, table: Mapping[str, Any], where: str) -> tuple[list[dict[str, Value]], list[float]]:
        """The rows of a sample file, all or the first ``n_points``, and their weights."""
        came = table["sample"]
        if not isinstance(came, str) or not came:
            self.faults.append(f"{where}sample = {described(came)}: allowed is the name of a .csv or .parquet file")
            return [], []
        beside = self.folder / came
        self.sample = next((p for p in (beside, seeds_directory() / "calibration" / came) if p.is_file()), beside)
        rows, fault = point_tables.read_table(self.sample, self.watch)
        if fault:
            self.faults.append(f"{where}{fault.replace('table =', 'sample =', 1)}")
            return [], []
        rows = rows[: self._whole(table, "n_points", len(rows), 1, len(rows), where)]
        weights = [row.pop(WEIGHT, 1.0) for row in rows]
        wrong = [(k, w) for k, w in enumerate(weights, 1) if not is_number(w) or float(w) < 0.0]
        if wrong:
            also = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            came_as = f"row {wrong[0][0]}: weight = {described(wrong[0][1])}"
            self.faults.append(f"{where}sample {came_as}: allowed is a number from 0{also}")
        elif not any(weights):
            self.faults.append(f"{where}sample: every weight is 0; one row or more must count")
        for row in rows:
            row.pop(ID, None)
            row.pop(point_tables.NAME, None)
        self._check_columns(rows, f"{where}sample row")
        return rows, [float(w) if is_number(w) else 1.0 for w in weights]

    @abc.abstractmethod
    def _check_columns(self, rows: Sequence[Mapping[str, Value]], what: str) -> None:
        """Adds what is wrong with values of parameters in rows, column by column."""
