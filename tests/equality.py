"""A world of many lanes beside models of one: every column of every quarter, and the summary, to the last bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from model.ensemble import Ensemble
from model.negotiation import NegotiationModel
from model.numerics import same_bits
from model.record.dictionary import COLUMNS
from model.record.recorder import Recorder
from model.world import World

ROOT_SEED = 20260928


def lane_world(
    scenario: str,
    replicates: Iterable[int],
    parameters: Mapping[str, Any] | None = None,
    n_quarters: int | None = None,
    lanes: int = 1024,
) -> list[World]:
    """The blocks of an ensemble that keeps everything, played to the end."""
    numbers = list(replicates)
    ensemble = Ensemble(
        scenario, ROOT_SEED, numbers, parameters or {}, keep=numbers, lanes=lanes, n_quarters=n_quarters
    )
    return [world.run() for _, world in ensemble.worlds()]


def mesa_world(
    scenario: str, replicate: int, parameters: Mapping[str, Any] | None = None, n_quarters: int | None = None
) -> NegotiationModel:
    """The same run as a model of one lane, with Mesa's agents."""
    world = NegotiationModel(scenario, ROOT_SEED, replicate, narrate=False, **(parameters or {}))
    for _ in range(world.n_quarters if n_quarters is None else n_quarters):
        world.step()
    return world


def differences(one: Recorder, other: Recorder) -> list[str]:
    """Columns and quarters that differ by any bit, the earliest first."""
    if len(one.frames) != len(other.frames):
        return [f"{len(one.frames)} quarters against {len(other.frames)}"]
    return [
        f"quarter {t}: {table}.{column}"
        for t, (mine, theirs) in enumerate(zip(one.frames, other.frames, strict=True))
        for table, columns in COLUMNS.items()
        for column in columns
        if not same_bits(mine[table][column], theirs[table][column])
    ]


def faults(
    scenario: str,
    replicates: Iterable[int],
    parameters: Mapping[str, Any] | None = None,
    n_quarters: int | None = None,
    alone: Iterable[int] | None = None,
) -> list[str]:
    """Everything in which many lanes and one differ for these replicates.

    alone: those that are played alone too, by default all.
    """
    numbers = list(replicates)
    compared = set(numbers if alone is None else alone)
    (lanes,) = lane_world(scenario, numbers, parameters, n_quarters)
    summary, found = lanes.summary(), []
    for lane, replicate in enumerate(numbers):
        if replicate not in compared:
            continue
        world = mesa_world(scenario, replicate, parameters, n_quarters)
        found += [f"replicate {replicate}, {x}" for x in differences(world.recorder, lanes.recorder.of_lane(lane))]
        mine = summary[summary["replicate"] == replicate].drop(columns="replicate").reset_index(drop=True)
        theirs = world.summary()
        found += [
            f"replicate {replicate}, summary {column}"
            for column in theirs
            if mine[column].dtype != theirs[column].dtype
            or not np.array_equal(mine[column].to_numpy(), theirs[column].to_numpy())
        ]
    return found
