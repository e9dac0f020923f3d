"""Settings side by side in one world: every run has the bits that it has in a world of its own settings."""

from __future__ import annotations

from typing import Any

import equality
import numpy as np
import pytest
from thinned import one_in
from varied import VARIED

from model import Ensemble, make_parameters, using_arithmetic
from model.faults import InputFault
from model.parameters.by_lane import BY_LANE, LaneValues
from model.parameters.checked import PARAMETERS

#: Mechanisms that ask for these parameters in a way of their own, beside the last of the varied ones.
WOKEN: list[dict[str, Any]] = [
    {},
    {"retaliation_rule": "generous", "export_licences": True, "opening_hazard": 0.6, "emergency_hazard": 0.05},
    {"retaliation_rule": "generous", "partial_compliance": True, "false_alarm": 0.3},
    {"monitoring": "alike", "trust_type": True},
]


def places(n_runs: int, n_kinds: int, seed: int) -> dict[str, np.ndarray]:
    """Values of every such parameter for runs that have one of so many kinds."""
    chance = np.random.default_rng(seed)
    kind = chance.integers(0, n_kinds, n_runs)
    return {name: some_of(name, n_kinds, chance)[kind] for name in BY_LANE}


def some_of(name: str, n: int, chance: np.random.Generator) -> np.ndarray:
    """So many possible values of a parameter; switches are on for more than half of them."""
    spec = PARAMETERS[name]
    if spec.kind == "bool":
        return chance.random(n) < 0.7
    if spec.kind == "choice":
        return chance.choice(spec.choices, n)
    low, high = float(spec.low or 0.0), float(spec.high or 0.0)
    values = low + (high - low) * chance.random(n)
    return np.round(values).astype(int) if spec.kind == "int" else values


def faults(scenario: str, change: dict[str, Any], n_runs: int, n_kinds: int, n_quarters: int) -> list[str]:
    """Where runs side by side differ from the same runs alone."""
    values, numbers = places(n_runs, n_kinds, n_runs), list(range(n_runs))
    looked_at = numbers[:: max(n_runs // 3, 1)]
    change = {name: value for name, value in change.items() if name not in BY_LANE}
    whole = Ensemble(
        scenario, equality.ROOT_SEED, numbers, change, keep=looked_at, n_quarters=n_quarters, by_run=values
    ).run()
    found = []
    for run in looked_at:
        own = {name: values[name][run].item() for name in BY_LANE}
        (alone,) = equality.lane_world(scenario, [run], {**change, **own}, n_quarters)
        found += equality.differences(alone.recorder.of_lane(0), whole.records[0, run])
        mine, theirs = (table.loc[table["replicate"] == run].reset_index(drop=True) for table in (
            whole.summary().drop(columns="design_point"), alone.summary()))  # fmt: skip
        assert mine.equals(theirs)
    return found


@pytest.mark.parametrize("scenario", ["2026", pytest.param("2018", marks=pytest.mark.slow)])
def test_runs_of_many_settings_are_those_of_one_each(scenario: str) -> None:
    assert faults(scenario, {}, 70, 9, 16) == []


@pytest.mark.parametrize("change", one_in(30, [*WOKEN, *VARIED]), ids=str)
def test_every_mechanism_asks_for_the_setting_of_the_run(change: dict[str, Any]) -> None:
    assert faults("2026", change, 6, 3, 20) == []


@pytest.mark.parametrize("change", WOKEN[1:], ids=str)
def test_mechanisms_that_use_them_ask_too(change: dict[str, Any]) -> None:
    assert faults("2026", change, 6, 6, 20) == []


@pytest.mark.parametrize("n_runs", one_in(2, [6, 70]))
def test_the_compiled_arithmetic_asks_too(n_runs: int) -> None:
    with using_arithmetic("compiled"):
        assert faults("2026", {"retaliation_rule": "generous"}, n_runs, 6, 16) == []


def test_settings_make_a_difference() -> None:
    summary = Ensemble("2026", 1, 40, by_run={"tension_volatility": np.repeat([0.0, 1.0], 20)}).run().summary()
    spread = summary.groupby([summary["replicate"] >= 20, "dyad"])["mean_tension"].std()
    assert (spread[True] > 1.5 * spread[False]).all()


def test_one_value_for_all_is_that_parameter() -> None:
    own = Ensemble("2026", 1, 5, by_run={"generosity": [0.7] * 5}, n_quarters=8).run().summary()
    assert own.equals(Ensemble("2026", 1, 5, {"generosity": 0.7}, n_quarters=8).run().summary())


def test_blocks_have_their_part_of_the_values() -> None:
    values = {"perception_noise": np.linspace(0.0, 2.0, 7)}
    whole, cut = (Ensemble("2026", 1, 7, by_run=values, lanes=lanes, n_quarters=8).run().summary() for lanes in (7, 3))
    assert whole.equals(cut)


def test_the_same_luck_under_several_settings() -> None:
    """A number of a replicate may come again with other settings: they are played with the same luck."""
    values = {"exit_notice": [0, 8, 0, 8], "retaliation_rule": ["grim", "grim", "generous", "generous"]}
    whole = Ensemble("2026", 1, [3, 3, 4, 4], by_run=values, n_quarters=24).run().summary().drop(columns="design_point")
    for place, number in enumerate((3, 3, 4, 4)):
        own = {name: value[place] for name, value in values.items()}
        alone = Ensemble("2026", 1, [number], own, n_quarters=24).run().summary().drop(columns="design_point")
        assert whole.iloc[3 * place : 3 * place + 3].reset_index(drop=True).equals(alone)
    with pytest.raises(InputFault, match="3 came more than once"):
        Ensemble("2026", 1, [3, 3, 4], by_run={"exit_notice": [2, 2, 4]})
    with pytest.raises(InputFault, match="keep: 3 are played under several settings"):
        Ensemble("2026", 1, [3, 3, 4], by_run={"exit_notice": [2, 3, 4]}, keep=[3, 4])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"alpha_cn": [0.1, 0.1]}, "'alpha_cn' cannot differ between replicates"),
        ({"generousity": [0.1, 0.1]}, "nearest known name: 'generosity'"),
        ({"generosity": [0.1]}, "1 values came for 2 replicates"),
        ({"generosity": [0.1, 1.5]}, "generosity = 1.5: allowed is a number from 0 to 1"),
        ({"generosity": [0.1, float("nan")]}, "write a finite number"),
        ({"dialogue_ceiling": ["leaders", "no"]}, "allowed are numbers, one for each replicate"),
        ({"generosity": "0.5"}, "generosity = '0.5': allowed are numbers"),
        (
            {"exit_notice": [1, 2.5, 3][:2]},
            "exit_notice = 2.5: allowed is a whole number .*; write 2 or 3",
        ),
        ({"exit_notice": [1, 9]}, "the nearest allowed value is 8"),
        ({"supply_issues": [0, 1]}, "supply_issues = \\[0, 1\\]: allowed are true and false, one for each replicate"),
        (
            {"retaliation_rule": ["grim", "tit_for_tt"]},
            "'tit_for_tt' .*nearest known name: 'tit_for_tat'",
        ),
        ({"generosity": 0.5}, "1 values came for 2 replicates"),
        ({"generosity": None}, "allowed are numbers"),
        ([1, 2], "allowed is a mapping"),
    ],
)
def test_what_is_wrong_is_said(values: Any, words: str) -> None:
    with pytest.raises(InputFault, match=words):
        Ensemble("2026", 1, 2, by_run=values)


def test_names_for_numbers_are_those_numbers() -> None:
    assert LaneValues({"dialogue_ceiling": ["leaders", "none", 0.3]}, 3).of("dialogue_ceiling").tolist() == [
        1.0,
        0.0,
        0.3,
    ]


def test_values_of_some_lanes_have_the_axes_that_are_asked_for() -> None:
    own = LaneValues({"generosity": [0.1, 0.5, 0.9]}, 3)
    assert own.of("generosity", np.array([0, 2]), axes=2).shape == (2, 1, 1)
    assert own.some(slice(1, 3)).of("generosity").tolist() == [0.5, 0.9]
    values = {"generosity": [0.9, 0.1, 0.9], "exit_notice": [1, 2, 3]}
    sets, place = LaneValues(values, 3).kinds(make_parameters({}), ["generosity", "false_alarm"])
    assert place is not None
    assert [sets[k].generosity for k in place] == [0.9, 0.1, 0.9]
    assert len(sets) == 2
    assert LaneValues(values, 3).kinds(make_parameters({}), ["false_alarm"]) == ([make_parameters({})], None)
