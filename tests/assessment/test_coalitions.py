"""What coalitions are worth: the same markets, accounts and tables as everything else (theory 1.19)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import worlds
from of_three import COALITIONS, DYAD_OF, MEMBERS, N_BLOCS, PAIR_OF

from model.assessment import coalitions
from model.assessment.coalitions import Setting, worth_of_coalitions
from model.assessment.mandate import payoffs
from model.assessment.nodes import nodes_of
from model.assessment.tables import assess, security_flow
from model.market import border
from model.negotiation import NegotiationModel
from model.numerics import same_bits
from model.parameters.checked import make_parameters
from model.phases import accounts
from model.phases import club as club_phase
from model.quarter import ClubWorth
from model.rules import club_terms, standards
from model.vocabulary import DYADS, EV, THREE

#: Prices and origins arrive at once, so that the realised quarter is the fixed point; nothing is built.
AT_ONCE = {"price_adjustment": 1.0, "origin_adjustment": 1.0, "plant_hazard_max": 0.0, "tension_in_security": False}
FULL_CUT_AND_RECOGNITION = 14  # node of a pair: cut 3 of 4, saving bit of recognition


def in_club(scenario: str, club: int, quarters: int = 2, **parameters: Any) -> NegotiationModel:
    """A world in which a coalition stands, one quarter after it was put there."""
    world = NegotiationModel(scenario, root_seed=1, replicate=0, narrate=False, **parameters)
    for _ in range(quarters):
        world.step()
    world.state.club = np.asarray(club)
    world.state.club_signed = np.asarray(-1)
    # Nothing to gain by lapsing.
    world.world.state.club_worth = ClubWorth(coalitions.nothing_known(N_BLOCS, 1), np.zeros((1, *MEMBERS.shape)))
    world.step()
    return world


def setting_of(world: NegotiationModel) -> Setting:
    """What the annual check would take as given in this world now."""
    whole = club_phase._setting(world.world)
    # Support is the same in every lane where the credit has no rules.
    shared = {"security", "distance", "scheme"} | ({"subsidy"} if whole.subsidy.ndim == 2 else set())
    return dataclasses.replace(
        whole,
        **{f.name: getattr(whole, f.name)[0] for f in dataclasses.fields(whole) if f.name not in shared},
    )


def on_the_best_mix(_economy: Any, _cells: Any, landed: Any, *_more: Any) -> tuple[Any, None]:
    """Cars cost what prices were made on; in place of ``costs_reached``."""
    return landed, None


@pytest.mark.parametrize(
    "trade",
    [
        {},
        {"pass_through": 1.0},
        {"carbon_border": True, "carbon_dialogue": True},
        {"dual_credits": True, "zev_mandate": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("scenario", ["2026", "symmetric"])
@pytest.mark.parametrize("club", [0, 2, 3, 4])
def test_payoffs_of_the_coalition_in_force_are_those_of_the_accounts(
    scenario: str, club: int, trade: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the mix costs beyond the best one, which prices are made on, is in the accounts alone.
    monkeypatch.setattr(accounts, "costs_reached", on_the_best_mix)
    world = in_club(scenario, club, climate_club=True, club_penalty=0.2, club_carbon=True, **AT_ONCE, **trade)
    assert np.all(world.state.club_honours) and int(world.state.club) == club
    p, setting = world.parameters, setting_of(world)
    found = club_terms.payoff_of(worth_of_coalitions(world.economy, p, setting).executive)[club]
    # What the realised accounts have and the check leaves out, and the reverse: constants and autonomy.
    recognised = np.maximum(setting.recognised, club_terms.inside(MEMBERS[club], np.ones(3)))
    budget = (1.0 + p.public_funds_cost) * world.economy.charger_budget
    reference = (
        p.carbon_share * p.social_cost_of_carbon * p.emissions_saved_per_ev[0] * world.world.rules.reference_evs / 1000
    )
    autonomy = np.zeros(N_BLOCS)
    for i, j in ((i, j) for d in DYADS for i, j in (d, d[::-1])):
        cost = standards.autonomy_cost(
            p.recognition_autonomy_cost, world.economy.market_size[i], setting.distance[DYAD_OF[i, j]]
        )
        autonomy[i] += recognised[i, j] * (1.0 - setting.granted[i, j]) * cost
    # Prices of credits move within a quarter, after prices of cars are set; the check sees the next step of both.
    near = 1e-2 if world.state.supply.scheme is not None else 1e-7
    np.testing.assert_allclose(found - budget - reference + autonomy, world.state.welfare.payoff, rtol=0, atol=near)


def test_a_zone_of_two_is_worth_what_the_tables_of_an_assessment_say() -> None:
    same = {"certification_outlay_recognised": 10.0, "zero_tariff_zone": True, "unilateral_recognition_rate": 0.0}
    world = NegotiationModel("symmetric", root_seed=1, replicate=0, narrate=False, **same)
    world.step()
    p, setting, situation = world.parameters, setting_of(world), worlds.situation(world)
    assert (
        not world.state.treaty.any()
        and not world.state.standards.recognised.any()
        and not situation.floor[:, 0, 1].any()
    )
    worth = worth_of_coalitions(world.economy, p, setting).executive
    nodes = nodes_of(world.economy)
    tables = assess(world.economy, p, situation, None, 24, nodes)
    security = security_flow(world.economy, p, tables, setting.security, setting.felt)
    seen = payoffs(THREE, tables, security, p.executive_profit_weight)
    for club, (i, j) in ((1, (0, 1)), (2, (0, 2)), (3, (1, 2))):
        for importer, partner in ((i, j), (j, i)):
            pair = PAIR_OF[importer, partner]
            autonomy = standards.autonomy_cost(
                p.recognition_autonomy_cost, world.economy.market_size[importer], setting.distance[DYAD_OF[i, j]]
            )
            gain = worth[club, importer] - worth[0, importer]
            own, others = seen.importer[pair], seen.partner[pair]
            tol = {"rtol": 0, "atol": 1e-8}
            np.testing.assert_allclose(gain[importer] + autonomy, own[FULL_CUT_AND_RECOGNITION] - own[0], **tol)
            np.testing.assert_allclose(gain[partner], others[FULL_CUT_AND_RECOGNITION] - others[0], **tol)


def test_a_market_sees_only_the_terms_that_hold_in_it() -> None:
    world = worlds.played("2026", quarters=3)
    worth = worth_of_coalitions(world.economy, make_parameters({"climate_club": True}), setting_of(world)).executive
    # An outsider's own market is what it was: clubs of others change nothing in it.
    for club, members in enumerate(COALITIONS.members):
        for m in set(range(3)) - set(members):
            assert same_bits(worth[club, m], worth[0, m])
    # Without a penalty on the outsider it is worse off only through the others' duties on each other.
    assert not np.array_equal(worth[1, 0], worth[0, 0])


def test_a_carbon_price_reaches_every_market_and_the_climate() -> None:
    world = worlds.played("2026", quarters=3)
    changes = {"climate_club": True, "club_carbon": True}
    with_price, without = (
        worth_of_coalitions(world.economy, make_parameters({**changes, "club_carbon_price": price}), setting_of(world))
        for price in (100.0, 0.0)
    )
    assert same_bits(with_price.executive[0], without.executive[0])
    # Cars of members become dearer for the outsider too, and members' abatement is a gain to all.
    assert not np.any(with_price.executive[1, 2] == without.executive[1, 2])
    free = dataclasses.replace(without, executive=without.executive)
    plain = worth_of_coalitions(world.economy, make_parameters({"climate_club": True}), setting_of(world))
    assert same_bits(free.executive, plain.executive)


def test_a_higher_penalty_never_helps_an_outsider_without_homologation() -> None:
    # On average over outsiders and moments: the penalty is the outsider's loss in members' markets.
    for scenario in ("2026", "symmetric"):
        world = worlds.played(scenario, quarters=3)
        low, high = (
            worth_of_coalitions(
                world.economy, make_parameters({"climate_club": True, "club_penalty": rate}), setting_of(world)
            ).executive
            for rate in (0.0, 0.25)
        )
        outside = [
            (high[c, m, b] - low[c, m, b])
            for c, group in enumerate(COALITIONS.members)
            for b in set(range(3)) - set(group)
            for m in group
        ]
        assert max(outside) <= 1e-12 and min(outside) < -1e-4


def test_replicates_side_by_side_have_the_bits_of_each_alone() -> None:
    p = make_parameters({"climate_club": True, "club_carbon": True})
    moments = [worlds.played("2026", replicate=r, quarters=4) for r in range(3)]
    settings = [setting_of(world) for world in moments]
    together = worth_of_coalitions(moments[0].economy, p, worlds.stacked(settings, once=("security", "distance")))
    for lane, setting in enumerate(settings):
        alone = worth_of_coalitions(moments[0].economy, p, setting)
        assert same_bits(together.executive[lane], alone.executive)
        assert same_bits(together.legislature[lane], alone.legislature)


def test_where_clubs_are_allowed_and_what_a_penalty_is() -> None:
    zone, club, none = (make_parameters(change) for change in ({"zero_tariff_zone": True}, {"climate_club": True}, {}))
    kinds = [coalitions.kind_of_club(p) for p in (zone, club, none)]
    assert kinds == [("a zero-tariff zone", 0.0), ("a climate club", 0.05), None]
    assert border.member_step(club) is None
    assert coalitions.nothing_known(3, 7).executive.shape == (7, 5, 3, 3)
    scale = coalitions.usual_scale(THREE, np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    assert scale.tolist() == [2.0, 3.5, 5.0] and EV == 0


def test_the_carbon_price_of_a_club_is_a_minimum() -> None:
    p = make_parameters({"climate_club": True, "club_carbon": True, "club_carbon_price": 50.0})
    rise = border.member_step(p)
    # The EU's own price is above it; China's is short of it by less than that of the US, which has none.
    assert p.carbon_price.tolist() == [13.0, 0.0, 70.0]
    assert float(rise.cost[2]) == 0.0 and 0.0 < float(rise.cost[0]) < float(rise.cost[1])
    whole = club_terms.carbon_step(50.0, p.carbon_embedded, p.club_carbon_backstop)
    assert float(rise.cost[1]) == pytest.approx(float(whole.cost), rel=1e-12)
