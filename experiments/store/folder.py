"""The results folder of one sweep, being filled, checked or read.

Parts are the truth: a chunk is finished when its part is there and is what ``parts.log`` says it is
(``part_log.py``). What the runs were made of is kept in ``inputs`` (``kept.py``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.design.plan import Plan
from experiments.store.columns import KEYS, Chunk, Played
from experiments.store.files import check_writable, reported, slim, write_figure, write_table, write_whole
from experiments.store.inputs import INPUTS, PLAN, digests, inputs_fault, inputs_of, plan_fault
from experiments.store.lock import check_new, check_there, withdraw
from experiments.store.manifest import (
    describe,
    identity,
    machine,
    machine_changes,
    now,
    read_manifest,
    why_unread,
    words_of,
)
from experiments.store.part_log import PartLog, marked
from experiments.store.stock import PART, ChunkOf, parts_in, refuse_twice, take_stock
from model import InputFault, described, identification_flips

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Results:
    """A results folder. ``manifest`` is what it says of itself."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest: dict[str, Any] = {}
        self._log = PartLog(self.folder, self._owner)
        self._identity = ""
        self._session: dict[str, Any] | None = None

    # --- to begin and to go on --------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: str | Path, plan: Plan, engine: str = "mesa") -> Results:
        """Make the folder and write the manifest of a sweep that is about to begin; where others may, under the lock.

        Raises:
            InputFault: the folder cannot be written or is not empty.
        """
        results = cls(folder)
        check_new(results.folder)
        inputs = inputs_of(plan)
        flips = [line for name in plan.scenarios for line in identification_flips(plan.start_of(name), plan.settings)]
        told = {"inputs": digests(inputs), "flips": list(dict.fromkeys(flips))}
        with reported(results.folder):
            shutil.rmtree(results.folder / INPUTS, ignore_errors=True)  # of one that was killed before it had begun
            (results.folder / "runs").mkdir(parents=True, exist_ok=True)
        results.manifest = {
            "state": "begun", "started": now(), "sessions": [], **describe(plan, engine), **told
        }  # fmt: skip
        try:
            for name, data in inputs.items():
                results._keep(name, data)
            results._write_manifest()
        except InputFault:
            # A folder without a manifest would be in the way of the next attempt.
            withdraw(results.folder)
            raise
        return results

    @classmethod
    def open(cls, folder: str | Path) -> Results:
        """Results that are there already.

        Raises:
            InputFault: the folder holds no readable manifest.
        """
        try:
            results = cls(folder)
        except TypeError:
            fault = f"{described(folder)} is no results folder; write the path of one, in quotes"
            raise InputFault([fault], "results") from None
        path = results.folder / "manifest.json"
        try:
            results.manifest = read_manifest(path)
        except (OSError, ValueError, RecursionError) as error:
            fault = f"'{folder}' is no results folder: {why_unread(path, error)}"
            raise InputFault([fault], "results") from None
        return results

    @staticmethod
    def are_in(folder: Path) -> bool:
        """Whether a folder holds results, finished or not.

        Raises:
            InputFault: the folder may not be looked into.
        """
        with reported(folder):
            return (folder / "manifest.json").is_file()

    # --- what the runs were made of ---------------------------------------------------------------------

    def input(self, name: str) -> Path:
        """A file that the runs were made of, as it was kept; the others are as they were kept, too.

        Raises:
            InputFault: one of them is gone or was changed.
        """
        folder = self.folder / INPUTS
        if wrong := inputs_fault(folder, self.manifest["inputs"]):
            raise InputFault([f"'{self.folder}': {wrong}"], "results")
        if name not in self.manifest["inputs"]:
            raise InputFault([f"'{folder / name}' was never kept; the manifest does not name it"], "results")
        return folder / name

    def relabel(self, plan: Plan) -> None:
        """Take over the plan's words, such as a title that was mended; its runs are the same. Under the lock."""
        text = plan.text.encode()
        if digests({PLAN: text})[PLAN] != self.manifest["inputs"].get(PLAN) or plan_fault(self.manifest):
            self._keep(PLAN, text)
            self.manifest["inputs"][PLAN] = digests({PLAN: text})[PLAN]
            self.manifest |= {**words_of(plan), "replicates": plan.replicates}
            self._write_manifest()

    def _keep(self, name: str, data: bytes) -> None:
        path = self.folder / INPUTS / name
        with reported(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda temporary: temporary.write_bytes(data))

    # --- parts ------------------------------------------------------------------------------------------

    def write_part(self, chunk: Chunk, played: Played) -> None:
        """Keep what came of a chunk: its series first, because the part of its runs says that it is finished."""
        check_there(self.folder)
        tables = {f"series/{name}": table for name, table in played.series.items()}
        names = []
        for folder, table in (*tables.items(), ("runs", played.runs)):
            name = f"{folder}/{chunk.name}.parquet"
            path = self.folder / name
            with reported(path.parent):
                path.parent.mkdir(parents=True, exist_ok=True)
            write_table(path, marked(table, name, self._owner(), self.manifest["plan"], self.manifest["root_seed"]))
            names.append(name)
        self._log.add(names)

    def take_stock(self, chunk_of: ChunkOf) -> tuple[list[Chunk], list[str]]:
        """The chunks that are finished, and in words which parts are damaged (``stock.take_stock``).

        Raises:
            InputFault: the folder holds tables that are not this sweep's; nothing was changed.
        """
        return take_stock(self.folder, self._log, chunk_of)

    def _owner(self) -> str:
        """What sweep this is, as every part of it says."""
        if not self._identity:
            self._identity = identity(self.manifest)
        return self._identity

    # --- files made of the runs -------------------------------------------------------------------------

    def check_takes_files(self) -> None:
        """Refuse results in whose folder nothing more can be written, before what is to lie there is made.

        Raises:
            InputFault: says why.
        """
        check_writable(self.folder / "report.html")

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

    def write_figure(self, name: str, save: Callable[[Path], object], is_shown: bool = False) -> list[Path]:
        """Keep a figure in the forms that are asked for; ``save`` draws it into the file that it is given."""
        path = self.folder / name
        with reported(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        return write_figure(path, save, is_shown)

    def begin_session(self, n_before: int, workers: int) -> list[str]:
        """Write down that a session has begun, once; in words, in what its machine differs from those before it.

        A record without an end is that of a session that was killed: what was there when the next one began is its.
        """
        if self._session is not None:
            return []
        told = self.manifest.setdefault("sessions", [])
        told_runs = sum(session.get("n_runs", 0) for session in told)
        for session in told:
            if "finished" not in session:
                session.update(n_runs=max(0, n_before - told_runs), finished=None)
        changes = machine_changes(self.manifest)
        self._session = {"started": now(), "workers": workers, **machine()}
        told.append(self._session)
        self._write_manifest()
        return changes

    def finish(self, state: str, n_runs: int, n_failed: int, n_own: int = 0) -> None:
        """Say in the manifest how the sweep ended, complete or interrupted, and how many runs this session played."""
        check_there(self.folder)
        self.manifest.update(state=state, finished=now(), n_runs=n_runs, n_failed=n_failed)
        if self._session is not None:
            self._session.update(n_runs=n_own, finished=now())
        if state == "complete":
            self.manifest["digest"] = self.digest()
            self.manifest["failures"] = self.read_failures().to_dict(orient="records")[:1000]
        self._write_manifest()

    # --- reading ----------------------------------------------------------------------------------------

    def read(
        self,
        columns: Sequence[str] | None = None,
        points: Iterable[int] | None = None,
        dyad: str | None = None,
        below: int | None = None,
    ) -> pd.DataFrame:
        """The rows of the runs that succeeded, in the order of design point, replicate and dyad.

        columns: those wanted (all); points: the design points wanted (all); dyad: the one wanted (all); below: only
        replicates below it. Ask for few where runs are many: then texts come as categories, numbers as short ones.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        def keep(table: pa.Table) -> pa.Table:
            chosen = pc.equal(table["status"], "ok")
            if dyad is not None:
                chosen = pc.and_(chosen, pc.equal(table["dyad"], dyad))
            if below is not None:
                chosen = pc.and_(chosen, pc.less(table["replicate"], below))
            table = table.filter(chosen)
            return table if columns is None or "status" in columns else table.drop_columns("status")

        wanted = None if columns is None else list(dict.fromkeys([*KEYS, "status", "dyad", *columns]))
        table = self._table(self.parts(points, below), wanted, keep)
        if lost := [name for name in wanted or KEYS if name not in {*table.column_names, "status"}]:
            fault = f"'{self.folder}' holds runs without {', '.join(lost)}; they are of another version or damaged"
            raise InputFault([fault], "results")
        if columns is None:
            frame: pd.DataFrame = table.to_pandas()
            return frame
        table = table.unify_dictionaries().select([name for name in table.column_names if name in {*KEYS, *columns}])
        slim: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
        # What Arrow had to read them is handed back: else it stays beside the next ones, and large sweeps grow by it.
        pa.default_memory_pool().release_unused()
        return slim

    def dyads(self) -> list[str]:
        """The dyads of the runs, in their order; none where every run failed."""
        for part in self.parts():
            if len(found := self._table([part], ["status", "dyad"]).to_pandas().query("status == 'ok'")):
                return [str(dyad) for dyad in found["dyad"].drop_duplicates()]
        return []

    def read_failures(self) -> pd.DataFrame:
        """One row for each run that failed."""
        import pyarrow.compute as pc

        columns = ["design_point", "replicate", "stage", "message"]
        wanted = [*columns, "status"]
        table = self._table(self.parts(), wanted, lambda part: part.filter(pc.equal(part["status"], "failed")))
        frame: pd.DataFrame = table.select(columns).to_pandas()
        return frame

    def read_series(self, table: str) -> pd.DataFrame:
        """The full series that were kept of one table; empty where there are none."""
        import pandas as pd

        parts = [self.folder / name for name in parts_in(self.folder) if name.startswith(f"series/{table}/")]
        return self._table(parts).to_pandas() if parts else pd.DataFrame()

    def run(self, design_point: int, replicate: int) -> pd.DataFrame:
        """The rows of one run, failed or not; empty where it has not been run."""
        import pandas as pd

        self._check()
        for part in self.parts([design_point]):
            first, last = (int(number) for number in PART.fullmatch(part.name).groups()[1:])  # type: ignore[union-attr]
            if first <= replicate <= last:
                frame: pd.DataFrame = self._table([part]).to_pandas()
                return frame[frame["replicate"] == replicate].reset_index(drop=True)
        return pd.DataFrame()

    def digest(self) -> str:
        """One digest of all runs: equal for two sweeps when every run came out the same to the last bit."""
        table = self._table(self.parts(), ["design_point", "replicate", "status", "stage", "message", "digest"])
        told, before = hashlib.sha256(), ""
        for batch in table.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                line = json.dumps(list(row.values()))
                told.update(b"" if line == before else line.encode())
                before = line
        return told.hexdigest()

    def parts(self, points: Iterable[int] | None = None, below: int | None = None) -> list[Path]:
        """The parts of the runs, of all design points or of some, in order; those with a replicate below a number."""
        named = [(path, PART.fullmatch(path.name)) for path in (self.folder / "runs").glob("*.parquet")]
        found = [path for path, name in named if name and (below is None or int(name[2]) < below)]
        wanted = None if points is None else {f"point-{point:05d}_" for point in points}
        return sorted(path for path in found if wanted is None or f"{path.name.split('_')[0]}_" in wanted)

    def _check(self) -> None:
        """Refuse to read where any part is not as it was written, not those alone that are asked for.

        Raises:
            InputFault: parts are of others, damaged or gone; numbers of such a folder are nobody's.
        """
        there = parts_in(self.folder)
        self._log.check(there)
        if self.manifest["state"] == "complete":
            self._log.check_lines(there)
        refuse_twice(self.folder, there)

    def _table(
        self,
        parts: Sequence[Path],
        columns: list[str] | None = None,
        keep: Callable[[pa.Table], pa.Table] = lambda table: table,
    ) -> pa.Table:
        """Parts as one table: some columns, and of each part only what ``keep`` leaves."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not parts:
            gone = self._log.missing()
            remedy = f", {gone[0]} is gone: the same sweep into this folder makes it anew" if gone else ""
            raise InputFault([f"'{self.folder}' holds no finished runs of what is asked{remedy}"], "results")
        self._check()
        tables = []
        for part in parts:
            try:
                file = pq.ParquetFile(part, page_checksum_verification=True)
                there = file.schema.names  # Arrow lists them anew at every look
                own = None if columns is None else [name for name in columns if name in there]
                table = keep(file.read(own, use_threads=False))
                # Texts of a run are few and repeat: as categories, a million runs fit into memory.
                tables.append(table if columns is None else slim(table))
            except (OSError, pa.ArrowException, KeyError, ValueError, TypeError, OverflowError, MemoryError) as error:
                fault = f"'{part}' is damaged ({type(error).__name__}); the same sweep again makes it anew"
                raise InputFault([fault], "results") from None
        # Parts in the order of their names are in the order of design point and replicate.
        try:
            return pa.concat_tables(tables, promote_options="permissive")
        except pa.ArrowException as error:
            fault = f"'{self.folder}' holds parts that do not belong together: {error}"
            raise InputFault([fault], "results") from None

    def _write_manifest(self) -> None:
        self.write_text("manifest.json", json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n")
