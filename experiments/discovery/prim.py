"""PRIM, the patient rule induction method: boxes of inputs in which an outcome of interest is common.

Peeling takes away, again and again, the thin slice of one input whose removal raises the density (the share of cases
of interest in the box) most for what is lost; pasting then gives slices back where that raises it further. The steps
are those of scenario discovery with the lenient objective, gain in mean by loss of cases (Friedman & Fisher 1999;
Bryant & Lempert 2010; Kwakkel & Jaxa-Rozen 2016), and so are the numbers: the same trajectory, step by step, as EMA
Workbench 2.5.3 on the tables in ``tests/data/prim_reference.json``. (That program stops pasting when no real-valued
input is restricted; this one goes on.)

Numbers have a lower and an upper limit, both within the box; whole numbers are peeled by values; anything else is a
set of allowed values.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy import stats

if TYPE_CHECKING:
    import pandas as pd

BoolArray = npt.NDArray[np.bool_]
Limits = tuple[float, float] | frozenset[Any]

PEEL: Final = 0.05  # share of the cases in a box that a peel takes away (Friedman & Fisher 1999)
PASTE: Final = 0.05
LEAST_MASS: Final = 0.05  # share of all cases that a box must hold
NO_LIMIT: Final = -1.0  # quasi-p of a limit that is none


@dataclasses.dataclass(frozen=True)
class Step:
    """One box of a trajectory.

    coverage: share of the cases of interest that are in it; density: share of its cases that are of interest; mass:
    share of all cases in it; n, k: its cases and those of interest; limits by input, of every input; quasi_p by
    restricted input: for the lower and the upper limit (or for the set) the chance to see so dense a box if that limit
    did nothing (a one-sided binomial test; Bryant & Lempert 2010), -1 where there is no limit.
    """

    coverage: float
    density: float
    mass: float
    n: int
    k: int
    limits: Mapping[str, Limits]
    quasi_p: Mapping[str, tuple[float, float]]

    @property
    def restricted(self) -> tuple[str, ...]:
        """The inputs that have a limit."""
        return tuple(self.quasi_p)

    @property
    def f_measure(self) -> float:
        """Harmonic mean of coverage and density."""
        total = self.coverage + self.density
        return 2.0 * self.coverage * self.density / total if total > 0.0 else 0.0


class Prim:
    """Peels and pastes on one table. x: inputs, one column each; y (n,) which cases are of interest."""

    def __init__(
        self,
        x: pd.DataFrame,
        y: npt.ArrayLike,
        peel: float = PEEL,
        paste: float = PASTE,
        least_mass: float = LEAST_MASS,
    ) -> None:
        self.y = np.asarray(y).astype(np.int64)
        self.columns = {str(name): _column(x[name]) for name in x.columns}
        self.kinds = {name: _kind(values) for name, values in self.columns.items()}
        self.columns = {n: v for n, v in self.columns.items() if self.kinds[n] != "set" or len(set(v.tolist())) > 1}
        # Real numbers first, then whole ones, then sets: of equally good slices the first is taken.
        order = sorted(self.columns, key=lambda name: ("real", "whole", "set").index(self.kinds[name]))
        self.columns = {name: self.columns[name] for name in order}
        self.peel_share, self.paste_share, self.least_mass = peel, paste, least_mass
        self.n_all, self.k_all = len(self.y), int(self.y.sum())
        self.whole: dict[str, Limits] = {name: self._extent(name) for name in self.columns}

    def trajectory(self, remaining: BoolArray | None = None) -> list[Step]:
        """All boxes from everything that remains to the last one, peeled and pasted; the first has no limits."""
        left = np.ones(self.n_all, dtype=bool) if remaining is None else remaining
        inside, limits = np.flatnonzero(left), dict(self.whole)
        steps = [self._step(inside, limits, left)]
        while (found := self._best(inside, self._peels(inside, limits))) is not None:
            score, inside_now, limits_now = found
            if not (score > 0.0 and len(inside_now) < len(inside) and len(inside_now) / self.n_all >= self.least_mass):
                break
            inside, limits = inside_now, limits_now
            steps.append(self._step(inside, limits, left))
        while (found := self._best(inside, self._pastes(limits, left))) is not None:
            score, inside_now, limits_now = found
            if not (score > 0.0 and len(inside_now) > len(inside) and len(inside_now) / self.n_all >= self.least_mass):
                break
            inside, limits = inside_now, limits_now
            steps.append(self._step(inside, limits, left))
        return steps

    def within(self, limits: Mapping[str, Limits], among: BoolArray) -> BoolArray:
        """(n,) which of some cases lie in a box."""
        found = among.copy()
        for name, limit in limits.items():
            if limit != self.whole[name]:
                found &= _allowed(self.columns[name], limit)
        return found

    # --- slices -----------------------------------------------------------------------------------------------------

    def _peels(
        self, inside: npt.NDArray[np.intp], limits: Mapping[str, Limits]
    ) -> Iterator[tuple[Any, dict[str, Limits]]]:
        for name, values in self.columns.items():
            here, limit = values[inside], limits[name]
            if isinstance(limit, frozenset):
                for value in sorted(limit, key=str) if len(limit) > 1 else ():
                    yield inside[here != value], {**limits, name: limit - {value}}
                continue
            for upper in (True, False):
                share = 1.0 - self.peel_share if upper else self.peel_share
                if self.kinds[name] == "real":
                    at = quantile(here, share)
                    keep = here <= at if upper else here >= at
                else:
                    at, keep = _whole_peel(here, int(quantile(here, share)), limit, upper)
                yield inside[keep], {**limits, name: (limit[0], at) if upper else (at, limit[1])}

    def _pastes(self, limits: Mapping[str, Limits], left: BoolArray) -> Iterator[tuple[Any, dict[str, Limits]]]:
        for name, values in self.columns.items():
            limit, whole = limits[name], self.whole[name]
            if limit == whole:
                continue
            if isinstance(limit, frozenset):
                assert isinstance(whole, frozenset)
                for value in sorted(whole - limit, key=str):
                    wider: dict[str, Limits] = {**limits, name: limit | {value}}
                    yield np.flatnonzero(self.within(wider, left)), wider
                continue
            assert not isinstance(whole, frozenset)
            for upper in (False, True):
                beyond = (limit[1], whole[1]) if upper else (whole[0], limit[0])
                data = values[self.within({**limits, name: beyond}, left) & _allowed(values, beyond)]
                at = beyond[1 if upper else 0]
                if data.size:
                    at = quantile(data, self.paste_share if upper else 1.0 - self.paste_share)
                wider = {**limits, name: (limit[0], at) if upper else (at, limit[1])}
                yield np.flatnonzero(self.within(wider, left)), wider

    def _best(
        self, inside: npt.NDArray[np.intp], slices: Iterator[tuple[Any, dict[str, Limits]]]
    ) -> tuple[float, npt.NDArray[np.intp], dict[str, Limits]] | None:
        """The slice with the largest gain in density by cases moved; of equals the one with fewer restricted inputs."""
        best: tuple[float, int, Any, dict[str, Limits]] | None = None
        mean, n = float(np.mean(self.y[inside])), len(inside)
        for cases, limits in slices:
            now = float(np.mean(self.y[cases])) if len(cases) else 0.0
            score = (now - mean) / abs(n - len(cases)) if now != mean and len(cases) != n else 0.0
            free = sum(limit == self.whole[name] for name, limit in limits.items())
            if best is None or (score, free) > best[:2]:
                best = (score, free, cases, limits)
        return None if best is None else (best[0], best[2], best[3])

    # --- what is said of a box --------------------------------------------------------------------------------------

    def _step(self, inside: npt.NDArray[np.intp], limits: Mapping[str, Limits], left: BoolArray) -> Step:
        n, k = len(inside), int(self.y[inside].sum())
        quasi: dict[str, tuple[float, float]] = {}
        for name, limit in limits.items():
            whole = self.whole[name]
            if limit == whole:
                continue
            if isinstance(limit, frozenset) or isinstance(whole, frozenset):
                quasi[name] = (self._quasi_p(n, k, {**limits, name: whole}, left), NO_LIMIT)
            else:
                low = self._quasi_p(n, k, {**limits, name: (whole[0], limit[1])}, left) if limit[0] != whole[0] else -1
                high = self._quasi_p(n, k, {**limits, name: (limit[0], whole[1])}, left) if limit[1] != whole[1] else -1
                quasi[name] = (float(low), float(high))
        coverage = k / self.k_all if self.k_all else 0.0
        return Step(coverage, k / n, n / self.n_all, n, k, dict(limits), quasi)

    def _quasi_p(self, n: int, k: int, limits: Mapping[str, Limits], left: BoolArray) -> float:
        without = self.within(limits, left)
        share = int(self.y[without].sum()) / int(without.sum())
        return float(stats.binomtest(k, n, share, alternative="greater").pvalue)

    def _extent(self, name: str) -> Limits:
        values = self.columns[name]
        return frozenset(values.tolist()) if self.kinds[name] == "set" else (float(values.min()), float(values.max()))


def quantile(data: npt.NDArray[Any], share: float) -> float:
    """A value between two different neighbours near this quantile, so that a slice never cuts through equal numbers.

    data: not empty. Above one half it lies below the equal ones at the quantile, otherwise above them.
    """
    ordered = np.sort(data)
    place = (len(ordered) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    if share > 0.5:
        while ordered[low] == ordered[high] and low > 0:
            low -= 1
    else:
        while ordered[low] == ordered[high] and high < len(ordered) - 1:
            high += 1
    return float((ordered[low] + ordered[high]) / 2)


def _whole_peel(values: npt.NDArray[Any], at: int, limit: tuple[float, float], upper: bool) -> tuple[float, BoolArray]:
    """The new limit of a whole number, and which cases stay."""
    low, high = limit
    if upper:
        keep = ((values < high) if at == high else (values <= at)) & (values >= low)
    else:
        keep = ((values > low) if at == low else (values >= at)) & (values <= high)
    rest = values[keep] if keep.any() else values
    return float(rest.max() if upper else rest.min()), keep


def _allowed(values: npt.NDArray[Any], limit: Limits) -> BoolArray:
    if isinstance(limit, frozenset):
        return np.array([value in limit for value in values.tolist()], dtype=bool)
    return (values >= limit[0]) & (values <= limit[1])


def _kind(values: npt.NDArray[Any]) -> str:
    return {"f": "real", "i": "whole", "u": "whole"}.get(values.dtype.kind, "set")


def _column(values: pd.Series) -> npt.NDArray[Any]:
    array = values.to_numpy()
    return array if array.dtype.kind in "fiub" else np.asarray([str(value) for value in values], dtype=object)
