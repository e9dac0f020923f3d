"""An emulator is made of a plan's runs, here of runs whose outcomes are known, and measured on others."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import refused, written
from rich.console import Console
from sample_runs import of_three_dyads
from typer.testing import Result

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.emulation import training
from experiments.emulation.emulator import Emulator
from experiments.emulation.report import NAME, show, write_emulator
from experiments.emulation.training import Sizes, keys_of, make_emulator, places_of, sizes_of, worst_error
from experiments.running.runner import Hooks, rerun, run_plan
from experiments.store.columns import Chunk, Played
from model import Ensemble, InputFault, load_scenario

pytest.importorskip("sklearn")

PLAN = """
title = "Two inputs"
question = "What do they do?"
scenario = "2026"
replicates = 40
root_seed = 318291039481029384
design = "sobol"
n_points = 32
outcomes = ["emerged", "kept", "mean_depth", "final_ev_share"]
[factors.generosity]
range = [0.0, 1.0]
[factors.tension_jump_rate]
range = [0.01, 0.2]
scale = "log"
"""
SIZES = Sizes(16, 40, 16, 0.0)


#: The same of two inputs, one of which cannot differ between the runs of a world: points are played one by one.
ONE_BY_ONE = PLAN.replace("[factors.tension_jump_rate]", "[factors.exit_cost]")


def depth_at(generosity: Any, jumps: Any) -> Any:
    return 0.2 + 0.3 * generosity + 0.05 * np.log(jumps / 0.01)


def made_up(chunk: Chunk) -> Played:
    """Depth has luck in it; cooperation is inherited between the US and the EU where generosity is high."""
    names = ["generosity", "exit_cost" if "exit_cost" in chunk.settings else "tension_jump_rate"]
    g, jumps = np.array([[float(chunk.settings_of(r)[name]) for r in chunk.replicates] for name in names])
    luck = np.array([np.random.default_rng([chunk.root_seed % 97, r]).normal(0.0, 0.05) for r in chunk.replicates])
    depth = depth_at(g, jumps) + luck
    none = np.zeros(chunk.count, dtype=bool)
    inherited = np.stack([none, none, g > 0.6], axis=1).reshape(-1)
    n = chunk.count
    happens = luck < 0.1 * (g - 0.5)
    rows = {
        "mean_depth": np.repeat(depth, 3),
        "inherited": inherited,
        "emerged": np.repeat(happens, 3) & ~inherited,
        "kept": np.repeat(happens, 3) & inherited,
        "final_ev_share_first": np.tile([0.9, 0.9, 0.4], n),
        "final_ev_share_second": np.tile([0.4, 0.8, 0.8], n),
    }
    return of_three_dyads(chunk, rows)


def plan_in(folder: Path, text: str = PLAN) -> Plan:
    return load_plan(written(folder, "two.toml", text))


def made(folder: Path, sizes: Sizes = SIZES, text: str = PLAN, **more: Any) -> dict[str, Any]:
    told = make_emulator(plan_in(folder, text), folder / "out", sizes, 1, work=made_up, **more)
    assert told is not None
    return told


@pytest.mark.parametrize("text", [PLAN, ONE_BY_ONE], ids=["side by side", "one by one"])
def test_known_curves_are_found_and_told_apart(tmp_path: Path, text: str) -> None:
    told = made(tmp_path, text=text)
    write_emulator(told, tmp_path)
    emulator = Emulator.load(tmp_path / f"{NAME}.json")
    assert (tmp_path / f"{NAME}.png").stat().st_size > 10_000
    said = emulator.predict({"generosity": 0.3, emulator.inputs[1]["name"]: 0.05})
    depth = said["mean_depth", "CN-EU"]
    assert depth.mean == pytest.approx(depth_at(0.3, 0.05), abs=0.025)
    assert depth.low < depth.mean < depth.high and depth.high - depth.low < 0.1
    assert depth.run_low is not None and depth.run_high is not None
    assert depth.run_high - depth.run_low == pytest.approx(2 * 1.645 * 0.05, rel=0.35)
    assert said["final_ev_share", "US"].mean == 0.4 and said["final_ev_share", "EU"].mean == 0.8
    assert ("final_ev_share", "US-EU") not in said, "a bloc has one market, whichever dyad is looked at"
    # The scenario's own value of what is not named.
    own = load_scenario("2026").parameters.as_dict()
    assert [one["usual"] for one in emulator.inputs] == [own[one["name"]] for one in emulator.inputs]


def test_emergence_is_of_runs_that_inherited_nothing(tmp_path: Path) -> None:
    told = made(tmp_path)
    emulator = Emulator(told)
    free, bound = emulator.predict(generosity=0.1), emulator.predict(generosity=0.95)
    assert free["inherited", "US-EU"].mean < 0.2 and bound["inherited", "US-EU"].mean > 0.8
    assert np.isnan(free["kept", "US-EU"].mean) and np.isnan(bound["emerged", "US-EU"].mean)
    assert 0.0 <= free["emerged", "US-EU"].mean < 0.5 < bound["kept", "US-EU"].mean <= 1.0
    assert ("kept", "CN-EU") not in free, "what no run can have is no output"
    names = {(one["outcome"], one["where"]): one for one in told["outputs"]}
    assert names["inherited", "CN-EU"]["held_out"]["r2"] is None, "the same everywhere"


@pytest.mark.parametrize("text", [PLAN, ONE_BY_ONE], ids=["side by side", "one by one"])
def test_held_out_points_have_other_luck_and_other_places(tmp_path: Path, text: str) -> None:
    seen: dict[int, set[tuple[float, ...]]] = {}
    runs: dict[int, int] = {}

    def watched(chunk: Chunk) -> Played:
        for run in chunk.replicates:
            seen.setdefault(chunk.root_seed, set()).add(tuple(float(v) for v in chunk.settings_of(run).values()))
        runs[chunk.root_seed] = runs.get(chunk.root_seed, 0) + chunk.count
        return made_up(chunk)

    plan = plan_in(tmp_path, text)
    told = make_emulator(plan, tmp_path / "out", SIZES, 1, work=watched)
    assert told is not None and sorted(map(len, seen.values())) == [16, 16]
    assert not set.intersection(*seen.values())
    of_points = SIZES.points * SIZES.replicates
    assert runs == {plan.root_seed: of_points, training.seeds_of(plan)[0]: 6 * of_points}, "less of their own luck"
    assert all(len(one["tested"]) == 16 for one in told["outputs"])


def test_side_by_side_held_out_points_have_as_many_runs_as_design_points() -> None:
    assert Sizes(2048, 32, 64).replicates_held_out(True) == 1024
    assert Sizes(2048, 32, 64).replicates_held_out(False) == 6 * 32


def test_side_by_side_every_run_has_its_settings_and_luck_of_its_own(tmp_path: Path) -> None:
    """The numbers of a point are those of its runs played alone."""
    plan = plan_in(tmp_path)
    rows = [{"generosity": g, "tension_jump_rate": jumps} for g, jumps in ((0.1, 0.02), (0.9, 0.2), (0.5, 0.05))]
    points = training.side_by_side(plan, rows, 4, "few", 5)
    keys = keys_of(plan)
    came = run_plan(points, tmp_path / "played", 1)
    values = training.values_of(came, keys, 3, 4)
    depth = values[next(key for key in keys if key[:2] == ("mean_depth", "CN-EU"))]
    assert depth.shape == (3, 4) and len(np.unique(depth)) > 6
    for run in (0, 5, 11):
        own = {**rows[run // 4]}
        alone = Ensemble("2026", 5, [run], {**plan.settings, **own}).run().summary()
        assert depth.flat[run] == alone.loc[alone["dyad"] == "CN-EU", "mean_depth"].item()
    # Played again from its folder alone, on the other engine.
    assert rerun(came.results, "0-5", engine="mesa").is_same
    other = training.side_by_side(plan, rows[::-1], 4, "few", 5)
    with pytest.raises(InputFault, match="by_run: times 4"):
        run_plan(other, tmp_path / "played", 1)


def test_whether_points_can_be_played_side_by_side(tmp_path: Path) -> None:
    assert training.is_side_by_side(load_plan("sliders")) and training.is_side_by_side(plan_in(tmp_path))
    assert not training.is_side_by_side(plan_in(tmp_path, ONE_BY_ONE))


def test_the_next_points_have_another_luck_and_none_that_of_the_held_out_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SAME_LUCK", 16)
    stages: dict[str, set[int]] = {}

    def watched(chunk: Chunk) -> Played:
        stages.setdefault(chunk.name.split("/")[0], set()).add(chunk.root_seed)
        return made_up(chunk)

    plan = dataclasses.replace(plan_in(tmp_path, ONE_BY_ONE), outcomes=("mean_depth",), rows=())
    assert make_emulator(plan, tmp_path / "out", Sizes(64, 8, 8, 0.0), 1, work=watched) is not None
    apart, seeds = training.seeds_of(plan)
    expected = [apart, *(next(seeds) for _ in range(4))]
    assert len(set(expected)) == 5 and expected[1] == plan.root_seed
    assert set().union(*stages.values()) == set(expected)
    assert apart not in [next(seeds) for _ in range(40)], "held-out points keep their luck for themselves"


@pytest.mark.slow
def test_points_are_added_until_the_error_is_small_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words: list[str] = []
    plan = dataclasses.replace(plan_in(tmp_path, ONE_BY_ONE), outcomes=("mean_depth",))
    few, many = Sizes(128, 40, 16, 0.5), Sizes(64, 40, 16, 0.2)
    quick = make_emulator(plan, tmp_path / "few", few, 1, work=made_up, tell=words.append)
    monkeypatch.setattr(training, "worst_error", lambda outputs: 0.3 if outputs else 0.0)
    whole = make_emulator(plan, tmp_path / "many", many, 1, work=made_up)
    assert quick is not None and whole is not None
    assert [step["points"] for step in quick["steps"]] == [32] and quick["steps"][0]["error"] < 0.5
    assert [step["points"] for step in whole["steps"]] == [32, 64] and whole["n_points"] == 64
    assert words == [f"32 points: error {quick['steps'][0]['error']:.2f} standard deviations in the worst output"]
    # The points of the first stage are among those of the second, so that nothing is thrown away.
    assert whole["points"][:32] == quick["points"]
    assert quick["steps"][-1]["error"] == worst_error(quick["outputs"])
    # Without an error that would be small enough, all are played before anybody looks.
    at_once = make_emulator(plan, tmp_path / "all", Sizes(64, 40, 16, 0.0), 1, work=made_up)
    assert at_once is not None and [step["points"] for step in at_once["steps"]] == [64]
    assert len(at_once["points"]) == 64


def test_the_same_again_plays_nothing(tmp_path: Path) -> None:
    first = made(tmp_path)

    def never(chunk: Chunk) -> Played:
        raise AssertionError(f"{chunk.name} is played again")

    again = make_emulator(plan_in(tmp_path), tmp_path / "out", SIZES, 1, work=never)
    assert again is not None and again["outputs"] == first["outputs"]
    with pytest.raises(InputFault, match="differ from what was asked"):
        make_emulator(
            plan_in(tmp_path, PLAN.replace("[0.0, 1.0]", "[0.0, 0.5]")), tmp_path / "out", SIZES, 1, work=never
        )


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    whole = made(tmp_path, text=ONE_BY_ONE)
    played: list[str] = []

    def stops(chunk: Chunk) -> Played:
        played.append(chunk.name)
        if len(played) == 20:
            raise KeyboardInterrupt
        return made_up(chunk)

    def notes(chunk: Chunk) -> Played:
        played.append(chunk.name)
        return made_up(chunk)

    plan = plan_in(tmp_path, ONE_BY_ONE)
    with pytest.raises(KeyboardInterrupt):
        make_emulator(plan, tmp_path / "cut", SIZES, 1, work=stops)
    played.clear()
    again = make_emulator(plan, tmp_path / "cut", SIZES, 1, work=notes)
    assert again is not None and again["outputs"] == whole["outputs"] and len(played) == 32 - 19


def test_side_by_side_it_goes_on_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "PART_SIDE_BY_SIDE", 100)
    whole, played = made(tmp_path), 0

    def stops(chunk: Chunk) -> Played:
        nonlocal played
        played += 1
        if played == 42:  # of 39 parts held out and 7 of points
            raise KeyboardInterrupt
        return made_up(chunk)

    with pytest.raises(KeyboardInterrupt):
        make_emulator(plan_in(tmp_path), tmp_path / "cut", SIZES, 1, work=stops)
    again = make_emulator(plan_in(tmp_path), tmp_path / "cut", SIZES, 1, work=made_up)
    assert played == 42 and again is not None and again["outputs"] == whole["outputs"]


def test_what_a_stage_that_was_stopped_hands_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped:
        was_interrupted = True

    monkeypatch.setattr(training, "run_plan", lambda *args, **more: Stopped())
    assert make_emulator(plan_in(tmp_path), tmp_path / "out", SIZES, 1) is None


def test_lost_runs_are_left_out(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, ONE_BY_ONE)

    def fails(chunk: Chunk) -> Played:
        if chunk.design_point == 3:
            raise ValueError("no prices")
        return made_up(chunk)

    hooks: Callable[[str], Hooks] = lambda stage: Hooks()  # noqa: E731
    told = make_emulator(plan, tmp_path / "out", SIZES, 1, hooks, work=fails)
    assert told is not None
    for one in told["outputs"]:
        assert one["tested"][3] is None and one["mean"]["weights"][3] == 0.0


def test_places_are_shares_of_the_way_through_a_range(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    rows = [{"generosity": 0.25, "tension_jump_rate": 0.01 * 20.0**0.5}, {"generosity": 1.0, "tension_jump_rate": 0.2}]
    assert places_of(plan.factors, rows) == pytest.approx(np.array([[0.25, 0.5], [1.0, 1.0]]))


def test_the_shipped_plan_asks_for_what_a_class_sees() -> None:
    plan = load_plan("sliders")
    assert sizes_of(plan, None, None, 64, 0.2).points == len(plan.rows)
    keys = [(key.outcome, key.where) for key in keys_of(plan)]
    assert len(plan.factors) == 6 and len(keys) == len(set(keys))
    for outcome in ("inherited", "emerged", "kept", "durable", "gain_share", "mean_depth", "duty_first", "duty_second"):
        assert [where for name, where in keys if name == outcome] == ["CN-US", "CN-EU", "US-EU"]
    assert [where for name, where in keys if name == "final_ev_share"] == ["CN", "US", "EU"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PLAN.replace("range = [0.0, 1.0]", "levels = [0.0, 0.5]"),
            "factors.generosity: with levels: an emulator needs range = [low, high]",
        ),
        (
            PLAN + '[[blocks]]\nname = "a"\n[[blocks]]\nname = "b"\nsettings = { exit_cost = 0.5 }\n',
            "the plan has blocks",
        ),
        (PLAN.replace("design =", "difference = { exit_cost = [0.2, 0.5] }\ndesign ="), "the plan has a difference"),
    ],
)
def test_plans_that_cannot_be_emulated_are_refused(
    text: str, said: str, tmp_path: Path, call: Callable[..., Result]
) -> None:
    written(tmp_path, "plan.toml", text)
    refused(call("emulate", "plan.toml"), "emulator of plan", said)
    assert not (tmp_path / "results").exists()


def test_all_that_is_wrong_with_a_plan_is_told_at_once_and_agrees() -> None:
    with pytest.raises(InputFault) as refusal:
        sizes_of(load_plan("mechanisms"), None, None, 64, 0.2)
    assert list(refusal.value.faults) == [
        "design = 'factorial': an emulator is made of ranges: write design = 'sobol'",
        "factors.recognition_issues, factors.tariff_issues: no number, and an emulator has numbers only: "
        "set it in [settings]",
        "factors.dialogue_ceiling: with levels: an emulator needs range = [low, high]",
        "the plan has assumptions: an emulator is of one setting; make a plan of each",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--points", "50"), "points = 50: allowed is a power of two from 8 to 4096"),
        (("--points", "4"), "points = 4: allowed is a power of two from 8 to 4096"),
        (("--replicates", "1"), "replicates = 1: allowed is a whole number from 8 to 10000"),
        (("--replicates", "0"), "replicates = 0: allowed is a whole number from 8 to 10000"),
        (("--held-out", "0"), "held-out = 0: allowed is a whole number from 8 to 4096"),
        (("--error", "1"), "error = 1.0: allowed is a number from 0"),
        (("--error", "nan"), "error = nan: allowed is a number from 0"),
    ],
)
def test_sizes_without_sense_are_refused(words: tuple[str, ...], said: str, call: Callable[..., Result]) -> None:
    refused(call("emulate", "sliders", *words), said)


def test_without_the_library_the_command_says_what_to_install(
    call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    refused(call("emulate", "sliders"), "detente emulate needs scikit-learn, which is not installed", "analysis")


@pytest.mark.slow
def test_the_command_makes_an_emulator_of_real_runs(tmp_path: Path, call: Callable[..., Result]) -> None:
    written(tmp_path, "two.toml", PLAN)
    made_of = ("--points", "8", "--replicates", "8", "--held-out", "8", "--workers", "1")
    result = call("emulate", "two.toml", *made_of)
    assert result.exit_code == 0, result.output
    file = tmp_path / "results" / "two-emulator" / "emulator.json"
    assert "results/two-emulator/emulator.json" in result.stdout and file.with_suffix(".png").exists()
    told = json.loads(file.read_text("utf-8"))
    assert told["n_points"] == 8 and told["sizes"]["held_out"] == 8
    answer = Emulator.load(file).predict(generosity=0.5)["mean_depth", "CN-EU"]
    assert 0.0 <= answer.low <= answer.mean <= answer.high <= 1.0


def test_what_is_told_fits_the_screen(tmp_path: Path) -> None:
    told = make_emulator(plan_in(tmp_path), tmp_path / "out", SIZES, 1, work=made_up)
    assert told is not None
    for width in (60, 80, 160):
        stream = io.StringIO()
        show(Console(file=stream, width=width), told)
        assert max(len(line) for line in stream.getvalue().splitlines()) <= width


def test_an_emulator_that_tells_little_says_so(tmp_path: Path) -> None:
    told = make_emulator(plan_in(tmp_path), tmp_path / "out", SIZES, 1, work=made_up)
    assert told is not None
    for r2, most, is_warned in ((0.51, 0.9, False), (0.49, 0.9, True), (-12.5, 0.9, True), (-0.2, -0.1, False)):
        for one in told["outputs"]:
            if one["held_out"]["r2"] is not None:
                one["held_out"] |= {"r2": r2, "best_r2": most}
        stream = io.StringIO()
        show(Console(file=stream, width=160), told)
        assert ("told worse than half" in stream.getvalue()) == is_warned
        assert ("by less than luck" in stream.getvalue()) == (most < 0.5)
