"""Gestures and announcements in a run: made, kept, answered, flagged (theory 1.15)."""

from __future__ import annotations

import numpy as np
import pytest
import worlds
from of_three import N_DYADS

from model.negotiation import NegotiationModel
from model.packages.menu import own_steps
from model.vocabulary import BLOCS, DUTY, DYADS, LINKAGE, RECOGNITION, SUPPLY

#: Gestures as often as they may be.
BOLD = {"grit": True, "gesture_hazard": 0.2, "gesture_trust": 1.0}


# --- gestures (1.15) -------------------------------------------------------------------------------------------------


def test_own_steps_add_one_step_of_ones_own() -> None:
    menu = worlds.played("symmetric", replicate=0, quarters=1).agenda.menus[0]
    everything = (True,) * 10
    for side in (0, 1):
        for current in (0, int(menu.x_package[-1]), menu.n_packages - 1):
            steps = np.flatnonzero(own_steps(menu, everything, current, side))
            for package in steps:
                moved = np.flatnonzero(menu.held[package] != menu.held[current])
                assert moved.size == 1 and moved[0] in (DUTY + side, SUPPLY + side, RECOGNITION + side, LINKAGE + side)
        nothing_left = own_steps(menu, everything, menu.n_packages - 1, side)
        assert not nothing_left.any()
        first = menu.held[own_steps(menu, everything, 0, side)][:, DUTY + side]
        assert set(first.tolist()) <= {0, 2}  # from unbound straight to the first third


def test_gestures_are_made_kept_answered_or_lapse() -> None:
    texts: list[str] = []
    for replicate in range(4):
        world = NegotiationModel("symmetric", root_seed=1, replicate=replicate, narrate=True, **BOLD).run()
        texts += [line.text for line in world.story if line.topic == "gesture"]
        stands, treaty = (worlds.series(world, "dyad", name) > 0 for name in ("gesture", "treaty"))
        depth = worlds.series(world, "dyad", "depth")
        # A gesture is a concession that is really made, also where no treaty is in force.
        assert np.all(depth[stands & ~treaty] >= 0.0)
        for d in range(N_DYADS):
            runs = np.split(stands[d], np.flatnonzero(np.diff(stands[d].astype(int))) + 1)
            assert all(len(run) <= 4 * world.parameters.gesture_quarters for run in runs if run[0])
    for words in ("makes a gesture for a year", "answers the gesture in kind", "gesture lapses without an answer"):
        assert any(words in text for text in texts), words


@pytest.mark.slow
def test_a_gesture_ends_with_the_treaty_that_its_giver_does_not_keep() -> None:
    seen = 0
    for replicate in range(12):
        world = NegotiationModel("symmetric", root_seed=1, replicate=replicate, narrate=True, **BOLD, false_alarm=0.35)
        while world.running:
            told = len(world.story)
            world.step()
            for line in list(world.story)[told:]:
                if "does not keep the treaty in full" in line.text:
                    d = next(d for d, pair in enumerate(DYADS) if line.dyad == "-".join(BLOCS[b] for b in pair))
                    name = ("China", "the US", "the EU")[DYADS[d][int(world.state.gesture_side[d])]]
                    assert f"{name} does not keep" in line.text and world.state.gesture[d] == 0
                    seen += 1
    assert seen, "no giver broke its treaty"


def test_a_gesture_is_evidence_and_binds_only_its_giver() -> None:
    for replicate in range(20):
        world = NegotiationModel("symmetric", root_seed=1, replicate=replicate, narrate=False, **BOLD)
        while world.running:
            good, gestures = world.state.good.copy(), world.state.gesture.copy()
            world.step()
            made = np.flatnonzero((world.state.gesture > 0) & (gestures == 0) & (world.state.treaty == 0))
            for d in made:
                side = int(world.state.gesture_side[d])
                giver, other = DYADS[d][side], DYADS[d][1 - side]
                held = world.agenda.menus[d].held[int(world.state.gesture[d])]
                assert not held[[DUTY + 1 - side, SUPPLY + 1 - side, RECOGNITION + 1 - side]].any()
                lam, prior = world.parameters.trust_memory, world.state.prior_good[other, giver]
                expected = prior + lam * (good[other, giver] + world.parameters.gesture_weight - prior)
                assert world.state.good[other, giver] == pytest.approx(expected)
                return
    raise AssertionError("no gesture was made")


def test_no_gesture_without_doubt() -> None:
    for replicate in range(3):
        world = worlds.played("symmetric", replicate=replicate, grit=True, gesture_hazard=0.2, gesture_trust=0.0)
        assert not worlds.series(world, "dyad", "gesture").any()


# --- announcements (1.15) --------------------------------------------------------------------------------------------


def test_announcements_of_ones_own_good_are_flagged_as_harmony() -> None:
    kinds = set()
    for change in ({}, {"zev_cost": 0.0}):
        both = worlds.played("2026", replicate=0, **change)
        alone = worlds.played("2026", replicate=0, zev_coordination=False, **change)
        said, harmony = (worlds.series(both, "bloc", name) for name in ("announced", "announced_harmony"))
        assert np.all(harmony <= said)
        new = ~both.start.zev_announced[:, None]
        kinds |= {"coordinated"} if np.any(said * new > harmony) else set()
        kinds |= {"harmony"} if harmony.any() else set()
        # Without coordination every announcement made in the run is harmony.
        only, flagged = (worlds.series(alone, "bloc", name) for name in ("announced", "announced_harmony"))
        np.testing.assert_array_equal(only * new, flagged * new)
    assert kinds == {"coordinated", "harmony"}
