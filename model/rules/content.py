"""Local content: where a car's cells and minerals come from, by the allowed set of a credit's rules.

Theory 1.18. A credit comes in two halves, one for minerals and one for components, each if the share from the *allowed
set* of places is large enough; both go if the car is assembled outside the set, or with cells or minerals of a
restricted entity. Friendshoring puts a partner into the set. ``policy.purchase_credit`` has the credit itself; here are
its shares.

Shapes: ``...`` leading axes; suppliers (k) on the last axis. Shares are fractions.
"""

from __future__ import annotations

import numpy as np

from model.numerics import FloatArray, FloatLike, ordered_sum


def component_share(mix: FloatArray, local: FloatArray, here: FloatArray, home: FloatArray) -> FloatArray:
    """Share of a car's cells that are made at allowed places, fraction (...).

    mix: (..., k), suppliers' shares in the cells, adding to one. local: (..., k), part of a supplier's deliveries to
    the place of assembly that is built there; the rest comes from its home. here: (..., 1), 1 if the place of assembly
    is allowed. home: (..., k), 1 if a supplier's home is allowed. Both may lie between: partly allowed.
    Limits: 0 if nothing is allowed; 1 if all is; rises as the set grows.
    Source: theory 1.18; Inflation Reduction Act 2022, section 13401 (components by place of manufacture).
    """
    return ordered_sum(mix * (local * here + (1.0 - local) * home))


def mineral_share(mix: FloatArray, allowed: FloatArray, home: FloatArray) -> FloatArray:
    """Share of the minerals' value that comes from allowed sources, fraction (...).

    mix: (..., k), as above. allowed: (..., k), part of a supplier's minerals that the rules allow anyway. home:
    (..., k), 1 if a supplier's home is allowed: its minerals then all count.
    Limits: the rules' own share with no friend; 1 if all homes are allowed.
    Source: theory 1.18; Inflation Reduction Act 2022, section 13401 (free-trade partners).
    """
    return ordered_sum(mix * np.maximum(allowed, home))


def restricted_minerals(allowed: FloatArray, home: FloatArray, part: FloatLike, friend: FloatLike) -> FloatArray:
    """Share of a supplier's minerals that restricted entities extract or process, fraction (..., k).

    allowed: (..., k), part of its minerals that the rules allow anyway. home: (..., k), 1 if its home is allowed: its
    minerals then all count. part: (...), share of restricted entities in minerals from outside the allowed sources, in
    [0, 1]; 0 before the rule. friend: (...), 1 if the restricted home is allowed now.
    Limits: 0 for minerals that are all allowed, and for everybody's once the restricted home is allowed.
    Source: theory 1.18 (restricted-entity rule on minerals from 2025); the part is an assumption.
    """
    return part * (1.0 - np.maximum(allowed, home)) * (1.0 - friend)


def restricted_share(mix: FloatArray, restricted: FloatArray, home: FloatArray, minerals: FloatArray) -> FloatArray:
    """Share of a car's cells by restricted makers or with their minerals, fraction (...): its cars without a credit.

    mix: (..., k), as above. restricted: (..., k), 1 for a maker of a restricted home. home: (..., k), 1 if that home is
    allowed now. minerals: (..., k), ``restricted_minerals``: that part of a maker's cells is booked as made of them, as
    makers may allocate minerals to cells.
    Limits: 0 without such cells and minerals or once their home is allowed; a cell that is barred for its maker is not
    barred again for its minerals.
    Source: theory 1.18 (restricted-entity rule from 2024 on components, from 2025 on minerals).
    """
    maker = restricted * (1.0 - home)
    return ordered_sum(mix * (maker + (1.0 - maker) * minerals))
