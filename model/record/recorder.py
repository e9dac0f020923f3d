"""The tidy record of a run: one row a quarter and entity, one summary row a dyad, and a dictionary of every column.

It is fed the same arrays quarter by quarter, with or without the replicate axis in front. Money is in bn$ per quarter
in the tables and bn$ per year in the summary.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.numerics import QUARTERS_PER_YEAR, FloatArray, ordered_sum
from model.packages.agenda import Agenda
from model.parameters.checked import Parameters
from model.record.dictionary import COLUMNS, SUMMARY, columns_of
from model.rules import cooperation, games
from model.rules.instruments import Instrument
from model.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


N_CODES = len(games.FAMILIES)
# Columns of the blocs that the summary averages over the quarters.
BLOC_MEANS: Final = ("ev_share", "ev_sales", "consumer_surplus", "home_profit", "jobs", "price")
# Means of the summary in money or cars a quarter are told a year.
BLOC_FLOWS: Final = ("consumer_surplus", "home_profit", "jobs")
# Columns of the dyads that the summary averages over the quarters as they are.
DYAD_MEANS: Final = (
    *("depth_inherited", "depth_duties", "depth_recognition", "depth_joint", "duty_first", "duty_second"),
    *("kept_duty_first", "kept_duty_second", "kept_supply_first", "kept_supply_second"),
    *("kept_recognition_first", "kept_recognition_second", "kept_linkage_first", "kept_linkage_second"),
    *("kept_charging", "kept_technology"),
)
#: A quarter: table -> column -> array.
Frame = dict[str, dict[str, FloatArray]]


class Recorder:
    """Collects the quarters of some lanes.

    kept (K,): lanes whose tables are all kept; of the others the dyads alone are, and sums of the blocs. None: there is
    one lane only, and it is written down without the replicate axis, as whoever plays a single run wants to read it.
    """

    def __init__(
        self,
        scenario: Scenario,
        parameters: Parameters,
        agenda: Agenda,
        ceiling: FloatArray,
        kept: np.ndarray | None = None,
    ) -> None:
        self.scenario, self.parameters, self.agenda = scenario, parameters, agenda
        self.parties, self.columns = scenario.parties, columns_of(scenario.parties)
        self.kept = kept
        self.frames: list[Frame] = []
        self.treaties_signed = np.zeros(self.parties.n_dyads)
        self.lapses = np.zeros(self.parties.n_dyads)
        self.headline = [
            f"{column} {name}" for column in ("depth", "joint_gain") for name in self.parties.dyad_names
        ] + [f"ev_share {bloc}" for bloc in self.parties.blocs]
        self.ceiling = ceiling
        # (..., b) sums over the quarters so far, and the last quarter: all that the summary needs of the blocs.
        self.bloc_sums: dict[str, FloatArray] = {}
        self.last_ev_share: FloatArray = np.zeros(self.parties.n_blocs)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The tables that are asked for: where no lane is kept, those that the summary is made of."""
        return tuple(COLUMNS) if self.kept is None or self.kept.size else ("bloc_means", "dyad")

    def add(
        self, frame: Mapping[str, Mapping[str, FloatArray]], treaties_signed: FloatArray, lapses: FloatArray
    ) -> None:
        """Write one quarter down: every wanted table -> column -> array (R, entity); counts (R, d) so far."""
        for table in self.wanted:
            declared = self.columns.get(table, BLOC_MEANS)
            if frame[table].keys() != set(declared):
                odd = sorted(set(frame[table]) ^ set(declared))
                raise KeyError(f"record {table}: {odd} recorded or declared, not both")
        self.treaties_signed, self.lapses = treaties_signed, lapses
        blocs = frame["bloc"] if "bloc" in frame else frame["bloc_means"]
        if self.kept is None:
            self.frames.append(_picked(frame, 0, 0))
            self.treaties_signed, self.lapses, blocs = treaties_signed[0], lapses[0], self.frames[-1]["bloc"]
        else:
            told = frame if self.kept.size else {"dyad": frame["dyad"]}
            self.frames.append(_picked(told, slice(None), self.kept))
        for name in BLOC_MEANS:
            # The first to the last quarter in order: the same bits whether lanes are alone or together.
            self.bloc_sums[name] = self.bloc_sums[name] + blocs[name] if name in self.bloc_sums else blocs[name]
        self.last_ev_share = blocs["ev_share"]

    def of_lane(self, lane: int) -> Recorder:
        """The record of one kept lane, without the replicate axis.

        Raises ``KeyError`` for a lane that was not kept.
        """
        if self.kept is None or lane not in self.kept:
            known = [] if self.kept is None else self.kept.tolist()
            raise KeyError(f"lane {lane} was not kept; kept are {known}")
        place = int(np.flatnonzero(self.kept == lane)[0])
        ceiling = self.ceiling if self.ceiling.ndim == 1 else self.ceiling[lane]
        one = Recorder(self.scenario, self.parameters, self.agenda, ceiling)
        one.frames = [_picked(frame, lane, place) for frame in self.frames]
        one.treaties_signed, one.lapses = self.treaties_signed[lane], self.lapses[lane]
        one.bloc_sums = {name: values[lane] for name, values in self.bloc_sums.items()}
        one.last_ev_share = self.last_ev_share[lane]
        return one

    def copied(self) -> Recorder:
        """A recorder of its own that goes on from here; what is written down already is shared."""
        other = copy.copy(self)
        other.frames, other.bloc_sums = list(self.frames), dict(self.bloc_sums)
        return other

    def latest(self, name: str) -> float:
        """A headline number of the last recorded quarter, for Mesa's data collector."""
        column, entity = name.split(" ")
        table, entities = ("dyad", self.parties.dyad_names) if column != "ev_share" else ("bloc", self.parties.blocs)
        return float(self.frames[-1][table][column][list(entities).index(entity)])

    def series(self, table: str, column: str) -> FloatArray:
        """(..., entity, T) one column over all quarters."""
        if not self.frames:
            raise ValueError("nothing is recorded yet: play a quarter first, with step() or run()")
        return np.stack([np.asarray(frame[table][column], dtype=np.float64) for frame in self.frames], axis=-1)

    def entities(self) -> dict[str, list[str]]:
        """Names of the entities of every table, in the order of the arrays."""
        return {
            "bloc": list(self.parties.blocs),
            "dyad": list(self.parties.dyad_names),
            "directed": list(self.parties.directed_names),
            "automaker": list(self.scenario.automakers),
            "supplier": list(self.scenario.suppliers),
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tidy data frames keyed by quarter, label and entity."""
        import pandas as pd

        labels = [self.scenario.quarter_label(t) for t in range(len(self.frames))]
        result = {}
        for table, names in self.entities().items():
            columns: dict[str, Any] = {
                "quarter": np.repeat(np.arange(len(labels)), len(names)),
                "label": np.repeat(np.array(labels, dtype=object), len(names)),
                "entity": np.tile(np.array(names, dtype=object), len(labels)),
            }
            for column in self.columns[table]:
                columns[column] = self.series(table, column).T.reshape(-1)
            frame = pd.DataFrame(columns)
            if table == "dyad":
                for side in ("game_first", "game_second"):
                    frame[side] = [games.FAMILIES[int(code)] for code in frame[side]]
            result[table] = frame
        return result

    def states(
        self, threshold: float = cooperation.GAIN_THRESHOLD, window: int = cooperation.STATE_WINDOW
    ) -> np.ndarray:
        """(..., d, T) whether each dyad cooperates: at a share of the attainable gain, over a window in quarters."""
        first, second = (
            cooperation.rolling_mean(self.series("dyad", name), window) for name in ("gain_first", "gain_second")
        )
        concede = self.series("dyad", "both_concede") > 0.0
        return cooperation.gain_state(self._share(window), first, second, concede, threshold)

    def _share(self, window: int) -> FloatArray:
        """(..., d, T) mean share of the attainable gain; where next to none can be had, none is."""
        share = self.series("dyad", "gain_share")
        return cooperation.rolling_mean(np.where(np.isnan(share), 0.0, share), window)

    def beginnings(self, threshold: float, states: np.ndarray) -> cooperation.Beginnings:
        """What began in the run and what became of what was there, by dyad, of ``states`` at a threshold."""
        inherited = np.asarray(self.frames[0]["dyad"]["promise"]) >= threshold - cooperation.KNIFE_EDGE
        return cooperation.beginnings(states, inherited)

    def measured(self, threshold: float, window: int) -> dict[str, np.ndarray]:
        """(..., d) by another definition: onset (-1 for none), durable, and whether it was inherited, and kept."""
        states = self.states(threshold, window)
        began = self.beginnings(threshold, states)
        return {
            "onset": np.where(began.emerged, began.onset, -1),
            "durable": cooperation.spells_summary(states).durable,
            "inherited": began.inherited,
            "kept": began.kept,
        }

    def states_by_depth(self) -> np.ndarray:
        """(..., d, T) whether each dyad cooperates by the first edition's measure, depth (theory 2.1)."""
        mean = cooperation.rolling_mean(self.series("dyad", "depth"))
        return cooperation.cooperation_state(
            mean, self.series("dyad", "reciprocity"), self.series("dyad", "tariff_cut") > 0.0
        )

    def outcomes(self) -> dict[str, Any]:
        """What came of each dyad, name of the column -> array (..., d); the numbers of ``summary``."""
        states = self.states()
        spells, began = cooperation.spells_summary(states), self.beginnings(cooperation.GAIN_THRESHOLD, states)
        by_depth = cooperation.spells_summary(self.states_by_depth())
        most = np.maximum.reduce(self._share(cooperation.STATE_WINDOW), axis=-1)
        n = len(self.frames)

        def mean(column: str) -> FloatArray:
            return ordered_sum(self.series("dyad", column)) / n

        joint, attainable = (QUARTERS_PER_YEAR * mean(name) for name in ("joint_gain", "attainable_gain"))
        return {
            "mean_depth": mean("depth"),
            "mean_depth_contested": mean("depth_contested"),
            "depth_ceiling": np.broadcast_to(self.ceiling, joint.shape),
            **{name: mean(name) for name in DYAD_MEANS},
            "joint_gain": joint,
            "attainable_gain": attainable,
            "gain_share": cooperation.gain_share(joint, attainable, cooperation.LEAST_ATTAINABLE),
            "gain_first": QUARTERS_PER_YEAR * mean("gain_first"),
            "gain_second": QUARTERS_PER_YEAR * mean("gain_second"),
            "ev_trade": QUARTERS_PER_YEAR * mean("ev_trade"),
            **self._bloc_outcomes(n),
            "emerged": began.emerged,
            "first_emergence": np.where(began.emerged, began.onset, -1),
            "inherited": began.inherited,
            "kept": began.kept,
            "deepened": began.inherited & (most >= self.frames[0]["dyad"]["promise"] + cooperation.DEEPER),
            "lost": began.lost,
            "regained": began.regained,
            "time_cooperating": np.count_nonzero(states, axis=-1) / n,
            "n_spells": spells.n_spells,
            "longest_spell": spells.longest,
            "durable": spells.durable,
            "collapsed": spells.collapsed,
            "emerged_by_depth": by_depth.emerged,
            "durable_by_depth": by_depth.durable,
            "treaty_quarters": ordered_sum(self.series("dyad", "treaty")),
            "truce_quarters": ordered_sum((self.series("dyad", "instrument") == Instrument.TRUCE) * 1.0),
            "club_quarters": ordered_sum(self.series("dyad", "club")),
            "n_treaties": self.treaties_signed,
            "n_lapses": self.lapses,
            "final_depth": self.frames[-1]["dyad"]["depth"],
            "mean_tension": mean("tension"),
            # Of the two alone: what third parties lose by their treaty is in the others' dyads and in no column here.
            "hollow": cooperation.is_hollow(spells.emerged, joint, 0.0),
        }

    def _bloc_outcomes(self, n: int) -> dict[str, FloatArray]:
        """What came of the two blocs of every dyad, name of the column -> (..., d); n quarters were recorded.

        Emissions are counted as in the climate benefit (theory 1.4): over the life of the cars sold.
        """
        means = {name: self.bloc_sums[name] / n for name in BLOC_MEANS}
        # m cars a year times t a car are Mt a year.
        saved = QUARTERS_PER_YEAR * self.parameters.emissions_saved_per_ev * means.pop("ev_sales")
        values = {name: QUARTERS_PER_YEAR * of if name in BLOC_FLOWS else of for name, of in means.items()}
        values |= {"final_ev_share": self.last_ev_share, "co2_saved": saved}
        return {
            f"{name}_{side}": of_blocs[..., blocs]
            for name, of_blocs in values.items()
            for side, blocs in zip(("first", "second"), self.parties.own.T, strict=True)
        }

    def _games(self) -> np.ndarray:
        """(..., d, T) game of the package on the table, as the two families' codes in one number."""
        first, second = (self.series("dyad", side).astype(np.int64) for side in ("game_first", "game_second"))
        return first * N_CODES + second

    def usual_games(self) -> np.ndarray:
        """(..., d) most frequent game of the package on the table, as the two families' codes in one number.

        Of equally frequent ones the first by the codes.
        """
        played = self._games()
        times = np.stack(
            [np.count_nonzero(played == played[..., t, None], axis=-1) for t in range(played.shape[-1])], axis=-1
        )
        # More often counts before a smaller code.
        rank = times * N_CODES * N_CODES - played
        return np.take_along_axis(played, np.argmax(rank, axis=-1)[..., None], axis=-1)[..., 0]

    def summary(self, blocking: list[Any]) -> pd.DataFrame:
        """One row a dyad, and with leading axes one a lane and dyad; columns are those of ``SUMMARY``.

        blocking: the commonest obstacle of every dyad, in lists like the leading axes.
        """
        import pandas as pd

        columns = {name: np.asarray(values).reshape(-1) for name, values in self.outcomes().items()}
        labels = ["", *(self.scenario.quarter_label(q) for q in range(len(self.frames)))]
        columns["emergence_label"] = np.array(labels, dtype=object)[columns["first_emergence"] + 1]
        pairs = [games.pair_name(row, column) for row in range(N_CODES) for column in range(N_CODES)]
        names, played = np.array(pairs, dtype=object), self._games()
        for name, codes in (
            ("game", self.usual_games()), ("game_at_start", played[..., 0]), ("game_at_end", played[..., -1])
        ):  # fmt: skip
            columns[name] = names[codes.reshape(-1)]
        columns["blocking"] = np.array(blocking, dtype=object).reshape(-1)
        columns["dyad"] = np.array(
            self.parties.dyad_names * (len(columns["game"]) // self.parties.n_dyads), dtype=object
        )
        return pd.DataFrame({name: columns[name] for name in SUMMARY})


def _picked(frame: Mapping[str, Mapping[str, FloatArray]], of_dyads: Any, of_others: Any) -> Frame:
    """A quarter's tables with some of the lanes: those of the dyads by one index, those of the others by another."""
    return {
        table: {name: values[of_dyads if table == "dyad" else of_others] for name, values in columns.items()}
        for table, columns in frame.items()
    }
