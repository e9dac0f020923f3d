"""Every code block of the README and the guides: what it is, and how a test runs it (used by ``test_code_blocks.py``).

The first word after the fence says what a block is, a second one names it:

* ``bash``: commands, one a line; ``detente ...`` is called as it stands, or as ``INSTEAD`` says where it would take
  long; the rest must be in ``EXEMPT``, with a reason;
* ``python``: runs; ``python NAME.py``: a file of the reader's, written under that name;
* ``toml NAME.toml``: a plan, written under that name and read; ``toml``: a part of a plan, read with what it lacks;
  or a scenario (it extends another), a lesson (it has words), or numbers as scenarios write them;
* ``text NAME.csv``: a table, written under that name;
* ``text``: what the commands before it print, compared word by word where ``TIMED`` does not say otherwise; a line
  of three dots stands for whatever is left out;
* ``{name}``: a directive of the site, which the test of the site builds.

A page's blocks run in their order in one empty folder, so that a page is tried as its reader tries it.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from experiments.design.plan_file import PLAN_KEYS

ROOT = Path(__file__).resolve().parent.parent

# What a page shows -> what a test calls in its place, because the whole would take minutes. Nothing else may change.
INSTEAD = {
    "make demo": "detente demo --workers 2",
    "detente sensitivity uncertainty": (
        "detente sensitivity uncertainty --workers 1 --trajectories 2 --screening-replicates 2 --keep 2 --rows 4 "
        "--replicates 2"
    ),
    "detente sweep uncertainty": "detente sweep uncertainty --workers 1 --replicates 1",
    "detente emulate sliders": "detente emulate sliders --workers 1 --points 8 --replicates 8 --held-out 8",
    "detente discover results/uncertainty": "detente discover results/uncertainty --resamples 0",
    # A whole study; terms.toml of the same page is a small one.
    "detente design treaty": "detente design terms.toml --workers 1",
    "detente bench": "detente bench --quick",
    # Several workers are tested in tests/experiments/running/test_runner.py; this machine may have one processor.
    "detente sweep first.toml": "detente sweep first.toml --workers 1",
    "detente sweep forgive.toml --workers 2 --into results/forgive-two": (
        "detente sweep forgive.toml --workers 1 --into results/forgive-two --replicates 4"
    ),
    # The reader's own plan, which the page does not show.
    "detente sweep my_plan.toml --tactics patient.py": (
        "detente sweep tactics --tactics patient.py --workers 1 --replicates 1"
    ),
}

_OPENS = "serves until it is stopped; tests/experiments/classroom/test_server.py starts it"
_SERVED = "serves until it is stopped; tests/experiments/cli/test_seating.py starts both"
_INSTALLS = "installs packages; the constraints are tested in tests/test_house.py"
# What is not run, and why. A row that no page uses is a fault, as is a block that is neither run nor here.
EXEMPT = {
    "make test": "this is one of its tests",
    "make ablation": "plays 212,000 runs; its commands are called in tests/experiments/catalogue/test_mechanisms.py",
    "pip install '.[bench]'": _INSTALLS,
    "pip install '.[fast]'": _INSTALLS,
    "DETENTE_ARITHMETIC=compiled detente sweep mechanisms": "a variable; tests/experiments/running/test_arithmetic.py",
    "pip install -e '.[class]'": _INSTALLS,
    "pip install -e '.[analysis]'": _INSTALLS,
    "pip install -e '.[analysis,class]'": _INSTALLS,
    "detente class": _OPENS,
    "detente class --lan": _OPENS,
    "detente class --mesa": _OPENS,
    "detente class --room monday.json": "serves until it is stopped; classroom/test_keeping.py keeps rooms",
    "detente class --emulator FILE": _OPENS,
    "detente class --emulator results/sliders-emulator/emulator.json": _OPENS,
    "detente class --tactics mine.py": _OPENS,
    "detente class --lessons crisis.toml": "serves until it is stopped; classroom/test_page_lessons.py plays lessons",
    "detente seat --serve mine.py:Generous --port 8710": _SERVED,
    "detente seat --bloc EU --url http://127.0.0.1:8710": _SERVED,
    "detente seat --bloc EU --agent mine.py:Generous --room http://127.0.0.1:8700 --code CODE": (
        "needs a class that is being taught; tests/experiments/seating/test_table.py has one"
    ),
    "detente seat --bloc EU --openai-compatible http://127.0.0.1:8080/v1 --model NAME --without-advice": (
        "needs a language model; tests/experiments/seating/test_language_model.py seats a stub"
    ),
    "source .venv/bin/activate": "sets up a shell; the tests call the command as it is installed",
    "detente sweep forgive.toml --scheduler 192.0.2.7:8786": "a cluster: tests/experiments/running/test_cluster.py",
    "detente hindcast --refit": "ten minutes; tests/experiments/hindcast/test_fit.py fits a small one",
    "detente assumptions --refit": "a quarter of an hour; tests/experiments/hindcast/test_assumptions.py plays points",
    "detente assumptions --document": "rewrites a page here; test_assumption_page.py tests it",
    "detente forecast": "plays all rows; tests/experiments/hindcast/test_sealed.py makes small ones",
    "detente score FORECAST.json": "the reader's own file; the page scores another, as test_sealed.py does",
    "detente validate --document": "rewrites a page here; tests/experiments/validation/test_page.py makes its parts",
    "detente hindcast --document": "rewrites a page here; tests/experiments/hindcast/test_page.py does it",
}
# Pages whose Python blocks another test runs, each by its name.
ELSEWHERE = {"docs/others_tools.md": "tests/experiments/report/test_recipes.py"}
# Blocks for programs that need not be here, by their kind, and the test that runs or reads them.
OTHERS = {"r": "tests/experiments/export/test_snippets.py", "stata": "tests/experiments/export/test_snippets.py"}
# Commands that take more than a few seconds, whole or in place of the whole, and lines of Python blocks that do; they
# run with the slow tests.
SLOW = (
    "make demo",
    "detente sensitivity uncertainty",
    "detente sweep uncertainty",
    "detente discover results/uncertainty",
    "detente emulate sliders",
    "detente page --emulator results/sliders-emulator/emulator.json --out sliders.html",
    "detente design terms.toml",
    "detente design treaty",
    "ls results/terms-design/arrangements.png",
    "detente sweep results/terms-design/replay.toml --out results/again",
    "detente hindcast",
    "detente validate",
    "detente bench",
    "detente sweep my_plan.toml --tactics patient.py",
    "detente league --tactics patient.py",
    # run_a_sweep.md, write_a_plan.md, read_the_results.md
    "detente sweep forgive.toml --replicates 20 --into results/forgive-20",
    "detente sweep forgive.toml --workers 2 --into results/forgive-two",
    "detente sweep fails.toml --tactics fragile.py",
    "detente sweep whole.toml",
    "detente sweep precise.toml",
    "detente sweep one.toml --replicates 2 --into trial",
    "detente sweep sample.toml --replicates 1 --into trial-sample",
    "detente sweep arms.toml --replicates 2 --into trial-arms",
    "detente sweep table.toml --replicates 2 --into trial-table",
    "detente sweep answers.toml",
    # write_a_study.md
    "detente sweep study.toml",
    "detente sweep where.toml",
    "detente discover results/where --resamples 19",
    # write_a_mechanism.md
    "detente sweep elections.toml --world loyal.py:Loyal --workers 1 --out results/loyal",
    "detente sweep elections.toml --workers 1 --out results/usual",
    "ls results/loyal/elections.png",
    "detente rerun results/loyal --run 1-3 --world loyal.py:Loyal --engine mesa",
    "detente sweep elections.toml --world loud.py --workers 1 --out results/loud",
    "detente check-world loyal.py:Loyal",
    # first_steps.md
    "detente sweep first.toml",
    "detente report results/first",
    "ls results/first",
    "detente rerun results/first --run 1-3",
    # emulate.md, limits_and_validity.md
    '_, world = next(Ensemble("2026", replicates=400).worlds())',
    "detente sweep edge.toml",
    '    "makers of cars learn nothing": {"vehicle_learning_rate": 0.0},',
    "runs = range(60)",
)
# Pages of many short commands, which together take longer than a fast test may.
LONG = ("docs/export.md", "docs/run_a_sweep.md", "docs/take_it_home.md", "docs/write_a_plan.md")
# Pages whose texts are formulas, printed by nothing, and the test that holds the page against the code.
FORMULAS = {"docs/odd.md": "tests/experiments/catalogue/test_odd_page.py"}
# Texts that hold times of a machine: the first line of each.
TIMED = ("Scenario 2026, blocks of 1,024 replicates; CPU time, medians of 5",)

KINDS = ("bash", "python", "toml", "text")
# Commands of the shell that only look.
LOOKS = ("ls", "cat", "head")


class Block(NamedTuple):
    """A fenced block of a page: its kind and name, its text, and the line on which it begins."""

    kind: str
    name: str
    text: str
    line: int

    @property
    def is_directive(self) -> bool:
        """Whether it is for the site alone."""
        return self.kind.startswith("{")


def blocks_of(page: str) -> list[Block]:
    """The fenced blocks of a Markdown text, also within lists. One that is not closed runs to the end."""
    blocks = []
    lines = iter(enumerate(page.splitlines(), 1))
    for number, line in lines:
        fence = re.match(r"( *)(`{3,}|~{3,})\s*([^`]*)$", line)
        if not fence:
            continue
        indent, marks, info = len(fence[1]), fence[2], fence[3].strip()
        inside = []
        for _, inner in lines:
            if re.match(rf" {{0,{indent + 3}}}{marks}{marks[0]}*\s*$", inner):
                break
            inside.append(inner[indent:] if not inner[:indent].strip() else inner)
        kind, _, name = info.partition(" ")
        blocks.append(Block(kind, name.strip(), "\n".join(inside) + "\n", number))
    return blocks


def commands_of(block: Block) -> list[str]:
    """The commands of a bash block, without comments, each on one line."""
    lines = block.text.replace("\\\n", " ").splitlines()
    bare = [" ".join(re.sub(r"(^|\s)#.*", "", line).split()) for line in lines]
    return [line for line in bare if line]


def slow_lines(block: Block) -> list[str]:
    """Commands of a bash block, lines of a Python block, that are left to the slow tests."""
    lines = commands_of(block) if block.kind == "bash" else block.text.splitlines() if block.kind == "python" else []
    return [line for line in lines if line in SLOW]


def pages() -> list[str]:
    """The Markdown files that show code: the README and the guides."""
    found = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("experiments/*.md"), *ROOT.glob("seeds/**/*.md")]
    return [p.relative_to(ROOT).as_posix() for p in sorted(found) if blocks_of(p.read_text("utf-8"))]


def faults_of(name: str, page: str) -> list[str]:
    """What of a page's code no test could run."""
    faults = []
    printed = False
    for block in blocks_of(page):
        where = f"{name}:{block.line}"
        if block.is_directive or block.kind in OTHERS:
            continue
        if block.kind not in KINDS:
            faults.append(
                f"{where}: a block of kind {block.kind!r} is neither run nor exempt; kinds: {', '.join(KINDS)}"
            )
        elif block.kind == "bash":
            printed = True
            faults += [f"{where}: {said}" for line in commands_of(block) if (said := command_fault(line))]
        elif block.kind == "python":
            printed = True
        elif block.kind == "text" and not (printed or block.name or name in FORMULAS or is_timed(block)):
            faults.append(f"{where}: a text before any command; what prints it?")
    return faults


def command_fault(line: str) -> str:
    """Why a command can neither be run nor is exempt; empty where it can or is."""
    if line in EXEMPT or line in INSTEAD:
        return ""
    try:
        words = shlex.split(line)
    except ValueError as error:
        return f"{line!r}: {error}"
    if words[:2] == ["detente", "class"] or "--serve" in words:
        return f"{line!r} serves until it is stopped: exempt it and name the test that starts it"
    if words[0] in ("detente", *LOOKS) and not set(line) & set("|>&;$`"):
        return ""
    return f"{line!r} is neither run nor exempt"


def is_timed(block: Block) -> bool:
    """Whether a text holds times, which no two machines share."""
    return block.text.strip().startswith(TIMED)


def missing_parts(shown: str, printed: str) -> list[str]:
    """Parts of a shown text (between lines of three dots) that were not printed, in this order, word by word."""
    words = _words(printed)
    missing = []
    start = 0
    for part in re.split(r"^\s*(?:\.\.\.|…)\s*$", shown, flags=re.MULTILINE):
        wanted = _words(part)
        found = words.find(wanted, start)
        if wanted.strip() and found < 0:
            missing.append(part.strip())
        elif wanted.strip():
            start = found + len(wanted) - 1
    return missing


def _words(text: str) -> str:
    return f" {' '.join(text.split())} "


def toml_kind(block: Block) -> str:
    """Who reads a block of TOML: plan, part (of one), design (it has levers), lesson, scenario, numbers (of one)."""
    table = tomllib.loads(block.text)
    if "extends" in table:
        return "scenario"
    if "words" in table:
        return "lesson"
    if "levers" in table:
        return "design"
    if block.name:
        return "plan"
    return "part" if set(table) & set(PLAN_KEYS) else "numbers"


def completed(text: str) -> str:
    """A part of a plan with what it lacks to be one: a title, a question, a scenario, a factor."""
    table = tomllib.loads(text)
    head = [f'{key} = "{value}"' for key, value in (("title", "t"), ("question", "q"), ("scenario", "2026"))
            if key not in table]  # fmt: skip
    has_factors = "factors" in table or "vary_every" in table or table.get("design") in ("list", "table")
    tail = [] if has_factors else ["[factors.tariff_issues]", "levels = [false, true]"]
    return "\n".join([*head, text, *tail]) + "\n"


def unused(all_pages: Iterator[str]) -> list[str]:
    """Rows of the tables above that no page needs any more."""
    shown, texts = set(), []
    for page in all_pages:
        blocks = blocks_of(page)
        shown |= {line for block in blocks if block.kind == "bash" for line in commands_of(block)}
        shown |= {line for block in blocks for line in slow_lines(block)}
        texts += [block.text.strip() for block in blocks if block.kind == "text"]
    rows = [line for line in (*INSTEAD, *EXEMPT, *SLOW) if line not in shown]
    return rows + [line for line in TIMED if not any(text.startswith(line) for text in texts)]
