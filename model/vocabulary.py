"""Who and what exists: blocs, places, goods, dyads, issues, and the index maps between them.

Rosters of automakers and battery suppliers belong to a scenario; everything here is the same in every scenario.
An array's axes are always named by these letters, in this order, behind any leading axis:

======  =========================================  =======
letter  one element is                             length
======  =========================================  =======
b       a bloc (as a government)                   3
m       a market (a bloc as a place of sale)       3
o       a place of production                      4
g       a good                                     2
d       a dyad (unordered pair of blocs)           3
s       a side of a dyad (first, second)           2
u       an issue of a dyad                         10
f, k    an automaker, a battery supplier           scenario
======  =========================================  =======
"""

from __future__ import annotations

from typing import Final

import numpy as np

BLOCS: Final = ("CN", "US", "EU")
BLOC_NAMES: Final = {"CN": "China", "US": "United States", "EU": "European Union"}
PLACES: Final = ("CN", "US", "EU", "other")
GOODS: Final = ("ev", "battery")
EV: Final = 0
BATTERY: Final = 1

DYADS: Final = ((0, 1), (0, 2), (1, 2))
DYAD_NAMES: Final = ("CN-US", "CN-EU", "US-EU")

N_BLOCS: Final = len(BLOCS)
N_PLACES: Final = len(PLACES)
N_GOODS: Final = len(GOODS)
N_DYADS: Final = len(DYADS)
N_SIDES: Final = 2

# What can lie on a dyad's table. "_first" is given by the dyad's first bloc: its own duty cut, its assurance of supply,
# its recognition of the partner's certificates, its linkage concession. The last two are joint.
ISSUES: Final = (
    *(f"{issue}_{side}" for issue in ("duty", "supply", "recognition", "linkage") for side in ("first", "second")),
    *("charging", "technology"),
)
N_ISSUES: Final = len(ISSUES)
DUTY, SUPPLY, RECOGNITION, LINKAGE, CHARGING, TECHNOLOGY = 0, 2, 4, 6, 8, 9

# Positions of a duty issue: unbound, standstill (bound at today's rate), one third, two thirds, full.
DUTY_POSITIONS: Final = ("unbound", "standstill", "one third", "two thirds", "full")
# Cut y of each position (theory 1.6): the share of the way from the no-treaty duty to the floor.
DUTY_CUTS: Final = (0.0, 0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0)

# Access of brands at home in one bloc to another's market (second edition 3): kept out; those built in the market
# alone; so many cars a year built at home; at a minimum price each; like any other brand.
ACCESS: Final = ("closed", "local", "quota", "undertaking", "open")
# Beyond a quota nothing comes in, or what comes in pays the full duty.
BEYOND: Final = ("closed", "duty")

# DYAD_OF[i, j] is the dyad of blocs i and j; SIDE_OF[i, j] is i's side in it; the diagonal is -1.
DYAD_OF: Final = np.full((N_BLOCS, N_BLOCS), -1, dtype=np.int64)
SIDE_OF: Final = np.full((N_BLOCS, N_BLOCS), -1, dtype=np.int64)
for _d, (_i, _j) in enumerate(DYADS):
    DYAD_OF[_i, _j] = DYAD_OF[_j, _i] = _d
    SIDE_OF[_i, _j], SIDE_OF[_j, _i] = 0, 1

# Directed dyads (importer, exporter) in a fixed order: both sides of each dyad in turn.
DIRECTED_DYADS: Final = tuple(pair for i, j in DYADS for pair in ((i, j), (j, i)))
DIRECTED_NAMES: Final = tuple(f"{BLOCS[i]}<{BLOCS[j]}" for i, j in DIRECTED_DYADS)
