"""The three blocs of the shipped scenarios by short names: numbers, indices, pairs, coalitions."""

from __future__ import annotations

from model.assessment.coalitions import of_blocs
from model.rules.clubs import coalitions
from model.vocabulary import THREE

N_BLOCS, N_PLACES, N_DYADS, N_PAIRS = THREE.n_blocs, THREE.n_places, THREE.n_dyads, THREE.n_pairs
DYAD_OF, SIDE_OF, PAIR_OF = THREE.dyad_of, THREE.side_of, THREE.pair_of
DIRECTED_DYADS, DIRECTED_NAMES = THREE.directed, THREE.directed_names
IMPORTER, PARTNER = THREE.importer, THREE.partner
(THIRD,) = THREE.thirds
COALITIONS = coalitions(N_BLOCS)
MEMBERS = of_blocs(N_BLOCS).members
