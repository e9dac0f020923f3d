"""A plan that names dyads and outcomes: words, tables, figures and the screen answer those, and nothing else."""

from __future__ import annotations

import io
import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from rich.console import Console
from sample_runs import PLAN, stored

from experiments.design.outcomes import NAMES, OUTCOMES, expanded, table_of_outcomes, words_of
from experiments.design.plan import Plan, Precision
from experiments.design.plan_file import load_plan
from experiments.findings import asked
from experiments.findings.findings import find
from experiments.findings.tables import Findings
from experiments.report.headline_figures import plan_figure, worth_figure
from experiments.report.page import write_report
from experiments.report.screen import show_findings
from experiments.statistics.stopping import in_words, reached, reached_in_words, wanted_for
from experiments.store.columns import COLUMNS
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
    assert first.startswith("Between China and the EU, dialogue: group does no more, beyond luck, ")
    assert "at tariffs on the table than at off: mean depth" in first
    # Dialogue adds 0.05 of depth in CN-EU by construction.
    row = findings.effects.query("outcome == 'mean_depth' and factor == 'dialogue_ceiling' and block == 'with linkage'")
    assert row["mean"].item() == pytest.approx(0.05)
    assert second.startswith("Between China and the EU, dialogue (group against none) changes mean depth by +0.050 ")
    assert findings.reading.startswith(first)
    assert "US" not in findings.reading.replace("US-", "")


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
        labels = " ".join(axis.get_xlabel() for axis in draw(findings).axes)
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
        ("outcomes = []\n", ("outcomes = [] (list)", "a list of names")),
        ('dyads = "CN-EU"\n', ("dyads = 'CN-EU' (text in quotes)", "a list of names")),
        ("outcomes = [1]\n", ("outcomes = [1] (list)", "joint_gain")),
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
