"""Competing ends, log-rank, other definitions and the stop rule, against published examples and other packages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import CumIncidenceRight, survdiff
from thinned import one_in

from experiments.statistics import survival
from experiments.statistics.definitions import (
    column_names,
    definition_columns,
    definitions,
    sensitivity_table,
)
from experiments.statistics.estimates import kaplan_meier, wilson
from experiments.statistics.stopping import (
    pilot_spread,
    precision_table,
    replicates_for,
    stopped_mean,
    wanted_replicates,
)
from experiments.statistics.survival import cumulative_incidence, ended_by_cause, log_rank, treaty_ends
from model import Ensemble

# Freireich et al. 1963: weeks in remission with 6-MP and with placebo; published log-rank chi-squared 16.79.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def runs(seed: int, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(1, 40, n).astype(float), rng.choice(["", "lapse", "turnover", "exit"], n).astype(object)


# --- competing ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_incidence_is_that_of_another_package(seed: int) -> None:
    times, causes = runs(seed)
    own = cumulative_incidence(times, causes)
    kinds = ["exit", "lapse", "turnover"]
    with np.errstate(all="ignore"):
        other = CumIncidenceRight(times, np.array([["", *kinds].index(str(cause)) for cause in causes]))
    for k, kind in enumerate(kinds):
        table = own[own["cause"] == kind]
        shown = np.isin(other.times, table["time"])
        assert table["incidence"].to_numpy() == pytest.approx(other.cinc[k][shown], abs=1e-12)
        is_known = np.isfinite(other.cinc_se[k][shown])  # 0/0 in theirs where everybody left had an event
        assert table["se"].to_numpy()[is_known] == pytest.approx(other.cinc_se[k][shown][is_known], abs=1e-12)


def test_a_small_example_by_hand() -> None:
    """Five treaties: lapse at 1, exit at 2, censored at 3, lapse at 4, in force at 5."""
    table = cumulative_incidence([1, 2, 3, 4, 5], ["lapse", "exit", "", "lapse", ""])
    lapse = table[table["cause"] == "lapse"].set_index("time")["incidence"]
    assert lapse.to_dict() == pytest.approx({1.0: 0.2, 2.0: 0.2, 4.0: 0.2 + 0.6 / 2})
    left = table[table["cause"] == "exit"].set_index("time")["incidence"]
    assert left.to_dict() == pytest.approx({1.0: 0.0, 2.0: 0.2, 4.0: 0.2})


@given(seed=st.integers(0, 10_000), n=st.integers(1, 30))
def test_causes_and_survivors_add_to_one(seed: int, n: int) -> None:
    times, causes = runs(seed, n)
    table = cumulative_incidence(times, causes)
    curve = kaplan_meier(times, causes != "").table.set_index("time")["survival"]
    total = table.groupby("time")["incidence"].sum()
    assert (total + curve).to_numpy() == pytest.approx(np.ones(len(total)), abs=1e-12)
    assert np.all((table["low"] <= table["incidence"]) & (table["incidence"] <= table["high"]))
    assert np.all(np.isfinite(table[["se", "low", "high"]].to_numpy(float)))


def test_with_one_cause_it_is_kaplan_meier_with_greenwood() -> None:
    times = [3, 5, 5, 8, 10, 12, 12, 15, 20, 20]
    events = [1, 1, 0, 1, 1, 0, 1, 1, 0, 0]
    table = cumulative_incidence(times, ["end" if event else "" for event in events])
    curve = kaplan_meier(times, events).table
    assert table["incidence"].to_numpy() == pytest.approx(1 - curve["survival"].to_numpy(), abs=1e-12)
    assert table["se"].to_numpy() == pytest.approx(curve["se"].to_numpy(), abs=1e-12)


def test_a_share_that_is_one_but_for_a_rounding_has_an_interval() -> None:
    share = np.array([1.0 - 2.0**-53, 0.5])
    low, high = survival._log_log(share, np.array([1e-3, 0.1]), 0.95)
    assert low[0] <= share[0] <= high[0] <= 1.0 and 0.25 < low[1] < 0.5 < high[1] < 0.7
    np.testing.assert_array_equal(survival._log_log(share[1:], np.array([0.1]), 0.95), [low[1:], high[1:]])


def test_equal_ends_may_be_counted() -> None:
    times, causes = runs(3)
    whole = cumulative_incidence(times, causes)
    alike = pd.DataFrame({"t": times, "c": causes}).groupby(["t", "c"]).size().reset_index(name="n")
    counted = cumulative_incidence(alike["t"], alike["c"].to_numpy(object), counts=alike["n"])
    pd.testing.assert_frame_equal(whole, counted, check_exact=True)


def test_first_treaties_end() -> None:
    frame = pd.DataFrame(
        {
            "dyad": ["CN-EU"] * 4,
            "treaty_from": [0, 4, -1, 10],
            "treaty_until": [8, -1, -1, 12],
            "treaty_end": ["lapse", "", "", "turnover"],
        }
    )
    table = treaty_ends(frame, 37).set_index(["cause", "time"])
    assert table["incidence"].to_dict() == pytest.approx(
        {("lapse", 2.0): 0.0, ("lapse", 8.0): 1 / 3, ("turnover", 2.0): 1 / 3, ("turnover", 8.0): 1 / 3}
    )
    assert set(table["n"]) == {3}


def ends_of(n_replicates: int, n_points: int) -> pd.DataFrame:
    """Treaties that end by luck alone, which all design points share."""
    luck = np.random.default_rng(5).integers(0, 3, n_replicates)
    cause = np.array(["lapse", "turnover", ""])[luck]
    until = np.where(luck == 0, 9, np.where(luck == 1, 20, -1))
    one = pd.DataFrame(
        {
            "dyad": "CN-EU",
            "treaty_from": 1,
            "treaty_until": until,
            "treaty_end": cause,
            "replicate": range(n_replicates),
        }
    )
    return pd.concat([one] * n_points, ignore_index=True)


def test_cells_that_share_their_luck_do_not_narrow_the_interval_of_ends() -> None:
    one, many = (ended_by_cause(ends_of(40, n), 37).set_index("cause") for n in (1, 9))
    assert many["n"].tolist() == [360, 360]
    pd.testing.assert_frame_equal(one.drop(columns="n"), many.drop(columns="n"))
    # Without censoring before the last end it is a share of runs: about as wide as the delta method says of these.
    by_rows = treaty_ends(ends_of(40, 1), 37).groupby("cause").tail(1).set_index("cause")
    for end in ("low", "high"):
        assert one[end].tolist() == pytest.approx(by_rows[end].tolist(), abs=0.02)
    assert (one["incidence"] > one["low"]).all() and (one["incidence"] < one["high"]).all()


def test_ends_of_one_replicate_have_no_interval() -> None:
    frame = ends_of(1, 3).assign(treaty_until=9, treaty_end="lapse")
    only = ended_by_cause(frame, 37).iloc[0]
    assert (only["incidence"], only["low"], only["high"]) == (1.0, -np.inf, np.inf)
    assert ended_by_cause(frame.assign(treaty_until=-1, treaty_end=""), 37).empty


def test_ends_where_one_replicate_alone_has_a_treaty() -> None:
    frame = ends_of(2, 1).assign(treaty_from=[1, -1], treaty_until=[9, -1], treaty_end=["lapse", ""])
    found = ended_by_cause(frame, 37)
    assert found[["cause", "incidence", "n"]].to_numpy().tolist() == [["lapse", 1.0, 1]]


# --- log-rank -----------------------------------------------------------------------------------------------


def test_log_rank_on_a_published_example() -> None:
    times = np.array(TREATED + PLACEBO, float)
    events = np.array(RELAPSED + [1] * len(PLACEBO))
    arms = np.array(["6-MP"] * len(TREATED) + ["placebo"] * len(PLACEBO))
    found = log_rank(times, events, arms)
    assert found.statistic == pytest.approx(16.79, abs=0.005)
    assert found.observed == (9.0, 21.0)
    assert found.expected == pytest.approx((19.25, 10.75), abs=0.01)
    statistic, p_value = survdiff(times, events, arms)
    assert (found.statistic, found.p_value) == pytest.approx((statistic, p_value), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_log_rank_of_three_arms_is_that_of_another_package(seed: int) -> None:
    times, causes = runs(seed)
    arms = np.random.default_rng(seed).choice(3, len(times))
    found, other = log_rank(times, causes != "", arms), survdiff(times, causes != "", arms)
    assert (found.statistic, found.p_value) == pytest.approx(other, abs=1e-12)
    assert found.degrees == 2


def test_arms_that_are_alike_do_not_differ() -> None:
    times = [1.0, 2.0, 3.0] * 2
    assert log_rank(times, [True] * 6, [0, 0, 0, 1, 1, 1]).p_value == pytest.approx(1.0)
    assert log_rank(times, [False] * 6, [0, 0, 0, 1, 1, 1]).p_value == 1.0
    with pytest.raises(ValueError, match="two arms or more"):
        log_rank(times, [True] * 6, [0] * 6)
    with pytest.raises(ValueError, match="finite"):
        cumulative_incidence([-1.0], [""])


# --- other definitions of cooperation -----------------------------------------------------------------------


def test_the_definition_itself_is_among_the_others() -> None:
    ensemble = Ensemble("symmetric", 3, 12)
    ((_, world),) = ensemble.worlds()
    summary = world.run().summary()
    columns = definition_columns(world.recorder.measured)
    assert len(columns) == 4 * len(definitions()) == 36
    own = column_names(0.5, 4)
    for held, name in (
        ("onset", "first_emergence"), ("durable", "durable"), ("inherited", "inherited"), ("kept", "kept")
    ):  # fmt: skip
        assert columns[own[held]].reshape(-1).tolist() == summary[name].tolist()
    keys = {"dyad": summary["dyad"], "replicate": summary["replicate"]}
    frame = pd.DataFrame({**keys, **{name: x.reshape(-1) for name, x in columns.items()}})
    table = sensitivity_table(frame, ["dyad"])
    assert len(table) == 27
    for _, rows in table.groupby(["dyad", "window"]):
        ordered = rows.sort_values("threshold")
        for share in ("durable_share", "inherited_share", "kept_share"):
            assert ordered[share].is_monotonic_decreasing, share
        assert (ordered["kept_share"] <= ordered["inherited_share"]).all()


def test_what_was_inherited_is_told_under_every_definition() -> None:
    """Twelve runs by hand: inherited at 0.3 and 0.5 and kept in nine and in three; at 0.7 new, in four of them."""
    held = {0.3: (-1, True, 9), 0.5: (-1, True, 3), 0.7: (8, False, 0)}
    columns: dict[str, object] = {"dyad": "US-EU", "replicate": range(12)}
    for threshold, window in definitions():
        onset, inherited, kept = held[threshold]
        named = column_names(threshold, window)
        columns[named["onset"]] = [onset if k < 4 else -1 for k in range(12)]
        columns[named["inherited"]] = inherited
        columns[named["kept"]] = [k < kept for k in range(12)]
        columns[named["durable"]] = False
    table = sensitivity_table(pd.DataFrame(columns), ["dyad"]).query("window == 4").set_index("threshold")
    assert table["kept_share"].tolist() == [0.75, 0.25, 0.0]
    assert table["emergence_rate"].tolist() == [0.0, 0.0, pytest.approx(4 / 12)]
    assert tuple(table.loc[0.5, ["kept_share_low", "kept_share_high"]]) == pytest.approx(wilson(3, 12)[1:3])


# --- the stop rule ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", one_in(3, ["skewed", "normal", "rate"]))
def test_the_stop_rule_keeps_its_coverage(kind: str) -> None:
    """20,000 toy sweeps whose truth is known: at 95 % promised, 94 to 96 % of the intervals hold it."""
    rng = np.random.default_rng(20261121)
    n_pilot, n_sweeps, most = 30, 20_000, 2_000
    truth = {"normal": 0.0, "skewed": 1.0, "rate": 0.3}[kind]
    half_width = {"normal": 0.2, "skewed": 0.1, "rate": 0.05}[kind]

    def draw(n: int) -> np.ndarray:
        if kind == "normal":
            return rng.normal(0.0, 1.0, n)
        return rng.gamma(9.0, 1.0 / 9.0, n) if kind == "skewed" else rng.random(n) < truth

    held, sizes = 0, []
    for _ in range(n_sweeps):
        values = draw(n_pilot)
        n = replicates_for(values, half_width, most)
        sizes.append(n)
        found = stopped_mean(np.concatenate([values, draw(n - n_pilot)]), n_pilot)
        held += found.low <= truth <= found.high
        assert found.high - found.mean <= half_width * (1 + 1e-9)
    assert 0.94 <= held / n_sweeps <= 0.96, held / n_sweeps
    assert min(sizes) >= n_pilot
    assert max(sizes) < most, "the limit must not be what stops"


def test_looking_again_and_again_would_not_keep_it() -> None:
    """What the rule avoids: stopping when an interval happens to be narrow covers less than it says."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(1500):
        x = rng.normal(0.0, 1.0, 400)
        n = 5
        while n < 400:
            half = stats.t.ppf(0.975, n - 1) * x[:n].std(ddof=1) / np.sqrt(n)
            if half <= 0.4:
                break
            n += 1
        held += abs(x[:n].mean()) <= half
    assert held / 1500 < 0.94


def test_how_many_are_wanted() -> None:
    x = np.random.default_rng(0).normal(0, 1, 30)
    assert replicates_for(x, 0.1, 10**6) == pytest.approx(4 * replicates_for(x, 0.2, 10**6), rel=0.01)
    assert replicates_for(np.ones(30) * 0.5, 0.1, 1000) == 30
    assert replicates_for(x, 0.001, 500) == 500
    for tiny in (1e-300, 5e-324):  # of which the square is beyond any number
        assert replicates_for(x, tiny, 500) == 500
        assert replicates_for(np.ones(30) * 0.5, tiny, 500) == 30
    assert pilot_spread([False] * 30) > 0.0, "0 of 30 is no certainty"
    for bad in (lambda: replicates_for(x, 0.0, 10), lambda: pilot_spread([1.0])):
        with pytest.raises(ValueError, match=r"above 0|two finite"):
            bad()


def test_the_worst_dyad_decides() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        [
            (point, r, dyad, rng.normal(0, spread))
            for point in (0, 1)
            for r in range(40)
            for dyad, spread in (("a", 0.01), ("b", 0.5 if point else 0.02))
        ],
        columns=["design_point", "replicate", "dyad", "y"],
    )
    wanted = wanted_replicates(frame, "y", 0.05, 30, 10_000)
    assert wanted[0] == 30
    assert 250 < wanted[1] < 900
    table = precision_table(frame, "y", 0.05, 30)
    assert table.loc[table["dyad"] == "b", "reached"].tolist() == [True, False]
