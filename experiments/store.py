"""Results on disk: a folder of Parquet parts with a manifest, each file whole or absent.

A results folder holds

* ``manifest.json``: the plan as it was written, its design points, root seed, versions, times, what failed;
* ``runs/*.parquet``: one part a chunk of runs, one row for each run and dyad (a failed run: one row that says
  at which stage, with its message); columns are explained in ``COLUMNS``;
* the tables and the figure that were made of them.

Every file is written under a temporary name, flushed to the disk and renamed, so that a name that can be read
is a file that is complete. Parquet raises on a file that was cut, where a CSV would be read in silence.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.design import Plan
from model import InputFault

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# What this module and the runner add to the columns of the model's own summary.
COLUMNS: Final = {
    "design_point": "index of the design point in the manifest",
    "block": "name of the plan's block",
    "replicate": "replicate: the same luck at every design point",
    "status": "ok or failed",
    "stage": "where a failed run failed: build, run, summary, or worker",
    "message": "what a failed run said",
    "dyad": "the dyad that the row is about",
}
PACKAGES: Final = ("detente", "mesa", "numpy", "pandas", "pyarrow", "scipy")


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file under a temporary name beside ``path``; give it its name when it is complete.

    Raises:
        InputFault: the disk refuses (full, read-only, not a folder).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputFault([f"'{path}' cannot be written: {error.strerror or error}"], "output") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def check_vacant(folder: Path) -> None:
    """Refuse a folder that cannot be made or written, or that already holds something.

    Raises:
        InputFault: says which of these it is.
    """
    with _reported(folder):
        if folder.is_dir():
            if any(folder.iterdir()):
                fault = f"'{folder}' already holds files; name a new folder or empty this one"
                raise InputFault([fault], "output")
            parent = folder
        else:
            parent = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not parent.is_dir():
            raise InputFault([f"'{parent}' is a file, so '{folder}' cannot be a folder"], "output")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise InputFault([f"'{folder}' cannot be written: no permission in '{parent}'"], "output")


def vacant_folder(name: str) -> Path:
    """``results/NAME``, or the first of ``results/NAME-2``, ``-3``, ... that is not there yet."""
    first = Path("results") / name
    number, folder = 1, first
    while folder.exists():
        number += 1
        folder = first.with_name(f"{name}-{number}")
    return folder


@contextlib.contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes ``folder`` when all went well and is removed when not."""
    check_vacant(folder)
    stage = folder.absolute().with_name(f".{folder.absolute().name}.{os.getpid()}")
    try:
        with _reported(folder):
            stage.mkdir(parents=True)
        yield stage
        with _reported(folder):
            if folder.is_dir():
                folder.rmdir()
            stage.replace(folder.absolute())
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextlib.contextmanager
def _reported(path: Path) -> Iterator[None]:
    """An error of the file system as one clear sentence."""
    try:
        yield
    except OSError as error:
        raise InputFault([f"'{path}' cannot be written: {error.strerror or error}"], "output") from None


def write_table(path: Path, table: pa.Table | pd.DataFrame) -> None:
    """Write a table as Parquet, compressed, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
    write_whole(path, lambda temporary: pq.write_table(arrow, temporary, compression="zstd"))


class Results:
    """The results folder of one sweep, being filled or read."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest: dict[str, Any] = {}

    @classmethod
    def create(cls, folder: str | Path, plan: Plan) -> Results:
        """Make the folder and write the manifest of a sweep that is about to begin.

        Raises:
            InputFault: the folder cannot be written or is not empty.
        """
        results = cls(folder)
        check_vacant(results.folder)
        with _reported(results.folder):
            (results.folder / "runs").mkdir(parents=True, exist_ok=True)
        results.manifest = {"state": "begun", "started": _now(), **describe(plan)}
        results._write_manifest()
        return results

    @classmethod
    def open(cls, folder: str | Path) -> Results:
        """Results that are there already.

        Raises:
            InputFault: the folder holds no readable manifest.
        """
        results = cls(folder)
        path = results.folder / "manifest.json"
        try:
            results.manifest = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            fault = f"'{folder}' is no results folder: manifest.json cannot be read ({error})"
            raise InputFault([fault], "results") from None
        return results

    def write_part(self, name: str, table: pa.Table) -> None:
        """Keep the runs of one chunk."""
        write_table(self.folder / "runs" / f"{name}.parquet", table)

    def write_table(self, name: str, frame: pd.DataFrame) -> Path:
        """Keep a table made of the runs."""
        path = self.folder / f"{name}.parquet"
        write_table(path, frame)
        return path

    def write_text(self, name: str, text: str) -> Path:
        """Keep a text made of the runs."""
        path = self.folder / name
        write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
        return path

    def write_figure(self, name: str, save: Callable[[Path], object]) -> Path:
        """Keep a figure; ``save`` draws it into the file that it is given."""
        path = self.folder / name
        write_whole(path, save)
        return path

    def finish(self, state: str, n_runs: int, n_failed: int) -> None:
        """Say in the manifest how the sweep ended: complete, or interrupted."""
        self.manifest.update(state=state, finished=_now(), n_runs=n_runs, n_failed=n_failed)
        self._write_manifest()

    def read(self) -> pd.DataFrame:
        """All rows of the runs that succeeded, in the order of design point, replicate and dyad."""
        import pyarrow.compute as pc

        table = self._table()
        frame: pd.DataFrame = table.filter(pc.equal(table["status"], "ok")).to_pandas()
        return frame

    def read_failures(self) -> pd.DataFrame:
        """One row for each run that failed."""
        import pyarrow.compute as pc

        table = self._table()
        columns = ["design_point", "replicate", "stage", "message"]
        frame: pd.DataFrame = table.filter(pc.equal(table["status"], "failed")).select(columns).to_pandas()
        return frame

    def _table(self) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        parts = sorted((self.folder / "runs").glob("*.parquet"))
        if not parts:
            raise InputFault([f"'{self.folder}' holds no finished runs"], "results")
        tables = []
        for part in parts:
            try:
                tables.append(pq.ParquetFile(part).read())
            except (OSError, pa.ArrowInvalid) as error:
                raise InputFault([f"'{part}' is damaged: {error}; delete it and run again"]) from None
        keys = [("design_point", "ascending"), ("replicate", "ascending")]
        # The sort must be stable: the dyads of a run keep the order in which the model gives them.
        whole = pa.concat_tables(tables, promote_options="permissive")
        order = whole.append_column("row", pa.array(range(len(whole)))).sort_by([*keys, ("row", "ascending")])
        return order.drop_columns("row")

    def _write_manifest(self) -> None:
        self.write_text("manifest.json", json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n")


def describe(plan: Plan) -> dict[str, Any]:
    """What a manifest says of a plan and of the machine's software."""
    return {
        "plan": plan.name,
        "title": plan.title,
        "plan_text": plan.text,
        "plan_sha256": hashlib.sha256(plan.text.encode()).hexdigest(),
        "scenario": plan.scenario,
        "replicates": plan.replicates,
        # As text: JSON readers turn a number of this size into a rounded one.
        "root_seed": str(plan.root_seed),
        "design_points": [
            {"design_point": point.index, "block": point.block, "settings": dict(point.settings)}
            for point in plan.points
        ],
        "columns": COLUMNS,
        "commit": _commit(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """The commit of this checkout, with a plus sign where files were changed since; empty outside of one."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return ""  # installed, perhaps inside somebody else's repository
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        told = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip()
