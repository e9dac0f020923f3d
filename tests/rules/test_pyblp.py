"""An oracle of others' making: PyBLP solves the same random markets, and must find the same prices.

PyBLP (Conlon and Gortmaker 2020) estimates and simulates demand systems; its prices come from the contraction
of Morrow and Skerlos 2011, ours from a joint Newton step, so agreement is no coincidence of method.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model.numerics import FloatArray, ordered_sum
from model.rules import demand, pricing

N_MARKETS = 25
N_FIRMS = 8
TOLERANCE = 1e-7


@pytest.fixture(scope="module")
def pyblp() -> Any:
    import pyblp  # slow to import, and only this file needs it

    pyblp.options.verbose = False
    return pyblp


def simulate(
    pyblp: Any, quality: FloatArray, cost: FloatArray, alpha: float, sigma: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """PyBLP's equilibrium prices and shares (markets, firms) and consumer surplus (markets,)."""
    n, firms = quality.shape
    data = {
        "market_ids": np.repeat(np.arange(n), firms),
        "firm_ids": np.tile(np.arange(firms), n),
    }
    nest = {}
    if sigma > 0.0:
        data["nesting_ids"] = np.ones(n * firms)
        nest = {"rho": sigma}
    # PyBLP's own arithmetic may overflow on its way; only our rules promise not to.
    with np.errstate(all="ignore"):
        simulation = pyblp.Simulation(
            pyblp.Formulation("1 + prices"), data, beta=[0.0, -alpha], xi=quality.ravel(), **nest
        )
        results = simulation.replace_endogenous(
            costs=cost.ravel(),
            prices=1.2 * cost.ravel(),
            iteration=pyblp.Iteration("simple", {"atol": 1e-13}),
        )
        surplus = results.compute_consumer_surpluses()
    products = results.product_data
    shape = (n, firms)
    return products.prices.reshape(shape), products.shares.reshape(shape), surplus.ravel()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("alpha", "sigma"), [(0.12, 0.0), (0.14, 0.35), (0.07, 0.35), (0.08, 0.5), (0.10, 0.7)])
def test_prices_shares_and_surplus_agree_with_pyblp(pyblp: Any, alpha: float, sigma: float) -> None:
    rng = np.random.default_rng(round(1000 * (alpha + sigma)))
    cost = rng.uniform(15.0, 60.0, (N_MARKETS, N_FIRMS))
    quality = rng.normal(alpha * 38.0 - 0.5, 1.2, (N_MARKETS, N_FIRMS))
    expected_price, expected_share, expected_surplus = simulate(pyblp, quality, cost, alpha, sigma)

    markup, residual = pricing.price_equilibrium(cost, quality, alpha, sigma)
    assert residual.max() < 1e-10
    within, share, outside, inclusive = demand.nested_shares(quality - alpha * (cost + markup), sigma)
    np.testing.assert_allclose(cost + markup, expected_price, rtol=TOLERANCE)
    np.testing.assert_allclose(share, expected_share, rtol=TOLERANCE)
    surplus = demand.consumer_surplus(1.0, inclusive, alpha)
    np.testing.assert_allclose(surplus, expected_surplus, rtol=TOLERANCE)
    # What was compared is worth comparing: shares from tiny to large, a sizeable outside good.
    assert share.max() > 0.2
    assert share.min() < 0.01
    np.testing.assert_allclose(ordered_sum(share) + outside, 1.0, rtol=1e-12)
    np.testing.assert_allclose(pricing.bertrand_markup(within, share, alpha, sigma), markup, rtol=1e-10)

    # And PyBLP's shares, inverted, give back the utilities they came from.
    utility = demand.invert_shares(expected_share, sigma)
    np.testing.assert_allclose(utility, quality - alpha * expected_price, rtol=0.0, atol=1e-8)
