"""The assumption sample: what may be believed of the assumed numbers once the record of 2018-2025 is known.

A declaration in ``seeds/calibration`` says which numbers are uncertain, over which ranges, which years are played with
the model's own duties, talks and treaties, and which numbers of the record weigh the points. Every point is played;
those nearest to the record are kept with Epanechnikov weights (``fit.nearest_points``), and equally likely rows are
drawn from them. What every point played stays beside the sample, so that its diagnostics (``assumption_checks.py``) are
made again without playing anything.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.stats import beta, qmc

from experiments.hindcast.evidence import BLOCS, QUARTERS, Record, observe, years_kept
from experiments.hindcast.fit import (
    Nearest,
    as_text,
    digest_of,
    duty_moves,
    episodes,
    measured,
    nearest_points,
    systematic,
    targets_of,
)
from experiments.hindcast.plan import FOLDER, TARGETS, Fit, Part, Range, Target, Text, Year, design_faults, read_plan
from experiments.hindcast.worlds import Path, Played, path_of, play
from model import PARAMETERS, InputFault, nearest, seeds_directory

NAME: Final = "2026-assumptions"
SUBJECT: Final = "assumptions"
#: What the record can weigh points by: the targets of a hindcast, how agreements are kept, and the last EV shares.
BREAKS: Final = "breaks a year"
SHARES: Final = tuple(f"EV share {bloc}" for bloc in BLOCS)
MEASURES: Final = (*TARGETS, BREAKS, *SHARES)
#: The column of a sample that says how likely a row is against the others, and those of a point that is not sampled.
WEIGHT: Final = "weight"
#: The mean of a PERT distribution is (low + 4 best + high) / 6: the best guess counts as much as four ends.
BEST_WEIGHT: Final = 4.0
#: A range whose highest value is this many times its lowest was guessed in factors and is drawn in logarithms: defaults
#: of such ranges stand about the geometric middle.
FACTOR: Final = 10.0
LEAST_YEARS: Final = 0.25  # years in force, a quarter: below it there is no rate of breaking to speak of
SMALLEST_SHARE: Final = 1e-6  # keeps log odds finite


class Prior(NamedTuple):
    """What is believed of a number before the record is looked at, each in the number's own unit."""

    low: float  # lowest value that is thought possible
    best: float  # best guess: the default
    high: float  # highest


class AssumptionPlan(Part):
    """A declaration of an assumption sample.

    prior: "best_guess" for the PERT distribution through lowest, best and highest guess, the standard way to write a
    three-point estimate (Malcolm et al. 1959; Clark 1962; Vose 2008), in logarithms where a range spans a factor of
    ten or more; "uniform" for one that knows no best guess.
    """

    name: str
    title: Text
    prior: Literal["best_guess", "uniform"] = "uniform"
    world: str
    first: Year
    last: Year
    market_last: Year
    fit: Fit
    left_out: dict[str, Text] = Field(default_factory=dict)
    ranges: dict[str, Range] = Field(default_factory=dict)
    targets: list[Target] = Field(min_length=1)

    @property
    def digest(self) -> str:
        """What tells this declaration from any other, and from itself with another table of parameters."""
        return hashlib.sha256(f"{self.model_dump_json()}{self.priors}".encode()).hexdigest()

    @property
    def world_file(self) -> str:
        """Path of the scenario that is played."""
        return str(seeds_directory() / FOLDER / self.world)

    @property
    def n_quarters(self) -> int:
        """Quarters that are played."""
        return QUARTERS * (self.last - self.first + 1)

    @property
    def priors(self) -> dict[str, Prior]:
        """The prior of every number that is varied, in the order of the table of parameters."""
        found = {}
        for name, spec in PARAMETERS.items():
            if name in self.ranges:
                low, high = self.ranges[name].low, self.ranges[name].high
            elif spec.low is None or spec.high is None or spec.role == "measure" or spec.group in self.left_out:
                continue
            elif spec.status == "assumed":
                low, high = float(spec.low), float(spec.high)
            else:
                continue
            found[name] = Prior(low, min(max(float(spec.default), low), high), high)
        return found


def load_assumptions(name_or_path: str | File = NAME) -> AssumptionPlan:
    """The declaration of a name in ``seeds/calibration`` or of a .toml file.

    Raises:
        InputFault: lists every fault of the file.
    """
    plan = read_plan(AssumptionPlan, name_or_path, SUBJECT)
    if faults := _faults(plan):
        raise InputFault(faults, f"{SUBJECT} {plan.name}")
    return plan


def _faults(plan: AssumptionPlan) -> list[str]:
    """What only shows when parts are put together."""
    faults = []
    if not plan.first <= plan.market_last <= plan.last:
        years = (plan.first, plan.market_last, plan.last)
        faults.append(f"years {years}: first, market_last and last must be in order; order them")
    if not File(plan.world_file).is_file():
        faults.append(f"world = {plan.world!r}: no such file beside the declaration; correct the name")
    groups = {spec.group for spec in PARAMETERS.values()}
    for group in plan.left_out:
        if group not in groups:
            faults.append(f"left_out: {group!r} is not a group of parameters; {nearest(group, groups) or 'remove it'}")
    faults += design_faults("ranges", plan.ranges, plan.fit)
    for target in plan.targets:
        if target.name not in MEASURES:
            hint = nearest(target.name, MEASURES) or f"known are {', '.join(MEASURES)}"
            faults.append(f"targets: {target.name!r} cannot be measured; {hint}")
    return faults


# --- playing -----------------------------------------------------------------------------------------------------


def design(plan: AssumptionPlan) -> pd.DataFrame:
    """Scrambled Sobol points over the priors, a column a number; whole numbers are rounded."""
    priors = plan.priors
    unit = qmc.Sobol(len(priors), scramble=True, rng=plan.fit.root_seed).random(plan.fit.n_points)
    guesses = np.array(list(priors.values())).T
    if plan.prior == "best_guess":
        by_factors = guesses[2] >= FACTOR * guesses[0]
        by_factors &= guesses[0] > 0.0
        low, best, high = np.where(by_factors, np.log(np.where(by_factors, guesses, 1.0)), guesses)
        place = BEST_WEIGHT * (best - low) / (high - low)  # how far up the best guess stands
        drawn = low + (high - low) * beta.ppf(unit, 1.0 + place, 1.0 + BEST_WEIGHT - place)
        drawn = np.where(by_factors, np.exp(np.where(by_factors, drawn, 0.0)), drawn)
    else:
        drawn = guesses[0] + unit * (guesses[2] - guesses[0])
    values = pd.DataFrame(np.clip(drawn, guesses[0], guesses[2]), columns=list(priors))
    whole = [name for name in priors if PARAMETERS[name].kind == "int"]
    return values.assign(**{name: np.rint(values[name]) for name in whole})


def settings(row: pd.Series) -> dict[str, Any]:
    """A row's parameters of the model."""
    return {
        str(name): int(value) if PARAMETERS[str(name)].kind == "int" else float(value) for name, value in row.items()
    }


def evaluate(task: tuple[AssumptionPlan, Path, int, pd.Series]) -> np.ndarray:
    """(R, S) what every replicate of one point gives for every one of ``MEASURES``."""
    plan, path, index, row = task
    replicates = range(index * plan.fit.lanes, (index + 1) * plan.fit.lanes)
    played = play(plan.world_file, settings(row), plan.fit.root_seed, replicates, path, n_quarters=plan.n_quarters)
    found = {**measured(episodes(played)), **duty_moves(played), BREAKS: breaks(played)}
    ends = np.mean(played.ev_share[..., -QUARTERS:], axis=-1)
    found |= {name: log_odds(ends[:, m]) for m, name in enumerate(SHARES)}
    return np.stack([found[name] for name in MEASURES], axis=1)


def log_odds(share: np.ndarray) -> np.ndarray:
    """Log odds of shares, those of nothing and all kept finite."""
    inside = np.clip(share, SMALLEST_SHARE, 1.0 - SMALLEST_SHARE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def breaks(played: Played) -> np.ndarray:
    """(R,) treaties that ended, a year in force, all dyads together; 0 where none was in force for a quarter."""
    on = played.package > 0
    ended = np.sum(on[..., :-1] & ~on[..., 1:], axis=(1, 2))
    years = np.sum(on, axis=(1, 2)) / QUARTERS
    return np.asarray(np.where(years >= LEAST_YEARS, ended / np.maximum(years, LEAST_YEARS), 0.0))


def recorded(plan: AssumptionPlan) -> dict[str, float]:
    """What the record says of every measure."""
    record = observe(plan.first, plan.last, fill=False)
    n_broken, years = years_kept(plan.first, plan.last)
    found = {**targets_of(record), BREAKS: n_broken / years}
    return found | {name: float(log_odds(record.ev_share[m, -1:])[0]) for m, name in enumerate(SHARES)}


def market_path(plan: AssumptionPlan) -> Path:
    """Sales to the end of ``market_last``, which every world is nudged along."""
    record: Record = observe(plan.first, plan.market_last)
    return path_of(record)


@dataclass(frozen=True)
class Fitted:
    """What was played and what came of it.

    points: a row a design point, its numbers. mean, first (n, S): the mean over replicates of every target and what
    the first replicate alone gave. spread (S,): standard deviation between replicates. wanted (S,): the record.
    """

    plan: AssumptionPlan
    points: pd.DataFrame
    mean: np.ndarray
    first: np.ndarray
    spread: np.ndarray
    wanted: np.ndarray

    @property
    def scale(self) -> np.ndarray:
        """(S,) the error of a target that counts as one: the model's own and the luck of one history."""
        return np.sqrt(np.array([target.scale for target in self.plan.targets]) ** 2 + self.spread**2)

    def near(self, wanted: np.ndarray, without: int | None = None) -> Nearest:
        """The points nearest to a record (S,), their weights; ``without`` leaves out one point, the truth of a test."""
        return nearest_points((self.mean - wanted) / self.scale, self.plan.fit.keep, without)

    def sample(self) -> pd.DataFrame:
        """Points of the sample, nearest first, with the share of draws that fell on each."""
        near = self.near(self.wanted)
        rng = np.random.default_rng([self.plan.fit.root_seed, self.plan.fit.n_points])
        drawn = near.kept[systematic(near.weight, self.plan.fit.sample, rng.random())]
        chosen = [i for i in near.kept if i in drawn]
        table = self.points.iloc[chosen].reset_index(drop=True)
        return table.assign(**{WEIGHT: [np.sum(drawn == i) / drawn.size for i in chosen]})


def fit(plan: AssumptionPlan, mapped: Callable[[Any, list[Any]], Iterable[np.ndarray]]) -> Fitted:
    """Play every point of the design.

    mapped: applies a function to tasks, here or in other processes, and gives results in their order.
    """
    points, path = design(plan), market_path(plan)
    lanes = np.stack(list(mapped(evaluate, [(plan, path, i, points.iloc[i]) for i in range(len(points))])))
    lanes = lanes[..., [MEASURES.index(target.name) for target in plan.targets]].astype(np.float64)
    spread = np.sqrt(np.mean(np.var(lanes, axis=1, ddof=1), axis=0))
    return Fitted(plan, points, np.mean(lanes, axis=1), lanes[:, 0], spread, _wanted(plan))


def _wanted(plan: AssumptionPlan) -> np.ndarray:
    found = recorded(plan)
    return np.array([found[target.name] for target in plan.targets])


# --- on disk -----------------------------------------------------------------------------------------------------


def sample_file(plan: AssumptionPlan) -> File:
    """Where the sample is kept."""
    return seeds_directory() / FOLDER / f"{plan.name}.csv"


def played_file(plan: AssumptionPlan) -> File:
    """Where what every point played is kept."""
    return seeds_directory() / FOLDER / f"{plan.name}-played.csv"


def played_text(fitted: Fitted) -> str:
    """What every point played, and in the last row the spread between replicates."""
    names = [target.name for target in fitted.plan.targets]
    mean = pd.DataFrame(np.vstack([fitted.mean, fitted.spread]), columns=names)
    first = pd.DataFrame(np.vstack([fitted.first, fitted.spread]), columns=[f"{name}, first" for name in names])
    return as_text(pd.concat([mean, first], axis=1), fitted.plan)


def sample_text(fitted: Fitted) -> str:
    """The sample as it is kept."""
    return as_text(fitted.sample(), fitted.plan)


def load_fitted(plan: AssumptionPlan) -> Fitted:
    """What was played under this declaration, from the file beside it.

    Raises:
        InputFault: there is none, or it was played under another declaration.
    """
    rows = _read(plan, played_file(plan))
    names = [target.name for target in plan.targets]
    expected = [*names, *(f"{name}, first" for name in names)]
    if list(rows) != expected or len(rows) != plan.fit.n_points + 1 or not np.isfinite(rows.to_numpy()).all():
        raise InputFault([f"{played_file(plan).name}: rows or columns are not those of a fit; {AGAIN}"], SUBJECT)
    mean, first = rows[names].to_numpy(), rows[expected[len(names) :]].to_numpy()
    return Fitted(plan, design(plan), mean[:-1], first[:-1], mean[-1], _wanted(plan))


def load_sample(plan: AssumptionPlan) -> tuple[pd.DataFrame, str]:
    """The kept sample of a declaration, and its digest.

    Raises:
        InputFault: there is none, or it was made under another declaration.
    """
    rows = _read(plan, sample_file(plan))
    if list(rows) != [*plan.priors, WEIGHT] or not np.isfinite(rows.to_numpy(np.float64)).all():
        raise InputFault([f"{sample_file(plan).name}: columns or numbers are not those of a sample; {AGAIN}"], SUBJECT)
    return rows, digest_of(sample_file(plan).read_text(encoding="utf-8"))


AGAIN: Final = "play it again: detente assumptions --refit"


def _read(plan: AssumptionPlan, file: File) -> pd.DataFrame:
    if not file.is_file():
        raise InputFault([f"no {file.name} in seeds/{FOLDER}; {AGAIN}"], SUBJECT)
    first, _, rest = file.read_text(encoding="utf-8").partition("\n")
    if first != f"# declaration {plan.digest}":
        raise InputFault([f"{file.name} was made under another declaration; {AGAIN}"], SUBJECT)
    return pd.read_csv(io.StringIO(rest))
