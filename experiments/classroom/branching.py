"""A run goes on under other parameters: what it has found so far is kept, what follows from parameters is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model import make_parameters


def change_parameters(world: Any, values: Mapping[str, Any]) -> None:
    """From now on a world, of either engine, plays under these values, by flat name, over those of its scenario.

    The world's own ``choose_rules`` derives anew whatever follows from parameters, so that no list of names is kept
    here. Only the markups that the next assessment starts from are carried over, or a change that changes nothing
    would move the last bits.

    Raises ``InputFault`` where a value is out of range.
    """
    nodes, found, ahead = world.nodes, world.last_markups, world.markups_ahead
    world.parameters = make_parameters({**world.scenario.parameters.changes(), **values})
    world.recorder.parameters = world.parameters
    world.choose_rules()
    opening = world.agenda.markup
    world.last_markups = _carried(found, nodes.row, world.nodes.row, opening)
    world.markups_ahead = _carried(ahead, nodes.row, world.nodes.row, opening)


def _carried(markups: np.ndarray, before: np.ndarray, after: np.ndarray, opening: np.ndarray) -> np.ndarray:
    """(..., q, f) markups at the nodes looked at from now on: those found, and the opening's where none were."""
    everywhere = np.broadcast_to(opening, (*markups.shape[:-2], *opening.shape)).copy()
    everywhere[..., before, :] = markups
    return np.asarray(everywhere[..., after, :])
