"""The assumption sample: declared, played, weighed, kept; faults of the declaration are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.hindcast import assumptions as own
from experiments.hindcast.evidence import years_kept
from experiments.hindcast.worlds import Played
from model import PARAMETERS, InputFault, make_parameters, seeds_directory

PLAN = own.load_assumptions()
TEXT = (seeds_directory() / "calibration" / "2026-assumptions.toml").read_text(encoding="utf-8")


def changed(folder: Path, old: str, new: str) -> Path:
    """The shipped declaration with one thing changed."""
    assert old in TEXT
    path = folder / "changed.toml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    return path


def test_every_assumed_number_is_varied_or_left_out_with_a_reason() -> None:
    priors = PLAN.priors
    for name, spec in PARAMETERS.items():
        if spec.status == "assumed" and spec.kind in ("float", "int") and spec.role != "measure":
            assert (name in priors) != (spec.group in PLAN.left_out), name
    assert "opening_hazard" in priors and "activity_threshold" not in priors


def test_the_design_fills_the_priors_and_every_point_is_allowed() -> None:
    points = own.design(PLAN)
    assert len(points) == PLAN.fit.n_points and list(points) == list(PLAN.priors)
    for name, (low, _, high) in PLAN.priors.items():
        assert low <= points[name].min() < points[name].max() <= high
    for i in (0, 1, len(points) - 1):
        chosen = own.settings(points.iloc[i])
        make_parameters(chosen)
        assert isinstance(chosen["session_quarters"], int)
    again = own.design(PLAN)
    assert points.equals(again)


def test_a_prior_through_three_guesses_has_their_mean_and_a_uniform_one_the_middle() -> None:
    # PERT: mean (low + 4 best + high) / 6; a best guess at an end leaves a density that falls from there.
    points = own.design(PLAN)
    for name, (low, best, high) in PLAN.priors.items():
        if PARAMETERS[name].kind == "float" and not 0.0 < 10.0 * low <= high:
            assert points[name].mean() == pytest.approx((low + 4 * best + high) / 6, abs=0.002 * (high - low)), name
    # A range of 0.1 to 20 is drawn in logarithms: about as much below the geometric middle as above it.
    low, best, high = np.log(PLAN.priors["trust_bad_cn_eu"])
    logs = np.log(points["trust_bad_cn_eu"])
    assert logs.mean() == pytest.approx((low + 4 * best + high) / 6, abs=0.002 * (high - low))
    flat = own.design(PLAN.model_copy(update={"prior": "uniform"}))
    low, _, high = PLAN.priors["published_error"]
    assert flat["published_error"].median() == pytest.approx((low + high) / 2, abs=0.01 * (high - low))
    assert points["published_error"].median() < 0.15 * (high - low)


def test_another_table_of_parameters_makes_it_another_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    before, name = PLAN.digest, "perception_noise"
    moved = PARAMETERS[name].model_copy(update={"default": 0.9})
    monkeypatch.setattr(own, "PARAMETERS", {**PARAMETERS, name: moved})
    assert own.load_assumptions().digest != before


def test_treaties_that_end_are_counted_a_year_in_force() -> None:
    package = np.zeros((2, 3, 8))
    package[0, 0, 1:5] = 7  # a year, then over
    package[0, 2, 4:] = 3  # a year, and still on
    empty = np.zeros((2, 3, 8))
    fields = {**dict.fromkeys(Played.__dataclass_fields__, empty), "package": package}
    assert own.breaks(Played(**fields)).tolist() == [0.5, 0.0]  # type: ignore[arg-type]


def test_years_of_the_record_in_which_agreements_were_kept() -> None:
    # China and the EU: the investment agreement of 30 December 2020, frozen on 20 May 2021; nothing else there.
    n_broken, years = years_kept(2020, 2022)
    only_eu = years_kept(2021, 2021)
    assert n_broken >= 1 and 0.0 < years <= 9.0
    assert only_eu == (0, pytest.approx(62 / 365.25))  # the steel truce of 31 October 2021 alone


def test_the_record_is_what_the_evidence_says() -> None:
    record = own.recorded(PLAN)
    assert set(record) == set(own.MEASURES)
    assert record["agreements CN-US"] == 4 and record["collapses CN-EU"] == 1
    assert record["EV share CN"] == pytest.approx(np.log(0.541 / 0.459), abs=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"optional: zones, climate clubs and transfers"', '"optional: zones"', "is not a group of parameters"),
        ("[ranges.opening_hazard]", "[ranges.opening_hasard]", "opening_hazard"),
        ("low = 0.05\n", "low = -1\n", "allowed is a range within 0 to 0.6"),
        ("n_points = 1024", "n_points = 1000", "powers of two"),
        ('name = "cuts"', 'name = "cut"', "'cuts'"),
        ('prior = "best_guess"', 'prior = "best"', "prior = 'best' (text in quotes): allowed is 'best_guess'"),
        ("market_last = 2022", "market_last = 2026", "in order"),
        ('world = "2018-own-2025.toml"', 'world = "gone.toml"', "no such file"),
        ("first = 2018\n", "fist = 2018\n", "fist is not a key of assumptions"),
    ],
)
def test_faults_of_a_declaration_are_told(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(InputFault) as raised:
        own.load_assumptions(changed(tmp_path, old, new))
    assert words in str(raised.value)


def test_an_unknown_declaration_names_those_there_are() -> None:
    with pytest.raises(InputFault, match="2026-assumptions"):
        own.load_assumptions("2026-assumption")
    with pytest.raises(InputFault) as raised:
        own.load_assumptions("2018")  # a hindcast is no declaration of assumptions
    assert "world is missing" in str(raised.value)


def test_the_kept_sample_is_of_the_declaration_and_follows_from_what_was_played() -> None:
    sample, digest = own.load_sample(PLAN)
    fitted = own.load_fitted(PLAN)
    assert len(digest) == 64 and sample[own.WEIGHT].sum() == pytest.approx(1.0)
    again = fitted.sample()
    assert list(again) == list(sample)
    assert np.allclose(again.to_numpy(np.float64), sample.to_numpy(np.float64), rtol=1e-8)


def test_a_sample_of_another_declaration_is_refused(tmp_path: Path) -> None:
    other = own.load_assumptions(changed(tmp_path, "keep = 0.25", "keep = 0.5"))
    with pytest.raises(InputFault, match="another declaration"):
        own.load_sample(other)
    with pytest.raises(InputFault, match="another declaration"):
        own.load_fitted(other)
    gone = other.model_copy(update={"name": "nobody"})
    with pytest.raises(InputFault, match="--refit"):
        own.load_sample(gone)


@pytest.mark.slow
def test_points_played_again_are_what_is_kept() -> None:
    fitted, points, path = own.load_fitted(PLAN), own.design(PLAN), own.market_path(PLAN)
    at = [own.MEASURES.index(target.name) for target in PLAN.targets]
    for i in (0, 17, 512):
        lanes = own.evaluate((PLAN, path, i, points.iloc[i]))[:, at]
        assert np.allclose(lanes.mean(axis=0), fitted.mean[i], rtol=1e-8)
        assert np.allclose(lanes[0], fitted.first[i], rtol=1e-8)
