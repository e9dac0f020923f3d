"""Fits the curves of an emulator to runs at design points, and measures it on runs that it has not seen.

*Curves.* The mean over luck at a design point is known but for its Monte-Carlo variance, which the replicates tell and
the fit is given: noise differs from point to point (stochastic kriging, Ankenman et al. 2010). The kernel is the sum
of two Materns of order 5/2, each with a share and a length for every input, found by maximum likelihood: one for what
goes on over the whole box, one for what happens in a part of it. The two ends of the chance band keep the kernel of
the mean; how far they move and how noisy they are the fit finds out. A curve is a sum of kernels around the first
points, its *centres*, with weights that all points have a say in (projected process, Rasmussen & Williams 2006, 8.3.4):
many points of few runs tell more than few of many, and a curve of many centres would be slow and a large file.

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
#: Points at which the search looks first, and at most: it ends near where that of all points does, and a step of it
#: costs a hundredth of one with eight times the points.
FIRST_LOOK: Final = 128
LAST_LOOK: Final = 1024
#: Points around which a curve has kernels; with twice as many, or all of 4,096, no held-out error got smaller.
CENTRES: Final = 512
STEADY: Final = 1e-10  # of the usual entry of a matrix, added to its diagonal so that it can be solved
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
        # By this method nine in ten further runs lie between the ends, however few there are (Hyndman & Fan 1996, 6).
        low, high = np.nanquantile(values, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=1, method="weibull")
        variance = (count * spread + np.nanmean(spread)) / (count + 1) / count
    few = count < 2
    for column in (mean, variance, low, high):
        column[few] = np.nan
    return Moments(mean, variance, low, high)


def fitted(runs: Runs, is_yes_no: bool) -> dict[str, Any]:
    """The curves of one output, as its file holds them, without its band: weights of the first ``CENTRES`` points."""
    found = moments(runs.values)
    used = np.isfinite(found.mean)
    places, is_centre = runs.places[used], used[:CENTRES]
    centres = runs.places[:CENTRES][is_centre]
    targets = {"mean": found.mean, "run_low": found.low, "run_high": found.high}
    nothing = [0.0] * len(is_centre)
    if used.sum() < 2 or np.nanmin(runs.values) == np.nanmax(runs.values):
        offset = float(np.nanmin(runs.values)) if used.any() else math.nan
        flat = {"offset": offset, "weights": nothing}
        kernel = _flat(centres.shape[1])
        return {**kernel._asdict(), **{name: dict(flat) for name in targets}, "floor": NEXT_TO_NOTHING}
    noise = _noise(runs.values[used])
    kernel = _kernel(places, found.mean[used], noise)
    curve = _Curve.of(kernel, places, centres, found.mean[used], noise)
    if is_yes_no:
        # Where all runs agree a share is no surer than where they nearly do: what is near says how sure it is.
        share = np.clip(curve.at_points, 0.0, 1.0)
        curve = _Curve.of(kernel, places, centres, found.mean[used], _of_shares(runs.values[used], share))
    whole: dict[str, Any] = {"mean": curve.told(is_centre)}
    for name in ("run_low", "run_high"):
        if is_yes_no:
            whole[name] = {"offset": 0.0, "weights": nothing}
            continue
        whole[name] = _end(kernel, places, centres, targets[name][used]).told(is_centre)
    spread = np.sqrt(found.mean * (1.0 - found.mean)) if is_yes_no else 0.5 * (found.high - found.low)
    floor = max(LEAST_SPREAD * float(np.nanmean(spread)), NEXT_TO_NOTHING)
    return {**kernel._asdict(), **whole, "floor": floor}


def _noise(values: FloatArray) -> FloatArray:
    """Monte-Carlo variance of the mean of every point (points, replicates): its own, and no less than the usual one.

    A few runs that agree say little of how much luck there is.
    """
    count = np.isfinite(values).sum(axis=1)
    own = np.nanvar(values, axis=1, ddof=1)
    return np.asarray(np.maximum(own, own.mean()) / count)


def _of_shares(values: FloatArray, share: FloatArray) -> FloatArray:
    """The same of shares of runs that say yes, as they are known by now; one run of the usual spread is added."""
    count, spread = np.isfinite(values).sum(axis=1), share * (1.0 - share)
    return np.asarray((count * spread + spread.mean()) / (count + 1) / count)


class _Curve(NamedTuple):
    """A sum of kernels around centres: offset, weights (centres,), and what it comes to at the points."""

    offset: float
    weights: FloatArray
    at_points: FloatArray

    @classmethod
    def of(
        cls, kernel: Kernel, places: FloatArray, centres: FloatArray, target: FloatArray, noise: FloatArray
    ) -> _Curve:
        """The likeliest one given a target at every point, known but for noise (variances)."""
        offset, scale = float(target.mean()), float(target.std())
        if scale == 0.0 or not len(centres):
            return cls(offset, np.zeros(len(centres)), np.full(len(places), offset))
        near, between = _covariance(kernel, centres, places), _covariance(kernel, centres, centres)
        heard = near / np.maximum(noise / scale**2.0, STEADY)
        matrix = between + heard @ near.T
        matrix.flat[:: len(matrix) + 1] += STEADY * float(np.diag(matrix).mean())
        weights = scale * np.linalg.solve(matrix, heard @ ((target - offset) / scale))
        return cls(offset, weights, offset + near.T @ weights)

    def told(self, is_centre: npt.NDArray[np.bool_]) -> dict[str, Any]:
        """As the file holds it: a weight for each of the first points, 0 where no run has the outcome."""
        weights = np.zeros(len(is_centre))
        weights[is_centre] = self.weights
        return {"offset": self.offset, "weights": weights.tolist()}


def _covariance(kernel: Kernel, one: FloatArray, other: FloatArray) -> FloatArray:
    """(one, other) how alike places are."""
    from sklearn.gaussian_process.kernels import Matern

    parts = [share * Matern(lengths, nu=2.5)(one, other) for share, lengths in zip(*kernel, strict=True)]
    return np.asarray(np.sum(parts, axis=0))


def _flat(n_inputs: int) -> Kernel:
    """Of what is the same everywhere."""
    return Kernel([1.0, 0.0], [[1.0] * n_inputs] * 2)


def _kernel(places: FloatArray, target: FloatArray, noise: FloatArray) -> Kernel:
    """The kernel of a curve, in variances of the target, by maximum likelihood; noise: its variance at every point.

    The search begins where it ended for the first points, if they say anything and are few.
    """
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    few, n_inputs = slice(FIRST_LOOK), places.shape[1]
    begin = Kernel([1.0] * len(STARTS), [[one] * n_inputs for one in STARTS])
    if len(places) >= 2 * FIRST_LOOK and float(np.ptp(target[few])) > 0.0:
        begin = _kernel(places[few], target[few], noise[few])
    looked = slice(LAST_LOOK)
    places, own, noise = places[looked], target[looked], noise[looked]
    scale = float(own.std())
    if scale == 0.0:
        return _flat(n_inputs)
    first, second = (
        ConstantKernel(share, SHARES) * Matern(lengths, LENGTHS, nu=2.5) for share, lengths in zip(*begin, strict=True)
    )
    found = _fit(first + second, places, (own - own.mean()) / scale, np.maximum(noise / scale**2.0, STEADY)).kernel_
    parts = (found.k1, found.k2)
    lengths = [np.broadcast_to(part.k2.length_scale, n_inputs).round(DIGITS).tolist() for part in parts]
    whole = (scale / float(target.std())) ** 2.0  # the first points vary more or less than all
    return Kernel([round(whole * float(part.k1.constant_value), DIGITS) for part in parts], lengths)


def _end(kernel: Kernel, places: FloatArray, centres: FloatArray, target: FloatArray) -> _Curve:
    """The curve of an end of the chance band: it moves as the mean does, more or less, and its noise is found out."""
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    offset, scale = float(target.mean()), float(target.std())
    if scale == 0.0:
        return _Curve.of(kernel, places, centres, target, np.ones(len(target)))
    first, second = (
        ConstantKernel(share, "fixed") * Matern(lengths, "fixed", nu=2.5)
        for share, lengths in zip(*kernel, strict=True)
    )
    looked = slice(CENTRES)
    asked = ConstantKernel(1.0, SHARES) * (first + second) + WhiteKernel(0.1, (1e-6, 1e1))
    found = _fit(asked, places[looked], (target[looked] - offset) / scale, STEADY).kernel_
    times, noise = float(found.k1.k1.constant_value), float(found.k2.noise_level)
    moved = Kernel([share * times for share in kernel.shares], kernel.lengths)
    curve = _Curve.of(moved, places, centres, target, np.full(len(target), noise * scale**2.0))
    return curve._replace(weights=times * curve.weights)  # the file has one kernel for all curves


def _fit(asked: Any, places: FloatArray, target: FloatArray, noise: FloatArray | float) -> Any:
    """A fitted process of scikit-learn, whose ``kernel_`` is the likeliest of those asked for."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from threadpoolctl import threadpool_limits

    process = GaussianProcessRegressor(asked, alpha=noise, optimizer=_likeliest)
    # Curves are fitted side by side, a process each: threads of linear algebra beside them would wait for each other,
    # and take twice the time.
    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an input that does nothing has a length at its bound
        return process.fit(places, target)


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
