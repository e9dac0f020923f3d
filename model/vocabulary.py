"""Who and what exists: parties (blocs and the pairs they make), places, goods, issues, and the index maps between them.

Who the parties are follows from the scenario (``Parties``), as do the rosters of automakers and battery suppliers; the
constants ``BLOCS``, ``DYADS`` and their like are those of the three of the shipped tables. An array's axes are always
named by these letters, in this order, behind any leading axis:

======  =========================================  ========
letter  one element is                             length
======  =========================================  ========
b       a bloc (as a government)                   scenario
m       a market (a bloc as a place of sale)       as b
o       a place of production                      b + 1
g       a good                                     2
d       a dyad (unordered pair of blocs)           scenario
s       a side of a dyad (first, second)           2
u       an issue of a dyad                         10
f, k    an automaker, a battery supplier           scenario
======  =========================================  ========

Of three blocs there are 3 dyads and 6 pairs of importer and exporter; of n, n (n - 1) / 2 and twice as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Final

import numpy as np

GOODS: Final = ("ev", "battery")
EV: Final = 0
BATTERY: Final = 1
N_GOODS: Final = len(GOODS)
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

#: What blocs are called where a scenario does not say it, by code.
BLOC_NAMES: Final = {"CN": "China", "US": "United States", "EU": "European Union"}
#: How they are called inside a sentence, where that is not their name.
IN_A_SENTENCE: Final = {"United States": "the US", "European Union": "the EU"}
#: What votes on treaties, by code, where a scenario does not say it.
LEGISLATURES: Final = {
    "CN": "the Standing Committee of the National People's Congress",
    "US": "Congress",
    "EU": "the Council and Parliament",
}
#: What laws a government can have, as a scenario names them: its executive sets duties down to MFN alone, so that its
#: legislature votes on laws alone (US, Trade Act and emergency powers); its purchase credit has rules on content; its
#: makers are those that such rules call restricted entities; it requires a share of EVs by credits owed for every
#: combustion car (China), by a standard in steps as in US states, by one for fleets as in the EU.
EXECUTIVE_DUTIES, CONTENT_CREDIT, RESTRICTED = "executive_duties", "content_credit", "restricted_entities"
DUAL_CREDITS, STATE_STEPS, FLEET_STANDARD = "dual_credits", "state_steps", "fleet_standard"
LAWS: Final = (EXECUTIVE_DUTIES, CONTENT_CREDIT, RESTRICTED, DUAL_CREDITS, STATE_STEPS, FLEET_STANDARD)
#: Those that one government alone can have.
LAWS_OF_ONE: Final = (CONTENT_CREDIT, RESTRICTED)
#: Whose they are where a scenario names no governments of its own.
LAWS_OF_THREE: Final = {
    "CN": (RESTRICTED, DUAL_CREDITS),
    "US": (EXECUTIVE_DUTIES, CONTENT_CREDIT, STATE_STEPS),
    "EU": (FLEET_STANDARD,),
}
ELSEWHERE: Final = "other"  # the place of production that is nobody's
FEWEST_BLOCS, MOST_BLOCS = 2, 6


class Parties:
    """The governments of a scenario and what follows from there being these: frozen, the same while a run lasts.

    blocs: codes in order; names: what each is called, by code; silent: pairs of codes that never talk; legislatures:
    what votes there, in order; laws: what laws each has, in order, of ``LAWS``. Two are equal when these are.

    Indices: dyads, pairs (i, j) with i before j, in order; directed, (importer, exporter), both sides of each dyad in
    turn, of which importer and partner (p,) are the columns; thirds: the other blocs, (p,) n - 2 times, and elsewhere
    (p,) the place that is nobody's; pair_of: the place of (importer, exporter); dyad_of, side_of (b, b): the dyad of
    two blocs and the first one's side in it, -1 on the diagonal; own, other (d, s): who sits on each side and who
    opposite; talks (d,) whether a dyad's governments ever meet; credit_bloc, restricted_bloc: whose law it is, or
    -1.
    """

    def __init__(
        self,
        blocs: Iterable[str],
        names: Mapping[str, str] | None = None,
        silent: Iterable[tuple[str, str]] = (),
        legislatures: Mapping[str, str] | None = None,
        laws: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self.blocs = tuple(blocs)
        self.names = {code: (names or {}).get(code) or BLOC_NAMES.get(code, code) for code in self.blocs}
        told = {**LEGISLATURES, **(legislatures or {})}
        called = [IN_A_SENTENCE.get(name, name) for name in self.names.values()]
        self.legislatures = tuple(
            told.get(code, f"the legislature of {name}") for code, name in zip(self.blocs, called, strict=True)
        )
        self.places = (*self.blocs, ELSEWHERE)
        self.n_blocs, self.n_places = len(self.blocs), len(self.places)
        self.dyads = tuple(combinations(range(self.n_blocs), 2))
        self.dyad_names = tuple(f"{self.blocs[i]}-{self.blocs[j]}" for i, j in self.dyads)
        self.n_dyads = len(self.dyads)
        self.directed = tuple(pair for i, j in self.dyads for pair in ((i, j), (j, i)))
        self.directed_names = tuple(f"{self.blocs[i]}<{self.blocs[j]}" for i, j in self.directed)
        self.n_pairs = len(self.directed)
        self.pair_of = {pair: index for index, pair in enumerate(self.directed)}
        self.importer, self.partner = (np.array(side) for side in zip(*self.directed, strict=True))
        others = [[k for k in range(self.n_blocs) if k not in pair] for pair in self.directed]
        self.thirds = tuple(np.array(column) for column in zip(*others, strict=True))
        self.elsewhere = np.full(self.n_pairs, self.n_blocs)
        self.own = np.array(self.dyads)
        self.other = self.own[:, ::-1]
        self.dyad_of = np.full((self.n_blocs, self.n_blocs), -1, dtype=np.int64)
        self.side_of = np.full((self.n_blocs, self.n_blocs), -1, dtype=np.int64)
        for d, (i, j) in enumerate(self.dyads):
            self.dyad_of[i, j] = self.dyad_of[j, i] = d
            self.side_of[i, j], self.side_of[j, i] = 0, 1
        quiet = {frozenset(pair) for pair in silent}
        self.talks = np.array([frozenset((self.blocs[i], self.blocs[j])) not in quiet for i, j in self.dyads])
        self.all_talk = bool(self.talks.all())
        self.laws = tuple(frozenset((laws or {}).get(code, ())) for code in self.blocs)
        self.credit_bloc, self.restricted_bloc = ((*self.under(law), -1)[0] for law in LAWS_OF_ONE)
        for array in (*vars(self).values(), *self.thirds):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    def under(self, law: str) -> tuple[int, ...]:
        """The places of the blocs that have a law of ``LAWS``, in order."""
        return tuple(b for b, own in enumerate(self.laws) if law in own)

    def _what(self) -> tuple[object, ...]:
        return self.blocs, tuple(self.names.items()), self.legislatures, self.laws, self.talks.tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parties) and self._what() == other._what()

    def __hash__(self) -> int:
        return hash(self._what())

    def __repr__(self) -> str:
        return f"Parties({', '.join(self.blocs)})"


#: The three of the shipped tables.
THREE: Final = Parties(("CN", "US", "EU"), laws=LAWS_OF_THREE)
BLOCS: Final = THREE.blocs
PLACES: Final = THREE.places
DYADS: Final = THREE.dyads
DYAD_NAMES: Final = THREE.dyad_names
