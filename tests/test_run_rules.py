"""What parameters come to: the largest depth of an arm is that of a package that it allows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model import DYADS, NegotiationModel
from model.packages.menu import negotiable
from model.vocabulary import DUTY, RECOGNITION

OFF: dict[str, dict[str, Any]] = {
    "everything": {},
    "no recognition": {"recognition_issues": False},
    "no duties": {"tariff_issues": False},
    "no charging": {"charging_issues": False, "supply_issues": False},
}


@pytest.mark.parametrize("scenario", ["2026", "symmetric"])
@pytest.mark.parametrize("arm", OFF)
def test_the_ceiling_is_the_depth_of_a_package_that_the_arm_allows(scenario: str, arm: str) -> None:
    model = NegotiationModel(scenario, root_seed=1, replicate=0, **OFF[arm])
    agenda, rules = model.agenda, model.world.rules
    for d in range(len(DYADS)):
        menu, best = agenda.menus[d], 0.0
        allowed = negotiable(menu, rules.on_table.allowed[0], int(agenda.treaty[d]))
        for package in np.flatnonzero(allowed).tolist():
            # By hand: what is kept of every issue, a bound duty counting a tenth at least (theory 2.1).
            kept = agenda.levels[d][package].copy()
            for side in (0, 1):
                if menu.coordinates[package, side] > 0:
                    kept[DUTY + side] = max(kept[DUTY + side], 0.1)
            best = max(best, float(np.dot(kept, agenda.weights[d])))
        assert rules.on_table.ceiling[d] == pytest.approx(best, abs=1e-12)


def test_with_every_issue_on_the_table_depth_can_be_whole() -> None:
    model = NegotiationModel("2026", root_seed=1, replicate=0)
    np.testing.assert_allclose(model.world.rules.on_table.ceiling, 1.0, atol=1e-12)
    # China and the EU: one of two recognitions is active beside charging, and both fit into one package.
    assert model.agenda.active[1, RECOGNITION : RECOGNITION + 2].sum() == 1
