"""Welfare: rows A7-A11 and A15, tariff games between two blocs, and the accounts that must add up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import benchmarks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from model.numerics import FloatArray, FloatLike, same_bits
from model.rules import demand, pricing, welfare

CHECKS = json.loads((Path(__file__).parents[1] / "data" / "theory_checks.json").read_text(encoding="utf-8"))
ALPHA = 0.12
#: Tolerance of theory 3.1 for numbers found by a one-dimensional optimiser, and for closed forms and solvers.
SEARCHED, SOLVED = 1e-4, 1e-6


def best(payoff: Callable[[float], FloatArray], low: float, high: float) -> float:
    """The argument that maximises a payoff of one number."""
    found = minimize_scalar(lambda x: -float(payoff(x)), bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    return float(found.x)


class Market(NamedTuple):
    """One bloc's cleared market with a home firm (0) and a foreign one (1): flows (...) of one quarter."""

    surplus: FloatArray
    profit: FloatArray
    revenue: FloatArray
    outside: FloatArray
    imported: FloatArray
    spending: FloatArray
    resources: FloatArray


def clear(duty: FloatLike, sigma: float = 0.0, basis: str = "border", eta: float = 0.0, n: FloatLike = 0.0) -> Market:
    """The market of row A8: qualities 2.5, costs 22, size 1; a duty on firm 1, and a friction n."""
    rate = np.asarray(duty, dtype=np.float64)[..., None] * np.array([0.0, 1.0])
    friction = np.asarray(n, dtype=np.float64)[..., None] * np.array([0.0, 1.0])
    cost, quality = np.full(2, 22.0), np.full(2, 2.5)
    base = (1.0 + rate) * cost + friction
    weight = 1.0 + eta * rate
    markup, residual = pricing.price_equilibrium(base, quality, ALPHA, sigma, markup_weight=weight)
    assert np.all(residual < 1e-9)
    price = base + weight * markup
    _, share, outside, inclusive = demand.nested_shares(quality - ALPHA * price, sigma)
    _, margin, unit_duty = benchmarks.SPLITS[basis](cost, weight * markup, rate)
    return Market(
        demand.consumer_surplus(1.0, inclusive, ALPHA),
        share * margin,
        (share * unit_duty).sum(-1),
        outside,
        share[..., 1],
        (share * price).sum(-1),
        (share * (cost + friction)).sum(-1),
    )


class Game(NamedTuple):
    psi: float = 0.0
    sigma: float = 0.0
    ice: float = 0.0
    basis: str = "border"
    eta: float = 0.0


CASES = {
    "psi0": Game(),
    "psi0.3": Game(psi=0.3),
    "psi1": Game(psi=1.0),
    "psi0.3_ice2": Game(psi=0.3, ice=2.0),
    "sigma0.5": Game(sigma=0.5),
    "cost_base": Game(basis="landed"),
}


def payoff(game: Game, own: FloatLike, other: FloatLike) -> FloatArray:
    """A bloc's payoff at its own duty and the other's: two identical blocs, each with one firm."""
    here = clear(own, game.sigma, game.basis, game.eta)
    abroad = clear(other, game.sigma, game.basis, game.eta)
    profit = here.profit[..., 0] + abroad.profit[..., 1] + here.outside * game.ice
    flow = welfare.social_welfare(here.surplus, profit, 0.0, here.revenue, 0.0, 0.0, 0.0, 0.2)
    return welfare.executive_payoff(flow, profit, game.psi)


# --- Optimal tariffs and tariff games --------------------------------------------------------------------


def foreign_monopolist(duty: FloatLike) -> FloatArray:
    """Importer's welfare with the lone foreign firm of row A5 under a specific duty, k$ per car."""
    base = np.atleast_1d(25.0 + duty)[..., None]
    markup, _ = pricing.price_equilibrium(base, np.array([3.0]), ALPHA, 0.0)
    _, share, _, inclusive = demand.nested_shares(3.0 - ALPHA * (base + markup), 0.0)
    surplus = demand.consumer_surplus(1.0, inclusive, ALPHA)
    flow = welfare.social_welfare(surplus, 0.0, 0.0, share[..., 0] * duty, 0.0, 0.0, 0.0, 0.2)
    return np.squeeze(np.stack([flow, (base + markup)[..., 0], share[..., 0]], axis=-1))


def test_duty_on_a_foreign_monopolist_a7() -> None:
    row = CHECKS["A7"]
    duty = best(lambda t: foreign_monopolist(t)[0], 0.0, 10.0)
    assert duty == pytest.approx(row["t_star"], rel=SEARCHED)
    flow, price, share = foreign_monopolist(row["t_star"])
    assert share / (ALPHA * (1.0 - share) ** 2) == pytest.approx(row["formula"], rel=SOLVED)
    np.testing.assert_allclose([flow, price, share], [row["Wstar"], row["p"], row["s"]], rtol=SOLVED)
    assert foreign_monopolist(0.0)[0] == pytest.approx(row["W0"], rel=SOLVED)
    # Many duties at once give what each gives alone, and none beats the optimum.
    grid = np.linspace(0.0, 10.0, 41)
    many = foreign_monopolist(grid)
    for k in (0, 9, 40):
        assert same_bits(many[k], foreign_monopolist(grid[k]))
    assert many[:, 0].max() <= flow


@pytest.mark.parametrize("case", CASES)
def test_nash_duties_and_the_game_a8(case: str) -> None:
    row, game = CHECKS["A8"][case], CASES[case]
    nash = best(lambda t: payoff(game, t, 0.0), 0.0, 1.0)
    assert nash == pytest.approx(row["tau_nash"], rel=SEARCHED)
    # The four corners at once and one at a time.
    duty = row["tau_nash"]
    own, other = np.array([0.0, duty, 0.0, duty]), np.array([0.0, 0.0, duty, duty])
    corners = payoff(game, own, other)
    np.testing.assert_allclose(corners, [row[name] for name in "RTSP"], rtol=SOLVED)
    for k in range(4):
        assert same_bits(corners[k], payoff(game, own[k], other[k]))
    r, t, s, p = corners
    assert t - r == pytest.approx(row["G"], rel=SOLVED)
    assert r - s == pytest.approx(row["L"], rel=SOLVED)
    assert (t - r) / (r - s) == pytest.approx(row["delta_star"], rel=SOLVED)
    # Segmented markets, constant cost: the payoff is a sum over markets (trap 0.1), so the best duty does not
    # depend on the other's (M10), and free trade beats the Nash outcome (M11).
    assert (t - r) - (p - s) == pytest.approx(row["additivity"], abs=1e-12)
    assert best(lambda x: payoff(game, x, 0.3), 0.0, 1.0) == pytest.approx(nash, rel=1e-6)
    assert r > p
    if case == "psi0":
        assert r - p == pytest.approx(CHECKS["A8_freetrade_vs_nash"]["R_minus_P"], rel=SOLVED)


def test_a_small_cut_is_cheap_a9() -> None:
    row, game = CHECKS["A9"], CASES["psi0.3"]
    duty = CHECKS["A8"]["psi0.3"]["tau_nash"]
    own = payoff(game, np.array([duty, 0.5 * duty, 0.0]), 0.0)
    gain = payoff(game, 0.0, np.array([duty, 0.5 * duty, 0.0]))
    cost_half, cost_full = own[0] - own[1], own[0] - own[2]
    gain_half, gain_full = gain[1] - gain[0], gain[2] - gain[0]
    found = [cost_full, gain_full, cost_half, gain_half, cost_full / gain_full, cost_half / gain_half]
    names = ("G_full", "L_full", "G_half", "L_half", "ratio_full", "ratio_half")
    # The half cut is taken at a duty known to ten digits: differences of flows keep six.
    np.testing.assert_allclose(found, [row[name] for name in names], rtol=SOLVED)


def test_passing_the_duty_on_in_full_is_a_relabelling_a16() -> None:
    row, game = CHECKS["A16_nash_eta1"], Game(eta=1.0)
    nash = best(lambda t: payoff(game, t, 0.0), 0.0, 1.0)
    assert nash == pytest.approx(row["tau"], rel=SEARCHED)
    corners = payoff(game, np.array([0.0, nash, 0.0]), np.array([0.0, 0.0, nash]))
    assert corners[1] - corners[0] == pytest.approx(row["G"], rel=SEARCHED)
    assert corners[0] - corners[2] == pytest.approx(row["L"], rel=SEARCHED)
    # The same stakes as with a duty on landed cost.
    assert row["G"] == pytest.approx(CHECKS["A8"]["cost_base"]["G"], rel=SEARCHED)


def example_e(specific_duty: FloatLike, friction: FloatLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Prices, revenue and importer's welfare in example E when firm 3 is foreign (row A10)."""
    third = np.array([0.0, 0.0, 1.0])
    wedge = np.asarray(specific_duty + np.asarray(friction), dtype=np.float64)[..., None]
    base = np.array([25.0, 22.0, 20.0]) + wedge * third
    quality = np.array([3.0, 2.6, 2.2])
    markup, _ = pricing.price_equilibrium(base, quality, ALPHA, 0.0)
    _, share, _, inclusive = demand.nested_shares(quality - ALPHA * (base + markup), 0.0)
    revenue = share[..., 2] * specific_duty
    home_profit = share[..., 0] * markup[..., 0] + share[..., 1] * markup[..., 1]
    surplus = demand.consumer_surplus(1.0, inclusive, ALPHA)
    flow = welfare.social_welfare(surplus, home_profit, 0.0, revenue, 0.0, 0.0, 0.0, 0.2)
    return base + markup, revenue, flow


def test_recognition_is_not_a_duty_cut_a10() -> None:
    row = CHECKS["A10"]
    price, revenue, flow = example_e(np.array([1.5, 0.0, 0.0]), np.array([0.0, 1.5, 0.0]))
    np.testing.assert_allclose(price[:2], [row["p_tariff"], row["p_ntm"]], rtol=SOLVED)
    np.testing.assert_allclose(revenue, [row["rev_tariff"], 0.0, 0.0], rtol=SOLVED)
    np.testing.assert_allclose(flow, [row["W_tariff"], row["W_ntm"], row["W_none"]], rtol=SOLVED)
    assert flow[2] - flow[0] == pytest.approx(row["gain_remove_tariff"], rel=SOLVED)
    assert flow[2] - flow[1] == pytest.approx(row["gain_remove_ntm"], rel=SOLVED)
    assert same_bits(flow[0], example_e(1.5, 0.0)[2])


def subsidised(subsidy: FloatLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Welfare, outlay and net price when the home monopolist of row A5 sells with a purchase subsidy."""
    paid = np.asarray(subsidy, dtype=np.float64)[..., None]
    utility0 = demand.mean_utility(3.0, 1.0, 0.0, 0.0, ALPHA, paid)
    markup, _ = pricing.price_equilibrium(np.array([25.0]), utility0, ALPHA, 0.0)
    _, share, _, inclusive = demand.nested_shares(utility0 - ALPHA * (25.0 + markup), 0.0)
    outlay = share[..., 0] * subsidy
    surplus = demand.consumer_surplus(1.0, inclusive, ALPHA)
    profit = (share * markup)[..., 0]
    # Row A11 has no cost of public funds.
    flow = welfare.social_welfare(surplus, profit, 0.0, 0.0, outlay, 0.0, 0.0, 0.0)
    return flow, outlay, 25.0 + markup[..., 0] - subsidy


def test_best_subsidy_to_a_home_monopolist_a11() -> None:
    row = CHECKS["A11"]
    subsidy = best(lambda x: subsidised(x)[0], 0.0, 60.0)
    assert subsidy == pytest.approx(row["sub_star"], rel=SEARCHED)
    flow, outlay, net_price = subsidised(np.array([0.0, row["sub_star"]]))
    np.testing.assert_allclose(flow, [row["W0"], row["Wsub"]], rtol=SOLVED)
    assert outlay[1] == pytest.approx(row["outlay"], rel=SOLVED)
    assert net_price[1] == pytest.approx(row["net_price"], rel=SOLVED)
    share = outlay[1] / row["sub_star"]
    assert 1.0 / (ALPHA * (1.0 - share)) == pytest.approx(row["sub_star"], rel=SOLVED)


# --- The accounts add up ---------------------------------------------------------------------------------


@given(st.floats(0.0, 1.5), st.floats(0.0, 0.7), st.floats(0.0, 1.0), st.floats(0.0, 3.0))
@settings(max_examples=40)
def test_what_buyers_pay_is_received_by_someone(duty: float, sigma: float, eta: float, n: float) -> None:
    """M12 at the level of a market: spending = firms' margins + duties + resources used; M4 on the way."""
    for basis in ("border", "landed"):
        market = clear(duty, sigma, basis, eta, n)
        received = market.profit.sum(-1) + market.revenue + market.resources
        assert received == pytest.approx(market.spending, rel=1e-12)
        assert market.revenue >= 0.0
    assert clear(0.0, sigma).revenue == 0.0


@given(st.floats(0.0, 0.6), st.floats(0.0, 0.6))
@settings(max_examples=20)
def test_payoffs_add_up_to_the_parts(own: float, other: float) -> None:
    """M12 between two blocs: the sum of payoffs is all surplus, all profit and all revenue, nothing else."""
    a, b = clear(own), clear(other)
    total = payoff(Game(), own, other) + payoff(Game(), other, own)
    parts = a.surplus + b.surplus + a.profit.sum() + b.profit.sum() + a.revenue + b.revenue
    assert total == pytest.approx(parts, rel=1e-12)


def test_identities_of_welfare() -> None:
    flow = welfare.social_welfare(5.0, 2.0, 0.5, 0.25, 1.0, 0.125, 0.0625, 0.2)
    assert flow == pytest.approx(5.0 + 2.0 + 0.5 + 0.25 - 1.2 + 0.125 - 0.0625, rel=1e-15)
    assert welfare.executive_payoff(flow, 2.0, 0.0) == flow
    assert welfare.executive_payoff(flow, 2.0, 0.3) == pytest.approx(flow + 0.6, rel=1e-15)
    assert welfare.jobs(1.0, 1.75) == 1.75


@pytest.mark.parametrize("leading", [(), (4,), (2, 3)])
def test_climate_benefit_a15(leading: tuple[int, ...]) -> None:
    extra = np.full(leading, 0.05 * 4.0)
    found = welfare.climate_benefit(0.15, 100.0, 20.0, extra)
    np.testing.assert_allclose(found, np.full(leading, CHECKS["A15"]["delta_benefit"]), rtol=1e-12)


# --- Security ----------------------------------------------------------------------------------------------


@given(st.floats(0.01, 0.99), st.floats(0.0, 0.5), st.floats(0.0, 0.5), st.floats(0.0, 40.0))
@settings(max_examples=40)
def test_security_cost(tension: float, vehicles: float, cells: float, convexity: float) -> None:
    cost = welfare.security_cost(tension, 4.0, vehicles, cells, 20.0, 10.0, convexity)
    by_hand = tension * 4.0 * (20.0 * vehicles + 10.0 * cells + convexity * (vehicles**2 + cells**2))
    assert cost == pytest.approx(by_hand, rel=1e-12, abs=1e-15)
    assert welfare.security_cost(tension, 4.0, 0.0, 0.0, 20.0, 10.0, convexity) == 0.0
    assert welfare.security_cost(0.0, 4.0, vehicles, cells, 20.0, 10.0, convexity) == 0.0
    assert welfare.security_cost(tension, 4.0, vehicles + 0.1, cells, 20.0, 10.0, convexity) > cost


def without_security(duty: FloatLike) -> tuple[FloatArray, FloatArray]:
    """The importer's payoff before security cost, and the import share, at some duties."""
    market = clear(duty)
    home = market.profit[..., 0]
    return welfare.social_welfare(market.surplus, home, 0.0, market.revenue, 0.0, 0.0, 0.0, 0.2), market.imported


@pytest.mark.parametrize("kS1", [3.0, 8.0, 20.0])
def test_inverse_optimum_returns_the_cost_that_made_the_duty_optimal(kS1: float) -> None:
    tension, kS2, size = 0.5, 10.0, 1.0

    def with_security(duty: float) -> FloatArray:
        flow, share = without_security(duty)
        return flow - welfare.security_cost(tension, size, share, 0.0, kS1, 0.0, kS2)

    duty = best(with_security, 0.0, 3.0)
    for step, tolerance in ((0.001, 1e-3), (0.10, 0.2)):
        flow, share = without_security(duty + step * np.array([-1.0, 0.0, 1.0]))
        lower, point, upper, identified = welfare.inverse_optimum_security(flow, share, size, tension, kS2, 0.0025)
        assert identified
        assert lower <= kS1 <= upper
        assert lower <= point <= upper
        assert point == pytest.approx(kS1, rel=tolerance)


def test_inverse_optimum_flags_what_it_cannot_know() -> None:
    payoffs = np.array([[1.0, 1.0, 0.9], [1.0, 1.0, 0.9], [0.9, 1.0, 1.1], [1.0, 1.2, 1.1]])
    shares = np.array([[0.3, 0.2, 0.1], [3e-4, 2e-4, 1e-4], [0.3, 0.2, 0.1], [0.1, 0.1, 0.1]])
    lower, point, upper, identified = welfare.inverse_optimum_security(payoffs, shares, 4.0, 0.5, 0.0, 0.0025)
    # A duty whose rise costs the government has a positive security cost; too little trade, a duty that the
    # government would like to raise anyway, and imports that do not respond have none that can be known.
    np.testing.assert_array_equal(identified, [True, False, False, False])
    np.testing.assert_array_equal(point[1:], 0.0)
    np.testing.assert_array_equal(lower[1:], 0.0)
    np.testing.assert_array_equal(upper[1:], 0.0)
    assert point[0] == pytest.approx(0.1 / (0.5 * 4.0 * 0.2), rel=1e-12)
    assert lower[0] == 0.0
    assert upper[0] == pytest.approx(0.1 / (0.5 * 4.0 * 0.1), rel=1e-12)
    single = welfare.inverse_optimum_security(payoffs[0], shares[0], 4.0, 0.5, 0.0, 0.0025)
    assert same_bits(single[1], point[0])


def test_supply_assurance_is_of_the_size_theory_expects() -> None:
    """Theory 1.7: about 0.33 (US) and 0.62 (EU) bn$ a year; here a US-like case by hand."""
    value = welfare.supply_assurance_value(0.05, 0.4, 72.0, 1.1, 0.25, 0.01, 10.0, 10.3)
    by_hand = 0.25 * (-np.log(0.6) / 0.05 * 72.0 * 1.1 / 1000.0 + 0.01 * 10.0 * 10.3)
    assert value == pytest.approx(by_hand, rel=1e-12)
    assert 0.3 < value < 0.6
    assert welfare.supply_assurance_value(0.05, 0.4, 72.0, 1.1, 0.0, 0.01, 10.0, 10.3) == 0.0
    assert np.isfinite(welfare.supply_assurance_value(0.05, 1.0, 72.0, 1.1, 0.25, 0.01, 10.0, 10.3))


def test_extreme_inputs_give_finite_accounts() -> None:
    """M22: a duty of 1000 % and a friction of 100 k$ leave finite flows and hardly an import."""
    market = clear(np.array([0.0, 10.0]), 0.7, n=np.array([0.0, 100.0]))
    for flow in market:
        assert np.all(np.isfinite(flow))
    assert market.profit[1, 1] < 1e-12
