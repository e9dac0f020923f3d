"""What a worker does: play some replicates of one design point and hand back their rows.

An *engine* plays a chunk. ``mesa`` is the readable world, one replicate after the other; a faster engine is one
more function in ``engines.ENGINES`` with the same rows. Every run carries a digest of its outcome, so that whoever
plays it again can see that it is the same run, whatever the engine, the worker or the chunk.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from experiments.design import Value

if TYPE_CHECKING:
    import pyarrow as pa

    from model import NegotiationModel, TacticFile

# What the runner adds to the columns of the model's own summary.
COLUMNS: Final = {
    "design_point": "index of the design point in the manifest",
    "block": "name of the plan's block",
    "arm": "name of the plan's arm, where its points have names",
    "id": "what the plan's table or list of points calls the point, where it has an id",
    "replicate": "replicate: the same luck at every design point",
    "status": "ok or failed",
    "stage": "where a failed run failed: build, run, summary, or worker",
    "message": "what a failed run said",
    "digest": "digest of the run's outcome: equal digests, equal results to the last bit",
    "dyad": "the dyad that the row is about",
    "treaty_from": "first quarter with a treaty in force, -1 if none",
    "treaty_until": "quarter in which that first treaty ended, -1 if it did not",
    "treaty_end": "how it ended: lapse, turnover, exit, sunset; empty if it did not",
    "tempted_first": "what the first bloc gains by withdrawing alone from the last package on the table (bn$/yr)",
    "suffers_first": "what the first bloc loses when its partner alone withdraws (bn$/yr)",
    "tempted_second": "the same temptation of the second bloc (bn$/yr)",
    "suffers_second": "the same loss of the second bloc (bn$/yr)",
}
# How the model words the end of a treaty, and which of the competing ends that is (theory 2.3, pitfall 6).
ENDS: Final = {
    "failed its own test": "lapse",
    "repudiated": "turnover",
    "new government": "turnover",
    "left after notice": "exit",
    "sunset": "sunset",
}
GAME: Final = ("tempted_first", "suffers_first", "tempted_second", "suffers_second")
# What identifies a run within a sweep.
KEYS: Final = ("design_point", "replicate")
DIGEST_LENGTH: Final = 16
WHOLE: Final = ("first_emergence", "n_spells", "longest_spell", "treaty_from", "treaty_until")


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Some replicates of one design point: all that a worker needs to know.

    The tables in ``series`` are kept in full for replicates below ``n_series``. ``tactics`` is a file of tactics that
    whoever plays it must have loaded.
    """

    scenario: str
    root_seed: int
    design_point: int
    settings: Mapping[str, Value]
    columns: Mapping[str, Value]
    first: int
    count: int
    engine: str = "mesa"
    series: tuple[str, ...] = ()
    n_series: int = 0
    tactics: TacticFile | None = None

    @property
    def name(self) -> str:
        """The name of the parts that hold it."""
        return f"point-{self.design_point:05d}_replicates-{self.first:06d}-{self.first + self.count - 1:06d}"

    @property
    def replicates(self) -> range:
        """Its replicates."""
        return range(self.first, self.first + self.count)

    @property
    def kept_series(self) -> tuple[str, ...]:
        """The tables that it keeps in full for at least one of its replicates."""
        return self.series if self.first < self.n_series else ()


@dataclasses.dataclass(frozen=True)
class Played:
    """What came of a chunk: the rows of its runs, and the full series of chosen replicates by table."""

    runs: pa.Table
    series: Mapping[str, pa.Table] = dataclasses.field(default_factory=dict)


def play_mesa(chunk: Chunk) -> Played:
    """Run the replicates of a chunk one after the other in the readable world; failures become rows."""
    import pyarrow as pa

    runs: list[pa.Table] = []
    series: dict[str, list[pa.Table]] = {table: [] for table in chunk.kept_series}
    for replicate in chunk.replicates:
        table, model = _run(chunk, replicate)
        runs.append(table)
        if model is not None and replicate < chunk.n_series:
            for name, frame in model.tables().items():
                if name in series:
                    whole = pa.Table.from_pandas(frame, preserve_index=False)
                    series[name].append(with_keys(chunk, replicate, {}, whole))
    kept = {name: pa.concat_tables(tables) for name, tables in series.items() if tables}
    return Played(pa.concat_tables(runs, promote_options="default"), kept)


def _run(chunk: Chunk, replicate: int) -> tuple[pa.Table, NegotiationModel | None]:
    import pyarrow as pa

    from model import NegotiationModel

    stage = "build"
    try:
        settings: dict[str, Any] = {"narrate": False, **chunk.settings}
        model = NegotiationModel(chunk.scenario, chunk.root_seed, replicate, **settings)
        stage = "run"
        model.run()
        stage = "summary"
        summary = model.summary()
        for name, column in run_columns(model).items():
            summary[name] = column
        table = pa.Table.from_pandas(summary, preserve_index=False)
        how = {"status": "ok", "stage": "", "message": "", "digest": digest_of(table)}
    except Exception as error:
        return failed_run(chunk, replicate, stage, error), None
    return with_keys(chunk, replicate, how, table), model


def run_columns(model: NegotiationModel) -> dict[str, Any]:
    """What is kept of a run beside the model's summary: the state under other definitions, how treaties end."""
    from experiments.sensitivities import state_columns

    recorder = getattr(model, "recorder", None)
    if recorder is None:
        return {}
    in_force = recorder.series("dyad", "treaty") > 0
    columns: dict[str, list[Any]] = {"treaty_from": [], "treaty_until": [], "treaty_end": []}
    for row, ends in zip(in_force, recorder.ends, strict=True):
        seen = [int(row.argmax())] if row.any() else []
        until, cause = ends[0] if ends else (-1, "")
        columns["treaty_from"].append(min([*seen, *([int(until)] if ends else [])], default=-1))
        columns["treaty_until"].append(int(until))
        columns["treaty_end"].append(kind_of_end(cause))
    return {**columns, **_last_games(model), **state_columns(recorder.states)}


def _last_games(model: NegotiationModel) -> dict[str, list[float]]:
    """For each dyad what either side gains by withdrawing alone and loses when left alone; NaN without a package."""
    from experiments.narrate import payoffs

    columns: dict[str, list[float]] = {name: [] for name in GAME}
    for dyad in range(3):
        package = model.reference_package(dyad)
        (both, left_first), (left_second, _) = payoffs(model, dyad, package)
        games = (left_second[0] - both[0], both[0] - left_first[0], left_first[1] - both[1], both[1] - left_second[1])
        for name, value in zip(GAME, games, strict=True):
            columns[name].append(value if package else float("nan"))
    return columns


def kind_of_end(cause: str) -> str:
    """Which of the competing ends of a treaty the model's words mean."""
    return next((kind for words, kind in ENDS.items() if words in cause), "other" if cause else "")


def digest_of(summary: pa.Table) -> str:
    """A digest of the outcome of one run: column names and every value to the last bit."""
    told = hashlib.sha256()
    for name in sorted(summary.column_names):
        values = [x.hex() if isinstance(x, float) else repr(x) for x in summary[name].to_pylist()]
        told.update(f"{name}={values}\n".encode())
    return told.hexdigest()[:DIGEST_LENGTH]


def runs_are_true(table: pa.Table) -> bool:
    """Whether the rows of a part give the digests that they carry."""
    outcome = table.column_names[table.column_names.index("digest") + 1 :]
    said, replicates = table["digest"].to_pylist(), table["replicate"].to_pylist()
    for replicate in dict.fromkeys(replicates):
        first, n_rows = replicates.index(replicate), replicates.count(replicate)
        if said[first] and digest_of(table.slice(first, n_rows).select(outcome)) != said[first]:
            return False
    return True


def failed_run(chunk: Chunk, replicate: int, stage: str, error: BaseException | str) -> pa.Table:
    """The row of a run that failed; the columns of the summary are null, and have their types all the same.

    Whoever reads many parts as one table takes the columns from the first: it may be one where all failed.
    """
    import pyarrow as pa

    said = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    empty = pa.table({name: pa.array([None], kind) for name, kind in summary_types().items()})
    how = {"status": "failed", "stage": stage, "message": said, "digest": ""}
    return with_keys(chunk, replicate, how, empty)


def failed_chunk(chunk: Chunk, error: BaseException | str) -> Played:
    """The rows of a chunk of which nothing came back."""
    import pyarrow as pa

    return Played(pa.concat_tables([failed_run(chunk, r, "worker", error) for r in chunk.replicates]))


@functools.cache
def summary_types() -> dict[str, Any]:
    """The types of a run's columns, by what the model's dictionary says of them."""
    import pyarrow as pa

    from experiments.sensitivities import meanings
    from model import dictionary

    words = dictionary()
    own = words[words["table"] == "summary"]
    units = dict(zip(own["column"].astype(str), own["unit"].astype(str), strict=True))
    units |= {"treaty_from": "quarter", "treaty_until": "quarter", "treaty_end": "name"}
    units |= dict.fromkeys(GAME, "bn$/yr")
    units |= {name: "true/false" if name.startswith("durable") else "onset" for name in meanings()}
    types = {}
    for name, unit in units.items():
        if unit == "true/false":
            types[name] = pa.bool_()
        elif unit in ("name", "words") or name.endswith("_label"):
            types[name] = pa.string()
        else:
            types[name] = pa.int64() if name in WHOLE or unit == "onset" else pa.float64()
    return types


def with_keys(chunk: Chunk, replicate: int, how: Mapping[str, str], table: pa.Table) -> pa.Table:
    """The rows of one run with what identifies it in front, and texts all of one type, so that parts join."""
    import pyarrow as pa

    keys: dict[str, Any] = {"design_point": chunk.design_point, **chunk.columns, "replicate": replicate, **how}
    front = pa.table({name: pa.array([value] * len(table)) for name, value in keys.items()})
    for name in table.column_names:
        column = table[name]
        front = front.append_column(name, column.cast(pa.string()) if pa.types.is_large_string(column.type) else column)
    # What pandas notes of its own index would differ from part to part.
    return front.replace_schema_metadata(None)
