"""What a plan consists of: factors, blocks, comparisons, a sample of assumptions, and the points made of them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Self

from model import make_parameters

Value = float | int | bool | str

# A plan's points are held in memory, its runs take time; beyond these somebody has slipped by a power of ten.
MAX_POINTS: Final = 100_000
MAX_REPLICATES: Final = 1_000_000

FACTORIAL: Final = "factorial"
DESIGNS: Final = (FACTORIAL, "one_at_a_time", "latin_hypercube", "sobol", "table", "list")
# Designs that fill ranges evenly: they are read by rank correlations, not by comparing levels.
SAMPLED: Final = ("latin_hypercube", "sobol")
# The column of results that names the arm, and the one that says what somebody knows the point by.
ARM: Final = "arm"
ID: Final = "id"
BLOCK: Final = "block"
# What a point is named by which is no parameter: the scenario that it starts from, and the row of a sample.
SCENARIO: Final = "scenario"
SAMPLE: Final = "sample"
# Tables of a run whose full series a plan may keep.
SERIES: Final = ("bloc", "dyad", "directed", "automaker", "supplier")


@dataclasses.dataclass(frozen=True)
class Factor:
    """A parameter that a plan varies: its levels in the order of the file with their names, or its range.

    ``together`` are parameters that always take the same value as this one. ``scale`` says whether a range is
    filled evenly in the value (linear) or in its logarithm (log). ``bundles`` hold what each level sets where levels
    are names of several settings. The levels of the factor ``scenario`` are scenarios.
    """

    name: str
    levels: tuple[Value, ...]
    label: str
    level_labels: tuple[str, ...]
    range: tuple[float, float] | None = None
    scale: str = "linear"
    together: tuple[str, ...] = ()
    bundles: Mapping[str, Mapping[str, Value]] = dataclasses.field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters that the factor sets."""
        if self.bundles:
            return tuple(dict.fromkeys(name for settings in self.bundles.values() for name in settings))
        return (self.name, *self.together)

    def sets(self, level: Value) -> Mapping[str, Value]:
        """What a level sets."""
        if self.bundles:
            return self.bundles[str(level)]
        return dict.fromkeys(self.names, level)

    def index_of(self, level: object) -> int:
        """Where a level stands in the plan. In results, levels of mixed types are stored as text."""
        matching = (k for k, own in enumerate(self.levels) if own == level or str(own) == str(level))
        return next(matching)

    def label_of(self, level: object) -> str:
        """What to call a level on screen and in figures; a value from within a range is shown as it is."""
        if any(own == level or str(own) == str(level) for own in self.levels):
            return self.level_labels[self.index_of(level)]
        return f"{level:.3g}" if isinstance(level, float) else f"{level}"

    def at(self, level: object) -> str:
        """A level with its factor, as after "with" or "averaged over": "tension high", "jumps 0.12"."""
        return f"{self.label} {self.named(level)}"

    def named(self, level: object) -> str:
        """A level inside a sentence; the name of a bundle is somebody's own words, and in quotes."""
        return f"“{self.label_of(level)}”" if self.bundles else self.label_of(level)

    def against(self, level: object, baseline: object) -> str:
        """What a comparison of two levels compares: "dialogue (group against none)"."""
        return f"{self.label} ({self.named(level)} against {self.named(baseline)})"


@dataclasses.dataclass(frozen=True)
class Block:
    """Settings under which the whole factorial is run once."""

    name: str
    settings: Mapping[str, Value]


@dataclasses.dataclass(frozen=True)
class DesignPoint:
    """One setting of the model. ``levels`` is empty for a point that only a contrast needs; ``arm`` is its name.

    ``id`` is what somebody knows the point by, None where a table or list says nothing of it. ``scenario`` is the name
    of the one that it starts from, ``named`` the levels of factors that are no parameters, and ``sample`` the row of a
    sample of assumptions that it is played under, -1 without one.
    """

    index: int
    block: str
    levels: Mapping[str, Value]
    settings: Mapping[str, Value]
    arm: str = ""
    id: str | int | None = None
    scenario: str = ""
    named: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    sample: int = -1

    def value_of(self, factor: str) -> Value:
        """The level of a factor at this point."""
        return self.named[factor] if factor in self.named else self.settings[factor]

    @property
    def is_cell(self) -> bool:
        """Whether the point belongs to the design itself."""
        return bool(self.levels)


@dataclasses.dataclass(frozen=True)
class Contrast:
    """Two settings to be compared replicate by replicate: the outcome of ``treated`` minus ``control``."""

    name: str
    block: str
    treated: Mapping[str, Value]
    control: Mapping[str, Value]


@dataclasses.dataclass(frozen=True)
class Interaction:
    """A question of the kind "does this do more there?": what ``effect`` does at each level of ``where``, compared.

    ``effect`` is the name of a factor, ``where`` that of another factor, or ``block``.
    """

    name: str
    effect: str
    where: str


@dataclasses.dataclass(frozen=True)
class Precision:
    """Replicates until every design point's mean of each outcome has an interval this narrow, within limits.

    ``targets``: outcomes with the half-widths that are wanted, in the unit of the outcome; the number of replicates is
    at least ``least``, at most ``most``. ``dyads``: those whose means count; none named: all.
    """

    targets: tuple[tuple[str, float], ...]
    least: int
    most: int
    dyads: tuple[str, ...] = ()

    @property
    def outcomes(self) -> list[str]:
        """The outcomes that have a target."""
        return [name for name, _ in self.targets]


@dataclasses.dataclass(frozen=True)
class Assumed:
    """A sample of assumptions, under each row of which the whole design is played again.

    rows: parameters by name; weights: how much each row counts, above 0, adding to one; replicates: of every design
    point under every row; left_out: columns that the plan sets itself, which are not taken from the sample.
    """

    rows: tuple[Mapping[str, Value], ...]
    weights: tuple[float, ...]
    replicates: int
    left_out: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Outputs:
    """What is kept beside the summaries: the tables of ``series`` for the first ``replicates`` replicates."""

    replicates: int = 0
    series: tuple[str, ...] = ("dyad", "directed", "bloc")


@dataclasses.dataclass(frozen=True)
class ByRun:
    """Settings that runs of one design point have of their own (``model.BY_LANE``), so that many are played at once.

    Run r has row r // times of ``rows``.
    """

    rows: tuple[Mapping[str, Value], ...]
    times: int

    def of(self, first: int, count: int) -> dict[str, tuple[Value, ...]]:
        """By name the values of some neighbouring runs."""
        rows = [self.rows[run // self.times] for run in range(first, first + count)]
        return {name: tuple(row[name] for row in rows) for name in self.rows[0]}

    def told(self) -> dict[str, Any]:
        """Plain data that ``read`` reads."""
        return {"times": self.times, "values": {name: [row[name] for row in self.rows] for name in self.rows[0]}}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """From what ``told`` says."""
        names, columns = zip(*told["values"].items(), strict=True)
        return cls(tuple(dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)), told["times"])


def combinations(factors: Iterable[Factor]) -> Iterator[dict[str, Value]]:
    """Every combination of the factors' levels, the last factor varying fastest."""
    factors = tuple(factors)
    for levels in itertools.product(*(factor.levels for factor in factors)):
        yield {factor.name: level for factor, level in zip(factors, levels, strict=True)}


def design_points(
    settings: Mapping[str, Value],
    factors: Iterable[Factor],
    blocks: Iterable[Block],
    rows: Iterable[Mapping[str, Value]],
    arms: Sequence[str] = (),
    ids: Sequence[str | int] = (),
) -> list[DesignPoint]:
    """One point for each row of levels in every block; ``arms`` are the rows' names and ``ids`` their ids, if any."""
    known = {factor.name: factor for factor in factors}
    rows = list(rows)
    points: list[DesignPoint] = []
    for block in blocks:
        for number, levels in enumerate(rows):
            whole, named = _whole({**settings, **block.settings}, levels, known)
            arm = arms[number] if arms else ""
            own_id = ids[number] if ids else None
            scenario = str(whole.pop(SCENARIO))
            points.append(DesignPoint(len(points), block.name, levels, whole, arm, own_id, scenario, named))
    return points


def _whole(
    settings: Mapping[str, Value], levels: Mapping[str, Value], factors: Mapping[str, Factor]
) -> tuple[dict[str, Value], dict[str, Value]]:
    """All that a point sets, and the levels of factors that are no parameters."""
    whole, named = dict(settings), {}
    for name, level in levels.items():
        factor = factors.get(name)
        whole |= {name: level} if factor is None else factor.sets(level)
        if factor is not None and (factor.bundles or name == SCENARIO):
            named[name] = level
    return whole, named


def add_contrast_points(
    points: list[DesignPoint],
    settings: Mapping[str, Value],
    factors: Iterable[Factor],
    blocks: Iterable[Block],
    contrasts: Iterable[Contrast],
) -> tuple[tuple[int, int], ...]:
    """The two points of each contrast; one that is not among ``points`` yet is appended to them.

    Two points are the same when every parameter has the same value, however the value was written.
    """
    by_name = {factor.name: factor for factor in factors}
    own = {block.name: block.settings for block in blocks}
    known: dict[tuple[str, str, tuple[Value, ...]], int] = {}
    pairs = []
    for contrast in contrasts:
        if not known:
            known = {(point.block, point.scenario, make_parameters(point.settings).key()): point.index
                     for point in points}  # fmt: skip
        pair = []
        for side in (contrast.treated, contrast.control):
            # What a side says itself comes after what the levels that it names set.
            levels = dict(sorted(side.items(), key=lambda item: item[0] not in by_name))
            whole, named = _whole({**settings, **own[contrast.block]}, levels, by_name)
            scenario = str(whole.pop(SCENARIO))
            key = (contrast.block, scenario, make_parameters(whole).key())
            if key not in known:
                known[key] = len(points)
                points.append(DesignPoint(len(points), contrast.block, {}, whole, scenario=scenario, named=named))
            pair.append(known[key])
        pairs.append((pair[0], pair[1]))
    return tuple(pairs)


def twice(points: list[DesignPoint], difference: Mapping[str, tuple[Value, Value]]) -> list[DesignPoint]:
    """Every point with the first values of a difference, then every point with the second; as they are without one.

    The second playing is no cell of its own: it is told as what it changes.
    """
    if not difference:
        return points
    both: list[DesignPoint] = []
    for number in (0, 1):
        own = {name: values[number] for name, values in difference.items() if name != SCENARIO}
        for point in points:
            levels = {} if number else point.levels
            scenario = str(difference[SCENARIO][number]) if SCENARIO in difference else point.scenario
            whole = {**point.settings, **own}
            both.append(
                dataclasses.replace(point, index=len(both), levels=levels, settings=whole, scenario=scenario, id=None)
            )
    return both
