"""Impact assessments: what every policy that can be discussed is worth in every market (theory 1.7, 1.21).

Payoffs are additive over markets, and a package touches a market only through the importer's duty on its partner and
through two cost savings. So each importer-partner pair is evaluated once at a fixed list of *nodes*, each at the price
fixed point with everything else as it is, and a package is valued by adding entries of these tables. Nothing is
interpolated. Learning, plants and networks are held fixed (myopic governments).

Nodes of a pair (``nodes``): 4 cuts x 4 savings, then the importer's own duty grid, its answers to the partner's
rises, the punishment duty, and a zero-emission announcement. What cars cost at a duty level is in ``costs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.assessment.costs import Situation, cars_by_level, cells_by_level
from model.assessment.nodes import Nodes, blocks_of, level_duties, nodes_of
from model.assessment.sales import At, Look, Sales, has_kernel, meeting, sales_at
from model.layout import laid_like
from model.market.economy import Economy
from model.numerics import FloatArray, FloatLike, beside
from model.parameters.checked import Parameters
from model.rules import demand, welfare
from model.vocabulary import BATTERY, EV

#: Numbers (lanes times nodes times firms) worked on at once, so that the arrays of a block stay in the processor's
#: cache. Same bits for any size. Runs of 512 lanes, 2 MB of cache: as fast with half as many, 5 to 6 % slower with a
#: quarter or with four times as many.
BLOCK: Final = 64_000


@dataclass(frozen=True)
class Tables:
    """Payoffs in the importer's market at every node, bn$ per quarter; axis p is the importer-partner pair.

    welfare, profit (..., p, n, 2): of importer and of partner, before security cost; vehicle_share, cell_share
    (..., p, n, n_blocs - 1): share of the importer's market that depends on the partner and on each third bloc;
    supplier_profit (..., p, n, 2) of importer's and partner's; ev_share (..., p, n). In the order of ``nodes``, where
    all pairs' nodes are in one row: firm_profit (..., q, f); markup (..., q, f), kept to start the next assessment
    from; residual (..., q) of the price equations, k$. A node that was not asked for shows its pair's first.
    """

    nodes: Nodes
    welfare: FloatArray
    profit: FloatArray
    vehicle_share: FloatArray
    cell_share: FloatArray
    supplier_profit: FloatArray
    ev_share: FloatArray
    firm_profit: FloatArray
    markup: FloatArray
    residual: FloatArray


#: Results at a block of nodes by field of ``Tables``, a column each: (..., q), those of ``BY_FIRM`` (..., q, f).
Market = dict[str, list[FloatArray]]
BY_FIRM: Final = ("firm_profit", "markup")
#: Of the importer, of the partner, and where it is about dependence of third blocs.
OF_SIDES: Final = ("welfare", "profit", "vehicle_share", "cell_share", "supplier_profit")


def assess(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    start: FloatArray | None,
    sweeps: int,
    nodes: Nodes | None = None,
) -> Tables:
    """Evaluate nodes of every pair at the price fixed point.

    ``start`` (..., q, f) are the markups of the last assessment, or None for a cold start; ``sweeps`` Newton sweeps
    are made; ``nodes`` are those to look at, all of them by default.
    """
    if nodes is None:
        nodes = nodes_of(economy)
    duty = level_duties(economy, parameters, situation.special, situation.mfn, situation.floor)
    cells = cells_by_level(economy, parameters, situation, nodes, duty[..., BATTERY, nodes.slot_pair, nodes.slot_level])
    cars = cars_by_level(economy, parameters, situation, nodes, cells)
    vehicle_duty = duty[..., EV, nodes.pair, nodes.level]
    n_lanes = max(1, situation.utility.size // (situation.utility.shape[-2] * situation.utility.shape[-1]))
    # The kernel works in bundles of its own, all nodes at once.
    most = len(nodes.pair) if has_kernel(situation) else max(1, BLOCK // (n_lanes * situation.utility.shape[-1]))
    # Where there is a quota, a block holds one pair.
    blocks = blocks_of(nodes, most if situation.gates is None else min(most, len(nodes.pair) - 1))
    found: Market | None = None
    for block in blocks:
        before = None if start is None else start[..., block, :]
        of_block = (meeting(economy, nodes, block), vehicle_duty[..., block], before, sweeps)
        part = _market(Look(economy, parameters, situation, nodes, block, cars, *of_block))
        if len(blocks) == 1:
            found = part
            break
        found = _room_for(part, len(nodes.pair)) if found is None else found
        for name, columns in part.items():
            for whole, values in zip(found[name], columns, strict=True):
                whole[(..., block, slice(None)) if name in BY_FIRM else (..., block)] = values
    assert found is not None
    (ev_share,), (firm_profit,), (markup,), (residual,) = (
        found[name] for name in ("ev_share", "firm_profit", "markup", "residual")
    )
    return Tables(
        nodes=nodes,
        **{name: beside([column[..., nodes.place] for column in found[name]]) for name in OF_SIDES},
        ev_share=ev_share[..., nodes.place],
        firm_profit=firm_profit,
        markup=markup,
        residual=residual,
    )


def _room_for(part: Market, n_nodes: int) -> Market:
    """Room for the results at so many nodes, laid out like those of a block: replicates fastest in memory."""
    room: Market = {}
    for name, columns in part.items():
        room[name] = [laid_like(values, -2 if name in BY_FIRM else -1, n_nodes) for values in columns]
    return room


def _market(look: Look) -> Market:
    """The importer's market at some nodes, and what everybody has from it; axes (..., q, f) or (..., q)."""
    economy, parameters, situation, nodes, block, _, at, *_ = look
    size, alpha = economy.market_size[at.importer], parameters.alpha[at.importer]
    sold = sales_at(look)
    importer_only = (
        demand.consumer_surplus(size, sold.inclusive, alpha)
        # An announcement moves what people buy, not what cars are worth to them: its own utility is no surplus.
        - nodes.is_announced[block] * parameters.zev_demand_shift / alpha * sold.total
        + sold.revenue
        - (1.0 + parameters.public_funds_cost) * sold.support
    )
    for charged in sold.charged:
        importer_only = importer_only + charged
    if sold.credits is not None:
        burden, fines = sold.credits
        importer_only = importer_only - burden + fines
    own, other = (_seat(economy, parameters, situation, at, sold, size * sold.outside, seat) for seat in (0, 1))
    return {
        "welfare": [own[0] + importer_only, other[0]],
        "profit": [own[1], other[1]],
        "supplier_profit": [own[2], other[2]],
        # Dependence of the importer's car market on the partner and on third blocs.
        "vehicle_share": [cars_sold / size for cars_sold in (sold.partner, *sold.thirds)],
        "cell_share": [
            on_cells / size + situation.exported_cells[..., at.importer, whom]
            for on_cells, whom in zip(sold.on_cells, (at.partner, *at.thirds), strict=True)
        ],
        "ev_share": [sold.total / size],
        "residual": [sold.residual],
        "firm_profit": [sold.firm_profit],
        "markup": [sold.markup],
    }


def _seat(
    economy: Economy,
    parameters: Parameters,
    situation: Situation,
    at: At,
    sold: Sales,
    combustion: FloatArray,
    seat: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the importer (seat 0) or its partner has, without what is the importer's alone: welfare, profit of its firms
    and of its suppliers among them, (..., q) bn$; combustion (..., q) m cars."""
    who = (at.importer, at.partner)[seat]
    cells = sold.cells[seat]
    profit = (
        sold.makers[seat]
        + cells
        + combustion * (economy.ice_share[at.importer, who] * parameters.ice_margin[at.importer])
    )
    built = (sold.home, sold.partner)[seat]

    def climate(tonnes: FloatLike, cars_or_tonnes: FloatArray) -> FloatArray:
        return welfare.climate_benefit(
            parameters.carbon_share[who], parameters.social_cost_of_carbon, tonnes, cars_or_tonnes
        )

    spared = climate(parameters.emissions_saved_per_ev[at.importer], sold.total)
    value = profit + welfare.jobs(parameters.jobs_value, built) + spared
    if situation.member_step is not None:
        receipts, abated = situation.member_step.receipts, situation.member_step.abated
        tonnes = sold.home * abated[..., at.importer] + sold.partner * abated[..., at.partner]
        for third, of_third in zip(at.thirds, sold.thirds, strict=True):
            tonnes = tonnes + of_third * abated[..., third]
        value = value + receipts[..., who] * built + climate(1.0, tonnes)
    return value, profit, cells


def security_flow(
    economy: Economy, parameters: Parameters, tables: Tables, security: FloatArray, tension: FloatArray
) -> FloatArray:
    """(..., p, n) security cost the importer sees at every node, bn$ per quarter (theory 1.4).

    security (..., g, b, b) directed marginal cost in k$ per car; tension (..., d) in (0, 1), the effective one.
    """
    cost, parties = np.zeros_like(tables.ev_share), economy.parties
    importer = parties.importer
    for column, whom in enumerate((parties.partner, *parties.thirds)):
        cost = cost + welfare.security_cost(
            tension[..., parties.dyad_of[importer, whom]][..., None],
            economy.market_size[importer][:, None],
            tables.vehicle_share[..., column],
            tables.cell_share[..., column],
            security[..., EV, importer, whom][..., None],
            security[..., BATTERY, importer, whom][..., None],
            parameters.security_convexity,
        )
    return cost
