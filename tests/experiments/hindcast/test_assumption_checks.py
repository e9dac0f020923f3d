"""The diagnostics of an assumption sample, on a record whose answer is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from experiments.hindcast import assumption_checks as checks
from experiments.hindcast.assumptions import Fitted, load_assumptions

PLAN = load_assumptions()
NAMES = ("perception_noise", "opening_hazard", "duty_step")
N = 1024


def toy(noise: float = 0.05, seed: int = 1, keep: float = 0.25) -> Fitted:
    """Three numbers, of which the first makes the first target, the second the next, and the third nothing.

    keep: share of points that is kept; where the record tells much, many points are too many, and ranks crowd in the
    middle.
    """
    ranges = {name: {"low": low, "high": high, "why": "a toy"} for name, (low, high) in _ends().items()}
    targets = [{"name": name, "what": "a toy", "scale": noise, "why": "a toy"} for name in ("cuts", "breaks a year")]
    everything = dict.fromkeys({s.group for s in _parameters().values()}, "a toy")
    plan = type(PLAN).model_validate(
        {
            **PLAN.model_dump(),
            "ranges": ranges,
            "targets": targets,
            "left_out": everything,
            "fit": {**PLAN.fit.model_dump(), "keep": keep, "sample": 32},
        }
    )
    assert set(plan.priors) == set(NAMES)
    rng = np.random.default_rng(seed)
    unit = rng.random((N, len(plan.priors)))
    low, _, high = np.array(list(plan.priors.values())).T
    points = pd.DataFrame(low + unit * (high - low), columns=list(plan.priors))
    column = [list(plan.priors).index(name) for name in NAMES[:2]]
    mean = unit[:, column]
    first = mean + noise * rng.standard_normal(mean.shape)
    return Fitted(plan, points, mean, first, np.full(2, noise), np.array([0.8, 0.3]))


def _ends() -> dict[str, tuple[float, float]]:
    return {name: (float(_parameters()[name].low or 0.0), float(_parameters()[name].high or 0.0)) for name in NAMES}


def _parameters() -> dict:  # type: ignore[type-arg]
    from model import PARAMETERS

    return PARAMETERS


def test_weighted_quantiles_are_those_of_repeated_rows() -> None:
    values, weight = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 1.0])
    assert checks.weighted_quantiles(values, weight, (0.5,))[0, 0] == pytest.approx(2.0)
    equal = checks.weighted_quantiles(np.arange(101.0)[:, None], np.ones(101), (0.05, 0.5, 0.95))[:, 0]
    assert equal == pytest.approx([4.55, 50.0, 95.45])


def test_effective_size_is_the_number_of_equal_weights() -> None:
    assert checks.effective_size(np.ones(7)) == pytest.approx(7.0)
    assert checks.effective_size(np.array([1.0, 1e-9])) == pytest.approx(1.0)


def test_what_the_record_tells_is_found_and_nothing_else() -> None:
    told = checks.learned(toy()).set_index("parameter")
    assert told.loc[list(NAMES[:2]), "told"].all() and not told.loc[NAMES[2], "told"]
    assert told.loc["perception_noise", "shift"] == pytest.approx(0.3, abs=0.06)
    assert told.loc["opening_hazard", "shift"] == pytest.approx(-0.2, abs=0.06)


def test_a_record_that_no_number_explains_is_surprising() -> None:
    fitted = toy()
    assert not checks.predicted(fitted)["surprising"].any()
    far = Fitted(fitted.plan, fitted.points, fitted.mean, fitted.first, fitted.spread, np.array([3.0, 0.3]))
    assert checks.predicted(far)["surprising"].tolist() == [True, False]


def test_known_truths_are_found_with_flat_ranks() -> None:
    ranks, found = checks.recovery(toy(keep=0.05))
    by_name = found.set_index("parameter")
    assert by_name.loc[list(NAMES[:2]), "correlation"].min() > 0.8
    assert abs(by_name.loc[NAMES[2], "correlation"]) < 0.3
    assert by_name["inside"].min() > 0.8
    share = checks.rank_counts(ranks) / ranks.size
    assert np.max(np.abs(share - 0.1)) < 0.06


def test_a_truth_among_equals_stands_in_their_middle() -> None:
    fitted = toy()
    low, _, high = fitted.plan.priors[NAMES[2]]
    whole = np.where(fitted.points[NAMES[2]] > (low + high) / 2, high, low)  # two values: half of all are ties
    tied = dataclasses.replace(fitted, points=fitted.points.assign(**{NAMES[2]: whole}))
    ranks = checks.recovery(tied)[0][:, list(fitted.points).index(NAMES[2])]
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.05)


def test_weights_that_are_too_narrow_show_in_the_ranks() -> None:
    """A method that is too sure of itself is caught: truths fall outside, ranks pile up at the ends."""
    fitted = toy(noise=0.3)
    sure = Fitted(fitted.plan, fitted.points, fitted.mean, fitted.first, fitted.spread, fitted.wanted)
    wrong = fitted.plan.model_copy(update={"fit": fitted.plan.fit.model_copy(update={"keep": 0.01})})
    narrow = Fitted(wrong, sure.points, sure.mean, sure.first, sure.spread, sure.wanted)
    assert checks.recovery(narrow)[1]["inside"].mean() < checks.recovery(fitted)[1]["inside"].mean() - 0.1
