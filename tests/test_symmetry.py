"""M3: nothing in a result comes from a bloc's name. Names and luck permuted, results are permuted."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
import worlds
from thinned import one_in

from model.negotiation import NegotiationModel

PLACES = [p for p in permutations(range(3)) if p != (0, 1, 2)]


def renamed(place: tuple[int, ...], replicate: int, **parameters: Any) -> NegotiationModel:
    """The symmetric world in which bloc b bears the name of ``place[b]`` and has b's luck."""
    world = NegotiationModel("symmetric", root_seed=1, replicate=replicate, narrate=False, **parameters)
    world.world.luck = worlds.luck_permuted(world.world.luck, place, worlds.firms_permuted(place))
    worlds.start_over(world)
    return world.run()


def assert_renamed(one: NegotiationModel, other: NegotiationModel, place: tuple[int, ...]) -> None:
    order = {"automaker": worlds.firms_permuted(place), "supplier": np.array(place)}
    # These say of a market by its name what the same column says of the other bloc that has that name there.
    worlds.assert_permuted(one, other, place, order, apart_from=("share_cn", "share_us", "share_eu"))


@pytest.mark.parametrize(("replicate", "place"), one_in(3, product((0, 4), PLACES)))
def test_names_do_not_matter(replicate: int, place: tuple[int, ...]) -> None:
    assert_renamed(worlds.played("symmetric", replicate=replicate), renamed(place, replicate), place)


OWN_CARBON_PRICES = ("carbon_price_cn", "carbon_price_us", "carbon_price_eu")


@pytest.mark.parametrize(
    "parameters",
    one_in(
        2,
        [
            {"retaliation_rule": "grim", "emergency_hazard": 0.05},
            {"retaliation_rule": "proportional", "assessment_interval": 1, "opening_hazard": 0.6},
            {"retaliation_rule": "tit_for_tat", "false_alarm": 0.35, "detection_lag": 2},
            {"retaliation_rule": "contrite", "partial_compliance": True, "imitative_tactic": True, "track2": True},
            {"grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0, "trust_type": True, "foresight": True},
            {"zev_cost": 100.0, "plant_cost": 0.5, "contract_length": 3},
            {"climate_club": True, "club_penalty": 0.25, "club_carbon": True, **dict.fromkeys(OWN_CARBON_PRICES, 10.0)},
            {"zero_tariff_zone": True, "club_transfers": True, "club_exclusive": True},
        ],
    ),
)
def test_names_do_not_matter_under_other_rules(parameters: dict[str, Any]) -> None:
    place = (1, 2, 0)
    assert_renamed(worlds.played("symmetric", replicate=2, **parameters), renamed(place, 2, **parameters), place)


def test_identical_luck_gives_blocs_identical_fates() -> None:
    # Every dyad and side has the same numbers: what happens to one happens to all.
    world = NegotiationModel("symmetric", root_seed=1, replicate=1, narrate=False)
    luck = world.world.luck
    for name in ("tension_shock", "tension_jump", "tension_jump_size"):
        getattr(luck, name)[:] = getattr(luck, name)[:, :, :1]
    for name in ("ratification", "conduct", "generosity", "exit"):
        getattr(luck, name)[:] = getattr(luck, name)[:, :, :1, :1]
    for name in ("own_error", "partner_error"):
        luck_of_first = getattr(luck, name)[:, :, :1, :1].copy()
        # The same error about one's own issues, and the same about the partner's, on either side.
        turned = luck_of_first[..., worlds.ISSUE_FLIPPED]
        getattr(luck, name)[:] = np.concatenate([luck_of_first, turned], axis=3)
    for name in ("opening", "emergency", "answer", "recognition"):
        getattr(luck, name)[:] = getattr(luck, name)[:, :, :1, 1:2]
    luck.plant[:] = 1.0
    worlds.start_over(world)
    world.run()
    for column in ("ev_share", "price", "payoff", "security", "announced"):
        values = worlds.series(world, "bloc", column)
        # Who tables first still differs between the sides of a dyad, so only what no treaty touches must agree.
        if not worlds.series(world, "dyad", "treaty").any():
            np.testing.assert_allclose(values, values[:1].repeat(3, axis=0), rtol=1e-9, err_msg=column)
    first = worlds.series(world, "bloc", "payoff")[:, 0]
    np.testing.assert_allclose(first, first[0], rtol=1e-9)
    tension = worlds.series(world, "dyad", "tension")
    np.testing.assert_allclose(tension[:, :2], tension[:1, :2].repeat(3, axis=0), rtol=1e-9)
