"""A sample of assumptions under a design: its points, its files, and what it says of every effect."""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from rich.console import Console
from sample_runs import changed, made_up
from scipy.stats import spearmanr

from experiments.design.plan import Plan
from experiments.design.plan_file import load_plan
from experiments.findings import asked, assumed
from experiments.findings.findings import find
from experiments.findings.sentences import of_sample
from experiments.findings.tables import Findings
from experiments.report.headline_figures import worth_figure
from experiments.report.page import write_report
from experiments.report.screen import show_findings
from experiments.running.runner import chunks_of, rerun, run_plan
from experiments.statistics.estimates import wilson
from experiments.store.columns import Chunk
from experiments.store.folder import Results
from experiments.store.kept import differences, plan_of
from model import PARAMETERS, InputFault
from model.numerics import FloatArray

TEXT = """
title = "Talks over assumptions"
question = "What do talks change, and how sure is it?"
scenario = "2026"
replicates = 4

[factors.dialogue_ceiling]
label = "talks"
levels = ["none", "group"]

[factors.tariff_issues]
label = "duties"
levels = [false, true]

[[contrasts]]
name = "deaf talks"
treated = { dialogue_ceiling = "group", tariff_issues = true, dialogue_on_monitoring = 0 }
control = { dialogue_ceiling = "none", tariff_issues = true }

[[interactions]]
name = "with duties"
effect = "dialogue_ceiling"
where = "tariff_issues"
"""
SAMPLE = "generosity,exit_cost,weight,id\n0.1,0.1,1,a\n0.2,0.2,1,b\n0.3,0.1,0,c\n0.4,0.2,2,d\n0.5,0.1,1,e\n"
OF_FILE = '\n[assumptions]\nsample = "sample.csv"\nreplicates = 2\n'


def plan_in(folder: Path, more: str = OF_FILE, top: str = "", sample: str = SAMPLE) -> Plan:
    (folder / "sample.csv").write_text(sample, encoding="utf-8")
    path = folder / "plan.toml"
    path.write_text(f"{top}{TEXT}{more}", encoding="utf-8")
    return load_plan(path)


def talks_by_generosity(chunk: Chunk) -> pa.Table:
    """As ``made_up``, but talks add generosity - 0.25 to the depth and the gain of CN-EU, in every replicate."""
    generosity = float(chunk.settings.get("generosity", 0.25))
    talks = (chunk.settings["dialogue_ceiling"] == "group") * (generosity - 0.25)
    plain = made_up(chunk)

    def of_europe(replicate: int) -> dict[str, list[float]]:
        of_run = plain.slice(3 * (replicate - chunk.first), 3)
        before = {name: of_run[name].to_pylist() for name in ("mean_depth", "joint_gain")}
        return {name: [first, 1.0 + 0.01 * replicate + talks, last] for name, (first, _, last) in before.items()}

    return changed(chunk, of_europe)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    folder = tmp_path_factory.mktemp("assumed")
    plan = plan_in(folder)
    run_plan(plan, folder / "r", 1, work=talks_by_generosity)
    return plan, folder / "r"


@pytest.fixture(scope="module")
def found(swept: tuple[Plan, Path]) -> Findings:
    """What the sweep found."""
    plan, folder = swept
    return find(plan, Results.open(folder))


def test_the_whole_design_is_played_under_every_row_that_counts(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    assert plan.assumed is not None
    assert plan.assumed.weights == (0.2, 0.2, 0.4, 0.2), "a row without weight is not played"
    assert plan.n_base == 5 and len(plan.points) == 5 * 5 and len(plan.cells) == 4
    assert plan.n_runs == 5 * 4 + 20 * 2
    for row, generosity in enumerate((0.1, 0.2, 0.4, 0.5)):
        for point in plan.points[:5]:
            own = plan.points[plan.under(row, point.index)]
            assert own.settings == {
                "generosity": generosity,
                "exit_cost": 0.2 if row in (1, 2) else 0.1,
                **point.settings,
            }
            assert own.sample == row and not own.is_cell and own.index == plan.under(row, point.index)
    runs = {chunk.design_point: chunk.count for chunk in chunks_of(plan, 10)}
    assert set(runs.values()) == {4, 2} and runs[0] == 4 and runs[5] == 2
    assert plan.with_replicates(1).n_runs == 25


def test_only_the_first_rows_are_played_if_somebody_asks_for_that(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    fewer = plan.with_rows(3)
    assert fewer.assumed is not None and fewer.assumed.weights == pytest.approx((0.25, 0.25, 0.5))
    assert [point.levels for point in fewer.points] == [point.levels for point in plan.points[: 4 * 5]]
    assert fewer.n_runs == 5 * 4 + 15 * 2
    none = plan.with_rows(0)
    assert none.assumed is None and none.points == plan.points[:5]
    for rows in (-1, 5):
        with pytest.raises(InputFault, match=f"rows = {rows}: allowed is a whole number from 0 to 4"):
            plan.with_rows(rows)
    with pytest.raises(InputFault, match="rows = 1: allowed is 0, as the plan has no"):
        none.with_rows(1)
    run_plan(fewer, tmp_path / "r", 1, work=talks_by_generosity)
    assert plan_of(Results.open(tmp_path / "r")).assumed == fewer.assumed


def test_every_number_of_a_status_is_drawn_over_its_range(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, '\n[assumptions]\nvary_every = "assumed"\nn_points = 5\n')
    assert plan.assumed is not None and len(plan.assumed.rows) == 5 and plan.assumed.weights == (0.2,) * 5
    assert "generosity" in plan.assumed.rows[0] and "dialogue_ceiling" not in plan.assumed.rows[0]
    # One value in each fifth of the range of every assumption.
    own = sorted(float(row["generosity"]) for row in plan.assumed.rows)
    assert [int(5 * value) for value in own] == [0, 1, 2, 3, 4]


def test_what_the_plan_sets_is_not_taken_from_the_sample(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, f"\n[settings]\ngenerosity = 0.9{OF_FILE}")
    assert plan.assumed is not None and plan.assumed.left_out == ("generosity",)
    assert {point.settings["generosity"] for point in plan.points} == {0.9}


def test_effects_have_their_distribution_by_weight(found: Findings) -> None:
    own = found.effects.query("dyad == 'CN-EU' and outcome == 'joint_gain' and factor == 'dialogue_ceiling'").iloc[0]
    # The scenario's own run: generosity 0.25 by construction, so talks change nothing there.
    assert own["mean"] == pytest.approx(0.0, abs=1e-12)
    # -0.15, -0.05, 0.15, 0.25 with weights 0.2, 0.2, 0.4, 0.2.
    assert (own["q05"], own["median"], own["q95"]) == pytest.approx((-0.15, 0.15, 0.25))
    assert np.isnan(own["same_sign"]) and own["zero"] == 0.0 and not own["outside"] and own["n_rows"] == 4
    assert own["is_weighted"]
    assert own["noise"] == pytest.approx(0.0, abs=1e-12), "replicates differ by luck alone, which is paired away"
    deaf = found.contrasts.query("dyad == 'CN-EU' and outcome == 'joint_gain'").iloc[0]
    assert deaf["median"] == pytest.approx(0.15)
    both = found.interactions.query("dyad == 'CN-EU' and outcome == 'joint_gain'").iloc[0]
    assert both["median"] == pytest.approx(0.0, abs=1e-12) and np.isnan(both["same_sign"]) and both["zero"] == 1.0
    assert set(found.cells["design_point"]) == {0, 1, 2, 3}, "points under the sample are no cells"


def test_what_moves_an_effect_is_told(found: Findings) -> None:
    own = found.movers.query("dyad == 'CN-EU' and outcome == 'joint_gain' and factor == 'dialogue_ceiling'")
    assert own.iloc[0]["assumption"] == "generosity" and own.iloc[0]["correlation"] == pytest.approx(1.0)
    # 1 / (0.2^2 + 0.2^2 + 0.4^2 + 0.2^2)
    assert own.iloc[0]["n"] == 3.6


def found_movers(n_rows: int, n_assumptions: int, of_rows: FloatArray, tmp_path: Path) -> pd.DataFrame:
    """What moves something that is known by row, over a sample of as many numbers as are given, drawn at random."""
    names = [name for name, spec in PARAMETERS.items() if spec.kind == "float" and spec.status == "assumed"]
    rng = np.random.default_rng(7)
    drawn = {
        name: rng.permutation(np.linspace(float(PARAMETERS[name].low or 0), float(PARAMETERS[name].high or 0), n_rows))
        for name in ["generosity", *(name for name in names if name != "generosity")][:n_assumptions]
    }
    drawn["generosity"] = np.linspace(0.0, 1.0, n_rows)
    plan = plan_in(tmp_path, sample=pd.DataFrame(drawn).to_csv(index=False))
    return pd.DataFrame(assumed.movers(of_rows, plan))


def test_of_few_rows_no_assumption_stands_after_correction(tmp_path: Path) -> None:
    """Six rows order 60 assumptions perfectly by luck alone; of thirty, one that truly moves the effect stands."""
    few = found_movers(6, 60, np.linspace(0.0, 1.0, 6), tmp_path)
    assert few["correlation"].abs().max() == pytest.approx(1.0) and few["p_holm"].min() > 0.05
    noise = 0.2 * np.random.default_rng(1).normal(size=30)
    many = found_movers(30, 60, np.linspace(0.0, 1.0, 30) + noise, tmp_path)
    assert list(many.loc[many["p_holm"] < 0.05, "assumption"]) == ["generosity"]
    assert (many["p_holm"] >= many["p_value"]).all()


def test_the_p_value_of_a_rank_correlation() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 30))
    r, p = spearmanr(x, x + y)
    assert assumed.p_of_correlation(r, 30) == pytest.approx(p)
    assert assumed.p_of_correlation(1.0, 4) == pytest.approx(2 / 24), "four rows stand in 24 orders"
    assert assumed.p_of_correlation(1.0, 6, [4, 1, 1]) == pytest.approx(2 / 30), "tied rows in fewer"
    assert assumed.p_of_correlation(1.0, 2) == 1.0 and assumed.p_of_correlation(1.0, 9, [9]) == 1.0


def test_as_many_rows_as_are_asked_for_let_a_correlation_stand() -> None:
    for n_assumptions in (1, 10, 160):
        n = assumed.rows_needed(n_assumptions)
        assert n_assumptions * assumed.p_of_correlation(assumed.CLEAR, n) <= 0.05
        assert n_assumptions * assumed.p_of_correlation(assumed.CLEAR, n - 1) > 0.05


def test_zeros_have_no_sign_and_few_rows_are_counted(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, sample="generosity\n0.1\n0.2\n0.3\n0.4\n0.5\n0.6\n")
    row = pd.Series(assumed.spread(np.array([1.0, 2.0, 0.0, 0.0, 0.0, -1.0]), plan, 3.0))
    assert (row["same_sign"], row["zero"]) == pytest.approx((2 / 6, 3 / 6))
    # Wilson's interval of 2 in 6.
    assert (row["same_low"], row["same_high"]) == pytest.approx((0.0968, 0.7000), abs=1e-4)
    assert asked.signs_in_words(row) == "same sign in 2 of 6 (10 to 70 %), zero in 3 of 6"
    assert asked.signs_in_words(pd.Series({**row, "n_rows": 600})) == "same sign in 33 % (10 to 70 %), zero in 50 %"
    none = pd.Series(assumed.spread(np.array([1.0, 2.0, 0.0, 0.0, 0.0, -1.0]), plan, 0.0))
    assert asked.signs_in_words(none) == "no sign in the scenario, zero in 3 of 6"
    weighted = plan_in(tmp_path, sample="generosity,weight\n0.1,1\n0.2,2\n0.3,1\n")
    row = pd.Series(assumed.spread(np.array([1.0, 2.0, 0.0]), weighted, 3.0))
    assert asked.signs_in_words(row) == "same sign in 75 % of the weight of 3 (24 to 97 %), zero in 25 %"
    n = 1 / (0.25**2 + 0.5**2 + 0.25**2)
    assert (row["same_low"], row["same_high"]) == pytest.approx(wilson(0.75 * n, n)[1:3]), "as many as the weights say"


def test_rows_are_counted_whose_sign_stands_beyond_their_own_luck(tmp_path: Path) -> None:
    """Six rows of three replicates: two clear of zero on either side, one equal to it, one that luck alone makes."""
    plan = plan_in(tmp_path, "\n[assumptions]\nsample = \"sample.csv\"\nreplicates = 3\n",
                   sample="generosity\n" + "\n".join(f"0.{k}" for k in range(1, 7)))  # fmt: skip
    assert plan.assumed is not None
    steps = [
        [1.0, 1.1, 0.9],
        [0.2, 0.2, 0.2],
        [-0.5, -0.6, -0.55],
        [-1.0, -1.0, -1.1],
        [0.0, 0.0, 0.0],
        [1.0, -0.5, 0.6],
    ]
    values = np.zeros((len(plan.points), 3))
    for number, own in enumerate(steps):
        values[plan.under(number, 1)] = own
    found = assumed.fields(plan, values, 0.3, [(1, 0)])
    assert (found["n_above"], found["n_below"], found["n_rows"]) == (2, 2, 6)
    row = pd.Series(found)
    assert (asked.sure_in_words(row), asked.sign_in_words(row)) == ("2+ 2-", "3 of 6 [19,81]")
    assert asked.signs_in_words(row) == (
        "same sign in 3 of 6 (19 to 81 %), zero in 1 of 6, beyond luck above zero in 2 and below in 2"
    )
    single = assumed.fields(plan, values[:, :1], 0.3, [(1, 0)])
    assert (single["n_above"], single["n_below"]) == (0, 0), "one replicate says nothing of luck"
    unknown = pd.Series(assumed.spread(np.arange(6.0), plan, 1.0))
    assert asked.sure_in_words(unknown) == "", "where luck within rows is not known nothing is counted"


def test_a_sample_of_texts_alone_moves_nothing_by_rank(tmp_path: Path) -> None:
    sample = "retaliation_rule\ngrim\ntit_for_tat\ngrim\ngenerous\n"
    plan = plan_in(tmp_path, sample=sample)
    assert list(assumed.movers(np.array([1.0, 2.0, 3.0, 4.0]), plan)) == []


def test_levels_have_their_distribution_too(found: Findings) -> None:
    row = found.assumed_levels.query("dyad == 'CN-EU' and outcome == 'joint_gain' and design_point == 3").iloc[0]
    assert (row["q05"], row["median"], row["q95"]) == pytest.approx((0.855, 1.155, 1.255))


@pytest.mark.slow
def test_screen_report_and_figure_show_it(swept: tuple[Plan, Path], found: Findings, tmp_path: Path) -> None:
    _, folder = swept
    console = Console(file=io.StringIO(), width=80)
    show_findings(console, found, "2035Q4")
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Difference made by" in text and "Sure: beyond their luck." in " ".join(text.split())
    assert re.search(r"duties[^,\n]*, US-EU +\S+ ±\S+ +\S+ \[\S+\]!? +100 \[\d+,100\] +\d\+ 0-", text)
    assert "Over assumptions, median [5, 95 %]: 4 points of 2 assumptions, 2 replicates each." in " ".join(text.split())
    assert "over assumptions in 100 to 100, median 100" in " ".join(text.split())
    page = write_report(folder).read_text("utf-8")
    assert "joint gain, bn$/yr: same sign" in page and "joint gain, bn$/yr: sure" in page
    assert "Wilson&#x27;s 95 % interval" in page or "Wilson's 95 % interval" in page
    assert "4 points of 2 assumptions" in page
    assert "Which assumptions go with the effects" not in page and "cannot tell 2 assumptions from luck" in page
    top = 'dyads = ["CN-EU"]\noutcomes = ["joint_gain", "mean_depth"]\n'
    narrow = plan_in(tmp_path, top=top)
    run_plan(narrow, tmp_path / "r", 1, work=talks_by_generosity)
    narrowed = find(narrow, Results.open(tmp_path / "r"))
    assert "; over assumptions -0.150 to +0.250, no sign in the scenario" in narrowed.reading
    assert len(worth_figure(narrowed).axes) == 2
    plt.close("all")


def test_a_default_outside_the_middle_is_said(swept: tuple[Plan, Path], tmp_path: Path) -> None:
    plan, _ = swept
    usual = {"generosity": 0.25, "exit_cost": 0.9}
    assert assumed.defaults_outside(plan, usual) == ["exit_cost"]
    far = plan_in(tmp_path, sample="generosity\n0.8\n0.9\n")
    run_plan(far, tmp_path / "r", 1, work=talks_by_generosity)
    found = find(far, Results.open(tmp_path / "r"))
    assert "lies outside the middle 80 % of the sample for generosity" in of_sample(found)[1]
    assert found.effects.query("dyad == 'CN-EU' and outcome == 'joint_gain'")["outside"].tolist() == [True, False]
    assert assumed.spread(np.array([0.1, 0.2, 0.3, 0.4]), plan, 0.5)["outside"]


def test_a_folder_keeps_the_sample_and_goes_on(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    run_plan(plan, tmp_path / "r", 1, work=made_up)
    results = Results.open(tmp_path / "r")
    assert {"sample"} <= set(results.manifest["columns"])
    (tmp_path / "sample.csv").unlink()
    assert plan_of(results).points == plan.points
    assert run_plan(plan_in(tmp_path), tmp_path / "r", 1, work=made_up).n_before == 60
    changed = plan_in(tmp_path, sample=SAMPLE.replace("0.5,0.1,1", "0.5,0.1,3"))
    assert any("assumptions" in line for line in differences(results, changed))
    moved = plan_in(tmp_path, sample=SAMPLE.replace("0.5,0.1,1", "0.6,0.1,1"))
    assert any("generosity" in line for line in differences(results, moved))


def test_a_run_under_the_sample_is_played_again(tmp_path: Path) -> None:
    text = (
        TEXT.partition("[[contrasts]]")[0].replace("replicates = 4", "replicates = 1").partition("[factors.tariff")[0]
    )
    (tmp_path / "one.csv").write_text("generosity\n0.6\n", encoding="utf-8")
    (tmp_path / "p.toml").write_text(f'{text}[assumptions]\nsample = "one.csv"\nreplicates = 1\n', encoding="utf-8")
    run_plan(load_plan(tmp_path / "p.toml"), tmp_path / "r", 1)
    assert rerun(Results.open(tmp_path / "r"), "3-0").is_same


def test_the_first_rows_of_a_sample(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text("generosity,weight\n0.6,1\n0.2,3\n0.4,4\n", encoding="utf-8")
    sample = '[assumptions]\nsample = "some.csv"\nreplicates = 1\n'
    (tmp_path / "p.toml").write_text(f"{TEXT}{sample}n_points = 2\n", encoding="utf-8")
    some = load_plan(tmp_path / "p.toml").assumed
    assert some is not None
    assert (some.rows, some.weights) == (({"generosity": 0.6}, {"generosity": 0.2}), (0.25, 0.75))


def test_quantiles_by_weight() -> None:
    values = [3.0, 1.0, 2.0, 4.0]
    assert assumed.weighted_quantile(values, [1, 1, 1, 1], 0.5) == 2.5
    assert assumed.weighted_quantile(values, [0.1, 0.7, 0.1, 0.1], 0.5) == 1.0
    assert assumed.weighted_quantile([7.0], [2.0], 0.95) == 7.0
    drawn = np.random.default_rng(1).normal(size=999)
    for q in (0.05, 0.5, 0.95):
        assert assumed.weighted_quantile(drawn, np.ones(999), q) == pytest.approx(np.quantile(drawn, q), abs=0.02)
    # A value with weight two is one that is there twice.
    twice = np.append(drawn, drawn[:500])
    weights = np.where(np.arange(999) < 500, 2.0, 1.0)
    assert assumed.weighted_quantile(drawn, weights, 0.3) == assumed.weighted_quantile(twice, np.ones(1499), 0.3)


WRONG = {
    "neither": ("[assumptions]\nreplicates = 2\n", "neither is there"),
    "both": ('[assumptions]\nvary_every = "assumed"\nsample = "sample.csv"\n', "both are there"),
    "a slip in a key": ('[assumptions]\nsampel = "sample.csv"\n', "'sample'"),
    "no such file": ('[assumptions]\nsample = "smaple.csv"\n', "there is no such file"),
    "another kind of file": ('[assumptions]\nsample = "sample.xlsx"\n', ".csv or .parquet"),
    "no such status": ('[assumptions]\nvary_every = "asumed"\n', "allowed are measured, calibrated, assumed"),
    "more points than rows": (
        '[assumptions]\nsample = "sample.csv"\nn_points = 300\n',
        "n_points = 300 (a whole number): allowed",
    ),
    "no replicates": ('[assumptions]\nsample = "sample.csv"\nreplicates = 0\n', "replicates = 0 (a whole number)"),
}
WRONG_SAMPLES = {
    "a slip in a column": ("generosty\n0.1\n0.2\n", "'generosity'"),
    "a value out of range": ("generosity\n0.1\n7\n", "sample row 2: generosity = 7"),
    "a negative weight": ("generosity,weight\n0.1,1\n0.2,-1\n", "row 2: weight = -1"),
    "no weight at all": ("generosity,weight\n0.1,0\n0.2,0\n", "every weight is 0"),
    "a text as weight": ("generosity,weight\n0.1,much\n0.2,1\n", "row 1: weight = 'much'"),
    "nothing but weights": ("weight,dialogue_ceiling\n1,none\n1,group\n", "sets every column of the sample itself"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_the_table_is_said(what: str, tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        plan_in(tmp_path, f"\n{WRONG[what][0]}")
    assert any(WRONG[what][1] in line and "[assumptions]" in line for line in caught.value.faults), caught.value.faults


@pytest.mark.parametrize("what", WRONG_SAMPLES)
def test_what_is_wrong_with_a_sample_is_said(what: str, tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        plan_in(tmp_path, sample=WRONG_SAMPLES[what][0])
    assert any(WRONG_SAMPLES[what][1] in line for line in caught.value.faults), caught.value.faults


def test_sampled_designs_have_no_second_sample_and_say_where_the_other_word_goes(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="goes with designs whose points are compared, and not with sobol"):
        plan_in(tmp_path, '\n[factors.generosity]\nrange = "declared"\n' + OF_FILE, 'design = "sobol"\n')
    with pytest.raises(InputFault, match=r"write it below \[assumptions\]"):
        plan_in(tmp_path, "", 'vary_every = "assumed"\n')


def test_a_sample_may_be_a_parquet_file(tmp_path: Path) -> None:
    pd.DataFrame({"generosity": [0.1, 0.2], "weight": [1.0, 3.0]}).to_parquet(tmp_path / "s.parquet")
    plan = plan_in(tmp_path, '\n[assumptions]\nsample = "s.parquet"\n')
    assert plan.assumed is not None and plan.assumed.weights == (0.25, 0.75)


def test_a_target_of_precision_is_about_the_design_alone(tmp_path: Path) -> None:
    target = "[precision]\nhalf_width = { joint_gain = 0.5 }\nleast = 4\nmost = 8\n[outputs]\nreplicates = 1\n"
    path = tmp_path / "p.toml"
    (tmp_path / "sample.csv").write_text(SAMPLE, encoding="utf-8")
    path.write_text(TEXT.replace("replicates = 4\n", "") + target + OF_FILE, encoding="utf-8")
    plan = load_plan(path)
    assert {chunk.design_point for chunk in chunks_of(plan, 10) if chunk.series} == set(range(5))
    outcome = run_plan(plan, tmp_path / "r", 1, work=talks_by_generosity)
    # The pilot is enough for the five points of the design; under the sample all that was asked for is played.
    assert outcome.n_done == outcome.n_total == 5 * 4 + 20 * 2
    assert set(find(plan, outcome.results).precision["design_point"]) == set(range(5))


def test_sensitivity_says_how_to_ask_what_moves_an_effect(tmp_path: Path) -> None:
    from experiments.sensitivity.screening import Sizes, check

    with pytest.raises(InputFault, match="name a difference"):
        check(plan_in(tmp_path), Sizes())
