"""Worlds that nobody holds any more are gone, whatever version of Mesa numbers their agents."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from typing import Any, ClassVar

import mesa
import pytest

from model import Ensemble, NegotiationModel, World
from model.world import MOST_WAITING

# The most memory that a process has had, after 10 worlds and after 50 (MB).
PLAYED = """
import gc, resource, sys
from model import NegotiationModel

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)

for replicate in range(50):
    world = NegotiationModel("symmetric", 1, replicate)
    for _ in range(10):
        world.step()
    del world
    gc.collect()
    if replicate == 9:
        before = most()
print(most() - before)
"""


def test_a_world_that_was_played_can_be_collected() -> None:
    worlds = [NegotiationModel("symmetric", 1, replicate) for replicate in range(3)]
    for world in worlds:
        world.step()
    held = [weakref.ref(world) for world in worlds]
    held += [weakref.ref(agent) for world in worlds for agent in world.agents]
    del world, worlds
    gc.collect()
    assert len(held) > 30
    assert [one for one in held if one() is not None] == []


class Counted(World):
    """A world that counts, when it is made, those of its kind that are still there."""

    made: ClassVar[list[weakref.ref[World]]] = []
    most = 1

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.made.append(weakref.ref(self))
        assert sum(one() is not None for one in self.made) <= self.most


@pytest.mark.parametrize("by_hand", [False, True])
def test_blocks_do_not_wait_for_the_collector(by_hand: bool) -> None:
    # By hand: the last one, and as many lanes as may wait.
    kind = type("Fresh", (Counted,), {"made": [], "most": 1 + MOST_WAITING // 100 if by_hand else 1})
    blocks = Ensemble("symmetric", replicates=1000, lanes=100, n_quarters=1, world=kind)
    gc.disable()
    try:
        if not by_hand:
            blocks.run()
        else:
            for _, world in blocks.worlds():
                world.run()
                del world
    finally:
        gc.enable()
    assert len(kind.made) == 10


def test_agents_are_numbered_from_one_in_every_model_and_on() -> None:
    for replicate in range(2):
        world = NegotiationModel("symmetric", 1, replicate, narrate=False)
        numbers = [agent.unique_id for agent in world.agents]
        assert numbers == list(range(1, len(numbers) + 1))
        assert mesa.Agent(world).unique_id == len(numbers) + 1


@pytest.mark.slow
def test_fifty_worlds_take_no_more_memory_than_ten() -> None:
    pytest.importorskip("resource")
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PLAYED], env=surroundings, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 8.0  # 40 worlds that stay take four times as much
