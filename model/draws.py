"""All chance of a run: root seed + replicate + stream name -> arrays, drawn before the first quarter.

Every stream has its own generator, ``SeedSequence(root_seed, spawn_key=(replicate, code))``. Shapes depend on the
horizon and the roster only, never on a parameter, and a number is drawn whether it is used or not. So a replicate has
the same luck at every design point (common random numbers), a new stream disturbs no other, any replicate can be
re-run alone, and a longer horizon leaves the earlier quarters as they were (quarters are the first axis).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from model.vocabulary import N_BLOCS, N_DYADS, N_ISSUES, N_SIDES

Law = Literal["normal", "uniform", "exponential"]


@dataclass(frozen=True)
class Stream:
    """One named source of chance: its permanent code, its law and the shape of one quarter's numbers."""

    code: int
    law: Law
    shape: tuple[int | str, ...]
    use: str


# A code is permanent: renumbering one would change that stream's luck in every published run.
STREAMS: Final[dict[str, Stream]] = {
    "tension_shock": Stream(1, "normal", (N_DYADS,), "quarterly shock of latent tension"),
    "tension_jump": Stream(2, "uniform", (N_DYADS,), "whether tension jumps"),
    "tension_jump_size": Stream(3, "exponential", (N_DYADS,), "size of a jump, in means"),
    "own_error": Stream(4, "normal", (N_DYADS, N_SIDES, N_ISSUES), "a side's error about its own gain"),
    "partner_error": Stream(5, "normal", (N_DYADS, N_SIDES, N_ISSUES), "a side's error about its partner's gain"),
    "first_proposer": Stream(6, "uniform", (N_DYADS,), "who tables first in a session"),
    "ratification": Stream(7, "normal", (N_DYADS, N_SIDES), "mood of a legislature"),
    "conduct": Stream(8, "uniform", (N_DYADS, N_SIDES), "what a side sees of its partner's conduct"),
    "generosity": Stream(9, "uniform", (N_DYADS, N_SIDES), "whether a bad signal is forgiven"),
    "exit": Stream(10, "uniform", (N_DYADS, N_SIDES), "whether a successor repudiates"),
    "opening": Stream(11, "uniform", (N_BLOCS, N_BLOCS), "whether a duty case opens (importer, exporter)"),
    "emergency": Stream(12, "uniform", (N_BLOCS, N_BLOCS), "emergency duty (importer, exporter)"),
    "answer": Stream(13, "uniform", (N_BLOCS, N_BLOCS), "whether a rise is answered (answering bloc, riser)"),
    "recognition": Stream(14, "uniform", (N_BLOCS, N_BLOCS), "unilateral recognition (importer, exporter)"),
    "plant": Stream(15, "uniform", ("automakers", N_BLOCS), "whether a plant is started"),
    "club_ratification": Stream(25, "normal", (N_BLOCS,), "mood of a legislature towards a club"),
    "club_exit": Stream(26, "uniform", (N_BLOCS,), "whether a successor takes a bloc out of a club"),
}


@dataclass(frozen=True)
class Draws:
    """One replicate's luck: an array of shape (quarters, *stream shape) for every stream."""

    tension_shock: npt.NDArray[np.float64]
    tension_jump: npt.NDArray[np.float64]
    tension_jump_size: npt.NDArray[np.float64]
    own_error: npt.NDArray[np.float64]
    partner_error: npt.NDArray[np.float64]
    first_proposer: npt.NDArray[np.float64]
    ratification: npt.NDArray[np.float64]
    conduct: npt.NDArray[np.float64]
    generosity: npt.NDArray[np.float64]
    exit: npt.NDArray[np.float64]
    opening: npt.NDArray[np.float64]
    emergency: npt.NDArray[np.float64]
    answer: npt.NDArray[np.float64]
    recognition: npt.NDArray[np.float64]
    plant: npt.NDArray[np.float64]
    club_ratification: npt.NDArray[np.float64]
    club_exit: npt.NDArray[np.float64]


def draw_stream(
    name: str, root_seed: int, replicate: int, n_quarters: int, n_automakers: int
) -> npt.NDArray[np.float64]:
    """The numbers of one stream for one replicate: shape (n_quarters, *stream shape)."""
    stream = STREAMS[name]
    shape = (n_quarters, *(n_automakers if size == "automakers" else int(size) for size in stream.shape))
    seed = np.random.SeedSequence(root_seed, spawn_key=(replicate, stream.code))
    generator = np.random.Generator(np.random.PCG64(seed))
    if stream.law == "normal":
        return generator.standard_normal(shape)
    if stream.law == "exponential":
        return generator.standard_exponential(shape)
    return generator.random(shape)


def draw(root_seed: int, replicate: int, n_quarters: int, n_automakers: int) -> Draws:
    """Everything that is left to chance in one run.

    ``root_seed`` and ``replicate`` are non-negative integers; the pair is the run's address. One extra quarter is
    drawn in front: quarter -1 sets the persistent errors and moods that a run starts with.
    """
    names = [field.name for field in fields(Draws)]
    return Draws(**{name: draw_stream(name, root_seed, replicate, n_quarters + 1, n_automakers) for name in names})


def draw_lanes(root_seed: int, replicates: Iterable[int], n_quarters: int, n_automakers: int) -> Draws:
    """The luck of many replicates, shape (quarters + 1, R, *stream shape), replicates fastest in memory.

    A replicate's numbers are those that ``draw`` gives it alone.
    """
    numbers = list(replicates)
    streams = {}
    for name in (field.name for field in fields(Draws)):
        luck = np.stack([draw_stream(name, root_seed, int(r), n_quarters + 1, n_automakers) for r in numbers])
        # One transposition a stream: quarters first, then entities, then replicates side by side.
        ordered = np.ascontiguousarray(luck.reshape(len(numbers), -1).T).reshape(*luck.shape[1:], len(numbers))
        streams[name] = np.moveaxis(ordered, -1, 1)
    return Draws(**streams)
