"""Which assumptions move the outcomes: Morris screening of all of them, then Sobol indices of mechanisms and of those
that matter, with chance as one more group.

A plan says what varies: any plan whose design is ``latin_hypercube`` or ``sobol`` (with ``vary_every = "assumed"`` it
is every assumed number). Its scenario, settings, ranges and root seed are used; the number of points is not.

* *Screening* (Morris 1991; Campolongo et al. 2007): steps of one input at a time from many starting points. mu* is the
  mean size of the change of the outcome over a step through two thirds of the range, sigma its spread.
* *Sobol indices* of the groups (the mechanisms: groups of ``docs/parameters.md``) and of the ``keep`` inputs that
  moved an
  outcome most, over the full ranges of all inputs; how they and the share of chance are estimated is told in
  ``indices.py``.

A plan with a ``difference`` is asked what moves that: every point is played twice, and the outcome is the second
playing minus the first. A plan that names ``outcomes`` and ``dyads`` is asked about those.

Both designs are run as sweeps, with all that belongs to that: the same command goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from experiments.design.plan import Factor, Plan
from experiments.design.sampling import spread
from experiments.running.engines import run_chunk
from experiments.running.runner import CHUNK_REPLICATES, Hooks, Outcome, run_plan
from experiments.sensitivity.indices import CHANCE, Samples, convergence, indices
from experiments.store.columns import Chunk
from model import PARAMETERS, InputFault

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

OUTCOMES: Final = ("time_cooperating", "joint_gain", "durable")
LEVELS: Final = 4  # places an input can take in screening (Morris 1991)
# A total index is settled when the second half of the rows moves it by less than this (share of the variance).
SETTLED: Final = 0.05


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much work: trajectories and replicates of screening; inputs kept, rows and replicates of the Sobol design."""

    trajectories: int = 8
    screening_replicates: int = 8
    keep: int = 10
    rows: int = 64
    replicates: int = 16


LIMITS: Final = {
    "trajectories": (2, 1000), "screening_replicates": (1, 10_000), "keep": (1, 200), "rows": (2, 65_536),
    "replicates": (2, 10_000),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Sensitivity:
    """What came of it.

    screening: one row an outcome, dyad and input; sobol: one row an outcome, dyad and group; course: the indices from
    fewer rows; n_lost: base rows left out because a run in them failed.
    """

    plan: Plan
    sizes: Sizes
    kept: tuple[str, ...]
    screening: pd.DataFrame
    sobol: pd.DataFrame
    course: pd.DataFrame
    n_lost: int


def in_order(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Kind and name of the groups of indices: mechanisms, then inputs, then chance; in each the largest total first."""
    largest = rows.groupby(["kind", "group"], sort=False)["total"].max().reset_index()
    place = largest["kind"].map({"mechanism": 0, "input": 1, CHANCE: 2})
    largest = largest.assign(place=place).sort_values(["place", "total"], ascending=[True, False], kind="stable")
    return list(zip(largest["kind"], largest["group"], strict=True))


def check(plan: Plan, sizes: Sizes) -> None:
    """Refuse what cannot be analysed.

    Raises:
        InputFault: says what.
    """
    faults = [
        f"{name} = {getattr(sizes, name)}: allowed is a whole number from {low} to {high}"
        for name, (low, high) in LIMITS.items()
        if not low <= getattr(sizes, name) <= high
    ]
    if sizes.rows & (sizes.rows - 1):
        faults.append(f"rows = {sizes.rows}: a Sobol design is balanced at powers of two: 64, 128, ...")
    if any(factor.range is None for factor in plan.factors) or len(plan.factors) < 2:
        how = "; to ask what moves an effect, sample the ranges and name a difference" if plan.assumed else ""
        faults.append(f"sensitivity needs two factors or more with a range each (design latin_hypercube or sobol){how}")
    if len(plan.blocks) > 1:
        faults.append(f"the plan has {len(plan.blocks)} blocks: allowed is one; make a plan of each")
    if faults:
        raise InputFault(faults, f"sensitivity of {plan.name}")


# --- designs ----------------------------------------------------------------------------------------------------------


def screening_design(n_factors: int, trajectories: int, seed: int) -> FloatArray:
    """(trajectories * (n + 1), n) numbers between 0 and 1, by SALib."""
    from SALib.sample import morris

    return np.asarray(morris.sample(_problem(n_factors), trajectories, num_levels=LEVELS, seed=_seed(seed)))


def sobol_design(n_factors: int, groups: Sequence[Sequence[int]], rows: int, seed: int) -> FloatArray:
    """(rows * (G + 2), n) numbers between 0 and 1: A, B, then A with each group's columns from B."""
    from scipy.stats import qmc

    luck = np.random.default_rng(_seed(seed))
    base = qmc.Sobol(2 * n_factors, scramble=True, rng=luck).random(rows)
    a, b = base[:, :n_factors], base[:, n_factors:]
    mixed = []
    for group in groups:
        one = a.copy()
        one[:, list(group)] = b[:, list(group)]
        mixed.append(one)
    return np.concatenate([a, b, *mixed])


def _problem(n_factors: int) -> dict[str, Any]:
    return {"num_vars": n_factors, "names": [f"x{k}" for k in range(n_factors)], "bounds": [[0.0, 1.0]] * n_factors}


def _seed(seed: int) -> int:
    """A seed that every library takes, from a root seed of any length."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0])


def mechanisms(factors: Sequence[Factor]) -> dict[str, list[int]]:
    """Places of the factors by the group of parameters that they belong to, in declared order."""
    groups: dict[str, list[int]] = {}
    for place, factor in enumerate(factors):
        groups.setdefault(PARAMETERS[factor.name].group, []).append(place)
    return groups


def derived(plan: Plan, unit: FloatArray, replicates: int, what: str) -> Plan:
    """The plan's question on other points: rows of numbers between 0 and 1, one a factor."""
    rows = tuple(spread(plan.factors, unit))
    text = f"{plan.text}\n# {what}, made by detente sensitivity\n"
    return dataclasses.replace(
        plan,
        name=f"{plan.name}-{what.split(maxsplit=1)[0]}",
        replicates=replicates,
        rows=rows,
        design="list",
        contrasts=(),
        precision=None,
        text=text,
    )


# --- tables -----------------------------------------------------------------------------------------------------------


def outcomes_of(plan: Plan, outcome: Outcome, n_points: int, replicates: int) -> dict[tuple[str, str], FloatArray]:
    """By outcome and dyad, (points, replicates) numbers, NaN where a run failed.

    With a ``difference`` the second playing of every point minus the first. Where there is next to nothing to gain, its
    share counts as none.
    """
    names = plan.outcomes or OUTCOMES
    frame = outcome.results.read(["dyad", *names])
    found = {}
    for dyad, rows in frame.groupby("dyad", observed=True, sort=False):
        if plan.dyads and str(dyad) not in plan.dyads:
            continue
        for name in names:
            values = np.full((n_points * (1 + bool(plan.difference)), replicates), np.nan)
            at = (rows["design_point"].to_numpy(), rows["replicate"].to_numpy())
            values[at] = rows[name].astype(float).fillna(0.0).to_numpy()
            found[name, str(dyad)] = values[n_points:] - values[:n_points] if plan.difference else values
    return {key: found[key] for key in sorted(found, key=lambda key: names.index(key[0]))}  # dyads in their order


def screening_table(
    factors: Sequence[Factor], unit: FloatArray, found: Mapping[tuple[str, str], FloatArray], seed: int
) -> pd.DataFrame:
    """mu* with its interval, mu and sigma of every input, for every outcome and dyad; by SALib."""
    import pandas as pd
    from SALib.analyze import morris

    rows = []
    length = len(factors) + 1
    for (outcome, dyad), values in found.items():
        mean = values.mean(axis=1)
        whole = np.repeat(~np.isnan(mean.reshape(-1, length)).any(axis=1), length)
        told = morris.analyze(_problem(len(factors)), unit[whole], mean[whole], num_levels=LEVELS, seed=_seed(seed))
        for place, factor in enumerate(factors):
            rows.append(
                {
                    "outcome": outcome, "dyad": dyad, "input": factor.name,
                    "mechanism": PARAMETERS[factor.name].group,
                    **{name: float(told[name][place]) for name in ("mu_star", "mu_star_conf", "mu", "sigma")},
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def most_moving(screening: pd.DataFrame, keep: int) -> tuple[str, ...]:
    """The inputs that move any outcome most: by their largest share of the largest mu* of an outcome and dyad."""
    largest = screening.groupby(["outcome", "dyad"], sort=False)["mu_star"].transform("max")
    share = (screening["mu_star"] / largest.where(largest > 0.0, 1.0)).groupby(screening["input"], sort=False).max()
    return tuple(str(name) for name in share.sort_values(ascending=False, kind="stable").index[:keep])


def sobol_tables(
    found: Mapping[tuple[str, str], FloatArray], names: Sequence[tuple[str, str]], rows: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Indices and their course; ``names`` are (kind, name) of the groups in the order of the design."""
    import pandas as pd

    told, course = [], []
    whole = np.ones(rows, dtype=bool)
    for values in found.values():
        whole &= ~np.isnan(values.reshape(-1, rows, values.shape[-1])).any(axis=(0, 2))
    n_lost = int(rows - whole.sum())
    if whole.sum() < 2:
        raise InputFault([f"{n_lost} of {rows} rows have a failed run; too few are left"], "sensitivity")
    labels = [*names, (CHANCE, CHANCE)]
    for (outcome, dyad), values in found.items():
        parts = values.reshape(-1, rows, values.shape[-1])[:, whole]
        samples = Samples(parts[0], parts[1], parts[2:])
        index = indices(samples, _seed(seed))
        steps = convergence(samples)
        half = steps[min(steps, key=lambda n: abs(n - rows / 2))]
        for place, (kind, name) in enumerate(labels):
            told.append(
                {
                    "outcome": outcome, "dyad": dyad, "kind": kind, "group": name, "variance": index.variance,
                    **{field: float(getattr(index, field)[place]) for field in index._fields if field != "variance"},
                    "moved": float(abs(index.total[place] - half[1, place])),
                    "settled": bool(abs(index.total[place] - half[1, place]) < SETTLED),
                }
            )  # fmt: skip
            for n, at in steps.items():
                key = {"outcome": outcome, "dyad": dyad, "kind": kind, "group": name, "rows": n}
                course.append({**key, "first": at[0, place], "total": at[1, place]})
    return pd.DataFrame(told), pd.DataFrame(course), n_lost


# --- to run -----------------------------------------------------------------------------------------------------------


def run_sensitivity(
    plan: Plan,
    folder: Path,
    sizes: Sizes,
    workers: int | None = None,
    hooks: Callable[[str], Hooks] = lambda stage: Hooks(),  # noqa: ARG005
    engine: str = "ensemble",
    work: Callable[[Chunk], Any] = run_chunk,
) -> Sensitivity | None:
    """Screen, then estimate; both sweeps stay in ``folder``. None where it was interrupted.

    Raises:
        InputFault: as ``check``, or the folder holds another analysis.
    """
    check(plan, sizes)
    factors, seed = plan.factors, plan.root_seed
    chunk = max(sizes.replicates, sizes.screening_replicates, CHUNK_REPLICATES)

    def run(points: Plan, stage: str) -> Outcome:
        return run_plan(
            points, folder / stage, workers, hooks(stage), None, work, engine=engine, chunk_replicates=chunk
        )

    unit = screening_design(len(factors), sizes.trajectories, seed)
    words = f"screening with {sizes.trajectories} trajectories"
    first = run(derived(plan, unit, sizes.screening_replicates, words), "screening")
    if first.was_interrupted:
        return None
    screened = outcomes_of(plan, first, len(unit), sizes.screening_replicates)
    screening = screening_table(factors, unit, screened, seed)
    kept = most_moving(screening, sizes.keep)
    groups = mechanisms(factors)
    places = {factor.name: [place] for place, factor in enumerate(factors)}
    names = [*(("mechanism", name) for name in groups), *(("input", name) for name in kept)]
    columns = [*groups.values(), *(places[name] for name in kept)]
    points = sobol_design(len(factors), columns, sizes.rows, seed)
    words = f"sobol with {sizes.rows} rows and groups {json.dumps([name for _, name in names])}"
    second = run(derived(plan, points, sizes.replicates, words), "sobol")
    if second.was_interrupted:
        return None
    found = outcomes_of(plan, second, len(points), sizes.replicates)
    sobol, course, n_lost = sobol_tables(found, names, sizes.rows, seed)
    return Sensitivity(plan, sizes, kept, screening, sobol, course, n_lost)
