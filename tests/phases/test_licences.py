"""Export licences as an answer to a rise of duties: threatened, withheld, given again; what they cost and deter."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import worlds
from of_three import DIRECTED_DYADS, DYAD_OF

from model.assessment.nodes import GRID_NODES
from model.assessment.stakes import supply_harm
from model.ensemble import Ensemble
from model.negotiation import NegotiationModel
from model.phases import accounts
from model.record import columns

CN, US, EU = range(3)
TOWARDS_EU, TOWARDS_US = (DIRECTED_DYADS.index(pair) for pair in ((EU, CN), (US, CN)))
#: Duties move often, so that there is something to answer.
RISES = {"export_licences": True, "opening_hazard": 0.6, "emergency_hazard": 0.05, "generosity": 0.0}
NO_TREATIES = {**RISES, **worlds.NOTHING_ON_THE_TABLE}


def test_they_are_withheld_from_the_rise_on_until_it_is_undone() -> None:
    seen, undone = 0, 0
    for replicate in range(6):
        world = worlds.played("2026", replicate=replicate, quarters=24, **NO_TREATIES)
        withheld, special = (worlds.series(world, "directed", column) for column in ("withheld", "special_ev"))
        # Only who holds a licence withholds it: China, here.
        assert not np.delete(withheld, [TOWARDS_EU, TOWARDS_US], axis=0).any()
        on, duty = withheld[TOWARDS_EU] > 0.0, special[TOWARDS_EU]
        begins = np.flatnonzero(on[1:] & ~on[:-1]) + 1
        for t in begins:
            assert duty[t] > duty[t - 1]
            later = np.flatnonzero(~on[t:])
            end = t + int(later[0]) if later.size else on.size
            assert (duty[t : end - 1] > duty[t - 1]).all()
            # Nobody reads a duty of this quarter before it is over.
            undone += bool(later.size) and duty[end - 1] <= duty[t - 1]
            seen += 1
    assert seen and undone


def test_a_rise_costs_what_is_lost_while_they_are_withheld() -> None:
    """The first assessment with them is that without, less the harm where the EU would raise; not the US: promised."""
    with_them, without = (
        worlds.played("2026", quarters=1, export_licences=on, generosity=0.25).world for on in (True, False)
    )
    gains = [world.known().move_gain[0] for world in (without, with_them)]
    p = with_them.parameters
    supply = with_them.agenda.supply_stake[None]
    harm = supply_harm(with_them.economy, p, supply)[0, CN, EU]
    expected = np.zeros((6, 5))
    expected[TOWARDS_EU, 3:] = 0.75 * harm
    assert harm == pytest.approx(supply[0, DYAD_OF[CN, EU], 0] / p.supply_restricted_share) and harm > 0.1
    np.testing.assert_allclose(gains[0] - gains[1], expected, atol=1e-12)
    assert len(GRID_NODES) == 5


def test_what_is_withheld_costs_who_needs_it_and_nobody_else() -> None:
    found = 0
    for replicate in range(6):
        world = NegotiationModel("2026", 1, replicate, narrate=False, **NO_TREATIES).world
        for _ in range(20):
            world.step()
            withheld = columns.directed(world)["withheld"][0]
            if withheld.any():
                found += 1
                lost = np.array([0.0, withheld[TOWARDS_US], withheld[TOWARDS_EU]])
                before, books, rules = world.state.welfare.welfare[0], world.booked(), world.rules
                world.rules = dataclasses.replace(rules, may_withhold=np.zeros((3, 3), dtype=bool))
                free = accounts._welfare(world, books).welfare[0]
                world.rules = rules
                np.testing.assert_allclose(free - before, lost, rtol=1e-12, atol=1e-12)
    assert found


def test_a_promise_is_kept_and_a_treaty_that_promises_ends_it() -> None:
    together = Ensemble("2026", root_seed=9, replicates=40, keep=list(range(40)), parameters=RISES, n_quarters=24).run()
    promised_ends = 0
    for record in together.records.values():
        withheld = record.series("directed", "withheld")[[TOWARDS_US, TOWARDS_EU]] > 0.0
        promised = record.series("dyad", "kept_supply_first")[[DYAD_OF[CN, US], DYAD_OF[CN, EU]]] > 0.0
        assert not (withheld & promised).any()
        promised_ends += int((withheld[:, :-1] & promised[:, 1:]).sum())
    assert promised_ends


def test_the_story_tells_the_threat_the_act_and_its_end() -> None:
    # So little to lose that a rise is still worth a case; and no treaties, so that only the duty's end ends it.
    light = {**RISES, "supply_scale": 0.05, "security_scale": 2.0}
    runs = [(replicate, change) for replicate in range(4) for change in (light, NO_TREATIES)]
    told = [line.text for r, change in runs for line in NegotiationModel("2026", 3, r, **change).run().story]
    assert "China threatens to withhold export licences from the EU." in told
    assert "China withholds export licences from the EU, in answer to its duty." in told
    ends = {text.split(": ")[1] for text in told if "licences again" in text}
    assert ends == {"as the treaty says.", "the duty is back where it was."}
