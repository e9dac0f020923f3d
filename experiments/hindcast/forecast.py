"""The forecast of a hindcast: what the fitted worlds say of the years after the fit, written down and sealed.

Every row of the posterior sample is played along the record and then left to itself, several times: replicates carry
the luck of talks, duties and plants, rows the uncertainty of parameters, and each lane its own draw of the trend of
qualities, of brands' and suppliers' fortunes and of material prices, which the model does not explain.

``write`` puts the draws into ``forecast.parquet`` and its digest into ``forecast.json``. Only a ``Sealed`` forecast,
read back and checked against that digest, opens the record of later years (``hindcast_scores.held_out``).
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.hindcast.evidence import (
    BLOCS,
    DIRECTED,
    DYADS,
    MOVED,
    QUARTERS,
    past,
)
from experiments.hindcast.fit import (
    PRICE_SD,
    SPREAD,
    SUPPLIER_SD,
    episodes,
    settings,
    trend_of,
)
from experiments.hindcast.plan import HindcastPlan
from experiments.hindcast.trend import carry_on
from experiments.hindcast.work import Mapped
from experiments.hindcast.worlds import Nudged, Path, Played, path_of, play
from experiments.store.files import write_table, write_whole
from model import InputFault

DRAWS_FILE: Final = "forecast.parquet"
SEAL_FILE: Final = "forecast.json"
MONTHS: Final = 3.0  # a quarter
SMALL: Final = 1e-12  # share that keeps logarithms finite
KEYS: Final = ("quantity", "entity", "year")


@dataclass(frozen=True)
class Sealed:
    """A forecast that is written down: its table, a row a number and a column a draw, and its digest."""

    table: pd.DataFrame
    digest: str
    declaration: str
    posterior: str

    def draws(self, quantity: str, entity: str, year: int) -> np.ndarray:
        """The draws of one number."""
        key: Any = (quantity, entity, year)
        return np.asarray(self.table.loc[key], dtype=np.float64)


def forecast(plan: HindcastPlan, sample: pd.DataFrame, mapped: Mapped) -> pd.DataFrame:
    """Draws of everything that is forecast: index quantity, entity, year; a column a draw.

    Also the years of the fit, for looking back: there the record was given.
    """
    path = path_of(past(plan))
    tasks = [(plan, path, i, sample.iloc[i]) for i in range(len(sample))]
    parts = list(mapped(forecast_task, tasks))
    lengths = np.concatenate([part.pop(("length", "months", plan.score_last)) for part in parts])
    table = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    n_draws = next(iter(table.values())).size
    if lengths.size:
        table["length", "months", plan.score_last] = np.quantile(lengths, (np.arange(n_draws) + 0.5) / n_draws)
    index = pd.MultiIndex.from_tuples(list(table), names=KEYS)
    frame = pd.DataFrame(np.stack(list(table.values())), index=index)
    return frame.rename(columns=lambda number: f"draw_{number}")


def forecast_task(task: tuple[HindcastPlan, Path, int, pd.Series]) -> dict[tuple[str, str, int], np.ndarray]:
    """The draws that one row of the sample gives."""
    plan, path, index, row = task
    lanes, rng = plan.forecast.lanes, np.random.default_rng([plan.forecast.root_seed, index])
    replicates = range(index * lanes, (index + 1) * lanes)
    steer = Onward(path, row, rng)
    played = play(plan.scenario, settings(plan, row), plan.forecast.root_seed, replicates, path, steer)
    return numbers(plan, played, row, rng)


class Onward:
    """Lets qualities grow after the record: the market's by its damped trend, brands' at random around it."""

    def __init__(self, path: Path, row: pd.Series, rng: np.random.Generator) -> None:
        self.path, self.trend, self.rng = path, trend_of(row), rng
        self.brand_sd = np.array([float(row[name]) for name in SPREAD]) / np.sqrt(QUARTERS)
        self.growth: np.ndarray | None = None

    def __call__(self, lane: Nudged, t: int) -> None:
        world = lane.world
        if self.growth is None:
            seen = np.stack(lane.implied, axis=-1)
            ahead = world.n_quarters - self.path.n_quarters
            luck = self.rng.standard_normal((*seen.shape[:-1], 2 + 2 * ahead))
            self.growth = carry_on(seen, self.trend, luck)
        share = lane.shares[-1]
        fortune = self.brand_sd[:, None] * self.rng.standard_normal(share.shape)
        fortune = fortune - np.sum(share * fortune, axis=-1, keepdims=True)
        lane.shift(self.growth[..., t + 1 - self.path.n_quarters][..., None] + fortune)


def numbers(
    plan: HindcastPlan, played: Played, row: pd.Series, rng: np.random.Generator
) -> dict[tuple[str, str, int], np.ndarray]:
    """Every number that is forecast, (R,) draws each."""
    years = list(range(plan.fit_first, plan.score_last + 1))
    ahead = len(plan.fit_years)
    table: dict[tuple[str, str, int], np.ndarray] = {}

    def keep(quantity: str, names: Any, values: np.ndarray, first: int) -> None:
        for i, name in enumerate(names):
            for y in range(first, len(years)):
                table[quantity, name, years[y]] = values[:, i, y]

    keep("ev_share", BLOCS, played.yearly(played.ev_share), 0)
    brand = played.yearly(played.brand)
    for m, bloc in enumerate(BLOCS):
        keep("brand", [f"{bloc} {maker}" for maker in played.automakers], brand[:, m], 0)
    keep("supplier", played.suppliers, with_fortune(played.yearly(played.supplier), row, ahead, rng), 0)
    cost = np.log(played.price)
    wobble = float(row[PRICE_SD]) * rng.standard_normal((cost.shape[0], len(years) - ahead))
    price = cost - cost[:, [ahead - 1]]
    price[:, ahead:] += np.cumsum(wobble, axis=1)
    keep("price", ["WORLD"], price[:, None], 0)
    duty = played.duty[..., QUARTERS - 1 :: QUARTERS]
    keep("duty", DIRECTED, duty, 0)
    change = np.diff(duty, axis=-1, prepend=duty[..., :1])
    keep("move", DIRECTED, np.where(change > MOVED, 1.0, np.where(change < -MOVED, -1.0, 0.0)), ahead)
    for kind, flags in episodes(played).items():
        keep(kind, DYADS, flags.astype(np.float64), 0)
    for d, dyad in enumerate(DYADS):
        table["carried", dyad, plan.score_last] = played.carried[:, d]
        table["dropped", dyad, plan.score_last] = played.dropped[:, d]
    table["length", "months", plan.score_last] = MONTHS * spells(played.session, QUARTERS * ahead)
    return table


def with_fortune(share: np.ndarray, row: pd.Series, ahead: int, rng: np.random.Generator) -> np.ndarray:
    """(R, k, y) suppliers' shares with what the model does not explain of them, growing year by year."""
    step = float(row[SUPPLIER_SD]) * rng.standard_normal((*share.shape[:2], share.shape[2] - ahead))
    logs = np.log(np.maximum(share, SMALL))
    logs[..., ahead:] += np.cumsum(step, axis=-1)
    raised = np.exp(logs - np.max(logs, axis=1, keepdims=True))
    return np.asarray(raised / np.sum(raised, axis=1, keepdims=True))


def spells(session: np.ndarray, first: int) -> np.ndarray:
    """(n,) lengths in quarters of sessions that ended from quarter ``first`` on; session (R, d, q) 0/1."""
    lengths = []
    for series in session.reshape(-1, session.shape[-1]):
        run = 0.0
        for t, is_on in enumerate(series):
            if is_on > 0:
                run += 1.0
            elif run:
                if t >= first:
                    lengths.append(run)
                run = 0.0
    return np.array(lengths)


# --- sealing ---------------------------------------------------------------------------------------------------------


def write(folder: File, table: pd.DataFrame, plan: HindcastPlan, posterior: str) -> Sealed:
    """Write the forecast and its seal into a folder; the forecast as it lies there.

    Raises:
        InputFault: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SEAL_FILE).unlink(missing_ok=True)
    write_table(folder / DRAWS_FILE, table.reset_index())
    digest = hashlib.sha256((folder / DRAWS_FILE).read_bytes()).hexdigest()
    seal = {"forecast": digest, "declaration": plan.digest, "posterior": posterior, "rows": len(table)}
    text = json.dumps(seal, indent=1) + "\n"
    write_whole(folder / SEAL_FILE, lambda path: path.write_text(text, encoding="utf-8"))
    return read_sealed(folder, plan)


def read_sealed(folder: File, plan: HindcastPlan) -> Sealed:
    """The forecast of a folder, checked against its seal.

    Raises:
        InputFault: there is none, it was changed after it was sealed, or it belongs to another declaration.
    """
    draws, seal = folder / DRAWS_FILE, folder / SEAL_FILE
    if not draws.is_file() or not seal.is_file():
        fault = f"no sealed forecast in '{folder}'; nothing later than {plan.fit_last} is read before one is written"
        raise InputFault([f"{fault}; make it: detente hindcast"], "hindcast")
    told, content = json.loads(seal.read_text(encoding="utf-8")), draws.read_bytes()
    if hashlib.sha256(content).hexdigest() != told["forecast"]:
        raise InputFault([f"'{draws}' was changed after it was sealed; forecast again: detente hindcast"], "hindcast")
    if told["declaration"] != plan.digest:
        raise InputFault([f"'{draws}' belongs to another declaration; forecast again: detente hindcast"], "hindcast")
    table = pd.read_parquet(io.BytesIO(content)).set_index(list(KEYS))
    return Sealed(table.sort_index(), told["forecast"], told["declaration"], told["posterior"])
