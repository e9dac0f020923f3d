"""The start of a run reproduces the evidence, and can be found again."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import worlds

from model.market import clearing as markets
from model.negotiation import NegotiationModel
from model.numerics import same_bits
from model.parameters.checked import make_parameters
from model.scenario.scenario import Scenario, load_scenario
from model.start.calibration import constants, duties_at_start, open_economy, standards_in_force, support
from model.vocabulary import BATTERY, BLOCS, DYADS, EV, GOODS, Parties
from model.world import World

EVIDENCE = 1e-6  # how near the first quarter must be to the evidence (shares)


@pytest.fixture(scope="module", params=worlds.SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return load_scenario(request.param)


# --- the first quarter ------------------------------------------------------------------------------------------


def test_opening_shares_equal_the_evidence(scenario: Scenario) -> None:
    _, opening = open_economy(scenario, scenario.parameters)
    np.testing.assert_allclose(opening.share.sum(axis=1), scenario.ev_share, atol=EVIDENCE)
    within = opening.share / opening.share.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(within.T, scenario.brand_share, atol=EVIDENCE)
    cells = opening.cells.sum(axis=0)
    np.testing.assert_allclose(cells / cells.sum(), scenario.supplier_share, atol=EVIDENCE)


# Another demand and other battery markets must fit the same evidence.
@pytest.mark.parametrize(
    "changes",
    [
        {"nest_correlation": 0.1},
        {"nest_correlation": 0.7, "alpha_us": 0.098},
        {"supplier_substitution": 0.2, "contract_bargaining_weight": 0.7},
        {"supplier_substitution": 0.02, "origin_substitution": 2.0},
        {"contract_bargaining_weight": 0.0, "homologation_cost": 3.0, "adaptation_cost": 0.0},
    ],
)
@pytest.mark.parametrize("name", ["2018", "2026"])
def test_other_parameters_fit_the_same_evidence(name: str, changes: dict[str, float]) -> None:
    known = load_scenario(name)
    _, opening = open_economy(known, known.parameters.with_overrides(changes))
    within = opening.share / opening.share.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(opening.share.sum(axis=1), known.ev_share, atol=EVIDENCE)
    np.testing.assert_allclose(within.T, known.brand_share, atol=EVIDENCE)
    cells = opening.cells.sum(axis=0)
    np.testing.assert_allclose(cells / cells.sum(), known.supplier_share, atol=EVIDENCE)


def test_the_first_recorded_quarter_equals_the_evidence_while_nobody_moves(scenario: Scenario) -> None:
    quiet = {**worlds.NOTHING_ON_THE_TABLE, "unilateral_duties": False, "unilateral_recognition_rate": 0.0}
    for replicate in range(5):
        world = worlds.played(scenario.name, replicate=replicate, quarters=1, **quiet)
        assert_evidence(world, scenario)


def policy_moved(world: NegotiationModel) -> bool:
    """Whether a duty or a standard has moved in the quarters played."""
    before = worlds.played(world.start.name, quarters=0)
    return not (
        np.allclose(world.state.duty, world.world.opening.duty, atol=1e-12)
        and np.array_equal(world.state.standards.recognised, before.state.standards.recognised)
        and np.array_equal(world.state.standards.common, before.state.standards.common)
    )


class Unsigned(World):
    """A world in which no legislature meets."""

    def ratify(self) -> None:
        self.state.has_deal[...] = False


@pytest.mark.parametrize("name", worlds.DATED)
def test_a_default_run_starts_from_the_evidence_before_anything_is_signed(name: str) -> None:
    quiet = 0
    for replicate in range(12):
        world = NegotiationModel(name, 1, replicate, narrate=False, world_type=Unsigned)
        world.step()
        if not policy_moved(world):  # an emergency, or recognition granted alone
            assert_evidence(world, load_scenario(name))
            quiet += 1
    assert quiet >= 6


@pytest.mark.parametrize("name", worlds.DATED)
def test_the_first_recorded_quarter_of_a_default_run_equals_the_evidence(name: str) -> None:
    for replicate in range(4):
        assert_evidence(worlds.played(name, replicate=replicate, quarters=1), load_scenario(name))


@pytest.mark.parametrize("name", worlds.DATED)
def test_most_default_runs_keep_the_treaties_they_start_with_for_a_quarter(name: str) -> None:
    kept = [bool(worlds.played(name, replicate=r, quarters=1).state.honours.all()) for r in range(12)]
    assert sum(kept) > 6


def assert_evidence(world: NegotiationModel, scenario: Scenario) -> None:
    np.testing.assert_allclose(
        worlds.series(world, "bloc", "ev_share")[:, 0], scenario.ev_share, atol=EVIDENCE
    )  # fmt: skip
    for m, bloc in enumerate(BLOCS):
        share = worlds.series(world, "automaker", f"share_{bloc.lower()}")[:, 0]
        np.testing.assert_allclose(share, scenario.brand_share[:, m], atol=EVIDENCE, err_msg=bloc)
    share = worlds.series(world, "supplier", "share")[:, 0]
    np.testing.assert_allclose(share, scenario.supplier_share, atol=EVIDENCE)


def test_suppliers_with_all_the_bargaining_weight_fit_the_evidence_too() -> None:
    known = load_scenario("2018")
    changes = {"supplier_substitution": 0.2, "contract_bargaining_weight": 1.0}
    _, opening = open_economy(known, known.parameters.with_overrides(changes))
    cells = opening.cells.sum(axis=0)
    np.testing.assert_allclose(cells / cells.sum(), known.supplier_share, atol=EVIDENCE)


def test_calibration_gives_the_same_numbers_again(scenario: Scenario) -> None:
    once, twice = (open_economy(load_scenario(scenario.name), scenario.parameters) for _ in range(2))
    for one, two in zip(once, twice, strict=True):
        for field in dataclasses.fields(one):
            values = getattr(one, field.name), getattr(two, field.name)
            is_same = values[0] == values[1] if isinstance(values[0], Parties) else same_bits(*values)
            assert is_same, field.name


# --- the opening is an equilibrium --------------------------------------------------------------------------------


def test_opening_prices_are_best_replies_and_origins_are_as_observed(scenario: Scenario) -> None:
    p = scenario.parameters
    economy, opening = open_economy(scenario, p)
    cells = markets.supply_cells(economy, p, scenario.cell_cost, opening.margin, opening.duty[BATTERY])
    landed = markets.landed_costs(economy, cells)
    frictions = markets.border_frictions(p, economy, *standards_in_force(scenario))
    base, mix = markets.offered_costs(
        economy, p, landed, frictions, opening.paid[EV], opening.origin_tie, opening.origin_level
    )
    np.testing.assert_allclose(mix, np.swapaxes(scenario.origin_share, 0, 1), atol=1e-12)
    np.testing.assert_allclose(base + opening.markup, opening.price, rtol=1e-12)
    utility = opening.quality + np.log(scenario.availability.T) + p.alpha[:, None] * support(scenario, 0)
    clearing, residual = markets.equilibrium(base, utility, p.alpha[:, None], p.nest_correlation, None, 16)
    assert residual.max() < 1e-6
    np.testing.assert_allclose(clearing.markup, opening.markup, atol=1e-9)
    # At the start the best mix costs its mean, so buyers' money is margins, duties, landed cost and frictions.
    rate = markets.duties_by_place(opening.paid[EV], economy.other_duty[EV])[:, None, :]
    mean = ((1 + rate) * landed + frictions) * mix
    np.testing.assert_allclose(base, mean.sum(axis=-1), rtol=1e-10)


def test_cells_cost_their_mean_at_the_start(scenario: Scenario) -> None:
    economy, opening = open_economy(scenario, scenario.parameters)
    cells = markets.supply_cells(
        economy, scenario.parameters, scenario.cell_cost, opening.margin, opening.duty[BATTERY]
    )
    paid = cells.price * (1 + cells.duty[:, None, :]) + economy.cell_freight[:, None, :]
    np.testing.assert_allclose(cells.unit_home, (cells.share_home * paid).sum(axis=-1), rtol=1e-10)
    assert np.all(cells.unit_export <= cells.unit_home + 1e-9)  # refunded duty never costs
    assert np.all(opening.margin >= 0)


def test_treaties_bind_the_first_duties(scenario: Scenario) -> None:
    duty, base = duties_at_start(scenario), scenario.base_duty[0]
    bound = np.zeros_like(duty, dtype=bool)
    for treaty in scenario.treaties:
        for side, g in np.ndindex(2, len(GOODS)):
            i, j = DYADS[treaty.dyad][side], DYADS[treaty.dyad][1 - side]
            bound[g, i, j] = treaty.duty_bound[side, g]
            if bound[g, i, j]:
                assert duty[g, i, j] == treaty.duty_level[side, g] <= base[g, i, j]
    np.testing.assert_array_equal(duty[~bound], base[~bound])
    cuts = constants(scenario, scenario.parameters).cuts
    assert np.all(np.diff(cuts, axis=-1) >= 0) and np.all(cuts[..., -1] == 1) and not np.any(cuts[..., :2])


def test_the_first_state_carries_the_opening_and_the_treaties(scenario: Scenario) -> None:
    world = worlds.played(scenario.name, quarters=0)
    state = world.state
    np.testing.assert_array_equal(state.price, world.world.opening.price)
    np.testing.assert_array_equal(state.duty, duties_at_start(scenario))
    held = {treaty.dyad: treaty for treaty in scenario.treaties}
    for d, (i, j) in enumerate(DYADS):
        assert (state.treaty[d] > 0) == (d in held)
        prior = world.state.prior_good[i, j], world.state.prior_bad[i, j]
        if d in held and held[d].honoured_quarters:
            # A kept record raises trust above its prior.
            assert state.good[i, j] / state.bad[i, j] > prior[0] / prior[1]
            assert state.sunset[d] == held[d].sunset
        else:
            assert (state.good[i, j], state.bad[i, j]) == prior
    # The state is the run's own: playing must not reach back into the shared starting point.
    for name in ("price", "quality", "margin", "special", "duty"):
        assert not np.shares_memory(getattr(state, name), getattr(world.world.opening, name))


def test_latent_brands_are_no_better_than_where_they_sell() -> None:
    known = load_scenario("2026")
    p = make_parameters(known.parameters.changes())
    _, opening = open_economy(known, p)
    money = opening.quality / p.alpha[:, None]
    for f, name in enumerate(known.automakers):
        for m in range(3):
            if known.brand_share[f, m] == 0:
                leader = int(np.argmax(known.brand_share[:, m]))
                sold = [n for n in range(3) if known.brand_share[f, n] > 0]
                gaps = [money[n, f] - money[n, int(np.argmax(known.brand_share[:, n]))] for n in sold]
                assert money[m, f] - money[m, leader] == pytest.approx(min(gaps, key=lambda g: abs(
                    g - (money[m, f] - money[m, leader])))), name  # fmt: skip
