"""All chance of a run: root seed + replicate + stream name -> arrays, drawn before the first quarter.

Every stream has its own generator, ``SeedSequence(root_seed, spawn_key=(replicate, code))``. Shapes depend on the
horizon, the parties and the roster only, never on a parameter, and a number is drawn whether it is used or not. So a
replicate has the same luck at every design point (common random numbers), a new stream disturbs no other, any replicate
can be re-run alone, and a longer horizon leaves the earlier quarters as they were (quarters are the first axis).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISeedSequence

from model.vocabulary import N_ISSUES, N_SIDES, THREE, Parties

#: Python writes no number of more than 4,300 digits, and results keep theirs; entropy has 39.
HIGHEST_ROOT_SEED: Final = 10**100 - 1
SEEDS: Final = "a whole number from 0 of at most 100 digits"

#: Replicates whose luck is kept for the next world, which in a sweep has another design point and the same luck: up to
#: so many, about 5 MB. With more it costs little beside the world.
KEPT_LANES: Final = 64

Law = Literal["normal", "uniform", "exponential"]


@dataclass(frozen=True)
class Stream:
    """One named source of chance: its permanent code, its law and the axes of one quarter's numbers."""

    code: int
    law: Law
    shape: tuple[str, ...]
    use: str


# A code is permanent: renumbering one would change that stream's luck in every published run.
STREAMS: Final[dict[str, Stream]] = {
    "tension_shock": Stream(1, "normal", ("dyads",), "quarterly shock of latent tension"),
    "tension_jump": Stream(2, "uniform", ("dyads",), "whether tension jumps"),
    "tension_jump_size": Stream(3, "exponential", ("dyads",), "size of a jump, in means"),
    "own_error": Stream(4, "normal", ("dyads", "sides", "issues"), "a side's error about its own gain"),
    "partner_error": Stream(5, "normal", ("dyads", "sides", "issues"), "a side's error about its partner's gain"),
    "first_proposer": Stream(6, "uniform", ("dyads",), "who tables first in a session"),
    "ratification": Stream(7, "normal", ("dyads", "sides"), "mood of a legislature"),
    "conduct": Stream(8, "uniform", ("dyads", "sides"), "what a side sees of its partner's conduct"),
    "generosity": Stream(9, "uniform", ("dyads", "sides"), "whether a bad signal is forgiven"),
    "exit": Stream(10, "uniform", ("dyads", "sides"), "whether a successor repudiates"),
    "opening": Stream(11, "uniform", ("blocs", "blocs"), "whether a duty case opens (importer, exporter)"),
    "emergency": Stream(12, "uniform", ("blocs", "blocs"), "emergency duty (importer, exporter)"),
    "answer": Stream(13, "uniform", ("blocs", "blocs"), "whether a rise is answered (answering bloc, riser)"),
    "recognition": Stream(14, "uniform", ("blocs", "blocs"), "unilateral recognition (importer, exporter)"),
    "plant": Stream(15, "uniform", ("automakers", "blocs"), "whether a plant is started"),
    "gesture": Stream(16, "uniform", ("dyads", "sides"), "whether a side makes a gesture"),
    "new_weight": Stream(17, "normal", ("blocs",), "a new executive's weight on home profits"),
    "new_threshold": Stream(18, "normal", ("blocs",), "what a new legislature asks of a treaty"),
    "new_prior": Stream(19, "normal", ("blocs", "blocs"), "a new government's view of a partner (observer, observed)"),
    "club_ratification": Stream(25, "normal", ("blocs",), "mood of a legislature towards a club"),
    "club_exit": Stream(26, "uniform", ("blocs",), "whether a successor takes a bloc out of a club"),
    "entry": Stream(27, "uniform", ("dyads",), "how long what was signed waits to enter into force"),
    "announcement": Stream(31, "uniform", ("blocs",), "whether a zero-emission path is announced"),
    "cost_luck": Stream(32, "normal", (), "luck in the cost of battery cells, common to all makers"),
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
    gesture: npt.NDArray[np.float64]
    new_weight: npt.NDArray[np.float64]
    new_threshold: npt.NDArray[np.float64]
    new_prior: npt.NDArray[np.float64]
    club_ratification: npt.NDArray[np.float64]
    club_exit: npt.NDArray[np.float64]
    entry: npt.NDArray[np.float64]
    announcement: npt.NDArray[np.float64]
    cost_luck: npt.NDArray[np.float64]


def draw_stream(
    name: str, root_seed: int, replicate: int, n_quarters: int, n_automakers: int, parties: Parties = THREE
) -> npt.NDArray[np.float64]:
    """The numbers of one stream for one replicate: shape (n_quarters, *stream shape)."""
    stream = STREAMS[name]
    seed = np.random.SeedSequence(root_seed, spawn_key=(replicate, stream.code))
    numbers = np.empty(_shape(stream, n_quarters, n_automakers, parties))
    _fill(stream.law, seed, numbers)
    return numbers


def _shape(stream: Stream, n_quarters: int, n_automakers: int, parties: Parties) -> tuple[int, ...]:
    sizes = {"blocs": parties.n_blocs, "dyads": parties.n_dyads, "automakers": n_automakers}
    sizes |= {"sides": N_SIDES, "issues": N_ISSUES}
    return (n_quarters, *(sizes[axis] for axis in stream.shape))


def _fill(law: Law, seed: ISeedSequence, numbers: npt.NDArray[np.float64]) -> None:
    """Write a fresh generator's numbers into a contiguous array."""
    generator = np.random.Generator(np.random.PCG64(seed))  # type: ignore[arg-type]
    if law == "normal":
        generator.standard_normal(out=numbers)
    elif law == "exponential":
        generator.standard_exponential(out=numbers)
    else:
        generator.random(out=numbers)


def draw(root_seed: int, replicate: int, n_quarters: int, n_automakers: int, parties: Parties = THREE) -> Draws:
    """Everything that is left to chance in one run.

    ``root_seed`` and ``replicate`` are non-negative integers; the pair is the run's address. One extra quarter is
    drawn in front: quarter -1 sets the persistent errors and moods that a run starts with.
    """
    names = [field.name for field in fields(Draws)]
    address = (root_seed, replicate, n_quarters + 1, n_automakers, parties)
    return Draws(**{name: draw_stream(name, *address) for name in names})


def draw_lanes(
    root_seed: int, replicates: Iterable[int], n_quarters: int, n_automakers: int, parties: Parties = THREE
) -> Draws:
    """The luck of many replicates, shape (quarters + 1, R, *stream shape), replicates fastest in memory.

    A replicate's numbers are those that ``draw`` gives it alone; one that comes again has them again.
    """
    numbers = tuple(int(replicate) for replicate in replicates)
    place = {number: k for k, number in enumerate(dict.fromkeys(numbers))}
    if len(place) < len(numbers):
        once, lanes = draw_lanes(root_seed, place, n_quarters, n_automakers, parties), [place[one] for one in numbers]
        whole = {
            field.name: np.moveaxis(getattr(once, field.name), 1, -1).take(lanes, axis=-1) for field in fields(Draws)
        }
        return Draws(**{name: np.moveaxis(values, -1, 1) for name, values in whole.items()})
    if len(numbers) > KEPT_LANES:
        return _drawn(root_seed, numbers, n_quarters, n_automakers, parties)
    # A copy, which may be written into: it takes a twentieth of the time that drawing does (16 replicates).
    kept = _drawn_last(root_seed, numbers, n_quarters, n_automakers, parties)
    return Draws(**{field.name: getattr(kept, field.name).copy(order="K") for field in fields(Draws)})


def _drawn(root_seed: int, numbers: tuple[int, ...], n_quarters: int, n_automakers: int, parties: Parties) -> Draws:
    if len(numbers) == 1:  # hashing many addresses at once pays from two on
        alone = draw(root_seed, numbers[0], n_quarters, n_automakers, parties)
        return Draws(**{field.name: getattr(alone, field.name)[:, None] for field in fields(Draws)})
    streams = {}
    for name in (field.name for field in fields(Draws)):
        stream = STREAMS[name]
        luck = np.empty((len(numbers), *_shape(stream, n_quarters + 1, n_automakers, parties)))
        for row, seed in zip(luck, seeds(root_seed, list(numbers), stream.code), strict=True):
            _fill(stream.law, seed, row)
        # One transposition a stream: quarters first, then entities, then replicates side by side.
        ordered = np.ascontiguousarray(luck.reshape(len(numbers), -1).T).reshape(*luck.shape[1:], len(numbers))
        streams[name] = np.moveaxis(ordered, -1, 1)
    return Draws(**streams)


_drawn_last = functools.lru_cache(maxsize=1)(_drawn)


# --- many addresses hashed at once ------------------------------------------------------------------------------------

# NumPy promises that a SeedSequence never changes; these are its constants (O'Neill 2015, "Developing a seed_seq
# alternative"). Hashing one address takes NumPy longer than drawing all of a stream's numbers.
_POOL_WORDS: Final = 4
_STATE_WORDS: Final = 8  # 32-bit words in the state of a PCG64
_WORD: Final = 2**32
_FIRST_A, _TIMES_A = 0x43B0D7E5, 0x931E8875
_FIRST_B, _TIMES_B = 0x8B51F9DD, 0x58F38DED
_LEFT, _RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
_HALF: Final = np.uint32(16)

Words = npt.NDArray[np.uint32]


class _Hashed(ISeedSequence):
    """A seed whose words are known already."""

    def __init__(self, words: npt.NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: npt.DTypeLike = np.uint32) -> npt.NDArray[np.uint64]:
        if (n_words, dtype) != (self._words.size, np.uint64):
            raise ValueError(f"a hashed address seeds a PCG64 only: {n_words} words of {dtype} were asked for")
        return self._words


def seeds(root_seed: int, replicates: list[int], code: int) -> Sequence[ISeedSequence]:
    """``SeedSequence(root_seed, spawn_key=(replicate, code))`` of every replicate, for PCG64, hashed together."""
    if max(replicates) >= _WORD:
        return [np.random.SeedSequence(root_seed, spawn_key=(replicate, code)) for replicate in replicates]
    root = [root_seed >> shift & (_WORD - 1) for shift in range(0, max(root_seed.bit_length(), 1), 32)]
    root += [0] * (_POOL_WORDS - len(root))
    row = np.array(replicates, dtype=np.uint32)
    entropy: list[Words] = [np.full_like(row, word) for word in root]
    return [_Hashed(words) for words in _state([*entropy, row, np.full_like(row, code)])]


def _state(entropy: list[Words]) -> npt.NDArray[np.uint64]:
    """(R, 4) seeds of PCG64; entropy: the words of every address, (R,) each."""
    factors = _factors(_FIRST_A, _TIMES_A)
    pool = [_hashed(word, factors) for word in entropy[:_POOL_WORDS]]
    for source in range(_POOL_WORDS):
        for target in range(_POOL_WORDS):
            if source != target:
                pool[target] = _mixed(pool[target], _hashed(pool[source], factors))
    for word in entropy[_POOL_WORDS:]:
        pool = [_mixed(place, _hashed(word, factors)) for place in pool]
    factors = _factors(_FIRST_B, _TIMES_B)
    words = [_hashed(pool[k % _POOL_WORDS], factors) for k in range(_STATE_WORDS)]
    low, high = np.stack(words[::2], axis=-1).astype(np.uint64), np.stack(words[1::2], axis=-1).astype(np.uint64)
    return low | high << np.uint64(32)


def _factors(first: int, times: int) -> Iterator[tuple[np.uint32, np.uint32]]:
    """Pairs of neighbours in a sequence of factors, each ``times`` the last."""
    while True:
        later = first * times % _WORD
        yield np.uint32(first), np.uint32(later)
        first = later


def _hashed(word: Words, factors: Iterator[tuple[np.uint32, np.uint32]]) -> Words:
    before, after = next(factors)
    word = (word ^ before) * after
    return word ^ word >> _HALF


def _mixed(x: Words, y: Words) -> Words:
    both = _LEFT * x - _RIGHT * y
    return both ^ both >> _HALF
