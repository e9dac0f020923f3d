"""The words of every language are complete: every key that the page uses, with the same places to fill in."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from experiments.classroom.controls import _WANTED, GROUPS, class_scenarios, control_list
from experiments.classroom.lesson_file import MEASURES
from experiments.classroom.minutes import HOW_ENDED, WHY_CLOSED, WHY_ENDED
from experiments.classroom.seats import ANSWERS, CONDUCT
from experiments.classroom.votes import KEEP, WITHDRAW
from model import BLOCS, FAMILIES, PARAMETERS, load_scenario
from model.vocabulary import ACCESS

FOLDER = Path(__file__).resolve().parents[3] / "experiments" / "classroom"
LANGUAGES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (FOLDER / "lang").glob("*.json")}
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "static").glob("*.js")}
PRESETS = re.findall(r"key: \"(\w+)\"", SCRIPTS["presets.js"])
VIEWS = ("start", "watch", "learn", "sit", "lead")
CODE = "\n".join(
    [*SCRIPTS.values(), *((FOLDER / f"{name}.py").read_text() for name in ("server", "desk", "hall", "room", "door"))]
)
OWN_HEADLINES = ("refused", "signs", "lapses")  # the others are told as in the minutes


@functools.cache
def used_keys() -> set[str]:
    """Keys written out in the scripts, and those made from data."""
    keys = set(re.findall(r"\bt\(\s*\"([^\"]+)\"", CODE))
    keys |= {word for pair in re.findall(r"\? \"([a-z_]+\.[a-z_]+)\" : \"([a-z_]+\.[a-z_]+)\"", CODE) for word in pair}
    keys |= {f"control.{row['name']}" for row in control_list()} | {f"unit.{row['unit']}" for row in control_list()}
    keys |= {f"choice.{choice}" for row in control_list() for choice in PARAMETERS[row["name"]].choices}
    keys |= {f"{what}.{bloc}" for what in ("bloc", "the", "short", "role") for bloc in BLOCS}
    keys |= {f"role.{who}{part}" for who in ("lobby", "press") for part in ("", "_title")}
    keys |= {f"sit.how_{step}" for step in range(1, 5)} | {f"debrief.question_{k}" for k in range(1, 5)}
    for name in class_scenarios():
        scenario = load_scenario(name)
        firms = (*scenario.automakers, *scenario.suppliers)
        keys |= {f"firm.{firm}" for firm in firms if " and " in firm or firm.startswith("Other ")}
    keys |= {f"level.{level}" for row in control_list() for level in row["levels"]} | {"end.none", "end.much"}
    keys |= {f"group.{group}" for group in {*GROUPS, *_WANTED}}
    keys |= {f"family.{code}" for code in range(len(FAMILIES))}
    keys |= {f"scenario.{name}" for name in class_scenarios()}
    keys |= {
        f"dated.{event.about.rstrip('.')}."
        for name in class_scenarios()
        for event in load_scenario(name).events
        if event.quarter >= 0
    }
    keys |= {f"learn.measure_{measure}" for measure in MEASURES} | {f"learn.{move}" for move in (KEEP, WITHDRAW)}
    keys |= {f"learn.{option}" for option in ("both_keep", "one_leaves", "both_leave", "same")}
    keys |= {f"vote.do_{act}" for act in ("ask", "split", "reveal")} | {f"vote.did_{move}" for move in (KEEP, WITHDRAW)}
    keys |= {f"saving.of_{field}" for field in ("title", "text", "question", "before", "after")}
    keys |= {f"refused.{code}" for code in re.findall(r"(?:Refused|refusal)\(\d+, \"(\w+)\"", CODE)}
    keys |= {f"event.case_{how}" for how in HOW_ENDED.values()} | {
        f"event.ends_{why}" for why in (*WHY_ENDED.values(), "other")
    }
    keys |= {f"event.talks_close_{why}" for why in WHY_CLOSED.values()}
    keys |= {f"phase.{phase}" for phase in ("lobby", "playing", "paused", "over")}
    keys |= {f"ask.{kind}" for kind in ("offer", "answer", "keep")}
    keys |= {f"did.{what}" for what in ("offer", "nothing", *(f"answer_{one}" for one in ANSWERS))}
    keys |= {f"did.keep_{one}" for one in CONDUCT}
    keys |= {f"keep.{who}" for who in ("both", "we", "they")}
    keys |= {f"{where}.{how}" for where in ("package", "position", "gift") for how in ACCESS[1:]}
    keys |= {f"package.{ACCESS[0]}", *(f"event.access_{how}" for how in ("new", "resumed", "back"))}
    keys |= {"event.resumes", "event.resumes_in_breach", "event.drops_complaint", "event.drops_in_breach"}
    keys |= {f"wall.{phase}" for phase in ("lobby", "paused", "over", "deciding", "plays")}
    keys |= {f"story.{part}_{how}" for part in ("luck", "us") for how in ("none", "more", "less")}
    keys |= {f"story.why_{why}" for why in ("luck", "us", "rules")} | {f"head.{kind}" for kind in OWN_HEADLINES}
    keys |= {f"preset.{name}" for one in PRESETS for name in (one, f"{one}_text")}
    keys |= {f"door.{door}{part}" for door in ("class", "puzzles", "lab") for part in ("", "_text")}
    keys |= {f"below.{part}" for part in ("charts", "table", "games")} | {f"tab.{tab}" for tab in VIEWS}
    keys |= {f"chart.{name}" for name in re.findall(r"^    \[\"(\w+)\", \(q", SCRIPTS["charts.js"], re.MULTILINE)}
    keys |= {"chart.duties", "chart.duties_of"}
    keys |= {f"game.about_{about}" for about in ("treaty", "tabled", "best", "chosen")}
    return keys


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_key_is_missing(language: str) -> None:
    assert sorted(used_keys() - set(LANGUAGES[language])) == []


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_languages_say_the_same(language: str) -> None:
    english, other = LANGUAGES["en"], LANGUAGES[language]
    assert sorted(set(english) ^ set(other)) == []
    places = {
        key: (set(re.findall(r"\{\w+\}", english[key])), set(re.findall(r"\{\w+\}", other[key]))) for key in english
    }
    assert [key for key, (own, theirs) in places.items() if own != theirs] == []
    assert [key for key in english if bool(english[key]) != bool(other[key]) and not key.startswith("unit.")] == []


def test_chinese_is_chinese() -> None:
    chinese = LANGUAGES["zh-Hans"]
    plain = {
        "money.per_bn",
        "money.places",
        "unit.$/t",
        "game.corner",
        "game.two",
        "pair",
        "story.paragraph",
    }
    latin = [
        key for key, text in chinese.items() if text and not re.search(r"[\u4e00-\u9fff]", text) and key not in plain
    ]
    assert [key for key in latin if key not in ("comma", "colon", "brackets", "sentences")] == []


# Signs of another script in a Chinese sentence, a gap beside a full-width sign, and one before a percent sign.
LATIN = re.compile(r"[,;:?!()\"']|[\u4e00-\u9fff]\s*\.|[，。：；？！、（）“”] | [，。：；？！、（）]|\d %")


def chinese_texts() -> dict[str, str]:
    """Every Chinese text of the page, the words, the questions and the lessons, by its place."""
    found: dict[str, str] = {}

    def walk(value: Any, place: str) -> None:
        if isinstance(value, str) and re.search(r"[\u4e00-\u9fff]", value):
            found[place] = value
        for key, inner in (
            value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        ):
            walk(inner, f"{place}/{key}")

    for path in FOLDER.glob("*/zh-Hans.json"):
        walk(json.loads(path.read_text(encoding="utf-8")), path.parent.name)
    for path in (FOLDER / "chapters").glob("*.toml"):
        walk(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)
    return found


def test_chinese_sentences_have_their_own_signs() -> None:
    texts = chinese_texts()
    assert {place.partition("/")[0] for place in texts} >= {"lang", "glossary", "quiz_items", "1-oneshot", "8-change"}
    assert {place: LATIN.findall(text) for place, text in texts.items() if LATIN.search(text)} == {}


@pytest.mark.parametrize("bad", ["中国: 是", "关税 (10%)", "好,坏", "是。 否", "95 % 区间", "（好） ，", "完."])
def test_a_latin_sign_would_be_found(bad: str) -> None:
    assert LATIN.search(bad)


def test_scripts_compose_sentences_with_signs_of_the_language() -> None:
    """A colon, a bracket or a comma that a script puts between two pieces is a word of the language, too."""
    joint = re.compile(r"""(?<=[,+] )"(?:: | \(|; |, |\. )"|\}(?:: |; | \()\$\{|` \(\$\{""")
    assert joint.search('bloc(b), ": ", name') and joint.search("`${name}: ${value}`") and joint.search("` (${n})`")
    lines = [(name, line.strip()) for name, script in SCRIPTS.items() for line in script.splitlines()]
    assert [(name, line) for name, line in lines if joint.search(line)] == []


def test_money_is_counted_as_each_language_counts_it() -> None:
    assert LANGUAGES["en"]["money.per_bn"] == "1" and LANGUAGES["zh-Hans"]["money.per_bn"] == "10"  # 1 bn$ = 10 亿美元
    # One unit on all pages: what is written beside a number is the unit in which rules and tables say it is.
    assert [key for key, text in LANGUAGES["en"].items() if "million $" in text or "million\u00a0$" in text] == []
    assert "bn$" in LANGUAGES["en"]["money.sum"] and "亿美元" in LANGUAGES["zh-Hans"]["money.sum"]
    assert "bn$" in LANGUAGES["en"]["sit.how_4"] and "亿美元" in LANGUAGES["zh-Hans"]["sit.how_4"]
    assert [key for key, text in LANGUAGES["zh-Hans"].items() if "十亿" in text] == []
    # Every amount that the page writes down passes through the conversion: nothing else signs a number.
    places = [name for name, script in SCRIPTS.items() if re.search(r"\bsigned\(", script)]
    assert places == ["words.js"]
    english, chinese = LANGUAGES["en"], LANGUAGES["zh-Hans"]
    assert [key for key in english if "bn$" in english[key] and "亿" not in chinese[key]] == []


def test_a_missing_key_would_be_found() -> None:
    assert len(PRESETS) == 5 and "chart.depth" in used_keys()
    assert "watch.title" in used_keys() and "vote.do_split" in used_keys() and "refused.not_asked" in used_keys()


def test_nothing_in_the_page_parses_markup_or_leaves_the_machine() -> None:
    for name, script in SCRIPTS.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script), (
            name
        )
        hosts = set(re.findall(r"https?://[^\"'`\s]+", script)) - {"http://www.w3.org/2000/svg"}
        assert hosts == set(), name
