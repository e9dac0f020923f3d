"""A lane among many is the model of that replicate to the last bit: every column and quarter, whatever is varied."""

from __future__ import annotations

import itertools
import re
from typing import Any

import equality
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thinned import one_in
from varied import VARIED

from model import NegotiationModel
from model import ensemble as ensemble_module
from model.agents.bloc import Bloc
from model.ensemble import Ensemble
from model.faults import InputFault
from model.market import clearing
from model.numerics import same_bits
from model.parameters.checked import PARAMETERS
from model.parameters.spec import ParameterSpec
from model.phases import treaties
from model.record.dictionary import COLUMNS
from model.rules import policy
from model.world import World

SCENARIOS = ("2018", "2026", "2026-open-access", "symmetric")
REPLICATES = 20
# The hindcast's scenario is 2018 with other paths: the long test plays it too.
ALL_SCENARIOS = (*SCENARIOS, "2018-known-2022")

# --- many lanes and one -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_both_worlds_are_one_model(scenario: str) -> None:
    assert equality.faults(scenario, range(1)) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ALL_SCENARIOS)
def test_both_worlds_are_one_model_in_twenty_replicates(scenario: str) -> None:
    assert equality.faults(scenario, range(1, 1 + REPLICATES)) == []


def test_every_switch_and_rule_is_varied() -> None:
    names = {name for change in VARIED for name in change}
    assert names >= {name for name, spec in PARAMETERS.items() if spec.kind in ("bool", "choice")}


@pytest.mark.parametrize("change", one_in(2, VARIED[::8]), ids=str)
def test_a_varied_mechanism_is_varied_in_both_worlds(change: dict[str, Any]) -> None:
    assert equality.faults("2026", [1], change, n_quarters=20) == []


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ("2026", "2026-open-access", "symmetric"))
@pytest.mark.parametrize("change", VARIED, ids=str)
def test_every_mechanism_is_varied_in_both_worlds(scenario: str, change: dict[str, Any]) -> None:
    assert equality.faults(scenario, range(2), change) == []


def values_of(spec: ParameterSpec) -> st.SearchStrategy[Any]:
    """Anything in a parameter's range."""
    if spec.kind == "bool":
        return st.booleans()
    if spec.kind == "choice":
        return st.sampled_from(spec.choices)
    if spec.kind == "int":
        return st.integers(int(spec.low or 0), int(spec.high or 0))
    return st.floats(float(spec.low or 0.0), float(spec.high or 0.0))


@st.composite
def parameter_sets(draw: st.DrawFn) -> dict[str, Any]:
    """Some parameters away from their defaults, anywhere in their ranges."""
    names = draw(st.lists(st.sampled_from(sorted(PARAMETERS)), min_size=1, max_size=12, unique=True))
    return {name: draw(values_of(PARAMETERS[name])) for name in names}


def both_worlds_agree_or_both_refuse(scenario: str, change: dict[str, Any], replicate: int) -> None:
    try:
        equality.mesa_world(scenario, replicate, change, 0)
    except InputFault:
        # Two values that are each allowed may contradict each other; then there is no run to compare.
        with pytest.raises(InputFault):
            equality.lane_world(scenario, [replicate], change, 1)
        return
    assert equality.faults(scenario, [replicate], change, n_quarters=9) == []


@given(st.sampled_from(SCENARIOS), parameter_sets(), st.integers(0, 1000))
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_any_parameters_give_the_same_bits(scenario: str, change: dict[str, Any], replicate: int) -> None:
    both_worlds_agree_or_both_refuse(scenario, change, replicate)


@pytest.mark.slow
@given(st.sampled_from(SCENARIOS), parameter_sets(), st.integers(0, 1000))
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_any_of_many_parameters_give_the_same_bits(scenario: str, change: dict[str, Any], replicate: int) -> None:
    both_worlds_agree_or_both_refuse(scenario, change, replicate)


# --- replicates and blocks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("replicates", "quarters"), [(5, 12), pytest.param(15, 21, marks=pytest.mark.slow)])
def test_the_size_of_a_block_leaves_the_bits_alone(replicates: int, quarters: int) -> None:
    numbers = list(range(replicates))
    (whole,) = equality.lane_world("2026", numbers, n_quarters=quarters, lanes=100)
    for size in (1, replicates // 2):
        found = equality.lane_world("2026", numbers, n_quarters=quarters, lanes=size)
        assert sum(world.n_lanes for world in found) == len(numbers)
        for world in found:
            for lane, replicate in enumerate(world.replicates.tolist()):
                assert equality.differences(world.recorder.of_lane(lane), whole.recorder.of_lane(replicate)) == []
        together = pd.concat([world.summary() for world in found], ignore_index=True)
        pd.testing.assert_frame_equal(together, whole.summary(), check_exact=True)


def test_a_replicate_alone_equals_itself_in_a_large_block() -> None:
    # Large blocks add in another way (numerics.ordered_sum) and are cut to fit the cache.
    (whole,) = equality.lane_world("2026", range(600), n_quarters=14)
    for replicate in (0, 311, 599):
        (alone,) = equality.lane_world("2026", [replicate], n_quarters=14)
        assert equality.differences(alone.recorder.of_lane(0), whole.recorder.of_lane(replicate)) == []


def test_a_shorter_horizon_is_the_start_of_a_longer_one() -> None:
    (short,), (long,) = (equality.lane_world("symmetric", range(2), n_quarters=n) for n in (6, 12))
    one, other = short.recorder.of_lane(1), long.recorder.of_lane(1)
    other.frames = other.frames[:6]
    assert equality.differences(one, other) == []


# --- the test can fail --------------------------------------------------------------------------------------------


def test_importer_and_exporter_swapped_in_one_line_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = clearing.duties_by_place

    def swapped(duty: np.ndarray, other_origin: np.ndarray) -> np.ndarray:
        # One line for one lane and for many, so the fault spares the first lane.
        return real(np.concatenate([duty[:1], np.swapaxes(duty[1:], -1, -2)]) if duty.ndim == 3 else duty, other_origin)

    monkeypatch.setattr(clearing, "duties_by_place", swapped)
    found = equality.faults("2026", [0, 1], n_quarters=2)
    assert found != [] and all(fault.startswith("replicate 1,") for fault in found)


def test_one_power_instead_of_a_product_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def cubed(base: Any, floor: Any, concession: Any) -> np.ndarray:
        kept = np.asarray(1.0 - concession * (base - floor))
        # One operator: among many lanes NumPy's own power, alone the product.
        return base - (1.0 - (kept**3 if kept.ndim and len(kept) > 1 else kept * kept * kept))

    monkeypatch.setattr(policy, "applied_duty", cubed)
    assert equality.faults("2026", [0, 1, 2], n_quarters=20) != []


def test_one_forgotten_mask_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def everywhere(world: Any, d: int, where: np.ndarray) -> None:
        real(world, d, np.broadcast_to(where.any(), where.shape))

    real = treaties.start_over
    monkeypatch.setattr(treaties, "start_over", everywhere)
    assert equality.faults("2026", range(4, 8), n_quarters=24) != []


# --- prices -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_warm_prices_are_equilibrium_prices(scenario: str) -> None:
    hard = {"opening_hazard": 0.6, "emergency_hazard": 0.05, "duty_step": 0.25, "nest_correlation": 0.6}
    ensemble = Ensemble(scenario, equality.ROOT_SEED, 16, hard, n_quarters=16)
    ((_, world),) = ensemble.worlds()
    while world.state.quarter < world.n_quarters:
        world.step()
        assert np.max(world.state.market.residual) < 1e-8
        assert np.max(world.known().tables.residual) < 1e-8


# --- the front ----------------------------------------------------------------------------------------------------


def test_summary_has_a_row_a_design_point_replicate_and_dyad() -> None:
    changes = [{"tariff_issues": False}, {}]
    table = Ensemble("2026", 7, [4, 9], changes, n_quarters=5).run().summary()
    assert list(table.columns[:3]) == ["design_point", "replicate", "dyad"]
    assert table["design_point"].tolist() == [0] * 6 + [1] * 6
    assert table["replicate"].tolist() == ([4] * 3 + [9] * 3) * 2
    alone = Ensemble("2026", 7, [9], {}, n_quarters=5).run().summary()
    last = table.iloc[9:].reset_index(drop=True).drop(columns="design_point")
    pd.testing.assert_frame_equal(last, alone.drop(columns="design_point"), check_exact=True)


def test_tables_of_kept_replicates() -> None:
    ensemble = Ensemble("symmetric", 3, 4, keep=[2], n_quarters=4).run()
    tables = ensemble.tables(2)
    assert {name: set(COLUMNS[name]) <= set(table.columns) for name, table in tables.items()} == dict.fromkeys(
        COLUMNS, True
    )
    with pytest.raises(KeyError, match="was not kept"):
        ensemble.tables(1)


WRONG: list[tuple[dict[str, Any], str]] = [
    *(({"root_seed": came}, "root_seed = ") for came in (-1, 5.0, "5", True, None, np.float64(3.0), np.array(3.0))),
    *(({"replicates": came}, "replicates = ") for came in (0, -1, 2.0, True, None, "12", b"12", float("nan"), 10**12)),
    *(({"replicates": came}, "is not one") for came in ([1, -2], [1.0], ["1"], [True], [None], [[1]], [2**70])),
    *(({"replicates": came}, "replicates = ") for came in ({1: 2}, np.array(2.0), np.array([[3]]), itertools.count())),
    *(({"replicates": came}, "none came") for came in ([], (), range(0), np.array([], dtype=int))),
    *(({"replicates": came}, "1 came more than") for came in ([1, 1], [1, 2, 1], np.ones(2, int), (1, np.int8(1)))),
    ({"keep": [100]}, "keep: 100 are not among the replicates"),
    *(({"keep": came}, "keep = ") for came in (1, "1", [0.0], None, [-1])),
    *(({"lanes": came}, "lanes = ") for came in (0, -1, 2.5, "2", True)),
    *(({"n_quarters": came}, "n_quarters = .*: allowed is .* from 1 to 40") for came in (0, -1, 41, 2.5, True, "3")),
    *(({"parameters": came}, "parameters") for came in ([], "generosity", 3, [{"generosity": 0.1}, 3], pd.DataFrame())),
    ({"parameters": {"generousity": 0.1}}, "nearest known name: 'generosity'"),
    ({"parameters": [{}, {"generosity": 2}]}, r"parameters\[1\]: generosity = 2"),
    ({"scenario": "symetric"}, "nearest known name: 'symmetric'"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), WRONG, ids=lambda one: f"{one}"[:40])
def test_impossible_inputs_are_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputFault, match=words):
        Ensemble(**{"scenario": "symmetric", "replicates": 2, **given})


def test_impossible_inputs_come_at_once() -> None:
    with pytest.raises(InputFault) as caught:
        Ensemble("symmetric", -1, "12", [{"generosity": 2}], "1", 0, 0.5)  # type: ignore[arg-type]
    assert len(caught.value.faults) == 6


@pytest.mark.parametrize(
    "came", [[4, 9], (4, 9), {4, 9}, range(4, 10, 5), iter([4, 9]), np.array([4, 9], np.uint8), pd.Series([4, 9])]
)
def test_whole_numbers_of_every_kind_are_taken(came: Any) -> None:
    ensemble = Ensemble("symmetric", np.uint16(7), came, lanes=np.int64(1), n_quarters=np.int8(2), keep=[np.int64(9)])  # type: ignore[arg-type]
    assert (sorted(ensemble.replicates.tolist()), ensemble.keep.tolist()) == ([4, 9], [9])
    assert (type(ensemble.root_seed), type(ensemble.lanes), type(ensemble.n_quarters)) == (int, int, int)
    assert Ensemble("symmetric", 7, np.int64(3)).replicates.tolist() == [0, 1, 2]
    assert Ensemble("symmetric", 10**40, np.array(1)).root_seed == 10**40


def test_to_run_twice_is_to_run_once() -> None:
    ensemble = Ensemble("symmetric", 1, 3, [{}, {"generosity": 0.2}], keep=[1], n_quarters=2)
    with pytest.raises(ValueError, match="nothing is played yet: call run"):
        ensemble.summary()
    once, record = ensemble.run().summary(), ensemble.tables(1)["dyad"]
    assert len(once) == 2 * 3 * 3
    assert ensemble.run().run().summary().equals(once)
    assert ensemble.tables(1)["dyad"].equals(record)


def test_a_run_that_was_stopped_may_be_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = Ensemble("symmetric", 1, 4, lanes=2, n_quarters=2)
    usual, calls = World.summary, []

    def stops(world: Any) -> pd.DataFrame:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return usual(world)

    monkeypatch.setattr(World, "summary", stops)
    with pytest.raises(KeyboardInterrupt):
        ensemble.run()
    assert sorted(ensemble.run().summary()["replicate"].unique()) == [0, 1, 2, 3]
    assert len(ensemble.summary()) == 4 * 3


def test_only_dyads_are_recorded_where_nothing_is_kept() -> None:
    ensemble = Ensemble("2026", 1, 3, n_quarters=2)
    ((_, world),) = ensemble.worlds()
    assert set(world.run().recorder.frames[0]) == {"dyad"}
    assert ensemble_module.MOST_LANES >= 512


def test_arrays_of_the_state_keep_replicates_fastest_in_memory() -> None:
    ((_, world),) = Ensemble("2026", 1, 64, {"climate_club": True}, n_quarters=6).worlds()
    world.run()
    slow = [
        name
        for name, array in vars(world.state).items()
        if isinstance(array, np.ndarray) and array.ndim > 1 and array.strides[0] != array.itemsize
    ]
    assert slow == []
    assert same_bits(world.state.price, np.ascontiguousarray(world.state.price))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"seed": 3}, "seed: an ensemble's luck is root_seed"),
        ({"rng": 3}, "rng: an ensemble's luck is root_seed"),
        ({"dialogue_ceiling": 0.7}, "parameters={'dialogue_ceiling': ...}"),
        ({"replicate": 4}, "replicate: not an argument; nearest known name: 'replicates'"),
    ],
)
def test_arguments_of_other_tools_are_told_apart(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InputFault, match=re.escape(said)):
        Ensemble("2026", **asked)


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (int, "int: allowed is World or a subclass of it"),
        (None, "None: allowed is World or a subclass of it"),
        (Bloc, "Bloc: allowed is World or a subclass of it; write a subclass of World that has bloc_type = Bloc"),
    ],
)
def test_what_is_no_class_of_worlds_is_refused_before_anything_is_played(came: Any, said: str) -> None:
    with pytest.raises(InputFault) as caught:
        Ensemble("symmetric", world=came, lanes=0)
    assert caught.value.faults == ("lanes = 0: allowed is a whole number from 1", f"world = {said}")
    with pytest.raises(InputFault) as caught:
        NegotiationModel("symmetric", 1, 0, world_type=came)
    assert caught.value.faults == (f"world_type = {said}",)
