"""A run goes on under other parameters: what it has found so far is kept, what follows from parameters is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model import World, make_parameters


def change_parameters(world: World, values: Mapping[str, Any]) -> None:
    """From now on a world plays under these values, by flat name, over those of its scenario.

    Raises ``InputFault`` where a value is out of range.
    """
    world.follow(make_parameters({**world.scenario.parameters.changes(), **values}))
