"""A whole study: the search, the race of its best, and what is then known of them.

Every generation and every round is a sweep of its own in the folder of the study (``search-01``, ``race-01``), so a
study that was stopped goes on where it was, part by part, and two of the same plan are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from experiments.arrangements.design_plan import DesignPlan
from experiments.arrangements.objectives import (
    COLUMNS,
    REGRET,
    WORST_OFF,
    FloatArray,
    mean_of,
    measured,
    of_runs,
    over_sample,
    percentile,
    regrets,
    scores,
)
from experiments.arrangements.racing import Raced, race
from experiments.arrangements.search import Searched, room, search
from experiments.design.plan import Value
from experiments.design.sampling import DESIGN_KEY, generator
from experiments.discovery.discover import FEWEST_POINTS, found_in, in_words
from experiments.findings.assumed import NO_SIGN
from experiments.running.engines import run_chunk
from experiments.running.runner import Hooks, run_plan
from experiments.statistics.estimates import mean_interval
from experiments.store.columns import Chunk
from experiments.store.folder import Results
from model import arithmetic_in_use, using_arithmetic

if TYPE_CHECKING:
    import pandas as pd

AS_IT_IS: Final = "as it is"
FORM: Final = "detente arrangements 1"
RESAMPLES: Final = 199  # of the replicates, to see how sure the robust choice is


def make_design(
    plan: DesignPlan,
    folder: Path,
    workers: int | None = None,
    hooks: Callable[[str], Hooks] = lambda stage: Hooks(),  # noqa: ARG005
    work: Callable[[Chunk], Any] = run_chunk,
    tell: Callable[[str], None] = lambda words: None,  # noqa: ARG005
) -> dict[str, Any] | None:
    """What is known at the end, as ``arrangements.json`` has it; None where it was interrupted.

    Raises:
        InputFault: the folder holds another study's sweeps.
    """
    weights = np.array(plan.assumed.weights)
    first = folder / "search-01"
    # Stages that are still to come are played with the arithmetic of those that are there.
    there = Results.open(first).manifest if Results.are_in(first) else {"arithmetic": arithmetic_in_use()}
    arithmetic = there.get("arithmetic", "numpy")

    def stage(name: str, rows: Sequence[Mapping[str, Value]], replicates: int, seed: int) -> FloatArray | None:
        asked = plan.stage(name, rows, replicates, seed)
        most = min(replicates, 500)
        with using_arithmetic(arithmetic):
            came = run_plan(asked, folder / name, workers, hooks(name), None, work, chunk_replicates=most)
        if came.was_interrupted:
            return None
        frame = came.results.read(["dyad", *COLUMNS])
        return measured(frame, plan.dyads, len(rows), 1 + len(weights), replicates)

    def played(rows: Sequence[Mapping[str, Value]], number: int) -> FloatArray | None:
        return stage(f"search-{number + 1:02d}", rows, plan.base.replicates, plan.base.root_seed)

    found = search(
        plan.base.factors, plan.start, plan.designs, plan.base.root_seed, played,
        lambda came: scores(came, plan.objectives, plan.blocs, weights),
    )  # fmt: skip
    if found is None:
        return None
    best = candidates(found, plan.rules.candidates)
    tell(f"{len(found.rows) - 1} designs were tried; beaten by none in everything: {int((found.front == 0).sum())}.")
    rows = [found.rows[k] for k in best]
    lead = plan.objectives[0]
    raced = race(
        len(best), plan.rules,
        lambda number: stage(f"race-{number:02d}", rows, plan.rules.replicates, seed_of(plan.base.root_seed, number)),
        lambda came: over_sample(of_runs(came, lead, plan.blocs), weights),
    )  # fmt: skip
    if raced is None:
        return None
    told = _told(plan, found, best, raced, weights)
    return told if arithmetic == "numpy" else {**told, "arithmetic": arithmetic}


def seed_of(root_seed: int, number: int) -> int:
    """The root seed of a round of the race, whose luck nothing else has."""
    words = np.random.SeedSequence(root_seed, spawn_key=(*DESIGN_KEY, 2, number)).generate_state(2, np.uint64)
    return int(words[0])


def candidates(found: Searched, n: int) -> list[int]:
    """What races: the arrangement as it is, the best by the lead, then by front, on each those with more room."""
    space = room(found.values, found.front)
    order = sorted(range(1, len(found.rows)), key=lambda k: (found.front[k], -space[k], -found.values[k, 0], k))
    leader = max(range(1, len(found.rows)), key=lambda k: (found.values[k, 0], -k))
    return [0, *list(dict.fromkeys([leader, *order]))[:n]]


def _told(plan: DesignPlan, found: Searched, best: Sequence[int], raced: Raced, weights: FloatArray) -> dict[str, Any]:
    names = _names(len(best), raced.order)
    worst = of_runs(raced.came, WORST_OFF, plan.blocs)  # (candidate, world, replicate)
    means = mean_of(worst)
    regret = percentile(regrets(means), weights)
    robust = min(range(len(best)), key=lambda k: (regret[k], k))
    leader = max(range(len(best)), key=lambda k: (means[k, 0], -k))
    gain = over_sample(worst, weights)
    values = scores(raced.came, plan.objectives, plan.blocs, weights)
    told: dict[str, Any] = {
        "form": FORM, "plan": plan.base.name, "title": plan.base.title, "scenario": plan.base.scenario,
        "root_seed": str(plan.base.root_seed), "objectives": list(plan.objectives), "blocs": list(plan.blocs),
        "levers": [{"name": one.name, "label": one.label} for one in plan.base.factors],
        "rows": len(weights), "search_replicates": plan.base.replicates,
        "designs": [
            {
                "levers": dict(row), "objectives": _plain(_shown(found.values[k], plan.objectives)),
                "front": int(found.front[k]),
            }
            for k, row in enumerate(found.rows)
        ],
        "race": {
            "replicates": int(worst.shape[2]), "rounds": raced.rounds, "is_known": raced.is_known,
            "confidence": plan.rules.confidence, "order": [names[k] for k in raced.order],
            "is_above": list(raced.is_above),
        },
        "robust": names[robust], "sure": _sure(worst, weights, robust, plan.base.root_seed),
        "price": _interval(worst[leader, 0] - worst[robust, 0]), "best_in_default": names[leader], "candidates": [],
    }  # fmt: skip
    for k in raced.order:
        against = means[k, 1:] - means[0, 1:]
        told["candidates"].append({
            "name": names[k], "design": best[k], "levers": dict(found.rows[best[k]]),
            "sets": _sets(plan, found.rows[best[k]]),
            "objectives": _plain(_shown(values[k], plan.objectives)), "worst_off": _interval(gain[k]),
            "regret": _plain(regret[k : k + 1])[0], "in_default": _interval(worst[k, 0]),
            "better": _share(against > NO_SIGN, weights), "worse": _share(against < -NO_SIGN, weights),
            "by_world": _plain(means[k]),
        })  # fmt: skip
    told["fails"] = _fails(plan, means[robust] - means[0], names[robust])
    return told


def _names(n: int, order: Sequence[int]) -> list[str]:
    """By candidate its name: letters in the order of the race."""
    names = [AS_IT_IS] * n
    for letter, k in enumerate(k for k in order if k != 0):
        names[k] = chr(ord("A") + letter)
    return names


def _sets(plan: DesignPlan, row: Mapping[str, Value]) -> dict[str, Value]:
    """All parameters that a design sets."""
    return {name: value for one in plan.base.factors for name, value in one.sets(row[one.name]).items()}


def _shown(values: FloatArray, names: Sequence[str]) -> FloatArray:
    """Objectives as they are told: regret above zero."""
    return np.array([-value if name == REGRET else value for value, name in zip(values, names, strict=True)]) + 0.0


def _plain(values: FloatArray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _interval(values: FloatArray) -> list[float | None]:
    """Mean and 95 % interval over replicates."""
    there = values[np.isfinite(values)]
    if len(there) < 2:
        return [float(there.mean()) if len(there) else None, None, None]
    found = mean_interval(there)
    return _plain(np.array([found.mean, found.low, found.high]))


def _share(which: npt.NDArray[np.bool_], weights: FloatArray) -> float:
    return float((which * weights).sum() / weights.sum())


def _sure(worst: FloatArray, weights: FloatArray, robust: int, seed: int) -> float:
    """The share of draws of replicates, with return, in which the same design has the least regret."""
    luck, n = generator(seed), worst.shape[2]
    same = 0
    for _ in range(RESAMPLES):
        means = mean_of(worst[:, :, luck.integers(n, size=n)])
        same += int(np.argmin(percentile(regrets(means), weights))) == robust
    return same / RESAMPLES


def _fails(plan: DesignPlan, lead: FloatArray, name: str) -> dict[str, Any]:
    """In which assumptions the robust choice gives the worst-off no more than the arrangement as it is."""
    if name == AS_IT_IS:
        return {"why": "nothing does better than the arrangement as it is", "share": 1.0, "boxes": []}
    if len(plan.assumed.rows) < FEWEST_POINTS:
        return {"why": f"fewer than {FEWEST_POINTS} rows", "share": None, "boxes": []}
    fails = ~(lead[1:] > NO_SIGN)
    points = np.arange(len(fails))
    found = found_in("fails", name, frame_of(plan), fails, points, 1, 99, plan.base.root_seed)
    boxes = [
        {
            "density": box.step.density, "coverage": box.step.coverage, "n": box.step.n, "p_value": box.p_value,
            "limits": {one: in_words(box.step.limits[one], quasi) for one, quasi in box.step.quasi_p.items()},
        }
        for box in found.boxes
    ]  # fmt: skip
    return {"why": found.why, "share": found.share, "boxes": boxes}


def frame_of(plan: DesignPlan) -> pd.DataFrame:
    """The rows of the sample, a column a parameter; numbers as numbers, all else as words."""
    import pandas as pd

    rows = plan.assumed.rows
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        is_words = any(isinstance(value, bool | str) for value in values)
        columns[name] = [str(value) for value in values] if is_words else np.array(values, dtype=np.float64)
    return pd.DataFrame(columns)
