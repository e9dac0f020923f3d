"""Runs the tests of ``docs/promises.md`` and dates its rows: ``make promises``."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"
ROW = re.compile(r"^\|(.*)\| `(tests/[\w/]+\.py::\w+)` \|([^|]*)\|$")


def named_in(page: str) -> list[str]:
    """The tests that the rows of the page name, in their order."""
    return [row[2] for line in page.splitlines() if (row := ROW.match(line))]


def dated(page: str, held: Mapping[str, bool], today: str) -> str:
    """The page with today's date where a test held, and a plain word where it did not; others stay as they are."""
    lines = []
    for line in page.splitlines():
        if (row := ROW.match(line)) and row[2] in held:
            last = re.search(r"\d{4}-\d{2}-\d{2}", row[3])
            broken = f"does not hold ({today}; last {last[0] if last else 'never'})"
            line = f"|{row[1]}| `{row[2]}` | {today if held[row[2]] else broken} |"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


def verdicts(report: str) -> dict[str, bool]:
    """By test, whether all of its cases passed, from pytest's report in JUnit's form; skipped is not passed."""
    held: dict[str, bool] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name'].partition('[')[0]}"
        held[name] = held.get(name, True) and all(child.tag not in ("failure", "error", "skipped") for child in case)
    return held


def main() -> int:
    """Run the tests, slow ones too, and rewrite the page."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = [sys.executable, "-m", "pytest", "-m", "promise", f"--junitxml={report}", *sys.argv[1:]]
        code = subprocess.run(words, cwd=ROOT, check=False).returncode
        held = verdicts(report.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(dated(page, held, f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
