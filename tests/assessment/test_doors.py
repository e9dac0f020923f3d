"""Steps of access in an assessment: shut and open doors as their limits, and plants that have to be paid for first."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import whole_markets
import worlds
from of_three import PAIR_OF

from model.assessment.doors import OF_SIDES, assess_all
from model.assessment.nodes import N_NODES, columns_of, nodes_of, steps_of
from model.assessment.tables import Tables, assess
from model.market.economy import Economy
from model.market.trade import Clause, plant_outlay
from model.numerics import QUARTERS_PER_YEAR
from model.packages.sums import chosen_flows
from model.parameters.checked import Parameters
from model.start.agenda import look
from model.start.calibration import COLD_SWEEPS
from model.start.starting_point import known_scenario, starting_point
from model.world import World

CN, US, EU = range(3)
PAIR = PAIR_OF[US, CN]
LOCAL, QUOTA, OPEN = 1, 2, 3
HEAD = 'extends = "2026"\nname = "a"\ntitle = "T"\n[access."US<CN"]\nin_force = "closed"\n'
CARS = 'quota = {{ value = {}, assumed = "a number of cars for a test" }}\n'


def assessed(scenario: str, **parameters: Any) -> tuple[Tables, Economy, Parameters, Any]:
    """The first assessment of a scenario, with calibration as it is and these parameters in the assessment alone."""
    p = known_scenario(scenario).parameters
    found, economy, opening, agenda = starting_point(scenario, p)
    changed = p.with_overrides(parameters)
    first = look(economy, changed, found, opening, False).situation
    nodes = nodes_of(economy, None, steps_of(economy.parties, agenda.menus))
    return assess_all(economy, changed, first, None, COLD_SWEEPS, nodes), economy, changed, (found, opening)


@pytest.fixture(scope="module")
def tables() -> tuple[Tables, Economy, Parameters, Any]:
    return assessed("2026-access")


def at(tables: Tables, name: str, step: int) -> np.ndarray:
    """(16, ...) what the pair has at the nodes of a step."""
    values = getattr(tables, name)[PAIR, columns_of(step)]
    return np.asarray(values[:16])


def same(one: Tables, step: int, other: Tables, at_step: int, within: float) -> None:
    for name in (*OF_SIDES, "ev_share"):
        np.testing.assert_allclose(at(one, name, step), at(other, name, at_step), rtol=within, atol=within)


def test_the_plain_nodes_are_those_of_the_scenario_without_access(tables: Any) -> None:
    plain = assessed("2026")[0]
    for name in (*OF_SIDES, "ev_share"):
        np.testing.assert_array_equal(getattr(tables[0], name)[:, :N_NODES], getattr(plain, name))


def test_open_is_an_assessment_of_the_open_market(tables: Any) -> None:
    found, economy, p, (scenario, opening) = tables
    opened = look(economy, p, scenario, opening, True).situation
    other = assess(economy, p, opened, None, COLD_SWEEPS)
    for name in (*OF_SIDES, "ev_share"):
        np.testing.assert_allclose(at(found, name, OPEN), getattr(other, name)[PAIR, :16], rtol=1e-9, atol=1e-12)


def test_a_quota_goes_from_a_shut_door_to_an_open_one(tmp_path: Path) -> None:
    full_duty = 'duty = { value = 5, assumed = "above any duty beyond the quota" }\n'
    path = tmp_path / "a.toml"
    for cars, like, within in ((0.0, 0, 1e-5), (90.0, 2, 1e-9)):
        path.write_text(f'{HEAD}on_table = ["quota", "open"]\n{CARS.format(cars)}{full_duty}', encoding="utf-8")
        found = assessed(str(path))[0]
        same(found, 1, found, like, within)
    between = []
    for cars in (0.02, 0.049, 0.2):
        path.write_text(f'{HEAD}on_table = ["quota"]\n{CARS.format(cars)}', encoding="utf-8")
        between.append(at(assessed(str(path))[0], "ev_share", 1)[0])
    assert between == sorted(between) and between[0] < between[-1]


def test_local_brands_count_as_far_as_their_plants_will_stand(tables: Any) -> None:
    found, economy, p, (scenario, opening) = tables
    # Nobody ever starts a plant: the door is shut. More do, or sooner: it opens further.
    never, rarely, later = (
        assessed("2026-access", **change)[0]
        for change in ({"plant_hazard_max": 0.0}, {"plant_hazard_max": 0.02}, {"plant_lag": 12})
    )
    same(never, LOCAL, never, 0, 1e-5)
    shares = [float(at(one, "ev_share", LOCAL)[0]) for one in (never, rarely, found)]
    assert shares == sorted(shares) and shares[0] < shares[1] < shares[2]
    assert at(later, "ev_share", LOCAL)[0] < shares[2]
    # By hand: what each would earn beside all others decides when it builds, and so how far it is there and pays.
    seen = look(economy, p, scenario, opening, False).situation.views[LOCAL]
    home = scenario.automaker_home == CN
    assert seen.entry is not None and seen.entry.makers.tolist() == (scenario.banned[:, US] & home).tolist()
    earned = assess(economy, p, seen, None, COLD_SWEEPS).firm_profit[PAIR * N_NODES]
    npv = QUARTERS_PER_YEAR * earned / p.plant_hurdle_rate - p.plant_cost
    hazard = p.plant_hazard_max / (1.0 + np.exp(-npv / p.plant_hazard_scale))
    d = p.discount_factor * (1.0 - p.repudiation_hazard)
    stands = np.where(seen.entry.makers, d**p.plant_lag * hazard / (1.0 - d * (1.0 - hazard)), 1.0)
    utility = seen.utility.copy()
    utility[US] += np.log(stands)
    free = assess(economy, p, dataclasses.replace(seen, utility=utility), None, COLD_SWEEPS)
    paid = float((stands * seen.entry.makers).sum()) * p.plant_cost * p.plant_hurdle_rate / QUARTERS_PER_YEAR
    assert paid > 0.01
    for name in ("welfare", "profit"):
        gone = getattr(free, name)[PAIR, :16] - at(found, name, LOCAL)
        np.testing.assert_allclose(gone, np.broadcast_to([0.0, paid], gone.shape), atol=1e-8)
    # What is built there depends on no imports, and gives jobs.
    assert at(found, "vehicle_share", LOCAL)[0, 0] < at(found, "vehicle_share", OPEN)[0, 0]
    assert at(found, "welfare", LOCAL)[0, 0] > at(found, "welfare", 0)[0, 0]


def test_what_both_would_sign_at_once_is_reported_whatever_it_is() -> None:
    """In .75 of 200 draws of perception some step of access is in the zone of both: plants there (.75), all (.33)."""
    n = 200
    world = World("2026-access", known_scenario("2026-access").parameters, 7, range(n), n_quarters=4)
    world.step()
    found = []
    for d in (0, 1):
        flows = tuple(chosen_flows(side, np.arange(n)) for side in world.known().flows[d])
        first, second = (
            world.blocs[b].perceive(d, np.arange(n), flows, [slice(0, n)])[0] for b in world.parties.dyads[d]
        )
        step = world.agenda.menus[d].access_at[first.packages, 1]
        both = first.admissible & second.admissible
        found.append([float((both & (step == k)).any(axis=1).mean()) for k in range(1, 1 + step.max())])
    assert found == [pytest.approx([0.75, 0.0, 0.33], abs=0.08), [pytest.approx(1.0, abs=0.05)]]


def test_firms_see_their_own_part_of_it(tables: Any) -> None:
    found = tables[0]
    place = found.nodes.place[PAIR, columns_of(LOCAL)][0]
    profits = found.firm_profit[place] - found.firm_profit[found.nodes.place[PAIR, 0]]
    home = tables[3][0].automaker_home
    assert profits[home == CN].sum() > 0.0 > profits[home == US].sum()
    assert found.residual.max() < 1e-6 and dataclasses.is_dataclass(found.nodes.views[0])


# --- undertakings by treaty ------------------------------------------------------------------------------------------

FULL_CUT = range(12, 16)


@pytest.mark.parametrize(("investment", "volume"), [(0.0, np.inf), (0.2, np.inf), (0.1, 0.01)])
def test_minimum_prices_pay_what_whole_markets_say(investment: float, volume: float) -> None:
    world, pair = worlds.played("2026", quarters=4), PAIR_OF[EU, CN]
    outlay = plant_outlay(world.parameters, world.state.has_plant[EU])
    seen = dataclasses.replace(worlds.situation(world), clause=Clause(investment, volume, outlay))
    wanted = np.zeros((world.economy.parties.n_pairs, N_NODES), dtype=bool)
    wanted[pair, :16] = True
    table = assess(world.economy, world.parameters, seen, None, COLD_SWEEPS, nodes_of(world.economy, wanted))
    duty, plain = worlds.node_duties(world)[:, pair], []
    for node in (0, 4, 9, 12):
        clause = Clause(investment, volume, outlay)
        whole, free = (
            whole_markets.whole_market(world, EU, CN, duty[:, node], node % 4, one) for one in (clause, None)
        )
        plain.append(whole_markets.welfare_of(world, whole, EU) - whole_markets.welfare_of(world, free, EU))
        for seat, b in enumerate((EU, CN)):
            if node == 0:
                first = [whole_markets.welfare_of(world, whole, b) for b in (EU, CN)]
            change = whole_markets.welfare_of(world, whole, b) - first[seat]
            found = table.welfare[pair, node, seat] - table.welfare[pair, 0, seat]
            assert found == pytest.approx(change, abs=1e-9)
        assert table.vehicle_share[pair, node, 0] == pytest.approx(whole.vehicle_imports[EU, CN], abs=1e-12)
    # The less is left of the duty, the less there is to keep; under a full cut nobody needs an undertaking.
    assert abs(plain[0]) > abs(plain[1]) > abs(plain[2]) > plain[3] == 0.0


def test_no_volume_is_the_duty_and_more_volume_gives_makers_more(tmp_path: Path) -> None:
    path, pair = tmp_path / "a.toml", PAIR_OF[EU, CN]

    def worth(volume: float) -> tuple[np.ndarray, np.ndarray]:
        path.write_text(
            'extends = "2026"\nname = "a"\ntitle = "T"\n[access."EU<CN"]\nin_force = "open"\n'
            f'on_table = ["undertaking"]\nvolume = {{ value = {volume}, assumed = "a number for a test" }}\n',
            encoding="utf-8",
        )
        found = assessed(str(path))[0].welfare[pair]
        return found[:16], found[columns_of(1)]

    plain, nothing = worth(1e-9)
    np.testing.assert_allclose(nothing, plain, atol=1e-6)
    (_, some), (_, more) = worth(0.05), worth(50.0)
    gain = [found[0] - plain[0] for found in (nothing, some, more)]
    assert gain[0][1] < gain[1][1] < gain[2][1] and gain[2][0] < gain[1][0] < 0.0
    np.testing.assert_array_equal(more[FULL_CUT], plain[FULL_CUT])
