"""A plan that names dyads and outcomes: words, tables, figures and the screen answer those, and nothing else."""

from __future__ import annotations

import io
import itertools
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pyarrow as pa
import pytest
from rich.console import Console
from sample_runs import PLAN, changed, made_up, stored

from experiments.design.outcomes import NAMES, OUTCOMES, expanded, table_of_outcomes, words_of
from experiments.design.plan import Factor, Plan, Precision
from experiments.design.plan_file import load_plan
from experiments.findings import asked
from experiments.findings.findings import find
from experiments.findings.tables import Findings
from experiments.report.headline_figures import plan_figure, worth_figure
from experiments.report.page import write_report
from experiments.report.screen import show_findings
from experiments.running.runner import run_plan
from experiments.statistics.stopping import in_words, reached, reached_in_words, wanted_for
from experiments.store.columns import COLUMNS, Chunk
from experiments.store.folder import Results
from experiments.store.manifest import read_from
from model import InputFault, dictionary

ASKED = 'dyads = ["CN-EU"]\noutcomes = ["mean_depth", "emerged", "duty"]\n'
CROSSED = '[[interactions]]\nname = "with duties"\neffect = "dialogue_ceiling"\nwhere = "tariff_issues"\n'


def plan_of(folder: Path, top: str = ASKED, more: str = "") -> Plan:
    path = folder / "asked.toml"
    path.write_text(f"{top}{PLAN}{more}", encoding="utf-8")
    return load_plan(path)


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    folder = tmp_path_factory.mktemp("asked")
    plan = plan_of(folder, more=CROSSED)
    return find(plan, stored(folder / "r", plan))


def on_screen(findings: Findings) -> str:
    console = Console(file=io.StringIO(), width=80)
    show_findings(console, findings, "2035Q4")
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_every_outcome_is_a_column_of_the_runs() -> None:
    own = dictionary()
    columns = set(own.loc[own["table"] == "summary", "column"])
    assert set(OUTCOMES) <= columns | set(COLUMNS)
    assert all(f"`{name}`" in table_of_outcomes() for name in NAMES if "_first" not in name and "_second" not in name)


def test_a_name_without_a_side_means_both() -> None:
    assert list(expanded(["duty", "joint_gain", "duty_first"])) == ["duty_first", "duty_second", "joint_gain"]
    assert words_of("duty_second", "CN-EU") == "duty of the EU on EVs"
    assert words_of("duty_second") == "duty of the second bloc on EVs"


def test_tables_have_what_was_asked_and_no_more(findings: Findings) -> None:
    told = {"mean_depth", "emerged", "duty_first", "duty_second"}
    for table in (findings.effects, findings.contrasts, findings.interactions, findings.block_effects):
        assert set(table["dyad"]) == {"CN-EU"}
        assert set(table["outcome"]) == told
    assert set(findings.cells["dyad"]) == {"CN-EU"}
    assert set(findings.tests["outcome"]) == {"emerged", "first_emergence"}
    assert findings.blocs.empty


def test_words_answer_the_interaction_first(findings: Findings) -> None:
    first, second, *_ = asked.answers(findings)
    assert first.startswith("China–EU: dialogue (group against none) added no more, beyond luck, ")
    assert "with tariffs on the table than with off: mean depth" in first
    assert "(+0.050 with on the table, +0.050 with off)" in first
    # Dialogue adds 0.05 of depth in CN-EU by construction.
    row = findings.effects.query("outcome == 'mean_depth' and factor == 'dialogue_ceiling' and block == 'with linkage'")
    assert row["mean"].item() == pytest.approx(0.05)
    assert second.startswith("China–EU, dialogue (group against none): mean depth +0.050 ")
    assert "averaged over tariffs" in second
    assert findings.reading.startswith(first)
    assert "US" not in findings.reading.replace("US-", "")


def talks_turn(chunk: Chunk) -> pa.Table:
    """As ``made_up``, but talks add 0.12 to the depth of CN-EU with duties on the table, and take 0.08 without."""
    step = (0.12 if chunk.settings["tariff_issues"] else -0.08) * (chunk.settings["dialogue_ceiling"] == "group")
    plain = made_up(chunk)

    def of_europe(replicate: int) -> dict[str, list[float]]:
        first, _, last = plain.slice(3 * (replicate - chunk.first), 3)["mean_depth"].to_pylist()
        return {"mean_depth": [first, 0.5 + 0.01 * replicate + step, last]}

    return changed(chunk, of_europe)


def test_an_average_that_hides_another_sign_says_so(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    run_plan(plan, tmp_path / "r", 1, work=talks_turn)
    found = find(plan, Results.open(tmp_path / "r"))
    own = next(one for one in asked.answers(found) if "dialogue (group" in one)
    assert "mean depth +0.020 " in own and "averaged over tariffs" in own
    assert "(-0.080 with tariffs off, +0.120 with tariffs on the table)" in own
    simple = found.simple_effects.query("outcome == 'mean_depth' and factor == 'dialogue_ceiling'")
    assert simple.query("block == 'with linkage'")["mean"].tolist() == pytest.approx([-0.08, 0.12])
    assert simple["is_reversed"].all()
    other = found.simple_effects.query("outcome == 'mean_depth' and factor == 'tariff_issues'")
    assert not other["is_reversed"].any(), "duties add at both levels of talks"
    crossed = plan_of(tmp_path, more=CROSSED)
    run_plan(crossed, tmp_path / "c", 1, work=talks_turn)
    told = asked.answers(find(crossed, Results.open(tmp_path / "c")), with_levels=False)
    assert "added more with tariffs on the table than with off: mean depth +0.200 " in told[0]
    assert "(+0.120 with on the table, -0.080 with off)" in told[0]
    assert told[1].startswith("China–EU: dialogue (group against none) changed its sign (")


def test_signs_that_differ_by_luck_alone_are_not_told(findings: Findings) -> None:
    assert not findings.simple_effects["is_reversed"].any()
    assert "its sign" not in " ".join(asked.answers(findings, with_levels=False))


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (Factor("a", (0.01, 0.12), "jumps a quarter", ("0.01", "0.12")), "jumps a quarter (0.12 against 0.01)"),
        (Factor("scenario", ("x", "y"), "access", ("closed", "open")), "access (open against closed)"),
        (Factor("b", (False, True), "tariffs", ("off", "on the table")), "tariffs (on the table against off)"),
        (
            Factor("c", ("w", "t"), "table", ("whole", "talk only"), bundles={"w": {}, "t": {}}),
            "table (“talk only” against “whole”)",
        ),
    ],
    ids=["parameter", "scenario", "switch", "bundle"],
)
def test_a_comparison_reads_well_for_every_kind_of_factor(factor: Factor, said: str) -> None:
    assert factor.against(factor.levels[1], factor.levels[0]) == said


def test_rows_name_their_levels(findings: Findings) -> None:
    text = on_screen(findings)
    assert " tariffs: on the table" in text and " dialogue: group" in text
    assert re.search(r"^ tariffs +[+-]", text, re.MULTILINE) is None


def test_figures_show_the_interaction_and_no_number_on_the_line_of_zero(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, more=CROSSED.replace("with duties", "with duties on the table of both"))
    run_plan(plan, tmp_path / "r", 1, work=talks_turn)
    figure = worth_figure(find(plan, Results.open(tmp_path / "r")))
    figure.draw_without_rendering()
    labels = figure.axes[0].get_yticklabels()
    rows = [label.get_text() for label in labels]
    assert " ".join(rows[0].split()) == "interaction: with duties on the table of both"
    assert "tariffs: on the table" in rows
    boxes = [label.get_window_extent() for label in labels]
    assert all(upper.y0 > lower.y1 for upper, lower in itertools.pairwise(boxes)), "labels stand on each other"
    numbers = 0
    for axis in figure.axes:
        zero = axis.transData.transform((0.0, 0.0))[0]
        for text in axis.texts:
            box = text.get_window_extent()
            numbers += 1
            assert not box.x0 < zero < box.x1, text.get_text()
            assert axis.bbox.x0 <= box.x0 and box.x1 <= axis.bbox.x1, f"{text.get_text()} is outside"
    assert numbers == 3 * len(figure.axes)
    plt.close("all")


def talks_by_assumptions(chunk: Chunk) -> pa.Table:
    """As ``made_up``, but what talks add to the gain between China–US hangs on an assumption."""
    step = float(chunk.settings.get("linkage_scale", 1.0)) * (chunk.settings["dialogue_ceiling"] == "group")
    return changed(chunk, lambda replicate: {"gain_share": [0.1 * step + 0.01 * replicate, 0.5, 0.5]})


STUDY = """
title = "Does dialogue do more where access is open?"
question = "A working group against none, with brands kept out and let in."
replicates = 6
dyads = ["CN-US"]
outcomes = ["gain_share", "joint_gain", "ev_trade"]
[factors.dialogue_ceiling]
label = "dialogue"
levels = ["none", "group"]
[factors.scenario]
label = "access"
levels = ["2026", "2026-open-access"]
level_labels = ["closed", "open"]
[factors.tariff_issues]
label = "tariffs"
levels = [false, true]
level_labels = ["off", "on the table"]
[[interactions]]
name = "more where open"
effect = "dialogue_ceiling"
where = "scenario"
[assumptions]
vary_every = "assumed"
n_points = 6
replicates = 1
"""


def test_a_study_of_three_factors_fits_one_screen_and_answers_first(tmp_path: Path) -> None:
    """With the two lines that name the files; what was not asked is in the report."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    plan = load_plan(path)
    run_plan(plan, tmp_path / "r", 1, work=talks_by_assumptions)
    found = find(plan, Results.open(tmp_path / "r"))
    text = on_screen(found)
    lines = text.splitlines()
    assert len(lines) + 2 <= 50 and max(map(len, lines)) <= 80
    answer = " ".join(" ".join(lines[:3]).split())
    assert "China–US: dialogue (group against none) added no more, beyond luck, with access open than" in answer
    assert re.search(r"share of the attainable gain \S+ \[\S+, \S+\] %", answer)
    said = " ".join(text.split())
    assert "averaged over tariffs" in said and "With dialogue" not in said
    assert (
        "What moves" not in said and "6 points cannot tell" in said and "points (for a rank correlation of 0.5" in said
    )
    assert re.search(r"(same sign in|zero in) \d of 6", said) and "% with that sign" not in said


def test_the_screen_shows_no_other_dyad_and_no_other_outcome(findings: Findings) -> None:
    text = on_screen(findings)
    assert "CN-US" not in text and "US-EU" not in text
    assert "joint gain" not in text and "EV trade" not in text
    for words in ("mean depth", "emergence, % of runs", "duty of China on EVs", "duty of the EU on EVs", "with duties"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_report_and_figures_show_no_other(findings: Findings, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, more=CROSSED)
    stored(tmp_path / "r", plan)
    page = write_report(tmp_path / "r").read_text("utf-8")
    body = page[page.index("</nav>") : page.rindex("Where this comes from")]
    assert "CN-EU" in body and "US-EU" not in body and "joint gain, bn$/yr" not in body
    assert "duty of the first bloc on EVs, %" in body and "difference of differences" in body
    for draw in (plan_figure, worth_figure):
        labels = " ".join(" ".join(axis.get_xlabel().split()) for axis in draw(findings).axes)
        assert "mean depth" in labels and "duty of China" in labels and "joint gain" not in labels
    plt.close("all")


def test_a_plan_of_one_dyad_shows_the_usual_of_that(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, 'dyads = ["US-EU"]\n')
    found = find(plan, stored(tmp_path / "r", plan))
    assert set(found.cells["dyad"]) == set(found.effects["dyad"]) == {"US-EU"}
    assert set(found.blocs["bloc"]) == {"US", "EU"}
    assert "kept" in set(found.tests["outcome"])
    assert "China" not in on_screen(found)


@pytest.mark.parametrize(
    ("top", "says"),
    [
        ('dyads = ["CN-EY"]\n', ("dyads: 'CN-EY' is not one of the dyads", "nearest known name: 'CN-EU'")),
        ('outcomes = ["joint_gian"]\n', ("outcomes: 'joint_gian'", "'joint_gain'")),
        ("outcomes = []\n", ("outcomes = [] (a list)", "a list of names")),
        ('dyads = "CN-EU"\n', ("dyads = 'CN-EU' (text in quotes)", "a list of names")),
        ("outcomes = [1]\n", ("outcomes = [1] (a list)", "joint_gain")),
    ],
)
def test_what_cannot_be_told_is_refused(top: str, says: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        plan_of(tmp_path, top)
    assert all(any(one in line for line in caught.value.faults) for one in says), caught.value.faults


# --- precision of several ------------------------------------------------------------------------------------------

TARGETS = "[precision]\nhalf_width = { time_cooperating = 0.1, gain_share = 0.5, kept = 0.2 }\nleast = 4\nmost = 60\n"


def _without_replicates(folder: Path, text: str, top: str) -> Plan:
    path = folder / "precise.toml"
    path.write_text(f"{top}{PLAN.replace('replicates = 6', '')}{text}", encoding="utf-8")
    return load_plan(path)


def test_several_outcomes_may_have_a_target(tmp_path: Path) -> None:
    plan = _without_replicates(tmp_path, TARGETS, 'dyads = ["CN-EU"]\n')
    assert plan.precision == Precision(
        (("time_cooperating", 0.1), ("gain_share", 0.5), ("kept", 0.2)), 4, 60, ("CN-EU",)
    )


def test_the_most_demanding_target_decides_and_empty_values_do_not_count() -> None:
    target = Precision((("kept", 0.5), ("gain_share", 0.05)), 4, 1000, ("CN-EU",))
    frame = pd.DataFrame(
        {
            "design_point": [0] * 8, "replicate": [0, 1, 2, 3] * 2, "dyad": ["CN-EU"] * 4 + ["CN-US"] * 4,
            "kept": [True, False] * 4, "gain_share": [0.1, 0.2, 0.3, float("nan")] + [0.0, 9.0] * 2,
        }
    )  # fmt: skip
    # Of gain_share three values count: spread 0.1, Student's quantile with 2 degrees of freedom 4.303.
    assert wanted_for(frame, target) == {0: 75}
    table = reached(frame, target)
    assert set(table["dyad"]) == {"CN-EU"}
    assert table["n"].tolist() == [4, 3]
    said = reached_in_words(table, target)
    assert "gain share is not known to within 0.05 in 1 of 1 rows" in said
    assert "kept to within 0.5 and gain share to within 0.05" in in_words({0: 75}, target, 75)


def test_nothing_to_tell_of_an_outcome_is_said() -> None:
    target = Precision((("gain_share", 0.05),), 2, 9)
    frame = pd.DataFrame(
        {"design_point": [0, 0], "replicate": [0, 1], "dyad": ["CN-EU"] * 2, "gain_share": [float("nan")] * 2}
    )
    assert wanted_for(frame, target) == {}
    assert "gain share has no value in two runs of any row" in reached_in_words(reached(frame, target), target)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[precision]\nhalf_width = { kepd = 0.1 }\n", "'kept'"),
        ("[precision]\nhalf_width = { kept = 0.1, durable = 0 }\n", "half_width of durable = 0 (a whole number)"),
        ('[precision]\noutcome = "kept"\nhalf_width = { kept = 0.1 }\n', "keep one"),
        ("[precision]\nhalf_width = {}\n", "half_width names no outcome"),
    ],
)
def test_a_wrong_target_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputFault) as caught:
        _without_replicates(tmp_path, text, "")
    assert any(says in line for line in caught.value.faults), caught.value.faults


def test_what_a_manifest_says_of_targets_is_read_back_as_it_was(tmp_path: Path) -> None:
    plan = _without_replicates(tmp_path, TARGETS, 'dyads = ["CN-EU"]\n')
    reads = read_from(plan)["reads"]
    assert json.loads(json.dumps(reads)) == reads
