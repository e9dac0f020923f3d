"""The fit of a hindcast: approximate Bayesian computation (ABC) over a Sobol design, on the years of the fit.

Every design point is played along the record (nudged, so that what follows the record stands where the world stood) and
once with its own duties. Points whose numbers lie nearest to the targets, in units of the model's error and of the
spread between replicates, are kept with Epanechnikov weights (rejection), times the exact likelihood of pack prices.
Beside each, a damped trend is drawn by its likelihood. The result is a table of equally likely rows.

Kept points are not moved by regression: where a model cannot reach its targets, as here with some, adjusted points run
to the ends of their ranges and plain rejection is the safer (Frazier, Robert & Rousseau 2020).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import pandas as pd
from scipy.stats import qmc

from experiments.hindcast.evidence import QUARTERS, Record, past
from experiments.hindcast.plan import FOLDER, TARGETS, HindcastPlan
from experiments.hindcast.trend import Spreads, prior_spreads, weigh
from experiments.hindcast.worlds import Path, Played, path_of, play
from model import PARAMETERS, InputFault, seeds_directory

PRICE_SD: Final = "price_sd"
TREND: Final = ("trend_phi", "trend_level_sd", "trend_growth_sd", "trend_noise_sd")
SPREAD: Final = tuple(f"brand_sd_{bloc}" for bloc in ("cn", "us", "eu"))
SUPPLIER_SD: Final = "supplier_sd"
#: Least narrowing of a prior that counts as having learned something. Luck alone narrows the narrowest of 25 by .20 in
#: one sample of 64 rows in twenty, by .23 in one in a hundred, and a fit is made anew whenever rules move.
IDENTIFIED: Final = 0.25
NEAR: Final = 1e-9  # weight of the farthest point that is kept
LEAST_SHARE: Final = 0.005  # brands smaller than this do not tell how brands move
UNSOLD: Final = -100.0  # utils: a brand that is not on sale has a quality far below
SMALLEST_MOVE: Final = 1e-6  # a change of a special duty that is one
MIDDLE: Final = ((0, 1), (2, 3), (4, 5))  # directed dyads of each dyad


class HasDigest(Protocol):
    """A declaration, of which the digest alone is asked."""

    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Point:
    """One design point as the fit sees it.

    lanes (R, S) of every target; price_fall log fall of prices over the record, by learning alone; implied (m, q)
    quality; brand_sd (m,).
    """

    index: int
    lanes: np.ndarray
    price_fall: float
    implied: np.ndarray
    brand_sd: np.ndarray


def columns(plan: HindcastPlan) -> list[str]:
    """The columns of a posterior sample."""
    return [*plan.free, PRICE_SD, *TREND, *SPREAD, SUPPLIER_SD]


def design(plan: HindcastPlan) -> pd.DataFrame:
    """Scrambled Sobol points over the priors of the free parameters and of the spread of prices."""
    priors = {**plan.free, PRICE_SD: plan.discrepancy.price_sd}
    unit = qmc.Sobol(len(priors), scramble=True, rng=plan.fit.root_seed).random(plan.fit.n_points)
    values = {name: prior.low + unit[:, i] * (prior.high - prior.low) for i, (name, prior) in enumerate(priors.items())}
    return pd.DataFrame(values)


def settings(plan: HindcastPlan, row: pd.Series) -> dict[str, Any]:
    """A row's parameters of the model; whole numbers rounded."""
    return {name: round(float(row[name])) if PARAMETERS[name].kind == "int" else float(row[name]) for name in plan.free}


def evaluate(plan: HindcastPlan, path: Path, index: int, row: pd.Series) -> Point:
    """Play one design point and measure it."""
    chosen, lanes = settings(plan, row), plan.fit.lanes
    replicates = range(index * lanes, (index + 1) * lanes)
    along = play(plan.scenario, chosen, plan.fit.root_seed, replicates, path, n_quarters=path.n_quarters)
    free = play(plan.own_duties_file, chosen, plan.fit.root_seed, replicates, path, n_quarters=path.n_quarters)
    found = {**measured(episodes(along)), **duty_moves(free)}
    return Point(
        index=index,
        lanes=np.stack([found[name] for name in TARGETS], axis=1),
        price_fall=float(np.mean(np.log(along.price[:, 0] / along.price[:, -1]))),
        implied=np.mean(along.implied, axis=0),
        brand_sd=brand_spread(along, path),
    )


def measured(outcomes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Targets on talks: years by kind and dyad, of outcomes (R, d, y)."""
    found: dict[str, np.ndarray] = {}
    for kind in ("agreements", "collapses"):
        years = np.sum(outcomes[kind], axis=2)
        found |= {f"{kind} {dyad}": years[:, d] for d, dyad in enumerate(("CN-US", "CN-EU", "US-EU"))}
    return found


def episodes(played: Played) -> dict[str, np.ndarray]:
    """(R, d, y) whether talks were on, an agreement came into force, talks or a treaty broke down in a year."""
    before = [np.concatenate([x[..., :1], x[..., :-1]], axis=-1) for x in (played.session, played.package)]
    signed = (played.package != before[1]) & (played.package > 0)
    # What is agreed in the last quarter of a session comes into force in the next.
    soon = np.concatenate([signed[..., 1:], signed[..., -1:]], axis=-1) | signed
    broken = ((before[0] > 0) & (played.session == 0) & ~soon) | ((before[1] > 0) & (played.package == 0))
    years = (*played.session.shape[:-1], -1, QUARTERS)
    kinds = {"talks": (played.session > 0) | signed, "agreements": signed, "collapses": broken}
    return {kind: np.any(flags.reshape(years), axis=-1) for kind, flags in kinds.items()}


def duty_moves(played: Played) -> dict[str, np.ndarray]:
    """(R,) rises and cuts of special duties, as targets count them: years in which a directed dyad's duty moved."""
    ends = np.concatenate([played.special[..., :1], played.special[..., QUARTERS - 1 :: QUARTERS]], axis=-1)
    change = np.diff(ends, axis=-1)
    ups, downs = (np.sum(x, axis=2) for x in (change > SMALLEST_MOVE, change < -SMALLEST_MOVE))
    first = np.sum(ups[:, list(MIDDLE[0])], axis=1)
    return {"rises CN-US": first, "rises elsewhere": np.sum(ups, axis=1) - first, "cuts": np.sum(downs, axis=1)}


def brand_spread(played: Played, path: Path) -> np.ndarray:
    """(m,) standard deviation of a brand's quality against its market's over a year, utils, along the record."""
    ends = slice(QUARTERS - 1, path.n_quarters, QUARTERS)
    own, share = np.mean(played.own, axis=0)[..., ends], np.nan_to_num(path.brand)[..., ends]
    sold = (share > LEAST_SHARE) & (own > UNSOLD)
    kept = sold[..., 1:] & sold[..., :-1]
    change = np.where(kept, np.diff(own, axis=-1), 0.0)
    return np.sqrt(np.sum(change**2, axis=(1, 2)) / np.maximum(np.sum(kept, axis=(1, 2)), 1))


def targets_of(record: Record) -> dict[str, float]:
    """What the record says of every target."""
    moves = np.where(_is_mfn(record), 0, record.moves)
    outcomes = {"agreements": record.agreement, "collapses": record.collapse}
    found = measured({kind: flags[None] for kind, flags in outcomes.items()})
    values = {name: float(x[0]) for name, x in found.items()}
    first = float(np.sum(moves[list(MIDDLE[0])] > 0))
    values |= {"rises CN-US": first, "rises elsewhere": float(np.sum(moves > 0)) - first}
    values["cuts"] = float(np.sum(moves < 0))
    return values


def _is_mfn(record: Record) -> np.ndarray:
    """(6, y) moves for everybody: China charges the EU its MFN duty, so what moves there is no special duty."""
    mfn = np.zeros(record.moves.shape, dtype=bool)
    mfn[2] = True
    return mfn


def refit(plan: HindcastPlan, mapped: Callable[[Any, list[Any]], Iterable[Point]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The posterior sample, and how near the points came to each target.

    mapped: applies a function to tasks, here or in other processes, and gives results in their order.
    """
    record = past(plan)
    path, points = path_of(record), design(plan)
    tasks = [(plan, path, i, points.iloc[i]) for i in range(len(points))]
    found = list(mapped(evaluate_task, tasks))
    return posterior(plan, points, found, record)


def evaluate_task(task: tuple[HindcastPlan, Path, int, pd.Series]) -> Point:
    """``evaluate`` with its arguments in one, for other processes."""
    return evaluate(*task)


def supplier_spread(record: Record) -> float:
    """Standard deviation of yearly changes of suppliers' shares, log odds."""
    share = record.supplier[np.isfinite(record.supplier[:, -1])]
    change = np.diff(np.log(share) - np.log1p(-share), axis=1)
    return float(np.sqrt(np.nanmean(change**2)))


def posterior(
    plan: HindcastPlan, points: pd.DataFrame, found: list[Point], record: Record
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Equally likely rows: parameters, a trend for each, the spreads of brands and suppliers; and a row a target."""
    wanted = targets_of(record)
    at = [TARGETS.index(target.name) for target in plan.targets]
    lanes = np.stack([point.lanes[:, at] for point in found]).astype(np.float64)
    mean, spread = np.mean(lanes, axis=1), np.sqrt(np.mean(np.var(lanes, axis=1, ddof=1), axis=0))
    scale = np.sqrt(np.array([target.scale for target in plan.targets]) ** 2 + spread**2)
    gap = (mean - np.array([wanted[target.name] for target in plan.targets])) / scale
    kept, near = nearest_points(gap, plan.fit.keep)
    score = np.array([log_likelihood_of_prices(found[i], float(points[PRICE_SD].iloc[i]), record) for i in kept])
    weight = near * np.exp(score - np.max(score))
    rng = np.random.default_rng([plan.fit.root_seed, plan.fit.n_points])
    chosen = kept[systematic(weight, plan.fit.sample, rng.random())]
    spreads = prior_spreads(plan.trend, plan.fit.root_seed)
    freedom, supplier_sd = plan.discrepancy.share_freedom, supplier_spread(record)
    rows = []
    for i in chosen:
        trend = spreads[rng.choice(plan.trend.n_points, p=weigh(found[i].implied, spreads))]
        # Spreads are known from few changes: scaled inverse chi-square.
        wider = np.sqrt(freedom / rng.chisquare(freedom, size=len(SPREAD) + 1))
        values = [trend.phi, trend.level_sd, trend.growth_sd, trend.noise_sd, *(found[i].brand_sd * wider[:-1])]
        rows.append([*points.iloc[i], *values, supplier_sd * wider[-1]])
    sample = pd.DataFrame(np.array(rows, dtype=np.float64), columns=columns(plan))
    return sample, nearness(plan, wanted, mean, mean[chosen])


class Nearest(NamedTuple):
    """Places of the points that are kept, nearest first, and their weights, above 0 and at most 1."""

    kept: np.ndarray
    weight: np.ndarray


def nearest_points(gap: np.ndarray, keep: float, without: int | None = None) -> Nearest:
    """The points nearest to a record, with Epanechnikov weights.

    gap (n, S): how far every point is from every target, in units of its scale. keep: the share of points that is
    kept. without: a point that does not count, if any.
    """
    distance = np.sqrt(np.sum(gap**2, axis=1))
    if without is not None:
        distance[without] = np.inf
    kept = np.argsort(distance, kind="stable")[: round(keep * len(gap))]
    return Nearest(kept, np.maximum(1.0 - (distance[kept] / np.max(distance[kept])) ** 2, NEAR))


def log_likelihood_of_prices(point: Point, price_sd: float, record: Record) -> float:
    """Of the recorded yearly changes of pack prices, given what learning explains of them, spread evenly over years."""
    changes = record.price_change[1:]
    left = (changes + point.price_fall / changes.size) / price_sd
    return float(-0.5 * np.sum(left**2) - left.size * np.log(price_sd))


def nearness(plan: HindcastPlan, wanted: dict[str, float], prior: np.ndarray, sample: np.ndarray) -> pd.DataFrame:
    """A row a target: what was recorded, and the means over replicates of all points and of the sample."""
    rows = []
    for i, target in enumerate(plan.targets):
        ends = np.quantile(prior[:, i], [0.05, 0.95])
        row = {"target": target.name, "recorded": wanted[target.name], "prior_low": ends[0], "prior_high": ends[1]}
        rows.append(row | {"sample_mean": float(np.mean(sample[:, i]))})
    return pd.DataFrame(rows)


def systematic(weight: np.ndarray, size: int, start: float) -> np.ndarray:
    """(size,) places drawn in proportion to weights, evenly spread (systematic resampling)."""
    ladder = np.cumsum(weight) / np.sum(weight)
    return np.minimum(np.searchsorted(ladder, (np.arange(size) + start) / size), weight.size - 1)


# --- the sample on disk ------------------------------------------------------------------------------------------


def targets_file(plan: HindcastPlan) -> File:
    """Where it is kept how near the fit came to its targets."""
    return posterior_file(plan).with_name(f"{plan.name}-targets.csv")


def posterior_file(plan: HindcastPlan) -> File:
    """Where the sample of a declaration is kept."""
    return seeds_directory() / FOLDER / f"{plan.name}-posterior.csv"


def as_text(sample: pd.DataFrame, plan: HasDigest) -> str:
    """A table as it is kept: the declaration's digest, then its rows."""
    rows = io.StringIO()
    sample.to_csv(rows, index=False, float_format="%.9g", lineterminator="\n")
    return f"# declaration {plan.digest}\n{rows.getvalue()}"


def load_nearness(plan: HindcastPlan) -> pd.DataFrame:
    """How near the fit came to its targets, as kept beside the sample."""
    return pd.read_csv(targets_file(plan), comment="#")


def digest_of(text: str) -> str:
    """The digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def load_posterior(plan: HindcastPlan) -> tuple[pd.DataFrame, str]:
    """The kept sample of a declaration, and its digest.

    Raises:
        InputFault: there is none, or it was fitted under another declaration.
    """
    file = posterior_file(plan)
    if not file.is_file():
        raise InputFault([f"no posterior sample at {file.name}; fit it: detente hindcast --refit"], "hindcast")
    text = file.read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    if first != f"# declaration {plan.digest}":
        fault = f"{file.name} was fitted under another declaration; fit it again: detente hindcast --refit"
        raise InputFault([fault], "hindcast")
    sample = pd.read_csv(io.StringIO(rest))
    if list(sample) != columns(plan) or not np.isfinite(sample.to_numpy()).all():
        raise InputFault([f"{file.name}: columns or numbers are not those of a sample; fit it again"], "hindcast")
    return sample, digest_of(text)


def learned(plan: HindcastPlan, sample: pd.DataFrame) -> pd.DataFrame:
    """What the fit says of every free parameter: median, 90 % of the sample, and how much narrower than the prior.

    identified: narrower by a quarter or more; the others are as uncertain as before.
    """
    rows = []
    for name, prior in plan.free.items():
        low, median, high = sample[name].quantile([0.05, 0.5, 0.95])
        narrower = 1.0 - (high - low) / (0.9 * (prior.high - prior.low))
        row = {"parameter": name, "median": median, "low": low, "high": high, "narrower": narrower}
        rows.append(row | {"identified": bool(narrower >= IDENTIFIED)})
    return pd.DataFrame(rows)


def trend_of(row: pd.Series) -> Spreads:
    """The damped trend of a row."""
    return Spreads(*(np.array(float(row[name])) for name in TREND))
