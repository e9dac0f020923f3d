"""What a plan compares: pairs of design points, paired differences, McNemar and log-rank, arms and blocs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sample_runs import arms_plan, made_up, small_plan, stored
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar

from experiments.design.outcomes import OUTCOMES
from experiments.design.plan import Interaction, Plan
from experiments.findings.comparisons import (
    ARM,
    CONTRAST,
    FACTOR,
    adjusted,
    bloc_matrices,
    comparisons_of,
    effects,
    matched,
    matrices,
    paired_tests,
)
from experiments.findings.crossed import Crossing, interaction_rows
from experiments.findings.findings import find
from experiments.findings.sentences import of_blocs, of_tests
from experiments.findings.tables import Findings
from experiments.statistics.summarise import contrast, main_effects
from experiments.statistics.survival import log_rank
from experiments.store.folder import Results

HEAD = 'title = "A"\nquestion = "B"\nscenario = "2026"\n'


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return small_plan(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def results(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return stored(tmp_path_factory.mktemp("runs") / "r", plan)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Results]:
    folder = tmp_path_factory.mktemp("arms")
    own = arms_plan(folder)
    return own, stored(folder / "r", own)


def only(table: pd.DataFrame, **values: object) -> pd.Series:
    for name, value in values.items():
        table = table[table[name] == value]
    assert len(table) == 1, values
    return table.iloc[0]


# --- which points are compared ------------------------------------------------------------------------------


def test_a_factorial_compares_cells_that_differ_in_one_factor(plan: Plan) -> None:
    found = comparisons_of(plan)
    assert [own.kind for own in found] == [FACTOR] * 4 + [CONTRAST] * 2
    for own in found[:4]:
        assert len(own.pairs) == 2
        for one, other in own.pairs:
            levels = [dict(plan.points[index].levels) for index in (one, other)]
            differing = [name for name in levels[0] if levels[0][name] != levels[1][name]]
            assert differing == [own.factor]
            assert (levels[0][own.factor], levels[1][own.factor]) == (own.level, own.baseline)
            assert plan.points[one].block == plan.points[other].block == own.block
    assert found[4].pairs == (plan.contrast_points[0],)


def test_every_arm_is_compared_with_each_reference(arms: tuple[Plan, Results]) -> None:
    plan, _ = arms
    assert plan.arms == ("full", "no dialogue", "no tariffs", "core")
    pairs = [(own.baseline, own.level, own.pairs) for own in comparisons_of(plan)]
    assert all(own.kind == ARM for own in comparisons_of(plan))
    assert pairs == [
        ("full", "no dialogue", ((1, 0),)), ("full", "no tariffs", ((2, 0),)), ("full", "core", ((3, 0),)),
        ("core", "full", ((0, 3),)), ("core", "no dialogue", ((1, 3),)), ("core", "no tariffs", ((2, 3),)),
    ]  # fmt: skip


# --- paired differences -------------------------------------------------------------------------------------


def test_matrices_hold_every_run_in_its_place(plan: Plan, results: Results) -> None:
    frame = results.read(["mean_depth", "emerged"], dyad="CN-EU")
    found = dict(matrices(frame, ["mean_depth", "emerged", "no such column"], len(plan.points)))
    assert set(found) == {"mean_depth", "emerged"}
    for row in frame.itertuples():
        assert found["mean_depth"][row.design_point, row.replicate] == row.mean_depth
    without = frame[(frame["design_point"] != 2) | (frame["replicate"] != 5)]
    ((_, holed),) = matrices(without, ["mean_depth"], len(plan.points))
    assert np.isnan(holed[2, 5])
    assert np.isnan(holed).sum() == 1


def test_effects_are_those_of_the_long_table(plan: Plan, results: Results) -> None:
    """The same as main_effects and contrast, which work on data frames."""
    names = [factor.name for factor in plan.factors]
    cells = [point.index for point in plan.cells]
    frame = results.read(["block", *names, "dyad", "joint_gain"], cells)
    long = main_effects(frame, {name: tuple(frame[name].unique()) for name in names}, "joint_gain", ["block", "dyad"])
    for dyad in ("CN-US", "CN-EU", "US-EU"):
        own = results.read(["joint_gain"], dyad=dyad)
        ((_, values),) = matrices(own, ["joint_gain"], len(plan.points))
        for row in effects(values, comparisons_of(plan)):
            if row["factor"] in names:
                want = only(long, block=row["block"], dyad=dyad, factor=row["factor"])
            else:
                at = [c.name for c in plan.contrasts].index(str(row["factor"]))
                sides = [own[own["design_point"] == point] for point in plan.contrast_points[at]]
                want = contrast(sides[0].assign(dyad=dyad), sides[1].assign(dyad=dyad), "joint_gain").iloc[0]
            for name in ("mean", "low", "high", "se"):
                assert row[name] == pytest.approx(want[name], abs=1e-12)
            assert row["n"] == want["n"]


def test_no_interval_of_a_change_of_a_share_says_what_cannot_be(arms: tuple[Plan, Results]) -> None:
    """Between the US and the EU tariffs let cooperation emerge in every run of six, and in none without."""
    found = find(*arms)
    row = only(found.arms, dyad="US-EU", outcome="emerged", reference="core", arm="full")
    assert row["mean"] == row["high"] == 1.0 and 0.0 < row["low"] < 1.0
    for table in (found.arms, found.effects, found.simple_effects):
        own = (
            table[table["outcome"].isin([name for name, one in OUTCOMES.items() if one.most == 1.0])]
            if len(table)
            else table
        )
        assert not len(own) or (own["low"].min() >= -1.0 and own["high"].max() <= 1.0)


def test_interactions_of_shares_stay_within_twice_a_share() -> None:
    own = Crossing(Interaction("x by y", "x", "y"), "all", 0, 1, 0, 1, ((0, 1),), ((2, 3),))
    values = np.array([[1.0] * 20, [0.0] * 20, [0.0] * 20, [1.0] * 19 + [0.0]])
    ((_, free),) = interaction_rows(values, [own])
    ((_, row),) = interaction_rows(values, [own], most=2.0)
    assert free["high"] > 2.0 >= row["high"] > row["mean"] > row["low"]
    assert row["p_value"] == free["p_value"]


def test_a_replicate_without_all_its_pairs_is_left_out() -> None:
    values = np.arange(12.0).reshape(4, 3) ** 2
    pairs = ((2, 0), (3, 1))
    whole, n_pairs = matched(values, pairs)
    assert n_pairs == 2
    assert whole == pytest.approx(((values[2] - values[0]) + (values[3] - values[1])) / 2)
    values[3, 1] = np.nan
    assert matched(values, pairs)[0] == pytest.approx(whole[[0, 2]])
    values[3] = np.nan  # no replicate has the second pair: it does not count against the first
    found, n_pairs = matched(values, pairs)
    assert n_pairs == 1
    assert found == pytest.approx(values[2] - values[0])
    values[:] = np.nan
    assert matched(values, pairs)[0].size == 0
    assert effects(values, comparisons_of_one(pairs)) == []


def comparisons_of_one(pairs: tuple[tuple[int, int], ...]) -> list[object]:
    from experiments.findings.comparisons import Comparison

    return [Comparison(FACTOR, "all", "x", 0, 1, pairs)]


# --- tests --------------------------------------------------------------------------------------------------


def test_tests_of_a_plan_are_those_of_other_packages(plan: Plan, results: Results) -> None:
    luck = np.random.default_rng(3)
    shape = (len(plan.points), 40)
    outcomes = {
        "emerged": luck.integers(0, 2, shape).astype(float),
        "first_emergence": np.where(luck.random(shape) < 0.3, -1, luck.integers(0, 37, shape)).astype(float),
    }
    rows = paired_tests(outcomes, comparisons_of(plan), 37)
    assert len(rows) == 2 * (4 * 2 + 2)
    for row in rows:
        one, other = row["point"], row["baseline_point"]
        if row["test"] == "McNemar":
            a, b = (outcomes["emerged"][index] > 0 for index in (one, other))
            table = [[np.sum(a & b), np.sum(a & ~b)], [np.sum(~a & b), np.sum(~a & ~b)]]
            assert row["p_value"] == pytest.approx(their_mcnemar(table, exact=True).pvalue, abs=1e-12)
            assert (row["only_level"], row["only_baseline"]) == (table[0][1], table[1][0])
            assert row["difference"] == pytest.approx(a.mean() - b.mean())
        else:
            onset = np.concatenate([outcomes["first_emergence"][index] for index in (one, other)])
            event = onset >= 0
            want = log_rank(np.where(event, onset, 37), event, np.repeat([0, 1], 40))
            assert row["p_value"] == pytest.approx(want.p_value, abs=1e-12)
    table = adjusted(pd.DataFrame(rows))
    assert (table["p_holm"] >= table["p_value"]).all()
    assert adjusted(pd.DataFrame()).empty


# --- findings -----------------------------------------------------------------------------------------------


def test_findings_tell_arms_blocs_and_tests(arms: tuple[Plan, Results]) -> None:
    plan, results = arms
    findings = find(plan, results)
    depth = findings.arms[findings.arms["outcome"] == "mean_depth"]
    row = only(depth, reference="full", arm="no tariffs", dyad="US-EU")
    assert (row["mean"], row["low"]) == pytest.approx((-0.2, -0.2), abs=1e-12)
    row = only(depth, reference="core", arm="no tariffs", dyad="CN-EU")
    assert row["mean"] == pytest.approx(0.05, abs=1e-12)
    assert "Against full, joint gain (bn$ a year) changes most with" in findings.reading
    assert "Against core" in findings.reading
    assert set(findings.cells["arm"]) == set(plan.arms)
    assert set(findings.tests["kind"]) == {ARM}
    bloc = only(findings.bloc_effects, baseline="full", level="no tariffs", bloc="EU", outcome="gain")
    # EU is second in two dyads, each of which loses 2 x 0.2 of gain, half of it hers.
    assert bloc["mean"] == pytest.approx(-0.4, abs=1e-12)
    share = only(findings.blocs, design_point=0, bloc="US", outcome="final_ev_share")
    assert share["mean"] == pytest.approx(0.61)
    assert share["n"] == plan.replicates


def test_blocs_gain_in_both_of_their_dyads(arms: tuple[Plan, Results]) -> None:
    plan, results = arms
    gains = {bloc: values for bloc, name, values in bloc_matrices(results, plan, results.dyads()) if name == "gain"}
    runs = results.read()
    for bloc, values in gains.items():
        for (point, replicate), rows in runs.groupby(["design_point", "replicate"]):
            own = 0.0
            for row in rows.itertuples():
                first, second = row.dyad.split("-")
                own += row.gain_first * (bloc == first) + row.gain_second * (bloc == second)
            assert values[point, replicate] == pytest.approx(own, abs=1e-12)


def test_sentences_hold_for_any_numbers(plan: Plan, results: Results) -> None:
    findings: Findings = find(plan, results)
    said = of_tests(plan, findings.tests)
    assert "differ in tariffs (on the table against off), rates of emergence differ beyond luck in" in said
    assert of_tests(plan, pd.DataFrame()) == ""
    assert of_blocs(plan, pd.DataFrame(), pd.DataFrame()) == ""
    told = of_blocs(plan, findings.blocs, findings.bloc_effects)
    assert "reaches 0.60 in CN" in told
    assert "What moves such a share most is dialogue (group against none): +0.01 in" in told
    still = findings.bloc_effects.assign(low=-1.0, high=1.0)
    assert "Nothing in the design moves these shares beyond luck." in of_blocs(plan, findings.blocs, still)


def test_made_up_runs_have_the_columns_that_findings_read(plan: Plan) -> None:
    from experiments.running.runner import chunks_of

    assert {"first_emergence", "gain_first", "co2_saved_second"} <= set(made_up(next(chunks_of(plan))).column_names)


# --- arms in plan files -------------------------------------------------------------------------------------


def test_a_named_point_sets_only_what_it_changes(tmp_path: Path) -> None:
    plan = arms_plan(tmp_path)
    levels = {point.arm: dict(point.levels) for point in plan.points}
    assert levels["no tariffs"]["tariff_issues"] is False
    assert levels["full"] == {**levels["no tariffs"], "tariff_issues": True}
    assert len({tuple(sorted(map(str, own.items()))) for own in levels.values()}) == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name = "core"', 'name = "full"'), "allowed is a text that no other one has"),
        (('name = "core"', ""), "name is missing: allowed is a text"),
        (('reference = ["full", "core"]', 'reference = "ful"'), "'ful' is not the name of a point; nearest"),
        (('reference = ["full", "core"]', "reference = 3"), "allowed is the name of a point, or a list of names"),
        (('design = "list"', 'design = "factorial"'), "reference goes with design table or list, and not with"),
    ],
)
def test_faults_of_arms_are_told(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    from sample_runs import ARMS

    from model import InputFault

    with pytest.raises(InputFault, match=said):
        small_plan(tmp_path, ARMS.replace(*change))


def test_a_reference_needs_names(tmp_path: Path) -> None:
    from model import InputFault

    text = (
        'title = "A"\nquestion = "B"\nscenario = "2026"\ndesign = "list"\nreference = "a"\n[[points]]\ngenerosity = 0.1'
    )
    with pytest.raises(InputFault, match="the points have no names; give each point"):
        small_plan(tmp_path, text)


def test_a_table_has_arms_too(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("name,generosity\nlow,0.1\nhigh,0.4\n", encoding="utf-8")
    text = HEAD + 'replicates = 3\ndesign = "table"\ntable = "p.csv"\nreference = "low"\n'
    plan = small_plan(tmp_path, text)
    assert (plan.arms, plan.references) == (("low", "high"), ("low",))
    results = stored(tmp_path / "r", plan)
    assert set(find(plan, results).arms["arm"]) == {"high"}
    from experiments.store.kept import plan_of

    again = plan_of(results)
    assert (again.arms, again.references) == (plan.arms, plan.references)
