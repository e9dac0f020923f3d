"""The kernel of cleared markets against the rule that it replaces, and each market against itself in other company."""

import itertools
from typing import Any

import numpy as np
import pytest

from model import using_arithmetic
from model.compiled import markets
from model.market import clearing
from model.numerics import same_bits

LATE = (clearing.LATE, clearing.LATE_SWEEPS, clearing.LATE_ROUNDS)
WARM, COLD = clearing.WARM_SWEEPS, 16
PARTS = ("price", "markup", "within", "share", "outside", "inclusive")


def drawn(seed: int, shape: tuple[int, ...], spread: float = 2.0) -> tuple[np.ndarray, ...]:
    """Costs in k$, utilities and price sensitivities of markets with axes (..., m, f)."""
    rng = np.random.default_rng(seed)
    base = 20.0 + 15.0 * rng.random(shape)
    alpha = 0.05 + 0.2 * rng.random((*shape[:-1], 1))
    utility = alpha * base + rng.normal(size=shape) * spread - 2.0
    return base, utility, alpha


def both(*arguments: Any) -> list[tuple[Any, np.ndarray]]:
    found = []
    for name in ("numpy", "compiled"):
        with using_arithmetic(name):
            found.append(clearing.equilibrium(*arguments))
    return found


def check(numpy: tuple[Any, np.ndarray], compiled: tuple[Any, np.ndarray], off: float = 1e-10) -> None:
    """off: how far solutions of one equation may lie apart, relative, where both have a residual below ``LATE``."""
    for part in PARTS:
        ours, theirs = (getattr(one[0], part) for one in (numpy, compiled))
        assert ours.shape == theirs.shape, part
        np.testing.assert_allclose(theirs, ours, rtol=off, atol=1e-300, err_msg=part)
    assert numpy[1].shape == compiled[1].shape
    assert compiled[1].max(initial=0.0) <= clearing.LATE


@pytest.mark.parametrize("sigma", [0.0, 0.3, 0.7, 0.95])
@pytest.mark.parametrize("shape", [(14,), (1,), (5, 3), (7, 5, 3), (40, 3, 14), (2, 3, 4, 5)])
def test_the_kernel_finds_the_equilibrium_of_the_rule(sigma: float, shape: tuple[int, ...]) -> None:
    base, utility, alpha = drawn(len(shape), shape, spread=2.0 * (1.0 - sigma))
    for weighted, warm in itertools.product((False, True), repeat=2):
        weight = 1.0 + np.random.default_rng(9).random(shape) if weighted else None
        start = None
        if warm:
            start = clearing.equilibrium(base, utility, alpha, sigma, None, COLD, weight)[0].markup * 1.02
        check(*both(base, utility, alpha, sigma, start, WARM if warm else COLD, weight))


@pytest.mark.parametrize("warm", [False, True])
def test_markets_that_are_late_are_swept_on(warm: bool) -> None:
    base, utility, alpha = drawn(3, (33, 2, 6), spread=6.0)
    start = np.full(base.shape, 8.0) if warm else None
    check(*both(base, utility, alpha, 0.5, start, 2, None))
    few = markets.equilibrium(base, utility, alpha, 0.5, start, 2, None, (*LATE[:2], 0))
    assert few[-1].max() > clearing.LATE, "two sweeps are not enough, or this shows nothing"


def test_extreme_markets() -> None:
    base, utility, alpha = drawn(4, (6, 5))
    utility[0] += 200.0  # hardly anybody buys anything else
    utility[1] -= 200.0  # nobody wants an electric car
    utility[2, 1:] -= 300.0  # one automaker has everything
    base[3], alpha[4] = 0.0, 1e-3
    check(*both(base, utility, alpha, 0.5, None, COLD, None), off=1e-8)


def test_no_market_is_an_empty_answer() -> None:
    nothing = np.ones((3, 0, 4))
    found = markets.equilibrium(nothing, nothing, np.ones((0, 1)), 0.5, nothing, WARM, None, LATE)
    assert [part.shape for part in found] == [(3, 0, 4)] * 4 + [(3, 0)] * 3


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 5e-324, -0.0])
@pytest.mark.parametrize("where", ["base", "utility", "alpha", "start", "weight"])
@pytest.mark.parametrize("warm", [False, True])
def test_what_is_no_number_stays_so_and_touches_no_other_market(odd: float, where: str, warm: bool) -> None:
    base, utility, alpha = drawn(5, (37, 2, 4))
    given = {"base": base, "utility": utility, "alpha": alpha, "start": np.full(base.shape, 9.0)}
    given["weight"] = np.full(base.shape, 1.1)
    if not warm and where == "start":
        pytest.skip("a cold start has none")

    def solved() -> tuple[np.ndarray, ...]:
        start = given["start"] if warm else None
        return markets.equilibrium(base, utility, alpha, 0.5, start, WARM, given["weight"], LATE)

    clean = solved()
    given[where][17, 1, 0] = odd
    dirty = solved()
    others = np.ones(base.shape[:-1], dtype=bool)
    others[17, 1] = False
    for before, after in zip(clean, dirty, strict=True):
        assert same_bits(before[others], after[others])
    if np.isnan(odd):
        assert np.isnan(dirty[-1][17, 1])
        if where == "base":
            with pytest.raises(ArithmeticError, match="prices have not settled"), using_arithmetic("compiled"):
                clearing.equilibrium(base, utility, alpha, 0.5, given["start"], WARM, given["weight"])
    # A residual that the rule would refuse is not made to look well.
    start = given["start"] if warm else None
    with np.errstate(all="ignore"):
        try:
            known = clearing.equilibrium(base, utility, alpha, 0.5, start, WARM, given["weight"])[0]
        except ArithmeticError:
            assert not dirty[-1][17, 1] <= clearing.LARGEST_RESIDUAL
        else:
            np.testing.assert_allclose(dirty[0][17, 1], known.price[17, 1], rtol=1e-9)


def test_a_market_has_the_bits_that_it_has_alone_and_in_any_layout() -> None:
    base, utility, alpha = drawn(6, (35, 3, 5), spread=5.0)
    start = np.full(base.shape, 7.0)
    among = markets.equilibrium(base, utility, alpha, 0.5, start, 2, None, LATE)
    fastest = [np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0) for x in (base, utility, alpha, start)]
    other = markets.equilibrium(*fastest[:3], 0.5, fastest[3], 2, None, LATE)
    backwards = markets.equilibrium(base[::-1], utility[::-1], alpha[::-1], 0.5, start[::-1], 2, None, LATE)
    for lane in (0, 15, 16, 34):
        here = slice(lane, lane + 1)
        alone = markets.equilibrium(base[here], utility[here], alpha[here], 0.5, start[here], 2, None, LATE)
        bare = markets.equilibrium(base[lane], utility[lane], alpha[lane], 0.5, start[lane], 2, None, LATE)
        for k, part in enumerate(among):
            assert same_bits(part[lane], alone[k][0])
            assert same_bits(part[lane], bare[k])
            assert same_bits(part[lane], other[k][lane])
            assert same_bits(part[lane], backwards[k][34 - lane])


def test_what_lanes_share_is_not_copied_out_for_them() -> None:
    base, utility, alpha = drawn(7, (20, 3, 5))
    shared = markets.equilibrium(base, utility[:1], alpha[0], 0.5, None, COLD, None, LATE)
    whole = [np.broadcast_to(x, y).copy() for x, y in ((utility[:1], base.shape), (alpha[0], alpha.shape))]
    for one, other in zip(shared, markets.equilibrium(base, *whole, 0.5, None, COLD, None, LATE), strict=True):
        assert same_bits(one, other)


def test_what_the_rule_cannot_settle_the_kernel_refuses_likewise() -> None:
    base, utility, alpha = drawn(4, (6, 5))
    utility[0] += 400.0  # scaled, that is above their cap
    said = []
    for name in ("numpy", "compiled"):
        with using_arithmetic(name), pytest.raises(ArithmeticError, match="prices have not settled") as refusal:
            clearing.equilibrium(base, utility, alpha, 0.5, None, COLD, None)
        said.append(str(refusal.value))
    assert said[0] == said[1]
