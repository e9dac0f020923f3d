"""The nodes of an impact assessment: which duties and savings are looked at in the market of every pair of blocs.

A *pair* is an importer and its partner (axis p, in the order of ``Parties.directed``). A node is a duty *level* of the
importer on the partner's goods with the savings of a package. Nodes: 4 cuts x 4 savings, then the importer's own duty
grid, its answers to the partner's rises, the punishment duty, and a zero-emission announcement.

Several nodes share a duty level, and at most pairs the duty on cells moves nothing because the partner makes none. So
what cars cost is worked out once for every *slot*: a level of a pair whose partner makes cells, or just the pair.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.market.economy import Economy
from model.numerics import FloatArray, beside
from model.packages.menu import (
    N_DUTY,
    N_PLAIN_NODES,
    N_SAVINGS,
    N_STEP_NODES,
    RECOGNISED,
    STANDARDS_LAPSED,
    STANDARDS_SAVING,
    Menu,
    asked_nodes,
)
from model.parameters.checked import Parameters
from model.rules import unilateral
from model.vocabulary import BATTERY, EV, Parties

N_PACKAGE_NODES: Final = N_STEP_NODES
# Own grid {0, s-D, s, s+D, s+2D}: the middle point is package node 0 (no cut, no saving).
GRID_NODES: Final = (16, 17, 0, 18, 19)
ANSWER_NODES: Final = (20, 21)
PUNISH_NODE: Final = 22
ANNOUNCE_NODE: Final = 23
N_NODES: Final = N_PLAIN_NODES
_LEVEL_OF_NODE: Final = np.array([*(node // N_SAVINGS for node in range(N_PACKAGE_NODES)), 4, 5, 6, 7, 8, 9, 10, 0])
_SAVING_OF_NODE: Final = np.array([*(node % N_SAVINGS for node in range(N_PACKAGE_NODES)), *([0] * 8)])


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes to be evaluated, all pairs in one row (axis q), and the slots they need (axis l).

    pair, node, level (q,); is_recognised, is_adapted, is_announced (q,) flags; slot (q,); slot_pair, slot_level (l,),
    slots of pairs whose partner makes cells first, n_active of them; supplier (n_active, K) those makers, is_supplier
    (n_active, K) 1 where there are so many; place (p, 24) where each node is in the row. views: the nodes of pairs with
    access on the table, which are not in the row.
    """

    pair: np.ndarray
    node: np.ndarray
    level: np.ndarray
    is_recognised: FloatArray
    is_adapted: FloatArray
    is_announced: FloatArray
    slot: np.ndarray
    slot_pair: np.ndarray
    slot_level: np.ndarray
    n_active: int
    supplier: np.ndarray
    is_supplier: FloatArray
    place: np.ndarray
    views: tuple[View, ...] = ()

    @property
    def row(self) -> np.ndarray:
        """(q,) where each node is among all nodes of all pairs; those of the views come behind the others."""
        rows, first = [self.pair * N_NODES + self.node], len(self.place) * N_NODES
        for view in self.views:
            rows.append(first + view.nodes.node)
            first += N_NODES
        return np.concatenate(rows)


@dataclass(frozen=True, eq=False)
class View:
    """Nodes of one pair at one step of access, numbered as without access."""

    pair: int
    step: int
    nodes: Nodes


def everywhere(nodes: Nodes, values: FloatArray) -> FloatArray:
    """(n, f) values (q, f) at some nodes, placed among all nodes of all pairs, 0 at the others."""
    found = np.zeros((N_NODES * (len(nodes.place) + len(nodes.views)), values.shape[-1]))
    found[nodes.row] = values
    return found


def columns_of(step: int) -> slice:
    """Where the nodes of a step of access stand among those of their pair."""
    first = N_NODES + N_STEP_NODES * (step - 1)
    return slice(first, first + N_STEP_NODES) if step else slice(0, N_NODES)


def nodes_of(economy: Economy, wanted: np.ndarray | None = None, steps: Mapping[int, int] | None = None) -> Nodes:
    """The nodes marked in ``wanted`` (p, n), all of them by default; steps of access by pair, where it is on the table.

    n is 24, and 16 more for every step that any pair has.
    """
    parties = economy.parties
    n_pairs = parties.n_pairs
    if steps:
        n = N_NODES + N_STEP_NODES * max(steps.values())
        wanted = np.ones((n_pairs, n), dtype=bool) if wanted is None else wanted
        views = []
        for p, most in steps.items():
            for step in range(most + 1):
                own = np.zeros((n_pairs, N_NODES), dtype=bool)
                columns = columns_of(step)
                own[p, : columns.stop - columns.start] = wanted[p, columns]
                views.append(View(p, step, nodes_of(economy, own)))
        plain = wanted[:, :N_NODES].copy()
        plain[list(steps)] = False
        return dataclasses.replace(nodes_of(economy, plain), views=tuple(views))
    chosen = np.ones((n_pairs, N_NODES), dtype=bool) if wanted is None else wanted
    pair, node = np.nonzero(chosen)
    level = _LEVEL_OF_NODE[node]
    makes_cells = [np.flatnonzero(economy.is_supplier_home[:, j] > 0.0) for j in parties.partner]
    active = sorted({(int(p), int(v)) for p, v in zip(pair, level, strict=True) if makes_cells[p].size})
    slots = active + [(p, 0) for p in range(n_pairs) if not makes_cells[p].size]
    found = {slot: index for index, slot in enumerate(slots)}
    most = max([makers.size for makers in makes_cells] + [1])
    supplier, is_supplier = np.zeros((len(active), most), dtype=np.int64), np.zeros((len(active), most))
    for row, (p, _) in enumerate(active):
        supplier[row, : makes_cells[p].size], is_supplier[row, : makes_cells[p].size] = makes_cells[p], 1.0
    place = np.zeros((n_pairs, N_NODES), dtype=np.int64)
    for p in range(n_pairs):
        here = np.flatnonzero(pair == p)
        if here.size:
            place[p] = here[0]
            place[p, node[here]] = here
    saving = _SAVING_OF_NODE[node]
    return Nodes(
        pair=pair,
        node=node,
        level=level,
        is_recognised=(saving >> 1).astype(np.float64),
        is_adapted=(saving & 1).astype(np.float64),
        is_announced=(node == ANNOUNCE_NODE).astype(np.float64),
        slot=np.array(
            [found[p, v if makes_cells[p].size else 0] for p, v in zip(pair.tolist(), level.tolist(), strict=True)]
        ),
        slot_pair=np.array([p for p, _ in slots]),
        slot_level=np.array([v for _, v in slots]),
        n_active=len(active),
        supplier=supplier,
        is_supplier=is_supplier,
        place=place,
    )


def as_slice(index: np.ndarray) -> slice | np.ndarray:
    """The same places as a slice, which copies nothing: of one place where all are the same (it broadcasts), or of
    neighbours in order; otherwise the index itself."""
    first, last = int(index[0]), int(index[-1])
    if (index == first).all():
        return slice(first, first + 1)
    is_row = last - first + 1 == index.size and (np.diff(index) == 1).all()
    return slice(first, last + 1) if is_row else index


def blocks_of(nodes: Nodes, most: int) -> list[slice]:
    """The row of nodes in blocks of at most so many; small ones hold one pair, and slots that ``as_slice`` can name."""
    n_nodes = len(nodes.pair)
    if most >= n_nodes:
        return [slice(0, n_nodes)]
    pair, slot = nodes.pair.tolist(), nodes.slot.tolist()
    blocks, first, step = [], 0, None
    for q in range(1, n_nodes + 1):
        more = slot[q] - slot[q - 1] if q < n_nodes and pair[q] == pair[first] else -1
        if q - first >= most or more not in (0, 1) or (step is not None and more != step):
            blocks.append(slice(first, q))
            first, step = q, None
        else:
            step = more
    return blocks


def steps_of(parties: Parties, menus: tuple[Menu, ...]) -> dict[int, int]:
    """By pair with access on the table, the number of its steps."""
    menu_and_side = ((menus[parties.dyad_of[pair]], parties.side_of[pair]) for pair in parties.directed)
    most = [max(menu.positions[side]) // N_DUTY for menu, side in menu_and_side]
    return {pair: steps for pair, steps in enumerate(most) if steps}


def nodes_in_use(economy: Economy, parameters: Parameters, menus: tuple[Menu, ...]) -> Nodes:
    """The nodes that decisions under these menus can ask for."""
    parties = economy.parties
    steps = steps_of(parties, menus)
    wanted = np.zeros((parties.n_pairs, N_NODES + N_STEP_NODES * max(steps.values(), default=0)), dtype=bool)
    wanted[:, :N_SAVINGS] = True  # single issues are weighed whether or not they are on the menu
    wanted[:, [PUNISH_NODE, ANNOUNCE_NODE]] = True
    if parameters.unilateral_duties:
        wanted[:, [*GRID_NODES, *ANSWER_NODES]] = True
    for index, (importer, partner) in enumerate(parties.directed):
        menu, side = menus[parties.dyad_of[importer, partner]], parties.side_of[importer, partner]
        standards = np.union1d(menu.standards, STANDARDS_LAPSED[:, menu.standards])
        savings = STANDARDS_SAVING[standards, side]
        for saving in np.union1d(savings, savings | RECOGNISED):
            wanted[index, asked_nodes(np.array(menu.positions[side]), saving)] = True
    return nodes_of(economy, wanted, steps)


def level_duties(
    economy: Economy, parameters: Parameters, special: FloatArray, mfn_now: FloatArray, floor_now: FloatArray
) -> FloatArray:
    """(..., g, p, 11) duty of the importer on the partner's goods at every level.

    special (..., g, b, b) duties above MFN; mfn_now, floor_now (..., g, b, b) of this quarter. Where a duty case covers
    vehicles only, the battery duty stays.
    """
    importer, partner = economy.parties.importer, economy.parties.partner
    own = special[..., importer, partner]
    partner_ev = special[..., EV, partner, importer]
    vehicle = own[..., EV, :]
    grid = unilateral.duty_grid(vehicle, parameters.duty_step)
    rises = unilateral.duty_grid(partner_ev, parameters.duty_step)
    answers = [vehicle + parameters.retaliation_ratio * (rises[..., point] - partner_ev) for point in (3, 4)]
    goods = []
    for good in (EV, BATTERY):
        mfn = mfn_now[..., good, importer, partner]
        start = own[..., good, :]
        base = mfn + start
        room = base - np.minimum(floor_now[..., good, importer, partner], base)
        cuts = economy.cuts[good, importer, partner]
        covered = economy.case_covers[good, importer, partner]
        rates = [base - cuts[:, position] * room for position in range(1, cuts.shape[-1])]
        rates += [np.maximum(start + covered * (grid[..., point] - vehicle), 0.0) + mfn for point in (0, 1, 3, 4)]
        rates += [start + covered * (answer - vehicle) + mfn for answer in answers]
        rates.append(start * (1.0 + parameters.retaliation_ratio) + mfn)
        levels = beside(rates)
        goods.append(economy.charged(levels, mfn[..., None], (importer, partner, None)) if good == EV else levels)
    return beside(goods, axis=-3)
