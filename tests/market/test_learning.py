"""Learning by doing: owners, the plants of a place, automakers; and what technology cooperation has to do with it."""

from __future__ import annotations

from typing import Any

import equality
import numpy as np
import pytest
import worlds

from model.market import learning
from model.market.learning import Costs, Learned
from model.numerics import same_bits
from model.start.agenda import _learned
from model.start.starting_point import known_scenario, starting_point
from model.vocabulary import BLOCS, EV

CN, US, EU = (BLOCS.index(code) for code in ("CN", "US", "EU"))
YEARS = 20.0  # quarters in which everything goes on as in the first


def costs_later(scenario: str, together: tuple[int, int] | None = None, **change: Any) -> tuple[np.ndarray, Costs]:
    """$/kWh of cells made in each bloc, and all costs, after five years with or without cooperation of a pair."""
    p = known_scenario(scenario).parameters.with_overrides(change)
    _, economy, opening, _ = starting_point(scenario, p)
    known, output = _learned(economy, opening)
    shared = np.zeros((economy.parties.n_places,) * 2)
    if together:
        shared[together] = shared[together[::-1]] = 1.0
    later = learning.ahead(known, learning.gained(economy, p, output, shared), YEARS)
    found = learning.costs(economy, p, later)
    made = (opening.made * found.place).sum(axis=1) / opening.made.sum(axis=1)
    return made[: economy.parties.n_blocs], found


@pytest.mark.parametrize("scenario", ["2018", "2026"])
@pytest.mark.parametrize("laggard", [US, EU])
def test_cooperation_makes_cells_made_in_the_laggard_cheaper_faster(scenario: str, laggard: int) -> None:
    alone, _ = costs_later(scenario)
    together, _ = costs_later(scenario, (CN, laggard))
    less = alone - together
    print(
        f"{scenario}, {BLOCS[laggard]} with China: {alone[laggard]:.1f} $/kWh, {less[laggard]:.2f} less in cooperation"
    )
    assert 1.0 < less[laggard] < 6.0 and less[laggard] > 2.0 * less[CN] > 0.0
    # Who does not cooperate has none of it.
    assert less[US + EU - laggard] == 0.0


def test_cooperation_changes_nothing_where_foreign_spillovers_are_as_large() -> None:
    same = {"spillover_cooperation": 0.33, "spillover_foreign": 0.33, "spillover_domestic": 0.33}
    for alone, together in zip(costs_later("2026", **same)[1], costs_later("2026", (CN, US), **same)[1], strict=True):
        assert same_bits(alone, together)
    p = known_scenario("2026").parameters.with_overrides(same)
    _, economy, opening, agenda = starting_point("2026", p)
    assert economy.parties.n_dyads == len(agenda.menus) and opening.made.min() >= 0.0


def test_without_plants_that_learn_cooperation_moves_no_cells_of_outsiders() -> None:
    alone, with_china = (costs_later("2026", pair, host_learning_share=0.0) for pair in (None, (CN, US)))
    assert same_bits(alone[1].place, with_china[1].place)
    # Cars learn all the same, and not without a learning rate.
    assert (with_china[1].car <= alone[1].car).all() and (with_china[1].car < alone[1].car).any()
    assert (costs_later("2026", (CN, US), vehicle_learning_rate=0.0)[1].car == 1.0).all()


def test_a_car_costs_less_by_the_rate_with_each_doubling() -> None:
    p = known_scenario("2026").parameters
    _, economy, _, _ = starting_point("2026", p)
    start = economy.start_car_experience[3]
    for doublings in (0, 1, 3):
        cost = economy.car_cost(p, 3, start * 2.0**doublings)
        assert cost == pytest.approx((1.0 - p.vehicle_learning_rate) ** doublings)


def test_cells_are_made_somewhere() -> None:
    world = worlds.played("2026", quarters=6)
    a, economy = world.state.books.accounts, world.economy
    np.testing.assert_allclose(a.made.sum(axis=0), a.cells.sum(axis=0), rtol=1e-12)
    assert a.made.min() >= 0.0
    # Who has no plant abroad makes all its cells at home.
    at_home_only = (economy.imported_cells.sum(axis=0) == economy.parties.n_places - 1.0).nonzero()[0]
    for k in at_home_only:
        assert a.made[economy.supplier_home[k], k] == pytest.approx(a.cells[:, k].sum())


@pytest.mark.parametrize("scenario", ["2018", "2026"])
def test_technology_cooperation_moves_the_record(scenario: str) -> None:
    runs = [worlds.played(scenario, replicate=1, quarters=12, spillover_cooperation=s) for s in (0.33, 1.0)]
    assert worlds.series(runs[0], "dyad", "kept_technology").any(), "nobody cooperates"
    moved = worlds.same_record(*runs)
    assert {"bloc.cell_cost", "bloc.price", "bloc.ev_share"} <= set(moved)


def test_experience_and_output_have_the_same_form() -> None:
    one = Learned(np.array([1.0]), np.array([2.0]), np.array([3.0]))
    assert [float(x[0]) for x in learning.ahead(one, one, 2.0)] == [3.0, 6.0, 9.0]


# --- the share of EVs hears duties -----------------------------------------------------------------------------------


def share_without_duties(scenario: str, importer: int | None) -> np.ndarray:
    """(b,) EV shares after six years in which nobody moves or builds plants; an importer's special duties are gone.

    A plant jumps the duty, and what it builds later is cheaper than what came over the sea.
    """
    world = worlds.NegotiationModel(
        scenario, root_seed=1, replicate=0, narrate=False, unilateral_duties=False, zev_demand_shift=0.0,
        plant_hazard_max=0.0,
        **worlds.NOTHING_ON_THE_TABLE,
    )  # fmt: skip
    state = world.world.state
    if importer is not None:
        state.special[:, EV, importer] = 0.0
    for _ in range(24):
        world.step()
    return np.asarray(worlds.series(world, "bloc", "ev_share")[:, -1])


@pytest.mark.parametrize(
    ("scenario", "importer"), [("symmetric", CN), ("symmetric", US), ("symmetric", EU), ("2026", US), ("2026", EU)]
)
def test_more_electric_cars_are_sold_where_a_duty_is_lower(scenario: str, importer: int) -> None:
    today, lower = share_without_duties(scenario, None), share_without_duties(scenario, importer)
    assert lower[importer] > today[importer] + 1e-4


@pytest.mark.slow
def test_luck_moves_the_share_of_electric_cars_in_every_bloc() -> None:
    [world] = equality.lane_world("2026", range(64))
    share = np.array([frame["bloc"]["ev_share"] for frame in world.recorder.frames])  # (t, R, b)
    spread = share.std(axis=1)
    print(f"sd of EV shares: at the end {spread[-1].round(4)}, at most {spread.max(axis=0).round(4)}")
    assert (spread[-1] > 0.005).all()
    # China's share is near its end by then, where a logit hardly moves.
    assert spread[-1].argmin() == CN


@pytest.mark.slow
def test_a_path_is_announced_at_different_times_and_all_at_once_without_hesitation() -> None:
    first, no_other = {}, {"battery_cost_luck": 0.0}  # luck in costs moves what a path is worth
    for hesitation in (0.0, 0.7):
        [world] = equality.lane_world("2026", range(48), {"zev_hesitation": hesitation, **no_other})
        said = np.array([frame["bloc"]["announced"][:, US] for frame in world.recorder.frames]) > 0.0
        first[hesitation] = np.where(said.any(axis=0), said.argmax(axis=0), len(said))
    assert np.unique(first[0.7]).size > 4 and np.unique(first[0.0]).size <= 2
    assert np.median(first[0.7]) <= np.median(first[0.0])
