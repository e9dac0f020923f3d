"""What the pages for referees and maintainers name is there: tests, proofs, and what the container is made of."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
TRACE = (
    "Problem formulation",
    "Model description",
    "Data evaluation",
    "Evaluation of the concept",
    "Verification of the code",
    "Verification of output",
    "Analysis",
    "Corroboration",
)


def missing(text: str) -> list[str]:
    """Files of tests that a text names and that are not there, and choices (``-k``) that choose no test."""
    named = set(re.findall(r"`(tests/[\w/.]*\w/?)`|(?<=[ `])(tests/[\w/]+\.py)", text))
    faults = [f"{path}: no such file" for pair in named if not (ROOT / (path := "".join(pair))).exists()]
    for path, word in re.findall(r"python -m pytest (tests/[\w/]+\.py) -k (\w+)", text):
        there = ROOT / path
        if there.exists() and not re.search(rf"^def test_\w*{word}", there.read_text("utf-8"), re.MULTILINE):
            faults.append(f"{path}: -k {word} chooses nothing")
    return faults


def unproved(page: str) -> list[str]:
    """Rows of a page's tables whose last cell names neither a file, nor a command, nor a page."""
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("|")]
    return [
        row[0] for row in rows if row[-1] not in ("run", "shown by", "---|---") and not re.search(r"`|\]\(", row[-1])
    ]


# What was is told in the list of changes, by the names of then.
@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name)
def test_tests_that_a_page_names_are_there(page: Path) -> None:
    assert missing(page.read_text("utf-8")) == []


def test_tests_that_are_not_there_are_found() -> None:
    assert missing("`tests/test_trust.py`, `tests/phases/`, `python -m pytest tests/test_trust.py -k there`") == []
    assert missing("run `python -m pytest tests/gone.py`") == ["tests/gone.py: no such file"]
    assert missing("`tests/gone/`") == ["tests/gone/: no such file"]
    assert missing("`python -m pytest tests/test_trust.py -k cheese`") == [
        "tests/test_trust.py: -k cheese chooses nothing"
    ]


def test_every_claim_has_its_proof() -> None:
    page = (ROOT / "docs" / "why_trust.md").read_text("utf-8")
    assert re.findall(r"^## \d\. (.+)$", page, re.MULTILINE) == list(TRACE)
    assert page.count("\n| ") > 30
    assert unproved(page) == []
    assert unproved("| claim | shown by |\n|---|---|\n| it is good | believe us |\n| so is this | `make test` |") == [
        "it is good"
    ]


def recipe_faults(recipe: str) -> list[str]:
    """What is wrong with how the container is made."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    faults = []
    base = re.search(r"^FROM python:(\d+)\.(\d+)-slim$", recipe, re.MULTILINE)
    if base is None:
        return ["its base is not one of Python, by name alone"]
    pinned = f"constraints-py{base[1]}{base[2]}.txt"
    if not (ROOT / pinned).exists() or f"-c {pinned}" not in recipe:
        faults.append(f"it does not install what is pinned for its Python ({pinned})")
    copied = {name for line in re.findall(r"^COPY (.+) \S+$", recipe, re.MULTILINE) for name in line.split()}
    faults += [f"{name}: no such file" for name in sorted(copied) if not (ROOT / name).exists()]
    folders = {pattern.rstrip("*") for pattern in packages()}
    wanted = {pinned, "pyproject.toml", project["readme"], *project["license-files"], *folders}
    return faults + [f"{name} is not copied" for name in sorted(wanted - copied)]


def packages() -> list[str]:
    found: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"][
        "find"
    ]["include"]
    return found


def test_the_container_has_all_that_is_installed() -> None:
    assert recipe_faults((ROOT / "Containerfile").read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("FROM python:3.11-slim", "FROM a.registry/python:3.11-slim", "by name alone"),
        ("FROM python:3.11-slim", "FROM python:3.12-slim", "constraints-py312.txt"),
        ("COPY seeds seeds\n", "", "seeds is not copied"),
        ("COPY model model", "COPY models model", "models: no such file"),
        (" LICENSE ", " ", "LICENSE is not copied"),
    ],
)
def test_planted_faults_of_the_container_are_found(old: str, new: str, said: str) -> None:
    recipe = (ROOT / "Containerfile").read_text("utf-8")
    assert old in recipe
    assert said in "\n".join(recipe_faults(recipe.replace(old, new)))
