"""Every code block of the README and the guides runs; a block that nothing runs is found."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import code_blocks
import pytest
from code_blocks import Block
from typer.testing import CliRunner

from experiments.arrangements.design_plan import load_design
from experiments.classroom.lesson_file import read_lesson
from experiments.cli import main
from experiments.design.plan_file import load_plan
from model import load_scenario, load_tactics
from model.choices.tactic_file import _loaded, unload
from model.scenario.evidence import Resolver

PAGES = code_blocks.pages()
TEXTS = {name: (code_blocks.ROOT / name).read_text("utf-8") for name in PAGES}


def is_slow(name: str) -> bool:
    blocks = code_blocks.blocks_of(TEXTS[name])
    return name in code_blocks.LONG or any(code_blocks.slow_lines(block) for block in blocks)


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder; afterwards the tactics that a page loaded are forgotten, and nothing waits for the disk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda number: None)
    yield
    for file in list(_loaded.values()):
        unload(file)


def call(line: str) -> str:
    """What a command prints; it must end well."""
    words = shlex.split(line)
    if words[0] in code_blocks.LOOKS:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout
    result = CliRunner().invoke(main.app, words[1:])
    assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
    return result.stdout


def read_toml(block: Block) -> None:
    """Reads a file as what it is: a plan, a part of one, a lesson, a scenario, or numbers as scenarios write them."""
    kind = code_blocks.toml_kind(block)
    if kind == "numbers":
        resolver = Resolver(["2026Q4"])
        resolver.resolve(tomllib.loads(block.text))
        assert resolver.faults == []
        return
    for file in Path().glob("*.py"):  # a plan may name the reader's own tactics
        if "@tactic" in file.read_text("utf-8"):  # the others are mechanisms of the reader's own
            load_tactics(file)
    path = Path(block.name or "part.toml")
    path.write_text(code_blocks.completed(block.text) if kind == "part" else block.text, "utf-8")
    if kind == "scenario":
        load_scenario(path)
    elif kind == "lesson":
        read_lesson(path)
    elif kind == "design":
        load_design(path)
    else:
        load_plan(path)


def play(block: Block, name: str, with_slow: bool) -> str | None:
    """What a block prints; None where it, or one of its commands, is left to the slow tests."""
    if block.kind == "python":
        if block.name.endswith(".py"):
            Path(block.name).write_text(block.text, "utf-8")
            return ""
        if name in code_blocks.ELSEWHERE:
            return ""
        printed = io.StringIO()
        code = compile(block.text, f"{name}:{block.line}", "exec")
        if code_blocks.slow_lines(block) and not with_slow:
            return None
        with contextlib.redirect_stdout(printed):
            exec(code, {"__name__": "__main__"})
        return printed.getvalue()
    if block.kind == "text":
        Path(block.name).write_text(block.text, "utf-8")
    elif block.kind == "toml":
        read_toml(block)
    if block.kind != "bash":
        return ""
    said: list[str] = []
    whole = True
    for line in code_blocks.commands_of(block):
        if line in code_blocks.EXEMPT:
            continue
        if line in code_blocks.SLOW and not with_slow:
            whole = False
            continue
        said.append(call(code_blocks.INSTEAD.get(line, line)))
    return "\n".join(said) if whole else None


def play_page(name: str, with_slow: bool) -> list[str]:
    """Runs a page from its beginning to its end. Returns what its texts show and its commands did not print."""
    missing: list[str] = []
    printed: str | None = ""
    left_out = False
    for block in code_blocks.blocks_of(TEXTS[name]):
        if block.kind == "python" and left_out and "results/" in block.text:
            printed = None  # it reads what a command that was left out would have written
        elif block.kind in ("bash", "python"):
            printed = play(block, name, with_slow)
            left_out |= printed is None
        elif block.kind == "text" and not block.name:
            if printed is not None and name not in code_blocks.FORMULAS and not code_blocks.is_timed(block):
                missing += code_blocks.missing_parts(block.text, printed)
        elif not block.is_directive and block.kind not in code_blocks.OTHERS:
            play(block, name, with_slow)
    return missing


# --- The pages as they are ------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_run_or_exempt(name: str) -> None:
    assert code_blocks.faults_of(name, TEXTS[name]) == []


def test_no_row_is_left_over() -> None:
    assert code_blocks.unused(iter(TEXTS.values())) == []


@pytest.mark.parametrize("name", [name for name in PAGES if name not in code_blocks.LONG])
def test_a_page_runs(name: str) -> None:
    assert play_page(name, with_slow=False) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PAGES if is_slow(name)])
def test_a_page_runs_whole(name: str) -> None:
    assert play_page(name, with_slow=True) == []


@pytest.mark.parametrize(("page", "test"), code_blocks.ELSEWHERE.items())
def test_blocks_that_are_run_elsewhere_have_names_that_the_other_test_knows(page: str, test: str) -> None:
    named = {block.name for block in code_blocks.blocks_of(TEXTS[page]) if block.kind == "python"}
    known = re.search(r"^NEEDS = \{(.*?)^\}", (code_blocks.ROOT / test).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert known is not None
    assert named == set(re.findall(r'^ +"(\w+)":', known[1], re.MULTILINE))


def test_the_tests_that_stand_in_for_these_are_there() -> None:
    for page, test in {**code_blocks.ELSEWHERE, **code_blocks.FORMULAS}.items():
        assert page in TEXTS
        assert Path(page).name in (code_blocks.ROOT / test).read_text("utf-8")


# Commands that the plain package does not suffice for, and the extra that brings the rest.
EXTRAS = {"class": "class", "emulate": "analysis", "sensitivity": "analysis"}


def uninstalled(page: str, text: str) -> list[str]:
    """Commands that a page has its reader type, of which it does not say how what they need is installed."""
    blocks = code_blocks.blocks_of(text)
    typed = "\n".join(line for block in blocks if block.kind == "bash" for line in code_blocks.commands_of(block))
    where = text if page == "README.md" else typed
    return [
        f"detente {name}" for name, extra in EXTRAS.items()
        if re.search(rf"\bdetente {name}\b", where) and not re.search(rf"pip install .*\[[a-z,]*{extra}\b", text)
    ]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_what_a_command_needs_is_installed_on_its_page(page: str) -> None:
    assert uninstalled(page, TEXTS[page]) == []


# --- Each check can fail --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("```ruby\nputs 1\n```", "neither run nor exempt"),
        ("```\nunnamed\n```", "neither run nor exempt"),
        ("```bash\nmake tea\n```", "'make tea' is neither run nor exempt"),
        ("```bash\ndetente run > file.txt\n```", "neither run nor exempt"),
        ("```bash\ndetente run 'a\n```", "No closing quotation"),
        ("```bash\ndetente class --port 8800\n```", "serves until it is stopped"),
        ("* a list\n\n  ```bash\n  curl somewhere\n  ```", "'curl somewhere'"),
        ("~~~bash\nrm -r results\n~~~", "'rm -r results'"),
        ("```csv\na,b\n```", "neither run nor exempt"),
        ("```text\nout of nowhere\n```", "what prints it?"),
    ],
)
def test_a_planted_block_that_nothing_runs_is_found(planted: str, said: str) -> None:
    faults = code_blocks.faults_of("page.md", f"# Page\n\n{planted}\n")
    assert len(faults) == 1
    assert said in faults[0]


def test_harmless_blocks_are_let_through() -> None:
    page = "```bash\ndetente run 2026   # a comment\nls results\n```\n\n```text\nit says\n```\n\n```{toctree}\na\n```\n"
    assert code_blocks.faults_of("page.md", page) == []


def test_a_command_over_two_lines_is_one() -> None:
    block = code_blocks.blocks_of("```bash\ndetente run 2026 \\\n  --replicate 3  # luck\n\n# only a comment\n```\n")[0]
    assert code_blocks.commands_of(block) == ["detente run 2026 --replicate 3"]


def test_texts_are_compared_word_by_word() -> None:
    printed = "one  two\nthree\n four five"
    assert code_blocks.missing_parts("two three\nfour", printed) == []
    assert code_blocks.missing_parts("one two\n...\nfive", printed) == []
    assert code_blocks.missing_parts("five\n...\none two", printed) == ["one two"]
    assert code_blocks.missing_parts("two thre", printed) == ["two thre"]
    assert code_blocks.missing_parts("two four", printed) == ["two four"]


def test_planted_pages_fail_when_they_are_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEXTS, "wrong.md", "```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n")
    assert play_page("wrong.md", with_slow=False) == ["3"]
    for planted in ("```python\nraise KeyError\n```", "```toml\nreplicate = 3\n```", "```bash\ndetente run 1999\n```"):
        monkeypatch.setitem(TEXTS, "wrong.md", planted)
        with pytest.raises((KeyError, ValueError, AssertionError)):
            play_page("wrong.md", with_slow=False)


def test_a_command_without_its_packages_is_found() -> None:
    block = "```bash\ndetente class --lan\n```\n"
    assert uninstalled("wrong.md", block) == uninstalled("README.md", "`detente class`") == ["detente class"]
    assert uninstalled("wrong.md", f"{block}`pip install -e '.[analysis]'`") == ["detente class"]
    assert uninstalled("wrong.md", f"{block}`pip install -e '.[analysis,class]'`") == []


def test_a_row_that_no_page_needs_is_found() -> None:
    assert "make demo" in code_blocks.unused(iter([""]))
    assert "make demo" not in code_blocks.unused(iter(["```bash\nmake demo\n```\n"]))
