"""One replicate played by the ensemble, with the face of a ``NegotiationModel`` and its story."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from model.assessment import PAIR_OF
from model.ensemble import Ensemble, LaneWorld
from model.grids import Flows, Grid
from model.numerics import QUARTERS_PER_YEAR, FloatArray
from model.scenario import Scenario
from model.story import Story, StoryLine
from model.vocabulary import DYADS, N_BLOCS

if TYPE_CHECKING:
    import pandas as pd


class Witness:
    """What a story asks of the world, answered for one lane."""

    def __init__(self, world: LaneWorld, lane: int) -> None:
        self.world, self.lane = world, lane
        self.agenda, self.economy, self.parameters = world.agenda, world.economy, world.parameters

    @property
    def state(self) -> Any:
        """The lane's part of the state."""
        return SimpleNamespace(
            **{
                name: values[self.lane] if isinstance(values, np.ndarray) else values
                for name, values in vars(self.world.state).items()
            }
        )

    @property
    def scenario(self) -> Scenario:
        """The starting point of the run."""
        return self.world.scenario

    @property
    def tension_level(self) -> FloatArray:
        """(d,) tension now."""
        return self.world.tension_level[self.lane]

    def lobbies(self, dyad: int, package: int) -> list[tuple[float, str]]:
        """The stake of every firm in a package, bn$ a year, signed, and its name (theory 1.5).

        As the agents of the Mesa world work it out: an automaker counts its profit in both markets, a supplier its part
        of what the suppliers of its home gain, as in last quarter's profits.
        """
        s, profit = self.scenario, self.world.cell_profit[self.lane]
        makers = [(self._maker(dyad, package, f), name) for f, name in enumerate(s.automakers)]
        suppliers = []
        for k, name in enumerate(s.suppliers):
            home, stake = int(s.supplier_home[k]), 0.0
            if home < N_BLOCS and home in DYADS[dyad]:
                whole = float(np.add.accumulate(np.where(s.supplier_home == home, profit, 0.0))[-1])
                if whole > 0.0:
                    stake = float(profit[k]) / whole * self._suppliers(dyad, package, home)
            suppliers.append((stake, name))
        return makers + suppliers

    def _nodes(self, dyad: int, package: int, side: int) -> list[int]:
        """The nodes of a side's market under a package and under the policy in force."""
        menu, current = self.agenda.menus[dyad], int(self.state.treaty[dyad])
        return [menu.node(chosen, side) for chosen in (package, current)]

    def _maker(self, dyad: int, package: int, maker: int) -> float:
        tables, total = self.world.known().tables, 0.0
        for side in (0, 1):
            place = tables.nodes.place[PAIR_OF[DYADS[dyad][side], DYADS[dyad][1 - side]]]
            then, now = (tables.firm_profit[self.lane, place[node], maker] for node in self._nodes(dyad, package, side))
            total += float(then - now)
        return QUARTERS_PER_YEAR * total

    def _suppliers(self, dyad: int, package: int, home: int) -> float:
        tables, total = self.world.known().tables, 0.0
        for side in (0, 1):
            importer, partner = DYADS[dyad][side], DYADS[dyad][1 - side]
            profit = tables.supplier_profit[self.lane, PAIR_OF[importer, partner], :, 0 if importer == home else 1]
            then, now = (profit[node] for node in self._nodes(dyad, package, side))
            total += float(then - now)
        return QUARTERS_PER_YEAR * total


class LaneRun:
    """One run of the ensemble: scenario, root_seed, replicate and parameters as in ``NegotiationModel``.

    Raises ``InputFault`` (a ``ValueError``) that names every unknown or impossible input at once.
    """

    def __init__(
        self, scenario: str = "2026", root_seed: int = 20260928, replicate: int = 0, **parameters: Any
    ) -> None:
        ((_, world),) = Ensemble(scenario, root_seed, [replicate], parameters, keep=[replicate]).worlds()
        self.world, self.replicate, self.root_seed = world, replicate, root_seed
        self.scenario, self.parameters, self.agenda = world.scenario, world.parameters, world.agenda
        self.n_quarters = world.n_quarters
        self.teller = Story(Witness(world, 0), True)
        world.stories = {0: self.teller}

    def run(self) -> LaneRun:
        """Play all quarters that are left."""
        self.world.run()
        return self

    @property
    def story(self) -> list[StoryLine]:
        """What happened, one line an event."""
        return self.teller.lines

    def summary(self) -> pd.DataFrame:
        """One row a dyad: what came of the run."""
        return self.world.summary().drop(columns="replicate")

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tidy record, a data frame for each kind of entity."""
        return self.world.recorder.of_lane(0).tables()

    def reference_package(self, dyad: int) -> int:
        """The package whose game is shown."""
        return int(self.world.reference_package(dyad)[0])

    @property
    def mandate(self) -> Any:
        """What the governments made of the last assessment: ``flows``, by dyad, then side."""
        return SimpleNamespace(flows=[[_alone(side) for side in pair] for pair in self.world.known().flows])


def _alone(flows: Flows) -> Flows:
    """A side's flows in the only lane, without the lane axis."""

    def only(grid: Grid) -> Grid:
        return Grid(*(table[0] if table.ndim > 1 else table for table in (grid.x, grid.y)))

    return Flows(
        menu=flows.menu,
        kept=only(flows.kept),
        alone=only(flows.alone),
        deserted=only(flows.deserted),
        home=only(flows.home),
        both_lapse=flows.both_lapse[0],
        punish=flows.punish[0],
    )
