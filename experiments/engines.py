"""Who plays a chunk: Mesa models, one run after the other, or the ensemble, all of them at once.

Both hand back the same rows and digests; which of them plays is a matter of time alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from experiments.work import Chunk, Played, digest_of, play_mesa, run_columns, with_keys

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DYADS_A_RUN = 3  # rows that a run has in the summary


def play_ensemble(chunk: Chunk) -> Played:
    """Play all replicates of a chunk at once.

    Where a run fails for its numbers (prices that do not settle, a calibration that finds nothing), they are played one
    after the other, so that the fault becomes that run's row. Any other fault is the ensemble's own and is not covered
    up.
    """
    import pyarrow as pa

    from model import Ensemble, InputFault, kept_lanes

    series: dict[str, list[pa.Table]] = {table: [] for table in chunk.kept_series}
    keep = [r for r in chunk.replicates if r < chunk.n_series] if series else []
    try:
        ensemble = Ensemble(chunk.scenario, chunk.root_seed, chunk.replicates, dict(chunk.settings), keep=keep)
        runs = []
        for _, world in ensemble.worlds():
            summary = world.run().summary()
            for name, column in run_columns(world).items():
                summary[name] = column
            runs.append(_table(chunk, summary))
            for lane in kept_lanes(world):
                for name, frame in world.recorder.of_lane(lane).tables().items():
                    if name in series:
                        series[name].append(_with_front(chunk, int(world.replicates[lane]), frame))
    except (ArithmeticError, InputFault):
        return play_mesa(chunk)
    kept = {name: pa.concat_tables(tables) for name, tables in series.items() if tables}
    return Played(pa.concat_tables(runs, promote_options="default"), kept)


ENGINES: Final[dict[str, Callable[[Chunk], Played]]] = {"ensemble": play_ensemble, "mesa": play_mesa}


def run_chunk(chunk: Chunk) -> Played:
    """Play a chunk on its engine, with its file of tactics loaded and unchanged."""
    if chunk.tactics is not None:
        from model import load_tactics

        load_tactics(chunk.tactics.path, chunk.tactics.sha256)
    return ENGINES[chunk.engine](chunk)


def _table(chunk: Chunk, summary: pd.DataFrame) -> pa.Table:
    """The rows of a block of runs, each run with its own digest, keys in front."""
    import pyarrow as pa

    replicates = summary.pop("replicate").to_numpy()
    table = plain(pa.Table.from_pandas(summary, preserve_index=False))
    digests = [
        digest_of(table.slice(first, DYADS_A_RUN))
        for first in range(0, len(table), DYADS_A_RUN)
        for _ in range(DYADS_A_RUN)
    ]
    keys: dict[str, Any] = {"design_point": chunk.design_point, **chunk.columns}
    columns = {name: pa.array([value] * len(table)) for name, value in keys.items()}
    columns |= {"replicate": pa.array(replicates.tolist())}
    columns |= {
        name: pa.array([value] * len(table)) for name, value in (("status", "ok"), ("stage", ""), ("message", ""))
    }
    columns |= {"digest": pa.array(digests)}
    columns |= {name: table[name] for name in table.column_names}
    return pa.table(columns)


def _with_front(chunk: Chunk, replicate: int, frame: pd.DataFrame) -> pa.Table:
    """One run's series with its keys in front."""
    import pyarrow as pa

    return with_keys(chunk, replicate, {}, pa.Table.from_pandas(frame, preserve_index=False))


def plain(table: pa.Table) -> pa.Table:
    """Texts all of one type, and without what pandas notes of its own index, so that parts join."""
    import pyarrow as pa

    for at, name in enumerate(table.column_names):
        if pa.types.is_large_string(table[name].type):
            table = table.set_column(at, name, table[name].cast(pa.string()))
    return table.replace_schema_metadata(None)
