"""Blocs, dyads and issues: index maps that agree with each other."""

from __future__ import annotations

import numpy as np
import pytest

from model import vocabulary as v

ANY = pytest.mark.parametrize("n", [2, 3, 4, 6])


def parties(n: int) -> v.Parties:
    return v.Parties([*v.BLOCS, "JP", "KR", "IN"][:n])


@ANY
def test_every_dyad_has_two_sides_and_every_pair_one_dyad(n: int) -> None:
    own = parties(n)
    assert len(set(own.dyads)) == own.n_dyads == n * (n - 1) // 2
    for d, pair in enumerate(own.dyads):
        assert list(pair) == sorted(pair) == list(own.own[d]) == list(own.other[d])[::-1]
        assert own.dyad_names[d] == "-".join(own.blocs[b] for b in pair)
        for side, b in enumerate(pair):
            assert own.dyad_of[b, pair[1 - side]] == d and own.side_of[b, pair[1 - side]] == side
    assert np.all(np.diag(own.dyad_of) == -1) and np.all(np.diag(own.side_of) == -1)


@ANY
def test_directed_dyads_are_all_ordered_pairs(n: int) -> None:
    own = parties(n)
    wanted = {(i, j) for i in range(n) for j in range(n) if i != j}
    assert set(own.directed) == wanted and len(own.directed) == len(wanted) == own.n_pairs
    assert own.directed_names[0] == "CN<US"
    for p, (i, j) in enumerate(own.directed):
        assert own.pair_of[i, j] == p and own.importer[p] == i and own.partner[p] == j
        assert {int(column[p]) for column in own.thirds} == set(range(n)) - {i, j}


@ANY
def test_blocs_come_first_among_places(n: int) -> None:
    own = parties(n)
    assert own.places == (*own.blocs, v.ELSEWHERE) and len(own.places) == own.n_places == n + 1
    assert set(own.names) == set(own.blocs)


def test_a_law_is_whose_the_scenario_says() -> None:
    own = v.Parties(["JP", "KR", "IN"], laws={"KR": [v.CONTENT_CREDIT, v.STATE_STEPS], "IN": [v.STATE_STEPS]})
    assert own.under(v.STATE_STEPS) == (1, 2) and own.under(v.DUAL_CREDITS) == ()
    assert (own.credit_bloc, own.restricted_bloc) == (1, -1)
    assert (v.THREE.credit_bloc, v.THREE.restricted_bloc) == (1, 0)


def test_parties_are_the_same_when_they_say_the_same() -> None:
    three = v.Parties(v.BLOCS, laws=v.LAWS_OF_THREE)
    assert three == v.THREE and hash(three) == hash(v.THREE) and parties(3) != v.THREE
    quiet = v.Parties(v.BLOCS, silent=[("US", "CN")])
    assert quiet != v.THREE and list(quiet.talks) == [False, True, True] and not quiet.all_talk
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
