"""The kernels of battery cells against the rules that they replace, and each lane against itself alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import make_parameters, using_arithmetic
from model.market import clearing
from model.market.cells import CellSupply, cells_used
from model.market.economy import Economy
from model.numerics import FloatArray, same_bits
from model.start.starting_point import starting_point
from model.vocabulary import BATTERY

PARAMETERS = make_parameters({})
START = starting_point("2026", PARAMETERS)
ECONOMY: Economy = START[1]
N_PLACES, N_FIRMS, N_SUPPLIERS = ECONOMY.supplier_tie.shape
N_MARKETS = ECONOMY.parties.n_blocs
LANES = (1, 21, 65, 130)
CLOSE = 1e-12
OFF: Any = {"rtol": CLOSE, "atol": 1e-300}
seeds = st.integers(0, 2**32 - 1)


def given_cells(seed: int, n: int, by_place: bool = True) -> dict[str, Any]:
    """What ``supply_cells`` is asked: costs and duties around those of the start, some suppliers without a margin."""
    rng = np.random.default_rng(seed)
    cost = START[0].cell_cost * rng.uniform(0.5, 2.0, (n, N_SUPPLIERS))
    margin = (
        START[2].margin * rng.uniform(0.0, 3.0, (n, N_FIRMS, N_SUPPLIERS)) * (rng.random((n, 1, N_SUPPLIERS)) < 0.8)
    )
    duty = START[2].duty[BATTERY] * rng.uniform(0.0, 4.0, (n, N_MARKETS, N_MARKETS))
    place = cost[:, None, :] * rng.uniform(0.9, 1.5, (n, N_PLACES, N_SUPPLIERS)) if by_place else None
    found = {"cell_cost": cost, "margin": margin, "duty": duty, "place_cost": place}
    # Either layout.
    return found if rng.random() < 0.5 else {k: v if v is None else fastest(v) for k, v in found.items()}


def fastest(x: FloatArray) -> FloatArray:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0)


def supply(arithmetic: str, asked: dict[str, Any], economy: Economy = ECONOMY) -> CellSupply:
    with using_arithmetic(arithmetic), np.errstate(all="ignore"):
        return clearing.supply_cells(economy, PARAMETERS, **asked)


def used(arithmetic: str, energy: FloatArray, cells: CellSupply) -> tuple[FloatArray, ...]:
    with using_arithmetic(arithmetic), np.errstate(all="ignore"):
        return cells_used(ECONOMY, energy, cells)


def energy_of(seed: int, n: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    energy = rng.exponential(size=(n, N_MARKETS, N_FIRMS, N_PLACES)) * (rng.random((n, 1, N_FIRMS, N_PLACES)) < 0.6)
    return energy if rng.random() < 0.5 else fastest(energy)


@given(seeds, st.sampled_from(LANES), st.booleans())
@settings(max_examples=30, deadline=None)
def test_cells_cost_what_the_rules_say(seed: int, n: int, by_place: bool) -> None:
    asked = given_cells(seed, n, by_place)
    ours, theirs = (vars(supply(name, asked)) for name in ("numpy", "compiled"))
    for name, values in ours.items():
        assert theirs[name].shape == values.shape, name
        np.testing.assert_allclose(theirs[name], values, err_msg=name, **OFF)


def test_a_supplier_who_is_shut_out_sells_nothing() -> None:
    tie = ECONOMY.supplier_tie.copy()
    tie[..., 1:] = -np.inf
    ours, theirs = (
        supply(name, given_cells(1, 40), dataclasses.replace(ECONOMY, supplier_tie=tie))
        for name in ("numpy", "compiled")
    )
    for shares in (theirs.share_home, theirs.share_export):
        assert (shares[..., 0] == 1.0).all()
        assert not shares[..., 1:].any()
    np.testing.assert_allclose(theirs.unit_home, ours.unit_home, **OFF)


@given(seeds, st.sampled_from(LANES))
@settings(max_examples=30, deadline=None)
def test_cells_go_where_the_rules_say(seed: int, n: int) -> None:
    cells, energy = supply("numpy", given_cells(seed, n)), energy_of(seed, n)
    for ours, theirs in zip(*(used(name, energy, cells) for name in ("numpy", "compiled")), strict=True):
        assert theirs.shape == ours.shape
        # Sums of the same terms; what is left for export is a difference of them.
        np.testing.assert_allclose(theirs, ours, rtol=CLOSE, atol=CLOSE * max(1.0, float(np.abs(ours).max())))
    nothing = used("compiled", energy * 0.0, cells)
    assert not any(one.any() for one in nothing)


@pytest.mark.parametrize("n", LANES)
def test_a_lane_has_the_bits_that_it_has_alone_and_in_any_layout(n: int) -> None:
    asked, energy = given_cells(2, n), energy_of(3, n)
    among = supply("compiled", asked)
    gone = used("compiled", energy, among)
    for lane in {0, n // 2, n - 1}:
        here = slice(lane, lane + 1)
        alone = supply("compiled", {k: v[here] for k, v in asked.items()})
        for name, values in vars(alone).items():
            assert same_bits(values[0], vars(among)[name][lane]), name
        for one, other in zip(used("compiled", energy[here], alone), gone, strict=True):
            assert same_bits(one[0], other[lane])
    turned = {k: np.ascontiguousarray(v) for k, v in asked.items()}
    for name, values in vars(supply("compiled", turned)).items():
        assert same_bits(values, vars(among)[name]), name


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 5e-324, -0.0])
@pytest.mark.parametrize("where", ["cell_cost", "margin", "duty", "place_cost"])
def test_what_is_no_number_stays_so_and_touches_no_other_lane(odd: float, where: str) -> None:
    asked = given_cells(4, 130)
    clean = vars(supply("compiled", asked))
    dirty = {**asked, where: asked[where].copy(order="K")}
    dirty[where][(77,) + (0,) * (asked[where].ndim - 2) + (1,)] = odd
    found, known = (vars(supply(name, dirty)) for name in ("compiled", "numpy"))
    others = np.arange(130) != 77
    for name, values in clean.items():
        assert same_bits(found[name][others], values[others]), name
        np.testing.assert_allclose(found[name][77], known[name][77], err_msg=name, **OFF)
    energy = energy_of(5, 130)
    before = used("compiled", energy, CellSupply(**clean))
    spoilt = energy.copy(order="K")
    spoilt[77, 0, 0, 0] = odd
    after, rule = used("compiled", spoilt, CellSupply(**clean)), used("numpy", spoilt, CellSupply(**clean))
    for one, other, ours in zip(before, after, rule, strict=True):
        assert same_bits(one[others], other[others])
        np.testing.assert_allclose(other[77], ours[77], rtol=CLOSE, atol=CLOSE)
    if np.isnan(odd):
        assert np.isnan(after[0][77]).any()


def test_no_lane_is_an_empty_answer() -> None:
    asked = {k: v[:0] for k, v in given_cells(6, 3).items()}
    none = supply("compiled", asked)
    assert none.share_home.shape == (0, N_PLACES, N_FIRMS, N_SUPPLIERS)
    assert [one.shape[0] for one in used("compiled", energy_of(6, 3)[:0], none)] == [0] * 4
