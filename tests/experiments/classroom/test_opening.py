"""The first screen's game is a game like any other, and its cloud is the same choices under other luck."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.classroom.cloud import N_RUNS
from experiments.classroom.game import Game, Settings, read_moves
from experiments.classroom.opening import (
    OWN_DYADS,
    PLAYER,
    QUARTERS,
    ChoicesCloud,
    gained,
    moves,
    play_choices,
    read_choices,
)
from experiments.classroom.view import number
from model import BLOCS, DYADS, Ensemble, InputFault

LUCKS = [0, 2, 7, 311]


def totals(choices: str, luck: int) -> list[float]:
    """Running totals of the visitor's bloc in a run played alone, with the choices as moves."""
    game = Game(Settings(replicate=luck, quarters=QUARTERS), read_moves(moves(choices)))
    game.advance()
    total, found = 0.0, []
    for frame in game.model.recorder.frames:
        total += float(gained(frame["dyad"]))
        found.append(number(total))
    return found


@pytest.mark.parametrize("choices", ["KKKKK", "WWWWW", "KWKKW"])
def test_every_run_of_the_cloud_is_the_game_with_these_moves(choices: str) -> None:
    table = play_choices(Settings(quarters=QUARTERS), LUCKS, choices)["total"]
    assert [[row[k] for row in table] for k in range(len(LUCKS))] == [totals(choices, luck) for luck in LUCKS]


def test_choices_change_what_the_rules_alone_would_do() -> None:
    ensemble = Ensemble("2026", Settings().root_seed, LUCKS, keep=LUCKS, n_quarters=QUARTERS)
    (world,) = (world for _, world in ensemble.worlds())
    for _ in range(QUARTERS):
        world.step()
    rules = gained(world.recorder.frames[0]["dyad"])
    kept, left = (play_choices(Settings(), LUCKS, one * QUARTERS)["total"] for one in "KW")
    assert rules.shape == (len(LUCKS),)
    # To withdraw pays at once, to keep pays in the end: what the first screen asks.
    assert left[0][0] > kept[0][0] and all(k > w for k, w in zip(kept[-1], left[-1], strict=True))
    # The luck is the same: the first quarter begins from the same treaties whatever is chosen.
    assert kept[0] != left[0] and len({round(value, 6) for value in kept[-1]}) == len(LUCKS)


def test_the_visitor_s_bloc_has_two_treaties_to_keep() -> None:
    game = Game(Settings(quarters=1))
    game.advance()
    frame = game.model.recorder.frames[0]["dyad"]
    assert BLOCS[PLAYER] == "US" and [PLAYER in DYADS[d] for d in range(len(DYADS))] == [
        d in OWN_DYADS for d in range(3)
    ]
    assert all(frame["treaty"][d] > 0 for d in OWN_DYADS)
    assert [row[3] for row in moves("KW")] == ["keep"] * 4
    assert [row[5] for row in moves("KW")] == ["honour", "honour", "lapse", "lapse"]


@pytest.mark.parametrize("came", [None, 5, "", "KKKK", "KKKKKK", "KKKKX", "kkkkk", ["K"] * 5])
def test_other_choices_are_refused(came: Any) -> None:
    with pytest.raises(InputFault, match="each K or W"):
        read_choices(came)


def test_a_picture_of_choices_begins_with_the_own_luck() -> None:
    cloud = ChoicesCloud(Settings(replicate=3, quarters=QUARTERS), "KKKKK")
    assert cloud.view()["runs"] == 0 and cloud.view()["of"] == N_RUNS
    batch = cloud.next_batch(0.0)
    cloud.add({"total": [[float(luck + quarter) for luck in batch] for quarter in range(QUARTERS)]})
    seen = cloud.view()
    assert seen["runs"] == len(batch) and [row[0] for row in seen["totals"]] == [3.0, 4.0, 5.0, 6.0, 7.0]
    assert cloud.kind != ChoicesCloud(cloud.settings, "KKKKW").kind
