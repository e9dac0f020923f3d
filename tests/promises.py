"""Runs the tests of ``docs/promises.md`` and dates its rows: ``make promises``.

With ``--without`` each test is run with the remedy of its promise taken out (``without_remedy.py``), and must fail.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
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


def verdicts(report: str) -> dict[str, bool]:
    """By test, whether all of its cases passed, from pytest's report in JUnit's form; skipped is not passed."""
    held: dict[str, bool] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name'].partition('[')[0]}"
        held[name] = held.get(name, True) and all(child.tag not in ("failure", "error", "skipped") for child in case)
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
        return code, verdicts(report.read_text(encoding="utf-8"))


def main() -> int:
    """Run the tests, slow ones too, and rewrite the page."""
    is_without = "--without" in sys.argv[1:]
    words = [word for word in sys.argv[1:] if word != "--without"]
    page = PAGE.read_text(encoding="utf-8")
    if is_without:
        code, held = 0, {}
        for test in named_in(page):
            name = test.partition("::")[2]
            _, found = run([test, "-x", "-q", "--no-header", "--tb=no", *words], without=name)
            held[test] = found.get(test, True)
            code |= held[test]
    else:
        code, held = run(words)
    PAGE.write_text(dated(page, held, f"{datetime.now(UTC):%Y-%m-%d}", is_without), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
