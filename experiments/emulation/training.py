"""Makes an emulator of a plan: plays a design over its ranges, twice as many points each time, until it is good enough.

A plan says what varies: any plan whose factors have ranges (design ``sobol`` or ``latin_hypercube``). Its scenario,
settings, ranges, outcomes, dyads, replicates and root seed are used. The design is a scrambled Sobol sequence from the
root seed, of which every stage plays the next points. Held-out points come from another root seed: other places, and
other luck, so that they tell what the emulator is worth for runs that nobody has played; each has many times the runs
of a design point: their own luck blurs little.

Where all that varies may differ between the runs of a world (``model.BY_LANE``), points are played side by side, and
every run has luck of its own: what lucky runs of a point say says nothing of the next one, so that the fit tells luck
from what the inputs do. Else points are played one by one, every 128 of them with the same luck, replicate by
replicate, and the next 128 with another: one luck for all would move every answer the same way.

What is played together is a sweep, with all that belongs to that: the same command goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from experiments.design.outcomes import OF_SIDES, OUTCOMES, SIDES, expanded, words_of
from experiments.design.plan import SAMPLED, ByRun, Factor, Plan
from experiments.design.sampling import sobol
from experiments.emulation.emulator import CURVES, FORM, Emulator, share_of
from experiments.emulation.fitting import CENTRES, LEVEL, Runs, fitted, measured, moments
from experiments.running.engines import run_chunk
from experiments.running.executors import check_workers, executor_maker
from experiments.running.runner import Hooks, Outcome, run_plan
from experiments.store.columns import Chunk
from experiments.store.manifest import code_fingerprint, now
from model import BY_LANE, DYAD_NAMES, PARAMETERS, InputFault, __version__, load_scenario, make_parameters, root_seeds

FloatArray = npt.NDArray[np.float64]

#: What an emulator answers where a plan names no outcomes.
USUAL: Final = ("emerged", "kept", "gain_share", "durable", "mean_depth", "final_ev_share", "duty")
#: What a bloc has one of, whichever of its dyads is looked at.
OF_BLOCS: Final = ("ev_share", "final_ev_share", "co2_saved", "price")
#: Outcomes that only runs have in which cooperation was inherited and can be kept (True), or was not (False).
ONLY_WHERE: Final = {"emerged": False, "kept": True, "lost": True}
INHERITED: Final = "inherited"
FIRST: Final = 32  # points of the first stage
FIRST_SIDE_BY_SIDE: Final = 512  # the same where points have few runs, and cost little to play and as much to fit
HELD_OUT_TIMES: Final = 6  # runs of a held-out point to one of a design point, at least
PART: Final = 512  # replicates that are played at once
PART_SIDE_BY_SIDE: Final = 1024  # the same side by side: 290 runs a second where 512 come to 270
FIT_ALONE: Final = 128  # points whose curves one process fits before others would have started
SAME_LUCK: Final = 128  # points one after the other, which a Sobol sequence spreads over the box
MOST_INPUTS: Final = 20


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much work: points at most (a power of two), replicates of each, held-out points, and the error at which more
    points are not needed: a held-out root mean square error in standard deviations over the box."""

    points: int
    replicates: int
    held_out: int = 64
    error: float = 0.2

    def replicates_held_out(self, side_by_side: bool) -> int:
        """Replicates of a held-out point; side by side they have as many runs in all as the design points."""
        least = HELD_OUT_TIMES * self.replicates
        return max(least, self.points * self.replicates // self.held_out) if side_by_side else least


POINTS: Final = (8, 4096)
LIMITS: Final = {"replicates": (8, 10_000), "held_out": (8, 4096)}


class Key(NamedTuple):
    """An output: the outcome, the dyad or bloc that it is about, and the column and dyad that it is read from."""

    outcome: str
    where: str
    column: str
    dyad: str


def sizes_of(plan: Plan, points: int | None, replicates: int | None, held_out: int, error: float) -> Sizes:
    """The work that was asked for; what is not named is the plan's.

    Raises:
        InputFault: says what of it, or of the plan, cannot be emulated.
    """
    is_sampled = plan.design in SAMPLED
    most = 1 << (max(len(plan.rows), 1).bit_length() - 1) if is_sampled else FIRST
    wanted = plan.replicates if replicates is None else replicates
    sizes = Sizes(most if points is None else points, wanted, held_out, error)
    faults = [
        f"{name.replace('_', '-')} = {getattr(sizes, name)}: allowed is a whole number from {low} to {high}"
        for name, (low, high) in LIMITS.items()
        if not low <= getattr(sizes, name) <= high
    ]
    low, high = POINTS
    if not low <= sizes.points <= high or sizes.points & (sizes.points - 1):
        near = min(
            (1 << k for k in range(low.bit_length() - 1, high.bit_length())), key=lambda n: abs(n - sizes.points)
        )
        said = f"allowed is a power of two from {low} to {high}, at which a Sobol design is balanced; nearest: {near}"
        faults.append(f"{'n_points' if points is None else 'points'} = {sizes.points}: {said}")
    if not 0.0 <= error < 1.0:
        faults.append(f"error = {error}: allowed is a number from 0 (play all points) to below 1")
    if not is_sampled:
        faults.append(f"design = {plan.design!r}: an emulator is made of ranges: write design = 'sobol'")
    numbers = [one for one in plan.factors if getattr(PARAMETERS.get(one.name), "kind", "") in ("int", "float")]
    for what, those in (
        (
            "no number, and an emulator has numbers only: set it in [settings]",
            [f for f in plan.factors if f not in numbers],
        ),
        ("with levels: an emulator needs range = [low, high]", [f for f in numbers if f.range is None]),
    ):
        if those:
            faults.append(f"{', '.join(f'factors.{factor.name}' for factor in those)}: {what}")
    if len(plan.factors) > MOST_INPUTS:
        faults.append(f"the plan has {len(plan.factors)} factors: allowed are {MOST_INPUTS}; more need too many points")
    for what, there in (("blocks", len(plan.blocks) > 1), ("a difference", bool(plan.difference)),
                        ("assumptions", plan.assumed is not None), ("scenarios", len(plan.scenarios) > 1)):  # fmt: skip
        if there:
            faults.append(f"the plan has {what}: an emulator is of one setting; make a plan of each")
    if faults:
        raise InputFault(faults, f"emulator of {plan.name}")
    return sizes


def keys_of(plan: Plan) -> list[Key]:
    """The outputs that a plan asks for, in its order; of emergence also whether cooperation was inherited."""
    names = plan.outcomes or USUAL
    if any(name in ONLY_WHERE for name in names) and INHERITED not in names:
        names = (INHERITED, *names)
    dyads = plan.dyads or tuple(DYAD_NAMES)
    return list(dict.fromkeys(key for name in names for key in _keys(name, dyads)))


def _keys(name: str, dyads: Sequence[str]) -> Iterator[Key]:
    base = name.removesuffix("_first").removesuffix("_second")  # plans name sides one by one
    if base not in OF_BLOCS:
        yield from (Key(column, dyad, column, dyad) for column in expanded([name]) for dyad in dyads)
        return
    seen: set[str] = set()
    for dyad in dyads:
        for bloc, side in zip(dyad.split("-"), SIDES, strict=True):
            if bloc not in seen:
                seen.add(bloc)
                yield Key(base, bloc, f"{base}_{side}", dyad)


# --- to play ----------------------------------------------------------------------------------------------------------


def derived(plan: Plan, rows: Sequence[Mapping[str, Any]], replicates: int, what: str, root_seed: int) -> Plan:
    """The plan's question at other points."""
    return dataclasses.replace(
        plan, name=f"{plan.name}-{what}", replicates=replicates, rows=tuple(rows), design="list", contrasts=(),
        precision=None, root_seed=root_seed, text=f"{plan.text}\n# {what}, made by detente emulate\n",
    )  # fmt: skip


def is_side_by_side(plan: Plan) -> bool:
    """Whether what a plan varies may differ between the runs of a world, and no code of a user's own asks for it."""
    own = plan.world is not None or plan.tactics is not None
    return not own and all(one.name in BY_LANE and not one.together for one in plan.factors)


def side_by_side(plan: Plan, rows: Sequence[Mapping[str, Any]], replicates: int, what: str, root_seed: int) -> Plan:
    """As ``derived``, all points as one, each run of it with its own settings and luck of its own."""
    whole = derived(plan, [{}], len(rows) * replicates, what, root_seed)
    return dataclasses.replace(whole, factors=(), by_run=ByRun(tuple(rows), replicates))


def seeds_of(plan: Plan) -> tuple[int, Iterator[int]]:
    """The root seed of the held-out points, and those of one sweep after the other, beginning with the plan's."""
    held_out, *more = (seed for seed in root_seeds() if seed != plan.root_seed)
    return held_out, itertools.cycle([plan.root_seed, *more])


def places_of(factors: Sequence[Factor], rows: Sequence[Mapping[str, Any]]) -> FloatArray:
    """Rows of settings as places in the box, (rows, inputs) numbers from 0 to 1."""
    inputs = [input_of(factor, {}) for factor in factors]
    return np.array([[share_of(one, float(row[one["name"]])) for one in inputs] for row in rows])


def input_of(factor: Factor, start: Mapping[str, Any]) -> dict[str, Any]:
    """An input as the file describes it; its usual value is the scenario's, or the nearest in the box."""
    assert factor.range is not None
    low, high = factor.range
    spec = PARAMETERS[factor.name]
    usual = min(max(float(start.get(factor.name, low)), low), high)
    return {
        "name": factor.name, "label": factor.label, "unit": spec.unit, "low": low, "high": high, "scale": factor.scale,
        "is_whole": spec.kind == "int", "usual": usual,
    }  # fmt: skip


def values_of(outcome: Outcome, keys: Sequence[Key], n_points: int, replicates: int) -> dict[Key, FloatArray]:
    """By output (points, replicates) numbers; NaN where a run failed or has no such outcome.

    What no run has (a gain where none is to be had, emergence where cooperation is inherited everywhere) is no output.
    """
    columns = list(
        dict.fromkeys(
            [*(key.column for key in keys), *([INHERITED] if any(key.outcome in ONLY_WHERE for key in keys) else [])]
        )
    )
    frame = outcome.results.read(["dyad", *columns])
    rows = dict(iter(frame.groupby("dyad", observed=True)))
    found: dict[Key, FloatArray] = {}
    for key in keys:
        mine = rows.get(key.dyad)
        values = np.full((n_points, replicates), np.nan)
        if mine is not None:
            at = (mine["design_point"].to_numpy(), mine["replicate"].to_numpy())
            own = mine[key.column].astype(float).to_numpy()
            if key.outcome in ONLY_WHERE:
                has = mine[INHERITED].astype(bool).to_numpy() == ONLY_WHERE[key.outcome]
                own = np.where(has, own, np.nan)
            values.flat[at[0] * replicates + at[1]] = own  # side by side all points are one
        found[key] = values
    return found


@dataclasses.dataclass
class _Course:
    """What the stages have played so far: rows, and by output (points, replicates) numbers."""

    rows: list[Mapping[str, Any]] = dataclasses.field(default_factory=list)
    values: dict[Key, FloatArray] = dataclasses.field(default_factory=dict)

    def add(self, rows: Sequence[Mapping[str, Any]], values: Mapping[Key, FloatArray]) -> None:
        self.rows += rows
        self.values = {
            key: np.concatenate([self.values[key], more]) if key in self.values else more
            for key, more in values.items()
        }


def make_emulator(
    plan: Plan,
    folder: Path,
    sizes: Sizes,
    workers: int | None = None,
    hooks: Callable[[str], Hooks] = lambda stage: Hooks(),  # noqa: ARG005
    work: Callable[[Chunk], Any] = run_chunk,
    tell: Callable[[str], None] = lambda words: None,  # noqa: ARG005
) -> dict[str, Any] | None:
    """What the file of an emulator says; the sweeps stay in ``folder``. None where it was interrupted.

    Raises:
        InputFault: the folder holds another emulator's sweeps, or no outcome could be had.
    """
    keys = keys_of(plan)
    began, spent = time.monotonic(), cpu_seconds()
    together = is_side_by_side(plan)
    at_once = (side_by_side, PART_SIDE_BY_SIDE, sizes.points, FIRST_SIDE_BY_SIDE)
    make, part, same_luck, first = at_once if together else (derived, PART, SAME_LUCK, FIRST)

    def play(
        rows: Sequence[Mapping[str, Any]], stage: str, root_seed: int, replicates: int = sizes.replicates
    ) -> dict[Key, FloatArray] | None:
        points = make(plan, rows, replicates, stage, root_seed)
        came = run_plan(
            points, folder / stage, workers, hooks(stage), None, work, chunk_replicates=min(points.replicates, part)
        )
        return None if came.was_interrupted else values_of(came, keys, len(rows), replicates)

    apart, seeds = seeds_of(plan)
    tested = sobol(plan.factors, 1 << (sizes.held_out - 1).bit_length(), apart)[: sizes.held_out]
    n_held_out = sizes.replicates_held_out(together)
    held_out = play(tested, "held-out", apart, n_held_out)
    if held_out is None:
        return None
    whole = sobol(plan.factors, sizes.points, plan.root_seed)
    apart_seconds = time.monotonic() - began
    # Where no error is small enough, all points are wanted: nobody has to look on the way.
    course, steps, n = _Course(), [], sizes.points if sizes.error == 0.0 else min(first, sizes.points)
    while True:
        while (begin := len(course.rows)) < n:
            rows = whole[begin : min(begin + same_luck, n)]
            values = play(rows, f"points-{begin + len(rows):04d}", next(seeds))
            if values is None:
                return None
            course.add(rows, values)
        told = _fit(plan, keys, course, tested, held_out, workers)
        error = worst_error(told["outputs"])
        steps.append({"points": n, "error": error})
        tell(f"{n} points: error {error:.2f} standard deviations in the worst output")
        if error < sizes.error or n >= sizes.points:
            break
        n *= 2
    return told | {
        "made": now(), "sizes": dataclasses.asdict(sizes), "steps": steps, "seconds": time.monotonic() - began,
        "held_out_seconds": apart_seconds, "cpu_seconds": cpu_seconds() - spent, "held_out_replicates": n_held_out,
    }  # fmt: skip


def cpu_seconds() -> float:
    """Seconds of processors that this process and its finished workers have had."""
    return sum(os.times()[:4])


def worst_error(outputs: Sequence[Mapping[str, Any]]) -> float:
    """The largest held-out error, in standard deviations over the box, beyond the held-out points' own luck."""
    found = [
        math.sqrt(max(one["held_out"]["best_r2"] - one["held_out"]["r2"], 0.0))
        for one in outputs
        if one["held_out"]["r2"] is not None and one["outcome"] != INHERITED
    ]
    return max(found, default=0.0)


# --- to fit -----------------------------------------------------------------------------------------------------------


def _fit(
    plan: Plan,
    keys: Sequence[Key],
    course: _Course,
    tested: Sequence[Mapping[str, Any]],
    held_out: dict[Key, FloatArray],
    workers: int | None,
) -> dict[str, Any]:
    """What the file says of the model, the box and the curves, with what held-out points say of them."""
    places, tests = places_of(plan.factors, course.rows), places_of(plan.factors, tested)
    start = make_parameters({**load_scenario(plan.start).parameters.as_dict(), **plan.settings}).as_dict()
    there = [key for key in keys if np.isfinite(course.values[key]).sum() > 1 and np.isfinite(held_out[key]).sum() > 1]
    if not there:
        raise InputFault(["no run has any of the outcomes that the plan names"], f"emulator of {plan.name}")
    told: dict[str, Any] = {
        "form": FORM, "version": __version__, "code_sha256": code_fingerprint(), "plan": plan.name,
        "title": plan.title, "scenario": plan.scenario, "root_seed": str(plan.root_seed),
        "settings": dict(plan.settings),
        "level": LEVEL, "n_points": len(places), "replicates": course.values[there[0]].shape[1],
        "inputs": [input_of(factor, start) for factor in plan.factors], "points": places[:CENTRES].tolist(),
        "outputs": [],
    }  # fmt: skip
    named = [(key.outcome, key.where) for key in there]
    yes_no = [(OUTCOMES.get(key.outcome) or OF_SIDES[key.outcome]).is_yes_no for key in there]
    curves = _curves([Runs(places, course.values[key]) for key in there], yes_no, workers)
    for key, found in zip(there, curves, strict=True):
        own = OUTCOMES.get(key.outcome) or OF_SIDES[key.outcome]
        only = [named.index((INHERITED, key.where)), ONLY_WHERE[key.outcome]] if key.outcome in ONLY_WHERE else None
        is_share = own.times == 100.0 or "depth" in key.outcome
        told["outputs"].append({
            "outcome": key.outcome, "where": key.where, "words": words_of(key.column, key.dyad), "unit": own.unit,
            "times": own.times, "digits": own.digits, "is_yes_no": own.is_yes_no, "only": only, "width": 0.0,
            "limits": _limits(course.values[key], is_share),
            **found,
        })  # fmt: skip
    _measure(told, there, tests, held_out)
    return told


def _curves(runs: Sequence[Runs], yes_no: Sequence[bool], workers: int | None) -> list[dict[str, Any]]:
    """The curves of every output, fitted side by side where there are many points, which takes seconds each."""
    jobs = check_workers(workers) if len(runs[0].places) > FIT_ALONE else 1
    with executor_maker(jobs)() as pool:
        return list(pool.map(fitted, runs, yes_no))


def _limits(values: FloatArray, is_share: bool) -> list[float]:
    """What an answer cannot leave: 0 and 1 of a share that stays within them, else what is far from all that came."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if is_share and low >= 0.0 and high <= 1.0:
        return [0.0, 1.0]
    room = high - low
    return [0.0 if low >= 0.0 else low - room, high + room]


def _measure(told: dict[str, Any], keys: Sequence[Key], tests: FloatArray, held_out: Mapping[Key, FloatArray]) -> None:
    """Calibrate the bands on held-out runs, and write down how well they are met."""
    emulator = Emulator(told)
    found = np.array([emulator.curves(place) for place in tests])  # (point, curve, output)
    spreads = np.array([emulator.spread(at) for at in found])
    told["tested"] = tests.tolist()
    for k, (key, one) in enumerate(zip(keys, told["outputs"], strict=True)):
        mean, run_low, run_high = (found[:, CURVES.index(curve), k] for curve in CURVES)
        spread = spreads[:, k]
        ends = None if one["is_yes_no"] else (run_low, run_high)
        one["width"], how = measured(held_out[key], mean, spread, ends)
        one["held_out"] = {name: _or_none(value) for name, value in how._asdict().items()}
        one["tested"] = [_or_none(value) for value in moments(held_out[key]).mean.tolist()]


def _or_none(value: float) -> float | None:
    """A number as JSON has it."""
    return value if math.isfinite(value) else None
