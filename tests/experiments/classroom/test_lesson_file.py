"""A lesson made by hand is read, and a broken one says all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from experiments.classroom.cloud import Cloud, play_batch
from experiments.classroom.controls import parties_of
from experiments.classroom.lesson_file import (
    FEWEST_ARMS,
    LONGEST,
    MOST_ARMS,
    MOVES,
    STEP,
    Lesson,
    as_data,
    read_lesson,
    read_lessons,
)
from experiments.classroom.lessons import Course, measured, shipped
from experiments.classroom.pages import PAGES
from experiments.classroom.votes import options
from model import InputFault

BY_HAND = """
kind = "arms"
measure = "emerged"

[setting]
scenario = "2026"
parameters = { dialogue_ceiling = 0.0, generosity = 0.2 }

[words.en]
title = "A crisis"
text = "Tension jumps more often."
question = "Is there more cooperation?"
look = "The first bar."

[[arms]]
name = { en = "calm" }

[[arms]]
label = "storm"
name = { en = "storm" }
scenario = "2018"
parameters = { tension_jump_rate = 0.2, generosity = 1 }
changes = [[4, "generosity", 0.9]]
"""
PICKED = (
    "move = 'pick'\n"
    + BY_HAND.replace('name = { en = "calm" }', "name = { en = 'calm' }\npicks = ['a']")
    + "picks = ['b']\n[issues]\na = { en = 'A' }\nb = { en = 'B' }\n"
)
BROKEN = """
kind = "arm"
measure = "deep"
pair = "CN-JP"
colour = "red"

[setting]
scenario = "2026"
parameter = {}

[words.en]
title = "A crisis"
question = 7
lok = "here"

[words.fr]
title = "Crise"

[[arms]]
label = "Storm!"
name = { en = "storm", zh-Hans = "x" }
parameters = { tension_jump_rat = 0.2, generosity = 7 }
changes = [[4, "discount_factor", 0.9], [4, 5]]
"""
SAID = (
    "kind 'arm' is none: allowed are arms, game; nearest known name: 'arms'",
    "measure 'deep' is none: allowed are depth, emerged, lasts, gain; nearest known name: 'depth'",
    "pair 'CN-JP' is none: allowed are CN-US, CN-EU, US-EU",
    "colour is unknown",
    "setting.parameter is unknown; nearest known name: 'parameters'",
    "words.en.text is missing",
    f"words.en.question is none: allowed is a text of 1 to {LONGEST} characters",
    "words.en.lok is unknown; nearest known name: 'look'",
    "words.fr is unknown; allowed are en, zh-Hans",
    f"it has 1 arms: allowed are {FEWEST_ARMS} to {MOST_ARMS}",
    "arm 1: label 'Storm!': allowed are small letters, digits and _",
    "arm 1: 'tension_jump_rat' is no setting of the laboratory; nearest known name: 'tension_jump_rate'",
    "arm 1: generosity",
    "arm 1: 'discount_factor' cannot change midway",
    "change [4, 5]",
    "arm 1: name.zh-Hans is unknown",
)


def written(folder: Path, text: str, name: str = "2-crisis.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_lesson_made_by_hand_is_read_as_it_was_meant_and_plays(tmp_path: Path) -> None:
    lesson = read_lesson(written(tmp_path, BY_HAND))
    assert (lesson.key, lesson.kind, lesson.measure) == ("crisis", "arms", "emerged")
    calm, storm = lesson.arms
    assert (calm.label, storm.label) == ("arm_1", "storm")
    assert dict(calm.settings.parameters) == {"dialogue_ceiling": 0.0, "generosity": 0.2}
    assert storm.settings.scenario == "2018" and storm.settings.changes[0].value == 0.9
    assert dict(storm.settings.parameters) == {"dialogue_ceiling": 0.0, "generosity": 1.0, "tension_jump_rate": 0.2}
    rows = measured(lesson, 4)
    assert [row["label"] for row in rows] == ["arm_1", "storm"]
    assert [row["growth"][-1][:2] for row in rows] == [[4, row["measured"]["emerged"]["value"]] for row in rows]
    course = Course([lesson])
    assert course.lessons[-1] is lesson and course.find("crisis") is lesson and course.find([]) is None
    assert course.compares(storm.settings) and not Course().compares(storm.settings)
    assert course.as_data()[-1]["revealed"] is None, "a teacher's own is played: nothing was counted beforehand"


def test_a_broken_one_says_everything_at_once(tmp_path: Path, call: Callable[..., Result]) -> None:
    with pytest.raises(InputFault) as fault:
        read_lesson(written(tmp_path, BROKEN))
    for words in SAID:
        assert any(words in one for one in fault.value.faults), words
    assert len(fault.value.faults) == len(SAID), "and nothing else"


def test_the_command_refuses_in_words(tmp_path: Path, call: Callable[..., Result]) -> None:
    written(tmp_path, BY_HAND)
    written(tmp_path, BY_HAND.replace('kind = "arms"', 'kind = "arms'), "3-b.toml")
    written(tmp_path, BY_HAND.replace("generosity = 1", "generosit = 1"), "noise.toml")
    result = call("class", "--lessons", str(tmp_path), "--port", "0")
    assert result.exit_code == 2 and "Traceback" not in result.output
    said = " ".join(result.output.split())
    assert "3-b.toml' is not TOML" in said and "nearest known name: 'generosity'" in said, said
    nowhere = call("class", "--lessons", str(tmp_path / "nowhere"))
    assert nowhere.exit_code == 2 and "is neither a lesson's file nor a folder of them" in " ".join(
        nowhere.output.split()
    )
    with pytest.raises(InputFault, match="the stock Mesa view has none"):
        from experiments.classroom.serving import serve

        serve(0, False, True, print, lessons=tmp_path)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "has 0 lessons"),
        ({"a-b.toml": BY_HAND, "1-a-b.toml": BY_HAND}, "there is a lesson 'a-b' already"),
        ({"noise.toml": BY_HAND}, "there is a lesson 'noise' already"),
        ({"no name.toml": BY_HAND}, "has other signs than letters"),
        ({"x.toml": BY_HAND.replace('label = "storm"', 'label = "arm_1"')}, "arm 2 has the same label as arm 1"),
        ({"x.toml": BY_HAND.split('scenario = "2018"', maxsplit=1)[0]}, "arm 2 has the same settings as arm 1"),
        ({"x.toml": "kind = 'game'"}, "words are missing"),
        ({"x.toml": BY_HAND.replace("'arms'", "'game'").replace('"arms"', '"game"')}, "of a lesson of kind arms"),
        (
            {"x.toml": BY_HAND.replace("{ dialogue_ceiling = 0.0, generosity = 0.2 }", "3")},
            "allowed is a table of names",
        ),
        ({"x.toml": "words = 3\nsetting = 4\narms = 5"}, "setting: allowed is a table"),
        ({"x.toml": "move = 'drag'\n" + BY_HAND}, "drag is missing: allowed are arm_1, storm"),
        ({"x.toml": "move = 'drag'\ndrag = 'strom'\n" + BY_HAND}, "nearest known name: 'storm'"),
        ({"x.toml": "drag = 'storm'\n" + BY_HAND}, "drag: allowed in a lesson with move = 'drag'"),
        (
            {"x.toml": "move = 'drag'\ndrag = 'storm'\n" + BY_HAND.replace('"emerged"', '"gain"')},
            "allowed with a measure in percent, not with gain",
        ),
        ({"x.toml": "move = 'pick'\n" + BY_HAND}, "issues: allowed is a table [issues] with two or more names"),
        ({"x.toml": BY_HAND + "picks = ['a']"}, "issues and picks: allowed in a lesson with move = 'pick'"),
        ({"x.toml": PICKED.replace("picks = ['b']", "picks = ['a']")}, "one arm for every package of so many issues"),
        ({"x.toml": PICKED.replace("picks = ['b']", "picks = ['c']")}, "one arm for every package of so many issues"),
        ({"x.toml": PICKED.replace("picks = ['b']", "")}, "one arm for every package of so many issues"),
        ({"x.toml": PICKED.replace("picks = ['b']", "picks = 'b'")}, "arm 2: picks: allowed is a list"),
        ({"x.toml": PICKED.replace("b = { en = 'B' }", "b = { fr = 'B' }")}, "issues.b.fr is unknown"),
        ({"x.toml": "move = 'shout'\n" + BY_HAND}, "move 'shout' is none: allowed are choose, drag, pick"),
    ],
)
def test_folders_and_files_that_cannot_be_lessons(files: dict[str, str], said: str, tmp_path: Path) -> None:
    for name, text in files.items():
        written(tmp_path, text, name)
    with pytest.raises(InputFault) as fault:
        read_lessons(tmp_path, [lesson.key for lesson in shipped()])
    assert said in str(fault.value)


def test_the_chapters_that_ship_speak_every_language() -> None:
    for lesson in shipped():
        needed = {"title", "text", "question", "look", "after", "discuss"}
        assert {language: set(parts) for language, parts in lesson.words.items()} == dict.fromkeys(
            PAGES.languages, needed
        )
        for arm in lesson.arms if lesson.kind == "arms" else ():
            assert sorted(arm.name) == PAGES.languages
        assert all(sorted(name) == PAGES.languages for name in lesson.issues.values())
    assert [lesson.kind for lesson in shipped()] == ["game", *["arms"] * 7]
    assert {lesson.move for lesson in shipped()} == set(MOVES)


def test_what_can_be_answered_follows_from_the_move(tmp_path: Path) -> None:
    chosen = read_lesson(written(tmp_path, BY_HAND))
    dragged = read_lesson(written(tmp_path, "move = 'drag'\ndrag = 'storm'\n" + BY_HAND))
    picked = read_lesson(written(tmp_path, PICKED))
    assert options(chosen) == ("arm_1", "storm", "same")
    assert options(dragged) == tuple(str(place) for place in range(0, 101, STEP)) and dragged.drag == "storm"
    assert options(picked) == ("arm_1", "storm") and [arm.picks for arm in picked.arms] == [("a",), ("b",)]
    told = as_data(picked)
    assert told["options"] == ["arm_1", "storm"] and told["issues"] == {"a": {"en": "A"}, "b": {"en": "B"}}


def test_gains_and_what_lasts_are_counted_as_the_cloud_has_them(tmp_path: Path) -> None:
    text = BY_HAND.replace('"emerged"', '"lasts"\npair = "US-EU"')
    lesson = read_lesson(written(tmp_path, text))
    runs = 8
    for row, arm in zip(measured(lesson, runs), lesson.arms, strict=True):
        table = play_batch(arm.settings, list(range(runs)))
        cloud = Cloud(arm.settings)
        cloud.next_batch()
        cloud.add(play_batch(arm.settings, cloud.next_batch()))
        lasts, gain = row["measured"]["lasts"], row["measured"]["gain"]
        assert (
            lasts["value"] == pytest.approx(np.mean(table["durable"][2]), abs=1e-6)
            and row["growth"][-1][1] == lasts["value"]
        )
        assert gain["value"] == pytest.approx(np.mean(table["joint_gain"]), abs=1e-6) and gain["low"] < gain["value"]
        view = cloud.view(arm.settings.replicate)
        assert view["lasts"][2][0] == pytest.approx(np.mean(cloud.outcomes["durable"][2]))


def test_a_game_of_ones_own_is_read(tmp_path: Path) -> None:
    words = '[words.zh-Hans]\ntitle = "a"\ntext = "b"\nquestion = "c"'
    text = f'kind = "game"\npair = "US-EU"\n[setting]\nscenario = "2026"\n{words}'
    lesson: Lesson = read_lesson(written(tmp_path, text))
    assert lesson.dyad == 2 and lesson.arms[0].settings.scenario == "2026" and lesson.words["zh-Hans"]["title"] == "a"


def test_the_pair_of_a_game_is_one_of_its_scenario(tmp_path: Path) -> None:
    words = "[words.en]\ntitle = 'a'\ntext = 'b'\nquestion = 'c'\n"
    text = f"kind = 'game'\npair = '{{}}'\n[setting]\nscenario = 'canada-2026'\n{words}"
    pairs = parties_of("canada-2026").dyad_names
    assert [read_lesson(written(tmp_path, text.format(pair))).dyad for pair in pairs] == list(range(len(pairs)))
    with pytest.raises(InputFault, match=f"pair 'CN-EU' is none: allowed are {', '.join(pairs)}"):
        read_lesson(written(tmp_path, text.format("CN-EU")))
