"""The tidy record of a run: one row a quarter and entity, one summary row a dyad, and a dictionary of every column.

It is fed the same arrays quarter by quarter, with or without the replicate axis in front. Money is in bn$ per quarter
in the tables and bn$ per year in the summary.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from model.market.border import MECHANISMS
from model.numerics import QUARTERS_PER_YEAR, FloatArray, ordered_sum
from model.packages.agenda import Agenda
from model.parameters.checked import Parameters
from model.rules import cooperation, games
from model.scenario.scenario import Scenario
from model.vocabulary import BLOCS, DIRECTED_DYADS, DYAD_NAMES, DYADS, N_BLOCS, N_DYADS

N_CODES = len(games.FAMILIES)
# Columns of the blocs that the summary averages over the quarters.
BLOC_MEANS: Final = ("ev_share", "ev_sales")
FIRST_BLOC: Final = [first for first, _ in DYADS]
SECOND_BLOC: Final = [second for _, second in DYADS]

# table -> column -> (unit, meaning). A column that is recorded and not declared here is a fault, and the reverse.
COLUMNS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "bloc": {
        "ev_share": ("share", "EVs among new cars sold in the bloc"),
        "ev_sales": ("m cars/qtr", "EVs sold in the bloc"),
        "ev_built": ("m cars/qtr", "EVs built in the bloc"),
        "price": ("k$", "sales-weighted mean EV price before tax"),
        "consumer_surplus": ("bn$/qtr", "value of EVs to buyers"),
        "home_profit": ("bn$/qtr", "profits of automakers and suppliers with their home in the bloc"),
        "revenue": ("bn$/qtr", "duties collected on vehicles and cells, and a club's carbon price"),
        "subsidies": ("bn$/qtr", "purchase subsidies and charging budget paid"),
        "climate": (
            "bn$/qtr",
            "the bloc's part of the climate benefit of EVs sold anywhere, against the start",
        ),
        "jobs": ("bn$/qtr", "value put on vehicles built in the bloc"),
        "security": ("bn$/qtr", "security cost of depending on other blocs"),
        "welfare": ("bn$/qtr", "social flow W"),
        "payoff": ("bn$/qtr", "executive's flow U: welfare with extra weight on home profits"),
        "announced": ("0/1", "a zero-emission path stands"),
        "announced_harmony": ("0/1", "it was announced in the run because it pays the bloc alone: no cooperation"),
        "chargers": ("m points", "public charging points"),
        "credit_price": ("k$", "price of a credit for an EV where a share of EVs is required (optional)"),
        "in_club": ("0/1", "the bloc is a member of a zone or club at the end of the quarter"),
        "club_payment": ("bn$/qtr", "money received from fellow members, paid if negative"),
    },
    "dyad": {
        "depth": ("share", "depth of cooperation D"),
        "depth_contested": ("share", "depth with harmony left out"),
        "tension": ("share", "tension, 0 to 1"),
        "dialogue": ("share", "state of the official dialogue"),
        "track2": ("share", "state of joint research beside the official channel"),
        "gesture": ("0/1", "a unilateral gesture stands"),
        "channel_open": ("0/1", "the official channel is open"),
        "session": ("0/1", "a session of talks is open"),
        "treaty": ("0/1", "a treaty is in force"),
        "package": ("index", "package in force on the dyad's menu, 0 = none"),
        "kept": ("sides", "sides that honour the treaty this quarter, 0 to 2"),
        "gain_first": ("bn$/qtr", "what the first bloc gains over no treaty"),
        "gain_second": ("bn$/qtr", "what the second bloc gains over no treaty"),
        "joint_gain": ("bn$/qtr", "both gains together"),
        "reciprocity": ("share", "smaller over larger gain, 0 where one loses"),
        "tariff_cut": ("0/1", "an active duty is cut, not only bound"),
        "game_first": ("code", "family of the first bloc's side of the 2x2 game"),
        "game_second": ("code", "family of the second bloc's side"),
        "club": ("0/1", "both are members of one zone or club at the end of the quarter"),
    },
    "directed": {
        "duty_ev": ("share", "duty applied on EVs (importer<exporter)"),
        "duty_battery": ("share", "duty applied on cells"),
        "no_treaty_duty_ev": ("share", "duty on EVs if no treaty were in force: MFN and special"),
        "special_ev": ("share", "EV duty above MFN without a treaty"),
        "investigation": ("quarters", "quarters that a duty case still runs"),
        "trust": ("share", "the importer's belief that the exporter honours in a quarter, or by type: ever"),
        "recognises": ("0/1", "the importer recognises the exporter's certificates, by treaty or alone"),
        "vehicle_imports": ("share", "part of the importer's car market built by the exporter's EV plants"),
        "cell_imports": ("share", "part of the importer's car market built there on the exporter's cells"),
        **{one.column[0]: one.column[1:] for one in MECHANISMS if one.column},
        "undertakings": ("count", "automakers that export under a price undertaking (optional)"),
    },
    "automaker": {
        "sales": ("m cars/qtr", "EVs sold in all markets"),
        "profit": ("bn$/qtr", "profit on EVs in all markets"),
        "share_cn": ("share", "part of China's EV sales"),
        "share_us": ("share", "part of US EV sales"),
        "share_eu": ("share", "part of EU EV sales"),
        "plants": ("count", "blocs in which it has a plant"),
    },
    "supplier": {
        "cell_cost": ("$/kWh", "cost of cells before the contract margin"),
        "cells": ("GWh/qtr", "cells delivered"),
        "profit": ("bn$/qtr", "contract margins earned"),
        "share": ("share", "part of all cells delivered"),
    },
}

SUMMARY: Final[dict[str, tuple[str, str]]] = {
    "dyad": ("name", "pair of blocs"),
    "mean_depth": ("share", "mean depth over the horizon: the area under the depth curve"),
    "mean_depth_contested": ("share", "the same with harmony left out"),
    "depth_ceiling": ("share", "largest depth that the issues on the table allow"),
    "joint_gain": ("bn$/yr", "mean gain of both over no treaty"),
    "gain_first": ("bn$/yr", "mean gain of the first bloc"),
    "gain_second": ("bn$/yr", "mean gain of the second bloc"),
    "ev_share_first": ("share", "EVs among new cars sold in the first bloc, mean over the horizon"),
    "ev_share_second": ("share", "the same in the second bloc"),
    "final_ev_share_first": ("share", "EVs among new cars sold in the first bloc in the last quarter"),
    "final_ev_share_second": ("share", "the same in the second bloc"),
    "co2_saved_first": ("Mt CO2/yr", "lifetime emissions that the EVs sold in the first bloc in a year save, mean"),
    "co2_saved_second": ("Mt CO2/yr", "the same in the second bloc"),
    "emerged": ("true/false", "the dyad was in the cooperation state at least once"),
    "first_emergence": ("quarter", "index of the first such quarter, -1 if none"),
    "emergence_label": ("quarter", "its label, empty if none"),
    "n_spells": ("count", "spells of the cooperation state"),
    "longest_spell": ("quarters", "longest spell"),
    "durable": ("true/false", "a spell of 12 quarters or more"),
    "collapsed": ("true/false", "a spell ended before the horizon"),
    "treaty_quarters": ("quarters", "quarters with a treaty in force"),
    "club_quarters": ("quarters", "quarters with both in one zone or club"),
    "n_treaties": ("count", "treaties and upgrades ratified"),
    "n_lapses": ("count", "side-quarters in which a treaty was not honoured"),
    "final_depth": ("share", "depth in the last quarter"),
    "mean_tension": ("share", "mean tension"),
    "hollow": ("true/false", "emerged although both together lost by it"),
    "game": ("name", "most frequent game of the package on the table"),
    "game_at_start": ("name", "game of the package on the table in the first quarter"),
    "game_at_end": ("name", "the same in the last quarter"),
    "blocking": ("words", "commonest obstacle met in sessions: side and test"),
}


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
        self.kept = kept
        self.frames: list[dict[str, dict[str, FloatArray]]] = []
        self.treaties_signed = np.zeros(N_DYADS)
        self.lapses = np.zeros(N_DYADS)
        self.headline = [f"{column} {name}" for column in ("depth", "joint_gain") for name in DYAD_NAMES] + [
            f"ev_share {bloc}" for bloc in BLOCS
        ]
        self.ceiling = ceiling
        # (..., b) sums over the quarters so far, and the last quarter: all that the summary needs of the blocs.
        self.bloc_sums: dict[str, FloatArray] = {}
        self.last_ev_share: FloatArray = np.zeros(N_BLOCS)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The tables that are asked for: where no lane is kept, those that the summary is made of."""
        return tuple(COLUMNS) if self.kept is None or self.kept.size else ("bloc", "dyad")

    def add(
        self, frame: Mapping[str, Mapping[str, FloatArray]], treaties_signed: FloatArray, lapses: FloatArray
    ) -> None:
        """Write one quarter down: every wanted table -> column -> array (R, entity); counts (R, d) so far."""
        for table in self.wanted:
            if set(frame[table]) != set(COLUMNS[table]):
                odd = sorted(set(frame[table]) ^ set(COLUMNS[table]))
                raise KeyError(f"record {table}: {odd} recorded or declared, not both")
        self.treaties_signed, self.lapses = treaties_signed, lapses
        blocs = frame["bloc"]
        if self.kept is None:
            frame = {table: {name: values[0] for name, values in columns.items()} for table, columns in frame.items()}
            self.treaties_signed, self.lapses, blocs = treaties_signed[0], lapses[0], frame["bloc"]
            self.frames.append({table: dict(columns) for table, columns in frame.items()})
        else:
            self.frames.append(
                {
                    table: {name: values if table == "dyad" else values[self.kept] for name, values in columns.items()}
                    for table, columns in frame.items()
                    if table == "dyad" or self.kept.size
                }
            )
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
        one = Recorder(self.scenario, self.parameters, self.agenda, self.ceiling)
        one.frames = [
            {
                table: {name: values[lane if table == "dyad" else place] for name, values in columns.items()}
                for table, columns in frame.items()
            }
            for frame in self.frames
        ]
        one.treaties_signed, one.lapses = self.treaties_signed[lane], self.lapses[lane]
        one.bloc_sums = {name: values[lane] for name, values in self.bloc_sums.items()}
        one.last_ev_share = self.last_ev_share[lane]
        return one

    def copied(self) -> Recorder:
        """A recorder of its own that goes on from here; what is written down already is shared."""
        other = copy.copy(self)
        other.frames, other.bloc_sums = list(self.frames), dict(self.bloc_sums)
        return other

    def latest(self, name: str, model: Any = None) -> float:
        """A headline number of the last recorded quarter, for Mesa's data collector."""
        del model
        column, entity = name.split(" ")
        table, entities = ("dyad", DYAD_NAMES) if column != "ev_share" else ("bloc", BLOCS)
        return float(self.frames[-1][table][column][list(entities).index(entity)])

    def series(self, table: str, column: str) -> FloatArray:
        """(..., entity, T) one column over all quarters."""
        if not self.frames:
            raise ValueError("nothing is recorded yet: play a quarter first, with step() or run()")
        return np.stack([np.asarray(frame[table][column], dtype=np.float64) for frame in self.frames], axis=-1)

    def entities(self) -> dict[str, list[str]]:
        """Names of the entities of every table, in the order of the arrays."""
        return {
            "bloc": list(BLOCS),
            "dyad": list(DYAD_NAMES),
            "directed": [f"{BLOCS[i]}<{BLOCS[j]}" for i, j in DIRECTED_DYADS],
            "automaker": list(self.scenario.automakers),
            "supplier": list(self.scenario.suppliers),
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tidy data frames keyed by quarter, label and entity."""
        labels = [self.scenario.quarter_label(t) for t in range(len(self.frames))]
        result = {}
        for table, names in self.entities().items():
            columns: dict[str, Any] = {
                "quarter": np.repeat(np.arange(len(labels)), len(names)),
                "label": np.repeat(np.array(labels, dtype=object), len(names)),
                "entity": np.tile(np.array(names, dtype=object), len(labels)),
            }
            for column in COLUMNS[table]:
                columns[column] = self.series(table, column).T.reshape(-1)
            frame = pd.DataFrame(columns)
            if table == "dyad":
                for side in ("game_first", "game_second"):
                    frame[side] = [games.FAMILIES[int(code)] for code in frame[side]]
            result[table] = frame
        return result

    def states(self, threshold: float = 0.5, window: int = 4) -> np.ndarray:
        """(..., d, T) whether each dyad cooperates (theory 2.1), at a depth threshold and a window in quarters."""
        mean = cooperation.rolling_mean(self.series("dyad", "depth"), window)
        return cooperation.cooperation_state(
            mean, self.series("dyad", "reciprocity"), self.series("dyad", "tariff_cut") > 0.0, threshold
        )

    def outcomes(self) -> dict[str, Any]:
        """What came of each dyad, name of the column -> array (..., d); the numbers of ``summary``."""
        spells = cooperation.spells_summary(self.states())
        n = len(self.frames)

        def mean(column: str) -> FloatArray:
            return ordered_sum(self.series("dyad", column)) / n

        joint = QUARTERS_PER_YEAR * mean("joint_gain")
        return {
            "mean_depth": mean("depth"),
            "mean_depth_contested": mean("depth_contested"),
            "depth_ceiling": np.broadcast_to(self.ceiling, joint.shape),
            "joint_gain": joint,
            "gain_first": QUARTERS_PER_YEAR * mean("gain_first"),
            "gain_second": QUARTERS_PER_YEAR * mean("gain_second"),
            **self._bloc_outcomes(n),
            "emerged": spells.emerged,
            "first_emergence": np.where(spells.emerged, spells.first_onset, -1),
            "n_spells": spells.n_spells,
            "longest_spell": spells.longest,
            "durable": spells.durable,
            "collapsed": spells.collapsed,
            "treaty_quarters": ordered_sum(self.series("dyad", "treaty")),
            "club_quarters": ordered_sum(self.series("dyad", "club")),
            "n_treaties": self.treaties_signed,
            "n_lapses": self.lapses,
            "final_depth": self.frames[-1]["dyad"]["depth"],
            "mean_tension": mean("tension"),
            "hollow": cooperation.is_hollow(spells.emerged, joint, 0.0),
        }

    def _bloc_outcomes(self, n: int) -> dict[str, FloatArray]:
        """What came of the two blocs of every dyad, name of the column -> (..., d); n quarters were recorded.

        Emissions are counted as in the climate benefit (theory 1.4): over the life of the cars sold.
        """
        share, sales = (self.bloc_sums[name] / n for name in BLOC_MEANS)
        # m cars a year times t a car are Mt a year.
        saved = QUARTERS_PER_YEAR * self.parameters.emissions_saved_per_ev * sales
        values = {"ev_share": share, "final_ev_share": self.last_ev_share, "co2_saved": saved}
        return {
            f"{name}_{side}": of_blocs[..., blocs]
            for name, of_blocs in values.items()
            for side, blocs in (("first", FIRST_BLOC), ("second", SECOND_BLOC))
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
        columns["dyad"] = np.array(DYAD_NAMES * (len(columns["game"]) // N_DYADS), dtype=object)
        return pd.DataFrame(columns)[list(SUMMARY)]


def dictionary() -> pd.DataFrame:
    """Every column of ``tables()`` and of ``summary()``, in their order: table, column, unit, meaning.

    ``design_point`` and ``replicate`` stand in the summary of an ensemble alone.
    """
    entities = {
        "bloc": "CN, US or EU",
        "dyad": "pair of blocs",
        "directed": "importer<exporter",
        "automaker": "automaker",
        "supplier": "supplier of cells",
    }
    rows = []
    for table, columns in COLUMNS.items():
        rows.append((table, "quarter", "index", "quarter, 0 the first of the scenario"))
        rows.append((table, "label", "quarter", "its label, as in 2026Q4"))
        rows.append((table, "entity", "name", f"what the row is about: {entities[table]}"))
        rows += [(table, name, *about) for name, about in columns.items()]
    rows.append(("summary", "design_point", "index", "set of parameters, in the order in which they were given"))
    rows.append(("summary", "replicate", "index", "number of the replicate: the same luck at every design point"))
    rows += [("summary", name, *about) for name, about in SUMMARY.items()]
    return pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"])


__all__ = ["COLUMNS", "DYADS", "SUMMARY", "Recorder", "dictionary"]
