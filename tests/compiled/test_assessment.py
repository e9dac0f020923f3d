"""The kernel of an assessment's markets against the rules that it replaces, and each lane against itself alone."""

import copy
import dataclasses
import functools
from typing import Any

import numpy as np
import pytest

from model import Ensemble, using_arithmetic
from model.assessment import sales, tables
from model.assessment.costs import Cars, Situation
from model.layout import some
from model.numerics import same_bits

N_LANES = 21  # one bundle of the kernel and a part of a second
CLOSE = 1e-10  # relative: how far solutions of one equation may lie apart
SUMS = [name for name in sales.Sales._fields if name not in ("charged", "credits")]
# A club's carbon price changes what is made of the sums; foresight and pass-through what they are of.
WITH_KERNEL = {
    "2026": {}, "two": {}, "four-2026": {}, "symmetric": {"pass_through": 0.5, "foresight": True},
    "2018": {"climate_club": True, "friendshoring": True},
}  # fmt: skip
BY_RULES = {
    "2026": {"carbon_border": True}, "2018": {"zev_mandate": True, "dual_credits": True}, "2026-quota": {},
    "2026-access": {},
}  # fmt: skip


def fast_first(scenarios: Any) -> list[Any]:
    """The first of some scenarios, and the others among the slow tests."""
    first, *others = scenarios
    return [first, *(pytest.param(one, marks=pytest.mark.slow) for one in others)]


@functools.cache
def assessed(scenario: str, changes: tuple[tuple[str, Any], ...] = (), arithmetic: str = "compiled") -> list[Any]:
    """What every look at some nodes was asked, and what it found, over two assessments of lanes."""
    kept: list[Any] = []
    look = sales.sales_at

    def seen(asked: sales.Look) -> sales.Sales:
        found = look(asked)
        own = asked.situation
        if own.utility.ndim == 3:  # the start is looked at without lanes
            # The world goes on writing into some of the arrays.
            kept.append((asked._replace(situation=copy.deepcopy(own)), found, sales.has_kernel(own)))
        return found

    tables.sales_at = seen
    try:
        Ensemble(scenario, 3, N_LANES, dict(changes), n_quarters=5, arithmetic=arithmetic).run()
    finally:
        tables.sales_at = look
    return kept


def arrays(found: sales.Sales) -> dict[str, np.ndarray]:
    """Every array of what was found, by a name of its own."""
    named = {}
    for name in SUMS:
        part = getattr(found, name)
        named |= {f"{name} {k}": one for k, one in enumerate(part)} if isinstance(part, tuple) else {name: part}
    return named


def check(ours: sales.Sales, theirs: sales.Sales) -> None:
    known, found = arrays(ours), arrays(theirs)
    assert known.keys() == found.keys()
    for name, values in known.items():
        assert found[name].shape == values.shape, name
        if name == "residual":
            assert found[name].max() <= sales.LATE
        else:
            scale = np.abs(values).max(initial=0.0)
            np.testing.assert_allclose(found[name], values, rtol=CLOSE, atol=1e-13 * scale, err_msg=name)


def again(asked: sales.Look, arithmetic: str = "compiled", **changed: Any) -> sales.Sales:
    """What is found with other cars, situation, vehicle_duty or start."""
    with using_arithmetic(arithmetic):
        return sales.sales_at(asked._replace(**changed))


def of_lanes(value: Any, lanes: np.ndarray) -> Any:
    """Some lanes of an array, or of the arrays of a record."""
    if isinstance(value, np.ndarray):
        return some(value, lanes) if value.ndim and len(value) == N_LANES else value
    if isinstance(value, tuple):
        return tuple(of_lanes(one, lanes) for one in value)
    if isinstance(value, (Cars, Situation)):
        return dataclasses.replace(
            value, **{field.name: of_lanes(getattr(value, field.name), lanes) for field in dataclasses.fields(value)}
        )
    return value


@pytest.mark.parametrize("scenario", fast_first(WITH_KERNEL))
def test_the_kernel_finds_what_the_rules_find(scenario: str) -> None:
    looks = assessed(scenario, tuple(WITH_KERNEL[scenario].items()))
    for asked, found, by_kernel in looks:
        assert by_kernel
        check(again(asked, "numpy"), found)


@pytest.mark.parametrize("scenario", fast_first(BY_RULES))
def test_what_is_optional_goes_by_the_rules_and_agrees(scenario: str) -> None:
    ours, theirs = (assessed(scenario, tuple(BY_RULES[scenario].items()), name) for name in ("numpy", "compiled"))
    assert not all(by_kernel for *_, by_kernel in theirs)
    for asked, found, by_kernel in theirs:
        if not by_kernel:
            check(again(asked, "numpy"), found)
    assert not any(by_kernel for *_, by_kernel in ours)


def test_prices_from_nothing() -> None:
    asked = assessed("2026")[0][0]
    check(again(asked, "numpy", start=None, sweeps=16), again(asked, start=None, sweeps=16))


@pytest.mark.parametrize("seed", range(3))
def test_drawn_markets(seed: int) -> None:
    rng, asked = np.random.default_rng(seed), assessed("2026")[-1][0]
    situation, cars, duty = asked[2], asked[5], asked[7]
    shaken = {
        name: getattr(cars, name) * rng.uniform(0.7, 1.4, getattr(cars, name).shape)
        for name in ("landed", "paid", "home", "cell_duty", "partner_landed")
    }
    changed = {
        "situation": dataclasses.replace(
            situation, utility=situation.utility + rng.normal(size=situation.utility.shape)
        ),
        "cars": dataclasses.replace(cars, **shaken, value=cars.value + rng.normal(size=cars.value.shape) * 3.0**seed),
        "vehicle_duty": duty * rng.uniform(0.0, 5.0, duty.shape),
        "sweeps": 2,  # so that some are late
    }
    check(again(asked, "numpy", **changed), again(asked, **changed))


def test_a_lane_has_the_bits_that_it_has_alone_and_in_any_layout() -> None:
    asked, among, _ = assessed("2026")[-1]
    for lanes in ([0], [20], [16, 3], list(range(20, -1, -1))):
        chosen = np.array(lanes)
        alone = again(sales.Look(*(of_lanes(one, chosen) if k in (2, 5, 7, 8) else one for k, one in enumerate(asked))))
        for name, values in arrays(among).items():
            assert same_bits(values[chosen], arrays(alone)[name]), name
    rows = {
        field.name: np.ascontiguousarray(value)
        for field in dataclasses.fields(asked[5])
        if isinstance(value := getattr(asked[5], field.name), np.ndarray)
    }
    other = again(asked, cars=dataclasses.replace(asked[5], **rows), start=np.ascontiguousarray(asked[8]))
    for name, values in arrays(among).items():
        assert same_bits(values, arrays(other)[name]), name


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 5e-324, -0.0])
@pytest.mark.parametrize(
    "where", ["value", "landed", "partner_landed", "cell_duty", "utility", "vehicle_duty", "start"]
)
def test_what_is_no_number_stays_so_and_touches_no_other_lane(
    odd: float, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, clean, _ = assessed("2026")[-1]
    monkeypatch.setattr(sales, "require_settled", lambda residual: None)
    places = {"utility": 2, "vehicle_duty": 7, "start": 8}
    names = {2: "situation", 5: "cars", 7: "vehicle_duty", 8: "start"}
    place = places.get(where, 5)
    whole = asked[place] if place > 6 else getattr(asked[place], where)
    dirty = whole.copy(order="K")
    dirty[17] = odd
    changed = dirty if place > 6 else dataclasses.replace(asked[place], **{where: dirty})
    found = arrays(again(asked, **{names[place]: changed}))
    others = np.arange(N_LANES) != 17
    for name, values in arrays(clean).items():
        assert same_bits(found[name][others], values[others]), name
    if np.isnan(odd):
        assert np.isnan(found["revenue"][17]).all(), "a revenue of what is no number is none"
    with np.errstate(all="ignore"):
        known = None
        try:
            known = arrays(again(asked, "numpy", **{names[place]: changed}))
        except ArithmeticError:  # the rules clear markets in a way that refuses at once
            assert not (found["residual"][17] <= 1e-6).all()
    if known is not None:
        for name, values in known.items():
            np.testing.assert_allclose(found[name][17], values[17], rtol=1e-8, atol=1e-9, err_msg=name)


def test_no_node_and_no_lane_are_empty_answers() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    with using_arithmetic("compiled"):
        found = sales.compiled.sales(
            index=(nothing,) * 4,
            of_node=(np.zeros(0),) * 4,
            of_market=(np.ones((3, 2, 5)),) * 3,
            of_pair=(np.ones((3, 2, 5)),) * 4,
            of_slot=(np.ones((3, 4, 5)),) * 7,
            from_blocs=(np.ones((3, 4, 5)),) * 3,
            is_firm_home=np.ones((5, 3)),
            duty=np.ones((3, 0)),
            start=None,
            tastes=(0.5, 1.0, 0.0),
            sweeps=3,
            late=(1e-9, 3, 4),
        )
    assert found["markup"].shape == (3, 0, 5)
    assert found["total"].shape == (3, 0)
    assert len(found["thirds"]) == 1
    assert len(found["on_cells"]) == 2
