"""What puzzles and the teacher's page say of numbers is what was counted; what they tell apart, the runs tell apart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from experiments.classroom.cloud import N_RUNS, play_batch
from experiments.classroom.lesson_file import Lesson
from experiments.classroom.lessons import reveals, shipped, table_of

ROOT = Path(__file__).resolve().parents[3]
LESSONS = {lesson.key: lesson for lesson in shipped()}
TEACHING = " ".join((ROOT / "docs" / "teaching.md").read_text(encoding="utf-8").split())
#: (lesson, arm, arm) -> whether the text says that they differ in what the lesson measures.
SAID = {
    ("repetition", "generous", "tit_for_tat"): True,
    ("repetition", "generous", "proportional"): False,
    ("repetition", "generous", "grim"): False,
    ("noise", "clear", "forgiving"): True,
    ("noise", "forgiving", "unforgiving"): True,
    ("dialogue", "no_dialogue", "some_dialogue"): True,
    ("dialogue", "some_dialogue", "leaders"): True,
    ("packages", "supply_standards", "standards_technology"): True,
    ("packages", "supply_technology", "standards_technology"): True,
    ("packages", "technology_linkage", "standards_technology"): True,
    ("packages", "standards_linkage", "supply_linkage"): True,
    ("vote", "nobody", "congress"): False,
    ("vote", "nobody", "council"): True,
    ("vote", "nobody", "committee"): True,
    ("clubs", "no_club", "zone"): False,
    ("clubs", "zone", "club"): True,
    ("clubs", "zone", "club_share"): True,
    ("change", "usual", "leaders"): True,
    ("change", "usual", "memory"): True,
    ("change", "usual", "no_crises"): True,
    ("change", "usual", "calm"): True,
    ("change", "usual", "bound"): False,
}


def counted() -> dict[str, dict[str, dict[str, float]]]:
    """Lesson -> arm -> what was measured of it."""
    found = reveals()
    assert found is not None, "count it again: python -m experiments.classroom.lessons"
    table: dict[str, dict[str, dict[str, float]]] = {}
    for row in found["arms"]:
        values = {name: one["value"] for name, one in row["measured"].items()}
        table.setdefault(row["lesson"], {})[row["label"]] = values
    return table


def whole(share: float) -> int:
    return int(f"{100 * share:.0f}")


def lost(arms: dict[str, dict[str, float]], arm: str, base: str, what: str) -> int:
    return whole(1 - arms[arm][what] / arms[base][what])


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_percentages_in_a_puzzle_are_those_of_its_reveal(language: str) -> None:
    arms = counted()
    club, change = arms["clubs"], arms["change"]
    depths = [whole(club[arm]["depth"]) for arm in ("no_club", "club", "club_share")]
    wanted = {
        "clubs": [*depths, lost(club, "club", "no_club", "gain"), lost(club, "club_share", "no_club", "gain")],
        "change": [whole(change[arm]["lasts"]) for arm in ("bound", "usual")],
    }
    for key, lesson in LESSONS.items():
        words = lesson.words[language]
        said = re.findall(
            r"(\d+)(?= ?%| to \d+ ?%)", " ".join(words.get(part, "") for part in ("text", "look", "after"))
        )
        assert [int(number) for number in said] == wanted.get(key, []), key


def test_the_teacher_s_page_says_what_was_counted() -> None:
    arms = counted()
    found = reveals()
    assert found is not None
    rows = [" ".join(cell.strip() for cell in line.split("|")[3:-1]) for line in table_of(found)[4:]]
    page = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    table = page[page.index("| chapter | settings |") :].split("\n\n", 1)[0].splitlines()[2:]
    assert [" ".join(cell.strip() for cell in line.split("|")[3:-1]) for line in table] == rows
    lasts = {arm: whole(one["lasts"]) for arm, one in arms["change"].items()}
    talk, noise, vote, club = (arms[key] for key in ("dialogue", "noise", "vote", "clubs"))
    rise = -lost(talk, "leaders", "no_dialogue", "gain")
    for sentence in (
        f"{lost(noise, 'forgiving', 'clear', 'depth')} % of the depth is lost where both forgive, "
        f"{lost(noise, 'unforgiving', 'clear', 'depth')} % where nobody does",
        f"from {whole(talk['no_dialogue']['depth'])} % of full depth without to {whole(talk['leaders']['depth'])} % "
        f"with leaders, and the gain rises by {rise} %",
        f"reach cooperation in {whole(arms['packages']['supply_linkage']['emerged'])} of 100 runs",
        f"all together gain {lost(club, 'club', 'no_club', 'gain')} % less by it",
        f"they gain {lost(club, 'club_share', 'no_club', 'gain')} % less",
        f"in {lasts['calm']} of 100 runs, as it is in {lasts['usual']}",
        f"Without crises it lasts in {lasts['no_crises']}",
        f"leaders' dialogue in {lasts['leaders']}, with trust that never fades in {lasts['memory']}",
        f"lasts no more often: in {lasts['bound']}, and these runs do not tell that from {lasts['usual']}",
    ):
        assert sentence in TEACHING, sentence
    more = {
        arm: whole(vote[arm]["emerged"] - vote["nobody"]["emerged"]) for arm in ("council", "committee", "congress")
    }
    assert more == {"council": 1, "committee": 1, "congress": 0}


def by_luck(lesson: Lesson, label: str) -> np.ndarray:
    """(R,) what the lesson measures, in each luck: the mean over pairs, or its own pair."""
    settings = next(arm.settings for arm in lesson.arms if arm.label == label)
    table = {name: np.array(rows) for name, rows in play_batch(settings, list(range(N_RUNS))).items()}
    if lesson.measure == "lasts":
        return table["durable"][lesson.dyad].astype(float)
    columns: dict[str, Any] = {
        "depth": table["mean_depth"],
        "gain": table["joint_gain"],
        "emerged": table["emerged"] + table["kept"],
    }
    return np.asarray(columns[lesson.measure].mean(axis=0))


def is_apart(one: np.ndarray, two: np.ndarray, is_share: bool) -> bool:
    """At 95 %, luck by luck: McNemar's exact test for what is so or not, else the interval of the mean difference."""
    change = two - one
    if is_share:
        up, down = int((change > 0).sum()), int((change < 0).sum())
        return up + down > 0 and bool(binomtest(up, up + down).pvalue < 0.05)
    return bool(abs(change.mean()) > 1.96 * change.std(ddof=1) / np.sqrt(change.size))


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted({key for key, *_ in SAID}))
def test_what_a_puzzle_tells_apart_its_runs_tell_apart(key: str) -> None:
    lesson = LESSONS[key]
    said = {pair: differ for (of, *pair_), differ in SAID.items() if of == key for pair in [tuple(pair_)]}
    runs = {label: by_luck(lesson, label) for label in sorted({label for pair in said for label in pair})}
    found = {pair: is_apart(runs[pair[0]], runs[pair[1]], lesson.measure == "lasts") for pair in said}
    assert found == said


@pytest.mark.slow
def test_where_no_government_walks_out_treaties_are_deeper() -> None:
    lesson = LESSONS["change"]
    arms = {arm.label: arm.settings for arm in lesson.arms if arm.label in ("usual", "bound")}
    depth = {
        label: np.array(play_batch(one, list(range(N_RUNS)))["mean_depth"]).mean(axis=0) for label, one in arms.items()
    }
    assert is_apart(depth["usual"], depth["bound"], False) and depth["bound"].mean() > depth["usual"].mean()
