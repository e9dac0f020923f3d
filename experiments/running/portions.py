"""What is still to be played, cut into chunks: some replicates of one design point each, a few seconds' work.

How long a chunk takes is measured where it is played, so that a kill costs a few seconds' work on any machine and
with any mechanism. The size of chunks changes no result (a run is the same alone and among many) and is no part of
what a sweep is: one that goes on has parts of other sizes beside those that are there.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from experiments.design.plan import ARM, ID, SAMPLE, DesignPoint, Plan, Value
from experiments.running.engines import ENGINES, play_ensemble
from experiments.store.columns import Chunk
from model import BY_LANE, arithmetic_in_use

# Of one chunk, in seconds of a processor: what a kill may cost, and long against what a chunk costs whatever its size.
PORTION_SECONDS: Final = 4.0
# Twice the replicates take 1.4 to 1.7 times as long (20 to 500 replicates of the scenario 2026): what a chunk took says
# how many fit into a portion by this power of the ratio, and a little less than that at first.
GROWTH_POWER: Final = 1.5
MOST_GROWTH: Final = 4.0
# Replicates of the first chunk, before anything is measured.
FIRST_REPLICATES: Final = 20
CHUNK_REPLICATES: Final = 5
# Runs of several design points in one world, at most: from here on more of them cost as much as they are.
MOST_TOGETHER: Final = 512
# Who plays a sweep, and replicates in a part at most, however fast they are played.
CHUNKS: Final = {"ensemble": 500, "mesa": CHUNK_REPLICATES}


class Taken(NamedTuple):
    """What came of a chunk, and the seconds of a processor that it took."""

    played: Any
    seconds: float


@dataclasses.dataclass(frozen=True)
class Timed:
    """Plays chunks as ``work`` does and says how long it took, where it was done.

    A process that is forked meanwhile in this thread, by a tactic of a user's own, ends at once: it would play the
    chunk a second time and answer in the name of the first.
    """

    work: Callable[[Chunk], Any]

    def __call__(self, chunk: Chunk) -> Taken:
        """Play a chunk."""
        began = time.thread_time()
        _this_thread.is_playing = True
        try:
            played = self.work(chunk)
        finally:
            _this_thread.is_playing = False
        return Taken(played, time.thread_time() - began)


_this_thread = threading.local()


def _end_twin() -> None:
    if getattr(_this_thread, "is_playing", False):
        os._exit(0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _end_twin())  # noqa: PLW0108 (found by name, when it happens)


class Portions:
    """How many replicates the next chunk of a design point has: a given number, or as many as take a few seconds."""

    def __init__(self, engine: str, fixed: int | None = None) -> None:
        self.fixed, self.most = fixed, CHUNKS.get(engine, CHUNK_REPLICATES)
        # What the last chunk of a design point took: replicates and seconds.
        self._last: dict[int, tuple[int, float]] = {}

    def measured(self, chunk: Chunk, seconds: float) -> None:
        """Take note of how long a chunk took."""
        self._last[chunk.design_point] = (chunk.count, max(seconds, 1e-9))

    def of(self, design_point: int) -> int:
        """Replicates of the next chunk of a design point."""
        if self.fixed is not None:
            return self.fixed
        if not self._last:
            return min(FIRST_REPLICATES, self.most)
        # A point of which nothing is known is taken to be no faster than the slowest that is.
        last = self._last.get(design_point)
        sizes = (self._next(*one) for one in self._last.values()) if last is None else (self._next(*last),)
        return min(sizes)

    def _next(self, count: int, seconds: float) -> int:
        """As many replicates as take a portion, judged by a chunk; not many times as many as it had."""
        growth = (PORTION_SECONDS / seconds) ** GROWTH_POWER
        return max(1, min(self.most, int(count * min(MOST_GROWTH, growth))))


def chunks_of(
    plan: Plan, most: int = CHUNK_REPLICATES, engine: str = "mesa", wanted: Mapping[int, int] | None = None
) -> Iterator[Chunk]:
    """The plan's runs in chunks of ``most`` replicates, the first replicates of every design point first.

    wanted: replicates of each design point, where they differ.
    """
    return missing_chunks(plan, all_of(plan) if wanted is None else wanted, (), lambda _: most, engine)


def all_of(plan: Plan) -> dict[int, int]:
    """Replicates of each design point of a plan."""
    return {point.index: plan.replicates_of(point) for point in plan.points}


def missing_chunks(
    plan: Plan,
    wanted: Mapping[int, int],
    finished: Iterable[Chunk],
    size_of: Callable[[int], int],
    engine: str,
    together: bool = False,
) -> Iterator[Chunk]:
    """What of the wanted replicates of each design point is not among the finished chunks, lowest replicates first.

    size_of: replicates of the next chunk of a design point, asked when that chunk is wanted. together: whether chunks
    of several points that can be played in one world are handed out as one, with others beside it.
    """
    made: dict[int, list[tuple[int, int]]] = {}
    for chunk in finished:
        made.setdefault(chunk.design_point, []).append((chunk.first, chunk.first + chunk.count))
    gaps = _Gaps(plan.points, together and _may_be_together(plan, engine))
    for place, point in enumerate(plan.points):
        at, end = 0, wanted.get(point.index, 0)
        for first, after in [*sorted(made.get(point.index, [])), (end, end)]:
            if at < min(first, end):
                gaps.add((at, place, min(first, end)))
            at = max(at, after)
    while gap := gaps.next():
        first, place, end = gap
        count = min(size_of(plan.points[place].index), end - first)
        is_kept = plan.outputs.series and first < plan.outputs.replicates
        others = [] if is_kept else gaps.beside(gap, count)
        for at, where, until in (gap, *others):
            if at + count < until:
                gaps.add((at + count, where, until))
        whole, *rest = (_chunk(plan, plan.points[where], first, count, engine) for _, where, _ in (gap, *others))
        yield dataclasses.replace(whole, beside=tuple(rest)) if rest else whole


def _may_be_together(plan: Plan, engine: str) -> bool:
    """Whether points may share a world: what a user wrote may ask for parameters as if all runs had the same."""
    return ENGINES.get(engine) is play_ensemble and plan.world is None and plan.tactics is None and not plan.by_run


def _shared(point: DesignPoint) -> tuple[Any, ...]:
    """What all runs of a world have in common."""
    shared = {name: value for name, value in point.settings.items() if name not in BY_LANE}
    return point.scenario, tuple(sorted(shared.items())), tuple(sorted(point.settings.keys() - shared.keys()))


class _Gaps:
    """Replicates (first, place of the point, end) that are missing, lowest first."""

    def __init__(self, points: Sequence[DesignPoint], together: bool) -> None:
        self.heap: list[tuple[int, int, int]] = []
        self.left: set[tuple[int, int, int]] = set()
        self.kind = [_shared(point) for point in points] if together else []
        self.alike: dict[tuple[Any, ...], list[tuple[int, int, int]]] = {}

    def add(self, gap: tuple[int, int, int]) -> None:
        """Put one there."""
        heapq.heappush(self.heap, gap)
        self.left.add(gap)
        if self.kind:
            self.alike.setdefault(self.kind[gap[1]], []).append(gap)

    def next(self) -> tuple[int, int, int] | None:
        """Take the lowest."""
        while self.heap:
            gap = heapq.heappop(self.heap)
            if gap in self.left:
                self.left.remove(gap)
                return gap
        return None

    def beside(self, gap: tuple[int, int, int], count: int) -> list[tuple[int, int, int]]:
        """Take those whose first replicates can be played in a world with as many of this one's."""
        if not self.kind:
            return []
        kind, first = self.kind[gap[1]], gap[0]
        alike = self.alike[kind] = [one for one in self.alike[kind] if one in self.left]
        fitting = (one for one in alike if one[0] == first and one[2] - first >= count)
        found = list(itertools.islice(fitting, max(MOST_TOGETHER // count - 1, 0)))
        self.left.difference_update(found)
        return found


def chunk_at(plan: Plan, engine: str, place: tuple[int, int, int]) -> Chunk | None:
    """The chunk of a design point, a first replicate and a count; none where the plan has no such runs."""
    point, first, count = place
    if point >= len(plan.points) or count < 1 or first + count > plan.replicates_of(plan.points[point]):
        return None
    return _chunk(plan, plan.points[point], first, count, engine)


def _chunk(plan: Plan, point: DesignPoint, first: int, count: int, engine: str) -> Chunk:
    outputs = plan.outputs
    series = outputs.series if outputs.replicates and point.sample < 0 else ()
    return Chunk(
        plan.start_of(point.scenario), plan.root_seed, point.index, point.settings, _columns_of(plan, point), first,
        count, engine, series, outputs.replicates, plan.tactics, plan.world, arithmetic_in_use(),
        plan.by_run.of(first, count) if plan.by_run else {},
    )  # fmt: skip


def _columns_of(plan: Plan, point: DesignPoint) -> dict[str, Value]:
    """What every row of a design point says of it: its block, its arm, its id and the values of the factors."""
    arm: dict[str, Value] = {ARM: point.arm} if plan.arms else {}
    if plan.ids:  # points that only a contrast needs have none, so that the column is one of texts
        known = "" if point.id is None else point.id
        arm[ID] = str(known) if plan.contrasts or plan.assumed else known
    if plan.assumed is not None:
        arm[SAMPLE] = point.sample
    return {"block": point.block, **arm, **{f.name: _one_kind(f.levels, point.value_of(f.name)) for f in plan.factors}}


def _one_kind(levels: Iterable[Value], value: Value) -> Value:
    """A level in a type that all levels of its factor share, because they make one column."""
    kinds = {type(level) for level in levels}
    if kinds <= {int, float} and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if float in kinds else value
    return value if len(kinds) <= 1 or kinds == {int, float} else str(value)
