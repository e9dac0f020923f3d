"""What comes of things is a code from one table; sentences are made from codes and never read back."""

from __future__ import annotations

import ast
from enum import IntEnum, IntFlag
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import worlds
from thinned import one_in

from model.telling import outcomes
from model.telling.outcomes import (
    COMPETING_END,
    CaseEnd,
    Obstacle,
    Refusal,
    SessionEnd,
    TreatyEnd,
)
from model.telling.story import Answer, Story
from model.vocabulary import BLOCS, DYADS, THREE

ROOT = Path(__file__).resolve().parents[2]


def teller() -> Story:
    start = SimpleNamespace(quarter_label=lambda quarter: f"quarter {quarter}", parties=THREE)
    lane = SimpleNamespace(
        state=SimpleNamespace(quarter=0, instrument=np.zeros(3)), start=start, lobbies=lambda *_: [],
        agenda=worlds.played(quarters=0).agenda,
        economy=worlds.played(quarters=0).economy, parameters=worlds.played(quarters=0).parameters,
    )  # fmt: skip
    return Story(lane, True)


def told(event: str, *about: Any) -> str:
    story = teller()
    getattr(story, event)(*about)
    return story.lines[-1].text


# --- every code has its meaning and its words -----------------------------------------------------------------------


def test_every_end_of_a_treaty_is_one_of_the_competing_ends() -> None:
    assert set(COMPETING_END) == set(TreatyEnd)
    assert {end: COMPETING_END[end] for end in TreatyEnd} == {
        TreatyEnd.NONE: "", TreatyEnd.LAPSE: "lapse", TreatyEnd.POLITICS: "turnover", TreatyEnd.NOTICE: "exit",
        TreatyEnd.SUNSET: "sunset", TreatyEnd.NEW_GOVERNMENT: "turnover", TreatyEnd.EXPIRED: "expiry",
    }  # fmt: skip


def test_every_code_has_words_of_its_own() -> None:
    ends = {told("treaty_ends", 0, end, 0) for end in TreatyEnd if end is not TreatyEnd.NONE}
    assert len(ends) == len(TreatyEnd) - 1
    assert len({told("case_ends", 0, 1, how) for how in CaseEnd}) == len(CaseEnd)
    assert len({told("session_closes", 0, how) for how in SessionEnd}) == len(SessionEnd)
    assert len({obstacle.words for obstacle in Obstacle}) == len(Obstacle)


@pytest.mark.parametrize("why", [*Refusal.__members__.values()][1:], ids=lambda why: why.name)
def test_every_reason_to_refuse_has_words_and_comes_beside_others(why: Refusal) -> None:
    def refused(reason: Refusal) -> str:
        return told("offer", 0, 0, 1, Answer(False, reason, 0.1, 0.2, 0.3)).split(" refuses: ")[1].rstrip(".")

    whole = Refusal.BELOW_LEAST | Refusal.BELOW_HOPE | Refusal.NOT_KEPT | Refusal.NOT_PASSED
    assert refused(why) and refused(why) in refused(whole)
    assert refused(whole & ~why) != refused(whole)


def test_the_words_name_whose_doing_it_was() -> None:
    for d, pair in enumerate(DYADS):
        for side in (0, 1):
            text = told("treaty_ends", d, TreatyEnd.POLITICS, side).split(": ")[1]
            assert ("China" in text) == (BLOCS[pair[side]] == "CN")


def test_codes_fit_the_arrays_that_hold_them() -> None:
    state = worlds.played("2026").state
    assert state.first_end_cause.dtype == np.int8 and max(TreatyEnd) < 128
    assert state.blocking.shape == (3, 2, len(Obstacle)) and [int(one) for one in Obstacle] == list(range(4))
    assert (state.first_end >= 0).tolist() == (state.first_end_cause > TreatyEnd.NONE).tolist()


@pytest.mark.parametrize("replicates", one_in(2, [4, 8]))
def test_every_cause_that_is_recorded_comes_from_the_table(replicates: int) -> None:
    seen = {
        TreatyEnd(cause)
        for scenario in ("2026", "2026-access")
        for replicate in range(replicates)
        for cause in worlds.played(scenario, replicate, repudiation_hazard=0.08, turnover=True).state.first_end_cause
    }
    assert len(seen) >= 4


# --- nothing is read back -------------------------------------------------------------------------------------------


def readings(text: str) -> list[str]:
    """Where a program looks for words in the sentences of a story."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.In | ast.NotIn | ast.Eq) for op in node.ops):
            found += [node for side in (node.left, *node.comparators) if _is_sentence(side)]
        elif isinstance(node, ast.Call):
            searched = isinstance(node.func, ast.Attribute) and _is_sentence(node.func.value)
            by_pattern = "re." in ast.unparse(node.func) and any(_is_sentence(one) for one in node.args)
            found += [node] if searched or by_pattern else []
        elif isinstance(node, ast.Subscript) and _is_sentence(node.value):
            found.append(node)
    return [ast.unparse(node) for node in found]


def _is_sentence(node: ast.AST) -> bool:
    """``line.text`` and the like."""
    return isinstance(node, ast.Attribute) and node.attr == "text" and "line" in ast.unparse(node.value)


def test_no_sentence_is_read_back_by_the_model() -> None:
    sources = sorted((ROOT / "model").rglob("*.py"))
    assert len(sources) > 50
    assert {path.name: found for path in sources if (found := readings(path.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "done = ' accepts' in line.text", "who = re.split(' tables', line.text)", "a = line.text.startswith('The')",
        "b = story.lines[0].text == 'x'", "c = one_line.text[:3]", "d = re.compile('x').match(line.text)",
    ],
)  # fmt: skip
def test_a_sentence_that_is_read_back_is_seen(line: str) -> None:
    assert len(readings(line)) == 1


def test_sentences_may_be_shown() -> None:
    assert readings("print(line.text, plain(line.text)); x = f'{line.text}'; axes.text(0, 'line')") == []


def test_the_words_of_outcomes_stand_in_one_place() -> None:
    words = (
        "leadership no longer stood by it",
        "left after notice",
        "was not renewed",
        "did not take it over",
    )
    homes: dict[str, set[str]] = {one: set() for one in words}
    for path in sorted((ROOT / "model").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for one in words:
                    homes[one] |= {path.name} if one in node.value else set()
    assert homes == {one: {"treaty_story.py"} for one in words}


def test_codes_are_numbers() -> None:
    kinds = [kind for kind in vars(outcomes).values() if isinstance(kind, type) and issubclass(kind, IntEnum | IntFlag)]
    named = [kind for kind in kinds if kind not in (IntEnum, IntFlag)]
    assert len(named) == 7
    for kind in named:
        assert all(isinstance(code, int) for code in kind)
