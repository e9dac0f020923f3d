"""Blocs, dyads and issues: index maps that agree with each other."""

from __future__ import annotations

import numpy as np
import pytest

from model import vocabulary as v


def test_every_dyad_has_two_sides_and_every_pair_one_dyad() -> None:
    assert len(set(v.DYADS)) == v.N_DYADS == v.N_BLOCS * (v.N_BLOCS - 1) // 2
    for d, pair in enumerate(v.DYADS):
        assert list(pair) == sorted(pair)
        assert v.DYAD_NAMES[d] == "-".join(v.BLOCS[b] for b in pair)
        for side, b in enumerate(pair):
            assert v.DYAD_OF[b, pair[1 - side]] == d and v.SIDE_OF[b, pair[1 - side]] == side
    assert np.all(np.diag(v.DYAD_OF) == -1) and np.all(np.diag(v.SIDE_OF) == -1)


def test_directed_dyads_are_all_ordered_pairs() -> None:
    wanted = {(i, j) for i in range(v.N_BLOCS) for j in range(v.N_BLOCS) if i != j}
    assert set(v.DIRECTED_DYADS) == wanted and len(v.DIRECTED_DYADS) == len(wanted)
    assert v.DIRECTED_NAMES[0] == "CN<US"


def test_blocs_come_first_among_places() -> None:
    assert v.PLACES[: v.N_BLOCS] == v.BLOCS and len(v.PLACES) == v.N_PLACES
    assert set(v.BLOC_NAMES) == set(v.BLOCS)
    assert v.GOODS[v.EV] == "ev" and v.GOODS[v.BATTERY] == "battery"


@pytest.mark.parametrize("kind", [v.DUTY, v.SUPPLY, v.RECOGNITION, v.LINKAGE])
def test_two_sided_issues_stand_side_by_side(kind: int) -> None:
    first, second = v.ISSUES[kind], v.ISSUES[kind + 1]
    assert first.endswith("_first") and second == first.replace("_first", "_second")


def test_joint_issues_come_last_and_cuts_rise() -> None:
    assert v.ISSUES[v.CHARGING] == "charging" and v.ISSUES[v.TECHNOLOGY] == "technology"
    assert v.N_ISSUES == len(v.ISSUES) == v.TECHNOLOGY + 1
    assert len(v.DUTY_CUTS) == len(v.DUTY_POSITIONS)
    assert list(v.DUTY_CUTS) == sorted(v.DUTY_CUTS) and v.DUTY_CUTS[0] == 0.0 and v.DUTY_CUTS[-1] == 1.0
