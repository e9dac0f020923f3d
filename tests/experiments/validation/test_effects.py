"""Effects of policies on a market's start: as the guide on duties has them, with the signs that they must have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.validation import effects
from experiments.validation.market import Markets, Policy
from experiments.validation.rows import EFFECTS


@pytest.fixture(scope="module")
def now() -> Markets:
    return Markets(effects.NOW)


@pytest.fixture(scope="module")
def then() -> Markets:
    return Markets(effects.THEN)


def test_without_a_policy_the_market_is_the_evidence(now: Markets) -> None:
    start = now.clear(Policy())
    shares = np.sum(start.clearing.share, axis=1)
    # Brands that are not on sale yet have a trace of the market.
    assert shares == pytest.approx([0.541, 0.094, 0.268], abs=2e-3)
    again = now.clear(Policy(), start)
    assert again.clearing.price == pytest.approx(start.clearing.price, abs=1e-6)


def test_imports_under_the_duty_are_those_of_the_guide(now: Markets) -> None:
    # docs/countervailing_duty.md, core; tests/market/test_trade_signs.py computes them in another way.
    assert effects.imports(now) == pytest.approx((-0.352, -0.681), abs=1e-3)
    assert effects.by_brand(now) == pytest.approx((-0.41, -0.38), abs=5e-3)
    assert effects.ev_price(now)[0] == pytest.approx(0.032, abs=1e-3)


def test_a_credit_moves_log_odds_by_what_a_buyer_feels(now: Markets) -> None:
    kept, answered = effects.credit(now)
    start = now.clear(Policy()).clearing.outside[effects.US]
    odds = (1 - start) / start * np.exp(now.parameters.alpha_us * effects.CREDIT)
    # Prices with the credit are those of its own fixed point, so that a little of it stays with the makers.
    assert kept == pytest.approx((1 - start) / (odds / (1 + odds)) - 1, abs=0.02)
    assert kept < answered < 0.0


def test_makers_bear_a_part_of_a_duty_unless_markups_rise_with_it(then: Markets) -> None:
    low, high = effects.US_USUAL, effects.US_USUAL + effects.US_ADDED
    assert 0.75 < effects.passed_on(then, "US<EU", low, high) < 0.9
    full = Markets(effects.THEN, {"pass_through": 1.0})
    assert effects.passed_on(full, "US<EU", low, high) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("bloc", ["CN", "US", "EU"])
def test_elasticities_are_those_of_the_nested_logit(then: Markets, bloc: str) -> None:
    m, p, cleared = ["CN", "US", "EU"].index(bloc), then.parameters, then.clear(Policy()).clearing
    price, within, share = cleared.price[m], cleared.within[m], cleared.share[m]
    sigma = p.nest_correlation
    own = -p.alpha[m] * price * (1 - sigma * within - (1 - sigma) * share) / (1 - sigma)
    brand, whole = then.elasticity(bloc)
    assert brand == pytest.approx(np.sum(own * share) / np.sum(share), rel=1e-3)
    mean = np.sum(price * share) / np.sum(share)
    assert whole == pytest.approx(-p.alpha[m] * mean * cleared.outside[m], rel=1e-3)
    assert abs(whole) < abs(brand)


def test_support_counts_for_more_where_buyers_mind_prices_more(then: Markets) -> None:
    low, high = (effects.subsidies(Markets(effects.THEN, {"alpha_cn": x}))[1] for x in (0.10, 0.16))
    assert 0.0 < low < effects.subsidies(then)[1] < high < 1.0


@pytest.mark.parametrize(
    ("effect", "small", "large"),
    [
        ("recognition", {"homologation_cost": 0.5}, {"homologation_cost": 3.0}),
        ("charging", {"charger_saving": 0.0}, {"charger_saving": 0.25}),
    ],
)
def test_a_standard_is_worth_what_it_saves(effect: str, small: dict[str, Any], large: dict[str, Any]) -> None:
    gains = [getattr(effects, effect)(Markets(effects.NOW, chosen))[1] for chosen in (small, large)]
    assert 0.0 < gains[0] < gains[1]


def test_nothing_is_saved_on_points_that_are_no_cheaper(now: Markets) -> None:
    assert Markets(effects.NOW, {"charger_saving": 0.0}).denser("US", 20) == 0.0
    assert now.denser("US", 1) < now.denser("US", 20) < -np.log(1 - 0.10 * 0.25)


def test_every_effect_of_a_market_has_a_row(now: Markets, then: Markets) -> None:
    found = effects.figures(now, then)
    assert set(found) < {effect.key for effect in EFFECTS}
    assert all(np.isfinite(figure).all() for figure in found.values())
