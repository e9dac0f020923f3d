"""The glossary: one page, the same in the documentation and in reports, with an entry for every head of a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sample_runs import small_plan, stored

from experiments.display.glossary import GLOSSARY, as_markdown, entry_of, terms_like
from experiments.display.words import part_of
from experiments.findings.findings import find
from experiments.findings.tables import Findings
from experiments.report import screen, tables

ROOT = Path(__file__).resolve().parents[3]
# What a row is about, not what is told of it; the plan gives it its name.
ROWS = ("dyad", "block", "dialogue", "tariffs")


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    folder = tmp_path_factory.mktemp("glossary")
    plan = small_plan(folder)
    return find(plan, stored(folder / "r", plan))


def test_the_page_is_the_glossary() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert part_of(page, "terms") == as_markdown(), "write docs/glossary.md anew from experiments/display/glossary.py"
    for name in ("docs/index.md", "docs/read_the_results.md"):
        assert "(glossary.md)" in (ROOT / name).read_text(encoding="utf-8"), name


def test_terms_are_in_order_and_said_once() -> None:
    names = [term.name.lower() for term in GLOSSARY]
    assert names == sorted(names)
    heads = [head for term in GLOSSARY for head in (term.name, *term.also)]
    assert len(set(heads)) == len(heads)
    assert all(term.meaning.endswith(".") for term in GLOSSARY)


def test_every_head_of_a_table_has_an_entry(findings: Findings) -> None:
    plan = findings.plan
    shown = [
        *tables.cells(findings), *tables.depth(findings), *tables.effects(plan, findings.effects),
        *tables.definitions(findings.definitions), *screen.HEADS, *(words for words, _, _ in screen.EFFECTS.values()),
    ]  # fmt: skip
    heads = [re.sub(r"\s*\{\}", "", head) for head in shown if head not in ROWS]
    heads = [head for head in heads if not re.fullmatch(r"\d+ quarters", head)]
    assert len(heads) > 20
    assert [head for head in heads if entry_of(head) is None] == []
    assert entry_of("a head that nobody explained") is None


def test_a_game_is_found_by_its_name_alone_beside_a_term_of_that_name() -> None:
    assert "Harmony (a game)" in [term.name for term in terms_like("harmony")]
    assert [term.name for term in terms_like("stag hunt")] == ["Stag Hunt (a game)"]
