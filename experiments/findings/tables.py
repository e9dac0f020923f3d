"""The tables that a plan's findings consist of."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import pandas as pd

from experiments.design.plan import Plan

if TYPE_CHECKING:
    pass


# The outcomes that sampled designs are read by, unless a plan names others.
RANKED: Final = ("time_cooperating", "joint_gain")
# What a table of assumptions says of every effect: its spread over a sample of them, and how many give it that sign.
OVER_ASSUMPTIONS: Final = ("median", "q05", "q95", "same_sign")


@dataclasses.dataclass(frozen=True)
class Findings:
    """The tables of a plan's results and what they say in words.

    ``cells``: one row for each cell and dyad: means, rates, their intervals, the ceiling of depth.
    ``effects``: one row for each block, dyad, factor, level and outcome: the paired difference to the first
    level, averaged over the levels of the other factors (one at a time: to the baseline). ``contrasts``: the same
    for the plan's contrasts; ``arms``: for every arm against each arm of reference. ``associations``: in sampled
    designs, rank correlations of factors with outcomes. ``precision``: what a target of precision reached.
    ``blocs``, ``bloc_effects``: gains, EV shares and emissions saved of every bloc, in cells and as paired
    differences. ``tests``: McNemar and log-rank for every pair of design points that is compared. ``definitions``: for
    every dyad, at the reference cell, how often cooperation emerges, is inherited, kept and durable at other shares of
    the gain and over other windows. ``effects``, ``contrasts`` and ``arms`` have the columns of ``OVER_ASSUMPTIONS``
    where a table of them was given, or the plan has a sample of assumptions: then also whether the default lies
    ``outside`` the middle 80 %, and the ``noise`` that replicates leave in a row. Their rows of the joint gain have
    what each side of the dyad has of it (``sides.fields``). ``movers``: rank correlations of assumptions with effects;
    ``assumed_levels``: how levels in cells spread over the sample. ``block_effects``: every
    block against the first. ``interactions``: differences of differences. ``simple_effects``: what each level of a
    factor changes at each level of every other one.
    ``differences``: in a sampled design with a ``difference``, how what it changes spreads over the points.
    """

    plan: Plan
    n_runs: int
    n_failed: int
    cells: pd.DataFrame
    effects: pd.DataFrame
    contrasts: pd.DataFrame
    corners: tuple[str, ...]
    reading: str
    associations: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    precision: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    arms: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    blocs: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    bloc_effects: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    tests: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    definitions: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    block_effects: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    interactions: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    movers: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    assumed_levels: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    differences: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    simple_effects: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)


#: The tables of findings that are kept as files, by name.
TABLES: Final = (
    *("cells", "effects", "contrasts", "arms", "associations", "precision"),
    *("blocs", "bloc_effects", "tests", "definitions", "block_effects", "interactions"),
    *("movers", "assumed_levels", "differences", "simple_effects"),
)
