"""Curves are fitted through noise that is known, and bands cover what they say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from experiments.emulation import fitting
from experiments.emulation.emulator import FORM, Emulator
from experiments.emulation.fitting import (
    Runs,
    conformal_width,
    coverage_by_halves,
    fitted,
    measured,
    moments,
    scores,
)
from experiments.store.sources import code_fingerprint
from model import __version__

pytest.importorskip("sklearn")


def test_moments_are_those_of_the_runs_that_have_a_value() -> None:
    values = np.array([[1.0, 3.0, np.nan, np.nan], [2.0, 2.0, 2.0, 2.0], [np.nan] * 4, [5.0, *[np.nan] * 3]])
    found = moments(values)
    assert found.mean[:2] == pytest.approx([2.0, 2.0])
    # The usual spread, over the points that have one, is (1 + 0 + 0) / 3; one run of it is added.
    usual = 1.0 / 3.0
    assert found.variance[:2] == pytest.approx([(2 * 1.0 + usual) / 3 / 2, (4 * 0.0 + usual) / 5 / 4])
    assert (found.low[0], found.high[0]) == (1.0, 3.0), "two runs say no more of their ends"
    assert all(math.isnan(column[k]) for column in found for k in (2, 3)), "one run says nothing about spread"


def told_of(output: dict[str, Any], places: np.ndarray) -> dict[str, Any]:
    inputs = [{"name": f"x{k}", "low": 0.0, "high": 1.0, "scale": "linear", "is_whole": False, "usual": 0.5}
              for k in range(places.shape[1])]  # fmt: skip
    one = {"outcome": "joint_gain", "where": "CN-EU", "is_yes_no": False, "only": None, "limits": [-9.0, 9.0],
           "width": 1.0, **output}  # fmt: skip
    return {"form": FORM, "version": __version__, "code_sha256": code_fingerprint(), "inputs": inputs,
            "points": places.tolist(), "outputs": [one]}  # fmt: skip


def truth(places: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(3.0 * places[:, 0]) + places[:, 1] ** 2.0)


def spread_at(places: np.ndarray) -> np.ndarray:
    """Luck is four times as large on one side of the box as on the other; the third input does nothing at all."""
    return np.asarray(0.2 + 0.6 * places[:, 0])


def runs_at(places: np.ndarray, replicates: int, seed: int) -> Runs:
    luck = np.random.default_rng(seed).normal(size=(len(places), replicates))
    return Runs(places, truth(places)[:, None] + spread_at(places)[:, None] * luck)


def test_mean_and_chance_band_are_found_through_noise() -> None:
    places = np.random.default_rng(1).uniform(size=(48, 3))
    emulator = Emulator(told_of(fitted(runs_at(places, 100, 2), False), places))
    tests = np.random.default_rng(3).uniform(0.1, 0.9, size=(200, 3))
    mean, run_low, run_high = np.array([emulator.curves(place)[:, 0] for place in tests]).T
    assert np.sqrt(np.mean((mean - truth(tests)) ** 2)) < 0.04, "less than the error of a point, 0.05"
    assert np.abs(run_high - run_low - 2 * 1.645 * spread_at(tests)).mean() < 0.12
    lengths = np.array(emulator.outputs[0]["lengths"])
    assert lengths[:, 2].min() >= 10.0 > lengths[:, :2].min(axis=0).max(), "what does nothing has a long way to go"


def test_ends_of_few_runs_hold_nine_in_ten_further_ones() -> None:
    runs = np.random.default_rng(31).normal(size=(4000, 32))
    found = moments(runs)
    further = np.random.default_rng(32).normal(size=(4000, 50))
    inside = (further >= found.low[:, None]) & (further <= found.high[:, None])
    assert inside.mean() == pytest.approx(0.9, abs=0.01), "NumPy's usual quantiles come to .85"


def test_with_all_points_as_centres_a_curve_is_the_mean_of_the_process() -> None:
    """The same as scikit-learn's, given the kernel and the noise."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    rng = np.random.default_rng(33)
    places, noise = rng.uniform(size=(60, 2)), rng.uniform(0.001, 0.1, 60)
    target = np.sin(4.0 * places[:, 0]) + rng.normal(0.0, np.sqrt(noise))
    kernel = fitting.Kernel([1.5, 0.4], [[0.5, 2.0], [0.1, 0.2]])
    curve = fitting._Curve.of(kernel, places, places, target, noise)
    first, second = (
        ConstantKernel(share, "fixed") * Matern(lengths, "fixed", nu=2.5)
        for share, lengths in zip(*kernel, strict=True)
    )
    scale = target.std()
    process = GaussianProcessRegressor(first + second, alpha=noise / scale**2, optimizer=None)
    expected = target.mean() + scale * process.fit(places, (target - target.mean()) / scale).predict(places)
    assert curve.at_points == pytest.approx(expected, abs=1e-6)


def test_points_beside_the_centres_have_a_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same centres, four times the points: the error halves."""
    monkeypatch.setattr(fitting, "CENTRES", 64)
    tests = np.random.default_rng(34).uniform(0.1, 0.9, size=(300, 3))
    missed = []
    for n in (64, 1024):
        places = np.random.default_rng(35).uniform(size=(n, 3))
        output = fitted(runs_at(places, 8, 36), False)
        assert len(output["mean"]["weights"]) == 64
        emulator = Emulator(told_of(output, places[:64]))
        missed.append(np.sqrt(np.mean(([emulator.curves(place)[0, 0] for place in tests] - truth(tests)) ** 2.0)))
    assert missed[1] < 0.5 * missed[0]


def test_a_share_is_no_surer_where_all_runs_happen_to_agree() -> None:
    """Nine in ten runs say yes everywhere; of eight runs all do so at four points in ten."""
    rng = np.random.default_rng(37)
    places = rng.uniform(size=(400, 2))
    output = fitted(Runs(places, (rng.random((400, 8)) < 0.9) * 1.0), True)
    emulator = Emulator(told_of({**output, "is_yes_no": True, "limits": [0.0, 1.0]}, places))
    found = np.array([emulator.curves(place)[0, 0] for place in rng.uniform(size=(100, 2))])
    assert found.mean() == pytest.approx(0.9, abs=0.015)


def test_where_the_search_for_a_kernel_begins_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks at the first points first, which is for speed alone; where they are all the same they say nothing."""
    few = 40
    places, tests = (np.random.default_rng(seed).uniform(size=(n, 3)) for seed, n in ((21, 100), (22, 60)))
    runs = runs_at(places, 40, 23)
    flat = Runs(places, np.concatenate([np.ones_like(runs.values[:few]), runs.values[few:]]))
    for one, most in ((runs, 0.02), (flat, 0.0)):
        answers = []
        for first_look in (few, len(places)):
            monkeypatch.setattr(fitting, "FIRST_LOOK", first_look)
            emulator = Emulator(told_of(fitted(one, False), places))
            answers.append(np.array([emulator.curves(place)[0, 0] for place in tests]))
        apart = float(np.abs(answers[0] - answers[1]).max())
        assert apart <= most * float(np.ptp(answers[1])), "an answer moved, in shares of its range"


def test_what_is_rough_in_one_place_is_told_from_what_is_smooth_everywhere() -> None:
    """A ramp over the box and a bump in a part of it: one Matern has one length for both."""
    rng = np.random.default_rng(12)
    places, tests = rng.uniform(size=(120, 2)), rng.uniform(size=(400, 2))

    def hill(at: np.ndarray) -> np.ndarray:
        return np.asarray(2.0 * at[:, 0] + 0.3 * np.exp(-(((at - 0.3) / 0.15) ** 2.0).sum(axis=1)))

    output = fitted(Runs(places, hill(places)[:, None] + rng.normal(0.0, 0.05, (120, 40))), False)
    emulator = Emulator(told_of(output, places))
    missed = [emulator.curves(place)[0, 0] for place in tests] - hill(tests)
    assert np.sqrt(np.mean(missed**2)) < 0.03
    first, second = np.array(output["lengths"])
    assert max((first / second).max(), (second / first).max()) > 5.0, "each has its own"


def test_a_noisy_point_counts_for_less() -> None:
    places = np.linspace(0.0, 1.0, 24)[:, None]
    values = np.repeat(np.sin(4.0 * places), 40, axis=1) + np.random.default_rng(4).normal(0.0, 0.02, (24, 40))
    wild = values.copy()
    wild[12] += np.where(np.arange(40) % 8, 0.0, 8.0)  # its mean is 1 too high, and its runs say how unsure that is
    at = np.array([places[12, 0]])
    calm = Emulator(told_of(fitted(Runs(places, values), False), places)).curves(at)[0, 0]
    upset = Emulator(told_of(fitted(Runs(places, wild), False), places)).curves(at)[0, 0]
    assert wild[12].mean() - values[12].mean() == pytest.approx(1.0)
    assert abs(upset - calm) < 0.1


def test_what_no_luck_and_no_input_moves_is_told_as_it_is() -> None:
    places = np.random.default_rng(5).uniform(size=(16, 2))
    for is_yes_no in (False, True):
        output = fitted(Runs(places, np.ones((16, 8))), is_yes_no)
        emulator = Emulator(told_of({**output, "is_yes_no": is_yes_no}, places))
        assert emulator.curves(np.array([0.3, 0.9]))[0, 0] == 1.0
        width, how = measured(np.ones((6, 8)), np.ones(6), np.full(6, output["floor"]), None)
        assert width == 0.0 and math.isnan(how.r2) and how.rmse == 0.0


def test_points_without_a_run_of_the_outcome_are_left_out() -> None:
    places = np.random.default_rng(6).uniform(size=(32, 2))
    values = np.where(places[:, :1] < 0.5, np.nan, runs_at(np.c_[places, places[:, 0]], 20, 7).values)
    output = fitted(Runs(places, values), False)
    weights = np.array(output["mean"]["weights"])
    assert len(weights) == 32 and ((weights == 0.0) == (places[:, 0] < 0.5)).all()


def test_the_width_is_the_conformal_quantile() -> None:
    assert conformal_width(np.arange(1.0, 20.0)) == 18.0  # the 18th of 19: (19 + 1) * 0.9
    assert conformal_width(np.arange(1.0, 6.0)) == 5.0  # too few for nine in ten: the largest
    assert math.isnan(conformal_width(np.array([]))) and math.isnan(coverage_by_halves(np.array([1.0])))


def test_bands_cover_nine_in_ten_whatever_the_curve_is_worth() -> None:
    luck = np.random.default_rng(8)
    covered = []
    for _ in range(200):
        spread = luck.uniform(0.5, 2.0, 64)
        error = spread * luck.standard_t(3, 64) + 0.7  # heavy tails, and a curve that is off
        covered.append(coverage_by_halves(scores(error, np.zeros(64), spread)))
    # Of 32 scores the 30th is exceeded by 3 in 33.
    assert np.mean(covered) == pytest.approx(30.0 / 33.0, abs=0.01)


def test_how_well_held_out_runs_are_met() -> None:
    luck = np.random.default_rng(9)
    places = luck.uniform(size=(400, 3))
    runs = runs_at(places, 50, 10).values
    spread = spread_at(places)
    ends = (truth(places) - 1.645 * spread, truth(places) + 1.645 * spread)
    width, how = measured(runs, truth(places), spread, ends)
    noise = np.sqrt((spread**2.0 / 50).mean())
    assert how.rmse == pytest.approx(noise, rel=0.1) and how.noise == pytest.approx(noise, rel=0.1)
    assert how.r2 == pytest.approx(how.best_r2, abs=0.005), "the truth is met as well as luck lets it"
    assert how.chance_coverage == pytest.approx(0.9, abs=0.01) and how.coverage == pytest.approx(0.9, abs=0.05)
    assert width == pytest.approx(1.645 / math.sqrt(50), rel=0.15)
    assert measured(runs, truth(places) + 0.2, spread, ends)[1].r2 < how.r2
