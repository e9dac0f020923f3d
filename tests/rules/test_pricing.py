"""Prices: rows A1-A6, A16 and the solver's promise, worlds far worse than any the model meets included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.numerics import FloatArray, FloatLike, same_bits
from model.rules import demand, pricing

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))

# Base example E of theory 3.1.
QUALITY = np.array([3.0, 2.6, 2.2])
COST = np.array([25.0, 22.0, 20.0])
ALPHA = 0.12
DUTY = np.array([0.0, 0.0, 0.25])
LEADING: list[tuple[int, ...]] = [(), (5,), (2, 3)]


class Market(NamedTuple):
    """A solved market; arrays (..., F), surplus (...)."""

    price: FloatArray
    markup: FloatArray
    share: FloatArray
    surplus: FloatArray


def solve(
    quality: FloatArray,
    base: FloatArray,
    alpha: FloatLike = ALPHA,
    sigma: FloatLike = 0.0,
    weight: FloatArray | None = None,
) -> Market:
    markup, residual = pricing.price_equilibrium(base, quality, alpha, sigma, markup_weight=weight)
    assert np.all(residual < 1e-9)
    price = base + (markup if weight is None else weight * markup)
    _, share, _, inclusive = demand.nested_shares(quality - alpha * price, sigma)
    return Market(price, markup, share, demand.consumer_surplus(1.0, inclusive, ALPHA))


def spread(x: FloatArray, leading: tuple[int, ...]) -> FloatArray:
    return np.broadcast_to(x, (*leading, *x.shape)).copy()


def check(actual: FloatArray, expected: object) -> None:
    np.testing.assert_allclose(actual, np.broadcast_to(np.asarray(expected), np.shape(actual)), rtol=1e-6)


def replicate_fastest(x: FloatArray) -> FloatArray:
    """The same numbers with the leading axis fastest in memory, as the ensemble stores them."""
    return np.moveaxis(np.moveaxis(x, 0, -1).copy(), -1, 0)


# --- Rows of the theory, one market at a time and many at once ------------------------------------


@pytest.mark.parametrize("leading", LEADING)
@pytest.mark.parametrize(("row", "sigma"), [("A1", 0.0), ("A2", 0.5)])
def test_prices_without_duty(row: str, sigma: float, leading: tuple[int, ...]) -> None:
    expected = CHECKS[row]
    market = solve(spread(QUALITY, leading), spread(COST, leading), sigma=sigma)
    check(market.price, expected["p"])
    check(market.share, expected["s"])
    check(market.surplus, expected["CS"])
    check(market.markup * market.share, expected["profit"])
    if row == "A1":
        check(market.markup, expected["margin"])


@pytest.mark.parametrize("leading", LEADING)
@pytest.mark.parametrize(("row", "basis"), [("A3_border", "border"), ("A3_cost", "landed")])
def test_a_duty_and_who_gets_it(row: str, basis: str, leading: tuple[int, ...]) -> None:
    expected = CHECKS[row]
    market = solve(spread(QUALITY, leading), spread((1.0 + DUTY) * COST, leading))
    border_price, margin, duty = benchmarks.SPLITS[basis](COST, market.markup, DUTY)
    check(market.price, expected["p"])
    check(market.surplus, expected["CS"])
    check(market.share * margin, expected["profit"])
    revenue = (market.share * duty)[..., 2]
    check(revenue, expected["revenue"])
    check((market.share * margin)[..., 2] + revenue, CHECKS["A3_sum"][row.removeprefix("A3_")])
    if basis == "border":
        check(border_price, expected["w"])
        check(margin, expected["margin"])
        check(market.share, expected["s"])


@pytest.mark.parametrize("leading", LEADING)
@pytest.mark.parametrize(("row", "sigma"), [("A4", 0.0), ("A4_nested", 0.35)])
def test_two_brands_of_one_owner_are_one_brand(row: str, sigma: float, leading: tuple[int, ...]) -> None:
    expected = CHECKS[row]
    at_cost = spread(QUALITY - ALPHA * COST, leading)
    owner = benchmarks.aggregate_brands(at_cost[..., :2], sigma)
    reduced = np.stack([owner, at_cost[..., 2]], axis=-1)
    markup = solve(reduced, np.zeros_like(reduced), sigma=sigma).markup[..., [0, 0, 1]]
    check(markup, expected["margin"])
    check(COST + markup, expected["p"])
    if row == "A4":
        _, share, _, _ = demand.nested_shares(QUALITY - ALPHA * (COST + markup), sigma)
        check(share, expected["s"])


@pytest.mark.parametrize("leading", LEADING)
def test_a_lone_firm_has_a_closed_form(leading: tuple[int, ...]) -> None:
    expected = CHECKS["A5"]
    quality, cost = spread(np.array([3.0]), leading), spread(np.array([25.0]), leading)
    market = solve(quality, cost)
    check(market.price, expected["p"])
    check(market.share, expected["s"])
    check(market.markup, (1.0 + benchmarks.wright_omega(3.0 - ALPHA * 25.0 - 1.0)) / ALPHA)
    step = 1e-3
    slope = (solve(quality, cost + step).price - solve(quality, cost - step).price) / (2.0 * step)
    check(slope, expected["pass_through"])


def test_pass_through_matrix_a6() -> None:
    step = 1e-3 * np.eye(3)
    quality = spread(QUALITY, (3,))
    slope = (solve(quality, COST + step).price - solve(quality, COST - step).price) / 2e-3
    check(slope.T, CHECKS["A6"]["matrix"])
    check(slope.sum(axis=0), CHECKS["A6"]["industry"])


@pytest.mark.parametrize("leading", LEADING)
@pytest.mark.parametrize(("row", "eta"), [("A16_eta0", 0.0), ("A16_eta1", 1.0)])
def test_pass_through_switch(row: str, eta: float, leading: tuple[int, ...]) -> None:
    """The optimal-markup formula holds at the new shares; only what the buyer pays on top of it changes."""
    expected = CHECKS[row]
    weight = 1.0 + eta * DUTY
    market = solve(spread(QUALITY, leading), spread((1.0 + DUTY) * COST, leading), weight=weight)
    check(market.price, expected["p"])
    check(market.share, expected["s"])
    check(market.markup, 1.0 / (ALPHA * (1.0 - market.share)))
    border_price, _, _ = pricing.border_split(COST, weight * market.markup, DUTY)
    check(border_price[..., 2], expected["w3"])
    check(market.price[..., 2] / CHECKS["A1"]["p"][2] - 1.0, expected["rise3"])


@pytest.mark.parametrize("sigma", [0.0, 0.35, 0.6])
def test_best_reply_under_pass_through_is_the_equilibrium(sigma: float) -> None:
    weight = 1.0 + np.array([0.0, 0.4, 1.0]) * DUTY
    base = (1.0 + DUTY) * COST
    markup, residual = pricing.price_equilibrium(base, QUALITY, ALPHA, sigma, markup_weight=weight)
    assert residual < 1e-9
    rivals = pricing.rivals_log_sum(QUALITY - ALPHA * (base + weight * markup), sigma)
    reply = pricing.best_reply_markup(base, QUALITY, rivals, ALPHA, sigma, markup_weight=weight)
    np.testing.assert_allclose(reply, markup, rtol=1e-9)


def test_weight_of_one_changes_nothing() -> None:
    plain = pricing.price_equilibrium(COST, QUALITY, ALPHA, 0.35)
    rivals = pricing.rivals_log_sum(QUALITY - ALPHA * (COST + plain[0]), 0.35)
    replies = [
        pricing.best_reply_markup(COST, QUALITY, rivals, ALPHA, 0.35, markup_weight=w) for w in (None, np.ones(3))
    ]
    assert same_bits(replies[0], replies[1])
    weighted = pricing.price_equilibrium(COST, QUALITY, ALPHA, 0.35, markup_weight=np.ones(3))
    for left, right in zip(plain, weighted, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-12)


# --- The solver's promise ----------------------------------------------------------------------------------

WORLDS = ("typical", "wide", "gap", "leaders", "dead", "hot", "banned", "duty", "alone", "wild")


def world(name: str, n: int = 200) -> tuple[FloatArray, FloatArray, float]:
    """Base costs, utilities at price zero and alpha of n markets, from the ordinary to the absurd."""
    rng = np.random.default_rng(len(name))
    base = rng.uniform(20.0, 45.0, (n, 14))
    utility = rng.normal(3.0, 1.0, (n, 14))
    if name == "typical":
        return base, rng.normal(0.7, 1.5, (n, 14)), 0.08
    if name == "wide":
        utility = rng.normal(3.0, 4.0, (n, 14))
    if name == "gap":  # one brand 25 utils ahead: a share of almost one
        utility[:, 0] += 25.0
    if name == "leaders":
        utility[:, :2] += np.array([60.0, 59.0])
    if name == "dead":  # nobody wants any electric car
        utility -= 40.0
    if name == "hot":  # nobody wants anything else
        utility += 40.0
    if name == "banned":
        utility[:, :5] += np.log(1e-6)
    if name == "duty":
        base[:, 3] *= 11.0
    if name == "alone":
        return base[:, :1], utility[:, :1] + 40.0, ALPHA
    if name == "wild":
        utility = rng.normal(3.0, 30.0, (n, 14))
    return base, utility, ALPHA


@pytest.mark.parametrize("sigma", [0.0, 0.35, 0.5, 0.7])
@pytest.mark.parametrize("name", WORLDS)
def test_the_default_sweeps_solve_every_world(name: str, sigma: float) -> None:
    base, utility, alpha = world(name)
    markup, residual = pricing.price_equilibrium(base, utility, alpha, sigma)
    assert np.all(np.isfinite(markup))
    assert np.all(markup >= (1.0 - sigma) / alpha * (1.0 - 1e-15))
    assert residual.max() < 1e-7


@pytest.mark.parametrize("sigma", [0.0, 0.35, 0.5])
def test_few_sweeps_solve_an_ordinary_world(sigma: float) -> None:
    base, utility, alpha = world("typical")
    assert pricing.price_equilibrium(base, utility, alpha, sigma, sweeps=7)[1].max() < 1e-9
    before, _ = pricing.price_equilibrium(base, utility, alpha, sigma)
    dearer = base.copy()
    dearer[:, :3] *= 1.25
    _, residual = pricing.price_equilibrium(dearer, utility, alpha, sigma, start=before, sweeps=5)
    assert residual.max() < 1e-9


@pytest.mark.parametrize("name", WORLDS)
def test_a_solution_is_its_own_start(name: str) -> None:
    base, utility, alpha = world(name)
    markup, _ = pricing.price_equilibrium(base, utility, alpha, 0.35)
    again, residual = pricing.price_equilibrium(base, utility, alpha, 0.35, start=markup, sweeps=0)
    np.testing.assert_allclose(again, markup, rtol=1e-12)
    assert residual.max() < 1e-7
    # A start from nowhere still ends at the same place.
    other, residual = pricing.price_equilibrium(base, utility, alpha, 0.35, start=np.zeros_like(base), sweeps=60)
    assert residual.max() < (1e-7 if name != "wild" else np.inf)
    assert np.all(np.isfinite(other))


@pytest.mark.parametrize("sigma", [0.0, 0.35, 0.7])
@pytest.mark.parametrize("name", ["typical", "wide", "gap", "leaders", "hot"])
def test_no_firm_wants_another_price(name: str, sigma: float) -> None:
    """The definition of the equilibrium, tried out: profit at prices nearby and far is never higher."""
    base, utility, alpha = world(name, n=20)
    markup, _ = pricing.price_equilibrium(base, utility, alpha, sigma)
    for f in (0, 1, 7):
        profits = []
        for factor in (1.0, 0.3, 0.9, 0.999, 1.001, 1.1, 3.0):
            tried = markup.copy()
            tried[:, f] *= factor
            share = demand.nested_shares(utility - alpha * (base + tried), sigma)[1]
            profits.append(share[:, f] * tried[:, f])
        assert np.all(profits[0] >= np.max(profits[1:], axis=0) * (1.0 - 1e-12))


@pytest.mark.parametrize("sigma", [0.0, 0.35, 0.7])
@pytest.mark.parametrize("name", WORLDS[:-2])
def test_best_reply_to_the_equilibrium_is_the_equilibrium(name: str, sigma: float) -> None:
    base, utility, alpha = world(name, n=30)
    markup, _ = pricing.price_equilibrium(base, utility, alpha, sigma)
    rivals = pricing.rivals_log_sum(utility - alpha * (base + markup), sigma)
    reply = pricing.best_reply_markup(base, utility, rivals, alpha, sigma)
    np.testing.assert_allclose(reply, markup, rtol=1e-7)


def test_best_reply_limits() -> None:
    alone = pricing.best_reply_markup(25.0, 3.0, -np.inf, ALPHA, 0.35)
    assert alone == pytest.approx((1.0 + benchmarks.wright_omega(-1.0)) / ALPHA, rel=1e-12)
    crowded = pricing.best_reply_markup(25.0, 3.0, 300.0, ALPHA, 0.35)
    assert crowded == pytest.approx(0.65 / ALPHA, rel=1e-12)


def test_rivals_log_sum_is_the_sum_over_the_others() -> None:
    utility = np.random.default_rng(4).normal(0.0, 2.0, (6, 5))
    found = pricing.rivals_log_sum(utility, 0.5)
    for f in range(5):
        others = np.delete(utility, f, axis=-1)
        np.testing.assert_allclose(found[:, f], np.log(np.exp(others / 0.5).sum(-1)), rtol=1e-12)
    assert np.all(np.isfinite(pricing.rivals_log_sum(np.array([900.0, 0.0]), 0.7)))


def test_batches_have_the_bits_of_single_markets() -> None:
    rng = np.random.default_rng(5)
    base, utility = rng.uniform(20.0, 45.0, (400, 3, 14)), rng.normal(1.0, 1.5, (400, 3, 14))
    alpha, sigma = np.array([[0.14], [0.07], [0.08]]), rng.uniform(0.0, 0.7, (400, 1, 1))
    batch = pricing.price_equilibrium(base, utility, alpha, sigma)
    stored = pricing.price_equilibrium(replicate_fastest(base), replicate_fastest(utility), alpha, sigma)
    for left, right in zip(batch, stored, strict=True):
        assert same_bits(left, right)
    for r in range(0, 400, 57):
        three = pricing.price_equilibrium(base[r], utility[r], alpha, float(sigma[r, 0, 0]))
        for left, right in zip(batch, three, strict=True):
            assert same_bits(left[r], right)
        single = pricing.price_equilibrium(base[r, 1], utility[r, 1], 0.07, float(sigma[r, 0, 0]))
        for left, right in zip(batch, single, strict=True):
            assert same_bits(left[r, 1], right)


def test_blocks_of_a_large_batch_have_the_bits_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(9)
    base, utility = rng.uniform(20.0, 45.0, (30, 2, 1, 14)), rng.normal(1.0, 1.5, (30, 2, 5, 14))
    alpha, sigma = np.array([[[0.14]], [[0.07]]]), rng.uniform(0.0, 0.7, (30, 1, 1, 1))
    weight = rng.uniform(1.0, 1.5, (1, 2, 5, 14))
    cases: list[tuple[FloatArray, FloatArray, FloatLike, FloatLike]] = [
        (base, utility, alpha, sigma),
        (replicate_fastest(base), replicate_fastest(utility), alpha, replicate_fastest(sigma)),
        (base[0], utility, 0.1, sigma),
        (base, utility[0], alpha, 0.35),
    ]
    for b, u, a, s in cases:
        start, _ = pricing.price_equilibrium(b, u, a, s, sweeps=2)
        monkeypatch.setattr(pricing, "BLOCK", 10**9)
        whole = pricing.price_equilibrium(b, u, a, s, start, 3, weight)
        for block in (1, 300, 2000):
            monkeypatch.setattr(pricing, "BLOCK", block)
            cut = pricing.price_equilibrium(b, u, a, s, start, 3, weight)
            for left, right in zip(whole, cut, strict=True):
                assert same_bits(left, right)
                # The layout survives too, which is what keeps the ensemble fast.
                assert np.argsort(left.strides).tolist() == np.argsort(right.strides).tolist()


# --- Metamorphic relations ---------------------------------------------------------------------------------

SEEDS = st.integers(0, 10_000)
SIGMAS = st.floats(0.0, 0.7)


def random_market(seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    return rng.uniform(10.0, 50.0, n), rng.uniform(-1.0, 6.0, n)


@given(SEEDS, SIGMAS, st.floats(0.1, 8.0))
@settings(max_examples=40)
def test_a_dearer_firm(seed: int, sigma: float, rise: float) -> None:
    """M7: own price up by less than the cost, rivals' prices up, own share and consumers' surplus down."""
    base, quality = random_market(seed)
    before = solve(quality, base, sigma=sigma)
    after = solve(quality, base + rise * np.eye(base.size)[0], sigma=sigma)
    assert 0.0 < after.price[0] - before.price[0] < rise
    assert np.all(after.price[1:] >= before.price[1:] - 1e-9)
    assert after.share[0] < before.share[0]
    assert after.surplus < before.surplus


@given(SEEDS, SIGMAS, st.floats(0.2, 50.0))
@settings(max_examples=30)
def test_units_of_money_do_not_matter(seed: int, sigma: float, scale: float) -> None:
    """M6: all k$ times a number and alpha divided by it scales prices and leaves shares."""
    base, quality = random_market(seed)
    before = solve(quality, base, sigma=sigma)
    after = solve(quality, scale * base, alpha=ALPHA / scale, sigma=sigma)
    np.testing.assert_allclose(after.price, scale * before.price, rtol=1e-10)
    np.testing.assert_allclose(after.share, before.share, rtol=1e-9)


@given(SEEDS, SIGMAS)
@settings(max_examples=30)
def test_order_of_firms_does_not_matter(seed: int, sigma: float) -> None:
    base, quality = random_market(seed)
    order = np.argsort(quality)
    before, after = solve(quality, base, sigma=sigma), solve(quality[order], base[order], sigma=sigma)
    np.testing.assert_allclose(after.price, before.price[order], rtol=1e-11)


@given(st.floats(0.0, 100.0), st.floats(0.0, 60.0), st.floats(0.0, 10.0))
@settings(max_examples=40)
def test_border_split_loses_nothing(landed: float, markup: float, duty_rate: float) -> None:
    for split in benchmarks.SPLITS.values():
        border_price, margin, duty = split(landed, markup, duty_rate)
        assert duty >= 0.0
        assert margin + duty == pytest.approx(markup + duty_rate * landed, rel=1e-12, abs=1e-12)
        assert border_price == pytest.approx(landed + margin, rel=1e-12)
    assert pricing.border_split(landed, markup, 0.0)[2] == 0.0
