"""What Mesa's tools say of luck counts or is refused; worlds are kept and copied half-way, and play on the same."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from made import scenario_file

from model import PARAMETERS, Bloc, InputFault, NegotiationModel, load_tactics
from model.choices.plugins import PluginFault
from model.choices.tactic_file import unload
from model.mesa_call import DEFAULTS, arguments
from model.world import HIGHEST_REPLICATE

START = {"scenario": "symmetric", "root_seed": 1, "narrate": False}
QUARTERS = 4
COLUMN = "ev_share EU"
TACTIC = """
from model import tactic

@tactic("halves")
def halves(moment):
    return 0.5 * moment.time
"""


def batch(**how: Any) -> dict[int, float]:
    """What Mesa's batch of short runs found, by the number of the run."""
    given = {**START, **how.pop("parameters", {})}
    more = {"number_processes": 1, "display_progress": False, "data_collection_period": -1, **how}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The `iterations` keyword", DeprecationWarning)
        rows = mesa.batch_run(NegotiationModel, parameters=given, max_steps=QUARTERS, **more)
    return pd.DataFrame(rows).groupby("RunId")[COLUMN].first().to_dict()


def alone(replicate: int) -> float:
    # Mesa 3.3 plays one step more than it was asked for.
    world = NegotiationModel(**{**START, "replicate": replicate})
    for _ in range(QUARTERS + (not hasattr(mesa.Model, "scenario"))):
        world.step()
    return float(world.datacollector.model_vars[COLUMN][-1])


@pytest.fixture(scope="module")
def three() -> list[float]:
    """Replicates 0, 1 and 2, each played alone."""
    found = [alone(replicate) for replicate in range(3)]
    assert len(set(found)) == 3
    return found


def test_every_word_for_luck_in_a_batch_is_a_replicate(three: list[float]) -> None:
    for how in (
        {"parameters": {"replicate": range(3)}},
        {"iterations": 3},
        # A list among the parameters is Mesa's old way, and rng= its new one.
        {"rng": range(3)} if hasattr(mesa.Model, "scenario") else {"parameters": {"rng": range(3)}},
    ):
        assert list(batch(**how).values()) == three, how
    assert list(batch(parameters={"seed": [2]}).values()) == [three[2]]


def test_luck_that_is_said_twice_is_refused() -> None:
    with pytest.raises(InputFault, match=r"iterations and replicate = 0 both say which luck; leave iterations out"):
        batch(parameters={"replicate": 0}, iterations=2)
    with pytest.raises(InputFault, match=r"rng and replicate = 3 both .* replicate=range\(3\)"):
        NegotiationModel("symmetric", 1, 3, rng=4)
    assert NegotiationModel("symmetric", 1, 3, rng=3, narrate=False).replicate == 3


@pytest.mark.parametrize("luck", [-1, 1.0, "1", True, [1], np.random.default_rng(1), np.random.SeedSequence(1)])
@pytest.mark.parametrize("word", ["rng", "seed", "replicate", "root_seed"])
def test_luck_that_is_no_number_is_refused_with_the_word_to_use(word: str, luck: object) -> None:
    allowed = rf"a whole number from 0( of at most 100 digits| to {HIGHEST_REPLICATE})?; .*write"
    with pytest.raises(InputFault, match=rf"{word} = .*: allowed is {allowed}") as caught:
        NegotiationModel("symmetric", **{word: luck})
    assert len(caught.value.faults) == 1


def test_none_is_no_luck_and_no_parameter() -> None:
    assert arguments(dict.fromkeys(("rng", "seed", "replicate"))) == DEFAULTS
    assert arguments({"rng": np.int64(4)})["replicate"] == 4
    with pytest.raises(InputFault, match="generosity"):
        NegotiationModel("symmetric", generosity=None)


class Given(dict[str, Any]):
    """A scenario object as Mesa 4 makes them, as far as a model reads it."""

    replication_id = -1
    seed_sequence = np.random.SeedSequence()


def test_a_scenario_object_of_mesa_gives_its_values() -> None:
    given = Given(scenario="2018", generosity=0.2)
    assert arguments({"scenario": given}) == {**DEFAULTS, "scenario": "2018", "generosity": 0.2}
    given.seed_sequence = np.random.SeedSequence(7)
    assert arguments({"scenario": given})["replicate"] == 7
    assert arguments({"scenario": given, "root_seed": 3})["root_seed"] == 3
    given.replication_id = 2  # of the scenario with seed 7: another seed, other luck
    found = arguments({"scenario": given})
    assert (found["root_seed"], found["replicate"]) == (7, 2)
    with pytest.raises(InputFault, match="generosity: given by Mesa's scenario and beside it"):
        arguments({"scenario": given, "generosity": 0.3})
    with pytest.raises(InputFault, match="scenario = 3: allowed is a name or the path of a file"):
        NegotiationModel(3)


@pytest.mark.skipif(not hasattr(mesa.Model, "scenario"), reason="this version of Mesa has no scenario objects")
def test_a_scenario_object_of_this_mesa_gives_its_values() -> None:
    from mesa.experimental.scenarios import Scenario

    world = NegotiationModel(Scenario(rng=5, scenario="symmetric", generosity=0.25), narrate=False)
    assert (world.replicate, world.parameters.generosity, world.n_quarters) == (5, 0.25, 40)


# --- worlds that are kept -------------------------------------------------------------------------------------------


class Patient(Bloc):
    """A bloc of a user's own."""


class Theirs(NegotiationModel):
    """A model of a user's own."""

    bloc_type = Patient


def stored(world: NegotiationModel) -> NegotiationModel:
    return pickle.loads(pickle.dumps(world))  # type: ignore[no-any-return]


@pytest.mark.parametrize("again", [stored, copy.deepcopy])
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (NegotiationModel, {}),
        (Theirs, {"retaliation_rule": "contrite", "tactic_us": "matching", "acceptance_eu": "deadline"}),
    ],
)
def test_a_world_that_was_kept_half_way_plays_on_the_same(
    again: Callable[[Any], Any], kind: type[NegotiationModel], settings: dict[str, Any]
) -> None:
    first = kind("symmetric", 1, 0, **settings)
    for _ in range(3):
        first.step()
    other = again(first)
    for _ in range(3):
        first.step()
    assert len(other.recorder.frames) == 3
    for _ in range(3):
        other.step()
    for name, table in first.tables().items():
        pd.testing.assert_frame_equal(other.tables()[name], table, check_exact=True)
    assert [line.text for line in other.story] == [line.text for line in first.story]
    assert other.datacollector.model_vars == first.datacollector.model_vars
    assert other.steps == first.steps == 6 and all(agent.model is other for agent in other.agents)


def test_a_world_that_plays_a_users_tactic_needs_its_file(tmp_path: Any) -> None:
    path = tmp_path / "halves.py"
    path.write_text(TACTIC, encoding="utf-8")
    file = load_tactics(path)
    kept = pickle.dumps(NegotiationModel("symmetric", tactic_us="halves"))
    assert pickle.loads(kept).parameters.tactic_us == "halves"
    unload(file)
    with pytest.raises(PluginFault, match=r"'halves' comes from a file of tactics that is not loaded here"):
        pickle.loads(kept)


# --- governments of one's own -------------------------------------------------------------------------------------

OF_OTHERS = ("alpha.JP", "tension_mean.CN-JP")


def after_a_quarter(path: str, **values: float) -> tuple[float, float]:
    """The mean price of an EV in Japan, k$, and the latent tension between China and Japan after one quarter."""
    model = NegotiationModel(path, 1, 0, narrate=False, **values)
    model.step()
    at = model.start.parties
    tension = model.state.tension[at.dyad_names.index("CN-JP")]
    return float(model.recorder.series("bloc", "price")[at.blocs.index("JP"), 0]), float(tension)


def test_a_batch_moves_what_belongs_to_a_government_of_ones_own(tmp_path: Path) -> None:
    path = scenario_file(tmp_path, ("CN", "JP"))
    levels, tensions = {"alpha.JP": [0.07, 0.11], "tension_mean.CN-JP": [-2.0, 0.5]}, []

    class Noting(NegotiationModel):
        def __init__(self, *about: Any, **values: Any) -> None:
            super().__init__(*about, **values)
            tensions.append(float(self.parameters.tension_mean[0]))

    rows = mesa.batch_run(
        Noting,
        parameters={**START, "scenario": path, **levels},
        number_processes=1,
        max_steps=1,
        data_collection_period=-1,
        display_progress=False,
    )
    shares = {tuple(row[name] for name in OF_OTHERS): row["ev_share JP"] for row in rows}
    assert all(shares[0.07, tension] != shares[0.11, tension] for tension in levels["tension_mean.CN-JP"])
    assert sorted(tensions) == [-2.0, -2.0, 0.5, 0.5]


def test_salib_moves_what_belongs_to_a_government_of_ones_own(tmp_path: Path) -> None:
    morris = pytest.importorskip("SALib.sample.morris")
    analyze = pytest.importorskip("SALib.analyze.morris")
    path, bounds = scenario_file(tmp_path, ("CN", "JP")), [[PARAMETERS[n].low, PARAMETERS[n].high] for n in OF_OTHERS]
    problem = {"num_vars": 2, "names": list(OF_OTHERS), "bounds": bounds}
    points = morris.sample(problem, 2, seed=1)
    found = np.array([after_a_quarter(path, **dict(zip(OF_OTHERS, map(float, p), strict=True))) for p in points])
    price, tension = (analyze.analyze(problem, points, y, seed=1)["mu_star"] for y in found.T)
    assert price[0] > 0.0 and tension[1] > 0.0 and tension[0] == 0.0
