"""Export licences as an answer to a rise of duties: withheld, given again, and what that costs (second edition 3)."""

from __future__ import annotations

import numpy as np

from model.assessment.stakes import supply_harm, supply_stakes, withheld_costs
from model.layout import zeros
from model.numerics import FloatArray
from model.stage import Stage
from model.state import NOTHING_WITHHELD
from model.telling.outcomes import LicencesEnd
from model.vocabulary import EV


def withhold(world: Stage, exporter: int, importer: int, answers: np.ndarray) -> None:
    """Where an exporter answers (R,) a rise of the importer's duty, it may withhold licences until that is undone."""
    state, at = world.state, (slice(None), exporter, importer)
    begins = world.blocs[exporter].withholds(world.blocs[importer], answers) & np.isinf(state.withheld_above[at])
    if np.count_nonzero(begins):
        state.withheld_above[at] = np.where(begins, state.special[:, EV, importer, exporter], state.withheld_above[at])
        world.tell("licences_withheld", begins, exporter, importer)


def give_again(world: Stage) -> None:
    """Licences are given again once the duty is back where it was, or a treaty in force promises them."""
    state = world.state
    if not np.count_nonzero(world.rules.may_withhold):
        return
    for exporter, importer in world.parties.directed:
        at = (slice(None), exporter, importer)
        is_withheld = np.isfinite(state.withheld_above[at])
        if not np.count_nonzero(is_withheld):
            continue
        promised = world.blocs[exporter].promises_supply(int(world.parties.dyad_of[exporter, importer]))
        undone = state.special[:, EV, importer, exporter] <= state.withheld_above[at]
        ends = is_withheld & (promised | undone)
        how = np.where(promised, LicencesEnd.PROMISED, LicencesEnd.DUTY_UNDONE)
        state.withheld_above[at] = np.where(ends, NOTHING_WITHHELD, state.withheld_above[at])
        world.tell("licences_given", ends, exporter, importer, how)


def harm_now(world: Stage) -> FloatArray:
    """(R, b, b) bn$ that the column bloc loses this quarter by licences that the row bloc withholds."""
    books, p, n_blocs = world.state.books, world.parameters, world.parties.n_blocs
    if not np.count_nonzero(world.rules.may_withhold):
        return zeros(world.n_lanes, n_blocs, n_blocs)
    supply = supply_stakes(world.economy, p, world.scenario, books.cell_imports, books.ev_built)
    return supply_harm(world.economy, p, supply) * np.isfinite(world.state.withheld_above)


def weighed(world: Stage, supply: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Stakes in supply (R, d, giver) once a promise ends what is withheld, and (R, p, 5) ``Stakes.withheld``."""
    state, p, parties = world.state, world.parameters, world.parties
    if not np.count_nonzero(world.rules.may_withhold):
        return supply, None
    harm = np.zeros((world.n_lanes, 1, 1)) + supply_harm(world.economy, p, supply)
    promised = np.zeros(state.withheld_above.shape, dtype=bool)
    for d, pair in enumerate(parties.dyads):
        for side, b in enumerate(pair):
            promised[:, b, pair[1 - side]] = world.blocs[b].promises_supply(d)
    is_generous = world.setting("retaliation_rule", axes=1) == "generous"
    forgives = np.where(is_generous, world.setting("generosity", axes=1), 0.0)
    costs = withheld_costs(world.economy, p, harm, state.special[:, EV], state.withheld_above, promised, forgives)
    is_withheld = np.isfinite(state.withheld_above)[:, parties.own, parties.other]
    return np.where(is_withheld, harm[:, parties.own, parties.other], supply), costs
