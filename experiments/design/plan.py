"""A question to the model as design points, each to be run with the same replicates.

The design points of a plan are its design, once in each block (say, with and without linkage), and whatever
else its contrasts need. A design is the factorial of the factors' levels, or rows of levels that ``sampling.py``
drew or a table gave. Every design point has the same root seed, and replicate r has the same luck at each of
them (common random numbers), so that two points are compared replicate by replicate.

Plans are written in TOML files; ``plan_file.py`` reads and checks them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from experiments.design.parts import (
    ARM,
    BLOCK,
    DESIGNS,
    FACTORIAL,
    ID,
    MAX_POINTS,
    MAX_REPLICATES,
    SAMPLE,
    SAMPLED,
    SCENARIO,
    SERIES,
    Assumed,
    Block,
    ByRun,
    Contrast,
    DesignPoint,
    Factor,
    Interaction,
    Outputs,
    Precision,
    Value,
    add_contrast_points,
    combinations,
    design_points,
    twice,
)
from model import InputFault

if TYPE_CHECKING:
    from pathlib import Path

    from model import TacticFile, WorldFile

__all__ = [
    "ARM",
    "BLOCK",
    "DESIGNS",
    "FACTORIAL",
    "ID",
    "MAX_POINTS",
    "MAX_REPLICATES",
    "SAMPLE",
    "SAMPLED",
    "SCENARIO",
    "SERIES",
    "Assumed",
    "Block",
    "ByRun",
    "Contrast",
    "DesignPoint",
    "Factor",
    "Interaction",
    "Outputs",
    "Plan",
    "Precision",
    "Value",
    "add_contrast_points",
    "combinations",
    "design_points",
    "replicates_fault",
    "twice",
]


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
    outputs: Outputs = dataclasses.field(default_factory=Outputs)
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
    # In sampled designs: by parameter what every point is played with a first and a second time.
    difference: Mapping[str, tuple[Value, Value]] = dataclasses.field(default_factory=dict)
    # What scenarios beside the first one are loaded by; a file of the sample.
    starts: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)
    sample: Path | None = dataclasses.field(default=None, compare=False)
    # Settings that every run of the one design point has of its own.
    by_run: ByRun | None = None
    points: tuple[DesignPoint, ...] = dataclasses.field(init=False)
    # For each contrast the indices of its two design points, treated and control.
    contrast_points: tuple[tuple[int, int], ...] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", self.start or self.scenario)
        rows = self.rows if self.design != FACTORIAL else combinations(self.factors)
        base = {SCENARIO: self.scenario, **self.settings}
        points = design_points(base, self.factors, self.blocks, rows, self.arms, self.ids)
        points = twice(points, self.difference)
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

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """With a ``difference``: the indices of the second and the first playing of every point of the design."""
        n = len(self.cells)
        return tuple((n + k, k) for k in range(n)) if self.difference else ()

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

    def with_rows(self, rows: int) -> Plan:
        """The same plan with only the first rows of its sample of assumptions, at 0 without one.

        Raises:
            InputFault: the plan has no sample, or fewer rows.
        """
        there = len(self.assumed.rows) if self.assumed else 0
        if not 0 <= rows <= there:
            allowed = f"a whole number from 0 to {there}" if there else "0, as the plan has no [assumptions]"
            raise InputFault([f"rows = {rows}: allowed is {allowed}"], f"plan {self.name}")
        if self.assumed is None or rows == there:
            return self
        if rows == 0:
            return dataclasses.replace(self, assumed=None)
        kept = self.assumed.weights[:rows]
        weights = tuple(weight / sum(kept) for weight in kept)
        return dataclasses.replace(
            self, assumed=dataclasses.replace(self.assumed, rows=self.assumed.rows[:rows], weights=weights)
        )


def replicates_fault(came: object) -> str:
    """What is wrong with a number of replicates, or an empty string."""
    if isinstance(came, int) and not isinstance(came, bool) and 1 <= came <= MAX_REPLICATES:
        return ""
    return f"replicates = {came!r}: allowed is a whole number from 1 to {MAX_REPLICATES}"
