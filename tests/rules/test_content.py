"""Local content: worked examples, and what a friend does to the shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.numerics import same_bits
from model.rules import content, policy

# Three suppliers: a restricted one, one with a plant in the market, one without.
MIX = np.array([0.2, 0.5, 0.3])
LOCAL = np.array([0.2, 0.8, 0.5])
MINERALS = np.array([0.1, 0.6, 0.6])
RESTRICTED = np.array([1.0, 0.0, 0.0])
NOBODY, FIRST = np.zeros(3), np.array([1.0, 0.0, 0.0])
NO_MINERALS = np.zeros(3)
HERE = np.ones(1)


def test_shares_worked_example() -> None:
    assert content.component_share(MIX, LOCAL, HERE, NOBODY) == pytest.approx(0.04 + 0.40 + 0.15)
    assert content.component_share(MIX, LOCAL, HERE, FIRST) == pytest.approx(0.20 + 0.40 + 0.15)
    assert content.mineral_share(MIX, MINERALS, NOBODY) == pytest.approx(0.02 + 0.30 + 0.18)
    assert content.mineral_share(MIX, MINERALS, FIRST) == pytest.approx(0.20 + 0.30 + 0.18)
    assert content.restricted_share(MIX, RESTRICTED, NOBODY, NO_MINERALS) == pytest.approx(0.2)
    assert content.restricted_share(MIX, RESTRICTED, FIRST, NO_MINERALS) == 0.0
    # Half of what the rules do not allow is restricted; a cell is barred once, for its maker or for its minerals.
    minerals = content.restricted_minerals(MINERALS, NOBODY, 0.5, 0.0)
    np.testing.assert_allclose(minerals, [0.45, 0.2, 0.2])
    assert content.restricted_share(MIX, RESTRICTED, NOBODY, minerals) == pytest.approx(0.2 + 0.10 + 0.06)
    assert not content.restricted_minerals(MINERALS, FIRST, 0.5, 1.0).any()
    np.testing.assert_allclose(content.restricted_minerals(MINERALS, FIRST, 0.5, 0.0), [0.0, 0.2, 0.2])


def test_credit_worked_example() -> None:
    # Half for minerals (0.68 against 0.60), none for components (0.59 against 0.60), before smoothing.
    minerals = content.mineral_share(MIX, MINERALS, FIRST)
    parts = content.component_share(MIX, LOCAL, HERE, NOBODY)
    assert policy.purchase_credit(7.5, minerals, parts, 0.60, 0.60, 1.0, 0.0) == 3.75
    assert policy.purchase_credit(7.5, minerals, parts, 0.60, 0.60, 1.0, 0.2) == pytest.approx(3.0)


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).map(np.array), st.floats(0.0, 1.0))
@settings(max_examples=60)
def test_a_friend_never_lowers_content(home: np.ndarray, here: float) -> None:
    place = np.array([here])
    for plain, friendly in (
        (content.component_share(MIX, LOCAL, place, NOBODY), content.component_share(MIX, LOCAL, place, home)),
        (content.mineral_share(MIX, MINERALS, NOBODY), content.mineral_share(MIX, MINERALS, home)),
        *(
            (
                -content.restricted_share(
                    MIX, RESTRICTED, NOBODY, content.restricted_minerals(MINERALS, NOBODY, part, 0.0)
                ),
                -content.restricted_share(
                    MIX, RESTRICTED, home, content.restricted_minerals(MINERALS, home, part, home[0])
                ),
            )
            for part in (0.0, 0.5, 1.0)
        ),
    ):
        assert friendly >= plain - 1e-15
    assert content.component_share(MIX, LOCAL, HERE, np.ones(3)) == pytest.approx(1.0)
    assert content.component_share(MIX, LOCAL, np.zeros(1), NOBODY) == 0.0


def test_batches_have_the_bits_of_single_cars() -> None:
    rng = np.random.default_rng(5)
    mix, home = rng.dirichlet(np.ones(3), 6), rng.uniform(0, 1, (6, 3))
    whole = content.component_share(mix, LOCAL, HERE, home)
    for r in range(6):
        assert same_bits(whole[r], content.component_share(mix[r], LOCAL, HERE, home[r]))
    minerals = content.restricted_minerals(MINERALS, home, 0.5, home[:, :1])
    whole = content.restricted_share(mix, RESTRICTED, home, minerals)
    for r in range(6):
        alone = content.restricted_minerals(MINERALS, home[r], 0.5, home[r, 0])
        assert same_bits(whole[r], content.restricted_share(mix[r], RESTRICTED, home[r], alone))
