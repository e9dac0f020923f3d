"""Scenario discovery: under which assumptions does cooperation collapse, or is it durable?

The runs of a sweep over many assumptions (a ``latin_hypercube`` or ``sobol`` plan) are sorted into cases of interest
and others, and PRIM (``prim.py``) looks for boxes of assumptions in which the cases are common. Of a trajectory the
box with the largest harmonic mean of coverage and density is told; all of its steps are in the tables.

A search always finds something, so a box is compared with what the same search finds when outcomes have nothing to do
with assumptions: the outcomes of whole design points are dealt out anew among them (replicates of a point stay
together, because they share its assumptions). ``p_value`` is the share of such searches whose box is as good;
``reproduced`` the share of searches in half of the design points whose box of like coverage restricts the same input.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from experiments.design.outcomes import main_of
from experiments.design.plan import Plan
from experiments.design.sampling import generator
from experiments.discovery.prim import NO_LIMIT, Limits, Prim, Step
from experiments.findings.assumed import NO_SIGN
from experiments.findings.comparisons import matrices
from experiments.findings.differences import of_pairs
from experiments.store.kept import plan_of
from model import PARAMETERS, InputFault

if TYPE_CHECKING:
    import pandas as pd

    from experiments.store.folder import Results

#: Cases of interest: the columns of a run that make one, and what it means.
CASES: Final = {
    "collapse": (("collapsed",), "a spell of cooperation, new or inherited, ended before the horizon"),
    "durable": (("durable",), "cooperation for twelve quarters or more"),
}
#: Cases of a plan with a difference: the sign of what it changes of the outcome, and what it means.
CHANGES: Final = {
    "raised": (1.0, "the difference of the plan raises the outcome, replicate by replicate"),
    "lowered": (-1.0, "the difference of the plan lowers the outcome, replicate by replicate"),
}
HALVES: Final = 20
RESAMPLES: Final = 99
FEWEST_POINTS: Final = 20
MOST_RESAMPLES: Final = 10_000
MOST_BOXES: Final = 10


@dataclasses.dataclass(frozen=True)
class Discovery:
    """What was found for one case in one dyad; without boxes, ``why`` says why there is none."""

    case: str
    dyad: str
    n_runs: int
    n_points: int
    share: float
    boxes: tuple[Box, ...]
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Box:
    """A box, its trajectory and how far it can be believed."""

    step: Step
    trajectory: tuple[Step, ...]
    p_value: float
    reproduced: dict[str, float]


def discover(
    results: Results,
    cases: Sequence[str] = (),
    dyads: Sequence[str] = (),
    n_boxes: int = 1,
    resamples: int = RESAMPLES,
) -> list[Discovery]:
    """Boxes of every case in every dyad; of a plan with a ``difference``, of where it raises or lowers its outcome.

    cases, dyads: none named means all that the results have. The outcome is the first that the plan names, or the joint
    gain.

    Raises:
        InputFault: an unknown case or dyad, too few design points, or results without what makes a case.
    """
    plan = plan_of(results)
    known: Sequence[str] = tuple(CHANGES if plan.difference else CASES)
    there = tuple(map(str, results.read(["dyad"])["dyad"].unique()))
    cases, dyads = tuple(cases) or known, tuple(dyads) or plan.dyads or there
    _check(cases, dyads, n_boxes, resamples, known, there)
    inputs = inputs_of(results)
    if plan.difference:
        return list(_of_difference(results, plan, inputs, cases, dyads, n_boxes, resamples))
    wanted = sorted({column for case in cases for column in CASES[case][0]})
    frame = results.read(["dyad", *wanted])
    seed = int(results.manifest["root_seed"])
    found = []
    for case in cases:
        for dyad in dyads:
            rows = frame[frame["dyad"] == dyad]
            points = rows["design_point"].to_numpy()
            y = np.logical_and.reduce([rows[column].to_numpy().astype(bool) for column in CASES[case][0]])
            x = inputs.loc[points].reset_index(drop=True)
            found.append(found_in(case, dyad, x, y, points, n_boxes, resamples, seed))
    return found


def _of_difference(
    results: Results,
    plan: Plan,
    inputs: pd.DataFrame,
    cases: Sequence[str],
    dyads: Sequence[str],
    n_boxes: int,
    resamples: int,
) -> Iterator[Discovery]:
    """Boxes in which what the plan's difference changes has a sign."""
    name, cells = main_of(plan), np.array([point.index for point in plan.cells])
    for case in cases:
        for dyad in dyads:
            ((_, values),) = matrices(results.read([name], dyad=dyad), [name], len(plan.points))
            changed = of_pairs(values, plan)
            place, replicate = np.nonzero(np.isfinite(changed))
            points = cells[place]
            y = CHANGES[case][0] * changed[place, replicate] > NO_SIGN
            x = inputs.loc[points].reset_index(drop=True)
            yield found_in(case, dyad, x, y, points, n_boxes, resamples, plan.root_seed)


def _check(
    cases: Sequence[str],
    dyads: Sequence[str],
    n_boxes: int,
    resamples: int,
    known_cases: Sequence[str],
    there: Sequence[str],
) -> None:
    faults = [f"case {case!r}: allowed are {', '.join(known_cases)}" for case in cases if case not in known_cases]
    faults += [f"dyad {dyad!r}: allowed are {', '.join(there)}" for dyad in dyads if dyad not in there]
    if not 1 <= n_boxes <= MOST_BOXES:
        faults.append(f"boxes = {n_boxes}: allowed is a whole number from 1 to {MOST_BOXES}")
    if not 0 <= resamples <= MOST_RESAMPLES:
        faults.append(f"resamples = {resamples}: allowed is a whole number from 0 to {MOST_RESAMPLES}")
    if faults:
        raise InputFault(faults, "discover")


def inputs_of(results: Results) -> pd.DataFrame:
    """What every design point sets, one row a point, by its index; numbers as numbers, all else as sets.

    Raises:
        InputFault: too few points to search.
    """
    import pandas as pd

    plan = plan_of(results)
    names = [factor.name for factor in plan.factors]
    cells = [point for point in plan.points if point.is_cell]
    if len(cells) < FEWEST_POINTS:
        fault = f"'{results.folder}' has {len(cells)} design points: a search needs {FEWEST_POINTS} or more"
        raise InputFault([f"{fault}; sample the assumptions (design latin_hypercube or sobol)"], "discover")
    columns: dict[str, Any] = {}
    for name in names:
        values = [point.value_of(name) for point in cells]
        if any(isinstance(value, bool | str) for value in values):
            columns[name] = [str(value) for value in values]
        else:
            columns[name] = np.array(values, dtype=np.int64 if PARAMETERS[name].kind == "int" else np.float64)
    return pd.DataFrame(columns, index=[point.index for point in cells])


def found_in(
    case: str,
    dyad: str,
    x: pd.DataFrame,
    y: npt.NDArray[np.bool_],
    points: npt.NDArray[Any],
    n_boxes: int,
    resamples: int,
    seed: int,
) -> Discovery:
    n_points = len(np.unique(points))
    told = (case, dyad, len(y), n_points, float(np.mean(y)) if len(y) else 0.0)
    if not y.any() or y.all():
        return Discovery(*told, (), "no run is of this kind" if not y.any() else "every run is of this kind")
    luck = generator(seed)
    search, left, boxes = Prim(x, y), np.ones(len(y), dtype=bool), []
    for _ in range(n_boxes):
        if not (y & left).any():
            break
        steps = search.trajectory(left)
        step = chosen(steps)
        if not step.restricted:
            break
        p_value = _p_value(x[left], y[left], points[left], step, resamples, luck)
        boxes.append(Box(step, tuple(steps), p_value, _reproduced(x[left], y[left], points[left], step, luck)))
        left = left & ~search.within(step.limits, left)
    return Discovery(*told, tuple(boxes), "" if boxes else "no box is better than all runs together")


def chosen(steps: Sequence[Step]) -> Step:
    """The step with the largest harmonic mean of coverage and density; of equals the one with fewer limits."""
    return max(steps, key=lambda step: (round(step.f_measure, 12), -len(step.restricted)))


def dealt_anew(y: npt.NDArray[np.bool_], points: npt.NDArray[Any], luck: np.random.Generator) -> npt.NDArray[np.bool_]:
    """The outcomes of whole design points in other places, among points with as many runs."""
    _, place, counts = np.unique(points, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(place, kind="stable"), np.cumsum(counts)[:-1])
    result = y.copy()
    for count in np.unique(counts):
        alike = np.flatnonzero(counts == count)
        for to, source in zip(alike, luck.permutation(alike), strict=True):
            result[members[to]] = y[members[source]]
    return result


def _p_value(
    x: pd.DataFrame,
    y: npt.NDArray[np.bool_],
    points: npt.NDArray[Any],
    step: Step,
    resamples: int,
    luck: np.random.Generator,
) -> float:
    """Share of searches without a connection whose box is as good as this one (itself counted); NaN without any."""
    if not resamples:
        return float("nan")
    best = Prim(x, y).trajectory()
    own = max(step.f_measure, chosen(best).f_measure)
    as_good = sum(
        chosen(Prim(x, dealt_anew(y, points, luck)).trajectory()).f_measure >= own - 1e-12 for _ in range(resamples)
    )
    return (1 + as_good) / (1 + resamples)


def _reproduced(
    x: pd.DataFrame, y: npt.NDArray[np.bool_], points: npt.NDArray[Any], step: Step, luck: np.random.Generator
) -> dict[str, float]:
    """By restricted input, the share of searches in half of the points whose box of like coverage restricts it."""
    names, counts, done = np.unique(points), dict.fromkeys(step.restricted, 0), 0
    for _ in range(HALVES):
        half = np.isin(points, luck.choice(names, len(names) // 2, replace=False))
        if not y[half].any() or y[half].all():
            continue
        done += 1
        steps = Prim(x[half].reset_index(drop=True), y[half]).trajectory()
        alike = min(steps, key=lambda other: abs(other.coverage - step.coverage))
        for name in set(alike.restricted) & set(counts):
            counts[name] += 1
    return {name: count / done if done else float("nan") for name, count in counts.items()}


def in_words(limit: Limits, quasi_p: tuple[float, float]) -> str:
    """A limit as one would say it; only the ends that are limits."""
    if isinstance(limit, frozenset):
        return " or ".join(sorted(str(value) for value in limit))
    low, high = (limit[k] if quasi_p[k] != NO_LIMIT else None for k in (0, 1))
    if low is None or high is None:
        return f"above {low:.3g}" if low is not None else f"below {high:.3g}"
    return f"{low:.3g} to {high:.3g}"


def tables(found: Sequence[Discovery]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Boxes with one row a limit, and all trajectories."""
    import pandas as pd

    boxes, steps = [], []
    for one in found:
        for number, box in enumerate(one.boxes, 1):
            key = {"case": one.case, "dyad": one.dyad, "box": number}
            said = {name: getattr(box.step, name) for name in ("coverage", "density", "mass", "n", "k")}
            for name, quasi in box.step.quasi_p.items():
                limit = box.step.limits[name]
                low, high = (np.nan, np.nan) if isinstance(limit, frozenset) else limit
                boxes.append(
                    {
                        **key, **said, "share_of_all": one.share, "p_value": box.p_value, "input": name,
                        "limit": in_words(limit, quasi), "low": low, "high": high,
                        "quasi_p_low": quasi[0], "quasi_p_high": quasi[1], "reproduced": box.reproduced[name],
                    }
                )  # fmt: skip
            for place, step in enumerate(box.trajectory):
                said = {name: getattr(step, name) for name in ("coverage", "density", "mass", "n", "k")}
                steps.append({**key, "step": place, **said, "restricted": ", ".join(step.restricted)})
    return pd.DataFrame(boxes), pd.DataFrame(steps)


def show(console: Any, found: Sequence[Discovery]) -> None:
    """Print every box in words."""
    from experiments.display.console import head, prose

    for one in found:
        name = one.case.replace("_", " ")
        meaning = CASES[one.case][1] if one.case in CASES else CHANGES[one.case][1]
        head(console, f"{one.dyad}: {name}", f" ({meaning})")
        prose(console, f"{one.share:.2f} of {one.n_runs} runs at {one.n_points} design points. {one.why}".rstrip())
        for number, box in enumerate(one.boxes, 1):
            step = box.step
            prose(
                console,
                f"Box {number}: density {step.density:.2f}, coverage {step.coverage:.2f}, {step.mass:.2f} of the runs; "
                f"searches without a connection do as well with p = {box.p_value:.2f}.",
            )
            for name, quasi in step.quasi_p.items():
                shown = max(value for value in quasi if value != NO_LIMIT)
                prose(
                    console,
                    f"{name} {in_words(step.limits[name], quasi)} "
                    f"(quasi-p {shown:.1g}, in {box.reproduced[name]:.2f} of half samples)",
                    indent=2,
                )
