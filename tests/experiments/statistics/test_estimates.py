"""Rates, means, clustering and survival: the theory's rows D1 to D3, statsmodels as oracle, limits."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from experiments.statistics import estimates

CHECKS = json.loads((Path(__file__).parents[2] / "data" / "theory_checks.json").read_text(encoding="utf-8"))
TIMES, EVENTS = [3, 5, 5, 8, 10, 12, 12, 15, 20, 20], [1, 1, 0, 1, 1, 0, 1, 1, 0, 0]

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])
waits = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30)


# --- rates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "k", "n"), [("w37_60", 37, 60), ("w0_50", 0, 50), ("w50_50", 50, 50)])
def test_d1_wilson(row: str, k: int, n: int) -> None:
    found = estimates.wilson(k, n)
    assert found[1:3] == pytest.approx(CHECKS["D1"][row], rel=1e-6)
    assert found.share == k / n


def test_d1_after_nothing_in_fifty() -> None:
    assert estimates.clopper_pearson(0, 50).high == pytest.approx(CHECKS["D1"]["clopper0_50"], rel=1e-6)
    one_sided = estimates.clopper_pearson(0, 50, level=0.90).high
    assert one_sided == pytest.approx(CHECKS["D1"]["exact0_50"], rel=1e-6)
    assert CHECKS["D1"]["rule3"] == pytest.approx(3 / 50)
    assert one_sided < 3 / 50  # the rule of three is a little cautious


@given(counts, levels)
def test_rates_agree_with_statsmodels_and_scipy(count: tuple[int, int], level: float) -> None:
    k, n = count
    found = estimates.wilson(k, n, level)
    assert found[1:3] == pytest.approx(proportion_confint(k, n, 1 - level, method="wilson"), abs=1e-12)
    assert found[1:3] == pytest.approx(tuple(stats.binomtest(k, n).proportion_ci(level, "wilson")), abs=1e-12)
    exact = estimates.clopper_pearson(k, n, level)
    assert exact[1:3] == pytest.approx(proportion_confint(k, n, 1 - level, method="beta"), abs=1e-9)
    assert 0.0 <= found.low <= found.share <= found.high <= 1.0
    mirrored = estimates.wilson(n - k, n, level)
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-12)


def test_wilson_takes_an_effective_number_and_nothing_at_all() -> None:
    few, many = estimates.wilson(12.5, 41.7), estimates.wilson(25.0, 83.4)
    assert few.share == pytest.approx(many.share)
    assert few.low < many.low < many.high < few.high
    nothing = estimates.wilson(0, 0)
    assert (nothing.low, nothing.high) == (0.0, 1.0)
    assert math.isnan(nothing.share)
    for bad in [(3, 2), (-1, 2), (1, math.inf), (math.nan, 3)]:
        with pytest.raises(ValueError, match="successes"):
            estimates.wilson(*bad)
    with pytest.raises(ValueError, match=r"such as 0\.95"):
        estimates.wilson(1, 2, level=95)


@given(arrays(bool, st.integers(1, 40)))
def test_mcnemar_agrees_with_statsmodels(first: np.ndarray) -> None:
    second = np.roll(first, 1) ^ (np.arange(first.size) % 3 == 0)
    found = estimates.mcnemar(first, second)
    table = [
        [np.sum(first & second), np.sum(first & ~second)],
        [np.sum(~first & second), np.sum(~first & ~second)],
    ]
    if found.n_only_first + found.n_only_second:
        assert found.p_value == pytest.approx(contingency_tables.mcnemar(table, exact=True).pvalue, abs=1e-12)
    else:
        assert found.p_value == 1.0
    assert found.difference == pytest.approx(first.mean() - second.mean())
    back = estimates.mcnemar(second, first)
    assert (back.difference, back.p_value) == (-found.difference, pytest.approx(found.p_value))


def test_mcnemar_on_a_published_example() -> None:
    """Agresti 1990, approval of a prime minister in two surveys: 794, 150, 86, 570; against whole-number arithmetic."""
    first = np.repeat([True, True, False, False], [794, 150, 86, 570])
    second = np.repeat([True, False, True, False], [794, 150, 86, 570])
    found = estimates.mcnemar(first, second)
    tail = Fraction(sum(math.comb(236, k) for k in range(87)), 2**236)
    assert (found.n_only_first, found.n_only_second) == (150, 86)
    assert found.p_value == pytest.approx(float(2 * tail), rel=1e-12)
    assert found.difference == pytest.approx((150 - 86) / 1600, abs=1e-15)


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)))
@settings(max_examples=30)
def test_holm_agrees_with_statsmodels(p: np.ndarray) -> None:
    found = estimates.holm(p)
    with patch("gc.collect"):  # theirs looks through the whole memory of this process at every call
        theirs = multipletests(p, method="holm")[1]
    assert found == pytest.approx(theirs, abs=1e-12)
    assert np.all(found >= p)


def test_holm_on_a_published_example() -> None:
    """Wright 1992: ordered p-values times what is left of their number, never falling."""
    assert estimates.holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02], abs=1e-12)
    assert estimates.holm([]).size == 0
    with pytest.raises(ValueError, match="between 0 and 1"):
        estimates.holm([1.5])


# --- means --------------------------------------------------------------------------------------------------


@given(arrays(np.float64, st.integers(2, 30), elements=st.floats(-100, 100)), levels)
def test_mean_interval_agrees_with_statsmodels(x: np.ndarray, level: float) -> None:
    assume(x.std() > 1e-6)
    found = estimates.mean_interval(x, level)
    oracle = DescrStatsW(x)
    assert (found.low, found.high) == pytest.approx(oracle.tconfint_mean(1 - level), rel=1e-9, abs=1e-9)
    assert found.se == pytest.approx(oracle.std_mean, rel=1e-9)


def test_paired_difference_is_the_paired_t_interval() -> None:
    generator = np.random.default_rng(3)
    luck = generator.normal(size=40)
    a, b = luck + 0.3 + 0.1 * generator.normal(size=40), luck
    found = estimates.paired_difference(a, b)
    oracle = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), rel=1e-12)
    assert found.se < 0.2 * estimates.mean_interval(a).se  # shared luck cancels
    back = estimates.paired_difference(b, a)
    assert (back.mean, back.low, back.high) == pytest.approx((-found.mean, -found.high, -found.low))


def test_a_change_of_a_share_has_no_end_beyond_what_a_share_can_change() -> None:
    changes = np.repeat([1.0, 0.0], [398, 2])  # 199 of 200 replicates of two cells
    assert estimates.mean_interval(changes[::2]).high > 1.0  # where Student's interval says what cannot be
    for values in (changes[::2], changes, np.ones(200), np.array([1.0, 1.0, 0.6]), np.array([1.0, -1.0])):
        found, back = (estimates.interval_within(x, -1.0, 1.0) for x in (values, -values))
        assert -1.0 <= found.low < found.mean <= found.high <= 1.0
        assert (back.mean, back.low, back.high) == pytest.approx((-found.mean, -found.high, -found.low), abs=1e-12)
        wide = estimates.interval_within(2.0 * values, -2.0, 2.0)  # the unit is free
        assert (wide.low, wide.high) == pytest.approx((2.0 * found.low, 2.0 * found.high), abs=1e-12)
    # Every replicate changed: as sure as Wilson's of so many of so many.
    assert estimates.interval_within(np.ones(200), -1.0, 1.0).low == 2.0 * estimates.wilson(200, 200).low - 1.0
    # Away from the ends, without an end, and of what does leave them it is Student's.
    inside = np.array([0.1, 0.3, -0.2, 0.05])
    assert estimates.interval_within(inside, -1.0, 1.0) == estimates.mean_interval(inside)
    assert estimates.interval_within(changes, -math.inf, math.inf) == estimates.mean_interval(changes)
    assert estimates.interval_within(3.0 * inside, -0.2, 0.2) == estimates.mean_interval(3.0 * inside)
    assert estimates.interval_within([1.0], -1.0, 1.0).high == math.inf


@pytest.mark.parametrize("n", [20, 50, 200])
def test_the_interval_of_a_change_near_an_end_covers(n: int) -> None:
    generator, both, back = (
        np.random.default_rng(5),
        0.01,
        0.005,
    )  # shares of replicates: in both arms, only in the other
    held = {"student": 0, "within": 0}
    for counts in generator.multinomial(n, [both, 1.0 - both - back, back], size=600):
        changes = np.repeat([0.0, 1.0, -1.0], counts)
        for name, found in (
            ("student", estimates.mean_interval(changes)), ("within", estimates.interval_within(changes, -1.0, 1.0)),
        ):  # fmt: skip
            held[name] += found.low <= 1.0 - both - 2.0 * back <= found.high
    assert held["within"] > 0.92 * 600 and held["student"] < 0.9 * 600


def test_means_say_when_they_cannot_know() -> None:
    one = estimates.mean_interval([2.0])
    assert (one.mean, one.low, one.high, one.n) == (2.0, -math.inf, math.inf, 1)
    assert math.isnan(one.se)
    same = estimates.mean_interval([0.1] * 5)
    assert same.high - same.low < 1e-15
    for bad in ([], [1.0, math.nan], [math.inf]):
        with pytest.raises(ValueError, match="finite"):
            estimates.mean_interval(bad)
    with pytest.raises(ValueError, match="one length"):
        estimates.paired_difference([1.0, 2.0], [1.0])


def test_stop_rule() -> None:
    assert estimates.replicates_needed(0.3, 0.03) == math.ceil((1.959964 * 10) ** 2)
    assert estimates.replicates_needed(0.0, 0.03) == 2
    with pytest.raises(ValueError, match="half_width"):
        estimates.replicates_needed(0.3, 0.0)


# --- clustering ---------------------------------------------------------------------------------------------


def test_d3_three_dyads_of_a_run() -> None:
    assert estimates.design_effect(3, 0.4) == pytest.approx(CHECKS["D3"]["deff"], rel=1e-12)
    assert estimates.effective_n(3000, 3, 0.4) == pytest.approx(CHECKS["D3"]["neff"], rel=1e-9)
    assert estimates.effective_n(3000, 3, 0.0) == 3000
    assert estimates.effective_n(3000, 3, 1.0) == 1000


def test_intraclass_correlation_of_a_known_mixture() -> None:
    generator = np.random.default_rng(4)
    table = math.sqrt(0.4) * generator.normal(size=(4000, 1)) + math.sqrt(0.6) * generator.normal(size=(4000, 3))
    # Standard error of the estimate, Fisher 1925: (1 - r)(1 + 2r) sqrt(2 / (3 * 2 * 4000)).
    se = 0.6 * 1.8 * math.sqrt(2 / (3 * 2 * 4000))
    assert estimates.intraclass_correlation(table) == pytest.approx(0.4, abs=4 * se)
    assert estimates.intraclass_correlation([[1, 1], [0, 0], [1, 1]]) == 1.0
    assert estimates.intraclass_correlation([[1, 0], [0, 1], [1, 0]]) == 0.0
    assert estimates.intraclass_correlation(np.ones((5, 3))) == 1.0  # certainty is not counted three times


def test_effective_number_gives_the_right_spread() -> None:
    """The variance of a pooled mean over many simulated plans is that of the effective number of rows."""
    generator = np.random.default_rng(5)
    shared, own = generator.normal(size=(4000, 20, 1)), generator.normal(size=(4000, 20, 3))
    pooled = (math.sqrt(0.4) * shared + math.sqrt(0.6) * own).mean(axis=(1, 2))
    want = 1.0 / estimates.effective_n(60, 3, 0.4)
    assert pooled.var(ddof=1) == pytest.approx(want, abs=4 * want * math.sqrt(2 / 4000))


# --- survival -----------------------------------------------------------------------------------------------


def test_d2_kaplan_meier() -> None:
    curve, want = estimates.kaplan_meier(TIMES, EVENTS), CHECKS["D2"]
    np.testing.assert_allclose(curve.table.to_numpy(float), want["table"], rtol=1e-6)
    assert [curve.median] == want["median"]
    assert curve.rmst(20) == pytest.approx(want["rmst20"], rel=1e-6)


@settings(max_examples=60)
@given(waits)
def test_kaplan_meier_agrees_with_statsmodels(rows: list[tuple[int, bool]]) -> None:
    times, events = np.array([t for t, _ in rows], dtype=float), np.array([e for _, e in rows])
    curve = estimates.kaplan_meier(times, events)
    if not events.any():
        assert curve.table.empty
        assert curve.median == math.inf
        return
    # statsmodels leaves out events at time 0, so the clock is moved; it divides 0 by 0 once nobody is left.
    with np.errstate(all="ignore"):
        oracle = SurvfuncRight(times + 1.0, events)
    happened = np.isin(oracle.surv_times, curve.table["time"] + 1.0)
    np.testing.assert_allclose(curve.table["survival"], oracle.surv_prob[happened], atol=1e-12)
    np.testing.assert_array_equal(curve.table["at_risk"], oracle.n_risk[happened])
    is_defined = curve.table["survival"].to_numpy() > 1e-12
    np.testing.assert_allclose(curve.table["se"][is_defined], oracle.surv_prob_se[happened][is_defined], atol=1e-12)
    assert curve.table["se"][~is_defined].isna().all()


@settings(max_examples=60)
@given(st.lists(st.integers(0, 15), min_size=2, max_size=30), st.integers(1, 15))
def test_without_censoring_the_restricted_mean_is_a_mean(times: list[int], tau: int) -> None:
    assume(tau <= max(times))
    found = estimates.kaplan_meier(times, [True] * len(times)).restricted_mean(tau)
    cut = np.minimum(times, tau)
    assert found.mean == pytest.approx(cut.mean(), abs=1e-12)
    assert found.se == pytest.approx(cut.std() / math.sqrt(len(times)), abs=1e-12)


def test_nothing_ever_happened() -> None:
    curve = estimates.kaplan_meier([37] * 10, [False] * 10)
    assert curve.rmst(37) == 37.0
    assert curve.restricted_mean(37).se == 0.0
    assert curve.median == math.inf
    with pytest.raises(ValueError, match="tau"):
        curve.rmst(38)  # beyond the horizon the curve is a guess
    for times, events in [([], []), ([1.0], [True, False]), ([-1.0], [True]), ([math.nan], [True])]:
        with pytest.raises(ValueError, match=r"lists of one length|Times"):
            estimates.kaplan_meier(times, events)


def test_rates_of_cells_that_share_their_luck() -> None:
    """As wide for copies of the same runs as for one; Wilson's own for one row a replicate; never a point."""
    rng = np.random.default_rng(11)
    happened, replicate = rng.random(40) < 0.3, np.arange(40)
    alone = estimates.wilson(int(happened.sum()), 40)
    assert estimates.shared_rate(happened, replicate) == pytest.approx(alone)
    assert estimates.shared_rate(np.tile(happened, 9), np.tile(replicate, 9)) == pytest.approx(alone)
    everything = estimates.shared_rate(np.ones(90, dtype=bool), np.arange(90) % 10)
    assert everything == pytest.approx(estimates.wilson(10, 10))
    # Rows that share nothing count in full, up to chance.
    free = estimates.shared_rate(rng.random(4000) < 0.3, np.arange(4000) % 400)
    assert 3000 < free.n <= 4000
    with pytest.raises(ValueError, match="one length"):
        estimates.shared_rate([True], [1, 2])


@pytest.mark.parametrize("n_cells", [1, 6])
def test_the_interval_of_shared_rates_covers(n_cells: int) -> None:
    """Cells whose thresholds differ, with common luck: 95 % intervals hold the true share about as often."""
    rng, levels = np.random.default_rng(7), np.linspace(0.5, 0.8, n_cells)
    held = 0
    for _ in range(1000):
        luck = rng.random(60)
        found = estimates.shared_rate((luck[:, None] < levels).ravel(), np.repeat(np.arange(60), n_cells))
        held += found.low <= levels.mean() <= found.high
    assert 0.925 < held / 1000 < 0.975


@pytest.mark.parametrize(
    ("share", "n_rows", "icc"), [(0.02, 4, 0.5), (0.98, 4, 0.5), (0.01, 8, 0.5), (0.9, 4, 0.5), (0.02, 4, 0.0)]
)
def test_it_covers_where_few_replicates_make_the_share(share: float, n_rows: int, icc: float) -> None:
    """Beta-binomial rows of 100 replicates. By the raw effective number .02 is held .91 and .01 of 8 rows .86 times."""
    rng, label, held = np.random.default_rng(3), np.repeat(np.arange(100), n_rows), 0
    for _ in range(2000):
        own = rng.beta(share * (1 / icc - 1), (1 - share) * (1 / icc - 1), 100) if icc else np.full(100, share)
        found = estimates.shared_rate((rng.random((100, n_rows)) < own[:, None]).ravel(), label)
        held += found.low <= share <= found.high
    assert 0.94 <= held / 2000 <= 0.99


def test_the_number_of_rows_is_lowered_by_the_freedom_of_their_spread() -> None:
    """Three replicates of 50 with one, two and four of four rows: worked by hand, and never below the replicates."""
    hits = np.zeros((50, 4), dtype=bool)
    hits[0, 0] = hits[1, :2] = hits[2] = True
    gaps = hits.sum(axis=1) - 4 * 0.035
    raw = 0.035 * 0.965 * 200**2 / (gaps**2).sum()
    freedom = 2 * (gaps**2).sum() ** 2 / ((gaps**4).sum() - (gaps**2).sum() ** 2 / 50)
    assert freedom == pytest.approx(3.54, abs=0.01) and raw > 50.0
    found = estimates.shared_rate(hits.ravel(), np.repeat(np.arange(50), 4))
    assert found.n == 50.0 > raw * (norm.ppf(0.975) / student.ppf(0.975, freedom)) ** 2
    even = estimates.shared_rate(np.tile([True, True, False, False], 20), np.repeat(np.arange(40), 2))
    assert even.n == pytest.approx(40.0), "replicates whose squares are all alike have a spread that is sure"
    hits[3:20, 0] = True
    share = hits.mean()
    gaps = hits.sum(axis=1) - 4 * share
    raw = share * (1 - share) * 200**2 / (gaps**2).sum()
    freedom = 2 * (gaps**2).sum() ** 2 / ((gaps**4).sum() - (gaps**2).sum() ** 2 / 50)
    found = estimates.shared_rate(hits.ravel(), np.repeat(np.arange(50), 4))
    assert 50.0 < found.n == pytest.approx(raw * (norm.ppf(0.975) / student.ppf(0.975, freedom)) ** 2)
