"""Sobol indices against functions whose indices are known, with and without chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from experiments.sensitivity.indices import FloatArray, Samples, convergence, indices, shares
from experiments.sensitivity.screening import sobol_design


def ishigami(x: FloatArray) -> FloatArray:
    """Ishigami & Homma 1990 with a = 7, b = 0.1; x (n, 3) in 0 to 1."""
    z = np.pi * (2.0 * x - 1.0)
    return np.sin(z[:, 0]) + 7.0 * np.sin(z[:, 1]) ** 2 + 0.1 * z[:, 2] ** 4 * np.sin(z[:, 0])


ISHIGAMI_FIRST = np.array([0.31390, 0.44241, 0.0])
ISHIGAMI_TOTAL = np.array([0.55759, 0.44241, 0.24369])
ISHIGAMI_VARIANCE = 13.84459


def g_function(x: FloatArray, a: tuple[float, ...] = (0.0, 1.0, 4.5, 9.0)) -> FloatArray:
    """Sobol's g; x (n, 4)."""
    return np.prod((np.abs(4.0 * x - 2.0) + np.array(a)) / (1.0 + np.array(a)), axis=1)


def g_indices(a: tuple[float, ...] = (0.0, 1.0, 4.5, 9.0)) -> tuple[FloatArray, FloatArray]:
    own = 1.0 / (3.0 * (1.0 + np.array(a)) ** 2)
    variance = np.prod(1.0 + own) - 1.0
    others = np.array([np.prod(np.delete(1.0 + own, k)) for k in range(len(a))])
    return own / variance, own * others / variance


def played(
    function: Callable[[FloatArray], FloatArray],
    n_inputs: int,
    groups: list[list[int]],
    rows: int,
    noise: Callable[[FloatArray], FloatArray],
    seed: int = 5,
) -> Samples:
    """A design on a function plus chance; ``noise`` gives (points, R) from the inputs."""
    points = sobol_design(n_inputs, groups, rows, seed)
    values = function(points)[:, None] + noise(points)
    parts = values.reshape(len(groups) + 2, rows, -1)
    return Samples(parts[0], parts[1], parts[2:])


def quiet(x: FloatArray) -> FloatArray:
    return np.zeros((len(x), 2))


@pytest.mark.parametrize(
    ("function", "n", "first", "total"),
    [(ishigami, 3, ISHIGAMI_FIRST, ISHIGAMI_TOTAL), (g_function, 4, *g_indices())],
    ids=("ishigami", "g"),
)
def test_functions_without_chance(
    function: Callable[[FloatArray], FloatArray], n: int, first: FloatArray, total: FloatArray
) -> None:
    found = indices(played(function, n, [[k] for k in range(n)], 4096, quiet), 1, 200)
    assert np.allclose(found.first[:-1], first, atol=0.03) and np.allclose(found.total[:-1], total, atol=0.03)
    assert found.first[-1] == pytest.approx(0.0, abs=1e-3) and found.total[-1] == 0.0
    # Sobol points are more even than independent ones, so that the bootstrap's intervals are wide rather than narrow.
    assert np.all((found.first_low[:-1] <= first) & (first <= found.first_high[:-1]))
    assert np.all((found.total_low[:-1] <= total) & (total <= found.total_high[:-1]))
    assert function is g_function or found.variance == pytest.approx(ISHIGAMI_VARIANCE, rel=0.03)


def test_they_are_salibs_own_where_there_is_no_chance() -> None:
    """SALib divides by the sample variance, and centres in the same way."""
    analyze = pytest.importorskip("SALib.analyze.sobol")
    samples = played(ishigami, 3, [[0], [1], [2]], 256, quiet)
    mine, variance = shares(
        Samples(*(part - np.mean([samples.a, samples.b]) for part in samples)), np.ones(256), np.ones(2)
    )
    for k in range(3):
        a, b, ab = (part[..., 0] - np.mean([samples.a, samples.b]) for part in (samples.a, samples.b, samples.ab[k]))
        ratio = np.var(np.r_[a, b]) / variance  # ours is the unbiased one
        assert mine[0, k] == pytest.approx(float(analyze.first_order(a, ab, b)) * ratio, rel=1e-9)
        assert mine[1, k] == pytest.approx(float(analyze.total_order(a, ab, b)) * ratio, rel=1e-9)


def noisy(common: float, own: float, replicates: int, seed: int) -> Callable[[FloatArray], FloatArray]:
    """Luck that all points share (sd ``common``) and luck of every point's own (sd ``own``)."""

    def noise(x: FloatArray) -> FloatArray:
        luck = np.random.default_rng(seed)
        shared = luck.normal(0.0, common, replicates)
        return shared + luck.normal(0.0, own, (len(x), replicates))

    return noise


@pytest.mark.parametrize(("common", "own"), [(0.0, 3.0), (2.0, 0.5), (3.0, 3.0), (0.0, 10.0)])
def test_a_noisy_function_is_recovered_within_its_intervals(common: float, own: float) -> None:
    samples = played(ishigami, 3, [[0], [1], [2]], 1024, noisy(common, own, 24, 8))
    found = indices(samples, 2, 300)
    variance = ISHIGAMI_VARIANCE + common**2 + own**2
    first = np.r_[ISHIGAMI_FIRST * ISHIGAMI_VARIANCE, common**2] / variance
    # Luck of a point's own is met again in every total index: A and AB are different points.
    total = np.r_[ISHIGAMI_TOTAL * ISHIGAMI_VARIANCE + own**2, common**2 + own**2] / variance
    assert np.all((found.first_low <= first) & (first <= found.first_high)), (found, first)
    assert np.all((found.total_low <= total) & (total <= found.total_high)), (found, total)


def test_luck_that_inputs_scale() -> None:
    """Chance that interacts: Y = x0 * e_r with x0 uniform and e standard normal; no input matters on its own."""
    shocks = np.random.default_rng(3).normal(size=400)
    samples = played(lambda x: 0.0 * x[:, 0], 2, [[0], [1]], 512, lambda x: x[:, :1] * shocks)
    found = indices(samples, 4, 200)
    # Var = E x0^2 = 1/3; luck alone moves the mean by E x0 = 1/2: 1/4 of 1/3; with interactions all of it.
    assert found.variance == pytest.approx(1 / 3, rel=0.15)
    assert found.first[-1] == pytest.approx(0.75, abs=0.02) and found.total[-1] == pytest.approx(1.0, abs=0.02)
    assert found.first[:2] == pytest.approx([0.0, 0.0], abs=0.02)
    assert found.total[:2] == pytest.approx([0.25, 0.0], abs=0.03)


def test_groups_answer_for_what_is_in_them() -> None:
    found = indices(played(g_function, 4, [[0, 1], [2, 3], [0]], 4096, quiet), 1, 50)
    first, _ = g_indices()
    own = 1.0 / (3.0 * (1.0 + np.array([0.0, 1.0, 4.5, 9.0])) ** 2)
    variance = np.prod(1.0 + own) - 1.0
    pair = (np.prod(1.0 + own[:2]) - 1.0) / variance
    assert found.first[:3] == pytest.approx([pair, (np.prod(1.0 + own[2:]) - 1.0) / variance, first[0]], abs=0.03)


def test_intervals_cover_as_often_as_they_say() -> None:
    hits = []
    for seed in range(40):
        points = np.random.default_rng(seed).random((4 * 64, 2))
        a, b = points[:64], points[64:128]
        designs = [a, b, np.c_[b[:, 0], a[:, 1]], np.c_[a[:, 0], b[:, 1]]]
        luck = np.random.default_rng(1000 + seed)
        shared = luck.normal(0.0, 0.2, 12)
        values = [2 * x[:, :1] + x[:, 1:] + shared + luck.normal(0.0, 0.3, (64, 12)) for x in designs]
        found = indices(Samples(values[0], values[1], np.stack(values[2:])), seed, 150)
        variance = 4 / 12 + 1 / 12 + 0.04 + 0.09
        first = np.array([4 / 12, 1 / 12, 0.04]) / variance
        total = np.array([4 / 12 + 0.09, 1 / 12 + 0.09, 0.13]) / variance
        hits.append(
            np.r_[
                (found.first_low <= first) & (first <= found.first_high),
                (found.total_low <= total) & (total <= found.total_high),
            ]
        )
    coverage = np.mean(hits, axis=0)
    assert np.all(coverage >= 0.8), coverage  # 95 % in the long run; 40 samples, twelve replicates


def test_course_and_refusals() -> None:
    samples = played(ishigami, 3, [[0], [1], [2]], 64, quiet)
    steps = convergence(samples)
    assert list(steps) == [16, 32, 48, 64] and all(step.shape == (2, 4) for step in steps.values())
    assert np.allclose(steps[64][1], indices(samples, 1, 10).total)
    with pytest.raises(ValueError, match="two of each"):
        indices(Samples(samples.a[:, :1], samples.b[:, :1], samples.ab[..., :1]), 1)
    flat = Samples(np.ones((8, 3)), np.ones((8, 3)), np.ones((2, 8, 3)))
    assert np.all(np.isnan(indices(flat, 1, 10).first)) and indices(flat, 1, 10).variance == 0.0
