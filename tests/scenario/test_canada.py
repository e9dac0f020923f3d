"""Canada, China and the US in January 2026: the deal of 16 January is in the zone of agreement and often signed."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from model.ensemble import Ensemble
from model.negotiation import NegotiationModel
from model.packages.sums import chosen_flows
from model.scenario.scenario import load_scenario
from model.start.starting_point import known_scenario, starting_point
from model.vocabulary import BATTERY, EV
from model.world import World

CN, US, CA = range(3)
N_DRAWS = 40


def quarter(**change: float) -> World:
    parameters = known_scenario("canada-2026").parameters.with_overrides(change)
    world = World("canada-2026", parameters, 7, range(N_DRAWS), n_quarters=4)
    world.step()
    return world


def the_deal(world: World) -> int:
    """49,000 cars a year at 6.1 % for the duty on canola, and nothing else."""
    menu = world.agenda.menus[world.parties.dyad_of[CN, CA]]
    held = menu.held.copy()
    held[:, :2] = 0  # a quota binds the duty beyond it
    only_canola = (held.sum(axis=1) == 1) & (held[:, 6] == 1) & (menu.duty_at.max(axis=1) == 1)
    (found,) = np.flatnonzero(only_canola & (menu.access_at == [0, 1]).all(axis=1))
    return int(found)


def zone(world: World) -> float:
    """The part of the draws in which both would sign the deal at once."""
    d, lanes = int(world.parties.dyad_of[CN, CA]), np.arange(N_DRAWS)
    flows = tuple(chosen_flows(side, lanes) for side in world.known().flows[d])
    views = [world.blocs[b].perceive(d, lanes, flows, [slice(0, N_DRAWS)])[0] for b in (CN, CA)]
    (place,) = np.flatnonzero(views[0].packages == the_deal(world))
    return float((views[0].admissible & views[1].admissible)[:, place].mean())


@functools.cache
def signed(**change: float) -> float:
    """The part of the runs in which Canada ever lets in the quota while China keeps its side."""
    runs = Ensemble("canada-2026", 7, replicates=60, keep=list(range(60)), parameters=change, n_quarters=20).run()
    kept = []
    for record in runs.records.values():
        parties = record.parties
        quota = record.series("directed", "access")[parties.pair_of[CA, CN]] > 0.0
        kept.append((quota & (record.series("dyad", "kept_linkage_first")[parties.dyad_of[CN, CA]] > 0.0)).any())
    return float(np.mean(kept))


def test_the_start_is_what_is_known() -> None:
    found = load_scenario("canada-2026")
    assert found.mfn[0, EV, CA, CN] == 0.061 and found.special[0, EV, CA, CN] == pytest.approx(1.0)
    [terms] = found.access
    assert (terms.importer, terms.exporter, terms.watched_by) == (CA, CN, US)
    assert 4.0 * terms.on_table[0].quota == pytest.approx(0.049) and terms.on_table[0].duty[0] == 0.061
    assert not (found.automaker_home == CA).any() and found.banned[:, CA].any()


def test_the_deal_of_16_january_is_in_the_zone_of_agreement() -> None:
    # Nobody misjudges anything: both gain, would keep it, and have it passed.
    assert zone(quarter(perception_noise=0.0)) == 1.0
    # Also as they see it, with errors; where the answer of the US costs more than canola brings, in no draw.
    assert zone(quarter()) > 0.9 and zone(quarter(third_answer=2.0)) == 0.0


def test_the_deal_is_signed_in_most_runs_and_less_where_the_threat_of_the_us_is_believed() -> None:
    free, usual, feared = signed(third_answer=0.0), signed(), signed(third_answer=3.0)
    assert free >= usual > feared
    assert usual > 0.5 and feared < 0.2


def test_a_third_one_that_watches_costs_the_importer_what_it_believes_and_nobody_else() -> None:
    calm, warned = quarter(third_answer=0.0), quarter(third_answer=2.0)
    d, deal = int(calm.parties.dyad_of[CN, CA]), the_deal(calm)
    menu = calm.agenda.menus[d]
    gains = [
        [flows.kept.at(menu, np.full(N_DRAWS, deal)) for flows in world.known().flows[d]] for world in (calm, warned)
    ]
    np.testing.assert_allclose(gains[0][0], gains[1][0], atol=1e-12)
    # No threat of the US has been carried out or dropped yet: half a chance, of half a billion a quarter.
    np.testing.assert_allclose(gains[0][1] - gains[1][1], 0.25, atol=1e-12)


def test_what_mirrors_another_duty_is_no_fear_of_ones_own() -> None:
    scenario, *_, agenda = starting_point("canada-2026", known_scenario("canada-2026").parameters)
    assert scenario.own_security[EV, CA].tolist() == [0.25, 0.0, 1.0] and (scenario.own_security[BATTERY] == 1.0).all()
    assert agenda.security[EV, CA, US] == 0.0 < agenda.security[EV, CA, CN] < 0.3 * agenda.security[EV, US, CN]


def test_what_was_agreed_has_words_when_the_run_is_over() -> None:
    model = NegotiationModel("canada-2026", 1, 0, narrate=False).run()
    said = model.teller.package(int(model.recorder.parties.dyad_of[CN, CA]), the_deal(model.world))
    assert "Canada lets in 49,000 cars a year built in China at a duty of 6.1 %, and none beyond, " in said
