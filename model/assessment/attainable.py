"""What there is to gain: the best package that neither side would lose by (the yardstick of the measures).

How deep a treaty is says little where little is to be had. What is kept is therefore held against the largest joint
gain that a package of the scenario's full menu would give at today's state, whatever an experiment lets be tabled.
"""

from __future__ import annotations

import numpy as np

from model.numerics import FloatArray
from model.packages.menu import Menu
from model.packages.sums import Grid
from model.rules.bargaining import take


def over_nothing(value: Grid) -> Grid:
    """The gain from every package over no treaty."""
    return Grid(value.x - value.x[..., :1], value.y - value.y[..., :1])


def attainable_gain(menu: Menu, first: Grid, second: Grid) -> FloatArray:
    """(...) largest joint gain over no treaty of a package that leaves neither side worse off, bn$ per quarter.

    first, second: value of every package to each side, bn$ per quarter, with any leading axes.
    Limits: at least 0, what no treaty gives; never above the largest joint gain; no less with a larger menu.
    """
    gains = [over_nothing(side) for side in (first, second)]
    joint = Grid(gains[0].x + gains[1].x, gains[0].y + gains[1].y)
    lanes = np.broadcast_shapes(joint.x.shape[:-1], joint.y.shape[:-1])
    # The best for both together is as a rule also good for either; only where it is not are all packages looked at.
    best_x, best_y = (np.argmax(table, axis=-1) for table in (joint.x, joint.y))
    best = _taken(joint, best_x, best_y)
    is_fair = np.ones(lanes, dtype=bool)
    for gain in gains:
        is_fair &= _taken(gain, best_x, best_y) >= 0.0
    if bool(np.logical_and.reduce(is_fair, axis=None)):
        return best
    rest = np.flatnonzero(~is_fair.reshape(-1))
    own, other = (_in_lanes(gain, rest, lanes).spread(menu) for gain in gains)
    fair = np.where((own >= 0.0) & (other >= 0.0), own + other, 0.0)
    result = best.reshape(-1).copy()
    result[rest] = np.maximum.reduce(fair, axis=-1)
    return result.reshape(lanes)


def _taken(grid: Grid, x: np.ndarray, y: np.ndarray) -> FloatArray:
    """(...) the entries of both tables at one place a lane, added."""
    return np.asarray(take(grid.x, x) + take(grid.y, y))


def _in_lanes(grid: Grid, rest: np.ndarray, lanes: tuple[int, ...]) -> Grid:
    """Some lanes of a grid, counted over all leading axes."""
    tables = [np.broadcast_to(table, (*lanes, table.shape[-1])) for table in (grid.x, grid.y)]
    x, y = (table.reshape(-1, table.shape[-1])[rest] for table in tables)
    return Grid(x, y)
