"""A question to the model as design points, each to be run with the same replicates.

The design points of a plan are its design, once in each block (say, with and without linkage), and whatever
else its contrasts need. A design is the factorial of the factors' levels, or rows of levels that ``sampling.py``
drew or a table gave. Every design point has the same root seed, and replicate r has the same luck at each of
them (common random numbers), so that two points are compared replicate by replicate.

Plans are written in TOML files; ``plan_file.py`` reads and checks them.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from model import InputFault, make_parameters

if TYPE_CHECKING:
    from pathlib import Path

    from model import TacticFile, WorldFile

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
class Plan:
    """A checked plan: what it asks, and the design points that answer it.

    ``rows`` are the levels of every design point within a block where the design is not the factorial; the
    points themselves follow. With a ``precision`` target ``replicates`` is the most that may be run. ``arms`` are the
    names of the rows of a list or a table, where they have names; all are compared with each of ``references``. ``ids``
    are what somebody knows the rows by, which goes into the results as it is.
    """

    name: str
    title: str
    question: str
    hypothesis: str
    scenario: str
    replicates: int
    root_seed: int
    settings: Mapping[str, Value]
    factors: tuple[Factor, ...]
    blocks: tuple[Block, ...]
    contrasts: tuple[Contrast, ...]
    text: str
    design: str = FACTORIAL
    rows: tuple[Mapping[str, Value], ...] = ()
    outputs: Outputs = Outputs()
    precision: Precision | None = None
    arms: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    tactics: TacticFile | None = None
    world: WorldFile | None = None
    # Where things lie does not tell plans apart: what the scenario is loaded by, its name or a path; a table of points.
    start: str = dataclasses.field(default="", compare=False)
    table: Path | None = dataclasses.field(default=None, compare=False)
    ids: tuple[str | int, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    # What is told of the runs; empty: all dyads, the usual outcomes.
    dyads: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    assumed: Assumed | None = None
    # What scenarios beside the first one are loaded by; a file of the sample.
    starts: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)
    sample: Path | None = dataclasses.field(default=None, compare=False)
    points: tuple[DesignPoint, ...] = dataclasses.field(init=False)
    # For each contrast the indices of its two design points, treated and control.
    contrast_points: tuple[tuple[int, int], ...] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", self.start or self.scenario)
        rows = self.rows if self.design != FACTORIAL else combinations(self.factors)
        base = {SCENARIO: self.scenario, **self.settings}
        points = design_points(base, self.factors, self.blocks, rows, self.arms, self.ids)
        pairs = add_contrast_points(points, base, self.factors, self.blocks, self.contrasts)
        points += [
            dataclasses.replace(
                point, index=len(points) * (row + 1) + point.index, levels={}, settings={**assumed, **point.settings},
                sample=row, id=None,
            )
            for row, assumed in enumerate(self.assumed.rows if self.assumed else ())
            for point in points
        ]  # fmt: skip
        object.__setattr__(self, "points", tuple(points))
        object.__setattr__(self, "contrast_points", pairs)

    @property
    def cells(self) -> tuple[DesignPoint, ...]:
        """The design points of the design itself, block by block; in a factorial the last factor varies fastest."""
        return tuple(point for point in self.points if point.is_cell)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of all scenarios that points start from, the plan's own first."""
        return tuple(dict.fromkeys([self.scenario, *(point.scenario for point in self.points)]))

    def start_of(self, scenario: str) -> str:
        """What a scenario of the plan is loaded by."""
        return self.start if scenario == self.scenario else self.starts.get(scenario, scenario)

    def under(self, row: int, point: int) -> int:
        """The index of a point of the design, or of a contrast, as it is played under a row of the sample."""
        return point + (row + 1) * self.n_base

    @property
    def n_base(self) -> int:
        """How many points there are without those under a sample of assumptions."""
        return len(self.points) // (1 + len(self.assumed.rows if self.assumed else ()))

    def replicates_of(self, point: DesignPoint) -> int:
        """How many replicates a point has, or may have with a target of precision."""
        return self.replicates if point.sample < 0 or self.assumed is None else self.assumed.replicates

    @property
    def shown(self) -> tuple[Factor, ...]:
        """What tells the cells apart in tables and figures: arms by their names, other cells by their levels.

        Nothing in sampled designs, where every point has levels of its own.
        """
        if self.design in SAMPLED:
            return ()
        return (Factor(ARM, self.arms, ARM, self.arms),) if self.arms else self.factors

    def asks_any(self, *names: str) -> bool:
        """Whether the plan asks for one of these outcomes; one that names none asks for all."""
        return not self.outcomes or any(name in self.outcomes for name in names)

    @property
    def n_runs(self) -> int:
        """How many runs the plan takes."""
        return sum(self.replicates_of(point) for point in self.points)

    def with_tactics(self, file: TacticFile | None) -> Plan:
        """The same plan with a loaded file of tactics; it belongs to what identifies the runs."""
        return dataclasses.replace(self, tactics=file)

    def with_world(self, file: WorldFile | None) -> Plan:
        """The same plan with a mechanism of one's own from a loaded file; it belongs to what identifies the runs."""
        return dataclasses.replace(self, world=file)

    def with_replicates(self, replicates: int) -> Plan:
        """The same plan with another number of replicates; the ones they share are the same runs.

        A number that somebody asks for takes the place of a precision target.
        """
        if fault := replicates_fault(replicates):
            raise InputFault([fault], f"plan {self.name}")
        own = self.assumed
        fewer = own and dataclasses.replace(own, replicates=min(own.replicates, replicates))
        return dataclasses.replace(self, replicates=replicates, precision=None, assumed=fewer)


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


def replicates_fault(came: object) -> str:
    """What is wrong with a number of replicates, or an empty string."""
    if isinstance(came, int) and not isinstance(came, bool) and 1 <= came <= MAX_REPLICATES:
        return ""
    return f"replicates = {came!r}: allowed is a whole number from 1 to {MAX_REPLICATES}"
