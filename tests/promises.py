"""Runs the tests of ``docs/promises.md`` and dates its rows: ``make promises``.

With ``--without`` each test is run with the remedy of its promise taken out (``without_remedy.py``), and must fail.
Of the rows all, or those of the tests that are named: ``--without test_every_pin_has_its_digests``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from without_remedy import NAMED

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"
ROW = re.compile(r"^\|(.*)\| `(tests/[\w/]+\.py::\w+)` \|([^|]*)\|([^|]*)\|$")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def named_in(page: str) -> list[str]:
    """The tests that the rows of the page name, in their order."""
    return [row[2] for line in page.splitlines() if (row := ROW.match(line))]


def asked_for(page: str, words: list[str]) -> tuple[list[str], list[str]]:
    """The tests of rows that are named among some words, and the words that are left, which are pytest's own."""
    own = {test.partition("::")[2]: test for test in named_in(page)}
    return [own[word] for word in words if word in own], [word for word in words if word not in own]


def dated(page: str, held: Mapping[str, bool], today: str, is_without: bool = False) -> str:
    """The page with today's date where a test did as it should, and a plain word where not; others stay as they are.

    held: by test, whether it passed; is_without: its remedy was taken out, so it should have failed.
    """
    lines = []
    for line in page.splitlines():
        if (row := ROW.match(line)) and row[2] in held:
            cells = [row[3].strip(), row[4].strip()]
            last = DATE.search(cells[is_without])
            fault = "passes all the same" if is_without else "does not hold"
            broken = f"{fault} ({today}; last {last[0] if last else 'never'})"
            cells[is_without] = today if held[row[2]] != is_without else broken
            line = f"|{row[1]}| `{row[2]}` | {cells[0]} | {cells[1]} |"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


def verdicts(report: str, faults: Collection[str] = ("failure", "error", "skipped")) -> dict[str, bool]:
    """By test, whether all of its cases passed, from pytest's report in JUnit's form; skipped is not passed.

    faults: what a case is told not to have passed by.
    """
    held: dict[str, bool] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name'].partition('[')[0]}"
        held[name] = held.get(name, True) and not any(child.tag in faults for child in case)
    return held


def run(words: list[str], without: str = "") -> tuple[int, dict[str, bool]]:
    """Pytest's exit code and its verdicts, with the remedy of a test taken out if one is named."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-m",
            "promise",
            f"--junitxml={report}",
            "-p",
            "without_remedy",
            *words,
        ]
        code = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, NAMED: without}).returncode
        # Without its remedy a test has to fail: that it was skipped, or could not begin, shows nothing.
        told = report.read_text(encoding="utf-8")
        return code, verdicts(told, ("failure",)) if without else verdicts(told)


def main() -> int:
    """Run the tests, slow ones too, and rewrite the page."""
    is_without = "--without" in sys.argv[1:]
    tests, words = asked_for(PAGE.read_text(encoding="utf-8"), [word for word in sys.argv[1:] if word != "--without"])
    if not is_without:
        code, held = run(["--durations=12", *words, *tests])
        _date(held)
        return code
    code = 0
    for test in tests or named_in(PAGE.read_text(encoding="utf-8")):
        name = test.partition("::")[2]
        _, found = run([test, "-x", "-q", "--no-header", "--tb=no", *words], without=name)
        _date({test: found.get(test, True)}, is_without)  # at once: all rows take an hour
        code |= found.get(test, True)
    return int(code)


def _date(held: Mapping[str, bool], is_without: bool = False) -> None:
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(dated(page, held, f"{datetime.now(UTC):%Y-%m-%d}", is_without), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
