"""What a party believes a package is worth: persistent errors on issues, perception noise, shrunk beliefs.

Theory 1.7-1.8 and traps 0.3, 0.20, 0.24. A party does not see its true gain from a package. It sees the gain plus an
error that lives on the *issues* (a ministry misjudges what a duty cut costs, not package number 17) and that persists,
and it knows how noisy it is, so it shrinks what it sees towards zero gain. Errors drawn afresh for every package and
quarter would create cooperation by luck: someone always finds a package that looks good (trap 0.3).

Axes: ``P`` packages of a dyad, ``I`` its issues, both last. What belongs to a party (noise, stakes, errors) has shape
(...) or (..., I); where it meets the package axis the caller passes (..., 1), and each docstring says so.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from model.numerics import FloatArray, FloatLike
from model.rules import BoolArray

# A single-issue stake below this does not count when the stake scale is set: 2 m$/yr, here in bn$ per quarter
# (1.8).
SMALLEST_STAKE: Final = 0.0005


def persistent_error(previous: FloatLike, persistence: FloatLike, draw: FloatLike) -> FloatArray:
    """Next value of a standard AR(1) error: how wrong a party is about an issue, in standard deviations.

    previous: (...), last quarter's error, standard deviations.
    persistence: (...) or scalar, quarterly autocorrelation, in [0, 1]; default 0.95.
    draw: (...), a standard normal number for this quarter.
    Limits: persistence 0 returns the draw, persistence 1 the previous error; the stationary variance is one.
    Source: definition (first-order autoregression); theory 1.8.
    """
    # The clip keeps a persistence that rounding has put just above one from reaching the root of a negative
    # number.
    fresh = np.sqrt(np.maximum(1.0 - persistence * persistence, 0.0))
    return np.add(persistence * previous, fresh * draw)


def noise_scale(
    noise: FloatLike, dialogue: FloatLike, on_dialogue: FloatLike, track2: FloatLike = 0.0, on_track2: FloatLike = 0.5
) -> FloatArray:
    """Perception noise nu after talks and joint research, as a multiple of the stake (no unit).

    noise: (...) or scalar, nu0, noise without any contact, in [0, 2]; default 0.5.
    dialogue: (...), state of the official dialogue, in [0, 1].
    on_dialogue: (...) or scalar, how fast dialogue removes noise (kd), in [0, 2]; default 1.
    track2: (...), state of joint research, in [0, 1]; 0 when that switch is off.
    on_track2: (...) or scalar, how fast joint research removes noise (k2), in [0, 1]; default 0.5.
    Limits: nu0 without contact; never rises with dialogue or track 2 (M18); 0 when nu0 is 0.
    Source: theory 1.8, 1.9b; direction from Earnest 2008; exponential form an assumption.
    """
    return noise * np.exp(-(on_dialogue * dialogue + on_track2 * track2))


def shrinkage(noise: FloatLike) -> FloatArray:
    """Weight K that a Bayesian puts on a signal this noisy, a fraction in (0, 1].

    noise: (...), perception noise nu relative to a prior standard deviation of one, >= 0.
    Limits: 1 without noise; falls in noise; 1/2 at noise 1.
    Source: normal learning, K = 1/(1 + nu^2) with a prior of mean zero and unit variance; theory 1.8.
    """
    return np.divide(1.0, 1.0 + noise * noise)


def belief(gain: FloatLike, noise_term: FloatLike, shrink: FloatLike) -> FloatArray:
    """What a party believes its gain from a package is, bn$ per quarter.

    gain: (..., P), true gain over current policy, bn$ per quarter.
    noise_term: (..., P), its perception error, bn$ per quarter (``issue_noise``).
    shrink: scalar or (..., 1), weight on the signal, in (0, 1] (``shrinkage``).
    Limits: the true gain without noise; towards zero as noise grows (winner's curse corrected).
    Source: Bayesian decision making; Capen et al. 1971, Smith & Winkler 2006; theory 1.8.
    """
    return np.multiply(shrink, gain + noise_term)


def stake_scale(stakes: FloatArray, floor: FloatLike = SMALLEST_STAKE, core: BoolArray | None = None) -> FloatArray:
    """Typical single-issue stake S of a party in a dyad: the median over its core issues, bn$ per quarter.

    stakes: (..., I), gain from each issue alone at full level, bn$ per quarter, any sign.
    floor: scalar or (...), stakes smaller in size are ignored, bn$ per quarter, > 0; default 2 m$ a year.
    core: (I,) or (..., I), True where an issue counts; all of them by default.
    Limits: the floor where no issue counts; never below the floor; order of issues irrelevant; one huge issue
    barely moves it. It is computed once from the full menu, so switching an issue off does not move it (trap
    0.20).
    Source: theory 1.8.
    """
    size = np.abs(stakes)
    counts = size >= np.asarray(floor)[..., np.newaxis]
    if core is not None:
        counts = counts & core
    n_counted = np.count_nonzero(counts, axis=-1, keepdims=True)
    ordered = np.sort(np.where(counts, size, np.inf), axis=-1)
    # Issues that do not count sort behind all that do, so the middle is found among the first n.
    lower = np.take_along_axis(ordered, np.maximum(n_counted - 1, 0) // 2, axis=-1)
    upper = np.take_along_axis(ordered, np.maximum(n_counted, 1) // 2, axis=-1)
    median = (0.5 * (lower + upper))[..., 0]
    return np.where(n_counted[..., 0] > 0, median, floor)
