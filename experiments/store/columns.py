"""What a row of results holds, and the pieces of work that rows come from."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from experiments.design.plan import Value

if TYPE_CHECKING:
    import pyarrow as pa

    from model import TacticFile, WorldFile


# What the runner adds to the columns of the model's own summary.
COLUMNS: Final = {
    "design_point": "index of the design point in the manifest",
    "block": "name of the plan's block",
    "arm": "name of the plan's arm, where its points have names",
    "id": "what the plan's table or list of points calls the point, where it has an id",
    "sample": "row of the sample of assumptions that it is played under, from 0; -1: the scenario's own",
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
    "agreed_duty_first": "cut of its duty on cars that the treaty in force asks of the first side, share of the way to "
    "the floor, mean over all quarters",
    "agreed_duty_second": "the same of the second side",
    "lets_in_first": "a treaty in force let the second side's brands into the first side's market, beyond what the "
    "scenario has in force, in at least one quarter",
    "lets_in_second": "the same of the second side",
    "recognises_first": "the first side recognises the second's certificates in the last quarter, by treaty or alone",
    "recognises_second": "the same of the second side",
    "recognises_alone_first": "the first side has recognised the second's certificates for its own good by then",
    "recognises_alone_second": "the same of the second side",
}


GAME: Final = ("tempted_first", "suffers_first", "tempted_second", "suffers_second")


# By issue, of both sides in turn.
AGREED: Final = ("agreed_duty_first", "agreed_duty_second")
LETS_IN: Final = ("lets_in_first", "lets_in_second")
RECOGNISES: Final = ("recognises_first", "recognises_second", "recognises_alone_first", "recognises_alone_second")


#: Ends what was recorded where the plan varies a parameter of the same name, such as ``truce_quarters``.
RECORDED: Final = "_recorded"


# What identifies a run within a sweep.
KEYS: Final = ("design_point", "replicate")


DIGEST_LENGTH: Final = 16


WHOLE: Final = ("first_emergence", "n_spells", "longest_spell", "treaty_from", "treaty_until")


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Some replicates of one design point: all that a worker needs to know.

    The tables in ``series`` are kept in full for replicates below ``n_series``. ``tactics`` is a file of tactics that
    whoever plays it must have loaded, ``world`` a mechanism of one's own that is played. ``by_run``: settings of which
    every replicate has a value of its own, in their order. ``beside``: the same replicates of other design points that
    may be played in one world with these, as their settings differ in ``model.BY_LANE`` alone.
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
    world: WorldFile | None = None
    arithmetic: str = "numpy"
    by_run: Mapping[str, Sequence[Value]] = dataclasses.field(default_factory=dict)
    beside: tuple[Chunk, ...] = ()

    @property
    def parts(self) -> tuple[Chunk, ...]:
        """Itself and what is beside it, each alone."""
        return (dataclasses.replace(self, beside=()), *self.beside)

    @property
    def name(self) -> str:
        """The name of the parts that hold it."""
        return f"point-{self.design_point:05d}_replicates-{self.first:06d}-{self.first + self.count - 1:06d}"

    @property
    def replicates(self) -> range:
        """Its replicates."""
        return range(self.first, self.first + self.count)

    def settings_of(self, replicate: int) -> dict[str, Value]:
        """The settings of one of its runs."""
        return {**self.settings, **{name: values[replicate - self.first] for name, values in self.by_run.items()}}

    @property
    def kept_series(self) -> tuple[str, ...]:
        """The tables that it keeps in full for at least one of its replicates."""
        return self.series if self.first < self.n_series else ()


@dataclasses.dataclass(frozen=True)
class Played:
    """What came of a chunk: the rows of its runs, and the full series of chosen replicates by table; ``beside``: of
    each chunk beside it."""

    runs: pa.Table
    series: Mapping[str, pa.Table] = dataclasses.field(default_factory=dict)
    beside: tuple[Played, ...] = ()


def digest_of(summary: Mapping[str, Sequence[Any]]) -> str:
    """A digest of the outcome of one run, given by column: names and every value to the last bit."""
    told = hashlib.sha256()
    for name in sorted(summary):
        values = [x.hex() if isinstance(x, float) else repr(x) for x in summary[name]]
        told.update(f"{name}={values}\n".encode())
    return told.hexdigest()[:DIGEST_LENGTH]


def runs_are_true(table: pa.Table) -> bool:
    """Whether the rows of a part give the digests that they carry."""
    told = table.to_pydict()
    after = table.column_names[table.column_names.index("digest") + 1 :]
    outcome = {name.removesuffix(RECORDED): name for name in after}
    said, first = told["digest"], 0
    for _, run in itertools.groupby(told["replicate"]):
        last = first + len(list(run))
        if said[first] and digest_of({name: told[kept][first:last] for name, kept in outcome.items()}) != said[first]:
            return False
        first = last
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

    rows = pa.concat_tables([failed_run(chunk, r, "worker", error) for r in chunk.replicates])
    return Played(rows, beside=tuple(failed_chunk(one, error) for one in chunk.beside))


@functools.cache
def summary_types() -> dict[str, Any]:
    """The types of a run's columns, by what the model's dictionary says of them."""
    import pyarrow as pa

    from experiments.statistics.definitions import meanings
    from model import dictionary

    words = dictionary()
    own = words[(words["table"] == "summary") & ~words["column"].isin(KEYS)]
    units = dict(zip(own["column"].astype(str), own["unit"].astype(str), strict=True))
    units |= {"treaty_from": "quarter", "treaty_until": "quarter", "treaty_end": "name"}
    units |= dict.fromkeys(GAME, "bn$/yr")
    units |= {name: "onset" if name.startswith("onset") else "true/false" for name in meanings()}
    units |= dict.fromkeys(AGREED, "share") | dict.fromkeys((*LETS_IN, *RECOGNISES), "true/false")
    types = {}
    for name, unit in units.items():
        if unit == "true/false":
            types[name] = pa.bool_()
        elif unit in ("name", "words") or name.endswith("_label"):
            types[name] = pa.string()
        else:
            types[name] = pa.int64() if name in WHOLE or unit == "onset" else pa.float64()
    return types


def kept_as(name: str, keys: Container[str]) -> str:
    """The column in which ``name`` is kept beside the columns of a plan: a level never gives way to what was recorded.

    >>> kept_as("truce_quarters", ["truce_quarters"])
    'truce_quarters_recorded'
    """
    return f"{name}{RECORDED}" if name in keys else name


def with_keys(chunk: Chunk, replicate: int, how: Mapping[str, str], table: pa.Table) -> pa.Table:
    """The rows of one run with what identifies it in front, and texts all of one type, so that parts join."""
    import pyarrow as pa

    keys: dict[str, Any] = {"design_point": chunk.design_point, **chunk.columns, "replicate": replicate, **how}
    columns: dict[str, Any] = {name: pa.array([value] * len(table)) for name, value in keys.items()}
    for name, column in zip(table.column_names, table.columns, strict=True):
        is_text = pa.types.is_large_string(column.type)
        columns[kept_as(name, chunk.columns)] = column.cast(pa.string()) if is_text else column
    # A new table: what pandas notes of its own index would differ from part to part.
    return pa.table(columns)
