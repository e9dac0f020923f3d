"""Tables of a plan: cells, contrasts and main effects of made-up runs whose answers are known."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols

from experiments.statistics import estimates, summarise

DYADS = ("CN-US", "CN-EU", "US-EU")


def made_up_runs(replicates: int = 30, noise: float = 0.05, seed: int = 1) -> pd.DataFrame:
    """A 2 x 2 x 2 plan whose depth is additive: dialogue 0.10, recognition 0.05, tariffs 0.20, US-EU 0.1."""
    generator = np.random.default_rng(seed)
    luck = generator.normal(scale=0.2, size=(replicates, len(DYADS)))
    rows = []
    points = itertools.product(("none", "group"), (False, True), (0.0, 1.0))
    for point, (dialogue, recognition, tariffs) in enumerate(points):
        for r, (d, dyad) in itertools.product(range(replicates), enumerate(DYADS)):
            depth = 0.2 + 0.1 * (dialogue == "group") + 0.05 * recognition + 0.2 * tariffs + 0.1 * (d == 2)
            depth += luck[r, d] + noise * generator.normal()
            rows.append((point, r, dyad, dialogue, recognition, tariffs, depth, 0.9, depth * 4.0, depth > 0.4))
    columns = ["design_point", "replicate", "dyad", "dialogue", "recognition", "tariffs", "mean_depth"]
    frame = pd.DataFrame(rows, columns=[*columns, "depth_ceiling", "joint_gain", "emerged"])
    # The other columns of a cell, each another multiple of depth, so that none can stand in for another.
    others = [name for name in summarise.MEANS if name not in frame]
    frame = frame.assign(**{name: frame["mean_depth"] * (2.0 + k) for k, name in enumerate(others)})
    flags = {name: frame["mean_depth"] > 0.3 + 0.1 * k for k, name in enumerate(("inherited", "kept", "lost"))}
    return frame.assign(durable=frame["mean_depth"] > 0.6, regained=False, **flags)


FACTORS = ("dialogue", "recognition", "tariffs")
TRUTH = {"dialogue": 0.10, "recognition": 0.05, "tariffs": 0.20}


# --- cells --------------------------------------------------------------------------------------------------


def test_cells_of_a_plan() -> None:
    frame = made_up_runs()
    table = summarise.cell_summary(frame, by=["design_point", "dyad", *FACTORS])
    assert len(table) == 8 * 3
    assert set(table["n_runs"]) == {30}
    row = table.iloc[5]
    group = frame[(frame["design_point"] == row["design_point"]) & (frame["dyad"] == row["dyad"])]
    assert row["mean_depth"] == pytest.approx(group["mean_depth"].mean())
    mean = estimates.mean_interval(group["joint_gain"])
    assert (row["joint_gain_low"], row["joint_gain_high"]) == pytest.approx((mean.low, mean.high))
    rate = estimates.wilson(int(group["emerged"].sum()), len(group))
    found = tuple(row[["emergence_rate", "emergence_rate_low", "emergence_rate_high"]])
    assert found == pytest.approx(rate[:3])
    assert row["durable_share"] == group["durable"].mean()
    assert row["kept_share"] == group["kept"].mean()
    assert row["time_cooperating"] == pytest.approx(2.0 * group["mean_depth"].mean())
    assert row["depth_ceiling"] == pytest.approx(0.9)


def test_runs_without_a_share_of_the_gain_say_nothing_of_it() -> None:
    frame = made_up_runs(replicates=4)
    frame = frame[(frame["design_point"] == 0) & (frame["dyad"] == "US-EU")]
    some = frame.assign(gain_share=[0.2, np.nan, 0.4, np.nan])
    row = summarise.cell_summary(some).iloc[0]
    assert (row["gain_share"], row["n_runs"]) == (pytest.approx(0.3), 4)
    assert row["gain_share_low"] == pytest.approx(estimates.mean_interval([0.2, 0.4]).low)
    none = summarise.cell_summary(frame.assign(gain_share=np.nan)).iloc[0]
    assert none[["gain_share", "gain_share_low", "gain_share_high"]].isna().all()
    assert np.isfinite(none["joint_gain"])


def test_pooling_dyads_is_clustered_by_run() -> None:
    frame = made_up_runs(replicates=40)
    frame = frame[frame["design_point"] == 3]
    copies = frame[frame["dyad"] == "CN-US"]
    tripled = pd.concat([copies.assign(dyad=dyad) for dyad in DYADS])  # three dyads that are one fact
    one = summarise.cell_summary(copies, by=["design_point"])
    three = summarise.cell_summary(tripled.sample(frac=1.0, random_state=1), by=["design_point"])
    pd.testing.assert_frame_equal(one, three)
    pooled = summarise.cell_summary(frame, by=["design_point"]).iloc[0]
    naive = estimates.wilson(int(frame["emerged"].sum()), len(frame))
    alone = estimates.wilson(naive.share * 40, 40)
    width = pooled["emergence_rate_high"] - pooled["emergence_rate_low"]
    assert naive.high - naive.low <= width <= alone.high - alone.low
    assert pooled["emergence_rate"] == pytest.approx(naive.share)


def test_certain_cells_keep_an_interval() -> None:
    frame = made_up_runs().assign(emerged=False, durable=True)
    table = summarise.cell_summary(frame, by=["design_point"])
    assert (table["emergence_rate"] == 0.0).all()
    # Thirty runs with nothing in three dyads each are thirty facts, not ninety.
    assert table["emergence_rate_high"].to_numpy() == pytest.approx(estimates.wilson(0, 30).high)
    assert table["durable_share_low"].to_numpy() == pytest.approx(estimates.wilson(30, 30).low)
    single = summarise.cell_summary(frame[frame["replicate"] == 0], by=["design_point"])
    assert single["emergence_rate_high"].to_numpy() == pytest.approx(estimates.wilson(0, 1).high)


def test_cells_refuse_what_they_cannot_summarise() -> None:
    frame = made_up_runs(replicates=3)
    with pytest.raises(ValueError, match="No column joint_gain"):
        summarise.cell_summary(frame.drop(columns="joint_gain"))
    with pytest.raises(ValueError, match="Missing values in mean_depth"):
        summarise.cell_summary(frame.assign(mean_depth=frame["mean_depth"].where(frame["replicate"] > 0)))
    with pytest.raises(ValueError, match="No rows"):
        summarise.cell_summary(frame[:0])
    with pytest.raises(ValueError, match="unequal numbers"):
        summarise.cell_summary(frame[1:], by=["design_point"])


# --- main effects -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dyad", DYADS)
def test_main_effects_recover_an_additive_truth(dyad: str) -> None:
    effects = summarise.main_effects(made_up_runs(), FACTORS, "mean_depth", by=["dyad"])
    effects = effects[effects["dyad"] == dyad].set_index("factor")
    for factor, truth in TRUTH.items():
        row = effects.loc[factor]
        assert abs(row["mean"] - truth) < 4 * row["se"]
        assert row["se"] < 0.02  # the luck of a run, 0.2, has cancelled
        assert (row["n"], row["n_cells"]) == (30, 4)
    assert effects.loc["dialogue", "baseline"] == "none"
    assert effects.loc["recognition", "level"] is True or effects.loc["recognition", "level"] == np.True_


def test_main_effects_are_the_factorial_contrasts_of_least_squares() -> None:
    frame = made_up_runs()
    effects = summarise.main_effects(frame, FACTORS, "mean_depth").set_index("factor")
    fit = ols("mean_depth ~ C(dialogue, Treatment('none')) + recognition + tariffs + C(replicate) * C(dyad)", frame)
    parameters = fit.fit().params
    assert effects.loc["dialogue", "mean"] == pytest.approx(parameters.filter(like="dialogue").iloc[0], rel=1e-9)
    assert effects.loc["recognition", "mean"] == pytest.approx(parameters["recognition[T.True]"], rel=1e-9)
    assert effects.loc["tariffs", "mean"] == pytest.approx(parameters["tariffs"], rel=1e-9)
    assert set(effects["n_cells"]) == {12}  # three dyads times four settings of the other factors


def test_interval_of_a_main_effect_covers_at_its_level() -> None:
    hits = 0
    for seed in range(60):
        frame = made_up_runs(replicates=6, noise=0.1, seed=seed)
        row = summarise.main_effects(frame, FACTORS, "mean_depth", level=0.8).iloc[0]
        hits += row["low"] <= TRUTH["dialogue"] <= row["high"]
    assert abs(hits / 60 - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 60)


def test_rates_have_main_effects_too() -> None:
    frame = made_up_runs()
    row = summarise.main_effects(frame, ["tariffs"], "emerged", by=["dyad", "dialogue", "recognition"]).iloc[0]
    cell = frame[(frame["dyad"] == "CN-US") & (frame["dialogue"] == "none") & ~frame["recognition"]]
    on, off = (cell.loc[cell["tariffs"] == level, "emerged"].to_numpy() for level in (1.0, 0.0))
    assert row["mean"] == pytest.approx(estimates.mcnemar(on, off).difference)


def test_one_at_a_time_plans_match_on_the_base_point() -> None:
    frame = made_up_runs()
    base = (frame["dialogue"] == "none").astype(int) + ~frame["recognition"] + (frame["tariffs"] == 0.0)
    effects = summarise.main_effects(frame[base >= 2], FACTORS, "mean_depth", by=["dyad"])
    assert set(effects["n_cells"]) == {1}
    assert len(effects) == 9


def test_a_failed_run_leaves_with_its_pairs() -> None:
    frame = made_up_runs(replicates=10)
    failed = (frame["replicate"] == 4) & (frame["design_point"] == 7)
    full = summarise.main_effects(frame[frame["replicate"] != 4], FACTORS, "mean_depth")
    for holed in (frame[~failed], frame.assign(mean_depth=frame["mean_depth"].mask(failed))):
        found = summarise.main_effects(holed, FACTORS, "mean_depth")
        pd.testing.assert_frame_equal(found, full)


def test_levels_and_order_can_be_named() -> None:
    frame = made_up_runs(replicates=5)
    found = summarise.main_effects(
        frame, {"dialogue": ("group", "none"), "tariffs": (0.0, 1.0)}, "mean_depth", by=["recognition"]
    )
    assert found["baseline"].tolist() == ["group", 0.0] * 2
    assert (found.loc[found["factor"] == "dialogue", "mean"] < 0.0).all()


def test_main_effects_refuse_confounded_rows() -> None:
    frame = made_up_runs(replicates=3)
    with pytest.raises(ValueError, match="tells them apart"):
        summarise.main_effects(frame, ["dialogue", "tariffs"], "mean_depth")  # recognition differs as well
    with pytest.raises(ValueError, match="No matched cells"):
        summarise.main_effects(frame[frame["recognition"] == (frame["tariffs"] > 0)], FACTORS, "mean_depth")
    with pytest.raises(ValueError, match="No matched cells for dialogue: 'leaders'"):
        summarise.main_effects(
            frame, {"dialogue": ("none", "leaders")} | dict.fromkeys(FACTORS[1:], (0, 1)), "mean_depth"
        )
    with pytest.raises(ValueError, match="No column tension"):
        summarise.main_effects(frame, ["tension"], "mean_depth")


# --- contrasts ----------------------------------------------------------------------------------------------


def test_contrast_of_two_points_is_paired() -> None:
    frame = made_up_runs()
    treated, control = frame[frame["design_point"] == 4], frame[frame["design_point"] == 0]
    found = summarise.contrast(treated.sample(frac=1.0, random_state=2), control, "mean_depth").set_index("dyad")
    for dyad in DYADS:
        want = estimates.paired_difference(
            treated.loc[treated["dyad"] == dyad, "mean_depth"],
            control.loc[control["dyad"] == dyad, "mean_depth"],
        )
        assert tuple(found.loc[dyad, list(want._fields)]) == pytest.approx(tuple(want))
    pooled = summarise.contrast(treated, control, "mean_depth", by=()).iloc[0]
    assert pooled["mean"] == pytest.approx(found["mean"].mean())
    assert pooled["n"] == 30


def test_emergence_of_runs_as_survival() -> None:
    frame = made_up_runs(replicates=200)
    horizon = 37
    onset = np.where(frame["emerged"], 5 + (frame["replicate"] % 20), horizon)
    curve = summarise.kaplan_meier(onset, frame["emerged"])
    assert 1.0 - curve.table["survival"].iloc[-1] == pytest.approx(frame["emerged"].mean())
    assert curve.rmst(horizon) == pytest.approx(onset.mean())
