"""The record of an ensemble: dyads and sums of the blocs of every lane, and everything of the lanes to be kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from model.economy import Agenda, Economy
from model.numerics import FloatArray
from model.parameters import Parameters
from model.record import COLUMNS, Recorder
from model.scenario import Scenario


class LaneRecorder(Recorder):
    """A ``Recorder`` whose dyad columns have a leading lane axis; all other tables keep the chosen lanes only.

    kept: (K,) indices of those lanes.
    """

    def __init__(
        self, scenario: Scenario, parameters: Parameters, agenda: Agenda, economy: Economy, kept: np.ndarray
    ) -> None:
        super().__init__(scenario, parameters, agenda, economy)
        self.kept = kept

    @property
    def wanted(self) -> tuple[str, ...]:
        """The tables that are asked for: without a chosen lane, those that the summary is made of."""
        return tuple(COLUMNS) if self.kept.size else ("bloc", "dyad")

    def add(self, frame: Mapping[str, Mapping[str, FloatArray]]) -> None:
        """Write one quarter down: table -> column -> array (R, entity), for every wanted table."""
        for table in self.wanted:
            if set(frame[table]) != set(COLUMNS[table]):
                odd = sorted(set(frame[table]) ^ set(COLUMNS[table]))
                raise KeyError(f"record {table}: {odd} recorded or declared, not both")
        self.frames.append(
            {
                table: {name: values if table == "dyad" else values[self.kept] for name, values in columns.items()}
                for table, columns in frame.items()
                if table == "dyad" or self.kept.size
            }
        )
        self.count_blocs(frame["bloc"])

    def of_lane(self, lane: int) -> Recorder:
        """The record of one kept lane, as the Mesa world would have written it.

        Raises ``KeyError`` for a lane that was not kept.
        """
        if lane not in self.kept:
            raise KeyError(f"lane {lane} was not kept; kept are {self.kept.tolist()}")
        place = int(np.flatnonzero(self.kept == lane)[0])
        one = Recorder(self.scenario, self.parameters, self.agenda, self.economy)
        one.frames = [
            {
                table: {name: values[lane if table == "dyad" else place] for name, values in columns.items()}
                for table, columns in frame.items()
            }
            for frame in self.frames
        ]
        one.ceiling = self.ceiling
        one.treaties_signed, one.lapses = self.treaties_signed[lane], self.lapses[lane]
        one.bloc_sums = {name: values[lane] for name, values in self.bloc_sums.items()}
        one.last_ev_share = self.last_ev_share[lane]
        return one

    def summary_of(self, blocking: list[list[str]], replicates: np.ndarray) -> pd.DataFrame:
        """One row a lane and dyad, the replicate in front."""
        table = self.summary(blocking)
        table.insert(0, "replicate", np.repeat(replicates, len(table) // len(replicates)))
        return table
