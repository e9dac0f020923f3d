"""Fits the curves of an emulator to runs at design points, and measures it on runs that it has not seen.

*Curves.* The mean over luck at a design point is known but for its Monte-Carlo variance, which the replicates tell and
the fit is given: noise differs from point to point (stochastic kriging, Ankenman et al. 2010). The kernel is the sum
of two Materns of order 5/2, each with a share and a length for every input, found by maximum likelihood: one for what
goes on over the whole box, one for what happens in a part of it. The two ends of the chance band keep the kernel of
the mean; how far they move and how noisy they are the fit finds out.

*Band.* A held-out point says by how many spreads of chance the emulator misses it. The band is as many spreads wide as
covers nine in ten of them (split conformal prediction, Lei et al. 2018), so it holds whatever the curves are worth.
That it holds is measured by calibrating on either half of the held-out points and looking at the other.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LEVEL: Final = 0.9
#: The least spread that a band is scaled with, as a share of the usual one: luck may be next to nothing in a corner.
LEAST_SPREAD: Final = 0.25
NEXT_TO_NOTHING: Final = 1e-9  # that spread of an output on which luck has no hold
LENGTHS: Final = (0.05, 50.0)  # in widths of the box
STARTS: Final = (1.0, 10.0)  # lengths at which the search for the two begins
SHARES: Final = (1e-3, 1e4)  # of a Matern, in variances of what is fitted
#: The search for a kernel ends where a step makes it likelier by less than this share: no held-out point would notice.
LIKELIER: Final = 1e-4
#: Points at which the search looks first: it ends near where that of all points does, and a step of it costs a tenth.
FIRST_LOOK: Final = 128
DIGITS: Final = 12  # of a length or a share


class Runs(NamedTuple):
    """What was played: ``places`` (points, inputs) from 0 to 1; ``values`` (points, replicates), NaN for none."""

    places: FloatArray
    values: FloatArray


class Kernel(NamedTuple):
    """How alike two places are: two Materns of order 5/2, each with its share and its lengths, in widths of the box."""

    shares: list[float]
    lengths: list[list[float]]


class Moments(NamedTuple):
    """A point's mean, the variance of that mean, and the ends between which nine in ten of its runs lie."""

    mean: FloatArray
    variance: FloatArray
    low: FloatArray
    high: FloatArray


class HeldOut(NamedTuple):
    """How well an output is met at held-out points, in its own unit.

    r2: share of the variance between held-out means; best_r2: what their own Monte-Carlo error lets be reached at
    most; rmse: of the means; noise: their usual Monte-Carlo error; coverage: of the band, by halves; chance_coverage:
    share of single runs in the chance band, NaN for a yes or no.
    """

    r2: float
    best_r2: float
    rmse: float
    noise: float
    coverage: float
    chance_coverage: float


def moments(values: FloatArray) -> Moments:
    """Of every point with two values or more; NaN at others. One run of the usual spread is added to the variance, so
    that replicates that agree are not taken for certainty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # points without a value stay NaN
        count = np.isfinite(values).sum(axis=1)
        mean, spread = np.nanmean(values, axis=1), np.nanvar(values, axis=1)
        low, high = np.nanquantile(values, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=1)
        variance = (count * spread + np.nanmean(spread)) / (count + 1) / count
    few = count < 2
    for column in (mean, variance, low, high):
        column[few] = np.nan
    return Moments(mean, variance, low, high)


def fitted(runs: Runs, is_yes_no: bool) -> dict[str, Any]:
    """The curves of one output, as its file holds them, without its band."""
    found = moments(runs.values)
    used = np.isfinite(found.mean)
    n_inputs = runs.places.shape[1]
    targets = {"mean": found.mean, "run_low": found.low, "run_high": found.high}
    if used.sum() < 2 or np.nanmin(runs.values) == np.nanmax(runs.values):
        offset = float(np.nanmin(runs.values)) if used.any() else math.nan
        flat = {"offset": offset, "weights": [0.0] * len(used)}
        return {**_flat(n_inputs)._asdict(), **{name: dict(flat) for name in targets}, "floor": NEXT_TO_NOTHING}
    whole: dict[str, Any] = {}
    kernel: Kernel | None = None
    for name, target in targets.items():
        if is_yes_no and name != "mean":
            whole[name] = {"offset": 0.0, "weights": [0.0] * len(used)}
            continue
        noise = found.variance[used] if name == "mean" else None
        offset, weights, kernel = _curve(runs.places[used], target[used], noise, kernel)
        spread_out = np.zeros(len(used))
        spread_out[used] = weights
        whole[name] = {"offset": offset, "weights": spread_out.tolist()}
    assert kernel is not None
    spread = np.sqrt(found.mean * (1.0 - found.mean)) if is_yes_no else 0.5 * (found.high - found.low)
    floor = max(LEAST_SPREAD * float(np.nanmean(spread)), NEXT_TO_NOTHING)
    return {**kernel._asdict(), **whole, "floor": floor}


def _flat(n_inputs: int) -> Kernel:
    """Of what is the same everywhere."""
    return Kernel([1.0, 0.0], [[1.0] * n_inputs] * 2)


def _curve(
    places: FloatArray, target: FloatArray, noise: FloatArray | None, kernel: Kernel | None
) -> tuple[float, FloatArray, Kernel]:
    """Offset, weights and kernel of a curve; ``noise`` are variances, found by the fit where none are given."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from threadpoolctl import threadpool_limits

    offset, scale = float(target.mean()), float(target.std())
    n_inputs = places.shape[1]
    if scale == 0.0:
        return offset, np.zeros(len(target)), _flat(n_inputs) if kernel is None else kernel
    if kernel is None:
        first, second = (
            ConstantKernel(share, SHARES) * Matern(lengths, LENGTHS, nu=2.5)
            for share, lengths in zip(*_first_look(places, target, noise), strict=True)
        )
    else:
        first, second = (
            ConstantKernel(share, "fixed") * Matern(lengths, "fixed", nu=2.5)
            for share, lengths in zip(*kernel, strict=True)
        )
    if noise is None:
        asked, alpha = ConstantKernel(1.0, SHARES) * (first + second) + WhiteKernel(0.1, (1e-6, 1e1)), 1e-10
    else:
        asked, alpha = first + second, np.maximum(noise / scale**2.0, 1e-10)
    process = GaussianProcessRegressor(asked, alpha=alpha, optimizer=_likeliest)
    # Curves are fitted side by side, a process each: threads of linear algebra beside them would wait for each other,
    # and take twice the time.
    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an input that does nothing has a length at its bound
        process.fit(places, (target - offset) / scale)
    if kernel is not None:
        times = float(process.kernel_.k1.k1.constant_value) if noise is None else 1.0
        return offset, scale * times * process.alpha_, kernel
    parts = (process.kernel_.k1, process.kernel_.k2)
    lengths = [np.broadcast_to(part.k2.length_scale, n_inputs).round(DIGITS).tolist() for part in parts]
    own = Kernel([round(float(part.k1.constant_value), DIGITS) for part in parts], lengths)
    return offset, scale * process.alpha_, own


def _first_look(places: FloatArray, target: FloatArray, noise: FloatArray | None) -> Kernel:
    """Where the search for a kernel begins: where it ended for the first points, if they say anything and are few."""
    if len(places) < 2 * FIRST_LOOK or float(np.ptp(target[:FIRST_LOOK])) == 0.0:
        return Kernel([1.0] * len(STARTS), [[one] * places.shape[1] for one in STARTS])
    few = slice(FIRST_LOOK)
    return _curve(places[few], target[few], None if noise is None else noise[few], None)[2]


def _likeliest(
    unlikely: Callable[[FloatArray], tuple[float, FloatArray]], start: FloatArray, bounds: FloatArray
) -> tuple[FloatArray, float]:
    """The parameters at which scikit-learn's ``unlikely`` is smallest, and how small that is."""
    from scipy.optimize import minimize

    found = minimize(unlikely, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": LIKELIER})
    return found.x, float(found.fun)


def scores(measured: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
    """By how many spreads each held-out mean is missed."""
    return np.abs(measured - mean) / spread


def conformal_width(of: FloatArray) -> float:
    """The number of spreads that covers ``LEVEL`` of points like these, after split conformal prediction."""
    if not of.size:
        return math.nan
    ordered = np.sort(of)
    return float(ordered[min(math.ceil((ordered.size + 1) * LEVEL), ordered.size) - 1])


def coverage_by_halves(of: FloatArray) -> float:
    """The share of points that a band calibrated on every other point covers."""
    halves = of[0::2], of[1::2]
    if not all(half.size for half in halves):
        return math.nan
    covered = [one <= conformal_width(other) for one, other in (halves, halves[::-1])]
    return float(np.concatenate(covered).mean())


def measured(values: FloatArray, mean: FloatArray, spread: FloatArray, ends: tuple[FloatArray, FloatArray] | None
             ) -> tuple[float, HeldOut]:  # fmt: skip
    """The width of the band, in spreads, and how well held-out runs (points, replicates) are met."""
    found = moments(values)
    used = np.isfinite(found.mean)
    error, noise = found.mean[used] - mean[used], float(found.variance[used].mean())
    missed = scores(found.mean[used], mean[used], spread[used])
    variance = float(found.mean[used].var())
    varies = np.nanmin(values) < np.nanmax(values)
    r2 = 1.0 - float((error**2.0).mean()) / variance if varies and variance > 0.0 else math.nan
    best = 1.0 - noise / variance if varies and variance > 0.0 else math.nan
    inside = math.nan
    if ends is not None:
        within = (values >= ends[0][:, None]) & (values <= ends[1][:, None])
        inside = float(within[np.isfinite(values)].mean())
    rmse = math.sqrt(float((error**2.0).mean()))
    return conformal_width(missed), HeldOut(r2, best, rmse, math.sqrt(noise), coverage_by_halves(missed), inside)
