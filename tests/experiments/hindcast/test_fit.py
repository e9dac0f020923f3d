"""The fit: it finds what made the numbers, keeps what it found, and sees nothing of the years to score."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hindcasts import forget, keep_posterior_in, poison, small_plan

from experiments.hindcast import fit
from experiments.hindcast.evidence import past
from experiments.hindcast.plan import TARGETS, load_hindcast
from experiments.hindcast.worlds import Played
from model import PARAMETERS, InputFault
from model.parameters.core import LOOK_BACK
from model.parameters.spec import MECHANISM

PLAN = load_hindcast()


def made_up(session: np.ndarray, package: np.ndarray | None = None, special: np.ndarray | None = None) -> Played:
    """A record of one replicate and 4 quarters, of which only talks and duties are told."""
    empty = np.zeros((1, 3, session.size))
    fields = dict.fromkeys(Played.__dataclass_fields__, empty)
    talks = np.broadcast_to(session, empty.shape)
    signed = empty if package is None else np.broadcast_to(package, empty.shape)
    duty = np.zeros((1, 6, session.size)) if special is None else special
    return Played(**{**fields, "session": talks, "package": signed, "special": duty})  # type: ignore[arg-type]


def test_the_design_fills_the_priors() -> None:
    points = fit.design(PLAN)
    assert len(points) == PLAN.fit.n_points and list(points) == [*PLAN.free, fit.PRICE_SD]
    for name, prior in PLAN.free.items():
        assert prior.low <= points[name].min() < points[name].max() <= prior.high
        assert points[name].mean() == pytest.approx((prior.low + prior.high) / 2, rel=0.01, abs=0.01)
    assert isinstance(fit.settings(PLAN, points.iloc[0])["session_quarters"], int)


def test_what_counts_as_talks_agreement_and_collapse() -> None:
    broken = fit.episodes(made_up(np.array([0.0, 1, 1, 0])))
    assert broken["talks"].all() and broken["collapses"].all() and not broken["agreements"].any()
    signed = fit.episodes(made_up(np.array([0.0, 1, 0, 0]), np.array([0.0, 0, 0, 7])))
    assert signed["agreements"].all() and not signed["collapses"].any()
    ended = fit.episodes(made_up(np.zeros(4), np.array([7.0, 7, 0, 0])))
    assert ended["collapses"].all() and not ended["talks"].any()


def test_duty_moves_are_counted_by_year() -> None:
    special = np.zeros((1, 6, 8))
    special[0, 1, 2:] = 0.25  # up within the first year
    special[0, 3, 5:] = 0.1  # up in the second
    special[0, 0, :4] = 0.0
    found = fit.duty_moves(made_up(np.zeros(8), special=special))
    assert found["rises CN-US"][0] == 1 and found["rises elsewhere"][0] == 1 and found["cuts"][0] == 0


def test_targets_of_the_record() -> None:
    wanted = fit.targets_of(past(PLAN))
    assert set(wanted) == set(TARGETS)
    # China and the US raised duties on each other in 2018; China's came off in 2019; its MFN cut of 2018 is no case.
    assert (wanted["rises CN-US"], wanted["rises elsewhere"], wanted["cuts"]) == (2.0, 0.0, 1.0)
    assert wanted["agreements CN-US"] == 3.0 and wanted["collapses US-EU"] == 0.0


def test_the_posterior_finds_what_made_the_numbers() -> None:
    """Made-up points whose rises follow one parameter and whose prices follow another."""
    points, record = fit.design(PLAN), past(PLAN)
    rng = np.random.default_rng(1)
    wanted = fit.targets_of(record)
    found = []
    for i in range(len(points)):
        lanes = np.tile([wanted[name] for name in TARGETS], (4, 1))
        rises = 4.0 * points["opening_hazard"].iloc[i] / 0.6  # two rises at a hazard of 0.3
        lanes[:, TARGETS.index("rises CN-US")] = rises + 0.1 * rng.standard_normal(4)
        fall = 2.0 * float(points["battery_learning_rate"].iloc[i])  # the recorded one at a rate of 0.135
        found.append(fit.Point(i, lanes, fall, np.cumsum(0.1 + 0.1 * rng.standard_normal((3, 20)), axis=1), np.ones(3)))
    sample, near = fit.posterior(PLAN, points, found, record)
    assert len(sample) == PLAN.fit.sample and list(sample) == fit.columns(PLAN)
    assert sample["opening_hazard"].mean() == pytest.approx(0.3, abs=0.03) and sample["opening_hazard"].std() < 0.1
    # Four wobbly changes say little of the rate of learning, but much of the spread of what it does not explain.
    assert sample["battery_learning_rate"].mean() < points["battery_learning_rate"].mean()
    assert 0.08 < sample[fit.PRICE_SD].median() < 0.14 and sample[fit.PRICE_SD].std() < points[fit.PRICE_SD].std()
    assert near.set_index("target")["sample_mean"]["rises CN-US"] == pytest.approx(2.0, abs=0.25)


def test_systematic_resampling() -> None:
    chosen = fit.systematic(np.array([0.0, 1.0, 3.0, 0.0]), 8, 0.5)
    assert chosen.tolist() == [1, 1, 2, 2, 2, 2, 2, 2]


def test_a_sample_is_kept_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = keep_posterior_in(tmp_path, monkeypatch)
    plan = small_plan(tmp_path)
    with pytest.raises(InputFault, match=r"no posterior sample at .*; fit it: detente hindcast --refit"):
        fit.load_posterior(plan)
    sample = pd.DataFrame(np.full((3, len(fit.columns(plan))), 0.123456789), columns=fit.columns(plan))
    file.write_text(fit.as_text(sample, plan), "utf-8")
    read, digest = fit.load_posterior(plan)
    pd.testing.assert_frame_equal(read, sample)
    assert digest == fit.digest_of(file.read_text("utf-8"))
    with pytest.raises(InputFault, match="fitted under another declaration"):
        fit.load_posterior(PLAN)
    file.write_text(file.read_text("utf-8").replace("price_sd", "prices_sd"), "utf-8")
    with pytest.raises(InputFault, match="columns or numbers are not those of a sample"):
        fit.load_posterior(plan)


def test_the_shipped_sample_belongs_to_the_shipped_declaration() -> None:
    sample, _ = fit.load_posterior(PLAN)
    assert len(sample) == PLAN.fit.sample
    for name, prior in PLAN.free.items():
        assert sample[name].between(prior.low, prior.high).all(), name
    assert list(fit.load_nearness(PLAN)["target"]) == [target.name for target in PLAN.targets]


def test_what_the_fit_narrowed_is_what_the_model_uses() -> None:
    from experiments.design.plan_file import load_plan

    found = fit.learned(PLAN, fit.load_posterior(PLAN)[0])
    ranges = {factor.name: factor.range for factor in load_plan("uncertainty").factors}
    assert found["identified"].any()
    for row in found[found["identified"]].itertuples():
        spec = PARAMETERS[str(row.parameter)]
        assert spec.status == "calibrated" and spec.default == pytest.approx(row.median, rel=0.02)
        assert ranges[spec.name] == pytest.approx((row.low, row.high), rel=0.02)
    # What is not identified keeps its judgement, and says so; numbers of markets have evidence of their own.
    open_ones = set(found["parameter"][~found["identified"]])
    talks = {name for name in open_ones if PARAMETERS[name].role == MECHANISM}
    assert len(talks) > 8 and all(PARAMETERS[name].status == "assumed" for name in talks)
    assert not open_ones & {name for name, spec in PARAMETERS.items() if spec.source == LOOK_BACK}


@pytest.mark.slow
def test_no_number_of_the_years_to_score_reaches_the_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = small_plan(tmp_path)
    clean = [fit.as_text(table, plan) for table in fit.refit(plan, map)]
    assert poison(tmp_path, monkeypatch) > 300
    try:
        poisoned = [fit.as_text(table, plan) for table in fit.refit(plan, map)]
    finally:
        monkeypatch.undo()
        forget()
    assert poisoned == clean
    # The same poison a year earlier is seen: the test can fail.
    assert poison(tmp_path / "earlier", monkeypatch, first=2022) > 400
    try:
        changed = None
        with contextlib.suppress(InputFault):  # numbers written beside the evidence of 2022 no longer agree with it
            changed = [fit.as_text(table, plan) for table in fit.refit(plan, map)]
    finally:
        monkeypatch.undo()
        forget()
    assert changed != clean
