"""The catalogue of mechanisms is whole and right, and the ablation asks and tells what it says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import equality
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from experiments.catalogue import mechanisms
from experiments.catalogue.ablation_figure import ablation_figure
from experiments.catalogue.mechanisms import (
    CATALOGUE,
    CORE,
    EFFECT_COLUMNS,
    FULL,
    Mechanism,
    ablation,
    arms_table,
    effects_of,
    load_catalogue,
    read_effects,
    references,
)
from experiments.catalogue.mechanisms_page import cell, markdown, ranked, reading
from experiments.design.plan_file import load_plan
from model import PARAMETERS, Ensemble, InputFault, make_parameters
from model.parameters.mechanisms import MECHANISM_GROUPS

ROOT = Path(__file__).parents[3]
PLANS = ROOT / "experiments" / "plans"
KNOWN = load_catalogue()
OPTIONAL = {str(group.__doc__) for group in MECHANISM_GROUPS}


# --- the catalogue ------------------------------------------------------------------------------------------


def test_every_switch_is_in_the_catalogue() -> None:
    set_by = {name for own in KNOWN for name in (*own.on, *own.off)}
    switches = {name for name, spec in PARAMETERS.items() if spec.kind == "bool"}
    assert switches - set_by == set()


def test_every_number_of_an_optional_mechanism_is_in_the_catalogue() -> None:
    named = {name for own in KNOWN for name in (*own.on, *own.off, *own.numbers)}
    optional = {name for name, spec in PARAMETERS.items() if spec.group in OPTIONAL}
    # Numbers of one kind for several blocs are named once.
    stems = {name.rsplit("_", 1)[0] for name in named}
    # Access is turned on by a scenario's section and not by a switch; the plan on access plays it.
    of_scenarios = {"quota_rent_exporter", "third_answer"}
    missing = {name for name in optional - named if name.rsplit("_", 1)[0] not in stems}
    assert missing == of_scenarios


@pytest.mark.parametrize("own", KNOWN, ids=lambda own: own.name)
def test_a_record_says_what_it_must(own: Mechanism) -> None:
    assert set(own.on) & set(own.off) and own.on != own.off
    assert make_parameters(own.on).key() != make_parameters(own.off).key()
    # What the model does by itself is one of the two; an optional mechanism is one that is off by itself.
    usual = own.on if own.is_core else own.off
    assert make_parameters(usual).changes() == {}
    switches = {name for name in own.on if PARAMETERS[name].kind == "bool"}
    assert own.is_core or not any(PARAMETERS[name].default for name in switches)
    assert own.passage[:2] in ("S0", "S1", "S2", "S3")
    for room in own.rules.split(" (")[0].split(", "):
        assert (ROOT / "model" / f"{room}.py").exists() or list((ROOT / "model").glob(f"*/{room}.py")), room


def test_all_four_documents_are_drawn_on() -> None:
    passages = " ".join(own.passage for own in KNOWN)
    for document in ("S0", "S1", "S2", "S3"):
        assert document in passages
    for known in ("2(2)", "2(4)", "Table 2", "3.2", "3.3"):
        assert known in passages, known


RECORD = """
[[mechanisms]]
name = "A"
passage = "S0 1: b"
rules = "clubs (1)"
expects = "c"
on = { climate_club = true }
off = { climate_club = false }
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name = "A"', ""), "name is missing"),
        (("expects", "expect"), "'expect' is not a key; nearest known name: 'expects'"),
        (("climate_club = true", "climat_club = true"), "'climat_club' is not a parameter"),
        (("climate_club = true", "club_penalty = 25"), "club_penalty = 25"),
        (("on = { climate_club = true }", ""), "on and off are missing"),
        (
            ("climate_club = false }", "climate_club = true, club_penalty = 0.1 }"),
            "neither on nor off is what the model does by itself",
        ),
        (('expects = "c"', 'expects = "c"\nneeds = "B"'), "needs 'B', which is not above it"),
        (('expects = "c"', 'expects = "c"\nnumbers = ["club_penalt"]'), "'club_penalt' is not a parameter; nearest"),
        (("[[mechanisms]]", RECORD + "[[mechanisms]]"), "there is one of that name already"),
    ],
)
def test_faults_of_the_catalogue_are_told(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    path = tmp_path / "mechanisms.toml"
    path.write_text(RECORD.replace(*change, 1), encoding="utf-8")
    with pytest.raises(InputFault, match=said):
        load_catalogue(path)


def test_a_right_record_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mechanisms.toml"
    path.write_text(RECORD, encoding="utf-8")
    (own,) = load_catalogue(path)
    assert not own.is_core and own.on == {"climate_club": True} and own.numbers == ()


# --- the arms -----------------------------------------------------------------------------------------------


def test_arms_differ_from_what_they_are_compared_with_in_one_mechanism() -> None:
    arms, weighings = ablation(KNOWN)
    settings = {arm.name: {n: s.default for n, s in PARAMETERS.items()} | dict(arm.settings) for arm in arms}
    by_name = {own.name: own for own in KNOWN}
    assert len(weighings) == 2 * len(KNOWN) and len(arms) == 2 + 2 * len(KNOWN)
    for pair in weighings:
        own = by_name[pair.mechanism]
        one, other = settings[pair.having], settings[pair.lacking]
        differ = {name for name in one if one[name] != other[name]}
        # Where two mechanisms set one parameter, the full model has one of them.
        assert differ <= set(own.on) | set(own.off), pair
        if pair.within == CORE:
            assert differ, pair
        assert all(other[name] == value for name, value in own.off.items()), pair


def test_the_shipped_arms_are_those_of_the_catalogue() -> None:
    kept = (PLANS / "ablation.csv").read_text(encoding="utf-8")
    assert kept == arms_table(KNOWN), "make them anew: detente mechanisms --arms > experiments/plans/ablation.csv"
    plan = load_plan("ablation")
    assert plan.references == tuple(references(ablation(KNOWN)[1])), "name them in plans/ablation.toml"
    assert plan.replicates >= 2000
    arms, _ = ablation(KNOWN)
    for point, arm in zip(plan.points, arms, strict=True):
        assert (point.arm, make_parameters(point.settings).key()) == (arm.name, make_parameters(arm.settings).key())


# --- effects ------------------------------------------------------------------------------------------------


def made_up_arms(size: dict[str, float]) -> pd.DataFrame:
    """Differences of every arm from every reference, as if each mechanism did what ``size`` says, and no more."""
    arms, weighings = ablation(KNOWN)
    rows = []
    for pair in weighings:
        effect = size.get(pair.mechanism, 0.0)
        turned = pair.having == pair.reference
        reference, arm = (pair.having, pair.lacking) if turned else (pair.lacking, pair.having)
        for dyad in ("CN-US", "CN-EU", "US-EU"):
            for outcome in ("mean_depth", "durable", "joint_gain"):
                mean = -effect if turned else effect
                what = {"reference": reference, "arm": arm, "dyad": dyad, "outcome": outcome, "block": "all"}
                rows.append({**what, "mean": mean, "low": mean - 0.01, "high": mean + 0.02, "n": 10})
    assert {row["arm"] for row in rows} | {CORE, FULL} == {arm.name for arm in arms}
    return pd.DataFrame(rows)


SIZE = {"Linkage": 0.3, "Climate club": -0.2, "Exclusive membership": 0.1}


def test_effects_are_with_less_without_in_the_core_and_in_the_full_model() -> None:
    effects = effects_of(made_up_arms(SIZE), KNOWN)
    assert tuple(effects.columns) == EFFECT_COLUMNS and len(effects) == 2 * 3 * 2 * len(KNOWN)
    for name, mean in SIZE.items():
        own = effects[effects["mechanism"] == name]
        np.testing.assert_allclose(own["mean"], mean)
        assert np.all(own["low"] < own["mean"]) and np.all(own["mean"] < own["high"])
    # A turned difference has its interval turned with it.
    linkage = effects[(effects["mechanism"] == "Linkage")].iloc[0]
    assert (linkage["low"], linkage["high"]) == pytest.approx((0.28, 0.31))
    assert ranked(effects)[:3] == ["Linkage", "Climate club", "Exclusive membership"]


def test_arms_that_were_not_run_are_named() -> None:
    arms = made_up_arms(SIZE)
    with pytest.raises(InputFault, match="'Linkage' has no runs of 'core without Linkage' against 'core'"):
        effects_of(arms[arms["arm"] != "core without Linkage"], KNOWN)


def test_effects_can_be_kept_and_read(tmp_path: Path) -> None:
    effects = effects_of(made_up_arms(SIZE), KNOWN)
    path = tmp_path / "ablation.csv"
    effects.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_effects(path, KNOWN), effects)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputFault, match="has not the columns mechanism, in, dyad"):
        read_effects(path, KNOWN)
    for spoiled in (b"", b"\xff\xfe\x00", b"a,b\n1,2,3\n4,5\n"):
        path.write_bytes(spoiled)
        with pytest.raises(InputFault, match=r"cannot be read as a table|has not the columns"):
            read_effects(path, KNOWN)
    with pytest.raises(InputFault, match="neither a results folder nor a table"):
        read_effects(tmp_path / "nowhere", KNOWN)


def test_runs_of_another_plan_are_refused(tmp_path: Path) -> None:
    from sample_runs import small_plan, stored

    stored(tmp_path / "r", small_plan(tmp_path))
    with pytest.raises(InputFault, match="holds runs of the plan 'small'"):
        read_effects(tmp_path / "r", KNOWN)


# --- the page -----------------------------------------------------------------------------------------------


def test_the_reading_tells_clear_effects_only() -> None:
    said = reading(effects_of(made_up_arms(SIZE), KNOWN))
    assert "In the core the mean depth is moved most by linkage (+0.30 in CN-US" in said
    assert "climate club (-0.20 in CN-US" in said
    assert f"{len(KNOWN) - 3} of {len(KNOWN)} move it in no dyad" in said
    nothing = reading(effects_of(made_up_arms({}), KNOWN))
    assert "no mechanism moves the mean depth by more than these runs can tell from zero" in nothing


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.0, 0.0, 0.0), "0"),
        ((0.1234, 0.1, 0.2), "+0.123 [+0.100, +0.200]"),
        ((0.0, -0.1, 0.1), "0.000 [-0.100, +0.100]"),
    ],
)
def test_cells_of_the_table(numbers: tuple[float, float, float], text: str) -> None:
    assert cell(*numbers) == text


def test_the_page_shows_every_mechanism_and_every_effect() -> None:
    page = markdown(KNOWN, effects_of(made_up_arms(SIZE), KNOWN))
    for own in KNOWN:
        assert page.count(f"\n| {own.name} |") == 3  # the catalogue and two tables
    assert "make ablation" in page and "+0.300 [+0.280, +0.310]" in page
    assert "results are not kept yet" in markdown(KNOWN, None)


def test_the_page_is_the_one_that_the_catalogue_and_the_kept_results_make() -> None:
    kept = ROOT / "docs" / "ablation.csv"
    effects = read_effects(kept, KNOWN) if kept.exists() else None
    page = (ROOT / "docs" / "mechanisms.md").read_text(encoding="utf-8")
    again = "detente mechanisms --markdown --results docs/ablation.csv > docs/mechanisms.md"
    assert page == markdown(KNOWN, effects), f"write it anew: {again}"
    if effects is not None:
        assert set(effects["mechanism"]) == {own.name for own in KNOWN}, "run it anew: make ablation"


def test_the_figure_has_the_ten_mechanisms_that_change_most() -> None:
    figure = ablation_figure(effects_of(made_up_arms(SIZE), KNOWN))
    axes = figure.axes
    assert len(axes) == 6
    assert [label.get_text() for label in axes[0].get_yticklabels()][:2] == ["Linkage", "Climate club"]
    assert len(axes[0].get_yticks()) == 10 < len(KNOWN), "the rest is in the table"
    plt.close(figure)


def test_the_catalogue_is_a_file_that_ships() -> None:
    assert mechanisms.CATALOGUE == CATALOGUE and CATALOGUE.exists()
    assert tomllib.loads(CATALOGUE.read_text(encoding="utf-8")).keys() == {"mechanisms"}


# --- one lane and many --------------------------------------------------------------------------------------------

FULL_MODEL = {name: value for own in KNOWN for name, value in own.on.items()}


@pytest.mark.parametrize(
    ("scenario", "replicates"),
    [("2026-open-access", range(1))]
    + [
        pytest.param(name, range(2), marks=pytest.mark.slow)
        for name in ("2026", "2018", "2026-open-access", "symmetric")
    ],
    ids=str,
)
def test_with_everything_on_both_worlds_are_one_model(scenario: str, replicates: range) -> None:
    assert equality.faults(scenario, replicates, FULL_MODEL) == []


@pytest.mark.slow
@pytest.mark.parametrize("own", KNOWN, ids=lambda own: own.name)
def test_each_mechanism_alone_is_one_model_in_both_worlds(own: Mechanism) -> None:
    needed = next((other.on for other in KNOWN if other.name == own.needs), {})
    change = {**needed, **(own.off if own.is_core else own.on)}
    assert equality.faults("2026", range(3), change) == []
    without = {name: value for name, value in FULL_MODEL.items() if name not in own.on} | own.off
    assert equality.faults("2026", range(1), without) == []


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    """The summary of a few runs of the core."""
    return Ensemble("2026", equality.ROOT_SEED, 4, n_quarters=13).run().summary()


@pytest.mark.parametrize("own", [own for own in KNOWN if not own.is_core], ids=lambda own: own.name)
def test_an_optional_mechanism_that_is_off_is_absent(own: Mechanism, plain: pd.DataFrame) -> None:
    # Its further numbers, at an end of their range, change no bit while its switch is off.
    numbers = {
        name: spec.high if spec.default != spec.high else spec.low
        for stem in own.numbers
        for name, spec in PARAMETERS.items()
        if name == stem and spec.kind in ("float", "int") and spec.group in OPTIONAL
    }
    other = Ensemble("2026", equality.ROOT_SEED, 4, {**own.off, **numbers}, n_quarters=13).run().summary()
    pd.testing.assert_frame_equal(plain, other, check_exact=True)
