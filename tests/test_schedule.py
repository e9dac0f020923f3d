"""One quarter, one page: the phases of theory 1.20, each once, in order."""

from __future__ import annotations

import copy
import inspect
import re
from typing import Any

import numpy as np
import worlds

from model.negotiation import NegotiationModel
from model.schedule import play_quarter
from model.world import World

ORDER = [
    "enter_into_force", "see_events", "renew_costs", "hold_talks", "assess_impact", "perceive",
    "move_alone", "bargain", "ratify", "honour_or_withdraw", "put_duties_in_force",
    "clear_markets", "settle_accounts", "watch_conduct", "leave_treaties", "hold_club", "record_quarter",
]  # fmt: skip


class Diary:
    """A world that writes down what it is asked to do."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda: self.asked.append(name)


def test_a_quarter_is_these_phases_in_this_order() -> None:
    diary = Diary()
    play_quarter(diary)
    assert diary.asked == ORDER


def test_the_page_says_what_every_phase_does() -> None:
    for name in ORDER:
        assert re.search(rf"\bworld\.{name}\(\)  # \w.+\.$", inspect.getsource(play_quarter), re.MULTILINE), name
        assert (getattr(World, name).__doc__ or "").strip(), name


def test_a_step_is_a_quarter_and_a_collection() -> None:
    world = NegotiationModel("symmetric", root_seed=1, replicate=0, narrate=False)
    seen = []
    for name in ORDER:
        whole = getattr(world.world, name)
        setattr(world.world, name, lambda whole=whole, name=name: (seen.append(name), whole())[1])
    world.step()
    assert seen == ORDER and world.state.quarter == 1
    assert worlds.same_record(world, worlds.played("symmetric", quarters=1)) == []


def test_the_order_of_agents_does_not_matter() -> None:
    world = NegotiationModel("2026", root_seed=1, replicate=0, narrate=False)
    # Dyads act one after another, but on the state at the start of the phase: review duties the other way round.
    forward, act = world.world.parties, world.world.move_alone
    backward = copy.copy(forward)
    backward.directed = tuple(reversed(forward.directed))

    def move_alone() -> None:
        world.world.parties = backward
        act()
        world.world.parties = forward

    world.world.move_alone = move_alone  # type: ignore[method-assign]
    world.run()
    assert worlds.same_record(world, worlds.played("2026")) == []
    assert np.array_equal(world.state.special, worlds.played("2026").state.special)
