"""Who plays a chunk: Mesa models, one run after the other, or the ensemble, all of them at once.

Both hand back the same rows and digests; which of them plays is a matter of time alone.
"""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.store.columns import (
    AGREED,
    GAME,
    LETS_IN,
    RECOGNISES,
    Chunk,
    Played,
    digest_of,
    failed_run,
    kept_as,
    with_keys,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from model import NegotiationModel, World


def play_ensemble(chunk: Chunk) -> Played:
    """Play all replicates of a chunk at once.

    Where a run fails for its numbers (prices that do not settle, a calibration that finds nothing), or in a mechanism
    of a user's own, they are played one after the other, so that the fault becomes that run's row. Any other fault is
    the ensemble's own and is not covered up.
    """
    import pyarrow as pa

    from model import OWN_FAILURES, Ensemble, InputFault, kept_lanes, world_of

    if chunk.beside:
        return _play_beside(chunk)
    series: dict[str, list[pa.Table]] = {table: [] for table in chunk.kept_series}
    keep = [r for r in chunk.replicates if r < chunk.n_series] if series else []
    try:
        ensemble = Ensemble(
            chunk.scenario,
            chunk.root_seed,
            chunk.replicates,
            dict(chunk.settings),
            keep,
            world=world_of(chunk.world),
            by_run=chunk.by_run,
        )
        runs = []
        for _, world in ensemble.worlds():
            summary = {str(name): column for name, column in world.run().summary().items()}
            runs.append(_table(chunk, summary | run_columns(world)))
            for lane in kept_lanes(world):
                for name, frame in world.recorder.of_lane(lane).tables().items():
                    if name in series:
                        series[name].append(_with_front(chunk, int(world.replicates[lane]), frame))
            world.let_go()
            del world  # so that it is freed before the next one is made
    except OWN_FAILURES as error:
        if chunk.world is None and not isinstance(error, ArithmeticError | InputFault):
            raise
        return play_mesa(chunk)
    kept = {name: pa.concat_tables(tables) for name, tables in series.items() if tables}
    return Played(pa.concat_tables(runs, promote_options="default"), kept)


def _play_beside(chunk: Chunk) -> Played:
    """Play a chunk and those beside it in one world, each run with the bits that it has alone."""
    from model import BY_LANE, OWN_FAILURES, Ensemble

    parts = chunk.parts
    shared = {name: value for name, value in chunk.settings.items() if name not in BY_LANE}
    own = {
        name: [part.settings[name] for part in parts for _ in part.replicates]
        for name in chunk.settings
        if name in BY_LANE
    }
    replicates = [number for part in parts for number in part.replicates]
    try:
        ensemble = Ensemble(chunk.scenario, chunk.root_seed, replicates, shared, lanes=len(replicates), by_run=own)
        [(_, world)] = ensemble.worlds()
        summary = {str(name): np.asarray(column) for name, column in world.run().summary().items()} | run_columns(world)
        world.let_go()
    except OWN_FAILURES:
        # Whose fault it is is found by playing each of them alone.
        first, *others = (play_ensemble(part) for part in parts)
        return dataclasses.replace(first, beside=tuple(others))
    rows = len(summary["replicate"]) // len(parts)
    tables = [
        _table(part, {name: column[k * rows : (k + 1) * rows] for name, column in summary.items()})
        for k, part in enumerate(parts)
    ]
    return Played(tables[0], beside=tuple(Played(table) for table in tables[1:]))


def _table(chunk: Chunk, summary: dict[str, Any]) -> pa.Table:
    """The rows of a block of runs, given by column, each run with its own digest, keys in front."""
    import pyarrow as pa

    replicates = np.asarray(summary.pop("replicate")).tolist()
    table = plain(pa.table({name: pa.array(values, from_pandas=True) for name, values in summary.items()}))
    told = {name: table[name].to_pylist() for name in table.column_names}
    n_dyads = len(set(told["dyad"]))  # rows that a run has
    digests = [
        digest_of({name: values[first : first + n_dyads] for name, values in told.items()})
        for first in range(0, len(table), n_dyads)
    ]
    keys: dict[str, Any] = {"design_point": chunk.design_point, **chunk.columns}
    columns = {name: pa.array([value] * len(table)) for name, value in keys.items()}
    columns |= {"replicate": pa.array(replicates)}
    columns |= {
        name: pa.array([value] * len(table)) for name, value in (("status", "ok"), ("stage", ""), ("message", ""))
    }
    columns |= {"digest": pa.array([digest for digest in digests for _ in range(n_dyads)])}
    columns |= {kept_as(name, chunk.columns): table[name] for name in table.column_names}
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


def play_mesa(chunk: Chunk) -> Played:
    """Run the replicates of a chunk one after the other, each a Mesa model; failures become rows."""
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

    from model import OWN_FAILURES, NegotiationModel, world_of

    stage = "build"
    try:
        settings: dict[str, Any] = {"narrate": False, **chunk.settings_of(replicate)}
        kind = world_of(chunk.world)
        model = NegotiationModel(chunk.scenario, chunk.root_seed, replicate, world_type=kind, **settings)
        stage = "run"
        model.run()
        stage = "summary"
        summary = model.summary()
        for name, column in run_columns(model.world).items():
            summary[name] = column
        table = pa.Table.from_pandas(summary, preserve_index=False)
        how = {"status": "ok", "stage": "", "message": "", "digest": digest_of(table.to_pydict())}
    except OWN_FAILURES as error:
        if is_want_of_memory(error):  # the machine's doing, and no outcome of this run
            raise
        return failed_run(chunk, replicate, stage, error), None
    return with_keys(chunk, replicate, how, table), model


def is_want_of_memory(error: BaseException | None) -> bool:
    """Whether there was not enough memory: for an array, for the system, or to load a library that is first used now.

    The loader of libraries says so in words alone (glibc, musl).
    """
    if isinstance(error, ImportError):
        return any(words in str(error) for words in ("failed to map segment", "llocate memory", "out of memory"))
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def run_columns(world: World) -> dict[str, Any]:
    """What is kept of runs beside the model's summary, row by row: first treaties, temptations, other definitions."""
    from experiments.statistics.definitions import definition_columns
    from model import COMPETING_END, QUARTERS_PER_YEAR, last_games

    in_force = np.reshape(world.recorder.series("dyad", "treaty") > 0, (world.n_lanes, -1, len(world.recorder.frames)))
    until = world.state.first_end
    seen = np.where(in_force.any(axis=-1), in_force.argmax(axis=-1), -1)
    first = np.where((seen >= 0) & (until >= 0), np.minimum(seen, until), np.maximum(seen, until))
    columns: dict[str, Any] = {
        "treaty_from": first.reshape(-1),
        "treaty_until": until.reshape(-1),
        "treaty_end": [COMPETING_END[code] for code in world.state.first_end_cause.reshape(-1).tolist()],
    }
    flows, package = last_games(world)
    gain = QUARTERS_PER_YEAR * (flows[..., :3] - flows[..., 3:])
    for side, (tempted, suffers) in enumerate((GAME[:2], GAME[2:])):
        honoured, alone, deserted = (gain[:, :, side, k] for k in range(3))
        for name, value in ((tempted, alone - honoured), (suffers, honoured - deserted)):
            columns[name] = np.where(package > 0, value, np.nan).reshape(-1)
    for name, values in definition_columns(world.recorder.measured).items():
        columns[name] = np.asarray(values).reshape(-1)
    return columns | issue_columns(world)


def issue_columns(world: World) -> dict[str, Any]:
    """By issue and side, row by row: duty cuts that treaties agree, markets that they open, recognition at the end."""
    n_quarters = len(world.recorder.frames)
    packages = np.reshape(world.recorder.series("dyad", "package"), (world.n_lanes, -1, n_quarters)).astype(np.int64)
    columns = {name: np.zeros(packages.shape[:2]) for name in AGREED}
    recognised, alone = world.state.standards.recognised > 0, world.state.recognises > 0
    columns |= {name: np.zeros(packages.shape[:2], dtype=np.bool_) for name in (*LETS_IN, *RECOGNISES)}
    for d, pair in enumerate(world.parties.dyads):
        for side, (own, partner) in enumerate((pair, pair[::-1])):
            menu = world.agenda.menus[d]
            positions = menu.duty_at[packages[:, d], side]
            columns[LETS_IN[side]][:, d] = (menu.access_at[packages[:, d], side] > 0).any(axis=-1)
            cuts = world.economy.cuts[0, own, partner][positions]
            # From the first quarter to the last, so that one run and many give the same bits.
            for quarter in range(n_quarters):
                columns[AGREED[side]][:, d] += cuts[:, quarter] / n_quarters
            for name, found in zip(RECOGNISES[side::2], (recognised, alone), strict=True):
                columns[name][:, d] = found[:, own, partner]
    return {name: values.reshape(-1) for name, values in columns.items()}


ENGINES: Final[dict[str, Callable[[Chunk], Played]]] = {"ensemble": play_ensemble, "mesa": play_mesa}


def run_chunk(chunk: Chunk) -> Played:
    """Play a chunk on its engine, with the files of a user's own that it needs loaded and unchanged."""
    if chunk.tactics is not None:
        from model import load_tactics

        load_tactics(chunk.tactics.path, chunk.tactics.sha256)
    if chunk.world is not None:
        from model import world_of

        world_of(chunk.world)
    from model import using_arithmetic

    with using_arithmetic(chunk.arithmetic):
        return ENGINES[chunk.engine](chunk)
